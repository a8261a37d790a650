//! What the swarm speaks.
//!
//! # Must not
//! Handle events: [`crate::worker`] does.
//!
//! # Invariants
//! Gossip is signed by its publisher and forwarded only once it was judged. Every message, response, queue and number of
//! streams and connections is bounded.

use crate::conduct::BAN_POINTS;
use crate::config::{NetworkConfig, NetworkError, RESERVED_MAX};
use crate::dialer::peer_of;
use crate::gate::Gate;
use crate::handle::{STATE_REQUEST_BYTES_MAX, STATE_RESPONSE_BYTES_MAX, TRANSACTION_BYTES_MAX};
use crate::topics::{Names, Topic};
use crate::worker::STATE_REQUESTS_PER_PEER_MAX;
use arc_malachitebft_sync as sync;
use libp2p::gossipsub::{
	self, IdentityTransform, MaxCountSubscriptionFilter, MessageAuthenticity, MessageId, PeerScoreParams,
	PeerScoreThresholds, ValidationMode, WhitelistSubscriptionFilter,
};
use libp2p::identity::Keypair;
use libp2p::kad::store::{MemoryStore, MemoryStoreConfig};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{identify, kad, noise, ping, tcp, yamux, Swarm, SwarmBuilder};
use std::time::Duration;

/// The longest gossiped message and its envelope. Each topic's own bound is held when a message arrives.
const GOSSIP_BYTES_MAX: usize = TRANSACTION_BYTES_MAX + (64 << 10);

/// The longest answer of block sync, which is the engine's own bound.
const SYNC_RESPONSE_BYTES_MAX: usize = 10 << 20;

/// The longest request of block sync; ours are 18 bytes.
const SYNC_REQUEST_BYTES_MAX: usize = 1 << 10;

/// An announcement's answer is empty.
const ANNOUNCE_RESPONSE_BYTES_MAX: usize = 0;

/// How long a peer may take for one batch that is announced to it.
const ANNOUNCE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a peer may take for a piece of a state: a mebibyte, read from a disk and sent over a slow line.
const STATE_TIMEOUT: Duration = Duration::from_secs(30);

/// Streams of one connection, both ways: discovery has 32, sync 20 and state sync 8 at most, the others one
/// or two each. With its own limit, yamux lets a peer hold 128 MiB of windows; this is 32.
const STREAMS_MAX: usize = 128;

/// Messages that gossip queues for one slow peer, half of them its own and half forwarded. What is forwarded and does not fit is
/// dropped, and fetched again by the peer; if its own do not fit, the connection is made anew. A block is 38 messages.
const GOSSIP_QUEUE_MAX: usize = 1_024;

/// How long a published message may wait for a slow peer: a vote is of no use after its round.
const GOSSIP_PUBLISH_WAIT: Duration = Duration::from_secs(4);

/// The longest message of discovery: twenty peers with their addresses.
const DISCOVERY_BYTES_MAX: usize = 16 << 10;

/// How long a question of discovery may take.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a connection without streams is kept. Gossip keeps useful ones busy.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// From an answered ping to the next.
const PING_EVERY: Duration = Duration::from_secs(5);

/// How long an answer to a ping may take. libp2p forgives one failure and then tries with a new stream, which may take ten
/// seconds; so after some 25 s of silence the connection is closed, and a reserved peer dialled again. TCP by itself tries for
/// a quarter of an hour and doubles its waits, so that after an outage of a minute nothing might arrive for another one. A
/// node that is merely busy answers one of two.
const PING_WAIT: Duration = Duration::from_secs(5);

/// How often gossip tends its mesh: twice per second, so that a mesh stands before the first block's votes.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Bytes of a gossip message's id.
const MESSAGE_ID_BYTES: usize = 20;

#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
	/// First: what it refuses, the others do not see.
	pub gate: Gate,
	identify: identify::Behaviour,
	ping: ping::Behaviour,
	pub discovery: kad::Behaviour<MemoryStore>,
	pub gossip: Gossip,
	pub sync: sync::Behaviour,
	/// Batches of transactions to one peer, each answered by nothing. The engine's codec is a length and bytes.
	pub announce: sync::Behaviour,
	/// Pieces of a state, in the same form.
	pub state: sync::Behaviour,
}

impl Behaviour {
	fn new(config: &NetworkConfig, keypair: &Keypair, names: &Names) -> Result<Self, NetworkError> {
		Ok(Self {
			gate: Gate::new(
				config.connections,
				config.reserved_only,
				config.reserved.iter().take(RESERVED_MAX).filter_map(peer_of),
			),
			identify: identify::Behaviour::new(
				identify::Config::new(names.identity(), keypair.public())
					.with_agent_version(config.agent.clone())
					// Who connects before it knows its own addresses tells them when it does.
					.with_push_listen_addr_updates(true),
			),
			ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_EVERY).with_timeout(PING_WAIT)),
			discovery: discovery(config, keypair, names),
			gossip: gossip(keypair, names)?,
			sync: sync::Behaviour::new(
				sync::Config::default()
					.with_max_request_size(SYNC_REQUEST_BYTES_MAX)
					.with_max_response_size(SYNC_RESPONSE_BYTES_MAX),
				names.sync_protocol(),
			)
			.map_err(start_error)?,
			announce: sync::Behaviour::new(
				sync::Config::default()
					.with_request_timeout(ANNOUNCE_TIMEOUT)
					.with_parallel_requests(1)
					.with_max_request_size(Topic::Transactions.bytes_max())
					.with_max_response_size(ANNOUNCE_RESPONSE_BYTES_MAX),
				names.announce_protocol(),
			)
			.map_err(start_error)?,
			state: sync::Behaviour::new(
				sync::Config::default()
					.with_request_timeout(STATE_TIMEOUT)
					.with_parallel_requests(STATE_REQUESTS_PER_PEER_MAX / 2)
					.with_max_request_size(STATE_REQUEST_BYTES_MAX)
					.with_max_response_size(STATE_RESPONSE_BYTES_MAX),
				names.state_protocol(),
			)
			.map_err(start_error)?,
		})
	}
}

pub(crate) fn build_swarm(config: &NetworkConfig, names: &Names) -> Result<Swarm<Behaviour>, NetworkError> {
	let keypair = Keypair::ed25519_from_bytes(config.node_key).map_err(start_error)?;
	let behaviour = Behaviour::new(config, &keypair, names)?;
	let streams = || {
		let mut config = yamux::Config::default();
		config.set_max_num_streams(STREAMS_MAX);
		config
	};
	let swarm = SwarmBuilder::with_existing_identity(keypair)
		.with_tokio()
		.with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, streams)
		.map_err(start_error)?
		.with_quic_config(|mut config| {
			config.max_concurrent_stream_limit = STREAMS_MAX as u32;
			config
		})
		.with_dns()
		.map_err(start_error)?
		.with_behaviour(|_| behaviour)
		.map_err(start_error)?
		.with_swarm_config(|config| config.with_idle_connection_timeout(IDLE_TIMEOUT))
		.build();
	Ok(swarm)
}

/// A node that listens answers questions; one that does not only asks. Records are nobody's business here: none is
/// kept or sent.
fn discovery(config: &NetworkConfig, keypair: &Keypair, names: &Names) -> kad::Behaviour<MemoryStore> {
	let mut discovery = kad::Config::new(names.discovery_protocol());
	discovery
		.set_query_timeout(DISCOVERY_TIMEOUT)
		.set_max_packet_size(DISCOVERY_BYTES_MAX)
		.set_record_filtering(kad::StoreInserts::FilterBoth)
		.set_replication_interval(None)
		.set_publication_interval(None)
		.set_provider_publication_interval(None)
		// Only who has said that it is of this chain is told to others, and asking is paced by the worker.
		.set_kbucket_inserts(kad::BucketInserts::Manual)
		.set_periodic_bootstrap_interval(None);
	let store = MemoryStoreConfig {
		max_records: 0,
		max_value_bytes: 0,
		max_providers_per_key: 0,
		max_provided_keys: 0,
	};
	let me = keypair.public().to_peer_id();
	let store = MemoryStore::with_config(me, store);
	let mut behaviour = kad::Behaviour::with_config(me, store, discovery);
	let answers = !config.listen.is_empty() && !config.reserved_only;
	behaviour.set_mode(Some(if answers { kad::Mode::Server } else { kad::Mode::Client }));
	behaviour
}

fn start_error(error: impl ToString) -> NetworkError {
	NetworkError::Start(error.to_string())
}

/// Gossip that remembers of peers' subscriptions only those to our topics.
pub(crate) type Gossip = gossipsub::Behaviour<IdentityTransform, TopicFilter>;
type TopicFilter = MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>;

/// Subscriptions in one message: each topic once, and again after a reconnection that it did not notice.
const SUBSCRIPTIONS_PER_MESSAGE_MAX: usize = 2 * Topic::ALL.len();

fn gossip(keypair: &Keypair, names: &Names) -> Result<Gossip, NetworkError> {
	let transactions = names.topic(Topic::Transactions).hash();
	let config = gossipsub::ConfigBuilder::default()
		.max_transmit_size(GOSSIP_BYTES_MAX)
		.heartbeat_interval(HEARTBEAT)
		.validation_mode(ValidationMode::Strict)
		.validate_messages()
		// Ours go to all peers at once: a proposal's parts must not depend on a mesh that is still forming.
		.flood_publish(true)
		.connection_handler_queue_len(GOSSIP_QUEUE_MAX)
		.publish_queue_duration(GOSSIP_PUBLISH_WAIT)
		.message_id_fn(move |message| message_id(message, message.topic == transactions))
		.build()
		.map_err(start_error)?;
	let filter = MaxCountSubscriptionFilter {
		filter: WhitelistSubscriptionFilter(Topic::ALL.map(|topic| names.topic(topic).hash()).into()),
		max_subscribed_topics: Topic::ALL.len(),
		max_subscriptions_per_request: SUBSCRIPTIONS_PER_MESSAGE_MAX,
	};
	let author = MessageAuthenticity::Signed(keypair.clone());
	let mut gossip = Gossip::new_with_subscription_filter(author, config, filter).map_err(start_error)?;
	let (params, thresholds) = gossip_scores();
	gossip.with_peer_score(params, thresholds).map_err(start_error)?;
	for topic in Topic::ALL {
		gossip.subscribe(&names.topic(topic)).map_err(start_error)?;
	}
	Ok(gossip)
}

/// Gossip's own scores only carry ours (see [`crate::conduct`]) and its protocol's offences, such as unkept promises. A
/// peer with a third of the points that ban leaves the mesh, one with five sixths is no longer told what there is.
/// Addresses do not count, since many nodes may stand behind one; nor does how much a peer delivers, since little is said
/// on a quiet chain.
fn gossip_scores() -> (PeerScoreParams, PeerScoreThresholds) {
	let ban = f64::from(BAN_POINTS);
	let params = PeerScoreParams {
		app_specific_weight: 1.0,
		ip_colocation_factor_weight: 0.0,
		behaviour_penalty_weight: -1.0,
		behaviour_penalty_threshold: 6.0,
		slow_peer_weight: 0.0,
		..PeerScoreParams::default()
	};
	let thresholds = PeerScoreThresholds {
		gossip_threshold: -ban / 2.0,
		publish_threshold: -ban,
		graylist_threshold: -ban * 2.0,
		..PeerScoreThresholds::default()
	};
	(params, thresholds)
}

/// A peer's points as gossip's application score: below zero from a third of what bans.
pub(crate) fn gossip_score(points: f64) -> f64 {
	-(points - f64::from(BAN_POINTS) / 3.0).max(0.0)
}

/// A batch of transactions is the same whoever publishes it. Anything else is a message of its own each time:
/// votes are sent again on purpose, and contradicting copies must not hide one another.
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
