//! The chain of this node as consensus sees it.
//!
//! # Must not
//! Decide anything: it translates calls and errors.

use crate::certificate;
use crate::ledger::{Ledger, LedgerError, LedgerTip, VerifyError};
use crate::types::{AuthorityId, Validator, ValidatorSet};
use plexus_chain::{Chain, ChainError};
use plexus_execution::BlockError;
use plexus_primitives::consensus::{Commit, ConsensusKey, ConsensusSignature};
use plexus_storage::Block;
use sp_core::H256;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use sp_runtime::StateVersion;

/// [`Ledger`] on a [`Chain`].
#[derive(Clone)]
pub struct ChainLedger(Chain);

impl ChainLedger {
	/// Consensus on this chain.
	pub fn new(chain: Chain) -> Self {
		Self(chain)
	}

	/// The precommits that made the tip final, by the places of its validators. The genesis has none.
	fn commit_of_tip(&self) -> Result<Option<Commit>, LedgerError> {
		let tip = self.0.tip();
		if tip.number == 0 {
			return Ok(None);
		}
		let certificate = self.0.database().certificate(tip.number).map_err(failed)?;
		let certificate = certificate.ok_or_else(|| failed("the tip has no certificate"))?;
		let certificate = certificate::decode(&certificate).map_err(failed)?;
		let deciders = self.0.executor().deciders(&tip.state).map_err(failed)?;
		let deciders: Vec<_> = deciders.into_iter().map(|(key, power)| (ConsensusKey(key), power)).collect();
		let signatures: Vec<_> = certificate
			.signatures
			.into_iter()
			.map(|(key, signature)| (ConsensusKey(key.0), ConsensusSignature(signature.0)))
			.collect();
		Ok(Some(Commit::new(certificate.round, &deciders, &signatures)))
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

impl Ledger for ChainLedger {
	fn genesis_hash(&self) -> H256 {
		self.0.genesis_hash()
	}

	fn tip(&self) -> Result<LedgerTip, LedgerError> {
		let tip = self.0.tip();
		let timestamp_ms = match tip.number {
			0 => None,
			_ => Some(self.0.executor().timestamp_ms(&tip.state).map_err(failed)?),
		};
		Ok(LedgerTip { number: tip.number, hash: tip.hash, timestamp_ms })
	}

	fn validators(&self) -> Result<ValidatorSet, LedgerError> {
		let validators = self.0.executor().validators(&self.0.tip().state).map_err(failed)?;
		let validators = validators.into_iter().map(|(id, power)| Validator { id: AuthorityId(id), power });
		ValidatorSet::new(validators).map_err(failed)
	}

	fn block_time_ms(&self) -> Result<u64, LedgerError> {
		self.0.executor().block_time_ms(&self.0.tip().state).map_err(failed)
	}

	fn propose(&self, author: AuthorityId, timestamp_ms: u64) -> Result<Block, LedgerError> {
		let commit = self.commit_of_tip()?;
		self.0.propose(author.0, timestamp_ms, commit).map(|proposal| proposal.block).map_err(failed)
	}

	fn verify(&self, block: Block) -> Result<u64, VerifyError> {
		match self.0.verify(block.clone()) {
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

	fn commit(&self, hash: &H256, certificate: Vec<u8>) -> Result<(), LedgerError> {
		match self.0.commit(hash, certificate) {
			Ok(_) => Ok(()),
			Err(ChainError::NotExecuted { hash }) => Err(LedgerError::NotExecuted(hash)),
			Err(error @ (ChainError::Build(_) | ChainError::Storage(_) | ChainError::Call(_))) => {
				Err(failed(error))
			}
		}
	}

	fn put_undecided(&self, height: u32, hash: &H256, bytes: &[u8]) -> Result<(), LedgerError> {
		self.0.database().put_undecided(height, hash, bytes).map_err(failed)
	}

	fn undecided(&self, height: u32) -> Result<Vec<(H256, Vec<u8>)>, LedgerError> {
		self.0.database().undecided(height).map_err(failed)
	}

	fn decided(&self, number: u32) -> Result<Option<(Block, Vec<u8>)>, LedgerError> {
		let database = self.0.database();
		let Some(certificate) = database.certificate(number).map_err(failed)? else { return Ok(None) };
		Ok(database.block(number).map_err(failed)?.map(|block| (block, certificate)))
	}

	fn oldest_block(&self) -> u32 {
		// Block 0 is never decided: everybody has it from the specification.
		self.0.database().oldest_block().max(1)
	}

	fn author(&self, block: &Block) -> Option<AuthorityId> {
		plexus_execution::executor::author_of(&block.header).map(AuthorityId)
	}
}
