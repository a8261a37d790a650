//! `plexus query chain`.
//!
//! # Must not
//! Judge the node's health: `plexus doctor` and the readiness endpoint do.

use crate::{
	client::{constant, Client},
	failure::Failure,
	output::{self, Answer},
};
use serde::{Deserialize, Serialize};
use subxt::rpcs::client::rpc_params;

/// The chain, and the node that was asked.
#[derive(Serialize)]
pub(super) struct Chain {
	chain: String,
	chain_type: String,
	genesis_hash: String,
	spec_version: u32,
	block_number: u64,
	block_hash: String,
	/// Smallest time between blocks; `null` if the chain does not say.
	block_time_ms: Option<u64>,
	node: String,
	peers: u64,
	syncing: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Health {
	peers: u64,
	is_syncing: bool,
}

impl Answer for Chain {
	fn human(&self) -> String {
		let block_time =
			self.block_time_ms.map_or_else(|| "unknown".into(), |milliseconds| format!("{milliseconds} ms"));
		output::fields([
			("chain", format!("{} ({})", self.chain, self.chain_type)),
			("genesis", self.genesis_hash.clone()),
			("runtime", format!("version {}", self.spec_version)),
			("last block", self.block_number.to_string()),
			("block hash", self.block_hash.clone()),
			("block time", block_time),
			("node", self.node.clone()),
			("peers", self.peers.to_string()),
			("syncing", if self.syncing { "yes".into() } else { "no".into() }),
		])
	}
}

pub(super) async fn chain(client: &Client) -> Result<Chain, Failure> {
	let at = client.at_head().await?;
	let name: String = client.request("system_name", rpc_params![]).await?;
	let version: String = client.request("system_version", rpc_params![]).await?;
	let kind: serde_json::Value = client.request("system_chainType", rpc_params![]).await?;
	let health: Health = client.request("system_health", rpc_params![]).await?;
	Ok(Chain {
		chain: client.request("system_chain", rpc_params![]).await?,
		chain_type: kind.as_str().map_or_else(|| kind.to_string(), str::to_string),
		genesis_hash: format!("{:#x}", client.api.genesis_hash()),
		spec_version: at.spec_version(),
		block_number: at.block_number(),
		block_hash: format!("{:#x}", at.block_hash()),
		// The minimum period is half a block time, by FRAME's convention.
		block_time_ms: constant(&at, "Timestamp", "MinimumPeriod")
			.and_then(|period| u64::try_from(period).ok()?.checked_mul(2)),
		node: format!("{name} {version}"),
		peers: health.peers,
		syncing: health.is_syncing,
	})
}
