//! Between the network and the pool: transactions from peers into the pool, accepted ones out to peers.
//!
//! Must not: forward what the pool has not validated. Peers are judged by the pool's verdict alone.
//!
//! Both ways are bounded by the network's and the pool's own queues. If this node cannot keep up with its own transactions,
//! gossip skips some: they stay in the pool, for this node's own blocks.

use plexus_execution::InvalidKind;
use plexus_network::{IncomingTransaction, NetworkHandle, Verdict};
use plexus_pool::{Pool, SubmitError};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionSource};
use tokio::{
	sync::{
		broadcast::{error::RecvError, Receiver},
		mpsc,
	},
	task::spawn_blocking,
};
use tracing::{debug, warn};

/// Puts what peers send into the pool and tells the network what to think of it, until either is gone.
pub async fn receive(mut incoming: mpsc::Receiver<IncomingTransaction>, pool: Pool, network: NetworkHandle) {
	while let Some(IncomingTransaction { id, from, bytes, .. }) = incoming.recv().await {
		let pool = pool.clone();
		let submitted = spawn_blocking(move || pool.submit(TransactionSource::External, bytes)).await;
		let judged = match submitted {
			Ok(Ok(_)) => Verdict::Accept,
			Ok(Err(error)) => {
				let judged = verdict(&error);
				debug!(%from, %error, ?judged, "a peer's transaction is refused");
				judged
			}
			Err(panicked) => {
				warn!(%from, error = %panicked, "validating a peer's transaction panicked");
				Verdict::Reject
			}
		};
		network.judge(id, judged).await;
	}
}

/// Sends what the pool accepted to peers, until the pool is gone. What came from them is known there, and not sent twice.
pub async fn publish(mut imported: Receiver<plexus_storage::Hash>, pool: Pool, network: NetworkHandle) {
	loop {
		match imported.recv().await {
			Ok(_) if network.peers().is_empty() => {}
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
	fn only_rubbish_is_held_against_a_peer() {
		assert_eq!(verdict(&invalid(InvalidKind::Undecodable)), Verdict::Reject);
		assert_eq!(verdict(&invalid(InvalidKind::Invalid(InvalidTransaction::BadProof))), Verdict::Reject);
		assert_eq!(verdict(&invalid(InvalidKind::Invalid(InvalidTransaction::Stale))), Verdict::Ignore);
		assert_eq!(verdict(&SubmitError::PoolFull { count: 1, bytes: 1 }), Verdict::Ignore);
	}
}
