//! `agent_*`: agents, their delegations and what is left of their budgets, in JSON, for programs without a SCALE decoder.
//!
//! # Must not
//! Know more than the runtime API `AgentsApi` tells: whatever is here, any Substrate client finds by `state_call`.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	registry::{Answer, Registry},
	types::to_hex,
};
use codec::Encode;
use pallet_agents::{
	runtime_api::{AgentInfo, AgentPage, Allowance, DelegationInfo, DelegationPage, PAGE_MAX},
	types::Recovery,
	AgentStatus, Refusal,
};
use plexus_primitives::{constants::Balance, AgentId, DelegationId};
use plexus_runtime::{AccountId, Scope};
use serde::Serialize;
use sp_core::crypto::Ss58Codec;

type Agent = AgentInfo<AccountId, Balance, u32>;
type Agents = AgentPage<AccountId, Balance, u32>;
type Delegation = DelegationInfo<AccountId, Balance, Scope>;
type Delegations = DelegationPage<AccountId, Balance, Scope>;
type Allowed = Result<Allowance<Balance>, Refusal>;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("agent_byId", by_id);
	registry.query("agent_byAccount", by_account);
	registry.query("agent_byController", by_controller);
	registry.query("agent_byTag", by_tag);
	registry.query("agent_delegation", delegation);
	registry.query("agent_delegations", delegations);
	registry.query("agent_allowance", allowance);
	registry.query("agent_mayAct", may_act);
}

fn by_id(context: &Context, arguments: &Arguments) -> Answer {
	let id = agent_id(arguments, "id")?;
	let state = context.state_in(arguments)?;
	let found: Option<Agent> = context.query_as(&state, "AgentsApi_agent", &id.encode())?;
	json(&found.map(AgentJson::from))
}

/// The agent whose own account it is, not the one that the account controls.
fn by_account(context: &Context, arguments: &Arguments) -> Answer {
	let account = account(arguments, "account")?;
	let state = context.state_in(arguments)?;
	let found: Option<Agent> = context.query_as(&state, "AgentsApi_agent_by_account", &account.encode())?;
	json(&found.map(AgentJson::from))
}

/// One page; its `next` is the cursor of the following one, `null` at the end.
fn by_controller(context: &Context, arguments: &Arguments) -> Answer {
	let controller = account(arguments, "controller")?;
	agents(context, arguments, "AgentsApi_agents_of", &controller)
}

/// As [`by_controller`].
fn by_tag(context: &Context, arguments: &Arguments) -> Answer {
	let tag = arguments.text("tag")?;
	agents(context, arguments, "AgentsApi_agents_by_tag", &tag.into_bytes())
}

fn agents(context: &Context, arguments: &Arguments, method: &str, index: &impl Encode) -> Answer {
	let cursor = arguments.optional("cursor", "the `next` of the page before, a number")?.map(AgentId);
	let limit = arguments.optional("limit", "a number of agents")?.unwrap_or(PAGE_MAX);
	let state = context.state_in(arguments)?;
	let page: Agents = context.query_as(&state, method, &(index, cursor, limit).encode())?;
	json(&PageJson {
		items: page.items.into_iter().map(AgentJson::from).collect::<Vec<_>>(),
		next: page.next.map(|id| id.0),
	})
}

fn delegation(context: &Context, arguments: &Arguments) -> Answer {
	let ids = (agent_id(arguments, "agent")?, delegation_id(arguments)?);
	let state = context.state_in(arguments)?;
	let found: Option<Delegation> = context.query_as(&state, "AgentsApi_delegation", &ids.encode())?;
	json(&found.map(DelegationJson::from))
}

/// One page, dead ones too; what was removed leaves gaps, so that a page may be empty before the end.
fn delegations(context: &Context, arguments: &Arguments) -> Answer {
	let agent = agent_id(arguments, "agent")?;
	let cursor = arguments.optional("cursor", "the `next` of the page before, a number")?.map(DelegationId);
	let limit = arguments.optional("limit", "a number of delegations")?.unwrap_or(PAGE_MAX);
	let state = context.state_in(arguments)?;
	let page: Delegations =
		context.query_as(&state, "AgentsApi_delegations", &(agent, cursor, limit).encode())?;
	json(&PageJson {
		items: page.items.into_iter().map(DelegationJson::from).collect::<Vec<_>>(),
		next: page.next.map(|id| id.0.into()),
	})
}

fn allowance(context: &Context, arguments: &Arguments) -> Answer {
	let ids = (agent_id(arguments, "agent")?, delegation_id(arguments)?);
	let state = context.state_in(arguments)?;
	let allowed: Allowed = context.query_as(&state, "AgentsApi_allowance", &ids.encode())?;
	json(&AllowedJson::from(allowed))
}

fn may_act(context: &Context, arguments: &Arguments) -> Answer {
	let ids = (agent_id(arguments, "agent")?, delegation_id(arguments)?);
	let key = account(arguments, "key")?;
	let mut data = (ids, key).encode();
	// The call is not decoded here: the query checks it, completely and with bounded nesting.
	data.extend(arguments.bytes("call")?);
	let state = context.state_in(arguments)?;
	let allowed: Allowed = context.query_as(&state, "AgentsApi_may_act", &data)?;
	json(&AllowedJson::from(allowed))
}

fn agent_id(arguments: &Arguments, name: &str) -> Result<AgentId, RpcError> {
	arguments.required(name, "an agent's id, a number").map(AgentId)
}

fn delegation_id(arguments: &Arguments) -> Result<DelegationId, RpcError> {
	arguments.required("delegation", "a delegation's id within its agent, a number").map(DelegationId)
}

fn account(arguments: &Arguments, name: &str) -> Result<AccountId, RpcError> {
	AccountId::from_ss58check(&arguments.text(name)?)
		.map_err(|error| RpcError::InvalidParams(format!("`{name}` must be an SS58 address: {error}")))
}

/// Amounts are decimal strings, since JavaScript's numbers end at 2^53.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentJson {
	id: u64,
	account: String,
	controller: String,
	proposed_controller: Option<String>,
	recovery: Option<RecoveryJson>,
	status: &'static str,
	bond: String,
	registered_at: u32,
	next_delegation: u32,
	revoked_below: u32,
	card: Option<CardJson>,
	services: Vec<ServiceJson>,
	tags: Vec<String>,
	reputation: String,
	payers: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecoveryJson {
	account: String,
	delay_ms: u64,
	pending: Option<PendingJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PendingJson {
	controller: String,
	completes_at_ms: u64,
}

/// The card's bytes are elsewhere: they hash to the root.
#[derive(Serialize)]
struct CardJson {
	root: String,
	length: u64,
	locator: String,
}

#[derive(Serialize)]
struct ServiceJson {
	name: String,
	endpoint: String,
}

impl From<Agent> for AgentJson {
	fn from(agent: Agent) -> Self {
		let service = |(name, endpoint): (Vec<u8>, Vec<u8>)| ServiceJson {
			name: text(&name),
			endpoint: text(&endpoint),
		};
		Self {
			id: agent.id.0,
			account: agent.account.to_ss58check(),
			controller: agent.controller.to_ss58check(),
			proposed_controller: agent.proposed_controller.map(|account| account.to_ss58check()),
			recovery: agent.recovery.map(RecoveryJson::from),
			status: match agent.status {
				AgentStatus::Active => "active",
				AgentStatus::Paused => "paused",
				AgentStatus::Retired => "retired",
			},
			bond: agent.bond.to_string(),
			registered_at: agent.registered_at,
			next_delegation: agent.next_delegation.0,
			revoked_below: agent.revoked_below.0,
			card: agent.card.map(|(content, locator)| CardJson {
				root: to_hex(&content.root),
				length: content.len,
				locator: text(&locator),
			}),
			services: agent.services.into_iter().map(service).collect(),
			tags: agent.tags.iter().map(|tag| text(tag)).collect(),
			reputation: agent.reputation.to_string(),
			payers: agent.payers,
		}
	}
}

impl From<Recovery<AccountId>> for RecoveryJson {
	fn from(recovery: Recovery<AccountId>) -> Self {
		Self {
			account: recovery.terms.account.to_ss58check(),
			delay_ms: recovery.terms.delay_ms,
			pending: recovery.pending.map(|pending| PendingJson {
				controller: pending.controller.to_ss58check(),
				completes_at_ms: pending.completes_at_ms,
			}),
		}
	}
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DelegationJson {
	id: u32,
	key: String,
	parent: Option<u32>,
	depth: u8,
	/// The names of the metadata.
	scopes: Vec<String>,
	budget: String,
	spent: String,
	fee_budget: String,
	fees_spent: String,
	period_ms: u64,
	granted_at_ms: u64,
	expires_at_ms: u64,
	deposit: String,
	alive: bool,
}

impl From<Delegation> for DelegationJson {
	fn from(delegation: Delegation) -> Self {
		Self {
			id: delegation.id.0,
			key: delegation.key.to_ss58check(),
			parent: delegation.parent.map(|parent| parent.0),
			depth: delegation.depth,
			scopes: delegation.scopes.iter().map(|scope| format!("{scope:?}")).collect(),
			budget: delegation.budget.to_string(),
			spent: delegation.spent.to_string(),
			fee_budget: delegation.fee_budget.to_string(),
			fees_spent: delegation.fees_spent.to_string(),
			period_ms: delegation.period_ms,
			granted_at_ms: delegation.granted_at_ms,
			expires_at_ms: delegation.expires_at_ms,
			deposit: delegation.deposit.to_string(),
			alive: delegation.alive,
		}
	}
}

/// What is left, or why nothing may be done; the other one is `null`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AllowedJson {
	/// An error's name of the pallet.
	refusal: Option<String>,
	allowance: Option<AllowanceJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AllowanceJson {
	budget_left: String,
	fee_budget_left: String,
	expires_at_ms: u64,
}

impl From<Allowed> for AllowedJson {
	fn from(allowed: Allowed) -> Self {
		match allowed {
			Ok(allowance) => Self {
				refusal: None,
				allowance: Some(AllowanceJson {
					budget_left: allowance.budget_left.to_string(),
					fee_budget_left: allowance.fee_budget_left.to_string(),
					expires_at_ms: allowance.expires_at_ms,
				}),
			},
			Err(refusal) => Self { refusal: Some(format!("{refusal:?}")), allowance: None },
		}
	}
}

#[derive(Serialize)]
struct PageJson<Item> {
	items: Vec<Item>,
	next: Option<u64>,
}

/// Text that somebody put on the chain; what is no UTF-8 shows as replacement characters.
fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
