//! What the cases of `benchmarking.rs` took. Written by `scripts/bench weights pallet_validators`, never by hand.
//!
//! Machine: x86_64, AMD EPYC, 2 cores. Measured with the chain's runtime, optimised and executed natively on one thread. The state was
//! flat and in memory: look-ups are in the times, while misses, the trie and the disk are what keys are priced with.
//!
//! Each size went through its range in 10 steps, while the others were at their greatest and while they were at their
//! least. Of 20 runs at each step the fastest counts. The line that least squares fit was lifted until no step was above
//! it. Keys are distinct ones, without those that every block touches.

use frame_support::weights::Weight;
use plexus_primitives::weights::{cost, each, Prices};

/// 15.9 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Validators::Stakes` 1 1.
pub(super) fn bond<P: Prices>() -> Weight {
	cost::<P>(15_943_000, 2, 2)
}

/// `c` from 0 to 16: 22.4 µs to 169.7 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `System::Account` 1 1, `Validators::Clock` 1 0,
/// `Validators::KeyHolders` 0 1, `Validators::Keys` 1 1, `Validators::Owed` 1 1, `Validators::Pools` 17 17,
/// `Validators::Residue` 1 1, `Validators::Stakes` 1 1.
pub(super) fn change_stake<P: Prices>(c: u32) -> Weight {
	cost::<P>(27_685_000, 8, 8).saturating_add(each::<P>(c, 8_952_295, 1, 1))
}

/// 143.0 µs.
///
/// Keys read and written at most: `Validators::Candidates` 1 1, `Validators::Keys` 1 0, `Validators::NextPoolId` 1 1,
/// `Validators::Periods` 1 0, `Validators::Pools` 200 2, `Validators::Stakes` 1 1.
pub(super) fn validate<P: Prices>() -> Weight {
	cost::<P>(143_003_000, 205, 5)
}

/// 25.0 µs.
///
/// Keys read and written at most: `Validators::Candidates` 1 1, `Validators::Pools` 1 1, `Validators::Stakes` 1 0.
pub(super) fn chill<P: Prices>() -> Weight {
	cost::<P>(25_007_000, 3, 2)
}

/// 42.3 µs.
///
/// Keys read and written at most: `System::BlockHash` 1 0, `Validators::KeyHolders` 1 2, `Validators::Keys` 1 1,
/// `Validators::Stakes` 1 0.
pub(super) fn set_keys<P: Prices>() -> Weight {
	cost::<P>(42_354_000, 4, 3)
}

/// 152.6 µs.
///
/// Keys read and written at most: `System::BlockHash` 1 0, `Validators::Candidates` 1 1, `Validators::Clock` 1 0,
/// `Validators::EraSets` 1 1, `Validators::KeyHolders` 2 2, `Validators::Keys` 1 1, `Validators::NextSetHash` 0 1,
/// `Validators::Periods` 1 0, `Validators::Pools` 1 1, `Validators::Stakes` 1 0, `Validators::Watches` 1 1.
pub(super) fn report_equivocation<P: Prices>() -> Weight {
	cost::<P>(152_697_000, 11, 8)
}

/// `s` from 1 to 100: 1734.0 µs to 3979.1 µs.
///
/// Keys read and written at most: `System::BlockHash` 1 0, `System::ParentHash` 1 0, `Validators::AbsenceRing` 1 1,
/// `Validators::Candidates` 1 1, `Validators::Clock` 1 0, `Validators::CommitNoted` 1 1, `Validators::EraSets` 1 1,
/// `Validators::Jailings` 1 1, `Validators::NextSetHash` 0 1, `Validators::Periods` 1 0, `Validators::Pools` 99 99,
/// `Validators::Watches` 1 1.
pub(super) fn note_commit<P: Prices>(s: u32) -> Weight {
	cost::<P>(1_783_776_000, 109, 106).saturating_add(each::<P>(s, 22_965_863, 0, 0))
}

/// 38.5 µs.
///
/// Keys read and written at most: `System::BlockHash` 1 0, `Timestamp::Now` 1 0, `Validators::Author` 0 1,
/// `Validators::Authored` 1 1, `Validators::Clock` 1 1, `Validators::CommitNoted` 1 1, `Validators::EraSets` 1 0,
/// `Validators::NextSetHash` 1 1, `Validators::Periods` 1 0, `Validators::Watches` 1 1.
pub(super) fn every_block<P: Prices>() -> Weight {
	cost::<P>(38_527_000, 9, 6)
}

/// 853.4 µs.
///
/// Keys read and written at most: `System::Account` 1 0, `Validators::Authored` 100 100, `Validators::BlockTimeMs` 1
/// 0, `Validators::Candidates` 1 0, `Validators::Clock` 1 0, `Validators::EraSets` 1 1, `Validators::Jailings` 1 1,
/// `Validators::Keys` 200 0, `Validators::NextSetHash` 0 1, `Validators::Owed` 1 1, `Validators::Periods` 1 0,
/// `Validators::Pools` 200 200, `Validators::Stakes` 100 100, `Validators::Watches` 1 1.
pub(super) fn end_era<P: Prices>() -> Weight {
	cost::<P>(853_443_000, 609, 405)
}
