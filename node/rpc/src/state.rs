//! `state_*`: storage, runtime calls, metadata, proofs, and subscriptions to storage and the runtime's version.
//!
//! # Must not
//! Answer without a bound: every list has a maximum, and what does not fit is refused with the way to ask for less.

use crate::{
	arguments::{Arguments, HexBytes},
	connection::Connection,
	context::{json, Context},
	errors::RpcError,
	notifier::Notifier,
	registry::{Answer, Feed, Registry},
	types::{all_hex, Hex, StorageChanges},
};
use futures::FutureExt;
use plexus_storage::State;
use serde_json::json as value;
use std::sync::Arc;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("state_call", call);
	registry.alias("state_callAt", "state_call");
	registry.query("state_getMetadata", metadata);
	registry.query("state_getRuntimeVersion", runtime_version);
	registry.alias("chain_getRuntimeVersion", "state_getRuntimeVersion");
	registry.query("state_getStorage", storage);
	registry.alias("state_getStorageAt", "state_getStorage");
	registry.query("state_getStorageHash", storage_hash);
	registry.alias("state_getStorageHashAt", "state_getStorageHash");
	registry.query("state_getStorageSize", storage_size);
	registry.alias("state_getStorageSizeAt", "state_getStorageSize");
	registry.query("state_getKeysPaged", keys_paged);
	registry.alias("state_getKeysPagedAt", "state_getKeysPaged");
	registry.query("state_getKeys", keys);
	registry.unsafe_query("state_getPairs", pairs);
	registry.query("state_queryStorageAt", query_storage_at);
	registry.query("state_queryStorage", query_storage);
	registry.query("state_getReadProof", read_proof);

	registry.subscription(
		"state_subscribeRuntimeVersion",
		"state_runtimeVersion",
		"state_unsubscribeRuntimeVersion",
		|_, _, _| Ok(Box::new(|notifier| feed_runtime_version(notifier).boxed())),
	);
	registry.alias("chain_subscribeRuntimeVersion", "state_subscribeRuntimeVersion");
	registry.alias("chain_unsubscribeRuntimeVersion", "state_unsubscribeRuntimeVersion");
	registry.subscription(
		"state_subscribeStorage",
		"state_storage",
		"state_unsubscribeStorage",
		subscribe_storage,
	);
}

fn call(context: &Context, arguments: &Arguments) -> Answer {
	let (method, data) = (arguments.text("name")?, arguments.bytes("bytes")?);
	let state = context.state_in(arguments)?;
	json(&Hex(context.query(&state, &method, &data)?))
}

/// Metadata of version 14, which is what callers of this method know.
fn metadata(context: &Context, arguments: &Arguments) -> Answer {
	let state = context.state_in(arguments)?;
	json(&Hex(context.query_as::<Vec<u8>>(&state, "Metadata_metadata", &[])?))
}

/// The runtime is native, so that its version is the same at every block that this program can execute.
fn runtime_version(context: &Context, arguments: &Arguments) -> Answer {
	if let Some(at) = arguments.optional_hash("at")? {
		context.header(&at)?.ok_or(RpcError::UnknownBlock(at))?;
	}
	json(&plexus_runtime::VERSION)
}

fn storage(context: &Context, arguments: &Arguments) -> Answer {
	let key = arguments.bytes("key")?;
	json(&context.state_in(arguments)?.get(&key)?.map(Hex))
}

fn storage_hash(context: &Context, arguments: &Arguments) -> Answer {
	let key = arguments.bytes("key")?;
	json(&context.state_in(arguments)?.get_hash(&key)?)
}

/// The length of the value, or of all values under the key as a prefix where there is none under the key itself.
fn storage_size(context: &Context, arguments: &Arguments) -> Answer {
	let key = arguments.bytes("key")?;
	let state = context.state_in(arguments)?;
	if let Some(value) = state.get(&key)? {
		return json(&value.len());
	}
	let page = context.limits.page_keys as usize;
	let pairs = state.pairs(&key, None, page + 1)?;
	if pairs.len() > page {
		return Err(RpcError::TooMuch(format!(
			"more than {page} values have this prefix; name a longer one"
		)));
	}
	let bytes: usize = pairs.iter().map(|(_, value)| value.len()).sum();
	json(&(!pairs.is_empty()).then_some(bytes))
}

fn keys_paged(context: &Context, arguments: &Arguments) -> Answer {
	let prefix = arguments.optional_bytes("prefix")?.unwrap_or_default();
	let count: u32 = arguments.required("count", "a number of keys")?;
	let start = arguments.optional_bytes("startKey")?;
	let max = context.limits.page_keys;
	if count > max {
		return Err(RpcError::TooMuch(format!(
			"`count` is {count}, a page holds at most {max} keys; ask for the next page with `startKey`"
		)));
	}
	let state = context.state_in(arguments)?;
	json(&all_hex(state.keys(&prefix, start.as_deref(), count as usize)?))
}

fn keys(context: &Context, arguments: &Arguments) -> Answer {
	let prefix = arguments.optional_bytes("prefix")?.unwrap_or_default();
	let page = context.limits.page_keys as usize;
	let keys = context.state_in(arguments)?.keys(&prefix, None, page + 1)?;
	if keys.len() > page {
		return Err(RpcError::TooMuch(format!(
			"more than {page} keys have this prefix; use state_getKeysPaged"
		)));
	}
	json(&all_hex(keys))
}

fn pairs(context: &Context, arguments: &Arguments) -> Answer {
	let prefix = arguments.optional_bytes("prefix")?.unwrap_or_default();
	let page = context.limits.page_keys as usize;
	let pairs = context.state_in(arguments)?.pairs(&prefix, None, page + 1)?;
	if pairs.len() > page {
		return Err(RpcError::TooMuch(format!(
			"more than {page} pairs have this prefix; use state_getKeysPaged and state_queryStorageAt"
		)));
	}
	json(&pairs.into_iter().map(|(key, value)| (Hex(key), Hex(value))).collect::<Vec<_>>())
}

fn query_storage_at(context: &Context, arguments: &Arguments) -> Answer {
	let keys = arguments.list_of_bytes("keys", context.limits.keys)?;
	let state = context.state_in(arguments)?;
	json(&[values(&state, keys)?])
}

fn values(state: &State, keys: Vec<Vec<u8>>) -> Result<StorageChanges, RpcError> {
	let changes = keys
		.into_iter()
		.map(|key| {
			let value = state.get(&key)?.map(Hex);
			Ok((Hex(key), value))
		})
		.collect::<Result<_, RpcError>>()?;
	Ok(StorageChanges { block: state.block_hash(), changes })
}

/// All values at the first block of a range, then what changed, block by block.
fn query_storage(context: &Context, arguments: &Arguments) -> Answer {
	let keys = arguments.list_of_bytes("keys", context.limits.keys)?;
	let from = arguments.hash("fromBlock")?;
	let tip = context.tip();
	let to = arguments.optional_hash("toBlock")?.unwrap_or(tip.hash);
	let height = |hash| context.database().number(&hash)?.ok_or(RpcError::UnknownBlock(hash));
	let (first, last) = (height(from)?, height(to)?);
	let max = context.limits.range_blocks;
	if last < first || last - first >= max {
		return Err(RpcError::InvalidParams(format!(
			"the range goes from block {first} to block {last}; it must go forward over at most {max} blocks"
		)));
	}
	let mut known: Vec<Option<Option<Vec<u8>>>> = vec![None; keys.len()];
	let mut found = Vec::new();
	for (hash, _) in context.heads(first, last)? {
		let state = context.state(Some(hash))?;
		let mut changes = Vec::new();
		for (key, known) in keys.iter().zip(&mut known) {
			let value = state.get(key)?;
			if known.as_ref() != Some(&value) {
				changes.push((Hex(key.clone()), value.clone().map(Hex)));
				*known = Some(value);
			}
		}
		if !changes.is_empty() {
			found.push(StorageChanges { block: hash, changes });
		}
	}
	json(&found)
}

fn read_proof(context: &Context, arguments: &Arguments) -> Answer {
	let keys = arguments.list_of_bytes("keys", context.limits.keys)?;
	let state = context.state_in(arguments)?;
	json(&value!({ "at": state.block_hash(), "proof": all_hex(state.prove(&keys)?) }))
}

/// The version never changes while the program runs, since the runtime is native.
async fn feed_runtime_version(notifier: Notifier) {
	if notifier.send(&plexus_runtime::VERSION).await.is_ok() {
		notifier.over().await;
	}
}

fn subscribe_storage(
	context: Arc<Context>,
	arguments: &Arguments,
	_: &Arc<Connection>,
) -> Result<Feed, RpcError> {
	let right = "an array of keys in hexadecimal; a subscription to all of the state is not served";
	let keys = arguments.list::<HexBytes>("keys", right, context.limits.keys)?;
	let keys = keys.into_iter().map(|HexBytes(key)| key).collect();
	Ok(Box::new(move |notifier| feed_storage(context, keys, notifier).boxed()))
}

/// All values at once, then those that changed, with the block after which they were seen. Where several blocks
/// come faster than they are read, the values after the last of them are told.
async fn feed_storage(context: Arc<Context>, keys: Vec<Vec<u8>>, notifier: Notifier) {
	let mut tip = context.chain.subscribe();
	let mut known: Vec<Option<Option<Vec<u8>>>> = vec![None; keys.len()];
	let keys = Arc::new(keys);
	let mut first = true;
	loop {
		let state = tip.borrow_and_update().state.clone();
		let block = state.block_hash();
		let read = keys.clone();
		let values = context
			.on_query_thread(notifier.connection(), move |_| {
				Ok(read.iter().map(|key| state.get(key)).collect::<Result<Vec<_>, _>>()?)
			})
			.await;
		// When all query threads are busy, the next block tells what this one would have.
		if let Ok(values) = values {
			let mut changes = Vec::new();
			for ((key, known), value) in keys.iter().zip(&mut known).zip(values) {
				if known.as_ref() != Some(&value) {
					changes.push((Hex(key.clone()), value.clone().map(Hex)));
					*known = Some(value);
				}
			}
			let tell = first || !changes.is_empty();
			first = false;
			if tell && notifier.send(&StorageChanges { block, changes }).await.is_err() {
				return;
			}
		}
		tokio::select! {
			changed = tip.changed() => if changed.is_err() { return },
			() = notifier.over() => return,
		}
	}
}
