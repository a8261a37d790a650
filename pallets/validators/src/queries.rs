//! Answers to [`crate::runtime_api::ValidatorsApi`].
//!
//! # Must not
//! Change state.

use crate::{
	runtime_api::{PoolInfo, Seat, StakeInfo},
	types::*,
	*,
};
use alloc::vec::Vec;

impl<T: Config> Pallet<T> {
	/// The validators of the block of this state. Of the genesis: those of the first block.
	pub fn validators() -> Vec<([u8; 32], u64)> {
		Self::validators_at(Self::height())
	}

	/// The validators of the next block.
	pub fn next_validators() -> Vec<([u8; 32], u64)> {
		Self::validators_at(Self::height().saturating_add(1))
	}

	/// The validators of a height, in the order of consensus.
	pub fn validators_at(height: u64) -> Vec<([u8; 32], u64)> {
		Self::voters_at(height).into_iter().map(|(key, power)| (key.0, power)).collect()
	}

	/// The era of the block of this state and the chain clock in milliseconds.
	pub fn era_and_clock() -> (Era, u64) {
		(Self::current_era(), Self::clock_ms())
	}

	/// The last height of the era of the block of this state: what waits for the era's end waits for this block.
	pub fn era_ends_at() -> u64 {
		let next = Self::current_era().0.saturating_add(1);
		next.saturating_mul(Periods::<T>::get().era_blocks.into()).saturating_sub(1)
	}

	/// All candidates.
	pub fn candidate_infos() -> Vec<PoolInfo<T::AccountId>> {
		Candidates::<T>::get().into_iter().filter_map(Self::pool_info).collect()
	}

	/// Those who were elected for the current era, then the other candidates, then who is jailed and remembered in
	/// [`Jailings`].
	pub fn seats() -> Vec<Seat<T::AccountId>> {
		let members = Self::elected();
		let elected = members.iter().map(|member| Seat {
			elected: Some((member.key.0, member.power)),
			left: member.left,
			pool: Self::pool_info(member.pool),
		});
		let is_elected = |id: &PoolId| members.iter().any(|member| member.pool == *id);
		let remembered = Jailings::<T>::get().into_iter().filter_map(|jailing| Self::pool_info(jailing.pool));
		// Who has returned is a candidate, and remembered until it is elected.
		let jailed = remembered.filter(|pool| matches!(pool.standing, Standing::Jailed { .. }));
		let others = Self::candidate_infos().into_iter().chain(jailed);
		let others = others.filter(|pool| !is_elected(&pool.id)).map(|pool| Seat {
			elected: None,
			left: None,
			pool: Some(pool),
		});
		elected.chain(others).collect()
	}

	/// A pool for clients.
	pub fn pool_info(id: PoolId) -> Option<PoolInfo<T::AccountId>> {
		let pool = Pools::<T>::get(id)?;
		Some(PoolInfo {
			id,
			key: Keys::<T>::get(&pool.validator).map(|key| key.0),
			validator: pool.validator,
			commission: pool.commission,
			commission_next: pool.commission_next,
			standing: pool.standing,
			stake: pool.stake,
			power: voting_power(pool.stake, T::PowerUnit::get(), T::ValidatorsMax::get()),
		})
	}

	/// An account's stake for clients.
	pub fn stake_info(who: &T::AccountId) -> Option<StakeInfo> {
		let stake = Stakes::<T>::get(who)?;
		Some(StakeInfo {
			bonded: stake.bonded,
			role: stake.role,
			claimable: Self::claimable(who),
			slash_pending: Self::slash_pending(&stake),
			chunks: stake.chunks.into_inner(),
		})
	}

	/// What tombstones have not taken from a stake yet.
	pub(crate) fn slash_pending(stake: &StakeOf<T>) -> Balance {
		let tombstone = |id| Pools::<T>::get(id).and_then(|pool| pool.tombstone());
		let of_bond = stake.role.pool().and_then(tombstone).map(|t| t.fraction.mul_floor(stake.bonded));
		stake.chunks.iter().fold(of_bond.unwrap_or_default(), |sum, chunk| {
			let due = chunk.pool.and_then(tombstone).filter(|t| chunk.era >= t.era);
			sum.saturating_add(due.map(|t| t.fraction.mul_floor(chunk.amount)).unwrap_or_default())
		})
	}
}
