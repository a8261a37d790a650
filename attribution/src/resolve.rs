//! Makes of matches that overlap ranges that do not: each byte of an output is claimed once.
//!
//! The longest match comes first, of equal ones the leftmost, since the longest common part is the strongest evidence. What
//! others share with it is cut from them; what is left of them competes by its own length, and is dropped if that is below
//! the least length of a claim:
//!
//! ```text
//! ├──────── 90 ────────┤                        taken
//!               ├───────── 70 ─────────┤        cut to 40, taken
//!                                  ├── 30 ──┤   cut to 10, dropped
//! ```
//!
//! Any part of a match is a match, so that the pieces are claims too; but the earliest contribution may be another for a
//! part than for the whole, and is looked up for each range that comes out.
//!
//! # Must not
//! Look at sources: which part is attributed does not depend on who gets it.
//!
//! # Invariants
//! Ranges that come out are in order, do not overlap, lie within a match each, avoid all that is excluded, and have the least
//! length or more, and no more than the greatest.

use crate::matches::Match;
use std::{
	cmp::Reverse,
	collections::{BTreeMap, BinaryHeap},
	ops::Range,
};

/// Ranges within `matches`, without anything of `excluded`, of `min_bytes` at least and `max_bytes` at most (of which
/// `min_bytes` is no more than half).
pub(crate) fn resolve(
	matches: &[Match],
	excluded: &[Range<usize>],
	min_bytes: usize,
	max_bytes: usize,
) -> Vec<Range<usize>> {
	let mut taken = Taken::default();
	excluded.iter().for_each(|range| taken.add(range));
	let rank = |range: Range<usize>| (range.len(), Reverse(range.start), range.end);
	let mut waiting: BinaryHeap<_> = matches.iter().map(|found| rank(found.range())).collect();
	let mut ranges = Vec::new();
	while let Some((len, Reverse(start), end)) = waiting.pop() {
		let free = taken.free_within(start..end);
		if len >= min_bytes && free.len() == 1 && free[0] == (start..end) {
			taken.add(&(start..end));
			ranges.push(start..end);
			continue;
		}
		waiting.extend(free.into_iter().filter(|part| part.len() >= min_bytes).map(rank));
	}
	ranges.sort_by_key(|range| range.start);
	ranges.into_iter().flat_map(|range| parts(range, max_bytes)).collect()
}

/// A range in equal parts that are not too long.
fn parts(range: Range<usize>, max_bytes: usize) -> impl Iterator<Item = Range<usize>> {
	let count = range.len().div_ceil(max_bytes.max(1)).max(1);
	// The longest possible range is an output, whose length times the number of its parts is far below 2^64.
	let cut = move |part: usize| range.start + range.len() * part / count;
	(0..count).map(move |part| cut(part)..cut(part + 1))
}

/// Ranges that are taken, by their starts. They do not overlap.
#[derive(Default)]
struct Taken(BTreeMap<usize, usize>);

impl Taken {
	/// Takes what of a range is free.
	fn add(&mut self, range: &Range<usize>) {
		for free in self.free_within(range.clone()) {
			self.0.insert(free.start, free.end);
		}
	}

	/// The parts of a range that are free, in order.
	fn free_within(&self, range: Range<usize>) -> Vec<Range<usize>> {
		let before = self.0.range(..range.start).next_back().map_or(0, |(_, end)| *end);
		let (mut at, mut free) = (range.start.max(before), Vec::new());
		for (start, end) in self.0.range(range.start..range.end) {
			if at < *start {
				free.push(at..*start);
			}
			at = at.max(*end);
		}
		if at < range.end {
			free.push(at..range.end);
		}
		free
	}
}

#[cfg(test)]
// A list of one range is what is meant.
#[allow(clippy::single_range_in_vec_init)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn matches(ranges: &[Range<usize>]) -> Vec<Match> {
		ranges.iter().map(|range| Match { start: range.start, len: range.len() }).collect()
	}

	#[test]
	fn the_longest_match_comes_first_and_the_others_keep_what_is_left() {
		let all = matches(&[0..90, 60..130, 120..150]);
		assert_eq!(resolve(&all, &[], 32, 1_000), [0..90, 90..130]);
		assert_eq!(resolve(&all, &[], 20, 1_000), [0..90, 90..130, 130..150]);
		let equal = matches(&[0..50, 40..90]);
		assert_eq!(resolve(&equal, &[], 32, 1_000), [0..50, 50..90], "of equal ones the left one");
	}

	#[test]
	fn what_is_excluded_is_claimed_by_nobody() {
		let all = matches(&[0..100]);
		assert_eq!(resolve(&all, &[40..60], 40, 1_000), [0..40, 60..100]);
		assert_eq!(resolve(&all, &[40..60, 50..65], 40, 1_000), [0..40]);
		assert!(resolve(&all, &[0..100], 1, 1_000).is_empty());
	}

	#[test]
	fn what_is_too_long_for_a_slice_is_cut_into_equal_parts() {
		assert_eq!(resolve(&matches(&[5..105]), &[], 10, 40), [5..38, 38..71, 71..105]);
		assert_eq!(resolve(&matches(&[5..45]), &[], 10, 40), [5..45]);
	}

	proptest! {
		#[test]
		fn ranges_lie_within_matches_apart_from_each_other_and_as_long_as_they_must_be(
			ends in prop::collection::vec((0..200usize, 1..60usize), 0..12),
			excluded in prop::collection::vec((0..200usize, 0..20usize), 0..4),
			min_bytes in 1..10usize,
		) {
			let all: Vec<Match> = ends.iter().map(|(start, len)| Match { start: *start, len: *len }).collect();
			let excluded: Vec<_> = excluded.iter().map(|(start, len)| *start..start + len).collect();
			let max_bytes = 2 * min_bytes;
			let ranges = resolve(&all, &excluded, min_bytes, max_bytes);
			prop_assert!(ranges.is_sorted_by(|one, next| one.end <= next.start));
			for range in &ranges {
				prop_assert!(all.iter().any(|found| found.start <= range.start && range.end <= found.end()));
				prop_assert!(excluded.iter().all(|out| out.is_empty() || out.end <= range.start || range.end <= out.start));
				prop_assert!((min_bytes..=max_bytes).contains(&range.len()));
			}
			// Whoever looks at what is left finds no match of the least length in it.
			let covered = |at: usize| {
				ranges.iter().chain(&excluded).any(|range| range.contains(&at))
			};
			for found in &all {
				let runs = found.range().collect::<Vec<_>>();
				prop_assert!(runs.split(|at| covered(*at)).all(|run| run.len() < min_bytes));
			}
		}
	}
}
