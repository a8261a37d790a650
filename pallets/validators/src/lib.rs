//! # Validators
//!
//! Who makes blocks and signs them, with which power, for what reward, and at what risk.
//!
//! ## Terms
//!
//! - **Stake**: what an account has on hold here: its *bond*, which stands behind one pool or none, and *chunks* on
//!   their way out.
//! - **Pool**: a validator's bond and its nominators', with one commission and one liability. One account nominates one pool
//!   with its whole bond: then a pool's stake is a plain sum of integers, and shares of rewards and slashes are exact.
//! - **Candidate**: a pool that wants to be in the set. The list of them is bounded; when it is full, more stake than its
//!   weakest has makes room.
//! - **Era**: `era_blocks` heights. Before each, the `ValidatorsMax` candidates with the most stake are elected, of
//!   equals those with the smaller account.
//! - **Chain clock**: advances by the blocks' timestamps, by at most 10 s a block. All deadlines count on it.
//!
//! ## States
//!
//! ```text
//!            bond                unbond (14 days)          withdraw_unbonded
//!   free ──────────▶ bonded ──────────────────▶ unbonding ──────────────────▶ free
//!                       ▲          rebond           │
//!                       └───────────────────────────┘
//!
//!                         chill, or pushed out of a full list
//!   validate ─▶ candidate ──────────────────────────────────▶ chilled ── validate ─▶ candidate
//!                   │ ▲                                           │
//!            absent │ │ unjail (after a while)                    │ absent while still in the set
//!                   ▼ │                                           │
//!                  jailed ◀───────────────────────────────────────┘
//!
//!   any of them ── report_equivocation ─▶ tombstoned: slashed once, closed for ever
//! ```
//!
//! ## Rules
//!
//! - **Sets.** The set of an era is elected in its predecessor's last block. Who is jailed or tombstoned leaves at the next
//!   height, except the last validator, who stays whatever it did; without candidates the old set goes on. The set of
//!   height `h + 1` is thus fixed by block `h`, whose header commits to it: a consensus digest item with engine id `plxv`
//!   and 33 bytes, the version 1 and [`plexus_primitives::consensus::validator_set_hash`] of the set.
//! - **Power.** [`types::voting_power`]: stake in `PowerUnit`s, at least 1, capped so that no sum can exceed
//!   [`types::POWER_TOTAL_MAX`].
//! - **Keys.** An account names a consensus key and proves that it has it, by signing its account id under the purpose
//!   `ValidatorKey`. It counts from the next era on. A key belongs to one account; one that equivocated to none, ever,
//!   and who had it has to stand for election again with another.
//! - **Rewards.** At an era's end all that came into the pot is shared by blocks made, each counting the same. The
//!   validator's commission is credited at once, the rest to all stake in the pool through an accumulator (units of 2^-64,
//!   remainders kept). Who is in the pool at the era's end is paid; coming in just before gains one era's share and costs
//!   two weeks of unbonding. A lower commission takes effect with the next era. A higher one takes effect an era later, so
//!   that everybody has a whole era to see it and leave: nobody is paid less than was announced.
//! - **Turns.** Proposers go by power ([`plexus_primitives::consensus::proposer`]), so blocks made, and with them rewards, are
//!   proportional to stake.
//! - **Absence.** Each block carries the verified precommits of its parent ([`Call::note_commit`]) and the round that decided it.
//!   More than `absences_max` absences in `absence_blocks` blocks jail, and so do more than `missed_turns_max` turns to
//!   propose that passed without a block, one after another. At most a third of the power is jailed, of what is elected
//!   and what was jailed before and is not back, and never the last candidate: an outage must not take the set apart.
//! - **Equivocation.** Two signed messages that conflict cost every position in the pool, and every chunk that left
//!   it since the offence's era began, `SlashFraction`, once. Proof of an older offence reaches the chunks that left in
//!   between, too. Who joined after the offence pays as well: whoever joins stands for what is found out later. The
//!   money is burned when a position is touched next; `settle` touches anybody's. Settling frees a position from the
//!   dead pool: it may nominate again at once, and a validator may open another pool with another key.
//! - **Unbonding.** Whatever leaves a pool goes through a chunk; moving a nomination means unbonding. This is what makes
//!   evidence find all stake that backed an offence (see `offences`).
//!
//! ## What the rules do not achieve
//!
//! - Validators who go on because every candidate was jailed or tombstoned may have nothing left at stake.
//! - A validator's bond need not be large against its nominators'; these judge by themselves.
//! - Stakes that are bonded but unelected earn nothing; there is no inflation.
//! - A single validator can neither be jailed nor removed; its tombstone only ends its rewards.
//! - A validator with little power has a turn so seldom that letting turns pass may go unpunished for long; it harms as
//!   little as it has power.
//! - A stake with unclaimed rewards keeps its entry in the state until they are claimed. It had a bond once, so such entries
//!   cannot be made for nothing.
//! - Who has more than four ninths of the power can have others jailed until it has two thirds, see `liveness`. A third
//!   can stop the chain anyway.
//! - Amnesia (voting against one's own lock) leaves no proof of two messages, and goes unpunished.
//!
//! ## Cost
//!
//! No call and no hook depends on the number of nominators. Blocks cost one read of the set; an era's last block reads
//! and writes `ValidatorsMax` pools and stakes and reads `CandidatesMax` pools and keys. History is at most `HistoryErasMax`
//! sets; how many a chain needs follows from its [`periods`].
//!
//! ## Example
//!
//! ```text
//! alice:  bond(2_000 PLX)                             →  Bonded { bonded: 2_000, … }
//!         set_keys(key, proof)                        →  KeySet { key, … }           the proof is the key's signature
//!         validate(10 %)                              →  PoolOpened { pool: 4, … }, CandidateEntered { pool: 4 }, …
//! bob:    bond(500 PLX)                               →  Bonded { … }
//!         nominate(4)                                 →  Nominated { pool: 4, amount: 500 }
//! (the era's last block)                              →  SetElected { members: [… pool 4 with 2_500 …], … }
//! (the last block of the next one)                    →  PoolRewarded { pool: 4, blocks, commission, stakers, … }
//! bob:    claim_rewards()                             →  RewardClaimed { … }         a fifth of `stakers`
//!         unbond(500 PLX)                             →  Unbonding { chunk, … }
//!         withdraw_unbonded(), two weeks later        →  Withdrawn { amount: 500, … }
//! anybody: report_equivocation(two signed messages)   →  EquivocationProved { pool: 4, fraction: 5 %, … }, …
//! anybody: settle(alice)                              →  StakeSlashed { amount: 100, … }
//! ```
//!
//! ## In a runtime
//!
//! ```text
//! impl pallet_validators::Config for Runtime {
//!     type Currency = Balances;
//!     type RuntimeHoldReason = RuntimeHoldReason;
//!     type Time = Timestamp;
//!     type PotId = ValidatorsPot;             // any PalletId
//!     type HistoryErasMax = ConstU32<2_048>;
//!     type ValidatorsMax = ConstU32<100>;
//!     type CandidatesMax = ConstU32<200>;
//!     type ChunksMax = ConstU32<16>;
//!     type BondMin = BondMin;                 // pays for the entries of a stake
//!     type ValidatorBondMin = ValidatorBondMin;
//!     type PowerUnit = PowerUnit;
//!     type SlashFraction = SlashFraction;
//!     type CommitRequired = ConstBool<true>;
//!     type ConsensusSignatures = ();          // or what remembers those that were verified
//!     type WeightInfo = pallet_validators::weights::SubstrateWeight<Runtime>;
//! }
//!
//! pallet_timestamp:   type MinimumPeriod = pallet_validators::MinimumPeriod<Runtime>;
//! fees:               PayIntoPot::<Runtime>::on_unbalanced(what validators are to have)
//! chain clock:        Validators::clock_ms()
//! ValidatorsApi:      Validators::validators(), and so on
//! ```
//!
//! - The node names the author's consensus key in a pre-runtime digest item with engine id `plxs`, and brings the parent's
//!   precommits as the inherent [`COMMIT_INHERENT`]. Where there is no consensus, as in tests of a runtime,
//!   `CommitRequired` is false.
//! - `report_equivocation` needs no signer: the transaction extensions have `frame_system::AuthorizeCall`.
//! - The genesis names validators, block time and periods, and [`GenesisConfig::check`] says beforehand what is wrong with
//!   them. Nothing changes the periods later.
//! - [`HoldReason::Stake`] can be slashed: to a pallet that tells deposits from spending, it is spending.
//! - The pot keeps one existential deposit of its own; less than that, paid into an empty pot, is burned.
//!
//! ## Must not
//!
//! Use randomness, iterate over stakes or pools outside the bounded lists, or know which account is privileged.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod errors;
mod events;
mod genesis;
mod invariants;
mod liveness;
#[cfg(test)]
mod mock;
mod offences;
pub mod periods;
mod queries;
mod rewards;
pub mod runtime_api;
mod sets;
mod staking;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use genesis::{GenesisValidator, InvalidGenesis};
pub use pallet::*;
pub use periods::ChainPeriods;
pub use rewards::PayIntoPot;
pub use weights::WeightInfo;

use codec::{Decode, Encode};
use core::marker::PhantomData;
use frame_support::{
	pallet_macros::import_section,
	traits::{fungible, ConstU64, Get, Time},
	PalletId,
};
use plexus_primitives::{
	consensus::{Commit, ConsensusKey, ConsensusSignature, VerifyConsensusSignature},
	equivocation::Equivocation,
};
use sp_inherents::{InherentIdentifier, IsFatalError};
use sp_runtime::Perbill;
use types::*;

/// Identifies the inherent data that `note_commit` is made of: a [`Commit`] for the parent, which the node makes from its
/// certificate. The first block has none.
pub const COMMIT_INHERENT: InherentIdentifier = *b"plxcommt";

/// Why a block without the parent's commit is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum CommitInherentError {
	/// It is not there.
	Missing,
}

impl IsFatalError for CommitInherentError {
	fn is_fatal_error(&self) -> bool {
		true
	}
}

/// FRAME's pallet definition.
#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	/// The layout of the storage.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What is bonded and paid out.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason, Balance = Balance>
			+ fungible::Mutate<Self::AccountId>
			+ fungible::Balanced<Self::AccountId>;

		/// The runtime's reasons for holds, this pallet's among them.
		type RuntimeHoldReason: From<HoldReason>;

		/// The block's timestamp in milliseconds.
		type Time: Time<Moment = u64>;

		/// Names the pot's account.
		#[pallet::constant]
		type PotId: Get<PalletId>;

		/// The most eras whose sets a chain may keep. A genesis whose [`ChainPeriods`] need more is refused.
		#[pallet::constant]
		type HistoryErasMax: Get<u32>;

		/// Validators in a set.
		#[pallet::constant]
		type ValidatorsMax: Get<u32>;

		/// Pools that may stand for election; at least `ValidatorsMax`.
		#[pallet::constant]
		type CandidatesMax: Get<u32>;

		/// Chunks that an account may have on their way out. Those of one pool and era are one chunk.
		#[pallet::constant]
		type ChunksMax: Get<u32>;

		/// The least bond. Pays for the entries in the state.
		#[pallet::constant]
		type BondMin: Get<Balance>;

		/// The least bond of a validator of its own; at least `BondMin`.
		#[pallet::constant]
		type ValidatorBondMin: Get<Balance>;

		/// Stake that gives one unit of voting power.
		#[pallet::constant]
		type PowerUnit: Get<Balance>;

		/// What an equivocation costs.
		#[pallet::constant]
		type SlashFraction: Get<Perbill>;

		/// Whether each block must carry its parent's commit. `false` only where blocks are made without consensus, as
		/// in tests of a runtime.
		#[pallet::constant]
		type CommitRequired: Get<bool>;

		/// How the precommits of a commit are verified.
		type ConsensusSignatures: VerifyConsensusSignature;

		/// What the calls and hooks cost.
		type WeightInfo: WeightInfo;
	}

	/// Why funds are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For the bond and what is on its way out. Released by `withdraw_unbonded`.
		Stake,
	}

	/// Block time in milliseconds.
	#[pallet::storage]
	pub type BlockTimeMs<T: Config> = StorageValue<_, u64, ValueQuery, ConstU64<BLOCK_TIME_MS_DEFAULT>>;

	/// The periods of this chain. The genesis sets them, nothing changes them.
	#[pallet::storage]
	pub type Periods<T> = StorageValue<_, ChainPeriods, ValueQuery>;

	/// The chain clock.
	#[pallet::storage]
	pub type Clock<T> = StorageValue<_, ChainClock, ValueQuery>;

	/// Who made the current block. Not set when its header names no validator, as while a block is only tried.
	#[pallet::storage]
	pub type Author<T> = StorageValue<_, ConsensusKey, OptionQuery>;

	/// Blocks that a pool's validator made in the current era.
	#[pallet::storage]
	pub type Authored<T> = StorageMap<_, Twox64Concat, PoolId, u64, ValueQuery>;

	/// Stakes by account.
	#[pallet::storage]
	pub type Stakes<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, StakeOf<T>>;

	/// The id of the next pool.
	#[pallet::storage]
	pub type NextPoolId<T> = StorageValue<_, PoolId, ValueQuery>;

	/// Pools by id.
	#[pallet::storage]
	pub type Pools<T: Config> = StorageMap<_, Twox64Concat, PoolId, PoolOf<T>>;

	/// The pools that stand for election, in no order that means anything.
	#[pallet::storage]
	pub type Candidates<T: Config> = StorageValue<_, BoundedVec<PoolId, T::CandidatesMax>, ValueQuery>;

	/// The key that an account validates with from the next era on.
	#[pallet::storage]
	pub type Keys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, ConsensusKey>;

	/// Whose a key is. A proof or an offence was needed to get here, so the keys cannot be chosen to collide.
	#[pallet::storage]
	pub type KeyHolders<T: Config> = StorageMap<_, Twox64Concat, ConsensusKey, KeyHolder<T::AccountId>>;

	/// The validators by era: the current one, the next from the last block before it on, and as many as evidence may be
	/// about ([`ChainPeriods::history_eras`]).
	#[pallet::storage]
	pub type EraSets<T: Config> = StorageMap<_, Twox64Concat, Era, EraSetOf<T>>;

	/// The hash of the next height's set, if it was computed since the set changed.
	#[pallet::storage]
	pub type NextSetHash<T> = StorageValue<_, [u8; 32]>;

	/// Reward units that somebody has or will get credited. The rest of the pot is for the current era.
	#[pallet::storage]
	pub type Owed<T> = StorageValue<_, Balance, ValueQuery>;

	/// Part of a unit that nobody can claim any more, times 2^64.
	#[pallet::storage]
	pub type Residue<T> = StorageValue<_, u64, ValueQuery>;

	/// Whether the current block has brought its parent's commit.
	#[pallet::storage]
	pub type CommitNoted<T> = StorageValue<_, bool, ValueQuery>;

	/// Who was absent, by height modulo the window. Heights at which nobody was have no entry.
	#[pallet::storage]
	pub type AbsenceRing<T: Config> = StorageMap<_, Twox64Concat, u32, Absences<T::ValidatorsMax>>;

	/// Who was absent within the window or has let turns pass, and how often.
	#[pallet::storage]
	pub type Watches<T: Config> =
		StorageValue<_, BoundedBTreeMap<PoolId, Watch, T::ValidatorsMax>, ValueQuery>;

	/// Whom absence has taken from the set and no election has brought back, for at most `evidence_age_ms`. When it is
	/// full, nobody is jailed.
	#[pallet::storage]
	pub type Jailings<T: Config> = StorageValue<_, BoundedVec<Jailing, T::CandidatesMax>, ValueQuery>;

	/// The validators and block time that the chain starts with.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// The first validators.
		pub validators: Vec<GenesisValidator<T::AccountId>>,
		/// Block time in milliseconds, within [`BLOCK_TIME_MS_MIN`]`..=`[`BLOCK_TIME_MS_MAX`].
		pub block_time_ms: u64,
		/// How long eras, absence, jail, evidence and unbonding take.
		pub periods: ChainPeriods,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			let periods = ChainPeriods::default();
			Self { validators: Vec::new(), block_time_ms: BLOCK_TIME_MS_DEFAULT, periods }
		}
	}

	impl<T: Config> GenesisConfig<T> {
		/// Checks every rule that needs no state. A genesis without validators passes: it is of use in tests, and the
		/// chain specification refuses it.
		///
		/// # Errors
		/// The first rule that is broken.
		pub fn check(&self) -> Result<(), InvalidGenesis> {
			genesis::check::<T>(&self.validators, self.block_time_ms, &self.periods)
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// Genesis building has no way to return an error. The chain specification calls `check` beforehand.
			if let Err(error) = self.check() {
				panic!("genesis of the validators: {error:?}");
			}
			BlockTimeMs::<T>::put(self.block_time_ms);
			Periods::<T>::put(self.periods);
			for GenesisValidator { account, key, stake, commission } in &self.validators {
				let started = Pallet::<T>::do_bond(account.clone(), *stake).and_then(|()| {
					Pallet::<T>::give_key(account.clone(), ConsensusKey(key.0));
					Pallet::<T>::do_validate(account.clone(), *commission)
				});
				if let Err(error) = started {
					panic!("genesis of the validators: {account:?} cannot bond {stake}: {error:?}");
				}
			}
			Pallet::<T>::begin_era(Era(0), Pallet::<T>::elect(), 0);
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Notes the author. The weight includes that of `on_finalize`.
		fn on_initialize(height: BlockNumberFor<T>) -> Weight {
			Self::note_author();
			let every = T::WeightInfo::every_block();
			let height: u64 = sp_runtime::SaturatedConversion::saturated_into(height);
			match Self::era_of(height) == Self::era_of(height.saturating_add(1)) {
				true => every,
				false => every.saturating_add(T::WeightInfo::end_era()),
			}
		}

		/// Moves the clock, ends the era in its last block, and commits to the next set.
		///
		/// # Panics
		/// If the block has not brought its parent's commit where it must: such a block is thereby refused.
		fn on_finalize(_: BlockNumberFor<T>) {
			assert!(!Self::is_commit_missing(), "the parent's commit must be noted once in the block");
			Self::advance_clock();
			Self::end_era_if_due();
			Self::commit_to_next_set();
		}

		fn integrity_test() {
			assert!(T::ValidatorsMax::get() > 0, "there is at least one validator");
			assert!(T::CandidatesMax::get() >= T::ValidatorsMax::get(), "all validators are candidates");
			assert!(T::HistoryErasMax::get() >= 2, "the current and the next era are kept");
			assert!(
				T::ValidatorsMax::get() <= weights::VALIDATORS,
				"the weights count with fewer validators"
			);
			assert!(
				T::CandidatesMax::get() <= weights::CANDIDATES,
				"the weights count with fewer candidates"
			);
			assert!(T::ChunksMax::get() <= weights::CHUNKS, "the weights count with fewer chunks");
			assert!(T::BondMin::get() > 0, "a bond is something");
			assert!(T::ValidatorBondMin::get() >= T::BondMin::get(), "a validator bonds at least BondMin");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_invariants()
		}
	}

	#[pallet::inherent]
	impl<T: Config> ProvideInherent for Pallet<T> {
		type Call = Call<T>;
		type Error = CommitInherentError;
		const INHERENT_IDENTIFIER: InherentIdentifier = COMMIT_INHERENT;

		fn create_inherent(data: &InherentData) -> Option<Self::Call> {
			// Data that does not decode gives no inherent, and where one is needed the block is not made.
			let Commit { round, signatures } = data.get_data::<Commit>(&COMMIT_INHERENT).ok()??;
			Some(Call::note_commit { round, precommits: signatures.try_into().ok()? })
		}

		fn is_inherent_required(_: &InherentData) -> Result<Option<Self::Error>, Self::Error> {
			let is_required = T::CommitRequired::get() && Self::height() > 1;
			Ok(is_required.then_some(CommitInherentError::Missing))
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::note_commit { .. })
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Puts a first bond on hold. It stands behind nothing until `validate` or `nominate`.
		///
		/// Emits `Bonded`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::bond())]
		pub fn bond(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			Self::do_bond(ensure_signed(origin)?, amount)
		}

		/// Adds to the bond, behind whatever it stands. The bond of a nominator who has unbonded everything begins anew and
		/// stands behind nothing.
		///
		/// Emits `Bonded`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::change_stake(T::ChunksMax::get()))]
		pub fn bond_more(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			Self::do_bond_more(ensure_signed(origin)?, amount)
		}

		/// Starts part of the bond on its way out. It earns nothing any more, and still answers for offences of eras up to
		/// this one.
		///
		/// Emits `Unbonding`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::change_stake(T::ChunksMax::get()))]
		pub fn unbond(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			Self::do_unbond(ensure_signed(origin)?, amount)
		}

		/// Returns part of what is on its way out to the bond, if it stands behind the same pool still.
		///
		/// Emits `Rebonded`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::change_stake(T::ChunksMax::get()))]
		pub fn rebond(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			Self::do_rebond(ensure_signed(origin)?, amount)
		}

		/// Releases everything that has unlocked.
		///
		/// Emits `Withdrawn`, and `StakeRemoved` if nothing is left.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::change_stake(T::ChunksMax::get()))]
		pub fn withdraw_unbonded(origin: OriginFor<T>) -> DispatchResult {
			Self::do_withdraw(ensure_signed(origin)?)
		}

		/// Stands for election with the signer's bond, and sets the commission: a lower one for the next era, a higher one
		/// for the one after it. The signer needs a consensus key.
		///
		/// Emits `PoolOpened` the first time, `CommissionSet`, and `CandidateEntered` unless it stands already.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::validate(T::ChunksMax::get()))]
		pub fn validate(origin: OriginFor<T>, commission: Perbill) -> DispatchResult {
			Self::do_validate(ensure_signed(origin)?, commission)
		}

		/// Stops standing for election. The validator stays in the set until the era's end, and its pool as it is.
		///
		/// Emits `StoodDown`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::chill())]
		pub fn chill(origin: OriginFor<T>) -> DispatchResult {
			Self::do_chill(ensure_signed(origin)?)
		}

		/// Puts the signer's whole bond behind a candidate. It earns from the next payment on, and answers for whatever
		/// the validator did and is found out.
		///
		/// Emits `Nominated`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::change_stake(T::ChunksMax::get()))]
		pub fn nominate(origin: OriginFor<T>, pool: PoolId) -> DispatchResult {
			Self::do_nominate(ensure_signed(origin)?, pool)
		}

		/// Names the consensus key that the signer validates with from the next era on. `proof` is the key's signature over
		/// [`plexus_primitives::consensus::key_proof_preimage`].
		///
		/// Keep the former key running until the era ends.
		///
		/// Emits `KeySet`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::set_keys())]
		pub fn set_keys(
			origin: OriginFor<T>,
			key: ConsensusKey,
			proof: ConsensusSignature,
		) -> DispatchResult {
			Self::do_set_keys(ensure_signed(origin)?, key, proof)
		}

		/// Pays out all rewards of the signer.
		///
		/// Emits `RewardClaimed`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::change_stake(T::ChunksMax::get()))]
		pub fn claim_rewards(origin: OriginFor<T>) -> DispatchResult {
			Self::do_claim(ensure_signed(origin)?)
		}

		/// Returns to the candidates after the time in jail. Needs a consensus key, as `validate` does: one that was barred
		/// meanwhile is to be followed by another with `set_keys`.
		///
		/// Emits `CandidateEntered`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::validate(0))]
		pub fn unjail(origin: OriginFor<T>) -> DispatchResult {
			Self::do_unjail(ensure_signed(origin)?)
		}

		/// Takes what an account owes for equivocations. Anybody may.
		///
		/// Emits `StakeSlashed` for each position or chunk that pays.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::change_stake(T::ChunksMax::get()))]
		pub fn settle(origin: OriginFor<T>, who: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			let stake = Self::settled(&who)?;
			Self::store_or_reap(&who, stake)
		}

		/// Tombstones the pool whose validator signed two conflicting messages, or moves its tombstone back to an earlier
		/// offence. Needs no signer; who signs nevertheless pays nothing if the evidence is good.
		///
		/// Emits `EquivocationProved`, the first time `StoodDown`, and `LeftSet` unless the pool is the last.
		#[pallet::call_index(12)]
		#[pallet::weight((
			T::WeightInfo::report_equivocation(),
			DispatchClass::Operational,
		))]
		#[pallet::authorize(|_source, evidence| Pallet::<T>::authorize_report(evidence))]
		#[pallet::weight_of_authorize(T::WeightInfo::report_equivocation())]
		pub fn report_equivocation(
			origin: OriginFor<T>,
			evidence: Equivocation,
		) -> DispatchResultWithPostInfo {
			if ensure_authorized(origin.clone()).is_err() {
				ensure_signed(origin)?;
			}
			Self::do_report(evidence)?;
			Ok(Pays::No.into())
		}

		/// Brings the precommits that made the parent final, by the validators' places in its set. Inherent: once in
		/// each block but the first, made by the node from its certificate.
		#[pallet::call_index(13)]
		#[pallet::weight((
			T::WeightInfo::note_commit(precommits.iter().flatten().count() as u32),
			DispatchClass::Mandatory,
		))]
		pub fn note_commit(origin: OriginFor<T>, round: u32, precommits: PrecommitsOf<T>) -> DispatchResult {
			ensure_none(origin)?;
			Self::do_note_commit(round, precommits)
		}
	}
}

/// Half the chain's block time, for `pallet_timestamp::Config::MinimumPeriod`.
///
/// Clients take twice the metadata's `Timestamp.MinimumPeriod` for the block time, so it must be the chain's own,
/// read from the state, and not a constant of the runtime.
pub struct MinimumPeriod<T>(PhantomData<T>);

impl<T: Config> Get<u64> for MinimumPeriod<T> {
	fn get() -> u64 {
		BlockTimeMs::<T>::get() / 2
	}
}
