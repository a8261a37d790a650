//! `state_*`: storage, runtime calls, metadata, proofs, and subscriptions to storage and the runtime's version.
//!
//! # Must not
//! Answer without a bound: every list has a maximum, and what does not fit is refused with the way to ask for less.

use crate::{
	arguments::{Arguments, HexBytes},
	connection::Connection,
	context::{json, Context},
	errors::RpcError,
	limits::RpcLimits,
	notifier::Notifier,
	registry::{Answer, Feed, Registry},
	types::{all_hex, Hex, StorageChanges},
};
use futures::FutureExt;
use plexus_storage::{Hash, State, StateHasher};
use serde_json::json as value;
use sp_core::Hasher;
use std::{
	collections::HashSet,
	sync::Arc,
	time::{Duration, Instant},
};

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
	let keys = unique(arguments.list_of_bytes("keys", context.limits.keys)?);
	let state = context.state_in(arguments)?;
	let mut told: Vec<Told> = vec![None; keys.len()];
	let changes = Budget::new(&context.limits).all_changes(&state, &keys, &mut told)?;
	json(&[StorageChanges { block: state.block_hash(), changes }])
}

/// All values at the first block of a range, then what changed, block by block.
fn query_storage(context: &Context, arguments: &Arguments) -> Answer {
	let keys = unique(arguments.list_of_bytes("keys", context.limits.keys)?);
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
	let mut budget = Budget::new(&context.limits);
	let mut told: Vec<Told> = vec![None; keys.len()];
	let mut found = Vec::new();
	for (hash, _) in context.heads(first, last)? {
		let changes = budget.all_changes(&context.state(Some(hash))?, &keys, &mut told)?;
		if !changes.is_empty() {
			found.push(StorageChanges { block: hash, changes });
		}
	}
	json(&found)
}

fn read_proof(context: &Context, arguments: &Arguments) -> Answer {
	let keys = unique(arguments.list_of_bytes("keys", context.limits.keys)?);
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
	let keys = unique(keys.into_iter().map(|HexBytes(key)| key).collect());
	Ok(Box::new(move |notifier| feed_storage(context, keys, notifier).boxed()))
}

/// All values at once, then those that changed, with the block after which they were seen. Where several blocks
/// come faster than they are read, the values after the last of them are told. What is more than one answer holds
/// comes in several notifications.
async fn feed_storage(context: Arc<Context>, keys: Vec<Vec<u8>>, notifier: Notifier) {
	let mut tip = context.chain.subscribe();
	let mut told: Vec<Told> = vec![None; keys.len()];
	let keys = Arc::new(keys);
	let mut first = true;
	loop {
		let state = tip.borrow_and_update().state.clone();
		let block = state.block_hash();
		let (read, mut now_told) = (keys.clone(), told.clone());
		let seen = context
			.on_query_thread(notifier.connection(), move |context| {
				let seen = Budget::new(&context.limits).changes(&state, &read, &mut now_told)?;
				Ok((seen, now_told))
			})
			.await;
		// When all query threads are busy, the next block tells what this one would have.
		if let Ok((Changes { changes, complete }, now_told)) = seen {
			told = now_told;
			let tell = first || !changes.is_empty();
			first = false;
			if tell && notifier.send(&StorageChanges { block, changes }).await.is_err() {
				return;
			}
			// From the first key again, in the newest state: a slow reader must not hold on to an old one.
			if !complete {
				continue;
			}
		}
		tokio::select! {
			changed = tip.changed() => if changed.is_err() { return },
			() = notifier.over() => return,
		}
	}
}

/// What was told last of a key: `None` before anything was, else the value's hash if there was a value. Values
/// themselves would be held for as long as a subscription lives.
type Told = Option<Option<Hash>>;

/// Each key once, in the order in which they first come: a short request must not have a large value many times.
fn unique(keys: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
	let mut seen = HashSet::new();
	keys.into_iter().filter(|key| seen.insert(key.clone())).collect()
}

/// Keys whose values differ from what was told, with the values.
struct Changes {
	changes: Vec<(Hex, Option<Hex>)>,
	/// Whether all keys were looked at.
	complete: bool,
}

/// What one call may still collect. The server's limit of a response applies only to what is already in memory, and
/// nothing stops a thread whose call is given up.
struct Budget {
	/// Bytes of the keys and values so far.
	collected: usize,
	bytes_max: usize,
	deadline: Instant,
	call_time: Duration,
}

impl Budget {
	/// Half of a response, since hexadecimal has two digits per byte: what is refused would not have fitted.
	fn new(limits: &RpcLimits) -> Self {
		Self {
			collected: 0,
			bytes_max: limits.response_bytes as usize / 2,
			deadline: Instant::now() + limits.call_time,
			call_time: limits.call_time,
		}
	}

	/// What differs from what was `told`, and marks it as told, up to the first value that does not fit. The very
	/// first always does, so that a subscription gets past a value that is too large even alone.
	///
	/// # Errors
	/// [`RpcError::TimedOut`] after the deadline.
	fn changes(&mut self, state: &State, keys: &[Vec<u8>], told: &mut [Told]) -> Result<Changes, RpcError> {
		let mut changes = Vec::new();
		for (key, told) in keys.iter().zip(told) {
			if Instant::now() >= self.deadline {
				return Err(RpcError::TimedOut(self.call_time));
			}
			let value = state.get(key)?;
			let now = Some(value.as_deref().map(StateHasher::hash));
			if *told == now {
				continue;
			}
			let collected = self.collected + key.len() + value.as_ref().map_or(0, Vec::len);
			if self.collected > 0 && collected > self.bytes_max {
				return Ok(Changes { changes, complete: false });
			}
			self.collected = collected;
			changes.push((Hex(key.clone()), value.map(Hex)));
			*told = now;
		}
		Ok(Changes { changes, complete: true })
	}

	/// As [`Budget::changes`], where all must fit.
	///
	/// # Errors
	/// [`RpcError::TooMuch`] if they do not, [`RpcError::TimedOut`] after the deadline.
	fn all_changes(
		&mut self,
		state: &State,
		keys: &[Vec<u8>],
		told: &mut [Told],
	) -> Result<Vec<(Hex, Option<Hex>)>, RpcError> {
		let Changes { changes, complete } = self.changes(state, keys, told)?;
		if !complete {
			return Err(RpcError::TooMuch(
				"the values are more than one answer holds; ask for fewer keys, or over fewer blocks".into(),
			));
		}
		Ok(changes)
	}
}
