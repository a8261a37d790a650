//! `receipt_*`: payment channels, batches and what models earned, in JSON, for programs without a SCALE decoder.
//!
//! # Must not
//! Know more than the runtime API `ReceiptsApi` tells: whatever is here, any Substrate client finds by `state_call`. Receipts are
//! in no state: [`crate::receipt_proof`] reads them out of blocks.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	receipt_proof::by_id,
	registry::{Answer, Registry},
	types::to_hex,
};
use codec::{Decode, Encode};
use pallet_receipts::{
	runtime_api::{BatchInfo, ChannelInfo, Page, RevenueInfo, PAGE_MAX},
	RevenueTerms,
};
use plexus_primitives::{
	constants::Balance, AgentId, BatchId, ChannelId, DatanetId, DatanetVersion, ModelId,
};
use plexus_runtime::AccountId;
use serde::Serialize;
use sp_core::crypto::Ss58Codec;
use sp_runtime::Perbill;

type Channel = ChannelInfo<AccountId>;
type Batch = BatchInfo<u32>;
type Revenue = RevenueInfo<AccountId>;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("receipt_channel", channel);
	registry.query("receipt_channels", channels);
	registry.query("receipt_channelsByPayer", channels_by_payer);
	registry.query("receipt_channelsByServer", channels_by_server);
	registry.query("receipt_batch", batch);
	registry.query("receipt_batches", batches);
	registry.query("receipt_byId", by_id);
	registry.query("receipt_book", book);
	registry.query("receipt_royaltyDue", royalty_due);
	registry.query("receipt_earnings", earnings);
	registry.query("receipt_protocolShare", protocol_share);
}

/// A channel that is not over.
fn channel(context: &Context, arguments: &Arguments) -> Answer {
	let id = arguments.required("id", "a channel's id, a number").map(ChannelId)?;
	let state = context.state_in(arguments)?;
	let found: Option<Channel> = context.query_as(&state, "ReceiptsApi_channel", &id.encode())?;
	json(&found.map(ChannelJson::from))
}

/// One page; its `next` is the cursor of the following one, `null` at the end. A page may be empty before the end.
fn channels(context: &Context, arguments: &Arguments) -> Answer {
	page::<Channel, ChannelJson>(context, arguments, "ReceiptsApi_channels", &())
}

/// As [`channels`].
fn channels_by_payer(context: &Context, arguments: &Arguments) -> Answer {
	let payer = account(arguments, "payer")?;
	page::<Channel, ChannelJson>(context, arguments, "ReceiptsApi_channels_of", &payer)
}

/// As [`channels`].
fn channels_by_server(context: &Context, arguments: &Arguments) -> Answer {
	let server = arguments.required("server", "an agent's id, a number").map(AgentId)?;
	page::<Channel, ChannelJson>(context, arguments, "ReceiptsApi_channels_toward", &server)
}

/// A batch whose record was not cleared.
fn batch(context: &Context, arguments: &Arguments) -> Answer {
	let id = arguments.required("id", "a batch's id, a number").map(BatchId)?;
	let state = context.state_in(arguments)?;
	let found: Option<Batch> = context.query_as(&state, "ReceiptsApi_batch", &id.encode())?;
	json(&found.map(BatchJson::from))
}

/// As [`channels`].
fn batches(context: &Context, arguments: &Arguments) -> Answer {
	page::<Batch, BatchJson>(context, arguments, "ReceiptsApi_batches", &())
}

/// The book of a model that a channel ever named.
fn book(context: &Context, arguments: &Arguments) -> Answer {
	let model = model_id(arguments, "model")?;
	let state = context.state_in(arguments)?;
	let found: Option<Revenue> = context.query_as(&state, "ReceiptsApi_revenue", &model.encode())?;
	json(&found.map(BookJson::from))
}

/// What an ancestor may pull of a model's revenue; nothing if it is none.
fn royalty_due(context: &Context, arguments: &Arguments) -> Answer {
	let models = (model_id(arguments, "model")?, model_id(arguments, "ancestor")?);
	let state = context.state_in(arguments)?;
	let due: Balance = context.query_as(&state, "ReceiptsApi_royalty_due", &models.encode())?;
	json(&due.to_string())
}

/// What `withdraw` would pay an account.
fn earnings(context: &Context, arguments: &Arguments) -> Answer {
	let account = account(arguments, "account")?;
	let state = context.state_in(arguments)?;
	let earned: Balance = context.query_as(&state, "ReceiptsApi_earnings", &account.encode())?;
	json(&earned.to_string())
}

/// What the protocol takes of batches that are submitted now. Those of before keep what was taken of them.
fn protocol_share(context: &Context, arguments: &Arguments) -> Answer {
	let state = context.state_in(arguments)?;
	let share: Perbill = context.query_as(&state, "ReceiptsApi_protocol_share", &[])?;
	json(&share.deconstruct())
}

fn page<Item, Json>(context: &Context, arguments: &Arguments, method: &str, index: &impl Encode) -> Answer
where
	Item: Decode,
	Json: From<Item> + Serialize,
{
	// Ids encode as their numbers.
	let cursor: Option<u64> = arguments.optional("cursor", "the `next` of the page before, a number")?;
	let limit = arguments.optional("limit", "a number of entries")?.unwrap_or(PAGE_MAX);
	let state = context.state_in(arguments)?;
	let page: Page<Item, u64> = context.query_as(&state, method, &(index, cursor, limit).encode())?;
	json(&PageJson { items: page.items.into_iter().map(Json::from).collect(), next: page.next })
}

fn model_id(arguments: &Arguments, name: &str) -> Result<ModelId, RpcError> {
	arguments.required(name, "a model's id, a number").map(ModelId)
}

fn account(arguments: &Arguments, name: &str) -> Result<AccountId, RpcError> {
	AccountId::from_ss58check(&arguments.text(name)?)
		.map_err(|error| RpcError::InvalidParams(format!("`{name}` must be an SS58 address: {error}")))
}

/// Amounts are decimal strings, since JavaScript's numbers end at 2^53. Shares are numbers of billionths. Times are on
/// the chain clock.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChannelJson {
	id: u64,
	payer: String,
	server: u64,
	signer: String,
	models: Vec<u64>,
	corpora: Vec<CorpusJson>,
	expires_at_ms: u64,
	closing: bool,
	ends_at_ms: u64,
	locked: String,
	redeemed: String,
	sequence: u64,
	acc: String,
	deposit: String,
}

/// A version that contexts may come from.
#[derive(Serialize)]
struct CorpusJson {
	datanet: u32,
	version: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchJson {
	id: u64,
	server: u64,
	root: String,
	receipts: u32,
	gross: String,
	submitted_at: u32,
	submitted_at_ms: u64,
	clearable_from_ms: u64,
	deposit: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BookJson {
	terms: TermsJson,
	revenue: String,
	royalties: String,
	royalties_taken: String,
	to_servers: String,
	to_data: String,
	developer_taken: String,
	developer_due: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TermsJson {
	developer: String,
	royalties: u32,
	server: u32,
	data: u32,
	data_of_royalties: u32,
	pays_data: bool,
}

#[derive(Serialize)]
struct PageJson<Item> {
	items: Vec<Item>,
	next: Option<u64>,
}

impl From<Channel> for ChannelJson {
	fn from(channel: Channel) -> Self {
		let corpus = |(DatanetId(datanet), DatanetVersion(version))| CorpusJson { datanet, version };
		Self {
			id: channel.id.0,
			payer: channel.payer.to_ss58check(),
			server: channel.server.0,
			signer: channel.signer.to_ss58check(),
			models: channel.models.into_iter().map(|model| model.0).collect(),
			corpora: channel.corpora.into_iter().map(corpus).collect(),
			expires_at_ms: channel.expires_at_ms,
			closing: channel.closing,
			ends_at_ms: channel.ends_at_ms,
			locked: channel.locked.to_string(),
			redeemed: channel.redeemed.to_string(),
			sequence: channel.sequence,
			acc: to_hex(&channel.acc),
			deposit: channel.deposit.to_string(),
		}
	}
}

impl From<Batch> for BatchJson {
	fn from(batch: Batch) -> Self {
		Self {
			id: batch.id.0,
			server: batch.server.0,
			root: to_hex(&batch.root),
			receipts: batch.receipts,
			gross: batch.gross.to_string(),
			submitted_at: batch.submitted_at,
			submitted_at_ms: batch.submitted_at_ms,
			clearable_from_ms: batch.clearable_from_ms,
			deposit: batch.deposit.to_string(),
		}
	}
}

impl From<Revenue> for BookJson {
	fn from(book: Revenue) -> Self {
		let RevenueTerms { developer, royalties, server, data, data_of_royalties, pays_data } = book.terms;
		Self {
			terms: TermsJson {
				developer: developer.to_ss58check(),
				royalties: royalties.deconstruct(),
				server: server.deconstruct(),
				data: data.deconstruct(),
				data_of_royalties: data_of_royalties.deconstruct(),
				pays_data,
			},
			revenue: book.revenue.to_string(),
			royalties: book.royalties.to_string(),
			royalties_taken: book.royalties_taken.to_string(),
			to_servers: book.to_servers.to_string(),
			to_data: book.to_data.to_string(),
			developer_taken: book.developer_taken.to_string(),
			developer_due: book.developer_due.to_string(),
		}
	}
}
