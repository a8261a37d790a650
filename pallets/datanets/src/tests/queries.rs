//! Pages, and what events alone tell.

use super::*;
use plexus_primitives::api::PAGE_MAX;
use std::collections::BTreeMap;

fn all_pages(limit: u32) -> Vec<u64> {
	let mut ids = Vec::new();
	let mut cursor = None;
	loop {
		let page = Datanets::contributions(DatanetId(0), cursor, limit);
		assert!(page.items.len() as u32 <= limit.clamp(1, PAGE_MAX));
		ids.extend(page.items.iter().map(|contribution| contribution.id.0));
		if page.next.is_none() {
			return ids;
		}
		assert!(page.next > cursor, "a cursor that does not advance never ends");
		cursor = page.next;
	}
}

fn contribute_many(count: u64) {
	ContributionDepositBase::set(1);
	ContributionDepositPerByte::set(0);
	for index in 0..count {
		assert_ok!(contribute(ALICE, 0, &index.to_le_bytes()));
	}
}

#[test]
fn pages_of_any_size_visit_everything_once_in_order_across_gaps() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		contribute_many(20);
		for withdrawn in [0, 3, 4, 5, 6, 7, 8, 13, 19] {
			assert_ok!(withdraw(ALICE, withdrawn));
		}
		let expected = [1, 2, 9, 10, 11, 12, 14, 15, 16, 17, 18];
		for limit in [0, 1, 2, 3, 5, 19, 20, 21, u32::MAX] {
			assert_eq!(all_pages(limit), expected, "with pages of {limit}");
		}
	});
}

#[test]
fn a_page_never_holds_more_than_the_maximum() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		contribute_many(u64::from(PAGE_MAX) + 2);
		let page = Datanets::contributions(DatanetId(0), None, u32::MAX);
		assert_eq!(page.items.len() as u32, PAGE_MAX);
		assert_eq!(page.next, Some(Sequence(PAGE_MAX.into())));
		assert_eq!(all_pages(u32::MAX).len() as u32, PAGE_MAX + 2);
	});
}

#[test]
fn what_is_not_there_gives_nothing() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		for (datanet, cursor) in [(0, None), (0, Some(Sequence(u64::MAX))), (7, None), (7, Some(Sequence(3)))]
		{
			let page = Datanets::contributions(DatanetId(datanet), cursor, 10);
			assert!(page.items.is_empty() && page.next.is_none());
		}
		assert!(Datanets::datanet(DatanetId(1)).is_none());
		assert!(Datanets::contribution(ContributionId(0)).is_none());
		assert!(Datanets::contribution_by_root([0; 32]).is_none());
	});
}

#[test]
fn an_indexer_rebuilds_the_registry_from_events_alone() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(create_datanet(BOB));
		assert_ok!(contribute(ALICE, 0, b"a"));
		assert_ok!(contribute(BOB, 1, b"b"));
		assert_ok!(contribute(BOB, 1, b"c"));
		assert_ok!(withdraw(BOB, 1));
		assert_ok!(withdraw(ALICE, 0));
		assert_ok!(remove_datanet(ALICE, 0));

		let mut datanets = BTreeMap::new();
		let mut contributions = BTreeMap::new();
		for record in System::events() {
			let RuntimeEvent::Datanets(event) = record.event else { continue };
			match event {
				Event::DatanetCreated { datanet, owner, name, licence, deposit } => {
					datanets.insert(datanet, (owner, name.to_vec(), licence.to_vec(), deposit));
				}
				Event::DatanetRemoved { datanet, .. } => drop(datanets.remove(&datanet)),
				Event::ContributionRegistered {
					contribution,
					datanet,
					sequence,
					contributor,
					content,
					media_type,
					locator,
					deposit,
				} => {
					let texts = (media_type.to_vec(), locator.to_vec());
					contributions
						.insert(contribution, (datanet, sequence, contributor, content, texts, deposit));
				}
				Event::ContributionWithdrawn { contribution, .. } => {
					drop(contributions.remove(&contribution))
				}
				Event::__Ignore(..) => unreachable!("it cannot be constructed"),
			}
		}

		let stored = crate::Datanets::<Test>::iter()
			.map(|(id, d)| (id, (d.owner, d.name.to_vec(), d.licence.to_vec(), d.deposit)));
		assert_eq!(datanets, stored.collect());
		let stored = crate::Contributions::<Test>::iter().map(|(id, c)| {
			let texts = (c.media_type.to_vec(), c.locator.to_vec());
			(id, (c.datanet, c.sequence, c.contributor, c.content, texts, c.deposit))
		});
		assert_eq!(contributions, stored.collect());
		assert_eq!((datanets.len(), contributions.len()), (1, 1));
	});
}
