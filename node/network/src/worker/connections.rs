//! The worker's part about connections: whom to dial, who is who, who is sent away.
//!
//! # Must not
//! Decide who gets in: [`crate::gate`] does.
//!
//! # Invariants
//! - A peer that is not of this chain and version is disconnected when it says so, and kept away for an hour.
//! - A peer is banned only through [`Worker::blame`] and [`Worker::on_stranger`]; reserved peers never, but each time that
//!   they would have been is logged.
//! - A peer that connects anew while its old connections stand here, and one that takes nothing, loses all of them.

use super::Worker;
use crate::behaviour::gossip_score;
use crate::conduct::{BanReason, Misbehaviour};
use crate::discovery::{is_credible, is_near, replace_addresses};
use crate::gate::Refusal;
use crate::meter::Flow;
use crate::peers::ADDRESSES_PER_PEER_MAX;
use crate::topics::Stranger;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionDenied, ConnectionError, DialError, ListenError};
use libp2p::{identify, kad, ping, Multiaddr, PeerId};
use std::collections::HashSet;
use std::time::Instant;
use tracing::{debug, info, warn};

/// Discovered peers dialled in one go: connections that fail cost a file descriptor each for as long as they last.
const DIALS_MAX: usize = 4;

/// With fewer peers than a mesh of gossip wants, more are looked for eagerly.
const PEERS_WANTED: usize = 6;

/// Characters kept of what a peer calls itself.
const AGENT_CHARS_MAX: usize = 64;

/// Connected peers that are on this machine.
#[derive(Debug, Default)]
pub(super) struct Near(HashSet<PeerId>);

impl Worker {
	pub(super) fn dial(&mut self, now: Instant) {
		for address in self.dialer.due(now) {
			if let Err(error) = self.swarm.dial(address) {
				self.on_failed_dial(None, error);
			}
		}
		let gate = &self.swarm.behaviour().gate;
		if gate.reserves_only() {
			return;
		}
		let wanted = self.outbound_max.saturating_sub(gate.outbound()).min(DIALS_MAX);
		for (peer, addresses) in self.discovery.due(wanted, now) {
			let dial = DialOpts::peer_id(peer)
				.condition(PeerCondition::DisconnectedAndNotDialing)
				.addresses(addresses)
				.build();
			if let Err(error) = self.swarm.dial(dial) {
				self.on_failed_dial(Some(peer), error);
			}
		}
		let peers = self.table.ids().count();
		if wanted > 0 && peers > 0 && self.discovery.asks(peers < PEERS_WANTED, now) {
			self.swarm.behaviour_mut().discovery.get_closest_peers(PeerId::random());
		}
	}

	pub(super) fn disconnect_silent(&mut self, now: Instant) {
		for peer in self.table.silent(now) {
			debug!(%peer, "disconnecting a peer that does not say who it is");
			self.disconnect(peer);
		}
	}

	pub(super) fn on_connected(&mut self, peer: PeerId, endpoint: &ConnectedPoint) {
		let remote = endpoint.get_remote_address();
		self.dialer.connected(peer, endpoint.is_dialer().then_some(remote));
		self.discovery.forget(&peer);
		if is_near(remote) {
			self.near.0.insert(peer);
		}
		if self.table.connected(peer, endpoint.is_listener(), Instant::now()) {
			// A peer that was stopped, or cut off, for a while: its old connections stand on this side only. Gossip tells its
			// subscriptions on the first connection with a peer, so that this peer would never hear of them.
			debug!(%peer, "closing all connections with a peer that has lost them, so that they are made anew");
			self.disconnect(peer);
		}
	}

	pub(super) fn on_disconnected(&mut self, peer: &PeerId, cause: Option<&ConnectionError>) {
		self.dialer.disconnected(peer, Instant::now());
		self.near.0.remove(peer);
		if self.table.disconnected(peer) {
			debug!(%peer, ?cause, "peer disconnected");
			self.engine.peer_disconnected(peer);
			self.update_peers();
		}
	}

	/// libp2p only tells that two pings in a row were not answered; to end the connection is left to us.
	pub(super) fn on_ping(&mut self, event: &ping::Event) {
		match &event.result {
			Ok(_) => {}
			// A peer that knows no pings is told from one that is gone by its answer.
			Err(ping::Failure::Unsupported) => {}
			Err(cause @ (ping::Failure::Timeout | ping::Failure::Other { .. })) => {
				debug!(peer = %event.peer, %cause, "closing a connection whose other end does not answer");
				self.swarm.close_connection(event.connection);
			}
		}
	}

	pub(super) fn on_refused_caller(&mut self, error: ListenError) {
		if let ListenError::Denied { cause } = error {
			self.count_refusal(cause);
		}
	}

	pub(super) fn on_failed_dial(&mut self, peer: Option<PeerId>, error: DialError) {
		debug!(?peer, %error, "dialling failed");
		if let DialError::Denied { cause } = error {
			self.count_refusal(cause);
		}
	}

	fn count_refusal(&mut self, cause: ConnectionDenied) {
		if let Ok(refusal) = cause.downcast::<Refusal>() {
			debug!(reason = refusal.name(), cause = %refusal, "connection refused");
			self.counters.refused(refusal);
		}
	}

	pub(super) fn on_identify(&mut self, event: identify::Event) {
		let identify::Event::Received { peer_id: peer, info, .. } = event else { return };
		if let Err(stranger) = self.names.recognise(&info.protocol_version) {
			return self.on_stranger(peer, &stranger);
		}
		// Said again, it is worked through again: at a rate, which nobody is blamed for.
		let in_time = self.meter.take(&peer, Flow::Identities, 1, Instant::now());
		if self.table.counts(&peer) && !in_time {
			return;
		}
		let agent: String = info.agent_version.chars().take(AGENT_CHARS_MAX).collect();
		let near = self.near.0.contains(&peer);
		let mut addresses = info.listen_addrs;
		addresses.retain(|address| is_credible(address, near));
		addresses.truncate(ADDRESSES_PER_PEER_MAX);
		let answers = info.protocols.contains(&self.names.discovery_protocol());
		let told = addresses.iter().filter(|_| answers).cloned();
		replace_addresses(&mut self.swarm.behaviour_mut().discovery, &peer, told);
		if self.table.identified(peer, agent.clone(), addresses) {
			info!(%peer, ?agent, "peer connected");
			self.dialer.identified(&peer);
			self.discovery.hurry();
			self.engine.peer_connected(&peer);
			if self.table.hears_status(&peer) {
				self.engine.peer_hears_status(&peer);
			}
			self.welcome(peer);
		}
		self.update_peers();
	}

	/// A peer is none of ours: one line in the log, and an hour of peace.
	fn on_stranger(&mut self, peer: PeerId, stranger: &Stranger) {
		let now = Instant::now();
		let reason = match stranger {
			Stranger::Chain(_) | Stranger::Other(_) => BanReason::OtherChain,
			Stranger::Version(_) => BanReason::OtherVersion,
		};
		let is_news = self.is_reserved(&peer) || self.ban(peer, reason, now);
		if is_news {
			let ours = self.names.genesis();
			match stranger {
				Stranger::Chain(theirs) => {
					warn!(%peer, %theirs, %ours, "refusing a node of another chain: its genesis hash is not ours")
				}
				Stranger::Version(theirs) => {
					warn!(%peer, %theirs, ours = crate::topics::PROTOCOL_VERSION, "refusing a node of this chain that speaks another version of the protocol: upgrade the older of the two")
				}
				Stranger::Other(theirs) => {
					warn!(%peer, %theirs, %ours, "refusing a node that is not of this chain")
				}
			}
		}
		self.dialer.foreign(&peer, now);
		self.disconnect(peer);
	}

	pub(super) fn on_discovery(&mut self, event: kad::Event) {
		let kad::Event::OutboundQueryProgressed { result: kad::QueryResult::GetClosestPeers(result), .. } =
			event
		else {
			return;
		};
		let peers = match result {
			Ok(found) => found.peers,
			Err(kad::GetClosestPeersError::Timeout { peers, .. }) => peers,
		};
		let (me, now, near) = (*self.swarm.local_peer_id(), Instant::now(), !self.near.0.is_empty());
		for kad::PeerInfo { peer_id: peer, addrs } in peers {
			if peer != me && !self.is_connected(&peer) && !self.conduct.is_banned(&peer) {
				let credible = addrs.into_iter().filter(|address| is_credible(address, near));
				self.discovery.heard_of(peer, credible, now);
			}
		}
	}

	/// Holds a misbehaviour against a peer, and bans it when it is too much.
	pub(super) fn blame(&mut self, peer: PeerId, what: Misbehaviour) {
		let now = Instant::now();
		self.counters.misbehaved(what);
		let too_much = self.conduct.blame(peer, what, now);
		debug!(%peer, what = what.name(), points = self.conduct.points(&peer, now), "misbehaviour");
		if !too_much {
			let score = gossip_score(self.conduct.points(&peer, now));
			self.swarm.behaviour_mut().gossip.set_application_score(&peer, score);
		} else if self.is_reserved(&peer) {
			warn!(%peer, reason = what.name(), "a reserved peer misbehaves; it would be banned if it were not reserved");
			self.conduct.pardon(&peer);
			self.swarm.behaviour_mut().gossip.set_application_score(&peer, 0.0);
		} else {
			if self.ban(peer, BanReason::Misbehaviour(what), now) {
				warn!(%peer, reason = what.name(), "peer banned for an hour");
			}
			self.disconnect(peer);
		}
	}

	/// Keeps a peer away. Returns whether that is news.
	fn ban(&mut self, peer: PeerId, reason: BanReason, now: Instant) -> bool {
		let is_news = self.conduct.ban(peer, reason, now);
		if is_news {
			self.counters.banned(reason);
			self.update_banned();
		}
		self.discovery.forget(&peer);
		let behaviour = self.swarm.behaviour_mut();
		behaviour.gate.ban(peer, reason);
		behaviour.discovery.remove_peer(&peer);
		is_news
	}

	pub(super) fn reserve(&mut self, peer: PeerId, address: Multiaddr) {
		let is_connected = self.is_connected(&peer);
		if self.dialer.reserve(peer, address.clone(), is_connected, Instant::now()) {
			info!(%peer, %address, "reserved peer added");
			self.conduct.pardon(&peer);
			self.swarm.behaviour_mut().gate.reserve(peer);
			self.update_banned();
			self.update_reserved();
		}
	}

	pub(super) fn unreserve(&mut self, peer: &PeerId) {
		if self.dialer.unreserve(peer) {
			info!(%peer, "reserved peer removed");
			let gate = &mut self.swarm.behaviour_mut().gate;
			gate.unreserve(peer);
			if gate.reserves_only() {
				self.disconnect(*peer);
			}
			self.update_reserved();
		}
	}

	fn is_reserved(&self, peer: &PeerId) -> bool {
		self.swarm.behaviour().gate.is_reserved(peer)
	}

	pub(super) fn disconnect(&mut self, peer: PeerId) {
		// An error means that it is gone already.
		let _ = self.swarm.disconnect_peer_id(peer);
	}
}
