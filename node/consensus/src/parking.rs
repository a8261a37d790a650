//! Complete proposals for heights that this node has not reached yet.
//!
//! # Must not
//! Judge blocks: they wait until their parent is the tip.
//!
//! # Invariants
//! At most [`HEIGHTS_AHEAD_MAX`] heights ahead, [`PROPOSALS_PER_HEIGHT_MAX`] of one height and [`PARKED_BYTES_MAX`]
//! bytes: bodies wait as they travelled, since a decoded one takes up to 24 times as much, of which strangers could make use.
//! Proposals of today's validators displace others', never the reverse: tomorrow's validators are not known yet.

use crate::parts::{encode_body, ProposalHead, BODY_BYTES_MAX};
use plexus_runtime::limits::VALIDATORS_MAX;
use plexus_storage::Block;
use std::collections::BTreeMap;

/// Heights ahead that are kept; who is further behind gets the blocks from peers.
pub const HEIGHTS_AHEAD_MAX: u64 = 4;

/// Votes and proposals of one height ahead that the engine keeps: twelve of each validator of two sets, which is four rounds,
/// and a hundred of others. The network hands over no more, see `early` there.
pub const MESSAGES_PER_HEIGHT_MAX: usize = 2 * VALIDATORS_MAX as usize * 12 + 100;

/// Proposals of one height: eight rounds.
pub const PROPOSALS_PER_HEIGHT_MAX: usize = 8;

/// Bytes of all bodies parked.
pub const PARKED_BYTES_MAX: usize = 8 * BODY_BYTES_MAX;

#[derive(Debug)]
struct Parked {
	head: ProposalHead,
	body: Vec<u8>,
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
		let mut body = encode_body(&block);
		// The encoder reserves as much as the decoded body has.
		body.shrink_to_fit();
		self.bytes += size;
		self.heights.entry(height).or_default().push(Parked { head, body, from_validator });
	}

	/// Takes out what waited for `height`, with bodies for [`decode_block`](crate::parts::decode_block), and forgets
	/// everything below.
	pub fn take(&mut self, height: u64) -> Vec<(ProposalHead, Vec<u8>)> {
		let later = self.heights.split_off(&height.saturating_add(1));
		let due = std::mem::replace(&mut self.heights, later).remove(&height).unwrap_or_default();
		self.bytes = self.heights.values().flatten().map(|parked| parked.head.body_bytes as usize).sum();
		due.into_iter().map(|parked| (parked.head, parked.body)).collect()
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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::parts::decode_block;
	use crate::signing::SigningKey;
	use plexus_storage::Header;
	use sp_core::H256;

	/// A proposal for height 5 of so many empty extrinsics, of which each travels as one byte.
	fn proposal(extrinsics: usize) -> (ProposalHead, Block) {
		let digest = Default::default();
		let (state_root, extrinsics_root, parent_hash) = Default::default();
		let header = Header { number: 5, parent_hash, state_root, extrinsics_root, digest };
		let block = Block { header: header.clone(), body: vec![Vec::new(); extrinsics] };
		let (key, body) = (SigningKey::from_bytes(&[7; 32]), encode_body(&block));
		(ProposalHead::new(&H256([1; 32]), &key, 0, None, header, &body), block)
	}

	#[test]
	fn what_waits_takes_as_much_memory_as_it_has_bytes_and_comes_out_whole() {
		let ((head, block), mut parking) = (proposal(100_000), Parking::default());
		for _ in 0..2 * PROPOSALS_PER_HEIGHT_MAX {
			parking.park(head.clone(), block.clone(), false);
		}
		let reserved: usize = parking.heights.values().flatten().map(|parked| parked.body.capacity()).sum();
		assert!(reserved < 2 * PROPOSALS_PER_HEIGHT_MAX * head.body_bytes as usize, "{reserved}");
		let taken = parking.take(5);
		assert_eq!((taken.len(), parking.bytes), (PROPOSALS_PER_HEIGHT_MAX, 0));
		assert!(taken.iter().all(|(head, body)| decode_block(head, body).as_ref() == Some(&block)));
	}
}
