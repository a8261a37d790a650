//! Claims of receipts that are in no batch yet.
//!
//! # Must not
//! Say what a claim is worth or whether it holds: who makes it checks it, and the chain values it.

use codec::{Decode, Encode};
use plexus_primitives::{Claim, ContributionId, DatanetVersion, Evidence, MethodId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Claims that a receipt may have: the chain's `ReceiptClaimsMax`.
pub const RECEIPT_CLAIMS_MAX: usize = 16;

/// Claims of a channel's receipts, by their sequences. Receipts without claims are not among them.
pub type Claims = BTreeMap<u64, Vec<ReceiptClaim>>;

/// What is claimed about a receipt: a [`Claim`] whose receipt has no place in a batch yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptClaim {
	/// For which contribution.
	pub contribution: ContributionId,
	/// The version that makes it lawful.
	pub version: DatanetVersion,
	/// How it was found.
	pub method: MethodId,
	/// Why.
	pub evidence: Evidence,
}

impl ReceiptClaim {
	/// The claim about the receipt at this place of a batch.
	pub fn at(&self, receipt: u32) -> Claim {
		let Self { contribution, version, method, evidence } = *self;
		Claim { receipt, contribution, version, method, evidence }
	}
}
