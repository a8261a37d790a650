//! Pieces of a state with proofs: runs of pairs in key order, each with the trie nodes on the way to them.
//!
//! ```text
//! proof = (compact length ‖ node)…      trie nodes without the hashes of children that follow, in depth-first order
//! ```
//!
//! Who has the root of a state can check that a piece has exactly the pairs that the state has from its start to its last
//! key: none is altered, added or left out.
//!
//! # Must not
//! Trust the prover: whatever [`verify_range`] returns was hashed up to the root.
//!
//! # Invariants
//! - A piece has at least one pair, or proves that the state has none from its start on.
//! - Work is bounded by the bytes given, and by [`NODES_MAX`].
//!
//! # Source
//! Substrate's state sync (`sc-network-sync`, `StateRequestHandler`), with BLAKE3 for the hash.

use crate::{error::StorageError, nodes::NodeStore, state::State, types::Pair, Hash, StateHasher};
use codec::{Compact, Decode, Encode};
use sp_state_machine::{read_range_proof_check_on_proving_backend, Backend, IterArgs, TrieBackendBuilder};
use sp_trie::{decode_compact, encode_compact, recorder::Recorder, LayoutV1, MemoryDB};

/// The most trie nodes in a proof. A proof of a mebibyte has some ten thousand.
pub const NODES_MAX: usize = 1 << 16;

/// A piece of a state that was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
	/// The pairs from the piece's start on, in order: all that the state has up to the last of them.
	pub pairs: Vec<Pair>,
	/// Whether the state has none behind them.
	pub is_last: bool,
}

/// Why a proof proves nothing. Always the prover's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
	/// The bytes are no list of nodes.
	#[error("the proof is no list of at most {NODES_MAX} trie nodes")]
	Malformed,
	/// The nodes do not lead to the root, or are none.
	#[error("the proof does not lead to the state root: {0}")]
	Unproved(String),
	/// It proves neither a pair nor that there is none.
	#[error("the proof reaches no key")]
	Nothing,
}

impl State {
	/// Proves the pairs from `start` on: at least one if there is any, then as many as come before `end` and fit into about
	/// `bytes_max`. One value may be longer than that.
	///
	/// The nodes are read past the cache of the running chain.
	///
	/// # Errors
	/// A failed read.
	pub fn prove_range(
		&self,
		start: &[u8],
		end: Option<&[u8]>,
		bytes_max: usize,
	) -> Result<Vec<u8>, StorageError> {
		let nodes = NodeStore::new(self.snapshot());
		let recorder = Recorder::<StateHasher>::default();
		let backend = TrieBackendBuilder::<_, StateHasher>::new(nodes.clone(), self.root())
			.with_recorder(recorder.clone())
			.build();
		let read = || -> Result<(), String> {
			for pair in backend.pairs(from(start))? {
				let (key, _) = pair?;
				let is_enough = recorder.estimate_encoded_size() >= bytes_max;
				if is_enough || end.is_some_and(|end| key[..] >= *end) {
					break;
				}
			}
			Ok(())
		};
		let read = read();
		if let Some(failure) = nodes.take_failure() {
			return Err(failure);
		}
		read.map_err(StorageError::State)?;
		let recorded = recorder.drain_storage_proof().into_memory_db::<StateHasher>();
		let proof = encode_compact::<LayoutV1<StateHasher>, _>(&recorded, &self.root())
			.map_err(|error| StorageError::State(error.to_string()))?;
		let mut bytes = Vec::with_capacity(proof.encoded_size());
		for node in proof.iter_compact_encoded_nodes() {
			node.encode_to(&mut bytes);
		}
		Ok(bytes)
	}
}

/// Checks a proof of [`State::prove_range`] against the root of the state.
///
/// # Errors
/// [`RangeError`].
pub fn verify_range(root: Hash, start: &[u8], proof: &[u8]) -> Result<Range, RangeError> {
	let unproved = |error: String| RangeError::Unproved(error);
	let nodes = nodes_in(proof)?;
	let mut database = MemoryDB::<StateHasher>::new(&[]);
	decode_compact::<LayoutV1<StateHasher>, _, _>(&mut database, nodes, &root)
		.map_err(|error| unproved(error.to_string()))?;
	let backend = TrieBackendBuilder::<_, StateHasher>::new(database, root).build();
	let start = (!start.is_empty()).then_some(start);
	let (pairs, is_last) = read_range_proof_check_on_proving_backend(&backend, None, None, None, start)
		.map_err(|error| unproved(error.to_string()))?;
	match pairs.is_empty() && !is_last {
		true => Err(RangeError::Nothing),
		false => Ok(Range { pairs, is_last }),
	}
}

fn from(start: &[u8]) -> IterArgs<'_> {
	let mut args = IterArgs::default();
	args.start_at = (!start.is_empty()).then_some(start);
	args
}

fn nodes_in(mut proof: &[u8]) -> Result<Vec<&[u8]>, RangeError> {
	let mut nodes = Vec::new();
	while !proof.is_empty() {
		let Compact(length) = Compact::<u32>::decode(&mut proof).map_err(|_| RangeError::Malformed)?;
		if length as usize > proof.len() || nodes.len() >= NODES_MAX {
			return Err(RangeError::Malformed);
		}
		let (node, rest) = proof.split_at(length as usize);
		nodes.push(node);
		proof = rest;
	}
	Ok(nodes)
}
