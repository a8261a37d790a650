//! Votes that stood in for what the engine derived, and the mark that they carry in its log.
//!
//! ```text
//! signed, synced by the guard ─▶ crash before the log is synced ─▶ start: the engine derives another vote
//!                                    ┌──────────────────────────────────────┘
//!                                    ▼
//!                    the signed one stands in ─▶ logged, with the mark ─▶ start: derives the other vote again
//!                                    ▲                                        │
//!                                    └────────────────────────────────────────┘
//! ```
//! A log is replayed by deriving every vote again, and the engine ends for ever when its log holds another vote than the one
//! derived. A vote that stood in is another one by definition. Its entry is therefore read as a vote of block 0, which
//! the engine passes over; and what it derives in its place is replaced by the same vote as before.
//!
//! # Must not
//! Mark anything else: the engine's comparison stays whole for every vote that it derived itself.
//!
//! # Invariants
//! - An entry is [`ScaleCodec`]'s, or [`STANDS_IN`] and then [`ScaleCodec`]'s of a vote.
//! - Whoever reads a log knows afterwards which votes stood in, even those that the guard forgot.

use crate::codec::{CodecError, ScaleCodec};
use crate::guard::{Step, MESSAGES_MAX};
use crate::malachite::core::{PolkaCertificate, SignedVote};
use crate::malachite::{Codec, ProposedValue, SignedConsensusMsg};
use crate::signing::vote_step;
use crate::types::{Height, Plexus};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// First byte of a vote that stood in; no version of an encoding is 0.
const STANDS_IN: u8 = 0;

/// The votes of one height that stood in for others, as the signer and the log share them.
#[derive(Clone, Debug, Default)]
pub struct StandIns(Arc<Mutex<BTreeMap<Step, SignedVote<Plexus>>>>);

impl StandIns {
	/// The vote that stood in at a step.
	pub fn at(&self, step: Step) -> Option<SignedVote<Plexus>> {
		self.lock().get(&step).cloned()
	}

	/// Remembers that a vote stood in; those of other heights are forgotten. There are at most as many as the guard
	/// remembers messages; beyond that nothing is remembered.
	pub(crate) fn note(&self, vote: &SignedVote<Plexus>) {
		let Some(step) = vote_step(&vote.message) else { return };
		let mut votes = self.lock();
		votes.retain(|known, _| known.height == step.height);
		if votes.len() < MESSAGES_MAX {
			votes.insert(step, vote.clone());
		}
	}

	fn includes(&self, vote: &SignedVote<Plexus>) -> bool {
		let known = vote_step(&vote.message).and_then(|step| self.at(step));
		known.is_some_and(|known| known.signature == vote.signature)
	}

	fn lock(&self) -> MutexGuard<'_, BTreeMap<Step, SignedVote<Plexus>>> {
		// Each change is one call of a map that leaves it whole.
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

/// The codec of the engine's log.
#[derive(Clone, Debug, Default)]
pub struct LogCodec {
	/// What stood in since the height began.
	pub stand_ins: StandIns,
}

impl Codec<SignedConsensusMsg<Plexus>> for LogCodec {
	type Error = CodecError;

	fn decode(&self, bytes: Bytes) -> Result<SignedConsensusMsg<Plexus>, CodecError> {
		if bytes.first() != Some(&STANDS_IN) {
			return ScaleCodec.decode(bytes);
		}
		match ScaleCodec.decode(bytes.slice(1..))? {
			SignedConsensusMsg::Vote(mut vote) => {
				self.stand_ins.note(&vote);
				vote.message.height = Height(0);
				Ok(SignedConsensusMsg::Vote(vote))
			}
			SignedConsensusMsg::Proposal(_) => Err(CodecError::Version(STANDS_IN)),
		}
	}

	fn encode(&self, message: &SignedConsensusMsg<Plexus>) -> Result<Bytes, CodecError> {
		let bytes = ScaleCodec.encode(message)?;
		match message {
			SignedConsensusMsg::Vote(vote) if self.stand_ins.includes(vote) => {
				Ok([&[STANDS_IN], &bytes[..]].concat().into())
			}
			SignedConsensusMsg::Vote(_) | SignedConsensusMsg::Proposal(_) => Ok(bytes),
		}
	}
}

impl Codec<ProposedValue<Plexus>> for LogCodec {
	type Error = CodecError;

	fn decode(&self, bytes: Bytes) -> Result<ProposedValue<Plexus>, CodecError> {
		ScaleCodec.decode(bytes)
	}

	fn encode(&self, value: &ProposedValue<Plexus>) -> Result<Bytes, CodecError> {
		ScaleCodec.encode(value)
	}
}

impl Codec<PolkaCertificate<Plexus>> for LogCodec {
	type Error = CodecError;

	fn decode(&self, bytes: Bytes) -> Result<PolkaCertificate<Plexus>, CodecError> {
		ScaleCodec.decode(bytes)
	}

	fn encode(&self, certificate: &PolkaCertificate<Plexus>) -> Result<Bytes, CodecError> {
		ScaleCodec.encode(certificate)
	}
}
