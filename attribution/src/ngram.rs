//! An n-gram language model without a limit of n: the next byte is drawn from what follows the longest suffix of the text so
//! far that occurs in the sources.
//!
//! ```text
//! prompt   … once upon a mid        the longest suffix that occurs:  "upon a mid", 3 times
//! next     n: 2   d: 1              drawn by these counts: n with 2/3
//! ```
//!
//! It is a real model if a small one, needs no training and no hardware, and everything it says was said: where no suffix is
//! long, it recombines, and where one is, it quotes. Its tokens are bytes, so that nothing has to be cut into words and every
//! offset is one of the sources. Text stays text: suffixes begin where a character of UTF-8 does, and after the empty one a
//! character begins, so that from sources and a prompt in UTF-8 an output in UTF-8 comes.
//!
//! # Must not
//! Use a clock, or randomness besides the seed: the same index, settings, prompt and seed give the same output everywhere.
//!
//! # Invariants
//! Work is bounded: each byte takes a search for some 8 lengths of suffixes, and one for each different byte that may follow.
//!
//! Source: Liu, Min, Zettlemoyer, Choi and Hajishirzi, Infini-gram: scaling unbounded n-gram language models to a trillion
//! tokens (2024), with bytes instead of tokens and a limit to the suffix.

use crate::index::{Index, Symbol};
use blake3::OutputReader;
use serde::{Deserialize, Serialize};

/// The longest context there may be. What follows longer suffixes is all but certain.
pub const CONTEXT_BYTES_MAX: usize = 4_096;

/// The longest output of one call.
pub const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// The most stops, and the longest.
pub const STOPS_MAX: usize = 16;

/// Bytes of the longest stop.
pub const STOP_BYTES_MAX: usize = 256;

/// Separates the stream of draws from every other use of a seed.
const STREAM: &str = "plexus n-gram model 1, draws";

/// How the model writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
	/// The longest suffix that is looked at, in bytes: the shorter, the more it recombines, the longer, the more it quotes.
	pub context_bytes: usize,
	/// A suffix counts if it occurs so often, else a shorter one does: where little is known, more is drawn from.
	pub occurrences_min: u64,
	/// The most frequent byte always, instead of a draw. Of equals the smallest, and a byte before an end.
	pub greedy: bool,
	/// Bytes after which it stops in any case. A character that would not fit is left out.
	pub output_bytes: usize,
	/// Texts before which it stops.
	pub stops: Vec<String>,
}

impl Default for Settings {
	/// A page that recombines: 24 bytes are some four words of context.
	fn default() -> Self {
		Self { context_bytes: 24, occurrences_min: 2, greedy: false, output_bytes: 1_024, stops: Vec::new() }
	}
}

/// Why settings cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SettingsError {
	/// A number out of its bounds.
	#[error("{setting} is {actual}, but must be 1 to {max}")]
	OutOfBounds {
		/// Which setting.
		setting: &'static str,
		/// What was given.
		actual: u64,
		/// The greatest that may be.
		max: u64,
	},
	/// Too many stops, or one that is empty or too long.
	#[error("there may be {STOPS_MAX} stops of 1 to {STOP_BYTES_MAX} bytes each")]
	Stops,
}

/// Why an output ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
	/// It has as many bytes as were asked for.
	Length,
	/// One of the stops came.
	Stop,
	/// A source ended at this place.
	EndOfText,
	/// Nothing in the sources goes on from here.
	Unseen,
}

/// What the model wrote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Generation {
	/// The bytes, without the prompt.
	pub output: Vec<u8>,
	/// Why there are no more.
	pub stopped: Stopped,
}

/// What may come next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Distribution {
	/// Bytes of the suffix that this follows.
	pub context_bytes: usize,
	/// How often each symbol does, in their order.
	pub counts: Vec<(Symbol, u64)>,
}

/// The model over an index.
#[derive(Clone)]
pub struct NgramModel<'a> {
	index: &'a Index,
	settings: Settings,
}

impl<'a> NgramModel<'a> {
	/// A model that writes by these settings.
	///
	/// # Errors
	/// See [`SettingsError`].
	pub fn new(index: &'a Index, settings: Settings) -> Result<Self, SettingsError> {
		let bounded = [
			("context_bytes", settings.context_bytes as u64, CONTEXT_BYTES_MAX as u64),
			("occurrences_min", settings.occurrences_min, u64::MAX),
			("output_bytes", settings.output_bytes as u64, OUTPUT_BYTES_MAX as u64),
		];
		for (setting, actual, max) in bounded {
			if !(1..=max).contains(&actual) {
				return Err(SettingsError::OutOfBounds { setting, actual, max });
			}
		}
		let good = |stop: &String| (1..=STOP_BYTES_MAX).contains(&stop.len());
		if settings.stops.len() > STOPS_MAX || !settings.stops.iter().all(good) {
			return Err(SettingsError::Stops);
		}
		Ok(Self { index, settings })
	}

	/// What may follow a text, by the longest suffix that occurs often enough; nothing if none does, the empty one included.
	pub fn next(&self, text: &[u8]) -> Option<Distribution> {
		let starts = self.suffix_starts(text);
		// With a suffix every shorter one occurs at least as often.
		let first =
			starts.partition_point(|start| self.index.count(&text[*start..]) < self.settings.occurrences_min);
		let suffix = &text[*starts.get(first)?..];
		let mut counts = self.index.followers(suffix);
		if suffix.is_empty() {
			// It stands before every byte, those within a character included.
			counts.retain(|(symbol, _)| !matches!(symbol, Symbol::Byte(byte) if is_continuation(*byte)));
		}
		(!counts.is_empty()).then_some(Distribution { context_bytes: suffix.len(), counts })
	}

	/// Goes on from a prompt.
	pub fn generate(&self, prompt: &[u8], seed: &[u8; 32]) -> Generation {
		// More than the longest suffix is never looked at.
		let mut text = prompt[prompt.len().saturating_sub(self.settings.context_bytes)..].to_vec();
		let (from, mut draws) = (text.len(), Draws::new(seed));
		let stopped = loop {
			if text.len() - from >= self.settings.output_bytes {
				break Stopped::Length;
			}
			let Some(distribution) = self.next(&text) else { break Stopped::Unseen };
			match self.choose(&distribution.counts, &mut draws) {
				Symbol::End => break Stopped::EndOfText,
				Symbol::Byte(byte) => text.push(byte),
			}
			let ends = |stop: &&String| text[from..].ends_with(stop.as_bytes());
			if let Some(stop) = self.settings.stops.iter().filter(ends).map(String::len).max() {
				text.truncate(text.len() - stop);
				break Stopped::Stop;
			}
		};
		let mut output = text.split_off(from);
		output.truncate(whole_characters(&output));
		Generation { output, stopped }
	}

	/// Where the suffixes begin that may be looked at, the longest first: at characters, and at the end if that is none's
	/// middle.
	fn suffix_starts(&self, text: &[u8]) -> Vec<usize> {
		let window = text.len().saturating_sub(self.settings.context_bytes);
		let begins = |at: &usize| !is_continuation(text[*at]);
		let mut starts: Vec<usize> = (window..text.len()).filter(begins).collect();
		if whole_characters(text) == text.len() {
			starts.push(text.len());
		}
		starts
	}

	fn choose(&self, counts: &[(Symbol, u64)], draws: &mut Draws) -> Symbol {
		if self.settings.greedy {
			let most = counts.iter().max_by_key(|(symbol, count)| (*count, std::cmp::Reverse(rank(*symbol))));
			return most.map_or(Symbol::End, |(symbol, _)| *symbol);
		}
		let mut left = draws.below(counts.iter().map(|(_, count)| count).sum());
		for (symbol, count) in counts {
			match left.checked_sub(*count) {
				Some(rest) => left = rest,
				None => return *symbol,
			}
		}
		Symbol::End
	}
}

/// Bytes in their order, and an end behind them.
fn rank(symbol: Symbol) -> u16 {
	match symbol {
		Symbol::Byte(byte) => u16::from(byte),
		Symbol::End => 256,
	}
}

fn is_continuation(byte: u8) -> bool {
	byte & 0xc0 == 0x80
}

/// The length without a character that is cut off at the end. What is no UTF-8 counts as whole.
fn whole_characters(text: &[u8]) -> usize {
	let tail = &text[text.len().saturating_sub(3)..];
	let Some(back) = tail.iter().rev().position(|byte| !is_continuation(*byte)) else { return text.len() };
	let lead = text.len() - back - 1;
	let wanted = match text[lead] {
		0xc2..=0xdf => 2,
		0xe0..=0xef => 3,
		0xf0..=0xf4 => 4,
		_ => 1,
	};
	if back + 1 < wanted {
		lead
	} else {
		text.len()
	}
}

/// A stream of numbers from a seed: BLAKE3's extended output, eight bytes each, little-endian.
struct Draws(OutputReader);

impl Draws {
	fn new(seed: &[u8; 32]) -> Self {
		Self(blake3::Hasher::new_derive_key(STREAM).update(seed).finalize_xof())
	}

	/// A number below `bound`, each as likely; 0 if there is none. What would favour the small ones is drawn again: less
	/// than half the time, however unlucky the bound.
	fn below(&mut self, bound: u64) -> u64 {
		if bound == 0 {
			return 0;
		}
		let excess = u64::MAX % bound;
		loop {
			let mut bytes = [0; 8];
			self.0.fill(&mut bytes);
			let number = u64::from_le_bytes(bytes);
			if number < u64::MAX - excess {
				return number % bound;
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::index_of;
	use proptest::prelude::*;
	use std::collections::BTreeMap;

	const SEED: [u8; 32] = [7; 32];

	fn settings(context_bytes: usize, occurrences_min: u64) -> Settings {
		Settings { context_bytes, occurrences_min, ..Settings::default() }
	}

	/// The distribution by counting all that follows every suffix.
	fn naive(files: &[Vec<u8>], text: &[u8], settings: &Settings) -> Option<Distribution> {
		let window = text.len().saturating_sub(settings.context_bytes);
		for start in window..=text.len() {
			let suffix = &text[start..];
			let mut counts = BTreeMap::new();
			for file in files {
				for at in 0..=file.len() {
					if file[at..].starts_with(suffix) {
						let symbol =
							file.get(at + suffix.len()).map_or(Symbol::End, |byte| Symbol::Byte(*byte));
						*counts.entry(symbol).or_insert(0) += 1;
					}
				}
			}
			if counts.values().sum::<u64>() >= settings.occurrences_min {
				return Some(Distribution {
					context_bytes: suffix.len(),
					counts: counts.into_iter().collect(),
				});
			}
		}
		None
	}

	proptest! {
		#[test]
		fn what_comes_next_is_what_a_naive_count_says(
			files in prop::collection::vec(prop::collection::vec(b'a'..b'd', 1..60), 1..6),
			text in prop::collection::vec(b'a'..b'd', 0..20),
			context_bytes in 1..12usize,
			occurrences_min in 1..6u64,
			shards in 1..4usize,
		) {
			let (index, settings) = (index_of(&files, shards), settings(context_bytes, occurrences_min));
			let model = NgramModel::new(&index, settings.clone()).unwrap();
			prop_assert_eq!(model.next(&text), naive(&files, &text, &settings));
		}

		#[test]
		fn from_text_comes_text_however_it_is_seeded(
			files in prop::collection::vec("[aä日😀]{1,30}", 1..4),
			prompt in "[aä日😀]{0,8}",
			seed in any::<[u8; 32]>(),
			context_bytes in 1..10usize,
			output_bytes in 1..40usize,
		) {
			let files: Vec<Vec<u8>> = files.into_iter().map(String::into_bytes).collect();
			let index = index_of(&files, 1);
			let settings = Settings { output_bytes, ..settings(context_bytes, 1) };
			let generation = NgramModel::new(&index, settings).unwrap().generate(prompt.as_bytes(), &seed);
			prop_assert!(std::str::from_utf8(&generation.output).is_ok(), "{:?}", generation);
			prop_assert!(generation.output.len() <= output_bytes);
		}

		#[test]
		fn every_draw_is_below_its_bound(seed in any::<[u8; 32]>(), bound in 1..=u64::MAX) {
			let mut draws = Draws::new(&seed);
			prop_assert!((0..4).all(|_| draws.below(bound) < bound));
		}
	}

	#[test]
	fn draws_follow_the_counts() {
		let index = index_of(&[b"x".to_vec()], 1);
		let model = NgramModel::new(&index, Settings::default()).unwrap();
		let counts = [(Symbol::End, 100), (Symbol::Byte(b'a'), 0), (Symbol::Byte(b'b'), 300)];
		let (mut draws, mut ends) = (Draws::new(&SEED), 0);
		for _ in 0..4_000 {
			match model.choose(&counts, &mut draws) {
				Symbol::End => ends += 1,
				symbol => assert_eq!(symbol, Symbol::Byte(b'b')),
			}
		}
		assert!((850..1_150).contains(&ends), "a quarter of 4,000 is 1,000, not {ends}");
	}

	#[test]
	fn the_same_seed_gives_the_same_text_and_another_one_another() {
		let files: Vec<Vec<u8>> = (0..40)
			.map(|file: u32| {
				let words = ["one ", "two ", "three ", "four ", "five "];
				(0..60)
					.map(|place| words[(blake3::hash(&[file as u8, place]).as_bytes()[0] % 5) as usize])
					.collect::<String>()
			})
			.map(String::into_bytes)
			.collect();
		let (one, three) = (index_of(&files, 1), index_of(&files, 3));
		let write = |index: &Index, seed| {
			NgramModel::new(index, settings(6, 1)).unwrap().generate(b"one two ", &[seed; 32])
		};
		assert_eq!(write(&one, 1), write(&one, 1));
		assert_eq!(write(&one, 1), write(&three, 1), "shards change nothing");
		assert_ne!(write(&one, 1), write(&one, 2));
		// What a seed gives may be in a receipt: it must not change unnoticed.
		assert_eq!(
			String::from_utf8(write(&one, 1).output[..24].to_vec()).unwrap(),
			"two one one four two thr"
		);
	}

	#[test]
	fn every_rule_of_stopping_stops() {
		let index = index_of(&[b"abcdefghij".to_vec()], 1);
		let write = |settings: Settings, prompt: &[u8]| {
			let generation = NgramModel::new(&index, settings).unwrap().generate(prompt, &SEED);
			(String::from_utf8(generation.output).unwrap(), generation.stopped)
		};
		let all = settings(8, 1);
		assert_eq!(write(all.clone(), b"abc"), ("defghij".into(), Stopped::EndOfText));
		let short = Settings { output_bytes: 3, ..all.clone() };
		assert_eq!(write(short, b"abc"), ("def".into(), Stopped::Length));
		let stops = Settings { stops: vec!["gh".into(), "fgh".into(), "x".into()], ..all.clone() };
		assert_eq!(write(stops, b"abc"), ("de".into(), Stopped::Stop));
		assert_eq!(
			write(Settings { occurrences_min: 100, ..all.clone() }, b"abc"),
			(String::new(), Stopped::Unseen)
		);
		let greedy = Settings { greedy: true, ..all };
		assert_eq!(write(greedy, b"xyz").1, Stopped::EndOfText, "an unknown prompt is backed off from");
	}

	#[test]
	fn settings_out_of_bounds_are_refused() {
		let index = index_of(&[b"text".to_vec()], 1);
		let refused = |change: fn(&mut Settings)| {
			let mut settings = Settings::default();
			change(&mut settings);
			NgramModel::new(&index, settings).err()
		};
		assert_eq!(refused(|_| ()), None);
		for change in [
			(|settings| settings.context_bytes = 0) as fn(&mut Settings),
			|settings| settings.context_bytes = CONTEXT_BYTES_MAX + 1,
			|settings| settings.occurrences_min = 0,
			|settings| settings.output_bytes = 0,
			|settings| settings.output_bytes = OUTPUT_BYTES_MAX + 1,
		] {
			assert!(matches!(refused(change), Some(SettingsError::OutOfBounds { .. })));
		}
		for change in [
			(|settings| settings.stops = vec![String::new()]) as fn(&mut Settings),
			|settings| settings.stops = vec!["x".into(); STOPS_MAX + 1],
			|settings| settings.stops = vec!["x".repeat(STOP_BYTES_MAX + 1)],
		] {
			assert_eq!(refused(change), Some(SettingsError::Stops));
		}
	}

	#[test]
	fn a_character_that_is_cut_off_is_left_out() {
		for (text, whole) in [("a", 1), ("aä", 3), ("日", 3), ("😀", 4), ("", 0)] {
			assert_eq!(whole_characters(text.as_bytes()), whole);
		}
		for cut in 1..4 {
			assert_eq!(whole_characters(&"a😀".as_bytes()[..1 + cut]), 1);
		}
		for none in [&b"a\x80"[..], b"\xff", b"\x80\x80\x80\x80", b"\xf0\x9f\x98\x80\x80"] {
			assert_eq!(whole_characters(none), none.len());
		}
	}
}
