//! Why the ledger does not take something: the list of its rules.
//!
//! # Must not
//! State a rule without the way out, which stands behind the first semicolon.

use crate::{PointError, ReceiptFault, VOUCHER_RECEIPTS_MAX};
use plexus_primitives::{constants::Balance, AgentId, ChannelId};

/// Why something is not taken. Each text tells the way out behind the semicolon.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
	/// The chain was not asked about the channel yet, or has none.
	#[error("channel {} is not known; check its id, and that it was opened toward this server", .0 .0)]
	UnknownChannel(ChannelId),
	/// Toward another agent.
	#[error("channel {} is toward agent {}; open one toward this server", .0 .0, .1 .0)]
	OtherServer(ChannelId, AgentId),
	/// Too many channels.
	#[error("as many channels as can be are in use; try again when some are redeemed")]
	TooManyChannels,
	/// Too many receipts wait.
	#[error("as many receipts as can be wait to be redeemed; try again in a moment")]
	TooManyReceipts,
	/// None at all, or more than a voucher may cover.
	#[error("{0} receipts cannot be taken at once; give at most {VOUCHER_RECEIPTS_MAX}, and a voucher or one receipt at least")]
	ReceiptCount(usize),
	/// The payer closes the channel.
	#[error("the payer closes the channel; serve nothing more for it, vouchers are still taken")]
	Closing,
	/// The channel ends soon.
	#[error("the channel ends at {ends_at_ms} ms on the chain clock, which is too soon; let the payer open another one")]
	EndsSoon {
		/// When.
		ends_at_ms: u64,
	},
	/// Receipts are missing in between.
	#[error("the receipts begin with {given}, but the last is {last}; give those from {} on", .last.saturating_add(1))]
	Gap {
		/// The sequence of the first.
		given: u64,
		/// The last that is held.
		last: u64,
	},
	/// They were redeemed.
	#[error("everything up to {redeemed} was redeemed; there is nothing to do for it")]
	AlreadyRedeemed {
		/// The last that was redeemed.
		redeemed: u64,
	},
	/// Another receipt is held under this sequence.
	#[error(
		"another receipt has the sequence {sequence}; ask for the channel's state, and go on from there"
	)]
	Conflict {
		/// Which.
		sequence: u64,
	},
	/// It is held with other claims, or with none.
	#[error(
		"the receipt with the sequence {sequence} is held with other claims; hand claims in with the receipt, they stay as \
		 they are"
	)]
	ClaimsConflict {
		/// Which.
		sequence: u64,
	},
	/// No batch has room for so many claims up to the next voucher.
	#[error(
		"the receipts behind the last voucher have {claims} claims for {targets} targets, more than a batch takes; get a \
		 voucher first, or make fewer claims"
	)]
	ClaimsUnsigned {
		/// How many, with those that were to be taken.
		claims: usize,
		/// For so many pairs of model and contribution.
		targets: usize,
	},
	/// Against the channel's terms.
	#[error(transparent)]
	Receipt(#[from] ReceiptFault),
	/// Sums or sequences overflow.
	#[error(transparent)]
	Point(#[from] PointError),
	/// More than is locked.
	#[error("the channel would owe {cumulative} in all and has {capacity}; let the payer top it up")]
	AboveLocked {
		/// The sum of all fees, in the smallest unit.
		cumulative: Balance,
		/// What was ever locked.
		capacity: Balance,
	},
	/// The payer owes a voucher first.
	#[error("the payer has not signed for {receipts} receipts of {fees} in all; get a voucher first")]
	Unsigned {
		/// How many, with those that were to be taken.
		receipts: usize,
		/// What they cost.
		fees: Balance,
	},
	/// Not the signer's, or over other receipts.
	#[error(
		"the voucher is not the channel's signer's over these {sequence} receipts, {cumulative} in all; compare prompt, \
		 output, fee and order with the payer's"
	)]
	BadVoucher {
		/// The last receipt that it would cover.
		sequence: u64,
		/// The sum that it would be for.
		cumulative: Balance,
	},
	/// Signed for, or redeemed.
	#[error("receipts up to {kept} are signed for and stay; only those behind can be waived")]
	NotWaivable {
		/// The last that is signed for.
		kept: u64,
	},
}

impl Fault {
	/// A name for programs; stays.
	pub fn name(&self) -> &'static str {
		match self {
			Self::UnknownChannel(_) => "UnknownChannel",
			Self::OtherServer(..) => "OtherServer",
			Self::TooManyChannels => "TooManyChannels",
			Self::TooManyReceipts => "TooManyReceipts",
			Self::ReceiptCount(_) => "ReceiptCount",
			Self::Closing => "Closing",
			Self::EndsSoon { .. } => "EndsSoon",
			Self::Gap { .. } => "Gap",
			Self::AlreadyRedeemed { .. } => "AlreadyRedeemed",
			Self::Conflict { .. } => "Conflict",
			Self::ClaimsConflict { .. } => "ClaimsConflict",
			Self::ClaimsUnsigned { .. } => "ClaimsUnsigned",
			Self::Receipt(ReceiptFault::EmptyContent) => "EmptyContent",
			Self::Receipt(ReceiptFault::ModelNotInChannel(_)) => "ModelNotInChannel",
			Self::Receipt(ReceiptFault::ContextWithoutCorpora) => "ContextWithoutCorpora",
			Self::Receipt(ReceiptFault::SourceNotInChannel(..)) => "SourceNotInChannel",
			Self::Point(PointError::SumTooLarge) => "SumTooLarge",
			Self::Point(PointError::NoSequenceLeft) => "NoSequenceLeft",
			Self::AboveLocked { .. } => "AboveLocked",
			Self::Unsigned { .. } => "Unsigned",
			Self::BadVoucher { .. } => "BadVoucher",
			Self::NotWaivable { .. } => "NotWaivable",
		}
	}
}
