//! What is on hold: taken, returned, forfeited.
//!
//! # Must not
//! Decide when. Nothing here knows why.

use crate::{types::*, *};
use frame_support::{
	pallet_prelude::{DispatchError, DispatchResult},
	storage::with_storage_layer,
	traits::tokens::{Fortitude, Precision, Restriction},
};
use sp_runtime::traits::{Saturating, Zero};

impl<T: Config> Pallet<T> {
	/// What a contribution with these texts costs to hold.
	pub fn contribution_deposit(
		media_type: &MediaTypeOf<T>,
		locator: &LocatorOf<T>,
	) -> Deposit<BalanceOf<T>> {
		Deposit {
			conduct: T::ConductDeposit::get(),
			storage: Self::storage_deposit(media_type.len(), locator.len()),
		}
	}

	pub(crate) fn storage_deposit(media_type_bytes: usize, locator_bytes: usize) -> BalanceOf<T> {
		// Both are bounded by u32, so the sum fits once it is cut to u32.
		let bytes = (media_type_bytes as u32).saturating_add(locator_bytes as u32);
		T::StorageDepositPerByte::get()
			.saturating_mul(bytes.into())
			.saturating_add(T::StorageDepositBase::get())
	}

	pub(crate) fn hold(reason: HoldReason, account: &T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::hold(&reason.into(), account, amount)
	}

	pub(crate) fn release(
		reason: HoldReason,
		account: &T::AccountId,
		amount: BalanceOf<T>,
	) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::release(&reason.into(), account, amount, Precision::Exact).map(|_| ())
	}

	/// Takes a bond from who lost it: half to `to`, the rest burned. Gives back what `to` got, which is nothing if it
	/// cannot receive that little: nobody's account may keep a dispute or challenge from ending.
	pub(crate) fn forfeit(
		reason: HoldReason,
		from: &T::AccountId,
		to: &T::AccountId,
		bond: BalanceOf<T>,
	) -> Result<BalanceOf<T>, DispatchError> {
		let half = bond / 2u32.into();
		let paid = with_storage_layer(|| {
			T::Currency::transfer_on_hold(
				&reason.into(),
				from,
				to,
				half,
				Precision::Exact,
				Restriction::Free,
				Fortitude::Force,
			)
		})
		.unwrap_or_default();
		let rest = bond.saturating_sub(paid);
		if !rest.is_zero() {
			T::Currency::burn_held(&reason.into(), from, rest, Precision::Exact, Fortitude::Force)?;
		}
		Ok(paid)
	}
}
