//! Makes the slice of one chunk: the answer to a challenge.
//!
//! The siblings on the way from the chunk up to the root are hashed once each, so that the whole file is read once:
//!
//! ```text
//!           root           chunk 2 of four: slice = length, (p, q), (chunk 2's hash, chunk 3's hash), bytes of chunk 2
//!          /    \
//!         p      q
//!        / \    / \
//!       0   1  2   3
//! ```
//!
//! # Must not
//! Be used by the runtime: it allocates and reads. Keep the whole file.
//!
//! # Invariants
//! Memory is one buffer and 64 bytes for each level of the tree.
//!
//! Source: as [`crate::slice`].

use crate::{
	slice::{left_subtree_len, CHUNK_BYTES, LENGTH_PROOF_BYTES_MAX, TREE_DEPTH_MAX},
	Content,
};
use blake3::{
	hazmat::{merge_subtrees_non_root, merge_subtrees_root, ChainingValue, HasherExt, Mode},
	Hasher,
};
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// A chunk and what proves it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenChunk {
	/// Root and length of the whole.
	pub content: Content,
	/// The Bao slice of the chunk's bytes, as [`crate::verify_slice`] wants it.
	pub slice: Vec<u8>,
}

/// Proves a chunk of everything that `source` holds.
///
/// # Errors
/// It cannot be read, changes its length meanwhile, or has no such chunk.
pub fn prove_chunk(mut source: impl Read + Seek, chunk: u64) -> io::Result<ProvenChunk> {
	let len = source.seek(SeekFrom::End(0))?;
	if chunk >= len.div_ceil(CHUNK_BYTES) {
		let message = format!("{len} bytes have no chunk {chunk}");
		return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
	}
	let target = chunk * CHUNK_BYTES;
	let parents = Vec::with_capacity(TREE_DEPTH_MAX);
	let mut tree = Tree { source, target, buffer: vec![0; BUFFER_BYTES], parents, chunk: Vec::new() };
	let root = if len <= CHUNK_BYTES {
		tree.chunk = tree.read(0, len)?;
		*blake3::hash(&tree.chunk).as_bytes()
	} else {
		let (left, right) = tree.children(0, len)?;
		merge_subtrees_root(&left, &right, Mode::Hash).into()
	};
	let mut slice = Vec::with_capacity(LENGTH_PROOF_BYTES_MAX);
	slice.extend_from_slice(&len.to_le_bytes());
	for (left, right) in tree.parents.iter().rev() {
		slice.extend_from_slice(left);
		slice.extend_from_slice(right);
	}
	slice.extend_from_slice(&tree.chunk);
	Ok(ProvenChunk { content: Content { root, len }, slice })
}

struct Tree<Source> {
	source: Source,
	/// Where the chunk begins.
	target: u64,
	buffer: Vec<u8>,
	/// Above the chunk, the lowest first.
	parents: Vec<(ChainingValue, ChainingValue)>,
	chunk: Vec<u8>,
}

impl<Source: Read + Seek> Tree<Source> {
	/// The children of the node over these bytes, which hold the chunk and are more than one. As deep as the tree: at most
	/// [`TREE_DEPTH_MAX`] calls.
	fn children(&mut self, start: u64, len: u64) -> io::Result<(ChainingValue, ChainingValue)> {
		let left_len = left_subtree_len(len);
		let (middle, right_len) = (start + left_len, len - left_len);
		let pair = if self.target < middle {
			(self.path(start, left_len)?, self.sibling(middle, right_len)?)
		} else {
			(self.sibling(start, left_len)?, self.path(middle, right_len)?)
		};
		self.parents.push(pair);
		Ok(pair)
	}

	/// The chaining value of a subtree that holds the chunk.
	fn path(&mut self, start: u64, len: u64) -> io::Result<ChainingValue> {
		if len <= CHUNK_BYTES {
			self.chunk = self.read(start, len)?;
			return Ok(Hasher::new().set_input_offset(start).update(&self.chunk).finalize_non_root());
		}
		let (left, right) = self.children(start, len)?;
		Ok(merge_subtrees_non_root(&left, &right, Mode::Hash))
	}

	/// The chaining value of a subtree that does not.
	fn sibling(&mut self, start: u64, len: u64) -> io::Result<ChainingValue> {
		self.source.seek(SeekFrom::Start(start))?;
		let mut hasher = Hasher::new();
		hasher.set_input_offset(start);
		let mut left = len;
		while left > 0 {
			let part = self.buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
			let (buffer, _) = self.buffer.split_at_mut(part);
			self.source.read_exact(buffer)?;
			hasher.update(buffer);
			left -= part as u64;
		}
		Ok(hasher.finalize_non_root())
	}

	fn read(&mut self, start: u64, len: u64) -> io::Result<Vec<u8>> {
		self.source.seek(SeekFrom::Start(start))?;
		let mut bytes = vec![0; len as usize];
		self.source.read_exact(&mut bytes)?;
		Ok(bytes)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{prove::prove_reader, verify_slice};
	use std::io::Cursor;

	#[test]
	fn every_chunk_of_every_shape_is_proved_and_no_other_bytes() {
		for len in [1u64, 1_023, 1_024, 1_025, 2_048, 2_049, 3_072, 5_000, 16_384, 70_001] {
			let bytes: Vec<u8> = (0..len).map(|place| (place * 31 % 253) as u8).collect();
			for chunk in 0..len.div_ceil(CHUNK_BYTES) {
				let proven = prove_chunk(Cursor::new(&bytes), chunk).expect("the bytes are there");
				assert_eq!(proven.content.root, *blake3::hash(&bytes).as_bytes(), "{len}, {chunk}");
				let start = chunk * CHUNK_BYTES;
				let part = CHUNK_BYTES.min(len - start);
				let verified =
					verify_slice(&proven.content.root, &proven.slice, start, part).expect("it is a slice");
				assert!(verified.equals(&bytes[start as usize..(start + part) as usize]), "{len}, {chunk}");
			}
		}
	}

	#[test]
	fn the_slice_of_the_last_chunk_is_the_length_proof() {
		let bytes = vec![7; 3 * BUFFER_BYTES + 5];
		let chunk = (bytes.len() as u64 - 1) / CHUNK_BYTES;
		let expected = prove_reader(bytes.as_slice(), |_| ()).expect("it is not empty");
		let proven = prove_chunk(Cursor::new(&bytes), chunk).expect("the bytes are there");
		assert_eq!((proven.content, proven.slice), (expected.content, expected.length_proof));
	}

	#[test]
	fn a_chunk_that_is_not_there_is_an_error() {
		for (len, chunk) in [(0usize, 0), (1_024, 1), (1_025, 2), (1, u64::MAX)] {
			assert!(prove_chunk(Cursor::new(vec![0; len]), chunk).is_err(), "{len}, {chunk}");
		}
	}
}
