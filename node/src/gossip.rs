//! Between the network and the pool: transactions from peers into the pool, accepted ones out to peers, and what waits to
//! peers that come later.
//!
//! Must not: forward what the pool has not validated. Peers are judged by the pool's verdict alone.
//!
//! All ways are bounded by the network's and the pool's own queues. If this node cannot keep up with its own transactions,
//! gossip skips some, and what comes while no peer is connected reaches nobody: they stay in the pool, for this node's own
//! blocks, for peers that connect later, and to be published again if they still wait after a while ([`repeat`]).

mod again;

pub use again::{repeat, Own};

use parking_lot::Mutex;
use plexus_execution::InvalidKind;
use plexus_network::{
	handle::ANNOUNCEMENTS_MAX, IncomingTransactions, Misbehaviour, NetworkHandle, PeerId, Verdict,
};
use plexus_pool::{Pool, SubmitError};
use plexus_storage::Hash;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	transaction_validity::{InvalidTransaction, TransactionSource},
};
use std::{collections::HashSet, num::NonZero, sync::Arc, thread::available_parallelism};
use tokio::{
	sync::{
		broadcast::{error::RecvError, Receiver},
		mpsc,
	},
	task::{spawn_blocking, JoinSet},
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

/// Puts what peers send into the pool and tells the network what to think of it, until either is gone. As many batches at
/// a time as there are cores: their signatures are then verified together.
pub async fn receive(
	mut incoming: mpsc::Receiver<IncomingTransactions>,
	pool: Pool,
	network: NetworkHandle,
	from_peers: FromPeers,
) {
	let at_a_time = available_parallelism().map_or(1, NonZero::get);
	let mut under_way = JoinSet::new();
	while let Some(batch) = incoming.recv().await {
		while under_way.len() >= at_a_time {
			under_way.join_next().await;
		}
		under_way.spawn(take(batch, pool.clone(), network.clone(), from_peers.clone()));
	}
}

/// Submits a batch. What the pool accepts of a batch that is not forwarded as a whole is published as our own.
async fn take(batch: IncomingTransactions, pool: Pool, network: NetworkHandle, from_peers: FromPeers) {
	let IncomingTransactions { id, from, transactions, .. } = batch;
	let hashes: Vec<Hash> = transactions.iter().map(|bytes| BlakeTwo256::hash(bytes)).collect();
	hashes.iter().for_each(|hash| from_peers.add(*hash));
	let (submitting, count) = (pool.clone(), transactions.len());
	let submitted = spawn_blocking(move || {
		let submit = |bytes| submitting.submit(TransactionSource::External, bytes).map(drop);
		transactions.into_iter().map(submit).collect::<Vec<_>>()
	})
	.await
	.unwrap_or_else(|panicked| {
		warn!(%from, error = %panicked, "validating a peer's transactions panicked");
		Vec::new()
	});
	let mut verdicts = Vec::with_capacity(count);
	for (hash, result) in hashes.iter().zip(submitted) {
		verdicts.push(result.map_or_else(
			|error| {
				from_peers.take(hash);
				let judged = verdict(&error);
				debug!(%from, %error, ?judged, "a peer's transaction is refused");
				judged
			},
			|()| Verdict::Accept,
		));
	}
	// A panic is our own fault: validation catches those that a transaction can cause.
	verdicts.resize(count, Verdict::Ignore);
	let accepted: Vec<Hash> =
		hashes.iter().zip(&verdicts).filter(|(_, v)| **v == Verdict::Accept).map(|(hash, _)| *hash).collect();
	if !network.judge(id, verdicts).await {
		for bytes in accepted.iter().filter_map(|hash| pool.get(hash)) {
			network.publish_transaction(bytes.to_vec());
		}
	}
}

/// Tells each peer that begins to take transactions which ones wait: it has heard none of them. Until the network is gone.
pub async fn announce(mut newcomers: mpsc::Receiver<PeerId>, pool: Pool, network: NetworkHandle) {
	let mut under_way = JoinSet::new();
	while let Some(peer) = newcomers.recv().await {
		while under_way.len() >= ANNOUNCEMENTS_MAX {
			under_way.join_next().await;
		}
		let waiting = pool.clone();
		let Ok(waiting) = spawn_blocking(move || waiting.pending()).await else { continue };
		if !waiting.is_empty() {
			debug!(%peer, count = waiting.len(), "telling a peer which transactions wait");
			let network = network.clone();
			under_way.spawn(async move { network.announce(peer, waiting).await });
		}
	}
}

/// Sends what the pool accepted to peers, but for what came from them, until the pool is gone. Notes what is `own`.
pub async fn publish(
	mut imported: Receiver<Hash>,
	pool: Pool,
	network: NetworkHandle,
	from_peers: FromPeers,
	own: Own,
) {
	loop {
		match imported.recv().await {
			Ok(hash) if from_peers.take(&hash) => {}
			Ok(hash) => {
				own.add(hash);
				if network.peers().is_empty() {
					continue;
				}
				if let Some(bytes) = pool.get(&hash) {
					network.publish_transaction(bytes.to_vec());
				}
			}
			Err(RecvError::Lagged(skipped)) => {
				debug!(skipped, "gossip fell behind the pool");
				own.add_unheard();
			}
			Err(RecvError::Closed) => return,
		}
	}
}

/// Only what no honest peer would have forwarded is held against it: it decodes, and has the same rules. Of signatures only
/// many wrong ones are: one that covers the hash of a block that we do not have yet looks wrong here and is right there.
fn verdict(error: &SubmitError) -> Verdict {
	match error {
		SubmitError::Invalid(reason) => match &reason.kind {
			InvalidKind::Undecodable => Verdict::Reject(Misbehaviour::InvalidTransaction),
			InvalidKind::Invalid(InvalidTransaction::BadProof) => {
				Verdict::Suspect(Misbehaviour::BadSignature)
			}
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
		| SubmitError::AgentFull { .. }
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
		let rubbish = Verdict::Reject(Misbehaviour::InvalidTransaction);
		assert_eq!(verdict(&invalid(InvalidKind::Undecodable)), rubbish);
		let wrong = Verdict::Suspect(Misbehaviour::BadSignature);
		assert_eq!(verdict(&invalid(InvalidKind::Invalid(InvalidTransaction::BadProof))), wrong);
		assert_eq!(verdict(&invalid(InvalidKind::Invalid(InvalidTransaction::Stale))), Verdict::Ignore);
		assert_eq!(verdict(&SubmitError::PoolFull { count: 1, bytes: 1 }), Verdict::Ignore);
	}
}
