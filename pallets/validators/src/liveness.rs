//! Who signs and proposes, and what happens to those who do not.
//!
//! Each block carries the precommits that made its parent final. They are verified here against the validators of the
//! parent, so that a proposer cannot accuse anybody of absence without leaving out a signature it has; and a quorum
//! must be there, so that it can leave out less than a third.
//!
//! The precommits are signed for the round that decided. Whoever had its turn in an earlier round of that height has let
//! it pass, at most one turn a height; a block of its own makes up for all. This finds the validator that signs and never
//! proposes, whose turns cost everybody a timeout each. After an outage each loses one turn, however long it was.
//!
//! # Must not
//! Jail more than a third of the power, or the last candidate: who is out after an outage must find a set to return to.
//! The third is one of the elected power and of all that was jailed in earlier eras and is not back: otherwise each era
//! would take a third of what the one before has left. Slash: who is absent harms itself first.
//!
//! # Invariants
//! - `Jailings` has the power of who was jailed, until it is elected again or `evidence_age_ms` have passed. None of them
//!   is in the next height's set.
//! - `Watches[p].missed` is the number of heights in the window, from `since` on, at which `p` was absent.
//! - The window takes one entry for each height that somebody missed; a healthy chain stores nothing.
//!
//! # What it does not achieve
//! A validator is counted absent when a proposer leaves its precommit out on purpose. That takes the proposer's turn, and
//! `absences_max` is at least half of the window: who has less than a third of the power can keep no other's block from
//! being decided, so it makes less than half of the blocks and cannot jail anybody. A turn is counted as missed, too, if
//! the network lost the proposal, or if its block was decided in a later round; its maker's next block makes up for it.
//!
//! A third of the power or more can vote for its own blocks alone, so that all others lose their turns or, left out of
//! its blocks, are absent, and a third of all is jailed. No two messages conflict, so nobody is slashed. What is left of
//! the whole is two thirds: whoever has more than four ninths of the whole then has more than two thirds of the rest, and
//! who has less has not, for as long as the jailed are remembered.

use crate::{types::*, *};
use alloc::vec::Vec;
use frame_support::pallet_prelude::*;
use plexus_primitives::consensus::{
	proposer, verify_commit_with, CommitError, VerifyConsensusSignature, Voter,
};
use sp_runtime::Saturating;

/// Rounds of a height that are looked at for missed turns. By then the turns of all who have much power have come.
pub(crate) const ROUNDS_MAX: u32 = 64;

impl<T: Config> Pallet<T> {
	/// Verifies the precommits for the parent and counts who is missing and whose turn has passed.
	pub(crate) fn do_note_commit(round: u32, precommits: PrecommitsOf<T>) -> DispatchResult {
		ensure!(!CommitNoted::<T>::get(), Error::<T>::CommitTwice);
		let height = Self::height().checked_sub(1).filter(|height| *height > 0);
		let height = height.ok_or(Error::<T>::CommitUnexpected)?;
		let members = Self::members_at(height);
		let voters: Vec<Voter> = members.iter().map(SetMember::voter).collect();
		let block = sets::raw_hash::<T>(frame_system::Pallet::<T>::parent_hash());
		let verify = T::ConsensusSignatures::verify;
		verify_commit_with(verify, &Self::genesis_hash(), &voters, height, (block, round), &precommits)
			.map_err(Error::<T>::from)?;
		CommitNoted::<T>::put(true);
		let absent = members.iter().zip(&precommits).filter(|(_, precommit)| precommit.is_none());
		Self::count_absences(height, absent.map(|(member, _)| member.pool).collect());
		Self::count_missed_turns(height, Self::passed_over(&members, height, round));
		Ok(())
	}

	/// Those whose turn came at this height before the round that decided.
	fn passed_over(members: &[SetMember], height: u64, round: u32) -> Vec<PoolId> {
		let powers = members.iter().map(|member| member.power);
		let mut places: Vec<_> =
			(0..round.min(ROUNDS_MAX)).map(|round| proposer(powers.clone(), height, round)).collect();
		places.sort_unstable();
		places.dedup();
		places.into_iter().filter_map(|place| members.get(place)).map(|member| member.pool).collect()
	}

	/// Those of them who were elected for the current era. In an era's first block the parent's validators are told of,
	/// and who is out of the set has nothing to be watched for.
	fn elected_of(mut pools: Vec<PoolId>) -> Vec<PoolId> {
		if !pools.is_empty() {
			let members = Self::elected();
			pools.retain(|pool| members.iter().any(|member| member.pool == *pool));
		}
		pools
	}

	pub(crate) fn count_missed_turns(height: u64, passed_over: Vec<PoolId>) {
		let passed_over = Self::elected_of(passed_over);
		if passed_over.is_empty() {
			return;
		}
		let missed_turns_max = Periods::<T>::get().missed_turns_max;
		let mut watches = Watches::<T>::get();
		let mut over = Vec::new();
		for pool in passed_over {
			// Absences at this height are counted already.
			let mut watch =
				watches.get(&pool).copied().unwrap_or_else(|| Watch::from(height.saturating_add(1)));
			watch.missed_turns.saturating_inc();
			if watch.missed_turns > missed_turns_max {
				over.push(pool);
			}
			// There is room, as for absences.
			let _ = watches.try_insert(pool, watch);
		}
		Watches::<T>::put(watches);
		Self::jail(over);
	}

	/// Who makes a block has made up for the turns that it let pass.
	pub(crate) fn forgive_turns(id: PoolId) {
		let mut watches = Watches::<T>::get();
		let Some(watch) = watches.get_mut(&id).filter(|watch| watch.missed_turns > 0) else { return };
		watch.missed_turns = 0;
		watches.retain(|_, watch| !watch.is_clear());
		Watches::<T>::put(watches);
	}

	pub(crate) fn count_absences(height: u64, absent: Vec<PoolId>) {
		let ChainPeriods { absence_blocks, absences_max, .. } = Periods::<T>::get();
		let slot = (height % u64::from(absence_blocks.max(1))) as u32;
		let absent = Self::elected_of(absent);
		let mut watches = Watches::<T>::get();
		let mut over = Vec::new();
		if let Some(gone) = AbsenceRing::<T>::take(slot) {
			for pool in gone.pools {
				if let Some(watch) = watches.get_mut(&pool).filter(|watch| watch.since <= gone.height) {
					watch.missed = watch.missed.saturating_sub(1);
				}
			}
			watches.retain(|_, watch| !watch.is_clear());
		} else if absent.is_empty() {
			return;
		}
		for pool in &absent {
			let mut watch = watches.get(pool).copied().unwrap_or_else(|| Watch::from(height));
			watch.missed.saturating_inc();
			if watch.missed > absences_max {
				over.push(*pool);
			}
			// There is room: only members of the era's set are watched, those who left it included, and others are removed
			// when an era begins.
			let _ = watches.try_insert(*pool, watch);
		}
		if !absent.is_empty() {
			let pools = BoundedVec::truncate_from(absent);
			AbsenceRing::<T>::insert(slot, Absences { height, pools });
		}
		Watches::<T>::put(watches);
		Self::jail(over);
	}

	/// Jails those members of the set that are candidates or were when they were elected, one after another as long as no
	/// more than a third is out of the elected power and what was jailed before. Who is spared now keeps its count and is
	/// jailed when there is room again.
	fn jail(pools: Vec<PoolId>) {
		if pools.is_empty() {
			return;
		}
		let elected = Self::elected();
		let mut jailings = Jailings::<T>::get();
		let was_elected = |id: PoolId| elected.iter().any(|member| member.pool == id);
		let before =
			jailings.iter().filter(|jailing| !was_elected(jailing.pool)).map(|jailing| jailing.power);
		let before = power_of_all(before);
		let total = power_of_all(elected.iter().map(|member| member.power)).saturating_add(before);
		let left = elected.iter().filter(|member| member.left.is_some());
		let mut out = power_of_all(left.map(|member| member.power)).saturating_add(before);
		for id in pools {
			let Some(member) = elected.iter().find(|member| member.pool == id && member.left.is_none())
			else {
				continue;
			};
			let out_with_it = out.saturating_add(member.power.into());
			let is_bearable = out_with_it.saturating_mul(3) <= total && !jailings.is_full();
			if is_bearable && Self::jail_one(id) {
				out = out_with_it;
				let since_ms = Self::clock_ms();
				let _ = jailings.try_push(Jailing { pool: id, power: member.power, since_ms });
				Jailings::<T>::put(&jailings);
			}
		}
	}

	/// Forgets who was jailed and is elected again, or was jailed so long ago that it need not be expected any more.
	pub(crate) fn forget_jailings(elected: &[SetMember]) {
		if !Jailings::<T>::exists() {
			return;
		}
		let (now_ms, age_ms_max) = (Self::clock_ms(), Periods::<T>::get().evidence_age_ms);
		Jailings::<T>::mutate(|jailings| {
			jailings.retain(|jailing| {
				let is_back = elected.iter().any(|member| member.pool == jailing.pool);
				!is_back && now_ms.saturating_sub(jailing.since_ms) <= age_ms_max
			});
		});
	}

	/// Jails a pool, unless its standing forbids it or nobody else stands for election. Says whether it did.
	fn jail_one(id: PoolId) -> bool {
		let Some(pool) = Pools::<T>::get(id) else { return false };
		let may_be_jailed = match pool.standing {
			Standing::Candidate => Candidates::<T>::decode_len().unwrap_or_default() > 1,
			Standing::Chilled => true,
			Standing::Jailed { .. } | Standing::Tombstoned(_) => false,
		};
		if !may_be_jailed {
			return false;
		}
		Watches::<T>::mutate(|watches| {
			watches.remove(&id);
		});
		let until_ms = Self::clock_ms().saturating_add(Periods::<T>::get().jail_ms);
		Self::leave_candidates(id, pool, Standing::Jailed { until_ms });
		Self::remove_from_set(id);
		true
	}

	pub(crate) fn do_unjail(who: T::AccountId) -> DispatchResult {
		let (id, pool) = Self::own_pool(&who)?;
		let Standing::Jailed { until_ms } = pool.standing else {
			return Err(Error::<T>::NotJailed.into());
		};
		ensure!(until_ms <= Self::clock_ms(), Error::<T>::JailedStill);
		let bonded = Stakes::<T>::get(&who).map(|stake| stake.bonded).unwrap_or_default();
		ensure!(bonded >= T::ValidatorBondMin::get(), Error::<T>::CandidateBondTooSmall);
		// It may have been barred meanwhile.
		ensure!(Keys::<T>::contains_key(&who), Error::<T>::KeyMissing);
		Self::enter_candidates(id, pool)
	}

	/// Takes the note of this block's commit. Not needed for the first block: the genesis is decided by nobody.
	pub(crate) fn is_commit_missing() -> bool {
		!CommitNoted::<T>::take() && T::CommitRequired::get() && Self::height() > 1
	}
}

fn power_of_all(powers: impl Iterator<Item = u64>) -> u128 {
	powers.fold(0, |sum, power| sum.saturating_add(power.into()))
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
