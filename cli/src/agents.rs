//! Agents and delegations as the runtime's `AgentsApi` tells of them.
//!
//! # Must not
//! Read the pallet's storage: the layout may change, the API is the promise.
//!
//! # Invariants
//! The types here have the encoding of the runtime's; a test decodes what the pallet's own types encode to.

use crate::{
	address::display,
	amount::Amount,
	client::{runtime_call, AtBlock},
	failure::{Failure, FailureKind},
	output::{self, duration, hex, text, Answer},
};
use codec::{Decode, Encode};
use plexus_primitives::Content;
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::str::FromStr;

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

fn scope_name(place: u8) -> String {
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

/// A length of time, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span(pub(crate) u64);

/// Why a text is no length of time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no length of time; write a whole number and a unit, like 90s, 30m, 24h or 7d")]
pub(crate) struct SpanError(String);

impl FromStr for Span {
	type Err = SpanError;

	fn from_str(given: &str) -> Result<Self, SpanError> {
		let wrong = || SpanError(given.into());
		let unit = given.chars().next_back().ok_or_else(wrong)?;
		let number = given.strip_suffix(unit).ok_or_else(wrong)?;
		let unit_ms = match unit {
			's' => 1_000,
			'm' => 60_000,
			'h' => 3_600_000,
			'd' => 86_400_000,
			_ => return Err(wrong()),
		};
		if !number.bytes().all(|byte| byte.is_ascii_digit()) {
			return Err(wrong());
		}
		let number: u64 = number.parse().map_err(|_| wrong())?;
		number.checked_mul(unit_ms).map(Self).ok_or_else(wrong)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{DecodeAll, Encode};
	use pallet_agents::{
		runtime_api,
		types::{AgentStatus, PendingRecovery, RecoveryTerms},
	};
	use plexus_primitives::{AgentId, DelegationId};
	use plexus_runtime::Scope;

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	fn agent() -> runtime_api::AgentInfo<AccountId32, u128, u32> {
		let terms = RecoveryTerms { account: account(4), delay_ms: 90_000 };
		let pending = PendingRecovery { controller: account(5), completes_at_ms: 6 };
		runtime_api::AgentInfo {
			id: AgentId(7),
			account: account(1),
			controller: account(2),
			proposed_controller: Some(account(3)),
			recovery: Some(pallet_agents::types::Recovery { terms, pending: Some(pending) }),
			status: AgentStatus::Paused,
			bond: 8,
			registered_at: 9,
			next_delegation: DelegationId(10),
			revoked_below: DelegationId(11),
			card: Some((Content { root: [12; 32], len: 13 }, b"https://example.org/card".to_vec())),
			services: vec![(b"a2a".to_vec(), b"https://example.org/a2a".to_vec())],
			tags: vec![b"translation/de".to_vec(), b"ocr".to_vec()],
			reputation: 14,
			payers: 15,
		}
	}

	fn delegation() -> runtime_api::DelegationInfo<AccountId32, u128, Scope> {
		runtime_api::DelegationInfo {
			id: DelegationId(1),
			key: account(2),
			parent: Some(DelegationId(3)),
			depth: 2,
			scopes: vec![Scope::Remarks, Scope::Payments],
			budget: 4_000_000_000_000,
			spent: 5,
			fee_budget: 6,
			fees_spent: 7,
			period_ms: 3_600_000,
			granted_at_ms: 8,
			expires_at_ms: 90_000,
			deposit: 9,
			alive: true,
		}
	}

	#[test]
	fn an_agent_decodes_from_the_pallets_bytes_and_has_stable_json_keys() {
		let page = runtime_api::AgentPage { items: vec![agent()], next: Some(AgentId(7)) };
		let page = PageOf::<Info, u64>::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		assert_eq!(page.next, Some(7));
		let Some(info) = page.items.into_iter().next() else { panic!("one item") };
		let agent = Agent::from(info);
		assert_eq!(
			serde_json::to_value(&agent).unwrap(),
			serde_json::json!({
				"id": 7, "account": display(&account(1)), "controller": display(&account(2)),
				"proposed_controller": display(&account(3)),
				"recovery": {
					"account": display(&account(4)), "delay_ms": 90000,
					"pending": { "controller": display(&account(5)), "completes_at_ms": 6 },
				},
				"status": "paused", "bond": "8", "registered_at": 9, "next_delegation": 10, "revoked_below": 11,
				"card": { "root": format!("0x{}", "0c".repeat(32)), "length": 13, "locator": "https://example.org/card" },
				"services": [{ "name": "a2a", "endpoint": "https://example.org/a2a" }],
				"tags": ["translation/de", "ocr"], "reputation": "14", "payers": 15,
			})
		);
		let human = agent.human();
		for part in ["paused", "translation/de ocr", "1 min 30 s", "https://example.org/a2a"] {
			assert!(human.contains(part), "{human}");
		}
	}

	#[test]
	fn a_delegation_decodes_from_the_pallets_bytes_and_is_told_in_a_table() {
		let page = runtime_api::DelegationPage { items: vec![delegation()], next: Some(DelegationId(2)) };
		let page = PageOf::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		let page = DelegationPage::new(7, page, 30_000);
		let json = serde_json::to_value(&page).unwrap();
		assert_eq!(
			json,
			serde_json::json!({
				"agent": 7, "next": 2,
				"delegations": [{
					"id": 1, "key": display(&account(2)), "parent": 3, "depth": 2, "scopes": ["Remarks", "Payments"],
					"budget": "4000000000000", "spent": "5", "fee_budget": "6", "fees_spent": "7",
					"period_ms": 3600000, "granted_at_ms": 8, "expires_at_ms": 90000, "left_ms": 60000,
					"deposit": "9", "alive": true,
				}],
			})
		);
		let human = page.human();
		for part in ["of 4 PLX", "Remarks Payments", "1 min 0 s", "--cursor 2"] {
			assert!(human.contains(part), "{human}");
		}
		assert_eq!(scope_name(200), "scope 200", "scopes of later versions are told by their place");
	}

	#[test]
	fn one_delegation_is_told_as_in_a_page_and_a_call_goes_as_it_is() {
		let info = DelegationInfo::decode_all(&mut &delegation().encode()[..]).expect("the same encoding");
		let human = Delegation::new(info, 30_000).human();
		for part in ["delegation 3", "Remarks Payments", "of 4 PLX", "1 min 0 s"] {
			assert!(human.contains(part), "{human}");
		}
		assert_eq!((7u64, Verbatim(&[1, 2, 3])).encode(), [&7u64.encode()[..], &[1, 2, 3]].concat());
	}

	#[test]
	fn refusals_and_scopes_have_the_pallets_places() {
		type Answer = Result<AllowanceInfo, Refusal>;
		for place in 0..13u8 {
			let theirs: pallet_agents::Refusal = Decode::decode(&mut &[place][..]).expect("thirteen");
			let bytes = Result::<runtime_api::Allowance<u128>, _>::Err(theirs).encode();
			let ours =
				Answer::decode_all(&mut &bytes[..]).expect("the same encoding").expect_err("a refusal");
			assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
		}
		assert!(pallet_agents::Refusal::decode(&mut &[13][..]).is_err(), "no more");
		for (place, name) in (0u8..).zip(SCOPES) {
			let theirs = Scope::decode(&mut &[place][..]).expect("as many");
			assert_eq!(format!("{theirs:?}"), name);
		}
		assert!(Scope::decode(&mut &[SCOPES.len() as u8][..]).is_err(), "no more");
	}

	#[test]
	fn lengths_of_time_are_whole_numbers_with_a_unit() {
		for (given, ms) in [("90s", 90_000), ("1m", 60_000), ("24h", 86_400_000), ("7d", 604_800_000)] {
			assert_eq!(given.parse(), Ok(Span(ms)));
		}
		for given in [
			"",
			"s",
			"5",
			"1.5h",
			"-1s",
			"+1s",
			"1 h",
			"1w",
			"99999999999999999999s",
			"18446744073709551615d",
			"é",
		] {
			assert!(given.parse::<Span>().is_err(), "{given}");
		}
	}
}
