//! What the calls cost, and what other pallets' calls cost here.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone, or is corrected
//! downwards once the call knows how long its walks through trees were.
//!
//! # Reasoning
//! Each call costs what its worst case took when it was measured: `benchmarking.rs` makes the cases, `measured.rs` has their
//! figures and names the command that takes them anew. Here a call is matched with its case, and its arguments with the
//! sizes of that case. The unit, the prices of keys and the sum are those of [`plexus_primitives::weights`]. What a case does
//! not reach is counted by hand, where it is added.

mod measured;

use crate::fenwick::NODES_MAX;
use frame_support::weights::Weight;
use plexus_primitives::weights::{each, PricedBy, Prices};

/// The weight of each call, and of what other pallets' calls do here.
pub trait WeightInfo {
	/// To a version in so many nodes; in none if nobody is in it.
	fn distribute(nodes: u32) -> Weight;
	/// In so many places, whose walks visit so many nodes together.
	fn claim(places: u32, nodes: u32) -> Weight;
	/// Any account.
	fn withdraw() -> Weight;
	/// [`crate::Pallet::deposit_data`].
	fn deposit_data() -> Weight;
	/// [`crate::Pallet::credit_contribution`] or [`crate::Pallet::credit_account`].
	fn credit() -> Weight;
	/// A contribution is accepted.
	fn accepted() -> Weight;
	/// A contribution departs or its position moves, or a version is published.
	fn moved() -> Weight;
}

/// Weights with the storage prices of a runtime.
pub type SubstrateWeight<T> = PricedBy<<T as frame_system::Config>::DbWeight>;

impl<P: Prices> WeightInfo for P {
	/// Of an empty version `Pools` is read, and the amount is burned out of the pot: a withdrawal does as much.
	fn distribute(nodes: u32) -> Weight {
		let burned = if nodes == 0 { measured::withdraw::<P>() } else { Weight::zero() };
		measured::distribute::<P>(nodes).saturating_add(burned)
	}
	fn claim(places: u32, nodes: u32) -> Weight {
		// Each place but the first brings one node in the case.
		measured::claim::<P>(places, nodes.saturating_sub(places.saturating_sub(1)))
	}
	fn withdraw() -> Weight {
		measured::withdraw::<P>()
	}
	fn deposit_data() -> Weight {
		measured::deposit_data::<P>()
	}
	fn credit() -> Weight {
		measured::credit::<P>()
	}
	fn accepted() -> Weight {
		measured::accepted::<P>()
	}
	/// In the case the walks from both ends soon meet; they need not meet at all, and are as many nodes more then. Two
	/// positions walk each, which takes below 0.5 µs natively.
	fn moved() -> Weight {
		measured::moved::<P>().saturating_add(each::<P>(NODES_MAX, 1_000_000, 1, 0))
	}
}
