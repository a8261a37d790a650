//! What the guard remembers, and the rule by which it signs. Pure: no disk, no key.
//!
//! # Must not
//! Forget a message of the height that was signed last, as long as there is room: the engine asks for them again after a
//! crash, since it signs before its log is synced.
//!
//! # Invariants
//! - Messages are of one height, in ascending order of their [`Step`], at most [`MESSAGES_MAX`].
//! - For one step there is one message, ever.
//!
//! # Source
//! Tendermint's `privval/file.go` (height, round, step only grow) and EIP-3076 (a history that moves with the key).

use super::HEIGHTS_ADVISED;
use crate::types::{AuthorityId, Signature};
use codec::{Decode, Encode, Error, Input, Output};
use core::fmt;
use sp_core::H256;

/// Messages kept of one height: three for each of 21 rounds. Older rounds are forgotten, never signed again.
pub const MESSAGES_MAX: usize = 63;

/// Longest message that is signed: a domain of 48 bytes and at most 81 of a proposal, with room to grow.
pub const MESSAGE_BYTES_MAX: usize = 160;

/// What is signed, in the order in which a round goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum StepKind {
	/// The proposer's message.
	Proposal,
	/// The first vote.
	Prevote,
	/// The second vote.
	Precommit,
}

/// A place in consensus where a validator signs at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Step {
	/// Height.
	pub height: u64,
	/// Round.
	pub round: u32,
	/// Which message.
	pub kind: StepKind,
}

impl fmt::Display for Step {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let kind = match self.kind {
			StepKind::Proposal => "proposal",
			StepKind::Prevote => "prevote",
			StepKind::Precommit => "precommit",
		};
		write!(f, "the {kind} of block {}, round {}", self.height, self.round)
	}
}

/// A message that was signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Signed {
	/// Where.
	pub step: Step,
	/// The bytes under the signature, with their domain.
	pub bytes: Vec<u8>,
	/// The signature.
	pub signature: Signature,
}

/// Why something is not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
	/// The step was signed with other bytes.
	#[error(
		"{step} was signed before, with other content; nothing is signed twice: start the node again, it goes on with \
		 what it signed first; if it ends here again, start with --doppelganger-heights {HEIGHTS_ADVISED}"
	)]
	Conflict {
		/// The step.
		step: Step,
		/// What was signed.
		recorded: Box<Signed>,
	},
	/// A later step was signed, and this one was not.
	#[error(
		"{step} comes before {mark}, which is signed already; steps are signed in order: start the node again, it goes on \
		 after what it signed last; if it ends here again, start with --doppelganger-heights {HEIGHTS_ADVISED}"
	)]
	Lower {
		/// The step.
		step: Step,
		/// The latest one signed.
		mark: Step,
	},
	/// Nothing is signed below this height.
	#[error("block {height} is below block {sign_from}, the first that this key may sign; wait for the other validators")]
	TooEarly {
		/// The height asked for.
		height: u64,
		/// The lowest that may be signed.
		sign_from: u64,
	},
	/// The message is longer than any that consensus signs.
	#[error("a message of {0} bytes is no vote and no proposal; report it with the log")]
	TooLong(usize),
}

/// Why a signing history is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
	/// Another chain's.
	#[error("the history belongs to the chain with genesis {0:?}; name that chain with --chain")]
	OtherChain(H256),
	/// Another key's.
	#[error("the history belongs to the key {0}; bring that key in first: plexus key insert validator")]
	OtherKey(AuthorityId),
	/// It says less than what is known here.
	#[error("the history ends with {}, this node knows of {}; export it again from where the key signed last", shown(.theirs), shown(.ours))]
	Older {
		/// The latest step in the history.
		theirs: Option<Step>,
		/// The latest step here.
		ours: Option<Step>,
	},
	/// It was not written by an export, or was changed.
	#[error("the history is invalid, {0}; export it again")]
	Invalid(&'static str),
}

fn shown(step: &Option<Step>) -> String {
	step.map_or_else(|| "nothing".into(), |step| step.to_string())
}

/// What a key signed, as it moves between machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningHistory {
	/// The chain.
	pub genesis: H256,
	/// The key.
	pub validator: AuthorityId,
	/// The lowest height that may be signed.
	pub sign_from: u64,
	/// What was signed at the last height, ascending.
	pub messages: Vec<Signed>,
}

impl SigningHistory {
	/// The latest step signed.
	pub fn mark(&self) -> Option<Step> {
		self.messages.last().map(|message| message.step)
	}

	/// Whether messages are what a guard writes: in order, of one height, bounded, truly signed by the key.
	pub(super) fn check(&self) -> Result<(), HistoryError> {
		let invalid = |cause| Err(HistoryError::Invalid(cause));
		if self.messages.len() > MESSAGES_MAX {
			return invalid("it has too many messages");
		}
		for pair in self.messages.windows(2) {
			if pair[0].step >= pair[1].step || pair[0].step.height != pair[1].step.height {
				return invalid("its steps are not in order");
			}
		}
		for message in &self.messages {
			if message.bytes.len() > MESSAGE_BYTES_MAX {
				return invalid("a message is too long");
			}
			if !crate::signing::verify(&self.validator, &message.bytes, &message.signature) {
				return invalid("a signature is not of its key");
			}
		}
		Ok(())
	}
}

/// Why nothing is signed before the guard has listened. On disk a `u64`: format 1 always had the height of a twin there, so
/// that a version which knows of nothing else reads each of these as a reason not to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suspension {
	/// The guard was made anew, and has not listened yet. On disk 0: nobody signs for block 0.
	Unheard,
	/// Something spoke against signing when this block was the tip. The guard was to listen, and has not to the end. On disk
	/// the block, with the highest bit, which no height has.
	Unfinished(u64),
	/// Somebody else signs with this key, or did up to this height.
	Twin(u64),
}

impl Suspension {
	const UNFINISHED: u64 = 1 << 63;
}

impl Encode for Suspension {
	fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
		let word = match self {
			Self::Unheard => 0,
			Self::Unfinished(tip) => Self::UNFINISHED | tip,
			// Whoever claims a height that is none signs with this key all the same.
			Self::Twin(height) => (*height).clamp(1, Self::UNFINISHED - 1),
		};
		word.encode_to(output);
	}
}

impl Decode for Suspension {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		Ok(match u64::decode(input)? {
			0 => Self::Unheard,
			height if height < Self::UNFINISHED => Self::Twin(height),
			word => Self::Unfinished(word & !Self::UNFINISHED),
		})
	}
}

/// Everything that the guard knows; this encoding is on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Record {
	/// The lowest height that may be signed.
	pub sign_from: u64,
	/// The history was exported: another machine signs.
	pub handed_over: bool,
	/// Until it is known to be quiet nothing is signed.
	pub suspended: Option<Suspension>,
	/// Messages of the last height signed, ascending.
	pub messages: Vec<Signed>,
}

impl Record {
	/// The latest step signed.
	pub fn mark(&self) -> Option<Step> {
		self.messages.last().map(|message| message.step)
	}

	/// What was signed at a step.
	pub fn find(&self, step: Step) -> Option<&Signed> {
		self.messages.iter().find(|message| message.step == step)
	}

	/// The signature made before, or `None` if one may be made now.
	pub fn judge(&self, step: Step, bytes: &[u8]) -> Result<Option<Signature>, Refusal> {
		match (self.find(step), self.mark()) {
			(Some(recorded), _) if recorded.bytes == bytes => Ok(Some(recorded.signature)),
			(Some(recorded), _) => Err(Refusal::Conflict { step, recorded: Box::new(recorded.clone()) }),
			(None, Some(mark)) if step < mark => Err(Refusal::Lower { step, mark }),
			(None, _) if step.height < self.sign_from => {
				Err(Refusal::TooEarly { height: step.height, sign_from: self.sign_from })
			}
			(None, _) if bytes.len() > MESSAGE_BYTES_MAX => Err(Refusal::TooLong(bytes.len())),
			(None, _) => Ok(None),
		}
	}

	/// The same with one more message, which [`Record::judge`] let pass.
	pub fn with(&self, message: Signed) -> Self {
		let mut next = self.clone();
		if next.mark().is_some_and(|mark| mark.height < message.step.height) {
			next.messages.clear();
		}
		if next.messages.len() == MESSAGES_MAX {
			next.messages.remove(0);
		}
		next.messages.push(message);
		next
	}
}
