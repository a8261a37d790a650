//! Which transactions passed here lately, whatever batch they came in.
//!
//! # Must not
//! Decide about validity: it only spares the node a second look.
//!
//! # Invariants
//! - Bounded: two generations of [`GENERATION_MAX`] digests of 16 bytes.
//! - A transaction is remembered for at least [`GENERATION_TIME`], unless more came than fit, and at most twice as long: what
//!   was refused for lack of room may come again.

use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Digests in one generation: the pool's bound, so that a full pool passing by is remembered.
const GENERATION_MAX: usize = 131_072;

/// Age of a generation. As long as gossip remembers messages.
const GENERATION_TIME: Duration = Duration::from_secs(60);

type Digest = [u8; 16];

/// The memory.
#[derive(Debug)]
pub struct Recent {
	young: HashSet<Digest>,
	old: HashSet<Digest>,
	since: Instant,
}

impl Recent {
	/// Remembers nothing.
	pub fn new(now: Instant) -> Self {
		Self { young: HashSet::new(), old: HashSet::new(), since: now }
	}

	/// Remembers a transaction; returns whether it is new.
	pub fn insert(&mut self, transaction: &[u8], now: Instant) -> bool {
		if self.young.len() >= GENERATION_MAX || now.saturating_duration_since(self.since) >= GENERATION_TIME
		{
			self.old = std::mem::take(&mut self.young);
			self.since = now;
		}
		let mut digest = Digest::default();
		digest.copy_from_slice(&blake3::hash(transaction).as_bytes()[..16]);
		!self.old.contains(&digest) && self.young.insert(digest)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_transaction_is_new_once_and_again_after_its_time() {
		let start = Instant::now();
		let mut recent = Recent::new(start);
		assert!(recent.insert(b"a", start));
		assert!(!recent.insert(b"a", start));
		assert!(!recent.insert(b"a", start + GENERATION_TIME), "in the older generation");
		assert!(recent.insert(b"a", start + GENERATION_TIME * 2));
	}

	#[test]
	fn memory_is_bounded() {
		let now = Instant::now();
		let mut recent = Recent::new(now);
		for i in 0..3 * GENERATION_MAX as u64 {
			recent.insert(&i.to_le_bytes(), now);
		}
		assert!(recent.young.len() <= GENERATION_MAX && recent.old.len() <= GENERATION_MAX);
	}
}
