//! Queries and their pages.

use super::*;
use crate::runtime_api::{DatanetEarnings, PoolInfo, PositionInfo, PAGE_MAX};

#[test]
fn what_a_model_earned_is_shown_with_what_its_entries_have_yet_to_pull() {
	run(|| {
		put(CAROL, 0, "carol's", 7);
		publish(0);
		put_model("later", &[(0, 1, ONE / 4), (0, 2, ONE / 4 * 3)]);
		let shown = || {
			let info = Rewards::data_revenue(ModelId(1)).expect("it has a manifest");
			let entries = info.entries.iter().map(|entry| (entry.version.0, entry.pulled, entry.due));
			(info.revenue, entries.collect::<Vec<_>>())
		};
		assert_eq!(shown(), (0, vec![(1, 0, 0), (2, 0, 0)]));
		fund(1, 1_000);
		assert_ok!(distribute(1, 1));
		assert_eq!(shown(), (1_000, vec![(1, 0, 250), (2, 750, 0)]));
		fund(1, 100);
		assert_eq!(shown(), (1_100, vec![(1, 0, 275), (2, 750, 75)]));
		assert_eq!(Rewards::data_revenue(ModelId(9)), None);
		put_model("without", &[]);
		assert_eq!(Rewards::data_revenue(ModelId(2)), None);
	});
}

#[test]
fn what_is_claimable_is_what_a_claim_credits() {
	run(|| {
		put(ALICE, 0, "more", 7);
		publish(0);
		put_model("later", &[(0, 2, ONE)]);
		earn(999);
		fund(1, 1_001);
		assert_ok!(distribute(1, 0));
		let page = Rewards::positions(&holder(ALICE), None, 10);
		assert_eq!((page.items.len(), page.next), (2, None));
		for PositionInfo { place, claimable, .. } in page.items {
			let before = earned(ALICE).due;
			claim(ALICE, &[place]);
			assert!(claimable > 0);
			assert_eq!(earned(ALICE).due - before, claimable);
			let after = Rewards::position(&holder(ALICE), place).expect("it stays");
			assert_eq!(after.claimable, 0);
		}
		assert_eq!(Rewards::position(&holder(BOB), place(0, 2, None)), None);
	});
}

#[test]
fn pools_are_shown_in_the_order_of_versions() {
	run(|| {
		for version in 2..=5 {
			put(CAROL, 0, &format!("carol's for {version}"), version as u8);
			publish(0);
		}
		earn(123);
		let first = PoolInfo { version: DatanetVersion(1), weight: 40, deposited: 123 };
		assert_eq!(Rewards::pool(DatanetId(0), DatanetVersion(1)), Some(first));
		assert_eq!(Rewards::pool(DatanetId(0), DatanetVersion(0)), None);
		assert_eq!(Rewards::pool(DatanetId(0), DatanetVersion(6)), None);
		assert_eq!(Rewards::pool(DatanetId(1), DatanetVersion(1)), None);
		for limit in 0..7 {
			let (mut seen, mut cursor) = (Vec::new(), None);
			loop {
				let page = Rewards::pools(DatanetId(0), cursor, limit);
				assert!(page.items.len() <= limit.max(1) as usize);
				seen.extend(page.items.into_iter().map(|info| (info.version.0, info.weight)));
				cursor = page.next;
				if cursor.is_none() {
					break;
				}
			}
			assert_eq!(seen, [(1, 40), (2, 42), (3, 45), (4, 49), (5, 54)], "by {limit}");
		}
		let beyond = Rewards::pools(DatanetId(0), Some(DatanetVersion(u32::MAX)), 9);
		assert_eq!((beyond.items, beyond.next), (vec![], None));
	});
}

#[test]
fn pages_of_positions_neither_skip_nor_repeat_whatever_comes_and_goes() {
	use plexus_primitives::Positions as _;
	run(|| {
		let first = DatanetVersion(1);
		let add = |datanet| Rewards::accepted(&holder(CAROL), DatanetId(datanet), first, 1);
		let remove = |datanet| Rewards::departed(&holder(CAROL), DatanetId(datanet), first, first, 1);
		let stay = 10..60u32;
		for limit in [1, 2, 7, 49, 50, 51] {
			(10..80).for_each(add);
			let (mut seen, mut cursor, mut round) = (Vec::new(), None, 0);
			loop {
				let page = Rewards::positions(&holder(CAROL), cursor, limit);
				assert!(page.items.len() <= limit as usize);
				seen.extend(page.items.iter().map(|info| info.place.datanet.0));
				cursor = page.next;
				// What the cursor names may go, others come and go.
				let own = page.next.map(|place| place.datanet.0);
				for datanet in own.filter(|own| !stay.contains(own)).into_iter().chain([60 + round % 20]) {
					remove(datanet);
				}
				add(100 + round);
				round += 1;
				if cursor.is_none() {
					break;
				}
			}
			let mut stayed: Vec<_> = seen.iter().copied().filter(|datanet| stay.contains(datanet)).collect();
			stayed.sort_unstable();
			assert_eq!(stayed, stay.clone().collect::<Vec<_>>(), "by {limit}");
			let mut once = seen.clone();
			once.sort_unstable();
			once.dedup();
			assert_eq!(once.len(), seen.len(), "by {limit}");
			(0..5_000).for_each(|datanet| {
				while weight(&holder(CAROL), place(datanet, 1, None)).is_some() {
					remove(datanet);
				}
			});
		}
	});
}

#[test]
fn what_was_earned_is_shown_by_datanet() {
	run(|| {
		for datanet in 1..=5u32 {
			create_datanet();
			put(ALICE, datanet, &format!("alice's in {datanet}"), 1);
			publish(datanet);
			let model = put_model(&format!("of {datanet}"), &[(datanet, 1, ONE)]);
			fund(model.0, Balance::from(datanet) * 100);
			assert_ok!(distribute(model.0, 0));
			claim(ALICE, &[place(datanet, 1, None)]);
		}
		for limit in 0..7 {
			let (mut seen, mut cursor) = (Vec::new(), None);
			loop {
				let page = Rewards::datanet_earnings(&holder(ALICE), cursor, limit);
				assert!(page.items.len() <= limit.max(1) as usize);
				seen.extend(page.items);
				cursor = page.next;
				if cursor.is_none() {
					break;
				}
			}
			seen.sort_by_key(|entry| entry.datanet);
			let expected = (1..=5u32).map(|datanet| DatanetEarnings {
				datanet: DatanetId(datanet),
				credited: Balance::from(datanet) * 100,
			});
			assert_eq!(seen, expected.collect::<Vec<_>>(), "by {limit}");
		}
		assert_eq!(earned(ALICE).pools, 1_500);
		assert_eq!(Rewards::datanet_earnings(&holder(BOB), None, PAGE_MAX).items, []);
	});
}
