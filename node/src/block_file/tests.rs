//! Round trip, and every way a file can be wrong.

use super::*;
use plexus_storage::Header;

fn record(number: u32) -> Record {
	let header = Header {
		parent_hash: Hash::repeat_byte(1),
		number,
		state_root: Hash::repeat_byte(2),
		extrinsics_root: Hash::repeat_byte(3),
		digest: Default::default(),
	};
	Record { block: Block { header, body: vec![vec![7; 20], vec![]] }, certificate: vec![9; 30] }
}

const HEAD: Head = Head { genesis: Hash::repeat_byte(5), first: 3, count: 2 };

fn file(records: &[Record]) -> Vec<u8> {
	let mut writer = Writer::new(Vec::new(), HEAD).expect("memory accepts everything");
	records.iter().for_each(|record| writer.write(record).expect("small"));
	writer.finish().expect("memory accepts everything")
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, BlockFileError> {
	Reader::new(bytes)?.collect()
}

#[test]
fn blocks_come_back() {
	let records = [record(3), record(4)];
	let bytes = file(&records);
	assert_eq!(Reader::new(&bytes[..]).expect("a head").head(), HEAD);
	assert_eq!(read(&bytes).expect("whole"), records);
}

#[test]
fn every_truncation_is_noticed() {
	let bytes = file(&[record(3), record(4)]);
	for length in 0..bytes.len() {
		match read(&bytes[..length]).expect_err("cut") {
			BlockFileError::NotBlocks => assert!(length < 52, "{length}"),
			BlockFileError::Truncated { number } => {
				assert!(length >= 52 && (3..=4).contains(&number), "{length}")
			}
			other => panic!("{length}: {other}"),
		}
	}
}

#[test]
fn each_damage_has_its_error() {
	let bytes = file(&[record(3), record(4)]);
	let damaged = |change: &dyn Fn(&mut Vec<u8>)| {
		let mut bytes = bytes.clone();
		change(&mut bytes);
		read(&bytes).expect_err("damaged")
	};
	assert!(matches!(damaged(&|bytes| bytes[0] = b'X'), BlockFileError::NotBlocks));
	assert!(matches!(damaged(&|bytes| bytes[8] = 9), BlockFileError::Version { found: 9 }));
	assert!(matches!(damaged(&|bytes| bytes.push(0)), BlockFileError::Trailing));
	assert!(matches!(damaged(&|bytes| bytes[55] = 0xff), BlockFileError::TooLong { number: 3, .. }));
	assert!(matches!(damaged(&|bytes| bytes[52] -= 1), BlockFileError::Undecodable { number: 3, .. }));
	assert!(matches!(
		read(&file(&[record(3), record(5)])).expect_err("a gap"),
		BlockFileError::OutOfOrder { found: 5, expected: 4 }
	));
}

#[test]
fn a_reader_stops_after_an_error() {
	let bytes = file(&[record(9)]);
	let mut reader = Reader::new(&bytes[..]).expect("a head");
	assert!(matches!(reader.next(), Some(Err(BlockFileError::OutOfOrder { .. }))));
	assert!(reader.next().is_none());
}
