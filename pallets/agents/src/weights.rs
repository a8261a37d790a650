//! What the calls cost.
//!
//! # Must not
//! Depend on state that a call does not name: each weight follows from the call's arguments alone.
//!
//! # Reasoning
//! **Upper bounds made by hand, to be replaced by measurement.** Each weight is computation plus storage. Storage is
//! counted: the keys that a call reads and writes at most are listed at each function and priced by the runtime's
//! `DbWeight`. Computation is bounded by what was measured for calls of the same kind (a registration with one hold is
//! below 60 µs natively, everything below 30 µs has fewer writes), rounded up. Proof size is zero, because blocks of a
//! standalone chain carry no storage proofs.
//!
//! The cases in `benchmarking.rs` are the worst of each call. To replace this table build the node with
//! `runtime-benchmarks` and run
//! `frame-omni-bencher v1 benchmark pallet --pallet pallet_agents --extrinsic '*' --steps 20 --repeat 20`.
//!
//! `act` pays for the fee's share too: whether the agent pays is decided twice and charged and refunded once, which is
//! work of [`crate::AgentPaysFees`], whose extension has a fixed weight.
//!
//! # Unit
//! The tables of the upstream pallets count picoseconds of FRAME's reference machine running Wasm, so what is known
//! natively is multiplied by [`REFERENCE_PER_NATIVE`] to stand beside them.

use crate::types::DEPTH_MAX;
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Picoseconds of the reference machine for each one that native execution takes.
pub const REFERENCE_PER_NATIVE: u64 = 4;

/// The weight of native execution that takes `microseconds`.
const fn native(microseconds: u64) -> Weight {
	Weight::from_parts(microseconds.saturating_mul(1_000_000 * REFERENCE_PER_NATIVE), 0)
}

/// The weight of each call.
pub trait WeightInfo {
	/// With `tags` tags in a profile of `bytes` bytes.
	fn register(tags: u32, bytes: u32) -> Weight;
	/// With `tags` new tags in a profile of `bytes` bytes.
	fn set_profile(tags: u32, bytes: u32) -> Weight;
	/// Either way.
	fn set_paused() -> Weight;
	/// With `tags` tags.
	fn deregister(tags: u32) -> Weight;
	/// Any proposal.
	fn propose_controller() -> Weight;
	/// Without keeping delegations.
	fn accept_controller() -> Weight;
	/// Any terms.
	fn set_recovery() -> Weight;
	/// Any recovery.
	fn begin_recovery() -> Weight;
	/// Any pending recovery.
	fn cancel_recovery() -> Weight;
	/// Without keeping delegations.
	fn complete_recovery() -> Weight;
	/// From the deepest key that may pass on.
	fn delegate() -> Weight;
	/// By the key farthest above.
	fn revoke() -> Weight;
	/// Any number of delegations.
	fn revoke_all() -> Weight;
	/// Of the greatest depth.
	fn clear_delegation() -> Weight;
	/// From the greatest depth, without the inner call, with the charge of the fee.
	fn act() -> Weight;
	/// Without the inner call.
	fn control() -> Weight;
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

/// The table: computation, then reads and writes.
fn cost<P: Prices>(microseconds: u64, reads: u64, writes: u64) -> Weight {
	native(microseconds).saturating_add(P::Db::get().reads_writes(reads, writes))
}

/// A path with its agent.
const PATH: u64 = DEPTH_MAX as u64;

/// Microseconds for the bytes of a profile, which are decoded, checked, stored and copied to the event.
const fn bytes_us(bytes: u32) -> u64 {
	1 + bytes as u64 / 100
}

impl<P: Prices> WeightInfo for P {
	/// Reads and writes `NextAgentId`, two `System::Account`, `Balances::Holds`, `Balances::TotalIssuance`; writes `Agents`, `AgentsByController`,
	/// `Profiles`, and `AgentsByTag` for each tag.
	fn register(tags: u32, bytes: u32) -> Weight {
		cost::<P>(65 + bytes_us(bytes) + 2 * u64::from(tags), 5, 8 + u64::from(tags))
	}
	/// Reads `Agents`; reads and writes `Profiles`; writes `AgentsByTag` for each new tag and [`OLD_TAGS`]
	/// old ones.
	fn set_profile(tags: u32, bytes: u32) -> Weight {
		let tags = u64::from(tags) + OLD_TAGS;
		cost::<P>(20 + bytes_us(bytes) + 2 * tags, 2, 1 + tags)
	}
	/// Reads and writes `Agents`.
	fn set_paused() -> Weight {
		cost::<P>(15, 1, 1)
	}
	/// Reads and writes `Agents`, `Profiles`, two `System::Account`, `Balances::Holds`; writes `AgentsByTag` for each tag.
	fn deregister(tags: u32) -> Weight {
		cost::<P>(50 + 2 * u64::from(tags), 5, 5 + u64::from(tags))
	}
	/// Reads and writes `Agents`.
	fn propose_controller() -> Weight {
		cost::<P>(15, 1, 1)
	}
	/// Reads `Agents`; writes it and two `AgentsByController`.
	fn accept_controller() -> Weight {
		cost::<P>(25, 1, 3)
	}
	/// Reads and writes `Agents`.
	fn set_recovery() -> Weight {
		cost::<P>(15, 1, 1)
	}
	/// Reads the clock; reads and writes `Agents`.
	fn begin_recovery() -> Weight {
		cost::<P>(15, 2, 1)
	}
	/// Reads and writes `Agents`.
	fn cancel_recovery() -> Weight {
		cost::<P>(15, 1, 1)
	}
	/// Reads `Agents` and the clock; writes it and two `AgentsByController`.
	fn complete_recovery() -> Weight {
		cost::<P>(25, 2, 3)
	}
	/// Reads the clock; reads and writes `Agents`, the `Delegations` of the path, two `System::Account`,
	/// `Balances::Holds`; writes the new one of `Delegations`.
	fn delegate() -> Weight {
		cost::<P>(50 + 10 * PATH, 5 + PATH, 5 + PATH)
	}
	/// Reads `Agents` and the `Delegations` of the path; reads and writes two `System::Account`, `Balances::Holds`;
	/// writes one of `Delegations`.
	fn revoke() -> Weight {
		cost::<P>(40 + 5 * PATH, 4 + PATH, 4)
	}
	/// Reads and writes `Agents`.
	fn revoke_all() -> Weight {
		cost::<P>(15, 1, 1)
	}
	/// As `revoke`, and reads the clock.
	fn clear_delegation() -> Weight {
		cost::<P>(40 + 5 * PATH, 5 + PATH, 4)
	}
	/// Reads the clock, `Agents`, `System::Account` and `Balances::Holds` of the agent; reads and writes the
	/// `Delegations` of the path, for the outflow and, with `System::Account`, for the fee. They are in the overlay after
	/// the first time, so each key is counted once.
	fn act() -> Weight {
		cost::<P>(60 + 30 * PATH, 4 + PATH, 2 + PATH)
	}
	/// Reads `Agents`.
	fn control() -> Weight {
		cost::<P>(15, 1, 0)
	}
}

/// The tags that a profile had before, at most: a runtime's `TagsMax` should not be above.
pub const OLD_TAGS: u64 = 32;
