//! `Balances`, with what registrations do most often done in one pass: deposits put on hold and released, prices burned and
//! funds moved.
//!
//! The framework makes each of these of small steps, which look up the account once more every time: nineteen times for a
//! hold, where once is enough. A registration holds and releases three times, which was about half of its time.
//!
//! # Must not
//! Decide anything anew. What is not an account that stays alive, with what it needs for that, or a new one that is funded,
//! is left to `Balances`: so are all errors.
//!
//! # Invariants
//! After each operation result, state and events are those of `Balances` (`runtime/tests/direct.rs`).

use crate::{AccountId, Balance, Balances, Runtime, RuntimeHoldReason, System};
use frame_support::traits::{
	fungible::{Dust, Inspect, InspectHold, Mutate, MutateHold, Unbalanced, UnbalancedHold},
	tokens::{
		DepositConsequence, Fortitude, IdAmount, Precision, Preservation, Provenance, WithdrawConsequence,
	},
};
use frame_system::ConsumerLimits;
use pallet_balances::{AccountData, Holds, TotalIssuance};
use plexus_maps::Prehashed;
use sp_runtime::{DispatchError, DispatchResult};

/// See [the module](self).
pub struct DirectBalances;

type Limits = <Runtime as frame_system::Config>::MaxConsumers;
type Accounts = Prehashed<frame_system::Account<Runtime>>;
type Account = frame_system::AccountInfo<crate::Nonce, AccountData<Balance>>;

impl DirectBalances {
	/// Whether the account lives on as it is while no less than the existential deposit stays free.
	fn is_alive(account: &Account) -> bool {
		let counted = account.consumers > 0 || !is_consumed(account);
		let alive = account.providers > 0 && account.data.free >= Self::minimum_balance();
		account.data.flags.is_new_logic() && alive && counted
	}

	/// Nothing was changed if it answers with an error. `try_mutate` makes each key once, for reading and for writing.
	fn try_hold(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> Result<(), Unusual> {
		Accounts::try_mutate(who, |account| {
			let free = account.data.free.checked_sub(amount).ok_or(Unusual)?;
			if !Self::is_alive(account) || amount == 0 || free < Self::minimum_balance() {
				return Err(Unusual);
			}
			if !is_consumed(account) {
				account.consumers = account.consumers.checked_add(1).ok_or(Unusual)?;
				if account.consumers > Limits::max_consumers() {
					return Err(Unusual);
				}
			}
			account.data.free = free;
			account.data.reserved = account.data.reserved.checked_add(amount).ok_or(Unusual)?;
			Prehashed::<Holds<Runtime>>::try_mutate(who, |holds| {
				match holds.iter_mut().find(|hold| hold.id == *reason) {
					Some(hold) => hold.amount = hold.amount.checked_add(amount).ok_or(Unusual)?,
					None => holds.try_push(IdAmount { id: *reason, amount }).map_err(|_| Unusual)?,
				}
				Ok(())
			})
		})
	}

	/// Nothing was changed if it answers with an error.
	fn try_release(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> Result<(), Unusual> {
		Accounts::try_mutate(who, |account| {
			if !Self::is_alive(account) || amount == 0 {
				return Err(Unusual);
			}
			account.data.free = account.data.free.checked_add(amount).ok_or(Unusual)?;
			// As `Balances` asks for, with what is released in both.
			account.data.free.checked_add(account.data.reserved).ok_or(Unusual)?;
			account.data.reserved = account.data.reserved.checked_sub(amount).ok_or(Unusual)?;
			if !is_consumed(account) {
				account.consumers = account.consumers.checked_sub(1).ok_or(Unusual)?;
			}
			Prehashed::<Holds<Runtime>>::try_mutate_exists(who, |stored| {
				let holds = stored.as_mut().ok_or(Unusual)?;
				let hold = holds.iter_mut().find(|hold| hold.id == *reason).ok_or(Unusual)?;
				hold.amount = hold.amount.checked_sub(amount).ok_or(Unusual)?;
				holds.retain(|hold| hold.amount > 0);
				if holds.is_empty() {
					*stored = None;
				}
				Ok(())
			})
		})
	}

	/// Nothing was changed if it answers with an error.
	fn try_burn(who: &AccountId, amount: Balance) -> Result<(), Unusual> {
		Accounts::try_mutate(who, |account| {
			debit(account, amount)?;
			TotalIssuance::<Runtime>::try_mutate(|issuance| {
				*issuance = issuance.checked_sub(amount).ok_or(Unusual)?;
				Ok(())
			})
		})
	}

	/// Whether it made the account. Nothing was changed if it answers with an error.
	fn try_transfer(source: &AccountId, dest: &AccountId, amount: Balance) -> Result<bool, Unusual> {
		if source == dest {
			return Err(Unusual);
		}
		Accounts::try_mutate(source, |from| {
			debit(from, amount)?;
			Accounts::try_mutate(dest, |to| {
				let is_new = *to == Account::default();
				if is_new && amount >= Self::minimum_balance() {
					to.providers = 1;
					System::on_created_account(dest.clone(), to);
				} else if !Self::is_alive(to) {
					return Err(Unusual);
				}
				to.data.free = to.data.free.checked_add(amount).ok_or(Unusual)?;
				to.data.free.checked_add(to.data.reserved).ok_or(Unusual)?;
				Ok(is_new)
			})
		})
	}
}

/// Left to `Balances`.
struct Unusual;

/// Takes what is free from an account that keeps the existential deposit and what is frozen.
fn debit(account: &mut Account, amount: Balance) -> Result<(), Unusual> {
	let AccountData { frozen, reserved, .. } = account.data;
	let kept = DirectBalances::minimum_balance().max(frozen.saturating_sub(reserved));
	let free = account.data.free.checked_sub(amount).ok_or(Unusual)?;
	if !DirectBalances::is_alive(account) || amount == 0 || free < kept {
		return Err(Unusual);
	}
	account.data.free = free;
	Ok(())
}

/// Whether `Balances` keeps the account from being removed.
fn is_consumed(account: &Account) -> bool {
	account.data.reserved > 0 || account.data.frozen > 0
}

impl MutateHold<AccountId> for DirectBalances {
	fn hold(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> DispatchResult {
		match Self::try_hold(reason, who, amount) {
			Ok(()) => Self::done_hold(reason, who, amount),
			Err(Unusual) => Balances::hold(reason, who, amount)?,
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
			Ok(()) => {
				Self::done_release(reason, who, amount);
				Ok(amount)
			}
			Err(Unusual) => Balances::release(reason, who, amount, precision),
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

// All that follows is `Balances`, but for two functions of `Mutate`.

impl Inspect<AccountId> for DirectBalances {
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

impl Unbalanced<AccountId> for DirectBalances {
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

impl Mutate<AccountId> for DirectBalances {
	fn burn_from(
		who: &AccountId,
		amount: Balance,
		preservation: Preservation,
		precision: Precision,
		force: Fortitude,
	) -> Result<Balance, DispatchError> {
		let is_usual =
			(preservation, precision, force) == (Preservation::Preserve, Precision::Exact, Fortitude::Polite);
		if is_usual && Self::try_burn(who, amount).is_ok() {
			Self::done_burn_from(who, amount);
			return Ok(amount);
		}
		Balances::burn_from(who, amount, preservation, precision, force)
	}

	fn transfer(
		source: &AccountId,
		dest: &AccountId,
		amount: Balance,
		preservation: Preservation,
	) -> Result<Balance, DispatchError> {
		let moved = match preservation {
			Preservation::Preserve => Self::try_transfer(source, dest, amount),
			Preservation::Protect | Preservation::Expendable => Err(Unusual),
		};
		let Ok(is_new) = moved else {
			return <Balances as Mutate<_>>::transfer(source, dest, amount, preservation);
		};
		if is_new {
			let endowed =
				pallet_balances::Event::<Runtime>::Endowed { account: dest.clone(), free_balance: amount };
			System::deposit_event(endowed);
		}
		Self::done_transfer(source, dest, amount);
		Ok(amount)
	}

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

impl InspectHold<AccountId> for DirectBalances {
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

impl UnbalancedHold<AccountId> for DirectBalances {
	fn set_balance_on_hold(reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> DispatchResult {
		Balances::set_balance_on_hold(reason, who, amount)
	}
}
