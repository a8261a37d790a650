//! Files that have one passage in common, with their Bao slices by the `bao` crate.
//!
//! # Must not
//! Keep more than one of the files in memory: they differ in their first bytes alone.

use bao::encode::{outboard, SliceExtractor};
use plexus_primitives::{prove::ProvenContent, Content};
use std::{
	collections::BTreeMap,
	io::{Cursor, Read},
};

/// Bytes that every file has at least: for each of the ranges of a challenge.
pub const BYTES_MIN: usize = 1 << 18;

/// Three sources, an output and a prompt.
pub const FILES: usize = 5;

/// A file that was proved.
pub struct File {
	/// What registers it.
	pub proven: ProvenContent,
	slices: BTreeMap<(u64, u64), Vec<u8>>,
}

impl File {
	/// The whole.
	pub fn content(&self) -> Content {
		self.proven.content
	}

	/// The slice of a range, which was asked for when the files were made.
	pub fn slice(&self, start: u64, length: u64) -> Vec<u8> {
		self.slices.get(&(start, length)).expect("the range was asked for").clone()
	}
}

/// Files as small as they may be, of which no range is shown.
pub fn small() -> [File; FILES] {
	make(BYTES_MIN, &[])
}

/// Files of so many bytes with the slices of these ranges.
pub fn make(bytes: usize, ranges: &[(u64, u64)]) -> [File; FILES] {
	let mut whole = vec![0; bytes];
	blake3::Hasher::new().finalize_xof().fill(&mut whole);
	std::array::from_fn(|seed| {
		whole[0] = seed as u8;
		prove(&whole, ranges)
	})
}

fn prove(bytes: &[u8], ranges: &[(u64, u64)]) -> File {
	let (tree, hash) = outboard(bytes);
	let slice = |start, length| {
		let mut slice = Vec::new();
		SliceExtractor::new_outboard(Cursor::new(bytes), Cursor::new(&tree), start, length)
			.read_to_end(&mut slice)
			.expect("bytes in memory can be read");
		slice
	};
	let len = bytes.len() as u64;
	let content = Content { root: *hash.as_bytes(), len };
	let slices = ranges.iter().map(|&(start, length)| ((start, length), slice(start, length))).collect();
	File { proven: ProvenContent { content, length_proof: slice(len - 1, 1) }, slices }
}
