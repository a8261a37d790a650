//! Ids of the chain's objects.
//!
//! # Must not
//! Give an id any meaning besides its order of allocation.
//!
//! # Invariants
//! Ids are allocated in order from 0 and never reused: a smaller id was registered earlier. Each is its own
//! type, so that one cannot be passed for another.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

macro_rules! ids {
	($($(#[$doc:meta])* $name:ident($number:ty);)*) => {$(
		$(#[$doc])*
		#[derive(
			Clone,
			Copy,
			PartialEq,
			Eq,
			PartialOrd,
			Ord,
			Hash,
			Debug,
			Default,
			Encode,
			Decode,
			DecodeWithMemTracking,
			MaxEncodedLen,
			TypeInfo,
		)]
		#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
		pub struct $name(pub $number);

		impl $name {
			/// The one after this, `None` when all are used up.
			pub fn next(self) -> Option<Self> {
				self.0.checked_add(1).map(Self)
			}
		}
	)*};
}

ids! {
	/// Identifies a datanet.
	DatanetId(u32);

	/// Identifies a contribution, across all datanets.
	ContributionId(u64);

	/// A place in an index that only grows, like a contribution's in its datanet or a model's among the children of its
	/// parent: the first ever there has 0. Cursors of pages are sequences.
	Sequence(u64);

	/// Identifies an agent.
	AgentId(u64);

	/// Identifies a delegation within its agent: the first ever granted there has 0. Cursors of pages are these ids.
	DelegationId(u32);

	/// Identifies a model.
	ModelId(u64);

	/// A version of a datanet: the first has 1.
	DatanetVersion(u32);

	/// Numbers commitments in the order in which they were made: of two rivals the smaller number is the earlier.
	CommitmentNumber(u64);

	/// Identifies a payment channel.
	ChannelId(u64);

	/// Identifies a batch of receipts.
	BatchId(u64);

	/// Identifies a method by which claims are found.
	MethodId(u32);
}
