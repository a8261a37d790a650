//! The methods that claims name.
//!
//! # Must not
//! Judge whether a method is any good, or remove one: claims of all times name them.

use crate::{types::*, *};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
	},
};
use plexus_primitives::MethodId;
use sp_runtime::traits::{BlakeTwo256, Hash};

impl<T: Config> Pallet<T> {
	/// By what two methods are the same.
	pub fn method_hash(method: &Method) -> [u8; 32] {
		BlakeTwo256::hash_of(method).0
	}

	pub(crate) fn do_register_method(account: T::AccountId, method: Method) -> DispatchResult {
		ensure!(method.is_readable(), Error::<T>::UnreadableMethod);
		let hash = Self::method_hash(&method);
		ensure!(!MethodByHash::<T>::contains_key(hash), Error::<T>::MethodExists);
		let price = T::MethodPrice::get();
		let (preserve, exact) = (Preservation::Preserve, Precision::Exact);
		<CurrencyOf<T>>::burn_from(&account, price, preserve, exact, Fortitude::Polite)?;
		let id = NextMethodId::<T>::get();
		NextMethodId::<T>::put(id.next().ok_or(Error::<T>::IdsExhausted)?);
		MethodByHash::<T>::insert(hash, id);
		Methods::<T>::insert(id, &method);
		Self::deposit_event(Event::MethodRegistered { method: id, by: account, description: method, price });
		Ok(())
	}

	/// The id of a method that was registered.
	pub fn method_id(method: &Method) -> Option<MethodId> {
		MethodByHash::<T>::get(Self::method_hash(method))
	}
}
