//! Building, verifying and refusing blocks on the development chain.

mod common;

use common::signed_transfer;
use plexus_chain_spec::{well_known::development_commit, ChainSpec};
use plexus_execution::{
	BlockError, BuildParams, CallError, ExecutedBlock, Executor, InvalidKind, PooledTransaction, Rejected,
	TransactionSource,
};
use plexus_storage::*;
use sp_io::hashing::twox_128;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	transaction_validity::{InvalidTransaction, TransactionSource as Source},
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

#[derive(Default)]
struct List {
	offered: std::collections::VecDeque<PooledTransaction>,
	applied: Vec<Hash>,
	rejected: Vec<(Hash, Rejected)>,
}

impl List {
	fn of(transactions: &[Vec<u8>]) -> Self {
		let offered = transactions
			.iter()
			.map(|b| PooledTransaction { hash: BlakeTwo256::hash(b), bytes: Arc::from(&b[..]) });
		Self { offered: offered.collect(), ..Default::default() }
	}
}

impl TransactionSource for List {
	fn next(&mut self) -> Option<PooledTransaction> {
		self.offered.pop_front()
	}
	fn applied(&mut self, hash: &Hash) {
		self.applied.push(*hash);
	}
	fn rejected(&mut self, hash: &Hash, why: Rejected) {
		self.rejected.push((*hash, why));
	}
}

fn open(dir: &std::path::Path) -> Database {
	let spec = ChainSpec::preset("dev").unwrap();
	let genesis = Genesis { header: spec.header().unwrap(), storage: spec.genesis_storage().unwrap() };
	Database::open(dir, Options::default(), genesis).unwrap()
}

fn transfer(genesis: Hash, from: Sr25519Keyring, nonce: u32, value: u128) -> Vec<u8> {
	signed_transfer(genesis, &from.pair(), nonce, Sr25519Keyring::Bob.to_account_id(), value)
}

fn params(db: &Database, timestamp_ms: u64) -> BuildParams {
	let parent = db.tip();
	let commit = development_commit(db.genesis_hash(), parent.number, parent.hash);
	BuildParams::new([1; 32], timestamp_ms, commit, Instant::now() + Duration::from_secs(60))
}

fn commit(db: &Database, executed: ExecutedBlock) {
	let ExecutedBlock { block, hash, changes, .. } = executed;
	db.commit(BlockCommit { block, hash, certificate: vec![], changes }).unwrap();
}

const NOW: u64 = 1_800_000_000_000;

#[test]
fn a_built_block_executes_to_the_same_state_elsewhere_with_or_without_known_signatures() {
	let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
	let (a, b) = (open(here.path()), open(there.path()));
	let executor = Executor::new(1000);
	for number in 1..=3u32 {
		let these: Vec<_> = (0..20)
			.map(|i| transfer(a.genesis_hash(), Sr25519Keyring::Alice, (number - 1) * 20 + i, 1_000))
			.collect();
		let mut list = List::of(&these);
		let built = executor.build(&a.tip(), &params(&a, NOW + u64::from(number) * 1000), &mut list).unwrap();
		assert_eq!((list.applied.len(), list.rejected.len()), (20, 0));
		assert_eq!(built.timestamp_ms, NOW + u64::from(number) * 1000);
		let executed = Executor::new(1000).execute(&b.tip(), built.block.clone()).unwrap();
		assert_eq!((executed.hash, executed.changes.root), (built.hash, built.changes.root));
		assert_eq!(executed.changes.main, built.changes.main);
		commit(&a, built);
		commit(&b, executed);
	}
	assert_eq!(a.tip().hash, b.tip().hash);
	let replayed = tempfile::tempdir().unwrap();
	let c = open(replayed.path());
	for number in 1..=3 {
		let block = a.block(number).unwrap().unwrap();
		let executed = executor.execute(&c.tip(), block).unwrap();
		commit(&c, executed);
	}
	assert_eq!(c.tip().header.state_root, a.tip().header.state_root);
}

#[test]
fn what_cannot_be_in_the_block_is_left_out_without_a_trace() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	let executor = Executor::new(1000);
	let genesis = db.genesis_hash();
	let good = transfer(genesis, Sr25519Keyring::Alice, 0, 1_000);
	let ahead = transfer(genesis, Sr25519Keyring::Alice, 7, 1_000);
	let foreign = transfer(Hash::repeat_byte(5), Sr25519Keyring::Charlie, 0, 1_000);
	let mut list = List::of(&[ahead, good.clone(), foreign]);
	let built = executor.build(&db.tip(), &params(&db, NOW), &mut list).unwrap();
	assert_eq!(built.block.body[1..], [good]);
	let kinds: Vec<_> = list
		.rejected
		.iter()
		.map(|(_, why)| match why {
			Rejected::Invalid(reason) => reason.kind.clone(),
			Rejected::NoRoom => panic!("there is room"),
		})
		.collect();
	assert_eq!(
		kinds,
		[
			InvalidKind::Invalid(InvalidTransaction::Future),
			InvalidKind::Invalid(InvalidTransaction::BadProof)
		]
	);
	executor.execute(&db.tip(), built.block).unwrap();
}

#[test]
fn a_block_that_claims_something_else_is_refused() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	let executor = Executor::new(1000);
	let these = [transfer(db.genesis_hash(), Sr25519Keyring::Alice, 0, 1_000)];
	let good = executor.build(&db.tip(), &params(&db, NOW), &mut List::of(&these)).unwrap().block;
	let refused = |change: fn(&mut Block)| {
		let mut block = good.clone();
		change(&mut block);
		executor.execute(&db.tip(), block).err().expect("the block must be refused")
	};
	assert!(matches!(refused(|b| b.header.state_root = Hash::zero()), BlockError::Refused { .. }));
	assert!(matches!(refused(|b| b.header.extrinsics_root = Hash::zero()), BlockError::Refused { .. }));
	assert!(matches!(
		refused(|b| {
			b.body.pop();
		}),
		BlockError::Refused { .. }
	));
	assert!(matches!(refused(|b| b.header.parent_hash = Hash::zero()), BlockError::NotChild { .. }));
	assert!(matches!(refused(|b| b.header.number = 2), BlockError::NotChild { .. }));
	assert!(matches!(refused(|b| b.body[1].push(0)), BlockError::Undecodable { index: 1, .. }));
	assert!(matches!(refused(|b| b.body.push(vec![0; 5 << 20])), BlockError::TooLarge { .. }));
	// A signature that was flipped, in a block whose roots are honest otherwise.
	assert!(matches!(
		refused(|b| {
			let at = b.body[1].len() / 2;
			b.body[1][at] ^= 1;
		}),
		BlockError::Refused { .. } | BlockError::Undecodable { .. }
	));
	executor.execute(&db.tip(), good.clone()).unwrap();
}

#[test]
fn a_block_whose_time_does_not_move_on_by_half_a_block_time_is_refused() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	let executor = Executor::new(1000);
	commit(&db, executor.build(&db.tip(), &params(&db, NOW), &mut List::default()).unwrap());
	// Who builds moves on by the least there is, whatever the clock says.
	let built = executor.build(&db.tip(), &params(&db, NOW - 1), &mut List::default()).unwrap();
	let least = NOW + 500;
	assert_eq!(built.timestamp_ms, least);
	for early in [NOW - 1, NOW, least - 1] {
		let mut block = built.block.clone();
		// Compact, these times end with six bytes of their own.
		let [from, to] = [least, early].map(|time| time.to_le_bytes());
		let inherent = block.body.iter_mut().find(|extrinsic| extrinsic.ends_with(&from[..6]));
		let inherent = inherent.expect("the block sets its time");
		let at = inherent.len() - 6;
		inherent[at..].copy_from_slice(&to[..6]);
		let refused = executor.execute(&db.tip(), block).err().expect("the block must be refused");
		let names_the_time =
			matches!(&refused, BlockError::Refused { message } if message.contains("must increment"));
		assert!(names_the_time, "{refused}");
	}
	executor.execute(&db.tip(), built.block).unwrap();
}

#[test]
fn invariants_hold_from_genesis_on_and_a_broken_one_is_named() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	let executor = Executor::new(1000);
	executor.check_invariants(&db.tip().state).unwrap();
	let these = [transfer(db.genesis_hash(), Sr25519Keyring::Alice, 0, 1_000)];
	commit(&db, executor.build(&db.tip(), &params(&db, NOW), &mut List::of(&these)).unwrap());
	executor.check_invariants(&db.tip().state).unwrap();

	// A root that leads to a contribution which does not exist.
	let key = [twox_128(b"Datanets"), twox_128(b"ContributionByRoot"), [7; 16], [7; 16]].concat();
	let mut storage = ChainSpec::preset("dev").unwrap().genesis_storage().unwrap();
	storage.top.insert(key, 0u64.to_le_bytes().to_vec());
	let header = plexus_chain_spec::genesis_header(plexus_chain_spec::genesis_state_root(&storage));
	let dir = tempfile::tempdir().unwrap();
	let broken = Database::open(dir.path(), Options::default(), Genesis { header, storage }).unwrap();
	let error = executor.check_invariants(&broken.tip().state).unwrap_err();
	assert_eq!(
		error.to_string(),
		"an invariant of Datanets does not hold: a root is held by no contribution"
	);
}

#[test]
fn queries_answer_or_say_why_not() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	let executor = Executor::new(1000);
	let state = &db.tip().state;
	assert_eq!(executor.block_time_ms(state).unwrap(), 1000);
	assert_eq!(executor.validators(state).unwrap().len(), 1);
	assert_eq!(executor.account_nonce(state, &Sr25519Keyring::Alice.to_account_id()).unwrap(), 0);
	assert!(executor.query(state, "Core_version", &[]).is_ok());
	let refused =
		|method: &str, data: &[u8]| executor.query(state, method, data).expect_err("must be refused");
	assert!(matches!(refused("Core_initialize_block", &[]), CallError::NotAllowed { .. }));
	assert!(matches!(refused("No_such", &[]), CallError::NotAllowed { .. }));
	assert!(matches!(refused("AccountNonceApi_account_nonce", &[1, 2]), CallError::Argument { .. }));
	// Even the node's own calls survive a panic of the runtime.
	assert!(matches!(
		executor.call(state, "AccountNonceApi_account_nonce", &[1]),
		Err(CallError::Panicked { .. })
	));
}

#[test]
fn a_transaction_is_validated_or_refused_with_a_reason() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	let executor = Executor::new(1000);
	let state = &db.tip().state;
	let good = transfer(db.genesis_hash(), Sr25519Keyring::Alice, 3, 1_000);
	let validated = executor.validate(state, Source::External, &good).unwrap();
	assert_eq!(validated.facts.nonce, Some(3));
	assert_eq!(validated.validity.requires.len(), 1);
	let mut trailing = good.clone();
	trailing.push(0);
	let reason = executor.validate(state, Source::External, &trailing).unwrap_err();
	assert_eq!(reason.kind, InvalidKind::Undecodable);
	assert!(!reason.remedy.is_empty());
	let foreign = transfer(Hash::repeat_byte(5), Sr25519Keyring::Alice, 0, 1_000);
	let reason = executor.validate(state, Source::External, &foreign).unwrap_err();
	assert_eq!(reason.kind, InvalidKind::Invalid(InvalidTransaction::BadProof));
}
