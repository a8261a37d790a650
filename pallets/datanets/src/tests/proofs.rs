//! Which length proofs a contribution is accepted with.

use super::*;

fn bytes(len: usize) -> Vec<u8> {
	(0..len).map(|index| (index % 251) as u8).collect()
}

#[test]
fn contents_of_every_shape_of_tree_are_accepted_with_the_proof_of_the_bao_crate() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		for len in [1, 1023, 1024, 1025, 2048, 3072, 4096, 5000, 65_536, (1 << 20) + 1] {
			let bytes = bytes(len);
			let (encoded, root) = bao::encode::encode(&bytes);
			let mut length_proof = Vec::new();
			let source = std::io::Cursor::new(encoded);
			let mut extractor = bao::encode::SliceExtractor::new(source, len as u64 - 1, 1);
			std::io::Read::read_to_end(&mut extractor, &mut length_proof).expect("memory is readable");
			let content = Content { root: *root.as_bytes(), len: len as u64 };
			let proven = ProvenContent { content, length_proof };
			assert_eq!(proven, prove(&bytes), "{len} bytes");
			DatanetDeposit::set(0);
			StorageDepositBase::set(1);
			StorageDepositPerByte::set(0);
			assert_ok!(contribute_proven(ALICE, 0, &proven));
		}
	});
}

#[test]
fn a_wrong_length_is_told_from_a_wrong_proof() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let good = prove(&bytes(5000));
		for len in [1, 4999, 5001, u64::MAX] {
			let wrong = ProvenContent { content: Content { len, ..good.content }, ..good.clone() };
			assert_noop!(contribute_proven(ALICE, 0, &wrong), Error::<Test>::LengthDiffers);
		}
		let mut restated = good.clone();
		restated.content.len = 5001;
		restated.length_proof[..8].copy_from_slice(&5001u64.to_le_bytes());
		assert_noop!(contribute_proven(ALICE, 0, &restated), Error::<Test>::InvalidLengthProof);
	});
}

#[test]
fn empty_content_is_refused_with_any_proof() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let content = Content { root: *blake3::hash(b"").as_bytes(), len: 0 };
		for length_proof in [vec![], vec![0; 8], prove(b"x").length_proof] {
			let empty = ProvenContent { content, length_proof };
			assert_noop!(contribute_proven(ALICE, 0, &empty), Error::<Test>::EmptyContent);
		}
		// The same bytes passed off as one byte.
		let passed_off = ProvenContent { content: Content { len: 1, ..content }, length_proof: vec![0; 8] };
		assert_noop!(contribute_proven(ALICE, 0, &passed_off), Error::<Test>::EmptyContent);
	});
}

#[test]
fn proofs_of_other_content_and_proofs_that_are_cut_or_longer_are_refused() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let good = prove(&bytes(3000));
		let with = |length_proof: Vec<u8>| ProvenContent { length_proof, ..good.clone() };
		let other = with(prove(&bytes(3001)).length_proof);
		let cut = with(good.length_proof[..good.length_proof.len() - 1].to_vec());
		let longer = with([good.length_proof.clone(), vec![0]].concat());
		let none = with(vec![]);
		for bad in [other, cut, longer, none] {
			assert_noop!(contribute_proven(ALICE, 0, &bad), Error::<Test>::InvalidLengthProof);
		}
	});
}

#[test]
fn a_duplicate_is_named_as_such_even_with_a_bad_proof() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let good = prove(b"twice");
		assert_ok!(contribute_proven(ALICE, 0, &good));
		let bad = ProvenContent { length_proof: vec![], ..good };
		assert_noop!(contribute_proven(BOB, 0, &bad), Error::<Test>::RootAlreadyHeld);
	});
}
