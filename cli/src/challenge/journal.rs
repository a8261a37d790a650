//! The journal of challenges: what an account committed to, to the last byte and with the salt.
//!
//! One line of JSON for each fact. The first names format, chain and account:
//!
//! ```text
//! {"format":1,"genesis":"0x…","account":"5…"}
//! {"committed":{"hash":"0x…","salt":"0x…","batch":7,"finding":"mismatch","challenge":"0x…"}}    before the commitment leaves
//! {"refused":"0x…"}                              what was revealed did not hold: the deposit can only be cleared
//! {"done":"0x…"}                                 the hash of a commitment
//! ```
//!
//! # Must not
//! Say what became of a commitment: the chain is asked for that. Be readable for others: whoever has salt and challenge can
//! tell what a commitment is about.
//!
//! # Invariants
//! - A commitment is on disk before it leaves this machine: without its salt it cannot be revealed, and its deposit burns.
//! - One process at a time: the file is locked.
//! - A line that a crash cut off is the last one, and what is in it was never sent: it is dropped.
//! - Bounded: a journal in which nothing is open is cut to its first line when it is opened.

use crate::{
	address::parse_hex32,
	failure::{Failure, FailureKind},
	output::hex,
};
use codec::{DecodeAll, Encode};
use plexus_primitives::{challenge::Challenge, BatchId};
use serde::{Deserialize, Serialize};
use std::{
	fs::{File, OpenOptions, TryLockError},
	io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};

const FORMAT: u32 = 1;

/// The longest line: two slices of 64 KiB in hexadecimal digits are far below.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// The most commitments that are open at once: each has a deposit on hold.
pub(crate) const OPEN_MAX: usize = 1_024;

/// To whom a journal belongs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
	format: u32,
	genesis: String,
	account: String,
}

/// A commitment as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
	hash: String,
	salt: String,
	batch: u64,
	finding: String,
	challenge: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
	Committed(Written),
	Refused(String),
	Done(String),
}

/// Something that was committed to, or is about to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Play {
	pub(crate) hash: [u8; 32],
	pub(crate) salt: [u8; 32],
	pub(crate) batch: BatchId,
	/// The finding's name.
	pub(crate) finding: String,
	pub(crate) challenge: Challenge,
	/// Whether it was revealed and did not hold.
	pub(crate) refused: bool,
}

impl From<&Play> for Written {
	fn from(play: &Play) -> Self {
		Self {
			hash: hex(play.hash),
			salt: hex(play.salt),
			batch: play.batch.0,
			finding: play.finding.clone(),
			challenge: hex(play.challenge.encode()),
		}
	}
}

impl Written {
	/// Nothing if it is none, which the journal never writes.
	fn read(self) -> Option<Play> {
		let bytes = hex::decode(self.challenge.trim_start_matches("0x")).ok()?;
		Some(Play {
			hash: parse_hex32(&self.hash)?,
			salt: parse_hex32(&self.salt)?,
			batch: BatchId(self.batch),
			finding: self.finding,
			challenge: Challenge::decode_all(&mut &bytes[..]).ok()?,
			refused: false,
		})
	}
}

/// An open journal.
pub(crate) struct Journal {
	path: PathBuf,
	file: File,
	open: Vec<Play>,
}

impl Journal {
	/// Opens the journal of an account on a chain, or makes a new one.
	///
	/// # Errors
	/// The file cannot be used or is no journal, another process uses it, or it belongs to another chain or account.
	pub(crate) fn open(path: &Path, genesis: &[u8; 32], account: String) -> Result<Self, Failure> {
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
		let head = Head { format: FORMAT, genesis: hex(genesis), account };
		let Kept { open, head_bytes, whole } = read(path, &file, &head)?;
		// What a crash cut off goes, so that the next line begins at its place; and what nobody needs.
		let kept = if open.is_empty() { head_bytes } else { whole };
		file.set_len(kept).map_err(failed)?;
		file.seek(SeekFrom::End(0)).map_err(failed)?;
		let mut journal = Self { path: path.to_path_buf(), file, open };
		if kept == 0 {
			journal.append(&head)?;
			sync_directory(path).map_err(failed)?;
		}
		Ok(journal)
	}

	/// What did not end.
	pub(crate) fn plays(&self) -> &[Play] {
		&self.open
	}

	/// Writes what is about to be committed to, and waits until it is on disk.
	///
	/// # Errors
	/// It cannot be written: then it must not be committed to.
	pub(crate) fn begin(&mut self, play: Play) -> Result<(), Failure> {
		if self.open.len() >= OPEN_MAX {
			return Err(unusable(&self.path, "it holds too many commitments that did not end"));
		}
		self.append(&Line::Committed(Written::from(&play)))?;
		self.open.push(play);
		Ok(())
	}

	/// Notes that what was revealed did not hold.
	///
	/// # Errors
	/// It cannot be written.
	pub(crate) fn refuse(&mut self, hash: &[u8; 32]) -> Result<(), Failure> {
		self.append(&Line::Refused(hex(hash)))?;
		self.open.iter_mut().filter(|play| play.hash == *hash).for_each(|play| play.refused = true);
		Ok(())
	}

	/// Notes that nothing is left to do for a commitment.
	///
	/// # Errors
	/// It cannot be written.
	pub(crate) fn end(&mut self, hash: &[u8; 32]) -> Result<(), Failure> {
		self.append(&Line::Done(hex(hash)))?;
		self.open.retain(|play| play.hash != *hash);
		Ok(())
	}

	fn append(&mut self, line: &impl Serialize) -> Result<(), Failure> {
		let bytes = written(line);
		let written = self.file.write_all(&bytes).and_then(|()| self.file.sync_data());
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

/// What a journal holds.
struct Kept {
	open: Vec<Play>,
	/// Of the first line.
	head_bytes: u64,
	/// Bytes of all whole lines.
	whole: u64,
}

fn read(path: &Path, file: &File, head: &Head) -> Result<Kept, Failure> {
	let mut reader = BufReader::new(file);
	let mut found = Kept { open: Vec::new(), head_bytes: 0, whole: 0 };
	loop {
		let mut line = Vec::new();
		let mut bounded = (&mut reader).take(LINE_BYTES_MAX);
		bounded.read_until(b'\n', &mut line).map_err(|error| unusable(path, &error.to_string()))?;
		if line.last() != Some(&b'\n') {
			return if line.len() as u64 == LINE_BYTES_MAX {
				Err(unusable(path, "a line is too long"))
			} else if found.whole == 0 && !written(head).starts_with(&line) {
				Err(unusable(path, "it is no journal of challenges"))
			} else {
				Ok(found)
			};
		}
		let wrong = |error: serde_json::Error| unusable(path, &error.to_string());
		if found.whole == 0 {
			let theirs = serde_json::from_slice::<Head>(&line).map_err(wrong)?;
			if theirs != *head {
				return Err(of_another(path, &theirs));
			}
			found.head_bytes = line.len() as u64;
		} else {
			match serde_json::from_slice(&line).map_err(wrong)? {
				Line::Committed(_) if found.open.len() >= OPEN_MAX => {
					return Err(unusable(path, "it holds too many commitments that did not end"))
				}
				Line::Committed(written) => {
					let play = written.read();
					found.open.push(play.ok_or_else(|| unusable(path, "a commitment cannot be read"))?);
				}
				Line::Refused(hash) => {
					let of_it = |play: &&mut Play| hex(play.hash) == hash;
					found.open.iter_mut().filter(of_it).for_each(|play| play.refused = true);
				}
				Line::Done(hash) => found.open.retain(|play| hex(play.hash) != hash),
			}
		}
		found.whole += line.len() as u64;
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
		"give another file with --journal; commitments whose salts are lost with this one burn their deposits",
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

fn of_another(path: &Path, found: &Head) -> Failure {
	let Head { format, genesis, account } = found;
	Failure::input(
		"JournalOfAnother",
		format!("{} is of format {format}, chain {genesis} and account {account}", path.display()),
		"give another file with --journal",
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::testing::receipt_of;
	use plexus_primitives::{challenge::ReceiptProof, ChannelId};
	use std::os::unix::fs::PermissionsExt;

	fn play(n: u8) -> Play {
		let receipt = receipt_of(b"prompt", b"output");
		let receipt = ReceiptProof { channel: ChannelId(1), sequence: 2, receipt, path: Default::default() };
		let challenge = Challenge::Unlawful { claim: n.into(), receipt };
		Play {
			hash: [n; 32],
			salt: [n; 32],
			batch: BatchId(7),
			finding: "mismatch".into(),
			challenge,
			refused: false,
		}
	}

	fn open(path: &Path) -> Result<Journal, Failure> {
		Journal::open(path, &[1; 32], "5Alice".into())
	}

	#[test]
	fn what_was_committed_to_is_there_after_a_kill_to_the_last_byte() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("state/journal");
		let mut journal = open(&path).unwrap();
		for n in 1..=3 {
			journal.begin(play(n)).unwrap();
		}
		journal.end(&[1; 32]).unwrap();
		journal.refuse(&[3; 32]).unwrap();
		drop(journal);
		let mode = std::fs::metadata(&path).unwrap().permissions().mode();
		assert_eq!(mode & 0o777, 0o600);
		let journal = open(&path).unwrap();
		assert_eq!(journal.plays(), [play(2), Play { refused: true, ..play(3) }]);
	}

	#[test]
	fn a_line_that_was_cut_off_is_dropped_wherever_it_was_cut() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		let mut journal = open(&path).unwrap();
		journal.begin(play(1)).unwrap();
		drop(journal);
		let whole = std::fs::read(&path).unwrap();
		let mut journal = open(&path).unwrap();
		journal.begin(play(2)).unwrap();
		drop(journal);
		let both = std::fs::read(&path).unwrap();
		for cut in (whole.len()..both.len()).step_by(7) {
			std::fs::write(&path, &both[..cut]).unwrap();
			let mut journal = open(&path).unwrap();
			assert_eq!(journal.plays(), [play(1)], "cut at {cut}");
			journal.begin(play(3)).unwrap();
			drop(journal);
			assert_eq!(open(&path).unwrap().plays(), [play(1), play(3)]);
		}
		for cut in 0..40 {
			std::fs::write(&path, &both[..cut]).unwrap();
			assert_eq!(open(&path).unwrap().plays(), [], "the first line was cut at {cut}");
		}
	}

	#[test]
	fn a_journal_in_which_nothing_is_open_becomes_short_again() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		drop(open(&path).unwrap());
		let empty = std::fs::read(&path).unwrap();
		let mut journal = open(&path).unwrap();
		for n in 0..20 {
			journal.begin(play(n)).unwrap();
			journal.end(&[n; 32]).unwrap();
		}
		drop(journal);
		assert!(std::fs::read(&path).unwrap().len() > empty.len());
		drop(open(&path).unwrap());
		assert_eq!(std::fs::read(&path).unwrap(), empty);
	}

	#[test]
	fn anothers_file_stays_as_it_is() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		let mut journal = open(&path).unwrap();
		journal.begin(play(1)).unwrap();
		assert_eq!(open(&path).err().expect("it is locked").name, "JournalInUse");
		drop(journal);
		let before = std::fs::read(&path).unwrap();
		let other = Journal::open(&path, &[2; 32], "5Alice".into()).err().expect("another chain");
		assert_eq!(other.name, "JournalOfAnother");
		let other = Journal::open(&path, &[1; 32], "5Bob".into()).err().expect("another account");
		assert_eq!(other.name, "JournalOfAnother");
		assert_eq!(std::fs::read(&path).unwrap(), before);
		for text in ["something else", "{\"format\":1}\n", "\n"] {
			std::fs::write(&path, text).unwrap();
			assert_eq!(open(&path).err().expect("no journal").name, "JournalUnusable", "{text:?}");
			assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
		}
	}
}
