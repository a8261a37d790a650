//! What the cases of `benchmarking.rs` cost, counted by hand until they are measured.
//!
//! Storage is counted: the keys that a case reads and writes at most are listed at each function. Computation is bounded by what
//! is known of its parts: a division of 256 bits below 1 µs natively, a node of a tree, which is decoded and added, below
//! 1 µs, an event below 2 µs, a transfer below 20 µs, each rounded up. What other pallets do behind [`crate::Manifests`] and
//! [`crate::Contributions`] is counted as the decoding of one model, and two reads.

use crate::fenwick::NODES_MAX;
use frame_support::weights::Weight;
use plexus_primitives::weights::{cost, each, Prices};

/// Reads the model and `DataRevenues`; reads and writes `Pulled`, `Pools` of the version, and for each node `Pools`. If the
/// version is empty, the pot and the issuance instead of nodes.
pub(super) fn distribute<P: Prices>(n: u32) -> Weight {
	cost::<P>(40_000_000, 6, 4).saturating_add(each::<P>(n, 1_000_000, 1, 1))
}

/// Reads and writes `Earnings`. For each place: reads `Heads` and one node, `Pools`; reads and writes `Positions`,
/// `PoolEarnings`. For each further node: reads `Pools`.
pub(super) fn claim<P: Prices>(p: u32, n: u32) -> Weight {
	cost::<P>(5_000_000, 1, 1)
		.saturating_add(each::<P>(p, 9_000_000, 4, 2))
		.saturating_add(each::<P>(n, 1_000_000, 1, 0))
}

/// Reads and writes `Earnings`, the pot, `System::Account`.
pub(super) fn withdraw<P: Prices>() -> Weight {
	cost::<P>(50_000_000, 3, 3)
}

/// Reads and writes the pot and `DataRevenues`.
pub(super) fn deposit_data<P: Prices>() -> Weight {
	cost::<P>(25_000_000, 2, 2)
}

/// Reads two entries of who holds the contribution; reads and writes the pot and `Earnings`.
pub(super) fn credit<P: Prices>() -> Weight {
	cost::<P>(30_000_000, 4, 2)
}

/// Reads and writes `Heads` and `Positions`. It has earned nothing yet.
pub(super) fn accepted<P: Prices>() -> Weight {
	cost::<P>(8_000_000, 2, 2)
}

/// Reads and writes `Heads`, both `Positions`, `Earnings` and `PoolEarnings` of both. Reads the nodes of both ends, which
/// both positions walk.
pub(super) fn moved<P: Prices>() -> Weight {
	cost::<P>(35_000_000, 7, 7).saturating_add(each::<P>(2 * NODES_MAX, 2_000_000, 1, 0))
}
