//! What can go wrong with stored data, and what the operator can do about it.

use crate::types::{BlockNumber, Hash};
use std::path::PathBuf;

/// A read or write that failed below us.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
	/// RocksDB found a checksum mismatch or a missing file.
	#[error(
		"the database is corrupt: {0}; restore the data directory from a backup, or delete it and sync again"
	)]
	Corrupt(String),
	/// The disk is full.
	#[error("the disk is full: {0}; free space on the data directory's file system and start again, nothing that was final is lost")]
	DiskFull(String),
	/// Any other input/output error.
	#[error("input/output error: {0}; check the disk (`plexus doctor`) and the kernel's log")]
	Io(String),
	/// A stored value does not decode.
	#[error("the stored {what} does not decode ({detail}); the database is corrupt or was written by another program")]
	Undecodable {
		/// What was read.
		what: &'static str,
		/// The decoder's words.
		detail: String,
	},
	/// A block is committed out of order.
	#[error("block {number} cannot follow the tip {tip}")]
	NotNext {
		/// Height offered.
		number: BlockNumber,
		/// Height of the tip.
		tip: BlockNumber,
	},
	/// The state trie or flat state could not be read while something was computed from it.
	#[error("reading the state failed: {0}")]
	State(String),
}

impl From<rocksdb::Error> for StorageError {
	fn from(e: rocksdb::Error) -> Self {
		let text = e.to_string();
		let lower = text.to_lowercase();
		if lower.contains("no space left")
			|| lower.contains("nospace")
			|| lower.contains("space limit reached")
		{
			return Self::DiskFull(text);
		}
		match e.kind() {
			rocksdb::ErrorKind::Corruption => Self::Corrupt(text),
			_ => Self::Io(text),
		}
	}
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
	/// Another process holds the lock.
	#[error("another plexus is running on {path}; stop it, or use another --base-path")]
	Locked {
		/// The database directory.
		path: PathBuf,
	},
	/// The database belongs to another chain.
	#[error("the database at {path} belongs to the chain with genesis {found:?}, but the chain specification has genesis {expected:?}; use the matching --chain, or another --base-path")]
	WrongGenesis {
		/// The database directory.
		path: PathBuf,
		/// Genesis hash in the database.
		found: Hash,
		/// Genesis hash of the chain specification.
		expected: Hash,
	},
	/// The stored layout is not the one this program writes.
	#[error("the database at {path} has schema version {found}, this program writes version {expected}; use the release that wrote it to export the blocks (`plexus export`), then import them into a new directory")]
	Schema {
		/// The database directory.
		path: PathBuf,
		/// Version in the database.
		found: u32,
		/// Version of this program.
		expected: u32,
	},
	/// The genesis header does not carry the root of the genesis state.
	#[error("the genesis header names state root {header:?} but the genesis state has root {computed:?}")]
	GenesisRoot {
		/// Root in the header.
		header: Hash,
		/// Root of the storage.
		computed: Hash,
	},
	/// Reading or writing failed.
	#[error("cannot open the database at {path}: {source}")]
	Storage {
		/// The database directory.
		path: PathBuf,
		/// What failed.
		source: StorageError,
	},
}

/// Why the state at a block is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
	/// No such block here.
	#[error("unknown block {hash:?}")]
	UnknownBlock {
		/// The hash that was asked for.
		hash: Hash,
	},
	/// The state was pruned.
	#[error("the state of block {number} is already discarded, the oldest kept is that of block {oldest}; ask a node that runs with --state-pruning archive")]
	Pruned {
		/// The block asked for.
		number: BlockNumber,
		/// The oldest block with state.
		oldest: BlockNumber,
	},
	/// Reading failed.
	#[error(transparent)]
	Storage(#[from] StorageError),
}
