//! The worker's part of state sync: bytes to peers and back.
//!
//! # Must not
//! Read what is asked or answered: the node does, and reports who lies.
//!
//! # Invariants
//! - A peer's request is counted from its arrival until its answer has left or failed; at most [`ANSWERING_MAX`] are, and
//!   [`STATE_REQUESTS_PER_PEER_MAX`] of one peer.
//! - Each of our own requests ends in an answer or an error.

use super::Worker;
use crate::conduct::Misbehaviour;
use crate::counters::{Direction, Dropping, Protocol};
use crate::handle::{AskError, StateRequest, StateRequestId};
use crate::meter::Flow;
use arc_malachitebft_sync::{self as sync, RawRequest, RawResponse, ResponseChannel};
use bytes::Bytes;
use libp2p::request_response::{self, InboundFailure, InboundRequestId, OutboundFailure, OutboundRequestId};
use libp2p::PeerId;
use std::collections::HashMap;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

/// Requests of peers under way: as many mebibytes of answers at a time.
pub(super) const ANSWERING_MAX: usize = 32;

/// Of these, of one peer. It asks for two at a time, and asks again before this node has noticed that an answer arrived.
pub(crate) const STATE_REQUESTS_PER_PEER_MAX: usize = 4;

/// Our own requests under way.
const ASKING_MAX: usize = 64;

/// What is under way.
pub(super) struct StateSync {
	node: mpsc::Sender<StateRequest>,
	/// Until the node has answered, with the channel.
	answering: HashMap<InboundRequestId, (PeerId, Option<ResponseChannel>)>,
	asking: HashMap<OutboundRequestId, oneshot::Sender<Result<Bytes, AskError>>>,
}

impl StateSync {
	pub fn new(node: mpsc::Sender<StateRequest>) -> Self {
		Self { node, answering: HashMap::new(), asking: HashMap::new() }
	}

	fn has_room(&self, peer: &PeerId) -> bool {
		let own = self.answering.values().filter(|(from, _)| from == peer).count();
		self.answering.len() < ANSWERING_MAX && own < STATE_REQUESTS_PER_PEER_MAX
	}
}

impl Worker {
	pub(super) fn ask_state(
		&mut self,
		peer: PeerId,
		request: Bytes,
		answer: oneshot::Sender<Result<Bytes, AskError>>,
	) {
		let refusal = match (self.table.counts(&peer), self.state.asking.len() < ASKING_MAX) {
			(true, true) => None,
			(true, false) => Some(AskError::Busy),
			(false, _) => Some(AskError::Gone),
		};
		if let Some(refusal) = refusal {
			// Who asked may have given up.
			let _ = answer.send(Err(refusal));
			return;
		}
		self.counters.bytes(Protocol::State, Direction::Out, request.len());
		let id = self.swarm.behaviour_mut().state.send_request(peer, request);
		self.state.asking.insert(id, answer);
	}

	pub(super) fn answer_state(&mut self, id: StateRequestId, answer: Option<Bytes>) {
		let Some((_, channel)) = self.state.answering.get_mut(&id.0) else { return };
		let (Some(channel), Some(bytes)) = (channel.take(), answer) else {
			// A dropped channel tells the peer that it gets no answer.
			self.state.answering.remove(&id.0);
			return;
		};
		self.counters.bytes(Protocol::State, Direction::Out, bytes.len());
		if self.swarm.behaviour_mut().state.send_response(channel, bytes).is_err() {
			self.state.answering.remove(&id.0);
		}
	}

	pub(super) fn on_state(&mut self, event: sync::Event) {
		match event {
			request_response::Event::Message { peer, message, .. } => match message {
				request_response::Message::Request { request_id, request: RawRequest(bytes), channel } => {
					self.on_state_request(peer, request_id, bytes, channel);
				}
				request_response::Message::Response { request_id, response: RawResponse(bytes) } => {
					self.counters.bytes(Protocol::State, Direction::In, bytes.len());
					self.end_asking(request_id, Ok(bytes));
				}
			},
			request_response::Event::OutboundFailure { peer, request_id, error, .. } => {
				if let OutboundFailure::Io(io) = &error {
					self.blame_if_oversized(peer, io);
				}
				let error = match error {
					OutboundFailure::UnsupportedProtocols => AskError::Unsupported,
					OutboundFailure::DialFailure | OutboundFailure::ConnectionClosed => AskError::Gone,
					OutboundFailure::Timeout | OutboundFailure::Io(_) => AskError::NoAnswer,
				};
				self.end_asking(request_id, Err(error));
			}
			request_response::Event::InboundFailure { peer, request_id, error, .. } => {
				if let InboundFailure::Io(io) = &error {
					self.blame_if_oversized(peer, io);
				}
				self.state.answering.remove(&request_id);
			}
			request_response::Event::ResponseSent { request_id, .. } => {
				self.state.answering.remove(&request_id);
			}
		}
	}

	fn end_asking(&mut self, id: OutboundRequestId, result: Result<Bytes, AskError>) {
		if let Some(answer) = self.state.asking.remove(&id) {
			// Who asked may have given up.
			let _ = answer.send(result);
		}
	}

	/// A dropped channel tells the peer that it gets no answer.
	fn on_state_request(
		&mut self,
		peer: PeerId,
		id: InboundRequestId,
		bytes: Bytes,
		channel: ResponseChannel,
	) {
		self.counters.bytes(Protocol::State, Direction::In, bytes.len());
		if !self.meter.take(&peer, Flow::StateRequests, 1, Instant::now()) {
			return self.blame(peer, Misbehaviour::Flood);
		}
		let request = StateRequest { id: StateRequestId(id), from: peer, bytes };
		let is_taken = self.table.counts(&peer)
			&& self.state.has_room(&peer)
			&& self.state.node.try_send(request).is_ok();
		if is_taken {
			self.state.answering.insert(id, (peer, Some(channel)));
		} else {
			self.counters.dropped(Dropping::StateRequests);
			debug!(%peer, "a request for a state is not taken");
		}
	}
}
