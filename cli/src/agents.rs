//! Agents and delegations as the runtime's `AgentsApi` tells of them.
//!
//! # Must not
//! Read the pallet's storage: the layout may change, the API is the promise.
//!
//! # Invariants
//! The types here have the encoding of the runtime's; a test decodes what the pallet's own types encode to.

mod printed;
#[cfg(test)]
mod tests;

use crate::{
	client::{runtime_call, AtBlock},
	failure::{Failure, FailureKind},
};
use codec::{Decode, Encode};
use plexus_primitives::Content;
use serde::Serialize;
use sp_core::crypto::AccountId32;

pub(crate) use printed::{Agent, AgentPage, Allowance, Card, Delegation, DelegationPage};

/// The names of the scopes, in the order of the runtime's enum.
pub(crate) const SCOPES: [&str; 7] =
	["Payments", "Datanets", "Remarks", "Models", "Channels", "Serving", "Challenging"];

/// An agent.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Info {
	pub(crate) id: u64,
	pub(crate) account: AccountId32,
	pub(crate) controller: AccountId32,
	pub(crate) proposed_controller: Option<AccountId32>,
	pub(crate) recovery: Option<RecoveryInfo>,
	pub(crate) status: Status,
	pub(crate) bond: u128,
	pub(crate) registered_at: u32,
	pub(crate) next_delegation: u32,
	/// All delegations below are revoked.
	pub(crate) revoked_below: u32,
	/// Content and locator.
	pub(crate) card: Option<(Content, Vec<u8>)>,
	/// Names and endpoints.
	pub(crate) services: Vec<(Vec<u8>, Vec<u8>)>,
	pub(crate) tags: Vec<Vec<u8>>,
	pub(crate) reputation: u128,
	pub(crate) payers: u64,
}

/// What an agent says about itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Profile {
	pub(crate) card: Option<(Content, Vec<u8>)>,
	pub(crate) services: Vec<(Vec<u8>, Vec<u8>)>,
	pub(crate) tags: Vec<Vec<u8>>,
}

/// Whether an agent acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
	Active,
	Paused,
	Retired,
}

/// Who may recover an agent, and a recovery under way.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct RecoveryInfo {
	pub(crate) account: AccountId32,
	pub(crate) delay_ms: u64,
	/// The new controller, and when the chain clock lets it complete.
	pub(crate) pending: Option<(AccountId32, u64)>,
}

/// A delegation.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct DelegationInfo {
	pub(crate) id: u32,
	pub(crate) key: AccountId32,
	pub(crate) parent: Option<u32>,
	pub(crate) depth: u8,
	/// Places in the runtime's enum: there may be more than this client knows.
	pub(crate) scopes: Vec<u8>,
	pub(crate) budget: u128,
	pub(crate) spent: u128,
	pub(crate) fee_budget: u128,
	pub(crate) fees_spent: u128,
	pub(crate) period_ms: u64,
	pub(crate) granted_at_ms: u64,
	pub(crate) expires_at_ms: u64,
	pub(crate) deposit: u128,
	pub(crate) alive: bool,
}

/// What is left of a delegation in its period: the least on its path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct AllowanceInfo {
	pub(crate) budget_left: u128,
	pub(crate) fee_budget_left: u128,
	pub(crate) expires_at_ms: u64,
}

/// A page of entries.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct PageOf<Item, Id> {
	pub(crate) items: Vec<Item>,
	pub(crate) next: Option<Id>,
}

/// The agent with this id.
pub(crate) async fn agent(at: &AtBlock, id: u64) -> Result<Option<Info>, Failure> {
	runtime_call(at, "AgentsApi_agent", id).await
}

/// The agent with this id, which must exist.
pub(crate) async fn known_agent(at: &AtBlock, id: u64) -> Result<Info, Failure> {
	agent(at, id).await?.ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NoSuchAgent",
			format!("there is no agent {id}"),
			"find agents with `plexus query agent list --tag TAG`, or yours with `--controller ADDRESS`",
		)
	})
}

/// The agent whose own account this is.
pub(crate) async fn agent_by_account(at: &AtBlock, account: &AccountId32) -> Result<Option<Info>, Failure> {
	runtime_call(at, "AgentsApi_agent_by_account", account).await
}

/// A page of the agents that an account controls.
pub(crate) async fn agents_of(
	at: &AtBlock,
	controller: &AccountId32,
	cursor: Option<u64>,
	limit: u32,
) -> Result<PageOf<Info, u64>, Failure> {
	runtime_call(at, "AgentsApi_agents_of", (controller, cursor, limit)).await
}

/// A page of the agents with a skill tag.
pub(crate) async fn agents_by_tag(
	at: &AtBlock,
	tag: &str,
	cursor: Option<u64>,
	limit: u32,
) -> Result<PageOf<Info, u64>, Failure> {
	runtime_call(at, "AgentsApi_agents_by_tag", (tag.as_bytes(), cursor, limit)).await
}

/// A page of an agent's delegations.
pub(crate) async fn delegations(
	at: &AtBlock,
	agent: u64,
	cursor: Option<u32>,
	limit: u32,
) -> Result<PageOf<DelegationInfo, u32>, Failure> {
	runtime_call(at, "AgentsApi_delegations", (agent, cursor, limit)).await
}

/// A delegation, dead or alive.
pub(crate) async fn delegation(
	at: &AtBlock,
	agent: u64,
	delegation: u32,
) -> Result<Option<DelegationInfo>, Failure> {
	runtime_call(at, "AgentsApi_delegation", (agent, delegation)).await
}

/// Bytes that are in SCALE already.
struct Verbatim<'a>(&'a [u8]);

impl Encode for Verbatim<'_> {
	fn encode_to<Output: codec::Output + ?Sized>(&self, out: &mut Output) {
		out.write(self.0);
	}
}

/// Whether a key may dispatch a call for an agent now, and what is left; or why not. The call is in SCALE.
pub(crate) async fn may_act(
	at: &AtBlock,
	agent: u64,
	delegation: u32,
	key: &AccountId32,
	call: &[u8],
) -> Result<Result<AllowanceInfo, Refusal>, Failure> {
	runtime_call(at, "AgentsApi_may_act", (agent, delegation, key, Verbatim(call))).await
}

/// What is left of a delegation, or why it cannot act.
pub(crate) async fn allowance(
	at: &AtBlock,
	agent: u64,
	delegation: u32,
) -> Result<Result<AllowanceInfo, Refusal>, Failure> {
	runtime_call(at, "AgentsApi_allowance", (agent, delegation)).await
}

/// Why a key may not act; the names are those of the pallet's errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) enum Refusal {
	UnknownAgent,
	AgentPaused,
	AgentRetired,
	UnknownDelegation,
	NotDelegate,
	DelegationExpired,
	DelegationRevoked,
	NotLeafCall,
	OutsideScope,
	BudgetExceeded,
	FeeBudgetExceeded,
	TipNotZero,
	AgentCannotPay,
}
