//! Heads and storage, pushed.

use crate::served::{call, hex, next, storage_key, subscribe, transfer, Served};
use jsonrpsee::core::client::{Subscription, SubscriptionClientT};
use serde_json::{json, Value};
use sp_keyring::Sr25519Keyring::Alice;

#[tokio::test(flavor = "multi_thread")]
async fn heads_come_in_order_none_left_out_none_twice_however_fast_they_are_made() {
	let served = Served::start().await;
	let client = served.ws().await;
	let mut feeds = Vec::new();
	for (method, unsubscribe) in [
		("chain_subscribeNewHeads", "chain_unsubscribeNewHeads"),
		("chain_subscribeNewHead", "chain_unsubscribeNewHead"),
		("chain_subscribeAllHeads", "chain_unsubscribeAllHeads"),
		("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads"),
	] {
		let mut heads = subscribe(&client, method, &[], unsubscribe).await;
		assert_eq!(next(&mut heads).await["number"], "0x0", "{method}: the current head comes first");
		feeds.push(heads);
	}
	const BLOCKS: usize = 100;
	let tips = served.blocks(BLOCKS).await;
	for heads in &mut feeds {
		let mut parent = json!(served.genesis());
		for tip in &tips {
			let head = next(heads).await;
			assert_eq!(head["number"], format!("{:#x}", tip.number));
			assert_eq!(head["parentHash"], parent);
			parent = json!(tip.hash);
		}
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_carry_the_names_that_clients_route_by() {
	let served = Served::start().await;
	let client = served.ws().await;
	// The client matches notifications by subscription id; the name is what it was told by `subscribe_to_method`.
	let mut by_name: Subscription<Value> =
		client.subscribe_to_method("chain_newHead").await.expect("registers");
	drop(served.block().await);
	drop(client);
	assert!(by_name.next().await.is_none(), "without a subscription nothing is told");

	let mut socket = crate::bad_input::RawSocket::open(&served).await;
	for (request, name) in [
		(r#"{"jsonrpc":"2.0","id":1,"method":"chain_subscribeNewHead"}"#, "chain_newHead"),
		(r#"{"jsonrpc":"2.0","id":2,"method":"chain_subscribeFinalisedHeads"}"#, "chain_finalizedHead"),
		(r#"{"jsonrpc":"2.0","id":3,"method":"chain_subscribeAllHeads"}"#, "chain_allHead"),
		(r#"{"jsonrpc":"2.0","id":4,"method":"state_subscribeRuntimeVersion"}"#, "state_runtimeVersion"),
		(
			r#"{"jsonrpc":"2.0","id":5,"method":"state_subscribeStorage","params":[["0x00"]]}"#,
			"state_storage",
		),
		(
			r#"{"jsonrpc":"2.0","id":6,"method":"chainHead_v1_follow","params":[false]}"#,
			"chainHead_v1_followEvent",
		),
	] {
		socket.send(request).await;
		let answer: Value = serde_json::from_str(&socket.receive().await).expect("JSON");
		// Blocks that nobody makes do not disturb: each subscription tells once, here and now.
		let told: Value = serde_json::from_str(&socket.receive().await).expect("JSON");
		assert_eq!(told["method"], name);
		assert_eq!(told["params"]["subscription"], answer["result"], "{name}");
		if name == "chainHead_v1_followEvent" {
			assert_eq!(told["params"]["result"]["event"], "initialized");
		}
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_is_told_at_once_and_then_when_it_changes() {
	let served = Served::start().await;
	let client = served.ws().await;
	let issuance = json!(hex(storage_key("Balances", "TotalIssuance")));
	let absent = json!("0xffff");
	let (method, unsubscribe) = ("state_subscribeStorage", "state_unsubscribeStorage");
	let mut changes = subscribe(&client, method, &[json!([issuance, absent])], unsubscribe).await;
	let first = next(&mut changes).await;
	assert_eq!(first["block"], json!(served.genesis()));
	assert_eq!(first["changes"][0][0], issuance);
	assert_eq!(first["changes"][1], json!([absent, null]));

	served.block().await;
	let extrinsic = json!(hex(transfer(served.genesis(), Alice, 0, 1_000_000)));
	call(&client, "author_submitExtrinsic", &[extrinsic]).await;
	let tip = served.block().await;
	let second = next(&mut changes).await;
	assert_eq!(second["block"], json!(tip.hash), "the empty block in between changed nothing");
	assert_eq!(second["changes"].as_array().map(Vec::len), Some(1), "only what changed: {second}");
	assert_ne!(second["changes"][0][1], first["changes"][0][1], "half of the fee is burned");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runtime_version_is_told_at_once() {
	let served = Served::start().await;
	let client = served.ws().await;
	let (method, unsubscribe) = ("state_subscribeRuntimeVersion", "state_unsubscribeRuntimeVersion");
	let mut versions = subscribe(&client, method, &[], unsubscribe).await;
	assert_eq!(next(&mut versions).await, call(&client, "state_getRuntimeVersion", &[]).await);
}
