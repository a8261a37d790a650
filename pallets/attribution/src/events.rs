//! What the pallet tells. [`crate::pallet`] imports it: `Event` is an item of that module.
//!
//! # Must not
//! Leave out what an indexer needs to follow the state without reading it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's event.
#[pallet_section]
pub mod events {
	/// The events tell everything that the state holds. Receipts and evidence are in the bodies of blocks.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A method can be named from now on.
		MethodRegistered {
			/// Its id.
			method: MethodId,
			/// Who registered it.
			by: T::AccountId,
			/// What it is.
			description: Method,
			/// What was burned for it.
			price: Balance,
		},
		/// The parameters of batches to come changed.
		ParametersSet {
			/// To these.
			parameters: Parameters,
		},
		/// A batch waits for objections.
		BatchOpened {
			/// Which.
			batch: BatchId,
			/// Whose.
			server: AgentId,
			/// The Merkle root of its receipts.
			root: [u8; 32],
			/// How many there are.
			receipts: u32,
			/// Under what it was submitted.
			parameters: Parameters,
			/// What its models earned.
			models: SharesOf<T>,
			/// Its claims, each with what it moves.
			claims: ClaimsOf<T>,
			/// What the server loses if there is fraud.
			hold: Balance,
			/// What it has on hold for the entries.
			deposit: Balance,
			/// When its samples are drawn.
			sampling: Sampling<BlockNumberFor<T>>,
			/// When its window ends, on the chain clock.
			ends_at_ms: u64,
		},
		/// Somebody will show something about a batch.
		Committed {
			/// Which.
			batch: BatchId,
			/// Who.
			account: T::AccountId,
			/// To what.
			hash: [u8; 32],
			/// Its place among all: of two the smaller counts.
			number: u64,
			/// Until when it can be revealed, on the chain clock.
			expires_at_ms: u64,
			/// What is on hold for it.
			deposit: Balance,
		},
		/// It was shown, and holds: what it did comes next.
		Revealed {
			/// Of which batch.
			batch: BatchId,
			/// Who.
			account: T::AccountId,
			/// Under which commitment.
			hash: [u8; 32],
			/// Its place.
			number: u64,
			/// What was returned.
			deposit: Balance,
		},
		/// A commitment is gone that was not revealed.
		CommitmentCleared {
			/// Whose.
			account: T::AccountId,
			/// Which.
			hash: [u8; 32],
			/// Its place.
			number: u64,
			/// What was on hold for it.
			deposit: Balance,
			/// Whether that was burned, or returned.
			burned: bool,
		},
		/// A batch is fraudulent. If somebody reveals an earlier commitment there is a further event.
		FraudFound {
			/// Which.
			batch: BatchId,
			/// Who found it.
			challenger: T::AccountId,
			/// Its place among commitments, demands and drawings.
			number: u64,
			/// From when `finalise` voids the claims, on the chain clock.
			decided_from_ms: u64,
		},
		/// All claims of a fraudulent batch are void, and its hold is forfeited.
		ClaimsVoided {
			/// Which.
			batch: BatchId,
			/// Who found it.
			challenger: T::AccountId,
			/// What that earned.
			reward: Balance,
			/// What was burned.
			burned: Balance,
		},
		/// A claim goes to an earlier contribution with the same bytes.
		ClaimMoved {
			/// Of which batch.
			batch: BatchId,
			/// Which.
			claim: u32,
			/// Where it goes.
			contribution: ContributionId,
			/// The version that holds that.
			version: DatanetVersion,
			/// Who showed it.
			by: T::AccountId,
			/// Under which commitment.
			number: u64,
		},
		/// The hash that was to draw a batch's samples was forgotten.
		SamplesPostponed {
			/// Which.
			batch: BatchId,
			/// The block whose hash draws instead.
			at: BlockNumberFor<T>,
		},
		/// The samples of a batch are known.
		SamplesDrawn {
			/// Which.
			batch: BatchId,
			/// Those that are to be shown: what was proven before need not be.
			claims: frame_support::BoundedVec<u32, ConstU32<SAMPLES>>,
			/// Their place among commitments, demands and drawings.
			number: u64,
			/// Until when, on the chain clock.
			deadline_ms: u64,
		},
		/// Somebody wants to see a claim's evidence.
		Demanded {
			/// Of which batch.
			batch: BatchId,
			/// Which.
			claim: u32,
			/// Who.
			by: T::AccountId,
			/// Its place among commitments, demands and drawings.
			number: u64,
			/// What it has on hold for it.
			price: Balance,
			/// Until when, on the chain clock.
			deadline_ms: u64,
		},
		/// What a claim says was shown.
		ClaimProven {
			/// Of which batch.
			batch: BatchId,
			/// Which.
			claim: u32,
			/// Whether it was a sample.
			sampled: bool,
			/// What the server got of whoever demanded it; the rest of the price was burned.
			paid: Balance,
		},
		/// A demand is over without an answer, or need not be answered any more.
		DemandClosed {
			/// Of which batch.
			batch: BatchId,
			/// Of which claim.
			claim: u32,
			/// Whose.
			by: T::AccountId,
			/// What was returned.
			price: Balance,
		},
		/// An output repeats what the model's manifest does not have.
		UnlistedShown {
			/// In which batch.
			batch: BatchId,
			/// What.
			source: UnlistedSource<T::AccountId>,
		},
		/// Others that move more took the place of an unlisted source.
		UnlistedDisplaced {
			/// In which batch.
			batch: BatchId,
			/// In which receipt.
			receipt: u32,
			/// Where in the output.
			start: u64,
			/// Who had shown it.
			by: T::AccountId,
			/// What was returned.
			bond: Balance,
		},
		/// The manifest has the same bytes.
		UnlistedAnswered {
			/// In which batch.
			batch: BatchId,
			/// In which receipt.
			receipt: u32,
			/// Where in the output.
			start: u64,
			/// Where they are.
			contribution: ContributionId,
			/// In which version.
			version: DatanetVersion,
			/// Who showed it.
			by: T::AccountId,
			/// What that earned.
			bond: Balance,
		},
		/// Nobody answered: the developer paid.
		UnlistedPaid {
			/// In which batch.
			batch: BatchId,
			/// In which receipt.
			receipt: u32,
			/// Where in the output.
			start: u64,
			/// Whose developer.
			model: ModelId,
			/// How much.
			amount: Balance,
			/// What was returned to whoever showed it.
			bond: Balance,
		},
		/// Some claims of a batch were paid.
		ClaimsPaid {
			/// Which.
			batch: BatchId,
			/// From this on.
			first: u32,
			/// So many.
			count: u32,
			/// To contributions.
			contributions: Balance,
			/// To whoever submitted or moved them.
			submitters: Balance,
		},
		/// A contribution was paid.
		ContributionPaid {
			/// By which batch.
			batch: BatchId,
			/// Which.
			contribution: ContributionId,
			/// How much.
			amount: Balance,
		},
		/// Whoever submitted, moved or showed something was paid.
		SubmitterPaid {
			/// By which batch.
			batch: BatchId,
			/// Who.
			account: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// What no claim moved went to a model's manifest.
		DataPaid {
			/// By which batch.
			batch: BatchId,
			/// Which.
			model: ModelId,
			/// How much.
			amount: Balance,
		},
		/// A batch is over.
		BatchFinal {
			/// Which.
			batch: BatchId,
			/// What was returned of its hold.
			hold: Balance,
			/// What was returned for its entries.
			deposit: Balance,
		},
	}
}
