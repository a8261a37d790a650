//! The network as the node sees it.
//!
//! # Must not
//! Hold state of its own: it sends commands and reads watches.

use crate::conduct::{BanReason, Misbehaviour};
use crate::config::{NetworkError, RESERVED_MAX};
use crate::counters::{Counters, Dropping, NetworkStats, QueueFill};
use crate::dialer::peer_of;
use crate::peers::PeerInfo;
use bytes::Bytes;
use libp2p::gossipsub::MessageId;
use libp2p::{request_response, Multiaddr, PeerId};
use plexus_consensus::NetworkPort;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot, watch, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

/// The longest transaction that is gossiped: 2 MiB, the pool's bound.
pub const TRANSACTION_BYTES_MAX: usize = 2 << 20;

/// Kibibytes of transactions from peers that may wait for the node.
pub(crate) const TRANSACTIONS_KIB_MAX: usize = 32 << 10;

/// Peers that are told at a time which transactions wait; more are refused.
pub const ANNOUNCEMENTS_MAX: usize = 4;

/// The longest request of state sync: two keys.
pub const STATE_REQUEST_BYTES_MAX: usize = 4 << 10;

/// The longest answer of state sync. A piece has about a mebibyte; a single value, such as the events of a full block, may be
/// longer.
pub const STATE_RESPONSE_BYTES_MAX: usize = 16 << 20;

/// Names a peer's request for a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRequestId(pub(crate) request_response::InboundRequestId);

/// A peer asks for a piece of a state, in bytes that this crate does not read. To be answered with
/// [`NetworkHandle::answer_state`].
#[derive(Debug)]
pub struct StateRequest {
	/// Which one, for the answer.
	pub id: StateRequestId,
	/// Who asks.
	pub from: PeerId,
	/// What, at most [`STATE_REQUEST_BYTES_MAX`].
	pub bytes: Bytes,
}

/// Why a peer did not answer a request for a state. Nobody's fault, as far as that shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
	/// Too many requests are under way, or the network has ended.
	#[error("the network is busy")]
	Busy,
	/// The peer is not connected.
	#[error("the peer is gone")]
	Gone,
	/// It did not answer, in time or at all.
	#[error("the peer gave no answer")]
	NoAnswer,
	/// It does not speak the protocol.
	#[error("the peer does not serve states")]
	Unsupported,
}

/// Transactions that came together, to be named when they are judged.
#[derive(Clone, Debug)]
pub struct BatchId {
	/// The gossip message; none if a peer told us directly what waits in its pool.
	pub(crate) message: Option<MessageId>,
	pub(crate) from: PeerId,
	/// Of all its transactions.
	pub(crate) bytes: usize,
}

/// Transactions that a peer sent. They are forwarded only after [`NetworkHandle::judge`].
#[derive(Debug)]
pub struct IncomingTransactions {
	/// Which ones, for the verdict.
	pub id: BatchId,
	/// The peer that sent them to us; not necessarily their author.
	pub from: PeerId,
	/// The extrinsics: one at least. Some may have come before, in another batch.
	pub transactions: Vec<Vec<u8>>,
	/// Room in the bound on waiting bytes; given back when the batch is dropped.
	pub(crate) _room: OwnedSemaphorePermit,
}

/// What the node thinks of a transaction that a peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// Valid: forward it.
	Accept,
	/// Not worth forwarding, nobody's fault: known already, stale, or the pool is full.
	Ignore,
	/// Not to be forwarded. An honest peer that is a block ahead may send a few such, so that only many are held
	/// against it, as this.
	Suspect(Misbehaviour),
	/// Rubbish: the peer should have checked.
	Reject(Misbehaviour),
}

impl Verdict {
	/// Whether a batch with these verdicts is forwarded as a whole: nobody may be able to make us forward what another
	/// peer would hold against us.
	pub fn forwards(verdicts: &[Self]) -> bool {
		let clean = |verdict: &Self| matches!(verdict, Self::Accept | Self::Ignore);
		verdicts.iter().all(clean) && verdicts.contains(&Self::Accept)
	}
}

#[derive(Debug)]
pub(crate) enum Command {
	PublishTransaction(Vec<u8>),
	Judge(BatchId, Vec<Verdict>),
	Announce(PeerId, Vec<Vec<u8>>, oneshot::Sender<()>),
	Report(PeerId, Misbehaviour),
	AskState(PeerId, Bytes, oneshot::Sender<Result<Bytes, AskError>>),
	AnswerState(StateRequestId, Option<Bytes>),
	Reserve(PeerId, Multiaddr),
	Unreserve(PeerId),
}

/// Why a peer cannot be reserved, or no longer be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReservedError {
	/// Not an address.
	#[error("`{0}` is no address; write it like /ip4/192.0.2.1/tcp/30333/p2p/12D3KooW…")]
	Address(String),
	/// An address without a peer id.
	#[error("`{0}` does not end with a peer id; write it like /ip4/192.0.2.1/tcp/30333/p2p/12D3KooW…")]
	NoPeer(String),
	/// Not a peer id.
	#[error("`{0}` is no peer id; write it like 12D3KooW…")]
	Peer(String),
	/// This node itself.
	#[error("this is the node's own id; reserve another")]
	Own,
	/// No room.
	#[error("{RESERVED_MAX} peers are reserved; remove one first")]
	Full,
	/// Not reserved.
	#[error("{0} is not reserved; system_reservedPeers lists who is")]
	NotReserved(PeerId),
	/// The network is busy or has ended.
	#[error("the network is busy; try again")]
	Busy,
}

/// A banned peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BannedPeer {
	/// Its id.
	pub id: PeerId,
	/// Why it is banned.
	pub reason: BanReason,
	/// Until when.
	pub until: Instant,
}

/// Handle of the network. Cheap to clone.
#[derive(Clone)]
pub struct NetworkHandle {
	pub(crate) me: PeerId,
	pub(crate) commands: mpsc::Sender<Command>,
	pub(crate) peers: watch::Receiver<Arc<[PeerInfo]>>,
	pub(crate) addresses: watch::Receiver<Arc<[Multiaddr]>>,
	pub(crate) reserved: watch::Receiver<Arc<[Multiaddr]>>,
	pub(crate) banned: watch::Receiver<Arc<[BannedPeer]>>,
	pub(crate) room: Arc<Semaphore>,
	pub(crate) incoming: mpsc::WeakSender<IncomingTransactions>,
	pub(crate) counters: Arc<Counters>,
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
		let queued = bytes.len() <= TRANSACTION_BYTES_MAX
			&& self.commands.try_send(Command::PublishTransaction(bytes)).is_ok();
		if !queued {
			self.counters.dropped(Dropping::OutgoingTransactions);
		}
		queued
	}

	/// Says what the transactions of a batch are, one verdict for each; the batch is forwarded if
	/// [`Verdict::forwards`] says so. Waits when the network is busy. Returns whether it was forwarded: what the node
	/// accepted of a batch that was not, it publishes itself.
	pub async fn judge(&self, id: BatchId, verdicts: Vec<Verdict>) -> bool {
		let forwarded = id.message.is_some() && Verdict::forwards(&verdicts);
		// If the network is gone, so is whom to forward to.
		let _ = self.commands.send(Command::Judge(id, verdicts)).await;
		forwarded
	}

	/// Tells one peer which transactions wait, in batches, one after the other. Returns when it has taken them, stopped
	/// taking them or left. At most [`ANNOUNCEMENTS_MAX`] at a time.
	pub async fn announce(&self, peer: PeerId, transactions: Vec<Vec<u8>>) {
		let (done, finished) = oneshot::channel();
		if self.commands.send(Command::Announce(peer, transactions, done)).await.is_ok() {
			// Dropped or sent, it is over either way.
			let _ = finished.await;
		}
	}

	/// Holds a misbehaviour against a peer that another part of the node found out: blocks that do not verify, say.
	/// Forgotten if the network cannot keep up: who misbehaves does so again.
	pub fn report(&self, peer: PeerId, what: Misbehaviour) {
		let _ = self.commands.try_send(Command::Report(peer, what));
	}

	/// Asks a peer for a piece of a state; its answer, at most [`STATE_RESPONSE_BYTES_MAX`] long.
	///
	/// # Errors
	/// See [`AskError`].
	pub async fn ask_state(&self, peer: PeerId, request: Bytes) -> Result<Bytes, AskError> {
		let (answer, answered) = oneshot::channel();
		self.commands.try_send(Command::AskState(peer, request, answer)).map_err(|_| AskError::Busy)?;
		answered.await.unwrap_or(Err(AskError::Busy))
	}

	/// Answers a peer's request for a state, or tells it with `None` that there is no answer.
	pub async fn answer_state(&self, id: StateRequestId, answer: Option<Bytes>) {
		// If the network is gone, so is who asked.
		let _ = self.commands.send(Command::AnswerState(id, answer)).await;
	}

	/// Keeps up a connection with a node from now on, past all limits. Its ban, if any, ends.
	///
	/// # Errors
	/// See [`ReservedError`].
	pub fn add_reserved(&self, address: &str) -> Result<(), ReservedError> {
		let parsed: Multiaddr = address.parse().map_err(|_| ReservedError::Address(address.into()))?;
		let peer = peer_of(&parsed).ok_or_else(|| ReservedError::NoPeer(address.into()))?;
		if peer == self.me {
			return Err(ReservedError::Own);
		}
		if self.reserved.borrow().len() >= RESERVED_MAX {
			return Err(ReservedError::Full);
		}
		self.commands.try_send(Command::Reserve(peer, parsed)).map_err(|_| ReservedError::Busy)
	}

	/// No longer keeps up the connection with a node; with `reserved_only`, it is disconnected.
	///
	/// # Errors
	/// See [`ReservedError`].
	pub fn remove_reserved(&self, peer: &str) -> Result<(), ReservedError> {
		let id: PeerId = peer.parse().map_err(|_| ReservedError::Peer(peer.into()))?;
		if !self.reserved.borrow().iter().any(|address| peer_of(address) == Some(id)) {
			return Err(ReservedError::NotReserved(id));
		}
		self.commands.try_send(Command::Unreserve(id)).map_err(|_| ReservedError::Busy)
	}

	/// Addresses of the nodes to stay connected with.
	pub fn reserved(&self) -> Arc<[Multiaddr]> {
		self.reserved.borrow().clone()
	}

	/// The same, as they change.
	pub fn watch_reserved(&self) -> watch::Receiver<Arc<[Multiaddr]>> {
		self.reserved.clone()
	}

	/// Who is banned.
	pub fn banned(&self) -> Arc<[BannedPeer]> {
		self.banned.borrow().clone()
	}

	/// The same, as it changes.
	pub fn watch_banned(&self) -> watch::Receiver<Arc<[BannedPeer]>> {
		self.banned.clone()
	}

	/// Everything that is counted, now.
	pub fn stats(&self) -> NetworkStats {
		let peers = self.peers();
		let inbound = peers.iter().filter(|peer| peer.inbound).count();
		let fill = |name, capacity: usize, free: usize| QueueFill {
			name,
			waiting: capacity.saturating_sub(free) as u64,
			capacity: capacity as u64,
		};
		let incoming = self.incoming.upgrade();
		NetworkStats {
			peers_inbound: inbound as u64,
			peers_outbound: (peers.len() - inbound) as u64,
			banned: self.banned.borrow().len() as u64,
			queues: vec![
				fill("commands", self.commands.max_capacity(), self.commands.capacity()),
				fill("incoming_kib", TRANSACTIONS_KIB_MAX, self.room.available_permits()),
				incoming.map_or(fill("incoming_batches", 0, 0), |incoming| {
					fill("incoming_batches", incoming.max_capacity(), incoming.capacity())
				}),
			],
			..self.counters.read()
		}
	}
}

/// A running network.
pub struct Network {
	/// For the node.
	pub handle: NetworkHandle,
	/// For consensus.
	pub consensus_port: NetworkPort,
	/// Transactions that peers sent.
	pub transactions: mpsc::Receiver<IncomingTransactions>,
	/// Peers that begin to take transactions, to be told what waits by [`NetworkHandle::announce`].
	pub newcomers: mpsc::Receiver<PeerId>,
	/// Requests of peers for a state.
	pub state_requests: mpsc::Receiver<StateRequest>,
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_batch_is_forwarded_only_if_nobody_could_hold_it_against_us() {
		use Verdict::*;
		let bad = Misbehaviour::BadSignature;
		assert!(Verdict::forwards(&[Accept, Ignore]));
		assert!(!Verdict::forwards(&[Ignore, Ignore]), "nothing new");
		assert!(!Verdict::forwards(&[Accept, Reject(bad)]));
		assert!(!Verdict::forwards(&[Accept, Suspect(bad)]));
		assert!(!Verdict::forwards(&[]));
	}
}
