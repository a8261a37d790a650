//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! **Upper bounds made by hand, to be replaced by measurement.** Each weight is computation plus storage. Storage is
//! counted: the keys that a call reads and writes at most are listed at each function and priced by the runtime's
//! `DbWeight`. Computation is bounded by what is known of its parts: a signature below 60 µs natively, a receipt, which is
//! hashed twice over less than four blocks of BLAKE3, below 2 µs, a hold or transfer below 20 µs, each rounded up. What
//! other pallets do behind [`crate::Pools`], [`crate::Servers`] and the validators' pot is counted as a transfer, two
//! entries and a transfer. Proof size is zero, because blocks of a standalone chain carry no storage proofs.
//!
//! The cases in `benchmarking.rs` are the worst of each call. They run over a mock so far: once a runtime's benchmarks list
//! the pallet, `scripts/bench weights pallet_receipts` writes what they took to `weights/measured.rs`, for this table to use.
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

/// The models of a batch, at most: a runtime's `BatchModelsMax` should not be above.
pub const BATCH_MODELS: u64 = 8;

/// The weight of native execution that takes `nanoseconds`.
const fn native(nanoseconds: u64) -> Weight {
	Weight::from_parts(nanoseconds.saturating_mul(1_000 * REFERENCE_PER_NATIVE), 0)
}

/// The weight of each call.
pub trait WeightInfo {
	/// With so many models and corpora.
	fn open(models: u32, corpora: u32) -> Weight;
	/// Any amount.
	fn top_up() -> Weight;
	/// By either party.
	fn close() -> Weight;
	/// Any number of channels.
	fn close_all() -> Weight;
	/// Any channel.
	fn finish() -> Weight;
	/// Of so many channels with so many receipts together.
	fn submit(channels: u32, receipts: u32) -> Weight;
	/// Any batch.
	fn clear_batch() -> Weight;
	/// Any model.
	fn pull_developer() -> Weight;
	/// Any two models.
	fn pull_royalty() -> Weight;
	/// Any account.
	fn withdraw() -> Weight;
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
	/// Reads the clock, the genesis hash and the agent; reads and writes `NextChannelId`, `System::Account`,
	/// `Balances::Holds`, `CurrentGenerations`, `Generations`; writes `Channels`. For each model: reads the model, its lineage; reads and writes `Books`. For
	/// each version: reads it and its datanet.
	fn open(models: u32, corpora: u32) -> Weight {
		let [models, corpora] = [models, corpora].map(u64::from);
		let ns = 60_000 + 25_000 * models + 4_000 * corpora;
		cost::<P>(ns, 8 + 4 * models + 2 * corpora, 6 + models)
	}
	/// Reads the clock and `Generations`; reads and writes `Channels`, `System::Account`, `Balances::Holds`.
	fn top_up() -> Weight {
		cost::<P>(35_000, 5, 3)
	}
	/// As `finish`.
	fn close() -> Weight {
		cost::<P>(65_000, 6, 5)
	}
	/// Reads the clock and `NextChannelId`; reads and writes `CurrentGenerations`, `Generations`.
	fn close_all() -> Weight {
		cost::<P>(20_000, 4, 2)
	}
	/// Reads the clock; reads and writes `Channels`, `Generations`, `CurrentGenerations`, `System::Account`,
	/// `Balances::Holds`.
	fn finish() -> Weight {
		cost::<P>(65_000, 6, 5)
	}
	/// Once: reads the clock, the block number and the genesis hash; reads and writes `NextBatchId`, `Earnings`, the pot,
	/// the validators' pot, issuance, and `System::Account` and `Balances::Holds` of the server; writes `Batches`. For
	/// each model: reads and writes `Books` and, behind the pools, a book and an account. For each channel: reads and
	/// writes `Channels`, `System::Account` and `Balances::Holds` of the payer, and two entries of its reputation.
	fn submit(channels: u32, receipts: u32) -> Weight {
		let [channels, receipts] = [channels, receipts].map(u64::from);
		let models = BATCH_MODELS.min(receipts);
		let ns = 100_000 + 110_000 * channels + 3_000 * receipts + 60_000 * models;
		cost::<P>(ns, 10 + 5 * channels + 3 * models, 8 + 5 * channels + 3 * models)
	}
	/// Reads the clock; reads and writes `Batches`, `System::Account`, `Balances::Holds`.
	fn clear_batch() -> Weight {
		cost::<P>(35_000, 4, 3)
	}
	/// Reads and writes `Books`, `Earnings`.
	fn pull_developer() -> Weight {
		cost::<P>(20_000, 2, 2)
	}
	/// Reads the lineage, and the ancestor with its lineage; reads and writes `Books`, `RoyaltiesTaken`, `Earnings`, the
	/// pot and, behind the pools, two books and an account.
	fn pull_royalty() -> Weight {
		cost::<P>(90_000, 10, 7)
	}
	/// Reads and writes `Earnings`, the pot, `System::Account`.
	fn withdraw() -> Weight {
		cost::<P>(50_000, 3, 3)
	}
}
