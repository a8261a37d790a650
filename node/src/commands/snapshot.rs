//! `plexus snapshot create` and `restore`. The node must be stopped: the database has one user. A running node makes its own
//! with `--snapshot-every`.

use crate::{
	cli::SnapshotCommand,
	place::Place,
	report::OrReport,
	snapshot::{create, restore, Manifest},
};
use serde_json::json;
use std::path::Path;

/// Makes or restores a snapshot.
///
/// # Errors
/// What stood in the way; nothing half-done is left behind.
pub fn run(command: SnapshotCommand) -> anyhow::Result<()> {
	match command {
		SnapshotCommand::Create { output, json, place } => {
			let place = Place::resolve(&place.flags())?;
			let database = place.open_existing_database()?;
			let copy = |into: &Path| database.copy_to(into).map(|()| database.tip());
			let manifest = create(&output, &place.spec, database.genesis_hash(), copy).or_report()?;
			print("written to", &output, &manifest, json);
		}
		SnapshotCommand::Restore { directory, json, place } => {
			let place = Place::resolve(&place.flags())?;
			let database = place.directory.database();
			let manifest = restore(&directory, &place.spec, &database).or_report()?;
			print("restored to", &database, &manifest, json);
		}
	}
	Ok(())
}

fn print(done: &str, path: &Path, manifest: &Manifest, json: bool) {
	let Manifest { number, hash, state_root, files, .. } = manifest;
	if json {
		let value = json!({
			"path": path.display().to_string(), "chain": manifest.chain, "genesisHash": manifest.genesis_hash,
			"number": number, "hash": hash, "stateRoot": state_root, "files": files.len(), "bytes": manifest.bytes(),
		});
		println!("{value:#}");
		return;
	}
	println!(
		"block {number}, {hash:?}\nstate root {state_root:?}\n{} files, {} bytes, {done} {}",
		files.len(),
		manifest.bytes(),
		path.display()
	);
}
