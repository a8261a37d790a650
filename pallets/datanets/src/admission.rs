//! How contributions are accepted: by age, or by curators.
//!
//! # Must not
//! Look at who curates now: those judge who did at the submission.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
};

/// What a pending contribution waits for.
struct Waiting {
	not_before_ms: u64,
	expires_at_ms: u64,
	curators: Option<u32>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn ensure_contribution(id: ContributionId) -> Result<Contribution<T>, Error<T>> {
		Contributions::<T>::get(id).ok_or(Error::UnknownContribution)
	}

	fn ensure_pending(record: &Contribution<T>) -> Result<Waiting, Error<T>> {
		match record.status {
			ContributionStatus::Pending { not_before_ms, expires_at_ms, curators } => {
				Ok(Waiting { not_before_ms, expires_at_ms, curators })
			}
			_ => Err(Error::NotPending),
		}
	}

	/// That it may be accepted now.
	fn ensure_acceptable(record: &Contribution<T>, waiting: &Waiting) -> Result<(), Error<T>> {
		let now_ms = T::Clock::now_ms();
		ensure!(now_ms >= waiting.not_before_ms, Error::AcceptanceTooEarly);
		ensure!(now_ms < waiting.expires_at_ms, Error::AcceptanceTooLate);
		let status = Self::ensure_datanet(record.datanet)?.status;
		ensure!(status != DatanetStatus::Retired, Error::DatanetRetired);
		Ok(())
	}

	pub(crate) fn do_accept_open(id: ContributionId) -> DispatchResult {
		let mut record = Self::ensure_contribution(id)?;
		let waiting = Self::ensure_pending(&record)?;
		ensure!(waiting.curators.is_none(), Error::<T>::NeedsReview);
		Self::ensure_acceptable(&record, &waiting)?;
		Self::accept_contribution(id, &mut record, WEIGHT_OPEN)?;
		Contributions::<T>::insert(id, record);
		Ok(())
	}

	pub(crate) fn do_review(signer: T::AccountId, id: ContributionId, verdict: Verdict) -> DispatchResult {
		let mut record = Self::ensure_contribution(id)?;
		let waiting = Self::ensure_pending(&record)?;
		let generation = waiting.curators.ok_or(Error::<T>::NotCurated)?;
		let members = Self::curators(record.datanet, generation);
		let curator = Self::ensure_curator(&members, &signer)?;
		ensure!(signer != record.contributor, Error::<T>::IsParty);
		Self::ensure_acceptable(&record, &waiting)?;
		let mut ballot = Ballots::<T>::get(id);
		ensure!(ballot.iter().all(|review| review.curator != curator), Error::<T>::AlreadyReviewed);
		// There is room: each of the curators is in the ballot at most once.
		ballot.try_push(Review { curator, verdict }).map_err(|_| Error::<T>::AlreadyReviewed)?;
		Self::deposit_event(Event::Reviewed { contribution: id, curator: signer, verdict });
		let rejections = ballot.iter().filter(|review| review.verdict == Verdict::Reject).count();
		let acceptances = ballot.len().saturating_sub(rejections);
		let own = usize::from(members.contains(&record.contributor));
		let eligible = members.len().saturating_sub(own);
		match majority(members.len(), eligible, acceptances, rejections) {
			None => Ballots::<T>::insert(id, ballot),
			Some(true) => {
				let weight = median(&ballot).ok_or(Error::<T>::InvalidWeight)?;
				Self::forget_ballot(id, record.datanet, generation);
				Self::accept_contribution(id, &mut record, weight)?;
				Contributions::<T>::insert(id, record);
			}
			Some(false) => Self::remove_contribution(id, record, RemovalReason::Rejected)?,
		}
		Ok(())
	}

	/// Those who curate a generation. Nobody if it is gone, which it is not while it has duties.
	pub(crate) fn curators(datanet: DatanetId, generation: u32) -> CuratorsOf<T> {
		CuratorSets::<T>::get(datanet, generation).map(|set| set.members).unwrap_or_default()
	}

	/// The place of a curator among them.
	pub(crate) fn ensure_curator(members: &CuratorsOf<T>, account: &T::AccountId) -> Result<u8, Error<T>> {
		let place = members.iter().position(|member| member == account).ok_or(Error::NotCurator)?;
		u8::try_from(place).map_err(|_| Error::NotCurator)
	}

	pub(crate) fn forget_ballot(id: ContributionId, datanet: DatanetId, generation: u32) {
		Ballots::<T>::remove(id);
		Self::end_duty(datanet, generation);
	}

	/// The record is the caller's to store.
	pub(crate) fn accept_contribution(
		id: ContributionId,
		record: &mut Contribution<T>,
		weight: u8,
	) -> DispatchResult {
		let datanet = record.datanet;
		let from = Datanets::<T>::try_mutate(datanet, |datanet| {
			let datanet = datanet.as_mut().ok_or(Error::<T>::UnknownDatanet)?;
			datanet.accepted = datanet.accepted.saturating_add(1);
			datanet.weight = datanet.weight.saturating_add(weight.into());
			datanet.changes = datanet.changes.saturating_add(1);
			Ok::<_, DispatchError>(datanet.version.next().ok_or(Error::<T>::IdsExhausted)?)
		})?;
		let deposit_until_ms = T::Clock::now_ms().saturating_add(CurrentWindows::<T>::get().deposit_ms);
		record.status = ContributionStatus::Accepted { weight, from };
		record.deposit_until_ms = Some(deposit_until_ms);
		T::Positions::accepted(&Holder::Account(record.beneficiary().clone()), datanet, from, weight);
		Self::deposit_event(Event::ContributionAccepted {
			contribution: id,
			datanet,
			weight,
			from,
			deposit_until_ms,
		});
		Ok(())
	}

	/// Whether anybody may remove it: it was not accepted in time, or no version can ever hold it and its contributor had
	/// time to take it elsewhere. Never at once when a datanet is retired: its owner would be the first to know.
	pub(crate) fn is_expirable(record: &Contribution<T>, home: &Datanet<T>) -> bool {
		let now_ms = T::Clock::now_ms();
		match record.status {
			ContributionStatus::Pending { expires_at_ms, .. } => now_ms >= expires_at_ms,
			ContributionStatus::Accepted { .. } => {
				let over = home.expirable_from_ms.is_some_and(|from_ms| now_ms >= from_ms);
				over && !Self::is_in_a_version(record, home)
			}
			ContributionStatus::Departed { .. } => false,
		}
	}

	pub(crate) fn do_expire(id: ContributionId) -> DispatchResult {
		let record = Self::ensure_contribution(id)?;
		let home = Self::ensure_datanet(record.datanet)?;
		ensure!(Self::is_expirable(&record, &home), Error::<T>::NotExpired);
		Self::remove_contribution(id, record, RemovalReason::Expired)
	}
}
