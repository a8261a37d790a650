//! Checking what challengers and servers show.
//!
//! # Must not
//! Read or write storage, or use the hash of a proof for anything: a proof has many encodings.
//!
//! # Invariants
//! No panic, and bounded work, for any bytes: [`plexus_primitives::slice`] and [`plexus_primitives::merkle`] say so, and
//! each proof is looked at once.

use crate::{submission::is_within, types::*, *};
use alloc::vec::Vec;
use frame_support::ensure;
use plexus_primitives::{
	challenge::Path, merkle, verify_length_proof, verify_slice, Content, ContextLeaf, Evidence, SliceError,
	VerifiedSlice,
};

impl<T: Config> Pallet<T> {
	/// An error unless the receipt has this place in the batch.
	pub(crate) fn ensure_receipt(batch: &Batch<T>, place: u32, proof: &ReceiptProof) -> Result<(), Error<T>> {
		ensure!(proof.is_in(&batch.root, batch.receipts, place), Error::WrongReceipt);
		Ok(())
	}

	fn slice<'a>(
		content: &Content,
		slice: &'a [u8],
		start: u64,
		length: u64,
	) -> Result<VerifiedSlice<'a>, Error<T>> {
		verify_slice(&content.root, slice, start, length).map_err(|_| Error::WrongSlice)
	}

	/// Whether these bytes of the one content are those of the other.
	pub(crate) fn are_equal(
		one: (&Content, u64, &[u8]),
		other: (&Content, u64, &[u8]),
		length: u64,
	) -> Result<bool, Error<T>> {
		let one = Self::slice(one.0, one.2, one.1, length)?;
		let other = Self::slice(other.0, other.2, other.1, length)?;
		Ok(one.equals(&other.pieces().collect::<Vec<_>>().concat()))
	}

	/// Whether the slice of the last byte shows that the content's length is not what it is said to be.
	pub(crate) fn is_false_length(content: &Content, slice: &[u8]) -> Result<bool, Error<T>> {
		match verify_length_proof(content, slice) {
			Ok(()) => Ok(false),
			Err(SliceError::LengthDiffers { .. }) => Ok(true),
			Err(_) => Err(Error::WrongSlice),
		}
	}

	/// An error unless the answer shows what the claim says. A span's shows everything that its worth was computed from,
	/// the output's length too. A grounded claim's shows its piece, and not how many bytes the context has: that is the
	/// receipt's word, which the payer signed for.
	pub(crate) fn ensure_proven(
		batch: &Batch<T>,
		record: &ClaimRecord<AccountIdOf<T>>,
		source: &Content,
		answer: &Answer,
	) -> Result<(), Error<T>> {
		match (record.evidence, answer) {
			(Evidence::Grounded { offset, length }, Answer::Grounded { receipt, leaf, leaves, path }) => {
				Self::ensure_receipt(batch, record.receipt, receipt)?;
				let context = receipt.receipt.context.ok_or(Error::NoContext)?;
				let piece = ContextLeaf { contribution: record.contribution, offset, length };
				Self::ensure_piece(&context.root, *leaves, *leaf, &piece, path)
			}
			(
				Evidence::Span { output: start, offset, length },
				Answer::Span { receipt, length: length_proof, output, source: slice },
			) => {
				Self::ensure_receipt(batch, record.receipt, receipt)?;
				let content = &receipt.receipt.output;
				ensure!(!Self::is_false_length(content, length_proof)?, Error::WrongSlice);
				let equal = Self::are_equal((content, start, output), (source, offset, slice), length)?;
				ensure!(equal, Error::BytesDiffer);
				Ok(())
			}
			_ => Err(Error::WrongEvidence),
		}
	}

	/// How many pieces the context has is nowhere said. It need not be: whatever number is given, the way leads from this
	/// piece to the root.
	fn ensure_piece(
		root: &[u8; 32],
		leaves: u64,
		leaf: u64,
		piece: &ContextLeaf,
		path: &Path,
	) -> Result<(), Error<T>> {
		ensure!(merkle::verify(root, leaves, leaf, &piece.leaf(), path), Error::NotInContext);
		Ok(())
	}

	/// Whether a part of so many bytes is within what is claimed.
	pub(crate) fn ensure_part(start: u64, length: u64, claimed: u64) -> Result<(), Error<T>> {
		ensure!(length > 0 && is_within(start, length, claimed), Error::RangeOutside);
		Ok(())
	}
}
