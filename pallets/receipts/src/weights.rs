//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case takes: `benchmarking.rs` makes the cases, and here a call is matched with its case.
//! **The figures of the cases are counted by hand so far** (`counted.rs`). `scripts/bench weights pallet_receipts` writes
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

/// The models of a batch, at most: a runtime's `BatchModelsMax` should not be above.
pub const BATCH_MODELS: u64 = 8;

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
	fn open(models: u32, corpora: u32) -> Weight {
		cases::open::<P>(models, corpora)
	}
	fn top_up() -> Weight {
		cases::top_up::<P>()
	}
	fn close() -> Weight {
		cases::close::<P>()
	}
	fn close_all() -> Weight {
		cases::close_all::<P>()
	}
	fn finish() -> Weight {
		cases::finish::<P>()
	}
	fn submit(channels: u32, receipts: u32) -> Weight {
		cases::submit::<P>(channels, receipts)
	}
	fn clear_batch() -> Weight {
		cases::clear_batch::<P>()
	}
	fn pull_developer() -> Weight {
		cases::pull_developer::<P>()
	}
	fn pull_royalty() -> Weight {
		cases::pull_royalty::<P>()
	}
	fn withdraw() -> Weight {
		cases::withdraw::<P>()
	}
}
