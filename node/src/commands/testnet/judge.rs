//! The verdict: what was observed, against what must hold. Pure.
//!
//! | must hold | broken by |
//! |---|---|
//! | one block for each height | two hashes at one height, over all nodes |
//! | no block without a quorum | a node of a stuck side beyond the highest block its side had when the cut was complete |
//! | what was accepted is final exactly once | an accepted transfer in no block, or in two |
//! | under load something is accepted | no accepted transfer |
//! | one state | different state roots at the last height that all have |
//! | a healed network goes on | a node that never got beyond the height at healing |
//! | who joins arrives | a node without a past that never got to the head |
//! | what nodes take is bounded | memory or descriptors that are not flat ([`super::resources`]) |
//!
//! # Must not
//! Ask a node anything, read a clock, or excuse a finding.

use super::{
	fault::Fault,
	resources::{resources, Sample},
	verdict::{BlockWithoutQuorum, Episode, Joining, Recovery, Transfers, Verdict},
};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

/// From a cut to when nothing sent before it can still lead to a block: votes under way, and a commit on a slow disk.
pub(super) const IN_FLIGHT: Duration = Duration::from_secs(3);

/// A hash of a block or a transfer.
pub(super) type Hash = [u8; 32];

/// A time during which a node told the same height. All times count from when the observer started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
	/// The height.
	pub(super) height: u32,
	/// When the first question with this answer was asked.
	pub(super) asked: Duration,
	/// When its answer came.
	pub(super) answered: Duration,
	/// When the last question with this answer was asked.
	pub(super) asked_last: Duration,
}

/// A fault that was injected and healed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Injected {
	/// Which.
	pub(super) fault: Fault,
	/// When it was complete.
	pub(super) from: Duration,
	/// When healing began.
	pub(super) until: Duration,
}

/// What was observed.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
	/// The faults, in order.
	pub(super) faults: Vec<Injected>,
	/// For each node, its heights over time.
	pub(super) heights: Vec<Vec<Span>>,
	/// For each height, the blocks that nodes named.
	pub(super) decisions: BTreeMap<u32, BTreeSet<Hash>>,
	/// Whether transfers were sent.
	pub(super) loaded: bool,
	/// Transfers that a node accepted.
	pub(super) accepted: BTreeSet<Hash>,
	/// For each transaction in a block, in how many places.
	pub(super) included: BTreeMap<Hash, u32>,
	/// For each node, the state root at the last height that all have; `None` if it did not tell.
	pub(super) roots: Vec<Option<String>>,
	/// For each node, what it used over time.
	pub(super) samples: Vec<Vec<Sample>>,
	/// For each node, its voting power or what is in proportion to it.
	pub(super) powers: Vec<u64>,
	/// Nodes that joined from nothing.
	pub(super) joinings: Vec<Joining>,
}

/// Judges.
pub(super) fn judge(evidence: &Evidence) -> Verdict {
	let conflicting_decisions: Vec<u32> =
		evidence.decisions.iter().filter(|(_, hashes)| hashes.len() > 1).map(|(height, _)| *height).collect();
	let blocks_without_quorum =
		evidence.faults.iter().flat_map(|fault| without_quorum(evidence, fault)).collect();
	let mut faults = BTreeMap::new();
	for fault in &evidence.faults {
		*faults.entry(fault.fault.kind()).or_default() += 1;
	}
	let mut verdict = Verdict {
		sound: false,
		validators: evidence.heights.len(),
		height: evidence.heights.iter().flatten().map(|span| span.height).max().unwrap_or_default(),
		faults,
		conflicting_decisions,
		blocks_without_quorum,
		recovery: recovery(evidence),
		episodes: evidence.faults.iter().map(|fault| episode(evidence, fault)).collect(),
		joinings: evidence.joinings.clone(),
		transfers: transfers(evidence),
		state_roots_equal: roots_equal(&evidence.roots),
		state_root: evidence.roots.first().cloned().flatten(),
		resources: resources(&evidence.samples),
	};
	verdict.sound = verdict.conflicting_decisions.is_empty()
		&& verdict.blocks_without_quorum.is_empty()
		&& verdict.recovery.recovered == verdict.recovery.healed
		&& verdict.transfers.accepted == verdict.transfers.final_once
		&& (verdict.transfers.accepted > 0 || !evidence.loaded)
		&& verdict.state_roots_equal
		&& verdict.joinings.iter().all(|joining| joining.took_ms.is_some())
		&& verdict.resources.flat != Some(false);
	verdict
}

fn roots_equal(roots: &[Option<String>]) -> bool {
	!roots.is_empty() && roots.iter().all(|root| root.is_some() && *root == roots[0])
}

/// Blocks that a stuck side made. Within a side heights may still become equal: only what lies beyond all of them counts.
fn without_quorum(evidence: &Evidence, injected: &Injected) -> Vec<BlockWithoutQuorum> {
	let cut = injected.from + IN_FLIGHT;
	let mut found = Vec::new();
	for side in injected.fault.stuck(&evidence.powers) {
		let spans = |node: usize| evidence.heights.get(node).into_iter().flatten();
		let heights_then = side.iter().filter_map(|node| spans(*node).find(|span| span.asked_last >= cut));
		let Some(highest) = heights_then.map(|span| span.height).max() else { continue };
		for node in &side {
			let beyond = spans(*node).filter(|span| span.height > highest && span.answered <= injected.until);
			found.extend(beyond.map(|span| BlockWithoutQuorum { node: node + 1, height: span.height }));
		}
	}
	found
}

fn recovery(evidence: &Evidence) -> Recovery {
	let after = |fault: &Injected| beyond(evidence, fault.until);
	let times: Vec<Vec<Option<Duration>>> = evidence.faults.iter().map(after).collect();
	let mut all: Vec<Duration> = times.iter().filter_map(|times| last(times)).collect();
	all.sort_unstable();
	Recovery {
		healed: evidence.faults.len(),
		recovered: all.len(),
		p50_ms: all.get(all.len().saturating_sub(1) / 2).copied().map(millis),
		max_ms: all.last().copied().map(millis),
		first_block_max_ms: times.iter().filter_map(|times| first(times)).max().map(millis),
	}
}

fn episode(evidence: &Evidence, injected: &Injected) -> Episode {
	let Injected { fault, from, until } = injected;
	let times = beyond(evidence, *until);
	let until_then = |then: Duration| {
		let known = evidence.heights.iter().flatten().filter(|span| span.answered <= then);
		known.map(|span| span.height).max().unwrap_or_default()
	};
	Episode {
		fault: fault.to_string(),
		kind: fault.kind(),
		lasted_ms: millis(until.saturating_sub(*from)),
		blocks_meanwhile: until_then(*until) - until_then((*from + IN_FLIGHT).min(*until)),
		first_block_ms: first(&times).map(millis),
		recovered_ms: last(&times).map(millis),
	}
}

fn millis(time: Duration) -> u64 {
	u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// For each node, from healing until it is beyond the highest block that any had then.
fn beyond(evidence: &Evidence, healed: Duration) -> Vec<Option<Duration>> {
	let known = evidence.heights.iter().flatten().filter(|span| span.answered <= healed);
	let highest = known.map(|span| span.height).max().unwrap_or_default();
	let is_beyond = |span: &&Span| span.height > highest && span.answered > healed;
	let of_node = |spans: &Vec<Span>| spans.iter().find(is_beyond).map(|span| span.answered - healed);
	evidence.heights.iter().map(of_node).collect()
}

fn first(times: &[Option<Duration>]) -> Option<Duration> {
	times.iter().flatten().min().copied()
}

/// `None` if one never was.
fn last(times: &[Option<Duration>]) -> Option<Duration> {
	times.iter().copied().collect::<Option<Vec<Duration>>>()?.into_iter().max()
}

fn transfers(evidence: &Evidence) -> Transfers {
	let mut counted = Transfers { accepted: evidence.accepted.len(), ..Transfers::default() };
	for hash in &evidence.accepted {
		match evidence.included.get(hash).copied().unwrap_or_default() {
			0 => counted.lost += 1,
			1 => counted.final_once += 1,
			_ => counted.twice += 1,
		}
	}
	counted
}

#[cfg(test)]
mod tests {
	use super::super::{fault::FaultKind, resources::LASTING_MIN};
	use super::*;

	const fn at(seconds: u64) -> Duration {
		Duration::from_secs(seconds)
	}

	/// A height that a node told from one second to another.
	fn span(height: u32, from: u64, to: u64) -> Span {
		Span { height, asked: at(from), answered: at(from), asked_last: at(to) }
	}

	fn sample(second: u64, memory_bytes: u64) -> Sample {
		Sample { at: at(second), memory_bytes, open_files: 9 }
	}

	/// Four nodes that stand at height 10 while they are split 2|2 from second 10 to 30, and go on at second 32.
	fn split() -> Evidence {
		let fault = Fault::Partition { groups: vec![vec![0, 1], vec![2, 3]], closed: false };
		let node = vec![span(9, 5, 9), span(10, 10, 31), span(11, 32, 40)];
		Evidence {
			faults: vec![Injected { fault, from: at(10), until: at(30) }],
			heights: vec![node; 4],
			decisions: (9..=11).map(|height| (height, [[height as u8; 32]].into())).collect(),
			loaded: true,
			accepted: [[1; 32], [2; 32]].into(),
			included: [([1; 32], 1), ([2; 32], 1), ([3; 32], 1)].into(),
			roots: vec![Some("0x00".into()); 4],
			samples: vec![vec![sample(0, 5)], vec![sample(1, 7)]],
			powers: vec![1; 4],
			joinings: vec![Joining { height: Some(11), took_ms: Some(1_500) }],
		}
	}

	#[test]
	fn a_network_that_stands_still_while_split_and_goes_on_is_sound() {
		let verdict = judge(&split());
		assert!(verdict.sound, "{verdict}");
		assert_eq!(
			verdict.recovery,
			Recovery {
				healed: 1,
				recovered: 1,
				p50_ms: Some(2_000),
				max_ms: Some(2_000),
				first_block_max_ms: Some(2_000)
			}
		);
		let episode = &verdict.episodes[0];
		assert_eq!((episode.lasted_ms, episode.blocks_meanwhile), (20_000, 0));
		assert_eq!((episode.first_block_ms, episode.recovered_ms), (Some(2_000), Some(2_000)));
		assert_eq!(verdict.transfers, Transfers { accepted: 2, final_once: 2, lost: 0, twice: 0 });
		assert_eq!((verdict.height, verdict.resources.memory_bytes_max), (11, 7));
		assert_eq!(verdict.faults, [(FaultKind::Partition, 1)].into());
	}

	#[test]
	fn a_conflicting_decision_is_found() {
		let mut evidence = split();
		evidence.decisions.entry(10).or_default().insert([0xff; 32]);
		let verdict = judge(&evidence);
		assert_eq!((verdict.sound, verdict.conflicting_decisions), (false, vec![10]));
	}

	#[test]
	fn lost_and_doubled_transfers_are_found() {
		let mut evidence = split();
		evidence.included.remove(&[1; 32]);
		evidence.included.insert([2; 32], 2);
		let verdict = judge(&evidence);
		assert!(!verdict.sound);
		assert_eq!(verdict.transfers, Transfers { accepted: 2, final_once: 0, lost: 1, twice: 1 });
	}

	#[test]
	fn a_load_of_which_nothing_is_accepted_is_found_and_no_load_is_none() {
		let nothing = Evidence { accepted: BTreeSet::new(), ..split() };
		assert!(!judge(&nothing).sound);
		assert!(judge(&Evidence { loaded: false, ..nothing }).sound);
	}

	#[test]
	fn a_block_in_a_half_is_found() {
		let mut evidence = split();
		evidence.heights[3] = vec![span(10, 10, 19), span(11, 20, 40), span(12, 41, 42)];
		let verdict = judge(&evidence);
		assert_eq!(
			(verdict.sound, verdict.blocks_without_quorum),
			(false, vec![BlockWithoutQuorum { node: 4, height: 11 }])
		);
	}

	#[test]
	fn a_block_in_a_minority_is_found_and_one_of_the_majority_is_not() {
		let mut evidence = split();
		evidence.faults[0].fault = Fault::Partition { groups: vec![vec![2], vec![0, 1, 3]], closed: true };
		for node in [0, 1, 3] {
			evidence.heights[node] =
				(9..=40).map(|second| span(second, second.into(), second.into())).collect();
		}
		evidence.heights[2] = vec![span(10, 10, 33), span(39, 39, 41)];
		evidence.heights[0].push(span(42, 42, 42));
		assert_eq!(judge(&evidence).blocks_without_quorum, []);
		evidence.heights[2] = vec![span(10, 10, 24), span(11, 25, 33), span(39, 39, 41)];
		let verdict = judge(&evidence);
		assert_eq!(
			(verdict.sound, verdict.blocks_without_quorum),
			(false, vec![BlockWithoutQuorum { node: 3, height: 11 }])
		);
	}

	#[test]
	fn what_was_under_way_at_the_cut_and_what_a_neighbour_had_is_no_violation() {
		let mut evidence = split();
		// Decided with votes that were sent before the cut, and then fetched from the neighbour.
		evidence.heights[0] = vec![span(10, 10, 11), span(11, 12, 31), span(12, 32, 33)];
		evidence.heights[1] = vec![span(10, 10, 15), span(11, 16, 31), span(12, 32, 33)];
		evidence.heights[2].push(span(12, 41, 42));
		evidence.heights[3].push(span(12, 41, 42));
		assert_eq!(judge(&evidence).blocks_without_quorum, []);
	}

	#[test]
	fn a_node_that_never_comes_back_is_found() {
		let mut evidence = split();
		evidence.heights[2].pop();
		let verdict = judge(&evidence);
		assert_eq!((verdict.sound, verdict.recovery.recovered, verdict.recovery.max_ms), (false, 0, None));
	}

	#[test]
	fn a_node_that_comes_back_late_counts_for_recovery_and_not_for_the_first_block() {
		let mut evidence = split();
		evidence.heights[2] = vec![span(10, 10, 38), span(11, 39, 40)];
		let Recovery { max_ms, first_block_max_ms, .. } = judge(&evidence).recovery;
		assert_eq!((max_ms, first_block_max_ms), (Some(9_000), Some(2_000)));
	}

	#[test]
	fn blocks_of_those_who_go_on_are_counted() {
		let mut evidence = split();
		evidence.faults[0].fault = Fault::Pause(vec![2]);
		for node in [0, 1, 3] {
			evidence.heights[node] =
				(9..=40).map(|second| span(second, second.into(), second.into())).collect();
		}
		let episode = &judge(&evidence).episodes[0];
		assert_eq!((episode.kind, episode.blocks_meanwhile), (FaultKind::Pause, 17));
	}

	#[test]
	fn who_goes_on_with_too_little_power_is_found() {
		let mut evidence = split();
		evidence.faults[0].fault = Fault::Pause(vec![2]);
		evidence.powers = vec![33, 20, 34, 13];
		evidence.heights[0] = vec![span(10, 10, 19), span(11, 20, 40)];
		assert_eq!(judge(&evidence).blocks_without_quorum, [BlockWithoutQuorum { node: 1, height: 11 }]);
	}

	#[test]
	fn who_joins_and_never_arrives_is_found_and_so_is_growth() {
		let mut evidence = split();
		evidence.joinings.push(Joining { height: None, took_ms: None });
		assert!(!judge(&evidence).sound);
		let mut evidence = split();
		let seconds = LASTING_MIN.as_secs();
		evidence.samples = vec![(0..=seconds).map(|second| sample(second, second << 20)).collect()];
		let verdict = judge(&evidence);
		assert_eq!((verdict.sound, verdict.resources.flat), (false, Some(false)));
	}

	#[test]
	fn different_missing_and_no_state_roots_are_found() {
		for roots in
			[vec![Some("a".into()), Some("b".into())], vec![Some("a".into()), None], vec![None, None], vec![]]
		{
			let verdict = judge(&Evidence { roots, ..split() });
			assert!(!verdict.sound && !verdict.state_roots_equal, "{verdict}");
		}
	}
}
