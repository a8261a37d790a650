//! What a server says came from where: claims about the receipts of a batch.
//!
//! # Must not
//! Say how much a claim is worth: that is computed from the evidence by whoever settles.

use crate::{ContributionId, DatanetVersion, MethodId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// A piece of a context: so many bytes of a contribution. The context's root ([`crate::Context::root`]) is the
/// [`crate::merkle`] root over these, in the order in which they were put before the model.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub struct ContextLeaf {
	/// Of which contribution.
	pub contribution: ContributionId,
	/// Where the piece begins there.
	pub offset: u64,
	/// Its bytes.
	pub length: u64,
}

impl ContextLeaf {
	/// Its leaf in the tree of the context: `BLAKE3(0x00 ‖ contribution ‖ offset ‖ length)`, each 8 bytes little-endian.
	pub fn leaf(&self) -> [u8; 32] {
		crate::merkle::leaf(&self.encode())
	}
}

/// Why a contribution has a part in an output.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub enum Evidence {
	/// These of its bytes were put before the model: a [`ContextLeaf`] with exactly this range is under the context's
	/// root.
	Grounded {
		/// Where they begin in the contribution.
		offset: u64,
		/// How many.
		length: u64,
	},
	/// The output repeats its bytes. Only of outputs that the payer agreed to disclose.
	Span {
		/// Where they begin in the output.
		output: u64,
		/// Where they begin in the contribution.
		offset: u64,
		/// How many.
		length: u64,
	},
	/// A method scored it before verifiers. Worth nothing as long as there are none.
	Attested {
		/// The score.
		score: Perbill,
	},
}

/// Ties a part of an output to a contribution.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
pub struct Claim {
	/// The receipt: its place in the batch, which is that of its leaf in the batch's tree.
	pub receipt: u32,
	/// The contribution.
	pub contribution: ContributionId,
	/// The version of the contribution's datanet that makes the claim lawful: one of the channel's corpora for
	/// [`Evidence::Grounded`], one of the model's manifest for [`Evidence::Span`]. It holds the contribution.
	pub version: DatanetVersion,
	/// How it was found.
	pub method: MethodId,
	/// Why.
	pub evidence: Evidence,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::merkle;

	#[test]
	fn the_layout_of_a_context_is_the_documented_one() {
		let leaf = ContextLeaf { contribution: ContributionId(1), offset: 2, length: 3 };
		let bytes =
			[[0u8].as_slice(), &1u64.to_le_bytes(), &2u64.to_le_bytes(), &3u64.to_le_bytes()].concat();
		assert_eq!(leaf.leaf(), *blake3::hash(&bytes).as_bytes());
	}

	#[test]
	fn every_field_of_a_piece_changes_its_place_under_the_root() {
		let good = ContextLeaf { contribution: ContributionId(1), offset: 2, length: 3 };
		let root = merkle::root(&[good.leaf()]).expect("there is a leaf");
		let others = [
			ContextLeaf { contribution: ContributionId(9), ..good },
			ContextLeaf { offset: 9, ..good },
			ContextLeaf { length: 9, ..good },
		];
		assert!(merkle::verify(&root, 1, 0, &good.leaf(), &[]));
		assert!(others.iter().all(|other| !merkle::verify(&root, 1, 0, &other.leaf(), &[])));
	}
}
