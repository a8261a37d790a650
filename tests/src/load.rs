//! [`Load`]: transfers without pause, for tests that disturb a busy node.
//!
//! # Must not
//! Measure: speed is for the benchmarks.

use crate::{
	rpc::Rpc,
	wallet::{stranger, Key, Wallet, PLX},
};
use std::sync::{
	atomic::{AtomicU64, Ordering},
	Arc,
};
use tokio::task::JoinHandle;

/// A task that sends transfers until it is dropped or the node goes away.
pub struct Load {
	accepted: Arc<AtomicU64>,
	task: JoinHandle<()>,
}

impl Load {
	/// Sends from an account that nobody else uses, to accounts that are new.
	pub fn start(url: String, wallet: Wallet, key: Key) -> Self {
		let accepted = Arc::new(AtomicU64::new(0));
		let counter = accepted.clone();
		let task = tokio::spawn(async move {
			let Ok(rpc) = Rpc::connect(&url).await else { return };
			let account = key.account();
			let Ok(mut nonce) = rpc.next_nonce(&account).await else { return };
			loop {
				let bytes = wallet.transfer(&key, nonce, &stranger(u64::from(nonce)), PLX / 100);
				match rpc.submit(&bytes).await {
					Ok(_) => {
						counter.fetch_add(1, Ordering::Relaxed);
						nonce += 1;
					}
					// The pool is full, or the node goes away: ask where we are, which ends the task in the second case.
					Err(_) => match rpc.next_nonce(&account).await {
						Ok(next) => nonce = next,
						Err(_) => return,
					},
				}
			}
		});
		Self { accepted, task }
	}

	/// Transactions accepted so far.
	pub fn accepted(&self) -> u64 {
		self.accepted.load(Ordering::Relaxed)
	}
}

impl Drop for Load {
	fn drop(&mut self) {
		self.task.abort();
	}
}
