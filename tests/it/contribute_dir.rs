//! A directory becomes a datanet by one command: killed and gone on with, reviewed, published, and verified to the byte.
//!
//! The ignored test does it with the sources of 200 crates from cargo's registry folder and prints figures:
//! `scripts/test-slow crates`. `PLEXUS_CRATES_DIR` names another folder of crates.

use anyhow::{bail, ensure, Context, Result};
use plexus_tests::{node::binary, rpc::to_hex, wait::until, Cli, Node, NodeOptions, Rpc};
use serde_json::Value;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	os::unix::fs::{symlink, PermissionsExt},
	path::{Path, PathBuf},
	process::Stdio,
	time::Duration,
};
use tokio::process::{Child, Command};

/// More than two batches of 256, so that there is a middle.
const FILES: usize = 600;

/// Long enough for the first batches on a busy machine: a commitment must be two seconds old.
const BATCHES: Duration = Duration::from_secs(60);

/// Crates of the large run, and the contributions that must come of them.
const CRATES: usize = 200;
const CONTRIBUTIONS_MIN: u64 = 5_000;

/// Files of a crate of the large run: neither a stub nor bindings alone.
const CRATE_FILES: std::ops::RangeInclusive<usize> = 15..=400;

/// What the crates' files are offered under.
const LICENCE: &str = "MIT OR Apache-2.0";

/// How crates state it.
const STATED: [&str; 4] = ["MIT OR Apache-2.0", "Apache-2.0 OR MIT", "MIT/Apache-2.0", "Apache-2.0/MIT"];

struct Scene {
	node: Node,
	cli: Cli,
	directory: tempfile::TempDir,
	datanet: String,
}

impl Scene {
	/// A node and a datanet of Alice's: open, or with a curator.
	async fn new(curator: Option<&str>) -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
		let cli = Cli::of(&node);
		let mut create =
			vec!["tx", "datanet", "create", "--name", "Sources", "--licence", LICENCE, "--from", "//Alice"];
		create.extend(curator.into_iter().flat_map(|curator| ["--curator", curator]));
		let created = cli.json(&create).await?;
		let datanet = number(&created, "id")?.to_string();
		Ok(Self { node, cli, directory: tempfile::tempdir()?, datanet })
	}

	/// A file under `data/`.
	fn file(&self, path: &str, bytes: &[u8]) -> Result<PathBuf> {
		let path = self.directory.path().join("data").join(path);
		fs::create_dir_all(path.parent().context("it is below the directory")?)?;
		fs::write(&path, bytes)?;
		Ok(path)
	}

	fn data(&self) -> Result<String> {
		text(&self.directory.path().join("data"))
	}

	fn journal(&self) -> PathBuf {
		self.directory.path().join("journal")
	}

	/// The command, with more arguments.
	fn contribute(&self, more: &[&str]) -> Result<Vec<String>> {
		let (data, journal) = (self.data()?, text(&self.journal())?);
		let arguments =
			["contribute", &data, "--datanet", &self.datanet, "--journal", &journal, "--from", "//Bob"];
		Ok(arguments.iter().chain(more).map(|argument| argument.to_string()).collect())
	}

	async fn contributed(&self, more: &[&str]) -> Result<Value> {
		let arguments = self.contribute(more)?;
		self.cli.json(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
	}

	/// The command as a process of its own, to be killed.
	fn start(&self, more: &[&str]) -> Result<Child> {
		let mut command = Command::new(binary());
		command.args(self.contribute(more)?).env("PLEXUS_URL", self.node.url()).kill_on_drop(true);
		Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
	}

	async fn count(&self) -> Result<u64> {
		number(&self.cli.json(&["query", "datanet", &self.datanet]).await?, "contributions")
	}

	/// Whether Bob has a deposit for a commitment on hold.
	async fn has_commitment(&self) -> Result<bool> {
		Ok(self.cli.json(&["query", "account", "//Bob"]).await?.to_string().contains("Commitment"))
	}

	/// The roots of everything in the datanet, by pages.
	async fn roots(&self) -> Result<Vec<String>> {
		let (mut roots, mut cursor) = (Vec::new(), "0".to_string());
		loop {
			let arguments = ["query", "contributions", &self.datanet, "--cursor", &cursor, "--limit", "256"];
			let page = self.cli.json(&arguments).await?;
			for contribution in page["contributions"].as_array().context("a page is a list")? {
				roots.push(contribution["root"].as_str().context("a root is text")?.to_string());
			}
			match page["next"].as_u64() {
				Some(next) => cursor = next.to_string(),
				None => return Ok(roots),
			}
		}
	}
}

fn number(answer: &Value, key: &str) -> Result<u64> {
	answer[key].as_u64().with_context(|| format!("no {key} in {answer}"))
}

fn text(path: &Path) -> Result<String> {
	Ok(path.to_str().context("paths of tests are UTF-8")?.to_string())
}

/// Bytes that follow from the place alone, of many lengths.
fn bytes(place: usize) -> Vec<u8> {
	let length = 1 + place * 37 % 5_000;
	let mut bytes: Vec<u8> = (0..length).map(|at| ((at * 31 + place * 7) % 253) as u8).collect();
	bytes.extend(place.to_le_bytes());
	bytes
}

/// A journal's first line and its first batch, which says how long its commitment may be on its way.
fn first_batch(journal: &str) -> Result<(&str, Value)> {
	let mut lines = journal.lines();
	let begun = lines.next().context("a journal has a first line")?;
	let batch: Value = serde_json::from_str(lines.next().context("a batch is in the journal")?)?;
	let (at, until) = (number(&batch["batch"], "at")?, number(&batch["batch"], "until")?);
	ensure!(at > 0 && until > at, "{batch}");
	Ok((begun, batch))
}

async fn kill(mut child: Child) -> Result<()> {
	child.kill().await?;
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_again_and_again_goes_on_and_registers_nothing_twice() -> Result<()> {
	let scene = Scene::new(None).await?;
	for place in 0..FILES {
		scene.file(&format!("{}/{place}.txt", place % 7), &bytes(place))?;
	}
	scene.file("copy", &bytes(3))?;
	// One batch after the other, so that there is a time between them.
	let slowly = ["--in-flight", "1"];

	// As soon as it is written down what it commits to: the commitment never leaves, or is on its way.
	let none = scene.start(&slowly)?;
	until(BATCHES, "a batch in the journal", || async {
		let journal = fs::read_to_string(scene.journal()).unwrap_or_default();
		ensure!(journal.contains("\"batch\""), "none yet");
		Ok(())
	})
	.await?;
	kill(none).await?;
	let written = fs::read_to_string(scene.journal())?;
	let (begun, batch) = first_batch(&written)?;

	let first = scene.start(&slowly)?;
	until(BATCHES, "a commitment", || async {
		ensure!(scene.has_commitment().await?, "none yet");
		Ok(())
	})
	.await?;
	kill(first).await?;
	ensure!(scene.journal().exists(), "the salts are gone");
	let mode = fs::metadata(scene.journal())?.permissions().mode() & 0o777;
	ensure!(mode == 0o600, "others may read the salts: {mode:o}");

	let second = scene.start(&slowly)?;
	let seen = until(BATCHES, "a batch", || async {
		let count = scene.count().await?;
		ensure!(count > 0, "nothing yet");
		Ok(count)
	})
	.await?;
	kill(second).await?;

	let ended = scene.contributed(&[]).await?;
	println!("killed at {seen} of {FILES}: {ended}");
	let (registered, already) = (number(&ended, "registered")?, number(&ended, "already")?);
	ensure!(already >= seen, "{ended}");
	ensure!(registered + already == FILES as u64, "{ended}");
	ensure!(number(&ended, "duplicates")? == 1 && number(&ended, "refused")? == 0, "{ended}");
	ensure!(!scene.journal().exists(), "nothing is open, so there is nothing to remember");
	ensure!(!scene.has_commitment().await?, "a deposit for a commitment is left behind");

	let expected: BTreeSet<String> =
		(0..FILES).map(|place| to_hex(blake3::hash(&bytes(place)).as_bytes())).collect();
	let roots = scene.roots().await?;
	ensure!(roots.len() == FILES, "{} contributions", roots.len());
	ensure!(roots.into_iter().collect::<BTreeSet<_>>() == expected, "other contents than the files'");

	// As if the first commitment had left at a block that is to come: the node cannot tell that it is gone.
	let mut ahead = batch.clone();
	ahead["batch"]["at"] = 4_000_000_000_u64.into();
	let ahead = format!("{begun}\n{ahead}\n");
	fs::write(scene.journal(), &ahead)?;
	let arguments = scene.contribute(&[])?;
	let refused = scene.cli.refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await?;
	ensure!(refused.text().contains("NodeBehind"), "{}", refused.text());
	ensure!(fs::read_to_string(scene.journal())? == ahead, "a salt was forgotten");

	// As it was: the node is where no block can have the commitment any more, or waits until it is.
	fs::write(scene.journal(), format!("{begun}\n{batch}\n"))?;
	let again = scene.contributed(&[]).await?;
	ensure!(!scene.journal().exists(), "what is used is not remembered");
	ensure!(number(&again, "registered")? == 0 && number(&again, "already")? == FILES as u64, "{again}");
	ensure!(number(&again, "transactions")? == 0, "nothing is paid for what is there: {again}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_contributed_is_named_and_does_not_stop_the_rest() -> Result<()> {
	let scene = Scene::new(None).await?;
	let taken = scene.file("taken.txt", b"somebody else was first")?;
	scene
		.cli
		.json(&["tx", "contribute", &text(&taken)?, "--datanet", &scene.datanet, "--from", "//Alice"])
		.await?;
	for path in ["good/Cargo.toml", "bad/Cargo.toml"] {
		let licence = if path.starts_with("good") { "MIT/Apache-2.0" } else { "GPL-3.0-only" };
		scene.file(path, format!("[package]\nname = \"{path}\"\nlicense = \"{licence}\"\n").as_bytes())?;
	}
	let kept = scene.file("good/src/lib.rs", b"pub fn good() {}")?;
	scene.file("good/empty.rs", b"")?;
	scene.file("good/.hidden", b"hidden")?;
	scene.file("bad/src/lib.rs", b"pub fn bad() {}")?;
	symlink(&kept, scene.directory.path().join("data/link.rs"))?;

	let locator = "https://example.org/{path}";
	let done = scene.contributed(&["--manifests", "--locator", locator]).await?;
	ensure!(number(&done, "registered")? == 2, "{done}");
	ensure!(number(&done, "hidden")? == 1 && number(&done, "not_files")? == 1, "{done}");
	let refusals = done["refusals"].as_array().context("refusals are a list")?;
	let causes: BTreeMap<&str, String> = refusals
		.iter()
		.map(|refusal| (refusal["path"].as_str().unwrap_or_default(), refusal.to_string()))
		.collect();
	for (path, part) in [
		("bad/Cargo.toml", "GPL-3.0-only"),
		("bad/src/lib.rs", "GPL-3.0-only"),
		("good/empty.rs", "empty"),
		("taken.txt", "licence"),
	] {
		let cause = causes.get(path).with_context(|| format!("{path} is not named: {done}"))?;
		ensure!(cause.contains(part), "{path}: {cause}");
	}
	ensure!(causes.len() == 4 && number(&done, "refused")? == 4, "{done}");
	let found = scene.cli.json(&["query", "file", &text(&kept)?]).await?;
	ensure!(found["locator"] == "https://example.org/good/src/lib.rs", "{found}");

	let without = scene.contributed(&["--licence", LICENCE]).await?;
	let holder = without["refusals"].to_string();
	ensure!(
		holder.contains("taken.txt") && holder.contains("contribution 0"),
		"the holder is not named: {without}"
	);
	let arguments = scene.contribute(&["--licence", "GPL-3.0-only"])?;
	let refused = scene.cli.refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await?;
	ensure!(refused.text().contains("LicenceDiffers"), "{}", refused.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_datanet_is_committed_to_by_nobody_and_what_was_not_looked_at_is_not_verified() -> Result<()>
{
	let scene = Scene::new(None).await?;
	let datanet = scene.datanet.as_str();
	scene.file("a.txt", b"text")?;
	let refused = |more: &'static [&'static str]| {
		let arguments = scene.contribute(more);
		async {
			let arguments = arguments?;
			scene.cli.refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
		}
	};
	scene.cli.json(&["tx", "datanet", "pause", datanet, "--from", "//Alice"]).await?;
	let paused = refused(&[]).await?;
	ensure!(paused.text().contains("DatanetPaused"), "{}", paused.text());
	scene.cli.json(&["tx", "datanet", "resume", datanet, "--from", "//Alice"]).await?;
	let unfit = refused(&["--media-type", "text"]).await?;
	ensure!(unfit.text().contains("InvalidMediaType"), "{}", unfit.text());
	ensure!(!scene.has_commitment().await? && !scene.journal().exists(), "something was committed to");
	fs::write(scene.journal(), "somebody's only copy")?;
	let occupied = refused(&[]).await?;
	ensure!(occupied.text().contains("JournalUnusable"), "{}", occupied.text());
	ensure!(fs::read(scene.journal())? == b"somebody's only copy", "it is gone");
	fs::remove_file(scene.journal())?;
	let done = scene.contributed(&[]).await?;
	ensure!(number(&done, "registered")? == 1, "{done}");

	let judge = ["tx", "contribution", "judge", "0", "--uphold", "--from", "//Alice"];
	let failed = scene.cli.refused(&judge).await?;
	ensure!(failed.text().contains("NoDispute"), "nothing was judged: {}", failed.text());

	scene.cli.json(&["tx", "datanet", "publish", datanet, "--from", "//Alice"]).await?;
	scene.file("empty", b"")?;
	scene.file(".hidden", b"hidden")?;
	let data = scene.data()?;
	let verified = scene.cli.json(&["verify-file", &data, "--datanet", datanet]).await?;
	ensure!(number(&verified, "files")? == 1 && number(&verified, "hidden")? == 1, "{verified}");
	ensure!(number(&verified, "empty")? == 1, "{verified}");
	symlink("a.txt", scene.directory.path().join("data/link"))?;
	let linked = scene.cli.refused(&["verify-file", &data, "--datanet", datanet]).await?;
	ensure!(linked.text().contains("link"), "{}", linked.text());
	let nothing = tempfile::tempdir()?;
	let empty = scene.cli.refused(&["verify-file", &text(nothing.path())?, "--datanet", datanet]).await?;
	ensure!(empty.text().contains("NothingVerified"), "{}", empty.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_curated_datanet_is_reviewed_published_and_a_changed_byte_is_found() -> Result<()> {
	let scene = Scene::new(Some("//Charlie")).await?;
	for place in 0..40 {
		scene.file(&format!("{place}.txt"), &bytes(place))?;
	}
	scene.contributed(&[]).await?;
	reviewed_published_and_verified(&scene, 40, &scene.directory.path().join("data/7.txt")).await?;
	let weight = scene.cli.json(&["query", "weight", "0", "--version", "1"]).await?;
	ensure!(weight["weight"] == 50, "{weight}");

	// The only curator contributes nothing that somebody could accept.
	let own = text(&scene.directory.path().join("own.txt"))?;
	fs::write(&own, "the curator's own")?;
	let by_curator = ["tx", "contribute", &own, "--datanet", &scene.datanet, "--from", "//Charlie"];
	let refused = scene.cli.refused(&by_curator).await?;
	ensure!(refused.text().contains("NobodyReviews"), "{}", refused.text());

	// What a version holds its contributor lists in another datanet, once.
	let create = ["tx", "datanet", "create", "--name", "Others", "--licence", LICENCE, "--from", "//Alice"];
	let other = number(&scene.cli.json(&create).await?, "id")?.to_string();
	let published = text(&scene.directory.path().join("data/3.txt"))?;
	let list = |from| ["tx", "contribute", &published, "--datanet", &other, "--from", from];
	let refused = scene.cli.refused(&list("//Dave")).await?;
	ensure!(refused.text().contains("AlreadyContributed"), "{}", refused.text());
	let listed = scene.cli.json(&list("//Bob")).await?;
	let listings = scene.cli.json(&["query", "listings", &published]).await?;
	ensure!(listings["listings"].as_array().map(Vec::len) == Some(1), "{listings}");
	ensure!(listings["listings"][0]["id"] == listed["id"], "{listings}");
	ensure!(number(&listings["listings"][0], "datanet")?.to_string() == other, "{listings}");
	let refused = scene.cli.refused(&list("//Bob")).await?;
	ensure!(refused.text().contains("AlreadyContributed"), "{}", refused.text());

	// Accepted after version 1, so it is not in it.
	let late = scene.file("late.txt", b"late")?;
	scene.contributed(&[]).await?;
	scene
		.cli
		.json(&["tx", "datanet", "review", &scene.datanet, "--weight", "50", "--from", "//Charlie"])
		.await?;
	let refused = scene
		.cli
		.refused(&["verify-file", &text(&late)?, "--datanet", &scene.datanet, "--version", "1"])
		.await?;
	ensure!(refused.text().contains("not in version 1"), "{}", refused.text());
	Ok(())
}

/// Reviews everything by one command, publishes version 1, verifies all files, and finds a byte that is changed in one.
async fn reviewed_published_and_verified(scene: &Scene, count: u64, changed: &Path) -> Result<()> {
	let (cli, datanet, data) = (&scene.cli, &scene.datanet, scene.data()?);
	let reviewed =
		cli.json(&["tx", "datanet", "review", datanet, "--weight", "50", "--from", "//Charlie"]).await?;
	ensure!(number(&reviewed, "accepted")? == count, "{reviewed}");
	println!("FIGURE reviewed: {reviewed}");
	cli.json(&["tx", "datanet", "publish", datanet, "--from", "//Alice"]).await?;
	let verify = ["verify-file", &data, "--datanet", datanet, "--version", "1"];
	let verified = cli.json(&verify).await?;
	ensure!(
		number(&verified, "contributions")? == count && number(&verified, "held")? == count,
		"{verified}"
	);

	let good = fs::read(changed)?;
	let mut bad = good.clone();
	*bad.last_mut().context("the file is not empty")? ^= 1;
	fs::write(changed, bad)?;
	let refused = cli.refused(&verify).await?;
	let name = changed.file_name().and_then(|name| name.to_str()).context("a file has a name")?;
	ensure!(refused.code == Some(8) && refused.text().contains(name), "{}", refused.text());
	ensure!(refused.text().contains("1 of "), "only one byte was changed: {}", refused.text());
	fs::write(changed, good)?;
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_answered_from_the_file_and_a_datanet_changes_hands() -> Result<()> {
	let scene = Scene::new(None).await?;
	let (cli, datanet) = (&scene.cli, scene.datanet.as_str());
	let file = scene.file("large.bin", &bytes(4_321).repeat(9))?;
	let other = scene.file("other.bin", b"other bytes")?;
	let (file, other) = (text(&file)?, text(&other)?);

	let committed = cli.json(&["tx", "datanet", "commit", &file, "--from", "//Bob"]).await?;
	let salt = committed["salt"].as_str().context("a commitment has a salt")?;
	let register = ["tx", "datanet", "register", &file, "--datanet", datanet, "--salt", salt];
	let located = ["--locator", "https://example.org/large.bin", "--from", "//Bob"];
	// The commitment has to grow old enough.
	let arguments = [&register[..], &located[..]].concat();
	let registered = until(BATCHES, "a registration", || cli.json(&arguments)).await?;
	let id = number(&registered, "id")?.to_string();

	cli.json(&["tx", "contribution", "challenge", &id, "--from", "//Charlie"]).await?;
	let asked = cli.json(&["query", "challenge", &id]).await?;
	ensure!(asked["chunk"].is_null(), "{asked}");
	let refused = cli.refused(&["tx", "contribution", "answer", &id, &file, "--from", "//Bob"]).await?;
	ensure!(refused.text().contains("draw-chunk"), "{}", refused.text());
	cli.json(&["tx", "contribution", "draw-chunk", &id, "--from", "//Charlie"]).await?;
	let asked = cli.json(&["query", "challenge", &id]).await?;
	ensure!(asked["chunk"].is_u64(), "{asked}");
	let refused = cli.refused(&["tx", "contribution", "answer", &id, &other, "--from", "//Bob"]).await?;
	ensure!(!refused.text().contains("Datanets."), "a fee was paid for the wrong file: {}", refused.text());
	cli.json(&["tx", "contribution", "answer", &id, &file, "--from", "//Bob"]).await?;
	let refused = cli.refused(&["query", "challenge", &id]).await?;
	ensure!(refused.text().contains("NoChallenge"), "{}", refused.text());

	cli.json(&["tx", "contribution", "dispute", &id, "--takedown", "--evidence", &other, "--from", "//Dave"])
		.await?;
	let disputed = cli.json(&["query", "dispute", &id]).await?;
	let nobody = serde_json::json!([]);
	ensure!(disputed["remedy"] == "takedown" && disputed["curators"] == nobody, "{disputed}");
	let dave = cli.json(&["query", "account", "//Dave"]).await?;
	ensure!(disputed["claimant"] == dave["account"], "{disputed}, {dave}");
	cli.json(&["tx", "contribution", "judge", &id, "--uphold", "--from", "//Alice"]).await?;
	let refused = cli.refused(&["query", "dispute", &id]).await?;
	ensure!(refused.text().contains("NoDispute"), "{}", refused.text());
	// It was taken down, so that its root is kept for Bob, who may end that.
	let refused = cli.refused(&["query", "file", &file]).await?;
	ensure!(refused.text().contains("RootReserved"), "{}", refused.text());
	let root = blake3::hash(&fs::read(&file)?).to_hex().to_string();
	cli.json(&["tx", "contribution", "clear-reservation", &root, "--from", "//Bob"]).await?;
	let refused = cli.refused(&["query", "file", &file]).await?;
	ensure!(refused.text().contains("NotContributed"), "{}", refused.text());
	// No version held it, so nothing is left of it.
	let refused = cli.refused(&["query", "contribution", &id]).await?;
	ensure!(refused.text().contains("NoSuchContribution"), "{}", refused.text());

	cli.json(&["tx", "datanet", "offer-ownership", datanet, "--to", "//Bob", "--from", "//Alice"]).await?;
	let offered = cli.json(&["query", "datanet", datanet]).await?;
	ensure!(offered["proposed_owner"].is_string() && offered["name"] == "Sources", "{offered}");
	cli.json(&["tx", "datanet", "accept-ownership", datanet, "--from", "//Bob"]).await?;
	cli.json(&[
		"tx",
		"datanet",
		"describe",
		datanet,
		"--name",
		"Handed over",
		"--tag",
		"old",
		"--from",
		"//Bob",
	])
	.await?;
	let now = cli.json(&["query", "datanet", datanet]).await?;
	ensure!(now["name"] == "Handed over" && now["tags"][0] == "old", "{now}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_datanet_is_described_by_the_card_of_its_data_and_an_unknown_licence_is_refused() -> Result<()> {
	let scene = Scene::new(None).await?;
	let card =
		"---\nlicense: apache-2.0\npretty_name: Alpine Flora\ntags: [Botany]\nconfigs: []\n---\n# Flora\n";
	let card = text(&scene.file("README.md", card.as_bytes())?)?;
	let created =
		scene.cli.json(&["tx", "datanet", "create", "--from-card", &card, "--from", "//Alice"]).await?;
	ensure!(
		created["card"]["left"] == serde_json::json!(["configs"]),
		"a field is dropped silently: {created}"
	);
	let datanet = scene.cli.json(&["query", "datanet", &number(&created, "id")?.to_string()]).await?;
	ensure!(datanet["name"] == "Alpine Flora" && datanet["licence"] == "Apache-2.0", "{datanet}");
	ensure!(datanet["tags"] == serde_json::json!(["botany"]), "{datanet}");
	for filter in [["--tag", "botany"], ["--owner", "//Alice"]] {
		let page = scene.cli.json(&[&["query", "datanets"][..], &filter].concat()).await?;
		let found = page["datanets"].as_array().is_some_and(|listed| listed.contains(&datanet));
		ensure!(found, "{filter:?}: {page}");
	}
	let none = scene.cli.json(&["query", "datanets", "--owner", "//Eve"]).await?;
	ensure!(none == serde_json::json!({ "datanets": [], "next": null }), "{none}");

	let terms = text(&scene.file("TERMS.txt", b"Ask us first.")?)?;
	let own = ["tx", "datanet", "create", "--name", "Ours", "--terms", &terms, "--from", "//Alice"];
	let own = number(&scene.cli.json(&own).await?, "id")?.to_string();
	let own = scene.cli.json(&["query", "datanet", &own]).await?;
	ensure!(own["licence"] == format!("0x{}", blake3::hash(b"Ask us first.").to_hex()), "{own}");
	let windows = ["tx", "datanet", "set-windows", "--acceptance-ms", "1", "--from", "//Alice"];
	let refused = scene.cli.refused(&windows).await?;
	ensure!(refused.text().contains("InvalidWindows"), "{}", refused.text());
	scene.cli.json(&["tx", "datanet", "set-windows", "--dispute-ms", "5000", "--from", "//Alice"]).await?;

	let other = text(&scene.file("OTHER.md", b"---\nlicense: other\n---\n# Other\n")?)?;
	let create = ["tx", "datanet", "create", "--from-card", &other, "--from", "//Alice"];
	let refused = scene.cli.refused(&create).await?;
	ensure!(refused.text().contains("--licence"), "no way out in {}", refused.text());
	scene.cli.json(&[&create[..], &["--licence", "LicenseRef-ours"]].concat()).await?;
	let typed = ["tx", "datanet", "create", "--name", "Typo", "--licence", "Apache2", "--from", "//Alice"];
	let refused = scene.cli.refused(&typed).await?;
	ensure!(refused.text().contains("Apache-2.0"), "the right spelling is not told: {}", refused.text());
	Ok(())
}

/// Real text at scale, under the licence that their manifests state.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sources of some 200 crates in cargo's registry folder; scripts/test-slow crates"]
async fn the_sources_of_200_crates_become_a_curated_datanet() -> Result<()> {
	let scene = Scene::new(Some("//Charlie")).await?;
	let crates = copy_crates(&registry()?, &scene.directory.path().join("data"))?;
	ensure!(crates == CRATES, "only {crates} crates have the licence and the size");
	let rpc = scene.node.rpc().await?;
	let before = state_bytes(&rpc).await?;
	let done = scene.contributed(&["--manifests", "--locator", "https://docs.rs/crate/{path}"]).await?;
	let registered = number(&done, "registered")?;
	ensure!(registered >= CONTRIBUTIONS_MIN, "{done}");
	let state = state_bytes(&rpc).await?.saturating_sub(before);
	println!(
		"FIGURE contributed: {registered} contributions of {} files in {:.1} s, {:.1} contributions/s, {:.1} bytes of state \
		 per contribution, {} transactions",
		done["files"],
		done["seconds"].as_f64().unwrap_or_default(),
		done["per_second"].as_f64().unwrap_or_default(),
		state as f64 / registered as f64,
		done["transactions"]
	);
	let changed = a_source(&scene.directory.path().join("data"))?;
	// What was refused is no member, and would be found as such.
	for refusal in done["refusals"].as_array().context("refusals are a list")? {
		let path = refusal["path"].as_str().context("a refusal names a path")?;
		fs::remove_file(scene.directory.path().join("data").join(path))?;
	}
	reviewed_published_and_verified(&scene, registered, &changed).await
}

/// Where cargo unpacks crates.
fn registry() -> Result<PathBuf> {
	if let Some(named) = std::env::var_os("PLEXUS_CRATES_DIR") {
		return Ok(named.into());
	}
	let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
	let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
	let sources = home.context("neither CARGO_HOME nor HOME is set")?.join("registry/src");
	let mut indexes: Vec<PathBuf> =
		fs::read_dir(&sources)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
	indexes.sort();
	match indexes.into_iter().find(|path| path.is_dir()) {
		Some(index) => Ok(index),
		None => bail!("{} is empty; name a folder of crates with PLEXUS_CRATES_DIR", sources.display()),
	}
}

/// Copies the first crates by name that have the licence and the size; how many there were.
fn copy_crates(from: &Path, to: &Path) -> Result<usize> {
	let mut crates: Vec<PathBuf> =
		fs::read_dir(from)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
	crates.sort();
	let mut copied = 0;
	for source in crates {
		let Ok(manifest) = fs::read_to_string(source.join("Cargo.toml")) else { continue };
		let stated = STATED.iter().any(|licence| manifest.contains(&format!("\nlicense = \"{licence}\"")));
		let files = files_below(&source)?;
		if copied == CRATES || !stated || !CRATE_FILES.contains(&files.len()) {
			continue;
		}
		for file in files {
			let target = to.join(file.strip_prefix(from)?);
			fs::create_dir_all(target.parent().context("a file is in a directory")?)?;
			fs::copy(&file, target)?;
		}
		copied += 1;
	}
	Ok(copied)
}

/// The files of a directory that are not hidden, sorted.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
	let (mut files, mut open) = (Vec::new(), vec![directory.to_path_buf()]);
	while let Some(next) = open.pop() {
		for entry in fs::read_dir(&next)? {
			let entry = entry?;
			let kind = entry.file_type()?;
			if entry.file_name().as_encoded_bytes().starts_with(b".") {
				continue;
			}
			if kind.is_dir() {
				open.push(entry.path());
			} else if kind.is_file() {
				files.push(entry.path());
			}
		}
	}
	files.sort();
	Ok(files)
}

/// Some Rust source that is not the same in two crates.
fn a_source(data: &Path) -> Result<PathBuf> {
	let mut seen = BTreeMap::<Vec<u8>, Vec<PathBuf>>::new();
	for file in files_below(data)?.into_iter().filter(|file| file.ends_with("src/lib.rs")) {
		seen.entry(fs::read(&file)?).or_default().push(file);
	}
	let alone = seen.into_iter().find(|(bytes, files)| !bytes.is_empty() && files.len() == 1);
	alone.and_then(|(_, mut files)| files.pop()).context("no crate has a source of its own")
}

/// Keys and values of the pallet's storage.
async fn state_bytes(rpc: &Rpc) -> Result<u64> {
	let prefix = to_hex(&sp_crypto_hashing::twox_128(b"Datanets"));
	let at = rpc.finalised_head().await?.hash;
	let (mut bytes, mut last) = (0, Value::Null);
	loop {
		let page = [prefix.clone().into(), 1_000.into(), last.clone(), at.clone().into()];
		let keys: Vec<String> = rpc.request("state_getKeysPaged", &page).await?;
		let Some(end) = keys.last() else { return Ok(bytes) };
		last = end.clone().into();
		let found: Vec<Value> =
			rpc.request("state_queryStorageAt", &[serde_json::to_value(&keys)?, at.clone().into()]).await?;
		let changes = found.iter().filter_map(|set| set["changes"].as_array()).flatten();
		for change in changes {
			let length =
				|part: &Value| part.as_str().map_or(0, |hex| (hex.len() as u64).saturating_sub(2) / 2);
			bytes += length(&change[0]) + length(&change[1]);
		}
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_of_a_run_does_not_grow_with_the_files() -> Result<()> {
	let scene = Scene::new(None).await?;
	let large = scene.file("large.bin", b"begins")?;
	fs::OpenOptions::new().write(true).open(&large)?.set_len(256 << 20)?;
	for place in 0..10 {
		scene.file(&format!("{place}.txt"), &bytes(place))?;
	}
	let arguments = scene.contribute(&["--json"])?;
	let ran = scene.cli.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await?;
	ensure!(ran.code == Some(0), "{}", ran.text());
	ensure!(ran.memory_bytes_max > 0, "the memory was never seen");
	ensure!(ran.memory_bytes_max < 96 << 20, "{} MiB of memory", ran.memory_bytes_max >> 20);
	let found = scene.cli.json(&["query", "file", &text(&large)?]).await?;
	ensure!(number(&found, "length")? == 256 << 20, "{found}");
	Ok(())
}
