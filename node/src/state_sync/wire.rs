//! The messages of state sync, in SCALE.
//!
//! # Must not
//! Change without a new version in the protocol's name (`plexus_network::topics`).
//!
//! # Invariants
//! Lists are bounded before they are allocated.

use codec::{Decode, DecodeAll, Encode};
use plexus_primitives::{consensus::Voter, light::VOTERS_MAX};
use sp_core::{bounded::BoundedVec, ConstU32};

/// The most heights of snapshots in an offer.
pub const SNAPSHOTS_MAX: u32 = 128;

/// The most changes of the validators in one page.
pub const HANDOVERS_MAX: u32 = 64;

/// A set of validators.
pub type Set = BoundedVec<Voter, ConstU32<{ VOTERS_MAX as u32 }>>;

/// What a node asks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Request {
	/// Which states are there.
	#[codec(index = 0)]
	Offer,
	/// Proof that block `height` is final, from the validators after block `from` on.
	#[codec(index = 1)]
	Finality {
		/// A block that is trusted, or the genesis.
		from: u32,
		/// The block.
		height: u32,
	},
	/// The block's body.
	#[codec(index = 2)]
	Body {
		/// The block.
		height: u32,
	},
	/// A piece of the state after a block.
	#[codec(index = 3)]
	Range {
		/// The block.
		height: u32,
		/// The first key that may be in it.
		start: Vec<u8>,
		/// The first key that need not be in it; none if all behind the start is wanted.
		end: Option<Vec<u8>>,
	},
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
	/// That is not kept here.
	#[codec(index = 0)]
	Nothing,
	/// Which states are there.
	#[codec(index = 1)]
	Offer(Offer),
	/// A page of a proof of finality.
	#[codec(index = 2)]
	Finality(Page),
	/// SCALE of the body.
	#[codec(index = 3)]
	Body(Vec<u8>),
	/// A proof of [`plexus_storage::State::prove_range`].
	#[codec(index = 4)]
	Range(Vec<u8>),
}

/// The states that a node serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Offer {
	/// The oldest block whose state the node keeps.
	pub oldest: u32,
	/// The newest.
	pub newest: u32,
	/// Older ones, of which it has snapshots.
	pub snapshots: BoundedVec<u32, ConstU32<SNAPSHOTS_MAX>>,
	/// About how many keys a state has. Nobody checks it.
	pub keys: u64,
}

impl Offer {
	/// Whether the state after a block is among them.
	pub fn has(&self, height: u32) -> bool {
		(self.oldest..=self.newest).contains(&height) || self.snapshots.contains(&height)
	}
}

/// A block, its parent's header, and its certificate as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Certified {
	/// The header in SCALE.
	pub header: Vec<u8>,
	/// Its parent's.
	pub parent: Vec<u8>,
	/// The certificate.
	pub certificate: Vec<u8>,
}

/// A block that commits to other validators, and these.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Handover {
	/// The block.
	pub block: Certified,
	/// The validators from the next height on, in the order of consensus.
	pub set: Set,
}

/// A page of a proof of finality: what [`plexus_primitives::light`] verifies, with whole certificates.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Page {
	/// Changes of the validators, in order.
	pub handovers: BoundedVec<Handover, ConstU32<HANDOVERS_MAX>>,
	/// The block; none if changes are left, to be asked for from the last one's height on.
	pub target: Option<Certified>,
}

/// Reads a message that must end with its bytes.
///
/// # Errors
/// It is none.
pub fn decode<T: Decode>(bytes: &[u8]) -> Result<T, codec::Error> {
	T::decode_all(&mut &bytes[..])
}
