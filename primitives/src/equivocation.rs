//! Proofs that a validator signed two different things where it may sign one.
//!
//! # Must not
//! Know who was a validator when, or what follows: whoever holds the history of validators asks
//! [`Equivocation::verify`] first and judges then.
//!
//! # Invariants
//! - What must be equal in both messages (key, height, round, step) stands once, so it cannot differ.
//! - A verified proof can be made by nobody but the holder of the key: both signatures are its own.
//! - The order of the two messages is fixed (the smaller value first), so that one offence has one proof for given
//!   signatures.
//!
//! # What counts
//! Two votes of one step for different blocks, or for a block and nil; two proposals of one round for different
//! blocks. Two proposals of the same block that name different earlier rounds harm nobody and do not count. Votes
//! against a lock ("amnesia") are not provable by two messages.

use crate::consensus::{ConsensusKey, ConsensusSignature, Proposal, Vote, VoteKind};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// One of two votes.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct VoteFor {
	/// Hash of the block, `None` for nil.
	pub value: Option<[u8; 32]>,
	/// The voter's signature.
	pub signature: ConsensusSignature,
}

/// One of two proposals.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ProposalOf {
	/// Hash of the block.
	pub value: [u8; 32],
	/// The earlier round that the proposal names.
	pub pol_round: Option<u32>,
	/// The proposer's signature.
	pub signature: ConsensusSignature,
}

/// Two conflicting messages of one validator.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Equivocation {
	/// Two votes of one step.
	Votes {
		/// Who signed.
		key: ConsensusKey,
		/// Height of both.
		height: u64,
		/// Round of both.
		round: u32,
		/// Step of both.
		kind: VoteKind,
		/// The vote for the smaller value; nil is the smallest.
		first: VoteFor,
		/// The vote for the larger value.
		second: VoteFor,
	},
	/// Two proposals of one round.
	Proposals {
		/// Who signed.
		key: ConsensusKey,
		/// Height of both.
		height: u64,
		/// Round of both.
		round: u32,
		/// The proposal of the smaller value.
		first: ProposalOf,
		/// The proposal of the larger value.
		second: ProposalOf,
	},
}

/// Why two messages prove nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EquivocationError {
	/// Both messages name the same value, or the larger comes first.
	#[error("the values are equal or not in ascending order")]
	Order,
	/// The first signature does not verify.
	#[error("the first signature does not verify")]
	FirstSignature,
	/// The second signature does not verify.
	#[error("the second signature does not verify")]
	SecondSignature,
}

impl Equivocation {
	/// Proof from two votes in any order.
	pub fn votes(
		key: ConsensusKey,
		height: u64,
		round: u32,
		kind: VoteKind,
		one: VoteFor,
		other: VoteFor,
	) -> Self {
		let (first, second) = if one.value <= other.value { (one, other) } else { (other, one) };
		Self::Votes { key, height, round, kind, first, second }
	}

	/// Proof from two proposals in any order.
	pub fn proposals(key: ConsensusKey, height: u64, round: u32, one: ProposalOf, other: ProposalOf) -> Self {
		let (first, second) = if one.value <= other.value { (one, other) } else { (other, one) };
		Self::Proposals { key, height, round, first, second }
	}

	/// Whose signatures these are.
	pub fn key(&self) -> ConsensusKey {
		match self {
			Self::Votes { key, .. } | Self::Proposals { key, .. } => *key,
		}
	}

	/// The height that was signed for.
	pub fn height(&self) -> u64 {
		match self {
			Self::Votes { height, .. } | Self::Proposals { height, .. } => *height,
		}
	}

	/// Verifies that the key signed both messages on this chain and that they conflict.
	///
	/// # Errors
	/// See [`EquivocationError`].
	pub fn verify(&self, genesis: &[u8; 32]) -> Result<(), EquivocationError> {
		if !self.is_ordered() {
			return Err(EquivocationError::Order);
		}
		let [first, second] = self.preimages(genesis);
		let [first_signature, second_signature] = self.signatures();
		let key = self.key();
		if !key.verify(&first, &first_signature) {
			return Err(EquivocationError::FirstSignature);
		}
		if !key.verify(&second, &second_signature) {
			return Err(EquivocationError::SecondSignature);
		}
		Ok(())
	}

	fn is_ordered(&self) -> bool {
		match self {
			Self::Votes { first, second, .. } => first.value < second.value,
			Self::Proposals { first, second, .. } => first.value < second.value,
		}
	}

	fn signatures(&self) -> [ConsensusSignature; 2] {
		match self {
			Self::Votes { first, second, .. } => [first.signature, second.signature],
			Self::Proposals { first, second, .. } => [first.signature, second.signature],
		}
	}

	fn preimages(&self, genesis: &[u8; 32]) -> [alloc::vec::Vec<u8>; 2] {
		match *self {
			Self::Votes { key, height, round, kind, first, second } => [first, second]
				.map(|vote| Vote { kind, height, round, value: vote.value, voter: key }.preimage(genesis)),
			Self::Proposals { key, height, round, first, second } => [first, second].map(|proposal| {
				let ProposalOf { value, pol_round, .. } = proposal;
				Proposal { height, round, value, pol_round, proposer: key }.preimage(genesis)
			}),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use ed25519_dalek::{Signer, SigningKey};

	const GENESIS: [u8; 32] = [9; 32];

	fn signing_key() -> SigningKey {
		SigningKey::from_bytes(&[7; 32])
	}

	fn public() -> ConsensusKey {
		ConsensusKey(signing_key().verifying_key().to_bytes())
	}

	fn sign(preimage: &[u8]) -> ConsensusSignature {
		ConsensusSignature(signing_key().sign(preimage).to_bytes())
	}

	/// A signed vote at height 5 and round 2, its bytes put together by hand and not with [`Vote`].
	fn vote(value: Option<[u8; 32]>) -> VoteFor {
		let mut bytes = b"plexus/vote\0\0\0\0\0".to_vec();
		bytes.extend(GENESIS);
		bytes.extend([1, 5, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
		match value {
			None => bytes.push(0),
			Some(hash) => {
				bytes.push(1);
				bytes.extend(hash);
			}
		}
		bytes.extend(public().0);
		VoteFor { value, signature: sign(&bytes) }
	}

	/// A signed proposal at height 5 and round 2, by hand.
	fn proposal(value: [u8; 32], pol_round: Option<u8>) -> ProposalOf {
		let mut bytes = b"plexus/proposal\0".to_vec();
		bytes.extend(GENESIS);
		bytes.extend([5, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
		bytes.extend(value);
		match pol_round {
			None => bytes.push(0),
			Some(round) => bytes.extend([1, round, 0, 0, 0]),
		}
		bytes.extend(public().0);
		ProposalOf { value, pol_round: pol_round.map(u32::from), signature: sign(&bytes) }
	}

	fn votes(one: VoteFor, other: VoteFor) -> Equivocation {
		Equivocation::votes(public(), 5, 2, VoteKind::Precommit, one, other)
	}

	#[test]
	fn two_votes_for_different_values_are_a_proof_in_either_order() {
		for (one, other) in [(Some([1; 32]), Some([2; 32])), (Some([1; 32]), None)] {
			let proof = votes(vote(one), vote(other));
			assert_eq!(proof, votes(vote(other), vote(one)));
			assert_eq!(proof.verify(&GENESIS), Ok(()));
			assert_eq!((proof.key(), proof.height()), (public(), 5));
		}
	}

	#[test]
	fn two_proposals_of_different_blocks_are_a_proof() {
		let proof =
			Equivocation::proposals(public(), 5, 2, proposal([2; 32], Some(1)), proposal([1; 32], None));
		assert_eq!(proof.verify(&GENESIS), Ok(()));
	}

	#[test]
	fn one_message_twice_proves_nothing() {
		let same = votes(vote(None), vote(None));
		assert_eq!(same.verify(&GENESIS), Err(EquivocationError::Order));
		let one_block =
			Equivocation::proposals(public(), 5, 2, proposal([1; 32], Some(1)), proposal([1; 32], None));
		assert_eq!(one_block.verify(&GENESIS), Err(EquivocationError::Order));
		let (small, large) = (vote(Some([1; 32])), vote(Some([2; 32])));
		let reversed = Equivocation::Votes {
			key: public(),
			height: 5,
			round: 2,
			kind: VoteKind::Precommit,
			first: large,
			second: small,
		};
		assert_eq!(reversed.verify(&GENESIS), Err(EquivocationError::Order));
	}

	#[test]
	fn whatever_the_signatures_were_not_made_for_is_refused() {
		let (one, other) = (vote(None), vote(Some([1; 32])));
		let rebuilt = |key, height, round, kind| Equivocation::votes(key, height, round, kind, one, other);
		let other_key = ConsensusKey(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes());
		for proof in [
			rebuilt(other_key, 5, 2, VoteKind::Precommit),
			rebuilt(public(), 6, 2, VoteKind::Precommit),
			rebuilt(public(), 5, 3, VoteKind::Precommit),
			rebuilt(public(), 5, 2, VoteKind::Prevote),
		] {
			assert_eq!(proof.verify(&GENESIS), Err(EquivocationError::FirstSignature), "{proof:?}");
		}
		let genuine = rebuilt(public(), 5, 2, VoteKind::Precommit);
		assert_eq!(genuine.verify(&GENESIS), Ok(()));
		assert_eq!(genuine.verify(&[8; 32]), Err(EquivocationError::FirstSignature), "another chain");
		let moved = VoteFor { value: Some([2; 32]), ..other };
		assert_eq!(votes(one, moved).verify(&GENESIS), Err(EquivocationError::SecondSignature));
	}

	#[test]
	fn a_vote_is_no_proposal() {
		let vote = vote(Some([1; 32]));
		let disguised = ProposalOf { value: [1; 32], pol_round: None, signature: vote.signature };
		let proof = Equivocation::proposals(public(), 5, 2, disguised, proposal([2; 32], None));
		assert_eq!(proof.verify(&GENESIS), Err(EquivocationError::FirstSignature));
	}

	#[test]
	fn every_flipped_bit_of_a_signature_is_refused() {
		let (one, other) = (vote(None), vote(Some([1; 32])));
		for bit in 0..512 {
			let mut broken = other;
			broken.signature.0[bit / 8] ^= 1 << (bit % 8);
			assert_eq!(
				votes(one, broken).verify(&GENESIS),
				Err(EquivocationError::SecondSignature),
				"bit {bit}"
			);
		}
	}
}
