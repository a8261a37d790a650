//! Shapes of answers that more than one namespace has.
//!
//! # Must not
//! Be changed lightly: clients depend on each name and each form.

use plexus_storage::{Hash, Header, MerkleValue};
use serde::{Serialize, Serializer};

/// Bytes that stand in JSON as `0x` and hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hex<B: AsRef<[u8]> = Vec<u8>>(pub B);

impl<B: AsRef<[u8]>> Serialize for Hex<B> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&to_hex(self.0.as_ref()))
	}
}

/// `0x` and hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
	let mut text = vec![0; 2 + 2 * bytes.len()];
	text[..2].copy_from_slice(b"0x");
	hex::encode_to_slice(bytes, &mut text[2..])
		.expect("the text has two digits per byte, because it was made so");
	String::from_utf8(text).expect("hexadecimal digits are UTF-8, because they are ASCII")
}

/// Many byte strings in hexadecimal.
pub fn all_hex(list: Vec<Vec<u8>>) -> Vec<Hex> {
	list.into_iter().map(Hex).collect()
}

/// A block as `chain_getBlock` answers it.
#[derive(Serialize)]
pub struct SignedBlock {
	/// Header and extrinsics.
	pub block: BlockJson,
	/// Always `null`: the proofs of finality of this chain have no engine id that clients know.
	pub justifications: Option<()>,
}

/// Header and extrinsics.
#[derive(Serialize)]
pub struct BlockJson {
	/// The header in the form that Substrate gives it.
	pub header: Header,
	/// The extrinsics' bytes.
	pub extrinsics: Vec<Hex>,
}

/// Keys with their values at a block; `null` where there is none.
#[derive(Serialize)]
pub struct StorageChanges {
	/// The block.
	pub block: Hash,
	/// Pairs of key and value.
	pub changes: Vec<(Hex, Option<Hex>)>,
}

/// One result of a storage query of the modern methods.
#[derive(Serialize)]
pub struct StorageResult {
	/// The key.
	pub key: Hex,
	/// What is known of it.
	#[serde(flatten)]
	pub fact: StorageFact,
}

/// What a storage query found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StorageFact {
	/// The value.
	Value(Hex),
	/// The value's hash, as the trie has it.
	Hash(Hash),
	/// The Merkle value of the closest descendant.
	ClosestDescendantMerkleValue(Hex),
}

impl From<MerkleValue> for StorageFact {
	fn from(value: MerkleValue) -> Self {
		Self::ClosestDescendantMerkleValue(Hex(match value {
			MerkleValue::Hash(hash) => hash.as_bytes().to_vec(),
			MerkleValue::Node(node) => node,
		}))
	}
}

/// The runtime's version as `chainHead_v1_follow` gives it: other than in the legacy form, APIs are a map.
pub fn runtime_spec(version: &sp_version::RuntimeVersion) -> serde_json::Value {
	let apis: serde_json::Map<String, serde_json::Value> =
		version.apis.iter().map(|(id, number)| (to_hex(id), serde_json::json!(number))).collect();
	serde_json::json!({
		"type": "valid",
		"spec": {
			"specName": version.spec_name,
			"implName": version.impl_name,
			"specVersion": version.spec_version,
			"implVersion": version.impl_version,
			"transactionVersion": version.transaction_version,
			"apis": apis,
		},
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bytes_are_lower_case_hexadecimal_with_a_prefix() {
		assert_eq!(to_hex(&[]), "0x");
		assert_eq!(to_hex(&[0, 0xab, 0xff]), "0x00abff");
	}

	#[test]
	fn a_storage_result_has_key_and_fact_side_by_side() {
		let result = StorageResult { key: Hex(vec![1]), fact: StorageFact::Value(Hex(vec![2])) };
		assert_eq!(
			serde_json::to_value(&result).expect("JSON"),
			serde_json::json!({"key": "0x01", "value": "0x02"})
		);
		let result = StorageResult { key: Hex(vec![1]), fact: MerkleValue::Node(vec![3]).into() };
		assert_eq!(
			serde_json::to_value(&result).expect("JSON"),
			serde_json::json!({"key": "0x01", "closestDescendantMerkleValue": "0x03"})
		);
	}
}
