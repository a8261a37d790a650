//! How far this node's clock is from those of the validators, as their proposals show it.
//!
//! # Must not
//! Change a vote, a timestamp or the clock: it is for the operator.
//!
//! # Method
//! A block's timestamp is its proposer's clock when it began to build. Compared with our clock at the arrival it is
//! late by the time for building and sending, hence only small bodies count, only in the first round, and only
//! those that came live. Of each validator the latest comparison is kept; the median over the validators is the answer, so
//! that less than half of them can be wrong without moving it beyond the others'. Whose clock is ahead pushes the timestamps of
//! those after it to the least that is allowed: these show nothing, and count as in agreement with ours, so that who pushed
//! them is not left alone.

use crate::types::AuthorityId;
use std::collections::BTreeMap;

/// From this distance on the operator is warned. A quarter of what others tolerate in a proposal
/// ([`CLOCK_DRIFT_MAX_MS`](crate::timing::CLOCK_DRIFT_MAX_MS)), and far above what clocks kept by NTP differ.
pub const WARN_FROM_MS: u64 = 500;

/// Time between two warnings: ten minutes.
const WARN_EVERY_MS: u64 = 600_000;

/// The longest body that is compared: what one chunk carries. Larger blocks take a noticeable time to build.
pub const BODY_BYTES_COMPARED_MAX: u32 = crate::parts::CHUNK_BYTES as u32;

/// One proposal that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
	/// The timestamp in it.
	pub timestamp_ms: u64,
	/// The least timestamp that the parent allows. A proposer whose clock is behind it takes this one.
	pub least_ms: Option<u64>,
	/// What our clock said.
	pub now_ms: u64,
}

impl Arrival {
	/// How far we are ahead; `None` if the proposal does not show it.
	fn ahead_ms(&self) -> Option<i64> {
		let ahead = i128::from(self.now_ms) - i128::from(self.timestamp_ms);
		let ahead = i64::try_from(ahead).unwrap_or(if ahead < 0 { i64::MIN } else { i64::MAX });
		// At the least timestamp the proposer's clock is there or behind: it shows that we are ahead so much or more.
		let is_bound = self.least_ms.is_some_and(|least| self.timestamp_ms <= least);
		(!is_bound || ahead > 0).then_some(ahead)
	}
}

/// The comparison with each validator's clock.
#[derive(Debug, Default)]
pub struct ClockOffset {
	/// How far we are ahead of each.
	latest: BTreeMap<AuthorityId, i64>,
	warned_ms: Option<u64>,
}

impl ClockOffset {
	/// Takes a validator's proposal in.
	pub fn note(&mut self, proposer: AuthorityId, arrival: Arrival) {
		match arrival.ahead_ms() {
			Some(ahead) => {
				self.latest.insert(proposer, ahead);
			}
			None => {
				self.latest.entry(proposer).or_insert(0);
			}
		}
	}

	/// Forgets whoever is no validator any more: there are never more entries than validators.
	pub fn retain(&mut self, is_validator: impl Fn(&AuthorityId) -> bool) {
		self.latest.retain(|id, _| is_validator(id));
	}

	/// How many milliseconds we are ahead of the validators' clocks, negative if behind; `None` before the first proposal.
	pub fn ahead_ms(&self) -> Option<i64> {
		median(self.latest.values().copied().collect())
	}

	/// The distance, if it is time to warn of it. Of so many other validators those that have shown nothing yet count as in
	/// agreement: the first one to be heard may be the one that is wrong.
	pub fn warning(&mut self, others: usize, now_ms: u64) -> Option<i64> {
		let mut all: Vec<_> = self.latest.values().copied().collect();
		all.resize(all.len().max(others), 0);
		let ahead = median(all).filter(|ahead| ahead.unsigned_abs() >= WARN_FROM_MS)?;
		let is_due = self.warned_ms.is_none_or(|warned| now_ms.abs_diff(warned) >= WARN_EVERY_MS);
		is_due.then(|| {
			self.warned_ms = Some(now_ms);
			ahead
		})
	}
}

fn median(mut all: Vec<i64>) -> Option<i64> {
	all.sort_unstable();
	// The lower one of two in the middle: delays only ever add.
	all.get(all.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn id(seed: u8) -> AuthorityId {
		AuthorityId([seed; 32])
	}

	fn arrival(timestamp_ms: u64, now_ms: u64) -> Arrival {
		Arrival { timestamp_ms, least_ms: None, now_ms }
	}

	#[test]
	fn one_wrong_clock_of_three_others_moves_nothing_and_ours_is_told_from_all() {
		let mut offset = ClockOffset::default();
		assert_eq!(offset.ahead_ms(), None);
		offset.note(id(1), arrival(10_000, 10_020));
		offset.note(id(2), arrival(90_000, 10_030));
		offset.note(id(3), arrival(10_000, 10_040));
		assert_eq!(offset.ahead_ms(), Some(20));
		assert_eq!(offset.warning(3, 0), None);
		offset.note(id(1), arrival(15_000, 10_020));
		offset.note(id(3), arrival(14_000, 10_040));
		assert_eq!(offset.ahead_ms(), Some(-4_980));
		offset.retain(|validator| *validator == id(3));
		assert_eq!(offset.ahead_ms(), Some(-3_960));
	}

	#[test]
	fn the_warning_is_not_repeated_at_each_block() {
		let mut offset = ClockOffset::default();
		offset.note(id(1), arrival(10_000, 10_000 + WARN_FROM_MS));
		assert_eq!(offset.warning(1, 10_500), Some(500));
		assert_eq!(offset.warning(1, 11_500), None);
		assert_eq!(offset.warning(1, 10_500 + WARN_EVERY_MS), Some(500));
		offset.note(id(1), arrival(10_000, 9_999 + WARN_FROM_MS));
		assert_eq!(offset.warning(1, 10_500 + 2 * WARN_EVERY_MS), None);
	}

	#[test]
	fn the_least_timestamp_shows_only_that_the_proposer_is_behind() {
		let mut offset = ClockOffset::default();
		offset.note(id(1), Arrival { timestamp_ms: 10_500, least_ms: Some(10_500), now_ms: 10_100 });
		assert_eq!(offset.ahead_ms(), Some(0));
		offset.note(id(1), Arrival { timestamp_ms: 10_500, least_ms: Some(10_500), now_ms: 11_900 });
		assert_eq!(offset.ahead_ms(), Some(1_400));
		offset.note(id(1), Arrival { timestamp_ms: 20_500, least_ms: Some(20_500), now_ms: 20_100 });
		assert_eq!(offset.ahead_ms(), Some(1_400), "what was known of it is kept");
	}

	/// Four validators take turns, a second each. The first one's clock is 1.5 s ahead, and the blocks after its own have the
	/// least timestamp. The others' clocks are right.
	#[test]
	fn one_clock_that_is_ahead_of_all_others_is_warned_of_at_its_owner_alone() {
		let (mut wrong, mut right) = (ClockOffset::default(), ClockOffset::default());
		let (mut parent_ms, mut warned) = (0, false);
		for block in 0..40u64 {
			let (author, now_ms) = ((block % 4) as u8, 10_000 + block * 1_000);
			let least_ms = parent_ms + 500;
			let timestamp_ms = least_ms.max(now_ms + if author == 0 { 1_500 } else { 0 });
			// Twenty milliseconds on the way.
			let arrives = |now_ms| Arrival { timestamp_ms, least_ms: Some(least_ms), now_ms: now_ms + 20 };
			if author != 1 {
				right.note(id(author), arrives(now_ms));
				assert_eq!(right.warning(3, now_ms), None, "at block {block}: {right:?}");
			}
			if author != 0 {
				wrong.note(id(author), arrives(now_ms + 1_500));
				warned |= wrong.warning(3, now_ms).is_some_and(|ahead| ahead > 0);
			}
			parent_ms = timestamp_ms;
		}
		assert!(warned, "{wrong:?}");
	}

	#[test]
	fn the_ends_of_time_are_no_overflow() {
		let mut offset = ClockOffset::default();
		offset.note(id(1), arrival(u64::MAX, 0));
		assert_eq!(offset.ahead_ms(), Some(i64::MIN));
		assert_eq!(offset.warning(1, 0), Some(i64::MIN));
		offset.note(id(1), arrival(0, u64::MAX));
		assert_eq!(offset.ahead_ms(), Some(i64::MAX));
	}
}
