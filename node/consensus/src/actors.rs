//! The engine's actors: the same, in the same order and with the same links as Malachite's own builder makes them.
//!
//! ```text
//!          node, the supervisor: when one of its children fails, it ends, and so does consensus
//!   ┌─────────┬─────────┬─────────┴─┐
//! network    log      host ◄── consensus ──┬──► block sync
//!  (ours)           messages for us        └──► liars: peers whose blocks did not verify
//! ```
//!
//! # Why not the builder
//! It keeps the port between consensus and block sync to itself. That port is the only place where the engine says which
//! peer sent a block that does not verify; without it, such a peer could lie for ever.
//!
//! # Must not
//! Do anything beyond starting and stopping them.

use crate::codec::ScaleCodec;
use crate::malachite::actors::{
	spawn_consensus_actor, spawn_host_actor, spawn_node_actor, spawn_sync_actor, spawn_wal_actor,
	ConsensusRef, HostRef, Metrics, NodeRef, OutputPort, SharedRegistry, SyncMsg, TxEvent,
};
use crate::malachite::config::{ConsensusConfig, ValueSyncConfig};
use crate::malachite::{AppMsg, ConsensusContext, NetworkRef, PeerId};
use crate::standing::LogCodec;
use crate::types::Plexus;
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::warn;

/// How long the engine's core may take to finish a message: it waits for its log, whose disk takes milliseconds, or for an
/// answer of ours, which does not come any more.
const CORE_STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// What the actors need to know.
#[derive(Clone)]
pub(crate) struct Settings {
	/// Name in the engine's metrics.
	pub name: String,
	/// Of deciding.
	pub consensus: ConsensusConfig,
	/// Of fetching what others decided.
	pub sync: ValueSyncConfig,
}

/// What the actors talk to.
#[derive(Clone)]
pub(crate) struct Outside {
	/// The network's actor.
	pub network: NetworkRef<Plexus>,
	/// Who is told which peers sent blocks that do not verify. When it is full they are forgotten: who lies lies again.
	pub liars: mpsc::Sender<PeerId>,
}

/// Running actors.
pub(crate) struct Engine {
	/// What the application is asked.
	pub messages: mpsc::Receiver<AppMsg<Plexus>>,
	/// Ends when one of the actors did.
	pub ended: JoinHandle<()>,
	/// What the engine tells of itself.
	pub events: TxEvent<Plexus>,
	core: ConsensusRef<Plexus>,
	node: NodeRef,
}

impl Engine {
	/// Asks all actors to stop; [`Engine::ended`] says when they have. The core goes before its log, whose end it would
	/// take for a failure of the disk.
	pub async fn stop(&self) {
		// Or else its supervisor takes this for a failure, too.
		self.core.unlink(self.node.get_cell());
		if self.core.stop_and_wait(None, Some(CORE_STOP_TIMEOUT)).await.is_err() {
			self.core.kill();
		}
		self.node.stop(None);
	}
}

/// Starts the actors.
///
/// # Errors
/// What the engine says, mostly that another process holds the log.
pub(crate) async fn start(
	settings: &Settings,
	outside: &Outside,
	log: (&Path, LogCodec),
	key: ConsensusContext<Plexus>,
) -> Result<Engine, String> {
	let registry = SharedRegistry::global().with_moniker(&settings.name);
	let metrics = Metrics::register(&registry);
	let (node, ended) = spawn_node_actor(metrics.clone()).await.map_err(text)?;
	let events = TxEvent::new();
	match start_children(settings, outside, log, key, (&registry, metrics, &events), &node).await {
		Ok((messages, core)) => Ok(Engine { messages, ended, events, core, node }),
		Err(error) => {
			node.get_cell().stop_children(None);
			node.stop(None);
			Err(error)
		}
	}
}

async fn start_children(
	settings: &Settings,
	outside: &Outside,
	(wal, codec): (&Path, LogCodec),
	key: ConsensusContext<Plexus>,
	(registry, metrics, events): (&SharedRegistry, Metrics, &TxEvent<Plexus>),
	node: &NodeRef,
) -> Result<(mpsc::Receiver<AppMsg<Plexus>>, ConsensusRef<Plexus>), String> {
	let network = &outside.network;
	network.link(node.get_cell());
	let wal = spawn_wal_actor(&Plexus, codec, wal, registry, node.clone()).await.map_err(text)?;
	wal.link(node.get_cell());
	let (host, messages): (HostRef<Plexus>, _) = spawn_host_actor(metrics.clone()).await.map_err(text)?;
	host.link(node.get_cell());
	let port = Arc::new(OutputPort::new());
	let consensus: ConsensusRef<Plexus> = spawn_consensus_actor(
		Plexus,
		key.address,
		settings.consensus.clone(),
		key.verifier,
		key.signer,
		network.clone(),
		host.clone(),
		wal,
		port.clone(),
		metrics,
		events.clone(),
		node.clone(),
	)
	.await
	.map_err(text)?;
	consensus.link(node.get_cell());
	let sync = spawn_sync_actor(
		Plexus,
		network.clone(),
		host,
		consensus.clone(),
		ScaleCodec,
		&settings.sync,
		registry,
	);
	if let Some(sync) = sync.await.map_err(text)? {
		sync.link(node.get_cell());
		let liars = outside.liars.clone();
		port.subscribe(sync, move |message| {
			listen(&message, &liars);
			Some(message)
		});
	}
	Ok((messages, consensus))
}

/// Notes whom the engine accuses, on what it tells block sync.
fn listen(message: &SyncMsg<Plexus>, liars: &mpsc::Sender<PeerId>) {
	if let SyncMsg::PeerFault(peer, height, _) = message {
		warn!(%peer, height = height.0, "a peer sent a block that does not verify");
		// Full or closed: see `Outside::liars`.
		let _ = liars.try_send(*peer);
	}
}

fn text(error: impl Display) -> String {
	format!("{error:#}")
}
