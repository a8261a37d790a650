//! Slice verification against the `bao` crate, which made the format.

mod common;

use common::{bao_encode, bao_slice, bytes, len_around_the_edges, BAO_EDGES};
use plexus_primitives::{
	prove_slice::prove_slice,
	slice::{stated_len, CHUNK_BYTES, HEADER_BYTES, PARENT_BYTES, SLICE_BYTES_MAX},
	verify_length_proof, verify_slice, Content, SliceError,
};
use proptest::prelude::*;
use std::io::Cursor;

fn proven_bytes(root: &[u8; 32], slice: &[u8], start: u64, len: u64) -> Result<Vec<u8>, SliceError> {
	verify_slice(root, slice, start, len).map(|verified| verified.pieces().flatten().copied().collect())
}

#[test]
fn every_range_of_small_contents_is_proved_by_the_slice_that_bao_makes() {
	for total in BAO_EDGES {
		let content = bytes(total);
		let (root, encoded) = bao_encode(&content);
		let edges = || BAO_EDGES.into_iter().flat_map(|edge| [edge - 1, edge]);
		for start in edges().filter(|start| *start < total) {
			for len in edges().chain([total - start]).filter(|len| *len > 0 && start + len <= total) {
				let slice = bao_slice(&encoded, start, len);
				let verified = verify_slice(&root, &slice, start, len).expect("bao made it");
				let proven: Vec<u8> = verified.pieces().flatten().copied().collect();
				let expected = &content[start as usize..][..len as usize];
				assert_eq!(proven, expected, "{len} bytes at {start} of {total}");
				assert!(verified.equals(expected));
				assert_eq!(verified.start(), start);
				assert_eq!(verified.proven_len(), (start + len == total).then_some(total));
			}
		}
	}
}

#[test]
fn the_prover_makes_the_slices_that_bao_makes() {
	for total in BAO_EDGES {
		let content = bytes(total);
		let (root, encoded) = bao_encode(&content);
		let edges = || BAO_EDGES.into_iter().flat_map(|edge| [edge - 1, edge]);
		for start in edges().filter(|start| *start < total) {
			for len in edges().chain([total - start]).filter(|len| *len > 0 && start + len <= total) {
				let proven = prove_slice(Cursor::new(&content), start, len).expect("the bytes are there");
				assert_eq!(proven.content, Content { root, len: total });
				assert_eq!(
					proven.slice,
					bao_slice(&encoded, start, len),
					"{len} bytes at {start} of {total}"
				);
			}
		}
	}
}

/// Bytes of the parents and chunks of `start..end` in the subtree over `len` bytes from `offset` on.
fn covered(offset: u64, len: u64, start: u64, end: u64) -> u64 {
	if end <= offset || offset + len <= start {
		return 0;
	}
	if len <= CHUNK_BYTES {
		return len;
	}
	// The left child has the largest power of two below the length.
	let left = 1 << (len - 1).ilog2();
	PARENT_BYTES as u64 + covered(offset, left, start, end) + covered(offset + left, len - left, start, end)
}

/// How long the slice of a range is: that follows from the shape of the tree alone, whatever the bytes are.
fn slice_bytes(total: u64, start: u64, len: u64) -> u64 {
	HEADER_BYTES as u64 + covered(0, total, start, start + len)
}

#[test]
fn the_length_of_a_slice_follows_from_the_shape_of_the_tree() {
	for total in BAO_EDGES {
		let content = bytes(total);
		let edges = || BAO_EDGES.into_iter().flat_map(|edge| [edge - 1, edge]);
		for start in edges().filter(|start| *start < total) {
			for len in edges().chain([total - start]).filter(|len| *len > 0 && start + len <= total) {
				let proven = prove_slice(Cursor::new(&content), start, len).expect("the bytes are there");
				let computed = slice_bytes(total, start, len);
				assert_eq!(proven.slice.len() as u64, computed, "{len} bytes at {start} of {total}");
			}
		}
	}
}

/// The longest slice of so many whole chunks' bytes, wherever in 1 GiB they begin: within a chunk, so that one more is
/// touched, and never at its first byte, which would touch none more.
fn longest_in_a_gibibyte(len: u64) -> u64 {
	const TOTAL: u64 = 1 << 30;
	let starts = (0..).map(|chunk| chunk * CHUNK_BYTES + 1).take_while(|start| start + len <= TOTAL);
	starts.map(|start| slice_bytes(TOTAL, start, len)).max().expect("there is a place")
}

#[test]
fn a_slice_of_a_kibibyte_anywhere_in_a_gibibyte_is_at_most_five() {
	// Two chunks that lie on both sides of the middle have no parent in common but the root: 1 and twice 19.
	assert_eq!(longest_in_a_gibibyte(1_024), 8 + 39 * 64 + 2 * 1_024);
	assert!(longest_in_a_gibibyte(1_024) <= 5 * 1_024);
}

#[test]
fn a_slice_of_the_longest_claim_anywhere_in_a_gibibyte_is_at_most_20_616_bytes() {
	// Seventeen chunks, and 50 parents over them.
	assert_eq!(longest_in_a_gibibyte(16 * 1_024), 8 + 50 * 64 + 17 * 1_024);
}

#[test]
fn the_prover_refuses_what_nobody_would_verify() {
	let content = bytes(100_000);
	for (start, len) in
		[(0, 0), (100_000, 1), (99_999, 2), (u64::MAX, 1), (1, u64::MAX), (0, 100_000), (0, 65_536)]
	{
		let error = prove_slice(Cursor::new(&content), start, len).expect_err("no such slice");
		assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{len} bytes at {start}: {error}");
	}
	let (root, len) = (*blake3::hash(&content).as_bytes(), 48 << 10);
	for start in [0, 1, 1_023, 50_000] {
		let proven =
			prove_slice(Cursor::new(&content), start, len).expect("48 KiB can be proved at any place");
		let verified = verify_slice(&root, &proven.slice, start, len).expect("the slice is whole");
		assert!(verified.equals(&content[start as usize..][..len as usize]));
	}
}

#[test]
fn a_range_equals_only_its_own_bytes() {
	let content = bytes(3000);
	let (root, encoded) = bao_encode(&content);
	let slice = bao_slice(&encoded, 1000, 1500);
	let verified = verify_slice(&root, &slice, 1000, 1500).expect("bao made it");
	assert!(verified.equals(&content[1000..2500]));
	assert!(!verified.equals(&content[1000..2499]), "a prefix");
	assert!(!verified.equals(&content[1000..2501]), "an extension");
	assert!(!verified.equals(&content[1001..2501]), "shifted");
	assert!(!verified.equals(b""));
}

#[test]
fn every_truncation_is_refused_and_says_how_much_is_missing() {
	for total in [1, 1024, 1025, 4096, 5000] {
		let (root, encoded) = bao_encode(&bytes(total));
		let slice = bao_slice(&encoded, total / 2, total - total / 2);
		for cut in 0..slice.len() {
			match verify_slice(&root, &slice[..cut], total / 2, total - total / 2) {
				Err(SliceError::Truncated { needed, actual }) => {
					assert_eq!(actual, cut);
					assert!(cut < needed && needed <= slice.len());
				}
				other => panic!("{cut} of {} bytes gave {other:?}", slice.len()),
			}
		}
	}
}

#[test]
fn every_flipped_bit_is_refused() {
	for (total, start, len) in
		[(1, 0, 1), (100, 0, 100), (1024, 5, 10), (1025, 1024, 1), (1025, 0, 1), (4097, 2000, 200)]
	{
		let content = bytes(total);
		let (root, encoded) = bao_encode(&content);
		let slice = bao_slice(&encoded, start, len);
		for bit in 0..slice.len() * 8 {
			let mut flipped = slice.clone();
			flipped[bit / 8] ^= 1 << (bit % 8);
			let Ok(verified) = verify_slice(&root, &flipped, start, len) else { continue };
			// Only a length that gives the tree the same shape along the way can still verify; then the bytes are the
			// true ones, and the length is not claimed to be proved.
			assert!(bit < HEADER_BYTES * 8, "bit {bit} of the tree is not checked");
			assert!(verified.equals(&content[start as usize..][..len as usize]));
			assert_eq!(verified.proven_len(), None, "a false length is proved by flipping bit {bit}");
		}
	}
}

#[test]
fn a_false_length_that_verifies_is_not_called_proven() {
	// Five and six chunks have the same left half: chunk 0 verifies under either length.
	let content = bytes(5 * 1024);
	let (root, encoded) = bao_encode(&content);
	let mut slice = bao_slice(&encoded, 0, 10);
	slice[..HEADER_BYTES].copy_from_slice(&(6 * 1024u64).to_le_bytes());
	let verified = verify_slice(&root, &slice, 0, 10).expect("the shape of the tree is the same");
	assert!(verified.equals(&content[..10]));
	assert_eq!(verified.proven_len(), None);
	assert_eq!(stated_len(&slice), Ok(6 * 1024));
}

#[test]
fn every_flipped_bit_of_a_length_proof_is_refused() {
	for total in [1, 1023, 1024, 1025, 2048, 5000, 8192] {
		let (root, encoded) = bao_encode(&bytes(total));
		let content = Content { root, len: total };
		let proof = bao_slice(&encoded, total - 1, 1);
		assert_eq!(verify_length_proof(&content, &proof), Ok(()));
		for bit in 0..proof.len() * 8 {
			let mut flipped = proof.clone();
			flipped[bit / 8] ^= 1 << (bit % 8);
			assert!(verify_length_proof(&content, &flipped).is_err(), "bit {bit} of {total} bytes' proof");
		}
	}
}

#[test]
fn a_false_length_is_refused_with_the_true_one() {
	for total in BAO_EDGES {
		let (root, encoded) = bao_encode(&bytes(total));
		let proof = bao_slice(&encoded, total - 1, 1);
		for stated in [total + 1, total + 1024, u64::MAX] {
			let differs = SliceError::LengthDiffers { stated, proven: total };
			assert_eq!(verify_length_proof(&Content { root, len: stated }, &proof), Err(differs));
			let mut restated = proof.clone();
			restated[..HEADER_BYTES].copy_from_slice(&stated.to_le_bytes());
			let result = verify_length_proof(&Content { root, len: stated }, &restated);
			assert!(result.is_err(), "{total} bytes pass for {stated}");
		}
	}
}

#[test]
fn trailing_bytes_are_refused_and_counted() {
	let (root, encoded) = bao_encode(&bytes(3000));
	let mut slice = bao_slice(&encoded, 0, 100);
	for excess in 1..=PARENT_BYTES {
		slice.push(0);
		let expected = SliceError::TrailingBytes { excess };
		assert_eq!(verify_slice(&root, &slice, 0, 100).err(), Some(expected));
	}
}

#[test]
fn a_slice_of_a_longer_range_is_refused_for_a_shorter_one() {
	let (root, encoded) = bao_encode(&bytes(4096));
	let slice = bao_slice(&encoded, 0, 2048);
	assert!(matches!(verify_slice(&root, &slice, 0, 1024), Err(SliceError::TrailingBytes { .. })));
}

#[test]
fn what_cannot_be_proved_is_refused_by_name() {
	let content = bytes(2000);
	let (root, encoded) = bao_encode(&content);
	let slice = bao_slice(&encoded, 0, 10);
	let verify = |slice: &[u8], start, len| verify_slice(&root, slice, start, len).err();

	assert_eq!(verify(&slice, 3, 0), Some(SliceError::EmptyRange { start: 3 }));
	for (start, len) in [(0, 2001), (2000, 1), (1999, 2), (u64::MAX, 1), (1, u64::MAX), (u64::MAX, u64::MAX)]
	{
		assert_eq!(verify(&slice, start, len), Some(SliceError::RangeOutside { start, len, total: 2000 }));
	}
	let actual = SLICE_BYTES_MAX + 1;
	assert_eq!(verify(&vec![0; actual], 0, 1), Some(SliceError::TooLong { actual }));
	assert_eq!(verify(&[0; 8], 0, 1), Some(SliceError::EmptyContent));

	let empty = Content { root: *blake3::hash(b"").as_bytes(), len: 0 };
	assert_eq!(verify_length_proof(&empty, &[0; 8]), Err(SliceError::EmptyContent));
	let not_empty = Content { root, len: 2000 };
	assert_eq!(verify_length_proof(&not_empty, &[0; 8]), Err(SliceError::EmptyContent));
	assert_eq!(
		verify_length_proof(&not_empty, &[]),
		Err(SliceError::Truncated { needed: HEADER_BYTES, actual: 0 })
	);
}

#[test]
fn a_node_under_another_root_is_named() {
	let (root, encoded) = bao_encode(&bytes(3000));
	let slice = bao_slice(&encoded, 2999, 1);
	let verify = |root: &[u8; 32], slice: &[u8]| verify_slice(root, slice, 2999, 1).err();
	assert_eq!(verify(&[0; 32], &slice), Some(SliceError::ParentMismatch { position: HEADER_BYTES }));
	let mut bad_chunk = slice.clone();
	*bad_chunk.last_mut().expect("it has a chunk") ^= 1;
	assert_eq!(verify(&root, &bad_chunk), Some(SliceError::ChunkMismatch { index: 2 }));
}

#[test]
fn a_parent_is_not_accepted_as_a_chunk_nor_a_subtree_as_the_whole() {
	// 64 bytes that are the two children's chaining values: as content they have another root.
	let (root, encoded) = bao_encode(&bytes(2048));
	let node = &encoded[HEADER_BYTES..][..PARENT_BYTES];
	let as_chunk = [&64u64.to_le_bytes()[..], node].concat();
	assert_eq!(verify_slice(&root, &as_chunk, 0, 64).err(), Some(SliceError::ChunkMismatch { index: 0 }));
	// The first chunk, under its chaining value within the larger tree.
	let chunk = [&1024u64.to_le_bytes()[..], &bytes(2048)[..1024]].concat();
	let left: [u8; 32] = node[..32].try_into().expect("32 bytes");
	assert_eq!(verify_slice(&left, &chunk, 0, 1024).err(), Some(SliceError::ChunkMismatch { index: 0 }));
}

#[test]
fn the_largest_lengths_are_walked_without_overflow() {
	for total in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) + 1, (1 << 54) * 1023] {
		for start in [0, 1 << 40, total - 1] {
			let mut slice = vec![0; SLICE_BYTES_MAX];
			slice[..HEADER_BYTES].copy_from_slice(&total.to_le_bytes());
			let refused = Some(SliceError::ParentMismatch { position: HEADER_BYTES });
			assert_eq!(verify_slice(&[1; 32], &slice, start, total - start).err(), refused);
			assert_eq!(verify_slice(&[1; 32], &slice, start, 1).err(), refused);
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn any_range_of_any_content_is_proved_by_the_slice_that_bao_makes(
		total in len_around_the_edges(200_000),
		start: prop::sample::Index,
		len in 1..60_000u64,
	) {
		let content = bytes(total);
		let (root, encoded) = bao_encode(&content);
		let start = start.index(total as usize) as u64;
		let len = len.min(total - start);
		let slice = bao_slice(&encoded, start, len);
		let result = proven_bytes(&root, &slice, start, len);
		if slice.len() > SLICE_BYTES_MAX {
			prop_assert_eq!(result, Err(SliceError::TooLong { actual: slice.len() }));
		} else {
			prop_assert_eq!(result.unwrap(), &content[start as usize..][..len as usize]);
		}
	}

	#[test]
	fn what_bao_refuses_is_refused(
		total in len_around_the_edges(20_000),
		start: prop::sample::Index,
		len in 1..5_000u64,
		damaged: prop::sample::Index,
		with in 1..=255u8,
	) {
		let content = bytes(total);
		let (root, encoded) = bao_encode(&content);
		let start = start.index(total as usize) as u64;
		let len = len.min(total - start);
		let mut slice = bao_slice(&encoded, start, len);
		let damaged = damaged.index(slice.len());
		slice[damaged] ^= with;
		let ours = proven_bytes(&root, &slice, start, len).ok();
		let theirs = common::bao_decode(&root, &slice, start, len);
		if let Some(ours) = ours {
			prop_assert_eq!(Some(&ours), theirs.as_ref());
			prop_assert_eq!(&ours, &content[start as usize..][..len as usize]);
		}
	}

	#[test]
	fn random_bytes_never_verify_and_never_panic(
		root: [u8; 32],
		slice in prop::collection::vec(any::<u8>(), 0..2_000),
		total in prop_oneof![any::<u64>(), 0..5_000u64],
		start in prop_oneof![any::<u64>(), 0..5_000u64],
		len in prop_oneof![any::<u64>(), 0..5_000u64],
	) {
		prop_assert!(verify_slice(&root, &slice, start, len).is_err());
		let with_length = [&total.to_le_bytes()[..], &slice].concat();
		prop_assert!(verify_slice(&root, &with_length, start, len).is_err());
		let content = Content { root, len: total };
		prop_assert!(verify_length_proof(&content, &with_length).is_err());
	}
}
