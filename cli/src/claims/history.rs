//! What happened to batches and accounts, from the node's index of events, as types.
//!
//! # Must not
//! Take a page for everything: whoever reads learns whether there is more, and from which block the index is complete.
//!
//! # Invariants
//! Events are decoded from their SCALE bytes. One of another runtime version has no name, and is none of these.

use super::chain::{Moved, Parameters, Sampling, Share};
use crate::{client::Client, failure::Failure, output::hex};
use codec::{Decode, DecodeAll};
use plexus_primitives::{
	AgentId, BatchId, ChannelId, ContributionId, DatanetId, DatanetVersion, Evidence, MethodId, ModelId,
};
use serde::Deserialize;
use serde_json::Value;
use sp_core::crypto::AccountId32;
use subxt::rpcs::client::rpc_params;

/// Events of a page: as many as a node tells at once.
const PAGE: u32 = 256;

/// What is asked for, and how it is answered.
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
	event: u32,
	extrinsic: Option<u32>,
	pallet: Option<String>,
	name: Option<String>,
	fields: Value,
	data: String,
}

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Happened {
	pub(crate) block: u32,
	/// Its place among the block's events.
	pub(crate) event: u32,
	pub(crate) extrinsic: Option<u32>,
	/// Pallet and event; nothing if another runtime version wrote it.
	pub(crate) name: Option<String>,
	/// By name.
	pub(crate) fields: Value,
	/// Behind the indices of pallet and event.
	bytes: Vec<u8>,
}

impl Happened {
	/// Its fields, if it is the event with this name.
	pub(crate) fn decode<Fields: DecodeAll>(&self, name: &str) -> Option<Fields> {
		(self.name.as_deref() == Some(name)).then_some(())?;
		Fields::decode_all(&mut &self.bytes[..]).ok()
	}

	/// Of which transaction it is.
	pub(crate) fn transaction(&self) -> (u32, Option<u32>) {
		(self.block, self.extrinsic)
	}
}

impl From<ToldEvent> for Happened {
	fn from(told: ToldEvent) -> Self {
		let bytes = hex::decode(told.data.trim_start_matches("0x")).unwrap_or_default();
		Self {
			block: told.number,
			event: told.event,
			extrinsic: told.extrinsic,
			name: told.pallet.zip(told.name).map(|(pallet, name)| format!("{pallet}.{name}")),
			fields: told.fields,
			bytes: bytes.get(2..).unwrap_or_default().to_vec(),
		}
	}
}

/// What a node told of a subject.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
	/// In the order that was asked for.
	pub(crate) events: Vec<Happened>,
	/// Whether it went on behind the bound.
	pub(crate) cut: bool,
	/// From this block on no event is missing.
	pub(crate) complete_from: Option<u32>,
	/// The last block that the node has indexed.
	pub(crate) indexed_to: Option<u32>,
}

impl History {
	/// Whether nothing that ever happened is missing.
	pub(crate) fn is_whole(&self) -> bool {
		!self.cut && matches!(self.complete_from, Some(0 | 1))
	}
}

/// Up to `max` events of a subject, the oldest or the newest first.
///
/// # Errors
/// The node has no index, or does not answer.
pub(crate) async fn history(
	client: &Client,
	subject: &str,
	newest_first: bool,
	max: usize,
) -> Result<History, Failure> {
	let (mut found, mut cursor) = (History::default(), None::<String>);
	let order = if newest_first { "newest" } else { "oldest" };
	loop {
		let params = rpc_params![subject, &cursor, PAGE, order];
		let told: Told = client.request("index_history", params).await?;
		let is_empty = told.items.is_empty();
		found.events.extend(told.items.into_iter().map(Happened::from));
		(found.complete_from, found.indexed_to) = (told.complete_from, told.indexed_to);
		cursor = told.next;
		if cursor.is_none() || is_empty || found.events.len() >= max {
			found.cut = cursor.is_some() || found.events.len() > max;
			found.events.truncate(max);
			return Ok(found);
		}
	}
}

/// The subject of a batch.
pub(crate) fn of_batch(id: BatchId) -> String {
	format!("batch:{}", id.0)
}

/// The subject of a channel.
pub(crate) fn of_channel(id: ChannelId) -> String {
	format!("channel:{}", id.0)
}

/// What a payer fixed when it opened a channel.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ChannelTerms {
	signer: AccountId32,
	models: Vec<ModelId>,
	/// The versions that contexts may come from.
	pub(crate) corpora: Vec<(DatanetId, DatanetVersion)>,
	expires_at_ms: u64,
}

/// `Receipts.ChannelOpened`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ChannelOpened {
	pub(crate) channel: ChannelId,
	payer: AccountId32,
	server: AgentId,
	pub(crate) terms: ChannelTerms,
	locked: u128,
	deposit: u128,
}

/// `Receipts.BatchSubmitted`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct BatchSubmitted {
	pub(crate) batch: BatchId,
	pub(crate) server: AgentId,
	pub(crate) root: [u8; 32],
	pub(crate) receipts: u32,
	gross: u128,
	clearable_from_ms: u64,
	deposit: u128,
}

/// `Receipts.ChannelRedeemed`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ChannelRedeemed {
	pub(crate) batch: BatchId,
	pub(crate) channel: ChannelId,
	pub(crate) receipts: u32,
	amount: u128,
	/// The last one's.
	pub(crate) sequence: u64,
	acc: [u8; 32],
}

/// `Receipts.ModelEarned`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ModelEarned {
	pub(crate) batch: BatchId,
	pub(crate) model: ModelId,
	protocol: u128,
	revenue: u128,
	pub(crate) to_server: u128,
	to_data: u128,
}

/// `Receipts.DeveloperCredited`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct DeveloperCredited {
	pub(crate) model: ModelId,
	pub(crate) developer: AccountId32,
	pub(crate) amount: u128,
}

/// `Receipts.RoyaltyCredited`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct RoyaltyCredited {
	pub(crate) model: ModelId,
	pub(crate) ancestor: ModelId,
	pub(crate) developer: AccountId32,
	pub(crate) to_developer: u128,
	to_data: u128,
}

/// `Validators.RewardClaimed`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct RewardClaimed {
	pub(crate) who: AccountId32,
	pub(crate) amount: u128,
}

/// A claim of a batch as it was opened.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ClaimRecord {
	pub(crate) receipt: u32,
	/// The place of its model among the batch's.
	pub(crate) model: u32,
	pub(crate) contribution: ContributionId,
	pub(crate) version: DatanetVersion,
	pub(crate) method: MethodId,
	pub(crate) evidence: Evidence,
	pub(crate) amount: u128,
	proven: bool,
	moved: Option<Moved>,
}

/// `Attribution.BatchOpened`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct BatchOpened {
	pub(crate) batch: BatchId,
	pub(crate) server: AgentId,
	pub(crate) root: [u8; 32],
	pub(crate) receipts: u32,
	pub(crate) parameters: Parameters,
	pub(crate) models: Vec<Share>,
	pub(crate) claims: Vec<ClaimRecord>,
	pub(crate) hold: u128,
	deposit: u128,
	sampling: Sampling,
	pub(crate) ends_at_ms: u64,
}

/// `Attribution.ClaimMoved`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ClaimMoved {
	pub(crate) batch: BatchId,
	pub(crate) claim: u32,
	pub(crate) contribution: ContributionId,
	pub(crate) version: DatanetVersion,
	pub(crate) by: AccountId32,
	pub(crate) number: u64,
}

/// `Attribution.ClaimsPaid`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ClaimsPaid {
	pub(crate) batch: BatchId,
	pub(crate) first: u32,
	pub(crate) count: u32,
	pub(crate) contributions: u128,
	pub(crate) submitters: u128,
}

/// `Attribution.ContributionPaid`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ContributionPaid {
	pub(crate) batch: BatchId,
	pub(crate) contribution: ContributionId,
	pub(crate) amount: u128,
}

/// `Attribution.SubmitterPaid`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct SubmitterPaid {
	pub(crate) batch: BatchId,
	pub(crate) account: AccountId32,
	pub(crate) amount: u128,
}

/// `Attribution.ClaimsVoided`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ClaimsVoided {
	pub(crate) batch: BatchId,
	pub(crate) challenger: AccountId32,
	pub(crate) reward: u128,
	pub(crate) burned: u128,
}

/// `Attribution.UnlistedShown`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct UnlistedShown {
	pub(crate) batch: BatchId,
	pub(crate) source: super::chain::Unlisted,
}

/// `Attribution.UnlistedPaid`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct UnlistedPaid {
	pub(crate) batch: BatchId,
	pub(crate) receipt: u32,
	pub(crate) start: u64,
	pub(crate) model: ModelId,
	pub(crate) amount: u128,
	bond: u128,
}

/// `Attribution.UnlistedAnswered`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct UnlistedAnswered {
	pub(crate) batch: BatchId,
	receipt: u32,
	start: u64,
	contribution: ContributionId,
	version: DatanetVersion,
	pub(crate) by: AccountId32,
	pub(crate) bond: u128,
}

/// `Attribution.ClaimProven`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ClaimProven {
	pub(crate) batch: BatchId,
	pub(crate) claim: u32,
	sampled: bool,
	/// What the server got of a demand's price; 0 if nobody demanded it.
	pub(crate) paid: u128,
}

/// `Attribution.BatchFinal`.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct BatchFinal {
	pub(crate) batch: BatchId,
	pub(crate) hold: u128,
	deposit: u128,
}

/// A history for tests, of events as they are encoded.
#[cfg(test)]
pub(crate) fn happened(block: u32, event: u32, name: &str, fields: &impl codec::Encode) -> Happened {
	let bytes = fields.encode();
	Happened { block, event, extrinsic: Some(1), name: Some(name.into()), fields: Value::Null, bytes }
}

/// The subject of an account, as the node takes it.
pub(crate) fn of_account(kind: &str, account: &AccountId32) -> String {
	format!("{kind}:{}", hex(account))
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use pallet_attribution::types;
	use plexus_runtime::Runtime;
	use serde_json::json;
	use sp_runtime::BoundedVec;

	type Event = pallet_attribution::Event<Runtime>;

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	/// The event as the index tells it: behind the index of its pallet.
	fn told_by(pallet: &str, name: &str, event: impl Encode) -> Happened {
		let data = hex([&[15][..], &event.encode()].concat());
		let told = json!({
			"number": 7, "hash": null, "event": 3, "extrinsic": 2, "extrinsicHash": null, "pallet": pallet,
			"name": name, "fields": null, "data": data, "specVersion": 1, "cursor": "7-3",
		});
		let told: ToldEvent = serde_json::from_value(told).expect("what a node answers");
		told.into()
	}

	fn told(name: &str, event: Event) -> Happened {
		told_by("Attribution", name, event)
	}

	#[test]
	fn a_batch_that_was_opened_is_read_as_the_pallet_told_it() {
		let record = types::ClaimRecord {
			receipt: 1,
			model: 0,
			contribution: ContributionId(2),
			version: DatanetVersion(3),
			method: MethodId(4),
			evidence: Evidence::Grounded { offset: 5, length: 6 },
			amount: 7,
			proven: false,
			moved: None,
		};
		let share =
			types::Share { model: ModelId(8), fees: 9, data: 10, claimed: 11, developer: 12, held: 13 };
		let opened = told(
			"BatchOpened",
			Event::BatchOpened {
				batch: BatchId(14),
				server: AgentId(15),
				root: [16; 32],
				receipts: 17,
				parameters: types::Parameters::DEVELOPMENT,
				models: BoundedVec::truncate_from(vec![share]),
				claims: BoundedVec::truncate_from(vec![record]),
				hold: 18,
				deposit: 19,
				sampling: types::Sampling::Due { at: 20 },
				ends_at_ms: 21,
			},
		);
		let read: BatchOpened = opened.decode("Attribution.BatchOpened").expect("it is that event");
		assert_eq!((read.batch, read.root, read.receipts), (BatchId(14), [16; 32], 17));
		assert_eq!((read.claims[0].contribution, read.claims[0].amount), (ContributionId(2), 7));
		assert_eq!((read.models[0].data, read.hold, read.ends_at_ms), (10, 18, 21));
		assert_eq!(opened.decode::<BatchOpened>("Attribution.BatchFinal"), None);
		assert_eq!(opened.transaction(), (7, Some(2)));
	}

	#[test]
	fn what_becomes_of_claims_is_read_as_the_pallet_told_it() {
		let (batch, contribution, version) = (BatchId(1), ContributionId(2), DatanetVersion(3));
		let moved = Event::ClaimMoved { batch, claim: 4, contribution, version, by: account(5), number: 6 };
		let moved: ClaimMoved =
			told("ClaimMoved", moved).decode("Attribution.ClaimMoved").expect("that event");
		assert_eq!((moved.claim, moved.contribution, moved.number), (4, contribution, 6));
		let paid = Event::ClaimsPaid { batch, first: 1, count: 2, contributions: 3, submitters: 4 };
		let paid: ClaimsPaid = told("ClaimsPaid", paid).decode("Attribution.ClaimsPaid").expect("that event");
		assert_eq!((paid.first, paid.count, paid.contributions, paid.submitters), (1, 2, 3, 4));
		let paid = Event::ContributionPaid { batch, contribution, amount: 9 };
		let name = "Attribution.ContributionPaid";
		let paid: ContributionPaid = told("ContributionPaid", paid).decode(name).expect("that event");
		assert_eq!((paid.batch, paid.contribution, paid.amount), (batch, contribution, 9));
		let paid = Event::SubmitterPaid { batch, account: account(5), amount: 9 };
		let paid: SubmitterPaid =
			told("SubmitterPaid", paid).decode("Attribution.SubmitterPaid").expect("that event");
		assert_eq!((paid.account, paid.amount), (account(5), 9));
		let voided = Event::ClaimsVoided { batch, challenger: account(5), reward: 6, burned: 7 };
		let voided: ClaimsVoided =
			told("ClaimsVoided", voided).decode("Attribution.ClaimsVoided").expect("that event");
		assert_eq!((voided.challenger, voided.reward, voided.burned), (account(5), 6, 7));
		let over = Event::BatchFinal { batch, hold: 5, deposit: 6 };
		let over: BatchFinal = told("BatchFinal", over).decode("Attribution.BatchFinal").expect("that event");
		assert_eq!((over.batch, over.hold), (batch, 5));
		let paid = Event::UnlistedPaid { batch, receipt: 1, start: 2, model: ModelId(3), amount: 4, bond: 5 };
		let paid: UnlistedPaid =
			told("UnlistedPaid", paid).decode("Attribution.UnlistedPaid").expect("that event");
		assert_eq!((paid.receipt, paid.start, paid.amount), (1, 2, 4));
		let proven = Event::ClaimProven { batch, claim: 4, sampled: true, paid: 5 };
		let proven: ClaimProven =
			told("ClaimProven", proven).decode("Attribution.ClaimProven").expect("that event");
		assert_eq!((proven.batch, proven.claim, proven.paid), (batch, 4, 5));
		let (receipt, start, by) = (1, 2, account(5));
		let answered = Event::UnlistedAnswered { batch, receipt, start, contribution, version, by, bond: 6 };
		let answered: UnlistedAnswered =
			told("UnlistedAnswered", answered).decode("Attribution.UnlistedAnswered").expect("that event");
		assert_eq!((answered.batch, answered.by, answered.bond), (batch, account(5), 6));
	}

	#[test]
	fn a_channel_that_was_opened_is_read_as_the_pallet_told_it() {
		let corpora = vec![(DatanetId(4), DatanetVersion(5)), (DatanetId(4), DatanetVersion(6))];
		let terms = pallet_receipts::ChannelTerms::<Runtime> {
			signer: account(2),
			models: BoundedVec::truncate_from(vec![ModelId(3)]),
			corpora: BoundedVec::truncate_from(corpora.clone()),
			expires_at_ms: 7,
		};
		let (channel, payer, server) = (ChannelId(8), account(9), AgentId(10));
		let opened = pallet_receipts::Event::<Runtime>::ChannelOpened {
			channel,
			payer,
			server,
			terms,
			locked: 11,
			deposit: 12,
		};
		let name = "Receipts.ChannelOpened";
		let opened: ChannelOpened =
			told_by("Receipts", "ChannelOpened", opened).decode(name).expect("that event");
		assert_eq!((opened.channel, opened.terms.corpora), (channel, corpora));
	}

	#[test]
	fn what_is_credited_for_serving_models_and_stake_is_read_as_the_pallets_told_it() {
		use pallet_receipts::Event as Receipts;
		let (batch, model, ancestor, developer) = (BatchId(1), ModelId(2), ModelId(3), account(4));
		let earned = Receipts::<Runtime>::ModelEarned {
			batch,
			model,
			protocol: 5,
			revenue: 6,
			to_server: 7,
			to_data: 8,
		};
		let earned: ModelEarned =
			told_by("Receipts", "ModelEarned", earned).decode("Receipts.ModelEarned").expect("that event");
		assert_eq!((earned.batch, earned.model, earned.to_server), (batch, model, 7));
		let pulled =
			Receipts::<Runtime>::DeveloperCredited { model, developer: developer.clone(), amount: 9 };
		let name = "Receipts.DeveloperCredited";
		let pulled: DeveloperCredited =
			told_by("Receipts", "DeveloperCredited", pulled).decode(name).expect("that event");
		assert_eq!((pulled.model, pulled.developer, pulled.amount), (model, developer.clone(), 9));
		let royalty = Receipts::<Runtime>::RoyaltyCredited {
			model,
			ancestor,
			developer: developer.clone(),
			to_developer: 10,
			to_data: 11,
		};
		let name = "Receipts.RoyaltyCredited";
		let royalty: RoyaltyCredited =
			told_by("Receipts", "RoyaltyCredited", royalty).decode(name).expect("that event");
		assert_eq!((royalty.ancestor, royalty.developer, royalty.to_developer), (ancestor, developer, 10));
	}
}
