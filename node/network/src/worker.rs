//! The task that owns the swarm and everything about peers.
//!
//! # Must not
//! Wait for anybody: whoever cannot keep up with it loses messages, and each such loss is written down below.
//!
//! # Invariants
//! - Each gossip message gets exactly one verdict: at once, or for transactions when the node has judged.
//! - A request for blocks is answered, or its channel dropped, exactly once; at most [`INBOUND_REQUESTS_MAX`] wait.

use crate::behaviour::{build_swarm, Behaviour, BehaviourEvent};
use crate::bridge::{self, EngineMessage, ENGINE_MESSAGES_MAX};
use crate::config::{NetworkConfig, NetworkError};
use crate::dialer::Dialer;
use crate::engine_side::{decode, from_engine, to_engine, EngineSide, Gossip};
use crate::handle::{
	Command, IncomingTransaction, Network, NetworkHandle, NetworkTask, TransactionId, Verdict,
	TRANSACTION_BYTES_MAX,
};
use crate::peers::{PeerInfo, PeerTable};
use crate::topics::{Names, Topic};
use arc_malachitebft_app_channel::app::engine::network::{Msg, NetworkEvent, PersistentPeerError};
use arc_malachitebft_sync::{
	self as sync, InboundRequestId, OutboundFailureReason, OutboundRequestId, RawRequest, RawResponse,
	ResponseChannel,
};
use bytes::Bytes;
use futures::{future::BoxFuture, StreamExt};
use libp2p::gossipsub::{self, MessageAcceptance, PublishError};
use libp2p::multiaddr::Protocol;
use libp2p::request_response::{self, OutboundFailure};
use libp2p::swarm::{ConnectionError, SwarmEvent};
use libp2p::{identify, Multiaddr, PeerId, Swarm};
use plexus_consensus::codec::ScaleCodec;
use plexus_consensus::malachite::{self, Codec};
use plexus_consensus::{NetworkPort, Plexus};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch, Semaphore};
use tokio::time::MissedTickBehavior;
use tracing::{debug, info, warn};

/// Commands of the node that may wait; beyond, new transactions are not gossiped.
const COMMANDS_MAX: usize = 4_096;

/// Gossiped transactions that may wait for the node; beyond, they are ignored.
const TRANSACTIONS_MAX: usize = 4_096;

/// Kibibytes of gossiped transactions that may wait for the node.
const TRANSACTIONS_KIB_MAX: usize = 32 << 10;

/// Requests for blocks that wait for the engine: more than it takes itself.
const INBOUND_REQUESTS_MAX: usize = 128;

/// How often due addresses are dialled.
const DIAL_INTERVAL: Duration = Duration::from_millis(500);

/// Starts the network. Without any address it runs, alone.
///
/// # Errors
/// See [`NetworkError`].
///
/// Boxed, so that the swarm is compiled in this crate and not in each that awaits it.
pub fn start(config: NetworkConfig) -> BoxFuture<'static, Result<Network, NetworkError>> {
	Box::pin(open(config))
}

async fn open(config: NetworkConfig) -> Result<Network, NetworkError> {
	let names = Names::new(&config.genesis_hash);
	let mut swarm = build_swarm(&config, &names)?;
	for address in &config.listen {
		let refused = |cause: String| NetworkError::Listen { address: address.clone(), cause };
		probe(address).map_err(|cause| refused(cause.to_string()))?;
		swarm.listen_on(address.clone()).map_err(|cause| refused(cause.to_string()))?;
	}
	for address in &config.public {
		swarm.add_external_address(address.clone());
	}
	let me = *swarm.local_peer_id();
	let (engine_sender, engine_messages) = mpsc::channel(ENGINE_MESSAGES_MAX);
	let (actor, parts) =
		bridge::spawn(engine_sender).await.map_err(|error| NetworkError::Start(error.to_string()))?;
	let (command_sender, commands) = mpsc::channel(COMMANDS_MAX);
	let (transaction_sender, transactions) = mpsc::channel(TRANSACTIONS_MAX);
	let (peers, peers_receiver) = watch::channel(Arc::from([]));
	let (addresses, addresses_receiver) = watch::channel(Arc::from([]));
	let (consensus_peers, consensus_peers_receiver) = watch::channel(0);
	let (stop, stop_receiver) = watch::channel(false);
	let worker = Worker {
		engine: EngineSide::new(config.listen.first()),
		dialer: Dialer::new(&config.bootnodes, &config.reserved, me, Instant::now()),
		swarm,
		names,
		table: PeerTable::default(),
		inbound: HashMap::new(),
		transactions: transaction_sender,
		room: Arc::new(Semaphore::new(TRANSACTIONS_KIB_MAX)),
		peers,
		addresses,
		consensus_peers,
	};
	let task = tokio::spawn(worker.run(commands, engine_messages, stop_receiver));
	info!(peer = %me, "network started");
	Ok(Network {
		handle: NetworkHandle {
			me,
			commands: command_sender,
			peers: peers_receiver,
			addresses: addresses_receiver,
		},
		consensus_port: NetworkPort { actor, parts, peers: consensus_peers_receiver },
		transactions,
		task: NetworkTask { stop, task },
	})
}

/// libp2p shares ports with whoever else does, so that two nodes on one port would both seem to listen. A listener that
/// does not share finds out.
fn probe(address: &Multiaddr) -> std::io::Result<()> {
	let mut parts = address.iter();
	let ip = match parts.next() {
		Some(Protocol::Ip4(ip)) => IpAddr::from(ip),
		Some(Protocol::Ip6(ip)) => IpAddr::from(ip),
		_ => return Ok(()),
	};
	match parts.next() {
		Some(Protocol::Tcp(port)) if port != 0 => std::net::TcpListener::bind((ip, port)).map(drop),
		_ => Ok(()),
	}
}

struct Worker {
	swarm: Swarm<Behaviour>,
	names: Names,
	engine: EngineSide,
	table: PeerTable,
	dialer: Dialer,
	inbound: HashMap<InboundRequestId, ResponseChannel>,
	transactions: mpsc::Sender<IncomingTransaction>,
	room: Arc<Semaphore>,
	peers: watch::Sender<Arc<[PeerInfo]>>,
	addresses: watch::Sender<Arc<[Multiaddr]>>,
	consensus_peers: watch::Sender<usize>,
}

impl Worker {
	async fn run(
		mut self,
		mut commands: mpsc::Receiver<Command>,
		mut engine: mpsc::Receiver<EngineMessage>,
		mut stop: watch::Receiver<bool>,
	) {
		let mut ticks = tokio::time::interval(DIAL_INTERVAL);
		ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
		loop {
			tokio::select! {
				// A dropped task handle ends the network, too.
				_ = stop.wait_for(|stop| *stop) => break,
				_ = ticks.tick() => self.dial(),
				Some(message) = engine.recv() => self.on_engine_message(message),
				Some(command) = commands.recv() => self.on_command(command),
				event = self.swarm.select_next_some() => self.on_event(event),
			}
		}
		info!("network stopped");
	}

	fn dial(&mut self) {
		for address in self.dialer.due(Instant::now()) {
			if let Err(error) = self.swarm.dial(address.clone()) {
				debug!(%address, %error, "not dialled");
			}
		}
	}

	fn on_command(&mut self, command: Command) {
		match command {
			Command::PublishTransaction(bytes) => self.publish(Topic::Transactions, bytes),
			Command::Judge(id, verdict) => {
				let acceptance = match verdict {
					Verdict::Accept => MessageAcceptance::Accept,
					Verdict::Ignore => MessageAcceptance::Ignore,
					Verdict::Reject => MessageAcceptance::Reject,
				};
				self.judge(&id.message, &id.from, acceptance);
			}
		}
	}

	fn publish(&mut self, topic: Topic, bytes: impl Into<Vec<u8>>) {
		match self.swarm.behaviour_mut().gossip.publish(self.names.topic(topic), bytes) {
			// Alone, or known to all already.
			Ok(_) | Err(PublishError::NoPeersSubscribedToTopic | PublishError::Duplicate) => {}
			Err(error) => debug!(?topic, %error, "not published"),
		}
	}

	fn judge(&mut self, message: &gossipsub::MessageId, from: &PeerId, acceptance: MessageAcceptance) {
		// Too late if gossip has forgotten the message; it is then simply not forwarded.
		let _ = self.swarm.behaviour_mut().gossip.report_message_validation_result(message, from, acceptance);
	}

	fn on_engine_message(&mut self, message: EngineMessage) {
		let codec = ScaleCodec;
		match message {
			Msg::Subscribe(subscriber) => {
				let hears = |peer: &PeerId| self.table.hears_status(peer);
				self.engine.subscribe(subscriber, self.table.ids(), hears);
			}
			Msg::PublishConsensusMsg(message) => {
				self.publish_encoded(Topic::Consensus, codec.encode(&message))
			}
			Msg::PublishLivenessMsg(message) => self.publish_encoded(Topic::Liveness, codec.encode(&message)),
			Msg::PublishProposalPart(part) => self.publish_encoded(Topic::Parts, codec.encode(&part)),
			Msg::BroadcastStatus(status) => {
				let status = malachite::Status::<Plexus> {
					peer_id: to_engine(self.swarm.local_peer_id()),
					tip_height: status.tip_height,
					history_min_height: status.history_min_height,
				};
				self.publish_encoded(Topic::Status, codec.encode(&status));
			}
			Msg::OutgoingRequest(peer, request, reply) => match codec.encode(&request) {
				Ok(bytes) => {
					let id = self.swarm.behaviour_mut().sync.send_request(from_engine(&peer), bytes);
					// The engine may have given the request up.
					let _ = reply.send(OutboundRequestId::new(id));
				}
				Err(error) => warn!(%error, "a request cannot be encoded"),
			},
			Msg::OutgoingResponse(id, response) => {
				match (self.inbound.remove(&id), codec.encode(&response)) {
					(Some(channel), Ok(bytes)) => {
						// The connection may be gone meanwhile.
						let _ = self.swarm.behaviour_mut().sync.send_response(channel, bytes);
					}
					(_, Err(error)) => warn!(%error, "a response cannot be encoded"),
					(None, Ok(_)) => {}
				}
			}
			Msg::CancelInboundRequest(id) => drop(self.inbound.remove(&id)),
			Msg::DumpState(reply) => drop(reply.send(None)),
			Msg::UpdatePersistentPeers(_, reply) => {
				let refused = PersistentPeerError::InternalError("peers are configured in the node".into());
				drop(reply.send(Err(refused)));
			}
			// libp2p cannot cancel a request; it times out. Validators are not treated differently from other peers,
			// and raw events come from the stock network only.
			Msg::CancelRequest(_)
			| Msg::UpdateValidatorSet(_)
			| Msg::ValidatorProofVerified { .. }
			| Msg::NewEvent(_) => {}
		}
	}

	fn publish_encoded<E: std::fmt::Display>(&mut self, topic: Topic, encoded: Result<Bytes, E>) {
		match encoded {
			Ok(bytes) => self.publish(topic, bytes),
			Err(error) => warn!(?topic, %error, "a message cannot be encoded"),
		}
	}

	fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
		match event {
			SwarmEvent::NewListenAddr { address, .. } => {
				info!(%address, "listening");
				self.update_addresses();
			}
			SwarmEvent::ExpiredListenAddr { .. } => self.update_addresses(),
			SwarmEvent::ConnectionEstablished { peer_id, endpoint, .. } => {
				let dialled = endpoint.is_dialer().then(|| endpoint.get_remote_address());
				self.dialer.connected(peer_id, dialled);
				self.table.connected(peer_id);
			}
			SwarmEvent::ConnectionClosed { peer_id, num_established: 0, cause, .. } => {
				self.on_disconnected(&peer_id, cause.as_ref());
			}
			SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
				debug!(peer = ?peer_id, %error, "dialling failed");
			}
			SwarmEvent::Behaviour(BehaviourEvent::Identify(event)) => self.on_identify(event),
			SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => self.on_gossip(event),
			SwarmEvent::Behaviour(BehaviourEvent::Sync(event)) => self.on_sync(event),
			// Pings keep connections honest by closing dead ones; everything else is libp2p's own business.
			_ => {}
		}
	}

	fn update_addresses(&mut self) {
		self.addresses.send_replace(self.swarm.listeners().cloned().collect());
	}

	fn update_peers(&mut self) {
		self.peers.send_replace(self.table.snapshot().into());
		let consensus = self.table.consensus_count();
		self.consensus_peers.send_if_modified(|count| std::mem::replace(count, consensus) != consensus);
	}

	fn on_disconnected(&mut self, peer: &PeerId, cause: Option<&ConnectionError>) {
		self.dialer.disconnected(peer, Instant::now());
		if self.table.disconnected(peer) {
			debug!(%peer, ?cause, "peer disconnected");
			self.engine.peer_disconnected(peer);
			self.update_peers();
		}
	}

	fn on_identify(&mut self, event: identify::Event) {
		let identify::Event::Received { peer_id: peer, info, .. } = event else { return };
		if info.protocol_version != self.names.identify_protocol() {
			warn!(%peer, theirs = %info.protocol_version, ours = %self.names.identify_protocol(), "disconnecting a peer of another chain");
			self.dialer.foreign(&peer, Instant::now());
			// An error means that it is gone already.
			let _ = self.swarm.disconnect_peer_id(peer);
			return;
		}
		let agent: String = info.agent_version.chars().take(AGENT_CHARS_MAX).collect();
		if self.table.identified(peer, agent.clone(), info.listen_addrs) {
			info!(%peer, ?agent, "peer connected");
			self.engine.peer_connected(&peer);
			if self.table.hears_status(&peer) {
				self.engine.peer_hears_status(&peer);
			}
		}
		self.update_peers();
	}

	fn on_gossip(&mut self, event: gossipsub::Event) {
		match event {
			gossipsub::Event::Message { propagation_source, message_id, message } => {
				self.on_gossip_message(propagation_source, message_id, message);
			}
			gossipsub::Event::Subscribed { peer_id, topic } => self.on_subscription(&peer_id, &topic, true),
			gossipsub::Event::Unsubscribed { peer_id, topic } => {
				self.on_subscription(&peer_id, &topic, false)
			}
			gossipsub::Event::GossipsubNotSupported { peer_id } => debug!(peer = %peer_id, "does not gossip"),
			gossipsub::Event::SlowPeer { peer_id, .. } => debug!(peer = %peer_id, "slow peer"),
		}
	}

	fn on_subscription(&mut self, peer: &PeerId, topic: &gossipsub::TopicHash, follows: bool) {
		match self.names.find(topic) {
			Some(Topic::Consensus) => self.table.follows_consensus(peer, follows),
			Some(Topic::Status) => {
				let heard = self.table.hears_status(peer);
				self.table.follows_status(peer, follows);
				if !heard && self.table.hears_status(peer) {
					self.engine.peer_hears_status(peer);
				}
			}
			Some(Topic::Transactions) => self.table.takes_transactions(peer, follows),
			Some(Topic::Parts | Topic::Liveness) | None => return,
		}
		self.update_peers();
	}

	fn on_gossip_message(&mut self, from: PeerId, id: gossipsub::MessageId, message: gossipsub::Message) {
		let Some(topic) = self.names.find(&message.topic) else {
			return self.judge(&id, &from, MessageAcceptance::Ignore);
		};
		match decode(topic, &from, message.source.as_ref(), message.data.into()) {
			Ok(Gossip::Event(event)) => {
				self.judge(&id, &from, MessageAcceptance::Accept);
				self.engine.send(event);
			}
			Ok(Gossip::Status(status)) => {
				self.judge(&id, &from, MessageAcceptance::Accept);
				self.on_status(message.source, status);
			}
			Ok(Gossip::Transaction(bytes)) => self.on_transaction(from, id, bytes),
			Err(error) => {
				debug!(%from, ?topic, %error, "undecodable gossip");
				self.judge(&id, &from, MessageAcceptance::Reject);
			}
		}
	}

	/// The signature of gossip proves who published; who is no direct peer cannot be asked for blocks.
	fn on_status(&mut self, publisher: Option<PeerId>, status: malachite::Status<Plexus>) {
		let peer = from_engine(&status.peer_id);
		if publisher == Some(peer) && self.table.told_tip(&peer, status.tip_height.0) {
			self.engine.peer_status(&status);
			self.update_peers();
		}
	}

	fn on_transaction(&mut self, from: PeerId, id: gossipsub::MessageId, bytes: Bytes) {
		if bytes.is_empty() || bytes.len() > TRANSACTION_BYTES_MAX {
			return self.judge(&id, &from, MessageAcceptance::Reject);
		}
		let kib = bytes.len().div_ceil(1 << 10) as u32;
		let Ok(room) = self.room.clone().try_acquire_many_owned(kib) else {
			return self.judge(&id, &from, MessageAcceptance::Ignore);
		};
		let incoming = IncomingTransaction {
			id: TransactionId { message: id.clone(), from },
			from,
			bytes: bytes.into(),
			_room: room,
		};
		if self.transactions.try_send(incoming).is_err() {
			self.judge(&id, &from, MessageAcceptance::Ignore);
		}
	}

	fn on_sync(&mut self, event: sync::Event) {
		match event {
			request_response::Event::Message { peer, message, .. } => match message {
				request_response::Message::Request { request_id, request: RawRequest(bytes), channel } => {
					self.on_sync_request(&peer, InboundRequestId::new(request_id), bytes, channel);
				}
				request_response::Message::Response { request_id, response: RawResponse(bytes) } => {
					let response = ScaleCodec
						.decode(bytes)
						.inspect_err(|error| debug!(%peer, %error, "undecodable blocks"))
						.ok();
					let id = OutboundRequestId::new(request_id);
					self.engine.send(NetworkEvent::SyncResponse(id, to_engine(&peer), response));
				}
			},
			request_response::Event::OutboundFailure { peer, request_id, error, .. } => {
				let id = OutboundRequestId::new(request_id);
				self.engine.send(NetworkEvent::SyncRequestFailed(id, to_engine(&peer), failure(&error)));
			}
			request_response::Event::InboundFailure { peer, request_id, .. } => {
				let id = InboundRequestId::new(request_id);
				self.inbound.remove(&id);
				self.engine.send(NetworkEvent::SyncInboundRequestFailed(id, to_engine(&peer)));
			}
			request_response::Event::ResponseSent { .. } => {}
		}
	}

	/// A dropped channel tells the peer that it gets no answer.
	fn on_sync_request(
		&mut self,
		peer: &PeerId,
		id: InboundRequestId,
		bytes: Bytes,
		channel: ResponseChannel,
	) {
		if !self.table.counts(peer) || self.inbound.len() >= INBOUND_REQUESTS_MAX {
			return debug!(%peer, "a request for blocks is not taken");
		}
		match ScaleCodec.decode(bytes) {
			Ok(request) => {
				self.inbound.insert(id.clone(), channel);
				self.engine.send(NetworkEvent::SyncRequest(id, to_engine(peer), request));
			}
			Err(error) => debug!(%peer, %error, "undecodable request for blocks"),
		}
	}
}

/// Characters kept of what a peer calls itself.
const AGENT_CHARS_MAX: usize = 64;

fn failure(error: &OutboundFailure) -> OutboundFailureReason {
	match error {
		OutboundFailure::DialFailure => OutboundFailureReason::DialFailure,
		OutboundFailure::Timeout => OutboundFailureReason::Timeout,
		OutboundFailure::ConnectionClosed => OutboundFailureReason::ConnectionClosed,
		OutboundFailure::UnsupportedProtocols => OutboundFailureReason::UnsupportedProtocols,
		OutboundFailure::Io(_) => OutboundFailureReason::Io,
	}
}
