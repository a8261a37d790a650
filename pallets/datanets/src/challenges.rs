//! Whether a contribution's bytes can be had.
//!
//! # Must not
//! Let the challenger choose the chunk: a contributor could keep others from asking with a question that it can answer.

use crate::{types::*, *};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use plexus_primitives::verify_slice;
use sp_runtime::traits::Hash;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_challenge(challenger: T::AccountId, id: ContributionId) -> DispatchResult {
		let record = Self::ensure_contribution(id)?;
		match record.status {
			ContributionStatus::Pending { .. } => return Err(Error::<T>::NotAccepted.into()),
			ContributionStatus::Accepted { .. } => {}
			ContributionStatus::Departed { .. } => return Err(Error::<T>::AlreadyDeparted.into()),
		}
		let status = Self::ensure_datanet(record.datanet)?.status;
		ensure!(status != DatanetStatus::Retired, Error::<T>::DatanetRetired);
		ensure!(!record.locator.is_empty(), Error::<T>::NotPublished);
		let own = challenger == record.contributor || challenger == *record.beneficiary();
		ensure!(!own, Error::<T>::OwnContribution);
		ensure!(!Challenges::<T>::contains_key(id), Error::<T>::ChallengeOpen);
		let bond = T::ChallengeBond::get();
		Self::hold(HoldReason::Challenge, &challenger, bond)?;
		let window_ms = CurrentWindows::<T>::get().challenge_ms;
		let deadline_ms = T::Clock::now_ms().saturating_add(window_ms);
		let chunk = Self::random_chunk(&challenger, id, &record.content);
		Challenges::<T>::insert(id, Challenge { challenger: challenger.clone(), chunk, deadline_ms, bond });
		Self::deposit_event(Event::Challenged { contribution: id, challenger, chunk, deadline_ms, bond });
		Ok(())
	}

	/// Any chunk but the first, if there is another: private content begins with a random one that protects the rest.
	fn random_chunk(challenger: &T::AccountId, id: ContributionId, content: &Content) -> u64 {
		let parent = frame_system::Pallet::<T>::parent_hash();
		let hash = T::Hashing::hash_of(&(b"plexus/challenge", parent, challenger, id));
		let seed = hash.as_ref().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
		match chunks(content).saturating_sub(1) {
			0 => 0,
			others => seed.checked_rem(others).unwrap_or_default().saturating_add(1),
		}
	}

	pub(crate) fn do_answer(id: ContributionId, slice: &[u8]) -> DispatchResult {
		let challenge = Challenges::<T>::get(id).ok_or(Error::<T>::NoChallenge)?;
		ensure!(T::Clock::now_ms() < challenge.deadline_ms, Error::<T>::ChallengeOver);
		let record = Self::ensure_contribution(id)?;
		let (start, len) = chunk_range(&record.content, challenge.chunk);
		verify_slice(&record.content.root, slice, start, len).map_err(|_| Error::<T>::WrongSlice)?;
		Challenges::<T>::remove(id);
		let Challenge { challenger, bond, .. } = challenge;
		let compensation = Self::forfeit(HoldReason::Challenge, &challenger, &record.contributor, bond)?;
		Self::deposit_event(Event::ChallengeAnswered { contribution: id, challenger, compensation });
		Ok(())
	}

	pub(crate) fn do_close_challenge(id: ContributionId) -> DispatchResult {
		let challenge = Challenges::<T>::get(id).ok_or(Error::<T>::NoChallenge)?;
		ensure!(T::Clock::now_ms() >= challenge.deadline_ms, Error::<T>::ChallengeNotOver);
		let record = Self::ensure_contribution(id)?;
		Self::leave(id, record, RemovalReason::Unavailable, DepartureCause::Unavailable)
	}

	/// Ends an open challenge, if there is one, of a contribution that leaves.
	pub(crate) fn drop_challenge(id: ContributionId) -> DispatchResult {
		let Some(Challenge { challenger, bond, .. }) = Challenges::<T>::take(id) else { return Ok(()) };
		Self::release(HoldReason::Challenge, &challenger, bond)?;
		Self::deposit_event(Event::ChallengeUnanswered { contribution: id, challenger, bond });
		Ok(())
	}
}
