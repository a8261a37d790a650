//! Keys that everybody knows: those of Substrate's development seeds, like `//Alice`.
//!
//! # Must not
//! Be used on a live chain, neither to validate nor to hold money. [`crate::check`] refuses that.

use plexus_primitives::consensus::{Commit, ConsensusKey, ConsensusSignature, Vote, VoteKind};
use plexus_runtime::AccountId;
use sp_core::{Pair, H256};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// The seed of a validator key, like `//Alice`, if it is well known.
pub fn validator_seed(id: &H256) -> Option<String> {
	Ed25519Keyring::from_h256_public(*id).map(Ed25519Keyring::to_seed)
}

/// The seed of an account, like `//Alice`, if it is well known in one of its key types.
pub fn account_seed(account: &AccountId) -> Option<String> {
	let ed25519 = Ed25519Keyring::from_account_id(account).map(Ed25519Keyring::to_seed);
	ed25519.or_else(|| Sr25519Keyring::from_account_id(account).map(Sr25519Keyring::to_seed))
}

/// What the single validator of the development chain, `//Alice`, signs for a block: for tests and benchmarks that make
/// blocks without consensus, whose next block needs it. `None` for the genesis, which nobody decides.
pub fn development_commit(genesis: H256, number: u32, block: H256) -> Option<Commit> {
	if number == 0 {
		return None;
	}
	let alice = Ed25519Keyring::Alice.pair();
	let voter = ConsensusKey(alice.public().0);
	let height = number.into();
	let vote = Vote { kind: VoteKind::Precommit, height, round: 0, value: Some(block.0), voter };
	let signature = ConsensusSignature(alice.sign(&vote.preimage(&genesis.0)).0);
	Some(Commit { round: 0, signatures: vec![Some(signature)] })
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::consensus::verify_commit;

	#[test]
	fn a_development_commit_makes_its_block_final_and_no_other() {
		let (genesis, block) = (H256([1; 32]), H256([2; 32]));
		assert_eq!(development_commit(genesis, 0, genesis), None);
		let commit = development_commit(genesis, 7, block).unwrap();
		let set = [(ConsensusKey(Ed25519Keyring::Alice.to_raw_public()), 1)];
		let verify =
			|block: H256| verify_commit(&genesis.0, &set, 7, block.0, commit.round, &commit.signatures);
		assert_eq!(verify(block), Ok(()));
		assert!(verify(H256([3; 32])).is_err());
	}
}
