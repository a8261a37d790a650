//! `plexus query block`.
//!
//! # Must not
//! Print a whole full block on a terminal: a block may hold twelve thousand transfers.

use super::{extrinsic, not_found};
use crate::{
	address::parse_hex32,
	client::{bounded, Client},
	explain::explain_client,
	failure::Failure,
	output::{self, hex, Answer},
};
use serde::Serialize;
use subxt::config::substrate::{DigestItem, H256};

/// Engine id of the digest item that names a block's author.
const AUTHOR_ENGINE: [u8; 4] = *b"plxs";

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// Number or hash. Without it: the last finalised block.
	block: Option<String>,

	/// How many of its extrinsics to show.
	#[arg(long, default_value_t = 20)]
	limit: usize,
}

/// A block.
#[derive(Serialize)]
pub(super) struct Block {
	number: u64,
	hash: String,
	parent_hash: String,
	state_root: String,
	extrinsics_root: String,
	/// The validator that proposed it; `null` for the genesis block.
	author: Option<String>,
	/// Milliseconds since 1970; `null` if the block's state is not kept any more.
	timestamp_ms: Option<u64>,
	extrinsics_count: usize,
	/// The first ones, as many as were asked for.
	extrinsics: Vec<extrinsic::Summary>,
}

impl Answer for Block {
	fn human(&self) -> String {
		let unknown = || "not known".to_string();
		let fields = output::fields([
			("block", self.number.to_string()),
			("hash", self.hash.clone()),
			("parent", self.parent_hash.clone()),
			("state root", self.state_root.clone()),
			("extrinsics root", self.extrinsics_root.clone()),
			("author", self.author.clone().unwrap_or_else(unknown)),
			(
				"timestamp",
				self.timestamp_ms
					.map_or_else(unknown, |milliseconds| format!("{milliseconds} ms since 1970")),
			),
			("extrinsics", self.extrinsics_count.to_string()),
		]);
		let rows = self.extrinsics.iter().map(|extrinsic| {
			[
				extrinsic.index.to_string(),
				extrinsic.call.clone(),
				extrinsic.outcome(),
				extrinsic.signer.clone().unwrap_or_else(|| "–".into()),
				extrinsic.hash.clone(),
			]
		});
		let table = output::columns(["#", "CALL", "RESULT", "SIGNER", "HASH"], rows);
		let hidden = self.extrinsics_count - self.extrinsics.len();
		let more =
			if hidden > 0 { format!("\nand {hidden} more; show them with --limit") } else { String::new() };
		format!("{fields}\n\n{table}{more}")
	}
}

pub(super) async fn block(client: &Client, args: Args) -> Result<Block, Failure> {
	let at = match &args.block {
		None => client.at_head().await?,
		Some(block) => client.at_hash(find(client, block).await?).await?,
	};
	let header = bounded("the header", at.block_header()).await?.map_err(explain_client)?;
	let extrinsics = bounded("the body", at.extrinsics().fetch()).await?.map_err(explain_client)?;
	let events = extrinsic::events(&at).await?;
	let mut shown = Vec::new();
	for extrinsic in extrinsics.iter().take(args.limit) {
		let extrinsic = extrinsic.map_err(explain_client)?;
		shown.push(extrinsic::summarise(&at, &extrinsic, events.as_ref()));
	}
	let now = subxt::dynamic::storage::<(), u64>("Timestamp", "Now");
	let timestamp =
		bounded("the timestamp", at.storage().fetch(now, ())).await?.ok().and_then(|now| now.decode().ok());
	Ok(Block {
		number: at.block_number(),
		hash: format!("{:#x}", at.block_hash()),
		parent_hash: format!("{:#x}", header.parent_hash),
		state_root: format!("{:#x}", header.state_root),
		extrinsics_root: format!("{:#x}", header.extrinsics_root),
		author: header.digest.logs.iter().find_map(|item| match item {
			DigestItem::PreRuntime(AUTHOR_ENGINE, author) => Some(hex(author)),
			_ => None,
		}),
		timestamp_ms: timestamp,
		extrinsics_count: extrinsics.len(),
		extrinsics: shown,
	})
}

/// The hash of the block that a person means by a number or a hash.
pub(super) async fn find(client: &Client, block: &str) -> Result<H256, Failure> {
	let unknown =
		|cause: String| not_found("NoSuchBlock", cause, "the last block is shown by `plexus query chain`");
	if let Ok(number) = block.parse::<u64>() {
		return client
			.block_hash(number)
			.await?
			.ok_or_else(|| unknown(format!("there is no block {number} yet")));
	}
	let hash = parse_hex32(block).map(H256::from).ok_or_else(|| {
		Failure::input(
			"InvalidBlock",
			format!("`{}` is neither a number nor a hash", output::clean(block)),
			"give a number like 42, or 0x and 64 hexadecimal digits",
		)
	})?;
	let header: Option<serde_json::Value> =
		client.request("chain_getHeader", subxt::rpcs::client::rpc_params![hash]).await?;
	header.map(|_| hash).ok_or_else(|| unknown(format!("there is no block {hash:#x}")))
}
