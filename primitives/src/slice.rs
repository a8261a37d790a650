//! Verification of Bao slices: proofs that bytes stand at an offset of some [`Content`].
//!
//! BLAKE3 hashes 1 KiB chunks into a binary tree whose left subtrees are complete. A slice for a range holds, in
//! pre-order, every parent above the range's chunks and those chunks:
//!
//! ```text
//! length: u64 little-endian │ parent: left ‖ right (64 bytes) │ … │ chunk (1..=1024 bytes) │ …
//!
//!           root            a slice for chunk 1:  length, root, p, chunk 1
//!          /    \           a slice for chunk 2:  length, root, chunk 2
//!         p    chunk 2
//!       /   \
//!  chunk 0  chunk 1
//! ```
//!
//! # Must not
//! Allocate, recurse, or trust the length in the slice's head: it shapes the tree, but is proved only when the
//! final chunk is in the range ([`VerifiedSlice::proven_len`]).
//!
//! # Invariants
//! - A slice is accepted only if all of it was used: a prefix or an extension of a valid slice is invalid.
//! - Every hash that is accepted was compared with the root or with a parent that was.
//! - No panic and bounded work for any input: at most [`SLICE_BYTES_MAX`] bytes, a tree of at most
//!   [`TREE_DEPTH_MAX`] levels.
//!
//! A slice of one range has one valid encoding, but the same bytes are covered by slices of many ranges: never use
//! a slice's hash as an identifier, key facts by byte ranges.
//!
//! Source: the `bao` crate 0.13 (combined slices), <https://github.com/oconnor663/bao/blob/master/docs/spec.md>,
//! and section 2.1 of the BLAKE3 paper. Two liberties that `bao` grants are refused here: an empty range, and a
//! range that reaches past the end.

use crate::Content;
use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root, HasherExt, Mode};
use blake3::Hasher;

/// Bytes of a chunk, except for the last of a content.
pub const CHUNK_BYTES: u64 = blake3::CHUNK_LEN as u64;

/// Bytes of the length before the tree.
pub const HEADER_BYTES: usize = 8;

/// Bytes of a parent node: the chaining values of its two children.
pub const PARENT_BYTES: usize = 64;

/// The longest slice that is looked at: 64 KiB, some 60 chunks with the parents above them. Enough for any claim,
/// and verified in well under a millisecond.
pub const SLICE_BYTES_MAX: usize = 64 * 1024;

/// Levels of parents above a chunk: a length below 2^64 bytes makes at most 2^54 chunks.
pub const TREE_DEPTH_MAX: usize = 54;

/// The longest possible length proof: head, one parent for each level, one whole chunk.
pub const LENGTH_PROOF_BYTES_MAX: usize = HEADER_BYTES + TREE_DEPTH_MAX * PARENT_BYTES + CHUNK_BYTES as usize;

/// A chaining value or root, as it lies in the slice.
type Hash = [u8; 32];

/// Why a slice proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SliceError {
	/// Empty content has no bytes to prove.
	#[error("the content is empty; only content of at least one byte can be proved")]
	EmptyContent,
	/// A range must hold at least one byte.
	#[error("the range at offset {start} is empty")]
	EmptyRange {
		/// First byte of the range.
		start: u64,
	},
	/// The range does not lie within the length that the slice states.
	#[error("the range of {len} bytes at offset {start} reaches past the content's {total} bytes")]
	RangeOutside {
		/// First byte of the range.
		start: u64,
		/// Bytes in the range.
		len: u64,
		/// Length that the slice states.
		total: u64,
	},
	/// The slice is longer than [`SLICE_BYTES_MAX`].
	#[error("the slice has {actual} bytes, at most {SLICE_BYTES_MAX} are allowed")]
	TooLong {
		/// Bytes in the slice.
		actual: usize,
	},
	/// The slice ends within a length, a parent or a chunk.
	#[error("the slice ends at byte {actual}, where at least {needed} are needed")]
	Truncated {
		/// Bytes that the slice would need to reach the end of the node that is cut.
		needed: usize,
		/// Bytes in the slice.
		actual: usize,
	},
	/// A parent does not hash to what the root demands.
	#[error("the parent node at byte {position} of the slice does not belong under the root")]
	ParentMismatch {
		/// Where the parent begins in the slice.
		position: usize,
	},
	/// A chunk does not hash to what the root demands.
	#[error("chunk {index} in the slice does not belong under the root")]
	ChunkMismatch {
		/// Index of the chunk in the content.
		index: u64,
	},
	/// The slice goes on after its last chunk.
	#[error("{excess} bytes follow the end of the slice")]
	TrailingBytes {
		/// Bytes too many.
		excess: usize,
	},
	/// The slice is valid, and proves that the stated length is false.
	#[error("the content is stated to have {stated} bytes, but the slice proves {proven}")]
	LengthDiffers {
		/// The length in [`Content::len`].
		stated: u64,
		/// The true length of what the root names.
		proven: u64,
	},
}

/// A slice whose every node was found to belong under its root.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedSlice<'a> {
	body: &'a [u8],
	total: u64,
	start: u64,
	len: u64,
}

impl<'a> VerifiedSlice<'a> {
	/// The content's length, if the slice proves it: only a range that ends with the content does.
	pub fn proven_len(&self) -> Option<u64> {
		(self.start + self.len == self.total).then_some(self.total)
	}

	/// Offset of the first proven byte.
	pub fn start(&self) -> u64 {
		self.start
	}

	/// The bytes of the range, in order, in pieces of at most one chunk.
	pub fn pieces(&self) -> impl Iterator<Item = &'a [u8]> {
		let (start, end) = (self.start, self.start + self.len);
		// The walk cannot fail: the same walk succeeded when the slice was verified.
		let mut walk = Walk::new(&[0; 32], self.body, self.total, start, end);
		core::iter::from_fn(move || loop {
			match walk.next()? {
				Ok(Node { kind: NodeKind::Chunk { bytes, offset }, .. }) => {
					return Some(clip(bytes, offset, start, end))
				}
				Ok(_) => continue,
				Err(_) => return None,
			}
		})
	}

	/// Whether the range holds exactly `expected`.
	pub fn equals(&self, expected: &[u8]) -> bool {
		let mut rest = expected;
		for piece in self.pieces() {
			match rest.strip_prefix(piece) {
				Some(after) => rest = after,
				None => return false,
			}
		}
		rest.is_empty()
	}
}

/// The length that a slice states in its head. Unproved: shape a range with it, believe
/// [`VerifiedSlice::proven_len`].
///
/// # Errors
/// [`SliceError::Truncated`] if there is no head.
pub fn stated_len(slice: &[u8]) -> Result<u64, SliceError> {
	let header = slice
		.first_chunk::<HEADER_BYTES>()
		.ok_or(SliceError::Truncated { needed: HEADER_BYTES, actual: slice.len() })?;
	Ok(u64::from_le_bytes(*header))
}

/// Verifies that `slice` proves the bytes `start..start + len` of what `root` names.
///
/// # Errors
/// One variant of [`SliceError`] for each rule; [`SliceError::LengthDiffers`] is not among them, because no length
/// is stated here.
pub fn verify_slice<'a>(
	root: &Hash,
	slice: &'a [u8],
	start: u64,
	len: u64,
) -> Result<VerifiedSlice<'a>, SliceError> {
	if slice.len() > SLICE_BYTES_MAX {
		return Err(SliceError::TooLong { actual: slice.len() });
	}
	let total = stated_len(slice)?;
	if total == 0 {
		return Err(SliceError::EmptyContent);
	}
	if len == 0 {
		return Err(SliceError::EmptyRange { start });
	}
	let end = start.checked_add(len).filter(|end| *end <= total).ok_or(SliceError::RangeOutside {
		start,
		len,
		total,
	})?;
	let body = slice.get(HEADER_BYTES..).unwrap_or_default();
	let mut walk = Walk::new(root, body, total, start, end);
	for node in walk.by_ref() {
		node?.verify()?;
	}
	match body.len() - walk.position {
		0 => Ok(VerifiedSlice { body, total, start, len }),
		excess => Err(SliceError::TrailingBytes { excess }),
	}
}

/// Verifies that `slice` proves the length of `content`.
///
/// A length proof is the slice of the last byte: in `bao`'s parameters `slice_start = len - 1, slice_len = 1`. It
/// holds the right edge of the tree and the last chunk, at most [`LENGTH_PROOF_BYTES_MAX`] bytes.
///
/// # Errors
/// [`SliceError::LengthDiffers`] if the slice is a valid length proof for another length, else as
/// [`verify_slice`].
pub fn verify_length_proof(content: &Content, slice: &[u8]) -> Result<(), SliceError> {
	if content.len == 0 {
		return Err(SliceError::EmptyContent);
	}
	let proven = stated_len(slice)?;
	let last = proven.checked_sub(1).ok_or(SliceError::EmptyContent)?;
	verify_slice(&content.root, slice, last, 1)?;
	if proven != content.len {
		return Err(SliceError::LengthDiffers { stated: content.len, proven });
	}
	Ok(())
}

/// How many bytes of a subtree of more than one chunk lie in its left child: the largest power of two below
/// `len`. Unlike the function of the same name in `blake3::hazmat`, right up to the largest `u64`.
pub(crate) fn left_subtree_len(len: u64) -> u64 {
	debug_assert!(len > CHUNK_BYTES);
	1 << (len - 1).ilog2()
}

/// The part of a chunk at `offset` that lies in `start..end`; the chunk overlaps the range.
fn clip(bytes: &[u8], offset: u64, start: u64, end: u64) -> &[u8] {
	// Both fit in usize: they are below the length of one chunk.
	let from = start.saturating_sub(offset) as usize;
	let to = (end - offset).min(bytes.len() as u64) as usize;
	bytes.get(from..to).unwrap_or_default()
}

/// A node of the slice, not yet verified.
struct Node<'a> {
	kind: NodeKind<'a>,
	/// What the node must hash to.
	expected: Hash,
	is_root: bool,
	/// Where the node begins in the slice.
	position: usize,
}

enum NodeKind<'a> {
	Parent { left: &'a Hash, right: &'a Hash },
	Chunk { bytes: &'a [u8], offset: u64 },
}

impl Node<'_> {
	fn verify(&self) -> Result<(), SliceError> {
		let actual = match self.kind {
			NodeKind::Parent { left, right } if self.is_root => {
				*merge_subtrees_root(left, right, Mode::Hash).as_bytes()
			}
			NodeKind::Parent { left, right } => merge_subtrees_non_root(left, right, Mode::Hash),
			NodeKind::Chunk { bytes, .. } if self.is_root => *blake3::hash(bytes).as_bytes(),
			NodeKind::Chunk { bytes, offset } => {
				Hasher::new().set_input_offset(offset).update(bytes).finalize_non_root()
			}
		};
		if actual == self.expected {
			return Ok(());
		}
		Err(match self.kind {
			NodeKind::Parent { .. } => SliceError::ParentMismatch { position: self.position },
			NodeKind::Chunk { offset, .. } => SliceError::ChunkMismatch { index: offset / CHUNK_BYTES },
		})
	}
}

/// A subtree that overlaps the range and was not visited yet.
#[derive(Clone, Copy)]
struct Subtree {
	offset: u64,
	len: u64,
	expected: Hash,
}

/// Takes a slice's body apart into nodes, in pre-order. Knows the shape of the tree, hashes nothing.
struct Walk<'a> {
	body: &'a [u8],
	position: usize,
	total: u64,
	start: u64,
	end: u64,
	/// Subtrees to visit, the next one last. Each level of the tree leaves at most one sibling here.
	pending: [Subtree; TREE_DEPTH_MAX + 1],
	pending_len: usize,
}

impl<'a> Walk<'a> {
	fn new(root: &Hash, body: &'a [u8], total: u64, start: u64, end: u64) -> Self {
		let whole = Subtree { offset: 0, len: total, expected: *root };
		Self { body, position: 0, total, start, end, pending: [whole; TREE_DEPTH_MAX + 1], pending_len: 1 }
	}

	fn push_if_in_range(&mut self, subtree: Subtree) {
		// Neither sum overflows: no subtree and no range reaches past `total`.
		let overlaps = subtree.offset < self.end && self.start < subtree.offset + subtree.len;
		if overlaps {
			self.pending[self.pending_len] = subtree;
			self.pending_len += 1;
		}
	}

	fn take(&mut self, count: usize) -> Result<&'a [u8], SliceError> {
		let body = self.body;
		let until = self.position + count;
		let taken = body.get(self.position..until).ok_or(SliceError::Truncated {
			needed: HEADER_BYTES + until,
			actual: HEADER_BYTES + body.len(),
		})?;
		self.position = until;
		Ok(taken)
	}

	fn visit(&mut self, subtree: Subtree) -> Result<Node<'a>, SliceError> {
		let position = HEADER_BYTES + self.position;
		let is_root = subtree.len == self.total;
		let Subtree { offset, len, expected } = subtree;
		if len <= CHUNK_BYTES {
			let bytes = self.take(len as usize)?;
			return Ok(Node { kind: NodeKind::Chunk { bytes, offset }, expected, is_root, position });
		}
		let parent = self.take(PARENT_BYTES)?;
		let (left, right) = parent
			.first_chunk::<32>()
			.zip(parent.last_chunk::<32>())
			.expect("a parent has 64 bytes because exactly as many were taken");
		let left_len = left_subtree_len(len);
		self.push_if_in_range(Subtree { offset: offset + left_len, len: len - left_len, expected: *right });
		self.push_if_in_range(Subtree { offset, len: left_len, expected: *left });
		Ok(Node { kind: NodeKind::Parent { left, right }, expected, is_root, position })
	}
}

impl<'a> Iterator for Walk<'a> {
	type Item = Result<Node<'a>, SliceError>;

	fn next(&mut self) -> Option<Self::Item> {
		self.pending_len = self.pending_len.checked_sub(1)?;
		Some(self.visit(self.pending[self.pending_len]))
	}
}
