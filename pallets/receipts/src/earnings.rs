//! Pulling what models earned, and paying it out.
//!
//! # Must not
//! Pay one account's money in a call that can fail because of another's: everybody pulls for one recipient.
//!
//! # Invariants
//! Anybody may pull for anybody: what is credited is fixed by the books, and goes nowhere but to whom it belongs.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::{fungible::Mutate, tokens::Preservation, Imbalance},
};

impl<T: Config> Pallet<T> {
	/// Adds to what an account may withdraw.
	pub(crate) fn credit(account: &T::AccountId, amount: Balance) -> Result<(), Error<T>> {
		if amount == 0 {
			return Ok(());
		}
		Earnings::<T>::try_mutate(account, |earned| {
			*earned = earned.checked_add(amount).ok_or(Error::<T>::AmountTooLarge)?;
			Ok(())
		})
	}

	pub(crate) fn do_pull_developer(model: ModelId) -> DispatchResult {
		let mut book = Books::<T>::get(model).ok_or(Error::<T>::NothingDue)?;
		let amount = book.developer_due();
		ensure!(amount > 0, Error::<T>::NothingDue);
		book.developer_taken = book.developer_taken.saturating_add(amount);
		let developer = book.terms.developer.clone();
		Books::<T>::insert(model, book);
		Self::credit(&developer, amount)?;
		Self::deposit_event(Event::DeveloperCredited { model, developer, amount });
		Ok(())
	}

	pub(crate) fn do_pull_royalty(model: ModelId, ancestor: ModelId) -> DispatchResult {
		let mut book = Books::<T>::get(model).ok_or(Error::<T>::NothingDue)?;
		let share = T::Models::royalty(model, ancestor).ok_or(Error::<T>::NotAncestor)?;
		let terms = T::Models::terms(ancestor).ok_or(Error::<T>::UnknownModel)?;
		let taken = RoyaltiesTaken::<T>::get(model, ancestor);
		let total = share.mul_floor(book.revenue);
		let amount = total.saturating_sub(taken);
		ensure!(amount > 0, Error::<T>::NothingDue);
		RoyaltiesTaken::<T>::insert(model, ancestor, total);
		book.royalties_taken = book.royalties_taken.saturating_add(amount);
		Books::<T>::insert(model, book);
		let to_data =
			Self::data_of_royalty(&terms, total).saturating_sub(Self::data_of_royalty(&terms, taken));
		if to_data > 0 {
			T::Pools::deposit(ancestor, Self::take_from_pot(to_data)?);
		}
		let developer = terms.developer;
		let to_developer = amount.saturating_sub(to_data);
		Self::credit(&developer, to_developer)?;
		Self::deposit_event(Event::RoyaltyCredited { model, ancestor, developer, to_developer, to_data });
		Ok(())
	}

	/// What of so much royalty is the ancestor's data's. The developer takes the rest, which never falls: a share of at
	/// most one rises by at most what it is a share of.
	fn data_of_royalty(terms: &RevenueTerms<AccountIdOf<T>>, royalty: Balance) -> Balance {
		match terms.pays_data {
			true => terms.data_of_royalties.mul_floor(royalty),
			false => 0,
		}
	}

	/// Keeps a part of what a model's developer may pull back, at most all of it; how much. For a pallet above that
	/// settles batches and has yet to hear whether somebody else has a right to it.
	pub fn hold_developer(model: ModelId, amount: Balance) -> Balance {
		let Some(mut book) = Books::<T>::get(model) else { return 0 };
		let amount = amount.min(book.developer_due());
		if amount > 0 {
			book.developer_held = book.developer_held.saturating_add(amount);
			Books::<T>::insert(model, book);
			Self::deposit_event(Event::DeveloperHeld { model, amount });
		}
		amount
	}

	/// Lets the developer pull so much of what is held again.
	pub fn release_developer(model: ModelId, amount: Balance) {
		let Some(mut book) = Books::<T>::get(model) else { return };
		let amount = amount.min(book.developer_held);
		if amount > 0 {
			book.developer_held = book.developer_held.saturating_sub(amount);
			Books::<T>::insert(model, book);
			Self::deposit_event(Event::DeveloperReleased { model, amount });
		}
	}

	/// Takes so much of what is held, at most all of it, for somebody else. Whoever drops it burns it.
	///
	/// # Errors
	/// None as long as the pot has what the books say.
	pub fn charge_developer(model: ModelId, amount: Balance) -> Result<CreditOf<T>, DispatchError> {
		let mut book = Books::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
		let amount = amount.min(book.developer_held);
		if amount == 0 {
			return Ok(CreditOf::<T>::zero());
		}
		book.developer_held = book.developer_held.saturating_sub(amount);
		book.developer_taken = book.developer_taken.saturating_add(amount);
		Books::<T>::insert(model, book);
		Self::deposit_event(Event::DeveloperCharged { model, amount });
		Self::take_from_pot(amount)
	}

	/// What an ancestor may pull of a model's revenue.
	pub fn royalty_due(model: ModelId, ancestor: ModelId) -> Balance {
		let Some(book) = Books::<T>::get(model) else { return 0 };
		let share = T::Models::royalty(model, ancestor).unwrap_or_default();
		share.mul_floor(book.revenue).saturating_sub(RoyaltiesTaken::<T>::get(model, ancestor))
	}

	pub(crate) fn do_withdraw(account: T::AccountId) -> Result<(), DispatchError> {
		let amount = Earnings::<T>::take(&account);
		ensure!(amount > 0, Error::<T>::NothingDue);
		T::Currency::transfer(&Self::pot(), &account, amount, Preservation::Preserve)?;
		Self::deposit_event(Event::Withdrawn { account, amount });
		Ok(())
	}
}
