//! Cases that the random histories of the model reach rarely or not at all.

use super::*;

fn account(n: u8) -> AccountId32 {
	AccountId32::new([n; 32])
}

fn hash(n: u64) -> Hash {
	Hash::from_low_u64_be(n)
}

fn item(n: u64, owner: u8, nonce: u32, priority: u64) -> Item {
	let lane = Lane::Account { account: account(owner), nonce };
	Item { hash: hash(n), bytes: vec![0; 10].into(), priority, last_block: 100, payer: None, lane }
}

fn queue() -> Queue {
	Queue::new(PoolLimits { count: 1_000, bytes: 100_000, ..PoolLimits::default() })
}

/// Inserts with the account's nonce in the state given; returns the events.
fn insert(queue: &mut Queue, item: Item, state_nonce: u32) -> Vec<Event> {
	let mut events = Vec::new();
	queue.insert(item, Some(state_nonce), &mut events).expect("the item fits");
	events
}

fn next(pass: &mut Pass, queue: &Queue) -> Option<Hash> {
	pass.next(|position, count| queue.heads_after(position, count)).map(|offer| offer.hash)
}

fn apply(pass: &mut Pass, queue: &Queue, hash: Hash) {
	pass.applied(&hash, |account, nonce, count| queue.run(account, nonce, count));
}

#[test]
fn calls_that_arrive_in_reverse_become_ready_together_when_the_first_comes() {
	let mut queue = queue();
	for nonce in (1..100).rev() {
		assert_eq!(
			insert(&mut queue, item(nonce, 1, nonce as u32, 5), 0),
			[(hash(nonce), TransactionStatus::Future)]
		);
	}
	assert_eq!((queue.next_nonce(&account(1), 0), queue.last_nonce(&account(1))), (0, Some(99)));
	let events = insert(&mut queue, item(1_000, 1, 0, 5), 0);
	assert_eq!(events.len(), 100);
	assert!(events.iter().all(|(_, status)| *status == TransactionStatus::Ready));
	assert_eq!(queue.totals().0, 100);
	assert_eq!(queue.next_nonce(&account(1), 0), 100);
}

#[test]
fn an_account_that_dies_within_a_block_loses_nothing_that_the_block_includes() {
	let mut queue = queue();
	insert(&mut queue, item(1, 1, 5, 5), 5);
	insert(&mut queue, item(2, 1, 6, 5), 5);
	let body = [
		Included { hash: hash(1), index: 1, sender: None },
		Included { hash: hash(9), index: 2, sender: Some((account(1), 0)) },
	];
	let mut events = Vec::new();
	queue.on_block(hash(77), 3, &body, &mut events);
	assert!(events.contains(&(hash(1), TransactionStatus::Included { block: hash(77), index: 1 })));
	assert!(!queue.contains(&hash(1)));
	assert_eq!(queue.status_of(&hash(2)), Some(TransactionStatus::Future));
	assert_eq!(queue.next_nonce(&account(1), 1), 1);
	assert_eq!(queue.last_nonce(&account(1)), Some(6));
}

#[test]
fn an_account_that_is_overtaken_and_dies_within_a_block_gets_every_final_status() {
	let mut queue = queue();
	for n in 1..4 {
		insert(&mut queue, item(n, 1, 4 + n as u32, 5), 5);
	}
	let foreign = |n, index, nonce| Included { hash: hash(n), index, sender: Some((account(1), nonce)) };
	let body = [foreign(8, 1, 5), Included { hash: hash(2), index: 2, sender: None }, foreign(9, 3, 0)];
	let mut events = Vec::new();
	queue.on_block(hash(77), 3, &body, &mut events);
	assert!(events.contains(&(hash(1), TransactionStatus::Usurped(hash(8)))));
	assert!(events.contains(&(hash(2), TransactionStatus::Included { block: hash(77), index: 2 })));
	assert_eq!(queue.totals(), (0, 1, 10));
	assert_eq!(queue.status_of(&hash(3)), Some(TransactionStatus::Future));
}

#[test]
fn an_account_that_started_again_may_reach_its_old_nonces_within_a_block() {
	let mut queue = queue();
	insert(&mut queue, item(1, 1, 5, 5), 5);
	insert(&mut queue, item(2, 1, 6, 5), 5);
	let mut body: Vec<_> = (0..5)
		.map(|nonce| Included {
			hash: hash(80 + u64::from(nonce)),
			index: nonce,
			sender: Some((account(1), nonce)),
		})
		.collect();
	body.push(Included { hash: hash(1), index: 5, sender: None });
	queue.on_block(hash(77), 3, &body, &mut Vec::new());
	assert!(!queue.contains(&hash(1)));
	assert_eq!(queue.status_of(&hash(2)), Some(TransactionStatus::Ready));
}

#[test]
fn an_included_nonce_ends_the_ones_before_it_even_if_nobody_says_who_used_them() {
	let mut queue = queue();
	insert(&mut queue, item(1, 1, 5, 5), 5);
	insert(&mut queue, item(2, 1, 6, 5), 5);
	let mut events = Vec::new();
	queue.on_block(hash(77), 3, &[Included { hash: hash(2), index: 1, sender: None }], &mut events);
	assert!(matches!(&events[0], (stale, TransactionStatus::Invalid(_)) if *stale == hash(1)));
	assert_eq!(events[1..], [(hash(2), TransactionStatus::Included { block: hash(77), index: 1 })]);
	assert_eq!(queue.totals(), (0, 0, 0));
}

#[test]
fn a_nonce_read_from_the_state_makes_lower_ones_stale_and_later_ones_ready() {
	let mut queue = queue();
	insert(&mut queue, item(1, 1, 0, 5), 0);
	insert(&mut queue, item(2, 1, 3, 5), 0);
	let events = insert(&mut queue, item(3, 1, 4, 5), 3);
	assert!(matches!(&events[0], (stale, TransactionStatus::Invalid(_)) if *stale == hash(1)));
	assert_eq!(events[1..], [(hash(2), TransactionStatus::Ready), (hash(3), TransactionStatus::Ready)]);
}

#[test]
fn equal_priorities_go_by_arrival_and_a_nonce_never_before_its_predecessor() {
	let mut queue = queue();
	insert(&mut queue, item(1, 1, 0, 5), 0);
	insert(&mut queue, item(2, 2, 0, 5), 0);
	insert(&mut queue, item(3, 1, 1, 9), 0);
	insert(&mut queue, item(4, 3, 0, 7), 0);
	let mut pass = Pass::default();
	let mut order = Vec::new();
	while let Some(hash) = next(&mut pass, &queue) {
		order.push(hash);
		apply(&mut pass, &queue, hash);
	}
	assert_eq!(order, [4, 1, 3, 2].map(hash));
}

#[test]
fn an_account_whose_transaction_was_not_applied_pauses_for_the_pass_only() {
	let mut queue = queue();
	insert(&mut queue, item(1, 1, 0, 9), 0);
	insert(&mut queue, item(2, 1, 1, 9), 0);
	insert(&mut queue, item(3, 2, 0, 5), 0);
	let mut pass = Pass::default();
	assert_eq!(next(&mut pass, &queue), Some(hash(1)));
	assert!(pass.take_offered(&hash(1)).is_some());
	assert_eq!(next(&mut pass, &queue), Some(hash(3)));
	assert_eq!(next(&mut pass, &queue), None);
	assert_eq!(next(&mut Pass::default(), &queue), Some(hash(1)));
}

#[test]
fn a_block_that_comes_during_a_pass_makes_it_offer_nothing_twice() {
	let mut queue = queue();
	for n in 0..4 {
		insert(&mut queue, item(n + 1, 1, n as u32, 9 - n), 0);
	}
	// More accounts than a batch holds, so that the pass has to come back for heads.
	for n in 0..2 * crate::limits::BUILDER_BATCH as u64 {
		let lane = Lane::Tags([n.to_be_bytes().to_vec()].into());
		let item = Item { lane, ..item(1_000 + n, 0, 0, 7) };
		queue.limits.count += 1;
		queue.insert(item, None, &mut Vec::new()).expect("the item fits");
	}
	let mut pass = Pass::default();
	let mut seen = std::collections::HashSet::new();
	assert_eq!(next(&mut pass, &queue), Some(hash(1)));
	seen.insert(hash(1));
	apply(&mut pass, &queue, hash(1));
	queue.on_block(hash(77), 3, &[Included { hash: hash(1), index: 0, sender: None }], &mut Vec::new());
	insert(&mut queue, item(50, 1, 4, 1), 1);
	queue.on_block(hash(78), 4, &[Included { hash: hash(2), index: 0, sender: None }], &mut Vec::new());
	queue.on_block(hash(79), 5, &[Included { hash: hash(3), index: 0, sender: None }], &mut Vec::new());
	while let Some(hash) = next(&mut pass, &queue) {
		assert!(seen.insert(hash), "{hash:?} is offered twice");
		apply(&mut pass, &queue, hash);
	}
	assert!(seen.contains(&hash(4)));
}

#[test]
fn a_full_pool_refuses_and_never_pushes_out_a_ready_one() {
	let mut queue = Queue::new(PoolLimits { count: 2, ..PoolLimits::default() });
	insert(&mut queue, item(1, 1, 0, 5), 0);
	insert(&mut queue, item(2, 2, 0, 5), 0);
	assert_eq!(queue.insert(item(3, 3, 0, 1_000), Some(0), &mut Vec::new()), Err(Refusal::PoolFull));
	assert_eq!(queue.totals(), (2, 0, 20));
}

#[test]
fn waiting_ones_leave_half_of_the_pool_to_those_that_are_due() {
	let mut queue = Queue::new(PoolLimits { count: 10, ..PoolLimits::default() });
	for n in 1..6 {
		insert(&mut queue, item(n, 1, n as u32, 5), 0);
	}
	assert_eq!(queue.insert(item(6, 1, 6, 5), Some(0), &mut Vec::new()), Err(Refusal::TooManyWaiting));
	// The nonce that is due fits, and releases the others.
	assert_eq!(insert(&mut queue, item(7, 1, 0, 5), 0).len(), 6);
	insert(&mut queue, item(8, 1, 6, 5), 0);
	assert_eq!(queue.totals().0, 7);
}

#[test]
fn the_nonce_that_is_due_fits_however_many_later_ones_came_first() {
	let mut queue = Queue::new(PoolLimits { per_account: 5, ..PoolLimits::default() });
	for nonce in 1..5 {
		insert(&mut queue, item(nonce, 1, nonce as u32, 5), 0);
	}
	let refused = queue.insert(item(5, 1, 5, 5), Some(0), &mut Vec::new());
	assert_eq!(refused, Err(Refusal::TooFarAhead { state_nonce: 0, max: 5 }));
	insert(&mut queue, item(6, 1, 0, 5), 0);
	assert_eq!(queue.totals(), (5, 0, 50));
}

#[test]
fn builds_that_fail_count_once_per_block() {
	let mut queue = queue();
	insert(&mut queue, item(1, 1, 0, 5), 0);
	assert!(!queue.failed_build(&hash(1), 4));
	assert!(!queue.failed_build(&hash(1), 4));
	assert!(!queue.failed_build(&hash(1), 5));
	assert!(!queue.failed_build(&hash(1), 5));
	assert!(queue.failed_build(&hash(1), 6));
	assert!(!queue.failed_build(&hash(2), 6), "an unknown one has nothing to lose");
}

#[test]
fn the_last_nonce_of_all_waits_until_it_expires() {
	let mut queue = queue();
	let events = insert(&mut queue, item(1, 1, u32::MAX, 5), u32::MAX);
	assert_eq!(queue.status_of(&hash(1)), Some(TransactionStatus::Future));
	assert_eq!(events, [(hash(1), TransactionStatus::Future)]);
	let mut events = Vec::new();
	queue.on_block(hash(77), 100, &[], &mut events);
	assert!(matches!(&events[..], [(_, TransactionStatus::Dropped(_))]));
	assert_eq!(queue.totals(), (0, 0, 0));
}

#[test]
fn what_one_agent_is_to_pay_for_is_bounded_in_number_and_bytes_and_nobody_else_is() {
	let limits = PoolLimits { per_agent: 3, transaction_bytes_max: 40, bytes: 640, ..PoolLimits::default() };
	let mut queue = Queue::new(limits);
	let paid = |n, owner, nonce, priority, length: usize| Item {
		payer: Some(AgentId(7)),
		bytes: vec![0; length].into(),
		..item(n, owner, nonce, priority)
	};
	// Of two keys, the second of one behind the first.
	insert(&mut queue, paid(1, 1, 0, 5, 10), 0);
	insert(&mut queue, paid(2, 1, 1, 5, 10), 0);
	insert(&mut queue, paid(3, 2, 0, 5, 10), 0);
	let refused = queue.insert(paid(4, 3, 0, 5, 10), Some(0), &mut Vec::new());
	assert_eq!(refused, Err(Refusal::AgentFull { agent: AgentId(7), count: 3, bytes: 30 }));
	// A key that pays itself, and another agent's, are not refused.
	insert(&mut queue, item(5, 3, 0, 5), 0);
	insert(&mut queue, Item { payer: Some(AgentId(8)), ..item(6, 4, 0, 5) }, 0);
	// A replacement takes the place of what it replaces, as far as the bytes go.
	let too_long = queue.insert(paid(7, 1, 0, 10, 21), Some(0), &mut Vec::new());
	assert_eq!(too_long, Err(Refusal::AgentFull { agent: AgentId(7), count: 3, bytes: 30 }));
	insert(&mut queue, paid(8, 1, 0, 10, 20), 0);
	assert_eq!(queue.payers[&AgentId(7)], Burden { count: 3, bytes: 40 });
	// What is included makes room.
	queue.on_block(hash(77), 3, &[Included { hash: hash(8), index: 0, sender: None }], &mut Vec::new());
	insert(&mut queue, paid(9, 3, 1, 5, 20), 0);
	for n in [2, 3, 9] {
		queue.remove(&hash(n), TransactionStatus::Dropped("removed".into()), &mut Vec::new());
	}
	assert!(!queue.payers.contains_key(&AgentId(7)), "an agent that is to pay for nothing takes no memory");
	queue.check();
}

#[test]
fn a_key_whose_nonces_never_come_due_locks_out_no_other_key_of_its_agent() {
	let mut queue = Queue::new(PoolLimits { per_agent: 3, ..PoolLimits::default() });
	let paid = |n, owner, nonce| Item { payer: Some(AgentId(7)), ..item(n, owner, nonce, 5) };
	for n in 1..4 {
		insert(&mut queue, paid(n, 1, n as u32), 0);
	}
	// Another that waits has no better right.
	let refused = queue.insert(paid(4, 2, 1), Some(0), &mut Vec::new());
	assert_eq!(refused, Err(Refusal::AgentFull { agent: AgentId(7), count: 3, bytes: 30 }));
	// One that is due has: the latest makes way.
	let events = insert(&mut queue, paid(5, 2, 0), 0);
	assert!(matches!(&events[0], (dropped, TransactionStatus::Dropped(_)) if *dropped == hash(3)));
	assert_eq!(events[1..], [(hash(5), TransactionStatus::Ready)]);
	insert(&mut queue, paid(6, 2, 1), 0);
	insert(&mut queue, paid(7, 3, 0), 0);
	assert_eq!(queue.totals(), (3, 0, 30));
	// What is due stays.
	let refused = queue.insert(paid(8, 4, 0), Some(0), &mut Vec::new());
	assert_eq!(refused, Err(Refusal::AgentFull { agent: AgentId(7), count: 3, bytes: 30 }));
	queue.check();
}

#[test]
fn a_key_without_funds_waits_for_few_nonces_at_its_agents_expense() {
	use crate::limits::AGENT_WAITING_MAX;
	let mut queue = queue();
	let paid = |n, nonce| Item { payer: Some(AgentId(7)), ..item(n, 1, nonce, 5) };
	insert(&mut queue, paid(1, AGENT_WAITING_MAX), 0);
	let too_far = queue.insert(paid(2, AGENT_WAITING_MAX + 1), Some(0), &mut Vec::new());
	assert_eq!(too_far, Err(Refusal::TooFarAhead { state_nonce: 0, max: AGENT_WAITING_MAX }));
	// Nobody else is bound by it, and neither is what follows without a gap.
	insert(&mut queue, item(3, 2, AGENT_WAITING_MAX + 1, 5), 0);
	for nonce in 0..AGENT_WAITING_MAX {
		insert(&mut queue, paid(100 + u64::from(nonce), nonce), 0);
	}
	insert(&mut queue, paid(2, AGENT_WAITING_MAX + 1), 0);
	assert_eq!(queue.totals().1, 1);
	queue.check();
}
