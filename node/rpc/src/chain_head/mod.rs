//! `chainHead_v1_*`: following the chain, block by block, with pinned blocks and operations on them.
//!
//! # Must not
//! Leave out or repeat a block: where the node cannot go on without doing so, the subscription ends with `stop`, and the
//! client follows anew.
//!
//! # Invariants
//! Everything hangs on one connection and ends with it. What a subscription keeps is its pins (32 bytes each) and its
//! running operations, both bounded.
//!
//! ```text
//! follow ─▶ initialized, bestBlockChanged ─▶ (newBlock, bestBlockChanged, finalized)* ─▶ unfollow | stop
//!                 │ pins the last 16 blocks        │ pins the block
//! body, call, storage on a pinned block ─▶ started ─▶ … ─▶ …Done | operationError | operationInaccessible
//! ```
//!
//! # Source
//! JSON-RPC interface specification, group `chainHead`.

mod follow;
mod operations;

pub use follow::Follows;

use crate::{
	arguments::{Arguments, HashArgument, OneOrMany},
	connection::Connection,
	context::{json, Context},
	errors::RpcError,
	heads::{Head, Heads},
	notifier::{Notifier, Over},
	registry::{Answer, Feed, Registry},
	types::{runtime_spec, Hex},
};
use codec::Encode;
use follow::{Follow, Reservation};
use futures::FutureExt;
use plexus_storage::Hash;
use serde_json::json as value;
use std::sync::Arc;

/// Final blocks that a new subscription begins with.
const INITIAL_BLOCKS: u32 = 16;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.subscription("chainHead_v1_follow", "chainHead_v1_followEvent", "chainHead_v1_unfollow", follow);
	registry.connection_query("chainHead_v1_header", header);
	registry.instant("chainHead_v1_unpin", unpin);
	registry.instant("chainHead_v1_continue", resume);
	registry.instant("chainHead_v1_stopOperation", stop_operation);
	operations::register(registry);
}

fn follow(
	context: Arc<Context>,
	arguments: &Arguments,
	connection: &Arc<Connection>,
) -> Result<Feed, RpcError> {
	let with_runtime = arguments.optional("withRuntime", "true or false")?.unwrap_or(false);
	let reservation = connection.follows().reserve()?;
	Ok(Box::new(move |notifier| feed(context, with_runtime, reservation, notifier).boxed()))
}

/// Why a subscription ends.
enum End {
	/// The client left.
	Over,
	/// The node cannot go on.
	Stop(&'static str),
}

impl From<Over> for End {
	fn from(_: Over) -> Self {
		Self::Over
	}
}

async fn feed(context: Arc<Context>, with_runtime: bool, reservation: Reservation, notifier: Notifier) {
	let follow = Arc::new(Follow::new(with_runtime, notifier.clone(), &context.limits));
	let open = notifier.connection().follows().open(notifier.id(), follow.clone(), reservation);
	let end = run(&context, &follow, &notifier).await;
	// From here on the subscription's id is unknown, and its operations end.
	drop(open);
	if let Err(End::Stop(reason)) = end {
		tracing::debug!(target: "rpc", reason, "a chainHead subscription is stopped");
		// Fails only if the client left meanwhile.
		let _ = notifier.send(&value!({ "event": "stop" })).await;
	}
}

async fn run(context: &Arc<Context>, follow: &Follow, notifier: &Notifier) -> Result<(), End> {
	let (mut heads, (hash, header)) = Heads::after_tip(context, notifier.connection());
	let initial = initial_blocks(context, notifier, (hash, header)).await?;
	for (hash, header) in &initial {
		follow.pin(*hash, header.number);
	}
	let hashes: Vec<Hash> = initial.iter().map(|(hash, _)| *hash).collect();
	let mut event = value!({ "event": "initialized", "finalizedBlockHashes": hashes });
	if follow.with_runtime() {
		event["finalizedBlockRuntime"] = runtime_spec(&plexus_runtime::VERSION);
	}
	notifier.send(&event).await?;
	notifier.send(&value!({ "event": "bestBlockChanged", "bestBlockHash": hash })).await?;

	loop {
		if heads.behind() as usize > context.limits.pinned_blocks {
			return Err(End::Stop("the client is further behind than it may pin blocks"));
		}
		let next = tokio::select! {
			next = heads.next() => next,
			() = notifier.over() => return Err(End::Over),
		};
		let Some(Ok(next)) = next else { return Err(End::Stop("the chain cannot be read")) };
		for (hash, header) in next {
			if !follow.pin(hash, header.number) {
				return Err(End::Stop("too many blocks are pinned"));
			}
			if follow.oldest_pin().is_some_and(|oldest| oldest < context.database().oldest_state()) {
				return Err(End::Stop("a block is pinned for longer than its state is kept"));
			}
			let (parent, none) = (header.parent_hash, Option::<()>::None);
			notifier
				.send(&value!({
					"event": "newBlock", "blockHash": hash, "parentBlockHash": parent, "newRuntime": none,
				}))
				.await?;
			notifier.send(&value!({ "event": "bestBlockChanged", "bestBlockHash": hash })).await?;
			notifier
				.send(
					&value!({ "event": "finalized", "finalizedBlockHashes": [hash], "prunedBlockHashes": [] }),
				)
				.await?;
		}
	}
}

/// The last blocks up to `tip`, as far as their states are kept, oldest first.
async fn initial_blocks(context: &Arc<Context>, notifier: &Notifier, tip: Head) -> Result<Vec<Head>, End> {
	let last = tip.1.number;
	let first = last.saturating_sub(INITIAL_BLOCKS - 1).max(context.database().oldest_state().min(last));
	if first == last {
		return Ok(vec![tip]);
	}
	let before =
		context.on_query_thread(notifier.connection(), move |context| context.heads(first, last - 1)).await;
	let mut blocks = before.map_err(|_| End::Stop("the chain cannot be read"))?;
	blocks.push(tip);
	Ok(blocks)
}

/// The subscription that the next parameter names. An unknown one is no error: it may just have been stopped.
fn find(arguments: &Arguments, connection: &Connection) -> Result<Option<Arc<Follow>>, RpcError> {
	Ok(connection.follows().get(&arguments.text("followSubscription")?))
}

fn header(context: &Context, arguments: &Arguments, connection: &Connection) -> Answer {
	let Some(follow) = find(arguments, connection)? else { return json(&()) };
	let hash = arguments.hash("hash")?;
	follow.check_pinned(&hash)?;
	json(&context.header(&hash)?.map(|header| Hex(header.encode())))
}

fn unpin(context: &Arc<Context>, arguments: &Arguments, connection: &Arc<Connection>) -> Answer {
	let follow = find(arguments, connection)?;
	let right = "a block's hash or an array of them";
	let hashes = match arguments.one_or_many("hashOrHashes", right, context.limits.pinned_blocks)? {
		None => {
			return Err(RpcError::InvalidParams(format!("`hashOrHashes` is missing; it must be {right}")))
		}
		Some(OneOrMany::One(HashArgument(hash))) => vec![hash],
		Some(OneOrMany::Many(hashes)) => hashes.into_iter().map(|HashArgument(hash)| hash).collect(),
	};
	if let Some(follow) = follow {
		follow.unpin(&hashes)?;
	}
	json(&())
}

/// Operations wait for their reader by themselves, and never ask for `chainHead_v1_continue`.
fn resume(_: &Arc<Context>, arguments: &Arguments, connection: &Arc<Connection>) -> Answer {
	let follow = find(arguments, connection)?;
	arguments.text("operationId")?;
	match follow {
		None => json(&()),
		Some(_) => Err(RpcError::NotWaiting),
	}
}

fn stop_operation(_: &Arc<Context>, arguments: &Arguments, connection: &Arc<Connection>) -> Answer {
	let follow = find(arguments, connection)?;
	let id = arguments.text("operationId")?;
	if let Some(follow) = follow {
		follow.stop_operation(&id);
	}
	json(&())
}
