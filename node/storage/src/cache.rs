//! Values of the current state in memory.
//!
//! Only a reader of the current generation may use or fill the cache; a commit raises the generation after it has
//! put the block's changes in. Readers of older states bypass it.

use crate::types::BlockNumber;
use parking_lot::RwLock;
use quick_cache::{sync::Cache, Weighter};
use smallvec::SmallVec;

/// Values longer than this are not worth the room (events of a full block).
const VALUE_BYTES_MAX: usize = 16 * 1024;
/// Keys and values of a typical account entry take about this much.
const ENTRY_BYTES_TYPICAL: usize = 256;

/// Nearly all keys fit in place, where they are compared without another access to memory.
const KEY_BYTES_TYPICAL: usize = 96;

type Key = SmallVec<[u8; KEY_BYTES_TYPICAL]>;

#[derive(Clone)]
struct Bytes;
impl Weighter<Key, Option<Vec<u8>>> for Bytes {
	fn weight(&self, key: &Key, value: &Option<Vec<u8>>) -> u64 {
		(key.len() + value.as_ref().map_or(0, Vec::len) + 96) as u64
	}
}

/// Bounded cache of `storage key → value or absence`.
pub struct ValueCache {
	values: Cache<Key, Option<Vec<u8>>, Bytes>,
	generation: RwLock<BlockNumber>,
}

impl ValueCache {
	pub fn new(bytes_max: usize, generation: BlockNumber) -> Self {
		Self {
			values: Cache::with_weighter(bytes_max / ENTRY_BYTES_TYPICAL, bytes_max as u64, Bytes),
			generation: RwLock::new(generation),
		}
	}

	/// The value for a reader of `generation`, from memory or by `read`.
	pub fn get<E>(
		&self,
		generation: BlockNumber,
		key: &[u8],
		read: impl FnOnce() -> Result<Option<Vec<u8>>, E>,
	) -> Result<Option<Vec<u8>>, E> {
		let current = self.generation.read();
		if *current != generation {
			drop(current);
			return read();
		}
		if let Some(value) = self.values.get(key) {
			return Ok(value);
		}
		let value = read()?;
		if value.as_ref().is_none_or(|v| v.len() <= VALUE_BYTES_MAX) {
			self.values.insert(key.into(), value.clone());
		}
		Ok(value)
	}

	/// Takes in a block's changes; afterwards only readers of `generation` use the cache.
	pub fn advance<'a>(
		&self,
		generation: BlockNumber,
		changes: impl Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)>,
	) {
		let mut current = self.generation.write();
		for (key, value) in changes {
			if value.as_ref().is_some_and(|v| v.len() > VALUE_BYTES_MAX) {
				self.values.remove(&key[..]);
			} else {
				self.values.insert(key[..].into(), value.clone());
			}
		}
		*current = generation;
	}
}
