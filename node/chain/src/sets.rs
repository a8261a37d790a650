//! Keeps the validators that headers commit to, for proofs of finality.
//!
//! A certificate names only who signed. Who could have signed is in the state, which is pruned; so the whole set is
//! kept by the height of the header that commits to it, once for each change, outside the state.
//!
//! # Must not
//! Be asked by consensus or execution: what stands here is a copy, and a node without it is as good a node.
//!
//! # Invariants
//! - What is recorded has the hash that the header commits to. The genesis commits to nothing: its set is that of its
//!   state.
//! - `plexus check` makes all of them anew and compares.
//! - A record is written behind its block and before the next. Only the tip's can be missing after a crash, and the
//!   tip's state is there to make it again.

use plexus_execution::Executor;
use plexus_primitives::{
	consensus::{sort_by_power, validator_set_hash, ConsensusKey, Voter},
	light::set_commitment,
};
use plexus_storage::{Database, Header, StorageError};

/// Why a set was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
	/// Reading or writing failed.
	#[error(transparent)]
	Storage(#[from] StorageError),
	/// The runtime does not tell the set.
	#[error(transparent)]
	Call(#[from] plexus_execution::CallError),
	/// The runtime tells another set than the header commits to.
	#[error("the runtime's set is not the one that block {number} commits to; report it with the chain and its height")]
	OtherSet {
		/// The block.
		number: u32,
	},
}

/// Records the set that the tip commits to, if it is another than its parent's.
///
/// # Errors
/// [`RecordError`].
pub fn record_tip(database: &Database, executor: &Executor) -> Result<(), RecordError> {
	let tip = database.tip();
	let parent = match tip.number.checked_sub(1) {
		Some(number) => database.header_at(number)?,
		None => None,
	};
	if !commits_to_another(&tip.header, parent.as_ref()) {
		return Ok(());
	}
	let mut set: Vec<Voter> =
		executor.validators(&tip.state)?.into_iter().map(|(key, power)| (ConsensusKey(key), power)).collect();
	sort_by_power(&mut set, |voter| *voter);
	let hash = validator_set_hash(&database.genesis_hash().0, &set);
	if set_commitment(&tip.header.digest.logs).is_some_and(|committed| committed != hash) {
		return Err(RecordError::OtherSet { number: tip.number });
	}
	let set = codec::Encode::encode(&set);
	// Recorded before a restart, or the first block's, which mostly commits to the genesis' set again.
	if database.last_set(tip.number)?.is_some_and(|(_, last)| last == set) {
		return Ok(());
	}
	Ok(database.put_set(tip.number, &set)?)
}

/// Whether a header commits to a set that its parent does not commit to.
fn commits_to_another(header: &Header, parent: Option<&Header>) -> bool {
	let Some(parent) = parent else { return header.number == 0 };
	let commitment = set_commitment(&header.digest.logs);
	commitment.is_some() && commitment != set_commitment(&parent.digest.logs)
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::light::{SET_COMMITMENT_VERSION, SET_ENGINE_ID};
	use sp_runtime::{Digest, DigestItem};

	fn header(number: u32, committed: Option<u8>) -> Header {
		let item = |byte| {
			let payload = codec::Encode::encode(&(SET_COMMITMENT_VERSION, [byte; 32]));
			DigestItem::Consensus(SET_ENGINE_ID, payload)
		};
		let digest = Digest { logs: committed.map(item).into_iter().collect() };
		Header {
			number,
			parent_hash: Default::default(),
			state_root: Default::default(),
			extrinsics_root: Default::default(),
			digest,
		}
	}

	#[test]
	fn a_set_is_recorded_in_the_genesis_and_where_it_changes() {
		assert!(commits_to_another(&header(0, None), None));
		assert!(commits_to_another(&header(1, Some(1)), Some(&header(0, None))));
		assert!(!commits_to_another(&header(2, Some(1)), Some(&header(1, Some(1)))));
		assert!(commits_to_another(&header(3, Some(2)), Some(&header(2, Some(1)))));
		assert!(!commits_to_another(&header(4, None), Some(&header(3, Some(2)))));
		assert!(!commits_to_another(&header(4, Some(2)), None), "a pruned parent is not the genesis");
	}
}
