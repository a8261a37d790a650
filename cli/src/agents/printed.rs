//! Agents, delegations and what is left of them, as they are printed.
//!
//! # Must not
//! Ask anything: [`super`] does.

use super::{AllowanceInfo, DelegationInfo, Info, PageOf, RecoveryInfo, Status, SCOPES};
use crate::{
	address::display,
	amount::Amount,
	output::{self, duration, hex, text, Answer},
};
use plexus_primitives::Content;
use serde::Serialize;

/// An agent as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Agent {
	pub(crate) id: u64,
	/// Its own account, which nobody has the key of.
	account: String,
	controller: String,
	/// `null` if nobody is.
	proposed_controller: Option<String>,
	recovery: Option<Recovery>,
	status: Status,
	bond: Amount,
	registered_at: u32,
	/// What `--keep-below` takes.
	next_delegation: u32,
	revoked_below: u32,
	card: Option<Card>,
	services: Vec<Service>,
	tags: Vec<String>,
	/// The decayed sum of fees that its work burned: evidence of spending.
	reputation: Amount,
	payers: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Recovery {
	account: String,
	delay_ms: u64,
	pending: Option<Pending>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Pending {
	controller: String,
	/// On the chain clock.
	completes_at_ms: u64,
}

/// A card's name and place.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Card {
	pub(crate) root: String,
	pub(crate) length: u64,
	/// `null` if it is not published.
	pub(crate) locator: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Service {
	name: String,
	endpoint: String,
}

impl From<&(Content, Vec<u8>)> for Card {
	fn from((content, locator): &(Content, Vec<u8>)) -> Self {
		let locator = (!locator.is_empty()).then(|| text(locator));
		Self { root: hex(content.root), length: content.len, locator }
	}
}

impl From<Info> for Agent {
	fn from(info: Info) -> Self {
		let recovery = |recovery: RecoveryInfo| Recovery {
			account: display(&recovery.account),
			delay_ms: recovery.delay_ms,
			pending: recovery.pending.map(|(controller, completes_at_ms)| Pending {
				controller: display(&controller),
				completes_at_ms,
			}),
		};
		let service =
			|(name, endpoint): &(Vec<u8>, Vec<u8>)| Service { name: text(name), endpoint: text(endpoint) };
		Self {
			id: info.id,
			account: display(&info.account),
			controller: display(&info.controller),
			proposed_controller: info.proposed_controller.as_ref().map(display),
			recovery: info.recovery.map(recovery),
			status: info.status,
			bond: Amount(info.bond),
			registered_at: info.registered_at,
			next_delegation: info.next_delegation,
			revoked_below: info.revoked_below,
			card: info.card.as_ref().map(Card::from),
			services: info.services.iter().map(service).collect(),
			tags: info.tags.iter().map(|tag| text(tag)).collect(),
			reputation: Amount(info.reputation),
			payers: info.payers,
		}
	}
}

impl Agent {
	fn status(&self) -> &'static str {
		match self.status {
			Status::Active => "active",
			Status::Paused => "paused",
			Status::Retired => "retired",
		}
	}
}

impl Answer for Agent {
	fn human(&self) -> String {
		let mut rows = vec![
			("agent", self.id.to_string()),
			("account", self.account.clone()),
			("controller", self.controller.clone()),
		];
		rows.extend(self.proposed_controller.clone().map(|proposed| ("proposed controller", proposed)));
		if let Some(Recovery { account, delay_ms, pending }) = &self.recovery {
			rows.push(("recovery", format!("{account}, after {}", duration(*delay_ms))));
			let pending = pending.as_ref().map(|pending| {
				format!("{} from {} ms on the chain clock", pending.controller, pending.completes_at_ms)
			});
			rows.extend(pending.map(|pending| ("recovery under way", pending)));
		}
		rows.extend([
			("status", self.status().to_string()),
			("bond", self.bond.to_string()),
			("registered at block", self.registered_at.to_string()),
			("next delegation", self.next_delegation.to_string()),
		]);
		if let Some(Card { root, length, locator }) = &self.card {
			let locator = locator.as_deref().unwrap_or("not published");
			rows.push(("card", format!("{locator} ({length} bytes)")));
			rows.push(("card's root (b3sum)", root.clone()));
		}
		rows.extend(
			self.services.iter().map(|service| ("service", format!("{} {}", service.name, service.endpoint))),
		);
		rows.push(("tags", self.tags.join(" ")));
		rows.push(("fees burned for it", format!("{} by {} payers", self.reputation, self.payers)));
		output::fields(rows)
	}
}

/// A page of agents as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct AgentPage {
	agents: Vec<Agent>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u64>,
}

impl From<PageOf<Info, u64>> for AgentPage {
	fn from(page: PageOf<Info, u64>) -> Self {
		Self { agents: page.items.into_iter().map(Agent::from).collect(), next: page.next }
	}
}

impl Answer for AgentPage {
	fn human(&self) -> String {
		if self.agents.is_empty() && self.next.is_none() {
			return "no agents".into();
		}
		let rows = self.agents.iter().map(|agent| {
			[
				agent.id.to_string(),
				agent.status().to_string(),
				agent.controller.clone(),
				agent.account.clone(),
				agent.tags.join(" "),
			]
		});
		let heading = ["ID", "STATUS", "CONTROLLER", "ACCOUNT", "TAGS"];
		output::with_cursor(output::columns(heading, rows), self.next)
	}
}

/// A delegation as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Delegation {
	id: u32,
	key: String,
	/// `null` if the controller granted it.
	parent: Option<u32>,
	depth: u8,
	scopes: Vec<String>,
	budget: Amount,
	spent: Amount,
	fee_budget: Amount,
	fees_spent: Amount,
	period_ms: u64,
	/// On the chain clock.
	granted_at_ms: u64,
	/// On the chain clock.
	expires_at_ms: u64,
	/// Until it expires.
	left_ms: u64,
	deposit: Amount,
	alive: bool,
}

impl Delegation {
	/// As of this time on the chain clock.
	pub(crate) fn new(info: DelegationInfo, clock_ms: u64) -> Self {
		Self {
			id: info.id,
			key: display(&info.key),
			parent: info.parent,
			depth: info.depth,
			scopes: info.scopes.into_iter().map(scope_name).collect(),
			budget: Amount(info.budget),
			spent: Amount(info.spent),
			fee_budget: Amount(info.fee_budget),
			fees_spent: Amount(info.fees_spent),
			period_ms: info.period_ms,
			granted_at_ms: info.granted_at_ms,
			expires_at_ms: info.expires_at_ms,
			left_ms: info.expires_at_ms.saturating_sub(clock_ms),
			deposit: Amount(info.deposit),
			alive: info.alive,
		}
	}
}

/// Scopes of later versions are told by their place.
pub(super) fn scope_name(place: u8) -> String {
	SCOPES.get(usize::from(place)).map_or_else(|| format!("scope {place}"), |name| name.to_string())
}

/// A page of delegations as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct DelegationPage {
	agent: u64,
	delegations: Vec<Delegation>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u32>,
}

impl DelegationPage {
	/// A page as of this time on the chain clock.
	pub(crate) fn new(agent: u64, page: PageOf<DelegationInfo, u32>, clock_ms: u64) -> Self {
		let delegations = page.items.into_iter().map(|info| Delegation::new(info, clock_ms)).collect();
		Self { agent, delegations, next: page.next }
	}
}

impl Answer for DelegationPage {
	fn human(&self) -> String {
		if self.delegations.is_empty() && self.next.is_none() {
			return "no delegations; grant one with `plexus tx agent delegate`".into();
		}
		let rows = self.delegations.iter().map(|delegation| {
			let Delegation { budget, spent, fee_budget, fees_spent, period_ms, .. } = delegation;
			[
				delegation.id.to_string(),
				delegation.parent.map_or_else(|| "-".into(), |parent| parent.to_string()),
				delegation.key.clone(),
				delegation.scopes.join(" "),
				format!("{spent} of {budget}"),
				format!("{fees_spent} of {fee_budget}"),
				duration(*period_ms),
				if delegation.alive { duration(delegation.left_ms) } else { "dead".into() },
			]
		});
		let heading = ["ID", "FROM", "KEY", "SCOPES", "SPENT", "FEES", "EACH", "LEFT"];
		output::with_cursor(output::columns(heading, rows), self.next)
	}
}

impl Answer for Delegation {
	fn human(&self) -> String {
		let state = if self.alive { duration(self.left_ms) } else { "dead".into() };
		output::fields([
			("delegation", self.id.to_string()),
			(
				"from",
				self.parent.map_or_else(|| "the controller".into(), |parent| format!("delegation {parent}")),
			),
			("depth", self.depth.to_string()),
			("key", self.key.clone()),
			("scopes", self.scopes.join(" ")),
			("spent", format!("{} of {}", self.spent, self.budget)),
			("fees", format!("{} of {}", self.fees_spent, self.fee_budget)),
			("each", duration(self.period_ms)),
			("left", state),
			("deposit", self.deposit.to_string()),
		])
	}
}

/// What is left of a delegation, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Allowance {
	agent: u64,
	delegation: u32,
	budget_left: Amount,
	fee_budget_left: Amount,
	/// On the chain clock.
	expires_at_ms: u64,
	/// Until it expires.
	left_ms: u64,
}

impl Allowance {
	/// As of this time on the chain clock.
	pub(crate) fn new(agent: u64, delegation: u32, left: AllowanceInfo, clock_ms: u64) -> Self {
		Self {
			agent,
			delegation,
			budget_left: Amount(left.budget_left),
			fee_budget_left: Amount(left.fee_budget_left),
			expires_at_ms: left.expires_at_ms,
			left_ms: left.expires_at_ms.saturating_sub(clock_ms),
		}
	}
}

impl Answer for Allowance {
	fn human(&self) -> String {
		output::fields([
			("delegation", format!("{} of agent {}", self.delegation, self.agent)),
			("budget left", self.budget_left.to_string()),
			("fee budget left", self.fee_budget_left.to_string()),
			("expires in", duration(self.left_ms)),
		])
	}
}
