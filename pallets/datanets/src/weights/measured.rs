//! What the cases of `benchmarking.rs` took. Written by `scripts/bench weights pallet_datanets`, never by hand.
//!
//! Machine: x86_64, AMD EPYC, 2 cores. Measured with the chain's runtime, optimised and executed natively on one thread. The state was
//! flat and in memory: look-ups are in the times, while misses, the trie and the disk are what keys are priced with.
//!
//! Each size went through its range in 10 steps, while the others were at their greatest and while they were at their
//! least. Of 20 runs at each step the fastest counts. The line that least squares fit was lifted until no step was above
//! it. Keys are distinct ones, without those that every block touches.

use frame_support::weights::Weight;
use plexus_primitives::weights::{cost, each, Prices};

/// `t` from 0 to 8: 18.9 µs to 26.1 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::CuratorSets` 0 1, `Datanets::CurrentWindows` 1 0,
/// `Datanets::Datanets` 0 1, `Datanets::DatanetsByOwner` 0 1, `Datanets::DatanetsByTag` 0 8,
/// `Datanets::NextDatanetId` 1 1, `Datanets::Profiles` 0 1, `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn create_datanet<P: Prices>(t: u32) -> Weight {
	cost::<P>(19_403_000, 5, 7).saturating_add(each::<P>(t, 974_985, 0, 1))
}

/// `r` from 0 to 1, `t` from 6 to 512, `l` from 0 to 53: 35.6 µs to 101.5 µs.
///
/// Keys read and written at most: `Balances::Holds` 4 4, `Datanets::Challenges` 1 1, `Datanets::ContributionByRoot` 1
/// 1, `Datanets::ContributionIndex` 0 2, `Datanets::Contributions` 1 2, `Datanets::CuratorSets` 1 1,
/// `Datanets::CurrentWindows` 1 0, `Datanets::Datanets` 2 2, `Datanets::Disputes` 1 1, `Datanets::NextCommitment` 1
/// 1, `Datanets::NextContributionId` 1 1, `Datanets::Reservations` 1 0, `System::Account` 4 4, `Validators::Clock` 1
/// 0.
pub(super) fn contribute<P: Prices>(r: u32, t: u32, l: u32) -> Weight {
	cost::<P>(36_586_000, 9, 8)
		.saturating_add(each::<P>(r, 58_187_000, 10, 12))
		.saturating_add(each::<P>(t, 1_453, 0, 0))
		.saturating_add(each::<P>(l, 124_174, 0, 0))
}

/// 58.9 µs.
///
/// Keys read and written at most: `Balances::Holds` 3 3, `Datanets::Challenges` 1 1, `Datanets::ContributionByRoot` 1
/// 1, `Datanets::ContributionIndex` 0 1, `Datanets::Contributions` 1 1, `Datanets::CuratorSets` 1 1,
/// `Datanets::CurrentWindows` 1 0, `Datanets::Datanets` 1 1, `Datanets::Disputes` 1 1, `Datanets::Reservations` 0 1,
/// `System::Account` 3 3, `Validators::Clock` 1 0.
pub(super) fn withdraw<P: Prices>() -> Weight {
	cost::<P>(58_918_000, 14, 14)
}

/// 22.2 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::CuratorSets` 0 1, `Datanets::CuratorsProposed` 0
/// 1, `Datanets::Datanets` 1 1, `Datanets::DatanetsByOwner` 0 1, `Datanets::DatanetsByTag` 0 8, `Datanets::Profiles`
/// 1 1, `System::Account` 1 1.
pub(super) fn remove_datanet<P: Prices>() -> Weight {
	cost::<P>(22_203_000, 4, 15)
}

/// 17.3 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Commitments` 1 1, `Datanets::CurrentWindows` 1 0,
/// `Datanets::NextCommitment` 1 1, `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn commit<P: Prices>() -> Weight {
	cost::<P>(17_306_000, 6, 4)
}

/// 13.7 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Commitments` 1 1, `System::Account` 1 1,
/// `Validators::Clock` 1 0.
pub(super) fn clear_commitment<P: Prices>() -> Weight {
	cost::<P>(13_790_000, 4, 3)
}

/// `n` from 1 to 128, `r` from 0 to 128, `t` from 6 to 512, `l` from 0 to 53: 47.2 µs to 12334.4 µs.
///
/// Keys read and written at most: `Balances::Holds` 385 385, `Datanets::Challenges` 128 128, `Datanets::Commitments`
/// 1 1, `Datanets::ContributionByRoot` 256 256, `Datanets::ContributionIndex` 0 384, `Datanets::Contributions` 128
/// 384, `Datanets::CuratorSets` 128 128, `Datanets::CurrentWindows` 1 0, `Datanets::Datanets` 129 129,
/// `Datanets::Disputes` 128 128, `Datanets::NextContributionId` 1 1, `Datanets::Reservations` 128 0,
/// `System::Account` 385 385, `System::BlockHash` 1 0, `Validators::Clock` 1 0.
pub(super) fn register<P: Prices>(n: u32, r: u32, t: u32, l: u32) -> Weight {
	cost::<P>(33_569_000, 8, 5)
		.saturating_add(each::<P>(n, 14_356_214, 2, 3))
		.saturating_add(each::<P>(r, 83_197_775, 12, 15))
		.saturating_add(each::<P>(t, 2_813, 0, 0))
		.saturating_add(each::<P>(l, 125_492, 0, 0))
}

/// 4.8 µs.
///
/// Keys read and written at most: `Datanets::Contributions` 1 1, `Datanets::CurrentWindows` 1 0, `Datanets::Datanets`
/// 1 1, `Validators::Clock` 1 0.
pub(super) fn accept<P: Prices>() -> Weight {
	cost::<P>(4_887_000, 4, 2)
}

/// 32.8 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Ballots` 1 1, `Datanets::ContributionByRoot` 1 1,
/// `Datanets::ContributionIndex` 0 1, `Datanets::Contributions` 1 1, `Datanets::CuratorSets` 1 1,
/// `Datanets::CurrentWindows` 1 0, `Datanets::Datanets` 1 1, `Datanets::Reservations` 0 1, `System::Account` 1 1,
/// `Validators::Clock` 1 0.
pub(super) fn review<P: Prices>() -> Weight {
	cost::<P>(32_899_000, 9, 9)
}

/// `t` from 3 to 512: 3.6 µs to 15.1 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Contributions` 1 1, `System::Account` 1 1.
pub(super) fn set_locator<P: Prices>(_t: u32) -> Weight {
	cost::<P>(15_112_000, 3, 3)
}

/// 14.5 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Contributions` 1 1, `System::Account` 1 1,
/// `Validators::Clock` 1 0.
pub(super) fn release_deposit<P: Prices>() -> Weight {
	cost::<P>(14_592_000, 4, 3)
}

/// 11.5 µs.
///
/// Keys read and written at most: `Datanets::CurrentWindows` 1 0, `Datanets::Datanets` 1 1, `Datanets::Versions` 0 1,
/// `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn publish<P: Prices>() -> Weight {
	cost::<P>(11_548_000, 4, 3)
}

/// `t` from 0 to 8: 8.8 µs to 15.2 µs.
///
/// Keys read and written at most: `Datanets::Datanets` 1 0, `Datanets::DatanetsByTag` 0 16, `Datanets::Profiles` 1 1.
pub(super) fn describe<P: Prices>(t: u32) -> Weight {
	cost::<P>(8_897_000, 2, 9).saturating_add(each::<P>(t, 870_606, 0, 1))
}

/// 3.3 µs.
///
/// Keys read and written at most: `Datanets::CurrentWindows` 1 0, `Datanets::Datanets` 1 1,
/// `Datanets::NextCommitment` 1 0, `Validators::Clock` 1 0.
pub(super) fn set_status<P: Prices>() -> Weight {
	cost::<P>(3_355_000, 4, 1)
}

/// 2.7 µs.
///
/// Keys read and written at most: `Datanets::Datanets` 1 1.
pub(super) fn propose_owner<P: Prices>() -> Weight {
	cost::<P>(2_714_000, 1, 1)
}

/// 28.5 µs.
///
/// Keys read and written at most: `Balances::Holds` 2 2, `Datanets::CuratorsProposed` 0 1, `Datanets::Datanets` 1 1,
/// `Datanets::DatanetsByOwner` 0 2, `System::Account` 2 2.
pub(super) fn accept_ownership<P: Prices>() -> Weight {
	cost::<P>(28_563_000, 5, 8)
}

/// 3.8 µs.
///
/// Keys read and written at most: `Datanets::CuratorsProposed` 0 1, `Datanets::CurrentWindows` 1 0,
/// `Datanets::Datanets` 1 0, `Validators::Clock` 1 0.
pub(super) fn propose_curators<P: Prices>() -> Weight {
	cost::<P>(3_886_000, 3, 1)
}

/// 5.6 µs.
///
/// Keys read and written at most: `Datanets::CuratorSets` 1 2, `Datanets::CuratorsProposed` 1 1, `Datanets::Datanets`
/// 1 1, `Validators::Clock` 1 0.
pub(super) fn enact_curators<P: Prices>() -> Weight {
	cost::<P>(5_628_000, 4, 4)
}

/// 17.6 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Challenges` 1 1, `Datanets::Contributions` 1 0,
/// `Datanets::Datanets` 1 0, `System::Account` 1 1.
pub(super) fn challenge<P: Prices>() -> Weight {
	cost::<P>(17_627_000, 5, 3)
}

/// `l` from 0 to 53: 26.2 µs to 32.1 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Challenges` 1 1, `Datanets::Contributions` 1 0,
/// `System::Account` 2 2, `Validators::Clock` 1 0.
pub(super) fn answer<P: Prices>(l: u32) -> Weight {
	cost::<P>(26_328_000, 6, 4).saturating_add(each::<P>(l, 119_787, 0, 0))
}

/// 12.0 µs.
///
/// Keys read and written at most: `Datanets::Challenges` 1 1, `Datanets::Contributions` 1 0,
/// `Datanets::CurrentWindows` 1 0, `System::Account` 1 1, `System::BlockHash` 1 0, `Validators::Clock` 1 0.
pub(super) fn draw_chunk<P: Prices>() -> Weight {
	cost::<P>(12_078_000, 6, 2)
}

/// 55.4 µs.
///
/// Keys read and written at most: `Balances::Holds` 3 3, `Datanets::Challenges` 1 1, `Datanets::ContributionByRoot` 1
/// 1, `Datanets::ContributionIndex` 0 1, `Datanets::Contributions` 1 1, `Datanets::CuratorSets` 1 1,
/// `Datanets::Datanets` 1 1, `Datanets::Disputes` 1 1, `System::Account` 3 3, `Validators::Clock` 1 0.
pub(super) fn close_challenge<P: Prices>() -> Weight {
	cost::<P>(55_413_000, 13, 13)
}

/// 19.8 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Contributions` 1 0, `Datanets::CuratorSets` 1 1,
/// `Datanets::CurrentWindows` 1 0, `Datanets::Datanets` 1 0, `Datanets::Disputes` 1 1, `Sudo::Key` 1 0,
/// `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn dispute<P: Prices>() -> Weight {
	cost::<P>(19_800_000, 9, 4)
}

/// 58.9 µs.
///
/// Keys read and written at most: `Balances::Holds` 3 3, `Datanets::Challenges` 1 1, `Datanets::ContributionByRoot` 1
/// 1, `Datanets::ContributionIndex` 0 1, `Datanets::Contributions` 1 1, `Datanets::CuratorSets` 1 1,
/// `Datanets::CurrentWindows` 1 0, `Datanets::Datanets` 1 1, `Datanets::Disputes` 1 1, `Datanets::Reservations` 0 1,
/// `System::Account` 3 3, `Validators::Clock` 1 0.
pub(super) fn vote<P: Prices>() -> Weight {
	cost::<P>(58_968_000, 14, 14)
}

/// 1.8 µs.
///
/// Keys read and written at most: `Datanets::CurrentWindows` 0 1.
pub(super) fn set_windows<P: Prices>() -> Weight {
	cost::<P>(1_843_000, 0, 1)
}

/// 14.6 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Datanets::Reservations` 1 1, `System::Account` 1 1,
/// `Validators::Clock` 1 0.
pub(super) fn clear_reservation<P: Prices>() -> Weight {
	cost::<P>(14_672_000, 4, 3)
}
