//! What proposals tell of clocks.

use super::*;

#[test]
fn a_live_proposal_shows_how_far_our_clock_is_ahead_or_behind() {
	for (timestamp_ms, offset) in [(999_400, 600), (1_000_000, 0), (1_001_500, -1_500), (1_009_000, -9_000)] {
		let mut node = Node::new(bystander(1, 0));
		assert_eq!(node.app.status().clock_offset_ms, None);
		let parts = proposal(&node.ledger, 0, None, timestamp_ms);
		node.receives(parts);
		assert_eq!(node.app.status().clock_offset_ms, Some(offset));
	}
}

#[test]
fn what_is_no_first_live_proposal_of_small_size_shows_nothing() {
	let mut node = Node::new(bystander(1, 0));
	let later = proposal(&node.ledger, 1, None, 900_000);
	node.receives(later).unwrap();
	let synced = node.ledger.build(id_of(&proposer(1, 0)), 900_000);
	let bytes = crate::codec::encode_versioned(&synced);
	node.app.synced_value(Height(1), Round::ZERO, id_of(&proposer(1, 0)), &bytes);
	node.ledger.ballast(2 * crate::parts::CHUNK_BYTES);
	let large = proposal(&node.ledger, 0, None, 900_000);
	node.receives(large).unwrap();
	assert_eq!(node.app.status().clock_offset_ms, None);

	// Parked: it came early, and was judged when its height began.
	let mut ahead = Node::new(proposer(1, 0));
	let (first, first_parts) = ahead.proposes(1, 0);
	ahead.decides(1, first);
	let second = proposal(&ahead.ledger, 0, None, 1_002_000);
	let mut behind =
		Node::on(bystander(2, 0), FakeLedger::new(keys().iter().map(id_of)), FakeClock::at(1_000_000));
	assert!(behind.receives(second).is_none());
	behind.receives(first_parts);
	behind.decides(1, first);
	let before = behind.app.status().clock_offset_ms;
	behind.clock.set(1_900_000);
	assert_eq!(behind.app.started_round(Height(2), Round::ZERO).unwrap().len(), 1);
	assert_eq!(behind.app.status().clock_offset_ms, before);
}
