//! Whether a state is sound by the pallets' own rules.
//!
//! # Must not
//! Run while blocks are made: it reads the whole state.

use crate::{
	environment::{self, RunError},
	error::InvariantError,
	executor::Executor,
	overlay::Overlay,
};
use plexus_runtime::native;
use plexus_storage::State;

impl Executor {
	/// Checks the invariants of every pallet on `state`.
	///
	/// # Errors
	/// [`InvariantError`]; a panic of the runtime is one.
	pub fn check_invariants(&self, state: &State) -> Result<(), InvariantError> {
		environment::run(state, &mut Overlay::default(), self.signature_cache(), native::try_state)
			.map_err(|e| match e {
				RunError::Panicked(message) => InvariantError::Panicked { message },
				RunError::Storage(e) => InvariantError::Storage(e),
			})?
			.map_err(InvariantError::Broken)
	}
}
