//! Blocks and storage, by the legacy and the archive methods.

use crate::served::{call, hex, next, refusal, signed, storage_key, subscribe, transfer, within, Served};
use jsonrpsee::core::{client::ClientT, ClientError};
use plexus_primitives::DatanetId;
use plexus_rpc::{RpcLimits, ServerConfig};
use plexus_runtime::RuntimeCall;
use plexus_storage::StatePruning;
use serde_json::{json, Value};
use sp_core::crypto::Ss58Codec;
use sp_keyring::Sr25519Keyring::{Alice, Bob};

#[tokio::test(flavor = "multi_thread")]
async fn blocks_are_found_by_height_and_hash() {
	let served = Served::start().await;
	let tips = served.blocks(2).await;
	let client = served.ws().await;
	let genesis = json!(served.genesis());
	for zero in [json!(0), json!("0x0"), json!("0")] {
		assert_eq!(call(&client, "chain_getBlockHash", &[zero]).await, genesis);
	}
	assert_eq!(call(&client, "chain_getBlockHash", &[]).await, json!(tips[1].hash));
	assert_eq!(call(&client, "chain_getHead", &[Value::Null]).await, json!(tips[1].hash));
	assert_eq!(call(&client, "chain_getFinalizedHead", &[]).await, json!(tips[1].hash));
	assert_eq!(call(&client, "chain_getBlockHash", &[json!(99)]).await, Value::Null);
	assert_eq!(
		call(&client, "chain_getBlockHash", &[json!([1, "0x2", 3, u64::MAX])]).await,
		json!([tips[0].hash, tips[1].hash, null, null])
	);
	let header = call(&client, "chain_getHeader", &[json!(tips[0].hash)]).await;
	assert_eq!(header["number"], "0x1");
	assert_eq!(header["parentHash"], genesis);
	assert!(
		header["digest"]["logs"].is_array()
			&& header["stateRoot"].is_string()
			&& header["extrinsicsRoot"].is_string()
	);
	let block = call(&client, "chain_getBlock", &[json!(tips[0].hash)]).await;
	assert_eq!(block["block"]["header"], header);
	assert_eq!(block["block"]["extrinsics"].as_array().map(Vec::len), Some(1), "the timestamp");
	assert_eq!(block["justifications"], Value::Null);
	assert_eq!(call(&client, "chain_getHeader", &[json!(hex([9; 32]))]).await, Value::Null);
	assert_eq!(call(&client, "chain_getBlock", &[json!(hex([9; 32]))]).await, Value::Null);
	assert_eq!(call(&client, "archive_v1_hashByHeight", &[json!(1)]).await, json!([tips[0].hash]));
	assert_eq!(call(&client, "archive_v1_hashByHeight", &[json!(5)]).await, json!([]));
	assert_eq!(call(&client, "archive_v1_finalizedHeight", &[]).await, 2);
	assert_eq!(call(&client, "archive_v1_body", &[json!(tips[0].hash)]).await, block["block"]["extrinsics"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_is_read_at_any_kept_block() {
	let served = Served::start().await;
	let tips = served.blocks(2).await;
	let client = served.ws().await;
	let key = json!(hex(storage_key("System", "Number")));
	let (one, two) = (json!(tips[0].hash), json!(tips[1].hash));
	assert_eq!(call(&client, "state_getStorage", &[key.clone()]).await, "0x02000000");
	assert_eq!(call(&client, "state_getStorageAt", &[key.clone(), one.clone()]).await, "0x01000000");
	assert_eq!(call(&client, "state_getStorage", &[json!("0xffff")]).await, Value::Null);
	assert_eq!(call(&client, "state_getStorageSize", &[key.clone(), one.clone()]).await, 4);
	assert_eq!(call(&client, "state_getStorageHash", &[key.clone()]).await.as_str().map(str::len), Some(66));
	assert!(
		call(&client, "state_getStorageHash", &[json!("0x3a636f6465")]).await.is_string(),
		":code has a hash"
	);
	assert_eq!(
		call(&client, "state_queryStorageAt", &[json!([key, "0xffff"]), one.clone()]).await,
		json!([{ "block": one, "changes": [[key, "0x01000000"], ["0xffff", null]] }])
	);
	assert_eq!(
		call(&client, "state_queryStorage", &[json!([key, "0x3a636f6465"]), one.clone(), two.clone()]).await
			[1],
		json!({ "block": two, "changes": [[key, "0x02000000"]] })
	);
	let proof = call(&client, "state_getReadProof", &[json!([key]), Value::Null]).await;
	assert_eq!(proof["at"], two);
	assert!(proof["proof"].as_array().is_some_and(|nodes| !nodes.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_in_pages_that_join_without_gap_or_repetition() {
	let served = Served::start().await;
	let client = served.ws().await;
	let prefix = json!(hex(storage_key("System", "Account")));
	let all = call(&client, "state_getKeys", &[prefix.clone()]).await;
	let all: Vec<String> = serde_json::from_value(all).expect("keys");
	assert!(all.len() >= 12, "the development accounts");
	let mut paged: Vec<String> = Vec::new();
	loop {
		let start = paged.last().map_or(Value::Null, |key| json!(key));
		let page = call(&client, "state_getKeysPaged", &[prefix.clone(), json!(5), start]).await;
		let page: Vec<String> = serde_json::from_value(page).expect("keys");
		if page.is_empty() {
			break;
		}
		assert!(page.len() <= 5);
		paged.extend(page);
	}
	assert_eq!(paged, all);
	let (code, message, _) = refusal(&client, "state_getKeysPaged", &[prefix, json!(1001)]).await;
	assert!(code == 4003 && message.contains("at most 1000"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_state_is_refused_with_the_way_out() {
	let served = Served::with_history(ServerConfig::default(), StatePruning::Keep(3)).await;
	let tips = served.blocks(6).await;
	let client = served.ws().await;
	let key = json!(hex(storage_key("System", "Number")));
	let (code, message, _) = refusal(&client, "state_getStorage", &[key.clone(), json!(tips[0].hash)]).await;
	assert_eq!(code, 4003);
	assert!(
		message.contains("already discarded for block 1") && message.contains("--state-pruning archive"),
		"{message}"
	);
	assert_eq!(call(&client, "state_getStorage", &[key.clone(), json!(tips[4].hash)]).await, "0x05000000");
	let (code, message, _) = refusal(&client, "state_getStorage", &[key, json!(hex([7u8; 32]))]).await;
	assert!(code == 4003 && message.contains("UnknownBlock"), "{message}");
	assert!(call(&client, "chain_getBlock", &[json!(tips[0].hash)]).await.is_object(), "bodies are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn runtime_calls_are_answered_or_refused_by_name() {
	let served = Served::start().await;
	let client = served.ws().await;
	let versions = call(&client, "state_call", &[json!("Metadata_metadata_versions"), json!("0x")]).await;
	assert_eq!(versions, "0x0c0e0000000f00000010000000", "14, 15 and 16");
	let metadata = call(&client, "state_getMetadata", &[]).await;
	assert!(metadata.as_str().is_some_and(|metadata| metadata.starts_with("0x6d6574610e")));
	for (method, data) in [
		("Core_execute_block", "0x"),
		("Core_initialize_block", "0x"),
		("Nothing_at_all", "0x"),
		("AccountNonceApi_account_nonce", "0x"),
		("TransactionPaymentApi_query_info", "0xffffffffffff"),
	] {
		let (code, message, _) = refusal(&client, "state_call", &[json!(method), json!(data)]).await;
		assert!(code == 4003 && message.contains("Execution failed"), "{method}: {code} {message}");
	}
	assert_eq!(call(&client, "system_chain", &[]).await, "Plexus Development", "the node is alive");
	let archived =
		call(&client, "archive_v1_call", &[json!(served.genesis()), json!("Nothing_at_all"), json!("0x")])
			.await;
	assert_eq!(archived["success"], false);
	assert_eq!(
		call(&client, "archive_v1_call", &[json!(hex([1; 32])), json!("Metadata_metadata"), json!("")]).await,
		Value::Null
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_are_told_before_and_dry_runs_after_opening() {
	let served = Served::open_to_operators().await;
	let client = served.ws().await;
	let extrinsic = json!(hex(transfer(served.genesis(), Alice, 0, 1_000_000_000_000)));
	let info = call(&client, "payment_queryInfo", &[extrinsic.clone()]).await;
	let fee: u128 = info["partialFee"].as_str().expect("a string").parse().expect("a number");
	assert!(fee > 0 && info["class"] == "normal" && info["weight"]["ref_time"].is_u64(), "{info}");
	let details =
		call(&client, "payment_queryFeeDetails", &[extrinsic.clone()]).await["inclusionFee"].clone();
	let part = |name: &str| {
		let hex = details[name].as_str().and_then(|hex| hex.strip_prefix("0x")).expect("hexadecimal");
		u128::from_str_radix(hex, 16).expect("a number")
	};
	assert_eq!(part("baseFee") + part("lenFee") + part("adjustedWeightFee"), fee);
	assert_eq!(call(&client, "system_dryRun", &[extrinsic]).await, "0x0000", "applied and dispatched");
	let balance = storage_key("Balances", "TotalIssuance");
	assert!(call(&client, "state_getStorage", &[json!(hex(balance))]).await.is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_blocks_is_bounded() {
	let limits = RpcLimits { range_blocks: 2, keys: 2, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let tips = served.blocks(3).await;
	let client = served.ws().await;
	let (one, two, three) = (json!(tips[0].hash), json!(tips[1].hash), json!(tips[2].hash));
	let keys = json!([hex(storage_key("System", "Number"))]);
	assert!(call(&client, "state_queryStorage", &[keys.clone(), one.clone(), two.clone()]).await.is_array());
	for (from, to) in [(one, three), (two, json!(tips[0].hash))] {
		let (code, message, _) = refusal(&client, "state_queryStorage", &[keys.clone(), from, to]).await;
		assert!(code == -32602 && message.contains("at most 2 blocks"), "{message}");
	}
	let (code, message, _) = refusal(&client, "state_queryStorageAt", &[json!(["0x", "0x", "0x"])]).await;
	assert!(code == -32602 && message.contains("more than 2 entries"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_collected_once_per_key_and_only_up_to_one_answer() {
	// Twelve accounts have about 1,900 bytes of keys and values, which are 3,800 digits.
	let limits = RpcLimits { response_bytes: 3_000, ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let client = served.ws().await;
	let prefix = json!(hex(storage_key("System", "Account")));
	let keys = call(&client, "state_getKeysPaged", &[prefix, json!(12)]).await;
	let keys: Vec<String> = serde_json::from_value(keys).expect("keys");
	assert_eq!(keys.len(), 12, "the development accounts");

	let genesis = json!(served.genesis());
	for method in ["state_queryStorageAt", "state_queryStorage"] {
		let (code, message, _) = refusal(&client, method, &[json!(keys), genesis.clone()]).await;
		assert!(code == 4003 && message.contains("ask for fewer keys"), "{method}: {code} {message}");
		let mut repeated = vec![&keys[1], &keys[0]];
		repeated.extend([&keys[1]; 20]);
		let answer = call(&client, method, &[json!(repeated), genesis.clone()]).await;
		let told = answer[0]["changes"].as_array().expect("changes");
		let told: Vec<_> = told.iter().map(|change| &change[0]).collect();
		assert_eq!(told, [&json!(keys[1]), &json!(keys[0])], "{method}");
	}

	let (method, unsubscribe) = ("state_subscribeStorage", "state_unsubscribeStorage");
	let mut notifications = subscribe(&client, method, &[json!(keys)], unsubscribe).await;
	let mut told = Vec::new();
	let mut count = 0;
	while told.len() < keys.len() {
		let changes = next(&mut notifications).await["changes"].take();
		told.extend(changes.as_array().expect("changes").iter().map(|change| change[0].clone()));
		count += 1;
	}
	assert!(count > 1, "one notification holds no more than one answer");
	assert_eq!(json!(told), json!(keys));
}

#[tokio::test(flavor = "multi_thread")]
async fn datanets_are_told_in_json() {
	let served = Served::start().await;
	let client = served.ws().await;
	assert_eq!(call(&client, "datanet_byId", &[json!(0)]).await, Value::Null);
	assert_eq!(
		call(&client, "datanet_contributions", &[json!(0)]).await,
		json!({ "items": [], "next": null })
	);

	let proven = plexus_primitives::prove::prove_reader(&b"some bytes"[..], |_| {}).expect("proves");
	let text = |text: &str| text.as_bytes().to_vec();
	let create = pallet_datanets::Call::create_datanet {
		name: text("plants").try_into().expect("short"),
		tags: vec![text("botany").try_into().expect("short")].try_into().expect("one"),
		licence: pallet_datanets::types::Licence::Spdx(text("CC-BY-4.0").try_into().expect("short")),
		admission: pallet_datanets::types::Admission::Open,
	};
	let contribute = pallet_datanets::Call::contribute {
		datanet: DatanetId(0),
		content: proven.content,
		media_type: text("text/plain").try_into().expect("short"),
		locator: Default::default(),
		length_proof: proven.length_proof.try_into().expect("short"),
	};
	for (nonce, datanets_call) in [create, contribute].into_iter().enumerate() {
		let extrinsic = signed(served.genesis(), Alice, nonce as u32, RuntimeCall::Datanets(datanets_call));
		call(&client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await;
	}
	served.block().await;

	let datanet = call(&client, "datanet_byId", &[json!(0)]).await;
	assert_eq!(datanet["name"], "plants");
	assert_eq!(datanet["owner"], Alice.to_account_id().to_ss58check());
	assert_eq!(datanet["contributions"], 1);
	assert_eq!((&datanet["licence"], &datanet["terms"]), (&json!("CC-BY-4.0"), &Value::Null));
	assert_eq!((&datanet["admission"], &datanet["status"]), (&json!("open"), &json!("active")));
	assert_eq!((&datanet["version"], &datanet["accepted"]), (&json!(0), &json!(0)));
	let page = json!({ "items": [datanet], "next": null });
	let alice = Alice.to_account_id().to_ss58check();
	assert_eq!(call(&client, "datanet_byOwner", &[json!(alice)]).await, page);
	assert_eq!(call(&client, "datanet_byTag", &[json!("botany")]).await, page);
	let none = json!({ "items": [], "next": null });
	assert_eq!(call(&client, "datanet_byTag", &[json!("zoology")]).await, none);
	assert_eq!(call(&client, "datanet_versions", &[json!(0)]).await, none);
	assert_eq!(call(&client, "datanet_members", &[json!(0), json!(1)]).await, none);
	assert_eq!(call(&client, "datanet_weightAt", &[json!(0), json!(1)]).await, Value::Null);
	assert_eq!(call(&client, "datanet_challenge", &[json!(0)]).await, Value::Null);
	assert_eq!(call(&client, "datanet_dispute", &[json!(0)]).await, Value::Null);
	let listings = [json!(hex(proven.content.root))];
	assert_eq!(call(&client, "datanet_reservation", &listings).await, Value::Null);
	assert_eq!(call(&client, "datanet_listings", &listings).await, none);
	let found = call(&client, "datanet_contributionByRoot", &[json!(hex(proven.content.root))]).await;
	assert_eq!(found["length"], 10);
	assert_eq!(found["mediaType"], "text/plain");
	assert_eq!((&found["status"], &found["weight"]), (&json!("pending"), &Value::Null));
	assert!(found["deposit"].as_str().is_some_and(|deposit| deposit.parse::<u128>().is_ok()), "{found}");
	assert_eq!(call(&client, "datanet_contributionById", &[found["id"].clone()]).await, found);
	let page = call(&client, "datanet_contributions", &[json!(0), Value::Null, json!(10)]).await;
	assert_eq!(page, json!({ "items": [found], "next": null }));
	let at_genesis = call(&client, "datanet_byId", &[json!(0), json!(served.genesis())]).await;
	assert_eq!(at_genesis, Value::Null);
	assert_eq!(datanet["proposedCurators"], Value::Null);

	let curated = pallet_datanets::Call::create_datanet {
		name: text("reviewed").try_into().expect("short"),
		tags: Default::default(),
		licence: pallet_datanets::types::Licence::Spdx(text("CC-BY-4.0").try_into().expect("short")),
		admission: pallet_datanets::types::Admission::Curated(
			vec![Alice.to_account_id()].try_into().expect("one"),
		),
	};
	let propose = pallet_datanets::Call::propose_curators {
		datanet: DatanetId(1),
		curators: Some(vec![Bob.to_account_id()].try_into().expect("one")),
	};
	let commit = pallet_datanets::Call::commit { hash: [7; 32] };
	let commitment = [json!(alice), json!(hex([7u8; 32]))];
	assert_eq!(call(&client, "datanet_commitment", &commitment).await, Value::Null);
	for (nonce, datanets_call) in [curated, propose, commit].into_iter().enumerate() {
		let extrinsic =
			signed(served.genesis(), Alice, 2 + nonce as u32, RuntimeCall::Datanets(datanets_call));
		call(&client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await;
	}
	served.block().await;
	let curated = call(&client, "datanet_byId", &[json!(1)]).await;
	assert_eq!((&curated["admission"], &curated["curators"]), (&json!("curated"), &json!([alice])));
	let to_come = &curated["proposedCurators"];
	assert_eq!(to_come["curators"], json!([Bob.to_account_id().to_ss58check()]));
	assert!(to_come["enactableAtMs"].as_u64().is_some_and(|from| from > 0), "{curated}");
	let made = call(&client, "datanet_commitment", &commitment).await;
	// The first number is of what was contributed in one step.
	assert_eq!(made["number"], 1);
	assert!(made["usableFromMs"].as_u64() < made["expiresAtMs"].as_u64(), "{made}");
	assert!(made["deposit"].as_str().is_some_and(|deposit| deposit.parse::<u128>().is_ok()), "{made}");

	let (code, message, _) = refusal(&client, "datanet_contributionByRoot", &[json!("0x01")]).await;
	assert!(code == -32602 && message.contains("`root`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_storage_comes_item_by_item() {
	let served = Served::start().await;
	let tips = served.blocks(2).await;
	let client = served.ws().await;
	let (number, accounts) = (hex(storage_key("System", "Number")), hex(storage_key("System", "Account")));
	let items = json!([
		{ "key": number, "type": "value" },
		{ "key": "0xffff", "type": "value" },
		{ "key": accounts, "type": "descendantsHashes" },
	]);
	let (method, stop) = ("archive_v1_storage", "archive_v1_stopStorage");
	let mut events = subscribe(&client, method, &[json!(tips[0].hash), items.clone()], stop).await;
	assert_eq!(next(&mut events).await, json!({ "event": "storage", "key": number, "value": "0x01000000" }));
	let keys = call(&client, "state_getKeys", &[json!(accounts), json!(tips[0].hash)]).await;
	for key in keys.as_array().expect("keys") {
		let event = next(&mut events).await;
		assert!(event["key"] == *key && event["hash"].is_string(), "{event}");
	}
	assert_eq!(next(&mut events).await, json!({ "event": "storageDone" }));
	let mut events = subscribe(&client, method, &[json!(hex([9; 32])), items], stop).await;
	let event = next(&mut events).await;
	assert!(event["event"] == "storageError" && event["error"].is_string(), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_beyond_its_time_is_given_up_and_the_server_goes_on() {
	// Less than anything takes; the metadata takes some milliseconds.
	let limits = RpcLimits { call_time: std::time::Duration::from_nanos(1), ..Default::default() };
	let served = Served::with(ServerConfig { limits, ..Default::default() }).await;
	let client = served.ws().await;
	// On a busy machine an answer may be there before the clock is looked at. Ask until one is late.
	let late = async {
		loop {
			match client.request::<Value, _>("state_getMetadata", jsonrpsee::rpc_params![]).await {
				Ok(_) => {}
				Err(ClientError::Call(error)) => return error,
				Err(error) => panic!("{error}"),
			}
		}
	};
	let late = within(late).await;
	assert!(late.code() == -32000 && late.message().contains("1ns"), "{late:?}");
	assert!(late.data().is_some_and(|data| data.get().contains("--rpc-call-ms-max")), "{late:?}");
	assert_eq!(call(&client, "system_chain", &[]).await, "Plexus Development");
	let extrinsic = transfer(served.genesis(), Alice, 0, 1_000_000);
	assert!(call(&client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await.is_string());
	assert_eq!(served.block().await.number, 1);
}
