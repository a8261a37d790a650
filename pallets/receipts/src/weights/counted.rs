//! What the cases of `benchmarking.rs` cost, counted by hand until they are measured.
//!
//! Storage is counted: the keys that a case reads and writes at most are listed at each function. Computation is bounded by what
//! is known of its parts: a signature below 60 µs natively, a receipt, which is hashed twice over less than four blocks of
//! BLAKE3, below 2 µs, a hold or transfer below 20 µs, each rounded up. What other pallets do behind [`crate::Pools`],
//! [`crate::Servers`] and the validators' pot is counted as a transfer, two entries and a transfer.

use super::BATCH_MODELS;
use frame_support::weights::Weight;
use plexus_primitives::weights::{cost, each, Prices};

/// Reads the clock, the genesis hash and the agent; reads and writes `NextChannelId`, `System::Account`, `Balances::Holds`,
/// `CurrentGenerations`, `Generations`; writes `Channels`. For each model: reads the model, its lineage; reads and writes
/// `Books`. For each version: reads it and its datanet.
pub(super) fn open<P: Prices>(m: u32, c: u32) -> Weight {
	cost::<P>(60_000_000, 8, 6)
		.saturating_add(each::<P>(m, 25_000_000, 4, 1))
		.saturating_add(each::<P>(c, 4_000_000, 2, 0))
}

/// Reads the clock and `Generations`; reads and writes `Channels`, `System::Account`, `Balances::Holds`.
pub(super) fn top_up<P: Prices>() -> Weight {
	cost::<P>(35_000_000, 5, 3)
}

/// As [`finish`].
pub(super) fn close<P: Prices>() -> Weight {
	cost::<P>(65_000_000, 6, 5)
}

/// Reads the clock and `NextChannelId`; reads and writes `CurrentGenerations`, `Generations`.
pub(super) fn close_all<P: Prices>() -> Weight {
	cost::<P>(20_000_000, 4, 2)
}

/// Reads the clock; reads and writes `Channels`, `Generations`, `CurrentGenerations`, `System::Account`, `Balances::Holds`.
pub(super) fn finish<P: Prices>() -> Weight {
	cost::<P>(65_000_000, 6, 5)
}

/// Once: reads the clock, the block number, the genesis hash and `CurrentProtocolShare`; reads and writes `NextBatchId`,
/// `Earnings`, the pot, the validators' pot, issuance, and `System::Account` and `Balances::Holds` of the server; writes
/// `Batches`. For each model: reads and writes `Books` and, behind the pools, a book and an account. For each channel:
/// reads and writes `Channels`, `System::Account` and `Balances::Holds` of the payer, and two entries of its reputation.
pub(super) fn submit<P: Prices>(c: u32, r: u32) -> Weight {
	let models = r.min(BATCH_MODELS as u32);
	cost::<P>(100_000_000, 11, 8)
		.saturating_add(each::<P>(c, 110_000_000, 5, 5))
		.saturating_add(each::<P>(r, 3_000_000, 0, 0))
		.saturating_add(each::<P>(models, 60_000_000, 3, 3))
}

/// Reads the clock; reads and writes `Batches`, `System::Account`, `Balances::Holds`.
pub(super) fn clear_batch<P: Prices>() -> Weight {
	cost::<P>(35_000_000, 4, 3)
}

/// Reads and writes `Books`, `Earnings`.
pub(super) fn pull_developer<P: Prices>() -> Weight {
	cost::<P>(20_000_000, 2, 2)
}

/// Reads the lineage, and the ancestor with its lineage; reads and writes `Books`, `RoyaltiesTaken`, `Earnings`, the pot and,
/// behind the pools, two books and an account.
pub(super) fn pull_royalty<P: Prices>() -> Weight {
	cost::<P>(90_000_000, 10, 7)
}

/// Reads and writes `Earnings`, the pot, `System::Account`.
pub(super) fn withdraw<P: Prices>() -> Weight {
	cost::<P>(50_000_000, 3, 3)
}

/// Writes `CurrentProtocolShare`.
pub(super) fn set_protocol_share<P: Prices>() -> Weight {
	cost::<P>(10_000_000, 0, 1)
}
