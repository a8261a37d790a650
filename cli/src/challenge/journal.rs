//! The journal of challenges: what an account committed to, to the last byte and with the salt.
//!
//! One line of JSON for each fact. The first names format, chain and account:
//!
//! ```text
//! {"format":1,"genesis":"0x…","account":"5…"}
//! {"committed":{"hash":"0x…","salt":"0x…","batch":7,"finding":"mismatch","challenge":"0x…","at":9}}   before it leaves
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
	failure::Failure,
	journal::{Kind, Lines},
	output::hex,
};
use codec::{DecodeAll, Encode};
use plexus_primitives::{challenge::Challenge, BatchId};
use serde::{Deserialize, Serialize};
use std::{fmt, path::Path};

const FORMAT: u32 = 1;

static KIND: Kind = Kind {
	// Two slices of 64 KiB in hexadecimal digits are far below.
	line_bytes_max: 1 << 20,
	not_one: "it is no journal of challenges",
	remedy:
		"give another file with --journal; commitments whose salts are lost with this one burn their deposits",
};

/// What is wrong with a journal in which more than [`OPEN_MAX`] are open.
const TOO_MANY: &str = "it holds too many commitments that did not end";

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

impl fmt::Display for Head {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { format, genesis, account } = self;
		write!(f, "format {format}, chain {genesis} and account {account}")
	}
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
	/// Not in lines of programs that did not ask for it.
	#[serde(default)]
	at: u64,
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
	/// The head's number before the commitment left: a node that is not beyond it cannot know of it.
	pub(crate) at: u64,
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
			at: play.at,
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
			at: self.at,
			refused: false,
		})
	}
}

/// An open journal.
pub(crate) struct Journal {
	lines: Lines,
	open: Vec<Play>,
}

impl Journal {
	/// Opens the journal of an account on a chain, or makes a new one.
	///
	/// # Errors
	/// The file cannot be used or is no journal, another process uses it, or it belongs to another chain or account.
	pub(crate) fn open(path: &Path, genesis: &[u8; 32], account: String) -> Result<Self, Failure> {
		let head = Head { format: FORMAT, genesis: hex(genesis), account };
		let mut open = Vec::new();
		let mut lines = Lines::open(path, &KIND, &head, |line: Line| take(&mut open, line))?;
		if open.is_empty() {
			lines.forget()?;
		}
		Ok(Self { lines, open })
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
			return Err(self.lines.unusable(TOO_MANY));
		}
		self.lines.append_synced(&Line::Committed(Written::from(&play)))?;
		self.open.push(play);
		Ok(())
	}

	/// Notes that what was revealed did not hold.
	///
	/// # Errors
	/// It cannot be written.
	pub(crate) fn refuse(&mut self, hash: &[u8; 32]) -> Result<(), Failure> {
		self.lines.append_synced(&Line::Refused(hex(hash)))?;
		self.open.iter_mut().filter(|play| play.hash == *hash).for_each(|play| play.refused = true);
		Ok(())
	}

	/// Notes that nothing is left to do for a commitment.
	///
	/// # Errors
	/// It cannot be written.
	pub(crate) fn end(&mut self, hash: &[u8; 32]) -> Result<(), Failure> {
		self.lines.append_synced(&Line::Done(hex(hash)))?;
		self.open.retain(|play| play.hash != *hash);
		Ok(())
	}
}

/// Takes a line into what is open.
fn take(open: &mut Vec<Play>, line: Line) -> Result<(), &'static str> {
	match line {
		Line::Committed(_) if open.len() >= OPEN_MAX => return Err(TOO_MANY),
		Line::Committed(written) => open.push(written.read().ok_or("a commitment cannot be read")?),
		Line::Refused(hash) => {
			open.iter_mut().filter(|play| hex(play.hash) == hash).for_each(|play| play.refused = true)
		}
		Line::Done(hash) => open.retain(|play| hex(play.hash) != hash),
	}
	Ok(())
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
			at: 9,
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
	fn the_file_is_as_it_is_documented() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		let mut journal = open(&path).unwrap();
		journal.begin(play(1)).unwrap();
		journal.refuse(&[1; 32]).unwrap();
		journal.end(&[1; 32]).unwrap();
		let (one, challenge) = ("01".repeat(32), hex(play(1).challenge.encode()));
		let committed = format!(r#""hash":"0x{one}","salt":"0x{one}","batch":7,"finding":"mismatch""#);
		let lines = [
			format!(r#"{{"format":1,"genesis":"0x{one}","account":"5Alice"}}"#),
			format!(r#"{{"committed":{{{committed},"challenge":"{challenge}","at":9}}}}"#),
			format!(r#"{{"refused":"0x{one}"}}"#),
			format!(r#"{{"done":"0x{one}"}}"#),
		];
		assert_eq!(std::fs::read_to_string(&path).unwrap(), lines.join("\n") + "\n");
	}

	#[test]
	fn a_line_that_does_not_say_when_it_was_written_is_read() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("journal");
		open(&path).unwrap().begin(play(1)).unwrap();
		let text = std::fs::read_to_string(&path).unwrap().replace(",\"at\":9", "");
		std::fs::write(&path, text).unwrap();
		assert_eq!(open(&path).unwrap().plays(), [Play { at: 0, ..play(1) }]);
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
