//! Decided blocks from peers; [`crate::serving`] has those for peers.
//!
//! # Must not
//! Apply the rule about live timestamps: a block that was decided stays decided.
//!
//! # Invariants
//! A peer is blamed only for what it alone can have caused: bytes that do not decode, another height's block, or
//! extrinsics that do not belong to the header. A header that two thirds committed to and that we cannot execute is our
//! own trouble.

use super::{App, Origin};
use crate::codec::decode_versioned;
use crate::ledger::{Clock, Ledger, VerifyError};
use crate::malachite::core::Round;
use crate::malachite::SyncedValueOutcome;
use crate::parts::{BODY_BYTES_MAX, EXTRINSICS_MAX, HEADER_BYTES_MAX};
use crate::types::{AuthorityId, Height, Plexus};
use plexus_storage::Block;
use tracing::{error, warn};

impl<L: Ledger, C: Clock> App<L, C> {
	/// Executes and keeps a block that comes with a commit certificate, which the engine has verified.
	pub fn synced_value(
		&mut self,
		height: Height,
		round: Round,
		proposer: AuthorityId,
		bytes: &[u8],
	) -> SyncedValueOutcome<Plexus> {
		if height.0 != self.height || height.0 <= self.tip.number.into() {
			return SyncedValueOutcome::LocalTransientError;
		}
		let block = match decode_synced(height, bytes) {
			Some(block) => block,
			None => return SyncedValueOutcome::PeerFault,
		};
		let hash = block.hash();
		let origin = Origin::Synced { round: round.as_u32().unwrap_or(0), proposer };
		if self.executed.contains(&hash) {
			return SyncedValueOutcome::Verdict(self.verdict(&origin, hash, true));
		}
		match self.ledger.verify(block.clone()) {
			Ok(_) => {}
			Err(VerifyError::BodyMismatch) => return SyncedValueOutcome::PeerFault,
			Err(VerifyError::Invalid(error)) => {
				error!(height = height.0, ?hash, %error, "a block with a commit certificate does not execute here");
				return SyncedValueOutcome::Verdict(self.verdict(&origin, hash, false));
			}
			Err(VerifyError::Ledger(error)) => {
				warn!(height = height.0, %error, "a synced block could not be executed");
				return SyncedValueOutcome::LocalTransientError;
			}
		}
		match self.persist(origin.clone(), &block, hash) {
			Ok(true) => {
				self.executed.insert(hash);
				SyncedValueOutcome::Verdict(self.verdict(&origin, hash, true))
			}
			Ok(false) => SyncedValueOutcome::LocalTransientError,
			Err(error) => {
				warn!(height = height.0, %error, "a synced block could not be stored");
				SyncedValueOutcome::LocalTransientError
			}
		}
	}

	/// The oldest height that can be served.
	pub fn oldest_height(&self) -> Height {
		Height(self.ledger.oldest_block().into())
	}
}

fn decode_synced(height: Height, bytes: &[u8]) -> Option<Block> {
	if bytes.len() > BODY_BYTES_MAX + HEADER_BYTES_MAX {
		return None;
	}
	let block = decode_versioned::<Block>(bytes).ok()?;
	let is_possible = u64::from(block.header.number) == height.0 && block.body.len() <= EXTRINSICS_MAX;
	is_possible.then_some(block)
}
