//! [`Submissions`]: transactions on their way into the pool, taken many at a time.
//!
//! ```text
//! submit ─→ waiting ─┬─→ a thread's turn: takes all that wait, checks their signatures as one batch,
//!        └─→ queue ──┘    hands them to the pool one by one, answers each
//! ```
//!
//! A batch costs less than half of as many single checks, and under load there is always one.
//!
//! # Must not
//! Judge a transaction: the pool does.
//!
//! # Invariants
//! Each waiting transaction has put a turn into the workers' queue, so that queue bounds both, and every transaction
//! is taken at the latest in its own turn. A caller that is gone before its turn has nothing submitted.

use crate::{errors::RpcError, workers::Workers};
use parking_lot::Mutex;
use plexus_chain::Chain;
use plexus_pool::{Pool, TransactionStatus};
use plexus_storage::Hash;
use sp_runtime::transaction_validity::TransactionSource;
use std::{
	collections::VecDeque,
	panic::{catch_unwind, AssertUnwindSafe},
	sync::Arc,
	time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// How long a transaction may take to enter the pool. Threads are never written off for a full queue: it is short.
const LIMIT: Duration = Duration::from_secs(30);

/// Most transactions taken in one turn: about 8 ms of a thread.
const TOGETHER_MAX: usize = 256;

/// Fewest worth a batch.
const BATCH_MIN: usize = 4;

/// Hands transactions to the pool on threads of its own.
pub struct Submissions {
	chain: Chain,
	workers: Workers,
	waiting: Arc<Mutex<VecDeque<Waiting>>>,
	waiting_max: usize,
}

struct Waiting {
	extrinsic: Vec<u8>,
	/// Submits it, unless nobody waits for the answer any more.
	hand_over: Box<dyn FnOnce(&Pool, Vec<u8>) + Send>,
}

impl Submissions {
	/// Submits on `threads` threads; at most `queue_max` transactions wait.
	///
	/// # Errors
	/// If the operating system gives no thread.
	pub fn start(chain: Chain, threads: usize, queue_max: usize) -> std::io::Result<Self> {
		let workers = Workers::start("rpc-submit", threads, queue_max)?;
		Ok(Self { chain, workers, waiting: Arc::default(), waiting_max: queue_max })
	}

	/// Hands a transaction to the pool.
	///
	/// # Errors
	/// The pool's refusal; [`RpcError::Busy`] if too many wait, [`RpcError::TimedOut`] if its turn does not come.
	pub async fn submit(&self, extrinsic: Vec<u8>) -> Result<Hash, RpcError> {
		self.enqueue(extrinsic, |pool, bytes| Ok(pool.submit(TransactionSource::External, bytes)?)).await
	}

	/// Hands a transaction to the pool and watches it.
	///
	/// # Errors
	/// Those of [`submit`](Self::submit).
	pub async fn submit_and_watch(
		&self,
		extrinsic: Vec<u8>,
	) -> Result<mpsc::Receiver<TransactionStatus>, RpcError> {
		self.enqueue(extrinsic, |pool, bytes| {
			Ok(pool.submit_and_watch(TransactionSource::External, bytes).map(|(_, statuses)| statuses)?)
		})
		.await
	}

	async fn enqueue<T: Send + 'static>(
		&self,
		extrinsic: Vec<u8>,
		submit: fn(&Pool, Vec<u8>) -> Result<T, RpcError>,
	) -> Result<T, RpcError> {
		let (reply, answer) = oneshot::channel();
		let hand_over = Box::new(move |pool: &Pool, bytes| {
			if !reply.is_closed() {
				// The caller may leave meanwhile; the transaction is in the pool all the same.
				let _ = reply.send(submit(pool, bytes));
			}
		});
		{
			let mut waiting = self.waiting.lock();
			if waiting.len() >= self.waiting_max {
				return Err(RpcError::Busy);
			}
			waiting.push_back(Waiting { extrinsic, hand_over });
		}
		let (chain, waiting) = (self.chain.clone(), self.waiting.clone());
		let turn = async {
			self.workers
				.run(LIMIT, move || {
					take_turn(&chain, &waiting);
					Ok(())
				})
				.await?;
			// Another thread may have taken it in an earlier turn that is not over.
			answer
				.await
				.unwrap_or_else(|_| Err(RpcError::Internal("a call panicked; see the node's log".into())))
		};
		tokio::time::timeout(LIMIT, turn).await.unwrap_or(Err(RpcError::TimedOut(LIMIT)))
	}
}

fn take_turn(chain: &Chain, waiting: &Mutex<VecDeque<Waiting>>) {
	let taken: Vec<Waiting> = {
		let mut waiting = waiting.lock();
		let count = waiting.len().min(TOGETHER_MAX);
		waiting.drain(..count).collect()
	};
	let (extrinsics, hand_overs): (Vec<_>, Vec<_>) =
		taken.into_iter().map(|transaction| (transaction.extrinsic, transaction.hand_over)).unzip();
	if extrinsics.len() >= BATCH_MIN {
		chain.executor().check_signatures(&chain.tip().state, &extrinsics);
	}
	for (extrinsic, hand_over) in extrinsics.into_iter().zip(hand_overs) {
		// One that panics must not take the others with it; its caller sees that the answer is missing.
		let _ = catch_unwind(AssertUnwindSafe(|| hand_over(chain.pool(), extrinsic)));
	}
}
