//! `transaction_v1_*` and `transactionWatch_v1_*`: the modern way of submitting transactions.
//!
//! # Must not
//! Keep trying for ever: a broadcast ends once the pool has the transaction, which from then on keeps and relays it,
//! or when it is refused for good, or after [`BROADCAST_BLOCKS_MAX`] blocks.
//!
//! # Source
//! JSON-RPC interface specification, groups `transaction` and `transactionWatch`.

use crate::{
	arguments::Arguments,
	author::{submit_watched, FINALITY_DELAY},
	connection::Connection,
	context::{json, Context},
	errors::RpcError,
	notifier::{Notifier, Over},
	registry::{Answer, Registry},
};
use futures::FutureExt;
use jsonrpsee::{types::Params, PendingSubscriptionSink};
use parking_lot::Mutex;
use plexus_pool::TransactionStatus;
use serde_json::json as value;
use std::sync::Arc;
use tokio::task::AbortHandle;

/// Blocks for which a broadcast tries to find a place in a full pool.
const BROADCAST_BLOCKS_MAX: usize = 64;

/// Registers both groups.
pub fn register(registry: &mut Registry) {
	registry.instant("transaction_v1_broadcast", broadcast);
	registry.instant("transaction_v1_stop", stop);
	registry.late_subscription(
		"transactionWatch_v1_submitAndWatch",
		"transactionWatch_v1_watchEvent",
		"transactionWatch_v1_unwatch",
		|context, params, pending, connection| watch(context, params, pending, connection).boxed(),
	);
}

/// The broadcasts of one connection. They end with it.
#[derive(Default)]
pub struct Broadcasts(Mutex<Running>);

#[derive(Default)]
struct Running {
	started: u64,
	tasks: Vec<(u64, AbortHandle)>,
}

impl Broadcasts {
	/// Starts a task unless `max` run already, and names it.
	fn start(
		&self,
		max: usize,
		task: impl std::future::Future<Output = ()> + Send + 'static,
	) -> Option<String> {
		let mut running = self.0.lock();
		running.tasks.retain(|(_, task)| !task.is_finished());
		if running.tasks.len() >= max {
			return None;
		}
		let id = running.started;
		running.started += 1;
		running.tasks.push((id, tokio::spawn(task).abort_handle()));
		Some(id.to_string())
	}

	/// Ends a broadcast; `false` if there never was one of this name.
	fn stop(&self, name: &str) -> bool {
		let mut running = self.0.lock();
		let Some(id) = name.parse::<u64>().ok().filter(|id| *id < running.started) else { return false };
		if let Some(position) = running.tasks.iter().position(|(running, _)| *running == id) {
			running.tasks.swap_remove(position).1.abort();
		}
		true
	}
}

impl Drop for Broadcasts {
	fn drop(&mut self) {
		for (_, task) in &self.0.get_mut().tasks {
			task.abort();
		}
	}
}

/// Answers the operation's id, or `null` when too many run.
fn broadcast(context: &Arc<Context>, arguments: &Arguments, connection: &Arc<Connection>) -> Answer {
	let transaction = arguments.bytes("transaction")?;
	let task = keep_submitting(context.clone(), transaction);
	json(&connection.broadcasts().start(context.limits.broadcasts, task))
}

async fn keep_submitting(context: Arc<Context>, transaction: Vec<u8>) {
	let mut tip = context.chain.subscribe();
	for _ in 0..BROADCAST_BLOCKS_MAX {
		tip.borrow_and_update();
		match context.submissions.submit(transaction.clone()).await {
			Err(
				RpcError::Busy
				| RpcError::SubmissionTimedOut(_)
				| RpcError::ImmediatelyDropped(_)
				| RpcError::PriorityTooLow(_),
			) => {}
			Ok(_) => return,
			Err(refused) => {
				tracing::debug!(target: "rpc", reason = refused.in_one_line(), "a broadcast transaction is refused");
				return;
			}
		}
		if tip.changed().await.is_err() {
			return;
		}
	}
}

fn stop(_: &Arc<Context>, arguments: &Arguments, connection: &Arc<Connection>) -> Answer {
	let id = arguments.text("operationId")?;
	if connection.broadcasts().stop(&id) {
		json(&())
	} else {
		Err(RpcError::InvalidParams(format!(
			"`operationId` must be one that transaction_v1_broadcast gave on this connection; {id:?} is none"
		)))
	}
}

async fn watch(
	context: Arc<Context>,
	params: Params<'static>,
	pending: PendingSubscriptionSink,
	connection: Arc<Connection>,
) {
	if let Err(error) = Arguments::parse(params.as_str()).and_then(|arguments| arguments.bytes("transaction"))
	{
		return pending.reject(error).await;
	}
	let Ok(sink) = pending.accept().await else { return };
	// It is over either way.
	let _ = feed(context, params, Notifier::new(sink, connection)).await;
}

async fn feed(context: Arc<Context>, params: Params<'static>, notifier: Notifier) -> Result<(), Over> {
	let mut statuses = match submit_watched(&context, notifier.connection(), params).await {
		Ok(statuses) => statuses,
		Err(error) => {
			let event = match error {
				RpcError::InvalidTransaction(_) | RpcError::UnknownValidity(_) => "invalid",
				RpcError::Internal(_) => "error",
				_ => "dropped",
			};
			return notifier.send(&value!({ "event": event, "error": error.in_one_line() })).await;
		}
	};
	let mut validated = false;
	loop {
		let status = tokio::select! {
			status = statuses.recv() => status,
			() = notifier.over() => return Err(Over),
		};
		match status {
			None => return Ok(()),
			Some(TransactionStatus::Ready | TransactionStatus::Future) => {
				if !std::mem::replace(&mut validated, true) {
					notifier.send(&value!({ "event": "validated" })).await?;
				}
			}
			Some(TransactionStatus::Included { block, index }) => {
				let block = value!({ "hash": block, "index": index });
				notifier.send(&value!({ "event": "bestChainBlockIncluded", "block": block })).await?;
				tokio::time::sleep(FINALITY_DELAY).await;
				return notifier.send(&value!({ "event": "finalized", "block": block })).await;
			}
			Some(TransactionStatus::Invalid(error)) => {
				return notifier.send(&value!({ "event": "invalid", "error": error })).await
			}
			Some(TransactionStatus::Dropped(error)) => {
				return notifier.send(&value!({ "event": "dropped", "error": error })).await
			}
			Some(TransactionStatus::Usurped(by)) => {
				let error = format!("transaction {by:?} took its place: the same account and nonce");
				return notifier.send(&value!({ "event": "dropped", "error": error })).await;
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn broadcasts_are_bounded_and_end_with_their_connection() {
		let broadcasts = Broadcasts::default();
		assert_eq!(broadcasts.start(2, std::future::pending()), Some("0".into()));
		let (alive, gone) = tokio::sync::oneshot::channel::<()>();
		let waits = async move {
			std::future::pending::<()>().await;
			drop(alive);
		};
		assert_eq!(broadcasts.start(2, waits), Some("1".into()));
		assert_eq!(broadcasts.start(2, std::future::pending()), None);
		assert!(broadcasts.stop("0"));
		assert!(broadcasts.stop("0"), "stopping again is no error");
		assert!(!broadcasts.stop("2"));
		assert!(!broadcasts.stop("x"));
		assert_eq!(broadcasts.start(2, std::future::pending()), Some("2".into()));
		drop(broadcasts);
		let ended = tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("in time");
		assert!(ended.is_err(), "the task was dropped");
	}
}
