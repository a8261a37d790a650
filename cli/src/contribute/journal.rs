//! The journal: which commitments a run has made, and with which salts, so that a run that was killed goes on.
//!
//! One line of JSON for each fact. The first names format, chain, account, datanet and directory; the others are batches,
//! each written and synced before its commitment is sent, the blocks of commitments, and the ends of batches:
//!
//! ```text
//! {"format":2,"genesis":"0x…","account":"5…","datanet":0,"directory":"/data"}
//! {"batch":{"salt":"0x…","commitment":"0x…","at":7,"until":70,"files":[{"path":"a.txt","root":"0x…"},…]}}
//! {"included":{"salt":"0x…","block":9}}                                 where a batch's commitment was seen
//! {"done":"0x…"}                                                        the salt of a batch
//! ```
//!
//! The commitment is there for people: `plexus tx datanet clear-commitment` takes it.
//!
//! # Must not
//! Say what is registered: the chain is asked for that. Be readable for others: a salt lets roots be guessed.
//!
//! # Invariants
//! - A batch is on disk before its commitment leaves this machine, so that no commitment is ever without its salt here.
//! - One process at a time: the file is locked.
//! - A line that a crash cut off is the last one, and the batch in it was never committed to: it is dropped.
//! - What does not begin as this run's journal does is somebody else's file, and stays as it is.

use crate::{
	address::parse_hex32,
	failure::Failure,
	journal::{Kind, Lines},
	output::hex,
	submit,
};
use serde::{Deserialize, Serialize};
use std::{fmt, path::Path};

/// The format that is written, and the only one that is read.
const FORMAT: u32 = 2;

static KIND: Kind = Kind {
	// A batch of 256 files with long paths is far below.
	line_bytes_max: 4 << 20,
	not_one: "it is no journal of this run",
	remedy:
		"give another file with --journal; what the chain has is found again, only deposits of commitments \
	         stay on hold until they are cleared",
};

/// The most batches that are read. Each run leaves at most as many as it had in flight.
const BATCHES_MAX: usize = 4_096;

/// To whom a journal belongs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
	format: u32,
	genesis: String,
	account: String,
	datanet: u32,
	/// Without links; what is no UTF-8 in it is replaced.
	directory: String,
}

impl Head {
	/// A journal of this program. The directory is the one that batches' paths begin at, without links.
	pub(super) fn new(genesis: &[u8; 32], account: String, datanet: u32, directory: &Path) -> Self {
		let directory = directory.to_string_lossy().into_owned();
		Self { format: FORMAT, genesis: hex(genesis), account, datanet, directory }
	}
}

impl fmt::Display for Head {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { format, genesis, account, datanet, directory } = self;
		write!(
			f,
			"format {format}, chain {genesis}, account {account}, datanet {datanet} and directory {directory}"
		)
	}
}

/// A file of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JournalFile {
	/// From the directory on.
	pub(super) path: String,
	root: String,
}

/// A batch as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JournalBatch {
	salt: String,
	commitment: String,
	/// The head's number before the commitment left: a node that is not beyond it cannot know of it. Not in lines of programs
	/// that did not ask for it.
	#[serde(default)]
	pub(super) at: u64,
	/// The last block that can have the commitment. Where `at` is not, this is not either.
	#[serde(default)]
	pub(super) until: u64,
	/// In the order of the commitment.
	pub(super) files: Vec<JournalFile>,
	/// The block in which the commitment was seen, from a line of its own: a node that is not there yet cannot know of it.
	#[serde(skip)]
	pub(super) included: Option<u64>,
}

impl JournalBatch {
	/// A batch that is to be committed to by what is signed at this block.
	pub(super) fn new<'a>(
		salt: &[u8; 32],
		commitment: &[u8; 32],
		at: u64,
		files: impl Iterator<Item = (&'a str, [u8; 32])>,
	) -> Self {
		let files = files.map(|(path, root)| JournalFile { path: path.to_string(), root: hex(root) });
		Self {
			salt: hex(salt),
			commitment: hex(commitment),
			at,
			until: submit::last_block(at),
			files: files.collect(),
			included: None,
		}
	}

	/// Salt and roots; nothing if they are none, which the journal never writes.
	pub(super) fn committed(&self) -> Option<([u8; 32], Vec<[u8; 32]>)> {
		let roots = self.files.iter().map(|file| parse_hex32(&file.root)).collect::<Option<Vec<_>>>()?;
		Some((parse_hex32(&self.salt)?, roots))
	}
}

/// Where a batch's commitment was seen.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Included {
	salt: String,
	block: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
	Batch(JournalBatch),
	Included(Included),
	Done(String),
}

/// An open journal.
pub(super) struct Journal {
	lines: Lines,
}

impl Journal {
	/// Opens the journal of this run or makes a new one, and gives the batches that did not end.
	///
	/// # Errors
	/// The file cannot be used or is no journal, another process uses it, or it belongs to another chain, account, datanet or
	/// directory.
	pub(super) fn open(path: &Path, head: &Head) -> Result<(Self, Vec<JournalBatch>), Failure> {
		let mut batches = Vec::<JournalBatch>::new();
		let lines = Lines::open(path, &KIND, head, |line: Line| {
			match line {
				Line::Batch(batch) if batches.len() < BATCHES_MAX => batches.push(batch),
				Line::Batch(_) => return Err("it holds too many batches"),
				Line::Included(Included { salt, block }) => {
					let of = batches.iter_mut().filter(|batch| batch.salt == salt);
					of.for_each(|batch| batch.included = Some(block));
				}
				Line::Done(salt) => batches.retain(|batch| batch.salt != salt),
			}
			Ok(())
		})?;
		Ok((Self { lines }, batches))
	}

	/// Writes a batch and waits until it is on disk.
	///
	/// # Errors
	/// It cannot be written: then it must not be committed to.
	pub(super) fn begin(&mut self, batch: JournalBatch) -> Result<(), Failure> {
		self.lines.append_synced(&Line::Batch(batch))
	}

	/// Notes in which block the commitment of the batch with this salt was seen. Not synced: without it, it counts as on its
	/// way for as long as it can be.
	///
	/// # Errors
	/// It cannot be written.
	pub(super) fn include(&mut self, salt: &[u8; 32], block: u64) -> Result<(), Failure> {
		self.lines.append(&Line::Included(Included { salt: hex(salt), block }))
	}

	/// Notes that nothing is left to do for the batch with this salt. Not synced: without it, the chain is asked.
	///
	/// # Errors
	/// It cannot be written.
	pub(super) fn end(&mut self, salt: &[u8; 32]) -> Result<(), Failure> {
		self.lines.append(&Line::Done(hex(salt)))
	}

	/// Removes the journal of a run that left nothing open.
	///
	/// # Errors
	/// The file cannot be removed.
	pub(super) fn remove(self) -> Result<(), Failure> {
		self.lines.remove()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::os::unix::fs::PermissionsExt;

	fn head(datanet: u32) -> Head {
		Head::new(&[1; 32], "account".into(), datanet, Path::new("/data"))
	}

	fn batch(byte: u8) -> JournalBatch {
		let files = [("a b/c.txt", [byte; 32]), ("d", [9; 32])];
		JournalBatch::new(&[byte; 32], &[7; 32], 7, files.into_iter())
	}

	#[test]
	fn what_did_not_end_is_read_again_with_its_salt_and_order() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("new/journal");
		let (mut journal, none) = Journal::open(&path, &head(0)).unwrap();
		assert!(none.is_empty());
		for byte in 1..4 {
			journal.begin(batch(byte)).unwrap();
		}
		journal.include(&[2; 32], 8).unwrap();
		journal.include(&[3; 32], 9).unwrap();
		journal.end(&[2; 32]).unwrap();
		drop(journal);
		assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		let (journal, left) = Journal::open(&path, &head(0)).unwrap();
		assert_eq!(left, [batch(1), JournalBatch { included: Some(9), ..batch(3) }]);
		assert_eq!(left[1].committed(), Some(([3; 32], vec![[3; 32], [9; 32]])));
		journal.remove().unwrap();
		assert!(!path.exists());
	}

	#[test]
	fn the_file_is_as_it_is_documented() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		let (mut journal, _) = Journal::open(&path, &head(0)).unwrap();
		journal.begin(batch(1)).unwrap();
		journal.include(&[1; 32], 9).unwrap();
		journal.end(&[1; 32]).unwrap();
		let (one, seven, nine) = ("01".repeat(32), "07".repeat(32), "09".repeat(32));
		let files = format!(r#"{{"path":"a b/c.txt","root":"0x{one}"}},{{"path":"d","root":"0x{nine}"}}"#);
		let head = r#""account":"account","datanet":0,"directory":"/data""#;
		let batch = format!(r#""salt":"0x{one}","commitment":"0x{seven}""#);
		let lines = [
			format!(r#"{{"format":2,"genesis":"0x{one}",{head}}}"#),
			format!(r#"{{"batch":{{{batch},"at":7,"until":70,"files":[{files}]}}}}"#),
			format!(r#"{{"included":{{"salt":"0x{one}","block":9}}}}"#),
			format!(r#"{{"done":"0x{one}"}}"#),
		];
		assert_eq!(std::fs::read_to_string(&path).unwrap(), lines.join("\n") + "\n");
	}

	#[test]
	fn a_line_that_does_not_say_when_it_was_written_is_read() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		Journal::open(&path, &head(0)).unwrap().0.begin(batch(1)).unwrap();
		let text = std::fs::read_to_string(&path).unwrap().replace(",\"at\":7,\"until\":70", "");
		std::fs::write(&path, text).unwrap();
		assert_eq!(Journal::open(&path, &head(0)).unwrap().1, [JournalBatch { at: 0, until: 0, ..batch(1) }]);
	}

	#[test]
	fn a_line_cut_off_at_any_byte_is_dropped_and_the_next_one_stands_alone() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		let (mut journal, _) = Journal::open(&path, &head(0)).unwrap();
		journal.begin(batch(1)).unwrap();
		drop(journal);
		let first = std::fs::read(&path).unwrap();
		let mut second = first.clone();
		second.extend(serde_json::to_vec(&Line::Batch(batch(2))).unwrap());
		for end in first.len()..second.len() {
			std::fs::write(&path, &second[..end]).unwrap();
			let (mut journal, left) = Journal::open(&path, &head(0)).unwrap();
			assert_eq!(left, [batch(1)], "{end}");
			journal.begin(batch(3)).unwrap();
			drop(journal);
			assert_eq!(Journal::open(&path, &head(0)).unwrap().1, [batch(1), batch(3)], "{end}");
		}
	}

	#[test]
	fn a_journal_of_another_run_or_in_use_is_refused() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		let (held, _) = Journal::open(&path, &head(0)).unwrap();
		assert_eq!(Journal::open(&path, &head(0)).err().unwrap().name, "JournalInUse");
		drop(held);
		assert_eq!(Journal::open(&path, &head(1)).err().unwrap().name, "JournalOfAnother");
		let elsewhere = Head::new(&[1; 32], "account".into(), 0, Path::new("/other"));
		assert_eq!(Journal::open(&path, &elsewhere).err().unwrap().name, "JournalOfAnother");
	}

	#[test]
	fn what_is_not_ours_stays_as_it_is_and_a_head_that_was_cut_off_is_written_anew() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		drop(Journal::open(&path, &head(0)).unwrap());
		let whole = std::fs::read(&path).unwrap();
		let another = [&whole[..whole.len() - 3], b"9"].concat();
		for other in [&b"something else\n"[..], b"a key without a line feed", b"[", b"\0", &another[..]] {
			std::fs::write(&path, other).unwrap();
			assert_eq!(Journal::open(&path, &head(0)).err().unwrap().name, "JournalUnusable");
			assert_eq!(std::fs::read(&path).unwrap(), other);
		}
		for end in 0..whole.len() {
			std::fs::write(&path, &whole[..end]).unwrap();
			assert!(Journal::open(&path, &head(0)).unwrap().1.is_empty(), "{end}");
			assert_eq!(std::fs::read(&path).unwrap(), whole, "{end}");
		}
	}
}
