//! Conservation: whatever is called in whatever order, all money is somewhere, everybody is owed what the rules say, and who
//! is owed something can be paid.
//!
//! The suite plays until [`CALLS`] calls are in blocks, and on with further seeds as long as some kind of
//! call has not succeeded yet, at most [`LONGER`] times as long. A long run is
//! `PLEXUS_CALLS=200000 PLEXUS_SEED=1 scripts/test-slow conservation`. A failure prints its seed: the same
//! seed plays the same history.
//!
//! # Must not
//! Depend on the machine: a history follows from its seed alone.

mod common;
mod ledger;

use frame_support::traits::fungible::Mutate;
use ledger::{calls::KINDS, choices::Choices, History, Tally};
use pallet_rewards::Holder;
use plexus_primitives::{constants::Balance, MethodId};
use plexus_runtime::{fees::validators_pot, AccountId, Attribution, Balances, Receipts, Rewards, Runtime};
use sp_core::U256;

/// Calls of the suite that go into blocks. What the runtime refuses is no call.
const CALLS: u64 = 20_000;
/// How many times that at most.
const LONGER: u64 = 4;
/// Calls of one history; the next begins with a new chain.
const HISTORY_CALLS: u64 = 5_000;
/// Attempts to include a call, in each block.
const BLOCK_CALLS: u64 = 20;
/// How many times as many attempts a history may need at most: far more than one in two goes into a block.
const ATTEMPTS_MAX: u64 = 2;

fn number(variable: &str, otherwise: u64) -> u64 {
	std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// Plays one history until so many calls are in its blocks.
fn play(seed: u64, calls: u64) -> Vec<Tally> {
	let mut history = History::new(Choices::seeded(seed));
	for _ in 0..(ATTEMPTS_MAX * calls).div_ceil(BLOCK_CALLS) {
		if history.included >= calls {
			return history.tally;
		}
		if let Err(breach) = history.block(BLOCK_CALLS) {
			panic!(
				"seed {seed}, block {}, after {} calls: {breach}",
				history.chain.parent.number, history.included
			);
		}
	}
	assert!(history.included >= calls, "seed {seed}: only {} of {calls} calls went in", history.included);
	history.tally
}

/// The kinds that never succeeded.
fn missing(tally: &[Tally]) -> Vec<&'static str> {
	KINDS.iter().zip(tally).filter(|(_, one)| one.succeeded == 0).map(|(kind, _)| kind.name).collect()
}

/// Plays so many included calls at least, two histories at a time, and on as long as a kind is missing.
fn play_all(seed: u64, calls: u64) -> Vec<Tally> {
	let histories = calls.div_ceil(HISTORY_CALLS);
	let mut sums = vec![Tally::default(); KINDS.len()];
	let seeds: Vec<_> = (0..LONGER * histories).map(|place| seed.wrapping_add(place)).collect();
	for (played, pair) in (0..).step_by(2).zip(seeds.chunks(2)) {
		if played >= histories && missing(&sums).is_empty() {
			break;
		}
		let tallies = std::thread::scope(|scope| {
			let play = |seed: u64| scope.spawn(move || play(seed, HISTORY_CALLS.min(calls)));
			let threads: Vec<_> = pair.iter().copied().map(play).collect();
			let joined = threads.into_iter().map(|thread| thread.join());
			joined.collect::<Result<Vec<_>, _>>()
		});
		let tallies = tallies.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked));
		for tally in tallies {
			for (sum, one) in sums.iter_mut().zip(tally) {
				sum.tried += one.tried;
				sum.included += one.included;
				sum.succeeded += one.succeeded;
			}
		}
	}
	sums
}

#[test]
fn random_calls_of_all_pallets_neither_make_nor_lose_a_unit() {
	let (seed, calls) = (number("PLEXUS_SEED", 1), number("PLEXUS_CALLS", CALLS));
	println!("PLEXUS_SEED={seed} PLEXUS_CALLS={calls}");
	let tally = play_all(seed, calls);
	History::print(&tally);
	let sum = |of: fn(&Tally) -> u64| tally.iter().map(of).sum::<u64>();
	let (tried, included, succeeded) =
		(sum(|one| one.tried), sum(|one| one.included), sum(|one| one.succeeded));
	println!("{tried} calls tried, {included} in blocks, {succeeded} succeeded");
	assert!(included >= calls, "too few calls are in blocks");
	assert!(succeeded * 2 >= included, "too few calls succeed");
	let never = missing(&tally);
	assert!(never.is_empty(), "never succeeded: {never:?}");
}

#[test]
fn the_same_seed_makes_the_same_state() {
	let root = |seed| {
		let mut history = History::new(Choices::seeded(seed));
		for _ in 0..10 {
			history.block(BLOCK_CALLS).expect("every invariant holds");
		}
		history.chain.parent.state_root
	};
	assert_eq!(root(7), root(7));
	assert_ne!(root(7), root(8));
}

/// Takes from, or gives to, an account without a trace.
fn change_balance(account: &AccountId, change: impl Fn(Balance) -> Balance) {
	frame_system::Account::<Runtime>::mutate(account, |info| info.data.free = change(info.data.free));
}

fn first_holder() -> (Holder<AccountId>, pallet_rewards::Place) {
	pallet_rewards::Positions::<Runtime>::iter_keys().next().expect("somebody contributed")
}

fn first_pool() -> (plexus_primitives::DatanetId, plexus_primitives::DatanetVersion) {
	pallet_rewards::Pools::<Runtime>::iter()
		.find(|(_, _, pool)| pool.deposited > 0)
		.map(|(datanet, version, _)| (datanet, version))
		.expect("some version was paid")
}

/// A unit too much or too little in one place of the state.
type Breach = (&'static str, fn());

/// One for each invariant at least.
const BREACHES: &[Breach] = &[
	("a unit out of the pot of open batches", || change_balance(&Attribution::pot(), |all| all - 1)),
	("a unit out of the pot of receipts", || change_balance(&Receipts::pot(), |all| all - 1)),
	("a unit out of the pot of rewards", || change_balance(&Rewards::pot(), |all| all - 1)),
	("a unit out of the validators' pot", || change_balance(&validators_pot(), |all| all - 1)),
	("a unit from one pot in another", || {
		change_balance(&Rewards::pot(), |all| all - 1);
		change_balance(&Receipts::pot(), |all| all + 1);
	}),
	("a unit made for an account", || change_balance(&Receipts::pot(), |all| all + 1)),
	("a unit minted", || {
		Balances::mint_into(&validators_pot(), 1).expect("it exists");
	}),
	("issuance without money", || pallet_balances::TotalIssuance::<Runtime>::mutate(|all| *all += 1)),
	("a version that weighs more than who is in it", || {
		let (datanet, version) = first_pool();
		pallet_rewards::Pools::<Runtime>::mutate(datanet, version, |pool| pool.weight += 1);
	}),
	("a running weight that nobody has", || {
		let (_, place) = first_holder();
		pallet_rewards::Heads::<Runtime>::mutate(place.datanet, |head| head.weight += 1);
	}),
	("a position that weighs more", || {
		let (holder, place) = first_holder();
		pallet_rewards::Positions::<Runtime>::mutate(holder, place, |position| {
			position.as_mut().expect("it is there").weight += 1;
		});
	}),
	("a position that is gone", || {
		let (holder, place) = first_holder();
		pallet_rewards::Positions::<Runtime>::remove(holder, place);
	}),
	("a unit more in a node of the tree", || {
		let (datanet, version) = first_pool();
		pallet_rewards::Pools::<Runtime>::mutate(datanet, version, |pool| {
			pool.node += U256::one() << 64;
		});
	}),
	("a remainder of a pool", || {
		let (datanet, version) = first_pool();
		pallet_rewards::Pools::<Runtime>::mutate(datanet, version, |pool| pool.remainder ^= 1);
	}),
	("a deposit that nobody made", || {
		let (datanet, version) = first_pool();
		pallet_rewards::Pools::<Runtime>::mutate(datanet, version, |pool| pool.deposited += 1);
	}),
	("a credit that nobody earned", || {
		let holder = pallet_rewards::Earnings::<Runtime>::iter_keys().next().expect("somebody earned");
		pallet_rewards::Earnings::<Runtime>::mutate(holder, |earned| {
			earned.due += 1;
			earned.claims += 1;
		});
	}),
	("a revenue of data that nobody paid", || {
		let model = pallet_rewards::DataRevenues::<Runtime>::iter_keys().next().expect("data earned");
		pallet_rewards::DataRevenues::<Runtime>::mutate(model, |revenue| *revenue += 1);
	}),
	("an entry that pulled less", || {
		let (model, entry, _) = pallet_rewards::Pulled::<Runtime>::iter().next().expect("some entry pulled");
		pallet_rewards::Pulled::<Runtime>::mutate(model, entry, |pulled| *pulled -= 1);
	}),
	("a fee that nobody paid", || {
		let account = pallet_receipts::Earnings::<Runtime>::iter_keys().next().expect("somebody served");
		pallet_receipts::Earnings::<Runtime>::mutate(account, |earned| *earned += 1);
	}),
	("a revenue of a model that nobody paid", || {
		let model = pallet_receipts::Books::<Runtime>::iter_keys().next().expect("some model has a book");
		pallet_receipts::Books::<Runtime>::mutate_extant(model, |book| book.revenue += 1);
	}),
	("a developer that pulled less", || {
		let (model, _) = pallet_receipts::Books::<Runtime>::iter()
			.find(|(_, book)| book.developer_taken > 0)
			.expect("some developer was paid");
		pallet_receipts::Books::<Runtime>::mutate_extant(model, |book| book.developer_taken -= 1);
	}),
	("a channel that has more locked", || {
		let channel = pallet_receipts::Channels::<Runtime>::iter_keys().next().expect("some channel is open");
		pallet_receipts::Channels::<Runtime>::mutate_extant(channel, |channel| channel.locked += 1);
	}),
	("a deposit of a proxy that nobody made", || {
		let account = pallet_proxy::Proxies::<Runtime>::iter_keys().next().expect("somebody has a proxy");
		pallet_proxy::Proxies::<Runtime>::mutate(account, |(_, deposit)| *deposit += 1);
	}),
	("money on hold that nobody put there", || {
		let (account, holds) = pallet_balances::Holds::<Runtime>::iter()
			.find(|(_, holds)| holds.iter().any(|hold| is_hold_of_batches(&hold.id)))
			.expect("a batch is open");
		let mut holds = holds;
		let one = holds.iter_mut().find(|hold| is_hold_of_batches(&hold.id)).expect("it was just found");
		one.amount -= 1;
		pallet_balances::Holds::<Runtime>::insert(account, holds);
	}),
];

fn is_hold_of_batches(reason: &plexus_runtime::RuntimeHoldReason) -> bool {
	*reason == pallet_attribution::HoldReason::Batch.into()
}

/// A chain on which everything has happened, and batches are open.
fn eventful() -> History {
	let mut history = History::new(Choices::seeded(1));
	for _ in 0..100 {
		history.block(BLOCK_CALLS).expect("every invariant holds");
	}
	// Until a batch with a hold is open, and versions were paid.
	for _ in 0..200 {
		let ready = history.chain.ext.execute_with(|| {
			let open = pallet_attribution::Batches::<Runtime>::iter_values().any(|batch| batch.hold > 0);
			let paid = pallet_rewards::Pools::<Runtime>::iter_values().any(|pool| pool.deposited > 0);
			let taken = pallet_receipts::Books::<Runtime>::iter_values().any(|book| book.developer_taken > 0);
			let due = pallet_receipts::Earnings::<Runtime>::iter_keys().next().is_some();
			let locked = pallet_receipts::Channels::<Runtime>::iter_keys().next().is_some();
			let proxied = pallet_proxy::Proxies::<Runtime>::iter_keys().next().is_some();
			let method = pallet_attribution::NextMethodId::<Runtime>::get() > MethodId(0);
			open && paid && taken && due && locked && proxied && method
		});
		if ready {
			return history;
		}
		history.block(BLOCK_CALLS).expect("every invariant holds");
	}
	panic!("no history of this seed has an open batch");
}

#[test]
fn a_planted_breach_of_each_invariant_is_noticed_by_the_check_after_a_block() {
	let mut history = eventful();
	assert_eq!(history.check(), Ok(()));
	for (what, plant) in BREACHES {
		let found = history.check_with(plant);
		println!("{what}: {found:?}");
		assert!(found.is_err(), "nobody noticed {what}");
	}
	assert_eq!(history.check(), Ok(()), "the breaches are gone again");
}

#[test]
fn a_chain_that_goes_on_after_a_breach_is_stopped_by_its_next_block() {
	let mut history = eventful();
	history.chain.ext.execute_with(|| change_balance(&Rewards::pot(), |all| all - 1));
	history.chain.ext.commit_all().expect("the change applies");
	assert!(history.block(BLOCK_CALLS).is_err(), "nobody noticed");
}
