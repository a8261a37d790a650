//! What a commit certificate proves.

use codec::Encode;
use plexus_consensus::certificate::{
	commit, encode, is_quorum, verify_certificate, Certificate, CertificateError,
};
use plexus_consensus::signing::{self, SigningKey};
use plexus_consensus::types::{
	AuthorityId, Signature, Validator, ValidatorSet, ValidatorSetError, TOTAL_POWER_MAX,
};
use plexus_consensus::wire::Vote;
use plexus_execution::BoundedSignatureCache;
use plexus_primitives::consensus::{self, CommitError};
use plexus_primitives::purpose::Purpose;
use sp_core::H256;

const GENESIS: H256 = H256([1; 32]);
const BLOCK: H256 = H256([2; 32]);

fn keys(count: u8) -> Vec<SigningKey> {
	(1..=count).map(|seed| SigningKey::from_bytes(&[seed; 32])).collect()
}

fn id_of(key: &SigningKey) -> AuthorityId {
	AuthorityId(key.verifying_key().to_bytes())
}

fn set(powers: &[(SigningKey, u64)]) -> ValidatorSet {
	ValidatorSet::new(powers.iter().map(|(key, power)| Validator { id: id_of(key), power: *power })).unwrap()
}

fn equal(keys: &[SigningKey]) -> ValidatorSet {
	set(&keys.iter().map(|key| (key.clone(), 1)).collect::<Vec<_>>())
}

fn sign(
	key: &SigningKey,
	genesis: &H256,
	purpose: Purpose,
	height: u64,
	round: u32,
	value: H256,
) -> (AuthorityId, Signature) {
	let mut preimage = purpose.domain(&genesis.0).to_vec();
	Vote::precommit(height, round, value, id_of(key)).encode_to(&mut preimage);
	(id_of(key), signing::sign(key, &preimage))
}

fn certificate(signers: &[SigningKey]) -> Certificate {
	let signatures = signers.iter().map(|key| sign(key, &GENESIS, Purpose::Vote, 5, 0, BLOCK)).collect();
	Certificate { height: 5, round: 0, value: BLOCK, signatures }
}

fn verify(set: &ValidatorSet, certificate: Certificate) -> Result<Certificate, CertificateError> {
	verify_certificate(&GENESIS, set, &encode(&certificate.into()))
}

#[test]
fn more_than_two_thirds_prove_finality() {
	let keys = keys(4);
	let proved = verify(&equal(&keys), certificate(&keys[..3])).unwrap();
	assert_eq!((proved.height, proved.value), (5, BLOCK));
	verify(&equal(&keys), certificate(&keys)).unwrap();
	verify(&equal(&keys[..1]), certificate(&keys[..1])).unwrap();
}

#[test]
fn two_thirds_or_less_prove_nothing() {
	let keys = keys(6);
	for signers in 0..=4 {
		let refused = verify(&equal(&keys), certificate(&keys[..signers]));
		assert!(matches!(refused, Err(CertificateError::NotEnoughPower { total: 6, .. })), "{signers} of 6");
	}
}

#[test]
fn power_counts_not_heads() {
	let keys = keys(3);
	let set = set(&[(keys[0].clone(), 7), (keys[1].clone(), 1), (keys[2].clone(), 1)]);
	verify(&set, certificate(&keys[..1])).unwrap();
	assert!(matches!(
		verify(&set, certificate(&keys[1..])),
		Err(CertificateError::NotEnoughPower { signed: 2, total: 9 })
	));
}

#[test]
fn the_same_signature_twice_is_refused() {
	let keys = keys(4);
	let mut twice = certificate(&keys[..2]);
	twice.signatures.push(twice.signatures[0]);
	assert!(
		matches!(verify(&equal(&keys), twice), Err(CertificateError::Duplicate(id)) if id == id_of(&keys[0]))
	);
}

#[test]
fn a_stranger_is_refused_even_beside_a_quorum() {
	let keys = keys(5);
	let refused = verify(&equal(&keys[..4]), certificate(&keys));
	assert!(matches!(refused, Err(CertificateError::UnknownValidator(id)) if id == id_of(&keys[4])));
}

#[test]
fn a_signature_for_anything_else_is_refused() {
	let keys = keys(4);
	let other = H256([9; 32]);
	let wrong = [
		sign(&keys[0], &other, Purpose::Vote, 5, 0, BLOCK),
		sign(&keys[0], &GENESIS, Purpose::Proposal, 5, 0, BLOCK),
		sign(&keys[0], &GENESIS, Purpose::Vote, 6, 0, BLOCK),
		sign(&keys[0], &GENESIS, Purpose::Vote, 5, 1, BLOCK),
		sign(&keys[0], &GENESIS, Purpose::Vote, 5, 0, other),
		(id_of(&keys[0]), sign(&keys[1], &GENESIS, Purpose::Vote, 5, 0, BLOCK).1),
		(id_of(&keys[0]), Signature([0; 64])),
	];
	for signature in wrong {
		let mut forged = certificate(&keys);
		forged.signatures[0] = signature;
		assert!(
			matches!(verify(&equal(&keys), forged), Err(CertificateError::BadSignature(id)) if id == id_of(&keys[0]))
		);
	}
}

#[test]
fn on_another_chain_it_proves_nothing() {
	let keys = keys(4);
	let bytes = encode(&certificate(&keys).into());
	let refused = verify_certificate(&H256([8; 32]), &equal(&keys), &bytes);
	assert!(matches!(refused, Err(CertificateError::BadSignature(_))));
}

#[test]
fn bytes_that_are_no_certificate_are_refused() {
	let keys = keys(4);
	let good = encode(&certificate(&keys).into());
	for bytes in
		[&[][..], &[1], &good[..good.len() - 1], &[&good[..], &[0]].concat(), &[&[9], &good[1..]].concat()]
	{
		assert!(matches!(
			verify_certificate(&GENESIS, &equal(&keys), bytes),
			Err(CertificateError::Undecodable(_))
		));
	}
}

#[test]
fn keys_and_commitments_of_small_order_are_refused() {
	// The identity as key and commitment with a zero scalar satisfies the lenient equation for every message.
	let mut identity = [0; 32];
	identity[0] = 1;
	let mut signature = [0; 64];
	signature[0] = 1;
	assert!(!signing::verify(&AuthorityId(identity), b"anything", &Signature(signature)));
	assert!(!signing::verify(&AuthorityId::NOBODY, b"anything", &Signature(signature)));
}

#[test]
fn a_scalar_that_is_not_reduced_is_refused() {
	let key = &keys(1)[0];
	let mut signature = signing::sign(key, b"message");
	assert!(signing::verify(&id_of(key), b"message", &signature));
	// Adding the group's order makes another encoding of the same scalar.
	let order: [u8; 32] = [
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	];
	let mut carry = 0u16;
	for (byte, order) in signature.0[32..].iter_mut().zip(order) {
		carry += u16::from(*byte) + u16::from(order);
		*byte = carry as u8;
		carry >>= 8;
	}
	assert!(!signing::verify(&id_of(key), b"message", &signature));
}

#[test]
fn a_quorum_is_exact_at_the_largest_powers() {
	assert!(!is_quorum(u64::MAX / 3 * 2, u64::MAX));
	assert!(is_quorum(u64::MAX / 3 * 2 + 1, u64::MAX));
	assert!(!is_quorum(0, 0));
}

#[test]
fn a_validator_set_is_never_empty_nor_ambiguous_nor_too_powerful() {
	let id = |seed| AuthorityId([seed; 32]);
	let build = |powers: &[(u8, u64)]| {
		ValidatorSet::new(powers.iter().map(|(seed, power)| Validator { id: id(*seed), power: *power }))
	};
	assert_eq!(build(&[]), Err(ValidatorSetError::Empty));
	assert_eq!(build(&[(1, 0)]), Err(ValidatorSetError::Empty));
	assert_eq!(build(&[(1, 1), (2, 1), (1, 2)]), Err(ValidatorSetError::Duplicate(id(1))));
	assert_eq!(build(&[(1, TOTAL_POWER_MAX), (2, 1)]), Err(ValidatorSetError::PowerTooLarge));
	assert_eq!(build(&[(1, u64::MAX), (2, u64::MAX)]), Err(ValidatorSetError::PowerTooLarge));
	let set = build(&[(2, 1), (3, 5), (1, 1), (9, 0)]).unwrap();
	assert_eq!(set.as_slice().iter().map(|v| v.id.0[0]).collect::<Vec<_>>(), [3, 1, 2]);
	let powers = [5, 1, 1].into_iter();
	for height in 0..20 {
		let place = consensus::proposer(powers.clone(), height, 1);
		assert_eq!(set.proposer(height, 1), set.as_slice()[place].id);
	}
	let turns_of_three = (0..700).filter(|height| set.proposer(*height, 0) == id(3)).count();
	assert!(
		turns_of_three.abs_diff(500) <= 3,
		"{turns_of_three} of 700 turns with five sevenths of the power"
	);
}

#[test]
fn a_certificate_becomes_the_commit_that_the_next_block_holds_or_is_no_proof() {
	let (keys, memory) = (keys(4), BoundedSignatureCache::new(10));
	let set = equal(&keys);
	let proved = commit(&memory, &GENESIS, &set, &certificate(&keys[..3])).unwrap();
	assert_eq!((proved.round, proved.signatures.len()), (0, 4));
	let absent = set.as_slice().iter().position(|validator| validator.id == id_of(&keys[3])).unwrap();
	for (place, signature) in proved.signatures.iter().enumerate() {
		assert_eq!(signature.is_none(), place == absent);
	}
	let too_few = commit(&memory, &GENESIS, &set, &certificate(&keys[..2]));
	assert_eq!(too_few, Err(CommitError::Power { signed: 2, total: 4 }));
}
