//! What the calls cost, and what other pallets' calls cost here.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone, or is corrected
//! downwards once the call knows how long its walks through trees were.
//!
//! # Reasoning
//! **Upper bounds made by hand, to be replaced by measurement.** Each weight is computation plus storage. Storage is
//! counted: the keys that a call reads and writes at most are listed at each function and priced by the runtime's
//! `DbWeight`. Computation is bounded by what is known of its parts: a division of 256 bits below 1 µs natively, a node of a
//! tree, which is decoded and added, below 1 µs, an event below 2 µs, a transfer below 20 µs, each rounded up. What other
//! pallets do behind [`crate::Manifests`] and [`crate::Contributions`] is counted as the decoding of one model, and two
//! reads. Proof size is zero, because blocks of a standalone chain carry no storage proofs.
//!
//! The cases in `benchmarking.rs` are the worst of each call. To replace this table build the node with
//! `runtime-benchmarks` and run
//! `frame-omni-bencher v1 benchmark pallet --pallet pallet_rewards --extrinsic '*' --steps 20 --repeat 20`.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so what is known
//! natively is multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

use crate::fenwick::NODES_MAX;
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// The weight of native execution that takes `nanoseconds`.
const fn native(nanoseconds: u64) -> Weight {
	Weight::from_parts(nanoseconds.saturating_mul(1_000 * REFERENCE_PER_NATIVE), 0)
}

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

/// The table: computation, then reads and writes.
fn cost<P: Prices>(nanoseconds: u64, reads: u64, writes: u64) -> Weight {
	native(nanoseconds).saturating_add(P::Db::get().reads_writes(reads, writes))
}

impl<P: Prices> WeightInfo for P {
	/// Reads the model and `DataRevenues`; reads and writes `Pulled`, `Pools` of the version, and for each node `Pools`. If
	/// the version is empty, the pot and the issuance instead of nodes.
	fn distribute(nodes: u32) -> Weight {
		let nodes = u64::from(nodes);
		cost::<P>(40_000 + 1_000 * nodes, 6 + nodes, 4 + nodes)
	}
	/// Reads and writes `Earnings`. For each place: reads `Heads`; reads and writes `Positions`, `PoolEarnings`. For each
	/// node: reads `Pools`.
	fn claim(places: u32, nodes: u32) -> Weight {
		let [places, nodes] = [places, nodes].map(u64::from);
		cost::<P>(5_000 + 8_000 * places + 1_000 * nodes, 1 + 3 * places + nodes, 1 + 2 * places)
	}
	/// Reads and writes `Earnings`, the pot, `System::Account`.
	fn withdraw() -> Weight {
		cost::<P>(50_000, 3, 3)
	}
	/// Reads and writes the pot and `DataRevenues`.
	fn deposit_data() -> Weight {
		cost::<P>(25_000, 2, 2)
	}
	/// Reads two entries of who holds the contribution; reads and writes the pot and `Earnings`.
	fn credit() -> Weight {
		cost::<P>(30_000, 4, 2)
	}
	/// Reads and writes `Heads` and `Positions`. It has earned nothing yet.
	fn accepted() -> Weight {
		cost::<P>(8_000, 2, 2)
	}
	/// Reads and writes `Heads`, both `Positions`, `Earnings` and `PoolEarnings` of both. Reads the nodes of both ends.
	fn moved() -> Weight {
		let nodes = 2 * u64::from(NODES_MAX);
		// Both positions walk the same nodes.
		cost::<P>(35_000 + 2 * 1_000 * nodes, 7 + nodes, 7)
	}
}
