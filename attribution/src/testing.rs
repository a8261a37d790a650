//! For the tests of this crate: sources and indexes made of bytes.
//!
//! # Must not
//! Be used by anything but tests.

use crate::{
	index::shard::{Shard, SEPARATOR},
	source::Source,
	Index,
};
use plexus_primitives::{CommitmentNumber, Content, ContributionId, DatanetId};

/// One source for each content, registered in this order.
pub(crate) fn sources_of(files: &[Vec<u8>]) -> Vec<Source> {
	let source = |(place, bytes): (usize, &Vec<u8>)| Source {
		contribution: ContributionId(place as u64),
		datanet: DatanetId(0),
		commitment: CommitmentNumber(place as u64),
		path: place.to_string(),
		content: Content { root: *blake3::hash(bytes).as_bytes(), len: bytes.len() as u64 },
	};
	files.iter().enumerate().map(source).collect()
}

/// An index over these files in so many shards, however short they are, and the same content as often as it is given.
pub(crate) fn index_of(files: &[Vec<u8>], shards: usize) -> Index {
	let of = |files: &[Vec<u8>]| {
		let (mut text, mut starts) = (Vec::new(), Vec::new());
		for file in files {
			starts.push(text.len() as u32);
			text.extend_from_slice(file);
			text.push(SEPARATOR);
		}
		Shard::sort(text, starts)
	};
	let shards = files.chunks(files.len().div_ceil(shards)).map(of).collect();
	Index::new(sources_of(files), shards)
}
