//! A part of the text with all its suffixes in order: where bytes occur, how often, and where first.
//!
//! ```text
//! text      a b c │ b c a │        files in the order of their registration, each followed by a separator (a zero byte)
//! suffixes  positions, ordered by the text from there on; those with a common prefix stand together
//! minima    the smallest of every 64 suffixes, of every 64 of those, …
//! ```
//!
//! As files stand in the order of their registration, the smallest position among the occurrences is the occurrence in the
//! earliest contribution, and the minima find it among millions in a few hundred steps.
//!
//! A separator sorts before every byte and equals none, also where files hold zero bytes themselves: such a text is sorted
//! as 16-bit symbols (libsais16), every other one as it stands. Both give the same order.
//!
//! # Must not
//! Let a match reach from one file into the next. Panic or loop for ever for suffixes in any other order: they are read from
//! files, and a wrong order gives wrong answers only.
//!
//! # Invariants
//! `text` ends with a separator. Every suffix is a position in the text.
//!
//! Source: Manber and Myers, Suffix arrays (1993), for the search; Nong, Zhang and Chan, Two efficient algorithms for linear
//! time suffix array construction (2011), which libsais implements, for the order.

use libsais::SuffixArrayConstruction;
use std::{cmp::Ordering, ops::Range};

/// The longest text of a shard: positions are 31 bits wide, and the construction wants a little room above.
pub(crate) const TEXT_BYTES_MAX: usize = i32::MAX as usize - 65_536;

/// Suffixes, and minima, under one minimum. The scan of two such blocks on each level is as fast as one cache miss or two.
const FANOUT: usize = 64;

/// The symbol behind every file.
pub(crate) const SEPARATOR: u8 = 0;

/// Text and suffixes. Five bytes and a sixteenth for each byte of text.
pub(crate) struct Shard {
	pub(super) text: Vec<u8>,
	/// Where files begin in the text, ascending; the first is 0.
	starts: Vec<u32>,
	pub(super) suffixes: Vec<u32>,
	minima: Vec<Vec<u32>>,
}

/// Bytes that are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Pattern<'a> {
	bytes: &'a [u8],
	/// Whether a zero byte is among them, which separators must not be taken for.
	zeros: bool,
}

impl<'a> Pattern<'a> {
	pub(crate) fn new(bytes: &'a [u8]) -> Self {
		Self { bytes, zeros: bytes.contains(&SEPARATOR) }
	}

	/// A part of it.
	pub(crate) fn part(&self, range: Range<usize>) -> Self {
		Self { bytes: &self.bytes[range], zeros: self.zeros }
	}

	pub(crate) fn len(&self) -> usize {
		self.bytes.len()
	}
}

/// What stands behind an occurrence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Symbol {
	/// The end of the file.
	End,
	/// A byte.
	Byte(u8),
}

/// Where a pattern stands among the suffixes.
struct Place {
	/// The first suffix that is not smaller.
	first: usize,
	/// The longest prefix of the pattern that any suffix begins with.
	longest: usize,
}

impl Shard {
	/// Sorts the suffixes of files that stand one after another, each followed by a [`SEPARATOR`]. Takes 4 bytes for each
	/// byte of text beside it, 6 if there are zero bytes in the files.
	///
	/// `text` is at most [`TEXT_BYTES_MAX`] long.
	pub(crate) fn sort(text: Vec<u8>, starts: Vec<u32>) -> Self {
		let zeros = text.iter().filter(|byte| **byte == SEPARATOR).count();
		let sorted = if zeros == starts.len() {
			let construction = SuffixArrayConstruction::for_text(&text);
			construction.in_owned_buffer32().single_threaded().run().map(|sorted| sorted.into_vec())
		} else {
			let symbols = symbols(&text, &starts);
			let construction = SuffixArrayConstruction::for_text(&symbols);
			construction.in_owned_buffer32().single_threaded().run().map(|sorted| sorted.into_vec())
		};
		let sorted =
			sorted.expect("the construction succeeds because the text is not too long and memory is there");
		// The same allocation: no position is negative.
		let suffixes = sorted.into_iter().map(|position| position as u32).collect();
		Self::new(text, starts, suffixes)
	}

	/// A shard whose parts were read from a file.
	pub(super) fn new(text: Vec<u8>, starts: Vec<u32>, suffixes: Vec<u32>) -> Self {
		let mut minima: Vec<Vec<u32>> = Vec::new();
		let mut level = &suffixes;
		while level.len() > FANOUT {
			let above = level.chunks(FANOUT).map(smallest).collect();
			minima.push(above);
			level = &minima[minima.len() - 1];
		}
		Self { text, starts, suffixes, minima }
	}

	/// How many files there are.
	pub(crate) fn files(&self) -> usize {
		self.starts.len()
	}

	/// Bytes in memory.
	pub(crate) fn memory(&self) -> usize {
		let minima: usize = self.minima.iter().map(Vec::len).sum();
		self.text.len() + 4 * (self.starts.len() + self.suffixes.len() + minima)
	}

	/// The bytes of a file.
	pub(crate) fn file(&self, file: usize) -> &[u8] {
		&self.text[self.range(file)]
	}

	/// File and offset of a position.
	pub(crate) fn resolve(&self, position: usize) -> (usize, usize) {
		let file = self.starts.partition_point(|start| *start as usize <= position).saturating_sub(1);
		(file, position - self.starts[file] as usize)
	}

	/// Where a file stands in the text, without its separator.
	fn range(&self, file: usize) -> Range<usize> {
		let end = self.starts.get(file + 1).map_or(self.text.len(), |next| *next as usize);
		self.starts[file] as usize..end - 1
	}

	/// How many bytes of the pattern's beginning occur together.
	pub(crate) fn longest(&self, pattern: Pattern) -> usize {
		self.place(pattern).longest
	}

	/// The suffixes that begin with the pattern.
	pub(crate) fn interval(&self, pattern: Pattern) -> Range<usize> {
		let Place { first, longest } = self.place(pattern);
		if longest < pattern.len() {
			return first..first;
		}
		let begins = |at: usize| self.compare(at, pattern, 0).0 == pattern.len();
		first..gallop(first, self.suffixes.len(), begins)
	}

	/// The first position among these suffixes, which are at least one.
	pub(crate) fn earliest(&self, interval: Range<usize>) -> usize {
		let (mut level, mut above) = (self.suffixes.as_slice(), self.minima.iter());
		let (mut lo, mut hi, mut best) = (interval.start, interval.end, u32::MAX);
		loop {
			let (inner_lo, inner_hi) = (lo.div_ceil(FANOUT), hi / FANOUT);
			match above.next() {
				Some(minima) if inner_lo < inner_hi => {
					best = best.min(smallest(&level[lo..inner_lo * FANOUT]));
					best = best.min(smallest(&level[inner_hi * FANOUT..hi]));
					(level, lo, hi) = (minima, inner_lo, inner_hi);
				}
				_ => return best.min(smallest(&level[lo..hi])) as usize,
			}
		}
	}

	/// The positions of these suffixes, in the order of what follows them.
	pub(crate) fn positions(&self, interval: Range<usize>) -> &[u32] {
		&self.suffixes[interval]
	}

	/// What follows the occurrences of a pattern of `depth` bytes, of which `interval` is the interval, with how often it
	/// does; in the order of the symbols. At most 257, each found in some 30 steps.
	pub(crate) fn followers(&self, interval: Range<usize>, depth: usize, mut tell: impl FnMut(Symbol, u64)) {
		let mut at = interval.start;
		while at < interval.end {
			let symbol = self.symbol(at, depth);
			let next = gallop(at, interval.end, |other| self.symbol(other, depth) <= symbol);
			tell(symbol, (next - at) as u64);
			at = next;
		}
	}

	fn symbol(&self, suffix: usize, depth: usize) -> Symbol {
		let position = self.suffixes[suffix] as usize;
		match self.text.get(position + depth) {
			Some(&SEPARATOR) if position + depth >= self.end(position) => Symbol::End,
			Some(byte) => Symbol::Byte(*byte),
			None => Symbol::End,
		}
	}

	/// Where the separator of the file stands that a position is in.
	fn end(&self, position: usize) -> usize {
		let next = self.starts.partition_point(|start| *start as usize <= position);
		self.starts.get(next).map_or(self.text.len(), |start| *start as usize) - 1
	}

	/// Searches between two suffixes whose common prefixes with the pattern are known: what lies between them shares the
	/// shorter of the two, and is compared from there on only.
	fn place(&self, pattern: Pattern) -> Place {
		let (mut lo, mut hi) = (0, self.suffixes.len());
		let (mut below, mut above) = (0, 0);
		while lo < hi {
			let middle = lo + (hi - lo) / 2;
			let (common, order) = self.compare(middle, pattern, below.min(above));
			if order == Ordering::Less {
				(lo, below) = (middle + 1, common);
			} else {
				(hi, above) = (middle, common);
			}
		}
		Place { first: lo, longest: below.max(above) }
	}

	/// How many bytes a suffix has in common with the pattern, the first `known` without a look, and how it is ordered:
	/// equal if all.
	fn compare(&self, suffix: usize, pattern: Pattern, known: usize) -> (usize, Ordering) {
		let position = self.suffixes[suffix] as usize;
		let there = self.text.get(position + known..).unwrap_or_default();
		let mut common = known + common_prefix(there, &pattern.bytes[known..]);
		if pattern.zeros {
			common = common.min(self.end(position).saturating_sub(position));
		}
		if common == pattern.len() {
			return (common, Ordering::Equal);
		}
		// Where both are zero, the text's is the separator, which is smaller than every byte.
		let smaller = self.text.get(position + common).is_none_or(|byte| *byte <= pattern.bytes[common]);
		(common, if smaller { Ordering::Less } else { Ordering::Greater })
	}
}

/// The text as symbols of which the separator is the smallest, and no byte's.
fn symbols(text: &[u8], starts: &[u32]) -> Vec<u16> {
	let mut symbols: Vec<u16> = text.iter().map(|byte| u16::from(*byte) + 1).collect();
	let ends = starts.iter().skip(1).map(|start| *start as usize).chain([text.len()]);
	for end in ends {
		symbols[end - 1] = 0;
	}
	symbols
}

fn smallest(positions: &[u32]) -> u32 {
	positions.iter().copied().min().unwrap_or(u32::MAX)
}

/// The first place in `from..to` where `holds` no longer does; it does from `from` on without a gap. Near places are found
/// fast, however far `to` is.
fn gallop(from: usize, to: usize, holds: impl Fn(usize) -> bool) -> usize {
	let (mut lo, mut step) = (from, 1);
	while lo + step < to && holds(lo + step) {
		lo += step;
		step *= 2;
	}
	let (mut lo, mut hi) = (lo + 1, to.min(lo + step));
	while lo < hi {
		let middle = lo + (hi - lo) / 2;
		if holds(middle) {
			lo = middle + 1;
		} else {
			hi = middle;
		}
	}
	lo
}

/// How many bytes two texts have in common, eight at a time.
fn common_prefix(one: &[u8], other: &[u8]) -> usize {
	let words =
		one.chunks_exact(8).zip(other.chunks_exact(8)).take_while(|(one, other)| one == other).count();
	let from = words * 8;
	from + one[from..].iter().zip(&other[from..]).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn shard(files: &[Vec<u8>]) -> Shard {
		let (mut text, mut starts) = (Vec::new(), Vec::new());
		for file in files {
			starts.push(text.len() as u32);
			text.extend_from_slice(file);
			text.push(SEPARATOR);
		}
		Shard::sort(text, starts)
	}

	/// Where a pattern occurs: file and offset.
	fn naive(files: &[Vec<u8>], pattern: &[u8]) -> Vec<(usize, usize)> {
		let mut found = Vec::new();
		for (place, file) in files.iter().enumerate() {
			let windows = file.windows(pattern.len()).enumerate();
			found.extend(windows.filter(|(_, window)| *window == pattern).map(|(at, _)| (place, at)));
		}
		found
	}

	fn files(symbols: std::ops::Range<u8>) -> impl Strategy<Value = Vec<Vec<u8>>> {
		prop::collection::vec(prop::collection::vec(symbols, 1..60), 1..8)
	}

	fn check(files: &[Vec<u8>], pattern: &[u8]) {
		let shard = shard(files);
		let mut expected = naive(files, pattern);
		let interval = shard.interval(Pattern::new(pattern));
		let positions = shard.positions(interval.clone());
		let mut found: Vec<_> = positions.iter().map(|position| shard.resolve(*position as usize)).collect();
		found.sort();
		expected.sort();
		assert_eq!(found, expected);
		if let Some(first) = expected.first() {
			assert_eq!(shard.resolve(shard.earliest(interval.clone())), *first);
		}
		let longest =
			(1..=pattern.len()).take_while(|len| !naive(files, &pattern[..*len]).is_empty()).count();
		assert_eq!(shard.longest(Pattern::new(pattern)), longest);

		let mut followers = Vec::new();
		shard.followers(interval, pattern.len(), |symbol, count| followers.push((symbol, count)));
		let mut naive_followers = std::collections::BTreeMap::new();
		for (file, at) in expected {
			let symbol = files[file].get(at + pattern.len()).map_or(Symbol::End, |byte| Symbol::Byte(*byte));
			*naive_followers.entry(symbol).or_insert(0) += 1;
		}
		assert_eq!(followers, naive_followers.into_iter().collect::<Vec<_>>());
	}

	proptest! {
		#[test]
		fn occurrences_are_those_of_a_naive_search(
			files in files(b'a'..b'd'),
			pattern in prop::collection::vec(b'a'..b'd', 1..12),
		) {
			check(&files, &pattern);
		}

		#[test]
		fn zero_bytes_are_bytes_and_separators_are_not(
			files in files(0..3),
			pattern in prop::collection::vec(0..3u8, 1..12),
		) {
			check(&files, &pattern);
		}

		#[test]
		fn parts_of_files_are_found_where_they_stand(
			files in files(0..255),
			file in any::<prop::sample::Index>(),
			range in any::<(prop::sample::Index, prop::sample::Index)>(),
		) {
			let file = file.get(&files);
			let from = range.0.index(file.len());
			let to = from + 1 + range.1.index(file.len() - from);
			check(&files, &file[from..to]);
		}

		#[test]
		fn the_first_of_any_interval_is_its_smallest_position(
			bytes in prop::collection::vec(b'a'..b'c', 5_000..9_000),
			ends in any::<(prop::sample::Index, prop::sample::Index)>(),
		) {
			let shard = shard(&[bytes]);
			let lo = ends.0.index(shard.suffixes.len());
			let hi = lo + 1 + ends.1.index(shard.suffixes.len() - lo);
			let smallest = shard.suffixes[lo..hi].iter().min().map(|position| *position as usize);
			prop_assert_eq!(Some(shard.earliest(lo..hi)), smallest);
		}
	}

	#[test]
	fn suffixes_in_a_wrong_order_give_wrong_answers_and_no_panic() {
		let good = shard(&[b"abracadabra".to_vec(), b"abrac\0adabra".to_vec()]);
		let (text, starts) = (good.text.clone(), good.starts.clone());
		for shift in 0..text.len() as u32 {
			let suffixes = good.suffixes.iter().map(|one| (one * 7 + shift) % text.len() as u32).collect();
			let wrong = Shard::new(text.clone(), starts.clone(), suffixes);
			for pattern in [&b"abra"[..], b"c\0a", b"zzz", b"\0"] {
				let interval = wrong.interval(Pattern::new(pattern));
				wrong.followers(interval.clone(), pattern.len(), |_, _| ());
				if !interval.is_empty() {
					wrong.earliest(interval);
				}
			}
		}
	}
}
