//! Frames: torn, damaged, foreign, rewritten.

use crate::{
	crash::{CrashDisk, Failure},
	journal::{Journal, FRAME_BYTES_MAX},
	Identity, JournalError, Owner,
};
use plexus_primitives::AgentId;

fn identity() -> Identity {
	Identity { genesis: [1; 32], owner: Owner::Server(AgentId(2)) }
}

fn open(disk: &CrashDisk) -> Result<(Journal, Vec<Vec<u8>>), JournalError> {
	Journal::open(disk.boxed(), identity())
}

/// A journal with these payloads, and where its last frame begins.
fn written(payloads: &[&[u8]]) -> (CrashDisk, usize) {
	let disk = CrashDisk::default();
	let (mut journal, _) = open(&disk).expect("a new journal");
	let mut before = disk.bytes().len();
	for payload in payloads {
		before = disk.bytes().len();
		journal.append(payload).expect("the disk is well");
	}
	(disk, before)
}

#[test]
fn a_frame_cut_off_at_any_byte_is_dropped_and_the_next_one_stands_in_its_place() {
	let (disk, last) = written(&[b"first", b"second payload"]);
	let whole = disk.bytes();
	for end in last..whole.len() {
		let disk = CrashDisk::with(whole[..end].to_vec());
		let (mut journal, payloads) = open(&disk).expect("a torn tail is no damage");
		assert_eq!(payloads, [b"first".to_vec()], "{end}");
		journal.append(b"third").expect("the disk is well");
		let (_, payloads) = open(&disk.killed()).expect("whole again");
		assert_eq!(payloads, [b"first".to_vec(), b"third".to_vec()], "{end}");
	}
}

#[test]
fn what_a_killed_process_did_not_sync_is_on_disk_before_it_is_told() {
	let (disk, last) = written(&[b"first", b"second"]);
	let disk = CrashDisk::unsynced(disk.bytes(), last);
	let (_, told) = open(&disk).expect("it is whole");
	assert_eq!(told, [b"first".to_vec(), b"second".to_vec()]);
	// Now the power fails, too.
	let (_, left) = open(&disk.restarted()).expect("it is whole");
	assert_eq!(left, told);
}

#[test]
fn any_changed_byte_of_a_frame_with_another_behind_it_is_damage_and_of_the_last_one_a_tear() {
	let (disk, last) = written(&[b"first", b"second payload"]);
	let whole = disk.bytes();
	let (_, header) = written(&[b"x"]);
	for place in 0..whole.len() {
		let mut bytes = whole.clone();
		bytes[place] ^= 0x10;
		let found = open(&CrashDisk::with(bytes)).map(|(_, payloads)| payloads);
		if place < header {
			assert!(found.is_err(), "the header at {place}");
		} else if place < last {
			assert!(
				matches!(found, Err(JournalError::Damaged(at)) if at == header as u64),
				"{place}: {found:?}"
			);
		} else {
			assert_eq!(found.expect("a torn tail"), [b"first".to_vec()], "{place}");
		}
	}
}

#[test]
fn more_behind_a_bad_frame_than_a_frame_has_is_damage() {
	let (disk, _) = written(&[b"first"]);
	let mut bytes = disk.bytes();
	let at = bytes.len() as u64;
	bytes.extend(vec![0; FRAME_BYTES_MAX + 1_000]);
	assert!(matches!(open(&CrashDisk::with(bytes)), Err(JournalError::Damaged(found)) if found == at));
}

#[test]
fn a_frame_of_another_file_in_the_same_place_is_not_taken() {
	let (one, last) = written(&[b"first", b"second"]);
	let (other, _) = written(&[b"first", b"second"]);
	assert_ne!(one.bytes(), other.bytes(), "lineages differ");
	let mixed = [&one.bytes()[..last], &other.bytes()[last..]].concat();
	let (_, payloads) = open(&CrashDisk::with(mixed)).expect("a torn tail");
	assert_eq!(payloads, [b"first".to_vec()]);
}

#[test]
fn journals_of_others_and_other_files_are_refused_and_stay_as_they_are() {
	let (disk, _) = written(&[b"first"]);
	for foreign in [
		Identity { genesis: [2; 32], ..identity() },
		Identity { owner: Owner::Server(AgentId(3)), ..identity() },
		Identity { owner: Owner::Signer([2; 32].into()), ..identity() },
	] {
		let found = Journal::open(disk.killed().boxed(), foreign).map(drop);
		assert!(matches!(&found, Err(JournalError::OfAnother(own)) if **own == identity()), "{found:?}");
	}
	let mut later = disk.bytes();
	for version in [0, 3] {
		later[16] = version;
		let found = open(&CrashDisk::with(later.clone()));
		assert!(matches!(found, Err(JournalError::Version(given)) if given == version));
	}
	for other in [&b"something else"[..], b"plexus-payments", b"p"] {
		let disk = CrashDisk::with(other.to_vec());
		assert!(matches!(open(&disk), Err(JournalError::NotAJournal)), "{other:?}");
		assert_eq!(disk.bytes(), other);
	}
}

#[test]
fn a_rewritten_journal_is_the_old_one_or_the_new_one_and_goes_on() {
	for (kept, expected) in [(0, vec![b"a".to_vec(), b"b".to_vec()]), (1, vec![b"b".to_vec()])] {
		let (disk, _) = written(&[b"a", b"b"]);
		let (mut journal, _) = open(&disk).expect("it is whole");
		disk.fail(Failure { after: 0, kept, padded: false });
		journal.rewrite(vec![b"b".to_vec()]).expect_err("the power fails");
		assert!(matches!(journal.append(b"c"), Err(JournalError::Failed)), "what is on disk is unknown");
		let disk = disk.restarted();
		let (mut journal, payloads) = open(&disk).expect("old or new");
		assert_eq!(payloads, expected);
		journal.append(b"c").expect("the disk is well");
		let (_, payloads) = open(&disk.killed()).expect("it is whole");
		assert_eq!(payloads, [expected, vec![b"c".to_vec()]].concat());
	}
}

#[test]
fn a_journal_that_grows_is_long_again_only_after_it_has_multiplied() {
	let disk = CrashDisk::default();
	let (mut journal, _) = open(&disk).expect("a new journal");
	let megabyte = vec![7; FRAME_BYTES_MAX];
	for count in 1.. {
		journal.append(&megabyte).expect("the disk is well");
		if journal.is_long() {
			assert_eq!(count, 4);
			break;
		}
	}
	journal.rewrite(vec![megabyte.clone(), megabyte.clone()]).expect("the disk is well");
	assert!(!journal.is_long());
	for _ in 0..6 {
		journal.append(&megabyte).expect("the disk is well");
	}
	assert!(!journal.is_long(), "eight with one header are less than four times two with one each");
	journal.append(&megabyte).expect("the disk is well");
	assert!(journal.is_long());
	assert!(matches!(journal.append(&[0; FRAME_BYTES_MAX + 1]), Err(JournalError::FrameTooLong(_))));
}
