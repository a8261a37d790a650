//! What is shown for a claim or against it, and how a challenger commits to that before showing it.
//!
//! ```text
//! commitment = BLAKE3(domain(Challenge) ‖ account ‖ salt ‖ batch ‖ challenge)
//! ```
//!
//! account and challenge in SCALE, salt 32 bytes, batch 8. A challenge that waits to be included shows its proof to
//! everybody, and a copy with a higher tip would come first. So it counts from the block that has its commitment, which
//! tells nothing. Since the commitment fixes the proof to the last byte, nobody commits to a challenge before having it.
//!
//! # Must not
//! Verify anything but that a receipt is in a batch: what a proof means follows from the claim, which the chain has.

use crate::{
	merkle,
	purpose::Purpose,
	slice::{LENGTH_PROOF_BYTES_MAX, SLICE_BYTES_MAX},
	BatchId, ChannelId, ContributionId, DatanetVersion, Receipt,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, BoundedVec};

/// A Bao slice.
pub type Slice = BoundedVec<u8, ConstU32<{ SLICE_BYTES_MAX as u32 }>>;

/// The Bao slice of a content's last byte.
pub type LengthProof = BoundedVec<u8, ConstU32<{ LENGTH_PROOF_BYTES_MAX as u32 }>>;

/// A way in a Merkle tree: a list of less than 2^64 items is no deeper.
pub type Path = BoundedVec<[u8; 32], ConstU32<64>>;

/// A receipt, and that it is in a batch. Which place it has there is known from the claim.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ReceiptProof {
	/// Its channel.
	pub channel: ChannelId,
	/// Its sequence there.
	pub sequence: u64,
	/// What it says.
	pub receipt: Receipt,
	/// The hashes beside the way from its leaf to the batch's root.
	pub path: Path,
}

impl ReceiptProof {
	/// Whether the receipt has this place in the batch of so many receipts.
	pub fn is_in(&self, root: &[u8; 32], receipts: u32, place: u32) -> bool {
		let leaf = self.receipt.leaf(self.channel, self.sequence);
		merkle::verify(root, receipts.into(), place.into(), &leaf, &self.path)
	}
}

/// What is wrong with a batch. `claim` is a claim's place in its batch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Challenge {
	/// Output and contribution differ in a part of what a claim says is equal. Fraud.
	Mismatch {
		/// The claim, of a span.
		claim: u32,
		/// Its receipt.
		receipt: ReceiptProof,
		/// Where the part begins, from the beginning of what is claimed.
		start: u64,
		/// Its bytes.
		length: u64,
		/// The part in the output.
		output: Slice,
		/// The part in the contribution.
		source: Slice,
	},
	/// The output of a claim's receipt has another length than the receipt says. Fraud.
	FalseLength {
		/// The claim, of a span.
		claim: u32,
		/// Its receipt.
		receipt: ReceiptProof,
		/// The slice of the output's last byte.
		output: LengthProof,
	},
	/// A claim that should have been refused. Fraud.
	Unlawful {
		/// The claim.
		claim: u32,
		/// Its receipt.
		receipt: ReceiptProof,
	},
	/// At least half of the claimed bytes, in one piece, stand in the prompt: the user brought them. Fraud.
	PromptEcho {
		/// The claim.
		claim: u32,
		/// Its receipt.
		receipt: ReceiptProof,
		/// Where the piece begins, from the beginning of what is claimed.
		start: u64,
		/// Its bytes.
		length: u64,
		/// Where it begins in the prompt.
		prompt_offset: u64,
		/// The piece: in the output, if a span is claimed, else in the contribution.
		claimed: Slice,
		/// The piece in the prompt.
		prompt: Slice,
	},
	/// An earlier contribution has the same bytes as all that a claim is about. No fraud: what the claim moves goes there.
	Counterclaim {
		/// The claim, of a span.
		claim: u32,
		/// Its receipt.
		receipt: ReceiptProof,
		/// The earlier contribution.
		contribution: ContributionId,
		/// A version of the model's manifest that holds it.
		version: DatanetVersion,
		/// Where the bytes begin in it.
		offset: u64,
		/// The bytes in the output.
		output: Slice,
		/// The bytes in the earlier contribution.
		source: Slice,
	},
	/// An output repeats a contribution that the model's manifest does not have, though it was there before the model.
	UnlistedSource {
		/// The receipt's place in the batch.
		place: u32,
		/// The receipt.
		receipt: ReceiptProof,
		/// Where the bytes begin in the output.
		start: u64,
		/// How many.
		length: u64,
		/// The contribution.
		contribution: ContributionId,
		/// A curated version, older than the model, that holds it.
		version: DatanetVersion,
		/// Where the bytes begin in it.
		offset: u64,
		/// The bytes in the output.
		output: Slice,
		/// The bytes in the contribution.
		source: Slice,
	},
}

/// That what a claim says is so. How many bytes a context has is not in it: that is the receipt's word.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Answer {
	/// The claimed piece is in the context.
	Grounded {
		/// The claim's receipt.
		receipt: ReceiptProof,
		/// The piece's place in the context.
		leaf: u64,
		/// How many pieces that has.
		leaves: u64,
		/// The hashes beside the way from the piece to the context's root.
		path: Path,
	},
	/// The output repeats the contribution, and is as long as the receipt says.
	Span {
		/// The claim's receipt.
		receipt: ReceiptProof,
		/// The slice of the output's last byte.
		length: LengthProof,
		/// All that is claimed, in the output.
		output: Slice,
		/// All that is claimed, in the contribution.
		source: Slice,
	},
}

/// That the model's manifest has what was said to be unlisted.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Listed {
	/// The receipt.
	pub receipt: ReceiptProof,
	/// A contribution with the same bytes.
	pub contribution: ContributionId,
	/// A version of the manifest that holds it.
	pub version: DatanetVersion,
	/// Where the bytes begin in it.
	pub offset: u64,
	/// The bytes in the output.
	pub output: Slice,
	/// The bytes in the contribution.
	pub source: Slice,
}

/// The hash with which `account` (its SCALE encoding) commits to a challenge.
pub fn commitment(
	genesis_hash: &[u8; 32],
	account: &[u8],
	salt: &[u8; 32],
	batch: BatchId,
	challenge: &Challenge,
) -> [u8; 32] {
	let mut hasher = blake3::Hasher::new();
	hasher.update(&Purpose::Challenge.domain(genesis_hash)).update(account).update(salt);
	hasher.update(&batch.encode()).update(&challenge.encode());
	*hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Content, Context, ModelId};

	fn receipt(fee: u128) -> Receipt {
		let (prompt, output) = (Content { root: [1; 32], len: 2 }, Content { root: [3; 32], len: 4 });
		let context = Some(Context { root: [5; 32], bytes: 6 });
		Receipt { model: ModelId(7), prompt, context, output, fee, disclose: true, execution: None }
	}

	fn unlawful(claim: u32) -> Challenge {
		let path = Path::default();
		let receipt = ReceiptProof { channel: ChannelId(1), sequence: 2, receipt: receipt(8), path };
		Challenge::Unlawful { claim, receipt }
	}

	#[test]
	fn everything_that_a_commitment_binds_changes_it() {
		let (genesis, account, salt, batch) = ([1; 32], [2; 32], [3; 32], BatchId(4));
		let good = commitment(&genesis, &account, &salt, batch, &unlawful(5));
		let others = [
			commitment(&[9; 32], &account, &salt, batch, &unlawful(5)),
			commitment(&genesis, &[9; 32], &salt, batch, &unlawful(5)),
			commitment(&genesis, &account, &[9; 32], batch, &unlawful(5)),
			commitment(&genesis, &account, &salt, BatchId(9), &unlawful(5)),
			commitment(&genesis, &account, &salt, batch, &unlawful(9)),
		];
		assert!(!others.contains(&good));
	}

	#[test]
	fn the_layout_of_a_commitment_is_the_documented_one() {
		let challenge = unlawful(5);
		let bytes = [
			&b"plexus/challenge"[..],
			&[1; 32], // genesis
			&[2; 32], // account
			&[3; 32], // salt
			&4u64.to_le_bytes(),
			&challenge.encode()[..],
		]
		.concat();
		let made = commitment(&[1; 32], &[2; 32], &[3; 32], BatchId(4), &challenge);
		assert_eq!(made, *blake3::hash(&bytes).as_bytes());
	}

	#[test]
	fn a_receipt_is_in_its_batch_at_its_place_and_nowhere_else() {
		let receipts: Vec<_> = (0..5).map(receipt).collect();
		let leaves: Vec<_> = receipts
			.iter()
			.zip(1..)
			.map(|(receipt, sequence)| receipt.leaf(ChannelId(1), sequence))
			.collect();
		let root = merkle::root(&leaves).expect("there are leaves");
		let proof = |place: usize| ReceiptProof {
			channel: ChannelId(1),
			sequence: place as u64 + 1,
			receipt: receipts[place],
			path: merkle::prove(&leaves, place).expect("it is there").try_into().expect("it is short"),
		};
		for place in 0..5u32 {
			let good = proof(place as usize);
			assert!(good.is_in(&root, 5, place));
			assert!((0..5).all(|other| other == place || !good.is_in(&root, 5, other)));
			assert!(!good.is_in(&[9; 32], 5, place), "another batch");
			let moved = ReceiptProof { channel: ChannelId(2), ..good.clone() };
			assert!(!moved.is_in(&root, 5, place));
			let changed = ReceiptProof { receipt: receipt(9), ..good.clone() };
			assert!(!changed.is_in(&root, 5, place));
			let longer = [good.path.to_vec(), vec![[0; 32]]].concat().try_into().expect("it is short");
			assert!(!ReceiptProof { path: longer, ..good }.is_in(&root, 5, place));
		}
	}
}
