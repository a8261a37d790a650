//! What must always hold, checked over the whole state.
//!
//! # Must not
//! Run in a block: it reads every entry.
//!
//! # Invariants
//! - Per account: what is on hold is its bond and its chunks.
//! - Per pool: its stake is the sum of the bonds in it, its references are those bonds and chunks; a candidate's own
//!   bond is large enough.
//! - Rewards: `2^64 · Owed` = what everybody has or will get credited, in fractions, with the pools' remainders and the
//!   residue; the pot has it.
//! - The list of candidates is the pools whose standing says so; keys and key holders are each other's inverse.
//! - Now and at the next height there is a validator, no key stands twice, and all power is within
//!   [`POWER_TOTAL_MAX`].
//! - The window's counts are those of its entries, and its entries stand where their heights say. Who has equivocated
//!   does not stand for election.
//! - Block time and periods obey the rules of a genesis. The cached hash of the next set is that set's.

use crate::{types::*, *};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{ensure, traits::fungible::InspectHold};
use plexus_primitives::consensus::validator_set_hash;
use sp_core::U256;
use sp_runtime::{Saturating, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks everything in the module's list, between blocks. No state makes it panic.
	///
	/// # Errors
	/// Names the invariant that does not hold.
	pub fn check_invariants() -> Result<(), TryRuntimeError> {
		crate::genesis::check_time::<T>(BlockTimeMs::<T>::get(), &Periods::<T>::get())
			.map_err(|_| "the block time or the periods break a rule of a genesis")?;
		Self::check_stakes()?;
		Self::check_rewards()?;
		Self::check_candidates()?;
		Self::check_keys()?;
		Self::check_sets()?;
		Self::check_watches()
	}

	fn check_stakes() -> Result<(), TryRuntimeError> {
		let mut sums = BTreeMap::<PoolId, (Balance, u64)>::new();
		for (who, stake) in Stakes::<T>::iter() {
			let held = T::Currency::balance_on_hold(&HoldReason::Stake.into(), &who);
			ensure!(held == stake.bonded.saturating_add(stake.unbonding()), "a hold is not bond and chunks");
			if let Some(id) = stake.role.pool() {
				let (bonded, references) = sums.entry(id).or_default();
				*bonded = bonded.saturating_add(stake.bonded);
				references.saturating_inc();
			}
			for id in stake.chunks.iter().filter_map(|chunk| chunk.pool) {
				sums.entry(id).or_default().1.saturating_inc();
			}
		}
		ensure!(
			sums.len() == Pools::<T>::iter().count(),
			"a stake names a pool that is not, or a pool no stake"
		);
		for (id, pool) in Pools::<T>::iter() {
			ensure!(id < NextPoolId::<T>::get(), "a pool's id is yet to be allocated");
			ensure!(
				sums.get(&id) == Some(&(pool.stake, pool.references)),
				"a pool's stake or references are not those of its positions"
			);
		}
		Ok(())
	}

	fn check_rewards() -> Result<(), TryRuntimeError> {
		let mut scaled = U256::from(Residue::<T>::get());
		for stake in Stakes::<T>::iter_values() {
			let mut stake = stake;
			if let Some(pool) = stake.role.pool().and_then(Pools::<T>::get) {
				stake.collect(&pool);
			}
			let credit = (U256::from(stake.credit) << 64).saturating_add(stake.fraction.into());
			scaled = scaled.saturating_add(credit);
		}
		for pool in Pools::<T>::iter_values() {
			scaled = scaled.saturating_add(pool.remainder.into());
		}
		ensure!(scaled == U256::from(Owed::<T>::get()) << 64, "what is owed is not what can be claimed");
		ensure!(Self::pot_balance() >= Owed::<T>::get(), "the pot has less than is owed");
		Ok(())
	}

	fn check_candidates() -> Result<(), TryRuntimeError> {
		let mut listed = Candidates::<T>::get().into_inner();
		listed.sort();
		let mut standing: Vec<_> = Pools::<T>::iter()
			.filter(|(_, pool)| pool.standing == Standing::Candidate)
			.map(|(id, _)| id)
			.collect();
		standing.sort();
		ensure!(listed == standing, "the list of candidates is not that of the pools");
		for id in listed {
			let validator = Self::pool(id).map_err(|_| "a candidate has no pool")?.validator;
			let stake = Stakes::<T>::get(validator).ok_or("a candidate has no stake")?;
			ensure!(stake.role == Role::Validator(id), "a candidate's account has another role");
			ensure!(stake.bonded >= T::ValidatorBondMin::get(), "a candidate's own bond is too small");
		}
		Ok(())
	}

	fn check_keys() -> Result<(), TryRuntimeError> {
		for (who, key) in Keys::<T>::iter() {
			ensure!(Stakes::<T>::contains_key(&who), "an account without a stake has a key");
			ensure!(KeyHolders::<T>::get(key) == Some(KeyHolder::Held(who)), "a key leads elsewhere");
		}
		let held = KeyHolders::<T>::iter_values().filter(|holder| matches!(holder, KeyHolder::Held(_)));
		ensure!(held.count() == Keys::<T>::iter().count(), "a key is held by an account that does not know");
		Ok(())
	}

	fn check_sets() -> Result<(), TryRuntimeError> {
		let kept = Periods::<T>::get().history_eras(BlockTimeMs::<T>::get());
		ensure!(EraSets::<T>::iter().count() as u64 <= kept, "more eras are kept than may be");
		for height in [Self::height(), Self::height().saturating_add(1)] {
			// The next era's set is elected at the end of the block.
			if Self::era_of(height) != Self::current_era()
				&& !EraSets::<T>::contains_key(Self::era_of(height))
			{
				continue;
			}
			let voters = Self::voters_at(height);
			ensure!(!voters.is_empty() || NextPoolId::<T>::get() == PoolId(0), "there is no validator");
			let mut keys: Vec<_> = voters.iter().map(|(key, _)| key).collect();
			keys.sort();
			ensure!(keys.windows(2).all(|pair| pair[0] != pair[1]), "a key stands in the set twice");
			let total = voters.iter().try_fold(0u64, |sum, (_, power)| sum.checked_add(*power));
			ensure!(total.is_some_and(|total| total <= POWER_TOTAL_MAX), "the power of all is too large");
		}
		if let Some(cached) = NextSetHash::<T>::get() {
			let next = Self::voters_at(Self::height().saturating_add(1));
			ensure!(
				cached == validator_set_hash(&Self::genesis_hash(), &next),
				"the set's hash is another set's"
			);
		}
		Ok(())
	}

	fn check_watches() -> Result<(), TryRuntimeError> {
		for (pool, watch) in Watches::<T>::get() {
			let counted = AbsenceRing::<T>::iter_values()
				.filter(|entry| entry.height >= watch.since && entry.pools.contains(&pool))
				.count();
			ensure!(watch.missed as usize == counted && !watch.is_clear(), "absences are miscounted");
		}
		let window = Periods::<T>::get().absence_blocks.max(1);
		for (slot, entry) in AbsenceRing::<T>::iter() {
			let is_in_place = entry.height % u64::from(window) == u64::from(slot);
			ensure!(is_in_place && !entry.pools.is_empty(), "an absence stands in the wrong place");
		}
		Ok(())
	}
}
