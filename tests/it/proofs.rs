//! State proofs: a light client can check a balance with nothing but a header and BLAKE3.

use anyhow::{ensure, Context, Result};
use plexus_primitives::Blake3Hasher;
use plexus_tests::{
	rpc::{from_hex, to_hex},
	wallet::{account_key, stranger},
	Key, Node, NodeOptions,
};
use serde_json::{json, Value};
use sp_core::H256;
use sp_trie::LayoutV1;

#[tokio::test(flavor = "multi_thread")]
async fn a_read_proof_proves_presence_and_absence_against_the_headers_state_root() -> Result<()> {
	let node = Node::start(NodeOptions::default()).await?;
	let rpc = node.rpc().await?;
	rpc.new_blocks(1).await?;
	let head = rpc.finalised_head().await?;
	let header: Value = rpc.request("chain_getHeader", &[head.hash.clone().into()]).await?;
	let root =
		H256::from_slice(&from_hex(header["stateRoot"].as_str().context("a header has a state root")?)?);
	let present = account_key(&Key::sr25519("//Alice").account());
	let absent = account_key(&stranger(77));
	let keys = json!([to_hex(&present), to_hex(&absent)]);
	let answer: Value = rpc.request("state_getReadProof", &[keys, head.hash.clone().into()]).await?;
	ensure!(answer["at"] == head.hash.as_str(), "{answer}");
	let nodes = answer["proof"].as_array().context("a proof is a list")?;
	let proof =
		nodes.iter().map(|node| from_hex(node.as_str().unwrap_or_default())).collect::<Result<Vec<_>>>()?;
	let value: String = rpc.request("state_getStorage", &[to_hex(&present).into(), head.hash.into()]).await?;
	let value = from_hex(&value)?;

	let verify = |proof: &[Vec<u8>], items: &[(Vec<u8>, Option<Vec<u8>>)]| {
		let database = sp_trie::StorageProof::new(proof.iter().cloned()).into_memory_db::<Blake3Hasher>();
		items.iter().all(|(key, wanted)| {
			let read =
				sp_trie::read_trie_value::<LayoutV1<Blake3Hasher>, _>(&database, &root, key, None, None);
			read.is_ok_and(|found| found == *wanted)
		})
	};
	ensure!(
		verify(&proof, &[(present.clone(), Some(value.clone())), (absent, None)]),
		"the proof does not hold"
	);
	let mut wrong = value.clone();
	wrong[16] ^= 1;
	ensure!(!verify(&proof, &[(present.clone(), Some(wrong))]), "a wrong balance was proved");
	let mut damaged = proof.clone();
	damaged[0][0] ^= 1;
	ensure!(!verify(&damaged, &[(present, Some(value))]), "a damaged proof holds");
	Ok(())
}
