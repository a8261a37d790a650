//! The two kinds of keys, and an ed25519 key's two halves.

use super::KeystoreError;
use ed25519_dalek::SigningKey;
use rand::{rngs::OsRng, RngCore};
use serde::{Deserialize, Serialize};
use sp_core::{
	crypto::{Pair as _, Ss58Codec},
	ed25519,
};
use std::fmt;
use zeroize::Zeroizing;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
	/// Signs proposals and votes.
	Validator,
	/// Proves the peer id on the network.
	Node,
}

impl KeyKind {
	/// Both kinds.
	pub const ALL: [Self; 2] = [Self::Validator, Self::Node];

	/// The name of the kind's file in a key directory.
	pub fn file_name(self) -> &'static str {
		match self {
			Self::Validator => "validator.key",
			Self::Node => "node.key",
		}
	}
}

impl fmt::Display for KeyKind {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Validator => "validator",
			Self::Node => "node",
		})
	}
}

/// The secret half: an ed25519 seed of 32 bytes. Wiped when dropped, never shown.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
	/// A new key from the system's randomness.
	pub fn generate() -> Self {
		let mut seed = Zeroizing::new([0u8; 32]);
		OsRng.fill_bytes(seed.as_mut());
		Self(seed)
	}

	/// The key of a seed.
	pub fn from_seed(seed: [u8; 32]) -> Self {
		Self(Zeroizing::new(seed))
	}

	/// The key of a secret as people write it: `0x` and 64 hex digits, or a mnemonic, each with optional derivations.
	/// Development seeds (`//Alice`) are accepted; whether the chain allows them is for the caller.
	///
	/// # Errors
	/// [`KeystoreError::NotASecret`].
	pub fn from_secret(text: &str) -> Result<Self, KeystoreError> {
		let text = text.trim();
		let malformed = KeystoreError::NotASecret { cause: "expected hex, a mnemonic or a development seed" };
		if text.is_empty() {
			return Err(malformed);
		}
		let pair = ed25519::Pair::from_string(text, None).map_err(|_| malformed)?;
		Ok(Self::from_seed(pair.seed()))
	}

	/// The public half.
	pub fn public(&self) -> PublicKey {
		PublicKey(self.signing_key().verifying_key().to_bytes())
	}

	/// The key as consensus signs with it; wipes itself when dropped.
	pub fn signing_key(&self) -> SigningKey {
		SigningKey::from_bytes(&self.0)
	}

	/// The seed itself, for the network's own key type and for the key file.
	pub fn expose(&self) -> &[u8; 32] {
		&self.0
	}
}

impl fmt::Debug for SecretKey {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("SecretKey(…)")
	}
}

/// Whether a written secret is a development seed, known to everybody.
pub fn is_development_seed(text: &str) -> bool {
	text.trim().starts_with('/')
}

/// The public half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
	/// As an address of the chain (SS58, prefix 42).
	pub fn ss58(&self) -> String {
		ed25519::Public::from_raw(self.0)
			.to_ss58check_with_version(plexus_primitives::constants::SS58_PREFIX.into())
	}

	/// As `0x` and 64 hex digits.
	pub fn hex(&self) -> String {
		format!("0x{}", hex::encode(self.0))
	}

	/// As a libp2p peer id: the identity multihash of the key's protobuf form, in base 58
	/// (libp2p specifications, `peer-ids.md`).
	pub fn peer_id(&self) -> String {
		/// Multihash code "identity", length 36; protobuf field 1 = key type Ed25519, field 2 = 32 bytes.
		const PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
		let mut bytes = [0u8; 38];
		bytes[..6].copy_from_slice(&PREFIX);
		bytes[6..].copy_from_slice(&self.0);
		bs58::encode(bytes).into_string()
	}
}
