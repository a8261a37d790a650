//! [`Handle`]: a RocksDB that is closed when its last owner lets go of it, unless the process is ending.
//!
//! Closing takes a static C++ lock, which the C runtime destroys once `main` has returned. A thread that outlives `main`
//! with the last owner in hand would abort the process there, and a clean stop would look like a crash. Such a database is
//! left to the kernel instead: nothing is lost, because each commit is synced before it counts.

use parking_lot::Mutex;
use rocksdb::DB;
use std::{ops::Deref, sync::Once};

/// Whether the process is ending. Held while a database is closed, so that the end waits for it.
static ENDING: Mutex<bool> = Mutex::new(false);

extern "C" fn end() {
	*ENDING.lock() = true;
}

/// Handlers run last first: this one, registered by the first open, before those that destroy C++ statics.
fn end_waits() {
	static REGISTERED: Once = Once::new();
	REGISTERED.call_once(|| {
		// SAFETY: the handler is a plain function that lives as long as the program, and does not unwind.
		#[allow(unsafe_code)]
		let refused = unsafe { libc::atexit(end) } != 0;
		if refused {
			tracing::warn!(target: "storage", "no place for an exit handler: a late close may abort the process at its end");
		}
	});
}

/// An open RocksDB.
pub struct Handle(Option<DB>);

impl Handle {
	pub fn new(db: DB) -> Self {
		end_waits();
		Self(Some(db))
	}
}

impl Deref for Handle {
	type Target = DB;

	fn deref(&self) -> &DB {
		self.0.as_ref().expect("only drop takes it")
	}
}

impl Drop for Handle {
	fn drop(&mut self) {
		let ending = ENDING.lock();
		let db = self.0.take();
		if *ending {
			std::mem::forget(db);
		} else {
			drop(db);
		}
	}
}
