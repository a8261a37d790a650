//! What the index of events costs: commits of full blocks without it and beside it, its time and bytes for each event.
//!
//! `cargo bench -p plexus-chain --bench index`; `scripts/bench` prints it. Nothing here is a test: it
//! measures, it judges nothing.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../../execution/tests/common/mod.rs"]
mod transactions;

use codec::Encode;
use plexus_chain::{index::catch_up, Chain};
use plexus_chain_spec::{genesis_header, genesis_state_root, ChainSpec};
use plexus_runtime as rt;
use plexus_storage::{Database, Genesis, Options};
use sp_core::{ed25519, Pair};
use sp_runtime::transaction_validity::TransactionSource;
use std::{
	path::Path,
	sync::mpsc,
	time::{Duration, Instant},
};
use transactions::signed_transfer;

const SENDERS: usize = 1_000;
/// Of each sender in each block.
const TRANSFERS: usize = 3;
const BLOCKS: u32 = 10;
const FUNDS: u128 = 1_000_000 * 1_000_000_000_000;
/// The existential deposit.
const VALUE: u128 = 1_000_000_000;

fn main() {
	let senders: Vec<ed25519::Pair> = (0..SENDERS)
		.map(|i| ed25519::Pair::from_string(&format!("//bench{i}"), None).expect("a derivation path"))
		.collect();
	let directory = tempfile::tempdir().expect("a temporary directory");
	let transfers = SENDERS * TRANSFERS;
	let without = run(&directory.path().join("without"), &senders, false);
	println!("commit of {transfers} transfers, no index           {}", medium(without.commits));
	let with = run(&directory.path().join("with"), &senders, true);
	println!("commit of {transfers} transfers, index behind it    {}", medium(with.commits));
	let events = (BLOCKS as usize * transfers) as f64;
	println!(
		"to index a transfer, with two subjects         {:.1} µs",
		with.indexing.as_secs_f64() * 1e6 / events
	);
	println!("on disk for each                               {:.0} bytes", with.bytes as f64 / events);
}

fn medium(mut times: Vec<Duration>) -> String {
	times.sort_unstable();
	let (half, most) = (times[times.len() / 2], times[times.len() - 1]);
	format!("{:.1} ms, at most {:.1} ms", half.as_secs_f64() * 1e3, most.as_secs_f64() * 1e3)
}

struct Figures {
	commits: Vec<Duration>,
	indexing: Duration,
	bytes: u64,
}

fn run(path: &Path, senders: &[ed25519::Pair], with_index: bool) -> Figures {
	let chain = common::chain(open(path, senders), 100_000);
	let mut events = chain.blocks();
	let (committed, tips) = mpsc::channel::<()>();
	let indexer = std::thread::spawn({
		let database = chain.database().clone();
		move || {
			let mut took = Duration::ZERO;
			while tips.recv().is_ok() {
				let started = Instant::now();
				catch_up(&database, u32::MAX).expect("the disk is well");
				took += started.elapsed();
			}
			took
		}
	});
	let mut commits = Vec::new();
	for number in 0..BLOCKS {
		for (place, key) in senders.iter().enumerate() {
			for n in 0..TRANSFERS {
				let to = recipient(place * TRANSFERS + n + number as usize * 7919);
				let nonce = number * TRANSFERS as u32 + n as u32;
				let bytes = signed_transfer(chain.genesis_hash(), key, nonce, to, VALUE);
				chain.pool().submit(TransactionSource::External, bytes).expect("the pool takes it");
			}
		}
		let count = block(&chain);
		assert_eq!(count, SENDERS * TRANSFERS, "all transfers are in");
		commits.push(events.try_recv().expect("a block was committed").commit);
		if with_index {
			committed.send(()).expect("the indexer runs");
		}
	}
	drop(committed);
	let indexing = indexer.join().expect("it does not panic");
	chain.database().flush().expect("the disk is well");
	let bytes = chain.database().index_bytes().expect("the disk is well");
	Figures { commits, indexing, bytes }
}

/// Makes a block of what the pool has; how many transactions are in it.
fn block(chain: &Chain) -> usize {
	let proposal = common::propose(chain);
	common::commit(chain, &proposal);
	// The timestamp and, in all blocks but the first, the precommits for the parent.
	let inherents = 1 + usize::from(proposal.block.header.number > 1);
	proposal.block.body.len() - inherents
}

/// The development genesis with the senders in it.
fn open(path: &Path, senders: &[ed25519::Pair]) -> Database {
	let mut storage = ChainSpec::preset("dev").expect("preset").genesis_storage().expect("storage");
	let data = pallet_balances::AccountData::<u128> { free: FUNDS, ..Default::default() };
	let funded = (0u32, 0u32, 1u32, 0u32, data).encode();
	for key in senders {
		let id = key.public().0;
		let prefix = [sp_io::hashing::twox_128(b"System"), sp_io::hashing::twox_128(b"Account")].concat();
		let account = [&prefix[..], &sp_io::hashing::blake2_128(&id), &id].concat();
		storage.top.insert(account, funded.clone());
	}
	let header = genesis_header(genesis_state_root(&storage));
	Database::open(path, Options::default(), Genesis { header, storage }).expect("a fresh directory")
}

fn recipient(number: usize) -> rt::AccountId {
	rt::AccountId::new(sp_io::hashing::blake2_256(&number.to_le_bytes()))
}
