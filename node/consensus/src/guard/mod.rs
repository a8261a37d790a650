//! The guard against signing twice: what a validator signs is on disk before the signature leaves, and a key whose past
//! is uncertain does not sign.
//!
//! ```text
//! open ─▶ no objection ─────────────────────────▶ signs
//!   │                                               │ its own signature comes from elsewhere
//!   ├─▶ objection ─▶ refuses, with one remedy       ▼
//!   │      └─ --doppelganger-heights N ─▶ listens  suspended, on disk; refuses until it has listened
//!   │                └─ N new blocks without a signature of its own ─▶ signs, from the next block on
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
//!
//! # What is not
//! A copy of everything (key, counterpart, guard, log, database) on a second machine looks like the first one until one of
//! them hears the other; an old copy of everything looks like a node that was stopped for long, and a bare key file on an
//! empty database like a key that never signed. So does a history imported on two machines. Listening first
//! (`--doppelganger-heights`) covers all of them. Of two copies that make the same vote nothing can be told, and nothing need be.
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

mod journal;
mod record;
#[cfg(test)]
mod tests;

pub use journal::Damage;
pub use record::{
	HistoryError, Refusal, Signed, SigningHistory, Step, StepKind, MESSAGES_MAX, MESSAGE_BYTES_MAX,
};

use crate::codec::{decode_versioned, encode_versioned};
use crate::types::{AuthorityId, Signature};
use journal::{Disk, Identity, Journal, LockedFile};
use record::Record;
use sp_core::H256;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tracing::{error, info, warn};

/// What the remedies advise: a few blocks are enough to hear a validator that signs at all.
pub(crate) const HEIGHTS_ADVISED: u32 = 10;

/// Why a key must not sign now, although it may later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
	/// The key was used, and what it signed is not here.
	#[error("this key signed before, and its signing guard is missing")]
	Lost,
	/// The guard's file is damaged.
	#[error("the signing guard is damaged: {0}")]
	Damaged(Damage),
	/// The guard's file is not the one that belongs to the key's counterpart.
	#[error("the signing guard is not the one that this key used last")]
	Replaced,
	/// The guard's file is older than what the key signed.
	#[error("the signing guard is an old copy: this key signed {seen}, which it does not know of")]
	Stale {
		/// Our latest precommit in the database.
		seen: Step,
	},
	/// The database is older than the last signature.
	#[error("this key signed for block {noted}, but the database ends at block {tip}: it was rolled back or replaced")]
	RolledBack {
		/// Height signed last.
		noted: u64,
		/// The database's tip.
		tip: u32,
	},
	/// The log of the undecided height is gone.
	#[error("this key signed for block {noted}, which is undecided, and the write-ahead log of that block is missing or older")]
	LogLost {
		/// Height signed last.
		noted: u64,
	},
	/// Another process signed with this key.
	#[error("another process signed for block {height} with this key")]
	Suspended {
		/// The height at which it was seen.
		height: u64,
	},
}

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

/// Where a key's guard and its counterpart are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardPlace {
	/// Directory of the guard's file, beside the log.
	pub directory: PathBuf,
	/// Directory of the counterpart, beside the key: whoever copies or keeps the key keeps the mark that it was used.
	pub counterpart: PathBuf,
}

impl GuardPlace {
	/// The guard's file of a key.
	pub fn state(&self, validator: &AuthorityId) -> PathBuf {
		self.directory.join(format!("signing-{}.guard", short(validator)))
	}

	/// The file that says that a key was used.
	pub fn mark(&self, validator: &AuthorityId) -> PathBuf {
		self.counterpart.join(format!("signing-{}.used", short(validator)))
	}
}

fn short(validator: &AuthorityId) -> String {
	validator.0[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the rest of the node knows when it starts.
#[derive(Clone, Debug)]
pub struct Known {
	/// The chain.
	pub genesis: H256,
	/// The key.
	pub validator: AuthorityId,
	/// The database's tip.
	pub tip: u32,
	/// The height in the write-ahead log's header, if there is a log.
	pub log_height: Option<u64>,
	/// The latest precommit of this key in the database's certificates.
	pub own_precommit: Option<Step>,
	/// Whether no block is decided without this key.
	pub alone: bool,
}

/// What the operator allows, each time anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permit {
	/// Listen before signing; settles every objection but a history that was handed over.
	pub listen: bool,
	/// Where there is an objection: sign from this height on all the same.
	pub sign_from: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
	Signing,
	Listening {
		/// The first block that was made while we listened.
		since: Option<u64>,
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
		let (next, mode) = settle(&path, objection, &record, known, permit)?;
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
			Mode::Listening { since } => since.is_none_or(|since| step.height < since),
		};
		if known || past || record.suspended.is_some_and(|_| mode == Mode::Signing) {
			return;
		}
		let next = Record { suspended: Some(step.height), ..record.clone() };
		if let Err(error) = journal.write(next) {
			error!(%error, "that another process signs with this key could not be written down");
		}
		drop(inner);
		self.raise(GuardError::Twin { step });
	}

	/// The lowest height that may be signed.
	pub fn sign_from(&self) -> u64 {
		self.lock().journal.as_ref().map_or(u64::MAX, |journal| journal.record().sign_from)
	}

	/// Whether the guard listens before it signs.
	pub fn is_listening(&self) -> bool {
		matches!(self.lock().mode, Mode::Listening { .. })
	}

	/// A block was made while the guard listened: from here on a signature of this key is another process's.
	pub fn heard(&self, height: u64) {
		if let Mode::Listening { since } = &mut self.lock().mode {
			since.get_or_insert(height + 1);
		}
	}

	/// Ends listening: signs from this height on.
	///
	/// # Errors
	/// [`GuardError::Twin`] if another process was heard, or [`GuardError::Io`].
	pub fn resume(&self, height: u64) -> Result<(), GuardError> {
		if let Some(GuardError::Twin { step }) = self.alarm.borrow().as_deref() {
			return Err(GuardError::Twin { step: *step });
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
		let remedy = "export it from where the key signed last".to_string();
		let refuse = |objection| GuardError::Objection { objection, path: path.clone(), remedy };
		let mut journal = match find(&path, &genesis, &validator)? {
			Found::Good(journal) => journal,
			Found::Missing => return Err(GuardError::Absent(path)),
			Found::Damaged(damage, _) => return Err(refuse(Objection::Damaged(damage))),
		};
		let record = journal.record().clone();
		if let Some(height) = record.suspended {
			return Err(refuse(Objection::Suspended { height }));
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
			suspended: ours.suspended,
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

/// What is at the guard's path.
enum Found {
	Missing,
	/// With the file, still locked.
	Damaged(Damage, Box<dyn Disk>),
	Good(Box<Journal>),
}

impl Found {
	fn record(&self) -> Record {
		match self {
			Self::Good(journal) => journal.record().clone(),
			Self::Missing | Self::Damaged(..) => Record::default(),
		}
	}
}

fn find(path: &Path, genesis: &H256, validator: &AuthorityId) -> Result<Found, GuardError> {
	let refused = |cause: io::Error| match cause.kind() {
		io::ErrorKind::WouldBlock => GuardError::InUse(path.into()),
		_ => GuardError::Io { path: path.into(), cause },
	};
	let file = match LockedFile::open(path) {
		Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
		file => file.map_err(refused)?,
	};
	match Journal::open(Box::new(file)).map_err(refused)? {
		Err((damage, held)) => Ok(Found::Damaged(damage, held)),
		Ok(journal) => {
			let identity = journal.identity();
			match identity.genesis == *genesis && identity.validator == *validator {
				true => Ok(Found::Good(Box::new(journal))),
				false => Err(GuardError::Foreign(path.into())),
			}
		}
	}
}

/// Makes the guard's file, which must not exist.
fn make(path: &Path, genesis: &H256, validator: &AuthorityId, record: Record) -> Result<Journal, GuardError> {
	let identity =
		Identity { genesis: *genesis, validator: *validator, lineage: lineage(genesis, validator) };
	journal::create(path, &journal::image(&identity, &record)).map_err(|cause| unmade(path, cause))?;
	match find(path, genesis, validator)? {
		Found::Good(journal) => Ok(*journal),
		Found::Missing => Err(unmade(path, io::ErrorKind::NotFound.into())),
		Found::Damaged(damage, _) => Err(unmade(path, io::Error::other(damage))),
	}
}

/// Puts a damaged file aside, whose lock is held until there is another one, and makes that.
fn replace(
	held: Box<dyn Disk>,
	path: &Path,
	genesis: &H256,
	validator: &AuthorityId,
	record: Record,
) -> Result<Journal, GuardError> {
	fs::rename(path, path.with_extension("damaged")).map_err(|cause| unmade(path, cause))?;
	let made = make(path, genesis, validator, record);
	drop(held);
	made
}

fn unmade(path: &Path, cause: io::Error) -> GuardError {
	match cause.kind() {
		// Another process was faster.
		io::ErrorKind::AlreadyExists | io::ErrorKind::WouldBlock => GuardError::InUse(path.into()),
		_ => GuardError::Io { path: path.into(), cause },
	}
}

/// Differs for each file: made from the moment and the process.
fn lineage(genesis: &H256, validator: &AuthorityId) -> [u8; 16] {
	let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	let mut hasher = blake3::Hasher::new();
	hasher.update(&genesis.0).update(&validator.0);
	hasher.update(&now.as_nanos().to_le_bytes()).update(&std::process::id().to_le_bytes());
	let mut lineage = [0; 16];
	hasher.finalize_xof().fill(&mut lineage);
	lineage
}

/// What speaks against signing, the worst first.
fn object(found: &Found, used: Option<&Used>, known: &Known) -> Option<Objection> {
	let journal = match found {
		Found::Damaged(damage, _) => return Some(Objection::Damaged(*damage)),
		Found::Missing if used.is_some() || known.own_precommit.is_some() => return Some(Objection::Lost),
		Found::Missing => return None,
		Found::Good(journal) => journal,
	};
	let record = journal.record();
	if let Some(height) = record.suspended {
		return Some(Objection::Suspended { height });
	}
	if matches!(used, Some(Used::By(identity)) if identity != journal.identity()) {
		return Some(Objection::Replaced);
	}
	if let Some(seen) = known.own_precommit {
		if seen.height >= record.sign_from && record.mark().is_none_or(|mark| mark < seen) {
			return Some(Objection::Stale { seen });
		}
	}
	let noted = record.mark()?.height;
	let next = u64::from(known.tip) + 1;
	match noted >= record.sign_from {
		true if noted > next => Some(Objection::RolledBack { noted, tip: known.tip }),
		true if noted == next && known.log_height != Some(noted) => Some(Objection::LogLost { noted }),
		_ => None,
	}
}

/// Weighs an objection against what the operator allows: the record to go on with.
fn settle(
	path: &Path,
	objection: Option<Objection>,
	record: &Record,
	known: &Known,
	permit: Permit,
) -> Result<(Record, Mode), GuardError> {
	let mut next = record.clone();
	let noted = record.mark().map(|mark| mark.height);
	let Some(objection) = objection else {
		match permit.sign_from {
			// Nobody else will decide the height that is waited for.
			Some(asked) if known.alone && asked < record.sign_from => {
				warn!(sign_from = asked, instead_of = record.sign_from, "overridden: not waiting");
				next.sign_from = asked;
			}
			Some(_) => {
				warn!("--unsafe-sign-from is not needed: nothing speaks against signing; leave it out")
			}
			None => {}
		}
		let mode = if permit.listen { Mode::Listening { since: None } } else { Mode::Signing };
		return Ok((next, mode));
	};
	if permit.listen {
		warn!(%objection, "listening before signing");
		next.suspended.get_or_insert(known.tip.into());
		next.sign_from = next.sign_from.max(noted.map_or(0, |noted| noted.saturating_add(1)));
		return Ok((next, Mode::Listening { since: None }));
	}
	let least = least(&objection, noted, known);
	match permit.sign_from {
		None => {
			let remedy = remedy(&objection, least, known);
			Err(GuardError::Objection { objection, path: path.into(), remedy })
		}
		Some(asked) if asked < least => Err(GuardError::TooLow { asked, least }),
		Some(asked) => {
			warn!(%objection, sign_from = asked, "overridden: signing all the same");
			if noted.is_some_and(|noted| asked < noted) {
				next.messages.clear();
			}
			next.suspended = None;
			next.sign_from = if known.alone { asked } else { next.sign_from.max(asked) };
			Ok((next, Mode::Signing))
		}
	}
}

/// The lowest height from which signing contradicts nothing known. Who decides alone may contradict itself: it must say
/// from where.
fn least(objection: &Objection, noted: Option<u64>, known: &Known) -> u64 {
	if known.alone {
		return u64::from(known.tip) + 1;
	}
	let seen = known.own_precommit.map_or(0, |seen| seen.height.saturating_add(1));
	let twin = match objection {
		Objection::Suspended { height } => height.saturating_add(1),
		_ => 0,
	};
	noted.unwrap_or(0).max(seen).max(twin).max(u64::from(known.tip) + 1)
}

fn remedy(objection: &Objection, least: u64, known: &Known) -> String {
	let what = match objection {
		Objection::Lost | Objection::Damaged(_) | Objection::Replaced | Objection::Stale { .. } => {
			"if the key moved, bring its history with `plexus key signing import`; otherwise "
		}
		Objection::RolledBack { .. } => "restore the newest database; if there is none, ",
		Objection::LogLost { .. } => "restore the log; if it is lost, ",
		Objection::Suspended { .. } => "find and stop that process; then ",
	};
	match known.alone {
		false => format!(
			"{what}start with --doppelganger-heights {HEIGHTS_ADVISED}: the node follows, and signs again after that many \
			 new blocks without a signature of this key"
		),
		true => format!(
			"{what}start once with --unsafe-sign-from {least}: without this key no block is decided, so that nobody but \
			 you knows whether that contradicts earlier signatures"
		),
	}
}

/// What the counterpart beside the key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Used {
	/// With this guard.
	By(Identity),
	/// It cannot be read.
	Unknown,
}

/// The counterpart, unless it speaks of another chain.
fn read_mark(
	place: &GuardPlace,
	genesis: &H256,
	validator: &AuthorityId,
) -> Result<Option<Used>, GuardError> {
	let path = place.mark(validator);
	let bytes = match fs::read(&path) {
		Ok(bytes) => bytes,
		Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
		Err(cause) => return Err(GuardError::Io { path, cause }),
	};
	Ok(match decode_versioned::<Identity>(&bytes) {
		Ok(identity) if identity.genesis == *genesis && identity.validator == *validator => {
			Some(Used::By(identity))
		}
		Ok(_) => None,
		Err(_) => Some(Used::Unknown),
	})
}

fn write_mark(place: &GuardPlace, identity: &Identity, used: Option<&Used>) -> Result<(), GuardError> {
	if used == Some(&Used::By(*identity)) {
		return Ok(());
	}
	let path = place.mark(&identity.validator);
	journal::replace(&path, &encode_versioned(identity))
		.map_err(|cause| GuardError::Io { path: path.clone(), cause })?;
	info!(path = %path.display(), "the key is marked as used on this chain");
	Ok(())
}

/// Makes the entry of `path` in its directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
	match path.parent() {
		Some(parent) if !parent.as_os_str().is_empty() => fs::File::open(parent)?.sync_all(),
		_ => Ok(()),
	}
}
