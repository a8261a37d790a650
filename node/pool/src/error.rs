//! Why a submission is refused.
//!
//! Must not: be used for what happens to a transaction after it was accepted; that is a
//! [`TransactionStatus`](crate::TransactionStatus).
//!
//! Invariant: a refused transaction left no trace in the pool; each message names the cause and what the sender can do.

use plexus_execution::{CallError, InvalidReason};
use plexus_primitives::AgentId;
use plexus_storage::Hash;
use sp_core::crypto::AccountId32;

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
	/// The chain's rules refuse it.
	#[error("{0}")]
	Invalid(InvalidReason),
	/// The pool has exactly these bytes.
	#[error("the transaction {0:?} is already in the pool; wait for its inclusion")]
	AlreadyImported(Hash),
	/// One of the last blocks includes exactly these bytes.
	#[error("the transaction {hash:?} is already included in block {block:?} at index {index}; nothing is left to do")]
	AlreadyIncluded {
		/// Its hash.
		hash: Hash,
		/// The block that includes it.
		block: Hash,
		/// Its place there.
		index: u32,
	},
	/// It is longer than the pool takes.
	#[error("the transaction has {bytes} bytes and this node takes at most {max}; split it, or raise the pool's limit")]
	TooLarge {
		/// Its length.
		bytes: usize,
		/// The limit.
		max: usize,
	},
	/// No place is left, and nothing in the pool may make way for it.
	#[error(
		"the pool is full with {count} transactions of {bytes} bytes; submit again after the next block, or offer a tip"
	)]
	PoolFull {
		/// Transactions in the pool.
		count: usize,
		/// Their bytes.
		bytes: usize,
	},
	/// It would have to wait for an earlier nonce, and too much is waiting already.
	#[error(
		"{count} transactions already wait for an earlier nonce of their account; submit the nonce that is due first, or this one again when it is due"
	)]
	TooManyWaiting {
		/// Transactions that wait.
		count: usize,
	},
	/// Its nonce is too far ahead of its account's.
	#[error(
		"the nonce {nonce} of account {account} is too far ahead: the chain is at {state_nonce} and at most {max} may be outstanding; submit it again when earlier ones are included"
	)]
	AccountFull {
		/// The sender.
		account: AccountId32,
		/// The transaction's nonce.
		nonce: u32,
		/// The nonce that the chain expects next.
		state_nonce: u32,
		/// How far ahead a nonce may be.
		max: u32,
	},
	/// The agent that would pay for it is about to pay for as much as one agent may.
	#[error(
		"agent {} is about to pay for {count} transactions of {bytes} bytes, and one agent may for {max} of {bytes_max}; submit it again when some of them are included",
		.agent.0
	)]
	AgentFull {
		/// The agent.
		agent: AgentId,
		/// Its transactions in the pool.
		count: u32,
		/// Their bytes.
		bytes: usize,
		/// How many it may have.
		max: u32,
		/// How many bytes they may have.
		bytes_max: usize,
	},
	/// Another transaction holds its place, and this one does not offer enough to take it.
	#[error(
		"the transaction {existing:?} with the same nonce or tag has priority {existing_priority} and this one {priority}, less than {required}; raise the tip, or wait for the other one"
	)]
	Underpriced {
		/// The transaction that stays.
		existing: Hash,
		/// Its priority.
		existing_priority: u64,
		/// The refused transaction's priority.
		priority: u64,
		/// The priority that would have been enough.
		required: u64,
	},
	/// Its nonce is used up.
	#[error(
		"the nonce {nonce} is used up, the chain is at {state_nonce}; sign it again with the next nonce"
	)]
	Stale {
		/// The transaction's nonce.
		nonce: u32,
		/// The nonce that the chain expects next.
		state_nonce: u32,
	},
	/// Too many subscriptions to statuses.
	#[error("too many subscriptions to transaction statuses are open; submit it without one, or end others")]
	TooManyWatchers,
	/// Blocks arrived faster than the transaction could be validated.
	#[error("{validations} blocks arrived while the transaction was validated; submit it again")]
	Busy {
		/// How often it was tried.
		validations: usize,
	},
	/// The node could not ask the chain's state.
	#[error("the account's nonce could not be read: {0}; see the node's log")]
	State(#[from] CallError),
}
