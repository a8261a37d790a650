//! What the calls cost, and what other pallets' calls cost here.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone, or is corrected
//! downwards once the call knows how long its walks through trees were.
//!
//! # Reasoning
//! Each call costs what its worst case takes: `benchmarking.rs` makes the cases, and here a call is matched with its case.
//! **The figures of the cases are counted by hand so far** (`counted.rs`). `scripts/bench weights pallet_rewards` writes
//! those that were measured to `measured.rs`, with the same functions: `use measured as cases` is the switch. Keys are priced
//! by the runtime's `DbWeight`. Proof size is zero, because blocks of a standalone chain carry no storage proofs.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so native
//! time is multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

mod counted;

use core::marker::PhantomData;
use counted as cases;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// The weight of each call, and of what other pallets' calls do here.
pub trait WeightInfo {
	/// To a version in so many nodes.
	fn distribute(nodes: u32) -> Weight;
	/// In so many places, whose walks visit so many nodes together.
	fn claim(places: u32, nodes: u32) -> Weight;
	/// Any account.
	fn withdraw() -> Weight;
	/// [`crate::Pallet::deposit_data`].
	fn deposit_data() -> Weight;
	/// [`crate::Pallet::credit_contribution`] or [`crate::Pallet::credit_account`].
	fn credit() -> Weight;
	/// A contribution is accepted.
	fn accepted() -> Weight;
	/// A contribution departs or its position moves, or a version is published.
	fn moved() -> Weight;
}

/// Weights with the storage prices of a runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Weights with Substrate's storage prices, for tests.
pub struct RocksDb;

impl Get<RuntimeDbWeight> for RocksDb {
	fn get() -> RuntimeDbWeight {
		RocksDbWeight::get()
	}
}

impl<T: frame_system::Config> Prices for SubstrateWeight<T> {
	type Db = T::DbWeight;
}

impl Prices for () {
	type Db = RocksDb;
}

/// Where the storage prices come from.
pub trait Prices {
	/// The prices.
	type Db: Get<RuntimeDbWeight>;
}

/// What a case costs: native picoseconds, and keys read and written.
fn cost<P: Prices>(picoseconds: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(picoseconds.saturating_mul(REFERENCE_PER_NATIVE), 0)
		.saturating_add(P::Db::get().reads_writes(reads, writes))
}

/// What each of `count` adds.
fn each<P: Prices>(count: u32, picoseconds: u64, reads: u64, writes: u64) -> Weight {
	cost::<P>(picoseconds, reads, writes).saturating_mul(count.into())
}

impl<P: Prices> WeightInfo for P {
	fn distribute(nodes: u32) -> Weight {
		cases::distribute::<P>(nodes)
	}
	fn claim(places: u32, nodes: u32) -> Weight {
		// Each place but the first brings one node in the case.
		cases::claim::<P>(places, nodes.saturating_sub(places.saturating_sub(1)))
	}
	fn withdraw() -> Weight {
		cases::withdraw::<P>()
	}
	fn deposit_data() -> Weight {
		cases::deposit_data::<P>()
	}
	fn credit() -> Weight {
		cases::credit::<P>()
	}
	fn accepted() -> Weight {
		cases::accepted::<P>()
	}
	fn moved() -> Weight {
		cases::moved::<P>()
	}
}
