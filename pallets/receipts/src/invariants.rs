//! What must always hold, checked over the whole state.
//!
//! # Must not
//! Run in a block: it reads every entry.
//!
//! # Invariants
//! - Every channel's and batch's id was allocated; a channel's models have books; its terms have the form that was checked.
//! - A generation has as many channels as it says, all of one payer; a payer's current one is not closing.
//! - What was pulled from a book is what its ancestors pulled, and neither they nor the developer pulled more than is
//!   theirs; what is held of a developer's part was not pulled.
//! - The pot has all earnings, and all that books retain, at least. More only if somebody gave it more.
//! - Per account and reason, the balance on hold is the sum of what the entries say.
//! - The protocol's share is within its bounds.

use crate::{types::*, *};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks everything in the module's list.
	pub(crate) fn check_invariants() -> Result<(), TryRuntimeError> {
		let share = CurrentProtocolShare::<T>::get();
		ensure!(Self::may_be_taken(share), "the protocol's share is out of its bounds");
		for (id, channel) in Channels::<T>::iter() {
			ensure!(id < NextChannelId::<T>::get(), "a channel's id is yet to be allocated");
			ensure!(channel.terms.check_form().is_ok(), "a channel's terms are malformed");
			let booked = channel.terms.models.iter().all(Books::<T>::contains_key);
			ensure!(booked, "a channel names a model without a book");
			let fresh = channel.sequence == 0;
			ensure!(!fresh || channel.redeemed == 0, "a channel without receipts has paid");
		}
		for (id, batch) in Batches::<T>::iter() {
			ensure!(id < NextBatchId::<T>::get(), "a batch's id is yet to be allocated");
			ensure!(batch.receipts > 0, "a batch has no receipts");
		}
		Self::check_generations()?;
		Self::check_books()?;
		Self::check_pot()?;
		let locked = Channels::<T>::iter_values().map(|channel| (channel.payer, channel.locked));
		Self::check_held(HoldReason::Channel, locked)?;
		let deposits = Channels::<T>::iter_values().map(|channel| (channel.payer, channel.deposit));
		Self::check_held(HoldReason::ChannelDeposit, deposits)?;
		let batches = Batches::<T>::iter_values().map(|batch| (batch.account, batch.deposit));
		Self::check_held(HoldReason::Batch, batches)
	}

	fn check_generations() -> Result<(), TryRuntimeError> {
		let mut members = BTreeMap::<ChannelId, (u64, AccountIdOf<T>)>::new();
		for channel in Channels::<T>::iter_values() {
			let first = || (0, channel.payer.clone());
			let (count, payer) = members.entry(channel.generation).or_insert_with(first);
			ensure!(*payer == channel.payer, "a generation has channels of several payers");
			*count = count.saturating_add(1);
		}
		ensure!(Generations::<T>::iter().count() == members.len(), "a generation has no channels");
		for (id, (count, _)) in &members {
			let generation = Generations::<T>::get(id).ok_or("a channel's generation is missing")?;
			ensure!(generation.channels == *count, "a generation has lost count");
		}
		for (payer, id) in CurrentGenerations::<T>::iter() {
			let generation = Generations::<T>::get(id).ok_or("a current generation has no channels")?;
			ensure!(generation.closes_at_ms.is_none(), "a current generation is closing");
			let own = members.get(&id).is_some_and(|(_, of)| *of == payer);
			ensure!(own, "a current generation is another payer's");
		}
		Ok(())
	}

	fn check_books() -> Result<(), TryRuntimeError> {
		let mut taken = BTreeMap::<ModelId, Balance>::new();
		for (model, ancestor, amount) in RoyaltiesTaken::<T>::iter() {
			let book = Books::<T>::get(model).ok_or("royalties are of a model without a book")?;
			let share = T::Models::royalty(model, ancestor).ok_or("a royalty is of no ancestor")?;
			ensure!(amount <= share.mul_floor(book.revenue), "an ancestor pulled more than its royalty");
			let sum = taken.entry(model).or_default();
			*sum = sum.saturating_add(amount);
		}
		for (model, book) in Books::<T>::iter() {
			ensure!(book.terms.are_sound(), "a book's terms are more than one");
			ensure!(
				T::Models::terms(model).as_ref() == Some(&book.terms),
				"a book's terms are not the model's"
			);
			let parts = book.terms.parts(book.revenue);
			let pulled_or_held = book.developer_taken.saturating_add(book.developer_held);
			ensure!(pulled_or_held <= parts.developer, "a developer pulled more than its part");
			ensure!(book.royalties_taken <= parts.royalties, "ancestors pulled more than their royalties");
			let pulled = taken.get(&model).copied().unwrap_or_default();
			ensure!(book.royalties_taken == pulled, "a book has other royalties than its ancestors");
			let one = Perbill::one().deconstruct();
			ensure!(book.protocol_remainder < one, "a remainder is a whole unit");
		}
		Ok(())
	}

	/// What the pot must have beside its existential deposit.
	pub(crate) fn owed() -> Balance {
		let earned = Earnings::<T>::iter_values().fold(0, Balance::saturating_add);
		Books::<T>::iter_values().fold(earned, |sum, book| sum.saturating_add(book.retained()))
	}

	fn check_pot() -> Result<(), TryRuntimeError> {
		let owed = Self::owed();
		ensure!(owed == 0 || T::Currency::balance(&Self::pot()) >= owed, "the pot has less than it owes");
		let credited = Earnings::<T>::iter_values().all(|amount| amount > 0);
		ensure!(credited, "an account was credited nothing");
		Ok(())
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
				T::Currency::balance_on_hold(&reason.into(), &account) == sum,
				"an account's entries are not what it has on hold"
			);
		}
		Ok(())
	}
}
