//! How much each peer may send: token buckets.
//!
//! # Must not
//! Judge or disconnect: [`crate::worker`] does. It is told the time.
//!
//! # Invariants
//! - What passes in any time `t` is at most `burst + t × per_second`.
//! - A peer that reconnects finds its buckets as it left them: they are forgotten only when full.

use libp2p::PeerId;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A steady rate, and how much may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
	/// Units a second.
	pub per_second: u32,
	/// Units at once.
	pub burst: u32,
}

/// What one peer may send. Far above what an honest node needs: a peer that exceeds one of these does not relay, it
/// floods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
	/// Transactions.
	pub transactions: Rate,
	/// Bytes of transactions.
	pub transaction_bytes: Rate,
	/// Votes and proposals.
	pub consensus: Rate,
	/// Bytes of certificates.
	pub certificate_bytes: Rate,
	/// Of these, votes and proposals of keys that are in no validator set that we know. Excess is ignored and nobody's
	/// fault: to a node that syncs, today's validators may all be strangers.
	pub strangers: Rate,
	/// Bytes of proposed blocks; each part counts as [`PART_BYTES_LEAST`] at least.
	pub part_bytes: Rate,
	/// Statuses.
	pub statuses: Rate,
	/// Requests for blocks.
	pub requests: Rate,
	/// Transactions that an honest peer may have thought valid, and this node does not.
	pub suspects: Rate,
	/// Times that a peer says who it is and where it listens. Excess is not heard.
	pub identities: Rate,
	/// Requests for a state.
	pub state_requests: Rate,
}

/// What the shortest part of a proposed block counts as: it costs a signature of gossip to verify, a decoding, and a place
/// in the engine's mailbox, however short it is. A proposal has two short ones, and a third if its block is.
pub const PART_BYTES_LEAST: usize = 32 << 10;

impl Default for Rates {
	fn default() -> Self {
		Self {
			// Three times what one node validates in a second; the burst is half of its pool.
			transactions: Rate { per_second: 20_000, burst: 65_536 },
			transaction_bytes: Rate { per_second: 8 << 20, burst: 64 << 20 },
			// Two votes each of 500 validators every second, and as much sent again.
			consensus: Rate { per_second: 2_000, burst: 10_000 },
			// A certificate of a hundred validators has 13 KB. A node publishes one or two in a round and relays each kind
			// of a round once a second.
			certificate_bytes: Rate { per_second: 1 << 20, burst: 8 << 20 },
			// A new validator's votes reach some nodes before the block that elects it does.
			strangers: Rate { per_second: 20, burst: 400 },
			// Full blocks of 4.5 MiB at the shortest block time are 23 MiB a second. Half of this is relayed.
			part_bytes: Rate { per_second: 64 << 20, burst: 128 << 20 },
			// Every node's status is relayed; a node sends one every two seconds.
			statuses: Rate { per_second: 500, burst: 2_000 },
			// The engine refuses more than a hundred a second; who asks five times as often does not listen.
			requests: Rate { per_second: 500, burst: 5_000 },
			// Those signed upon a block that reached the peer first, within the milliseconds in between.
			suspects: Rate { per_second: 20, burst: 500 },
			// Whoever starts to listen tells each address as it becomes known; afterwards, once in five minutes.
			identities: Rate { per_second: 1, burst: 16 },
			// Each is about a mebibyte of trie to read: more than a line or a disk gives.
			state_requests: Rate { per_second: 64, burst: 512 },
		}
	}
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
	/// Transactions.
	Transactions,
	/// Bytes of transactions.
	TransactionBytes,
	/// Votes and proposals.
	Consensus,
	/// Bytes of certificates.
	CertificateBytes,
	/// Those of unknown keys.
	Strangers,
	/// Bytes of proposed blocks.
	PartBytes,
	/// Statuses.
	Statuses,
	/// Requests for blocks.
	Requests,
	/// Transactions that do not verify.
	Suspects,
	/// Who a peer says it is.
	Identities,
	/// Requests for a state.
	StateRequests,
}

const FLOWS: usize = 11;

impl Rates {
	fn of(&self, flow: Flow) -> Rate {
		match flow {
			Flow::Transactions => self.transactions,
			Flow::TransactionBytes => self.transaction_bytes,
			Flow::Consensus => self.consensus,
			Flow::CertificateBytes => self.certificate_bytes,
			Flow::Strangers => self.strangers,
			Flow::PartBytes => self.part_bytes,
			Flow::Statuses => self.statuses,
			Flow::Requests => self.requests,
			Flow::Suspects => self.suspects,
			Flow::Identities => self.identities,
			Flow::StateRequests => self.state_requests,
		}
	}
}

/// What was taken from a bucket and has not flowed back: zero is a full bucket.
#[derive(Clone, Copy, Debug)]
struct Bucket {
	taken: f64,
	at: Instant,
}

impl Bucket {
	fn taken(&self, rate: Rate, now: Instant) -> f64 {
		let back = now.saturating_duration_since(self.at).as_secs_f64() * f64::from(rate.per_second);
		(self.taken - back).max(0.0)
	}

	fn take(&mut self, units: usize, left: usize, rate: Rate, now: Instant) -> bool {
		let taken = self.taken(rate, now) + units as f64;
		let fits = taken + left as f64 <= f64::from(rate.burst);
		if fits {
			*self = Self { taken, at: now };
		}
		fits
	}
}

/// Peers whose buckets are remembered, connected or not.
const PEERS_MAX: usize = 4_096;

/// The buckets of all peers.
#[derive(Debug)]
pub struct Meter {
	rates: Rates,
	peers: HashMap<PeerId, [Bucket; FLOWS]>,
}

impl Meter {
	/// All buckets are full.
	pub fn new(rates: Rates) -> Self {
		Self { rates, peers: HashMap::new() }
	}

	/// Takes units from a peer's bucket; `false`, and nothing is taken, if there are not as many.
	pub fn take(&mut self, peer: &PeerId, flow: Flow, units: usize, now: Instant) -> bool {
		self.take_leaving(peer, flow, units, 0, now)
	}

	/// How much a full bucket holds.
	pub fn burst(&self, flow: Flow) -> usize {
		self.rates.of(flow).burst as usize
	}

	/// The same as [`Meter::take`], but only if as many units as `left` remain.
	pub fn take_leaving(
		&mut self,
		peer: &PeerId,
		flow: Flow,
		units: usize,
		left: usize,
		now: Instant,
	) -> bool {
		if !self.peers.contains_key(peer) && self.peers.len() >= PEERS_MAX {
			self.forget_full(now);
			if self.peers.len() >= PEERS_MAX {
				return false;
			}
		}
		let full = [Bucket { taken: 0.0, at: now }; FLOWS];
		self.peers.entry(*peer).or_insert(full)[flow as usize].take(units, left, self.rates.of(flow), now)
	}

	/// Forgets peers all of whose buckets are full.
	pub fn forget_full(&mut self, now: Instant) {
		let rates = self.rates;
		self.peers.retain(|_, buckets| {
			FLOW_LIST.iter().any(|flow| buckets[*flow as usize].taken(rates.of(*flow), now) > 0.0)
		});
	}
}

const FLOW_LIST: [Flow; FLOWS] = [
	Flow::Transactions,
	Flow::TransactionBytes,
	Flow::Consensus,
	Flow::CertificateBytes,
	Flow::Strangers,
	Flow::PartBytes,
	Flow::Statuses,
	Flow::Requests,
	Flow::Suspects,
	Flow::Identities,
	Flow::StateRequests,
];

/// How often full buckets are forgotten.
pub(crate) const FORGET_INTERVAL: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_consensus::parts::{CHUNKS_MAX, CHUNK_BYTES};

	fn meter() -> Meter {
		Meter::new(Rates { consensus: Rate { per_second: 10, burst: 20 }, ..Rates::default() })
	}

	#[test]
	fn a_burst_passes_and_then_the_rate() {
		let (mut meter, peer, start) = (meter(), PeerId::random(), Instant::now());
		assert!((0..20).all(|_| meter.take(&peer, Flow::Consensus, 1, start)));
		assert!(!meter.take(&peer, Flow::Consensus, 1, start));
		assert!(meter.take(&peer, Flow::Statuses, 1, start), "another bucket");
		assert!(meter.take(&PeerId::random(), Flow::Consensus, 20, start), "another peer");
		let later = start + Duration::from_secs(1);
		assert!(meter.take(&peer, Flow::Consensus, 10, later));
		assert!(!meter.take(&peer, Flow::Consensus, 1, later));
		assert!(
			meter.take(&peer, Flow::Consensus, 20, later + Duration::from_secs(60)),
			"never above the burst"
		);
	}

	#[test]
	fn what_is_left_for_others_stays() {
		let (mut meter, peer, start) = (meter(), PeerId::random(), Instant::now());
		assert!((0..10).all(|_| meter.take_leaving(&peer, Flow::Consensus, 1, 10, start)));
		assert!(!meter.take_leaving(&peer, Flow::Consensus, 1, 10, start));
		assert!(meter.take(&peer, Flow::Consensus, 10, start));
	}

	#[test]
	fn the_longest_blocks_at_more_than_the_shortest_block_time_pass_and_are_relayed() {
		let chunks = (0..CHUNKS_MAX).map(|_| CHUNK_BYTES + 100);
		let units: usize = chunks.chain([2_000, 100]).map(|length| length.max(PART_BYTES_LEAST)).sum();
		let (mut meter, start) = (Meter::new(Rates::default()), Instant::now());
		let [sender, me] = [PeerId::random(), PeerId::random()];
		for block in 0..1_000 {
			// A fifth less than the 200 ms that a chain has at least.
			let now = start + Duration::from_millis(160) * block;
			assert!(meter.take(&sender, Flow::PartBytes, units, now), "{block}");
			assert!(meter.take(&me, Flow::PartBytes, 2 * units, now), "relayed: {block}");
		}
	}

	#[test]
	fn only_full_buckets_are_forgotten() {
		let (mut meter, peer, start) = (meter(), PeerId::random(), Instant::now());
		meter.take(&peer, Flow::Consensus, 20, start);
		meter.forget_full(start + Duration::from_secs(1));
		assert!(!meter.take(&peer, Flow::Consensus, 20, start + Duration::from_secs(1)), "remembered");
		meter.forget_full(start + Duration::from_secs(2));
		assert!(meter.peers.is_empty());
	}

	#[test]
	fn the_number_of_peers_is_bounded() {
		let (mut meter, start) = (meter(), Instant::now());
		for _ in 0..PEERS_MAX {
			assert!(meter.take(&PeerId::random(), Flow::Consensus, 1, start));
		}
		assert!(!meter.take(&PeerId::random(), Flow::Consensus, 1, start));
		assert!(meter.take(&PeerId::random(), Flow::Consensus, 1, start + Duration::from_secs(1)));
	}
}
