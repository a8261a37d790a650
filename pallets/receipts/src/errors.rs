//! Why the pallet refuses. [`crate::pallet`] imports it: `Error` is an item of that module.
//!
//! # Must not
//! State a rule without telling the user how to keep it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's error.
#[pallet_section]
pub mod errors {
	#[pallet::error]
	#[cfg_attr(test, derive(PartialEq))]
	pub enum Error<T> {
		/// There is no channel with this id, or it was finished. Query `channels` for those that there are.
		UnknownChannel,
		/// The terms name no model. Name at least one that the server may be paid for.
		NoModels,
		/// Models must be in ascending order, none twice. Sort them by id.
		ModelsNotAscending,
		/// Corpora must be in ascending order of datanet and version, none twice. Sort them.
		CorporaNotAscending,
		/// The terms name a version that was not published. Ask the datanet for its versions.
		UnknownVersion,
		/// There is no such model. Look its id up in the event `ModelRegistered`.
		UnknownModel,
		/// The model's shares sum to more than one, so that it could not be settled. The pallet that has the models
		/// must not let this happen; choose another model.
		UnsoundTerms,
		/// The channel would expire within `CloseGraceMs`, before the server could rely on it. Set `expires_at_ms` on the
		/// chain clock, which may be behind wall clocks, further away than that.
		ExpiresTooSoon,
		/// The channel expired. Open another one.
		ChannelExpired,
		/// The channel is being closed already. To lock more open another one; to end it wait for the time in the event
		/// `ChannelClosing` or `ChannelsClosing` and call `finish`.
		ChannelClosing,
		/// The channel neither expired nor has its grace passed. The query `channel` tells when it ends.
		ChannelAlive,
		/// The account has no channels but such as it closed with all others before. There is nothing to do; the event
		/// `ChannelsClosing` tells when they can be finished.
		NothingToClose,
		/// Only the channel's payer may do this. Sign with the account that opened it; an agent's account signs through
		/// `act` or `control`.
		NotPayer,
		/// Only the payer or the server may close a channel. When it is over anybody may call `finish`.
		NotParty,
		/// Only the server's own account redeems, and only vouchers of channels toward it. Sign through `act` or
		/// `control` of the agent that the channel names.
		NotServer,
		/// A batch without redemptions, or a redemption without receipts. Leave empty ones out.
		NothingToRedeem,
		/// The redemptions must be in ascending order of channels, each channel once. Sort them, and join those of one
		/// channel: its last voucher covers them all.
		ChannelsNotAscending,
		/// All receipts of the batch together are more than `BatchReceiptsMax`. Submit several batches, each up to a
		/// receipt after which the payer signed.
		TooManyReceipts,
		/// The receipts of the batch are of more than `BatchModelsMax` models. Submit several batches.
		TooManyModels,
		/// A receipt is for a model that the channel's payer did not name. It cannot be redeemed, and neither can those
		/// after it: check the model before serving.
		ModelNotInChannel,
		/// Prompt, output or context of a receipt has no bytes. State true lengths, and no context if there is none.
		EmptyContent,
		/// The signature is not the channel's signer's over these receipts. They must begin right after the last redeemed
		/// one (query `channel`: `sequence`), be complete and in order, and end with the one that the voucher was signed
		/// for; the voucher must be of this chain and this channel.
		InvalidVoucher,
		/// The receipts cost more than the channel has locked. Redeem up to an earlier voucher, or let the payer top up.
		/// A server checks before it serves that a voucher's sum is within what was ever locked.
		ExceedsLocked,
		/// This runtime does not settle batches through this pallet alone. Call `attribution.submit`, without claims if
		/// there are none.
		SubmitsElsewhere,
		/// There is no batch with this id, or its record was cleared. The events `BatchSubmitted` tell all ids.
		UnknownBatch,
		/// The batch's record is kept until the time in the event `BatchSubmitted`. Clear it then.
		BatchRetained,
		/// The model that is to be paid is none of the other's ancestors, or asks nothing of it. The lineage of the
		/// model shows them.
		NotAncestor,
		/// There is nothing to be credited or paid out. Wait for settlements; what is below one unit waits too.
		NothingDue,
		/// Amounts would exceed what a balance can hold. No chain has so much money: check the amounts.
		AmountTooLarge,
		/// All ids are used up. This cannot be avoided, and will not happen.
		IdsExhausted,
		/// The share is below `ProtocolShareMin` or above `ProtocolShareMax`. Choose one between these constants.
		InvalidProtocolShare,
	}
}
