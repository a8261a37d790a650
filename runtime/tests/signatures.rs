//! One signature rule: with the cache or without, the verdict is `MultiSignature`'s, on ordinary, wrong and odd
//! signatures alike.

mod common;

use codec::Encode;
use common::{transfer, Chain, Key, AMOUNT};
use curve25519_dalek::{
	constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION},
	scalar::Scalar,
};
use plexus_runtime::{native, AccountId, Signature, SignatureCache, SignatureCacheExt};
use sha2::{Digest, Sha512};
use sp_core::{ed25519, Pair};
use sp_io::TestExternalities;
use sp_runtime::{traits::Verify, MultiSignature};
use std::{
	collections::HashSet,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc, Mutex,
	},
};

/// A cache that counts.
#[derive(Default)]
struct Counting {
	keys: Mutex<HashSet<[u8; 32]>>,
	hits: AtomicUsize,
}

impl SignatureCache for Counting {
	fn contains(&self, key: &[u8; 32]) -> bool {
		let hit = self.keys.lock().expect("no test panics while holding it").contains(key);
		self.hits.fetch_add(hit.into(), Ordering::SeqCst);
		hit
	}

	fn insert(&self, key: [u8; 32]) {
		self.keys.lock().expect("no test panics while holding it").insert(key);
	}
}

impl Counting {
	fn len(&self) -> usize {
		self.keys.lock().expect("no test panics while holding it").len()
	}
}

fn with_cache(cache: &Arc<Counting>) -> TestExternalities {
	let mut ext = TestExternalities::default();
	let shared: Arc<dyn SignatureCache> = cache.clone();
	ext.register_extension(SignatureCacheExt(shared));
	ext
}

/// A signature, what it is over, whose it is said to be, and whether it is valid.
struct Case {
	name: String,
	signature: MultiSignature,
	message: Vec<u8>,
	signer: AccountId,
	valid: bool,
}

impl Case {
	fn ed25519(
		name: impl Into<String>,
		key: [u8; 32],
		signature: [u8; 64],
		message: &[u8],
		valid: bool,
	) -> Self {
		let signature = MultiSignature::Ed25519(ed25519::Signature::from_raw(signature));
		Self { name: name.into(), signature, message: message.into(), signer: AccountId::new(key), valid }
	}
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
fn small_order_cases() -> Vec<Case> {
	let encodings = small_order_encodings();
	let mut cases = Vec::new();
	for key in &encodings {
		for r in &encodings {
			let name = format!("small order {key:02x?} {r:02x?}");
			cases.push(Case::ed25519(name, *key, joined(*r, [0; 32]), b"Zcash", true));
		}
	}
	cases
}

/// A key and an R with parts of small order: valid by the equation that multiplies by the cofactor, which ZIP-215
/// uses, but by no other.
fn mixed_order_cases() -> Vec<Case> {
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
			cases.push(Case::ed25519("mixed order", key, sign(key, r, message), message, true));
			cases.push(Case::ed25519(
				"mixed order, other message",
				key,
				sign(key, r, message),
				b"other",
				false,
			));
		}
	}
	cases
}

/// s and s + L are the same scalar; only the smaller is accepted, or anybody could change a transaction's bytes.
fn malleated_cases() -> Vec<Case> {
	// The order of the base point, little-endian.
	const ORDER: [u8; 32] = [
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	];
	let pair = ed25519::Pair::from_seed(&[3; 32]);
	let good = pair.sign(b"message").0;
	let mut bad = good;
	let mut carry = 0u16;
	for (byte, order) in bad[32..].iter_mut().zip(ORDER) {
		let sum = u16::from(*byte) + u16::from(order) + carry;
		*byte = sum as u8;
		carry = sum >> 8;
	}
	assert_eq!(carry, 0, "s + L fits 32 bytes");
	vec![
		Case::ed25519("s", pair.public().0, good, b"message", true),
		Case::ed25519("s + L", pair.public().0, bad, b"message", false),
		Case::ed25519("no point", [2; 32], good, b"message", false),
	]
}

fn ordinary_cases() -> Vec<Case> {
	let message = b"message".to_vec();
	let mut cases = Vec::new();
	for (name, key) in
		[("ed25519", Key::ed25519("//A")), ("sr25519", Key::sr25519("//A")), ("ecdsa", Key::ecdsa("//A"))]
	{
		let signature = key.sign(&message);
		let case = |what: &str, signature: MultiSignature, message: &[u8], signer: AccountId, valid| Case {
			name: format!("{name} {what}"),
			signature,
			message: message.into(),
			signer,
			valid,
		};
		cases.push(case("valid", signature.clone(), &message, key.account(), true));
		cases.push(case("other message", signature.clone(), b"other", key.account(), false));
		cases.push(case("other signer", signature.clone(), &message, AccountId::new([1; 32]), false));
		for byte in [1, 33, 60] {
			let mut bytes = signature.encode();
			bytes[byte] ^= 0x04;
			let flipped = codec::Decode::decode(&mut &bytes[..]).expect("only the signature's bytes differ");
			cases.push(case(&format!("byte {byte} flipped"), flipped, &message, key.account(), false));
		}
	}
	cases
}

fn all_cases() -> Vec<Case> {
	[small_order_cases(), mixed_order_cases(), malleated_cases(), ordinary_cases()]
		.into_iter()
		.flatten()
		.collect()
}

#[test]
fn the_verdict_is_the_same_with_and_without_the_cache() {
	let cache = Arc::new(Counting::default());
	let (mut plain, mut cached) = (TestExternalities::default(), with_cache(&cache));
	for case in all_cases() {
		let verify = || Signature(case.signature.clone()).verify(&case.message[..], &case.signer);
		let reference = plain.execute_with(|| case.signature.verify(&case.message[..], &case.signer));
		assert_eq!(reference, case.valid, "{}: what MultiSignature says has changed", case.name);
		assert_eq!(plain.execute_with(verify), case.valid, "{} without a cache", case.name);
		assert_eq!(cached.execute_with(verify), case.valid, "{} with an empty cache", case.name);
		assert_eq!(cached.execute_with(verify), case.valid, "{} with a filled cache", case.name);
	}
	let valid = all_cases().iter().filter(|case| case.valid).count();
	assert_eq!(cache.hits.load(Ordering::SeqCst), valid, "each valid signature was found once");
	assert_eq!(cache.len(), valid, "and nothing else is remembered");
}

#[test]
fn a_cached_signature_does_not_vouch_for_another_key_message_or_kind() {
	let cache = Arc::new(Counting::default());
	let mut ext = with_cache(&cache);
	let key = Key::sr25519("//A");
	let signature = key.sign(b"message");
	ext.execute_with(|| {
		assert!(Signature(signature.clone()).verify(&b"message"[..], &key.account()));
		assert!(!Signature(signature.clone()).verify(&b"messagf"[..], &key.account()));
		assert!(!Signature(signature.clone()).verify(&b"message"[..], &Key::ed25519("//A").account()));
		let MultiSignature::Sr25519(raw) = &signature else { panic!("signed with sr25519") };
		let other_kind = MultiSignature::Ed25519(ed25519::Signature::from_raw(raw.0));
		assert!(!Signature(other_kind).verify(&b"message"[..], &key.account()));
	});
	assert_eq!(cache.len(), 1);
}

#[test]
fn a_transaction_that_was_checked_ahead_is_not_checked_again_in_its_block() {
	let cache = Arc::new(Counting::default());
	let alice = Key::ed25519("//Alice");
	let mut chain = Chain::new(&[&alice], 1_000);
	let shared: Arc<dyn SignatureCache> = cache.clone();
	chain.ext.register_extension(SignatureCacheExt(shared));
	let transaction = chain.sign(&alice, 0, 0, transfer(&AccountId::new([1; 32]), AMOUNT));
	let parent = chain.parent.hash();
	let claim = chain.scratch(|| {
		native::prepare_checks(parent);
		native::signature_claim(transaction.clone()).expect("it is signed")
	});
	assert!(claim.verify());
	cache.insert(claim.key());
	assert_eq!((cache.len(), cache.hits.load(Ordering::SeqCst)), (1, 0));
	let (_, results) = chain.build(vec![transaction]);
	assert_eq!(results, vec![Ok(Ok(()))]);
	assert_eq!((cache.len(), cache.hits.load(Ordering::SeqCst)), (1, 1));
}
