//! Contents, and what the `bao` crate makes of them.

// Each test program uses a part of these.
#![allow(dead_code)]

use proptest::prelude::*;
use std::io::{Cursor, Read};

/// Lengths where the tree changes its shape, one chunk to nine.
pub const BAO_EDGES: [u64; 14] =
	[1, 2, 1023, 1024, 1025, 2047, 2048, 2049, 3072, 4095, 4096, 4097, 8192, 8193];

/// `len` bytes of which no two chunks are alike.
pub fn bytes(len: u64) -> Vec<u8> {
	let mut bytes = vec![0; len as usize];
	blake3::Hasher::new().finalize_xof().fill(&mut bytes);
	bytes
}

/// Lengths up to `max`, half of them within one byte of a whole number of chunks.
pub fn len_around_the_edges(max: u64) -> impl Strategy<Value = u64> {
	let edges =
		(1..=max / 1024, -1..=1i64).prop_map(|(chunks, off)| (chunks * 1024).saturating_add_signed(off));
	prop_oneof![1..=max, edges.prop_map(move |len| len.clamp(1, max))]
}

/// Root and combined encoding.
pub fn bao_encode(content: &[u8]) -> ([u8; 32], Vec<u8>) {
	let (encoded, root) = bao::encode::encode(content);
	(*root.as_bytes(), encoded)
}

/// The slice of a range.
pub fn bao_slice(encoded: &[u8], start: u64, len: u64) -> Vec<u8> {
	let mut slice = Vec::new();
	bao::encode::SliceExtractor::new(Cursor::new(encoded), start, len)
		.read_to_end(&mut slice)
		.expect("the encoding is whole");
	slice
}

/// What `bao` itself reads from a slice.
pub fn bao_decode(root: &[u8; 32], slice: &[u8], start: u64, len: u64) -> Option<Vec<u8>> {
	let mut decoded = Vec::new();
	bao::decode::SliceDecoder::new(slice, &(*root).into(), start, len)
		.read_to_end(&mut decoded)
		.ok()
		.map(|_| decoded)
}
