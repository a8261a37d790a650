//! Sends the transfers over several connections, in batches, several of them in flight.
//!
//! ```text
//!   queue of a connection ──► batch ──► in flight (≤ window) ──► accepted
//!        ▲                                   │    └────────────► rejected (for good)
//!        └────── no room: wait for a block ◄─┘
//! ```
//!
//! # Must not
//! Skip a nonce: a transfer that was refused for want of room is sent again, before later ones of its account could
//! wait for it in vain.
//!
//! # Invariants
//! Each transfer has exactly one answer in the end. At a fixed rate, a transfer's time counts from when it was due.

use super::{
	sign::{Transfer, Transfers},
	LoadArgs,
};
use crate::{
	explain::{explain_refusal, unreachable},
	failure::Failure,
};
use futures::{stream::FuturesUnordered, StreamExt};
use jsonrpsee::{
	core::{
		client::{ClientT, Error as ClientError},
		params::BatchRequestBuilder,
		traits::ToRpcParams,
	},
	types::ErrorObjectOwned,
	ws_client::{WsClient, WsClientBuilder},
};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::sync::watch;

/// The largest message in either direction. A full block in JSON has 8 MiB, a batch far less.
pub(super) const MESSAGE_BYTES_MAX: u32 = 64 << 20;

/// How long a batch may wait for its answer.
const ANSWER_SECONDS_MAX: u64 = 60;

/// At a fixed rate, how long due transfers are gathered before they are sent together.
const GATHERING: Duration = Duration::from_millis(5);

/// How long to wait for a block, when the node has no room, before trying again without one.
const NO_ROOM_WAIT: Duration = Duration::from_millis(500);

/// Substrate's code for a transaction that the pool has.
const ALREADY_IMPORTED: i32 = 1013;

/// The most different reasons of refusals that are told apart.
const REASONS_MAX: usize = 64;

/// What the node said to a transfer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Answer {
	/// Never sent.
	NotSent,
	/// Sent, and the connection failed before an answer came.
	Unanswered,
	/// Refused for good.
	Rejected,
	/// Taken.
	Accepted {
		/// When it was sent; at a fixed rate, when it was due.
		sent: Instant,
	},
}

/// What became of all submissions.
pub(super) struct Submission {
	pub(super) started: Instant,
	pub(super) finished: Instant,
	/// One for each transfer, in their order.
	pub(super) answers: Vec<Answer>,
	pub(super) retries: usize,
	pub(super) refusals: BTreeMap<String, usize>,
}

/// Sends everything; `heads` tells of new blocks.
///
/// # Errors
/// A connection cannot be made. Connections that fail later leave unanswered transfers behind.
pub(super) async fn all(
	args: &LoadArgs,
	transfers: &Arc<Transfers>,
	heads: watch::Receiver<u64>,
) -> Result<Submission, Failure> {
	let mut clients = Vec::new();
	for _ in 0..args.connections {
		clients.push(Arc::new(connect(&args.url).await?));
	}
	let started = Instant::now();
	let senders: Vec<_> = clients
		.into_iter()
		.enumerate()
		.map(|(connection, client)| {
			let sender = Sender::new(args, transfers.clone(), connection, client, started, heads.clone());
			tokio::spawn(sender.run())
		})
		.collect();
	let mut submission = Submission {
		started,
		finished: started,
		answers: vec![Answer::NotSent; transfers.list.len()],
		retries: 0,
		refusals: BTreeMap::new(),
	};
	for sender in senders {
		let Ok(sent) = sender.await else { continue };
		submission.retries += sent.retries;
		for (index, answer) in sent.answers {
			submission.answers[index] = answer;
		}
		for (reason, count) in sent.refusals {
			*submission.refusals.entry(reason).or_default() += count;
		}
	}
	submission.finished = Instant::now();
	Ok(submission)
}

/// A connection for batches and large blocks.
pub(super) async fn connect(url: &str) -> Result<WsClient, Failure> {
	WsClientBuilder::new()
		.max_request_size(MESSAGE_BYTES_MAX)
		.max_response_size(MESSAGE_BYTES_MAX)
		.request_timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
		.max_buffer_capacity_per_subscription(1 << 16)
		.build(url)
		.await
		.map_err(|error| unreachable(url, &error))
}

/// One connection and the transfers of its accounts.
struct Sender {
	transfers: Arc<Transfers>,
	client: Arc<WsClient>,
	heads: watch::Receiver<u64>,
	batch: usize,
	window: usize,
	/// Time between two transfers of this connection; `None` without a rate.
	interval: Option<Duration>,
	started: Instant,
	/// Transfers that were never sent, in order.
	waiting: std::vec::IntoIter<usize>,
	/// How many of those were sent.
	released: u32,
	/// Transfers that the node had no room for, and when they were first due.
	again: VecDeque<(usize, Instant)>,
	sent: Sent,
}

/// What one connection did.
#[derive(Default)]
struct Sent {
	answers: Vec<(usize, Answer)>,
	retries: usize,
	refusals: BTreeMap<String, usize>,
}

type BatchAnswer = (Vec<(usize, Instant)>, Result<Vec<Result<IgnoredAny, ErrorObjectOwned>>, ClientError>);

impl Sender {
	fn new(
		args: &LoadArgs,
		transfers: Arc<Transfers>,
		connection: usize,
		client: Arc<WsClient>,
		started: Instant,
		heads: watch::Receiver<u64>,
	) -> Self {
		let connections = args.connections as usize;
		let mine = |transfer: &Transfer| transfer.account % connections == connection;
		let waiting: Vec<usize> =
			(0..transfers.list.len()).filter(|index| mine(&transfers.list[*index])).collect();
		let share = waiting.len() as f64 / transfers.list.len() as f64;
		let rate = f64::from(args.rate) * share;
		Self {
			client,
			heads,
			batch: args.batch as usize,
			window: args.window as usize,
			interval: (rate > 0.0).then(|| Duration::from_secs_f64(1.0 / rate)),
			started,
			waiting: waiting.into_iter(),
			released: 0,
			again: VecDeque::new(),
			sent: Sent::default(),
			transfers,
		}
	}

	async fn run(mut self) -> Sent {
		let mut in_flight = FuturesUnordered::new();
		loop {
			let due = self.next_batch();
			if !due.is_empty() {
				in_flight.push(send(self.client.clone(), self.transfers.clone(), due));
				if in_flight.len() < self.window {
					continue;
				}
			}
			let finished = self.waiting.len() == 0 && self.again.is_empty();
			let no_room = tokio::select! {
				biased;
				Some(answer) = in_flight.next() => self.note(answer),
				() = tokio::time::sleep(GATHERING), if !finished && in_flight.len() < self.window => Ok(false),
				else => return self.sent,
			};
			match no_room {
				Ok(false) => {}
				Ok(true) => drop(tokio::time::timeout(NO_ROOM_WAIT, self.heads.changed()).await),
				Err(ConnectionFailed) => {
					while let Some(answer) = in_flight.next().await {
						// Also failed, or answered just before: either is noted.
						let _ = self.note(answer);
					}
					return self.sent;
				}
			}
		}
	}

	/// What is to be sent now: first what was refused for want of room.
	fn next_batch(&mut self) -> Vec<(usize, Instant)> {
		let now = Instant::now();
		let mut due: Vec<_> = self.again.drain(..self.again.len().min(self.batch)).collect();
		while due.len() < self.batch {
			let at = match self.interval {
				Some(interval) => self.started + interval * self.released,
				None => now,
			};
			if at > now {
				break;
			}
			let Some(index) = self.waiting.next() else { break };
			self.released += 1;
			due.push((index, at));
		}
		due
	}

	/// Records a batch's answers; says whether the node had no room for some of it.
	fn note(&mut self, (batch, answers): BatchAnswer) -> Result<bool, ConnectionFailed> {
		let Ok(answers) = answers else {
			self.sent.answers.extend(batch.into_iter().map(|(index, _)| (index, Answer::Unanswered)));
			return Err(ConnectionFailed);
		};
		let mut no_room = false;
		for ((index, sent), answer) in batch.into_iter().zip(answers) {
			match answer {
				Ok(_) => self.sent.answers.push((index, Answer::Accepted { sent })),
				// Sent again after a call that timed out, and taken the first time.
				Err(error) if error.code() == ALREADY_IMPORTED => {
					self.sent.answers.push((index, Answer::Accepted { sent }));
				}
				Err(error) if is_for_want_of_room(error.code()) => {
					no_room = true;
					self.sent.retries += 1;
					self.again.push_back((index, sent));
					self.note_refusal(&error);
				}
				Err(error) => {
					self.sent.answers.push((index, Answer::Rejected));
					self.note_refusal(&error);
				}
			}
		}
		// Lower nonces first, whatever the order of the answers.
		self.again.make_contiguous().sort_unstable_by_key(|(index, _)| *index);
		Ok(no_room)
	}

	fn note_refusal(&mut self, error: &ErrorObjectOwned) {
		let name = explain_refusal(error.code(), error.message(), error.data().map(RawValue::get)).name;
		let name = if self.sent.refusals.len() < REASONS_MAX { name } else { "others".into() };
		*self.sent.refusals.entry(name).or_default() += 1;
	}
}

/// The connection cannot be used any more.
struct ConnectionFailed;

/// Whether the node would take the transfer later: 1016 is Substrate's code for a full pool, -32000 to -32099 are
/// JSON-RPC's for a server that cannot serve now.
fn is_for_want_of_room(code: i32) -> bool {
	code == 1016 || (-32_099..=-32_000).contains(&code)
}

struct Params(Box<RawValue>);

impl ToRpcParams for Params {
	fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
		Ok(Some(self.0))
	}
}

async fn send(client: Arc<WsClient>, transfers: Arc<Transfers>, batch: Vec<(usize, Instant)>) -> BatchAnswer {
	let mut request = BatchRequestBuilder::new();
	for (index, _) in &batch {
		let params = Params(transfers.list[*index].params.clone());
		request.insert("author_submitExtrinsic", params).expect("parameters are JSON already");
	}
	let answers = client.batch_request::<IgnoredAny>(request).await;
	let answers = answers
		.map(|answers| answers.into_iter().map(|one| one.map_err(|error| error.into_owned())).collect());
	(batch, answers)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_want_of_room_is_tried_again() {
		assert!(is_for_want_of_room(1016) && is_for_want_of_room(-32_000) && is_for_want_of_room(-32_009));
		assert!(![1010, 1012, 1013, 1014, -32_600, -32_601, -32_700, 4_003]
			.into_iter()
			.any(is_for_want_of_room));
	}
}
