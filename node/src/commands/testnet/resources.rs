//! [`Resources`]: memory and file descriptors of the nodes over time, and whether they are flat. Pure.
//!
//! # The rule
//! The run is cut into thirds by time. The first is for warming up: caches fill. What any node had at most in the last third
//! may be a quarter, and a little, above what any node had at most in the middle third. Nodes are compared with each other,
//! since they do the same work, and a node that was killed begins anew.
//!
//! # Must not
//! Call a run flat that is too short to tell.

use serde::Serialize;
use std::time::Duration;

/// A shorter run ends before the caches are full.
pub(super) const LASTING_MIN: Duration = Duration::from_secs(150);

/// What may come on top of a quarter: an allocator's chunk for each thread.
const SLACK_BYTES: u64 = 8 << 20;

/// What may come on top of a quarter: connections of clients, and files of a compaction under way.
const SLACK_FILES: u64 = 16;

/// What a node used at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
	/// When.
	pub(super) at: Duration,
	/// Resident memory.
	pub(super) memory_bytes: u64,
	/// File descriptors.
	pub(super) open_files: u64,
}

/// Memory or descriptors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Course {
	/// The most that any node had in the middle third.
	pub(super) middle_max: u64,
	/// The most that any node had in the last third.
	pub(super) last_max: u64,
}

impl Course {
	fn is_flat(self, slack: u64) -> bool {
		self.last_max <= self.middle_max.saturating_add(self.middle_max / 4).saturating_add(slack)
	}
}

/// How much the nodes used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resources {
	/// The most memory that a node was seen with.
	pub(super) memory_bytes_max: u64,
	/// The most descriptors that a node was seen with.
	pub(super) open_files_max: u64,
	/// The course of memory.
	pub(super) memory_bytes: Course,
	/// The course of descriptors.
	pub(super) open_files: Course,
	/// Whether both were flat; absent after a run that is too short to tell.
	pub(super) flat: Option<bool>,
}

/// Applies the rule to the samples of all nodes.
pub(super) fn resources(samples: &[Vec<Sample>]) -> Resources {
	let all = || samples.iter().flatten();
	let first = all().map(|sample| sample.at).min().unwrap_or_default();
	let lasting = all().map(|sample| sample.at).max().unwrap_or_default().saturating_sub(first);
	let most = |third: Option<u32>, of: fn(&Sample) -> u64| {
		let is_in = |sample: &&Sample| {
			third.is_none_or(|third| {
				let since = sample.at - first;
				since >= lasting * third / 3 && since <= lasting * (third + 1) / 3
			})
		};
		all().filter(is_in).map(of).max().unwrap_or_default()
	};
	let course = |of| Course { middle_max: most(Some(1), of), last_max: most(Some(2), of) };
	let memory_bytes = course(|sample| sample.memory_bytes);
	let open_files = course(|sample| sample.open_files);
	let flat = memory_bytes.is_flat(SLACK_BYTES) && open_files.is_flat(SLACK_FILES);
	Resources {
		memory_bytes_max: most(None, |sample| sample.memory_bytes),
		open_files_max: most(None, |sample| sample.open_files),
		memory_bytes,
		open_files,
		flat: (lasting >= LASTING_MIN).then_some(flat),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Samples of one node, one each second, of a run of ten minutes.
	fn run(memory_mib: impl Fn(u64) -> u64, open_files: impl Fn(u64) -> u64) -> Vec<Vec<Sample>> {
		let sample = |second| Sample {
			at: Duration::from_secs(30 + second),
			memory_bytes: memory_mib(second) << 20,
			open_files: open_files(second),
		};
		vec![(0..=600).map(sample).collect()]
	}

	#[test]
	fn what_warms_up_and_stays_is_flat() {
		let found = resources(&run(|second| second.min(100), |_| 200));
		assert_eq!((found.flat, found.memory_bytes_max, found.open_files_max), (Some(true), 100 << 20, 200));
	}

	#[test]
	fn what_grows_until_the_end_is_not() {
		assert_eq!(resources(&run(|second| 50 + second / 4, |_| 200)).flat, Some(false));
		assert_eq!(resources(&run(|_| 50, |second| 100 + second)).flat, Some(false));
	}

	#[test]
	fn a_node_that_begins_anew_hides_no_leak_of_another() {
		let mut samples = run(|second| 50 + second / 4, |_| 200);
		samples.push(run(|_| 40, |_| 100).remove(0));
		assert_eq!(resources(&samples).flat, Some(false));
	}

	#[test]
	fn a_short_run_and_none_at_all_are_not_judged() {
		let mut samples = run(|_| 50, |_| 200);
		samples[0].retain(|sample| sample.at < LASTING_MIN);
		assert_eq!(resources(&samples).flat, None);
		assert_eq!(resources(&[]), Resources::default());
	}
}
