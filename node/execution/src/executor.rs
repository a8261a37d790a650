//! The handle on the runtime, and the plain calls of it.

use crate::{
	environment::{self, RunError},
	error::CallError,
	overlay::Overlay,
	signatures::{BoundedSignatureCache, SharedSignatureCache},
};
use codec::{Decode, DecodeAll, Encode};
use plexus_runtime::{native, AccountId};
use plexus_storage::{Block, Hash, Header, State, StateChanges, Tip};
use sp_runtime::{generic::DigestItem, ApplyExtrinsicResult};
use std::sync::Arc;

/// Longest argument of a runtime call from outside: a full block's body fits.
pub const CALL_INPUT_BYTES_MAX: usize = 5 << 20;

/// Engine id of the digest item that names a block's author.
pub const AUTHOR_ENGINE: [u8; 4] = *b"plxs";

/// Runs the runtime on states. Cheap to clone; all clones share the signature cache.
#[derive(Clone)]
pub struct Executor {
	cache: SharedSignatureCache,
}

/// A block with everything that committing it needs.
pub struct ExecutedBlock {
	/// The block.
	pub block: Block,
	/// Its hash.
	pub hash: Hash,
	/// What it does to the state.
	pub changes: StateChanges,
	/// The timestamp it sets, milliseconds since 1970.
	pub timestamp_ms: u64,
}

impl Executor {
	/// An executor that remembers up to `signature_cache_entries` good signatures.
	pub fn new(signature_cache_entries: usize) -> Self {
		Self { cache: Arc::new(BoundedSignatureCache::new(signature_cache_entries)) }
	}

	/// The good signatures that it remembers.
	pub fn signature_cache(&self) -> &SharedSignatureCache {
		&self.cache
	}

	/// Calls any method of the runtime on `state`; the changes it makes are dropped.
	///
	/// # Errors
	/// [`CallError`]; a panic of the runtime is one.
	pub fn call(&self, state: &State, method: &str, data: &[u8]) -> Result<Vec<u8>, CallError> {
		if data.len() > CALL_INPUT_BYTES_MAX {
			return Err(CallError::InputTooLarge {
				method: method.into(),
				bytes: data.len(),
				max: CALL_INPUT_BYTES_MAX,
			});
		}
		let mut overlay = Overlay::default();
		environment::run(state, &mut overlay, &self.cache, || native::dispatch(method, data))
			.map_err(|e| call_error(method, e))?
			.ok_or_else(|| CallError::UnknownMethod { method: method.into() })
	}

	/// Calls a method that outsiders may call: the read-only ones that [`native::is_query`] lists.
	pub fn query(&self, state: &State, method: &str, data: &[u8]) -> Result<Vec<u8>, CallError> {
		native::check_query(method, data).map_err(|e| match e {
			native::QueryError::NotOpen(_) => CallError::NotAllowed { method: method.into() },
			other => CallError::Argument { method: method.into(), detail: other.to_string() },
		})?;
		self.call(state, method, data)
	}

	/// Calls and decodes.
	pub fn call_typed<T: Decode>(
		&self,
		state: &State,
		method: &'static str,
		data: &[u8],
	) -> Result<T, CallError> {
		let answer = self.call(state, method, data)?;
		T::decode_all(&mut &answer[..]).map_err(|e| CallError::Answer { method, detail: e.to_string() })
	}

	/// Next nonce of an account as `state` has it.
	pub fn account_nonce(&self, state: &State, account: &AccountId) -> Result<u32, CallError> {
		self.call_typed(state, "AccountNonceApi_account_nonce", &account.encode())
	}

	/// Validators that decide the block after `state`: ed25519 key and voting power, in the order of consensus.
	pub fn validators(&self, state: &State) -> Result<Vec<([u8; 32], u64)>, CallError> {
		self.call_typed(state, "ValidatorsApi_next_validators", &[])
	}

	/// Validators that decided the block of `state`, as [`Self::validators`]. Blocks may change the set: these are the
	/// ones whose precommits make that block final.
	pub fn deciders(&self, state: &State) -> Result<Vec<([u8; 32], u64)>, CallError> {
		self.call_typed(state, "ValidatorsApi_validators", &[])
	}

	/// Target time between blocks, milliseconds.
	pub fn block_time_ms(&self, state: &State) -> Result<u64, CallError> {
		self.call_typed(state, "ValidatorsApi_chain_block_time_ms", &[])
	}

	/// Timestamp that the last block set, milliseconds since 1970; 0 at genesis.
	pub fn timestamp_ms(&self, state: &State) -> Result<u64, CallError> {
		let value = state.get(&timestamp_key())?;
		Ok(value.and_then(|v| u64::decode(&mut &v[..]).ok()).unwrap_or(0))
	}

	/// Applies an extrinsic on top of `parent` and drops the result.
	pub fn dry_run(&self, parent: &Tip, extrinsic: &[u8]) -> Result<ApplyExtrinsicResult, CallError> {
		const METHOD: &str = "BlockBuilder_apply_extrinsic";
		native::decode_extrinsic(extrinsic)
			.map_err(|e| CallError::Answer { method: METHOD, detail: e.to_string() })?;
		let header = child_header(parent, [0; 32]);
		let mut overlay = Overlay::default();
		let answer = environment::run(&parent.state, &mut overlay, &self.cache, || {
			native::dispatch("Core_initialize_block", &header.encode());
			native::dispatch(METHOD, extrinsic)
		})
		.map_err(|e| call_error(METHOD, e))?
		.ok_or_else(|| CallError::UnknownMethod { method: METHOD.into() })?;
		Decode::decode(&mut &answer[..])
			.map_err(|e| CallError::Answer { method: METHOD, detail: e.to_string() })
	}
}

pub(crate) fn call_error(method: &str, e: RunError) -> CallError {
	match e {
		RunError::Panicked(message) => CallError::Panicked { method: method.into(), message },
		RunError::Storage(e) => CallError::Storage(e),
	}
}

/// Header of a child of `parent` before execution: number, parent, author; the roots come from the runtime.
pub(crate) fn child_header(parent: &Tip, author: [u8; 32]) -> Header {
	Header {
		parent_hash: parent.hash,
		number: parent.number + 1,
		state_root: Default::default(),
		extrinsics_root: Default::default(),
		digest: sp_runtime::Digest { logs: vec![DigestItem::PreRuntime(AUTHOR_ENGINE, author.to_vec())] },
	}
}

/// The author that a header names.
pub fn author_of(header: &Header) -> Option<[u8; 32]> {
	header.digest.logs.iter().find_map(|item| match item {
		DigestItem::PreRuntime(AUTHOR_ENGINE, author) => author[..].try_into().ok(),
		_ => None,
	})
}

/// Storage key of `Timestamp.Now`.
fn timestamp_key() -> [u8; 32] {
	let mut key = [0; 32];
	key[..16].copy_from_slice(&sp_io::hashing::twox_128(b"Timestamp"));
	key[16..].copy_from_slice(&sp_io::hashing::twox_128(b"Now"));
	key
}

impl ExecutedBlock {
	pub(crate) fn new(block: Block, changes: StateChanges) -> Self {
		let key = timestamp_key();
		let now = changes.main.iter().find(|(k, _)| k[..] == key).and_then(|(_, v)| v.as_deref());
		let timestamp_ms = now.and_then(|v| u64::decode(&mut &v[..]).ok()).unwrap_or(0);
		Self { hash: block.hash(), block, changes, timestamp_ms }
	}
}

/// Takes the changes out of an overlay whose block is finished.
pub(crate) fn drain(
	state: &State,
	overlay: &mut Overlay,
) -> Result<StateChanges, plexus_storage::StorageError> {
	let backend = state.backend();
	let changes = overlay.drain(&backend, sp_runtime::StateVersion::V1);
	match backend.take_failure() {
		Some(failure) => Err(failure),
		None => Ok(changes),
	}
}
