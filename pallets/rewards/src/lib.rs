//! # Rewards
//!
//! What data earns, and its way to whoever contributed it: from a model to the versions of datanets that it was trained on,
//! from a version to everybody in it, at a cost that does not depend on how many these are.
//!
//! ## Terms
//!
//! - **Data revenue**: all that the data of a model's manifest ever earned.
//! - **Manifest, entry**: the versions that a model was trained on, each with a share of that ([`Manifests`]).
//! - **Version, weight**: what a datanet had accepted at a moment, frozen, and what each contribution counts in it. The
//!   pallet that has the datanets tells of both ([`plexus_primitives::Positions`]).
//! - **Pool**: what a version earned.
//! - **Place**: the versions of a datanet from one on, up to but not including another ([`Place`]).
//! - **Position**: the weight of all contributions that somebody has in one place.
//! - **Holder**: an account, or the **escrow** of a dispute about a contribution.
//! - **Settling** a position: crediting what it earned since the last time.
//! - **Pot**: the pallet's account. It has all that is owed.
//!
//! ## States
//!
//! ```text
//!   money:
//!
//!   deposit_data ─▶ data revenue of a model ─ distribute ─▶ pool of a version ─ claim ──────────▶ credited ─ withdraw ─▶ account
//!                                                                             ─ change of ─────▶    ▲
//!                                                                               the position        │
//!   credit_contribution ─▶ whoever holds it now: an account, or ─▶ an escrow ─ end of dispute ──────┤
//!   credit_account ─────────────────────────────────────────────────────────────────────────────────┘
//!
//!   a position of weight w in the place (j, e), n being the last version:
//!
//!    accepted                        departed                            moved
//!   ──────────▶ (n+1, ∞): w more ──┬──────────▶ (j, n+1): w more   any ──────────▶ the same place of another holder
//!                                  └─ in no version yet ─▶ gone
//! ```
//!
//! ## Rules
//!
//! ### Pools
//!
//! In parts of a unit, of which a unit has `S = 2^64`, and integers of 256 bits:
//!
//! - *Publish*: the version's weight is what was accepted and has not departed. It never changes. Nobody who comes later
//!   earns anything from it, and who departs later keeps what it has.
//! - *Deposit* `D` to version `v`: `q, r = divmod(D·S + r, W(v))`, and `q` goes to the nodes of a tree
//!   ([`fenwick`]) which give `A(j) − A(e)`, the sum of all `q` of the versions in a place, in as many reads as numbers of
//!   versions have bits.
//! - *Settle*: `w` times what that sum rose by since the last time, and what was left below a unit then, is credited in
//!   whole units; the rest waits in the position.
//! - Whoever's weight changes is settled first. Weight that leaves a place takes what is below a unit along if it was the
//!   last, so that `S·Σ credited + Σ fractions + Σ r = S·Σ D` at any time, exactly.
//! - What was paid to a position is not stored: it could not be split when a part of the position moves.
//!
//! The weights that divide deposits are counted here and not taken from what is told at publication. So a pool cannot pay
//! more than came in whatever the other pallet says.
//!
//! ### Manifests
//!
//! An entry pulls its share, rounded down, of *all* revenue, less what it pulled before. So neither order nor size of
//! payments matters; what floors leave, below a unit for each entry, waits for the next. If nobody is in a
//! version, which its publication excludes, its part is burned rather than kept for nobody.
//!
//! ### Whom it belongs to
//!
//! [`distribute`], [`claim`] and [`withdraw`] are anybody's to call, and pay whom it belongs to. A claim names the positions,
//! so that its cost is bounded; what is not there is skipped, because somebody else's call may have moved it. Disputes
//! move positions to an escrow and back or on; what was credited meanwhile goes along.
//!
//! ### What is kept
//!
//! For each holder what was credited by where it came from ([`Earned`]), and what came from pools by datanet. It is as much
//! as there are accounts that earned, and datanets that they earned in; each such entry follows a contribution, which paid
//! for state that stays, or a credit, which another pallet's calls pay for. Finer is what events tell: positions by place,
//! credits by contribution, deposits by model and entry.
//!
//! ## What the rules do not achieve
//!
//! - That a share reflects what a contribution did for a model: a version is divided by the weights that its curators
//!   gave, a model's revenue by the shares that its developer gave.
//! - That anybody is paid without a call. What nobody distributes, claims and withdraws waits, for ever if need be.
//! - That a model's revenue is there: what is below a unit of each entry, and the whole revenue of a model whose
//!   manifest pays nobody, stays in the pot. Whoever deposits checks that there is somebody to pay.
//! - That the order of calls does not matter at all: it moves at most what is below a unit, from a position that is
//!   emptied to the one that its last weight goes to.
//! - That an account without an existential deposit is paid less than that: it waits.
//!
//! ## Example
//!
//! ```text
//! datanet 0, version 1: alice has weight 30 in it, bob 10. model 5's manifest: 60 % version 1 of datanet 0, 40 % another
//!
//! (a pallet)  deposit_data(5, 100)          →  DataDeposited { model: 5, amount: 100 }
//! anybody:    distribute(5, 0)              →  Distributed { datanet: 0, version: 1, amount: 60, … }
//! anybody:    claim(alice, [(0, 1, ∞)])     →  PositionCredited { holder: alice, amount: 45, … }
//! anybody:    withdraw(alice)               →  Withdrawn { account: alice, amount: 45 }
//! (a dispute takes bob's contribution)      →  PositionCredited { holder: bob, amount: 15, … }, PositionChanged …
//! ```
//!
//! ## In a runtime
//!
//! - [`Config::Currency`] is Balances. The pot, derived from [`Config::PalletId`], keeps one existential deposit of its
//!   own, which the genesis mints; a chain that adds the pallet later transfers it there.
//! - The datanets' `Config::Positions` is this pallet. A chain that had accepted contributions before must tell it of them
//!   in a migration, version by version; what it was not told of earns nothing.
//! - [`Config::Contributions`] asks the datanets who holds a contribution (`pallet_datanets::Pallet::holder_of`), and
//!   [`Config::Manifests`] the models for one entry of `Model::spec.manifest`, by its index.
//! - Receipts' and attribution's money for data goes to [`Pallet::deposit_data`] (`pallet_receipts::Pools::deposit`). A
//!   pallet with claims above credits through [`Pallet::credit_contribution`] and [`Pallet::credit_account`]. None of these
//!   fails; [`WeightInfo::deposit_data`] and [`WeightInfo::credit`] say what they weigh.
//! - [`runtime_api::RewardsApi`] is answered by the functions of the same names.
//! - Calls bring money into accounts and take none out, but an agent's keys must have no scope for them all the same:
//!   money that comes in within a delegated call would hide what it spends.
//! - Proof of what an account can withdraw: a storage proof of `Earnings` at `Holder::Account`, after a claim.
//! - `ClaimPlacesMax` may change at any time.
//!
//! ## Must not
//!
//! Iterate over storage in a call, know contributors besides their positions, issue money, or do anything in hooks.
//!
//! [`claim`]: Pallet::claim
//! [`distribute`]: Pallet::distribute
//! [`withdraw`]: Pallet::withdraw

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod earnings;
mod errors;
mod events;
pub mod fenwick;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
#[cfg(test)]
mod mock;
mod pools;
mod positions;
mod queries;
pub mod runtime_api;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{
	BurnReason, Contributions, Earned, Entry, Head, Holder, Manifests, Place, Pool, Position, Source,
};
pub use weights::WeightInfo;

use frame_support::{
	pallet_macros::import_section,
	traits::{
		fungible::{Balanced, Mutate},
		Get, Imbalance,
	},
	PalletId,
};
use plexus_primitives::{ContributionId, DatanetId, DatanetVersion, ModelId};
use types::*;

#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::fungible::Inspect, DefaultNoBound};
	use frame_system::pallet_prelude::*;

	/// The layout of the storage.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What is earned.
		type Currency: Inspect<Self::AccountId, Balance = Balance>
			+ Mutate<Self::AccountId>
			+ Balanced<Self::AccountId>;

		/// The manifests of models.
		type Manifests: Manifests;

		/// Who holds contributions.
		type Contributions: Contributions<Self::AccountId>;

		/// What the pot's account is derived from.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Positions that one call may claim for.
		#[pallet::constant]
		type ClaimPlacesMax: Get<u32>;

		/// What the calls cost.
		type WeightInfo: WeightInfo;

		/// Gives the benchmarks models and contributions.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: benchmarking::BenchmarkHelper<Self>;
	}

	/// The versions of each datanet that has some, or accepted something for its first.
	#[pallet::storage]
	pub type Heads<T> = StorageMap<_, Twox64Concat, DatanetId, Head, ValueQuery>;

	/// What each version earned, and a node of the tree over them.
	#[pallet::storage]
	pub type Pools<T> =
		StorageDoubleMap<_, Twox64Concat, DatanetId, Twox64Concat, DatanetVersion, Pool, ValueQuery>;

	/// What everybody has in which versions.
	#[pallet::storage]
	pub type Positions<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, HolderOf<T>, Twox64Concat, Place, Position>;

	/// What the data of each model ever earned.
	#[pallet::storage]
	pub type DataRevenues<T> = StorageMap<_, Twox64Concat, ModelId, Balance, ValueQuery>;

	/// What each entry of a model's manifest pulled of that.
	#[pallet::storage]
	pub type Pulled<T> = StorageDoubleMap<_, Twox64Concat, ModelId, Twox64Concat, u32, Balance, ValueQuery>;

	/// What was credited to whom, by where it came from.
	#[pallet::storage]
	pub type Earnings<T: Config> = StorageMap<_, Blake2_128Concat, HolderOf<T>, Earned, ValueQuery>;

	/// What of that came from the pools of each datanet.
	#[pallet::storage]
	pub type PoolEarnings<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, HolderOf<T>, Twox64Concat, DatanetId, Balance, ValueQuery>;

	/// Gives the pot the existential deposit that keeps it alive.
	#[pallet::genesis_config]
	#[derive(DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		#[serde(skip)]
		_config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			T::Currency::mint_into(&Pallet::<T>::pot(), T::Currency::minimum_balance())
				.expect("the existential deposit is enough for an account, and a genesis can issue it");
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::ClaimPlacesMax::get() > 0, "ClaimPlacesMax is zero: nothing could be claimed");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Pulls what an entry of a model's manifest has not pulled yet of what the model's data earned, into the pool of
		/// the entry's version. Anybody may.
		///
		/// Emits `Distributed`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::distribute(fenwick::NODES_MAX))]
		pub fn distribute(
			origin: OriginFor<T>,
			model: ModelId,
			#[pallet::compact] entry: u32,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let nodes = Self::do_distribute(model, entry)?;
			Ok(Some(T::WeightInfo::distribute(nodes)).into())
		}

		/// Credits an account with what it earned in these places. Anybody may. A place where it has no position is
		/// skipped; the query `positions` lists all that there are.
		///
		/// Emits `PositionCredited` for each that earned a unit at least.
		#[pallet::call_index(1)]
		#[pallet::weight(Pallet::<T>::claim_weight_max(places.len() as u32))]
		pub fn claim(
			origin: OriginFor<T>,
			account: T::AccountId,
			places: PlacesOf<T>,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let count = places.len() as u32;
			let nodes = Self::do_claim(account, places);
			Ok(Some(T::WeightInfo::claim(count, nodes)).into())
		}

		/// Pays an account all that it was credited. Anybody may.
		///
		/// Emits `Withdrawn`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_withdraw(account)
		}
	}

	impl<T: Config> Pallet<T> {
		/// What a claim costs if both ends of all places are where walks are longest.
		pub(crate) fn claim_weight_max(places: u32) -> Weight {
			let nodes = places.saturating_mul(2).saturating_mul(fenwick::NODES_MAX);
			T::WeightInfo::claim(places, nodes)
		}
	}
}
