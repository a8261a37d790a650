//! [`Lines`]: a journal on disk, one line of JSON for each fact. The first line is its head: to whom it belongs.
//!
//! # Must not
//! Know what the facts mean: [`crate::challenge`] and [`crate::contribute`] do. Be readable for others: facts hold salts.
//!
//! # Invariants
//! - Lines are appended, and all behind the first forgotten together; none is changed.
//! - One process at a time: the file is locked.
//! - A line that a crash cut off is the last one, and is dropped.
//! - What does not begin as this head does is somebody else's file, and stays as it is.

use crate::failure::{Failure, FailureKind};
use serde::{de::DeserializeOwned, Serialize};
use std::{
	fmt::Display,
	fs::{File, OpenOptions, TryLockError},
	io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
};

/// What tells one kind of journal from another.
pub(crate) struct Kind {
	/// The longest line that is read.
	pub(crate) line_bytes_max: u64,
	/// What is wrong with a file that is none.
	pub(crate) not_one: &'static str,
	/// What to do about one that cannot be used.
	pub(crate) remedy: &'static str,
}

impl Kind {
	fn unusable(&self, path: &Path, cause: &str) -> Failure {
		Failure::input("JournalUnusable", format!("{}: {cause}", path.display()), self.remedy)
	}
}

/// An open journal.
pub(crate) struct Lines {
	kind: &'static Kind,
	path: PathBuf,
	file: File,
	/// Of the first line.
	head_bytes: u64,
}

impl Lines {
	/// Opens the journal with this head, which says in words whose it is, or makes a new one. Tells every fact in it, in
	/// their order; the answer to a fact that cannot be is what is wrong with it.
	///
	/// # Errors
	/// The file cannot be used or is no journal of this kind, another process uses it, or it has another head.
	pub(crate) fn open<Head, Fact>(
		path: &Path,
		kind: &'static Kind,
		head: &Head,
		tell: impl FnMut(Fact) -> Result<(), &'static str>,
	) -> Result<Self, Failure>
	where
		Head: Display + PartialEq + Serialize + DeserializeOwned,
		Fact: DeserializeOwned,
	{
		let file = open_locked(path, kind)?;
		let Extent { head_bytes, whole } = read(path, &file, kind, head, tell)?;
		let mut lines = Self { kind, path: path.to_path_buf(), file, head_bytes };
		// What a crash cut off goes, so that the next line begins at its place.
		lines.cut(whole)?;
		if whole == 0 {
			lines.append_synced(head)?;
			lines.head_bytes = written(head).len() as u64;
		}
		// Lines of a process that was killed before it synced them are as good as any, once they are on disk.
		let synced = lines.file.sync_data().and_then(|()| sync_directory(path));
		synced.map_err(|error| lines.unusable(&error.to_string()))?;
		Ok(lines)
	}

	/// Appends a fact. Not synced: a crash of the machine may forget it.
	///
	/// # Errors
	/// It cannot be written.
	pub(crate) fn append(&mut self, fact: &impl Serialize) -> Result<(), Failure> {
		self.file.write_all(&written(fact)).map_err(|error| self.unusable(&error.to_string()))
	}

	/// Appends a fact and waits until it is on disk.
	///
	/// # Errors
	/// It cannot be written.
	pub(crate) fn append_synced(&mut self, fact: &impl Serialize) -> Result<(), Failure> {
		self.append(fact)?;
		self.file.sync_data().map_err(|error| self.unusable(&error.to_string()))
	}

	/// Forgets all facts; the head stays.
	///
	/// # Errors
	/// The file cannot be cut.
	pub(crate) fn forget(&mut self) -> Result<(), Failure> {
		self.cut(self.head_bytes)
	}

	/// Removes the file.
	///
	/// # Errors
	/// It cannot be removed.
	pub(crate) fn remove(self) -> Result<(), Failure> {
		std::fs::remove_file(&self.path).map_err(|error| self.unusable(&error.to_string()))
	}

	/// This journal cannot be used.
	pub(crate) fn unusable(&self, cause: &str) -> Failure {
		self.kind.unusable(&self.path, cause)
	}

	fn cut(&mut self, bytes: u64) -> Result<(), Failure> {
		let cut = self.file.set_len(bytes).and_then(|()| self.file.seek(SeekFrom::End(0)));
		cut.map(|_| ()).map_err(|error| self.unusable(&error.to_string()))
	}
}

/// Opens a file, or makes it with its directory, and locks it.
fn open_locked(path: &Path, kind: &Kind) -> Result<File, Failure> {
	let failed = |error: std::io::Error| kind.unusable(path, &error.to_string());
	if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
		std::fs::create_dir_all(parent).map_err(failed)?;
	}
	let mut options = OpenOptions::new();
	options.read(true).write(true).create(true).truncate(false).mode(0o600);
	let file = options.open(path).map_err(failed)?;
	match file.try_lock() {
		Ok(()) => Ok(file),
		Err(TryLockError::WouldBlock) => Err(in_use(path)),
		Err(TryLockError::Error(error)) => Err(failed(error)),
	}
}

/// A line as it is in the file.
fn written(line: &impl Serialize) -> Vec<u8> {
	let mut bytes =
		serde_json::to_vec(line).expect("lines serialise because they hold texts and numbers only");
	bytes.push(b'\n');
	bytes
}

/// How much of a file is a journal.
struct Extent {
	/// Of the first line.
	head_bytes: u64,
	/// Bytes of all whole lines.
	whole: u64,
}

fn read<Head, Fact>(
	path: &Path,
	file: &File,
	kind: &Kind,
	head: &Head,
	mut tell: impl FnMut(Fact) -> Result<(), &'static str>,
) -> Result<Extent, Failure>
where
	Head: Display + PartialEq + Serialize + DeserializeOwned,
	Fact: DeserializeOwned,
{
	let unusable = |cause: &str| kind.unusable(path, cause);
	let mut reader = BufReader::new(file);
	let mut extent = Extent { head_bytes: 0, whole: 0 };
	loop {
		let mut line = Vec::new();
		let mut bounded = (&mut reader).take(kind.line_bytes_max);
		bounded.read_until(b'\n', &mut line).map_err(|error| unusable(&error.to_string()))?;
		if line.last() != Some(&b'\n') {
			return if line.len() as u64 == kind.line_bytes_max {
				Err(unusable("a line is too long"))
			} else if extent.whole == 0 && !written(head).starts_with(&line) {
				Err(unusable(kind.not_one))
			} else {
				Ok(extent)
			};
		}
		let wrong = |error: serde_json::Error| unusable(&error.to_string());
		if extent.whole == 0 {
			let found: Head = serde_json::from_slice(&line).map_err(wrong)?;
			if found != *head {
				return Err(of_another(path, &found));
			}
			extent.head_bytes = line.len() as u64;
		} else {
			let fact: Fact = serde_json::from_slice(&line).map_err(wrong)?;
			tell(fact).map_err(unusable)?;
		}
		extent.whole += line.len() as u64;
	}
}

/// A new file's name is on disk only with its directory.
fn sync_directory(path: &Path) -> std::io::Result<()> {
	match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
		Some(parent) => File::open(parent)?.sync_all(),
		None => File::open(".")?.sync_all(),
	}
}

fn in_use(path: &Path) -> Failure {
	Failure::new(
		FailureKind::Refused,
		"JournalInUse",
		format!("another process works with {}", path.display()),
		"wait until it is done; two runs at once would use the same nonces",
	)
}

fn of_another(path: &Path, found: &impl Display) -> Failure {
	Failure::input(
		"JournalOfAnother",
		format!("{} is of {found}", path.display()),
		"give another file with --journal",
	)
}
