//! `plexus query tx`: what became of a transaction.
//!
//! The node keeps no index of transactions, so the latest blocks are searched, newest first.
//!
//! # Must not
//! Say that a transaction does not exist: it may be older than what was searched.

use super::{block, extrinsic, not_found};
use crate::{
	address::parse_hex32,
	client::{bounded, Client},
	explain::explain_client,
	failure::Failure,
	output::{self, Answer},
};
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::blake2_256;
use subxt::{config::substrate::H256, rpcs::client::rpc_params};

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// Hash of the transaction.
	hash: String,

	/// Number or hash of its block, if that is known.
	#[arg(long)]
	block: Option<String>,

	/// How many blocks to search, from the last one backwards.
	#[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=100_000))]
	depth: u64,
}

/// Where a transaction is.
#[derive(Serialize)]
pub(super) struct Transaction {
	/// `finalised` or `pending`.
	status: &'static str,
	hash: String,
	block_number: Option<u64>,
	block_hash: Option<String>,
	/// `null` while it is pending.
	extrinsic: Option<extrinsic::Summary>,
}

impl Answer for Transaction {
	fn human(&self) -> String {
		let mut rows = vec![("status", self.status.to_string()), ("transaction", self.hash.clone())];
		if let (Some(number), Some(hash), Some(extrinsic)) =
			(self.block_number, &self.block_hash, &self.extrinsic)
		{
			rows.push(("block", format!("{number}, index {}", extrinsic.index)));
			rows.push(("block hash", hash.clone()));
			rows.push(("call", extrinsic.call.clone()));
			rows.push(("signer", extrinsic.signer.clone().unwrap_or_else(|| "none".into())));
			rows.push(("result", extrinsic.outcome()));
			if let Some(error) = &extrinsic.error {
				rows.push(("cause", error.cause.clone()));
				rows.push(("remedy", error.remedy.clone()));
			}
			if let Some(fee) = extrinsic.fee {
				rows.push(("fee paid", fee.to_string()));
			}
			rows.extend(
				extrinsic.events.iter().map(|event| ("event", format!("{} {}", event.name, event.fields))),
			);
		}
		output::fields(rows)
	}
}

pub(super) async fn transaction(client: &Client, args: Args) -> Result<Transaction, Failure> {
	let hash = parse_hex32(args.hash.trim()).ok_or_else(|| {
		Failure::input(
			"InvalidHash",
			format!("`{}` is no hash", output::clean(&args.hash)),
			"give 0x and 64 hexadecimal digits, as `plexus tx` prints them",
		)
	})?;
	let found = match &args.block {
		Some(block) => search(client, block::find(client, block).await?, &hash, 1).await?,
		None => {
			search(client, client.request("chain_getFinalizedHead", rpc_params![]).await?, &hash, args.depth)
				.await?
		}
	};
	if let Some(block_hash) = found {
		return describe(client, block_hash, hash.into()).await;
	}
	let pending: Vec<String> =
		client.request("author_pendingExtrinsics", rpc_params![]).await.unwrap_or_default();
	if pending.iter().any(|extrinsic| hash_of(extrinsic) == Some(hash)) {
		return Ok(Transaction {
			status: "pending",
			hash: output::hex(hash),
			block_number: None,
			block_hash: None,
			extrinsic: None,
		});
	}
	let searched = match &args.block {
		Some(block) => format!("it is not in block {block}"),
		None => format!("it is not in the last {} blocks", args.depth),
	};
	Err(not_found(
		"TransactionNotFound",
		format!("{searched}, and does not wait in this node's pool"),
		"search further back with --depth, or name its block with --block",
	))
}

/// The part of `chain_getBlock` that matters here.
#[derive(Deserialize)]
struct SignedBlock {
	block: Body,
}

#[derive(Deserialize)]
struct Body {
	header: Header,
	extrinsics: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
	parent_hash: H256,
}

/// Walks back from a block along the parents, `depth` blocks in all.
async fn search(client: &Client, from: H256, hash: &[u8; 32], depth: u64) -> Result<Option<H256>, Failure> {
	let mut block_hash = from;
	for _ in 0..depth {
		let Some(block) =
			client.request::<Option<SignedBlock>>("chain_getBlock", rpc_params![block_hash]).await?
		else {
			return Ok(None);
		};
		if block.block.extrinsics.iter().any(|extrinsic| hash_of(extrinsic).as_ref() == Some(hash)) {
			return Ok(Some(block_hash));
		}
		block_hash = block.block.header.parent_hash;
	}
	Ok(None)
}

fn hash_of(extrinsic: &str) -> Option<[u8; 32]> {
	let bytes = hex::decode(extrinsic.strip_prefix("0x")?).ok()?;
	Some(blake2_256(&bytes))
}

async fn describe(client: &Client, block_hash: H256, hash: H256) -> Result<Transaction, Failure> {
	let at = client.at_hash(block_hash).await?;
	let extrinsics = bounded("the block", at.extrinsics().fetch()).await?.map_err(explain_client)?;
	let found = extrinsics.iter().filter_map(Result::ok).find(|extrinsic| extrinsic.hash() == hash);
	let extrinsic = match &found {
		Some(extrinsic) => {
			let events = extrinsic::events(&at).await?;
			Some(extrinsic::summarise(&at, extrinsic, events.as_ref()))
		}
		None => None,
	};
	Ok(Transaction {
		status: "finalised",
		hash: format!("{hash:#x}"),
		block_number: Some(at.block_number()),
		block_hash: Some(format!("{block_hash:#x}")),
		extrinsic,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn extrinsics_are_hashed_as_the_chain_does() {
		// BLAKE2b-256 of the empty string.
		let empty = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
		assert_eq!(hash_of("0x").map(hex::encode).as_deref(), Some(empty));
		assert_eq!(hash_of("00"), None);
		assert_eq!(hash_of("0x0"), None);
	}
}
