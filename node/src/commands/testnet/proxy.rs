//! [`Links`]: a TCP forwarder for each ordered pair of nodes, so that the network between them can be cut and slowed.
//!
//! ```text
//!   node i ──▶ 127.0.0.1:p(i,j) ══ link ══▶ node j's p2p port        open:   bytes pass, after the delay
//!                                                                    silent: bytes wait, connections stay
//!                                                                    closed: connections end, new ones at once
//! ```
//!
//! # Must not
//! Look at what it carries, reorder it, or lose a byte of a connection that lives on.
//!
//! # Invariants
//! Nodes know each other by their links' ports alone. A link holds at most [`CONNECTIONS_MAX`] connections, and of each
//! direction at most [`CHUNKS_MAX`] chunks of [`CHUNK_BYTES`].

use std::{io, net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{
		tcp::{OwnedReadHalf, OwnedWriteHalf},
		TcpListener, TcpStream,
	},
	sync::{mpsc, watch, OwnedSemaphorePermit, Semaphore},
	task::{AbortHandle, JoinSet},
	time::{sleep, sleep_until, timeout, Instant},
};

/// Connections of one link: libp2p holds one or two with a peer, and dials a few more while it loses them.
const CONNECTIONS_MAX: usize = 32;

/// Bytes taken from a socket at once.
const CHUNK_BYTES: usize = 16 << 10;

/// Chunks under way in one direction: 1 MiB, beyond the bandwidth of our nodes times any sensible delay.
const CHUNKS_MAX: usize = 64;

/// How long the far end may take to accept.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// How long to wait when the system accepts nothing.
const ACCEPTING_AGAIN: Duration = Duration::from_millis(100);

/// What a link does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
	/// They pass.
	Open,
	/// They wait, as when packets are dropped: nobody is told.
	Silent,
	/// Connections end, and new ones are not accepted.
	Closed,
}

/// The links among all nodes.
pub(super) struct Links {
	count: usize,
	/// Of node `i` to node `j` at `i * count + j`; none to itself.
	links: Vec<Option<Link>>,
}

struct Link {
	port: u16,
	gate: watch::Sender<Gate>,
	accepting: AbortHandle,
}

impl Drop for Link {
	fn drop(&mut self) {
		self.accepting.abort();
	}
}

impl Links {
	/// Opens the links to nodes that listen at these ports. Each message takes `delay`, up to half more.
	///
	/// # Errors
	/// The system has no port left.
	pub(super) async fn open(ports: &[u16], delay: Duration) -> io::Result<Self> {
		let count = ports.len();
		let mut links = Vec::new();
		for from in 0..count {
			for (to, port) in ports.iter().enumerate() {
				links.push(match from == to {
					true => None,
					false => Some(Link::open(*port, delay).await?),
				});
			}
		}
		Ok(Self { count, links })
	}

	/// Where a node reaches another.
	pub(super) fn port(&self, from: usize, to: usize) -> Option<u16> {
		self.links.get(from * self.count + to)?.as_ref().map(|link| link.port)
	}

	/// Sets the links between two nodes, both ways.
	pub(super) fn set(&self, one: usize, other: usize, gate: Gate) {
		for (from, to) in [(one, other), (other, one)] {
			if let Some(Some(link)) = self.links.get(from * self.count + to) {
				link.gate.send_replace(gate);
			}
		}
	}

	/// Sets every link between nodes of different groups; a node in no group is a group of its own.
	pub(super) fn divide(&self, groups: &[Vec<usize>], gate: Gate) {
		let group = |node: usize| groups.iter().position(|group| group.contains(&node));
		for one in 0..self.count {
			for other in one + 1..self.count {
				if group(one).is_none() || group(one) != group(other) {
					self.set(one, other, gate);
				}
			}
		}
	}

	/// Opens all.
	pub(super) fn heal(&self) {
		for link in self.links.iter().flatten() {
			link.gate.send_replace(Gate::Open);
		}
	}
}

impl Link {
	async fn open(target: u16, delay: Duration) -> io::Result<Self> {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
		let port = listener.local_addr()?.port();
		let (gate, receiver) = watch::channel(Gate::Open);
		let accepting = tokio::spawn(accept(listener, target, receiver, delay)).abort_handle();
		Ok(Self { port, gate, accepting })
	}
}

/// Accepts until it is aborted; the connections end with it.
async fn accept(listener: TcpListener, target: u16, gate: watch::Receiver<Gate>, delay: Duration) {
	let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
	let mut connections = JoinSet::new();
	loop {
		let accepted = tokio::select! {
			accepted = listener.accept() => accepted,
			Some(_) = connections.join_next() => continue,
		};
		let Ok((near, _)) = accepted else {
			// No descriptors left: that passes, and the dialler tries again.
			sleep(ACCEPTING_AGAIN).await;
			continue;
		};
		let Ok(permit) = room.clone().try_acquire_owned() else { continue };
		if *gate.borrow() != Gate::Closed {
			connections.spawn(carry(near, target, gate.clone(), delay, permit));
		}
	}
}

/// One connection, until either end or the gate closes it.
async fn carry(
	near: TcpStream,
	target: u16,
	gate: watch::Receiver<Gate>,
	delay: Duration,
	_permit: OwnedSemaphorePermit,
) {
	let mut closing = gate.clone();
	let carried = async {
		wait_open(&mut gate.clone()).await?;
		let far = timeout(CONNECT_MAX, TcpStream::connect((Ipv4Addr::LOCALHOST, target))).await.ok()?.ok()?;
		near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).ok()?;
		let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
		// The first end ends both directions: a node that is gone must not look alive.
		tokio::select! {
			() = pass(near_in, far_out, gate.clone(), delay) => {}
			() = pass(far_in, near_out, gate.clone(), delay) => {}
		}
		Some(())
	};
	tokio::select! {
		// How a connection ended is the nodes' business.
		_ = carried => {}
		_ = closing.wait_for(|gate| *gate == Gate::Closed) => {}
	}
}

/// `None` when the links are gone.
async fn wait_open(gate: &mut watch::Receiver<Gate>) -> Option<()> {
	gate.wait_for(|gate| *gate == Gate::Open).await.ok().map(drop)
}

/// One direction: chunks are read as they come and written when they are due, in order.
async fn pass(
	mut from: OwnedReadHalf,
	mut to: OwnedWriteHalf,
	mut gate: watch::Receiver<Gate>,
	delay: Duration,
) {
	let (queue, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_MAX);
	let read = async move {
		let mut buffer = vec![0; CHUNK_BYTES];
		while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
			let jitter = delay.mul_f64(rand::random::<f64>() / 2.0);
			if queue.send((Instant::now() + delay + jitter, buffer[..bytes].to_vec())).await.is_err() {
				return;
			}
		}
	};
	let write = async move {
		while let Some((at, chunk)) = due.recv().await {
			if !delay.is_zero() {
				sleep_until(at).await;
			}
			if wait_open(&mut gate).await.is_none() || to.write_all(&chunk).await.is_err() {
				return;
			}
		}
	};
	// What was read before the end is still written.
	tokio::join!(read, write);
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Longer than anything here takes.
	const SOON: Duration = Duration::from_secs(20);

	/// Two ends of a connection over the link from node 0 to node 1.
	async fn connected(delay: Duration) -> (Links, TcpStream, TcpStream, TcpListener) {
		let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
		let port = listener.local_addr().unwrap().port();
		let links = Links::open(&[port, port], delay).await.unwrap();
		let near = TcpStream::connect((Ipv4Addr::LOCALHOST, links.port(0, 1).unwrap())).await.unwrap();
		let (far, _) = timeout(SOON, listener.accept()).await.unwrap().unwrap();
		(links, near, far, listener)
	}

	async fn receive(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
		let mut received = vec![0; bytes];
		timeout(SOON, stream.read_exact(&mut received)).await.unwrap().unwrap();
		received
	}

	#[tokio::test]
	async fn bytes_pass_in_order_both_ways_and_not_before_their_delay() {
		let delay = Duration::from_millis(50);
		let (_links, mut near, mut far, _listener) = connected(delay).await;
		let sent = Instant::now();
		let long: Vec<u8> = (0..100_000u32).map(|number| number as u8).collect();
		near.write_all(&long).await.unwrap();
		assert_eq!(receive(&mut far, long.len()).await, long);
		assert!(sent.elapsed() >= delay);
		far.write_all(b"back").await.unwrap();
		assert_eq!(receive(&mut near, 4).await, b"back");
	}

	#[tokio::test]
	async fn silence_holds_bytes_back_and_healing_delivers_them() {
		let (links, mut near, mut far, _listener) = connected(Duration::ZERO).await;
		links.divide(&[vec![0], vec![1]], Gate::Silent);
		near.write_all(b"late").await.unwrap();
		let mut byte = [0];
		// Nothing announces that nothing comes: a bounded look is all there is.
		assert!(timeout(Duration::from_millis(200), far.read(&mut byte)).await.is_err(), "{byte:?} passed");
		links.heal();
		assert_eq!(receive(&mut far, 4).await, b"late");
	}

	#[tokio::test]
	async fn closing_ends_connections_and_refuses_new_ones_until_healed() {
		let (links, mut near, mut far, listener) = connected(Duration::ZERO).await;
		links.set(1, 0, Gate::Closed);
		let mut byte = [0];
		for end in [&mut near, &mut far] {
			let read = timeout(SOON, end.read(&mut byte)).await.expect("it ends");
			assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
		}
		let port = links.port(0, 1).unwrap();
		let mut refused = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
		let read = timeout(SOON, refused.read(&mut byte)).await.expect("it ends at once");
		assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
		links.heal();
		let _near = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
		timeout(SOON, listener.accept()).await.unwrap().unwrap();
	}
}
