//! `author_*`: submitting transactions, watching them, and the keys that the node signs with.
//!
//! # Must not
//! Judge a transaction: the pool does. Never log a secret.

use crate::{
	arguments::{Arguments, HashArgument, HexBytes},
	connection::Connection,
	context::{json, Context},
	errors::RpcError,
	notifier::{Notifier, Over},
	registry::{Answer, Registry},
	system::done,
	types::{all_hex, Hex},
};
use futures::FutureExt;
use jsonrpsee::{types::Params, PendingSubscriptionSink};
use plexus_pool::{SubmitError, TransactionStatus};
use plexus_storage::Hash;
use serde_json::json as value;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Between "in a block" and "final" of the same block. They are the same here, but `@polkadot/api` loses the first
/// of two statuses that arrive at once.
pub(crate) const FINALITY_DELAY: Duration = Duration::from_millis(250);

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.submission("author_submitExtrinsic");
	registry.late_subscription(
		"author_submitAndWatchExtrinsic",
		"author_extrinsicUpdate",
		"author_unwatchExtrinsic",
		|context, params, pending, connection| submit_and_watch(context, params, pending, connection).boxed(),
	);
	registry.query("author_pendingExtrinsics", pending_extrinsics);
	registry.unsafe_query("author_removeExtrinsic", remove_extrinsic);
	registry.unsafe_query("author_insertKey", |context, arguments| {
		let (key_type, secret) = (arguments.text("keyType")?, arguments.text("suri")?);
		done(context.node.insert_key(&key_type, &secret, &arguments.bytes("publicKey")?))
	});
	registry.unsafe_query("author_rotateKeys", |context, _| {
		json(&Hex(context.node.rotate_keys().map_err(|error| RpcError::Control(error.to_string()))?))
	});
	registry.unsafe_query("author_rotateKeysWithOwner", |context, arguments| {
		let owned = context.node.rotate_keys_with_owner(&arguments.bytes("owner")?);
		let owned = owned.map_err(|error| RpcError::Control(error.to_string()))?;
		json(&value!({ "keys": Hex(owned.keys), "proof": Hex(owned.proof) }))
	});
	registry.unsafe_query("author_hasKey", |context, arguments| {
		let (public, key_type) = (arguments.bytes("publicKey")?, arguments.text("keyType")?);
		json(
			&context
				.node
				.has_key(&public, &key_type)
				.map_err(|error| RpcError::Control(error.to_string()))?,
		)
	});
	registry.unsafe_query("author_hasSessionKeys", |context, arguments| {
		let keys = arguments.bytes("sessionKeys")?;
		json(&context.node.has_session_keys(&keys).map_err(|error| RpcError::Control(error.to_string()))?)
	});
}

/// Hands a transaction to the pool and watches it.
pub(crate) async fn submit_watched(
	context: &Context,
	connection: &Connection,
	params: Params<'static>,
) -> Result<mpsc::Receiver<TransactionStatus>, RpcError> {
	let _turn = connection.thread_turn().await;
	let extrinsic = Arguments::parse(params.as_str())?.bytes("extrinsic")?;
	context.submissions.submit_and_watch(extrinsic).await
}

async fn submit_and_watch(
	context: Arc<Context>,
	params: Params<'static>,
	pending: PendingSubscriptionSink,
	connection: Arc<Connection>,
) {
	match submit_watched(&context, &connection, params).await {
		Err(error) => pending.reject(error).await,
		Ok(statuses) => {
			if let Ok(sink) = pending.accept().await {
				// It is over either way.
				let _ = feed_statuses(statuses, Notifier::new(sink, connection)).await;
			}
		}
	}
}

async fn feed_statuses(
	mut statuses: mpsc::Receiver<TransactionStatus>,
	notifier: Notifier,
) -> Result<(), Over> {
	loop {
		let status = tokio::select! {
			status = statuses.recv() => status,
			() = notifier.over() => return Err(Over),
		};
		match status {
			None => return Ok(()),
			Some(TransactionStatus::Ready) => notifier.send("ready").await?,
			Some(TransactionStatus::Future) => notifier.send("future").await?,
			Some(TransactionStatus::Included { block, .. }) => {
				notifier.send(&value!({ "inBlock": block })).await?;
				tokio::time::sleep(FINALITY_DELAY).await;
				return notifier.send(&value!({ "finalized": block })).await;
			}
			Some(TransactionStatus::Invalid(reason)) => {
				tracing::debug!(target: "rpc", reason, "a watched transaction became invalid");
				return notifier.send("invalid").await;
			}
			Some(TransactionStatus::Dropped(reason)) => {
				tracing::debug!(target: "rpc", reason, "a watched transaction was dropped");
				return notifier.send("dropped").await;
			}
			Some(TransactionStatus::Usurped(by)) => return notifier.send(&value!({ "usurped": by })).await,
		}
	}
}

/// The transactions that the next blocks may include, as many as the pool lists at once.
fn pending_extrinsics(context: &Context, _: &Arguments) -> Answer {
	json(&all_hex(context.chain.pool().pending()))
}

/// A transaction to remove: by its hash, or by its bytes.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
enum HashOrExtrinsic {
	Hash(HashArgument),
	Extrinsic(HexBytes),
}

fn remove_extrinsic(context: &Context, arguments: &Arguments) -> Answer {
	let right = "an array of {\"hash\": …} or {\"extrinsic\": …}";
	let named = arguments.list::<HashOrExtrinsic>("bytesOrHash", right, context.limits.keys)?;
	let hashes: Vec<Hash> = named
		.into_iter()
		.map(|named| match named {
			HashOrExtrinsic::Hash(HashArgument(hash)) => hash,
			HashOrExtrinsic::Extrinsic(HexBytes(bytes)) => BlakeTwo256::hash(&bytes),
		})
		.collect();
	json(&context.chain.pool().remove(&hashes))
}

impl From<SubmitError> for RpcError {
	fn from(error: SubmitError) -> Self {
		use plexus_execution::InvalidKind;
		match &error {
			SubmitError::Invalid(reason) => match &reason.kind {
				InvalidKind::Unknown(_) => Self::UnknownValidity(reason.to_string()),
				InvalidKind::Node => Self::Internal(reason.to_string()),
				InvalidKind::Undecodable | InvalidKind::Invalid(_) | InvalidKind::Panicked => {
					Self::InvalidTransaction(reason.to_string())
				}
			},
			SubmitError::AlreadyImported(_) => Self::AlreadyImported(format!("AlreadyImported: {error}")),
			SubmitError::AlreadyIncluded { .. } => Self::AlreadyImported(format!("AlreadyIncluded: {error}")),
			SubmitError::TooLarge { .. } => Self::InvalidTransaction(format!("TooLarge: {error}")),
			SubmitError::Stale { .. } => Self::InvalidTransaction(format!("Stale: {error}")),
			SubmitError::Underpriced { .. } => Self::PriorityTooLow(format!("Underpriced: {error}")),
			SubmitError::PoolFull { .. } => Self::ImmediatelyDropped(format!("PoolFull: {error}")),
			SubmitError::TooManyWaiting { .. } => {
				Self::ImmediatelyDropped(format!("TooManyWaiting: {error}"))
			}
			SubmitError::AccountFull { .. } => Self::ImmediatelyDropped(format!("AccountFull: {error}")),
			SubmitError::AgentFull { .. } => Self::ImmediatelyDropped(format!("AgentFull: {error}")),
			SubmitError::TooManyWatchers => Self::ImmediatelyDropped(format!("TooManyWatchers: {error}")),
			SubmitError::Busy { .. } => Self::Busy,
			SubmitError::State(_) => Self::Internal(error.to_string()),
		}
	}
}
