//! The tree against a plain sum.

use crate::fenwick::{raised, summed, NODES_MAX};
use std::collections::BTreeMap;

#[test]
fn the_sum_from_a_version_on_is_that_of_all_deposits_to_it_and_later_ones() {
	for last in 1..130u32 {
		let mut nodes = BTreeMap::<u32, u64>::new();
		// Amounts that no two sets of versions have the sum of in common, as far as 64 bits go.
		let amount = |version: u32| u64::from(version) * 1_000_003 + u64::from(version % 7);
		for version in 1..=last {
			for node in raised(version) {
				*nodes.entry(node).or_default() += amount(version);
			}
		}
		for version in 0..=last + 2 {
			let sum: u64 =
				summed(version, last).map(|node| nodes.get(&node).copied().unwrap_or_default()).sum();
			let expected: u64 = if version == 0 { 0 } else { (version..=last).map(amount).sum() };
			assert_eq!(sum, expected, "from {version} of {last}");
		}
	}
}

#[test]
fn a_version_that_is_published_later_changes_no_sum() {
	for version in 1..200u32 {
		for last in version..200 {
			let (before, after): (Vec<_>, Vec<_>) =
				(summed(version, last).collect(), summed(version, last + 1).collect());
			assert_eq!(before[..], after[..before.len()]);
			assert!(after[before.len()..].iter().all(|node| *node == last + 1));
			assert!(raised(version).all(|node| node <= version), "a deposit reached a later node");
		}
	}
}

#[test]
fn no_walk_is_longer_than_versions_have_bits() {
	for version in [1, 2, 3, 4, 255, 256, 65_535, 65_536, u32::MAX - 1, u32::MAX, 1 << 31] {
		assert_eq!(raised(version).count() as u32, version.count_ones());
		assert!(summed(version, u32::MAX).count() as u32 <= NODES_MAX);
	}
	assert_eq!(summed(1, u32::MAX).count() as u32, NODES_MAX);
	assert_eq!((raised(0).count(), summed(0, 9).count(), summed(10, 9).count()), (0, 0, 0));
}
