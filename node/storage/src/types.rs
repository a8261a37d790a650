//! The block as the node stores and moves it: a typed header and opaque extrinsics.

use codec::{Decode, Encode};
use sp_runtime::traits::BlakeTwo256;

/// Block hash, state root, extrinsic hash: 32 bytes.
pub type Hash = sp_core::H256;
/// Height of a block; genesis is 0.
pub type BlockNumber = u32;
/// Substrate's header, hashed with BLAKE2b-256 because clients recompute that hash.
pub type Header = sp_runtime::generic::Header<BlockNumber, BlakeTwo256>;
/// Hash of the state trie's nodes: BLAKE3. No client recomputes it.
pub type StateHasher = plexus_primitives::hasher::Blake3Hasher;

/// A storage key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A block whose extrinsics are raw bytes, each exactly what `author_submitExtrinsic` takes
/// (SCALE of the extrinsic with its compact length in front).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Block {
	/// The header.
	pub header: Header,
	/// Extrinsics in order, inherents first.
	pub body: Vec<Vec<u8>>,
}

impl Block {
	/// Hash of the header.
	pub fn hash(&self) -> Hash {
		self.header.hash()
	}

	/// Bytes of all extrinsics.
	pub fn body_bytes(&self) -> usize {
		self.body.iter().map(Vec::len).sum()
	}
}
