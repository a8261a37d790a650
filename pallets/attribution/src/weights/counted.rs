//! What the cases of `benchmarking.rs` cost, counted by hand until they are measured.
//!
//! Storage is counted: the keys that a case reads and writes at most are listed at each function. Computation is bounded by what
//! is known of its parts: a claim that is valued or encoded below 1 µs natively, a list of 512 claims read or written below
//! 60 µs, a slice of 64 KiB verified below 130 µs, a hold or transfer below 20 µs, each rounded up. What [`crate::Payouts`] does
//! is counted as three entries and a transfer.

use frame_support::weights::Weight;
use pallet_receipts::{weights::BATCH_MODELS, WeightInfo as Settlement};
use plexus_primitives::weights::{cost, each, Prices};

/// What settling costs. Once: reads the parameters, the clock and the next method; reads and writes the pot,
/// `System::Account` and `Balances::Holds` of the server; writes `Batches`, `Claims`. For each model: reads it; reads and
/// writes `Books` again. For each claim: reads the contribution and its datanet, and the channel.
pub(super) fn submit<P: Prices>(c: u32, r: u32, k: u32) -> Weight {
	let models = r.min(BATCH_MODELS as u32);
	<P as Settlement>::submit(c, r)
		.saturating_add(cost::<P>(150_000_000, 8, 5))
		.saturating_add(each::<P>(models, 60_000_000, 5, 4))
		.saturating_add(each::<P>(r, 2_000_000, 0, 0))
		.saturating_add(each::<P>(k, 6_000_000, 2, 0))
}

/// Reads and writes `NextMethodId`, `MethodByHash`, `System::Account`, issuance; writes `Methods`.
pub(super) fn register_method<P: Prices>() -> Weight {
	cost::<P>(40_000_000, 4, 5)
}

/// Writes `CurrentParameters`.
pub(super) fn set_parameters<P: Prices>() -> Weight {
	cost::<P>(10_000_000, 0, 1)
}

/// Reads the clock and `Batches`; reads and writes `Commitments`, `NextNumber`, `System::Account`, `Balances::Holds`.
pub(super) fn commit<P: Prices>() -> Weight {
	cost::<P>(50_000_000, 7, 4)
}

/// Reads the clock, the block number, the genesis hash, two contributions with their datanets, a version, a model, a channel
/// and the next method; reads and writes `Commitments`, `Batches`, `Claims`, `Unlisted`, `System::Account`,
/// `Balances::Holds`. Hashes the proof once more for the commitment.
pub(super) fn reveal<P: Prices>() -> Weight {
	cost::<P>(700_000_000, 18, 6)
}

/// Reads the clock and `Batches`; reads and writes `Commitments`, `System::Account`, `Balances::Holds`, issuance.
pub(super) fn clear_commitment<P: Prices>() -> Weight {
	cost::<P>(45_000_000, 6, 4)
}

/// Reads the clock, the block number, a block's hash and `Claims`; reads and writes `Batches`, `NextNumber`.
pub(super) fn draw_samples<P: Prices>() -> Weight {
	cost::<P>(120_000_000, 6, 2)
}

/// Reads the clock; reads and writes `Batches`.
pub(super) fn close_samples<P: Prices>() -> Weight {
	cost::<P>(30_000_000, 3, 1)
}

/// Reads the clock and `Claims`; reads and writes `Batches`, `Demands`, `NextNumber`, `System::Account`, `Balances::Holds`.
pub(super) fn demand<P: Prices>() -> Weight {
	cost::<P>(110_000_000, 8, 5)
}

/// Reads the clock and the contribution with its datanet; reads and writes `Batches`, `Claims`, `Demands`, `System::Account`
/// and `Balances::Holds` of whoever demanded, and a payout.
pub(super) fn answer<P: Prices>() -> Weight {
	cost::<P>(600_000_000, 14, 9)
}

/// Reads the clock; reads and writes `Batches`, `Demands`, `System::Account`, `Balances::Holds`.
pub(super) fn close_demand<P: Prices>() -> Weight {
	cost::<P>(60_000_000, 6, 4)
}

/// Reads the clock, `Batches`, a contribution with its datanet and a model; reads and writes `Unlisted`, `System::Account` and
/// `Balances::Holds` of whoever showed it, and a payout.
pub(super) fn answer_unlisted<P: Prices>() -> Weight {
	cost::<P>(450_000_000, 12, 7)
}

/// Once: reads the clock; reads and writes `Batches`, `Claims`, `Unlisted`, the pot, issuance, `System::Account` and
/// `Balances::Holds` of the server, and a payout. For each claim: two payouts. For each model: `Books` and a payout.
pub(super) fn finalise<P: Prices>(k: u32) -> Weight {
	cost::<P>(200_000_000, 12, 12).saturating_add(each::<P>(k, 60_000_000, 8, 8)).saturating_add(each::<P>(
		BATCH_MODELS as u32,
		60_000_000,
		5,
		5,
	))
}
