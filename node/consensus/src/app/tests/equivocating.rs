//! Validators that sign twice: what is proved is kept and reported until the chain has judged it.

use super::*;
use crate::evidence::LOOK_AFTER_HEIGHTS;
use crate::ledger::Reported;
use crate::malachite::core::{NilOrVal, SignedMessage, SignedProposal, SignedVote, VoteType};
use crate::signing::{proposal_preimage, sign, vote_preimage};
use crate::types::{Proposal, Vote};

fn vote(key: &SigningKey, height: u64, value: Option<u8>) -> SignedVote<Plexus> {
	let vote = Vote {
		kind: VoteType::Precommit,
		height: Height(height),
		round: Round::ZERO,
		value: value.map_or(NilOrVal::Nil, |byte| NilOrVal::Val(H256([byte; 32]))),
		address: id_of(key),
	};
	let signature = sign(key, &vote_preimage(&fake::GENESIS, &vote));
	SignedMessage::new(vote, signature)
}

fn signed_proposal(key: &SigningKey, value: u8, pol_round: Round) -> SignedProposal<Plexus> {
	let value = BlockRef(H256([value; 32]));
	let proposal =
		Proposal { height: Height(1), round: Round::new(2), value, pol_round, address: id_of(key) };
	let signature = sign(key, &proposal_preimage(&fake::GENESIS, &proposal));
	SignedMessage::new(proposal, signature)
}

fn nothing_found() -> MisbehaviorEvidence<Plexus> {
	MisbehaviorEvidence { proposals: Default::default(), votes: Default::default() }
}

/// That this key precommitted a block and nil.
fn double_vote(key: &SigningKey, height: u64) -> MisbehaviorEvidence<Plexus> {
	let mut found = nothing_found();
	found.votes.add(vote(key, height, Some(1)), vote(key, height, None));
	found
}

/// Decides a height in which the engine found this; returns what the operator is told.
fn passes(node: &mut Node, height: u64, found: &MisbehaviorEvidence<Plexus>) -> Vec<Equivocation> {
	let (hash, _) = node.proposes(height, 0);
	node.app.decided(&certificate(height, 0, hash)).unwrap();
	node.finalizes(&certificate(height, 0, hash), found);
	let told = |effect| match effect {
		Effect::Equivocated(proof) => proof,
		Effect::Publish(_) => panic!("nothing is published between heights"),
	};
	node.app.take_effects().into_iter().map(told).collect()
}

fn on_disk(node: &Node) -> usize {
	Evidence::decode(&node.ledger.evidence().unwrap(), &fake::GENESIS).unwrap().len()
}

#[test]
fn evidence_is_kept_and_reported_once_until_it_is_time_to_look_after_it() {
	let (mut node, offender) = (Node::new(keys()[0].clone()), keys()[2].clone());
	let told = passes(&mut node, 1, &double_vote(&offender, 1));
	let [proof] = told[..] else { panic!("one proof: {told:?}") };
	assert_eq!(proof.verify(&fake::GENESIS.0), Ok(()));
	assert_eq!((proof.key(), proof.height()), (id_of(&offender).into(), 1));
	assert_eq!(node.ledger.take_reports(), [proof]);
	assert_eq!(on_disk(&node), 1);

	// Reported when height 2 began.
	for height in 2..=LOOK_AFTER_HEIGHTS {
		assert_eq!(passes(&mut node, height, &double_vote(&offender, 1)), [], "it is known");
	}
	assert_eq!(node.ledger.take_reports(), []);
	node.ledger.answers_reports(Reported::Settled);
	passes(&mut node, LOOK_AFTER_HEIGHTS + 1, &nothing_found());
	assert_eq!(node.ledger.take_reports(), [proof]);
	assert_eq!(on_disk(&node), 0, "the chain has judged it");
	passes(&mut node, LOOK_AFTER_HEIGHTS + 2, &nothing_found());
	assert_eq!(node.ledger.take_reports(), []);
}

#[test]
fn a_restarted_node_reports_again() {
	let mut node = Node::new(keys()[0].clone());
	passes(&mut node, 1, &double_vote(&keys()[2], 1));
	let first = node.ledger.take_reports();
	let mut node = node.restarted();
	node.app.start().unwrap();
	assert_eq!(node.ledger.take_reports(), first);
	assert_eq!(first.len(), 1);
}

#[test]
fn what_cannot_be_taken_now_is_reported_at_the_next_height() {
	let mut node = Node::new(keys()[0].clone());
	node.ledger.answers_reports(Reported::Later("the pool is full".into()));
	passes(&mut node, 1, &double_vote(&keys()[2], 1));
	passes(&mut node, 2, &nothing_found());
	assert_eq!(node.ledger.take_reports().len(), 2);
	node.ledger.answers_reports(Reported::Refused("never".into()));
	passes(&mut node, 3, &nothing_found());
	passes(&mut node, 4, &nothing_found());
	assert_eq!(node.ledger.take_reports().len(), 1);
	assert_eq!(on_disk(&node), 0);
}

#[test]
fn forged_evidence_is_dropped_wherever_it_comes_from() {
	let mut node = Node::new(keys()[0].clone());
	let mut forged = vote(&keys()[2], 1, None);
	forged.signature.0[7] ^= 1;
	let mut found = nothing_found();
	found.votes.add(vote(&keys()[2], 1, Some(1)), forged);
	assert_eq!(passes(&mut node, 1, &found), []);
	assert_eq!((node.ledger.take_reports().len(), on_disk(&node)), (0, 0));

	passes(&mut node, 2, &double_vote(&keys()[2], 2));
	let mut bytes = node.ledger.evidence().unwrap();
	*bytes.last_mut().unwrap() ^= 1;
	node.ledger.put_evidence(&bytes).unwrap();
	node.ledger.take_reports();
	let mut node = node.restarted();
	node.app.start().unwrap();
	assert_eq!(node.ledger.take_reports(), []);
	node.ledger.put_evidence(b"rubbish").unwrap();
	node.restarted().app.start().unwrap();
}

#[test]
fn two_blocks_proposed_in_one_round_are_a_proof_one_block_under_two_locks_is_none() {
	let mut node = Node::new(keys()[0].clone());
	let (one, other) = (keys()[1].clone(), keys()[2].clone());
	let mut found = nothing_found();
	// The engine adds to this map only, which has no other way in.
	let _ =
		found.proposals.add(signed_proposal(&one, 1, Round::Nil), signed_proposal(&one, 2, Round::new(1)));
	let _ = found
		.proposals
		.add(signed_proposal(&other, 1, Round::Nil), signed_proposal(&other, 1, Round::new(1)));
	let told = passes(&mut node, 1, &found);
	assert_eq!(told.len(), 1);
	assert_eq!((told[0].key(), told[0].verify(&fake::GENESIS.0)), (id_of(&one).into(), Ok(())));
}

#[test]
fn a_disk_that_fails_delays_evidence_and_stops_nothing() {
	let mut node = Node::new(keys()[0].clone());
	let (hash, _) = node.proposes(1, 0);
	node.app.decided(&certificate(1, 0, hash)).unwrap();
	node.ledger.disk_fails(true);
	node.finalizes(&certificate(1, 0, hash), &double_vote(&keys()[2], 1));
	assert_eq!((node.ledger.take_reports().len(), on_disk(&node)), (1, 0));
	node.ledger.disk_fails(false);
	node.app.take_effects();
	passes(&mut node, 2, &nothing_found());
	assert_eq!(on_disk(&node), 1);
}
