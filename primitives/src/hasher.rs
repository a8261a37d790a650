//! [`Blake3Hasher`]: the hash of the state trie's nodes.
//!
//! # Must not
//! Hash headers or extrinsics. Clients compute those hashes themselves and expect BLAKE2b-256.
//!
//! # Invariants
//! It is plain, unkeyed BLAKE3 with 32 bytes of output, so that a state proof can be checked with any BLAKE3.

use hash256_std_hasher::Hash256StdHasher;
use hash_db::Hasher;
use sp_core::H256;

/// BLAKE3 as the trie crates want it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blake3Hasher;

impl Hasher for Blake3Hasher {
	type Out = H256;
	type StdHasher = Hash256StdHasher;
	const LENGTH: usize = 32;

	fn hash(bytes: &[u8]) -> H256 {
		H256(*blake3::hash(bytes).as_bytes())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn it_is_plain_blake3() {
		let empty: [u8; 32] = Blake3Hasher::hash(b"").0;
		// The first test vector of the BLAKE3 specification.
		assert_eq!(empty[..8], [0xaf, 0x13, 0x49, 0xb9, 0xf5, 0xf9, 0xa1, 0xa6]);
	}
}
