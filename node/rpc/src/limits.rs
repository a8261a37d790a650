//! [`RpcLimits`]: every maximum of the RPC server, in one place.
//!
//! # Must not
//! Be bypassed: a queue, page, wait or collection in this crate that has no entry here is a defect.
//!
//! # Invariants
//! What one connection can make the node hold is bounded by `read_bytes` of requests and one request more, each with
//! the copies that its call makes of it; by `unsent_bytes` of answers; and by what `thread_calls` calls answer with.
//! `connection.rs` says how that is enforced.
//! Not in it, but bounded by the transport: what HTTP/2 sends. Such requests are refused before a body is read
//! (`server.rs`), so there are 1 MiB of bodies, the window of a connection, and the headers of 200 requests, 16 KiB each.

use std::time::Duration;

/// The maxima of the RPC server. [`RpcLimits::default`] serves a public node; an operator may change each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcLimits {
	/// Open connections. Further ones are answered with HTTP 503 and closed. Far below the usual limit of 1,024
	/// open files, so that connections never take descriptors from the database.
	pub connections: usize,
	/// Bytes of one request. The longest extrinsic that the runtime reads is 512 KiB (`EXTRINSIC_BYTES_MAX`), 1 MiB in
	/// hexadecimal; as much again for what is around it.
	pub request_bytes: u32,
	/// Bytes of one response. A full block in hexadecimal is about 8 MiB.
	pub response_bytes: u32,
	/// Calls in one batch.
	pub batch_calls: u32,
	/// Calls of one connection that run or wait at the same time; beyond it the node stops reading from the
	/// connection until some are answered.
	pub calls_in_flight: usize,
	/// Bytes read from one connection while calls of it run or wait; beyond it the node stops reading from the
	/// connection until all of them are answered. Some 25,000 transfers, so a pause is rare, and four of the largest
	/// requests.
	pub read_bytes: u64,
	/// Calls of one connection that are on a thread or in line for one, so that no connection fills the line that all
	/// share. Its other calls wait behind them.
	pub thread_calls: usize,
	/// Calls of one batch that run at the same time.
	pub batch_calls_in_flight: usize,
	/// Bytes that were answered or notified and not yet taken by the reader; beyond it the node stops reading from
	/// the connection and starts no further call of it.
	pub unsent_bytes: u64,
	/// How long a reader may take nothing at all before it is disconnected.
	pub write_stall: Duration,
	/// Responses and notifications that wait for the socket, per connection.
	pub queued_messages: u32,
	/// Subscriptions of one connection, of all kinds together.
	pub subscriptions: u32,
	/// `chainHead_v1_follow` subscriptions of one connection. The specification asks for at least 2.
	pub follows: usize,
	/// Blocks that one `chainHead_v1_follow` holds pinned; beyond it the subscription ends with `stop`.
	pub pinned_blocks: usize,
	/// Operations of one `chainHead_v1_follow` that run at the same time. The specification asks for at least 16.
	pub operations: usize,
	/// `transaction_v1_broadcast` operations of one connection.
	pub broadcasts: usize,
	/// Keys in one request of several keys, and in one subscription to storage.
	pub keys: usize,
	/// Keys in one page.
	pub page_keys: u32,
	/// Blocks in the range of one `state_queryStorage`.
	pub range_blocks: u32,
	/// How long a query may take from when it joins the line for a thread. What its connection makes it wait before,
	/// for its turn (`thread_calls`) and for room (`unsent_bytes`), is not counted.
	pub call_time: Duration,
	/// Threads that answer queries. At least two, so that one long call does not hold up all others; no more than cores,
	/// so that block production keeps its share of the machine.
	pub query_threads: usize,
	/// Queries that wait for a thread; beyond it a call is answered with "busy".
	pub query_queue: usize,
	/// Threads that validate submitted transactions (one signature check each, about 50 µs).
	pub submit_threads: usize,
	/// Submissions that wait for a thread; beyond it a call is answered with "busy".
	pub submit_queue: usize,
	/// How often an idle WebSocket is pinged.
	pub ping_interval: Duration,
	/// How long a WebSocket may stay without any sign of life.
	pub inactive: Duration,
}

impl Default for RpcLimits {
	fn default() -> Self {
		let cores = std::thread::available_parallelism().map_or(2, usize::from);
		Self {
			connections: 500,
			request_bytes: 2 * 1024 * 1024,
			response_bytes: 15 * 1024 * 1024,
			batch_calls: 1_024,
			calls_in_flight: 512,
			read_bytes: 8 * 1024 * 1024,
			thread_calls: 32,
			batch_calls_in_flight: 128,
			unsent_bytes: 8 * 1024 * 1024,
			write_stall: Duration::from_secs(30),
			queued_messages: 256,
			subscriptions: 1_024,
			follows: 4,
			pinned_blocks: 512,
			operations: 16,
			broadcasts: 16,
			keys: 4_096,
			page_keys: 1_000,
			range_blocks: 256,
			call_time: Duration::from_secs(5),
			query_threads: cores.clamp(2, 8),
			query_queue: 1_024,
			submit_threads: cores.clamp(1, 8),
			submit_queue: 8_192,
			ping_interval: Duration::from_secs(20),
			inactive: Duration::from_secs(60),
		}
	}
}
