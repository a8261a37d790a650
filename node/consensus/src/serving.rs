//! Decided blocks for peers, read beside consensus.
//!
//! # Must not
//! Use the application or wait for it: whoever asks for blocks must not hold up a proposal. End the node: a block that
//! cannot be read is not served, and consensus finds out on its own whether the database is damaged.
//!
//! # Invariants
//! At most [`READERS_MAX`] answers are read at a time; who waits for a place holds nothing but its question, and the engine
//! bounds how many wait.

use crate::certificate;
use crate::codec::encode_versioned;
use crate::ledger::{Ledger, LedgerError};
use crate::malachite::RawDecidedValue;
use crate::types::{Height, Plexus};
use std::ops::RangeInclusive;
use std::sync::Arc;
use tokio::sync::{oneshot, Semaphore};
use tracing::error;

/// Blocks in one answer; the engine asks for five by default.
pub const BLOCKS_PER_RESPONSE_MAX: usize = 64;

/// Bytes in one answer, below the engine's limit of 10 MiB by one certificate of ten thousand validators.
pub const RESPONSE_BYTES_MAX: usize = 9 << 20;

/// Answers read at once: one more than keeps the disk busy.
pub const READERS_MAX: usize = 2;

/// Reads blocks for peers.
pub(crate) struct Server<L> {
	ledger: L,
	places: Arc<Semaphore>,
}

impl<L: Ledger + Clone> Server<L> {
	pub fn new(ledger: L) -> Self {
		Self { ledger, places: Arc::new(Semaphore::new(READERS_MAX)) }
	}

	/// Answers when there is a place, unless nobody waits for it any more. Without an answer the engine sends an empty one.
	pub fn answer(
		&self,
		range: RangeInclusive<Height>,
		reply: oneshot::Sender<Vec<RawDecidedValue<Plexus>>>,
	) {
		let (ledger, places) = (self.ledger.clone(), self.places.clone());
		tokio::spawn(async move {
			let Ok(_place) = places.acquire_owned().await else { return };
			if reply.is_closed() {
				return;
			}
			match tokio::task::spawn_blocking(move || decided_values(&ledger, range)).await {
				// Whoever asked may be gone meanwhile.
				Ok(Ok(values)) => drop(reply.send(values)),
				Ok(Err(error)) => error!(%error, "blocks cannot be read for a peer"),
				Err(error) => error!(%error, "reading blocks for a peer panicked"),
			}
		});
	}
}

/// Blocks and certificates of a range, up to the first gap and within one answer's bounds.
///
/// # Errors
/// [`LedgerError`] for failures of our own.
pub fn decided_values<L: Ledger>(
	ledger: &L,
	range: RangeInclusive<Height>,
) -> Result<Vec<RawDecidedValue<Plexus>>, LedgerError> {
	let (mut values, mut bytes_total) = (Vec::new(), 0);
	for height in (range.start().0..=range.end().0).take(BLOCKS_PER_RESPONSE_MAX) {
		let Some(number) = Height(height).number() else { break };
		let Some((block, stored)) = ledger.decided(number)? else { break };
		let certificate = match certificate::decode(&stored) {
			Ok(certificate) => certificate,
			Err(error) => {
				error!(number, %error, "a stored certificate cannot be read");
				break;
			}
		};
		let bytes = encode_versioned(&block);
		bytes_total += bytes.len() + stored.len();
		if bytes_total > RESPONSE_BYTES_MAX && !values.is_empty() {
			break;
		}
		values.push(RawDecidedValue::new(bytes.into(), certificate.into()));
	}
	Ok(values)
}
