//! Trie nodes on disk.
//!
//! Nodes are keyed by their position (nibble prefix) and hash, so that no two positions share one and no reference
//! counts are needed. Each carries the height of the block that inserted it. A block that makes a node unreachable
//! only says so in its journal; when that block becomes the oldest kept, the node is deleted unless a later block
//! inserted it again, which its height tells.

use crate::{
	error::StorageError,
	schema::{JOURNAL, NODES},
	snapshot::{cf, Snapshot},
	types::{BlockNumber, StateHasher},
	Hash,
};
use codec::{Decode, Encode};
use hash_db::Prefix;
use parking_lot::Mutex;
use rocksdb::{WriteBatch, DB};
use sp_state_machine::TrieBackendStorage;
use sp_trie::{DBValue, PrefixedMemoryDB};
use std::sync::Arc;

const HEIGHT_BYTES: usize = 4;

/// Reads nodes through a snapshot; remembers the first failure, because the trie code only logs it.
#[derive(Clone)]
pub struct NodeStore {
	snapshot: Arc<Snapshot>,
	failure: Arc<Mutex<Option<StorageError>>>,
}

impl NodeStore {
	pub fn new(snapshot: Arc<Snapshot>) -> Self {
		Self { snapshot, failure: Arc::default() }
	}

	pub fn take_failure(&self) -> Option<StorageError> {
		self.failure.lock().take()
	}

	pub fn note_failure(&self, e: StorageError) -> String {
		let text = e.to_string();
		self.failure.lock().get_or_insert(e);
		text
	}
}

impl TrieBackendStorage<StateHasher> for NodeStore {
	fn get(&self, hash: &Hash, prefix: Prefix) -> Result<Option<DBValue>, String> {
		let key = sp_trie::prefixed_key::<StateHasher>(hash, prefix);
		match self.snapshot.get(NODES, &key) {
			Ok(None) => Ok(None),
			Ok(Some(mut node)) if node.len() >= HEIGHT_BYTES => {
				node.truncate(node.len() - HEIGHT_BYTES);
				Ok(Some(node))
			}
			Ok(Some(_)) => {
				Err(self.note_failure(StorageError::Corrupt("a trie node is shorter than its height".into())))
			}
			Err(e) => Err(self.note_failure(e)),
		}
	}
}

/// Adds a block's new nodes to the batch and, unless everything is kept, its journal.
pub fn write(
	db: &DB,
	batch: &mut WriteBatch,
	number: BlockNumber,
	mut nodes: PrefixedMemoryDB<StateHasher>,
	archive: bool,
) {
	let column = cf(db, NODES);
	let mut unreachable = Vec::new();
	for (key, (mut node, count)) in nodes.drain() {
		match count.signum() {
			1 => {
				node.extend_from_slice(&number.to_le_bytes());
				batch.put_cf(column, &key, &node);
			}
			-1 if !archive => unreachable.push(key),
			_ => {}
		}
	}
	if !unreachable.is_empty() {
		unreachable.sort_unstable();
		batch.put_cf(cf(db, JOURNAL), crate::schema::height_key(number), unreachable.encode());
	}
}

/// Deletes what block `number` made unreachable: called when the states before it are given up.
pub fn prune(db: &DB, batch: &mut WriteBatch, number: BlockNumber) -> Result<(), StorageError> {
	let height = crate::schema::height_key(number);
	let Some(journal) = db.get_pinned_cf(cf(db, JOURNAL), height)? else { return Ok(()) };
	let keys = Vec::<Vec<u8>>::decode(&mut &journal[..])
		.map_err(|e| StorageError::Undecodable { what: "journal", detail: e.to_string() })?;
	let column = cf(db, NODES);
	for key in keys {
		let Some(node) = db.get_pinned_cf(column, &key)? else { continue };
		let inserted = node.last_chunk::<HEIGHT_BYTES>().map_or(0, |b| u32::from_le_bytes(*b));
		if inserted <= number {
			batch.delete_cf(column, &key);
		}
	}
	batch.delete_cf(cf(db, JOURNAL), height);
	Ok(())
}
