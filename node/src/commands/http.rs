//! HTTP connections of commands that serve. axum's own server waits for a client's request as long as the client likes.
//!
//! # Must not
//! Know what is asked.
//!
//! # Invariants
//! As many connections are open as [`Bounds`] allows; others wait in the system's queue. Each brings one request, and is
//! closed when its time is over, whatever its client does.

use axum::{extract::ConnectInfo, Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
	rt::{TokioIo, TokioTimer},
	service::TowerToHyperService,
};
use std::{sync::Arc, time::Duration};
use tokio::{
	net::TcpListener,
	sync::Semaphore,
	time::{sleep, timeout},
};

/// The longest head of a request, with what a proxy adds: the least that hyper takes.
const HEAD_BYTES_MAX: usize = 8 * 1_024;

/// How long nothing is accepted after a failure: that of a full table of files passes only when others close theirs.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
	/// Open at once.
	pub(super) connections: usize,
	/// Until the request's head is there.
	pub(super) head: Duration,
	/// From the first byte to the last.
	pub(super) whole: Duration,
}

impl Bounds {
	/// For the public, who ask the faucet: four times as many connections as requests may wait, ten seconds for a head of a
	/// few lines, and a minute in all, in which even a full queue is paid.
	pub(super) const PUBLIC: Self =
		Self { connections: 256, head: Duration::from_secs(10), whole: Duration::from_secs(60) };

	/// For processes of the same machine, which send all at once: as many connections as requests may wait, and as long as
	/// a look at the chain takes.
	pub(super) const LOCAL: Self =
		Self { connections: 1_024, head: Duration::from_secs(10), whole: Duration::from_secs(90) };
}

/// Answers for ever.
pub(super) async fn serve(listener: TcpListener, router: Router, bounds: Bounds) {
	let room = Arc::new(Semaphore::new(bounds.connections));
	// Nobody closes the semaphore.
	while let Ok(place) = room.clone().acquire_owned().await {
		let Ok((stream, peer)) = listener.accept().await else {
			sleep(PAUSE_AFTER_FAILURE).await;
			continue;
		};
		let service = TowerToHyperService::new(router.clone().layer(Extension(ConnectInfo(peer))));
		let connection = http1::Builder::new()
			.timer(TokioTimer::new())
			.header_read_timeout(bounds.head)
			.keep_alive(false)
			.max_buf_size(HEAD_BYTES_MAX)
			.serve_connection(TokioIo::new(stream), service);
		tokio::spawn(async move {
			// What ends a connection early is its client's loss.
			let _ = timeout(bounds.whole, connection).await;
			drop(place);
		});
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use axum::{body::Bytes, routing::get};
	use std::net::SocketAddr;
	use tokio::{
		io::{AsyncReadExt, AsyncWriteExt},
		net::TcpStream,
	};

	/// Far longer than any of the bounds in these tests.
	const PATIENCE: Duration = Duration::from_secs(30);

	/// A server that tells its clients who they are, and how long their bodies were.
	async fn server(bounds: Bounds) -> SocketAddr {
		let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
		let address = listener.local_addr().expect("bound");
		let who = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
		let length = |body: Bytes| async move { body.len().to_string() };
		tokio::spawn(serve(listener, Router::new().route("/", get(who).post(length)), bounds));
		address
	}

	async fn send(address: SocketAddr, text: &str) -> TcpStream {
		let mut stream = TcpStream::connect(address).await.expect("somebody listens");
		stream.write_all(text.as_bytes()).await.expect("sent");
		stream
	}

	/// Everything until the server closes.
	async fn answer(stream: &mut TcpStream) -> String {
		let mut text = Vec::new();
		// A connection that was reset is closed, too.
		let _ = timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("the server closes");
		String::from_utf8(text).expect("text")
	}

	#[tokio::test]
	async fn a_client_that_sends_half_a_head_loses_its_place_to_the_next() {
		let bounds = Bounds { connections: 1, head: Duration::from_millis(50), whole: PATIENCE * 2 };
		let address = server(bounds).await;
		let mut slow = send(address, "GET / HTTP/1.1\r\nhost: x\r\n").await;
		let mut next = send(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
		let told = answer(&mut next).await;
		let own = next.local_addr().expect("connected").to_string();
		assert!(told.starts_with("HTTP/1.1 200") && told.ends_with(&own), "{told}");
		assert!(!answer(&mut slow).await.contains("200 OK"));
	}

	#[tokio::test]
	async fn a_client_that_sends_half_a_body_is_cut_off() {
		let bounds = Bounds { connections: 1, head: PATIENCE * 2, whole: Duration::from_millis(50) };
		let address = server(bounds).await;
		let mut slow = send(address, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf").await;
		assert_eq!(answer(&mut slow).await, "");
	}

	#[tokio::test]
	async fn whoever_comes_beyond_the_room_waits_and_is_served() {
		let bounds = Bounds { connections: 1, head: PATIENCE, whole: PATIENCE };
		let address = server(bounds).await;
		let first = send(address, "GET / HT").await;
		let mut second = send(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
		let early = timeout(Duration::from_millis(100), second.readable()).await;
		assert!(early.is_err(), "there is room for one");
		drop(first);
		assert!(answer(&mut second).await.starts_with("HTTP/1.1 200"));
	}
}
