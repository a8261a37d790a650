//! Claims against contributions.
//!
//! # Must not
//! Change a weight or what a version holds: that would change history.

use crate::{types::*, *};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use sp_runtime::traits::Zero;

impl<T: Config> Pallet<T> {
	/// To whom a contribution's earnings are credited now; nothing if there is no such contribution. Two reads.
	pub fn holder_of(contribution: ContributionId) -> Option<Holder<T::AccountId>> {
		let record = Contributions::<T>::get(contribution)?;
		Some(Self::holder(contribution, &record))
	}

	/// To whom a contribution's earnings are credited now.
	pub(crate) fn holder(id: ContributionId, record: &Contribution<T>) -> Holder<T::AccountId> {
		match Disputes::<T>::get(id) {
			Some(Dispute { remedy: Remedy::Redirect, .. }) => Holder::Escrow(id),
			_ => Holder::Account(record.beneficiary().clone()),
		}
	}

	pub(crate) fn do_dispute(
		claimant: T::AccountId,
		id: ContributionId,
		remedy: Remedy,
		evidence: Option<Content>,
	) -> DispatchResult {
		let record = Self::ensure_contribution(id)?;
		ensure!(record.span().is_some(), Error::<T>::NotAccepted);
		let own = claimant == record.contributor && remedy == Remedy::Takedown;
		ensure!(!own && claimant != *record.beneficiary(), Error::<T>::OwnContribution);
		let done = remedy == Remedy::Takedown && Self::is_taken_down(&record);
		ensure!(!done, Error::<T>::TakenDown);
		ensure!(!Disputes::<T>::contains_key(id), Error::<T>::DisputeOpen);
		let curators = Self::ensure_datanet(record.datanet)?.curators;
		ensure!(Self::can_be_upheld(&record, &claimant, curators), Error::<T>::NobodyJudges);
		let bond = T::DisputeBond::get();
		Self::hold(HoldReason::Dispute, &claimant, bond)?;
		if let Some(generation) = curators {
			Self::add_duty(record.datanet, generation);
		}
		if remedy == Remedy::Redirect {
			let beneficiary = Holder::Account(record.beneficiary().clone());
			Self::move_position(&beneficiary, &Holder::Escrow(id), &record);
		}
		let window_ms = CurrentWindows::<T>::get().dispute_ms;
		let deadline_ms = T::Clock::now_ms().saturating_add(window_ms);
		let votes = VotesOf::<T>::default();
		Disputes::<T>::insert(
			id,
			Dispute { claimant: claimant.clone(), remedy, curators, votes, deadline_ms, bond },
		);
		Self::deposit_event(Event::Disputed {
			contribution: id,
			claimant,
			remedy,
			evidence,
			curators,
			deadline_ms,
			bond,
		});
		Ok(())
	}

	/// Whether there is somebody who can decide for the claimant.
	fn can_be_upheld(record: &Contribution<T>, claimant: &T::AccountId, curators: Option<u32>) -> bool {
		let by_curators = |generation| {
			let members = Self::curators(record.datanet, generation);
			let eligible = members.iter().filter(|member| !Self::is_party(record, claimant, member)).count();
			majority(members.len(), eligible, 0, 0).is_none()
		};
		T::JudgeExists::get() || curators.is_some_and(by_curators)
	}

	fn is_party(record: &Contribution<T>, claimant: &T::AccountId, account: &T::AccountId) -> bool {
		[&record.contributor, record.beneficiary(), claimant].contains(&account)
	}

	fn move_position(
		from_holder: &Holder<T::AccountId>,
		to: &Holder<T::AccountId>,
		record: &Contribution<T>,
	) {
		if let Some((weight, from, until)) = record.span() {
			T::Positions::moved(from_holder, to, record.datanet, from, until, weight);
		}
	}

	pub(crate) fn do_vote(signer: T::AccountId, id: ContributionId, uphold: bool) -> DispatchResult {
		let mut dispute = Disputes::<T>::get(id).ok_or(Error::<T>::NoDispute)?;
		ensure!(T::Clock::now_ms() < dispute.deadline_ms, Error::<T>::DisputeOver);
		let record = Self::ensure_contribution(id)?;
		let generation = dispute.curators.ok_or(Error::<T>::NotCurated)?;
		let members = Self::curators(record.datanet, generation);
		let curator = Self::ensure_curator(&members, &signer)?;
		let is_party = |account| Self::is_party(&record, &dispute.claimant, account);
		ensure!(!is_party(&signer), Error::<T>::IsParty);
		let eligible = members.iter().filter(|member| !is_party(member)).count();
		// Otherwise the first vote, whatever it says, would decide against the claimant before the judge does.
		ensure!(majority(members.len(), eligible, 0, 0).is_none(), Error::<T>::NobodyJudges);
		ensure!(dispute.votes.iter().all(|vote| vote.curator != curator), Error::<T>::AlreadyReviewed);
		// There is room: each of the curators votes at most once.
		dispute.votes.try_push(Vote { curator, uphold }).map_err(|_| Error::<T>::AlreadyReviewed)?;
		Self::deposit_event(Event::Voted { contribution: id, curator: signer, uphold });
		let in_favour = dispute.votes.iter().filter(|vote| vote.uphold).count();
		let against = dispute.votes.len().saturating_sub(in_favour);
		match majority(members.len(), eligible, in_favour, against) {
			None => Disputes::<T>::insert(id, dispute),
			Some(uphold) => Self::decide(id, record, dispute, uphold)?,
		}
		Ok(())
	}

	pub(crate) fn do_judge(id: ContributionId, uphold: bool) -> DispatchResult {
		let dispute = Disputes::<T>::get(id).ok_or(Error::<T>::NoDispute)?;
		let record = Self::ensure_contribution(id)?;
		Self::decide(id, record, dispute, uphold)
	}

	pub(crate) fn do_close_dispute(id: ContributionId) -> DispatchResult {
		let dispute = Disputes::<T>::get(id).ok_or(Error::<T>::NoDispute)?;
		ensure!(T::Clock::now_ms() >= dispute.deadline_ms, Error::<T>::DisputeNotOver);
		let record = Self::ensure_contribution(id)?;
		Self::decide(id, record, dispute, false)
	}

	fn decide(
		id: ContributionId,
		mut record: Contribution<T>,
		dispute: Dispute<T>,
		uphold: bool,
	) -> DispatchResult {
		let outcome = if uphold { Outcome::Upheld } else { Outcome::Dismissed };
		let remedy = dispute.remedy;
		Self::end_dispute(id, &mut record, dispute, outcome)?;
		match remedy {
			Remedy::Takedown if uphold => Self::take_down(id, record),
			_ => {
				Contributions::<T>::insert(id, record);
				Ok(())
			}
		}
	}

	/// Nothing more than this contribution is touched: one datanet's curators have no power over others.
	fn take_down(id: ContributionId, mut record: Contribution<T>) -> DispatchResult {
		record.locator = LocatorOf::<T>::default();
		match &mut record.status {
			ContributionStatus::Departed { cause, .. } => {
				*cause = DepartureCause::TakenDown;
				Contributions::<T>::insert(id, record);
				Ok(())
			}
			_ => Self::leave(id, record, RemovalReason::TakenDown, DepartureCause::TakenDown),
		}
	}

	/// Ends an open dispute, if there is one, about a contribution that is removed. The record is the caller's.
	pub(crate) fn drop_dispute(id: ContributionId, record: &mut Contribution<T>) -> DispatchResult {
		match Disputes::<T>::get(id) {
			Some(dispute) => Self::end_dispute(id, record, dispute, Outcome::Moot),
			None => Ok(()),
		}
	}

	fn end_dispute(
		id: ContributionId,
		record: &mut Contribution<T>,
		dispute: Dispute<T>,
		outcome: Outcome,
	) -> DispatchResult {
		let Dispute { claimant, remedy, curators, bond, .. } = dispute;
		Disputes::<T>::remove(id);
		if let Some(generation) = curators {
			Self::end_duty(record.datanet, generation);
		}
		let beneficiary = record.beneficiary().clone();
		let (mut returned, mut compensation) = (bond, BalanceOf::<T>::zero());
		match outcome {
			Outcome::Dismissed => {
				returned = BalanceOf::<T>::zero();
				compensation = Self::forfeit(HoldReason::Dispute, &claimant, &beneficiary, bond)?;
			}
			Outcome::Upheld | Outcome::Moot => Self::release(HoldReason::Dispute, &claimant, bond)?,
		}
		if remedy == Remedy::Redirect {
			if outcome == Outcome::Upheld {
				record.beneficiary = Some(claimant.clone());
			}
			let holder = Holder::Account(record.beneficiary().clone());
			Self::move_position(&Holder::Escrow(id), &holder, record);
		}
		Self::deposit_event(Event::DisputeClosed {
			contribution: id,
			claimant,
			remedy,
			outcome,
			returned,
			compensation,
		});
		Ok(())
	}
}
