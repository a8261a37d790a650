//! Who the validators are at which height.
//!
//! ```text
//! era e:   height e·N … e·N + N−1                       on_finalize of the last block elects era e+1,
//!          set(e) minus those who left early            so the set of each height is known one block before
//! ```
//!
//! A validator that is removed in block `h` is in the set of `h` and not in that of `h + 1`. The engine asks for the
//! set of `h + 1` when block `h` is committed, and the header of `h` has its hash.
//!
//! # Must not
//! Let a set become empty, or change the set of a height that has begun.
//!
//! # Invariants
//! - Each era's set is stored once, with the height at which a member left. `set(h)` is a function of the stored
//!   eras, for as many of them as evidence may be about.
//! - `Candidates` lists exactly the pools whose standing says so.

use crate::{types::*, *};
use alloc::vec::Vec;
use frame_support::{ensure, pallet_prelude::DispatchResult};
use plexus_primitives::consensus::{sort_by_power, validator_set_hash, Voter};
use sp_runtime::{
	traits::{SaturatedConversion, Zero},
	BoundedVec, DigestItem, Saturating,
};

impl<T: Config> Pallet<T> {
	/// Height of the block that is executed.
	pub(crate) fn height() -> u64 {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The era of a height.
	pub fn era_of(height: u64) -> Era {
		Era(height.checked_div(Periods::<T>::get().era_blocks.into()).unwrap_or_default())
	}

	/// The era of the block that is executed.
	pub(crate) fn current_era() -> Era {
		Self::era_of(Self::height())
	}

	/// The validators of a height, in the order of consensus. Empty if it is not known yet or any more.
	pub fn members_at(height: u64) -> Vec<SetMember> {
		let Some(set) = EraSets::<T>::get(Self::era_of(height)) else { return Vec::new() };
		set.members.into_iter().filter(|member| member.is_in_at(height)).collect()
	}

	/// The validators of a height as consensus knows them.
	pub fn voters_at(height: u64) -> Vec<Voter> {
		Self::members_at(height).iter().map(SetMember::voter).collect()
	}

	/// Hash of the genesis block. FRAME keeps it for ever; in the genesis itself it is not known.
	pub(crate) fn genesis_hash() -> [u8; 32] {
		raw_hash::<T>(frame_system::Pallet::<T>::block_hash(
			frame_system::pallet_prelude::BlockNumberFor::<T>::zero(),
		))
	}

	/// Puts a pool among the candidates. A full list makes room only for more stake than its weakest has.
	///
	/// Reads all candidates' pools when the list is full.
	pub(crate) fn enter_candidates(id: PoolId, mut pool: PoolOf<T>) -> DispatchResult {
		let mut candidates = Candidates::<T>::get();
		if candidates.is_full() {
			let (weakest, weakest_pool) = Self::weakest(&candidates).ok_or(Error::<T>::TooManyCandidates)?;
			ensure!(pool.stake > weakest_pool.stake, Error::<T>::TooManyCandidates);
			candidates.retain(|candidate| *candidate != weakest);
			Self::stand_down(weakest, weakest_pool, Standing::Chilled);
		}
		candidates.try_push(id).map_err(|_| Error::<T>::TooManyCandidates)?;
		Candidates::<T>::put(candidates);
		pool.standing = Standing::Candidate;
		Pools::<T>::insert(id, pool);
		Self::deposit_event(Event::CandidateEntered { pool: id });
		Ok(())
	}

	/// The candidate with the least stake, of equals the youngest.
	fn weakest(candidates: &[PoolId]) -> Option<(PoolId, PoolOf<T>)> {
		candidates
			.iter()
			.filter_map(|id| Some((*id, Pools::<T>::get(id)?)))
			.min_by_key(|(id, pool)| (pool.stake, core::cmp::Reverse(*id)))
	}

	/// Gives a pool another standing than that of a candidate.
	pub(crate) fn leave_candidates(id: PoolId, pool: PoolOf<T>, standing: Standing) {
		Candidates::<T>::mutate(|candidates| candidates.retain(|candidate| *candidate != id));
		Self::stand_down(id, pool, standing);
	}

	fn stand_down(id: PoolId, mut pool: PoolOf<T>, standing: Standing) {
		pool.standing = standing;
		Pools::<T>::insert(id, pool);
		Self::deposit_event(Event::StoodDown { pool: id, standing });
	}

	/// Whether nobody would be left without this pool, so that it has to stay.
	pub(crate) fn is_last(id: PoolId) -> bool {
		matches!(Self::remaining().as_slice(), [only] if only.pool == id)
	}

	/// Those of the current era who have not left.
	fn remaining() -> Vec<SetMember> {
		let set = EraSets::<T>::get(Self::current_era());
		let members = set.map(|set| set.members.into_inner()).unwrap_or_default();
		members.into_iter().filter(|member| member.left.is_none()).collect()
	}

	/// Takes a pool out of the set from the next height on, unless it is the last one.
	pub(crate) fn remove_from_set(id: PoolId) {
		if Self::is_last(id) {
			return;
		}
		let from = Self::height().saturating_add(1);
		EraSets::<T>::mutate_extant(Self::current_era(), |set| {
			for member in set.members.iter_mut().filter(|member| member.pool == id) {
				if member.left.is_none() {
					member.left = Some(from);
					NextSetHash::<T>::kill();
					Self::deposit_event(Event::LeftSet { pool: id, from });
				}
			}
		});
	}

	/// Ends the era if the block that is executed is its last: pays, and elects the next set.
	pub(crate) fn end_era_if_due() {
		let (height, era) = (Self::height(), Self::current_era());
		let next = Self::era_of(height.saturating_add(1));
		if next == era {
			return;
		}
		let members = EraSets::<T>::get(era).map(|set| set.members.into_inner()).unwrap_or_default();
		Self::pay_era(era, &members);
		Self::begin_era(next, Self::elect(), height.saturating_add(1));
	}

	/// Stores an era's set and forgets the oldest.
	pub(crate) fn begin_era(era: Era, members: Vec<SetMember>, from: u64) {
		let members: BoundedVec<_, T::ValidatorsMax> = BoundedVec::truncate_from(members);
		Watches::<T>::mutate(|watches| {
			watches.retain(|pool, _| members.iter().any(|member| member.pool == *pool))
		});
		let set = EraSet { started_ms: Self::clock_ms(), members: members.clone() };
		EraSets::<T>::insert(era, set);
		let kept = Periods::<T>::get().history_eras(BlockTimeMs::<T>::get());
		if let Some(oldest) = era.0.checked_sub(kept) {
			EraSets::<T>::remove(Era(oldest));
		}
		NextSetHash::<T>::kill();
		Self::deposit_event(Event::SetElected { era, from, members });
	}

	/// The candidates with the most stake, of equals those with the smaller account. If there is none who can be
	/// elected, the current validators go on.
	///
	/// Bounded by the list of candidates: reads each one's pool and key, and writes the pool if its commission changes.
	pub(crate) fn elect() -> Vec<SetMember> {
		let mut elected: Vec<_> = Candidates::<T>::get().into_iter().filter_map(Self::standing_for).collect();
		elected.sort_by(|(pool_a, _), (pool_b, _)| {
			pool_b.stake.cmp(&pool_a.stake).then_with(|| pool_a.validator.cmp(&pool_b.validator))
		});
		elected.truncate(T::ValidatorsMax::get() as usize);
		let mut members: Vec<_> = elected.into_iter().map(|(_, member)| member).collect();
		if members.is_empty() {
			members = Self::remaining();
		}
		sort_by_power(&mut members, SetMember::voter);
		members
	}

	/// A candidate as it would be in the set; its new commission comes into force.
	fn standing_for(id: PoolId) -> Option<(PoolOf<T>, SetMember)> {
		let mut pool = Pools::<T>::get(id)?;
		if pool.commission != pool.commission_next {
			pool.commission = pool.commission_next;
			Pools::<T>::insert(id, &pool);
		}
		let key = Keys::<T>::get(&pool.validator)?;
		let power = voting_power(pool.stake, T::PowerUnit::get(), T::ValidatorsMax::get());
		Some((pool, SetMember { pool: id, key, power, left: None }))
	}

	/// Puts the hash of the next height's set into the header: 1 byte of [`SET_COMMITMENT_VERSION`], 32 of
	/// [`validator_set_hash`].
	///
	/// The hash is computed when the set has changed, and otherwise read.
	pub(crate) fn commit_to_next_set() {
		let hash = NextSetHash::<T>::get().unwrap_or_else(|| {
			let voters = Self::voters_at(Self::height().saturating_add(1));
			let hash = validator_set_hash(&Self::genesis_hash(), &voters);
			NextSetHash::<T>::put(hash);
			hash
		});
		let payload = codec::Encode::encode(&(SET_COMMITMENT_VERSION, hash));
		frame_system::Pallet::<T>::deposit_log(DigestItem::Consensus(SET_ENGINE_ID, payload));
	}

	/// Notes the author that the header names, if it is a validator of this height, and counts its block. That its turn
	/// it was is checked by who votes for the block; here the round is not known yet.
	pub(crate) fn note_author() {
		let digest = frame_system::Pallet::<T>::digest();
		let claimed = digest.logs().iter().find_map(|item| item.pre_runtime_try_to::<[u8; 32]>(&ENGINE_ID));
		let author = claimed
			.and_then(|key| Self::members_at(Self::height()).into_iter().find(|member| member.key.0 == key));
		match author {
			Some(member) => {
				Author::<T>::put(member.key);
				Authored::<T>::mutate(member.pool, |blocks| blocks.saturating_inc());
				Self::forgive_turns(member.pool);
			}
			None => Author::<T>::kill(),
		}
	}

	/// Moves the chain clock to this block's timestamp.
	pub(crate) fn advance_clock() {
		let timestamp_ms = <T::Time as frame_support::traits::Time>::now();
		Clock::<T>::mutate(|clock| clock.advance(timestamp_ms));
	}

	/// What the chain clock shows, in milliseconds: as of the block before, until the end of the block.
	pub fn clock_ms() -> u64 {
		Clock::<T>::get().elapsed_ms
	}
}

/// A hash of the runtime's type as bytes. All of ours have 32.
pub(crate) fn raw_hash<T: Config>(hash: T::Hash) -> [u8; 32] {
	hash.as_ref().try_into().unwrap_or_default()
}
