//! The worker's part about gossip: publishing, judging, transactions in batches, and telling newcomers what waits.
//!
//! # Must not
//! Know what is valid: consensus messages must be signed as they say (see [`verify_signed`] and [`proves`]), transactions
//! wait for the node's verdict.
//!
//! # Invariants
//! - A message is measured, then bounded, then decoded, then judged; whoever fails a step is blamed for that one.
//! - One announcement at a time goes to one peer, and one batch of it at a time; the next follows the peer's answer.

use super::Worker;
use crate::batch::{self, Batcher};
use crate::certificates::{self, proves, Proof};
use crate::conduct::Misbehaviour;
use crate::counters::{Direction, Dropping, Outcome, Protocol};
use crate::early::Room;
use crate::engine_side::{claim, decode, from_engine, verify_signed, Claim, Gossip};
use crate::handle::{BatchId, IncomingTransactions, Verdict, ANNOUNCEMENTS_MAX};
use crate::meter::{Flow, PART_BYTES_LEAST};
use crate::recent::Said;
use crate::streams::{Passage, Proposer};
use crate::topics::Topic;
use crate::welcomed::Welcomed;
use arc_malachitebft_app_channel::app::engine::network::NetworkEvent;
use arc_malachitebft_sync::{self as sync, RawRequest, RawResponse};
use bytes::Bytes;
use libp2p::gossipsub::{self, MessageAcceptance, MessageId, PublishError};
use libp2p::request_response::{self, InboundFailure, OutboundRequestId};
use libp2p::PeerId;
use plexus_consensus::malachite;
use plexus_consensus::malachite::streaming::StreamContent;
use plexus_consensus::parking::HEIGHTS_AHEAD_MAX;
use plexus_consensus::parts::{ProposalHead, ProposalPart};
use plexus_consensus::Plexus;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, Semaphore};
use tracing::debug;

/// How long a transaction waits for others to travel with. A tenth of the shortest block time lost would be too much;
/// this is a twentieth.
const BATCH_WAIT: Duration = Duration::from_millis(10);

/// Bytes announced to one newcomer: twice what a pool lists. The rest reaches it in blocks.
const ANNOUNCE_BYTES_MAX: usize = 8 << 20;

/// How long one newcomer may take for all of it: there are few places, and others wait.
const ANNOUNCE_TIME_MAX: Duration = Duration::from_secs(60);

/// Of what a peer may send us, the part that is sent on for it in any case: 3 MiB of proposed blocks a second, 125 votes.
const LITTLE: usize = 16;

/// A part that waits for the head of its stream.
#[derive(Debug)]
pub(super) struct HeldPart {
	id: MessageId,
	from: PeerId,
	publisher: PeerId,
	event: NetworkEvent<Plexus>,
	bytes: usize,
}

/// Who signed a consensus message that may be forwarded.
enum Relay {
	/// A validator that we know, or what carries no signature of one.
	Known,
	/// A key that is in no validator set that we know, or a validator at a height that we are far from.
	Stranger,
	/// The message was dropped: too many of strangers, of no use here, or a copy.
	Nobody,
}

/// Where a height is, seen from the one that this node decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
	/// Decided long ago.
	Past,
	/// Being decided, here or by a peer that is a little ahead or behind; any, before consensus runs.
	Near,
	/// So far ahead that the blocks in between have to be asked for.
	Ahead,
}

/// What a gossip message takes from its sender's share.
fn charge(topic: Topic, length: usize) -> (Flow, usize) {
	match topic {
		Topic::Liveness if length > certificates::bytes_max(0) => (Flow::CertificateBytes, length),
		Topic::Consensus | Topic::Liveness => (Flow::Consensus, 1),
		Topic::Parts => (Flow::PartBytes, length.max(PART_BYTES_LEAST)),
		Topic::Status => (Flow::Statuses, 1),
		Topic::Transactions => (Flow::TransactionBytes, length),
	}
}

/// What is under way to one newcomer.
struct Announcement {
	request: OutboundRequestId,
	batches: VecDeque<Vec<u8>>,
	since: Instant,
	/// Dropped when it is over.
	_done: oneshot::Sender<()>,
}

/// Transactions under way.
pub(super) struct Transactions {
	to_node: mpsc::Sender<IncomingTransactions>,
	newcomers: mpsc::Sender<PeerId>,
	room: Arc<Semaphore>,
	batcher: Batcher,
	flush_at: Option<tokio::time::Instant>,
	welcomed: Welcomed,
	announcing: HashMap<PeerId, Announcement>,
}

impl Transactions {
	pub fn new(
		to_node: mpsc::Sender<IncomingTransactions>,
		newcomers: mpsc::Sender<PeerId>,
		room: Arc<Semaphore>,
	) -> Self {
		Self {
			to_node,
			newcomers,
			room,
			batcher: Batcher::default(),
			flush_at: None,
			welcomed: Welcomed::default(),
			announcing: HashMap::new(),
		}
	}

	/// When what waits must leave.
	pub fn flush_at(&self) -> Option<tokio::time::Instant> {
		self.flush_at
	}

	/// Forgets who was told long ago, and gives up on those who take their time; whom to tell again.
	pub fn tidy(&mut self, now: Instant) -> Vec<PeerId> {
		self.announcing
			.retain(|_, under_way| now.saturating_duration_since(under_way.since) < ANNOUNCE_TIME_MAX);
		self.welcomed.tidy(now)
	}
}

impl Worker {
	pub(super) fn publish(&mut self, topic: Topic, bytes: impl Into<Vec<u8>>) {
		let bytes = bytes.into();
		let length = bytes.len();
		match self.swarm.behaviour_mut().gossip.publish(self.names.topic(topic), bytes) {
			Ok(_) => self.counters.bytes(Protocol::Gossip(topic), Direction::Out, length),
			// Alone, or known to all already.
			Err(PublishError::NoPeersSubscribedToTopic | PublishError::Duplicate) => {}
			Err(error) => debug!(?topic, %error, "not published"),
		}
	}

	/// Whether sending this on keeps us within half of what a peer takes from one that it does not take for a flood. Many
	/// peers, each within its share, could otherwise make us flood others with what we forward. The other half is for what
	/// the engine publishes.
	fn may_send(&mut self, flow: Flow, units: usize) -> bool {
		let me = *self.swarm.local_peer_id();
		self.meter.take(&me, flow, 2 * units, Instant::now())
	}

	/// Whether what a peer sent is sent on: as [`Worker::may_send`], but the last half of it is kept for peers for whom little
	/// was sent on, so that a few that send much do not silence the others.
	fn relay(&mut self, from: &PeerId, flow: Flow, units: usize) -> Outcome {
		let (me, now) = (*self.swarm.local_peer_id(), Instant::now());
		let left = match self.relayed.take(from, flow, LITTLE * units, now) {
			true => 0,
			false => self.meter.burst(flow) / 2,
		};
		match self.meter.take_leaving(&me, flow, 2 * units, left, now) {
			true => Outcome::Accepted,
			false => Outcome::Ignored,
		}
	}

	pub(super) fn publish_transaction(&mut self, bytes: Vec<u8>) {
		if !self.may_send(Flow::Transactions, 1) || !self.may_send(Flow::TransactionBytes, bytes.len()) {
			return self.counters.dropped(Dropping::OutgoingTransactions);
		}
		let transactions = &mut self.transactions;
		let full = transactions.batcher.push(bytes);
		transactions.flush_at = match transactions.batcher.is_empty() {
			true => None,
			false => transactions.flush_at.or_else(|| Some(tokio::time::Instant::now() + BATCH_WAIT)),
		};
		if let Some(batch) = full {
			self.publish(Topic::Transactions, batch);
		}
	}

	pub(super) fn flush(&mut self) {
		self.transactions.flush_at = None;
		if let Some(batch) = self.transactions.batcher.take() {
			self.publish(Topic::Transactions, batch);
		}
	}

	fn judge(&mut self, topic: Topic, message: &MessageId, from: &PeerId, outcome: Outcome) {
		self.counters.judged(topic, outcome);
		let acceptance = match outcome {
			Outcome::Accepted => MessageAcceptance::Accept,
			Outcome::Ignored => MessageAcceptance::Ignore,
			Outcome::Rejected => MessageAcceptance::Reject,
		};
		// Too late if gossip has forgotten the message; it is then simply not forwarded.
		let _ = self.swarm.behaviour_mut().gossip.report_message_validation_result(message, from, acceptance);
	}

	fn reject(&mut self, topic: Topic, message: &MessageId, from: &PeerId, what: Misbehaviour) {
		self.judge(topic, message, from, Outcome::Rejected);
		self.blame(*from, what);
	}

	pub(super) fn on_gossip(&mut self, event: gossipsub::Event) {
		match event {
			gossipsub::Event::Message { propagation_source, message_id, message } => {
				self.on_gossip_message(propagation_source, message_id, message);
			}
			gossipsub::Event::Subscribed { peer_id, topic } => self.on_subscription(&peer_id, &topic, true),
			gossipsub::Event::Unsubscribed { peer_id, topic } => {
				self.on_subscription(&peer_id, &topic, false)
			}
			gossipsub::Event::GossipsubNotSupported { peer_id } => debug!(peer = %peer_id, "does not gossip"),
			gossipsub::Event::SlowPeer { peer_id, failed_messages } => {
				self.counters.dropped(Dropping::SlowPeers);
				debug!(peer = %peer_id, ?failed_messages, "slow peer");
				if failed_messages.priority > 0 {
					self.on_deaf(peer_id);
				}
			}
		}
	}

	/// A peer's queue of what this node publishes is full. Gossip counts what waits in it, and does not count
	/// down what waited for too long (libp2p-gossipsub 0.49.5, `Receiver::poll_stale`): without a new
	/// connection the queue might seem full for ever.
	fn on_deaf(&mut self, peer: PeerId) {
		debug!(%peer, "closing the connection with a peer that takes nothing, so that it is made anew");
		self.disconnect(peer);
	}

	fn on_subscription(&mut self, peer: &PeerId, topic: &gossipsub::TopicHash, follows: bool) {
		match self.names.find(topic) {
			Some(Topic::Consensus) => {
				self.table.follows_consensus(peer, follows);
				if follows {
					self.own_votes.heard_by_newcomer();
				}
			}
			Some(Topic::Status) => {
				let heard = self.table.hears_status(peer);
				self.table.follows_status(peer, follows);
				if !heard && self.table.hears_status(peer) {
					self.engine.peer_hears_status(peer);
				}
			}
			Some(Topic::Transactions) => {
				self.table.takes_transactions(peer, follows);
				self.welcome(*peer);
			}
			Some(Topic::Parts | Topic::Liveness) | None => return,
		}
		self.update_peers();
	}

	fn on_gossip_message(&mut self, from: PeerId, id: MessageId, message: gossipsub::Message) {
		let Some(topic) = self.names.find(&message.topic) else {
			// We subscribed to our topics only.
			let behaviour = self.swarm.behaviour_mut();
			let _ = behaviour.gossip.report_message_validation_result(&id, &from, MessageAcceptance::Ignore);
			return;
		};
		let length = message.data.len();
		self.counters.bytes(Protocol::Gossip(topic), Direction::In, length);
		if length > topic.bytes_max() {
			return self.reject(topic, &id, &from, Misbehaviour::Oversized);
		}
		let (flow, units) = charge(topic, length);
		if !self.meter.take(&from, flow, units, Instant::now()) {
			self.judge(topic, &id, &from, Outcome::Ignored);
			return self.blame(from, Misbehaviour::Flood);
		}
		if topic == Topic::Liveness && length > certificates::bytes_max(self.validators.count_max()) {
			return self.judge(topic, &id, &from, Outcome::Ignored);
		}
		match decode(topic, &from, message.source.as_ref(), message.data.into()) {
			Ok(Gossip::Event(event)) if topic == Topic::Parts => match message.source {
				Some(publisher) => self.on_part(HeldPart { id, from, publisher, event, bytes: length }),
				// Gossip takes nothing without an author.
				None => self.judge(topic, &id, &from, Outcome::Ignored),
			},
			Ok(Gossip::Event(event)) => match self.on_consensus(topic, from, message.source, event) {
				Ok(relay) => {
					let outcome = match relay {
						Relay::Known => self.relay(&from, flow, units),
						Relay::Stranger => self.relay(&from, Flow::Strangers, 1),
						Relay::Nobody => Outcome::Ignored,
					};
					self.judge(topic, &id, &from, outcome);
				}
				Err(what) => self.reject(topic, &id, &from, what),
			},
			Ok(Gossip::Status(status)) => {
				let outcome = self.relay(&from, flow, units);
				self.judge(topic, &id, &from, outcome);
				self.on_status(message.source, status);
			}
			Ok(Gossip::Transactions(bytes)) => self.on_batch(from, id, bytes),
			Err(error) => {
				debug!(%from, ?topic, %error, "undecodable gossip");
				self.reject(topic, &id, &from, Misbehaviour::UndecodableConsensus);
			}
		}
	}

	fn stage(&self, height: u64) -> Stage {
		match self.height {
			Some(now) if height.saturating_add(1) < now => Stage::Past,
			Some(now) if height > now.saturating_add(HEIGHTS_AHEAD_MAX) => Stage::Ahead,
			Some(_) | None => Stage::Near,
		}
	}

	/// Hands a certificate to the engine if it proves something to us, and nobody else proved it a moment ago: after a failed
	/// round each validator publishes one.
	fn on_certificate(&mut self, proof: Proof, event: NetworkEvent<Plexus>) -> Result<Relay, Misbehaviour> {
		let (said, now) = (Said::Proved(proof), Instant::now());
		let is_news = self.stage(proof.height()) == Stage::Near && !self.recent.knows(&said, now);
		if !is_news || !proves(&proof, &event, self.validators.sets(), &self.genesis)? {
			return Ok(Relay::Nobody);
		}
		self.recent.note(said, now);
		self.engine.send(event);
		Ok(Relay::Known)
	}

	/// Hands a vote or proposal to the engine if it is signed as it says and of use there; whether its signer is known.
	fn on_consensus(
		&mut self,
		topic: Topic,
		from: PeerId,
		publisher: Option<PeerId>,
		event: NetworkEvent<Plexus>,
	) -> Result<Relay, Misbehaviour> {
		if let Some(proof) = Proof::of(&event) {
			return self.on_certificate(proof, event);
		}
		let Some(claim) = claim(&event) else { return Ok(Relay::Nobody) };
		let Claim { signer, height, signature } = claim;
		let (stage, said, now) = (self.stage(height), Said::Signed(signature), Instant::now());
		if stage == Stage::Past || self.recent.knows(&said, now) {
			return Ok(Relay::Nobody);
		}
		// Far behind, we cannot tell what is old: others can, who get no more of it than of strangers'.
		let is_stranger = self.validators.is_stranger(&signer) || stage == Stage::Ahead;
		if is_stranger && !self.meter.take(&from, Flow::Strangers, 1, now) {
			return Ok(Relay::Nobody);
		}
		verify_signed(&event, &self.genesis)?;
		self.recent.note(said, now);
		if topic == Topic::Consensus && publisher == Some(from) && self.table.counts(&from) {
			let swarm = &self.swarm;
			if self.validators.published(signer, from, |peer| swarm.is_connected(peer)) {
				self.update_validators();
				self.update_peers();
			}
		}
		if self.goes_to_engine(&claim, is_stranger) {
			self.engine.send(event);
		}
		Ok(if is_stranger { Relay::Stranger } else { Relay::Known })
	}

	/// What its proposer is to us; `None` if the proposal is of no use. The validators of the next height may be others: its
	/// proposal may come while this node still finalizes, and at its start a node knows none.
	fn proposer(&self, head: &ProposalHead) -> Option<Proposer> {
		let is_next = self.height.is_none_or(|now| head.height == now.saturating_add(1));
		match self.validators.is_stranger(&head.proposer) {
			_ if self.stage(head.height) == Stage::Past => None,
			false => Some(Proposer::Validator),
			true => is_next.then_some(Proposer::Stranger),
		}
	}

	/// Lets a part pass if it belongs to a stream that a validator's head began.
	fn on_part(&mut self, held: HeldPart) {
		let HeldPart { id, from, publisher, event, bytes } = held;
		let NetworkEvent::ProposalPart(_, _, part) = &event else { return };
		if let Err(what) = verify_signed(&event, &self.genesis) {
			return self.reject(Topic::Parts, &id, &from, what);
		}
		let key = (publisher, part.stream_id.clone());
		let passage = match &part.content {
			StreamContent::Data(ProposalPart::Head(head)) => match self.proposer(head) {
				Some(proposer) if self.streams.open(key.clone(), from, head, proposer) => {
					Passage::Open(head.height)
				}
				Some(_) | None => Passage::Closed,
			},
			content => self.streams.pass(&key, part.sequence, content),
		};
		let is_chunk = matches!(part.content, StreamContent::Data(ProposalPart::Chunk(_)));
		match passage {
			Passage::Open(height) => {
				let is_head = part.sequence == 0;
				self.send_part(height, event);
				let (flow, units) = charge(Topic::Parts, bytes);
				let outcome = self.relay(&from, flow, units);
				self.judge(Topic::Parts, &id, &from, outcome);
				if is_head {
					for waiting in self.streams.release(&key) {
						self.on_part(waiting);
					}
				}
			}
			Passage::Unknown if is_chunk => {
				let held = HeldPart { id, from, publisher, event, bytes };
				if let Err(HeldPart { id, from, .. }) =
					self.streams.hold(key, from, bytes, held, Instant::now())
				{
					self.judge(Topic::Parts, &id, &from, Outcome::Ignored);
				}
			}
			Passage::Unknown | Passage::Closed => self.judge(Topic::Parts, &id, &from, Outcome::Ignored),
		}
	}

	/// Hands a part to the engine, unless that is of no use there or it has too many already.
	fn send_part(&mut self, height: u64, event: NetworkEvent<Plexus>) {
		if self.stage(height) != Stage::Near {
			return;
		}
		match self.in_flight.send(self.progress.parts(), Instant::now()) {
			true => self.engine.send(event),
			false => self.counters.dropped(Dropping::Parts),
		}
	}

	/// Says again what others may lack to end a round.
	pub(super) fn repeat_own_votes(&mut self, now: Instant) {
		for bytes in self.own_votes.due(self.height, now) {
			self.publish(Topic::Consensus, bytes);
		}
	}

	/// Gives up on chunks whose heads do not come.
	pub(super) fn drop_held_parts(&mut self, now: Instant) {
		for HeldPart { id, from, .. } in self.streams.expire(now) {
			self.judge(Topic::Parts, &id, &from, Outcome::Ignored);
		}
	}

	/// Forgets streams that are of no use to anybody now, and what came before its height.
	pub(super) fn forget_past(&mut self) {
		if let Some(height) = self.height {
			self.streams.forget_below(height.saturating_sub(1));
			self.early.forget_up_to(height);
		}
	}

	/// Whether a vote or proposal goes to the engine, which keeps those of heights that have not begun and must not run out
	/// of room for them.
	fn goes_to_engine(&mut self, claim: &Claim, is_stranger: bool) -> bool {
		let Claim { signer, height, signature } = *claim;
		if self.stage(height) != Stage::Near {
			return false;
		}
		if self.height.is_none_or(|now| height <= now) {
			return true;
		}
		let validators = (!is_stranger).then(|| self.validators.count());
		match self.early.take(height, signer, signature, validators) {
			Room::Taken => true,
			Room::Copy => false,
			Room::None => {
				self.counters.dropped(Dropping::Early);
				false
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

	fn on_batch(&mut self, from: PeerId, message: MessageId, bytes: Bytes) {
		match self.take_batch(from, Some(message.clone()), bytes) {
			Ok(true) => {}
			Ok(false) => self.judge(Topic::Transactions, &message, &from, Outcome::Ignored),
			Err(what) => {
				let outcome = match what {
					Misbehaviour::Flood => Outcome::Ignored,
					_ => Outcome::Rejected,
				};
				self.judge(Topic::Transactions, &message, &from, outcome);
				self.blame(from, what);
			}
		}
	}

	/// Hands a batch to the node. Returns `false` if there is no room for it.
	fn take_batch(
		&mut self,
		from: PeerId,
		message: Option<MessageId>,
		bytes: Bytes,
	) -> Result<bool, Misbehaviour> {
		let now = Instant::now();
		let all = batch::decode(bytes).map_err(|error| {
			debug!(%from, %error, "malformed batch");
			Misbehaviour::MalformedBatch
		})?;
		if !self.meter.take(&from, Flow::Transactions, all.len(), now) {
			return Err(Misbehaviour::Flood);
		}
		let length: usize = all.iter().map(Bytes::len).sum();
		let kib = length.div_ceil(1 << 10) as u32;
		let state = &mut self.transactions;
		let (Ok(room), Ok(place)) =
			(state.room.clone().try_acquire_many_owned(kib), state.to_node.try_reserve())
		else {
			self.counters.dropped(Dropping::IncomingTransactions);
			return Ok(false);
		};
		// All of them, known or not: what is forwarded with the others is judged with them, each time.
		let transactions = all.iter().map(|bytes| bytes.to_vec()).collect();
		let id = BatchId { message, from, bytes: length };
		place.send(IncomingTransactions { id, from, transactions, _room: room });
		Ok(true)
	}

	pub(super) fn on_verdicts(&mut self, id: BatchId, verdicts: &[Verdict]) {
		let BatchId { message, from, bytes } = id;
		let mut rejected = false;
		for verdict in verdicts {
			match verdict {
				Verdict::Accept | Verdict::Ignore => {}
				Verdict::Suspect(what) => {
					if !self.meter.take(&from, Flow::Suspects, 1, Instant::now()) {
						self.blame(from, *what);
					}
				}
				Verdict::Reject(what) => {
					rejected = true;
					self.blame(from, *what);
				}
			}
		}
		if let Some(message) = message {
			let outcome = match Verdict::forwards(verdicts) {
				true => match self.relay(&from, Flow::TransactionBytes, bytes) {
					Outcome::Accepted => self.relay(&from, Flow::Transactions, verdicts.len()),
					full => full,
				},
				false if rejected => Outcome::Rejected,
				false => Outcome::Ignored,
			};
			self.judge(Topic::Transactions, &message, &from, outcome);
		}
	}

	/// A peer that begins to take transactions knows none of those published before: the node is asked to tell it.
	pub(super) fn welcome(&mut self, peer: PeerId) {
		let state = &mut self.transactions;
		if !self.table.hears_transactions(&peer) || !state.welcomed.is_due(&peer) {
			return;
		}
		if state.welcomed.is_full() || state.newcomers.try_send(peer).is_err() {
			return self.counters.dropped(Dropping::Newcomers);
		}
		state.welcomed.told(peer, Instant::now());
	}

	pub(super) fn announce(&mut self, peer: PeerId, transactions: Vec<Vec<u8>>, done: oneshot::Sender<()>) {
		let announcing = &self.transactions.announcing;
		if announcing.len() >= ANNOUNCEMENTS_MAX
			|| announcing.contains_key(&peer)
			|| !self.is_connected(&peer)
		{
			return;
		}
		let (mut batcher, mut batches, mut bytes) = (Batcher::default(), VecDeque::new(), 0);
		for transaction in transactions {
			bytes += transaction.len();
			if bytes > ANNOUNCE_BYTES_MAX {
				break;
			}
			batches.extend(batcher.push(transaction));
		}
		batches.extend(batcher.take());
		self.announce_next(peer, batches, Instant::now(), done);
	}

	fn announce_next(
		&mut self,
		peer: PeerId,
		mut batches: VecDeque<Vec<u8>>,
		since: Instant,
		done: oneshot::Sender<()>,
	) {
		if let Some(batch) = batches.pop_front() {
			self.counters.bytes(Protocol::Announce, Direction::Out, batch.len());
			let request = self.swarm.behaviour_mut().announce.send_request(peer, batch.into());
			self.transactions.announcing.insert(peer, Announcement { request, batches, since, _done: done });
		}
	}

	pub(super) fn on_announce(&mut self, event: sync::Event) {
		match event {
			request_response::Event::Message { peer, message, .. } => match message {
				request_response::Message::Request { request: RawRequest(bytes), channel, .. } => {
					self.counters.bytes(Protocol::Announce, Direction::In, bytes.len());
					let fits = self.meter.take(&peer, Flow::TransactionBytes, bytes.len(), Instant::now());
					let taken = match fits {
						true => self.take_batch(peer, None, bytes),
						false => Err(Misbehaviour::Flood),
					};
					match taken {
						// Taken or not, the peer may go on; without an answer it stops.
						Ok(_) => {
							let behaviour = self.swarm.behaviour_mut();
							let _ = behaviour.announce.send_response(channel, Bytes::new());
						}
						Err(what) => self.blame(peer, what),
					}
				}
				request_response::Message::Response { request_id, response: RawResponse(_) } => {
					if let Some(Announcement { batches, since, _done: done, .. }) =
						self.finish(&peer, request_id)
					{
						self.announce_next(peer, batches, since, done);
					}
				}
			},
			request_response::Event::OutboundFailure { peer, request_id, error, .. } => {
				debug!(%peer, %error, "an announcement failed");
				self.finish(&peer, request_id);
			}
			request_response::Event::InboundFailure { peer, error, .. } => {
				if let InboundFailure::Io(io) = &error {
					self.blame_if_oversized(peer, io);
				}
			}
			request_response::Event::ResponseSent { .. } => {}
		}
	}

	fn finish(&mut self, peer: &PeerId, request: OutboundRequestId) -> Option<Announcement> {
		let announcing = &mut self.transactions.announcing;
		announcing
			.get(peer)
			.is_some_and(|known| known.request == request)
			.then(|| announcing.remove(peer))
			.flatten()
	}
}
