//! Maximal exact matches: the parts of an output that occur in some source, and in no longer part that does.
//!
//! Let `end(a)` be where the longest part that begins at `a` and occurs ends. It never falls as `a` rises, for with a text
//! every part of it occurs. A maximal match is thus a distinct `end(a)` with the smallest such `a`, and the matches of at
//! least `n` bytes are found from right to left, most of the output without a look:
//!
//! ```text
//!      a ≤ e - n      s        e = end(s)
//! ─────────┼──────────┼────────┼─────────        too short: whatever begins at or before s ends at or before e,
//!                     ├────────┤                  so go on at e - n, which is before s
//!     ┼───────────────┼────────┼─────────        long enough: halve the way to the smallest start with the same end,
//!     ├────────────────────────┤                  and go on before it
//! ```
//!
//! What is no copy shares some dozen bytes with a large text at any place, so that one search settles `n - 12` bytes or so.
//!
//! Shards are searched in parallel, and long outputs in pieces: a match belongs to the piece that it ends in. A part that is
//! maximal in one shard and within a longer one of another is dropped at the end.
//!
//! # Must not
//! Depend on shards or pieces in what it answers.
//!
//! Source: the right-to-left skipping is Boyer and Moore's; the monotony is that of matching statistics (Chang and Lawler,
//! 1994).

use crate::index::{
	shard::{Pattern, Shard},
	Index,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Bytes of an output that one thread searches: long against usual matches, which are searched again by the next.
const PIECE_BYTES: usize = 16 << 10;

/// A part of an output that occurs in some source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Match {
	/// Where it begins.
	pub start: usize,
	/// Bytes.
	pub len: usize,
}

impl Match {
	/// Where it lies.
	pub fn range(&self) -> Range<usize> {
		self.start..self.end()
	}

	/// Behind its last byte.
	pub fn end(&self) -> usize {
		self.start + self.len
	}
}

impl Index {
	/// The maximal matches of at least `min_bytes`, in the order of their starts, which is that of their ends: none lies
	/// within another.
	///
	/// With `min_bytes` of 0 as with 1.
	pub fn maximal_matches(&self, output: &[u8], min_bytes: usize) -> Vec<Match> {
		self.matches_by_pieces(output, min_bytes, PIECE_BYTES)
	}

	fn matches_by_pieces(&self, output: &[u8], min_bytes: usize, piece_bytes: usize) -> Vec<Match> {
		let min_bytes = min_bytes.max(1);
		let pattern = Pattern::new(output);
		let pieces = (0..output.len()).step_by(piece_bytes).collect::<Vec<_>>();
		let of_shard = |shard: &Shard| -> Vec<Match> {
			let of_piece = |from: usize| {
				let ends = from + 1..output.len().min(from + piece_bytes) + 1;
				matches_that_end_in(shard, pattern, ends, min_bytes)
			};
			pieces.par_iter().flat_map_iter(|from| of_piece(*from)).collect()
		};
		without_contained(self.shards().flat_map_iter(of_shard).collect())
	}
}

/// The maximal matches of one shard whose ends are in `ends`.
fn matches_that_end_in(shard: &Shard, output: Pattern, ends: Range<usize>, min_bytes: usize) -> Vec<Match> {
	let mut found = Vec::new();
	let mut start = (ends.end - 1).checked_sub(min_bytes);
	while let Some(at) = start {
		let end = at + shard.longest(output.part(at..output.len()));
		if end < ends.start {
			break;
		}
		if end - at < min_bytes {
			start = end.checked_sub(min_bytes);
			continue;
		}
		let first = smallest_start(shard, output, at, end);
		if ends.contains(&end) {
			found.push(Match { start: first, len: end - first });
		}
		start = first.checked_sub(1);
	}
	found
}

/// The smallest start from which everything up to `end` occurs; from `start` it does.
fn smallest_start(shard: &Shard, output: Pattern, start: usize, end: usize) -> usize {
	let occurs = |from: usize| shard.longest(output.part(from..end)) == end - from;
	let (mut good, mut step) = (start, 1);
	while good >= step && occurs(good - step) {
		good -= step;
		step *= 2;
	}
	// From `good` on it occurs, and from before `bad` it does not.
	let mut bad = (good + 1).saturating_sub(step);
	while bad < good {
		let middle = bad + (good - bad) / 2;
		if occurs(middle) {
			good = middle;
		} else {
			bad = middle + 1;
		}
	}
	good
}

/// In order, without those that lie within another.
fn without_contained(mut matches: Vec<Match>) -> Vec<Match> {
	matches.sort_by_key(|found| (found.start, std::cmp::Reverse(found.len)));
	let mut end = 0;
	// Whatever came before begins at or before this one.
	matches.retain(|found| {
		let reaches_further = found.end() > end;
		end = end.max(found.end());
		reaches_further
	});
	matches
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::index_of;
	use proptest::prelude::*;

	/// For each start the longest part that occurs; those kept that the start before does not reach.
	fn naive(files: &[Vec<u8>], output: &[u8], min_bytes: usize) -> Vec<Match> {
		let occurs =
			|part: &[u8]| files.iter().any(|file| file.windows(part.len()).any(|window| window == part));
		let end =
			|start: usize| (start + 1..=output.len()).take_while(|end| occurs(&output[start..*end])).last();
		let (mut found, mut before) = (Vec::new(), None);
		for start in 0..output.len() {
			let this = end(start);
			if let Some(end) = this.filter(|_| this > before) {
				if end - start >= min_bytes {
					found.push(Match { start, len: end - start });
				}
			}
			before = this.max(before);
		}
		found
	}

	fn files(symbols: Range<u8>) -> impl Strategy<Value = Vec<Vec<u8>>> {
		prop::collection::vec(prop::collection::vec(symbols, 1..80), 1..7)
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(512))]

		#[test]
		fn matches_are_those_of_a_naive_search(
			files in files(0..3),
			output in prop::collection::vec(0..3u8, 0..120),
			min_bytes in 0..12usize,
			shards in 1..4usize,
			piece_bytes in 1..130usize,
		) {
			let index = index_of(&files, shards);
			let found = index.matches_by_pieces(&output, min_bytes, piece_bytes);
			prop_assert_eq!(found, naive(&files, &output, min_bytes));
		}

		#[test]
		fn outputs_that_are_sewn_together_from_sources_are_matched_as_by_a_naive_search(
			files in files(b'a'..b'x'),
			cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..40usize), 1..8),
			min_bytes in 1..16usize,
			shards in 1..4usize,
		) {
			let mut output = Vec::new();
			for (file, from, len) in cuts {
				let file = file.get(&files);
				let from = from.index(file.len());
				output.extend_from_slice(&file[from..file.len().min(from + len)]);
			}
			let index = index_of(&files, shards);
			let found = index.matches_by_pieces(&output, min_bytes, 32);
			prop_assert_eq!(found, naive(&files, &output, min_bytes));
		}

		#[test]
		fn the_earliest_source_of_a_match_is_the_first_that_holds_all_of_it(
			files in files(b'a'..b'c'),
			output in prop::collection::vec(b'a'..b'c', 1..60),
			shards in 1..4usize,
		) {
			let index = index_of(&files, shards);
			for found in index.maximal_matches(&output, 1) {
				let part = &output[found.range()];
				let place = |file: &Vec<u8>| file.windows(part.len()).position(|window| window == part);
				let count: usize = files
					.iter()
					.map(|file| file.windows(part.len()).filter(|window| *window == part).count())
					.sum();
				let first = files.iter().enumerate().find_map(|(file, bytes)| place(bytes).map(|at| (file, at as u64)));
				let answer = index.find(part).expect("a match occurs");
				prop_assert_eq!(Some((answer.source, answer.offset)), first);
				prop_assert_eq!(answer.count, count as u64);
			}
		}
	}

	#[test]
	fn nothing_matches_where_nothing_is() {
		let index = index_of(&[b"some text".to_vec()], 1);
		assert_eq!(index.maximal_matches(b"", 1), []);
		assert_eq!(index.maximal_matches(b"XYZ", 1), []);
		assert_eq!(index.maximal_matches(b"some text", 10), []);
		assert_eq!(index.maximal_matches(b"some text", 9), [Match { start: 0, len: 9 }]);
	}
}
