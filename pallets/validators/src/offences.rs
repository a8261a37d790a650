//! Consensus keys, and what follows when one signs two conflicting messages.
//!
//! A tombstone is written to the pool once and ends it: the set loses it at the next height, nobody can join, no reward
//! arrives. Its positions and chunks pay when they are touched next, by anybody; the cost of slashing does not grow
//! with their number. A pool pays once, as of its *earliest* offence that was proved: proof of an earlier one moves the
//! tombstone back and so reaches what left in between, whichever was reported first.
//!
//! # Why no stake escapes
//! Evidence is accepted for `evidence_age_ms` from the beginning of the offence's era. What leaves a pool in that era or
//! later unlocks no earlier than `unbonding_ms`, which is longer, after the era began; and nothing but a chunk leaves a
//! pool. So whatever backed the offence is still there when the evidence is accepted, and names the pool until it has
//! paid or unlocks. An era takes at most half of `evidence_age_ms` on the chain clock, so that as much again is left to
//! prove what was done in its last block.
//!
//! # Must not
//! Slash for anything that is not proved by two signatures.
//!
//! # Invariants
//! - A key belongs to one account at most. A key whose equivocation was accepted belongs to none, ever again; nor does the
//!   key that its pool's validator had then.
//! - Who stands for election has a key.
//! - A tombstone's era never rises.

use crate::{types::*, *};
use codec::Encode;
use frame_support::pallet_prelude::*;
use plexus_primitives::{
	consensus::{key_proof_preimage, ConsensusKey, ConsensusSignature},
	equivocation::Equivocation,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_keys(
		who: T::AccountId,
		key: ConsensusKey,
		proof: ConsensusSignature,
	) -> DispatchResult {
		let stake = Stakes::<T>::get(&who).ok_or(Error::<T>::NotBonded)?;
		ensure!(stake.bonded >= T::ValidatorBondMin::get(), Error::<T>::CandidateBondTooSmall);
		match KeyHolders::<T>::get(key) {
			None => {}
			Some(KeyHolder::Held(_)) => return Err(Error::<T>::KeyHeld.into()),
			Some(KeyHolder::Barred) => return Err(Error::<T>::KeyBarred.into()),
		}
		let preimage = key_proof_preimage(&Self::genesis_hash(), &who);
		ensure!(key.verify(&preimage, &proof), Error::<T>::KeyProof);
		Self::give_key(who, key);
		Ok(())
	}

	/// Gives a free key to an account, which loses its former one.
	pub(crate) fn give_key(who: T::AccountId, key: ConsensusKey) {
		Self::forget_key(&who);
		Keys::<T>::insert(&who, key);
		KeyHolders::<T>::insert(key, KeyHolder::Held(who.clone()));
		Self::deposit_event(Event::KeySet { who, key });
	}

	/// Frees the account's key. The sets in which it stands are as they were.
	pub(crate) fn forget_key(who: &T::AccountId) {
		if let Some(key) = Keys::<T>::take(who) {
			KeyHolders::<T>::remove(key);
		}
	}

	/// Bars a key for ever, whoever has it now. Without a key its holder cannot be elected, so it stands down; who is jailed
	/// does not return without another.
	fn bar_key(key: ConsensusKey) {
		if let Some(KeyHolder::Held(holder)) = KeyHolders::<T>::get(key) {
			if let Ok((id, pool)) = Self::own_pool(&holder) {
				if pool.standing == Standing::Candidate {
					Self::leave_candidates(id, pool, Standing::Chilled);
				}
			}
			Keys::<T>::remove(holder);
		}
		KeyHolders::<T>::insert(key, KeyHolder::<T::AccountId>::Barred);
	}

	/// Whose offence the evidence proves, and in which era. The cheap checks come first, the signatures last.
	pub(crate) fn check_evidence(evidence: &Equivocation) -> Result<(PoolId, PoolOf<T>, Era), Error<T>> {
		let height = evidence.height();
		ensure!(height <= Self::height(), Error::<T>::EvidenceEarly);
		let era = Self::era_of(height);
		let set = EraSets::<T>::get(era).ok_or(Error::<T>::EvidenceOld)?;
		let age_ms = Self::clock_ms().saturating_sub(set.started_ms);
		ensure!(age_ms <= Periods::<T>::get().evidence_age_ms, Error::<T>::EvidenceOld);
		let is_signer = |member: &&SetMember| member.key == evidence.key() && member.is_in_at(height);
		let signer = set.members.iter().find(is_signer).ok_or(Error::<T>::EvidenceStranger)?;
		let pool = Pools::<T>::get(signer.pool).ok_or(Error::<T>::EvidenceKnown)?;
		let is_new = pool.tombstone().is_none_or(|tombstone| era < tombstone.era);
		ensure!(is_new, Error::<T>::EvidenceKnown);
		evidence.verify(&Self::genesis_hash()).map_err(|_| Error::<T>::EvidenceInvalid)?;
		Ok((signer.pool, pool, era))
	}

	pub(crate) fn do_report(evidence: Equivocation) -> DispatchResult {
		let (id, mut pool, era) = Self::check_evidence(&evidence)?;
		let (key, height) = (evidence.key(), evidence.height());
		if let Some(earlier) = pool.tombstone() {
			// What has paid has left the pool, and the rest pays the same fraction.
			let fraction = earlier.fraction;
			pool.standing = Standing::Tombstoned(Tombstone { era, fraction });
			Pools::<T>::insert(id, pool);
			Self::deposit_event(Event::EquivocationProved { pool: id, key, height, fraction });
			Self::bar_key(key);
			return Ok(());
		}
		let fraction = T::SlashFraction::get();
		Self::deposit_event(Event::EquivocationProved { pool: id, key, height, fraction });
		let validator = pool.validator.clone();
		Self::leave_candidates(id, pool, Standing::Tombstoned(Tombstone { era, fraction }));
		Watches::<T>::mutate(|watches| {
			watches.remove(&id);
		});
		Self::remove_from_set(id);
		Self::bar_key(key);
		// The key that the validator has changed to would never be proved to equivocate too: a pool pays once.
		if Self::own_pool(&validator).is_ok_and(|(own, _)| own == id) {
			if let Some(current) = Keys::<T>::get(&validator) {
				Self::bar_key(current);
			}
		}
		Ok(())
	}

	/// Whether a transaction that nobody signed may carry this evidence: one for each pool and era at a time, before all
	/// others.
	pub(crate) fn authorize_report(evidence: &Equivocation) -> TransactionValidityWithRefund {
		let (id, _, era) = Self::check_evidence(evidence).map_err(|error| {
			TransactionValidityError::Invalid(match error {
				Error::<T>::EvidenceEarly => InvalidTransaction::Future,
				Error::<T>::EvidenceOld | Error::<T>::EvidenceKnown => InvalidTransaction::Stale,
				_ => InvalidTransaction::BadProof,
			})
		})?;
		let validity = ValidTransaction::with_tag_prefix("validators/equivocation")
			.priority(TransactionPriority::MAX)
			.and_provides((id, era).encode())
			.longevity(EVIDENCE_LONGEVITY)
			.propagate(true)
			.build()?;
		Ok((validity, Weight::zero()))
	}
}

/// Blocks after which a pool looks at evidence again.
const EVIDENCE_LONGEVITY: u64 = 64;
