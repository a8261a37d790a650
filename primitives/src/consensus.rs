//! What validators sign, as bytes that the runtime, the node and a light client compute alike.
//!
//! # Must not
//! Decide anything about a height but whether signatures for it are genuine and enough. Who the validators are is
//! the caller's knowledge.
//!
//! # Invariants
//! - Everything signed or hashed begins with [`Purpose::domain`], hence with the genesis hash.
//! - The encodings of [`Vote`] and [`Proposal`] are those that the node signs; `tests::golden` holds their bytes.
//! - Signatures are verified strictly (no small order, no non-canonical scalar): all Ed25519 implementations agree on
//!   those that pass. Accounts follow another, wider rule.
//!
//! # Source
//! Buchman, Kwon, Milosevic: *The latest gossip on BFT consensus* (2018).

use crate::purpose::Purpose;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;

/// A validator's ed25519 public key, which is also its address in consensus.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct ConsensusKey(pub [u8; 32]);

/// A signature by a [`ConsensusKey`].
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ConsensusSignature(pub [u8; 64]);

impl fmt::Debug for ConsensusSignature {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "ConsensusSignature({:02x}{:02x}…)", self.0[0], self.0[1])
	}
}

impl ConsensusKey {
	/// Whether this is a point of the curve and not of small order. No other key can ever sign.
	pub fn is_usable(&self) -> bool {
		ed25519_dalek::VerifyingKey::from_bytes(&self.0).is_ok_and(|key| !key.is_weak())
	}

	/// Whether this key made `signature` over `preimage`. No key of small order ever did.
	pub fn verify(&self, preimage: &[u8], signature: &ConsensusSignature) -> bool {
		let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
		ed25519_dalek::VerifyingKey::from_bytes(&self.0)
			.is_ok_and(|key| key.verify_strict(preimage, &signature).is_ok())
	}
}

/// Step of a vote.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum VoteKind {
	/// First step.
	Prevote,
	/// Second step; commit certificates consist of these.
	Precommit,
}

/// A vote as it is signed: the domain, then this structure in SCALE.
///
/// Layout after the domain of 48 bytes: kind (1 byte), height (8, little-endian), round (4), value (1, then 32 unless
/// nil), voter (32).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub struct Vote {
	/// Step.
	pub kind: VoteKind,
	/// Height.
	pub height: u64,
	/// Round.
	pub round: u32,
	/// Hash of the block, `None` for nil.
	pub value: Option<[u8; 32]>,
	/// Who votes.
	pub voter: ConsensusKey,
}

/// A proposal as it is signed: the domain, then this structure in SCALE.
///
/// Layout after the domain of 48 bytes: height (8 bytes, little-endian), round (4), value (32), earlier round (1, then
/// 4 if there is one), proposer (32).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
pub struct Proposal {
	/// Height.
	pub height: u64,
	/// Round.
	pub round: u32,
	/// Hash of the block.
	pub value: [u8; 32],
	/// The earlier round in which two thirds prevoted for the block.
	pub pol_round: Option<u32>,
	/// Who proposes.
	pub proposer: ConsensusKey,
}

impl Vote {
	/// What the voter signs.
	pub fn preimage(&self, genesis: &[u8; 32]) -> Vec<u8> {
		in_domain(Purpose::Vote, genesis, self)
	}
}

impl Proposal {
	/// What the proposer signs.
	pub fn preimage(&self, genesis: &[u8; 32]) -> Vec<u8> {
		in_domain(Purpose::Proposal, genesis, self)
	}
}

/// What a validator's key signs to prove that the account with these SCALE bytes may use it.
pub fn key_proof_preimage(genesis: &[u8; 32], account: &impl Encode) -> Vec<u8> {
	in_domain(Purpose::ValidatorKey, genesis, account)
}

fn in_domain(purpose: Purpose, genesis: &[u8; 32], message: &impl Encode) -> Vec<u8> {
	let mut bytes = purpose.domain(genesis).to_vec();
	message.encode_to(&mut bytes);
	bytes
}

/// A validator of one height: its key and voting power.
pub type Voter = (ConsensusKey, u64);

/// The hash that a header commits to for the validators of the next block.
///
/// BLAKE3 of: the domain (48 bytes), the number of validators (SCALE compact), then for each 32 bytes of key and 8 of
/// power (little-endian), in the order of consensus: power descending, then key ascending.
pub fn validator_set_hash(genesis: &[u8; 32], set: &[Voter]) -> [u8; 32] {
	*blake3::hash(&in_domain(Purpose::ValidatorSet, genesis, &set)).as_bytes()
}

/// Puts validators into the order of consensus.
pub fn sort_by_power<T>(set: &mut [T], voter: impl Fn(&T) -> Voter) {
	set.sort_by(|a, b| {
		let ((key_a, power_a), (key_b, power_b)) = (voter(a), voter(b));
		power_b.cmp(&power_a).then(key_a.cmp(&key_b))
	});
}

/// How far a height moves on a circle of 2^64 steps: the golden ratio's fraction. Its multiples spread more evenly than
/// any other number's, so that each arc is met in proportion to its length within a few turns.
const HEIGHT_STEP: u64 = 0x9e37_79b9_7f4a_7c15;
/// How far a round moves: the fraction of the root of two, so that whoever stands in for a silent proposer is not
/// the next height's.
const ROUND_STEP: u64 = 0x6a09_e667_f3bc_c909;

/// Who proposes in a round: the place in the order of consensus.
///
/// The validators' powers lie end to end on a circle, and the point `height × φ + round × √2` picks the arc: everybody
/// proposes as often as its power says, without a memory that nodes could disagree on. `0` for an empty set.
pub fn proposer(powers: impl Iterator<Item = u64> + Clone, height: u64, round: u32) -> usize {
	let total = powers.clone().fold(0u64, u64::saturating_add);
	let turn = height.wrapping_mul(HEIGHT_STEP).wrapping_add(u64::from(round).wrapping_mul(ROUND_STEP));
	// Below `total`, since `turn` is below 2^64.
	let point = (u128::from(turn) * u128::from(total)) >> 64;
	let mut end = 0u128;
	powers
		.take_while(|power| {
			end = end.saturating_add(u128::from(*power));
			end <= point
		})
		.count()
}

/// Whether `signed` is more than two thirds of `total`.
pub fn is_quorum(signed: u64, total: u64) -> bool {
	u128::from(signed) * 3 > u128::from(total) * 2
}

/// The precommits that made a block final, by the validators' places in their set.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Commit {
	/// The round of the decision.
	pub round: u32,
	/// For each validator in order: its precommit for the block, `None` if the certificate has none.
	pub signatures: Vec<Option<ConsensusSignature>>,
}

impl Commit {
	/// Orders a certificate's signatures by the validators' places. Signatures of others are left out.
	pub fn new(round: u32, set: &[Voter], signatures: &[(ConsensusKey, ConsensusSignature)]) -> Self {
		let of = |key: &ConsensusKey| signatures.iter().find(|(signer, _)| signer == key).map(|(_, s)| *s);
		Self { round, signatures: set.iter().map(|(key, _)| of(key)).collect() }
	}
}

/// Why precommits do not make a block final.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommitError {
	/// There is not one place for each validator.
	#[error("{given} places for {validators} validators")]
	Length {
		/// How many places there are.
		given: usize,
		/// How many validators there are.
		validators: usize,
	},
	/// A signature does not verify: for another block, chain, height or round, or forged.
	#[error("the signature at place {place} does not verify")]
	Signature {
		/// Its place.
		place: usize,
	},
	/// Not more than two thirds of the power.
	#[error("signed by {signed} of {total} voting power; more than two thirds are needed")]
	Power {
		/// Power of those who signed.
		signed: u64,
		/// Power of all.
		total: u64,
	},
}

/// How signatures of consensus are verified: by [`ConsensusKey::verify`], as `()` does, or by something that always says
/// the same and may remember it.
pub trait VerifyConsensusSignature {
	/// Whether `key` made `signature` over `preimage`.
	fn verify(key: &ConsensusKey, preimage: &[u8], signature: &ConsensusSignature) -> bool;
}

impl VerifyConsensusSignature for () {
	fn verify(key: &ConsensusKey, preimage: &[u8], signature: &ConsensusSignature) -> bool {
		key.verify(preimage, signature)
	}
}

/// Verifies that more than two thirds of `set` precommitted `block` at `height`, and every signature that is there.
///
/// # Errors
/// See [`CommitError`].
pub fn verify_commit(
	genesis: &[u8; 32],
	set: &[Voter],
	height: u64,
	block: [u8; 32],
	round: u32,
	signatures: &[Option<ConsensusSignature>],
) -> Result<(), CommitError> {
	verify_commit_with(ConsensusKey::verify, genesis, set, height, (block, round), signatures)
}

/// As [`verify_commit`], of a block and the round of its decision; `verify` decides as [`ConsensusKey::verify`] does.
///
/// # Errors
/// See [`CommitError`].
pub fn verify_commit_with(
	verify: impl Fn(&ConsensusKey, &[u8], &ConsensusSignature) -> bool,
	genesis: &[u8; 32],
	set: &[Voter],
	height: u64,
	(block, round): ([u8; 32], u32),
	signatures: &[Option<ConsensusSignature>],
) -> Result<(), CommitError> {
	if signatures.len() != set.len() {
		return Err(CommitError::Length { given: signatures.len(), validators: set.len() });
	}
	let (mut signed, mut total) = (0u64, 0u64);
	for (place, ((key, power), signature)) in set.iter().zip(signatures).enumerate() {
		total = total.saturating_add(*power);
		let Some(signature) = signature else { continue };
		let vote = Vote { kind: VoteKind::Precommit, height, round, value: Some(block), voter: *key };
		if !verify(key, &vote.preimage(genesis), signature) {
			return Err(CommitError::Signature { place });
		}
		signed = signed.saturating_add(*power);
	}
	if !is_quorum(signed, total) {
		return Err(CommitError::Power { signed, total });
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use ed25519_dalek::{Signer, SigningKey};

	const GENESIS: [u8; 32] = [9; 32];
	const BLOCK: [u8; 32] = [0xbb; 32];

	fn key(seed: u8) -> (SigningKey, ConsensusKey) {
		let key = SigningKey::from_bytes(&[seed; 32]);
		let public = ConsensusKey(key.verifying_key().to_bytes());
		(key, public)
	}

	fn precommit(seed: u8, height: u64, round: u32, block: [u8; 32]) -> ConsensusSignature {
		let (key, voter) = key(seed);
		let vote = Vote { kind: VoteKind::Precommit, height, round, value: Some(block), voter };
		ConsensusSignature(key.sign(&vote.preimage(&GENESIS)).to_bytes())
	}

	/// The bytes, put together by hand from the layouts in the documentation.
	#[test]
	fn golden() {
		let voter = ConsensusKey([0xaa; 32]);
		let vote = Vote { kind: VoteKind::Precommit, height: 0x0102, round: 3, value: Some(BLOCK), voter };
		let mut expected = b"plexus/vote\0\0\0\0\0".to_vec();
		expected.extend(GENESIS);
		expected.extend([1, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1]);
		expected.extend(BLOCK);
		expected.extend([0xaa; 32]);
		assert_eq!(vote.preimage(&GENESIS), expected);

		let nil = Vote { kind: VoteKind::Prevote, value: None, ..vote };
		let mut expected = b"plexus/vote\0\0\0\0\0".to_vec();
		expected.extend(GENESIS);
		expected.extend([0, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0]);
		expected.extend([0xaa; 32]);
		assert_eq!(nil.preimage(&GENESIS), expected);

		let proposal = Proposal { height: 5, round: 1, value: BLOCK, pol_round: Some(0), proposer: voter };
		let mut expected = b"plexus/proposal\0".to_vec();
		expected.extend(GENESIS);
		expected.extend([5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
		expected.extend(BLOCK);
		expected.extend([1, 0, 0, 0, 0]);
		expected.extend([0xaa; 32]);
		assert_eq!(proposal.preimage(&GENESIS), expected);
	}

	/// The golden bytes of the node's wire format, without its version, the kind of message and the signature: what is
	/// signed is what is sent.
	#[test]
	fn votes_and_proposals_are_encoded_as_the_node_sends_them() {
		let (three, seven) = ("03".repeat(32), "07".repeat(32));
		let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
		let voter = ConsensusKey([3; 32]);
		let vote = |kind, value| Vote { kind, height: 5, round: 6, value, voter }.encode();
		let proposal =
			|pol_round| Proposal { height: 5, round: 6, value: [7; 32], pol_round, proposer: voter }.encode();
		for (bytes, golden) in [
			(vote(VoteKind::Prevote, None), format!("00 0500000000000000 06000000 00 {three}")),
			(
				vote(VoteKind::Precommit, Some([7; 32])),
				format!("01 0500000000000000 06000000 01{seven} {three}"),
			),
			(proposal(None), format!("0500000000000000 06000000 {seven} 00 {three}")),
			(proposal(Some(2)), format!("0500000000000000 06000000 {seven} 0102000000 {three}")),
		] {
			assert_eq!(hex(bytes), golden.replace(' ', ""));
		}
	}

	#[test]
	fn the_set_hash_is_blake3_of_the_documented_bytes() {
		let mut bytes = b"plexus/valset\0\0\0".to_vec();
		bytes.extend(GENESIS);
		bytes.push(2 << 2);
		bytes.extend([1; 32]);
		bytes.extend(7u64.to_le_bytes());
		bytes.extend([2; 32]);
		bytes.extend(3u64.to_le_bytes());
		let set = [(ConsensusKey([1; 32]), 7), (ConsensusKey([2; 32]), 3)];
		assert_eq!(validator_set_hash(&GENESIS, &set), *blake3::hash(&bytes).as_bytes());
	}

	#[test]
	fn a_commit_needs_two_thirds_and_true_signatures_only() {
		let set: Vec<Voter> = (1..=4).map(|seed| (key(seed).1, 1)).collect();
		let check = |signatures: &[Option<ConsensusSignature>]| {
			verify_commit(&GENESIS, &set, 8, BLOCK, 0, signatures)
		};
		let good = |seed| Some(precommit(seed, 8, 0, BLOCK));
		assert_eq!(check(&[good(1), good(2), good(3), None]), Ok(()));
		assert_eq!(check(&[good(1), good(2), None, None]), Err(CommitError::Power { signed: 2, total: 4 }));
		assert_eq!(check(&[good(1), good(2), good(3)]), Err(CommitError::Length { given: 3, validators: 4 }));
		for bad in [
			precommit(4, 9, 0, BLOCK),
			precommit(4, 8, 1, BLOCK),
			precommit(4, 8, 0, [0; 32]),
			precommit(3, 8, 0, BLOCK),
		] {
			let signatures = [good(1), good(2), good(3), Some(bad)];
			assert_eq!(check(&signatures), Err(CommitError::Signature { place: 3 }));
		}
		let other_chain = verify_commit(&[8; 32], &set, 8, BLOCK, 0, &[good(1), good(2), good(3), None]);
		assert_eq!(other_chain, Err(CommitError::Signature { place: 0 }));
	}

	#[test]
	fn a_certificate_is_put_into_the_order_of_the_set() {
		let set: Vec<Voter> = (1..=3).map(|seed| (key(seed).1, 1)).collect();
		let signature = |seed| precommit(seed, 8, 0, BLOCK);
		let commit = Commit::new(
			0,
			&set,
			&[(key(3).1, signature(3)), (key(9).1, signature(9)), (key(1).1, signature(1))],
		);
		assert_eq!(commit.signatures, vec![Some(signature(1)), None, Some(signature(3))]);
	}

	#[test]
	fn proposers_have_turns_by_power() {
		for powers in
			[vec![1, 1, 1, 1], vec![70, 20, 9, 1], vec![5], vec![u64::MAX / 2, u64::MAX / 4, 1 << 60]]
		{
			let total: u128 = powers.iter().map(|power| u128::from(*power)).sum();
			let mut turns = vec![0u32; powers.len()];
			const HEIGHTS: u32 = 1_000;
			for height in 0..HEIGHTS {
				turns[proposer(powers.iter().copied(), height.into(), 0)] += 1;
			}
			for (power, turns) in powers.iter().zip(turns) {
				let fair = (u128::from(*power) * u128::from(HEIGHTS)).div_ceil(total) as u32;
				assert!(turns.abs_diff(fair) <= 3, "{power} of {total}: {turns} turns, fair were {fair}");
			}
		}
		assert_eq!(proposer(core::iter::empty(), 7, 0), 0);
	}

	#[test]
	fn no_minority_holds_a_height_for_long() {
		let powers = [30u64, 30, 20, 20];
		for height in 0..1_000 {
			let of = |round| proposer(powers.iter().copied(), height, round);
			assert!(of(0) != of(1), "the stand-in is another at {height}");
			let mut met = [false; 4];
			(0..12).for_each(|round| met[of(round)] = true);
			assert_eq!(met, [true; 4], "everybody had a turn in 12 rounds of {height}");
		}
	}

	#[test]
	fn keys_of_small_order_sign_nothing() {
		// The neutral element as key and commitment, and zero as scalar: accepted by lax verifiers for any message.
		let mut neutral = [0; 32];
		neutral[0] = 1;
		let mut signature = [0; 64];
		signature[0] = 1;
		assert!(!ConsensusKey(neutral).is_usable() && !ConsensusKey([0; 32]).is_usable());
		assert!(key(1).1.is_usable());
		assert!(!ConsensusKey(neutral).verify(b"anything", &ConsensusSignature(signature)));
		assert!(!ConsensusKey([0; 32]).verify(b"anything", &ConsensusSignature([0; 64])));
	}
}
