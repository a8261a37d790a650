//! What the cases of `benchmarking.rs` took. Written by `scripts/bench weights pallet_receipts`, never by hand.
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

/// `m` from 1 to 8, `c` from 0 to 8: 47.8 µs to 101.3 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 0, `Balances::Holds` 1 1, `Datanets::CurrentWindows` 1 0,
/// `Datanets::Versions` 8 0, `Models::Lineages` 8 0, `Models::Models` 8 0, `Receipts::Books` 8 8,
/// `Receipts::Channels` 0 1, `Receipts::CurrentGenerations` 1 1, `Receipts::Generations` 1 1,
/// `Receipts::NextChannelId` 1 1, `System::Account` 1 1, `System::BlockHash` 1 0, `Validators::Clock` 1 0.
pub(super) fn open<P: Prices>(m: u32, c: u32) -> Weight {
	cost::<P>(48_750_000, 9, 6)
		.saturating_add(each::<P>(m, 6_537_214, 3, 1))
		.saturating_add(each::<P>(c, 1_055_850, 1, 0))
}

/// 22.5 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Receipts::Channels` 1 1, `Receipts::Generations` 1 0,
/// `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn top_up<P: Prices>() -> Weight {
	cost::<P>(22_543_000, 5, 3)
}

/// 32.2 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Receipts::Channels` 1 1, `Receipts::CurrentGenerations` 1
/// 1, `Receipts::Generations` 1 1, `System::Account` 1 1.
pub(super) fn close<P: Prices>() -> Weight {
	cost::<P>(32_208_000, 5, 5)
}

/// 5.9 µs.
///
/// Keys read and written at most: `Datanets::CurrentWindows` 1 0, `Receipts::CurrentGenerations` 1 1,
/// `Receipts::Generations` 1 1, `Receipts::NextChannelId` 1 0, `Validators::Clock` 1 0.
pub(super) fn close_all<P: Prices>() -> Weight {
	cost::<P>(5_989_000, 5, 2)
}

/// 32.4 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Receipts::Channels` 1 1, `Receipts::CurrentGenerations` 1
/// 1, `Receipts::Generations` 1 1, `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn finish<P: Prices>() -> Weight {
	cost::<P>(32_478_000, 6, 5)
}

/// `c` from 1 to 16, `r` from 16 to 256: 239.9 µs to 1313.0 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 0, `Agents::Payers` 16 16, `Agents::Reputations` 1 1,
/// `Balances::Holds` 17 17, `Datanets::CurrentWindows` 1 0, `Receipts::Batches` 0 1, `Receipts::Books` 8 8,
/// `Receipts::Channels` 16 16, `Receipts::CurrentProtocolShare` 1 0, `Receipts::Earnings` 1 1,
/// `Receipts::NextBatchId` 1 1, `Rewards::DataRevenues` 8 8, `System::Account` 20 20, `System::BlockHash` 1 0,
/// `Validators::Clock` 1 0.
pub(super) fn submit<P: Prices>(c: u32, r: u32) -> Weight {
	cost::<P>(196_040_000, 29, 25)
		.saturating_add(each::<P>(c, 59_960_557, 4, 4))
		.saturating_add(each::<P>(r, 1_398_055, 0, 0))
}

/// 22.4 µs.
///
/// Keys read and written at most: `Balances::Holds` 1 1, `Receipts::Batches` 1 1, `System::Account` 2 2,
/// `Validators::Clock` 1 0.
pub(super) fn clear_batch<P: Prices>() -> Weight {
	cost::<P>(22_464_000, 5, 4)
}

/// 11.3 µs.
///
/// Keys read and written at most: `Receipts::Books` 1 1, `Receipts::Earnings` 1 1, `System::Account` 1 1.
pub(super) fn pull_developer<P: Prices>() -> Weight {
	cost::<P>(11_397_000, 3, 3)
}

/// 28.5 µs.
///
/// Keys read and written at most: `Models::Lineages` 2 0, `Models::Models` 1 0, `Receipts::Books` 1 1,
/// `Receipts::Earnings` 1 1, `Receipts::RoyaltiesTaken` 1 1, `Rewards::DataRevenues` 1 1, `System::Account` 3 3.
pub(super) fn pull_royalty<P: Prices>() -> Weight {
	cost::<P>(28_502_000, 10, 7)
}

/// 24.2 µs.
///
/// Keys read and written at most: `Receipts::Earnings` 1 1, `System::Account` 3 3.
pub(super) fn withdraw<P: Prices>() -> Weight {
	cost::<P>(24_286_000, 4, 4)
}

/// 1.8 µs.
///
/// Keys read and written at most: `Receipts::CurrentProtocolShare` 0 1.
pub(super) fn set_protocol_share<P: Prices>() -> Weight {
	cost::<P>(1_823_000, 0, 1)
}
