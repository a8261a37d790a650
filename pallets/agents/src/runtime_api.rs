//! What clients ask about agents, and the types they are answered with.
//!
//! # Must not
//! Change state. Every function is a read, callable by any Substrate client through `state_call`.
//!
//! # Invariants
//! Pages are bounded by [`PAGE_MAX`] and neither skip nor repeat: following `next` until it is `None` visits everything
//! that was there throughout, once.

use crate::{
	authority::Refusal,
	types::{AgentStatus, Recovery},
};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
pub use plexus_primitives::api::PAGE_MAX;
use plexus_primitives::{AgentId, Content, DelegationId};
use scale_info::TypeInfo;

/// An agent as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct AgentInfo<AccountId, Balance, BlockNumber> {
	/// Its id.
	pub id: AgentId,
	/// Its own account.
	pub account: AccountId,
	/// Who decides for it.
	pub controller: AccountId,
	/// Who may accept to become the controller.
	pub proposed_controller: Option<AccountId>,
	/// How a lost controller is replaced.
	pub recovery: Option<Recovery<AccountId>>,
	/// Whether it acts.
	pub status: AgentStatus,
	/// What is on hold in its account as its bond.
	pub bond: Balance,
	/// The block that registered it.
	pub registered_at: BlockNumber,
	/// The id that its next delegation gets.
	pub next_delegation: DelegationId,
	/// All delegations below this are revoked.
	pub revoked_below: DelegationId,
	/// The card's bytes and where they are.
	pub card: Option<(Content, Vec<u8>)>,
	/// Names and endpoints.
	pub services: Vec<(Vec<u8>, Vec<u8>)>,
	/// Skill tags.
	pub tags: Vec<Vec<u8>>,
	/// The decayed sum of protocol fees that its work burned. Evidence of spending.
	pub reputation: Balance,
	/// How many distinct payers there were that burned enough at once to be counted.
	pub payers: u64,
}

/// A delegation as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DelegationInfo<AccountId, Balance, Scope> {
	/// Its id within the agent.
	pub id: DelegationId,
	/// Who has it.
	pub key: AccountId,
	/// What it was passed on from.
	pub parent: Option<DelegationId>,
	/// 1 if the controller granted it.
	pub depth: u8,
	/// Which calls.
	pub scopes: Vec<Scope>,
	/// The outflow allowed in each period.
	pub budget: Balance,
	/// The outflow of this period so far.
	pub spent: Balance,
	/// The fees allowed in each period.
	pub fee_budget: Balance,
	/// The fees of this period so far.
	pub fees_spent: Balance,
	/// Milliseconds of a period.
	pub period_ms: u64,
	/// When it was granted, on the chain clock; periods begin here.
	pub granted_at_ms: u64,
	/// When it ends, on the chain clock.
	pub expires_at_ms: u64,
	/// What is on hold for it in the agent's account.
	pub deposit: Balance,
	/// Whether it can still act, apart from a pause of the agent. What cannot is waiting to be cleared.
	pub alive: bool,
}

/// What a key may still do in this period: the least that is left on its path.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Allowance<Balance> {
	/// Outflow that is left.
	pub budget_left: Balance,
	/// Fees that are left.
	pub fee_budget_left: Balance,
	/// When the delegation ends, on the chain clock.
	pub expires_at_ms: u64,
}

/// One page of agents, in the order of the index, which is not that of their ids.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct AgentPage<AccountId, Balance, BlockNumber> {
	/// At most [`PAGE_MAX`].
	pub items: Vec<AgentInfo<AccountId, Balance, BlockNumber>>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<AgentId>,
}

/// One page of an agent's delegations, in the order in which they were granted.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DelegationPage<AccountId, Balance, Scope> {
	/// At most [`PAGE_MAX`]. May be fewer than asked for, even none, while `next` is set: removed delegations leave
	/// gaps.
	pub items: Vec<DelegationInfo<AccountId, Balance, Scope>>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<DelegationId>,
}

sp_api::decl_runtime_apis! {
	/// Queries of agents and delegations.
	pub trait AgentsApi<AccountId, Balance, BlockNumber, Scope, Call>
	where
		AccountId: Codec,
		Balance: Codec,
		BlockNumber: Codec,
		Scope: Codec,
		Call: Codec,
	{
		/// The agent with this id.
		fn agent(id: AgentId) -> Option<AgentInfo<AccountId, Balance, BlockNumber>>;

		/// The agent whose own account this is.
		fn agent_by_account(account: AccountId) -> Option<AgentInfo<AccountId, Balance, BlockNumber>>;

		/// The agents that an account controls, after `cursor` (`None`: from the first); `limit` is cut to
		/// `1..=PAGE_MAX`.
		fn agents_of(
			controller: AccountId,
			cursor: Option<AgentId>,
			limit: u32,
		) -> AgentPage<AccountId, Balance, BlockNumber>;

		/// The agents with a skill tag, in the same way.
		fn agents_by_tag(
			tag: Vec<u8>,
			cursor: Option<AgentId>,
			limit: u32,
		) -> AgentPage<AccountId, Balance, BlockNumber>;

		/// A delegation.
		fn delegation(
			agent: AgentId,
			delegation: DelegationId,
		) -> Option<DelegationInfo<AccountId, Balance, Scope>>;

		/// The agent's delegations from `cursor` on (`None`: from the first), dead ones too; `limit` is cut to
		/// `1..=PAGE_MAX`.
		fn delegations(
			agent: AgentId,
			cursor: Option<DelegationId>,
			limit: u32,
		) -> DelegationPage<AccountId, Balance, Scope>;

		/// Whether a key may dispatch a call for the agent now, and what is left of its budgets; or why not.
		fn may_act(
			agent: AgentId,
			delegation: DelegationId,
			key: AccountId,
			call: Call,
		) -> Result<Allowance<Balance>, Refusal>;

		/// The agent that pays the fee of a transaction by this signer with this call; none if the signer does.
		fn paying_agent(signer: AccountId, call: Call, fee: Balance, tip: Balance) -> Option<AgentId>;
	}
}
