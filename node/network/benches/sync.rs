//! How fast a node that is far behind catches up from a peer: empty blocks of four validators, over loopback, both nodes in
//! this process. `scripts/bench network` prints it.
//!
//! `cargo bench --workspace --bench sync [-- BLOCKS]`: 10,000 blocks unless given.
//!
//! # Must not
//! Judge: it measures. `docs/benchmarks.md` has the floor.

use ed25519_dalek::SigningKey;
use plexus_chain::Chain;
use plexus_chain_spec::ChainSpec;
use plexus_consensus::certificate::{self, Certificate};
use plexus_consensus::ledger::Ledger;
use plexus_consensus::malachite::core::{NilOrVal, Round, VoteType};
use plexus_consensus::signing::{sign, vote_preimage};
use plexus_consensus::types::{Height, Vote};
use plexus_consensus::{AuthorityId, ChainLedger, EngineConfig, EngineHandle};
use plexus_execution::Executor;
use plexus_network::{Multiaddr, NetworkConfig, NetworkHandle};
use plexus_pool::{Pool, PoolLimits};
use plexus_storage::{Database, Genesis, Options};
use sp_core::Pair;
use std::path::Path;
use std::time::{Duration, Instant};

const BLOCKS: u32 = 10_000;

/// Blocks a second below which the run gives up.
const HOPELESS: u32 = 10;

/// When the first block was made; each comes a second after its parent.
const START_MS: u64 = 1_700_000_000_000;

fn open(directory: &Path) -> Chain {
	let spec = ChainSpec::preset("local").expect("a built-in preset");
	let header = spec.header().expect("the preset is valid");
	let storage = spec.genesis_storage().expect("the preset is valid");
	let genesis = Genesis { header, storage };
	let database =
		Database::open(&directory.join("db"), Options::default(), genesis).expect("an empty directory");
	let executor = Executor::new(1_024);
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

/// Makes empty blocks, each decided by all four validators.
fn fill(chain: &Chain, directory: &Path, blocks: u32) {
	let ledger = ChainLedger::new(chain.clone(), directory.join("evidence"));
	let (genesis, keys) = (ledger.genesis_hash(), keys());
	let mut parent: Option<Certificate> = None;
	for number in 1..=blocks {
		let height = u64::from(number);
		let commit = parent.as_ref().map(|parent| {
			let deciders = ledger.deciders().expect("the tip has deciders");
			certificate::commit(&genesis, &deciders, parent).expect("all of them signed")
		});
		let author = ledger.validators().expect("the tip has validators").proposer(height, 0);
		let block =
			ledger.propose(author, START_MS + height * 1_000, commit).expect("an empty block is valid");
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
		ledger.commit(&value, stored).expect("the disk has room");
		parent = Some(decided);
	}
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

#[tokio::main]
async fn main() {
	// Cargo adds `--bench`.
	let blocks = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(BLOCKS);
	let directories = [0, 1].map(|_| tempfile::tempdir().expect("a temporary directory"));
	let [full, empty] = [0, 1].map(|place: usize| open(directories[place].path()));
	let started = Instant::now();
	fill(&full, directories[0].path(), blocks);
	println!("{blocks} empty blocks made in {:.1} s", started.elapsed().as_secs_f64());

	let server = Follower::start(1, &full, directories[0].path(), &[]).await;
	let at = server.address().await;
	let started = Instant::now();
	let client = Follower::start(2, &empty, directories[1].path(), &[at]).await;
	let bound = Duration::from_secs(u64::from(blocks / HOPELESS).max(60));
	// The first block ends waiting for peers and their status, which takes as long however far behind a node is.
	reaches(&empty, 1, bound).await;
	let first = started.elapsed();
	reaches(&empty, blocks, bound).await;
	let rest = started.elapsed() - first;
	println!(
		"synced: the first block after {:.1} s, then {:.0} blocks/s ({:.1} s for {})",
		first.as_secs_f64(),
		f64::from(blocks - 1) / rest.as_secs_f64(),
		rest.as_secs_f64(),
		blocks - 1
	);
	client.stop().await;
	server.stop().await;
}
