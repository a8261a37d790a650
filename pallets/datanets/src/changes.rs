//! The changes of state behind the calls, after the arguments were checked.
//!
//! # Must not
//! Look at origins or proofs: the calls in `lib.rs` did.
//!
//! # Invariants
//! Each function changes all maps of an object together. An error undoes the whole call (calls are transactional),
//! so that the order of the steps within one is free.

use crate::{types::*, *};
use frame_support::pallet_prelude::*;
use sp_runtime::{traits::Saturating, DispatchError};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_create_datanet(
		owner: T::AccountId,
		name: NameOf<T>,
		licence: LicenceOf<T>,
	) -> DispatchResult {
		let id = NextDatanetId::<T>::get();
		NextDatanetId::<T>::put(id.next().ok_or(Error::<T>::IdsExhausted)?);
		let deposit = T::DatanetDeposit::get();
		T::Currency::hold(&HoldReason::Datanet.into(), &owner, deposit)?;
		let datanet = Datanet {
			owner: owner.clone(),
			name: name.clone(),
			licence: licence.clone(),
			created_at: frame_system::Pallet::<T>::block_number(),
			deposit,
			contributions: 0,
			next_sequence: Sequence::default(),
		};
		Datanets::<T>::insert(id, datanet);
		Self::deposit_event(Event::DatanetCreated { datanet: id, owner, name, licence, deposit });
		Ok(())
	}

	pub(crate) fn do_remove_datanet(id: DatanetId, datanet: Datanet<T>) -> DispatchResult {
		let Datanet { owner, deposit, .. } = datanet;
		T::Currency::release(&HoldReason::Datanet.into(), &owner, deposit, Precision::Exact)?;
		Datanets::<T>::remove(id);
		Self::deposit_event(Event::DatanetRemoved { datanet: id, owner, deposit });
		Ok(())
	}

	pub(crate) fn do_contribute(
		contributor: T::AccountId,
		datanet: DatanetId,
		content: Content,
		media_type: MediaTypeOf<T>,
		locator: LocatorOf<T>,
	) -> DispatchResult {
		let sequence = Self::take_place(datanet)?;
		let id = NextContributionId::<T>::get();
		NextContributionId::<T>::put(id.next().ok_or(Error::<T>::IdsExhausted)?);
		let deposit = Self::contribution_deposit(&media_type, &locator);
		T::Currency::hold(&HoldReason::Contribution.into(), &contributor, deposit)?;
		let contribution = Contribution {
			datanet,
			sequence,
			contributor: contributor.clone(),
			content,
			media_type: media_type.clone(),
			locator: locator.clone(),
			registered_at: frame_system::Pallet::<T>::block_number(),
			deposit,
		};
		Contributions::<T>::insert(id, contribution);
		ContributionByRoot::<T>::insert(content.root, id);
		ContributionIndex::<T>::insert(datanet, sequence, id);
		Self::deposit_event(Event::ContributionRegistered {
			contribution: id,
			datanet,
			sequence,
			contributor,
			content,
			media_type,
			locator,
			deposit,
		});
		Ok(())
	}

	pub(crate) fn do_withdraw(id: ContributionId, contribution: Contribution<T>) -> DispatchResult {
		let Contribution { datanet, sequence, contributor, content, deposit, .. } = contribution;
		T::Currency::release(&HoldReason::Contribution.into(), &contributor, deposit, Precision::Exact)?;
		Contributions::<T>::remove(id);
		ContributionByRoot::<T>::remove(content.root);
		ContributionIndex::<T>::remove(datanet, sequence);
		Datanets::<T>::mutate_extant(datanet, |datanet| {
			datanet.contributions = datanet.contributions.saturating_sub(1);
		});
		Self::deposit_event(Event::ContributionWithdrawn {
			contribution: id,
			datanet,
			sequence,
			contributor,
			content,
			deposit,
		});
		Ok(())
	}

	/// What a contribution with these texts costs to hold.
	pub fn contribution_deposit(media_type: &MediaTypeOf<T>, locator: &LocatorOf<T>) -> BalanceOf<T> {
		// Both are bounded by u32, so the sum fits once it is cut to u32.
		let bytes = (media_type.len() as u32).saturating_add(locator.len() as u32);
		T::ContributionDepositPerByte::get()
			.saturating_mul(bytes.into())
			.saturating_add(T::ContributionDepositBase::get())
	}

	/// The next place in a datanet, taken.
	fn take_place(datanet: DatanetId) -> Result<Sequence, DispatchError> {
		Datanets::<T>::try_mutate(datanet, |datanet| {
			let datanet = datanet.as_mut().ok_or(Error::<T>::UnknownDatanet)?;
			let sequence = datanet.next_sequence;
			datanet.next_sequence = sequence.next().ok_or(Error::<T>::IdsExhausted)?;
			datanet.contributions = datanet.contributions.saturating_add(1);
			Ok(sequence)
		})
	}
}
