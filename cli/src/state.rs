//! Where the client remembers what a run that is killed must find again.
//!
//! # Must not
//! Make or remove anything there.

use crate::failure::Failure;
use std::path::PathBuf;

/// The directory of this program in the user's state directory.
///
/// # Errors
/// The environment names neither a state directory nor a home.
pub(crate) fn state_directory() -> Result<PathBuf, Failure> {
	let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
	let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
	state.map(|state| state.join("plexus")).ok_or_else(|| {
		Failure::input(
			"NoPlaceForTheJournal",
			"neither XDG_STATE_HOME nor HOME is set",
			"say where the journal goes with --journal FILE",
		)
	})
}
