//! Models in JSON: found, paged, and what they descend from.

use crate::served::{call, hex, refusal, signed, Served};
use codec::Encode;
use jsonrpsee::ws_client::WsClient;
use pallet_models::{Asks, Call, Locators, ModelKind, Registration, RevenuePolicy, Spec};
use plexus_primitives::{commitment, prove::prove_reader, purpose::Purpose, Content, ModelId};
use plexus_runtime::{AccountId, Runtime, RuntimeCall};
use serde_json::{json, Value};
use sp_core::crypto::Ss58Codec;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob};
use sp_runtime::Perbill;

/// Older than a commitment must be on a development chain: each is a second on the chain clock.
const AGE_BLOCKS: usize = 3;

pub(crate) fn model(kind: ModelKind, bytes: &str, parents: &[u64], royalty: u32) -> Registration<Runtime> {
	let proven = prove_reader(bytes.as_bytes(), |_| {}).expect("bytes in memory can be read");
	let percent = Perbill::from_percent;
	let parents: Vec<_> = parents.iter().copied().map(ModelId).collect();
	Registration {
		spec: Spec {
			kind,
			artifact: proven.content,
			card: Content { root: [7; 32], len: 9 },
			parents: parents.try_into().expect("few"),
			manifest: Default::default(),
			policy: RevenuePolicy { server: percent(70), developer: percent(20), data: percent(10) },
			asks: Asks { royalty: percent(royalty), data: percent(20) },
		},
		locators: Locators {
			artifact: b"https://example.org/weights".to_vec().try_into().expect("short"),
			card: Default::default(),
		},
		length_proof: proven.length_proof.try_into().expect("short"),
	}
}

fn commitment_of(served: &Served, by: &AccountId, models: &[Registration<Runtime>]) -> [u8; 32] {
	let roots = models.iter().map(|model| model.spec.artifact.root);
	commitment(Purpose::ModelCommitment, &served.genesis().0, &by.encode(), &[9; 32], roots)
}

/// Registers models with the account's nonces from `nonce` on.
pub(crate) async fn register(
	served: &Served,
	client: &WsClient,
	by: Sr25519Keyring,
	nonce: u32,
	models: Vec<Registration<Runtime>>,
) {
	let hash = commitment_of(served, &by.to_account_id(), &models);
	let models = models.try_into().expect("few");
	submit(served, client, by, nonce, Call::commit { hash }).await;
	served.blocks(1 + AGE_BLOCKS).await;
	submit(served, client, by, nonce + 1, Call::register { salt: [9; 32], models }).await;
	served.block().await;
}

async fn submit(
	served: &Served,
	client: &WsClient,
	from: Sr25519Keyring,
	nonce: u32,
	models_call: Call<Runtime>,
) {
	let extrinsic = signed(served.genesis(), from, nonce, RuntimeCall::Models(models_call));
	call(client, "author_submitExtrinsic", &[json!(hex(extrinsic))]).await;
}

/// A chain with a base of Alice's, model 0, and three adapters of it that are Bob's.
async fn with_models() -> (Served, WsClient) {
	let served = Served::start().await;
	let client = served.ws().await;
	register(&served, &client, Alice, 0, vec![model(ModelKind::Base, "base", &[], 5)]).await;
	let adapters = (1..4).map(|n| model(ModelKind::Adapter, &format!("adapter {n}"), &[0], 0)).collect();
	register(&served, &client, Bob, 0, adapters).await;
	(served, client)
}

/// The ids of a page.
fn ids(page: &Value) -> Vec<u64> {
	page["items"].as_array().expect("a list").iter().filter_map(|item| item["id"].as_u64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_found_by_id_root_and_developer() {
	let (served, client) = with_models().await;
	let base = call(&client, "model_byId", &[json!(0)]).await;
	assert_eq!(base["developer"], Alice.to_account_id().to_ss58check());
	assert_eq!((&base["status"], &base["supersededBy"]), (&json!("active"), &Value::Null));
	assert_eq!((&base["kind"], &base["children"]), (&json!("base"), &json!(3)));
	let root = json!(hex(blake3_of("base")));
	let artifact = json!({ "root": root, "length": 4, "locator": "https://example.org/weights" });
	assert_eq!(base["artifact"], artifact);
	assert_eq!(base["card"], json!({ "root": hex([7; 32]), "length": 9, "locator": "" }));
	let policy = json!({ "server": 700_000_000, "developer": 200_000_000, "data": 100_000_000 });
	assert_eq!((&base["policy"], &base["manifest"]), (&policy, &json!([])));
	assert_eq!(base["asks"], json!({ "royalty": 50_000_000, "data": 200_000_000 }));
	assert!(base["deposit"]
		.as_str()
		.is_some_and(|deposit| deposit.parse::<u128>().is_ok_and(|held| held > 0)));
	assert_eq!(call(&client, "model_byRoot", &[root]).await, base);
	assert_eq!(call(&client, "model_byRoot", &[json!(hex([1; 32]))]).await, Value::Null);
	assert_eq!(call(&client, "model_byId", &[json!(9)]).await, Value::Null);
	assert_eq!(call(&client, "model_byId", &[json!(0), json!(served.genesis())]).await, Value::Null);

	assert_eq!(ids(&call(&client, "model_list", &[]).await), [0, 1, 2, 3]);
	let bob = json!(Bob.to_account_id().to_ss58check());
	let page = call(&client, "model_byDeveloper", &[bob.clone(), Value::Null, json!(2)]).await;
	assert_eq!((ids(&page), &page["next"]), (vec![1, 2], &json!(2)));
	let page = call(&client, "model_byDeveloper", &[bob, page["next"].clone(), json!(2)]).await;
	assert_eq!((ids(&page), &page["next"]), (vec![3], &Value::Null));
	let (code, message, _) = refusal(&client, "model_byDeveloper", &[json!("Alice")]).await;
	assert!(code == -32602 && message.contains("`developer`"), "{message}");
	let (code, message, _) = refusal(&client, "model_byRoot", &[json!("0x00")]).await;
	assert!(code == -32602 && message.contains("`root`"), "{message}");
}

fn blake3_of(text: &str) -> [u8; 32] {
	prove_reader(text.as_bytes(), |_| {}).expect("bytes in memory can be read").content.root
}

#[tokio::test(flavor = "multi_thread")]
async fn lineage_is_told_upwards_at_once_and_downwards_by_pages() {
	let (_served, client) = with_models().await;
	let (mut found, mut cursor) = (Vec::new(), Value::Null);
	loop {
		let page = call(&client, "model_children", &[json!(0), cursor, json!(1)]).await;
		found.extend(ids(&page));
		cursor = page["next"].clone();
		if cursor.is_null() {
			break;
		}
	}
	assert_eq!(found, [1, 2, 3]);
	assert_eq!(
		call(&client, "model_lineage", &[json!(2)]).await,
		json!({
			"ancestors": [{ "model": 0, "royalty": 50_000_000, "data": 200_000_000 }],
			"royalties": 50_000_000, "royaltiesOfChildren": 50_000_000, "royaltiesMax": 500_000_000,
			"dataOfChildren": 200_000_000,
		})
	);
	let of_base = call(&client, "model_lineage", &[json!(0)]).await;
	assert_eq!((&of_base["ancestors"], &of_base["royaltiesOfChildren"]), (&json!([]), &json!(50_000_000)));
	assert_eq!(call(&client, "model_lineage", &[json!(9)]).await, Value::Null);
	let none = json!({ "items": [], "next": null });
	assert_eq!(call(&client, "model_children", &[json!(3)]).await, none);
	assert_eq!(call(&client, "model_children", &[json!(9)]).await, none);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commitment_is_told_until_it_is_used() {
	let served = Served::start().await;
	let client = served.ws().await;
	let models = vec![model(ModelKind::Base, "base", &[], 5)];
	let alice = Alice.to_account_id();
	let hash = commitment_of(&served, &alice, &models);
	let asked = [json!(alice.to_ss58check()), json!(hex(hash))];
	assert_eq!(call(&client, "model_commitment", &asked).await, Value::Null);
	submit(&served, &client, Alice, 0, Call::commit { hash }).await;
	served.block().await;
	let made = call(&client, "model_commitment", &asked).await;
	let [from, until] = ["usableFromMs", "expiresAtMs"].map(|field| made[field].as_u64().expect("a number"));
	// Two seconds and a day after the same moment.
	assert_eq!((made["number"].clone(), until - from), (json!(0), 24 * 60 * 60 * 1_000 - 2_000));
	served.blocks(AGE_BLOCKS).await;
	let register = Call::register { salt: [9; 32], models: models.try_into().expect("one fits") };
	submit(&served, &client, Alice, 1, register).await;
	served.block().await;
	assert_eq!(call(&client, "model_commitment", &asked).await, Value::Null);
	assert_eq!(ids(&call(&client, "model_list", &[]).await), [0]);
}
