//! `kill -9` under load: nothing that was final is lost, the node is back at once, and re-execution agrees.
//!
//! `PLEXUS_KILLS` sets the number of kills: 5 by default, 50 in `scripts/test-slow`. Where in a block a kill falls is
//! drawn from a seed that is printed and can be set with `PLEXUS_SEED`.

use anyhow::{ensure, Context, Result};
use plexus_tests::{cli::plexus, rpc::BlockId, wait::within, Key, Load, Node, NodeOptions, Rpc, Wallet};
use std::time::{Duration, Instant};

/// From the start of the process to answers, and to a new final block.
const RESTART_BOUND: Duration = Duration::from_secs(5);
/// Often enough that kills fall into every phase of a block.
const BLOCK_TIME_MS: u64 = 200;
/// Blocks under load before a kill, so that there is something to lose.
const BLOCKS_BEFORE_KILL: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_under_load_loses_no_final_block_and_restarts_within_five_seconds() -> Result<()> {
	let kills: u32 = std::env::var("PLEXUS_KILLS").map_or(Ok(5), |text| text.parse())?;
	let mut random = Random::from_environment()?;
	let mut node = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
	let mut seen: Vec<BlockId> = Vec::new();
	let mut transactions = 0;
	for kill in 1..=kills {
		let rpc = node.rpc().await?;
		let wallet = Wallet::of(&rpc).await?;
		let load = ["//Alice", "//Bob"].map(|uri| Load::start(node.url(), wallet, Key::sr25519(uri)));
		record(&rpc, &mut seen).await?;
		random.part_of_a_block().await;
		transactions += load.iter().map(Load::accepted).sum::<u64>();
		node.kill().await?;
		drop(load);

		let answered = node.restart().await?;
		let rpc = node.rpc().await?;
		rpc.new_blocks(1).await.map_err(|reason| reason.context(node.log_tail()))?;
		let advanced = node.started().elapsed();
		println!("kill {kill}: answers after {answered:?}, a new block after {advanced:?}");
		ensure!(advanced < RESTART_BOUND, "kill {kill}: {advanced:?} until a new block\n{}", node.log_tail());
		for block in &seen {
			let found = rpc.block_hash(block.number).await?;
			ensure!(
				found.as_deref() == Some(&block.hash),
				"kill {kill}: block {} was {}, is {found:?}",
				block.number,
				block.hash
			);
		}
	}
	ensure!(
		transactions > u64::from(kills) * 10,
		"only {transactions} transactions: the node was not under load"
	);
	let head = node.rpc().await?.finalised_head().await?;
	ensure!(node.stop().await?.success(), "the last stop was not clean");
	same_state_roots(&node, head.number).await
}

/// Re-executes everything from the genesis and compares each state root.
async fn same_state_roots(node: &Node, height: u32) -> Result<()> {
	let base_path = node.base_path().to_str().context("temporary paths are UTF-8")?;
	let block_time = BLOCK_TIME_MS.to_string();
	let checked =
		plexus(&["check", "--chain", "dev", "--block-time-ms", &block_time, "--base-path", base_path])
			.await?;
	ensure!(checked.code == Some(0), "{}", checked.text());
	println!("{}", checked.text().trim());
	ensure!(height > 0, "nothing was checked");
	Ok(())
}

/// Follows some final blocks and remembers them.
async fn record(rpc: &Rpc, seen: &mut Vec<BlockId>) -> Result<()> {
	let mut heads = rpc.finalised_heads().await?;
	for _ in 0..BLOCKS_BEFORE_KILL {
		let number = within(RESTART_BOUND, "a block", heads.next()).await??;
		let hash = rpc.block_hash(number).await?.context("a final block is there")?;
		seen.push(BlockId { number, hash });
	}
	Ok(())
}

/// A small generator (splitmix64), so that a run can be repeated.
struct Random(u64);

impl Random {
	fn from_environment() -> Result<Self> {
		let seed = match std::env::var("PLEXUS_SEED") {
			Ok(text) => text.parse()?,
			Err(_) => u64::from(std::process::id()),
		};
		println!("PLEXUS_SEED={seed}");
		Ok(Self(seed))
	}

	/// Lets a random part of a block time pass. This is no synchronisation: the point of the kill must be arbitrary.
	async fn part_of_a_block(&mut self) {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		let micros = (mixed ^ (mixed >> 31)) % (BLOCK_TIME_MS * 1_000);
		let end = Instant::now() + Duration::from_micros(micros);
		tokio::time::sleep_until(end.into()).await;
	}
}
