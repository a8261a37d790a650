//! Signatures on which implementations disagree, each with the chain's verdict, which is `MultiSignature`'s: ed25519 by ZIP
//! 215 here, the others in files of their own.
//!
//! Used by the tests of all that judges signatures: whoever judges one of these differently forks.

mod ecdsa;
mod sr25519;

use curve25519_dalek::{
	constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION},
	scalar::Scalar,
};
use sha2::{Digest, Sha512};
use sp_core::{ed25519, Pair};
use sp_runtime::{AccountId32, MultiSignature};

/// The order of the base point of ed25519 and of Ristretto, little-endian.
const ORDER: [u8; 32] = [
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A signature, what it is over, whose it is said to be, and whether it is valid.
#[derive(Clone)]
pub struct OddSignature {
	pub name: String,
	pub signer: AccountId32,
	pub signature: MultiSignature,
	pub message: Vec<u8>,
	pub valid: bool,
}

/// All of them.
pub fn odd_signatures() -> Vec<OddSignature> {
	[small_order_cases(), mixed_order_cases(), malleated_cases(), sr25519::cases(), ecdsa::cases()].concat()
}

fn odd(
	name: impl Into<String>,
	key: [u8; 32],
	signature: [u8; 64],
	message: &[u8],
	valid: bool,
) -> OddSignature {
	let signature = MultiSignature::Ed25519(ed25519::Signature::from_raw(signature));
	OddSignature { name: name.into(), signer: key.into(), signature, message: message.into(), valid }
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
	let mut signature = [0; 64];
	signature[..32].copy_from_slice(&r);
	signature[32..].copy_from_slice(&s);
	signature
}

/// The encodings of all points of small order: eight canonical ones, and six that are not canonical.
fn small_order_encodings() -> Vec<[u8; 32]> {
	let filled = |first: u8, last: u8| {
		let mut bytes = [0xff; 32];
		(bytes[0], bytes[31]) = (first, last);
		bytes
	};
	let mut one_with_sign = [0; 32];
	(one_with_sign[0], one_with_sign[31]) = (1, 0x80);
	let canonical = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes());
	// y = 1 and y = -1 with a sign that x = 0 does not have; y = p and y = p + 1, each with both signs.
	let others = [
		one_with_sign,
		filled(0xec, 0xff),
		filled(0xed, 0x7f),
		filled(0xed, 0xff),
		filled(0xee, 0x7f),
		filled(0xee, 0xff),
	];
	canonical.chain(others).collect()
}

/// With key and R of small order and s = 0, ZIP-215 accepts all 196 pairs; other rules accept some of them.
fn small_order_cases() -> Vec<OddSignature> {
	let encodings = small_order_encodings();
	let mut cases = Vec::new();
	for key in &encodings {
		for r in &encodings {
			let name = format!("small order {key:02x?} {r:02x?}");
			cases.push(odd(name, *key, joined(*r, [0; 32]), b"Zcash", true));
		}
	}
	cases
}

/// A key and an R with parts of small order: valid by the equation that multiplies by the cofactor, which ZIP-215
/// uses, but by no other.
fn mixed_order_cases() -> Vec<OddSignature> {
	let (secret, nonce) = (Scalar::from(7u64), Scalar::from(11u64));
	let torsion = EIGHT_TORSION[1];
	let sign = |key: [u8; 32], r: [u8; 32], message: &[u8]| {
		let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize();
		let k = Scalar::from_bytes_mod_order_wide(&hash.into());
		joined(r, (nonce + k * secret).to_bytes())
	};
	let plain_key = (ED25519_BASEPOINT_POINT * secret).compress().to_bytes();
	let mixed_key = (ED25519_BASEPOINT_POINT * secret + torsion).compress().to_bytes();
	let plain_r = (ED25519_BASEPOINT_POINT * nonce).compress().to_bytes();
	let mixed_r = (ED25519_BASEPOINT_POINT * nonce + torsion).compress().to_bytes();
	let mut cases = Vec::new();
	for (key, r) in [(plain_key, plain_r), (mixed_key, plain_r), (plain_key, mixed_r), (mixed_key, mixed_r)] {
		for message in [&b"one"[..], b"two", b"three"] {
			cases.push(odd("mixed order", key, sign(key, r, message), message, true));
			cases.push(odd("mixed order, other message", key, sign(key, r, message), b"other", false));
		}
	}
	cases
}

/// The sum of two little-endian numbers.
fn plus(one: [u8; 32], other: [u8; 32]) -> [u8; 32] {
	let (mut sum, mut carry) = ([0; 32], 0);
	for (byte, (one, other)) in sum.iter_mut().zip(one.into_iter().zip(other)) {
		let column = u16::from(one) + u16::from(other) + carry;
		*byte = column as u8;
		carry = column >> 8;
	}
	assert_eq!(carry, 0, "the sum fits 32 bytes");
	sum
}

/// s and s + L are the same scalar; only the smaller is accepted, or anybody could change a transaction's bytes.
fn malleated_cases() -> Vec<OddSignature> {
	let pair = ed25519::Pair::from_seed(&[3; 32]);
	let good = pair.sign(b"message").0;
	let (r, s) = good.split_at(32);
	let halves = [r, s].map(|half| <[u8; 32]>::try_from(half).expect("half of 64 bytes"));
	let bad = joined(halves[0], plus(halves[1], ORDER));
	vec![
		odd("s", pair.public().0, good, b"message", true),
		odd("s + L", pair.public().0, bad, b"message", false),
		odd("no point", [2; 32], good, b"message", false),
	]
}
