//! Every method that clients expect is there, those that change the node are closed, and a guide tells of those of our own.

use crate::served::{call, refusal, within, Served};
use jsonrpsee::core::client::{ClientT, SubscriptionClientT};
use serde_json::{json, Value};
use std::{collections::BTreeSet, fs, path::Path};

const CALLS: &[&str] = &[
	"rpc_methods",
	"system_chain",
	"system_properties",
	"system_name",
	"system_version",
	"system_health",
	"system_chainType",
	"system_syncState",
	"system_nodeRoles",
	"system_peers",
	"system_localPeerId",
	"system_localListenAddresses",
	"system_accountNextIndex",
	"account_nextIndex",
	"account_lastIndex",
	"chain_getBlockHash",
	"chain_getHead",
	"chain_getHeader",
	"chain_getBlock",
	"chain_getFinalizedHead",
	"chain_getFinalisedHead",
	"chain_getRuntimeVersion",
	"state_getRuntimeVersion",
	"state_call",
	"state_callAt",
	"state_getMetadata",
	"state_getStorage",
	"state_getStorageAt",
	"state_getStorageHash",
	"state_getStorageHashAt",
	"state_getStorageSize",
	"state_getStorageSizeAt",
	"state_getKeys",
	"state_getKeysPaged",
	"state_getKeysPagedAt",
	"state_queryStorage",
	"state_queryStorageAt",
	"state_getReadProof",
	"author_submitExtrinsic",
	"author_pendingExtrinsics",
	"payment_queryInfo",
	"payment_queryFeeDetails",
	"chainHead_v1_header",
	"chainHead_v1_body",
	"chainHead_v1_call",
	"chainHead_v1_storage",
	"chainHead_v1_unpin",
	"chainHead_v1_continue",
	"chainHead_v1_stopOperation",
	"chainSpec_v1_chainName",
	"chainSpec_v1_genesisHash",
	"chainSpec_v1_properties",
	"transaction_v1_broadcast",
	"transaction_v1_stop",
	"archive_v1_genesisHash",
	"archive_v1_finalizedHeight",
	"archive_v1_hashByHeight",
	"archive_v1_header",
	"archive_v1_body",
	"archive_v1_call",
	"datanet_byId",
	"datanet_byOwner",
	"datanet_byTag",
	"datanet_challenge",
	"datanet_commitment",
	"datanet_contributionById",
	"datanet_contributionByRoot",
	"datanet_contributions",
	"datanet_dispute",
	"datanet_listings",
	"datanet_members",
	"datanet_reservation",
	"datanet_version",
	"datanet_versions",
	"datanet_weightAt",
	"agent_byId",
	"agent_byAccount",
	"agent_byController",
	"agent_byTag",
	"agent_delegation",
	"agent_delegations",
	"agent_allowance",
	"agent_mayAct",
	"model_byId",
	"model_byRoot",
	"model_list",
	"model_byDeveloper",
	"model_children",
	"model_lineage",
	"model_commitment",
	"index_history",
	"index_status",
	"receipt_channel",
	"receipt_channels",
	"receipt_channelsByPayer",
	"receipt_channelsByServer",
	"receipt_batch",
	"receipt_batches",
	"receipt_byId",
	"receipt_book",
	"receipt_royaltyDue",
	"receipt_earnings",
	"receipt_protocolShare",
	"rewards_earnings",
	"rewards_income",
	"rewards_escrow",
	"rewards_datanetEarnings",
	"rewards_positions",
	"rewards_pool",
	"rewards_pools",
	"rewards_dataRevenue",
	"attribution_parameters",
	"attribution_openBatch",
	"attribution_openBatches",
	"attribution_claims",
	"attribution_claimHistory",
	"attribution_openQuestions",
	"attribution_openChallenges",
	"attribution_commitment",
	"attribution_method",
	"attribution_methodId",
	"attribution_methods",
	"plexus_chainStatus",
	"plexus_bannedPeers",
	"plexus_finalityProof",
];

const UNSAFE_CALLS: &[&str] = &[
	"system_dryRun",
	"system_dryRunAt",
	"system_addReservedPeer",
	"system_removeReservedPeer",
	"system_addLogFilter",
	"system_resetLogFilter",
	"author_insertKey",
	"author_rotateKeys",
	"author_rotateKeysWithOwner",
	"author_hasKey",
	"author_hasSessionKeys",
	"author_removeExtrinsic",
	"state_getPairs",
];

const SUBSCRIPTIONS: &[(&str, &str)] = &[
	("state_subscribeRuntimeVersion", "state_unsubscribeRuntimeVersion"),
	("chain_subscribeRuntimeVersion", "chain_unsubscribeRuntimeVersion"),
	("state_subscribeStorage", "state_unsubscribeStorage"),
	("chain_subscribeNewHead", "chain_unsubscribeNewHead"),
	("chain_subscribeNewHeads", "chain_unsubscribeNewHeads"),
	("chain_subscribeFinalizedHeads", "chain_unsubscribeFinalizedHeads"),
	("chain_subscribeFinalisedHeads", "chain_unsubscribeFinalisedHeads"),
	("chain_subscribeAllHeads", "chain_unsubscribeAllHeads"),
	("author_submitAndWatchExtrinsic", "author_unwatchExtrinsic"),
	("transactionWatch_v1_submitAndWatch", "transactionWatch_v1_unwatch"),
	("chainHead_v1_follow", "chainHead_v1_unfollow"),
	("archive_v1_storage", "archive_v1_stopStorage"),
];

const METHOD_NOT_FOUND: i64 = -32601;

#[tokio::test(flavor = "multi_thread")]
async fn every_expected_method_is_listed_and_answers() {
	let served = Served::open_to_operators().await;
	let client = served.ws().await;
	let listed: BTreeSet<String> =
		serde_json::from_value(call(&client, "rpc_methods", &[]).await["methods"].clone()).expect("names");
	let subscriptions = SUBSCRIPTIONS.iter().flat_map(|(subscribe, unsubscribe)| [*subscribe, *unsubscribe]);
	for name in CALLS.iter().chain(UNSAFE_CALLS).copied().chain(subscriptions) {
		assert!(listed.contains(name), "{name} is not listed");
	}
	for name in &listed {
		let answer = raw(&client, name).await;
		assert_ne!(answer["error"]["code"], METHOD_NOT_FOUND, "{name} is listed and not served: {answer}");
	}
	assert_eq!(raw(&client, "chain_getNothing").await["error"]["code"], METHOD_NOT_FOUND);
}

/// What no other chain's nodes serve.
const OWN: &[&str] =
	&["agent_", "attribution_", "datanet_", "index_", "model_", "plexus_", "receipt_", "rewards_"];

#[tokio::test(flavor = "multi_thread")]
async fn every_method_of_our_own_is_in_a_guide() {
	let served = Served::start().await;
	let client = served.ws().await;
	let listed: BTreeSet<String> =
		serde_json::from_value(call(&client, "rpc_methods", &[]).await["methods"].clone()).expect("names");
	let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
	let guides: String = fs::read_dir(directory)
		.expect("the guides are there")
		.map(|guide| fs::read_to_string(guide.expect("it can be listed").path()).expect("guides are text"))
		.collect();
	let tells = |name: &str| guides.contains(&format!("`{name}`")) || guides.contains(&format!("`{name}("));
	let own: Vec<&String> =
		listed.iter().filter(|name| OWN.iter().any(|space| name.starts_with(space))).collect();
	assert!(own.len() >= 50, "{own:?}");
	for name in own {
		assert!(tells(name), "{name} is in no guide");
	}
	assert!(!tells("datanet_by"), "names are looked for as a whole");
}

/// Calls without parameters: whatever the answer is, as JSON.
async fn raw(client: &jsonrpsee::ws_client::WsClient, name: &str) -> Value {
	match within(client.request::<Value, _>(name, jsonrpsee::rpc_params![])).await {
		Ok(result) => json!({ "result": result }),
		Err(jsonrpsee::core::ClientError::Call(error)) => {
			json!({ "error": { "code": error.code(), "message": error.message() } })
		}
		Err(error) => panic!("{name}: {error}"),
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_change_the_node_are_closed_unless_opened() {
	let (closed, open) = (Served::start().await, Served::open_to_operators().await);
	let (closed, open) = (closed.ws().await, open.ws().await);
	for name in UNSAFE_CALLS {
		let (code, message, data) = refusal(&closed, name, &[]).await;
		assert_eq!(code, -32601, "{name}");
		assert!(
			message.contains("unsafe") && data.contains("--rpc-methods unsafe"),
			"{name}: {message} {data}"
		);
	}
	assert_eq!(call(&open, "author_rotateKeys", &[]).await, "0x0102");
	let owned = json!({ "keys": "0x0102", "proof": "0x07" });
	assert_eq!(call(&open, "author_rotateKeysWithOwner", &[json!("0x07")]).await, owned);
	assert_eq!(call(&open, "author_hasKey", &[json!("0x00"), json!("plxs")]).await, true);
	let (code, message, _) = refusal(&open, "system_addReservedPeer", &[json!("/ip4/1.1.1.1")]).await;
	assert!(code == 1000 && message.contains("start one"), "{code} {message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_come_back_as_they_were_sent() {
	let served = Served::start().await;
	for id in [json!(7), json!("seven"), json!("7")] {
		let request = json!({ "jsonrpc": "2.0", "id": id, "method": "system_chain" });
		let answer = served.post_json(&request.to_string()).await;
		assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": id, "result": "Plexus Development" }));
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_is_described_as_substrate_clients_expect() {
	let served = Served::start().await;
	let client = served.ws().await;
	assert_eq!(
		call(&client, "system_properties", &[]).await,
		json!({ "ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "PLX" })
	);
	assert_eq!(call(&client, "chainSpec_v1_properties", &[]).await["ss58Format"], 42);
	assert_eq!(
		call(&client, "system_health", &[]).await,
		json!({ "peers": 1, "isSyncing": false, "shouldHavePeers": false })
	);
	assert_eq!(call(&client, "system_chainType", &[]).await, "Development");
	assert_eq!(call(&client, "system_nodeRoles", &[]).await, json!(["Authority"]));
	assert_eq!(call(&client, "system_peers", &[]).await[0]["bestNumber"], 1_000);
	let state = call(&client, "system_syncState", &[]).await;
	assert_eq!(state["highestBlock"], 7, "what a single peer says is not what the node believes");
	let version = call(&client, "state_getRuntimeVersion", &[]).await;
	for field in [
		"specName",
		"implName",
		"authoringVersion",
		"specVersion",
		"implVersion",
		"apis",
		"transactionVersion",
		"stateVersion",
		"systemVersion",
	] {
		assert!(!version[field].is_null(), "{field} is missing in {version}");
	}
	let api = version["apis"][0].as_array().expect("a pair");
	assert!(api[0].as_str().is_some_and(|id| id.len() == 18) && api[1].is_u64(), "{api:?}");
	assert_eq!(call(&client, "chain_getRuntimeVersion", &[Value::Null]).await, version);
	let banned = json!([{ "peerId": "12D3KooWBad", "reason": "flood", "secondsLeft": 60 }]);
	assert_eq!(call(&client, "plexus_bannedPeers", &[]).await, banned);
	let status = call(&client, "plexus_chainStatus", &[]).await;
	assert_eq!(status["blockTimeMs"], 1000);
	assert_eq!(status["validators"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_over_http_is_refused_and_the_server_goes_on() {
	let served = Served::start().await;
	let answer =
		served.post_json(r#"{"jsonrpc":"2.0","id":1,"method":"chain_subscribeNewHeads","params":[]}"#).await;
	assert!(answer["error"]["code"].is_i64(), "{answer}");
	let client = served.ws().await;
	let heads = client
		.subscribe::<Value, _>(
			"chain_subscribeNewHeads",
			jsonrpsee::rpc_params![],
			"chain_unsubscribeNewHeads",
		)
		.await
		.expect("subscribes");
	within(heads.unsubscribe()).await.expect("unsubscribes");
	assert_eq!(call(&client, "system_chain", &[]).await, "Plexus Development");
}
