//! Who may be connected: limits, bans, reserved peers.
//!
//! Replaces libp2p's own connection limits, which know no addresses, let nobody past the limits of pending connections,
//! and remember every peer that ever connected.
//!
//! # Must not
//! Close connections that stand: [`crate::worker`] does.
//!
//! # Invariants
//! - Reserved peers are always let in: no limit counts them and no ban keeps them out. Validators, once known by their
//!   votes, are let in unless they are banned.
//! - With `reserved_only`, nobody else is let in or dialled, whoever asks.
//! - The number of connections is at most `inbound + outbound` and a few for each reserved peer and validator.
//! - Nothing is remembered of peers that are gone, except their bans.

use crate::conduct::{BanReason, BANS_MAX};
use crate::config::ConnectionLimits;
use libp2p::core::{transport::PortUse, Endpoint};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::behaviour::{ConnectionClosed, ConnectionEstablished, DialFailure, ListenFailure};
use libp2p::swarm::{
	dummy, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
	THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::task::{Context, Poll};

/// Connections with one peer: both sides may dial at once, twice.
const PER_PEER_MAX: usize = 4;

/// Incoming connections whose handshake is under way. A handshake takes milliseconds, and 10 seconds at most.
const PENDING_INBOUND_MAX: usize = 128;

/// Of these, from one address: whoever stalls handshakes does not keep others out.
const PENDING_PER_IP_MAX: usize = 32;

/// Outgoing connections that are being made, but for those to reserved peers.
const PENDING_OUTBOUND_MAX: usize = 32;

/// Peers banned for misbehaviour from one address, at which strangers from it are no longer let in: identities are free.
const BANNED_PER_IP_MAX: usize = 4;

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
	#[error("the peer is banned")]
	Banned,
	#[error("too many peers from its address are banned")]
	BannedAddress,
	#[error("only reserved peers are let in")]
	NotReserved,
	#[error("{0} peers have connected already; raise --in-peers for more")]
	Inbound(u32),
	#[error("connected to {0} peers already; raise --out-peers for more")]
	Outbound(u32),
	#[error("{0} peers have connected from its address already; raise --peers-per-ip for more")]
	PerIp(u32),
	#[error("{PER_PEER_MAX} connections with the peer already")]
	PerPeer,
	#[error("too many connections are being made")]
	Pending,
}

impl Refusal {
	pub const COUNT: usize = 8;

	/// Its name in metrics.
	pub fn name(self) -> &'static str {
		Self::NAMES[self.index()]
	}

	pub const NAMES: [&'static str; Self::COUNT] =
		["banned", "banned_address", "not_reserved", "inbound", "outbound", "per_ip", "per_peer", "pending"];

	/// Its place among [`Self::NAMES`].
	pub fn index(self) -> usize {
		match self {
			Self::Banned => 0,
			Self::BannedAddress => 1,
			Self::NotReserved => 2,
			Self::Inbound(_) => 3,
			Self::Outbound(_) => 4,
			Self::PerIp(_) => 5,
			Self::PerPeer => 6,
			Self::Pending => 7,
		}
	}
}

/// Where a connection comes from, as far as limits care: an IPv4 address, or the network of an IPv6 address, since
/// whoever has one such address has 2⁶⁴.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

impl Origin {
	pub fn of(address: &Multiaddr) -> Option<Self> {
		address.iter().find_map(|part| match part {
			Protocol::Ip4(ip) => Some(Self(ip.into())),
			Protocol::Ip6(ip) => Some(match ip.to_ipv4_mapped() {
				Some(ip) => Self(ip.into()),
				None => Self(Ipv6Addr::from((u128::from(ip) >> 64) << 64).into()),
			}),
			_ => None,
		})
	}
}

#[derive(Clone, Copy, Debug)]
struct Connection {
	peer: PeerId,
	inbound: bool,
	origin: Option<Origin>,
}

/// The gate.
pub(crate) struct Gate {
	limits: ConnectionLimits,
	reserved_only: bool,
	reserved: HashSet<PeerId>,
	validators: HashSet<PeerId>,
	banned: HashMap<PeerId, Option<Origin>>,
	pending_inbound: HashMap<ConnectionId, Option<Origin>>,
	pending_outbound: HashSet<ConnectionId>,
	connections: HashMap<ConnectionId, Connection>,
}

impl Gate {
	pub fn new(
		limits: ConnectionLimits,
		reserved_only: bool,
		reserved: impl IntoIterator<Item = PeerId>,
	) -> Self {
		Self {
			limits,
			reserved_only,
			reserved: reserved.into_iter().collect(),
			validators: HashSet::new(),
			banned: HashMap::new(),
			pending_inbound: HashMap::new(),
			pending_outbound: HashSet::new(),
			connections: HashMap::new(),
		}
	}

	pub fn is_reserved(&self, peer: &PeerId) -> bool {
		self.reserved.contains(peer)
	}

	pub fn reserves_only(&self) -> bool {
		self.reserved_only
	}

	pub fn reserve(&mut self, peer: PeerId) {
		self.reserved.insert(peer);
	}

	pub fn unreserve(&mut self, peer: &PeerId) {
		self.reserved.remove(peer);
	}

	/// The peers through which the present validators vote.
	pub fn set_validators(&mut self, peers: impl Iterator<Item = PeerId>) {
		self.validators = peers.collect();
	}

	/// Keeps a peer out. For misbehaviour, its addresses become suspect too.
	pub fn ban(&mut self, peer: PeerId, reason: BanReason) {
		let origin = match reason {
			BanReason::Misbehaviour(_) => self.connections.values().find(|known| known.peer == peer),
			BanReason::OtherChain | BanReason::OtherVersion => None,
		};
		let origin = origin.filter(|known| known.inbound).and_then(|known| known.origin);
		if self.banned.len() < BANS_MAX {
			self.banned.insert(peer, origin);
		}
	}

	/// Forgets bans that are over.
	pub fn keep_banned(&mut self, still: impl Fn(&PeerId) -> bool) {
		self.banned.retain(|peer, _| still(peer));
	}

	/// Connections that count as opened by this node.
	pub fn outbound(&self) -> usize {
		self.counted().filter(|connection| !connection.inbound).count()
	}

	/// Connections that limits count.
	fn counted(&self) -> impl Iterator<Item = &Connection> {
		self.connections.values().filter(|connection| !self.is_privileged(&connection.peer))
	}

	fn is_privileged(&self, peer: &PeerId) -> bool {
		self.reserved.contains(peer) || self.validators.contains(peer)
	}

	/// Rules that hold whoever dials.
	fn admit_peer(&self, peer: &PeerId) -> Result<(), Refusal> {
		if self.reserved.contains(peer) {
			return Ok(());
		}
		if self.reserved_only {
			return Err(Refusal::NotReserved);
		}
		if self.banned.contains_key(peer) {
			return Err(Refusal::Banned);
		}
		Ok(())
	}

	fn admit_one_more(&self, peer: &PeerId) -> Result<(), Refusal> {
		match self.connections.values().filter(|connection| connection.peer == *peer).count() < PER_PEER_MAX {
			true => Ok(()),
			false => Err(Refusal::PerPeer),
		}
	}

	fn admit_pending_inbound(&self, origin: Option<Origin>) -> Result<(), Refusal> {
		let from_there = self.pending_inbound.values().filter(|pending| **pending == origin).count();
		match self.pending_inbound.len() < PENDING_INBOUND_MAX && from_there < PENDING_PER_IP_MAX {
			true => Ok(()),
			false => Err(Refusal::Pending),
		}
	}

	fn admit_inbound(&self, peer: &PeerId, origin: Option<Origin>) -> Result<(), Refusal> {
		self.admit_peer(peer)?;
		self.admit_one_more(peer)?;
		if self.is_privileged(peer) {
			return Ok(());
		}
		let is_from_there = |from: &Option<Origin>| origin.is_some() && *from == origin;
		if self.banned.values().filter(|from| is_from_there(from)).count() >= BANNED_PER_IP_MAX {
			return Err(Refusal::BannedAddress);
		}
		let inbound = || self.counted().filter(|connection| connection.inbound);
		if inbound().count() >= self.limits.inbound as usize {
			return Err(Refusal::Inbound(self.limits.inbound));
		}
		if inbound().filter(|c| is_from_there(&c.origin)).count() >= self.limits.per_ip as usize {
			return Err(Refusal::PerIp(self.limits.per_ip));
		}
		Ok(())
	}

	fn admit_pending_outbound(&self, peer: Option<&PeerId>) -> Result<(), Refusal> {
		if let Some(peer) = peer {
			self.admit_peer(peer)?;
			if self.reserved.contains(peer) {
				return Ok(());
			}
		}
		if self.pending_outbound.len() >= PENDING_OUTBOUND_MAX {
			return Err(Refusal::Pending);
		}
		// Who dials does so for a reason; a connection beyond the limit would only be closed when it stands.
		match peer.is_some_and(|peer| self.is_privileged(peer))
			|| self.outbound() < self.limits.outbound as usize
		{
			true => Ok(()),
			false => Err(Refusal::Outbound(self.limits.outbound)),
		}
	}

	fn admit_outbound(&self, peer: &PeerId) -> Result<(), Refusal> {
		self.admit_peer(peer)?;
		self.admit_one_more(peer)?;
		match self.is_privileged(peer) || self.outbound() < self.limits.outbound as usize {
			true => Ok(()),
			false => Err(Refusal::Outbound(self.limits.outbound)),
		}
	}
}

impl NetworkBehaviour for Gate {
	type ConnectionHandler = dummy::ConnectionHandler;
	type ToSwarm = Infallible;

	fn handle_pending_inbound_connection(
		&mut self,
		id: ConnectionId,
		_: &Multiaddr,
		remote: &Multiaddr,
	) -> Result<(), ConnectionDenied> {
		let origin = Origin::of(remote);
		self.admit_pending_inbound(origin).map_err(ConnectionDenied::new)?;
		self.pending_inbound.insert(id, origin);
		Ok(())
	}

	fn handle_established_inbound_connection(
		&mut self,
		id: ConnectionId,
		peer: PeerId,
		_: &Multiaddr,
		remote: &Multiaddr,
	) -> Result<THandler<Self>, ConnectionDenied> {
		self.pending_inbound.remove(&id);
		self.admit_inbound(&peer, Origin::of(remote)).map_err(ConnectionDenied::new)?;
		Ok(dummy::ConnectionHandler)
	}

	fn handle_pending_outbound_connection(
		&mut self,
		id: ConnectionId,
		peer: Option<PeerId>,
		_: &[Multiaddr],
		_: Endpoint,
	) -> Result<Vec<Multiaddr>, ConnectionDenied> {
		self.admit_pending_outbound(peer.as_ref()).map_err(ConnectionDenied::new)?;
		if !peer.is_some_and(|peer| self.reserved.contains(&peer)) {
			self.pending_outbound.insert(id);
		}
		Ok(Vec::new())
	}

	fn handle_established_outbound_connection(
		&mut self,
		id: ConnectionId,
		peer: PeerId,
		_: &Multiaddr,
		_: Endpoint,
		_: PortUse,
	) -> Result<THandler<Self>, ConnectionDenied> {
		self.pending_outbound.remove(&id);
		self.admit_outbound(&peer).map_err(ConnectionDenied::new)?;
		Ok(dummy::ConnectionHandler)
	}

	fn on_swarm_event(&mut self, event: FromSwarm) {
		match event {
			FromSwarm::ConnectionEstablished(ConnectionEstablished {
				peer_id: peer,
				connection_id,
				endpoint,
				..
			}) => {
				let origin = Origin::of(endpoint.get_remote_address());
				let connection = Connection { peer, inbound: endpoint.is_listener(), origin };
				self.connections.insert(connection_id, connection);
			}
			FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. }) => {
				self.connections.remove(&connection_id);
			}
			FromSwarm::DialFailure(DialFailure { connection_id, .. }) => {
				self.pending_outbound.remove(&connection_id);
			}
			FromSwarm::ListenFailure(ListenFailure { connection_id, .. }) => {
				self.pending_inbound.remove(&connection_id);
			}
			_ => {}
		}
	}

	fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
		match event {}
	}

	fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
		Poll::Pending
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::conduct::Misbehaviour;

	const LIMITS: ConnectionLimits = ConnectionLimits { inbound: 3, outbound: 2, per_ip: 2 };

	fn origin(last: u8) -> Option<Origin> {
		Origin::of(&format!("/ip4/192.0.2.{last}/tcp/1").parse().unwrap())
	}

	fn gate(reserved: &[PeerId]) -> Gate {
		Gate::new(LIMITS, false, reserved.iter().copied())
	}

	fn connect(gate: &mut Gate, inbound: bool, origin: Option<Origin>) -> PeerId {
		let peer = PeerId::random();
		let id = ConnectionId::new_unchecked(gate.connections.len());
		gate.connections.insert(id, Connection { peer, inbound, origin });
		peer
	}

	#[test]
	fn addresses_of_one_network_are_one_origin() {
		let of = |text: &str| Origin::of(&text.parse().unwrap());
		assert_eq!(of("/ip6/2001:db8::1/tcp/1"), of("/ip6/2001:db8::ffff:1/tcp/2"));
		assert_ne!(of("/ip6/2001:db8::1/tcp/1"), of("/ip6/2001:db8:0:1::1/tcp/1"));
		assert_eq!(of("/ip6/::ffff:192.0.2.1/tcp/1"), origin(1));
		assert_eq!(of("/dns4/example.org/tcp/1"), None);
	}

	#[test]
	fn the_limit_of_an_address_holds_and_others_still_get_in() {
		let mut gate = gate(&[]);
		connect(&mut gate, true, origin(1));
		connect(&mut gate, true, origin(1));
		let stranger = PeerId::random();
		assert_eq!(gate.admit_inbound(&stranger, origin(1)), Err(Refusal::PerIp(2)));
		assert_eq!(gate.admit_inbound(&stranger, origin(2)), Ok(()));
		assert_eq!(gate.admit_outbound(&stranger), Ok(()), "nobody is too near to be dialled");
	}

	#[test]
	fn reserved_peers_and_validators_are_not_crowded_out() {
		let (reserved, validator) = (PeerId::random(), PeerId::random());
		let mut gate = gate(&[reserved]);
		gate.set_validators([validator].into_iter());
		for last in 1..=3 {
			connect(&mut gate, true, origin(last));
			connect(&mut gate, false, origin(last));
		}
		assert_eq!(gate.admit_inbound(&PeerId::random(), origin(4)), Err(Refusal::Inbound(3)));
		assert_eq!(gate.admit_outbound(&PeerId::random()), Err(Refusal::Outbound(2)));
		for peer in [reserved, validator] {
			assert_eq!(gate.admit_inbound(&peer, origin(1)), Ok(()));
			assert_eq!(gate.admit_outbound(&peer), Ok(()));
			assert_eq!(gate.admit_pending_outbound(Some(&peer)), Ok(()));
		}
	}

	#[test]
	fn privileged_connections_do_not_count() {
		let mut gate = gate(&[]);
		for last in 1..=3 {
			let peer = connect(&mut gate, true, origin(last));
			gate.reserve(peer);
		}
		assert_eq!(gate.admit_inbound(&PeerId::random(), origin(1)), Ok(()));
	}

	#[test]
	fn reserved_only_refuses_everybody_else_in_both_directions() {
		let reserved = PeerId::random();
		let mut gate = Gate::new(LIMITS, true, [reserved]);
		let validator = PeerId::random();
		gate.set_validators([validator].into_iter());
		for peer in [validator, PeerId::random()] {
			assert_eq!(gate.admit_inbound(&peer, origin(1)), Err(Refusal::NotReserved));
			assert_eq!(gate.admit_pending_outbound(Some(&peer)), Err(Refusal::NotReserved));
		}
		assert_eq!(gate.admit_inbound(&reserved, origin(1)), Ok(()));
		gate.unreserve(&reserved);
		assert_eq!(gate.admit_inbound(&reserved, origin(1)), Err(Refusal::NotReserved));
	}

	#[test]
	fn bans_keep_out_the_peer_and_at_last_its_address_but_no_reserved_peer() {
		let reserved = PeerId::random();
		let mut gate = gate(&[reserved]);
		let flood = BanReason::Misbehaviour(Misbehaviour::Flood);
		let mut banned = Vec::new();
		for _ in 0..BANNED_PER_IP_MAX {
			assert_eq!(gate.admit_inbound(&PeerId::random(), origin(1)), Ok(()));
			let peer = connect(&mut gate, true, origin(1));
			gate.ban(peer, flood);
			gate.connections.clear();
			assert_eq!(gate.admit_inbound(&peer, origin(2)), Err(Refusal::Banned));
			assert_eq!(gate.admit_pending_outbound(Some(&peer)), Err(Refusal::Banned));
			banned.push(peer);
		}
		assert_eq!(gate.admit_inbound(&PeerId::random(), origin(1)), Err(Refusal::BannedAddress));
		assert_eq!(gate.admit_inbound(&reserved, origin(1)), Ok(()));
		gate.ban(reserved, flood);
		assert_eq!(gate.admit_inbound(&reserved, origin(1)), Ok(()));
		gate.keep_banned(|peer| *peer == banned[0]);
		assert_eq!(gate.admit_inbound(&PeerId::random(), origin(1)), Ok(()));
		assert_eq!(gate.admit_inbound(&banned[0], origin(2)), Err(Refusal::Banned));
	}

	#[test]
	fn pending_handshakes_are_bounded_for_each_address() {
		let mut gate = gate(&[]);
		for i in 0..PENDING_PER_IP_MAX {
			assert_eq!(gate.admit_pending_inbound(origin(1)), Ok(()));
			gate.pending_inbound.insert(ConnectionId::new_unchecked(i), origin(1));
		}
		assert_eq!(gate.admit_pending_inbound(origin(1)), Err(Refusal::Pending));
		assert_eq!(gate.admit_pending_inbound(origin(2)), Ok(()));
	}

	#[test]
	fn one_peer_has_few_connections() {
		let mut gate = gate(&[]);
		let peer = connect(&mut gate, true, None);
		for i in 10..10 + PER_PEER_MAX - 1 {
			let connection = Connection { peer, inbound: false, origin: None };
			gate.connections.insert(ConnectionId::new_unchecked(i), connection);
		}
		gate.reserve(peer);
		assert_eq!(gate.admit_inbound(&peer, None), Err(Refusal::PerPeer));
	}

	#[test]
	fn every_refusal_has_its_name() {
		let one_of_each = [
			Refusal::Banned,
			Refusal::BannedAddress,
			Refusal::NotReserved,
			Refusal::Inbound(1),
			Refusal::Outbound(1),
			Refusal::PerIp(1),
			Refusal::PerPeer,
			Refusal::Pending,
		];
		let names: Vec<_> = one_of_each.iter().map(|refusal| refusal.name()).collect();
		assert_eq!(names, Refusal::NAMES);
	}
}
