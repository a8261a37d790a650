//! ECDSA over secp256k1, with BLAKE2b and with Keccak: the key is recovered, so that s may lie in either half of its range, and
//! the recovery id begin at 0 or at 27. So whoever relays a transaction can make another of it, with the same content; its
//! nonce lets one of the two in.

use super::OddSignature;
use sp_core::{
	ecdsa::{KeccakPair, KeccakSignature, Pair, Signature},
	Pair as _,
};
use sp_runtime::{traits::IdentifyAccount, AccountId32, MultiSignature, MultiSigner};

/// What is signed.
const MESSAGE: &[u8] = b"message";

/// The order of the group, big-endian.
const ORDER: [u8; 32] = [
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
	0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// The base point's first coordinate, big-endian: an R whose discrete logarithm everybody knows.
const BASE: [u8; 32] = [
	0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02,
	0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98,
];

/// r, s and recovery id as they travel.
fn joined(r: [u8; 32], s: [u8; 32], id: u8) -> [u8; 65] {
	let mut bytes = [0; 65];
	bytes[..32].copy_from_slice(&r);
	bytes[32..64].copy_from_slice(&s);
	bytes[64] = id;
	bytes
}

/// The order less s: what the point of the other sign needs.
fn other_half(s: [u8; 32]) -> [u8; 32] {
	let (mut difference, mut borrow) = ([0; 32], 0);
	for place in (0..32).rev() {
		let column = 0x100 + u16::from(ORDER[place]) - u16::from(s[place]) - borrow;
		difference[place] = column as u8;
		borrow = 1 - (column >> 8);
	}
	assert_eq!(borrow, 0, "s is below the order");
	difference
}

/// What can be made of a good signature, and whether it is still one.
fn forms(good: [u8; 65]) -> Vec<(String, [u8; 65], bool)> {
	const ZERO: [u8; 32] = [0; 32];
	let r = good[..32].try_into().expect("32 bytes");
	let s = good[32..64].try_into().expect("32 bytes");
	let id = good[64];
	assert!(id < 2, "signers make no other");
	let mut forms = vec![
		("as made".to_string(), good, true),
		("id from 27".into(), joined(r, s, id + 27), true),
		("the other id".into(), joined(r, s, id ^ 1), false),
		("the other id from 27".into(), joined(r, s, (id ^ 1) + 27), false),
		("high s".into(), joined(r, other_half(s), id ^ 1), true),
		("high s, id from 27".into(), joined(r, other_half(s), (id ^ 1) + 27), true),
		("high s with the id of the low one".into(), joined(r, other_half(s), id), false),
		("r and s exchanged".into(), joined(s, r, id), false),
		("all bits set".into(), [0xff; 65], false),
	];
	// Of an R beyond the order, which r is not; and ids that do not exist.
	for id in [2, 3, 4, 5, 26, 29, 30, 31, 127, 128, 255] {
		forms.push((format!("id {id}"), joined(r, s, id), false));
	}
	for (name, bound) in [("zero", ZERO), ("the order", ORDER), ("all bits set", [0xff; 32])] {
		forms.push((format!("r {name}"), joined(bound, s, id), false));
		forms.push((format!("s {name}"), joined(r, bound, id), false));
		forms.push((format!("r and s {name}"), joined(bound, bound, id), false));
	}
	forms
}

fn odd(name: String, signature: MultiSignature, signer: AccountId32, valid: bool) -> OddSignature {
	OddSignature { name, signer, signature, message: MESSAGE.into(), valid }
}

pub(super) fn cases() -> Vec<OddSignature> {
	let mut cases = Vec::new();
	let pair = Pair::from_seed(&[3; 32]);
	let signer = MultiSigner::Ecdsa(pair.public()).into_account();
	for (name, bytes, valid) in forms(pair.sign(MESSAGE).0) {
		let signature = MultiSignature::Ecdsa(Signature::from_raw(bytes));
		cases.push(odd(format!("ECDSA, {name}"), signature, signer.clone(), valid));
	}
	let pair = KeccakPair::from_seed(&[3; 32]);
	let signer = MultiSigner::Eth(pair.public()).into_account();
	for (name, bytes, valid) in forms(pair.sign(MESSAGE).0) {
		let signature = MultiSignature::Eth(KeccakSignature::from_raw(bytes));
		cases.push(odd(format!("ECDSA with Keccak, {name}"), signature, signer.clone(), valid));
	}

	let mut one = [0; 32];
	one[31] = 1;
	let made_up = Signature::from_raw(joined(BASE, one, 0));
	let key = made_up.recover(MESSAGE).expect("the base point is a point");
	let signer = MultiSigner::Ecdsa(key).into_account();
	let name = "ECDSA, made up, of the key that fits it and nobody has";
	cases.push(odd(name.into(), MultiSignature::Ecdsa(made_up), signer, true));
	cases
}
