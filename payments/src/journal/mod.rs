//! A file that only grows: what purse and ledger must not forget, in frames with checksums.
//!
//! ```text
//! header   magic (16) · version (1) · SCALE of (genesis, owner, lineage) · BLAKE3 of all before (32)
//! frame 0  number (8) · length (4) · checksum (16) · payload
//! frame 1  …
//! checksum = first 16 bytes of BLAKE3(BLAKE3 of the header ‖ number ‖ length ‖ payload)
//! ```
//! Numbers are little-endian and count the frames of the file. One commit is one frame, and it is synced before the next
//! one is written: a crash tears the last frame and no other. The tail that it leaves is cut off when the file is opened; a
//! bad frame with a good one behind it, or with more behind it than a frame has, is damage and refused. When a file has
//! grown to a multiple of what is in force, it is replaced by a new one, with another lineage, that holds just this.
//!
//! # Must not
//! Know what the payloads mean. Repair damage: what is lost there was promised to somebody.
//!
//! # Invariants
//! - When [`Journal::append`] returns, the payload is on disk. When it fails, it is unknown whether it is, and nothing more
//!   is written by this process.
//! - What [`Journal::open`] tells is on disk too, whoever wrote it.
//! - The file is locked for as long as it is open, and readable by its owner only.
//!
//! # What is not noticed
//! A file replaced by an old copy of itself. A ledger learns from the chain what was redeemed since; a purse could sign a
//! sequence again: never copy a purse's journal back.

mod disk;

pub use disk::{Disk, FileDisk, MemoryDisk};

use codec::{Decode, Encode};
use plexus_primitives::AgentId;
use rand_core::{OsRng, RngCore};
use sp_core::crypto::AccountId32;
use std::{io, ops::RangeInclusive};

const MAGIC: [u8; 16] = *b"plexus-payments\0";

/// The format that is written. Since 2 there are claims; before, everything was as it is now.
const VERSION: u8 = 2;
/// The oldest that is read.
const VERSION_MIN: u8 = 1;

/// The longest payload: some thousand receipts with their vouchers, far more than one commit has.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

/// The longest file that is read: fifteen times what a full ledger has in force.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// A file is rewritten when it has grown to four times what was in force when it was written last, and to this at least:
/// rewriting costs a quarter of what was written since.
const COMPACT_BYTES_MIN: u64 = 4 << 20;
const COMPACT_FACTOR: u64 = 4;

const CHECKSUM_BYTES: usize = 16;
const FRAME_HEAD_BYTES: usize = 8 + 4 + CHECKSUM_BYTES;
/// As many as fit behind a bad frame before that alone is damage.
const FRAMES_BEHIND_MAX: u64 = (FRAME_BYTES_MAX / FRAME_HEAD_BYTES) as u64 + 1;
const HASH_BYTES: usize = 32;

/// Whose journal it is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Identity {
	/// The hash of the chain's block 0.
	pub genesis: [u8; 32],
	/// Who keeps it.
	pub owner: Owner,
}

/// Who keeps a journal.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Owner {
	/// The account whose key signs vouchers.
	Signer(AccountId32),
	/// The agent that is paid.
	Server(AgentId),
}

impl std::fmt::Display for Owner {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		match self {
			Self::Signer(account) => write!(f, "signer 0x{}", hex::encode(account)),
			Self::Server(agent) => write!(f, "server {}", agent.0),
		}
	}
}

/// Why a journal cannot be used. Each text tells the way out behind the semicolon.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
	/// Another process has it open.
	#[error("another process works with the journal; stop it first: two would sign or submit the same thing twice")]
	InUse,
	/// Written for another chain or by somebody else.
	#[error(
		"the journal is of {} on the chain 0x{}; give the file of this one, or a new name",
		.0.owner, hex::encode(.0.genesis)
	)]
	OfAnother(Box<Identity>),
	/// Something else.
	#[error("the file is no journal of payments; give another name, it is left as it is")]
	NotAJournal,
	/// By a later program.
	#[error("the journal has format {0}, this program reads {VERSION_MIN} to {VERSION}; use the program that wrote it")]
	Version(u8),
	/// A frame that was synced is damaged.
	#[error(
		"the journal is damaged at byte {0}, and whole behind it; restore the disk or, if that cannot be, put the file \
		 aside: what it promised is then known to the other side and the chain alone"
	)]
	Damaged(u64),
	/// Longer than what is ever written.
	#[error("the journal has more than {FILE_BYTES_MAX} bytes; it is no file of this program")]
	TooLong,
	/// Frames that this program did not write in this order.
	#[error("the journal contradicts itself: {0}; it was changed by hand, put it aside")]
	Inconsistent(&'static str),
	/// One commit is too large.
	#[error("{0} bytes are too many for one commit; send less at once")]
	FrameTooLong(usize),
	/// An earlier write failed.
	#[error("an earlier write of the journal failed; free space or mend the disk, then start again")]
	Failed,
	/// The disk.
	#[error(
		"the journal cannot be read or written: {0}; free space, or check that this user may write there"
	)]
	Io(#[from] io::Error),
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
	disk: Box<dyn Disk>,
	identity: Identity,
	/// The format of the file as it is.
	version: u8,
	/// Of the header: what checksums begin with.
	head_hash: [u8; HASH_BYTES],
	next_number: u64,
	length: u64,
	/// The file's length when it was written anew.
	compacted_length: u64,
	failed: bool,
}

impl Journal {
	/// Opens a journal, or begins one where there is nothing yet; with the payloads of all whole frames.
	///
	/// # Errors
	/// It belongs to somebody else, is damaged, or cannot be read.
	pub fn open(mut disk: Box<dyn Disk>, identity: Identity) -> Result<(Self, Vec<Vec<u8>>), JournalError> {
		let bytes = disk.read(FILE_BYTES_MAX + 1)?;
		if bytes.len() as u64 > FILE_BYTES_MAX {
			return Err(JournalError::TooLong);
		}
		let mut journal = Self {
			disk,
			identity,
			version: VERSION,
			head_hash: [0; HASH_BYTES],
			next_number: 0,
			length: 0,
			compacted_length: 0,
			failed: false,
		};
		if bytes.is_empty() {
			journal.rewrite(Vec::new())?;
			return Ok((journal, Vec::new()));
		}
		let payloads = journal.load(&bytes)?;
		// A process that was killed may have written the last of them, and not synced it any more: what is told from here on
		// must not be gone after a failure of the power.
		journal.disk.sync()?;
		Ok((journal, payloads))
	}

	/// Begins a journal in an older format, as programs of that time did.
	#[cfg(test)]
	pub(crate) fn open_as(
		version: u8,
		disk: Box<dyn Disk>,
		identity: Identity,
	) -> Result<(Self, Vec<Vec<u8>>), JournalError> {
		let (mut journal, payloads) = Self::open(disk, identity)?;
		let mut bytes = header(version, &journal.identity, [0; 16]);
		journal.head_hash = *blake3::hash(&bytes).as_bytes();
		for (number, payload) in payloads.iter().enumerate() {
			bytes.extend(journal.frame(number as u64, payload)?);
		}
		journal.disk.replace(&bytes)?;
		(journal.version, journal.length) = (version, bytes.len() as u64);
		Ok((journal, payloads))
	}

	/// Whose it is.
	pub fn identity(&self) -> &Identity {
		&self.identity
	}

	/// Writes a payload; it is on disk when this returns.
	///
	/// # Errors
	/// It is too long, or the disk fails; after the latter every call fails.
	pub fn append(&mut self, payload: &[u8]) -> Result<(), JournalError> {
		let frame = self.frame(self.next_number, payload)?;
		self.ensure_sound()?;
		let written = self.disk.append(&frame).and_then(|()| self.disk.sync());
		self.failed = written.is_err();
		written?;
		self.next_number += 1;
		self.length += frame.len() as u64;
		Ok(())
	}

	/// Whether so much of the file is out of date that [`Self::rewrite`] is worth while.
	pub fn is_long(&self) -> bool {
		let worth = COMPACT_BYTES_MIN.max(self.compacted_length.saturating_mul(COMPACT_FACTOR));
		self.length > worth.min(FILE_BYTES_MAX / 2)
	}

	/// Whether the file has an older format. [`Self::rewrite`] raises it, which is to be done before anything is written that
	/// programs of that format do not know.
	pub fn is_of_older_format(&self) -> bool {
		self.version < VERSION
	}

	/// Replaces everything by these payloads; after a crash the old file or the new one is there.
	///
	/// # Errors
	/// As [`Self::append`].
	pub fn rewrite(&mut self, payloads: Vec<Vec<u8>>) -> Result<(), JournalError> {
		self.ensure_sound()?;
		// Until all of it is done.
		self.failed = true;
		let mut lineage = [0; 16];
		OsRng.fill_bytes(&mut lineage);
		let mut bytes = header(VERSION, &self.identity, lineage);
		self.head_hash = *blake3::hash(&bytes).as_bytes();
		for (number, payload) in payloads.iter().enumerate() {
			bytes.extend(self.frame(number as u64, payload)?);
		}
		self.disk.replace(&bytes)?;
		self.failed = false;
		self.version = VERSION;
		self.next_number = payloads.len() as u64;
		self.length = bytes.len() as u64;
		self.compacted_length = self.length;
		Ok(())
	}

	fn ensure_sound(&self) -> Result<(), JournalError> {
		if self.failed {
			return Err(JournalError::Failed);
		}
		Ok(())
	}

	/// Reads the frames, and cuts off a torn one.
	fn load(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, JournalError> {
		let start = self.load_header(bytes)?;
		let (mut at, mut payloads) = (start, Vec::new());
		while at < bytes.len() {
			let Some(payload) = self.parse(&bytes[at..], self.next_number..=self.next_number) else {
				self.ensure_torn(&bytes[at..], at)?;
				self.disk.truncate(at as u64)?;
				break;
			};
			payloads.push(payload.to_vec());
			at += FRAME_HEAD_BYTES + payload.len();
			self.next_number += 1;
		}
		self.length = at as u64;
		// Not known any more; the file is rewritten a little early or late.
		self.compacted_length = start as u64;
		Ok(payloads)
	}

	fn load_header(&mut self, bytes: &[u8]) -> Result<usize, JournalError> {
		let rest = bytes.strip_prefix(&MAGIC[..]).ok_or(JournalError::NotAJournal)?;
		let (version, rest) = rest.split_first().ok_or(JournalError::NotAJournal)?;
		if !(VERSION_MIN..=VERSION).contains(version) {
			return Err(JournalError::Version(*version));
		}
		let mut rest_after = rest;
		let (identity, lineage) = <(Identity, [u8; 16])>::decode(&mut rest_after)
			.map_err(|_| JournalError::Damaged((MAGIC.len() + 1) as u64))?;
		let head = header(*version, &identity, lineage);
		if !bytes.starts_with(&head) {
			return Err(JournalError::Damaged(head.len() as u64));
		}
		if identity != self.identity {
			return Err(JournalError::OfAnother(Box::new(identity)));
		}
		self.head_hash = *blake3::hash(&head).as_bytes();
		self.version = *version;
		Ok(head.len())
	}

	/// The payload of the frame at the beginning of `bytes`, if there is one with such a number.
	fn parse<'a>(&self, bytes: &'a [u8], numbers: RangeInclusive<u64>) -> Option<&'a [u8]> {
		let (number, rest) = bytes.split_first_chunk::<8>()?;
		let number = u64::from_le_bytes(*number);
		if !numbers.contains(&number) {
			return None;
		}
		let (length, rest) = rest.split_first_chunk::<4>()?;
		let (sum, rest) = rest.split_first_chunk::<CHECKSUM_BYTES>()?;
		let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|n| *n <= FRAME_BYTES_MAX)?;
		let payload = rest.get(..length)?;
		(self.checksum(number, payload) == *sum).then_some(payload)
	}

	/// A bad frame is what a crash left if nothing whole is behind it, and not more than a frame has.
	fn ensure_torn(&self, rest: &[u8], at: usize) -> Result<(), JournalError> {
		let too_long = rest.len() > FRAME_HEAD_BYTES + FRAME_BYTES_MAX;
		let behind = self.next_number + 1..=self.next_number + FRAMES_BEHIND_MAX;
		if too_long || (1..rest.len()).any(|from| self.parse(&rest[from..], behind.clone()).is_some()) {
			return Err(JournalError::Damaged(at as u64));
		}
		Ok(())
	}

	fn frame(&self, number: u64, payload: &[u8]) -> Result<Vec<u8>, JournalError> {
		if payload.len() > FRAME_BYTES_MAX {
			return Err(JournalError::FrameTooLong(payload.len()));
		}
		let mut frame = Vec::with_capacity(FRAME_HEAD_BYTES + payload.len());
		frame.extend_from_slice(&number.to_le_bytes());
		frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
		frame.extend_from_slice(&self.checksum(number, payload));
		frame.extend_from_slice(payload);
		Ok(frame)
	}

	fn checksum(&self, number: u64, payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
		let mut hasher = blake3::Hasher::new();
		hasher.update(&self.head_hash).update(&number.to_le_bytes());
		hasher.update(&(payload.len() as u32).to_le_bytes()).update(payload);
		let mut sum = [0; CHECKSUM_BYTES];
		hasher.finalize_xof().fill(&mut sum);
		sum
	}
}

/// The beginning of a file. Its lineage is random, so that nobody writes a frame into what is journalled.
fn header(version: u8, identity: &Identity, lineage: [u8; 16]) -> Vec<u8> {
	let mut bytes = MAGIC.to_vec();
	bytes.push(version);
	(identity, lineage).encode_to(&mut bytes);
	let hash = blake3::hash(&bytes);
	bytes.extend_from_slice(hash.as_bytes());
	bytes
}

/// Joins encoded records into payloads that each fit a frame.
pub(crate) fn payloads(records: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
	let mut payloads: Vec<Vec<u8>> = Vec::new();
	for record in records {
		match payloads.last_mut().filter(|last| last.len() + record.len() <= FRAME_BYTES_MAX) {
			Some(last) => last.extend(record),
			None => payloads.push(record),
		}
	}
	payloads
}

/// The records of all payloads, in order.
pub(crate) fn records<Record: Decode>(payloads: &[Vec<u8>]) -> Result<Vec<Record>, JournalError> {
	let mut records = Vec::new();
	for payload in payloads {
		let mut rest = &payload[..];
		while !rest.is_empty() {
			let record = Record::decode(&mut rest);
			records.push(record.map_err(|_| JournalError::Inconsistent("a record cannot be read"))?);
		}
	}
	Ok(records)
}
