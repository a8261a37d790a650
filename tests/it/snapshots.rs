//! Snapshots: made of a stopped node and by a running one, restored elsewhere, executed again.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	cli::{plexus, Ran},
	wait::{until, SOON},
	Node, NodeOptions,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const BLOCK_TIME_MS: u64 = 200;
/// Blocks between two snapshots of the running node: the fewest that are allowed.
const EVERY: u64 = 10;

fn text(path: &Path) -> Result<String> {
	Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
}

/// A command on the development chain with short blocks, under a base path.
async fn on_chain(arguments: &[&str], base_path: &Path) -> Result<Ran> {
	let (time, base_path) = (BLOCK_TIME_MS.to_string(), text(base_path)?);
	let place = ["--chain", "dev", "--block-time-ms", &time, "--base-path", &base_path];
	plexus(&[arguments, &place].concat()).await
}

async fn succeed(arguments: &[&str], base_path: &Path) -> Result<Value> {
	let ran = on_chain(&[arguments, &["--json"]].concat(), base_path).await?;
	ensure!(ran.code == Some(0), "{arguments:?}: {}", ran.text());
	Ok(serde_json::from_str(&ran.stdout)?)
}

/// The names in a directory, other than those of snapshots under way.
fn whole(directory: &Path) -> Result<Vec<PathBuf>> {
	let entries = std::fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
	let paths = entries.into_iter().map(|entry| entry.path());
	Ok(paths.filter(|path| path.extension().is_none()).collect())
}

/// What a restored base path must hold: the database that `check` executes again, no key, and nothing signed.
async fn is_sound(base_path: &Path, number: u64) -> Result<()> {
	let checked = succeed(&["check"], base_path).await?;
	ensure!(checked["blocks"] == number, "{checked}");
	let chain = base_path.join("chains/plexus-dev-200ms");
	let mut found: Vec<_> = std::fs::read_dir(&chain)?.collect::<Result<Vec<_>, _>>()?;
	let only = found.pop().context("there is a database")?;
	ensure!(found.is_empty() && only.file_name() == "db", "{only:?} and {found:?}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_nodes_snapshot_is_restored_checked_and_served() -> Result<()> {
	let mut node = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
	node.rpc().await?.new_blocks(5).await?;
	let directory = TempDir::new()?;
	let snapshot = text(&directory.path().join("snapshot"))?;
	let locked = on_chain(&["snapshot", "create", "--output", &snapshot], node.base_path()).await?;
	ensure!(locked.code == Some(1) && locked.stderr.contains("stop it"), "{}", locked.text());
	ensure!(node.stop().await?.success(), "the stop was not clean");

	let made = succeed(&["snapshot", "create", "--output", &snapshot], node.base_path()).await?;
	let number = made["number"].as_u64().context("a number")?;
	ensure!(number >= 5, "{made}");
	let new = directory.path().join("new");
	let restored = succeed(&["snapshot", "restore", &snapshot], &new).await?;
	ensure!(restored["hash"] == made["hash"], "{restored}");
	is_sound(&new, number).await?;
	let again = on_chain(&["snapshot", "restore", &snapshot], &new).await?;
	ensure!(again.code == Some(1) && again.stderr.contains("exists already"), "{}", again.text());

	// A follower serves it. A validator's key has no business there.
	let spec = text(&directory.path().join("spec.json"))?;
	let time = BLOCK_TIME_MS.to_string();
	let built =
		plexus(&["chain-spec", "build", "--preset", "dev", "--block-time-ms", &time, "--output", &spec])
			.await?;
	ensure!(built.code == Some(0), "{}", built.text());
	let options = NodeOptions { base_path: Some(new), chain: Some(spec), ..NodeOptions::default() };
	let follower = Node::start(options).await?;
	let head = follower.rpc().await?.finalised_head().await?;
	ensure!(u64::from(head.number) == number && made["hash"] == head.hash, "{head:?}, {made}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_snapshot_and_another_chains_are_refused() -> Result<()> {
	let mut node = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
	node.rpc().await?.new_blocks(2).await?;
	ensure!(node.stop().await?.success(), "the stop was not clean");
	let directory = TempDir::new()?;
	let path = directory.path().join("snapshot");
	let snapshot = text(&path)?;
	succeed(&["snapshot", "create", "--output", &snapshot], node.base_path()).await?;

	let new = directory.path().join("new");
	let base_path = text(&new)?;
	let other =
		plexus(&["snapshot", "restore", &snapshot, "--chain", "local", "--base-path", &base_path]).await?;
	ensure!(other.code == Some(1) && other.stderr.contains("of the chain"), "{}", other.text());

	let table = std::fs::read_dir(path.join("db"))?
		.filter_map(Result::ok)
		.map(|entry| entry.path())
		.find(|path| path.extension().is_some_and(|extension| extension == "sst"))
		.context("a database has table files")?;
	let mut bytes = std::fs::read(&table)?;
	let middle = bytes.len() / 2;
	bytes[middle] ^= 1;
	std::fs::remove_file(&table)?;
	std::fs::write(&table, bytes)?;
	let tampered = on_chain(&["snapshot", "restore", &snapshot], &new).await?;
	ensure!(
		tampered.code == Some(1) && tampered.stderr.contains("BLAKE3 hash differs"),
		"{}",
		tampered.text()
	);
	ensure!(!new.join("chains/plexus-dev-200ms/db").exists(), "something was left behind");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_node_keeps_the_last_few_and_each_can_be_restored() -> Result<()> {
	let every = EVERY.to_string();
	let options = NodeOptions::with_block_time_ms(BLOCK_TIME_MS).arguments([
		"--snapshot-every",
		&every,
		"--snapshots-kept",
		"2",
	]);
	let node = Node::start(options).await?;
	let snapshots = node.chain_directory()?.join("snapshots");
	// Three have been made when the newest is three intervals up, and then one of them is gone.
	let kept = until(3 * SOON, "three snapshots", || async {
		let mut kept = whole(&snapshots)?;
		kept.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u64>().ok()));
		let newest =
			kept.last().and_then(|path| path.file_name()?.to_str()?.parse::<u64>().ok()).unwrap_or(0);
		ensure!(newest >= 3 * EVERY && kept.len() == 2, "{kept:?}");
		Ok(kept)
	})
	.await
	.map_err(|reason| reason.context(node.log_tail()))?;

	// While the node goes on.
	let directory = TempDir::new()?;
	let newest = text(&kept[1])?;
	let restored = succeed(&["snapshot", "restore", &newest], directory.path()).await?;
	let number = restored["number"].as_u64().context("a number")?;
	ensure!(number >= 3 * EVERY, "{restored}");
	let hash = node.rpc().await?.block_hash(u32::try_from(number)?).await?;
	ensure!(restored["hash"].as_str() == hash.as_deref(), "{restored}");
	is_sound(directory.path(), number).await
}
