//! What purse, ledger and journal refuse, as failures of commands.
//!
//! # Must not
//! Add rules: names, causes and remedies are those of the errors.

use crate::failure::{split_remedy, Failure, FailureKind};
use plexus_payments::{Fault, JournalError, PurseError};
use std::path::Path;

fn failure(kind: FailureKind, name: &str, text: &str) -> Failure {
	let (cause, remedy) = split_remedy(text);
	let remedy = remedy.unwrap_or("see `plexus channel --help`");
	Failure::new(kind, name, cause, remedy)
}

/// A journal that cannot be used.
pub(crate) fn of_journal(path: &Path, error: &JournalError) -> Failure {
	let (kind, name) = match error {
		JournalError::InUse => (FailureKind::Refused, "JournalInUse"),
		JournalError::OfAnother(_) => (FailureKind::Input, "JournalOfAnother"),
		JournalError::Damaged(_) => (FailureKind::Input, "JournalDamaged"),
		JournalError::NotAJournal
		| JournalError::Version(_)
		| JournalError::TooLong
		| JournalError::Inconsistent(_)
		| JournalError::FrameTooLong(_)
		| JournalError::Failed
		| JournalError::Io(_) => (FailureKind::Input, "JournalUnusable"),
	};
	failure(kind, name, &error.to_string()).with_context(path.display())
}

/// Something that is not signed.
pub(super) fn of_purse(path: &Path, error: &PurseError) -> Failure {
	let name = match error {
		PurseError::Journal(error) => return of_journal(path, error),
		PurseError::NotBegun(_) => "NotBegun",
		PurseError::AlreadyBegun(_) => "AlreadyBegun",
		PurseError::TooManyChannels => "TooManyChannels",
		PurseError::ReceiptCount(_) => "ReceiptCount",
		PurseError::Gap { .. } => "Gap",
		PurseError::AlreadySigned { .. } => "AlreadySigned",
		PurseError::EmptyContent => "EmptyContent",
		PurseError::Point(_) => "SumTooLarge",
		PurseError::AboveCeiling { .. } => "AboveCeiling",
		PurseError::WrongKey => "WrongKey",
	};
	let failure = failure(FailureKind::Refused, name, &error.to_string());
	match error {
		PurseError::NotBegun(_) => Failure { remedy: format!("{} with --begin", failure.remedy), ..failure },
		_ => failure,
	}
}

/// Receipts or a voucher that would not be paid.
pub(crate) fn of_fault(fault: &Fault) -> Failure {
	failure(FailureKind::Refused, fault.name(), &fault.to_string())
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::ChannelId;

	#[test]
	fn each_has_a_cause_and_a_way_out() {
		let path = Path::new("payer.journal");
		let begun = of_purse(path, &PurseError::NotBegun(ChannelId(7)));
		assert!(begun.cause.contains("channel 7") && begun.remedy.contains("--begin"), "{begun}");
		for failure in [
			begun,
			of_purse(path, &PurseError::AlreadySigned { signed: 3 }),
			of_journal(path, &JournalError::InUse),
			of_journal(path, &JournalError::Damaged(99)),
			of_fault(&Fault::Unsigned { receipts: 3, fees: 4 }),
			of_fault(&Fault::BadVoucher { sequence: 3, cumulative: 4 }),
		] {
			assert!(!failure.cause.is_empty() && !failure.remedy.contains("--help"), "{failure}");
		}
		assert!(of_journal(path, &JournalError::InUse).cause.contains("payer.journal"));
	}
}
