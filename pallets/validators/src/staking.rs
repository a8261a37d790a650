//! Bonding, roles and the way out.
//!
//! # Must not
//! Move anybody's stake but the account's that is named, or look at other accounts of a pool.
//!
//! # Invariants
//! - Every change of a bond goes through [`Pallet::settled`] first, so rewards and slashes are accounted for at the
//!   old amount.
//! - A pool's stake is the sum of the bonds that name it, and its references are those bonds and chunks.
//! - What an account has on hold is its bond and its chunks.

use crate::{types::*, *};
use frame_support::{
	pallet_prelude::*,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision},
	},
};
use sp_core::U256;
use sp_runtime::{DispatchError, Perbill};

impl<T: Config> Pallet<T> {
	/// The account's stake with all rewards credited and all slashes taken, not yet stored.
	pub(crate) fn settled(who: &T::AccountId) -> Result<StakeOf<T>, DispatchError> {
		let mut stake = Stakes::<T>::get(who).ok_or(Error::<T>::NotBonded)?;
		Self::settle_bond(who, &mut stake)?;
		Self::settle_chunks(who, &mut stake)?;
		Ok(stake)
	}

	fn settle_bond(who: &T::AccountId, stake: &mut StakeOf<T>) -> DispatchResult {
		let Some(id) = stake.role.pool() else { return Ok(()) };
		let mut pool = Self::pool(id)?;
		stake.collect(&pool);
		let Some(tombstone) = pool.tombstone() else { return Ok(()) };
		let loss = tombstone.fraction.mul_floor(stake.bonded);
		pool.stake = pool.stake.saturating_sub(stake.bonded);
		stake.bonded = stake.bonded.saturating_sub(loss);
		stake.role = Role::Idle;
		Self::drop_reference(id, pool);
		Self::burn_slashed(who, id, loss)
	}

	/// What began to unbond in the offence's era or later pays once and is free of its pool. What left earlier keeps
	/// naming it until it unlocks: proof of an earlier offence may still come.
	fn settle_chunks(who: &T::AccountId, stake: &mut StakeOf<T>) -> DispatchResult {
		for chunk in stake.chunks.iter_mut() {
			let Some(id) = chunk.pool else { continue };
			let pool = Self::pool(id)?;
			let Some(tombstone) = pool.tombstone().filter(|tombstone| chunk.era >= tombstone.era) else {
				continue;
			};
			let loss = tombstone.fraction.mul_floor(chunk.amount);
			chunk.amount = chunk.amount.saturating_sub(loss);
			chunk.pool = None;
			Self::drop_reference(id, pool);
			Self::burn_slashed(who, id, loss)?;
		}
		Ok(())
	}

	fn burn_slashed(who: &T::AccountId, pool: PoolId, amount: Balance) -> DispatchResult {
		T::Currency::burn_held(&HoldReason::Stake.into(), who, amount, Precision::Exact, Fortitude::Force)?;
		Self::deposit_event(Event::StakeSlashed { who: who.clone(), pool, amount });
		Ok(())
	}

	/// The pool that a stake names.
	pub(crate) fn pool(id: PoolId) -> Result<PoolOf<T>, Error<T>> {
		Pools::<T>::get(id).ok_or(Error::<T>::UnknownPool)
	}

	/// Stores a pool with one reference less, or removes it with the last.
	fn drop_reference(id: PoolId, mut pool: PoolOf<T>) {
		pool.references = pool.references.saturating_sub(1);
		if pool.references > 0 {
			Pools::<T>::insert(id, pool);
			return;
		}
		Self::add_residue(pool.remainder.into());
		Pools::<T>::remove(id);
		Self::deposit_event(Event::PoolClosed { pool: id });
	}

	/// Stores a stake, or removes it with its key if nothing is left of it.
	pub(crate) fn store_or_reap(who: &T::AccountId, mut stake: StakeOf<T>) -> DispatchResult {
		if stake.bonded > 0 || stake.credit > 0 || !stake.chunks.is_empty() {
			Stakes::<T>::insert(who, stake);
			return Ok(());
		}
		Self::leave_empty_handed(&mut stake)?;
		Self::add_residue(U256::from(stake.fraction));
		Self::forget_key(who);
		Stakes::<T>::remove(who);
		Self::deposit_event(Event::StakeRemoved { who: who.clone() });
		Ok(())
	}

	/// Gives up a role that nothing is bonded behind any more.
	fn leave_empty_handed(stake: &mut StakeOf<T>) -> DispatchResult {
		if let (0, Some(id)) = (stake.bonded, stake.role.pool()) {
			Self::drop_reference(id, Self::pool(id)?);
			stake.role = Role::Idle;
		}
		Ok(())
	}

	pub(crate) fn do_bond(who: T::AccountId, amount: Balance) -> DispatchResult {
		ensure!(!Stakes::<T>::contains_key(&who), Error::<T>::AlreadyBonded);
		ensure!(amount >= T::BondMin::get(), Error::<T>::BondTooSmall);
		T::Currency::hold(&HoldReason::Stake.into(), &who, amount)?;
		Stakes::<T>::insert(&who, StakeOf::<T>::idle(amount));
		Self::deposit_event(Event::Bonded { who, amount, bonded: amount });
		Ok(())
	}

	pub(crate) fn do_bond_more(who: T::AccountId, amount: Balance) -> DispatchResult {
		let mut stake = Self::settled(&who)?;
		T::Currency::hold(&HoldReason::Stake.into(), &who, amount)?;
		Self::raise_bond(&mut stake, amount)?;
		ensure!(stake.bonded >= T::BondMin::get(), Error::<T>::BondTooSmall);
		let bonded = stake.bonded;
		Stakes::<T>::insert(&who, stake);
		Self::deposit_event(Event::Bonded { who, amount, bonded });
		Ok(())
	}

	/// Adds to a settled bond what is on hold already.
	fn raise_bond(stake: &mut StakeOf<T>, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::NothingToDo);
		stake.bonded = stake.bonded.checked_add(amount).ok_or(Error::<T>::AmountTooLarge)?;
		if let Some(id) = stake.role.pool() {
			let mut pool = Self::pool(id)?;
			pool.stake = pool.stake.checked_add(amount).ok_or(Error::<T>::AmountTooLarge)?;
			Pools::<T>::insert(id, pool);
		}
		Ok(())
	}

	pub(crate) fn do_unbond(who: T::AccountId, amount: Balance) -> DispatchResult {
		let mut stake = Self::settled(&who)?;
		ensure!(amount > 0, Error::<T>::NothingToDo);
		let left = stake.bonded.checked_sub(amount).ok_or(Error::<T>::NotEnoughBonded)?;
		ensure!(left == 0 || left >= T::BondMin::get(), Error::<T>::BondTooSmall);
		let era = Self::current_era();
		let unlock_at_ms = Self::clock_ms().saturating_add(Periods::<T>::get().unbonding_ms);
		let chunk = Chunk { amount, pool: stake.role.pool(), era, unlock_at_ms };
		let is_new = Self::push_chunk(&mut stake, chunk)?;
		if let Some(id) = chunk.pool {
			let mut pool = Self::pool(id)?;
			let is_operator = stake.role == Role::Validator(id);
			ensure!(
				!is_operator || pool.standing != Standing::Candidate || left >= T::ValidatorBondMin::get(),
				Error::<T>::CandidateBondTooSmall
			);
			pool.stake = pool.stake.saturating_sub(amount);
			pool.references = pool.references.saturating_add(is_new.into());
			Pools::<T>::insert(id, pool);
		}
		stake.bonded = left;
		Stakes::<T>::insert(&who, stake);
		Self::deposit_event(Event::Unbonding { who, chunk });
		Ok(())
	}

	/// Adds a chunk, or adds to the last one if that left the same pool in the same era. Says whether it is new.
	fn push_chunk(stake: &mut StakeOf<T>, chunk: Chunk) -> Result<bool, DispatchError> {
		match stake.chunks.last_mut() {
			Some(last) if (last.pool, last.era) == (chunk.pool, chunk.era) => {
				last.amount = last.amount.saturating_add(chunk.amount);
				last.unlock_at_ms = chunk.unlock_at_ms;
				Ok(false)
			}
			_ => {
				stake.chunks.try_push(chunk).map_err(|_| Error::<T>::TooManyChunks)?;
				Ok(true)
			}
		}
	}

	pub(crate) fn do_rebond(who: T::AccountId, amount: Balance) -> DispatchResult {
		let mut stake = Self::settled(&who)?;
		let role = stake.role.pool();
		let mut missing = amount;
		// The youngest first: it has the longest to wait.
		for chunk in stake.chunks.iter_mut().rev().filter(|chunk| chunk.pool == role) {
			let taken = missing.min(chunk.amount);
			chunk.amount = chunk.amount.saturating_sub(taken);
			missing = missing.saturating_sub(taken);
		}
		ensure!(missing == 0, Error::<T>::NotEnoughUnbonding);
		Self::drop_chunks(&mut stake, |chunk| chunk.amount == 0)?;
		Self::raise_bond(&mut stake, amount)?;
		ensure!(stake.bonded >= T::BondMin::get(), Error::<T>::BondTooSmall);
		let bonded = stake.bonded;
		Stakes::<T>::insert(&who, stake);
		Self::deposit_event(Event::Rebonded { who, amount, bonded });
		Ok(())
	}

	pub(crate) fn do_withdraw(who: T::AccountId) -> DispatchResult {
		let mut stake = Self::settled(&who)?;
		let now = Self::clock_ms();
		let before = stake.unbonding();
		Self::drop_chunks(&mut stake, |chunk| chunk.amount == 0 || chunk.unlock_at_ms <= now)?;
		let amount = before.saturating_sub(stake.unbonding());
		T::Currency::release(&HoldReason::Stake.into(), &who, amount, Precision::Exact)?;
		if amount > 0 {
			Self::deposit_event(Event::Withdrawn { who: who.clone(), amount });
		}
		Self::store_or_reap(&who, stake)
	}

	/// Removes chunks with their references to pools.
	fn drop_chunks(stake: &mut StakeOf<T>, is_dropped: impl Fn(&Chunk) -> bool) -> DispatchResult {
		for id in stake.chunks.iter().filter(|chunk| is_dropped(chunk)).filter_map(|chunk| chunk.pool) {
			Self::drop_reference(id, Self::pool(id)?);
		}
		stake.chunks.retain(|chunk| !is_dropped(chunk));
		Ok(())
	}

	pub(crate) fn do_nominate(who: T::AccountId, id: PoolId) -> DispatchResult {
		let mut stake = Self::settled(&who)?;
		Self::leave_empty_handed(&mut stake)?;
		ensure!(stake.role == Role::Idle, Error::<T>::StakeCommitted);
		ensure!(stake.bonded >= T::BondMin::get(), Error::<T>::BondTooSmall);
		let pool = Self::pool(id)?;
		ensure!(pool.standing == Standing::Candidate, Error::<T>::NotCandidate);
		Self::join(&mut stake, id, pool, Role::Nominator(id))?;
		let amount = stake.bonded;
		Stakes::<T>::insert(&who, stake);
		Self::deposit_event(Event::Nominated { who, pool: id, amount });
		Ok(())
	}

	fn join(stake: &mut StakeOf<T>, id: PoolId, mut pool: PoolOf<T>, role: Role) -> DispatchResult {
		pool.stake = pool.stake.checked_add(stake.bonded).ok_or(Error::<T>::AmountTooLarge)?;
		pool.references = pool.references.saturating_add(1);
		stake.role = role;
		stake.mark = pool.reward_per_stake;
		Pools::<T>::insert(id, pool);
		Ok(())
	}

	pub(crate) fn do_validate(who: T::AccountId, commission: Perbill) -> DispatchResult {
		let mut stake = Self::settled(&who)?;
		ensure!(stake.bonded >= T::ValidatorBondMin::get(), Error::<T>::CandidateBondTooSmall);
		ensure!(Keys::<T>::contains_key(&who), Error::<T>::KeyMissing);
		let id = match stake.role {
			Role::Validator(id) => id,
			Role::Nominator(_) => return Err(Error::<T>::StakeCommitted.into()),
			Role::Idle => Self::open_pool(&who, &mut stake, commission)?,
		};
		Stakes::<T>::insert(&who, stake);
		let mut pool = Self::pool(id)?;
		pool.commission_next = commission;
		Self::deposit_event(Event::CommissionSet { pool: id, commission });
		match pool.standing {
			Standing::Candidate => Pools::<T>::insert(id, pool),
			Standing::Chilled => Self::enter_candidates(id, pool)?,
			Standing::Jailed { .. } => return Err(Error::<T>::Jailed.into()),
			// Settling has freed the stake of a tombstoned pool.
			Standing::Tombstoned(_) => return Err(Error::<T>::UnknownPool.into()),
		}
		Ok(())
	}

	/// A new pool with the account's stake in it.
	pub(crate) fn open_pool(
		who: &T::AccountId,
		stake: &mut StakeOf<T>,
		commission: Perbill,
	) -> Result<PoolId, DispatchError> {
		let id = NextPoolId::<T>::get();
		NextPoolId::<T>::put(id.next().ok_or(Error::<T>::IdsExhausted)?);
		Self::join(stake, id, Pool::new(who.clone(), commission), Role::Validator(id))?;
		let amount = stake.bonded;
		Self::deposit_event(Event::PoolOpened { pool: id, validator: who.clone(), amount });
		Ok(id)
	}

	pub(crate) fn do_chill(who: T::AccountId) -> DispatchResult {
		let (id, pool) = Self::own_pool(&who)?;
		ensure!(pool.standing == Standing::Candidate, Error::<T>::NotCandidate);
		// Otherwise the old set would go on without stake that can be slashed.
		ensure!(Candidates::<T>::decode_len().unwrap_or_default() > 1, Error::<T>::LastCandidate);
		Self::leave_candidates(id, pool, Standing::Chilled);
		Ok(())
	}

	/// The pool that the account validates with.
	pub(crate) fn own_pool(who: &T::AccountId) -> Result<(PoolId, PoolOf<T>), DispatchError> {
		let stake = Stakes::<T>::get(who).ok_or(Error::<T>::NotBonded)?;
		match stake.role {
			Role::Validator(id) => Ok((id, Self::pool(id)?)),
			Role::Idle | Role::Nominator(_) => Err(Error::<T>::NotValidator.into()),
		}
	}
}
