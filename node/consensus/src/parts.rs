//! How a block travels while it is proposed: a signed head, then chunks of the encoded body.
//!
//! # Must not
//! Execute or store blocks.
//!
//! # Invariants
//! - The head commits to the body's bytes. Whoever relays a genuine head with other chunks therefore cannot make a
//!   good block look invalid: the chunks are dropped before anybody judges the block.
//! - A body is at most [`BODY_BYTES_MAX`] long and cut into chunks of [`CHUNK_BYTES`]; only the last is shorter.

use crate::malachite::{
	core::Round, streaming::StreamContent, streaming::StreamId, streaming::StreamMessage,
};
use crate::signing::{self, SigningKey};
use crate::types::{AuthorityId, Plexus, Signature};
use codec::{DecodeAll, Encode};
use plexus_primitives::purpose::Purpose;
use plexus_runtime::limits::{BLOCK_MAX, EXTRINSIC_BASE};
use plexus_storage::{Block, Header};
use sp_core::H256;

/// The longest encoded body: 4 MiB of extrinsics, which is what the executor allows, and 512 KiB for their lengths. Two
/// of them and their certificates stay below the engine's limit of 10 MiB for one sync response.
pub const BODY_BYTES_MAX: usize = (4 << 20) + (512 << 10);

/// Length of a chunk: 128 KiB. Small enough to be relayed before the whole body has arrived, large enough that a
/// full body is 36 messages.
pub const CHUNK_BYTES: usize = 128 << 10;

/// Chunks of the longest body.
pub const CHUNKS_MAX: usize = BODY_BYTES_MAX.div_ceil(CHUNK_BYTES);

/// The longest encoded header that is taken. Ours, with the runtime's digest items, stay below 1 KiB.
pub const HEADER_BYTES_MAX: usize = 64 << 10;

/// Extrinsics of a block, far more than its weight allows: each takes a part of it, but for the few inherents. A body of
/// more is no block's, which need not be found out by computing the root of millions.
pub const EXTRINSICS_MAX: usize = 2 * (BLOCK_MAX.ref_time() / EXTRINSIC_BASE.ref_time()) as usize;

/// The first part: what is proposed, by whom, and what the chunks will add up to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, codec::Decode)]
pub struct ProposalHead {
	/// Height of the block.
	pub height: u64,
	/// Round in which it is proposed.
	pub round: u32,
	/// The earlier round in which two thirds prevoted for it, if any.
	pub pol_round: Option<u32>,
	/// Who proposes it in this round; not always the block's author.
	pub proposer: AuthorityId,
	/// The block's header; its hash is the value voted on.
	pub header: Header,
	/// Length of the encoded body.
	pub body_bytes: u32,
	/// BLAKE3 of the encoded body.
	pub body_root: H256,
	/// The proposer's signature over all of the above.
	pub signature: Signature,
}

impl ProposalHead {
	/// Makes and signs the head for a block.
	pub fn new(
		genesis: &H256,
		key: &SigningKey,
		round: u32,
		pol_round: Option<u32>,
		header: Header,
		body: &[u8],
	) -> Self {
		let mut head = Self {
			height: header.number.into(),
			round,
			pol_round,
			proposer: AuthorityId(key.verifying_key().to_bytes()),
			header,
			body_bytes: body.len() as u32,
			body_root: H256(*blake3::hash(body).as_bytes()),
			signature: Signature([0; 64]),
		};
		head.signature = signing::sign(key, &head.preimage(genesis));
		head
	}

	/// Hash of the proposed block.
	pub fn block_hash(&self) -> H256 {
		self.header.hash()
	}

	/// How many chunks carry the body.
	pub fn chunks(&self) -> usize {
		(self.body_bytes as usize).div_ceil(CHUNK_BYTES)
	}

	/// The earlier round in the engine's terms.
	pub fn valid_round(&self) -> Round {
		self.pol_round.map_or(Round::Nil, Round::new)
	}

	/// Whether the stated sizes are within bounds, the heights agree, and the stated proposer signed it.
	/// Whether that proposer had the turn is for the caller to say, who knows the validators.
	pub fn is_genuine(&self, genesis: &H256) -> bool {
		self.body_bytes as usize <= BODY_BYTES_MAX
			&& u64::from(self.header.number) == self.height
			&& self.pol_round.is_none_or(|pol| pol < self.round)
			&& self.header.encoded_size() <= HEADER_BYTES_MAX
			&& signing::verify(&self.proposer, &self.preimage(genesis), &self.signature)
	}

	fn preimage(&self, genesis: &H256) -> Vec<u8> {
		let mut bytes = Purpose::ProposalPart.domain(&genesis.0).to_vec();
		(
			self.height,
			self.round,
			self.pol_round,
			self.proposer,
			self.block_hash(),
			self.body_bytes,
			self.body_root,
		)
			.encode_to(&mut bytes);
		bytes
	}
}

/// One message of a proposal's stream.
#[derive(Clone, Debug, PartialEq, Eq, Encode, codec::Decode)]
pub enum ProposalPart {
	/// The head, always number 0.
	Head(Box<ProposalHead>),
	/// The chunk whose number is the message's sequence, from 1.
	Chunk(Vec<u8>),
}

impl crate::malachite::core::ProposalPart<Plexus> for ProposalPart {
	fn is_first(&self) -> bool {
		matches!(self, Self::Head(_))
	}

	/// The head says how many chunks there are; no part says of itself that it is the last.
	fn is_last(&self) -> bool {
		false
	}
}

/// The extrinsics of a block as they are cut into chunks.
pub fn encode_body(block: &Block) -> Vec<u8> {
	block.body.encode()
}

/// A head with all of its body, as it travelled. Nobody has looked into the body: decoded, it takes up to 24 times its bytes,
/// and time, which is not spent on what anybody may have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
	head: ProposalHead,
	body: Vec<u8>,
}

impl Complete {
	/// `None` if the bytes are not what the head commits to.
	pub fn new(head: ProposalHead, body: Vec<u8>) -> Option<Self> {
		let fits =
			body.len() == head.body_bytes as usize && blake3::hash(&body).as_bytes() == &head.body_root.0;
		fits.then_some(Self { head, body })
	}

	/// The head.
	pub fn head(&self) -> &ProposalHead {
		&self.head
	}

	/// The block; `None` if the body is no list of extrinsics, or one of more than [`EXTRINSICS_MAX`].
	pub fn decode(self) -> Option<(ProposalHead, Block)> {
		let body = Vec::<Vec<u8>>::decode_all(&mut &self.body[..]).ok()?;
		if body.len() > EXTRINSICS_MAX {
			return None;
		}
		let block = Block { header: self.head.header.clone(), body };
		Some((self.head, block))
	}
}

/// The messages that carry a proposal: the head, the chunks, the end of the stream.
pub fn stream(id: StreamId, head: &ProposalHead, body: &[u8]) -> Vec<StreamMessage<ProposalPart>> {
	core::iter::once(StreamContent::Data(ProposalPart::Head(Box::new(head.clone()))))
		.chain(body.chunks(CHUNK_BYTES).map(|chunk| StreamContent::Data(ProposalPart::Chunk(chunk.to_vec()))))
		.chain(core::iter::once(StreamContent::Fin))
		.enumerate()
		.map(|(sequence, content)| StreamMessage::new(id.clone(), sequence as u64, content))
		.collect()
}
