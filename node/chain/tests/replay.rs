//! Executing a stored chain again finds each kind of damage: what differs is planted in a real database, behind the back of
//! the storage, which would never write it.

mod common;
#[path = "common/development.rs"]
mod development;
#[path = "../../execution/tests/common/mod.rs"]
mod transactions;

use codec::{DecodeAll, Encode};
use plexus_chain::replay::{replay, ReplayError, Replayed};
use plexus_execution::{BlockError, Executor};
use plexus_storage::{
	schema::{height_key, BODIES, COLUMNS, HEADERS, SETS, STATE},
	Database, Hash, Header, Options,
};
use rocksdb::{ColumnFamily, IteratorMode, DB};
use sp_keyring::Sr25519Keyring;
use sp_runtime::transaction_validity::TransactionSource;
use std::{ops::ControlFlow, path::Path};
use tempfile::TempDir;
use transactions::signed_transfer;

const PLX: u128 = 1_000_000_000_000;
const BLOCKS: u32 = 4;
/// The database that is executed again, in its directory.
const STORED: &str = "stored";

fn open(path: &Path) -> Database {
	development::open(path, Options::default())
}

/// The closed database of a chain with a transfer in each of its blocks.
fn stored_chain() -> TempDir {
	let directory = tempfile::tempdir().expect("a temporary directory");
	let chain = common::chain(open(&directory.path().join(STORED)), 1_000);
	let genesis = chain.genesis_hash();
	for nonce in 0..BLOCKS {
		let to = Sr25519Keyring::Bob.to_account_id();
		let transfer = signed_transfer(genesis, &Sr25519Keyring::Alice.pair(), nonce, to, PLX);
		chain.pool().submit(TransactionSource::External, transfer).expect("the pool takes it");
		common::commit(&chain, &common::propose(&chain));
	}
	directory
}

/// Changes the stored database as no node does.
fn damage(directory: &TempDir, change: impl FnOnce(&DB)) {
	let path = directory.path().join(STORED);
	let db = DB::open_cf(&rocksdb::Options::default(), path, COLUMNS).expect("nobody has it open");
	change(&db);
}

fn column<'a>(db: &'a DB, name: &str) -> &'a ColumnFamily {
	db.cf_handle(name).expect("the schema has it")
}

/// Changes a stored value.
fn change_value(db: &DB, name: &str, key: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
	let mut value = db.get_cf(column(db, name), key).expect("reads").expect("is there");
	change(&mut value);
	db.put_cf(column(db, name), key, value).expect("writes");
}

/// The keys of the current state, in order.
fn state_keys(db: &DB) -> Vec<Vec<u8>> {
	let pairs = db.iterator_cf(column(db, STATE), IteratorMode::Start);
	pairs.map(|pair| pair.expect("reads").0.into_vec()).collect()
}

fn replay_stored(directory: &TempDir) -> Result<Replayed, ReplayError> {
	let from = open(&directory.path().join(STORED));
	let into = open(&directory.path().join("again"));
	replay(&from, &into, &Executor::new(1_000), |_| ControlFlow::Continue(()))
}

/// What is found when this is done to the database of a good chain.
fn found_after(change: impl FnOnce(&DB)) -> ReplayError {
	let directory = stored_chain();
	damage(&directory, change);
	replay_stored(&directory).expect_err("it is damaged")
}

#[test]
fn a_database_that_only_was_opened_executes_to_what_it_holds() {
	let directory = stored_chain();
	damage(&directory, |_| {});
	let replayed = replay_stored(&directory).expect("nothing is damaged");
	let tip = open(&directory.path().join(STORED)).tip();
	assert_eq!((replayed.blocks, tip.number), (BLOCKS, BLOCKS));
	assert_eq!(replayed.state_root, tip.header.state_root);
}

#[test]
fn a_changed_a_missing_and_a_strange_key_of_the_state_are_named() {
	/// Does its damage and returns the key.
	type Damage = fn(&DB) -> Vec<u8>;
	let damages: [Damage; 4] = [
		|db| {
			let key = state_keys(db).swap_remove(3);
			change_value(db, STATE, &key, |value| value.push(0));
			key
		},
		|db| {
			let key = state_keys(db).swap_remove(3);
			db.delete_cf(column(db, STATE), &key).expect("writes");
			key
		},
		|db| {
			let key = state_keys(db).pop().expect("a state is not empty");
			db.delete_cf(column(db, STATE), &key).expect("writes");
			key
		},
		|db| {
			// Behind every key that there is.
			let key = vec![0xff; 33];
			db.put_cf(column(db, STATE), &key, b"planted").expect("writes");
			key
		},
	];
	for (case, damage) in damages.into_iter().enumerate() {
		let mut planted = Vec::new();
		let found = found_after(|db| planted = damage(db));
		let ReplayError::State { number: BLOCKS, key } = found else { panic!("case {case}: {found}") };
		assert_eq!(key, planted, "case {case}");
	}
}

#[test]
fn a_body_without_its_last_transaction_does_not_execute_to_its_header() {
	let found = found_after(|db| {
		change_value(db, BODIES, &height_key(2), |bytes| {
			let mut body = Vec::<Vec<u8>>::decode_all(&mut &bytes[..]).expect("a body");
			body.pop().expect("there is a transfer in it");
			*bytes = body.encode();
		});
	});
	assert!(
		matches!(found, ReplayError::Differs { number: 2, source: BlockError::Refused { .. } }),
		"{found}"
	);
}

#[test]
fn a_header_with_another_state_root_is_not_what_its_block_executes_to() {
	let found = found_after(|db| {
		change_value(db, HEADERS, &height_key(3), |bytes| {
			let mut header = Header::decode_all(&mut &bytes[..]).expect("a header");
			header.state_root = Hash::repeat_byte(7);
			*bytes = header.encode();
		});
	});
	assert!(
		matches!(found, ReplayError::Differs { number: 3, source: BlockError::Refused { .. } }),
		"{found}"
	);
}

#[test]
fn validators_that_no_header_commits_to_are_found() {
	let first = found_after(|db| change_value(db, SETS, &height_key(0), |set| set.push(0)));
	assert!(matches!(first, ReplayError::Sets { number: 0 }), "{first}");
	let planted = found_after(|db| {
		let set = db.get_cf(column(db, SETS), height_key(0)).expect("reads").expect("the genesis has a set");
		db.put_cf(column(db, SETS), height_key(2), set).expect("writes");
	});
	assert!(matches!(planted, ReplayError::Sets { number } if number >= 2), "{planted}");
}

#[test]
fn a_block_without_its_header_or_its_body_is_missing() {
	for name in [HEADERS, BODIES] {
		let found = found_after(|db| db.delete_cf(column(db, name), height_key(3)).expect("writes"));
		assert!(matches!(found, ReplayError::Missing { number: 3 }), "{name}: {found}");
	}
}
