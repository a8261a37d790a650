//! Sr25519, as schnorrkel has it: each point and scalar has one encoding, and the highest bit of s is set, as a mark that
//! tells its signatures from those of ed25519. The neutral element is a point like any other.

use super::{joined, plus, OddSignature, ORDER};
use curve25519_dalek::{
	constants::RISTRETTO_BASEPOINT_POINT, ristretto::CompressedRistretto, scalar::Scalar,
};
use schnorrkel::context::{signing_context, SigningTranscript};
use sp_core::sr25519::Signature;
use sp_runtime::MultiSignature;

/// What is signed.
const MESSAGE: &[u8] = b"message";

/// The mark, in the last byte.
const MARK: u8 = 0x80;

/// The encoding of the neutral element.
const NEUTRAL: [u8; 32] = [0; 32];

/// The field's modulus, little-endian: zero by another name, and so another encoding of the neutral element, which no decoder
/// should take.
const MODULUS: [u8; 32] = [
	0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
];

fn odd(name: &str, key: [u8; 32], signature: [u8; 64], valid: bool) -> OddSignature {
	OddSignature {
		name: format!("sr25519, {name}"),
		signer: key.into(),
		signature: MultiSignature::Sr25519(Signature::from_raw(signature)),
		message: MESSAGE.into(),
		valid,
	}
}

/// Signs by hand, over encodings of key and R that no signer would choose.
fn sign(secret: Scalar, key: [u8; 32], nonce: Scalar, r: [u8; 32]) -> [u8; 64] {
	let mut transcript = signing_context(b"substrate").bytes(MESSAGE);
	transcript.proto_name(b"Schnorr-sig");
	transcript.commit_point(b"sign:pk", &CompressedRistretto(key));
	transcript.commit_point(b"sign:R", &CompressedRistretto(r));
	let k = transcript.challenge_scalar(b"sign:c");
	let mut s = (nonce + k * secret).to_bytes();
	s[31] |= MARK;
	joined(r, s)
}

/// The field's modulus less this, which is the same point's other sign.
fn negated(encoding: [u8; 32]) -> [u8; 32] {
	let (mut difference, mut borrow) = ([0; 32], 0);
	for (byte, (minuend, subtrahend)) in difference.iter_mut().zip(MODULUS.into_iter().zip(encoding)) {
		let column = 0x100 + u16::from(minuend) - u16::from(subtrahend) - borrow;
		*byte = column as u8;
		borrow = 1 - (column >> 8);
	}
	assert_eq!(plus(difference, encoding), MODULUS, "they are below it");
	difference
}

pub(super) fn cases() -> Vec<OddSignature> {
	let encoded = |scalar: Scalar| (RISTRETTO_BASEPOINT_POINT * scalar).compress().to_bytes();
	let (secret, nonce, zero) = (Scalar::from(7u64), Scalar::from(11u64), Scalar::from(0u64));
	let (key, r) = (encoded(secret), encoded(nonce));
	let good = sign(secret, key, nonce, r);
	let mut sign_bit = MODULUS;
	sign_bit[31] |= 0x80;

	let mut unmarked = good;
	unmarked[63] &= !MARK;
	let s = unmarked[32..].try_into().expect("half of 64 bytes");
	let mut larger = joined(r, plus(s, ORDER));
	let unmarked_and_larger = larger;
	larger[63] |= MARK;

	vec![
		odd("as made", key, good, true),
		odd("of another key", encoded(nonce), good, false),
		odd("without the mark", key, unmarked, false),
		odd("s + L", key, larger, false),
		odd("s + L without the mark", key, unmarked_and_larger, false),
		odd("R of the other sign", key, sign(secret, key, nonce, negated(r)), false),
		odd("neutral R", key, sign(secret, key, zero, NEUTRAL), true),
		odd("neutral R as the modulus", key, sign(secret, key, zero, MODULUS), false),
		odd("neutral R as the modulus, highest bit set", key, sign(secret, key, zero, sign_bit), false),
		odd("neutral key, under which anybody signs", NEUTRAL, sign(zero, NEUTRAL, nonce, r), true),
		odd("neutral key as the modulus", MODULUS, sign(zero, MODULUS, nonce, r), false),
		odd("neutral key as the modulus, highest bit set", sign_bit, sign(zero, sign_bit, nonce, r), false),
		odd("neutral key and R", NEUTRAL, sign(zero, NEUTRAL, zero, NEUTRAL), true),
		odd("key of the other sign", negated(key), sign(secret, negated(key), nonce, r), false),
	]
}
