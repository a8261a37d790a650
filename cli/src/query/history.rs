//! `plexus query history`: what happened to something, from the node's index of events.
//!
//! # Must not
//! Ask for more than a page at once.

use crate::{
	address::{display, parse_account},
	client::Client,
	failure::Failure,
	keys::ChainKind,
	output::{self, Answer},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use subxt::rpcs::client::rpc_params;

/// The most events that a node tells at once.
const PAGE_MAX: i64 = 256;

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// An address, or datanet:ID, contribution:ID, model:ID, agent:ID, pool:ID, channel:ID, batch:ID, root:HASH;
	/// contributor:ADDRESS for the contributions of an account.
	subject: String,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "PLACE")]
	cursor: Option<String>,

	/// How many to list at most.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX))]
	limit: u32,

	/// The earliest first, instead of the latest.
	#[arg(long)]
	oldest_first: bool,
}

/// A page as the node answers it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
	items: Vec<ToldEvent>,
	next: Option<String>,
	complete_from: Option<u32>,
	indexed_to: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldEvent {
	number: u32,
	hash: Option<String>,
	event: u32,
	extrinsic: Option<u32>,
	extrinsic_hash: Option<String>,
	pallet: Option<String>,
	name: Option<String>,
	fields: Value,
	data: String,
	cursor: String,
}

/// A page of events.
#[derive(Serialize)]
pub(super) struct Page {
	/// What they are about.
	subject: String,
	events: Vec<Event>,
	/// Cursor of the next page; `null` at the end.
	next: Option<String>,
	/// From this block on no event is missing; `null` if the node has indexed none yet.
	complete_from: Option<u32>,
	/// The last block that the node has indexed.
	indexed_to: Option<u32>,
}

/// An event.
#[derive(Serialize)]
struct Event {
	block: u32,
	block_hash: Option<String>,
	/// Its place among the block's events.
	event: u32,
	/// The extrinsic that it belongs to; `null` for what the block does by itself.
	extrinsic: Option<u32>,
	extrinsic_hash: Option<String>,
	/// Pallet and event; `null` if another runtime version wrote it.
	name: Option<String>,
	/// By name; `null` if another runtime version wrote it. Amounts are strings that count 10^-12 PLX.
	fields: Value,
	/// The event in SCALE.
	data: String,
	/// For `--cursor`, to go on behind this event.
	cursor: String,
}

impl From<ToldEvent> for Event {
	fn from(told: ToldEvent) -> Self {
		let name = told.pallet.zip(told.name).map(|(pallet, name)| format!("{pallet}.{name}"));
		Self {
			block: told.number,
			block_hash: told.hash,
			event: told.event,
			extrinsic: told.extrinsic,
			extrinsic_hash: told.extrinsic_hash,
			name,
			fields: told.fields,
			data: told.data,
			cursor: told.cursor,
		}
	}
}

impl Answer for Page {
	fn human(&self) -> String {
		let rows = self.events.iter().map(|event| {
			[
				format!("{}-{}", event.block, event.extrinsic.map_or("–".into(), |place| place.to_string())),
				event.name.clone().unwrap_or_else(|| "of another version".into()),
				match &event.fields {
					Value::Null => event.data.clone(),
					fields => readable(fields),
				},
			]
		});
		let table = match self.events.is_empty() {
			true => "nothing happened to it".into(),
			false => output::columns(["BLOCK-EXTRINSIC", "EVENT", "FIELDS"], rows),
		};
		let reach = output::index_reach(self.complete_from, self.indexed_to);
		format!("{}{reach}", output::with_cursor(table, self.next.as_ref()))
	}
}

/// Fields in one line: `name: value, …`.
fn readable(fields: &Value) -> String {
	match fields {
		Value::String(text) => text.clone(),
		Value::Array(items) => format!("[{}]", items.iter().map(readable).collect::<Vec<_>>().join(", ")),
		Value::Object(named) => {
			let named = named.iter().map(|(name, value)| match value {
				Value::Object(_) => format!("{name}: {{ {} }}", readable(value)),
				_ => format!("{name}: {}", readable(value)),
			});
			named.collect::<Vec<_>>().join(", ")
		}
		Value::Null => "–".into(),
		other => other.to_string(),
	}
}

pub(super) async fn history(client: &Client, args: Args) -> Result<Page, Failure> {
	let subject = subject(&args.subject, &client.chain_kind().await?)?;
	let order = if args.oldest_first { "oldest" } else { "newest" };
	let params = rpc_params![&subject, args.cursor, args.limit, order];
	let told: Told = client.request("index_history", params).await?;
	Ok(Page {
		subject,
		events: told.items.into_iter().map(Event::from).collect(),
		next: told.next,
		complete_from: told.complete_from,
		indexed_to: told.indexed_to,
	})
}

/// The subject as the node takes it: names of accounts become addresses, all else is the node's to judge.
fn subject(text: &str, chain: &ChainKind) -> Result<String, Failure> {
	let text = text.trim();
	// The colon of a development key's path belongs to nothing else: `//Alice` has none.
	let (kind, account) = match text.split_once(':') {
		None => ("account", text),
		Some((kind @ ("account" | "contributor"), account)) => (kind, account),
		Some(_) => return Ok(text.into()),
	};
	Ok(format!("{kind}:{}", display(&parse_account(account, chain)?)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

	fn told() -> Told {
		serde_json::from_value(json!({
			"items": [
				{
					"number": 7, "hash": "0x07", "event": 3, "extrinsic": 2, "extrinsicHash": "0x02", "pallet": "Datanets",
					"name": "OwnerProposed", "fields": { "datanet": 4, "proposed": null }, "data": "0x0a00",
					"specVersion": 102, "cursor": "7-3",
				},
				{
					"number": 6, "hash": null, "event": 0, "extrinsic": null, "extrinsicHash": null, "pallet": null,
					"name": null, "fields": null, "data": "0xff", "specVersion": 1, "cursor": "6-0",
				},
			],
			"next": "6-0", "completeFrom": 5, "indexedTo": 9,
		}))
		.expect("what a node answers")
	}

	fn page(told: Told) -> Page {
		Page {
			subject: "datanet:4".into(),
			events: told.items.into_iter().map(Event::from).collect(),
			next: told.next,
			complete_from: told.complete_from,
			indexed_to: told.indexed_to,
		}
	}

	#[test]
	fn a_page_tells_events_the_way_on_and_what_may_be_missing() {
		let text = page(told()).human();
		assert!(text.contains("7-2") && text.contains("Datanets.OwnerProposed"), "{text}");
		assert!(text.contains("datanet: 4, proposed: –"), "{text}");
		assert!(text.contains("of another version") && text.contains("0xff"), "{text}");
		assert!(text.contains("more with --cursor 6-0"), "{text}");
		assert!(text.contains("blocks 5 to 9"), "{text}");
		let empty = Told { items: Vec::new(), next: None, complete_from: Some(0), indexed_to: Some(9) };
		assert_eq!(page(empty).human(), "nothing happened to it");
	}

	#[test]
	fn json_keeps_fields_as_they_are() {
		let json = serde_json::to_value(page(told())).expect("plain data");
		assert_eq!(json["events"][0]["fields"], json!({ "datanet": 4, "proposed": null }));
		assert_eq!(json["events"][0]["name"], "Datanets.OwnerProposed");
		assert_eq!((&json["events"][1]["name"], &json["next"]), (&Value::Null, &json!("6-0")));
	}

	#[test]
	fn accounts_are_resolved_and_other_subjects_passed_on() {
		let dev = ChainKind::from_json(&json!("Development"));
		for text in ["//Alice", ALICE, "account://Alice"] {
			assert_eq!(subject(text, &dev).expect("an account"), format!("account:{ALICE}"));
		}
		assert_eq!(subject("contributor://Alice", &dev).expect("an account"), format!("contributor:{ALICE}"));
		for text in ["datanet:4", "root:00", "unknown:1"] {
			assert_eq!(subject(text, &dev).expect("passed on"), text);
		}
		for text in ["Alice", "account:Alice", "contributor:4"] {
			assert!(subject(text, &dev).is_err(), "{text}");
		}
		let live = ChainKind::from_json(&json!("Live"));
		assert!(subject("//Alice", &live).is_err(), "a development key");
	}

	#[test]
	fn nested_fields_stay_readable() {
		let fields =
			json!({ "content": { "len": 9, "root": "0x07" }, "curators": ["a", "b"], "verdict": "Reject" });
		assert_eq!(readable(&fields), "content: { len: 9, root: 0x07 }, curators: [a, b], verdict: Reject");
	}
}
