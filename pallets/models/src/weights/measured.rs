//! What the cases of `benchmarking.rs` took. Written by `scripts/bench weights pallet_models`, never by hand.
//!
//! Machine: x86_64, AMD EPYC, 2 cores. Measured with the chain's runtime, optimised and executed natively on one thread. The state was
//! flat and in memory: look-ups are in the times, while misses, the trie and the disk are what keys are priced with.
//!
//! Each size went through its range in 10 steps, while the others were at their greatest and while they were at their
//! least. Of 20 runs at each step the fastest counts. The line that least squares fit was lifted until no step was above
//! it. Keys are distinct ones, without those that every block touches.

use frame_support::weights::Weight;
use plexus_primitives::weights::{cost, each, Prices};

/// 16.9 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::CurrentWindows` 1 0, `Models::Commitments` 1 1,
/// `Models::NextCommitmentNumber` 1 1, `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn commit<P: Prices>() -> Weight {
	cost::<P>(16_916_000, 6, 4)
}

/// 13.4 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Models::Commitments` 1 1, `System::Account` 1 1,
/// `Validators::Clock` 1 0.
pub(super) fn clear_commitment<P: Prices>() -> Weight {
	cost::<P>(13_490_000, 4, 3)
}

/// `m` from 0 to 128, `a` from 1 to 128, `p` from 0 to 7, `e` from 0 to 16, `t` from 3 to 512, `l` from 0 to 53: 60.0
/// µs to 9918.3 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Versions` 16 0, `Models::Children` 0 135,
/// `Models::Commitments` 1 1, `Models::Lineages` 135 128, `Models::Locations` 0 256, `Models::ModelByRoot` 256 256,
/// `Models::Models` 391 512, `Models::ModelsByDeveloper` 0 256, `Models::NextChild` 135 135, `Models::NextModelId` 1
/// 1, `Models::NextOfDeveloper` 1 1, `System::Account` 1 1, `System::BlockHash` 1 0, `Validators::Clock` 1 0.
pub(super) fn register<P: Prices>(m: u32, a: u32, p: u32, e: u32, _t: u32, l: u32) -> Weight {
	cost::<P>(17_825_000, 7, 5)
		.saturating_add(each::<P>(m, 39_285_595, 2, 5))
		.saturating_add(each::<P>(a, 45_459_046, 5, 8))
		.saturating_add(each::<P>(p, 3_835_815, 3, 2))
		.saturating_add(each::<P>(e, 8_211_261, 1, 0))
		.saturating_add(each::<P>(l, 113_273, 0, 0))
}

/// 2.8 µs.
///
/// Keys read and written at most: `Models::Models` 1 1.
pub(super) fn set_deprecated<P: Prices>() -> Weight {
	cost::<P>(2_895_000, 1, 1)
}

/// `t` from 3 to 512: 26.0 µs to 26.4 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Models::Locations` 1 1, `Models::Models` 1 0,
/// `System::Account` 1 1.
pub(super) fn set_locators<P: Prices>(_t: u32) -> Weight {
	cost::<P>(26_469_000, 4, 3)
}
