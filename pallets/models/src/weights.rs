//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! **Upper bounds made by hand, to be replaced by measurement.** Each weight is computation plus storage. Storage is
//! counted: the keys that a call reads and writes at most are listed at each function and priced by the runtime's
//! `DbWeight`. Computation is bounded by what was measured for calls of the same kind (a registration with one hold is
//! below 60 µs natively), rounded up. Proof size is zero, because blocks of a standalone chain carry no storage proofs.
//!
//! The cases in `benchmarking.rs` are the worst of each call. To replace this table build the node with
//! `runtime-benchmarks` and run
//! `frame-omni-bencher v1 benchmark pallet --pallet pallet_models --extrinsic '*' --steps 20 --repeat 20`.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so what is known
//! natively is multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// The ancestors that a parent has, at most: a runtime's `AncestorsMax` should not be above.
pub const ANCESTORS: u64 = 64;

/// The weight of native execution that takes `nanoseconds`.
const fn native(nanoseconds: u64) -> Weight {
	Weight::from_parts(nanoseconds.saturating_mul(1_000 * REFERENCE_PER_NATIVE), 0)
}

/// The weight of each call.
pub trait WeightInfo {
	/// Any hash.
	fn commit() -> Weight;
	/// Any commitment.
	fn clear_commitment() -> Weight;
	/// Of `models` models with, in all of them together, `parents` parents, `entries` entries of manifests, `text` bytes
	/// of locators and `proof` bytes of proofs.
	fn register(models: u32, parents: u32, entries: u32, text: u32, proof: u32) -> Weight;
	/// Either way.
	fn set_deprecated() -> Weight;
	/// To locators of together `text` bytes.
	fn set_locators(text: u32) -> Weight;
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
	/// Reads the clock; reads and writes `NextCommitmentNumber`, `Commitments`, `System::Account`, `Balances::Holds`.
	fn commit() -> Weight {
		cost::<P>(30_000, 5, 4)
	}
	/// Reads the clock; reads and writes `Commitments`, `System::Account`, `Balances::Holds`.
	fn clear_commitment() -> Weight {
		cost::<P>(30_000, 4, 3)
	}
	/// Once: reads the clock and the genesis hash; reads and writes `Commitments`, `System::Account`, `Balances::Holds`,
	/// `NextModelId`, `NextOfDeveloper`. For each model: reads and writes `ModelByRoot` and the `Models` of a superseded
	/// one; writes `Models`, `Locations`, `Lineages`, `ModelsByDeveloper`. For each parent: reads `Models` and
	/// `Lineages`; reads and writes `NextChild`; writes `Children`. For each entry of a manifest: reads the version, with
	/// its datanet.
	fn register(models: u32, parents: u32, entries: u32, text: u32, proof: u32) -> Weight {
		let [models, parents, entries, text, proof] = [models, parents, entries, text, proof].map(u64::from);
		let ns = 25_000
			+ 60_000 * models
			+ (8_000 + ANCESTOR_NS * ANCESTORS) * parents
			+ 3_000 * entries
			+ TEXT_BYTE_NS * text
			+ PROOF_BYTE_NS * proof;
		cost::<P>(ns, 7 + 2 * models + 3 * parents + 2 * entries, 5 + 6 * models + 2 * parents)
	}
	/// Reads and writes `Models`.
	fn set_deprecated() -> Weight {
		cost::<P>(15_000, 1, 1)
	}
	/// Reads `Models`; reads and writes `Locations`, `System::Account`, `Balances::Holds`.
	fn set_locators(text: u32) -> Weight {
		cost::<P>(40_000 + TEXT_BYTE_NS * u64::from(text), 4, 3)
	}
}

/// Nanoseconds to decode an ancestor of a parent and to put it into the tree.
const ANCESTOR_NS: u64 = 150;

/// Nanoseconds for a byte of text: it is checked, stored, and copied to the event.
const TEXT_BYTE_NS: u64 = 10;

/// Nanoseconds for a byte of proof: a parent of 64 bytes is one compression of about 170 ns, twice of which is charged.
const PROOF_BYTE_NS: u64 = 5;
