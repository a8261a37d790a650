//! What a registration of several skipped, because somebody holds it.
//!
//! # Must not
//! Ask the chain: its events tell.

use crate::submit::Receipt;
use serde::Serialize;
use std::path::PathBuf;

/// A file that was not registered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Skipped {
	pub(super) file: String,
	/// The contribution or model that holds its content.
	pub(super) holder: u64,
	/// That contribution is gone, and the root is reserved for an account.
	pub(super) reserved: bool,
}

/// The part of the pallets' `RootHeld` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RootHeld {
	root: [u8; 32],
	holder: u64,
}

/// The files that a registration in this pallet skipped; `roots` are theirs, in their order.
pub(super) fn skipped(
	receipt: &Receipt,
	pallet: &str,
	files: &[PathBuf],
	roots: impl Iterator<Item = [u8; 32]>,
) -> Vec<Skipped> {
	named(receipt.events.find_all(pallet, "RootHeld"), files, &roots.collect::<Vec<_>>())
}

fn named(held: Vec<RootHeld>, files: &[PathBuf], roots: &[[u8; 32]]) -> Vec<Skipped> {
	let name = |RootHeld { root, holder }: RootHeld| {
		let file = files.iter().zip(roots).find(|(_, own)| **own == root);
		let file = file.map_or_else(|| crate::output::hex(root), |(file, _)| file.display().to_string());
		Skipped { file, holder, reserved: false }
	};
	held.into_iter().map(name).collect()
}

/// As a person reads it; `what` holds them.
pub(super) fn lines(skipped: &[Skipped], what: &str) -> String {
	let line = |Skipped { file, holder, reserved }: &Skipped| {
		let holds = if *reserved { "held, and whose root is reserved since" } else { "holds" };
		crate::output::clean(&format!("not registered: {file}, whose content {what} {holder} {holds}"))
	};
	skipped.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_was_skipped_is_told_by_the_files_names() {
		let files = ["a", "b", "c\u{1b}"].map(PathBuf::from);
		let roots = [[1; 32], [2; 32], [3; 32]];
		let held = vec![RootHeld { root: [3; 32], holder: 7 }, RootHeld { root: [1; 32], holder: 9 }];
		let skipped = named(held, &files, &roots);
		assert_eq!(
			serde_json::to_value(&skipped).unwrap(),
			serde_json::json!([
				{"file": "c\u{1b}", "holder": 7, "reserved": false},
				{"file": "a", "holder": 9, "reserved": false},
			])
		);
		let lines = lines(&skipped, "contribution");
		assert_eq!(lines.lines().count(), 2);
		assert!(
			lines.contains("a, whose content contribution 9 holds") && !lines.contains('\u{1b}'),
			"{lines}"
		);
	}
}
