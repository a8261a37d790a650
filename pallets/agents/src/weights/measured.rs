//! What the cases of `benchmarking.rs` took. Written by `scripts/bench weights pallet_agents`, never by hand.
//!
//! Machine: x86_64, AMD EPYC, 2 cores. Measured with the chain's runtime, optimised and executed natively on one thread. The state was
//! flat and in memory: look-ups are in the times, while misses, the trie and the disk are what keys are priced with.
//!
//! Each size went through its range in 10 steps, while the others were at their greatest and while they were at their
//! least. Of 20 runs at each step the fastest counts. The line that least squares fit was lifted until no step was above
//! it. Keys are distinct ones, without those that every block touches.

use frame_support::weights::Weight;
use plexus_primitives::weights::{cost, each, Prices};

/// `t` from 0 to 16, `b` from 0 to 2304: 35.0 µs to 51.7 µs.
///
/// Keys read and written at most: `Agents::Agents` 0 1, `Agents::AgentsByController` 0 1, `Agents::AgentsByTag` 0 16,
/// `Agents::NextAgentId` 1 1, `Agents::Profiles` 0 1, `Balances::Holds` 1 1, `System::Account` 2 2.
pub(super) fn register<P: Prices>(t: u32, b: u32) -> Weight {
	cost::<P>(35_863_000, 4, 7)
		.saturating_add(each::<P>(t, 915_607, 0, 1))
		.saturating_add(each::<P>(b, 1_291, 0, 0))
}

/// `t` from 0 to 16, `b` from 0 to 2304: 17.2 µs to 33.6 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 0, `Agents::AgentsByTag` 0 32, `Agents::Profiles` 1 1.
pub(super) fn set_profile<P: Prices>(t: u32, b: u32) -> Weight {
	cost::<P>(17_513_000, 2, 17)
		.saturating_add(each::<P>(t, 914_506, 0, 1))
		.saturating_add(each::<P>(b, 1_091, 0, 0))
}

/// 2.9 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1.
pub(super) fn set_paused<P: Prices>() -> Weight {
	cost::<P>(2_925_000, 1, 1)
}

/// `t` from 0 to 16: 17.5 µs to 29.3 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1, `Agents::AgentsByTag` 0 16, `Agents::Profiles` 1 1,
/// `Balances::Holds` 1 1, `System::Account` 2 2.
pub(super) fn deregister<P: Prices>(t: u32) -> Weight {
	cost::<P>(17_516_000, 5, 5).saturating_add(each::<P>(t, 775_921, 0, 1))
}

/// 2.9 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1.
pub(super) fn propose_controller<P: Prices>() -> Weight {
	cost::<P>(2_974_000, 1, 1)
}

/// 5.0 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1, `Agents::AgentsByController` 0 2.
pub(super) fn accept_controller<P: Prices>() -> Weight {
	cost::<P>(5_078_000, 1, 3)
}

/// 4.6 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1, `Validators::BlockTimeMs` 1 0, `Validators::Periods` 1 0.
pub(super) fn set_recovery<P: Prices>() -> Weight {
	cost::<P>(4_697_000, 3, 1)
}

/// 4.5 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1, `Validators::Clock` 1 0.
pub(super) fn begin_recovery<P: Prices>() -> Weight {
	cost::<P>(4_577_000, 2, 1)
}

/// 4.3 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1.
pub(super) fn cancel_recovery<P: Prices>() -> Weight {
	cost::<P>(4_356_000, 1, 1)
}

/// 7.3 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1, `Agents::AgentsByController` 0 2, `Validators::Clock` 1 0.
pub(super) fn complete_recovery<P: Prices>() -> Weight {
	cost::<P>(7_331_000, 2, 3)
}

/// 33.5 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1, `Agents::Delegations` 3 4, `Balances::Holds` 1 1,
/// `System::Account` 2 2, `Validators::Clock` 1 0.
pub(super) fn delegate<P: Prices>() -> Weight {
	cost::<P>(33_520_000, 8, 8)
}

/// 23.2 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 0, `Agents::Delegations` 4 1, `Balances::Holds` 1 1,
/// `System::Account` 2 2.
pub(super) fn revoke<P: Prices>() -> Weight {
	cost::<P>(23_295_000, 8, 4)
}

/// 4.1 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 1.
pub(super) fn revoke_all<P: Prices>() -> Weight {
	cost::<P>(4_186_000, 1, 1)
}

/// 19.5 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 0, `Agents::Delegations` 4 1, `Balances::Holds` 1 1,
/// `System::Account` 2 2, `Validators::Clock` 1 0.
pub(super) fn clear_delegation<P: Prices>() -> Weight {
	cost::<P>(19_509_000, 9, 4)
}

/// 56.2 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 0, `Agents::Delegations` 4 4, `Balances::Holds` 1 0,
/// `System::Account` 2 2, `Validators::Clock` 1 0.
pub(super) fn act<P: Prices>() -> Weight {
	cost::<P>(56_204_000, 9, 6)
}

/// 18.8 µs.
///
/// Keys read and written at most: `Agents::Agents` 1 0, `System::Account` 2 2.
pub(super) fn control<P: Prices>() -> Weight {
	cost::<P>(18_818_000, 3, 2)
}
