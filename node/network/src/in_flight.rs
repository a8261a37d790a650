//! Parts of proposals that are with the engine: its mailboxes have no bounds of their own, and what waits behind a flood of
//! parts are votes and decisions.
//!
//! # Must not
//! Read a clock.
//!
//! # Invariants
//! At most [`PARTS_MAX`] parts are on their way to the application. What the engine drops on the way, as it does before it
//! runs, is given up after [`LOST`].

use plexus_consensus::parts::CHUNKS_MAX;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Parts on their way: of eight bodies of the greatest length, which is what the application puts together at a time.
const PARTS_MAX: usize = 8 * (CHUNKS_MAX + 2);

/// After this time a part is no longer on its way. Longer than any block takes to execute.
const LOST: Duration = Duration::from_secs(10);

/// When each was sent, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
	sent: VecDeque<Instant>,
	taken: u64,
}

impl InFlight {
	/// Whether one more part may be sent, when the application has taken so many in all; it is then counted as sent.
	pub fn send(&mut self, taken: u64, now: Instant) -> bool {
		let news = taken.saturating_sub(self.taken);
		self.taken = taken;
		self.sent.drain(..self.sent.len().min(usize::try_from(news).unwrap_or(usize::MAX)));
		while self.sent.front().is_some_and(|at| now.saturating_duration_since(*at) >= LOST) {
			self.sent.pop_front();
		}
		let fits = self.sent.len() < PARTS_MAX;
		if fits {
			self.sent.push_back(now);
		}
		fits
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn no_more_is_sent_than_is_taken_and_what_is_lost_is_given_up() {
		let (mut parts, now) = (InFlight::default(), Instant::now());
		assert!((0..PARTS_MAX).all(|_| parts.send(0, now)));
		assert!(!parts.send(0, now));
		assert!(parts.send(2, now) && parts.send(2, now) && !parts.send(2, now));
		assert!(!parts.send(2, now + LOST / 2));
		assert!(parts.send(2, now + LOST));
		assert!(parts.send(u64::MAX, now + LOST), "more than was sent");
	}
}
