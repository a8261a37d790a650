//! When to dial which of the configured nodes.
//!
//! # Must not
//! Dial, or read a clock: it is told the time and says what is due.
//!
//! # Invariants
//! - After every failure the wait doubles up to a maximum, which is short for reserved nodes; a peer that says it is ours
//!   resets it.
//! - At most [`RESERVED_MAX`] nodes are reserved.

use crate::config::RESERVED_MAX;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use std::time::{Duration, Instant};

/// Wait after the first failure.
const BACKOFF_MIN: Duration = Duration::from_secs(1);

/// Longest wait for a bootnode.
const BOOTNODE_BACKOFF_MAX: Duration = Duration::from_secs(60);

/// Longest wait for a reserved node: with what consensus takes to get going, a network that was cut apart has its first block
/// within ten seconds of healing.
const RESERVED_BACKOFF_MAX: Duration = Duration::from_secs(4);

/// How long a node of another chain or version is left alone.
const FOREIGN_BACKOFF: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
struct Target {
	address: Multiaddr,
	/// From the address, or learned from a connection that we dialled.
	peer: Option<PeerId>,
	reserved: bool,
	connected: bool,
	backoff: Duration,
	due: Instant,
}

impl Target {
	fn backoff_max(&self) -> Duration {
		if self.reserved {
			RESERVED_BACKOFF_MAX
		} else {
			BOOTNODE_BACKOFF_MAX
		}
	}
}

/// The configured nodes.
#[derive(Debug)]
pub struct Dialer {
	me: PeerId,
	targets: Vec<Target>,
}

/// The id at the end of an address, if it has one.
pub fn peer_of(address: &Multiaddr) -> Option<PeerId> {
	match address.iter().last() {
		Some(Protocol::P2p(peer)) => Some(peer),
		_ => None,
	}
}

fn without_peer(address: &Multiaddr) -> Multiaddr {
	address.iter().filter(|part| !matches!(part, Protocol::P2p(_))).collect()
}

impl Dialer {
	/// All are due at once; `me` is never dialled.
	pub fn new(bootnodes: &[Multiaddr], reserved: &[Multiaddr], me: PeerId, now: Instant) -> Self {
		let mut dialer = Self { me, targets: Vec::new() };
		for address in reserved.iter().take(RESERVED_MAX) {
			dialer.add(address.clone(), true, now);
		}
		for address in bootnodes {
			dialer.add(address.clone(), false, now);
		}
		dialer
	}

	fn add(&mut self, address: Multiaddr, reserved: bool, now: Instant) {
		let peer = peer_of(&address);
		if peer == Some(self.me) || self.targets.iter().any(|target| target.address == address) {
			return;
		}
		// A node is known by its id: another address of a connected one need not be dialled.
		let connected = peer.is_some() && self.targets.iter().any(|t| t.peer == peer && t.connected);
		self.targets.push(Target { address, peer, reserved, connected, backoff: BACKOFF_MIN, due: now });
	}

	/// Keeps up a connection with one more node from now on. Returns `false` if there are too many, or it is us.
	pub fn reserve(&mut self, peer: PeerId, address: Multiaddr, is_connected: bool, now: Instant) -> bool {
		if peer == self.me || self.reserved().count() >= RESERVED_MAX {
			return false;
		}
		self.targets.retain(|target| target.reserved || target.address != address);
		self.add(address, true, now);
		for target in self.targets.iter_mut().filter(|target| target.peer == Some(peer)) {
			target.connected = is_connected;
		}
		true
	}

	/// No longer keeps up the connection with a node. Returns whether it was reserved.
	pub fn unreserve(&mut self, peer: &PeerId) -> bool {
		let before = self.targets.len();
		self.targets.retain(|target| !target.reserved || target.peer != Some(*peer));
		self.targets.len() != before
	}

	/// The addresses of the nodes to stay connected with.
	pub fn reserved(&self) -> impl Iterator<Item = &Multiaddr> {
		self.targets.iter().filter(|target| target.reserved).map(|target| &target.address)
	}

	/// The addresses to dial now; each is due again later unless it connects.
	pub fn due(&mut self, now: Instant) -> Vec<Multiaddr> {
		let mut due = Vec::new();
		for target in self.targets.iter_mut().filter(|target| !target.connected && target.due <= now) {
			due.push(target.address.clone());
			target.due = now + target.backoff;
			target.backoff = (target.backoff * 2).min(target.backoff_max());
		}
		due
	}

	/// A peer is connected; `dialled` is the address, if we dialled it.
	pub fn connected(&mut self, peer: PeerId, dialled: Option<&Multiaddr>) {
		let dialled = dialled.map(without_peer);
		for target in &mut self.targets {
			let by_address =
				dialled.as_ref().is_some_and(|dialled| without_peer(&target.address) == *dialled);
			if target.peer == Some(peer) || (target.peer.is_none() && by_address) {
				target.peer = Some(peer);
				target.connected = true;
			}
		}
	}

	/// A connected peer has said that it is one of ours. Not before: whoever refuses us closes a connection that stood.
	pub fn identified(&mut self, peer: &PeerId) {
		for target in self.targets.iter_mut().filter(|target| target.peer == Some(*peer)) {
			target.backoff = BACKOFF_MIN;
		}
	}

	/// A peer's last connection is gone.
	pub fn disconnected(&mut self, peer: &PeerId, now: Instant) {
		for target in self.targets.iter_mut().filter(|target| target.peer == Some(*peer)) {
			target.connected = false;
			target.due = target.due.max(now + target.backoff);
			if peer_of(&target.address).is_none() {
				// Somebody else may answer at the address next time.
				target.peer = None;
			}
		}
	}

	/// A peer turned out to be of another chain.
	pub fn foreign(&mut self, peer: &PeerId, now: Instant) {
		for target in self.targets.iter_mut().filter(|target| target.peer == Some(*peer)) {
			target.due = now + FOREIGN_BACKOFF;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn address(port: u16) -> Multiaddr {
		format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()
	}

	#[test]
	fn waits_double_up_to_a_maximum_and_reset_on_connection() {
		let (me, peer, start) = (PeerId::random(), PeerId::random(), Instant::now());
		let mut dialer = Dialer::new(&[], &[address(1)], me, start);
		assert_eq!(dialer.due(start).len(), 1);
		assert_eq!(dialer.due(start).len(), 0, "already dialled");
		let mut now = start;
		let mut waits = Vec::new();
		let mut last = start;
		while waits.len() < 6 {
			now += Duration::from_millis(500);
			if !dialer.due(now).is_empty() {
				waits.push((now - last).as_secs());
				last = now;
			}
		}
		assert_eq!(waits, [1, 2, 4, 4, 4, 4]);
		dialer.connected(peer, Some(&address(1)));
		assert!(dialer.due(now + Duration::from_secs(1_000)).is_empty(), "connected");
		dialer.disconnected(&peer, now);
		assert!(dialer.due(now + Duration::from_secs(3)).is_empty(), "who sends us away is not bothered");
		assert_eq!(dialer.due(now + Duration::from_secs(4)).len(), 1);
		dialer.connected(peer, Some(&address(1)));
		dialer.identified(&peer);
		dialer.disconnected(&peer, now + Duration::from_secs(1_000));
		assert_eq!(dialer.due(now + Duration::from_secs(1_001)).len(), 1);
	}

	#[test]
	fn neither_itself_nor_an_address_twice_nor_a_connected_id_is_dialled() {
		let (me, peer, now) = (PeerId::random(), PeerId::random(), Instant::now());
		let mine = address(1).with(Protocol::P2p(me));
		let theirs = address(2).with(Protocol::P2p(peer));
		let mut dialer = Dialer::new(&[mine, theirs.clone(), theirs.clone()], &[], me, now);
		dialer.connected(peer, None);
		assert!(dialer.due(now).is_empty());
		dialer.disconnected(&peer, now);
		assert_eq!(dialer.due(now + Duration::from_secs(2)), [theirs]);
	}

	#[test]
	fn a_node_of_another_chain_is_left_alone() {
		let (me, peer, now) = (PeerId::random(), PeerId::random(), Instant::now());
		let mut dialer = Dialer::new(&[address(1)], &[], me, now);
		dialer.due(now);
		dialer.connected(peer, Some(&address(1)));
		dialer.foreign(&peer, now);
		dialer.disconnected(&peer, now);
		assert!(dialer.due(now + FOREIGN_BACKOFF / 2).is_empty());
		assert_eq!(dialer.due(now + FOREIGN_BACKOFF).len(), 1);
	}

	#[test]
	fn a_node_may_become_reserved_while_running_and_cease_to_be() {
		let (me, peer, now) = (PeerId::random(), PeerId::random(), Instant::now());
		let theirs = address(2).with(Protocol::P2p(peer));
		let mut dialer = Dialer::new(std::slice::from_ref(&theirs), &[], me, now);
		assert!(dialer.reserve(peer, theirs.clone(), false, now));
		assert_eq!((dialer.due(now), dialer.reserved().count()), (vec![theirs.clone()], 1));
		assert!(!dialer.reserve(me, address(3).with(Protocol::P2p(me)), false, now), "itself");
		assert!(dialer.unreserve(&peer) && !dialer.unreserve(&peer));
		assert!(dialer.due(now + BOOTNODE_BACKOFF_MAX).is_empty());
		for port in 0..2 * RESERVED_MAX as u16 {
			let other = PeerId::random();
			dialer.reserve(other, address(port).with(Protocol::P2p(other)), true, now);
		}
		assert_eq!(dialer.reserved().count(), RESERVED_MAX);
		assert!(dialer.due(now).is_empty(), "all are connected already");
	}
}
