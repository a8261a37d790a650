//! The pot and what is paid out of it.
//!
//! ```text
//! fees, protocol shares → pot ─ era's end ─┬─ by blocks made → validator: commission → its credit
//!                                          │                             the rest   → all stake of its pool
//!                                          └─ rounded off → stays for the next era
//! ```
//!
//! # Must not
//! Create money, or cost more with more nominators.
//!
//! # Invariants
//! - `2^64 · Owed` is exactly what all accounts have to claim, with their fractions, the pools' remainders and the
//!   residue.
//! - The pot holds what is owed, above the existential deposit.

use crate::{types::*, *};
use alloc::vec::Vec;
use frame_support::{
	pallet_prelude::*,
	traits::{
		fungible::{Balanced, Credit, Inspect, Mutate},
		tokens::{Fortitude, Preservation},
		OnUnbalanced,
	},
};
use sp_core::U256;
use sp_runtime::traits::AccountIdConversion;

/// Pays whatever it is given into the pot: the half of fees and of protocol shares that goes to validators.
pub struct PayIntoPot<T>(core::marker::PhantomData<T>);

impl<T: Config> OnUnbalanced<Credit<T::AccountId, T::Currency>> for PayIntoPot<T> {
	fn on_nonzero_unbalanced(credit: Credit<T::AccountId, T::Currency>) {
		// What cannot be paid in (less than the existential deposit into an empty pot) is burned by being dropped.
		drop(T::Currency::resolve(&Pallet::<T>::pot(), credit));
	}
}

impl<T: Config> Pallet<T> {
	/// The account that collects rewards. Nobody has its key.
	pub fn pot() -> T::AccountId {
		T::PotId::get().into_account_truncating()
	}

	/// What the pot can pay: all but the existential deposit.
	pub(crate) fn pot_balance() -> Balance {
		T::Currency::reducible_balance(&Self::pot(), Preservation::Preserve, Fortitude::Polite)
	}

	/// Shares what the pot took in among the validators of the era, by blocks made.
	///
	/// Bounded by the size of a set: reads `Authored`, `Pools` and `Stakes` for each member, writes them.
	pub(crate) fn pay_era(era: Era, members: &[SetMember]) {
		let earners: Vec<_> = members.iter().filter_map(Self::earner).collect();
		let blocks: u64 = earners.iter().fold(0, |sum, (_, _, blocks)| sum.saturating_add(*blocks));
		let available = Self::pot_balance().saturating_sub(Owed::<T>::get());
		for (id, pool, made) in earners {
			// No overflow: below 2^192. Not more than `available`, because `made <= blocks`.
			let share = U256::from(available).saturating_mul(made.into()) / U256::from(blocks);
			if !share.is_zero() {
				Self::pay_pool(era, id, pool, made, share.low_u128());
			}
		}
	}

	/// A member that made blocks and can be paid. Its count starts anew in any case.
	fn earner(member: &SetMember) -> Option<(PoolId, PoolOf<T>, u64)> {
		let made = Authored::<T>::take(member.pool);
		let pool = Pools::<T>::get(member.pool)?;
		(made > 0 && pool.stake > 0 && pool.tombstone().is_none()).then_some((member.pool, pool, made))
	}

	fn pay_pool(era: Era, id: PoolId, mut pool: PoolOf<T>, blocks: u64, share: Balance) {
		let commission = Stakes::<T>::mutate_extant(&pool.validator, |stake| {
			let commission = pool.commission.mul_floor(share);
			stake.credit = stake.credit.saturating_add(commission);
			commission
		});
		let stakers = share.saturating_sub(commission);
		pool.reward(stakers);
		Pools::<T>::insert(id, pool);
		Owed::<T>::mutate(|owed| *owed = owed.saturating_add(share));
		Self::deposit_event(Event::PoolRewarded { pool: id, era, blocks, commission, stakers });
	}

	pub(crate) fn do_claim(who: T::AccountId) -> DispatchResult {
		let mut stake = Self::settled(&who)?;
		let amount = core::mem::take(&mut stake.credit);
		ensure!(amount > 0, Error::<T>::NothingToDo);
		T::Currency::transfer(&Self::pot(), &who, amount, Preservation::Preserve)?;
		Owed::<T>::mutate(|owed| *owed = owed.saturating_sub(amount));
		Self::deposit_event(Event::RewardClaimed { who: who.clone(), amount });
		Self::store_or_reap(&who, stake)
	}

	/// Takes back what nobody can claim any more, times 2^64. Whole units go to the next era.
	pub(crate) fn add_residue(scaled: U256) {
		let sum = scaled.saturating_add(Residue::<T>::get().into());
		Residue::<T>::put(sum.low_u64());
		Owed::<T>::mutate(|owed| *owed = owed.saturating_sub((sum >> 64).low_u128()));
	}

	/// What an account could claim now.
	pub fn claimable(who: &T::AccountId) -> Balance {
		let Some(mut stake) = Stakes::<T>::get(who) else { return 0 };
		if let Some(pool) = stake.role.pool().and_then(Pools::<T>::get) {
			stake.collect(&pool);
		}
		stake.credit
	}
}
