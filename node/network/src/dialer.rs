//! When to dial which of the configured nodes.
//!
//! # Must not
//! Dial, or read a clock: it is told the time and says what is due.
//!
//! # Invariants
//! After every failure the wait doubles up to a maximum, which is short for reserved nodes; a connection resets it.

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use std::time::{Duration, Instant};

/// Wait after the first failure.
const BACKOFF_MIN: Duration = Duration::from_secs(1);

/// Longest wait for a bootnode.
const BOOTNODE_BACKOFF_MAX: Duration = Duration::from_secs(60);

/// Longest wait for a reserved node.
const RESERVED_BACKOFF_MAX: Duration = Duration::from_secs(8);

/// How long a node of another chain is left alone.
const FOREIGN_BACKOFF: Duration = Duration::from_secs(600);

#[derive(Debug)]
struct Target {
	address: Multiaddr,
	/// From the address, or learned from a connection that we dialled.
	peer: Option<PeerId>,
	connected: bool,
	backoff: Duration,
	backoff_max: Duration,
	due: Instant,
}

/// The configured nodes.
#[derive(Debug, Default)]
pub struct Dialer {
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
		let mut targets: Vec<Target> = Vec::new();
		let lists = [(reserved, RESERVED_BACKOFF_MAX), (bootnodes, BOOTNODE_BACKOFF_MAX)];
		for (address, backoff_max) in
			lists.into_iter().flat_map(|(list, max)| list.iter().map(move |a| (a, max)))
		{
			let peer = peer_of(address);
			if peer != Some(me) && targets.iter().all(|target| target.address != *address) {
				targets.push(Target {
					address: address.clone(),
					peer,
					connected: false,
					backoff: BACKOFF_MIN,
					backoff_max,
					due: now,
				});
			}
		}
		Self { targets }
	}

	/// The addresses to dial now; each is due again later unless it connects.
	pub fn due(&mut self, now: Instant) -> Vec<Multiaddr> {
		let mut due = Vec::new();
		for target in self.targets.iter_mut().filter(|target| !target.connected && target.due <= now) {
			due.push(target.address.clone());
			target.due = now + target.backoff;
			target.backoff = (target.backoff * 2).min(target.backoff_max);
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
				target.backoff = BACKOFF_MIN;
			}
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
		assert_eq!(waits, [1, 2, 4, 8, 8, 8]);
		dialer.connected(peer, Some(&address(1)));
		assert!(dialer.due(now + Duration::from_secs(1_000)).is_empty(), "connected");
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
}
