//! What metrics and health read of the components, when somebody asks.
//!
//! # Must not
//! Judge: [`crate::health`] does.

use crate::{
	config::Index,
	control::Peers,
	health::{Vitals, VitalsSource},
	metrics::Sampled,
	reporter::LastBlock,
	rotation::NextKeyWaits,
};
use plexus_chain::Chain;
use plexus_consensus::ConsensusStatus;
use plexus_network::NetworkStats;
use std::{
	fmt,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
};
use tokio::sync::watch;

/// What metrics read when somebody asks.
pub(super) struct Samples {
	pub(super) chain: Chain,
	pub(super) peers: Arc<dyn Peers>,
	pub(super) index: Index,
}

impl fmt::Debug for Samples {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("Samples")
	}
}

impl Sampled for Samples {
	fn pool(&self) -> (u64, u64, u64) {
		let status = self.chain.pool().status();
		(status.ready as u64, status.future as u64, status.bytes as u64)
	}

	fn database_bytes(&self) -> u64 {
		self.chain.database().stats().table_bytes
	}

	fn index_behind(&self) -> Option<u64> {
		let database = self.chain.database();
		match (self.index, database.index_mark()) {
			(Index::On, Ok(Some(mark))) => Some(database.tip().number.saturating_sub(mark.indexed_to).into()),
			// Nothing is indexed yet, or the failing disk is told elsewhere.
			(Index::On, _) | (Index::Off, _) => None,
		}
	}

	fn network(&self) -> NetworkStats {
		self.peers.stats()
	}
}

/// What readiness is judged by.
pub(super) struct NodeVitals {
	pub(super) chain: Chain,
	pub(super) peers: Arc<dyn Peers>,
	pub(super) last: LastBlock,
	pub(super) block_time_ms: u64,
	pub(super) consensus: watch::Receiver<ConsensusStatus>,
	pub(super) next_key_waits: NextKeyWaits,
	pub(super) running: Arc<AtomicBool>,
}

impl VitalsSource for NodeVitals {
	fn vitals(&self) -> Vitals {
		let running = self.running.load(Ordering::Acquire);
		Vitals {
			height: self.chain.tip().number,
			silent_ms: u64::try_from(self.last.elapsed().as_millis()).unwrap_or(u64::MAX),
			block_time_ms: self.block_time_ms,
			peers: self.peers.count(),
			needs_peers: self.consensus.borrow().needs_peers(),
			next_key_waits: self.next_key_waits.load(Ordering::Acquire),
			consensus_running: running,
			rpc_listening: running,
		}
	}
}
