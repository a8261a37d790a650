//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. The unit, the prices of keys and the sum are those of [`plexus_primitives::weights`].
//! As many unlisted sources as a batch may have do not get there in one case: these are counted by hand.

mod measured;

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
		measured::submit::<P>(channels, receipts, claims)
	}
	fn register_method() -> Weight {
		measured::register_method::<P>()
	}
	fn set_parameters() -> Weight {
		measured::set_parameters::<P>()
	}
	fn commit() -> Weight {
		measured::commit::<P>()
	}
	fn reveal() -> Weight {
		measured::reveal::<P>()
	}
	fn clear_commitment() -> Weight {
		measured::clear_commitment::<P>()
	}
	fn draw_samples() -> Weight {
		measured::draw_samples::<P>()
	}
	fn close_samples() -> Weight {
		measured::close_samples::<P>()
	}
	fn demand() -> Weight {
		measured::demand::<P>()
	}
	fn answer() -> Weight {
		measured::answer::<P>()
	}
	fn close_demand() -> Weight {
		measured::close_demand::<P>()
	}
	fn answer_unlisted() -> Weight {
		measured::answer_unlisted::<P>()
	}
	/// For each unlisted source: `Books`, the pot of the receipts, `System::Account` and `Balances::Holds` of whoever
	/// showed it, and two payouts of three entries and a transfer each; a hold or transfer is below 20 µs natively.
	fn finalise(claims: u32) -> Weight {
		measured::finalise::<P>(claims.max(1)).saturating_add(each::<P>(UNLISTED, 160_000_000, 12, 12))
	}
}
