//! [`Workers`]: a bounded pool of operating-system threads for calls that read the disk or run the runtime.
//!
//! # Must not
//! Run on the asynchronous runtime's threads, which consensus and the network share.
//!
//! # Invariants
//! The queue is bounded: a full queue answers "busy" at once. Every caller gets an answer within its limit of time.
//! Native code cannot be stopped from outside; a thread that runs beyond the limit is written off and replaced, at
//! most [`WRITTEN_OFF_MAX`] times, and ends when its call does.

use crate::errors::RpcError;
use parking_lot::{Condvar, Mutex};
use std::{
	collections::VecDeque,
	panic::{catch_unwind, AssertUnwindSafe},
	sync::{
		atomic::{AtomicU8, AtomicUsize, Ordering},
		Arc,
	},
	time::Duration,
};
use tokio::sync::oneshot;

/// Threads that may be written off at the same time. Beyond it calls wait behind those that never end, and time out.
const WRITTEN_OFF_MAX: usize = 8;

/// Stack of a thread: the runtime decodes nested values recursively, within its own limit of depth.
pub(crate) const STACK_BYTES: usize = 8 * 1024 * 1024;

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const DONE: u8 = 2;
const ABANDONED: u8 = 3;

struct Job {
	state: Arc<AtomicU8>,
	run: Box<dyn FnOnce() + Send>,
}

struct Shared {
	name: &'static str,
	queue: Mutex<Queue>,
	ready: Condvar,
	queue_max: usize,
	written_off: AtomicUsize,
}

#[derive(Default)]
struct Queue {
	jobs: VecDeque<Job>,
	closed: bool,
}

/// A pool of threads. It ends when the last handle is dropped.
#[derive(Clone)]
pub struct Workers(Arc<Handle>);

struct Handle(Arc<Shared>);

impl Drop for Handle {
	fn drop(&mut self) {
		self.0.queue.lock().closed = true;
		self.0.ready.notify_all();
	}
}

impl Workers {
	/// Starts `threads` threads behind a queue of `queue_max` calls.
	///
	/// # Errors
	/// If the operating system gives no thread.
	pub fn start(name: &'static str, threads: usize, queue_max: usize) -> std::io::Result<Self> {
		let shared = Arc::new(Shared {
			name,
			queue: Mutex::default(),
			ready: Condvar::new(),
			queue_max,
			written_off: AtomicUsize::new(0),
		});
		let workers = Self(Arc::new(Handle(shared.clone())));
		for _ in 0..threads.max(1) {
			shared.spawn()?;
		}
		Ok(workers)
	}

	/// Runs `job` on a thread and waits for its answer.
	///
	/// # Errors
	/// [`RpcError::Busy`] if the queue is full, [`RpcError::TimedOut`] after `limit`, [`RpcError::Internal`] if the job
	/// panicked.
	pub async fn run<T: Send + 'static>(
		&self,
		limit: Duration,
		job: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
	) -> Result<T, RpcError> {
		let (reply, answer) = oneshot::channel();
		let state = Arc::new(AtomicU8::new(WAITING));
		let run = Box::new(move || {
			let result = catch_unwind(AssertUnwindSafe(job))
				.unwrap_or_else(|_| Err(RpcError::Internal("a call panicked; see the node's log".into())));
			// Nobody is left to tell if the connection is gone.
			let _ = reply.send(result);
		});
		self.0 .0.push(Job { state: state.clone(), run })?;
		match tokio::time::timeout(limit, answer).await {
			Ok(Ok(result)) => result,
			Ok(Err(_)) => Err(RpcError::Internal("the node is stopping".into())),
			Err(_) => {
				self.0 .0.abandon(&state);
				Err(RpcError::TimedOut(limit))
			}
		}
	}
}

impl Shared {
	fn push(&self, job: Job) -> Result<(), RpcError> {
		let mut queue = self.queue.lock();
		if queue.jobs.len() >= self.queue_max {
			return Err(RpcError::Busy);
		}
		queue.jobs.push_back(job);
		drop(queue);
		self.ready.notify_one();
		Ok(())
	}

	fn spawn(self: &Arc<Self>) -> std::io::Result<()> {
		let shared = self.clone();
		std::thread::Builder::new()
			.name(self.name.into())
			.stack_size(STACK_BYTES)
			.spawn(move || shared.work())?;
		Ok(())
	}

	/// A thread's life: jobs one after another, until the pool ends or the thread was written off.
	fn work(&self) {
		while let Some(job) = self.next() {
			if job.state.compare_exchange(WAITING, RUNNING, Ordering::AcqRel, Ordering::Acquire).is_err() {
				continue;
			}
			(job.run)();
			if job.state.compare_exchange(RUNNING, DONE, Ordering::AcqRel, Ordering::Acquire).is_err() {
				self.written_off.fetch_sub(1, Ordering::AcqRel);
				return;
			}
		}
	}

	fn next(&self) -> Option<Job> {
		let mut queue = self.queue.lock();
		loop {
			if let Some(job) = queue.jobs.pop_front() {
				return Some(job);
			}
			if queue.closed {
				return None;
			}
			self.ready.wait(&mut queue);
		}
	}

	/// Gives up a job that took too long: it is not started any more, or its thread is written off and replaced.
	fn abandon(self: &Arc<Self>, state: &AtomicU8) {
		if state.compare_exchange(WAITING, ABANDONED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
			return;
		}
		if self.written_off.fetch_add(1, Ordering::AcqRel) >= WRITTEN_OFF_MAX {
			self.written_off.fetch_sub(1, Ordering::AcqRel);
			return;
		}
		if state.compare_exchange(RUNNING, ABANDONED, Ordering::AcqRel, Ordering::Acquire).is_err() {
			self.written_off.fetch_sub(1, Ordering::AcqRel);
			return;
		}
		tracing::warn!(target: "rpc", pool = self.name, "a call runs beyond its limit of time; its thread is replaced");
		if let Err(error) = self.spawn() {
			tracing::error!(target: "rpc", pool = self.name, %error, "no thread to replace it");
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::sync::mpsc;

	const LONG: Duration = Duration::from_secs(60);
	const SHORT: Duration = Duration::from_millis(50);

	#[tokio::test]
	async fn answers_errors_and_panics_come_back() {
		let workers = Workers::start("test", 1, 4).expect("threads");
		assert_eq!(workers.run(LONG, || Ok(5)).await, Ok(5));
		assert_eq!(workers.run(LONG, || Err::<(), _>(RpcError::Busy)).await, Err(RpcError::Busy));
		assert!(matches!(workers.run::<()>(LONG, || panic!("on purpose")).await, Err(RpcError::Internal(_))));
		assert_eq!(workers.run(LONG, || Ok(6)).await, Ok(6), "the thread survives a panic");
	}

	#[tokio::test]
	async fn a_call_that_never_ends_is_given_up_and_does_not_stop_others() {
		let workers = Workers::start("test", 1, 4).expect("threads");
		let (release, blocked) = mpsc::channel::<()>();
		let error = workers.run(SHORT, move || Ok(blocked.recv().is_err())).await;
		assert_eq!(error, Err(RpcError::TimedOut(SHORT)));
		assert_eq!(workers.run(LONG, || Ok(1)).await, Ok(1));
		assert_eq!(workers.0 .0.written_off.load(Ordering::Acquire), 1);
		drop(release);
		let freed = async {
			while workers.0 .0.written_off.load(Ordering::Acquire) != 0 {
				tokio::task::yield_now().await;
			}
		};
		tokio::time::timeout(LONG, freed).await.expect("the thread ends with its call");
	}

	#[tokio::test]
	async fn a_full_queue_is_busy_at_once() {
		let workers = Workers::start("test", 1, 1).expect("threads");
		let (started, starts) = oneshot::channel();
		let (release, blocked) = mpsc::channel::<()>();
		let running = tokio::spawn({
			let workers = workers.clone();
			async move {
				workers
					.run(LONG, move || {
						let _ = started.send(());
						Ok(blocked.recv().is_err())
					})
					.await
			}
		});
		starts.await.expect("runs");
		let mut waiting = Box::pin(workers.run(LONG, || Ok(2)));
		assert!(futures::poll!(&mut waiting).is_pending());
		assert_eq!(workers.run(LONG, || Ok(3)).await, Err(RpcError::Busy));
		drop(release);
		assert_eq!(running.await.expect("joins"), Ok(true));
		assert_eq!(waiting.await, Ok(2));
	}
}
