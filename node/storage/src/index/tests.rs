//! The index against a model: a sorted map of what was put in.

use super::*;
use crate::{Genesis, Header, Options, StateHasher};
use proptest::prelude::*;
use std::{
	collections::{BTreeMap, BTreeSet},
	path::Path,
};

/// Subject to places.
type Model = BTreeMap<Vec<u8>, BTreeSet<Place>>;
/// For each block the subjects of its events.
type Blocks = Vec<Vec<BTreeSet<u8>>>;

const BOTH: [Order; 2] = [Order::NewestFirst, Order::OldestFirst];

fn open(path: &Path) -> Database {
	let state_root = sp_trie::empty_trie_root::<sp_trie::LayoutV1<StateHasher>>();
	let header = Header {
		number: 0,
		parent_hash: Default::default(),
		state_root,
		extrinsics_root: Default::default(),
		digest: Default::default(),
	};
	let options = Options { sync: false, ..Options::default() };
	Database::open(path, options, Genesis { header, storage: Default::default() }).expect("a fresh directory")
}

/// Keys of different lengths, none of which begins another.
fn key(subject: u8) -> Vec<u8> {
	let mut key = vec![subject + 1];
	key.resize(1 + usize::from(subject) * 3, 0xff);
	key
}

fn event(place: Place) -> IndexedEvent {
	IndexedEvent {
		extrinsic: place
			.position
			.is_multiple_of(2)
			.then(|| (place.position / 2, Hash::repeat_byte(place.number as u8))),
		spec_version: 7,
		event: place.key().to_vec(),
	}
}

fn put(db: &Database, model: &mut Model, number: u32, events: &[BTreeSet<u8>]) {
	let mut entries = Vec::new();
	for (position, subjects) in events.iter().enumerate() {
		let place = Place { number, position: 3 * position as u32 };
		let subjects: Vec<_> = subjects.iter().map(|subject| key(*subject)).collect();
		for subject in &subjects {
			model.entry(subject.clone()).or_default().insert(place);
		}
		let adds = subjects.iter().map(|subject| (subject.clone(), 1)).collect();
		entries.push(NewEntry { position: place.position, event: event(place), subjects, adds });
	}
	db.put_index(number, &entries).expect("the disk is well");
}

fn events() -> impl Strategy<Value = Vec<BTreeSet<u8>>> {
	prop::collection::vec(prop::collection::btree_set(0u8..4, 1..4), 0..6)
}

fn blocks(count: std::ops::Range<usize>) -> impl Strategy<Value = Blocks> {
	prop::collection::vec(events(), count)
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

	#[test]
	fn pages_tell_each_event_once_in_order_while_blocks_arrive_between_them(
		before in blocks(0..12), between in blocks(12..30), limit in 1usize..5, subject in 0u8..4,
	) {
		for order in BOTH {
			let dir = tempfile::tempdir().unwrap();
			let (db, mut model) = (open(dir.path()), Model::new());
			for (number, events) in before.iter().enumerate() {
				put(&db, &mut model, number as u32, events);
			}
			let there = model.get(&key(subject)).cloned().unwrap_or_default();
			let mut arriving = (before.len() as u32..).zip(&between);
			let (mut told, mut after) = (Vec::new(), None);
			loop {
				let page = db.history(&key(subject), order, after, limit).unwrap();
				prop_assert!(page.events.len() <= limit);
				prop_assert!(page.is_last || page.events.len() == limit, "a page that is not the last is full");
				for (place, found) in &page.events {
					prop_assert_eq!(found, &event(*place));
					told.push(*place);
				}
				after = told.last().copied();
				if page.is_last {
					break;
				}
				if let Some((number, events)) = arriving.next() {
					put(&db, &mut model, number, events);
				}
			}
			let mut sorted = told.clone();
			sorted.sort_unstable();
			sorted.dedup();
			prop_assert_eq!(sorted.len(), told.len(), "none is told twice");
			match order {
				Order::NewestFirst => {
					sorted.reverse();
					prop_assert_eq!(&told, &there.into_iter().rev().collect::<Vec<_>>());
				}
				// What arrived before the last page was read is behind what was there.
				Order::OldestFirst => {
					let all = model.get(&key(subject)).cloned().unwrap_or_default();
					prop_assert_eq!(&told, &all.into_iter().take(told.len()).collect::<Vec<_>>());
					prop_assert!(told.len() >= there.len());
				}
			}
			prop_assert_eq!(sorted, told);
		}
	}

	#[test]
	fn an_index_made_anew_or_opened_again_is_the_same(blocks in blocks(1..20)) {
		let dir = tempfile::tempdir().unwrap();
		let (db, mut model) = (open(dir.path()), Model::new());
		let fill = |db: &Database, model: &mut Model| {
			for (number, events) in blocks.iter().enumerate() {
				put(db, model, number as u32, events);
			}
		};
		let all = |db: &Database| -> Vec<_> {
			(0..4).map(|subject| db.history(&key(subject), Order::OldestFirst, None, PAGE_MAX).unwrap()).collect()
		};
		let sums = |db: &Database| db.sums(&(0..4).map(key).collect::<Vec<_>>()).unwrap();
		fill(&db, &mut model);
		let (first, added) = (all(&db), sums(&db));
		let counted = |subject| model.get(&key(subject)).map_or(0, |places| places.len() as u128);
		prop_assert_eq!(&added.amounts, &(0..4).map(counted).collect::<Vec<_>>(), "each event added one");
		prop_assert_eq!(added.mark, first[0].mark);
		fill(&db, &mut model);
		prop_assert_eq!(&all(&db), &first, "blocks that are there already change nothing");
		prop_assert_eq!(&sums(&db), &added, "and add nothing");
		drop(db);
		let db = open(dir.path());
		prop_assert_eq!((&all(&db), &sums(&db)), (&first, &added));
		db.clear_index().unwrap();
		prop_assert!(all(&db).iter().all(|page| page.events.is_empty() && page.mark.is_none()));
		prop_assert_eq!(sums(&db), Sums { amounts: vec![0; 4], mark: None });
		fill(&db, &mut model);
		prop_assert_eq!((&all(&db), &sums(&db)), (&first, &added));
	}

	#[test]
	fn events_about_any_of_several_subjects_are_told_once_each_in_order(
		blocks in blocks(1..20), limit in 1usize..5, subjects in prop::collection::btree_set(0u8..4, 0..4),
	) {
		let dir = tempfile::tempdir().unwrap();
		let (db, mut model) = (open(dir.path()), Model::new());
		for (number, events) in blocks.iter().enumerate() {
			put(&db, &mut model, number as u32, events);
		}
		let keys: Vec<_> = subjects.into_iter().map(key).collect();
		let asked: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
		let there: BTreeSet<Place> = keys.iter().filter_map(|key| model.get(key)).flatten().copied().collect();
		for order in BOTH {
			let mut told: Vec<Place> = Vec::new();
			loop {
				let page = db.history_of_any(&asked, order, told.last().copied(), limit).unwrap();
				prop_assert!(page.events.len() <= limit);
				prop_assert!(page.is_last || page.events.len() == limit, "a page that is not the last is full");
				told.extend(page.events.iter().map(|(place, _)| *place));
				if page.is_last {
					break;
				}
			}
			if order == Order::NewestFirst {
				told.reverse();
			}
			prop_assert_eq!(told, there.iter().copied().collect::<Vec<_>>());
		}
	}
}

#[test]
fn a_gap_begins_a_new_stretch_and_what_is_older_stays() {
	let dir = tempfile::tempdir().unwrap();
	let (db, mut model) = (open(dir.path()), Model::new());
	let about = [BTreeSet::from([1])];
	assert_eq!(db.index_mark().unwrap(), None);
	let mark = |complete_from, indexed_to| Some(IndexMark { complete_from, indexed_to });
	for number in [5, 6] {
		put(&db, &mut model, number, &about);
	}
	assert_eq!(db.index_mark().unwrap(), mark(5, 6));
	for number in [9, 10] {
		put(&db, &mut model, number, &about);
	}
	assert_eq!(db.index_mark().unwrap(), mark(9, 10));
	db.skip_index(11).unwrap();
	assert_eq!(db.index_mark().unwrap(), mark(12, 11));
	put(&db, &mut model, 12, &about);
	let page = db.history(&key(1), Order::NewestFirst, None, PAGE_MAX).unwrap();
	assert_eq!(page.mark, mark(12, 12));
	let numbers: Vec<_> = page.events.iter().map(|(place, _)| place.number).collect();
	assert_eq!(numbers, [12, 10, 9, 6, 5]);
}

#[test]
fn a_sum_is_of_the_blocks_of_one_stretch_and_begins_anew_behind_a_gap() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	let put = |number: u32, adds: &[(u8, u128)]| {
		let adds = adds.iter().map(|(subject, amount)| (key(*subject), *amount)).collect();
		let event = event(Place { number, position: 0 });
		db.put_index(number, &[NewEntry { position: 0, event, subjects: vec![key(3)], adds }]).unwrap();
	};
	let sums = || {
		let Sums { amounts, mark } = db.sums(&[key(0), key(1)]).unwrap();
		(amounts, mark.map(|mark| (mark.complete_from, mark.indexed_to)))
	};
	assert_eq!(sums(), (vec![0, 0], None));
	put(5, &[(0, 2), (1, 3), (0, 4)]);
	put(6, &[]);
	put(7, &[(1, u128::MAX)]);
	assert_eq!(sums(), (vec![6, u128::MAX], Some((5, 7))), "a sum that is too large stays the largest");
	put(9, &[(0, 1)]);
	assert_eq!(sums(), (vec![1, 0], Some((9, 9))), "without block 8 they are no sums");
	db.skip_index(10).unwrap();
	put(11, &[(1, 1)]);
	assert_eq!(sums(), (vec![0, 1], Some((11, 11))));
	assert_eq!(db.history(&key(3), Order::OldestFirst, None, PAGE_MAX).unwrap().events.len(), 5);
}

#[test]
fn an_index_of_a_release_without_sums_has_them_from_the_next_block_on() {
	let dir = tempfile::tempdir().unwrap();
	let (db, mut model) = (open(dir.path()), Model::new());
	let about = [BTreeSet::from([1])];
	put(&db, &mut model, 1, &about);
	let meta = cf(db.raw(), META);
	db.raw().delete_cf(meta, META_SUMS).unwrap();
	put(&db, &mut model, 2, &about);
	let mark = |complete_from| Some(IndexMark { complete_from, indexed_to: 2 });
	assert_eq!(db.sums(&[key(1)]).unwrap(), Sums { amounts: vec![1], mark: mark(2) });
	assert_eq!(db.index_mark().unwrap(), mark(1));
}

#[test]
fn an_entry_without_its_event_is_told_with_the_way_out() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	put(&db, &mut Model::new(), 1, &[BTreeSet::from([2])]);
	let place = Place { number: 1, position: 0 };
	db.raw().delete_cf(cf(db.raw(), INDEX), record_key(&place.key())).unwrap();
	let error = db.history(&key(2), Order::NewestFirst, None, 1).expect_err("the event is gone");
	assert!(error.to_string().contains("plexus index rebuild"), "{error}");
}

#[test]
fn a_page_is_bounded_whatever_is_asked_for() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path());
	let many = vec![BTreeSet::from([0]); PAGE_MAX + 1];
	put(&db, &mut Model::new(), 1, &many);
	for (asked, told) in [(0, 1), (1, 1), (PAGE_MAX, PAGE_MAX), (usize::MAX, PAGE_MAX)] {
		let page = db.history(&key(0), Order::OldestFirst, None, asked).unwrap();
		assert_eq!((page.events.len(), page.is_last), (told, false), "{asked}");
	}
	let end = Place { number: u32::MAX, position: u32::MAX };
	for order in BOTH {
		let page = db.history(&key(0), order, Some(end), 1).unwrap();
		assert_eq!(page.is_last, order == Order::OldestFirst, "{order:?}");
	}
}

#[test]
fn a_database_of_the_version_before_the_index_gets_one_when_it_is_opened() {
	let dir = tempfile::tempdir().unwrap();
	drop(open(dir.path()));
	let mut old = rocksdb::DB::open_cf(&rocksdb::Options::default(), dir.path(), COLUMNS).unwrap();
	old.put_cf(cf(&old, META), META_SCHEMA, SCHEMA_WITHOUT_INDEX.to_le_bytes()).unwrap();
	old.drop_cf(INDEX).unwrap();
	drop(old);
	let db = open(dir.path());
	put(&db, &mut Model::new(), 1, &[BTreeSet::from([2])]);
	assert_eq!(db.history(&key(2), Order::OldestFirst, None, 1).unwrap().events.len(), 1);
	drop(db);
	let again = open(dir.path());
	assert!(again.index_mark().unwrap().is_some());
}
