//! What the swarm speaks.
//!
//! # Must not
//! Handle events: [`crate::worker`] does.
//!
//! # Invariants
//! Gossip is signed by its publisher and forwarded only once it was judged. Every message, response and number of
//! connections is bounded.

use crate::config::{NetworkConfig, NetworkError};
use crate::handle::TRANSACTION_BYTES_MAX;
use crate::topics::{Names, Topic};
use arc_malachitebft_sync as sync;
use libp2p::gossipsub::{self, MessageAuthenticity, MessageId, ValidationMode};
use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::{connection_limits, identify, noise, ping, tcp, yamux, Swarm, SwarmBuilder};
use std::time::Duration;

/// The longest gossiped message: the longest transaction and its envelope. Parts of blocks are 128 KiB.
const GOSSIP_BYTES_MAX: usize = TRANSACTION_BYTES_MAX + (64 << 10);

/// The longest answer of block sync, which is the engine's own bound.
const SYNC_RESPONSE_BYTES_MAX: usize = 10 << 20;

/// The longest request of block sync; ours are 18 bytes.
const SYNC_REQUEST_BYTES_MAX: usize = 1 << 10;

/// Connections with one peer: both sides may dial at once, twice.
const CONNECTIONS_PER_PEER_MAX: u32 = 4;

/// Incoming connections. There is no bound per address: many nodes may stand behind one.
const INCOMING_MAX: u32 = 200;

/// Incoming connections whose handshake is under way.
const INCOMING_PENDING_MAX: u32 = 64;

/// How long a connection without streams is kept. Gossip keeps useful ones busy.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// How often gossip tends its mesh: twice per second, so that a mesh stands before the first block's votes.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Bytes of a gossip message's id.
const MESSAGE_ID_BYTES: usize = 20;

#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
	limits: connection_limits::Behaviour,
	identify: identify::Behaviour,
	ping: ping::Behaviour,
	pub gossip: gossipsub::Behaviour,
	pub sync: sync::Behaviour,
}

pub(crate) fn build_swarm(config: &NetworkConfig, names: &Names) -> Result<Swarm<Behaviour>, NetworkError> {
	let keypair = Keypair::ed25519_from_bytes(config.node_key).map_err(start_error)?;
	let behaviour = Behaviour {
		limits: connection_limits::Behaviour::new(
			connection_limits::ConnectionLimits::default()
				.with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX))
				.with_max_established_incoming(Some(INCOMING_MAX))
				.with_max_pending_incoming(Some(INCOMING_PENDING_MAX)),
		),
		identify: identify::Behaviour::new(
			identify::Config::new(names.identify_protocol(), keypair.public())
				.with_agent_version(config.agent.clone()),
		),
		ping: ping::Behaviour::default(),
		gossip: gossip(&keypair, names)?,
		sync: sync::Behaviour::new(
			sync::Config::default()
				.with_max_request_size(SYNC_REQUEST_BYTES_MAX)
				.with_max_response_size(SYNC_RESPONSE_BYTES_MAX),
			names.sync_protocol(),
		)
		.map_err(start_error)?,
	};
	let swarm = SwarmBuilder::with_existing_identity(keypair)
		.with_tokio()
		.with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, yamux::Config::default)
		.map_err(start_error)?
		.with_dns()
		.map_err(start_error)?
		.with_behaviour(|_| behaviour)
		.map_err(start_error)?
		.with_swarm_config(|config| config.with_idle_connection_timeout(IDLE_TIMEOUT))
		.build();
	Ok(swarm)
}

fn start_error(error: impl ToString) -> NetworkError {
	NetworkError::Start(error.to_string())
}

fn gossip(keypair: &Keypair, names: &Names) -> Result<gossipsub::Behaviour, NetworkError> {
	let transactions = names.topic(Topic::Transactions).hash();
	let config = gossipsub::ConfigBuilder::default()
		.max_transmit_size(GOSSIP_BYTES_MAX)
		.heartbeat_interval(HEARTBEAT)
		.validation_mode(ValidationMode::Strict)
		.validate_messages()
		// Ours go to all peers at once: a proposal's parts must not depend on a mesh that is still forming.
		.flood_publish(true)
		.message_id_fn(move |message| message_id(message, message.topic == transactions))
		.build()
		.map_err(start_error)?;
	let mut gossip = gossipsub::Behaviour::new(MessageAuthenticity::Signed(keypair.clone()), config)
		.map_err(start_error)?;
	for topic in Topic::ALL {
		gossip.subscribe(&names.topic(topic)).map_err(start_error)?;
	}
	Ok(gossip)
}

/// A transaction is the same whoever publishes it. Anything else is a message of its own each time: votes are sent again
/// on purpose, and contradicting copies must not hide one another.
fn message_id(message: &gossipsub::Message, by_content: bool) -> MessageId {
	let mut hasher = blake3::Hasher::new();
	hasher.update(message.topic.as_str().as_bytes()).update(&[0]);
	if !by_content {
		hasher.update(&message.source.map(|source| source.to_bytes()).unwrap_or_default());
		hasher.update(&message.sequence_number.unwrap_or_default().to_le_bytes());
	}
	hasher.update(&message.data);
	MessageId::from(hasher.finalize().as_bytes()[..MESSAGE_ID_BYTES].to_vec())
}
