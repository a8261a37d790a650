//! The index behind a real development chain, whose blocks the tests make by hand.

mod common;
#[path = "common/development.rs"]
mod development;
#[path = "../../execution/tests/common/mod.rs"]
mod transactions;

use codec::DecodeAll;
use plexus_chain::{
	index::{catch_up, rebuild_by_execution, rebuild_from_states, IndexError},
	replay::ReplayError,
	Chain,
};
use plexus_execution::SPEC_VERSION;
use plexus_primitives::Subject;
use plexus_runtime as runtime;
use plexus_storage::{
	db::STATE_HISTORY_MIN, index::PAGE_MAX, Database, HistoryPage, IndexMark, Options, Order, Place,
	StatePruning,
};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	transaction_validity::TransactionSource,
};
use std::{ops::ControlFlow, path::Path};
use transactions::signed_transfer;
use Sr25519Keyring::{Alice, Bob, Charlie};

const ALL: u32 = 1_000;

fn open(path: &Path, state_pruning: StatePruning) -> Database {
	development::open(path, Options { state_pruning, ..Options::default() })
}

/// A chain of blocks made by hand.
struct Scene {
	chain: Chain,
	directory: tempfile::TempDir,
	nonce: u32,
}

impl Scene {
	fn new(state_pruning: StatePruning) -> Self {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let database = open(&directory.path().join("db"), state_pruning);
		Self { chain: common::chain(database, 1_000), directory, nonce: 0 }
	}

	fn database(&self) -> &Database {
		self.chain.database()
	}

	/// A block of transfers of Alice's.
	fn block(&mut self, transfers: &[(Sr25519Keyring, u128)]) {
		for (to, value) in transfers {
			let extrinsic = signed_transfer(
				self.chain.genesis_hash(),
				&Alice.pair(),
				self.nonce,
				to.to_account_id(),
				*value,
			);
			self.nonce += 1;
			self.chain.pool().submit(TransactionSource::External, extrinsic).expect("the pool takes it");
		}
		common::commit(&self.chain, &common::propose(&self.chain));
	}

	fn history(&self, of: Sr25519Keyring) -> HistoryPage {
		let subject = Subject::Account(of.to_account_id().into());
		self.database().history(&subject.key(), Order::OldestFirst, None, PAGE_MAX).expect("the disk is well")
	}

	/// What an account got, in order, with the heights.
	fn received(&self, by: Sr25519Keyring) -> Vec<(u32, u128)> {
		let of =
			|(place, event): &(Place, plexus_storage::IndexedEvent)| {
				let decoded = runtime::RuntimeEvent::decode_all(&mut &event.event[..]).expect("an event");
				match decoded {
					runtime::RuntimeEvent::Balances(pallet_balances::Event::Transfer {
						to, amount, ..
					}) if to == by.to_account_id() => Some((place.number, amount)),
					_ => None,
				}
			};
		self.history(by).events.iter().filter_map(of).collect()
	}

	fn mark(&self) -> Option<(u32, u32)> {
		let mark = self.database().index_mark().expect("the disk is well");
		mark.map(|IndexMark { complete_from, indexed_to }| (complete_from, indexed_to))
	}
}

/// More than the existential deposit, and each another.
fn value(number: u128) -> u128 {
	1_000_000_000_000 + number
}

#[test]
fn the_index_follows_the_chain_and_is_the_same_made_anew_either_way() {
	let mut scene = Scene::new(StatePruning::Archive);
	assert_eq!(scene.mark(), None);
	assert_eq!(catch_up(scene.database(), ALL).expect("indexes"), 0);
	assert_eq!(scene.mark(), Some((0, 0)), "the genesis, which has no events");
	let mut sent = Vec::new();
	for number in 1..=6u32 {
		let values: Vec<_> = (0..number % 3).map(|n| value(u128::from(number * 10 + n))).collect();
		scene.block(&values.iter().map(|value| (Bob, *value)).collect::<Vec<_>>());
		sent.extend(values.iter().map(|value| (number, *value)));
	}
	assert_eq!(catch_up(scene.database(), 4).expect("indexes"), 2, "a step is no longer than allowed");
	assert_eq!(scene.mark(), Some((0, 4)));
	assert_eq!(catch_up(scene.database(), 4).expect("indexes"), 0);
	assert_eq!(scene.mark(), Some((0, 6)));
	assert_eq!(scene.received(Bob), sent);
	assert_eq!(scene.history(Alice).events.len(), sent.len());
	assert_eq!(scene.history(Charlie).events, [], "nothing happened to Charlie");

	let first = scene.history(Bob);
	for (place, event) in &first.events {
		let (index, hash) = event.extrinsic.expect("transfers are transactions");
		let body = scene.database().block(place.number).expect("reads").expect("is there").body;
		assert_eq!(hash, BlakeTwo256::hash(&body[index as usize]));
		assert_eq!(event.spec_version, SPEC_VERSION);
	}

	let go_on = |_| ControlFlow::Continue(());
	rebuild_from_states(scene.database(), go_on).expect("every state is kept");
	assert_eq!((scene.history(Bob), scene.mark()), (first.clone(), Some((0, 6))));
	let scratch = open(&scene.directory.path().join("scratch"), StatePruning::Keep(STATE_HISTORY_MIN));
	rebuild_by_execution(scene.database(), &scratch, scene.chain.executor(), |_| ControlFlow::Continue(()))
		.expect("the blocks are good");
	assert_eq!((scene.history(Bob), scene.mark()), (first, Some((0, 6))));
}

#[test]
fn a_node_that_fell_behind_its_states_begins_anew_says_from_where_and_is_made_complete() {
	let mut scene = Scene::new(StatePruning::Keep(STATE_HISTORY_MIN));
	scene.block(&[(Bob, value(1))]);
	assert_eq!(catch_up(scene.database(), ALL).expect("indexes"), 0);
	let mut sent = vec![(1, value(1))];
	for number in 2..=8u32 {
		scene.block(&[(Bob, value(number.into()))]);
		sent.push((number, value(number.into())));
	}
	let oldest = scene.database().oldest_state();
	assert!(oldest > 2, "block 2 is discarded: {oldest}");
	assert_eq!(catch_up(scene.database(), ALL).expect("indexes"), 0);
	assert_eq!(scene.mark(), Some((oldest, 8)));
	let known: Vec<_> =
		sent.iter().copied().filter(|(number, _)| *number == 1 || *number >= oldest).collect();
	assert_eq!(scene.received(Bob), known, "what was known stays, what is missing is missing");

	let executor = scene.chain.executor();
	let scratch =
		|name: &str| open(&scene.directory.path().join(name), StatePruning::Keep(STATE_HISTORY_MIN));
	let stopped =
		rebuild_by_execution(scene.database(), &scratch("first"), executor, |done| match done.blocks {
			3 => ControlFlow::Break(()),
			_ => ControlFlow::Continue(()),
		});
	let stopped = stopped.expect_err("it was stopped");
	assert!(matches!(stopped, IndexError::Replay(ReplayError::Stopped { number: 3 })), "{stopped}");
	assert_eq!(scene.mark(), Some((0, 3)));
	rebuild_by_execution(scene.database(), &scratch("second"), executor, |_| ControlFlow::Continue(()))
		.expect("the blocks are good");
	assert_eq!(scene.mark(), Some((0, 8)));
	assert_eq!(scene.received(Bob), sent);

	// And goes on behind the chain from there.
	scene.block(&[(Bob, value(9))]);
	sent.push((9, value(9)));
	assert_eq!(catch_up(scene.database(), ALL).expect("indexes"), 0);
	assert_eq!((scene.mark(), scene.received(Bob)), (Some((0, 9)), sent));
}
