//! The journal: which commitments a run has made, and with which salts, so that a run that was killed goes on.
//!
//! One line of JSON for each fact. The first names format, chain, account, datanet and directory; the others are batches,
//! each written and synced before its commitment is sent, and the ends of batches:
//!
//! ```text
//! {"format":2,"genesis":"0x…","account":"5…","datanet":0,"directory":"/data"}
//! {"batch":{"salt":"0x…","commitment":"0x…","files":[{"path":"a.txt","root":"0x…"},…]}}
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
	failure::{Failure, FailureKind},
	output::hex,
};
use serde::{Deserialize, Serialize};
use std::{
	fs::{File, OpenOptions, TryLockError},
	io::{BufRead, BufReader, Seek, SeekFrom, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};

/// The format that is written, and the only one that is read.
const FORMAT: u32 = 2;

/// The longest line that is read: a batch of 256 files with long paths is far below.
const LINE_BYTES_MAX: u64 = 4 << 20;

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
	/// In the order of the commitment.
	pub(super) files: Vec<JournalFile>,
}

impl JournalBatch {
	/// A batch that is to be committed to.
	pub(super) fn new<'a>(
		salt: &[u8; 32],
		commitment: &[u8; 32],
		files: impl Iterator<Item = (&'a str, [u8; 32])>,
	) -> Self {
		let files = files.map(|(path, root)| JournalFile { path: path.to_string(), root: hex(root) });
		Self { salt: hex(salt), commitment: hex(commitment), files: files.collect() }
	}

	/// Salt and roots; nothing if they are none, which the journal never writes.
	pub(super) fn committed(&self) -> Option<([u8; 32], Vec<[u8; 32]>)> {
		let roots = self.files.iter().map(|file| parse_hex32(&file.root)).collect::<Option<Vec<_>>>()?;
		Some((parse_hex32(&self.salt)?, roots))
	}
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
	Batch(JournalBatch),
	Done(String),
}

/// An open journal.
pub(super) struct Journal {
	path: PathBuf,
	file: File,
}

impl Journal {
	/// Opens the journal of this run or makes a new one, and gives the batches that did not end.
	///
	/// # Errors
	/// The file cannot be used or is no journal, another process uses it, or it belongs to another chain, account, datanet or
	/// directory.
	pub(super) fn open(path: &Path, head: &Head) -> Result<(Self, Vec<JournalBatch>), Failure> {
		let failed = |error: std::io::Error| unusable(path, &error.to_string());
		if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
			std::fs::create_dir_all(parent).map_err(failed)?;
		}
		let mut options = OpenOptions::new();
		options.read(true).write(true).create(true).truncate(false).mode(0o600);
		let mut file = options.open(path).map_err(failed)?;
		match file.try_lock() {
			Ok(()) => {}
			Err(TryLockError::WouldBlock) => return Err(in_use(path)),
			Err(TryLockError::Error(error)) => return Err(failed(error)),
		}
		let (batches, whole) = read(path, &file, head)?;
		// What a crash cut off goes, so that the next line begins at its place.
		file.set_len(whole).map_err(failed)?;
		file.seek(SeekFrom::End(0)).map_err(failed)?;
		let mut journal = Self { path: path.to_path_buf(), file };
		if whole == 0 {
			journal.append(head, true)?;
			sync_directory(path).map_err(failed)?;
		}
		Ok((journal, batches))
	}

	/// Writes a batch and waits until it is on disk.
	///
	/// # Errors
	/// It cannot be written: then it must not be committed to.
	pub(super) fn begin(&mut self, batch: JournalBatch) -> Result<(), Failure> {
		self.append(&Line::Batch(batch), true)
	}

	/// Notes that nothing is left to do for the batch with this salt. Not synced: without it, the chain is asked.
	///
	/// # Errors
	/// It cannot be written.
	pub(super) fn end(&mut self, salt: &[u8; 32]) -> Result<(), Failure> {
		self.append(&Line::Done(hex(salt)), false)
	}

	/// Removes the journal of a run that left nothing open.
	///
	/// # Errors
	/// The file cannot be removed.
	pub(super) fn remove(self) -> Result<(), Failure> {
		std::fs::remove_file(&self.path).map_err(|error| unusable(&self.path, &error.to_string()))
	}

	fn append(&mut self, line: &impl Serialize, sync: bool) -> Result<(), Failure> {
		let bytes = written(line);
		let written =
			self.file.write_all(&bytes).and_then(|()| if sync { self.file.sync_data() } else { Ok(()) });
		written.map_err(|error| unusable(&self.path, &error.to_string()))
	}
}

/// A line as it is in the file.
fn written(line: &impl Serialize) -> Vec<u8> {
	let mut bytes =
		serde_json::to_vec(line).expect("lines serialise because they hold texts and numbers only");
	bytes.push(b'\n');
	bytes
}

/// The batches that did not end, and how many bytes of the file are whole lines.
fn read(path: &Path, file: &File, head: &Head) -> Result<(Vec<JournalBatch>, u64), Failure> {
	let mut reader = BufReader::new(file);
	let (mut batches, mut whole) = (Vec::<JournalBatch>::new(), 0u64);
	loop {
		let mut line = Vec::new();
		let mut bounded = std::io::Read::take(&mut reader, LINE_BYTES_MAX);
		bounded.read_until(b'\n', &mut line).map_err(|error| unusable(path, &error.to_string()))?;
		if line.last() != Some(&b'\n') {
			return if line.len() as u64 == LINE_BYTES_MAX {
				Err(unusable(path, "a line is too long"))
			} else if whole == 0 && !written(head).starts_with(&line) {
				Err(unusable(path, "it is no journal of this run"))
			} else {
				Ok((batches, whole))
			};
		}
		if whole == 0 {
			let found =
				serde_json::from_slice::<Head>(&line).map_err(|error| unusable(path, &error.to_string()))?;
			if found != *head {
				return Err(of_another_run(path, &found));
			}
		} else {
			match serde_json::from_slice(&line).map_err(|error| unusable(path, &error.to_string()))? {
				Line::Batch(batch) if batches.len() < BATCHES_MAX => batches.push(batch),
				Line::Batch(_) => return Err(unusable(path, "it holds too many batches")),
				Line::Done(salt) => batches.retain(|batch| batch.salt != salt),
			}
		}
		whole += line.len() as u64;
	}
}

/// A new file's name is on disk only with its directory.
fn sync_directory(path: &Path) -> std::io::Result<()> {
	match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
		Some(parent) => File::open(parent)?.sync_all(),
		None => File::open(".")?.sync_all(),
	}
}

fn unusable(path: &Path, cause: &str) -> Failure {
	Failure::input(
		"JournalUnusable",
		format!("{}: {cause}", path.display()),
		"give another file with --journal; what the chain has is found again, only deposits of commitments stay on hold \
		 until they are cleared",
	)
}

fn in_use(path: &Path) -> Failure {
	Failure::new(
		FailureKind::Refused,
		"JournalInUse",
		format!("another process works with {}", path.display()),
		"wait until it is done; two runs at once would use the same nonces",
	)
}

fn of_another_run(path: &Path, found: &Head) -> Failure {
	Failure::input(
		"JournalOfAnother",
		format!(
			"{} is of format {}, chain {}, account {}, datanet {} and directory {}",
			path.display(),
			found.format,
			found.genesis,
			found.account,
			found.datanet,
			found.directory
		),
		"give another file with --journal",
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::os::unix::fs::PermissionsExt;

	fn head(datanet: u32) -> Head {
		Head::new(&[1; 32], "account".into(), datanet, Path::new("/data"))
	}

	fn batch(byte: u8) -> JournalBatch {
		JournalBatch::new(&[byte; 32], &[7; 32], [("a b/c.txt", [byte; 32]), ("d", [9; 32])].into_iter())
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
		journal.end(&[2; 32]).unwrap();
		drop(journal);
		assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		let (journal, left) = Journal::open(&path, &head(0)).unwrap();
		assert_eq!(left, [batch(1), batch(3)]);
		assert_eq!(left[1].committed(), Some(([3; 32], vec![[3; 32], [9; 32]])));
		journal.remove().unwrap();
		assert!(!path.exists());
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
		let whole = written(&head(0));
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
