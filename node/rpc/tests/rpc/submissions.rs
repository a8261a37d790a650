//! Submitting, watching and broadcasting transactions.

use crate::served::{call, hex, next, refusal, subscribe, transfer, within, Served};
use serde_json::{json, Value};
use sp_core::crypto::Ss58Codec;
use sp_keyring::Sr25519Keyring::{Alice, Charlie, Dave, Eve};
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_taken_counted_and_included() {
	let served = Served::start().await;
	let client = served.ws().await;
	let alice = json!(Alice.to_account_id().to_ss58check());
	let bytes = transfer(served.genesis(), Alice, 0, 1_000_000_000_000);
	let extrinsic = json!(hex(&bytes));
	assert_eq!(call(&client, "system_accountNextIndex", &[alice.clone()]).await, 0);
	let hash = call(&client, "author_submitExtrinsic", &[extrinsic.clone()]).await;
	assert_eq!(hash, json!(BlakeTwo256::hash(&bytes)));
	assert_eq!(call(&client, "account_nextIndex", &[alice.clone()]).await, 1, "the pool counts");
	assert_eq!(call(&client, "author_pendingExtrinsics", &[]).await, json!([extrinsic]));
	let (code, message, data) = refusal(&client, "author_submitExtrinsic", &[extrinsic.clone()]).await;
	assert!(
		code == 1013 && message.contains("Already Imported") && data.contains("AlreadyImported:"),
		"{data}"
	);

	let tip = served.block().await;
	assert_eq!(call(&client, "author_pendingExtrinsics", &[]).await, json!([]));
	let block = call(&client, "chain_getBlock", &[json!(tip.hash)]).await;
	assert_eq!(block["block"]["extrinsics"][1], extrinsic, "the same bytes");
	let (code, _, data) = refusal(&client, "author_submitExtrinsic", &[extrinsic]).await;
	assert!(code == 1013 && data.contains("AlreadyIncluded:"), "{code} {data}");
	assert_eq!(call(&client, "system_accountNextIndex", &[alice]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_behind_a_gap_is_the_last_nonce_and_not_the_next() {
	let served = Served::start().await;
	let client = served.ws().await;
	let alice = json!(Alice.to_account_id().to_ss58check());
	assert_eq!(call(&client, "account_lastIndex", &[alice.clone()]).await, Value::Null);
	let bytes = transfer(served.genesis(), Alice, 3, 1_000_000_000_000);
	call(&client, "author_submitExtrinsic", &[json!(hex(&bytes))]).await;
	assert_eq!(call(&client, "account_nextIndex", &[alice.clone()]).await, 0);
	assert_eq!(call(&client, "account_lastIndex", &[alice]).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_transaction_is_told_name_cause_and_remedy() {
	let served = Served::start().await;
	let client = served.ws().await;
	let good = transfer(served.genesis(), Alice, 0, 1_000_000_000_000);
	let mut forged = good.clone();
	let last = forged.len() - 1;
	forged[last] ^= 1;
	let elsewhere = transfer(sp_core::H256::repeat_byte(1), Alice, 0, 1_000);
	let mut trailing = good.clone();
	trailing.push(0);
	for (bytes, what) in [
		(forged, "forged"),
		(elsewhere, "of another chain"),
		(trailing, "trailing"),
		(vec![1, 2, 3], "rubbish"),
		(vec![], "empty"),
	] {
		let (code, message, data) = refusal(&client, "author_submitExtrinsic", &[json!(hex(bytes))]).await;
		assert_eq!((code, message.as_str()), (1010, "Invalid Transaction"), "{what}: {data}");
		assert!(data.contains(": ") && data.contains("; "), "{what}: {data} is no \"name: cause; remedy\"");
	}
	let (code, message, _) = refusal(&client, "author_submitExtrinsic", &[json!("0xzz")]).await;
	assert!(code == -32602 && message.contains("`extrinsic` must be hexadecimal"), "{message}");
	assert!(call(&client, "author_submitExtrinsic", &[json!(hex(good))]).await.is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_submissions_in_any_order_is_taken_whole() {
	const COUNT: u32 = 500;
	let served = Served::start().await;
	let batch: Vec<Value> = (0..COUNT)
		.rev()
		.map(|nonce| {
			let extrinsic = hex(transfer(served.genesis(), Alice, nonce, 1_000_000));
			json!({ "jsonrpc": "2.0", "id": nonce, "method": "author_submitExtrinsic", "params": [extrinsic] })
		})
		.collect();
	let answers = served.post_json(&json!(batch).to_string()).await;
	let answers = answers.as_array().expect("an array");
	assert_eq!(answers.len(), COUNT as usize);
	for (answer, nonce) in answers.iter().zip((0..COUNT).rev()) {
		assert!(answer["id"] == nonce && answer["result"].is_string(), "{answer}");
	}
	let client = served.ws().await;
	let alice = json!(Alice.to_account_id().to_ss58check());
	assert_eq!(call(&client, "system_accountNextIndex", &[alice]).await, COUNT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_transaction_is_told_ready_in_a_block_and_a_moment_later_final() {
	let served = Served::start().await;
	let client = served.ws().await;
	let extrinsic = json!(hex(transfer(served.genesis(), Alice, 0, 1_000_000_000)));
	let mut statuses =
		subscribe(&client, "author_submitAndWatchExtrinsic", &[extrinsic], "author_unwatchExtrinsic").await;
	assert_eq!(next(&mut statuses).await, "ready");
	let block = json!(served.block().await.hash);
	assert_eq!(next(&mut statuses).await, json!({ "inBlock": block }));
	let in_block = Instant::now();
	assert_eq!(next(&mut statuses).await, json!({ "finalized": block }));
	assert!(in_block.elapsed() >= Duration::from_millis(150), "@polkadot/api drops the first of two at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_transaction_whose_turn_has_not_come_is_future_then_ready() {
	let served = Served::start().await;
	let client = served.ws().await;
	let watch = |nonce| {
		let extrinsic = json!(hex(transfer(served.genesis(), Alice, nonce, 1_000_000_000)));
		let client = &client;
		async move {
			subscribe(client, "author_submitAndWatchExtrinsic", &[extrinsic], "author_unwatchExtrinsic").await
		}
	};
	let mut second = watch(1).await;
	assert_eq!(next(&mut second).await, "future");
	let mut first = watch(0).await;
	assert_eq!(next(&mut first).await, "ready");
	assert_eq!(next(&mut second).await, "ready");
	let (code, _, data) = refusal(&client, "author_submitAndWatchExtrinsic", &[json!("0x00")]).await;
	assert_eq!(code, 1010, "{data}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_modern_watch_tells_the_same_in_its_own_words() {
	let served = Served::start().await;
	let client = served.ws().await;
	let extrinsic = json!(hex(transfer(served.genesis(), Charlie, 0, 1_000_000_000)));
	let (method, unwatch) = ("transactionWatch_v1_submitAndWatch", "transactionWatch_v1_unwatch");
	let mut events = subscribe(&client, method, &[extrinsic], unwatch).await;
	assert_eq!(next(&mut events).await, json!({ "event": "validated" }));
	let block = json!({ "hash": served.block().await.hash, "index": 1 });
	assert_eq!(next(&mut events).await, json!({ "event": "bestChainBlockIncluded", "block": block }));
	assert_eq!(next(&mut events).await, json!({ "event": "finalized", "block": block }));
	let mut events = subscribe(&client, method, &[json!("0x0102")], unwatch).await;
	let event = next(&mut events).await;
	assert!(
		event["event"] == "invalid" && event["error"].as_str().is_some_and(|error| error.contains("; ")),
		"{event}"
	);
	let (code, _, _) = refusal(&client, method, &[json!("0xz")]).await;
	assert_eq!(code, -32602);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_reaches_the_pool_and_can_be_stopped() {
	let served = Served::start().await;
	let client = served.ws().await;
	let mut imported = served.chain.pool().subscribe_imported();
	let bytes = transfer(served.genesis(), Dave, 0, 1_000_000_000);
	let id = call(&client, "transaction_v1_broadcast", &[json!(hex(&bytes))]).await;
	assert!(id.is_string());
	assert_eq!(within(imported.recv()).await.expect("imported"), BlakeTwo256::hash(&bytes));
	assert_eq!(call(&client, "transaction_v1_stop", &[id.clone()]).await, Value::Null);
	assert_eq!(call(&client, "transaction_v1_stop", &[id]).await, Value::Null);
	let (code, message, _) = refusal(&client, "transaction_v1_stop", &[json!("none")]).await;
	assert!(code == -32602 && message.contains("`operationId`"), "{message}");
	let refused = call(&client, "transaction_v1_broadcast", &[json!("0x00")]).await;
	assert!(refused.is_string(), "an invalid transaction is not told, as the specification asks");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_removes_a_transaction_and_its_watcher_is_told() {
	let served = Served::open_to_operators().await;
	let client = served.ws().await;
	let bytes = transfer(served.genesis(), Eve, 0, 1_000_000_000);
	let extrinsic = json!(hex(&bytes));
	let (method, unwatch) = ("author_submitAndWatchExtrinsic", "author_unwatchExtrinsic");
	let mut statuses = subscribe(&client, method, &[extrinsic.clone()], unwatch).await;
	assert_eq!(next(&mut statuses).await, "ready");
	let hash = json!(BlakeTwo256::hash(&bytes));
	let named = json!([{ "hash": hex([5; 32]) }, { "extrinsic": extrinsic }]);
	assert_eq!(call(&client, "author_removeExtrinsic", &[named]).await, json!([hash]));
	assert_eq!(next(&mut statuses).await, "dropped");
}
