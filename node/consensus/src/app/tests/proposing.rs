//! Our own proposals.

use super::*;

#[test]
fn the_same_height_and_round_is_proposed_again_with_the_same_block_also_after_a_crash() {
	let mut node = Node::new(proposer(1, 0));
	let (first, _) = node.proposes(1, 0);
	node.clock.set(2_000_000);
	assert_eq!(node.proposes(1, 0).0, first);
	let mut node = node.restarted();
	assert_eq!(node.proposes(1, 0).0, first);
	assert_eq!(node.ledger.undecided_count(), 1);
}

#[test]
fn another_round_gets_another_block() {
	let mut node = Node::new(proposer(1, 0));
	let again = turns_of_first(1).nth(1).unwrap();
	assert_ne!(node.proposes(1, 0).0, node.proposes(1, again).0);
}

#[test]
fn a_proposal_is_on_disk_before_it_is_answered() {
	let mut node = Node::new(proposer(1, 0));
	node.ledger.disk_fails(true);
	assert!(matches!(node.app.get_value(Height(1), Round::ZERO), Err(AppError::Ledger(_))));
	assert!(node.app.take_effects().is_empty(), "nothing may be published that is not on disk");
	node.ledger.disk_fails(false);
	let (hash, _) = node.proposes(1, 0);
	assert!(node.ledger.undecided(1).unwrap().iter().any(|(stored, _)| *stored == hash));
}

#[test]
fn a_height_that_fails_for_long_does_not_fill_the_disk() {
	let mut node = Node::new(proposer(1, 0));
	let hashes: Vec<_> = turns_of_first(1).take(200).map(|round| node.proposes(1, round).0).collect();
	assert_eq!(node.ledger.undecided_count(), REUSE_FROM);
	assert!(hashes[REUSE_FROM..].iter().all(|hash| *hash == hashes[REUSE_FROM - 1]));
	let mut node = node.restarted();
	assert_eq!(node.proposes(1, turns_of_first(1).nth(199).unwrap()).0, hashes[199]);
}

#[test]
fn a_proposal_reaches_others_in_any_order_of_its_parts() {
	let mut sender = Node::new(proposer(1, 0));
	sender.ledger.ballast(3 * crate::parts::CHUNK_BYTES);
	let (hash, parts) = sender.proposes(1, 0);
	assert_eq!(parts.len(), 6, "head, four chunks, end");
	for rotation in 0..parts.len() {
		let mut receiver = Node::new(bystander(1, 0));
		let mut parts = parts.clone();
		parts.rotate_left(rotation);
		let verdict = receiver.receives(parts).expect("a verdict");
		assert_eq!((verdict.value.0, verdict.validity, verdict.round), (hash, Validity::Valid, Round::ZERO));
		assert_eq!(receiver.ledger.undecided_count(), 1);
		receiver.decides(1, hash);
		assert_eq!(receiver.ledger.tip().unwrap().hash, hash);
	}
}

#[test]
fn our_proposal_is_sent_again_in_a_later_round_under_a_head_of_that_round() {
	let mut node = Node::new(proposer(1, 0));
	let (hash, _) = node.proposes(1, 0);
	let me = node.app.me();
	let later = Round::new(turns_of_first(1).nth(1).unwrap());
	node.app.restream(Height(1), later, Round::new(0), me, hash).unwrap();
	let verdict = Node::new(bystander(1, 0)).receives(node.published()).expect("a verdict");
	assert_eq!(verdict.value.0, hash);
	assert_eq!((verdict.round, verdict.valid_round), (later, Round::new(0)));
	assert_eq!(verdict.validity, Validity::Valid);
}

#[test]
fn the_parts_are_sent_again_when_a_round_starts_after_a_crash() {
	let mut node = Node::new(proposer(1, 0));
	let (hash, _) = node.proposes(1, 0);
	let mut node = node.restarted();
	assert_eq!(node.app.started_round(Height(1), Round::ZERO).unwrap().len(), 1);
	let verdict = Node::new(bystander(1, 0)).receives(node.published()).expect("a verdict");
	assert_eq!(verdict.value.0, hash);
}

#[test]
fn anothers_proposal_is_sent_again_as_its_proposer_signed_it() {
	let mut node = Node::new(bystander(1, 0));
	let parts = proposal(&node.ledger, 0, None, 1_000_000);
	let verdict = node.receives(parts).unwrap();
	node.app.restream(Height(1), Round::ZERO, Round::Nil, verdict.proposer, verdict.value.0).unwrap();
	let again = Node::new(proposer(1, 2)).receives(node.published()).expect("a verdict");
	assert_eq!(
		(again.value, again.proposer, again.round),
		(verdict.value, id_of(&proposer(1, 0)), Round::ZERO)
	);
}

#[test]
fn what_is_not_here_is_not_sent_again() {
	let mut node = Node::new(proposer(1, 0));
	let me = node.app.me();
	node.app.restream(Height(1), Round::ZERO, Round::Nil, me, H256([9; 32])).unwrap();
	node.app.restream(Height(9), Round::ZERO, Round::Nil, me, H256([9; 32])).unwrap();
	assert!(node.app.take_effects().is_empty());
}

#[test]
fn a_node_without_a_key_proposes_nothing() {
	let ledger = FakeLedger::new(keys().iter().map(id_of));
	let mut app = App::new(ledger, FakeClock::at(1), None).unwrap();
	assert!(app.get_value(Height(1), Round::ZERO).unwrap().is_none());
	assert!(!app.status().is_validator);
}

#[test]
fn timestamps_keep_the_minimum_period_when_the_clock_stands_still() {
	let mut node = Node::new(proposer(1, 0));
	let (hash, _) = node.proposes(1, 0);
	node.decides(1, hash);
	let first = node.ledger.tip().unwrap().timestamp_ms.unwrap();
	let mut next = Node::on(proposer(2, 0), node.ledger.clone(), node.clock.clone());
	let (hash, _) = next.proposes(2, 0);
	next.decides(2, hash);
	assert_eq!(next.ledger.tip().unwrap().timestamp_ms, Some(first + fake::BLOCK_TIME_MS / 2));
}
