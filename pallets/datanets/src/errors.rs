//! Why the pallet refuses. [`crate::pallet`] imports it: `Error` is an item of that module.
//!
//! # Must not
//! State a rule without telling the user how to keep it.

use crate::Error;
use frame_support::pallet_macros::pallet_section;
use plexus_primitives::SliceError;

/// The pallet's error.
#[pallet_section]
pub mod errors {
	#[pallet::error]
	pub enum Error<T> {
		/// The name is empty, not UTF-8, or has control characters. Give it at least one visible character and no
		/// line breaks.
		InvalidName,
		/// The licence is not an SPDX expression: names joined by `AND`, `OR` and `WITH` in upper case, with brackets
		/// that match, like `CC-BY-4.0` or `MIT OR Apache-2.0`. For terms of your own give their content, or write
		/// `LicenseRef-` and a name.
		InvalidLicence,
		/// The media type is not of the form `type/subtype`. Use `application/octet-stream` if you do not know it.
		InvalidMediaType,
		/// The locator is not a URI. Write a scheme, a colon and visible ASCII, like `https://example.org/file`. It may be
		/// empty when content is registered, but cannot be made empty later.
		InvalidLocator,
		/// There is no datanet with this id, or it was removed. Look the id up in the event `DatanetCreated`.
		UnknownDatanet,
		/// The datanet still lists contributions. It can be removed once they all have been withdrawn or expired.
		DatanetNotEmpty,
		/// Only the owner of a datanet may do this. Sign with the account that the query `datanet` names.
		NotOwner,
		/// Empty content cannot be contributed or be the terms of a licence. Give content of at least one byte.
		EmptyContent,
		/// This content is already contributed, here or in another datanet. Query `contribution_by_root` with the
		/// root to find the contribution and who made it. It becomes free when it is removed before a version holds it;
		/// until then whoever committed earlier gets it. After others removed it, it is its contributor's for a while
		/// (`RootReserved`). Its holder can list it in other datanets once a version holds it, in
		/// each once.
		RootAlreadyHeld,
		/// The length proof does not belong to this root. Make both from the same file, which must not have changed
		/// meanwhile: the proof is the Bao slice of the last byte (start = length - 1, one byte), with nothing after.
		InvalidLengthProof,
		/// The proof is valid, but it proves another length than the one stated; or the holder of content lists it with
		/// another. State the file's size in bytes.
		LengthDiffers,
		/// There is no contribution with this id, or it was removed. Query `contribution_by_root` to find its id.
		UnknownContribution,
		/// Only the contributor may do this. Sign with the account that made the contribution.
		NotContributor,
		/// All ids are used up. This cannot be avoided, and will not happen.
		IdsExhausted,
		/// A tag has other characters than `a-z 0-9 - _ . /`, does not begin with a letter or digit, or occurs twice.
		/// Write tags in lower case, like `biology/plants`.
		InvalidTag,
		/// There are no curators, or one is named twice. Name each once, at least one.
		InvalidCurators,
		/// A version holds contributions of this datanet for ever, so it cannot be removed. Retire it.
		DatanetHasVersions,
		/// The datanet is paused: it takes only what was committed to before. Wait until its owner resumes it, or choose another.
		DatanetPaused,
		/// The datanet is retired for ever, and takes only what was committed to before. Choose another.
		DatanetRetired,
		/// The datanet is paused already, or not paused. Nothing needs to be done.
		StatusUnchanged,
		/// The signer was not offered this datanet. Its owner offers it with `propose_owner`.
		NotProposed,
		/// The datanet is open, so it has no curators. Whether a datanet is curated is decided when it is created.
		NotCurated,
		/// No curators are proposed. The owner proposes them with `propose_curators`.
		NoCuratorsProposed,
		/// The proposed curators cannot be enacted yet. `CuratorsProposed` says when, on the chain clock.
		CuratorsTooEarly,
		/// This commitment exists. Draw another salt, or use or clear the one that there is.
		CommitmentExists,
		/// There is no such commitment of this account. Account, salt, roots and their order must be those that were
		/// committed to, and it must be neither used nor cleared.
		UnknownCommitment,
		/// The commitment cannot be used yet. The query `commitment`, or `CommitmentMade`, says from when on, on the chain
		/// clock.
		CommitmentTooEarly,
		/// The commitment expired. Clear it to get its deposit back, and commit again.
		CommitmentExpired,
		/// Only its account may clear a commitment that has not expired. Sign with that account, or wait until it has.
		CommitmentNotExpired,
		/// There is nothing to register. Give at least one contribution.
		NothingToRegister,
		/// The contribution was taken down already, so it cannot have a locator. Leave it as it is: a takedown is for ever.
		TakenDown,
		/// The contribution is not pending: it was accepted or has departed. Query `contribution` for its status.
		NotPending,
		/// The contribution was not accepted yet. Query `contribution` for its status.
		NotAccepted,
		/// The contribution is in no new version any more. Its versions keep it for ever.
		AlreadyDeparted,
		/// The contribution came without a commitment and cannot be accepted yet. `ContributionRegistered` says from when
		/// on, on the chain clock.
		AcceptanceTooEarly,
		/// The contribution was not accepted in time. Anybody can remove it with `expire`; then contribute it again.
		AcceptanceTooLate,
		/// The contribution may still be accepted, or be in a version. `ContributionRegistered` says until when it waits for
		/// its acceptance, on the chain clock; in a retired datanet only what no version holds expires.
		NotExpired,
		/// The contribution's datanet is curated. Its curators accept with `review`.
		NeedsReview,
		/// The signer was not among the curators at the contribution's submission, or when the dispute began. The query
		/// `datanet` names the present ones, the query `dispute` those who judge.
		NotCurator,
		/// Nobody reviews its own contribution, and no party to a dispute judges it. Leave it to the other curators.
		IsParty,
		/// The signer reviewed this contribution, or voted in this dispute, already. That cannot be changed.
		AlreadyReviewed,
		/// The weight is not between 1 and 100. Choose one that is, or reject.
		InvalidWeight,
		/// Nothing is accepted, so there is nothing to publish. Accept a contribution first: `accept` in an open datanet,
		/// `review` in a curated one.
		NothingToPublish,
		/// The next version would hold what the last one does. Publish once something was accepted or has departed.
		NothingChanged,
		/// Only the owner may publish now. `VersionPublished`, or the query `datanet`, says when everybody may, on the
		/// chain clock.
		PublicationTooEarly,
		/// The deposit for good conduct stays. The query `contribution` says until when, on the chain clock.
		DepositLocked,
		/// The deposit for good conduct was released already. That for storage stays as long as the record.
		DepositReleased,
		/// The content has no locator, so it does not claim to be available. Challenge contributions that have one.
		NotPublished,
		/// The contributor or beneficiary cannot challenge or dispute its own contribution. Sign with another account, or
		/// withdraw it.
		OwnContribution,
		/// A challenge of this contribution is open. Wait until it is answered or closed.
		ChallengeOpen,
		/// No challenge of this contribution is open. It begins with `challenge`.
		NoChallenge,
		/// The slice is not that of the chunk that was asked for. `ChunkDrawn` names it; its slice begins at 1024 times
		/// its number and is 1024 bytes long, or up to the content's end.
		WrongSlice,
		/// The challenge can still be answered. `ChunkDrawn` says until when, on the chain clock.
		ChallengeNotOver,
		/// The challenge can no more be answered. Answer before its deadline; now anybody may use `close_challenge`.
		ChallengeOver,
		/// The chunk is not known yet that the challenge asks for. Anybody can draw it with `draw_chunk`, from the block after
		/// the challenge on.
		ChunkNotDrawn,
		/// The chunk was drawn already. The event `ChunkDrawn` names it.
		ChunkDrawn,
		/// The hash of the challenge's block is not known within that block. Draw the chunk in a later one.
		ChunkTooEarly,
		/// A dispute about this contribution is open. Wait until it is decided.
		DisputeOpen,
		/// Nobody could uphold the claim: the chain has no judge, and the datanet is open, or half or more of its curators are
		/// parties. Claim it where the dispute can be decided, or ask the owner for other curators. Of a vote: half or
		/// more of the curators are parties, so that the chain's judge alone decides; ask that one.
		NobodyJudges,
		/// No dispute about this contribution is open. It begins with `dispute`.
		NoDispute,
		/// The dispute can still be decided. The query `dispute` says until when, on the chain clock.
		DisputeNotOver,
		/// The time to vote is over. Anybody can end the dispute with `close_dispute`.
		DisputeOver,
		/// This root is not reserved. The query `reservation` and the event `RootReserved` tell of those that are.
		NoReservation,
		/// The root is reserved for another account. The query `reservation` says until when, on the chain clock.
		ReservationNotOver,
		/// The windows break a rule. A commitment's life must be longer than its age before it is used, a pending
		/// contribution's longer than a commitment's, and challenges and disputes must last at least a millisecond.
		InvalidWindows,
	}
}

impl<T> From<SliceError> for Error<T> {
	fn from(error: SliceError) -> Self {
		match error {
			SliceError::EmptyContent => Self::EmptyContent,
			SliceError::LengthDiffers { .. } => Self::LengthDiffers,
			SliceError::EmptyRange { .. }
			| SliceError::RangeOutside { .. }
			| SliceError::TooLong { .. }
			| SliceError::Truncated { .. }
			| SliceError::ParentMismatch { .. }
			| SliceError::ChunkMismatch { .. }
			| SliceError::TrailingBytes { .. } => Self::InvalidLengthProof,
		}
	}
}
