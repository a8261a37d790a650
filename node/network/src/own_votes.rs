//! What this validator signed last, to be said again: a peer that begins to listen has heard nothing of it, and others may
//! have lost it. The engine repeats its votes, too, but later in later rounds, and it gives that up when a round certificate
//! brings it news; what is signed is the same, and is no second signature.
//!
//! # Must not
//! Publish, sign, or read a clock.
//!
//! # Invariants
//! - Messages of one height and round only, the latest, and at most [`MESSAGES_MAX`].
//! - Nothing is due of another height than the one being decided, and nothing that was said less than [`TO_NEWCOMERS`] ago:
//!   blocks that come in time are not disturbed, and whoever begins to listen again and again is told no more often.

use bytes::Bytes;
use plexus_consensus::malachite::SignedConsensusMsg;
use plexus_consensus::Plexus;
use std::time::{Duration, Instant};

/// A proposal and two votes.
const MESSAGES_MAX: usize = 3;

/// How long after its last message peers that have begun to listen meanwhile are told. Longer than `recent` remembers.
const TO_NEWCOMERS: Duration = Duration::from_millis(1_500);

/// How long after its last message everybody is told again.
const TO_ALL: Duration = Duration::from_secs(5);

/// A height and a round of it; none is before all.
type Place = (u64, Option<u32>);

/// This validator's latest messages.
#[derive(Debug, Default)]
pub(crate) struct OwnVotes {
	place: Place,
	said: Vec<Bytes>,
	last: Option<Instant>,
	newcomers: bool,
}

impl OwnVotes {
	/// A message, encoded, is published.
	pub fn note(&mut self, message: &SignedConsensusMsg<Plexus>, encoded: Bytes, now: Instant) {
		let (height, round) = match message {
			SignedConsensusMsg::Vote(vote) => (vote.message.height, vote.message.round),
			SignedConsensusMsg::Proposal(proposal) => (proposal.message.height, proposal.message.round),
		};
		self.note_at((height.0, round.as_u32()), encoded, now);
	}

	fn note_at(&mut self, place: Place, encoded: Bytes, now: Instant) {
		if place < self.place {
			return;
		}
		if place > self.place {
			self.place = place;
			self.said.clear();
		}
		if self.said.len() < MESSAGES_MAX && !self.said.contains(&encoded) {
			self.said.push(encoded);
		}
		self.last = Some(now);
	}

	/// A peer begins to listen.
	pub fn heard_by_newcomer(&mut self) {
		self.newcomers = true;
	}

	/// What is to be published again now, in its order, while `height` is decided.
	pub fn due(&mut self, height: Option<u64>, now: Instant) -> Vec<Bytes> {
		let Some(last) = self.last.filter(|_| height == Some(self.place.0)) else { return Vec::new() };
		let silence = now.saturating_duration_since(last);
		let wait = if self.newcomers { TO_NEWCOMERS } else { TO_ALL };
		if silence < wait {
			return Vec::new();
		}
		self.newcomers = false;
		self.last = Some(now);
		self.said.clone()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const MS: Duration = Duration::from_millis(1);

	fn message(text: &'static str) -> Bytes {
		Bytes::from_static(text.as_bytes())
	}

	#[test]
	fn a_height_that_lasts_is_repeated_and_to_newcomers_sooner() {
		let (mut own, start) = (OwnVotes::default(), Instant::now());
		own.heard_by_newcomer();
		assert!(own.due(Some(7), start).is_empty(), "nothing was said yet");
		own.note_at((7, Some(0)), message("prevote"), start);
		own.note_at((7, Some(0)), message("precommit"), start + 10 * MS);
		let both = [message("prevote"), message("precommit")];
		let told = start + 10 * MS + TO_NEWCOMERS;
		assert!(own.due(Some(7), told - MS).is_empty());
		assert_eq!(own.due(Some(7), told), both);
		// Whoever comes and goes is told no more often.
		own.heard_by_newcomer();
		assert!(own.due(Some(7), told + TO_NEWCOMERS - MS).is_empty());
		assert_eq!(own.due(Some(7), told + TO_NEWCOMERS), both);
		let again = told + TO_NEWCOMERS + TO_ALL;
		assert!(own.due(Some(7), again - MS).is_empty());
		assert_eq!(own.due(Some(7), again), both);
	}

	#[test]
	fn only_the_latest_round_of_the_height_being_decided_is_repeated() {
		let (mut own, start) = (OwnVotes::default(), Instant::now());
		own.note_at((7, Some(3)), message("of round 3"), start);
		own.note_at((7, Some(4)), message("of round 4"), start);
		own.note_at((7, Some(3)), message("late"), start);
		for height in [None, Some(6), Some(8)] {
			assert!(own.due(height, start + TO_ALL).is_empty(), "{height:?}");
		}
		assert_eq!(own.due(Some(7), start + TO_ALL), [message("of round 4")]);
		own.note_at((8, Some(0)), message("of height 8"), start);
		assert_eq!(own.due(Some(8), start + TO_ALL), [message("of height 8")]);
	}

	#[test]
	fn what_is_kept_is_bounded() {
		let (mut own, start) = (OwnVotes::default(), Instant::now());
		for text in ["a", "b", "a", "c", "d", "e"] {
			own.note_at((1, Some(0)), message(text), start);
		}
		assert_eq!(own.due(Some(1), start + TO_ALL), [message("a"), message("b"), message("c")]);
	}
}
