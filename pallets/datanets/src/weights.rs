//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each weight is computation plus storage. Storage is counted, not measured: the keys that a call reads and writes
//! are listed at each function and priced by the runtime's `DbWeight`. Proof size is zero, because blocks of a
//! standalone chain carry no storage proofs.
//!
//! Computation was measured natively: the mean of 900 calls of each kind over the real Balances on a state in memory,
//! optimised build, x86-64 with two busy cores: 9 to 12 µs (`remove_datanet`), 12 to 23 µs (`create_datanet`), 19 to
//! 31 µs (`withdraw`), 24 to 52 µs (`contribute`, of which a proof of 2,248 bytes takes 3.7 µs). This includes the
//! work on the overlay of pending changes, which the storage prices pay for once more; so the constants lie in the
//! middle of what was seen. `benchmarking.rs` has the same cases for FRAME's benchmark tool.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so what was measured
//! natively is multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// The weight of native execution that takes `picoseconds`.
fn native(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds.saturating_mul(REFERENCE_PER_NATIVE), 0)
}

/// The weight of each call.
pub trait WeightInfo {
	/// With a name and a licence of together `text` bytes.
	fn create_datanet(text: u32) -> Weight;
	/// With a media type and a locator of together `text` bytes, and a proof of `proof` bytes.
	fn contribute(text: u32, proof: u32) -> Weight;
	/// Any contribution.
	fn withdraw() -> Weight;
	/// Any empty datanet.
	fn remove_datanet() -> Weight;
}

/// Weights with the storage prices of a runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn create_datanet(text: u32) -> Weight {
		create_datanet(T::DbWeight::get(), text)
	}
	fn contribute(text: u32, proof: u32) -> Weight {
		contribute(T::DbWeight::get(), text, proof)
	}
	fn withdraw() -> Weight {
		withdraw(T::DbWeight::get())
	}
	fn remove_datanet() -> Weight {
		remove_datanet(T::DbWeight::get())
	}
}

/// Weights with Substrate's storage prices, for tests.
impl WeightInfo for () {
	fn create_datanet(text: u32) -> Weight {
		create_datanet(RocksDbWeight::get(), text)
	}
	fn contribute(text: u32, proof: u32) -> Weight {
		contribute(RocksDbWeight::get(), text, proof)
	}
	fn withdraw() -> Weight {
		withdraw(RocksDbWeight::get())
	}
	fn remove_datanet() -> Weight {
		remove_datanet(RocksDbWeight::get())
	}
}

/// Reads `NextDatanetId`, `System::Account`, `Balances::Holds`; writes them and `Datanets`.
fn create_datanet(db: RuntimeDbWeight, text: u32) -> Weight {
	native(15_000_000)
		.saturating_add(native(TEXT_BYTE_PS).saturating_mul(text.into()))
		.saturating_add(db.reads_writes(3, 4))
}

/// Reads `Datanets`, `ContributionByRoot`, `NextContributionId`, `System::Account`, `Balances::Holds`; writes them,
/// `Contributions` and `ContributionIndex`.
fn contribute(db: RuntimeDbWeight, text: u32, proof: u32) -> Weight {
	native(35_000_000)
		.saturating_add(native(TEXT_BYTE_PS).saturating_mul(text.into()))
		.saturating_add(native(PROOF_BYTE_PS).saturating_mul(proof.into()))
		.saturating_add(db.reads_writes(5, 7))
}

/// Reads `Contributions`, `Datanets`, `System::Account`, `Balances::Holds`; writes them, `ContributionByRoot` and
/// `ContributionIndex`.
fn withdraw(db: RuntimeDbWeight) -> Weight {
	native(22_000_000).saturating_add(db.reads_writes(4, 6))
}

/// Reads and writes `Datanets`, `System::Account`, `Balances::Holds`.
fn remove_datanet(db: RuntimeDbWeight) -> Weight {
	native(12_000_000).saturating_add(db.reads_writes(3, 3))
}

/// Picoseconds for a byte of text: it is checked, stored, and copied to the event.
const TEXT_BYTE_PS: u64 = 10_000;

/// Picoseconds for a byte of proof: a parent of 64 bytes is one compression of about 170 ns, twice of which is charged.
const PROOF_BYTE_PS: u64 = 5_000;
