//! Payments over a real node: agents' keys open a channel and redeem a voucher, and both RPC and the command line tell of it.

use anyhow::{ensure, Context, Result};
use codec::Encode;
use pallet_receipts::{Call, ChannelTerms, Redemption};
use plexus_primitives::{
	receipt::{first_accumulator, voucher},
	AgentId, ChannelId, Content, ModelId, Receipt,
};
use plexus_runtime::{Agents, Runtime, RuntimeCall};
use plexus_tests::{rpc::Rpc, Cli, Node, NodeOptions};
use serde_json::{json, Value};
use sp_core::{
	crypto::{AccountId32, Ss58Codec},
	ed25519, Pair,
};

const PLX: u128 = 1_000_000_000_000;
/// Keys that nobody ever sent anything.
const SERVING: &str = "//Agent//Serving";
const PAYING: &str = "//Agent//Paying";
const CHANNEL: ChannelId = ChannelId(0);
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
	/// A chain with Charlie's model 0, Alice's serving agent 0 and Bob's paying agent 1, each with a key and 100 PLX.
	async fn new() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
		let (cli, rpc) = (Cli::of(&node), Rpc::connect(&node.url()).await?);
		let genesis = rpc.block_hash(0).await?.context("there is a genesis")?;
		let genesis = hex::decode(genesis.trim_start_matches("0x"))?;
		let genesis = genesis.try_into().ok().context("a hash has 32 bytes")?;
		let scene = Self { _node: node, cli, rpc, genesis, directory: tempfile::tempdir()? };
		let (weights, card) = (scene.file("weights", b"weights")?, scene.file("card.md", b"# A model")?);
		let policy = ["--kind", "base", "--card", &card, "--policy", "60,40,0"];
		scene.tx(&[&["model", "register", &weights][..], &policy].concat(), "//Charlie").await?;
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

	/// A transaction that succeeds.
	async fn tx(&self, arguments: &[&str], from: &str) -> Result<Value> {
		self.cli.json(&[&["tx"][..], arguments, &["--from", from]].concat()).await
	}

	/// A call for an agent, by its key or its controller.
	async fn sends(&self, by: &[&str], call: Call<Runtime>, from: &str) -> Result<Value> {
		let call = format!("0x{}", hex::encode(RuntimeCall::Receipts(call).encode()));
		self.tx(&[&["agent"][..], by, &["raw", &call]].concat(), from).await
	}

	async fn query(&self, arguments: &[&str]) -> Result<Value> {
		self.cli.json(&[&["query"][..], arguments].concat()).await
	}

	async fn ask(&self, method: &str, parameters: &[Value]) -> Result<Value> {
		self.rpc.request(method, parameters).await
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
	let [server, payer] = [AgentId(0), AgentId(1)].map(|id| address(&Agents::account_of(id)));
	let terms = ChannelTerms {
		signer: signer().public().into(),
		models: vec![ModelId(0)].try_into().expect("one fits"),
		corpora: Default::default(),
		expires_at_ms: EXPIRES_AT_MS,
	};
	let open = Call::open { server: AgentId(0), terms, amount: 10 * PLX };
	scene.sends(&["act", "1", "0"], open, PAYING).await?;

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
		Call::submit { server: AgentId(0), redemptions }
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

	let account = Agents::account_of(AgentId(0));
	scene.sends(&["control", "0"], Call::withdraw { account }, "//Alice").await?;
	let left = scene.query(&["earnings", &server]).await?;
	ensure!(left["earnings"] == "0", "{left}");
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
