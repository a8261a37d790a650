//! The guard's file: made once, then written in place.
//!
//! ```text
//! 0       header, 4 KiB: magic, version, genesis, validator, lineage, BLAKE3 of these
//! 4 KiB   slot 0, 16 KiB: sequence (8) · length (4) · BLAKE3 of header's hash, sequence, length, record (32) · record
//! 20 KiB  slot 1, the same
//! ```
//! Records go to the slots in turn. A write that a crash tears damages the older record, never the newest one; the newest
//! slot whose hash fits counts. All blocks are allocated when the file is made, so that syncing a write costs one flush of
//! data. Numbers are little-endian.
//!
//! # Must not
//! Judge: what may be written is [`super::record`]'s rule.
//!
//! # Invariants
//! - When [`Journal::write`] returns, the record is synced. When it fails, it is unknown whether the record is on disk, and
//!   the journal refuses every further write of this process.
//! - The file is locked for as long as a [`LockedFile`] lives, and readable by its owner only.

use super::record::Record;
use crate::types::AuthorityId;
use codec::{Decode, DecodeAll, Encode};
use sp_core::H256;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

const MAGIC: [u8; 16] = *b"plexus-signing\0\0";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 4 * 1024;
/// Holds [`super::record::MESSAGES_MAX`] messages of [`super::record::MESSAGE_BYTES_MAX`] bytes each, with 79 beside them.
const SLOT_BYTES: usize = 16 * 1024;
const HASH_BYTES: usize = 32;
const SLOT_HEAD_BYTES: usize = 8 + 4 + HASH_BYTES;
const RECORD_BYTES_MAX: usize = SLOT_BYTES - SLOT_HEAD_BYTES;
/// Length of the file, always.
pub(super) const FILE_BYTES: usize = HEADER_BYTES + 2 * SLOT_BYTES;

/// The disk as the journal uses it: the system's, or one that crashes in tests.
pub(super) trait Disk: Send + fmt::Debug {
	/// The whole file.
	fn read(&mut self) -> io::Result<Vec<u8>>;
	/// Writes into the file; not durable before [`Disk::sync`].
	fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
	/// Makes what was written durable.
	fn sync(&mut self) -> io::Result<()>;
}

/// A file that this process alone has open.
#[derive(Debug)]
pub(super) struct LockedFile(File);

impl LockedFile {
	/// Opens and locks a file; `WouldBlock` if another process holds it or put another file in its place, `NotFound` if
	/// there is none.
	pub fn open(path: &Path) -> io::Result<Self> {
		let file = OpenOptions::new().read(true).write(true).open(path)?;
		match file.try_lock() {
			Ok(()) => Self(file).still_at(path),
			Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
			Err(TryLockError::Error(error)) => Err(error),
		}
	}

	/// Between opening and locking another process may have put the file aside.
	fn still_at(self, path: &Path) -> io::Result<Self> {
		let (opened, found) = (self.0.metadata()?, fs::metadata(path)?);
		match (opened.dev(), opened.ino()) == (found.dev(), found.ino()) {
			true => Ok(self),
			false => Err(io::ErrorKind::WouldBlock.into()),
		}
	}
}

impl Disk for LockedFile {
	fn read(&mut self) -> io::Result<Vec<u8>> {
		let length = usize::try_from(self.0.metadata()?.len()).unwrap_or(usize::MAX);
		// A longer file is damaged, whatever is in it.
		let mut bytes = vec![0; length.min(FILE_BYTES + 1)];
		self.0.read_exact_at(&mut bytes, 0)?;
		Ok(bytes)
	}

	fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
		self.0.write_all_at(bytes, offset)
	}

	fn sync(&mut self) -> io::Result<()> {
		self.0.sync_data()
	}
}

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Identity {
	/// The chain.
	pub genesis: H256,
	/// The key.
	pub validator: AuthorityId,
	/// Differs for each file ever made; the counterpart beside the key names it, too.
	pub lineage: [u8; 16],
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
	/// Not of the length that it was made with.
	#[error("it has {0} bytes")]
	Length(usize),
	/// The header does not fit its hash, or belongs to something else.
	#[error("its header is not a signing guard's")]
	Header,
	/// Written by a later version of this software.
	#[error("it has version {0}, this node reads version {VERSION}")]
	Version(u8),
	/// Neither record fits its hash.
	#[error("both its records are damaged")]
	Records,
}

/// What is wrong with a file, and the file, still locked.
pub(super) type Damaged = (Damage, Box<dyn Disk>);

/// An open file and what is in it.
#[derive(Debug)]
pub(super) struct Journal {
	disk: Box<dyn Disk>,
	identity: Identity,
	sequence: u64,
	record: Record,
	failed: bool,
}

impl Journal {
	/// Reads an open file; a damaged one is given back.
	pub fn open(mut disk: Box<dyn Disk>) -> io::Result<Result<Self, Damaged>> {
		let bytes = disk.read()?;
		Ok(match parse(&bytes) {
			Ok((identity, sequence, record)) => Ok(Self { disk, identity, sequence, record, failed: false }),
			Err(damage) => Err((damage, disk)),
		})
	}

	/// Whose it is.
	pub fn identity(&self) -> &Identity {
		&self.identity
	}

	/// The record on disk.
	pub fn record(&self) -> &Record {
		&self.record
	}

	/// Replaces the record; it is on disk, synced, when this returns.
	pub fn write(&mut self, record: Record) -> io::Result<()> {
		if self.failed {
			return Err(io::Error::other("an earlier write failed, what is on disk is unknown"));
		}
		let sequence = self.sequence + 1;
		let bytes = slot(&self.identity, sequence, &record);
		let written = self.disk.write_at(&bytes, slot_offset(sequence)).and_then(|()| self.disk.sync());
		match written {
			Ok(()) => {
				self.sequence = sequence;
				self.record = record;
				Ok(())
			}
			Err(error) => {
				self.failed = true;
				Err(error)
			}
		}
	}
}

/// A whole file with a first record.
pub(super) fn image(identity: &Identity, record: &Record) -> Vec<u8> {
	let mut bytes = vec![0; FILE_BYTES];
	let header = header(identity);
	bytes[..header.len()].copy_from_slice(&header);
	let slot = slot(identity, 1, record);
	let offset = slot_offset(1) as usize;
	bytes[offset..offset + slot.len()].copy_from_slice(&slot);
	bytes
}

/// Makes a file that did not exist, complete or not at all; `AlreadyExists` if one appeared meanwhile.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
	let written = write_synced(&temporary, bytes).and_then(|()| fs::hard_link(&temporary, path));
	let removed = fs::remove_file(&temporary);
	written?;
	removed?;
	sync_directory(path)
}

/// Makes or replaces a file; a crash leaves the old one or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
	write_synced(&temporary, bytes)?;
	fs::rename(&temporary, path)?;
	sync_directory(path)
}

/// Makes the entry of `path` in its directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
	match path.parent() {
		Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
		_ => Ok(()),
	}
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
	let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
	file.write_all_at(bytes, 0)?;
	file.sync_all()
}

fn header(identity: &Identity) -> Vec<u8> {
	let mut bytes = MAGIC.to_vec();
	bytes.push(VERSION);
	identity.encode_to(&mut bytes);
	bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
	bytes
}

fn slot_offset(sequence: u64) -> u64 {
	(HEADER_BYTES + (sequence % 2) as usize * SLOT_BYTES) as u64
}

fn slot_hash(identity: &Identity, sequence: u64, record: &[u8]) -> [u8; HASH_BYTES] {
	let mut hasher = blake3::Hasher::new();
	hasher.update(&identity.encode());
	hasher.update(&sequence.to_le_bytes());
	hasher.update(&(record.len() as u32).to_le_bytes());
	hasher.update(record);
	*hasher.finalize().as_bytes()
}

fn slot(identity: &Identity, sequence: u64, record: &Record) -> Vec<u8> {
	let record = record.encode();
	debug_assert!(record.len() <= RECORD_BYTES_MAX, "the bounds on messages fit a slot");
	let mut bytes = sequence.to_le_bytes().to_vec();
	bytes.extend_from_slice(&(record.len() as u32).to_le_bytes());
	bytes.extend_from_slice(&slot_hash(identity, sequence, &record));
	bytes.extend_from_slice(&record);
	bytes
}

fn parse(bytes: &[u8]) -> Result<(Identity, u64, Record), Damage> {
	if bytes.len() != FILE_BYTES {
		return Err(Damage::Length(bytes.len()));
	}
	let (head, slots) = bytes.split_at(HEADER_BYTES);
	let identity = parse_header(head)?;
	let (first, second) = slots.split_at(SLOT_BYTES);
	[first, second]
		.into_iter()
		.enumerate()
		.filter_map(|(index, slot)| parse_slot(&identity, index as u64, slot))
		.max_by_key(|(sequence, _)| *sequence)
		.map(|(sequence, record)| (identity, sequence, record))
		.ok_or(Damage::Records)
}

fn parse_header(bytes: &[u8]) -> Result<Identity, Damage> {
	let (magic, rest) = bytes.split_at(MAGIC.len());
	if magic != MAGIC {
		return Err(Damage::Header);
	}
	match rest {
		[VERSION, rest @ ..] => {
			let identity = Identity::decode(&mut &rest[..]).map_err(|_| Damage::Header)?;
			let wanted = header(&identity);
			(bytes[..wanted.len()] == wanted[..]).then_some(identity).ok_or(Damage::Header)
		}
		[version, ..] => Err(Damage::Version(*version)),
		[] => Err(Damage::Header),
	}
}

fn parse_slot(identity: &Identity, index: u64, bytes: &[u8]) -> Option<(u64, Record)> {
	let (sequence, rest) = bytes.split_first_chunk::<8>()?;
	let (length, rest) = rest.split_first_chunk::<4>()?;
	let (hash, rest) = rest.split_first_chunk::<HASH_BYTES>()?;
	let sequence = u64::from_le_bytes(*sequence);
	let record = rest.get(..u32::from_le_bytes(*length) as usize)?;
	let fits = sequence % 2 == index && slot_hash(identity, sequence, record) == *hash;
	fits.then(|| Record::decode_all(&mut &record[..]).ok()).flatten().map(|record| (sequence, record))
}
