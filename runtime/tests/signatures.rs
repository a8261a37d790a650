//! One signature rule: with the cache or without, the verdict is `MultiSignature`'s, on ordinary, wrong and odd
//! signatures alike.

mod common;
mod odd_signatures;

use codec::Encode;
use common::{transfer, Chain, Key, AMOUNT};
use odd_signatures::{odd_signatures, OddSignature};
use plexus_primitives::consensus::{ConsensusKey, ConsensusSignature, VerifyConsensusSignature};
use plexus_runtime::signature::ConsensusSignatures;
use plexus_runtime::{native, AccountId, Signature, SignatureCache, SignatureCacheExt};
use sp_core::ed25519;
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

impl From<OddSignature> for Case {
	fn from(odd: OddSignature) -> Self {
		let OddSignature { name, signer, signature, message, valid } = odd;
		Self { name, signature, message, signer, valid }
	}
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
	odd_signatures().into_iter().map(Case::from).chain(ordinary_cases()).collect()
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

#[test]
fn consensus_verifies_strictly_whatever_was_remembered_by_the_accounts_rule() {
	let cache = Arc::new(Counting::default());
	let mut ext = with_cache(&cache);
	let (mut strict, mut accounts) = (0, 0);
	for case in all_cases() {
		let MultiSignature::Ed25519(raw) = &case.signature else { continue };
		let (key, signature) = (ConsensusKey(case.signer.clone().into()), ConsensusSignature(raw.0));
		let reference = key.verify(&case.message, &signature);
		ext.execute_with(|| {
			accounts +=
				usize::from(Signature(case.signature.clone()).verify(&case.message[..], &case.signer));
			let remembered = cache.len();
			for time in ["first", "second"] {
				let verdict = ConsensusSignatures::verify(&key, &case.message, &signature);
				assert_eq!(verdict, reference, "{}, the {time} time", case.name);
			}
			assert_eq!(cache.len(), remembered + usize::from(reference), "{}", case.name);
		});
		strict += usize::from(reference);
	}
	assert!(0 < strict && strict < accounts, "{strict} strictly, {accounts} by the accounts' rule");
	assert_eq!(cache.hits.load(Ordering::SeqCst), strict, "each was verified once");
}

#[test]
fn a_remembered_signature_of_consensus_vouches_for_nothing_else() {
	let cache = Arc::new(Counting::default());
	let (key, other) = (Key::ed25519("//A"), Key::ed25519("//B"));
	let MultiSignature::Ed25519(signature) = key.sign(b"vote") else { panic!("signed with ed25519") };
	let signature = ConsensusSignature(signature.0);
	let [key, other] = [key, other].map(|key| ConsensusKey(key.account().into()));
	with_cache(&cache).execute_with(|| {
		assert!(ConsensusSignatures::verify(&key, b"vote", &signature));
		assert!(!ConsensusSignatures::verify(&key, b"votf", &signature));
		assert!(!ConsensusSignatures::verify(&other, b"vote", &signature));
		for byte in 0..64 {
			let mut changed = signature;
			changed.0[byte] ^= 1;
			assert!(!ConsensusSignatures::verify(&key, b"vote", &changed), "byte {byte}");
		}
	});
	assert_eq!((cache.len(), cache.hits.load(Ordering::SeqCst)), (1, 0));
}
