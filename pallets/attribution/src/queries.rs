//! Reads: for the runtime API [`crate::runtime_api::AttributionApi`].
//!
//! # Must not
//! Write, or cost more than a page: a page looks at no more than [`PAGE_MAX`] places.

use crate::{
	runtime_api::{
		ClaimFilter, ClaimInfo, CommitmentInfo, DemandInfo, MethodInfo, OpenBatchInfo, OpenQuestions, Page,
		PAGE_MAX,
	},
	types::*,
	*,
};
use frame_system::pallet_prelude::BlockNumberFor;

/// A batch for clients of this runtime.
pub type OpenBatchInfoOf<T> = OpenBatchInfo<AccountIdOf<T>, BlockNumberFor<T>>;

impl<T: Config> Pallet<T> {
	/// What batches are submitted under now.
	pub fn parameters() -> Parameters {
		CurrentParameters::<T>::get()
	}

	/// The batch with this id, if it is not final.
	pub fn open_batch(id: BatchId) -> Option<OpenBatchInfoOf<T>> {
		let batch = Batches::<T>::get(id)?;
		let (ends_at_ms, commitments_end_at_ms) = (batch.ends_at_ms(), batch.commitments_end_at_ms());
		let demands_end_at_ms = batch.demands_end_at_ms();
		let Batch {
			server,
			account,
			root,
			receipts,
			submitted_at_ms,
			parameters,
			models,
			claims,
			paid,
			hold,
			deposit,
			sampling,
			demands,
			verdict,
		} = batch;
		Some(OpenBatchInfo {
			id,
			server,
			account,
			root,
			receipts,
			submitted_at_ms,
			ends_at_ms,
			commitments_end_at_ms,
			demands_end_at_ms,
			parameters,
			models: models.into(),
			claims,
			paid,
			hold,
			deposit,
			sampling,
			demands,
			verdict,
		})
	}

	/// The batches that are not final from `cursor` on. `limit` is cut to `1..=`[`PAGE_MAX`] here and everywhere.
	pub fn open_batches(cursor: Option<BatchId>, limit: u32) -> Page<OpenBatchInfoOf<T>, BatchId> {
		let (start, end) = (cursor.unwrap_or_default().0, pallet_receipts::NextBatchId::<T>::get().0);
		page(start, end, limit, |id| Self::open_batch(BatchId(id)), BatchId)
	}

	/// The claims of an open batch that match, from `cursor` on.
	pub fn claims(
		id: BatchId,
		filter: ClaimFilter<AccountIdOf<T>>,
		cursor: Option<u32>,
		limit: u32,
	) -> Page<ClaimInfo<AccountIdOf<T>>, u32> {
		let (Some(batch), Some(claims)) = (Batches::<T>::get(id), Claims::<T>::get(id)) else {
			return Page { items: Vec::new(), next: None };
		};
		let matches = |record: &ClaimRecord<AccountIdOf<T>>| match &filter {
			ClaimFilter::All => true,
			ClaimFilter::Receipt(place) => record.receipt == *place,
			ClaimFilter::Contribution(contribution) => record.recipient() == *contribution,
			ClaimFilter::Account(account) => {
				record.moved.as_ref().map_or(&batch.account, |moved| &moved.by) == account
			}
		};
		let at = |place: u64| {
			let record = claims.get(usize::try_from(place).ok()?).filter(|record| matches(record))?;
			let model = batch.models.get(record.model as usize)?.model;
			let submitter = batch.parameters.submitter.mul_floor(record.amount);
			let price = Self::demand_price(&batch, record.amount);
			Some(ClaimInfo::new((id, place as u32), record.clone(), model, submitter, price))
		};
		let (start, end) = (cursor.unwrap_or_default().into(), claims.len() as u64);
		page(start, end, limit, at, |place| place as u32)
	}

	/// What is still to be answered in a batch.
	pub fn open_questions(id: BatchId) -> OpenQuestions<AccountIdOf<T>> {
		let samples = match Batches::<T>::get(id).map(|batch| batch.sampling) {
			Some(Sampling::Drawn { claims, deadline_ms, .. }) => Some((claims.into(), deadline_ms)),
			_ => None,
		};
		let demands = Demands::<T>::iter_prefix(id).take(T::DemandsMax::get() as usize);
		let demands = demands.map(|(claim, Demand { by, price, deadline_ms, .. })| DemandInfo {
			claim,
			by,
			price,
			deadline_ms,
		});
		OpenQuestions { samples, demands: demands.collect(), unlisted: Unlisted::<T>::get(id).into() }
	}

	/// A commitment that is neither revealed nor cleared.
	pub fn commitment(account: &T::AccountId, hash: [u8; 32]) -> Option<CommitmentInfo<BlockNumberFor<T>>> {
		Commitments::<T>::get(account, hash).map(|made| CommitmentInfo {
			number: made.number,
			batch: made.batch,
			made_at: made.made_at,
			expires_at_ms: made.expires_at_ms,
			deposit: made.deposit,
		})
	}

	/// The method with this id.
	pub fn method(id: MethodId) -> Option<Method> {
		Methods::<T>::get(id)
	}

	/// All methods from `cursor` on.
	pub fn methods(cursor: Option<MethodId>, limit: u32) -> Page<MethodInfo, MethodId> {
		let (start, end) = (cursor.unwrap_or_default().0.into(), NextMethodId::<T>::get().0.into());
		let at = |id: u64| {
			let id = MethodId(id as u32);
			Self::method(id).map(|method| MethodInfo { id, method })
		};
		page(start, end, limit, at, |id| MethodId(id as u32))
	}
}

/// What there is among at most `limit` places.
fn page<Item, Id>(
	start: u64,
	end: u64,
	limit: u32,
	at: impl Fn(u64) -> Option<Item>,
	id: impl Fn(u64) -> Id,
) -> Page<Item, Id> {
	let stop = start.saturating_add(limit.clamp(1, PAGE_MAX).into()).min(end);
	let items = (start..stop).filter_map(at).collect();
	Page { items, next: (start < stop && stop < end).then(|| id(stop)) }
}
