//! What the network counts, for metrics.
//!
//! # Must not
//! Name metrics or know their library: the node does.
//!
//! # Invariants
//! Labels come from fixed lists, so that no peer can make the set of series grow.

use crate::conduct::{BanReason, Misbehaviour};
use crate::gate::Refusal;
use crate::topics::Topic;
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of a gossip message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
	/// Forwarded.
	Accepted,
	/// Dropped, nobody's fault.
	Ignored,
	/// Dropped, its sender's fault.
	Rejected,
}

impl Outcome {
	const ALL: [(Self, &'static str); 3] =
		[(Self::Accepted, "accepted"), (Self::Ignored, "ignored"), (Self::Rejected, "rejected")];
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
	/// From peers.
	In,
	/// To peers.
	Out,
}

impl Direction {
	const ALL: [(Self, &'static str); 2] = [(Self::In, "in"), (Self::Out, "out")];
}

/// What bytes belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
	/// A gossip topic.
	Gossip(Topic),
	/// Block sync.
	Sync,
	/// Waiting transactions told to new peers.
	Announce,
	/// State, piece by piece.
	State,
}

impl Protocol {
	const COUNT: usize = Topic::ALL.len() + 3;

	fn all() -> [Self; Self::COUNT] {
		let mut all = [Self::Sync; Self::COUNT];
		for (slot, topic) in all.iter_mut().zip(Topic::ALL) {
			*slot = Self::Gossip(topic);
		}
		all[Self::COUNT - 2] = Self::Announce;
		all[Self::COUNT - 1] = Self::State;
		all
	}

	fn index(self) -> usize {
		match self {
			Self::Gossip(topic) => topic as usize,
			Self::Sync => Topic::ALL.len(),
			Self::Announce => Topic::ALL.len() + 1,
			Self::State => Topic::ALL.len() + 2,
		}
	}

	fn name(self) -> &'static str {
		match self {
			Self::Gossip(topic) => topic.name(),
			Self::Sync => "sync",
			Self::Announce => "announce",
			Self::State => "state",
		}
	}
}

/// A queue that drops what does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropping {
	/// Gossiped transactions that wait for the node.
	IncomingTransactions,
	/// This node's own transactions that wait to be gossiped.
	OutgoingTransactions,
	/// Peers that wait to be told the waiting transactions.
	Newcomers,
	/// Requests for blocks that wait for the engine.
	BlockRequests,
	/// Requests for a state that wait for the node.
	StateRequests,
	/// Messages that wait for a slow peer, inside gossip.
	SlowPeers,
	/// Parts of proposals that wait for the application, inside the engine.
	Parts,
	/// Votes and proposals that wait for their height, inside the engine.
	Early,
}

impl Dropping {
	const ALL: [(Self, &'static str); 8] = [
		(Self::IncomingTransactions, "incoming_transactions"),
		(Self::OutgoingTransactions, "outgoing_transactions"),
		(Self::Newcomers, "newcomers"),
		(Self::BlockRequests, "block_requests"),
		(Self::StateRequests, "state_requests"),
		(Self::SlowPeers, "slow_peers"),
		(Self::Parts, "parts"),
		(Self::Early, "early"),
	];
}

/// How full a queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueFill {
	/// Its name.
	pub name: &'static str,
	/// What waits.
	pub waiting: u64,
	/// What may wait.
	pub capacity: u64,
}

/// A reading of everything. Labels are fixed; counts start at zero with the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkStats {
	/// Peers of this chain that connected to us.
	pub peers_inbound: u64,
	/// Peers of this chain that we connected to.
	pub peers_outbound: u64,
	/// Peers that are banned now.
	pub banned: u64,
	/// Payload bytes by protocol and direction. Of gossip: each different message that came in, and each that this node
	/// published, once, without what it forwarded.
	pub bytes: Vec<(&'static str, &'static str, u64)>,
	/// Gossip messages by topic and verdict.
	pub gossip: Vec<(&'static str, &'static str, u64)>,
	/// Misbehaviours by kind.
	pub misbehaviours: Vec<(&'static str, u64)>,
	/// Bans by reason.
	pub bans: Vec<(&'static str, u64)>,
	/// Refused connections by reason.
	pub refused: Vec<(&'static str, u64)>,
	/// Messages dropped by full queues.
	pub dropped: Vec<(&'static str, u64)>,
	/// How full queues are.
	pub queues: Vec<QueueFill>,
}

type Count = AtomicU64;

const BAN_REASONS: usize = Misbehaviour::ALL.len() + 2;

fn ban_reasons() -> [BanReason; BAN_REASONS] {
	let mut all = [BanReason::OtherChain; BAN_REASONS];
	all[1] = BanReason::OtherVersion;
	for (slot, what) in all[2..].iter_mut().zip(Misbehaviour::ALL) {
		*slot = BanReason::Misbehaviour(what);
	}
	all
}

fn ban_index(reason: BanReason) -> usize {
	match reason {
		BanReason::OtherChain => 0,
		BanReason::OtherVersion => 1,
		BanReason::Misbehaviour(what) => 2 + what as usize,
	}
}

/// The counters. Counting never waits.
#[derive(Debug, Default)]
pub struct Counters {
	gossip: [[Count; 3]; Topic::ALL.len()],
	bytes: [[Count; 2]; Protocol::COUNT],
	misbehaviours: [Count; Misbehaviour::ALL.len()],
	bans: [Count; BAN_REASONS],
	refused: [Count; Refusal::COUNT],
	dropped: [Count; Dropping::ALL.len()],
}

fn add(count: &Count, by: usize) {
	count.fetch_add(by as u64, Ordering::Relaxed);
}

fn read(count: &Count) -> u64 {
	count.load(Ordering::Relaxed)
}

impl Counters {
	pub(crate) fn judged(&self, topic: Topic, outcome: Outcome) {
		add(&self.gossip[topic as usize][outcome as usize], 1);
	}

	pub(crate) fn bytes(&self, protocol: Protocol, direction: Direction, bytes: usize) {
		add(&self.bytes[protocol.index()][direction as usize], bytes);
	}

	pub(crate) fn misbehaved(&self, what: Misbehaviour) {
		add(&self.misbehaviours[what as usize], 1);
	}

	pub(crate) fn banned(&self, reason: BanReason) {
		add(&self.bans[ban_index(reason)], 1);
	}

	pub(crate) fn refused(&self, refusal: Refusal) {
		add(&self.refused[refusal.index()], 1);
	}

	pub(crate) fn dropped(&self, queue: Dropping) {
		add(&self.dropped[queue as usize], 1);
	}

	/// The counts; what is no count is left at zero.
	pub(crate) fn read(&self) -> NetworkStats {
		let gossip = Topic::ALL.into_iter().flat_map(|topic| {
			let counts = &self.gossip[topic as usize];
			Outcome::ALL.map(|(outcome, name)| (topic.name(), name, read(&counts[outcome as usize])))
		});
		let bytes = Protocol::all().into_iter().flat_map(|protocol| {
			let counts = &self.bytes[protocol.index()];
			Direction::ALL.map(|(direction, name)| (protocol.name(), name, read(&counts[direction as usize])))
		});
		NetworkStats {
			gossip: gossip.collect(),
			bytes: bytes.collect(),
			misbehaviours: Misbehaviour::ALL
				.map(|what| (what.name(), read(&self.misbehaviours[what as usize])))
				.to_vec(),
			bans: ban_reasons().map(|reason| (reason.name(), read(&self.bans[ban_index(reason)]))).to_vec(),
			refused: Refusal::NAMES
				.iter()
				.zip(&self.refused)
				.map(|(name, count)| (*name, read(count)))
				.collect(),
			dropped: Dropping::ALL.map(|(queue, name)| (name, read(&self.dropped[queue as usize]))).to_vec(),
			..NetworkStats::default()
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	#[test]
	fn each_event_counts_once_under_its_own_labels() {
		let counters = Counters::default();
		counters.judged(Topic::Parts, Outcome::Ignored);
		counters.bytes(Protocol::Announce, Direction::Out, 7);
		counters.misbehaved(Misbehaviour::Flood);
		counters.banned(BanReason::OtherVersion);
		counters.refused(Refusal::PerIp(3));
		counters.dropped(Dropping::SlowPeers);
		let stats = counters.read();
		let only = |all: &[(&'static str, u64)]| {
			all.iter().filter(|(_, count)| *count > 0).copied().collect::<Vec<_>>()
		};
		assert!(stats.gossip.contains(&("parts", "ignored", 1)));
		assert!(stats.bytes.contains(&("announce", "out", 7)));
		assert_eq!(stats.gossip.iter().map(|(_, _, count)| count).sum::<u64>(), 1);
		assert_eq!(stats.bytes.iter().map(|(_, _, count)| count).sum::<u64>(), 7);
		assert_eq!(only(&stats.misbehaviours), [("flood", 1)]);
		assert_eq!(only(&stats.bans), [("other_version", 1)]);
		assert_eq!(only(&stats.refused), [("per_ip", 1)]);
		assert_eq!(only(&stats.dropped), [("slow_peers", 1)]);
	}

	#[test]
	fn no_two_series_have_the_same_labels() {
		let stats = Counters::default().read();
		let gossip: BTreeSet<_> = stats.gossip.iter().map(|(topic, verdict, _)| (topic, verdict)).collect();
		let bytes: BTreeSet<_> = stats.bytes.iter().map(|(protocol, way, _)| (protocol, way)).collect();
		let bans: BTreeSet<_> = stats.bans.iter().map(|(reason, _)| reason).collect();
		assert_eq!(
			(gossip.len(), bytes.len(), bans.len()),
			(stats.gossip.len(), stats.bytes.len(), stats.bans.len())
		);
	}
}
