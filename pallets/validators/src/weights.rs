//! What the calls and hooks cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments and the bounds of the
//! `Config` alone.
//!
//! # Reasoning
//! **Hand-made upper bounds, not measured**, until `benchmarking.rs` has been run. Storage is counted: the keys that a call reads
//! and writes at most are listed at each function and priced by the runtime's `DbWeight`. Computation is taken from
//! what is measured for calls of the same shape elsewhere (10 to 50 µs with a hold), doubled. A strict ed25519
//! verification takes 40 to 60 µs natively; 80 are charged. Proof size is zero, because blocks of a standalone chain
//! carry no storage proofs.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so native
//! picoseconds are multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// Native picoseconds of a strict verification of a signature.
const VERIFY_PS: u64 = 80_000_000;

/// Native picoseconds to decode, filter and encode one validator of a set, or one candidate.
const MEMBER_PS: u64 = 500_000;

/// Native picoseconds for a call that changes a stake, a pool and a hold.
const CALL_PS: u64 = 60_000_000;

fn native(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds.saturating_mul(REFERENCE_PER_NATIVE), 0)
}

fn native_each(picoseconds: u64, count: u32) -> Weight {
	native(picoseconds.saturating_mul(count.into()))
}

/// The weight of each call and hook. `chunks`, `candidates` and `validators` are the bounds of the lists.
pub trait WeightInfo {
	/// A new bond.
	fn bond() -> Weight;
	/// Any change of a bond, a role or a claim.
	fn change_stake(chunks: u32) -> Weight;
	/// Entering the candidates.
	fn validate(chunks: u32, candidates: u32) -> Weight;
	/// Leaving the candidates.
	fn chill(candidates: u32) -> Weight;
	/// A key with its proof.
	fn set_keys() -> Weight;
	/// A report of equivocation.
	fn report_equivocation(candidates: u32, validators: u32) -> Weight;
	/// The precommits of the parent, `signatures` of them present.
	fn note_commit(signatures: u32, validators: u32) -> Weight;
	/// Beginning and end of any block.
	fn every_block(validators: u32) -> Weight;
	/// The end of an era.
	fn end_era(candidates: u32, validators: u32) -> Weight;
}

/// Weights with the storage prices of a runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

macro_rules! with_prices {
	($prices:expr) => {
		fn bond() -> Weight {
			bond($prices)
		}
		fn change_stake(chunks: u32) -> Weight {
			change_stake($prices, chunks)
		}
		fn validate(chunks: u32, candidates: u32) -> Weight {
			validate($prices, chunks, candidates)
		}
		fn chill(candidates: u32) -> Weight {
			chill($prices, candidates)
		}
		fn set_keys() -> Weight {
			set_keys($prices)
		}
		fn report_equivocation(candidates: u32, validators: u32) -> Weight {
			report_equivocation($prices, candidates, validators)
		}
		fn note_commit(signatures: u32, validators: u32) -> Weight {
			note_commit($prices, signatures, validators)
		}
		fn every_block(validators: u32) -> Weight {
			every_block($prices, validators)
		}
		fn end_era(candidates: u32, validators: u32) -> Weight {
			end_era($prices, candidates, validators)
		}
	};
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	with_prices!(T::DbWeight::get());
}

/// Weights with Substrate's storage prices, for tests.
impl WeightInfo for () {
	with_prices!(RocksDbWeight::get());
}

/// Reads and writes `Stakes`, `System::Account`, `Balances::Holds`.
fn bond(db: RuntimeDbWeight) -> Weight {
	native(CALL_PS).saturating_add(db.reads_writes(3, 3))
}

/// Reads `Clock`; reads and writes `Stakes`, `System::Account` of two, `Balances::Holds`, `Balances::TotalIssuance`,
/// `Owed`, `Residue`, `Keys`, `KeyHolders`, `Pools` of the old role, the new one and each chunk.
fn change_stake(db: RuntimeDbWeight, chunks: u32) -> Weight {
	let pools = u64::from(chunks).saturating_add(2);
	native(CALL_PS)
		.saturating_add(native_each(10_000_000, chunks))
		.saturating_add(db.reads_writes(pools.saturating_add(10), pools.saturating_add(9)))
}

/// Besides what any change does: reads `Keys`, `Candidates` and each candidate's pool, writes `NextPoolId`, `Candidates`
/// and the pool of the one that is pushed out.
fn validate(db: RuntimeDbWeight, chunks: u32, candidates: u32) -> Weight {
	change_stake(db, chunks)
		.saturating_add(native_each(5_000_000, candidates))
		.saturating_add(db.reads_writes(u64::from(candidates).saturating_add(3), 3))
}

/// Reads `Stakes`; reads and writes `Pools`, `Candidates`.
fn chill(db: RuntimeDbWeight, candidates: u32) -> Weight {
	native(CALL_PS).saturating_add(native_each(MEMBER_PS, candidates)).saturating_add(db.reads_writes(3, 2))
}

/// Reads `Stakes` and the genesis hash; reads and writes `Keys` and two `KeyHolders`.
fn set_keys(db: RuntimeDbWeight) -> Weight {
	native(CALL_PS + VERIFY_PS).saturating_add(db.reads_writes(5, 3))
}

/// Reads the genesis hash, `Clock`; reads and writes two `EraSets`, `Pools`, `Candidates`, `KeyHolders`, `Keys`, `Watches`,
/// `NextSetHash`.
fn report_equivocation(db: RuntimeDbWeight, candidates: u32, validators: u32) -> Weight {
	native(CALL_PS + 2 * VERIFY_PS)
		.saturating_add(native_each(MEMBER_PS, candidates))
		.saturating_add(native_each(4 * MEMBER_PS, validators))
		.saturating_add(db.reads_writes(10, 8))
}

/// Reads the genesis hash, `EraSets`, `Clock`, `Periods`; reads and writes `CommitNoted`, `Watches`, `AbsenceRing`. Jailing reads and
/// writes `Candidates`, `EraSets`, `NextSetHash`, and `Pools` for each; those who together have a third of the power may
/// be nearly all by number.
fn note_commit(db: RuntimeDbWeight, signatures: u32, validators: u32) -> Weight {
	let jailed = u64::from(validators);
	native(CALL_PS)
		.saturating_add(native_each(VERIFY_PS, signatures))
		.saturating_add(native_each(5 * MEMBER_PS, validators))
		.saturating_add(native(jailed.saturating_mul(validators.into()).saturating_mul(MEMBER_PS)))
		.saturating_add(db.reads_writes(jailed.saturating_add(8), jailed.saturating_add(6)))
}

/// Reads the digest, `EraSets`, `Timestamp::Now`, `NextSetHash`, `Periods`; reads and writes `Clock`, `Authored`, `Author`,
/// `Watches`, `CommitNoted`, the digest.
fn every_block(db: RuntimeDbWeight, validators: u32) -> Weight {
	native(20_000_000)
		.saturating_add(native_each(2 * MEMBER_PS, validators))
		.saturating_add(db.reads_writes(10, 7))
}

/// Reads the pot's account, `Owed`, `EraSets`, `Candidates`, `Watches`, `Periods`, `BlockTimeMs`; writes `Owed`, two `EraSets`, `Watches`,
/// `NextSetHash`. For each validator reads and writes `Authored`, `Pools`, `Stakes`; for each candidate reads `Pools`,
/// `Keys` and writes `Pools`.
fn end_era(db: RuntimeDbWeight, candidates: u32, validators: u32) -> Weight {
	let (candidates_u64, validators_u64) = (u64::from(candidates), u64::from(validators));
	let reads = validators_u64.saturating_mul(3).saturating_add(candidates_u64.saturating_mul(2));
	let writes = validators_u64.saturating_mul(3).saturating_add(candidates_u64);
	native(CALL_PS)
		.saturating_add(native_each(15_000_000, validators))
		.saturating_add(native_each(10_000_000, candidates))
		.saturating_add(db.reads_writes(reads.saturating_add(7), writes.saturating_add(5)))
}
