//! What must always hold, checked over the whole state.
//!
//! # Must not
//! Run in a block: it reads every entry.
//!
//! # Invariants
//! - The weight of a version is that of all positions which have it; what the next would weigh is that of all which depart
//!   nowhere. No position is empty, and none begins after the next version.
//! - In each datanet, what was credited from pools, what positions have yet to be credited, their fractions, and the
//!   remainders of pools, are together what was deposited: exactly, in parts of a unit.
//! - Entries of manifests pulled no more than their shares, and together no more than the revenue.
//! - What a holder can withdraw is no more than what it was credited; of an escrow, it is all of that. What came from pools
//!   is the sum over datanets.
//! - The pot has all that can be withdrawn, all that is in pools, and all that is yet to be pulled, at least. More only if
//!   somebody gave it more.

use crate::{types::*, *};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::Inspect};
use plexus_primitives::{DatanetId, DatanetVersion, ModelId};
use sp_core::U256;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks everything in the module's list.
	pub(crate) fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::check_weights()?;
		Self::check_pools()?;
		Self::check_revenues()?;
		Self::check_earnings()?;
		let owed = Self::owed();
		ensure!(owed == 0 || T::Currency::balance(&Self::pot()) >= owed, "the pot has less than it owes");
		Ok(())
	}

	fn check_weights() -> Result<(), TryRuntimeError> {
		let mut running = BTreeMap::<DatanetId, u64>::new();
		let mut versions = BTreeMap::<(DatanetId, DatanetVersion), u64>::new();
		for (_, place, position) in Positions::<T>::iter() {
			let Place { datanet, from, until } = place;
			let last = Heads::<T>::get(datanet).version;
			ensure!(position.weight > 0, "a position is empty");
			ensure!(from.0 > 0 && until.is_none_or(|until| from < until), "a place has no versions");
			let next = DatanetVersion(last.0.saturating_add(1));
			ensure!(from <= next && until.is_none_or(|until| until <= next), "a place is in the future");
			for version in (from.0..=last.0).map(DatanetVersion).filter(|version| place.holds(*version)) {
				*versions.entry((datanet, version)).or_default() += position.weight;
			}
			if until.is_none() {
				*running.entry(datanet).or_default() += position.weight;
			}
		}
		for (datanet, head) in Heads::<T>::iter() {
			ensure!(head != Head::default(), "a datanet has neither versions nor weight");
			let weight = running.remove(&datanet).unwrap_or_default();
			ensure!(head.weight == weight, "a running weight is not that of its positions");
		}
		ensure!(running.is_empty(), "positions are in an unknown datanet");
		for (datanet, version, pool) in Pools::<T>::iter() {
			ensure!(version <= Heads::<T>::get(datanet).version, "a version was never published");
			let weight = versions.remove(&(datanet, version)).unwrap_or_default();
			ensure!(pool.weight == weight, "a version's weight is not that of its positions");
		}
		ensure!(versions.is_empty(), "positions have a version without a pool");
		Ok(())
	}

	fn check_pools() -> Result<(), TryRuntimeError> {
		let mut parts = BTreeMap::<DatanetId, (U256, U256)>::new();
		for (datanet, _, pool) in Pools::<T>::iter() {
			ensure!(pool.remainder < pool.weight.max(1), "a remainder could be divided");
			let (deposited, kept) = parts.entry(datanet).or_default();
			*deposited += U256::from(pool.deposited) << SCALE_BITS;
			*kept += U256::from(pool.remainder);
		}
		for (_, place, position) in Positions::<T>::iter() {
			let accrued = Self::accrued(&place, Heads::<T>::get(place.datanet).version);
			ensure!(position.last <= accrued, "a position was settled beyond what its versions got");
			let (units, fraction) = position.earned(accrued);
			let (_, kept) = parts.entry(place.datanet).or_default();
			*kept += (U256::from(units) << SCALE_BITS) + U256::from(fraction);
		}
		for (_, datanet, credited) in PoolEarnings::<T>::iter() {
			ensure!(credited > 0, "a holder was credited nothing in a datanet");
			let (_, kept) = parts.entry(datanet).or_default();
			*kept += U256::from(credited) << SCALE_BITS;
		}
		let balanced = parts.values().all(|(deposited, kept)| deposited == kept);
		ensure!(balanced, "pools have given more or less than they got");
		Ok(())
	}

	fn check_revenues() -> Result<(), TryRuntimeError> {
		let mut sums = BTreeMap::<ModelId, Balance>::new();
		for (model, index, pulled) in Pulled::<T>::iter() {
			let entry = T::Manifests::entry(model, index).ok_or("what is in no manifest has pulled")?;
			let total = entry.share.mul_floor(DataRevenues::<T>::get(model));
			ensure!(0 < pulled && pulled <= total, "an entry pulled other than its share");
			let sum = sums.entry(model).or_default();
			*sum = sum.saturating_add(pulled);
		}
		let covered = sums.iter().all(|(model, sum)| *sum <= DataRevenues::<T>::get(model));
		ensure!(covered, "a manifest pulled more than the revenue");
		Ok(())
	}

	fn check_earnings() -> Result<(), TryRuntimeError> {
		let mut pools = BTreeMap::<HolderOf<T>, Balance>::new();
		for (holder, _, credited) in PoolEarnings::<T>::iter() {
			let sum = pools.entry(holder).or_default();
			*sum = sum.saturating_add(credited);
		}
		for (holder, earned) in Earnings::<T>::iter() {
			ensure!(earned.total() > 0, "a holder was credited nothing");
			ensure!(earned.due <= earned.total(), "a holder can withdraw more than it was credited");
			let paid = earned.due < earned.total();
			ensure!(!paid || matches!(holder, Holder::Account(_)), "an escrow was paid");
			let sum = pools.remove(&holder).unwrap_or_default();
			ensure!(earned.pools == sum, "a holder's pools are not those of its datanets");
		}
		ensure!(pools.is_empty(), "somebody earned in a datanet and nowhere");
		Ok(())
	}

	/// What the pot must have beside its existential deposit.
	pub(crate) fn owed() -> Balance {
		let sum = |amounts: &mut dyn Iterator<Item = Balance>| amounts.fold(0, Balance::saturating_add);
		let due = sum(&mut Earnings::<T>::iter_values().map(|earned| earned.due));
		let deposited = sum(&mut Pools::<T>::iter_values().map(|pool| pool.deposited));
		let credited = sum(&mut PoolEarnings::<T>::iter_values());
		let revenue = sum(&mut DataRevenues::<T>::iter_values());
		let pulled = sum(&mut Pulled::<T>::iter_values());
		let in_pools = deposited.saturating_sub(credited);
		due.saturating_add(in_pools).saturating_add(revenue.saturating_sub(pulled))
	}
}
