//! Channels: opened, topped up, closed.
//!
//! # Must not
//! Move what was redeemed, or end a channel before its time without the server's consent.
//!
//! # Invariants
//! - What a channel has locked is on hold in its payer's account, and so is its deposit, each under its own reason.
//! - A channel that the payer closes stays as long as the server needs to submit what it has: the grace. Its expiry is no
//!   way around that, because it is further away than the grace when the channel is opened.
//! - A grace that has begun is never prolonged: each channel is closed with all others once, by the first time that the
//!   payer closes all after it was opened. Its generation says when.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::{fungible::MutateHold, tokens::Precision},
};
use frame_system::pallet_prelude::BlockNumberFor;
use plexus_primitives::{receipt::first_accumulator, AgentId, ChannelId};
use sp_runtime::traits::Zero;

impl<T: Config> Pallet<T> {
	/// The hash of block 0, which separates chains.
	pub(crate) fn genesis_hash() -> [u8; 32] {
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		genesis.as_ref().try_into().unwrap_or_default()
	}

	pub(crate) fn do_open(
		payer: T::AccountId,
		server: AgentId,
		terms: ChannelTerms<T>,
		amount: Balance,
	) -> DispatchResult {
		terms.check_form()?;
		let earliest = T::Clock::now_ms().saturating_add(T::CloseGraceMs::get());
		ensure!(terms.expires_at_ms > earliest, Error::<T>::ExpiresTooSoon);
		T::Servers::ensure_may_open_channel(server)?;
		for model in &terms.models {
			T::Models::ensure_may_open_channel(*model)?;
			Self::open_book(*model)?;
		}
		for (datanet, version) in &terms.corpora {
			ensure!(T::Corpora::is_published(*datanet, *version), Error::<T>::UnknownVersion);
		}
		let channel = NextChannelId::<T>::get();
		NextChannelId::<T>::put(channel.next().ok_or(Error::<T>::IdsExhausted)?);
		let deposit = T::ChannelDeposit::get();
		T::Currency::hold(&HoldReason::ChannelDeposit.into(), &payer, deposit)?;
		T::Currency::hold(&HoldReason::Channel.into(), &payer, amount)?;
		let record = Channel {
			payer: payer.clone(),
			server,
			terms: terms.clone(),
			generation: Self::join_generation(&payer, channel),
			closes_at_ms: None,
			locked: amount,
			redeemed: 0,
			sequence: 0,
			acc: first_accumulator(&Self::genesis_hash(), channel),
			deposit,
		};
		Channels::<T>::insert(channel, record);
		Self::deposit_event(Event::ChannelOpened { channel, payer, server, terms, locked: amount, deposit });
		Ok(())
	}

	/// Makes sure that settlement finds how the model's revenue is divided without asking for it, and that it adds up.
	fn open_book(model: ModelId) -> DispatchResult {
		if Books::<T>::contains_key(model) {
			return Ok(());
		}
		let terms = T::Models::terms(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(terms.are_sound(), Error::<T>::UnsoundTerms);
		Self::deposit_event(Event::BookOpened { model, terms: terms.clone() });
		Books::<T>::insert(model, Book::new(terms));
		Ok(())
	}

	pub(crate) fn do_top_up(payer: T::AccountId, id: ChannelId, amount: Balance) -> DispatchResult {
		let mut channel = Self::channel_of_payer(id, &payer)?;
		ensure!(T::Clock::now_ms() < channel.terms.expires_at_ms, Error::<T>::ChannelExpired);
		ensure!(Self::closes_at_ms(&channel).is_none(), Error::<T>::ChannelClosing);
		channel.locked = channel.locked.checked_add(amount).ok_or(Error::<T>::AmountTooLarge)?;
		T::Currency::hold(&HoldReason::Channel.into(), &payer, amount)?;
		Self::deposit_event(Event::ChannelToppedUp { channel: id, amount, locked: channel.locked });
		Channels::<T>::insert(id, channel);
		Ok(())
	}

	/// The payer begins the grace, the server waives it.
	pub(crate) fn do_close(signer: &T::AccountId, id: ChannelId) -> DispatchResult {
		let mut channel = Channels::<T>::get(id).ok_or(Error::<T>::UnknownChannel)?;
		if *signer == T::Servers::account(channel.server) {
			return Self::finish_channel(id, &channel);
		}
		ensure!(channel.payer == *signer, Error::<T>::NotParty);
		ensure!(Self::closes_at_ms(&channel).is_none(), Error::<T>::ChannelClosing);
		channel.closes_at_ms = Some(T::Clock::now_ms().saturating_add(T::CloseGraceMs::get()));
		let closes_at_ms = Self::ends_at_ms(&channel);
		Channels::<T>::insert(id, channel);
		Self::deposit_event(Event::ChannelClosing { channel: id, closes_at_ms });
		Ok(())
	}

	/// Begins the grace of all channels that the payer has and did not close with all others before, at a cost that does
	/// not depend on how many they are: for a payer whose signers are not to be trusted any more, such as an agent whose
	/// controller has changed.
	pub fn begin_closing_all(payer: T::AccountId) {
		let Some(generation) = CurrentGenerations::<T>::take(&payer) else { return };
		let closes_at_ms = T::Clock::now_ms().saturating_add(T::CloseGraceMs::get());
		Generations::<T>::mutate_extant(generation, |record| record.closes_at_ms = Some(closes_at_ms));
		let below = NextChannelId::<T>::get();
		Self::deposit_event(Event::ChannelsClosing { payer, below, closes_at_ms });
	}

	/// Counts the payer's new channel; the generation that it belongs to.
	fn join_generation(payer: &T::AccountId, channel: ChannelId) -> ChannelId {
		let generation = CurrentGenerations::<T>::get(payer).unwrap_or_else(|| {
			CurrentGenerations::<T>::insert(payer, channel);
			channel
		});
		let fresh = Generation { channels: 0, closes_at_ms: None };
		let mut record = Generations::<T>::get(generation).unwrap_or(fresh);
		record.channels = record.channels.saturating_add(1);
		Generations::<T>::insert(generation, record);
		generation
	}

	/// Removes the generation with its last channel.
	fn leave_generation(payer: &T::AccountId, generation: ChannelId) {
		let left = Generations::<T>::mutate_exists(generation, |record| {
			let left = record.as_ref().map_or(0, |record| record.channels.saturating_sub(1));
			*record =
				record.take().filter(|_| left > 0).map(|record| Generation { channels: left, ..record });
			left
		});
		if left == 0 && CurrentGenerations::<T>::get(payer) == Some(generation) {
			CurrentGenerations::<T>::remove(payer);
		}
	}

	pub(crate) fn do_finish(id: ChannelId) -> DispatchResult {
		let channel = Channels::<T>::get(id).ok_or(Error::<T>::UnknownChannel)?;
		ensure!(T::Clock::now_ms() >= Self::ends_at_ms(&channel), Error::<T>::ChannelAlive);
		Self::finish_channel(id, &channel)
	}

	fn finish_channel(id: ChannelId, channel: &Channel<T>) -> DispatchResult {
		let Channel { payer, generation, locked, deposit, .. } = channel;
		Channels::<T>::remove(id);
		Self::leave_generation(payer, *generation);
		T::Currency::release(&HoldReason::Channel.into(), payer, *locked, Precision::Exact)?;
		T::Currency::release(&HoldReason::ChannelDeposit.into(), payer, *deposit, Precision::Exact)?;
		Self::deposit_event(Event::ChannelClosed { channel: id, refund: *locked, deposit: *deposit });
		Ok(())
	}

	fn channel_of_payer(id: ChannelId, payer: &T::AccountId) -> Result<Channel<T>, DispatchError> {
		let channel = Channels::<T>::get(id).ok_or(Error::<T>::UnknownChannel)?;
		ensure!(channel.payer == *payer, Error::<T>::NotPayer);
		Ok(channel)
	}

	/// When its grace ends; nothing if it is not being closed.
	pub(crate) fn closes_at_ms(channel: &Channel<T>) -> Option<u64> {
		let all = Generations::<T>::get(channel.generation).and_then(|generation| generation.closes_at_ms);
		[channel.closes_at_ms, all].into_iter().flatten().min()
	}

	/// From when anybody may finish it.
	pub(crate) fn ends_at_ms(channel: &Channel<T>) -> u64 {
		let expires = channel.terms.expires_at_ms;
		Self::closes_at_ms(channel).map_or(expires, |closes| closes.min(expires))
	}
}
