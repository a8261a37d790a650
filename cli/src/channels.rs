//! Payment channels as the runtime's `ReceiptsApi` tells of them.
//!
//! # Must not
//! Read the pallet's storage: the layout may change, the API is the promise.
//!
//! # Invariants
//! The types here have the encoding of the runtime's; a test decodes what the pallet's own types encode to.

use crate::{
	address::display,
	amount::Amount,
	client::{constant, runtime_call, AtBlock},
	failure::{Failure, FailureKind},
	output::{self, hex, Answer},
};
use codec::Decode;
use futures::{StreamExt, TryStreamExt};
use plexus_payments::{BatchLimits, ChannelState, Point, Terms};
use plexus_primitives::{AgentId, ChannelId, DatanetId, DatanetVersion, ModelId};
use serde::Serialize;
use sp_core::crypto::AccountId32;

/// Channels that are asked for at once. The node answers as many of a connection.
const LOOKUPS: usize = 32;

/// A channel that is not over.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Info {
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

/// A page of channels.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct PageInfo {
	pub(crate) items: Vec<Info>,
	pub(crate) next: Option<u64>,
}

impl Info {
	/// As purse and ledger know it.
	pub(crate) fn state(&self) -> ChannelState {
		let corpus = |(datanet, version): &(u32, u32)| (DatanetId(*datanet), DatanetVersion(*version));
		ChannelState {
			id: ChannelId(self.id),
			payer: self.payer.clone(),
			server: AgentId(self.server),
			terms: Terms {
				signer: self.signer.clone(),
				models: self.models.iter().copied().map(ModelId).collect(),
				corpora: self.corpora.iter().map(corpus).collect(),
			},
			closing: self.closing,
			ends_at_ms: self.ends_at_ms,
			locked: self.locked,
			redeemed: Point { sequence: self.sequence, cumulative: self.redeemed, acc: self.acc },
		}
	}
}

/// The channel with this id, if it is not over.
pub(crate) async fn channel(at: &AtBlock, id: u64) -> Result<Option<Info>, Failure> {
	runtime_call(at, "ReceiptsApi_channel", id).await
}

/// The channel with this id, which must not be over.
pub(crate) async fn known_channel(at: &AtBlock, id: u64) -> Result<Info, Failure> {
	channel(at, id).await?.ok_or_else(|| no_such_channel(id))
}

/// Why nothing can be done with a channel.
pub(crate) fn no_such_channel(id: u64) -> Failure {
	Failure::new(
		FailureKind::NotFound,
		"NoSuchChannel",
		format!("there is no channel {id}, or it is over"),
		"find channels with `plexus channel list --payer ADDRESS`, or `--server AGENT`",
	)
}

/// What the chain has of each of these channels.
pub(crate) async fn states(
	at: &AtBlock,
	ids: impl IntoIterator<Item = ChannelId>,
) -> Result<Vec<(ChannelId, Option<ChannelState>)>, Failure> {
	let lookups = ids
		.into_iter()
		.map(|id| async move { channel(at, id.0).await.map(|found| (id, found.map(|info| info.state()))) });
	futures::stream::iter(lookups).buffered(LOOKUPS).try_collect().await
}

/// A page of all channels.
pub(crate) async fn channels(at: &AtBlock, cursor: Option<u64>, limit: u32) -> Result<PageInfo, Failure> {
	runtime_call(at, "ReceiptsApi_channels", (cursor, limit)).await
}

/// What the chain takes in one batch.
pub(crate) fn batch_limits(at: &AtBlock) -> BatchLimits {
	let limit = |name: &str, usual: usize| {
		let found = constant(at, "Receipts", name).and_then(|limit| usize::try_from(limit).ok());
		found.unwrap_or(usual).clamp(1, usual)
	};
	let BatchLimits { receipts, channels, models } = BatchLimits::USUAL;
	BatchLimits {
		receipts: limit("BatchReceiptsMax", receipts),
		channels: limit("BatchChannelsMax", channels),
		models: limit("BatchModelsMax", models),
	}
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
	/// Datanets and versions.
	corpora: Vec<(u32, u32)>,
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

impl From<Info> for Channel {
	fn from(info: Info) -> Self {
		Self {
			id: info.id,
			payer: display(&info.payer),
			server: info.server,
			signer: display(&info.signer),
			models: info.models,
			corpora: info.corpora,
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
		if self.closing {
			"closing"
		} else {
			"open"
		}
	}
}

impl Answer for Channel {
	fn human(&self) -> String {
		let models = self.models.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
		let mut rows = vec![
			("channel", format!("{} ({})", self.id, self.state())),
			("payer", self.payer.clone()),
			("server", format!("agent {}", self.server)),
			("signer of vouchers", self.signer.clone()),
			("models", models),
		];
		let corpora = self.corpora.iter();
		rows.extend(
			corpora.map(|(datanet, version)| ("corpus", format!("datanet {datanet} version {version}"))),
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
pub(crate) struct Page {
	pub(crate) channels: Vec<Channel>,
	/// Cursor of the next page; `null` at the end.
	pub(crate) next: Option<u64>,
}

impl Answer for Page {
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
		let listed = match rows.len() {
			0 => "no channels".to_string(),
			_ => output::columns(heading, rows),
		};
		match self.next {
			Some(next) => format!("{listed}\nmore with --cursor {next}"),
			None => listed,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{DecodeAll, Encode};
	use pallet_receipts::runtime_api;

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	#[test]
	fn a_channel_decodes_from_the_pallets_bytes_and_has_stable_json_keys() {
		let theirs = runtime_api::ChannelInfo {
			id: ChannelId(1),
			payer: account(2),
			server: AgentId(3),
			signer: account(4),
			models: vec![ModelId(5)],
			corpora: vec![(DatanetId(6), DatanetVersion(7))],
			expires_at_ms: 8,
			closing: true,
			ends_at_ms: 9,
			locked: 10,
			redeemed: 11,
			sequence: 12,
			acc: [13; 32],
			deposit: 14,
		};
		let page = runtime_api::Page { items: vec![theirs], next: Some(ChannelId(15)) };
		let PageInfo { items, next } =
			PageInfo::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		let state = items[0].state();
		assert_eq!(state.redeemed, Point { sequence: 12, cumulative: 11, acc: [13; 32] });
		assert_eq!((state.capacity(), state.closing, state.ends_at_ms), (21, true, 9));
		let page = Page { channels: items.into_iter().map(Channel::from).collect(), next };
		assert_eq!(
			serde_json::to_value(&page).unwrap(),
			serde_json::json!({ "next": 15, "channels": [{
				"id": 1, "payer": display(&account(2)), "server": 3, "signer": display(&account(4)), "models": [5],
				"corpora": [[6, 7]], "expires_at_ms": 8, "closing": true, "ends_at_ms": 9, "locked": "10",
				"redeemed": "11", "sequence": 12, "acc": format!("0x{}", "0d".repeat(32)), "deposit": "14",
			}] })
		);
		let human = page.channels[0].human();
		for part in ["1 (closing)", "agent 3", "datanet 6 version 7", "up to 12"] {
			assert!(human.contains(part), "{human}");
		}
		assert!(page.human().contains("--cursor 15"), "{}", page.human());
		assert_eq!(Page { channels: vec![], next: None }.human(), "no channels");
	}
}
