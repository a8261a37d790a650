//! Certificates that peers pass on: whether they prove something to a node that knows some sets of validators.
//!
//! # Must not
//! Decide for consensus: the engine verifies each again, for its height. This keeps rubbish from being relayed.
//!
//! # Invariants
//! A certificate passes only if each signature in it is of a different member of one known set, is genuine, and all
//! together have the power that the certificate claims: two thirds, or one third to skip to a round. Signatures are
//! verified last, so that whoever wants to cost us time has to collect the signatures of two thirds first.

use crate::conduct::Misbehaviour;
use arc_malachitebft_app_channel::app::engine::network::NetworkEvent;
use plexus_consensus::certificate::is_quorum;
use plexus_consensus::malachite::core::{RoundCertificateType, SignedVote};
use plexus_consensus::signing::{verify, vote_preimage};
use plexus_consensus::{Plexus, ValidatorSet};
use sp_core::H256;
use std::collections::BTreeSet;

/// A certificate without its signatures, and a vote: neither is longer.
const FRAME_BYTES_MAX: usize = 256;

/// One signature in a certificate of a round, the longer kind: two bytes for its vote, and 32 each for block and signer,
/// and 64 for itself.
const SIGNATURE_BYTES_MAX: usize = 130;

/// The longest message of [`Topic::Liveness`](crate::topics::Topic::Liveness) that can be of use to a node that knows sets
/// of so many validators.
pub(crate) fn bytes_max(validators: usize) -> usize {
	FRAME_BYTES_MAX + SIGNATURE_BYTES_MAX * validators
}

/// What a certificate proves; two that prove the same differ only in who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Proof {
	/// Two thirds prevoted for a block.
	Polka { height: u64, round: Option<u32>, block: H256 },
	/// Two thirds precommitted: the next round may begin.
	Precommits { height: u64, round: Option<u32> },
	/// One third is in this round: it may be entered.
	Skip { height: u64, round: Option<u32> },
}

impl Proof {
	/// What the event proves, if it is a certificate.
	pub fn of(event: &NetworkEvent<Plexus>) -> Option<Self> {
		match event {
			NetworkEvent::PolkaCertificate(_, certificate) => Some(Self::Polka {
				height: certificate.height.0,
				round: certificate.round.as_u32(),
				block: certificate.value_id,
			}),
			NetworkEvent::RoundCertificate(_, certificate) => {
				let (height, round) = (certificate.height.0, certificate.round.as_u32());
				Some(match certificate.cert_type {
					RoundCertificateType::Precommit => Self::Precommits { height, round },
					RoundCertificateType::Skip => Self::Skip { height, round },
				})
			}
			_ => None,
		}
	}

	/// The height it is about.
	pub fn height(&self) -> u64 {
		match self {
			Self::Polka { height, .. } | Self::Precommits { height, .. } | Self::Skip { height, .. } => {
				*height
			}
		}
	}

	fn takes(&self, signed: u64, total: u64) -> bool {
		match self {
			Self::Polka { .. } | Self::Precommits { .. } => is_quorum(signed, total),
			// Three times a set's power fits in 64 bits.
			Self::Skip { .. } => signed.saturating_mul(3) > total,
		}
	}
}

/// Whether a certificate proves what it says with the signatures of one of these sets. `false` if the sets do not show it:
/// its signers may have been elected since.
///
/// # Errors
/// [`Misbehaviour::BadConsensusSignature`] if a signature is forged.
pub(crate) fn proves<'a>(
	proof: &Proof,
	event: &NetworkEvent<Plexus>,
	mut sets: impl Iterator<Item = &'a ValidatorSet>,
	genesis: &H256,
) -> Result<bool, Misbehaviour> {
	let votes: Vec<SignedVote<Plexus>> = match event {
		NetworkEvent::PolkaCertificate(_, certificate) => certificate.votes(&Plexus).collect(),
		NetworkEvent::RoundCertificate(_, certificate) => certificate.votes(&Plexus).collect(),
		_ => return Ok(false),
	};
	let signers: BTreeSet<_> = votes.iter().map(|vote| vote.message.address).collect();
	if signers.len() != votes.len() {
		return Ok(false);
	}
	let suffices = |set: &&ValidatorSet| {
		let powers: Option<Vec<u64>> =
			signers.iter().map(|signer| set.get(signer).map(|validator| validator.power)).collect();
		// No sum of a set's powers overflows.
		powers.is_some_and(|powers| proof.takes(powers.into_iter().sum(), set.total_power()))
	};
	if !sets.any(|set| suffices(&set)) {
		return Ok(false);
	}
	let genuine = |vote: &SignedVote<Plexus>| {
		verify(&vote.message.address, &vote_preimage(genesis, &vote.message), &vote.signature)
	};
	match votes.iter().all(genuine) {
		true => Ok(true),
		false => Err(Misbehaviour::BadConsensusSignature),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::engine_side::to_engine;
	use ed25519_dalek::SigningKey;
	use libp2p::PeerId;
	use plexus_consensus::codec::ScaleCodec;
	use plexus_consensus::malachite::core::{
		NilOrVal, PolkaCertificate, Round, RoundCertificate, RoundSignature, SignedMessage, VoteType,
	};
	use plexus_consensus::malachite::{Codec, LivenessMsg};
	use plexus_consensus::signing::sign;
	use plexus_consensus::types::Vote;
	use plexus_consensus::{AuthorityId, Height, Validator};

	const GENESIS: H256 = H256([1; 32]);
	const BLOCK: H256 = H256([9; 32]);

	fn authority(seed: u8) -> AuthorityId {
		AuthorityId(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
	}

	fn set(seeds: impl IntoIterator<Item = u8>) -> ValidatorSet {
		ValidatorSet::new(seeds.into_iter().map(|seed| Validator { id: authority(seed), power: 1 })).unwrap()
	}

	fn vote(seed: u8, kind: VoteType, value: NilOrVal<H256>) -> SignedVote<Plexus> {
		let vote = Vote { kind, height: Height(5), round: Round::new(1), value, address: authority(seed) };
		let signature = sign(&SigningKey::from_bytes(&[seed; 32]), &vote_preimage(&GENESIS, &vote));
		SignedMessage::new(vote, signature)
	}

	fn polka(seeds: &[u8]) -> PolkaCertificate<Plexus> {
		let votes = seeds.iter().map(|seed| vote(*seed, VoteType::Prevote, NilOrVal::Val(BLOCK)));
		PolkaCertificate::new(Height(5), Round::new(1), BLOCK, votes.collect())
	}

	fn round(cert_type: RoundCertificateType, seeds: &[u8]) -> RoundCertificate<Plexus> {
		let signature = |seed: &u8| {
			let vote = vote(*seed, VoteType::Precommit, NilOrVal::Val(BLOCK));
			RoundSignature::new(VoteType::Precommit, NilOrVal::Val(BLOCK), authority(*seed), vote.signature)
		};
		let round_signatures = seeds.iter().map(signature).collect();
		RoundCertificate { height: Height(5), round: Round::new(1), cert_type, round_signatures }
	}

	fn judge(event: &NetworkEvent<Plexus>, sets: &[ValidatorSet]) -> Result<bool, Misbehaviour> {
		proves(&Proof::of(event).unwrap(), event, sets.iter(), &GENESIS)
	}

	#[test]
	fn a_polka_takes_two_thirds_of_one_known_set_each_of_them_once() {
		let sets = [set(1..=4), set([1, 7])];
		let proves = |seeds: &[u8]| {
			judge(&NetworkEvent::PolkaCertificate(to_engine(&PeerId::random()), polka(seeds)), &sets)
		};
		assert_eq!(proves(&[1, 2, 3]), Ok(true));
		assert_eq!(proves(&[1, 7]), Ok(true), "all of the other set");
		assert_eq!(proves(&[1, 2]), Ok(false), "half");
		assert_eq!(proves(&[1, 2, 2]), Ok(false), "one of them twice");
		assert_eq!(proves(&[1, 2, 3, 7]), Ok(false), "members of different sets");
		assert_eq!(proves(&[]), Ok(false));
	}

	#[test]
	fn a_forged_signature_is_its_senders_fault() {
		let mut forged = polka(&[1, 2, 3]);
		forged.polka_signatures[2].signature.0[5] ^= 1;
		let event = NetworkEvent::PolkaCertificate(to_engine(&PeerId::random()), forged);
		assert_eq!(judge(&event, &[set(1..=4)]), Err(Misbehaviour::BadConsensusSignature));
		assert_eq!(judge(&event, &[set(5..=8)]), Ok(false), "of validators that are not known");
	}

	#[test]
	fn a_round_takes_two_thirds_and_a_later_one_a_third() {
		let judge = |kind, seeds: &[u8]| {
			let event = NetworkEvent::RoundCertificate(to_engine(&PeerId::random()), round(kind, seeds));
			judge(&event, &[set(1..=4)])
		};
		assert_eq!(judge(RoundCertificateType::Precommit, &[1, 2, 3]), Ok(true));
		assert_eq!(judge(RoundCertificateType::Precommit, &[1, 2]), Ok(false));
		assert_eq!(judge(RoundCertificateType::Skip, &[1, 2]), Ok(true));
		assert_eq!(judge(RoundCertificateType::Skip, &[1]), Ok(false));
	}

	#[test]
	fn the_bound_on_bytes_lets_every_honest_message_pass_and_little_more() {
		let seeds: Vec<u8> = (1..=100).collect();
		for message in [
			LivenessMsg::PolkaCertificate(polka(&seeds)),
			LivenessMsg::SkipRoundCertificate(round(RoundCertificateType::Precommit, &seeds)),
			LivenessMsg::Vote(vote(1, VoteType::Precommit, NilOrVal::Val(BLOCK))),
		] {
			let validators = if matches!(message, LivenessMsg::Vote(_)) { 0 } else { 100 };
			let length = ScaleCodec.encode(&message).unwrap().len();
			assert!(length <= bytes_max(validators), "{length}");
		}
		assert!(bytes_max(100) < 14_000);
	}
}
