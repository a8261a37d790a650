//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. The unit, the prices of keys and the sum are those of [`plexus_primitives::weights`].

mod measured;

use frame_support::weights::Weight;
use plexus_primitives::weights::{each, levels, PricedBy, Prices};

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
pub type SubstrateWeight<T> = PricedBy<<T as frame_system::Config>::DbWeight>;

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
