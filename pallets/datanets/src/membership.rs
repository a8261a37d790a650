//! Which versions hold what: publication, departure, and removal of what no version holds.
//!
//! # Must not
//! Change what a published version holds. Look at more than one contribution in a call.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::tokens::{Fortitude, Precision, Preservation},
};
use plexus_maps::PrehashedDouble;
use sp_runtime::traits::{Saturating, Zero};

impl<T: Config> Pallet<T> {
	/// The weight of a contribution in a version of its datanet; nothing if there is no such version, or it does not hold
	/// the contribution. Two reads.
	pub fn weight_at(contribution: ContributionId, version: DatanetVersion) -> Option<u8> {
		let record = Contributions::<T>::get(contribution)?;
		let datanet = Datanets::<T>::get(record.datanet)?;
		(version <= datanet.version).then(|| record.weight_at(version)).flatten()
	}

	/// How what a version holds was accepted; nothing if there is no such version. For manifests: only curated versions
	/// carry a share of what models earn.
	pub fn version_kind(datanet: DatanetId, version: DatanetVersion) -> Option<AdmissionKind> {
		PrehashedDouble::<Versions<T>>::get(datanet, version).map(|version| version.admission)
	}

	/// Whether a version holds it, in which case nobody can take its root.
	pub(crate) fn is_in_a_version(record: &Contribution<T>, home: &Datanet<T>) -> bool {
		record.span().is_some_and(|(_, from, _)| from <= home.version)
	}

	pub(crate) fn is_taken_down(record: &Contribution<T>) -> bool {
		matches!(record.status, ContributionStatus::Departed { cause: DepartureCause::TakenDown, .. })
	}

	pub(crate) fn do_publish(publisher: T::AccountId, id: DatanetId) -> DispatchResult {
		let mut record = Self::ensure_datanet(id)?;
		let now_ms = T::Clock::now_ms();
		ensure!(record.status != DatanetStatus::Retired, Error::<T>::DatanetRetired);
		let may = record.owner == publisher || now_ms >= record.publishable_at_ms;
		ensure!(may, Error::<T>::PublicationTooEarly);
		ensure!(record.weight > 0, Error::<T>::NothingToPublish);
		ensure!(record.changes > 0, Error::<T>::NothingChanged);
		let price = T::VersionPrice::get();
		let (preserve, exact) = (Preservation::Preserve, Precision::Exact);
		T::Currency::burn_from(&publisher, price, preserve, exact, Fortitude::Polite)?;
		let number = record.version.next().ok_or(Error::<T>::IdsExhausted)?;
		let version = Version {
			admission: record.admission(),
			contributions: record.accepted,
			weight: record.weight,
			published_at: frame_system::Pallet::<T>::block_number(),
			published_at_ms: now_ms,
		};
		record.version = number;
		record.changes = 0;
		record.publishable_at_ms = now_ms.saturating_add(CurrentWindows::<T>::get().publication_ms);
		let publishable_at_ms = record.publishable_at_ms;
		Datanets::<T>::insert(id, record);
		Versions::<T>::insert(id, number, version);
		T::Positions::published(id, number, version.weight);
		Self::deposit_event(Event::VersionPublished {
			datanet: id,
			version: number,
			admission: version.admission,
			contributions: version.contributions,
			weight: version.weight,
			publisher,
			price,
			published_at_ms: version.published_at_ms,
			publishable_at_ms,
		});
		Ok(())
	}

	pub(crate) fn do_withdraw(id: ContributionId, record: Contribution<T>) -> DispatchResult {
		match record.status {
			ContributionStatus::Pending { .. } => {
				Self::remove_contribution(id, record, RemovalReason::Withdrawn)
			}
			ContributionStatus::Accepted { .. } => {
				Self::leave(id, record, RemovalReason::Withdrawn, DepartureCause::Withdrawn)
			}
			ContributionStatus::Departed { .. } => Err(Error::<T>::AlreadyDeparted.into()),
		}
	}

	/// Ends the membership of an accepted contribution: for good if no version holds it.
	pub(crate) fn leave(
		id: ContributionId,
		mut record: Contribution<T>,
		reason: RemovalReason,
		cause: DepartureCause,
	) -> DispatchResult {
		let home = Self::ensure_datanet(record.datanet)?;
		if !Self::is_in_a_version(&record, &home) {
			return Self::remove_contribution(id, record, reason);
		}
		Self::depart(id, &mut record, cause)?;
		Contributions::<T>::insert(id, record);
		Ok(())
	}

	/// The record, of an accepted contribution, is the caller's to store.
	pub(crate) fn depart(
		id: ContributionId,
		record: &mut Contribution<T>,
		cause: DepartureCause,
	) -> DispatchResult {
		let ContributionStatus::Accepted { weight, from } = record.status else {
			return Err(Error::<T>::NotAccepted.into());
		};
		let datanet = record.datanet;
		Self::drop_challenge(id)?;
		let until = Self::lighten(datanet, weight, |changes| changes.saturating_add(1))?;
		T::Positions::departed(&Self::holder(id, record), datanet, from, until, weight);
		record.status = ContributionStatus::Departed { weight, from, until, cause };
		Self::deposit_event(Event::ContributionDeparted { contribution: id, datanet, until, cause });
		Ok(())
	}

	/// Takes an accepted contribution out of what the next version will hold, and gives back that version.
	fn lighten(datanet: DatanetId, weight: u8, count: fn(u64) -> u64) -> Result<DatanetVersion, Error<T>> {
		Datanets::<T>::try_mutate(datanet, |datanet| {
			let datanet = datanet.as_mut().ok_or(Error::UnknownDatanet)?;
			datanet.accepted = datanet.accepted.saturating_sub(1);
			datanet.weight = datanet.weight.saturating_sub(weight.into());
			datanet.changes = count(datanet.changes);
			datanet.version.next().ok_or(Error::IdsExhausted)
		})
	}

	/// Removes a contribution that no version holds, with all that hangs on it. Returns its deposits, but for what a
	/// reservation keeps.
	pub(crate) fn remove_contribution(
		id: ContributionId,
		mut record: Contribution<T>,
		reason: RemovalReason,
	) -> DispatchResult {
		match record.status {
			ContributionStatus::Pending { curators: Some(generation), .. } => {
				Self::forget_ballot(id, record.datanet, generation)
			}
			ContributionStatus::Pending { curators: None, .. } => {}
			ContributionStatus::Accepted { weight, from } => {
				Self::drop_challenge(id)?;
				Self::drop_dispute(id, &mut record)?;
				// As if it had never been accepted.
				Self::lighten(record.datanet, weight, |changes| changes.saturating_sub(1))?;
				let holder = Holder::Account(record.beneficiary().clone());
				T::Positions::departed(&holder, record.datanet, from, from, weight);
			}
			ContributionStatus::Departed { .. } => return Err(Error::<T>::AlreadyDeparted.into()),
		}
		let holds = ContributionByRoot::<T>::get(record.content.root) == Some(id);
		let reservation = match holds {
			true => Self::reservation(id, &record, reason)?,
			false => None,
		};
		let Contribution { datanet, sequence, contributor, content, deposit, .. } = record;
		let kept = reservation.as_ref().map_or(BalanceOf::<T>::zero(), |reservation| reservation.deposit);
		let storage_deposit = deposit.storage.saturating_sub(kept);
		Self::release(HoldReason::Contribution, &contributor, deposit.conduct)?;
		Self::release(HoldReason::Storage, &contributor, storage_deposit)?;
		Contributions::<T>::remove(id);
		ContributionIndex::<T>::remove(datanet, sequence);
		match holds {
			true => ContributionByRoot::<T>::remove(content.root),
			false => Listings::<T>::remove(content.root, datanet),
		}
		Datanets::<T>::mutate_extant(datanet, |datanet| {
			datanet.contributions = datanet.contributions.saturating_sub(1);
		});
		Self::deposit_event(Event::ContributionRemoved {
			contribution: id,
			datanet,
			sequence,
			contributor,
			content,
			deposit: deposit.conduct,
			storage_deposit,
			reason,
		});
		if let Some(reservation) = reservation {
			Self::reserve(content.root, reservation);
		}
		Ok(())
	}

	pub(crate) fn do_set_locator(
		id: ContributionId,
		mut record: Contribution<T>,
		locator: LocatorOf<T>,
	) -> DispatchResult {
		ensure!(!Self::is_taken_down(&record), Error::<T>::TakenDown);
		let before = record.deposit.storage;
		let after = Self::storage_deposit(record.media_type.len(), locator.len());
		// One of the two is nothing.
		Self::hold(HoldReason::Storage, &record.contributor, after.saturating_sub(before))?;
		Self::release(HoldReason::Storage, &record.contributor, before.saturating_sub(after))?;
		record.deposit.storage = after;
		record.locator = locator.clone();
		Contributions::<T>::insert(id, record);
		Self::deposit_event(Event::LocatorSet { contribution: id, locator, storage_deposit: after });
		Ok(())
	}

	pub(crate) fn do_release_deposit(id: ContributionId) -> DispatchResult {
		let mut record = Self::ensure_contribution(id)?;
		let until_ms = record.deposit_until_ms.ok_or(Error::<T>::NotAccepted)?;
		ensure!(T::Clock::now_ms() >= until_ms, Error::<T>::DepositLocked);
		let deposit = core::mem::take(&mut record.deposit.conduct);
		ensure!(!deposit.is_zero(), Error::<T>::DepositReleased);
		let contributor = record.contributor.clone();
		Self::release(HoldReason::Contribution, &contributor, deposit)?;
		Contributions::<T>::insert(id, record);
		Self::deposit_event(Event::DepositReleased { contribution: id, contributor, deposit });
		Ok(())
	}
}
