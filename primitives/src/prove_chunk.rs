//! Makes the slice of one chunk: the answer to a challenge.
//!
//! # Must not
//! Be used by the runtime: it allocates and reads. Keep the whole file.
//!
//! # Invariants
//! As [`crate::prove_slice`], of which it is the special case.

use crate::{
	prove_slice::{prove_slice, ProvenSlice},
	slice::CHUNK_BYTES,
};
use std::io::{self, Read, Seek, SeekFrom};

/// Proves a chunk of everything that `source` holds.
///
/// # Errors
/// It cannot be read, changes its length meanwhile, or has no such chunk.
pub fn prove_chunk(mut source: impl Read + Seek, chunk: u64) -> io::Result<ProvenSlice> {
	let total = source.seek(SeekFrom::End(0))?;
	if chunk >= total.div_ceil(CHUNK_BYTES) {
		let message = format!("{total} bytes have no chunk {chunk}");
		return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
	}
	let start = chunk * CHUNK_BYTES;
	prove_slice(source, start, CHUNK_BYTES.min(total - start))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{prove::prove_reader, verify_slice};
	use std::io::Cursor;

	#[test]
	fn every_chunk_of_every_shape_is_proved_and_no_other_bytes() {
		for len in [1u64, 1_023, 1_024, 1_025, 2_048, 2_049, 3_072, 5_000, 16_384, 70_001] {
			let bytes: Vec<u8> = (0..len).map(|place| (place * 31 % 253) as u8).collect();
			for chunk in 0..len.div_ceil(CHUNK_BYTES) {
				let proven = prove_chunk(Cursor::new(&bytes), chunk).expect("the bytes are there");
				assert_eq!(proven.content.root, *blake3::hash(&bytes).as_bytes(), "{len}, {chunk}");
				let start = chunk * CHUNK_BYTES;
				let part = CHUNK_BYTES.min(len - start);
				let verified =
					verify_slice(&proven.content.root, &proven.slice, start, part).expect("it is a slice");
				assert!(verified.equals(&bytes[start as usize..(start + part) as usize]), "{len}, {chunk}");
			}
		}
	}

	#[test]
	fn the_slice_of_the_last_chunk_is_the_length_proof() {
		let bytes = vec![7; (3 << 20) + 5];
		let chunk = (bytes.len() as u64 - 1) / CHUNK_BYTES;
		let expected = prove_reader(bytes.as_slice(), |_| ()).expect("it is not empty");
		let proven = prove_chunk(Cursor::new(&bytes), chunk).expect("the bytes are there");
		assert_eq!((proven.content, proven.slice), (expected.content, expected.length_proof));
	}

	#[test]
	fn a_chunk_that_is_not_there_is_an_error() {
		for (len, chunk) in [(0usize, 0), (1_024, 1), (1_025, 2), (1, u64::MAX)] {
			assert!(prove_chunk(Cursor::new(vec![0; len]), chunk).is_err(), "{len}, {chunk}");
		}
	}
}
