//! What was verified and relayed a moment ago.
//!
//! Gossip tells its messages apart by who published them: what a validator signed once can be published again by anybody,
//! as a new message, as often as they like.
//!
//! # Must not
//! Remember what was not verified, or anything so long that what honest nodes send again is taken for a copy: the engine
//! waits 1.6 seconds at least, and [`crate::own_votes`] 1.5.
//!
//! # Invariants
//! At most twice [`REMEMBERED_MAX`] entries, each for one to two times [`TURN`] unless there are more.

use crate::certificates::Proof;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Entries of one generation: thirty times the votes of five hundred validators in a round.
const REMEMBERED_MAX: usize = 32_768;

/// How long entries are collected before they begin to be forgotten.
const TURN: Duration = Duration::from_millis(500);

/// What tells one message from another that says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Said {
	/// A vote or proposal, by its signature.
	Signed([u8; 64]),
	/// A certificate.
	Proved(Proof),
}

/// The latest ones.
#[derive(Debug)]
pub(crate) struct Recent {
	young: HashSet<Said>,
	old: HashSet<Said>,
	since: Instant,
}

impl Recent {
	/// Nothing was said.
	pub fn new(now: Instant) -> Self {
		Self { young: HashSet::new(), old: HashSet::new(), since: now }
	}

	/// Whether it was noted a moment ago.
	pub fn knows(&mut self, said: &Said, now: Instant) -> bool {
		self.turn(now);
		self.young.contains(said) || self.old.contains(said)
	}

	/// Notes what was verified.
	pub fn note(&mut self, said: Said, now: Instant) {
		self.turn(now);
		self.young.insert(said);
	}

	fn turn(&mut self, now: Instant) {
		let age = now.saturating_duration_since(self.since);
		if age >= TURN || self.young.len() >= REMEMBERED_MAX {
			self.old = std::mem::take(&mut self.young);
			self.since = now;
		}
		if age >= 2 * TURN {
			self.old.clear();
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_was_said_is_known_for_a_moment_and_then_forgotten() {
		let start = Instant::now();
		let mut recent = Recent::new(start);
		let [said, other] = [Said::Signed([1; 64]), Said::Signed([2; 64])];
		assert!(!recent.knows(&said, start));
		recent.note(said, start);
		assert!(recent.knows(&said, start) && !recent.knows(&other, start));
		assert!(recent.knows(&said, start + TURN));
		assert!(!recent.knows(&said, start + 2 * TURN));
		recent.note(said, start + 2 * TURN);
		assert!(!recent.knows(&said, start + 9 * TURN), "after a silence");
	}

	#[test]
	fn the_memory_is_bounded() {
		let start = Instant::now();
		let mut recent = Recent::new(start);
		for n in 0..3 * REMEMBERED_MAX as u64 {
			let mut id = [0; 64];
			id[..8].copy_from_slice(&n.to_le_bytes());
			recent.note(Said::Signed(id), start);
		}
		assert!(recent.young.len() + recent.old.len() <= 2 * REMEMBERED_MAX);
	}
}
