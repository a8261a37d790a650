//! How contributions come: commitments, registration, and who holds a root.
//!
//! # Must not
//! Let anybody hold a root that a version holds by another's contribution.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Weight},
};
use plexus_primitives::{commitment, purpose::Purpose, verify_length_proof};
use sp_runtime::traits::{Saturating, Zero};

/// What somebody who registers a root meets.
enum Claim<T: Config> {
	/// Nobody holds it.
	Free,
	/// The holder is the same account, for good, and lists it in one more datanet.
	Listing,
	/// A contribution holds it that gives way.
	Weaker(ContributionId, Contribution<T>, RemovalReason),
	/// It is reserved, for the same account or for one that gives way.
	Reserved(Reservation<T>),
	/// A contribution holds it, or it is reserved for whom had made this one.
	Held(ContributionId),
}

/// Under which commitment, and from when on, something is registered.
#[derive(Clone, Copy)]
struct Claimed {
	commitment: CommitmentNumber,
	not_before_ms: u64,
}

type DepositOf<T> = Deposit<BalanceOf<T>>;

/// What registrations met that was there before them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Met {
	/// Rivals that gave way, and reservations that ended.
	removed: u32,
	/// Roots that somebody holds, or the same account lists once more: their holders and holders' datanets were read.
	held: u32,
}

impl Met {
	/// So many rivals that give way: the most that a registration does.
	pub(crate) fn rivals(removed: u32) -> Self {
		Self { removed, held: 0 }
	}
}

impl<T: Config> Pallet<T> {
	/// The hash under which `account` commits to contents with these roots on this chain.
	pub fn commitment_hash(
		account: &T::AccountId,
		salt: &[u8; SALT_BYTES],
		roots: impl IntoIterator<Item = [u8; 32]>,
	) -> [u8; 32] {
		let mut genesis = [0; 32];
		let hash =
			frame_system::Pallet::<T>::block_hash(frame_system::pallet_prelude::BlockNumberFor::<T>::zero());
		// A runtime with shorter hashes has its genesis padded with zeros.
		genesis.iter_mut().zip(hash.as_ref()).for_each(|(byte, given)| *byte = *given);
		account.using_encoded(|account| {
			commitment(Purpose::ContributionCommitment, &genesis, account, salt, roots)
		})
	}

	/// Bytes of the texts, and of the proofs, of registrations.
	pub(crate) fn bytes_of(registrations: &RegistrationsOf<T>) -> (u32, u32) {
		registrations.iter().fold((0, 0), |(texts, proofs): (u32, u32), registration| {
			let own = registration.media_type.len().saturating_add(registration.locator.len()) as u32;
			(texts.saturating_add(own), proofs.saturating_add(registration.length_proof.len() as u32))
		})
	}

	fn take_number() -> Result<CommitmentNumber, Error<T>> {
		let number = NextCommitment::<T>::get();
		NextCommitment::<T>::put(number.next().ok_or(Error::IdsExhausted)?);
		Ok(number)
	}

	pub(crate) fn do_commit(account: T::AccountId, hash: [u8; 32]) -> DispatchResult {
		let (now_ms, windows) = (T::Clock::now_ms(), CurrentWindows::<T>::get());
		let made = Commitment::<T> {
			number: Self::take_number()?,
			usable_from_ms: now_ms.saturating_add(windows.commitment_age_ms),
			expires_at_ms: now_ms.saturating_add(windows.commitment_lifetime_ms),
			deposit: T::CommitmentDeposit::get(),
		};
		Self::hold(HoldReason::Commitment, &account, made.deposit)?;
		Self::deposit_event(Event::CommitmentMade {
			number: made.number,
			account: account.clone(),
			hash,
			usable_from_ms: made.usable_from_ms,
			expires_at_ms: made.expires_at_ms,
			deposit: made.deposit,
		});
		Commitments::<T>::insert(account, hash, made);
		Ok(())
	}

	pub(crate) fn do_close_commitment(
		account: &T::AccountId,
		hash: [u8; 32],
		commitment: &Commitment<T>,
		used: bool,
	) -> DispatchResult {
		Commitments::<T>::remove(account, hash);
		Self::release(HoldReason::Commitment, account, commitment.deposit)?;
		Self::deposit_event(Event::CommitmentClosed {
			number: commitment.number,
			account: account.clone(),
			hash,
			deposit: commitment.deposit,
			used,
		});
		Ok(())
	}

	/// The cheap checks come first, the proof last.
	pub(crate) fn do_contribute(
		contributor: T::AccountId,
		datanet: DatanetId,
		registration: Registration<T>,
	) -> Result<Met, DispatchError> {
		Self::ensure_texts(&registration)?;
		let age_ms = CurrentWindows::<T>::get().commitment_age_ms;
		let not_before_ms = T::Clock::now_ms().saturating_add(age_ms);
		let claimed = Claimed { commitment: Self::take_number()?, not_before_ms };
		Self::ensure_takes(datanet, claimed.commitment)?;
		let (deposit, met) = Self::claim_and_insert(&contributor, datanet, registration, claimed)?;
		Self::hold_deposit(&contributor, deposit.ok_or(Error::<T>::RootAlreadyHeld)?)?;
		Ok(met)
	}

	pub(crate) fn do_register(
		contributor: T::AccountId,
		datanet: DatanetId,
		salt: &[u8; SALT_BYTES],
		registrations: RegistrationsOf<T>,
	) -> Result<Met, DispatchError> {
		let roots = registrations.iter().map(|registration| registration.content.root);
		let hash = Self::commitment_hash(&contributor, salt, roots);
		let commitment = Commitments::<T>::get(&contributor, hash).ok_or(Error::<T>::UnknownCommitment)?;
		let now_ms = T::Clock::now_ms();
		ensure!(now_ms >= commitment.usable_from_ms, Error::<T>::CommitmentTooEarly);
		ensure!(now_ms < commitment.expires_at_ms, Error::<T>::CommitmentExpired);
		Self::ensure_takes(datanet, commitment.number)?;
		Self::do_close_commitment(&contributor, hash, &commitment, true)?;
		let claimed = Claimed { commitment: commitment.number, not_before_ms: now_ms };
		let (mut total, mut all) = (Deposit::<BalanceOf<T>>::default(), Met::default());
		for registration in registrations {
			Self::ensure_texts(&registration)?;
			let (deposit, met) = Self::claim_and_insert(&contributor, datanet, registration, claimed)?;
			let deposit = deposit.unwrap_or_default();
			total.conduct = total.conduct.saturating_add(deposit.conduct);
			total.storage = total.storage.saturating_add(deposit.storage);
			all.removed = all.removed.saturating_add(met.removed);
			all.held = all.held.saturating_add(met.held);
		}
		Self::hold_deposit(&contributor, total)?;
		Ok(all)
	}

	/// One hold for all that a call registers.
	fn hold_deposit(account: &T::AccountId, deposit: Deposit<BalanceOf<T>>) -> DispatchResult {
		Self::hold(HoldReason::Contribution, account, deposit.conduct)?;
		Self::hold(HoldReason::Storage, account, deposit.storage)
	}

	fn ensure_texts(registration: &Registration<T>) -> Result<(), Error<T>> {
		ensure!(text::is_media_type(&registration.media_type), Error::InvalidMediaType);
		ensure!(texts::is_locator(&registration.locator), Error::InvalidLocator);
		Ok(())
	}

	/// That the datanet takes contributions under a commitment. What was committed to before it closed it still takes, even
	/// after its end: its owner, who sees the roots in a pending registration, could otherwise refuse it and take them.
	fn ensure_takes(datanet: DatanetId, commitment: CommitmentNumber) -> Result<(), Error<T>> {
		let record = Self::ensure_datanet(datanet)?;
		match record.status {
			_ if record.closed_from.is_none_or(|first| commitment < first) => Ok(()),
			DatanetStatus::Active => Ok(()),
			DatanetStatus::Paused => Err(Error::DatanetPaused),
			DatanetStatus::Retired => Err(Error::DatanetRetired),
		}
	}

	/// Registers, and gives the deposit that is to be put on hold; nothing, with an event that names the holder, if the root
	/// is another's, or listed in this datanet.
	fn claim_and_insert(
		contributor: &T::AccountId,
		datanet: DatanetId,
		registration: Registration<T>,
		mut claimed: Claimed,
	) -> Result<(Option<DepositOf<T>>, Met), DispatchError> {
		let content = registration.content;
		let claim = Self::claim(contributor, datanet, &content, claimed.commitment)?;
		let listing = matches!(claim, Claim::Listing);
		if let Claim::Held(holder) = claim {
			let (root, contributor) = (content.root, contributor.clone());
			Self::deposit_event(Event::RootHeld { root, holder, contributor });
			return Ok((None, Met { held: 1, ..Met::default() }));
		}
		if !listing {
			verify_length_proof(&content, &registration.length_proof).map_err(Error::<T>::from)?;
		}
		let met = match claim {
			Claim::Weaker(id, record, reason) => {
				Self::remove_contribution(id, record, reason)?;
				Met::rivals(1)
			}
			Claim::Reserved(reservation) => {
				if Self::is_reserved_for(&reservation, contributor) {
					claimed.commitment = claimed.commitment.min(reservation.commitment);
				}
				Self::end_reservation(content.root, reservation)?;
				Met::rivals(1)
			}
			Claim::Listing | Claim::Held(_) => Met { held: 1, ..Met::default() },
			Claim::Free => Met::default(),
		};
		let deposit = Self::insert(contributor.clone(), datanet, registration, claimed, listing)?;
		Ok((Some(deposit), met))
	}

	fn claim(
		contributor: &T::AccountId,
		datanet: DatanetId,
		content: &Content,
		commitment: CommitmentNumber,
	) -> Result<Claim<T>, Error<T>> {
		let Some(id) = ContributionByRoot::<T>::get(content.root) else {
			return Ok(Self::claim_unheld(contributor, content, commitment));
		};
		let Some(holder) = Contributions::<T>::get(id) else { return Ok(Claim::Free) };
		let home = Self::ensure_datanet(holder.datanet)?;
		if Self::is_in_a_version(&holder, &home) {
			// Who lost the earnings in a dispute must not earn with the same content elsewhere.
			if holder.contributor != *contributor || holder.beneficiary() != contributor {
				return Ok(Claim::Held(id));
			}
			if holder.datanet == datanet || Listings::<T>::contains_key(content.root, datanet) {
				return Ok(Claim::Held(id));
			}
			ensure!(holder.content.len == content.len, Error::LengthDiffers);
			return Ok(Claim::Listing);
		}
		// What is its beneficiary's by a dispute is first expired, which reserves it for that one.
		if Self::is_expirable(&holder, &home) && *holder.beneficiary() == holder.contributor {
			return Ok(Claim::Weaker(id, holder, RemovalReason::Expired));
		}
		if commitment < holder.commitment {
			return Ok(Claim::Weaker(id, holder, RemovalReason::Displaced));
		}
		Ok(Claim::Held(id))
	}

	/// A reservation is as strong as the contribution was.
	fn claim_unheld(contributor: &T::AccountId, content: &Content, commitment: CommitmentNumber) -> Claim<T> {
		let Some(reservation) = Reservations::<T>::get(content.root) else { return Claim::Free };
		let over = T::Clock::now_ms() >= reservation.until_ms;
		let own = reservation.account == *contributor;
		match own || over || commitment < reservation.commitment {
			true => Claim::Reserved(reservation),
			false => Claim::Held(reservation.contribution),
		}
	}

	fn is_reserved_for(reservation: &Reservation<T>, account: &T::AccountId) -> bool {
		reservation.account == *account && T::Clock::now_ms() < reservation.until_ms
	}

	/// What is kept of a contribution that is removed for a reason: nothing unless others had the power to remove it. Who
	/// won it in a dispute is another than its contributor, and so keeps it unless somebody had committed earlier: who lost
	/// it would otherwise end it and register it anew by another account.
	pub(crate) fn reservation(
		id: ContributionId,
		record: &Contribution<T>,
		reason: RemovalReason,
	) -> Result<Option<Reservation<T>>, Error<T>> {
		let redirected = *record.beneficiary() != record.contributor;
		let by_others = match reason {
			RemovalReason::Displaced => false,
			_ if redirected => true,
			RemovalReason::Rejected | RemovalReason::TakenDown => true,
			RemovalReason::Withdrawn => {
				Self::ensure_datanet(record.datanet)?.status == DatanetStatus::Retired
			}
			RemovalReason::Expired | RemovalReason::Unavailable => false,
		};
		if !by_others {
			return Ok(None);
		}
		let lifetime_ms = CurrentWindows::<T>::get().commitment_lifetime_ms;
		Ok(Some(Reservation {
			account: record.beneficiary().clone(),
			depositor: record.contributor.clone(),
			commitment: record.commitment,
			contribution: id,
			until_ms: T::Clock::now_ms().saturating_add(lifetime_ms),
			deposit: T::CommitmentDeposit::get().min(record.deposit.storage),
		}))
	}

	/// Its deposit is on hold already.
	pub(crate) fn reserve(root: [u8; 32], reservation: Reservation<T>) {
		let Reservation { account, depositor, commitment, contribution, until_ms, deposit } =
			reservation.clone();
		Reservations::<T>::insert(root, reservation);
		Self::deposit_event(Event::RootReserved {
			root,
			contribution,
			account,
			depositor,
			commitment,
			until_ms,
			deposit,
		});
	}

	pub(crate) fn end_reservation(root: [u8; 32], reservation: Reservation<T>) -> DispatchResult {
		let Reservation { account, depositor, deposit, .. } = reservation;
		Reservations::<T>::remove(root);
		Self::release(HoldReason::Storage, &depositor, deposit)?;
		Self::deposit_event(Event::ReservationEnded { root, account, depositor, deposit });
		Ok(())
	}

	fn insert(
		contributor: T::AccountId,
		datanet: DatanetId,
		registration: Registration<T>,
		claimed: Claimed,
		listing: bool,
	) -> Result<Deposit<BalanceOf<T>>, DispatchError> {
		let Registration { content, media_type, locator, .. } = registration;
		let (now_ms, windows) = (T::Clock::now_ms(), CurrentWindows::<T>::get());
		let (sequence, curators) = Self::take_place(datanet)?;
		let id = NextContributionId::<T>::get();
		NextContributionId::<T>::put(id.next().ok_or(Error::<T>::IdsExhausted)?);
		let deposit = Self::contribution_deposit(&media_type, &locator);
		// Nobody can be first any more with what is listed, so nobody has to be waited for.
		let not_before_ms = if listing { now_ms } else { claimed.not_before_ms };
		let expires_at_ms = now_ms.saturating_add(windows.acceptance_ms);
		let mut record = Contribution {
			datanet,
			sequence,
			contributor: contributor.clone(),
			beneficiary: None,
			content,
			media_type: media_type.clone(),
			locator: locator.clone(),
			registered_at: frame_system::Pallet::<T>::block_number(),
			commitment: claimed.commitment,
			deposit,
			deposit_until_ms: None,
			status: ContributionStatus::Pending { not_before_ms, expires_at_ms, curators },
		};
		match listing {
			true => Listings::<T>::insert(content.root, datanet, id),
			false => ContributionByRoot::<T>::insert(content.root, id),
		}
		ContributionIndex::<T>::insert(datanet, sequence, id);
		Self::deposit_event(Event::ContributionRegistered {
			contribution: id,
			datanet,
			sequence,
			contributor,
			content,
			media_type,
			locator,
			commitment: claimed.commitment,
			deposit: deposit.conduct,
			storage_deposit: deposit.storage,
			not_before_ms,
			expires_at_ms,
			curators,
			listing,
		});
		match curators {
			Some(generation) => Self::add_duty(datanet, generation),
			None if now_ms >= not_before_ms => Self::accept_contribution(id, &mut record, WEIGHT_OPEN)?,
			None => {}
		}
		Contributions::<T>::insert(id, record);
		Ok(deposit)
	}

	/// The next place in a datanet, taken, and who reviews what is there.
	fn take_place(datanet: DatanetId) -> Result<(Sequence, Option<u32>), DispatchError> {
		Datanets::<T>::try_mutate(datanet, |datanet| {
			let datanet = datanet.as_mut().ok_or(Error::<T>::UnknownDatanet)?;
			let sequence = datanet.next_sequence;
			datanet.next_sequence = sequence.next().ok_or(Error::<T>::IdsExhausted)?;
			datanet.contributions = datanet.contributions.saturating_add(1);
			Ok((sequence, datanet.curators))
		})
	}

	/// What a contribution costs.
	pub(crate) fn contribute_weight(met: Met, text: usize, proof: usize) -> Weight {
		T::WeightInfo::contribute(met.removed, text as u32, proof as u32)
			.saturating_add(Self::met_weight(1, met))
	}

	/// What `count` registrations cost.
	pub(crate) fn register_weight(count: u32, met: Met, (text, proof): (u32, u32)) -> Weight {
		T::WeightInfo::register(count, met.removed, text, proof).saturating_add(Self::met_weight(count, met))
	}

	/// Each is accepted at most; who gives way may leave an escrow, and departs. Of a held root the holder, its datanet and
	/// the listing are read, where a free one looks for a reservation.
	fn met_weight(count: u32, Met { removed, held }: Met) -> Weight {
		let accepted = T::Positions::acceptance_weight().saturating_mul(count.into());
		let departed = T::Positions::weight().saturating_mul(u64::from(removed).saturating_mul(2));
		let read = T::DbWeight::get().reads(u64::from(held).saturating_mul(2));
		accepted.saturating_add(departed).saturating_add(read)
	}
}
