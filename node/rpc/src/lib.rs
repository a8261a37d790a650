//! JSON-RPC: the chain as Substrate clients expect it, over WebSocket and HTTP on one port.
//!
//! This crate is the only one that knows JSON-RPC.
//!
//! # Must not
//! Write to the chain, decide what is valid, or let a caller, however hostile, disturb block production: calls run on
//! threads of their own, and everything that a caller can make grow has a maximum in [`RpcLimits`].
//!
//! # The way of a call
//! ```text
//! socket ── stream (bytes, stalls) ── server (place, origin) ── middleware (room, time, batches) ── registry
//!                                                                                                      │
//!            memory only: at once ◀──────────────────────────────────────────────────────────────────┤
//!            reads the disk or runs the runtime: `workers`, bounded queue, limit of time ◀────────────┤
//!            submits a transaction: `workers` of its own ◀─────────────────────────────────────────────┘
//! ```
//!
//! # Reading order
//! [`config`] and [`limits`], [`control`] (what the node provides), [`registry`] (how methods are registered), then one
//! file per namespace: `system`, `account`, `chain`, `state`, `author`, `payment`, `chain_head`, `chain_spec`, `transaction`,
//! `archive`, `datanet`, `agent`, `model`, `receipt` with `receipt_proof`, `rewards` with `income`, `attribution` with `claim_history`, `index` with
//! `event_json`, `plexus` with `finality`. Below them: [`arguments`], [`errors`], [`types`], `heads` and `notifier` for
//! subscriptions, `connection` and `stream` for bounds.
//!
//! # Sources
//! The legacy group follows what Substrate nodes answer; the modern group follows the JSON-RPC interface
//! specification.

mod account;
mod agent;
mod archive;
pub mod arguments;
mod attribution;
mod author;
mod chain;
mod chain_head;
mod chain_spec;
mod claim_history;
pub mod config;
mod connection;
mod context;
pub mod control;
mod datanet;
pub mod errors;
mod event_json;
mod finality;
mod heads;
mod income;
mod index;
pub mod limits;
mod middleware;
mod model;
mod notifier;
mod payment;
mod plexus;
mod receipt;
mod receipt_proof;
mod registry;
mod rewards;
mod server;
mod state;
mod storage_query;
mod stream;
mod submissions;
mod system;
mod transaction;
pub mod types;
mod workers;

pub use config::{CorsOrigins, RpcMethods, ServerConfig};
pub use context::RpcContext;
pub use control::{
	BannedPeer, ControlError, NodeControl, NodeRole, OwnedKeys, PeerInfo, Precommits, RpcObserver, Unobserved,
};
pub use errors::RpcError;
pub use limits::RpcLimits;

use context::Context;
use futures::future::BoxFuture;
use registry::Registry;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use submissions::Submissions;
use workers::Workers;

/// How long a stopping server waits for the answers that are under way.
const STOP_TIME: Duration = Duration::from_secs(5);

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
	/// The port is taken, or the address is not this machine's.
	#[error("cannot listen on {address} for RPC: {source}; stop what uses the port, or choose another with --rpc-port")]
	Listen {
		/// The address asked for.
		address: SocketAddr,
		/// The operating system's answer.
		source: std::io::Error,
	},
	/// No thread is to be had.
	#[error("the operating system gives no thread for RPC: {0}; raise the limit of processes (ulimit -u)")]
	Threads(std::io::Error),
	/// A fault of this program: two methods have one name.
	#[error("the RPC methods do not fit together: {0}; report it")]
	Methods(String),
}

/// A running server. Dropping it stops the server without waiting.
pub struct RpcHandle {
	address: SocketAddr,
	server: jsonrpsee::server::ServerHandle,
}

impl RpcHandle {
	/// The address that it listens on; the port is chosen by the operating system if it was configured as 0.
	pub fn address(&self) -> SocketAddr {
		self.address
	}

	/// Stops accepting, lets calls under way finish within a bound, then closes all connections.
	pub async fn stop(self) {
		// Fails only if it is stopped already.
		let _ = self.server.stop();
		let _ = tokio::time::timeout(STOP_TIME, self.server.clone().stopped()).await;
	}
}

impl Drop for RpcHandle {
	fn drop(&mut self) {
		let _ = self.server.stop();
	}
}

/// Starts the server. Must be called on a multi-threaded tokio runtime. Boxed, so that the server is compiled in this
/// crate and not in each that awaits it.
///
/// # Errors
/// [`StartError`].
pub fn start(
	config: ServerConfig,
	context: RpcContext,
	observer: Arc<dyn RpcObserver>,
) -> BoxFuture<'static, Result<RpcHandle, StartError>> {
	Box::pin(listen(config, context, observer))
}

async fn listen(
	config: ServerConfig,
	context: RpcContext,
	observer: Arc<dyn RpcObserver>,
) -> Result<RpcHandle, StartError> {
	let methods = methods(&config, context)?;
	let (address, server) = server::listen(&config, methods, observer)
		.await
		.map_err(|source| StartError::Listen { address: config.address, source })?;
	if config.methods == RpcMethods::Unsafe {
		tracing::warn!(target: "rpc", %address, "methods that change the node are open to this machine");
	}
	tracing::info!(target: "rpc", %address, "JSON-RPC over WebSocket and HTTP");
	Ok(RpcHandle { address, server })
}

/// Every method of the server.
fn methods(config: &ServerConfig, context: RpcContext) -> Result<jsonrpsee::Methods, StartError> {
	let limits = config.limits.clone();
	let RpcContext { chain, spec, node, index } = context;
	let context = Context {
		started_at: chain.tip().number,
		queries: Workers::start("rpc-query", limits.query_threads, limits.query_queue)
			.map_err(StartError::Threads)?,
		submissions: Submissions::start(chain.clone(), limits.submit_threads, limits.submit_queue)
			.map_err(StartError::Threads)?,
		chain,
		spec,
		node,
		index,
		limits,
	};
	let mut registry = Registry::new(Arc::new(context));
	system::register(&mut registry);
	account::register(&mut registry);
	chain::register(&mut registry);
	state::register(&mut registry);
	author::register(&mut registry);
	payment::register(&mut registry);
	chain_head::register(&mut registry);
	chain_spec::register(&mut registry);
	transaction::register(&mut registry);
	archive::register(&mut registry);
	datanet::register(&mut registry);
	agent::register(&mut registry);
	model::register(&mut registry);
	index::register(&mut registry);
	receipt::register(&mut registry);
	rewards::register(&mut registry);
	attribution::register(&mut registry);
	plexus::register(&mut registry);
	registry.finish().map_err(|error| StartError::Methods(error.to_string()))
}
