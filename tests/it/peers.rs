//! What a node tells of its peers, by `system_peers`, `system_health` and metrics, is what those are and where they stand, by
//! their own word: after they connect, while the chain goes on, when one is gone, and when it is back.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	raw::get,
	wait::{until, SOON},
	LocalChain, Node, Rpc,
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

const BLOCK_TIME_MS: u64 = 500;

/// Validators are known by their votes and tell their tips every two seconds; a busy machine takes longer.
const TOLD: Duration = Duration::from_secs(60);

/// More blocks than validators: everybody has had a turn.
const BLOCKS: u32 = 5;

/// A node, by its own word.
struct Known<'a> {
	node: &'a Node,
	rpc: Rpc,
	id: String,
}

impl<'a> Known<'a> {
	async fn of(node: &'a Node) -> Result<Self> {
		let rpc = node.rpc().await?;
		let id = rpc.request("system_localPeerId", &[]).await?;
		Ok(Self { node, rpc, id })
	}

	/// What it does, as others are to tell it.
	async fn role(&self) -> Result<String> {
		let roles: Vec<String> = self.rpc.request("system_nodeRoles", &[]).await?;
		Ok(roles.first().context("it has a role")?.to_uppercase())
	}

	async fn metric(&self, series: &str) -> Result<u64> {
		let (_, body) = get(self.node.metrics_port(), "/metrics").await?;
		let body = String::from_utf8(body)?;
		let value = body.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
		Ok(value.with_context(|| format!("no {series}"))?.parse()?)
	}

	/// Its peers are exactly these others, each with its role, and with a tip of at least `least` that it really has.
	async fn tells_of(&self, others: &[&Known<'_>], least: u32) -> Result<()> {
		let told: Vec<Value> = self.rpc.request("system_peers", &[]).await?;
		let by_id: BTreeMap<&str, &Value> =
			told.iter().filter_map(|peer| Some((peer["peerId"].as_str()?, peer))).collect();
		ensure!(by_id.len() == told.len() && told.len() == others.len(), "{told:?}");
		for other in others {
			let peer = by_id.get(other.id.as_str()).with_context(|| format!("{} in {told:?}", other.id))?;
			ensure!(peer["roles"] == other.role().await?, "{peer} is something else");
			let best = peer["bestNumber"].as_u64().with_context(|| format!("no tip yet: {peer}"))?;
			let best = u32::try_from(best)?;
			ensure!(best >= least, "an old tip, below {least}: {peer}");
			// Asked after it was told, so that it can only be higher.
			let head = other.rpc.finalised_head().await?.number;
			ensure!(best <= head, "{peer} has only {head} blocks");
			let hash = other.rpc.block_hash(best).await?;
			ensure!(peer["bestHash"].as_str() == hash.as_deref(), "{peer} has {hash:?}");
		}

		let health: Value = self.rpc.request("system_health", &[]).await?;
		let direction = |name: &str| format!(r#"plexus_network_peers{{direction="{name}"}}"#);
		let counted = self.metric("plexus_peers").await?;
		let inbound = self.metric(&direction("inbound")).await?;
		let outbound = self.metric(&direction("outbound")).await?;
		ensure!(health["peers"].as_u64() == Some(counted), "{health}, and {counted} are counted");
		ensure!(counted == others.len() as u64, "{counted} peers are counted");
		ensure!(counted == inbound + outbound, "{inbound} inbound and {outbound} outbound of {counted}");
		Ok(())
	}
}

/// Waits until each of these nodes tells the truth about all others.
async fn all_tell_the_truth(nodes: &[Node], least: u32) -> Result<()> {
	let mut known = Vec::new();
	for node in nodes {
		known.push(Known::of(node).await?);
	}
	for one in &known {
		let others: Vec<&Known> = known.iter().filter(|other| other.id != one.id).collect();
		let true_words = until(TOLD, "the truth about peers", || one.tells_of(&others, least)).await;
		true_words.map_err(|reason| reason.context(one.node.log_tail()))?;
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_tells_of_its_peers_is_what_they_say_of_themselves() -> Result<()> {
	let chain = LocalChain::new(BLOCK_TIME_MS).await?;
	let (mut nodes, addresses) = chain.validators().await?;
	nodes.push(chain.follower("follower", &addresses).await?);
	all_tell_the_truth(&nodes, 1).await?;

	let rpc = nodes[0].rpc().await?;
	let later = rpc.finalised_head().await?.number + BLOCKS;
	rpc.height(later, TOLD).await?;
	all_tell_the_truth(&nodes, later).await?;

	let mut gone = nodes.remove(3);
	gone.kill().await?;
	let later = rpc.finalised_head().await?.number + BLOCKS;
	rpc.height(later, TOLD).await?;
	all_tell_the_truth(&nodes, later).await?;

	gone.restart().await?;
	let back = gone.rpc().await?;
	back.height(later, TOLD).await.map_err(|reason| reason.context(gone.log_tail()))?;
	nodes.push(gone);
	all_tell_the_truth(&nodes, later).await?;

	// A node alone has none.
	let alone = nodes.remove(0);
	for node in &mut nodes {
		node.kill().await?;
	}
	let alone = Known::of(&alone).await?;
	until(SOON, "no peers", || alone.tells_of(&[], 0)).await?;
	Ok(())
}
