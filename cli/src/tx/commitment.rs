//! What commitments to contents and to models have in common: the files, the salt, and what is told of one that was sent.
//!
//! # Must not
//! Keep a salt: it is printed before the commitment is sent, and given again with the registration.

use super::{NoId, Sent};
use crate::{
	address::parse_hex32,
	content::prove_file,
	failure::Failure,
	output::{self, hex, Answer},
};
use plexus_primitives::prove::ProvenContent;
use rand_core::{OsRng, RngCore};
use serde::Serialize;
use std::path::PathBuf;

/// A commitment that was sent.
#[derive(Serialize)]
pub(super) struct Committed {
	salt: String,
	hash: String,
	/// On the chain clock; `null` before finality.
	usable_from_ms: Option<u64>,
	/// On the chain clock; `null` before finality.
	expires_at_ms: Option<u64>,
	#[serde(flatten)]
	sent: Sent<NoId>,
}

/// The part of the pallets' `CommitmentMade` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct CommitmentMade {
	usable_from_ms: u64,
	expires_at_ms: u64,
}

impl Committed {
	/// Without `made` before finality.
	pub(super) fn new(
		salt: [u8; 32],
		hash: [u8; 32],
		sent: Sent<NoId>,
		made: Option<CommitmentMade>,
	) -> Self {
		Self {
			salt: hex(salt),
			hash: hex(hash),
			usable_from_ms: made.as_ref().map(|made| made.usable_from_ms),
			expires_at_ms: made.as_ref().map(|made| made.expires_at_ms),
			sent,
		}
	}
}

impl Answer for Committed {
	fn human(&self) -> String {
		let rows = [("salt", self.salt.clone()), ("commitment", self.hash.clone())];
		let times = match (self.usable_from_ms, self.expires_at_ms) {
			(Some(from), Some(until)) => Some(("usable", format!("{from} to {until} ms on the chain clock"))),
			_ => None,
		};
		format!("{}\n{}", self.sent.human(), output::fields(rows.into_iter().chain(times)))
	}
}

/// Hashes files, in their order.
///
/// # Errors
/// One of them cannot be read, or is empty.
pub(super) async fn prove_files(files: &[PathBuf]) -> Result<Vec<ProvenContent>, Failure> {
	let mut proven = Vec::with_capacity(files.len());
	for file in files {
		proven.push(prove_file(file.clone()).await?);
	}
	Ok(proven)
}

pub(super) fn new_salt() -> [u8; 32] {
	let mut salt = [0; 32];
	OsRng.fill_bytes(&mut salt);
	salt
}

/// Reads the salt of a commitment to a `datanet` or a `model`.
///
/// # Errors
/// It is none.
pub(super) fn parse_salt(given: &str, of: &str) -> Result<[u8; 32], Failure> {
	parse_hex32(given.trim()).ok_or_else(|| {
		Failure::input(
			"InvalidSalt",
			"the salt is not 64 hexadecimal digits",
			format!("give the salt that `plexus tx {of} commit` answered"),
		)
	})
}

/// Reads a commitment to a `datanet` or a `model`.
///
/// # Errors
/// It is none.
pub(super) fn parse_hash(given: &str, of: &str) -> Result<[u8; 32], Failure> {
	parse_hex32(given.trim()).ok_or_else(|| {
		Failure::input(
			"InvalidCommitment",
			"the commitment is not 64 hexadecimal digits",
			format!("give the commitment that `plexus tx {of} commit` answered"),
		)
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn salts_are_random_and_read_back() {
		let salt = new_salt();
		assert_ne!(salt, new_salt());
		assert_eq!(parse_salt(&hex(salt), "model"), Ok(salt));
		for given in ["", "ab", "zz"] {
			let refused = parse_salt(given, "model").unwrap_err();
			assert_eq!(refused.name, "InvalidSalt");
			assert!(refused.remedy.contains("plexus tx model commit"), "{refused}");
			assert_eq!(parse_hash(given, "datanet").unwrap_err().name, "InvalidCommitment");
		}
	}

	#[test]
	fn a_commitment_has_stable_json_keys_and_tells_its_times_when_they_are_known() {
		let committed = |made: Option<CommitmentMade>| {
			let transaction = "0x01".into();
			let sent = Sent {
				status: "finalised",
				id: None,
				transaction,
				block_hash: None,
				block_number: None,
				fee: None,
			};
			Committed::new([2; 32], [3; 32], sent, made)
		};
		let known = committed(Some(CommitmentMade { usable_from_ms: 4, expires_at_ms: 5 }));
		assert_eq!(
			serde_json::to_value(&known).unwrap(),
			serde_json::json!({
				"salt": hex([2; 32]), "hash": hex([3; 32]), "usable_from_ms": 4, "expires_at_ms": 5,
				"status": "finalised", "id": null, "transaction": "0x01", "block_hash": null, "block_number": null,
				"fee": null,
			})
		);
		assert!(known.human().contains("4 to 5 ms"), "{}", known.human());
		let unknown = committed(None);
		let json = serde_json::to_value(&unknown).unwrap();
		assert!(json["usable_from_ms"].is_null() && json.get("expires_at_ms").is_some(), "{json}");
		assert!(!unknown.human().contains("chain clock"), "{}", unknown.human());
	}
}
