//! From files on a chain to the bytes of an output: what a version holds is listed, indexed, and found in an output, for
//! whoever was first.

use anyhow::{ensure, Context, Result};
use plexus_tests::{wait::until, Cli, Node, NodeOptions};
use serde_json::Value;
use std::{fs, path::PathBuf, time::Duration};

/// A contribution to an open datanet waits for two seconds here.
const SOON: Duration = Duration::from_secs(30);

const SHARED: &str = "Tiger tiger, burning bright, in the forests of the night";

struct Scene {
	// Dropped with the scene, which ends the node.
	_node: Node,
	cli: Cli,
	directory: tempfile::TempDir,
}

impl Scene {
	async fn new() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
		let cli = Cli::of(&node);
		let scene = Self { _node: node, cli, directory: tempfile::tempdir()? };
		fs::create_dir(scene.path("data"))?;
		scene.cli.json(&["tx", "datanet", "create", "--name", "Poems", "--from", "//Alice"]).await?;
		Ok(scene)
	}

	fn path(&self, name: &str) -> PathBuf {
		self.directory.path().join(name)
	}

	fn text(&self, name: &str) -> Result<String> {
		Ok(self.path(name).to_str().context("paths of tests are UTF-8")?.to_string())
	}

	/// A file that somebody contributes; its id.
	async fn contribute(&self, name: &str, text: &str, from: &str) -> Result<u64> {
		let name = format!("data/{name}");
		fs::write(self.path(&name), text)?;
		let path = self.text(&name)?;
		let done = self.cli.json(&["tx", "contribute", &path, "--datanet", "0", "--from", from]).await?;
		done["id"].as_u64().with_context(|| format!("no id in {done}"))
	}

	/// Freezes the next version with these contributions in it, once they are old enough to be accepted.
	async fn publish(&self, contributions: &[u64]) -> Result<()> {
		for id in contributions {
			let id = id.to_string();
			let accept = ["tx", "accept", &id, "--from", "//Alice"];
			until(SOON, "a contribution to be old enough", || self.cli.json(&accept)).await?;
		}
		self.cli.json(&["tx", "datanet", "publish", "0", "--from", "//Alice"]).await?;
		Ok(())
	}

	async fn sources(&self) -> Result<Value> {
		let (data, list) = (self.text("data")?, self.text("list")?);
		self.cli.json(&["corpus", "sources", &data, "--datanet", "0", "--version", "1", "--out", &list]).await
	}

	async fn build(&self) -> Result<Value> {
		let (data, list, index) = (self.text("data")?, self.text("list")?, self.text("index")?);
		self.cli.json(&["corpus", "build", &data, "--sources", &list, "--out", &index]).await
	}

	async fn attribute(&self, output: &str, more: &[&str]) -> Result<Value> {
		fs::write(self.path("output"), output)?;
		let (index, output) = (self.text("index")?, self.text("output")?);
		self.cli.json(&[&["attribute", "--index", &index, "--output", &output], more].concat()).await
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_sentence_is_claimed_for_whoever_contributed_it_first() -> Result<()> {
	let scene = Scene::new().await?;
	let first = scene.contribute("z-first.txt", SHARED, "//Bob").await?;
	let later = scene
		.contribute("a-later.txt", &format!("{SHARED}, and what comes after it here"), "//Charlie")
		.await?;
	scene.publish(&[first, later]).await?;
	scene
		.contribute("late.txt", "accepted after the version, so it is in none that a model has", "//Bob")
		.await?;
	fs::write(scene.path("data/nobody.txt"), "these bytes nobody contributed")?;

	let listed = scene.sources().await?;
	ensure!(listed["listed"] == 2 && listed["left_out"] == 2 && listed["held"] == 2, "{listed}");
	let built = scene.build().await?;
	ensure!(built["sources"] == 2, "{built}");

	let output =
		format!("Blake wrote: {SHARED}. Accepted after the version, so it is in none that a model has.");
	let page = scene.text("page.html")?;
	let evidence = scene.text("evidence.json")?;
	let report = scene.attribute(&output, &["--html", &page, "--evidence", &evidence]).await?;
	let claims = report["claims"].as_array().context("claims are a list")?;
	ensure!(claims.len() == 1 && claims[0]["contribution"] == first && first < later, "{report}");
	ensure!(
		claims[0]["start"] == 13 && claims[0]["len"] == SHARED.len() && claims[0]["offset"] == 0,
		"{report}"
	);
	ensure!(claims[0]["occurrences"] == 2, "{report}");
	let (data, answer) = (scene.text("data")?, scene.text("output")?);
	let direct = ["attribute", "--version", "0:1", "--data", &data, "--output", &answer];
	let direct = scene.cli.json(&direct).await?;
	ensure!(direct["claims"] == report["claims"], "without an index file: {direct}");
	ensure!(fs::read_to_string(page)?.contains(SHARED), "the page does not show the output");
	let evidence: Value = serde_json::from_slice(&fs::read(evidence)?)?;
	ensure!(evidence["evidence"].as_array().is_some_and(|all| all.len() == 1), "{evidence}");

	let longer = scene.attribute(&format!("{SHARED}, and what comes after it here"), &[]).await?;
	ensure!(longer["claims"][0]["contribution"] == later, "only the later one holds all of it: {longer}");

	fs::write(scene.path("prompt"), format!("Who wrote \"{SHARED}\"?"))?;
	let prompt = scene.text("prompt")?;
	let echoed = scene.attribute(&output, &["--prompt", &prompt]).await?;
	ensure!(echoed["claims"].as_array().is_some_and(Vec::is_empty), "the user said it: {echoed}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_and_a_damaged_index_are_refused() -> Result<()> {
	let scene = Scene::new().await?;
	let poem = scene.contribute("poem.txt", SHARED, "//Bob").await?;
	scene.publish(&[poem]).await?;
	scene.sources().await?;
	scene.build().await?;
	let (data, list, index) = (scene.text("data")?, scene.text("list")?, scene.text("index")?);

	let mut bytes = fs::read(&index)?;
	let middle = bytes.len() / 2;
	bytes[middle] ^= 1;
	fs::write(&index, bytes)?;
	let refused = scene.cli.refused(&["corpus", "show", &index]).await?;
	ensure!(refused.code == Some(2) && refused.text().contains("IndexUnusable"), "{}", refused.text());

	fs::write(scene.path("data/poem.txt"), SHARED.to_uppercase())?;
	let refused = scene.cli.refused(&["corpus", "build", &data, "--sources", &list, "--out", &index]).await?;
	ensure!(refused.code == Some(2) && refused.text().contains("ContentDiffers"), "{}", refused.text());
	Ok(())
}
