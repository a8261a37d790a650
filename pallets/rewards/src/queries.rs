//! Reads: for the runtime API [`crate::runtime_api::RewardsApi`].
//!
//! # Must not
//! Write, or cost more than a page: a page has at most [`PAGE_MAX`] items, each of which reads as much as a claim.

use crate::{
	runtime_api::{DataRevenueInfo, DatanetEarnings, EntryInfo, Page, PoolInfo, PositionInfo, PAGE_MAX},
	types::*,
	*,
};
use alloc::vec::Vec;
use plexus_primitives::{DatanetId, DatanetVersion, ModelId};

impl<T: Config> Pallet<T> {
	/// What was credited to an account or an escrow.
	pub fn earnings(holder: &HolderOf<T>) -> Earned {
		Earnings::<T>::get(holder)
	}

	/// What came from pools of that, by datanet, behind `cursor`. `limit` is cut to `1..=`[`PAGE_MAX`].
	pub fn datanet_earnings(
		holder: &HolderOf<T>,
		cursor: Option<DatanetId>,
		limit: u32,
	) -> Page<DatanetEarnings, DatanetId> {
		let entries = match cursor {
			None => PoolEarnings::<T>::iter_prefix(holder),
			Some(last) => {
				let key = PoolEarnings::<T>::hashed_key_for(holder, last);
				PoolEarnings::<T>::iter_prefix_from(holder, key)
			}
		};
		let entries = entries.map(|(datanet, credited)| DatanetEarnings { datanet, credited });
		page(entries, limit, |entry| entry.datanet)
	}

	/// The positions of an account or an escrow behind `cursor`. `limit` is cut to `1..=`[`PAGE_MAX`].
	pub fn positions(holder: &HolderOf<T>, cursor: Option<Place>, limit: u32) -> Page<PositionInfo, Place> {
		let entries = match cursor {
			None => Positions::<T>::iter_prefix(holder),
			Some(last) => {
				let key = Positions::<T>::hashed_key_for(holder, last);
				Positions::<T>::iter_prefix_from(holder, key)
			}
		};
		page(entries.map(|(place, position)| Self::info(place, &position)), limit, |info| info.place)
	}

	/// One position.
	pub fn position(holder: &HolderOf<T>, place: Place) -> Option<PositionInfo> {
		Positions::<T>::get(holder, place).map(|position| Self::info(place, &position))
	}

	fn info(place: Place, position: &Position) -> PositionInfo {
		let last = Heads::<T>::get(place.datanet).version;
		let (claimable, _) = position.earned(Self::accrued(&place, last));
		PositionInfo { place, weight: position.weight, claimable }
	}

	/// The pool of a version that was published.
	pub fn pool(datanet: DatanetId, version: DatanetVersion) -> Option<PoolInfo> {
		let published = version.0 > 0 && version <= Heads::<T>::get(datanet).version;
		let Pool { weight, deposited, .. } = published.then(|| Pools::<T>::get(datanet, version))?;
		Some(PoolInfo { version, weight, deposited })
	}

	/// The pools of a datanet's versions from `cursor` on. `limit` is cut to `1..=`[`PAGE_MAX`].
	pub fn pools(
		datanet: DatanetId,
		cursor: Option<DatanetVersion>,
		limit: u32,
	) -> Page<PoolInfo, DatanetVersion> {
		let last = Heads::<T>::get(datanet).version.0;
		let start = cursor.unwrap_or_default().0.max(1);
		let entries = (start..=last).filter_map(|version| Self::pool(datanet, DatanetVersion(version)));
		let mut page = page(entries, limit, |info| info.version);
		page.next = page.next.and_then(DatanetVersion::next);
		page
	}

	/// What the data of a model earned.
	pub fn data_revenue(model: ModelId) -> Option<DataRevenueInfo> {
		let entry = |index| {
			let entry = T::Manifests::entry(model, index)?;
			let Entry { datanet, version, share } = entry;
			let (pulled, due) = (Pulled::<T>::get(model, index), Self::entry_due(model, index, &entry));
			Some(EntryInfo { datanet, version, share, pulled, due })
		};
		let entries: Vec<_> = (0..PAGE_MAX).map_while(entry).collect();
		(!entries.is_empty()).then(|| DataRevenueInfo { revenue: DataRevenues::<T>::get(model), entries })
	}
}

/// The first of these, and a cursor if there are more: what `key` gives of the last one shown.
fn page<Item, Cursor>(
	entries: impl Iterator<Item = Item>,
	limit: u32,
	key: impl Fn(&Item) -> Cursor,
) -> Page<Item, Cursor> {
	let mut entries = entries.peekable();
	let items: Vec<_> = entries.by_ref().take(limit.clamp(1, PAGE_MAX) as usize).collect();
	let next = entries.peek().and(items.last().map(key));
	Page { items, next }
}
