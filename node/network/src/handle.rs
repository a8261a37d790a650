//! The network as the node sees it.
//!
//! # Must not
//! Hold state of its own: it sends commands and reads watches.

use crate::config::NetworkError;
use crate::peers::PeerInfo;
use libp2p::gossipsub::MessageId;
use libp2p::{Multiaddr, PeerId};
use plexus_consensus::NetworkPort;
use std::sync::Arc;
use tokio::sync::{mpsc, watch, OwnedSemaphorePermit};
use tokio::task::JoinHandle;

/// The longest transaction that is gossiped: 2 MiB, the pool's bound.
pub const TRANSACTION_BYTES_MAX: usize = 2 << 20;

/// A gossiped transaction, to be named in a [`Verdict`].
#[derive(Clone, Debug)]
pub struct TransactionId {
	pub(crate) message: MessageId,
	pub(crate) from: PeerId,
}

/// A transaction that a peer gossiped. It is forwarded only after [`NetworkHandle::judge`].
#[derive(Debug)]
pub struct IncomingTransaction {
	/// Which one, for the verdict.
	pub id: TransactionId,
	/// The peer that sent it to us; not necessarily its author.
	pub from: PeerId,
	/// The extrinsic.
	pub bytes: Vec<u8>,
	/// Room in the bound on waiting bytes; given back when the transaction is dropped.
	pub(crate) _room: OwnedSemaphorePermit,
}

/// What the node thinks of a gossiped transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// Valid: forward it.
	Accept,
	/// Not worth forwarding, nobody's fault: known already, stale, or the pool is full.
	Ignore,
	/// Rubbish: the peer should have checked.
	Reject,
}

#[derive(Debug)]
pub(crate) enum Command {
	PublishTransaction(Vec<u8>),
	Judge(TransactionId, Verdict),
}

/// Handle of the network. Cheap to clone.
#[derive(Clone)]
pub struct NetworkHandle {
	pub(crate) me: PeerId,
	pub(crate) commands: mpsc::Sender<Command>,
	pub(crate) peers: watch::Receiver<Arc<[PeerInfo]>>,
	pub(crate) addresses: watch::Receiver<Arc<[Multiaddr]>>,
}

impl NetworkHandle {
	/// This node's id.
	pub fn local_peer_id(&self) -> PeerId {
		self.me
	}

	/// The connected peers of this chain.
	pub fn peers(&self) -> Arc<[PeerInfo]> {
		self.peers.borrow().clone()
	}

	/// The connected peers, as they change.
	pub fn watch_peers(&self) -> watch::Receiver<Arc<[PeerInfo]>> {
		self.peers.clone()
	}

	/// The addresses that the node listens on, without its id.
	pub fn listen_addresses(&self) -> Arc<[Multiaddr]> {
		self.addresses.borrow().clone()
	}

	/// The addresses, as they become known.
	pub fn watch_listen_addresses(&self) -> watch::Receiver<Arc<[Multiaddr]>> {
		self.addresses.clone()
	}

	/// Gossips a transaction that this node has accepted. Returns whether it was queued: when the network cannot keep
	/// up it is dropped, and remains in the pool for this node's own blocks.
	pub fn publish_transaction(&self, bytes: Vec<u8>) -> bool {
		bytes.len() <= TRANSACTION_BYTES_MAX
			&& self.commands.try_send(Command::PublishTransaction(bytes)).is_ok()
	}

	/// Says whether a gossiped transaction is forwarded. Waits when the network is busy.
	pub async fn judge(&self, id: TransactionId, verdict: Verdict) {
		// If the network is gone, so is whom to forward to.
		let _ = self.commands.send(Command::Judge(id, verdict)).await;
	}
}

/// A running network.
pub struct Network {
	/// For the node.
	pub handle: NetworkHandle,
	/// For consensus.
	pub consensus_port: NetworkPort,
	/// Transactions that peers gossiped.
	pub transactions: mpsc::Receiver<IncomingTransaction>,
	/// The task that owns the swarm.
	pub task: NetworkTask,
}

/// The task that owns the swarm.
pub struct NetworkTask {
	pub(crate) stop: watch::Sender<bool>,
	pub(crate) task: JoinHandle<()>,
}

impl NetworkTask {
	/// Waits until the network ends; cancel-safe.
	///
	/// # Errors
	/// [`NetworkError::Failed`] if it panicked.
	pub async fn finished(&mut self) -> Result<(), NetworkError> {
		(&mut self.task).await.map_err(|error| NetworkError::Failed(error.to_string()))
	}

	/// Closes all connections.
	///
	/// # Errors
	/// [`NetworkError::Failed`] if it panicked.
	pub async fn stop(mut self) -> Result<(), NetworkError> {
		self.stop.send_replace(true);
		self.finished().await
	}
}
