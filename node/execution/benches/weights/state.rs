//! A flat state in memory that counts which keys are read and written.
//!
//! Reading is a look-up in a sorted map and a copy of the value, which is about what a hit in the node's value cache
//! takes. What a miss, the trie and the disk cost is the runtime's `DbWeight`, by which the counted keys are priced.
//!
//! # Must not
//! Compute roots: those are in the price of a write, and what is timed must not contain them twice.
//!
//! # Invariants
//! A key that was read once is in the overlay's and the node's caches afterwards: it is counted once, and so is a key that
//! is read after it was written. Keys on the whitelist are not counted.

use plexus_storage::{Hash, StateHasher};
use sp_core::storage::{ChildInfo, StateVersion, Storage, TrackedStorageKey};
use sp_state_machine::{
	backend::BackendTransaction, Backend, ChildStorageCollection, IterArgs, MemoryDB, StorageCollection,
	StorageIterator, StorageKey, StorageValue, UsageInfo,
};
use std::{
	cell::RefCell,
	collections::{btree_map::Entry, BTreeMap, HashMap},
	ops::Bound,
};

/// Counts by prefix: pallet and item, where the key has them; reads, writes, and whether nothing of it counts.
type CountsByPrefix = BTreeMap<Vec<u8>, (u32, u32, bool)>;

/// Bytes of the hashes of pallet and item, with which each key begins.
const PREFIX_BYTES: usize = 32;

/// The state of a chain, and what was done to it since it was reset.
#[derive(Debug)]
pub struct FlatState {
	values: RefCell<BTreeMap<Vec<u8>, Vec<u8>>>,
	/// What stood in the genesis under the keys that were changed since.
	undo: RefCell<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
	touched: RefCell<HashMap<Vec<u8>, TrackedStorageKey>>,
	whitelist: RefCell<Vec<TrackedStorageKey>>,
}

impl FlatState {
	/// The state of a genesis.
	pub fn new(genesis: Storage) -> Self {
		Self {
			values: RefCell::new(genesis.top),
			undo: Default::default(),
			touched: Default::default(),
			whitelist: Default::default(),
		}
	}

	fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
		self.touch(key, TrackedStorageKey::has_been_read, TrackedStorageKey::add_read);
		self.values.borrow().get(key).cloned()
	}

	/// Notes the first read, or the first write, of a key.
	fn touch(&self, key: &[u8], is_noted: fn(&TrackedStorageKey) -> bool, note: fn(&mut TrackedStorageKey)) {
		let mut touched = self.touched.borrow_mut();
		if !touched.contains_key(key) {
			touched.insert(key.to_vec(), TrackedStorageKey::new(key.to_vec()));
		}
		if let Some(tracked) = touched.get_mut(key).filter(|tracked| !is_noted(tracked)) {
			note(tracked);
		}
	}

	fn put(&self, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.touch(&key, TrackedStorageKey::has_been_written, TrackedStorageKey::add_write);
		let mut values = self.values.borrow_mut();
		let before = match value {
			Some(value) => values.insert(key.clone(), value),
			None => values.remove(&key),
		};
		if let Entry::Vacant(place) = self.undo.borrow_mut().entry(key) {
			place.insert(before);
		}
	}

	/// The first key after, or at, another.
	fn key_from(&self, from: Bound<&[u8]>) -> Option<(Vec<u8>, Vec<u8>)> {
		let values = self.values.borrow();
		let mut range = values.range::<[u8], _>((from, Bound::Unbounded));
		range.next().map(|(key, value)| (key.clone(), value.clone()))
	}
}

/// Goes through the keys with a prefix.
pub struct FlatIter {
	prefix: Vec<u8>,
	next: Bound<Vec<u8>>,
	is_complete: bool,
}

impl FlatIter {
	fn advance(&mut self, state: &FlatState) -> Option<(Vec<u8>, Vec<u8>)> {
		let found = state.key_from(self.next.as_ref().map(Vec::as_slice));
		let found = found.filter(|(key, _)| key.starts_with(&self.prefix));
		match &found {
			Some((key, _)) => self.next = Bound::Excluded(key.clone()),
			None => self.is_complete = true,
		}
		found
	}
}

impl StorageIterator<StateHasher> for FlatIter {
	type Backend = FlatState;
	type Error = String;

	fn next_key(&mut self, state: &FlatState) -> Option<Result<StorageKey, String>> {
		self.advance(state).map(|(key, _)| Ok(key))
	}

	fn next_pair(&mut self, state: &FlatState) -> Option<Result<(StorageKey, StorageValue), String>> {
		self.advance(state).map(Ok)
	}

	fn was_complete(&self) -> bool {
		self.is_complete
	}
}

fn no_child<T>() -> Result<T, String> {
	Err("the runtime has no child tries".into())
}

fn no_trie<T>() -> Result<T, String> {
	Err("this state has no trie".into())
}

impl Backend<StateHasher> for FlatState {
	type Error = String;
	type TrieBackendStorage = MemoryDB<StateHasher>;
	type RawIter = FlatIter;

	fn storage(&self, key: &[u8]) -> Result<Option<StorageValue>, String> {
		Ok(self.get(key))
	}

	fn exists_storage(&self, key: &[u8]) -> Result<bool, String> {
		Ok(self.get(key).is_some())
	}

	fn storage_hash(&self, _: &[u8]) -> Result<Option<Hash>, String> {
		no_trie()
	}

	fn closest_merkle_value(&self, _: &[u8]) -> Result<Option<sp_trie::MerkleValue<Hash>>, String> {
		no_trie()
	}

	fn child_closest_merkle_value(
		&self,
		_: &ChildInfo,
		_: &[u8],
	) -> Result<Option<sp_trie::MerkleValue<Hash>>, String> {
		no_child()
	}

	fn child_storage(&self, _: &ChildInfo, _: &[u8]) -> Result<Option<StorageValue>, String> {
		no_child()
	}

	fn child_storage_hash(&self, _: &ChildInfo, _: &[u8]) -> Result<Option<Hash>, String> {
		no_child()
	}

	fn next_storage_key(&self, key: &[u8]) -> Result<Option<StorageKey>, String> {
		Ok(self.key_from(Bound::Excluded(key)).map(|(key, _)| key))
	}

	fn next_child_storage_key(&self, _: &ChildInfo, _: &[u8]) -> Result<Option<StorageKey>, String> {
		no_child()
	}

	fn storage_root<'a>(
		&self,
		_: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
		_: StateVersion,
	) -> (Hash, BackendTransaction<StateHasher>) {
		Default::default()
	}

	fn child_storage_root<'a>(
		&self,
		_: &ChildInfo,
		_: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
		_: StateVersion,
	) -> (Hash, bool, BackendTransaction<StateHasher>) {
		Default::default()
	}

	fn raw_iter(&self, args: IterArgs) -> Result<FlatIter, String> {
		let prefix = args.prefix.unwrap_or_default().to_vec();
		let start = args.start_at.filter(|start| *start >= prefix.as_slice());
		let next = match start {
			Some(start) if args.start_at_exclusive => Bound::Excluded(start.to_vec()),
			Some(start) => Bound::Included(start.to_vec()),
			None => Bound::Included(prefix.clone()),
		};
		Ok(FlatIter { prefix, next, is_complete: false })
	}

	fn register_overlay_stats(&self, _: &sp_state_machine::StateMachineStats) {}

	fn usage_info(&self) -> UsageInfo {
		UsageInfo::empty()
	}

	fn wipe(&self) -> Result<(), String> {
		let mut values = self.values.borrow_mut();
		for (key, value) in self.undo.take() {
			match value {
				Some(value) => values.insert(key, value),
				None => values.remove(&key),
			};
		}
		drop(values);
		self.reset_read_write_count();
		Ok(())
	}

	fn commit(
		&self,
		_: Hash,
		_: BackendTransaction<StateHasher>,
		changes: StorageCollection,
		_: ChildStorageCollection,
	) -> Result<(), String> {
		changes.into_iter().for_each(|(key, value)| self.put(key, value));
		Ok(())
	}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		let touched = self.touched.borrow();
		let counted = touched.values().filter(|tracked| !tracked.whitelisted);
		let (reads, writes) = counted.fold((0, 0), |(reads, writes), tracked| {
			(reads + tracked.reads.min(1), writes + tracked.writes.min(1))
		});
		(reads, 0, writes, 0)
	}

	fn reset_read_write_count(&self) {
		// Whoever put a key on the list may not have marked it.
		let free = |listed: &TrackedStorageKey| (listed.key.clone(), listed.key.clone().into());
		*self.touched.borrow_mut() = self.whitelist.borrow().iter().map(free).collect();
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		self.whitelist.borrow().clone()
	}

	fn set_whitelist(&self, whitelist: Vec<TrackedStorageKey>) {
		*self.whitelist.borrow_mut() = whitelist;
	}

	fn proof_size(&self) -> Option<u32> {
		None
	}

	fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
		let mut counts = CountsByPrefix::new();
		for tracked in self.touched.borrow().values().filter(|tracked| !tracked.whitelisted) {
			let prefix = tracked.key.iter().copied().take(PREFIX_BYTES).collect();
			let (reads, writes, _) = counts.entry(prefix).or_default();
			*reads += tracked.reads.min(1);
			*writes += tracked.writes.min(1);
		}
		let flat = |(prefix, (reads, writes, is_free))| (prefix, reads, writes, is_free);
		counts.into_iter().map(flat).collect()
	}
}
