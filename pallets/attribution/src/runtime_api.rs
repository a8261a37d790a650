//! What clients ask about claims and open batches, and the types they are answered with.
//!
//! # Must not
//! Change state. Every function is a read, callable by any Substrate client through `state_call`.
//!
//! # Invariants
//! Pages look at no more than [`PAGE_MAX`] places and neither skip nor repeat: places grow, and new ones come behind all
//! others. A page may be empty where batches are final or claims do not match, and have a next one all the same.

use crate::types::{
	Balance, ClaimRecord, Method, Moved, Parameters, Sampling, Share, UnlistedSource, Verdict,
};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
pub use pallet_receipts::runtime_api::Page;
pub use plexus_primitives::api::PAGE_MAX;
use plexus_primitives::{AgentId, BatchId, ContributionId, DatanetVersion, Evidence, MethodId, ModelId};
use scale_info::TypeInfo;

/// A batch that is not final, as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct OpenBatchInfo<AccountId, BlockNumber> {
	/// Its id.
	pub id: BatchId,
	/// Whose.
	pub server: AgentId,
	/// Its account.
	pub account: AccountId,
	/// The Merkle root of its receipts.
	pub root: [u8; 32],
	/// How many there are.
	pub receipts: u32,
	/// When it was submitted, on the chain clock.
	pub submitted_at_ms: u64,
	/// When its window ends, on the chain clock.
	pub ends_at_ms: u64,
	/// Until when anybody may commit, on the chain clock.
	pub commitments_end_at_ms: u64,
	/// Until when anybody may demand or show unlisted sources, on the chain clock.
	pub demands_end_at_ms: u64,
	/// Under what it was submitted.
	pub parameters: Parameters,
	/// What its models earned.
	pub models: Vec<Share>,
	/// How many claims it has.
	pub claims: u32,
	/// How many of them were paid.
	pub paid: u32,
	/// What the server loses if there is fraud.
	pub hold: Balance,
	/// What it has on hold for the entries.
	pub deposit: Balance,
	/// Its samples.
	pub sampling: Sampling<BlockNumber>,
	/// Open demands.
	pub demands: u32,
	/// Whether it is fraudulent.
	pub verdict: Option<Verdict<AccountId>>,
}

/// A claim of an open batch, as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ClaimInfo<AccountId> {
	/// Of which batch.
	pub batch: BatchId,
	/// Its place there.
	pub claim: u32,
	/// The receipt's place there.
	pub receipt: u32,
	/// The receipt's model.
	pub model: ModelId,
	/// What was claimed for.
	pub contribution: ContributionId,
	/// The version that holds it.
	pub version: DatanetVersion,
	/// How it was found.
	pub method: MethodId,
	/// Why.
	pub evidence: Evidence,
	/// What it moves, the submitter's part included.
	pub amount: Balance,
	/// The submitter's part of that.
	pub submitter: Balance,
	/// Whether everything that it was computed from was shown.
	pub proven: bool,
	/// Where it goes instead.
	pub moved: Option<Moved<AccountId>>,
	/// What it costs to demand it now.
	pub demand_price: Balance,
}

impl<AccountId> ClaimInfo<AccountId> {
	pub(crate) fn new(
		(batch, claim): (BatchId, u32),
		record: ClaimRecord<AccountId>,
		model: ModelId,
		submitter: Balance,
		demand_price: Balance,
	) -> Self {
		let ClaimRecord { receipt, contribution, version, method, evidence, amount, proven, moved, .. } =
			record;
		Self {
			batch,
			claim,
			receipt,
			model,
			contribution,
			version,
			method,
			evidence,
			amount,
			submitter,
			proven,
			moved,
			demand_price,
		}
	}
}

/// Which claims of a batch are meant.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum ClaimFilter<AccountId> {
	/// All.
	All,
	/// Those of the receipt at this place.
	Receipt(u32),
	/// Those that move money to this contribution.
	Contribution(ContributionId),
	/// Those that this account submitted or moved.
	Account(AccountId),
}

/// What is still to be answered in a batch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct OpenQuestions<AccountId> {
	/// The samples that were not shown, and until when they can be.
	pub samples: Option<(Vec<u32>, u64)>,
	/// The demands.
	pub demands: Vec<DemandInfo<AccountId>>,
	/// The unlisted sources.
	pub unlisted: Vec<UnlistedSource<AccountId>>,
}

/// A demand, as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DemandInfo<AccountId> {
	/// Of which claim.
	pub claim: u32,
	/// Whose.
	pub by: AccountId,
	/// What it paid.
	pub price: Balance,
	/// Until when it can be answered, on the chain clock.
	pub deadline_ms: u64,
}

/// A commitment, as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct CommitmentInfo<BlockNumber> {
	/// Its place among all.
	pub number: u64,
	/// Of which batch.
	pub batch: BatchId,
	/// In which block it was made: it is revealed in a later one.
	pub made_at: BlockNumber,
	/// Until when it can be revealed, on the chain clock.
	pub expires_at_ms: u64,
	/// What is on hold for it.
	pub deposit: Balance,
}

/// A method, as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct MethodInfo {
	/// Its id.
	pub id: MethodId,
	/// What it is.
	pub method: Method,
}

sp_api::decl_runtime_apis! {
	/// Queries of claims and open batches.
	pub trait AttributionApi<AccountId, BlockNumber>
	where
		AccountId: Codec,
		BlockNumber: Codec,
	{
		/// What batches are submitted under now.
		fn parameters() -> Parameters;

		/// The batch with this id, if it is not final.
		fn open_batch(id: BatchId) -> Option<OpenBatchInfo<AccountId, BlockNumber>>;

		/// The batches that are not final from `cursor` on (`None`: from the first); looks at `limit` ids, cut to
		/// `1..=PAGE_MAX`.
		fn open_batches(
			cursor: Option<BatchId>,
			limit: u32,
		) -> Page<OpenBatchInfo<AccountId, BlockNumber>, BatchId>;

		/// The claims of an open batch that match, from `cursor` on; looks at `limit` claims, cut in the same way.
		fn claims(
			batch: BatchId,
			filter: ClaimFilter<AccountId>,
			cursor: Option<u32>,
			limit: u32,
		) -> Page<ClaimInfo<AccountId>, u32>;

		/// What is still to be answered in a batch. No more than samples, `DemandsMax` and `UnlistedMax` together.
		fn open_questions(batch: BatchId) -> OpenQuestions<AccountId>;

		/// A commitment that is neither revealed nor cleared.
		fn commitment(account: AccountId, hash: [u8; 32]) -> Option<CommitmentInfo<BlockNumber>>;

		/// The method with this id.
		fn method(id: MethodId) -> Option<Method>;

		/// The id of a method.
		fn method_id(method: Method) -> Option<MethodId>;

		/// All methods from `cursor` on, in the same way.
		fn methods(cursor: Option<MethodId>, limit: u32) -> Page<MethodInfo, MethodId>;
	}
}
