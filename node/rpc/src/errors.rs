//! [`RpcError`]: every error that a call can be answered with, and its code.
//!
//! # Must not
//! Answer with a bare "invalid": each message says what was wrong, and what would be right or what to do.
//!
//! # Source
//! Codes below -32000 are those of JSON-RPC 2.0; -328xx those of the JSON-RPC interface specification; the
//! positive ones are those that Substrate nodes use and clients test for.

use jsonrpsee::types::ErrorObjectOwned;
use plexus_storage::Hash;
use std::time::Duration;

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
	/// -32602.
	#[error("Invalid params: {0}")]
	InvalidParams(String),
	/// -32601, as Substrate answers.
	#[error("RPC call is unsafe to be called externally")]
	Unsafe,
	/// -32603: the node's own fault.
	#[error("Internal error: {0}")]
	Internal(String),
	/// -32009.
	#[error("Server is busy, try again later")]
	Busy,
	/// -32000.
	#[error("The call took longer than {0:?}, the node's limit")]
	TimedOut(Duration),
	/// -32000: a transaction's turn to enter the pool did not come, or did not end, in time.
	#[error(
		"The transaction was not taken within {0:?}, the node's limit; it may be in the pool all the same"
	)]
	SubmissionTimedOut(Duration),
	/// 4003.
	#[error("Client error: UnknownBlock: Header was not found in the database: {0:?}")]
	UnknownBlock(Hash),
	/// 4003.
	#[error(
		"Client error: State already discarded for block {number}; kept are the states from block {oldest} on. \
		 Ask a node that runs with --state-pruning archive"
	)]
	StateDiscarded {
		/// The block asked for.
		number: u32,
		/// The oldest block whose state is kept.
		oldest: u32,
	},
	/// 4003: header, certificate or validators of a block are not here.
	#[error(
		"Client error: This node does not keep the certificate or the validators of block {number}. \
		 Ask a node that has all blocks"
	)]
	NotKept {
		/// The block.
		number: u32,
	},
	/// 4003: no batch has this id, or nothing tells of it any more.
	#[error("Client error: There is no batch {batch}, or its record was cleared and this node's index does not tell of it")]
	NoSuchBatch {
		/// The id asked for.
		batch: u64,
	},
	/// 4003: a batch has fewer receipts.
	#[error(
		"Client error: Batch {batch} has {receipts} receipts, counted from 0; there is none at place {place}"
	)]
	NoSuchPlace {
		/// The batch.
		batch: u64,
		/// The place asked for.
		place: u32,
		/// How many receipts there are.
		receipts: u32,
	},
	/// 4003: the body of a block is not here.
	#[error(
		"Client error: This node does not keep the body of block {number}; kept are those from block {oldest} on. \
		 Ask a node that has all blocks"
	)]
	BodyNotKept {
		/// The block.
		number: u32,
		/// The oldest block that is kept.
		oldest: u32,
	},
	/// 4003: a block's body has no receipts that lead to the root of the batch.
	#[error(
		"Client error: Block {number} has no receipts that this release reads and that lead to the root of batch \
		 {batch}. Ask a node that runs the release of that time"
	)]
	NoReceipts {
		/// The batch.
		batch: u64,
		/// Its block.
		number: u32,
	},
	/// 4003: the node keeps no index of events.
	#[error("Client error: This node keeps no index of events")]
	NoIndex,
	/// 4003: a runtime call failed.
	#[error("Client error: Execution failed: {0}")]
	Execution(String),
	/// 4003: more was asked for than one answer holds.
	#[error("Client error: {0}")]
	TooMuch(String),
	/// 1010.
	#[error("Invalid Transaction")]
	InvalidTransaction(String),
	/// 1011.
	#[error("Unknown Transaction Validity")]
	UnknownValidity(String),
	/// 1012.
	#[error("Transaction is temporarily banned")]
	Banned(String),
	/// 1013.
	#[error("Transaction Already Imported")]
	AlreadyImported(String),
	/// 1014.
	#[error("Priority is too low")]
	PriorityTooLow(String),
	/// 1016.
	#[error("Immediately Dropped")]
	ImmediatelyDropped(String),
	/// 1000: the node could not do what its operator asked.
	#[error("Client error: {0}")]
	Control(String),
	/// -32800.
	#[error("Maximum number of chainHead_v1_follow has been reached: {0} per connection")]
	FollowLimit(usize),
	/// -32801.
	#[error("Invalid block hash: {0:?} is not pinned by this subscription")]
	NotPinned(Hash),
	/// -32802.
	#[error("The runtime can be called only if chainHead_v1_follow was called with `withRuntime` true")]
	WithoutRuntime,
	/// -32803.
	#[error("The operation does not wait for chainHead_v1_continue")]
	NotWaiting,
	/// -32804.
	#[error("Received duplicate hashes for `chainHead_v1_unpin`")]
	DuplicateHashes,
}

impl RpcError {
	/// The error's code.
	pub fn code(&self) -> i32 {
		match self {
			Self::InvalidParams(_) => -32602,
			Self::Unsafe => -32601,
			Self::Internal(_) => -32603,
			Self::Busy => -32009,
			Self::TimedOut(_) | Self::SubmissionTimedOut(_) => -32000,
			Self::UnknownBlock(_)
			| Self::StateDiscarded { .. }
			| Self::NotKept { .. }
			| Self::NoSuchBatch { .. }
			| Self::NoSuchPlace { .. }
			| Self::BodyNotKept { .. }
			| Self::NoReceipts { .. }
			| Self::NoIndex
			| Self::Execution(_)
			| Self::TooMuch(_) => 4003,
			Self::InvalidTransaction(_) => 1010,
			Self::UnknownValidity(_) => 1011,
			Self::Banned(_) => 1012,
			Self::AlreadyImported(_) => 1013,
			Self::PriorityTooLow(_) => 1014,
			Self::ImmediatelyDropped(_) => 1016,
			Self::Control(_) => 1000,
			Self::FollowLimit(_) => -32800,
			Self::NotPinned(_) => -32801,
			Self::WithoutRuntime => -32802,
			Self::NotWaiting => -32803,
			Self::DuplicateHashes => -32804,
		}
	}

	/// What stands in `data`: for a refused transaction its reason as "name: cause; remedy", else a remedy.
	pub fn data(&self) -> Option<String> {
		match self {
			Self::InvalidTransaction(reason)
			| Self::UnknownValidity(reason)
			| Self::Banned(reason)
			| Self::AlreadyImported(reason)
			| Self::PriorityTooLow(reason)
			| Self::ImmediatelyDropped(reason) => Some(reason.clone()),
			Self::Unsafe => Some(
				"the method changes the node or is costly; start the node with `--rpc-methods unsafe` and call it \
				 from the same machine"
					.into(),
			),
			Self::NoSuchBatch { .. } => Some(
				"receipt_batches lists those with a record; for one that was cleared ask a node whose index is complete, \
				 as index_status tells"
					.into(),
			),
			Self::NoIndex => Some("start the node with `--index on`, or ask another node".into()),
			Self::Busy => Some("nothing was done; send the same call again".into()),
			Self::TimedOut(_) => Some("ask for less at once, or ask a node with a higher --rpc-call-ms-max".into()),
			Self::SubmissionTimedOut(_) => Some(
				"look for the transaction in the pool and in the next blocks; if it is in neither, submit the same \
				 bytes again, which cannot execute twice"
					.into(),
			),
			_ => None,
		}
	}

	/// Reason and data in one line, for events that have room for one string.
	pub fn in_one_line(&self) -> String {
		match self.data() {
			Some(data) => format!("{self}: {data}"),
			None => self.to_string(),
		}
	}
}

impl From<RpcError> for ErrorObjectOwned {
	fn from(error: RpcError) -> Self {
		if let RpcError::Internal(cause) = &error {
			tracing::error!(target: "rpc", "a call failed by the node's fault: {cause}");
		}
		Self::owned(error.code(), error.to_string(), error.data())
	}
}

impl From<plexus_storage::StorageError> for RpcError {
	fn from(error: plexus_storage::StorageError) -> Self {
		Self::Internal(error.to_string())
	}
}

impl From<plexus_storage::StateError> for RpcError {
	fn from(error: plexus_storage::StateError) -> Self {
		use plexus_storage::StateError;
		match error {
			StateError::UnknownBlock { hash } => Self::UnknownBlock(hash),
			StateError::Pruned { number, oldest } => Self::StateDiscarded { number, oldest },
			StateError::Storage(error) => error.into(),
		}
	}
}
