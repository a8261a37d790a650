//! Makes a snapshot at intervals while the node runs, and keeps the last few.
//!
//! Each is a directory named by its height. Files that the database has not rewritten since are shared with it, so that a
//! snapshot costs what was compacted away.
//!
//! # Must not
//! Hold up the chain: a commit waits only while files are linked; hashing is done beside it.
//!
//! # Invariants
//! At most one snapshot is made at a time, and at most `kept` complete ones stay. One that fails is tried again an interval
//! later; the chain goes on. Snapshots above the tip are of a database that was there before, and are left alone.

use super::{create, SnapshotError};
use plexus_chain::Chain;
use plexus_chain_spec::ChainSpec;
use std::{
	fs,
	path::{Path, PathBuf},
	sync::Arc,
};
use tracing::{info, warn};

/// What is kept where.
#[derive(Clone, Debug)]
pub struct Keeping {
	/// The directory of the snapshots.
	pub directory: PathBuf,
	/// Blocks between two of them.
	pub every: u32,
	/// How many stay.
	pub kept: usize,
}

/// Makes snapshots until the chain is gone.
pub async fn keep(keeping: Keeping, spec: Arc<ChainSpec>, chain: Chain) {
	let mut tip = chain.subscribe();
	let started_at = tip.borrow().number;
	let mut last = newest(&keeping.directory, started_at);
	loop {
		let height = tip.borrow_and_update().number;
		if height >= last.saturating_add(keeping.every.max(1)) {
			let (keeping, spec, chain) = (keeping.clone(), spec.clone(), chain.clone());
			let made = tokio::task::spawn_blocking(move || make(&keeping, &spec, &chain)).await;
			last = match made {
				Ok(Ok(number)) => number,
				Ok(Err(error)) => {
					warn!(error = %crate::report::Report::of(&error).cause, "no snapshot was made");
					height
				}
				Err(_) => height,
			};
		}
		if tip.changed().await.is_err() {
			return;
		}
	}
}

fn make(keeping: &Keeping, spec: &ChainSpec, chain: &Chain) -> Result<u32, SnapshotError> {
	let directory = &keeping.directory;
	fs::create_dir_all(directory).map_err(super::failed("make", directory))?;
	clear_partial(directory);
	let height = chain.tip().number;
	let path = directory.join(height.to_string());
	// The tip may move before it is copied; the manifest tells the truth, the name the order.
	let manifest = create(&path, spec, chain.genesis_hash(), |into| chain.copy_to(into))?;
	info!(height = manifest.number, bytes = manifest.bytes(), path = %path.display(), "snapshot");
	for (_, old) in up_to(directory, height).into_iter().rev().skip(keeping.kept.max(1)) {
		if let Err(error) = fs::remove_dir_all(&old) {
			warn!(path = %old.display(), %error, "an old snapshot cannot be removed");
		}
	}
	Ok(height)
}

/// What a process that ended in between left behind.
fn clear_partial(directory: &Path) {
	let entries = fs::read_dir(directory).into_iter().flatten().flatten();
	for path in entries.map(|entry| entry.path()) {
		if path.extension().is_some_and(|extension| extension == "partial") {
			if let Err(error) = fs::remove_dir_all(&path) {
				warn!(path = %path.display(), %error, "the rest of a snapshot cannot be removed");
			}
		}
	}
}

/// Height of the newest snapshot that is not above the tip, 0 if there is none.
fn newest(directory: &Path, tip: u32) -> u32 {
	up_to(directory, tip).last().map_or(0, |(height, _)| *height)
}

/// The snapshots that are not above the tip, ascending. Those above were made before the database was reset: they neither
/// count nor go, until the chain is past them.
fn up_to(directory: &Path, tip: u32) -> Vec<(u32, PathBuf)> {
	let mut found = heights(directory);
	found.retain(|(height, _)| *height <= tip);
	found
}

/// The snapshots in a directory, ascending. Whatever is not named by a height is not ours.
pub fn heights(directory: &Path) -> Vec<(u32, PathBuf)> {
	let entries = fs::read_dir(directory).into_iter().flatten().flatten();
	let mut found: Vec<(u32, PathBuf)> =
		entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))).collect();
	found.sort_unstable();
	found
}
