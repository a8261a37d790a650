//! Reads for the runtime API [`plexus_primitives::api::DatanetsApi`].
//!
//! # Must not
//! Write, or cost more than a page: a page looks at no more than [`PAGE_MAX`] places of the index.

use crate::{
	types::{ContributionInfoOf, ContributionPageOf, DatanetInfoOf},
	Config, ContributionByRoot, ContributionIndex, Contributions, Datanets, Pallet,
};
use alloc::vec::Vec;
use plexus_primitives::{
	api::{ContributionPage, PAGE_MAX},
	ContributionId, DatanetId, Sequence,
};

impl<T: Config> Pallet<T> {
	/// The datanet with this id.
	pub fn datanet(id: DatanetId) -> Option<DatanetInfoOf<T>> {
		Datanets::<T>::get(id).map(|datanet| datanet.into_info(id))
	}

	/// The contribution with this id.
	pub fn contribution(id: ContributionId) -> Option<ContributionInfoOf<T>> {
		Contributions::<T>::get(id).map(|contribution| contribution.into_info(id))
	}

	/// The contribution that holds a root: the way to find who was first when [`crate::Error::RootAlreadyHeld`]
	/// refuses a contribution.
	pub fn contribution_by_root(root: [u8; 32]) -> Option<ContributionInfoOf<T>> {
		ContributionByRoot::<T>::get(root).and_then(Self::contribution)
	}

	/// The datanet's contributions from `cursor` on, in the order of registration. `limit` is cut to
	/// `1..=`[`PAGE_MAX`].
	///
	/// A page looks at `limit` sequences. Those of withdrawn contributions are empty, so a page may be short and
	/// still have a `next`; nothing is ever skipped.
	pub fn contributions(datanet: DatanetId, cursor: Option<Sequence>, limit: u32) -> ContributionPageOf<T> {
		let start = cursor.unwrap_or_default().0;
		let end = Datanets::<T>::get(datanet).map_or(0, |datanet| datanet.next_sequence.0);
		let stop = start.saturating_add(limit.clamp(1, PAGE_MAX).into()).min(end);
		let items: Vec<_> = (start..stop)
			.filter_map(|sequence| ContributionIndex::<T>::get(datanet, Sequence(sequence)))
			.filter_map(Self::contribution)
			.collect();
		ContributionPage { items, next: (stop < end && start < end).then_some(Sequence(stop)) }
	}
}
