//! HTTP with bounds: a server whose connections cannot be held open by whoever likes, and a client that waits for no answer
//! for ever. axum's own server has no bound on a client's slowness.
//!
//! # Must not
//! Know what is asked. Follow redirections, or speak TLS: an agent that is reached from elsewhere stands behind a proxy.
//!
//! # Invariants
//! - As many connections are open as [`CONNECTIONS_MAX`] says; others wait in the system's queue. Each brings one request.
//! - No answer is longer than its caller says.

use axum::{
	http::{header, Method, StatusCode, Uri},
	Router,
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Bytes, client::conn::http1 as client, server::conn::http1 as server};
use hyper_util::{
	rt::{TokioIo, TokioTimer},
	service::TowerToHyperService,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::Semaphore,
	time::{sleep, timeout},
};

/// Connections of a server that are open at once.
pub const CONNECTIONS_MAX: usize = 256;

/// Until a request's head is there.
const HEAD_MAX: Duration = Duration::from_secs(10);

/// From a connection's first byte to its last: longer than an answer takes.
const WHOLE_MAX: Duration = Duration::from_secs(90);

/// The longest head of a request: the least that hyper takes.
const HEAD_BYTES_MAX: usize = 8 * 1_024;

/// How long nothing is accepted after a failure.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// How long a server that stops waits for requests that it has begun.
const FINISH_MAX: Duration = Duration::from_secs(10);

/// How long a client waits for an answer: longer than a server takes at most.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// Answers until `stop` is there, and then what was begun.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
	let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
	tokio::select! {
		() = accept(listener, router, &room) => {}
		() = stop => {}
	}
	// All places are free when nobody is answered any more.
	let _ = timeout(FINISH_MAX, room.acquire_many(CONNECTIONS_MAX as u32)).await;
}

async fn accept(listener: TcpListener, router: Router, room: &Arc<Semaphore>) {
	// Nobody closes the semaphore.
	while let Ok(place) = room.clone().acquire_owned().await {
		let Ok((stream, _)) = listener.accept().await else {
			sleep(PAUSE_AFTER_FAILURE).await;
			continue;
		};
		let connection = server::Builder::new()
			.timer(TokioTimer::new())
			.header_read_timeout(HEAD_MAX)
			.keep_alive(false)
			.max_buf_size(HEAD_BYTES_MAX)
			.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
		tokio::spawn(async move {
			// What ends a connection early is its client's loss.
			let _ = timeout(WHOLE_MAX, connection).await;
			drop(place);
		});
	}
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
	/// Not an address of this kind.
	#[error("`{0}` is no address; write it like http://127.0.0.1:8010")]
	Address(String),
	/// Nobody is there, or the connection broke.
	#[error("{url} cannot be reached: {cause}")]
	Unreachable {
		/// Where.
		url: String,
		/// What happened.
		cause: String,
	},
	/// Too late.
	#[error("{url} did not answer within {} s", ANSWER_MAX.as_secs())]
	Silent {
		/// Where.
		url: String,
	},
	/// Not what was expected.
	#[error("{url} answered with something else than was expected: {cause}")]
	Unintelligible {
		/// Where.
		url: String,
		/// What is wrong.
		cause: String,
	},
	/// A refusal with its reason.
	#[error("{name}: {cause}; {remedy}")]
	Refused {
		/// Like 402.
		status: StatusCode,
		/// The error's name.
		name: String,
		/// What happened.
		cause: String,
		/// What to do about it.
		remedy: String,
	},
}

/// Asks, with a body in JSON or none; what a `200` or `202` says.
///
/// # Errors
/// See [`AskError`].
pub async fn ask<Said: DeserializeOwned>(
	method: Method,
	url: &str,
	body: Option<&Value>,
	bytes_max: usize,
) -> Result<Said, AskError> {
	let asked = timeout(ANSWER_MAX, exchange(method, url, body, bytes_max)).await;
	let (status, bytes) = asked.map_err(|_| AskError::Silent { url: url.into() })??;
	if status.is_success() {
		let unintelligible =
			|error: serde_json::Error| AskError::Unintelligible { url: url.into(), cause: error.to_string() };
		return serde_json::from_slice(&bytes).map_err(unintelligible);
	}
	let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
	let text = |field: &str, otherwise: &str| said[field].as_str().unwrap_or(otherwise).to_string();
	Err(AskError::Refused {
		status,
		name: text("error", "Refused"),
		cause: text("cause", status.as_str()),
		remedy: text("remedy", "see its log"),
	})
}

async fn exchange(
	method: Method,
	url: &str,
	body: Option<&Value>,
	bytes_max: usize,
) -> Result<(StatusCode, Bytes), AskError> {
	let address = || AskError::Address(url.into());
	let uri: Uri = url.parse().map_err(|_| address())?;
	let (scheme, host) = (uri.scheme_str(), uri.host().ok_or_else(address)?);
	if scheme != Some("http") {
		return Err(address());
	}
	let port = uri.port_u16().unwrap_or(80);
	let broken =
		|cause: &dyn std::fmt::Display| AskError::Unreachable { url: url.into(), cause: cause.to_string() };
	// An address of version 6 stands in brackets in a URI.
	let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await;
	let stream = stream.map_err(|error| broken(&error))?;
	let (mut sender, connection) =
		client::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
	// Ends with the exchange: nothing keeps the connection.
	tokio::spawn(connection);
	let path = uri.path_and_query().map_or("/", |path| path.as_str());
	let request = hyper::Request::builder()
		.method(method)
		.uri(path)
		.header(header::HOST, format!("{host}:{port}"))
		.header(header::CONTENT_TYPE, "application/json")
		.body(Full::new(body.map(|body| Bytes::from(body.to_string())).unwrap_or_default()))
		.map_err(|error| broken(&error))?;
	let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
	let status = response.status();
	let collected = Limited::new(response.into_body(), bytes_max).collect().await;
	let bytes = collected.map_err(|error| broken(&error))?.to_bytes();
	Ok((status, bytes))
}

#[cfg(test)]
mod tests {
	use super::*;
	use axum::routing::{get, post};
	use std::net::SocketAddr;
	use tokio::{io::AsyncReadExt, io::AsyncWriteExt, sync::oneshot};

	async fn server(router: Router) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
		let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
		let address = listener.local_addr().expect("bound");
		let (stop, stopped) = oneshot::channel::<()>();
		let serving = tokio::spawn(serve(listener, router, async {
			let _ = stopped.await;
		}));
		(address, stop, serving)
	}

	fn echo() -> Router {
		Router::new()
			.route("/", post(|body: axum::body::Bytes| async move { body }))
			.route("/long", get(|| async { "1".repeat(1_000) }))
			.route(
				"/no",
				get(|| async {
					(
						StatusCode::PAYMENT_REQUIRED,
						"{\"error\": \"Unsigned\", \"cause\": \"c\", \"remedy\": \"r\"}",
					)
				}),
			)
	}

	#[tokio::test]
	async fn what_is_sent_arrives_and_what_is_too_long_does_not() {
		let (address, _stop, _) = server(echo()).await;
		let (url, body) = (format!("http://{address}/"), serde_json::json!({ "a": [1, "ä"] }));
		let said: Value = ask(Method::POST, &url, Some(&body), 100).await.expect("an answer");
		assert_eq!(said, body);
		let long = format!("{url}long");
		let cut = ask::<Value>(Method::GET, &long, None, 999).await;
		assert!(matches!(cut, Err(AskError::Unreachable { .. })), "{cut:?}");
	}

	#[tokio::test]
	async fn a_refusal_keeps_its_status_and_its_words() {
		let (address, _stop, _) = server(echo()).await;
		let refused = ask::<Value>(Method::GET, &format!("http://{address}/no"), None, 100).await;
		match refused {
			Err(AskError::Refused { status, name, cause, remedy }) => {
				assert_eq!(
					(status.as_u16(), &name[..], &cause[..], &remedy[..]),
					(402, "Unsigned", "c", "r")
				);
			}
			other => panic!("{other:?}"),
		}
		for address in ["", "127.0.0.1:1", "https://127.0.0.1:1/", "http:///"] {
			let refused = ask::<Value>(Method::GET, address, None, 100).await;
			assert!(matches!(refused, Err(AskError::Address(_))), "{address}: {refused:?}");
		}
	}

	#[tokio::test]
	async fn a_server_that_is_stopped_answers_what_it_has_begun() {
		let (begun, mut has_begun) = tokio::sync::mpsc::channel(1);
		let go_on = Arc::new(Semaphore::new(0));
		let gate = go_on.clone();
		let slow = move || async move {
			begun.send(()).await.expect("the test listens");
			gate.acquire().await.expect("open").forget();
			"done"
		};
		let (address, stop, serving) = server(Router::new().route("/", get(slow))).await;
		let mut stream = TcpStream::connect(address).await.expect("somebody listens");
		stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
		has_begun.recv().await.expect("it begins");
		stop.send(()).expect("it runs");
		go_on.add_permits(1);
		let mut text = String::new();
		stream.read_to_string(&mut text).await.expect("an answer");
		assert!(text.ends_with("done"), "{text}");
		serving.await.expect("it ends");
		assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
	}
}
