//! Journals on a real file system.

use super::{receipts, request, sign, signer, start, CHANNEL, GENESIS};
use crate::{journal::Disk, FileDisk, JournalError, Purse};
use std::os::unix::fs::PermissionsExt;

fn open(path: &std::path::Path) -> Result<Purse, JournalError> {
	Purse::open(Box::new(FileDisk::open(path)?), GENESIS, signer())
}

#[test]
fn a_journal_is_for_one_process_and_its_owner_also_after_it_was_rewritten() {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("new/payer.journal");
	let mut purse = open(&path).unwrap();
	assert!(matches!(open(&path), Err(JournalError::InUse)));
	purse.begin(CHANNEL, start()).unwrap();
	let given = receipts(1..=3);
	let voucher = purse.sign(&request(1, &given), sign).unwrap();
	drop(purse);
	assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

	let mut purse = open(&path).unwrap();
	assert_eq!(purse.sign(&request(1, &given), |_| unreachable!("signed before")).unwrap(), voucher);
	drop(purse);

	let mut disk = FileDisk::open(&path).unwrap();
	let bytes = disk.read(u64::MAX).unwrap();
	disk.replace(&bytes).unwrap();
	assert!(matches!(FileDisk::open(&path), Err(JournalError::InUse)), "the lock goes with the new file");
	disk.append(b"torn").unwrap();
	disk.sync().unwrap();
	drop(disk);
	assert_eq!(open(&path).unwrap().last(CHANNEL).unwrap().voucher, voucher);
	assert_eq!(std::fs::read(&path).unwrap(), bytes, "the tail is cut off");
}

#[test]
fn what_an_interrupted_rewrite_left_beside_the_journal_does_not_matter() {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("journal");
	std::fs::write(directory.path().join("journal.new"), b"half of someth").unwrap();
	let mut purse = open(&path).unwrap();
	purse.begin(CHANNEL, start()).unwrap();
	drop(purse);
	assert_eq!(open(&path).unwrap().channels().collect::<Vec<_>>(), [(CHANNEL, start())]);
}
