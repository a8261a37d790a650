//! `archive_v1_*`: any block, without following the chain.
//!
//! # Must not
//! Answer `null` for a block that is known but whose state was discarded: that is an error with its remedy.
//!
//! # Source
//! JSON-RPC interface specification, group `archive`.

use crate::{
	arguments::Arguments,
	connection::Connection,
	context::{json, Context},
	errors::RpcError,
	notifier::{Notifier, Over},
	registry::{Answer, Feed, Registry},
	storage_query::{Cursor, Queries, RIGHT},
	types::{all_hex, Hex},
};
use codec::Encode;
use futures::FutureExt;
use plexus_storage::Hash;
use serde_json::json as value;
use std::sync::Arc;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.instant("archive_v1_genesisHash", |context, _, _| json(&context.chain.genesis_hash()));
	registry.instant("archive_v1_finalizedHeight", |context, _, _| json(&context.tip().number));
	registry.query("archive_v1_hashByHeight", hash_by_height);
	registry.query("archive_v1_header", |context, arguments| {
		json(&context.header(&arguments.hash("hash")?)?.map(|header| Hex(header.encode())))
	});
	registry.query("archive_v1_body", |context, arguments| {
		json(&context.database().body(&arguments.hash("hash")?)?.map(all_hex))
	});
	registry.query("archive_v1_call", call);
	registry.subscription("archive_v1_storage", "archive_v1_storageEvent", "archive_v1_stopStorage", storage);
}

fn hash_by_height(context: &Context, arguments: &Arguments) -> Answer {
	let height: u64 = arguments.required("height", "a height as a number")?;
	let hash = match u32::try_from(height) {
		Ok(height) => context.database().hash(height)?,
		Err(_) => None,
	};
	json(&Vec::from_iter(hash))
}

fn call(context: &Context, arguments: &Arguments) -> Answer {
	let hash = arguments.hash("hash")?;
	let (function, data) = (arguments.text("function")?, arguments.bytes("callParameters")?);
	let state = match context.state(Some(hash)) {
		Err(RpcError::UnknownBlock(_)) => return json(&()),
		state => state?,
	};
	match context.query(&state, &function, &data) {
		Ok(output) => json(&value!({ "success": true, "value": Hex(output) })),
		Err(RpcError::Internal(cause)) => Err(RpcError::Internal(cause)),
		Err(error) => json(&value!({ "success": false, "error": error.to_string() })),
	}
}

fn storage(context: Arc<Context>, arguments: &Arguments, _: &Arc<Connection>) -> Result<Feed, RpcError> {
	let hash = arguments.hash("hash")?;
	let queries = arguments.list("items", RIGHT, context.limits.keys)?;
	let queries = Queries { queries, child: arguments.optional_bytes("childTrie")? };
	queries.check()?;
	Ok(Box::new(move |notifier| {
		async move {
			// It is over either way.
			let _ = feed_storage(context, hash, Arc::new(queries), notifier).await;
		}
		.boxed()
	}))
}

async fn feed_storage(
	context: Arc<Context>,
	hash: Hash,
	queries: Arc<Queries>,
	notifier: Notifier,
) -> Result<(), Over> {
	let mut cursor = Some(Cursor::default());
	while let Some(from) = cursor {
		let queries = queries.clone();
		let page = context
			.on_query_thread(notifier.connection(), move |context| {
				queries.page(&context.state(Some(hash))?, from)
			})
			.await;
		match page {
			Err(error) => {
				return notifier
					.send(&value!({ "event": "storageError", "error": error.in_one_line() }))
					.await
			}
			Ok(page) => {
				for result in &page.results {
					notifier.send(&StorageEvent { event: "storage", result }).await?;
				}
				cursor = page.next;
			}
		}
	}
	notifier.send(&value!({ "event": "storageDone" })).await
}

#[derive(serde::Serialize)]
struct StorageEvent<'a> {
	event: &'static str,
	#[serde(flatten)]
	result: &'a crate::types::StorageResult,
}
