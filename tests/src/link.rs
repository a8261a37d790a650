//! [`Link`]: a way to a node's port on which everything takes as long as a test says, in both directions.
//!
//! # Must not
//! Reorder or lose a byte of a connection that lives on, or look at what it carries.

use anyhow::Result;
use std::{
	net::Ipv4Addr,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{
		tcp::{OwnedReadHalf, OwnedWriteHalf},
		TcpListener, TcpStream,
	},
	sync::mpsc,
	task::{AbortHandle, JoinSet},
	time::{sleep_until, Instant},
};

/// Bytes taken from a socket at once.
const CHUNK_BYTES: usize = 16 << 10;

/// Chunks under way in one direction.
const CHUNKS_MAX: usize = 64;

/// A forwarder to a port; its connections end with it.
pub struct Link {
	port: u16,
	accepting: AbortHandle,
}

impl Link {
	/// Opens one to a port of this machine. What comes from now on takes as many milliseconds as `delay_ms` says when it comes.
	///
	/// # Errors
	/// When the system has no port left.
	pub async fn open(target: u16, delay_ms: Arc<AtomicU64>) -> Result<Self> {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
		let port = listener.local_addr()?.port();
		let accepting = tokio::spawn(accept(listener, target, delay_ms)).abort_handle();
		Ok(Self { port, accepting })
	}

	/// Where to connect.
	pub fn port(&self) -> u16 {
		self.port
	}
}

impl Drop for Link {
	fn drop(&mut self) {
		self.accepting.abort();
	}
}

async fn accept(listener: TcpListener, target: u16, delay_ms: Arc<AtomicU64>) {
	let mut connections = JoinSet::new();
	while let Ok((near, _)) = listener.accept().await {
		connections.spawn(carry(near, target, delay_ms.clone()));
	}
}

/// One connection, until either end closes it.
async fn carry(near: TcpStream, target: u16, delay_ms: Arc<AtomicU64>) {
	let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
	if near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).is_err() {
		return;
	}
	let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
	// The first end ends both directions: a node that is gone must not look alive.
	tokio::select! {
		() = pass(near_in, far_out, &delay_ms) => {}
		() = pass(far_in, near_out, &delay_ms) => {}
	}
}

/// One direction: chunks are read as they come and written when they are due, in order.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay_ms: &AtomicU64) {
	let (queue, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_MAX);
	let read = async move {
		let mut buffer = vec![0; CHUNK_BYTES];
		while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
			let at = Instant::now() + Duration::from_millis(delay_ms.load(Ordering::Relaxed));
			if queue.send((at, buffer[..bytes].to_vec())).await.is_err() {
				return;
			}
		}
	};
	let write = async move {
		while let Some((at, chunk)) = due.recv().await {
			sleep_until(at).await;
			if to.write_all(&chunk).await.is_err() {
				return;
			}
		}
	};
	// What was read before the end is still written.
	tokio::join!(read, write);
}
