//! Decisions: committed at once, in order, exactly once.
//!
//! # Must not
//! Acknowledge a decision before it is on disk.

use super::{App, AppError, Effect, Equivocation};
use crate::certificate;
use crate::ledger::{Clock, Ledger, LedgerError};
use crate::malachite::core::CommitCertificate;
use crate::malachite::{MisbehaviorEvidence, Next};
use crate::types::{Height, Plexus};
use tracing::debug;

impl<L: Ledger, C: Clock> App<L, C> {
	/// Commits a decided block with its certificate; it is on disk when this returns.
	///
	/// # Errors
	/// [`AppError`]: a decided block that cannot be committed ends the node.
	pub fn decided(&mut self, certificate: &CommitCertificate<Plexus>) -> Result<(), AppError> {
		let hash = certificate.value_id;
		let height = certificate.height.0;
		if height == u64::from(self.tip.number) && hash == self.tip.hash {
			return Ok(());
		}
		if height != self.height || height <= u64::from(self.tip.number) {
			return Err(AppError::OutOfOrder { decided: height, tip: self.tip.number });
		}
		let bytes = certificate::encode(certificate);
		let committed = match self.executed.contains(&hash) {
			true => self.ledger.commit(&hash, bytes.clone()),
			false => Err(LedgerError::NotExecuted(hash)),
		};
		match committed {
			// After a restart, or if more rounds failed than the chain keeps executions of.
			Err(LedgerError::NotExecuted(_)) => {
				self.executed.remove(&hash);
				if !self.ensure_executed(&hash)? {
					let cause = "its body is not here or does not execute".to_string();
					return Err(AppError::Undecidable { height, hash, cause });
				}
				self.ledger.commit(&hash, bytes)?;
			}
			other => other?,
		}
		self.tip = self.ledger.tip()?;
		debug!(
			height,
			?hash,
			round = certificate.round.as_u32(),
			signatures = certificate.commit_signatures.len(),
			"finalized"
		);
		Ok(())
	}

	/// Reports what validators signed twice and goes to the next height.
	///
	/// # Errors
	/// [`AppError`] for failures of our own.
	pub fn finalized(&mut self, evidence: &MisbehaviorEvidence<Plexus>) -> Result<Next<Plexus>, AppError> {
		let height = self.height;
		let proposals = evidence.proposals.iter().map(|(offender, _)| (*offender, Equivocation::Proposals));
		let votes = evidence.votes.iter().map(|(offender, _)| (*offender, Equivocation::Votes));
		let found: Vec<_> = proposals.chain(votes).collect();
		self.effects.extend(found.into_iter().map(|(offender, what)| Effect::Equivocated {
			offender,
			what,
			height,
		}));
		self.enter_height()?;
		Ok(Next::Start(Height(self.height), self.params()))
	}
}
