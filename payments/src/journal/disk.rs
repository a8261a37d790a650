//! What a journal is written to.
//!
//! # Must not
//! Know what is written.

use super::JournalError;
use std::{
	fmt,
	fs::{self, File, OpenOptions, TryLockError},
	io::{self, Read},
	os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
	path::{Path, PathBuf},
};

/// The disk as a journal uses it: a file, memory, or one that crashes in tests.
pub trait Disk: Send + fmt::Debug {
	/// Everything, or its first `bytes_max` bytes.
	///
	/// # Errors
	/// The system's.
	fn read(&mut self, bytes_max: u64) -> io::Result<Vec<u8>>;

	/// Writes at the end; not durable before [`Disk::sync`].
	///
	/// # Errors
	/// The system's.
	fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

	/// Makes what was appended durable.
	///
	/// # Errors
	/// The system's.
	fn sync(&mut self) -> io::Result<()>;

	/// Cuts everything off from a place on, durably.
	///
	/// # Errors
	/// The system's.
	fn truncate(&mut self, length: u64) -> io::Result<()>;

	/// Puts these bytes into the place of all others, durably. A crash leaves the old ones or the new ones, whole.
	///
	/// # Errors
	/// The system's.
	fn replace(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A file that this process alone has open.
#[derive(Debug)]
pub struct FileDisk {
	path: PathBuf,
	file: File,
	length: u64,
}

impl FileDisk {
	/// Opens and locks a file; makes it and its directory if they are not there.
	///
	/// # Errors
	/// [`JournalError::InUse`] if another process has it; the system's otherwise.
	pub fn open(path: &Path) -> Result<Self, JournalError> {
		if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
			fs::create_dir_all(parent)?;
		}
		let mut options = OpenOptions::new();
		let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
		lock(&file)?;
		// Between opening and locking another process may have put a new file into its place.
		let (opened, found) = (file.metadata()?, fs::metadata(path)?);
		if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) {
			return Err(JournalError::InUse);
		}
		let disk = Self { path: path.to_path_buf(), length: opened.len(), file };
		// Whoever gave the file its name may have been killed before that was on disk.
		disk.sync_directory()?;
		Ok(disk)
	}

	/// The directory, so that names in it can be synced.
	fn sync_directory(&self) -> io::Result<()> {
		let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
		File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
	}
}

impl Drop for FileDisk {
	/// A process that is being started has the file open too for a moment: the lock must not wait for it.
	fn drop(&mut self) {
		// The lock ends with the file at the latest.
		let _ = self.file.unlock();
	}
}

fn lock(file: &File) -> Result<(), JournalError> {
	match file.try_lock() {
		Ok(()) => Ok(()),
		Err(TryLockError::WouldBlock) => Err(JournalError::InUse),
		Err(TryLockError::Error(error)) => Err(error.into()),
	}
}

impl Disk for FileDisk {
	fn read(&mut self, bytes_max: u64) -> io::Result<Vec<u8>> {
		let mut bytes = Vec::new();
		(&self.file).take(bytes_max).read_to_end(&mut bytes)?;
		Ok(bytes)
	}

	fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
		self.file.write_all_at(bytes, self.length)?;
		self.length += bytes.len() as u64;
		Ok(())
	}

	fn sync(&mut self) -> io::Result<()> {
		self.file.sync_data()
	}

	fn truncate(&mut self, length: u64) -> io::Result<()> {
		self.file.set_len(length)?;
		self.length = length;
		self.file.sync_all()
	}

	fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
		let mut name = self.path.clone().into_os_string();
		name.push(".new");
		let fresh = PathBuf::from(name);
		let mut options = OpenOptions::new();
		let file = options.read(true).write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
		// Before it has the journal's name, so that nobody gets in between.
		lock(&file).map_err(|error| io::Error::other(error.to_string()))?;
		file.write_all_at(bytes, 0)?;
		file.sync_all()?;
		fs::rename(&fresh, &self.path)?;
		self.sync_directory()?;
		self.length = bytes.len() as u64;
		self.file = file;
		Ok(())
	}
}

/// Memory, for whoever has everything in other files and needs no journal.
#[derive(Debug, Default)]
pub struct MemoryDisk(Vec<u8>);

impl Disk for MemoryDisk {
	fn read(&mut self, bytes_max: u64) -> io::Result<Vec<u8>> {
		let length = usize::try_from(bytes_max).unwrap_or(usize::MAX).min(self.0.len());
		Ok(self.0[..length].to_vec())
	}

	fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
		self.0.extend_from_slice(bytes);
		Ok(())
	}

	fn sync(&mut self) -> io::Result<()> {
		Ok(())
	}

	fn truncate(&mut self, length: u64) -> io::Result<()> {
		self.0.truncate(usize::try_from(length).unwrap_or(usize::MAX));
		Ok(())
	}

	fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
		self.0 = bytes.to_vec();
		Ok(())
	}
}
