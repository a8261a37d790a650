//! What the cases of `benchmarking.rs` took. Written by `scripts/bench weights pallet_rewards`, never by hand.
//!
//! Machine: x86_64, AMD EPYC, 2 cores.
//!
//! Measured with the chain's runtime, optimised and executed natively on one thread. The state was flat and in memory:
//! look-ups are in the times, while misses, the trie and the disk are what keys are priced with.
//!
//! Each size went through its range in 10 steps, while the others were at their greatest and while they were at their
//! least. Of 20 runs at each step the fastest counts. The line that least squares fit was lifted until no step was above
//! it. Keys are distinct ones, without those that every block touches.

use frame_support::weights::Weight;
use plexus_primitives::weights::{cost, each, Prices};

/// `n` from 1 to 32: 5.6 µs to 32.6 µs.
///
/// Keys read and written at most: `Models::Models` 1 0, `Rewards::DataRevenues` 1 0, `Rewards::Pools` 32 32,
/// `Rewards::Pulled` 1 1.
pub(super) fn distribute<P: Prices>(n: u32) -> Weight {
	cost::<P>(4_856_000, 3, 1).saturating_add(each::<P>(n, 925_121, 1, 1))
}

/// `p` from 1 to 64, `n` from 1 to 32: 6.0 µs to 369.3 µs.
///
/// Keys read and written at most: `Rewards::Earnings` 1 1, `Rewards::Heads` 64 0, `Rewards::PoolEarnings` 64 64,
/// `Rewards::Pools` 95 0, `Rewards::Positions` 64 64.
pub(super) fn claim<P: Prices>(p: u32, n: u32) -> Weight {
	cost::<P>(627_000, 0, 1)
		.saturating_add(each::<P>(p, 5_718_076, 4, 2))
		.saturating_add(each::<P>(n, 416_907, 1, 0))
}

/// 16.6 µs.
///
/// Keys read and written at most: `Rewards::Earnings` 1 1, `System::Account` 2 2.
pub(super) fn withdraw<P: Prices>() -> Weight {
	cost::<P>(16_655_000, 3, 3)
}

/// 6.4 µs.
///
/// Keys read and written at most: `Rewards::DataRevenues` 1 1, `System::Account` 1 1.
pub(super) fn deposit_data<P: Prices>() -> Weight {
	cost::<P>(6_460_000, 2, 2)
}

/// 7.6 µs.
///
/// Keys read and written at most: `Datanets::Contributions` 1 0, `Datanets::Disputes` 1 0, `Rewards::Earnings` 1 1,
/// `System::Account` 1 1.
pub(super) fn credit<P: Prices>() -> Weight {
	cost::<P>(7_671_000, 4, 2)
}

/// 2.9 µs.
///
/// Keys read and written at most: `Rewards::Heads` 1 1, `Rewards::Positions` 1 1.
pub(super) fn accepted<P: Prices>() -> Weight {
	cost::<P>(2_905_000, 2, 2)
}

/// 55.5 µs.
///
/// Keys read and written at most: `Rewards::Earnings` 2 2, `Rewards::Heads` 1 0, `Rewards::PoolEarnings` 2 2,
/// `Rewards::Pools` 33 0, `Rewards::Positions` 2 2.
pub(super) fn moved<P: Prices>() -> Weight {
	cost::<P>(55_503_000, 40, 6)
}
