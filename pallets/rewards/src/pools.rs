//! What the data of models earned, and its way into the pools of versions.
//!
//! # Must not
//! Look at who is in a version: a deposit costs the same whoever and however many these are.
//!
//! # Invariants
//! - What the entries of a manifest pulled is never more than their shares of what the model's data earned.
//! - What a weight of one gets of a deposit, times the weight of the version, and the remainder, are the deposit and the
//!   former remainder: nothing is lost in rounding.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::DispatchError,
	traits::{
		fungible::Balanced,
		tokens::{Fortitude, Precision, Preservation},
	},
};
use plexus_primitives::{DatanetId, DatanetVersion, ModelId};
use sp_core::U256;
use sp_runtime::traits::AccountIdConversion;

impl<T: Config> Pallet<T> {
	/// The account that keeps what is owed.
	pub fn pot() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Takes money that the data of a model's manifest earned. Cannot fail, and costs the same for all models.
	pub fn deposit_data(model: ModelId, money: CreditOf<T>) {
		let amount = Self::receive(money);
		if amount == 0 {
			return;
		}
		DataRevenues::<T>::mutate(model, |revenue| *revenue = revenue.saturating_add(amount));
		Self::deposit_event(Event::DataDeposited { model, amount });
	}

	/// What an entry of a model's manifest has yet to pull.
	pub(crate) fn entry_due(model: ModelId, index: u32, entry: &Entry) -> Balance {
		let total = entry.share.mul_floor(DataRevenues::<T>::get(model));
		total.saturating_sub(Pulled::<T>::get(model, index))
	}

	/// How many nodes of the tree it wrote.
	pub(crate) fn do_distribute(model: ModelId, index: u32) -> Result<u32, DispatchError> {
		let entry = T::Manifests::entry(model, index).ok_or(Error::<T>::UnknownEntry)?;
		let amount = Self::entry_due(model, index, &entry);
		ensure!(amount > 0, Error::<T>::NothingDue);
		Pulled::<T>::mutate(model, index, |pulled| *pulled = pulled.saturating_add(amount));
		let Entry { datanet, version, .. } = entry;
		match Self::deposit(datanet, version, amount) {
			Some(nodes) => {
				Self::deposit_event(Event::Distributed { model, entry: index, datanet, version, amount });
				Ok(nodes)
			}
			None => {
				Self::burn(amount, BurnReason::EmptyVersion { model, entry: index });
				Ok(0)
			}
		}
	}

	/// Divides an amount that the pot has among all who are in a version. How many nodes of the tree that took; nothing if
	/// nobody is in it.
	pub(crate) fn deposit(datanet: DatanetId, version: DatanetVersion, amount: Balance) -> Option<u32> {
		let mut pool = Pools::<T>::get(datanet, version);
		let each = pool.divide(amount)?;
		Pools::<T>::insert(datanet, version, pool);
		let mut nodes: u32 = 0;
		for node in fenwick::raised(version.0) {
			nodes = nodes.saturating_add(1);
			Pools::<T>::mutate(datanet, DatanetVersion(node), |pool| {
				pool.node = pool.node.saturating_add(each);
			});
		}
		Some(nodes)
	}

	/// What a weight of one has got in these versions, in parts of a unit, if `last` is the last one.
	pub(crate) fn accrued(place: &Place, last: DatanetVersion) -> U256 {
		let since = |version: DatanetVersion| {
			fenwick::summed(version.0, last.0).fold(U256::zero(), |sum, node| {
				sum.saturating_add(Pools::<T>::get(place.datanet, DatanetVersion(node)).node)
			})
		};
		since(place.from).saturating_sub(place.until.map(since).unwrap_or_default())
	}

	/// How many nodes [`Self::accrued`] reads.
	pub(crate) fn nodes_of(place: &Place, last: DatanetVersion) -> u32 {
		let count = |version: DatanetVersion| fenwick::summed(version.0, last.0).count() as u32;
		count(place.from).saturating_add(place.until.map(count).unwrap_or_default())
	}

	/// Puts money into the pot; how much that is.
	pub(crate) fn receive(money: CreditOf<T>) -> Balance {
		let amount = money.peek();
		if amount == 0 {
			return 0;
		}
		match T::Currency::resolve(&Self::pot(), money) {
			Ok(()) => amount,
			Err(lost) => {
				Self::lose(lost, BurnReason::NoPot);
				0
			}
		}
	}

	/// Burns money that was not in the pot yet.
	pub(crate) fn lose(money: CreditOf<T>, reason: BurnReason) {
		let amount = money.peek();
		drop(money);
		if amount > 0 {
			Self::deposit_event(Event::Burned { amount, reason });
		}
	}

	/// Burns what the pot owed.
	fn burn(amount: Balance, reason: BurnReason) {
		let (exact, keep) = (Precision::Exact, Preservation::Preserve);
		// If the pot had it not, nobody would be owed it either.
		if let Ok(money) = T::Currency::withdraw(&Self::pot(), amount, exact, keep, Fortitude::Polite) {
			Self::lose(money, reason);
		}
	}
}
