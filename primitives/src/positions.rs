//! Who is in which versions of a datanet, as the pallet that has the datanets tells it to the one that pays.
//!
//! # Must not
//! Say what anything is paid.

use crate::{ContributionId, DatanetId, DatanetVersion};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::Weight;

/// Whoever divides what versions earn among those who are in them. Each call is bounded and cannot fail; what the
/// calls say together is `W(v) = Σ weight` over the positions with `from ≤ v < until`.
pub trait Positions<AccountId> {
	/// A version was frozen with the weight of everything that is in it.
	fn published(datanet: DatanetId, version: DatanetVersion, weight: u64);

	/// A contribution is in every version from `from` on, which is the next one.
	fn accepted(holder: &Holder<AccountId>, datanet: DatanetId, from: DatanetVersion, weight: u8);

	/// A contribution is in no version from `until` on, which is the next one. If that is `from`, it is in none, and its
	/// position is gone.
	fn departed(
		holder: &Holder<AccountId>,
		datanet: DatanetId,
		from: DatanetVersion,
		until: DatanetVersion,
		weight: u8,
	);

	/// A contribution's position has another holder from now on. What an escrow was credited goes to `to` with it.
	fn moved(
		from_holder: &Holder<AccountId>,
		to: &Holder<AccountId>,
		datanet: DatanetId,
		from: DatanetVersion,
		until: Option<DatanetVersion>,
		weight: u8,
	);

	/// The most that one of these weighs.
	fn weight() -> Weight;

	/// The most that [`Self::accepted`] weighs, which one call may say hundreds of times.
	fn acceptance_weight() -> Weight {
		Self::weight()
	}
}

/// Nothing is earned.
impl<AccountId> Positions<AccountId> for () {
	fn published(_: DatanetId, _: DatanetVersion, _: u64) {}
	fn accepted(_: &Holder<AccountId>, _: DatanetId, _: DatanetVersion, _: u8) {}
	fn departed(_: &Holder<AccountId>, _: DatanetId, _: DatanetVersion, _: DatanetVersion, _: u8) {}
	fn moved(
		_: &Holder<AccountId>,
		_: &Holder<AccountId>,
		_: DatanetId,
		_: DatanetVersion,
		_: Option<DatanetVersion>,
		_: u8,
	) {
	}
	fn weight() -> Weight {
		Weight::zero()
	}
}

/// To whom a position's earnings are credited.
#[derive(
	Clone,
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
pub enum Holder<AccountId> {
	/// An account.
	Account(AccountId),
	/// Nobody, until the dispute about this contribution is decided.
	Escrow(ContributionId),
}
