//! A block's events, read from the state after it, for the index.
//!
//! # Must not
//! Run the runtime: the events are a value of the state, written when the block was executed.

use plexus_runtime::native::{self, TracedEvent};
use plexus_storage::{State, StorageError};

/// The runtime's version, by which stored events are decoded later.
pub const SPEC_VERSION: u32 = plexus_runtime::VERSION.spec_version;

/// Why a block's events are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
	/// They are not this runtime's.
	#[error("the events of block {number} are not of this runtime (version {SPEC_VERSION}): {detail}; run the release of that time over it")]
	Undecodable {
		/// The block.
		number: u32,
		/// What was wrong.
		detail: String,
	},
	/// Reading failed.
	#[error(transparent)]
	Storage(#[from] StorageError),
}

/// The events of the block that led to `state` which are about something.
///
/// # Errors
/// [`EventsError`].
pub fn traced_events(state: &State) -> Result<Vec<TracedEvent>, EventsError> {
	// The genesis has none.
	let Some(events) = state.get(&events_key())? else { return Ok(Vec::new()) };
	native::traced_events(&events)
		.map_err(|error| EventsError::Undecodable { number: state.number(), detail: error.to_string() })
}

/// Storage key of `System.Events`.
fn events_key() -> [u8; 32] {
	let mut key = [0; 32];
	key[..16].copy_from_slice(&sp_io::hashing::twox_128(b"System"));
	key[16..].copy_from_slice(&sp_io::hashing::twox_128(b"Events"));
	key
}
