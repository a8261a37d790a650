//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case takes: `benchmarking.rs` makes the cases, and here a call is matched with its case.
//! **The figures of the cases are counted by hand so far** (`counted.rs`). `scripts/bench weights pallet_attribution` writes
//! those that were measured to `measured.rs`, with the same functions: `use measured as cases` is the switch. As many unlisted
//! sources as a batch may have do not get there in one case, so that they are counted by hand here in any event. The unit,
//! the prices of keys and the sum are those of [`plexus_primitives::weights`].

mod counted;

use counted as cases;
use frame_support::weights::Weight;
use plexus_primitives::weights::{each, PricedBy, Prices};

/// The claims of a batch, at most: a runtime's `ClaimsMax` should not be above.
pub const CLAIMS: u32 = 512;

/// The unlisted sources of a batch, at most: a runtime's `UnlistedMax` should not be above.
pub const UNLISTED: u32 = 32;

/// The weight of each call.
pub trait WeightInfo {
	/// Of so many channels with so many receipts together, and so many claims.
	fn submit(channels: u32, receipts: u32, claims: u32) -> Weight;
	/// Any method.
	fn register_method() -> Weight;
	/// Any.
	fn set_parameters() -> Weight;
	/// Any batch.
	fn commit() -> Weight;
	/// Any challenge, with the longest slices.
	fn reveal() -> Weight;
	/// Any commitment.
	fn clear_commitment() -> Weight;
	/// Any batch.
	fn draw_samples() -> Weight;
	/// Any batch.
	fn close_samples() -> Weight;
	/// Any claim.
	fn demand() -> Weight;
	/// Any claim, with the longest slices.
	fn answer() -> Weight;
	/// Any demand.
	fn close_demand() -> Weight;
	/// With the longest slices.
	fn answer_unlisted() -> Weight;
	/// So many claims, and all that is left after them.
	fn finalise(claims: u32) -> Weight;
}

/// Weights with the storage prices of a runtime.
pub type SubstrateWeight<T> = PricedBy<<T as frame_system::Config>::DbWeight>;

impl<P: Prices> WeightInfo for P {
	fn submit(channels: u32, receipts: u32, claims: u32) -> Weight {
		cases::submit::<P>(channels, receipts, claims)
	}
	fn register_method() -> Weight {
		cases::register_method::<P>()
	}
	fn set_parameters() -> Weight {
		cases::set_parameters::<P>()
	}
	fn commit() -> Weight {
		cases::commit::<P>()
	}
	fn reveal() -> Weight {
		cases::reveal::<P>()
	}
	fn clear_commitment() -> Weight {
		cases::clear_commitment::<P>()
	}
	fn draw_samples() -> Weight {
		cases::draw_samples::<P>()
	}
	fn close_samples() -> Weight {
		cases::close_samples::<P>()
	}
	fn demand() -> Weight {
		cases::demand::<P>()
	}
	fn answer() -> Weight {
		cases::answer::<P>()
	}
	fn close_demand() -> Weight {
		cases::close_demand::<P>()
	}
	fn answer_unlisted() -> Weight {
		cases::answer_unlisted::<P>()
	}
	/// For each unlisted source: `Books`, the pot of the receipts, `System::Account` and `Balances::Holds` of whoever
	/// showed it, and two payouts.
	fn finalise(claims: u32) -> Weight {
		cases::finalise::<P>(claims.max(1)).saturating_add(each::<P>(UNLISTED, 160_000_000, 12, 12))
	}
}
