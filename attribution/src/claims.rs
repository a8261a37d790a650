//! [`Attribution`]: which parts of an output may be claimed for which contribution.
//!
//! ```text
//! output ─► maximal matches ─► without what stands in the prompt, without overlaps ─► for each range, its earliest source
//! ```
//!
//! # Must not
//! Claim what the chain would call a fraud: bytes that differ, bytes of the prompt, bytes that an earlier contribution has
//! too, ranges that overlap or are too short, or too long to be proved.
//!
//! # Invariants
//! A claim's whole range stands in its contribution at its offset, and in no earlier contribution of the index.

use crate::{matches::Match, resolve::resolve, source::Source, Index, Report};
use plexus_primitives::{CommitmentNumber, Content, ContributionId, DatanetId};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The least length of a claim, unless governance has set another: shorter common parts are phrases of the language.
pub const MIN_BYTES: usize = 32;

/// The longest claim, which is the chain's (`Attribution.ClaimBytesMax`). Two slices prove it: of 17 chunks each, the parents
/// among them, and two edges of the tree of the longest content there can be, less than 64 KiB.
pub const CLAIM_BYTES_MAX: usize = 16 << 10;

/// The longest output, and the longest prompt.
pub const OUTPUT_BYTES_MAX: usize = 16 << 20;

/// How an output is attributed.
#[derive(Clone, Debug)]
pub struct Attribution<'a> {
	/// The least length of a claim, in bytes. At least 1, at most half of [`CLAIM_BYTES_MAX`].
	pub min_bytes: usize,
	/// What the user put in. What the output repeats of it, in parts of half of `min_bytes` or more, is claimed for nobody:
	/// so no claim has half of its bytes in one piece in the prompt, which the chain calls an echo.
	pub prompt: &'a [u8],
	/// Ranges of the output that are claimed otherwise, say by what was retrieved for it.
	pub excluded: &'a [Range<usize>],
}

impl Default for Attribution<'_> {
	/// [`MIN_BYTES`], no prompt, nothing excluded.
	fn default() -> Self {
		Self { min_bytes: MIN_BYTES, prompt: &[], excluded: &[] }
	}
}

/// A range of an output and where it stands in a contribution.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SpanClaim {
	/// Where it begins in the output.
	pub start: u64,
	/// Bytes.
	pub len: u64,
	/// The contribution.
	pub contribution: ContributionId,
	/// Its datanet.
	pub datanet: DatanetId,
	/// The commitment it was registered under.
	pub commitment: CommitmentNumber,
	/// The local file.
	pub path: String,
	/// All of the contribution's bytes.
	pub content: Content,
	/// Where the range begins in them.
	pub offset: u64,
	/// How often the same bytes occur in all sources: of what stands everywhere, nobody is known to be the author.
	pub occurrences: u64,
}

impl SpanClaim {
	/// Where it lies in the output.
	pub fn range(&self) -> Range<usize> {
		self.start as usize..(self.start + self.len) as usize
	}
}

/// Why an output cannot be attributed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AttributionError {
	/// There is nothing to attribute.
	#[error("the output is empty")]
	EmptyOutput,
	/// Output or prompt is too long.
	#[error("the {what} has {actual} bytes, more than {OUTPUT_BYTES_MAX}")]
	TooLong {
		/// `output` or `prompt`.
		what: &'static str,
		/// Its length.
		actual: usize,
	},
	/// The least length is out of bounds.
	#[error("the least length of a claim is {actual} bytes, but must be 1 to {max}", max = CLAIM_BYTES_MAX / 2)]
	MinBytes {
		/// What was given.
		actual: usize,
	},
}

impl Attribution<'_> {
	/// Everything that can be claimed of an output, and what cannot.
	///
	/// # Errors
	/// See [`AttributionError`].
	pub fn report(&self, index: &Index, output: &[u8]) -> Result<Report, AttributionError> {
		if output.is_empty() {
			return Err(AttributionError::EmptyOutput);
		}
		for (what, bytes) in [("output", output), ("prompt", self.prompt)] {
			if bytes.len() > OUTPUT_BYTES_MAX {
				return Err(AttributionError::TooLong { what, actual: bytes.len() });
			}
		}
		if !(1..=CLAIM_BYTES_MAX / 2).contains(&self.min_bytes) {
			return Err(AttributionError::MinBytes { actual: self.min_bytes });
		}
		let echoes = self.echoes(output);
		let excluded: Vec<_> = echoes.iter().map(Match::range).chain(self.excluded.iter().cloned()).collect();
		let matches = index.maximal_matches(output, self.min_bytes);
		let ranges = resolve(&matches, &excluded, self.min_bytes, CLAIM_BYTES_MAX);
		let claims = ranges.into_iter().filter_map(|range| claim(index, output, range)).collect();
		Ok(Report::new(index.size(), output, self.min_bytes, echoes, claims))
	}

	/// The parts of the output that stand in the prompt, apart from each other.
	fn echoes(&self, output: &[u8]) -> Vec<Match> {
		let min_bytes = self.min_bytes.div_ceil(2);
		if self.prompt.len() < min_bytes {
			return Vec::new();
		}
		let mut echoes: Vec<Match> = Vec::new();
		for echo in Index::of_text(self.prompt).maximal_matches(output, min_bytes) {
			match echoes.last_mut().filter(|last| echo.start <= last.end()) {
				Some(last) => last.len = echo.end() - last.start,
				None => echoes.push(echo),
			}
		}
		echoes
	}
}

/// The claim on a range; a range within a match is found.
fn claim(index: &Index, output: &[u8], range: Range<usize>) -> Option<SpanClaim> {
	let found = index.find(&output[range.clone()])?;
	let Source { contribution, datanet, commitment, path, content } = index.sources()[found.source].clone();
	let (start, len) = (range.start as u64, range.len() as u64);
	let (offset, occurrences) = (found.offset, found.count);
	Some(SpanClaim { start, len, contribution, datanet, commitment, path, content, offset, occurrences })
}

#[cfg(test)]
// A list of one range is what is meant.
#[allow(clippy::single_range_in_vec_init)]
mod tests {
	use super::*;
	use crate::testing::index_of;
	use plexus_primitives::slice::{HEADER_BYTES, PARENT_BYTES, SLICE_BYTES_MAX, TREE_DEPTH_MAX};
	use proptest::prelude::*;

	fn settings(min_bytes: usize) -> Attribution<'static> {
		Attribution { min_bytes, ..Attribution::default() }
	}

	#[test]
	fn a_copy_is_claimed_for_the_contribution_that_was_first_with_exactly_its_bytes() {
		let original = b"the first words and nothing more".to_vec();
		let longer = [&original[..], b" than these of a later one"].concat();
		let index = index_of(&[original.clone(), longer.clone()], 1);
		let output = [b"I say: ", &original[..], b"!"].concat();
		let report = settings(16).report(&index, &output).unwrap();
		assert_eq!(report.claims.len(), 1);
		let claim = &report.claims[0];
		assert_eq!((claim.contribution.0, claim.start, claim.len, claim.offset), (0, 7, 32, 0));
		assert_eq!(claim.occurrences, 2);
		// The longer range stands in the later contribution alone.
		let report = settings(16).report(&index, &longer).unwrap();
		assert_eq!(report.claims.iter().map(|claim| claim.contribution.0).collect::<Vec<_>>(), [1]);
	}

	#[test]
	fn of_what_is_cut_from_an_overlapping_match_the_earliest_holder_is_looked_up_anew() {
		let part = b"and this is only a part";
		let whole = [b"a tail that is shared ", &part[..]].concat();
		let other = b"a long beginning of its own with a tail that is shared ".to_vec();
		let index = index_of(&[part.to_vec(), whole, other.clone()], 1);
		let output = [&other[..], part].concat();
		let report = settings(16).report(&index, &output).unwrap();
		let claims: Vec<_> = report.claims.iter().map(|claim| (claim.contribution.0, claim.len)).collect();
		assert_eq!(claims, [(2, other.len() as u64), (0, part.len() as u64)]);
	}

	#[test]
	fn what_the_user_said_is_claimed_for_nobody() {
		let text = b"a sentence that everybody likes to repeat, over and over again".to_vec();
		let index = index_of(std::slice::from_ref(&text), 1);
		let attribution = Attribution { min_bytes: 16, prompt: &text[..30], ..Attribution::default() };
		let report = attribution.report(&index, &text).unwrap();
		assert_eq!(report.echoes, [Match { start: 0, len: 30 }]);
		assert_eq!(report.claims.iter().map(SpanClaim::range).collect::<Vec<_>>(), [30..text.len()]);
		let excluded = Attribution { excluded: &[20..text.len()], ..attribution };
		assert!(excluded.report(&index, &text).unwrap().claims.is_empty());
	}

	#[test]
	fn what_cannot_be_attributed_is_refused() {
		let index = index_of(&[b"text".to_vec()], 1);
		let too_long = vec![0; OUTPUT_BYTES_MAX + 1];
		let refused = |attribution: Attribution, output: &[u8]| attribution.report(&index, output).err();
		assert_eq!(refused(settings(32), b""), Some(AttributionError::EmptyOutput));
		let actual = too_long.len();
		let what = "output";
		assert_eq!(refused(settings(32), &too_long), Some(AttributionError::TooLong { what, actual }));
		let what = "prompt";
		let prompt = Attribution { prompt: &too_long, ..Attribution::default() };
		assert_eq!(refused(prompt, b"x"), Some(AttributionError::TooLong { what, actual }));
		for actual in [0, CLAIM_BYTES_MAX / 2 + 1, usize::MAX] {
			assert_eq!(refused(settings(actual), b"x"), Some(AttributionError::MinBytes { actual }));
		}
	}

	#[test]
	fn the_longest_claim_can_be_proved_at_the_worst_place_of_the_longest_content() {
		let chunks = (CLAIM_BYTES_MAX - 2).div_ceil(1_024) + 1;
		let parents = chunks + 2 * TREE_DEPTH_MAX;
		assert!(HEADER_BYTES + chunks * 1_024 + parents * PARENT_BYTES <= SLICE_BYTES_MAX);
	}

	proptest! {
		#[test]
		fn every_claim_stands_where_it_says_and_in_no_earlier_contribution(
			files in prop::collection::vec(prop::collection::vec(b'a'..b'd', 1..80), 1..6),
			output in prop::collection::vec(b'a'..b'd', 1..120),
			prompt in prop::collection::vec(b'a'..b'd', 0..40),
			shards in 1..3usize,
		) {
			let index = index_of(&files, shards);
			let attribution = Attribution { min_bytes: 4, prompt: &prompt, ..Attribution::default() };
			let report = attribution.report(&index, &output).unwrap();
			let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
			for claim in &report.claims {
				let part = &output[claim.range()];
				let holder = claim.contribution.0 as usize;
				prop_assert!(part.len() >= 4);
				prop_assert_eq!(part, &files[holder][claim.offset as usize..][..part.len()]);
				prop_assert!(files[..holder].iter().all(|earlier| !holds(earlier, part)));
				prop_assert!(part.windows(part.len().div_ceil(2)).all(|piece| !holds(&prompt, piece)), "an echo");
			}
			prop_assert!(report.claims.is_sorted_by(|one, next| one.range().end <= next.range().start));
			let alone = attribution.report(&index_of(&files, 1), &output).unwrap();
			prop_assert_eq!(alone.claims, report.claims, "shards change nothing");
		}
	}
}
