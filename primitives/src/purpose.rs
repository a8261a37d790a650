//! Purposes of signatures and commitments that are not extrinsics.
//!
//! # Must not
//! Be used for extrinsics: those bind the genesis hash through their signed extensions.
//!
//! # Invariants
//! What is signed begins with [`Purpose::domain`]: a tag of fixed length, then the genesis hash. Tags differ, so
//! that a signature made for one purpose or one chain never verifies for another.

/// Why something was signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
	/// A validator proposes a value.
	Proposal,
	/// A validator prevotes or precommits.
	Vote,
	/// A validator publishes the parts of a block.
	ProposalPart,
	/// A validator's key belongs to an account.
	ValidatorKey,
	/// The hash of a validator set, which headers commit to.
	ValidatorSet,
	/// A developer commits to the artifacts of models to come.
	ModelCommitment,
	/// A contributor commits to contents to come.
	ContributionCommitment,
	/// A channel's signer promises to pay for what the channel's receipts say.
	Voucher,
	/// The beginning of what accumulates a channel's receipts.
	Receipts,
	/// A challenger commits to what it will show of a batch.
	Challenge,
}

/// Length of a tag in bytes.
pub const TAG_BYTES: usize = 16;

/// Length of [`Purpose::domain`] in bytes.
pub const DOMAIN_BYTES: usize = TAG_BYTES + 32;

impl Purpose {
	/// Every purpose.
	pub const ALL: [Self; 10] = [
		Self::Proposal,
		Self::Vote,
		Self::ProposalPart,
		Self::ValidatorKey,
		Self::ValidatorSet,
		Self::ModelCommitment,
		Self::ContributionCommitment,
		Self::Voucher,
		Self::Receipts,
		Self::Challenge,
	];

	/// The purpose's tag: ASCII, padded to [`TAG_BYTES`].
	pub const fn tag(self) -> [u8; TAG_BYTES] {
		match self {
			Self::Proposal => *b"plexus/proposal\0",
			Self::Vote => *b"plexus/vote\0\0\0\0\0",
			Self::ProposalPart => *b"plexus/part\0\0\0\0\0",
			Self::ValidatorKey => *b"plexus/valkey\0\0\0",
			Self::ValidatorSet => *b"plexus/valset\0\0\0",
			Self::ModelCommitment => *b"plexus/modelcmt\0",
			Self::ContributionCommitment => *b"plexus/datacmt\0\0",
			Self::Voucher => *b"plexus/voucher\0\0",
			Self::Receipts => *b"plexus/receipts\0",
			Self::Challenge => *b"plexus/challenge",
		}
	}

	/// What goes before the signed bytes: the tag, then the genesis hash.
	pub fn domain(self, genesis_hash: &[u8; 32]) -> [u8; DOMAIN_BYTES] {
		let mut domain = [0; DOMAIN_BYTES];
		let (tag, genesis) = domain.split_at_mut(TAG_BYTES);
		tag.copy_from_slice(&self.tag());
		genesis.copy_from_slice(genesis_hash);
		domain
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn no_two_purposes_and_no_two_chains_share_a_domain() {
		let mut domains = std::collections::BTreeSet::new();
		for purpose in Purpose::ALL {
			for genesis in [[0; 32], [1; 32]] {
				assert!(domains.insert(purpose.domain(&genesis)), "{purpose:?} is not separated");
			}
		}
		assert_eq!(domains.len(), 2 * Purpose::ALL.len());
	}
}
