//! What execution has changed over a state so far, with transactions that can be rolled back.
//!
//! [`Overlay`] has the value of each key that was written, by hash, and a journal of what the open transactions replaced. So
//! reading and writing are one lookup each, and to commit a transaction costs nothing: what rolls it back is from then on its
//! parent's. The framework's own overlay keeps a stack of values for each key in the order of keys, and goes through all keys
//! of a transaction when it commits. Only whoever asks for the next key pays for the order here.
//!
//! # Invariants
//! - Reading, writing, rolling back, roots and changes are as with `sp_state_machine::Ext` over the same backend (the property
//!   test below).
//! - Nothing depends on the order of the map: changes leave in the order of keys.

use codec::{Compact, Decode, Encode};
use foldhash::fast::RandomState;
use indexmap::{map::Entry as MapEntry, IndexMap};
use plexus_storage::{Hash, StateChanges, StateHasher};
use sp_state_machine::{backend::BackendTransaction, Backend};
use sp_storage::StateVersion;
use std::{borrow::Cow, collections::BTreeSet, ops::Bound};

/// Whether no transaction was open that could be closed.
#[derive(Debug)]
pub(crate) struct NoTransaction;

/// Keys for which there is room from the beginning: a call's, and no more bytes than a small block's.
const KEYS_TYPICAL: usize = 128;

/// Uncommitted changes over a state.
pub struct Overlay {
	/// The keys that were written, in the order of their first writes.
	entries: IndexMap<Vec<u8>, Entry, RandomState>,
	/// What the open transactions did, oldest first; empty when none is open.
	journal: Vec<Undo>,
	/// The open transactions, outermost first.
	open: Vec<Transaction>,
	/// Transactions that were ever opened.
	opened: u64,
	/// The keys of the first entries, as many as somebody had to have in order.
	ordered: BTreeSet<Vec<u8>>,
	/// The root of all this, and the nodes of the trie for it, until the next write.
	root: Option<(Hash, BackendTransaction<StateHasher>)>,
}

struct Transaction {
	/// Its place among all that were ever opened, from 1.
	number: u64,
	/// The length of the journal when it was opened.
	start: usize,
}

/// One key's value, and which transaction has in the journal how to get the former one back.
struct Entry {
	value: Value,
	/// The last transaction that has all of a former value; 0 for none.
	replaced_in: u64,
	/// The last transaction that has the length of a former list.
	extended_in: u64,
}

enum Value {
	Removed,
	Set(Vec<u8>),
	/// A SCALE list to which something was appended.
	List(List),
}

/// The items, encoded, without their number before them.
#[derive(Default)]
struct List {
	items: Vec<u8>,
	count: u32,
}

/// What takes one write back.
enum Undo {
	/// The last entry was not there.
	Created,
	/// The entry had this value.
	Replaced(usize, Value),
	/// The entry was a list with fewer items: so many, of so many bytes.
	Extended { index: usize, count: u32, bytes: usize },
}

impl Default for Overlay {
	fn default() -> Self {
		Self {
			entries: IndexMap::with_capacity_and_hasher(KEYS_TYPICAL, RandomState::default()),
			journal: Vec::with_capacity(KEYS_TYPICAL),
			open: Vec::new(),
			opened: 0,
			ordered: BTreeSet::new(),
			root: None,
		}
	}
}

impl Value {
	fn is_removed(&self) -> bool {
		matches!(self, Self::Removed)
	}

	fn bytes(&self) -> Option<Cow<'_, [u8]>> {
		match self {
			Self::Removed => None,
			Self::Set(bytes) => Some(bytes.into()),
			Self::List(list) => Some(list.encoded().into()),
		}
	}

	fn into_bytes(self) -> Option<Vec<u8>> {
		match self {
			Self::Removed => None,
			Self::Set(bytes) => Some(bytes),
			Self::List(list) => Some(list.encoded()),
		}
	}
}

impl List {
	/// The list that is encoded there; an empty one if none is.
	fn decode(encoded: &[u8]) -> Self {
		let mut items = encoded;
		match Compact::<u32>::decode(&mut items) {
			Ok(Compact(count)) => Self { items: items.to_vec(), count },
			Err(_) => Self::default(),
		}
	}

	fn push(&mut self, item: &[u8]) {
		self.items.extend_from_slice(item);
		self.count = self.count.saturating_add(1);
	}

	fn encoded(&self) -> Vec<u8> {
		let count = Compact(self.count);
		let mut encoded = Vec::with_capacity(count.size_hint() + self.items.len());
		count.encode_to(&mut encoded);
		encoded.extend_from_slice(&self.items);
		encoded
	}
}

impl Overlay {
	/// Each key that was written, in the order of keys, with what it has now.
	pub fn into_changes(self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
		let changes = self.entries.into_iter().map(|(key, entry)| (key, entry.value.into_bytes()));
		let mut changes: Vec<_> = changes.collect();
		changes.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
		changes
	}

	/// What was written under a key; nothing if nothing was.
	pub(crate) fn get(&self, key: &[u8]) -> Option<Option<Cow<'_, [u8]>>> {
		self.entries.get(key).map(|entry| entry.value.bytes())
	}

	/// Writes or removes.
	pub(crate) fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.write(key, value.map_or(Value::Removed, Value::Set));
	}

	/// Appends an encoded item to the SCALE list under a key. What is no list becomes one. `stored` tells the value in the
	/// state.
	pub(crate) fn append(
		&mut self,
		key: Vec<u8>,
		item: &[u8],
		stored: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
	) {
		let number = self.current();
		let list = match self.entries.get_full_mut(&key) {
			Some((index, _, Entry { value: Value::List(list), replaced_in, extended_in })) => {
				if number > 0 && *replaced_in != number && *extended_in != number {
					*extended_in = number;
					let (count, bytes) = (list.count, list.items.len());
					self.journal.push(Undo::Extended { index, count, bytes });
				}
				self.root = None;
				return list.push(item);
			}
			Some((_, _, Entry { value: Value::Set(bytes), .. })) => Some(List::decode(bytes)),
			Some((_, _, Entry { value: Value::Removed, .. })) => None,
			None => stored(&key).map(|bytes| List::decode(&bytes)),
		};
		let mut list = list.unwrap_or_default();
		list.push(item);
		self.write(key, Value::List(list));
	}

	/// Removes what was written under the keys with a prefix. Returns how many had a value.
	pub(crate) fn clear_prefix(&mut self, prefix: &[u8]) -> u32 {
		let mut removed = 0;
		for index in 0..self.entries.len() {
			let Some((key, entry)) = self.entries.get_index(index) else { break };
			if key.starts_with(prefix) {
				removed += u32::from(!entry.value.is_removed());
				self.replace(index, Value::Removed);
			}
		}
		removed
	}

	/// The next key after this one that was written, and whether it has a value.
	pub(crate) fn next_key(&mut self, key: &[u8]) -> Option<(&[u8], bool)> {
		for index in self.ordered.len()..self.entries.len() {
			self.ordered.extend(self.entries.get_index(index).map(|(key, _)| key.clone()));
		}
		let next = self.ordered.range::<[u8], _>((Bound::Excluded(key), Bound::Unbounded)).next()?;
		let has_value = self.entries.get(next).is_some_and(|entry| !entry.value.is_removed());
		Some((next, has_value))
	}

	/// Opens a transaction inside of those that are open.
	pub(crate) fn start_transaction(&mut self) {
		self.opened += 1;
		self.open.push(Transaction { number: self.opened, start: self.journal.len() });
	}

	/// Closes the innermost transaction, and keeps what was written in it.
	pub(crate) fn commit_transaction(&mut self) -> Result<(), NoTransaction> {
		self.open.pop().ok_or(NoTransaction)?;
		if self.open.is_empty() {
			self.journal.clear();
		}
		Ok(())
	}

	/// Closes the innermost transaction, and forgets what was written in it.
	pub(crate) fn rollback_transaction(&mut self) -> Result<(), NoTransaction> {
		let Transaction { start, .. } = self.open.pop().ok_or(NoTransaction)?;
		self.root = None;
		while self.journal.len() > start {
			match self.journal.pop() {
				Some(Undo::Created) => {
					if let Some((key, _)) = self.entries.pop() {
						self.ordered.remove(&key);
					}
				}
				Some(Undo::Replaced(index, value)) => self.entries[index].value = value,
				Some(Undo::Extended { index, count, bytes }) => {
					if let Value::List(list) = &mut self.entries[index].value {
						list.count = count;
						list.items.truncate(bytes);
					}
				}
				None => break,
			}
		}
		Ok(())
	}

	/// The root of the state with these changes.
	pub(crate) fn storage_root(
		&mut self,
		backend: &impl Backend<StateHasher>,
		version: StateVersion,
	) -> Hash {
		self.rooted(backend, version).0
	}

	/// Takes the changes out, with the nodes of the trie for them.
	pub(crate) fn drain(
		&mut self,
		backend: &impl Backend<StateHasher>,
		version: StateVersion,
	) -> StateChanges {
		let (root, nodes) = self.rooted(backend, version).clone();
		StateChanges { main: std::mem::take(self).into_changes(), nodes, root }
	}

	fn rooted(
		&mut self,
		backend: &impl Backend<StateHasher>,
		version: StateVersion,
	) -> &(Hash, BackendTransaction<StateHasher>) {
		self.root.get_or_insert_with(|| {
			let values: Vec<_> =
				self.entries.iter().map(|(key, entry)| (&key[..], entry.value.bytes())).collect();
			let delta = values.iter().map(|(key, value)| (*key, value.as_deref()));
			backend.storage_root(delta, version)
		})
	}

	/// The innermost open transaction's number, 0 if none is open.
	fn current(&self) -> u64 {
		self.open.last().map_or(0, |transaction| transaction.number)
	}

	fn write(&mut self, key: Vec<u8>, value: Value) {
		let number = self.current();
		match self.entries.entry(key) {
			MapEntry::Occupied(entry) => {
				let index = entry.index();
				self.replace(index, value);
			}
			MapEntry::Vacant(entry) => {
				self.root = None;
				entry.insert(Entry { value, replaced_in: number, extended_in: 0 });
				if number > 0 {
					self.journal.push(Undo::Created);
				}
			}
		}
	}

	fn replace(&mut self, index: usize, value: Value) {
		let number = self.current();
		self.root = None;
		let entry = &mut self.entries[index];
		let former = std::mem::replace(&mut entry.value, value);
		if number > 0 && entry.replaced_in != number {
			entry.replaced_in = number;
			self.journal.push(Undo::Replaced(index, former));
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::externalities::Ext;
	use proptest::prelude::*;
	use sp_externalities::{Extensions, Externalities};
	use sp_state_machine::{InMemoryBackend, OverlayedChanges};
	use sp_storage::Storage;

	/// What a runtime may do. Keys are of few bytes out of few, so that they meet.
	#[derive(Clone, Debug)]
	enum Step {
		Set(Vec<u8>, Vec<u8>),
		Remove(Vec<u8>),
		Append(Vec<u8>, Vec<u8>),
		ClearPrefix(Vec<u8>, Option<u32>),
		Read(Vec<u8>),
		Next(Vec<u8>),
		Start,
		Commit,
		Rollback,
		Root,
	}

	/// Bytes that a key has: none begins with another, which the trie's deletion does not always bear, and keys of pallets
	/// never do.
	const KEY_BYTES: usize = 3;

	fn bytes(count: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
		prop::collection::vec(0..3u8, count)
	}

	fn key() -> impl Strategy<Value = Vec<u8>> {
		prop_oneof![32 => bytes(KEY_BYTES), 1 => Just(b":child_storage:default:1".to_vec())]
	}

	fn prefix() -> impl Strategy<Value = Vec<u8>> {
		prop_oneof![32 => bytes(0..=KEY_BYTES), 1 => Just(b":child_".to_vec())]
	}

	/// Lists that SCALE knows, and bytes that are none.
	fn value() -> impl Strategy<Value = Vec<u8>> {
		prop_oneof![
			prop::collection::vec(any::<u8>(), 0..80),
			prop::collection::vec(any::<u8>(), 0..70).prop_map(|items| items.encode()),
		]
	}

	fn step() -> impl Strategy<Value = Step> {
		prop_oneof![
			6 => (key(), value()).prop_map(|(key, value)| Step::Set(key, value)),
			3 => key().prop_map(Step::Remove),
			6 => (key(), prop::collection::vec(any::<u8>(), 1..3)).prop_map(|(key, item)| Step::Append(key, item)),
			1 => (prefix(), prop::option::of(0..4u32)).prop_map(|(prefix, limit)| Step::ClearPrefix(prefix, limit)),
			3 => key().prop_map(Step::Read),
			3 => prefix().prop_map(Step::Next),
			4 => Just(Step::Start),
			3 => Just(Step::Commit),
			2 => Just(Step::Rollback),
			1 => Just(Step::Root),
		]
	}

	/// What whoever takes a step is told.
	fn take(step: &Step, ext: &mut dyn Externalities) -> impl PartialEq + std::fmt::Debug {
		let bytes = match step.clone() {
			Step::Set(key, value) => {
				ext.place_storage(key, Some(value));
				None
			}
			Step::Remove(key) => {
				ext.place_storage(key, None);
				None
			}
			Step::Append(key, item) => {
				// The framework's overlay keeps a root that it has computed when something is appended, but not when
				// something is written.
				ext.place_storage(vec![9; KEY_BYTES], Some(item.clone()));
				ext.storage_append(key, item);
				None
			}
			Step::ClearPrefix(prefix, limit) => {
				let first = ext.clear_prefix(&prefix, limit, None);
				let cursor = first.maybe_cursor.clone();
				let second =
					cursor.map(|cursor| ext.clear_prefix(&prefix, limit, Some(&cursor)).deconstruct());
				Some((first.deconstruct(), second).encode())
			}
			Step::Read(key) => {
				let (value, hash) = (ext.storage(&key), ext.storage_hash(&key));
				assert_eq!(ext.exists_storage(&key), value.is_some());
				Some((value, hash).encode())
			}
			Step::Next(key) => ext.next_storage_key(&key),
			Step::Start => {
				ext.storage_start_transaction();
				None
			}
			Step::Commit => Some(ext.storage_commit_transaction().is_ok().encode()),
			Step::Rollback => Some(ext.storage_rollback_transaction().is_ok().encode()),
			Step::Root => Some(ext.storage_root(StateVersion::V1)),
		};
		// Whatever it was, both go on from the same.
		(bytes, ext.storage(&[]), ext.next_storage_key(&[]))
	}

	proptest! {
		#![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

		#[test]
		fn whatever_a_runtime_does_it_sees_and_leaves_what_the_frameworks_overlay_has(
			stored in prop::collection::btree_map(bytes(KEY_BYTES), value(), 0..20),
			steps in prop::collection::vec(step(), 1..120),
		) {
			let storage = Storage { top: stored, ..Default::default() };
			let backend = InMemoryBackend::<StateHasher>::from((storage, StateVersion::V1));
			let (mut own, mut reference) = (Overlay::default(), OverlayedChanges::<StateHasher>::default());
			let mut open = 0;
			for step in &steps {
				let of_own = take(step, &mut Ext::new(&mut own, &backend, Extensions::new()));
				let of_reference = take(step, &mut sp_state_machine::Ext::new(&mut reference, &backend, None));
				prop_assert_eq!(of_own, of_reference, "{:?}", step);
				open += match step {
					Step::Start => 1,
					Step::Commit | Step::Rollback => -i32::from(open > 0),
					_ => 0,
				};
			}
			for _ in 0..open {
				own.commit_transaction().expect("it is open");
				reference.commit_transaction().expect("it is open");
			}
			let reference = reference.drain_storage_changes(&backend, StateVersion::V1).expect("there are no child tries");
			let own = own.drain(&backend, StateVersion::V1);
			prop_assert_eq!(own.main, reference.main_storage_changes);
			prop_assert_eq!(own.root, reference.transaction_storage_root);
			let nodes = |mut nodes: BackendTransaction<StateHasher>| nodes.drain().into_iter().collect::<std::collections::BTreeMap<_, _>>();
			prop_assert_eq!(nodes(own.nodes), nodes(reference.transaction));
		}
	}

	#[test]
	fn what_is_appended_changes_the_root() {
		let (backend, mut overlay) = (InMemoryBackend::<StateHasher>::default(), Overlay::default());
		let mut root_with = |item| {
			overlay.append(vec![1], &[item], |_| None);
			overlay.storage_root(&backend, StateVersion::V1)
		};
		let roots = [root_with(1), root_with(2), root_with(3)];
		assert!(roots[0] != roots[1] && roots[1] != roots[2]);
	}

	#[test]
	fn a_transaction_that_is_closed_leaves_no_journal() {
		let mut overlay = Overlay::default();
		for _ in 0..3 {
			overlay.start_transaction();
			overlay.start_transaction();
			overlay.set(vec![1], Some(vec![2]));
			overlay.append(vec![2], &[2], |_| None);
			overlay.commit_transaction().expect("it is open");
			assert!(!overlay.journal.is_empty(), "the outer one can be rolled back");
			overlay.commit_transaction().expect("it is open");
			assert!(overlay.journal.is_empty());
		}
		assert_eq!(overlay.into_changes(), [(vec![1], Some(vec![2])), (vec![2], Some(vec![12, 2, 2, 2]))]);
	}
}
