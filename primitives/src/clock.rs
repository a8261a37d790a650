//! The chain's own clock, as pallets read it.
//!
//! # Must not
//! Be a wall clock: it counts what blocks say, and no more than ten seconds for each of them.

/// The chain's own clock: it advances by at most 10 s with each block, so that a halt closes no window.
pub trait ChainClock {
	/// Milliseconds since the clock began. Never falls, and stays the same within a block.
	fn now_ms() -> u64;
}
