//! Each fault by itself, on four validators with blocks every second and under load, with the verdict of
//! `plexus testnet run`: never two blocks at one height, every accepted transfer final exactly once, equal state roots. What
//! else must hold is said by each test, and what was measured is printed. A key that signs in two processes is no fault that
//! `plexus testnet run` knows: that test starts its nodes one by one, and judges them itself.
//!
//! A tier of its own, since faults take their time: `scripts/test-slow network`.

use anyhow::{ensure, Context, Result};
use plexus_primitives::consensus::{proposer, Voter};
use plexus_tests::{
	local::{consensus_key, one_certificate_each, p2p_address, seat_becomes, seats, voters, Seat, SEEDS},
	rpc::to_hex,
	testnet::{judged, FIRST_BLOCK_MS_MAX},
	wait::until,
	wallet::stranger,
	Cli, Key, Link, LocalChain, Node, Wallet, PLX,
};
use serde_json::Value;
use std::{
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::{Duration, Instant},
};

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

/// Where one key signs twice. What the two processes sign takes [`TWIN_DELAY_MS`] to the others, who are then still at that
/// height, and twice as long from one process to the other, which has signed by then.
const TWIN_BLOCK_TIME_MS: u64 = 3_000;
const TWIN_DELAY_MS: u64 = 1_000;

/// Blocks in which the two processes get to the head.
const TWIN_BLOCKS: u32 = 6;

/// A few rounds that are lost, of seconds each, on a busy machine.
const TWIN_BOUND: Duration = Duration::from_secs(180);

/// A twentieth of the ten thousand PLX that each validator of the preset has at stake.
const SLASHED: &str = "500000000000000";

/// The first height from `from` on whose first proposer is this key, while those of the two heights before are others.
fn turn_of(set: &[Voter], key: &str, from: u32) -> Result<u32> {
	let is_turn = |height: u32| {
		let powers = set.iter().map(|(_, power)| *power);
		to_hex(&set[proposer(powers, height.into(), 0)].0 .0) == key
	};
	let turn =
		(from..from + 100).find(|height| is_turn(*height) && !is_turn(*height - 1) && !is_turn(*height - 2));
	turn.with_context(|| format!("{key} has no turn in {set:?}"))
}

/// A process with the fourth key, which is connected to some of the others by slow links alone, follows, and signs from a height
/// on. It must be told to: by itself a new guard listens first, and one of the two would hear the other.
async fn twin(
	chain: &LocalChain,
	name: &str,
	from: u32,
	others: &[Node],
	delay_ms: &Arc<AtomicU64>,
) -> Result<(Node, Vec<Link>)> {
	let (mut links, mut peers) = (Vec::new(), Vec::new());
	for node in others {
		let link = Link::open(node.p2p_port(), delay_ms.clone()).await?;
		let (own, linked) = (format!("/tcp/{}/", node.p2p_port()), format!("/tcp/{}/", link.port()));
		peers.push(p2p_address(node).await?.replace(&own, &linked));
		links.push(link);
	}
	let options = chain.validator_options(name, SEEDS[3], &peers).await?;
	// An address that a peer tells would lead around the links.
	let options = options.arguments(["--reserved-only", "--unsafe-sign-from", &from.to_string()]);
	Ok((Node::start(options).await?, links))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow network runs it"]
async fn a_key_that_signs_in_two_processes_at_once_stops_nothing_and_is_slashed() -> Result<()> {
	let chain = LocalChain::new(TWIN_BLOCK_TIME_MS).await?;
	let (mut honest, mut addresses) = (Vec::new(), Vec::new());
	for seed in &SEEDS[..3] {
		let node = chain.validator(&seed[2..], seed, &addresses).await?;
		addresses.push(p2p_address(&node).await?);
		honest.push(node);
	}
	let rpc = honest[0].rpc().await?;
	rpc.height(2, TWIN_BOUND).await.map_err(|reason| reason.context(honest[0].log_tail()))?;
	let set = voters(&rpc).await?;
	let (key, cli) = (consensus_key(SEEDS[3]), Cli::of(&honest[0]));
	let seat = seats(&cli).await?.into_iter().find(|seat| seat.key == key).context("it is elected")?;
	let turn = turn_of(&set, &key, rpc.finalised_head().await?.number + TWIN_BLOCKS)?;

	// Both follow until the block before their turn, and hear nothing of their key: it has never signed.
	let delay_ms = Arc::new(AtomicU64::new(0));
	let (mut one, _links_of_one) = twin(&chain, "one", turn, &honest[..2], &delay_ms).await?;
	let (mut other, _links_of_other) = twin(&chain, "other", turn, &honest[1..], &delay_ms).await?;
	let twins = [one.rpc().await?, other.rpc().await?];
	for rpc in &twins {
		rpc.height(turn - 3, TWIN_BOUND).await.map_err(|reason| reason.context(one.log_tail()))?;
	}
	delay_ms.store(TWIN_DELAY_MS, Ordering::Relaxed);
	ensure!(rpc.finalised_head().await?.number < turn - 1, "they got to the head too late");
	rpc.height(turn - 1, TWIN_BOUND).await?;
	ensure!(one.is_running() && other.is_running(), "{}\n{}", one.log_tail(), other.log_tail());
	// Each has another payment for its block. Whichever came first is the only one of its nonce that a pool takes.
	let wallet = Wallet::of(&rpc).await?;
	for (payee, twin) in twins.iter().enumerate() {
		twin.submit(&wallet.transfer(&Key::sr25519("//Eve"), 0, &stranger(payee as u64), PLX)).await?;
	}

	let begun = Instant::now();
	rpc.height(turn, TWIN_BOUND).await.map_err(|reason| reason.context(honest[0].log_tail()))?;
	let first_block_ms = begun.elapsed().as_millis();
	let tombstone = |seat: &Seat| seat.state.contains("tombstoned: signed twice");
	let judged = seat_becomes(&cli, &seat.account, TWIN_BOUND, "a tombstone", tombstone).await;
	judged.map_err(|reason| reason.context(honest[1].log_tail()).context(one.log_tail()))?;
	let (slashed_ms, head) = (begun.elapsed().as_millis(), rpc.finalised_head().await?.number);
	let stake = cli.json(&["query", "stake", &seat.account]).await?;
	ensure!(stake["slash_pending"] == SLASHED, "{stake}");
	ensure!(honest.iter().any(|node| node.logged("a validator signed twice")), "{}", honest[0].log_tail());

	rpc.height(head + 4, TWIN_BOUND).await.map_err(|reason| reason.context(honest[0].log_tail()))?;
	until(TWIN_BOUND, "three validators", || async {
		let left = voters(&rpc).await?;
		ensure!(left.len() == 3 && left.iter().all(|(voter, _)| to_hex(&voter.0) != key), "{left:?}");
		Ok(())
	})
	.await?;
	let last = one_certificate_each(&set, &honest.iter().collect::<Vec<_>>()).await?;
	println!("FIGURE one key in two processes: block {turn}, for which both signed, {first_block_ms} ms after the one before, slashed after {slashed_ms} ms and {} more blocks; one certificate for each of {last} heights", head - turn);
	Ok(())
}
