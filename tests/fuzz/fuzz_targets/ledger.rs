//! Plays histories of the whole runtime whose every decision is a byte of the fuzzer's: which call, by whom, about what.
//!
//! # Must not
//! Find a panic, or a block after which one unit is missing, made, or owed twice. See `runtime/tests/ledger`.

#![no_main]

#[path = "../../../runtime/tests/common/mod.rs"]
mod common;
#[path = "../../../runtime/tests/ledger/mod.rs"]
mod ledger;

use ledger::{choices::Choices, History};
use libfuzzer_sys::fuzz_target;

/// Calls of a block, and blocks of a history at most: a case takes some seconds at worst.
const BLOCK_CALLS: u64 = 8;
const BLOCKS_MAX: u64 = 60;

fuzz_target!(|bytes: &[u8]| {
	let mut history = History::new(Choices::given(bytes));
	for _ in 0..BLOCKS_MAX {
		if history.is_over() {
			break;
		}
		history.block(BLOCK_CALLS).expect("every invariant holds");
	}
});
