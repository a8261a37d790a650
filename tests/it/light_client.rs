//! Proofs in files: what `plexus query proof` fetches from a node, `plexus verify` accepts offline, and refuses when anything
//! of it is changed.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	cli::{plexus, Ran},
	rpc::{from_hex, to_hex},
	wallet::{account_key, stranger},
	Cli, Key, Node, NodeOptions,
};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const BLOCK_TIME_MS: u64 = 200;

/// The exit code for a file that proves nothing.
const UNPROVED: i32 = 8;

/// A node, its chain's specification in a file, and room for proofs.
struct Setting {
	node: Node,
	cli: Cli,
	directory: TempDir,
	spec: String,
}

impl Setting {
	async fn new() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
		let directory = tempfile::tempdir()?;
		let spec = text(&directory.path().join("spec.json"))?;
		let time = BLOCK_TIME_MS.to_string();
		let built =
			plexus(&["chain-spec", "build", "--preset", "dev", "--block-time-ms", &time, "--output", &spec])
				.await?;
		ensure!(built.code == Some(0), "{}", built.text());
		node.rpc().await?.new_blocks(3).await?;
		Ok(Self { cli: Cli::of(&node), node, directory, spec })
	}

	fn path(&self, name: &str) -> PathBuf {
		self.directory.path().join(name)
	}

	/// Fetches a proof; its path.
	async fn fetch(&self, name: &str, what: &[&str]) -> Result<PathBuf> {
		let path = self.path(name);
		let output = text(&path)?;
		self.cli.json(&[&["query", "proof", "--output", &output], what].concat()).await?;
		Ok(path)
	}

	async fn verify(&self, file: &Path) -> Result<Ran> {
		plexus(&["verify", &text(file)?, "--chain", &self.spec, "--json"]).await
	}

	async fn proved(&self, file: &Path) -> Result<Value> {
		let ran = self.verify(file).await?;
		ensure!(ran.code == Some(0), "{}", ran.text());
		Ok(serde_json::from_str(&ran.stdout)?)
	}

	/// The name under which a proof with something changed is refused.
	async fn refusal(&self, proof: &Value, change: impl FnOnce(&mut Value)) -> Result<String> {
		let mut changed = proof.clone();
		change(&mut changed);
		ensure!(changed != *proof, "nothing was changed");
		let path = self.path("changed.json");
		std::fs::write(&path, changed.to_string())?;
		let ran = self.verify(&path).await?;
		ensure!(ran.code == Some(UNPROVED), "ended with {:?}: {}", ran.code, ran.text());
		let failure: Value = serde_json::from_str(&ran.stdout)?;
		Ok(failure["error"]["name"].as_str().context("a failure has a name")?.to_string())
	}
}

fn text(path: &Path) -> Result<String> {
	Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
}

/// Another digit at this place of a hexadecimal string.
fn turn(value: &mut Value, place: usize) {
	let mut digits = value.as_str().unwrap_or_default().as_bytes().to_vec();
	digits[place] = if digits[place] == b'0' { b'1' } else { b'0' };
	*value = String::from_utf8_lossy(&digits).into();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_is_proved_offline_and_every_change_of_its_proof_is_refused() -> Result<()> {
	let mut setting = Setting::new().await?;
	let file = setting.fetch("alice.json", &["--account", "//Alice"]).await?;
	let proof: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
	let proved = setting.proved(&file).await?;
	let number = proved["block_number"].as_u64().context("a number")?;
	ensure!(number >= 3, "{proved}");

	// The node says the same of that block.
	let rpc = setting.node.rpc().await?;
	let hash = rpc.block_hash(u32::try_from(number)?).await?.context("the block is there")?;
	ensure!(proved["block_hash"] == hash, "{proved}");
	let key = to_hex(&account_key(&Key::sr25519("//Alice").account()));
	let stored: String = rpc.request("state_getStorage", &[key.into(), hash.into()]).await?;
	let free = u128::from_le_bytes(from_hex(&stored)?[16..32].try_into()?);
	ensure!(free > 0 && proved["account"]["free"] == free.to_string(), "{proved}");
	ensure!(proved["timestamp_ms"].as_u64().is_some_and(|ms| ms > 0), "{proved}");

	// From here on nobody can be asked.
	ensure!(setting.node.stop().await?.success(), "the stop was not clean");
	ensure!(setting.proved(&file).await? == proved, "it is verified without a node");
	let human = plexus(&["verify", &text(&file)?, "--chain", &setting.spec]).await?;
	ensure!(human.code == Some(0) && human.stdout.contains("is final"), "{}", human.text());

	let commit = |proof: &mut Value, place| turn(&mut proof["finality"]["target"]["commit"], place);
	// Round (8 digits), number of places (2), a precommit is there (2), then the signature.
	ensure!(setting.refusal(&proof, |proof| commit(proof, 2 + 8 + 4 + 10)).await? == "NotFinal", "signature");
	ensure!(setting.refusal(&proof, |proof| commit(proof, 2)).await? == "NotFinal", "round");
	let nobody = |proof: &mut Value| proof["finality"]["target"]["commit"] = "0x000000000400".into();
	ensure!(setting.refusal(&proof, nobody).await? == "NotFinal", "too little power");
	let root = |proof: &mut Value| turn(&mut proof["finality"]["target"]["header"], 2 + 64 + 10);
	ensure!(setting.refusal(&proof, root).await? == "NotFinal", "header");
	let parent = |proof: &mut Value| turn(&mut proof["finality"]["target"]["parent"], 20);
	ensure!(setting.refusal(&proof, parent).await? == "NotFinal", "parent");
	let nodes = proof["storage"]["nodes"].as_array().context("nodes")?.len();
	for node in 0..nodes {
		let altered = |proof: &mut Value| turn(&mut proof["storage"]["nodes"][node], 2 + 9);
		ensure!(setting.refusal(&proof, altered).await? == "NotInState", "node {node}");
	}
	let other = to_hex(Key::sr25519("//Bob").account().as_ref());
	let swapped = |proof: &mut Value| proof["storage"]["account"] = other.into();
	ensure!(setting.refusal(&proof, swapped).await? == "NotInState", "another account");
	let genesis = |proof: &mut Value| turn(&mut proof["genesisHash"], 20);
	ensure!(setting.refusal(&proof, genesis).await? == "WrongChain", "genesis");
	let local = plexus(&["verify", &text(&file)?, "--chain", "local"]).await?;
	ensure!(local.code == Some(UNPROVED) && local.stderr.contains("WrongChain"), "{}", local.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn absence_any_key_and_a_block_alone_are_proved_and_files_are_not_overwritten() -> Result<()> {
	let setting = Setting::new().await?;
	let account = to_hex(stranger(77).as_ref());
	let file = setting.fetch("stranger.json", &["--account", &account]).await?;
	ensure!(setting.proved(&file).await?["account"]["total"] == "0", "a stranger owns nothing");

	// Nothing was ever credited to her: neither entry is there, and that is proved.
	let file = setting.fetch("owed.json", &["--earnings", &account, "--account", "//Bob"]).await?;
	let proved = setting.proved(&file).await?;
	for field in ["owed", "receipts", "rewards", "rewards_total"] {
		ensure!(proved["earnings"][field] == "0", "{field}: {proved}");
	}
	ensure!(proved["account"]["total"] != "0", "Bob's balance stands beside it: {proved}");

	let present = to_hex(&account_key(&Key::sr25519("//Bob").account()));
	let file = setting.fetch("keys.json", &["--key", &present, "--key", "0x0011"]).await?;
	let proved = setting.proved(&file).await?;
	ensure!(proved["values"][0]["value"].is_string(), "{proved}");
	ensure!(proved["values"][1] == json!({ "key": "0x0011", "value": null }), "{proved}");

	let file = setting.fetch("block.json", &["--block", "2"]).await?;
	let proved = setting.proved(&file).await?;
	ensure!(proved["block_number"] == 2 && proved["account"].is_null(), "{proved}");

	let refused = setting.cli.refused(&["query", "proof", "--block", "2", "--output", &text(&file)?]).await?;
	ensure!(refused.code == Some(2) && refused.text().contains("UnwritableFile"), "{}", refused.text());
	let refused = setting
		.cli
		.refused(&["query", "proof", "--block", "4000000", "--output", &text(&setting.path("x"))?])
		.await?;
	ensure!(refused.text().contains("not final yet"), "{}", refused.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proof_makes_trusted_is_kept_and_the_next_proof_begins_there() -> Result<()> {
	let setting = Setting::new().await?;
	let file = setting.fetch("early.json", &["--block", "2"]).await?;
	let (proof, trust) = (text(&file)?, text(&setting.path("trust.json"))?);
	let verify = ["verify", &proof, "--chain", &setting.spec, "--json"];
	let saved = plexus(&[&verify[..], &["--save-trusted", &trust]].concat()).await?;
	ensure!(saved.code == Some(0), "{}", saved.text());
	let told: Value = serde_json::from_str(&saved.stdout)?;
	ensure!(told["saved"] == json!({ "block_number": 2, "file": trust }), "{told}");
	let again = plexus(&[&verify[..], &["--save-trusted", &trust]].concat()).await?;
	ensure!(again.code == Some(2) && again.text().contains("UnwritableFile"), "{}", again.text());

	// What is trusted already needs no proof.
	let behind = plexus(&[&verify[..], &["--trusted", &trust]].concat()).await?;
	ensure!(behind.code == Some(UNPROVED) && behind.text().contains("BeginsTooEarly"), "{}", behind.text());
	let file = setting.fetch("late.json", &["--account", "//Alice", "--from", "2"]).await?;
	let proof: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
	ensure!(proof["finality"]["from"] == 2, "{proof}");
	let late = text(&file)?;
	let started = plexus(&["verify", &late, "--chain", &setting.spec, "--trusted", &trust, "--json"]).await?;
	ensure!(started.code == Some(0), "{}", started.text());
	let told: Value = serde_json::from_str(&started.stdout)?;
	ensure!(told["from_block"] == 2 && told["account"]["free"].is_string(), "{told}");
	ensure!(told["saved"].is_null(), "nobody asked for it: {told}");

	// It belongs to the chain, and proofs go upwards.
	let local = plexus(&["verify", &late, "--chain", "local", "--trusted", &trust]).await?;
	ensure!(local.code == Some(2) && local.stderr.contains("TrustedOfAnotherChain"), "{}", local.text());
	let output = text(&setting.path("x"))?;
	let downwards = ["query", "proof", "--block", "2", "--from", "2", "--output", &output];
	let refused = setting.cli.refused(&downwards).await?;
	ensure!(refused.code == Some(2) && refused.text().contains("NotAbove"), "{}", refused.text());
	Ok(())
}
