//! A disk whose power fails when the test says so.
//!
//! # Must not
//! Lose what was synced, or keep more of what was not than was written.

use crate::journal::Disk;
use std::{
	io,
	sync::{Arc, Mutex},
};

/// When the power fails, and what is left then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
	/// Writes, syncs, cuts and replacements that succeed before.
	pub(crate) after: usize,
	/// Bytes that survive of those that were written and not synced; of a replacement, whether it is there (not 0).
	pub(crate) kept: usize,
	/// Whether the file has its whole length, with zeros where nothing survived.
	pub(crate) padded: bool,
}

#[derive(Debug, Default)]
struct Platter {
	/// What survives.
	durable: Vec<u8>,
	/// What is read while the power is on.
	written: Vec<u8>,
	failure: Option<Failure>,
	operations: usize,
	off: bool,
}

/// A handle to the platter, which outlives the process that writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrashDisk(Arc<Mutex<Platter>>);

impl CrashDisk {
	/// With these bytes on it.
	pub(crate) fn with(bytes: Vec<u8>) -> Self {
		let disk = Self::default();
		disk.lock().durable = bytes.clone();
		disk.lock().written = bytes;
		disk
	}

	/// With bytes on it that are read, of which only the first so many survive: a process was killed before it synced.
	pub(crate) fn unsynced(bytes: Vec<u8>, durable: usize) -> Self {
		let disk = Self::with(bytes);
		disk.lock().durable.truncate(durable);
		disk
	}

	/// For a journal.
	pub(crate) fn boxed(&self) -> Box<dyn Disk> {
		Box::new(self.clone())
	}

	/// Lets the power fail later.
	pub(crate) fn fail(&self, failure: Failure) {
		let mut platter = self.lock();
		platter.failure = Some(failure);
		platter.operations = 0;
	}

	/// Whether it failed.
	pub(crate) fn is_off(&self) -> bool {
		self.lock().off
	}

	/// Operations since the last failure was set.
	pub(crate) fn operations(&self) -> usize {
		self.lock().operations
	}

	/// The process is killed, the machine goes on: everything that was written is there.
	pub(crate) fn killed(&self) -> Self {
		Self::with(self.lock().written.clone())
	}

	/// The machine starts again after the failure.
	pub(crate) fn restarted(&self) -> Self {
		Self::with(self.lock().durable.clone())
	}

	/// What is there.
	pub(crate) fn bytes(&self) -> Vec<u8> {
		self.lock().written.clone()
	}

	fn lock(&self) -> std::sync::MutexGuard<'_, Platter> {
		self.0.lock().expect("no test panics with the platter in its hands")
	}

	/// Does one operation, or fails in it.
	fn operate(&self, replaces: Option<&[u8]>, change: impl FnOnce(&mut Platter)) -> io::Result<()> {
		let mut platter = self.lock();
		if platter.off {
			return Err(io::Error::other("the power is off"));
		}
		let operation = platter.operations;
		platter.operations += 1;
		let Some(failure) = platter.failure.filter(|failure| failure.after == operation) else {
			change(&mut platter);
			return Ok(());
		};
		platter.off = true;
		match replaces {
			Some(bytes) if failure.kept > 0 => platter.durable = bytes.to_vec(),
			Some(_) => {}
			None => {
				change(&mut platter);
				let durable = platter.durable.len().min(platter.written.len());
				let pending = platter.written.split_off(durable);
				let kept = failure.kept.min(pending.len());
				platter.durable.extend_from_slice(&pending[..kept]);
				if failure.padded {
					platter.durable.resize(durable + pending.len(), 0);
				}
			}
		}
		Err(io::Error::other("the power failed"))
	}
}

impl Disk for CrashDisk {
	fn read(&mut self, bytes_max: u64) -> io::Result<Vec<u8>> {
		let platter = self.lock();
		Ok(platter.written[..platter.written.len().min(bytes_max as usize)].to_vec())
	}

	fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
		self.operate(None, |platter| platter.written.extend_from_slice(bytes))
	}

	fn sync(&mut self) -> io::Result<()> {
		// In a sync that fails nothing is sure to be durable.
		let fails = {
			let platter = self.lock();
			platter.failure.is_some_and(|failure| failure.after == platter.operations)
		};
		self.operate(None, |platter| {
			if !fails {
				platter.durable = platter.written.clone();
			}
		})
	}

	fn truncate(&mut self, length: u64) -> io::Result<()> {
		self.operate(None, |platter| {
			platter.written.truncate(length as usize);
			platter.durable.truncate(length as usize);
		})
	}

	fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
		self.operate(Some(bytes), |platter| {
			platter.written = bytes.to_vec();
			platter.durable = bytes.to_vec();
		})
	}
}
