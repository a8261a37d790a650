//! A place in a channel, and the voucher over it.
//!
//! ```text
//!   start ── receipt 1 ─▶ point 1 ── receipt 2 ─▶ point 2 …        sequence + 1, cumulative + fee, acc' = H(acc ‖ receipt)
//! ```
//!
//! # Must not
//! Define a format: bytes and hashes are those of [`plexus_primitives::receipt`].

use crate::Signature;
use codec::{Decode, Encode};
use plexus_primitives::{
	constants::Balance,
	receipt::{first_accumulator, voucher},
	ChannelId, Receipt,
};
use sp_core::crypto::AccountId32;
use sp_runtime::traits::Verify;

/// What a channel's receipts up to one of them come to. 56 bytes in SCALE.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Point {
	/// The last receipt; 0 before the first.
	pub sequence: u64,
	/// The sum of all fees so far, in the smallest unit.
	pub cumulative: Balance,
	/// What accumulates all receipts so far.
	pub acc: [u8; 32],
}

/// Why there is no next point.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PointError {
	/// No balance holds the sum.
	#[error("the fees sum to more than a balance can hold; state true fees")]
	SumTooLarge,
	/// No number is left.
	#[error("the channel has no sequence left; open another one")]
	NoSequenceLeft,
}

impl Point {
	/// Before the first receipt of a channel.
	pub fn start(genesis: &[u8; 32], channel: ChannelId) -> Self {
		Self { sequence: 0, cumulative: 0, acc: first_accumulator(genesis, channel) }
	}

	/// After one more receipt.
	///
	/// # Errors
	/// Sum or sequence would overflow.
	pub fn after(&self, receipt: &Receipt) -> Result<Self, PointError> {
		let sequence = self.sequence.checked_add(1).ok_or(PointError::NoSequenceLeft)?;
		let cumulative = self.cumulative.checked_add(receipt.fee).ok_or(PointError::SumTooLarge)?;
		Ok(Self { sequence, cumulative, acc: receipt.accumulate(&self.acc, sequence) })
	}

	/// After these receipts.
	///
	/// # Errors
	/// As [`Self::after`].
	pub fn after_all<'a>(&self, receipts: impl IntoIterator<Item = &'a Receipt>) -> Result<Self, PointError> {
		receipts.into_iter().try_fold(*self, |point, receipt| point.after(receipt))
	}
}

/// The sequences behind one, as many as there are receipts: a channel has no more than can be counted.
pub(crate) fn sequences_behind(sequence: u64) -> impl Iterator<Item = u64> {
	(1..=u64::MAX).map(move |place| sequence.saturating_add(place))
}

/// The payer's word that a channel owes for all receipts up to a point.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Voucher {
	/// Which channel.
	pub channel: ChannelId,
	/// Up to where.
	pub at: Point,
	/// The channel's signer's, over [`Voucher::signed_bytes`].
	pub signature: Signature,
}

impl Voucher {
	/// What is signed.
	pub fn signed_bytes(genesis: &[u8; 32], channel: ChannelId, at: &Point) -> Vec<u8> {
		voucher(genesis, channel, at.cumulative, at.sequence, &at.acc)
	}

	/// Whether the signature is this account's, as the runtime would judge.
	pub fn is_signed_by(&self, genesis: &[u8; 32], signer: &AccountId32) -> bool {
		is_signed_by(&Self::signed_bytes(genesis, self.channel, &self.at), &self.signature, signer)
	}
}

/// Whether a signature over these bytes is this account's, as the runtime would judge.
pub fn is_signed_by(bytes: &[u8], signature: &Signature, signer: &AccountId32) -> bool {
	signature.verify(bytes, signer)
}
