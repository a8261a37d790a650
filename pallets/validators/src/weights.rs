//! What the calls and hooks cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments and the
//! bounds of the `Config` alone.
//!
//! # Reasoning
//! Each call and hook costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. Keys are priced by the runtime's `DbWeight`. Proof size is zero, because blocks of a standalone
//! chain carry no storage proofs.
//!
//! A change of a stake is charged for whatever such changes can do: settling a slashed bond and all slashed chunks, and
//! removing the stake. What enters the candidates pays for that besides.
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

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// The bounds of the lists when they were measured: a runtime's should not be above. Chunks of a stake.
pub const CHUNKS: u32 = 16;
/// Candidates.
pub const CANDIDATES: u32 = 200;
/// Validators of a set.
pub const VALIDATORS: u32 = 100;

/// The weight of each call and hook, with full lists of candidates and validators.
pub trait WeightInfo {
	/// A new bond.
	fn bond() -> Weight;
	/// Any change of a bond, a role or a claim, with `chunks` chunks.
	fn change_stake(chunks: u32) -> Weight;
	/// Entering the candidates, with `chunks` chunks.
	fn validate(chunks: u32) -> Weight;
	/// Leaving the candidates.
	fn chill() -> Weight;
	/// A key with its proof.
	fn set_keys() -> Weight;
	/// A report of equivocation.
	fn report_equivocation() -> Weight;
	/// The precommits of the parent, `signatures` of them present, all others jailed.
	fn note_commit(signatures: u32) -> Weight;
	/// Beginning and end of any block.
	fn every_block() -> Weight;
	/// The end of an era.
	fn end_era() -> Weight;
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

impl<P: Prices> WeightInfo for P {
	fn bond() -> Weight {
		measured::bond::<P>()
	}
	fn change_stake(chunks: u32) -> Weight {
		measured::change_stake::<P>(chunks)
	}
	fn validate(chunks: u32) -> Weight {
		measured::change_stake::<P>(chunks).saturating_add(measured::validate::<P>())
	}
	fn chill() -> Weight {
		measured::chill::<P>()
	}
	fn set_keys() -> Weight {
		measured::set_keys::<P>()
	}
	fn report_equivocation() -> Weight {
		measured::report_equivocation::<P>()
	}
	fn note_commit(signatures: u32) -> Weight {
		measured::note_commit::<P>(signatures)
	}
	fn every_block() -> Weight {
		measured::every_block::<P>()
	}
	fn end_era() -> Weight {
		measured::end_era::<P>()
	}
}
