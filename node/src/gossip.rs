//! Between the network and the pool: transactions from peers into the pool, accepted ones out to peers.
//!
//! Must not: forward what the pool has not validated. Peers are judged by the pool's verdict alone.
//!
//! Both ways are bounded by the network's and the pool's own queues. If this node cannot keep up with its own transactions,
//! gossip skips some: they stay in the pool, for this node's own blocks.

use parking_lot::Mutex;
use plexus_execution::InvalidKind;
use plexus_network::{IncomingTransaction, NetworkHandle, Verdict};
use plexus_pool::{Pool, SubmitError};
use plexus_storage::Hash;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	transaction_validity::{InvalidTransaction, TransactionSource},
};
use std::{collections::HashSet, sync::Arc};
use tokio::{
	sync::{
		broadcast::{error::RecvError, Receiver},
		mpsc,
	},
	task::spawn_blocking,
};
use tracing::{debug, warn};

/// Transactions that came from peers and were not offered to [`publish`] yet: gossip has them already.
#[derive(Clone, Default)]
pub struct FromPeers(Arc<Mutex<HashSet<Hash>>>);

/// More than the pool announces before a slow listener skips. Forgetting one costs a duplicate that the network notices.
const FROM_PEERS_MAX: usize = 8_192;

impl FromPeers {
	fn add(&self, hash: Hash) {
		let mut hashes = self.0.lock();
		if hashes.len() >= FROM_PEERS_MAX {
			hashes.clear();
		}
		hashes.insert(hash);
	}

	/// Whether it came from a peer; forgets it.
	fn take(&self, hash: &Hash) -> bool {
		self.0.lock().remove(hash)
	}
}

/// Puts what peers send into the pool and tells the network what to think of it, until either is gone.
pub async fn receive(
	mut incoming: mpsc::Receiver<IncomingTransaction>,
	pool: Pool,
	network: NetworkHandle,
	from_peers: FromPeers,
) {
	while let Some(IncomingTransaction { id, from, bytes, .. }) = incoming.recv().await {
		let hash = BlakeTwo256::hash(&bytes);
		from_peers.add(hash);
		let pool = pool.clone();
		let submitted = spawn_blocking(move || pool.submit(TransactionSource::External, bytes)).await;
		let judged = match submitted {
			Ok(Ok(_)) => Verdict::Accept,
			Ok(Err(error)) => {
				from_peers.take(&hash);
				let judged = verdict(&error);
				debug!(%from, %error, ?judged, "a peer's transaction is refused");
				judged
			}
			Err(panicked) => {
				from_peers.take(&hash);
				warn!(%from, error = %panicked, "validating a peer's transaction panicked");
				Verdict::Reject
			}
		};
		network.judge(id, judged).await;
	}
}

/// Sends what the pool accepted to peers, but for what came from them, until the pool is gone.
pub async fn publish(
	mut imported: Receiver<Hash>,
	pool: Pool,
	network: NetworkHandle,
	from_peers: FromPeers,
) {
	loop {
		match imported.recv().await {
			Ok(hash) if from_peers.take(&hash) || network.peers().is_empty() => {}
			Ok(hash) => {
				if let Some(bytes) = pool.get(&hash) {
					network.publish_transaction(bytes.to_vec());
				}
			}
			Err(RecvError::Lagged(skipped)) => debug!(skipped, "gossip fell behind the pool"),
			Err(RecvError::Closed) => return,
		}
	}
}

/// Only what no honest peer would have forwarded is held against it: it checks signatures, and has the same rules.
fn verdict(error: &SubmitError) -> Verdict {
	match error {
		SubmitError::Invalid(reason) => match &reason.kind {
			InvalidKind::Undecodable | InvalidKind::Invalid(InvalidTransaction::BadProof) => Verdict::Reject,
			// The peer may have been at another block, or have another opinion of what it cannot know.
			InvalidKind::Invalid(_) | InvalidKind::Unknown(_) | InvalidKind::Panicked | InvalidKind::Node => {
				Verdict::Ignore
			}
		},
		SubmitError::AlreadyImported(_)
		| SubmitError::AlreadyIncluded { .. }
		| SubmitError::TooLarge { .. }
		| SubmitError::PoolFull { .. }
		| SubmitError::TooManyWaiting { .. }
		| SubmitError::AccountFull { .. }
		| SubmitError::Underpriced { .. }
		| SubmitError::Stale { .. }
		| SubmitError::TooManyWatchers
		| SubmitError::Busy { .. }
		| SubmitError::State(_) => Verdict::Ignore,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_execution::InvalidReason;

	fn invalid(kind: InvalidKind) -> SubmitError {
		let text = String::new;
		SubmitError::Invalid(InvalidReason { kind, name: text(), cause: text(), remedy: text() })
	}

	#[test]
	fn what_came_from_peers_is_known_once_and_bounded() {
		let from_peers = FromPeers::default();
		from_peers.add(Hash::zero());
		assert!(from_peers.take(&Hash::zero()));
		assert!(!from_peers.take(&Hash::zero()));
		for i in 0..20_000 {
			from_peers.add(Hash::from_low_u64_be(i));
		}
		assert!(from_peers.0.lock().len() <= FROM_PEERS_MAX);
		assert!(from_peers.take(&Hash::from_low_u64_be(19_999)));
	}

	#[test]
	fn only_rubbish_is_held_against_a_peer() {
		assert_eq!(verdict(&invalid(InvalidKind::Undecodable)), Verdict::Reject);
		assert_eq!(verdict(&invalid(InvalidKind::Invalid(InvalidTransaction::BadProof))), Verdict::Reject);
		assert_eq!(verdict(&invalid(InvalidKind::Invalid(InvalidTransaction::Stale))), Verdict::Ignore);
		assert_eq!(verdict(&SubmitError::PoolFull { count: 1, bytes: 1 }), Verdict::Ignore);
	}
}
