//! [`StorageQuery`]: the storage queries of the modern methods, answered in pages.
//!
//! # Must not
//! Hold a view of the state between pages: a slow reader would keep the database from forgetting it.
//!
//! # Invariants
//! A page holds at most [`PAGE_RESULTS`] results and about [`PAGE_BYTES`]; following the cursor gives every result
//! once, in the order of the queries and of the keys.

use crate::{
	arguments::HexBytes,
	errors::RpcError,
	types::{Hex, StorageFact, StorageResult},
};
use plexus_storage::State;
use serde::Deserialize;

/// Results in a page.
const PAGE_RESULTS: usize = 256;

/// Bytes of values after which a page ends.
const PAGE_BYTES: usize = 512 * 1024;

/// What is asked about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QueryType {
	/// Its value.
	Value,
	/// Its value's hash.
	Hash,
	/// The Merkle value of its closest descendant.
	ClosestDescendantMerkleValue,
	/// The values of all keys that begin with it.
	DescendantsValues,
	/// The hashes of the values of all keys that begin with it.
	DescendantsHashes,
}

/// One query.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageQuery {
	/// The key.
	pub key: HexBytes,
	/// What is asked about it.
	#[serde(rename = "type")]
	pub query_type: QueryType,
	/// For descendants: the key after which to begin.
	#[serde(default)]
	pub pagination_start_key: Option<HexBytes>,
}

/// What callers are told that a list of queries should be.
pub const RIGHT: &str =
	"an array of {\"key\": hexadecimal, \"type\": \"value\" | \"hash\" | \"closestDescendantMerkleValue\" | \
	 \"descendantsValues\" | \"descendantsHashes\"}";

/// Queries that belong together.
#[derive(Clone, Debug)]
pub struct Queries {
	/// In the order of their answers.
	pub queries: Vec<StorageQuery>,
	/// The child trie that they are about.
	pub child: Option<Vec<u8>>,
}

/// Where the next page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
	query: usize,
	after: Option<Vec<u8>>,
}

/// Results, and where to go on.
pub struct Page {
	/// At most [`PAGE_RESULTS`].
	pub results: Vec<StorageResult>,
	/// `None` at the end.
	pub next: Option<Cursor>,
}

impl Queries {
	/// Refuses what cannot be answered before anything is answered.
	pub fn check(&self) -> Result<(), RpcError> {
		if self.child.is_some() && self.queries.iter().any(|query| query.query_type != QueryType::Value) {
			return Err(RpcError::InvalidParams("of a child trie only `value` can be queried".into()));
		}
		Ok(())
	}

	/// The page that begins at `cursor`.
	pub fn page(&self, state: &State, cursor: Cursor) -> Result<Page, RpcError> {
		let Cursor { query: mut index, mut after } = cursor;
		let mut results = Vec::new();
		let mut bytes = 0;
		while let Some(query) = self.queries.get(index) {
			if results.len() >= PAGE_RESULTS || bytes >= PAGE_BYTES {
				return Ok(Page { results, next: Some(Cursor { query: index, after }) });
			}
			match query.query_type {
				QueryType::DescendantsValues | QueryType::DescendantsHashes => {
					let start =
						after.take().or_else(|| query.pagination_start_key.clone().map(|HexBytes(key)| key));
					let wanted = PAGE_RESULTS - results.len();
					let keys = state.keys(&query.key.0, start.as_deref(), wanted)?;
					let mut complete = keys.len() < wanted;
					for key in keys {
						if bytes >= PAGE_BYTES {
							complete = false;
							break;
						}
						after = Some(key.clone());
						let fact = match query.query_type {
							QueryType::DescendantsValues => {
								state.get(&key)?.map(|value| StorageFact::Value(Hex(value)))
							}
							_ => state.get_hash(&key)?.map(StorageFact::Hash),
						};
						bytes += push(&mut results, key, fact);
					}
					if !complete {
						return Ok(Page { results, next: Some(Cursor { query: index, after }) });
					}
					after = None;
				}
				_ => {
					let fact = self.fact(state, query)?;
					bytes += push(&mut results, query.key.0.clone(), fact);
				}
			}
			index += 1;
		}
		Ok(Page { results, next: None })
	}

	fn fact(&self, state: &State, query: &StorageQuery) -> Result<Option<StorageFact>, RpcError> {
		let key = &query.key.0;
		Ok(match (&self.child, query.query_type) {
			(Some(child), _) => state.child_get(child, key)?.map(|value| StorageFact::Value(Hex(value))),
			(None, QueryType::Hash) => state.get_hash(key)?.map(StorageFact::Hash),
			(None, QueryType::ClosestDescendantMerkleValue) => {
				state.closest_merkle_value(key)?.map(StorageFact::from)
			}
			(None, _) => state.get(key)?.map(|value| StorageFact::Value(Hex(value))),
		})
	}
}

/// Adds a result if there is one; how many bytes it has.
fn push(results: &mut Vec<StorageResult>, key: Vec<u8>, fact: Option<StorageFact>) -> usize {
	let Some(fact) = fact else { return 0 };
	let bytes = key.len()
		+ match &fact {
			StorageFact::Value(Hex(value)) | StorageFact::ClosestDescendantMerkleValue(Hex(value)) => {
				value.len()
			}
			StorageFact::Hash(_) => 32,
		};
	results.push(StorageResult { key: Hex(key), fact });
	bytes
}
