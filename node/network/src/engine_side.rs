//! What the engine hears from the network.
//!
//! # Must not
//! Touch the swarm, or trust what a message says about its sender: gossip's signature does.
//!
//! # Invariants
//! - Everything handed to the engine has been decoded by [`ScaleCodec`]; what does not decode is its sender's fault.
//! - A status counts only from a direct peer that published it itself: only direct peers can be asked for blocks.

use crate::topics::Topic;
use arc_malachitebft_app_channel::app::engine::network::{NetworkEvent, Status, Subscriber};
use arc_malachitebft_app_channel::app::engine::util::output_port::OutputPort;
use arc_malachitebft_network::{Channel, PeerIdExt};
use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};
use plexus_consensus::codec::{CodecError, ScaleCodec};
use plexus_consensus::malachite::{self, Codec, LivenessMsg, SignedConsensusMsg};
use plexus_consensus::Plexus;

/// Events that a slow engine may fall behind before it loses some; it then recovers as from lost messages.
const EVENTS_MAX: usize = 512;

/// Told to the engine when the node does not listen: it starts once it has heard any address.
const NO_ADDRESS: &str = "/ip4/127.0.0.1/tcp/0";

/// An id in the engine's type.
pub(crate) fn to_engine(peer: &PeerId) -> malachite::PeerId {
	malachite::PeerId::from_libp2p(peer)
}

/// An id in libp2p's type.
pub(crate) fn from_engine(peer: &malachite::PeerId) -> PeerId {
	peer.to_libp2p()
}

/// A decoded gossip message.
pub(crate) enum Gossip {
	/// For the engine.
	Event(NetworkEvent<Plexus>),
	/// Its publisher's tip and oldest block.
	Status(malachite::Status<Plexus>),
	/// For the node.
	Transaction(Bytes),
}

/// Decodes a gossip message.
pub(crate) fn decode(
	topic: Topic,
	from: &PeerId,
	publisher: Option<&PeerId>,
	data: Bytes,
) -> Result<Gossip, CodecError> {
	let codec = ScaleCodec;
	let from = to_engine(from);
	Ok(Gossip::Event(match topic {
		Topic::Consensus => match codec.decode(data)? {
			SignedConsensusMsg::Vote(vote) => NetworkEvent::Vote(from, vote),
			SignedConsensusMsg::Proposal(proposal) => NetworkEvent::Proposal(from, proposal),
		},
		Topic::Parts => NetworkEvent::ProposalPart(from, publisher.map(to_engine), codec.decode(data)?),
		Topic::Liveness => match codec.decode(data)? {
			LivenessMsg::Vote(vote) => NetworkEvent::Vote(from, vote),
			LivenessMsg::PolkaCertificate(certificate) => NetworkEvent::PolkaCertificate(from, certificate),
			LivenessMsg::SkipRoundCertificate(certificate) => {
				NetworkEvent::RoundCertificate(from, certificate)
			}
		},
		Topic::Status => return Ok(Gossip::Status(codec.decode(data)?)),
		Topic::Transactions => return Ok(Gossip::Transaction(data)),
	}))
}

/// The engine's subscription to events.
pub(crate) struct EngineSide {
	port: OutputPort<NetworkEvent<Plexus>>,
	listening: Multiaddr,
}

impl EngineSide {
	/// `listen` is the first configured address, if any.
	pub fn new(listen: Option<&Multiaddr>) -> Self {
		let listening = listen.cloned().unwrap_or_else(|| NO_ADDRESS.parse().expect("a literal address"));
		Self { port: OutputPort::with_capacity(EVENTS_MAX), listening }
	}

	/// Tells a new subscriber what it missed, then all that follows.
	pub fn subscribe<'a>(
		&self,
		subscriber: Box<dyn Subscriber<NetworkEvent<Plexus>>>,
		peers: impl Iterator<Item = &'a PeerId>,
		hears_status: impl Fn(&PeerId) -> bool,
	) {
		subscriber.send(NetworkEvent::Listening(self.listening.clone()));
		for peer in peers {
			subscriber.send(NetworkEvent::PeerConnected(to_engine(peer)));
			if hears_status(peer) {
				subscriber.send(NetworkEvent::PeerSubscribed(to_engine(peer), Channel::Sync));
			}
		}
		subscriber.subscribe_to_port(&self.port);
	}

	/// Hands an event to the engine.
	pub fn send(&self, event: NetworkEvent<Plexus>) {
		self.port.send(event);
	}

	/// A peer of this chain is connected.
	pub fn peer_connected(&self, peer: &PeerId) {
		self.send(NetworkEvent::PeerConnected(to_engine(peer)));
	}

	/// Its last connection is gone.
	pub fn peer_disconnected(&self, peer: &PeerId) {
		self.send(NetworkEvent::PeerDisconnected(to_engine(peer)));
	}

	/// It wants to hear how far we are.
	pub fn peer_hears_status(&self, peer: &PeerId) {
		self.send(NetworkEvent::PeerSubscribed(to_engine(peer), Channel::Sync));
	}

	/// It told how far it is.
	pub fn peer_status(&self, status: &malachite::Status<Plexus>) {
		let event =
			NetworkEvent::Status(status.peer_id, Status::new(status.tip_height, status.history_min_height));
		self.send(event);
	}
}
