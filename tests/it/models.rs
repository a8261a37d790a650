//! Models from the command line: registered in two steps, trained on a version, found up and down their lineage.

use anyhow::{ensure, Context, Result};
use plexus_tests::{wait::until, Cli, Node, NodeOptions};
use serde_json::{json, Value};
use std::time::Duration;

/// Until a contribution is old enough to be accepted: two seconds on the chain clock, and time for a slow machine.
const AGE: Duration = Duration::from_secs(60);

/// Adapters of one command.
const ADAPTERS_AT_ONCE: usize = 250;
/// Commands that register adapters: a thousand in all.
const COMMANDS: usize = 4;

struct Scene {
	_node: Node,
	cli: Cli,
	directory: tempfile::TempDir,
}

impl Scene {
	async fn new() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
		let cli = Cli::of(&node);
		Ok(Self { _node: node, cli, directory: tempfile::tempdir()? })
	}

	/// A transaction that succeeds.
	async fn tx(&self, arguments: &[&str], from: &str) -> Result<Value> {
		self.cli.json(&[&["tx"][..], arguments, &["--from", from]].concat()).await
	}

	/// A transaction that is refused or fails, with this among its words.
	async fn fails(&self, arguments: &[&str], from: &str, words: &str) -> Result<()> {
		let ran = self.cli.refused(&[&["tx"][..], arguments, &["--from", from]].concat()).await?;
		ensure!(ran.text().contains(words), "{arguments:?} said something else than {words}: {}", ran.text());
		Ok(())
	}

	async fn query(&self, arguments: &[&str]) -> Result<Value> {
		self.cli.json(&[&["query", "model"][..], arguments].concat()).await
	}

	async fn held(&self, of: &str) -> Result<u128> {
		let account = self.cli.json(&["query", "account", of]).await?;
		Ok(account["held"].as_str().with_context(|| format!("no held in {account}"))?.parse()?)
	}

	fn file(&self, name: &str, bytes: &[u8]) -> Result<String> {
		let path = self.directory.path().join(name);
		std::fs::write(&path, bytes)?;
		Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
	}

	/// Version 1 of datanet 0, which Charlie reviews.
	async fn publish(&self) -> Result<()> {
		let create = ["datanet", "create", "--name", "Notes", "--curator", "//Charlie"];
		self.tx(&create, "//Alice").await?;
		let note = self.file("note.txt", b"a note to be trained on")?;
		self.tx(&["contribute", &note, "--datanet", "0"], "//Bob").await?;
		until(AGE, "the contribution to be old enough", || async {
			self.tx(&["review", "0", "--weight", "40"], "//Charlie").await.map(drop)
		})
		.await?;
		self.tx(&["datanet", "publish", "0"], "//Alice").await?;
		Ok(())
	}
}

fn ids(page: &Value) -> Result<Vec<u64>> {
	let models = page["models"].as_array().with_context(|| format!("no models in {page}"))?;
	Ok(models.iter().filter_map(|model| model["id"].as_u64()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_a_fine_tune_trained_on_a_version_and_a_thousand_adapters() -> Result<()> {
	let scene = Scene::new().await?;
	scene.publish().await?;
	let card = scene.file("card.md", b"# A model")?;
	let base = scene.file("base.safetensors", &[7; 100_000])?;
	let asks = ["--royalty", "5", "--data-share", "20", "--locator", "https://example.org/base"];
	let register = [&["model", "register", &base, "--kind", "base", "--card", &card][..], &asks].concat();
	let registered = scene.tx(&register, "//Alice").await?;
	ensure!(registered["id"] == 0 && registered["models"] == json!([0]), "{registered}");

	let tuned = scene.file("tuned.safetensors", &[8; 100_000])?;
	let tune = ["model", "register", &tuned, "--kind", "fine-tune", "--parent", "0", "--card", &card];
	let trained = |on| [&tune[..], &["--policy", "60,20,20", "--trained-on", on]].concat();
	scene.fails(&trained("0:2=100"), "//Bob", "Models.UnknownVersion").await?;
	scene.fails(&trained("0:1=50"), "//Bob", "Models.ManifestNotOne").await?;
	scene.tx(&trained("0:1=100"), "//Bob").await?;
	let shown = scene.query(&["show", "--file", &tuned]).await?;
	ensure!((&shown["id"], &shown["kind"]) == (&json!(1), &json!("fine-tune")), "{shown}");
	let manifest = json!([{ "datanet": 0, "version": 1, "share": 1_000_000_000 }]);
	ensure!(shown["manifest"] == manifest, "{shown}");
	ensure!(shown["asks"] == json!({ "royalty": 0, "data": 200_000_000 }), "its parents' share: {shown}");

	for command in 0..COMMANDS {
		let files = (0..ADAPTERS_AT_ONCE)
			.map(|n| scene.file(&format!("adapter-{command}-{n}"), format!("{command} {n}").as_bytes()))
			.collect::<Result<Vec<_>>>()?;
		let files = files.iter().map(String::as_str).collect::<Vec<_>>();
		let rest = ["--kind", "adapter", "--parent", "1", "--card", &card];
		let registered = scene.tx(&[&["model", "register"][..], &files, &rest].concat(), "//Dave").await?;
		let count = registered["models"].as_array().map(Vec::len);
		ensure!(count == Some(ADAPTERS_AT_ONCE), "{registered}");
	}

	// Down: all of them, each once. Up: the base, past the fine-tune that asks nothing.
	let (mut found, mut cursor) = (Vec::new(), "0".to_string());
	loop {
		let page = scene.query(&["children", "1", "--limit", "256", "--cursor", &cursor]).await?;
		found.extend(ids(&page)?);
		match page["next"].as_u64() {
			Some(next) => cursor = next.to_string(),
			None => break,
		}
	}
	let last = 2 + (COMMANDS * ADAPTERS_AT_ONCE) as u64;
	ensure!(found == (2..last).collect::<Vec<_>>(), "{found:?}");
	let lineage = scene.query(&["lineage", "7"]).await?;
	let ancestors = json!([
		{ "model": 0, "royalty": 50_000_000, "data": 200_000_000 },
		{ "model": 1, "royalty": 0, "data": 200_000_000 },
	]);
	ensure!(lineage["ancestors"] == ancestors, "{lineage}");
	ensure!(lineage["royalties"] == 50_000_000, "{lineage}");
	ensure!(ids(&scene.query(&["list", "--developer", "//Bob"]).await?)? == [1], "Bob has one");
	ensure!(
		ids(&scene.query(&["list", "--limit", "3"]).await?)? == [0, 1, 2],
		"in the order of registration"
	);
	let table = scene.cli.run(&["query", "model", "show", "0"]).await?;
	ensure!(table.stdout.contains("royalty 5 %, of which data 20 %"), "{}", table.text());
	let nothing = scene.cli.refused(&["query", "model", "children", "9999"]).await?;
	ensure!(nothing.code == Some(7) && nothing.text().contains("NoSuchModel"), "{}", nothing.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_goes_on_with_its_salt_and_deposits_return() -> Result<()> {
	let scene = Scene::new().await?;
	let [card, one, other] = [("card.md", "card"), ("one", "one"), ("other", "other")]
		.map(|(name, text)| scene.file(name, text.as_bytes()));
	let (card, one, other) = (card?, one?, other?);
	let committed = scene.tx(&["model", "commit", &one], "//Alice").await?;
	let salt = committed["salt"].as_str().context("a salt")?;
	let register = ["model", "register", &one, "--kind", "base", "--card", &card, "--salt", salt];
	// Neither another key's nor of other files.
	scene.fails(&register, "//Bob", "NotCommitted").await?;
	let of_other = ["model", "register", &other, "--kind", "base", "--card", &card, "--salt", salt];
	scene.fails(&of_other, "//Alice", "NotCommitted").await?;
	scene.tx(&register, "//Alice").await?;
	scene.fails(&register, "//Alice", "NotCommitted").await?;
	let again = ["model", "register", &one, "--kind", "base", "--card", &card];
	scene.fails(&again, "//Bob", "AlreadyRegistered").await?;

	let before = scene.held("//Charlie").await?;
	let committed = scene.tx(&["model", "commit", &other], "//Charlie").await?;
	ensure!(scene.held("//Charlie").await? > before, "a commitment has a deposit");
	let hash = committed["hash"].as_str().context("a hash")?;
	let clear = ["model", "clear-commitment", hash, "--account", "//Charlie"];
	scene.fails(&clear, "//Bob", "Models.CommitmentAlive").await?;
	scene.tx(&clear, "//Charlie").await?;
	ensure!(scene.held("//Charlie").await? == before, "the deposit returned");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_deprecates_and_locates_what_nobody_else_may() -> Result<()> {
	let scene = Scene::new().await?;
	let [card, weights] =
		[("card.md", "card"), ("weights", "weights")].map(|(name, text)| scene.file(name, text.as_bytes()));
	let (card, weights) = (card?, weights?);
	let at = ["--locator", "https://example.org/a", "--card-locator", "https://example.org/c"];
	let register = [&["model", "register", &weights, "--kind", "base", "--card", &card][..], &at].concat();
	scene.tx(&register, "//Alice").await?;
	for change in [&["model", "deprecate", "0"][..], &["model", "locators", "0", "--artifact", ""]] {
		scene.fails(change, "//Bob", "Models.NotDeveloper").await?;
	}
	scene.tx(&["model", "deprecate", "0"], "//Alice").await?;
	scene.fails(&["model", "deprecate", "0"], "//Alice", "Models.StatusUnchanged").await?;
	ensure!(scene.query(&["show", "0"]).await?["status"] == "deprecated", "its developer said so");
	scene.tx(&["model", "reactivate", "0"], "//Alice").await?;

	let held = scene.held("//Alice").await?;
	scene.fails(&["model", "locators", "0", "--card", "no uri"], "//Alice", "Models.InvalidLocator").await?;
	scene.tx(&["model", "locators", "0", "--artifact", ""], "//Alice").await?;
	let shown = scene.query(&["show", "0"]).await?;
	ensure!(shown["artifact"]["locator"] == Value::Null, "{shown}");
	ensure!(shown["card"]["locator"] == "https://example.org/c", "the other one stays: {shown}");
	ensure!(scene.held("//Alice").await? < held, "its deposit returned");
	scene.fails(&["model", "deprecate", "7"], "//Alice", "Models.UnknownModel").await?;
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_funds_registers_for_its_agent_and_the_controller_deprecates() -> Result<()> {
	const KEY: &str = "//Agent//Key";
	let scene = Scene::new().await?;
	let [card, weights] =
		[("card.md", "card"), ("weights", "weights")].map(|(name, text)| scene.file(name, text.as_bytes()));
	let (card, weights) = (card?, weights?);
	scene.tx(&["agent", "register"], "//Alice").await?;
	scene.tx(&["agent", "fund", "0", "--amount", "100"], "//Alice").await?;
	let terms = ["--scope", "models", "--budget", "5", "--fee-budget", "5"];
	scene.tx(&[&["agent", "delegate", "0", "--key", KEY][..], &terms].concat(), "//Alice").await?;
	let by = ["--agent", "0", "--delegation", "0"];
	let register = [&["model", "register", &weights, "--kind", "base", "--card", &card][..], &by].concat();
	let registered = scene.tx(&register, KEY).await?;
	ensure!(registered["id"] == 0, "{registered}");
	let agent = scene.cli.json(&["query", "agent", "show", "0"]).await?;
	let shown = scene.query(&["show", "0"]).await?;
	ensure!(shown["developer"] == agent["account"], "the agent is the developer: {shown}");
	let left = scene.cli.json(&["query", "agent", "allowance", "0", "0"]).await?;
	let amount = |value: &Value| value.as_str().and_then(|text| text.parse::<u128>().ok());
	let (left, deposit) = (amount(&left["budget_left"]), amount(&shown["deposit"]));
	ensure!(left.zip(deposit).is_some_and(|(left, deposit)| left + deposit == 5_000_000_000_000), "{left:?}");
	scene.fails(&["model", "deprecate", "0"], "//Alice", "Models.NotDeveloper").await?;
	scene.tx(&["model", "deprecate", "0", "--agent", "0"], "//Alice").await?;
	ensure!(scene.query(&["show", "0"]).await?["status"] == "deprecated", "its controller said so");
	Ok(())
}
