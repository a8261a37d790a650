//! # Authorities: who makes blocks, and how often
//!
//! Holds the validator set and the block time that the genesis fixed, and tells who made the current block.
//! The node reads the set to run consensus; clients derive the block time from `Timestamp.MinimumPeriod`, which
//! this pallet supplies.
//!
//! ## Terms
//! - *Authority*: an ed25519 key that signs consensus messages. It is no account and holds no money.
//! - *Power*: its voting weight. A block is final with more than two thirds of all power.
//! - *Block time*: the time that the chain aims to have between two blocks, in milliseconds.
//!
//! ## Must not
//! Change the set or the block time after genesis: there is no call and no hook that does.
//!
//! ## Invariants
//! - No authority stands in the set twice, each has power, and all power together fits a `u64`.
//! - The block time is within [`BLOCK_TIME_MS_MIN`]`..=`[`BLOCK_TIME_MS_MAX`].
//! - [`Author`], when set, is an authority and made the block that is being executed.
//!
//! ## What it does not do
//! Check that the author's turn it was. Consensus does that before a block is executed; the runtime only records.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod runtime_api;
mod types;

#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::{
	AuthorityId, GenesisAuthority, InvalidGenesis, BLOCK_TIME_MS_DEFAULT, BLOCK_TIME_MS_MAX,
	BLOCK_TIME_MS_MIN, ENGINE_ID, POWER_TOTAL_MAX,
};

use core::marker::PhantomData;
use frame_support::traits::{ConstU64, Get};

/// FRAME's pallet definition.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The most authorities that the set may hold.
		#[pallet::constant]
		type AuthoritiesMax: Get<u32>;
	}

	/// The authorities with their power, in the order of the chain specification.
	#[pallet::storage]
	pub type Authorities<T: Config> =
		StorageValue<_, BoundedVec<(AuthorityId, u64), T::AuthoritiesMax>, ValueQuery>;

	/// Block time in milliseconds.
	#[pallet::storage]
	pub type BlockTimeMs<T: Config> = StorageValue<_, u64, ValueQuery, ConstU64<BLOCK_TIME_MS_DEFAULT>>;

	/// Who made the current block. Not set when its header names no authority, as while a block is only tried.
	#[pallet::storage]
	pub type Author<T: Config> = StorageValue<_, AuthorityId, OptionQuery>;

	/// The set and block time that the chain starts with.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// The authorities.
		pub authorities: Vec<GenesisAuthority>,
		/// Block time in milliseconds, within [`BLOCK_TIME_MS_MIN`]`..=`[`BLOCK_TIME_MS_MAX`].
		pub block_time_ms: u64,
		#[doc(hidden)]
		#[serde(skip)]
		pub _marker: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self { authorities: Vec::new(), block_time_ms: BLOCK_TIME_MS_DEFAULT, _marker: PhantomData }
		}
	}

	impl<T: Config> GenesisConfig<T> {
		/// Checks every rule that [`Pallet`]'s invariants state, except that an empty set passes: a chain without
		/// authorities is of use in tests, and the chain specification refuses it.
		///
		/// # Errors
		/// The first rule that is broken.
		pub fn check(&self) -> Result<(), InvalidGenesis> {
			types::check_genesis(&self.authorities, self.block_time_ms, T::AuthoritiesMax::get())
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// Genesis building has no way to return an error. The chain specification calls `check` beforehand.
			if let Err(error) = self.check() {
				panic!("genesis of the authorities: {error:?}");
			}
			let set: Vec<_> =
				self.authorities.iter().map(|entry| (entry.authority_id(), entry.power)).collect();
			Authorities::<T>::put(BoundedVec::truncate_from(set));
			BlockTimeMs::<T>::put(self.block_time_ms);
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			let digest = frame_system::Pallet::<T>::digest();
			let claimed =
				digest.logs().iter().find_map(|item| item.pre_runtime_try_to::<AuthorityId>(&ENGINE_ID));
			match claimed.filter(Self::is_authority) {
				Some(author) => Author::<T>::put(author),
				None => Author::<T>::kill(),
			}
			// The digest and the set are read, the author is written.
			T::DbWeight::get().reads_writes(2, 1)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::check_state()
		}
	}

	impl<T: Config> Pallet<T> {
		/// Whether `id` is in the set.
		pub fn is_authority(id: &AuthorityId) -> bool {
			Authorities::<T>::get().iter().any(|(known, _)| known == id)
		}

		/// The set as plain values: ed25519 public key and power.
		pub fn validators() -> Vec<([u8; 32], u64)> {
			Authorities::<T>::get().into_iter().map(|(id, power)| (id.0, power)).collect()
		}

		/// Checks the invariants in the crate's documentation.
		///
		/// # Errors
		/// Names the invariant that does not hold.
		pub fn check_state() -> Result<(), sp_runtime::TryRuntimeError> {
			let set: Vec<GenesisAuthority> = Authorities::<T>::get()
				.into_iter()
				.map(|(id, power)| GenesisAuthority { id: id.0.into(), power })
				.collect();
			types::check_genesis(&set, BlockTimeMs::<T>::get(), T::AuthoritiesMax::get())
				.map_err(|_| "the set of authorities or the block time breaks a genesis rule")?;
			if let Some(author) = Author::<T>::get() {
				ensure!(Self::is_authority(&author), "the author is no authority");
			}
			Ok(())
		}
	}
}

/// Half the chain's block time, for `pallet_timestamp::Config::MinimumPeriod`.
///
/// Clients take twice the metadata's `Timestamp.MinimumPeriod` for the block time, so it must be the chain's own,
/// read from the state, and not a constant of the runtime.
pub struct MinimumPeriod<T>(PhantomData<T>);

impl<T: Config> Get<u64> for MinimumPeriod<T> {
	fn get() -> u64 {
		BlockTimeMs::<T>::get() / 2
	}
}
