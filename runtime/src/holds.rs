//! `Balances`, with deposits put on hold and released in one pass.
//!
//! The framework makes a hold of small steps, each of which looks up the account once more: nineteen times in all, and its
//! holds three times, where once each is enough. A registration holds and releases three times, which was about half of its
//! time.
//!
//! # Must not
//! Decide anything anew. What is not an account that stays alive, with what it needs for that, is left to `Balances`: so
//! are all errors.
//!
//! # Invariants
//! After each operation result, state and events are those of `Balances` (`runtime/tests/holds.rs`).

use crate::{AccountId, Balance, Balances, Runtime, RuntimeHoldReason};
use frame_support::traits::{
	fungible::{Dust, Inspect, InspectHold, Mutate, MutateHold, Unbalanced, UnbalancedHold},
	tokens::{
		DepositConsequence, Fortitude, IdAmount, Precision, Preservation, Provenance, WithdrawConsequence,
	},
};
use frame_system::ConsumerLimits;
use pallet_balances::{AccountData, Holds};
use sp_runtime::{DispatchError, DispatchResult};

/// See [the module](self).
pub struct DirectHolds;

type Limits = <Runtime as frame_system::Config>::MaxConsumers;
type Account = frame_system::AccountInfo<crate::Nonce, AccountData<Balance>>;

impl DirectHolds {
	/// The account, if it lives on as it is while no less than the existential deposit stays free.
	fn alive(who: &AccountId) -> Option<Account> {
		let account = frame_system::Account::<Runtime>::get(who);
		let counted = account.consumers > 0 || !is_consumed(&account);
		let alive = account.providers > 0 && account.data.free >= Self::minimum_balance();
		(account.data.flags.is_new_logic() && alive && counted).then_some(account)
	}

	/// Nothing was changed if it answers `None`.
	fn try_hold(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> Option<()> {
		let mut account = Self::alive(who)?;
		let free = account.data.free.checked_sub(amount)?;
		if amount == 0 || free < Self::minimum_balance() {
			return None;
		}
		if !is_consumed(&account) {
			let consumers = account.consumers.checked_add(1)?;
			account.consumers = (consumers <= Limits::max_consumers()).then_some(consumers)?;
		}
		account.data.free = free;
		account.data.reserved = account.data.reserved.checked_add(amount)?;
		let mut holds = Holds::<Runtime>::get(who);
		match holds.iter_mut().find(|hold| hold.id == *reason) {
			Some(hold) => hold.amount = hold.amount.checked_add(amount)?,
			None => holds.try_push(IdAmount { id: *reason, amount }).ok()?,
		}
		Holds::<Runtime>::insert(who, holds);
		frame_system::Account::<Runtime>::insert(who, account);
		Some(())
	}

	/// Nothing was changed if it answers `None`.
	fn try_release(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> Option<()> {
		let mut account = Self::alive(who)?;
		let mut holds = Holds::<Runtime>::get(who);
		let hold = holds.iter_mut().find(|hold| hold.id == *reason)?;
		hold.amount = hold.amount.checked_sub(amount)?;
		if amount == 0 {
			return None;
		}
		account.data.free = account.data.free.checked_add(amount)?;
		// As `Balances` asks for, with what is released in both.
		account.data.free.checked_add(account.data.reserved)?;
		account.data.reserved = account.data.reserved.checked_sub(amount)?;
		if !is_consumed(&account) {
			account.consumers = account.consumers.checked_sub(1)?;
		}
		holds.retain(|hold| hold.amount > 0);
		if holds.is_empty() {
			Holds::<Runtime>::remove(who);
		} else {
			Holds::<Runtime>::insert(who, holds);
		}
		frame_system::Account::<Runtime>::insert(who, account);
		Some(())
	}
}

/// Whether `Balances` keeps the account from being removed.
fn is_consumed(account: &Account) -> bool {
	account.data.reserved > 0 || account.data.frozen > 0
}

impl MutateHold<AccountId> for DirectHolds {
	fn hold(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> DispatchResult {
		match Self::try_hold(reason, who, amount) {
			Some(()) => Self::done_hold(reason, who, amount),
			None => Balances::hold(reason, who, amount)?,
		}
		Ok(())
	}

	fn release(
		reason: &RuntimeHoldReason,
		who: &AccountId,
		amount: Balance,
		precision: Precision,
	) -> Result<Balance, DispatchError> {
		match Self::try_release(reason, who, amount) {
			Some(()) => {
				Self::done_release(reason, who, amount);
				Ok(amount)
			}
			None => Balances::release(reason, who, amount, precision),
		}
	}

	fn done_hold(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) {
		Balances::done_hold(reason, who, amount)
	}

	fn done_release(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) {
		Balances::done_release(reason, who, amount)
	}

	fn done_burn_held(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) {
		Balances::done_burn_held(reason, who, amount)
	}

	fn done_transfer_on_hold(
		reason: &RuntimeHoldReason,
		source: &AccountId,
		dest: &AccountId,
		amount: Balance,
	) {
		Balances::done_transfer_on_hold(reason, source, dest, amount)
	}

	fn done_transfer_and_hold(
		reason: &RuntimeHoldReason,
		source: &AccountId,
		dest: &AccountId,
		amount: Balance,
	) {
		Balances::done_transfer_and_hold(reason, source, dest, amount)
	}
}

// All that follows is `Balances`.

impl Inspect<AccountId> for DirectHolds {
	type Balance = Balance;

	fn total_issuance() -> Balance {
		Balances::total_issuance()
	}

	fn active_issuance() -> Balance {
		Balances::active_issuance()
	}

	fn minimum_balance() -> Balance {
		<Runtime as pallet_balances::Config>::ExistentialDeposit::get()
	}

	fn total_balance(who: &AccountId) -> Balance {
		<Balances as Inspect<_>>::total_balance(who)
	}

	fn balance(who: &AccountId) -> Balance {
		<Balances as Inspect<_>>::balance(who)
	}

	fn reducible_balance(who: &AccountId, preservation: Preservation, force: Fortitude) -> Balance {
		Balances::reducible_balance(who, preservation, force)
	}

	fn can_deposit(who: &AccountId, amount: Balance, provenance: Provenance) -> DepositConsequence {
		Balances::can_deposit(who, amount, provenance)
	}

	fn can_withdraw(who: &AccountId, amount: Balance) -> WithdrawConsequence<Balance> {
		Balances::can_withdraw(who, amount)
	}
}

impl Unbalanced<AccountId> for DirectHolds {
	fn handle_dust(dust: Dust<AccountId, Self>) {
		Balances::handle_dust(Dust(dust.0))
	}

	fn write_balance(who: &AccountId, amount: Balance) -> Result<Option<Balance>, DispatchError> {
		Balances::write_balance(who, amount)
	}

	fn set_total_issuance(amount: Balance) {
		Balances::set_total_issuance(amount)
	}

	fn deactivate(amount: Balance) {
		<Balances as Unbalanced<_>>::deactivate(amount)
	}

	fn reactivate(amount: Balance) {
		<Balances as Unbalanced<_>>::reactivate(amount)
	}
}

impl Mutate<AccountId> for DirectHolds {
	fn done_mint_into(who: &AccountId, amount: Balance) {
		Balances::done_mint_into(who, amount)
	}

	fn done_burn_from(who: &AccountId, amount: Balance) {
		Balances::done_burn_from(who, amount)
	}

	fn done_shelve(who: &AccountId, amount: Balance) {
		Balances::done_shelve(who, amount)
	}

	fn done_restore(who: &AccountId, amount: Balance) {
		Balances::done_restore(who, amount)
	}

	fn done_transfer(source: &AccountId, dest: &AccountId, amount: Balance) {
		Balances::done_transfer(source, dest, amount)
	}
}

impl InspectHold<AccountId> for DirectHolds {
	type Reason = RuntimeHoldReason;

	fn total_balance_on_hold(who: &AccountId) -> Balance {
		Balances::total_balance_on_hold(who)
	}

	fn reducible_total_balance_on_hold(who: &AccountId, force: Fortitude) -> Balance {
		Balances::reducible_total_balance_on_hold(who, force)
	}

	fn balance_on_hold(reason: &RuntimeHoldReason, who: &AccountId) -> Balance {
		Balances::balance_on_hold(reason, who)
	}

	fn hold_available(reason: &RuntimeHoldReason, who: &AccountId) -> bool {
		Balances::hold_available(reason, who)
	}
}

impl UnbalancedHold<AccountId> for DirectHolds {
	fn set_balance_on_hold(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> DispatchResult {
		Balances::set_balance_on_hold(reason, who, amount)
	}
}
