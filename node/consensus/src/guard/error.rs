//! [`GuardError`]: why a key does not sign, each time with a remedy.
//!
//! # Must not
//! Decide: what speaks against signing is [`super::objection`]'s, what may be signed [`super::record`]'s.

use super::{HistoryError, Objection, Refusal, Step, HEIGHTS_ADVISED};
use std::io;
use std::path::PathBuf;

/// Why a key does not sign.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
	/// Signing might contradict earlier signatures.
	#[error("{objection} ({}); {remedy}", .path.display())]
	Objection {
		/// What is wrong.
		objection: Objection,
		/// The guard's file.
		path: PathBuf,
		/// What to do.
		remedy: String,
	},
	/// The file belongs to another chain or key.
	#[error("{} belongs to another chain or key; give each chain and key a directory of its own", .0.display())]
	Foreign(PathBuf),
	/// The history was exported.
	#[error("the signing history of this key was exported from {}, so that another machine signs; to sign here again, export it there and bring it back with `plexus key signing import`", .0.display())]
	HandedOver(PathBuf),
	/// Another process has the file.
	#[error("another process uses {}; stop that node first", .0.display())]
	InUse(PathBuf),
	/// There is no history to export.
	#[error("there is no signing guard at {}; this key signed nothing here, move the key file alone", .0.display())]
	Absent(PathBuf),
	/// The file cannot be read or written.
	#[error("{}: {cause}; check that the disk has space and the directory is writable", .path.display())]
	Io {
		/// The file.
		path: PathBuf,
		/// The system's answer.
		cause: io::Error,
	},
	/// `--unsafe-sign-from` names a height that may have been signed.
	#[error("signing from block {asked} on might contradict earlier signatures; name block {least} or a later one")]
	TooLow {
		/// What was asked for.
		asked: u64,
		/// The lowest height that contradicts nothing known.
		least: u64,
	},
	/// Nobody can be listened to.
	#[error("without this key no block is decided, so that there is nothing to listen to; leave --doppelganger-heights out")]
	Alone,
	/// Our signature came from elsewhere.
	#[error(
		"{step} carries a signature of this key that this node did not make: a copy of the key signs elsewhere; find and \
		 stop it, then start with --doppelganger-heights {HEIGHTS_ADVISED}"
	)]
	Twin {
		/// What was signed.
		step: Step,
	},
	/// The guard was made anew, and our signature appeared.
	#[error(
		"{step} carries a signature of this key, whose signing guard is new on this node: the key signs elsewhere, or signed \
		 before; find and stop every other node that has it, then start with --doppelganger-heights {HEIGHTS_ADVISED}"
	)]
	Copied {
		/// What was signed.
		step: Step,
	},
	/// The rule forbids it.
	#[error(transparent)]
	Refused(#[from] Refusal),
	/// A history does not fit.
	#[error(transparent)]
	History(#[from] HistoryError),
	/// The guard listens, or was closed.
	#[error("this node does not sign now; wait until it says that it signs")]
	Silent,
}
