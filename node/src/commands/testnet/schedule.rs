//! The row of faults of a seed, or of those that were named: when, for how long, which. Pure.
//!
//! # Must not
//! Read a clock or draw from anything but the seed.
//!
//! # Invariants
//! - Same seed, same number of validators, same length: same row.
//! - One fault at a time, each healed [`CALM`] before the next and before the end.
//! - Outside of partitions at most `(n - 1) / 3` nodes are disturbed, so that the others can decide.
//! - The first two faults are a kill and a partition, so that the shortest run has both.

use super::fault::Fault;
use std::{collections::VecDeque, time::Duration};

/// From the first block to the first fault.
const SETTLING: Duration = Duration::from_secs(5);

/// From a fault's healing to the next fault: a healed network is to make a block within these.
const CALM: Duration = Duration::from_secs(10);

/// Beyond the calm, up to so much passes before the next fault: with both faults at their longest, the shortest run is full.
const GAP_MS: u64 = 4_000;

/// The shortest run that has room for a kill and a partition.
pub(super) const LASTING_MIN: Duration = Duration::from_secs(45);

/// Runs from this length on have partitions of up to a minute.
const LONG: Duration = Duration::from_secs(10 * 60);

/// The fewest validators of which one may be lost.
pub(super) const VALIDATORS_MIN: usize = 4;

/// A fault with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
	/// After the network's first block.
	pub(super) at: Duration,
	/// Until it is healed.
	pub(super) lasting: Duration,
	/// What happens.
	pub(super) fault: Fault,
}

impl Step {
	/// Faults in this order, each with the calm before and after it.
	pub(super) fn one_after_the_other(faults: Vec<(Fault, Duration)>) -> VecDeque<Self> {
		let mut at = SETTLING;
		let steps = faults.into_iter().map(|(fault, lasting)| {
			let step = Self { at, lasting, fault };
			at += lasting + CALM;
			step
		});
		steps.collect()
	}

	/// When there was calm after it.
	pub(super) fn over(&self) -> Duration {
		self.at + self.lasting + CALM
	}
}

/// The row of faults for so many validators and so long a run.
pub(super) fn schedule(seed: u64, validators: usize, lasting: Duration) -> VecDeque<Step> {
	let mut random = Random(seed);
	let mut steps = VecDeque::new();
	let mut deck = first_deck(&mut random);
	let mut even = random.below(2) == 0;
	let mut at = SETTLING;
	while let Some(kind) = deck.pop() {
		let (shortest, longest) = bounds_ms(kind, lasting);
		let length = Duration::from_millis(shortest + random.below(longest - shortest + 1));
		if at + length + CALM > lasting {
			break;
		}
		even ^= kind == Drawn::Partition;
		steps.push_back(Step { at, lasting: length, fault: fault(kind, even, validators, &mut random) });
		at += length + CALM + Duration::from_millis(random.below(GAP_MS));
		if deck.is_empty() {
			deck = all_kinds();
			random.shuffle(&mut deck);
		}
	}
	steps
}

/// What a row is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawn {
	Kill,
	Pause,
	Disconnect,
	Partition,
}

fn all_kinds() -> Vec<Drawn> {
	vec![Drawn::Kill, Drawn::Pause, Drawn::Disconnect, Drawn::Partition]
}

/// Taken from the end: a kill and a partition first, in either order.
fn first_deck(random: &mut Random) -> Vec<Drawn> {
	let mut later = vec![Drawn::Pause, Drawn::Disconnect];
	let mut first = vec![Drawn::Kill, Drawn::Partition];
	random.shuffle(&mut later);
	random.shuffle(&mut first);
	[later, first].concat()
}

/// How long a fault of a kind lasts.
fn bounds_ms(kind: Drawn, lasting: Duration) -> (u64, u64) {
	match kind {
		Drawn::Kill => (1_000, 6_000),
		Drawn::Pause => (3_000, 8_000),
		Drawn::Disconnect => (1_000, 4_000),
		Drawn::Partition if lasting >= LONG => (10_000, 60_000),
		Drawn::Partition if lasting >= LASTING_MIN * 3 => (8_000, 20_000),
		Drawn::Partition => (6_000, 10_000),
	}
}

/// A fault of a kind. Partitions are in halves (`even`), or cut off as many as may be lost, in turn.
fn fault(kind: Drawn, even: bool, validators: usize, random: &mut Random) -> Fault {
	let mut nodes: Vec<usize> = (0..validators).collect();
	random.shuffle(&mut nodes);
	let lost_max = validators.saturating_sub(1) / 3;
	let few = 1 + random.below(lost_max.max(1) as u64) as usize;
	let some = |nodes: &[usize]| {
		let mut some = nodes.to_vec();
		some.sort_unstable();
		some
	};
	match kind {
		Drawn::Kill => Fault::Kill(some(&nodes[..few])),
		Drawn::Pause => Fault::Pause(some(&nodes[..few])),
		Drawn::Disconnect => Fault::Disconnect(some(&nodes[..few])),
		Drawn::Partition => {
			let (one, other) = nodes.split_at(if even { validators / 2 } else { few });
			Fault::Partition { groups: vec![some(one), some(other)], closed: random.below(2) == 0 }
		}
	}
}

/// A small generator (splitmix64, Steele, Lea and Flood 2014): the same numbers on every machine and in every version.
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	/// Below a bound that is not zero; the bias is far below what matters for choosing faults.
	fn below(&mut self, bound: u64) -> u64 {
		self.next() % bound
	}

	fn shuffle<T>(&mut self, items: &mut [T]) {
		for last in (1..items.len()).rev() {
			items.swap(last, self.below(last as u64 + 1) as usize);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::super::fault::FaultKind;
	use super::*;
	use std::collections::BTreeSet;

	const THREE_MINUTES: Duration = Duration::from_secs(180);

	#[test]
	fn the_same_seed_gives_the_same_row_and_another_seed_another() {
		assert_eq!(schedule(7, 4, THREE_MINUTES), schedule(7, 4, THREE_MINUTES));
		let rows: BTreeSet<String> =
			(0..20).map(|seed| format!("{:?}", schedule(seed, 4, THREE_MINUTES))).collect();
		assert_eq!(rows.len(), 20);
	}

	#[test]
	fn named_faults_follow_each_other_with_calm_between() {
		let second = Duration::from_secs;
		let row = Step::one_after_the_other(vec![
			(Fault::Kill(vec![0]), second(5)),
			(Fault::Pause(vec![1]), second(7)),
		]);
		assert_eq!(row[0].at, SETTLING);
		assert_eq!((row[1].at, row[1].over()), (row[0].over(), row[0].over() + second(7) + CALM));
	}

	#[test]
	fn the_shortest_run_has_a_kill_and_a_partition() {
		for seed in 0..1_000 {
			let kinds: BTreeSet<_> =
				schedule(seed, 4, LASTING_MIN).iter().map(|step| step.fault.kind()).collect();
			assert!(
				kinds.is_superset(&[FaultKind::Kill, FaultKind::Partition].into()),
				"seed {seed}: {kinds:?}"
			);
		}
	}

	#[test]
	fn faults_follow_each_other_with_calm_between_and_at_the_end() {
		for (seed, lasting) in (0..300).zip([45, 90, 180, 1_800].into_iter().cycle()) {
			let lasting = Duration::from_secs(lasting);
			let mut free = SETTLING;
			for step in schedule(seed, 4, lasting) {
				assert!(step.at >= free, "seed {seed}: {step:?} begins too early");
				free = step.at + step.lasting + CALM;
				assert!(free <= lasting, "seed {seed}: {step:?} ends too late");
			}
		}
	}

	#[test]
	fn never_more_than_a_third_is_disturbed_but_in_a_partition() {
		for seed in 0..200 {
			for validators in VALIDATORS_MIN..=10 {
				for step in schedule(seed, validators, THREE_MINUTES) {
					match &step.fault {
						Fault::Kill(nodes) | Fault::Pause(nodes) | Fault::Disconnect(nodes) => {
							assert!(
								!nodes.is_empty() && 3 * nodes.len() < validators,
								"{step:?} of {validators}"
							);
						}
						Fault::SlowDisk { .. } | Fault::Skew { .. } => panic!("{step:?} is not drawn"),
						Fault::Partition { groups, .. } => {
							let mut all = groups.concat();
							all.sort_unstable();
							assert_eq!(all, (0..validators).collect::<Vec<_>>(), "{step:?}");
							assert!(groups.iter().all(|group| !group.is_empty()), "{step:?}");
						}
					}
				}
			}
		}
	}

	#[test]
	fn both_kinds_of_partition_come_and_only_sides_without_a_quorum_are_stuck() {
		let partitions: BTreeSet<Vec<usize>> = schedule(1, 4, Duration::from_secs(1_800))
			.iter()
			.filter(|step| step.fault.kind() == FaultKind::Partition)
			.map(|step| step.fault.stuck(&[1; 4]).iter().map(Vec::len).collect())
			.collect();
		assert_eq!(partitions, [vec![1], vec![2, 2]].into());
	}
}
