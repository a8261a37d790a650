//! [`SpanEvidence`]: the Bao slices behind a claim, as the chain verifies them.
//!
//! # Must not
//! Be sent with every claim: the chain asks for it when it draws a sample, or when somebody pays for a demand.

use crate::{Index, SpanClaim};
use plexus_primitives::{prove_slice::prove_slice, verify_slice, Content, SliceError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::{self, Cursor, Read, Seek};

/// That the output's range and the contribution's hold the same bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SpanEvidence {
	/// The slice of the output's range. In JSON, hexadecimal digits.
	#[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
	pub output_slice: Vec<u8>,
	/// The slice of the contribution's range.
	#[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
	pub source_slice: Vec<u8>,
}

/// Why a claim cannot be proved, or is not.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
	/// One of the sides cannot be read, or has no such range.
	#[error("the {side} cannot be proved: {source}")]
	Prove {
		/// `output` or `contribution`.
		side: &'static str,
		/// Why not.
		source: io::Error,
	},
	/// One of the sides is not what the claim is about.
	#[error("the {side} is not what the claim is about: its root or length is another")]
	OtherContent {
		/// `output` or `contribution`.
		side: &'static str,
	},
	/// A slice does not prove its range.
	#[error("the slice of the {side} proves nothing: {source}")]
	Slice {
		/// `output` or `contribution`.
		side: &'static str,
		/// Why not.
		source: SliceError,
	},
	/// Both ranges are proved, and are not the same.
	#[error("the two ranges hold different bytes")]
	Mismatch,
	/// The index does not hold the contribution.
	#[error("contribution {contribution} is not in the index")]
	NotInIndex {
		/// Which one.
		contribution: u64,
	},
}

const OUTPUT: &str = "output";
const CONTRIBUTION: &str = "contribution";

impl SpanEvidence {
	/// Proves a claim on `output`, whose name is `output_content`, from the bytes of both sides, each read once.
	///
	/// # Errors
	/// See [`EvidenceError`]; what comes out was verified.
	pub fn prove(
		claim: &SpanClaim,
		output_content: &Content,
		output: impl Read + Seek,
		contribution: impl Read + Seek,
	) -> Result<Self, EvidenceError> {
		let output_slice = prove_side(OUTPUT, output, output_content, claim.start, claim.len)?;
		let source_slice = prove_side(CONTRIBUTION, contribution, &claim.content, claim.offset, claim.len)?;
		let evidence = Self { output_slice, source_slice };
		evidence.verify(claim, output_content)?;
		Ok(evidence)
	}

	/// Proves a claim of a report from the bytes that the index has.
	///
	/// # Errors
	/// See [`EvidenceError`].
	pub fn from_index(index: &Index, claim: &SpanClaim, output: &[u8]) -> Result<Self, EvidenceError> {
		let precedence = (claim.commitment, claim.contribution);
		let source = index.sources().binary_search_by_key(&precedence, |source| source.precedence());
		let contribution = claim.contribution.0;
		let source = source.map_err(|_| EvidenceError::NotInIndex { contribution })?;
		let content = Content { root: *blake3::hash(output).as_bytes(), len: output.len() as u64 };
		Self::prove(claim, &content, Cursor::new(output), Cursor::new(index.content(source)))
	}

	/// Verifies as the chain does: both ranges are proved, and hold the same bytes.
	///
	/// # Errors
	/// The rule that is broken.
	pub fn verify(&self, claim: &SpanClaim, output: &Content) -> Result<(), EvidenceError> {
		let failed = |side| move |source| EvidenceError::Slice { side, source };
		let of_output =
			verify_slice(&output.root, &self.output_slice, claim.start, claim.len).map_err(failed(OUTPUT))?;
		let of_source = verify_slice(&claim.content.root, &self.source_slice, claim.offset, claim.len)
			.map_err(failed(CONTRIBUTION))?;
		let bytes: Vec<u8> = of_output.pieces().flatten().copied().collect();
		if of_source.equals(&bytes) {
			Ok(())
		} else {
			Err(EvidenceError::Mismatch)
		}
	}
}

fn prove_side(
	side: &'static str,
	bytes: impl Read + Seek,
	content: &Content,
	start: u64,
	len: u64,
) -> Result<Vec<u8>, EvidenceError> {
	let proven = prove_slice(bytes, start, len).map_err(|source| EvidenceError::Prove { side, source })?;
	if proven.content != *content {
		return Err(EvidenceError::OtherContent { side });
	}
	Ok(proven.slice)
}

fn to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
	serializer.serialize_str(&format!("0x{}", hex::encode(bytes)))
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
	let text = String::deserialize(deserializer)?;
	hex::decode(text.strip_prefix("0x").unwrap_or(&text)).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{testing::index_of, Attribution, CLAIM_BYTES_MAX};

	/// Bytes of which no two chunks are alike.
	fn bytes(len: usize) -> Vec<u8> {
		let mut bytes = vec![0; len];
		blake3::Hasher::new().finalize_xof().fill(&mut bytes);
		bytes
	}

	#[test]
	fn every_claim_of_a_report_is_proved_however_long_the_match_is() {
		let file = bytes(300_000);
		let index = index_of(&[b"something else".to_vec(), file.clone()], 2);
		let output = [b"my own words", &file[1_000..200_000], b"my own words again"].concat();
		let report = Attribution::default().report(&index, &output).unwrap();
		assert_eq!(report.claims.len(), 199_000usize.div_ceil(CLAIM_BYTES_MAX));
		for claim in &report.claims {
			let evidence = SpanEvidence::from_index(&index, claim, &output).unwrap();
			let json = serde_json::to_string(&evidence).unwrap();
			let read: SpanEvidence = serde_json::from_str(&json).unwrap();
			read.verify(claim, &report.output).unwrap();
		}
	}

	#[test]
	fn what_is_not_true_is_not_proved() {
		let file = bytes(5_000);
		let index = index_of(std::slice::from_ref(&file), 1);
		let output = [b"own", &file[100..1_500]].concat();
		let report = Attribution::default().report(&index, &output).unwrap();
		let (claim, content) = (&report.claims[0], &report.output);
		let good = SpanEvidence::from_index(&index, claim, &output).unwrap();
		let moved = SpanClaim { offset: claim.offset + 1, ..claim.clone() };
		assert!(matches!(SpanEvidence::from_index(&index, &moved, &output), Err(EvidenceError::Mismatch)));
		assert!(good.verify(&moved, content).is_err());
		let changed_file: Vec<u8> = file.iter().rev().copied().collect();
		let changed = [b"own", &file[101..1_501]].concat();
		let other = Content { root: *blake3::hash(&changed).as_bytes(), ..*content };
		let proved = |output: &[u8], file: &[u8]| {
			SpanEvidence::prove(claim, content, Cursor::new(output.to_vec()), Cursor::new(file.to_vec()))
		};
		assert!(matches!(proved(&changed, &file), Err(EvidenceError::OtherContent { side: OUTPUT })));
		assert!(matches!(
			proved(&output, &changed_file),
			Err(EvidenceError::OtherContent { side: CONTRIBUTION })
		));
		assert!(matches!(proved(b"", &file), Err(EvidenceError::Prove { side: OUTPUT, .. })));
		assert!(good.verify(claim, &other).is_err());
		let unknown = SpanClaim { contribution: plexus_primitives::ContributionId(9), ..claim.clone() };
		assert!(matches!(
			SpanEvidence::from_index(&index, &unknown, &output),
			Err(EvidenceError::NotInIndex { contribution: 9 })
		));
	}
}
