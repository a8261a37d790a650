//! What goes over the wire and into the write-ahead log, as plain SCALE structures.
//!
//! # Must not
//! Be used for decisions: every structure is converted to or from the engine's type at once.
//!
//! # Invariants
//! - Votes, proposals and certificates have a round. Only a proposal's earlier round may be absent. The engine panics
//!   on votes without a round, so none can be decoded.
//! - The encodings of [`Vote`] and [`Proposal`] are signed: changing them splits the network.
//! - `tests::golden` holds the bytes.

use crate::malachite::core as engine;
use crate::malachite::{self, core::NilOrVal, core::Round};
use crate::parts::{ProposalPart, CHUNK_BYTES};
use crate::types::{self, AuthorityId, BlockRef, Height, Plexus, Signature};
use codec::{Decode, Encode};
use sp_core::H256;

/// Longest id of a stream of parts; ours are 20 bytes.
pub const STREAM_ID_BYTES_MAX: usize = 64;

/// Why a decoded structure is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
	/// The id of a stream is longer than [`STREAM_ID_BYTES_MAX`].
	#[error("stream id of {0} bytes")]
	StreamIdTooLong(usize),
	/// A chunk is longer than [`CHUNK_BYTES`].
	#[error("chunk of {0} bytes")]
	ChunkTooLong(usize),
	/// The bytes are no peer id.
	#[error("not a peer id")]
	PeerId,
}

fn optional(round: Round) -> Option<u32> {
	round.as_u32()
}

fn round(round: Option<u32>) -> Round {
	round.map_or(Round::Nil, Round::new)
}

/// A round that the engine never leaves undefined in the places where this is used; [`u32::MAX`] if it did, which
/// no peer accepts.
fn defined(round: Round) -> u32 {
	round.as_u32().unwrap_or(u32::MAX)
}

fn block(value: &NilOrVal<H256>) -> Option<H256> {
	match value {
		NilOrVal::Nil => None,
		NilOrVal::Val(hash) => Some(*hash),
	}
}

fn nil_or(value: Option<H256>) -> NilOrVal<H256> {
	value.map_or(NilOrVal::Nil, NilOrVal::Val)
}

/// Kind of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum VoteKind {
	/// First step.
	Prevote,
	/// Second step.
	Precommit,
}

impl From<engine::VoteType> for VoteKind {
	fn from(kind: engine::VoteType) -> Self {
		match kind {
			engine::VoteType::Prevote => Self::Prevote,
			engine::VoteType::Precommit => Self::Precommit,
		}
	}
}

impl From<VoteKind> for engine::VoteType {
	fn from(kind: VoteKind) -> Self {
		match kind {
			VoteKind::Prevote => Self::Prevote,
			VoteKind::Precommit => Self::Precommit,
		}
	}
}

/// A vote; this encoding is signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Vote {
	kind: VoteKind,
	height: u64,
	round: u32,
	value: Option<H256>,
	address: AuthorityId,
}

impl Vote {
	/// The precommit that a commit certificate collects signatures of.
	pub fn precommit(height: u64, round: u32, value: H256, address: AuthorityId) -> Self {
		Self { kind: VoteKind::Precommit, height, round, value: Some(value), address }
	}
}

impl From<&types::Vote> for Vote {
	fn from(vote: &types::Vote) -> Self {
		Self {
			kind: vote.kind.into(),
			height: vote.height.0,
			round: defined(vote.round),
			value: block(&vote.value),
			address: vote.address,
		}
	}
}

impl From<Vote> for types::Vote {
	fn from(vote: Vote) -> Self {
		Self {
			kind: vote.kind.into(),
			height: Height(vote.height),
			round: Round::new(vote.round),
			value: nil_or(vote.value),
			address: vote.address,
		}
	}
}

/// A proposal; this encoding is signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
	height: u64,
	round: u32,
	value: H256,
	pol_round: Option<u32>,
	address: AuthorityId,
}

impl From<&types::Proposal> for Proposal {
	fn from(proposal: &types::Proposal) -> Self {
		Self {
			height: proposal.height.0,
			round: defined(proposal.round),
			value: proposal.value.0,
			pol_round: optional(proposal.pol_round),
			address: proposal.address,
		}
	}
}

impl From<Proposal> for types::Proposal {
	fn from(proposal: Proposal) -> Self {
		Self {
			height: Height(proposal.height),
			round: Round::new(proposal.round),
			value: BlockRef(proposal.value),
			pol_round: round(proposal.pol_round),
			address: proposal.address,
		}
	}
}

/// Votes and proposals, on the wire and in the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Signed {
	/// A vote.
	Vote(Vote, Signature),
	/// A proposal.
	Proposal(Proposal, Signature),
}

impl From<&malachite::SignedConsensusMsg<Plexus>> for Signed {
	fn from(message: &malachite::SignedConsensusMsg<Plexus>) -> Self {
		match message {
			malachite::SignedConsensusMsg::Vote(v) => Self::Vote((&v.message).into(), v.signature),
			malachite::SignedConsensusMsg::Proposal(p) => Self::Proposal((&p.message).into(), p.signature),
		}
	}
}

impl From<Signed> for malachite::SignedConsensusMsg<Plexus> {
	fn from(message: Signed) -> Self {
		match message {
			Signed::Vote(vote, signature) => Self::Vote(engine::SignedVote::new(vote.into(), signature)),
			Signed::Proposal(proposal, signature) => {
				Self::Proposal(engine::SignedProposal::new(proposal.into(), signature))
			}
		}
	}
}

/// Signatures of two thirds for one block in one round: of prevotes or of precommits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Certificate {
	/// Height.
	pub height: u64,
	/// Round.
	pub round: u32,
	/// Hash of the block.
	pub value: H256,
	/// Who signed.
	pub signatures: Vec<(AuthorityId, Signature)>,
}

impl From<&engine::PolkaCertificate<Plexus>> for Certificate {
	fn from(certificate: &engine::PolkaCertificate<Plexus>) -> Self {
		Self {
			height: certificate.height.0,
			round: defined(certificate.round),
			value: certificate.value_id,
			signatures: certificate.polka_signatures.iter().map(|s| (s.address, s.signature)).collect(),
		}
	}
}

impl From<Certificate> for engine::PolkaCertificate<Plexus> {
	fn from(certificate: Certificate) -> Self {
		Self {
			height: Height(certificate.height),
			round: Round::new(certificate.round),
			value_id: certificate.value,
			polka_signatures: certificate
				.signatures
				.into_iter()
				.map(|(address, signature)| engine::PolkaSignature::new(address, signature))
				.collect(),
		}
	}
}

impl From<&engine::CommitCertificate<Plexus>> for Certificate {
	fn from(certificate: &engine::CommitCertificate<Plexus>) -> Self {
		Self {
			height: certificate.height.0,
			round: defined(certificate.round),
			value: certificate.value_id,
			signatures: certificate.commit_signatures.iter().map(|s| (s.address, s.signature)).collect(),
		}
	}
}

impl From<Certificate> for engine::CommitCertificate<Plexus> {
	fn from(certificate: Certificate) -> Self {
		Self {
			height: Height(certificate.height),
			round: Round::new(certificate.round),
			value_id: certificate.value,
			commit_signatures: certificate
				.signatures
				.into_iter()
				.map(|(address, signature)| engine::CommitSignature::new(address, signature))
				.collect(),
		}
	}
}

impl From<Certificate> for engine::ExtendedCommitCertificate<Plexus> {
	fn from(certificate: Certificate) -> Self {
		Self::from_commit_certificate_and_extensions(certificate.into(), Default::default())
	}
}

/// Votes that justify entering a round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RoundCertificate {
	height: u64,
	round: u32,
	skip: bool,
	signatures: Vec<(VoteKind, Option<H256>, AuthorityId, Signature)>,
}

/// Messages that help those who fell behind within a height.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Liveness {
	/// A vote, sent again.
	Vote(Vote, Signature),
	/// Two thirds prevoted for a block.
	Polka(Certificate),
	/// A round may be entered.
	Round(RoundCertificate),
}

impl From<&malachite::LivenessMsg<Plexus>> for Liveness {
	fn from(message: &malachite::LivenessMsg<Plexus>) -> Self {
		match message {
			malachite::LivenessMsg::Vote(v) => Self::Vote((&v.message).into(), v.signature),
			malachite::LivenessMsg::PolkaCertificate(c) => Self::Polka(c.into()),
			malachite::LivenessMsg::SkipRoundCertificate(c) => Self::Round(RoundCertificate {
				height: c.height.0,
				round: defined(c.round),
				skip: c.cert_type == engine::RoundCertificateType::Skip,
				signatures: c
					.round_signatures
					.iter()
					.map(|s| (s.vote_type.into(), block(&s.value_id), s.address, s.signature))
					.collect(),
			}),
		}
	}
}

impl From<Liveness> for malachite::LivenessMsg<Plexus> {
	fn from(message: Liveness) -> Self {
		match message {
			Liveness::Vote(vote, signature) => Self::Vote(engine::SignedVote::new(vote.into(), signature)),
			Liveness::Polka(certificate) => Self::PolkaCertificate(certificate.into()),
			Liveness::Round(certificate) => Self::SkipRoundCertificate(engine::RoundCertificate {
				height: Height(certificate.height),
				round: Round::new(certificate.round),
				cert_type: match certificate.skip {
					true => engine::RoundCertificateType::Skip,
					false => engine::RoundCertificateType::Precommit,
				},
				round_signatures: certificate
					.signatures
					.into_iter()
					.map(|(kind, value, address, signature)| {
						engine::RoundSignature::new(kind.into(), nil_or(value), address, signature)
					})
					.collect(),
			}),
		}
	}
}

/// One message of a stream of proposal parts; no part means the end.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StreamPart {
	stream: Vec<u8>,
	sequence: u64,
	part: Option<ProposalPart>,
}

impl From<&malachite::streaming::StreamMessage<ProposalPart>> for StreamPart {
	fn from(message: &malachite::streaming::StreamMessage<ProposalPart>) -> Self {
		Self {
			stream: message.stream_id.to_bytes().to_vec(),
			sequence: message.sequence,
			part: message.content.as_data().cloned(),
		}
	}
}

impl TryFrom<StreamPart> for malachite::streaming::StreamMessage<ProposalPart> {
	type Error = WireError;

	fn try_from(message: StreamPart) -> Result<Self, WireError> {
		use malachite::streaming::{StreamContent, StreamId};
		if message.stream.len() > STREAM_ID_BYTES_MAX {
			return Err(WireError::StreamIdTooLong(message.stream.len()));
		}
		match &message.part {
			Some(ProposalPart::Chunk(chunk)) if chunk.len() > CHUNK_BYTES => {
				return Err(WireError::ChunkTooLong(chunk.len()));
			}
			_ => {}
		}
		let content = message.part.map_or(StreamContent::Fin, StreamContent::Data);
		Ok(Self::new(StreamId::new(message.stream.into()), message.sequence, content))
	}
}

/// Proof that a peer id belongs to a validator.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ValidatorProof {
	public_key: Vec<u8>,
	peer: Vec<u8>,
	signature: Signature,
}

impl From<&engine::ValidatorProof<Plexus>> for ValidatorProof {
	fn from(proof: &engine::ValidatorProof<Plexus>) -> Self {
		Self { public_key: proof.public_key.clone(), peer: proof.peer_id.clone(), signature: proof.signature }
	}
}

impl From<ValidatorProof> for engine::ValidatorProof<Plexus> {
	fn from(proof: ValidatorProof) -> Self {
		Self::new(proof.public_key, proof.peer, proof.signature)
	}
}

/// A value that the application judged; only in the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proposed {
	height: u64,
	round: u32,
	valid_round: Option<u32>,
	proposer: AuthorityId,
	value: H256,
	valid: bool,
}

impl From<&malachite::ProposedValue<Plexus>> for Proposed {
	fn from(value: &malachite::ProposedValue<Plexus>) -> Self {
		Self {
			height: value.height.0,
			round: defined(value.round),
			valid_round: optional(value.valid_round),
			proposer: value.proposer,
			value: value.value.0,
			valid: value.validity.to_bool(),
		}
	}
}

impl From<Proposed> for malachite::ProposedValue<Plexus> {
	fn from(value: Proposed) -> Self {
		Self {
			height: Height(value.height),
			round: Round::new(value.round),
			valid_round: round(value.valid_round),
			proposer: value.proposer,
			value: BlockRef(value.value),
			validity: engine::Validity::from_bool(value.valid),
		}
	}
}

/// How far a peer is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Status {
	peer: Vec<u8>,
	tip: u64,
	oldest: u64,
}

impl From<&malachite::Status<Plexus>> for Status {
	fn from(status: &malachite::Status<Plexus>) -> Self {
		Self {
			peer: status.peer_id.to_bytes(),
			tip: status.tip_height.0,
			oldest: status.history_min_height.0,
		}
	}
}

impl TryFrom<Status> for malachite::Status<Plexus> {
	type Error = WireError;

	fn try_from(status: Status) -> Result<Self, WireError> {
		Ok(Self {
			peer_id: malachite::PeerId::from_bytes(&status.peer).map_err(|_| WireError::PeerId)?,
			tip_height: Height(status.tip),
			history_min_height: Height(status.oldest),
		})
	}
}

/// A request for decided blocks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Request {
	/// Blocks from the first to the last height, both included.
	Blocks(u64, u64),
}

impl From<&malachite::Request<Plexus>> for Request {
	fn from(malachite::Request::ValueRequest(request): &malachite::Request<Plexus>) -> Self {
		Self::Blocks(request.range.start().0, request.range.end().0)
	}
}

impl From<Request> for malachite::Request<Plexus> {
	fn from(Request::Blocks(first, last): Request) -> Self {
		Self::ValueRequest(malachite::ValueRequest::new(Height(first)..=Height(last)))
	}
}

/// Decided blocks in a row.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Response {
	/// Height of the first, then each block's bytes and commit certificate.
	Blocks(u64, Vec<(Vec<u8>, Certificate)>),
}

impl From<&malachite::Response<Plexus>> for Response {
	fn from(malachite::Response::ValueResponse(response): &malachite::Response<Plexus>) -> Self {
		let blocks = response
			.values
			.iter()
			.map(|v| (v.value_bytes.to_vec(), (&v.certificate.trim_vote_extensions()).into()))
			.collect();
		Self::Blocks(response.start_height.0, blocks)
	}
}

impl From<Response> for malachite::Response<Plexus> {
	fn from(Response::Blocks(first, blocks): Response) -> Self {
		let values = blocks
			.into_iter()
			.map(|(block, certificate)| malachite::RawDecidedValue::new(block.into(), certificate.into()))
			.collect();
		Self::ValueResponse(malachite::ValueResponse::new(Height(first), values))
	}
}
