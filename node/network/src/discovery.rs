//! Peers heard of through Kademlia: when to ask, whom to dial.
//!
//! Kademlia serves only to learn addresses: no records are kept. A question asks for the peers nearest to a random id, so
//! that answers come from all over the network; libp2p dials those it asks, and what they name is dialled here.
//!
//! # Must not
//! Dial, ask or read a clock: it is told the time and says what is due.
//!
//! # Invariants
//! - At most [`CANDIDATES_MAX`] peers, and of each [`ADDRESSES_PER_PEER_MAX`] addresses, are remembered.
//! - Addresses are hearsay: whoever names a victim's gets it dialled [`ATTEMPTS_MAX`] times at most by each node, with
//!   growing waits.
//! - An address of this machine is believed of peers that are on this machine; as hearsay, only while there are any.

use crate::peers::ADDRESSES_PER_PEER_MAX;
use libp2p::kad::{self, store::MemoryStore};
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Peers remembered that are not connected.
const CANDIDATES_MAX: usize = 256;

/// Failures after which a peer is forgotten.
const ATTEMPTS_MAX: u32 = 4;

/// Wait after the first failure; doubles.
const RETRY: Duration = Duration::from_secs(20);

/// Time between questions while more peers are wanted.
const ASK_INTERVAL: Duration = Duration::from_secs(5);

/// Time between questions otherwise: enough to notice who joined.
const ASK_INTERVAL_CONTENT: Duration = Duration::from_secs(60);

/// Makes these all the addresses that Kademlia knows of a peer. It only ever adds, without a bound: what the peer said
/// before has to go first.
pub(crate) fn replace_addresses(
	kademlia: &mut kad::Behaviour<MemoryStore>,
	peer: &PeerId,
	addresses: impl IntoIterator<Item = Multiaddr>,
) {
	kademlia.remove_peer(peer);
	for address in addresses.into_iter().take(ADDRESSES_PER_PEER_MAX) {
		kademlia.add_address(peer, address);
	}
}

#[derive(Debug)]
struct Candidate {
	addresses: Vec<Multiaddr>,
	attempts: u32,
	due: Instant,
}

/// What is known of peers that are not connected.
#[derive(Debug)]
pub(crate) struct Discovery {
	candidates: BTreeMap<PeerId, Candidate>,
	asked: Option<Instant>,
}

/// Whether an address is worth remembering; `near`: whether it may be one of this machine.
pub(crate) fn is_credible(address: &Multiaddr, near: bool) -> bool {
	let mut parts = address.iter();
	let reachable = match parts.next() {
		Some(Protocol::Ip4(ip)) => {
			!ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast() && (near || !ip.is_loopback())
		}
		Some(Protocol::Ip6(ip)) => !ip.is_unspecified() && !ip.is_multicast() && (near || !ip.is_loopback()),
		Some(Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_)) => true,
		_ => false,
	};
	reachable && matches!(parts.next(), Some(Protocol::Tcp(port) | Protocol::Udp(port)) if port != 0)
}

/// Whether an address is of this machine.
pub(crate) fn is_near(address: &Multiaddr) -> bool {
	match address.iter().next() {
		Some(Protocol::Ip4(ip)) => ip.is_loopback(),
		Some(Protocol::Ip6(ip)) => ip.is_loopback(),
		_ => false,
	}
}

impl Discovery {
	pub fn new() -> Self {
		Self { candidates: BTreeMap::new(), asked: None }
	}

	/// Whether it is time to ask; if so, it is written down as asked.
	pub fn asks(&mut self, wants_more: bool, now: Instant) -> bool {
		let interval = if wants_more { ASK_INTERVAL } else { ASK_INTERVAL_CONTENT };
		let due = self.asked.is_none_or(|asked| now.saturating_duration_since(asked) >= interval);
		if due {
			self.asked = Some(now);
		}
		due
	}

	/// A new peer is connected, who may know others: ask as soon as possible.
	pub fn hurry(&mut self) {
		self.asked = None;
	}

	/// Somebody told of a peer.
	pub fn heard_of(&mut self, peer: PeerId, addresses: impl IntoIterator<Item = Multiaddr>, now: Instant) {
		if self.candidates.len() >= CANDIDATES_MAX && !self.candidates.contains_key(&peer) {
			return;
		}
		let addresses: Vec<_> = addresses.into_iter().take(ADDRESSES_PER_PEER_MAX).collect();
		if !addresses.is_empty() {
			self.candidates.entry(peer).or_insert(Candidate { addresses, attempts: 0, due: now });
		}
	}

	/// The peer is connected, banned or ourselves.
	pub fn forget(&mut self, peer: &PeerId) {
		self.candidates.remove(peer);
	}

	/// At most `wanted` peers to dial now. Those that fail too often are forgotten.
	pub fn due(&mut self, wanted: usize, now: Instant) -> Vec<(PeerId, Vec<Multiaddr>)> {
		let mut due = Vec::new();
		self.candidates.retain(|_, candidate| candidate.attempts < ATTEMPTS_MAX || candidate.due > now);
		for (peer, candidate) in &mut self.candidates {
			if due.len() >= wanted {
				break;
			}
			if candidate.due <= now {
				candidate.due = now + RETRY * 2u32.pow(candidate.attempts);
				candidate.attempts += 1;
				due.push((*peer, candidate.addresses.clone()));
			}
		}
		due
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_peer_that_tells_ever_new_addresses_does_not_fill_the_memory() {
		let (me, peer) = (PeerId::random(), PeerId::random());
		let mut kademlia = kad::Behaviour::new(me, MemoryStore::new(me));
		for told in 0..100u16 {
			let address = |i| format!("/ip4/192.0.2.1/tcp/{}", 1_000 + 20 * told + i).parse().unwrap();
			replace_addresses(&mut kademlia, &peer, (0..20).map(address));
		}
		let known = |kademlia: &mut kad::Behaviour<MemoryStore>| {
			let bucket = kademlia.kbucket(peer)?;
			let addresses = bucket.iter().next().map(|entry| entry.node.value.clone().into_vec())?;
			Some(addresses)
		};
		let addresses = known(&mut kademlia).expect("the bucket of a peer that is not this one");
		assert_eq!(addresses.len(), ADDRESSES_PER_PEER_MAX);
		assert!(addresses[0].to_string().contains("/tcp/2980"), "the latest: {addresses:?}");
		replace_addresses(&mut kademlia, &peer, []);
		assert_eq!(known(&mut kademlia), None, "it no longer answers questions");
	}

	fn address(text: &str) -> Multiaddr {
		text.parse().unwrap()
	}

	#[test]
	fn only_addresses_that_can_be_dialled_are_believed() {
		for good in ["/ip4/10.0.0.1/tcp/1", "/ip6/2001:db8::1/udp/1/quic-v1", "/dns4/example.org/tcp/30333"] {
			assert!(is_credible(&address(good), false), "{good}");
		}
		for bad in
			["/ip4/0.0.0.0/tcp/1", "/ip4/1.2.3.4/tcp/0", "/ip4/1.2.3.4", "/ip4/224.0.0.1/tcp/1", "/memory/7"]
		{
			assert!(!is_credible(&address(bad), true), "{bad}");
		}
		assert!(is_credible(&address("/ip4/127.0.0.1/tcp/1"), true));
		assert!(!is_credible(&address("/ip4/127.0.0.1/tcp/1"), false));
	}

	#[test]
	fn a_peer_that_never_answers_is_tried_a_few_times_and_forgotten() {
		let (mut discovery, peer, start) = (Discovery::new(), PeerId::random(), Instant::now());
		discovery.heard_of(peer, [address("/ip4/192.0.2.1/tcp/1")], start);
		let hour = (0..3_600).map(|s| discovery.due(8, start + Duration::from_secs(s)).len()).sum::<usize>();
		assert_eq!(hour, ATTEMPTS_MAX as usize);
		assert!(discovery.candidates.is_empty());
	}

	#[test]
	fn no_more_are_dialled_than_wanted_and_no_more_remembered_than_fit() {
		let (mut discovery, now) = (Discovery::new(), Instant::now());
		for _ in 0..2 * CANDIDATES_MAX {
			discovery.heard_of(PeerId::random(), vec![address("/ip4/192.0.2.1/tcp/1"); 100], now);
		}
		assert_eq!(discovery.candidates.len(), CANDIDATES_MAX);
		let due = discovery.due(3, now);
		assert_eq!(due.len(), 3);
		assert!(due.iter().all(|(_, addresses)| addresses.len() == ADDRESSES_PER_PEER_MAX));
	}

	#[test]
	fn questions_are_asked_often_only_while_peers_are_wanted_or_a_new_one_came() {
		let (mut discovery, start) = (Discovery::new(), Instant::now());
		assert!(discovery.asks(true, start));
		assert!(!discovery.asks(true, start));
		assert!(discovery.asks(true, start + ASK_INTERVAL));
		assert!(!discovery.asks(false, start + ASK_INTERVAL * 2));
		discovery.hurry();
		assert!(discovery.asks(false, start + ASK_INTERVAL * 2));
	}
}
