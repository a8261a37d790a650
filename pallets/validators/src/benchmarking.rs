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
use sp_runtime::traits::Zero;

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

/// A nominator whose every chunk names a tombstoned pool of its own, and so costs the most to settle.
fn slashed_nominator<T: Config>() -> Result<T::AccountId, BenchmarkError> {
	let who = bonded::<T>(1_000_000)?;
	for seed in 0..T::ChunksMax::get() {
		let pool = Pallet::<T>::own_pool(&candidate::<T>(seed, 0)?)?.0;
		Pallet::<T>::do_nominate(who.clone(), pool)?;
		Stakes::<T>::mutate_extant(&who, |stake| {
			let chunk = Chunk { amount: T::BondMin::get(), pool: Some(pool), era: Era(0), unlock_at_ms: 0 };
			stake.bonded = stake.bonded.saturating_sub(chunk.amount);
			let _ = stake.chunks.try_push(chunk);
			stake.role = Role::Idle;
		});
		Pools::<T>::mutate_extant(pool, |pool| {
			pool.stake = pool.stake.saturating_sub(bond_of::<T>());
			let tombstone = Tombstone { era: Era(0), fraction: T::SlashFraction::get() };
			pool.standing = Standing::Tombstoned(tombstone);
		});
		Candidates::<T>::mutate(|candidates| candidates.retain(|candidate| *candidate != pool));
		Pallet::<T>::do_bond_more(who.clone(), T::BondMin::get())?;
	}
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
	fn change_stake() -> Result<(), BenchmarkError> {
		let who = slashed_nominator::<T>()?;

		#[extrinsic_call]
		withdraw_unbonded(RawOrigin::Signed(who.clone()));

		assert!(Stakes::<T>::get(who).is_some_and(|stake| stake.chunks.is_empty()));
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
		full_chain::<T>()?;
		// The richest candidate has the highest seed.
		let key = key(T::CandidatesMax::get().saturating_sub(1));
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

	#[benchmark]
	fn note_commit(s: Linear<1, { T::ValidatorsMax::get() }>) -> Result<(), BenchmarkError> {
		(0..s).try_for_each(|seed| candidate::<T>(seed, 0).map(|_| ()))?;
		Pallet::<T>::begin_era(Pallet::<T>::era_of(1), Pallet::<T>::elect(), 1);
		set_height::<T>(2);
		let block = sets::raw_hash::<T>(frame_system::Pallet::<T>::parent_hash());
		let signatures: Vec<_> = Pallet::<T>::members_at(1)
			.iter()
			.map(|member| {
				let secret = (0..s).map(key).find(|secret| public(secret) == member.key)?;
				let vote = Vote {
					kind: VoteKind::Precommit,
					height: 1,
					round: 0,
					value: Some(block),
					voter: member.key,
				};
				Some(sign(&secret, &vote.preimage(&Pallet::<T>::genesis_hash())))
			})
			.collect();
		let precommits: PrecommitsOf<T> = signatures.try_into().map_err(|_| "a set is bounded")?;

		#[extrinsic_call]
		_(RawOrigin::None, 0, precommits);

		assert!(CommitNoted::<T>::get());
		Ok(())
	}

	#[benchmark]
	fn every_block() -> Result<(), BenchmarkError> {
		full_chain::<T>()?;
		NextSetHash::<T>::kill();

		#[block]
		{
			Pallet::<T>::note_author();
			Pallet::<T>::advance_clock();
			Pallet::<T>::commit_to_next_set();
		}

		assert!(NextSetHash::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn end_era() -> Result<(), BenchmarkError> {
		full_chain::<T>()?;
		for member in Pallet::<T>::members_at(0) {
			Authored::<T>::insert(member.pool, 1);
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
