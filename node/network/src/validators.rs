//! Which peers are validators, as far as their votes tell.
//!
//! # Must not
//! Decide anything about consensus: this only keeps validators' connections from being crowded out, and strangers' votes
//! from being relayed without measure.
//!
//! # Invariants
//! - Only validators of the present set are remembered, each with one peer: as many entries as validators.
//! - Votes can be copied: the first peer that published a validator's vote keeps the place as long as it is connected.

use libp2p::PeerId;
use plexus_consensus::{AuthorityId, ValidatorSet};
use std::collections::BTreeMap;

/// The present validators and their peers.
#[derive(Debug, Default)]
pub(crate) struct Validators {
	present: Option<ValidatorSet>,
	previous: Option<ValidatorSet>,
	peers: BTreeMap<AuthorityId, PeerId>,
}

impl Validators {
	/// The set of the height that is being decided.
	pub fn set(&mut self, present: ValidatorSet) {
		if self.present.as_ref() == Some(&present) {
			return;
		}
		self.peers.retain(|id, _| present.get(id).is_some());
		self.previous = self.present.replace(present);
	}

	/// Whether a key is in no set that we know; while we know none, every key is.
	pub fn is_stranger(&self, id: &AuthorityId) -> bool {
		self.sets().all(|set| set.get(id).is_none())
	}

	/// The sets that we know, the present one first.
	pub fn sets(&self) -> impl Iterator<Item = &ValidatorSet> {
		[&self.present, &self.previous].into_iter().flatten()
	}

	/// How many validators the largest set has that we know.
	pub fn count_max(&self) -> usize {
		self.sets().map(|set| set.as_slice().len()).max().unwrap_or(0)
	}

	/// How many validators all sets have together that we know.
	pub fn count(&self) -> usize {
		self.sets().map(|set| set.as_slice().len()).sum()
	}

	/// A peer published what this validator signed. Returns whether it has now the validator's place.
	pub fn published(
		&mut self,
		id: AuthorityId,
		peer: PeerId,
		is_connected: impl Fn(&PeerId) -> bool,
	) -> bool {
		let in_office = self.present.as_ref().is_some_and(|set| set.get(&id).is_some());
		let taken = self.peers.get(&id).is_some_and(|known| *known == peer || is_connected(known));
		if in_office && !taken {
			self.peers.insert(id, peer);
		}
		in_office && !taken
	}

	/// Whether a validator votes through the peer.
	pub fn is_peer(&self, peer: &PeerId) -> bool {
		self.peers.values().any(|known| known == peer)
	}

	/// The peers, connected or not.
	pub fn peers(&self) -> impl Iterator<Item = PeerId> + '_ {
		self.peers.values().copied()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_consensus::Validator;

	fn set(ids: &[u8]) -> ValidatorSet {
		ValidatorSet::new(ids.iter().map(|id| Validator { id: AuthorityId([*id; 32]), power: 1 })).unwrap()
	}

	#[test]
	fn the_first_publisher_keeps_the_place_while_it_is_connected() {
		let (id, [first, copier]) = (AuthorityId([1; 32]), [PeerId::random(), PeerId::random()]);
		let mut validators = Validators::default();
		assert!(!validators.published(id, first, |_| true), "nobody is known to be in office");
		validators.set(set(&[1, 2]));
		assert!(validators.published(id, first, |_| true));
		assert!(!validators.published(id, copier, |_| true));
		assert!(validators.is_peer(&first) && !validators.is_peer(&copier));
		assert!(
			validators.published(id, copier, |_| false),
			"the first is gone, and may have changed its id"
		);
		assert!(!validators.published(AuthorityId([9; 32]), copier, |_| true));
	}

	#[test]
	fn who_leaves_office_loses_the_place_and_is_no_stranger_for_one_more_set() {
		let (id, peer) = (AuthorityId([1; 32]), PeerId::random());
		let mut validators = Validators::default();
		assert!(validators.is_stranger(&id), "nobody is known");
		validators.set(set(&[1, 2]));
		assert!(!validators.is_stranger(&id));
		validators.published(id, peer, |_| true);
		validators.set(set(&[2, 3]));
		assert!(!validators.is_peer(&peer) && !validators.is_stranger(&id));
		validators.set(set(&[2, 3]));
		assert!(!validators.is_stranger(&id), "the same set again");
		validators.set(set(&[3]));
		assert!(validators.is_stranger(&id));
	}
}
