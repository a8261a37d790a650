//! Figures of the ledger without network and RPC, each measured in this one run on this machine; `scripts/bench` prints them.
//!
//! `cargo bench -p plexus-execution --bench ledger [-- KEYS]`: KEYS is the size of the state for the root
//! figures, one million unless given.

#[path = "../tests/common/mod.rs"]
mod common;

use codec::Encode;
use common::signed_transfer;
use plexus_chain_spec::{well_known::development_commit, ChainSpec};
use plexus_execution::{
	BuildParams, ExecutedBlock, Executor, PooledTransaction, Rejected, TransactionSource,
};
use plexus_runtime as rt;
use plexus_storage::*;
use sp_core::{ed25519, Pair};
use sp_runtime::{traits::BlakeTwo256, traits::Hash as _, traits::Header as _, StateVersion};
use sp_state_machine::Backend;
use std::{
	path::Path,
	sync::Arc,
	time::{Duration, Instant},
};

const SENDERS: usize = 1000;
const FUNDS: u128 = 1_000_000 * 1_000_000_000_000;

/// Transactions in the order given.
struct List(std::vec::IntoIter<PooledTransaction>);
impl TransactionSource for List {
	fn next(&mut self) -> Option<PooledTransaction> {
		self.0.next()
	}
	fn applied(&mut self, _: &Hash) {}
	fn rejected(&mut self, hash: &Hash, why: Rejected) {
		panic!("the benchmark's transaction {hash:?} was not taken: {why:?}");
	}
}

fn senders() -> Vec<ed25519::Pair> {
	(0..SENDERS)
		.map(|i| ed25519::Pair::from_string(&format!("//bench{i}"), None).expect("a derivation path"))
		.collect()
}

fn recipient(i: usize) -> rt::AccountId {
	rt::AccountId::new(sp_io::hashing::blake2_256(&i.to_le_bytes()))
}

/// The development genesis with the senders and `accounts` more.
fn open(dir: &Path, senders: &[ed25519::Pair], accounts: usize) -> Database {
	let spec = ChainSpec::preset("dev").expect("the preset exists");
	let mut storage = spec.genesis_storage().expect("the preset is valid");
	let account = |data: pallet_balances::AccountData<u128>| {
		let info = frame_account(data);
		info.encode()
	};
	let funded = account(pallet_balances::AccountData { free: FUNDS, ..Default::default() });
	let ids = senders.iter().map(|k| rt::AccountId::new(k.public().0)).chain((0..accounts).map(recipient));
	for id in ids {
		storage.top.insert(account_key(&id), funded.clone());
	}
	let root = plexus_chain_spec::genesis_state_root(&storage);
	let genesis = Genesis { header: plexus_chain_spec::genesis_header(root), storage };
	Database::open(dir, Options::default(), genesis).expect("a fresh directory")
}

type AccountInfo = (u32, u32, u32, u32, pallet_balances::AccountData<u128>);
fn frame_account(data: pallet_balances::AccountData<u128>) -> AccountInfo {
	(0, 0, 1, 0, data)
}

/// Key of `System.Account`, hashed with Blake2_128Concat.
fn account_key(id: &rt::AccountId) -> Vec<u8> {
	let mut key = [sp_io::hashing::twox_128(b"System"), sp_io::hashing::twox_128(b"Account")].concat();
	key.extend(sp_io::hashing::blake2_128(id.as_ref()));
	key.extend(AsRef::<[u8]>::as_ref(id));
	key
}

fn transfers(genesis: Hash, senders: &[ed25519::Pair], count: usize, accounts: usize) -> Vec<Vec<u8>> {
	(0..count)
		.map(|i| {
			let key = &senders[i % senders.len()];
			let nonce = (i / senders.len()) as u32;
			let to = recipient(i.wrapping_mul(7919) % accounts);
			signed_transfer(genesis, key, nonce, to, 1_000_000_000)
		})
		.collect()
}

fn build(executor: &Executor, db: &Database, transactions: &[Vec<u8>], timestamp_ms: u64) -> ExecutedBlock {
	let list = transactions
		.iter()
		.map(|b| PooledTransaction { hash: BlakeTwo256::hash(b), bytes: Arc::from(&b[..]) });
	let tip = db.tip();
	let commit = development_commit(db.genesis_hash(), tip.number, tip.hash);
	let inherents = 1 + usize::from(commit.is_some());
	let params = BuildParams::new([1; 32], timestamp_ms, commit, Instant::now() + Duration::from_secs(60));
	let built = executor
		.build(&tip, &params, &mut List(list.collect::<Vec<_>>().into_iter()))
		.expect("the benchmark's block builds");
	assert_eq!(
		built.block.body.len(),
		transactions.len() + inherents,
		"all transfers and the inherents are in"
	);
	built
}

fn rate(count: usize, took: Duration) -> String {
	format!(
		"{:>9.0}/s  {:>7.1} ms  {:>6.1} µs each",
		count as f64 / took.as_secs_f64(),
		took.as_secs_f64() * 1e3,
		took.as_secs_f64() * 1e6 / count as f64
	)
}

fn main() {
	// As a node has one: with no subscriber at all, the runtime's many spans are formatted for nobody.
	tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).init();
	let keys = std::env::args().skip(1).find_map(|a| a.parse::<usize>().ok()).unwrap_or(1_000_000);
	let senders = senders();
	yardstick(&senders[0]);
	let accounts = 100_000;
	blocks(&senders, accounts);
	roots(&senders, keys);
}

fn yardstick(key: &ed25519::Pair) {
	let message = [7u8; 120];
	let signature = key.sign(&message);
	let count = 10_000;
	let started = Instant::now();
	for _ in 0..count {
		assert!(ed25519::Pair::verify(&signature, std::hint::black_box(&message), &key.public()));
	}
	println!("ed25519 verify, one core                     {}", rate(count, started.elapsed()));
}

fn blocks(senders: &[ed25519::Pair], accounts: usize) {
	let dir = tempfile::tempdir().expect("a temporary directory");
	let db = open(dir.path(), senders, accounts);
	let all = transfers(db.genesis_hash(), senders, 12_000, accounts);
	println!("transfer_keep_alive, {} bytes, state of {} accounts", all[0].len(), accounts + SENDERS);
	let mut timestamp_ms = 1_800_000_000_000;
	let mut rest = &all[..];
	let mut commit = Duration::ZERO;
	for count in [1_000, 1_000, 5_000, 5_000] {
		let (these, later) = rest.split_at(count);
		rest = later;
		timestamp_ms += 1_000;
		let warm = Executor::new(1 << 17);
		let started = Instant::now();
		warm.check_signatures(&db.tip().state, these);
		println!("signatures of {count:>5} transfers, all cores      {}", rate(count, started.elapsed()));
		let started = Instant::now();
		let built = build(&warm, &db, these, timestamp_ms);
		println!("build  {count:>5}, signatures known, root included {}", rate(count, started.elapsed()));
		let started = Instant::now();
		let known = warm.execute(&db.tip(), built.block.clone()).expect("valid");
		println!("verify {count:>5}, signatures known, root included {}", rate(count, started.elapsed()));
		assert_eq!(known.hash, built.hash);
		let cold = Executor::new(1 << 17);
		let started = Instant::now();
		let executed = cold.execute(&db.tip(), built.block).expect("valid");
		println!("verify {count:>5}, signatures checked, all cores   {}", rate(count, started.elapsed()));
		let started = Instant::now();
		db.commit(BlockCommit {
			block: executed.block,
			hash: executed.hash,
			certificate: vec![],
			changes: executed.changes,
		})
		.expect("the commit is written");
		commit = started.elapsed();
	}
	println!("commit  5000, one synced batch                {}", rate(5_000, commit));
}

fn roots(senders: &[ed25519::Pair], keys: usize) {
	let dir = tempfile::tempdir().expect("a temporary directory");
	let started = Instant::now();
	let db = open(dir.path(), senders, keys);
	println!("genesis with {keys} accounts                 {:>7.1} s", started.elapsed().as_secs_f64());
	let tip = db.tip();
	for changed in [1_000usize, 10_000] {
		for pass in ["cold", "warm"] {
			let value =
				frame_account(pallet_balances::AccountData { free: changed as u128, ..Default::default() })
					.encode();
			let delta: Vec<_> =
				(0..changed).map(|i| account_key(&recipient(i.wrapping_mul(7919) % keys))).collect();
			let backend = tip.state.backend();
			let started = Instant::now();
			let (root, _) =
				backend.storage_root(delta.iter().map(|k| (&k[..], Some(&value[..]))), StateVersion::V1);
			assert_ne!(root, *tip.header.state_root());
			println!(
				"root after {changed:>5} changed of {keys} keys, {pass} {}",
				rate(changed, started.elapsed())
			);
		}
	}
}
