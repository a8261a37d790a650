//! Feeds slice verification with slices that are damaged on purpose, and with plain rubbish.
//!
//! # Must not
//! Find a panic, an accepted slice whose bytes are not the content's, or a slice that is accepted here and refused
//! by the `bao` crate.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use plexus_primitives::{verify_length_proof, verify_slice, Content};
use std::io::{Cursor, Read};

#[derive(Arbitrary, Debug)]
struct Input {
	/// The content: this many bytes, all alike or not.
	total: u16,
	seed: u8,
	start: u64,
	len: u64,
	/// XORed onto the slice at these places.
	damage: Vec<(u16, u8)>,
	/// Appended to the slice.
	tail: Vec<u8>,
	/// Verified as it is.
	rubbish: Vec<u8>,
}

fn content_bytes(total: u16, seed: u8) -> Vec<u8> {
	(0..=total).map(|index| (index / 7) as u8 ^ seed).collect()
}

fn slice_of(encoded: &[u8], start: u64, len: u64) -> Vec<u8> {
	let mut slice = Vec::new();
	bao::encode::SliceExtractor::new(Cursor::new(encoded), start, len)
		.read_to_end(&mut slice)
		.expect("the encoding is whole");
	slice
}

fuzz_target!(|input: Input| {
	let bytes = content_bytes(input.total, input.seed);
	let total = bytes.len() as u64;
	let (encoded, hash) = bao::encode::encode(&bytes);
	let root = *hash.as_bytes();

	let start = input.start % total;
	let len = 1 + input.len % (total - start);
	let mut slice = slice_of(&encoded, start, len);
	for (place, with) in input.damage {
		let place = usize::from(place) % slice.len();
		slice[place] ^= with;
	}
	slice.extend(input.tail);

	if let Ok(verified) = verify_slice(&root, &slice, start, len) {
		assert!(verified.equals(&bytes[start as usize..][..len as usize]));
		assert!(verified.proven_len().is_none_or(|proven| proven == total));
		let mut theirs = Vec::new();
		let mut decoder = bao::decode::SliceDecoder::new(&slice[..], &hash, start, len);
		decoder.read_to_end(&mut theirs).expect("bao accepts what is accepted here");
		assert!(verified.equals(&theirs));
	}
	let stated = Content { root, len: input.len };
	if verify_length_proof(&stated, &slice).is_ok() {
		assert_eq!(stated.len, total);
	}
	if let Ok(verified) = verify_slice(&root, &input.rubbish, input.start, input.len) {
		let range = bytes.get(input.start as usize..(input.start + input.len) as usize);
		assert!(range.is_some_and(|range| verified.equals(range)));
	}
	if verify_length_proof(&stated, &input.rubbish).is_ok() {
		assert_eq!(stated.len, total);
	}
});
