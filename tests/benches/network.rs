//! Figures of a network of four validators on this machine, each a process: how long after its proposal a block is final on
//! every node, and how much memory a validator takes; first empty, then under load. `scripts/bench network` prints them.
//!
//! `cargo bench --workspace --bench network [-- SECONDS]`: 180 seconds each unless given.
//!
//! # Must not
//! Judge: it measures. `docs/benchmarks.md` has the bounds.

use anyhow::{Context, Result};
use plexus_tests::{
	node::proc_status_bytes,
	rpc::{from_hex, number_of},
	Rpc, Testnet,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long each network is watched: of fewer than a hundred blocks the slowest alone would be the p99.
const SECONDS: u64 = 180;

/// Blocks that are not counted: connections and, under load, the senders' accounts are made in them.
const WARM_UP_BLOCKS: u32 = 5;

/// Transfers a second of the second network.
const LOAD: &str = "1000";

fn now_ms() -> u64 {
	SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// What the proposer's clock showed when it began the block.
async fn timestamp_ms(rpc: &Rpc, number: u32) -> Result<u64> {
	let key = [sp_crypto_hashing::twox_128(b"Timestamp"), sp_crypto_hashing::twox_128(b"Now")].concat();
	let hash = rpc.block_hash(number).await?.context("a finalised block is there")?;
	let key = plexus_tests::rpc::to_hex(&key);
	let value: Option<String> = rpc.request("state_getStorage", &[key.into(), hash.into()]).await?;
	let bytes = from_hex(&value.context("each block has a time")?)?;
	Ok(u64::from_le_bytes(bytes.try_into().map_err(|_| anyhow::anyhow!("a time has eight bytes"))?))
}

/// How many extrinsics a block has beside its two inherents.
async fn transactions(rpc: &Rpc, number: u32) -> Result<usize> {
	let hash = rpc.block_hash(number).await?.context("a finalised block is there")?;
	Ok(rpc.body(&hash).await?.len().saturating_sub(2))
}

/// When each block was known to be final at one node.
async fn follow(url: String, lasting: Duration) -> Result<Vec<(u32, u64)>> {
	let rpc = Rpc::connect(&url).await?;
	let mut heads = rpc.finalised_heads().await?;
	let mut seen = Vec::new();
	let end = tokio::time::Instant::now() + lasting;
	while let Ok(header) = tokio::time::timeout_at(end, heads.next_header()).await {
		let header = header?;
		seen.push((number_of(&header)?, now_ms()));
	}
	Ok(seen)
}

fn percentile(sorted: &[u64], part: f64) -> u64 {
	let place = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len().max(1));
	sorted.get(place - 1).copied().unwrap_or_default()
}

async fn measure(what: &str, load: &[&str], lasting: Duration) -> Result<()> {
	let testnet = Testnet::start(&[&["--validators", "4"][..], load].concat()).await?;
	let nodes = testnet.connect().await?;
	let first = {
		nodes[0].height(WARM_UP_BLOCKS, Duration::from_secs(60)).await?;
		nodes[0].finalised_head().await?.number + 1
	};
	let followers = testnet.nodes.iter().map(|node| follow(node.url.clone(), lasting));
	let seen = futures::future::try_join_all(followers).await?;
	let last = nodes[0].finalised_head().await?.number;
	let mut times = std::collections::BTreeMap::new();
	let mut included = 0;
	for number in first..=last {
		times.insert(number, timestamp_ms(&nodes[0], number).await?);
		included += transactions(&nodes[0], number).await?;
	}
	let after = |(number, at): &(u32, u64)| times.get(number).map(|made| at.saturating_sub(*made));
	let mut delays: Vec<u64> = seen.iter().flatten().filter_map(after).collect();
	delays.sort_unstable();
	let heights = u64::from(last + 1 - first);
	println!(
		"{what}: {heights} blocks, one each {:.0} ms, {:.0} transfers/s; final after the proposal on all nodes: p50 {} ms, p99 {} ms, at most {} ms",
		lasting.as_millis() as f64 / heights as f64,
		included as f64 / lasting.as_secs_f64(),
		percentile(&delays, 0.5),
		percentile(&delays, 0.99),
		delays.last().copied().unwrap_or_default(),
	);
	for node in &testnet.nodes {
		let (now, peak) = (proc_status_bytes(node.pid, "VmRSS")?, proc_status_bytes(node.pid, "VmHWM")?);
		println!("{what}: {} takes {} MiB, at most {} MiB", node.name, now >> 20, peak >> 20);
	}
	Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
	// Cargo adds `--bench`.
	let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(SECONDS);
	let lasting = Duration::from_secs(seconds);
	measure("empty", &[], lasting).await?;
	measure("under load", &["--load", LOAD], lasting).await
}
