//! Block budgets: how much work and how many bytes fit into a block, and what the database costs.
//!
//! # The unit
//! One unit of `ref_time` is a picosecond on FRAME's *reference machine running Wasm*, as in the weight tables that
//! come with the upstream pallets. Native code is about [`NATIVE_SPEEDUP`] times faster, so a budget here is that
//! many times the wall time it should take. Keeping the unit keeps every upstream table usable as it is, and the
//! numbers stay right when the same runtime is executed as Wasm.
//!
//! A weight that was measured natively is multiplied by [`NATIVE_SPEEDUP`] before it is put into a table.
//!
//! # Must not
//! Depend on the chain's block time. A budget is the most that a hostile proposer may demand of the others; an
//! honest one stops building when its time is up, whatever the block time.

use frame_support::{
	dispatch::{DispatchClass, PerDispatchClass},
	traits::Get,
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, RuntimeDbWeight, Weight},
};
use frame_system::limits::{BlockLength, BlockWeights, WeightsPerClass};

/// Validators that decide a block, at most: each adds a vote to every round and a signature to every certificate.
pub const VALIDATORS_MAX: u32 = 100;

/// How many times faster than the reference tables this runtime executes, natively and on flat state.
///
/// A signed `transfer_keep_alive` is 102 µs of benchmarked code in the upstream tables, without database accesses,
/// plus [`EXTRINSIC_BASE`]. It takes 37 µs of one core here with its signature already checked. 4 is that ratio.
pub const NATIVE_SPEEDUP: u64 = 4;

/// One microsecond of native execution.
const NATIVE_MICROSECOND: u64 = NATIVE_SPEEDUP * WEIGHT_REF_TIME_PER_MICROS;

/// What every extrinsic costs before its call: decoding, hashing, storing its events. 12 µs natively. The signature
/// is not in it: it is checked once, in parallel, before a block is built or executed.
pub const EXTRINSIC_BASE: Weight = Weight::from_parts(12 * NATIVE_MICROSECOND, 0);

/// What an empty block costs: initialising, the inherent, finalising, the storage root. 500 µs natively.
pub const BLOCK_BASE: Weight = Weight::from_parts(500 * NATIVE_MICROSECOND, 0);

/// What all normal transactions of a block may cost: 1 s natively.
///
/// A proposer builds a block and the others then execute it, one after the other, so the whole budget counts
/// twice before a proposal is voted on. An honest proposer stops after half a block time, so that building and
/// executing fit into the block time, and the engine waits for a proposal half a second longer than that. Twice
/// [`BLOCK_MAX`] is 2.5 s: at one-second blocks, more than the 1.5 s of the first round, and as much as the third
/// waits. Who fills the whole budget regardless loses its turn, and with it the others lose that much time.
pub const NORMAL_MAX: Weight = Weight::from_parts(1_000_000 * NATIVE_MICROSECOND, u64::MAX);

/// What a block may cost: [`NORMAL_MAX`] and a quarter more, which inherents and operational calls can always have.
pub const BLOCK_MAX: Weight = Weight::from_parts(1_250_000 * NATIVE_MICROSECOND, u64::MAX);

/// A tenth of [`NORMAL_MAX`] is kept free for what blocks do on their own, so that no accepted transaction is too
/// heavy for every block.
const INITIALISATION_PART: u64 = 10;

/// Bytes of all normal transactions in a block: 4 MiB, which is 32 proposal parts of 128 KiB, and 0.34 s on a
/// 100 Mbit/s line.
pub const NORMAL_BYTES_MAX: u32 = 4 * 1024 * 1024;

/// Bytes of a block body: what normal transactions leave, inherents and operational calls can always have.
pub const BODY_BYTES_MAX: u32 = NORMAL_BYTES_MAX + 256 * 1024;

/// Bytes of a header, nearly all of them digest items.
pub const HEADER_BYTES_MAX: u32 = 64 * 1024;

/// Database accesses. A read comes from the overlay or the flat state's cache: 1 µs. A write is 8 µs, nearly all of
/// it the key's share of recomputing the trie and of the block's database batch (15 to 20 µs for each *distinct*
/// key; the tables count the sender's account twice).
pub struct DbWeight;

impl Get<RuntimeDbWeight> for DbWeight {
	fn get() -> RuntimeDbWeight {
		RuntimeDbWeight { read: NATIVE_MICROSECOND, write: 8 * NATIVE_MICROSECOND }
	}
}

/// Weight limits of a block. Written out instead of built, because it is asked for several times per transaction
/// and the builder validates each time; a test validates it once.
pub struct Weights;

impl Get<BlockWeights> for Weights {
	fn get() -> BlockWeights {
		BlockWeights {
			base_block: BLOCK_BASE,
			max_block: BLOCK_MAX,
			per_class: PerDispatchClass::new(|class| {
				let (max_total, reserved) = match class {
					DispatchClass::Normal => (Some(NORMAL_MAX), Some(Weight::zero())),
					DispatchClass::Operational => {
						// No block is short of proof size, and a reserve must exceed the base in both parts.
						let time = BLOCK_MAX.saturating_sub(NORMAL_MAX).ref_time();
						(Some(BLOCK_MAX), Some(Weight::from_parts(time, BLOCK_MAX.proof_size())))
					}
					DispatchClass::Mandatory => (None, None),
				};
				let max_extrinsic = max_total.map(|total| {
					total.saturating_sub(NORMAL_MAX / INITIALISATION_PART).saturating_sub(EXTRINSIC_BASE)
				});
				WeightsPerClass { base_extrinsic: EXTRINSIC_BASE, max_extrinsic, max_total, reserved }
			}),
		}
	}
}

/// Length limits of a block.
pub struct Length;

impl Get<BlockLength> for Length {
	fn get() -> BlockLength {
		BlockLength {
			max: PerDispatchClass::new(|class| match class {
				DispatchClass::Normal => NORMAL_BYTES_MAX,
				DispatchClass::Operational | DispatchClass::Mandatory => BODY_BYTES_MAX,
			}),
			max_header_size: Some(HEADER_BYTES_MAX),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_weight_limits_are_consistent() {
		Weights::get().validate().expect("written to be valid");
	}
}
