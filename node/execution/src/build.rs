//! Building a block on the tip: inherents, then pool transactions within weight, size and time.

use crate::{
	environment::{self, RunError},
	error::{BuildError, InvalidReason},
	executor::{child_header, drain, ExecutedBlock, Executor},
	overlay::Overlay,
	verify::BODY_BYTES_MAX,
};
use codec::{Decode, Encode};
use plexus_primitives::consensus::Commit;
use plexus_runtime::native;
use plexus_storage::{Block, Hash, Header, Tip};
use sp_inherents::{InherentData, InherentIdentifier};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	ApplyExtrinsicResult,
};
use std::{cell::Cell, sync::Arc, time::Instant};

/// Refusals for lack of room in a row after which the block counts as full: a few smaller transactions may still fit
/// behind a large one, but looking at the whole pool for them would cost more than it brings.
const EXHAUSTED_IN_A_ROW_MAX: usize = 16;

/// Identifies the precommits for the parent among the inherent data; the runtime makes a mandatory extrinsic of them.
pub const COMMIT_INHERENT: InherentIdentifier = *b"plxcommt";

/// A transaction that the pool offers.
#[derive(Clone, Debug)]
pub struct PooledTransaction {
	/// BLAKE2b-256 of the bytes.
	pub hash: Hash,
	/// The extrinsic.
	pub bytes: Arc<[u8]>,
}

/// What became of an offered transaction that did not get in.
#[derive(Debug)]
pub enum Rejected {
	/// No room in this block; it stays valid.
	NoRoom,
	/// Not valid now: it can be dropped, unless the reason is a nonce that is yet to come.
	Invalid(InvalidReason),
}

/// Where the builder takes transactions from, best first.
pub trait TransactionSource {
	/// The next one, or none.
	fn next(&mut self) -> Option<PooledTransaction>;
	/// The last one offered is in the block; its sender's next may follow.
	fn applied(&mut self, hash: &Hash);
	/// The last one offered is not.
	fn rejected(&mut self, hash: &Hash, why: Rejected);
}

/// What a block is built with.
#[derive(Clone, Debug)]
pub struct BuildParams {
	/// The proposer's ed25519 key.
	pub author: [u8; 32],
	/// Timestamp to set, milliseconds since 1970.
	pub timestamp_ms: u64,
	/// The precommits that made the parent final, by the places of its validators. The runtime demands them in every
	/// block but the first, whose parent nobody decided.
	pub commit: Option<Commit>,
	/// When to stop taking transactions.
	pub deadline: Instant,
	/// Longest body.
	pub body_bytes_max: usize,
}

impl BuildParams {
	/// Parameters with the largest body.
	pub fn new(author: [u8; 32], timestamp_ms: u64, commit: Option<Commit>, deadline: Instant) -> Self {
		Self { author, timestamp_ms, commit, deadline, body_bytes_max: BODY_BYTES_MAX }
	}
}

impl Executor {
	/// Builds a block on `parent`.
	///
	/// # Errors
	/// [`BuildError::Panicked`] with a culprit may be tried again: the source has been told to drop it.
	pub fn build(
		&self,
		parent: &Tip,
		params: &BuildParams,
		source: &mut dyn TransactionSource,
	) -> Result<ExecutedBlock, BuildError> {
		let mut overlay = Overlay::default();
		let applying = Cell::new(None);
		let result = environment::run(&parent.state, &mut overlay, self.signature_cache(), || {
			build(parent, params, source, &applying)
		});
		let (header, body) = match result {
			Ok(built) => built?,
			Err(RunError::Storage(e)) => return Err(e.into()),
			Err(RunError::Panicked(message)) => {
				if let Some(hash) = applying.get() {
					tracing::error!(?hash, %message, "the runtime panicked on a transaction; it is dropped from the pool");
					let reason = crate::CallError::Panicked {
						method: "BlockBuilder_apply_extrinsic".into(),
						message: message.clone(),
					};
					source.rejected(&hash, Rejected::Invalid(reason.into()));
				}
				return Err(BuildError::Panicked { message, culprit: applying.get() });
			}
		};
		let changes = drain(&parent.state, &mut overlay)?;
		Ok(ExecutedBlock::new(Block { header, body }, changes))
	}
}

/// Runs inside the environment.
fn build(
	parent: &Tip,
	params: &BuildParams,
	source: &mut dyn TransactionSource,
	applying: &Cell<Option<Hash>>,
) -> Result<(Header, Vec<Vec<u8>>), BuildError> {
	dispatch("Core_initialize_block", &child_header(parent, params.author).encode())?;
	let mut body = apply_inherents(params)?;
	let mut bytes = body.iter().map(Vec::len).sum::<usize>();
	let mut no_room = 0;
	while no_room < EXHAUSTED_IN_A_ROW_MAX && Instant::now() < params.deadline {
		let Some(transaction) = source.next() else { break };
		// The body's own SCALE lengths: at most five bytes each.
		if bytes + transaction.bytes.len() + 5 > params.body_bytes_max {
			source.rejected(&transaction.hash, Rejected::NoRoom);
			no_room += 1;
			continue;
		}
		applying.set(Some(transaction.hash));
		let outcome = apply(&transaction.bytes)?;
		applying.set(None);
		match outcome {
			Ok(_) => {
				bytes += transaction.bytes.len();
				body.push(transaction.bytes.to_vec());
				source.applied(&transaction.hash);
				no_room = 0;
			}
			Err(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources)) => {
				source.rejected(&transaction.hash, Rejected::NoRoom);
				no_room += 1;
			}
			Err(e) => source.rejected(&transaction.hash, Rejected::Invalid(InvalidReason::from_validity(e))),
		}
	}
	let header = dispatch("BlockBuilder_finalize_block", &[])?;
	let header = Header::decode(&mut &header[..]).map_err(|e| BuildError::Answer(e.to_string()))?;
	Ok((header, body))
}

fn apply_inherents(params: &BuildParams) -> Result<Vec<Vec<u8>>, BuildError> {
	let mut data = InherentData::new();
	let refused = |e: sp_inherents::Error| BuildError::Inherent(format!("{e:?}"));
	data.put_data(sp_timestamp::INHERENT_IDENTIFIER, &params.timestamp_ms).map_err(refused)?;
	if let Some(commit) = &params.commit {
		data.put_data(COMMIT_INHERENT, commit).map_err(refused)?;
	}
	let answer = dispatch("BlockBuilder_inherent_extrinsics", &data.encode())?;
	let inherents = Vec::<plexus_runtime::UncheckedExtrinsic>::decode(&mut &answer[..])
		.map_err(|e| BuildError::Answer(e.to_string()))?;
	let mut body = Vec::new();
	for inherent in inherents {
		let bytes = inherent.encode();
		match apply(&bytes)? {
			Ok(Ok(())) => body.push(bytes),
			other => return Err(BuildError::Inherent(format!("{other:?}"))),
		}
	}
	Ok(body)
}

/// Applies one extrinsic in a storage transaction of its own: a refusal leaves no trace.
fn apply(bytes: &[u8]) -> Result<ApplyExtrinsicResult, BuildError> {
	let in_storage = |f: fn(&mut dyn sp_externalities::Externalities)| {
		sp_externalities::with_externalities(|ext| f(ext))
			.expect("the environment is set by `environment::run`");
	};
	in_storage(|ext| ext.storage_start_transaction());
	let answer = dispatch("BlockBuilder_apply_extrinsic", bytes)?;
	let result =
		ApplyExtrinsicResult::decode(&mut &answer[..]).map_err(|e| BuildError::Answer(e.to_string()))?;
	match &result {
		Ok(_) => in_storage(|ext| ext.storage_commit_transaction().expect("a transaction was started above")),
		Err(_) => {
			in_storage(|ext| ext.storage_rollback_transaction().expect("a transaction was started above"))
		}
	}
	Ok(result)
}

fn dispatch(method: &'static str, data: &[u8]) -> Result<Vec<u8>, BuildError> {
	native::dispatch(method, data)
		.ok_or_else(|| BuildError::Answer(format!("the runtime has no method {method}")))
}
