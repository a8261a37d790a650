//! The seams of the consensus application: the chain and the clock, as narrow as it needs them.
//!
//! # Must not
//! Decide anything. A simulator implements both traits in memory, the node with [`crate::chain_ledger::ChainLedger`]
//! and [`SystemClock`].

use crate::types::{AuthorityId, ValidatorSet};
use plexus_execution::SharedSignatureCache;
use plexus_primitives::consensus::Commit;
use plexus_primitives::equivocation::Equivocation;
use plexus_storage::Block;
use sp_core::H256;
use std::time::{SystemTime, UNIX_EPOCH};

/// The last committed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerTip {
	/// Its number.
	pub number: u32,
	/// Its hash.
	pub hash: H256,
	/// Its timestamp; `None` for the first block, which has none.
	pub timestamp_ms: Option<u64>,
}

/// A failure of our own: the disk, the database, a bug. Never the fault of whoever sent the block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
	/// The block was not executed since it became the tip's child, or its result was dropped.
	#[error("block {0:?} must be executed before it is committed")]
	NotExecuted(H256),
	/// Anything else; consensus cannot go on.
	#[error("{0}")]
	Failed(String),
}

/// Why a block was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
	/// The extrinsics are not those of the header: says something about the sender, nothing about the block.
	#[error("the extrinsics do not belong to the header")]
	BodyMismatch,
	/// The block breaks a rule of the chain: its author's fault.
	#[error("{0}")]
	Invalid(String),
	/// We could not find out.
	#[error(transparent)]
	Ledger(#[from] LedgerError),
}

/// What became of a proof that was handed to the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
	/// It waits for a block; or another proof of the same offence does.
	Waiting,
	/// Nothing is left to do: the chain has judged the offence, or it is too old to be judged.
	Settled,
	/// The chain will never take it, for this reason.
	Refused(String),
	/// It cannot be taken now, for this reason.
	Later(String),
}

/// The chain as consensus uses it. All calls may block.
pub trait Ledger: Send + 'static {
	/// Hash of block 0.
	fn genesis_hash(&self) -> H256;

	/// The signatures that were verified before: what is verified here need not be again when a block is executed.
	fn signatures(&self) -> SharedSignatureCache;

	/// The last committed block.
	fn tip(&self) -> Result<LedgerTip, LedgerError>;

	/// The validators of the block after the tip.
	fn validators(&self) -> Result<ValidatorSet, LedgerError>;

	/// The validators that decided the tip.
	fn deciders(&self) -> Result<ValidatorSet, LedgerError>;

	/// The certificate that is stored with the tip. The genesis has none.
	fn certificate(&self) -> Result<Option<Vec<u8>>, LedgerError>;

	/// Time between blocks.
	fn block_time_ms(&self) -> Result<u64, LedgerError>;

	/// Builds a block on the tip, with the precommits that made the tip final, and remembers its execution.
	fn propose(
		&self,
		author: AuthorityId,
		timestamp_ms: u64,
		commit: Option<Commit>,
	) -> Result<Block, LedgerError>;

	/// Executes a block on the tip, remembers its execution and returns its timestamp in milliseconds.
	fn verify(&self, block: Block) -> Result<u64, VerifyError>;

	/// Makes an executed block the tip, with its certificate. If `durable` it is on disk when this returns; otherwise a crash
	/// of the machine may lose the last blocks.
	fn commit(&self, hash: &H256, certificate: Vec<u8>, durable: bool) -> Result<(), LedgerError>;

	/// Waits until all that was committed and kept is on disk.
	fn sync(&self) -> Result<(), LedgerError>;

	/// Keeps a proposal for the block at `height`. If `durable` it is on disk when this returns; otherwise a crash of the
	/// machine may lose it.
	fn put_undecided(&self, height: u32, hash: &H256, bytes: &[u8], durable: bool)
		-> Result<(), LedgerError>;

	/// The proposals kept for `height`.
	fn undecided(&self, height: u32) -> Result<Vec<(H256, Vec<u8>)>, LedgerError>;

	/// One of them.
	fn undecided_body(&self, height: u32, hash: &H256) -> Result<Option<Vec<u8>>, LedgerError>;

	/// A committed block and its certificate.
	fn decided(&self, number: u32) -> Result<Option<(Block, Vec<u8>)>, LedgerError>;

	/// The oldest block that [`Ledger::decided`] can return.
	fn oldest_block(&self) -> u32;

	/// The author that a block's header names.
	fn author(&self, block: &Block) -> Option<AuthorityId>;

	/// What [`Ledger::put_evidence`] kept last; nothing at first.
	fn evidence(&self) -> Result<Vec<u8>, LedgerError>;

	/// Keeps these bytes instead of the former ones; they are on disk when this returns.
	fn put_evidence(&self, bytes: &[u8]) -> Result<(), LedgerError>;

	/// Asks the chain to punish an equivocation. May be asked again for the same one at any time.
	fn report(&self, proof: &Equivocation) -> Reported;
}

/// Wall-clock time.
pub trait Clock: Send + 'static {
	/// Milliseconds since the Unix epoch.
	fn now_ms(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock {
	/// How far it is to be wrong, in milliseconds; for tests of what a network does about it.
	pub offset_ms: i64,
}

impl Clock for SystemClock {
	fn now_ms(&self) -> u64 {
		let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
		now_ms.saturating_add_signed(self.offset_ms)
	}
}
