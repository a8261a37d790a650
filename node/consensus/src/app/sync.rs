//! Decided blocks from and for peers.
//!
//! # Must not
//! Apply the rule about live timestamps: a block that was decided stays decided.
//!
//! # Invariants
//! A peer is blamed only for what it alone can have caused: bytes that do not decode, another height's block, or
//! extrinsics that do not belong to the header. A header that two thirds committed to and that we cannot execute is our
//! own trouble.

use super::{App, AppError, Origin};
use crate::certificate;
use crate::codec::{decode_versioned, encode_versioned};
use crate::ledger::{Clock, Ledger, VerifyError};
use crate::malachite::core::Round;
use crate::malachite::{RawDecidedValue, SyncedValueOutcome};
use crate::parts::{BODY_BYTES_MAX, HEADER_BYTES_MAX};
use crate::types::{AuthorityId, Height, Plexus};
use plexus_storage::Block;
use std::ops::RangeInclusive;
use tracing::{error, warn};

/// Blocks in one answer; the engine asks for five by default.
pub const BLOCKS_PER_RESPONSE_MAX: usize = 64;

/// Bytes in one answer, below the engine's limit of 10 MiB by one certificate of ten thousand validators.
pub const RESPONSE_BYTES_MAX: usize = 9 << 20;

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

	/// Blocks and certificates of a range, up to the first gap and within one answer's bounds.
	///
	/// # Errors
	/// [`AppError`] for failures of our own.
	pub fn decided_values(
		&self,
		range: RangeInclusive<Height>,
	) -> Result<Vec<RawDecidedValue<Plexus>>, AppError> {
		let (mut values, mut bytes_total) = (Vec::new(), 0);
		for height in (range.start().0..=range.end().0).take(BLOCKS_PER_RESPONSE_MAX) {
			let Some(number) = Height(height).number().filter(|number| *number <= self.tip.number) else {
				break;
			};
			let Some((block, stored)) = self.ledger.decided(number)? else { break };
			let certificate = match certificate::decode(&stored) {
				Ok(certificate) => certificate,
				Err(error) => {
					error!(number, %error, "a stored certificate cannot be read");
					break;
				}
			};
			let bytes = encode_versioned(&block);
			bytes_total += bytes.len() + stored.len();
			if bytes_total > RESPONSE_BYTES_MAX && !values.is_empty() {
				break;
			}
			values.push(RawDecidedValue::new(bytes.into(), certificate.into()));
		}
		Ok(values)
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
	decode_versioned::<Block>(bytes).ok().filter(|block| u64::from(block.header.number) == height.0)
}
