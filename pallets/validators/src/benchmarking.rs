//! Benchmarks of the calls and hooks at the bounds of the lists, for `weights.rs`.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{types::*, *};
use alloc::vec::Vec;
use ed25519_dalek::{Signer, SigningKey};
use frame_benchmarking::v2::*;
use frame_support::traits::fungible::Mutate;
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use plexus_primitives::{
	consensus::{key_proof_preimage, Vote, VoteKind},
	equivocation::{Equivocation, VoteFor},
};
use sp_runtime::{traits::Zero, DigestItem};

/// Enough for any number of bonds.
const RICH: Balance = 1 << 90;

fn key(seed: u32) -> SigningKey {
	let mut bytes = [7; 32];
	bytes[..4].copy_from_slice(&seed.to_le_bytes());
	SigningKey::from_bytes(&bytes)
}

fn public(key: &SigningKey) -> ConsensusKey {
	ConsensusKey(key.verifying_key().to_bytes())
}

fn sign(key: &SigningKey, preimage: &[u8]) -> ConsensusSignature {
	ConsensusSignature(key.sign(preimage).to_bytes())
}

fn bond_of<T: Config>() -> Balance {
	T::ValidatorBondMin::get().saturating_mul(4)
}

/// An account with money and a bond.
fn bonded<T: Config>(seed: u32) -> Result<T::AccountId, BenchmarkError> {
	let who: T::AccountId = account("staker", seed, 0);
	<T::Currency as Mutate<T::AccountId>>::set_balance(&who, RICH);
	Pallet::<T>::do_bond(who.clone(), bond_of::<T>())?;
	Ok(who)
}

/// A candidate with this stake above the usual.
fn candidate<T: Config>(seed: u32, more: Balance) -> Result<T::AccountId, BenchmarkError> {
	let who = bonded::<T>(seed)?;
	if more > 0 {
		Pallet::<T>::do_bond_more(who.clone(), more)?;
	}
	Pallet::<T>::give_key(who.clone(), public(&key(seed)));
	Pallet::<T>::do_validate(who.clone(), Perbill::from_percent(10))?;
	Ok(who)
}

/// A full list of candidates, and the set that they elect.
fn full_chain<T: Config>() -> Result<Vec<T::AccountId>, BenchmarkError> {
	let candidates: Result<Vec<_>, _> =
		(0..T::CandidatesMax::get()).map(|seed| candidate::<T>(seed, seed.into())).collect();
	Pallet::<T>::begin_era(Pallet::<T>::current_era(), Pallet::<T>::elect(), Pallet::<T>::height());
	candidates
}

/// A new pool whose validator was found to equivocate, with one reference left.
fn tombstoned<T: Config>(seed: u32) -> Result<PoolId, BenchmarkError> {
	let id = Pallet::<T>::own_pool(&candidate::<T>(seed, 0)?)?.0;
	let tombstone = Tombstone { era: Era(0), fraction: T::SlashFraction::get() };
	Pools::<T>::mutate_extant(id, |pool| {
		pool.standing = Standing::Tombstoned(tombstone);
		pool.references = 1;
	});
	Candidates::<T>::mutate(|candidates| candidates.retain(|candidate| *candidate != id));
	Ok(id)
}

/// A nominator with so many chunks, each of which names a tombstoned pool of its own that closes with it, as does what
/// is left of the bond: settling costs the most, and withdrawing leaves nothing of the stake.
fn slashed_nominator<T: Config>(chunks: u32) -> Result<T::AccountId, BenchmarkError> {
	let who = bonded::<T>(1_000_000)?;
	Pallet::<T>::give_key(who.clone(), public(&key(1_000_000)));
	let amount = T::BondMin::get();
	Pallet::<T>::do_bond_more(who.clone(), amount.saturating_mul(chunks.saturating_add(1).into()))?;
	let role = Role::Nominator(tombstoned::<T>(chunks)?);
	let pools: Result<Vec<_>, _> = (0..chunks).map(tombstoned::<T>).collect();
	let chunk = |pool| Chunk { amount, pool: Some(pool), era: Era(0), unlock_at_ms: 0 };
	let chunks: Vec<_> = pools?.into_iter().map(chunk).collect();
	Stakes::<T>::mutate_extant(&who, |stake| {
		stake.role = role;
		stake.bonded = 0;
		stake.chunks = chunks.try_into().unwrap_or_default();
	});
	Ok(who)
}

fn set_height<T: Config>(height: u32) {
	frame_system::Pallet::<T>::set_block_number(height.into());
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn bond() {
		let who: T::AccountId = whitelisted_caller();
		<T::Currency as Mutate<T::AccountId>>::set_balance(&who, RICH);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), bond_of::<T>());

		assert!(Stakes::<T>::contains_key(who));
	}

	#[benchmark]
	fn change_stake(c: Linear<0, { T::ChunksMax::get() }>) -> Result<(), BenchmarkError> {
		let who = slashed_nominator::<T>(c)?;

		#[extrinsic_call]
		withdraw_unbonded(RawOrigin::Signed(who.clone()));

		assert!(!Stakes::<T>::contains_key(who));
		Ok(())
	}

	#[benchmark]
	fn validate() -> Result<(), BenchmarkError> {
		full_chain::<T>()?;
		let who = bonded::<T>(2_000_000)?;
		Pallet::<T>::do_bond_more(who.clone(), bond_of::<T>())?;
		Pallet::<T>::give_key(who.clone(), public(&key(2_000_000)));

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), Perbill::zero());

		assert!(Pallet::<T>::own_pool(&who).is_ok_and(|(_, pool)| pool.standing == Standing::Candidate));
		Ok(())
	}

	#[benchmark]
	fn chill() -> Result<(), BenchmarkError> {
		let who = full_chain::<T>()?.remove(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Pallet::<T>::own_pool(&who).is_ok_and(|(_, pool)| pool.standing == Standing::Chilled));
		Ok(())
	}

	#[benchmark]
	fn set_keys() -> Result<(), BenchmarkError> {
		let who = bonded::<T>(0)?;
		Pallet::<T>::give_key(who.clone(), public(&key(0)));
		let proof = sign(&key(1), &key_proof_preimage(&Pallet::<T>::genesis_hash(), &who));

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), public(&key(1)), proof);

		assert_eq!(Keys::<T>::get(who), Some(public(&key(1))));
		Ok(())
	}

	#[benchmark]
	fn report_equivocation() -> Result<(), BenchmarkError> {
		let candidates = full_chain::<T>()?;
		// The richest candidate has the highest seed. It has changed its key since, so that two are barred.
		let key = key(T::CandidatesMax::get().saturating_sub(1));
		if let Some(richest) = candidates.last() {
			Pallet::<T>::give_key(richest.clone(), public(&super::key(1_000_000)));
		}
		let voter = public(&key);
		let vote = |value| {
			let vote = Vote { kind: VoteKind::Precommit, height: 0, round: 0, value, voter };
			VoteFor { value, signature: sign(&key, &vote.preimage(&Pallet::<T>::genesis_hash())) }
		};
		let evidence = Equivocation::votes(voter, 0, 0, VoteKind::Precommit, vote(None), vote(Some([1; 32])));

		#[extrinsic_call]
		_(RawOrigin::Authorized, evidence);

		assert_eq!(KeyHolders::<T>::get(voter), Some(KeyHolder::Barred));
		Ok(())
	}

	/// Of a full set, of which `s` have signed. All others are absent once too often and jailed: by power they are few.
	/// The round is late, so that turns have passed.
	#[benchmark]
	fn note_commit(s: Linear<1, { T::ValidatorsMax::get() }>) -> Result<(), BenchmarkError> {
		let (all, mighty) = (T::ValidatorsMax::get(), RICH / 2);
		(0..all).try_for_each(|seed| candidate::<T>(seed, if seed == 0 { mighty } else { 0 }).map(|_| ()))?;
		Pallet::<T>::begin_era(Pallet::<T>::era_of(1), Pallet::<T>::elect(), 1);
		set_height::<T>(2);
		let members = Pallet::<T>::members_at(1);
		let ChainPeriods { absence_blocks, absences_max, missed_turns_max, .. } = Periods::<T>::get();
		let watch =
			Watch { since: 0, missed: absences_max.saturating_add(1), missed_turns: missed_turns_max };
		Watches::<T>::mutate(|watches| {
			for member in &members {
				let _ = watches.try_insert(member.pool, watch);
			}
		});
		let pools = members.iter().map(|member| member.pool).collect::<Vec<_>>();
		let gone = Absences { height: 1, pools: pools.try_into().map_err(|_| "a set is bounded")? };
		AbsenceRing::<T>::insert(1 % absence_blocks, gone);
		let block = sets::raw_hash::<T>(frame_system::Pallet::<T>::parent_hash());
		let round = liveness::ROUNDS_MAX;
		let sign_as = |member: &SetMember| {
			let secret = (0..all).map(key).find(|secret| public(secret) == member.key)?;
			let (kind, value, voter) = (VoteKind::Precommit, Some(block), member.key);
			let vote = Vote { kind, height: 1, round, value, voter };
			Some(sign(&secret, &vote.preimage(&Pallet::<T>::genesis_hash())))
		};
		// The mighty one is first.
		let places = members.iter().zip(0..);
		let signatures: Vec<_> =
			places.map(|(member, place)| if place < s { sign_as(member) } else { None }).collect();
		let precommits: PrecommitsOf<T> = signatures.try_into().map_err(|_| "a set is bounded")?;

		#[extrinsic_call]
		_(RawOrigin::None, round, precommits);

		assert!(CommitNoted::<T>::get());
		assert_eq!(Jailings::<T>::get().len() as u32, all.saturating_sub(s));
		Ok(())
	}

	/// By an author who makes up for missed turns, after a change of the set.
	#[benchmark]
	fn every_block() -> Result<(), BenchmarkError> {
		full_chain::<T>()?;
		NextSetHash::<T>::kill();
		CommitNoted::<T>::put(true);
		let author = Pallet::<T>::members_at(0).pop().ok_or("a full set")?;
		let watch = Watch { since: 0, missed: 0, missed_turns: 1 };
		Watches::<T>::mutate(|watches| {
			let _ = watches.try_insert(author.pool, watch);
		});
		let payload = codec::Encode::encode(&author.key.0);
		frame_system::Pallet::<T>::deposit_log(DigestItem::PreRuntime(ENGINE_ID, payload));

		#[block]
		{
			Pallet::<T>::note_author();
			let _ = Pallet::<T>::is_commit_missing();
			Pallet::<T>::advance_clock();
			Pallet::<T>::commit_to_next_set();
		}

		assert!(NextSetHash::<T>::exists() && Authored::<T>::get(author.pool) > 0);
		Ok(())
	}

	/// In which all candidates change their commissions.
	#[benchmark]
	fn end_era() -> Result<(), BenchmarkError> {
		let candidates = full_chain::<T>()?;
		let watch = Watch { since: 0, missed: 1, missed_turns: 1 };
		for member in Pallet::<T>::members_at(0) {
			Authored::<T>::insert(member.pool, 1);
			Watches::<T>::mutate(|watches| {
				let _ = watches.try_insert(member.pool, watch);
			});
		}
		for candidate in candidates {
			let pool = Pallet::<T>::own_pool(&candidate)?.0;
			Pools::<T>::mutate_extant(pool, |pool| pool.commission_next = Perbill::zero());
			let jailing = Jailing { pool, power: 1, since_ms: 0 };
			Jailings::<T>::mutate(|jailings| {
				let _ = jailings.try_push(jailing);
			});
		}
		<T::Currency as Mutate<T::AccountId>>::set_balance(&Pallet::<T>::pot(), RICH);
		set_height::<T>(Periods::<T>::get().era_blocks.saturating_sub(1));
		let before = frame_system::Pallet::<T>::block_number();

		#[block]
		{
			Pallet::<T>::end_era_if_due();
		}

		assert!(before > BlockNumberFor::<T>::zero() && EraSets::<T>::contains_key(Era(1)));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::genesis(Default::default()), crate::mock::Test);
}
