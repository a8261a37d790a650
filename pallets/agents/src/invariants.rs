//! What must always hold, checked over the whole state.
//!
//! # Must not
//! Run in a block: it reads every entry.
//!
//! # Invariants
//! - Every agent is in the index of its controller, every tag of a profile in the index of tags, and no others are.
//! - An agent has a profile and a bond unless it is retired. What its account has on hold for this pallet is exactly the
//!   bond and the deposits of its delegations.
//! - Every delegation's id was allocated, its parent's is smaller and its terms are within the parent's, if that exists.
//!   Its depth is one more than its parent's and at most [`DEPTH_MAX`]. Nothing is used beyond the budgets.
//! - A key's account has at least one sufficient reference for each of its delegations.
//! - No agent's account controls an agent or has a delegation of one.
//! - A reputation counts exactly the payers that are known.

use crate::{types::*, *};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{
	traits::{Saturating, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks everything in the module's list.
	pub(crate) fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::check_agents()?;
		Self::check_profiles()?;
		Self::check_delegations()?;
		Self::check_keys()?;
		Self::check_reputations()
	}

	fn check_agents() -> Result<(), TryRuntimeError> {
		let mut count = 0;
		for (id, agent) in Agents::<T>::iter() {
			count += 1;
			ensure!(id < NextAgentId::<T>::get(), "an agent's id is yet to be allocated");
			let indexed = AgentsByController::<T>::contains_key(&agent.controller, id);
			ensure!(indexed, "an agent is not in the index of its controller");
			ensure!(Self::agent_of(&agent.controller).is_none(), "an agent controls an agent");
			let retired = agent.status == AgentStatus::Retired;
			ensure!(
				Profiles::<T>::contains_key(id) != retired,
				"retired agents have no profile, others have"
			);
			ensure!(!retired || agent.bond.is_zero(), "a retired agent has a bond");
			ensure!(agent.revoked_below <= agent.next_delegation, "delegations to come are revoked");
			Self::check_holds(id, &agent)?;
		}
		ensure!(AgentsByController::<T>::iter().count() == count, "the index of controllers has others");
		Ok(())
	}

	fn check_holds(id: AgentId, agent: &Agent<T>) -> Result<(), TryRuntimeError> {
		let held = |reason: HoldReason| {
			T::Currency::balance_on_hold(&T::RuntimeHoldReason::from(reason), &Self::account_of(id))
		};
		ensure!(held(HoldReason::Bond) == agent.bond, "a bond is not what is on hold");
		let deposits = Delegations::<T>::iter_prefix_values(id)
			.fold(Zero::zero(), |sum: BalanceOf<T>, delegation| sum.saturating_add(delegation.deposit));
		ensure!(held(HoldReason::Delegation) == deposits, "deposits are not what is on hold");
		Ok(())
	}

	fn check_profiles() -> Result<(), TryRuntimeError> {
		let mut tags = 0;
		for (id, profile) in Profiles::<T>::iter() {
			ensure!(Agents::<T>::contains_key(id), "a profile is of no agent");
			ensure!(profile.check().is_ok(), "a profile is malformed");
			tags += profile.tags.len();
			let indexed = profile.tags.iter().all(|tag| AgentsByTag::<T>::contains_key(tag, id));
			ensure!(indexed, "a tag is not in the index");
		}
		ensure!(AgentsByTag::<T>::iter().count() == tags, "the index of tags has others");
		Ok(())
	}

	fn check_delegations() -> Result<(), TryRuntimeError> {
		for (agent, id, delegation) in Delegations::<T>::iter() {
			let record = Agents::<T>::get(agent).ok_or("a delegation is of no agent")?;
			ensure!(id < record.next_delegation, "a delegation's id is yet to be allocated");
			ensure!((1..=DEPTH_MAX).contains(&delegation.depth.into()), "a delegation is too deep");
			ensure!(Self::agent_of(&delegation.key).is_none(), "an agent acts for an agent");
			let Delegation { terms, usage, .. } = &delegation;
			ensure!(terms.check_form().is_ok(), "terms are malformed");
			let within = usage.spent <= terms.budget && usage.fees <= terms.fee_budget;
			ensure!(within, "a budget is exceeded");
			let Some(parent_id) = delegation.parent else {
				ensure!(delegation.depth == 1, "a delegation by the controller is deep");
				continue;
			};
			ensure!(parent_id < id, "a delegation is older than its parent");
			if let Some(parent) = Delegations::<T>::get(agent, parent_id) {
				ensure!(delegation.depth == parent.depth.saturating_add(1), "a depth is wrong");
				ensure!(terms.are_within(&parent.terms), "a delegation exceeds its parent");
			}
		}
		Ok(())
	}

	fn check_keys() -> Result<(), TryRuntimeError> {
		let mut references = BTreeMap::<T::AccountId, u32>::new();
		for delegation in Delegations::<T>::iter_values() {
			*references.entry(delegation.key).or_default() += 1;
		}
		for (key, count) in references {
			let enough = frame_system::Pallet::<T>::sufficients(&key) >= count;
			ensure!(enough, "a key's account lacks references");
		}
		Ok(())
	}

	fn check_reputations() -> Result<(), TryRuntimeError> {
		for (id, reputation) in Reputations::<T>::iter() {
			ensure!(Agents::<T>::contains_key(id), "a reputation is of no agent");
			let payers = Payers::<T>::iter_key_prefix(id).count() as u64;
			ensure!(reputation.payers == payers, "a reputation miscounts its payers");
		}
		Ok(())
	}
}
