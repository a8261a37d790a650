//! The database against a model: a map per height.

use crate::{
	range::NODES_MAX,
	schema::{JOURNAL, META, META_SCHEMA, NODES, SCHEMA_VERSION},
	snapshot::cf,
	*,
};
use proptest::prelude::*;
use rocksdb::IteratorMode;
use sp_state_machine::Backend;
use sp_storage::StateVersion;
use std::{
	collections::{BTreeMap, BTreeSet},
	path::Path,
};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;
type Delta = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

fn genesis(values: &Model) -> Genesis {
	let storage = sp_storage::Storage { top: values.clone(), ..Default::default() };
	let state_root = root_of(values).0;
	Genesis { header: header(0, Hash::zero(), state_root), storage }
}

/// The root, and the keys of the nodes under it.
fn root_of(values: &Model) -> (Hash, BTreeSet<Vec<u8>>) {
	let empty = sp_state_machine::InMemoryBackend::<StateHasher>::default();
	let (root, mut nodes) =
		empty.storage_root(values.iter().map(|(k, v)| (&k[..], Some(&v[..]))), StateVersion::V1);
	let keys = nodes.drain().into_iter().filter(|(_, (_, count))| *count > 0).map(|(key, _)| key).collect();
	(root, keys)
}

fn header(number: u32, parent_hash: Hash, state_root: Hash) -> Header {
	Header { number, parent_hash, state_root, extrinsics_root: Hash::zero(), digest: Default::default() }
}

fn options(keep: u32) -> Options {
	Options {
		state_pruning: if keep == 0 { StatePruning::Archive } else { StatePruning::Keep(keep) },
		value_cache_bytes: 4096,
		trie_cache_bytes: 1 << 16,
		block_cache_bytes: 1 << 20,
		sync: false,
	}
}

fn next(db: &Database, delta: &Delta) -> BlockCommit {
	let tip = db.tip();
	let backend = tip.state.backend();
	let (root, nodes) =
		backend.storage_root(delta.iter().map(|(k, v)| (&k[..], v.as_deref())), StateVersion::V1);
	assert!(backend.take_failure().is_none());
	let block =
		Block { header: header(tip.number + 1, tip.hash, root), body: vec![vec![tip.number as u8; 3]] };
	let main = delta.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
	BlockCommit {
		hash: block.hash(),
		block,
		certificate: vec![9],
		changes: StateChanges { main, nodes, root },
	}
}

fn open(path: &Path, keep: u32, values: &Model) -> Database {
	Database::open(path, options(keep), genesis(values)).expect("a database in a fresh directory opens")
}

fn column_keys(db: &Database, column: &'static str) -> Vec<Vec<u8>> {
	let pairs = db.raw().iterator_cf(cf(db.raw(), column), IteratorMode::Start);
	pairs.map(|pair| pair.unwrap().0.into_vec()).collect()
}

fn assert_state_is(state: &State, model: &Model) {
	let pairs = state.pairs(&[], None, usize::MAX).unwrap();
	assert_eq!(pairs, model.iter().map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>());
	for (key, value) in model {
		assert_eq!(state.get(key).unwrap().as_ref(), Some(value));
	}
	assert_eq!(state.get(b"absent").unwrap(), None);
	assert_eq!(state.root(), root_of(model).0);
}

fn keys() -> impl Strategy<Value = Vec<u8>> {
	// Few and near keys, so that nodes split, merge and come back. None begins another, as in FRAME's storage:
	// trie-db 0.32 panics when such keys are removed.
	prop::collection::vec(0u8..3, 4)
}

fn deltas() -> impl Strategy<Value = Vec<(Delta, bool)>> {
	let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..80));
	let delta = prop::collection::btree_map(keys(), value, 0..8);
	prop::collection::vec((delta, prop::bool::weighted(0.1)), 1..24)
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

	#[test]
	fn every_kept_state_reads_as_the_model_says_and_pruning_leaves_no_node_behind(
		keep in prop::sample::select(vec![0u32, 2, 3, 4]), blocks in deltas()
	) {
		let dir = tempfile::tempdir().unwrap();
		let start = Model::from([(b"start".to_vec(), vec![1; 40])]);
		let mut history = vec![start.clone()];
		let mut db = open(dir.path(), keep, &start);
		for (delta, reopen) in &blocks {
			let mut model = history.last().unwrap().clone();
			for (key, value) in delta {
				match value {
					Some(value) => model.insert(key.clone(), value.clone()),
					None => model.remove(key),
				};
			}
			let before = db.tip();
			db.commit(next(&db, delta)).unwrap();
			// A view taken earlier does not move.
			assert_state_is(&before.state, history.last().unwrap());
			history.push(model);
			if *reopen {
				drop(before);
				drop(db);
				db = open(dir.path(), keep, &start);
			}
			assert_state_is(&db.tip().state, history.last().unwrap());
		}
		let tip = db.tip().number;
		for (number, model) in history.iter().enumerate() {
			let hash = db.hash(number as u32).unwrap().unwrap();
			match db.state_at(&hash) {
				Ok(state) => assert_state_is(&state, model),
				Err(StateError::Pruned { oldest, .. }) => {
					prop_assert!(keep > 0 && oldest == tip + 1 - keep && (number as u32) < oldest);
				}
				Err(other) => prop_assert!(false, "{other}"),
			}
		}
		if keep > 0 {
			let kept = history.iter().rev().take(keep as usize);
			let nodes: BTreeSet<_> = kept.flat_map(|model| root_of(model).1).collect();
			let stored: BTreeSet<_> = column_keys(&db, NODES).into_iter().collect();
			prop_assert_eq!(stored, nodes);
			prop_assert!(column_keys(&db, JOURNAL).len() < keep as usize);
		}
	}
}

#[test]
fn a_proof_of_a_value_checks_under_the_root() {
	let dir = tempfile::tempdir().unwrap();
	let values: Model = (0u8..50).map(|i| (vec![i, i / 2], vec![i; 40])).collect();
	let db = open(dir.path(), 2, &values);
	let state = &db.tip().state;
	let nodes = state.prove(&[vec![7, 3], vec![99]]).unwrap();
	let proof = sp_trie::StorageProof::new(nodes);
	let read =
		sp_state_machine::read_proof_check::<StateHasher, _>(state.root(), proof, [&[7u8, 3][..], &[99][..]])
			.unwrap();
	assert_eq!(read[&vec![7, 3]], Some(vec![7; 40]));
	assert_eq!(read[&vec![99]], None);
}

#[test]
fn blocks_are_found_by_height_and_hash_and_undecided_ones_go_when_decided() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path(), 2, &Model::new());
	let commit = next(&db, &Delta::from([(vec![1], Some(vec![2]))]));
	let (hash, block) = (commit.hash, commit.block.clone());
	db.put_undecided(1, &hash, b"body", true).unwrap();
	db.put_undecided(1, &Hash::repeat_byte(7), b"other", false).unwrap();
	db.put_undecided(2, &Hash::repeat_byte(8), b"later", true).unwrap();
	assert_eq!(db.undecided(1).unwrap().len(), 2);
	db.commit(commit).unwrap();
	assert_eq!(db.undecided(1).unwrap(), vec![]);
	assert_eq!(db.undecided(2).unwrap(), vec![(Hash::repeat_byte(8), b"later".to_vec())]);
	assert_eq!(db.block(1).unwrap(), Some(block.clone()));
	assert_eq!(db.body(&hash).unwrap(), Some(block.body));
	assert_eq!((db.number(&hash).unwrap(), db.hash(1).unwrap()), (Some(1), Some(hash)));
	assert_eq!(db.certificate(1).unwrap(), Some(vec![9]));
	assert_eq!(db.hash(2).unwrap(), None);
}

#[test]
fn a_block_out_of_order_is_refused_and_changes_nothing() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path(), 2, &Model::new());
	let mut commit = next(&db, &Delta::from([(vec![1], Some(vec![2]))]));
	commit.block.header.number = 5;
	assert!(matches!(db.commit(commit), Err(StorageError::NotNext { number: 5, tip: 0 })));
	assert_eq!(db.tip().number, 0);
	assert_eq!(db.tip().state.get(&[1]).unwrap(), None);
}

#[test]
fn a_database_of_a_schema_that_this_program_does_not_write_is_refused_and_left_as_it_is() {
	let dir = tempfile::tempdir().unwrap();
	let genesis_hash = genesis(&Model::new()).header.hash();
	for other in [1, SCHEMA_VERSION + 1, u32::MAX] {
		let db = open(dir.path(), 2, &Model::new());
		db.raw().put_cf(cf(db.raw(), META), META_SCHEMA, other.to_le_bytes()).unwrap();
		drop(db);
		let refused = Database::open(dir.path(), options(2), genesis(&Model::new())).err().unwrap();
		assert!(
			matches!(refused, OpenError::Schema { found, expected: SCHEMA_VERSION, .. } if found == other),
			"{refused}"
		);
		assert!(refused.to_string().contains("; use the release that wrote it"), "{refused}");
		let refused = Database::open_read_only(dir.path(), options(2), genesis_hash).err().unwrap();
		assert!(matches!(refused, OpenError::Schema { found, .. } if found == other), "{refused}");
		// The right version back, it opens: nothing else was touched.
		let raw = crate::db::open_rocksdb(dir.path(), &options(2)).unwrap();
		assert_eq!(raw.get_cf(cf(&raw, META), META_SCHEMA).unwrap().unwrap(), other.to_le_bytes());
		raw.put_cf(cf(&raw, META), META_SCHEMA, SCHEMA_VERSION.to_le_bytes()).unwrap();
		drop(raw);
	}
	assert_eq!(open(dir.path(), 2, &Model::new()).tip().number, 0);
}

#[test]
fn another_genesis_a_second_process_and_a_wrong_root_are_named() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path(), 2, &Model::new());
	let again = Database::open(dir.path(), options(2), genesis(&Model::new()));
	assert!(matches!(again, Err(OpenError::Locked { .. })), "{:?}", again.err());
	drop(db);
	let other = Model::from([(vec![1], vec![1])]);
	let wrong = Database::open(dir.path(), options(2), genesis(&other));
	assert!(matches!(wrong, Err(OpenError::WrongGenesis { .. })), "{:?}", wrong.err());
	let mut bad = genesis(&other);
	bad.header.state_root = Hash::zero();
	let fresh = tempfile::tempdir().unwrap();
	assert!(matches!(Database::open(fresh.path(), options(2), bad), Err(OpenError::GenesisRoot { .. })));
}

#[test]
fn sets_are_found_by_the_last_change_and_listed_between_heights() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path(), 2, &Model::new());
	assert_eq!(db.last_set(7).unwrap(), None);
	for number in [0, 3, 300, u32::MAX] {
		db.put_set(number, &number.to_le_bytes()).unwrap();
	}
	let record = |number: u32| (number, number.to_le_bytes().to_vec());
	for (height, found) in [(0, 0), (2, 0), (3, 3), (299, 3), (300, 300), (u32::MAX, u32::MAX)] {
		assert_eq!(db.last_set(height).unwrap(), Some(record(found)), "at {height}");
	}
	assert_eq!(db.sets_between(0, 300, 9).unwrap(), vec![record(3)]);
	assert_eq!(db.sets_between(0, 301, 9).unwrap(), vec![record(3), record(300)]);
	assert_eq!(db.sets_between(0, 301, 1).unwrap(), vec![record(3)]);
	assert_eq!(db.sets_between(300, 300, 9).unwrap(), vec![]);
	assert_eq!(db.sets_between(u32::MAX, u32::MAX, 9).unwrap(), vec![]);
}

#[test]
fn a_copy_holds_the_tip_and_what_is_committed_later_stays_out_of_it() {
	let dir = tempfile::tempdir().unwrap();
	let start = Model::from([(b"start".to_vec(), vec![1; 40])]);
	let db = open(&dir.path().join("db"), 2, &start);
	db.commit(next(&db, &Delta::from([(vec![1], Some(vec![2]))]))).unwrap();
	let (copied, hash) = (dir.path().join("copy"), db.tip().hash);
	db.copy_to(&copied).unwrap();
	assert!(db.copy_to(&copied).is_err(), "a copy overwrites nothing");
	db.commit(next(&db, &Delta::from([(vec![1], Some(vec![3]))]))).unwrap();
	let copy = open(&copied, 2, &start);
	assert_eq!((copy.tip().number, copy.tip().hash), (1, hash));
	assert_eq!(copy.tip().state.get(&[1]).unwrap(), Some(vec![2]));
	copy.commit(next(&copy, &Delta::from([(vec![1], Some(vec![9]))]))).unwrap();
	assert_eq!(db.tip().state.get(&[1]).unwrap(), Some(vec![3]), "the original is another database");
}

/// A value for each of many keys under one prefix, and single ones; some values are the same, some long.
fn many() -> Model {
	let key = |i: u32| [&b"map"[..], &blake3::hash(&i.to_le_bytes()).as_bytes()[..8]].concat();
	let map = (0..400u32).map(|i| (key(i), vec![(i % 7) as u8; 20 + (i % 50) as usize]));
	map.chain([(vec![0], vec![2; 3_000]), (b"a".to_vec(), vec![1]), (vec![0xff; 4], vec![])]).collect()
}

/// The whole state in pieces of about so many bytes.
fn pieces(state: &State, bytes_max: usize) -> Vec<Range> {
	let (mut start, mut pieces) = (Vec::new(), Vec::new());
	loop {
		let proof = state.prove_range(&start, None, bytes_max).unwrap();
		let piece = verify_range(state.root(), &start, &proof).unwrap();
		if let Some((last, _)) = piece.pairs.last() {
			start = [last, &[0][..]].concat();
		}
		let is_last = piece.is_last;
		pieces.push(piece);
		if is_last {
			return pieces;
		}
	}
}

#[test]
fn pieces_of_a_state_are_proved_and_together_they_are_all_of_it() {
	let dir = tempfile::tempdir().unwrap();
	let values = many();
	let db = open(dir.path(), 3, &values);
	let expected: Vec<Pair> = values.clone().into_iter().collect();
	for bytes_max in [0, 700, 5_000, 1 << 20] {
		let pieces = pieces(&db.tip().state, bytes_max);
		let all: Vec<Pair> = pieces.iter().flat_map(|piece| piece.pairs.clone()).collect();
		assert_eq!(all, expected, "{bytes_max} bytes");
		assert_eq!(pieces.len() == 1, bytes_max == 1 << 20);
	}
	// An end is respected but for one key beyond, which proves that nothing is before it.
	let end = b"map".to_vec();
	let proof = db.tip().state.prove_range(&[], Some(&end), 1 << 20).unwrap();
	let found = verify_range(db.tip().state.root(), &[], &proof).unwrap();
	assert_eq!(found.pairs.iter().filter(|(key, _)| *key < end).count(), 2);
	assert_eq!((found.pairs.len(), found.is_last), (3, false));
	// An older state is served as well, and is another one.
	let old = db.tip();
	db.commit(next(&db, &Delta::from([(b"mao".to_vec(), Some(vec![1])), (vec![0], None)]))).unwrap();
	let again = db.state_at(&old.hash).unwrap();
	assert_eq!(pieces(&again, 5_000), pieces(&old.state, 5_000));
	assert_ne!(pieces(&db.tip().state, 5_000), pieces(&old.state, 5_000));
}

#[test]
fn whatever_is_changed_in_a_proof_proves_nothing_else() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path(), 2, &many());
	let state = &db.tip().state;
	let start = b"map\x80".to_vec();
	let proof = state.prove_range(&start, None, 2_000).unwrap();
	let proved = verify_range(state.root(), &start, &proof).unwrap();
	assert!(proved.pairs.len() > 1 && !proved.is_last);
	let mut refused = 0;
	for place in 0..proof.len() {
		for flip in [1, 0x40] {
			let mut changed = proof.clone();
			changed[place] ^= flip;
			match verify_range(state.root(), &start, &changed) {
				// Bits that the encoding does not look at change nothing.
				Ok(found) => assert_eq!(found, proved, "{place}"),
				Err(_) => refused += 1,
			}
		}
	}
	assert!(refused > proof.len(), "{refused} of {}", 2 * proof.len());
	for length in 0..proof.len() {
		assert!(verify_range(state.root(), &start, &proof[..length]).is_err(), "cut to {length}");
	}
	assert!(verify_range(Hash::repeat_byte(1), &start, &proof).is_err(), "another root");
	assert_eq!(verify_range(state.root(), &start, &[0xff; 9]), Err(RangeError::Malformed));
	assert_eq!(verify_range(state.root(), &start, &[0; NODES_MAX + 1]), Err(RangeError::Malformed));
	// From elsewhere it may prove less, never something else.
	let all = many();
	for start in [&b""[..], b"map", b"map\xff", b"\xff\xff"] {
		if let Ok(found) = verify_range(state.root(), start, &proof) {
			let truth = all.range(start.to_vec()..).map(|(k, v)| (k.clone(), v.clone()));
			assert_eq!(found.pairs, truth.take(found.pairs.len()).collect::<Vec<_>>());
		}
	}
}

/// What a database that begins with this tip's state is made of.
fn beginning(db: &Database, values: &Model) -> Beginning {
	let tip = db.tip();
	Beginning {
		genesis: genesis(values).header,
		genesis_set: vec![7],
		milestones: Vec::new(),
		parent: db.header_at(tip.number - 1).unwrap().unwrap(),
		block: db.block(tip.number).unwrap().unwrap(),
		certificate: vec![9],
	}
}

#[test]
fn a_database_made_of_pieces_in_any_order_is_like_one_made_of_blocks() {
	let dir = tempfile::tempdir().unwrap();
	let (start, path) = (many(), dir.path().join("import"));
	let db = open(&dir.path().join("db"), 2, &start);
	let delta = |n: u8| Delta::from([(vec![n], Some(vec![n; 50])), (vec![0], None)]);
	(1..=4).for_each(|n| drop(db.commit(next(&db, &delta(n))).unwrap()));
	let (tip, hash) = (db.tip(), genesis(&start).header.hash());

	let mut import = StateImport::open(&path, &options(2), hash, 4).unwrap();
	let mut pieces = pieces(&tip.state, 2_000);
	pieces.reverse();
	let middle = pieces.len() / 2;
	pieces.swap(0, middle);
	assert!(pieces.len() > 5);
	for (number, piece) in pieces.iter().enumerate() {
		assert_eq!(import.progress(), if number == 0 { vec![] } else { vec![number as u8] });
		import.add(&piece.pairs, vec![number as u8 + 1]).unwrap();
		if number % 3 == 0 {
			drop(import);
			let early = Database::open(&path, options(2), genesis(&start));
			assert!(early.is_err(), "it is no database yet");
			drop(early);
			import = StateImport::open(&path, &options(2), hash, 4).unwrap();
		}
	}
	import.finish(&beginning(&db, &start)).unwrap();

	assert!(matches!(StateImport::open(&path, &options(2), hash, 4), Err(ImportError::Other)));
	let made = open(&path, 2, &start);
	assert_eq!((made.tip().number, made.tip().hash), (4, tip.hash));
	assert_state_is(
		&made.tip().state,
		&tip.state.pairs(&[], None, usize::MAX).unwrap().into_iter().collect(),
	);
	assert_eq!((made.oldest_block(), made.oldest_state()), (4, 4));
	assert_eq!((made.block(4).unwrap(), made.block(3).unwrap()), (db.block(4).unwrap(), None));
	assert_eq!(made.header_at(3).unwrap(), db.header_at(3).unwrap());
	assert_eq!(made.last_set(3).unwrap(), Some((0, vec![7])));
	// Blocks follow as before, and what they make unreachable goes: at last both have the same nodes.
	for n in 5..=9 {
		let commit = next(&db, &delta(n));
		let again = next(&made, &delta(n));
		assert_eq!(commit.hash, again.hash);
		db.commit(commit).unwrap();
		made.commit(again).unwrap();
	}
	assert_eq!(column_keys(&made, NODES), column_keys(&db, NODES));
}

#[test]
fn an_import_that_is_not_the_blocks_state_or_another_ones_is_refused() {
	let dir = tempfile::tempdir().unwrap();
	let (start, path) = (many(), dir.path().join("import"));
	let db = open(&dir.path().join("db"), 2, &start);
	db.commit(next(&db, &Delta::from([(vec![1], Some(vec![2]))]))).unwrap();
	let hash = genesis(&start).header.hash();
	let import = |number| StateImport::open(&path, &options(2), hash, number);
	let mut incomplete = import(1).unwrap();
	incomplete.add(&[(vec![1], vec![2])], vec![1]).unwrap();
	let refused = incomplete.finish(&beginning(&db, &start));
	assert!(matches!(refused, Err(ImportError::Root { named, .. }) if named == db.tip().header.state_root));
	assert!(matches!(import(2), Err(ImportError::Other)), "another block");
	let other = StateImport::open(&path, &options(2), Hash::repeat_byte(1), 1);
	assert!(matches!(other, Err(ImportError::Other)), "another chain");
	assert_eq!(import(1).unwrap().progress(), [1]);
	let complete = StateImport::open(&dir.path().join("db"), &options(2), hash, 1);
	assert!(complete.is_err(), "it is locked, and would not be an import if it were not");
}

#[test]
fn a_copy_opened_for_reading_stays_as_it_is() {
	let dir = tempfile::tempdir().unwrap();
	let start = many();
	let db = open(&dir.path().join("db"), 2, &start);
	db.commit(next(&db, &Delta::from([(vec![1], Some(vec![2]))]))).unwrap();
	let copied = dir.path().join("copy");
	db.copy_to(&copied).unwrap();
	let files = || {
		let entries = std::fs::read_dir(&copied).unwrap().map(|entry| entry.unwrap());
		let described = entries.map(|entry| (entry.file_name(), entry.metadata().unwrap().len()));
		described.collect::<BTreeSet<_>>()
	};
	let before = files();
	let hash = genesis(&start).header.hash();
	let copy = Database::open_read_only(&copied, options(2), hash).unwrap();
	db.commit(next(&db, &Delta::from([(vec![1], Some(vec![3]))]))).unwrap();
	assert_eq!(copy.tip().state.get(&[1]).unwrap(), Some(vec![2]));
	assert_eq!(pieces(&copy.tip().state, 5_000).len(), pieces(&db.tip().state, 5_000).len());
	assert!(copy.commit(next(&copy, &Delta::from([(vec![1], Some(vec![4]))]))).is_err(), "it is read only");
	drop(copy);
	assert_eq!(files(), before);
	assert!(Database::open_read_only(&copied, options(2), Hash::zero()).is_err(), "of another chain");
}

#[test]
fn each_column_tells_what_it_takes_on_disk() {
	let dir = tempfile::tempdir().unwrap();
	let db = open(dir.path(), 2, &many());
	db.commit(next(&db, &Delta::from([(vec![1], Some(vec![2]))]))).unwrap();
	db.flush().unwrap();
	let bytes: BTreeMap<&str, u64> = db.column_bytes().into_iter().collect();
	assert!(["state", "nodes", "bodies", "meta"].iter().all(|column| bytes[column] > 0), "{bytes:?}");
	assert_eq!(bytes["index"], 0, "nothing is indexed here");
	assert_eq!(bytes.values().sum::<u64>(), db.stats().table_bytes);
}
