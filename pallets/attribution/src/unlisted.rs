//! Unlisted sources: an output repeats what the model's manifest does not have, though it was there before the model.
//!
//! # Must not
//! Touch the server's hold, or the claims: what a model was trained on is its developer's to say, and the developer pays.
//!
//! # Invariants
//! - What a receipt's unlisted sources move is within its developer's part, and that waits for the end of the window.
//! - Their ranges of an output do not overlap.
//! - There is time to answer each within the window.
//! - Where there is place for no more, whatever moves more takes the place of the least: a developer cannot fill all places
//!   with small sources of its own to keep a large one of others out.

use crate::{
	challenges::Challenger,
	submission::{is_within, ranges_overlap},
	types::*,
	*,
};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::{BalancedHold, MutateHold},
		tokens::Precision,
	},
};
use plexus_primitives::{BatchId, ContributionId, DatanetVersion, Receipt};

impl<T: Config> Pallet<T> {
	pub(crate) fn add_unlisted(
		id: BatchId,
		batch: &mut Batch<T>,
		by: Challenger<T>,
		challenge: Challenge,
	) -> DispatchResult {
		let Challenge::UnlistedSource {
			place,
			receipt: proof,
			start,
			length,
			contribution,
			version,
			offset,
			output,
			source: slice,
		} = challenge
		else {
			return Err(Error::<T>::WrongEvidence.into());
		};
		ensure!(Self::now_ms() < batch.demands_end_at_ms(), Error::<T>::WindowOver);
		Self::ensure_receipt(batch, place, &proof)?;
		let receipt = &proof.receipt;
		ensure!(receipt.disclose, Error::<T>::NotDisclosed);
		ensure!(length >= batch.parameters.unlisted_bytes_min, Error::<T>::TooShort);
		ensure!(length <= T::ClaimBytesMax::get(), Error::<T>::TooLong);
		ensure!(is_within(start, length, receipt.output.len), Error::<T>::RangeOutside);
		let source = Self::ensure_unlisted(receipt, contribution, version)?;
		ensure!(is_within(offset, length, source.content.len), Error::<T>::RangeOutside);
		let one = (&receipt.output, start, &output[..]);
		let equal = Self::are_equal(one, (&source.content, offset, &slice[..]), length)?;
		ensure!(equal, Error::<T>::BytesDiffer);
		let (model, amount) = Self::unlisted_amount(id, batch, place, receipt, (start, length))?;
		let bond = T::UnlistedBond::get();
		<CurrencyOf<T>>::hold(&HoldReason::Unlisted.into(), &by.account, bond)?;
		let deadline_ms = Self::now_ms().saturating_add(batch.parameters.response_ms);
		let shown = UnlistedSource {
			receipt: place,
			model,
			start,
			length,
			contribution,
			version,
			by: by.account,
			amount,
			bond,
			deadline_ms,
		};
		let mut sources = Unlisted::<T>::get(id);
		if sources.is_full() {
			Self::displace_least(id, &mut sources, shown.amount)?;
		}
		sources.try_push(shown.clone()).map_err(|_| Error::<T>::TooManyUnlisted)?;
		Unlisted::<T>::insert(id, sources);
		Self::deposit_event(Event::UnlistedShown { batch: id, source: shown });
		Ok(())
	}

	/// Removes the source that moves least, if that is less than this.
	fn displace_least(id: BatchId, sources: &mut UnlistedOf<T>, amount: Balance) -> DispatchResult {
		let least = sources.iter().enumerate().min_by_key(|(_, shown)| shown.amount);
		let place = least.filter(|(_, shown)| shown.amount < amount).map(|(place, _)| place);
		let UnlistedSource { receipt, start, by, bond, .. } =
			sources.remove(place.ok_or(Error::<T>::TooManyUnlisted)?);
		<CurrencyOf<T>>::release(&HoldReason::Unlisted.into(), &by, bond, Precision::Exact)?;
		Self::deposit_event(Event::UnlistedDisplaced { batch: id, receipt, start, by, bond });
		Ok(())
	}

	/// An error unless the version was there before the model, curated, and holds what no version of the manifest does.
	fn ensure_unlisted(
		receipt: &Receipt,
		contribution: ContributionId,
		version: DatanetVersion,
	) -> Result<Source, Error<T>> {
		let source = T::Sources::source(contribution).ok_or(Error::UnknownContribution)?;
		let published = T::Sources::version(source.datanet, version).ok_or(Error::NotInVersion)?;
		ensure!(source.is_in(version), Error::NotInVersion);
		ensure!(published.curated, Error::NotCurated);
		let manifest = T::Manifests::manifest(receipt.model).ok_or(Error::UnknownModel)?;
		ensure!(published.at < manifest.registered_at, Error::NotEarlier);
		let is_listed = manifest
			.versions
			.iter()
			.any(|(datanet, version)| *datanet == source.datanet && source.is_in(*version));
		ensure!(!is_listed, Error::SourceListed);
		Ok(source)
	}

	/// What the bytes move, with what others of the receipt leave of the developer's part.
	fn unlisted_amount(
		id: BatchId,
		batch: &Batch<T>,
		place: u32,
		receipt: &Receipt,
		range: (u64, u64),
	) -> Result<(u32, Balance), Error<T>> {
		let model = batch.models.iter().position(|share| share.model == receipt.model);
		let model = model.ok_or(Error::UnknownModel)?;
		let share = batch.models.get(model).ok_or(Error::UnknownModel)?;
		let listed = Unlisted::<T>::get(id);
		let beside = || listed.iter().filter(|other| other.receipt == place);
		let overlapping = beside().any(|other| ranges_overlap((other.start, other.length), range));
		ensure!(!overlapping, Error::RangesOverlap);
		let taken = beside().fold(0, |sum: Balance, other| sum.saturating_add(other.amount));
		let developer = share.developer_of(receipt.fee);
		let data = share.data_of(receipt.fee);
		let amount = batch
			.parameters
			.unlisted(data, developer, range.1, receipt.output.len)
			.min(developer.saturating_sub(taken));
		ensure!(amount > 0, Error::MovesNothing);
		Ok((model as u32, amount))
	}

	/// That the manifest has the same bytes ends it. Whoever shows that gets the bond.
	pub(crate) fn do_answer_unlisted(
		account: T::AccountId,
		id: BatchId,
		place: u32,
		start: u64,
		listed: Listed,
	) -> DispatchResult {
		let batch = Batches::<T>::get(id).ok_or(Error::<T>::UnknownBatch)?;
		let mut sources = Unlisted::<T>::get(id);
		let found = sources.iter().position(|one| one.receipt == place && one.start == start);
		let shown = sources.remove(found.ok_or(Error::<T>::NothingAsked)?);
		ensure!(Self::now_ms() < shown.deadline_ms, Error::<T>::AnsweredTooLate);
		let Listed { receipt: proof, contribution, version, offset, output, source: slice } = listed;
		Self::ensure_receipt(&batch, place, &proof)?;
		let model = proof.receipt.model;
		let source = Self::ensure_listed(model, contribution, version, offset, shown.length)?;
		let one = (&proof.receipt.output, start, &output[..]);
		let equal = Self::are_equal(one, (&source.content, offset, &slice[..]), shown.length)?;
		ensure!(equal, Error::<T>::BytesDiffer);
		Unlisted::<T>::insert(id, sources);
		let (money, _) = <CurrencyOf<T>>::slash(&HoldReason::Unlisted.into(), &shown.by, shown.bond);
		T::Payouts::to_challenger(&account, money);
		Self::deposit_event(Event::UnlistedAnswered {
			batch: id,
			receipt: place,
			start,
			contribution,
			version,
			by: account,
			bond: shown.bond,
		});
		Ok(())
	}
}
