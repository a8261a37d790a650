//! Open batches and their claims, as the runtime's `AttributionApi` tells of them.
//!
//! # Must not
//! Read the pallet's storage: the layout may change, the API is the promise.
//!
//! # Invariants
//! The types here have the encoding of the runtime's; a test decodes what the pallet's own types encode to.

use crate::{
	client::{constant, runtime_call, AtBlock},
	failure::{Failure, FailureKind},
	validators::Percent,
};
use codec::{Decode, Encode};
use plexus_primitives::{AgentId, BatchId, ContributionId, DatanetVersion, Evidence, MethodId, ModelId};
use serde::Serialize;
use sp_core::crypto::AccountId32;

/// Claims that are asked for at once.
const CLAIMS_PAGE: u32 = 256;

/// The most pages of a batch's claims: twice what the chain takes.
const CLAIMS_PAGES_MAX: usize = 4;

/// The longest claim if the chain does not tell.
const CLAIM_BYTES_DEFAULT: u64 = 16 << 10;

/// What a batch was submitted under.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Parameters {
	pub(crate) all: Percent,
	pub(crate) grounded: Percent,
	pub(crate) span: Percent,
	pub(crate) attested: Percent,
	pub(crate) submitter: Percent,
	pub(crate) challenger: Percent,
	pub(crate) hold_multiple: u32,
	pub(crate) hold_floor: u128,
	pub(crate) answer_fee_max: u128,
	pub(crate) span_bytes_min: u64,
	pub(crate) unlisted_bytes_min: u64,
	pub(crate) window_ms: u64,
	pub(crate) response_ms: u64,
	pub(crate) reveal_ms: u64,
}

/// What a model earned in a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Share {
	pub(crate) model: ModelId,
	pub(crate) fees: u128,
	pub(crate) data: u128,
	pub(crate) claimed: u128,
	pub(crate) developer: u128,
	pub(crate) held: u128,
}

/// How far the drawing of samples has come.
#[derive(Clone, PartialEq, Eq, Debug, Decode, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum Sampling {
	/// The hash of this block will say which.
	Due { at: u32 },
	/// These are to be shown.
	Drawn { claims: Vec<u32>, number: u64, deadline_ms: u64 },
	/// Nothing is to be shown.
	Done,
}

/// That a batch was found to be fraudulent.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Verdict {
	pub(crate) challenger: AccountId32,
	/// Under which commitment: only an earlier one is before it.
	pub(crate) number: u64,
	pub(crate) decided_from_ms: u64,
}

/// A batch that is not final. Times are on the chain clock.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct OpenBatch {
	pub(crate) id: BatchId,
	pub(crate) server: AgentId,
	pub(crate) account: AccountId32,
	pub(crate) root: [u8; 32],
	pub(crate) receipts: u32,
	pub(crate) submitted_at_ms: u64,
	pub(crate) ends_at_ms: u64,
	pub(crate) commitments_end_at_ms: u64,
	pub(crate) demands_end_at_ms: u64,
	pub(crate) parameters: Parameters,
	pub(crate) models: Vec<Share>,
	pub(crate) claims: u32,
	pub(crate) paid: u32,
	pub(crate) hold: u128,
	pub(crate) deposit: u128,
	pub(crate) sampling: Sampling,
	pub(crate) demands: u32,
	pub(crate) verdict: Option<Verdict>,
}

/// Where a counterclaim moved a claim.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Moved {
	pub(crate) contribution: ContributionId,
	pub(crate) version: DatanetVersion,
	pub(crate) by: AccountId32,
	pub(crate) number: u64,
}

/// A claim of an open batch.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Claim {
	pub(crate) batch: BatchId,
	/// Its place there.
	pub(crate) claim: u32,
	/// The receipt's place there.
	pub(crate) receipt: u32,
	pub(crate) model: ModelId,
	pub(crate) contribution: ContributionId,
	pub(crate) version: DatanetVersion,
	pub(crate) method: MethodId,
	pub(crate) evidence: Evidence,
	/// What it moves, the submitter's part included.
	pub(crate) amount: u128,
	pub(crate) submitter: u128,
	pub(crate) proven: bool,
	pub(crate) moved: Option<Moved>,
	pub(crate) demand_price: u128,
}

/// Which claims of a batch are asked for.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub(crate) enum Filter {
	All,
	/// Of the receipt at this place.
	Receipt(u32),
	/// Those that move money to this contribution.
	Contribution(ContributionId),
	/// Those that this account submitted or moved.
	Account(AccountId32),
}

/// A demand that was not answered.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Demand {
	pub(crate) claim: u32,
	pub(crate) by: AccountId32,
	pub(crate) price: u128,
	pub(crate) deadline_ms: u64,
}

/// A contribution that an output repeats and the model's manifest does not have, as somebody showed it.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Unlisted {
	/// The receipt's place in the batch.
	pub(crate) receipt: u32,
	/// The place of its model among the batch's.
	pub(crate) model: u32,
	pub(crate) start: u64,
	pub(crate) length: u64,
	pub(crate) contribution: ContributionId,
	pub(crate) version: DatanetVersion,
	pub(crate) by: AccountId32,
	pub(crate) amount: u128,
	pub(crate) bond: u128,
	pub(crate) deadline_ms: u64,
}

/// What is still to be answered in a batch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Decode)]
pub(crate) struct Questions {
	/// The samples that were not shown, and until when they can be.
	pub(crate) samples: Option<(Vec<u32>, u64)>,
	pub(crate) demands: Vec<Demand>,
	pub(crate) unlisted: Vec<Unlisted>,
}

/// A commitment that is neither revealed nor cleared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Commitment {
	pub(crate) number: u64,
	pub(crate) batch: BatchId,
	pub(crate) made_at: u32,
	pub(crate) expires_at_ms: u64,
	pub(crate) deposit: u128,
}

/// A method with its id.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Method {
	pub(crate) id: MethodId,
	pub(crate) algorithm: Vec<u8>,
	pub(crate) version: u32,
	pub(crate) parameters: Vec<u8>,
}

/// A page of entries.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Page<Item, Id> {
	pub(crate) items: Vec<Item>,
	pub(crate) next: Option<Id>,
}

/// What challenges cost and may show, as the chain has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limits {
	/// The least deposit of a commitment.
	pub(crate) commitment_deposit: u128,
	/// What whoever shows an unlisted source has on hold.
	pub(crate) unlisted_bond: u128,
	/// The longest range that is claimed or shown.
	pub(crate) claim_bytes_max: u64,
	/// Unlisted sources of a batch.
	pub(crate) unlisted_max: usize,
}

impl Limits {
	/// As the chain's constants say.
	pub(crate) fn of(at: &AtBlock) -> Self {
		let known = |name: &str| constant(at, "Attribution", name);
		let small = |name: &str| known(name).and_then(|value| u64::try_from(value).ok());
		Self {
			commitment_deposit: known("CommitmentDeposit").unwrap_or_default(),
			unlisted_bond: known("UnlistedBond").unwrap_or_default(),
			claim_bytes_max: small("ClaimBytesMax").unwrap_or(CLAIM_BYTES_DEFAULT),
			unlisted_max: small("UnlistedMax").map_or(1, |most| most.min(256) as usize),
		}
	}
}

/// The batch with this id, if it is not final.
pub(crate) async fn open_batch(at: &AtBlock, id: BatchId) -> Result<Option<OpenBatch>, Failure> {
	runtime_call(at, "AttributionApi_open_batch", id).await
}

/// The batch with this id, which must not be final.
pub(crate) async fn known_open_batch(at: &AtBlock, id: BatchId) -> Result<OpenBatch, Failure> {
	open_batch(at, id).await?.ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NoOpenBatch",
			format!("batch {} is final, never had to wait, or never was", id.0),
			format!(
				"`plexus query history batch:{}` tells what became of it, and `plexus verify-claim` checks the claims of a final one",
				id.0
			),
		)
	})
}

/// A page of the batches that are not final.
pub(crate) async fn open_batches(
	at: &AtBlock,
	cursor: Option<BatchId>,
	limit: u32,
) -> Result<Page<OpenBatch, BatchId>, Failure> {
	runtime_call(at, "AttributionApi_open_batches", (cursor, limit)).await
}

/// What batches are submitted under now.
pub(crate) async fn parameters(at: &AtBlock) -> Result<Parameters, Failure> {
	runtime_call(at, "AttributionApi_parameters", ()).await
}

/// A page of an open batch's claims that match.
pub(crate) async fn claims_page(
	at: &AtBlock,
	batch: BatchId,
	filter: Filter,
	cursor: Option<u32>,
	limit: u32,
) -> Result<Page<Claim, u32>, Failure> {
	runtime_call(at, "AttributionApi_claims", (batch, filter, cursor, limit)).await
}

/// A page of all methods.
pub(crate) async fn methods(
	at: &AtBlock,
	cursor: Option<MethodId>,
	limit: u32,
) -> Result<Page<Method, MethodId>, Failure> {
	runtime_call(at, "AttributionApi_methods", (cursor, limit)).await
}

/// What a method is, without its id: as the chain encodes it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct MethodName {
	pub(crate) algorithm: Vec<u8>,
	pub(crate) version: u32,
	pub(crate) parameters: Vec<u8>,
}

/// The method with this id.
pub(crate) async fn method(at: &AtBlock, id: MethodId) -> Result<Option<MethodName>, Failure> {
	runtime_call(at, "AttributionApi_method", id).await
}

/// The id of a method.
pub(crate) async fn method_id(at: &AtBlock, method: &MethodName) -> Result<Option<MethodId>, Failure> {
	runtime_call(at, "AttributionApi_method_id", method).await
}

/// All claims of an open batch.
pub(crate) async fn claims(at: &AtBlock, batch: BatchId) -> Result<Vec<Claim>, Failure> {
	let (mut claims, mut cursor) = (Vec::new(), None::<u32>);
	for _ in 0..CLAIMS_PAGES_MAX {
		let page = claims_page(at, batch, Filter::All, cursor, CLAIMS_PAGE).await?;
		claims.extend(page.items);
		cursor = page.next;
		if cursor.is_none() {
			break;
		}
	}
	Ok(claims)
}

/// What is still to be answered in a batch.
pub(crate) async fn questions(at: &AtBlock, batch: BatchId) -> Result<Questions, Failure> {
	runtime_call(at, "AttributionApi_open_questions", batch).await
}

/// A commitment that is neither revealed nor cleared.
pub(crate) async fn commitment(
	at: &AtBlock,
	account: &AccountId32,
	hash: &[u8; 32],
) -> Result<Option<Commitment>, Failure> {
	runtime_call(at, "AttributionApi_commitment", (account, hash)).await
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::DecodeAll;
	use pallet_attribution::{runtime_api, types};
	use sp_runtime::BoundedVec;

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	fn same<Ours: DecodeAll>(theirs: &impl Encode) -> Ours {
		Ours::decode_all(&mut &theirs.encode()[..]).expect("the same encoding")
	}

	#[test]
	fn an_open_batch_decodes_from_the_pallets_bytes() {
		let theirs = runtime_api::OpenBatchInfo::<AccountId32, u32> {
			id: BatchId(1),
			server: AgentId(2),
			account: account(3),
			root: [4; 32],
			receipts: 5,
			submitted_at_ms: 6,
			ends_at_ms: 7,
			commitments_end_at_ms: 8,
			demands_end_at_ms: 9,
			parameters: types::Parameters::LIVE,
			models: vec![types::Share {
				model: ModelId(10),
				fees: 11,
				data: 12,
				claimed: 13,
				developer: 14,
				held: 15,
			}],
			claims: 16,
			paid: 17,
			hold: 18,
			deposit: 19,
			sampling: types::Sampling::Drawn {
				claims: BoundedVec::truncate_from(vec![20]),
				number: 21,
				deadline_ms: 22,
			},
			demands: 23,
			verdict: Some(types::Verdict { challenger: account(24), number: 25, decided_from_ms: 26 }),
		};
		let page = runtime_api::Page { items: vec![theirs], next: Some(BatchId(27)) };
		let ours: Page<OpenBatch, BatchId> = same(&page);
		let batch = &ours.items[0];
		assert_eq!((batch.id, batch.account.clone(), batch.hold), (BatchId(1), account(3), 18));
		assert_eq!((batch.ends_at_ms, batch.commitments_end_at_ms, batch.demands_end_at_ms), (7, 8, 9));
		assert_eq!((batch.models[0].data, batch.models[0].developer, batch.models[0].held), (12, 14, 15));
		assert_eq!(batch.sampling, Sampling::Drawn { claims: vec![20], number: 21, deadline_ms: 22 });
		let Parameters { all, grounded, span, submitter, challenger, unlisted_bytes_min, .. } =
			batch.parameters;
		let per_cent = |of: Percent| of.0 / 10_000_000;
		assert_eq!([all, grounded, span, submitter, challenger].map(per_cent), [60, 60, 30, 10, 20]);
		assert_eq!((unlisted_bytes_min, batch.parameters.reveal_ms), (256, 3_600_000));
		assert_eq!(ours.next, Some(BatchId(27)));
	}

	#[test]
	fn claims_questions_and_commitments_decode_from_the_pallets_bytes() {
		let claim = runtime_api::ClaimInfo {
			batch: BatchId(1),
			claim: 2,
			receipt: 3,
			model: ModelId(4),
			contribution: ContributionId(5),
			version: DatanetVersion(6),
			method: MethodId(7),
			evidence: Evidence::Span { output: 8, offset: 9, length: 10 },
			amount: 11,
			submitter: 12,
			proven: true,
			moved: Some(types::Moved {
				contribution: ContributionId(13),
				version: DatanetVersion(14),
				by: account(15),
				number: 16,
			}),
			demand_price: 17,
		};
		let ours: Claim = same(&claim);
		assert_eq!((ours.claim, ours.receipt, ours.amount, ours.demand_price), (2, 3, 11, 17));
		assert_eq!(ours.moved.map(|moved| (moved.contribution.0, moved.number)), Some((13, 16)));
		use runtime_api::ClaimFilter as Theirs;
		for (ours, theirs) in [
			(Filter::All, Theirs::All),
			(Filter::Receipt(7), Theirs::Receipt(7)),
			(Filter::Contribution(ContributionId(7)), Theirs::Contribution(ContributionId(7))),
			(Filter::Account(account(7)), Theirs::Account(account(7))),
		] {
			assert_eq!(ours.encode(), theirs.encode(), "{ours:?}");
		}

		let unlisted = types::UnlistedSource {
			receipt: 1,
			model: 2,
			start: 3,
			length: 4,
			contribution: ContributionId(5),
			version: DatanetVersion(6),
			by: account(7),
			amount: 8,
			bond: 9,
			deadline_ms: 10,
		};
		let demand = runtime_api::DemandInfo { claim: 11, by: account(12), price: 13, deadline_ms: 14 };
		let theirs = runtime_api::OpenQuestions {
			samples: Some((vec![1, 2], 3)),
			demands: vec![demand],
			unlisted: vec![unlisted],
		};
		let ours: Questions = same(&theirs);
		assert_eq!(ours.samples, Some((vec![1, 2], 3)));
		assert_eq!((ours.demands[0].claim, ours.demands[0].price), (11, 13));
		assert_eq!((ours.unlisted[0].start, ours.unlisted[0].bond, ours.unlisted[0].deadline_ms), (3, 9, 10));

		let method = MethodName { algorithm: b"bm25".to_vec(), version: 1, parameters: b"k=1".to_vec() };
		let theirs = types::Method {
			algorithm: BoundedVec::truncate_from(method.algorithm.clone()),
			version: 1,
			parameters: BoundedVec::truncate_from(method.parameters.clone()),
		};
		assert_eq!(same::<MethodName>(&theirs), method);

		let theirs = runtime_api::CommitmentInfo {
			number: 1,
			batch: BatchId(2),
			made_at: 3u32,
			expires_at_ms: 4,
			deposit: 5,
		};
		let ours: Commitment = same(&theirs);
		assert_eq!((ours.number, ours.batch, ours.made_at), (1, BatchId(2), 3));
		assert_eq!((ours.expires_at_ms, ours.deposit), (4, 5));
	}
}
