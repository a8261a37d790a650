//! Payments over a real node: agents' keys open a channel and redeem a voucher, and both RPC and the command line tell of it.

use anyhow::{ensure, Context, Result};
use codec::Encode;
use pallet_attribution::Call as Attribution;
use pallet_receipts::{Call, ChannelTerms, Redemption};
use plexus_primitives::{
	prove::prove_reader,
	prove_slice::prove_slice,
	receipt::{first_accumulator, voucher},
	AgentId, Answer, BatchId, ChannelId, Claim, Content, ContributionId, DatanetVersion, Evidence, MethodId,
	ModelId, Receipt, ReceiptProof,
};
use plexus_runtime::{Agents, Runtime, RuntimeCall};
use plexus_tests::{cli::plexus, rpc::Rpc, wait::until, Cli, Node, NodeOptions};
use serde_json::{json, Value};
use sp_core::{
	crypto::{AccountId32, Ss58Codec},
	ed25519, sr25519, Pair,
};
use std::{io::Cursor, time::Duration};

/// Until a contribution is old enough to be accepted: two seconds on the chain clock, and time for a slow machine.
const AGE: Duration = Duration::from_secs(60);
const BLOCK_TIME_MS: u64 = 200;
const PLX: u128 = 1_000_000_000_000;
/// Keys that nobody ever sent anything.
const SERVING: &str = "//Agent//Serving";
const PAYING: &str = "//Agent//Paying";
const CHANNEL: ChannelId = ChannelId(0);
/// What Dave contributes: long enough to be claimed.
const NOTE: &[u8] = b"a note to be trained on, and long enough to be claimed where it is repeated";
/// How long batches are open where a test waits for their end; half a minute on the chain clock, and time for a slow machine.
const WINDOW: Duration = Duration::from_secs(120);
/// Later than any test ends, on the chain clock.
const EXPIRES_AT_MS: u64 = 24 * 60 * 60 * 1_000;

/// Signs vouchers, and is no account on the chain.
fn signer() -> ed25519::Pair {
	ed25519::Pair::from_seed(&[42; 32])
}

struct Scene {
	_node: Node,
	cli: Cli,
	rpc: Rpc,
	genesis: [u8; 32],
	directory: tempfile::TempDir,
}

impl Scene {
	/// A chain with Alice's serving agent 0 and Bob's paying agent 1, each with a key and 100 PLX.
	async fn new() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
		let (cli, rpc) = (Cli::of(&node), Rpc::connect(&node.url()).await?);
		let genesis = rpc.block_hash(0).await?.context("there is a genesis")?;
		let genesis = hex::decode(genesis.trim_start_matches("0x"))?;
		let genesis = genesis.try_into().ok().context("a hash has 32 bytes")?;
		let scene = Self { _node: node, cli, rpc, genesis, directory: tempfile::tempdir()? };
		for (agent, controller, key, scope) in
			[("0", "//Alice", SERVING, "serving"), ("1", "//Bob", PAYING, "channels")]
		{
			scene.tx(&["agent", "register"], controller).await?;
			scene.tx(&["agent", "fund", agent, "--amount", "100"], controller).await?;
			let terms = ["--key", key, "--scope", scope, "--budget", "20", "--fee-budget", "5"];
			scene.tx(&[&["agent", "delegate", agent][..], &terms].concat(), controller).await?;
		}
		Ok(scene)
	}

	/// Registers model 0, which is Charlie's.
	async fn register(&self, terms: &[&str]) -> Result<()> {
		let (weights, card) = (self.file("weights", b"weights")?, self.file("card.md", b"# A model")?);
		let base = ["model", "register", &weights, "--kind", "base", "--card", &card];
		self.tx(&[&base[..], terms].concat(), "//Charlie").await.map(drop)
	}

	/// Version 1 of Alice's datanet 0, where Charlie reviewed a note of Dave's.
	async fn publish(&self) -> Result<()> {
		let create = ["datanet", "create", "--name", "Notes", "--curator", "//Charlie"];
		self.tx(&create, "//Alice").await?;
		let note = self.file("note.txt", NOTE)?;
		self.tx(&["contribute", &note, "--datanet", "0"], "//Dave").await?;
		until(AGE, "the contribution to be old enough", || async {
			self.tx(&["review", "0", "--weight", "64"], "//Charlie").await.map(drop)
		})
		.await?;
		self.tx(&["datanet", "publish", "0"], "//Alice").await.map(drop)
	}

	/// The paying agent's key locks 10 PLX toward the serving one.
	async fn open(&self) -> Result<Value> {
		let terms = ChannelTerms {
			signer: signer().public().into(),
			models: vec![ModelId(0)].try_into().expect("one fits"),
			corpora: Default::default(),
			expires_at_ms: EXPIRES_AT_MS,
		};
		let open = Call::open { server: AgentId(0), terms, amount: 10 * PLX };
		self.sends(&["act", "1", "0"], open, PAYING).await
	}

	/// A transaction that succeeds.
	async fn tx(&self, arguments: &[&str], from: &str) -> Result<Value> {
		self.cli.json(&[&["tx"][..], arguments, &["--from", from]].concat()).await
	}

	/// A call for an agent, by its key or its controller.
	async fn sends(&self, by: &[&str], call: impl Into<RuntimeCall>, from: &str) -> Result<Value> {
		let call = format!("0x{}", hex::encode(call.into().encode()));
		self.tx(&[&["agent"][..], by, &["raw", &call]].concat(), from).await
	}

	async fn query(&self, arguments: &[&str]) -> Result<Value> {
		self.cli.json(&[&["query"][..], arguments].concat()).await
	}

	async fn ask(&self, method: &str, parameters: &[Value]) -> Result<Value> {
		self.rpc.request(method, parameters).await
	}

	/// What an account is owed, proved from the chain's specification alone.
	async fn owed(&self, account: &str, name: &str) -> Result<Value> {
		let [file, spec] =
			["proof", "spec"].map(|what| self.directory.path().join(format!("{name}-{what}.json")));
		let file = file.to_str().context("temporary paths are UTF-8")?;
		let spec = spec.to_str().context("temporary paths are UTF-8")?;
		self.query(&["proof", "--earnings", account, "--output", file]).await?;
		let time = BLOCK_TIME_MS.to_string();
		let build = ["chain-spec", "build", "--preset", "dev", "--block-time-ms", &time, "--output", spec];
		let built = plexus(&build).await?;
		ensure!(built.code == Some(0), "{}", built.text());
		let ran = plexus(&["verify", file, "--chain", spec, "--json"]).await?;
		ensure!(ran.code == Some(0), "{}", ran.text());
		let proved: Value = serde_json::from_str(&ran.stdout)?;
		Ok(proved["earnings"].clone())
	}

	fn file(&self, name: &str, bytes: &[u8]) -> Result<String> {
		let path = self.directory.path().join(name);
		std::fs::write(&path, bytes)?;
		Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
	}

	/// The first receipts of the channel, with the voucher over them.
	fn redemption(&self, receipts: Vec<Receipt>) -> Redemption<Runtime> {
		let (mut acc, mut sum) = (first_accumulator(&self.genesis, CHANNEL), 0);
		for (sequence, receipt) in (1..).zip(&receipts) {
			acc = receipt.accumulate(&acc, sequence);
			sum += receipt.fee;
		}
		let signature =
			signer().sign(&voucher(&self.genesis, CHANNEL, sum, receipts.len() as u64, &acc)).into();
		let receipts = receipts.try_into().expect("fewer than a batch has");
		Redemption { channel: CHANNEL, receipts, signature }
	}
}

fn receipt(fee: u128) -> Receipt {
	let (prompt, output) = (Content { root: [1; 32], len: 2 }, Content { root: [3; 32], len: 4 });
	Receipt { model: ModelId(0), prompt, context: None, output, fee, disclose: false, execution: None }
}

fn address(account: &AccountId32) -> String {
	account.to_ss58check_with_version(42u16.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_without_funds_pay_and_are_paid_and_everybody_can_look() -> Result<()> {
	let scene = Scene::new().await?;
	scene.register(&["--policy", "60,40,0"]).await?;
	let [server, payer] = [AgentId(0), AgentId(1)].map(|id| address(&Agents::account_of(id)));
	scene.open().await?;

	let channel = scene.query(&["channel", "0"]).await?;
	ensure!(channel["payer"] == payer && channel["server"] == 0, "{channel}");
	ensure!(channel["locked"] == (10 * PLX).to_string() && channel["sequence"] == 0, "{channel}");
	let told = scene.ask("receipt_channel", &[json!(0)]).await?;
	for (ours, theirs) in
		[("payer", "payer"), ("signer", "signer"), ("acc", "acc"), ("ends_at_ms", "endsAtMs")]
	{
		ensure!(channel[ours] == told[theirs], "{ours}: {channel} {told}");
	}
	for filter in [["--payer", &payer], ["--server", "0"]] {
		let page = scene.query(&[&["channels"][..], &filter].concat()).await?;
		ensure!(page == json!({ "channels": [channel], "next": null }), "{filter:?}: {page}");
	}
	let others = scene.query(&["channels", "--payer", "//Alice"]).await?;
	ensure!(others == json!({ "channels": [], "next": null }), "{others}");

	// Two requests, one signature.
	let redemption = scene.redemption(vec![receipt(PLX), receipt(2 * PLX)]);
	let submit = || {
		let redemptions = vec![redemption.clone()].try_into().expect("one fits");
		Attribution::submit { server: AgentId(0), redemptions, claims: Default::default() }
	};
	scene.sends(&["act", "0", "0"], submit(), SERVING).await?;
	let again = scene.sends(&["act", "0", "0"], submit(), SERVING).await;
	let again = format!("{:#}", again.err().context("a voucher was redeemed twice")?);
	ensure!(again.contains("Receipts.InvalidVoucher"), "{again}");
	let channel = scene.query(&["channel", "0"]).await?;
	ensure!(channel["redeemed"] == (3 * PLX).to_string() && channel["sequence"] == 2, "{channel}");
	let batch = scene.query(&["batch", "0"]).await?;
	ensure!(batch["receipts"] == 2 && batch["gross"] == (3 * PLX).to_string(), "{batch}");
	ensure!(batch["root"] == scene.ask("receipt_batch", &[json!(0)]).await?["root"], "{batch}");
	ensure!(scene.query(&["batches"]).await? == json!({ "batches": [batch], "next": null }), "one batch");

	// Each request is in the block still, and leads to the root.
	let second = scene.query(&["receipt", "0", "1"]).await?;
	ensure!(second["root"] == batch["root"] && second["recorded"] == true, "{second}");
	ensure!(second["block"] == batch["submitted_at"] && second["receipts"] == 2, "{second}");
	ensure!(second["channel"] == 0 && second["sequence"] == 2, "{second}");
	ensure!(second["receipt"]["fee"] == (2 * PLX).to_string(), "{second}");
	let told = scene.ask("receipt_byId", &[json!(0), json!(1)]).await?;
	ensure!(told["path"] == second["path"], "{told} {second}");
	let first = receipt(PLX).leaf(CHANNEL, 1);
	ensure!(told["path"] == json!([format!("0x{}", hex::encode(first))]), "what stands beside it: {told}");
	let none = scene.cli.refused(&["query", "receipt", "0", "2"]).await?;
	ensure!(none.code == Some(7) && none.text().contains("has 2 receipts"), "{}", none.text());
	let none = scene.cli.refused(&["query", "receipt", "1", "0"]).await?;
	ensure!(none.code == Some(7) && none.text().contains("no batch 1"), "{}", none.text());

	// 97 % is revenue: 60 % of it the server's, the rest the developer's.
	let revenue = 3 * PLX * 97 / 100;
	let book = scene.query(&["book", "0"]).await?;
	ensure!(book["revenue"] == revenue.to_string(), "{book}");
	ensure!(book["developer_due"] == (revenue * 4 / 10).to_string(), "{book}");
	let told = scene.ask("receipt_book", &[json!(0)]).await?;
	ensure!(told["toServers"] == (revenue * 6 / 10).to_string(), "{told}");
	ensure!(book["to_servers"] == told["toServers"], "{book} {told}");
	let earned = scene.query(&["earnings", &server]).await?;
	ensure!(earned["earnings"] == book["to_servers"], "{earned}");
	ensure!(scene.ask("receipt_earnings", &[json!(server)]).await? == earned["earnings"], "{earned}");

	let proved = scene.owed(&server, "served").await?;
	ensure!(proved["account"] == server && proved["owed"] == earned["earnings"], "{proved}");
	ensure!(proved["receipts"] == earned["earnings"] && proved["rewards"] == "0", "{proved}");

	scene.tx(&["earnings", "withdraw", &server], "//Alice").await?;
	scene.tx(&["earnings", "pull", "0"], "//Alice").await?;
	let pulled = scene.query(&["earnings", "//Charlie"]).await?;
	ensure!(pulled["earnings"] == book["developer_due"], "{pulled}");
	let left = scene.query(&["earnings", &server]).await?;
	ensure!(left["earnings"] == "0", "{left}");
	// What was withdrawn is told still, by what it was for. The index is behind the chain by milliseconds.
	until(AGE, "the index to follow", || async {
		let [served, developed] = [
			scene.query(&["rewards", "income", &server]).await?,
			scene.query(&["rewards", "income", "//Charlie"]).await?,
		];
		ensure!(served["sources"]["serving"] == book["to_servers"] && served["due"] == "0", "{served}");
		ensure!(served["total"] == book["to_servers"], "{served}");
		ensure!(developed["sources"]["developing"] == book["developer_due"], "{developed}");
		ensure!(developed["total"] == developed["due"], "{developed}");
		Ok(())
	})
	.await?;
	ensure!(
		scene.owed(&server, "paid").await?["owed"] == "0",
		"it was paid, and that nothing is left is proved"
	);
	// The server ends the channel, and the payer has the rest at once.
	scene.sends(&["control", "0"], Call::close { channel: CHANNEL }, "//Alice").await?;
	let held = scene.query(&["account", &payer]).await?;
	ensure!(!held["holds"].to_string().contains("Receipts"), "{held}");
	let over = scene.cli.refused(&["query", "channel", "0"]).await?;
	ensure!(over.code == Some(7) && over.text().contains("NoSuchChannel"), "{}", over.text());
	let table = scene.cli.run(&["query", "book", "0"]).await?;
	ensure!(table.stdout.contains("then server 60 %"), "{}", table.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_data_earned_goes_to_whoever_contributed_it_and_everybody_can_look() -> Result<()> {
	let scene = Scene::new().await?;
	scene.publish().await?;
	scene.register(&["--policy", "60,20,20", "--trained-on", "0:1=100"]).await?;
	scene.open().await?;
	let redemptions = vec![scene.redemption(vec![receipt(PLX)])].try_into().expect("one fits");
	let submit = Attribution::submit { server: AgentId(0), redemptions, claims: Default::default() };
	scene.sends(&["act", "0", "0"], submit, SERVING).await?;

	// A fifth of 97 %.
	let to_data = (PLX * 97 / 100 / 5).to_string();
	let entry = |pulled: &str, due: &str| json!([{ "datanet": 0, "version": 1, "share": 1_000_000_000, "pulled": pulled, "due": due }]);
	let model = scene.query(&["rewards", "model", "0"]).await?;
	ensure!(model == json!({ "model": 0, "revenue": to_data, "entries": entry("0", &to_data) }), "{model}");
	scene.tx(&["earnings", "distribute", "0"], "//Alice").await?;
	let told = scene.ask("rewards_dataRevenue", &[json!(0)]).await?;
	ensure!(told["entries"] == entry(&to_data, "0"), "{told}");
	let pools = scene.query(&["rewards", "pools", "0"]).await?;
	let pool = json!({ "version": 1, "weight": 64, "deposited": to_data });
	ensure!(pools == json!({ "pools": [pool], "next": null }), "{pools}");

	let positions = scene.query(&["rewards", "positions", "//Dave"]).await?;
	let place = json!({ "datanet": 0, "from": 1, "until": null });
	let position = json!({ "place": place, "weight": 64, "claimable": to_data });
	ensure!(positions == json!({ "positions": [position], "next": null }), "{positions}");
	let dave: AccountId32 = sr25519::Pair::from_string("//Dave", None)?.public().into();
	let told = scene.ask("rewards_positions", &[json!(address(&dave))]).await?;
	ensure!(told["items"] == positions["positions"], "{told}");
	let claim = ["tx", "earnings", "claim", "//Dave", "--from", "//Alice"];
	scene.cli.json(&claim).await?;
	let again = scene.cli.refused(&claim).await?;
	ensure!(again.code == Some(4) && again.text().contains("NothingDue"), "{}", again.text());
	let earned = scene.query(&["rewards", "earned", "//Dave"]).await?;
	ensure!(earned["due"] == to_data && earned["pools"] == to_data, "{earned}");
	let proved = scene.owed("//Dave", "contributed").await?;
	ensure!(proved["rewards"] == to_data && proved["rewards_total"] == to_data, "{proved}");
	ensure!(proved["owed"] == to_data && proved["receipts"] == "0", "{proved}");
	let datanets = scene.query(&["rewards", "datanets", "//Dave"]).await?;
	ensure!(datanets["datanets"] == json!([{ "datanet": 0, "credited": to_data }]), "{datanets}");

	let before = scene.rpc.free_balance(&dave).await?;
	scene.tx(&["earnings", "withdraw", "//Dave"], "//Alice").await?;
	ensure!(scene.rpc.free_balance(&dave).await? == before + to_data.parse::<u128>()?, "paid something else");
	let earned = scene.ask("rewards_earnings", &[json!(address(&dave))]).await?;
	ensure!(earned["due"] == "0" && earned["total"] == to_data, "{earned}");
	let nothing = scene.cli.refused(&["query", "rewards", "model", "9"]).await?;
	ensure!(nothing.code == Some(7) && nothing.text().contains("NoManifest"), "{}", nothing.text());
	Ok(())
}

/// What is off chain when the note is quoted: prompt and output.
fn quoted() -> Vec<u8> {
	[b"as it was written: ", NOTE].concat()
}

fn content(bytes: &[u8]) -> Content {
	Content { root: *blake3::hash(bytes).as_bytes(), len: bytes.len() as u64 }
}

/// Of all of the note, in its output.
fn claim() -> Claim {
	let output = (quoted().len() - NOTE.len()) as u64;
	let evidence = Evidence::Span { output, offset: 0, length: NOTE.len() as u64 };
	let (contribution, version, method) = (ContributionId(0), DatanetVersion(1), MethodId(0));
	Claim { receipt: 0, contribution, version, method, evidence }
}

/// Everything that the claim's worth follows from; the batch has this one receipt.
fn answer(receipt: Receipt) -> Result<Answer> {
	let slice = |bytes: &[u8], start: usize| -> Result<_> {
		let shown = prove_slice(Cursor::new(bytes), start as u64, NOTE.len() as u64)?;
		shown.slice.try_into().ok().context("short")
	};
	let output = quoted();
	let length = prove_reader(&output[..], |_| {})?.length_proof.try_into().ok().context("short")?;
	Ok(Answer::Span {
		receipt: ReceiptProof { channel: CHANNEL, sequence: 1, receipt, path: Default::default() },
		length,
		output: slice(&output, output.len() - NOTE.len())?,
		source: slice(NOTE, 0)?,
	})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_note_is_claimed_shown_and_paid_and_everybody_can_look() -> Result<()> {
	let scene = Scene::new().await?;
	scene.publish().await?;
	scene.register(&["--policy", "60,20,20", "--trained-on", "0:1=100"]).await?;
	let windows = ["--window-ms", "30000", "--response-ms", "10000", "--reveal-ms", "5000"];
	scene.tx(&[&["attribution", "set-parameters"][..], &windows].concat(), "//Alice").await?;
	let parameters = scene.query(&["attribution-parameters"]).await?;
	ensure!(parameters["window_ms"] == 30_000 && parameters["span"] == 300_000_000, "{parameters}");
	let method = ["--algorithm", "maximal-exact-match", "--version", "1", "--parameters", "min=32"];
	let registered = scene.tx(&[&["attribution", "register-method"][..], &method].concat(), "//Bob").await?;
	ensure!(registered["id"] == 0, "{registered}");
	let methods = scene.query(&["methods"]).await?;
	ensure!(methods["methods"] == scene.ask("attribution_methods", &[]).await?["items"], "{methods}");
	scene.open().await?;

	let receipt = Receipt { output: content(&quoted()), disclose: true, ..receipt(PLX) };
	let redemptions = vec![scene.redemption(vec![receipt])].try_into().expect("one fits");
	let claims = vec![claim()].try_into().expect("one fits");
	let submit = Attribution::submit { server: AgentId(0), redemptions, claims };
	scene.sends(&["act", "0", "0"], submit, SERVING).await?;
	let open = scene.query(&["open-batch", "0"]).await?;
	ensure!(open["claims"] == 1 && open["sampling"]["state"] == "due", "{open}");
	let told = scene.ask("attribution_openBatch", &[json!(0)]).await?;
	ensure!(told["hold"] == open["hold"] && told["models"] == open["models"], "{told} {open}");
	ensure!(scene.query(&["open-batches"]).await? == json!({ "batches": [open], "next": null }), "one batch");
	let claims = scene.query(&["claims", "0", "--contribution", "0"]).await?;
	let claimed = &claims["claims"][0];
	ensure!(claimed["evidence"]["Span"]["length"] == NOTE.len() && claimed["proven"] == false, "{claims}");
	let others = scene.query(&["claims", "0", "--account", "//Bob"]).await?;
	ensure!(others == json!({ "claims": [], "next": null }), "{others}");

	until(AGE, "the block whose hash draws", || async {
		let draw = ["attribution", "draw-samples", "0", "--agent", "0", "--delegation", "0"];
		scene.tx(&draw, SERVING).await.map(drop)
	})
	.await?;
	let asked = scene.query(&["questions", "0"]).await?;
	ensure!(asked["samples"]["claims"] == json!([0]), "{asked}");
	let open = scene.query(&["open-challenges"]).await?;
	ensure!(open == json!({ "batches": [asked], "next": null }), "{open}");
	let told = scene.ask("attribution_openChallenges", &[]).await?;
	ensure!(told["items"][0]["samples"]["claims"] == json!([0]), "{told}");
	let shown = Attribution::answer { batch: BatchId(0), claim: 0, answer: answer(receipt)? };
	scene.sends(&["act", "0", "0"], shown, SERVING).await?;
	let asked = scene.query(&["questions", "0"]).await?;
	ensure!(asked["samples"] == Value::Null, "{asked}");
	let early = scene.tx(&["attribution", "finalise", "0"], "//Bob").await;
	let early = format!("{:#}", early.err().context("nobody could object any more")?);
	ensure!(early.contains("Attribution.WindowOpen"), "{early}");
	until(WINDOW, "the end of the window", || async {
		scene.tx(&["attribution", "finalise", "0"], "//Bob").await.map(drop)
	})
	.await?;

	let amount = |field: &str| -> Result<u128> {
		Ok(claimed[field].as_str().with_context(|| format!("no {field} in {claimed}"))?.parse()?)
	};
	let (all, submitters) = (amount("amount")?, amount("submitter")?);
	let dave = scene.query(&["rewards", "earned", "//Dave"]).await?;
	ensure!(dave["claims"] == (all - submitters).to_string() && all > submitters, "{dave} {claims}");
	let server = address(&Agents::account_of(AgentId(0)));
	let served = scene.query(&["rewards", "earned", &server]).await?;
	ensure!(served["submissions"] == submitters.to_string(), "{served}");
	let over = scene.cli.refused(&["query", "open-batch", "0"]).await?;
	ensure!(over.code == Some(7) && over.text().contains("NoOpenBatch"), "{}", over.text());
	// The index is behind the chain by milliseconds.
	until(AGE, "the history of what was claimed", || async {
		let history = scene.query(&["history", "contribution:0"]).await?;
		let names: Vec<_> =
			history["events"].as_array().context("a list")?.iter().map(|one| &one["name"]).collect();
		let told = |name: &str| names.iter().any(|told| **told == name);
		ensure!(told("Attribution.BatchOpened") && told("Attribution.ContributionPaid"), "{names:?}");
		Ok(())
	})
	.await?;
	// The batch is final, and its claim is told still.
	let history = scene.query(&["claim-history", "--contribution", "0"]).await?;
	let [told] = &history["claims"].as_array().context("a list")?[..] else {
		anyhow::bail!("one claim was made: {history}")
	};
	ensure!(told["by"] == server && told["batch"] == 0 && told["moved"] == false, "{told}");
	for field in ["receipt", "model", "evidence", "amount"] {
		ensure!(told["terms"][field] == claimed[field], "{field}: {told} {claimed}");
	}
	let by_server = scene.query(&["claim-history", "--account", &server, "--limit", "256"]).await?;
	ensure!(by_server["claims"] == history["claims"], "it made that one: {by_server}");
	Ok(())
}
