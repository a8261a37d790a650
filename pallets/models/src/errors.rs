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
	#[cfg_attr(test, derive(PartialEq))]
	pub enum Error<T> {
		/// The account has this commitment already. Use it or clear it, or draw another salt.
		CommitmentExists,
		/// There is no commitment of this account to these artifacts: salt, roots and their order must be those of the
		/// call `commit`, and the same account must sign. Used and cleared commitments are gone.
		UnknownCommitment,
		/// The commitment is younger than `CommitmentAgeMsMin`. The event `CommitmentMade` says from when on the
		/// chain clock it can be used; the chain clock may be behind wall clocks.
		CommitmentTooYoung,
		/// The commitment is older than `CommitmentLifetimeMs`. Clear it, commit again, and register in time.
		CommitmentExpired,
		/// Until a commitment expires only its account may clear it. Sign with that account, or wait until it has.
		CommitmentAlive,
		/// The call names no model. Name at least one.
		NothingToRegister,
		/// A locator is not a URI. Write a scheme, a colon and visible ASCII, like `https://example.org/file`, or
		/// leave it empty.
		InvalidLocator,
		/// The model card has no bytes. Write one, and state its root and length.
		EmptyCard,
		/// An empty artifact cannot be registered. It has at least one byte.
		EmptyArtifact,
		/// The length proof does not belong to this root. Make both from the same file, which must not have changed
		/// meanwhile: the proof is the Bao slice of the last byte (start = length - 1, one byte), with nothing after.
		InvalidLengthProof,
		/// The proof is valid, but it proves another length than the one stated. State the file's size in bytes.
		LengthDiffers,
		/// All artifacts of the call are registered already, under commitments that were made before yours, or so long ago
		/// that they are contestable no more. Query `model_by_root` to find the models and their developers. If the
		/// call has other artifacts, these are registered, and `RootHeld` tells which are not.
		RootAlreadyHeld,
		/// A base model was trained from nothing and has no parents. Name none, or register a fine-tune.
		BaseHasParents,
		/// A fine-tune was trained on from at least one model. Name its parents, or register a base.
		FineTuneWithoutParent,
		/// An adapter changes the weights of exactly one model. Name that one.
		AdapterNeedsOneParent,
		/// An adapter cannot be made for an adapter. Register the merge of the other adapter and its base first, or
		/// name the base.
		AdapterOfAdapter,
		/// A merge combines at least two models. Name them, or register a fine-tune.
		MergeNeedsTwoParents,
		/// Parents must be in ascending order, none twice. Sort them by id.
		ParentsNotAscending,
		/// A parent is not registered. Register it first, and look its id up in the event `ModelRegistered`.
		UnknownParent,
		/// A parent lost its artifact to a model that was committed to earlier. Query `model`: its status names the one
		/// to build on.
		ParentSuperseded,
		/// The data share is below that of a parent. Ask at least for the greatest data share among the parents; the
		/// query `model` shows them.
		DataShareBelowParents,
		/// With its parents and all of theirs the model would have more than `AncestorsMax` ancestors, each distinct
		/// one counted once. Name fewer parents, or such with shorter lineages; the query `lineage` shows them.
		TooManyAncestors,
		/// The royalties of all distinct ancestors sum to more than `RoyaltiesMax` of each fee, so that too little
		/// would be left for the model itself. The query `lineage` of each parent shows what is asked, to which the
		/// parent's own ask is added. Name fewer parents, or such that ask less.
		RoyaltiesTooHigh,
		/// The royalty is above `RoyaltiesMax`: no descendant could ever be registered. Ask for less.
		AskTooHigh,
		/// The policy's shares for server, developer and data do not sum to one. They are parts of a billion, and the
		/// sum must be exact.
		PolicyNotOne,
		/// Entries of a manifest must be in ascending order of datanet and version, none twice. Sort them.
		ManifestNotAscending,
		/// The shares of the manifest do not sum to one. They are parts of a billion, and the sum must be exact, with
		/// zero for open versions; only a manifest of open versions alone sums to zero.
		ManifestNotOne,
		/// The manifest names a version that was not published. Ask the datanet for its versions.
		UnknownVersion,
		/// The version is of an open datanet and never carries manifest money. Give it the share zero.
		OpenVersionWithShare,
		/// The version is of a curated datanet and must get a share. Give it one above zero, or leave it out.
		CuratedVersionWithoutShare,
		/// There is no model with this id. Query `model_by_root` or `models_of` to find its id.
		UnknownModel,
		/// Only the model's developer may do this. Sign with the account that registered it.
		NotDeveloper,
		/// The model has this status already. There is nothing to do.
		StatusUnchanged,
		/// The model is deprecated by its developer: no new channels. Choose another one, perhaps among its children.
		ModelDeprecated,
		/// The model lost its artifact to one that was committed to earlier. Query `model`: its status names that one.
		ModelSuperseded,
		/// All ids are used up. This cannot be avoided, and will not happen.
		IdsExhausted,
	}
}

impl<T> From<SliceError> for Error<T> {
	fn from(error: SliceError) -> Self {
		match error {
			SliceError::EmptyContent => Self::EmptyArtifact,
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
