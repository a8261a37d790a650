//! Chains, keys, and how to wait, for the tests with engines.

use ed25519_dalek::SigningKey;
use plexus_chain::Chain;
use plexus_chain_spec::ChainSpec;
use plexus_consensus::EngineHandle;
use plexus_execution::Executor;
use plexus_network::{Multiaddr, NetworkHandle};
use plexus_pool::{Pool, PoolLimits};
use plexus_storage::{Database, Genesis, Options};
use sp_core::Pair;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// Far above what any of these takes on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The consensus key of a well-known seed.
pub fn key_of(seed: &str) -> SigningKey {
	SigningKey::from_bytes(&sp_core::ed25519::Pair::from_string(seed, None).unwrap().seed())
}

/// The first block of a preset.
pub fn genesis(preset: &str) -> Genesis {
	let spec = ChainSpec::preset(preset).expect("a built-in preset");
	Genesis { header: spec.header().unwrap(), storage: spec.genesis_storage().unwrap() }
}

/// The chain of a directory that holds a database of the preset, or gets one.
pub fn open(preset: &str, directory: &Path, options: Options) -> Chain {
	let database = Database::open(&directory.join("db"), options, genesis(preset)).unwrap();
	let executor = Executor::new(1_024);
	let pool = Pool::new(executor.clone(), PoolLimits::default(), database.tip());
	Chain::new(database, executor, pool)
}

/// Where a network listens, as soon as it does.
pub async fn address(network: &NetworkHandle) -> Multiaddr {
	let mut addresses = network.watch_listen_addresses();
	let known = timeout(PATIENCE, addresses.wait_for(|known| !known.is_empty())).await;
	let known = known.expect("listening").unwrap();
	let address = known[0].clone();
	drop(known);
	address
}

/// Waits for a block.
pub async fn reaches(chain: &Chain, consensus: &EngineHandle, number: u32) {
	let mut tips = chain.subscribe();
	let reached = timeout(PATIENCE, tips.wait_for(|tip| tip.number >= number)).await;
	let reached = reached.is_ok_and(|tip| tip.is_ok());
	assert!(reached, "stuck at {}, status {:?}", chain.tip().number, *consensus.status().borrow());
}
