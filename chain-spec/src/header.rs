//! The genesis block: its state root and its header.
//!
//! # Must not
//! Differ from what a node computes for any other block over the same state: the node's trie is this one.
//!
//! # Invariants
//! - The state root is that of a trie of layout V1 with BLAKE3 node hashes.
//! - The header is hashed with BLAKE2b-256, as all headers.

use plexus_primitives::Blake3Hasher;
use plexus_runtime::{Hash, Hashing, Header};
use sp_runtime::{traits::Hash as _, Digest, StateVersion};
use sp_storage::Storage;
use sp_trie::{LayoutV1, TrieConfiguration};

/// The state root of a genesis. A genesis has no child tries; the specification's checks refuse them.
pub fn genesis_state_root(storage: &Storage) -> Hash {
	LayoutV1::<Blake3Hasher>::trie_root(storage.top.iter())
}

/// The header of block 0: no parent, no extrinsics, no digest.
///
/// The root over no extrinsics is computed with trie layout V0, as the runtime does for all its blocks while its
/// `system_version` is 1.
pub fn genesis_header(state_root: Hash) -> Header {
	Header {
		parent_hash: Hash::zero(),
		number: 0,
		state_root,
		extrinsics_root: Hashing::ordered_trie_root(Vec::new(), StateVersion::V0),
		digest: Digest::default(),
	}
}
