//! What happened to something, from the index: told by pages, in either order, in words.

use crate::served::{call, hex, refusal, signed, transfer, Served};
use jsonrpsee::ws_client::WsClient;
use plexus_chain::index::catch_up;
use plexus_runtime::RuntimeCall;
use serde_json::{json, Value};
use sp_core::crypto::Ss58Codec;
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie};
use sp_runtime::traits::{BlakeTwo256, Hash as _};

/// More than the existential deposit.
const VALUE: u128 = 1_000_000_000_000;

/// Brings the index up to the tip.
pub async fn index(served: &Served) {
	let chain = served.chain.clone();
	let done = tokio::task::spawn_blocking(move || catch_up(chain.database(), u32::MAX)).await;
	assert_eq!(done.expect("joins").expect("the disk is well"), 0);
}

/// Transfers of Alice's to Bob with nonces from `from` on, one in each block, and all is indexed.
async fn transfers(served: &Served, client: &WsClient, from: u32, count: u32) {
	for nonce in from..from + count {
		let extrinsic = transfer(served.genesis(), Alice, nonce, VALUE + u128::from(nonce));
		call(client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await;
		served.block().await;
	}
	index(served).await;
}

fn amounts(page: &Value) -> Vec<u128> {
	let items = page["items"].as_array().expect("a list");
	items
		.iter()
		.map(|item| item["fields"]["amount"].as_str().expect("a string").parse().expect("a number"))
		.collect()
}

fn bob() -> Value {
	json!(Bob.to_account_id().to_ss58check())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_told_with_its_place_its_extrinsic_and_its_fields() {
	let served = Served::start().await;
	let client = served.ws().await;
	let nothing = json!({ "items": [], "next": null, "completeFrom": null, "indexedTo": null });
	assert_eq!(call(&client, "index_history", &[bob()]).await, nothing);
	let extrinsic = transfer(served.genesis(), Alice, 0, VALUE);
	call(&client, "author_submitExtrinsic", &[json!(hex(&extrinsic))]).await;
	let tip = served.block().await;
	index(&served).await;

	let page = call(&client, "index_history", &[bob()]).await;
	assert_eq!(
		(&page["next"], &page["completeFrom"], &page["indexedTo"]),
		(&Value::Null, &json!(0), &json!(1))
	);
	let items = page["items"].as_array().expect("a list");
	assert_eq!(items.len(), 1, "{page}");
	let item = &items[0];
	assert_eq!((&item["number"], &item["hash"]), (&json!(1), &json!(tip.hash)));
	assert_eq!((&item["pallet"], &item["name"]), (&json!("Balances"), &json!("Transfer")));
	let alice = Alice.to_account_id().to_ss58check();
	assert_eq!(item["fields"], json!({ "from": alice, "to": bob(), "amount": VALUE.to_string() }));
	// The timestamp is extrinsic 0; the first block has no precommits.
	assert_eq!(item["extrinsic"], 1);
	assert_eq!(item["extrinsicHash"], json!(BlakeTwo256::hash(&extrinsic)));
	assert!(item["data"].as_str().is_some_and(|data| data.starts_with("0x02")), "the pallet's index: {item}");
	assert_eq!(item["cursor"], format!("1-{}", item["event"]));

	for subject in [json!(format!("account:{alice}")), json!(hex(Alice.to_raw_public()))] {
		assert_eq!(call(&client, "index_history", &[subject]).await["items"], page["items"]);
	}
	let charlie = json!(Charlie.to_account_id().to_ss58check());
	assert_eq!(call(&client, "index_history", &[charlie]).await["items"], json!([]));
	let status = call(&client, "index_status", &[]).await;
	assert_eq!((&status["completeFrom"], &status["indexedTo"]), (&json!(0), &json!(1)));
	assert!(status["bytes"].is_u64(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_go_on_either_way_while_blocks_arrive() {
	let served = Served::start().await;
	let client = served.ws().await;
	transfers(&served, &client, 0, 5).await;
	let sent = |range: std::ops::Range<u128>| range.map(|nonce| VALUE + nonce).collect::<Vec<_>>();
	let reversed = |range| sent(range).into_iter().rev().collect::<Vec<_>>();

	let newest = call(&client, "index_history", &[bob(), Value::Null, json!(2)]).await;
	let oldest = call(&client, "index_history", &[bob(), Value::Null, json!(2), json!("oldest")]).await;
	assert_eq!((amounts(&newest), amounts(&oldest)), (reversed(3..5), sent(0..2)));
	transfers(&served, &client, 5, 2).await;
	let newest =
		call(&client, "index_history", &[bob(), newest["next"].clone(), json!(9), json!("newest")]).await;
	assert_eq!((amounts(&newest), &newest["next"]), (reversed(0..3), &Value::Null));
	let oldest =
		call(&client, "index_history", &[bob(), oldest["next"].clone(), json!(9), json!("oldest")]).await;
	assert_eq!((amounts(&oldest), &oldest["next"]), (sent(2..7), &Value::Null));

	// The last event's own cursor goes on once there is more.
	let last = oldest["items"][4]["cursor"].clone();
	let more = |last: Value| async {
		call(&client, "index_history", &[bob(), last, Value::Null, json!("oldest")]).await
	};
	assert_eq!(amounts(&more(last.clone()).await), sent(0..0));
	transfers(&served, &client, 7, 1).await;
	assert_eq!(amounts(&more(last).await), sent(7..8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_datanet_is_found_by_its_id_and_refusals_say_what_would_be_right() {
	let served = Served::start().await;
	let client = served.ws().await;
	let create = RuntimeCall::Datanets(pallet_datanets::Call::create_datanet {
		name: b"Notes".to_vec().try_into().expect("short"),
		tags: Default::default(),
		licence: pallet_datanets::types::Licence::Spdx(b"MIT".to_vec().try_into().expect("short")),
		admission: pallet_datanets::types::Admission::Open,
	});
	let extrinsic = signed(served.genesis(), Alice, 0, create);
	call(&client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await;
	served.block().await;
	index(&served).await;
	let page = call(&client, "index_history", &[json!("datanet:0")]).await;
	assert_eq!(page["items"][0]["name"], "DatanetCreated", "{page}");
	let owner = json!(Alice.to_account_id().to_ss58check());
	assert_eq!(page["items"][0]["fields"]["owner"], owner);
	assert_eq!(call(&client, "index_history", &[json!("datanet:1")]).await["items"], json!([]));

	for (params, word) in [
		(vec![], "`subject`"),
		(vec![json!("datanet")], "datanet:ID"),
		(vec![json!("planet:1")], "no such kind"),
		(vec![json!("datanet:0"), json!("first")], "`cursor`"),
		(vec![json!("datanet:0"), Value::Null, json!("all")], "`limit`"),
		(vec![json!("datanet:0"), Value::Null, Value::Null, json!("random")], "`order`"),
	] {
		let (code, message, _) = refusal(&client, "index_history", &params).await;
		assert!(code == -32602 && message.contains(word), "{params:?}: {message}");
	}
}
