//! Whether a contribution's bytes can be had.
//!
//! # Must not
//! Let the challenger choose the chunk, or know it in time: a contributor could keep others from asking with a question
//! that it can answer. So the chunk follows from the hash of the challenge's own block and from the contribution, and not
//! from who asks.

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
		let at = frame_system::Pallet::<T>::block_number();
		let question = Question::Asked { at };
		Challenges::<T>::insert(id, Challenge { challenger: challenger.clone(), question, bond });
		Self::deposit_event(Event::Challenged { contribution: id, challenger, at, bond });
		Ok(())
	}

	/// The contributor has the whole time from now on, however late somebody draws.
	pub(crate) fn do_draw_chunk(id: ContributionId) -> DispatchResult {
		let mut challenge = Challenges::<T>::get(id).ok_or(Error::<T>::NoChallenge)?;
		let Question::Asked { at } = challenge.question else { return Err(Error::<T>::ChunkDrawn.into()) };
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now > at, Error::<T>::ChunkTooEarly);
		let hash = frame_system::Pallet::<T>::block_hash(at);
		if hash == T::Hash::default() {
			// Nobody drew while the hash was known.
			challenge.question = Question::Asked { at: now };
			Challenges::<T>::insert(id, challenge);
			Self::deposit_event(Event::ChallengeRenewed { contribution: id, at: now });
			return Ok(());
		}
		let content = Self::ensure_contribution(id)?.content;
		let chunk = Self::random_chunk(hash, id, &content);
		let window_ms = CurrentWindows::<T>::get().challenge_ms;
		let deadline_ms = T::Clock::now_ms().saturating_add(window_ms);
		challenge.question = Question::Drawn { chunk, deadline_ms };
		Challenges::<T>::insert(id, challenge);
		Self::deposit_event(Event::ChunkDrawn { contribution: id, chunk, deadline_ms });
		Ok(())
	}

	/// Any chunk but the first, if there is another: private content begins with a random one that protects the rest.
	fn random_chunk(block: T::Hash, id: ContributionId, content: &Content) -> u64 {
		let hash = T::Hashing::hash_of(&(b"plexus/challenge", block, id));
		let seed = hash.as_ref().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
		match chunks(content).saturating_sub(1) {
			0 => 0,
			others => seed.checked_rem(others).unwrap_or_default().saturating_add(1),
		}
	}

	/// An open challenge, its chunk and its deadline.
	fn ensure_drawn(id: ContributionId) -> Result<(Challenge<T>, u64, u64), Error<T>> {
		let challenge = Challenges::<T>::get(id).ok_or(Error::NoChallenge)?;
		match challenge.question {
			Question::Asked { .. } => Err(Error::ChunkNotDrawn),
			Question::Drawn { chunk, deadline_ms } => Ok((challenge, chunk, deadline_ms)),
		}
	}

	pub(crate) fn do_answer(id: ContributionId, slice: &[u8]) -> DispatchResult {
		let (challenge, chunk, deadline_ms) = Self::ensure_drawn(id)?;
		ensure!(T::Clock::now_ms() < deadline_ms, Error::<T>::ChallengeOver);
		let record = Self::ensure_contribution(id)?;
		let (start, len) = chunk_range(&record.content, chunk);
		verify_slice(&record.content.root, slice, start, len).map_err(|_| Error::<T>::WrongSlice)?;
		Challenges::<T>::remove(id);
		let Challenge { challenger, bond, .. } = challenge;
		let compensation = Self::forfeit(HoldReason::Challenge, &challenger, &record.contributor, bond)?;
		Self::deposit_event(Event::ChallengeAnswered { contribution: id, challenger, compensation });
		Ok(())
	}

	pub(crate) fn do_close_challenge(id: ContributionId) -> DispatchResult {
		let (_, _, deadline_ms) = Self::ensure_drawn(id)?;
		ensure!(T::Clock::now_ms() >= deadline_ms, Error::<T>::ChallengeNotOver);
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
