//! Which of its two keys a validator signs with, and the proof that an account may use a key.
//!
//! ```text
//!  author_rotateKeys,
//!  key generate --next     set_keys on chain        the set names it            restart
//! ─────────────▶ next key ────────────────▶ waits ────────────────▶ follow ──────────▶ validator key
//! ```
//!
//! The choice is made at the start and for as long as the process lives: what the engine logs and the guard remembers is of
//! one key. The state after the tip is final, so that what it names for the next height is never taken back.
//!
//! # Must not
//! Sign with both keys, or change the files: [`crate::keystore`] does.

use crate::keystore::{Keystore, PublicKey, SecretKey};
use ed25519_dalek::Signer;
use plexus_chain::Chain;
use plexus_consensus::ConsensusStatus;
use plexus_primitives::consensus::key_proof_preimage;
use plexus_runtime::AccountId;
use std::sync::{
	atomic::{AtomicBool, Ordering},
	Arc,
};
use tokio::sync::watch;
use tracing::{debug, warn};

/// One of a validator's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
	/// The one that signed so far.
	Present,
	/// The one that was made to follow it.
	Next,
}

/// The key to sign the next height with: the present one, unless the validators of that height have the next one and not
/// the present one. `validators` are keys with their powers.
pub fn choose(present: PublicKey, next: Option<PublicKey>, validators: &[([u8; 32], u64)]) -> Choice {
	let is_named = |key: PublicKey| validators.iter().any(|(named, _)| *named == key.0);
	match next {
		Some(next) if is_named(next) && !is_named(present) => Choice::Next,
		Some(_) | None => Choice::Present,
	}
}

/// The key's signature that lets an account validate with it, for `set_keys` on the chain with this genesis. It is of no
/// use to any other account, on any other chain, or for anything else.
pub fn ownership_proof(key: &SecretKey, genesis: &[u8; 32], account: &AccountId) -> [u8; 64] {
	key.signing_key().sign(&key_proof_preimage(genesis, account)).to_bytes()
}

/// Whether the chain names the next key while the node signs with another; until the node ends.
pub type NextKeyWaits = Arc<AtomicBool>;

/// Tells in the log when the chain comes to name the next key: the node then follows, and votes again once restarted.
/// Ends with consensus. Looks only while this node is no validator, when a height or a round begins.
pub async fn follow(
	chain: Chain,
	keystore: Keystore,
	signing: PublicKey,
	mut status: watch::Receiver<ConsensusStatus>,
	waits: NextKeyWaits,
) {
	loop {
		let is_validator = status.borrow_and_update().is_validator;
		let named = match is_validator {
			true => None,
			false => {
				let (chain, keystore) = (chain.clone(), keystore.clone());
				let look =
					tokio::task::spawn_blocking(move || next_that_is_named(&chain, &keystore, signing));
				// A panic is told by the hook; the next step looks again.
				look.await.unwrap_or_default()
			}
		};
		let before = waits.swap(named.is_some(), Ordering::AcqRel);
		if let Some(next) = named.filter(|_| !before) {
			warn!(
				next = %next.hex(),
				"the chain names the next validator key: this node does not vote until a restart makes it sign with that key"
			);
		}
		if status.changed().await.is_err() {
			return;
		}
	}
}

/// The next key, if a start would choose it now.
fn next_that_is_named(chain: &Chain, keystore: &Keystore, signing: PublicKey) -> Option<PublicKey> {
	// What cannot be read is told by whoever makes or chooses the key.
	let next = keystore.next_public().inspect_err(|error| debug!(%error, "no next validator key")).ok()??;
	let validators = chain.executor().validators(&chain.tip().state);
	let validators = validators.inspect_err(|error| debug!(%error, "the validators are unknown")).ok()?;
	(choose(signing, Some(next), &validators) == Choice::Next).then_some(next)
}

#[cfg(test)]
mod tests {
	use super::*;

	const OLD: PublicKey = PublicKey([1; 32]);
	const NEW: PublicKey = PublicKey([2; 32]);

	fn set(keys: &[u8]) -> Vec<([u8; 32], u64)> {
		keys.iter().map(|key| ([*key; 32], 10)).collect()
	}

	#[test]
	fn the_present_key_signs_as_long_as_the_set_names_it() {
		assert_eq!(choose(OLD, None, &set(&[1, 3])), Choice::Present);
		assert_eq!(choose(OLD, Some(NEW), &set(&[1, 3])), Choice::Present);
		assert_eq!(choose(OLD, Some(NEW), &set(&[2, 1])), Choice::Present, "of both only one may sign");
	}

	#[test]
	fn the_next_key_signs_once_the_set_names_it_instead() {
		assert_eq!(choose(OLD, Some(NEW), &set(&[3, 2])), Choice::Next);
		assert_eq!(choose(OLD, None, &set(&[3, 2])), Choice::Present, "a key that is not here");
	}

	#[test]
	fn the_present_key_stays_where_the_set_names_neither() {
		assert_eq!(choose(OLD, Some(NEW), &set(&[3])), Choice::Present);
		assert_eq!(choose(OLD, Some(NEW), &[]), Choice::Present);
	}
}
