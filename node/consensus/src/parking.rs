//! Complete proposals for heights that this node has not reached yet.
//!
//! # Must not
//! Judge blocks: they wait until their parent is the tip.
//!
//! # Invariants
//! At most [`HEIGHTS_AHEAD_MAX`] heights ahead, [`PROPOSALS_PER_HEIGHT_MAX`] of one height and [`PARKED_BYTES_MAX`]
//! bytes, in which bodies are as they travelled.
//! Tomorrow's validators are not known yet: by today's, whose turn it is displaces other validators, and these strangers;
//! then what is due sooner displaces what is due later. Never the reverse, so that no validator can keep another's out by
//! proposing when it is not its turn.

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

/// What the proposer of a later height is by today's validators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
	/// Whose turn it is, unless the validators change.
	Turn,
	/// Another of them.
	Validator,
	/// None of them.
	Stranger,
}

#[derive(Debug)]
struct Parked {
	proposal: Complete,
	standing: Standing,
	arrived_ms: u64,
}

impl Parked {
	fn bytes(&self) -> usize {
		self.proposal.head().body_bytes as usize
	}

	/// The greatest goes first when there is no room.
	fn rank(&self) -> (Standing, u64, u32) {
		let head = self.proposal.head();
		(self.standing, head.height, head.round)
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

	/// Keeps a proposal, if there is room or others give way.
	pub fn park(&mut self, proposal: Complete, standing: Standing, arrived_ms: u64) {
		let parked = Parked { proposal, standing, arrived_ms };
		let (height, size) = (parked.proposal.head().height, parked.bytes());
		while self.bytes + size > PARKED_BYTES_MAX {
			if !self.displace(None, &parked) {
				return;
			}
		}
		while self.heights.get(&height).is_some_and(|others| others.len() >= PROPOSALS_PER_HEIGHT_MAX) {
			if !self.displace(Some(height), &parked) {
				return;
			}
		}
		self.bytes += size;
		self.heights.entry(height).or_default().push(parked);
	}

	/// Takes out what waited for `height`, each with when it came, and forgets everything below.
	pub fn take(&mut self, height: u64) -> Vec<(Complete, u64)> {
		let later = self.heights.split_off(&height.saturating_add(1));
		let due = std::mem::replace(&mut self.heights, later).remove(&height).unwrap_or_default();
		self.bytes = self.heights.values().flatten().map(Parked::bytes).sum();
		due.into_iter().map(|parked| (parked.proposal, parked.arrived_ms)).collect()
	}

	/// Number of proposals that wait.
	pub fn len(&self) -> usize {
		self.heights.values().map(Vec::len).sum()
	}

	/// Whether nothing waits.
	pub fn is_empty(&self) -> bool {
		self.heights.is_empty()
	}

	/// Drops the proposal of the greatest rank, of the given height or of all, unless the one that comes has as great a rank.
	fn displace(&mut self, height: Option<u64>, comes: &Parked) -> bool {
		let among = self.heights.iter().filter(|(at, _)| height.is_none_or(|height| height == **at));
		let ranked = among.flat_map(|(at, waiting)| {
			waiting.iter().enumerate().map(move |(index, parked)| (parked.rank(), *at, index))
		});
		let Some((rank, at, index)) = ranked.max() else { return false };
		let Some(waiting) = self.heights.get_mut(&at).filter(|_| rank > comes.rank()) else { return false };
		self.bytes -= waiting.remove(index).bytes();
		true
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::parts::{encode_body, ProposalHead};
	use crate::signing::SigningKey;
	use plexus_storage::{Block, Header};
	use sp_core::H256;

	/// A proposal for a height and round with one extrinsic of so many bytes, and its block.
	fn proposal_at(number: u32, round: u32, bytes: usize) -> (Complete, Block) {
		let digest = Default::default();
		let (state_root, extrinsics_root, parent_hash) = Default::default();
		let header = Header { number, parent_hash, state_root, extrinsics_root, digest };
		let block = Block { header: header.clone(), body: vec![vec![7; bytes]] };
		let (key, body) = (SigningKey::from_bytes(&[7; 32]), encode_body(&block));
		let head = ProposalHead::new(&H256([1; 32]), &key, round, None, header, &body);
		(Complete::new(head, body).expect("its own body"), block)
	}

	/// One for the first round of height 5.
	fn proposal(bytes: usize) -> (Complete, Block) {
		proposal_at(5, 0, bytes)
	}

	#[test]
	fn what_waits_is_bounded_in_number_and_bytes_and_comes_out_whole() {
		let ((small, block), mut parking) = (proposal(100), Parking::default());
		for _ in 0..2 * PROPOSALS_PER_HEIGHT_MAX {
			parking.park(small.clone(), Standing::Stranger, 0);
		}
		let size = small.head().body_bytes as usize;
		assert_eq!(
			(parking.len(), parking.bytes),
			(PROPOSALS_PER_HEIGHT_MAX, PROPOSALS_PER_HEIGHT_MAX * size)
		);
		let taken = parking.take(5);
		assert_eq!((taken.len(), parking.bytes), (PROPOSALS_PER_HEIGHT_MAX, 0));
		assert!(taken
			.into_iter()
			.all(|(waited, _)| waited.decode().is_some_and(|(_, found)| found == block)));

		let (large, _) = proposal(BODY_BYTES_MAX - 8);
		for _ in 0..PROPOSALS_PER_HEIGHT_MAX {
			parking.park(large.clone(), Standing::Stranger, 0);
			assert!(parking.bytes <= PARKED_BYTES_MAX);
		}
		assert!(parking.bytes > PARKED_BYTES_MAX / 2);
	}

	/// What of height 5 waits, as it came.
	fn standings(parking: &Parking) -> Vec<Standing> {
		parking.heights[&5].iter().map(|parked| parked.standing).collect()
	}

	#[test]
	fn whose_turn_it_is_displaces_other_validators_and_these_strangers_and_not_the_reverse() {
		use Standing::{Stranger, Turn, Validator};
		let ((proposal, _), mut parking) = (proposal(100), Parking::default());
		for standing in [Stranger, Validator, Turn, Validator, Stranger] {
			for _ in 0..PROPOSALS_PER_HEIGHT_MAX - 1 {
				parking.park(proposal.clone(), standing, 0);
			}
			assert!(parking.len() <= PROPOSALS_PER_HEIGHT_MAX);
		}
		let mut found = standings(&parking);
		found.sort();
		let mut expected = vec![Turn; PROPOSALS_PER_HEIGHT_MAX - 1];
		expected.push(Validator);
		assert_eq!(found, expected);
	}

	#[test]
	fn who_proposes_for_many_rounds_keeps_nobody_out_of_the_first() {
		let mut parking = Parking::default();
		for round in 1..=2 * PROPOSALS_PER_HEIGHT_MAX as u32 {
			parking.park(proposal_at(5, round, 100).0, Standing::Turn, 0);
		}
		let (first, block) = proposal(200);
		parking.park(first, Standing::Turn, 0);
		let taken: Vec<_> = parking.take(5).into_iter().filter_map(|(waited, _)| waited.decode()).collect();
		assert_eq!(taken.len(), PROPOSALS_PER_HEIGHT_MAX);
		assert!(taken.iter().any(|(head, found)| head.round == 0 && *found == block));
		assert!(taken.iter().all(|(head, _)| head.round < PROPOSALS_PER_HEIGHT_MAX as u32));
	}

	#[test]
	fn bodies_for_later_heights_make_room_for_the_next() {
		let mut parking = Parking::default();
		let (large, _) = proposal_at(8, 0, BODY_BYTES_MAX - 8);
		for _ in 0..PROPOSALS_PER_HEIGHT_MAX {
			parking.park(large.clone(), Standing::Turn, 0);
		}
		let (next, _) = proposal(BODY_BYTES_MAX - 8);
		parking.park(next.clone(), Standing::Validator, 0);
		assert!(parking.take(5).is_empty(), "turns come first");
		parking.park(next, Standing::Turn, 0);
		assert!(parking.bytes <= PARKED_BYTES_MAX);
		assert_eq!(parking.take(5).len(), 1);
	}
}
