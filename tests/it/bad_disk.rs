//! Wrong, damaged and full disks: a clear error and a clean stop, with what was final intact.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	cli::plexus,
	node::STOP_BOUND,
	rpc::BlockId,
	wait::{within, SOON},
	Key, Node, NodeOptions, Wallet,
};
use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
	process::Command,
	time::Duration,
};

const BLOCK_TIME_MS: u64 = 200;

/// The way out of a database that is damaged.
const RESTORE: &str = "restore the data directory from a backup";

/// The node must have ended by itself, with an error and its remedy, and without a panic.
async fn refuses_to_run(mut node: Node, words: &[&str], remedy: &str) -> Result<()> {
	let status = node.ended(SOON).await?;
	ensure!(status.code().is_some_and(|code| code != 0), "it ended with {status}\n{}", node.log_tail());
	ensure!(words.iter().any(|word| node.logged(word)), "none of {words:?} in\n{}", node.log_tail());
	ensure!(node.logged("remedy:") && node.logged(remedy), "no remedy {remedy:?} in\n{}", node.log_tail());
	ensure!(!node.logged("panicked at"), "{}", node.log_tail());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_genesis_is_refused() -> Result<()> {
	let directory = tempfile::tempdir()?;
	let [first, second] = ["500", "600"].map(|milliseconds| {
		let path = directory.path().join(format!("{milliseconds}.json"));
		(milliseconds, path)
	});
	for (milliseconds, path) in [&first, &second] {
		let output = path.to_str().context("temporary paths are UTF-8")?;
		let built = plexus(&[
			"chain-spec",
			"build",
			"--id",
			"twin",
			"--block-time-ms",
			milliseconds,
			"--output",
			output,
		])
		.await?;
		ensure!(built.code == Some(0), "{}", built.text());
	}
	let options = |path: &Path| NodeOptions {
		chain: Some(path.display().to_string()),
		base_path: Some(directory.path().join("node")),
		..NodeOptions::default()
	};
	let mut node = Node::start(options(&first.1)).await?;
	node.stop().await?;
	refuses_to_run(Node::spawn(options(&second.1))?, &["genesis"], "use the matching --chain").await?;
	// The right specification still opens it.
	Node::start(options(&first.1)).await?.stop().await.map(drop)
}

/// A stopped node with some blocks.
async fn stopped_node() -> Result<(Node, BlockId)> {
	let mut node = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
	let rpc = node.rpc().await?;
	rpc.new_blocks(5).await?;
	let head = rpc.finalised_head().await?;
	ensure!(node.stop().await?.success(), "{}", node.log_tail());
	Ok((node, head))
}

/// Database files whose name matches.
fn database_files(node: &Node, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
	let mut found = Vec::new();
	for entry in fs::read_dir(node.chain_directory()?.join("db"))? {
		let entry = entry?;
		if wanted(&entry.file_name().to_string_lossy()) {
			found.push(entry.path());
		}
	}
	Ok(found)
}

/// Inverts the bytes in the middle of a file.
fn damage(path: &Path) -> Result<()> {
	let mut bytes = fs::read(path)?;
	let (from, to) = (bytes.len() / 3, bytes.len() * 2 / 3 + 1);
	bytes
		.get_mut(from..to)
		.context("an empty file cannot be damaged")?
		.iter_mut()
		.for_each(|byte| *byte = !*byte);
	Ok(fs::write(path, bytes)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_manifest_is_refused_with_a_remedy() -> Result<()> {
	let (mut node, _) = stopped_node().await?;
	let manifests = database_files(&node, |name| name.starts_with("MANIFEST"))?;
	ensure!(!manifests.is_empty(), "no manifest");
	manifests.iter().try_for_each(|path| damage(path))?;
	node.relaunch()?;
	refuses_to_run(node, &["corrupt"], RESTORE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_tables_stop_the_node_with_a_remedy() -> Result<()> {
	let (mut node, _) = stopped_node().await?;
	let tables = database_files(&node, |name| name.ends_with(".sst"))?;
	ensure!(!tables.is_empty(), "a graceful stop leaves tables");
	tables.iter().try_for_each(|path| damage(path))?;
	node.relaunch()?;
	refuses_to_run(node, &["corrupt", "checksum"], RESTORE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_stops_the_node_with_a_remedy() -> Result<()> {
	let (mut node, _) = stopped_node().await?;
	let tables = database_files(&node, |name| name.ends_with(".sst"))?;
	fs::remove_file(tables.first().context("a graceful stop leaves tables")?)?;
	node.relaunch()?;
	refuses_to_run(node, &["corrupt", "no such file", "missing"], RESTORE).await
}

/// A file system in memory, unmounted at the end.
struct Tmpfs(PathBuf);

impl Tmpfs {
	fn mount(path: PathBuf, mebibytes: u32) -> Option<Self> {
		fs::create_dir_all(&path).ok()?;
		let size = format!("size={mebibytes}m");
		let mounted =
			Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output().ok()?;
		mounted.status.success().then_some(Self(path))
	}

	fn resize(&self, mebibytes: u32) -> Result<()> {
		let size = format!("remount,size={mebibytes}m");
		let status = Command::new("mount").args(["-o", &size]).arg(&self.0).status()?;
		ensure!(status.success(), "the file system cannot be made larger");
		Ok(())
	}
}

impl Drop for Tmpfs {
	fn drop(&mut self) {
		let _ = Command::new("umount").arg("-l").arg(&self.0).status();
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_node_and_what_was_final_is_there_when_there_is_room_again() -> Result<()> {
	const SMALL_MIB: u32 = 48;
	const LARGE_MIB: u32 = 512;
	const FILL_BOUND: Duration = Duration::from_secs(60);
	let directory = tempfile::tempdir()?;
	let Some(disk) = Tmpfs::mount(directory.path().join("disk"), SMALL_MIB) else {
		println!("SKIPPED: mounting a small file system needs root");
		return Ok(());
	};
	let options = NodeOptions {
		base_path: Some(disk.0.join("node")),
		..NodeOptions::with_block_time_ms(BLOCK_TIME_MS)
	};
	let mut node = Node::start(options).await?;
	let rpc = node.rpc().await?;
	let wallet = Wallet::of(&rpc).await?;
	let mut last = rpc.finalised_head().await?;
	let key = Key::sr25519("//Alice");
	let mut nonce = 0;
	// Random remarks do not compress: a few hundred fill the disk.
	let filling = async {
		while node.is_running() {
			// Refused when the pool is full, answered by nobody at the end: only the height matters here.
			let _ = rpc.submit(&wallet.remark(&key, nonce, incompressible(nonce, 100_000))).await;
			nonce += 1;
			if let Ok(head) = rpc.finalised_head().await {
				last = head;
			}
		}
	};
	within(FILL_BOUND, "the end of the node on a full disk", filling).await?;
	let status = node.ended(STOP_BOUND).await?;
	ensure!(status.code().is_some_and(|code| code != 0), "it ended with {status}\n{}", node.log_tail());
	ensure!(node.logged("disk is full") || node.logged("no space left"), "{}", node.log_tail());
	ensure!(!node.logged("panicked at"), "{}", node.log_tail());
	println!("the disk was full after block {}", last.number);

	disk.resize(LARGE_MIB)?;
	node.restart().await?;
	let rpc = node.rpc().await?;
	ensure!(
		rpc.block_hash(last.number).await?.as_deref() == Some(&last.hash),
		"block {} is lost",
		last.number
	);
	rpc.new_blocks(3).await?;
	node.stop().await?;
	drop(disk);
	Ok(())
}

/// Bytes that no compression makes smaller.
fn incompressible(seed: u32, length: usize) -> Vec<u8> {
	let mut reader = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
	let mut bytes = vec![0; length];
	reader.fill(&mut bytes);
	bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn check_executes_every_block_again_and_agrees() -> Result<()> {
	let (node, head) = stopped_node().await?;
	let base_path = node.base_path().to_str().context("temporary paths are UTF-8")?;
	let place = ["--chain", "dev", "--block-time-ms", "200", "--base-path", base_path];
	let checked = plexus(&[&["check", "--json"], &place[..]].concat()).await?;
	ensure!(checked.code == Some(0), "{}", checked.text());
	let found: Value = serde_json::from_str(&checked.stdout).context("it prints JSON")?;
	// The node may have made another block before it stopped.
	let blocks = found["blocks"].as_u64().context("it counts blocks")?;
	ensure!(blocks >= u64::from(head.number), "{} blocks, and {blocks} checked: {found}", head.number);
	Ok(())
}
