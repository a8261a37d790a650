//! Validators that come and go, and the precommits that each block holds for its parent.

use super::*;
use crate::types::Validator;
use fake::{commit_in, equals};
use plexus_primitives::consensus::{verify_commit, Commit};

/// The commit in the block at the tip.
fn commit_at_tip(node: &Node) -> Option<Commit> {
	let (block, _) = node.ledger.decided(node.ledger.tip().unwrap().number).unwrap().expect("the tip");
	commit_in(&block)
}

fn nothing_found() -> MisbehaviorEvidence<Plexus> {
	MisbehaviorEvidence { proposals: Default::default(), votes: Default::default() }
}

/// Proposes and decides a height with the precommits of `early`; `all` of them are there when it is left.
fn passes(node: &mut Node, height: u64, early: &[SigningKey], all: &[SigningKey]) -> H256 {
	let (hash, _) = node.proposes(height, 0);
	node.app.decided(&certificate_by(early, height, 0, hash)).unwrap();
	node.finalizes(&certificate_by(all, height, 0, hash), &nothing_found());
	hash
}

fn ids(keys: &[SigningKey]) -> Vec<Validator> {
	equals(keys.iter().map(id_of))
}

#[test]
fn a_set_change_takes_effect_at_its_height_and_the_engine_is_told_with_the_height() {
	let (keys, mut node) = (keys(), Node::new(keys()[0].clone()));
	node.ledger.change_validators(2, ids(&keys[..3]));
	assert_eq!(node.app.validators().as_slice().len(), 4);
	let (hash, _) = node.proposes(1, 0);
	node.app.decided(&certificate(1, 0, hash)).unwrap();
	assert_eq!(node.app.validators().as_slice().len(), 4, "height 1 is not over");
	let next = node.app.finalized(&certificate(1, 0, hash), &nothing_found()).unwrap();
	let Next::Start(height, params) = next else { panic!("a height is never decided again") };
	assert_eq!((height, &params.validator_set), (Height(2), &node.ledger.validators_of(2)));
	assert_eq!(node.app.status().validators, 3);
	let node = node.restarted();
	assert_eq!(node.app.validators(), &node.ledger.validators_of(2));
}

#[test]
fn a_block_holds_the_precommits_of_its_parents_validators_in_their_order() {
	let (keys, mut node) = (keys(), Node::new(keys()[0].clone()));
	let heavy = |keys: &[SigningKey]| {
		let weighted = keys.iter().zip([1, 7, 3, 5]);
		weighted.map(|(key, power)| Validator { id: id_of(key), power }).collect::<Vec<_>>()
	};
	node.ledger.change_validators(2, heavy(&keys));
	node.ledger.change_validators(3, ids(&keys[..1]));
	let mut parents = vec![];
	for height in 1..=4 {
		let restarts = height == 3;
		if restarts {
			node = node.restarted();
		}
		parents.push(passes(&mut node, height, &keys, &keys));
		let Some(commit) = commit_at_tip(&node) else {
			assert_eq!(height, 1, "nobody decided the genesis");
			continue;
		};
		let parent = height - 1;
		let voters = node.ledger.validators_of(parent as u32).voters();
		let block = parents[parent as usize - 1].0;
		let verified =
			verify_commit(&fake::GENESIS.0, &voters, parent, block, commit.round, &commit.signatures);
		assert_eq!(verified, Ok(()));
		assert_eq!(commit.signatures.iter().flatten().count(), voters.len());
	}
}

#[test]
fn precommits_that_come_late_are_in_the_next_block() {
	let (keys, mut node) = (keys(), Node::new(keys()[0].clone()));
	passes(&mut node, 1, &keys[..3], &keys);
	passes(&mut node, 2, &keys, &keys[..3]);
	assert_eq!(commit_at_tip(&node).unwrap().signatures.iter().flatten().count(), 4);
	passes(&mut node, 3, &keys[1..], &keys);
	assert_eq!(
		commit_at_tip(&node).unwrap().signatures.iter().flatten().count(),
		4,
		"the better one is kept"
	);
	let mut node = node.restarted();
	passes(&mut node, 4, &keys, &keys);
	let commit = commit_at_tip(&node).unwrap();
	assert_eq!(commit.signatures.iter().flatten().count(), 3, "after a restart the stored one serves");
}

#[test]
fn a_certificate_of_another_block_does_not_replace_the_tips() {
	let (keys, mut node) = (keys(), Node::new(keys()[0].clone()));
	let (hash, _) = node.proposes(1, 0);
	node.app.decided(&certificate_by(&keys[..3], 1, 0, hash)).unwrap();
	node.finalizes(&certificate(1, 0, H256([9; 32])), &nothing_found());
	passes(&mut node, 2, &keys, &keys);
	assert_eq!(commit_at_tip(&node).unwrap().signatures.iter().flatten().count(), 3);
}

#[test]
fn without_a_proof_for_the_parent_nothing_is_proposed_and_the_node_goes_on() {
	let (keys, mut node) = (keys(), Node::new(keys()[0].clone()));
	passes(&mut node, 1, &keys[..2], &keys[..2]);
	assert!(node.app.get_value(Height(2), Round::ZERO).unwrap().is_none(), "half is no quorum");
	let block = node.ledger.build(id_of(&proposer(2, 0)), 1_001_000);
	assert_eq!(node.receives(parts_of(&proposer(2, 0), &block, 0, None)).unwrap().validity, Validity::Valid);
}

#[test]
fn a_validator_that_left_signs_nothing_and_follows() {
	let (keys, mut node) = (keys(), Node::new(keys()[3].clone()));
	node.ledger.change_validators(2, ids(&keys[..1]));
	passes(&mut node, 1, &keys, &keys);
	assert!(!node.app.status().is_validator);
	assert!(node.app.get_value(Height(2), Round::ZERO).unwrap().is_none());
	assert!(node.app.take_effects().is_empty());

	let block = node.ledger.build(id_of(&keys[1]), 1_001_000);
	assert!(node.receives(parts_of(&keys[1], &block, 0, None)).is_none(), "it has no turn any more");
	let block = node.ledger.build(id_of(&keys[0]), 1_001_000);
	let verdict = node.receives(parts_of(&keys[0], &block, 0, None)).unwrap();
	assert_eq!(verdict.validity, Validity::Valid);
	node.decides(2, verdict.value.0);
	assert_eq!(node.ledger.tip().unwrap().number, 2);
}

#[test]
fn a_node_that_joins_the_set_begins_to_propose_at_that_height() {
	let (keys, newcomer) = (keys(), SigningKey::from_bytes(&[9; 32]));
	let mut node = Node::new(newcomer.clone());
	node.ledger.change_validators(2, ids(std::slice::from_ref(&newcomer)));
	assert!(!node.app.status().is_validator);
	assert!(node.app.get_value(Height(1), Round::ZERO).unwrap().is_none());
	let first = proposal(&node.ledger, 0, None, 1_000_000);
	let hash = node.receives(first).unwrap().value.0;
	node.decides(1, hash);
	assert!(node.app.status().is_validator && !node.app.status().needs_peers());
	let (_, parts) = node.proposes(2, 0);
	assert!(!parts.is_empty());
	assert!(keys.iter().all(|key| node.app.validators().get(&id_of(key)).is_none()));
}

#[test]
fn a_height_waits_for_as_many_peers_as_a_quorum_takes() {
	let powers = |powers: &[u64]| {
		let validators = keys().into_iter().zip(powers.to_vec());
		ValidatorSet::new(validators.map(|(key, power)| Validator { id: id_of(&key), power })).unwrap()
	};
	let own = id_of(&keys()[0]);
	assert_eq!(powers(&[1]).others_needed(&own), 0);
	assert_eq!(powers(&[1, 1]).others_needed(&own), 1);
	assert_eq!(powers(&[1, 1, 1, 1]).others_needed(&own), 2);
	assert_eq!(powers(&[7, 1, 1, 1]).others_needed(&own), 0, "more than two thirds alone");
	assert_eq!(powers(&[6, 1, 1, 1]).others_needed(&own), 1, "two thirds are not enough");
	assert_eq!(powers(&[1]).others_needed(&AuthorityId::NOBODY), 1);
	assert_eq!(powers(&[1, 1, 1, 1]).others_needed(&AuthorityId::NOBODY), 3);
}
