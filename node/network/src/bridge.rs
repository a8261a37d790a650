//! The engine's network actor: a mailbox in front of the worker.
//!
//! # Must not
//! Hold state or decide: each message goes on to the worker, which owns everything. When the worker is gone the actor
//! fails, and with it, through the engine's supervisor, consensus.

use crate::conduct::Misbehaviour;
use crate::engine_side::from_engine;
use crate::handle::NetworkHandle;
use arc_malachitebft_app_channel::app::engine::network::Msg;
use plexus_consensus::malachite::{NetworkMsg, NetworkRef, PeerId};
use plexus_consensus::Plexus;
use ractor::{Actor, ActorProcessingErr, ActorRef, SpawnErr};
use tokio::sync::mpsc;

/// Messages of the engine to the network.
pub(crate) type EngineMessage = Msg<Plexus>;

/// Messages of the engine that may wait for the worker; beyond, the engine's own mailbox fills.
pub(crate) const ENGINE_MESSAGES_MAX: usize = 256;

/// Parts of our proposals that may wait for the actor: two full blocks.
const PARTS_MAX: usize = 80;

/// Accusations of the engine that may wait: it has no more requests for blocks under way.
const LIARS_MAX: usize = 16;

struct Bridge;

#[async_trait::async_trait]
impl Actor for Bridge {
	type Msg = EngineMessage;
	type State = mpsc::Sender<EngineMessage>;
	type Arguments = mpsc::Sender<EngineMessage>;

	async fn pre_start(
		&self,
		_: ActorRef<EngineMessage>,
		worker: mpsc::Sender<EngineMessage>,
	) -> Result<Self::State, ActorProcessingErr> {
		Ok(worker)
	}

	async fn handle(
		&self,
		_: ActorRef<EngineMessage>,
		message: EngineMessage,
		worker: &mut Self::State,
	) -> Result<(), ActorProcessingErr> {
		worker.send(message).await.map_err(|_| "the network has ended".into())
	}
}

/// Spawns the actor and the channel on which the application publishes parts.
pub(crate) async fn spawn(
	worker: mpsc::Sender<EngineMessage>,
) -> Result<(NetworkRef<Plexus>, mpsc::Sender<NetworkMsg<Plexus>>), SpawnErr> {
	let (actor, _) = Actor::spawn(None, Bridge, worker).await?;
	let (parts, mut to_publish) = mpsc::channel::<NetworkMsg<Plexus>>(PARTS_MAX);
	let forward = actor.clone();
	tokio::spawn(async move {
		while let Some(part) = to_publish.recv().await {
			if forward.cast(part.into()).is_err() {
				break;
			}
		}
	});
	Ok((actor, parts))
}

/// The channel on which the engine says which peers sent blocks that do not verify.
pub(crate) fn blame_liars(handle: NetworkHandle) -> mpsc::Sender<PeerId> {
	let (liars, mut accused) = mpsc::channel::<PeerId>(LIARS_MAX);
	tokio::spawn(async move {
		while let Some(peer) = accused.recv().await {
			handle.report(from_engine(&peer), Misbehaviour::UnverifiableBlocks);
		}
	});
	liars
}
