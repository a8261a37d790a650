//! The table of connected peers.
//!
//! # Must not
//! Touch the swarm.
//!
//! # Invariants
//! A peer counts only after it has identified itself as one of this chain. A peer leaves when its last connection does.

use libp2p::{Multiaddr, PeerId};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Addresses remembered of one peer.
pub const ADDRESSES_PER_PEER_MAX: usize = 8;

/// A connected peer of this chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerInfo {
	/// Its id.
	pub id: PeerId,
	/// Where it says it listens.
	pub addresses: Vec<Multiaddr>,
	/// Its tip as it told, once it did. Nothing proves it: see [`supported_height`].
	pub best_number: Option<u64>,
	/// Name and version that it gave.
	pub agent: String,
	/// Whether it opened the first connection.
	pub inbound: bool,
	/// Whether it publishes the votes of a present validator.
	pub is_validator: bool,
	/// Whether it listens to consensus.
	pub follows_consensus: bool,
	/// Whether it listens to transactions. What is published before is not told to it.
	pub takes_transactions: bool,
}

/// How long a peer may be connected without saying who it is.
pub const SILENCE_MAX: Duration = Duration::from_secs(20);

/// Two nodes that dial each other make their connections within this time. A connection that a peer makes later, while
/// another one stands here, says that the other one is lost there.
pub const MUTUAL_DIAL_MAX: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Peer {
	since: Instant,
	inbound: bool,
	identified: Option<(String, Vec<Multiaddr>)>,
	best_number: Option<u64>,
	follows_consensus: bool,
	follows_status: bool,
	takes_transactions: bool,
}

/// The table.
#[derive(Debug, Default)]
pub struct PeerTable {
	peers: BTreeMap<PeerId, Peer>,
}

impl PeerTable {
	/// A connection was made. Returns whether the peer must have lost those that stood.
	pub fn connected(&mut self, id: PeerId, inbound: bool, now: Instant) -> bool {
		let peer = self.peers.entry(id).or_insert(Peer {
			since: now,
			inbound,
			identified: None,
			best_number: None,
			follows_consensus: false,
			follows_status: false,
			takes_transactions: false,
		});
		inbound && now.saturating_duration_since(peer.since) >= MUTUAL_DIAL_MAX
	}

	/// Peers that have been silent for too long about who they are.
	pub fn silent(&self, now: Instant) -> Vec<PeerId> {
		let is_silent = |peer: &Peer| {
			peer.identified.is_none() && now.saturating_duration_since(peer.since) >= SILENCE_MAX
		};
		self.peers.iter().filter(|(_, peer)| is_silent(peer)).map(|(id, _)| *id).collect()
	}

	/// The peer said who it is. Returns whether this is news.
	pub fn identified(&mut self, id: PeerId, agent: String, mut addresses: Vec<Multiaddr>) -> bool {
		addresses.truncate(ADDRESSES_PER_PEER_MAX);
		let Some(peer) = self.peers.get_mut(&id) else { return false };
		peer.identified.replace((agent, addresses)).is_none()
	}

	/// The last connection is gone. Returns whether the peer had counted.
	pub fn disconnected(&mut self, id: &PeerId) -> bool {
		self.peers.remove(id).is_some_and(|peer| peer.identified.is_some())
	}

	/// The peer listens, or no longer listens, to consensus.
	pub fn follows_consensus(&mut self, id: &PeerId, follows: bool) {
		if let Some(peer) = self.peers.get_mut(id) {
			peer.follows_consensus = follows;
		}
	}

	/// The peer listens, or no longer listens, to transactions.
	pub fn takes_transactions(&mut self, id: &PeerId, takes: bool) {
		if let Some(peer) = self.peers.get_mut(id) {
			peer.takes_transactions = takes;
		}
	}

	/// Whether the peer counts and listens to transactions.
	pub fn hears_transactions(&self, id: &PeerId) -> bool {
		self.peers.get(id).is_some_and(|peer| peer.identified.is_some() && peer.takes_transactions)
	}

	/// The peer listens to how far others are.
	pub fn follows_status(&mut self, id: &PeerId, follows: bool) {
		if let Some(peer) = self.peers.get_mut(id) {
			peer.follows_status = follows;
		}
	}

	/// The peer told its tip. Returns whether it counts.
	pub fn told_tip(&mut self, id: &PeerId, number: u64) -> bool {
		match self.peers.get_mut(id).filter(|peer| peer.identified.is_some()) {
			Some(peer) => {
				peer.best_number = Some(number);
				true
			}
			None => false,
		}
	}

	/// Whether the peer counts.
	pub fn counts(&self, id: &PeerId) -> bool {
		self.peers.get(id).is_some_and(|peer| peer.identified.is_some())
	}

	/// Whether the peer counts and listens to how far others are.
	pub fn hears_status(&self, id: &PeerId) -> bool {
		self.peers.get(id).is_some_and(|peer| peer.identified.is_some() && peer.follows_status)
	}

	/// Peers that count.
	pub fn ids(&self) -> impl Iterator<Item = &PeerId> {
		self.peers.iter().filter(|(_, peer)| peer.identified.is_some()).map(|(id, _)| id)
	}

	/// How many peers hear us on consensus.
	pub fn consensus_count(&self) -> usize {
		self.peers.values().filter(|peer| peer.identified.is_some() && peer.follows_consensus).count()
	}

	/// The peers that count, for others to read.
	pub fn snapshot(&self, is_validator: impl Fn(&PeerId) -> bool) -> Vec<PeerInfo> {
		self.peers
			.iter()
			.filter_map(|(id, peer)| {
				let (agent, addresses) = peer.identified.clone()?;
				Some(PeerInfo {
					id: *id,
					addresses,
					best_number: peer.best_number,
					agent,
					inbound: peer.inbound,
					is_validator: is_validator(id),
					follows_consensus: peer.follows_consensus,
					takes_transactions: peer.takes_transactions,
				})
			})
			.collect()
	}
}

/// The height that more than one peer's word speaks for: what two peers or more say they have reached, or one that
/// publishes a validator's votes. Where a single peer has told its tip, there is nobody to compare it with, and its word
/// counts. What peers say is proved only by their blocks: this is for people to read, never for consensus.
pub fn supported_height(peers: &[PeerInfo]) -> Option<u64> {
	let mut told: Vec<u64> = peers.iter().filter_map(|peer| peer.best_number).collect();
	told.sort_unstable_by_key(|tip| Reverse(*tip));
	let of_two = told.get(1).or(told.first()).copied();
	let validators = peers.iter().filter(|peer| peer.is_validator);
	of_two.max(validators.filter_map(|peer| peer.best_number).max())
}

#[cfg(test)]
mod tests {
	use super::*;

	/// A peer for each of these tips. The first is a validator's if it should be.
	fn peers(tips: &[Option<u64>], first_is_validator: bool) -> Vec<PeerInfo> {
		let mut table = PeerTable::default();
		let ids: Vec<PeerId> = tips.iter().map(|_| PeerId::random()).collect();
		for (id, tip) in ids.iter().zip(tips) {
			table.connected(*id, true, Instant::now());
			table.identified(*id, String::new(), vec![]);
			if let Some(tip) = tip {
				assert!(table.told_tip(id, *tip));
			}
		}
		table.snapshot(|id| first_is_validator && ids.first() == Some(id))
	}

	#[test]
	fn a_boaster_alone_does_not_move_the_height_that_peers_support() {
		let height = |tips: &[u64]| {
			let tips: Vec<_> = tips.iter().copied().map(Some).collect();
			supported_height(&peers(&tips, false))
		};
		assert_eq!(height(&[10, 9]), Some(9));
		assert_eq!(height(&[10, 9, 8]), Some(9));
		assert_eq!(height(&[u64::MAX, 10, 9, 8]), Some(10), "two or more have reached 10");
		assert_eq!(height(&[9, u64::MAX]), Some(9));
		assert_eq!(height(&[12, 12, 3]), Some(12), "the second supports the first");
	}

	#[test]
	fn a_validators_word_counts_and_so_does_the_only_one() {
		assert_eq!(supported_height(&[]), None);
		assert_eq!(supported_height(&peers(&[None, None], true)), None);
		assert_eq!(supported_height(&peers(&[Some(7)], false)), Some(7));
		assert_eq!(supported_height(&peers(&[None, Some(7)], true)), Some(7), "the validator told nothing");
		assert_eq!(supported_height(&peers(&[Some(12), Some(7), Some(6)], true)), Some(12));
		assert_eq!(supported_height(&peers(&[Some(6), Some(1_000), Some(7)], true)), Some(7));
	}

	#[test]
	fn a_peer_counts_from_its_identification_to_its_last_connection() {
		let mut table = PeerTable::default();
		let id = PeerId::random();
		assert!(!table.identified(id, "a".into(), vec![]), "not connected");
		table.connected(id, true, Instant::now());
		table.follows_consensus(&id, true);
		assert!(!table.told_tip(&id, 7));
		assert_eq!((table.consensus_count(), table.snapshot(|_| false).len()), (0, 0));
		assert!(table.identified(id, "a".into(), vec![Multiaddr::empty(); 20]));
		assert!(!table.identified(id, "a".into(), vec![]), "said it before");
		assert!(table.told_tip(&id, 7));
		assert_eq!(table.consensus_count(), 1);
		assert_eq!(table.snapshot(|_| false)[0].best_number, Some(7));
		assert!(table.disconnected(&id));
		assert!(!table.disconnected(&id));
		assert!(table.snapshot(|_| false).is_empty());
	}

	#[test]
	fn who_connects_again_after_a_while_has_lost_its_connection() {
		let (mut table, start, id) = (PeerTable::default(), Instant::now(), PeerId::random());
		assert!(!table.connected(id, true, start));
		assert!(!table.connected(id, true, start + MUTUAL_DIAL_MAX / 2), "both dialled at once");
		assert!(
			!table.connected(id, false, start + MUTUAL_DIAL_MAX),
			"dialled by this node, which knows its own"
		);
		assert!(table.connected(id, true, start + MUTUAL_DIAL_MAX));
		table.disconnected(&id);
		assert!(!table.connected(id, true, start + 2 * MUTUAL_DIAL_MAX));
	}

	#[test]
	fn addresses_are_bounded() {
		let mut table = PeerTable::default();
		let id = PeerId::random();
		table.connected(id, true, Instant::now());
		table.identified(id, String::new(), vec![Multiaddr::empty(); 1_000]);
		assert_eq!(table.snapshot(|_| false)[0].addresses.len(), ADDRESSES_PER_PEER_MAX);
	}

	#[test]
	fn whoever_does_not_say_who_it_is_is_noticed() {
		let (mut table, start) = (PeerTable::default(), Instant::now());
		let [silent, known] = [PeerId::random(), PeerId::random()];
		table.connected(silent, true, start);
		table.connected(known, true, start);
		table.identified(known, String::new(), vec![]);
		assert!(table.silent(start).is_empty());
		assert_eq!(table.silent(start + SILENCE_MAX), [silent]);
	}
}
