//! Proofs of finality: what the light client accepts, page by page, and what cannot be proved.

use crate::served::{call, refusal, Served};
use codec::{DecodeAll, Encode};
use plexus_chain_spec::ChainSpec;
use plexus_primitives::{
	consensus::{ConsensusKey, Voter},
	light::{Certified, Trusted},
};
use plexus_storage::Header;
use serde_json::{json, Value};
use sp_keyring::Ed25519Keyring;

/// As the node has it: more than one answer holds.
const HANDOVERS_MAX: u32 = 64;

fn bytes(value: &Value) -> Vec<u8> {
	let text = value.as_str().expect("a string");
	hex::decode(text.strip_prefix("0x").expect("0x")).expect("hexadecimal")
}

fn certified(value: &Value) -> Certified {
	Certified {
		header: bytes(&value["header"]),
		parent: bytes(&value["parent"]),
		commit: DecodeAll::decode_all(&mut &bytes(&value["commit"])[..]).expect("a commit"),
	}
}

fn height(block: &Value) -> u32 {
	Header::decode_all(&mut &bytes(&block["header"])[..]).expect("a header").number
}

fn alice() -> Vec<Voter> {
	vec![(ConsensusKey(Ed25519Keyring::Alice.to_raw_public()), 1)]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_block_is_proved_from_the_set_that_the_genesis_recorded() {
	let served = Served::start().await;
	let tip = served.block().await;
	let client = served.ws().await;
	let proof = call(&client, "plexus_finalityProof", &[json!(1)]).await;
	assert_eq!(proof["genesisHash"], json!(served.genesis()));
	assert_eq!((&proof["handovers"], &proof["next"]), (&json!([]), &Value::Null));
	let (_, set) = served.chain.database().last_set(0).expect("reads").expect("recorded at the start");
	let set = Vec::<Voter>::decode_all(&mut &set[..]).expect("a set");
	assert_eq!(Ok(set.clone()), ChainSpec::preset("dev").expect("a preset").validators().map_err(|_| ()));
	let trusted = Trusted::genesis(served.genesis().0, set).expect("one validator");
	let block = trusted.verify(&certified(&proof["target"])).expect("is final");
	assert_eq!((block.height, block.hash, block.state_root), (1, tip.hash.0, tip.header.state_root.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn later_blocks_are_proved_by_what_their_parents_commit_to() {
	let served = Served::start().await;
	let tips = served.blocks(5).await;
	let client = served.ws().await;
	let set = ChainSpec::preset("dev").expect("a preset").validators().expect("valid");
	let trusted = Trusted::genesis(served.genesis().0, set).expect("one validator");
	for tip in tips {
		let proof = call(&client, "plexus_finalityProof", &[json!(tip.number)]).await;
		assert_eq!(proof["handovers"], json!([]), "the set does not change");
		let block = trusted.verify(&certified(&proof["target"])).expect("is final");
		assert_eq!((block.height, block.hash), (tip.number, tip.hash.0));
		assert!(block.next_set.is_some(), "block {} commits to a set", tip.number);
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_set_come_in_pages_that_a_cursor_joins() {
	let served = Served::start().await;
	let database = served.chain.database();
	let changes = HANDOVERS_MAX + 5;
	let tip = changes + 2;
	served.blocks(tip as usize).await;
	for number in 1..=changes {
		database.put_set(number, &alice().encode()).expect("writes");
	}
	let client = served.ws().await;
	let page = call(&client, "plexus_finalityProof", &[json!(tip)]).await;
	let heights: Vec<u32> = page["handovers"].as_array().expect("a list").iter().map(height).collect();
	assert_eq!(heights, (1..=HANDOVERS_MAX).collect::<Vec<_>>());
	assert_eq!((&page["next"], &page["target"]), (&json!(HANDOVERS_MAX), &Value::Null));
	let rest = call(&client, "plexus_finalityProof", &[json!(tip), page["next"].clone()]).await;
	let heights: Vec<u32> = rest["handovers"].as_array().expect("a list").iter().map(height).collect();
	assert_eq!(heights, (HANDOVERS_MAX + 1..=changes).collect::<Vec<_>>());
	assert_eq!((height(&rest["target"]), &rest["next"]), (tip, &Value::Null));
	let set = Vec::<Voter>::decode_all(&mut &bytes(&rest["handovers"][0]["set"])[..]).expect("a set");
	assert_eq!(set, alice());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_page_may_be_exactly_full() {
	let served = Served::start().await;
	served.blocks(HANDOVERS_MAX as usize + 1).await;
	for number in 1..=HANDOVERS_MAX {
		served.chain.database().put_set(number, &alice().encode()).expect("writes");
	}
	let proof = call(&served.ws().await, "plexus_finalityProof", &[json!(HANDOVERS_MAX + 1)]).await;
	assert_eq!(proof["handovers"].as_array().map(Vec::len), Some(HANDOVERS_MAX as usize));
	assert_eq!(height(&proof["target"]), HANDOVERS_MAX + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_final_or_not_upwards_is_refused_with_the_reason() {
	let served = Served::start().await;
	served.blocks(2).await;
	let client = served.ws().await;
	let (code, message, _) = refusal(&client, "plexus_finalityProof", &[json!(3)]).await;
	assert!(
		code == 4003 && message.contains("block 3 is not final yet; the last final block is 2"),
		"{message}"
	);
	for parameters in [&[json!(0)][..], &[json!(1), json!(1)], &[json!(1), json!(2)], &[], &[json!(-1)]] {
		let (code, message, _) = refusal(&client, "plexus_finalityProof", parameters).await;
		assert_eq!(code, -32602, "{parameters:?}: {message}");
	}
}
