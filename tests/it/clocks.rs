//! A validator whose clock is wrong learns it from its log and metrics, and those whose clocks are right are not alarmed.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	local::{p2p_address, SEEDS},
	raw::get,
	wait::until,
	LocalChain, Node,
};
use std::time::Duration;

const BLOCK_TIME_MS: u64 = 1_000;

/// Beyond what is warned of and within what the others vote for.
const SKEW_MS: i64 = 1_500;

/// From this distance on a node warns.
const WARN_FROM_MS: i64 = 500;

const WARNING: &str = "this node's clock differs";

/// Two turns of everybody, on a busy machine.
const TURNS: Duration = Duration::from_secs(60);

/// How far a node says that its clock is ahead of the others'.
async fn offset_ms(node: &Node) -> Result<i64> {
	let (_, body) = get(node.metrics_port(), "/metrics").await?;
	let body = String::from_utf8(body)?;
	let value = body.lines().find_map(|line| line.strip_prefix("plexus_clock_offset_ms "));
	Ok(value.context("no such metric")?.parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_whose_clock_is_ahead_is_warned_and_those_whose_clocks_are_right_are_not() -> Result<()> {
	one_clock_is_wrong_by(SKEW_MS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_whose_clock_is_behind_is_warned_and_those_whose_clocks_are_right_are_not() -> Result<()>
{
	one_clock_is_wrong_by(-SKEW_MS).await
}

async fn one_clock_is_wrong_by(skew_ms: i64) -> Result<()> {
	let chain = LocalChain::new(BLOCK_TIME_MS).await?;
	let (mut nodes, mut addresses) = (Vec::new(), Vec::new());
	for seed in SEEDS {
		let options = chain.validator_options(&seed[2..], seed, &addresses).await?;
		let is_wrong = nodes.len() + 1 == SEEDS.len();
		let node = Node::start(if is_wrong {
			options.arguments([&format!("--clock-offset-ms={skew_ms}")])
		} else {
			options
		})
		.await?;
		addresses.push(p2p_address(&node).await?);
		nodes.push(node);
	}
	let wrong = nodes.pop().context("four were started")?;
	until(TURNS, "a warning", || async {
		ensure!(wrong.logged(WARNING), "{}", wrong.log_tail());
		let offset_ms = offset_ms(&wrong).await?;
		ensure!(offset_ms * skew_ms.signum() >= WARN_FROM_MS, "it says that it is {offset_ms} ms ahead");
		Ok(())
	})
	.await?;

	let rpc = nodes[0].rpc().await?;
	let head = rpc.finalised_head().await?.number;
	rpc.height(head + 2 * SEEDS.len() as u32, TURNS).await?;
	for right in &nodes {
		ensure!(!right.logged(WARNING), "a false alarm\n{}", right.log_tail());
		let offset_ms = offset_ms(right).await?;
		ensure!(offset_ms.abs() < WARN_FROM_MS, "it says that it is {offset_ms} ms ahead");
	}
	Ok(())
}
