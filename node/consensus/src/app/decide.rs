//! Decisions: committed at once, in order, exactly once. What the engine learns of a height afterwards: late precommits,
//! and who signed twice.
//!
//! # Must not
//! Acknowledge a decision before it is on disk, but for [`BLOCKS_UNSYNCED_MAX`]. Let evidence stop the node: it goes on
//! without.

use super::{App, AppError, Decision, Effect, Origin};
use crate::certificate::{self, Certificate};
use crate::ledger::{Clock, Ledger, LedgerError, Reported};
use crate::malachite::core::CommitCertificate;
use crate::malachite::{MisbehaviorEvidence, Next};
use crate::types::{Height, Plexus};
use tracing::{debug, info, warn};

/// Blocks that a node which only follows may lose in a crash of the machine, and fetch again: of those that it fetched from
/// peers it waits for the disk at one height in so many. A validator signs on top of what it decided, and always waits.
pub(super) const BLOCKS_UNSYNCED_MAX: u64 = 16;

impl<L: Ledger, C: Clock> App<L, C> {
	/// Commits a decided block with its certificate; it is on disk when this returns, but for [`BLOCKS_UNSYNCED_MAX`].
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
		let fetched = matches!(self.known.get(&hash), Some(Origin::Synced { .. }));
		let durable = self.is_validator() || !fetched || height.is_multiple_of(BLOCKS_UNSYNCED_MAX);
		let committed = match self.executed.contains(&hash) {
			true => self.ledger.commit(&hash, bytes.clone(), durable),
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
				self.ledger.commit(&hash, bytes, durable)?;
			}
			other => other?,
		}
		self.tip = self.ledger.tip()?;
		self.parent = Some(Decision {
			certificate: Certificate::from(certificate),
			validators: self.validators.clone(),
		});
		debug!(
			height,
			?hash,
			round = certificate.round.as_u32(),
			signatures = certificate.commit_signatures.len(),
			"finalized"
		);
		Ok(())
	}

	/// Keeps the precommits that came late for the next block, reports what validators signed twice and goes to the next
	/// height.
	///
	/// # Errors
	/// [`AppError`] for failures of our own.
	pub fn finalized(
		&mut self,
		certificate: &CommitCertificate<Plexus>,
		evidence: &MisbehaviorEvidence<Plexus>,
	) -> Result<Next<Plexus>, AppError> {
		self.keep_better(certificate);
		let found = self.evidence.take(evidence, &self.genesis);
		self.effects.extend(found.into_iter().map(Effect::Equivocated));
		self.enter_height()?;
		self.report_evidence();
		Ok(Next::Start(Height(self.height), self.params()))
	}

	/// Remembers a certificate of the tip that has more signatures than the one it was decided with.
	fn keep_better(&mut self, certificate: &CommitCertificate<Plexus>) {
		if let Some(parent) = &mut self.parent {
			let known = &parent.certificate;
			let same = certificate.height.0 == known.height && certificate.value_id == known.value;
			if same && certificate.commit_signatures.len() > known.signatures.len() {
				parent.certificate = certificate.into();
			}
		}
	}

	/// Keeps the proofs on disk, then hands the chain those that are due.
	pub(super) fn report_evidence(&mut self) {
		self.save_evidence();
		for proof in self.evidence.due(self.height) {
			let (key, height) = (proof.key(), proof.height());
			let outcome = self.ledger.report(&proof);
			match &outcome {
				Reported::Waiting => debug!(?key, height, "an equivocation is reported to the chain"),
				Reported::Settled => {
					info!(?key, height, "the chain has judged an equivocation, or it is too old")
				}
				Reported::Refused(cause) => {
					warn!(?key, height, %cause, "the chain refuses the proof of an equivocation")
				}
				Reported::Later(cause) => {
					debug!(?key, height, %cause, "an equivocation is reported again later")
				}
			}
			self.evidence.note(&proof, &outcome, self.height);
		}
		self.save_evidence();
	}

	/// Writes the proofs down if they changed. If that fails they stay in memory, and it is tried at the next height.
	fn save_evidence(&mut self) {
		if self.evidence.is_unsaved() {
			match self.ledger.put_evidence(&self.evidence.encode()) {
				Ok(()) => self.evidence.note_saved(),
				Err(error) => warn!(%error, "the proofs of equivocations could not be stored"),
			}
		}
	}
}
