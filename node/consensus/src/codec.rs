//! The codec of everything consensus sends, logs and stores: a version byte, then SCALE.
//!
//! # Must not
//! Panic on any bytes, or accept bytes after the message.
//!
//! # Invariants
//! Each message is read and written through exactly one structure of [`crate::wire`].

use crate::malachite::{self, core as engine, streaming::StreamMessage, Codec, HasEncodedLen};
use crate::parts::ProposalPart;
use crate::types::Plexus;
use crate::wire;
use bytes::Bytes;
use codec::{Decode, DecodeAll, Encode};
use core::convert::Infallible;

/// Version of all encodings in this crate. A change of any of them raises it, and nodes of different versions do not
/// understand one another.
pub const WIRE_VERSION: u8 = 1;

/// Why bytes are not a message.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
	/// Nothing at all.
	#[error("empty message")]
	Empty,
	/// Another version of the encodings.
	#[error("encoding version {0}; this node speaks {WIRE_VERSION}")]
	Version(u8),
	/// Not SCALE of the expected structure, or bytes after it.
	#[error("malformed message: {0}")]
	Malformed(#[from] codec::Error),
	/// Decodes, but is no message.
	#[error("invalid message: {0}")]
	Invalid(#[from] wire::WireError),
}

impl From<Infallible> for CodecError {
	fn from(never: Infallible) -> Self {
		match never {}
	}
}

/// Puts the version in front.
pub fn encode_versioned(message: &impl Encode) -> Vec<u8> {
	let mut bytes = Vec::with_capacity(1 + message.size_hint());
	bytes.push(WIRE_VERSION);
	message.encode_to(&mut bytes);
	bytes
}

/// Checks the version and that nothing follows.
///
/// # Errors
/// See [`CodecError`].
pub fn decode_versioned<T: Decode>(bytes: &[u8]) -> Result<T, CodecError> {
	match bytes {
		[] => Err(CodecError::Empty),
		[WIRE_VERSION, rest @ ..] => Ok(T::decode_all(&mut &rest[..])?),
		[version, ..] => Err(CodecError::Version(*version)),
	}
}

/// The codec handed to the engine.
#[derive(Clone, Copy, Debug)]
pub struct ScaleCodec;

macro_rules! carried_by {
	($($message:ty => $wire:ty),* $(,)?) => {$(
		impl Codec<$message> for ScaleCodec {
			type Error = CodecError;

			fn decode(&self, bytes: Bytes) -> Result<$message, CodecError> {
				Ok(<$message>::try_from(decode_versioned::<$wire>(&bytes)?)?)
			}

			fn encode(&self, message: &$message) -> Result<Bytes, CodecError> {
				Ok(encode_versioned(&<$wire>::from(message)).into())
			}
		}

		impl HasEncodedLen<$message> for ScaleCodec {
			fn encoded_len(&self, message: &$message) -> Result<usize, CodecError> {
				Ok(1 + <$wire>::from(message).encoded_size())
			}
		}
	)*};
}

carried_by! {
	malachite::SignedConsensusMsg<Plexus> => wire::Signed,
	malachite::LivenessMsg<Plexus> => wire::Liveness,
	engine::PolkaCertificate<Plexus> => wire::Certificate,
	engine::ValidatorProof<Plexus> => wire::ValidatorProof,
	StreamMessage<ProposalPart> => wire::StreamPart,
	malachite::ProposedValue<Plexus> => wire::Proposed,
	malachite::Status<Plexus> => wire::Status,
	malachite::Request<Plexus> => wire::Request,
	malachite::Response<Plexus> => wire::Response,
}

/// A part outside a stream. The engine asks for this codec and never uses it.
impl Codec<ProposalPart> for ScaleCodec {
	type Error = CodecError;

	fn decode(&self, bytes: Bytes) -> Result<ProposalPart, CodecError> {
		decode_versioned(&bytes)
	}

	fn encode(&self, part: &ProposalPart) -> Result<Bytes, CodecError> {
		Ok(encode_versioned(part).into())
	}
}
