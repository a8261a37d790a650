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

/// Identifies a datanet.
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
pub struct DatanetId(pub u32);

/// Identifies a contribution, across all datanets.
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
pub struct ContributionId(pub u64);

/// A place in an index that only grows, like a contribution's in its datanet or a model's among the children of its
/// parent: the first ever there has 0. Cursors of pages are sequences.
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
pub struct Sequence(pub u64);

/// Identifies an agent.
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
pub struct AgentId(pub u64);

/// Identifies a delegation within its agent: the first ever granted there has 0. Cursors of pages are these ids.
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
pub struct DelegationId(pub u32);

/// Identifies a model.
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
pub struct ModelId(pub u64);

/// A version of a datanet: the first has 1.
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
pub struct DatanetVersion(pub u32);

/// Numbers commitments in the order in which they were made: of two rivals the smaller number is the earlier.
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
pub struct CommitmentNumber(pub u64);

/// Identifies a payment channel.
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
pub struct ChannelId(pub u64);

/// Identifies a batch of receipts.
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
pub struct BatchId(pub u64);

impl DatanetId {
	/// The id after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl ContributionId {
	/// The id after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl Sequence {
	/// The sequence after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl AgentId {
	/// The id after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl DelegationId {
	/// The id after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl ModelId {
	/// The id after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl CommitmentNumber {
	/// The number after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl DatanetVersion {
	/// The version after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl ChannelId {
	/// The id after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

impl BatchId {
	/// The id after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}
