//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. Keys are priced by the runtime's `DbWeight`. Proof size is zero, because blocks of a standalone
//! chain carry no storage proofs.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so what was measured
//! natively is multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

mod measured;

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};
use plexus_primitives::slice::{CHUNK_BYTES, HEADER_BYTES, PARENT_BYTES};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// The ancestors that a model with parents had when `register` was measured: a runtime's `AncestorsMax` should not be above.
pub const ANCESTORS: u64 = 32;

/// Native picoseconds for a byte of locators. A line through what `register` and `set_locators` took has no slope above the
/// noise; the whole range of `set_locators`, 26.0 µs at 3 bytes and 26.4 µs at 512, allows 0.8 ns, which is rounded up.
const TEXT_BYTE_PS: u64 = 1_000;

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

/// What was measured: native picoseconds, and keys read and written.
fn cost<P: Prices>(picoseconds: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(picoseconds.saturating_mul(REFERENCE_PER_NATIVE), 0)
		.saturating_add(P::Db::get().reads_writes(reads, writes))
}

/// What each of `count` adds.
fn each<P: Prices>(count: u32, picoseconds: u64, reads: u64, writes: u64) -> Weight {
	cost::<P>(picoseconds, reads, writes).saturating_mul(count.into())
}

/// Levels of trees that are in `bytes` of proofs of `count` contents, each of which has a header and a chunk besides. What
/// shorter chunks save goes to the longer proofs: the work is the same for each byte.
fn levels(bytes: u32, count: u32) -> u32 {
	let least = count.saturating_mul(HEADER_BYTES as u32 + CHUNK_BYTES as u32);
	bytes.saturating_sub(least).div_ceil(PARENT_BYTES as u32)
}

impl<P: Prices> WeightInfo for P {
	fn commit() -> Weight {
		measured::commit::<P>()
	}
	fn clear_commitment() -> Weight {
		measured::clear_commitment::<P>()
	}
	fn register(models: u32, parents: u32, entries: u32, text: u32, proof: u32) -> Weight {
		// However the parents are shared out, no more models than this have one.
		let with_parents = parents.min(models);
		let (without, further) = (models.saturating_sub(with_parents), parents.saturating_sub(with_parents));
		measured::register::<P>(without, with_parents, further, entries, text, levels(proof, models))
			.saturating_add(each::<P>(text, TEXT_BYTE_PS, 0, 0))
	}
	fn set_deprecated() -> Weight {
		measured::set_deprecated::<P>()
	}
	fn set_locators(text: u32) -> Weight {
		measured::set_locators::<P>(text).saturating_add(each::<P>(text, TEXT_BYTE_PS, 0, 0))
	}
}
