//! What the pallet stores, what it knows of the pallets beside it, and the arithmetic of positions.
//!
//! # Must not
//! Read or write storage.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::TypeInfo, traits::fungible};
pub use plexus_primitives::{constants::Balance, Holder};
use plexus_primitives::{ContributionId, DatanetId, DatanetVersion, ModelId};
use sp_core::U256;
use sp_runtime::{BoundedVec, Perbill};

/// Accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// Money on its way: what is dropped is burned.
pub type CreditOf<T> = fungible::Credit<AccountIdOf<T>, <T as Config>::Currency>;
/// Accounts, and escrows of disputes.
pub type HolderOf<T> = Holder<AccountIdOf<T>>;
/// The positions that one call claims for.
pub type PlacesOf<T> = BoundedVec<Place, <T as Config>::ClaimPlacesMax>;

/// A unit is divided into so many parts, 2^this: `S` of the specification.
pub const SCALE_BITS: usize = 64;

/// What the pallet knows about the manifests of models.
pub trait Manifests {
	/// An entry of a model's manifest, for ever the same; nothing if it has none at this index. The shares of
	/// all entries are one in sum at most. Costs no more than reading the model.
	fn entry(model: ModelId, index: u32) -> Option<Entry>;
}

/// What the pallet knows about contributions.
pub trait Contributions<AccountId> {
	/// To whom it is credited now what a contribution earns; nothing if there is no such contribution. An
	/// escrow's is handed on by [`plexus_primitives::Positions::moved`]. Costs no more than two reads.
	fn holder(contribution: ContributionId) -> Option<Holder<AccountId>>;
}

/// An entry of a manifest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
	/// The datanet.
	pub datanet: DatanetId,
	/// Its version, which was published.
	pub version: DatanetVersion,
	/// Its share of what the model's data earns.
	pub share: Perbill,
}

/// The versions of a datanet so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Head {
	/// The last; 0 if there is none. `n` of the specification.
	pub version: DatanetVersion,
	/// The weight of everything that the next one would hold. `R` of the specification.
	pub weight: u64,
}

/// What a version earned, and a node of the tree over its datanet's versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Pool {
	/// The weight of everything in the version. `W` of the specification.
	pub weight: u64,
	/// What the last deposit left over, to be divided with the next, in parts of a unit; below the weight. `r`.
	pub remainder: u64,
	/// All that was ever deposited.
	pub deposited: Balance,
	/// What a weight of one got, in parts of a unit, from the versions that the node of this number has. `T`.
	pub node: U256,
}

/// Which versions somebody is in.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Place {
	/// Of which datanet.
	pub datanet: DatanetId,
	/// The first version. `j` of the specification.
	pub from: DatanetVersion,
	/// The first one that it is not in any more; nothing while it is in all that come. `e`.
	pub until: Option<DatanetVersion>,
}

/// What somebody has in the same versions: of all contributions together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Position {
	/// The weight of these contributions; above zero.
	pub weight: u64,
	/// What a weight of one had got when the position was last settled, in parts of a unit.
	pub last: U256,
	/// What was left below a unit then, in parts of it.
	pub fraction: u64,
}

/// What was credited to somebody, ever, by where it came from; and what of it is still there.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Earned {
	/// What can be withdrawn. The rest was.
	pub due: Balance,
	/// From versions' pools.
	pub pools: Balance,
	/// From claims on what outputs were made of.
	pub claims: Balance,
	/// For submitting such claims.
	pub submissions: Balance,
	/// For challenging false ones.
	pub challenges: Balance,
}

/// Where money comes from that is credited directly.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Source {
	/// A claim that a part of an output was made from a contribution.
	Claim,
	/// The submission of such a claim.
	Submission,
	/// A challenge that was won, or what an answer to one was paid.
	Challenge,
}

/// Why money was burned. None of this happens unless a pallet beside this one breaks its word.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum BurnReason {
	/// Nobody is in the version that an entry of a model's manifest names. The entry's part counts as pulled.
	EmptyVersion {
		/// The model.
		model: ModelId,
		/// The index of the entry.
		entry: u32,
	},
	/// There is no such contribution.
	UnknownContribution {
		/// Which.
		contribution: ContributionId,
	},
	/// The pot could not take it, because it lacks its existential deposit.
	NoPot,
}

impl Place {
	/// In all versions from this one on.
	pub fn onward(datanet: DatanetId, from: DatanetVersion) -> Self {
		Self { datanet, from, until: None }
	}

	/// Whether it has this version.
	pub fn holds(&self, version: DatanetVersion) -> bool {
		self.from <= version && self.until.is_none_or(|until| version < until)
	}
}

impl Position {
	/// Without weight, and settled.
	pub(crate) fn settled_at(accrued: U256) -> Self {
		Self { weight: 0, last: accrued, fraction: 0 }
	}

	/// Whole units, and parts of another, that it has yet to be credited when a weight of one got so much.
	///
	/// Nothing overflows: each deposit gives all positions in its version together no more than came in, of which there
	/// are less than 2^192 units.
	pub(crate) fn earned(&self, accrued: U256) -> (Balance, u64) {
		let since = accrued.saturating_sub(self.last);
		let parts = since.saturating_mul(self.weight.into()).saturating_add(self.fraction.into());
		(Balance::try_from(parts >> SCALE_BITS).unwrap_or(Balance::MAX), parts.low_u64())
	}

	/// Settles it; what is to be credited.
	pub(crate) fn settle(&mut self, accrued: U256) -> Balance {
		let (units, fraction) = self.earned(accrued);
		self.last = accrued;
		self.fraction = fraction;
		units
	}

	/// Takes over what another left below a unit; the unit that it may make up.
	pub(crate) fn take_over(&mut self, fraction: u64) -> Balance {
		let (sum, full) = self.fraction.overflowing_add(fraction);
		self.fraction = sum;
		Balance::from(full)
	}
}

impl Pool {
	/// What a weight of one gets of a deposit, in parts of a unit; nothing if nobody is in the version.
	pub(crate) fn divide(&mut self, amount: Balance) -> Option<U256> {
		if self.weight == 0 {
			return None;
		}
		let parts = (U256::from(amount) << SCALE_BITS).saturating_add(self.remainder.into());
		let (each, remainder) = parts.div_mod(self.weight.into());
		self.remainder = remainder.low_u64();
		self.deposited = self.deposited.saturating_add(amount);
		Some(each)
	}
}

impl Earned {
	/// All that was ever credited.
	pub fn total(&self) -> Balance {
		[self.pools, self.claims, self.submissions, self.challenges]
			.into_iter()
			.fold(0, Balance::saturating_add)
	}

	/// Adds what came from a pool.
	pub(crate) fn add_pool(&mut self, amount: Balance) {
		self.due = self.due.saturating_add(amount);
		self.pools = self.pools.saturating_add(amount);
	}

	/// Adds what came from elsewhere.
	pub(crate) fn add(&mut self, source: Source, amount: Balance) {
		self.due = self.due.saturating_add(amount);
		let sum = match source {
			Source::Claim => &mut self.claims,
			Source::Submission => &mut self.submissions,
			Source::Challenge => &mut self.challenges,
		};
		*sum = sum.saturating_add(amount);
	}

	/// Adds all that another has.
	pub(crate) fn join(&mut self, other: &Self) {
		self.due = self.due.saturating_add(other.due);
		self.pools = self.pools.saturating_add(other.pools);
		self.claims = self.claims.saturating_add(other.claims);
		self.submissions = self.submissions.saturating_add(other.submissions);
		self.challenges = self.challenges.saturating_add(other.challenges);
	}
}
