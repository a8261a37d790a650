//! What must always hold, checked over the whole state.
//!
//! # Must not
//! Run in a block: it reads every entry.
//!
//! # Invariants
//! - Every open batch was submitted. It has as many claims as it says, in order, within all limits, and its models' shares
//!   say what they move.
//! - The pot has the data money of all batches with claims, but for what was paid. More only if somebody gave it more.
//! - Developers' books hold back what open batches say.
//! - Samples and demands that can be answered are of claims that are not proven. A batch has as many demands
//!   as it says, unless its claims are void.
//! - Unlisted sources do not overlap, and move no more than what is held of the developer's part.
//! - Numbers were given out, each once.
//! - Per account and reason, the balance on hold is the sum of what the entries say.

use crate::{
	submission::{overlap, ranges_overlap},
	types::*,
	*,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks everything in the module's list.
	pub(crate) fn check_invariants() -> Result<(), TryRuntimeError> {
		ensure!(CurrentParameters::<T>::get().are_sound(), "the parameters are unsound");
		for (id, batch) in Batches::<T>::iter() {
			Self::check_batch(id, &batch)?;
		}
		for id in Claims::<T>::iter_keys() {
			ensure!(Batches::<T>::contains_key(id), "claims are of no open batch");
		}
		for (hash, id) in MethodByHash::<T>::iter() {
			let method = Methods::<T>::get(id).ok_or("a method is missing")?;
			ensure!(Self::method_hash(&method) == hash, "a method is found by another's hash");
		}
		ensure!(Methods::<T>::iter().count() == NextMethodId::<T>::get().0 as usize, "methods are missing");
		Self::check_numbers()?;
		Self::check_developers()?;
		Self::check_pot()?;
		Self::check_holds()
	}

	fn check_batch(id: BatchId, batch: &Batch<T>) -> Result<(), TryRuntimeError> {
		ensure!(id < pallet_receipts::NextBatchId::<T>::get(), "a batch's id is yet to be allocated");
		let claims = Claims::<T>::get(id).unwrap_or_default();
		ensure!(claims.len() == batch.claims as usize, "a batch has lost count of its claims");
		ensure!(batch.paid <= batch.claims, "a batch paid more claims than it has");
		ensure!(batch.claims > 0 || batch.holds_developers(), "a batch waits for nothing");
		ensure!(batch.claims > 0 || (batch.hold, batch.demands) == (0, 0), "no claims, but a hold");
		ensure!(batch.verdict.is_none() || batch.paid == 0, "claims of a fraudulent batch were paid");
		let mut claimed = BTreeMap::<u32, Balance>::new();
		let mut of_receipt = BTreeMap::<u32, Vec<&ClaimRecord<AccountIdOf<T>>>>::new();
		for record in &claims {
			let sum = claimed.entry(record.model).or_default();
			*sum = sum.saturating_add(record.amount);
			ensure!(record.receipt < batch.receipts, "a claim is of no receipt");
			ensure!(record.amount > 0, "a claim moves nothing");
			let beside = of_receipt.entry(record.receipt).or_default();
			ensure!(!beside.iter().any(|other| overlap(other, record, Self::root_of)), "claims overlap");
			beside.push(record);
			ensure!(beside.len() <= T::ReceiptClaimsMax::get() as usize, "a receipt has too many claims");
		}
		let ascending =
			claims.iter().zip(claims.iter().skip(1)).all(|(one, next)| one.receipt <= next.receipt);
		ensure!(ascending, "claims are out of order");
		for (place, share) in (0u32..).zip(&batch.models) {
			let sum = claimed.remove(&place).unwrap_or_default();
			ensure!(share.claimed == sum, "a model's claims move something else");
			ensure!(sum <= batch.parameters.all.mul_floor(share.data), "claims are above their ceiling");
			ensure!(share.held <= share.developer, "more is held than the developer earned");
		}
		ensure!(claimed.is_empty(), "a claim is of no model");
		Self::check_questions(id, batch, &claims)
	}

	fn check_questions(id: BatchId, batch: &Batch<T>, claims: &ClaimsOf<T>) -> Result<(), TryRuntimeError> {
		// What was proven after it was too late for a question was too late for that.
		let now_ms = Self::now_ms();
		let open = |place: u32, deadline_ms: u64| {
			claims.get(place as usize).is_some_and(|record| !record.proven || now_ms >= deadline_ms)
		};
		if let Sampling::Drawn { claims: samples, deadline_ms, .. } = &batch.sampling {
			ensure!(!samples.is_empty(), "samples are drawn, and there are none");
			ensure!(samples.iter().all(|place| open(*place, *deadline_ms)), "a sample is proven");
		}
		if batch.claims > 0 {
			let demands = Demands::<T>::iter_prefix(id).collect::<Vec<_>>();
			ensure!(demands.len() == batch.demands as usize, "a batch has lost count of its demands");
			let all = demands.into_iter().all(|(place, demand)| open(place, demand.deadline_ms));
			ensure!(all, "a proven claim is demanded");
		}
		let unlisted = Unlisted::<T>::get(id);
		for (place, one) in unlisted.iter().enumerate() {
			let mut beside = unlisted.iter().skip(place.saturating_add(1));
			let apart = |other: &UnlistedSource<AccountIdOf<T>>| {
				one.receipt != other.receipt
					|| !ranges_overlap((one.start, one.length), (other.start, other.length))
			};
			ensure!(beside.all(apart), "unlisted sources overlap");
		}
		for (place, share) in (0u32..).zip(&batch.models) {
			let of = unlisted.iter().filter(|one| one.model == place);
			let sum = of.fold(0, |sum: Balance, one| sum.saturating_add(one.amount));
			ensure!(sum <= share.held, "unlisted sources move more than is held");
		}
		Ok(())
	}

	fn check_numbers() -> Result<(), TryRuntimeError> {
		let mut numbers = BTreeSet::new();
		let drawings = Batches::<T>::iter_values().filter_map(|batch| match batch.sampling {
			Sampling::Drawn { number, .. } => Some(number),
			_ => None,
		});
		let given = Commitments::<T>::iter_values()
			.map(|made| made.number)
			.chain(Demands::<T>::iter_values().map(|demand| demand.number))
			.chain(drawings);
		for number in given {
			ensure!(number < NextNumber::<T>::get(), "a number is yet to be given out");
			ensure!(numbers.insert(number), "a number was given out twice");
		}
		Ok(())
	}

	fn check_developers() -> Result<(), TryRuntimeError> {
		let mut held = BTreeMap::<ModelId, Balance>::new();
		for share in Batches::<T>::iter_values().flat_map(|batch| batch.models) {
			let sum = held.entry(share.model).or_default();
			*sum = sum.saturating_add(share.held);
		}
		for (model, book) in pallet_receipts::Books::<T>::iter() {
			let sum = held.remove(&model).unwrap_or_default();
			ensure!(book.developer_held == sum, "a book holds back something else");
		}
		ensure!(held.values().all(|sum| *sum == 0), "something is held of a model without a book");
		Ok(())
	}

	/// What the pot must have beside its existential deposit.
	pub(crate) fn owed() -> Balance {
		let mut owed: Balance = 0;
		for (id, batch) in Batches::<T>::iter().filter(|(_, batch)| batch.claims > 0) {
			let data = batch.models.iter().fold(0, |sum: Balance, share| sum.saturating_add(share.data));
			let paid = Claims::<T>::get(id).unwrap_or_default();
			let paid = paid.iter().take(batch.paid as usize);
			let paid = paid.fold(0, |sum: Balance, record| sum.saturating_add(record.amount));
			owed = owed.saturating_add(data.saturating_sub(paid));
		}
		owed
	}

	fn check_pot() -> Result<(), TryRuntimeError> {
		let owed = Self::owed();
		ensure!(owed == 0 || <CurrencyOf<T>>::balance(&Self::pot()) >= owed, "the pot has less than it owes");
		Ok(())
	}

	fn check_holds() -> Result<(), TryRuntimeError> {
		let batches = || Batches::<T>::iter_values();
		Self::check_held(HoldReason::Batch, batches().map(|batch| (batch.account, batch.hold)))?;
		Self::check_held(HoldReason::Deposit, batches().map(|batch| (batch.account, batch.deposit)))?;
		let commitments = Commitments::<T>::iter().map(|(account, _, made)| (account, made.deposit));
		Self::check_held(HoldReason::Commitment, commitments)?;
		let demands = Demands::<T>::iter_values().map(|demand| (demand.by, demand.price));
		Self::check_held(HoldReason::Demand, demands)?;
		let unlisted = Unlisted::<T>::iter_values().flatten().map(|shown| (shown.by, shown.bond));
		Self::check_held(HoldReason::Unlisted, unlisted)
	}

	fn check_held(
		reason: HoldReason,
		entries: impl Iterator<Item = (T::AccountId, Balance)>,
	) -> Result<(), TryRuntimeError> {
		let mut owed = BTreeMap::<T::AccountId, Balance>::new();
		for (account, amount) in entries {
			let sum = owed.entry(account).or_default();
			*sum = sum.saturating_add(amount);
		}
		for (account, sum) in owed {
			ensure!(
				<CurrencyOf<T>>::balance_on_hold(&reason.into(), &account) == sum,
				"an account's entries are not what it has on hold"
			);
		}
		Ok(())
	}
}
