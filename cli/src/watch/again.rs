//! When a batch is looked at again, and a call that failed is made again: pure decisions.
//!
//! # Must not
//! Give up what may bring something, or make a call that fails again and again without a pause: each costs its fee.

use super::chores::Chore;
use plexus_primitives::BatchId;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::{Duration, Instant},
};

/// How often a batch is looked at again of which something was not seen: files may have come meanwhile.
const AGAIN_EVERY: Duration = Duration::from_secs(30);

/// How long a call is left alone that failed; twice as long after each further time.
const CALL_AGAIN_MIN: Duration = Duration::from_secs(4);

/// The longest pause: a live chain's day has room for some ninety of it.
const AGAIN_MAX: Duration = Duration::from_secs(960);

/// When a batch was looked at, and what was told then.
struct Look<Told> {
	at: Instant,
	/// Whether there is no reason to look again.
	whole: bool,
	pause: Duration,
	told: Told,
}

/// Batches that were looked at.
pub(super) struct Looks<Told>(BTreeMap<BatchId, Look<Told>>);

/// Calls that failed.
#[derive(Default)]
pub(super) struct Failed(BTreeMap<(BatchId, Chore), (Instant, Duration)>);

impl<Told: PartialEq> Looks<Told> {
	pub(super) fn new() -> Self {
		Self(BTreeMap::new())
	}

	/// Whether a batch is to be looked at.
	pub(super) fn is_due(&self, id: BatchId, now: Instant) -> bool {
		let waits = |look: &Look<Told>| look.whole || now.saturating_duration_since(look.at) < look.pause;
		!self.0.get(&id).is_some_and(waits)
	}

	/// When a batch was looked at the last time.
	pub(super) fn at(&self, id: BatchId) -> Option<Instant> {
		self.0.get(&id).map(|look| look.at)
	}

	/// Whether a batch that was looked at was seen whole.
	pub(super) fn is_whole(&self, id: BatchId) -> Option<bool> {
		self.0.get(&id).map(|look| look.whole)
	}

	/// Remembers a look; whether it is something else than the last time. It is whole if nothing was left unseen.
	pub(super) fn looked(&mut self, id: BatchId, whole: bool, told: Told, now: Instant) -> bool {
		let before = self.0.get(&id);
		let pause = before.map_or(AGAIN_EVERY, |look| look.pause);
		let is_new = before.is_none_or(|look| look.told != told);
		self.0.insert(id, Look { at: now, whole, pause, told });
		is_new
	}

	/// There is more to be shown than was shown at once.
	pub(super) fn is_not_all(&mut self, id: BatchId) {
		if let Some(look) = self.0.get_mut(&id) {
			look.whole = false;
		}
	}

	/// What was found could not be shown: it is tried again, later each time.
	pub(super) fn not_shown(&mut self, id: BatchId) {
		if let Some(look) = self.0.get_mut(&id) {
			(look.whole, look.pause) = (false, (look.pause * 2).min(AGAIN_MAX));
		}
	}

	/// Forgets what is not followed any more.
	pub(super) fn keep(&mut self, open: &BTreeSet<BatchId>) {
		self.0.retain(|id, _| open.contains(id));
	}
}

impl Failed {
	/// Whether a call may be made.
	pub(super) fn is_due(&self, id: BatchId, chore: Chore, now: Instant) -> bool {
		self.0.get(&(id, chore)).is_none_or(|(next, _)| now >= *next)
	}

	/// Notes that a call failed.
	pub(super) fn note(&mut self, id: BatchId, chore: Chore, now: Instant) {
		let before = self.0.get(&(id, chore)).map(|(_, pause)| *pause);
		let pause = before.map_or(CALL_AGAIN_MIN, |pause| (pause * 2).min(AGAIN_MAX));
		self.0.insert((id, chore), (now + pause, pause));
	}

	/// Forgets what is not followed any more.
	pub(super) fn keep(&mut self, open: &BTreeSet<BatchId>) {
		self.0.retain(|(id, _), _| open.contains(id));
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const ID: BatchId = BatchId(7);

	#[test]
	fn what_was_seen_whole_is_not_looked_at_again_and_what_was_not_is() {
		let (mut looks, now) = (Looks::new(), Instant::now());
		assert!(looks.is_due(ID, now) && looks.at(ID).is_none() && looks.is_whole(ID).is_none());
		assert!(looks.looked(ID, false, "some", now));
		assert_eq!(looks.is_whole(ID), Some(false));
		assert!(!looks.is_due(ID, now) && looks.at(ID) == Some(now));
		assert!(looks.is_due(ID, now + AGAIN_EVERY));
		assert!(!looks.looked(ID, false, "some", now + AGAIN_EVERY), "it was told before");
		assert!(looks.looked(ID, true, "all", now + AGAIN_EVERY));
		assert!(!looks.is_due(ID, now + AGAIN_MAX * 9) && looks.is_whole(ID) == Some(true));
		looks.is_not_all(ID);
		assert!(looks.is_due(ID, now + AGAIN_EVERY * 2), "there was more than one go shows");
		looks.keep(&BTreeSet::new());
		assert!(looks.looked(ID, true, "all", now), "it was forgotten");
	}

	#[test]
	fn what_could_not_be_shown_is_tried_later_each_time_and_not_given_up() {
		let (mut looks, mut now) = (Looks::new(), Instant::now());
		let mut pauses = Vec::new();
		for _ in 0..8 {
			assert!(looks.is_due(ID, now));
			looks.looked(ID, true, "a fraud", now);
			looks.not_shown(ID);
			let pause = (0..).map(Duration::from_secs).find(|pause| looks.is_due(ID, now + *pause));
			let pause = pause.expect("it is due once more");
			pauses.push(pause.as_secs());
			now += pause;
		}
		assert_eq!(pauses, [60, 120, 240, 480, 960, 960, 960, 960]);
	}

	#[test]
	fn a_call_that_fails_is_left_alone_longer_each_time_and_others_are_not() {
		let (mut failed, mut now) = (Failed::default(), Instant::now());
		let mut pauses = Vec::new();
		for _ in 0..10 {
			assert!(failed.is_due(ID, Chore::Finalise, now));
			failed.note(ID, Chore::Finalise, now);
			assert!(!failed.is_due(ID, Chore::Finalise, now));
			assert!(
				failed.is_due(ID, Chore::CloseDemand(1), now)
					&& failed.is_due(BatchId(8), Chore::Finalise, now)
			);
			let pause =
				(0..).map(Duration::from_secs).find(|pause| failed.is_due(ID, Chore::Finalise, now + *pause));
			let pause = pause.expect("it is due once more");
			pauses.push(pause.as_secs());
			now += pause;
		}
		assert_eq!(pauses[..3], [4, 8, 16]);
		assert_eq!(pauses[8..], [960, 960]);
		failed.keep(&BTreeSet::new());
		assert!(failed.0.is_empty());
	}
}
