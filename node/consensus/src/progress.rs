//! What the network may know of consensus, to be read at any time without asking.
//!
//! # Must not
//! Be used to decide anything in consensus.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// How far consensus is. Clones tell and read the same.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
	/// Zero until consensus runs: block 0 is never decided.
	height: AtomicU64,
	parts: AtomicU64,
}

impl Progress {
	/// The height that is being decided; `None` before consensus runs.
	pub fn height(&self) -> Option<u64> {
		Some(self.0.height.load(Ordering::Relaxed)).filter(|height| *height > 0)
	}

	/// Consensus decides this height now.
	pub fn enter(&self, height: u64) {
		self.0.height.store(height, Ordering::Relaxed);
	}

	/// Parts of proposals that the application has taken from the engine, since the start.
	pub fn parts(&self) -> u64 {
		self.0.parts.load(Ordering::Relaxed)
	}

	/// The application has taken one more part.
	pub fn take_part(&self) {
		self.0.parts.fetch_add(1, Ordering::Relaxed);
	}
}
