//! Who is in which versions, as told by the pallet that has the datanets; and settling what that earned.
//!
//! # Must not
//! Fail, or look at more than two positions. Must not pay anybody more than came in whatever it is told: the weights that
//! divide a deposit are those that were counted here.
//!
//! # Invariants
//! - Before a position's weight changes it is settled, so that each weight earns from what was deposited while it was there.
//! - What is below a unit stays with the position, or goes on with the last weight that leaves it.

use crate::{types::*, *};
use frame_support::weights::Weight;
use plexus_primitives::{DatanetId, DatanetVersion};

impl<T: Config> plexus_primitives::Positions<T::AccountId> for Pallet<T> {
	fn published(datanet: DatanetId, version: DatanetVersion, _: u64) {
		let mut head = Heads::<T>::get(datanet);
		// What a version weighs never changes.
		if version <= head.version {
			return;
		}
		head.version = version;
		let weight = head.weight;
		Heads::<T>::insert(datanet, head);
		Pools::<T>::mutate(datanet, version, |pool| pool.weight = weight);
		Self::deposit_event(Event::PoolOpened { datanet, version, weight });
	}

	fn accepted(holder: &HolderOf<T>, datanet: DatanetId, from: DatanetVersion, weight: u8) {
		let mut head = Heads::<T>::get(datanet);
		// A version that was published is divided among those who were in it then.
		if from <= head.version || weight == 0 {
			return;
		}
		let weight = u64::from(weight);
		head.weight = head.weight.saturating_add(weight);
		Heads::<T>::insert(datanet, head);
		Self::enter(holder, Place::onward(datanet, from), Share { weight, fraction: 0 }, head.version);
	}

	fn departed(
		holder: &HolderOf<T>,
		datanet: DatanetId,
		from: DatanetVersion,
		until: DatanetVersion,
		weight: u8,
	) {
		let mut head = Heads::<T>::get(datanet);
		let place = Place::onward(datanet, from);
		let Some(share) = Self::leave(holder, place, weight, head.version) else { return };
		head.weight = head.weight.saturating_sub(share.weight);
		match head == Head::default() {
			true => Heads::<T>::remove(datanet),
			false => Heads::<T>::insert(datanet, head),
		}
		if from < until {
			Self::enter(holder, Place { until: Some(until), ..place }, share, head.version);
		}
	}

	fn moved(
		from_holder: &HolderOf<T>,
		to: &HolderOf<T>,
		datanet: DatanetId,
		from: DatanetVersion,
		until: Option<DatanetVersion>,
		weight: u8,
	) {
		if from_holder == to {
			return;
		}
		let last = Heads::<T>::get(datanet).version;
		let place = Place { datanet, from, until };
		if let Some(share) = Self::leave(from_holder, place, weight, last) {
			Self::enter(to, place, share, last);
		}
		if let Holder::Escrow(contribution) = from_holder {
			Self::release_escrow(*contribution, to, datanet);
		}
	}

	fn weight() -> Weight {
		T::WeightInfo::moved()
	}

	fn acceptance_weight() -> Weight {
		T::WeightInfo::accepted()
	}
}

/// What leaves one position and enters another.
struct Share {
	weight: u64,
	/// Parts of a unit, if nobody is left whom they could wait for.
	fraction: u64,
}

impl<T: Config> Pallet<T> {
	/// Settles a position, and adds to it.
	fn enter(holder: &HolderOf<T>, place: Place, share: Share, last: DatanetVersion) {
		let accrued = Self::accrued(&place, last);
		let mut position =
			Positions::<T>::get(holder, place).unwrap_or_else(|| Position::settled_at(accrued));
		let units = position.settle(accrued).saturating_add(position.take_over(share.fraction));
		position.weight = position.weight.saturating_add(share.weight);
		let weight = position.weight;
		Positions::<T>::insert(holder, place, position);
		Self::credit_pool(holder, place, units);
		Self::deposit_event(Event::PositionChanged { holder: holder.clone(), place, weight });
	}

	/// Settles a position, and takes from it; nothing if it is not there.
	fn leave(holder: &HolderOf<T>, place: Place, weight: u8, last: DatanetVersion) -> Option<Share> {
		let mut position = Positions::<T>::get(holder, place)?;
		let units = position.settle(Self::accrued(&place, last));
		let leaving = position.weight.min(weight.into());
		position.weight = position.weight.saturating_sub(leaving);
		let Position { weight: left, fraction, .. } = position;
		match left {
			0 => Positions::<T>::remove(holder, place),
			_ => Positions::<T>::insert(holder, place, position),
		}
		Self::credit_pool(holder, place, units);
		Self::deposit_event(Event::PositionChanged { holder: holder.clone(), place, weight: left });
		Some(Share { weight: leaving, fraction: if left == 0 { fraction } else { 0 } })
	}

	/// Settles an account's positions. Who is in none of these gets nothing, because a position can have gone to another
	/// since the call was signed. How many nodes of trees it read.
	pub(crate) fn do_claim(account: T::AccountId, places: PlacesOf<T>) -> u32 {
		let holder = Holder::Account(account);
		let mut nodes: u32 = 0;
		for place in places {
			let last = Heads::<T>::get(place.datanet).version;
			let Some(mut position) = Positions::<T>::get(&holder, place) else { continue };
			nodes = nodes.saturating_add(Self::nodes_of(&place, last));
			let units = position.settle(Self::accrued(&place, last));
			Positions::<T>::insert(&holder, place, position);
			Self::credit_pool(&holder, place, units);
		}
		nodes
	}
}
