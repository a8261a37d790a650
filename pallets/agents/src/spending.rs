//! What leaves an agent's account, and the budgets it is charged to.
//!
//! # Must not
//! Dispatch anything, or iterate beyond a path.
//!
//! # Invariants
//! In no period is more used of a delegation than its terms allow, by its key and those below it together.

use crate::{types::*, *};
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::traits::{CheckedAdd, Saturating};

/// What an account could lose, at one moment.
pub(crate) struct Exposure<Balance> {
	/// Free and held together.
	total: Balance,
	/// On hold, but not as a deposit: somebody else may get it, or it may be burned.
	spending: Balance,
}

/// Which budget of a delegation.
#[derive(Clone, Copy)]
pub(crate) enum Budget {
	/// For what calls take.
	Outflow,
	/// For fees.
	Fees,
}

impl<Balance: Saturating + Copy> Exposure<Balance> {
	/// The fall of the total, plus the rise of what is in spending holds. Their fall is no income: what is paid out of
	/// them shows in the total.
	pub(crate) fn outflow_since(&self, before: &Self) -> Balance {
		let fall = before.total.saturating_sub(self.total);
		fall.saturating_add(self.spending.saturating_sub(before.spending))
	}
}

impl<T: Config> Pallet<T> {
	/// What the account could lose now.
	pub(crate) fn exposure(account: &T::AccountId) -> Exposure<BalanceOf<T>> {
		let deposited =
			|held: BalanceOf<T>, reason| held.saturating_sub(T::Currency::balance_on_hold(reason, account));
		let held = T::Currency::total_balance_on_hold(account);
		Exposure {
			total: T::Currency::total_balance(account),
			spending: T::DepositHolds::get().iter().fold(held, deposited),
		}
	}

	/// Charges an amount to every delegation of the path, or to none.
	pub(crate) fn charge(
		agent: AgentId,
		path: &Path,
		budget: Budget,
		amount: BalanceOf<T>,
	) -> Result<(), Refusal> {
		let mut charged = Vec::with_capacity(path.len());
		for id in path {
			let delegation = Delegations::<T>::get(agent, id).ok_or(Refusal::DelegationRevoked)?;
			charged.push((id, Self::charged(delegation, budget, amount)?));
		}
		for (id, delegation) in charged {
			Delegations::<T>::insert(agent, id, delegation);
		}
		Ok(())
	}

	/// Whether [`Self::charge`] would succeed.
	pub(crate) fn can_charge(
		agent: AgentId,
		path: &Path,
		budget: Budget,
		amount: BalanceOf<T>,
	) -> Result<(), Refusal> {
		for id in path {
			let delegation = Delegations::<T>::get(agent, id).ok_or(Refusal::DelegationRevoked)?;
			Self::charged(delegation, budget, amount)?;
		}
		Ok(())
	}

	/// Returns what was charged too much for fees. What was removed meanwhile, or has begun a new period, needs none.
	pub(crate) fn refund_fees(agent: AgentId, path: &Path, amount: BalanceOf<T>) {
		let now_ms = T::Clock::now_ms();
		for id in path {
			Delegations::<T>::mutate(agent, id, |delegation| {
				let Some(delegation) = delegation else { return };
				let mut usage = delegation.usage_at(now_ms);
				usage.fees = usage.fees.saturating_sub(amount);
				delegation.usage = usage;
			});
		}
	}

	/// The delegation with an amount charged in the present period.
	fn charged(
		mut delegation: Delegation<T>,
		budget: Budget,
		amount: BalanceOf<T>,
	) -> Result<Delegation<T>, Refusal> {
		let mut usage = delegation.usage_at(T::Clock::now_ms());
		let (used, allowed, refusal) = match budget {
			Budget::Outflow => (&mut usage.spent, delegation.terms.budget, Refusal::BudgetExceeded),
			Budget::Fees => (&mut usage.fees, delegation.terms.fee_budget, Refusal::FeeBudgetExceeded),
		};
		let sum = used.checked_add(&amount).ok_or(refusal)?;
		ensure!(sum <= allowed, refusal);
		*used = sum;
		delegation.usage = usage;
		Ok(delegation)
	}
}
