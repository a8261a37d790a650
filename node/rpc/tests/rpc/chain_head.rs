//! `chainHead_v1_*`, from follow to stop.

use crate::served::{call, hex, next, refusal, storage_key, subscribe, Served};
use codec::Decode;
use jsonrpsee::{
	core::client::{Subscription, SubscriptionKind},
	ws_client::WsClient,
};
use plexus_rpc::{RpcLimits, ServerConfig};
use plexus_storage::{Header, StatePruning};
use serde_json::{json, Value};

async fn follow(client: &WsClient, with_runtime: bool) -> (Subscription<Value>, Value) {
	let events =
		subscribe(client, "chainHead_v1_follow", &[json!(with_runtime)], "chainHead_v1_unfollow").await;
	let SubscriptionKind::Subscription(id) = events.kind() else { panic!("a subscription has an id") };
	let id = serde_json::to_value(id).expect("JSON");
	(events, id)
}

/// Waits for an operation's last event, and gathers its items on the way.
async fn finished(events: &mut Subscription<Value>, operation: &Value) -> (Value, Vec<Value>) {
	let mut items = Vec::new();
	loop {
		let event = next(events).await;
		if event["operationId"] != *operation {
			continue;
		}
		match event["event"].as_str() {
			Some("operationStorageItems") => {
				items.extend(event["items"].as_array().cloned().unwrap_or_default())
			}
			_ => return (event, items),
		}
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_starts_with_the_last_blocks_and_is_told_every_further_one() {
	let served = Served::start().await;
	let before = served.blocks(20).await;
	let client = served.ws().await;
	let (mut events, _) = follow(&client, true).await;
	let initialized = next(&mut events).await;
	let last: Vec<_> = before[4..].iter().map(|tip| tip.hash).collect();
	assert_eq!(initialized["event"], "initialized");
	assert_eq!(initialized["finalizedBlockHashes"], json!(last), "16, oldest first");
	let spec = &initialized["finalizedBlockRuntime"];
	assert_eq!(spec["type"], "valid");
	assert!(spec["spec"]["specVersion"].is_u64() && spec["spec"]["apis"].is_object(), "{spec}");
	assert_eq!(
		next(&mut events).await,
		json!({ "event": "bestBlockChanged", "bestBlockHash": before[19].hash }),
		"polkadot-api waits 500 ms for it"
	);
	let mut parent = before[19].hash;
	for tip in served.blocks(30).await {
		assert_eq!(
			next(&mut events).await,
			json!({ "event": "newBlock", "blockHash": tip.hash, "parentBlockHash": parent, "newRuntime": null })
		);
		assert_eq!(
			next(&mut events).await,
			json!({ "event": "bestBlockChanged", "bestBlockHash": tip.hash })
		);
		assert_eq!(
			next(&mut events).await,
			json!({ "event": "finalized", "finalizedBlockHashes": [tip.hash], "prunedBlockHashes": [] })
		);
		parent = tip.hash;
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_answer_on_pinned_blocks() {
	let served = Served::start().await;
	let tip = served.block().await;
	let client = served.ws().await;
	let (mut events, id) = follow(&client, true).await;
	assert_eq!(next(&mut events).await["event"], "initialized");
	let hash = json!(tip.hash);

	let header = call(&client, "chainHead_v1_header", &[id.clone(), hash.clone()]).await;
	let bytes = hex_bytes(&header);
	assert_eq!(Header::decode(&mut &bytes[..]).expect("a header").hash(), tip.hash);

	let started = call(&client, "chainHead_v1_body", &[id.clone(), hash.clone()]).await;
	assert_eq!(started["result"], "started");
	let (done, _) = finished(&mut events, &started["operationId"]).await;
	assert_eq!(done["event"], "operationBodyDone");
	assert_eq!(done["value"].as_array().map(Vec::len), Some(1));

	// Empty call data comes as an empty string from polkadot-api.
	let started = call(
		&client,
		"chainHead_v1_call",
		&[id.clone(), hash.clone(), json!("Metadata_metadata_versions"), json!("")],
	)
	.await;
	let (done, _) = finished(&mut events, &started["operationId"]).await;
	assert_eq!(done["output"], "0x0c0e0000000f00000010000000", "{done}");
	let started =
		call(&client, "chainHead_v1_call", &[id.clone(), hash.clone(), json!("Nothing"), json!("0x")]).await;
	let (done, _) = finished(&mut events, &started["operationId"]).await;
	assert!(done["event"] == "operationError" && done["error"].is_string(), "{done}");

	let (number, accounts) = (hex(storage_key("System", "Number")), hex(storage_key("System", "Account")));
	let items = json!([
		{ "key": number, "type": "value" },
		{ "key": "0x3a636f6465", "type": "hash" },
		{ "key": "0xffffffff", "type": "value" },
		{ "key": number, "type": "closestDescendantMerkleValue" },
		{ "key": accounts, "type": "descendantsValues" },
		{ "key": accounts, "type": "descendantsHashes" },
	]);
	let started =
		call(&client, "chainHead_v1_storage", &[id.clone(), hash.clone(), items, Value::Null]).await;
	assert_eq!(started["discardedItems"], 0);
	let (done, items) = finished(&mut events, &started["operationId"]).await;
	assert_eq!(done["event"], "operationStorageDone", "{done}");
	assert_eq!(items[0], json!({ "key": number, "value": "0x01000000" }));
	assert!(
		items[1]["hash"].is_string() && items[2]["closestDescendantMerkleValue"].is_string(),
		"{items:?}"
	);
	let accounts = call(&client, "state_getKeys", &[json!(accounts)]).await.as_array().map_or(0, Vec::len);
	assert_eq!(items.len(), 3 + 2 * accounts);

	assert_eq!(
		call(&client, "chainHead_v1_stopOperation", &[id.clone(), started["operationId"].clone()]).await,
		Value::Null
	);
	let (code, ..) =
		refusal(&client, "chainHead_v1_continue", &[id.clone(), started["operationId"].clone()]).await;
	assert_eq!(code, -32803);
	let (code, message, _) =
		refusal(&client, "chainHead_v1_storage", &[id, hash, json!([{ "key": "0x", "type": "everything" }])])
			.await;
	assert!(code == -32602 && message.contains("descendantsValues"), "{message}");
}

fn hex_bytes(value: &Value) -> Vec<u8> {
	let digits = value.as_str().and_then(|text| text.strip_prefix("0x")).expect("hexadecimal");
	(0..digits.len())
		.step_by(2)
		.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits"))
		.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn unpinned_and_foreign_blocks_are_refused() {
	let served = Served::start().await;
	let tips = served.blocks(3).await;
	let client = served.ws().await;
	let (mut events, id) = follow(&client, false).await;
	assert_eq!(next(&mut events).await["event"], "initialized");
	let hash = |n: usize| json!(tips[n].hash);
	assert_eq!(call(&client, "chainHead_v1_unpin", &[id.clone(), hash(0)]).await, Value::Null, "as a string");
	assert_eq!(
		call(&client, "chainHead_v1_unpin", &[id.clone(), json!([hash(1)])]).await,
		Value::Null,
		"as an array"
	);
	for gone in [hash(0), hash(1), json!(hex([3; 32]))] {
		for method in ["chainHead_v1_header", "chainHead_v1_body", "chainHead_v1_unpin"] {
			let (code, ..) = refusal(&client, method, &[id.clone(), gone.clone()]).await;
			assert_eq!(code, -32801, "{method}");
		}
	}
	let (code, ..) = refusal(&client, "chainHead_v1_unpin", &[id.clone(), json!([hash(2), hash(2)])]).await;
	assert_eq!(code, -32804);
	let (code, ..) =
		refusal(&client, "chainHead_v1_call", &[id, hash(2), json!("Metadata_metadata"), json!("0x")]).await;
	assert_eq!(code, -32802, "without the runtime there are no calls");
	let unknown = json!("unknown");
	assert_eq!(call(&client, "chainHead_v1_header", &[unknown.clone(), hash(2)]).await, Value::Null);
	assert_eq!(
		call(&client, "chainHead_v1_body", &[unknown.clone(), hash(2)]).await,
		json!({ "result": "limitReached" })
	);
	assert_eq!(call(&client, "chainHead_v1_unpin", &[unknown, hash(2)]).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_belongs_to_its_connection() {
	let served = Served::start().await;
	let tip = served.block().await;
	let (mine, other) = (served.ws().await, served.ws().await);
	let (mut events, id) = follow(&mine, false).await;
	assert_eq!(next(&mut events).await["event"], "initialized");
	assert!(call(&mine, "chainHead_v1_header", &[id.clone(), json!(tip.hash)]).await.is_string());
	assert_eq!(call(&other, "chainHead_v1_header", &[id, json!(tip.hash)]).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_are_bounded_and_an_ended_one_makes_room() {
	let limits = RpcLimits { follows: 2, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let client = served.ws().await;
	let (first, _) = follow(&client, false).await;
	let (_second, _) = follow(&client, false).await;
	let (code, message, _) = refusal(&client, "chainHead_v1_follow", &[json!(false)]).await;
	assert!(code == -32800 && message.contains('2'), "{message}");
	crate::served::within(first.unsubscribe()).await.expect("unfollows");
	// The place is free once the server has noticed; ask until then.
	let again = async {
		loop {
			let asked = jsonrpsee::core::client::SubscriptionClientT::subscribe::<Value, _>(
				&client,
				"chainHead_v1_follow",
				jsonrpsee::rpc_params![false],
				"chainHead_v1_unfollow",
			);
			if let Ok(events) = asked.await {
				return events;
			}
		}
	};
	let mut events = crate::served::within(again).await;
	assert_eq!(next(&mut events).await["event"], "initialized");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_unpins_is_stopped_and_may_follow_again() {
	let limits = RpcLimits { pinned_blocks: 20, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let client = served.ws().await;
	let (mut events, id) = follow(&client, false).await;
	let tips = served.blocks(20).await;
	let mut told = 0;
	loop {
		let event = next(&mut events).await;
		match event["event"].as_str() {
			Some("newBlock") => told += 1,
			Some("stop") => break,
			_ => {}
		}
	}
	assert_eq!(told, 19, "genesis and 19 more make 20");
	assert_eq!(call(&client, "chainHead_v1_header", &[id, json!(tips[0].hash)]).await, Value::Null);
	let (mut events, _) = follow(&client, false).await;
	assert_eq!(next(&mut events).await["finalizedBlockHashes"].as_array().map(Vec::len), Some(16));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_pins_longer_than_states_are_kept_is_stopped() {
	let served = Served::with_history(ServerConfig::default(), StatePruning::Keep(5)).await;
	served.blocks(8).await;
	let client = served.ws().await;
	let (mut events, _) = follow(&client, false).await;
	let initialized = next(&mut events).await;
	assert!(
		initialized["finalizedBlockHashes"].as_array().is_some_and(|blocks| (1..=5).contains(&blocks.len())),
		"only blocks with a state: {initialized}"
	);
	served.blocks(3).await;
	while next(&mut events).await["event"] != "stop" {}
}
