//! Blocks of the development chain made by hand, for the tests and for the benchmark; also for those of the crates above.

use codec::Encode;
use plexus_chain::{Chain, Proposal};
use plexus_chain_spec::well_known::development_commit;
use plexus_execution::Executor;
use plexus_pool::{Pool, PoolLimits};
use plexus_storage::{Database, Tip};
use sp_keyring::Ed25519Keyring;
use std::sync::Arc;

/// The first block's timestamp; each block comes a second after its parent.
const START_MS: u64 = 1_800_000_000_000;

/// The chain on a database, with an empty pool; so many signatures are remembered.
pub fn chain(database: Database, signatures: usize) -> Chain {
	let executor = Executor::new(signatures);
	let pool = Pool::new(executor.clone(), PoolLimits::default(), database.tip());
	Chain::new(database, executor, pool)
}

/// A block of what the pool has, on the tip.
pub fn propose(chain: &Chain) -> Proposal {
	let tip = chain.tip();
	let commit = development_commit(chain.genesis_hash(), tip.number, tip.hash);
	let timestamp_ms = START_MS + u64::from(tip.number) * 1_000;
	chain.propose(Ed25519Keyring::Alice.to_raw_public(), timestamp_ms, commit).expect("builds")
}

/// Makes a proposal the tip, final by //Alice's precommit.
pub fn commit(chain: &Chain, proposal: &Proposal) -> Arc<Tip> {
	let certificate = development_commit(chain.genesis_hash(), proposal.block.header.number, proposal.hash);
	let certificate = certificate.expect("not the genesis").encode();
	chain.commit(&proposal.hash, certificate).expect("commits")
}
