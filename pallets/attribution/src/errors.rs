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
		/// There is no open batch with this id: it is final, never had to wait, or never was. Query `open_batch`; the event
		/// `BatchFinal` tells when it ended.
		UnknownBatch,
		/// The batch has no claims, or they are void. Query `open_batch` for what there is to object to.
		NoClaims,
		/// The batch has no claim at this place. Claims are counted from 0, in the order of the event `BatchOpened`.
		UnknownClaim,
		/// A claim names a receipt that the batch does not have. Count its receipts channel by channel, from 0.
		UnknownReceipt,
		/// There is no such contribution, or it was not accepted. Claim for what a version holds.
		UnknownContribution,
		/// There is no such model. Look its id up in the event `ModelRegistered`.
		UnknownModel,
		/// A claim names a method that nobody registered. Call `register_method` first.
		UnknownMethod,
		/// There is such a method already. Use its id: query `method_id`.
		MethodExists,
		/// The algorithm of a method is empty, or it or the parameters are not printable ASCII. Name them in such characters.
		UnreadableMethod,
		/// The parameters contradict each other. Keep each field's rule: shares within `all`, nothing attested, hold
		/// and challenger's part such that fraud loses, response and reveal within a third of the window.
		UnsoundParameters,
		/// The claims must be in the order of their receipts' places in the batch. Sort them.
		ClaimsNotAscending,
		/// A batch has no more than `ClaimsMax` claims. Leave the smallest out, or submit fewer receipts.
		TooManyClaims,
		/// A receipt has no more than `ReceiptClaimsMax` claims. Leave the shortest out.
		TooManyClaimsOfReceipt,
		/// The claims of a batch are for no more than `TargetsMax` pairs of model and contribution. Submit fewer receipts.
		TooManyTargets,
		/// Two ranges of one receipt have bytes in common. Claim each byte once; what was put before the model is not
		/// claimed as a span too.
		RangesOverlap,
		/// The claims of a receipt are worth more than claims may take. Leave some out: an excess is never scaled.
		ExceedsCeiling,
		/// It would move nothing: the model's data earned nothing with this receipt, or the range is too short for a
		/// whole unit, or the claim is attested, which nobody verifies yet. Leave it out.
		MovesNothing,
		/// A range is empty, or not within what it is a range of. Compare with the lengths in receipt and contribution.
		RangeOutside,
		/// A range is shorter than the parameters allow, or a piece of an echo less than half of what is claimed. Name a longer
		/// one.
		TooShort,
		/// A range is longer than `ClaimBytesMax`. Claim its parts.
		TooLong,
		/// The version is not among those that may be claimed: the channel's corpora for what was retrieved, the
		/// versions of the model's manifest for spans. Name one of those, or leave the claim out.
		VersionNotInScope,
		/// The version does not hold the contribution. Query `weight_at` of the datanets.
		NotInVersion,
		/// The receipt has no context. Claim only what was put before the model.
		NoContext,
		/// The payer did not agree that the output is shown. Claim spans of receipts with `disclose` only.
		NotDisclosed,
		/// What opens a batch could not be put into the pallet's pot, which must have its existential deposit. The chain
		/// has to give it that.
		PotMissing,
		/// The window for this is over. Commit before its last `reveal_ms`, demand and show unlisted sources before its
		/// last third.
		WindowOver,
		/// The window is still open. Query `open_batch` for its end.
		WindowOpen,
		/// There is fraud in the batch already, found earlier. A commitment to it can be cleared without loss.
		Fraudulent,
		/// The account committed to the same before. One commitment is enough.
		AlreadyCommitted,
		/// The account did not commit to exactly this. Use the same account, salt, batch and challenge, to the last byte of its
		/// slices.
		NoCommitment,
		/// A commitment is revealed in a later block than it was made in. Try again in the next one.
		RevealedTooEarly,
		/// The commitment was not revealed in time. Commit anew, if the window allows.
		CommitmentExpired,
		/// The commitment can still be revealed. It is cleared without loss only when its batch is fraudulent or gone.
		CommitmentAlive,
		/// Before it expires a commitment is cleared by who made it. Sign with that account.
		NotCommitter,
		/// The proof shows another receipt than the claim is about, or its way does not lead to the batch's root. Take
		/// receipt, channel, sequence and place from the block that has the batch.
		WrongReceipt,
		/// A slice does not show these bytes of that content, or shows more. Make it for exactly the range that the
		/// challenge or claim names.
		WrongSlice,
		/// This kind of evidence does not fit this kind of claim. Spans have outputs, retrieved pieces have contexts.
		WrongEvidence,
		/// The piece is not under the context's root. Give its place, the number of pieces and the way.
		NotInContext,
		/// The bytes are equal, as they should be: there is nothing wrong with this part of the claim. Show a part that
		/// differs.
		BytesEqual,
		/// The bytes are not equal. Compare the ranges, their offsets first.
		BytesDiffer,
		/// The length is what the receipt says. There is nothing wrong with it.
		LengthTrue,
		/// The claim may be made. There is nothing wrong with it, as far as the chain itself can see.
		Lawful,
		/// The contribution is not earlier than the one claimed, or the version not older than the model. Show one with a lower
		/// commitment, or a version that was published before the model was registered.
		NotEarlier,
		/// The claim was moved already, by somebody who had committed earlier. Commit sooner with the next one.
		AlreadyMoved,
		/// The version is open to everybody, who could put there what an output has. Only curated ones are sources that
		/// a manifest can be expected to list.
		NotCurated,
		/// A version of the manifest holds the contribution. It earns as such.
		SourceListed,
		/// No more than `UnlistedMax` sources of a batch wait to be answered or paid, and each of them moves at least as
		/// much. Show a longer range.
		TooManyUnlisted,
		/// It is proven already. The event `ClaimProven` tells in which block.
		Proven,
		/// The claim was demanded already. Wait for the answer.
		AlreadyDemanded,
		/// No more than `DemandsMax` demands of a batch are open at a time. Wait until one is answered.
		TooManyDemands,
		/// Nobody asks for this, or the time to show it is over. Query `open_questions` for what is asked, and until when.
		NothingAsked,
		/// There is still time to answer. Query `open_questions` for the deadline.
		AnswerDue,
		/// The time to answer is over. Answer before the deadline that `open_questions` tells.
		AnsweredTooLate,
		/// The samples were drawn already, or there is nothing to draw from. The event `SamplesDrawn` tells which claims to
		/// answer for.
		SamplesDrawn,
		/// The block whose hash draws is not over. It is the second after the submission.
		SamplesTooEarly,
		/// The samples were not drawn or not shown. Call `draw_samples`, `answer`, or, when it is too late for that,
		/// `close_samples`.
		SamplesOpen,
		/// A demand is neither answered nor closed. Call `answer` or, when it is too late for that, `close_demand`.
		DemandsOpen,
		/// Somebody may still reveal an earlier commitment. Query `open_batch` for when it is decided.
		VerdictPending,
		/// All ids are used up. This cannot be avoided, and will not happen.
		IdsExhausted,
	}
}
