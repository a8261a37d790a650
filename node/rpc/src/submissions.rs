//! [`Submissions`]: transactions on their way into the pool, taken many at a time.
//!
//! ```text
//! submit ─┬─→ small ─→ any thread:           takes all that wait, checks their signatures as one batch,
//!         └─→ large ─→ all threads but one:  hands them to the pool one by one, answers each
//! ```
//!
//! A batch costs less than half of as many single checks, and under load there is always one.
//!
//! # Must not
//! Judge a transaction: the pool does.
//!
//! # Invariants
//! What waits is bounded in number and bytes, and so is what one turn decodes. Large transactions never hold up small
//! ones: one thread takes none. A caller that is gone before its turn has nothing submitted, and costs nothing more.

use crate::errors::RpcError;
use parking_lot::{Condvar, Mutex};
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

/// How long a transaction may take to enter the pool, waiting included. Longer than a query: it must not be given up
/// lightly, since the caller would not know whether it was accepted.
const LIMIT: Duration = Duration::from_secs(30);

/// From this length on a transaction is large. Transfers have 150 bytes; a batch of hundreds is small, too.
const LARGE_BYTES: usize = 32 * 1024;

/// Most transactions taken in one turn: about 8 ms of a thread, if they are transfers.
const TURN_TRANSACTIONS_MAX: usize = 256;

/// Most bytes taken in one turn, but for a single transaction. Decoded, a batch of calls of three bytes each takes a
/// hundred times its length, so this is some 8 MiB for each thread.
const TURN_BYTES_MAX: usize = 64 * 1024;

/// Fewest transactions worth a batch.
const BATCH_MIN: usize = 4;

/// Most bytes that wait: 64 transactions of the greatest length.
const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;

/// One thread takes no large transactions, so there have to be two.
const THREADS_MIN: usize = 2;

/// Hands transactions to the pool on threads of its own, which end when it is dropped.
pub struct Submissions(Arc<Shared>);

struct Shared {
	chain: Chain,
	queue: Mutex<Queue>,
	ready: Condvar,
	waiting_max: usize,
}

#[derive(Default)]
struct Queue {
	small: VecDeque<Waiting>,
	large: VecDeque<Waiting>,
	bytes: usize,
	closed: bool,
}

struct Waiting {
	extrinsic: Vec<u8>,
	answer: Box<dyn Answer>,
}

/// Who waits for a transaction, and how it enters the pool.
trait Answer: Send {
	/// Whether nobody waits any more.
	fn is_abandoned(&self) -> bool;
	/// Submits the transaction and tells who waits.
	fn submit(self: Box<Self>, pool: &Pool, extrinsic: Vec<u8>);
}

struct Caller<T> {
	submit: fn(&Pool, Vec<u8>) -> Result<T, RpcError>,
	reply: oneshot::Sender<Result<T, RpcError>>,
}

impl<T: Send> Answer for Caller<T> {
	fn is_abandoned(&self) -> bool {
		self.reply.is_closed()
	}

	fn submit(self: Box<Self>, pool: &Pool, extrinsic: Vec<u8>) {
		// The caller may leave meanwhile; the transaction is in the pool all the same.
		let _ = self.reply.send((self.submit)(pool, extrinsic));
	}
}

impl Submissions {
	/// Submits on `threads` threads, at least two; at most `waiting_max` transactions wait.
	///
	/// # Errors
	/// If the operating system gives no thread.
	pub fn start(chain: Chain, threads: usize, waiting_max: usize) -> std::io::Result<Self> {
		let shared = Arc::new(Shared { chain, queue: Mutex::default(), ready: Condvar::new(), waiting_max });
		let submissions = Self(shared.clone());
		for number in 0..threads.max(THREADS_MIN) {
			let (shared, takes_large) = (shared.clone(), number > 0);
			std::thread::Builder::new()
				.name("rpc-submit".into())
				.stack_size(crate::workers::STACK_BYTES)
				.spawn(move || shared.work(takes_large))?;
		}
		Ok(submissions)
	}

	/// Hands a transaction to the pool.
	///
	/// # Errors
	/// The pool's refusal; [`RpcError::Busy`] if too many wait, [`RpcError::SubmissionTimedOut`] if its turn does not
	/// come.
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
		self.0.push(Waiting { extrinsic, answer: Box::new(Caller { submit, reply }) })?;
		match tokio::time::timeout(LIMIT, answer).await {
			Ok(Ok(result)) => result,
			Ok(Err(_)) => Err(RpcError::Internal("a call panicked; see the node's log".into())),
			Err(_) => Err(RpcError::SubmissionTimedOut(LIMIT)),
		}
	}
}

impl Drop for Submissions {
	fn drop(&mut self) {
		self.0.queue.lock().closed = true;
		self.0.ready.notify_all();
	}
}

impl Shared {
	fn push(&self, waiting: Waiting) -> Result<(), RpcError> {
		let bytes = waiting.extrinsic.len();
		let mut queue = self.queue.lock();
		let full = queue.small.len() + queue.large.len() >= self.waiting_max
			|| queue.bytes.saturating_add(bytes) > WAITING_BYTES_MAX;
		if full {
			return Err(RpcError::Busy);
		}
		queue.bytes += bytes;
		let line = if bytes < LARGE_BYTES { &mut queue.small } else { &mut queue.large };
		line.push_back(waiting);
		drop(queue);
		// All, since one of them may take none that are large.
		self.ready.notify_all();
		Ok(())
	}

	/// A thread's life: turns, until nobody can submit any more.
	fn work(&self, takes_large: bool) {
		while let Some(turn) = self.next(takes_large) {
			self.take_turn(turn);
		}
	}

	fn next(&self, takes_large: bool) -> Option<Vec<Waiting>> {
		let mut queue = self.queue.lock();
		loop {
			let turn = queue.turn(takes_large);
			if !turn.is_empty() {
				return Some(turn);
			}
			if queue.closed {
				return None;
			}
			self.ready.wait(&mut queue);
		}
	}

	fn take_turn(&self, turn: Vec<Waiting>) {
		let (extrinsics, answers): (Vec<_>, Vec<_>) =
			turn.into_iter().map(|waiting| (waiting.extrinsic, waiting.answer)).unzip();
		// A panic must not end the thread, nor take the other transactions with it: who waits for the one that panicked sees
		// that the answer is missing.
		if extrinsics.len() >= BATCH_MIN {
			let state = &self.chain.tip().state;
			let _ = catch_unwind(AssertUnwindSafe(|| {
				self.chain.executor().check_signatures(state, &extrinsics);
			}));
		}
		for (extrinsic, answer) in extrinsics.into_iter().zip(answers) {
			let _ = catch_unwind(AssertUnwindSafe(|| answer.submit(self.chain.pool(), extrinsic)));
		}
	}
}

impl Queue {
	/// Takes what the next turn is about: a large transaction on its own, or small ones together. Abandoned ones are
	/// dropped on the way.
	fn turn(&mut self, takes_large: bool) -> Vec<Waiting> {
		while let Some(waiting) = takes_large.then(|| self.large.pop_front()).flatten() {
			self.bytes -= waiting.extrinsic.len();
			if !waiting.answer.is_abandoned() {
				return vec![waiting];
			}
		}
		let (mut turn, mut bytes) = (Vec::new(), 0);
		while let Some(waiting) = self.small.pop_front() {
			self.bytes -= waiting.extrinsic.len();
			if waiting.answer.is_abandoned() {
				continue;
			}
			bytes += waiting.extrinsic.len();
			turn.push(waiting);
			if turn.len() >= TURN_TRANSACTIONS_MAX || bytes >= TURN_BYTES_MAX {
				break;
			}
		}
		turn
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn waiting(bytes: usize) -> (Waiting, oneshot::Receiver<Result<(), RpcError>>) {
		let (reply, answer) = oneshot::channel();
		let caller = Caller { submit: |_, _| Ok(()), reply };
		(Waiting { extrinsic: vec![0; bytes], answer: Box::new(caller) }, answer)
	}

	fn queue(sizes: &[usize]) -> (Queue, Vec<oneshot::Receiver<Result<(), RpcError>>>) {
		let mut queue = Queue::default();
		let mut callers = Vec::new();
		for bytes in sizes {
			let (waiting, caller) = waiting(*bytes);
			queue.bytes += bytes;
			let line = if *bytes < LARGE_BYTES { &mut queue.small } else { &mut queue.large };
			line.push_back(waiting);
			callers.push(caller);
		}
		(queue, callers)
	}

	fn sizes(turn: &[Waiting]) -> Vec<usize> {
		turn.iter().map(|waiting| waiting.extrinsic.len()).collect()
	}

	#[test]
	fn small_ones_go_together_and_a_large_one_alone_on_the_threads_that_take_it() {
		let (mut queue, _callers) = queue(&[100, LARGE_BYTES, 200, LARGE_BYTES + 1]);
		assert_eq!(sizes(&queue.turn(true)), [LARGE_BYTES]);
		assert_eq!(sizes(&queue.turn(false)), [100, 200]);
		assert!(queue.turn(false).is_empty());
		assert_eq!(sizes(&queue.turn(true)), [LARGE_BYTES + 1]);
		assert_eq!(queue.bytes, 0);
	}

	#[test]
	fn a_turn_is_bounded_in_number_and_bytes() {
		let (mut many, _callers) = queue(&[1; TURN_TRANSACTIONS_MAX + 1]);
		assert_eq!(many.turn(true).len(), TURN_TRANSACTIONS_MAX);
		assert_eq!(many.turn(true).len(), 1);
		let (mut long, _callers) = queue(&[LARGE_BYTES - 1; 5]);
		let taken = sizes(&long.turn(false)).iter().sum::<usize>();
		assert!(taken < TURN_BYTES_MAX + LARGE_BYTES, "{taken} bytes in one turn");
	}

	#[test]
	fn who_left_costs_nothing_and_stands_in_nobodys_way() {
		let (mut queue, mut callers) = queue(&[10, 20, 30, LARGE_BYTES]);
		callers.remove(3);
		callers.remove(1);
		assert_eq!(sizes(&queue.turn(true)), [10, 30]);
		assert_eq!(queue.bytes, 0);
		assert!(queue.turn(true).is_empty());
	}
}
