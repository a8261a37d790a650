//! The main job on real input: a datanet, a real file contributed to it, found again; and every way to get it wrong.
//!
//! `PLEXUS_CONTRIBUTION_MIB` sets the size of the large file: 256 by default, 1,024 in `scripts/test-slow`.

use anyhow::{ensure, Context, Result};
use plexus_tests::{wait::until, Cli, Node, NodeOptions};
use serde_json::Value;
use std::{
	fs::{self, File},
	io::{Read, Seek, SeekFrom, Write},
	path::Path,
	time::Duration,
};

/// Until a commitment is old enough: two seconds on the chain clock, and time for a slow machine.
const AGE: Duration = Duration::from_secs(60);

/// More than the command needs for its libraries and buffers, less than a quarter of the file.
const MEMORY_BYTES_MAX: u64 = 64 << 20;

struct Scene {
	_node: Node,
	cli: Cli,
	directory: tempfile::TempDir,
	datanet: String,
}

impl Scene {
	async fn new() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
		let cli = Cli::of(&node);
		let created =
			cli.json(&["tx", "datanet", "create", "--name", "Field notes", "--from", "//Alice"]).await?;
		let datanet = id(&created)?;
		Ok(Self { _node: node, cli, directory: tempfile::tempdir()?, datanet })
	}

	/// A file with these bytes; its path.
	fn file(&self, name: &str, bytes: &[u8]) -> Result<String> {
		let path = self.directory.path().join(name);
		fs::write(&path, bytes)?;
		Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
	}

	fn contribute<'a>(&'a self, file: &'a str, from: &'a str) -> [&'a str; 7] {
		["tx", "contribute", file, "--datanet", &self.datanet, "--from", from]
	}
}

fn id(answer: &Value) -> Result<String> {
	Ok(answer["id"].as_u64().with_context(|| format!("no id in {answer}"))?.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_file_is_contributed_found_by_its_bytes_and_withdrawn() -> Result<()> {
	let scene = Scene::new().await?;
	let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
	let bytes = fs::read(readme)?;
	let file = scene.file("README.md", &bytes)?;
	let sent = scene.cli.json(&scene.contribute(&file, "//Bob")).await?;
	ensure!(sent["status"] == "finalised" && sent["fee"].is_string(), "{sent}");
	let contribution = id(&sent)?;

	let found = scene.cli.json(&["query", "file", &file]).await?;
	let text = found.to_string();
	ensure!(id(&found)? == contribution, "{found}");
	ensure!(text.contains(blake3::hash(&bytes).to_hex().as_str()), "the root is what b3sum prints: {found}");
	ensure!(text.contains(&bytes.len().to_string()), "no length in {found}");
	let same = scene.cli.json(&["query", "contribution", &contribution]).await?;
	ensure!(same == found, "{same} is not {found}");

	scene.cli.json(&["tx", "withdraw", &contribution, "--from", "//Bob"]).await?;
	let gone = scene.cli.refused(&["query", "file", &file]).await?;
	ensure!(gone.text().contains("tx contribute"), "no way out in {}", gone.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn edge_lengths_are_accepted_and_nothing_is_refused() -> Result<()> {
	let scene = Scene::new().await?;
	for length in [1, 1_023, 1_024, 1_025, 2_048, 16_384, 100_000] {
		let bytes: Vec<u8> = (0..length).map(|place: u32| (place * 31 % 253) as u8).collect();
		let file = scene.file(&format!("{length}.bin"), &bytes)?;
		let sent = scene.cli.json(&scene.contribute(&file, "//Bob")).await;
		sent.with_context(|| format!("{length} bytes"))?;
	}
	let empty = scene.file("empty.bin", &[])?;
	let refused = scene.cli.refused(&scene.contribute(&empty, "//Bob")).await?;
	ensure!(refused.text().to_lowercase().contains("empty"), "{}", refused.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_names_its_holder_before_and_after_submission() -> Result<()> {
	let scene = Scene::new().await?;
	let file = scene.file("twice.txt", b"registered twice")?;
	let contribution = id(&scene.cli.json(&scene.contribute(&file, "//Bob")).await?)?;
	let before = scene.cli.refused(&scene.contribute(&file, "//Charlie")).await?;
	ensure!(before.text().contains(&format!("contribution {contribution}")), "{}", before.text());
	ensure!(before.text().contains("remedy"), "{}", before.text());
	let after =
		scene.cli.refused(&[&scene.contribute(&file, "//Charlie")[..], &["--skip-lookup"]].concat()).await?;
	ensure!(after.text().contains("Datanets."), "no error of the pallet in {}", after.text());
	ensure!(after.text().contains("remedy"), "{}", after.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_a_higher_tip_brought_in_first_loses_to_who_had_committed() -> Result<()> {
	let scene = Scene::new().await?;
	let file = scene.file("mine.txt", b"shown by a registration on its way")?;
	let held = || async {
		let account = scene.cli.json(&["query", "account", "//Charlie"]).await?;
		account["held"].as_str().map(str::to_string).with_context(|| format!("no held in {account}"))
	};
	let before = held().await?;
	let committed = scene.cli.json(&["tx", "datanet", "commit", &file, "--from", "//Bob"]).await?;
	let salt = committed["salt"].as_str().context("a commitment has a salt")?;
	let copied =
		scene.cli.json(&[&scene.contribute(&file, "//Charlie")[..], &["--tip", "1"]].concat()).await?;
	let copy = id(&copied)?;
	ensure!(held().await? != before, "the copy has no deposit");

	let register = ["tx", "datanet", "register", &file, "--datanet", &scene.datanet, "--salt", salt];
	let register = [&register[..], &["--from", "//Bob"]].concat();
	let registered = until(AGE, "the age of the commitment", || scene.cli.json(&register)).await?;
	let found = scene.cli.json(&["query", "file", &file]).await?;
	ensure!(id(&found)? == id(&registered)?, "{found} is not {registered}");
	let bob = scene.cli.json(&["query", "account", "//Bob"]).await?;
	ensure!(found["contributor"] == bob["account"], "{found}");
	let gone = scene.cli.refused(&["query", "contribution", &copy]).await?;
	ensure!(gone.text().contains("NoSuchContribution"), "{}", gone.text());
	ensure!(held().await? == before, "the copy's deposits are back, exactly");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_length_and_a_wrong_proof_are_refused_with_the_pallets_way_out() -> Result<()> {
	let scene = Scene::new().await?;
	let bytes: Vec<u8> = (0..5_000u32).map(|place| (place % 251) as u8).collect();
	let proven = plexus_primitives::prove::prove_reader(bytes.as_slice(), |_| ())?;
	let root = hex::encode(proven.content.root);
	let right = scene.file("right.proof", &proven.length_proof)?;
	let mut damaged = proven.length_proof.clone();
	*damaged.last_mut().context("a proof is not empty")? ^= 1;
	let wrong = scene.file("wrong.proof", &damaged)?;
	let trailing = scene.file("trailing.proof", &[&proven.length_proof[..], &[0]].concat())?;
	for (name, length, proof) in [
		("a wrong length", "4999", &right),
		("a wrong proof", "5000", &wrong),
		("a byte behind the proof", "5000", &trailing),
	] {
		let arguments = ["tx", "contribute", "--root", &root, "--length", length, "--proof", proof];
		let refused = scene
			.cli
			.refused(&[&arguments[..], &["--datanet", &scene.datanet, "--from", "//Bob"]].concat())
			.await?;
		ensure!(refused.text().contains("Datanets."), "{name}: no error of the pallet in {}", refused.text());
		ensure!(refused.text().contains("remedy"), "{name}: {}", refused.text());
	}
	let arguments = ["tx", "contribute", "--root", &root, "--length", "5000", "--proof", &right];
	scene.cli.json(&[&arguments[..], &["--datanet", &scene.datanet, "--from", "//Bob"]].concat()).await?;
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_contributed_in_bounded_memory() -> Result<()> {
	let mebibytes: u64 = std::env::var("PLEXUS_CONTRIBUTION_MIB").map_or(Ok(256), |text| text.parse())?;
	let scene = Scene::new().await?;
	let path = scene.directory.path().join("large.bin");
	let mut file = File::create(&path)?;
	file.set_len(mebibytes << 20)?;
	// Not only zeros: something at the beginning, in the middle, and in the last chunk.
	for place in [0, mebibytes << 19, (mebibytes << 20) - 5] {
		file.seek(SeekFrom::Start(place))?;
		file.write_all(b"bytes")?;
	}
	drop(file);
	let path = path.to_str().context("temporary paths are UTF-8")?;
	let started = std::time::Instant::now();
	let ran = scene.cli.run(&[&scene.contribute(path, "//Bob")[..], &["--json"]].concat()).await?;
	ensure!(ran.code == Some(0), "{}", ran.text());
	println!(
		"{mebibytes} MiB in {:?} with at most {} MiB of memory",
		started.elapsed(),
		ran.memory_bytes_max >> 20
	);
	ensure!(ran.memory_bytes_max > 0, "the memory was never seen");
	ensure!(ran.memory_bytes_max < MEMORY_BYTES_MAX, "{} MiB of memory", ran.memory_bytes_max >> 20);
	let found = scene.cli.json(&["query", "file", path]).await?;
	ensure!(found.to_string().contains(blake3_of(path)?.as_str()), "{found}");
	Ok(())
}

/// The file's plain BLAKE3 hash, computed independently of the command.
fn blake3_of(path: &str) -> Result<String> {
	let (mut file, mut hasher, mut buffer) = (File::open(path)?, blake3::Hasher::new(), vec![0; 1 << 20]);
	loop {
		match file.read(&mut buffer)? {
			0 => return Ok(hasher.finalize().to_hex().to_string()),
			read => hasher.update(&buffer[..read]),
		};
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_node_the_command_says_how_to_start_one() -> Result<()> {
	let mut node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let cli = Cli::of(&node);
	node.stop().await?;
	let refused = cli.refused(&["query", "chain"]).await?;
	ensure!(refused.text().contains("plexus run --dev"), "{}", refused.text());
	Ok(())
}
