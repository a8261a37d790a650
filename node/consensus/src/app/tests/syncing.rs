//! Blocks from and for peers.

use super::*;
use crate::codec::encode_versioned;
use crate::malachite::SyncedValueOutcome;
use crate::parts::EXTRINSICS_MAX;
use crate::serving::{decided_values, Server, BLOCKS_PER_RESPONSE_MAX, READERS_MAX};

fn sync(node: &mut Node, height: u64, bytes: &[u8]) -> SyncedValueOutcome<Plexus> {
	node.app.synced_value(Height(height), Round::ZERO, id_of(&proposer(height, 0)), bytes)
}

fn built(node: &Node) -> Block {
	// Its timestamp is far ahead of the clock: for a decided block that does not matter.
	node.ledger.build(id_of(&proposer(1, 0)), u64::MAX)
}

#[test]
fn a_synced_block_is_executed_stored_and_decided() {
	let mut node = Node::new(bystander(1, 0));
	let block = built(&node);
	let SyncedValueOutcome::Verdict(verdict) = sync(&mut node, 1, &encode_versioned(&block)) else {
		panic!("a verdict")
	};
	assert_eq!((verdict.value.0, verdict.validity), (block.hash(), Validity::Valid));
	assert_eq!(node.ledger.undecided_count(), 1);
	node.ledger.loses_unwritten();
	let mut node = node.restarted();
	node.decides(1, block.hash());
	assert_eq!(node.ledger.tip().unwrap().hash, block.hash());
}

/// Fetches and decides the next block.
fn follows(app: &mut App<FakeLedger, FakeClock>, ledger: &FakeLedger) {
	let height = u64::from(ledger.tip().unwrap().number) + 1;
	let by = id_of(&proposer(height, 0));
	let block = ledger.build(by, u64::MAX);
	app.synced_value(Height(height), Round::ZERO, by, &encode_versioned(&block));
	app.decided(&certificate(height, 0, block.hash())).unwrap();
	app.enter_height().unwrap();
}

fn follower() -> (App<FakeLedger, FakeClock>, FakeLedger) {
	let ledger = FakeLedger::new(keys().iter().map(id_of));
	(App::new(ledger.clone(), FakeClock::at(1_000_000), None).unwrap(), ledger)
}

#[test]
fn who_only_follows_may_lose_few_of_the_blocks_that_it_fetched_and_a_validator_none() {
	let (mut app, ledger) = follower();
	let max = crate::app::decide::BLOCKS_UNSYNCED_MAX as usize;
	let mut most = 0;
	for _ in 0..3 * max {
		follows(&mut app, &ledger);
		most = most.max(ledger.unsynced_blocks());
	}
	assert_eq!(most, max - 1);
	follows(&mut app, &ledger);
	assert_eq!(ledger.unsynced_blocks(), 1);
	app.adopt(bystander(1, 0)).unwrap();
	assert_eq!(ledger.unsynced_blocks(), 0, "what it signs for is on disk");
	for _ in 0..max {
		follows(&mut app, &ledger);
		assert_eq!(ledger.unsynced_blocks(), 0);
	}
}

#[test]
fn who_becomes_a_validator_waits_for_all_that_it_fetched_before() {
	let (key, ledger) = (bystander(1, 0), FakeLedger::new(keys().iter().map(id_of)));
	let others = keys().iter().map(id_of).filter(|id| *id != id_of(&key)).collect::<Vec<_>>();
	ledger.change_validators(1, fake::equals(others.into_iter()));
	ledger.change_validators(4, fake::equals(keys().iter().map(id_of)));
	let mut app = App::new(ledger.clone(), FakeClock::at(1_000_000), Some(key)).unwrap();
	for unsynced in [1, 2, 0, 0] {
		follows(&mut app, &ledger);
		assert_eq!(ledger.unsynced_blocks(), unsynced, "after {}", ledger.tip().unwrap().number);
	}
}

#[test]
fn who_only_follows_waits_for_the_disk_with_a_proposal_once_it_votes() {
	for adopts in [false, true] {
		let (mut app, ledger) = follower();
		let by = id_of(&proposer(1, 0));
		let block = ledger.build(by, u64::MAX);
		app.synced_value(Height(1), Round::ZERO, by, &encode_versioned(&block));
		assert_eq!(ledger.undecided_count(), 1);
		if adopts {
			app.adopt(bystander(1, 0)).unwrap();
		}
		ledger.loses_unwritten();
		assert_eq!(ledger.undecided_count(), usize::from(adopts));
	}
}

#[test]
fn bytes_that_are_no_block_of_that_height_are_the_peers_fault() {
	let mut node = Node::new(bystander(1, 0));
	let block = built(&node);
	let good = encode_versioned(&block);
	let mut trailing = good.clone();
	trailing.push(0);
	let mut version = good.clone();
	version[0] += 1;
	let mut other_height = block.clone();
	other_height.header.number = 5;
	let mut other_body = block;
	other_body.body[2].push(1);
	let faults = [
		vec![],
		vec![1],
		good[..good.len() - 1].to_vec(),
		trailing,
		version,
		encode_versioned(&other_height),
		encode_versioned(&other_body),
		vec![1; 6 << 20],
	];
	for bytes in faults {
		assert!(matches!(sync(&mut node, 1, &bytes), SyncedValueOutcome::PeerFault));
	}
	assert_eq!(node.ledger.undecided_count(), 0);
}

#[test]
fn a_body_of_more_extrinsics_than_any_block_has_is_the_peers_fault_before_anything_is_executed() {
	let mut node = Node::new(bystander(1, 0));
	let mut block = built(&node);
	block.body = vec![Vec::new(); EXTRINSICS_MAX + 1];
	assert!(matches!(sync(&mut node, 1, &encode_versioned(&block)), SyncedValueOutcome::PeerFault));
	assert_eq!(node.ledger.executions(), 0);
	block.body.pop();
	assert!(matches!(sync(&mut node, 1, &encode_versioned(&block)), SyncedValueOutcome::PeerFault));
	assert_eq!(node.ledger.executions(), 1, "one of another body was tried");
}

#[test]
fn our_own_trouble_is_not_blamed_on_the_peer() {
	let mut node = Node::new(bystander(1, 0));
	let bytes = encode_versioned(&built(&node));
	node.ledger.disk_fails(true);
	assert!(matches!(sync(&mut node, 1, &bytes), SyncedValueOutcome::LocalTransientError));
	assert!(
		matches!(sync(&mut node, 7, &bytes), SyncedValueOutcome::LocalTransientError),
		"not our height now"
	);
	node.ledger.disk_fails(false);
	assert!(matches!(sync(&mut node, 1, &bytes), SyncedValueOutcome::Verdict(_)));
}

#[test]
fn a_certified_block_that_does_not_execute_here_is_reported_invalid_not_the_peers_fault() {
	let mut node = Node::new(bystander(1, 0));
	let bytes = encode_versioned(&built(&node));
	node.ledger.refuses_blocks(true);
	let SyncedValueOutcome::Verdict(verdict) = sync(&mut node, 1, &bytes) else { panic!("a verdict") };
	assert_eq!(verdict.validity, Validity::Invalid);
}

fn chain(length: u64) -> Node {
	let first = Node::new(proposer(1, 0));
	(1..=length).fold(first, |node, height| {
		let mut turn = Node::on(proposer(height, 0), node.ledger.clone(), node.clock.clone());
		let (hash, _) = turn.proposes(height, 0);
		turn.decides(height, hash);
		turn
	})
}

#[test]
fn decided_blocks_are_served_up_to_the_first_gap_and_within_bounds() {
	let node = chain(BLOCKS_PER_RESPONSE_MAX as u64 + 5);
	let served = |first, last| decided_values(&node.ledger, Height(first)..=Height(last)).unwrap().len();
	assert_eq!(served(1, 3), 3);
	assert_eq!(served(0, 3), 0, "block 0 is never decided");
	assert_eq!(served(68, 1_000), 2);
	assert_eq!(served(1, u64::MAX), BLOCKS_PER_RESPONSE_MAX);
	assert_eq!(served(u64::MAX, u64::MAX), 0);
	node.ledger.drop_block(4);
	assert_eq!(served(2, 9), 2);
	assert_eq!(served(4, 9), 0);
}

#[test]
fn what_is_served_is_accepted_by_another_node() {
	let node = chain(3);
	let mut fresh = Node::new(bystander(1, 0));
	for value in decided_values(&node.ledger, Height(1)..=Height(3)).unwrap() {
		let height = value.certificate.height.0;
		let stored = crate::certificate::encode(&value.certificate.trim_vote_extensions());
		let validators = fresh.app.validators().clone();
		let verified = crate::verify_certificate(&fake::GENESIS, &validators, &stored).unwrap();
		assert!(matches!(sync(&mut fresh, height, &value.value_bytes), SyncedValueOutcome::Verdict(_)));
		fresh.decides(height, verified.value);
	}
	assert_eq!(fresh.ledger.tip().unwrap(), node.ledger.tip().unwrap());
}

#[test]
fn one_answer_stays_below_the_engines_limit() {
	let node = chain(0);
	node.ledger.ballast(4 << 20);
	let mut node = Node::on(proposer(1, 0), node.ledger, node.clock);
	for height in 1..=3 {
		let mut turn = Node::on(proposer(height, 0), node.ledger.clone(), node.clock.clone());
		let (hash, _) = turn.proposes(height, 0);
		turn.decides(height, hash);
		node = turn;
	}
	assert_eq!(decided_values(&node.ledger, Height(1)..=Height(3)).unwrap().len(), 2);
}

#[tokio::test]
async fn blocks_are_served_without_the_application_a_few_at_a_time() {
	let Node { app, ledger, .. } = chain(3);
	drop(app);
	let server = Server::new(ledger.clone());
	let ask = || {
		let (reply, answer) = tokio::sync::oneshot::channel();
		server.answer(Height(1)..=Height(3), reply);
		answer
	};
	let (mut reads, release) = ledger.hold_reads();
	let mut answers: Vec<_> = (0..READERS_MAX + 1).map(|_| ask()).collect();
	for _ in 0..READERS_MAX {
		reads.recv().await.expect("as many read as there are places");
	}
	drop(answers.pop());
	drop(release);
	for answer in answers {
		assert_eq!(answer.await.unwrap().len(), 3);
	}
	assert_eq!(ask().await.unwrap().len(), 3);
	let more = std::iter::from_fn(|| reads.try_recv().ok()).count();
	assert_eq!(more, 3 * (READERS_MAX + 1) - READERS_MAX, "nothing is read for who is gone");
}
