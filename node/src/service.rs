//! Starts the components in order, waits for the first end, stops them in reverse order. No logic of its own.
//!
//! ```text
//! database ─▶ pool ─▶ chain ─▶ network ─▶ consensus ─▶ RPC ─▶ ready
//!     ▲ ports of metrics and health are bound first: a taken port must not cost a database recovery
//!     └ a node that joins with a state from its peers starts the network before it has a database
//! ```
//!
//! # Must not
//! Decide anything: what a component does on an event belongs to that component.
//!
//! # Invariants
//! - The node never runs on without consensus: when that ends by itself, the process ends with an error.
//! - At a stop, no new calls are accepted before consensus has finished the commit under way; the database is closed last.

mod figures;
mod keys;

use crate::{
	config::Index,
	control::{Control, Peers},
	gossip::{self, FromPeers, Own},
	health::HealthServer,
	index,
	keystore::{KeystoreError, PublicKey, SecretKey},
	logging::LogControl,
	metrics::Metrics,
	network,
	place::{self, Place},
	report::Report,
	reporter::{self, LastBlock},
	rotation::{self, NextKeyWaits},
	rpc_config, snapshot,
	state_sync::{self, Checkpoint, JoinError, Origin},
};
use plexus_chain::Chain;
use plexus_chain_spec::SpecError;
use plexus_consensus::{ConsensusStatus, EngineConfig, EngineError, EngineHandle, NetworkPort};
use plexus_execution::{Executor, SIGNATURES_REMEMBERED};
use plexus_network::{Network, NetworkError, NetworkHandle, NetworkTask};
use plexus_pool::Pool;
use plexus_rpc::{RpcContext, RpcHandle};
use plexus_storage::Hash;
use std::{
	future::Future,
	net::SocketAddr,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
};
use tokio::{sync::watch, task::JoinSet};
use tracing::{info, warn};

use figures::{NodeVitals, Samples};
use keys::Keys;

/// What is not a setting, because it must be said each time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
	/// `--doppelganger-heights`.
	pub doppelganger_heights: u32,
	/// `--unsafe-sign-from`.
	pub unsafe_sign_from: Option<u64>,
	/// `--clock-offset-ms`.
	pub clock_offset_ms: i64,
	/// `--sync-from`.
	pub sync_from: Option<Checkpoint>,
}

/// Why the node did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
	/// The database does not open.
	#[error("{}", .0.cause)]
	Database(Report),
	/// A key is missing or cannot be read.
	#[error(transparent)]
	Key(#[from] KeystoreError),
	/// The port of metrics and health is taken.
	#[error("cannot listen on {address} for metrics and health: {source}")]
	MetricsPort {
		/// The address.
		address: SocketAddr,
		/// The system's reason.
		source: std::io::Error,
	},
	/// The runtime does not answer.
	#[error("the runtime does not answer: {0}")]
	Runtime(#[from] plexus_execution::CallError),
	/// The RPC server does not start.
	#[error(transparent)]
	Rpc(#[from] plexus_rpc::StartError),
	/// An address of the network is none.
	#[error(transparent)]
	Address(#[from] network::AddressError),
	/// The network does not start, or failed.
	#[error(transparent)]
	Network(#[from] NetworkError),
	/// The chain's specification is none.
	#[error(transparent)]
	Spec(#[from] SpecError),
	/// No state was to be had from peers.
	#[error(transparent)]
	Join(#[from] JoinError),
	/// Consensus does not start.
	#[error(transparent)]
	Consensus(#[from] plexus_consensus::StartError),
	/// Consensus failed.
	#[error(transparent)]
	ConsensusEnded(#[from] EngineError),
	/// A component ended that must not.
	#[error("{0} ended without being told to")]
	Ended(&'static str),
	/// A thread of the node panicked while it started.
	#[error("a task of the node panicked: {0}")]
	Panicked(#[from] tokio::task::JoinError),
}

impl ServiceError {
	/// The error for people. The library crates put the remedy into the text.
	pub fn report(&self) -> Report {
		let text = self.to_string();
		match self {
			Self::Database(report) => report.clone(),
			Self::Key(error) => Report::of(error),
			Self::MetricsPort { .. } => {
				Report::new("port in use", text, "stop what uses it, or choose another with --metrics-port")
			}
			Self::Runtime(_) => Report::new("runtime", text, "check the database with `plexus check`"),
			Self::Rpc(_) => Report::from_text("RPC", &text),
			Self::Address(_) | Self::Network(_) => Report::from_text("network", &text),
			Self::Spec(error) => place::spec_report(error),
			Self::Join(error) => Report::of(error),
			Self::Consensus(_) => Report::from_text("consensus does not start", &text),
			Self::ConsensusEnded(_) => Report::from_text("consensus failed", &text),
			Self::Ended(_) => Report::new("internal error", text, "the log says more; start the node again"),
			Self::Panicked(_) => Report::new("internal error", text, "report it with the log"),
		}
	}
}

/// Runs a node until `stop` ends or a component fails.
///
/// # Errors
/// [`ServiceError`]; a clean stop is none.
pub async fn run(
	place: Place,
	options: Options,
	log: LogControl,
	stop: impl Future<Output = ()> + Send,
) -> Result<(), ServiceError> {
	plexus_execution::install_panic_hook();
	let health = bind_health(&place).await?;
	let keys = Keys::load(&place)?;
	let place = Arc::new(place);
	tokio::pin!(stop);
	let joined = match options.sync_from.filter(|_| !place.directory.database().exists()) {
		None => None,
		Some(checkpoint) => {
			tokio::select! {
				joined = join(&place, &keys, checkpoint) => Some(joined?),
				() = &mut stop => return Ok(()),
			}
		}
	};
	let mut node = Node::start(place, options, log, keys, joined, health).await?;
	info!("ready");
	let ended = first_end(&mut stop, &mut node.consensus, &mut node.network).await;
	node.stop(ended).await
}

/// All that runs.
struct Node {
	chain: Chain,
	network: NetworkTask,
	consensus: EngineHandle,
	rpc: RpcHandle,
	/// What health tells of consensus and RPC.
	running: Arc<AtomicBool>,
	helpers: Helpers,
}

impl Node {
	/// From the database on; with the network, if there had to be one before the database.
	async fn start(
		place: Arc<Place>,
		options: Options,
		log: LogControl,
		keys: Keys,
		joined: Option<Network>,
		health: Option<HealthServer>,
	) -> Result<Self, ServiceError> {
		let chain = open_chain(place.clone()).await?;
		let keys = keys.of_the_next_height(&place, &chain)?;
		let mut helpers = Helpers::default();
		let (metrics, last) = start_metrics(&place, &chain);

		let network = match joined {
			Some(network) => network,
			None => open_network(&place, &keys, chain.genesis_hash()).await?,
		};
		let (network, task) = serve_peers(&place, network, &chain, &mut helpers);
		let peers: Arc<dyn Peers> = Arc::new(network.handle);
		let own = keys.validator.as_ref().map(SecretKey::public);
		let built_by = own.map(|key| key.0);
		helpers.spawn(reporter::report(
			chain.blocks(),
			metrics.clone(),
			last.clone(),
			built_by,
			peers.clone(),
		));
		let consensus =
			start_consensus(&place, options, keys.validator.as_ref(), &chain, network.port).await?;
		let status = consensus.status();
		helpers.spawn(reporter::follow_consensus(status.clone(), metrics.clone()));
		let next_key_waits = follow_next_key(&place, &chain, own, status.clone(), &mut helpers);

		let peer_id = keys.node.public().peer_id();
		let control = Control::new(&place, chain.clone(), peers.clone(), log, peer_id, status.clone(), own);
		let block_time_ms = chain.executor().block_time_ms(&chain.tip().state)?;
		let rpc = start_rpc(&place, &chain, control, &metrics).await?;

		keep_behind(&place, &chain, &mut helpers);
		let index = place.config().storage.index;
		metrics.sample(Arc::new(Samples { chain: chain.clone(), peers: peers.clone(), index }));
		let running = Arc::new(AtomicBool::new(true));
		if let Some(server) = health {
			let vitals = NodeVitals {
				chain: chain.clone(),
				peers,
				last,
				block_time_ms,
				consensus: status,
				next_key_waits,
				running: running.clone(),
			};
			helpers.spawn(serve_health(server, metrics, vitals));
		}
		Ok(Self { chain, network: task, consensus, rpc, running, helpers })
	}

	/// In reverse order; how it ended.
	async fn stop(self, ended: Result<(), ServiceError>) -> Result<(), ServiceError> {
		self.running.store(false, Ordering::Release);
		self.rpc.stop().await;
		// After an end of its own there is nothing left to stop.
		if ended.is_ok() {
			self.consensus.stop().await?;
			self.network.stop().await?;
		}
		drop(self.helpers);
		close(self.chain).await;
		info!("stopped");
		ended
	}
}

/// The first end, wanted or not, ends the node.
async fn first_end(
	stop: impl Future<Output = ()>,
	consensus: &mut EngineHandle,
	network: &mut NetworkTask,
) -> Result<(), ServiceError> {
	tokio::select! {
		() = stop => Ok(()),
		ended = consensus.finished() => Err(ended.map_or_else(Into::into, |()| ServiceError::Ended("consensus"))),
		ended = network.finished() => Err(ended.map_or_else(Into::into, |()| ServiceError::Ended("the network"))),
	}
}

/// Tasks that nobody waits for; they end with the service.
#[derive(Default)]
struct Helpers(JoinSet<()>);

impl Helpers {
	fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
		self.0.spawn(task);
	}
}

/// What the network leaves behind for others.
struct Connected {
	handle: NetworkHandle,
	port: NetworkPort,
}

/// Metrics from the chain's present height on; the time of the last block.
fn start_metrics(place: &Place, chain: &Chain) -> (Metrics, LastBlock) {
	let metrics = Metrics::new(&place.spec.id);
	metrics.start_height(chain.tip().number);
	(metrics, LastBlock::now())
}

/// Makes the database of what peers have; the network that it was fetched through.
async fn join(place: &Arc<Place>, keys: &Keys, checkpoint: Checkpoint) -> Result<Network, ServiceError> {
	let spec = place.spec.clone();
	let origin = tokio::task::spawn_blocking(move || Origin::of(&spec)).await??;
	let network = open_network(place, keys, origin.genesis.hash()).await?;
	let (database, options) = (place.directory.database(), place.database_options());
	state_sync::join(network.handle.clone(), origin, checkpoint, database, options).await?;
	Ok(network)
}

async fn open_network(place: &Place, keys: &Keys, genesis: Hash) -> Result<Network, ServiceError> {
	let config = network::config(&place.config().p2p, &place.spec.bootnodes, genesis, &keys.node)?;
	Ok(plexus_network::start(config).await?)
}

/// Starts what answers peers.
fn serve_peers(
	place: &Place,
	network: Network,
	chain: &Chain,
	helpers: &mut Helpers,
) -> (Connected, NetworkTask) {
	let Network { handle, consensus_port, transactions, newcomers, state_requests, task } = network;
	let states = Arc::new(state_sync::Source::new(chain.clone(), place.directory.snapshots()));
	helpers.spawn(state_sync::serve(state_requests, handle.clone(), states));
	let pool = chain.pool();
	let from_peers = FromPeers::default();
	helpers.spawn(gossip::receive(transactions, pool.clone(), handle.clone(), from_peers.clone()));
	helpers.spawn(gossip::announce(newcomers, pool.clone(), handle.clone()));
	let (own, imported) = (Own::default(), pool.subscribe_imported());
	helpers.spawn(gossip::repeat(pool.clone(), handle.clone(), own.clone()));
	helpers.spawn(gossip::publish(imported, pool.clone(), handle.clone(), from_peers, own));
	(Connected { handle, port: consensus_port }, task)
}

async fn start_consensus(
	place: &Place,
	options: Options,
	key: Option<&SecretKey>,
	chain: &Chain,
	port: NetworkPort,
) -> Result<EngineHandle, ServiceError> {
	let mut config = EngineConfig::new(place.directory.consensus());
	config.name.clone_from(&place.config().name);
	config.guard = place.directory.guard();
	config.doppelganger_heights = options.doppelganger_heights;
	config.unsafe_sign_from = options.unsafe_sign_from;
	config.clock_offset_ms = options.clock_offset_ms;
	let key = key.map(SecretKey::signing_key);
	let handle = plexus_consensus::start_on_chain(config, chain.clone(), key, port).await?;
	let status = *handle.status().borrow();
	if place.config().validator && !status.is_validator && !handle.starts_silent() {
		warn!("this node's validator key is not in the validator set: it follows, and does not vote");
	}
	Ok(handle)
}

/// Watches over the next key of a node that signs.
fn follow_next_key(
	place: &Place,
	chain: &Chain,
	own: Option<PublicKey>,
	status: watch::Receiver<ConsensusStatus>,
	helpers: &mut Helpers,
) -> NextKeyWaits {
	let waits = NextKeyWaits::default();
	if let Some(own) = own {
		helpers.spawn(rotation::follow(chain.clone(), place.keystore(), own, status, waits.clone()));
	}
	waits
}

/// What the settings ask to keep behind the chain: snapshots, the index of events.
fn keep_behind(place: &Place, chain: &Chain, helpers: &mut Helpers) {
	if let Some(keeping) = keeping(place) {
		helpers.spawn(snapshot::keep(keeping, Arc::new(place.spec.clone()), chain.clone()));
	}
	if place.config().storage.index == Index::On {
		helpers.spawn(index::keep(chain.clone()));
	}
}

/// The snapshots that the settings ask for.
fn keeping(place: &Place) -> Option<snapshot::Keeping> {
	let storage = &place.config().storage;
	(storage.snapshot_every > 0).then(|| snapshot::Keeping {
		directory: place.directory.snapshots(),
		every: storage.snapshot_every,
		kept: storage.snapshots_kept as usize,
	})
}

async fn start_rpc(
	place: &Place,
	chain: &Chain,
	control: Control,
	metrics: &Metrics,
) -> Result<RpcHandle, plexus_rpc::StartError> {
	let context = RpcContext {
		chain: chain.clone(),
		spec: Arc::new(place.spec.clone()),
		node: Arc::new(control),
		index: place.config().storage.index == Index::On,
	};
	plexus_rpc::start(rpc_config::server(place.config()), context, Arc::new(metrics.clone())).await
}

/// Writes out what a next start would have to replay.
async fn close(chain: Chain) {
	let waiting = chain.pool().status();
	if waiting.ready + waiting.future > 0 {
		let transactions = waiting.ready + waiting.future;
		warn!(
			transactions,
			"these are in no block yet and are forgotten with the pool; their senders submit them again"
		);
	}
	let flushed = tokio::task::spawn_blocking(move || chain.database().flush()).await;
	if let Ok(Err(error)) = flushed {
		warn!(%error, "the database could not be flushed; nothing is lost, the next start takes longer");
	}
}

async fn bind_health(place: &Place) -> Result<Option<HealthServer>, ServiceError> {
	let Some(address) = place.config().metrics_socket() else { return Ok(None) };
	let server =
		HealthServer::bind(address).await.map_err(|source| ServiceError::MetricsPort { address, source })?;
	let address = server.local_addr().unwrap_or(address);
	info!(%address, "metrics and health");
	Ok(Some(server))
}

/// Serves metrics and health as long as the node runs.
async fn serve_health(server: HealthServer, metrics: Metrics, vitals: NodeVitals) {
	if let Err(error) = server.serve(metrics, Arc::new(vitals), std::future::pending()).await {
		warn!(%error, "metrics and health are no longer served");
	}
}

/// Opens the database off the asynchronous threads, since it may have to recover first.
async fn open_chain(place: Arc<Place>) -> Result<Chain, ServiceError> {
	let open = move || {
		let database = place.open_database().map_err(ServiceError::Database)?;
		let executor = Executor::new(SIGNATURES_REMEMBERED);
		let pool = Pool::new(executor.clone(), rpc_config::pool(place.config()), database.tip());
		Ok::<_, ServiceError>(Chain::new(database, executor, pool))
	};
	let chain = tokio::task::spawn_blocking(open).await??;
	let tip = chain.tip();
	info!(height = tip.number, hash = ?tip.hash, genesis = ?chain.genesis_hash(), "chain");
	Ok(chain)
}
