//! Encryption of a key under a password: argon2id stretches the password, XChaCha20-Poly1305 seals the seed.
//!
//! The parameters are stored with the ciphertext and bounded on reading, so that a planted file cannot exhaust memory.
//! What is public in the file (version, kind, public key) is authenticated with the seed.
//! Source: RFC 9106 (argon2), draft-irtf-cfrg-xchacha.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
	aead::{Aead, KeyInit, Payload},
	XChaCha20Poly1305, XNonce,
};
use rand::{rngs::OsRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// RFC 9106's second recommended choice: 64 MiB, three passes; about a tenth of a second.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// Files that ask for more than this are refused.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 64;
const LANES_MAX: u32 = 64;

/// A sealed seed and what is needed, beside the password, to open it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
	kdf: String,
	memory_kib: u32,
	passes: u32,
	lanes: u32,
	salt: String,
	cipher: String,
	nonce: String,
	ciphertext: String,
}

/// Why a sealed seed cannot be opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OpenError {
	/// Not in a form that this version writes.
	Malformed(&'static str),
	/// The password is wrong or the file was changed: the cipher cannot tell which.
	Refused,
}

const KDF: &str = "argon2id";
const CIPHER: &str = "xchacha20poly1305";

/// Seals a seed.
pub(super) fn seal(seed: &[u8; 32], password: &str, associated: &[u8]) -> Sealed {
	let mut salt = [0u8; 16];
	let mut nonce = [0u8; 24];
	OsRng.fill_bytes(&mut salt);
	OsRng.fill_bytes(&mut nonce);
	let key = stretch(password, &salt, MEMORY_KIB, PASSES, LANES)
		.expect("argon2 accepts these parameters, because they are constants and a test uses them");
	let ciphertext = XChaCha20Poly1305::new(key.as_ref().into())
		.encrypt(XNonce::from_slice(&nonce), Payload { msg: seed, aad: associated })
		.expect("the cipher accepts 32 bytes, because its limit is 256 GiB");
	Sealed {
		kdf: KDF.into(),
		memory_kib: MEMORY_KIB,
		passes: PASSES,
		lanes: LANES,
		salt: hex::encode(salt),
		cipher: CIPHER.into(),
		nonce: hex::encode(nonce),
		ciphertext: hex::encode(ciphertext),
	}
}

/// Opens a sealed seed.
pub(super) fn open(
	sealed: &Sealed,
	password: &str,
	associated: &[u8],
) -> Result<Zeroizing<[u8; 32]>, OpenError> {
	if sealed.kdf != KDF || sealed.cipher != CIPHER {
		return Err(OpenError::Malformed("unknown key derivation or cipher"));
	}
	if sealed.memory_kib > MEMORY_KIB_MAX || sealed.passes > PASSES_MAX || sealed.lanes > LANES_MAX {
		return Err(OpenError::Malformed(
			"the key derivation asks for more than 1 GiB, 64 passes or 64 lanes",
		));
	}
	let salt: [u8; 16] = bytes(&sealed.salt, "the salt is not 16 bytes of hex")?;
	let nonce: [u8; 24] = bytes(&sealed.nonce, "the nonce is not 24 bytes of hex")?;
	let ciphertext: [u8; 48] = bytes(&sealed.ciphertext, "the ciphertext is not 48 bytes of hex")?;
	let key = stretch(password, &salt, sealed.memory_kib, sealed.passes, sealed.lanes)
		.ok_or(OpenError::Malformed("argon2 does not accept the parameters"))?;
	let payload = Payload { msg: ciphertext.as_slice(), aad: associated };
	let plain = XChaCha20Poly1305::new(key.as_ref().into())
		.decrypt(XNonce::from_slice(&nonce), payload)
		.map(Zeroizing::new)
		.map_err(|_| OpenError::Refused)?;
	let mut seed = Zeroizing::new([0u8; 32]);
	if plain.len() != seed.len() {
		return Err(OpenError::Malformed("the seed is not 32 bytes"));
	}
	seed.copy_from_slice(&plain);
	Ok(seed)
}

fn stretch(
	password: &str,
	salt: &[u8],
	memory_kib: u32,
	passes: u32,
	lanes: u32,
) -> Option<Zeroizing<[u8; 32]>> {
	let params = Params::new(memory_kib, passes, lanes, Some(32)).ok()?;
	let mut key = Zeroizing::new([0u8; 32]);
	Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
		.hash_password_into(password.as_bytes(), salt, key.as_mut())
		.ok()?;
	Some(key)
}

fn bytes<const N: usize>(text: &str, wrong: &'static str) -> Result<[u8; N], OpenError> {
	let mut out = [0u8; N];
	hex::decode_to_slice(text, &mut out).map_err(|_| OpenError::Malformed(wrong))?;
	Ok(out)
}
