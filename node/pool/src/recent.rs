//! The transactions of the last blocks.
//!
//! Must not: decide validity. It only answers a copy that comes late, from gossip or an impatient client, without validating it.
//!
//! Invariant: at most [`RECENT_BLOCKS_MAX`] blocks, and at most [`RECENT_MAX`] transactions unless one block alone has more; the
//! oldest block is forgotten first.

use std::collections::{HashMap, VecDeque};

use plexus_storage::Hash;

use crate::limits::{RECENT_BLOCKS_MAX, RECENT_MAX};

/// Where a block's transactions are, by hash.
pub(crate) type Places = HashMap<Hash, u32, ahash::RandomState>;

/// Remembers where the last transactions were included.
#[derive(Default)]
pub(crate) struct Recent {
	/// Oldest first. A table for each block, so that it can be made before the lock is taken.
	blocks: VecDeque<(Hash, Places)>,
	transactions: usize,
}

impl Recent {
	/// Block and index of a transaction, if it was included lately.
	pub fn place(&self, hash: &Hash) -> Option<(Hash, u32)> {
		// The newest first: an account that died and came back may repeat a transaction.
		self.blocks.iter().rev().find_map(|(block, places)| places.get(hash).map(|index| (*block, *index)))
	}

	/// Remembers a block.
	pub fn remember(&mut self, block: Hash, places: Places) {
		self.transactions += places.len();
		self.blocks.push_back((block, places));
		while self.blocks.len() > RECENT_BLOCKS_MAX
			|| (self.transactions > RECENT_MAX && self.blocks.len() > 1)
		{
			let Some((_, oldest)) = self.blocks.pop_front() else { return };
			self.transactions -= oldest.len();
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hash(n: usize) -> Hash {
		Hash::from_low_u64_be(n as u64)
	}

	#[test]
	fn the_oldest_block_is_forgotten_first() {
		let mut recent = Recent::default();
		for n in 0..RECENT_BLOCKS_MAX + 1 {
			recent.remember(hash(n), Places::from_iter([(hash(1_000 + n), 7)]));
		}
		assert_eq!(recent.place(&hash(1_000)), None);
		assert_eq!(recent.place(&hash(1_001)), Some((hash(1), 7)));
		assert_eq!((recent.blocks.len(), recent.transactions), (RECENT_BLOCKS_MAX, RECENT_BLOCKS_MAX));
	}

	#[test]
	fn large_blocks_are_bounded_by_their_transactions() {
		let mut recent = Recent::default();
		let large = |from: usize| (from..from + RECENT_MAX - 1).map(|n| (hash(n), 0)).collect::<Places>();
		recent.remember(hash(1), large(0));
		recent.remember(hash(2), large(RECENT_MAX));
		assert_eq!(recent.place(&hash(0)), None);
		assert_eq!(recent.place(&hash(RECENT_MAX)), Some((hash(2), 0)));
		assert_eq!(recent.transactions, RECENT_MAX - 1);
	}

	#[test]
	fn a_repeated_transaction_is_found_at_its_newest_place() {
		let mut recent = Recent::default();
		recent.remember(hash(1), Places::from_iter([(hash(9), 1)]));
		recent.remember(hash(2), Places::from_iter([(hash(9), 2)]));
		assert_eq!(recent.place(&hash(9)), Some((hash(2), 2)));
	}
}
