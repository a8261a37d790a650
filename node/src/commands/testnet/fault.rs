//! [`Fault`]: what may be done to a network, and how people write it.
//!
//! ```text
//!   KIND[=MS]:NODES:TIME      kill:1:5s   pause:2,3:10s   disconnect:4:10s   slow-disk=200:1:30s   skew=-5000:2:30s
//!                             partition:1,2|3,4:60s       closed-partition:4|1,2,3:1m
//! ```
//!
//! Nodes count from 1 for people, and from 0 in here.
//!
//! # Must not
//! Touch a process: the supervisor does.

use super::schedule::Step;
use crate::{cli::duration, report::Report};
use serde::Serialize;
use std::{collections::BTreeSet, collections::VecDeque, fmt, time::Duration};

/// The longest that a disk may take for each write to it.
const DISK_DELAY_MS_MAX: u64 = 5_000;

/// The most that a clock may be wrong.
const SKEW_MS_MAX: i64 = 60_000;

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
	/// `kill -9`, and a start when it is healed.
	Kill(Vec<usize>),
	/// The processes stand still, and go on when it is healed.
	Pause(Vec<usize>),
	/// All connections of the nodes are closed, and none is accepted until it is healed.
	Disconnect(Vec<usize>),
	/// Only nodes of one group reach each other.
	Partition {
		/// Who is with whom.
		groups: Vec<Vec<usize>>,
		/// Whether connections are closed; otherwise bytes just do not arrive.
		closed: bool,
	},
	/// Whenever the nodes wait for their disk, they wait so much longer.
	SlowDisk {
		/// Whose disk.
		nodes: Vec<usize>,
		/// For each `fsync` and its like.
		delay: Duration,
	},
	/// The nodes' clocks are wrong. They start again for it, and again when it is healed.
	Skew {
		/// Whose clock.
		nodes: Vec<usize>,
		/// By how much.
		offset_ms: i64,
	},
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FaultKind {
	/// See [`Fault::Kill`].
	Kill,
	/// See [`Fault::Pause`].
	Pause,
	/// See [`Fault::Disconnect`].
	Disconnect,
	/// See [`Fault::Partition`].
	Partition,
	/// See [`Fault::SlowDisk`].
	SlowDisk,
	/// See [`Fault::Skew`].
	Skew,
}

impl Fault {
	/// Which kind it is.
	pub(super) fn kind(&self) -> FaultKind {
		match self {
			Self::Kill(_) => FaultKind::Kill,
			Self::Pause(_) => FaultKind::Pause,
			Self::Disconnect(_) => FaultKind::Disconnect,
			Self::Partition { .. } => FaultKind::Partition,
			Self::SlowDisk { .. } => FaultKind::SlowDisk,
			Self::Skew { .. } => FaultKind::Skew,
		}
	}

	/// The groups of nodes that reach each other but cannot decide: two thirds or less of all power.
	pub(super) fn stuck(&self, powers: &[u64]) -> Vec<Vec<usize>> {
		let others = |nodes: &[usize]| (0..powers.len()).filter(|node| !nodes.contains(node)).collect();
		let parts: Vec<Vec<usize>> = match self {
			// Nodes that do not run make no blocks; the others may be too few.
			Self::Kill(nodes) | Self::Pause(nodes) => vec![others(nodes)],
			Self::Disconnect(nodes) => nodes.iter().map(|node| vec![*node]).chain([others(nodes)]).collect(),
			Self::Partition { groups, .. } => groups.clone(),
			Self::SlowDisk { .. } | Self::Skew { .. } => Vec::new(),
		};
		let power = |nodes: &[usize]| nodes.iter().map(|node| u128::from(powers[*node])).sum::<u128>();
		let total: u128 = powers.iter().map(|power| u128::from(*power)).sum();
		parts.into_iter().filter(|part| !part.is_empty() && 3 * power(part) <= 2 * total).collect()
	}
}

impl fmt::Display for Fault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let names =
			|nodes: &[usize]| nodes.iter().map(|node| (node + 1).to_string()).collect::<Vec<_>>().join(" ");
		match self {
			Self::Kill(nodes) => write!(f, "kill -9 of {}", names(nodes)),
			Self::Pause(nodes) => write!(f, "pause of {}", names(nodes)),
			Self::Disconnect(nodes) => write!(f, "disconnection of {}", names(nodes)),
			Self::Partition { groups, closed } => {
				let sides: Vec<String> = groups.iter().map(|group| names(group)).collect();
				write!(f, "{} partition {}", if *closed { "closed" } else { "silent" }, sides.join(" | "))
			}
			Self::SlowDisk { nodes, delay } => {
				write!(f, "disk slower by {} ms of {}", delay.as_millis(), names(nodes))
			}
			Self::Skew { nodes, offset_ms } => write!(f, "clock off by {offset_ms} ms of {}", names(nodes)),
		}
	}
}

/// Reads a fault and how long it lasts, for a network of so many nodes.
///
/// # Errors
/// What is wrong with it, and how it is written.
pub(super) fn parse(text: &str, count: usize) -> Result<(Fault, Duration), Report> {
	let wrong = |cause: &str| {
		let remedy = "write KIND[=MS]:NODES:TIME, like kill:1:5s, pause:2,3:10s, partition:1,2|3,4:60s, slow-disk=200:1:30s or skew=-5000:2:30s";
		Report::new("fault", format!("`{text}` {cause}"), remedy)
	};
	let [kind, nodes, lasting] = text.split(':').collect::<Vec<_>>()[..] else {
		return Err(wrong("has not three parts"));
	};
	let lasting = duration(lasting).map_err(|_| wrong("does not say how long, with a unit"))?;
	let (kind, number) = match kind.split_once('=') {
		None => (kind, None),
		Some((kind, number)) => (kind, Some(number)),
	};
	let groups: Vec<Vec<usize>> = nodes
		.split('|')
		.map(|group| group.split(',').map(|node| number_of(node, count)).collect())
		.collect::<Option<_>>()
		.ok_or_else(|| wrong(&format!("names something that is not a node from 1 to {count}")))?;
	let named: BTreeSet<usize> = groups.iter().flatten().copied().collect();
	if named.len() != groups.iter().map(Vec::len).sum::<usize>() {
		return Err(wrong("names a node twice"));
	}
	let is_partition = kind.ends_with("partition");
	if is_partition != (groups.len() > 1) || (is_partition && named.len() != count) {
		return Err(wrong(
			"does not say for all nodes on which side they are, or sides where there are none",
		));
	}
	let takes_number = matches!(kind, "slow-disk" | "skew");
	if takes_number != number.is_some() {
		return Err(wrong("has no number of milliseconds where one belongs, or one where none does"));
	}
	let nodes = groups[0].clone();
	let fault = match (kind, number) {
		("kill", _) => Fault::Kill(nodes),
		("pause", _) => Fault::Pause(nodes),
		("disconnect", _) => Fault::Disconnect(nodes),
		("partition" | "closed-partition", _) => {
			Fault::Partition { groups, closed: kind == "closed-partition" }
		}
		("slow-disk", Some(number)) => {
			let delay = number.parse().ok().filter(|ms| (1..=DISK_DELAY_MS_MAX).contains(ms));
			let delay = delay.ok_or_else(|| wrong(&format!("delays by no 1 to {DISK_DELAY_MS_MAX} ms")))?;
			Fault::SlowDisk { nodes, delay: Duration::from_millis(delay) }
		}
		("skew", Some(number)) => {
			let offset = number.parse().ok().filter(|ms| (-SKEW_MS_MAX..=SKEW_MS_MAX).contains(ms));
			let offset_ms = offset.ok_or_else(|| wrong(&format!("is off by more than {SKEW_MS_MAX} ms")))?;
			Fault::Skew { nodes, offset_ms }
		}
		_ => return Err(wrong("is of no kind that there is")),
	};
	Ok((fault, lasting))
}

/// A node's index.
fn number_of(text: &str, count: usize) -> Option<usize> {
	let number: usize = text.trim().parse().ok()?;
	(1..=count).contains(&number).then(|| number - 1)
}

/// Faults one after the other, each after the one before has healed.
///
/// # Errors
/// As [`parse`].
pub(super) fn row(texts: &[String], count: usize) -> Result<VecDeque<Step>, Report> {
	let faults = texts.iter().map(|text| parse(text, count)).collect::<Result<Vec<_>, Report>>()?;
	Ok(Step::one_after_the_other(faults))
}

#[cfg(test)]
mod tests {
	use super::*;

	const EQUAL: [u64; 4] = [1; 4];

	#[test]
	fn faults_are_read_as_they_were_meant() {
		let seconds = Duration::from_secs;
		for (text, fault, lasting) in [
			("kill:1:5s", Fault::Kill(vec![0]), seconds(5)),
			("pause:2,3:1m", Fault::Pause(vec![1, 2]), seconds(60)),
			("disconnect:4:1s", Fault::Disconnect(vec![3]), seconds(1)),
			(
				"partition:1,2|3,4:60s",
				Fault::Partition { groups: vec![vec![0, 1], vec![2, 3]], closed: false },
				seconds(60),
			),
			(
				"closed-partition:4|1,2,3:2s",
				Fault::Partition { groups: vec![vec![3], vec![0, 1, 2]], closed: true },
				seconds(2),
			),
			(
				"slow-disk=200:1:30s",
				Fault::SlowDisk { nodes: vec![0], delay: Duration::from_millis(200) },
				seconds(30),
			),
			("skew=-5000:2:30s", Fault::Skew { nodes: vec![1], offset_ms: -5_000 }, seconds(30)),
		] {
			assert_eq!(parse(text, 4).expect(text), (fault, lasting), "{text}");
		}
	}

	#[test]
	fn what_is_no_fault_is_refused_with_its_text() {
		for text in [
			"",
			"kill",
			"kill:1",
			"kill:1:5",
			"kill:0:5s",
			"kill:5:5s",
			"kill::5s",
			"kill:1,1:5s",
			"kill=3:1:5s",
			"kill:1|2:5s",
			"partition:1,2,3,4:5s",
			"partition:1,2|3:5s",
			"partition:1,2|2,3,4:5s",
			"slow-disk:1:5s",
			"slow-disk=0:1:5s",
			"slow-disk=99999:1:5s",
			"skew=x:1:5s",
			"skew=60001:1:5s",
			"flood:1:5s",
			"kill:1:5s:6s",
		] {
			let report = parse(text, 4).expect_err(text).to_string();
			assert!(report.contains(&format!("`{text}`")) && report.contains("KIND"), "{report}");
		}
	}

	#[test]
	fn only_sides_without_a_quorum_are_stuck() {
		let split = |groups: &[&[usize]]| Fault::Partition {
			groups: groups.iter().map(|group| group.to_vec()).collect(),
			closed: false,
		};
		assert_eq!(split(&[&[0, 1], &[2, 3]]).stuck(&EQUAL), [[0, 1], [2, 3]]);
		assert_eq!(split(&[&[2], &[0, 1, 3]]).stuck(&EQUAL), [[2]]);
		assert_eq!(Fault::Kill(vec![0]).stuck(&EQUAL), Vec::<Vec<usize>>::new());
		assert_eq!(Fault::Pause(vec![0, 1]).stuck(&EQUAL), [[2, 3]]);
		assert_eq!(Fault::Disconnect(vec![2]).stuck(&EQUAL), [[2]]);
		assert_eq!(Fault::Skew { nodes: vec![0, 1], offset_ms: 1 }.stuck(&EQUAL), Vec::<Vec<usize>>::new());
	}

	#[test]
	fn power_counts_and_exactly_two_thirds_are_too_few() {
		let weighted = [33, 34, 20, 13];
		assert_eq!(Fault::Kill(vec![0]).stuck(&weighted), Vec::<Vec<usize>>::new(), "67 of 100 decide");
		assert_eq!(Fault::Kill(vec![1]).stuck(&weighted), [[0, 2, 3]], "66 of 100 do not");
		assert_eq!(Fault::Kill(vec![0]).stuck(&[1, 1, 1]), [[1, 2]], "two thirds do not");
	}
}
