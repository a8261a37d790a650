//! Operations on pinned blocks: `chainHead_v1_body`, `_call`, `_storage`.
//!
//! # Must not
//! Send an event before the answer that names the operation: clients would not know whose it is.

use super::{
	find,
	follow::{Follow, Operation},
};
use crate::{
	arguments::Arguments,
	connection::Connection,
	context::Context,
	errors::RpcError,
	notifier::Over,
	registry::Registry,
	storage_query::{Cursor, Queries, RIGHT},
	types::{all_hex, Hex},
};
use futures::{future::BoxFuture, FutureExt};
use jsonrpsee::{types::ErrorObjectOwned, ResponsePayload};
use plexus_storage::Hash;
use serde_json::{json as value, Value};
use std::sync::Arc;

/// What an operation does once its answer is sent.
type Work = Box<dyn FnOnce(Arc<Context>, Hash, Operation) -> BoxFuture<'static, ()> + Send>;

/// Reads the parameters after the subscription and the block.
type Plan = fn(&Context, &Arguments, &Follow) -> Result<Work, RpcError>;

/// Registers the operations.
pub fn register(registry: &mut Registry) {
	operation(registry, "chainHead_v1_body", |_, _, _| Ok(Box::new(|c, hash, o| body(c, hash, o).boxed())));
	operation(registry, "chainHead_v1_call", plan_call);
	operation(registry, "chainHead_v1_storage", plan_storage);
}

fn operation(registry: &mut Registry, name: &'static str, plan: Plan) {
	let with_items = name == "chainHead_v1_storage";
	registry.custom(name, move |context, arguments, connection| -> ResponsePayload<'static, Value> {
		match start(context, arguments, connection, plan) {
			Err(error) => ResponsePayload::error(ErrorObjectOwned::from(error)),
			Ok(None) => ResponsePayload::success(value!({ "result": "limitReached" })),
			Ok(Some((hash, work, operation))) => {
				let mut answer = value!({ "result": "started", "operationId": operation.id() });
				if with_items {
					answer["discardedItems"] = value!(0);
				}
				let (payload, answered) = ResponsePayload::success(answer).notify_on_completion();
				let context = context.clone();
				operation.spawn(move |operation| async move {
					// In a batch there is no telling when the answer is sent.
					let _ = answered.await;
					work(context, hash, operation).await;
				});
				payload
			}
		}
	});
}

/// `None`: the subscription is gone, or too many operations run.
fn start(
	context: &Context,
	arguments: Result<Arguments, RpcError>,
	connection: &Connection,
	plan: Plan,
) -> Result<Option<(Hash, Work, Operation)>, RpcError> {
	let arguments = arguments?;
	let Some(follow) = find(&arguments, connection)? else { return Ok(None) };
	let hash = arguments.hash("hash")?;
	follow.check_pinned(&hash)?;
	let work = plan(context, &arguments, &follow)?;
	Ok(follow.begin_operation().map(|operation| (hash, work, operation)))
}

/// Sends an operation's last event.
async fn finish(operation: &Operation, result: Result<Value, RpcError>) -> Result<(), Over> {
	let mut event = match result {
		Ok(event) => event,
		Err(RpcError::UnknownBlock(_) | RpcError::StateDiscarded { .. }) => {
			value!({ "event": "operationInaccessible" })
		}
		Err(error) => value!({ "event": "operationError", "error": error.in_one_line() }),
	};
	event["operationId"] = value!(operation.id());
	operation.notifier().send(&event).await
}

async fn body(context: Arc<Context>, hash: Hash, operation: Operation) {
	let body = context
		.on_query_thread(operation.notifier().connection(), move |context| {
			let body = context.database().body(&hash)?.ok_or(RpcError::UnknownBlock(hash))?;
			Ok(value!({ "event": "operationBodyDone", "value": all_hex(body) }))
		})
		.await;
	// The subscription is over or not; either way the operation is.
	let _ = finish(&operation, body).await;
}

fn plan_call(_: &Context, arguments: &Arguments, follow: &Follow) -> Result<Work, RpcError> {
	let (function, data) = (arguments.text("function")?, arguments.bytes("callParameters")?);
	if !follow.with_runtime() {
		return Err(RpcError::WithoutRuntime);
	}
	Ok(Box::new(move |context, hash, operation| {
		async move {
			let output = context
				.on_query_thread(operation.notifier().connection(), move |context| {
					let output = context.query(&context.state(Some(hash))?, &function, &data)?;
					Ok(value!({ "event": "operationCallDone", "output": Hex(output) }))
				})
				.await;
			let _ = finish(&operation, output).await;
		}
		.boxed()
	}))
}

fn plan_storage(context: &Context, arguments: &Arguments, _: &Follow) -> Result<Work, RpcError> {
	let queries = arguments.list("items", RIGHT, context.limits.keys)?;
	let queries = Queries { queries, child: arguments.optional_bytes("childTrie")? };
	queries.check()?;
	let queries = Arc::new(queries);
	Ok(Box::new(move |context, hash, operation| {
		async move {
			let _ = storage(context, hash, queries, operation).await;
		}
		.boxed()
	}))
}

async fn storage(
	context: Arc<Context>,
	hash: Hash,
	queries: Arc<Queries>,
	operation: Operation,
) -> Result<(), Over> {
	let mut cursor = Some(Cursor::default());
	while let Some(from) = cursor {
		let queries = queries.clone();
		let page = context
			.on_query_thread(operation.notifier().connection(), move |context| {
				queries.page(&context.state(Some(hash))?, from)
			})
			.await;
		match page {
			Err(error) => return finish(&operation, Err(error)).await,
			Ok(page) => {
				if !page.results.is_empty() {
					let items = value!({
						"event": "operationStorageItems", "operationId": operation.id(), "items": page.results,
					});
					operation.notifier().send(&items).await?;
				}
				cursor = page.next;
			}
		}
	}
	finish(&operation, Ok(value!({ "event": "operationStorageDone" }))).await
}
