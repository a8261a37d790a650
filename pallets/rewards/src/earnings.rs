//! What was credited to whom, and paying it out.
//!
//! # Must not
//! Pay one account's money in a call that can fail because of another's.
//!
//! # Invariants
//! What can be withdrawn and what was withdrawn are together what was ever credited. An escrow withdraws nothing: what it
//! was credited goes with the position.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{DepositConsequence, Preservation, Provenance},
	},
};
use plexus_primitives::{ContributionId, DatanetId};

impl<T: Config> Pallet<T> {
	/// Credits money to whoever holds a contribution's position now, an escrow too. Cannot fail, and costs the same for
	/// all contributions.
	pub fn credit_contribution(contribution: ContributionId, source: Source, money: CreditOf<T>) {
		let Some(holder) = T::Contributions::holder(contribution) else {
			return Self::lose(money, BurnReason::UnknownContribution { contribution });
		};
		let amount = Self::credit(&holder, source, money);
		if amount > 0 {
			Self::deposit_event(Event::ContributionCredited { contribution, holder, source, amount });
		}
	}

	/// Credits money to an account. Cannot fail, and costs the same for all accounts.
	pub fn credit_account(account: &T::AccountId, source: Source, money: CreditOf<T>) {
		let amount = Self::credit(&Holder::Account(account.clone()), source, money);
		if amount > 0 {
			Self::deposit_event(Event::AccountCredited { account: account.clone(), source, amount });
		}
	}

	fn credit(holder: &HolderOf<T>, source: Source, money: CreditOf<T>) -> Balance {
		let amount = Self::receive(money);
		if amount > 0 {
			Earnings::<T>::mutate(holder, |earned| earned.add(source, amount));
		}
		amount
	}

	/// Credits what a position earned.
	pub(crate) fn credit_pool(holder: &HolderOf<T>, place: Place, amount: Balance) {
		if amount == 0 {
			return;
		}
		Earnings::<T>::mutate(holder, |earned| earned.add_pool(amount));
		Self::count_pool(holder, place.datanet, amount);
		Self::deposit_event(Event::PositionCredited { holder: holder.clone(), place, amount });
	}

	fn count_pool(holder: &HolderOf<T>, datanet: DatanetId, amount: Balance) {
		PoolEarnings::<T>::mutate(holder, datanet, |sum| *sum = sum.saturating_add(amount));
	}

	/// Hands on all that the escrow of a contribution was credited. Its one position is in this datanet.
	pub(crate) fn release_escrow(contribution: ContributionId, to: &HolderOf<T>, datanet: DatanetId) {
		let escrow = Holder::Escrow(contribution);
		let earned = Earnings::<T>::take(&escrow);
		if earned == Earned::default() {
			return;
		}
		Earnings::<T>::mutate(to, |sum| sum.join(&earned));
		let pools = PoolEarnings::<T>::take(&escrow, datanet);
		if pools > 0 {
			Self::count_pool(to, datanet, pools);
		}
		Self::deposit_event(Event::EscrowReleased { contribution, datanet, to: to.clone(), earned });
	}

	pub(crate) fn do_withdraw(account: T::AccountId) -> DispatchResult {
		let holder = Holder::Account(account.clone());
		let mut earned = Earnings::<T>::get(&holder);
		let amount = core::mem::take(&mut earned.due);
		ensure!(amount > 0, Error::<T>::NothingDue);
		let consequence = T::Currency::can_deposit(&account, amount, Provenance::Extant);
		ensure!(consequence != DepositConsequence::BelowMinimum, Error::<T>::BelowExistentialDeposit);
		T::Currency::transfer(&Self::pot(), &account, amount, Preservation::Preserve)?;
		Earnings::<T>::insert(&holder, earned);
		Self::deposit_event(Event::Withdrawn { account, amount });
		Ok(())
	}
}
