//! Keys that everybody knows: those of Substrate's development seeds, like `//Alice`.
//!
//! # Must not
//! Be used on a live chain, neither to validate nor to hold money. [`crate::check`] refuses that.

use plexus_runtime::AccountId;
use sp_core::H256;
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
