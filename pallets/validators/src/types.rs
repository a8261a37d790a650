//! What the pallet stores, and the arithmetic of single values.
//!
//! # Must not
//! Touch storage.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::TypeInfo, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use plexus_primitives::consensus::{ConsensusKey, ConsensusSignature, Voter};
use sp_core::{Get, U256};
use sp_runtime::{BoundedVec, ConsensusEngineId, Perbill};

pub use plexus_primitives::constants::Balance;

/// Accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// An account's stake in this runtime.
pub type StakeOf<T> = Stake<<T as Config>::ChunksMax>;
/// A pool in this runtime.
pub type PoolOf<T> = Pool<AccountIdOf<T>>;
/// The validators of an era in this runtime.
pub type EraSetOf<T> = EraSet<<T as Config>::ValidatorsMax>;
/// The precommits of a block, by the places of the validators in their set.
pub type PrecommitsOf<T> = BoundedVec<Option<ConsensusSignature>, <T as Config>::ValidatorsMax>;

/// The engine id of the header's pre-runtime digest item that names the block's author: its 32-byte ed25519 key.
pub const ENGINE_ID: ConsensusEngineId = *b"plxs";

/// The engine id of the header's consensus digest item that commits to the validators of the next block.
pub const SET_ENGINE_ID: ConsensusEngineId = *b"plxv";

/// Version of the payload under [`SET_ENGINE_ID`], its first byte.
pub const SET_COMMITMENT_VERSION: u8 = 1;

/// The shortest block time. Below it the votes' round trips between continents take longer than the block.
pub const BLOCK_TIME_MS_MIN: u64 = 200;

/// The longest block time: what a block moves the chain clock by at most. With longer ones all deadlines would fall behind.
pub const BLOCK_TIME_MS_MAX: u64 = CLOCK_STEP_MS_MAX;

/// The block time where the chain specification names none.
pub const BLOCK_TIME_MS_DEFAULT: u64 = 1_000;

/// The most power that all validators together may have: the engine multiplies powers by three, and refuses more.
pub const POWER_TOTAL_MAX: u64 = u64::MAX / 8;

/// What one block moves the chain clock by at most: a halt does not close windows.
pub const CLOCK_STEP_MS_MAX: u64 = 10_000;

/// Names a pool: a validator's own stake and its nominators', under one commission and one liability.
///
/// Allocated in order from 0 and never reused, so that what is due from a pool never falls on a later one of the same
/// account.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct PoolId(pub u32);

impl PoolId {
	/// The id after this one, `None` when all are used up.
	pub fn next(self) -> Option<Self> {
		self.0.checked_add(1).map(Self)
	}
}

/// Number of an era: height divided by the blocks of an era.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Era(pub u64);

/// What a pool owes for a proved equivocation. A later proof of an earlier offence moves the era back, never forward.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Tombstone {
	/// The era of the earliest proved offence. What began to unbond in an earlier one is free of it so far.
	pub era: Era,
	/// The part that everything else in the pool loses.
	pub fraction: Perbill,
}

/// Whether a pool may validate.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Standing {
	/// Wants to, and is in the list of candidates.
	Candidate,
	/// Does not want to, or was pushed out of a full list.
	Chilled,
	/// Was absent too often.
	Jailed {
		/// Chain clock in milliseconds from which on it may return.
		until_ms: u64,
	},
	/// Equivocated: never again.
	Tombstoned(Tombstone),
}

/// A validator's own stake and that of its nominators.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Pool<AccountId> {
	/// Who opened it.
	pub validator: AccountId,
	/// The validator's part of rewards that arrive now.
	pub commission: Perbill,
	/// The validator's part from the next era on.
	pub commission_next: Perbill,
	/// Whether it may validate.
	pub standing: Standing,
	/// Everything bonded in it: exactly the sum over all positions.
	pub stake: Balance,
	/// How many positions and unbonding chunks name it. At 0 it is removed.
	pub references: u64,
	/// What one unit of stake has earned since the pool exists, times 2^64.
	pub reward_per_stake: U256,
	/// What the last division by `stake` left over, times 2^64.
	pub remainder: Balance,
}

impl<AccountId> Pool<AccountId> {
	/// An empty pool.
	pub(crate) fn new(validator: AccountId, commission: Perbill) -> Self {
		Self {
			validator,
			commission,
			commission_next: commission,
			standing: Standing::Chilled,
			stake: 0,
			references: 0,
			reward_per_stake: U256::zero(),
			remainder: 0,
		}
	}

	/// Whether it equivocated.
	pub fn tombstone(&self) -> Option<Tombstone> {
		match self.standing {
			Standing::Tombstoned(tombstone) => Some(tombstone),
			Standing::Candidate | Standing::Chilled | Standing::Jailed { .. } => None,
		}
	}

	/// Spreads a reward over all stake. Needs `stake > 0`.
	///
	/// No overflow: a reward is below 2^128, so the dividend is below 2^192 + 2^128, and `reward_per_stake` stays below
	/// 2^64 times all that is ever paid in.
	pub(crate) fn reward(&mut self, amount: Balance) {
		let dividend = (U256::from(amount) << 64).saturating_add(self.remainder.into());
		let (quotient, rest) = dividend.div_mod(self.stake.into());
		self.reward_per_stake = self.reward_per_stake.saturating_add(quotient);
		self.remainder = rest.low_u128();
	}
}

/// What an account's bond stands behind.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Role {
	/// Nothing yet.
	Idle,
	/// The account's own pool.
	Validator(PoolId),
	/// Another's pool.
	Nominator(PoolId),
}

impl Role {
	/// The pool, if there is one.
	pub fn pool(self) -> Option<PoolId> {
		match self {
			Self::Idle => None,
			Self::Validator(pool) | Self::Nominator(pool) => Some(pool),
		}
	}
}

/// Stake on its way out.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Chunk {
	/// How much.
	pub amount: Balance,
	/// The pool that it left and still answers for; `None` once it has paid, or if it never stood behind one.
	pub pool: Option<PoolId>,
	/// The era in which it left. It backed votes until that era's end.
	pub era: Era,
	/// Chain clock in milliseconds from which on it can be withdrawn.
	pub unlock_at_ms: u64,
}

/// All that an account has on hold here, and what it has earned.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(ChunksMax))]
#[codec(mel_bound())]
pub struct Stake<ChunksMax: Get<u32>> {
	/// What stands behind the role.
	pub bonded: Balance,
	/// What it stands behind.
	pub role: Role,
	/// The pool's `reward_per_stake` up to which rewards are credited.
	pub mark: U256,
	/// Part of a unit that is earned but not credited, times 2^64.
	pub fraction: u64,
	/// Rewards to claim.
	pub credit: Balance,
	/// Stake on its way out, the oldest first.
	pub chunks: BoundedVec<Chunk, ChunksMax>,
}

impl<ChunksMax: Get<u32>> Stake<ChunksMax> {
	/// A bond without a role.
	pub(crate) fn idle(bonded: Balance) -> Self {
		let chunks = BoundedVec::new();
		Self { bonded, role: Role::Idle, mark: U256::zero(), fraction: 0, credit: 0, chunks }
	}

	/// Credits what the pool has earned since the last time.
	///
	/// No overflow: the bond was part of the pool's stake at each reward since then, so the product is at most 2^64 times
	/// what was paid in.
	pub(crate) fn collect<AccountId>(&mut self, pool: &Pool<AccountId>) {
		let rise = pool.reward_per_stake.saturating_sub(self.mark);
		let earned = U256::from(self.bonded).saturating_mul(rise).saturating_add(self.fraction.into());
		self.credit = self.credit.saturating_add((earned >> 64).low_u128());
		self.fraction = earned.low_u64();
		self.mark = pool.reward_per_stake;
	}

	/// Everything that is on its way out.
	pub fn unbonding(&self) -> Balance {
		self.chunks.iter().fold(0, |sum, chunk| sum.saturating_add(chunk.amount))
	}
}

/// A validator in the set of an era.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SetMember {
	/// Its pool.
	pub pool: PoolId,
	/// The key it signs with in this era.
	pub key: ConsensusKey,
	/// Its voting power.
	pub power: u64,
	/// The first height at which it is no longer in the set, if it left before the era's end.
	pub left: Option<u64>,
}

impl SetMember {
	/// Whether it is in the set at this height of the era.
	pub fn is_in_at(&self, height: u64) -> bool {
		self.left.is_none_or(|left| height < left)
	}

	/// As consensus knows it.
	pub fn voter(&self) -> Voter {
		(self.key, self.power)
	}
}

/// The validators of an era, in the order of consensus: power descending, then key ascending.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(ValidatorsMax))]
#[codec(mel_bound())]
pub struct EraSet<ValidatorsMax: Get<u32>> {
	/// Chain clock in milliseconds when the era began.
	pub started_ms: u64,
	/// Those who were elected, with those who have left.
	pub members: BoundedVec<SetMember, ValidatorsMax>,
}

/// Which account a consensus key belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum KeyHolder<AccountId> {
	/// This one.
	Held(AccountId),
	/// To none, ever: it signed two conflicting messages.
	Barred,
}

/// How often a validator was absent lately.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Watch {
	/// The height from which on absences count.
	pub since: u64,
	/// Absences within the window.
	pub missed: u32,
	/// Turns to propose that have passed since it made its last block.
	pub missed_turns: u32,
}

impl Watch {
	/// Nothing noted yet.
	pub(crate) fn from(since: u64) -> Self {
		Self { since, missed: 0, missed_turns: 0 }
	}

	/// Whether there is nothing to remember.
	pub(crate) fn is_clear(&self) -> bool {
		self.missed == 0 && self.missed_turns == 0
	}
}

/// Who was absent at one height.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(ValidatorsMax))]
#[codec(mel_bound())]
pub struct Absences<ValidatorsMax: Get<u32>> {
	/// The height.
	pub height: u64,
	/// Those whose precommit was not in its certificate.
	pub pools: BoundedVec<PoolId, ValidatorsMax>,
}

/// The chain clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ChainClock {
	/// What it shows, in milliseconds.
	pub elapsed_ms: u64,
	/// The block timestamp up to which it has gone.
	pub timestamp_ms: u64,
}

impl ChainClock {
	/// Goes on to a block's timestamp, by at most [`CLOCK_STEP_MS_MAX`]. The first timestamp only starts it.
	pub(crate) fn advance(&mut self, timestamp_ms: u64) {
		if self.timestamp_ms > 0 {
			let step = timestamp_ms.saturating_sub(self.timestamp_ms).min(CLOCK_STEP_MS_MAX);
			self.elapsed_ms = self.elapsed_ms.saturating_add(step);
		}
		self.timestamp_ms = timestamp_ms;
	}
}

/// The voting power of a stake: `stake / unit`, at least 1, at most `POWER_TOTAL_MAX / validators_max`.
///
/// The sum over a set never exceeds [`POWER_TOTAL_MAX`]: a set has at most `validators_max` members, and
/// `n · ⌊P / n⌋ ≤ P`. With a unit of 0.001 PLX and 100 validators the cap bites at 2.3·10^13 PLX behind one validator,
/// more than there is; stakes below the unit are told apart by nothing but their share of rewards.
pub fn voting_power(stake: Balance, unit: Balance, validators_max: u32) -> u64 {
	let cap = POWER_TOTAL_MAX / u64::from(validators_max.max(1));
	u64::try_from(stake / unit.max(1)).unwrap_or(u64::MAX).clamp(1, cap)
}
