//! What the engine's signer does when the guard refuses: the earlier message stands where it may, otherwise the alarm.

use plexus_consensus::codec::ScaleCodec;
use plexus_consensus::guard::{GuardError, GuardPlace, Known, Permit, Refusal, SigningGuard, Step, StepKind};
use plexus_consensus::malachite::core::{NilOrVal, Round, VoteType};
use plexus_consensus::malachite::{Codec, SignedConsensusMsg, Signer, Verifier};
use plexus_consensus::signing::{
	proposal_preimage, sign, verify, vote_preimage, ChainSigner, ChainVerifier, SigningKey, WatchingVerifier,
};
use plexus_consensus::standing::{LogCodec, StandIns};
use plexus_consensus::types::{BlockRef, Proposal, Vote};
use plexus_consensus::{AuthorityId, Height, Plexus};
use plexus_runtime::SignatureCache;
use sp_core::H256;
use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const GENESIS: H256 = H256([1; 32]);
const BLOCK: H256 = H256([2; 32]);
const OTHER: H256 = H256([3; 32]);

fn key() -> SigningKey {
	SigningKey::from_bytes(&[7; 32])
}

fn me() -> AuthorityId {
	AuthorityId(key().verifying_key().to_bytes())
}

fn vote(kind: VoteType, value: Option<H256>) -> Vote {
	let value = value.map_or(NilOrVal::Nil, NilOrVal::Val);
	Vote { kind, height: Height(5), round: Round::new(0), value, address: me() }
}

fn proposal(value: H256, pol_round: Round) -> Proposal {
	Proposal { height: Height(5), round: Round::new(2), value: BlockRef(value), pol_round, address: me() }
}

fn open(directory: &Path) -> Arc<SigningGuard> {
	let place = GuardPlace { directory: directory.into(), counterpart: directory.into() };
	let known = Known {
		genesis: GENESIS,
		validator: me(),
		tip: 4,
		log_height: Some(5),
		own_precommit: None,
		alone: false,
	};
	let permit = Permit { sign_from: Some(0), ..Permit::default() };
	Arc::new(SigningGuard::open(&place, &known, permit).unwrap())
}

/// A signer, started anew on the same directory each time.
struct Restarting(TempDir);

impl Restarting {
	fn new() -> Self {
		Self(tempfile::tempdir().unwrap())
	}

	fn start(&self) -> (ChainSigner, Arc<SigningGuard>) {
		let guard = open(self.0.path());
		(ChainSigner::new(key(), GENESIS, guard.clone(), StandIns::default()), guard)
	}
}

#[tokio::test]
async fn a_vote_derived_otherwise_after_a_crash_gives_way_to_the_one_that_was_signed() {
	let allowed = [
		(VoteType::Prevote, Some(BLOCK), None),
		(VoteType::Prevote, None, Some(BLOCK)),
		(VoteType::Prevote, Some(BLOCK), Some(OTHER)),
		(VoteType::Precommit, None, Some(BLOCK)),
	];
	for (kind, first, derived) in allowed {
		let node = Restarting::new();
		let (signer, _) = node.start();
		let signed = signer.sign_vote(vote(kind, first)).await.unwrap();
		drop(signer);
		let (signer, guard) = node.start();
		let again = signer.sign_vote(vote(kind, derived)).await.unwrap();
		assert_eq!((again.message, again.signature), (signed.message, signed.signature));
		assert!(guard.alarm().borrow().is_none());
	}
}

#[tokio::test]
async fn a_vote_that_stood_in_is_passed_over_in_the_log_and_stands_in_again_even_if_the_guard_forgot_it() {
	let node = Restarting::new();
	let signed = node.start().0.sign_vote(vote(VoteType::Prevote, Some(BLOCK))).await.unwrap();
	let log = LogCodec::default();
	let signer = ChainSigner::new(key(), GENESIS, open(node.0.path()), log.stand_ins.clone());
	let stood_in = signer.sign_vote(vote(VoteType::Prevote, None)).await.unwrap();
	let own = signer.sign_vote(vote(VoteType::Precommit, None)).await.unwrap();
	let logged = [&stood_in, &own].map(|vote| log.encode(&SignedConsensusMsg::Vote(vote.clone())).unwrap());

	// The engine compares what it derives with votes of this height only.
	let log = LogCodec::default();
	let read = logged.clone().map(|bytes| log.decode(bytes).unwrap());
	let SignedConsensusMsg::Vote(passed_over) = &read[0] else { panic!("{read:?}") };
	assert_eq!((passed_over.message.height, passed_over.signature), (Height(0), signed.signature));
	assert_eq!(read[1], SignedConsensusMsg::Vote(own.clone()));
	assert_eq!(logged[1], ScaleCodec.encode(&read[1]).unwrap(), "what it derived itself is logged as ever");

	let elsewhere = tempfile::tempdir().unwrap();
	let signer = ChainSigner::new(key(), GENESIS, open(elsewhere.path()), log.stand_ins.clone());
	let again = signer.sign_vote(vote(VoteType::Prevote, None)).await.unwrap();
	assert_eq!((again.message, again.signature), (signed.message, signed.signature));
	// It is marked in this log, too.
	assert_eq!(log.encode(&SignedConsensusMsg::Vote(stood_in)).unwrap(), logged[0]);

	let mut proposal = ScaleCodec
		.encode(&SignedConsensusMsg::Proposal(
			signer.sign_proposal(proposal(BLOCK, Round::Nil)).await.unwrap(),
		))
		.unwrap()
		.to_vec();
	proposal.insert(0, 0);
	let refused: Result<SignedConsensusMsg<Plexus>, _> = log.decode(proposal.into());
	assert!(refused.is_err(), "a proposal stood in");
	for length in 0..logged[0].len() {
		let cut: Result<SignedConsensusMsg<Plexus>, _> = log.decode(logged[0].slice(..length));
		assert!(cut.is_err(), "cut to {length} bytes");
	}
}

#[tokio::test]
async fn a_precommit_for_a_block_is_never_repeated_by_an_engine_that_is_not_locked_on_it() {
	for derived in [None, Some(OTHER)] {
		let node = Restarting::new();
		let (signer, _) = node.start();
		signer.sign_vote(vote(VoteType::Precommit, Some(BLOCK))).await.unwrap();
		drop(signer);
		let (signer, guard) = node.start();
		assert!(signer.sign_vote(vote(VoteType::Precommit, derived)).await.is_err());
		let alarm = guard.alarm().borrow().clone().expect("the node must end");
		assert!(matches!(&*alarm, GuardError::Refused(Refusal::Conflict { .. })), "{alarm}");
		// The engine that derives it again gets it again.
		let same = signer.sign_vote(vote(VoteType::Precommit, Some(BLOCK))).await.unwrap();
		assert!(verify(&me(), &vote_preimage(&GENESIS, &same.message), &same.signature));
	}
}

#[tokio::test]
async fn a_proposal_is_repeated_if_it_names_the_same_earlier_round() {
	let node = Restarting::new();
	let (signer, _) = node.start();
	let first = signer.sign_proposal(proposal(BLOCK, Round::new(1))).await.unwrap();
	drop(signer);
	let (signer, guard) = node.start();
	let again = signer.sign_proposal(proposal(OTHER, Round::new(1))).await.unwrap();
	assert_eq!((&again.message, again.signature), (&first.message, first.signature));
	assert!(verify(&me(), &proposal_preimage(&GENESIS, &again.message), &again.signature));
	assert!(guard.alarm().borrow().is_none());
	assert!(signer.sign_proposal(proposal(BLOCK, Round::Nil)).await.is_err());
	assert!(guard.alarm().borrow().is_some());
}

#[tokio::test]
async fn an_earlier_step_is_refused_and_says_why() {
	let node = Restarting::new();
	let (signer, guard) = node.start();
	signer.sign_proposal(proposal(BLOCK, Round::Nil)).await.unwrap();
	assert!(guard.is_past(Step { height: 5, round: 0, kind: StepKind::Prevote }));
	let refused = signer.sign_vote(vote(VoteType::Prevote, None)).await.unwrap_err();
	assert!(refused.to_string().contains("comes before"), "{refused}");
	let alarm = guard.alarm().borrow().clone().expect("the node must end");
	assert!(matches!(&*alarm, GuardError::Refused(Refusal::Lower { .. })), "{alarm}");
}

#[tokio::test]
async fn only_a_valid_signature_of_our_own_key_that_we_did_not_make_raises_the_alarm() {
	let node = Restarting::new();
	let (signer, guard) = node.start();
	let verifier = WatchingVerifier::new(
		ChainVerifier { genesis: GENESIS, memory: Arc::new(Kept::default()) },
		me(),
		guard.clone(),
	);
	let made = signer.sign_vote(vote(VoteType::Prevote, Some(BLOCK))).await.unwrap();
	assert!(verifier.verify_signed_vote(&made.message, &made.signature, &me()).await.unwrap().is_valid());

	let twins = vote(VoteType::Precommit, Some(OTHER));
	let other = SigningKey::from_bytes(&[8; 32]);
	let preimage = vote_preimage(&GENESIS, &twins);
	let forged = sign(&other, &preimage);
	assert!(verifier.verify_signed_vote(&twins, &forged, &me()).await.unwrap().is_invalid());
	let others = AuthorityId(other.verifying_key().to_bytes());
	assert!(verifier.verify_signed_vote(&twins, &forged, &others).await.unwrap().is_valid());
	assert!(guard.alarm().borrow().is_none());

	let elsewhere = sign(&key(), &preimage);
	assert!(verifier.verify_signed_vote(&twins, &elsewhere, &me()).await.unwrap().is_valid());
	assert!(matches!(guard.alarm().borrow().as_deref(), Some(GuardError::Twin { .. })));
	assert!(signer.sign_vote(vote(VoteType::Precommit, None)).await.is_err(), "it signs beside its twin");
}

#[tokio::test]
async fn precommits_for_blocks_that_verified_are_remembered_and_nothing_else() {
	let kept = Arc::new(Kept::default());
	let verifier = ChainVerifier { genesis: GENESIS, memory: kept.clone() };
	let cases = [
		(VoteType::Precommit, Some(BLOCK), 1),
		(VoteType::Precommit, Some(OTHER), 1),
		(VoteType::Precommit, None, 0),
		(VoteType::Prevote, Some(BLOCK), 0),
	];
	let mut expected = 0;
	for (kind, value, more) in cases {
		let vote = vote(kind, value);
		let preimage = vote_preimage(&GENESIS, &vote);
		let forged = sign(&SigningKey::from_bytes(&[8; 32]), &preimage);
		assert!(verifier.verify_signed_vote(&vote, &forged, &me()).await.unwrap().is_invalid());
		assert_eq!(kept.0.lock().unwrap().len(), expected, "forged: {vote:?}");
		expected += more;
		for _ in 0..2 {
			let good = sign(&key(), &preimage);
			assert!(verifier.verify_signed_vote(&vote, &good, &me()).await.unwrap().is_valid());
			assert_eq!(kept.0.lock().unwrap().len(), expected, "{vote:?}");
		}
	}
}

/// Remembers for ever.
#[derive(Default)]
struct Kept(Mutex<HashSet<[u8; 32]>>);

impl SignatureCache for Kept {
	fn contains(&self, key: &[u8; 32]) -> bool {
		self.0.lock().unwrap().contains(key)
	}

	fn insert(&self, key: [u8; 32]) {
		self.0.lock().unwrap().insert(key);
	}
}
