//! Every rule about time, as functions of what the clock said.
//!
//! # Must not
//! Read a clock.
//!
//! # Invariants
//! - A block's timestamp is at least half a block time after its parent's, which is the runtime's minimum period.
//! - Only the future is untimely: a value that arrives late is as often the network's fault as the proposer's, or that
//!   of a node that was paused, which must still be able to decide with the others. A proposer cannot hold the chain's
//!   clock back further than its parent plus the minimum period, and the next honest proposer sets it right.
//!
//! # Why the past is not bounded
//! A bound would cost liveness, and gain little, since a lone proposer cannot set the clock back:
//! - A round without a quorum does not end. After a partition its proposal, made before, reaches the other half: whoever refused
//!   it for its age would hold "invalid" against a value that the rest prevoted for, and not decide it with them.
//! - A proposer that was killed must offer the same block in the same round again, and one whose turn failed twice at a height
//!   offers its own latest block from then on ([`REUSE_FROM`](crate::app::REUSE_FROM)), whose timestamp is as old as the halt:
//!   were it refused for that, no round of a height that failed for long could succeed.
//! - What comes a height early is judged when its height begins, and after a clock that is ahead come the least timestamps that
//!   parents allow, whatever the clocks say.

use crate::malachite::core::LinearTimeouts;
use std::time::Duration;

/// How far ahead of our clock a live proposal's timestamp may be: two seconds, more than clocks kept by NTP differ.
pub const CLOCK_DRIFT_MAX_MS: u64 = 2_000;

/// Least time for a proposal to be built, sent and executed before validators give the round up.
const PROPOSE_MS_MIN: u64 = 500;

/// Added to the block time for a proposal to arrive, and to every timeout with each further round.
const TIMEOUT_STEP_MS: u64 = 500;

/// How long a single validator may take to build a block. Nobody else can propose, so giving up gains nothing.
const ALONE_PROPOSE_MS: u64 = 30_000;

/// Least time to wait for the votes that a quorum of "anything" may still lack.
const VOTE_MS_MIN: u64 = 300;

/// The engine's timeouts for a block time. They grow with the rounds, so that any network delay is outgrown.
pub fn timeouts(block_time_ms: u64, validators: usize) -> LinearTimeouts {
	let propose_ms = match validators {
		0 | 1 => ALONE_PROPOSE_MS,
		_ => block_time_ms.max(PROPOSE_MS_MIN).saturating_add(TIMEOUT_STEP_MS),
	};
	let vote = Duration::from_millis(block_time_ms.max(VOTE_MS_MIN));
	let propose = Duration::from_millis(propose_ms);
	let step = Duration::from_millis(TIMEOUT_STEP_MS);
	LinearTimeouts {
		propose,
		propose_delta: step,
		prevote: vote,
		prevote_delta: step,
		precommit: vote,
		precommit_delta: step,
		// Not before a round's three steps may be over: the engine ends a repetition when a round certificate brings it news. With
		// a second less, one network of three stood still for a minute after silent halves.
		rebroadcast: propose + vote + vote,
		max_timeout: Duration::from_secs(60),
	}
}

/// How long the height that begins now should last.
///
/// The engine counts from this node's own beginning of the height, so that a validator which came back late would stay
/// out of phase and slow everybody down. Half of the distance to "parent's timestamp plus one block time" is corrected
/// at each height, at most half a block time; correcting all of it oscillates.
pub fn target_time(block_time_ms: u64, parent_timestamp_ms: Option<u64>, now_ms: u64) -> Duration {
	let Some(parent) = parent_timestamp_ms else { return Duration::from_millis(block_time_ms) };
	let early = i128::from(parent) + i128::from(block_time_ms) - i128::from(now_ms);
	let bound = i128::from(block_time_ms / 2);
	let target = i128::from(block_time_ms) + (early / 2).clamp(-bound, bound);
	Duration::from_millis(u64::try_from(target).unwrap_or(block_time_ms))
}

/// The least distance between the timestamps of a block and its parent.
pub fn minimum_period_ms(block_time_ms: u64) -> u64 {
	(block_time_ms / 2).max(1)
}

/// The least timestamp that the runtime takes after a parent.
pub fn least_timestamp_ms(block_time_ms: u64, parent_timestamp_ms: u64) -> u64 {
	parent_timestamp_ms.saturating_add(minimum_period_ms(block_time_ms))
}

/// The timestamp of a block that is built now.
pub fn proposal_timestamp_ms(block_time_ms: u64, parent_timestamp_ms: Option<u64>, now_ms: u64) -> u64 {
	match parent_timestamp_ms {
		None => now_ms,
		Some(parent) => now_ms.max(least_timestamp_ms(block_time_ms, parent)),
	}
}

/// Whether a live proposal's timestamp is acceptable, of whatever round, and whatever its proposer says of votes for it: the
/// engine joins a value with any signed proposal of its height, so that what a head says of rounds proves nothing. What was
/// timely once stays so, and what is not becomes so. Not asked for synced, replayed or imported blocks: those must stay
/// decidable whatever the clock says.
pub fn is_timely(timestamp_ms: u64, now_ms: u64) -> bool {
	timestamp_ms <= now_ms.saturating_add(CLOCK_DRIFT_MAX_MS)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_target_corrects_half_of_the_error_and_never_more_than_half_a_block() {
		let target = |parent, now| target_time(1_000, parent, now).as_millis();
		assert_eq!(target(None, 5), 1_000);
		assert_eq!(target(Some(10_000), 11_000), 1_000, "in phase");
		assert_eq!(target(Some(10_000), 11_200), 900, "200 ms late");
		assert_eq!(target(Some(10_000), 10_900), 1_050, "100 ms early");
		assert_eq!(target(Some(10_000), 90_000), 500, "long stopped");
		assert_eq!(target(Some(10_000), 0), 1_500, "clock set back");
		assert_eq!(target(Some(u64::MAX), 0), 1_500);
		assert_eq!(target(Some(0), u64::MAX), 500);
	}

	#[test]
	fn a_timestamp_never_violates_the_minimum_period() {
		assert_eq!(proposal_timestamp_ms(1_000, Some(10_000), 11_000), 11_000);
		assert_eq!(proposal_timestamp_ms(1_000, Some(10_000), 10_100), 10_500);
		assert_eq!(proposal_timestamp_ms(1_000, Some(10_000), 3), 10_500);
		assert_eq!(proposal_timestamp_ms(1_000, None, 3), 3);
	}

	#[test]
	fn only_the_future_is_untimely() {
		assert!(is_timely(0, u64::MAX));
		assert!(is_timely(0, 1_000_000));
		assert!(is_timely(3_000, 1_000));
		assert!(!is_timely(3_001, 1_000));
	}

	#[test]
	fn a_single_validator_is_not_hurried() {
		assert!(timeouts(1_000, 1).propose > timeouts(1_000, 2).propose * 10);
		assert_eq!(timeouts(1_000, 4).propose, Duration::from_millis(1_500));
		assert_eq!(timeouts(200, 4).propose, Duration::from_millis(1_000));
	}
}
