//! Paid inference over a real node: a payer's purse, `plexus serve-receipts` killed in the middle, and every voucher
//! redeemed once, to the unit.

use anyhow::{ensure, Context, Result};
use plexus_payments::{json::Delivery as Json, Delivery, Point, Purse, SignRequest};
use plexus_primitives::{Content, ModelId, Receipt};
use plexus_tests::{
	http::{ask, Answer},
	node::free_port,
	serving::{bob, Serving, CHANNEL, LOCKED},
	wait::{until, SOON},
	PLX,
};
use serde_json::{json, Value};
use sp_core::Pair;
use std::time::Duration;

/// Requests that are paid.
const REQUESTS: u64 = 1_000;
/// The tool is killed after each of these.
const KILLED_AFTER: [u64; 3] = [137, 500, 763];
/// A millionth of a PLX: all shares of it are whole.
const FEE: u128 = PLX / 1_000_000;
/// A batch a second, each in a block of a fifth of a second: much longer than all of them take.
const REDEEMED: Duration = Duration::from_secs(120);

/// Charlie's model 0, Alice's serving agent 0, and a channel from Bob to it.
async fn scene() -> Result<Serving> {
	let scene = Serving::start().await?;
	scene.register_model(&["--policy", "60,40,0"]).await?;
	scene.register_agent().await?;
	scene.open_channel(&[]).await?;
	Ok(scene)
}

async fn channel(scene: &Serving) -> Result<Value> {
	scene.cli.json(&["channel", "show", "0"]).await
}

async fn held_by(scene: &Serving, account: &str) -> Result<u128> {
	let account = scene.cli.json(&["query", "account", account]).await?;
	Ok(account["held"].as_str().with_context(|| format!("no held in {account}"))?.parse()?)
}

fn receipt(number: u64) -> Receipt {
	let content = |kind: &str| {
		let bytes = format!("{kind} {number}");
		Content { root: *blake3::hash(bytes.as_bytes()).as_bytes(), len: bytes.len() as u64 }
	};
	Receipt {
		model: ModelId(0),
		prompt: content("prompt"),
		context: None,
		output: content("output"),
		fee: FEE,
		disclose: false,
		execution: None,
	}
}

/// A receipt with the payer's voucher, as a serving process hands it over.
fn paid(purse: &mut Purse, number: u64) -> Result<String> {
	let receipts = [receipt(number)];
	let request = SignRequest { channel: CHANNEL, first: number, receipts: &receipts, ceiling: LOCKED };
	let voucher = purse.sign(&request, |bytes| bob().sign(bytes).into())?;
	let delivery = Delivery {
		channel: CHANNEL,
		first: number,
		receipts: receipts.to_vec(),
		sources: vec![],
		voucher: Some(voucher.signature),
	};
	Ok(serde_json::to_string(&Json::from(&delivery))?)
}

fn ensure_taken(answer: &Answer, number: u64) -> Result<()> {
	// It was redeemed before the answer arrived, if the tool was killed in between.
	let redeemed = answer.json["error"] == "AlreadyRedeemed";
	ensure!(answer.status == 200 || redeemed, "{number}: {answer:?}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_are_paid_once_each_although_the_tool_is_killed_thrice() -> Result<()> {
	let scene = scene().await?;
	let held = held_by(&scene, "//Bob").await?;
	ensure!(held >= LOCKED, "{held}");
	let port = free_port();
	let mut tool = scene.serve(port, &[]).await?;
	for number in 1..=REQUESTS {
		// The payer's process is killed now and then, too: the journal that `channel open` began is all it has.
		let mut purse = scene.purse()?;
		let body = paid(&mut purse, number)?;
		ensure_taken(&ask(port, "POST /receipts", &body).await?, number)?;
		if KILLED_AFTER.contains(&number) {
			tool.kill().await?;
			tool = scene.serve(port, &[]).await?;
			// Nobody knows whether the answer arrived: it is handed over again.
			ensure_taken(&ask(port, "POST /receipts", &body).await?, number)?;
			drop(purse);
			let again = paid(&mut scene.purse()?, number)?;
			ensure!(again == body, "the payer signed twice for {number}");
		}
	}
	ensure!(ask(port, "POST /redeem", "").await?.status == 202);
	until(REDEEMED, "everything to be redeemed", || async {
		let channel = channel(&scene).await?;
		ensure!(channel["sequence"] == REQUESTS, "{channel}");
		Ok(())
	})
	.await?;

	let gross = FEE * u128::from(REQUESTS);
	let channel = channel(&scene).await?;
	ensure!(channel["redeemed"] == gross.to_string(), "{channel}");
	ensure!(channel["locked"] == (LOCKED - gross).to_string(), "{channel}");
	let receipts: Vec<_> = (1..=REQUESTS).map(receipt).collect();
	let end = Point::start(&scene.genesis, CHANNEL).after_all(&receipts)?;
	ensure!(channel["acc"] == format!("0x{}", hex::encode(end.acc)), "other receipts: {channel}");
	ensure!(held - held_by(&scene, "//Bob").await? == gross, "the payer paid something else");
	// 3 % are the protocol's; of the rest the server has 60 %.
	let agent = scene.cli.json(&["query", "agent", "show", "0"]).await?;
	let account = agent["account"].as_str().context("an agent has an account")?;
	let earned = scene.cli.json(&["query", "earnings", account]).await?;
	ensure!(earned["earnings"] == (gross * 97 / 100 * 60 / 100).to_string(), "{earned}");

	until(SOON, "the tool to know", || async {
		let status = ask(port, "GET /", "").await?.json;
		ensure!(status["receipts"] == 0 && status["lost"] == 0, "{status}");
		Ok(())
	})
	.await?;
	let last = ask(port, "POST /receipts", &paid(&mut scene.purse()?, REQUESTS)?).await?;
	ensure!(last.json["error"] == "AlreadyRedeemed", "{last:?}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_served_first_signed_by_command_and_redeemed_by_command() -> Result<()> {
	let scene = scene().await?;
	let port = free_port();
	let mut tool = scene.serve(port, &[]).await?;
	let standing = ask(port, "GET /channels/0", "").await?;
	ensure!(standing.status == 200 && standing.json["room"] == LOCKED.to_string(), "{standing:?}");
	ensure!(ask(port, "GET /channels/1", "").await?.status == 404);
	let unsigned = Delivery {
		channel: CHANNEL,
		first: 1,
		receipts: (1..=16).map(receipt).collect(),
		sources: vec![],
		voucher: None,
	};
	let body = serde_json::to_string(&Json::from(&unsigned))?;
	ensure!(ask(port, "POST /receipts", &body).await?.status == 200);
	let more = Delivery { first: 17, receipts: vec![receipt(17)], ..unsigned };
	let refused = ask(port, "POST /receipts", &serde_json::to_string(&Json::from(&more))?).await?;
	ensure!(refused.status == 402 && refused.json["error"] == "Unsigned", "{refused:?}");

	// What the server shows is what the payer signs, at the agreed price.
	let shown = ask(port, "GET /channels/0/unsigned", "").await?.json;
	let (shown, journal) = (scene.file("unsigned.json", &shown.to_string())?, scene.path("bob.journal")?);
	let sign = ["channel", "sign", &shown, "--journal", &journal];
	let refused =
		scene.cli.refused(&[&sign[..], &["--at-most", "0.000015", "--from", "//Bob"]].concat()).await?;
	ensure!(refused.text().contains("TooExpensive"), "{}", refused.text());
	let signed = scene.json(&[&sign[..], &["--at-most", "0.000016"]].concat(), "//Bob").await?;
	ensure!(scene.json(&sign, "//Bob").await? == signed, "the same receipts have the same voucher");
	let signed_file = scene.file("signed.json", &signed.to_string())?;
	let checked = scene.cli.json(&["channel", "check", &signed_file]).await?;
	ensure!(checked["channels"][0]["due"] == (16 * FEE).to_string(), "{checked}");
	let unsigned = scene.cli.json(&["channel", "check", &shown, &shown]).await?;
	ensure!(unsigned["channels"][0]["due"] == "0" && unsigned["channels"][0]["last"] == 16, "{unsigned}");

	// While it runs nobody else has its journal.
	let served = scene.path("alice.journal")?;
	let redeem = ["channel", "redeem", "--agent", "0", "--journal", &served];
	let refused = scene.cli.refused(&[&redeem[..], &["--from", "//Alice"]].concat()).await?;
	ensure!(refused.text().contains("JournalInUse"), "{}", refused.text());
	tool.kill().await?;
	let redeemed = scene.json(&[&redeem[..], &[&signed_file]].concat(), "//Alice").await?;
	ensure!(redeemed["receipts"] == 16 && redeemed["gross"] == (16 * FEE).to_string(), "{redeemed}");
	let again = scene.json(&[&redeem[..], &[&signed_file]].concat(), "//Alice").await?;
	ensure!(again["batches"] == json!([]), "{again}");

	// The server waives the grace.
	scene.json(&["channel", "close", "0", "--agent", "0"], "//Alice").await?;
	let refused = scene.cli.refused(&["channel", "show", "0"]).await?;
	ensure!(refused.text().contains("NoSuchChannel"), "{}", refused.text());
	ensure!(held_by(&scene, "//Bob").await? == 0, "locked funds and deposit are back");
	Ok(())
}
