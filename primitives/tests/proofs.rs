//! The streaming prover against `bao` and plain BLAKE3.

mod common;

use common::{bao_encode, bao_slice, bytes, len_around_the_edges, BAO_EDGES};
use plexus_primitives::{
	prove::{prove_reader, LengthProver, ProveError, ProvenContent, GROUP_BYTES},
	slice::LENGTH_PROOF_BYTES_MAX,
	verify_length_proof, Content,
};
use proptest::prelude::*;
use std::io::{self, Read};

fn assert_as_bao_does(content: &[u8], proven: &ProvenContent) {
	let len = content.len() as u64;
	let (root, encoded) = bao_encode(content);
	assert_eq!(proven.content, Content { root, len });
	assert_eq!(proven.content.root, *blake3::hash(content).as_bytes());
	assert_eq!(proven.length_proof, bao_slice(&encoded, len - 1, 1), "the proof of {len} bytes");
	assert!(proven.length_proof.len() <= LENGTH_PROOF_BYTES_MAX);
	assert_eq!(verify_length_proof(&proven.content, &proven.length_proof), Ok(()));
}

/// A reader that gives as many bytes as it likes, and is interrupted in between.
struct Moody<'a> {
	bytes: &'a [u8],
	portions: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl<'a> Moody<'a> {
	fn new(bytes: &'a [u8], portions: Vec<usize>) -> Self {
		Self { bytes, portions: portions.into_iter().cycle() }
	}
}

impl Read for Moody<'_> {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		match self.portions.next() {
			None | Some(0) => Err(io::ErrorKind::Interrupted.into()),
			Some(portion) => {
				let len = portion.min(buffer.len());
				self.bytes.read(&mut buffer[..len])
			}
		}
	}
}

#[test]
fn proofs_at_the_edges_of_chunks_and_groups_are_those_of_bao() {
	let group = GROUP_BYTES as u64;
	let groups = [1, 2, 3, 4, 5, 8].into_iter().flat_map(|n| [n * group - 1, n * group, n * group + 1]);
	let odd = [group + 1024, group + 1025, 3 * group + 500_000, 7 * group - 1024];
	for len in BAO_EDGES.into_iter().chain(groups).chain(odd) {
		let content = bytes(len);
		let mut told = Vec::new();
		let proven = prove_reader(&content[..], |hashed| told.push(hashed)).expect("memory is readable");
		assert_as_bao_does(&content, &proven);
		assert_eq!(told.last(), Some(&len), "progress ends at the end");
		assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "progress goes forward");
	}
}

#[test]
fn empty_content_has_no_proof() {
	assert!(matches!(prove_reader(io::empty(), |_| ()), Err(ProveError::EmptyContent)));
	assert!(LengthProver::new().is_empty());
}

#[test]
fn a_reader_that_fails_is_reported_with_the_place() {
	struct Failing;
	impl Read for Failing {
		fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
			Err(io::Error::other("pulled out"))
		}
	}
	let content = bytes(2 * GROUP_BYTES as u64);
	match prove_reader(content.chain(Failing), |_| ()) {
		Err(ProveError::Read { read, source }) => {
			assert_eq!((read, source.to_string().as_str()), (2 * GROUP_BYTES as u64, "pulled out"));
		}
		other => panic!("{other:?}"),
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn proofs_of_any_content_in_any_portions_are_those_of_bao(
		len in len_around_the_edges(4 * GROUP_BYTES as u64),
		mut portions in prop::collection::vec(prop_oneof![0..100usize, 1_000..2_000_000usize], 1..20),
	) {
		portions.push(100_000);
		let content = bytes(len);
		assert_as_bao_does(&content, &prove_reader(Moody::new(&content, portions.clone()), |_| ()).unwrap());

		let mut prover = LengthProver::new();
		let mut rest = &content[..];
		for portion in portions.into_iter().cycle() {
			let (now, later) = rest.split_at(portion.min(rest.len()));
			prover.update(now);
			rest = later;
			prop_assert_eq!(prover.len() as usize + rest.len(), content.len());
			if rest.is_empty() {
				break;
			}
		}
		assert_as_bao_does(&content, &prover.finish().unwrap());
	}
}
