//! What the chain says of a channel, and which receipts it pays for.
//!
//! # Must not
//! Be more lenient than the pallet: a receipt that passes here is redeemed once the payer signed for it.
//!
//! # Invariants
//! `redeemed + locked` of a channel never falls while there is one, so that an old [`ChannelState`] errs on the safe side.

use crate::Point;
use plexus_primitives::{
	constants::Balance, AgentId, ChannelId, DatanetId, DatanetVersion, ModelId, Receipt,
};
use sp_core::crypto::AccountId32;

/// A channel as it stands in a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelState {
	/// Its id.
	pub id: ChannelId,
	/// Who pays.
	pub payer: AccountId32,
	/// Who is paid.
	pub server: AgentId,
	/// What the payer fixed when it was opened.
	pub terms: Terms,
	/// Whether the payer closes it.
	pub closing: bool,
	/// From when anybody may finish it, in milliseconds on the chain clock.
	pub ends_at_ms: u64,
	/// What is locked still.
	pub locked: Balance,
	/// What was redeemed.
	pub redeemed: Point,
}

/// What a payer fixed when it opened a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
	/// Whose signature vouchers bear.
	pub signer: AccountId32,
	/// The models that may be paid for, in ascending order.
	pub models: Vec<ModelId>,
	/// The versions that contexts may come from, in ascending order.
	pub corpora: Vec<(DatanetId, DatanetVersion)>,
}

/// Why a channel does not pay for a receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReceiptFault {
	/// Prompt or output without bytes, or a context of none.
	#[error("prompt, output or context has no bytes; state true lengths, and no context if there is none")]
	EmptyContent,
	/// Another model than the channel's.
	#[error("the channel does not pay for model {}; its payer named others when it opened the channel", .0 .0)]
	ModelNotInChannel(ModelId),
	/// Retrieved although the channel has no corpora.
	#[error("the receipt has a context, but the channel names no corpora; serve it without one")]
	ContextWithoutCorpora,
	/// Retrieved from elsewhere.
	#[error(
		"version {} of datanet {} is none of the channel's corpora; retrieve from those that its payer named",
		.1 .0, .0 .0
	)]
	SourceNotInChannel(DatanetId, DatanetVersion),
}

impl Terms {
	/// Whether a receipt can be redeemed from the channel.
	///
	/// # Errors
	/// The rule that it breaks.
	pub fn check(&self, receipt: &Receipt) -> Result<(), ReceiptFault> {
		let no_bytes = receipt.prompt.len == 0 || receipt.output.len == 0;
		if no_bytes || receipt.context.is_some_and(|context| context.bytes == 0) {
			return Err(ReceiptFault::EmptyContent);
		}
		if !self.models.contains(&receipt.model) {
			return Err(ReceiptFault::ModelNotInChannel(receipt.model));
		}
		if receipt.context.is_some() && self.corpora.is_empty() {
			return Err(ReceiptFault::ContextWithoutCorpora);
		}
		Ok(())
	}

	/// Whether a context may come from there. The chain sees only its root, so that whoever retrieved says from where.
	///
	/// # Errors
	/// The first source that the channel does not name.
	pub fn check_sources(&self, sources: &[(DatanetId, DatanetVersion)]) -> Result<(), ReceiptFault> {
		let foreign = sources.iter().find(|source| !self.corpora.contains(source));
		foreign.map_or(Ok(()), |(datanet, version)| Err(ReceiptFault::SourceNotInChannel(*datanet, *version)))
	}
}

impl ChannelState {
	/// The greatest sum that a voucher is paid for.
	pub fn capacity(&self) -> Balance {
		self.redeemed.cumulative.saturating_add(self.locked)
	}
}
