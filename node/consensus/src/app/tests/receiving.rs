//! Proposals of others, and decisions.

use super::*;
use crate::malachite::streaming::StreamContent;
use crate::parking::{HEIGHTS_AHEAD_MAX, PROPOSALS_PER_HEIGHT_MAX};

#[test]
fn a_proposal_from_one_whose_turn_it_is_not_gets_no_verdict() {
	let mut node = Node::new(bystander(1, 0));
	let key = proposer(1, 2);
	let block = node.ledger.build(id_of(&key), 1_000_000);
	assert!(node.receives(parts_of(&key, &block, 0, None)).is_none());
	assert_eq!(node.ledger.executions(), 0);
}

#[test]
fn a_genuine_head_with_foreign_chunks_gets_no_verdict() {
	let mut node = Node::new(bystander(1, 0));
	let genuine = proposal(&node.ledger, 0, None, 1_000_000);
	let mut forged = genuine.clone();
	let StreamContent::Data(ProposalPart::Chunk(chunk)) = &mut forged[1].content else { panic!("a chunk") };
	chunk[0] ^= 1;
	assert!(node.receives(forged).is_none(), "a relay must not make a good block look invalid");
	assert_eq!(node.receives(genuine).unwrap().validity, Validity::Valid);
}

#[test]
fn an_invalid_block_is_judged_once_and_stays_invalid() {
	let mut node = Node::new(bystander(1, 0));
	let parts = proposal(&node.ledger, 0, None, 1_000_000);
	node.ledger.refuses_blocks(true);
	assert_eq!(node.receives(parts.clone()).unwrap().validity, Validity::Invalid);
	assert_eq!(node.receives(parts).unwrap().validity, Validity::Invalid);
	assert_eq!(node.ledger.executions(), 1);
	assert_eq!(node.ledger.undecided_count(), 0);
}

#[test]
fn a_fresh_proposal_of_somebody_elses_block_is_invalid_a_locked_one_is_not() {
	let author = proposer(1, 0);
	for (pol_round, validity) in [(None, Validity::Invalid), (Some(0), Validity::Valid)] {
		let mut node = Node::new(proposer(1, 2));
		let block = node.ledger.build(id_of(&author), 1_000_000);
		let verdict = node.receives(parts_of(&proposer(1, 1), &block, 1, pol_round)).unwrap();
		assert_eq!(verdict.validity, validity);
	}
}

#[test]
fn a_timestamp_ahead_of_the_clock_is_untimely_whatever_its_proposer_says_until_the_clock_has_come_to_it() {
	let mut node = Node::new(proposer(1, 2));
	let author = proposer(1, 0);
	let block = node.ledger.build(id_of(&author), 1_000_000 + timing::CLOCK_DRIFT_MAX_MS + 1);
	let first = node.receives(parts_of(&author, &block, 0, None)).unwrap();
	assert_eq!(first.validity, Validity::Invalid);
	// The engine would join it with the author's signed proposal of round 0, so that votes which nobody gave do not help.
	let own_turn = turns_of_first(1).nth(1).unwrap();
	for (by, round) in [(&author, own_turn), (&proposer(1, 1), 1)] {
		let again = node.receives(parts_of(by, &block, round, Some(0))).unwrap();
		assert_eq!(again.validity, Validity::Invalid, "in round {round}");
	}
	node.clock.set(1_000_001);
	let locked = node.receives(parts_of(&proposer(1, 1), &block, 1, Some(0))).unwrap();
	assert_eq!(locked.validity, Validity::Valid, "locked before a partition, it must stay decidable");
}

#[test]
fn a_proposal_that_comes_late_is_voted_for_however_old_its_timestamp() {
	const HALT_MS: u64 = 3_600_000;
	// Made before a halt or a partition of an hour, and delivered after it; in a later round, too, where its author offers
	// its own block again although nobody could prevote for it.
	for round in [0, turns_of_first(1).nth(1).unwrap()] {
		let mut node = Node::new(bystander(1, round));
		let author = proposer(1, 0);
		let block = node.ledger.build(id_of(&author), 1_000_000);
		node.clock.set(1_000_000 + HALT_MS);
		node.app.started_round(Height(1), Round::new(round)).unwrap();
		let verdict = node.receives(parts_of(&author, &block, round, None)).unwrap();
		assert_eq!(verdict.validity, Validity::Valid, "in round {round}");
	}
}

#[test]
fn an_equivocating_proposer_cannot_make_us_store_more_than_two_blocks_of_a_round() {
	let mut node = Node::new(bystander(1, 0));
	let verdicts: Vec<_> = (0..5)
		.filter_map(|_| {
			let parts = proposal(&node.ledger, 0, None, 1_000_000);
			node.receives(parts)
		})
		.collect();
	assert_eq!(verdicts.len(), PROPOSALS_PER_ROUND_MAX);
	assert_eq!(node.ledger.undecided_count(), PROPOSALS_PER_ROUND_MAX);
}

#[test]
fn no_proposer_takes_the_room_of_others_with_rounds_to_come() {
	let mut node = Node::new(bystander(1, 0));
	let own_turns = turns_of_first(1).take_while(|round| *round <= ROUNDS_AHEAD_MAX);
	for (sent, round) in own_turns.flat_map(|round| [round; 64]).enumerate() {
		node.receives(proposal(&node.ledger, round, None, 1_000_000 + sent as u64));
	}
	assert!((1..=PROPOSALS_PER_PROPOSER_MAX).contains(&node.ledger.undecided_count()));
	let other = (0..).find(|round| id_of(&proposer(1, *round)) != id_of(&proposer(1, 0))).unwrap();
	let verdict =
		node.receives(proposal(&node.ledger, other, None, 1_000_000)).expect("there is room for others");
	assert_eq!(verdict.validity, Validity::Valid);
}

#[test]
fn a_round_far_ahead_is_not_listened_to_until_it_is_near() {
	let mut node = Node::new(bystander(1, 0));
	let far = ROUNDS_AHEAD_MAX + 1;
	let early = proposal(&node.ledger, far, None, 1_000_000);
	assert!(node.receives(early).is_none());
	node.app.started_round(Height(1), Round::new(1)).unwrap();
	let again = proposal(&node.ledger, far, None, 1_000_000);
	assert_eq!(node.receives(again).expect("near now").round, Round::new(far));
}

#[test]
fn a_failing_disk_is_our_own_error_and_leaves_no_verdict() {
	let mut node = Node::new(bystander(1, 0));
	let parts = proposal(&node.ledger, 0, None, 1_000_000);
	node.ledger.disk_fails(true);
	let outcomes: Vec<_> = parts.into_iter().map(|part| node.app.received_part(peer(1), part)).collect();
	assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(AppError::Ledger(_)))));
	assert!(outcomes.iter().all(|outcome| !matches!(outcome, Ok(Some(_)))));
}

#[test]
fn a_proposal_that_came_a_height_early_is_judged_when_its_height_starts() {
	let mut ahead = Node::new(proposer(1, 0));
	let (first, first_parts) = ahead.proposes(1, 0);
	ahead.decides(1, first);
	let second_parts = proposal(&ahead.ledger, 0, None, 1_001_000);

	let mut behind = Node::new(bystander(1, 0));
	assert!(behind.receives(second_parts).is_none(), "its parent is not the tip yet");
	behind.receives(first_parts).unwrap();
	behind.decides(1, first);
	let values = behind.app.started_round(Height(2), Round::ZERO).unwrap();
	assert_eq!(values.len(), 1);
	assert_eq!((values[0].height, values[0].validity), (Height(2), Validity::Valid));
}

#[test]
fn who_proposes_much_for_the_next_height_does_not_keep_out_whose_turn_it_is() {
	let mut ahead = Node::new(proposer(1, 0));
	let (first, first_parts) = ahead.proposes(1, 0);
	ahead.decides(1, first);
	let (mut behind, much) = (Node::new(bystander(1, 0)), bystander(2, 0));
	for round in 0..2 * PROPOSALS_PER_HEIGHT_MAX as u32 {
		let block = ahead.ledger.build(id_of(&much), 1_001_000);
		assert!(behind.receives(parts_of(&much, &block, round, None)).is_none());
	}
	assert!(behind.receives(proposal(&ahead.ledger, 0, None, 1_001_000)).is_none());
	behind.receives(first_parts).unwrap();
	behind.decides(1, first);
	let values = behind.app.started_round(Height(2), Round::ZERO).unwrap();
	let of_the_round: Vec<_> = values.iter().filter(|value| value.round == Round::ZERO).collect();
	assert_eq!(of_the_round.len(), 1);
	assert_eq!(of_the_round[0].proposer, id_of(&proposer(2, 0)));
	assert_eq!(of_the_round[0].validity, Validity::Valid);
}

#[test]
fn parking_is_bounded_by_height_and_number() {
	let mut ahead = Node::new(proposer(1, 0));
	let mut node = Node::new(bystander(1, 0));
	for height in 1..=HEIGHTS_AHEAD_MAX + 3 {
		for round in 0..2 * PROPOSALS_PER_HEIGHT_MAX as u32 {
			let parts = proposal(&ahead.ledger, round, None, 1_000_000 + height * 1_000);
			if height > 1 {
				assert!(node.receives(parts).is_none());
			}
		}
		let mut turn = Node::on(proposer(height, 0), ahead.ledger.clone(), ahead.clock.clone());
		let (hash, _) = turn.proposes(height, 0);
		turn.decides(height, hash);
		ahead = turn;
	}
	assert_eq!(node.app.parking.len(), HEIGHTS_AHEAD_MAX as usize * PROPOSALS_PER_HEIGHT_MAX);
	assert_eq!(node.app.assembly.buffered_bytes(), 0, "heads beyond the bound are refused at once");
}

#[test]
fn what_arrives_after_the_decision_is_ignored() {
	let mut node = Node::new(bystander(1, 0));
	let late = proposal(&node.ledger, 1, None, 1_000_000);
	let parts = proposal(&node.ledger, 0, None, 1_000_000);
	let hash = node.receives(parts).unwrap().value.0;
	node.app.decided(&certificate(1, 0, hash)).unwrap();
	assert!(node.receives(late).is_none(), "judged on the new tip it would look invalid");
}

#[test]
fn known_proposals_of_a_round_are_answered_after_a_crash_and_can_be_decided() {
	let mut node = Node::new(bystander(1, 0));
	let parts = proposal(&node.ledger, 0, None, 1_000_000);
	let verdict = node.receives(parts).unwrap();
	let mut node = node.restarted();
	assert!(node.app.started_round(Height(1), Round::new(1)).unwrap().is_empty(), "it is of round 0");
	let values = node.app.started_round(Height(1), Round::ZERO).unwrap();
	assert_eq!(values, std::slice::from_ref(&verdict));
	let mut node = node.restarted();
	node.decides(1, verdict.value.0);
	assert_eq!(node.ledger.tip().unwrap().number, 1);
}

#[test]
fn a_decision_without_its_body_or_out_of_order_ends_the_node() {
	let mut node = Node::new(proposer(1, 0));
	let unknown = node.app.decided(&certificate(1, 0, H256([9; 32])));
	assert!(matches!(unknown, Err(AppError::Undecidable { height: 1, .. })));
	let ahead = node.app.decided(&certificate(2, 0, H256([9; 32])));
	assert!(matches!(ahead, Err(AppError::OutOfOrder { decided: 2, tip: 0 })));
}

#[test]
fn a_decision_told_twice_is_committed_once() {
	let mut node = Node::new(proposer(1, 0));
	let (hash, _) = node.proposes(1, 0);
	node.app.decided(&certificate(1, 0, hash)).unwrap();
	node.app.decided(&certificate(1, 0, hash)).unwrap();
	assert_eq!(node.ledger.tip().unwrap().number, 1);
}
