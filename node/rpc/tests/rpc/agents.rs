//! Agents in JSON: found, paged, and what is left of their keys' budgets.

use crate::served::{call, hex, refusal, signed, Served};
use codec::Encode;
use jsonrpsee::ws_client::WsClient;
use pallet_agents::{
	types::{Card, Profile, Service, Terms},
	Call,
};
use plexus_primitives::{AgentId, Content, DelegationId};
use plexus_runtime::{Runtime, RuntimeCall, Scope};
use serde_json::{json, Value};
use sp_core::{bounded::BoundedVec, crypto::Ss58Codec, Get};
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, One};
use sp_runtime::MultiAddress;

const PLX: u128 = 1_000_000_000_000;

fn bounded<B: Get<u32>>(text: &str) -> BoundedVec<u8, B> {
	text.as_bytes().to_vec().try_into().expect("short")
}

fn profile(tag: &str) -> Profile<Runtime> {
	let card =
		Card { content: Content { root: [7; 32], len: 9 }, locator: bounded("https://example.org/card") };
	let service = Service { name: bounded("a2a"), endpoint: bounded("https://example.org/a2a") };
	Profile {
		card: Some(card),
		services: vec![service].try_into().expect("one fits"),
		tags: vec![bounded(tag)].try_into().expect("one fits"),
	}
}

fn terms() -> Terms<Runtime> {
	Terms {
		scopes: vec![Scope::Payments, Scope::Remarks].try_into().expect("two fit"),
		budget: 5 * PLX,
		fee_budget: PLX,
		period_ms: 3_600_000,
		expires_at_ms: 7_200_000,
	}
}

fn transfer(to: plexus_runtime::AccountId, value: u128) -> RuntimeCall {
	let dest = MultiAddress::Id(to);
	RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive { dest, value })
}

async fn submit(served: &Served, client: &WsClient, from: Sr25519Keyring, nonce: u32, call: RuntimeCall) {
	let extrinsic = signed(served.genesis(), from, nonce, call);
	crate::served::call(client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await;
}

/// A chain with three agents of Alice's, the first with funds and a delegation to a key that has none.
async fn with_agents() -> (Served, WsClient) {
	let served = Served::start().await;
	let client = served.ws().await;
	let account = pallet_agents::Pallet::<Runtime>::account_of(AgentId(0));
	let register = |tag| RuntimeCall::Agents(Call::register { profile: profile(tag) });
	let delegate =
		Call::delegate { agent: AgentId(0), parent: None, key: One.to_account_id(), terms: terms() };
	let calls = [
		register("nlp"),
		register("nlp"),
		register("ocr"),
		transfer(account, 100 * PLX),
		RuntimeCall::Agents(delegate),
	];
	for (nonce, call) in (0..).zip(calls) {
		submit(&served, &client, Alice, nonce, call).await;
	}
	served.block().await;
	(served, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_found_by_id_account_controller_and_tag() {
	let (served, client) = with_agents().await;
	let agent = call(&client, "agent_byId", &[json!(0)]).await;
	assert_eq!((&agent["id"], &agent["status"]), (&json!(0), &json!("active")));
	assert_eq!(agent["controller"], Alice.to_account_id().to_ss58check());
	assert_eq!(agent["tags"], json!(["nlp"]));
	assert_eq!(agent["services"], json!([{ "name": "a2a", "endpoint": "https://example.org/a2a" }]));
	assert_eq!(
		agent["card"],
		json!({ "root": hex([7; 32]), "length": 9, "locator": "https://example.org/card" })
	);
	assert_eq!((&agent["nextDelegation"], &agent["recovery"]), (&json!(1), &Value::Null));
	assert!(agent["bond"].as_str().is_some_and(|bond| bond.parse::<u128>().is_ok_and(|bond| bond > 0)));
	assert_eq!(call(&client, "agent_byAccount", &[agent["account"].clone()]).await, agent);
	let alice = json!(Alice.to_account_id().to_ss58check());
	assert_eq!(call(&client, "agent_byAccount", &[alice.clone()]).await, Value::Null);
	assert_eq!(call(&client, "agent_byId", &[json!(9)]).await, Value::Null);
	assert_eq!(call(&client, "agent_byId", &[json!(0), json!(served.genesis())]).await, Value::Null);

	// Pages of one: each agent once.
	let (mut found, mut cursor) = (Vec::new(), Value::Null);
	loop {
		let page = call(&client, "agent_byController", &[alice.clone(), cursor, json!(1)]).await;
		found.extend(page["items"].as_array().expect("a list").iter().filter_map(|item| item["id"].as_u64()));
		cursor = page["next"].clone();
		if cursor.is_null() {
			break;
		}
	}
	found.sort_unstable();
	assert_eq!(found, [0, 1, 2]);
	let tagged = call(&client, "agent_byTag", &[json!("nlp")]).await;
	assert_eq!((tagged["items"].as_array().map(Vec::len), &tagged["next"]), (Some(2), &Value::Null));
	let nobody = call(&client, "agent_byTag", &[json!("x".repeat(1_000))]).await;
	assert_eq!(nobody, json!({ "items": [], "next": null }));
	let (code, message, _) = refusal(&client, "agent_byController", &[json!("Alice")]).await;
	assert!(code == -32602 && message.contains("`controller`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_has_left_is_told_before_and_after_it_acts() {
	let (served, client) = with_agents().await;
	let ids = [json!(0), json!(0)];
	let delegation = call(&client, "agent_delegation", &ids).await;
	assert_eq!(delegation["key"], One.to_account_id().to_ss58check());
	assert_eq!(delegation["scopes"], json!(["Payments", "Remarks"]));
	assert_eq!((&delegation["parent"], &delegation["alive"]), (&Value::Null, &json!(true)));
	let page = call(&client, "agent_delegations", &[json!(0)]).await;
	assert_eq!(page, json!({ "items": [delegation], "next": null }));
	let left = call(&client, "agent_allowance", &ids).await;
	let expected = json!({
		"budgetLeft": (5 * PLX).to_string(), "feeBudgetLeft": PLX.to_string(), "expiresAtMs": 7_200_000,
	});
	assert_eq!(left, json!({ "refusal": null, "allowance": expected }));

	// A key without funds submits, and its agent pays.
	let pay = transfer(Bob.to_account_id(), 2 * PLX);
	let asked = [json!(0), json!(0), json!(One.to_account_id().to_ss58check()), json!(hex(pay.encode()))];
	assert_eq!(call(&client, "agent_mayAct", &asked).await, left);
	let act = Call::act { agent: AgentId(0), delegation: DelegationId(0), call: Box::new(pay) };
	submit(&served, &client, One, 0, RuntimeCall::Agents(act)).await;
	served.block().await;
	let left = call(&client, "agent_allowance", &ids).await;
	assert_eq!(left["allowance"]["budgetLeft"], (3 * PLX).to_string());
	let fees = left["allowance"]["feeBudgetLeft"].as_str().and_then(|left| left.parse::<u128>().ok());
	assert!(fees.is_some_and(|left| left < PLX), "{left}");

	// Why not, by the names of the pallet's errors; and a call that does not decode.
	let stranger =
		[asked[0].clone(), asked[1].clone(), json!(Bob.to_account_id().to_ss58check()), asked[3].clone()];
	let refused = call(&client, "agent_mayAct", &stranger).await;
	assert_eq!(refused, json!({ "refusal": "NotDelegate", "allowance": null }));
	let unknown = call(&client, "agent_allowance", &[json!(0), json!(7)]).await;
	assert_eq!(unknown["refusal"], "UnknownDelegation");
	let broken = [asked[0].clone(), asked[1].clone(), asked[2].clone(), json!("0xffff")];
	let (_, message, data) = refusal(&client, "agent_mayAct", &broken).await;
	assert!(format!("{message} {data}").contains("do not decode"), "{message} {data}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_says_why_an_agent_does_not_pay() {
	let (served, client) = with_agents().await;
	let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![0; 150_000] });
	let act = Call::act { agent: AgentId(0), delegation: DelegationId(0), call: Box::new(remark) };
	let extrinsic = signed(served.genesis(), One, 0, RuntimeCall::Agents(act));
	let (code, _, data) = refusal(&client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await;
	assert!(code == 1010 && data.contains("FeeBudgetExceeded"), "{code} {data}");
}
