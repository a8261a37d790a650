//! [`Index`]: all bytes of many contributions, searchable.
//!
//! ```text
//! build.rs   files, checked against their roots  →  shards, sorted in parallel
//! shard.rs   text and suffixes; where bytes occur, how often, where first
//! file.rs    an index on disk, with a checksum
//! ```
//!
//! Memory: 5 bytes and a sixteenth for each byte of text, and as many on disk but for the sixteenth. While it is built, the
//! same where no file holds a zero byte, and up to 7 bytes where files do. An index is held in memory and not mapped: a file
//! that shrinks while it is mapped kills the process.
//!
//! # Must not
//! Name a contribution that was not in the list of sources. Know the chain.
//!
//! # Invariants
//! - Sources are in the order of their registration, across shards too: what is found first was registered first.
//! - How many shards there are changes no answer.

mod build;
mod file;
pub(crate) mod shard;

pub use build::{read_from, BuildError, BuildOptions};
pub use file::{OpenError, FORMAT};
pub use shard::Symbol;

use crate::source::Source;
use rayon::prelude::*;
use shard::{Pattern, Shard};
use std::ops::Range;

/// Contributions and all their bytes, sorted for search.
pub struct Index {
	/// In the order of registration.
	sources: Vec<Source>,
	shards: Vec<Part>,
	/// Counted once: there may be millions of sources.
	size: Size,
}

/// A shard and which sources are in it.
struct Part {
	shard: Shard,
	/// The index of its first file among all sources.
	first: usize,
}

/// Where bytes occur first, in the order of registration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Occurrence {
	/// The source, as an index into [`Index::sources`].
	pub source: usize,
	/// Where in its content.
	pub offset: u64,
	/// How often the bytes occur in all sources together.
	pub count: u64,
}

/// What an index holds, and what it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Size {
	/// Contributions.
	pub sources: u64,
	/// Bytes of their contents.
	pub bytes: u64,
	/// Parts that are searched in parallel.
	pub shards: u64,
	/// Bytes in memory.
	pub memory: u64,
}

impl Index {
	pub(crate) fn new(sources: Vec<Source>, shards: Vec<Shard>) -> Self {
		let mut first = 0;
		let part = |shard: Shard| {
			let part = Part { first, shard };
			first += part.shard.files();
			part
		};
		let shards: Vec<Part> = shards.into_iter().map(part).collect();
		let of_sources = sources.iter().map(|source| size_of::<Source>() + source.path.len());
		let memory: usize = shards.iter().map(|part| part.shard.memory()).chain(of_sources).sum();
		let size = Size {
			sources: sources.len() as u64,
			bytes: sources.iter().map(|source| source.content.len).sum(),
			shards: shards.len() as u64,
			memory: memory as u64,
		};
		Self { sources, shards, size }
	}

	/// A text without a source, to be matched only.
	pub(crate) fn of_text(text: &[u8]) -> Self {
		Self::new(Vec::new(), vec![Shard::sort([text, &[shard::SEPARATOR]].concat(), vec![0])])
	}

	/// The contributions, the earliest first.
	pub fn sources(&self) -> &[Source] {
		&self.sources
	}

	/// The bytes of a source.
	///
	/// # Panics
	/// There is no such source.
	pub fn content(&self, source: usize) -> &[u8] {
		let part = self.shards.partition_point(|part| part.first <= source) - 1;
		let Part { shard, first } = &self.shards[part];
		shard.file(source - first)
	}

	/// What it holds, and what it takes.
	pub fn size(&self) -> Size {
		self.size
	}

	/// Where bytes occur first, and how often; nothing if they do not occur, or are none.
	pub fn find(&self, bytes: &[u8]) -> Option<Occurrence> {
		if bytes.is_empty() {
			return None;
		}
		let intervals = self.intervals(Pattern::new(bytes));
		let count = intervals.iter().map(|interval| interval.len() as u64).sum();
		let (part, interval) =
			self.shards.iter().zip(intervals).find(|(_, interval)| !interval.is_empty())?;
		let (file, offset) = part.shard.resolve(part.shard.earliest(interval));
		Some(Occurrence { source: part.first + file, offset: offset as u64, count })
	}

	/// How often bytes occur. No bytes occur before each byte and at the end of each file.
	pub fn count(&self, bytes: &[u8]) -> u64 {
		self.intervals(Pattern::new(bytes)).iter().map(|interval| interval.len() as u64).sum()
	}

	/// What follows bytes, with how often it does, in the order of the symbols.
	pub fn followers(&self, bytes: &[u8]) -> Vec<(Symbol, u64)> {
		let pattern = Pattern::new(bytes);
		let mut sums = std::collections::BTreeMap::new();
		for (part, interval) in self.shards.iter().zip(self.intervals(pattern)) {
			part.shard.followers(interval, pattern.len(), |symbol, count| {
				*sums.entry(symbol).or_insert(0) += count;
			});
		}
		sums.into_iter().collect()
	}

	/// Every place where bytes occur, as source and offset, in no order; nothing if there are more than `max`.
	pub fn occurrences(&self, bytes: &[u8], max: usize) -> Option<Vec<(usize, u64)>> {
		let intervals = self.intervals(Pattern::new(bytes));
		if intervals.iter().map(Range::len).sum::<usize>() > max {
			return None;
		}
		let of_part = |(part, interval): (&Part, Range<usize>)| -> Vec<(usize, u64)> {
			let resolve = |position: &u32| {
				let (file, offset) = part.shard.resolve(*position as usize);
				(part.first + file, offset as u64)
			};
			part.shard.positions(interval).par_iter().map(resolve).collect()
		};
		Some(self.shards.iter().zip(intervals).flat_map(of_part).collect())
	}

	/// The shards.
	pub(crate) fn shards(&self) -> impl IndexedParallelIterator<Item = &Shard> {
		self.shards.par_iter().map(|part| &part.shard)
	}

	/// Where the pattern stands in each shard. A search takes microseconds: not worth a thread of its own.
	fn intervals(&self, pattern: Pattern) -> Vec<Range<usize>> {
		self.shards.iter().map(|part| part.shard.interval(pattern)).collect()
	}
}
