//! Complete proposals for heights that this node has not reached yet.
//!
//! # Must not
//! Judge blocks: they wait until their parent is the tip.
//!
//! # Invariants
//! At most [`HEIGHTS_AHEAD_MAX`] heights ahead, [`PROPOSALS_PER_HEIGHT_MAX`] of one height and [`PARKED_BYTES_MAX`]
//! bytes, in which bodies are as they travelled.
//! Proposals of today's validators displace others', never the reverse: tomorrow's validators are not known yet.

use crate::parts::{Complete, BODY_BYTES_MAX};
use plexus_runtime::limits::VALIDATORS_MAX;
use std::collections::BTreeMap;

/// Heights ahead that are kept; who is further behind gets the blocks from peers.
pub const HEIGHTS_AHEAD_MAX: u64 = 4;

/// Votes and proposals of one height ahead that the engine keeps: twelve of each validator of two sets, which is four rounds,
/// and of others as much as one round of a set is. The network hands over no more, see `early` there.
pub const MESSAGES_PER_HEIGHT_MAX: usize = (2 * 12 + 3) * VALIDATORS_MAX as usize;

/// Proposals of one height: eight rounds.
pub const PROPOSALS_PER_HEIGHT_MAX: usize = 8;

/// Bytes of all bodies parked.
pub const PARKED_BYTES_MAX: usize = 8 * BODY_BYTES_MAX;

#[derive(Debug)]
struct Parked {
	proposal: Complete,
	from_validator: bool,
}

impl Parked {
	fn bytes(&self) -> usize {
		self.proposal.head().body_bytes as usize
	}
}

/// Proposals waiting for their height.
#[derive(Debug, Default)]
pub struct Parking {
	heights: BTreeMap<u64, Vec<Parked>>,
	bytes: usize,
}

impl Parking {
	/// Whether a proposal for `height` may wait while the node is at `current`.
	pub fn reaches(current: u64, height: u64) -> bool {
		height > current && height - current <= HEIGHTS_AHEAD_MAX
	}

	/// Keeps a proposal, if there is room; `from_validator` says that its proposer is one of today's validators.
	pub fn park(&mut self, proposal: Complete, from_validator: bool) {
		let parked = Parked { proposal, from_validator };
		let (height, size) = (parked.proposal.head().height, parked.bytes());
		while self.bytes + size > PARKED_BYTES_MAX {
			if !(from_validator && self.displace(None)) {
				return;
			}
		}
		while self.heights.get(&height).is_some_and(|parked| parked.len() >= PROPOSALS_PER_HEIGHT_MAX) {
			if !(from_validator && self.displace(Some(height))) {
				return;
			}
		}
		self.bytes += size;
		self.heights.entry(height).or_default().push(parked);
	}

	/// Takes out what waited for `height` and forgets everything below.
	pub fn take(&mut self, height: u64) -> Vec<Complete> {
		let later = self.heights.split_off(&height.saturating_add(1));
		let due = std::mem::replace(&mut self.heights, later).remove(&height).unwrap_or_default();
		self.bytes = self.heights.values().flatten().map(Parked::bytes).sum();
		due.into_iter().map(|parked| parked.proposal).collect()
	}

	/// Number of proposals that wait.
	pub fn len(&self) -> usize {
		self.heights.values().map(Vec::len).sum()
	}

	/// Whether nothing waits.
	pub fn is_empty(&self) -> bool {
		self.heights.is_empty()
	}

	/// Drops one proposal that is not from today's validators, of the furthest height or of the given one.
	fn displace(&mut self, height: Option<u64>) -> bool {
		for (at, parked) in self.heights.iter_mut().rev() {
			if height.is_some_and(|height| height != *at) {
				continue;
			}
			if let Some(index) = parked.iter().position(|parked| !parked.from_validator) {
				self.bytes -= parked.remove(index).bytes();
				return true;
			}
		}
		false
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::parts::{encode_body, ProposalHead};
	use crate::signing::SigningKey;
	use plexus_storage::{Block, Header};
	use sp_core::H256;

	/// A proposal for height 5 with one extrinsic of so many bytes, and its block.
	fn proposal(bytes: usize) -> (Complete, Block) {
		let digest = Default::default();
		let (state_root, extrinsics_root, parent_hash) = Default::default();
		let header = Header { number: 5, parent_hash, state_root, extrinsics_root, digest };
		let block = Block { header: header.clone(), body: vec![vec![7; bytes]] };
		let (key, body) = (SigningKey::from_bytes(&[7; 32]), encode_body(&block));
		let head = ProposalHead::new(&H256([1; 32]), &key, 0, None, header, &body);
		(Complete::new(head, body).expect("its own body"), block)
	}

	#[test]
	fn what_waits_is_bounded_in_number_and_bytes_and_comes_out_whole() {
		let ((small, block), mut parking) = (proposal(100), Parking::default());
		for _ in 0..2 * PROPOSALS_PER_HEIGHT_MAX {
			parking.park(small.clone(), false);
		}
		let size = small.head().body_bytes as usize;
		assert_eq!(
			(parking.len(), parking.bytes),
			(PROPOSALS_PER_HEIGHT_MAX, PROPOSALS_PER_HEIGHT_MAX * size)
		);
		let taken = parking.take(5);
		assert_eq!((taken.len(), parking.bytes), (PROPOSALS_PER_HEIGHT_MAX, 0));
		assert!(taken.into_iter().all(|waited| waited.decode().is_some_and(|(_, found)| found == block)));

		let (large, _) = proposal(BODY_BYTES_MAX - 8);
		for _ in 0..PROPOSALS_PER_HEIGHT_MAX {
			parking.park(large.clone(), false);
			assert!(parking.bytes <= PARKED_BYTES_MAX);
		}
		assert!(parking.bytes > PARKED_BYTES_MAX / 2);
	}

	#[test]
	fn todays_validators_displace_others_and_not_the_reverse() {
		let ((proposal, _), mut parking) = (proposal(100), Parking::default());
		for _ in 0..PROPOSALS_PER_HEIGHT_MAX {
			parking.park(proposal.clone(), false);
		}
		parking.park(proposal.clone(), true);
		for _ in 0..PROPOSALS_PER_HEIGHT_MAX {
			parking.park(proposal.clone(), false);
		}
		let known = parking.heights[&5].iter().filter(|parked| parked.from_validator).count();
		assert_eq!((known, parking.len()), (1, PROPOSALS_PER_HEIGHT_MAX));
	}
}
