//! Complete proposals for heights that this node has not reached yet.
//!
//! # Must not
//! Judge blocks: they wait until their parent is the tip.
//!
//! # Invariants
//! At most [`HEIGHTS_AHEAD_MAX`] heights ahead, [`PROPOSALS_PER_HEIGHT_MAX`] of one height and [`PARKED_BYTES_MAX`]
//! bytes. Proposals of today's validators displace others', never the reverse: tomorrow's validators are not known yet.

use crate::parts::{ProposalHead, BODY_BYTES_MAX};
use plexus_storage::Block;
use std::collections::BTreeMap;

/// Heights ahead that are kept; who is further behind gets the blocks from peers.
pub const HEIGHTS_AHEAD_MAX: u64 = 4;

/// Proposals of one height: eight rounds.
pub const PROPOSALS_PER_HEIGHT_MAX: usize = 8;

/// Bytes of all bodies parked.
pub const PARKED_BYTES_MAX: usize = 8 * BODY_BYTES_MAX;

#[derive(Debug)]
struct Parked {
	head: ProposalHead,
	block: Block,
	from_validator: bool,
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
	pub fn park(&mut self, head: ProposalHead, block: Block, from_validator: bool) {
		let size = head.body_bytes as usize;
		let height = head.height;
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
		self.heights.entry(height).or_default().push(Parked { head, block, from_validator });
	}

	/// Takes out what waited for `height` and forgets everything below.
	pub fn take(&mut self, height: u64) -> Vec<(ProposalHead, Block)> {
		let later = self.heights.split_off(&height.saturating_add(1));
		let due = std::mem::replace(&mut self.heights, later).remove(&height).unwrap_or_default();
		self.bytes = self.heights.values().flatten().map(|parked| parked.head.body_bytes as usize).sum();
		due.into_iter().map(|parked| (parked.head, parked.block)).collect()
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
				self.bytes -= parked.remove(index).head.body_bytes as usize;
				return true;
			}
		}
		false
	}
}
