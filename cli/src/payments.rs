//! Payment channels, batches and what models earned, as the runtime's `ReceiptsApi` tells of them.
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
	output::{self, hex, Answer},
	validators::Percent,
};
use codec::Decode;
use serde::Serialize;
use sp_core::crypto::AccountId32;

/// A channel that is not over.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct ChannelInfo {
	pub(crate) id: u64,
	pub(crate) payer: AccountId32,
	/// An agent.
	pub(crate) server: u64,
	pub(crate) signer: AccountId32,
	pub(crate) models: Vec<u64>,
	/// Datanets and versions.
	pub(crate) corpora: Vec<(u32, u32)>,
	/// On the chain clock, as all times here.
	pub(crate) expires_at_ms: u64,
	pub(crate) closing: bool,
	pub(crate) ends_at_ms: u64,
	pub(crate) locked: u128,
	pub(crate) redeemed: u128,
	pub(crate) sequence: u64,
	pub(crate) acc: [u8; 32],
	pub(crate) deposit: u128,
}

/// A batch whose record is kept.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct BatchInfo {
	pub(crate) id: u64,
	/// An agent.
	pub(crate) server: u64,
	pub(crate) root: [u8; 32],
	pub(crate) receipts: u32,
	pub(crate) gross: u128,
	pub(crate) submitted_at: u32,
	pub(crate) submitted_at_ms: u64,
	pub(crate) clearable_from_ms: u64,
	pub(crate) deposit: u128,
}

/// How a model's revenue is divided.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct TermsInfo {
	pub(crate) developer: AccountId32,
	pub(crate) royalties: Percent,
	/// Of what royalties leave.
	pub(crate) server: Percent,
	/// Of what royalties leave.
	pub(crate) data: Percent,
	/// Of the royalties that the model itself gets.
	pub(crate) data_of_royalties: Percent,
	pub(crate) pays_data: bool,
}

/// What a model earned.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct RevenueInfo {
	pub(crate) terms: TermsInfo,
	pub(crate) revenue: u128,
	pub(crate) royalties: u128,
	pub(crate) royalties_taken: u128,
	pub(crate) to_servers: u128,
	pub(crate) to_data: u128,
	pub(crate) developer_taken: u128,
	pub(crate) developer_held: u128,
	pub(crate) developer_due: u128,
}

/// A page of entries, in the order of ids.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct PageInfo<Item> {
	pub(crate) items: Vec<Item>,
	pub(crate) next: Option<u64>,
}

/// The channel with this id, if it is not over.
pub(crate) async fn channel(at: &AtBlock, id: u64) -> Result<Option<ChannelInfo>, Failure> {
	runtime_call(at, "ReceiptsApi_channel", id).await
}

/// The channel with this id, which must not be over.
pub(crate) async fn known_channel(at: &AtBlock, id: u64) -> Result<ChannelInfo, Failure> {
	channel(at, id).await?.ok_or_else(|| no_such_channel(id))
}

/// Why nothing can be done with a channel.
pub(crate) fn no_such_channel(id: u64) -> Failure {
	missing(
		"NoSuchChannel",
		format!("there is no channel {id}, or it is over"),
		"find channels with `plexus query channels --payer ADDRESS`, or `--server AGENT`",
	)
}

/// A page of all channels.
pub(crate) async fn channels(
	at: &AtBlock,
	cursor: Option<u64>,
	limit: u32,
) -> Result<PageInfo<ChannelInfo>, Failure> {
	runtime_call(at, "ReceiptsApi_channels", (cursor, limit)).await
}

/// A page of the channels that an account pays.
pub(crate) async fn channels_of(
	at: &AtBlock,
	payer: &AccountId32,
	cursor: Option<u64>,
	limit: u32,
) -> Result<PageInfo<ChannelInfo>, Failure> {
	runtime_call(at, "ReceiptsApi_channels_of", (payer, cursor, limit)).await
}

/// A page of the channels toward an agent.
pub(crate) async fn channels_toward(
	at: &AtBlock,
	server: u64,
	cursor: Option<u64>,
	limit: u32,
) -> Result<PageInfo<ChannelInfo>, Failure> {
	runtime_call(at, "ReceiptsApi_channels_toward", (server, cursor, limit)).await
}

/// The batch with this id, if its record is kept.
pub(crate) async fn batch(at: &AtBlock, id: u64) -> Result<Option<BatchInfo>, Failure> {
	runtime_call(at, "ReceiptsApi_batch", id).await
}

/// The batch with this id, whose record must be kept.
pub(crate) async fn known_batch(at: &AtBlock, id: u64) -> Result<BatchInfo, Failure> {
	batch(at, id).await?.ok_or_else(|| {
		missing(
			"NoSuchBatch",
			format!("there is no batch {id}, or its record was cleared"),
			"list those that there are with `plexus query batches`; receipts stay in the blocks that they came in",
		)
	})
}

/// A page of all batches.
pub(crate) async fn batches(
	at: &AtBlock,
	cursor: Option<u64>,
	limit: u32,
) -> Result<PageInfo<BatchInfo>, Failure> {
	runtime_call(at, "ReceiptsApi_batches", (cursor, limit)).await
}

/// What a model earned, which a channel must have named.
pub(crate) async fn known_revenue(at: &AtBlock, model: u64) -> Result<RevenueInfo, Failure> {
	let found: Option<RevenueInfo> = runtime_call(at, "ReceiptsApi_revenue", model).await?;
	found.ok_or_else(|| {
		missing(
			"NoBook",
			format!("no channel ever named model {model}"),
			"its book is opened by the first channel that may pay for it; `plexus query model show` tells of the model",
		)
	})
}

/// What an ancestor may pull of a model's revenue.
pub(crate) async fn royalty_due(at: &AtBlock, model: u64, ancestor: u64) -> Result<u128, Failure> {
	runtime_call(at, "ReceiptsApi_royalty_due", (model, ancestor)).await
}

/// The protocol's share of batches that are submitted now.
pub(crate) async fn protocol_share(at: &AtBlock) -> Result<Percent, Failure> {
	runtime_call(at, "ReceiptsApi_protocol_share", ()).await
}

/// What an account may withdraw.
pub(crate) async fn earnings(at: &AtBlock, account: &AccountId32) -> Result<u128, Failure> {
	runtime_call(at, "ReceiptsApi_earnings", account).await
}

fn missing(name: &str, cause: String, remedy: &str) -> Failure {
	Failure::new(FailureKind::NotFound, name, cause, remedy)
}

/// A channel as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Channel {
	pub(crate) id: u64,
	payer: String,
	/// An agent.
	server: u64,
	/// Whose signature vouchers bear.
	signer: String,
	models: Vec<u64>,
	corpora: Vec<Corpus>,
	/// On the chain clock.
	expires_at_ms: u64,
	closing: bool,
	/// From when anybody may finish it, on the chain clock.
	ends_at_ms: u64,
	/// A voucher is paid if its sum is at most `locked` and `redeemed` together.
	locked: Amount,
	redeemed: Amount,
	/// The last redeemed receipt; 0 if there was none.
	sequence: u64,
	/// What accumulates all redeemed receipts.
	acc: String,
	deposit: Amount,
}

/// A version that contexts may come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
struct Corpus {
	datanet: u32,
	version: u32,
}

impl From<ChannelInfo> for Channel {
	fn from(info: ChannelInfo) -> Self {
		Self {
			id: info.id,
			payer: display(&info.payer),
			server: info.server,
			signer: display(&info.signer),
			models: info.models,
			corpora: info.corpora.into_iter().map(|(datanet, version)| Corpus { datanet, version }).collect(),
			expires_at_ms: info.expires_at_ms,
			closing: info.closing,
			ends_at_ms: info.ends_at_ms,
			locked: Amount(info.locked),
			redeemed: Amount(info.redeemed),
			sequence: info.sequence,
			acc: hex(info.acc),
			deposit: Amount(info.deposit),
		}
	}
}

impl Channel {
	fn state(&self) -> &'static str {
		match self.closing {
			true => "closing",
			false => "open",
		}
	}
}

impl Answer for Channel {
	fn human(&self) -> String {
		let ids = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
		let mut rows = vec![
			("channel", format!("{} ({})", self.id, self.state())),
			("payer", self.payer.clone()),
			("server", format!("agent {}", self.server)),
			("signer of vouchers", self.signer.clone()),
			("models", ids(&self.models)),
		];
		rows.extend(
			self.corpora
				.iter()
				.map(|corpus| ("corpus", format!("datanet {} version {}", corpus.datanet, corpus.version))),
		);
		rows.extend([
			("locked still", self.locked.to_string()),
			("redeemed", format!("{}, receipts up to {}", self.redeemed, self.sequence)),
			("accumulator", self.acc.clone()),
			("expires", format!("{} ms on the chain clock", self.expires_at_ms)),
			("anybody may finish it from", format!("{} ms on the chain clock", self.ends_at_ms)),
			("deposit", self.deposit.to_string()),
		]);
		output::fields(rows)
	}
}

/// A page of channels as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Channels {
	channels: Vec<Channel>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u64>,
}

impl From<PageInfo<ChannelInfo>> for Channels {
	fn from(page: PageInfo<ChannelInfo>) -> Self {
		Self { channels: page.items.into_iter().map(Channel::from).collect(), next: page.next }
	}
}

impl Answer for Channels {
	fn human(&self) -> String {
		let rows = self.channels.iter().map(|channel| {
			[
				channel.id.to_string(),
				channel.state().to_string(),
				channel.server.to_string(),
				channel.locked.to_string(),
				channel.redeemed.to_string(),
				channel.sequence.to_string(),
				channel.payer.clone(),
			]
		});
		let heading = ["ID", "STATE", "SERVER", "LOCKED", "REDEEMED", "RECEIPTS", "PAYER"];
		output::page("no channels", heading, rows, self.next)
	}
}

/// A batch as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Batch {
	id: u64,
	/// An agent.
	server: u64,
	/// The Merkle root of its receipts.
	root: String,
	receipts: u32,
	gross: Amount,
	/// The block with the receipts.
	submitted_at: u32,
	/// On the chain clock.
	submitted_at_ms: u64,
	/// On the chain clock.
	clearable_from_ms: u64,
	deposit: Amount,
}

impl From<BatchInfo> for Batch {
	fn from(info: BatchInfo) -> Self {
		Self {
			id: info.id,
			server: info.server,
			root: hex(info.root),
			receipts: info.receipts,
			gross: Amount(info.gross),
			submitted_at: info.submitted_at,
			submitted_at_ms: info.submitted_at_ms,
			clearable_from_ms: info.clearable_from_ms,
			deposit: Amount(info.deposit),
		}
	}
}

impl Answer for Batch {
	fn human(&self) -> String {
		output::fields([
			("batch", self.id.to_string()),
			("server", format!("agent {}", self.server)),
			("receipts", format!("{} for {}", self.receipts, self.gross)),
			("their root", self.root.clone()),
			("submitted at block", self.submitted_at.to_string()),
			("submitted at", format!("{} ms on the chain clock", self.submitted_at_ms)),
			("can be cleared from", format!("{} ms on the chain clock", self.clearable_from_ms)),
			("deposit", self.deposit.to_string()),
		])
	}
}

/// A page of batches as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Batches {
	batches: Vec<Batch>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u64>,
}

impl From<PageInfo<BatchInfo>> for Batches {
	fn from(page: PageInfo<BatchInfo>) -> Self {
		Self { batches: page.items.into_iter().map(Batch::from).collect(), next: page.next }
	}
}

impl Answer for Batches {
	fn human(&self) -> String {
		let rows = self.batches.iter().map(|batch| {
			[
				batch.id.to_string(),
				batch.server.to_string(),
				batch.receipts.to_string(),
				batch.gross.to_string(),
				batch.submitted_at.to_string(),
				batch.root.clone(),
			]
		});
		output::page("no batches", ["ID", "SERVER", "RECEIPTS", "GROSS", "BLOCK", "ROOT"], rows, self.next)
	}
}

/// The book of a model as it is printed. Shares are billionths.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Book {
	model: u64,
	terms: Terms,
	/// All fees ever, net of the protocol's share.
	revenue: Amount,
	royalties: Amount,
	royalties_taken: Amount,
	to_servers: Amount,
	to_data: Amount,
	developer_taken: Amount,
	/// What of its part waits for claims that are open.
	developer_held: Amount,
	developer_due: Amount,
	/// What each ancestor may pull.
	royalties_due: Vec<RoyaltyDue>,
}

/// How a model's revenue is divided.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Terms {
	developer: String,
	royalties: Percent,
	server: Percent,
	data: Percent,
	data_of_royalties: Percent,
	pays_data: bool,
}

/// What an ancestor may pull.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct RoyaltyDue {
	pub(crate) ancestor: u64,
	pub(crate) due: Amount,
}

impl Book {
	pub(crate) fn new(model: u64, info: RevenueInfo, royalties_due: Vec<RoyaltyDue>) -> Self {
		let TermsInfo { developer, royalties, server, data, data_of_royalties, pays_data } = info.terms;
		Self {
			model,
			terms: Terms {
				developer: display(&developer),
				royalties,
				server,
				data,
				data_of_royalties,
				pays_data,
			},
			revenue: Amount(info.revenue),
			royalties: Amount(info.royalties),
			royalties_taken: Amount(info.royalties_taken),
			to_servers: Amount(info.to_servers),
			to_data: Amount(info.to_data),
			developer_taken: Amount(info.developer_taken),
			developer_held: Amount(info.developer_held),
			developer_due: Amount(info.developer_due),
			royalties_due,
		}
	}
}

impl Answer for Book {
	fn human(&self) -> String {
		let Terms { developer, royalties, server, data, pays_data, .. } = &self.terms;
		let data = match pays_data {
			true => format!("data {data}"),
			false => "no data, its share is the developer's".into(),
		};
		let sums = output::fields([
			("model", self.model.to_string()),
			("developer", developer.clone()),
			("divided", format!("royalties {royalties}, then server {server}, {data}")),
			("revenue", self.revenue.to_string()),
			("  royalties", format!("{}, pulled {}", self.royalties, self.royalties_taken)),
			("  servers", self.to_servers.to_string()),
			("  data", self.to_data.to_string()),
			(
				"  developer",
				format!(
					"pulled {}, to pull {}, held {}",
					self.developer_taken, self.developer_due, self.developer_held
				),
			),
		]);
		if self.royalties_due.is_empty() {
			return sums;
		}
		let rows = self.royalties_due.iter().map(|one| [one.ancestor.to_string(), one.due.to_string()]);
		format!("{sums}\n{}", output::columns(["ANCESTOR", "TO PULL"], rows))
	}
}

/// What an account may withdraw, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Earnings {
	account: String,
	/// What `Receipts.withdraw` pays it.
	earnings: Amount,
}

impl Earnings {
	pub(crate) fn new(account: &AccountId32, earnings: u128) -> Self {
		Self { account: display(account), earnings: Amount(earnings) }
	}
}

impl Answer for Earnings {
	fn human(&self) -> String {
		output::fields([("account", self.account.clone()), ("to withdraw", self.earnings.to_string())])
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{DecodeAll, Encode};
	use pallet_receipts::{runtime_api, RevenueTerms};
	use plexus_primitives::{AgentId, BatchId, ChannelId, DatanetId, DatanetVersion, ModelId};
	use sp_runtime::Perbill;

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	#[test]
	fn a_channel_decodes_from_the_pallets_bytes_and_has_stable_json_keys() {
		let channel = runtime_api::ChannelInfo {
			id: ChannelId(7),
			payer: account(1),
			server: AgentId(2),
			signer: account(3),
			models: vec![ModelId(4), ModelId(5)],
			corpora: vec![(DatanetId(6), DatanetVersion(8))],
			expires_at_ms: 9,
			closing: true,
			ends_at_ms: 8,
			locked: 10,
			redeemed: 11,
			sequence: 12,
			acc: [13; 32],
			deposit: 14,
		};
		let page = runtime_api::Page { items: vec![channel], next: Some(ChannelId(15)) };
		let page = PageInfo::<ChannelInfo>::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		let page = Channels::from(page);
		assert_eq!(
			serde_json::to_value(&page).unwrap(),
			serde_json::json!({ "next": 15, "channels": [{
				"id": 7, "payer": display(&account(1)), "server": 2, "signer": display(&account(3)),
				"models": [4, 5], "corpora": [{ "datanet": 6, "version": 8 }], "expires_at_ms": 9,
				"closing": true, "ends_at_ms": 8, "locked": "10", "redeemed": "11", "sequence": 12,
				"acc": format!("0x{}", "0d".repeat(32)), "deposit": "14",
			}] })
		);
		let human = page.channels[0].human();
		for part in ["7 (closing)", "agent 2", "4 5", "datanet 6 version 8", "up to 12"] {
			assert!(human.contains(part), "{human}");
		}
		assert!(page.human().contains("--cursor 15"), "{}", page.human());
		let empty = Channels { channels: vec![], next: Some(4_096) };
		assert_eq!(empty.human(), "no channels\nmore with --cursor 4096");
	}

	#[test]
	fn a_batch_decodes_from_the_pallets_bytes_and_has_stable_json_keys() {
		let batch = runtime_api::BatchInfo {
			id: BatchId(1),
			server: AgentId(2),
			root: [3; 32],
			receipts: 4,
			gross: 5,
			submitted_at: 6u32,
			submitted_at_ms: 7,
			clearable_from_ms: 8,
			deposit: 9,
		};
		let page = runtime_api::Page { items: vec![batch], next: None::<BatchId> };
		let page = PageInfo::<BatchInfo>::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		let page = Batches::from(page);
		assert_eq!(
			serde_json::to_value(&page).unwrap(),
			serde_json::json!({ "next": null, "batches": [{
				"id": 1, "server": 2, "root": format!("0x{}", "03".repeat(32)), "receipts": 4, "gross": "5",
				"submitted_at": 6, "submitted_at_ms": 7, "clearable_from_ms": 8, "deposit": "9",
			}] })
		);
		assert!(page.batches[0].human().contains("4 for 0.000000000005 PLX"), "{}", page.batches[0].human());
		assert!(page.human().contains("ROOT"), "{}", page.human());
	}

	#[test]
	fn a_book_decodes_from_the_pallets_bytes_and_has_stable_json_keys() {
		let theirs = runtime_api::RevenueInfo {
			terms: RevenueTerms {
				developer: account(1),
				royalties: Perbill::from_percent(10),
				server: Perbill::from_percent(50),
				data: Perbill::from_percent(20),
				data_of_royalties: Perbill::from_percent(25),
				pays_data: true,
			},
			revenue: 1_000,
			royalties: 100,
			royalties_taken: 40,
			to_servers: 450,
			to_data: 180,
			developer_taken: 200,
			developer_held: 0,
			developer_due: 70,
		};
		let info = RevenueInfo::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		let due = vec![RoyaltyDue { ancestor: 3, due: Amount(60) }];
		let book = Book::new(7, info, due);
		assert_eq!(
			serde_json::to_value(&book).unwrap(),
			serde_json::json!({
				"model": 7,
				"terms": {
					"developer": display(&account(1)), "royalties": 100_000_000, "server": 500_000_000,
					"data": 200_000_000, "data_of_royalties": 250_000_000, "pays_data": true,
				},
				"revenue": "1000", "royalties": "100", "royalties_taken": "40", "to_servers": "450",
				"to_data": "180", "developer_taken": "200", "developer_held": "0", "developer_due": "70",
				"royalties_due": [{ "ancestor": 3, "due": "60" }],
			})
		);
		let human = book.human();
		assert!(human.contains("royalties 10 %, then server 50 %, data 20 %"), "{human}");
		assert!(human.contains("ANCESTOR"), "{human}");
	}
}
