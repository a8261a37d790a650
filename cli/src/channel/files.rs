//! Receipts and vouchers in files, and where journals are.
//!
//! # Must not
//! Read more than a delivery can have.

use crate::{
	failure::Failure,
	output::{clean, hex},
	state::state_directory,
};
use plexus_payments::{
	json::{self, DELIVERY_BYTES_MAX},
	Delivery,
};
use std::{
	io::Read,
	path::{Path, PathBuf},
};

/// Reads a delivery from a file, or from standard input if it is named `-`.
pub(super) fn read(path: &Path) -> Result<Delivery, Failure> {
	let wrong = |cause: String| {
		Failure::input(
			"InvalidReceipts",
			format!("{}: {}", path.display(), clean(&cause)),
			"give JSON like {\"channel\": 7, \"first\": 1, \"receipts\": […], \"voucher\": \"0x…\"}",
		)
	};
	let mut bytes = Vec::new();
	let limit = DELIVERY_BYTES_MAX as u64 + 1;
	let read = match path.as_os_str() == "-" {
		true => std::io::stdin().take(limit).read_to_end(&mut bytes),
		false => std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
	};
	read.map_err(|error| wrong(error.to_string()))?;
	if bytes.len() > DELIVERY_BYTES_MAX {
		return Err(wrong(format!("it has more than {DELIVERY_BYTES_MAX} bytes")));
	}
	let delivery: json::Delivery =
		serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
	delivery.read().map_err(|error| wrong(error.to_string()))
}

/// Where the journal of an account or agent on a chain is unless another place is given.
pub(crate) fn default_journal(kind: &str, genesis: &[u8; 32], owner: &[u8]) -> Result<PathBuf, Failure> {
	let named = [&genesis[..], owner].concat();
	let name = hex(&sp_crypto_hashing::blake2_256(&named)[..8]);
	Ok(state_directory()?.join(kind).join(format!("{}.journal", name.trim_start_matches("0x"))))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_no_delivery_is_refused_with_an_example() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("receipts.json");
		for text in ["", "[]", "{\"channel\": 7}", "\u{1b}[2J", &" ".repeat(DELIVERY_BYTES_MAX + 1)] {
			std::fs::write(&path, text).unwrap();
			let failure = read(&path).unwrap_err();
			assert_eq!(failure.name, "InvalidReceipts");
			assert!(failure.cause.chars().all(|one| !one.is_control()), "{failure}");
		}
		assert!(read(&directory.path().join("none")).is_err());
		std::fs::write(&path, "{\"channel\": 7, \"first\": 1}").unwrap();
		assert_eq!(read(&path).unwrap().first, 1);
	}
}
