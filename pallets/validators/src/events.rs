//! What the pallet tells. [`crate::pallet`] imports it: `Event` is an item of that module.
//!
//! # Must not
//! Leave out what an indexer needs to follow the state without reading it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's event.
#[pallet_section]
pub mod events {
	/// The events tell everything that changes: an indexer needs no storage queries.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// More was bonded.
		Bonded {
			/// Whose.
			who: T::AccountId,
			/// How much was put on hold.
			amount: Balance,
			/// The whole bond now.
			bonded: Balance,
		},
		/// Part of a bond began to leave. A chunk of the same pool and era is joined, and unlocks with this one.
		Unbonding {
			/// Whose.
			who: T::AccountId,
			/// What leaves where, and when it can be withdrawn.
			chunk: Chunk,
		},
		/// What was leaving stays.
		Rebonded {
			/// Whose.
			who: T::AccountId,
			/// How much.
			amount: Balance,
			/// The whole bond now.
			bonded: Balance,
		},
		/// What had left was released.
		Withdrawn {
			/// Whose.
			who: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// Nothing was left of a stake. It is gone with its role and its key.
		StakeRemoved {
			/// Whose.
			who: T::AccountId,
		},
		/// A bond stands behind a pool now.
		Nominated {
			/// Whose.
			who: T::AccountId,
			/// The pool.
			pool: PoolId,
			/// How much.
			amount: Balance,
		},
		/// A validator opened a pool with its bond.
		PoolOpened {
			/// Its id.
			pool: PoolId,
			/// Who opened it.
			validator: T::AccountId,
			/// How much is in it.
			amount: Balance,
		},
		/// Nobody has anything in a pool any more.
		PoolClosed {
			/// Its id, never to be used again.
			pool: PoolId,
		},
		/// A pool's commission was set: if it is less, for the next era, and if it is more, for the one after it.
		CommissionSet {
			/// The pool.
			pool: PoolId,
			/// The validator's part.
			commission: Perbill,
		},
		/// A pool stands for election.
		CandidateEntered {
			/// The pool.
			pool: PoolId,
		},
		/// A pool does not stand for election any more.
		StoodDown {
			/// The pool.
			pool: PoolId,
			/// Why: chilled, jailed or tombstoned.
			standing: Standing,
		},
		/// An account has a consensus key, from the next era on; its former one is free.
		KeySet {
			/// Whose.
			who: T::AccountId,
			/// The key.
			key: ConsensusKey,
		},
		/// The validators of an era were elected.
		SetElected {
			/// The era.
			era: Era,
			/// Its first height.
			from: u64,
			/// The validators in the order of consensus.
			members: BoundedVec<SetMember, T::ValidatorsMax>,
		},
		/// A validator leaves the set before the era's end.
		LeftSet {
			/// Its pool.
			pool: PoolId,
			/// The first height without it.
			from: u64,
		},
		/// A pool was paid for an era.
		PoolRewarded {
			/// The pool.
			pool: PoolId,
			/// The era.
			era: Era,
			/// Blocks made.
			blocks: u64,
			/// What the validator gets for itself.
			commission: Balance,
			/// What is shared among all stake in the pool.
			stakers: Balance,
		},
		/// Rewards were paid out.
		RewardClaimed {
			/// To whom.
			who: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A validator signed two conflicting messages. Its pool is closed for ever.
		EquivocationProved {
			/// The pool.
			pool: PoolId,
			/// The key that signed, barred from now on, as is the validator's current one.
			key: ConsensusKey,
			/// The height of both messages.
			height: u64,
			/// What every position in the pool loses.
			fraction: Perbill,
		},
		/// A position or chunk paid for an equivocation and left the pool. The amount was burned.
		StakeSlashed {
			/// Whose.
			who: T::AccountId,
			/// The pool.
			pool: PoolId,
			/// How much.
			amount: Balance,
		},
	}
}
