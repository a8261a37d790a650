//! The presets' genesis hashes, which must be the same on every machine and change only on purpose.
//!
//! When a change of the runtime or a preset is meant to change them: put what the failing test prints into
//! `tests/golden/genesis-hashes.txt` and say so in `CHANGELOG.md`.

use plexus_chain_spec::ChainSpec;
use std::collections::BTreeMap;

/// One preset and hash a line; lines with `#` are comments.
const GOLDEN: &str = include_str!("../../tests/golden/genesis-hashes.txt");

#[test]
fn the_presets_have_their_golden_genesis_hashes() {
	let lines = GOLDEN.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
	let golden: BTreeMap<_, _> = lines.filter_map(|line| line.split_once(' ')).collect();
	let mut current = BTreeMap::new();
	for name in ChainSpec::PRESETS {
		let hash =
			ChainSpec::preset(name).expect("it is a preset").genesis_hash().expect("a preset is valid");
		current.insert(name, format!("{hash:?}"));
	}
	let text: String = current.iter().map(|(name, hash)| format!("{name} {hash}\n")).collect();
	let current: BTreeMap<_, _> = current.iter().map(|(name, hash)| (*name, hash.as_str())).collect();
	assert_eq!(current, golden, "the genesis hashes are now:\n{text}");
}
