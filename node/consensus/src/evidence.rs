//! Proofs that validators signed two conflicting messages: taken from the engine, kept until the chain has judged them.
//!
//! # Must not
//! Touch the disk or the pool: whoever owns an [`Evidence`] keeps its bytes and reports what is due. Nor believe the
//! engine or the disk: only what [`Equivocation::verify`] accepts gets in.
//!
//! # Invariants
//! - One proof for each key and height, since the chain punishes an offence once however often it is proved;
//!   [`PROOFS_PER_KEY_MAX`] for each key and [`PROOFS_MAX`] in all.
//! - A proof leaves when the chain has judged it or will never take it, and by nothing else.
//!
//! # What is lost
//! The engine hands evidence over when it leaves a height. A node that dies between its commit and that moment has no
//! proof from that height. Every other validator that saw both messages has.

use crate::codec::{decode_versioned, encode_versioned, CodecError};
use crate::ledger::Reported;
use crate::malachite::core::{DoubleProposal, DoubleVote, NilOrVal, SignedProposal, SignedVote, VoteType};
use crate::malachite::MisbehaviorEvidence;
use crate::types::Plexus;
use plexus_primitives::consensus::{ConsensusKey, VoteKind};
use plexus_primitives::equivocation::{Equivocation, ProposalOf, VoteFor};
use sp_core::H256;
use tracing::warn;

/// Proofs in all. A key is barred by its first proof, so that more than a few of one validator are never of use.
pub const PROOFS_MAX: usize = 256;

/// Heights of one key of which proofs are kept: if the chain does not take one, another may do.
pub const PROOFS_PER_KEY_MAX: usize = 4;

/// Proofs handed to the chain at one height. Each costs two signature checks, if it is not in the pool already.
pub const REPORTS_PER_HEIGHT_MAX: usize = 8;

/// Heights until it is looked after what was handed to the chain: a quarter of the blocks that a report may wait.
pub const LOOK_AFTER_HEIGHTS: u64 = 16;

#[derive(Debug)]
struct Entry {
	proof: Equivocation,
	/// From this height on it is reported, or reported again.
	due: u64,
}

/// The proofs that the chain has not judged yet.
#[derive(Debug, Default)]
pub struct Evidence {
	entries: Vec<Entry>,
	is_saved: bool,
}

impl Evidence {
	/// What [`Evidence::encode`] gave, or nothing. Proofs that do not verify are dropped.
	///
	/// # Errors
	/// [`CodecError`] if the bytes are damaged.
	pub fn decode(bytes: &[u8], genesis: &H256) -> Result<Self, CodecError> {
		let mut evidence = Self::default();
		if !bytes.is_empty() {
			for proof in decode_versioned::<Vec<Equivocation>>(bytes)? {
				evidence.add(proof, genesis);
			}
		}
		evidence.is_saved = true;
		Ok(evidence)
	}

	/// The proofs as they are kept on disk.
	pub fn encode(&self) -> Vec<u8> {
		let proofs: Vec<_> = self.entries.iter().map(|entry| entry.proof).collect();
		encode_versioned(&proofs)
	}

	/// Takes in what is proved by the evidence that the engine found; returns what is new.
	pub fn take(&mut self, found: &MisbehaviorEvidence<Plexus>, genesis: &H256) -> Vec<Equivocation> {
		let votes = found.votes.iter().flat_map(|(_, pairs)| pairs).filter_map(of_votes);
		let proposals = found.proposals.iter().flat_map(|(_, pairs)| pairs).filter_map(of_proposals);
		votes.chain(proposals).filter(|proof| self.add(*proof, genesis)).collect()
	}

	fn add(&mut self, proof: Equivocation, genesis: &H256) -> bool {
		let (key, height) = (proof.key(), proof.height());
		let of_key = || self.entries.iter().filter(|entry| entry.proof.key() == key);
		if of_key().any(|entry| entry.proof.height() == height) {
			return false;
		}
		if of_key().count() >= PROOFS_PER_KEY_MAX || self.entries.len() >= PROOFS_MAX {
			warn!(?key, height, "more proofs of validators that signed twice than are kept; ignored");
			return false;
		}
		if let Err(error) = proof.verify(&genesis.0) {
			warn!(?key, height, %error, "evidence that proves nothing; ignored");
			return false;
		}
		self.entries.push(Entry { proof, due: 0 });
		self.is_saved = false;
		true
	}

	/// Whether the bytes that were kept last are not those of [`Evidence::encode`].
	pub fn is_unsaved(&self) -> bool {
		!self.is_saved
	}

	/// The bytes of [`Evidence::encode`] are on disk.
	pub fn note_saved(&mut self) {
		self.is_saved = true;
	}

	/// What is to be reported at this height: those that wait longest first.
	pub fn due(&self, height: u64) -> Vec<Equivocation> {
		let mut due: Vec<_> = self.entries.iter().filter(|entry| entry.due <= height).collect();
		due.sort_by_key(|entry| entry.due);
		due.iter().take(REPORTS_PER_HEIGHT_MAX).map(|entry| entry.proof).collect()
	}

	/// What became of a report at this height.
	pub fn note(&mut self, proof: &Equivocation, outcome: &Reported, height: u64) {
		let due = match outcome {
			Reported::Waiting => height.saturating_add(LOOK_AFTER_HEIGHTS),
			Reported::Later(_) => height.saturating_add(1),
			Reported::Settled | Reported::Refused(_) => {
				self.entries.retain(|entry| entry.proof != *proof);
				self.is_saved = false;
				return;
			}
		};
		if let Some(entry) = self.entries.iter_mut().find(|entry| entry.proof == *proof) {
			entry.due = due;
		}
	}

	/// How many proofs there are.
	pub fn len(&self) -> usize {
		self.entries.len()
	}

	/// Whether there is none.
	pub fn is_empty(&self) -> bool {
		self.entries.is_empty()
	}
}

/// Two votes as a proof. What must be equal is taken from the first: if it is not, the second signature does not verify.
fn of_votes((one, other): &DoubleVote<Plexus>) -> Option<Equivocation> {
	let kind = match one.message.kind {
		VoteType::Prevote => VoteKind::Prevote,
		VoteType::Precommit => VoteKind::Precommit,
	};
	let vote_for = |vote: &SignedVote<Plexus>| VoteFor {
		value: match vote.message.value {
			NilOrVal::Nil => None,
			NilOrVal::Val(hash) => Some(hash.0),
		},
		signature: vote.signature.into(),
	};
	let key = ConsensusKey::from(one.message.address);
	let (height, round) = (one.message.height.0, one.message.round.as_u32()?);
	Some(Equivocation::votes(key, height, round, kind, vote_for(one), vote_for(other)))
}

/// Two proposals as a proof, as [`of_votes`]. Of one block under two earlier rounds the engine tells, too, and that
/// is none.
fn of_proposals((one, other): &DoubleProposal<Plexus>) -> Option<Equivocation> {
	if one.message.value == other.message.value {
		return None;
	}
	let proposal_of = |proposal: &SignedProposal<Plexus>| ProposalOf {
		value: proposal.message.value.0 .0,
		pol_round: proposal.message.pol_round.as_u32(),
		signature: proposal.signature.into(),
	};
	let key = ConsensusKey::from(one.message.address);
	let (height, round) = (one.message.height.0, one.message.round.as_u32()?);
	Some(Equivocation::proposals(key, height, round, proposal_of(one), proposal_of(other)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::malachite::core::{Round, SignedMessage};
	use crate::signing::{sign, vote_preimage, SigningKey};
	use crate::types::{AuthorityId, Height, Vote};

	const GENESIS: H256 = H256([7; 32]);

	fn vote(seed: u8, height: u64, value: u8) -> SignedVote<Plexus> {
		let key = SigningKey::from_bytes(&[seed; 32]);
		let vote = Vote {
			kind: VoteType::Prevote,
			height: Height(height),
			round: Round::new(1),
			value: NilOrVal::Val(H256([value; 32])),
			address: AuthorityId(key.verifying_key().to_bytes()),
		};
		let signature = sign(&key, &vote_preimage(&GENESIS, &vote));
		SignedMessage::new(vote, signature)
	}

	fn proof(seed: u8, height: u64) -> Equivocation {
		of_votes(&(vote(seed, height, 1), vote(seed, height, 2))).expect("its round is defined")
	}

	#[test]
	fn an_offence_is_kept_once_and_each_key_and_all_together_are_bounded() {
		let mut evidence = Evidence::default();
		assert!(evidence.add(proof(1, 1), &GENESIS));
		let otherwise = of_votes(&(vote(1, 1, 3), vote(1, 1, 4))).unwrap();
		assert!(!evidence.add(otherwise, &GENESIS), "the same height again");
		let added = (2..20).filter(|height| evidence.add(proof(1, *height), &GENESIS)).count();
		assert_eq!(added, PROOFS_PER_KEY_MAX - 1);
		for seed in 2..=255 {
			evidence.add(proof(seed, 1), &GENESIS);
			evidence.add(proof(seed, 2), &GENESIS);
		}
		assert_eq!(evidence.len(), PROOFS_MAX);
	}

	#[test]
	fn messages_that_do_not_belong_together_prove_nothing() {
		let mut evidence = Evidence::default();
		let good = vote(1, 1, 1);
		let mut forged = vote(1, 1, 2);
		forged.signature.0[5] ^= 1;
		for other in [forged, vote(2, 1, 2), vote(1, 2, 2), good.clone()] {
			assert!(!evidence.add(of_votes(&(good.clone(), other)).unwrap(), &GENESIS));
		}
		assert!(!evidence.add(proof(1, 1), &H256([8; 32])), "another chain");
		assert!(evidence.is_empty());
	}

	#[test]
	fn what_was_kept_is_verified_again_and_damage_is_told() {
		let mut evidence = Evidence::default();
		evidence.add(proof(1, 1), &GENESIS);
		evidence.add(proof(2, 1), &GENESIS);
		assert!(evidence.is_unsaved());
		let bytes = evidence.encode();
		let again = Evidence::decode(&bytes, &GENESIS).unwrap();
		assert_eq!((again.len(), again.is_unsaved()), (2, false));
		assert_eq!(Evidence::decode(&bytes, &H256([8; 32])).unwrap().len(), 0);
		assert!(Evidence::decode(&[], &GENESIS).unwrap().is_empty());
		assert!(Evidence::decode(&bytes[..bytes.len() - 1], &GENESIS).is_err());
		let mut flipped = bytes;
		let last = flipped.len() - 1;
		flipped[last] ^= 1;
		assert_eq!(Evidence::decode(&flipped, &GENESIS).unwrap().len(), 1);
	}

	#[test]
	fn a_report_is_looked_after_repeated_or_ended_as_its_outcome_says() {
		let mut evidence = Evidence::default();
		(1..=4).for_each(|seed| assert!(evidence.add(proof(seed, 1), &GENESIS)));
		evidence.note_saved();
		let [first, second, third, fourth] = evidence.due(10)[..] else { panic!("four are due") };
		evidence.note(&first, &Reported::Waiting, 10);
		evidence.note(&second, &Reported::Later("full".into()), 10);
		assert!(!evidence.is_unsaved(), "when to ask again need not be remembered");
		evidence.note(&third, &Reported::Settled, 10);
		evidence.note(&fourth, &Reported::Refused("no".into()), 10);
		assert!(evidence.is_unsaved());
		assert_eq!(evidence.due(10), []);
		assert_eq!(evidence.due(11), [second]);
		assert_eq!(evidence.due(10 + LOOK_AFTER_HEIGHTS), [second, first]);
	}
}
