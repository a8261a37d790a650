//! A fresh development node makes blocks at once, in a chain without gaps, and says that it is ready.

use anyhow::{ensure, Context, Result};
use plexus_tests::{raw, wait::until, Node, NodeOptions, Rpc};
use serde_json::Value;
use std::time::Duration;

/// From the start of the process to the first final block.
const FIRST_BLOCK_BOUND: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn the_first_block_is_final_within_three_seconds_of_the_start() -> Result<()> {
	let node = Node::spawn(NodeOptions::default())?;
	let url = node.url();
	until(FIRST_BLOCK_BOUND, "the first block", || async {
		let head = Rpc::connect(&url).await?.finalised_head().await?;
		ensure!(head.number >= 1, "only the genesis is there");
		Ok(())
	})
	.await
	.map_err(|reason| reason.context(node.log_tail()))?;
	println!("first block after {:?}", node.started().elapsed());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_come_in_order_and_each_names_its_parent() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let rpc = node.rpc().await?;
	let mut heads = rpc.finalised_heads().await?;
	let mut last = plexus_tests::rpc::number_of(&heads.next_header().await?)?;
	for _ in 0..20 {
		let header = heads.next_header().await?;
		let number = plexus_tests::rpc::number_of(&header)?;
		ensure!(number == last + 1, "{number} after {last}");
		let parent = rpc.block_hash(last).await?.context("the parent is there")?;
		ensure!(header["parentHash"] == parent, "block {number} does not name its parent");
		last = number;
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_block_time_holds_down_to_200_ms() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let rpc = node.rpc().await?;
	rpc.new_blocks(2).await?;
	let from = rpc.finalised_head().await?;
	rpc.new_blocks(20).await?;
	let to = rpc.finalised_head().await?;
	let elapsed = timestamp(&rpc, &to.hash).await? - timestamp(&rpc, &from.hash).await?;
	let per_block = elapsed / u64::from(to.number - from.number);
	// A machine that is busy with other tests may be late, but never early.
	ensure!((190..400).contains(&per_block), "{per_block} ms per block");
	Ok(())
}

async fn timestamp(rpc: &Rpc, at: &str) -> Result<u64> {
	let key = [sp_crypto_hashing::twox_128(b"Timestamp"), sp_crypto_hashing::twox_128(b"Now")].concat();
	let value: String =
		rpc.request("state_getStorage", &[plexus_tests::rpc::to_hex(&key).into(), at.into()]).await?;
	Ok(u64::from_le_bytes(plexus_tests::rpc::from_hex(&value)?.as_slice().try_into()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn liveness_readiness_and_metrics_are_served() -> Result<()> {
	let node = Node::start(NodeOptions::default()).await?;
	node.rpc().await?.new_blocks(1).await?;
	let (status, _) = raw::get(node.metrics_port(), "/health/live").await?;
	ensure!(status == 200, "live: {status}");
	let (status, body) = raw::get(node.metrics_port(), "/health/ready").await?;
	let readiness: Value = serde_json::from_slice(&body)?;
	ensure!(status == 200 && readiness["ready"] == true, "ready: {status}, {readiness}");
	let (status, body) = raw::get(node.metrics_port(), "/metrics").await?;
	let metrics = String::from_utf8(body)?;
	ensure!(status == 200 && metrics.contains("plexus_"), "metrics: {status}\n{metrics}");
	Ok(())
}
