//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! **Upper bounds made by hand, to be replaced by measurement.** Each weight is computation plus storage. Storage is
//! counted: the keys that a call reads and writes at most are listed at each function and priced by the runtime's
//! `DbWeight`. Computation is bounded by what is known of its parts: a claim that is valued or encoded below 1 µs, a list
//! of 512 claims read or written below 60 µs, a slice of 64 KiB verified below 130 µs, a hold or transfer below 20 µs, each
//! rounded up. What [`crate::Payouts`] does is counted as three entries and a transfer. Proof size is zero, because blocks
//! of a standalone chain carry no storage proofs.
//!
//! The cases in `benchmarking.rs` are the worst of each call. To replace this table build the node with
//! `runtime-benchmarks` and run
//! `frame-omni-bencher v1 benchmark pallet --pallet pallet_attribution --extrinsic '*' --steps 20 --repeat 20`.
//!
//! # Unit
//! That of [`pallet_receipts::weights`].

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{RuntimeDbWeight, Weight},
};
use pallet_receipts::weights::{RocksDb, REFERENCE_PER_NATIVE};

/// The claims of a batch, at most: a runtime's `ClaimsMax` should not be above.
pub const CLAIMS: u32 = 512;

/// The unlisted sources of a batch, at most: a runtime's `UnlistedMax` should not be above.
pub const UNLISTED: u32 = 32;

/// The weight of native execution that takes `nanoseconds`.
const fn native(nanoseconds: u64) -> Weight {
	Weight::from_parts(nanoseconds.saturating_mul(1_000 * REFERENCE_PER_NATIVE), 0)
}

/// The weight of each call.
pub trait WeightInfo {
	/// Of so many channels with so many receipts together, and so many claims.
	fn submit(channels: u32, receipts: u32, claims: u32) -> Weight;
	/// Any method.
	fn register_method() -> Weight;
	/// Any.
	fn set_parameters() -> Weight;
	/// Any batch.
	fn commit() -> Weight;
	/// Any challenge, with the longest slices.
	fn reveal() -> Weight;
	/// Any commitment.
	fn clear_commitment() -> Weight;
	/// Any batch.
	fn draw_samples() -> Weight;
	/// Any batch.
	fn close_samples() -> Weight;
	/// Any claim.
	fn demand() -> Weight;
	/// Any claim, with the longest slices.
	fn answer() -> Weight;
	/// Any demand.
	fn close_demand() -> Weight;
	/// With the longest slices.
	fn answer_unlisted() -> Weight;
	/// So many claims, and all that is left after them.
	fn finalise(claims: u32) -> Weight;
}

/// Weights with the storage prices of a runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> Prices for SubstrateWeight<T> {
	type Db = T::DbWeight;
	type Settlement = pallet_receipts::weights::SubstrateWeight<T>;
}

impl Prices for () {
	type Db = RocksDb;
	type Settlement = ();
}

/// Where the storage prices come from.
pub trait Prices {
	/// The prices.
	type Db: Get<RuntimeDbWeight>;
	/// The weights of the receipts.
	type Settlement: pallet_receipts::WeightInfo;
}

/// The table: computation, then reads and writes.
fn cost<P: Prices>(nanoseconds: u64, reads: u64, writes: u64) -> Weight {
	native(nanoseconds).saturating_add(P::Db::get().reads_writes(reads, writes))
}

impl<P: Prices> WeightInfo for P {
	/// What settling costs. Once: reads the parameters, the clock and the next method; reads and writes the pot,
	/// `System::Account` and `Balances::Holds` of the server; writes `Batches`, `Claims`. For each model: reads it; reads
	/// and writes `Books` again. For each claim: reads the contribution and its datanet, and the channel.
	fn submit(channels: u32, receipts: u32, claims: u32) -> Weight {
		use pallet_receipts::WeightInfo as _;
		let claims = u64::from(claims);
		let models = pallet_receipts::weights::BATCH_MODELS.min(receipts.into());
		let ns = 150_000 + 2_000 * u64::from(receipts) + 6_000 * claims + 60_000 * models;
		P::Settlement::submit(channels, receipts).saturating_add(cost::<P>(
			ns,
			8 + 5 * models + 2 * claims,
			5 + 4 * models,
		))
	}
	/// Reads and writes `NextMethodId`, `MethodByHash`, `System::Account`, issuance; writes `Methods`.
	fn register_method() -> Weight {
		cost::<P>(40_000, 4, 5)
	}
	/// Writes `CurrentParameters`.
	fn set_parameters() -> Weight {
		cost::<P>(10_000, 0, 1)
	}
	/// Reads the clock and `Batches`; reads and writes `Commitments`, `NextNumber`, `System::Account`, `Balances::Holds`.
	fn commit() -> Weight {
		cost::<P>(50_000, 7, 4)
	}
	/// Reads the clock, the block number, the genesis hash, two contributions with their datanets, a version, a model, a
	/// channel and the next method; reads and writes `Commitments`, `Batches`, `Claims`, `Unlisted`, `System::Account`,
	/// `Balances::Holds`. Hashes the proof once more for the commitment.
	fn reveal() -> Weight {
		cost::<P>(700_000, 18, 6)
	}
	/// Reads the clock and `Batches`; reads and writes `Commitments`, `System::Account`, `Balances::Holds`, issuance.
	fn clear_commitment() -> Weight {
		cost::<P>(45_000, 6, 4)
	}
	/// Reads the clock, the block number, a block's hash and `Claims`; reads and writes `Batches`, `NextNumber`.
	fn draw_samples() -> Weight {
		cost::<P>(120_000, 6, 2)
	}
	/// Reads the clock; reads and writes `Batches`.
	fn close_samples() -> Weight {
		cost::<P>(30_000, 3, 1)
	}
	/// Reads the clock and `Claims`; reads and writes `Batches`, `Demands`, `NextNumber`, `System::Account`,
	/// `Balances::Holds`.
	fn demand() -> Weight {
		cost::<P>(110_000, 8, 5)
	}
	/// Reads the clock and the contribution with its datanet; reads and writes `Batches`, `Claims`, `Demands`,
	/// `System::Account` and `Balances::Holds` of whoever demanded, and a payout.
	fn answer() -> Weight {
		cost::<P>(600_000, 14, 9)
	}
	/// Reads the clock; reads and writes `Batches`, `Demands`, `System::Account`, `Balances::Holds`.
	fn close_demand() -> Weight {
		cost::<P>(60_000, 6, 4)
	}
	/// Reads the clock, `Batches`, a contribution with its datanet and a model; reads and writes `Unlisted`,
	/// `System::Account` and `Balances::Holds` of whoever showed it, and a payout.
	fn answer_unlisted() -> Weight {
		cost::<P>(450_000, 12, 7)
	}
	/// Once: reads the clock; reads and writes `Batches`, `Claims`, `Unlisted`, the pot, issuance, `System::Account` and
	/// `Balances::Holds` of the server, and a payout. For each claim: two payouts. For each model: `Books` and a payout.
	/// For each unlisted source: `Books`, the pot of the receipts, `System::Account` and `Balances::Holds` of whoever
	/// showed it, and two payouts.
	fn finalise(claims: u32) -> Weight {
		let (claims, models) = (u64::from(claims.max(1)), pallet_receipts::weights::BATCH_MODELS);
		let unlisted = u64::from(UNLISTED);
		let ns = 200_000 + 60_000 * claims + 60_000 * models + 160_000 * unlisted;
		let entries = 12 + 8 * claims + 5 * models + 12 * unlisted;
		cost::<P>(ns, entries, entries)
	}
}
