//! Why a call, a transaction or a block failed.

use plexus_storage::{BlockNumber, Hash, StorageError};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError, UnknownTransaction};

/// A runtime call that gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
	/// The runtime has no such method.
	#[error("the runtime has no method {method}; `Metadata_metadata` lists its runtime APIs")]
	UnknownMethod {
		/// The method asked for.
		method: String,
	},
	/// The method changes state or belongs to block production.
	#[error("{method} is not open to queries; only read-only runtime APIs are")]
	NotAllowed {
		/// The method asked for.
		method: String,
	},
	/// The argument is not what the method takes.
	#[error("{detail}")]
	Argument {
		/// The method asked for.
		method: String,
		/// What is wrong with it.
		detail: String,
	},
	/// The argument is too long.
	#[error("the argument of {method} has {bytes} bytes, at most {max} are taken")]
	InputTooLarge {
		/// The method asked for.
		method: String,
		/// Length given.
		bytes: usize,
		/// Length allowed.
		max: usize,
	},
	/// The runtime panicked, mostly because the argument does not decode.
	#[error("the runtime panicked in {method}: {message}; check that the argument is the SCALE encoding which the metadata names")]
	Panicked {
		/// The method called.
		method: String,
		/// The panic's message.
		message: String,
	},
	/// The answer does not decode.
	#[error("the answer of {method} does not decode: {detail}")]
	Answer {
		/// The method called.
		method: &'static str,
		/// The decoder's words.
		detail: String,
	},
	/// The state could not be read.
	#[error(transparent)]
	Storage(#[from] StorageError),
}

/// What kind of refusal a transaction met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidKind {
	/// The bytes are not a transaction of this chain.
	Undecodable,
	/// The runtime says no.
	Invalid(InvalidTransaction),
	/// The runtime cannot tell.
	Unknown(UnknownTransaction),
	/// The runtime panicked on it.
	Panicked,
	/// The node could not read its own state.
	Node,
}

/// Why a transaction is refused: name, cause, remedy.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{name}: {cause}; {remedy}")]
pub struct InvalidReason {
	/// Machine-readable kind.
	pub kind: InvalidKind,
	/// Short name.
	pub name: String,
	/// What was wrong.
	pub cause: String,
	/// What would be right.
	pub remedy: String,
}

impl InvalidReason {
	/// The runtime's verdict in words.
	pub fn from_validity(error: TransactionValidityError) -> Self {
		let words = plexus_runtime::native::describe_invalid(&error);
		let kind = match error {
			TransactionValidityError::Invalid(e) => InvalidKind::Invalid(e),
			TransactionValidityError::Unknown(e) => InvalidKind::Unknown(e),
		};
		Self {
			kind,
			name: words.name.to_string(),
			cause: words.cause.to_string(),
			remedy: words.remedy.to_string(),
		}
	}

	/// The bytes do not decode.
	pub fn undecodable(cause: impl ToString) -> Self {
		Self {
			kind: InvalidKind::Undecodable,
			name: "Undecodable".into(),
			cause: cause.to_string(),
			remedy: "encode the extrinsic with this chain's current metadata, signed as version 4".into(),
		}
	}
}

impl From<CallError> for InvalidReason {
	fn from(e: CallError) -> Self {
		let (kind, remedy) = match &e {
			CallError::Panicked { .. } => {
				(InvalidKind::Panicked, "report the transaction's bytes: the runtime must never panic")
			}
			CallError::UnknownMethod { .. }
			| CallError::NotAllowed { .. }
			| CallError::Argument { .. }
			| CallError::InputTooLarge { .. }
			| CallError::Answer { .. }
			| CallError::Storage(_) => (InvalidKind::Node, "submit it to another node and look at this one's log"),
		};
		Self { kind, name: "NotValidated".into(), cause: e.to_string(), remedy: remedy.into() }
	}
}

/// Why a block is not valid on its parent.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
	/// It does not extend the given parent.
	#[error("block {number} names parent {named:?}, the tip is {tip:?} at height {tip_number}")]
	NotChild {
		/// The block's height.
		number: BlockNumber,
		/// Parent it names.
		named: Hash,
		/// The tip.
		tip: Hash,
		/// Height of the tip.
		tip_number: BlockNumber,
	},
	/// The body is too long.
	#[error("the body has {bytes} bytes, at most {max} are allowed")]
	TooLarge {
		/// Length of the body.
		bytes: usize,
		/// Length allowed.
		max: usize,
	},
	/// An extrinsic is not one.
	#[error("extrinsic {index} does not decode: {detail}")]
	Undecodable {
		/// Position in the body.
		index: usize,
		/// The decoder's words.
		detail: String,
	},
	/// The runtime refused the block.
	#[error("the runtime refused the block: {message}")]
	Refused {
		/// The runtime's words.
		message: String,
	},
	/// The node's own trouble; says nothing about the block.
	#[error(transparent)]
	Storage(#[from] StorageError),
}

/// Why a state is not sound, or could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum InvariantError {
	/// A pallet's state breaks its own rules.
	#[error(transparent)]
	Broken(plexus_runtime::native::BrokenInvariant),
	/// The runtime panicked while it looked.
	#[error("the runtime panicked while it checked its invariants: {message}")]
	Panicked {
		/// The panic's message.
		message: String,
	},
	/// The state could not be read.
	#[error(transparent)]
	Storage(#[from] StorageError),
}

/// Why no block could be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
	/// The runtime panicked; the transaction at fault has been reported to the source as rejected.
	#[error("the runtime panicked while a block was built: {message}")]
	Panicked {
		/// The panic's message.
		message: String,
		/// Whether a transaction was at fault; building again without it may succeed.
		culprit: Option<Hash>,
	},
	/// An inherent was refused.
	#[error("the runtime refused the inherent extrinsic: {0}")]
	Inherent(String),
	/// An answer of the runtime does not decode.
	#[error("the runtime's answer does not decode: {0}")]
	Answer(String),
	/// The state could not be read.
	#[error(transparent)]
	Storage(#[from] StorageError),
}
