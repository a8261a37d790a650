//! Keeps the index of events behind the chain: what happened to an account, a datanet, a model, and what accounts earned.
//!
//! ```text
//! commit ──► tip … (a step at a time, later) … catch_up ──► state after each block ──► events ──► index
//! ```
//!
//! The index is written behind blocks and never with them, so that it cannot refuse a commit, nor delay one for longer
//! than a block's entries take on their way into memory. How far it is stands in the database, and whoever was stopped or
//! fell behind goes on there. Events are a part of the state, so what can be caught up is what is kept of past states;
//! where that is not enough, the index begins anew and says from where.
//!
//! # Must not
//! Be asked by consensus or execution.
//!
//! # Invariants
//! - Blocks are indexed in their order, each once.
//! - One step is at most as many blocks as its caller allows.

use crate::replay::{replay, ReplayError, Replayed};
use plexus_execution::{traced_events, EventsError, Executor, SPEC_VERSION};
use plexus_storage::{BlockNumber, Database, Hash, IndexedEvent, NewEntry, State, StateError, StorageError};
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use std::ops::ControlFlow;

/// Why a block was not indexed.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
	/// A stored block is missing.
	#[error("block {number} is missing from the database")]
	Missing {
		/// Its height.
		number: BlockNumber,
	},
	/// A state that should be kept is not to be had.
	#[error(transparent)]
	State(#[from] StateError),
	/// Executing the blocks again failed.
	#[error(transparent)]
	Replay(#[from] ReplayError),
	/// Reading or writing failed.
	#[error(transparent)]
	Storage(#[from] StorageError),
}

/// Indexes the blocks that the index lacks, at most `blocks_max` of them. How many it still lacks.
///
/// # Errors
/// [`IndexError`]; what was indexed before stays.
pub fn catch_up(database: &Database, blocks_max: u32) -> Result<u32, IndexError> {
	for _ in 0..blocks_max {
		let (next, tip) = (next_block(database)?, database.tip().number);
		if next > tip {
			return Ok(0);
		}
		let hash = database.hash(next)?.ok_or(IndexError::Missing { number: next })?;
		match database.state_at(&hash) {
			Ok(state) => index_block(database, next, &state)?,
			// The chain went on and discarded it meanwhile: the next turn begins with the oldest there is.
			Err(StateError::Pruned { .. }) => {}
			Err(error) => return Err(error.into()),
		}
	}
	Ok(database.tip().number.saturating_add(1).saturating_sub(next_block(database)?))
}

/// The block that comes next: behind the last one, or where states begin if that is later.
fn next_block(database: &Database) -> Result<BlockNumber, StorageError> {
	let oldest = database.oldest_state();
	let Some(mark) = database.index_mark()? else { return Ok(oldest) };
	let next = mark.indexed_to.saturating_add(1);
	if next < oldest {
		tracing::warn!(
			target: "index", missing_from = next, missing_to = oldest - 1,
			"the index lacks blocks whose states are discarded; `plexus index rebuild` makes it complete"
		);
	}
	Ok(next.max(oldest))
}

/// Indexes one block, whose state is given.
fn index_block(database: &Database, number: BlockNumber, state: &State) -> Result<(), IndexError> {
	let events = match traced_events(state) {
		Ok(events) => events,
		Err(EventsError::Storage(error)) => return Err(error.into()),
		Err(error @ EventsError::Undecodable { .. }) => {
			tracing::error!(target: "index", %error, "a block is left out of the index");
			return Ok(database.skip_index(number)?);
		}
	};
	let body = database.block(number)?.ok_or(IndexError::Missing { number })?.body;
	// Most events of a block belong to the extrinsic of the one before.
	let mut last: Option<(u32, Hash)> = None;
	let mut extrinsic = |place: u32| {
		last.filter(|(known, _)| *known == place).or_else(|| {
			let found = body.get(place as usize).map(|bytes| (place, BlakeTwo256::hash(bytes)));
			last = found;
			found
		})
	};
	let entries: Vec<NewEntry> = events
		.into_iter()
		.map(|traced| NewEntry {
			position: traced.position,
			event: IndexedEvent {
				extrinsic: traced.extrinsic.and_then(&mut extrinsic),
				spec_version: SPEC_VERSION,
				event: traced.event,
			},
			subjects: traced.subjects.iter().map(|subject| subject.key()).collect(),
			adds: traced.income.iter().map(|income| (income.sum_key(), income.amount)).collect(),
		})
		.collect();
	Ok(database.put_index(number, &entries)?)
}

/// Makes the index anew from the states that are kept. It is complete from the oldest of them on.
///
/// # Errors
/// [`IndexError`]; the index ends where it failed, and a node goes on there.
pub fn rebuild_from_states(
	database: &Database,
	mut progress: impl FnMut(BlockNumber) -> ControlFlow<()>,
) -> Result<(), IndexError> {
	database.clear_index()?;
	while catch_up(database, 1)? > 0 {
		let number = database.index_mark()?.map_or(0, |mark| mark.indexed_to);
		if progress(number).is_break() {
			return Err(ReplayError::Stopped { number }.into());
		}
	}
	Ok(())
}

/// Makes the index anew by executing all blocks again from the genesis, in another database that is fresh. It is complete
/// from the genesis on.
///
/// # Errors
/// As [`rebuild_from_states`]. A block that does not execute to what its header says is one.
pub fn rebuild_by_execution(
	database: &Database,
	scratch: &Database,
	executor: &Executor,
	mut progress: impl FnMut(&Replayed) -> ControlFlow<()>,
) -> Result<Replayed, IndexError> {
	database.clear_index()?;
	index_block(database, 0, &scratch.tip().state)?;
	let mut failure = None;
	let replayed = replay(database, scratch, executor, |done| {
		let tip = scratch.tip();
		match index_block(database, tip.number, &tip.state) {
			Ok(()) => progress(done),
			Err(error) => {
				failure = Some(error);
				ControlFlow::Break(())
			}
		}
	});
	match failure {
		Some(error) => Err(error),
		None => Ok(replayed?),
	}
}
