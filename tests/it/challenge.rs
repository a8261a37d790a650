//! Challenges over a real node: a false claim is found and loses its batch, a later copy loses its claim, a false challenge
//! is refused; and what was paid is checked again and explained down to the bytes.

use anyhow::{ensure, Context, Result};
use codec::Encode;
use pallet_attribution::{
	types::{Answer, Challenge, Method, ReceiptProof},
	Call as Attribution,
};
use pallet_receipts::{Call as Receipts, ChannelTerms, Redemption};
use plexus_payments::store::Store;
use plexus_primitives::{
	challenge::commitment,
	merkle,
	prove::prove_reader,
	prove_slice::prove_slice,
	receipt::{first_accumulator, voucher},
	AgentId, BatchId, ChannelId, Claim, ContributionId, DatanetVersion, Evidence, MethodId, ModelId, Receipt,
};
use plexus_runtime::{Agents, Runtime, RuntimeCall};
use plexus_tests::{
	node::binary,
	wait::{until, within, SOON},
	Cli, Node, NodeOptions, PLX,
};
use serde_json::Value;
use sp_core::{ed25519, Pair};
use std::{
	fs,
	io::Cursor,
	path::PathBuf,
	process::Stdio,
	sync::atomic::{AtomicU64, Ordering},
	sync::Mutex,
	time::Duration,
};
use tokio::{
	io::{AsyncBufReadExt, BufReader, Lines},
	process::{Child, ChildStdout, Command},
};

/// A contribution waits for two seconds here, and everything of a batch is over after a minute on the chain clock.
const OVER: Duration = Duration::from_secs(180);

const CHANNEL: ChannelId = ChannelId(0);

/// Later than any test ends, on the chain clock.
const EXPIRES_AT_MS: u64 = 24 * 60 * 60 * 1_000;

const ORIGINAL: &str = "Tiger tiger, burning bright, in the forests of the night; what immortal hand or eye \
	could frame thy fearful symmetry? In what distant deeps or skies burnt the fire of thine eyes?";

/// Whoever signs vouchers, and is no account on the chain.
fn signer() -> ed25519::Pair {
	ed25519::Pair::from_seed(&[42; 32])
}

struct Scene {
	node: Node,
	cli: Cli,
	genesis: [u8; 32],
	directory: tempfile::TempDir,
	/// Of the channel, so far.
	redeemed: Mutex<(u128, [u8; 32])>,
	sequence: AtomicU64,
}

impl Scene {
	/// Bob's contribution 0 is the original, Charlie's 1 copies it; both are in version 1 of datanet 0, which Dave's model 0
	/// was trained on. Alice's agent 0 serves, Bob's agent 1 pays it.
	async fn new() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
		let (cli, rpc) = (Cli::of(&node), node.rpc().await?);
		let genesis = rpc.block_hash(0).await?.context("there is a genesis")?;
		let genesis: [u8; 32] =
			hex::decode(genesis.trim_start_matches("0x"))?.try_into().ok().context("it has 32 bytes")?;
		let acc = first_accumulator(&genesis, CHANNEL);
		let scene = Self {
			node,
			cli,
			genesis,
			directory: tempfile::tempdir()?,
			redeemed: Mutex::new((0, acc)),
			sequence: AtomicU64::new(0),
		};
		scene.data().await?;
		scene.market().await?;
		Ok(scene)
	}

	async fn data(&self) -> Result<()> {
		fs::create_dir(self.path("data"))?;
		self.tx(&["datanet", "create", "--name", "Poems", "--curator", "//Alice"], "//Alice").await?;
		let copy = copy();
		for (name, text, from) in [("original.txt", ORIGINAL, "//Bob"), ("copy.txt", &copy, "//Charlie")] {
			let path = self.file(&format!("data/{name}"), text.as_bytes())?;
			self.tx(&["contribute", &path, "--datanet", "0"], from).await?;
		}
		for id in ["0", "1"] {
			let review = ["review", id, "--weight", "1"];
			until(OVER, "a contribution to be old enough", || self.tx(&review, "//Alice")).await?;
		}
		self.tx(&["datanet", "publish", "0"], "//Alice").await?;
		let (data, list, index) = (self.text("data")?, self.text("list")?, self.text("index")?);
		let sources = ["corpus", "sources", &data, "--datanet", "0", "--version", "1", "--out", &list];
		let listed = self.cli.json(&sources).await?;
		ensure!(listed["listed"] == 2, "{listed}");
		self.cli.json(&["corpus", "build", &data, "--sources", &list, "--out", &index]).await?;
		Ok(())
	}

	async fn market(&self) -> Result<()> {
		let (weights, card) = (self.file("weights", b"weights")?, self.file("card.md", b"# A model")?);
		let model = ["model", "register", &weights, "--kind", "base", "--card", &card];
		let terms = ["--policy", "60,20,20", "--trained-on", "0:1=100"];
		self.tx(&[&model[..], &terms].concat(), "//Dave").await?;
		for (agent, controller) in [("0", "//Alice"), ("1", "//Bob")] {
			self.tx(&["agent", "register"], controller).await?;
			self.tx(&["agent", "fund", agent, "--amount", "100"], controller).await?;
		}
		let method = Method {
			algorithm: b"maximal-exact-match".to_vec().try_into().expect("it is short"),
			version: 1,
			parameters: b"min=32".to_vec().try_into().expect("it is short"),
		};
		self.serves(Attribution::register_method { method }).await?;
		let terms = ChannelTerms {
			signer: signer().public().into(),
			models: vec![ModelId(0)].try_into().expect("one fits"),
			corpora: Default::default(),
			expires_at_ms: EXPIRES_AT_MS,
		};
		self.pays(Receipts::open { server: AgentId(0), terms, amount: 10 * PLX }).await?;
		Ok(())
	}

	fn path(&self, name: &str) -> PathBuf {
		self.directory.path().join(name)
	}

	fn text(&self, name: &str) -> Result<String> {
		Ok(self.path(name).to_str().context("temporary paths are UTF-8")?.to_string())
	}

	fn file(&self, name: &str, bytes: &[u8]) -> Result<String> {
		fs::write(self.path(name), bytes)?;
		self.text(name)
	}

	async fn tx(&self, arguments: &[&str], from: &str) -> Result<Value> {
		self.cli.json(&[&["tx"][..], arguments, &["--from", from]].concat()).await
	}

	/// A call of the serving agent's.
	async fn serves(&self, call: impl Into<RuntimeCall>) -> Result<Value> {
		self.control("0", call.into(), "//Alice").await
	}

	/// A call of the paying agent's.
	async fn pays(&self, call: impl Into<RuntimeCall>) -> Result<Value> {
		self.control("1", call.into(), "//Bob").await
	}

	async fn control(&self, agent: &str, call: RuntimeCall, from: &str) -> Result<Value> {
		let call = format!("0x{}", hex::encode(call.encode()));
		self.tx(&["agent", "control", agent, "raw", &call], from).await
	}

	/// A command with the local files.
	fn with_files<'a>(&self, arguments: &[&'a str], files: &'a [String; 2]) -> Vec<&'a str> {
		[arguments, &["--store", files[0].as_str(), "--index", files[1].as_str()]].concat()
	}

	fn files(&self) -> Result<[String; 2]> {
		Ok([self.text("store")?, self.text("index")?])
	}

	/// Submits a batch of one disclosed answer with one claim; its receipt, proved.
	async fn submit(&self, output: &[u8], contribution: u64, evidence: Evidence) -> Result<ReceiptProof> {
		let store = Store::create(&self.path("store"))?;
		let prompt = store.put(b"who wrote of a tiger?")?;
		let output = store.put(output)?;
		let receipt = Receipt {
			model: ModelId(0),
			prompt,
			context: None,
			output,
			fee: PLX,
			disclose: true,
			execution: None,
		};
		let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
		let signature = {
			let mut redeemed = self.redeemed.lock().expect("nobody panics with it");
			*redeemed = (redeemed.0 + receipt.fee, receipt.accumulate(&redeemed.1, sequence));
			signer().sign(&voucher(&self.genesis, CHANNEL, redeemed.0, sequence, &redeemed.1)).into()
		};
		let receipts = vec![receipt].try_into().expect("one fits");
		let redemption = Redemption::<Runtime> { channel: CHANNEL, receipts, signature };
		let claim = Claim {
			receipt: 0,
			contribution: ContributionId(contribution),
			version: DatanetVersion(1),
			method: MethodId(0),
			evidence,
		};
		let redemptions = vec![redemption].try_into().expect("one fits");
		let claims = vec![claim].try_into().expect("one fits");
		self.serves(Attribution::submit { server: AgentId(0), redemptions, claims }).await?;
		let leaf = receipt.leaf(CHANNEL, sequence);
		let path = merkle::prove(&[leaf], 0).context("there is one")?.try_into().expect("it is short");
		Ok(ReceiptProof { channel: CHANNEL, sequence, receipt, path })
	}

	/// The reward, the claims and everything else of a batch reach whom they belong to.
	async fn finalise(&self, batch: u64) -> Result<()> {
		let call = || Attribution::finalise { batch: BatchId(batch), limit: 512 };
		until(OVER, "the batch to be over", || self.pays(call())).await?;
		Ok(())
	}

	async fn watch(&self, from: &str) -> Result<Child> {
		let files = self.files()?;
		let arguments = self.with_files(&["watch", "--submit", "--from", from, "--json"], &files);
		let child = Command::new(binary())
			.args(arguments)
			.args(["--journal", &self.text("watch.journal")?, "--url", &self.node.url()])
			.stdin(Stdio::null())
			.stdout(Stdio::piped())
			.kill_on_drop(true)
			.spawn()?;
		Ok(child)
	}
}

/// A part of the original in Charlie's own words.
fn copy() -> String {
	format!("A poem that I like very much begins so: {}, and goes on for long.", &ORIGINAL[..120])
}

/// The answer of the model: 100 bytes of the original between its own.
fn answer() -> Vec<u8> {
	format!("Blake wrote: {} And so on.", &ORIGINAL[..100]).into_bytes()
}

/// Where the copy has the original's first byte.
fn offset_in_copy() -> Result<u64> {
	Ok(copy().find(&ORIGINAL[..100]).context("the copy has it")? as u64)
}

fn slice<Bound: TryFrom<Vec<u8>>>(bytes: &[u8], start: u64, length: u64) -> Result<Bound> {
	prove_slice(Cursor::new(bytes), start, length)?.slice.try_into().ok().context("it is short enough")
}

fn true_span() -> Result<Evidence> {
	Ok(Evidence::Span { output: 13, offset: offset_in_copy()?, length: 100 })
}

/// The claim that [`true_span`] makes for the copy, shown.
fn shown(receipt: ReceiptProof) -> Result<Answer> {
	let (output, copy) = (answer(), copy());
	Ok(Answer::Span {
		receipt,
		length: prove_reader(&output[..], |_| ())?.length_proof.try_into().ok().context("it is short")?,
		output: slice(&output, 13, 100)?,
		source: slice(copy.as_bytes(), offset_in_copy()?, 100)?,
	})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_claim_loses_its_batch_and_a_false_challenge_is_refused() -> Result<()> {
	let scene = Scene::new().await?;
	let files = scene.files()?;
	// Another place of the original than the one that was repeated.
	let evidence = Evidence::Span { output: 13, offset: 20, length: 100 };
	scene.submit(&answer(), 0, evidence).await?;
	let looked = scene.cli.json(&scene.with_files(&["challenge", "0"], &files)).await?;
	ensure!(
		looked["findings"][0]["finding"] == "mismatch" && looked["unchecked"] == Value::Array(vec![]),
		"{looked}"
	);
	ensure!(looked["played"] == Value::Array(vec![]), "nothing is sent unasked: {looked}");

	// Somebody shows what is equal and says that it differs.
	let proof = scene.submit(&answer(), 1, true_span()?).await?;
	let false_challenge = Challenge::Mismatch {
		claim: 0,
		receipt: proof.clone(),
		start: 10,
		length: 20,
		output: slice(&answer(), 23, 20)?,
		source: slice(copy().as_bytes(), offset_in_copy()? + 10, 20)?,
	};
	let challenger = Agents::account_of(AgentId(1));
	let hash = commitment(&scene.genesis, &challenger.encode(), &[7; 32], BatchId(1), &false_challenge);
	scene.pays(Attribution::commit { batch: BatchId(1), hash }).await?;
	let reveal = Attribution::reveal { batch: BatchId(1), salt: [7; 32], challenge: false_challenge };
	let refused = scene.pays(reveal).await.err().context("equal bytes were called different")?;
	ensure!(format!("{refused:#}").contains("Attribution.BytesEqual"), "{refused:#}");

	let journal = scene.text("journal")?;
	let submit = ["--submit", "--from", "//Dave", "--journal", &journal];
	let played =
		scene.cli.json(&[scene.with_files(&["challenge", "0"], &files), submit.to_vec()].concat()).await?;
	ensure!(played["played"][0]["outcome"] == "fraud-found", "{played}");
	let nothing =
		scene.cli.json(&["challenge", "--resume", "--from", "//Dave", "--journal", &journal]).await?;
	ensure!(nothing["resumed"] == Value::Array(vec![]), "nothing is left open: {nothing}");
	scene.finalise(0).await?;
	let earned = scene.cli.json(&["query", "rewards", "earned", "//Dave"]).await?;
	let reward = earned["challenges"].as_str().context("amounts are texts")?.to_string();
	ensure!(reward.parse::<u128>()? > 0, "{earned}");
	let explained = scene.cli.json(&["explain", "//Dave"]).await?;
	let payout = &explained["payouts"][0];
	ensure!(
		payout["source"] == "challenge" && payout["batch"] == 0 && payout["amount"] == reward,
		"{explained}"
	);
	ensure!(
		payout["what"].as_str().is_some_and(|what| what.contains("hold")) && payout["unexplained"] == "0",
		"{explained}"
	);
	ensure!(explained["total"] == reward && explained["counted_from"] == 0, "{explained}");

	let verify = scene.with_files(&["verify-claim", "0", "0"], &files);
	let wrong = scene.cli.refused(&[&verify[..], &["--json"]].concat()).await?;
	ensure!(wrong.code == Some(8), "{}", wrong.text());
	let told: Value = serde_json::from_str(&wrong.stdout)?;
	let failing = |name: &str| {
		let checks = told["checks"].as_array().into_iter().flatten();
		checks.clone().any(|check| check["name"] == name && check["ending"] == "fails")
	};
	ensure!(told["verdict"] == "fails" && failing("bytes") && !failing("amount"), "{told}");
	Ok(())
}

/// Claims of all batches, the earliest first.
async fn claimed(scene: &Scene, filter: &[&str]) -> Result<Vec<Value>> {
	let all = ["query", "claim-history", "--oldest-first", "--limit", "256"];
	let page = scene.cli.json(&[&all[..], filter].concat()).await?;
	Ok(page["claims"].as_array().with_context(|| format!("no claims in {page}"))?.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_loses_its_claim_to_the_original_which_is_paid_and_explained() -> Result<()> {
	let scene = Scene::new().await?;
	let files = scene.files()?;
	let proof = scene.submit(&answer(), 1, true_span()?).await?;
	let journal = scene.text("journal")?;
	let submit = ["--submit", "--from", "//Dave", "--journal", &journal];
	let challenge = [scene.with_files(&["challenge", "0"], &files), submit.to_vec()].concat();
	let played = scene.cli.json(&challenge).await?;
	let first = &played["played"][0];
	ensure!(first["outcome"] == "claim-moved" && first["contribution"] == 0, "{played}");
	let again = scene.cli.json(&challenge).await?;
	ensure!(again["findings"] == Value::Array(vec![]), "it was moved: {again}");

	let open = scene.cli.json(&scene.with_files(&["verify-claim", "0", "0"], &files)).await?;
	ensure!(open["verdict"] == "holds", "what was moved was true all the same: {open}");
	until(SOON, "the samples to be drawn", || scene.pays(Attribution::draw_samples { batch: BatchId(0) }))
		.await?;
	let answer = shown(proof)?;
	scene.serves(Attribution::answer { batch: BatchId(0), claim: 0, answer }).await?;
	scene.finalise(0).await?;

	let verified = scene.cli.json(&scene.with_files(&["verify-claim", "0", "0"], &files)).await?;
	let paid = |check: &Value| check["name"] == "outcome" && check["ending"] == "holds";
	ensure!(verified["verdict"] == "holds", "{verified}");
	ensure!(verified["checks"].as_array().is_some_and(|checks| checks.iter().any(paid)), "{verified}");

	let explained = scene.cli.json(&scene.with_files(&["explain", "//Bob"], &files)).await?;
	let payout = &explained["payouts"][0];
	ensure!(
		payout["source"] == "claim" && payout["contribution"] == 0 && payout["batch"] == 0,
		"{explained}"
	);
	ensure!(payout["unexplained"] == "0" && payout["parts"][0]["amount"] == payout["amount"], "{explained}");
	ensure!(
		payout["parts"][0]["text"].as_str().is_some_and(|text| text.starts_with("Tiger tiger")),
		"{explained}"
	);
	let claims = explained["sources"].as_array().context("sources are a list")?;
	ensure!(claims.iter().all(|source| source["untold"] == "0"), "{explained}");
	let dave = scene.cli.json(&["explain", "//Dave"]).await?;
	let moved = &dave["payouts"][0];
	ensure!(
		moved["source"] == "submission" && moved["batch"] == 0,
		"whoever moved it has the submitter's part: {dave}"
	);
	let part = &moved["parts"][0];
	ensure!(part["claim"] == 0 && part["contribution"] == 0, "of the claim that was moved: {dave}");
	ensure!(moved["unexplained"] == "0" && part["amount"] == moved["amount"], "{dave}");
	// The index is behind the chain by milliseconds: once it has the payment it has all that came before.
	let earned = scene.cli.json(&["query", "rewards", "earned", "//Bob"]).await?;
	until(SOON, "the index to have the payment", || async {
		let income = scene.cli.json(&["query", "rewards", "income", "//Bob"]).await?;
		ensure!(income["sources"]["claims"] == earned["claims"] && income["complete_from"] == 0, "{income}");
		Ok(())
	})
	.await?;
	let made = claimed(&scene, &["--contribution", "1"]).await?;
	ensure!(made.len() == 1 && made[0]["moved"] == false && made[0]["terms"]["receipt"] == 0, "{made:?}");
	let moved = claimed(&scene, &["--contribution", "0"]).await?;
	ensure!(moved.len() == 1 && moved[0]["moved"] == true, "{moved:?}");
	ensure!(moved[0]["terms"] == made[0]["terms"], "it is the same claim: {moved:?} {made:?}");
	ensure!(claimed(&scene, &["--account", "//Dave"]).await? == moved, "Dave moved it");
	for all in [
		claimed(&scene, &["--batch", "0"]).await?,
		claimed(&scene, &["--batch", "0", "--receipt", "0"]).await?,
	] {
		ensure!(all == [made.clone(), moved.clone()].concat(), "{all:?}");
	}
	ensure!(
		claimed(&scene, &["--batch", "0", "--receipt", "1"]).await?.is_empty(),
		"there is no such receipt"
	);
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenger_that_is_killed_goes_on_where_it_was_and_loses_no_deposit() -> Result<()> {
	let scene = Scene::new().await?;
	let (files, journal) = (scene.files()?, scene.text("journal")?);
	scene.submit(&answer(), 0, Evidence::Span { output: 13, offset: 20, length: 100 }).await?;
	let by = ["--from", "//Dave", "--journal", &journal];
	let challenge = [&scene.with_files(&["challenge", "0", "--submit"], &files)[..], &by].concat();
	let mut killed = Command::new(binary())
		.args(&challenge)
		.env("PLEXUS_URL", scene.node.url())
		.stdin(Stdio::null())
		.stdout(Stdio::null())
		.kill_on_drop(true)
		.spawn()?;
	until(SOON, "the commitment to be in the journal", || async {
		ensure!(fs::read_to_string(&journal)?.contains("\"committed\""), "nothing is in it");
		Ok(())
	})
	.await?;
	killed.kill().await?;

	// It may have come as far as the chain, or not.
	let resumed = scene.cli.json(&[&["challenge", "--resume"][..], &by].concat()).await?;
	let outcome = &resumed["resumed"][0]["outcome"];
	ensure!(outcome.is_null() || outcome == "fraud-found" || outcome == "not-there", "{resumed}");
	let again = scene.cli.json(&challenge).await?;
	let found = again["played"][0]["outcome"] == "fraud-found";
	ensure!(found != again["verdict"].is_string(), "it is found once, now or before: {again}");
	let account = scene.cli.json(&["query", "account", "//Dave"]).await?;
	ensure!(!account["holds"].to_string().contains("Commitment"), "a deposit is left: {account}");
	Ok(())
}

/// Reads what a watch tells until it has fetched a reward.
async fn until_rewarded(lines: &mut Lines<BufReader<ChildStdout>>, told: &mut Vec<Value>) -> Result<()> {
	while let Some(line) = lines.next_line().await? {
		let event: Value = serde_json::from_str(&line)?;
		let is_last = event["event"] == "done" && event["call"] == "finalise";
		told.push(event);
		if is_last {
			return Ok(());
		}
	}
	anyhow::bail!("it ended")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_is_killed_fetches_the_reward_when_it_is_started_again() -> Result<()> {
	let scene = Scene::new().await?;
	Store::create(&scene.path("store"))?;
	let mut killed = scene.watch("//Dave").await?;
	let evidence = Evidence::Span { output: 13, offset: 20, length: 100 };
	scene.submit(&answer(), 0, evidence).await?;
	let journal = scene.text("watch.journal")?;
	until(OVER, "the commitment to be in the journal", || async {
		ensure!(fs::read_to_string(&journal)?.contains("\"committed\""), "nothing is in it");
		Ok(())
	})
	.await?;
	killed.kill().await?;

	// What it committed to may have come as far as the chain, or not.
	let mut watch = scene.watch("//Dave").await?;
	let mut lines = BufReader::new(watch.stdout.take().context("it is piped")?).lines();
	let mut told = Vec::new();
	let rewarded = until_rewarded(&mut lines, &mut told);
	within(OVER, "the reward", rewarded).await?.with_context(|| format!("{told:?}"))?;
	watch.kill().await?;
	let earned = scene.cli.json(&["query", "rewards", "earned", "//Dave"]).await?;
	ensure!(earned["challenges"].as_str().is_some_and(|amount| amount != "0"), "{earned}");
	let account = scene.cli.json(&["query", "account", "//Dave"]).await?;
	ensure!(!account["holds"].to_string().contains("Commitment"), "a deposit is left: {account}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_finds_a_false_claim_by_itself_and_fetches_the_reward() -> Result<()> {
	let scene = Scene::new().await?;
	// The store is there from the beginning; a watch opens it once.
	Store::create(&scene.path("store"))?;
	let mut watch = scene.watch("//Dave").await?;
	let mut lines = BufReader::new(watch.stdout.take().context("it is piped")?).lines();
	let evidence = Evidence::Span { output: 13, offset: 20, length: 100 };
	scene.submit(&answer(), 0, evidence).await?;
	let mut told = Vec::new();
	let rewarded = until_rewarded(&mut lines, &mut told);
	within(OVER, "the reward", rewarded).await?.with_context(|| format!("{told:?}"))?;
	let names: Vec<_> = told.iter().map(|event| event["event"].as_str().unwrap_or_default()).collect();
	ensure!(names.first() == Some(&"watching") && names.contains(&"looked"), "{told:?}");
	ensure!(
		told.iter().any(|event| event["event"] == "played" && event["outcome"] == "fraud-found"),
		"{told:?}"
	);
	let pid =
		rustix::process::Pid::from_raw(watch.id().context("it runs")? as i32).context("it has an id")?;
	rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
	let last = within(SOON, "the last line", lines.next_line()).await??.context("it says that it stops")?;
	ensure!(last.contains("stopped"), "{last}");
	ensure!(within(SOON, "the end", watch.wait()).await??.success(), "it did not stop cleanly");
	let earned = scene.cli.json(&["query", "rewards", "earned", "//Dave"]).await?;
	ensure!(earned["challenges"].as_str().is_some_and(|amount| amount != "0"), "{earned}");
	Ok(())
}
