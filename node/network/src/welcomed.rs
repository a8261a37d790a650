//! Who was told lately which transactions wait. A peer that connects again soon is told later, not never: what came while it
//! was away reached nobody else either, if it was the only one.
//!
//! # Must not
//! Tell anybody, or read a clock.
//!
//! # Invariants
//! - A peer is told once in [`INTERVAL`].
//! - At most [`PEERS_MAX`] peers are remembered; nobody else is told then.

use libp2p::PeerId;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The least time between two times.
const INTERVAL: Duration = Duration::from_secs(60);

/// Peers that are remembered.
const PEERS_MAX: usize = 1_024;

#[derive(Debug)]
struct Entry {
	told: Instant,
	/// Whether it has begun to listen again since.
	again: bool,
}

/// The peers that were told.
#[derive(Debug, Default)]
pub(crate) struct Welcomed(HashMap<PeerId, Entry>);

impl Welcomed {
	/// Whether a peer that begins to listen is to be told now. If it was told lately, [`Welcomed::tidy`] names it in time.
	pub fn is_due(&mut self, peer: &PeerId) -> bool {
		match self.0.get_mut(peer) {
			Some(entry) => {
				entry.again = true;
				false
			}
			None => true,
		}
	}

	/// Whether nobody else can be remembered.
	pub fn is_full(&self) -> bool {
		self.0.len() >= PEERS_MAX
	}

	/// A peer is told.
	pub fn told(&mut self, peer: PeerId, now: Instant) {
		self.0.insert(peer, Entry { told: now, again: false });
	}

	/// Forgets who was told long ago; those of them who have begun to listen again since.
	pub fn tidy(&mut self, now: Instant) -> Vec<PeerId> {
		let is_over = |entry: &Entry| now.saturating_duration_since(entry.told) >= INTERVAL;
		let again = self.0.iter().filter(|(_, entry)| entry.again && is_over(entry));
		let again = again.map(|(peer, _)| *peer).collect();
		self.0.retain(|_, entry| !is_over(entry));
		again
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn who_comes_again_soon_is_told_later_and_who_stays_is_told_once() {
		let (mut welcomed, start) = (Welcomed::default(), Instant::now());
		let [stays, returns] = [PeerId::random(), PeerId::random()];
		for peer in [stays, returns] {
			assert!(welcomed.is_due(&peer));
			welcomed.told(peer, start);
		}
		assert!(!welcomed.is_due(&returns), "a second ago");
		assert!(welcomed.tidy(start + INTERVAL / 2).is_empty());
		assert_eq!(welcomed.tidy(start + INTERVAL), [returns]);
		assert!(welcomed.tidy(start + INTERVAL).is_empty(), "said once");
		assert!(welcomed.is_due(&returns) && welcomed.is_due(&stays));
	}

	#[test]
	fn the_number_of_peers_is_bounded() {
		let (mut welcomed, start) = (Welcomed::default(), Instant::now());
		while !welcomed.is_full() {
			welcomed.told(PeerId::random(), start);
		}
		assert_eq!(welcomed.0.len(), PEERS_MAX);
		welcomed.tidy(start + INTERVAL);
		assert!(!welcomed.is_full());
	}
}
