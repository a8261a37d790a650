//! The worker's part between the engine and its peers: messages out, block sync both ways.
//!
//! # Must not
//! Judge blocks: the engine does. What can be seen without is seen by [`is_answer`]; of another lie the engine says from whom
//! it came, and that is held against the peer through [`NetworkHandle::report`](crate::NetworkHandle::report).
//!
//! # Invariants
//! - A request for blocks is answered, or its channel dropped, exactly once; at most [`INBOUND_REQUESTS_MAX`] wait, and
//!   the engine hears of one when there is room for its answer (see [`crate::answers`]).
//! - Each of our own requests ends in an answer or a failure, and is forgotten then.

use super::Worker;
use crate::bridge::EngineMessage;
use crate::conduct::Misbehaviour;
use crate::counters::{Direction, Dropping, Protocol};
use crate::early::Early;
use crate::engine_side::{from_engine, is_answer, to_engine};
use crate::meter::Flow;
use crate::topics::Topic;
use arc_malachitebft_app_channel::app::engine::network::{Msg, NetworkEvent, PersistentPeerError};
use arc_malachitebft_sync::{
	self as sync, InboundRequestId, OutboundFailureReason, OutboundRequestId, RawRequest, RawResponse,
	ResponseChannel,
};
use bytes::Bytes;
use libp2p::request_response::{self, InboundFailure, OutboundFailure};
use libp2p::PeerId;
use plexus_consensus::codec::ScaleCodec;
use plexus_consensus::malachite::{self, Codec};
use plexus_consensus::Plexus;
use std::io::ErrorKind;
use std::time::Instant;
use tracing::{debug, warn};

/// Requests for blocks that wait for the engine: more than it takes itself.
const INBOUND_REQUESTS_MAX: usize = 128;

impl Worker {
	pub(super) fn on_engine_message(&mut self, message: EngineMessage) {
		let codec = ScaleCodec;
		match message {
			Msg::Subscribe(subscriber) => {
				// A new engine has nothing of what was handed to the one before.
				self.early = Early::default();
				let hears = |peer: &PeerId| self.table.hears_status(peer);
				self.engine.subscribe(subscriber, self.table.ids(), hears);
			}
			Msg::PublishConsensusMsg(message) => match codec.encode(&message) {
				Ok(bytes) => {
					self.own_votes.note(&message, bytes.clone(), Instant::now());
					self.publish(Topic::Consensus, bytes);
				}
				Err(error) => warn!(%error, "a vote or proposal cannot be encoded"),
			},
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
					self.counters.bytes(Protocol::Sync, Direction::Out, bytes.len());
					let malachite::Request::ValueRequest(asked) = request;
					let id = self.swarm.behaviour_mut().sync.send_request(from_engine(&peer), bytes);
					self.asked.insert(id, asked.range);
					// The engine may have given the request up.
					let _ = reply.send(OutboundRequestId::new(id));
				}
				Err(error) => warn!(%error, "a request cannot be encoded"),
			},
			Msg::OutgoingResponse(id, response) => self.answer(&id, codec.encode(&response)),
			Msg::CancelInboundRequest(id) => self.forget_request(&id),
			Msg::DumpState(reply) => drop(reply.send(None)),
			Msg::UpdatePersistentPeers(_, reply) => {
				let refused = PersistentPeerError::InternalError("peers are configured in the node".into());
				drop(reply.send(Err(refused)));
			}
			Msg::UpdateValidatorSet(validators) => {
				self.height = self.progress.height();
				self.validators.set(validators);
				self.forget_past();
				self.update_validators();
			}
			// libp2p cannot cancel a request; it times out. Proofs and raw events come from the stock network only.
			Msg::CancelRequest(_) | Msg::ValidatorProofVerified { .. } | Msg::NewEvent(_) => {}
		}
	}

	/// Sends the engine's answer to a request; after it there may be room for another's.
	fn answer<E: std::fmt::Display>(&mut self, id: &InboundRequestId, encoded: Result<Bytes, E>) {
		match (self.inbound.remove(id), encoded) {
			(Some(channel), Ok(bytes)) => {
				self.counters.bytes(Protocol::Sync, Direction::Out, bytes.len());
				self.answers.answered(id, bytes.len());
				// The connection may be gone meanwhile; then so is the request.
				if self.swarm.behaviour_mut().sync.send_response(channel, bytes).is_err() {
					self.answers.over(id);
				}
			}
			(_, Err(error)) => {
				warn!(%error, "a response cannot be encoded");
				self.answers.over(id);
			}
			(None, Ok(_)) => self.answers.over(id),
		}
		self.serve();
	}

	/// Hands requests to the engine for whose answers there is room.
	fn serve(&mut self) {
		while let Some((id, peer, request)) = self.answers.next() {
			self.engine.send(NetworkEvent::SyncRequest(id, to_engine(&peer), request));
		}
	}

	fn forget_request(&mut self, id: &InboundRequestId) {
		self.inbound.remove(id);
		self.answers.over(id);
		self.serve();
	}

	fn publish_encoded<E: std::fmt::Display>(&mut self, topic: Topic, encoded: Result<Bytes, E>) {
		match encoded {
			Ok(bytes) => self.publish(topic, bytes),
			Err(error) => warn!(?topic, %error, "a message cannot be encoded"),
		}
	}

	pub(super) fn on_sync(&mut self, event: sync::Event) {
		match event {
			request_response::Event::Message { peer, message, .. } => match message {
				request_response::Message::Request { request_id, request: RawRequest(bytes), channel } => {
					self.on_sync_request(&peer, InboundRequestId::new(request_id), bytes, channel);
				}
				request_response::Message::Response { request_id, response: RawResponse(bytes) } => {
					self.counters.bytes(Protocol::Sync, Direction::In, bytes.len());
					let asked = self.asked.remove(&request_id);
					let response = match ScaleCodec.decode(bytes) {
						Ok(response) => {
							let is_answer = |asked| is_answer(&response, &asked, &self.genesis);
							asked
								.is_some_and(is_answer)
								.then_some(response)
								.ok_or(Misbehaviour::UnverifiableBlocks)
						}
						Err(error) => {
							debug!(%peer, %error, "undecodable blocks");
							Err(Misbehaviour::UndecodableBlocks)
						}
					};
					// Without an answer the engine asks another.
					let response = response.map_err(|what| self.blame(peer, what)).ok();
					let id = OutboundRequestId::new(request_id);
					self.engine.send(NetworkEvent::SyncResponse(id, to_engine(&peer), response));
				}
			},
			request_response::Event::OutboundFailure { peer, request_id, error, .. } => {
				self.asked.remove(&request_id);
				if let OutboundFailure::Io(io) = &error {
					self.blame_if_oversized(peer, io);
				}
				let id = OutboundRequestId::new(request_id);
				self.engine.send(NetworkEvent::SyncRequestFailed(id, to_engine(&peer), failure(&error)));
			}
			request_response::Event::InboundFailure { peer, request_id, error, .. } => {
				if let InboundFailure::Io(io) = &error {
					self.blame_if_oversized(peer, io);
				}
				let id = InboundRequestId::new(request_id);
				self.forget_request(&id);
				self.engine.send(NetworkEvent::SyncInboundRequestFailed(id, to_engine(&peer)));
			}
			request_response::Event::ResponseSent { request_id, .. } => {
				self.forget_request(&InboundRequestId::new(request_id));
			}
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
		self.counters.bytes(Protocol::Sync, Direction::In, bytes.len());
		if !self.meter.take(peer, Flow::Requests, 1, Instant::now()) {
			return self.blame(*peer, Misbehaviour::Flood);
		}
		if !self.table.counts(peer) || self.inbound.len() >= INBOUND_REQUESTS_MAX {
			self.counters.dropped(Dropping::BlockRequests);
			return debug!(%peer, "a request for blocks is not taken");
		}
		match ScaleCodec.decode(bytes) {
			Ok(request) => {
				if self.answers.asked(id.clone(), *peer, request) {
					self.inbound.insert(id, channel);
					self.serve();
				} else {
					self.counters.dropped(Dropping::BlockRequests);
				}
			}
			Err(error) => {
				debug!(%peer, %error, "undecodable request for blocks");
				self.blame(*peer, Misbehaviour::UndecodableRequest);
			}
		}
	}

	/// A message longer than its protocol allows ends as this error of reading, before any of it is stored.
	pub(super) fn blame_if_oversized(&mut self, peer: PeerId, error: &std::io::Error) {
		if error.kind() == ErrorKind::InvalidData {
			self.blame(peer, Misbehaviour::Oversized);
		}
	}
}

fn failure(error: &OutboundFailure) -> OutboundFailureReason {
	match error {
		OutboundFailure::DialFailure => OutboundFailureReason::DialFailure,
		OutboundFailure::Timeout => OutboundFailureReason::Timeout,
		OutboundFailure::ConnectionClosed => OutboundFailureReason::ConnectionClosed,
		OutboundFailure::UnsupportedProtocols => OutboundFailureReason::UnsupportedProtocols,
		OutboundFailure::Io(_) => OutboundFailureReason::Io,
	}
}
