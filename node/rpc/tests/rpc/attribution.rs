//! Attribution in JSON: parameters and methods, an open batch with its claims, and what is asked about them; claims of all batches.

use crate::{
	history::index,
	receipts::{receipt, redeem_from, redeem_with, submit, with_data, NOTE},
	served::{call, hex, refusal},
};
use jsonrpsee::ws_client::WsClient;
use pallet_attribution::{Call, Method};
use plexus_primitives::{
	constants::UNITS, AgentId, BatchId, ChannelId, Claim, Content, ContributionId, DatanetVersion, Evidence,
	MethodId, Receipt,
};
use plexus_runtime::{Agents, Runtime};
use serde_json::{json, Value};
use sp_core::crypto::Ss58Codec;
use sp_keyring::Sr25519Keyring::{Alice, Bob};

/// A disclosed answer of 64 bytes.
fn answered() -> Receipt {
	Receipt { output: Content { root: [3; 32], len: 64 }, disclose: true, ..receipt(UNITS) }
}

/// That half of it stands in the note.
fn claim() -> Claim {
	Claim {
		receipt: 0,
		contribution: ContributionId(0),
		version: DatanetVersion(1),
		method: MethodId(0),
		evidence: Evidence::Span { output: 16, offset: 8, length: 32 },
	}
}

fn method() -> Method {
	Method {
		algorithm: b"maximal-exact-match".to_vec().try_into().expect("short"),
		version: 1,
		parameters: b"min=32".to_vec().try_into().expect("short"),
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_batch_its_claims_and_what_is_asked_are_told() {
	let (served, client) = with_data().await;
	let none = json!({ "items": [], "next": null });
	assert_eq!(call(&client, "attribution_openBatches", &[]).await, none);
	assert_eq!(call(&client, "attribution_methods", &[]).await, none);
	let described = json!({
		"id": 0, "algorithm": "maximal-exact-match", "version": 1, "parameters": "min=32",
	});
	submit(&served, &client, Bob, Call::<Runtime>::register_method { method: method() }).await;
	served.block().await;
	let methods = call(&client, "attribution_methods", &[]).await;
	assert_eq!(methods, json!({ "items": [described], "next": null }));
	assert_eq!(call(&client, "attribution_method", &[json!(0)]).await, described);
	assert_eq!(call(&client, "attribution_method", &[json!(1)]).await, Value::Null);
	let by_name = [json!("maximal-exact-match"), json!(1), json!("min=32")];
	assert_eq!(call(&client, "attribution_methodId", &by_name).await, 0);
	assert_eq!(call(&client, "attribution_methodId", &by_name[..2]).await, Value::Null);

	assert!(NOTE.len() >= 40);
	let root = redeem_with(&served, &client, answered(), vec![claim()]).await;
	let batch = call(&client, "attribution_openBatch", &[json!(0)]).await;
	let agent = json!(Agents::account_of(AgentId(0)).to_ss58check());
	assert_eq!((&batch["id"], &batch["server"], &batch["account"]), (&json!(0), &json!(0), &agent));
	assert_eq!((&batch["root"], &batch["receipts"]), (&json!(hex(root)), &json!(1)));
	assert_eq!((&batch["claims"], &batch["paid"], &batch["demands"]), (&json!(1), &json!(0), &json!(0)));
	// A tenth of 97 % is data's and a fifth the developer's; the claim takes 30 % of the first for half of the output.
	let of_model = json!({
		"model": 0, "fees": UNITS.to_string(), "data": "97000000000", "claimed": "14550000000",
		"developer": "194000000000", "held": "194000000000",
	});
	assert_eq!(batch["models"], json!([of_model]));
	assert_eq!(batch["hold"], "53650000000", "three times the claim, and a hundredth of a PLX");
	let height = served.chain.tip().number;
	assert_eq!(batch["sampling"], json!({ "state": "due", "at": height + 2 }));
	assert_eq!(batch["verdict"], Value::Null);
	let [from, demands, commitments, until] =
		["submittedAtMs", "demandsEndAtMs", "commitmentsEndAtMs", "endsAtMs"]
			.map(|field| batch[field].as_u64().expect("a number") as i64);
	assert_eq!([demands - from, commitments - from, until - from], [40_000, 45_000, 60_000]);
	assert_eq!(batch["parameters"], call(&client, "attribution_parameters", &[]).await);
	assert_eq!(batch["parameters"]["span"], 300_000_000);
	assert_eq!(batch["parameters"]["holdFloor"], (UNITS / 100).to_string());
	let page = call(&client, "attribution_openBatches", &[]).await;
	assert_eq!(page, json!({ "items": [batch], "next": null }));
	let genesis = json!(served.genesis());
	assert_eq!(call(&client, "attribution_openBatch", &[json!(0), genesis]).await, Value::Null);

	let claimed = |price: &str| {
		json!({
			"batch": 0, "claim": 0, "receipt": 0, "model": 0, "contribution": 0, "version": 1, "method": 0,
			"evidence": { "Span": { "output": 16, "offset": 8, "length": 32 } },
			"amount": "14550000000", "submitter": "1455000000", "proven": false, "moved": null,
			"demandPrice": price,
		})
	};
	let all = json!({ "items": [claimed("2000000000000")], "next": null });
	assert_eq!(call(&client, "attribution_claims", &[json!(0)]).await, all);
	for filter in [json!({ "receipt": 0 }), json!({ "contribution": 0 }), json!({ "account": agent })] {
		assert_eq!(call(&client, "attribution_claims", &[json!(0), filter]).await, all);
	}
	let bob = json!(Bob.to_account_id().to_ss58check());
	for filter in [json!({ "receipt": 1 }), json!({ "contribution": 1 }), json!({ "account": bob })] {
		assert_eq!(call(&client, "attribution_claims", &[json!(0), filter]).await, none);
	}

	let nothing = json!({ "samples": null, "demands": [], "unlisted": [] });
	assert_eq!(call(&client, "attribution_openQuestions", &[json!(0)]).await, nothing);
	assert_eq!(call(&client, "attribution_openChallenges", &[]).await, none, "nothing is asked");
	let hash = [5; 32];
	submit(&served, &client, Bob, Call::<Runtime>::demand { batch: BatchId(0), claim: 0 }).await;
	submit(&served, &client, Alice, Call::<Runtime>::commit { batch: BatchId(0), hash }).await;
	served.block().await;
	let asked = call(&client, "attribution_openQuestions", &[json!(0)]).await;
	let demand = &asked["demands"][0];
	assert_eq!((&demand["claim"], &demand["by"]), (&json!(0), &bob));
	assert_eq!(demand["price"], "2000000000000");
	assert!(demand["deadlineMs"].is_u64(), "{demand}");
	let open = call(&client, "attribution_openChallenges", &[Value::Null, json!(1)]).await;
	let with_batch = json!({ "batch": 0, "samples": null, "demands": asked["demands"], "unlisted": [] });
	assert_eq!(open, json!({ "items": [with_batch], "next": null }));
	assert_eq!(call(&client, "attribution_openChallenges", &[json!(1)]).await, none, "behind the last batch");
	let dearer = json!({ "items": [claimed("4000000000000")], "next": null });
	assert_eq!(call(&client, "attribution_claims", &[json!(0)]).await, dearer);
	let alice = json!(Alice.to_account_id().to_ss58check());
	let made = call(&client, "attribution_commitment", &[alice, json!(hex(hash))]).await;
	assert_eq!((&made["batch"], &made["madeAt"]), (&json!(0), &json!(height + 1)));
	assert!(made["deposit"].as_str().is_some_and(|held| held.parse::<u128>().is_ok_and(|held| held > 0)));
	assert_eq!(call(&client, "attribution_commitment", &[bob, json!(hex(hash))]).await, Value::Null);
}

/// All claims of a history, read by so many events at a time: batch and place of each.
async fn claimed(client: &WsClient, filter: &Value, limit: u32, order: &str) -> Vec<(u64, u64)> {
	let (mut found, mut cursor) = (Vec::new(), Value::Null);
	for _ in 0..100 {
		let asked = [filter.clone(), cursor, json!(limit), json!(order)];
		let page = call(client, "attribution_claimHistory", &asked).await;
		assert_eq!(page["undecoded"], 0, "{page}");
		for item in page["items"].as_array().expect("a list") {
			found.push((item["batch"].as_u64().expect("an id"), item["claim"].as_u64().expect("a place")));
		}
		cursor = page["next"].clone();
		if cursor.is_null() {
			return found;
		}
	}
	panic!("no end after {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_all_batches_are_told_once_each_by_what_they_are_for_and_who_made_them() {
	let (served, client) = with_data().await;
	let for_note = json!({ "contribution": 0 });
	let nothing =
		json!({ "items": [], "next": null, "undecoded": 0, "completeFrom": null, "indexedTo": null });
	assert_eq!(call(&client, "attribution_claimHistory", &[for_note.clone()]).await, nothing);
	submit(&served, &client, Bob, Call::<Runtime>::register_method { method: method() }).await;
	served.block().await;
	let long = Receipt { output: Content { root: [3; 32], len: 128 }, ..answered() };
	let further = Claim { evidence: Evidence::Span { output: 64, offset: 8, length: 32 }, ..claim() };
	redeem_from(&served, &client, ChannelId(0), long, vec![claim(), further]).await;
	redeem_from(&served, &client, ChannelId(1), long, vec![claim()]).await;
	index(&served).await;

	let agent = json!(Agents::account_of(AgentId(0)).to_ss58check());
	let all = [(0, 0), (0, 1), (1, 0)];
	for limit in [1, 2, 256] {
		for filter in [&for_note, &json!({ "account": agent })] {
			assert_eq!(claimed(&client, filter, limit, "oldest").await, all, "{filter}, {limit}");
			assert_eq!(claimed(&client, filter, limit, "newest").await, [(1, 0), (0, 0), (0, 1)]);
		}
		for (filter, expected) in [
			(json!({ "batch": 0 }), &all[..2]),
			(json!({ "batch": 1 }), &all[2..]),
			(json!({ "batch": 2 }), &all[..0]),
			(json!({ "receipt": { "batch": 0, "place": 0 } }), &all[..2]),
			(json!({ "receipt": { "batch": 0, "place": 1 } }), &all[..0]),
			(json!({ "contribution": 1 }), &all[..0]),
			(json!({ "account": Bob.to_account_id().to_ss58check() }), &all[..0]),
		] {
			assert_eq!(claimed(&client, &filter, limit, "oldest").await, expected, "{filter}, {limit}");
		}
	}

	let page = call(&client, "attribution_claimHistory", &[json!({ "batch": 1 })]).await;
	let height = served.chain.tip().number;
	assert_eq!((&page["completeFrom"], &page["indexedTo"]), (&json!(0), &json!(height)));
	let told = &page["items"][0];
	assert_eq!((&told["block"], &told["moved"], &told["by"]), (&json!(height), &json!(false), &agent));
	assert_eq!((&told["contribution"], &told["version"]), (&json!(0), &json!(1)));
	let in_state = call(&client, "attribution_claims", &[json!(1)]).await["items"][0].clone();
	for field in ["receipt", "model", "method", "evidence", "amount"] {
		assert!(!told["terms"][field].is_null(), "{field}: {told}");
		assert_eq!(told["terms"][field], in_state[field], "{field}");
	}
	for (parameters, name) in [
		(vec![], "`filter`"),
		(vec![json!({ "receipt": 0 })], "`filter`"),
		(vec![json!({ "model": 0 })], "`filter`"),
		(vec![json!({ "account": "Bob" })], "`filter.account`"),
		(vec![for_note.clone(), json!("first")], "`cursor`"),
		(vec![for_note, Value::Null, Value::Null, json!("random")], "`order`"),
	] {
		let (code, message, _) = refusal(&client, "attribution_claimHistory", &parameters).await;
		assert!(code == -32602 && message.contains(name), "{parameters:?}: {message}");
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_batch_filter_or_method_is_refused_with_what_would_be() {
	let (_served, client) = with_data().await;
	let long = "x".repeat(65);
	for (method, parameters, name) in [
		("attribution_openBatch", vec![json!(-1)], "`id`"),
		("attribution_claims", vec![json!("x")], "`batch`"),
		("attribution_claims", vec![json!(0), json!({ "receipts": 0 })], "`filter`"),
		("attribution_claims", vec![json!(0), json!({ "receipt": "0" })], "`filter`"),
		("attribution_claims", vec![json!(0), json!({ "account": "Bob" })], "`filter.account`"),
		("attribution_commitment", vec![json!("Bob"), json!(hex([1; 32]))], "`account`"),
		("attribution_methodId", vec![json!(long), json!(1)], "`algorithm`"),
	] {
		let (code, message, _) = refusal(&client, method, &parameters).await;
		assert!(code == -32602 && message.contains(name), "{method}: {message}");
	}
	assert_eq!(call(&client, "attribution_claims", &[json!(7)]).await, json!({ "items": [], "next": null }));
}
