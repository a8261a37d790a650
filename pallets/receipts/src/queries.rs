//! Reads: for the runtime API [`crate::runtime_api::ReceiptsApi`].
//!
//! # Must not
//! Write, or cost more than a page: a page looks at no more than [`PAGE_MAX`] ids, or [`LOOK_MAX`] where most are passed
//! over.

use crate::{
	runtime_api::{BatchInfo, ChannelInfo, Page, RevenueInfo, LOOK_MAX, PAGE_MAX},
	types::*,
	waterfall::Parts,
	*,
};
use alloc::vec::Vec;
use frame_system::pallet_prelude::BlockNumberFor;
use plexus_primitives::{AgentId, BatchId, ChannelId, ModelId};

/// A channel for clients of this runtime.
pub type ChannelInfoOf<T> = ChannelInfo<AccountIdOf<T>>;
/// A batch for clients of this runtime.
pub type BatchInfoOf<T> = BatchInfo<BlockNumberFor<T>>;

impl<T: Config> Pallet<T> {
	/// The channel with this id.
	pub fn channel(id: ChannelId) -> Option<ChannelInfoOf<T>> {
		Channels::<T>::get(id).map(|channel| Self::channel_info(id, channel))
	}

	fn channel_info(id: ChannelId, channel: Channel<T>) -> ChannelInfoOf<T> {
		let closing = Self::closes_at_ms(&channel).is_some();
		let ends_at_ms = Self::ends_at_ms(&channel);
		let Channel { payer, server, terms, locked, redeemed, sequence, acc, deposit, .. } = channel;
		let ChannelTerms { signer, models, corpora, expires_at_ms } = terms;
		ChannelInfo {
			id,
			payer,
			server,
			signer,
			models: Vec::from(models),
			corpora: Vec::from(corpora),
			expires_at_ms,
			closing,
			ends_at_ms,
			locked,
			redeemed,
			sequence,
			acc,
			deposit,
		}
	}

	/// The channels from `cursor` on. `limit` is cut to `1..=`[`PAGE_MAX`].
	pub fn channels(cursor: Option<ChannelId>, limit: u32) -> Page<ChannelInfoOf<T>, ChannelId> {
		let (start, end) = (cursor.unwrap_or_default().0, NextChannelId::<T>::get().0);
		page(start, end, limit, |id| Self::channel(ChannelId(id)), ChannelId)
	}

	/// The channels from `cursor` on that `payer` pays. `limit` is cut to `1..=`[`PAGE_MAX`].
	pub fn channels_of(
		payer: &T::AccountId,
		cursor: Option<ChannelId>,
		limit: u32,
	) -> Page<ChannelInfoOf<T>, ChannelId> {
		Self::channels_where(cursor, limit, |channel| channel.payer == *payer)
	}

	/// The channels from `cursor` on toward `server`. `limit` is cut to `1..=`[`PAGE_MAX`].
	pub fn channels_toward(
		server: AgentId,
		cursor: Option<ChannelId>,
		limit: u32,
	) -> Page<ChannelInfoOf<T>, ChannelId> {
		Self::channels_where(cursor, limit, |channel| channel.server == server)
	}

	fn channels_where(
		cursor: Option<ChannelId>,
		limit: u32,
		wanted: impl Fn(&Channel<T>) -> bool,
	) -> Page<ChannelInfoOf<T>, ChannelId> {
		let limit = limit.clamp(1, PAGE_MAX) as usize;
		let (start, end) = (cursor.unwrap_or_default().0, NextChannelId::<T>::get().0);
		let stop = start.saturating_add(LOOK_MAX.into()).min(end);
		let mut items = Vec::new();
		for id in (start..stop).map(ChannelId) {
			let Some(channel) = Channels::<T>::get(id).filter(&wanted) else { continue };
			if items.len() == limit {
				return Page { items, next: Some(id) };
			}
			items.push(Self::channel_info(id, channel));
		}
		Page { items, next: (start < stop && stop < end).then_some(ChannelId(stop)) }
	}

	/// The batch with this id.
	pub fn batch(id: BatchId) -> Option<BatchInfoOf<T>> {
		let Batch {
			server,
			account: _,
			root,
			receipts,
			gross,
			submitted_at,
			submitted_at_ms,
			clearable_from_ms,
			deposit,
		} = Batches::<T>::get(id)?;
		Some(BatchInfo {
			id,
			server,
			root,
			receipts,
			gross,
			submitted_at,
			submitted_at_ms,
			clearable_from_ms,
			deposit,
		})
	}

	/// The batches from `cursor` on. `limit` is cut to `1..=`[`PAGE_MAX`].
	pub fn batches(cursor: Option<BatchId>, limit: u32) -> Page<BatchInfoOf<T>, BatchId> {
		let (start, end) = (cursor.unwrap_or_default().0, NextBatchId::<T>::get().0);
		page(start, end, limit, |id| Self::batch(BatchId(id)), BatchId)
	}

	/// What a model earned.
	pub fn revenue(model: ModelId) -> Option<RevenueInfo<AccountIdOf<T>>> {
		let book = Books::<T>::get(model)?;
		let developer_due = book.developer_due();
		let Book { terms, revenue, protocol_remainder: _, developer_taken, developer_held, royalties_taken } =
			book;
		let Parts { royalties, server, data, developer: _ } = terms.parts(revenue);
		Some(RevenueInfo {
			terms,
			revenue,
			royalties,
			royalties_taken,
			to_servers: server,
			to_data: data,
			developer_taken,
			developer_held,
			developer_due,
		})
	}

	/// The protocol's share of batches that are submitted now.
	pub fn protocol_share() -> Perbill {
		CurrentProtocolShare::<T>::get()
	}

	/// What an account may withdraw.
	pub fn earnings(account: &T::AccountId) -> Balance {
		Earnings::<T>::get(account)
	}
}

/// What there is among at most `limit` ids.
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
