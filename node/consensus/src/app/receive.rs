//! Proposals of others: assembled, parked if early, judged.
//!
//! # Must not
//! Let anything that a peer sent become an error of ours.

use super::{App, AppError, Origin, PROPOSALS_PER_ROUND_MAX};
use crate::ledger::{Clock, Ledger, VerifyError};
use crate::malachite::streaming::StreamMessage;
use crate::malachite::{PeerId, ProposedValue};
use crate::parking::Parking;
use crate::parts::{ProposalHead, ProposalPart};
use crate::timing;
use crate::types::Plexus;
use plexus_storage::Block;
use tracing::{debug, warn};

impl<L: Ledger, C: Clock> App<L, C> {
	/// Takes a part in; returns the verdict on the proposal that it completes.
	///
	/// # Errors
	/// [`AppError`] for failures of our own.
	pub fn received_part(
		&mut self,
		publisher: PeerId,
		part: StreamMessage<ProposalPart>,
	) -> Result<Option<ProposedValue<Plexus>>, AppError> {
		let (genesis, current, decided) = (self.genesis, self.height, u64::from(self.tip.number));
		let validators = &self.validators;
		let admit = |head: &ProposalHead| {
			let due = head.height == current
				&& head.height > decided
				&& head.proposer == validators.proposer(current, head.round);
			(due || Parking::reaches(current, head.height)) && head.is_genuine(&genesis)
		};
		let Some((head, block)) = self.assembly.add(publisher, part, admit) else { return Ok(None) };
		if head.height > self.height {
			let from_validator = self.validators.get(&head.proposer).is_some();
			self.parking.park(head, block, from_validator);
			return Ok(None);
		}
		self.judge(head, block)
	}

	/// The verdict on a complete proposal of this height; `None` if it is none of this chain's.
	pub(super) fn judge(
		&mut self,
		head: ProposalHead,
		block: Block,
	) -> Result<Option<ProposedValue<Plexus>>, AppError> {
		if head.height != self.height || head.height <= self.tip.number.into() {
			return Ok(None);
		}
		if head.proposer != self.validators.proposer(self.height, head.round) {
			debug!(proposer = %head.proposer, round = head.round, "a proposal from a validator whose turn it is not");
			return Ok(None);
		}
		let hash = head.block_hash();
		let origin = Origin::Proposed(head.clone());
		if self.executed.contains(&hash) {
			return Ok(Some(self.verdict(&origin, hash, true)));
		}
		if self.invalid.contains(&hash) {
			return Ok(Some(self.verdict(&origin, hash, false)));
		}
		if !self.known.contains_key(&hash) && self.of_round(&head) >= PROPOSALS_PER_ROUND_MAX {
			warn!(proposer = %head.proposer, round = head.round, "one more different proposal in one round; ignored");
			return Ok(None);
		}
		// A value that two thirds prevoted for may be proposed again by anybody; a fresh one only by its author.
		if head.pol_round.is_none()
			&& self.ledger.author(&block).is_some_and(|author| author != head.proposer)
		{
			warn!(proposer = %head.proposer, "a fresh proposal of somebody else's block");
			return Ok(Some(self.verdict(&origin, hash, false)));
		}
		let timestamp_ms = match self.ledger.verify(block.clone()) {
			Ok(timestamp_ms) => timestamp_ms,
			Err(VerifyError::Ledger(error)) => return Err(error.into()),
			Err(error @ (VerifyError::BodyMismatch | VerifyError::Invalid(_))) => {
				warn!(proposer = %head.proposer, height = head.height, round = head.round, ?hash, %error, "invalid proposal");
				self.note_invalid(hash);
				return Ok(Some(self.verdict(&origin, hash, false)));
			}
		};
		let now_ms = self.clock.now_ms();
		if head.pol_round.is_none() && !timing::is_timely(timestamp_ms, now_ms) {
			warn!(proposer = %head.proposer, timestamp_ms, now_ms, "the proposal's timestamp is ahead of our clock");
			return Ok(Some(self.verdict(&origin, hash, false)));
		}
		if !self.persist(origin.clone(), &block, hash)? {
			return Ok(None);
		}
		self.executed.insert(hash);
		Ok(Some(self.verdict(&origin, hash, true)))
	}

	/// How many different blocks of this head's round are known.
	fn of_round(&self, head: &ProposalHead) -> usize {
		let same_round = |origin: &&Origin| match origin {
			Origin::Proposed(known) => known.round == head.round,
			Origin::Synced { .. } => false,
		};
		self.known.values().filter(same_round).count()
	}
}
