//! What the calls change, after their checks: state, holds and events together.
//!
//! # Must not
//! Touch a lineage once it is stored, or an ask.
//!
//! # Invariants
//! An error undoes the whole call (calls are transactional), so that the order of the steps within one is free. The
//! cheap checks of a registration come first, the proof last.

use crate::{types::*, *};
use codec::Encode;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::tokens::Precision,
};
use frame_system::{
	ensure_signed,
	pallet_prelude::{BlockNumberFor, OriginFor},
};
use plexus_maps::{Prehashed, PrehashedDouble};
use plexus_primitives::{commitment, purpose::Purpose};
use sp_runtime::traits::{Saturating, Zero};

/// What a registration meets at its artifact's root.
enum Claim<T: Config> {
	/// Nobody holds it.
	Free,
	/// A model holds it that gives way.
	Weaker(ModelId, Model<T>),
	/// A model holds it, and keeps it.
	Held(ModelId),
}

impl<T: Config> Pallet<T> {
	/// The model, if its developer signed.
	pub(crate) fn ensure_developer(origin: OriginFor<T>, model: ModelId) -> Result<Model<T>, DispatchError> {
		let signer = ensure_signed(origin)?;
		let record = Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(record.developer == signer, Error::<T>::NotDeveloper);
		Ok(record)
	}

	/// The hash under which `developer` commits to artifacts with these roots on this chain.
	pub fn commitment_hash(
		developer: &T::AccountId,
		salt: &[u8; SALT_BYTES],
		roots: impl IntoIterator<Item = [u8; 32]>,
	) -> [u8; 32] {
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let genesis: [u8; 32] = genesis.as_ref().try_into().unwrap_or_default();
		developer
			.using_encoded(|account| commitment(Purpose::ModelCommitment, &genesis, account, salt, roots))
	}

	pub(crate) fn do_commit(account: T::AccountId, hash: [u8; 32]) -> DispatchResult {
		let number = NextCommitmentNumber::<T>::get();
		NextCommitmentNumber::<T>::put(number.next().ok_or(Error::<T>::IdsExhausted)?);
		let deposit = T::CommitmentDeposit::get();
		T::Currency::hold(&HoldReason::Commitment.into(), &account, deposit)?;
		let now_ms = T::Clock::now_ms();
		let usable_from_ms = now_ms.saturating_add(T::CommitmentAgeMsMin::get());
		let expires_at_ms = now_ms.saturating_add(T::CommitmentLifetimeMs::get());
		Self::deposit_event(Event::CommitmentMade {
			account: account.clone(),
			hash,
			number,
			usable_from_ms,
			expires_at_ms,
			deposit,
		});
		Commitments::<T>::insert(
			account,
			hash,
			Commitment { number, usable_from_ms, expires_at_ms, deposit },
		);
		Ok(())
	}

	/// The commitment, taken out, if it can be used now.
	pub(crate) fn take_usable_commitment(
		account: &T::AccountId,
		hash: [u8; 32],
	) -> Result<Commitment<T>, Error<T>> {
		let taken = Commitments::<T>::take(account, hash).ok_or(Error::<T>::UnknownCommitment)?;
		let now_ms = T::Clock::now_ms();
		ensure!(now_ms >= taken.usable_from_ms, Error::<T>::CommitmentTooYoung);
		ensure!(now_ms < taken.expires_at_ms, Error::<T>::CommitmentExpired);
		Ok(taken)
	}

	/// The caller has taken the commitment out.
	pub(crate) fn do_close_commitment(
		account: T::AccountId,
		hash: [u8; 32],
		closed: &Commitment<T>,
		used: bool,
	) -> DispatchResult {
		let deposit = closed.deposit;
		T::Currency::release(&HoldReason::Commitment.into(), &account, deposit, Precision::Exact)?;
		Self::deposit_event(Event::CommitmentClosed { account, hash, used, deposit });
		Ok(())
	}

	/// Whether it was registered: a held artifact is skipped, so that it does not void the others of the call, whose roots
	/// are shown by then.
	pub(crate) fn do_register(
		developer: &T::AccountId,
		under: &Commitment<T>,
		registration: Registration<T>,
	) -> Result<bool, DispatchError> {
		let Registration { spec, locators, length_proof } = registration;
		let root = spec.artifact.root;
		let weaker = match Self::claim(root, under)? {
			Claim::Free => None,
			Claim::Weaker(holder, held) => Some((holder, held)),
			Claim::Held(holder) => {
				let developer = developer.clone();
				Self::deposit_event(Event::RootHeld { root, holder, developer });
				return Ok(false);
			}
		};
		spec.check_form()?;
		locators.check()?;
		let model = NextModelId::<T>::get();
		NextModelId::<T>::put(model.next().ok_or(Error::<T>::IdsExhausted)?);
		Self::take_root(root, model, weaker);
		Self::check_manifest(&spec.manifest)?;
		let lineage = Self::flatten(&spec)?;
		verify_length_proof(&spec.artifact, &length_proof).map_err(Error::<T>::from)?;
		let deposit = Self::permanent_deposit(&spec, &lineage);
		T::Currency::hold(&HoldReason::Model.into(), developer, deposit)?;
		let location = Self::put_locators(developer, model, locators)?;
		Self::put_into_indices(developer, model, &spec)?;
		if !lineage.is_empty() {
			Prehashed::<Lineages<T>>::insert(model, lineage);
		}
		let record = Model {
			developer: developer.clone(),
			status: ModelStatus::Active,
			spec,
			registered_at: frame_system::Pallet::<T>::block_number(),
			commitment: under.number,
			contestable_until_ms: under.expires_at_ms,
			deposit,
		};
		Prehashed::<Models<T>>::insert(model, &record);
		Self::deposit_event(Event::ModelRegistered {
			model,
			developer: record.developer,
			spec: record.spec,
			locators: location.locators,
			commitment: under.number,
			deposit,
			locators_deposit: location.deposit,
		});
		Ok(true)
	}

	/// Who holds a root. Who gives way must have committed later and be contestable still. With one lifetime for all, who
	/// committed earlier also expires earlier, and the second follows from the first; it is checked so that what the query
	/// promises holds when the lifetime is changed.
	fn claim(root: [u8; 32], under: &Commitment<T>) -> Result<Claim<T>, Error<T>> {
		let Some(holder) = Prehashed::<ModelByRoot<T>>::get(root) else { return Ok(Claim::Free) };
		let held = Models::<T>::get(holder).ok_or(Error::<T>::UnknownModel)?;
		let contestable = T::Clock::now_ms() < held.contestable_until_ms;
		Ok(match contestable && under.number < held.commitment {
			true => Claim::Weaker(holder, held),
			false => Claim::Held(holder),
		})
	}

	/// Makes the model the holder of its artifact's root. Who had it before is superseded.
	fn take_root(root: [u8; 32], model: ModelId, before: Option<(ModelId, Model<T>)>) {
		if let Some((holder, mut held)) = before {
			held.status = ModelStatus::Superseded { by: model };
			Models::<T>::insert(holder, held);
			Self::deposit_event(Event::ModelSuperseded { model: holder, by: model });
		}
		Prehashed::<ModelByRoot<T>>::insert(root, model);
	}

	fn put_into_indices(developer: &T::AccountId, model: ModelId, spec: &Spec<T>) -> Result<(), Error<T>> {
		let take = |next: &mut Sequence| -> Result<Sequence, Error<T>> {
			let place = *next;
			*next = place.next().ok_or(Error::<T>::IdsExhausted)?;
			Ok(place)
		};
		let place = Prehashed::<NextOfDeveloper<T>>::try_mutate(developer, take)?;
		PrehashedDouble::<ModelsByDeveloper<T>>::insert(developer, place, model);
		for parent in &spec.parents {
			let place = Prehashed::<NextChild<T>>::try_mutate(parent, take)?;
			PrehashedDouble::<Children<T>>::insert(parent, place, model);
		}
		Ok(())
	}

	/// What a model costs to hold for ever at the present price.
	pub(crate) fn permanent_deposit(spec: &Spec<T>, lineage: &LineageOf<T>) -> BalanceOf<T> {
		T::DepositPerByte::get()
			.saturating_mul(spec.permanent_bytes(lineage).into())
			.saturating_add(T::ModelDeposit::get())
	}

	pub(crate) fn do_set_locators(
		developer: T::AccountId,
		model: ModelId,
		locators: Locators<T>,
	) -> DispatchResult {
		let former = Locations::<T>::take(model).map_or_else(Zero::zero, |former| former.deposit);
		// Without locators nothing is on hold.
		if !former.is_zero() {
			let reason = HoldReason::Locators.into();
			T::Currency::release(&reason, &developer, former, Precision::Exact)?;
		}
		let Location { locators, deposit } = Self::put_locators(&developer, model, locators)?;
		Self::deposit_event(Event::LocatorsSet { model, locators, deposit });
		Ok(())
	}

	/// Puts what they cost on hold.
	fn put_locators(
		developer: &T::AccountId,
		model: ModelId,
		locators: Locators<T>,
	) -> Result<Location<T>, DispatchError> {
		let deposit = locators.deposit();
		if !deposit.is_zero() {
			T::Currency::hold(&HoldReason::Locators.into(), developer, deposit)?;
		}
		let location = Location { locators, deposit };
		Prehashed::<Locations<T>>::insert(model, &location);
		Ok(location)
	}
}
