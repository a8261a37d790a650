//! What the runtime's host functions reach while it executes: an [`Overlay`] over a state, and extensions.
//!
//! Errors of the state are panics here, as in the framework: [`crate::environment`] catches them, and asks the backend what
//! could not be read.
//!
//! # Must not
//! Keep child tries, an index of transactions or a node-local store: the runtime has none of them.

use crate::overlay::Overlay;
use codec::Encode;
use plexus_storage::StateHasher;
use sp_core::{
	storage::well_known_keys::{is_child_storage_key, starts_with_child_storage_key},
	Hasher,
};
use sp_externalities::{Error, Extension, ExtensionStore, Extensions, Externalities, MultiRemovalResults};
use sp_state_machine::{backend::IterArgs, Backend};
use sp_storage::{ChildInfo, StateVersion, TrackedStorageKey};
use std::{
	any::{Any, TypeId},
	cmp::Ordering,
};

const UNREADABLE: &str = "the state can be read";

/// See [the module](self).
pub struct Ext<'a, B> {
	overlay: &'a mut Overlay,
	backend: &'a B,
	extensions: Extensions,
}

impl<'a, B: Backend<StateHasher>> Ext<'a, B> {
	/// Executes over a backend, and leaves what was changed in an overlay.
	pub fn new(overlay: &'a mut Overlay, backend: &'a B, extensions: Extensions) -> Self {
		Self { overlay, backend, extensions }
	}

	/// Removes keys of the state, not more than `limit`. Returns where to go on if some are left, how many were there before
	/// this, and how many were looked at.
	fn remove_stored(
		&mut self,
		prefix: &[u8],
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> (Option<Vec<u8>>, u32, u32) {
		let mut args = IterArgs::default();
		(args.prefix, args.start_at) = (Some(prefix), cursor);
		let (mut removed, mut seen) = (0, 0);
		for key in self.backend.keys(args).expect(UNREADABLE) {
			let key = key.expect(UNREADABLE);
			if limit == Some(seen) {
				return (Some(key), removed, seen);
			}
			seen += 1;
			if !matches!(self.overlay.get(&key), Some(None)) {
				removed += 1;
				self.overlay.set(key, None);
			}
		}
		(None, removed, seen)
	}
}

impl<B: Backend<StateHasher>> Externalities for Ext<'_, B> {
	fn storage(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		match self.overlay.get(key) {
			Some(value) => value.map(Into::into),
			None => self.backend.storage(key).expect(UNREADABLE),
		}
	}

	fn storage_hash(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let hash = match self.overlay.get(key) {
			Some(value) => value.map(|value| StateHasher::hash(&value)),
			None => self.backend.storage_hash(key).expect(UNREADABLE),
		};
		hash.map(|hash| hash.encode())
	}

	fn exists_storage(&mut self, key: &[u8]) -> bool {
		match self.overlay.get(key) {
			Some(value) => value.is_some(),
			None => self.backend.exists_storage(key).expect(UNREADABLE),
		}
	}

	fn next_storage_key(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let stored_after = |key: &[u8]| self.backend.next_storage_key(key).expect(UNREADABLE);
		let mut stored = stored_after(key);
		let mut key = key.to_vec();
		while let Some((written, has_value)) = self.overlay.next_key(&key) {
			match stored.as_deref().map(|stored| stored.cmp(written)) {
				Some(Ordering::Less) => break,
				_ if has_value => return Some(written.to_vec()),
				Some(Ordering::Equal) => stored = stored_after(written),
				Some(Ordering::Greater) | None => {}
			}
			key = written.to_vec();
		}
		stored
	}

	fn place_storage(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
		if is_child_storage_key(&key) {
			tracing::warn!("the runtime wrote to the key of a child trie; nothing was written");
			return;
		}
		self.overlay.set(key, value);
	}

	fn storage_append(&mut self, key: Vec<u8>, value: Vec<u8>) {
		self.overlay.append(key, &value, |key| self.backend.storage(key).expect(UNREADABLE));
	}

	fn clear_prefix(
		&mut self,
		prefix: &[u8],
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		if starts_with_child_storage_key(prefix) {
			tracing::warn!("the runtime removed a prefix with keys of child tries; nothing was removed");
			return MultiRemovalResults { maybe_cursor: None, backend: 0, unique: 0, loops: 0 };
		}
		let written = self.overlay.clear_prefix(prefix);
		let (maybe_cursor, backend, loops) = self.remove_stored(prefix, limit, cursor);
		MultiRemovalResults { maybe_cursor, backend, unique: written + backend, loops }
	}

	fn storage_root(&mut self, version: StateVersion) -> Vec<u8> {
		self.overlay.storage_root(self.backend, version).encode()
	}

	fn storage_start_transaction(&mut self) {
		self.overlay.start_transaction();
	}

	fn storage_rollback_transaction(&mut self) -> Result<(), ()> {
		self.overlay.rollback_transaction().map_err(|_| ())
	}

	fn storage_commit_transaction(&mut self) -> Result<(), ()> {
		self.overlay.commit_transaction().map_err(|_| ())
	}

	fn set_offchain_storage(&mut self, _: &[u8], _: Option<&[u8]>) {
		absent("a node-local store")
	}

	fn child_storage(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Vec<u8>> {
		absent(CHILD_TRIES)
	}

	fn child_storage_hash(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Vec<u8>> {
		absent(CHILD_TRIES)
	}

	fn next_child_storage_key(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Vec<u8>> {
		absent(CHILD_TRIES)
	}

	fn place_child_storage(&mut self, _: &ChildInfo, _: Vec<u8>, _: Option<Vec<u8>>) {
		absent(CHILD_TRIES)
	}

	fn kill_child_storage(&mut self, _: &ChildInfo, _: Option<u32>, _: Option<&[u8]>) -> MultiRemovalResults {
		absent(CHILD_TRIES)
	}

	fn clear_child_prefix(
		&mut self,
		_: &ChildInfo,
		_: &[u8],
		_: Option<u32>,
		_: Option<&[u8]>,
	) -> MultiRemovalResults {
		absent(CHILD_TRIES)
	}

	fn child_storage_root(&mut self, _: &ChildInfo, _: StateVersion) -> Vec<u8> {
		absent(CHILD_TRIES)
	}

	fn wipe(&mut self) {
		absent(MEASUREMENTS)
	}

	fn commit(&mut self) {
		absent(MEASUREMENTS)
	}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		absent(MEASUREMENTS)
	}

	fn reset_read_write_count(&mut self) {
		absent(MEASUREMENTS)
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		absent(MEASUREMENTS)
	}

	fn set_whitelist(&mut self, _: Vec<TrackedStorageKey>) {
		absent(MEASUREMENTS)
	}

	fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
		absent(MEASUREMENTS)
	}
}

const CHILD_TRIES: &str = "child tries";
const MEASUREMENTS: &str = "measurements of weights";

/// As a failed host function ends: the call that asked for it has no effect.
fn absent(what: &str) -> ! {
	panic!("the runtime asked for {what}, which this node's execution has not")
}

impl<B> ExtensionStore for Ext<'_, B> {
	fn extension_by_type_id(&mut self, type_id: TypeId) -> Option<&mut dyn Any> {
		self.extensions.get_mut(type_id)
	}

	fn register_extension_with_type_id(
		&mut self,
		type_id: TypeId,
		extension: Box<dyn Extension>,
	) -> Result<(), Error> {
		self.extensions.register_with_type_id(type_id, extension)
	}

	fn deregister_extension_by_type_id(&mut self, type_id: TypeId) -> Result<(), Error> {
		match self.extensions.deregister(type_id) {
			true => Ok(()),
			false => Err(Error::ExtensionIsNotRegistered(type_id)),
		}
	}
}
