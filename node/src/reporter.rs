//! Tells what the chain does: a log line and counts for each block.
//!
//! Must not: be waited for by anybody. A reporter that falls behind says so and skips; the chain goes on.

use crate::metrics::{BlockStage, Metrics};
use parking_lot::Mutex;
use plexus_chain::BlockEvent;
use plexus_consensus::ConsensusStatus;
use plexus_execution::executor::author_of;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::sync::{
	broadcast::{error::RecvError, Receiver},
	watch,
};
use tracing::{info, warn};

/// When the last block was committed here.
#[derive(Clone, Debug)]
pub struct LastBlock(Arc<Mutex<Instant>>);

impl LastBlock {
	/// Counting from now: a node that just started has not been silent yet.
	pub fn now() -> Self {
		Self(Arc::new(Mutex::new(Instant::now())))
	}

	/// How long ago that is.
	pub fn elapsed(&self) -> Duration {
		self.0.lock().elapsed()
	}
}

/// Reports every block until the chain is gone. `own` is this node's validator key, to tell building from verifying.
pub async fn report(
	mut blocks: Receiver<Arc<BlockEvent>>,
	metrics: Metrics,
	last: LastBlock,
	own: Option<[u8; 32]>,
) {
	loop {
		match blocks.recv().await {
			Ok(block) => {
				*last.0.lock() = Instant::now();
				count(&block, &metrics, own);
				log(&block);
			}
			Err(RecvError::Lagged(skipped)) => {
				warn!(skipped, "blocks came faster than they could be reported")
			}
			Err(RecvError::Closed) => return,
		}
	}
}

/// Counts where consensus stands, until it is gone.
pub async fn follow_consensus(mut status: watch::Receiver<ConsensusStatus>, metrics: Metrics) {
	loop {
		let ConsensusStatus { round, is_validator, clock_offset_ms, .. } = *status.borrow_and_update();
		metrics.consensus(round.into(), is_validator);
		if let Some(offset_ms) = clock_offset_ms {
			metrics.clock_offset(offset_ms);
		}
		if status.changed().await.is_err() {
			return;
		}
	}
}

/// Extrinsics that were sent: all but the inherents, which are the timestamp and, in every block but the first, the
/// precommits for the parent.
fn transactions(block: &BlockEvent) -> usize {
	let inherents = if block.tip.number == 1 { 1 } else { 2 };
	block.body.len().saturating_sub(inherents)
}

fn count(block: &BlockEvent, metrics: &Metrics, own: Option<[u8; 32]>) {
	let built_here = own.is_some() && author_of(&block.tip.header) == own;
	let stage = if built_here { BlockStage::Build } else { BlockStage::Execute };
	metrics.block(block.tip.number, block.timestamp_ms, transactions(block));
	metrics.block_stage(stage, block.execution.as_secs_f64());
	metrics.block_stage(BlockStage::Commit, block.commit.as_secs_f64());
}

fn log(block: &BlockEvent) {
	let hash = block.tip.hash.as_bytes();
	info!(
		height = block.tip.number,
		hash = %format_args!("0x{}…", hex::encode(&hash[..4])),
		txs = transactions(block),
		execute_ms = millis(block.execution),
		commit_ms = millis(block.commit),
		"block"
	);
}

/// To a tenth: more digits are noise.
fn millis(time: Duration) -> f64 {
	(time.as_secs_f64() * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_are_shown_to_a_tenth_of_a_millisecond() {
		assert_eq!(millis(Duration::from_micros(1_249)), 1.2);
		assert_eq!(millis(Duration::ZERO), 0.0);
	}
}
