//! The task that owns the swarm and everything about peers.
//!
//! # Must not
//! Wait for anybody: whoever cannot keep up with it loses messages, and each such loss is written down below.
//!
//! # Invariants
//! - Each gossip message gets exactly one verdict: at once, or for transactions when the node has judged, or for a chunk
//!   that overtook its head when that comes or after two seconds.
//! - Whatever a peer sends is measured against its share before anything is done with it.
//!
//! # Full queues
//!
//! | queue | bound | when full |
//! |---|---|---|
//! | commands of the node | [`COMMANDS_MAX`] | own transactions are not gossiped and stay in the pool; verdicts and announcements wait |
//! | messages of the engine | 256 | the engine's own mailbox fills |
//! | what is sent on | half of a peer's share; half of that is only for what comes from peers for whom little was sent on | own transactions: as above; others' messages are handled here and not forwarded |
//! | batches for the node | [`TRANSACTIONS_MAX`], 32 MiB | a batch is ignored: not forwarded, and nobody's fault |
//! | parts for the application | 304 | dropped here, and forwarded; the proposal comes again or the block is asked for |
//! | votes and proposals of later heights | for each, 2,400 of validators in equal shares, 300 of all strangers | dropped here, and forwarded; the engines send again |
//! | chunks before their head | 13.5 MiB, of one peer 4.6 | dropped, not forwarded |
//! | events for the engine | 512 | the engine misses the oldest and recovers as from lost messages |
//! | requests for blocks | 128, of one peer 16 | the channel is dropped; the peer asks another |
//! | answers with blocks | 64 MiB, of one peer 18 and the last one begun | the request waits until answers before it have left |
//! | newcomers | [`NEWCOMERS_MAX`] | the peer hears only of transactions that come later |
//! | announcements | 4 | as above |
//! | requests for a state | 32, four of one peer | the channel is dropped; the peer asks another |
//! | gossip for a slow peer | 512 own, 512 forwarded | dropped; of what is forwarded, gossip tells the peer what there is, and it asks; where its own do not fit, the connection is made anew |
//! | a peer's share | [`Rates`](crate::meter::Rates) | dropped, and held against the peer as a flood |

mod connections;
mod engine;
mod gossip;
mod state;

pub(crate) use state::STATE_REQUESTS_PER_PEER_MAX;

use crate::answers::Answers;
use crate::behaviour::{build_swarm, Behaviour, BehaviourEvent};
use crate::bridge::{self, EngineMessage, ENGINE_MESSAGES_MAX};
use crate::conduct::Conduct;
use crate::config::{NetworkConfig, NetworkError};
use crate::counters::Counters;
use crate::dialer::Dialer;
use crate::discovery::Discovery;
use crate::early::Early;
use crate::engine_side::EngineSide;
use crate::handle::{BannedPeer, Command, Network, NetworkHandle, NetworkTask, TRANSACTIONS_KIB_MAX};
use crate::in_flight::InFlight;
use crate::meter::{Meter, FORGET_INTERVAL};
use crate::own_votes::OwnVotes;
use crate::peers::{PeerInfo, PeerTable};
use crate::recent::Recent;
use crate::streams::Streams;
use crate::topics::Names;
use crate::validators::Validators;
use arc_malachitebft_sync::{InboundRequestId, ResponseChannel};
use connections::Near;
use futures::{future::BoxFuture, StreamExt};
use gossip::{HeldPart, Transactions};
use libp2p::multiaddr::Protocol;
use libp2p::request_response::OutboundRequestId;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, Swarm};
use plexus_consensus::{Height, NetworkPort, Progress};
use sp_core::H256;
use state::StateSync;
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch, Semaphore};
use tokio::time::MissedTickBehavior;
use tracing::{info, warn};

/// Commands of the node that may wait.
const COMMANDS_MAX: usize = 4_096;

/// Batches from peers that may wait for the node.
const TRANSACTIONS_MAX: usize = 4_096;

/// Peers that may wait to be told which transactions wait.
const NEWCOMERS_MAX: usize = 64;

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
	let swarm = listen(&config, &names)?;
	let me = *swarm.local_peer_id();
	let (engine_sender, engine_messages) = mpsc::channel(ENGINE_MESSAGES_MAX);
	let (actor, parts) =
		bridge::spawn(engine_sender).await.map_err(|error| NetworkError::Start(error.to_string()))?;
	let (command_sender, commands) = mpsc::channel(COMMANDS_MAX);
	let (transaction_sender, transactions) = mpsc::channel(TRANSACTIONS_MAX);
	let (newcomer_sender, newcomers) = mpsc::channel(NEWCOMERS_MAX);
	let (state_sender, state_requests) = mpsc::channel(state::ANSWERING_MAX);
	let (watches, receivers) = watches();
	let (stop, stop_receiver) = watch::channel(false);
	let room = Arc::new(Semaphore::new(TRANSACTIONS_KIB_MAX));
	let incoming = transaction_sender.downgrade();
	let to_node = Transactions::new(transaction_sender, newcomer_sender, room.clone());
	let worker = Worker::new(&config, names, swarm, to_node, StateSync::new(state_sender), watches);
	let handle = NetworkHandle {
		me,
		commands: command_sender,
		peers: receivers.0,
		addresses: receivers.1,
		reserved: worker.watches.reserved.subscribe(),
		banned: worker.watches.banned.subscribe(),
		room,
		incoming,
		counters: worker.counters.clone(),
	};
	let progress = worker.progress.clone();
	let task = tokio::spawn(worker.run(commands, engine_messages, stop_receiver));
	info!(peer = %me, "network started");
	let liars = bridge::blame_liars(handle.clone());
	Ok(Network {
		handle,
		consensus_port: NetworkPort { actor, parts, peers: receivers.2, liars, progress },
		transactions,
		newcomers,
		state_requests,
		task: NetworkTask { stop, task },
	})
}

/// The swarm, at all its addresses.
fn listen(config: &NetworkConfig, names: &Names) -> Result<Swarm<Behaviour>, NetworkError> {
	let mut swarm = build_swarm(config, names)?;
	let refused =
		|address: &Multiaddr, cause: String| NetworkError::Listen { address: address.clone(), cause };
	// All before the first is taken: all addresses of IPv6 are to the system those of IPv4, too, which libp2p asks it not to do.
	for address in &config.listen {
		probe(address).map_err(|cause| refused(address, cause.to_string()))?;
	}
	for address in &config.listen {
		swarm.listen_on(address.clone()).map_err(|cause| refused(address, cause.to_string()))?;
	}
	for address in &config.public {
		swarm.add_external_address(address.clone());
	}
	Ok(swarm)
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
		Some(Protocol::Udp(port)) if port != 0 => std::net::UdpSocket::bind((ip, port)).map(drop),
		_ => Ok(()),
	}
}

/// What others may read at any time.
struct Watches {
	peers: watch::Sender<Arc<[PeerInfo]>>,
	addresses: watch::Sender<Arc<[Multiaddr]>>,
	consensus_peers: watch::Sender<usize>,
	reserved: watch::Sender<Arc<[Multiaddr]>>,
	banned: watch::Sender<Arc<[BannedPeer]>>,
}

type Receivers =
	(watch::Receiver<Arc<[PeerInfo]>>, watch::Receiver<Arc<[Multiaddr]>>, watch::Receiver<usize>);

fn watches() -> (Watches, Receivers) {
	let (peers, peers_receiver) = watch::channel(Arc::from([]));
	let (addresses, addresses_receiver) = watch::channel(Arc::from([]));
	let (consensus_peers, consensus_peers_receiver) = watch::channel(0);
	let (reserved, banned) = (watch::Sender::new(Arc::from([])), watch::Sender::new(Arc::from([])));
	let watches = Watches { peers, addresses, consensus_peers, reserved, banned };
	(watches, (peers_receiver, addresses_receiver, consensus_peers_receiver))
}

struct Worker {
	swarm: Swarm<Behaviour>,
	names: Names,
	genesis: H256,
	engine: EngineSide,
	table: PeerTable,
	dialer: Dialer,
	discovery: Discovery,
	near: Near,
	/// How many peers this node looks for.
	outbound_max: usize,
	conduct: Conduct,
	meter: Meter,
	/// What was sent on for each peer.
	relayed: Meter,
	validators: Validators,
	progress: Progress,
	/// The height of the present validators; none before consensus runs.
	height: Option<u64>,
	/// What was relayed a moment ago.
	recent: Recent,
	/// What the engine keeps of heights that have not begun.
	early: Early,
	own_votes: OwnVotes,
	streams: Streams<HeldPart>,
	in_flight: InFlight,
	inbound: HashMap<InboundRequestId, ResponseChannel>,
	answers: Answers,
	/// Heights that we asked peers for; the engine bounds how many requests are under way.
	asked: HashMap<OutboundRequestId, RangeInclusive<Height>>,
	transactions: Transactions,
	state: StateSync,
	watches: Watches,
	counters: Arc<Counters>,
	tidied: Instant,
}

impl Worker {
	fn new(
		config: &NetworkConfig,
		names: Names,
		swarm: Swarm<Behaviour>,
		transactions: Transactions,
		state: StateSync,
		watches: Watches,
	) -> Self {
		let now = Instant::now();
		let bootnodes = if config.reserved_only { &[] } else { &config.bootnodes[..] };
		let dialer = Dialer::new(bootnodes, &config.reserved, *swarm.local_peer_id(), now);
		watches.reserved.send_replace(dialer.reserved().cloned().collect());
		Self {
			genesis: config.genesis_hash,
			engine: EngineSide::new(config.listen.first()),
			dialer,
			discovery: Discovery::new(),
			near: Near::default(),
			outbound_max: config.connections.outbound as usize,
			conduct: Conduct::default(),
			meter: Meter::new(config.rates),
			relayed: Meter::new(config.rates),
			validators: Validators::default(),
			progress: Progress::default(),
			height: None,
			recent: Recent::new(now),
			early: Early::default(),
			own_votes: OwnVotes::default(),
			streams: Streams::default(),
			in_flight: InFlight::default(),
			swarm,
			names,
			table: PeerTable::default(),
			inbound: HashMap::new(),
			answers: Answers::default(),
			asked: HashMap::new(),
			transactions,
			state,
			watches,
			counters: Arc::default(),
			tidied: now,
		}
	}

	async fn run(
		mut self,
		mut commands: mpsc::Receiver<Command>,
		mut engine: mpsc::Receiver<EngineMessage>,
		mut stop: watch::Receiver<bool>,
	) {
		let mut ticks = tokio::time::interval(DIAL_INTERVAL);
		ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
		loop {
			let flush = self.transactions.flush_at();
			tokio::select! {
				// A dropped task handle ends the network, too.
				_ = stop.wait_for(|stop| *stop) => break,
				_ = ticks.tick() => self.on_tick(Instant::now()),
				() = sleep_until(flush), if flush.is_some() => self.flush(),
				Some(message) = engine.recv() => self.on_engine_message(message),
				Some(command) = commands.recv() => self.on_command(command),
				event = self.swarm.select_next_some() => self.on_event(event),
			}
		}
		info!("network stopped");
	}

	fn on_tick(&mut self, now: Instant) {
		self.dial(now);
		self.disconnect_silent(now);
		self.drop_held_parts(now);
		self.repeat_own_votes(now);
		if now.saturating_duration_since(self.tidied) >= FORGET_INTERVAL {
			self.tidied = now;
			self.meter.forget_full(now);
			self.relayed.forget_full(now);
			for peer in self.transactions.tidy(now) {
				self.welcome(peer);
			}
			if self.conduct.tidy(now) {
				self.update_banned();
			}
		}
	}

	fn on_command(&mut self, command: Command) {
		match command {
			Command::PublishTransaction(bytes) => self.publish_transaction(bytes),
			Command::Judge(id, verdicts) => self.on_verdicts(id, &verdicts),
			Command::Announce(peer, transactions, done) => self.announce(peer, transactions, done),
			Command::Report(peer, what) => self.blame(peer, what),
			Command::AskState(peer, request, answer) => self.ask_state(peer, request, answer),
			Command::AnswerState(id, answer) => self.answer_state(id, answer),
			Command::Reserve(peer, address) => self.reserve(peer, address),
			Command::Unreserve(peer) => self.unreserve(&peer),
		}
	}

	fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
		match event {
			SwarmEvent::NewListenAddr { address, .. } => {
				info!(%address, "listening");
				self.update_addresses();
			}
			SwarmEvent::ExpiredListenAddr { .. } => self.update_addresses(),
			SwarmEvent::ListenerClosed { addresses, reason, .. } => {
				warn!(?addresses, ?reason, "no longer listening");
				self.update_addresses();
			}
			SwarmEvent::ConnectionEstablished { peer_id, endpoint, .. } => {
				self.on_connected(peer_id, &endpoint);
			}
			SwarmEvent::ConnectionClosed { peer_id, num_established: 0, cause, .. } => {
				self.on_disconnected(&peer_id, cause.as_ref());
			}
			SwarmEvent::IncomingConnectionError { error, .. } => self.on_refused_caller(error),
			SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
				self.on_failed_dial(peer_id, error);
			}
			SwarmEvent::Behaviour(BehaviourEvent::Identify(event)) => self.on_identify(event),
			SwarmEvent::Behaviour(BehaviourEvent::Discovery(event)) => self.on_discovery(event),
			SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => self.on_gossip(event),
			SwarmEvent::Behaviour(BehaviourEvent::Sync(event)) => self.on_sync(event),
			SwarmEvent::Behaviour(BehaviourEvent::Announce(event)) => self.on_announce(event),
			SwarmEvent::Behaviour(BehaviourEvent::State(event)) => self.on_state(event),
			SwarmEvent::Behaviour(BehaviourEvent::Ping(event)) => self.on_ping(&event),
			// Everything else is libp2p's own business.
			_ => {}
		}
	}

	fn update_addresses(&mut self) {
		self.watches.addresses.send_replace(self.swarm.listeners().cloned().collect());
	}

	fn update_peers(&mut self) {
		let snapshot = self.table.snapshot(|peer| self.validators.is_peer(peer));
		self.watches.peers.send_replace(snapshot.into());
		let consensus = self.table.consensus_count();
		let replace = |count: &mut usize| std::mem::replace(count, consensus) != consensus;
		self.watches.consensus_peers.send_if_modified(replace);
	}

	fn update_reserved(&mut self) {
		self.watches.reserved.send_replace(self.dialer.reserved().cloned().collect());
	}

	/// Who is banned, for the gate and for others.
	fn update_banned(&mut self) {
		let banned: Arc<[BannedPeer]> = self
			.conduct
			.bans()
			.map(|(peer, ban)| BannedPeer { id: *peer, reason: ban.reason, until: ban.until })
			.collect();
		let conduct = &self.conduct;
		self.swarm.behaviour_mut().gate.keep_banned(|peer| conduct.is_banned(peer));
		self.watches.banned.send_replace(banned);
	}

	fn update_validators(&mut self) {
		self.swarm.behaviour_mut().gate.set_validators(self.validators.peers());
	}

	fn is_connected(&self, peer: &PeerId) -> bool {
		self.swarm.is_connected(peer)
	}
}

/// Never, if there is no time.
async fn sleep_until(time: Option<tokio::time::Instant>) {
	match time {
		Some(time) => tokio::time::sleep_until(time).await,
		None => std::future::pending().await,
	}
}
