//! Our own proposals, and sending proposals again.
//!
//! # Must not
//! Sign votes or proposals: the engine does, after it was given the value.

use super::{App, AppError, Decision, Effect, Origin, Undecided, REUSE_FROM};
use crate::certificate;
use crate::ledger::{Clock, Ledger};
use crate::malachite::core::Round;
use crate::malachite::streaming::StreamId;
use crate::malachite::LocallyProposedValue;
use crate::parts::{encode_body, stream, ProposalHead, BODY_BYTES_MAX};
use crate::timing;
use crate::types::{AuthorityId, BlockRef, Height, Plexus};
use codec::Encode;
use plexus_primitives::consensus::Commit;
use plexus_storage::Block;
use sp_core::H256;
use tracing::{debug, error, warn};

impl<L: Ledger, C: Clock> App<L, C> {
	/// The value to propose in a round that is ours, with its parts as effects. `None` means that this round goes
	/// without a proposal; the others time out and go on.
	///
	/// # Errors
	/// [`AppError`] for failures of our own.
	pub fn get_value(
		&mut self,
		height: Height,
		round: Round,
	) -> Result<Option<LocallyProposedValue<Plexus>>, AppError> {
		let Some(round) = round.as_u32().filter(|_| height.0 == self.height) else {
			error!(engine = height.0, chain = self.height, "the engine asks for a value of another height");
			return Ok(None);
		};
		if !self.is_validator() {
			error!(
				height = height.0,
				"the engine asks a node that is no validator of this height for a value"
			);
			return Ok(None);
		}
		let again = match self.mine(|head| head.round == round) {
			None if self.count(|head| head.proposer == self.me) >= REUSE_FROM => {
				self.mine(|head| head.round < round)
			}
			found => found,
		};
		let undecided = match again {
			Some(hash) if self.ensure_executed(&hash)? => self.load(&hash)?,
			_ => None,
		};
		let (head, block) = match undecided {
			Some(Undecided { origin: Origin::Proposed(head), block }) if head.round == round => (head, block),
			Some(Undecided { block, .. }) => match self.sign_head(round, None, &block) {
				Some(head) => (head, block),
				None => return Ok(None),
			},
			None => match self.build(round)? {
				Some(built) => built,
				None => return Ok(None),
			},
		};
		let hash = head.block_hash();
		self.publish(&head, &block);
		Ok(Some(LocallyProposedValue::new(height, Round::new(round), BlockRef(hash))))
	}

	/// Publishes the parts of a proposal again: of ours, in a later round, under a head of our own; of others, as their
	/// proposer signed it.
	///
	/// # Errors
	/// [`AppError`] for failures of our own.
	pub fn restream(
		&mut self,
		height: Height,
		round: Round,
		valid_round: Round,
		proposer: AuthorityId,
		value: H256,
	) -> Result<(), AppError> {
		if height.0 != self.height {
			return Ok(());
		}
		let Some(undecided) = self.load(&value)? else {
			warn!(height = height.0, ?value, "a proposal is to be sent again whose body is not here");
			return Ok(());
		};
		let mine = proposer == self.me && self.is_validator();
		let head = match undecided.origin {
			_ if mine => self.sign_head(round.as_u32().unwrap_or(0), valid_round.as_u32(), &undecided.block),
			Origin::Proposed(head) => Some(head),
			Origin::Synced { .. } => None,
		};
		if let Some(head) = head {
			debug!(height = height.0, ?round, ?value, "sending a proposal again");
			self.publish(&head, &undecided.block);
		}
		Ok(())
	}

	/// Publishes the parts of a proposal of ours that a round begins with: it was made before a crash. The engine then
	/// finds the proposal in its log and does not ask for the value again, but the parts may have reached nobody.
	pub(super) fn publish_after_crash(&mut self, origin: &Origin, hash: &H256) -> Result<(), AppError> {
		match origin {
			Origin::Proposed(head) if head.proposer == self.me => {
				if let Some(undecided) = self.load(hash)? {
					self.publish(head, &undecided.block);
				}
			}
			Origin::Proposed(_) | Origin::Synced { .. } => {}
		}
		Ok(())
	}

	/// The latest of our own proposals of this height that fits.
	fn mine(&self, fits: impl Fn(&ProposalHead) -> bool) -> Option<H256> {
		self.known
			.iter()
			.filter_map(|(hash, origin)| match origin {
				Origin::Proposed(head) if head.proposer == self.me && fits(head) => Some((head.round, *hash)),
				Origin::Proposed(_) | Origin::Synced { .. } => None,
			})
			.max()
			.map(|(_, hash)| hash)
	}

	fn build(&mut self, round: u32) -> Result<Option<(ProposalHead, Block)>, AppError> {
		let timestamp_ms =
			timing::proposal_timestamp_ms(self.block_time_ms, self.tip.timestamp_ms, self.clock.now_ms());
		let commit = self.commit_of_tip();
		if commit.is_none() && self.tip.number > 0 {
			return Ok(None);
		}
		let block = self.ledger.propose(self.me, timestamp_ms, commit)?;
		let Some(head) = self.sign_head(round, None, &block) else { return Ok(None) };
		let hash = head.block_hash();
		if !self.persist(Origin::Proposed(head.clone()), &block, hash)? {
			return Ok(None);
		}
		self.executed.insert(hash);
		Ok(Some((head, block)))
	}

	/// The precommits that made the tip final, as verifiers of the next block will take them. The genesis has none; if any
	/// other tip has none, this node leaves the turn to others.
	fn commit_of_tip(&self) -> Option<Commit> {
		let tip = self.tip.number;
		let Some(Decision { certificate, validators }) = &self.parent else {
			if tip > 0 {
				error!(tip, "without the tip's certificate no block can be proposed on it; others go on");
			}
			return None;
		};
		certificate::commit(&*self.ledger.signatures(), &self.genesis, validators, certificate)
			.inspect_err(|error| error!(tip, %error, "the tip's certificate does not prove it final"))
			.ok()
	}

	fn sign_head(&self, round: u32, pol_round: Option<u32>, block: &Block) -> Option<ProposalHead> {
		let key = self.key.as_ref().filter(|_| self.is_validator())?;
		let body = encode_body(block);
		if body.len() > BODY_BYTES_MAX {
			error!(bytes = body.len(), "the body exceeds {BODY_BYTES_MAX} bytes; it cannot be proposed");
			return None;
		}
		Some(ProposalHead::new(&self.genesis, key, round, pol_round, block.header.clone(), &body))
	}

	fn publish(&mut self, head: &ProposalHead, block: &Block) {
		self.streams += 1;
		let id = StreamId::new((head.height, head.round, self.streams).encode().into());
		let parts = stream(id, head, &encode_body(block));
		self.effects.extend(parts.into_iter().map(Effect::Publish));
	}
}
