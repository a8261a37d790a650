//! `plexus testnet`: a network on one machine, and what is written for a network of hosts.
//!
//! The suite has one short run with faults. `scripts/test-slow` has longer ones: `PLEXUS_CHAOS_SECONDS` sets the length,
//! `PLEXUS_SEED` the row of faults.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	cli::{plexus, Ran},
	node::proc_status_bytes,
	testnet::{judged, FIRST_BLOCK_MS_MAX},
	wait::within,
	wallet::stranger,
	Key, Rpc, Testnet, Wallet, PLX,
};
use rustix::process::Signal;
use serde_json::Value;
use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

/// From the start of the program to a final block on every node.
const FIRST_BLOCK_BOUND: Duration = Duration::from_secs(10);
/// From a transfer to its finality, on a busy machine.
const FINAL_BOUND: Duration = Duration::from_secs(30);
/// What a node of a small network may take.
const MEMORY_BYTES_MAX: u64 = 150 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn four_validators_finalise_within_ten_seconds_and_a_transfer_to_each_is_final_exactly_once_on_all(
) -> Result<()> {
	let mut testnet = Testnet::start(&["--validators", "4"]).await?;
	let nodes = testnet.connect().await?;
	for rpc in &nodes {
		let left = FIRST_BLOCK_BOUND.saturating_sub(testnet.started().elapsed());
		rpc.height(1, left).await.map_err(|reason| reason.context(testnet.logs()))?;
	}
	println!("final blocks on four nodes after {:?}", testnet.started().elapsed());

	let wallet = Wallet::of(&nodes[0]).await?;
	let from = nodes[0].finalised_head().await?.number + 1;
	let mut transfers = Vec::new();
	for (number, (rpc, sender)) in nodes.iter().zip(["//Alice", "//Bob", "//Charlie", "//Dave"]).enumerate() {
		let transfer = wallet.transfer(&Key::sr25519(sender), 0, &stranger(number as u64), PLX);
		rpc.submit(&transfer).await?;
		transfers.push(transfer);
	}
	for rpc in &nodes {
		let seen = rpc.find_all(&transfers, from.saturating_sub(1).max(1), FINAL_BOUND).await;
		let seen = seen.map_err(|reason| reason.context(testnet.logs()))?;
		ensure!(seen == [1; 4], "seen {seen:?} times");
	}
	same_roots(&nodes).await?;
	for node in &testnet.nodes {
		let peak = proc_status_bytes(node.pid, "VmHWM")?;
		println!("{}: at most {} MiB", node.name, peak >> 20);
		ensure!(peak <= MEMORY_BYTES_MAX, "{} took {peak} bytes", node.name);
	}
	drop(nodes);

	testnet.signal(Signal::TERM)?;
	ensure!(testnet.ended().await?.success(), "the stop was not clean\n{}", testnet.logs());
	testnet.no_node_is_left().await
}

/// At the lowest last height of all nodes, all have the same block and the same state root.
async fn same_roots(nodes: &[Rpc]) -> Result<()> {
	let mut height = u32::MAX;
	for rpc in nodes {
		height = height.min(rpc.finalised_head().await?.number);
	}
	let mut roots = Vec::new();
	for rpc in nodes {
		let hash = rpc.block_hash(height).await?.context("a final block is there")?;
		let header: Value = rpc.request("chain_getHeader", &[hash.clone().into()]).await?;
		roots.push((hash, header["stateRoot"].as_str().context("a header has a state root")?.to_string()));
	}
	ensure!(height > 0 && roots.iter().all(|root| *root == roots[0]), "height {height}: {roots:?}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_node_outlives_a_killed_network_and_the_same_directory_goes_on() -> Result<()> {
	let mut testnet = Testnet::start(&["--validators", "2", "--block-time-ms", "300"]).await?;
	let nodes = testnet.connect().await?;
	nodes[1].height(2, FINAL_BOUND).await.map_err(|reason| reason.context(testnet.logs()))?;
	let first = nodes[0].block_hash(1).await?.context("block 1 is final")?;
	drop(nodes);
	testnet.signal(Signal::KILL)?;
	ensure!(!testnet.ended().await?.success(), "it was killed");
	testnet.no_node_is_left().await?;

	let path = testnet.directory().to_str().context("temporary paths are UTF-8")?;
	let again =
		plexus(&["testnet", "run", "--validators", "2", "--base-path", path, "--for", "5s", "--json"])
			.await?;
	let verdict = verdict(&again)?;
	ensure!(again.code == Some(0) && verdict["sound"] == true, "{}\n{}", again.text(), testnet.logs());
	ensure!(verdict["height"].as_u64() > Some(2), "{verdict}");
	let found = exported_hash(path, 1).await?;
	ensure!(found == first, "block 1 was {first}, is {found}");

	let other = plexus(&["testnet", "run", "--validators", "3", "--base-path", path]).await?;
	ensure!(other.code == Some(1) && other.stderr.contains("remedy"), "{}", other.text());
	Ok(())
}

/// The hash of a block in the first node's database, told by a node that runs on it alone.
async fn exported_hash(directory: &str, number: u32) -> Result<String> {
	use plexus_tests::{Node, NodeOptions};
	let base = Path::new(directory).join("validator-1");
	// Without the validator key it only answers.
	let options = NodeOptions {
		base_path: Some(base),
		chain: Some(format!("{directory}/chain-spec.json")),
		..NodeOptions::default()
	};
	let options = options.arguments(["--config", "/dev/null"]);
	let mut node = Node::start(options).await?;
	let hash = node.rpc().await?.block_hash(number).await?.context("no such block")?;
	node.kill().await?;
	Ok(hash)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_and_a_partition_leave_no_conflict_no_block_without_quorum_and_no_lost_transfer() -> Result<()>
{
	let seconds: u64 = std::env::var("PLEXUS_CHAOS_SECONDS").map_or(Ok(45), |text| text.parse())?;
	let seed = std::env::var("PLEXUS_SEED").unwrap_or_else(|_| "7".into());
	println!("PLEXUS_SEED={seed} PLEXUS_CHAOS_SECONDS={seconds}");
	let lasting = format!("{seconds}s");
	let arguments =
		["--validators", "4", "--block-time-ms", "500", "--chaos", "--seed", &seed, "--for", &lasting];
	let (ran, verdict) = judged(Duration::from_secs(seconds), &arguments).await?;
	println!("{}", ran.text());
	ensure!(ran.code == Some(0) && verdict["sound"] == true, "{}", ran.text());
	ensure!(verdict["faults"]["kill"].as_u64() >= Some(1), "{verdict}");
	ensure!(verdict["faults"]["partition"].as_u64() >= Some(1), "{verdict}");
	ensure!(
		verdict["transfers"]["accepted"].as_u64() > Some(seconds),
		"the network was not under load: {verdict}"
	);
	let recovery = &verdict["recovery"];
	let first = recovery["firstBlockMaxMs"].as_u64().context("no fault was healed")?;
	ensure!(first <= FIRST_BLOCK_MS_MAX, "a first block after healing came too late: {recovery}");
	ensure!(recovery["maxMs"].as_u64() <= Some(20_000), "a node took too long to come back: {recovery}");
	Ok(())
}

fn verdict(ran: &Ran) -> Result<Value> {
	serde_json::from_str(&ran.stdout).with_context(|| format!("no verdict: {}", ran.text()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_written_network_has_private_keys_valid_configurations_and_is_never_overwritten() -> Result<()> {
	let temporary = tempfile::tempdir()?;
	let out = temporary.path().join("net");
	let path = out.to_str().context("temporary paths are UTF-8")?;
	let made =
		plexus(&["testnet", "new", "--validators", "4", "--out", path, "--id", "mine", "--json"]).await?;
	ensure!(made.code == Some(0), "{}", made.text());
	let facts: Value = serde_json::from_str(&made.stdout)?;
	ensure!(facts["nodes"].as_array().map(Vec::len) == Some(4), "{facts}");

	let spec = format!("{path}/chain-spec.json");
	let valid = plexus(&["chain-spec", "validate", &spec]).await?;
	ensure!(
		valid.code == Some(0) && valid.stdout.contains(facts["genesisHash"].as_str().unwrap_or("?")),
		"{}",
		valid.text()
	);
	for number in 1..=4 {
		let base = format!("{path}/validator-{number}");
		let shown = plexus(&["config", "show", "--base-path", &base, "--json"]).await?;
		let config: Value = serde_json::from_str(&shown.stdout).with_context(|| shown.text())?;
		ensure!(
			config["validator"] == true && config["p2p"]["reserved"].as_array().map(Vec::len) == Some(3),
			"{config}"
		);
		for secret in [
			format!("{base}/chains/mine/keys/validator.key"),
			format!("{base}/chains/mine/keys/node.key"),
			format!("{path}/accounts/validator-{number}.key"),
		] {
			let mode =
				std::fs::metadata(&secret).with_context(|| secret.clone())?.permissions().mode() & 0o777;
			ensure!(mode == 0o600, "{secret} has mode {mode:o}");
		}
	}
	compose_file_is_valid(&out.join("docker-compose.yml")).await?;
	let base = format!("{path}/validator-1");
	let wrong =
		plexus(&["run", "--base-path", &base, "--chain", &spec, "--clock-offset-ms", "-5000"]).await?;
	ensure!(wrong.code == Some(1) && wrong.stderr.contains("live chain"), "{}", wrong.text());
	let again = plexus(&["testnet", "new", "--validators", "4", "--out", path]).await?;
	ensure!(again.code == Some(1) && again.stderr.contains("never overwritten"), "{}", again.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_makes_no_sense_is_refused_before_anything_starts() -> Result<()> {
	for (arguments, cause) in [
		(&["--fault", "flood:1:5s"][..], "no kind"),
		(&["--fault", "kill:5:5s"], "from 1 to 4"),
		(&["--fault", "kill:1:30s", "--for", "20s"], "too short"),
		(&["--stakes", "20000,10000"], "2 stakes"),
		(&["--newcomer-every", "10s"], "without an end"),
	] {
		let ran = plexus(&[&["testnet", "run", "--validators", "4"], arguments].concat()).await?;
		let text = ran.text();
		ensure!(
			ran.code == Some(1) && text.contains(cause) && text.contains("remedy"),
			"{arguments:?}: {text}"
		);
	}
	Ok(())
}

/// By the published schema of compose files, where Python has what that needs.
async fn compose_file_is_valid(file: &Path) -> Result<()> {
	/// What the script ends with when a module is missing.
	const MISSING: i32 = 77;
	let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/check-compose.py");
	let checked = tokio::process::Command::new("python3").arg(script).arg(file).output();
	let output = match within(FINAL_BOUND, "the check of the compose file", checked).await? {
		Ok(output) => output,
		Err(error) => {
			println!("SKIPPED: no python3: {error}");
			return Ok(());
		}
	};
	let words = [output.stdout, output.stderr].concat();
	let words = String::from_utf8_lossy(&words);
	match output.status.code() {
		Some(0) => println!("{words}"),
		Some(MISSING) => println!("SKIPPED: {words}"),
		code => anyhow::bail!("{code:?}: {words}"),
	}
	Ok(())
}
