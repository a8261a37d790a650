//! Proposals of others: assembled, parked if early, judged.
//!
//! # Must not
//! Let anything that a peer sent become an error of ours.

use super::{App, AppError, Origin, PROPOSALS_PER_PROPOSER_MAX, PROPOSALS_PER_ROUND_MAX, ROUNDS_AHEAD_MAX};
use crate::assembly::Admission;
use crate::ledger::{Clock, Ledger, VerifyError};
use crate::malachite::streaming::StreamMessage;
use crate::malachite::{PeerId, ProposedValue};
use crate::offset::{Arrival, BODY_BYTES_COMPARED_MAX};
use crate::parking::{Parking, Standing};
use crate::parts::{ProposalHead, ProposalPart};
use crate::timing;
use crate::types::{Plexus, ValidatorSet};
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
		let admit = |head: &ProposalHead| match admission(current, validators, head) {
			found if found != Admission::Refused && head.height > decided && head.is_genuine(&genesis) => {
				found
			}
			_ => Admission::Refused,
		};
		let Some(proposal) = self.assembly.add(publisher, part, admit) else { return Ok(None) };
		let arrived_ms = self.clock.now_ms();
		if proposal.head().height > self.height {
			let standing = standing(&self.validators, proposal.head());
			self.parking.park(proposal, standing, arrived_ms);
			return Ok(None);
		}
		let Some((head, block)) = proposal.decode() else { return Ok(None) };
		self.judge(head, block, arrived_ms)
	}

	/// The verdict on a complete proposal of this height, which came at `arrived_ms`; `None` if it is none of this chain's.
	pub(super) fn judge(
		&mut self,
		head: ProposalHead,
		block: Block,
		arrived_ms: u64,
	) -> Result<Option<ProposedValue<Plexus>>, AppError> {
		if !self.is_due(&head) {
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
		if !self.known.contains_key(&hash) && self.is_one_too_many(&head) {
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
		self.compare_clocks(&head, timestamp_ms, arrived_ms);
		let now_ms = self.clock.now_ms();
		if !timing::is_timely(timestamp_ms, now_ms) {
			warn!(proposer = %head.proposer, timestamp_ms, now_ms, "the proposal's timestamp is ahead of our clock");
			return Ok(Some(self.verdict(&origin, hash, false)));
		}
		if !self.persist(origin.clone(), &block, hash)? {
			return Ok(None);
		}
		self.executed.insert(hash);
		Ok(Some(self.verdict(&origin, hash, true)))
	}

	/// Whether a head is of this height, by the validator whose turn it is, and of no round far ahead.
	fn is_due(&self, head: &ProposalHead) -> bool {
		if head.height != self.height || head.height <= self.tip.number.into() {
			return false;
		}
		if head.proposer != self.validators.proposer(self.height, head.round) {
			debug!(proposer = %head.proposer, round = head.round, "a proposal from a validator whose turn it is not");
			return false;
		}
		if head.round > self.round.saturating_add(ROUNDS_AHEAD_MAX) {
			debug!(proposer = %head.proposer, round = head.round, ours = self.round, "a proposal of a round far ahead");
			return false;
		}
		true
	}

	/// Whether as many different proposals of its round or by its proposer are known already as are looked at.
	fn is_one_too_many(&self, head: &ProposalHead) -> bool {
		if self.count(|known| known.round == head.round) >= PROPOSALS_PER_ROUND_MAX {
			warn!(proposer = %head.proposer, round = head.round, "one more different proposal in one round; ignored");
			return true;
		}
		if self.count(|known| known.proposer == head.proposer) >= PROPOSALS_PER_PROPOSER_MAX {
			warn!(proposer = %head.proposer, round = head.round, "one more different proposal at one height; ignored");
			return true;
		}
		false
	}

	/// Learns from a first live proposal how far our clock is from its proposer's, and warns if it is far from most.
	fn compare_clocks(&mut self, head: &ProposalHead, timestamp_ms: u64, now_ms: u64) {
		let is_first = head.round == 0 && !self.known.contains_key(&head.block_hash());
		if !is_first || head.proposer == self.me || head.body_bytes > BODY_BYTES_COMPARED_MAX {
			return;
		}
		let parent_ms = self.tip.timestamp_ms;
		let least_ms = parent_ms.map(|parent_ms| timing::least_timestamp_ms(self.block_time_ms, parent_ms));
		self.offset.note(head.proposer, Arrival { timestamp_ms, least_ms, now_ms });
		let others = self.validators.as_slice().iter().filter(|validator| validator.id != self.me).count();
		if let Some(ahead_ms) = self.offset.warning(others, now_ms) {
			warn!(
				ahead_ms,
				"this node's clock differs from the other validators' (negative: it is behind); check its time \
				 synchronisation: proposals more than {} ms ahead of a validator's clock get no vote from it",
				timing::CLOCK_DRIFT_MAX_MS
			);
		}
	}

	/// How many different proposed blocks are known whose head fits.
	pub(super) fn count(&self, fits: impl Fn(&ProposalHead) -> bool) -> usize {
		let counts = |origin: &&Origin| match origin {
			Origin::Proposed(known) => fits(known),
			Origin::Synced { .. } => false,
		};
		self.known.values().filter(counts).count()
	}
}

/// What a head is while a height is decided, by what it says of itself: its signature is for the caller to verify.
pub(super) fn admission(current: u64, validators: &ValidatorSet, head: &ProposalHead) -> Admission {
	match head.height == current && head.proposer == validators.proposer(current, head.round) {
		true => Admission::Due,
		false if Parking::reaches(current, head.height) => Admission::Early,
		false => Admission::Refused,
	}
}

/// What the proposer of a later height is by the validators of this one.
fn standing(validators: &ValidatorSet, head: &ProposalHead) -> Standing {
	match validators.get(&head.proposer) {
		Some(_) if head.proposer == validators.proposer(head.height, head.round) => Standing::Turn,
		Some(_) => Standing::Validator,
		None => Standing::Stranger,
	}
}
