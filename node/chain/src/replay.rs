//! Executing all blocks again, from genesis, in another database: the proof that the stored states are what the blocks say.

use crate::sets::{record_tip, RecordError};
use plexus_execution::{BlockError, Executor};
use plexus_storage::{Block, BlockCommit, BlockNumber, Database, Hash, StorageError};
use std::ops::ControlFlow;

/// Where the two histories part, or what failed on the way.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
	/// A stored block is missing.
	#[error("block {number} is missing from the database")]
	Missing {
		/// Its height.
		number: BlockNumber,
	},
	/// A stored block is not valid on its parent, or leads to another state root than its header says.
	#[error("block {number} does not execute to what its header says: {source}")]
	Differs {
		/// Its height.
		number: BlockNumber,
		/// What differs.
		source: BlockError,
	},
	/// The flat state differs from the re-executed one.
	#[error("the stored state of block {number} differs from the re-executed one at key 0x{}", .key.iter().map(|b| format!("{b:02x}")).collect::<String>())]
	State {
		/// Height of the tip.
		number: BlockNumber,
		/// First key that differs.
		key: Vec<u8>,
	},
	/// Whoever watches wanted no more.
	#[error("stopped after block {number}, before all was compared")]
	Stopped {
		/// The last block that was executed.
		number: BlockNumber,
	},
	/// The validators kept for proofs differ from those that the blocks lead to.
	#[error("the validators kept for block {number} or below differ from those that its header commits to")]
	Sets {
		/// A height above the first record that differs, within a page of records.
		number: BlockNumber,
	},
	/// The runtime did not tell the validators, or others than a header commits to.
	#[error(transparent)]
	Record(#[from] RecordError),
	/// Reading or writing failed.
	#[error(transparent)]
	Storage(#[from] StorageError),
}

/// What was executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
	/// Blocks.
	pub blocks: u32,
	/// Extrinsics in them.
	pub extrinsics: u64,
	/// State root after the last.
	pub state_root: Hash,
}

/// Pairs compared at a time.
const PAGE: usize = 1024;

/// Executes blocks 1..=tip of `from` into `into` (a fresh database of the same genesis), then compares the current states
/// pair by pair, and the validators kept for proofs. `progress` is called after each block, and may end it there.
pub fn replay(
	from: &Database,
	into: &Database,
	executor: &Executor,
	mut progress: impl FnMut(&Replayed) -> ControlFlow<()>,
) -> Result<Replayed, ReplayError> {
	let target = from.tip().number;
	let mut done = Replayed { state_root: into.tip().header.state_root, ..Default::default() };
	let first = into.tip().number + 1;
	record_tip(into, executor)?;
	let mut next = if first <= target { Some(stored(from, first)?) } else { None };
	while let Some((block, certificate)) = next.take() {
		let number = block.header.number;
		let extrinsics = block.body.len() as u64;
		let tip = into.tip();
		// While a block is executed, the signatures of the one after it are checked.
		let (executed, following) = rayon::join(
			|| executor.execute(&tip, block),
			|| {
				if number == target {
					return Ok(None);
				}
				let following = stored(from, number + 1)?;
				executor.check_signatures(&tip.state, &following.0.body);
				Ok::<_, ReplayError>(Some(following))
			},
		);
		let executed = executed.map_err(|source| ReplayError::Differs { number, source })?;
		let tip = into.commit(BlockCommit {
			block: executed.block,
			hash: executed.hash,
			certificate,
			changes: executed.changes,
		})?;
		record_tip(into, executor)?;
		done.blocks += 1;
		done.extrinsics += extrinsics;
		done.state_root = tip.header.state_root;
		if progress(&done).is_break() {
			return Err(ReplayError::Stopped { number });
		}
		next = following?;
	}
	compare(from, into, target)?;
	compare_sets(from, into, target)?;
	Ok(done)
}

/// A stored block with its certificate.
fn stored(from: &Database, number: BlockNumber) -> Result<(Block, Vec<u8>), ReplayError> {
	let block = from.block(number)?.ok_or(ReplayError::Missing { number })?;
	Ok((block, from.certificate(number)?.unwrap_or_default()))
}

fn compare(from: &Database, into: &Database, number: BlockNumber) -> Result<(), ReplayError> {
	let (a, b) = (from.tip(), into.tip());
	let mut after: Option<Vec<u8>> = None;
	loop {
		let left = a.state.pairs(&[], after.as_deref(), PAGE)?;
		let right = b.state.pairs(&[], after.as_deref(), PAGE)?;
		if left != right {
			let differing =
				left.iter().zip(&right).find(|(l, r)| l != r).map(|(l, r)| l.0.clone().min(r.0.clone()));
			let key =
				differing.or_else(|| left.get(right.len()).or(right.get(left.len())).map(|(k, _)| k.clone()));
			return Err(ReplayError::State { number, key: key.unwrap_or_default() });
		}
		match left.last() {
			Some((key, _)) => after = Some(key.clone()),
			None => return Ok(()),
		}
	}
}

/// Compares the validators kept below the tip. Those of the tip itself are written behind its block, so that a process
/// that was killed may lack them until it starts again.
fn compare_sets(from: &Database, into: &Database, tip: BlockNumber) -> Result<(), ReplayError> {
	if tip > 0 && from.last_set(0)? != into.last_set(0)? {
		return Err(ReplayError::Sets { number: 0 });
	}
	let mut after = 0;
	loop {
		let left = from.sets_between(after, tip, PAGE)?;
		let right = into.sets_between(after, tip, PAGE)?;
		let last = right.last().map(|(number, _)| *number);
		if left != right {
			return Err(ReplayError::Sets { number: last.unwrap_or(tip) });
		}
		match last {
			Some(number) => after = number,
			None => return Ok(()),
		}
	}
}
