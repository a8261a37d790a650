//! Redeeming vouchers: the receipts are accumulated anew, the signature is checked over the result, and the fees go down
//! the waterfall.
//!
//! # Must not
//! Ask whether model, agent or datanet are still what they were when the channel was opened: an earned voucher is paid
//! whatever became of them. Must not cost more the more ancestors or contributors there are.
//!
//! # Invariants
//! - What is computed is not sent: sequences, sums and accumulators follow from the channel and the receipts, so that they
//!   cannot contradict each other, and a voucher redeems only what follows on what was redeemed.
//! - What leaves the holds of payers is burned, in the validators' pot, in the pools, or in the pallet's pot.

use crate::{types::*, waterfall::Earned, *};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::{
		fungible::{Balanced, MutateHold},
		tokens::{Fortitude, Precision, Preservation, Restriction},
		Imbalance, OnUnbalanced,
	},
};
use plexus_primitives::{merkle, receipt, AgentId, BatchId, ChannelId, Receipt};
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding,
	traits::{AccountIdConversion, Verify},
	Rounding,
};

/// A batch that is settled but for its money for data, which somebody has yet to put where it belongs.
pub struct Settled<T: Config> {
	/// The batch.
	pub batch: BatchId,
	/// The Merkle root of its receipts.
	pub root: [u8; 32],
	/// What each model earned, in ascending order.
	pub models: Vec<SettledModel<T>>,
}

/// What a model earned in a batch, as far as a pallet above has to do with it.
pub struct SettledModel<T: Config> {
	/// Which.
	pub model: ModelId,
	/// The fees of its receipts.
	pub fees: Balance,
	/// What its data earned. Whoever drops it burns it.
	pub data: CreditOf<T>,
	/// What its developer may pull more than before.
	pub developer: Balance,
}

/// What a batch adds up to while its channels are redeemed.
struct Sums<T: Config> {
	leaves: Vec<[u8; 32]>,
	by_model: BTreeMap<ModelId, Balance>,
	payments: Vec<(AccountIdOf<T>, Balance)>,
}

impl<T: Config> Pallet<T> {
	/// The account that keeps what is owed.
	pub fn pot() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Redeems all vouchers or, with an error, none; the money for data is the caller's to hand on. This is what a pallet
	/// above calls that lets claims take a part of it first.
	///
	/// # Errors
	/// A rule that a redemption breaks, or too little for the deposit.
	pub fn settle(
		server: AgentId,
		account: &T::AccountId,
		redemptions: RedemptionsOf<T>,
	) -> Result<Settled<T>, DispatchError> {
		ensure!(T::Servers::account(server) == *account, Error::<T>::NotServer);
		ensure!(!redemptions.is_empty(), Error::<T>::NothingToRedeem);
		let ids: Vec<_> = redemptions.iter().map(|redemption| redemption.channel).collect();
		ensure!(is_ascending(&ids), Error::<T>::ChannelsNotAscending);
		let receipts = Self::count_of(&redemptions);
		ensure!(receipts <= T::BatchReceiptsMax::get(), Error::<T>::TooManyReceipts);
		let batch = NextBatchId::<T>::get();
		NextBatchId::<T>::put(batch.next().ok_or(Error::<T>::IdsExhausted)?);
		let mut sums = Sums { leaves: Vec::new(), by_model: BTreeMap::new(), payments: Vec::new() };
		for redemption in redemptions {
			Self::redeem(batch, server, redemption, &mut sums)?;
		}
		let Sums { leaves, by_model, payments } = sums;
		ensure!(by_model.len() <= T::BatchModelsMax::get() as usize, Error::<T>::TooManyModels);
		// What was paid was on hold, and all that is on hold at once fits.
		let gross = by_model.values().fold(0, |sum: Balance, fees| sum.saturating_add(*fees));
		let root = merkle::root(&leaves).ok_or(Error::<T>::NothingToRedeem)?;
		Self::keep_batch(batch, server, account, root, receipts, gross)?;
		let models = Self::divide(batch, server, account, by_model, gross, payments)?;
		Ok(Settled { batch, root, models })
	}

	/// Settles, and leaves the money for data to the pools.
	pub(crate) fn do_submit(
		server: AgentId,
		account: &T::AccountId,
		redemptions: RedemptionsOf<T>,
	) -> DispatchResult {
		let Settled { models, .. } = Self::settle(server, account, redemptions)?;
		for SettledModel { model, data, .. } in models {
			if data.peek() > 0 {
				T::Pools::deposit(model, data);
			}
		}
		Ok(())
	}

	/// The receipts of all redemptions.
	pub fn count_of(redemptions: &RedemptionsOf<T>) -> u32 {
		redemptions.iter().fold(0, |sum: u32, one| sum.saturating_add(one.receipts.len() as u32))
	}

	/// Checks a voucher and takes its payment into the pot.
	fn redeem(
		batch: BatchId,
		server: AgentId,
		redemption: Redemption<T>,
		sums: &mut Sums<T>,
	) -> DispatchResult {
		let Redemption { channel: id, receipts, signature } = redemption;
		let mut channel = Channels::<T>::get(id).ok_or(Error::<T>::UnknownChannel)?;
		ensure!(channel.server == server, Error::<T>::NotServer);
		ensure!(!receipts.is_empty(), Error::<T>::NothingToRedeem);
		let amount = Self::accumulate(id, &mut channel, &receipts, sums)?;
		channel.redeemed = channel.redeemed.checked_add(amount).ok_or(Error::<T>::AmountTooLarge)?;
		let Channel { redeemed, sequence, acc, .. } = channel;
		let voucher = receipt::voucher(&Self::genesis_hash(), id, redeemed, sequence, &acc);
		ensure!(signature.verify(&voucher[..], &channel.terms.signer), Error::<T>::InvalidVoucher);
		channel.locked = channel.locked.checked_sub(amount).ok_or(Error::<T>::ExceedsLocked)?;
		Self::take_payment(&channel.payer, amount)?;
		sums.payments.push((channel.payer.clone(), amount));
		Channels::<T>::insert(id, channel);
		let receipts = receipts.len() as u32;
		Self::deposit_event(Event::ChannelRedeemed { batch, channel: id, receipts, amount, sequence, acc });
		Ok(())
	}

	/// Moves the channel's sequence and accumulator on; the sum of the fees.
	fn accumulate(
		id: ChannelId,
		channel: &mut Channel<T>,
		receipts: &[Receipt],
		sums: &mut Sums<T>,
	) -> Result<Balance, Error<T>> {
		let mut amount: Balance = 0;
		for receipt in receipts {
			ensure!(is_sound(receipt), Error::EmptyContent);
			ensure!(channel.terms.models.contains(&receipt.model), Error::ModelNotInChannel);
			channel.sequence = channel.sequence.checked_add(1).ok_or(Error::IdsExhausted)?;
			channel.acc = receipt.accumulate(&channel.acc, channel.sequence);
			amount = amount.checked_add(receipt.fee).ok_or(Error::AmountTooLarge)?;
			let fees = sums.by_model.entry(receipt.model).or_default();
			*fees = fees.checked_add(receipt.fee).ok_or(Error::AmountTooLarge)?;
			sums.leaves.push(receipt.leaf(id, channel.sequence));
		}
		Ok(amount)
	}

	/// By force, because a freeze that the payer puts on its own account later must not void what it signed.
	fn take_payment(payer: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		let (reason, exact, free) = (HoldReason::Channel.into(), Precision::Exact, Restriction::Free);
		T::Currency::transfer_on_hold(&reason, payer, &Self::pot(), amount, exact, free, Fortitude::Force)?;
		Ok(())
	}

	fn keep_batch(
		batch: BatchId,
		server: AgentId,
		account: &T::AccountId,
		root: [u8; 32],
		receipts: u32,
		gross: Balance,
	) -> DispatchResult {
		let deposit = T::BatchDeposit::get();
		T::Currency::hold(&HoldReason::Batch.into(), account, deposit)?;
		let submitted_at_ms = T::Clock::now_ms();
		let clearable_from_ms = submitted_at_ms.saturating_add(T::BatchRetentionMs::get());
		let submitted_at = frame_system::Pallet::<T>::block_number();
		let account = account.clone();
		let record = Batch {
			server,
			account,
			root,
			receipts,
			gross,
			submitted_at,
			submitted_at_ms,
			clearable_from_ms,
			deposit,
		};
		Batches::<T>::insert(batch, record);
		let event =
			Event::BatchSubmitted { batch, server, root, receipts, gross, clearable_from_ms, deposit };
		Self::deposit_event(event);
		Ok(())
	}

	/// Divides what is in the pot now: books, the server's earnings, the protocol's share. Returns the money for data,
	/// and what developers earned.
	fn divide(
		batch: BatchId,
		server: AgentId,
		account: &T::AccountId,
		by_model: BTreeMap<ModelId, Balance>,
		gross: Balance,
		payments: Vec<(AccountIdOf<T>, Balance)>,
	) -> Result<Vec<SettledModel<T>>, DispatchError> {
		let share_of_fees = CurrentProtocolShare::<T>::get();
		let (mut protocol, mut served, mut models) = (0, 0, Vec::new());
		for (model, fees) in by_model {
			// A channel has no model without a book, and no book is ever removed.
			let mut book = Books::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
			let earned = book.earn(fees, share_of_fees).ok_or(Error::<T>::AmountTooLarge)?;
			Books::<T>::insert(model, book);
			let Earned { protocol: share, net, server: to_server, data: to_data, developer } = earned;
			protocol = share.saturating_add(protocol);
			served = to_server.saturating_add(served);
			let data = if to_data > 0 { Self::take_from_pot(to_data)? } else { CreditOf::<T>::zero() };
			models.push(SettledModel { model, fees, data, developer });
			let event =
				Event::ModelEarned { batch, model, protocol: share, revenue: net, to_server, to_data };
			Self::deposit_event(event);
		}
		Self::credit(account, served)?;
		let burned = Self::pay_protocol(batch, protocol)?;
		Self::credit_reputation(server, payments, burned, gross);
		Ok(models)
	}

	pub(crate) fn take_from_pot(amount: Balance) -> Result<CreditOf<T>, DispatchError> {
		let (exact, keep) = (Precision::Exact, Preservation::Preserve);
		T::Currency::withdraw(&Self::pot(), amount, exact, keep, Fortitude::Polite)
	}

	/// Whether a share is one that the protocol may take.
	pub fn may_be_taken(share: Perbill) -> bool {
		(T::ProtocolShareMin::get()..=T::ProtocolShareMax::get()).contains(&share)
	}

	/// Half of the share, rounded down, is the validators'; the rest is burned and returned.
	fn pay_protocol(batch: BatchId, protocol: Balance) -> Result<Balance, DispatchError> {
		if protocol == 0 {
			return Ok(0);
		}
		let (validators, burned) = Self::take_from_pot(protocol)?.split(protocol / 2);
		let amount = burned.peek();
		Self::deposit_event(Event::ProtocolPaid { batch, validators: validators.peek(), burned: amount });
		T::ProtocolPot::on_unbalanced(validators);
		drop(burned);
		Ok(amount)
	}

	/// What was burned counts for each payer by what it paid.
	fn credit_reputation(
		server: AgentId,
		payments: Vec<(AccountIdOf<T>, Balance)>,
		burned: Balance,
		gross: Balance,
	) {
		for (payer, paid) in payments {
			// Nothing only if nothing was paid at all.
			let part = multiply_by_rational_with_rounding(burned, paid, gross, Rounding::Down);
			T::Servers::credit_reputation(server, &payer, part.unwrap_or_default());
		}
	}

	pub(crate) fn do_clear_batch(id: BatchId) -> DispatchResult {
		let batch = Batches::<T>::get(id).ok_or(Error::<T>::UnknownBatch)?;
		ensure!(T::Clock::now_ms() >= batch.clearable_from_ms, Error::<T>::BatchRetained);
		Batches::<T>::remove(id);
		let Batch { account, deposit, .. } = batch;
		T::Currency::release(&HoldReason::Batch.into(), &account, deposit, Precision::Exact)?;
		Self::deposit_event(Event::BatchCleared { batch: id, deposit });
		Ok(())
	}
}
