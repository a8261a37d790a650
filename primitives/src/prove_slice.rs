//! Makes the slice of any range: the evidence that bytes stand where a claim says they do.
//!
//! A parent stands in the slice before what is below it, and is known only after that was hashed. So its place is kept
//! free on the way down and filled on the way up; what lies beside the range is hashed once and left out:
//!
//! ```text
//!           root           chunks 1 and 2 of four: length, (p, q), (0, 1), chunk 1, (2, 3), chunk 2
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
//! The source is read once. Memory is one buffer and the slice, which is never longer than what
//! [`crate::verify_slice`] looks at.
//!
//! Source: as [`crate::slice`].

use crate::{
	slice::{left_subtree_len, CHUNK_BYTES, HEADER_BYTES, PARENT_BYTES, SLICE_BYTES_MAX},
	Content,
};
use blake3::{
	hazmat::{merge_subtrees_non_root, merge_subtrees_root, ChainingValue, HasherExt, Mode},
	Hasher,
};
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// A range and what proves it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenSlice {
	/// Root and length of the whole.
	pub content: Content,
	/// The Bao slice of the range, as [`crate::verify_slice`] wants it.
	pub slice: Vec<u8>,
}

/// Proves `len` bytes at `start` of everything that `source` holds.
///
/// # Errors
/// It cannot be read, changes its length meanwhile, has no such range, or the range is empty or needs a slice of more
/// than [`SLICE_BYTES_MAX`] bytes.
pub fn prove_slice(mut source: impl Read + Seek, start: u64, len: u64) -> io::Result<ProvenSlice> {
	let total = source.seek(SeekFrom::End(0))?;
	let end = start
		.checked_add(len)
		.filter(|end| len > 0 && *end <= total)
		.ok_or_else(|| unusable(format!("{total} bytes have no range of {len} bytes at offset {start}")))?;
	if len > SLICE_BYTES_MAX as u64 {
		return Err(too_long(len));
	}
	source.rewind()?;
	let mut tree =
		Tree { source, start, end, buffer: vec![0; BUFFER_BYTES], slice: total.to_le_bytes().into() };
	let root = if total <= CHUNK_BYTES {
		*blake3::hash(tree.chunk(total)?).as_bytes()
	} else {
		let (left, right) = tree.children(0, total)?;
		merge_subtrees_root(&left, &right, Mode::Hash).into()
	};
	if tree.slice.len() > SLICE_BYTES_MAX {
		return Err(too_long(len));
	}
	Ok(ProvenSlice { content: Content { root, len: total }, slice: tree.slice })
}

fn unusable(cause: String) -> io::Error {
	io::Error::new(io::ErrorKind::InvalidInput, cause)
}

fn too_long(len: u64) -> io::Error {
	unusable(format!(
		"a range of {len} bytes needs a slice of more than {SLICE_BYTES_MAX} bytes; prove it in parts"
	))
}

/// Reads its source from the first byte to the last, each once.
struct Tree<Source> {
	source: Source,
	/// The range.
	start: u64,
	end: u64,
	buffer: Vec<u8>,
	/// What of the slice is known.
	slice: Vec<u8>,
}

impl<Source: Read> Tree<Source> {
	/// The children of the node over these bytes, which overlaps the range and is more than a chunk. As deep as the tree.
	fn children(&mut self, offset: u64, len: u64) -> io::Result<(ChainingValue, ChainingValue)> {
		let place = self.slice.len();
		self.slice.resize(place + PARENT_BYTES, 0);
		let left_len = left_subtree_len(len);
		let left = self.subtree(offset, left_len)?;
		let right = self.subtree(offset + left_len, len - left_len)?;
		let (to_left, to_right) = self.slice[place..place + PARENT_BYTES].split_at_mut(PARENT_BYTES / 2);
		to_left.copy_from_slice(&left);
		to_right.copy_from_slice(&right);
		Ok((left, right))
	}

	/// The chaining value of a subtree below the root. What of it is in the range goes to the slice.
	fn subtree(&mut self, offset: u64, len: u64) -> io::Result<ChainingValue> {
		if self.end <= offset || offset + len <= self.start {
			return self.beside(offset, len);
		}
		if len <= CHUNK_BYTES {
			let chunk = self.chunk(len)?;
			return Ok(Hasher::new().set_input_offset(offset).update(chunk).finalize_non_root());
		}
		let (left, right) = self.children(offset, len)?;
		Ok(merge_subtrees_non_root(&left, &right, Mode::Hash))
	}

	/// The chaining value of a subtree without a byte of the range.
	fn beside(&mut self, offset: u64, len: u64) -> io::Result<ChainingValue> {
		let mut hasher = Hasher::new();
		hasher.set_input_offset(offset);
		let mut left = len;
		while left > 0 {
			let part = self.buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
			let (buffer, _) = self.buffer.split_at_mut(part);
			self.source.read_exact(buffer)?;
			#[cfg(feature = "parallel")]
			hasher.update_rayon(buffer);
			#[cfg(not(feature = "parallel"))]
			hasher.update(buffer);
			left -= part as u64;
		}
		Ok(hasher.finalize_non_root())
	}

	/// The next chunk, which goes to the slice.
	fn chunk(&mut self, len: u64) -> io::Result<&[u8]> {
		let place = self.slice.len();
		self.slice.resize(place + len as usize, 0);
		// A content of one chunk follows the length at once.
		debug_assert!(place >= HEADER_BYTES);
		self.source.read_exact(&mut self.slice[place..])?;
		Ok(&self.slice[place..])
	}
}
