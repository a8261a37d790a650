//! What the engine hears from the network.
//!
//! # Must not
//! Touch the swarm, or trust what a message says about its sender: gossip's signature does.
//!
//! # Invariants
//! - Everything handed to the engine has been decoded by [`ScaleCodec`]; what does not decode is its sender's fault.
//! - A status counts only from a direct peer that published it itself: only direct peers can be asked for blocks.

use crate::conduct::Misbehaviour;
use crate::topics::Topic;
use arc_malachitebft_app_channel::app::engine::network::{NetworkEvent, Status, Subscriber};
use arc_malachitebft_app_channel::app::engine::util::output_port::OutputPort;
use arc_malachitebft_network::{Channel, PeerIdExt};
use bytes::Bytes;
use libp2p::{Multiaddr, PeerId};
use plexus_consensus::codec::{CodecError, ScaleCodec};
use plexus_consensus::malachite::core::{NilOrVal, VoteType};
use plexus_consensus::malachite::streaming::StreamContent;
use plexus_consensus::malachite::{self, Codec, LivenessMsg, Response, SignedConsensusMsg};
use plexus_consensus::parts::{ProposalPart, CHUNKS_MAX, CHUNK_BYTES};
use plexus_consensus::signing::{proposal_preimage, verify, vote_preimage};
use plexus_consensus::types::Vote;
use plexus_consensus::{AuthorityId, Height, Plexus};
use sp_core::H256;
use std::ops::RangeInclusive;

/// Events that a slow engine may fall behind before it loses some; it then recovers as from lost messages.
const EVENTS_MAX: usize = 512;

/// Told to the engine when the node does not listen: it starts once it has heard any address.
const NO_ADDRESS: &str = "/ip4/127.0.0.1/tcp/0";

/// An id in the engine's type.
pub(crate) fn to_engine(peer: &PeerId) -> malachite::PeerId {
	malachite::PeerId::from_libp2p(peer)
}

/// An id in libp2p's type.
pub(crate) fn from_engine(peer: &malachite::PeerId) -> PeerId {
	peer.to_libp2p()
}

/// A decoded gossip message.
pub(crate) enum Gossip {
	/// For the engine.
	Event(NetworkEvent<Plexus>),
	/// Its publisher's tip and oldest block.
	Status(malachite::Status<Plexus>),
	/// A batch for the node.
	Transactions(Bytes),
}

/// Decodes a gossip message.
pub(crate) fn decode(
	topic: Topic,
	from: &PeerId,
	publisher: Option<&PeerId>,
	data: Bytes,
) -> Result<Gossip, CodecError> {
	let codec = ScaleCodec;
	let from = to_engine(from);
	Ok(Gossip::Event(match topic {
		Topic::Consensus => match codec.decode(data)? {
			SignedConsensusMsg::Vote(vote) => NetworkEvent::Vote(from, vote),
			SignedConsensusMsg::Proposal(proposal) => NetworkEvent::Proposal(from, proposal),
		},
		Topic::Parts => NetworkEvent::ProposalPart(from, publisher.map(to_engine), codec.decode(data)?),
		Topic::Liveness => match codec.decode(data)? {
			LivenessMsg::Vote(vote) => NetworkEvent::Vote(from, vote),
			LivenessMsg::PolkaCertificate(certificate) => NetworkEvent::PolkaCertificate(from, certificate),
			LivenessMsg::SkipRoundCertificate(certificate) => {
				NetworkEvent::RoundCertificate(from, certificate)
			}
		},
		Topic::Status => return Ok(Gossip::Status(codec.decode(data)?)),
		Topic::Transactions => return Ok(Gossip::Transactions(data)),
	}))
}

/// What a vote or proposal says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
	pub signer: AuthorityId,
	pub height: u64,
	pub signature: [u8; 64],
}

/// What a message says of itself, if it is a vote or proposal.
pub(crate) fn claim(event: &NetworkEvent<Plexus>) -> Option<Claim> {
	let (signer, height, signature) = match event {
		NetworkEvent::Vote(_, vote) => (vote.message.address, vote.message.height, vote.signature),
		NetworkEvent::Proposal(_, proposal) => {
			(proposal.message.address, proposal.message.height, proposal.signature)
		}
		_ => return None,
	};
	Some(Claim { signer, height: height.0, signature: signature.0 })
}

/// Checks what can be checked without knowing heights or validators, before a message is forwarded: the engine does not
/// say what it thought of one. Returns whose signature a vote or proposal carries; whether that is a validator is for the
/// caller to say. For certificates there is [`crate::certificates`].
pub(crate) fn verify_signed(
	event: &NetworkEvent<Plexus>,
	genesis: &H256,
) -> Result<Option<AuthorityId>, Misbehaviour> {
	let signed_by = |signer: AuthorityId, valid: bool| match valid {
		true => Ok(Some(signer)),
		false => Err(Misbehaviour::BadConsensusSignature),
	};
	match event {
		NetworkEvent::Vote(_, vote) => {
			let signer = vote.message.address;
			signed_by(signer, verify(&signer, &vote_preimage(genesis, &vote.message), &vote.signature))
		}
		NetworkEvent::Proposal(_, proposal) => {
			let signer = proposal.message.address;
			let preimage = proposal_preimage(genesis, &proposal.message);
			signed_by(signer, verify(&signer, &preimage, &proposal.signature))
		}
		NetworkEvent::ProposalPart(_, _, part) => {
			let is_sound = match &part.content {
				StreamContent::Data(ProposalPart::Head(head)) => {
					part.sequence == 0 && head.is_genuine(genesis)
				}
				StreamContent::Data(ProposalPart::Chunk(chunk)) => {
					(1..=CHUNK_BYTES).contains(&chunk.len())
						&& (1..=CHUNKS_MAX as u64).contains(&part.sequence)
				}
				StreamContent::Fin => part.sequence <= CHUNKS_MAX as u64 + 1,
			};
			is_sound.then_some(None).ok_or(Misbehaviour::InvalidPart)
		}
		_ => Ok(None),
	}
}

/// Signatures of an answer's first certificate that are checked before the engine checks all: more than enough to notice a
/// forgery, few enough not to hold up the swarm (3 ms).
const SIGNATURES_CHECKED_MAX: usize = 64;

/// Whether an answer can be what was asked for, as far as that shows without validators and blocks: it begins where asked,
/// holds no more than asked, each certificate is for its own height, and those that signed the first one did sign it. The
/// engine verifies the rest, says from whom a lie came, and asks another peer.
pub(crate) fn is_answer(response: &Response<Plexus>, asked: &RangeInclusive<Height>, genesis: &H256) -> bool {
	let Response::ValueResponse(response) = response;
	let Some(first) = response.values.first() else { return true };
	let asked_for = asked.end().0.saturating_sub(asked.start().0).saturating_add(1);
	let in_order = || {
		let heights = (response.start_height.0..).map(Height);
		response.values.iter().zip(heights).all(|(value, height)| value.certificate.height == height)
	};
	let certificate = &first.certificate;
	let is_signed = || {
		certificate.commit_signatures.iter().take(SIGNATURES_CHECKED_MAX).all(|signed| {
			let vote = Vote {
				kind: VoteType::Precommit,
				height: certificate.height,
				round: certificate.round,
				value: NilOrVal::Val(certificate.value_id),
				address: signed.address,
			};
			verify(&signed.address, &vote_preimage(genesis, &vote), &signed.signature)
		})
	};
	response.start_height == *asked.start()
		&& response.values.len() as u64 <= asked_for
		&& in_order()
		&& is_signed()
}

/// The engine's subscription to events.
pub(crate) struct EngineSide {
	port: OutputPort<NetworkEvent<Plexus>>,
	listening: Multiaddr,
}

impl EngineSide {
	/// `listen` is the first configured address, if any.
	pub fn new(listen: Option<&Multiaddr>) -> Self {
		let listening = listen.cloned().unwrap_or_else(|| NO_ADDRESS.parse().expect("a literal address"));
		Self { port: OutputPort::with_capacity(EVENTS_MAX), listening }
	}

	/// Tells a new subscriber what it missed, then all that follows.
	pub fn subscribe<'a>(
		&self,
		subscriber: Box<dyn Subscriber<NetworkEvent<Plexus>>>,
		peers: impl Iterator<Item = &'a PeerId>,
		hears_status: impl Fn(&PeerId) -> bool,
	) {
		subscriber.send(NetworkEvent::Listening(self.listening.clone()));
		for peer in peers {
			subscriber.send(NetworkEvent::PeerConnected(to_engine(peer)));
			if hears_status(peer) {
				subscriber.send(NetworkEvent::PeerSubscribed(to_engine(peer), Channel::Sync));
			}
		}
		subscriber.subscribe_to_port(&self.port);
	}

	/// Hands an event to the engine.
	pub fn send(&self, event: NetworkEvent<Plexus>) {
		self.port.send(event);
	}

	/// A peer of this chain is connected.
	pub fn peer_connected(&self, peer: &PeerId) {
		self.send(NetworkEvent::PeerConnected(to_engine(peer)));
	}

	/// Its last connection is gone.
	pub fn peer_disconnected(&self, peer: &PeerId) {
		self.send(NetworkEvent::PeerDisconnected(to_engine(peer)));
	}

	/// It wants to hear how far we are.
	pub fn peer_hears_status(&self, peer: &PeerId) {
		self.send(NetworkEvent::PeerSubscribed(to_engine(peer), Channel::Sync));
	}

	/// It told how far it is.
	pub fn peer_status(&self, status: &malachite::Status<Plexus>) {
		let event =
			NetworkEvent::Status(status.peer_id, Status::new(status.tip_height, status.history_min_height));
		self.send(event);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use ed25519_dalek::SigningKey;
	use plexus_consensus::malachite::core::{
		ExtendedCommitCertificate, Round, SignedMessage, VoteType::Precommit,
	};
	use plexus_consensus::malachite::streaming::{StreamId, StreamMessage};
	use plexus_consensus::malachite::{RawDecidedValue, ValueResponse};
	use plexus_consensus::signing::sign;

	const GENESIS: H256 = H256([1; 32]);

	fn vote(height: u64, genesis: &H256) -> SignedMessage<Plexus, Vote> {
		let key = SigningKey::from_bytes(&[7; 32]);
		let vote = Vote {
			kind: Precommit,
			height: Height(height),
			round: Round::new(0),
			value: NilOrVal::Val(H256([9; 32])),
			address: AuthorityId(key.verifying_key().to_bytes()),
		};
		let signature = sign(&key, &vote_preimage(genesis, &vote));
		SignedMessage::new(vote, signature)
	}

	fn answer(start: u64, heights: &[u64], genesis: &H256) -> Response<Plexus> {
		let value = |height: &u64| {
			let certificate = ExtendedCommitCertificate::from_votes(
				Height(*height),
				Round::new(0),
				H256([9; 32]),
				vec![vote(*height, genesis)],
			);
			RawDecidedValue::new(Bytes::new(), certificate)
		};
		Response::ValueResponse(ValueResponse::new(Height(start), heights.iter().map(value).collect()))
	}

	#[test]
	fn votes_are_taken_only_with_the_signature_of_who_they_name_and_for_this_chain() {
		let peer = to_engine(&PeerId::random());
		let good = vote(3, &GENESIS);
		let signer = good.message.address;
		assert_eq!(verify_signed(&NetworkEvent::Vote(peer, good.clone()), &GENESIS), Ok(Some(signer)));
		let refused = Err(Misbehaviour::BadConsensusSignature);
		assert_eq!(verify_signed(&NetworkEvent::Vote(peer, good.clone()), &H256([2; 32])), refused);
		let mut forged = good;
		forged.message.height = Height(4);
		assert_eq!(verify_signed(&NetworkEvent::Vote(peer, forged), &GENESIS), refused);
	}

	#[test]
	fn parts_are_bounded_before_they_are_forwarded() {
		let judge = |sequence: u64, content: StreamContent<ProposalPart>| {
			let part = StreamMessage::new(StreamId::new(Bytes::from_static(b"s")), sequence, content);
			verify_signed(&NetworkEvent::ProposalPart(to_engine(&PeerId::random()), None, part), &GENESIS)
		};
		let chunk = |bytes: usize| StreamContent::Data(ProposalPart::Chunk(vec![0; bytes]));
		assert_eq!(judge(1, chunk(CHUNK_BYTES)), Ok(None));
		assert_eq!(judge(CHUNKS_MAX as u64 + 1, StreamContent::Fin), Ok(None));
		let refused = Err(Misbehaviour::InvalidPart);
		assert_eq!(judge(1, chunk(CHUNK_BYTES + 1)), refused);
		assert_eq!(judge(1, chunk(0)), refused);
		assert_eq!(judge(0, chunk(1)), refused, "number 0 is the head");
		assert_eq!(judge(CHUNKS_MAX as u64 + 1, chunk(1)), refused);
		assert_eq!(judge(u64::MAX, StreamContent::Fin), refused);
	}

	#[test]
	fn an_answer_is_what_was_asked_for_or_a_lie() {
		let asked = Height(5)..=Height(7);
		let is_good = |response| is_answer(&response, &asked, &GENESIS);
		assert!(is_good(answer(5, &[5, 6, 7], &GENESIS)));
		assert!(is_good(answer(5, &[5], &GENESIS)), "the rest is not there yet");
		assert!(is_good(answer(5, &[], &GENESIS)), "it has none");
		assert!(!is_good(answer(6, &[6], &GENESIS)), "another beginning");
		assert!(!is_good(answer(5, &[5, 7], &GENESIS)), "a gap");
		assert!(!is_good(answer(5, &[5, 6, 7, 8], &GENESIS)), "more than asked");
		assert!(!is_good(answer(5, &[5], &H256([2; 32]))), "signed for another chain");
	}
}
