//! Encodings that clients rely on.

use codec::{Decode, Encode, MaxEncodedLen};
use plexus_primitives::{
	constants, CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, ModelId, Sequence,
};

#[test]
fn content_is_its_root_and_its_length_in_scale_and_readable_in_json() {
	let content = Content { root: [0xab; 32], len: 258 };
	let bytes = [&[0xab; 32][..], &[2, 1, 0, 0, 0, 0, 0, 0]].concat();
	assert_eq!(content.encode(), bytes);
	assert_eq!(Content::max_encoded_len(), bytes.len());
	assert_eq!(Content::decode(&mut &bytes[..]), Ok(content));

	let json = serde_json::json!({ "root": format!("0x{}", "ab".repeat(32)), "len": 258 });
	assert_eq!(serde_json::to_value(content).unwrap(), json);
	assert_eq!(serde_json::from_value::<Content>(json).unwrap(), content);
	for root in ["0xab".to_string(), format!("0x{}", "ab".repeat(33)), "zz".repeat(32)] {
		let json = serde_json::json!({ "root": root, "len": 1 });
		assert!(serde_json::from_value::<Content>(json).is_err(), "{root} is no root");
	}
}

#[test]
fn ids_are_plain_numbers_and_do_not_wrap() {
	assert_eq!((DatanetId(1).encode(), DatanetId(1).next()), (vec![1, 0, 0, 0], Some(DatanetId(2))));
	assert_eq!(ContributionId(1).encode(), 1u64.encode());
	assert_eq!(serde_json::to_value(Sequence(7)).unwrap(), serde_json::json!(7));
	assert_eq!(DatanetId(u32::MAX).next(), None);
	assert_eq!(ContributionId(u64::MAX).next(), None);
	assert_eq!(Sequence(u64::MAX).next(), None);
	assert_eq!((ModelId(1).encode(), DatanetVersion(1).encode()), (1u64.encode(), 1u32.encode()));
	assert_eq!((ModelId(1).next(), ModelId(u64::MAX).next()), (Some(ModelId(2)), None));
	assert_eq!(CommitmentNumber(1).next(), Some(CommitmentNumber(2)));
	assert_eq!(CommitmentNumber(u64::MAX).next(), None);
}

#[test]
fn the_existential_deposit_is_a_thousandth_of_the_token() {
	assert_eq!(constants::UNITS, 1_000_000_000_000);
	assert_eq!(constants::EXISTENTIAL_DEPOSIT, 1_000_000_000);
}
