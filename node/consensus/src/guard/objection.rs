//! What speaks against signing when a guard is opened, and what the operator allows all the same.
//!
//! # Must not
//! Touch a file: what is found at the guard's place is [`super::place`]'s, what comes of it is written by the guard.
//!
//! # Invariants
//! - Of several objections the worst is told.
//! - Without an objection the record is as it was found, unless the operator alone decides blocks and names an earlier height,
//!   or the guard is made anew: then it has not listened yet, or is told not to.

use super::place::{Found, Used};
use super::record::{Record, Suspension};
use super::{Damage, GuardError, Mode, Step, HEIGHTS_ADVISED};
use crate::types::AuthorityId;
use sp_core::H256;
use std::path::Path;
use tracing::warn;

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
	/// The node was to listen, and was stopped before it had. Nobody else was heard.
	#[error("this node began to listen after block {tip} whether another process signs with this key, and was stopped before the end")]
	Unfinished {
		/// The tip when it began.
		tip: u64,
	},
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
	/// Where there is an objection, or the guard is made anew: sign from this height on all the same, without listening.
	pub sign_from: Option<u64>,
}

/// What speaks against signing, the worst first.
pub(super) fn object(found: &Found, used: Option<&Used>, known: &Known) -> Option<Objection> {
	let journal = match found {
		Found::Damaged(damage, _) => return Some(Objection::Damaged(*damage)),
		Found::Missing if used.is_some() || known.own_precommit.is_some() => return Some(Objection::Lost),
		Found::Missing => return None,
		Found::Good(journal) => journal,
	};
	let record = journal.record();
	match record.suspended {
		Some(Suspension::Twin(height)) => return Some(Objection::Suspended { height }),
		Some(Suspension::Unfinished(tip)) => return Some(Objection::Unfinished { tip }),
		Some(Suspension::Unheard) | None => {}
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
pub(super) fn settle(
	path: &Path,
	objection: Option<Objection>,
	record: &Record,
	is_new: bool,
	known: &Known,
	permit: Permit,
) -> Result<(Record, Mode), GuardError> {
	let Some(objection) = objection else { return Ok(unopposed(record, is_new, known, permit)) };
	let mut next = record.clone();
	let noted = record.mark().map(|mark| mark.height);
	if permit.listen {
		warn!(%objection, "listening before signing");
		let tip = u64::from(known.tip);
		next.suspended = Some(match next.suspended {
			// It is not forgotten before it is known to be quiet.
			Some(Suspension::Twin(height)) => Suspension::Twin(height),
			Some(Suspension::Unfinished(begun)) => Suspension::Unfinished(begun.max(tip)),
			Some(Suspension::Unheard) | None => Suspension::Unfinished(tip),
		});
		next.sign_from = next.sign_from.max(noted.map_or(0, |noted| noted.saturating_add(1)));
		return Ok((next, Mode::Listening { since: None, is_new: false }));
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

/// The record to go on with if nothing speaks against signing. A guard that is made anew listens first, unless the operator
/// allows to sign, or nobody else decides.
fn unopposed(record: &Record, is_new: bool, known: &Known, permit: Permit) -> (Record, Mode) {
	let mut next = record.clone();
	match permit.sign_from {
		// Nobody else will decide the height that is waited for.
		Some(asked) if known.alone && asked < record.sign_from => {
			warn!(sign_from = asked, instead_of = record.sign_from, "overridden: not waiting");
			next.sign_from = asked;
		}
		Some(asked) if is_new && !known.alone => {
			warn!(sign_from = asked, "overridden: signing with a key that has not listened here");
			next.sign_from = next.sign_from.max(asked);
		}
		Some(_) => warn!("--unsafe-sign-from is not needed: nothing speaks against signing; leave it out"),
		None => {}
	}
	let listens_unasked = is_new && !known.alone && permit.sign_from.is_none();
	if is_new {
		next.suspended = listens_unasked.then_some(Suspension::Unheard);
	}
	match (permit.listen, listens_unasked) {
		(true, _) => (next, Mode::Listening { since: None, is_new: false }),
		(false, true) => (next, Mode::Listening { since: None, is_new: true }),
		(false, false) => (next, Mode::Signing),
	}
}

/// The lowest height from which signing contradicts nothing known. Who decides alone may contradict itself: it must say
/// from where.
fn least(objection: &Objection, noted: Option<u64>, known: &Known) -> u64 {
	if known.alone {
		return u64::from(known.tip) + 1;
	}
	let seen = known.own_precommit.map_or(0, |seen| seen.height.saturating_add(1));
	let told = match objection {
		Objection::Suspended { height } | Objection::Unfinished { tip: height } => height.saturating_add(1),
		_ => 0,
	};
	noted.unwrap_or(0).max(seen).max(told).max(u64::from(known.tip) + 1)
}

fn remedy(objection: &Objection, least: u64, known: &Known) -> String {
	let what = match objection {
		Objection::Lost | Objection::Damaged(_) | Objection::Replaced | Objection::Stale { .. } => {
			"if the key moved, bring its history with `plexus key signing import`; otherwise "
		}
		Objection::RolledBack { .. } => "restore the newest database; if there is none, ",
		Objection::LogLost { .. } => "restore the log; if it is lost, ",
		Objection::Suspended { .. } => "find and stop that process; then ",
		Objection::Unfinished { .. } if known.alone => "",
		Objection::Unfinished { .. } => "let it listen to the end this time; ",
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
