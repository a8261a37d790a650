//! `index_*`: what happened to an account, a datanet, a model, from the node's index of events.
//!
//! # Must not
//! Answer for blocks that the index lacks without saying so: each answer tells from which block it is complete and up to
//! which it reaches.
//!
//! # Invariants
//! A page's cursor is the place of its last event, which never changes. Following the cursors tells every event once that
//! was there at the first call, and none twice, whatever blocks arrive meanwhile. Oldest first, it tells those too.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	event_json::describe,
	registry::{Answer, Registry},
	types::to_hex,
};
use plexus_event_json::Described;
use plexus_primitives::{AgentId, BatchId, ChannelId, ContributionId, DatanetId, ModelId, Subject};
use plexus_runtime::{AccountId, VERSION};
use plexus_storage::{
	index::{HistoryPage, PAGE_MAX},
	Hash, IndexedEvent, Order, Place, StorageError,
};
use serde::{Deserialize, Serialize};
use sp_core::crypto::Ss58Codec;
use std::str::FromStr;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("index_history", history);
	registry.query("index_status", status);
}

/// Encoded bytes of a page's events, at most, unless it is one event: as JSON they are some eight times as many, and an
/// answer has 15 MiB. The longest event, a batch with all the claims that it may have, has 40 KiB.
const PAGE_BYTES_MAX: usize = 1024 * 1024;

const A_SUBJECT: &str =
	"an address, or account:ADDRESS, contributor:ADDRESS, datanet:ID, contribution:ID, model:ID, agent:ID, \
	 pool:ID, channel:ID, batch:ID or root:HASH";

/// Parameters: subject, cursor, limit, order.
fn history(context: &Context, arguments: &Arguments) -> Answer {
	if !context.index {
		return Err(RpcError::NoIndex);
	}
	let subject = arguments.text("subject")?;
	let key = parse_subject(&subject)?.key();
	let after =
		arguments.optional::<String>("cursor", A_CURSOR)?.map(|text| parse_cursor(&text)).transpose()?;
	let limit = arguments.optional("limit", "a number of events")?.unwrap_or(PAGE_MAX);
	let order = order(arguments)?;
	let page = context.database().history(&key, order, after, limit)?;
	json(&page_json(context, page)?)
}

fn status(context: &Context, _: &Arguments) -> Answer {
	if !context.index {
		return Err(RpcError::NoIndex);
	}
	let mark = context.database().index_mark()?;
	json(&StatusJson {
		complete_from: mark.map(|mark| mark.complete_from),
		indexed_to: mark.map(|mark| mark.indexed_to),
		bytes: context.database().index_bytes()?,
	})
}

/// The next parameter, `order`; the newest first if there is none.
pub fn order(arguments: &Arguments) -> Result<Order, RpcError> {
	Ok(match arguments.optional("order", "\"newest\" or \"oldest\", which is told first")? {
		None | Some(First::Newest) => Order::NewestFirst,
		Some(First::Oldest) => Order::OldestFirst,
	})
}

/// What is told first.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum First {
	Newest,
	Oldest,
}

/// What a cursor must be.
pub const A_CURSOR: &str = "the `next` of the page before, or the `cursor` of an event";

/// Reads what [`cursor`] writes.
pub fn parse_cursor(text: &str) -> Result<Place, RpcError> {
	let wrong = || RpcError::InvalidParams(format!("`cursor` must be {A_CURSOR}"));
	let (number, position) = text.split_once('-').ok_or_else(wrong)?;
	match (number.parse(), position.parse()) {
		(Ok(number), Ok(position)) => Ok(Place { number, position }),
		_ => Err(wrong()),
	}
}

/// A place, as clients hand it back.
pub fn cursor(place: Place) -> String {
	format!("{}-{}", place.number, place.position)
}

fn parse_subject(text: &str) -> Result<Subject, RpcError> {
	let wrong = |cause: String| RpcError::InvalidParams(format!("`subject` must be {A_SUBJECT}: {cause}"));
	let Some((kind, id)) = text.split_once(':') else {
		return account(text).map(Subject::Account).map_err(wrong);
	};
	match kind {
		"account" => account(id).map(Subject::Account),
		"contributor" => account(id).map(Subject::Contributor),
		"root" => bytes32(id).map(Subject::Root),
		"datanet" => number(id).map(|id| Subject::Datanet(DatanetId(id))),
		"contribution" => number(id).map(|id| Subject::Contribution(ContributionId(id))),
		"model" => number(id).map(|id| Subject::Model(ModelId(id))),
		"agent" => number(id).map(|id| Subject::Agent(AgentId(id))),
		"pool" => number(id).map(Subject::Pool),
		"channel" => number(id).map(|id| Subject::Channel(ChannelId(id))),
		"batch" => number(id).map(|id| Subject::Batch(BatchId(id))),
		_ => Err("there is no such kind".into()),
	}
	.map_err(wrong)
}

fn account(text: &str) -> Result<[u8; 32], String> {
	match text.starts_with("0x") {
		true => bytes32(text),
		false => AccountId::from_ss58check(text).map(Into::into).map_err(|error| error.to_string()),
	}
}

fn number<Number: FromStr<Err = std::num::ParseIntError>>(text: &str) -> Result<Number, String> {
	text.parse().map_err(|error: std::num::ParseIntError| error.to_string())
}

fn bytes32(text: &str) -> Result<[u8; 32], String> {
	let mut bytes = [0; 32];
	hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)
		.map_err(|error| error.to_string())?;
	Ok(bytes)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusJson {
	complete_from: Option<u32>,
	indexed_to: Option<u32>,
	/// On disk, without what is still in memory.
	bytes: u64,
}

/// `next` is `null` behind the last event that there is now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageJson {
	items: Vec<EventJson>,
	next: Option<String>,
	complete_from: Option<u32>,
	indexed_to: Option<u32>,
}

/// Names and fields are `null` for events of another runtime version, whose metadata decodes `data`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventJson {
	number: u32,
	hash: Option<Hash>,
	/// Its place among the block's events.
	event: u32,
	extrinsic: Option<u32>,
	extrinsic_hash: Option<Hash>,
	pallet: Option<String>,
	name: Option<String>,
	fields: Option<serde_json::Value>,
	data: String,
	spec_version: u32,
	cursor: String,
}

/// Cuts a page to the events that an answer takes.
pub fn cut(mut page: HistoryPage) -> HistoryPage {
	let fitting = fitting(page.events.iter().map(|(_, event)| event.event.len()));
	page.is_last &= fitting == page.events.len();
	page.events.truncate(fitting);
	page
}

/// The cursor of the page behind this one; nothing if it is the last.
pub fn next_of(page: &HistoryPage) -> Option<String> {
	page.events.last().filter(|_| !page.is_last).map(|(place, _)| cursor(*place))
}

fn page_json(context: &Context, page: HistoryPage) -> Result<PageJson, StorageError> {
	let page = cut(page);
	let next = next_of(&page);
	// Events of one block follow each other.
	let mut last: Option<(u32, Option<Hash>)> = None;
	let mut items = Vec::with_capacity(page.events.len());
	for (place, event) in page.events {
		let hash = match last {
			Some((number, hash)) if number == place.number => hash,
			_ => context.database().hash(place.number)?,
		};
		last = Some((place.number, hash));
		items.push(EventJson::new(place, hash, event));
	}
	Ok(PageJson {
		items,
		next,
		complete_from: page.mark.map(|mark| mark.complete_from),
		indexed_to: page.mark.map(|mark| mark.indexed_to),
	})
}

/// How many of events with these lengths a page takes; the first one always.
fn fitting(lengths: impl Iterator<Item = usize>) -> usize {
	let mut bytes = 0usize;
	let fits = |length: &usize| {
		let first = bytes == 0;
		bytes = bytes.saturating_add(*length);
		first || bytes <= PAGE_BYTES_MAX
	};
	lengths.take_while(fits).count()
}

impl EventJson {
	fn new(place: Place, hash: Option<Hash>, event: IndexedEvent) -> Self {
		let described = match event.spec_version == VERSION.spec_version {
			true => describe(&event.event),
			false => None,
		};
		let (pallet, name, fields) = match described {
			Some(Described { pallet, name, fields }) => (Some(pallet), Some(name), Some(fields)),
			None => (None, None, None),
		};
		Self {
			number: place.number,
			hash,
			event: place.position,
			extrinsic: event.extrinsic.map(|(place, _)| place),
			extrinsic_hash: event.extrinsic.map(|(_, hash)| hash),
			pallet,
			name,
			fields,
			data: to_hex(&event.event),
			spec_version: event.spec_version,
			cursor: cursor(place),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

	#[test]
	fn subjects_are_read_as_they_are_written() {
		let alice: [u8; 32] = sp_keyring::Sr25519Keyring::Alice.to_account_id().into();
		let in_hex = to_hex(&alice);
		for text in [ALICE, &in_hex, &format!("account:{ALICE}"), &format!("account:{in_hex}")] {
			assert_eq!(parse_subject(text), Ok(Subject::Account(alice)), "{text}");
		}
		assert_eq!(parse_subject(&format!("contributor:{ALICE}")), Ok(Subject::Contributor(alice)));
		for prefix in ["", "0x"] {
			let text = format!("root:{prefix}{}", "07".repeat(32));
			assert_eq!(parse_subject(&text), Ok(Subject::Root([7; 32])));
		}
		assert_eq!(parse_subject("datanet:4294967295"), Ok(Subject::Datanet(DatanetId(u32::MAX))));
		for subject in [
			Subject::Contribution(ContributionId(u64::MAX)),
			Subject::Model(ModelId(u64::MAX)),
			Subject::Agent(AgentId(u64::MAX)),
		] {
			assert_eq!(parse_subject(&format!("{}:{}", subject.kind(), u64::MAX)), Ok(subject));
		}
		assert_eq!(parse_subject("pool:0"), Ok(Subject::Pool(0)));
	}

	#[test]
	fn a_page_ends_before_its_events_are_too_long_and_never_without_one() {
		assert_eq!(fitting([].into_iter()), 0);
		assert_eq!(fitting([100, 100].into_iter()), 2);
		assert_eq!(fitting([PAGE_BYTES_MAX, 0].into_iter()), 2);
		assert_eq!(fitting([PAGE_BYTES_MAX - 1, 1, 1].into_iter()), 2);
		assert_eq!(fitting([PAGE_BYTES_MAX + 1, 1].into_iter()), 1);
		assert_eq!(fitting([1, PAGE_BYTES_MAX, 1].into_iter()), 1);
	}

	#[test]
	fn what_is_no_subject_or_cursor_is_refused_with_what_would_be() {
		for text in [
			"",
			":",
			"Alice",
			"0x00",
			"datanet:",
			"datanet:-1",
			"datanet:4294967296",
			"model:x",
			"modell:1",
			"root:00",
			"contributor:7",
			"account:datanet:7",
		] {
			let error = parse_subject(text).expect_err("refused").to_string();
			assert!(error.contains("`subject`") && error.contains("datanet:ID"), "{text:?}: {error}");
		}
		for text in ["", "-", "1", "1-", "-1", "1-2-3", "4294967296-0", "1-4294967296"] {
			let error = parse_cursor(text).expect_err("refused").to_string();
			assert!(error.contains("`cursor`"), "{text:?}: {error}");
		}
		let place = Place { number: u32::MAX, position: 0 };
		assert_eq!(parse_cursor(&cursor(place)), Ok(place));
	}
}
