//! The chain of this node as consensus sees it.
//!
//! # Must not
//! Decide anything: it translates calls and errors.

use crate::ledger::{Ledger, LedgerError, LedgerTip, Reported, VerifyError};
use crate::types::{AuthorityId, Validator, ValidatorSet};
use plexus_chain::{Chain, ChainError};
use plexus_execution::{BlockError, InvalidKind, SharedSignatureCache};
use plexus_pool::SubmitError;
use plexus_primitives::consensus::Commit;
use plexus_primitives::equivocation::Equivocation;
use plexus_storage::Block;
use sp_core::H256;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionSource};
use sp_runtime::StateVersion;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// [`Ledger`] on a [`Chain`].
#[derive(Clone)]
pub struct ChainLedger {
	chain: Chain,
	/// The file of the evidence. Its directory exists.
	evidence: PathBuf,
}

impl ChainLedger {
	/// Consensus on this chain, which keeps evidence in a file.
	pub fn new(chain: Chain, evidence: PathBuf) -> Self {
		Self { chain, evidence }
	}
}

fn failed(error: impl ToString) -> LedgerError {
	LedgerError::Failed(error.to_string())
}

/// Whether the extrinsics are those that the header commits to. Asked only after a refusal: executing checks it too.
fn belongs(block: &Block) -> bool {
	let root = |version| BlakeTwo256::ordered_trie_root(block.body.clone(), version);
	[StateVersion::V1, StateVersion::V0]
		.into_iter()
		.any(|version| root(version) == block.header.extrinsics_root)
}

fn validator_set(validators: Vec<([u8; 32], u64)>) -> Result<ValidatorSet, LedgerError> {
	let validators = validators.into_iter().map(|(id, power)| Validator { id: AuthorityId(id), power });
	ValidatorSet::new(validators).map_err(failed)
}

/// A crash at any point leaves either the old or the new file: it is replaced by renaming.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let temporary = path.with_extension("new");
	let mut file = fs::File::create(&temporary)?;
	file.write_all(bytes)?;
	file.sync_all()?;
	fs::rename(&temporary, path)?;
	match path.parent() {
		Some(parent) if !parent.as_os_str().is_empty() => fs::File::open(parent)?.sync_all(),
		_ => Ok(()),
	}
}

/// What the pool's refusal of a report means for the proof in it.
fn refused(error: SubmitError) -> Reported {
	match error {
		// The second is a report of the same offence by somebody else.
		SubmitError::AlreadyImported(_)
		| SubmitError::Underpriced { .. }
		| SubmitError::AlreadyIncluded { .. } => Reported::Waiting,
		SubmitError::Invalid(reason) => match reason.kind {
			InvalidKind::Invalid(InvalidTransaction::Stale) => Reported::Settled,
			InvalidKind::Invalid(InvalidTransaction::BadProof) | InvalidKind::Undecodable => {
				Reported::Refused(reason.to_string())
			}
			InvalidKind::Invalid(_) | InvalidKind::Unknown(_) | InvalidKind::Panicked | InvalidKind::Node => {
				Reported::Later(reason.to_string())
			}
		},
		error @ (SubmitError::TooLarge { .. }
		| SubmitError::PoolFull { .. }
		| SubmitError::AgentFull { .. }
		| SubmitError::TooManyWaiting { .. }
		| SubmitError::AccountFull { .. }
		| SubmitError::Stale { .. }
		| SubmitError::TooManyWatchers
		| SubmitError::Busy { .. }
		| SubmitError::State(_)) => Reported::Later(error.to_string()),
	}
}

impl Ledger for ChainLedger {
	fn genesis_hash(&self) -> H256 {
		self.chain.genesis_hash()
	}

	fn signatures(&self) -> SharedSignatureCache {
		self.chain.executor().signature_cache().clone()
	}

	fn tip(&self) -> Result<LedgerTip, LedgerError> {
		let tip = self.chain.tip();
		let timestamp_ms = match tip.number {
			0 => None,
			_ => Some(self.chain.executor().timestamp_ms(&tip.state).map_err(failed)?),
		};
		Ok(LedgerTip { number: tip.number, hash: tip.hash, timestamp_ms })
	}

	fn validators(&self) -> Result<ValidatorSet, LedgerError> {
		validator_set(self.chain.executor().validators(&self.chain.tip().state).map_err(failed)?)
	}

	fn deciders(&self) -> Result<ValidatorSet, LedgerError> {
		validator_set(self.chain.executor().deciders(&self.chain.tip().state).map_err(failed)?)
	}

	fn certificate(&self) -> Result<Option<Vec<u8>>, LedgerError> {
		match self.chain.tip().number {
			0 => Ok(None),
			number => self.chain.database().certificate(number).map_err(failed),
		}
	}

	fn block_time_ms(&self) -> Result<u64, LedgerError> {
		self.chain.executor().block_time_ms(&self.chain.tip().state).map_err(failed)
	}

	fn propose(
		&self,
		author: AuthorityId,
		timestamp_ms: u64,
		commit: Option<Commit>,
	) -> Result<Block, LedgerError> {
		let proposal = self.chain.propose(author.0, timestamp_ms, commit).map_err(failed)?;
		Ok(proposal.block)
	}

	fn verify(&self, block: Block) -> Result<u64, VerifyError> {
		match self.chain.verify(block.clone()) {
			Ok((_, timestamp_ms)) => Ok(timestamp_ms),
			Err(error @ BlockError::Storage(_)) => Err(failed(error).into()),
			Err(_) if !belongs(&block) => Err(VerifyError::BodyMismatch),
			Err(
				error @ (BlockError::NotChild { .. }
				| BlockError::TooLarge { .. }
				| BlockError::Undecodable { .. }
				| BlockError::Refused { .. }),
			) => Err(VerifyError::Invalid(error.to_string())),
		}
	}

	fn commit(&self, hash: &H256, certificate: Vec<u8>, durable: bool) -> Result<(), LedgerError> {
		let committed = match durable {
			true => self.chain.commit(hash, certificate),
			false => self.chain.commit_unsynced(hash, certificate),
		};
		match committed {
			Ok(_) => Ok(()),
			Err(ChainError::NotExecuted { hash }) => Err(LedgerError::NotExecuted(hash)),
			Err(error @ (ChainError::Build(_) | ChainError::Storage(_) | ChainError::Call(_))) => {
				Err(failed(error))
			}
		}
	}

	fn sync(&self) -> Result<(), LedgerError> {
		self.chain.database().sync().map_err(failed)
	}

	fn put_undecided(
		&self,
		height: u32,
		hash: &H256,
		bytes: &[u8],
		durable: bool,
	) -> Result<(), LedgerError> {
		self.chain.database().put_undecided(height, hash, bytes, durable).map_err(failed)
	}

	fn undecided(&self, height: u32) -> Result<Vec<(H256, Vec<u8>)>, LedgerError> {
		self.chain.database().undecided(height).map_err(failed)
	}

	fn undecided_body(&self, height: u32, hash: &H256) -> Result<Option<Vec<u8>>, LedgerError> {
		self.chain.database().undecided_body(height, hash).map_err(failed)
	}

	fn decided(&self, number: u32) -> Result<Option<(Block, Vec<u8>)>, LedgerError> {
		let database = self.chain.database();
		let Some(certificate) = database.certificate(number).map_err(failed)? else { return Ok(None) };
		Ok(database.block(number).map_err(failed)?.map(|block| (block, certificate)))
	}

	fn oldest_block(&self) -> u32 {
		// Block 0 is never decided: everybody has it from the specification.
		self.chain.database().oldest_block().max(1)
	}

	fn author(&self, block: &Block) -> Option<AuthorityId> {
		plexus_execution::executor::author_of(&block.header).map(AuthorityId)
	}

	fn evidence(&self) -> Result<Vec<u8>, LedgerError> {
		match fs::read(&self.evidence) {
			Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
			read => read.map_err(|error| failed(format!("{}: {error}", self.evidence.display()))),
		}
	}

	fn put_evidence(&self, bytes: &[u8]) -> Result<(), LedgerError> {
		replace(&self.evidence, bytes)
			.map_err(|error| failed(format!("{}: {error}", self.evidence.display())))
	}

	fn report(&self, proof: &Equivocation) -> Reported {
		let extrinsic = plexus_runtime::native::report_equivocation(*proof);
		match self.chain.pool().submit(TransactionSource::Local, extrinsic) {
			Ok(_) => Reported::Waiting,
			Err(error) => refused(error),
		}
	}
}
