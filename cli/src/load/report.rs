//! The figures of a load run.
//!
//! # Must not
//! Count anything: it only sums up what the other modules recorded.
//!
//! # Invariants
//! `transfers = accepted + rejected + unanswered`, and `accepted = finalised + lost` (`finalised` counts accepted
//! ones only). A run is sound if nothing was lost and nothing was finalised twice.

use serde::Serialize;
use std::collections::BTreeMap;

/// What a load run measured. Times are from the client's point of view.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct LoadReport {
	/// Accounts that sent.
	pub accounts: usize,
	/// Transfers that were signed.
	pub transfers: usize,
	/// Transfers that were sent to the node at least once.
	pub submitted: usize,
	/// Transfers that the node took.
	pub accepted: usize,
	/// Transfers that the node refused for good.
	pub rejected: usize,
	/// Transfers without an answer, because a connection failed.
	pub unanswered: usize,
	/// Refusals for want of room, after which the transfer was sent again.
	pub retries: usize,
	/// Accepted transfers that were seen in a finalised block.
	pub finalised: usize,
	/// Accepted transfers that were not seen in any finalised block by the end of the run.
	pub lost: usize,
	/// Transfers that were seen in more than one place of the finalised chain.
	pub duplicated: usize,
	/// Finalised blocks with at least one of the transfers.
	pub blocks: usize,
	/// The most transfers in one block.
	pub transfers_per_block_max: usize,
	/// From the first submission to the last answer.
	pub submit_seconds: f64,
	/// From the first submission to the head of the last block with one of the transfers.
	pub seconds: f64,
	/// `finalised / seconds`.
	pub transfers_per_second: f64,
	/// From submission to the notification of the finalised head. At a fixed rate it counts from when the transfer
	/// was due, so that a slow node cannot hide behind a client that waits for it.
	pub latency_ms: LatencyMs,
	/// Processor time of this process during the run, all threads; `None` where it cannot be read.
	pub client_cpu_seconds: Option<f64>,
	/// Reasons of refusals, with how often each came.
	pub refusals: BTreeMap<String, usize>,
}

impl LoadReport {
	/// Whether every accepted transfer is in the finalised chain exactly once.
	pub fn is_sound(&self) -> bool {
		self.lost == 0 && self.duplicated == 0
	}
}

/// Percentiles in milliseconds; all zero if there was nothing to measure.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct LatencyMs {
	/// Half were faster.
	pub p50: f64,
	/// Nine in ten were faster.
	pub p90: f64,
	/// 99 in 100 were faster.
	pub p99: f64,
	/// The slowest.
	pub max: f64,
}

impl LatencyMs {
	/// Percentiles by the nearest-rank method.
	pub(super) fn of(mut milliseconds: Vec<f64>) -> Self {
		milliseconds.sort_by(f64::total_cmp);
		let rank = |percent: usize| {
			let index = (milliseconds.len() * percent).div_ceil(100).saturating_sub(1);
			milliseconds.get(index).copied().unwrap_or_default()
		};
		Self { p50: rank(50), p90: rank(90), p99: rank(99), max: rank(100) }
	}
}

/// Processor time that this process used so far, in seconds.
pub(super) fn cpu_seconds() -> Option<f64> {
	// proc(5): utime and stime are the 14th and 15th fields, in ticks of 10 ms (USER_HZ is 100 on every Linux).
	let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
	let after_name = stat.rsplit_once(')')?.1;
	let mut ticks = after_name.split_whitespace().skip(11).map(str::parse::<u64>);
	Some((ticks.next()?.ok()? + ticks.next()?.ok()?) as f64 / 100.0)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn percentiles_are_nearest_ranks() {
		let hundred = LatencyMs::of((1..=100).rev().map(f64::from).collect());
		assert_eq!(hundred, LatencyMs { p50: 50.0, p90: 90.0, p99: 99.0, max: 100.0 });
		assert_eq!(LatencyMs::of(vec![3.0]), LatencyMs { p50: 3.0, p90: 3.0, p99: 3.0, max: 3.0 });
		assert_eq!(LatencyMs::of(Vec::new()), LatencyMs::default());
		assert_eq!(LatencyMs::of(vec![1.0, 2.0]).p50, 1.0);
	}

	#[test]
	fn a_lost_or_doubled_transfer_makes_a_run_unsound() {
		assert!(LoadReport::default().is_sound());
		assert!(!LoadReport { lost: 1, ..Default::default() }.is_sound());
		assert!(!LoadReport { duplicated: 1, ..Default::default() }.is_sound());
	}
}
