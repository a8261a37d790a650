//! How the weight of a call is put together: the unit, the prices of keys, and the sum.
//!
//! A pallet's `weights.rs` matches its calls with the cases of its `benchmarking.rs`. What a case takes is in
//! `weights/measured.rs`: the picoseconds, the keys read and the keys written, summed up by [`cost`] and [`each`].
//!
//! # Must not
//! Know a pallet, a call or what one took.
//!
//! # Invariants
//! - A weight follows from arguments alone: nothing here reads state.
//! - Keys are priced by [`Prices`], in a runtime by its `DbWeight`.
//! - Proof size is zero, because blocks of a standalone chain carry no storage proofs.
//! - Sums saturate: what is beyond all weights is too heavy for every block.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so native time is
//! multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

use crate::slice::{CHUNK_BYTES, HEADER_BYTES, PARENT_BYTES};
use core::marker::PhantomData;
use sp_runtime::traits::Get;
use sp_weights::{constants::WEIGHT_REF_TIME_PER_NANOS, RuntimeDbWeight, Weight};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// Where the prices of keys come from. Whatever has them has the weights of every pallet.
pub trait Prices {
	/// The prices.
	type Db: Get<RuntimeDbWeight>;
}

/// Weights with the prices of `Db`, which is a runtime's `DbWeight`.
pub struct PricedBy<Db>(PhantomData<Db>);

impl<Db: Get<RuntimeDbWeight>> Prices for PricedBy<Db> {
	type Db = Db;
}

/// For tests.
impl Prices for () {
	type Db = RocksDb;
}

/// Substrate's prices: 25 µs for a key read, 100 µs for one written. They are FRAME's `RocksDbWeight`, which clients, who
/// use this crate too, would have to compile FRAME for; a test of the runtime compares them.
pub struct RocksDb;

impl Get<RuntimeDbWeight> for RocksDb {
	fn get() -> RuntimeDbWeight {
		RuntimeDbWeight {
			read: 25_000 * WEIGHT_REF_TIME_PER_NANOS,
			write: 100_000 * WEIGHT_REF_TIME_PER_NANOS,
		}
	}
}

/// What a case takes: native picoseconds, and keys read and written.
pub fn cost<P: Prices>(picoseconds: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(picoseconds.saturating_mul(REFERENCE_PER_NATIVE), 0)
		.saturating_add(P::Db::get().reads_writes(reads, writes))
}

/// What each of `count` adds.
pub fn each<P: Prices>(count: u32, picoseconds: u64, reads: u64, writes: u64) -> Weight {
	cost::<P>(picoseconds, reads, writes).saturating_mul(count.into())
}

/// Levels of trees that are in `bytes` of proofs of `count` contents, each of which has a header and a chunk besides. What
/// shorter chunks save goes to the longer proofs: the work is the same for each byte.
pub fn levels(bytes: u32, count: u32) -> u32 {
	let least = count.saturating_mul(HEADER_BYTES as u32 + CHUNK_BYTES as u32);
	bytes.saturating_sub(least).div_ceil(PARENT_BYTES as u32)
}

#[cfg(test)]
mod tests {
	use super::*;

	struct OneAndTen;

	impl Get<RuntimeDbWeight> for OneAndTen {
		fn get() -> RuntimeDbWeight {
			RuntimeDbWeight { read: 1, write: 10 }
		}
	}

	type Priced = PricedBy<OneAndTen>;

	#[test]
	fn native_time_counts_four_times_and_keys_have_their_prices() {
		assert_eq!(cost::<Priced>(5, 2, 3), Weight::from_parts(20 + 2 + 30, 0));
		assert_eq!(each::<Priced>(7, 5, 2, 3), Weight::from_parts(7 * 52, 0));
		assert_eq!(each::<Priced>(0, 5, 2, 3), Weight::zero());
		assert_eq!(cost::<()>(0, 1, 1), Weight::from_parts(125_000_000, 0));
	}

	#[test]
	fn what_is_beyond_all_weights_saturates() {
		let greatest = Weight::from_parts(u64::MAX, 0);
		assert_eq!(cost::<Priced>(u64::MAX, 1, 1), greatest);
		assert_eq!(cost::<Priced>(1, u64::MAX, u64::MAX), greatest);
		assert_eq!(each::<Priced>(u32::MAX, u64::MAX / 8, 0, 0), greatest);
	}

	#[test]
	fn a_proof_has_a_level_for_each_parent_begun_behind_its_header_and_chunk() {
		let least = (HEADER_BYTES as u64 + CHUNK_BYTES) as u32;
		let parent = PARENT_BYTES as u32;
		let of_one = [0, least, least + 1, least + parent, least + parent + 1].map(|bytes| levels(bytes, 1));
		assert_eq!(of_one, [0, 0, 1, 1, 2]);
		assert_eq!(levels(2 * least + parent, 2), 1);
		assert_eq!(levels(u32::MAX, u32::MAX), 0);
	}
}
