//! Passages of the sources that fit a question best, by BM25, each with its contribution, offset and length: what an agent
//! puts before a model, and may claim as the ground of an answer.
//!
//! The suffix array knows already where each word stands and how often, so that no second index is needed: the occurrences of
//! a word, counted by passages, are its document frequency and its term frequencies. That is why no search engine is used
//! here: `tantivy` brings some sixty crates and an index of its own on disk, `bm25` a hash function without a maintainer and
//! an order that differs from run to run.
//!
//! ```text
//! score = Σ over the words of   ln(1 + (N - n + ½) / (n + ½)) · t · (k₁ + 1) / (t + k₁ · (1 - b + b · len / mean))
//!                               N passages, n of them with the word, t times in this one
//! ```
//!
//! Passages are cut from each file at about every 512 bytes, at the end of a line or else a word. A word stands where it has
//! no letter or digit beside it; it is found as it was typed, in small letters, in capitals, and with the first letter large.
//!
//! # Must not
//! Search for ever for a word that is everywhere: the rarest words come first, until a fixed number of occurrences is used up.
//! Those that are left out are named; they would have changed little.
//!
//! # Invariants
//! Passages do not overlap, and together are the whole of each file. Of equal scores the earlier contribution comes first,
//! then the smaller offset.
//!
//! Source: Robertson and Zaragoza, The probabilistic relevance framework: BM25 and beyond (2009); Yamamoto and Church, Using
//! suffix arrays to compute term frequency and document frequency for all substrings in a corpus (2001).

use crate::Index;
use plexus_primitives::{merkle, Context, ContextLeaf, ContributionId};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// About how long a passage is.
pub const PASSAGE_BYTES: usize = 512;

/// How far behind its place a passage may end, to end with a line or a word.
const EDGE_BYTES: usize = 128;

/// The most passages of one answer.
pub const PASSAGES_MAX: usize = 64;

/// The longest question.
pub const QUESTION_BYTES_MAX: usize = 64 << 10;

/// Different words of a question that are looked for; those behind them are left out.
const WORDS_MAX: usize = 64;

/// Occurrences that are looked at for one question: some ten milliseconds.
const OCCURRENCES_MAX: usize = 100_000;

/// How soon a word that is repeated counts no more, and how much the length of a passage counts: the usual values.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// A passage by its source and where it begins there.
type Place = (usize, usize);

/// A part of a source.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Passage {
	/// The contribution.
	pub contribution: ContributionId,
	/// The source, as an index into [`Index::sources`].
	pub source: usize,
	/// Where it begins in the contribution.
	pub offset: u64,
	/// Bytes.
	pub len: u64,
	/// How well it fits; comparable within one answer only.
	pub score: f64,
}

/// The passages that fit a question.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Retrieved {
	/// The best first.
	pub passages: Vec<Passage>,
	/// Words that were left out, as they are too frequent or too many.
	pub left_out: Vec<String>,
}

/// Searches the passages of an index.
#[derive(Clone, Copy)]
pub struct Retriever<'a> {
	index: &'a Index,
	/// How many passages there are.
	passages: usize,
	/// How long they are in the mean.
	mean: f64,
}

impl<'a> Retriever<'a> {
	/// Counts the passages.
	pub fn new(index: &'a Index) -> Self {
		let passages: usize = index.sources().iter().map(|source| count(source.content.len as usize)).sum();
		Self { index, passages, mean: index.size().bytes as f64 / passages.max(1) as f64 }
	}

	/// The passages that fit a question best, at most `max` and no more than [`PASSAGES_MAX`]. Of a question that is longer
	/// than [`QUESTION_BYTES_MAX`] the beginning is read.
	pub fn retrieve(&self, question: &str, max: usize) -> Retrieved {
		let (mut words, mut left_out) = words(question);
		// Rare words tell more, and cost less.
		words.sort_by_cached_key(|word| (self.frequency(word), word.clone()));
		let (mut worths, mut budget) = (Vec::new(), OCCURRENCES_MAX);
		for word in words {
			let Some((occurrences, looked_at)) = self.word_occurrences(&word, budget) else {
				left_out.push(word);
				continue;
			};
			budget -= looked_at;
			self.add_worths(&occurrences, &mut worths);
		}
		// Stable, so that sums are made in the order of the words, and rounded alike each time.
		worths.par_sort_by_key(|(place, _)| *place);
		let sums = worths.chunk_by(|(one, _), (next, _)| one == next);
		let mut best: Vec<(Place, f64)> =
			sums.map(|all| (all[0].0, all.iter().map(|(_, worth)| worth).sum())).collect();
		// Stable too: equals stay in the order of contribution and offset.
		best.sort_by(|(_, one), (_, other)| other.total_cmp(one));
		best.truncate(max.min(PASSAGES_MAX));
		let passages = best.into_iter().map(|(place, score)| self.passage(place, score));
		Retrieved { passages: passages.collect(), left_out }
	}

	/// Adds what a word, which stands in these places, is worth to the passages that have it.
	fn add_worths(&self, occurrences: &[(usize, u64)], worths: &mut Vec<(Place, f64)>) {
		let passage = |(source, offset): &(usize, u64)| {
			let range = passage_at(self.index.content(*source), *offset as usize);
			((*source, range.start), range.len())
		};
		let mut found: Vec<(Place, usize)> = occurrences.par_iter().map(passage).collect();
		found.par_sort_unstable();
		let passages = || found.chunk_by(|(one, _), (next, _)| one == next);
		let (all, with) = (self.passages as f64, passages().count() as f64);
		let weight = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
		worths.extend(passages().map(|same| {
			let (place, len) = same[0];
			let times = same.len() as f64;
			let long = 1.0 - B + B * len as f64 / self.mean;
			(place, weight * times * (K1 + 1.0) / (times + K1 * long))
		}));
	}

	fn passage(&self, (source, start): Place, score: f64) -> Passage {
		let range = passage_at(self.index.content(source), start);
		let contribution = self.index.sources()[source].contribution;
		Passage { contribution, source, offset: start as u64, len: range.len() as u64, score }
	}

	/// The bytes of a passage of this index.
	pub fn bytes(&self, passage: &Passage) -> &'a [u8] {
		let content = self.index.content(passage.source);
		content.get(passage.offset as usize..(passage.offset + passage.len) as usize).unwrap_or_default()
	}

	/// How often a word occurs in any spelling, be it part of another.
	fn frequency(&self, word: &str) -> u64 {
		spellings(word).iter().map(|spelling| self.index.count(spelling.as_bytes())).sum()
	}

	/// Where a word stands by itself, and how many places were looked at; nothing if that would be more than `max`.
	fn word_occurrences(&self, word: &str, max: usize) -> Option<(Vec<(usize, u64)>, usize)> {
		let mut found = Vec::new();
		let mut left = max;
		for spelling in spellings(word) {
			let occurrences = self.index.occurrences(spelling.as_bytes(), left)?;
			left -= occurrences.len();
			found.par_extend(occurrences.into_par_iter().filter(|(source, offset)| {
				let range = *offset as usize..*offset as usize + spelling.len();
				stands_alone(self.index.content(*source), range)
			}));
		}
		Some((found, max - left))
	}
}

/// What a receipt says of the passages that were put before the model: their tree's root, and their bytes. Nothing if there
/// are none.
pub fn context(passages: &[Passage]) -> Option<Context> {
	let bytes = passages.iter().map(|passage| passage.len).sum();
	merkle::root(&leaves(passages)).map(|root| Context { root, bytes })
}

/// The proof that the passage at `place` is in the context.
pub fn context_proof(passages: &[Passage], place: usize) -> Option<merkle::Proof> {
	merkle::prove(&leaves(passages), place)
}

/// The passages as pieces of a context, in their order: what is handed in with a receipt, so that they can be shown.
pub fn pieces(passages: &[Passage]) -> Vec<ContextLeaf> {
	let piece = |passage: &Passage| {
		let Passage { contribution, offset, len: length, .. } = *passage;
		ContextLeaf { contribution, offset, length }
	};
	passages.iter().map(piece).collect()
}

fn leaves(passages: &[Passage]) -> Vec<[u8; 32]> {
	pieces(passages).iter().map(ContextLeaf::leaf).collect()
}

/// The different words of a question, in small letters, and those that are too many.
fn words(question: &str) -> (Vec<String>, Vec<String>) {
	let within = question.len().min(QUESTION_BYTES_MAX);
	let end = (0..=within).rev().find(|end| question.is_char_boundary(*end)).unwrap_or_default();
	let question = &question[..end];
	let mut words: Vec<String> = Vec::new();
	for word in question.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
	{
		let word = word.to_lowercase();
		if !words.contains(&word) {
			words.push(word);
		}
		// Looking through the list stays cheap, and nobody reads more names of words than this.
		if words.len() == 2 * WORDS_MAX {
			break;
		}
	}
	let left_out = words.split_off(words.len().min(WORDS_MAX));
	(words, left_out)
}

/// A word in small letters, with the first letter large, and in capitals; each once.
fn spellings(word: &str) -> Vec<String> {
	let mut letters = word.chars();
	let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
	let mut spellings = vec![word.to_string()];
	for spelling in [first + letters.as_str(), word.to_uppercase()] {
		if !spellings.contains(&spelling) {
			spellings.push(spelling);
		}
	}
	spellings
}

/// Whether there is neither letter nor digit at either side.
fn stands_alone(content: &[u8], range: Range<usize>) -> bool {
	let is_part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
	let before = &content[..range.start];
	let before = before[before.len().saturating_sub(4)..].utf8_chunks().last();
	let before =
		before.filter(|chunk| chunk.invalid().is_empty()).and_then(|chunk| chunk.valid().chars().next_back());
	let after = &content[range.end..];
	let after =
		after[..after.len().min(4)].utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
	!is_part(before) && !is_part(after)
}

/// How many passages a file of this length is cut into, give or take one.
fn count(len: usize) -> usize {
	len.div_ceil(PASSAGE_BYTES)
}

/// The passage that a place of a file is in.
fn passage_at(content: &[u8], offset: usize) -> Range<usize> {
	let number = offset / PASSAGE_BYTES;
	let start = edge(content, number);
	// An edge lies behind its place, and less far than the next one's.
	if offset < start {
		return edge(content, number - 1)..start;
	}
	start..edge(content, number + 1)
}

/// Where a passage begins: at or soon behind a multiple of [`PASSAGE_BYTES`], at a line, else at a word, else at a character.
fn edge(content: &[u8], number: usize) -> usize {
	let place = number.saturating_mul(PASSAGE_BYTES);
	if number == 0 || place >= content.len() {
		return place.min(content.len());
	}
	// From the byte before, so that a line that begins at the place stays whole.
	let near = &content[place - 1..content.len().min(place - 1 + EDGE_BYTES)];
	let behind = |wanted: fn(&u8) -> bool| near.iter().position(wanted).map(|at| place + at);
	let in_character = || content[place..].iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
	behind(|byte| *byte == b'\n')
		.or_else(|| behind(u8::is_ascii_whitespace))
		.unwrap_or_else(|| place + in_character())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::index_of;
	use proptest::prelude::*;

	/// A file with one line for each passage, whose words are given.
	fn lines(words: &[&str]) -> Vec<u8> {
		let line = |words: &&str| format!("{words:.<511}\n");
		words.iter().map(line).collect::<String>().into_bytes()
	}

	fn retriever(index: &Index) -> Retriever<'_> {
		Retriever::new(index)
	}

	fn places(retrieved: &Retrieved) -> Vec<(u64, u64)> {
		retrieved.passages.iter().map(|passage| (passage.contribution.0, passage.offset)).collect()
	}

	#[test]
	fn rare_words_repeated_words_and_short_passages_weigh_more() {
		let files = [
			lines(&["the cat sat", "the dog and the dog", "the dog", "the bird"]),
			b"the dog".to_vec(),
			lines(&["nothing of all this"]),
		];
		let index = index_of(&files, 2);
		assert_eq!(places(&retriever(&index).retrieve("Where is the CAT?", 1)), [(0, 0)]);
		assert_eq!(places(&retriever(&index).retrieve("dog", 9)), [(1, 0), (0, 512), (0, 1_024)]);
		assert_eq!(places(&retriever(&index).retrieve("elephant", 9)), []);
		assert_eq!(places(&retriever(&index).retrieve("", 9)), []);
		let best = &retriever(&index).retrieve("dog", 9).passages[1];
		assert!(retriever(&index).bytes(best).starts_with(b"the dog and the dog"));
	}

	#[test]
	fn scores_are_those_of_the_formula() {
		let files = [
			lines(&["a word here", "word and word", "other", "other", "x"]),
			b"some more of other words".to_vec(),
		];
		let index = index_of(&files, 2);
		let (passages, with) = (6.0, 2.0);
		let mean = (5.0 * 512.0 + 24.0) / passages;
		let weight = f64::ln(1.0 + (passages - with + 0.5) / (with + 0.5));
		let expected = |times: f64| weight * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * 512.0 / mean));
		let retrieved = retriever(&index).retrieve("Word!", 9);
		assert_eq!(places(&retrieved), [(0, 512), (0, 0)]);
		for (passage, times) in retrieved.passages.iter().zip([2.0, 1.0]) {
			assert!((passage.score - expected(times)).abs() < 1e-12);
		}
	}

	#[test]
	fn words_are_found_whole_and_in_every_spelling() {
		for (text, found) in [
			("the dog.", true),
			("DOG", true),
			("a Dog", true),
			("„dog“", true),
			("dogs", false),
			("a_dog", true),
			("hotdog", false),
			("dogä", false),
			("ädog", false),
			("7dog", false),
		] {
			let index = index_of(&[text.as_bytes().to_vec()], 1);
			assert_eq!(!retriever(&index).retrieve("dOg", 1).passages.is_empty(), found, "{text}");
		}
		let index = index_of(&["Äpfel und ÄPFEL und äpfel".as_bytes().to_vec()], 1);
		assert_eq!(retriever(&index).word_occurrences("äpfel", 9).unwrap().0.len(), 3);
		assert_eq!(
			retriever(&index).word_occurrences("äpfel", 2),
			None,
			"there are more than were asked for"
		);
	}

	#[test]
	fn words_beyond_the_limit_are_named() {
		let index = index_of(&[b"text".to_vec()], 1);
		let question: Vec<String> = (0..WORDS_MAX + 3).map(|word| format!("w{word} w{word}")).collect();
		assert_eq!(retriever(&index).retrieve(&question.join(" "), 1).left_out, ["w64", "w65", "w66"]);
		assert_eq!(retriever(&index).retrieve(&"ä".repeat(QUESTION_BYTES_MAX), 1).left_out, [""; 0]);
	}

	#[test]
	fn the_context_of_a_receipt_proves_each_passage() {
		let index = index_of(&[lines(&["dog one", "dog two", "dog three"])], 1);
		let passages = retriever(&index).retrieve("dog", 9).passages;
		let context = context(&passages).unwrap();
		assert_eq!(context.bytes, 3 * 512);
		assert_eq!(pieces(&passages).iter().map(|piece| piece.length).sum::<u64>(), context.bytes);
		for (place, passage) in passages.iter().enumerate() {
			let leaf: Vec<u8> = [passage.contribution.0, passage.offset, passage.len]
				.iter()
				.flat_map(|number| number.to_le_bytes())
				.collect();
			let proof = context_proof(&passages, place).unwrap();
			assert!(merkle::verify(&context.root, 3, place as u64, &merkle::leaf(&leaf), &proof));
		}
		assert_eq!(super::context(&[]), None);
		assert_eq!(context_proof(&passages, 3), None);
	}

	proptest! {
		#[test]
		fn passages_are_the_whole_of_a_file_and_do_not_overlap(
			text in "[ab ä日\n]{1,3000}",
			places in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
		) {
			let content = text.as_bytes();
			let (mut at, mut all) = (0, Vec::new());
			while at < content.len() {
				let passage = passage_at(content, at);
				prop_assert_eq!(passage.start, at);
				prop_assert!(passage.end > at && passage.len() <= PASSAGE_BYTES + EDGE_BYTES);
				prop_assert!(text.is_char_boundary(passage.end));
				at = passage.end;
				all.push(passage);
			}
			for place in places {
				let place = place.index(content.len());
				let passage = passage_at(content, place);
				prop_assert!(passage.contains(&place) && all.contains(&passage));
			}
		}

		#[test]
		fn bytes_that_are_no_text_are_cut_and_searched_as_well(
			content in prop::collection::vec(any::<u8>(), 1..3_000),
			place in any::<prop::sample::Index>(),
		) {
			let place = place.index(content.len());
			prop_assert!(passage_at(&content, place).contains(&place));
			stands_alone(&content, place..place + 1);
		}
	}
}
