//! The guard against signing twice after a database was rolled back or the write-ahead log was lost.
//!
//! # Must not
//! Grow into a second log: votes are in the engine's write-ahead log. This file holds one number.
//!
//! # Invariants
//! - The file names the highest height that this key signed anything for, and is on disk before the signature leaves.
//! - A validator starts height `h` only with the database at `h − 1`, committed and synced. A tip below
//!   `noted − 1` therefore means that the database is older than the key's last signature.
//! - With the tip at `noted − 1` the height was left undecided and only the write-ahead log knows what was signed.
//! - A crash at any point leaves either the old or the new file: it is replaced by renaming.

use crate::codec::{decode_versioned, encode_versioned, CodecError};
use crate::types::AuthorityId;
use codec::{Decode, Encode};
use sp_core::H256;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of the write-ahead log's own header; a shorter file holds no vote.
const WAL_HEADER_BYTES: u64 = 12;

/// Why a validator must not sign.
#[derive(Debug, thiserror::Error)]
pub enum SigningStateError {
	/// The database is older than the last signature.
	#[error(
		"this key signed for block {noted}, but the database ends at block {tip}: it was rolled back or replaced, \
		 and signing again could contradict earlier votes. Restore the newest database; if no other copy of this key \
		 ran and its votes are worthless, override with --unsafe-reset-signing-state"
	)]
	RolledBack {
		/// Highest height signed for.
		noted: u64,
		/// The database's tip.
		tip: u32,
	},
	/// The log of the undecided height is gone.
	#[error(
		"this key signed for block {noted}, which is undecided, and the write-ahead log {wal} that knows its votes is \
		 missing. Restore it; if that is impossible, wait until the other validators have decided block {noted}, \
		 then override with --unsafe-reset-signing-state"
	)]
	LogLost {
		/// Highest height signed for.
		noted: u64,
		/// Where the log should be.
		wal: PathBuf,
	},
	/// The file belongs to another chain or key.
	#[error(
		"{path} belongs to another chain or key. Use a directory of its own for each chain, or override with \
		 --unsafe-reset-signing-state"
	)]
	Foreign {
		/// The file.
		path: PathBuf,
	},
	/// The file is damaged.
	#[error("{path} is damaged ({cause}). Restore it, or override with --unsafe-reset-signing-state")]
	Damaged {
		/// The file.
		path: PathBuf,
		/// What is wrong.
		cause: CodecError,
	},
	/// The file cannot be read or written.
	#[error("{path}: {cause}. Check that the disk has space and the directory is writable")]
	Io {
		/// The file.
		path: PathBuf,
		/// The system's answer.
		cause: io::Error,
	},
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Record {
	genesis: H256,
	validator: AuthorityId,
	height: u64,
}

/// The guard of one key on one chain.
#[derive(Debug)]
pub struct SigningState {
	path: PathBuf,
	genesis: H256,
	validator: AuthorityId,
	noted: AtomicU64,
}

impl SigningState {
	/// Reads the guard and checks that signing after block `tip` with the log at `wal` is safe. A first start creates
	/// nothing. With `reset` every objection is dropped and the file forgotten.
	///
	/// # Errors
	/// See [`SigningStateError`]; each names its remedy.
	pub fn open(
		path: PathBuf,
		genesis: H256,
		validator: AuthorityId,
		tip: u32,
		wal: &Path,
		reset: bool,
	) -> Result<Self, SigningStateError> {
		let noted = if reset {
			0
		} else {
			let noted = Self::read(&path, &genesis, &validator)?;
			check(noted, tip, wal)?;
			noted
		};
		if reset {
			match fs::remove_file(&path) {
				Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
					return Err(SigningStateError::Io { path, cause })
				}
				Ok(()) | Err(_) => {}
			}
		}
		Ok(Self { path, genesis, validator, noted: noted.into() })
	}

	/// Whether this height, or a later one, is on disk already.
	pub fn is_noted(&self, height: u64) -> bool {
		self.noted.load(Ordering::Acquire) >= height
	}

	/// Puts the height on disk; it is there, synced, when this returns.
	///
	/// # Errors
	/// [`SigningStateError::Io`]: then nothing may be signed.
	pub fn note(&self, height: u64) -> Result<(), SigningStateError> {
		if self.is_noted(height) {
			return Ok(());
		}
		let record = Record { genesis: self.genesis, validator: self.validator, height };
		replace(&self.path, &encode_versioned(&record))
			.map_err(|cause| SigningStateError::Io { path: self.path.clone(), cause })?;
		self.noted.fetch_max(height, Ordering::AcqRel);
		Ok(())
	}

	fn read(path: &Path, genesis: &H256, validator: &AuthorityId) -> Result<u64, SigningStateError> {
		let bytes = match fs::read(path) {
			Ok(bytes) => bytes,
			Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(0),
			Err(cause) => return Err(SigningStateError::Io { path: path.into(), cause }),
		};
		let record: Record = decode_versioned(&bytes)
			.map_err(|cause| SigningStateError::Damaged { path: path.into(), cause })?;
		if record.genesis != *genesis || record.validator != *validator {
			return Err(SigningStateError::Foreign { path: path.into() });
		}
		Ok(record.height)
	}
}

fn check(noted: u64, tip: u32, wal: &Path) -> Result<(), SigningStateError> {
	let next = u64::from(tip) + 1;
	if noted > next {
		return Err(SigningStateError::RolledBack { noted, tip });
	}
	let has_log = fs::metadata(wal).is_ok_and(|file| file.len() >= WAL_HEADER_BYTES);
	if noted == next && !has_log {
		return Err(SigningStateError::LogLost { noted, wal: wal.into() });
	}
	Ok(())
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let temporary = path.with_extension("new");
	let mut file = fs::File::create(&temporary)?;
	file.write_all(bytes)?;
	file.sync_all()?;
	fs::rename(&temporary, path)?;
	sync_directory(path)
}

/// Makes the entry of `path` in its directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
	match path.parent() {
		Some(parent) if !parent.as_os_str().is_empty() => fs::File::open(parent)?.sync_all(),
		_ => Ok(()),
	}
}
