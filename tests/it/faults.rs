//! Each fault by itself, on four validators with blocks every second and under load, with the verdict of
//! `plexus testnet run`: never two blocks at one height, every accepted transfer final exactly once, equal state roots. What
//! else must hold is said by each test, and what was measured is printed.
//!
//! A tier of its own, since faults take their time: `scripts/test-slow network`.

use anyhow::{ensure, Context, Result};
use plexus_tests::testnet::{judged, FIRST_BLOCK_MS_MAX};
use serde_json::Value;
use std::time::Duration;

/// From healing until every node, the stopped one too, is beyond the head at healing.
const BACK_MS_MAX: u64 = 20_000;

/// How one fault went.
#[derive(Debug)]
struct Episode {
	fault: String,
	blocks_meanwhile: u64,
	first_block_ms: u64,
	recovered_ms: u64,
}

/// Runs a network with these faults, each with its calm, and demands a sound verdict and a timely recovery.
async fn disturbed(faults: &[&str], more: &[&str]) -> Result<Vec<Episode>> {
	let named = faults.iter().flat_map(|fault| ["--fault", *fault]);
	let arguments: Vec<&str> =
		["--validators", "4"].into_iter().chain(named).chain(more.iter().copied()).collect();
	// Nothing here lasts longer than a minute, and calm comes after each.
	let lasting = Duration::from_secs(80) * u32::try_from(faults.len())?;
	let (ran, verdict) = judged(lasting, &arguments).await?;
	ensure!(ran.code == Some(0) && verdict["sound"] == true, "{}", ran.text());
	let episodes = verdict["episodes"].as_array().context("episodes")?;
	ensure!(episodes.len() == faults.len(), "{verdict:#}");
	let episodes = episodes.iter().map(episode).collect::<Result<Vec<_>>>()?;
	for episode in &episodes {
		let Episode { fault, blocks_meanwhile, first_block_ms, recovered_ms } = episode;
		println!("FIGURE {fault}: {blocks_meanwhile} blocks meanwhile, the next {first_block_ms} ms after healing, on all nodes after {recovered_ms} ms");
		ensure!(*first_block_ms <= FIRST_BLOCK_MS_MAX, "the first block came too late: {episode:?}");
		ensure!(*recovered_ms <= BACK_MS_MAX, "a node came back too late: {episode:?}");
	}
	let (accepted, height) = (&verdict["transfers"]["accepted"], &verdict["height"]);
	println!("FIGURE {height} blocks, {accepted} transfers, each final once, no conflicting decision");
	ensure!(accepted.as_u64() > Some(0), "there was no load: {verdict:#}");
	Ok(episodes)
}

fn episode(told: &Value) -> Result<Episode> {
	let number = |key: &str| told[key].as_u64().with_context(|| format!("no {key}: {told}"));
	Ok(Episode {
		fault: told["fault"].as_str().context("a fault has a name")?.into(),
		blocks_meanwhile: number("blocksMeanwhile")?,
		first_block_ms: number("firstBlockMs")?,
		recovered_ms: number("recoveredMs")?,
	})
}

/// Some blocks, whatever a lost round or a busy machine costs.
fn goes_on(episode: &Episode) -> Result<()> {
	ensure!(episode.blocks_meanwhile >= 3, "the network stood still: {episode:?}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow network runs it"]
async fn halves_make_no_block_and_go_on_within_ten_seconds_of_healing() -> Result<()> {
	for episode in disturbed(&["partition:1,2|3,4:60s", "closed-partition:1,4|2,3:60s"], &[]).await? {
		ensure!(episode.blocks_meanwhile == 0, "a half made blocks: {episode:?}");
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow network runs it"]
async fn three_go_on_without_the_fourth_which_comes_back() -> Result<()> {
	for episode in &disturbed(&["partition:1|2,3,4:20s", "closed-partition:1,2,4|3:20s"], &[]).await? {
		goes_on(episode)?;
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow network runs it"]
async fn sixty_seven_hundredths_of_the_power_decide_and_sixty_six_do_not() -> Result<()> {
	let stakes = ["--stakes", "33000,34000,20000,13000"];
	let faults = ["pause:1:30s", "pause:2:30s", "kill:1:30s", "kill:2:30s"];
	let episodes = disturbed(&faults, &stakes).await?;
	for enough in [&episodes[0], &episodes[2]] {
		goes_on(enough)?;
	}
	for few in [&episodes[1], &episodes[3]] {
		ensure!(few.blocks_meanwhile == 0, "66 of 100 decided: {few:?}");
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow network runs it"]
async fn a_killed_a_paused_and_a_disconnected_node_is_back_at_the_head_in_time() -> Result<()> {
	for episode in &disturbed(&["kill:1:15s", "pause:2:20s", "disconnect:3:15s"], &[]).await? {
		goes_on(episode)?;
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow network runs it"]
async fn a_slow_disk_holds_up_nobody_else_and_slow_disks_of_all_stop_nothing() -> Result<()> {
	let tracer = tokio::process::Command::new("strace").arg("--version").output().await;
	if let Err(error) = tracer {
		println!("SKIPPED: disks are slowed down by strace: {error}");
		return Ok(());
	}
	for episode in &disturbed(&["slow-disk=200:1:20s", "slow-disk=50:1,2,3,4:20s"], &[]).await? {
		goes_on(episode)?;
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow network runs it"]
async fn a_clock_five_seconds_off_costs_rounds_and_nothing_else() -> Result<()> {
	for episode in &disturbed(&["skew=5000:1:20s", "skew=-5000:2:20s"], &[]).await? {
		goes_on(episode)?;
	}
	Ok(())
}
