//! What owners do: create, describe, pause, retire, hand over, name curators.
//!
//! # Must not
//! Touch contributions: their own modules do.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};

impl<T: Config> Pallet<T> {
	pub(crate) fn ensure_datanet(id: DatanetId) -> Result<Datanet<T>, Error<T>> {
		Datanets::<T>::get(id).ok_or(Error::UnknownDatanet)
	}

	/// The datanet, if its owner signed.
	pub(crate) fn ensure_owner(origin: OriginFor<T>, id: DatanetId) -> Result<Datanet<T>, DispatchError> {
		let signer = ensure_signed(origin)?;
		let record = Self::ensure_datanet(id)?;
		ensure!(record.owner == signer, Error::<T>::NotOwner);
		Ok(record)
	}

	pub(crate) fn ensure_description(name: &NameOf<T>, tags: &TagsOf<T>) -> Result<(), Error<T>> {
		ensure!(text::is_name(name), Error::InvalidName);
		for (index, tag) in tags.iter().enumerate() {
			ensure!(text::is_tag(tag), Error::InvalidTag);
			ensure!(!tags.iter().take(index).any(|other| other == tag), Error::InvalidTag);
		}
		Ok(())
	}

	pub(crate) fn ensure_licence(licence: &Licence<T>) -> Result<(), Error<T>> {
		match licence {
			Licence::Spdx(expression) => ensure!(texts::is_licence(expression), Error::InvalidLicence),
			Licence::Terms(content) => ensure!(content.len > 0, Error::EmptyContent),
		}
		Ok(())
	}

	pub(crate) fn ensure_curators(curators: &CuratorsOf<T>) -> Result<(), Error<T>> {
		let repeats = |(index, curator)| curators.iter().take(index).any(|other| other == curator);
		ensure!(!curators.is_empty(), Error::InvalidCurators);
		ensure!(!curators.iter().enumerate().any(repeats), Error::InvalidCurators);
		Ok(())
	}

	pub(crate) fn do_create_datanet(
		owner: T::AccountId,
		profile: Profile<T>,
		admission: Admission<T>,
	) -> DispatchResult {
		let id = NextDatanetId::<T>::get();
		NextDatanetId::<T>::put(id.next().ok_or(Error::<T>::IdsExhausted)?);
		let deposit = T::DatanetDeposit::get();
		Self::hold(HoldReason::Datanet, &owner, deposit)?;
		let curators = match &admission {
			Admission::Open => None,
			Admission::Curated(members) => {
				CuratorSets::<T>::insert(id, 0, CuratorSet { members: members.clone(), duties: 0 });
				Some(0)
			}
		};
		let publishable_at_ms = T::Clock::now_ms().saturating_add(CurrentWindows::<T>::get().publication_ms);
		let datanet = Datanet {
			owner: owner.clone(),
			proposed_owner: None,
			status: DatanetStatus::Active,
			curators,
			created_at: frame_system::Pallet::<T>::block_number(),
			deposit,
			contributions: 0,
			accepted: 0,
			weight: 0,
			version: DatanetVersion::default(),
			changes: 0,
			publishable_at_ms,
			next_sequence: Sequence::default(),
			closed_from: None,
			expirable_from_ms: None,
		};
		Datanets::<T>::insert(id, datanet);
		DatanetsByOwner::<T>::insert(&owner, id, ());
		Self::index_tags(id, &profile.tags);
		Profiles::<T>::insert(id, profile.clone());
		let Profile { name, tags, licence } = profile;
		Self::deposit_event(Event::DatanetCreated {
			datanet: id,
			owner,
			name,
			tags,
			licence,
			admission,
			deposit,
			publishable_at_ms,
		});
		Ok(())
	}

	pub(crate) fn do_remove_datanet(id: DatanetId, record: Datanet<T>) -> DispatchResult {
		let Datanet { owner, deposit, curators, .. } = record;
		Self::release(HoldReason::Datanet, &owner, deposit)?;
		Datanets::<T>::remove(id);
		DatanetsByOwner::<T>::remove(&owner, id);
		if let Some(profile) = Profiles::<T>::take(id) {
			Self::unindex_tags(id, &profile.tags);
		}
		// Without contributions nothing waits for former curators, so that only the present ones are there.
		if let Some(generation) = curators {
			CuratorSets::<T>::remove(id, generation);
			CuratorsProposed::<T>::remove(id);
		}
		Self::deposit_event(Event::DatanetRemoved { datanet: id, owner, deposit });
		Ok(())
	}

	pub(crate) fn do_describe(id: DatanetId, name: NameOf<T>, tags: TagsOf<T>) -> DispatchResult {
		Profiles::<T>::try_mutate(id, |profile| {
			let profile = profile.as_mut().ok_or(Error::<T>::UnknownDatanet)?;
			Self::unindex_tags(id, &profile.tags);
			Self::index_tags(id, &tags);
			profile.name = name.clone();
			profile.tags = tags.clone();
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::DatanetDescribed { datanet: id, name, tags });
		Ok(())
	}

	fn index_tags(id: DatanetId, tags: &TagsOf<T>) {
		for tag in tags {
			DatanetsByTag::<T>::insert(tag, id, ());
		}
	}

	fn unindex_tags(id: DatanetId, tags: &TagsOf<T>) {
		for tag in tags {
			DatanetsByTag::<T>::remove(tag, id);
		}
	}

	pub(crate) fn do_set_status(
		id: DatanetId,
		mut record: Datanet<T>,
		status: DatanetStatus,
	) -> DispatchResult {
		ensure!(record.status != DatanetStatus::Retired, Error::<T>::DatanetRetired);
		ensure!(record.status != status, Error::<T>::StatusUnchanged);
		record.status = status;
		record.closed_from = match status {
			DatanetStatus::Active => None,
			// A retirement after a pause closes nothing anew.
			DatanetStatus::Paused | DatanetStatus::Retired => {
				Some(record.closed_from.unwrap_or_else(NextCommitment::<T>::get))
			}
		};
		if status == DatanetStatus::Retired {
			let window_ms = CurrentWindows::<T>::get().acceptance_ms;
			record.expirable_from_ms = Some(T::Clock::now_ms().saturating_add(window_ms));
		}
		let (closed_from, expirable_from_ms) = (record.closed_from, record.expirable_from_ms);
		Datanets::<T>::insert(id, record);
		Self::deposit_event(Event::DatanetStatusSet { datanet: id, status, closed_from, expirable_from_ms });
		Ok(())
	}

	pub(crate) fn do_propose_owner(id: DatanetId, mut record: Datanet<T>, proposed: Option<T::AccountId>) {
		record.proposed_owner = proposed.clone();
		Datanets::<T>::insert(id, record);
		Self::deposit_event(Event::OwnerProposed { datanet: id, proposed });
	}

	/// A new owner inherits everything but what the former one had prepared.
	pub(crate) fn do_accept_ownership(
		owner: T::AccountId,
		id: DatanetId,
		mut record: Datanet<T>,
	) -> DispatchResult {
		let former = core::mem::replace(&mut record.owner, owner.clone());
		let deposit = record.deposit;
		record.proposed_owner = None;
		Datanets::<T>::insert(id, record);
		// Held first, so that one who offers to itself must have it twice: a rule less than a case more.
		Self::hold(HoldReason::Datanet, &owner, deposit)?;
		Self::release(HoldReason::Datanet, &former, deposit)?;
		DatanetsByOwner::<T>::remove(&former, id);
		DatanetsByOwner::<T>::insert(&owner, id, ());
		CuratorsProposed::<T>::remove(id);
		Self::deposit_event(Event::OwnerChanged { datanet: id, former, owner, deposit });
		Ok(())
	}

	pub(crate) fn do_propose_curators(id: DatanetId, curators: Option<CuratorsOf<T>>) {
		let delay_ms = CurrentWindows::<T>::get().curators_ms;
		let enactable_at_ms = T::Clock::now_ms().saturating_add(delay_ms);
		match &curators {
			Some(members) => {
				let members = members.clone();
				CuratorsProposed::<T>::insert(id, ProposedCurators { members, enactable_at_ms });
			}
			None => CuratorsProposed::<T>::remove(id),
		}
		let proposed = curators.map(|members| (members, enactable_at_ms));
		Self::deposit_event(Event::CuratorsProposed { datanet: id, proposed });
	}

	pub(crate) fn do_enact_curators(id: DatanetId) -> DispatchResult {
		let mut record = Self::ensure_datanet(id)?;
		let former = record.curators.ok_or(Error::<T>::NotCurated)?;
		let proposed = CuratorsProposed::<T>::take(id).ok_or(Error::<T>::NoCuratorsProposed)?;
		ensure!(T::Clock::now_ms() >= proposed.enactable_at_ms, Error::<T>::CuratorsTooEarly);
		let generation = former.checked_add(1).ok_or(Error::<T>::IdsExhausted)?;
		let curators = proposed.members;
		record.curators = Some(generation);
		Datanets::<T>::insert(id, record);
		CuratorSets::<T>::insert(id, generation, CuratorSet { members: curators.clone(), duties: 0 });
		if CuratorSets::<T>::get(id, former).is_some_and(|set| set.duties == 0) {
			CuratorSets::<T>::remove(id, former);
		}
		Self::deposit_event(Event::CuratorsChanged { datanet: id, generation, curators });
		Ok(())
	}

	/// Gives curators something to decide.
	pub(crate) fn add_duty(id: DatanetId, generation: u32) {
		CuratorSets::<T>::mutate(id, generation, |set| {
			if let Some(set) = set {
				set.duties = set.duties.saturating_add(1);
			}
		});
	}

	/// Curators have decided something, or need not any more. Former ones are forgotten with their last duty.
	pub(crate) fn end_duty(id: DatanetId, generation: u32) {
		let is_present = Datanets::<T>::get(id).is_some_and(|datanet| datanet.curators == Some(generation));
		CuratorSets::<T>::mutate_exists(id, generation, |set| {
			let duties = set.as_ref().map_or(0, |set| set.duties).saturating_sub(1);
			match set {
				Some(set) if duties > 0 || is_present => set.duties = duties,
				_ => *set = None,
			}
		});
	}
}
