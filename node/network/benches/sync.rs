//! How fast a node that is far behind catches up from a peer: blocks of four validators, over loopback, both nodes in this
//! process; first empty blocks, then blocks full of transfers, beside the rate at which the same blocks are executed again
//! without a network. `scripts/bench network` prints it.
//!
//! `cargo bench --workspace --bench sync [-- BLOCKS [FULL_BLOCKS [TRANSFERS]]]`: 10,000 empty blocks, and 200 of 2,000 transfers
//! unless given. A series of 0 blocks is left out.
//!
//! # Must not
//! Judge: it measures. `docs/benchmarks.md` has the floor.

#[path = "../../execution/tests/common/mod.rs"]
mod transactions;

/// As the node has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

use ed25519_dalek::SigningKey;
use plexus_chain::replay::replay;
use plexus_chain::Chain;
use plexus_chain_spec::ChainSpec;
use plexus_consensus::certificate::{self, Certificate};
use plexus_consensus::ledger::Ledger;
use plexus_consensus::malachite::core::{NilOrVal, Round, VoteType};
use plexus_consensus::signing::{sign, vote_preimage};
use plexus_consensus::types::{Height, Vote};
use plexus_consensus::{AuthorityId, ChainLedger, EngineConfig, EngineHandle};
use plexus_execution::{Executor, SIGNATURES_REMEMBERED};
use plexus_network::{Multiaddr, NetworkConfig, NetworkHandle};
use plexus_pool::{Pool, PoolLimits};
use plexus_runtime::AccountId;
use plexus_storage::{Database, Genesis, Options, StatePruning};
use sp_core::{ed25519, Pair};
use sp_runtime::transaction_validity::TransactionSource;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};
use transactions::signed_transfer;

/// Empty blocks.
const BLOCKS: u32 = 10_000;

/// Blocks with transfers.
const FULL_BLOCKS: u32 = 200;

/// Transfers in each of these.
const TRANSFERS: u32 = 2_000;

/// Blocks a second below which the run gives up.
const HOPELESS: u32 = 10;

/// Transfers a second below which the run gives up.
const HOPELESS_TRANSFERS: u32 = 1_000;

/// Who sends them: the well-known ed25519 accounts, which the genesis endows.
const SENDERS: [&str; 6] = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];

/// How many accounts receive, in turn.
const RECIPIENTS: u32 = 100_000;

/// The existential deposit.
const VALUE: u128 = 1_000_000_000;

/// When the first block was made; each comes a second after its parent.
const START_MS: u64 = 1_700_000_000_000;

fn database(directory: &Path, options: Options) -> Database {
	let spec = ChainSpec::preset("local").expect("a built-in preset");
	let header = spec.header().expect("the preset is valid");
	let storage = spec.genesis_storage().expect("the preset is valid");
	Database::open(&directory.join("db"), options, Genesis { header, storage }).expect("an empty directory")
}

fn open(directory: &Path) -> Chain {
	let database = database(directory, Options::default());
	let executor = Executor::new(SIGNATURES_REMEMBERED);
	let pool = Pool::new(executor.clone(), PoolLimits::default(), database.tip());
	Chain::new(database, executor, pool)
}

fn keys() -> Vec<SigningKey> {
	let key = |seed| {
		let pair = sp_core::ed25519::Pair::from_string(seed, None).expect("a well-known seed");
		SigningKey::from_bytes(&pair.seed())
	};
	["//Alice", "//Bob", "//Charlie", "//Dave"].map(key).to_vec()
}

/// What was made.
#[derive(Clone, Copy, Default)]
struct Filled {
	/// Transfers in all blocks.
	transfers: u64,
	/// Those of the first one.
	in_first: u64,
}

/// Accounts that send in turn.
struct Senders {
	pairs: Vec<ed25519::Pair>,
	sent: u32,
}

impl Senders {
	fn new() -> Self {
		let pair = |seed: &str| ed25519::Pair::from_string(seed, None).expect("a well-known seed");
		Self { pairs: SENDERS.map(pair).to_vec(), sent: 0 }
	}

	/// Hands so many more transfers to the pool.
	fn submit(&mut self, chain: &Chain, count: u32) {
		for number in self.sent..self.sent + count {
			let sender = &self.pairs[number as usize % SENDERS.len()];
			let nonce = number / SENDERS.len() as u32;
			let to = AccountId::new(*blake3::hash(&(number % RECIPIENTS).to_le_bytes()).as_bytes());
			let bytes = signed_transfer(chain.genesis_hash(), sender, nonce, to, VALUE);
			chain.pool().submit(TransactionSource::External, bytes).expect("the pool takes it");
		}
		self.sent += count;
	}
}

/// Makes blocks with so many transfers each, or with none, each decided by all four validators.
fn fill(chain: &Chain, directory: &Path, blocks: u32, transfers: u32) -> Filled {
	let (mut senders, mut filled, mut waiting) = (Senders::new(), Filled::default(), 0);
	let ledger = ChainLedger::new(chain.clone(), directory.join("evidence"));
	let (genesis, keys) = (ledger.genesis_hash(), keys());
	let mut parent: Option<Certificate> = None;
	for number in 1..=blocks {
		let height = u64::from(number);
		let commit = parent.as_ref().map(|parent| {
			let deciders = ledger.deciders().expect("the tip has deciders");
			certificate::commit(&*ledger.signatures(), &genesis, &deciders, parent)
				.expect("all of them signed")
		});
		senders.submit(chain, transfers - waiting);
		let inherents = if commit.is_some() { 2 } else { 1 };
		let author = ledger.validators().expect("the tip has validators").proposer(height, 0);
		let block =
			ledger.propose(author, START_MS + height * 1_000, commit).expect("what the pool has is valid");
		let included = u32::try_from(block.body.len() - inherents).expect("far fewer");
		// A slow machine may not get all of them into its part of the block time.
		waiting = transfers - included;
		filled.transfers += u64::from(included);
		if number == 1 {
			filled.in_first = u64::from(included);
		}
		let value = block.hash();
		let signature = |key: &SigningKey| {
			let address = AuthorityId(key.verifying_key().to_bytes());
			let (height, round) = (Height(height), Round::ZERO);
			let vote =
				Vote { kind: VoteType::Precommit, height, round, value: NilOrVal::Val(value), address };
			(address, sign(key, &vote_preimage(&genesis, &vote)))
		};
		let signatures = keys.iter().map(signature).collect();
		let decided = Certificate { height, round: 0, value, signatures };
		let stored = certificate::encode(&decided.clone().into());
		ledger.commit(&value, stored, true).expect("the disk has room");
		parent = Some(decided);
	}
	filled
}

/// A node without a key.
struct Follower {
	network: NetworkHandle,
	consensus: EngineHandle,
	task: plexus_network::handle::NetworkTask,
}

impl Follower {
	async fn start(seed: u8, chain: &Chain, directory: &Path, peers: &[Multiaddr]) -> Self {
		let mut config = NetworkConfig::new(chain.genesis_hash(), [seed; 32]);
		config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().expect("an address")];
		config.reserved = peers.to_vec();
		let network = plexus_network::start(config).await.expect("loopback has free ports");
		let config = EngineConfig::new(directory.join("consensus"));
		let consensus =
			plexus_consensus::start_on_chain(config, chain.clone(), None, network.consensus_port).await;
		Self { network: network.handle, consensus: consensus.expect("a new directory"), task: network.task }
	}

	async fn address(&self) -> Multiaddr {
		let mut addresses = self.network.watch_listen_addresses();
		let known = addresses.wait_for(|known| !known.is_empty()).await.expect("the network lives");
		known[0].clone().with(libp2p::multiaddr::Protocol::P2p(self.network.local_peer_id()))
	}

	async fn stop(self) {
		self.consensus.stop().await.expect("it ran until now");
		self.task.stop().await.expect("it ran until now");
	}
}

async fn reaches(chain: &Chain, number: u32, bound: Duration) {
	let mut tips = chain.subscribe();
	let reached = tokio::time::timeout(bound, tips.wait_for(|tip| tip.number >= number)).await;
	assert!(reached.is_ok_and(|tip| tip.is_ok()), "stuck at {}", chain.tip().number);
}

/// So many of each in this time, in words.
fn rates(blocks: u32, transfers: u64, took: Duration) -> String {
	let seconds = took.as_secs_f64();
	let mut words = format!("{:.0} blocks/s", f64::from(blocks) / seconds);
	if transfers > 0 {
		words += &format!(", {:.0} transfers/s", transfers as f64 / seconds);
	}
	words + &format!(" ({seconds:.1} s for {blocks})")
}

/// Makes a chain, has another node fetch it, and executes it again without a network if there is anything in it.
async fn series(blocks: u32, transfers: u32) {
	let directories = [0, 1].map(|_| tempfile::tempdir().expect("a temporary directory"));
	let [full, empty] = [0, 1].map(|place: usize| open(directories[place].path()));
	let started = Instant::now();
	let filled = fill(&full, directories[0].path(), blocks, transfers);
	println!(
		"{blocks} blocks with {} transfers made in {:.1} s",
		filled.transfers,
		started.elapsed().as_secs_f64()
	);

	let server = Follower::start(1, &full, directories[0].path(), &[]).await;
	let at = server.address().await;
	let started = Instant::now();
	let client = Follower::start(2, &empty, directories[1].path(), &[at]).await;
	let bound = u64::from(blocks / HOPELESS) + filled.transfers / u64::from(HOPELESS_TRANSFERS);
	let bound = Duration::from_secs(bound.max(60));
	// The first block ends waiting for peers and their status, which takes as long however far behind a node is.
	reaches(&empty, 1, bound).await;
	let first = started.elapsed();
	reaches(&empty, blocks, bound).await;
	let rest = started.elapsed() - first;
	let rates_of_rest = rates(blocks - 1, filled.transfers - filled.in_first, rest);
	println!("synced: the first block after {:.1} s, then {rates_of_rest}", first.as_secs_f64());
	client.stop().await;
	server.stop().await;
	if filled.transfers > 0 {
		execute_again(&full, blocks, filled.transfers);
	}
}

/// Does with the blocks what `plexus check` does, in a database that does not wait for the disk.
fn execute_again(full: &Chain, blocks: u32, transfers: u64) {
	let directory = tempfile::tempdir().expect("a temporary directory");
	let options = Options { state_pruning: StatePruning::Keep(2), sync: false, ..Options::default() };
	let into = database(directory.path(), options);
	let executor = Executor::new(SIGNATURES_REMEMBERED);
	let started = Instant::now();
	replay(full.database(), &into, &executor, |_| ControlFlow::Continue(())).expect("each block is valid");
	println!("executed again: {}", rates(blocks, transfers, started.elapsed()));
}

#[tokio::main]
async fn main() {
	// Cargo adds `--bench`.
	let mut given = std::env::args().filter_map(|argument| argument.parse::<u32>().ok());
	let mut next = |default: u32| given.next().unwrap_or(default);
	let (empty_blocks, full_blocks, transfers) = (next(BLOCKS), next(FULL_BLOCKS), next(TRANSFERS));
	for (blocks, transfers) in [(empty_blocks, 0), (full_blocks, transfers)] {
		if blocks > 0 {
			series(blocks, transfers).await;
		}
	}
}
