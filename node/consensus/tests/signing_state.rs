//! The guard against signing twice.

use plexus_consensus::signing_state::{SigningState, SigningStateError};
use plexus_consensus::AuthorityId;
use sp_core::H256;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const GENESIS: H256 = H256([1; 32]);
const VALIDATOR: AuthorityId = AuthorityId([2; 32]);

struct Files {
	_directory: TempDir,
	state: PathBuf,
	wal: PathBuf,
}

impl Files {
	fn new() -> Self {
		let directory = tempfile::tempdir().unwrap();
		let (state, wal) = (directory.path().join("signing-state"), directory.path().join("consensus.wal"));
		Self { _directory: directory, state, wal }
	}

	fn with_log(self) -> Self {
		fs::write(&self.wal, [0; 12]).unwrap();
		self
	}

	fn open(&self, tip: u32) -> Result<SigningState, SigningStateError> {
		self.open_as(GENESIS, VALIDATOR, tip, false)
	}

	fn open_as(
		&self,
		genesis: H256,
		validator: AuthorityId,
		tip: u32,
		reset: bool,
	) -> Result<SigningState, SigningStateError> {
		SigningState::open(self.state.clone(), genesis, validator, tip, &self.wal, reset)
	}
}

#[test]
fn a_first_start_is_free_and_creates_nothing() {
	let files = Files::new();
	files.open(0).unwrap();
	files.open(1_000).unwrap();
	assert!(!files.state.exists());
}

#[test]
fn a_crash_at_any_point_of_a_height_is_no_obstacle() {
	let files = Files::new().with_log();
	for height in 1..=20u64 {
		// Crash before the decision: the tip is one below.
		files.open(height as u32 - 1).unwrap().note(height).unwrap();
		files.open(height as u32 - 1).unwrap();
		// Crash after it.
		files.open(height as u32).unwrap();
	}
}

#[test]
fn what_was_noted_is_on_disk_and_never_shrinks() {
	let files = Files::new().with_log();
	let state = files.open(0).unwrap();
	assert!(!state.is_noted(7));
	state.note(7).unwrap();
	state.note(3).unwrap();
	assert!(state.is_noted(7));
	assert!(files.open(6).unwrap().is_noted(7));
}

#[test]
fn a_rolled_back_database_is_refused_with_the_remedy() {
	let files = Files::new().with_log();
	files.open(9).unwrap().note(10).unwrap();
	let refused = files.open(8).unwrap_err();
	assert!(matches!(refused, SigningStateError::RolledBack { noted: 10, tip: 8 }));
	assert!(refused.to_string().contains("--unsafe-reset-signing-state"));
}

#[test]
fn a_lost_or_torn_log_matters_only_for_an_undecided_height() {
	let files = Files::new().with_log();
	files.open(9).unwrap().note(10).unwrap();
	for torn in [false, true] {
		match torn {
			false => fs::remove_file(&files.wal).unwrap(),
			true => fs::write(&files.wal, [0; 11]).unwrap(),
		}
		let refused = files.open(9).unwrap_err();
		assert!(matches!(refused, SigningStateError::LogLost { noted: 10, .. }));
		assert!(refused.to_string().contains("--unsafe-reset-signing-state"));
		files.open(10).unwrap();
	}
}

#[test]
fn another_chains_or_keys_guard_is_refused() {
	let files = Files::new().with_log();
	files.open(0).unwrap().note(1).unwrap();
	let chain = files.open_as(H256([9; 32]), VALIDATOR, 5, false);
	assert!(matches!(chain, Err(SigningStateError::Foreign { .. })));
	let key = files.open_as(GENESIS, AuthorityId([9; 32]), 5, false);
	assert!(matches!(key, Err(SigningStateError::Foreign { .. })));
}

#[test]
fn a_damaged_guard_is_refused_whatever_the_damage() {
	let files = Files::new().with_log();
	files.open(0).unwrap().note(1).unwrap();
	let good = fs::read(&files.state).unwrap();
	for bytes in [&[][..], &good[..good.len() - 1], &[&good[..], &[0]].concat(), &[&[9], &good[1..]].concat()]
	{
		fs::write(&files.state, bytes).unwrap();
		assert!(matches!(files.open(5), Err(SigningStateError::Damaged { .. })));
	}
}

#[test]
fn the_override_forgets_everything() {
	let files = Files::new();
	fs::write(&files.state, b"damaged").unwrap();
	let state = files.open_as(GENESIS, VALIDATOR, 3, true).unwrap();
	assert!(!files.state.exists());
	fs::write(&files.wal, [0; 12]).unwrap();
	state.note(4).unwrap();
	files.open(3).unwrap();
}

#[test]
fn an_unwritable_place_is_an_error_that_names_it() {
	let files = Files::new().with_log();
	fs::create_dir(files.state.with_extension("new")).unwrap();
	let state = files.open(0).unwrap();
	let failed = state.note(1).unwrap_err();
	assert!(matches!(&failed, SigningStateError::Io { path, .. } if *path == files.state));
	assert!(!state.is_noted(1), "what is not on disk is not noted");
}
