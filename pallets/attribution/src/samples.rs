//! Samples: claims that a batch's server shows unasked.
//!
//! # Must not
//! Let the server know which before it submits. They follow from the hash of the second block after the submission, and
//! are drawn by value: many small claims are no hiding place for a large false one.
//!
//! # Invariants
//! - The server has the whole time from the drawing on, however late somebody draws. An open sample postpones finality.
//! - What was proven is not asked for again.

use crate::{challenges::Challenger, types::*, *};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use plexus_primitives::BatchId;
use sp_runtime::traits::Hash;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_draw_samples(id: BatchId) -> DispatchResult {
		let mut batch = Self::batch_in_doubt(id)?;
		let Sampling::Due { at } = batch.sampling else { return Err(Error::<T>::SamplesDrawn.into()) };
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now > at, Error::<T>::SamplesTooEarly);
		let hash = frame_system::Pallet::<T>::block_hash(at);
		if hash == T::Hash::default() {
			// Nobody drew while the hash was known. Of this block nobody knows it yet.
			batch.sampling = Sampling::Due { at: now };
			Batches::<T>::insert(id, batch);
			Self::deposit_event(Event::SamplesPostponed { batch: id, at: now });
			return Ok(());
		}
		let claims = Claims::<T>::get(id).ok_or(Error::<T>::NoClaims)?;
		let drawn: Vec<u32> = Self::draw(hash, id, &claims)
			.into_iter()
			.filter(|place| claims.get(*place as usize).is_some_and(|record| !record.proven))
			.collect();
		let deadline_ms = Self::now_ms().saturating_add(batch.parameters.response_ms);
		let number = Self::next_number()?;
		let drawn = frame_support::BoundedVec::truncate_from(drawn);
		batch.sampling = match drawn.is_empty() {
			true => Sampling::Done,
			false => Sampling::Drawn { claims: drawn.clone(), number, deadline_ms },
		};
		Batches::<T>::insert(id, batch);
		Self::deposit_event(Event::SamplesDrawn { batch: id, claims: drawn, number, deadline_ms });
		Ok(())
	}

	/// Up to [`SAMPLES`] different claims, each by its value among those left.
	fn draw(hash: T::Hash, id: BatchId, claims: &ClaimsOf<T>) -> Vec<u32> {
		let mut drawn: Vec<u32> = Vec::new();
		for round in 0..SAMPLES {
			let left = || {
				let places = (0u32..).zip(claims.iter());
				places
					.filter(|(place, _)| !drawn.contains(place))
					.map(|(place, record)| (place, record.amount))
			};
			let total = left().fold(0, |sum: Balance, (_, amount)| sum.saturating_add(amount));
			let seed = T::Hashing::hash_of(&(b"plexus/sample", hash, id, round));
			let seed = seed.as_ref().first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes));
			let Some(mut point) = seed.checked_rem(total) else { break };
			let found = left().find(|(_, amount)| match point.checked_sub(*amount) {
				Some(beyond) => {
					point = beyond;
					false
				}
				None => true,
			});
			let Some((place, _)) = found else { break };
			drawn.push(place);
		}
		drawn
	}

	/// A sample that nobody showed in time is fraud, and whoever says so has found it.
	pub(crate) fn do_close_samples(account: T::AccountId, id: BatchId) -> DispatchResult {
		let mut batch = Self::batch_in_doubt(id)?;
		let Sampling::Drawn { number, deadline_ms, .. } = batch.sampling else {
			return Err(Error::<T>::NothingAsked.into());
		};
		ensure!(Self::now_ms() >= deadline_ms, Error::<T>::AnswerDue);
		let since_ms = deadline_ms.saturating_sub(batch.parameters.response_ms);
		Self::condemn(id, &mut batch, Challenger { account, number, since_ms })
	}
}
