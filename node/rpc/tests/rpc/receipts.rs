//! Payments in JSON: channels by id, payer and server, batches, books and earnings; and what data earns.

use crate::{
	history::index,
	models::{model, register},
	served::{call, hex, refusal, signed, Served},
};
use jsonrpsee::ws_client::WsClient;
use pallet_models::{ManifestEntry, ModelKind, Registration};
use pallet_receipts::{Call, ChannelTerms, Redemption};
use pallet_rewards::Place;
use plexus_primitives::{
	constants::UNITS,
	merkle,
	prove::prove_reader,
	receipt::{first_accumulator, voucher},
	AgentId, ChannelId, Claim, Content, Context, ContributionId, DatanetId, DatanetVersion, ModelId, Receipt,
};
use plexus_runtime::{Agents, Runtime, RuntimeCall};
use serde_json::{json, Value};
use sp_core::{crypto::Ss58Codec, Pair};
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie};
use sp_runtime::{MultiAddress, Perbill};

/// Signs vouchers and owns nothing that is needed for it.
pub const SIGNER: Sr25519Keyring = Charlie;
/// What Charlie contributes, if anybody does: long enough to be claimed.
pub const NOTE: &[u8] = b"a note that is long enough to be quoted by a model that was trained on it";
const EXPIRES_AT_MS: u64 = 1_000_000;

async fn nonce(client: &WsClient, of: Sr25519Keyring) -> u32 {
	let address = of.to_account_id().to_ss58check();
	let nonce = call(client, "system_accountNextIndex", &[json!(address)]).await;
	nonce.as_u64().and_then(|nonce| u32::try_from(nonce).ok()).expect("a nonce")
}

/// Into the pool; the next block has it.
pub async fn submit(served: &Served, client: &WsClient, from: Sr25519Keyring, sent: impl Into<RuntimeCall>) {
	let extrinsic = signed(served.genesis(), from, nonce(client, from).await, sent.into());
	call(client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await;
}

/// A chain with model 0 and agent 0, both Alice's, and two channels of Bob's toward the agent.
async fn with_channels() -> (Served, WsClient) {
	let served = Served::start().await;
	let client = served.ws().await;
	open_channels(&served, &client, model(ModelKind::Base, "base", &[], 5)).await;
	(served, client)
}

async fn open_channels(served: &Served, client: &WsClient, base: Registration<Runtime>) {
	register(served, client, Alice, nonce(client, Alice).await, vec![base]).await;
	let profile = Default::default();
	submit(served, client, Alice, pallet_agents::Call::register { profile }).await;
	let dest = MultiAddress::Id(Agents::account_of(AgentId(0)));
	let fund = pallet_balances::Call::transfer_keep_alive { dest, value: 10 * UNITS };
	submit(served, client, Bob, fund).await;
	served.block().await;
	for _ in 0..2 {
		let terms = ChannelTerms {
			signer: SIGNER.to_account_id(),
			models: vec![ModelId(0)].try_into().expect("one fits"),
			corpora: Default::default(),
			expires_at_ms: EXPIRES_AT_MS,
		};
		let open = Call::open { server: AgentId(0), terms, amount: 5 * UNITS };
		submit(served, client, Bob, open).await;
	}
	served.block().await;
}

pub fn receipt(fee: u128) -> Receipt {
	let (prompt, output) = (Content { root: [1; 32], len: 2 }, Content { root: [3; 32], len: 4 });
	Receipt { model: ModelId(0), prompt, context: None, output, fee, disclose: false, execution: None }
}

/// Redeems one receipt of channel 0, which has none yet; the batch's root.
async fn redeem(served: &Served, client: &WsClient, fee: u128) -> [u8; 32] {
	redeem_with(served, client, receipt(fee), vec![]).await
}

/// The same with claims.
pub async fn redeem_with(
	served: &Served,
	client: &WsClient,
	receipt: Receipt,
	claims: Vec<Claim>,
) -> [u8; 32] {
	redeem_from(served, client, ChannelId(0), receipt, claims).await
}

/// The same of any channel.
pub async fn redeem_from(
	served: &Served,
	client: &WsClient,
	channel: ChannelId,
	receipt: Receipt,
	claims: Vec<Claim>,
) -> [u8; 32] {
	let fee = receipt.fee;
	let acc = receipt.accumulate(&first_accumulator(&served.genesis().0, channel), 1);
	let signature = SIGNER.pair().sign(&voucher(&served.genesis().0, channel, fee, 1, &acc));
	let redemption: Redemption<Runtime> = Redemption {
		channel,
		receipts: vec![receipt].try_into().expect("one fits"),
		signature: signature.into(),
	};
	let redemptions = vec![redemption].try_into().expect("one fits");
	let claims = claims.try_into().expect("few");
	let batch = pallet_attribution::Call::submit { server: AgentId(0), redemptions, claims };
	let batch = Box::new(batch.into());
	let control = pallet_agents::Call::control { agent: AgentId(0), call: batch };
	submit(served, client, Alice, control).await;
	served.block().await;
	merkle::root(&[receipt.leaf(channel, 1)]).expect("one leaf")
}

fn ids(page: &Value) -> Vec<u64> {
	page["items"].as_array().expect("a list").iter().filter_map(|item| item["id"].as_u64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_found_by_id_payer_and_server() {
	let (served, client) = with_channels().await;
	let bob = json!(Bob.to_account_id().to_ss58check());
	let channel = call(&client, "receipt_channel", &[json!(1)]).await;
	assert_eq!((&channel["id"], &channel["payer"], &channel["server"]), (&json!(1), &bob, &json!(0)));
	assert_eq!(channel["signer"], SIGNER.to_account_id().to_ss58check());
	assert_eq!((&channel["models"], &channel["corpora"]), (&json!([0]), &json!([])));
	assert_eq!((&channel["closing"], &channel["endsAtMs"]), (&json!(false), &json!(EXPIRES_AT_MS)));
	assert_eq!((&channel["expiresAtMs"], &channel["sequence"]), (&json!(EXPIRES_AT_MS), &json!(0)));
	assert_eq!((&channel["locked"], &channel["redeemed"]), (&json!("5000000000000"), &json!("0")));
	assert_eq!(channel["acc"], hex(first_accumulator(&served.genesis().0, ChannelId(1))));
	assert!(channel["deposit"].as_str().is_some_and(|held| held.parse::<u128>().is_ok_and(|held| held > 0)));
	assert_eq!(call(&client, "receipt_channel", &[json!(9)]).await, Value::Null);

	assert_eq!(ids(&call(&client, "receipt_channels", &[]).await), [0, 1]);
	let page = call(&client, "receipt_channels", &[Value::Null, json!(1)]).await;
	assert_eq!((ids(&page), &page["next"]), (vec![0], &json!(1)));
	let page = call(&client, "receipt_channelsByPayer", &[bob.clone(), Value::Null, json!(1)]).await;
	assert_eq!((ids(&page), &page["next"]), (vec![0], &json!(1)));
	let page = call(&client, "receipt_channelsByPayer", &[bob, page["next"].clone(), json!(1)]).await;
	assert_eq!((ids(&page), &page["next"]), (vec![1], &Value::Null));
	let alice = json!(Alice.to_account_id().to_ss58check());
	let none = json!({ "items": [], "next": null });
	assert_eq!(call(&client, "receipt_channelsByPayer", &[alice]).await, none);
	assert_eq!(ids(&call(&client, "receipt_channelsByServer", &[json!(0)]).await), [0, 1]);
	assert_eq!(call(&client, "receipt_channelsByServer", &[json!(1)]).await, none);
	let (code, message, _) = refusal(&client, "receipt_channelsByPayer", &[json!("Bob")]).await;
	assert!(code == -32602 && message.contains("`payer`"), "{message}");
	let (code, message, _) = refusal(&client, "receipt_channel", &[json!(-1)]).await;
	assert!(code == -32602 && message.contains("`id`"), "{message}");

	// The payer closes: the server has the grace.
	submit(&served, &client, Bob, Call::close { channel: ChannelId(1) }).await;
	served.block().await;
	let channel = call(&client, "receipt_channel", &[json!(1)]).await;
	assert_eq!(channel["closing"], true);
	assert!(
		channel["endsAtMs"].as_u64().is_some_and(|at| (30_000..EXPIRES_AT_MS).contains(&at)),
		"{channel}"
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_its_book_and_what_it_earned_are_told() {
	let (served, client) = with_channels().await;
	let agent = json!(Agents::account_of(AgentId(0)).to_ss58check());
	assert_eq!(call(&client, "receipt_batch", &[json!(0)]).await, Value::Null);
	assert_eq!(call(&client, "receipt_earnings", &[agent.clone()]).await, "0");
	let root = redeem(&served, &client, UNITS).await;

	let batch = call(&client, "receipt_batch", &[json!(0)]).await;
	assert_eq!((&batch["id"], &batch["server"], &batch["root"]), (&json!(0), &json!(0), &json!(hex(root))));
	assert_eq!((&batch["receipts"], &batch["gross"]), (&json!(1), &json!(UNITS.to_string())));
	let height = served.chain.tip().number;
	assert_eq!(batch["submittedAt"], height);
	let [at, until] =
		["submittedAtMs", "clearableFromMs"].map(|field| batch[field].as_u64().expect("a number"));
	assert_eq!(until - at, 30 * 30_000, "thirty graces");
	assert_eq!(call(&client, "receipt_batches", &[]).await["items"], json!([batch]));
	let channel = call(&client, "receipt_channel", &[json!(0)]).await;
	assert_eq!(
		(&channel["locked"], &channel["redeemed"]),
		(&json!("4000000000000"), &json!("1000000000000"))
	);
	assert_eq!(channel["sequence"], 1);

	assert_eq!(call(&client, "receipt_protocolShare", &[]).await, 30_000_000);
	// 3 % are the protocol's. The model has no manifest, so that its data's share is its developer's.
	let book = call(&client, "receipt_book", &[json!(0)]).await;
	let terms = json!({
		"developer": Alice.to_account_id().to_ss58check(), "royalties": 0, "server": 700_000_000,
		"data": 100_000_000, "dataOfRoyalties": 200_000_000, "paysData": false,
	});
	assert_eq!(book["terms"], terms);
	assert_eq!((&book["revenue"], &book["royalties"]), (&json!("970000000000"), &json!("0")));
	assert_eq!((&book["toServers"], &book["toData"]), (&json!("679000000000"), &json!("0")));
	assert_eq!((&book["developerTaken"], &book["developerDue"]), (&json!("0"), &json!("291000000000")));
	assert_eq!(book["royaltiesTaken"], "0");
	assert_eq!(call(&client, "receipt_book", &[json!(9)]).await, Value::Null);
	assert_eq!(call(&client, "receipt_earnings", &[agent]).await, "679000000000");
	assert_eq!(call(&client, "receipt_royaltyDue", &[json!(0), json!(9)]).await, "0");
	// Before it, there was nothing.
	let genesis = json!(served.genesis());
	assert_eq!(call(&client, "receipt_book", &[json!(0), genesis]).await, Value::Null);
}

/// Names and amounts of what an account was credited for, without those for which it was not.
async fn income(client: &WsClient, of: &Value) -> Value {
	let told = call(client, "rewards_income", &[of.clone()]).await;
	let sources = told["sources"].as_object().expect("names").clone();
	assert_eq!(sources.len(), 8, "{told}");
	let parts =
		sources.values().map(|part| part.as_str().expect("digits").parse::<u128>().expect("a number"));
	assert_eq!(told["total"], parts.sum::<u128>().to_string(), "{told}");
	sources.into_iter().filter(|(_, amount)| amount != "0").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_was_ever_credited_is_told_by_source_whatever_it_withdrew() {
	let (served, client) = with_data().await;
	let [server, alice, charlie] =
		[Agents::account_of(AgentId(0)), Alice.to_account_id(), Charlie.to_account_id()]
			.map(|account| json!(account.to_ss58check()));
	let told = call(&client, "rewards_income", &[server.clone()]).await;
	assert_eq!((&told["total"], &told["indexedTo"]), (&json!("0"), &Value::Null), "nothing is indexed yet");
	redeem(&served, &client, UNITS).await;
	submit(&served, &client, Bob, pallet_rewards::Call::distribute { model: ModelId(0), entry: 0 }).await;
	submit(&served, &client, Bob, Call::pull_developer { model: ModelId(0) }).await;
	served.block().await;
	let places = vec![Place::onward(DatanetId(0), DatanetVersion(1))].try_into().expect("one fits");
	let claim = pallet_rewards::Call::claim { account: Charlie.to_account_id(), places };
	submit(&served, &client, Bob, claim).await;
	submit(&served, &client, Bob, Call::withdraw { account: Alice.to_account_id() }).await;
	served.block().await;
	index(&served).await;

	// Of 97 %, seven tenths are the server's, two the developer's, one the data's.
	assert_eq!(income(&client, &server).await, json!({ "serving": "679000000000" }));
	assert_eq!(income(&client, &alice).await, json!({ "developing": "194000000000" }));
	assert_eq!(call(&client, "receipt_earnings", &[alice]).await, "0", "it was withdrawn");
	assert_eq!(income(&client, &charlie).await, json!({ "pools": "97000000000" }));
	let in_state = call(&client, "rewards_earnings", &[charlie.clone()]).await;
	let told = call(&client, "rewards_income", &[charlie]).await;
	assert_eq!(in_state["pools"], told["sources"]["pools"]);
	let height = json!(served.chain.tip().number);
	assert_eq!((&told["completeFrom"], &told["indexedTo"]), (&json!(0), &height));
	let (code, message, _) = refusal(&client, "rewards_income", &[json!("Bob")]).await;
	assert!(code == -32602 && message.contains("`account`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_told_with_its_way_to_the_root_by_the_state_and_by_the_index() {
	let (served, client) = with_channels().await;
	let (code, message, _) = refusal(&client, "receipt_byId", &[json!(0), json!(0)]).await;
	assert!(code == 4003 && message.contains("no batch 0"), "{message}");
	let sent = Receipt {
		context: Some(Context { root: [5; 32], bytes: 6 }),
		execution: Some([8; 32]),
		..receipt(UNITS)
	};
	let root = redeem_with(&served, &client, sent, vec![]).await;

	let told = call(&client, "receipt_byId", &[json!(0), json!(0)]).await;
	let content = |byte: u8, len: u64| json!({ "root": hex([byte; 32]), "len": len });
	let said = json!({
		"model": 0, "prompt": content(1, 2), "context": { "root": hex([5; 32]), "bytes": 6 },
		"output": content(3, 4), "fee": UNITS.to_string(), "disclose": false, "execution": hex([8; 32]),
	});
	assert_eq!(told["receipt"], said);
	let place = json!({ "channel": told["channel"], "sequence": told["sequence"], "place": told["place"] });
	assert_eq!(place, json!({ "channel": 0, "sequence": 1, "place": 0 }));
	assert_eq!((&told["root"], &told["receipts"]), (&json!(hex(root)), &json!(1)));
	assert_eq!((&told["block"], &told["path"]), (&json!(served.chain.tip().number), &json!([])));
	assert_eq!(merkle::root(&[sent.leaf(ChannelId(0), 1)]), Some(root));

	index(&served).await;
	assert_eq!(call(&client, "receipt_byId", &[json!(0), json!(0)]).await, told);
	let (code, message, _) = refusal(&client, "receipt_byId", &[json!(0), json!(1)]).await;
	assert!(code == 4003 && message.contains("has 1 receipts"), "{message}");
	let (code, message, data) = refusal(&client, "receipt_byId", &[json!(1), json!(0)]).await;
	assert!(code == 4003 && message.contains("no batch 1"), "{message}");
	assert!(data.contains("receipt_batches"), "{data}");
	let (code, message, _) = refusal(&client, "receipt_byId", &[json!(0)]).await;
	assert!(code == -32602 && message.contains("`place`"), "{message}");
}

/// Version 1 of Alice's datanet 0, where Bob reviewed a contribution of Charlie's; and a model that was trained on it.
pub async fn with_data() -> (Served, WsClient) {
	use pallet_datanets::{
		types::{Admission, Licence, Verdict},
		Call as Datanets,
	};
	let served = Served::start().await;
	let client = served.ws().await;
	let curators = vec![Bob.to_account_id()].try_into().expect("one fits");
	let licence = Licence::Spdx(b"MIT".to_vec().try_into().expect("short"));
	let name = b"Notes".to_vec().try_into().expect("short");
	let admission = Admission::Curated(curators);
	let create = Datanets::create_datanet { name, tags: Default::default(), licence, admission };
	submit(&served, &client, Alice, create).await;
	served.block().await;
	let note = prove_reader(NOTE, |_| {}).expect("bytes in memory can be read");
	let contribute = Datanets::contribute {
		datanet: DatanetId(0),
		content: note.content,
		media_type: b"text/plain".to_vec().try_into().expect("short"),
		locator: Default::default(),
		length_proof: note.length_proof.try_into().expect("short"),
	};
	submit(&served, &client, Charlie, contribute).await;
	// Old enough after two seconds.
	served.blocks(4).await;
	let verdict = Verdict::Accept { weight: 64 };
	submit(&served, &client, Bob, Datanets::review { contribution: ContributionId(0), verdict }).await;
	served.block().await;
	submit(&served, &client, Alice, Datanets::publish { datanet: DatanetId(0) }).await;
	served.block().await;
	let mut base = model(ModelKind::Base, "base", &[], 5);
	let entry = ManifestEntry { datanet: DatanetId(0), version: DatanetVersion(1), share: Perbill::one() };
	base.spec.manifest = vec![entry].try_into().expect("one fits");
	open_channels(&served, &client, base).await;
	(served, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_data_earns_is_told_from_the_model_to_the_contributor() {
	let (served, client) = with_data().await;
	let charlie = json!(Charlie.to_account_id().to_ss58check());
	let none = json!({ "items": [], "next": null });
	let pool = json!({ "version": 1, "weight": 64, "deposited": "0" });
	assert_eq!(call(&client, "rewards_pool", &[json!(0), json!(1)]).await, pool);
	assert_eq!(call(&client, "rewards_pool", &[json!(0), json!(2)]).await, Value::Null);
	assert_eq!(call(&client, "rewards_datanetEarnings", &[charlie.clone()]).await, none);
	redeem(&served, &client, UNITS).await;

	// A tenth of 97 %, since nobody is above the model.
	let due = |pulled: &str, due: &str| {
		json!({
			"revenue": "97000000000",
			"entries": [{
				"datanet": 0, "version": 1, "share": 1_000_000_000, "pulled": pulled, "due": due,
			}],
		})
	};
	assert_eq!(call(&client, "rewards_dataRevenue", &[json!(0)]).await, due("0", "97000000000"));
	assert_eq!(call(&client, "rewards_dataRevenue", &[json!(9)]).await, Value::Null);
	let distribute = pallet_rewards::Call::distribute { model: ModelId(0), entry: 0 };
	submit(&served, &client, Bob, distribute).await;
	served.block().await;
	assert_eq!(call(&client, "rewards_dataRevenue", &[json!(0)]).await, due("97000000000", "0"));
	let pools = call(&client, "rewards_pools", &[json!(0)]).await;
	let pool = json!({ "version": 1, "weight": 64, "deposited": "97000000000" });
	assert_eq!(pools, json!({ "items": [pool], "next": null }));

	let place = json!({ "datanet": 0, "from": 1, "until": null });
	let positions = call(&client, "rewards_positions", &[charlie.clone()]).await;
	let position = json!({ "place": place, "weight": 64, "claimable": "97000000000" });
	assert_eq!(positions, json!({ "items": [position], "next": null }));
	let after = call(&client, "rewards_positions", &[charlie.clone(), place.clone()]).await;
	assert_eq!(after, none, "the cursor is the last one shown");
	// Cursor, limit, block: in this order.
	let genesis = json!(served.genesis());
	let before = [charlie.clone(), Value::Null, json!(1), genesis.clone()];
	assert_eq!(call(&client, "rewards_positions", &before).await, none);
	assert_eq!(call(&client, "rewards_datanetEarnings", &before).await, none);
	assert_eq!(call(&client, "rewards_pools", &[json!(0), Value::Null, json!(1), genesis]).await, none);
	let (code, message, _) = refusal(&client, "rewards_positions", &[charlie.clone(), json!(0)]).await;
	assert!(code == -32602 && message.contains("`cursor`"), "{message}");

	let places = vec![Place::onward(DatanetId(0), DatanetVersion(1))].try_into().expect("one fits");
	let claim = pallet_rewards::Call::claim { account: Charlie.to_account_id(), places };
	submit(&served, &client, Bob, claim).await;
	served.block().await;
	let earned = json!({
		"due": "97000000000", "total": "97000000000", "pools": "97000000000", "claims": "0",
		"submissions": "0", "challenges": "0",
	});
	assert_eq!(call(&client, "rewards_earnings", &[charlie.clone()]).await, earned);
	let of_datanet = json!({ "items": [{ "datanet": 0, "credited": "97000000000" }], "next": null });
	assert_eq!(call(&client, "rewards_datanetEarnings", &[charlie.clone()]).await, of_datanet);
	let nothing = json!({
		"due": "0", "total": "0", "pools": "0", "claims": "0", "submissions": "0", "challenges": "0",
	});
	assert_eq!(call(&client, "rewards_escrow", &[json!(0)]).await, nothing);
	let withdraw = pallet_rewards::Call::withdraw { account: Charlie.to_account_id() };
	submit(&served, &client, Bob, withdraw).await;
	served.block().await;
	let earned = call(&client, "rewards_earnings", &[charlie]).await;
	assert_eq!((&earned["due"], &earned["total"]), (&json!("0"), &json!("97000000000")));
}
