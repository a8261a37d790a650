//! The end of a batch: claims are paid or void, what they leave goes to the manifests, everything on hold returns or is
//! forfeited.
//!
//! ```text
//!   open ── window over, samples shown, no demand open ── finalise, some claims at a time ──▶ gone
//!     └──── fraud found, no earlier commitment left ────── finalise ──▶ claims void ──▶ open still, if developers' money
//!                                                                                     waits, else gone
//! ```
//!
//! # Must not
//! Fail because of one recipient: a payout is a credit somewhere, and cannot fail. Do more in a call than its argument
//! says: a batch's claims, its models and its unlisted sources are bounded, and the first are paid in pieces.
//!
//! # Invariants
//! - A batch with claims has all of its models' data money in the pot, but for what was paid of its first claims. One
//!   without has none.
//! - What a batch moves in the end is what it was submitted with: data = claims + rest, whatever becomes of the claims.

use crate::{types::*, *};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::{
		fungible::{Balanced, BalancedHold, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
		Imbalance,
	},
};
use plexus_primitives::{BatchId, ContributionId, ModelId};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_finalise(id: BatchId, limit: u32) -> DispatchResult {
		let mut batch = Batches::<T>::get(id).ok_or(Error::<T>::UnknownBatch)?;
		let now_ms = Self::now_ms();
		let fraud = batch.verdict.clone().filter(|_| batch.claims > 0);
		if let Some(verdict) = fraud {
			ensure!(now_ms >= verdict.decided_from_ms, Error::<T>::VerdictPending);
			Self::void(id, &mut batch, &verdict.challenger)?;
			if batch.holds_developers() && now_ms < batch.ends_at_ms() {
				Batches::<T>::insert(id, batch);
				return Ok(());
			}
			return Self::close(id, batch);
		}
		ensure!(now_ms >= batch.ends_at_ms(), Error::<T>::WindowOpen);
		ensure!(batch.sampling == Sampling::Done, Error::<T>::SamplesOpen);
		ensure!(batch.demands == 0, Error::<T>::DemandsOpen);
		if batch.claims > 0 {
			Self::pay_claims(id, &mut batch, limit)?;
			if batch.paid < batch.claims {
				Batches::<T>::insert(id, batch);
				return Ok(());
			}
			Self::pay_rest(id, &batch.models, |share| share.data.saturating_sub(share.claimed))?;
			Claims::<T>::remove(id);
		}
		Self::close(id, batch)
	}

	pub(crate) fn take_from_pot(amount: Balance) -> Result<CreditOf<T>, DispatchError> {
		if amount == 0 {
			return Ok(CreditOf::<T>::zero());
		}
		let (exact, keep) = (Precision::Exact, Preservation::Preserve);
		<CurrencyOf<T>>::withdraw(&Self::pot(), amount, exact, keep, Fortitude::Polite)
	}

	/// Forfeits the hold and voids all claims.
	fn void(id: BatchId, batch: &mut Batch<T>, challenger: &T::AccountId) -> DispatchResult {
		let (mut forfeited, _) =
			<CurrencyOf<T>>::slash(&HoldReason::Batch.into(), &batch.account, batch.hold);
		let reward = forfeited.extract(batch.parameters.challenger.mul_floor(forfeited.peek()));
		let (rewarded, burned) = (reward.peek(), forfeited.peek());
		// A credit that is dropped is burned.
		drop(forfeited);
		T::Payouts::to_challenger(challenger, reward);
		batch.models.iter_mut().for_each(|share| share.claimed = 0);
		Self::pay_rest(id, &batch.models, |share| share.data)?;
		Claims::<T>::remove(id);
		(batch.claims, batch.hold, batch.demands) = (0, 0, 0);
		batch.sampling = Sampling::Done;
		let challenger = challenger.clone();
		Self::deposit_event(Event::ClaimsVoided { batch: id, challenger, reward: rewarded, burned });
		Ok(())
	}

	/// Pays the next claims, as many as `limit` says.
	fn pay_claims(id: BatchId, batch: &mut Batch<T>, limit: u32) -> DispatchResult {
		let claims = Claims::<T>::get(id).ok_or(Error::<T>::NoClaims)?;
		let first = batch.paid;
		let until = first.saturating_add(limit.max(1)).min(batch.claims);
		let due = claims.iter().skip(first as usize).take(until.saturating_sub(first) as usize);
		let (mut to_contributions, mut to_accounts) = (BTreeMap::new(), BTreeMap::new());
		for record in due {
			let by = record.moved.as_ref().map_or(&batch.account, |moved| &moved.by);
			let part = batch.parameters.submitter.mul_floor(record.amount);
			let rest = record.amount.saturating_sub(part);
			add(&mut to_contributions, record.recipient(), rest);
			add(&mut to_accounts, by.clone(), part);
		}
		let (contributions, submitters) = (sum(&to_contributions), sum(&to_accounts));
		let mut money = Self::take_from_pot(contributions.saturating_add(submitters))?;
		for (contribution, amount) in to_contributions {
			Self::pay_contribution(id, contribution, money.extract(amount));
		}
		for (account, amount) in to_accounts {
			Self::pay_submitter(id, &account, money.extract(amount));
		}
		batch.paid = until;
		let count = until.saturating_sub(first);
		Self::deposit_event(Event::ClaimsPaid { batch: id, first, count, contributions, submitters });
		Ok(())
	}

	fn pay_contribution(batch: BatchId, contribution: ContributionId, money: CreditOf<T>) {
		let amount = money.peek();
		if amount > 0 {
			Self::deposit_event(Event::ContributionPaid { batch, contribution, amount });
			T::Payouts::to_contribution(contribution, money);
		}
	}

	fn pay_submitter(batch: BatchId, account: &T::AccountId, money: CreditOf<T>) {
		let amount = money.peek();
		if amount > 0 {
			Self::deposit_event(Event::SubmitterPaid { batch, account: account.clone(), amount });
			T::Payouts::to_submitter(account, money);
		}
	}

	/// Hands what is not claimed to the models' manifests.
	fn pay_rest(id: BatchId, shares: &SharesOf<T>, rest: fn(&Share) -> Balance) -> DispatchResult {
		let total = shares.iter().fold(0, |total: Balance, share| total.saturating_add(rest(share)));
		let mut money = Self::take_from_pot(total)?;
		for share in shares {
			let (model, amount): (ModelId, _) = (share.model, rest(share));
			if amount > 0 {
				Self::deposit_event(Event::DataPaid { batch: id, model, amount });
				T::Payouts::to_model(model, money.extract(amount));
			}
		}
		Ok(())
	}

	/// Removes a batch whose claims are paid or void, after its unlisted sources are paid.
	fn close(id: BatchId, mut batch: Batch<T>) -> DispatchResult {
		for shown in Unlisted::<T>::take(id) {
			Self::pay_unlisted(id, &mut batch, shown)?;
		}
		for share in &batch.models {
			pallet_receipts::Pallet::<T>::release_developer(share.model, share.held);
		}
		let exact = Precision::Exact;
		<CurrencyOf<T>>::release(&HoldReason::Batch.into(), &batch.account, batch.hold, exact)?;
		<CurrencyOf<T>>::release(&HoldReason::Deposit.into(), &batch.account, batch.deposit, exact)?;
		Batches::<T>::remove(id);
		let (hold, deposit) = (batch.hold, batch.deposit);
		Self::deposit_event(Event::BatchFinal { batch: id, hold, deposit });
		Ok(())
	}

	/// Of what nobody answered the contribution gets the developer's money, less the part of whoever showed it.
	fn pay_unlisted(
		id: BatchId,
		batch: &mut Batch<T>,
		shown: UnlistedSource<AccountIdOf<T>>,
	) -> DispatchResult {
		let UnlistedSource { model, contribution, by, amount, bond, receipt, start, .. } = shown;
		let share = batch.models.get_mut(model as usize).ok_or(Error::<T>::UnknownModel)?;
		let amount = amount.min(share.held);
		share.held = share.held.saturating_sub(amount);
		let mut money = pallet_receipts::Pallet::<T>::charge_developer(share.model, amount)?;
		let part = batch.parameters.submitter.mul_floor(money.peek());
		Self::pay_submitter(id, &by, money.extract(part));
		Self::pay_contribution(id, contribution, money);
		<CurrencyOf<T>>::release(&HoldReason::Unlisted.into(), &by, bond, Precision::Exact)?;
		let model = share.model;
		Self::deposit_event(Event::UnlistedPaid { batch: id, receipt, start, model, amount, bond });
		Ok(())
	}
}

fn add<Key: Ord>(sums: &mut BTreeMap<Key, Balance>, key: Key, amount: Balance) {
	let sum = sums.entry(key).or_default();
	*sum = sum.saturating_add(amount);
}

fn sum<Key>(sums: &BTreeMap<Key, Balance>) -> Balance {
	sums.values().fold(0, |sum: Balance, amount| sum.saturating_add(*amount))
}
