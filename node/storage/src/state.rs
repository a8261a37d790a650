//! The state after one block, as the runtime and the queries read it.
//!
//! The tip's state reads the flat column through the cache; an older one, within the kept history, reads the trie.
//! Roots and proofs always come from the trie. Neither ever writes.

use crate::{
	cache::ValueCache,
	error::StorageError,
	nodes::NodeStore,
	schema::STATE,
	snapshot::Snapshot,
	types::{BlockNumber, Pair, StateHasher},
	Hash,
};
use sp_state_machine::{
	backend::{BackendTransaction, IterArgs, StorageIterator},
	Backend, StorageKey, StorageValue, TrieBackend, TrieBackendBuilder, UsageInfo,
};
use sp_storage::{ChildInfo, StateVersion};
use sp_trie::{cache::LocalTrieCache, cache::SharedTrieCache, PrefixedMemoryDB};
use std::sync::Arc;

type Trie = TrieBackend<NodeStore, StateHasher, LocalTrieCache<StateHasher>>;
type TrieIter = <Trie as Backend<StateHasher>>::RawIter;

/// What executing a block did to the state; made by the execution, written by [`crate::Database::commit`].
#[derive(Clone)]
pub struct StateChanges {
	/// Changed keys with their new value, `None` where deleted; in key order, each key once.
	pub main: Vec<(Vec<u8>, Option<Vec<u8>>)>,
	/// New and unreachable trie nodes.
	pub nodes: PrefixedMemoryDB<StateHasher>,
	/// Root after the block.
	pub root: Hash,
}

/// A node's hash, or the node itself where it is shorter than a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MerkleValue {
	/// Hash of the node.
	Hash(Hash),
	/// The node inline.
	Node(Vec<u8>),
}

/// A consistent, read-only view of the state after one block. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Inner>);

struct Inner {
	number: BlockNumber,
	block_hash: Hash,
	root: Hash,
	snapshot: Arc<Snapshot>,
	/// Present where the snapshot's flat column is this very state.
	flat: Option<Arc<ValueCache>>,
	trie_cache: Arc<SharedTrieCache<StateHasher>>,
}

impl State {
	pub(crate) fn new(
		number: BlockNumber,
		block_hash: Hash,
		root: Hash,
		snapshot: Arc<Snapshot>,
		flat: Option<Arc<ValueCache>>,
		trie_cache: Arc<SharedTrieCache<StateHasher>>,
	) -> Self {
		Self(Arc::new(Inner { number, block_hash, root, snapshot, flat, trie_cache }))
	}

	/// Root of the state trie.
	pub fn root(&self) -> Hash {
		self.0.root
	}

	/// Height of the block that left this state.
	pub fn number(&self) -> BlockNumber {
		self.0.number
	}

	/// Hash of the block that left this state.
	pub fn block_hash(&self) -> Hash {
		self.0.block_hash
	}

	pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
		self.0.snapshot.clone()
	}

	/// The view that the state machine runs on. Make one per execution: it remembers the first read failure.
	pub fn backend(&self) -> StateBackend {
		let nodes = NodeStore::new(self.0.snapshot.clone());
		let trie =
			TrieBackendBuilder::new_with_cache(nodes, self.0.root, self.0.trie_cache.local_cache_trusted())
				.build();
		StateBackend { state: self.0.clone(), trie }
	}

	/// Value under `key`.
	pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
		match &self.0.flat {
			Some(cache) => cache.get(self.0.number, key, || self.0.snapshot.get(STATE, key)),
			None => self.in_trie(|t| t.storage(key)),
		}
	}

	/// BLAKE3 hash of the value under `key`, as the trie has it.
	pub fn get_hash(&self, key: &[u8]) -> Result<Option<Hash>, StorageError> {
		self.in_trie(|t| t.storage_hash(key))
	}

	/// Value under `key` in the child trie whose (unprefixed) key is `child`.
	pub fn child_get(&self, child: &[u8], key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
		self.in_trie(|t| t.child_storage(&ChildInfo::new_default(child), key))
	}

	/// Keys with `prefix`, strictly after `start_after`, in order, at most `limit`.
	pub fn keys(
		&self,
		prefix: &[u8],
		start_after: Option<&[u8]>,
		limit: usize,
	) -> Result<Vec<Vec<u8>>, StorageError> {
		if self.0.flat.is_some() {
			return Ok(self.pairs(prefix, start_after, limit)?.into_iter().map(|(k, _)| k).collect());
		}
		self.in_trie(|t| t.keys(iter_args(prefix, start_after))?.take(limit).collect())
	}

	/// Pairs with `prefix`, strictly after `start_after`, in order, at most `limit`.
	pub fn pairs(
		&self,
		prefix: &[u8],
		start_after: Option<&[u8]>,
		limit: usize,
	) -> Result<Vec<Pair>, StorageError> {
		if self.0.flat.is_some() {
			return self.0.snapshot.pairs(STATE, prefix, start_after, limit);
		}
		self.in_trie(|t| t.pairs(iter_args(prefix, start_after))?.take(limit).collect())
	}

	/// Merkle value of the closest descendant of `key` in the trie.
	pub fn closest_merkle_value(&self, key: &[u8]) -> Result<Option<MerkleValue>, StorageError> {
		Ok(self.in_trie(|t| t.closest_merkle_value(key))?.map(|v| match v {
			sp_trie::MerkleValue::Hash(hash) => MerkleValue::Hash(hash),
			sp_trie::MerkleValue::Node(node) => MerkleValue::Node(node.to_vec()),
		}))
	}

	/// Trie nodes that prove presence or absence of each of `keys` under [`State::root`].
	pub fn prove(&self, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StorageError> {
		self.in_trie(|t| {
			let proof = sp_state_machine::prove_read_on_trie_backend(t, keys).map_err(|e| e.to_string())?;
			Ok(proof.into_iter_nodes().collect())
		})
	}

	fn in_trie<T>(&self, read: impl FnOnce(&Trie) -> Result<T, String>) -> Result<T, StorageError> {
		let backend = self.backend();
		let result = read(&backend.trie);
		match backend.take_failure() {
			Some(failure) => Err(failure),
			None => result.map_err(StorageError::State),
		}
	}
}

fn iter_args<'a>(prefix: &'a [u8], start_after: Option<&'a [u8]>) -> IterArgs<'a> {
	let mut args = IterArgs::default();
	args.prefix = Some(prefix);
	args.start_at = start_after;
	args.start_at_exclusive = true;
	args
}

/// [`sp_state_machine::Backend`] over a [`State`].
pub struct StateBackend {
	state: Arc<Inner>,
	trie: Trie,
}

impl StateBackend {
	/// The first read that failed, if any: whatever was computed from this backend is then void.
	pub fn take_failure(&self) -> Option<StorageError> {
		self.trie.backend_storage().take_failure()
	}

	fn note<T>(&self, result: Result<T, StorageError>) -> Result<T, String> {
		result.map_err(|e| self.trie.backend_storage().note_failure(e))
	}
}

impl core::fmt::Debug for StateBackend {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "StateBackend({})", self.state.number)
	}
}

/// Iteration goes through the trie: the runtime hardly iterates, and both orders are the same.
pub struct StateIter(TrieIter);

impl StorageIterator<StateHasher> for StateIter {
	type Backend = StateBackend;
	type Error = String;

	fn next_key(&mut self, backend: &StateBackend) -> Option<Result<StorageKey, String>> {
		self.0.next_key(&backend.trie)
	}

	fn next_pair(&mut self, backend: &StateBackend) -> Option<Result<(StorageKey, StorageValue), String>> {
		self.0.next_pair(&backend.trie)
	}

	fn was_complete(&self) -> bool {
		self.0.was_complete()
	}
}

impl Backend<StateHasher> for StateBackend {
	type Error = String;
	type TrieBackendStorage = NodeStore;
	type RawIter = StateIter;

	fn storage(&self, key: &[u8]) -> Result<Option<StorageValue>, String> {
		match &self.state.flat {
			Some(cache) => {
				self.note(cache.get(self.state.number, key, || self.state.snapshot.get(STATE, key)))
			}
			None => self.trie.storage(key),
		}
	}

	fn exists_storage(&self, key: &[u8]) -> Result<bool, String> {
		Ok(self.storage(key)?.is_some())
	}

	fn storage_hash(&self, key: &[u8]) -> Result<Option<Hash>, String> {
		self.trie.storage_hash(key)
	}

	fn closest_merkle_value(&self, key: &[u8]) -> Result<Option<sp_trie::MerkleValue<Hash>>, String> {
		self.trie.closest_merkle_value(key)
	}

	fn child_closest_merkle_value(
		&self,
		child: &ChildInfo,
		key: &[u8],
	) -> Result<Option<sp_trie::MerkleValue<Hash>>, String> {
		self.trie.child_closest_merkle_value(child, key)
	}

	fn child_storage(&self, child: &ChildInfo, key: &[u8]) -> Result<Option<StorageValue>, String> {
		self.trie.child_storage(child, key)
	}

	fn child_storage_hash(&self, child: &ChildInfo, key: &[u8]) -> Result<Option<Hash>, String> {
		self.trie.child_storage_hash(child, key)
	}

	fn next_storage_key(&self, key: &[u8]) -> Result<Option<StorageKey>, String> {
		match &self.state.flat {
			Some(_) => self.note(self.state.snapshot.next_key(STATE, key, true)),
			None => self.trie.next_storage_key(key),
		}
	}

	fn next_child_storage_key(&self, child: &ChildInfo, key: &[u8]) -> Result<Option<StorageKey>, String> {
		self.trie.next_child_storage_key(child, key)
	}

	fn storage_root<'a>(
		&self,
		delta: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
		version: StateVersion,
	) -> (Hash, BackendTransaction<StateHasher>) {
		self.trie.storage_root(delta, version)
	}

	fn child_storage_root<'a>(
		&self,
		child: &ChildInfo,
		delta: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
		version: StateVersion,
	) -> (Hash, bool, BackendTransaction<StateHasher>) {
		self.trie.child_storage_root(child, delta, version)
	}

	fn raw_iter(&self, args: IterArgs) -> Result<StateIter, String> {
		self.trie.raw_iter(args).map(StateIter)
	}

	fn register_overlay_stats(&self, _: &sp_state_machine::StateMachineStats) {}

	fn usage_info(&self) -> UsageInfo {
		UsageInfo::empty()
	}
}
