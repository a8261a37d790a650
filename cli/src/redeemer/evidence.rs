//! Answers: what is shown for a claim that was drawn or demanded, and against an unlisted source.
//!
//! # Must not
//! Send anything, or ask the chain. Show more than was asked for: an answer publishes the chunks of a claimed range.
//!
//! # Invariants
//! Whatever is returned was made of bytes that have the names in the receipts; what the chain would not verify is an error.

use crate::claims::{
	chain::{Claim, Unlisted},
	facts::Source,
	files::{Files, Missing, Place},
	proofs,
};
use plexus_payments::store::Placed;
use plexus_primitives::{
	challenge::{Answer, LengthProof, Listed, Path, ReceiptProof, Slice},
	merkle,
	prove::prove_reader,
	prove_slice::prove_slice,
	verify_slice, Content, ContextLeaf, DatanetVersion, Evidence,
};
use std::io::Cursor;

/// Why nothing can be shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum EvidenceFault {
	/// The batch has fewer receipts.
	#[error("the batch has no receipt {0}; the receipts at hand are of another batch")]
	NoReceipt(u32),
	/// Something is not at hand.
	#[error("{0}; start again with the --index and the --store that the claims were made with")]
	Missing(Missing),
	/// What is at hand does not prove it.
	#[error("{0}; what is at hand is not what the claim was made with")]
	Unproved(String),
}

impl From<Missing> for EvidenceFault {
	fn from(missing: Missing) -> Self {
		Self::Missing(missing)
	}
}

/// A receipt of a batch, and that it is in it.
fn receipt_proof(receipts: &[Placed], place: u32) -> Result<ReceiptProof, EvidenceFault> {
	proofs::receipt_proof(receipts, place).ok_or(EvidenceFault::NoReceipt(place))
}

/// That what a claim says is so. `source` is the contribution that was claimed for.
pub(super) fn answer(
	receipts: &[Placed],
	claim: &Claim,
	source: &Source,
	files: &Files,
) -> Result<Answer, EvidenceFault> {
	let receipt = receipt_proof(receipts, claim.receipt)?;
	match claim.evidence {
		Evidence::Grounded { offset, length } => {
			let unproved = || EvidenceFault::Unproved("the piece is not in the context".into());
			let context = receipt.receipt.context.ok_or_else(unproved)?;
			let pieces = files.pieces(&context.root)?;
			let wanted = ContextLeaf { contribution: claim.contribution, offset, length };
			let leaf = pieces.iter().position(|piece| *piece == wanted).ok_or_else(unproved)?;
			let leaves: Vec<_> = pieces.iter().map(ContextLeaf::leaf).collect();
			let path = merkle::prove(&leaves, leaf).and_then(|path| Path::try_from(path).ok());
			let (leaf, leaves) = (leaf as u64, leaves.len() as u64);
			Ok(Answer::Grounded { receipt, leaf, leaves, path: path.ok_or_else(unproved)? })
		}
		Evidence::Span { output: start, offset, length } => {
			let content = receipt.receipt.output;
			let bytes = files.content("output", &content.root)?;
			let proven = prove_reader(&bytes[..], |_| ());
			let proven = proven.map_err(|error| EvidenceFault::Unproved(error.to_string()))?;
			if proven.content != content {
				let cause = "the output has another length than the receipt says".into();
				return Err(EvidenceFault::Unproved(cause));
			}
			let too_long = |_| EvidenceFault::Unproved("the proof of the length is too long".into());
			let length_proof = LengthProof::try_from(proven.length_proof).map_err(too_long)?;
			let own = files.contribution(claim.contribution, &source.content)?;
			let (output, source) = equal((&bytes, &content, start), (own, &source.content, offset), length)?;
			Ok(Answer::Span { receipt, length: length_proof, output, source })
		}
		Evidence::Attested { .. } => {
			Err(EvidenceFault::Unproved("a score cannot be shown: there are no verifiers".into()))
		}
	}
}

/// That a version of the model's manifest has the same bytes as an unlisted source: in this contribution, there.
pub(super) fn listed(
	receipts: &[Placed],
	shown: &Unlisted,
	(place, source, version): (&Place, &Source, DatanetVersion),
	files: &Files,
) -> Result<Listed, EvidenceFault> {
	let receipt = receipt_proof(receipts, shown.receipt)?;
	let content = receipt.receipt.output;
	let bytes = files.content("output", &content.root)?;
	let Place { contribution, offset, .. } = *place;
	let own = files.contribution(contribution, &source.content)?;
	let (output, source) =
		equal((&bytes, &content, shown.start), (own, &source.content, offset), shown.length)?;
	Ok(Listed { receipt, contribution, version, offset, output, source })
}

/// Where the bytes of an unlisted source stand in the index; in the source itself, too, whose content may be listed elsewhere
/// under another id.
pub(super) fn elsewhere(
	receipts: &[Placed],
	shown: &Unlisted,
	files: &Files,
	max: usize,
) -> Result<Vec<Place>, EvidenceFault> {
	let receipt = receipt_proof(receipts, shown.receipt)?.receipt;
	let bytes = files.content("output", &receipt.output.root)?;
	let outside = || EvidenceFault::Unproved("the output has no such range".into());
	let start = usize::try_from(shown.start).map_err(|_| outside())?;
	let length = usize::try_from(shown.length).map_err(|_| outside())?;
	let end = start.checked_add(length).ok_or_else(outside)?;
	Ok(files.places(bytes.get(start..end).ok_or_else(outside)?, max).0)
}

/// Both slices, if both ranges hold the same bytes.
fn equal(
	one: (&[u8], &Content, u64),
	other: (&[u8], &Content, u64),
	length: u64,
) -> Result<(Slice, Slice), EvidenceFault> {
	let (first, second) = (slice(one, length)?, slice(other, length)?);
	let unproved = |error: &dyn std::fmt::Display| EvidenceFault::Unproved(error.to_string());
	let left = verify_slice(&one.1.root, &first, one.2, length).map_err(|error| unproved(&error))?;
	let right = verify_slice(&other.1.root, &second, other.2, length).map_err(|error| unproved(&error))?;
	let bytes: Vec<u8> = left.pieces().flatten().copied().collect();
	match right.equals(&bytes) {
		true => Ok((first, second)),
		false => Err(EvidenceFault::Unproved("the two ranges hold different bytes".into())),
	}
}

fn slice((bytes, content, start): (&[u8], &Content, u64), length: u64) -> Result<Slice, EvidenceFault> {
	let unproved = |cause: String| EvidenceFault::Unproved(cause);
	let proven =
		prove_slice(Cursor::new(bytes), start, length).map_err(|error| unproved(error.to_string()))?;
	if proven.content != *content {
		return Err(unproved("the bytes are of another content".into()));
	}
	Slice::try_from(proven.slice).map_err(|_| unproved("the slice is too long".into()))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::testing::{bytes, content, index_of};
	use plexus_payments::store::{batch_root, context_of, Store};
	use plexus_primitives::{
		verify_length_proof, BatchId, ChannelId, CommitmentNumber, ContributionId, DatanetId, MethodId,
		ModelId, Receipt,
	};

	const SEVEN: ContributionId = ContributionId(7);
	const NINE: ContributionId = ContributionId(9);

	fn source(bytes: &[u8]) -> Source {
		Source {
			content: content(bytes),
			datanet: DatanetId(1),
			commitment: CommitmentNumber(1),
			from: DatanetVersion(1),
			until: None,
		}
	}

	fn claim(receipt: u32, evidence: Evidence) -> Claim {
		Claim {
			batch: BatchId(0),
			claim: 0,
			receipt,
			model: ModelId(0),
			contribution: SEVEN,
			version: DatanetVersion(1),
			method: MethodId(0),
			evidence,
			amount: 1,
			submitter: 0,
			proven: false,
			moved: None,
			demand_price: 1,
		}
	}

	struct Scene {
		_directory: tempfile::TempDir,
		store: Store,
		files: Files,
		receipts: Vec<Placed>,
		root: [u8; 32],
		source: Source,
		copy: Source,
		output: Vec<u8>,
	}

	/// Three receipts, of which the second repeats contribution 7, which contribution 9 repeats, too.
	fn scene() -> Scene {
		let directory = tempfile::tempdir().unwrap();
		let store = Store::create(directory.path()).unwrap();
		let seven = bytes(1, 30_000);
		let nine = [&b"a copy: "[..], &seven[2_000..9_000]].concat();
		let output = [b"I say: ", &seven[3_000..8_000]].concat();
		let pieces = [
			ContextLeaf { contribution: SEVEN, offset: 100, length: 500 },
			ContextLeaf { contribution: NINE, offset: 0, length: 8 },
		];
		let receipt = |number: u64, output: &[u8]| Receipt {
			model: ModelId(0),
			prompt: store.put(format!("prompt {number}").as_bytes()).unwrap(),
			context: Some(context_of(&pieces).unwrap()),
			output: store.put(output).unwrap(),
			fee: 5,
			disclose: true,
			execution: None,
		};
		store.put_pieces(&pieces).unwrap();
		let receipts: Vec<_> = [&b"one"[..], &output, b"three"]
			.iter()
			.zip(1..)
			.map(|(output, sequence)| {
				let receipt = receipt(sequence, output);
				Placed { channel: ChannelId(4), sequence, receipt }
			})
			.collect();
		let (source, copy) = (source(&seven), source(&nine));
		let files = Files::new(Some(store.clone()), Some(index_of(&[(7, 7, seven), (9, 9, nine)])));
		let root = batch_root(&receipts).unwrap();
		Scene { _directory: directory, store, files, receipts, root, source, copy, output }
	}

	fn differs<T>(result: Result<T, EvidenceFault>) -> bool {
		matches!(result, Err(EvidenceFault::Unproved(_)))
	}

	#[test]
	fn a_span_is_answered_with_what_the_chain_verifies() {
		let scene = scene();
		let evidence = Evidence::Span { output: 7, offset: 3_000, length: 5_000 };
		let answered = answer(&scene.receipts, &claim(1, evidence), &scene.source, &scene.files).unwrap();
		let Answer::Span { receipt, length, output, source } = answered else { panic!("a span") };
		assert!(receipt.is_in(&scene.root, 3, 1));
		verify_length_proof(&receipt.receipt.output, &length).unwrap();
		let shown = verify_slice(&receipt.receipt.output.root, &output, 7, 5_000).unwrap();
		assert!(shown.equals(&scene.output[7..]));
		let shown = verify_slice(&scene.source.content.root, &source, 3_000, 5_000).unwrap();
		assert!(shown.equals(&scene.output[7..]));
	}

	#[test]
	fn a_piece_is_answered_with_its_place_in_the_context() {
		let scene = scene();
		let evidence = Evidence::Grounded { offset: 100, length: 500 };
		let answered = answer(&scene.receipts, &claim(2, evidence), &scene.source, &scene.files).unwrap();
		let Answer::Grounded { receipt, leaf, leaves, path } = answered else { panic!("a piece") };
		assert!(receipt.is_in(&scene.root, 3, 2));
		let piece = ContextLeaf { contribution: SEVEN, offset: 100, length: 500 };
		let context = receipt.receipt.context.unwrap();
		assert!(merkle::verify(&context.root, leaves, leaf, &piece.leaf(), &path));
	}

	#[test]
	fn what_is_false_or_not_at_hand_is_an_error_and_no_wrong_answer() {
		let scene = scene();
		let answered = |claim: &Claim| answer(&scene.receipts, claim, &scene.source, &scene.files);
		let span = |output, offset, length| Evidence::Span { output, offset, length };
		assert!(differs(answered(&claim(1, span(7, 3_001, 100)))));
		assert!(differs(answered(&claim(1, span(7, 29_950, 100)))), "beyond its end");
		assert!(differs(answered(&claim(0, span(7, 3_000, 100)))), "another receipt's");
		assert!(differs(answered(&claim(1, Evidence::Grounded { offset: 100, length: 501 }))));
		let no_receipt = answered(&claim(3, span(7, 3_000, 100)));
		assert_eq!(no_receipt, Err(EvidenceFault::NoReceipt(3)));
		scene.store.remove_content(&scene.receipts[1].receipt.output.root).unwrap();
		let missing = answered(&claim(1, span(7, 3_000, 100)));
		assert!(matches!(missing, Err(EvidenceFault::Missing(_))), "{missing:?}");
	}

	#[test]
	fn an_unlisted_source_is_answered_from_another_contribution_with_the_same_bytes() {
		let scene = scene();
		let shown = Unlisted {
			receipt: 1,
			model: 0,
			start: 7,
			length: 4_000,
			contribution: SEVEN,
			version: DatanetVersion(1),
			by: [3; 32].into(),
			amount: 1,
			bond: 1,
			deadline_ms: 1,
		};
		let places = elsewhere(&scene.receipts, &shown, &scene.files, 8).unwrap();
		assert_eq!(
			places.iter().map(|place| (place.contribution, place.offset)).collect::<Vec<_>>(),
			[(SEVEN, 3_000), (NINE, 1_008)]
		);
		let version = DatanetVersion(1);
		let made = listed(&scene.receipts, &shown, (&places[1], &scene.copy, version), &scene.files).unwrap();
		assert!(made.receipt.is_in(&scene.root, 3, 1));
		let bytes = verify_slice(&scene.copy.content.root, &made.source, 1_008, 4_000).unwrap();
		assert!(bytes.equals(&scene.output[7..4_007]));
		let wrong = Place { offset: 1_009, ..places[1] };
		assert!(differs(listed(&scene.receipts, &shown, (&wrong, &scene.copy, version), &scene.files)));
		let outside = Unlisted { start: u64::MAX, ..shown };
		assert!(differs(elsewhere(&scene.receipts, &outside, &scene.files, 8)));
	}
}
