//! [`GuardedStream`]: a connection's socket, with the bounds of [`Connection`] on it.
//!
//! # Must not
//! Know JSON or HTTP: it counts bytes and time only.
//!
//! # Invariants
//! Reads nothing while the connection's bounds are exceeded, and next to nothing while a write waits. A write that the
//! reader does not take within the limit closes the connection for good.

use crate::connection::Connection;
use std::{
	future::Future,
	io,
	pin::Pin,
	sync::Arc,
	task::{Context, Poll},
	time::Duration,
};
use tokio::{
	io::{AsyncRead, AsyncWrite, ReadBuf},
	net::TcpStream,
	time::Sleep,
};

/// Bytes after which a reader must let others run, so that the calls it has read so far begin, and are counted, before it
/// reads more. Some 250 of the shortest calls.
const BURST_BYTES: usize = 16 * 1024;

/// Bytes that are read while a write waits for the reader: enough for pongs and short calls. The transport answers what
/// is not a call by itself, and holds each message until its answer is in the queue; so what a caller that reads nothing
/// sends is not all in the account of its [`Connection`].
const STALLED_READ_BYTES: usize = 64 * 1024;

/// A socket that is read only while its connection may be, and closed when its reader stalls.
pub struct GuardedStream {
	socket: TcpStream,
	connection: Arc<Connection>,
	stall_max: Duration,
	stall: Option<Pin<Box<Sleep>>>,
	burst: usize,
	/// Bytes read since the write began to wait.
	stalled_read: usize,
}

impl GuardedStream {
	/// Puts the bounds of `connection` on `socket`.
	pub fn new(socket: TcpStream, connection: Arc<Connection>, stall_max: Duration) -> Self {
		Self { socket, connection, stall_max, stall: None, burst: 0, stalled_read: 0 }
	}

	/// Looks at the outcome of a write: counts what was taken, and how long nothing has been.
	fn wrote(
		&mut self,
		context: &mut Context<'_>,
		outcome: Poll<io::Result<usize>>,
	) -> Poll<io::Result<usize>> {
		match outcome {
			Poll::Ready(result) => {
				self.stall = None;
				self.stalled_read = 0;
				match &result {
					Ok(bytes) => self.connection.written(*bytes),
					// Reading may wait for this write, and would not hear of its end otherwise.
					Err(_) => self.connection.close(),
				}
				Poll::Ready(result)
			}
			Poll::Pending => {
				let stall = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.stall_max)));
				if stall.as_mut().poll(context).is_pending() {
					return Poll::Pending;
				}
				tracing::debug!(target: "rpc", peer = ?self.connection.peer(), "the reader takes nothing; disconnected");
				self.connection.close();
				Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
			}
		}
	}
}

impl AsyncRead for GuardedStream {
	fn poll_read(
		mut self: Pin<&mut Self>,
		cx: &mut Context<'_>,
		buf: &mut ReadBuf<'_>,
	) -> Poll<io::Result<()>> {
		if !self.connection.may_read(cx) {
			return Poll::Pending;
		}
		if self.connection.is_closed() {
			return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
		}
		if self.stall.is_some() && self.stalled_read >= STALLED_READ_BYTES {
			// `may_read` left the waker, which the end of the write wakes.
			return Poll::Pending;
		}
		if self.burst >= BURST_BYTES {
			self.burst = 0;
			cx.waker().wake_by_ref();
			return Poll::Pending;
		}
		let before = buf.filled().len();
		let outcome = Pin::new(&mut self.socket).poll_read(cx, buf);
		let bytes = buf.filled().len() - before;
		self.burst = if outcome.is_pending() { 0 } else { self.burst + bytes };
		if self.stall.is_some() {
			self.stalled_read += bytes;
		}
		self.connection.read(bytes);
		outcome
	}
}

impl AsyncWrite for GuardedStream {
	fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
		if self.connection.is_closed() {
			return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
		}
		let outcome = Pin::new(&mut self.socket).poll_write(cx, bytes);
		self.wrote(cx, outcome)
	}

	fn poll_write_vectored(
		mut self: Pin<&mut Self>,
		cx: &mut Context<'_>,
		slices: &[io::IoSlice<'_>],
	) -> Poll<io::Result<usize>> {
		if self.connection.is_closed() {
			return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
		}
		let outcome = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
		self.wrote(cx, outcome)
	}

	fn is_write_vectored(&self) -> bool {
		self.socket.is_write_vectored()
	}

	fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.socket).poll_flush(cx)
	}

	fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.socket).poll_shutdown(cx)
	}
}
