//! The hash that an account commits to before it registers content.
//!
//! A registration waiting to be included shows its roots to everybody, and a copy of it with a higher tip would come
//! first. Therefore the account commits first to a hash that tells nothing, and registers what it hides later.
//!
//! # Must not
//! Leave out the account: a copied commitment would then serve the copyist.
//!
//! # Invariants
//! `BLAKE3(domain ‖ account ‖ salt ‖ root ‖ … ‖ root)`, where domain is [`Purpose::domain`], account the account's SCALE
//! encoding, salt and roots 32 bytes each. Accounts of one chain have encodings of one length, so that no bytes can be
//! read in two ways.

use crate::purpose::Purpose;

/// Length of a salt in bytes. Salts are drawn at random by the client; a known salt lets roots be guessed.
pub const SALT_BYTES: usize = 32;

/// The hash with which `account` (its SCALE encoding) commits to `roots`, in their order.
pub fn commitment(
	purpose: Purpose,
	genesis_hash: &[u8; 32],
	account: &[u8],
	salt: &[u8; SALT_BYTES],
	roots: impl IntoIterator<Item = [u8; 32]>,
) -> [u8; 32] {
	let mut hasher = blake3::Hasher::new();
	hasher.update(&purpose.domain(genesis_hash)).update(account).update(salt);
	for root in roots {
		hasher.update(&root);
	}
	*hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn everything_that_a_commitment_binds_changes_it() {
		let (genesis, account, salt, roots) = ([1; 32], [2; 32], [3; 32], [[4; 32], [5; 32]]);
		let purpose = Purpose::ModelCommitment;
		let good = commitment(purpose, &genesis, &account, &salt, roots);
		let others = [
			commitment(Purpose::Vote, &genesis, &account, &salt, roots),
			commitment(purpose, &[9; 32], &account, &salt, roots),
			commitment(purpose, &genesis, &[9; 32], &salt, roots),
			commitment(purpose, &genesis, &account, &[9; 32], roots),
			commitment(purpose, &genesis, &account, &salt, [roots[1], roots[0]]),
			commitment(purpose, &genesis, &account, &salt, [roots[0]]),
		];
		assert!(!others.contains(&good));
	}

	#[test]
	fn the_layout_is_the_documented_one() {
		let bytes = [
			&b"plexus/modelcmt\0"[..],
			&[1; 32], // genesis
			&[2; 32], // account
			&[3; 32], // salt
			&[4; 32], // root
		]
		.concat();
		let made = commitment(Purpose::ModelCommitment, &[1; 32], &[2; 32], &[3; 32], [[4; 32]]);
		assert_eq!(made, *blake3::hash(&bytes).as_bytes());
	}
}
