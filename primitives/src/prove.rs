//! Makes what [`crate::verify_length_proof`] verifies, in one pass over the bytes and in bounded memory.
//!
//! The last chunk's siblings on the way up to the root are complete subtrees, one for each bit set in the number
//! of chunks before it. They are the stack that BLAKE3 keeps while it hashes; so hashing a file once, with that
//! stack at hand, gives the root and the proof together:
//!
//! ```text
//!              root            seven chunks: six (0b110) before the last one
//!            /      \          stack = [S, T]
//!           S        q         proof = length, (S, q), (T, chunk 6), bytes of chunk 6
//!        / … \     /   \
//!       0 1 2 3   T  chunk 6
//!                4 5
//! ```
//!
//! # Must not
//! Be used by the runtime: it allocates and reads. Keep the whole file or its whole tree.
//!
//! # Invariants
//! Memory is [`GROUP_BYTES`], plus 32 bytes for each level of the tree. The group that may be the last one is held
//! back until more bytes arrive: everything that was merged is known not to be the root.
//!
//! Source: section 5.1.2 of the BLAKE3 paper (chaining value stack).

use crate::slice::{left_subtree_len, CHUNK_BYTES, LENGTH_PROOF_BYTES_MAX, TREE_DEPTH_MAX};
use crate::Content;
use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root, ChainingValue, HasherExt, Mode};
use blake3::Hasher;
use std::io::{self, Read};

/// Bytes that are hashed at a time: a power of two, large enough to keep all SIMD lanes (and, with the feature
/// `parallel`, all cores) busy, small enough to stay in a cache.
pub const GROUP_BYTES: usize = 1 << 20;

/// Why no proof could be made.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
	/// There were no bytes, and empty content cannot be registered.
	#[error("the content is empty; only content of at least one byte can be proved")]
	EmptyContent,
	/// The bytes could not be read.
	#[error("reading the content failed after {read} bytes: {source}")]
	Read {
		/// Bytes that were read before.
		read: u64,
		/// What the reader said.
		source: io::Error,
	},
}

/// Bytes' name and the proof of their length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenContent {
	/// Root and length.
	pub content: Content,
	/// The Bao slice of the last byte, as [`crate::verify_length_proof`] wants it.
	pub length_proof: Vec<u8>,
}

/// Hashes everything that `reader` gives and proves its length. `progress` is told, after each group, how many
/// bytes were hashed so far.
///
/// # Errors
/// See [`ProveError`].
pub fn prove_reader(
	mut reader: impl Read,
	mut progress: impl FnMut(u64),
) -> Result<ProvenContent, ProveError> {
	let mut prover = LengthProver::new();
	loop {
		let failed_after = prover.len();
		match prover.fill_from(&mut reader) {
			Ok(0) => return prover.finish(),
			Ok(_) => progress(prover.len()),
			Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
			Err(source) => return Err(ProveError::Read { read: failed_after, source }),
		}
	}
}

/// Hashes a stream and keeps what the proof of its length needs.
pub struct LengthProver {
	/// Chaining values of complete subtrees, the largest and leftmost first.
	stack: Vec<ChainingValue>,
	/// How many whole groups the stack covers.
	groups: u64,
	/// Bytes after those; the last [`Vec::len`] of them that were read. Never more than a group.
	group: Vec<u8>,
}

impl Default for LengthProver {
	fn default() -> Self {
		Self::new()
	}
}

impl LengthProver {
	/// A prover that has seen nothing.
	pub fn new() -> Self {
		Self { stack: Vec::with_capacity(TREE_DEPTH_MAX), groups: 0, group: Vec::with_capacity(GROUP_BYTES) }
	}

	/// Bytes seen so far.
	pub fn len(&self) -> u64 {
		self.groups * GROUP_BYTES as u64 + self.group.len() as u64
	}

	/// Whether nothing was seen so far.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	/// Adds bytes to the end.
	pub fn update(&mut self, mut bytes: &[u8]) {
		while !bytes.is_empty() {
			self.make_room();
			let (now, later) = bytes.split_at(bytes.len().min(GROUP_BYTES - self.group.len()));
			self.group.extend_from_slice(now);
			bytes = later;
		}
	}

	/// Adds up to one group from a reader, without a copy; 0 means the end.
	fn fill_from(&mut self, reader: &mut impl Read) -> io::Result<usize> {
		// Only when more bytes did arrive may a full group be merged, so they are read to a place of their own.
		if self.group.len() < GROUP_BYTES {
			let room = (GROUP_BYTES - self.group.len()) as u64;
			return reader.by_ref().take(room).read_to_end(&mut self.group);
		}
		let mut first = [0];
		let read = reader.read(&mut first)?;
		self.update(&first[..read]);
		Ok(read)
	}

	/// The name of all bytes and the proof of their length.
	///
	/// # Errors
	/// [`ProveError::EmptyContent`] if there were none.
	pub fn finish(mut self) -> Result<ProvenContent, ProveError> {
		let len = self.len();
		if len == 0 {
			return Err(ProveError::EmptyContent);
		}
		let group = std::mem::take(&mut self.group);
		let last_chunk = self.push_all_but_last_chunk(&group);
		let (root, parents) = self.right_edge(last_chunk, len);
		let mut length_proof = Vec::with_capacity(LENGTH_PROOF_BYTES_MAX);
		length_proof.extend_from_slice(&len.to_le_bytes());
		for (left, right) in parents {
			length_proof.extend_from_slice(&left);
			length_proof.extend_from_slice(&right);
		}
		length_proof.extend_from_slice(last_chunk);
		Ok(ProvenContent { content: Content { root, len }, length_proof })
	}

	/// Merges a full group into the stack. To be called only when more bytes follow.
	fn make_room(&mut self) {
		if self.group.len() < GROUP_BYTES {
			return;
		}
		let mut subtree = subtree_hash(&self.group, self.groups * GROUP_BYTES as u64);
		self.groups += 1;
		self.group.clear();
		// As many subtrees of equal size end here as the number of groups has zeros at its end.
		for _ in 0..self.groups.trailing_zeros() {
			let left = self.stack.pop().expect("a left sibling is there because the groups before made it");
			subtree = merge_subtrees_non_root(&left, &subtree, Mode::Hash);
		}
		self.stack.push(subtree);
	}

	/// Splits the last group into complete subtrees, pushes them, and gives back the last chunk.
	fn push_all_but_last_chunk<'a>(&mut self, group: &'a [u8]) -> &'a [u8] {
		let mut offset = self.groups * GROUP_BYTES as u64;
		let mut rest = group;
		while rest.len() as u64 > CHUNK_BYTES {
			let (left, right) = rest.split_at(left_subtree_len(rest.len() as u64) as usize);
			self.stack.push(subtree_hash(left, offset));
			offset += left.len() as u64;
			rest = right;
		}
		rest
	}

	/// The root, and the parents from it down to the last chunk.
	fn right_edge(&self, last_chunk: &[u8], len: u64) -> ([u8; 32], Vec<(ChainingValue, ChainingValue)>) {
		let Some((top, below)) = self.stack.split_first() else {
			return (*blake3::hash(last_chunk).as_bytes(), Vec::new());
		};
		let mut right = subtree_hash(last_chunk, len - last_chunk.len() as u64);
		let mut parents = Vec::with_capacity(self.stack.len());
		for left in below.iter().rev() {
			parents.push((*left, right));
			right = merge_subtrees_non_root(left, &right, Mode::Hash);
		}
		parents.push((*top, right));
		parents.reverse();
		(*merge_subtrees_root(top, &right, Mode::Hash).as_bytes(), parents)
	}
}

/// The chaining value of a subtree that is not the root and begins at `offset`.
fn subtree_hash(bytes: &[u8], offset: u64) -> ChainingValue {
	let mut hasher = Hasher::new();
	hasher.set_input_offset(offset);
	#[cfg(feature = "parallel")]
	hasher.update_rayon(bytes);
	#[cfg(not(feature = "parallel"))]
	hasher.update(bytes);
	hasher.finalize_non_root()
}
