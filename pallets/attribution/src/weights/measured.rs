//! What the cases of `benchmarking.rs` took. Written by `scripts/bench weights pallet_attribution`, never by hand.
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

/// `c` from 1 to 16, `r` from 16 to 256, `k` from 0 to 512: 273.7 µs to 1778.0 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 0, `Agents::Payers` 16 16, `Agents::Reputations` 1 1,
/// `Attribution::Batches` 0 1, `Attribution::Claims` 0 1, `Attribution::CurrentParameters` 1 0,
/// `Attribution::NextMethodId` 1 0, `Balances::Holds` 17 17, `Datanets::Contributions` 128 0,
/// `Datanets::CurrentWindows` 1 0, `Models::Models` 8 0, `Receipts::Batches` 0 1, `Receipts::Books` 8 8,
/// `Receipts::Channels` 16 16, `Receipts::CurrentProtocolShare` 1 0, `Receipts::Earnings` 1 1,
/// `Receipts::NextBatchId` 1 1, `Rewards::DataRevenues` 8 8, `System::Account` 20 20, `System::BlockHash` 1 0,
/// `Validators::Clock` 1 0.
pub(super) fn submit<P: Prices>(c: u32, r: u32, k: u32) -> Weight {
	cost::<P>(169_383_000, 31, 26)
		.saturating_add(each::<P>(c, 69_833_527, 4, 4))
		.saturating_add(each::<P>(r, 2_372_908, 1, 0))
		.saturating_add(each::<P>(k, 644_069, 0, 0))
}

/// 11.1 µs.
///
/// Keys read and written at most: `Attribution::MethodByHash` 1 1, `Attribution::Methods` 0 1,
/// `Attribution::NextMethodId` 1 1, `System::Account` 1 1.
pub(super) fn register_method<P: Prices>() -> Weight {
	cost::<P>(11_127_000, 3, 4)
}

/// 2.0 µs.
///
/// Keys read and written at most: `Attribution::CurrentParameters` 0 1.
pub(super) fn set_parameters<P: Prices>() -> Weight {
	cost::<P>(2_013_000, 0, 1)
}

/// 19.6 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 0, `Attribution::Commitments` 1 1,
/// `Attribution::NextNumber` 1 1, `Balances::Holds` 1 1, `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn commit<P: Prices>() -> Weight {
	cost::<P>(19_670_000, 6, 4)
}

/// 220.3 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 0, `Attribution::Claims` 1 1, `Attribution::Commitments` 1
/// 1, `Balances::Holds` 1 1, `Datanets::Contributions` 2 0, `Models::Models` 1 0, `System::Account` 1 1,
/// `System::BlockHash` 1 0, `Validators::Clock` 1 0.
pub(super) fn reveal<P: Prices>() -> Weight {
	cost::<P>(220_379_000, 10, 4)
}

/// 19.2 µs.
///
/// Keys read and written at most: `Attribution::Commitments` 1 1, `Attribution::CurrentParameters` 1 0,
/// `Balances::Holds` 1 1, `System::Account` 2 2, `Validators::Clock` 1 0.
pub(super) fn clear_commitment<P: Prices>() -> Weight {
	cost::<P>(19_209_000, 6, 4)
}

/// 68.2 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 1, `Attribution::Claims` 1 0,
/// `Attribution::CurrentParameters` 1 0, `Attribution::NextNumber` 1 1, `System::Account` 1 1, `System::BlockHash` 1
/// 0, `Validators::Clock` 1 0.
pub(super) fn draw_samples<P: Prices>() -> Weight {
	cost::<P>(68_202_000, 7, 3)
}

/// 12.1 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 1, `Attribution::CurrentParameters` 1 0, `System::Account`
/// 1 1, `Validators::Clock` 1 0.
pub(super) fn close_samples<P: Prices>() -> Weight {
	cost::<P>(12_138_000, 4, 2)
}

/// 95.5 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 1, `Attribution::Claims` 1 0,
/// `Attribution::CurrentParameters` 1 0, `Attribution::Demands` 1 1, `Attribution::NextNumber` 1 1, `Balances::Holds`
/// 1 1, `System::Account` 1 1, `Validators::Clock` 1 0.
pub(super) fn demand<P: Prices>() -> Weight {
	cost::<P>(95_552_000, 8, 5)
}

/// 214.5 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 1, `Attribution::Claims` 1 1,
/// `Attribution::CurrentParameters` 1 0, `Attribution::Demands` 1 1, `Balances::Holds` 1 1, `Datanets::Contributions`
/// 1 0, `Rewards::Earnings` 1 1, `System::Account` 3 3, `Validators::Clock` 1 0.
pub(super) fn answer<P: Prices>() -> Weight {
	cost::<P>(214_550_000, 11, 8)
}

/// 24.1 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 1, `Attribution::CurrentParameters` 1 0,
/// `Attribution::Demands` 1 1, `Balances::Holds` 1 1, `System::Account` 2 2, `Validators::Clock` 1 0.
pub(super) fn close_demand<P: Prices>() -> Weight {
	cost::<P>(24_166_000, 7, 5)
}

/// 84.3 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 0, `Attribution::CurrentParameters` 1 0,
/// `Attribution::Unlisted` 1 1, `Balances::Holds` 1 1, `Datanets::Contributions` 1 0, `Models::Models` 1 0,
/// `Rewards::Earnings` 1 1, `System::Account` 3 3, `Validators::Clock` 1 0.
pub(super) fn answer_unlisted<P: Prices>() -> Weight {
	cost::<P>(84_305_000, 11, 6)
}

/// `k` from 1 to 512: 141.9 µs to 9234.1 µs.
///
/// Keys read and written at most: `Attribution::Batches` 1 1, `Attribution::Claims` 1 1,
/// `Attribution::CurrentParameters` 1 0, `Attribution::Unlisted` 1 0, `Balances::Holds` 1 1,
/// `Datanets::Contributions` 512 0, `Datanets::Disputes` 512 0, `Receipts::Books` 8 8, `Rewards::DataRevenues` 8 8,
/// `Rewards::Earnings` 1024 1024, `System::Account` 4 4, `Validators::Clock` 1 0.
pub(super) fn finalise<P: Prices>(k: u32) -> Weight {
	cost::<P>(124_105_000, 26, 23).saturating_add(each::<P>(k, 17_877_007, 4, 2))
}
