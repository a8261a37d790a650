//! Demands: anybody pays to see a claim's evidence. And answers, to demands and samples alike.
//!
//! ```text
//!             demand                        answer, in time
//!   nothing ─────────▶ open ──────────────────────────────────▶ gone, the price the server's but for a burned part, the claim proven
//!                       ├── close_demand, too late to answer ──▶ gone, the price returned, the batch fraudulent
//!                       └── close_demand, the claims are void ─▶ gone, the price returned
//! ```
//!
//! # Must not
//! Ask for what was proven. Let a demand cost a server more than it brings: it pays twice what an answer costs, and twice
//! as much for each that is open. Be free for a server that demands its own claims and shows them: a part of the price is
//! burned. That it can leave one open until somebody else's verdict is told under what the rules do not achieve ([`crate`]).

use crate::{challenges::Challenger, types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::Precision,
		Imbalance,
	},
};
use plexus_primitives::BatchId;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_demand(account: T::AccountId, id: BatchId, claim: u32) -> DispatchResult {
		let mut batch = Self::batch_in_doubt(id)?;
		let claims = Claims::<T>::get(id).ok_or(Error::<T>::NoClaims)?;
		let record = claims.get(claim as usize).ok_or(Error::<T>::UnknownClaim)?;
		ensure!(!record.proven, Error::<T>::Proven);
		let now_ms = Self::now_ms();
		ensure!(now_ms < batch.demands_end_at_ms(), Error::<T>::WindowOver);
		ensure!(!Demands::<T>::contains_key(id, claim), Error::<T>::AlreadyDemanded);
		ensure!(batch.demands < T::DemandsMax::get(), Error::<T>::TooManyDemands);
		let price = Self::demand_price(&batch, record.amount);
		<CurrencyOf<T>>::hold(&HoldReason::Demand.into(), &account, price)?;
		let number = Self::next_number()?;
		let deadline_ms = now_ms.saturating_add(batch.parameters.response_ms);
		batch.demands = batch.demands.saturating_add(1);
		Batches::<T>::insert(id, batch);
		let demand = Demand { by: account.clone(), number, price, made_at_ms: now_ms, deadline_ms };
		Demands::<T>::insert(id, claim, demand);
		Self::deposit_event(Event::Demanded { batch: id, claim, by: account, number, price, deadline_ms });
		Ok(())
	}

	/// What it costs to demand a claim of this value now.
	pub(crate) fn demand_price(batch: &Batch<T>, amount: Balance) -> Balance {
		let least = batch.parameters.answer_fee_max.saturating_mul(2).max(amount);
		let factor = 1u128.checked_shl(batch.demands).unwrap_or(Balance::MAX);
		least.saturating_mul(factor)
	}

	pub(crate) fn do_answer(id: BatchId, claim: u32, answer: &Answer) -> DispatchResult {
		let mut batch = Self::batch_in_doubt(id)?;
		let mut claims = Claims::<T>::get(id).ok_or(Error::<T>::NoClaims)?;
		let record = claims.get_mut(claim as usize).ok_or(Error::<T>::UnknownClaim)?;
		let now_ms = Self::now_ms();
		let demand = Demands::<T>::get(id, claim).filter(|demand| now_ms < demand.deadline_ms);
		let sampled = Self::take_sample(&mut batch, claim, now_ms);
		ensure!(sampled || demand.is_some(), Error::<T>::NothingAsked);
		let source = Self::source_of(record)?;
		Self::ensure_proven(&batch, record, &source.content, answer)?;
		record.proven = true;
		let mut paid = 0;
		if let Some(Demand { by, price, .. }) = demand {
			Demands::<T>::remove(id, claim);
			batch.demands = batch.demands.saturating_sub(1);
			let (mut money, _) = <CurrencyOf<T>>::slash(&HoldReason::Demand.into(), &by, price);
			// A credit that is dropped is burned.
			drop(money.extract(DEMAND_BURNED.mul_floor(price)));
			paid = money.peek();
			T::Payouts::to_challenger(&batch.account, money);
		}
		Batches::<T>::insert(id, batch);
		Claims::<T>::insert(id, claims);
		Self::deposit_event(Event::ClaimProven { batch: id, claim, sampled, paid });
		Ok(())
	}

	/// Whether the claim is a sample that can still be shown. If so, it is none any more.
	fn take_sample(batch: &mut Batch<T>, claim: u32, now_ms: u64) -> bool {
		let Sampling::Drawn { claims, deadline_ms, .. } = &mut batch.sampling else { return false };
		if now_ms >= *deadline_ms || !claims.contains(&claim) {
			return false;
		}
		claims.retain(|sample| *sample != claim);
		if claims.is_empty() {
			batch.sampling = Sampling::Done;
		}
		true
	}

	pub(crate) fn do_close_demand(id: BatchId, claim: u32) -> DispatchResult {
		let demand = Demands::<T>::take(id, claim).ok_or(Error::<T>::NothingAsked)?;
		let Demand { by, number, price, made_at_ms, deadline_ms } = demand;
		let (reason, exact) = (HoldReason::Demand.into(), Precision::Exact);
		<CurrencyOf<T>>::release(&reason, &by, price, exact)?;
		let batch = Batches::<T>::get(id).filter(|batch| batch.claims > 0);
		Self::deposit_event(Event::DemandClosed { batch: id, claim, by: by.clone(), price });
		let Some(mut batch) = batch else { return Ok(()) };
		batch.demands = batch.demands.saturating_sub(1);
		if batch.verdict.is_some() {
			// It need not have waited: the verdict voids the claim.
			let earlier = batch.verdict.as_ref().is_some_and(|verdict| number < verdict.number);
			if !earlier || Self::now_ms() < deadline_ms {
				Batches::<T>::insert(id, batch);
				return Ok(());
			}
		} else {
			ensure!(Self::now_ms() >= deadline_ms, Error::<T>::AnswerDue);
		}
		Self::condemn(id, &mut batch, Challenger { account: by, number, since_ms: made_at_ms })
	}
}
