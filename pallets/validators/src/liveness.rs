//! Who signs, and what happens to those who do not.
//!
//! Each block carries the precommits that made its parent final. They are verified here against the validators of the
//! parent, so that a proposer cannot accuse anybody of absence without leaving out a signature it has; and a quorum
//! must be there, so that it can leave out less than a third.
//!
//! # Must not
//! Jail the last validator. Slash: who is absent harms itself first.
//!
//! # Invariants
//! - `Watches[p].missed` is the number of heights in the window, from `since` on, at which `p` was absent.
//! - The window takes one entry for each height that somebody missed; a healthy chain stores nothing.
//!
//! # What it does not achieve
//! A validator is counted absent when a proposer leaves its precommit out on purpose. That takes the proposer's turn, and
//! `AbsencesMax` is at least half of the window: who has less than half of the turns cannot jail anybody. Turns go by
//! seats and not by power, so this rests on seats not being cheap.

use crate::{types::*, *};
use alloc::vec::Vec;
use frame_support::pallet_prelude::*;
use plexus_primitives::consensus::{verify_commit, CommitError, Voter};

impl<T: Config> Pallet<T> {
	/// Verifies the precommits for the parent and counts who is missing.
	pub(crate) fn do_note_commit(round: u32, precommits: PrecommitsOf<T>) -> DispatchResult {
		ensure!(!CommitNoted::<T>::get(), Error::<T>::CommitTwice);
		let height = Self::height().checked_sub(1).filter(|height| *height > 0);
		let height = height.ok_or(Error::<T>::CommitUnexpected)?;
		let members = Self::members_at(height);
		let voters: Vec<Voter> = members.iter().map(SetMember::voter).collect();
		let block = sets::raw_hash::<T>(frame_system::Pallet::<T>::parent_hash());
		verify_commit(&Self::genesis_hash(), &voters, height, block, round, &precommits)
			.map_err(Error::<T>::from)?;
		CommitNoted::<T>::put(true);
		let absent = members.iter().zip(&precommits).filter(|(_, precommit)| precommit.is_none());
		Self::count_absences(height, absent.map(|(member, _)| member.pool).collect());
		Ok(())
	}

	pub(crate) fn count_absences(height: u64, absent: Vec<PoolId>) {
		let slot = (height % u64::from(T::AbsenceWindow::get().max(1))) as u32;
		let mut watches = Watches::<T>::get();
		let mut over = Vec::new();
		if let Some(gone) = AbsenceRing::<T>::take(slot) {
			for pool in gone.pools {
				if let Some(watch) = watches.get_mut(&pool).filter(|watch| watch.since <= gone.height) {
					watch.missed = watch.missed.saturating_sub(1);
				}
			}
			watches.retain(|_, watch| watch.missed > 0);
		} else if absent.is_empty() {
			return;
		}
		for pool in &absent {
			let mut watch = watches.get(pool).copied().unwrap_or(Watch { since: height, missed: 0 });
			watch.missed = watch.missed.saturating_add(1);
			if watch.missed > T::AbsencesMax::get() {
				over.push(*pool);
			}
			// There is room for every member, and others are removed when an era begins. A pool that left early within the
			// era keeps its place until then.
			let _ = watches.try_insert(*pool, watch);
		}
		if !absent.is_empty() {
			let pools = BoundedVec::truncate_from(absent);
			AbsenceRing::<T>::insert(slot, Absences { height, pools });
		}
		Watches::<T>::put(watches);
		over.into_iter().for_each(Self::jail);
	}

	/// Jails a pool that is a candidate or was one when it was elected.
	fn jail(id: PoolId) {
		let Some(pool) = Pools::<T>::get(id) else { return };
		let may_be_jailed = matches!(pool.standing, Standing::Candidate | Standing::Chilled);
		if !may_be_jailed || Self::is_last(id) {
			return;
		}
		Watches::<T>::mutate(|watches| {
			watches.remove(&id);
		});
		let until_ms = Self::clock_ms().saturating_add(T::JailMs::get());
		Self::leave_candidates(id, pool, Standing::Jailed { until_ms });
		Self::remove_from_set(id);
	}

	pub(crate) fn do_unjail(who: T::AccountId) -> DispatchResult {
		let (id, pool) = Self::own_pool(&who)?;
		let Standing::Jailed { until_ms } = pool.standing else {
			return Err(Error::<T>::NotJailed.into());
		};
		ensure!(until_ms <= Self::clock_ms(), Error::<T>::JailedStill);
		let bonded = Stakes::<T>::get(&who).map(|stake| stake.bonded).unwrap_or_default();
		ensure!(bonded >= T::ValidatorBondMin::get(), Error::<T>::CandidateBondTooSmall);
		Self::enter_candidates(id, pool)
	}

	/// Takes the note of this block's commit. Not needed for the first block: the genesis is decided by nobody.
	pub(crate) fn is_commit_missing() -> bool {
		!CommitNoted::<T>::take() && T::CommitRequired::get() && Self::height() > 1
	}
}

impl<T> From<CommitError> for Error<T> {
	fn from(error: CommitError) -> Self {
		match error {
			CommitError::Length { .. } => Self::CommitLength,
			CommitError::Signature { .. } => Self::CommitSignature,
			CommitError::Power { .. } => Self::CommitPower,
		}
	}
}
