//! Tells what the chain does: counts for each block, and a log line for each, or while the node catches up with its peers
//! one every few seconds, with rate and time left.
//!
//! Must not: be waited for by anybody. A reporter that falls behind says so and skips; the chain goes on.

use crate::{
	control::{Peers, SYNCING_BLOCKS_MIN},
	metrics::{BlockStage, Metrics},
};
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
	peers: Arc<dyn Peers>,
) {
	let mut catching_up = CatchingUp::default();
	loop {
		match blocks.recv().await {
			Ok(block) => {
				*last.0.lock() = Instant::now();
				count(&block, &metrics, own);
				match catching_up.step(block.tip.number.into(), peers.supported_height(), Instant::now()) {
					Step::Block => log(&block),
					Step::Silent => {}
					Step::Progress(progress) => progress.log(),
					Step::Done { blocks, took } => {
						info!(
							height = block.tip.number,
							blocks,
							seconds = seconds(took),
							"caught up with peers"
						);
					}
				}
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

/// How long a node that catches up is silent between two lines.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// Follows a node that is behind its peers. Blocks then come hundreds a second, and a line for each would tell nobody
/// how long it takes.
#[derive(Debug, Default)]
struct CatchingUp(Option<Since>);

/// Where catching up began, and where its last line was written.
#[derive(Clone, Copy, Debug)]
struct Since {
	began: (u64, Instant),
	told: (u64, Instant),
}

/// What to write for a block.
#[derive(Debug, PartialEq)]
enum Step {
	/// A line of its own.
	Block,
	/// Nothing.
	Silent,
	/// How far it is.
	Progress(Progress),
	/// That it is over.
	Done { blocks: u64, took: Duration },
}

#[derive(Debug, PartialEq)]
struct Progress {
	height: u64,
	target: u64,
	blocks_per_second: f64,
	left: Option<Duration>,
}

impl CatchingUp {
	/// The next block is at `height`; peers have got to `best`, as more than one word says.
	fn step(&mut self, height: u64, best: Option<u64>, now: Instant) -> Step {
		let target = best.filter(|best| *best >= height + SYNCING_BLOCKS_MIN);
		match (self.0, target) {
			(None, None) => Step::Block,
			(None, Some(target)) => {
				self.0 = Some(Since { began: (height, now), told: (height, now) });
				Step::Progress(Progress { height, target, blocks_per_second: 0.0, left: None })
			}
			(Some(since), None) => {
				self.0 = None;
				Step::Done { blocks: height.saturating_sub(since.began.0), took: now - since.began.1 }
			}
			(Some(since), Some(target)) => {
				let elapsed = now - since.told.1;
				if elapsed < PROGRESS_INTERVAL {
					return Step::Silent;
				}
				self.0 = Some(Since { told: (height, now), ..since });
				let rate = height.saturating_sub(since.told.0) as f64 / elapsed.as_secs_f64();
				let left = target.saturating_sub(height) as f64 / rate;
				let left = Duration::try_from_secs_f64(left).ok();
				Step::Progress(Progress { height, target, blocks_per_second: rate, left })
			}
		}
	}
}

impl Progress {
	fn log(&self) {
		info!(
			height = self.height,
			target = self.target,
			blocks_per_s = (self.blocks_per_second * 10.0).round() / 10.0,
			seconds_left = self.left.map(|left| left.as_secs()),
			"catching up with peers"
		);
	}
}

/// To a tenth.
fn seconds(time: Duration) -> f64 {
	(time.as_secs_f64() * 10.0).round() / 10.0
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

	#[test]
	fn a_node_that_is_behind_tells_rate_and_time_left_every_few_seconds() {
		let start = Instant::now();
		let at = |ms| start + Duration::from_millis(ms);
		let mut behind = CatchingUp::default();
		assert_eq!(behind.step(10, None, at(0)), Step::Block, "nobody to compare with");
		assert_eq!(behind.step(10, Some(12), at(0)), Step::Block, "one or two are usual");
		let first = Progress { height: 11, target: 1_011, blocks_per_second: 0.0, left: None };
		assert_eq!(behind.step(11, Some(1_011), at(0)), Step::Progress(first));
		assert_eq!(behind.step(200, Some(1_011), at(4_999)), Step::Silent);
		let left = Some(Duration::from_secs(8));
		let next = Progress { height: 411, target: 1_051, blocks_per_second: 80.0, left };
		assert_eq!(behind.step(411, Some(1_051), at(5_000)), Step::Progress(next), "400 blocks in 5 seconds");
		assert_eq!(behind.step(412, Some(1_052), at(5_001)), Step::Silent);
		let stuck = behind.step(412, Some(1_053), at(20_000));
		assert!(matches!(stuck, Step::Progress(Progress { left: Some(_), .. })), "{stuck:?}");
		let done = Step::Done { blocks: 1_042, took: Duration::from_secs(30) };
		assert_eq!(behind.step(1_053, Some(1_053), at(30_000)), done);
		assert_eq!(behind.step(1_054, Some(1_054), at(31_000)), Step::Block);
	}

	#[test]
	fn without_progress_there_is_no_time_left_to_tell() {
		let start = Instant::now();
		let mut behind = CatchingUp::default();
		behind.step(1, Some(100), start);
		let Step::Progress(progress) = behind.step(1, Some(100), start + PROGRESS_INTERVAL) else {
			panic!("a line is due")
		};
		assert_eq!((progress.blocks_per_second, progress.left), (0.0, None));
	}
}
