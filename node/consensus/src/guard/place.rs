//! [`GuardPlace`]: where the guard's file and its counterpart are, what is found there, and how both are made.
//!
//! # Must not
//! Judge what is found: [`super::objection`] does.
//!
//! # Invariants
//! - A guard's file of another chain or key is refused.
//! - A damaged file is put aside, never overwritten, and its lock is held until there is another one.

use super::journal::{self, Damage, Disk, Identity, Journal, LockedFile};
use super::record::Record;
use super::GuardError;
use crate::codec::{decode_versioned, encode_versioned};
use crate::types::AuthorityId;
use sp_core::H256;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tracing::info;

/// Where a key's guard and its counterpart are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardPlace {
	/// Directory of the guard's file, beside the log.
	pub directory: PathBuf,
	/// Directory of the counterpart, beside the key: whoever copies or keeps the key keeps the mark that it was used.
	pub counterpart: PathBuf,
}

impl GuardPlace {
	/// The guard's file of a key.
	pub fn state(&self, validator: &AuthorityId) -> PathBuf {
		self.directory.join(format!("signing-{}.guard", short(validator)))
	}

	/// The file that says that a key was used.
	pub fn mark(&self, validator: &AuthorityId) -> PathBuf {
		self.counterpart.join(format!("signing-{}.used", short(validator)))
	}
}

fn short(validator: &AuthorityId) -> String {
	validator.0[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is at the guard's path.
pub(super) enum Found {
	Missing,
	/// With the file, still locked.
	Damaged(Damage, Box<dyn Disk>),
	Good(Box<Journal>),
}

impl Found {
	pub fn record(&self) -> Record {
		match self {
			Self::Good(journal) => journal.record().clone(),
			Self::Missing | Self::Damaged(..) => Record::default(),
		}
	}
}

pub(super) fn find(path: &Path, genesis: &H256, validator: &AuthorityId) -> Result<Found, GuardError> {
	let refused = |cause: io::Error| match cause.kind() {
		io::ErrorKind::WouldBlock => GuardError::InUse(path.into()),
		_ => GuardError::Io { path: path.into(), cause },
	};
	let file = match LockedFile::open(path) {
		Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
		file => file.map_err(refused)?,
	};
	match Journal::open(Box::new(file)).map_err(refused)? {
		Err((damage, held)) => Ok(Found::Damaged(damage, held)),
		Ok(journal) => {
			let identity = journal.identity();
			match identity.genesis == *genesis && identity.validator == *validator {
				true => Ok(Found::Good(Box::new(journal))),
				false => Err(GuardError::Foreign(path.into())),
			}
		}
	}
}

/// Makes the guard's file, which must not exist.
pub(super) fn make(
	path: &Path,
	genesis: &H256,
	validator: &AuthorityId,
	record: Record,
) -> Result<Journal, GuardError> {
	let identity =
		Identity { genesis: *genesis, validator: *validator, lineage: lineage(genesis, validator) };
	journal::create(path, &journal::image(&identity, &record)).map_err(|cause| unmade(path, cause))?;
	match find(path, genesis, validator)? {
		Found::Good(journal) => Ok(*journal),
		Found::Missing => Err(unmade(path, io::ErrorKind::NotFound.into())),
		Found::Damaged(damage, _) => Err(unmade(path, io::Error::other(damage))),
	}
}

/// Puts a damaged file aside, whose lock is held until there is another one, and makes that.
pub(super) fn replace(
	held: Box<dyn Disk>,
	path: &Path,
	genesis: &H256,
	validator: &AuthorityId,
	record: Record,
) -> Result<Journal, GuardError> {
	fs::rename(path, path.with_extension("damaged")).map_err(|cause| unmade(path, cause))?;
	let made = make(path, genesis, validator, record);
	drop(held);
	made
}

fn unmade(path: &Path, cause: io::Error) -> GuardError {
	match cause.kind() {
		// Another process was faster.
		io::ErrorKind::AlreadyExists | io::ErrorKind::WouldBlock => GuardError::InUse(path.into()),
		_ => GuardError::Io { path: path.into(), cause },
	}
}

/// Differs for each file: made from the moment and the process.
fn lineage(genesis: &H256, validator: &AuthorityId) -> [u8; 16] {
	let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	let mut hasher = blake3::Hasher::new();
	hasher.update(&genesis.0).update(&validator.0);
	hasher.update(&now.as_nanos().to_le_bytes()).update(&std::process::id().to_le_bytes());
	let mut lineage = [0; 16];
	hasher.finalize_xof().fill(&mut lineage);
	lineage
}

/// What the counterpart beside the key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Used {
	/// With this guard.
	By(Identity),
	/// It cannot be read.
	Unknown,
}

/// The counterpart, unless it speaks of another chain.
pub(super) fn read_mark(
	place: &GuardPlace,
	genesis: &H256,
	validator: &AuthorityId,
) -> Result<Option<Used>, GuardError> {
	let path = place.mark(validator);
	let bytes = match fs::read(&path) {
		Ok(bytes) => bytes,
		Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
		Err(cause) => return Err(GuardError::Io { path, cause }),
	};
	Ok(match decode_versioned::<Identity>(&bytes) {
		Ok(identity) if identity.genesis == *genesis && identity.validator == *validator => {
			Some(Used::By(identity))
		}
		Ok(_) => None,
		Err(_) => Some(Used::Unknown),
	})
}

pub(super) fn write_mark(
	place: &GuardPlace,
	identity: &Identity,
	used: Option<&Used>,
) -> Result<(), GuardError> {
	if used == Some(&Used::By(*identity)) {
		return Ok(());
	}
	let path = place.mark(&identity.validator);
	journal::replace(&path, &encode_versioned(identity))
		.map_err(|cause| GuardError::Io { path: path.clone(), cause })?;
	info!(path = %path.display(), "the key is marked as used on this chain");
	Ok(())
}
