//! Damages proofs for and against claims of real open batches as the fuzzer's bytes say.
//!
//! # Must not
//! Find a panic, or a false proof that holds. See `runtime/tests/common/tampering.rs`.

#![no_main]

#[path = "../../../runtime/tests/ledger/choices.rs"]
mod choices;
#[path = "../../../runtime/tests/common/mod.rs"]
mod common;
#[path = "../../../runtime/tests/common/tampering.rs"]
mod tampering;
#[path = "../../../runtime/tests/common/world.rs"]
mod world;

use choices::Choices;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use tampering::Proofs;

thread_local! {
	/// Every attempt is undone, so that one chain serves all.
	static PROOFS: RefCell<Option<Proofs>> = const { RefCell::new(None) };
}

fuzz_target!(|bytes: &[u8]| {
	PROOFS.with_borrow_mut(|proofs| {
		let proofs = proofs.get_or_insert_with(Proofs::new);
		let mut choices = Choices::given(bytes);
		while !choices.is_over() {
			proofs.attempt(&mut choices);
		}
	});
});
