//! Liveness, readiness and metrics over HTTP, on one loopback port.
//!
//! - `GET /health/live`: 200 as long as the process answers at all.
//! - `GET /health/ready`: 200 if the node does its work, else 503; always with the reasons, as JSON.
//! - `GET /metrics`: OpenMetrics text.
//!
//! The verdict is a pure function of a [`Vitals`], so that every reason has a test. No endpoint changes anything.

use crate::metrics::Metrics;
use axum::{
	extract::State,
	http::{header, StatusCode},
	response::{IntoResponse, Response},
	routing::get,
	Router,
};
use serde::Serialize;
use std::{future::Future, io, net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;

/// So many block times without a block, and the node is not ready.
const SILENT_BLOCKS_MAX: u64 = 10;
/// But never sooner than this: rounds need their timeouts.
const SILENT_MS_MIN: u64 = 10_000;

/// What readiness is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
	/// Number of the last finalized block.
	pub height: u32,
	/// Milliseconds since this node committed a block, or since it started.
	pub silent_ms: u64,
	/// The chain's block time.
	pub block_time_ms: u64,
	/// Connected peers.
	pub peers: usize,
	/// Whether the chain has validators other than this node.
	pub needs_peers: bool,
	/// Whether the chain names this node's next validator key, which only a restart makes it sign with.
	pub next_key_waits: bool,
	/// Whether consensus runs.
	pub consensus_running: bool,
	/// Whether the RPC server listens.
	pub rpc_listening: bool,
}

/// Where vitals come from.
pub trait VitalsSource: Send + Sync + 'static {
	/// The node's vitals now.
	fn vitals(&self) -> Vitals;
}

/// One reason for not being ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
	/// A stable name, for machines.
	pub name: &'static str,
	/// The particular values, for people.
	pub cause: String,
}

/// The answer of `/health/ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
	/// Whether there is no reason against.
	pub ready: bool,
	/// Number of the last finalized block.
	pub height: u32,
	/// Connected peers.
	pub peers: usize,
	/// Every reason against.
	pub reasons: Vec<Reason>,
}

/// Judges vitals.
pub fn assess(vitals: &Vitals) -> Readiness {
	let mut reasons = Vec::new();
	let mut against = |name, cause| reasons.push(Reason { name, cause });
	if !vitals.consensus_running {
		against("consensus_stopped", "consensus does not run".to_string());
	}
	if !vitals.rpc_listening {
		against("rpc_closed", "the RPC server does not listen".to_string());
	}
	if vitals.needs_peers && vitals.peers == 0 {
		against("no_peers", "the chain has other validators, and none is connected".to_string());
	}
	if vitals.next_key_waits {
		let cause = "the chain names the next validator key; a restart makes this node sign with it";
		against("next_key_waits", cause.to_string());
	}
	let limit_ms = vitals.block_time_ms.saturating_mul(SILENT_BLOCKS_MAX).max(SILENT_MS_MIN);
	if vitals.silent_ms > limit_ms {
		let cause = format!("no block for {} ms; {limit_ms} ms are allowed", vitals.silent_ms);
		against("no_blocks", cause);
	}
	Readiness { ready: reasons.is_empty(), height: vitals.height, peers: vitals.peers, reasons }
}

#[derive(Clone)]
struct Shared {
	metrics: Metrics,
	vitals: Arc<dyn VitalsSource>,
}

/// A server that listens but does not answer yet: a taken port is found before anything else starts.
#[derive(Debug)]
pub struct HealthServer {
	listener: TcpListener,
}

impl HealthServer {
	/// Binds the port.
	///
	/// # Errors
	/// The system's reason, usually that the port is taken.
	pub async fn bind(address: SocketAddr) -> io::Result<Self> {
		Ok(Self { listener: TcpListener::bind(address).await? })
	}

	/// The address bound, with the port that the system chose for port 0.
	///
	/// # Errors
	/// The system's reason.
	pub fn local_addr(&self) -> io::Result<SocketAddr> {
		self.listener.local_addr()
	}

	/// Answers until `stop` ends.
	///
	/// # Errors
	/// The listener's failure.
	pub async fn serve(
		self,
		metrics: Metrics,
		vitals: Arc<dyn VitalsSource>,
		stop: impl Future<Output = ()> + Send + 'static,
	) -> io::Result<()> {
		let router = Router::new()
			.route("/health/live", get(|| async { "live\n" }))
			.route("/health/ready", get(ready))
			.route("/metrics", get(render))
			.with_state(Shared { metrics, vitals });
		axum::serve(self.listener, router).with_graceful_shutdown(stop).await
	}
}

async fn ready(State(shared): State<Shared>) -> Response {
	let readiness = assess(&shared.vitals.vitals());
	let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
	match serde_json::to_string(&readiness) {
		Ok(json) => (status, [(header::CONTENT_TYPE, "application/json")], json + "\n").into_response(),
		Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
	}
}

async fn render(State(shared): State<Shared>) -> Response {
	const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
	// Sampling asks pool and database: not on an async thread.
	match tokio::task::spawn_blocking(move || shared.metrics.render()).await {
		Ok(Ok(text)) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
		_ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
	}
}

#[cfg(test)]
mod tests;
