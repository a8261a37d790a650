//! A node joins a network of three validators by a trusted block, after its state was pruned: it fetches the state in proved
//! pieces from the validators' snapshots, follows blocks from there, and serves what it has.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	cli::plexus,
	wait::{until, SOON},
	Node, NodeOptions, Rpc,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const BLOCK_TIME_MS: &str = "300";
/// Past states kept: the fewest that are allowed.
const STATES: u32 = 16;
/// Blocks between two snapshots: the fewest that are allowed.
const EVERY: &str = "10";

fn text(path: &Path) -> Result<String> {
	Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
}

/// Three validators on ports of this machine.
struct Net {
	directory: TempDir,
	spec: String,
	validators: Vec<Node>,
}

impl Net {
	async fn start() -> Result<Self> {
		let directory = TempDir::new()?;
		let net = directory.path().join("net");
		let out = text(&net)?;
		let arguments =
			["testnet", "new", "--validators", "3", "--out", &out, "--block-time-ms", BLOCK_TIME_MS];
		let hosts = ["--host", "127.0.0.1"].repeat(3);
		let made = plexus(&[&arguments[..], &hosts].concat()).await?;
		ensure!(made.code == Some(0), "{}", made.text());
		let spec = text(&net.join("chain-spec.json"))?;
		let mut validators: Vec<Node> = Vec::new();
		for number in 1..=3 {
			// The hosts' addresses all name one port, which nobody has.
			let mut peers = Vec::new();
			for node in &validators {
				peers.push(address(&node.rpc().await?).await?);
			}
			let options = NodeOptions {
				base_path: Some(net.join(format!("validator-{number}"))),
				chain: Some(spec.clone()),
				..NodeOptions::default()
			};
			let states = STATES.to_string();
			let mut options = options.arguments([
				"--state-pruning",
				&states,
				"--snapshot-every",
				EVERY,
				"--snapshots-kept",
				"100",
			]);
			if !peers.is_empty() {
				options = options.arguments(["--reserved-peers", &peers.join(",")]);
			}
			validators.push(Node::start(options).await?);
		}
		Ok(Self { directory, spec, validators })
	}

	fn logs(&self) -> String {
		self.validators.iter().map(Node::log_tail).collect::<Vec<_>>().join("\n")
	}

	/// The first snapshot of the first validator: its height and hash.
	async fn first_snapshot(&self) -> Result<(u32, String)> {
		let snapshots = self.validators[0].chain_directory()?.join("snapshots");
		until(3 * SOON, "a snapshot", || async {
			let whole = |path: &PathBuf| path.extension().is_none();
			let mut found: Vec<PathBuf> = std::fs::read_dir(&snapshots)?
				.filter_map(|entry| Some(entry.ok()?.path()))
				.filter(whole)
				.collect();
			found.sort();
			let first = found.first().context("there is none")?;
			let manifest: Value = serde_json::from_slice(&std::fs::read(first.join("manifest.json"))?)?;
			let number = manifest["number"].as_u64().context("a number")?;
			let hash = manifest["hash"].as_str().context("a hash")?;
			Ok((u32::try_from(number)?, hash.to_string()))
		})
		.await
		.map_err(|reason| reason.context(self.logs()))
	}

	/// A full node that knows the validators and joins at a checkpoint.
	async fn joining(&self, name: &str, checkpoint: &str) -> Result<NodeOptions> {
		let mut bootnodes = Vec::new();
		for node in &self.validators {
			bootnodes.push(address(&node.rpc().await?).await?);
		}
		let options = NodeOptions {
			base_path: Some(self.directory.path().join(name)),
			chain: Some(self.spec.clone()),
			..NodeOptions::default()
		};
		Ok(options.arguments(["--bootnodes", &bootnodes.join(","), "--sync-from", checkpoint]))
	}
}

/// Where a node is reached.
async fn address(rpc: &Rpc) -> Result<String> {
	let addresses: Vec<String> = rpc.request("system_localListenAddresses", &[]).await?;
	addresses.into_iter().next().context("it listens")
}

async fn state_root(rpc: &Rpc, number: u32) -> Result<String> {
	let hash = rpc.block_hash(number).await?.with_context(|| format!("no block {number}"))?;
	let header: Value = rpc.request("chain_getHeader", &[hash.into()]).await?;
	Ok(header["stateRoot"].as_str().context("a header has a state root")?.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_joins_past_pruning_follows_and_serves() -> Result<()> {
	let net = Net::start().await?;
	let validator = net.validators[0].rpc().await?;
	let (number, hash) = net.first_snapshot().await?;
	// From here on no validator's database has the state any more.
	let pruned = number + STATES + 2;
	validator.height(pruned, 4 * SOON).await.map_err(|reason| reason.context(net.logs()))?;

	let options = net.joining("joined", &format!("{number}:{hash}")).await?;
	let mut node = Node::start(options).await?;
	ensure!(node.logged("downloading") || node.logged("joined"), "{}", node.log_tail());
	let rpc = node.rpc().await?;
	let status: Value = rpc.request("plexus_chainStatus", &[]).await?;
	ensure!(status["oldestBlock"] == number, "{status}");
	ensure!(rpc.block_hash(number).await?.as_deref() == Some(&hash), "the block it joined at");

	let head = validator.finalised_head().await?.number;
	rpc.height(head + 3, 2 * SOON).await.map_err(|reason| reason.context(node.log_tail()))?;
	for height in [number, number + 1, head, head + 3] {
		ensure!(state_root(&rpc, height).await? == state_root(&validator, height).await?, "block {height}");
	}
	let first = rpc.block_hash(number + 1).await?.context("it has all blocks from there on")?;
	ensure!(rpc.body(&first).await? == validator.body(&first).await?, "the first block that followed");

	// A proof of finality from the genesis on is the same as a validator's.
	let proof =
		|rpc: Rpc| async move { rpc.request::<Value>("plexus_finalityProof", &[(number + 1).into()]).await };
	let (ours, theirs) = (proof(node.rpc().await?).await?, proof(net.validators[0].rpc().await?).await?);
	ensure!(ours["target"]["header"] == theirs["target"]["header"], "{ours}, {theirs}");

	// A kill, and the same command line again: there is a database now.
	node.kill().await?;
	node.restart().await?;
	let head = validator.finalised_head().await?.number;
	let rpc = node.rpc().await?;
	rpc.height(head + 2, 2 * SOON).await.map_err(|reason| reason.context(node.log_tail()))?;
	drop(rpc);
	ensure!(node.stop().await?.success(), "the stop was not clean\n{}", node.log_tail());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_while_it_joins_has_no_database_and_joins_again() -> Result<()> {
	let net = Net::start().await?;
	let (number, hash) = net.first_snapshot().await?;
	let options = net.joining("killed", &format!("{number}:{hash}")).await?;
	let mut node = Node::spawn(options)?;
	until(SOON, "a peer", || async {
		ensure!(node.logged("peer connected"), "{}", node.log_tail());
		Ok(())
	})
	.await?;
	node.kill().await?;
	node.restart().await.map_err(|reason| reason.context(net.logs()))?;
	let rpc = node.rpc().await?;
	ensure!(rpc.block_hash(number).await?.as_deref() == Some(&hash), "the block it joined at");
	rpc.height(number + 3, 2 * SOON).await.map_err(|reason| reason.context(node.log_tail()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_hash_ends_the_node_with_a_remedy_and_leaves_no_database() -> Result<()> {
	let net = Net::start().await?;
	net.validators[0].rpc().await?.height(3, 2 * SOON).await.map_err(|reason| reason.context(net.logs()))?;
	let wrong = "11".repeat(32);
	let mut node = Node::spawn(net.joining("wrong", &format!("2:0x{wrong}")).await?)?;
	let status = node.ended(2 * SOON).await?;
	ensure!(status.code() == Some(1), "{status}\n{}", node.log_tail());
	ensure!(node.logged("which is not the trusted") && node.logged("remedy"), "{}", node.log_tail());
	ensure!(!node.chain_directory()?.join("db").exists(), "there is a database");
	Ok(())
}
