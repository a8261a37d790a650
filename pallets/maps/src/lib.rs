//! Maps in storage, reached by prefixes that were hashed when the runtime was compiled.
//!
//! FRAME's maps hash the names of pallet and item anew at each access, four times XXH64, and hashed keys become lists of their
//! own before they become part of a key: about a fifth of what registering a model with many parents takes. The hashes of
//! the names are constants, too, which FRAME uses for nothing but iteration (`StorageInstance::prefix_hash`). [`Prehashed`]
//! makes keys of these, for calls that go through many entries:
//!
//! ```text
//! Models::<T>::get(id)                 as ever
//! Prehashed::<Models<T>>::get(id)      the same entry, sooner
//! ```
//!
//! # Must not
//! Know any map, or make other keys than FRAME.
//!
//! # Invariants
//! A key here is the map's own `hashed_key_for` (the tests), whatever the map's hashers are.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
use codec::{EncodeLike, FullCodec, FullEncode};
use core::marker::PhantomData;
use frame_support::{
	storage::{
		generator::{StorageDoubleMap, StorageMap},
		unhashed,
	},
	Blake2_128Concat, Identity, StorageHasher, Twox64Concat,
};
use sp_io::hashing::{blake2_128, twox_64};

/// Room for most keys.
const KEY_BYTES_TYPICAL: usize = 96;

/// A hasher of maps that writes to the end of a key, without a list of its own in between.
pub trait AppendHash: StorageHasher {
	/// Appends what [`StorageHasher::hash`] makes of an encoded key.
	fn append(key: &mut Vec<u8>, encoded: &[u8]);
}

impl AppendHash for Identity {
	fn append(key: &mut Vec<u8>, encoded: &[u8]) {
		key.extend_from_slice(encoded);
	}
}

impl AppendHash for Twox64Concat {
	fn append(key: &mut Vec<u8>, encoded: &[u8]) {
		key.extend_from_slice(&twox_64(encoded));
		key.extend_from_slice(encoded);
	}
}

impl AppendHash for Blake2_128Concat {
	fn append(key: &mut Vec<u8>, encoded: &[u8]) {
		key.extend_from_slice(&blake2_128(encoded));
		key.extend_from_slice(encoded);
	}
}

fn prefixed(prefix: [u8; 32]) -> Vec<u8> {
	let mut key = Vec::with_capacity(KEY_BYTES_TYPICAL);
	key.extend_from_slice(&prefix);
	key
}

/// A `StorageMap`. See [the crate](self).
pub struct Prehashed<Map>(PhantomData<Map>);

impl<Map> Prehashed<Map> {
	/// The key of an entry.
	pub fn key<K: FullEncode, V: FullCodec>(key: impl EncodeLike<K>) -> Vec<u8>
	where
		Map: StorageMap<K, V>,
		Map::Hasher: AppendHash,
	{
		let mut whole = prefixed(Map::prefix_hash());
		key.using_encoded(|encoded| Map::Hasher::append(&mut whole, encoded));
		whole
	}

	/// The value of an entry.
	pub fn get<K: FullEncode, V: FullCodec>(key: impl EncodeLike<K>) -> Map::Query
	where
		Map: StorageMap<K, V>,
		Map::Hasher: AppendHash,
	{
		Map::from_optional_value_to_query(unhashed::get(&Self::key(key)))
	}

	/// Writes an entry.
	pub fn insert<K: FullEncode, V: FullCodec>(key: impl EncodeLike<K>, value: impl EncodeLike<V>)
	where
		Map: StorageMap<K, V>,
		Map::Hasher: AppendHash,
	{
		unhashed::put(&Self::key(key), &value);
	}

	/// Changes an entry, unless `change` answers with an error.
	pub fn try_mutate<K: FullEncode, V: FullCodec, R, E>(
		key: impl EncodeLike<K>,
		change: impl FnOnce(&mut Map::Query) -> Result<R, E>,
	) -> Result<R, E>
	where
		Map: StorageMap<K, V>,
		Map::Hasher: AppendHash,
	{
		Self::try_mutate_exists(key, |stored| {
			let mut value = Map::from_optional_value_to_query(stored.take());
			let result = change(&mut value);
			*stored = Map::from_query_to_optional_value(value);
			result
		})
	}

	/// Changes, makes or removes an entry, unless `change` answers with an error.
	pub fn try_mutate_exists<K: FullEncode, V: FullCodec, R, E>(
		key: impl EncodeLike<K>,
		change: impl FnOnce(&mut Option<V>) -> Result<R, E>,
	) -> Result<R, E>
	where
		Map: StorageMap<K, V>,
		Map::Hasher: AppendHash,
	{
		let key = Self::key(key);
		let mut value = unhashed::get(&key);
		let result = change(&mut value)?;
		match value {
			Some(value) => unhashed::put(&key, &value),
			None => unhashed::kill(&key),
		}
		Ok(result)
	}
}

/// A `StorageDoubleMap`. See [the crate](self).
pub struct PrehashedDouble<Map>(PhantomData<Map>);

impl<Map> PrehashedDouble<Map> {
	/// The key of an entry.
	pub fn key<K1: FullEncode, K2: FullEncode, V: FullCodec>(
		key: impl EncodeLike<K1>,
		second: impl EncodeLike<K2>,
	) -> Vec<u8>
	where
		Map: StorageDoubleMap<K1, K2, V>,
		Map::Hasher1: AppendHash,
		Map::Hasher2: AppendHash,
	{
		let mut whole = prefixed(Map::prefix_hash());
		key.using_encoded(|encoded| Map::Hasher1::append(&mut whole, encoded));
		second.using_encoded(|encoded| Map::Hasher2::append(&mut whole, encoded));
		whole
	}

	/// The value of an entry.
	pub fn get<K1: FullEncode, K2: FullEncode, V: FullCodec>(
		key: impl EncodeLike<K1>,
		second: impl EncodeLike<K2>,
	) -> Map::Query
	where
		Map: StorageDoubleMap<K1, K2, V>,
		Map::Hasher1: AppendHash,
		Map::Hasher2: AppendHash,
	{
		Map::from_optional_value_to_query(unhashed::get(&Self::key(key, second)))
	}

	/// Writes an entry.
	pub fn insert<K1: FullEncode, K2: FullEncode, V: FullCodec>(
		key: impl EncodeLike<K1>,
		second: impl EncodeLike<K2>,
		value: impl EncodeLike<V>,
	) where
		Map: StorageDoubleMap<K1, K2, V>,
		Map::Hasher1: AppendHash,
		Map::Hasher2: AppendHash,
	{
		unhashed::put(&Self::key(key, second), &value);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use frame_support::{
		construct_runtime, derive_impl, pallet_prelude::ValueQuery, storage_alias, Blake2_128Concat,
		Identity, Twox64Concat,
	};
	use sp_io::TestExternalities;

	construct_runtime!(
		pub enum Test {
			System: frame_system,
		}
	);

	#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
	impl frame_system::Config for Test {
		type Block = frame_system::mocking::MockBlock<Self>;
	}

	#[storage_alias]
	type Plain = StorageMap<Prefix, Identity, [u8; 32], u64>;
	#[storage_alias]
	type Counted = StorageMap<Prefix, Twox64Concat, u64, Vec<u8>, ValueQuery>;
	#[storage_alias]
	type Double = StorageDoubleMap<Prefix, Blake2_128Concat, u32, Twox64Concat, u64, u8>;

	#[test]
	fn entries_are_those_of_the_map() {
		TestExternalities::default().execute_with(|| {
			for number in 0..100u64 {
				let (root, value) = ([number as u8; 32], Vec::from([number as u8; 3]));
				assert_eq!(Prehashed::<Plain>::key(root), Plain::hashed_key_for(root));
				assert_eq!(Prehashed::<Counted>::key(number), Counted::hashed_key_for(number));
				let second = u64::MAX - number;
				let key = PrehashedDouble::<Double>::key(number as u32, second);
				assert_eq!(key, Double::hashed_key_for(number as u32, second));

				assert_eq!(Prehashed::<Counted>::get(number), Vec::<u8>::new());
				Prehashed::<Counted>::insert(number, &value);
				assert_eq!(Counted::get(number), value);
				Double::insert(number as u32, second, 7);
				assert_eq!(PrehashedDouble::<Double>::get(number as u32, second), Some(7));
				PrehashedDouble::<Double>::insert(number as u32, second, 8);
				assert_eq!(Double::get(number as u32, second), Some(8));
			}
			assert_eq!(Counted::iter().count(), 100);
		});
	}

	#[test]
	fn a_pallets_map_is_the_same_map() {
		TestExternalities::default().execute_with(|| {
			let key = Prehashed::<frame_system::Account<Test>>::key(7);
			assert_eq!(key, frame_system::Account::<Test>::hashed_key_for(7));
		});
	}

	#[test]
	fn what_an_error_changed_is_forgotten_and_nothing_is_removed() {
		TestExternalities::default().execute_with(|| {
			let add = |result: Result<(), ()>| {
				Prehashed::<Plain>::try_mutate([1; 32], |value| {
					*value = Some(value.unwrap_or_default() + 1);
					result
				})
			};
			assert_eq!(add(Err(())), Err(()));
			assert!(!Plain::contains_key([1; 32]));
			assert_eq!(add(Ok(())), Ok(()));
			assert_eq!(add(Ok(())), Ok(()));
			assert_eq!(Plain::get([1; 32]), Some(2));
			let removed = Prehashed::<Plain>::try_mutate([1; 32], |value| value.take().ok_or(()));
			assert_eq!(removed, Ok(2));
			assert!(!Plain::contains_key([1; 32]));
		});
	}
}
