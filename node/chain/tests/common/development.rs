//! Databases of the development chain.

use plexus_chain_spec::ChainSpec;
use plexus_storage::{Database, Genesis, Options};
use std::path::Path;

/// Opens one that does not wait for the disk, or makes it of the genesis.
pub fn open(path: &Path, options: Options) -> Database {
	let spec = ChainSpec::preset("dev").expect("preset");
	let genesis =
		Genesis { header: spec.header().expect("header"), storage: spec.genesis_storage().expect("storage") };
	Database::open(path, Options { sync: false, ..options }, genesis).expect("opens")
}
