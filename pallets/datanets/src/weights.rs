//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! **Upper bounds made by hand, to be replaced by measurement.** Each weight is computation plus storage. Storage is
//! counted: the keys that a call reads and writes at most are listed at each function and priced by the runtime's
//! `DbWeight`. Proof size is zero, because blocks of a standalone chain carry no storage proofs.
//!
//! Computation is bounded by what was measured natively for calls of the same kind over the real Balances on a state in
//! memory (optimised build, x86-64 with two busy cores): 12 to 23 µs for the creation of a datanet, 19 to 31 µs for a
//! withdrawal, 24 to 52 µs for a contribution, of which a proof of 2,248 bytes takes 3.7 µs. This includes the work on
//! the overlay of pending changes, which the storage prices pay for once more; so the constants lie in the middle of
//! what was seen, and a second hold or a rival's removal adds what such a call cost alone.
//!
//! The cases in `benchmarking.rs` are the worst of each call. To replace this table build the node with
//! `runtime-benchmarks` and run
//! `frame-omni-bencher v1 benchmark pallet --pallet pallet_datanets --extrinsic '*' --steps 20 --repeat 20`.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so what was measured
//! natively is multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// The weight of native execution that takes `picoseconds`.
fn native(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds.saturating_mul(REFERENCE_PER_NATIVE), 0)
}

/// The weight of each call.
pub trait WeightInfo {
	/// With `tags` tags, the longest texts and all curators.
	fn create_datanet(tags: u32) -> Weight;
	/// With a media type and a locator of together `text` bytes, and a proof of `proof` bytes; `removed` rivals (one at
	/// most) give way.
	fn contribute(removed: u32, text: u32, proof: u32) -> Weight;
	/// Any contribution, accepted or not. Also of `expire`.
	fn withdraw() -> Weight;
	/// Any empty datanet.
	fn remove_datanet() -> Weight;
	/// Any hash.
	fn commit() -> Weight;
	/// Any commitment.
	fn clear_commitment() -> Weight;
	/// With `count` contributions, whose texts and proofs have so many bytes together; `removed` rivals give way.
	fn register(count: u32, removed: u32, text: u32, proof: u32) -> Weight;
	/// Any contribution.
	fn accept() -> Weight;
	/// The review that decides, either way.
	fn review() -> Weight;
	/// With a locator of `text` bytes.
	fn set_locator(text: u32) -> Weight;
	/// Any contribution.
	fn release_deposit() -> Weight;
	/// Any number of contributions.
	fn publish() -> Weight;
	/// With `tags` new tags, and [`OLD_TAGS`] former ones.
	fn describe(tags: u32) -> Weight;
	/// To any status.
	fn set_status() -> Weight;
	/// Any proposal.
	fn propose_owner() -> Weight;
	/// Any offer.
	fn accept_ownership() -> Weight;
	/// All curators.
	fn propose_curators() -> Weight;
	/// All curators, twice.
	fn enact_curators() -> Weight;
	/// Any contribution.
	fn challenge() -> Weight;
	/// With a slice of `proof` bytes.
	fn answer(proof: u32) -> Weight;
	/// Of a contribution that is removed.
	fn close_challenge() -> Weight;
	/// For the earnings.
	fn dispute() -> Weight;
	/// The vote that decides, either way. Also of `judge` and `close_dispute`.
	fn vote() -> Weight;
	/// Any windows.
	fn set_windows() -> Weight;
	/// Any reservation.
	fn clear_reservation() -> Weight;
	/// With the hash or without it.
	fn draw_chunk() -> Weight;
}

/// Weights with the storage prices of a runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Weights with Substrate's storage prices, for tests.
pub struct RocksDb;

impl Get<RuntimeDbWeight> for RocksDb {
	fn get() -> RuntimeDbWeight {
		RocksDbWeight::get()
	}
}

impl<T: frame_system::Config> Prices for SubstrateWeight<T> {
	type Db = T::DbWeight;
}

impl Prices for () {
	type Db = RocksDb;
}

/// Where the storage prices come from.
pub trait Prices {
	/// The prices.
	type Db: Get<RuntimeDbWeight>;
}

/// The tags that a datanet had before, at most: a runtime's `TagsMax` should not be above.
pub const OLD_TAGS: u64 = 16;

/// Picoseconds for a byte of text: it is checked, stored, and copied to the event.
const TEXT_BYTE_PS: u64 = 10_000;

/// Picoseconds for a byte of proof: a parent of 64 bytes is one compression of about 170 ns, twice of which is charged.
const PROOF_BYTE_PS: u64 = 5_000;

/// Keys that the removal of a contribution reads: `Contributions`, its `Datanets`, `ContributionByRoot`, `Challenges`,
/// `Disputes`, two `CuratorSets`, `CurrentWindows`, `System::Account` and `Balances::Holds` of contributor, challenger and
/// claimant.
const REMOVAL_READS: u64 = 14;

/// Keys that it writes: those, `ContributionIndex`, `Reservations` and `Listings` or `Ballots`.
const REMOVAL_WRITES: u64 = 16;

/// The table: computation, then reads and writes.
fn cost<P: Prices>(microseconds: u64, reads: u64, writes: u64) -> Weight {
	native(microseconds.saturating_mul(1_000_000)).saturating_add(P::Db::get().reads_writes(reads, writes))
}

/// The removal of a contribution with all that can hang on it.
fn removal<P: Prices>() -> Weight {
	cost::<P>(40, REMOVAL_READS, REMOVAL_WRITES)
}

/// The work on bytes.
fn bytes(text: u32, proof: u32) -> Weight {
	native(
		TEXT_BYTE_PS.saturating_mul(text.into()).saturating_add(PROOF_BYTE_PS.saturating_mul(proof.into())),
	)
}

impl<P: Prices> WeightInfo for P {
	/// Reads and writes `NextDatanetId`, `System::Account`, `Balances::Holds`; reads `CurrentWindows`; writes `Datanets`,
	/// `Profiles`, `DatanetsByOwner`, `CuratorSets`, and `DatanetsByTag` for each tag.
	fn create_datanet(tags: u32) -> Weight {
		let tags = u64::from(tags);
		cost::<P>(25 + 2 * tags, 4, 7 + tags)
	}
	/// Removals, of which the end of a reservation is a small one; besides reads `CurrentWindows`, `Listings`,
	/// `ContributionByRoot`, `Reservations`, the holder's `Contributions`; reads and writes the home's `Datanets` and
	/// `CuratorSets`, `NextCommitment`, `NextContributionId`, `System::Account`, `Balances::Holds`; writes `Contributions`,
	/// `ContributionByRoot`, `ContributionIndex`.
	fn contribute(removed: u32, text: u32, proof: u32) -> Weight {
		cost::<P>(50, 11, 9)
			.saturating_add(removal::<P>().saturating_mul(removed.into()))
			.saturating_add(bytes(text, proof))
	}
	/// A removal, or less.
	fn withdraw() -> Weight {
		removal::<P>()
	}
	/// Reads and writes `Datanets`, `Profiles`, `System::Account`, `Balances::Holds`; writes `DatanetsByOwner`,
	/// `CuratorSets`, `CuratorsProposed`, and `DatanetsByTag` for each tag.
	fn remove_datanet() -> Weight {
		cost::<P>(15 + 2 * OLD_TAGS, 4, 7 + OLD_TAGS)
	}
	/// Reads `CurrentWindows`; reads and writes `NextCommitment`, `Commitments`, `System::Account`, `Balances::Holds`.
	fn commit() -> Weight {
		cost::<P>(20, 5, 4)
	}
	/// Reads and writes `Commitments`, `System::Account`, `Balances::Holds`.
	fn clear_commitment() -> Weight {
		cost::<P>(20, 3, 3)
	}
	/// Once reads the genesis hash and `CurrentWindows`; reads and writes `Commitments`, `NextContributionId`, `Datanets`,
	/// `CuratorSets`, `System::Account`, `Balances::Holds`. For each reads `ContributionByRoot`, the holder's
	/// `Contributions` and `Datanets`, `Listings` or `Reservations`; writes `Contributions`, `ContributionByRoot`,
	/// `ContributionIndex`. Removals besides.
	fn register(count: u32, removed: u32, text: u32, proof: u32) -> Weight {
		let each = cost::<P>(30, 4, 3);
		cost::<P>(40, 8, 6)
			.saturating_add(each.saturating_mul(count.into()))
			.saturating_add(removal::<P>().saturating_mul(removed.into()))
			.saturating_add(bytes(text, proof))
	}
	/// Reads `CurrentWindows`; reads and writes `Contributions`, `Datanets`.
	fn accept() -> Weight {
		cost::<P>(15, 3, 2)
	}
	/// A removal; besides reads `CurrentWindows`; reads and writes `Ballots`.
	fn review() -> Weight {
		cost::<P>(10 + 40, 2 + REMOVAL_READS, 1 + REMOVAL_WRITES)
	}
	/// Reads and writes `Contributions`, `System::Account`, `Balances::Holds`.
	fn set_locator(text: u32) -> Weight {
		cost::<P>(20, 3, 3).saturating_add(bytes(text, 0))
	}
	/// Reads and writes `Contributions`, `System::Account`, `Balances::Holds`.
	fn release_deposit() -> Weight {
		cost::<P>(20, 3, 3)
	}
	/// Reads `CurrentWindows`; reads and writes `Datanets`, `System::Account`, `Balances::TotalIssuance`; writes `Versions`.
	fn publish() -> Weight {
		cost::<P>(20, 4, 4)
	}
	/// Reads `Datanets`; reads and writes `Profiles`; writes `DatanetsByTag` for each tag, new or former.
	fn describe(tags: u32) -> Weight {
		let tags = OLD_TAGS + u64::from(tags);
		cost::<P>(10 + 2 * tags, 2, 1 + tags)
	}
	/// Reads `NextCommitment`, `CurrentWindows`; reads and writes `Datanets`.
	fn set_status() -> Weight {
		cost::<P>(8, 3, 1)
	}
	/// Reads and writes `Datanets`.
	fn propose_owner() -> Weight {
		cost::<P>(8, 1, 1)
	}
	/// Reads and writes `Datanets`, `System::Account` and `Balances::Holds` of two; writes two `DatanetsByOwner`,
	/// `CuratorsProposed`.
	fn accept_ownership() -> Weight {
		cost::<P>(30, 5, 8)
	}
	/// Reads `Datanets`, `CurrentWindows`; writes `CuratorsProposed`.
	fn propose_curators() -> Weight {
		cost::<P>(15, 2, 1)
	}
	/// Reads and writes `Datanets`, `CuratorsProposed`, two `CuratorSets`.
	fn enact_curators() -> Weight {
		cost::<P>(20, 4, 4)
	}
	/// Reads `Contributions`, `Datanets`; reads and writes `Challenges`, `System::Account`, `Balances::Holds`.
	fn challenge() -> Weight {
		cost::<P>(25, 5, 3)
	}
	/// Reads `Contributions`; reads and writes `Challenges`, `System::Account` of two, `Balances::Holds`,
	/// `Balances::TotalIssuance`.
	fn answer(proof: u32) -> Weight {
		cost::<P>(35, 6, 5).saturating_add(bytes(0, proof))
	}
	/// A removal.
	fn close_challenge() -> Weight {
		cost::<P>(50, REMOVAL_READS, REMOVAL_WRITES)
	}
	/// Reads `Contributions`, `Datanets`, `CurrentWindows`, whether there is a judge; reads and writes `Disputes`,
	/// `CuratorSets`, `System::Account`, `Balances::Holds`.
	fn dispute() -> Weight {
		cost::<P>(30, 8, 4)
	}
	/// A removal, if what is taken down is in no version; besides reads and writes `System::Account` of the beneficiary,
	/// `Balances::TotalIssuance`, and writes `Contributions` or `Disputes` where nothing is removed.
	fn vote() -> Weight {
		removal::<P>().saturating_add(cost::<P>(20, 2, 3))
	}
	/// Writes `CurrentWindows`.
	fn set_windows() -> Weight {
		cost::<P>(5, 0, 1)
	}
	/// Reads the block's hash, `Contributions`, `CurrentWindows`; reads and writes `Challenges`.
	fn draw_chunk() -> Weight {
		cost::<P>(15, 4, 1)
	}
	/// Reads and writes `Reservations`, `System::Account`, `Balances::Holds`.
	fn clear_reservation() -> Weight {
		cost::<P>(20, 3, 3)
	}
}
