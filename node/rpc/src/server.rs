//! The accept loop: WebSocket and HTTP on one port, with the bounds on connections.
//!
//! # Must not
//! Let one connection, or many, stop the others: beyond the limit new ones are refused and existing ones go on.

use crate::{
	config::{CorsOrigins, RpcMethods, ServerConfig},
	connection::Connection,
	control::RpcObserver,
	middleware::MeasuredLayer,
	stream::GuardedStream,
};
use futures::FutureExt;
use jsonrpsee::{
	server::{
		middleware::rpc::RpcServiceBuilder, serve_with_graceful_shutdown, stop_channel, BatchRequestConfig,
		HttpBody, HttpRequest, HttpResponse, PingConfig, RandomStringIdProvider, Server,
		ServerConfig as Settings, ServerHandle, StopHandle, TowerService, TowerServiceBuilder,
	},
	Methods,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{TcpListener, TcpStream},
	sync::Semaphore,
};
use tower::{
	layer::util::{Identity, Stack},
	Service,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long the server waits after the operating system refused it a connection, mostly for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that are being told that they are refused; further ones are closed without a word.
const REFUSALS_MAX: usize = 32;

/// How long a refused caller may take to listen.
const REFUSAL_TIME: Duration = Duration::from_secs(2);

/// Length of a subscription's id: 16 letters and digits, 95 bits, not to be guessed by others.
const SUBSCRIPTION_ID_CHARACTERS: usize = 16;

/// What lies around every call.
type CallLayers = Stack<MeasuredLayer, Identity>;

/// What lies around every HTTP request.
type RequestLayers = Stack<CorsLayer, Identity>;

/// Binds the port and serves `methods` until stopped.
pub(crate) async fn listen(
	config: &ServerConfig,
	methods: Methods,
	observer: Arc<dyn RpcObserver>,
) -> std::io::Result<(SocketAddr, ServerHandle)> {
	let listener = TcpListener::bind(config.address).await?;
	let address = listener.local_addr()?;
	let (stop, handle) = stop_channel();
	tokio::spawn(accept(listener, config.clone(), methods, observer, stop));
	Ok((address, handle))
}

fn settings(config: &ServerConfig) -> Settings {
	let limits = &config.limits;
	let ping =
		PingConfig::new().ping_interval(limits.ping_interval).inactive_limit(limits.inactive).max_failures(1);
	Settings::builder()
		.max_request_body_size(limits.request_bytes)
		.max_response_body_size(limits.response_bytes)
		.max_subscriptions_per_connection(limits.subscriptions)
		// Connections are counted when they are accepted, not when they send a request.
		.max_connections(u32::MAX)
		.set_batch_request_config(BatchRequestConfig::Limit(limits.batch_calls))
		.set_message_buffer_capacity(limits.queued_messages.max(1))
		.enable_ws_ping(ping)
		.set_id_provider(RandomStringIdProvider::new(SUBSCRIPTION_ID_CHARACTERS))
		.build()
}

fn cors(origins: &CorsOrigins) -> CorsLayer {
	let origins = origins.clone();
	CorsLayer::new()
		.allow_methods([http::Method::POST, http::Method::GET])
		.allow_headers([http::header::CONTENT_TYPE])
		.allow_origin(AllowOrigin::predicate(move |origin, _| {
			origin.to_str().is_ok_and(|origin| origins.allows(origin))
		}))
}

/// Makes the service of each connection.
fn services(
	config: &ServerConfig,
	observer: Arc<dyn RpcObserver>,
) -> TowerServiceBuilder<CallLayers, RequestLayers> {
	let measured = MeasuredLayer {
		observer,
		batch_calls_in_flight: config.limits.batch_calls_in_flight,
		response_bytes: config.limits.response_bytes as usize,
	};
	Server::builder()
		.set_config(settings(config))
		.set_rpc_middleware(RpcServiceBuilder::new().layer(measured))
		.set_http_middleware(tower::ServiceBuilder::new().layer(cors(&config.cors)))
		.to_service_builder()
}

async fn accept(
	listener: TcpListener,
	config: ServerConfig,
	methods: Methods,
	observer: Arc<dyn RpcObserver>,
	stop: StopHandle,
) {
	let services = services(&config, observer.clone());
	let config = Arc::new(config);
	let open = Arc::new(Semaphore::new(config.limits.connections));
	let refusals = Arc::new(Semaphore::new(REFUSALS_MAX));
	let stopped = stop.clone().shutdown();
	tokio::pin!(stopped);

	loop {
		let (socket, peer) = tokio::select! {
			accepted = next_connection(&listener) => accepted,
			() = &mut stopped => return,
		};
		match OpenConnection::take(&open, &observer, config.limits.connections) {
			Some(place) => {
				// One service per connection: jsonrpsee numbers connections by it.
				let service = services.clone().build(methods.clone(), stop.clone());
				serve(socket, peer, place, service, config.clone(), &stop);
			}
			None => {
				observer.refused();
				turn_away(socket, &refusals);
			}
		}
	}
}

/// The next connection that the operating system gives, however long it gives none.
async fn next_connection(listener: &TcpListener) -> (TcpStream, SocketAddr) {
	loop {
		match listener.accept().await {
			Ok(accepted) => return accepted,
			Err(error) => {
				tracing::warn!(target: "rpc", %error, "the operating system gives no connection");
				tokio::time::sleep(ACCEPT_PAUSE).await;
			}
		}
	}
}

/// Starts to serve a connection, which holds its place until it ends.
fn serve(
	socket: TcpStream,
	peer: SocketAddr,
	place: Arc<OpenConnection>,
	service: TowerService<CallLayers, RequestLayers>,
	config: Arc<ServerConfig>,
	stop: &StopHandle,
) {
	// Without it a small answer waits for the acknowledgement of the one before.
	let _ = socket.set_nodelay(true);
	let trusted = config.methods == RpcMethods::Unsafe && peer.ip().is_loopback();
	let connection = Arc::new(Connection::new(Some(peer), trusted, &config.limits));
	let stream = GuardedStream::new(socket, connection.clone(), config.limits.write_stall);
	let service = tower::service_fn(move |mut request: HttpRequest<_>| {
		let refused = refusal_of(&config, request.version(), request.headers());
		// Held by the request, and so by a WebSocket that it becomes, until that is closed.
		request.extensions_mut().insert(connection.clone());
		request.extensions_mut().insert(place.clone());
		let mut service = service.clone();
		async move {
			match refused {
				Some(response) => Ok(response),
				None => service.call(request).await,
			}
		}
	});
	let served = serve_with_graceful_shutdown(stream, service, stop.clone().shutdown());
	tokio::spawn(served.map(move |ended| {
		if let Err(error) = ended {
			tracing::trace!(target: "rpc", %peer, %error, "connection ended");
		}
	}));
}

/// Tells a caller that there is no place for it, unless too many are being told already.
fn turn_away(socket: TcpStream, refusals: &Arc<Semaphore>) {
	if let Ok(refusal) = refusals.clone().try_acquire_owned() {
		tokio::spawn(async move {
			let _ = tokio::time::timeout(REFUSAL_TIME, refuse(socket)).await;
			drop(refusal);
		});
	}
}

/// Counts a connection as open until it is dropped.
struct OpenConnection {
	permit: Option<tokio::sync::OwnedSemaphorePermit>,
	open: Arc<Semaphore>,
	observer: Arc<dyn RpcObserver>,
	max: usize,
}

impl OpenConnection {
	/// Takes one of `max` places; `None` if all are taken.
	fn take(open: &Arc<Semaphore>, observer: &Arc<dyn RpcObserver>, max: usize) -> Option<Arc<Self>> {
		let permit = open.clone().try_acquire_owned().ok()?;
		observer.connections(max - open.available_permits());
		Some(Arc::new(Self { permit: Some(permit), open: open.clone(), observer: observer.clone(), max }))
	}
}

impl Drop for OpenConnection {
	fn drop(&mut self) {
		drop(self.permit.take());
		self.observer.connections(self.max.saturating_sub(self.open.available_permits()));
	}
}

/// The words of [`turn_away`].
async fn refuse(mut socket: TcpStream) -> std::io::Result<()> {
	const BODY: &str =
		"Too many connections are open; try again later, or raise the node's --rpc-connections-max\n";
	let response = format!(
		"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nRetry-After: 10\r\n\
		 Connection: close\r\n\r\n{BODY}",
		BODY.len()
	);
	socket.write_all(response.as_bytes()).await?;
	socket.shutdown().await?;
	// What the caller sent is taken, or closing would cut off the answer.
	let mut rest = [0; 1024];
	while socket.read(&mut rest).await? > 0 {}
	Ok(())
}

/// The answer to a request of a foreign website, for a foreign name, or in a version that escapes the limits.
fn refusal_of(
	config: &ServerConfig,
	version: http::Version,
	headers: &http::HeaderMap,
) -> Option<HttpResponse> {
	// One connection of HTTP/2 carries hundreds of requests at once; the limits count on one.
	if version > http::Version::HTTP_11 {
		let why = "This node speaks HTTP/1.1 and WebSocket\n".into();
		return Some(refused(http::StatusCode::HTTP_VERSION_NOT_SUPPORTED, why));
	}
	let text = |name: http::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
	if let Some(origin) = text(http::header::ORIGIN) {
		if !config.cors.allows(origin) {
			return Some(refused(
				http::StatusCode::FORBIDDEN,
				format!(
				"Websites of {origin:?} may not call this node; its operator can allow it with --rpc-cors\n"
			),
			));
		}
	}
	if !config.hosts.is_empty() {
		let host = text(http::header::HOST).unwrap_or("");
		let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
		if !config.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name)) {
			return Some(refused(http::StatusCode::FORBIDDEN, format!("This node is not called {name:?}\n")));
		}
	}
	None
}

fn refused(status: http::StatusCode, why: String) -> HttpResponse {
	let mut response = HttpResponse::new(HttpBody::from(why));
	*response.status_mut() = status;
	response
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{control::Unobserved, limits::RpcLimits, notifier::Notifier};
	use jsonrpsee::RpcModule;
	use std::sync::atomic::{AtomicUsize, Ordering};
	use tokio::{net::TcpSocket, sync::mpsc};

	/// Nothing here takes longer unless it hangs.
	const SOON: Duration = Duration::from_secs(60);

	/// A WebSocket that subscribes and takes as little as the operating system lets it.
	async fn subscribed(server: SocketAddr) -> TcpStream {
		const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tell"}"#;
		let socket = TcpSocket::new_v4().expect("a socket");
		socket.set_recv_buffer_size(4096).expect("a small buffer");
		let mut socket = socket.connect(server).await.expect("connects");
		let upgrade = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
			 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
		socket.write_all(upgrade.as_bytes()).await.expect("sends");
		let mut head = Vec::new();
		while !head.ends_with(b"\r\n\r\n") {
			head.push(socket.read_u8().await.expect("answers"));
		}
		assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
		// A whole text frame, whose mask is zero.
		let frame = [&[0x81, 0x80 | CALL.len() as u8, 0, 0, 0, 0][..], CALL.as_bytes()].concat();
		socket.write_all(&frame).await.expect("sends");
		socket
	}

	/// The queue alone holds the sender back here: the bytes that may be unsent have no bound.
	#[tokio::test(flavor = "multi_thread")]
	async fn for_a_reader_that_never_reads_no_more_is_made_than_the_queue_and_the_socket_hold() {
		const QUEUED_MAX: u32 = 4;
		const NOTIFICATION_BYTES: usize = 1 << 20;
		/// What would be made for nobody without the limit.
		const TOLD_MAX: usize = 200;
		/// Far more than sockets buffer: a few megabytes.
		const IN_SOCKET_MAX: usize = 100;
		let limits = RpcLimits {
			queued_messages: QUEUED_MAX,
			unsent_bytes: u64::MAX,
			write_stall: Duration::from_secs(3),
			..Default::default()
		};
		let mut config = ServerConfig { limits, ..Default::default() };
		config.address.set_port(0);

		let (over, mut ended) = mpsc::channel(1);
		let told = Arc::new(AtomicUsize::new(0));
		let mut module = RpcModule::new((over, told.clone()));
		module
			.register_subscription("tell", "told", "stop", |_, pending, context, extensions| async move {
				let (over, told) = &*context;
				let Ok(sink) = pending.accept().await else { return };
				let notifier = Notifier::new(sink, Connection::of(&extensions));
				let text = "x".repeat(NOTIFICATION_BYTES);
				while told.load(Ordering::Acquire) < TOLD_MAX && notifier.send(&text).await.is_ok() {
					told.fetch_add(1, Ordering::AcqRel);
				}
				let _ = over.send(()).await;
			})
			.expect("the only one");
		let (address, _handle) =
			listen(&config, module.into(), Arc::new(Unobserved)).await.expect("a free port");

		let silent = tokio::time::timeout(SOON, subscribed(address)).await.expect("in time");
		tokio::time::timeout(SOON, ended.recv()).await.expect("in time").expect("the feed says that it ends");
		let told = told.load(Ordering::Acquire);
		let bounds = QUEUED_MAX as usize..QUEUED_MAX as usize + IN_SOCKET_MAX;
		assert!(bounds.contains(&told), "{told} notifications of 1 MiB were made for nobody");
		drop(silent);
	}
}
