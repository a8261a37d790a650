//! The guard against signing twice: what a validator signs is on disk before the signature leaves, and a key whose past
//! is uncertain does not sign.
//!
//! ```text
//! open ─▶ no objection ─────────────────────────▶ signs
//!   │      └─ made anew ─▶ listens ─▶ signs         │
//!   │            └─ a signature of its own appears ─▶ suspended, on disk; refuses until it has listened
//!   │                                               │ its own signature comes from elsewhere
//!   ├─▶ objection ─▶ refuses, with one remedy       ▼
//!   │      └─ --doppelganger-heights N ─▶ listens  suspended, on disk; refuses until it has listened
//!   │                ├─ N new blocks without a signature of its own ─▶ signs, from the next block on
//!   │                └─ stopped before ─▶ objection: it has not listened to the end
//!   │      └─ --unsafe-sign-from HEIGHT ─▶ follows ─▶ signs from that block on
//!   └─▶ handed over ─▶ refuses until a history is imported
//! ```
//!
//! # What is noticed
//! | what happened | noticed by |
//! |---|---|
//! | another message for a step that was signed, or an earlier step | the record ([`Refusal`]) |
//! | a crash at any moment | the record is synced before the signature is returned; slots alternate |
//! | two processes on one directory | the lock on the file |
//! | the guard's file is deleted, or the key copied with its directory | the counterpart beside the key |
//! | the same, without the counterpart | our precommits in the database's certificates |
//! | the guard's file is an old copy | those certificates; our votes in the log and from peers ([`SigningGuard::witness`]) |
//! | the database is older than what was signed | the height in the record |
//! | the log is lost, or an old copy | the height in its header: it must be that of the undecided height |
//! | a copy of the key signs elsewhere | each valid signature of ours that the engine verifies and we did not make |
//! | a bare copy of the key on an empty database | a guard that is made anew listens first: any signature of its key, old or new, is not its own |
//!
//! # What is not
//! A copy of everything (key, counterpart, guard, log, database) on a second machine looks like the first one until one of
//! them hears the other; an old copy of everything looks like a node that was stopped for long. So does a history imported
//! on two machines. Listening first (`--doppelganger-heights`) covers all of them. A guard that is made anew listens unasked,
//! but two copies that are made anew at the same time both hear silence, and so does one that is cut off from the other for as
//! long as it listens. Of two copies that make the same vote nothing can be told, and nothing need be.
//! A slot that rots while at rest, after its signature left, looks like one that a crash tore.
//!
//! # What the engine signs again
//! It signs before its log is synced. After a crash it may therefore derive again, from less, what was signed already:
//! several messages of the last round, and votes that a recovery signed, which it never logs. All messages of the last
//! height are kept, and asking for the same one returns the same signature. See [`crate::signing`] for what happens
//! when it derives another one.
//!
//! # Must not
//! Sign, know the engine, or lower what it remembers. Nobody edits its file.
//!
//! # Invariants
//! - A signature is returned only when its record is synced. After a failed write nothing more is signed in the process.
//! - A height below [`SigningGuard::sign_from`] is never signed for the first time.
//! - A guard that was made anew, of a key that does not decide alone, has listened before it signs, over restarts.

mod error;
mod journal;
mod objection;
mod place;
mod record;
#[cfg(test)]
mod tests;

pub use error::GuardError;
pub use journal::Damage;
pub use objection::{Known, Objection, Permit};
pub use place::GuardPlace;
pub use record::{
	HistoryError, Refusal, Signed, SigningHistory, Step, StepKind, MESSAGES_MAX, MESSAGE_BYTES_MAX,
};

pub(crate) use journal::sync_directory;

use crate::types::{AuthorityId, Signature};
use journal::Journal;
use objection::{object, settle};
use place::{find, make, read_mark, replace, write_mark, Found};
use record::{Record, Suspension};
use sp_core::H256;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tracing::error;

/// What the remedies advise: a few blocks are enough to hear a validator that signs at all.
pub(crate) const HEIGHTS_ADVISED: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
	Signing,
	Listening {
		/// The first block that was made while we listened.
		since: Option<u64>,
		/// Whether nothing of this key's past is known here, so that any signature of it is another process's.
		is_new: bool,
	},
}

#[derive(Debug)]
struct Inner {
	journal: Option<Journal>,
	mode: Mode,
}

/// The guard of one key on one chain, exclusively.
#[derive(Debug)]
pub struct SigningGuard {
	path: PathBuf,
	inner: Mutex<Inner>,
	alarm: watch::Sender<Option<Arc<GuardError>>>,
}

impl SigningGuard {
	/// Locks the guard of a key, made at its first start, and checks that signing is safe.
	///
	/// # Errors
	/// See [`GuardError`]; each names its remedy.
	pub fn open(place: &GuardPlace, known: &Known, permit: Permit) -> Result<Self, GuardError> {
		if permit.listen && known.alone {
			return Err(GuardError::Alone);
		}
		let path = place.state(&known.validator);
		let found = find(&path, &known.genesis, &known.validator)?;
		let used = read_mark(place, &known.genesis, &known.validator)?;
		let objection = object(&found, used.as_ref(), known);
		let record = found.record();
		if record.handed_over {
			return Err(GuardError::HandedOver(path));
		}
		let is_new = matches!(found, Found::Missing) || record.suspended == Some(Suspension::Unheard);
		let (next, mode) = settle(&path, objection, &record, is_new, known, permit)?;
		let journal = match found {
			Found::Good(mut journal) => {
				if next != record {
					journal.write(next).map_err(|cause| GuardError::Io { path: path.clone(), cause })?;
				}
				*journal
			}
			Found::Missing => make(&path, &known.genesis, &known.validator, next)?,
			Found::Damaged(_, held) => replace(held, &path, &known.genesis, &known.validator, next)?,
		};
		write_mark(place, journal.identity(), used.as_ref())?;
		Ok(Self::on(path, journal, mode))
	}

	fn on(path: PathBuf, journal: Journal, mode: Mode) -> Self {
		let inner = Inner { journal: Some(journal), mode };
		Self { path, inner: inner.into(), alarm: watch::Sender::new(None) }
	}

	/// The signature of a message: the one made before if the step was signed with the same bytes, else one that is made
	/// now, and on disk when this returns. Blocks for as long as the disk takes.
	///
	/// # Errors
	/// [`GuardError`]: then nothing was signed, or what was signed is lost.
	pub fn sign(
		&self,
		step: Step,
		bytes: &[u8],
		make: impl FnOnce(&[u8]) -> Signature,
	) -> Result<Signature, GuardError> {
		let mut inner = self.lock();
		let signing = inner.mode == Mode::Signing;
		let journal = inner.journal.as_mut().filter(|_| signing).ok_or(GuardError::Silent)?;
		let record = journal.record();
		if record.handed_over || record.suspended.is_some() {
			return Err(GuardError::Silent);
		}
		if let Some(signature) = record.judge(step, bytes)? {
			return Ok(signature);
		}
		let signature = make(bytes);
		let next = record.with(Signed { step, bytes: bytes.to_vec(), signature });
		journal.write(next).map_err(|cause| GuardError::Io { path: self.path.clone(), cause })?;
		Ok(signature)
	}

	/// Whether a step lies behind what was signed, and was itself not signed: it never will be.
	pub fn is_past(&self, step: Step) -> bool {
		let inner = self.lock();
		let Some(journal) = &inner.journal else { return true };
		matches!(journal.record().judge(step, &[]), Err(Refusal::Lower { .. } | Refusal::TooEarly { .. }))
	}

	/// Looks at a valid signature of this key, wherever it came from. One that this node did not make suspends the key,
	/// on disk, and raises the alarm.
	pub fn witness(&self, step: Step, bytes: &[u8]) {
		let mut inner = self.lock();
		let mode = inner.mode;
		let Some(journal) = inner.journal.as_mut() else { return };
		let record = journal.record();
		let known = match record.find(step) {
			Some(ours) => ours.bytes == bytes,
			// What was signed below is forgotten here, or was signed where the history came from.
			None => step.height < record.sign_from || record.mark().is_some_and(|mark| step < mark),
		};
		// Until the first new block is heard, what arrives may be our own past.
		let past = match mode {
			Mode::Signing => false,
			Mode::Listening { is_new: true, .. } => false,
			Mode::Listening { since, is_new: false } => since.is_none_or(|since| step.height < since),
		};
		if known || past || record.suspended.is_some_and(|_| mode == Mode::Signing) {
			return;
		}
		let next = Record { suspended: Some(Suspension::Twin(step.height)), ..record.clone() };
		if let Err(error) = journal.write(next) {
			error!(%error, "that another process signs with this key could not be written down");
		}
		drop(inner);
		self.raise(match mode {
			Mode::Listening { is_new: true, .. } => GuardError::Copied { step },
			Mode::Listening { is_new: false, .. } | Mode::Signing => GuardError::Twin { step },
		});
	}

	/// The lowest height that may be signed.
	pub fn sign_from(&self) -> u64 {
		self.lock().journal.as_ref().map_or(u64::MAX, |journal| journal.record().sign_from)
	}

	/// Whether the guard listens before it signs.
	pub fn is_listening(&self) -> bool {
		matches!(self.lock().mode, Mode::Listening { .. })
	}

	/// Whether the guard listens because it was made anew, and nobody asked for it.
	pub fn is_new(&self) -> bool {
		matches!(self.lock().mode, Mode::Listening { is_new: true, .. })
	}

	/// A block was made while the guard listened: from here on a signature of this key is another process's.
	pub fn heard(&self, height: u64) {
		if let Mode::Listening { since, .. } = &mut self.lock().mode {
			since.get_or_insert(height + 1);
		}
	}

	/// Ends listening: signs from this height on.
	///
	/// # Errors
	/// [`GuardError::Twin`] or [`GuardError::Copied`] if another process was heard, or [`GuardError::Io`].
	pub fn resume(&self, height: u64) -> Result<(), GuardError> {
		match self.alarm.borrow().as_deref() {
			Some(GuardError::Twin { step }) => return Err(GuardError::Twin { step: *step }),
			Some(GuardError::Copied { step }) => return Err(GuardError::Copied { step: *step }),
			_ => {}
		}
		let mut inner = self.lock();
		if inner.mode == Mode::Signing {
			return Ok(());
		}
		let journal = inner.journal.as_mut().ok_or(GuardError::Silent)?;
		let record = journal.record();
		let next = Record { suspended: None, sign_from: record.sign_from.max(height), ..record.clone() };
		journal.write(next).map_err(|cause| GuardError::Io { path: self.path.clone(), cause })?;
		inner.mode = Mode::Signing;
		Ok(())
	}

	/// Tells whoever watches that this key must not sign on.
	pub fn raise(&self, error: GuardError) -> Arc<GuardError> {
		error!(%error, "not signing");
		let error = Arc::new(error);
		self.alarm.send_if_modified(|alarm| {
			let first = alarm.is_none();
			alarm.get_or_insert_with(|| error.clone());
			first
		});
		error
	}

	/// The first thing that [`SigningGuard::raise`] told.
	pub fn alarm(&self) -> watch::Receiver<Option<Arc<GuardError>>> {
		self.alarm.subscribe()
	}

	/// Lets go of the file; nothing is signed after that.
	pub fn close(&self) {
		self.lock().journal = None;
	}

	/// Takes the history of a key along: from then on this guard refuses, until a history is imported. A second export
	/// returns the same. Refuses while a node runs.
	///
	/// # Errors
	/// See [`GuardError`].
	pub fn export(
		place: &GuardPlace,
		genesis: H256,
		validator: AuthorityId,
	) -> Result<SigningHistory, GuardError> {
		let path = place.state(&validator);
		let refuse =
			|objection, remedy: String| GuardError::Objection { objection, path: path.clone(), remedy };
		let elsewhere = || "export it from where the key signed last".to_string();
		let mut journal = match find(&path, &genesis, &validator)? {
			Found::Good(journal) => journal,
			Found::Missing => return Err(GuardError::Absent(path)),
			Found::Damaged(damage, _) => return Err(refuse(Objection::Damaged(damage), elsewhere())),
		};
		let record = journal.record().clone();
		match record.suspended {
			// It has not listened yet, hence signed nothing.
			Some(Suspension::Unheard) if record.messages.is_empty() => return Err(GuardError::Absent(path)),
			Some(Suspension::Unheard) => {
				return Err(refuse(Objection::Unfinished { tip: 0 }, listen_first()))
			}
			Some(Suspension::Unfinished(tip)) => {
				return Err(refuse(Objection::Unfinished { tip }, listen_first()));
			}
			Some(Suspension::Twin(height)) => {
				return Err(refuse(Objection::Suspended { height }, elsewhere()));
			}
			None => {}
		}
		if !record.handed_over {
			let next = Record { handed_over: true, ..record.clone() };
			journal.write(next).map_err(|cause| GuardError::Io { path: path.clone(), cause })?;
		}
		Ok(SigningHistory { genesis, validator, sign_from: record.sign_from, messages: record.messages })
	}

	/// Takes over a history that was exported elsewhere: what is remembered only grows. The key signs again after the
	/// height that it signed last is decided, because what it was locked on stayed behind, unless the history comes back
	/// to where it was exported. Where the key signed and the guard is lost, any history may be an old one: then it signs
	/// after block `tip + 1`, which is all that it can have signed with a database that ends with block `tip`. Returns the
	/// lowest height that may be signed.
	///
	/// # Errors
	/// See [`GuardError`].
	pub fn import(
		place: &GuardPlace,
		genesis: H256,
		validator: AuthorityId,
		history: &SigningHistory,
		tip: u32,
	) -> Result<u64, GuardError> {
		if history.genesis != genesis {
			return Err(HistoryError::OtherChain(history.genesis).into());
		}
		if history.validator != validator {
			return Err(HistoryError::OtherKey(history.validator).into());
		}
		history.check()?;
		let path = place.state(&validator);
		let found = find(&path, &genesis, &validator)?;
		let ours = found.record();
		let (theirs, mark) = (history.mark(), ours.mark());
		if theirs < mark || history.sign_from < ours.sign_from && theirs.is_none() {
			return Err(HistoryError::Older { theirs, ours: mark }.into());
		}
		// Taken back before anybody signed elsewhere: what it was locked on is still in the log.
		let taken_back = ours.handed_over && ours.messages == history.messages;
		let after = theirs.filter(|_| !taken_back).map_or(0, |mark| mark.height.saturating_add(1));
		let lost = match &found {
			Found::Good(_) => false,
			Found::Missing => read_mark(place, &genesis, &validator)?.is_some(),
			Found::Damaged(..) => true,
		};
		let unknown = if lost { u64::from(tip) + 2 } else { 0 };
		let sign_from = ours.sign_from.max(history.sign_from).max(after).max(unknown);
		let next = Record {
			sign_from,
			handed_over: false,
			// What was signed before is known now.
			suspended: ours.suspended.filter(|suspension| *suspension != Suspension::Unheard),
			messages: history.messages.clone(),
		};
		let identity = match found {
			Found::Good(mut journal) => {
				journal.write(next).map_err(|cause| GuardError::Io { path: path.clone(), cause })?;
				*journal.identity()
			}
			Found::Missing => *make(&path, &genesis, &validator, next)?.identity(),
			Found::Damaged(_, held) => *replace(held, &path, &genesis, &validator, next)?.identity(),
		};
		write_mark(place, &identity, None)?;
		Ok(sign_from)
	}

	fn lock(&self) -> MutexGuard<'_, Inner> {
		// The record changes only in one assignment, after it is on disk: a panic leaves it whole.
		self.inner.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

/// The remedy where a history would be exported by a guard that has not listened to the end.
fn listen_first() -> String {
	format!("start the node with --doppelganger-heights {HEIGHTS_ADVISED}, let it listen to the end, then export again")
}
