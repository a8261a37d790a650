//! Snapshots of a chain in a temporary directory, and what is done to them.

use super::*;
use crate::place::{named_spec, open_database};
use plexus_chain::Chain;
use plexus_chain_spec::well_known::development_commit;
use plexus_execution::Executor;
use plexus_pool::{Pool, PoolLimits};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;

/// The first block's timestamp.
const START_MS: u64 = 1_800_000_000_000;

struct Home {
	directory: TempDir,
	spec: ChainSpec,
	chain: Chain,
}

impl Home {
	/// A development chain of three blocks.
	fn new() -> Self {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let spec = named_spec("dev").expect("a preset");
		let chain = open(&spec, &directory.path().join("db"));
		let home = Self { directory, spec, chain };
		(0..3).for_each(|_| home.block());
		home
	}

	fn block(&self) {
		let timestamp = START_MS + u64::from(self.chain.tip().number) * 1_000;
		let tip = self.chain.tip();
		let commit = development_commit(self.chain.genesis_hash(), tip.number, tip.hash);
		let validators = self.chain.executor().validators(&tip.state).expect("answers");
		let proposal = self.chain.propose(validators[0].0, timestamp, commit).expect("builds");
		self.chain.commit(&proposal.hash, vec![1]).expect("commits");
	}

	fn path(&self, name: &str) -> PathBuf {
		self.directory.path().join(name)
	}

	fn snapshot(&self, name: &str) -> Manifest {
		let genesis = self.chain.genesis_hash();
		create(&self.path(name), &self.spec, genesis, |into| self.chain.copy_to(into)).expect("is made")
	}

	/// Why a snapshot with something changed is not restored; nothing is left behind.
	fn refusal(&self, change: impl FnOnce(&Path)) -> SnapshotError {
		self.snapshot("changed");
		change(&self.path("changed"));
		let refused = restore(&self.path("changed"), &self.spec, &self.path("new")).expect_err("is refused");
		assert!(!self.path("new").exists() && !self.path("new.partial").exists(), "{refused}");
		fs::remove_dir_all(self.path("changed")).expect("it is there");
		refused
	}
}

fn open(spec: &ChainSpec, path: &Path) -> Chain {
	let options = Options { sync: false, ..Options::default() };
	let database = open_database(spec, path, options).expect("opens");
	let executor = Executor::new(100);
	let pool = Pool::new(executor.clone(), PoolLimits::default(), database.tip());
	Chain::new(database, executor, pool)
}

fn edit(directory: &Path, change: impl FnOnce(&mut Manifest)) {
	let mut manifest = manifest(directory).expect("a manifest");
	change(&mut manifest);
	fs::write(directory.join(MANIFEST), serde_json::to_vec(&manifest).expect("serialises"))
		.expect("writable");
}

#[test]
fn a_snapshot_is_restored_as_the_database_that_it_was_and_goes_on() {
	let home = Home::new();
	let made = home.snapshot("snapshot");
	assert_eq!((made.number, made.hash), (3, home.chain.tip().hash));
	home.block();
	let restored = restore(&home.path("snapshot"), &home.spec, &home.path("new")).expect("is restored");
	assert_eq!(restored, made);
	let chain = open(&home.spec, &home.path("new"));
	assert_eq!((chain.tip().number, chain.tip().hash), (made.number, made.hash));
	assert_eq!(chain.tip().state.pairs(&[], None, 10).expect("reads").len(), 10);
	let sets = |chain: &Chain| chain.database().last_set(0).expect("reads");
	assert!(sets(&chain).is_some() && sets(&chain) == sets(&home.chain), "the validators' history is in it");
	// The snapshot is untouched by what becomes of the restored database.
	assert_eq!(restore(&home.path("snapshot"), &home.spec, &home.path("again")).expect("once more"), made);
}

#[test]
fn nothing_is_overwritten() {
	let home = Home::new();
	home.snapshot("snapshot");
	let genesis = home.chain.genesis_hash();
	let twice = create(&home.path("snapshot"), &home.spec, genesis, |into| home.chain.copy_to(into));
	assert!(matches!(twice, Err(SnapshotError::Exists(_))), "{twice:?}");
	let over = restore(&home.path("snapshot"), &home.spec, &home.path("db"));
	assert!(matches!(over, Err(SnapshotError::Exists(_))), "{over:?}");
}

#[test]
fn a_failed_copy_leaves_nothing_behind() {
	let home = Home::new();
	let genesis = home.chain.genesis_hash();
	let failed = create(&home.path("snapshot"), &home.spec, genesis, |into| {
		home.chain.copy_to(into)?;
		Err(StorageError::Io("made up; to see".into()))
	});
	assert!(matches!(failed, Err(SnapshotError::Copy(_))), "{failed:?}");
	assert!(!home.path("snapshot").exists() && !home.path("snapshot.partial").exists());
}

#[test]
fn a_tampered_file_is_refused() {
	let home = Home::new();
	let largest = |directory: &Path| {
		let files = manifest(directory).expect("a manifest").files;
		directory.join(DATABASE).join(&files.iter().max_by_key(|file| file.bytes).expect("files").name)
	};
	let refused = home.refusal(|directory| {
		let path = largest(directory);
		let mut bytes = fs::read(&path).expect("readable");
		let middle = bytes.len() / 2;
		bytes[middle] ^= 1;
		// Not in place: the file may be the database's own.
		fs::remove_file(&path).expect("removable");
		fs::write(&path, bytes).expect("writable");
	});
	assert!(matches!(refused, SnapshotError::Damaged { cause: "its BLAKE3 hash differs", .. }), "{refused}");
	let refused = home.refusal(|directory| {
		let path = largest(directory);
		let mut bytes = fs::read(&path).expect("readable");
		bytes.push(0);
		fs::remove_file(&path).expect("removable");
		fs::write(&path, bytes).expect("writable");
	});
	assert!(matches!(refused, SnapshotError::Damaged { cause: "its length differs", .. }), "{refused}");
	let refused = home.refusal(|directory| fs::remove_file(largest(directory)).expect("removable"));
	assert!(matches!(refused, SnapshotError::Damaged { cause: "it is missing", .. }), "{refused}");
	let refused = home.refusal(|directory| {
		let path = largest(directory);
		fs::rename(&path, directory.join("elsewhere")).expect("movable");
		std::os::unix::fs::symlink(directory.join("elsewhere"), &path).expect("links");
	});
	assert!(matches!(refused, SnapshotError::Foreign(_)), "{refused}");
	let refused =
		home.refusal(|directory| fs::write(directory.join("db/999999.log"), "x").expect("writable"));
	assert!(matches!(refused, SnapshotError::Foreign(_)), "{refused}");
}

#[test]
fn a_tampered_manifest_is_refused() {
	let home = Home::new();
	let refused = home.refusal(|directory| edit(directory, |manifest| manifest.number += 1));
	assert!(matches!(refused, SnapshotError::OtherTip { number: 3, .. }), "{refused}");
	let refused = home.refusal(|directory| edit(directory, |manifest| manifest.state_root = Hash::zero()));
	assert!(matches!(refused, SnapshotError::OtherTip { number: 3, .. }), "{refused}");
	let refused = home.refusal(|directory| edit(directory, |manifest| manifest.genesis_hash = Hash::zero()));
	assert!(matches!(refused, SnapshotError::WrongChain { .. }), "{refused}");
	let refused = home.refusal(|directory| edit(directory, |manifest| manifest.format_version = 2));
	assert!(matches!(refused, SnapshotError::Version { found: 2 }), "{refused}");
	for name in ["../../keys/validator.key", "/etc/passwd", "", ".hidden", "a/b"] {
		let refused =
			home.refusal(|directory| edit(directory, |manifest| manifest.files[0].name = name.into()));
		assert!(matches!(refused, SnapshotError::Manifest { .. }), "{name}: {refused}");
	}
	let refused = home.refusal(|directory| {
		edit(directory, |manifest| {
			let twice = manifest.files[0].clone();
			manifest.files.insert(0, twice);
		});
	});
	assert!(matches!(refused, SnapshotError::Manifest { .. }), "{refused}");
	let refused = home.refusal(|directory| fs::write(directory.join(MANIFEST), "{").expect("writable"));
	assert!(matches!(refused, SnapshotError::Manifest { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_come_at_intervals_and_the_last_few_stay() {
	let home = Home::new();
	let directory = home.path("snapshots");
	fs::create_dir_all(directory.join("1.partial")).expect("writable");
	let keeping = Keeping { directory: directory.clone(), every: 2, kept: 2 };
	let task = tokio::spawn(keep(keeping, Arc::new(home.spec.clone()), home.chain.clone()));
	let mut seen = Vec::new();
	for _ in 0..4 {
		let before = seen.last().copied().unwrap_or(0);
		// The next one is due two blocks after the last.
		while home.chain.tip().number < before + 2 {
			home.block();
		}
		let due = home.chain.tip().number;
		let made = async {
			loop {
				match keep::heights(&directory).last() {
					Some((height, _)) if *height == due => return,
					_ => tokio::time::sleep(Duration::from_millis(10)).await,
				}
			}
		};
		tokio::time::timeout(Duration::from_secs(60), made).await.expect("a snapshot is made");
		seen.push(due);
	}
	task.abort();
	let _ = task.await;
	assert_eq!(seen, [3, 5, 7, 9]);
	assert!(!directory.join("1.partial").exists(), "the rest of an interrupted one is removed");
	let last = manifest(&directory.join("9")).expect("is whole");
	assert_eq!((last.number, last.hash), (9, home.chain.tip().hash));
	// The oldest goes when the newest is whole.
	let stay: Vec<u32> = keep::heights(&directory).into_iter().map(|(height, _)| height).collect();
	assert!(stay.len() <= 3 && stay.ends_with(&[7, 9]), "{stay:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_of_an_earlier_database_neither_delay_new_ones_nor_take_their_place() {
	let home = Home::new();
	let directory = home.path("snapshots");
	for height in ["1000", "2000"] {
		fs::create_dir_all(directory.join(height)).expect("writable");
	}
	let keeping = Keeping { directory: directory.clone(), every: 2, kept: 1 };
	let task = tokio::spawn(keep(keeping, Arc::new(home.spec.clone()), home.chain.clone()));
	let made = async {
		while !directory.join("3").exists() {
			tokio::time::sleep(Duration::from_millis(10)).await;
		}
		home.block();
		home.block();
		// The second one takes the first one's place.
		while !directory.join("5").exists() || directory.join("3").exists() {
			tokio::time::sleep(Duration::from_millis(10)).await;
		}
	};
	tokio::time::timeout(Duration::from_secs(60), made).await.expect("both are made");
	task.abort();
	let _ = task.await;
	let stay: Vec<u32> = keep::heights(&directory).into_iter().map(|(height, _)| height).collect();
	assert_eq!(stay, [5, 1000, 2000]);
}
