//! `attribution_claimHistory`: claims of all batches, open and final ones, by what they are for or by whoever made them, from the node's
//! index of events.
//!
//! ```text
//! filter ─▶ subjects of the index ─▶ events about any of them, a page ─▶ claims in them ─▶ those that the filter wants
//! ```
//!
//! # Must not
//! Say what became of a claim: `attribution_claims` tells that of an open one, `index_history` of its batch that of a final one.
//!
//! # Invariants
//! - As `index_history`: a cursor is the place of the last event that a page looked at, so that following cursors tells every
//!   claim once that was there at the first call, and none twice.
//! - A call reads at most one page of the index, and the beginning of a batch's history for each claim on it that was moved.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	index::{cursor, cut, next_of, order, parse_cursor, A_CURSOR},
	registry::Answer,
};
use codec::DecodeAll;
use pallet_attribution::{
	types::{ClaimRecord, Share},
	Event,
};
use plexus_primitives::{BatchId, ContributionId, DatanetVersion, Evidence, Subject};
use plexus_runtime::{native::agent_of, AccountId, Agents, Runtime, RuntimeEvent, VERSION};
use plexus_storage::{index::PAGE_MAX, Database, IndexMark, IndexedEvent, Order, Place, StorageError};
use serde::{Deserialize, Serialize};
use sp_core::{crypto::Ss58Codec, Get};

/// Events of a batch that come before it is opened, beside one for each channel and each model: that it was submitted, and what
/// the protocol was paid. A few more do no harm.
const BEFORE_OPENED: usize = 8;

const A_FILTER: &str = "{\"contribution\": ID}, {\"account\": ADDRESS}, {\"batch\": ID} or \
	{\"receipt\": {\"batch\": ID, \"place\": PLACE}}";

/// Answers the call.
pub fn claim_history(context: &Context, arguments: &Arguments) -> Answer {
	if !context.index {
		return Err(RpcError::NoIndex);
	}
	let filter = Filter::try_from(arguments.required::<FilterJson>("filter", A_FILTER)?)?;
	let after =
		arguments.optional::<String>("cursor", A_CURSOR)?.map(|text| parse_cursor(&text)).transpose()?;
	let limit = arguments.optional("limit", "a number of events to look at")?.unwrap_or(PAGE_MAX);
	let order = order(arguments)?;
	json(&page(context.database(), &filter, order, after, limit)?)
}

/// Which claims are meant, as they are asked for.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum FilterJson {
	Contribution(u64),
	Account(String),
	Batch(u64),
	Receipt(ReceiptJson),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptJson {
	batch: u64,
	place: u32,
}

/// Which claims are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Filter {
	/// For this contribution, when they were made or when they were moved.
	Contribution(ContributionId),
	/// Made or moved by this account. Those that an agent makes are its own account's.
	Account(AccountId),
	/// Of this batch.
	Batch(BatchId),
	/// Of the receipt at this place of a batch.
	Receipt(BatchId, u32),
}

impl TryFrom<FilterJson> for Filter {
	type Error = RpcError;

	fn try_from(asked: FilterJson) -> Result<Self, RpcError> {
		Ok(match asked {
			FilterJson::Contribution(id) => Self::Contribution(ContributionId(id)),
			FilterJson::Account(address) => {
				Self::Account(AccountId::from_ss58check(&address).map_err(|error| {
					RpcError::InvalidParams(format!("`filter.account` must be an SS58 address: {error}"))
				})?)
			}
			FilterJson::Batch(id) => Self::Batch(BatchId(id)),
			FilterJson::Receipt(ReceiptJson { batch, place }) => Self::Receipt(BatchId(batch), place),
		})
	}
}

impl Filter {
	/// What the events with these claims are about.
	fn subjects(&self) -> Vec<Subject> {
		match self {
			Self::Contribution(id) => vec![Subject::Contribution(*id)],
			Self::Account(account) => {
				let own = Subject::Account(account.clone().into());
				std::iter::once(own).chain(agent_of(account).map(Subject::Agent)).collect()
			}
			Self::Batch(id) | Self::Receipt(id, _) => vec![Subject::Batch(*id)],
		}
	}

	fn wants(&self, claim: &Told) -> bool {
		match self {
			Self::Contribution(id) => claim.contribution == *id,
			Self::Account(account) => claim.by == *account,
			Self::Batch(id) => claim.batch == *id,
			Self::Receipt(id, place) => {
				claim.batch == *id && claim.terms.as_ref().is_some_and(|terms| terms.receipt == *place)
			}
		}
	}
}

/// A claim that an event tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
	batch: BatchId,
	/// Its place there.
	claim: u32,
	/// Whether it was moved here, and not made.
	moved: bool,
	by: AccountId,
	contribution: ContributionId,
	version: DatanetVersion,
	/// Nothing of one that was moved if the index lacks the block in which it was made.
	terms: Option<Terms>,
}

/// What stays of a claim wherever it is moved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Terms {
	/// The receipt's place in the batch.
	receipt: u32,
	/// The receipt's model.
	model: u64,
	method: u32,
	/// In the form that `POST /receipts` of a server takes. Where it was moved, another range of the other contribution has
	/// the same bytes.
	evidence: Evidence,
	/// What it moves, the submitter's part included.
	amount: String,
}

impl Terms {
	fn new(claim: &ClaimRecord<AccountId>, models: &[Share]) -> Option<Self> {
		Some(Self {
			receipt: claim.receipt,
			model: models.get(claim.model as usize)?.model.0,
			method: claim.method.0,
			evidence: claim.evidence,
			amount: claim.amount.to_string(),
		})
	}
}

fn page(
	database: &Database,
	filter: &Filter,
	order: Order,
	after: Option<Place>,
	limit: usize,
) -> Result<PageJson, StorageError> {
	let keys: Vec<_> = filter.subjects().iter().map(Subject::key).collect();
	let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
	let page = cut(database.history_of_any(&keys, order, after, limit)?);
	let next = next_of(&page);
	let (mut items, mut undecoded) = (Vec::new(), 0);
	for (place, event) in page.events {
		match decode(&event) {
			None => undecoded += 1,
			Some(event) => {
				let wanted = claims(database, event)?.into_iter().filter(|claim| filter.wants(claim));
				items.extend(wanted.map(|claim| ClaimJson::new(place, claim)));
			}
		}
	}
	let (complete_from, indexed_to) =
		page.mark.map(|IndexMark { complete_from, indexed_to }| (complete_from, indexed_to)).unzip();
	Ok(PageJson { items, next, undecoded, complete_from, indexed_to })
}

/// Nothing if another version of the runtime wrote it.
fn decode(event: &IndexedEvent) -> Option<RuntimeEvent> {
	let of_this_version = event.spec_version == VERSION.spec_version;
	of_this_version.then(|| RuntimeEvent::decode_all(&mut &event.event[..]).ok()).flatten()
}

/// The claims that an event makes or moves.
fn claims(database: &Database, event: RuntimeEvent) -> Result<Vec<Told>, StorageError> {
	Ok(match event {
		RuntimeEvent::Attribution(Event::BatchOpened { batch, server, models, claims, .. }) => {
			let by = Agents::account_of(server);
			(0..).zip(claims.iter()).map(|(place, claim)| made(batch, &by, place, claim, &models)).collect()
		}
		RuntimeEvent::Attribution(Event::ClaimMoved { batch, claim, contribution, version, by, .. }) => {
			let terms = terms_of(database, batch, claim)?;
			vec![Told { batch, claim, moved: true, by, contribution, version, terms }]
		}
		_ => Vec::new(),
	})
}

fn made(
	batch: BatchId,
	by: &AccountId,
	place: u32,
	claim: &ClaimRecord<AccountId>,
	models: &[Share],
) -> Told {
	Told {
		batch,
		claim: place,
		moved: false,
		by: by.clone(),
		contribution: claim.contribution,
		version: claim.version,
		terms: Terms::new(claim, models),
	}
}

/// Among the first so many events of a batch is that it was opened, if it was.
fn opened_within() -> usize {
	let channels: u32 = <Runtime as pallet_receipts::Config>::BatchChannelsMax::get();
	let models: u32 = <Runtime as pallet_receipts::Config>::BatchModelsMax::get();
	(channels as usize).saturating_add(models as usize).saturating_add(BEFORE_OPENED)
}

/// The terms of a batch's claim, from the event that opened the batch.
fn terms_of(database: &Database, batch: BatchId, place: u32) -> Result<Option<Terms>, StorageError> {
	let key = Subject::Batch(batch).key();
	let first = database.history(&key, Order::OldestFirst, None, opened_within())?;
	let opened = first.events.iter().find_map(|(_, event)| match decode(event)? {
		RuntimeEvent::Attribution(Event::BatchOpened { batch: opened, models, claims, .. })
			if opened == batch =>
		{
			Some((models, claims))
		}
		_ => None,
	});
	Ok(opened.and_then(|(models, claims)| Terms::new(claims.get(place as usize)?, &models)))
}

/// `next` is `null` behind the last event that there is now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageJson {
	items: Vec<ClaimJson>,
	next: Option<String>,
	/// How many of the events that were looked at another runtime version wrote: what they claim is not told.
	undecoded: u32,
	complete_from: Option<u32>,
	indexed_to: Option<u32>,
}

#[derive(Serialize)]
struct ClaimJson {
	batch: u64,
	claim: u32,
	/// The block in which it was made or moved.
	block: u32,
	/// The event that says so; with it the page can be gone on with.
	cursor: String,
	/// Whether somebody showed the same bytes in this earlier contribution.
	moved: bool,
	/// Who made or moved it.
	by: String,
	contribution: u64,
	version: u32,
	terms: Option<Terms>,
}

impl ClaimJson {
	fn new(place: Place, claim: Told) -> Self {
		let Told { batch, claim, moved, by, contribution, version, terms } = claim;
		Self {
			batch: batch.0,
			claim,
			block: place.number,
			cursor: cursor(place),
			moved,
			by: by.to_ss58check(),
			contribution: contribution.0,
			version: version.0,
			terms,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::AgentId;

	fn filter(asked: serde_json::Value) -> Result<Filter, String> {
		let asked: FilterJson = serde_json::from_value(asked).map_err(|error| error.to_string())?;
		Filter::try_from(asked).map_err(|error| error.to_string())
	}

	fn told(terms: Option<Terms>) -> Told {
		Told {
			batch: BatchId(2),
			claim: 0,
			moved: true,
			by: AccountId::new([3; 32]),
			contribution: ContributionId(4),
			version: DatanetVersion(1),
			terms,
		}
	}

	#[test]
	fn the_account_of_an_agent_is_looked_for_as_the_agent_too() {
		let own = Agents::account_of(AgentId(4));
		let subjects = |account: &AccountId| Filter::Account(account.clone()).subjects();
		assert_eq!(subjects(&own), [Subject::Account(own.clone().into()), Subject::Agent(AgentId(4))]);
		assert_eq!(subjects(&AccountId::new([3; 32])), [Subject::Account([3; 32])]);
	}

	#[test]
	fn filters_are_read_as_they_are_documented_and_nothing_beside_them() {
		let json = serde_json::json!({ "receipt": { "batch": 2, "place": 1 } });
		assert_eq!(filter(json), Ok(Filter::Receipt(BatchId(2), 1)));
		assert_eq!(filter(serde_json::json!({ "batch": 2 })), Ok(Filter::Batch(BatchId(2))));
		for wrong in [
			serde_json::json!({}),
			serde_json::json!({ "batch": 2, "contribution": 1 }),
			serde_json::json!({ "receipt": { "batch": 2 } }),
			serde_json::json!({ "receipt": { "batch": 2, "place": 1, "claim": 0 } }),
			serde_json::json!({ "account": 3 }),
			serde_json::json!("batch"),
		] {
			assert!(filter(wrong.clone()).is_err(), "{wrong}");
		}
	}

	#[test]
	fn each_filter_wants_its_own_claims() {
		let evidence = Evidence::Grounded { offset: 0, length: 1 };
		let terms = Terms { receipt: 1, model: 0, method: 0, evidence, amount: "5".into() };
		let (known, unknown) = (told(Some(terms)), told(None));
		for (filter, of_known, of_unknown) in [
			(Filter::Contribution(ContributionId(4)), true, true),
			(Filter::Contribution(ContributionId(5)), false, false),
			(Filter::Account(AccountId::new([3; 32])), true, true),
			(Filter::Account(AccountId::new([4; 32])), false, false),
			(Filter::Batch(BatchId(2)), true, true),
			(Filter::Batch(BatchId(3)), false, false),
			// Of which receipt it is stands in the terms.
			(Filter::Receipt(BatchId(2), 1), true, false),
			(Filter::Receipt(BatchId(2), 0), false, false),
			(Filter::Receipt(BatchId(3), 1), false, false),
		] {
			assert_eq!((filter.wants(&known), filter.wants(&unknown)), (of_known, of_unknown), "{filter:?}");
		}
	}
}
