//! Externalities that count what a call reads and writes.
//!
//! Both the tests of settlement and the bench `settlement` use this.
//!
//! # Must not
//! Change what a call sees: everything is handed on.
//!
//! # Invariants
//! Every access to the top state passes here, whether the overlay or the state under it answers. Nothing in the runtime
//! has child tries.

use sp_core::storage::{ChildInfo, StateVersion, TrackedStorageKey};
use sp_externalities::{
	set_and_run_with_externalities, Error, Extension, ExtensionStore, Externalities, MultiRemovalResults,
};
use std::{
	any::{Any, TypeId},
	collections::BTreeSet,
};

/// What was read and written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
	/// Reads, of one key several times too.
	pub reads: usize,
	/// Writes, of one key several times too.
	pub writes: usize,
	/// Different keys read.
	pub keys_read: usize,
	/// Different keys written.
	pub keys_written: usize,
}

/// Executes something, and counts.
pub fn counted<T>(inner: &mut dyn Externalities, action: impl FnOnce() -> T) -> (T, Counts) {
	let (mut read, mut written) = (Accesses::default(), Accesses::default());
	let mut counting = Counting { inner, read: &mut read, written: &mut written };
	let result = set_and_run_with_externalities(&mut counting, action);
	let counts = Counts {
		reads: read.count,
		writes: written.count,
		keys_read: read.keys.len(),
		keys_written: written.keys.len(),
	};
	(result, counts)
}

#[derive(Default)]
struct Accesses {
	count: usize,
	keys: BTreeSet<Vec<u8>>,
}

impl Accesses {
	fn note(&mut self, key: &[u8]) {
		self.count += 1;
		self.keys.insert(key.to_vec());
	}
}

struct Counting<'a> {
	inner: &'a mut dyn Externalities,
	read: &'a mut Accesses,
	written: &'a mut Accesses,
}

impl ExtensionStore for Counting<'_> {
	fn extension_by_type_id(&mut self, id: TypeId) -> Option<&mut dyn Any> {
		self.inner.extension_by_type_id(id)
	}

	fn register_extension_with_type_id(
		&mut self,
		id: TypeId,
		extension: Box<dyn Extension>,
	) -> Result<(), Error> {
		self.inner.register_extension_with_type_id(id, extension)
	}

	fn deregister_extension_by_type_id(&mut self, id: TypeId) -> Result<(), Error> {
		self.inner.deregister_extension_by_type_id(id)
	}
}

impl Externalities for Counting<'_> {
	fn storage(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.read.note(key);
		self.inner.storage(key)
	}

	fn storage_hash(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.read.note(key);
		self.inner.storage_hash(key)
	}

	fn exists_storage(&mut self, key: &[u8]) -> bool {
		self.read.note(key);
		self.inner.exists_storage(key)
	}

	fn next_storage_key(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.read.note(key);
		self.inner.next_storage_key(key)
	}

	fn place_storage(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.written.note(&key);
		self.inner.place_storage(key, value)
	}

	fn storage_append(&mut self, key: Vec<u8>, value: Vec<u8>) {
		self.written.note(&key);
		self.inner.storage_append(key, value)
	}

	fn clear_prefix(
		&mut self,
		prefix: &[u8],
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.written.note(prefix);
		self.inner.clear_prefix(prefix, limit, cursor)
	}

	fn set_offchain_storage(&mut self, key: &[u8], value: Option<&[u8]>) {
		self.inner.set_offchain_storage(key, value)
	}

	fn child_storage(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.child_storage(child, key)
	}

	fn child_storage_hash(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.child_storage_hash(child, key)
	}

	fn next_child_storage_key(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.inner.next_child_storage_key(child, key)
	}

	fn kill_child_storage(
		&mut self,
		child: &ChildInfo,
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.inner.kill_child_storage(child, limit, cursor)
	}

	fn clear_child_prefix(
		&mut self,
		child: &ChildInfo,
		prefix: &[u8],
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.inner.clear_child_prefix(child, prefix, limit, cursor)
	}

	fn place_child_storage(&mut self, child: &ChildInfo, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.inner.place_child_storage(child, key, value)
	}

	fn storage_root(&mut self, version: StateVersion) -> Vec<u8> {
		self.inner.storage_root(version)
	}

	fn child_storage_root(&mut self, child: &ChildInfo, version: StateVersion) -> Vec<u8> {
		self.inner.child_storage_root(child, version)
	}

	fn storage_start_transaction(&mut self) {
		self.inner.storage_start_transaction()
	}

	fn storage_rollback_transaction(&mut self) -> Result<(), ()> {
		self.inner.storage_rollback_transaction()
	}

	fn storage_commit_transaction(&mut self) -> Result<(), ()> {
		self.inner.storage_commit_transaction()
	}

	fn wipe(&mut self) {
		self.inner.wipe()
	}

	fn commit(&mut self) {
		self.inner.commit()
	}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		self.inner.read_write_count()
	}

	fn reset_read_write_count(&mut self) {
		self.inner.reset_read_write_count()
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		self.inner.get_whitelist()
	}

	fn set_whitelist(&mut self, new: Vec<TrackedStorageKey>) {
		self.inner.set_whitelist(new)
	}

	fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
		self.inner.get_read_and_written_keys()
	}
}
