//! Keeps the index of events behind the chain while the node runs.
//!
//! # Must not
//! Hold up the chain: it looks at blocks that are committed, some at a time, on a thread of its own.
//!
//! # Invariants
//! A failure costs entries of the index and nothing else. It is tried again at the next block, and logged once.

use plexus_chain::{index::catch_up, Chain};
use tracing::{error, info, warn};

/// Blocks in one step: some 10 ms each at their fullest, so that a stop is not held up for long.
const STEP_BLOCKS: u32 = 64;

/// More than this behind is worth a line in the log.
const BEHIND_BLOCKS: u32 = 2 * STEP_BLOCKS;

/// Indexes blocks until the chain is gone.
pub async fn keep(chain: Chain) {
	let mut tip = chain.subscribe();
	let (mut is_behind, mut failure) = (false, None);
	loop {
		tip.borrow_and_update();
		let of = chain.clone();
		let step = tokio::task::spawn_blocking(move || catch_up(of.database(), STEP_BLOCKS)).await;
		match step {
			Ok(Ok(0)) => {
				if is_behind {
					info!(height = tip.borrow().number, "the index is complete up to the last block");
				}
				(is_behind, failure) = (false, None);
			}
			Ok(Ok(left)) => {
				if left > BEHIND_BLOCKS && !is_behind {
					info!(blocks = left, "the index is catching up");
					is_behind = true;
				}
				continue;
			}
			Ok(Err(error)) => {
				let text = error.to_string();
				if failure.as_ref() != Some(&text) {
					warn!(error = %text, "the index does not go on");
				}
				failure = Some(text);
			}
			Err(error) => {
				error!(%error, "the index has ended; report it with the log");
				return;
			}
		}
		if tip.changed().await.is_err() {
			return;
		}
	}
}
