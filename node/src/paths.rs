//! Where things are under the base path. Nothing else in the node joins path segments of its own.
//!
//! ```text
//! <base path>/config.toml                  optional configuration
//! <base path>/chains/<chain id>/db         database (locked by the process that has it open)
//! <base path>/chains/<chain id>/consensus  write-ahead log of consensus, signing guard (locked by the process that signs)
//! <base path>/chains/<chain id>/keys       validator.key, the next and former ones, node.key, the mark that a validator key was used
//! <base path>/chains/<chain id>/snapshots  copies of the database, by height
//! ```
//!
//! A chain id becomes a directory name, so that [`DataDirectory::new`] accepts only letters, digits, `-`, `_` and `.`.

use crate::report::Remedy;
use plexus_consensus::GuardPlace;
use std::path::{Path, PathBuf};

/// A chain id that cannot be a directory name.
#[derive(Debug, thiserror::Error)]
#[error("the chain id {id:?} cannot be used as a directory name")]
pub struct ChainIdError {
	/// The id.
	pub id: String,
}

impl Remedy for ChainIdError {
	fn name(&self) -> &'static str {
		"chain specification"
	}

	fn remedy(&self) -> Option<String> {
		Some(format!(
			"choose an id of 1 to {ID_CHARS_MAX} letters, digits, `-`, `_` and `.`, not starting with `.`"
		))
	}
}

/// Longer names meet the limits of some file systems.
const ID_CHARS_MAX: usize = 64;

/// The directory of one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDirectory {
	root: PathBuf,
}

impl DataDirectory {
	/// The directory of a chain under a base path; nothing is made.
	///
	/// # Errors
	/// [`ChainIdError`] for an id that could leave the base path or name no directory.
	pub fn new(base_path: &Path, chain_id: &str) -> Result<Self, ChainIdError> {
		let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
		let plain = !chain_id.is_empty() && chain_id.len() <= ID_CHARS_MAX && chain_id.chars().all(allowed);
		match plain && !chain_id.starts_with('.') {
			true => Ok(Self { root: base_path.join("chains").join(chain_id) }),
			false => Err(ChainIdError { id: chain_id.into() }),
		}
	}

	/// The chain's directory itself.
	pub fn root(&self) -> &Path {
		&self.root
	}

	/// The database.
	pub fn database(&self) -> PathBuf {
		self.root.join("db")
	}

	/// The write-ahead log of consensus.
	pub fn consensus(&self) -> PathBuf {
		self.root.join("consensus")
	}

	/// The guard against signing twice: one half beside the log, one beside the keys.
	pub fn guard(&self) -> GuardPlace {
		GuardPlace { directory: self.consensus(), counterpart: self.keys() }
	}

	/// The key files.
	pub fn keys(&self) -> PathBuf {
		self.root.join("keys")
	}

	/// The snapshots that the node makes.
	pub fn snapshots(&self) -> PathBuf {
		self.root.join("snapshots")
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_chain_id_cannot_lead_out_of_the_base_path() {
		for id in ["", "..", ".hidden", "a/b", "../x", "a\0b", &"x".repeat(65), "ä"] {
			assert!(DataDirectory::new(Path::new("/base"), id).is_err(), "{id:?}");
		}
		let directory = DataDirectory::new(Path::new("/base"), "dev-200ms").expect("a plain id");
		assert_eq!(directory.database(), Path::new("/base/chains/dev-200ms/db"));
	}
}
