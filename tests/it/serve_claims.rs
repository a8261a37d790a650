//! Claims over a real node: handed in with their receipts, false ones refused, submitted once although the tool is killed,
//! samples and a demand answered by itself, and the contribution paid in the end; what the server was paid is explained, and
//! the claims are checked again when the channel is over.

use anyhow::{ensure, Context, Result};
use codec::{Decode, Encode};
use pallet_attribution::{
	runtime_api::{ClaimFilter, ClaimInfo, OpenBatchInfo, Page},
	Call as Attribution, Method,
};
use plexus_payments::{
	json::{Delivery as Json, Extras},
	store::context_of,
	Delivery, ReceiptClaim, SignRequest,
};
use plexus_primitives::{
	BatchId, Content, ContextLeaf, ContributionId, DatanetVersion, Evidence, MethodId, ModelId, Receipt,
};
use plexus_runtime::RuntimeCall;
use plexus_tests::{
	http::ask,
	node::free_port,
	rpc::{from_hex, to_hex},
	serving::{bob, Serving, CHANNEL, LOCKED},
	wait::{until, SOON},
	wallet::Key,
	Wallet, PLX,
};
use serde_json::{json, Value};
use sp_core::{crypto::AccountId32, Pair};
use std::{fs, time::Duration};

/// The development window is a minute on the chain clock.
const WINDOW: Duration = Duration::from_secs(120);
const BATCH: BatchId = BatchId(0);
const FEE: u128 = PLX / 1_000;
/// What Dave and Ferdie contribute.
const POEM: &str =
	"Tiger tiger, burning bright, in the forests of the night; what immortal hand or eye could frame it?";
const NOTE: &str =
	"A note about cats of all sizes, which were seen at night by people who could not sleep and went out.";
const PROMPT: &str = "What do you know about animals at night?";

/// Version 1 of datanet 0 with a poem of Dave's and a note of Ferdie's, Charlie's model 0 that was trained on it, Alice's
/// serving agent 0, method 0, and a channel of Bob's toward the agent.
async fn scene() -> Result<Serving> {
	let scene = Serving::start().await?;
	fs::create_dir(scene.directory.path().join("data"))?;
	// Open versions carry no money of manifests.
	let create = ["tx", "datanet", "create", "--name", "Texts", "--curator", "//Charlie"];
	scene.json(&create, "//Alice").await?;
	for (name, text, from) in [("data/poem", POEM, "//Dave"), ("data/note", NOTE, "//Ferdie")] {
		let file = scene.file(name, text)?;
		scene.json(&["tx", "contribute", &file, "--datanet", "0"], from).await?;
	}
	for id in ["0", "1"] {
		let review = ["tx", "review", id, "--weight", "50"];
		until(SOON * 2, "a contribution to be old enough", || scene.json(&review, "//Charlie")).await?;
	}
	scene.json(&["tx", "datanet", "publish", "0"], "//Alice").await?;
	scene.register_model(&["--policy", "50,20,30", "--trained-on", "0:1=100"]).await?;
	scene.register_agent().await?;
	register_method(&scene).await?;
	scene.open_channel(&["--corpus", "0:1"]).await?;
	index(&scene).await?;
	Ok(scene)
}

async fn register_method(scene: &Serving) -> Result<()> {
	let method = Method {
		algorithm: b"maximal-exact-match".to_vec().try_into().ok().context("it fits")?,
		version: 1,
		parameters: b"min=32".to_vec().try_into().ok().context("it fits")?,
	};
	let call = RuntimeCall::from(Attribution::register_method { method });
	let call = to_hex(&call.encode());
	scene.json(&["tx", "agent", "control", "0", "raw", &call], "//Alice").await.map(drop)
}

async fn index(scene: &Serving) -> Result<()> {
	let (data, list, index) = (scene.path("data")?, scene.path("list")?, scene.path("index")?);
	let sources = ["corpus", "sources", &data, "--datanet", "0", "--version", "1", "--out", &list];
	scene.cli.json(&sources).await?;
	let built = scene.cli.json(&["corpus", "build", &data, "--sources", &list, "--out", &index]).await?;
	ensure!(built["sources"] == 2, "{built}");
	Ok(())
}

async fn state<Answer: Decode>(scene: &Serving, method: &str, arguments: impl Encode) -> Result<Answer> {
	let parameters = [json!(method), json!(to_hex(&arguments.encode()))];
	let answer: String = scene.rpc.request("state_call", &parameters).await?;
	Ok(Answer::decode(&mut &from_hex(&answer)?[..])?)
}

async fn open_batch(scene: &Serving) -> Result<Option<OpenBatchInfo<AccountId32, u32>>> {
	state(scene, "AttributionApi_open_batch", BATCH).await
}

async fn listed_claims(scene: &Serving) -> Result<Vec<ClaimInfo<AccountId32>>> {
	let arguments = (BATCH, ClaimFilter::<AccountId32>::All, None::<u32>, 256u32);
	let page: Page<ClaimInfo<AccountId32>, u32> = state(scene, "AttributionApi_claims", arguments).await?;
	Ok(page.items)
}

/// A stranger pays to see a claim.
async fn demand(scene: &Serving, claim: u32) -> Result<()> {
	let (key, wallet) = (Key::sr25519("//Eve"), Wallet::of(&scene.rpc).await?);
	let nonce = scene.rpc.next_nonce(&key.account()).await?;
	let call = RuntimeCall::from(Attribution::demand { batch: BATCH, claim });
	scene.rpc.submit(&wallet.sign(&key, nonce, 0, call)).await?;
	until(SOON, "the demand to be in a block", || async {
		let batch = open_batch(scene).await?.context("it is open")?;
		ensure!(batch.demands == 1, "{batch:?}");
		Ok(())
	})
	.await
}

/// What claims brought an account.
async fn claimed_by(scene: &Serving, account: &str) -> Result<u128> {
	let earned = scene.cli.json(&["query", "rewards", "earned", account]).await?;
	Ok(earned["claims"].as_str().with_context(|| format!("no claims in {earned}"))?.parse()?)
}

fn content(bytes: &[u8]) -> Content {
	Content { root: *blake3::hash(bytes).as_bytes(), len: bytes.len() as u64 }
}

/// Two parts of the poem, with words of the model's own around them.
fn output() -> String {
	format!("First: {} Then: {}", &POEM[..40], &POEM[50..90])
}

fn pieces() -> Vec<ContextLeaf> {
	vec![
		ContextLeaf { contribution: ContributionId(1), offset: 0, length: 60 },
		ContextLeaf { contribution: ContributionId(0), offset: 0, length: 20 },
	]
}

/// The first is claimed as spans, the second as grounded.
fn receipts() -> Result<Vec<Receipt>> {
	let receipt = |output: &str, context| Receipt {
		model: ModelId(0),
		prompt: content(PROMPT.as_bytes()),
		context,
		output: content(output.as_bytes()),
		fee: FEE,
		disclose: true,
		execution: None,
	};
	Ok(vec![receipt(&output(), None), receipt("It was a cat.", Some(context_of(&pieces())?))])
}

fn claim(contribution: u64, evidence: Evidence) -> ReceiptClaim {
	let (contribution, version, method) = (ContributionId(contribution), DatanetVersion(1), MethodId(0));
	ReceiptClaim { contribution, version, method, evidence }
}

fn spans() -> Extras {
	let span = |output, offset, length| claim(0, Evidence::Span { output, offset, length });
	Extras {
		claims: vec![span(7, 0, 40), span(54, 50, 40)],
		prompt: Some(PROMPT.as_bytes().to_vec()),
		output: Some(output().into_bytes()),
		pieces: None,
	}
}

fn grounded() -> Extras {
	Extras {
		claims: vec![claim(1, Evidence::Grounded { offset: 0, length: 60 })],
		// The prompt is in the store already.
		prompt: None,
		output: Some(b"It was a cat.".to_vec()),
		pieces: Some(pieces()),
	}
}

fn delivery(receipts: &[Receipt]) -> Delivery {
	Delivery { channel: CHANNEL, first: 1, receipts: receipts.to_vec(), sources: vec![], voucher: None }
}

async fn hand_in(port: u16, delivery: &Json) -> Result<plexus_tests::http::Answer> {
	ask(port, "POST /receipts", &serde_json::to_string(delivery)?).await
}

async fn until_told(port: u16, bound: Duration, what: &str, is: impl Fn(&Value) -> bool) -> Result<Value> {
	until(bound, what, || async {
		let status = ask(port, "GET /", "").await?.json;
		ensure!(is(&status), "{status}");
		Ok(status)
	})
	.await
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_are_checked_submitted_answered_for_and_paid_although_the_tool_is_killed() -> Result<()> {
	let scene = scene().await?;
	let (port, all) = (free_port(), receipts()?);
	let first = || Json::from(&delivery(&all[..1])).with(0, spans());
	let tool = scene.serve(port, &[]).await?;
	let refused = hand_in(port, &first()).await?;
	ensure!(refused.status == 409 && refused.json["error"] == "ClaimsNotServed", "{refused:?}");
	drop(tool);
	let (index, store) = (scene.path("index")?, scene.path("store")?);
	let with = ["--index", &index, "--store", &store, "--keep"];
	let port = free_port();
	let mut tool = scene.serve(port, &with).await?;

	// A claim that is one byte off would cost the hold.
	let mut false_one = spans();
	false_one.claims[0] = claim(0, Evidence::Span { output: 7, offset: 1, length: 40 });
	let refused = hand_in(port, &Json::from(&delivery(&all[..1])).with(0, false_one)).await?;
	ensure!(refused.status == 409 && refused.json["error"] == "BytesDiffer", "{refused:?}");
	let mut elsewhere = spans();
	elsewhere.claims[0].version = DatanetVersion(2);
	let refused = hand_in(port, &Json::from(&delivery(&all[..1])).with(0, elsewhere)).await?;
	ensure!(refused.json["error"] == "VersionNotInScope", "{refused:?}");

	let taken = hand_in(port, &first()).await?;
	ensure!(taken.status == 200, "{taken:?}");
	tool.kill().await?;
	tool = scene.serve(port, &with).await?;
	// What was taken with its claims is taken again, and the second goes on from there, with a voucher over both.
	let mut purse = scene.purse()?;
	let request = SignRequest { channel: CHANNEL, first: 1, receipts: &all, ceiling: LOCKED };
	let voucher = purse.sign(&request, |bytes| bob().sign(bytes).into())?.signature;
	let both = Delivery { voucher: Some(voucher), ..delivery(&all) };
	let taken = hand_in(port, &Json::from(&both).with(0, spans()).with(1, grounded())).await?;
	ensure!(taken.status == 200 && taken.json["signed"]["sequence"] == 2, "{taken:?}");

	let status = until_told(port, SOON, "both samples to be shown", |status| {
		status["open"]["samples_answered"] == 2 && status["claims"] == 3
	})
	.await?;
	ensure!(status["open"]["batches"] == 1 && status["claims_dropped"] == 0, "{status}");
	let claims = listed_claims(&scene).await?;
	ensure!(claims.len() == 3, "{claims:?}");
	let left = claims.iter().find(|claim| !claim.proven).context("two of three were drawn")?.claim;

	// Everything is redeemed: the channel's grace is over before the batch is final.
	scene.json(&["channel", "close", "0"], "//Bob").await?;
	// Nobody is there while it is demanded; who comes back asks the chain what is open.
	tool.kill().await?;
	demand(&scene, left).await?;
	tool = scene.serve(port, &with).await?;
	until_told(port, SOON, "the demand to be answered", |status| status["open"]["demands_answered"] == 1)
		.await?;
	let claims = listed_claims(&scene).await?;
	ensure!(claims.iter().all(|claim| claim.proven), "{claims:?}");

	until_told(port, WINDOW, "the batch to be final", |status| {
		status["open"]["finalised"] == 1 && status["open"]["batches"] == 0
	})
	.await?;
	ensure!(open_batch(&scene).await?.is_none(), "it is open");
	let due = |contribution: u64| -> u128 {
		let own = claims.iter().filter(|claim| claim.contribution.0 == contribution);
		own.map(|claim| claim.amount - claim.submitter).sum()
	};
	for (contribution, account) in [(0, "//Dave"), (1, "//Ferdie")] {
		let (due, earned) = (due(contribution), claimed_by(&scene, account).await?);
		ensure!(due > 0 && earned == due, "{account}: {earned} of {due}");
	}
	let agent = scene.cli.json(&["query", "agent", "show", "0"]).await?;
	let account = agent["account"].as_str().context("an agent has an account")?;
	let held = scene.cli.json(&["query", "account", account]).await?;
	ensure!(!held["holds"].to_string().contains("Attribution"), "hold and deposits are back: {held}");
	tool.kill().await?;
	let submitted: u128 = claims.iter().map(|claim| claim.submitter).sum();
	// The index is behind the chain by milliseconds.
	until(SOON, "what the server was paid to be explained", || {
		explained(&scene, account, &with[..4], submitted)
	})
	.await?;
	until(WINDOW, "the channel to be over", || scene.json(&["channel", "finish", "0"], "//Bob")).await?;
	let grounded = claims.iter().find(|claim| matches!(claim.evidence, Evidence::Grounded { .. }));
	let place = grounded.context("one is grounded")?.claim.to_string();
	let verify = [&["verify-claim", "0", &place][..], &with[..4]].concat();
	until(SOON, "a grounded claim to hold without its channel", || async {
		let verified = scene.cli.json(&verify).await?;
		ensure!(verified["verdict"] == "holds", "{verified}");
		Ok(())
	})
	.await
}

/// The server was paid for its answers, for its three claims and for the one that was demanded, and each is explained.
async fn explained(scene: &Serving, account: &str, files: &[&str], submitted: u128) -> Result<()> {
	let explained = scene.cli.json(&[&["explain", account][..], files].concat()).await?;
	let payouts = explained["payouts"].as_array().context("payouts are a list")?;
	let of = |source: &str| {
		let found = payouts.iter().find(|payout| payout["source"] == source && payout["batch"] == 0);
		found.with_context(|| format!("no {source} in {explained}"))
	};
	let amount = |of: &Value| -> Result<u128> { Ok(of.as_str().context("amounts are texts")?.parse()?) };
	let submission = of("submission")?;
	let parts = submission["parts"].as_array().context("parts are a list")?;
	let places: Vec<_> = parts.iter().map(|part| part["claim"].as_u64()).collect();
	ensure!(places == [Some(0), Some(1), Some(2)], "{explained}");
	let mut sum = 0;
	for part in parts {
		sum += amount(&part["amount"])?;
	}
	ensure!(sum == submitted && amount(&submission["amount"])? == sum, "{explained}");
	let served = of("serving")?;
	ensure!(of("challenge")?["what"].is_string() && served["what"].is_string(), "{explained}");
	ensure!(payouts.iter().all(|payout| payout["unexplained"] == "0"), "{explained}");
	let sources = explained["sources"].as_array().context("sources are a list")?;
	ensure!(sources.iter().all(|source| source["untold"] == "0"), "{explained}");
	let mut total = 0;
	for payout in payouts {
		total += amount(&payout["amount"])?;
	}
	ensure!(total > sum && amount(&explained["total"])? == total, "{explained}");
	Ok(())
}
