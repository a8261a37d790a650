//! `plexus query agent …`: agents, their delegations, and whether a file is an agent's card.
//!
//! # Must not
//! Fetch a card: its locator is shown, whoever follows it is on its own. Call what an agent says of itself true.

use super::not_found;
use crate::{
	address::parse_account,
	agents::{self, Agent, AgentPage, Allowance, Card, Delegation, DelegationPage, Info, Refusal},
	calls,
	client::Client,
	content::prove_file,
	failure::{Failure, FailureKind},
	output::{self, hex, print, Answer},
	tx::InnerCall,
	validators::era_and_clock,
};
use plexus_primitives::api::PAGE_MAX;
use serde::Serialize;
use std::{
	fs::File,
	io::Read,
	path::{Path, PathBuf},
};

/// The longest card whose form is looked at. Cards are a few KiB; longer files are compared all the same.
const CARD_BYTES_MAX: u64 = 1 << 20;

/// What an A2A agent card must have, by whichever version of the protocol.
const A2A_FIELDS: [&str; 7] =
	["name", "description", "version", "capabilities", "defaultInputModes", "defaultOutputModes", "skills"];

/// What it must have besides by version 0.3.
const A2A_0_3_FIELDS: [&str; 2] = ["protocolVersion", "url"];

/// What has their place from version 1.0 on: a list, of which each item has a version and a URL of its own.
const A2A_INTERFACES: &str = "supportedInterfaces";

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// An agent, by id or by its own account
	Show(ShowArgs),
	/// Agents by controller or by skill tag, by page
	List(ListArgs),
	/// The delegations of an agent, by page
	Delegations(DelegationsArgs),
	/// One delegation, dead or alive
	Delegation(AllowanceArgs),
	/// Whether a key may dispatch a call now, or by which rule not
	MayAct(Box<MayActArgs>),
	/// What is left of a delegation's budgets in this period
	Allowance(AllowanceArgs),
	/// The agent card: where it is, and whether a file is it
	#[command(subcommand)]
	Card(CardQuestion),
}

#[derive(clap::Subcommand, Clone)]
pub(super) enum CardQuestion {
	/// Root, length and locator of the card
	Show(CardArgs),
	/// Check that a file is the card, to the last byte
	Verify(VerifyArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct ShowArgs {
	/// Id of the agent.
	#[arg(required_unless_present = "account", conflicts_with = "account")]
	agent: Option<u64>,

	/// Instead of an id: the agent's own account.
	#[arg(long, value_name = "ADDRESS")]
	account: Option<String>,
}

#[derive(clap::Args, Clone)]
pub(super) struct ListArgs {
	/// Who controls them: an address, or //Alice and the like on development chains.
	#[arg(long, value_name = "ADDRESS", required_unless_present = "tag", conflicts_with = "tag")]
	controller: Option<String>,

	/// A skill that they have.
	#[arg(long)]
	tag: Option<String>,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "ID")]
	cursor: Option<u64>,

	/// How many to list at most.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct DelegationsArgs {
	/// Id of the agent.
	agent: u64,

	/// Id of a delegation to begin with.
	#[arg(long, value_name = "ID")]
	cursor: Option<u32>,

	/// How many ids to look at; removed delegations leave gaps.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct AllowanceArgs {
	/// Id of the agent.
	agent: u64,

	/// Id of the delegation.
	delegation: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct MayActArgs {
	/// Id of the agent.
	agent: u64,

	/// Id of the delegation.
	delegation: u32,

	/// The key: an address, or //Bob and the like on development chains.
	#[arg(long, value_name = "ADDRESS")]
	key: String,

	/// The call in SCALE: hexadecimal digits, with or without 0x.
	#[arg(value_name = "HEX")]
	call: Option<String>,

	#[command(subcommand)]
	named: Option<InnerCall<()>>,
}

#[derive(clap::Args, Clone)]
pub(super) struct CardArgs {
	/// Id of the agent.
	agent: u64,
}

#[derive(clap::Args, Clone)]
pub(super) struct VerifyArgs {
	/// Id of the agent.
	agent: u64,

	/// The file, as it came from the card's locator.
	file: PathBuf,
}

pub(super) async fn run(client: &Client, json: bool, question: Question) -> Result<(), Failure> {
	match question {
		Question::Show(args) => show(client, args).await.map(|answer| print(json, &answer)),
		Question::List(args) => list(client, args).await.map(|answer| print(json, &answer)),
		Question::Delegations(args) => delegations(client, args).await.map(|answer| print(json, &answer)),
		Question::Delegation(args) => delegation(client, args).await.map(|answer| print(json, &answer)),
		Question::MayAct(args) => may_act(client, *args).await.map(|answer| print(json, &answer)),
		Question::Allowance(args) => allowance(client, args).await.map(|answer| print(json, &answer)),
		Question::Card(CardQuestion::Show(args)) => {
			card(client, args).await.map(|answer| print(json, &answer))
		}
		Question::Card(CardQuestion::Verify(args)) => {
			verify(client, args).await.map(|answer| print(json, &answer))
		}
	}
}

async fn show(client: &Client, args: ShowArgs) -> Result<Agent, Failure> {
	let at = client.at_head().await?;
	let info = match (args.agent, args.account) {
		(Some(id), _) => agents::known_agent(&at, id).await?,
		(None, account) => {
			let text = account.unwrap_or_default();
			let account = parse_account(&text, &client.chain_kind().await?)?;
			agents::agent_by_account(&at, &account).await?.ok_or_else(|| {
				not_found(
					"NoAgentsAccount",
					format!("{text} is no agent's own account"),
					"list the agents that it controls with `plexus query agent list --controller ADDRESS`",
				)
			})?
		}
	};
	Ok(Agent::from(info))
}

async fn list(client: &Client, args: ListArgs) -> Result<AgentPage, Failure> {
	let at = client.at_head().await?;
	let page = match (&args.controller, &args.tag) {
		(Some(controller), _) => {
			let controller = parse_account(controller, &client.chain_kind().await?)?;
			agents::agents_of(&at, &controller, args.cursor, args.limit).await?
		}
		(None, tag) => {
			agents::agents_by_tag(&at, tag.as_deref().unwrap_or_default(), args.cursor, args.limit).await?
		}
	};
	Ok(AgentPage::from(page))
}

async fn delegations(client: &Client, args: DelegationsArgs) -> Result<DelegationPage, Failure> {
	let at = client.at_head().await?;
	// An unknown agent would look like one without delegations.
	agents::known_agent(&at, args.agent).await?;
	let (_, clock_ms) = era_and_clock(&at).await?;
	let page = agents::delegations(&at, args.agent, args.cursor, args.limit).await?;
	Ok(DelegationPage::new(args.agent, page, clock_ms))
}

async fn allowance(client: &Client, args: AllowanceArgs) -> Result<Allowance, Failure> {
	let AllowanceArgs { agent, delegation } = args;
	let at = client.at_head().await?;
	let (_, clock_ms) = era_and_clock(&at).await?;
	let left = agents::allowance(&at, agent, delegation).await?;
	let left = left.map_err(|refusal| cannot_act(agent, delegation, refusal))?;
	Ok(Allowance::new(agent, delegation, left, clock_ms))
}

fn cannot_act(agent: u64, delegation: u32, refusal: Refusal) -> Failure {
	Failure::new(
		FailureKind::NotFound,
		format!("Agents.{refusal:?}"),
		format!("delegation {delegation} of agent {agent} cannot act: {refusal:?}"),
		"see the agent with `plexus query agent show ID` and its keys with `plexus query agent delegations ID`",
	)
}

async fn delegation(client: &Client, args: AllowanceArgs) -> Result<Delegation, Failure> {
	let AllowanceArgs { agent, delegation } = args;
	let at = client.at_head().await?;
	let (_, clock_ms) = era_and_clock(&at).await?;
	let found = agents::delegation(&at, agent, delegation).await?.ok_or_else(|| {
		not_found(
			"NoSuchDelegation",
			format!("agent {agent} has no delegation {delegation}, or it was cleared"),
			"list those that it has with `plexus query agent delegations ID`",
		)
	})?;
	Ok(Delegation::new(found, clock_ms))
}

async fn may_act(client: &Client, args: MayActArgs) -> Result<Allowance, Failure> {
	let MayActArgs { agent, delegation, key, call, named } = args;
	let kind = client.chain_kind().await?;
	let key = parse_account(&key, &kind)?;
	let at = client.at_head().await?;
	let (_, clock_ms) = era_and_clock(&at).await?;
	let call = match (call, named) {
		(Some(digits), None) => calls::decode(&at, &digits)?.0,
		(None, Some(named)) => named.encoded(&at, &kind).await?,
		(None, None) | (Some(_), Some(_)) => return Err(not_one_call()),
	};
	let left = agents::may_act(&at, agent, delegation, &key, &call).await?;
	let left = left.map_err(|refusal| cannot_act(agent, delegation, refusal))?;
	Ok(Allowance::new(agent, delegation, left, clock_ms))
}

fn not_one_call() -> Failure {
	Failure::input(
		"NotOneCall",
		"there is no call to ask about, or there are two",
		"name one, like `transfer --to //Bob --amount 1`, or give the hexadecimal digits of any",
	)
}

async fn card(client: &Client, args: CardArgs) -> Result<Card, Failure> {
	let info = agents::known_agent(&client.at_head().await?, args.agent).await?;
	card_of(&info)
}

fn card_of(info: &Info) -> Result<Card, Failure> {
	info.card.as_ref().map(Card::from).ok_or_else(|| {
		not_found(
			"NoCard",
			format!("agent {} has no card", info.id),
			"its controller sets one with `plexus tx agent card`",
		)
	})
}

impl Answer for Card {
	fn human(&self) -> String {
		output::fields([
			("root (b3sum)", self.root.clone()),
			("length", format!("{} bytes", self.length)),
			("locator", self.locator.clone().unwrap_or_else(|| "not published".into())),
		])
	}
}

/// A file that is an agent's card.
#[derive(Serialize)]
struct Verified {
	agent: u64,
	root: String,
	length: u64,
	locator: Option<String>,
	form: Form,
}

/// What sort of document a card is. It is a card on the chain whatever its form.
#[derive(Serialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Form {
	/// An A2A agent card with everything that one must have.
	A2a {
		name: String,
		version: String,
		/// Of the interface that it prefers.
		protocol_version: String,
		/// The ids of its skills.
		skills: Vec<String>,
	},
	/// JSON that lacks this for an A2A agent card.
	Json { missing: Vec<&'static str> },
	/// Something else, or too long to look at.
	Other,
}

impl Answer for Verified {
	fn human(&self) -> String {
		let mut rows = vec![
			("card of agent", self.agent.to_string()),
			("verified", "every byte is what the agent's controller registered".into()),
			("root (b3sum)", self.root.clone()),
			("length", format!("{} bytes", self.length)),
			("locator", self.locator.clone().unwrap_or_else(|| "not published".into())),
		];
		match &self.form {
			Form::A2a { name, version, protocol_version, skills } => rows.extend([
				("form", format!("A2A {protocol_version} agent card")),
				("name", format!("{name} {version}")),
				("skills", skills.join(" ")),
			]),
			Form::Json { missing } => {
				rows.push(("form", format!("JSON, but no A2A agent card: it lacks {}", missing.join(", "))));
			}
			Form::Other => rows.push(("form", "not known".into())),
		}
		output::fields(rows)
	}
}

async fn verify(client: &Client, args: VerifyArgs) -> Result<Verified, Failure> {
	let VerifyArgs { agent, file } = args;
	let info = agents::known_agent(&client.at_head().await?, agent).await?;
	let card = card_of(&info)?;
	let content = prove_file(file.clone()).await?.content;
	if (hex(content.root), content.len) != (card.root.clone(), card.length) {
		return Err(Failure::new(
			FailureKind::Unproved,
			"CardDiffers",
			format!(
				"{} has {} bytes with root {}, the card of agent {agent} has {} with root {}",
				file.display(),
				content.len,
				hex(content.root),
				card.length,
				card.root
			),
			"fetch it again from the card's locator (`plexus query agent card show`); if it still differs, do not trust it",
		));
	}
	let Card { root, length, locator } = card;
	Ok(Verified { agent, root, length, locator, form: form(&file, content.len) })
}

/// Looks at a file whose bytes are verified.
fn form(file: &Path, length: u64) -> Form {
	if length > CARD_BYTES_MAX {
		return Form::Other;
	}
	let mut bytes = Vec::new();
	let read = File::open(file).and_then(|file| file.take(CARD_BYTES_MAX).read_to_end(&mut bytes));
	match read {
		Ok(_) => form_of(&bytes),
		Err(_) => Form::Other,
	}
}

fn form_of(bytes: &[u8]) -> Form {
	let Ok(serde_json::Value::Object(card)) = serde_json::from_slice(bytes) else { return Form::Other };
	let preferred = card.get(A2A_INTERFACES).map(|interfaces| &interfaces[0]["protocolVersion"]);
	let version = preferred.or_else(|| card.get("protocolVersion"));
	// Without interfaces it is a card of version 0.3, or none.
	let older = A2A_0_3_FIELDS.into_iter().filter(|_| preferred.is_none());
	let needed = A2A_FIELDS.into_iter().chain(older);
	let missing: Vec<_> = needed.filter(|field| !card.contains_key(*field)).collect();
	if !missing.is_empty() {
		return Form::Json { missing };
	}
	let Some(protocol_version) = version.and_then(serde_json::Value::as_str) else {
		return Form::Json { missing: vec!["protocolVersion"] };
	};
	let text = |field: &str| card[field].as_str().unwrap_or_default().to_string();
	let skills = card["skills"].as_array().into_iter().flatten();
	Form::A2a {
		name: text("name"),
		version: text("version"),
		protocol_version: protocol_version.to_string(),
		skills: skills.filter_map(|skill| Some(skill["id"].as_str()?.to_string())).collect(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_a2a_card_is_told_from_other_documents() {
		let card = serde_json::json!({
			"protocolVersion": "0.3.0", "name": "Translator", "description": "Translates", "url": "https://example.org/a2a",
			"version": "1.0.0", "capabilities": {}, "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
			"skills": [{ "id": "translate", "name": "Translate" }, { "name": "nameless" }], "x-unknown": [1, 2],
		});
		let told = form_of(card.to_string().as_bytes());
		let expected = Form::A2a {
			name: "Translator".into(),
			version: "1.0.0".into(),
			protocol_version: "0.3.0".into(),
			skills: vec!["translate".into()],
		};
		assert_eq!(told, expected);
		let mut lacking = card.clone();
		lacking.as_object_mut().unwrap().remove("url");
		assert_eq!(form_of(lacking.to_string().as_bytes()), Form::Json { missing: vec!["url"] });
		let none = Form::Json { missing: [&A2A_FIELDS[..], &A2A_0_3_FIELDS].concat() };
		assert_eq!(form_of(b"{}"), none);
		let mut unversioned = card.clone();
		unversioned["protocolVersion"] = serde_json::json!(0.3);
		assert_eq!(
			form_of(unversioned.to_string().as_bytes()),
			Form::Json { missing: vec!["protocolVersion"] }
		);
		for other in [&b"[]"[..], b"plain text", b"", "[".repeat(100_000).as_bytes()] {
			assert_eq!(form_of(other), Form::Other);
		}
	}

	#[test]
	fn a_card_of_a2a_1_0_has_its_versions_with_its_interfaces() {
		let mut card = serde_json::json!({
			"name": "Translator", "description": "Translates", "version": "1.0.0", "capabilities": { "streaming": true },
			"supportedInterfaces": [
				{ "url": "https://example.org/a2a", "protocolBinding": "JSONRPC", "protocolVersion": "1.0" },
				{ "url": "https://example.org/old", "protocolBinding": "JSONRPC", "protocolVersion": "0.3" },
			],
			"defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
			"skills": [{ "id": "translate", "name": "Translate", "description": "…", "tags": ["de"] }],
		});
		let expected = |protocol_version: &str| Form::A2a {
			name: "Translator".into(),
			version: "1.0.0".into(),
			protocol_version: protocol_version.into(),
			skills: vec!["translate".into()],
		};
		assert_eq!(form_of(card.to_string().as_bytes()), expected("1.0"));
		// One that is for clients of both.
		card["protocolVersion"] = serde_json::json!("0.3.0");
		card["url"] = serde_json::json!("https://example.org/old");
		assert_eq!(form_of(card.to_string().as_bytes()), expected("1.0"));
		card.as_object_mut().unwrap().remove("skills");
		assert_eq!(form_of(card.to_string().as_bytes()), Form::Json { missing: vec!["skills"] });
		for interfaces in [serde_json::json!([]), serde_json::json!({}), serde_json::json!([{ "url": "x" }])]
		{
			card["skills"] = serde_json::json!([]);
			card["supportedInterfaces"] = interfaces;
			let told = form_of(card.to_string().as_bytes());
			assert_eq!(told, Form::Json { missing: vec!["protocolVersion"] }, "{card}");
		}
	}

	#[test]
	fn a_verified_card_has_stable_json_keys_and_a_table() {
		let form = Form::Json { missing: vec!["url", "skills"] };
		let verified = Verified { agent: 7, root: "0x01".into(), length: 5, locator: None, form };
		assert_eq!(
			serde_json::to_value(&verified).unwrap(),
			serde_json::json!({
				"agent": 7, "root": "0x01", "length": 5, "locator": null,
				"form": { "kind": "json", "missing": ["url", "skills"] },
			})
		);
		let human = verified.human();
		assert!(human.contains("lacks url, skills") && human.contains("every byte"), "{human}");
	}
}
