//! [`Connection`]: what the server knows of one connection, and the account of bytes that bounds its memory.
//!
//! # Must not
//! Count a byte as unsent that is never written: the connection would stop for good. Only whole responses and
//! notifications that are handed to the transport are counted.
//!
//! # Invariants
//! While more than `unsent_bytes` are unsent, the node reads nothing more from the connection
//! ([`Connection::may_read`]) and starts none of its waiting calls ([`Connection::capacity`]). Nor does it read while
//! `calls_in_flight` calls run or wait, or while any does and `read_bytes` were read since none did. TCP then holds the
//! caller back. So what one connection makes the node hold is bounded, whether it reads or not.
//!
//! Read bytes are forgotten all together, when no call is left, because whose they are is not known: a call sees its
//! parameters, while the node holds the whole message, which blanks or a batch's invalid entries may fill. Without a
//! call nothing waits to be answered, so reading never stops for good.
//!
//! ```text
//! queued ──▶ transport's queue ──▶ socket ──▶ written        unsent = queued - written
//! ```
//! The transport adds headers that are not counted as queued. Whenever more was written than queued, the account
//! starts again from zero, so the difference never grows.

use crate::{chain_head::Follows, limits::RpcLimits, transaction::Broadcasts};
use futures::task::AtomicWaker;
use jsonrpsee::Extensions;
use parking_lot::Mutex;
use std::{
	net::SocketAddr,
	sync::{
		atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
		Arc,
	},
	task::Context,
};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// One connection, from its first byte to its last.
pub struct Connection {
	/// Where it comes from; `None` for calls made inside the process.
	peer: Option<SocketAddr>,
	/// Whether it may call methods that change the node.
	trusted: bool,
	unsent_max: u64,
	calls_max: usize,
	read_max: u64,
	account: Mutex<Account>,
	calls: AtomicUsize,
	/// Bytes read since no call ran or waited.
	read: AtomicU64,
	closed: AtomicBool,
	changed: Notify,
	reader: AtomicWaker,
	threads: Semaphore,
	follows: Follows,
	broadcasts: Broadcasts,
}

#[derive(Default)]
struct Account {
	queued: u64,
	written: u64,
}

impl Connection {
	/// A connection from `peer`.
	pub fn new(peer: Option<SocketAddr>, trusted: bool, limits: &RpcLimits) -> Self {
		Self {
			peer,
			trusted,
			unsent_max: limits.unsent_bytes,
			calls_max: limits.calls_in_flight,
			read_max: limits.read_bytes,
			account: Mutex::default(),
			calls: AtomicUsize::new(0),
			read: AtomicU64::new(0),
			closed: AtomicBool::new(false),
			changed: Notify::new(),
			reader: AtomicWaker::new(),
			threads: Semaphore::new(limits.thread_calls.max(1)),
			follows: Follows::new(limits),
			broadcasts: Broadcasts::default(),
		}
	}

	/// The connection that a call came by. Calls made inside the process have one of their own, which is trusted with
	/// nothing.
	pub fn of(extensions: &Extensions) -> Arc<Self> {
		extensions
			.get::<Arc<Self>>()
			.cloned()
			.unwrap_or_else(|| Arc::new(Self::new(None, false, &RpcLimits::default())))
	}

	/// Where it comes from.
	pub fn peer(&self) -> Option<SocketAddr> {
		self.peer
	}

	/// Whether it may call methods that change the node.
	pub fn is_trusted(&self) -> bool {
		self.trusted
	}

	/// Its `chainHead_v1_follow` subscriptions.
	pub fn follows(&self) -> &Follows {
		&self.follows
	}

	/// Its `transaction_v1_broadcast` operations.
	pub fn broadcasts(&self) -> &Broadcasts {
		&self.broadcasts
	}

	/// Waits for the connection's turn on a thread; the turn ends when the permit is dropped.
	pub async fn thread_turn(&self) -> SemaphorePermit<'_> {
		self.threads.acquire().await.expect("it is open, because nothing closes it")
	}

	/// Notes that a call begins; it ends when the guard is dropped.
	pub fn begin_call(self: &Arc<Self>) -> CallGuard {
		self.calls.fetch_add(1, Ordering::AcqRel);
		CallGuard(self.clone())
	}

	/// Notes that `bytes` came from the socket.
	pub fn read(&self, bytes: usize) {
		self.read.fetch_add(bytes as u64, Ordering::AcqRel);
	}

	/// Notes that `bytes` were handed to the transport.
	pub fn queued(&self, bytes: usize) {
		let mut account = self.account.lock();
		if account.queued < account.written {
			account.queued = account.written;
		}
		account.queued += bytes as u64;
	}

	/// Notes that `bytes` were taken by the socket.
	pub fn written(&self, bytes: usize) {
		self.account.lock().written += bytes as u64;
		self.wake();
	}

	/// Bytes that the reader has not taken yet.
	pub fn unsent(&self) -> u64 {
		let account = self.account.lock();
		account.queued.saturating_sub(account.written)
	}

	/// Waits until there is room for another answer, or the connection is closed.
	pub async fn capacity(&self) {
		loop {
			let changed = self.changed.notified();
			tokio::pin!(changed);
			changed.as_mut().enable();
			if self.is_closed() || self.unsent() <= self.unsent_max {
				return;
			}
			changed.await;
		}
	}

	/// Whether more may be read from the connection now; if not, the task is woken when it may.
	pub fn may_read(&self, context: &Context<'_>) -> bool {
		self.reader.register(context.waker());
		let calls = self.calls.load(Ordering::Acquire);
		self.is_closed()
			|| (self.unsent() <= self.unsent_max
				&& calls < self.calls_max
				&& (calls == 0 || self.read.load(Ordering::Acquire) < self.read_max))
	}

	/// Ends the connection: reads and writes fail from now on.
	pub fn close(&self) {
		self.closed.store(true, Ordering::Release);
		self.wake();
	}

	/// Whether [`Self::close`] was called.
	pub fn is_closed(&self) -> bool {
		self.closed.load(Ordering::Acquire)
	}

	fn wake(&self) {
		self.changed.notify_waiters();
		self.reader.wake();
	}
}

/// A call that runs or waits.
pub struct CallGuard(Arc<Connection>);

impl Drop for CallGuard {
	fn drop(&mut self) {
		let before = self.0.calls.fetch_sub(1, Ordering::AcqRel);
		let read_was_full = before == 1 && self.0.read.swap(0, Ordering::AcqRel) >= self.0.read_max;
		if read_was_full || before >= self.0.calls_max {
			self.0.wake();
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::{task::noop_waker, FutureExt};

	fn connection(unsent_bytes: u64, calls_in_flight: usize) -> Arc<Connection> {
		let limits = RpcLimits { unsent_bytes, calls_in_flight, ..Default::default() };
		Arc::new(Connection::new(None, false, &limits))
	}

	#[test]
	fn a_reader_that_takes_nothing_stops_its_own_connection_until_it_reads() {
		let connection = connection(100, 10);
		let waker = noop_waker();
		let context = Context::from_waker(&waker);
		connection.queued(60);
		assert!(connection.may_read(&context));
		connection.queued(60);
		assert!(!connection.may_read(&context));
		assert!(connection.capacity().now_or_never().is_none());
		connection.written(30);
		assert!(connection.may_read(&context));
		assert!(connection.capacity().now_or_never().is_some());
	}

	#[test]
	fn headers_that_were_not_queued_do_not_open_the_account() {
		let connection = connection(100, 10);
		connection.written(1_000_000);
		connection.queued(101);
		assert_eq!(connection.unsent(), 101);
	}

	#[test]
	fn calls_in_flight_hold_back_reading() {
		let connection = connection(100, 2);
		let waker = noop_waker();
		let context = Context::from_waker(&waker);
		let first = connection.begin_call();
		let second = connection.begin_call();
		assert!(!connection.may_read(&context));
		drop(first);
		assert!(connection.may_read(&context));
		drop(second);
	}

	#[test]
	fn bytes_read_hold_back_reading_until_every_call_is_answered() {
		let limits = RpcLimits { read_bytes: 100, ..Default::default() };
		let connection = Arc::new(Connection::new(None, false, &limits));
		let woken = Arc::new(Woken::default());
		let waker = futures::task::waker(woken.clone());
		let context = Context::from_waker(&waker);
		connection.read(1_000);
		assert!(connection.may_read(&context), "no call waits, so nothing would end the wait");
		let large = connection.begin_call();
		assert!(!connection.may_read(&context));
		let small = connection.begin_call();
		drop(small);
		assert!(!connection.may_read(&context), "the large one is still held");
		assert_eq!(woken.0.load(Ordering::Acquire), 0);
		drop(large);
		assert_eq!(woken.0.load(Ordering::Acquire), 1, "the reader is told");
		let next = connection.begin_call();
		connection.read(99);
		assert!(connection.may_read(&context), "what was answered is forgotten");
		connection.read(1);
		assert!(!connection.may_read(&context));
		drop(next);
	}

	/// Counts how often a task is woken.
	#[derive(Default)]
	struct Woken(AtomicUsize);

	impl futures::task::ArcWake for Woken {
		fn wake_by_ref(woken: &Arc<Self>) {
			woken.0.fetch_add(1, Ordering::AcqRel);
		}
	}

	#[test]
	fn a_closed_connection_holds_nobody_back() {
		let connection = connection(0, 1);
		connection.queued(1);
		assert!(connection.capacity().now_or_never().is_none());
		connection.close();
		assert!(connection.capacity().now_or_never().is_some());
	}
}
