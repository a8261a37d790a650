//! Reads for the runtime API [`crate::runtime_api::AgentsApi`].
//!
//! # Must not
//! Write, or cost more than a page: a page looks at no more than [`PAGE_MAX`] entries of an index.

use crate::{
	runtime_api::{AgentInfo, AgentPage, Allowance, DelegationInfo, DelegationPage, PAGE_MAX},
	types::*,
	*,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::Saturating;

/// An agent for clients of this runtime.
pub type AgentInfoOf<T> = AgentInfo<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A page of agents for clients of this runtime.
pub type AgentPageOf<T> = AgentPage<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A delegation for clients of this runtime.
pub type DelegationInfoOf<T> = DelegationInfo<AccountIdOf<T>, BalanceOf<T>, <T as Config>::Scope>;
/// A page of delegations for clients of this runtime.
pub type DelegationPageOf<T> = DelegationPage<AccountIdOf<T>, BalanceOf<T>, <T as Config>::Scope>;

impl<T: Config> Pallet<T> {
	/// The agent with this id.
	pub fn agent(id: AgentId) -> Option<AgentInfoOf<T>> {
		let record = Agents::<T>::get(id)?;
		let profile = Profiles::<T>::get(id).unwrap_or_default();
		let (reputation, payers) = Self::reputation(id);
		let service = |service: Service<T>| (Vec::from(service.name), Vec::from(service.endpoint));
		Some(AgentInfo {
			id,
			account: Self::account_of(id),
			controller: record.controller,
			proposed_controller: record.proposed_controller,
			recovery: record.recovery,
			status: record.status,
			bond: record.bond,
			registered_at: record.registered_at,
			next_delegation: record.next_delegation,
			revoked_below: record.revoked_below,
			card: profile.card.map(|card| (card.content, Vec::from(card.locator))),
			services: profile.services.into_iter().map(service).collect(),
			tags: profile.tags.into_iter().map(Vec::from).collect(),
			reputation,
			payers,
		})
	}

	/// The agent whose own account this is.
	pub fn agent_by_account(account: &T::AccountId) -> Option<AgentInfoOf<T>> {
		Self::agent_of(account).and_then(Self::agent)
	}

	/// The agents that an account controls, after `cursor`, in the order of the index's hashes. `limit` is cut to
	/// `1..=`[`PAGE_MAX`].
	pub fn agents_of(controller: &T::AccountId, cursor: Option<AgentId>, limit: u32) -> AgentPageOf<T> {
		type Index<T> = AgentsByController<T>;
		let ids = match cursor {
			None => Index::<T>::iter_key_prefix(controller),
			Some(last) => {
				Index::<T>::iter_key_prefix_from(controller, Index::<T>::hashed_key_for(controller, last))
			}
		};
		Self::agent_page(ids, limit)
	}

	/// The agents with a skill tag, in the same way. What cannot be a tag gives an empty page.
	pub fn agents_by_tag(tag: Vec<u8>, cursor: Option<AgentId>, limit: u32) -> AgentPageOf<T> {
		let Ok(tag) = TagOf::<T>::try_from(tag) else {
			return AgentPage { items: Vec::new(), next: None };
		};
		type Index<T> = AgentsByTag<T>;
		let ids = match cursor {
			None => Index::<T>::iter_key_prefix(&tag),
			Some(last) => Index::<T>::iter_key_prefix_from(&tag, Index::<T>::hashed_key_for(&tag, last)),
		};
		Self::agent_page(ids, limit)
	}

	fn agent_page(mut ids: impl Iterator<Item = AgentId>, limit: u32) -> AgentPageOf<T> {
		let limit = limit.clamp(1, PAGE_MAX) as usize;
		let page: Vec<AgentId> = ids.by_ref().take(limit).collect();
		let last = page.last().copied();
		// A further entry tells that this was not the last page.
		let next = ids.next().and(last);
		AgentPage { items: page.into_iter().filter_map(Self::agent).collect(), next }
	}

	/// A delegation.
	pub fn delegation(agent: AgentId, id: DelegationId) -> Option<DelegationInfoOf<T>> {
		let record = Agents::<T>::get(agent)?;
		let delegation = Delegations::<T>::get(agent, id)?;
		Some(Self::delegation_info(agent, &record, id, delegation))
	}

	/// The agent's delegations from `cursor` on, in the order in which they were granted. `limit` is cut to
	/// `1..=`[`PAGE_MAX`].
	pub fn delegations(agent: AgentId, cursor: Option<DelegationId>, limit: u32) -> DelegationPageOf<T> {
		let Some(record) = Agents::<T>::get(agent) else {
			return DelegationPage { items: Vec::new(), next: None };
		};
		let start = cursor.unwrap_or_default().0;
		let end = record.next_delegation.0;
		let stop = start.saturating_add(limit.clamp(1, PAGE_MAX)).min(end);
		let items = (start..stop)
			.map(DelegationId)
			.filter_map(|id| Delegations::<T>::get(agent, id).map(|delegation| (id, delegation)))
			.map(|(id, delegation)| Self::delegation_info(agent, &record, id, delegation))
			.collect();
		DelegationPage { items, next: (start < stop && stop < end).then_some(DelegationId(stop)) }
	}

	fn delegation_info(
		agent: AgentId,
		record: &Agent<T>,
		id: DelegationId,
		delegation: Delegation<T>,
	) -> DelegationInfoOf<T> {
		let usage = delegation.usage_at(T::Clock::now_ms());
		let alive = Self::cause_of_death(agent, record, id, &delegation).is_none();
		let Delegation { key, parent, depth, terms, granted_at_ms, deposit, .. } = delegation;
		DelegationInfo {
			id,
			key,
			parent,
			depth,
			scopes: Vec::from(terms.scopes),
			budget: terms.budget,
			spent: usage.spent,
			fee_budget: terms.fee_budget,
			fees_spent: usage.fees,
			period_ms: terms.period_ms,
			granted_at_ms,
			expires_at_ms: terms.expires_at_ms,
			deposit,
			alive,
		}
	}

	/// Whether the key may dispatch the call for the agent now, and what is left of its budgets; or why not. Whether the
	/// call's outflow is within the budget shows only when it is dispatched.
	pub fn may_act(
		agent: AgentId,
		delegation: DelegationId,
		key: &T::AccountId,
		call: &<T as Config>::RuntimeCall,
	) -> Result<Allowance<BalanceOf<T>>, Refusal> {
		let path = Self::authorise(agent, delegation, key, call)?;
		let now_ms = T::Clock::now_ms();
		let allowances = path.iter().filter_map(|id| Delegations::<T>::get(agent, id)).map(|delegation| {
			let usage = delegation.usage_at(now_ms);
			Allowance {
				budget_left: delegation.terms.budget.saturating_sub(usage.spent),
				fee_budget_left: delegation.terms.fee_budget.saturating_sub(usage.fees),
				expires_at_ms: delegation.terms.expires_at_ms,
			}
		});
		let least = |a: Allowance<BalanceOf<T>>, b: Allowance<BalanceOf<T>>| Allowance {
			budget_left: a.budget_left.min(b.budget_left),
			fee_budget_left: a.fee_budget_left.min(b.fee_budget_left),
			expires_at_ms: a.expires_at_ms.min(b.expires_at_ms),
		};
		allowances.reduce(least).ok_or(Refusal::UnknownDelegation)
	}
}
