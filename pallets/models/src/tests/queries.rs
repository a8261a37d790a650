//! Queries and their pages.

use super::*;
use crate::queries::ModelPageOf;
use sp_core::Blake2Hasher;
use sp_trie::recorder::Recorder;

#[test]
fn a_model_is_found_by_id_root_and_developer() {
	run(|| {
		Versions::publish(4, 2, VersionKind::Curated);
		let mut registration = asking("weights", &[], 5, 10);
		registration.spec.manifest = listed([entry(4, 2, percent(100))]);
		let root = registration.spec.artifact.root;
		let id = put(ALICE, registration.clone());
		let info = Models::model(id).expect("it is registered");
		assert_eq!((info.id, info.developer, info.status), (id, ALICE, ModelStatus::Active));
		assert_eq!((info.kind, info.artifact), (ModelKind::Base, registration.spec.artifact));
		assert_eq!(info.manifest, vec![entry(4, 2, percent(100))]);
		assert_eq!((info.policy, info.asks, info.children), (policy(), asks(5, 10), 0));
		assert_eq!(info.artifact_locator, b"https://example.org/a");
		assert_eq!(info.deposit, held(HoldReason::Model, ALICE));
		assert_eq!(Models::model_by_root(root), Some(info.clone()));
		assert_eq!(Models::models_of(&ALICE, None, 10).items, vec![info]);
		assert_eq!(Models::model(ModelId(1)), None);
		assert_eq!(Models::model_by_root([0; 32]), None);
		assert!(Models::models_of(&BOB, None, 10).items.is_empty());
	});
}

/// Follows the cursors to the end.
fn follow(limit: u32, page_at: impl Fn(Option<Sequence>) -> ModelPageOf<Test>) -> (Vec<u64>, usize) {
	let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
	loop {
		let page = page_at(cursor);
		assert!(page.items.len() <= limit.clamp(1, 256) as usize);
		seen.extend(page.items.iter().map(|info| info.id.0));
		pages += 1;
		cursor = page.next;
		if cursor.is_none() {
			return (seen, pages);
		}
	}
}

#[test]
fn a_thousand_adapters_of_one_base_are_registered_cheaply_and_listed_by_pages() {
	run(|| {
		let base = put(ALICE, asking("base", &[], 5, 10));
		Versions::publish(0, 1, VersionKind::Curated);
		let mut tuned = asking("tuned on version 1", &[base.0], 3, 10);
		tuned.spec.manifest = listed([entry(0, 1, percent(100))]);
		let tuned = put(ALICE, tuned);
		let record_before = record(tuned.0);
		for batch in 0..20 {
			let adapter = |index| {
				let mut adapter = model(&format!("adapter {batch} {index}"), ModelKind::Adapter, &[tuned.0]);
				adapter.spec.asks = asks(0, 10);
				adapter
			};
			let adapters: Vec<_> = (0..50).map(adapter).collect();
			assert_ok!(register_all(BOB, &adapters));
		}
		let expected: Vec<u64> = (2..1_002).collect();
		let (seen, pages) = follow(256, |cursor| Models::children(tuned, cursor, u32::MAX));
		assert_eq!((seen, pages), (expected.clone(), 4));
		let (seen, _) = follow(7, |cursor| Models::models_of(&BOB, cursor, 7));
		assert_eq!(seen, expected);
		// The parent's record is not touched by any of them, and its own parent has one child only.
		assert_eq!(record(tuned.0), record_before);
		assert_eq!(Models::model(tuned).expect("it is registered").children, 1_000);
		assert_eq!(Models::children(base, None, 10).items.len(), 1);
		let last = Models::lineage(ModelId(1_001)).expect("it is registered");
		assert_eq!(last.royalties, percent(8));
	});
}

/// Counts what a registration writes, by what of the state differs.
fn writes(registration: Registration<Test>) -> usize {
	let keys = || {
		let mut all = std::collections::BTreeMap::new();
		let mut key = Vec::new();
		while let Some(next) = sp_io::storage::next_key(&key) {
			all.insert(next.clone(), sp_io::storage::get(&next));
			key = next;
		}
		all
	};
	assert_ok!(commit(BOB, std::slice::from_ref(&registration)));
	pass(AGE_MS);
	System::reset_events();
	let before = keys();
	assert_ok!(reveal(BOB, &[registration]));
	System::reset_events();
	let after = keys();
	let changed = after.iter().filter(|(key, value)| before.get(*key) != Some(*value)).count();
	changed + before.keys().filter(|key| !after.contains_key(*key)).count()
}

#[test]
fn the_thousandth_adapter_writes_as_much_as_the_second() {
	run(|| {
		let base = put(ALICE, asking("base", &[], 5, 10)).0;
		let adapter = |name: &str| {
			let mut adapter = model(name, ModelKind::Adapter, &[base]);
			adapter.spec.asks = asks(0, 10);
			adapter
		};
		put(BOB, adapter("first"));
		let second = writes(adapter("second"));
		for batch in 0..10 {
			let adapters: Vec<_> = (0..64).map(|index| adapter(&format!("{batch} {index}"))).collect();
			assert_ok!(register_all(BOB, &adapters));
		}
		assert_eq!(writes(adapter("late")), second);
		// Two further parents cost an entry and a counter each.
		let others = [put(ALICE, asking("other", &[], 0, 0)).0, put(ALICE, asking("third", &[], 0, 0)).0];
		for (index, other) in others.iter().enumerate() {
			put(BOB, asking(&format!("child {index}"), &[*other], 0, 0));
		}
		let merge = asking("of three", &[base, others[0], others[1]], 0, 10);
		assert_eq!(writes(merge), second + 4);
	});
}

/// How many keys a call reads and writes, from a state where nothing is in memory.
fn accesses(ext: &mut sp_io::TestExternalities, call: impl FnOnce()) -> (usize, usize) {
	ext.commit_all().expect("what is in memory can be stored");
	let recorder = Recorder::<Blake2Hasher>::default();
	ext.execute_with_recorder(recorder.clone(), call);
	let reads = recorder.recorded_keys().values().map(|keys| keys.len()).sum();
	let writes = ext.overlayed_changes().changes().count();
	ext.commit_all().expect("what is in memory can be stored");
	(reads, writes)
}

/// What it takes to register one more adapter of a base that has so many, and to list 20 of them, the first and the last.
fn costs_beside(adapters: u64) -> [(usize, usize); 3] {
	const BASE: ModelId = ModelId(0);
	let adapter = |name: String| {
		let mut adapter = model(&name, ModelKind::Adapter, &[BASE.0]);
		adapter.spec.asks = asks(0, 10);
		adapter
	};
	let late = [adapter("late".into())];
	let mut ext = new_test_ext();
	ext.execute_with(|| {
		assert_eq!(put(ALICE, asking("base", &[], 5, 10)), BASE);
		let all: Vec<_> = (0..adapters).map(|index| adapter(index.to_string())).collect();
		for batch in all.chunks(64) {
			assert_ok!(register_all(BOB, batch));
		}
		assert_ok!(commit(BOB, &late));
		pass(AGE_MS);
		System::reset_events();
	});
	let registered = accesses(&mut ext, || {
		assert_ok!(reveal(BOB, &late));
	});
	let mut page_from = |from: u64| {
		accesses(&mut ext, || {
			let page = Models::children(BASE, Some(Sequence(from)), 20);
			let expected: Vec<u64> = (from + 1..=from + 20).collect();
			assert_eq!(page.items.iter().map(|info| info.id.0).collect::<Vec<_>>(), expected);
		})
	};
	[registered, page_from(0), page_from(adapters - 20)]
}

#[test]
fn beside_thousands_of_adapters_one_more_and_a_page_of_them_cost_what_they_do_beside_a_few() {
	let few = costs_beside(40);
	assert_eq!(few[1], few[2], "the last page costs what the first does");
	assert_eq!(costs_beside(2_048), few);
}

#[test]
fn pages_neither_skip_nor_repeat_while_more_come() {
	run(|| {
		let base = put(ALICE, base("base"));
		let child = |index: u64| {
			put(ALICE, asking(&format!("child {index}"), &[base.0], 0, 0));
		};
		(0..25).for_each(child);
		let expected: Vec<u64> = (1..=25).collect();
		for limit in [1, 2, 5, 24, 25, 26, u32::MAX] {
			let (seen, _) = follow(limit, |cursor| Models::children(base, cursor, limit));
			assert_eq!(seen, expected);
		}
		assert_eq!(Models::children(base, None, 0).items.len(), 1);
		let first = Models::children(base, None, 20);
		(25..30).for_each(child);
		let (rest, _) = follow(20, |cursor| Models::children(base, cursor.or(first.next), 20));
		let all: Vec<u64> = first.items.iter().map(|info| info.id.0).chain(rest).collect();
		assert_eq!(all, (1..=30).collect::<Vec<_>>());
		// A cursor behind the end finds nothing, and does not go on.
		let behind = Models::children(base, Some(Sequence(u64::MAX)), 5);
		assert_eq!((behind.items.len(), behind.next), (0, None));
		assert!(Models::children(ModelId(77), None, 5).items.is_empty());
		let (seen, pages) = follow(7, |cursor| Models::models(cursor, 7));
		assert_eq!((seen, pages), ((0..=30).collect(), 5));
	});
}
