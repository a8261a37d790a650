//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! Each call costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. The unit, the prices of keys and the sum are those of [`plexus_primitives::weights`]. What a case does
//! not reach is counted by hand, where it is added.

mod measured;

use frame_support::weights::Weight;
use plexus_primitives::{
	slice::TREE_DEPTH_MAX,
	weights::{cost, each, PricedBy, Prices},
};

/// The claims of a batch, at most: a runtime's `ClaimsMax` should not be above.
pub const CLAIMS: u32 = 512;

/// The unlisted sources of a batch, at most: a runtime's `UnlistedMax` should not be above.
pub const UNLISTED: u32 = 32;

/// The contributions that claims of a batch are for, at most: a runtime's `TargetsMax` should not be above.
pub const TARGETS: u32 = 128;

/// The claims of a receipt, at most: a runtime's `ReceiptClaimsMax` should not be above.
pub const RECEIPT_CLAIMS: u32 = 16;

/// Levels of trees above both edges of what two slices show, at most. The contents of the cases have 24 KiB, and few.
const SLICES_LEVELS: u32 = 4 * TREE_DEPTH_MAX as u32;

/// The same with those above a content's last byte.
const ANSWER_LEVELS: u32 = 5 * TREE_DEPTH_MAX as u32;

/// What so many levels add: each takes below 0.13 µs natively where it was measured, in the datanets' calls that verify.
fn levels<P: Prices>(count: u32) -> Weight {
	each::<P>(count, 130_000, 0, 0)
}

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
	/// In the case all claims of a receipt are for the same contribution. Each further one is read and decoded, which takes
	/// below 1 µs natively.
	fn submit(channels: u32, receipts: u32, claims: u32) -> Weight {
		let further = claims.min(TARGETS).saturating_sub(receipts);
		measured::submit::<P>(channels, receipts, claims).saturating_add(each::<P>(further, 1_000_000, 1, 0))
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
	/// Of a claim that is said to be unlawful the contributions beside it are read, each decoded below 1 µs natively.
	fn reveal() -> Weight {
		measured::reveal::<P>().saturating_add(levels::<P>(SLICES_LEVELS)).saturating_add(each::<P>(
			RECEIPT_CLAIMS,
			1_000_000,
			1,
			0,
		))
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
		measured::answer::<P>().saturating_add(levels::<P>(ANSWER_LEVELS))
	}
	fn close_demand() -> Weight {
		measured::close_demand::<P>()
	}
	/// In the case one source was shown. All are read and written, each below 0.3 µs natively: of claims, which are as long,
	/// `draw_samples` reads 512 below 70 µs.
	fn answer_unlisted() -> Weight {
		measured::answer_unlisted::<P>()
			.saturating_add(levels::<P>(SLICES_LEVELS))
			.saturating_add(each::<P>(UNLISTED, 300_000, 0, 0))
	}
	/// In the case the batch has no other claims than those that are paid, and all are read: `draw_samples` reads the most
	/// that there can be, and takes below 70 µs natively.
	/// For each unlisted source: `Books`, the pot of the receipts, `System::Account` and `Balances::Holds` of whoever
	/// showed it, and two payouts of three entries and a transfer each; a hold or transfer is below 20 µs natively.
	fn finalise(claims: u32) -> Weight {
		measured::finalise::<P>(claims.max(1))
			.saturating_add(cost::<P>(70_000_000, 0, 0))
			.saturating_add(each::<P>(UNLISTED, 160_000_000, 12, 12))
	}
}
