//! Reads for the runtime API [`plexus_primitives::api::DatanetsApi`].
//!
//! # Must not
//! Write, or cost more than a page: a page looks at no more than [`PAGE_MAX`] places of the index.

use crate::{types::*, *};
use frame_system::pallet_prelude::BlockNumberFor;
use plexus_primitives::api::PAGE_MAX;
use sp_runtime::traits::Saturating;

impl<T: Config> Pallet<T> {
	/// The datanet with this id.
	pub fn datanet(id: DatanetId) -> Option<DatanetInfoOf<T>> {
		let record = Datanets::<T>::get(id)?;
		let profile = Profiles::<T>::get(id)?;
		let curators = record.curators.map(|generation| Self::curators(id, generation));
		let proposed = CuratorsProposed::<T>::get(id);
		Some(DatanetInfo {
			id,
			admission: record.admission(),
			owner: record.owner,
			proposed_owner: record.proposed_owner,
			name: profile.name.into_inner(),
			tags: profile.tags.into_iter().map(Vec::from).collect(),
			licence: match profile.licence {
				Licence::Spdx(expression) => LicenceInfo::Spdx(expression.into_inner()),
				Licence::Terms(content) => LicenceInfo::Terms(content),
			},
			curators: curators.map(Vec::from).unwrap_or_default(),
			proposed_curators: proposed
				.map(|proposed| (proposed.members.into_inner(), proposed.enactable_at_ms)),
			status: record.status,
			created_at: record.created_at,
			deposit: record.deposit,
			contributions: record.contributions,
			accepted: record.accepted,
			weight: record.weight,
			version: record.version,
			publishable_at_ms: record.publishable_at_ms,
			next_sequence: record.next_sequence,
		})
	}

	/// The datanets of an owner, after `cursor`, in the order of the index's hashes. `limit` is cut to `1..=`[`PAGE_MAX`]
	/// here and everywhere.
	pub fn datanets_of(owner: &T::AccountId, cursor: Option<DatanetId>, limit: u32) -> DatanetPageOf<T> {
		type Index<T> = DatanetsByOwner<T>;
		let ids = match cursor {
			None => Index::<T>::iter_key_prefix(owner),
			Some(last) => Index::<T>::iter_key_prefix_from(owner, Index::<T>::hashed_key_for(owner, last)),
		};
		Self::datanet_page(ids, limit)
	}

	/// The datanets with a tag, in the same way. What cannot be a tag gives an empty page.
	pub fn datanets_by_tag(tag: Vec<u8>, cursor: Option<DatanetId>, limit: u32) -> DatanetPageOf<T> {
		let Ok(tag) = TagOf::<T>::try_from(tag) else {
			return DatanetPage { items: Vec::new(), next: None };
		};
		type Index<T> = DatanetsByTag<T>;
		let ids = match cursor {
			None => Index::<T>::iter_key_prefix(&tag),
			Some(last) => Index::<T>::iter_key_prefix_from(&tag, Index::<T>::hashed_key_for(&tag, last)),
		};
		Self::datanet_page(ids, limit)
	}

	fn datanet_page(ids: impl Iterator<Item = DatanetId>, limit: u32) -> DatanetPageOf<T> {
		let (page, next) = page_of(ids, limit, |id| *id);
		DatanetPage { items: page.into_iter().filter_map(Self::datanet).collect(), next }
	}

	/// The contribution with this id.
	pub fn contribution(id: ContributionId) -> Option<ContributionInfoOf<T>> {
		let record = Contributions::<T>::get(id)?;
		Some(ContributionInfo {
			id,
			beneficiary: record.beneficiary().clone(),
			datanet: record.datanet,
			sequence: record.sequence,
			contributor: record.contributor,
			content: record.content,
			media_type: record.media_type.into_inner(),
			locator: record.locator.into_inner(),
			registered_at: record.registered_at,
			commitment: record.commitment,
			deposit: record.deposit.conduct.saturating_add(record.deposit.storage),
			storage_deposit: record.deposit.storage,
			deposit_until_ms: record.deposit_until_ms,
			status: record.status,
			challenged: Challenges::<T>::contains_key(id),
			disputed: Disputes::<T>::contains_key(id),
		})
	}

	/// The contribution that holds a root: the way to find who was first when [`crate::Error::RootAlreadyHeld`]
	/// refuses a contribution.
	pub fn contribution_by_root(root: [u8; 32]) -> Option<ContributionInfoOf<T>> {
		ContributionByRoot::<T>::get(root).and_then(Self::contribution)
	}

	/// Where the holder of a root lists it besides, after `cursor`, in the order of the index's hashes.
	pub fn listings(root: [u8; 32], cursor: Option<DatanetId>, limit: u32) -> ListingPageOf<T> {
		let entries = match cursor {
			None => Listings::<T>::iter_prefix(root),
			Some(last) => Listings::<T>::iter_prefix_from(root, Listings::<T>::hashed_key_for(root, last)),
		};
		let (page, next) = page_of(entries, limit, |(datanet, _)| *datanet);
		let items = page.into_iter().filter_map(|(_, id)| Self::contribution(id)).collect();
		ListingPage { items, next }
	}

	/// The datanet's contributions from `cursor` on, in the order of registration.
	///
	/// A page looks at `limit` sequences. Those of removed contributions are empty, so a page may be short and
	/// still have a `next`; nothing is ever skipped.
	pub fn contributions(datanet: DatanetId, cursor: Option<Sequence>, limit: u32) -> ContributionPageOf<T> {
		let (ids, next) = Self::places(datanet, cursor, limit);
		ContributionPage { items: ids.into_iter().filter_map(Self::contribution).collect(), next }
	}

	/// The members of a version from `cursor` on with their weights, in the order of registration. `limit` counts
	/// sequences here too.
	pub fn members(
		datanet: DatanetId,
		version: DatanetVersion,
		cursor: Option<Sequence>,
		limit: u32,
	) -> MemberPage {
		if !Versions::<T>::contains_key(datanet, version) {
			return MemberPage { items: Vec::new(), next: None };
		}
		let (ids, next) = Self::places(datanet, cursor, limit);
		let member = |id| Some((id, Contributions::<T>::get(id)?.weight_at(version)?));
		MemberPage { items: ids.into_iter().filter_map(member).collect(), next }
	}

	/// What stands in the next `limit` places of a datanet, and where to go on.
	fn places(
		datanet: DatanetId,
		cursor: Option<Sequence>,
		limit: u32,
	) -> (Vec<ContributionId>, Option<Sequence>) {
		let start = cursor.unwrap_or_default().0;
		let end = Datanets::<T>::get(datanet).map_or(0, |datanet| datanet.next_sequence.0);
		let stop = start.saturating_add(limit.clamp(1, PAGE_MAX).into()).min(end);
		let ids = (start..stop)
			.filter_map(|sequence| ContributionIndex::<T>::get(datanet, Sequence(sequence)))
			.collect();
		(ids, (stop < end && start < end).then_some(Sequence(stop)))
	}

	/// A version of a datanet.
	pub fn version(datanet: DatanetId, version: DatanetVersion) -> Option<VersionInfo<BlockNumberFor<T>>> {
		let record = Versions::<T>::get(datanet, version)?;
		Some(VersionInfo {
			version,
			admission: record.admission,
			contributions: record.contributions,
			weight: record.weight,
			published_at: record.published_at,
			published_at_ms: record.published_at_ms,
		})
	}

	/// The datanet's versions from `cursor` on, in their order.
	pub fn versions(
		datanet: DatanetId,
		cursor: Option<DatanetVersion>,
		limit: u32,
	) -> VersionPage<BlockNumberFor<T>> {
		// The first has number 1.
		let start = cursor.map_or(1, |cursor| cursor.0.max(1));
		let last = Datanets::<T>::get(datanet).map_or(0, |datanet| datanet.version.0);
		let end = start.saturating_add(limit.clamp(1, PAGE_MAX).saturating_sub(1)).min(last);
		let items =
			(start..=end).filter_map(|number| Self::version(datanet, DatanetVersion(number))).collect();
		let next = (start <= end && end < last).then(|| DatanetVersion(end.saturating_add(1)));
		VersionPage { items, next }
	}

	/// The open challenge of a contribution.
	pub fn challenge_of(contribution: ContributionId) -> Option<ChallengeInfoOf<T>> {
		let challenge = Challenges::<T>::get(contribution)?;
		let Challenge { challenger, question, bond } = challenge;
		let (chunk, deadline_ms) = match question {
			Question::Asked { .. } => (None, None),
			Question::Drawn { chunk, deadline_ms } => (Some(chunk), Some(deadline_ms)),
		};
		Some(ChallengeInfo { contribution, challenger, chunk, deadline_ms, bond })
	}

	/// The open dispute about a contribution.
	pub fn dispute_of(contribution: ContributionId) -> Option<DisputeInfoOf<T>> {
		let dispute = Disputes::<T>::get(contribution)?;
		let datanet = Contributions::<T>::get(contribution)?.datanet;
		let Dispute { claimant, remedy, curators, votes, deadline_ms, bond } = dispute;
		let curators = curators.map(|generation| Self::curators(datanet, generation)).unwrap_or_default();
		let vote = |vote: Vote| Some((curators.get(usize::from(vote.curator))?.clone(), vote.uphold));
		Some(DisputeInfo {
			contribution,
			claimant,
			takedown: remedy == Remedy::Takedown,
			votes: votes.into_iter().filter_map(vote).collect(),
			curators: Vec::from(curators),
			deadline_ms,
			bond,
		})
	}

	/// For whom a root is kept that nobody holds.
	pub fn reservation_of(root: [u8; 32]) -> Option<ReservationInfoOf<T>> {
		let Reservation { account, depositor, commitment, contribution, until_ms, deposit } =
			Reservations::<T>::get(root)?;
		Some(ReservationInfo { account, depositor, contribution, commitment, until_ms, deposit })
	}

	/// A commitment that is neither used nor cleared.
	pub fn commitment_of(account: &T::AccountId, hash: [u8; 32]) -> Option<ContentCommitmentInfoOf<T>> {
		let Commitment { number, usable_from_ms, expires_at_ms, deposit } =
			Commitments::<T>::get(account, hash)?;
		Some(ContentCommitmentInfo { number, usable_from_ms, expires_at_ms, deposit })
	}
}

/// The first `limit` of an index, and the key of the last one if there are more.
fn page_of<Item, Key>(
	mut entries: impl Iterator<Item = Item>,
	limit: u32,
	key: impl Fn(&Item) -> Key,
) -> (Vec<Item>, Option<Key>) {
	let page: Vec<Item> = entries.by_ref().take(limit.clamp(1, PAGE_MAX) as usize).collect();
	// A further entry tells that this was not the last page.
	let next = entries.next().and(page.last().map(key));
	(page, next)
}
