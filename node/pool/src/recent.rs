//! The transactions of the last blocks.
//!
//! Must not: decide validity. It only answers a copy that comes late, from gossip or an impatient client, without validating it.
//!
//! Invariant: at most [`RECENT_MAX`] transactions; the oldest are forgotten first.

use std::collections::{HashMap, VecDeque};

use plexus_storage::Hash;

use crate::limits::RECENT_MAX;

/// Remembers where the last transactions were included.
#[derive(Default)]
pub(crate) struct Recent {
	places: HashMap<Hash, (Hash, u32)>,
	order: VecDeque<Hash>,
}

impl Recent {
	/// Block and index of a transaction, if it was included lately.
	pub fn place(&self, hash: &Hash) -> Option<(Hash, u32)> {
		self.places.get(hash).copied()
	}

	/// Remembers that the block includes the transaction at the index.
	pub fn remember(&mut self, hash: Hash, block: Hash, index: u32) {
		// An account that died and came back may repeat a transaction: its newer place counts.
		if self.places.insert(hash, (block, index)).is_none() {
			self.order.push_back(hash);
		}
		if self.order.len() > RECENT_MAX {
			if let Some(oldest) = self.order.pop_front() {
				self.places.remove(&oldest);
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_oldest_are_forgotten_first() {
		let mut recent = Recent::default();
		let hash = |n: usize| Hash::from_low_u64_be(n as u64);
		for n in 0..RECENT_MAX + 10 {
			recent.remember(hash(n), Hash::repeat_byte(1), n as u32);
		}
		assert_eq!(recent.place(&hash(9)), None);
		assert_eq!(recent.place(&hash(10)), Some((Hash::repeat_byte(1), 10)));
		assert_eq!((recent.places.len(), recent.order.len()), (RECENT_MAX, RECENT_MAX));
	}

	#[test]
	fn a_repeated_transaction_is_kept_once_at_its_newest_place() {
		let mut recent = Recent::default();
		recent.remember(Hash::zero(), Hash::repeat_byte(1), 1);
		recent.remember(Hash::zero(), Hash::repeat_byte(2), 2);
		assert_eq!(recent.place(&Hash::zero()), Some((Hash::repeat_byte(2), 2)));
		assert_eq!(recent.order.len(), 1);
	}
}
