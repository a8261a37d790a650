//! Batches on their way: when they are due, several at once, and what is done when one fails.
//!
//! ```text
//!   look ─▶ due? ─▶ up to N batches, with nonces in their order ─▶ final ─▶ look ─▶ due? …
//!             │                         │
//!             └─ not yet: wait          ├─ fails by a rule of Receipts: one channel at a time, until it is known which
//!                                       │  one it is; that one waits, longer each time
//!                                       └─ fails otherwise: connect anew, later each time
//! ```
//!
//! # Must not
//! Wait without a bound, or try without a pause.

use super::{connect, look, Desk};
use crate::{
	calls,
	failure::{Failure, FailureKind},
	keys::Keypair,
	pipeline::{Done, Pipeline},
	submit::SubmitArgs,
	tx::by::AgentKey,
};
use futures::future::join_all;
use plexus_payments::{Batch, BatchLimits, Totals};
use plexus_primitives::ChannelId;
use std::{
	collections::{BTreeMap, BTreeSet},
	convert::Infallible,
	time::{Duration, Instant},
};
use tracing::{info, warn};

/// How often the chain is looked at: often enough to see a closing payer long before its grace ends.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long nothing is tried after a failure; twice as long after each further one.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// How long a channel is left out whose batch failed by itself; twice as long each further time.
const HOLD_MIN: Duration = Duration::from_secs(10);
const HOLD_MAX: Duration = Duration::from_secs(3_600);

/// How often the log tells what was done.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What submits.
pub(super) struct Submitter {
	pub(super) url: String,
	pub(super) genesis: [u8; 32],
	pub(super) key: Keypair,
	pub(super) by: AgentKey,
	pub(super) every: Duration,
	pub(super) in_flight: usize,
	pub(super) limits: BatchLimits,
	pub(super) submit: SubmitArgs,
	pub(super) desk: Desk,
}

/// What is remembered from one round to the next.
#[derive(Default)]
pub(super) struct Rounds {
	/// Since when something is signed for and not redeemed.
	waiting_since: Option<Instant>,
	/// Channels of batches that failed: each is tried alone.
	suspects: BTreeSet<ChannelId>,
	held_back: BTreeMap<ChannelId, Held>,
}

/// A channel that is left out.
#[derive(Clone, Copy, Debug)]
struct Held {
	until: Instant,
	pause: Duration,
}

impl Submitter {
	/// Redeems for ever.
	pub(super) async fn run(&self) -> Infallible {
		let (mut pause, mut rounds) = (PAUSE_MIN, Rounds::default());
		loop {
			let failure = match self.session(&mut pause, &mut rounds).await {
				Ok(never) => match never {},
				Err(failure) => failure,
			};
			warn!(%failure, pause_seconds = pause.as_secs(), "not redeemed; trying again");
			self.desk.note(|progress| {
				progress.failures += 1;
				progress.last_failure = Some(failure.to_string());
			});
			tokio::time::sleep(pause).await;
			pause = (pause * 2).min(PAUSE_MAX);
		}
	}

	/// Redeems on one connection, until something fails.
	async fn session(&self, pause: &mut Duration, rounds: &mut Rounds) -> Result<Infallible, Failure> {
		let client = connect(&self.url, &self.genesis).await?;
		// Waits until nothing of an earlier run is in the pool: what that did is seen then.
		let pipeline = Pipeline::open(client, self.key.clone(), &self.submit).await?;
		let (mut told, mut told_at) = (self.desk.progress(), Instant::now());
		loop {
			tokio::select! {
				() = tokio::time::sleep(LOOK_EVERY) => {}
				() = self.desk.wake.notified() => {}
			}
			look(&pipeline.last_head().await?, &self.desk).await?;
			let mut now = self.desk.take_now();
			while self.is_due(rounds, now).await? {
				if !self.round(&pipeline, rounds).await? {
					break;
				}
				*pause = PAUSE_MIN;
				now |= self.desk.take_now();
			}
			if told_at.elapsed() >= TELL_EVERY {
				let progress = self.desk.progress();
				if progress != told {
					self.tell().await?;
				}
				(told, told_at) = (progress, Instant::now());
			}
			// What makes the ledger wake this again at once is not done faster by looking again at once.
			tokio::time::sleep(LOOK_EVERY / 8).await;
		}
	}

	async fn is_due(&self, rounds: &mut Rounds, now: bool) -> Result<bool, Failure> {
		let totals = self.desk.totals(rounds.left_out(Instant::now())).await?;
		Ok(rounds.is_due(&totals, now, self.every, self.limits.receipts))
	}

	/// Submits what there is, once; whether there may be more.
	async fn round(&self, pipeline: &Pipeline, rounds: &mut Rounds) -> Result<bool, Failure> {
		let suspect = rounds.suspects.pop_first();
		let (except, count) = match suspect {
			Some(suspect) => {
				let known = self.desk.channels().await?;
				(known.into_iter().filter(|channel| *channel != suspect).collect(), 1)
			}
			None => (rounds.left_out(Instant::now()), self.in_flight),
		};
		let batches = self.desk.batches(self.limits, except, count).await?;
		if batches.is_empty() {
			return Ok(suspect.is_some());
		}
		rounds.waiting_since = None;
		// A fresh head, so that signing waits for nothing and the nonces are in the batches' order.
		pipeline.last_head().await?;
		let calls: Vec<_> = batches.iter().map(|batch| self.by.sends(calls::submit_batch(batch))).collect();
		let sent = join_all(calls.iter().map(|call| pipeline.send(call))).await;
		// An older head would show them as not redeemed, and they would be sent again.
		look(&pipeline.last_head().await?, &self.desk).await?;
		let mut other = None;
		for (batch, sent) in batches.iter().zip(sent) {
			match sent {
				Ok(done) => self.done(batch, &done, rounds),
				Err(failure) if is_of_channels(&failure) => {
					self.failed(batch, &failure, suspect.is_some(), rounds);
				}
				Err(failure) => other = other.or(Some(failure)),
			}
		}
		other.map_or(Ok(true), Err)
	}

	fn done(&self, batch: &Batch, done: &Done, rounds: &mut Rounds) {
		for redemption in &batch.redemptions {
			rounds.held_back.remove(&redemption.channel);
		}
		info!(
			receipts = batch.receipts(),
			channels = batch.redemptions.len(),
			block = done.block_number,
			"batch redeemed"
		);
		self.desk.note(|progress| {
			progress.batches += 1;
			progress.fees = progress.fees.saturating_add(done.fee());
		});
	}

	fn failed(&self, batch: &Batch, failure: &Failure, alone: bool, rounds: &mut Rounds) {
		self.desk.note(|progress| {
			progress.failures += 1;
			progress.last_failure = Some(failure.to_string());
		});
		let channels = batch.redemptions.iter().map(|redemption| redemption.channel);
		if !alone {
			warn!(%failure, "batch not redeemed; trying its channels one by one");
			rounds.suspects.extend(channels);
			return;
		}
		for channel in channels {
			let pause_seconds = rounds.hold_back(channel, Instant::now()).as_secs();
			warn!(channel = channel.0, %failure, pause_seconds, "channel not redeemed; left out");
		}
	}

	async fn tell(&self) -> Result<(), Failure> {
		let status = self.desk.status().await?;
		let progress = &status.progress;
		info!(
			channels = status.channels,
			receipts = status.receipts,
			signed = status.signed,
			batches = progress.batches,
			redeemed = progress.redeemed,
			lost = progress.lost,
			fees = progress.fees,
			failures = progress.failures,
			"serving"
		);
		Ok(())
	}
}

impl Rounds {
	/// Whether something is to be submitted now.
	fn is_due(&mut self, totals: &Totals, now: bool, every: Duration, full: usize) -> bool {
		if totals.signed == 0 {
			self.waiting_since = None;
			return false;
		}
		let waited = self.waiting_since.get_or_insert_with(Instant::now).elapsed();
		now || totals.urgent || totals.signed >= full || waited >= every
	}

	fn left_out(&self, now: Instant) -> BTreeSet<ChannelId> {
		let held = self.held_back.iter().filter(|(_, held)| held.until > now);
		held.map(|(channel, _)| *channel).collect()
	}

	/// Leaves a channel out for a while; for how long.
	fn hold_back(&mut self, channel: ChannelId, now: Instant) -> Duration {
		let before = self.held_back.get(&channel).map(|held| held.pause);
		let pause = before.map_or(HOLD_MIN, |pause| (pause * 2).min(HOLD_MAX));
		// Channels that ended while they were left out are in nobody's way, but their number is to be bounded.
		self.held_back.retain(|_, held| now < held.until + HOLD_MAX);
		self.held_back.insert(channel, Held { until: now + pause, pause });
		pause
	}
}

/// Whether a batch failed for what is in it, and not for who sends it or how.
fn is_of_channels(failure: &Failure) -> bool {
	failure.kind == FailureKind::Failed && failure.name.starts_with("Receipts.")
}

#[cfg(test)]
mod tests {
	use super::*;

	const MINUTE: Duration = Duration::from_secs(60);

	fn totals(signed: usize, urgent: bool) -> Totals {
		Totals { signed, urgent, ..Totals::default() }
	}

	#[test]
	fn batches_are_due_when_full_urgent_wanted_or_old() {
		let mut rounds = Rounds::default();
		assert!(!rounds.is_due(&totals(0, false), true, Duration::ZERO, 256), "there is nothing");
		assert!(!rounds.is_due(&totals(255, false), false, MINUTE, 256));
		assert!(rounds.is_due(&totals(256, false), false, MINUTE, 256));
		assert!(rounds.is_due(&totals(1, true), false, MINUTE, 256));
		assert!(rounds.is_due(&totals(1, false), true, MINUTE, 256));
		assert!(rounds.is_due(&totals(1, false), false, Duration::ZERO, 256));
		rounds.waiting_since = Instant::now().checked_sub(MINUTE);
		assert!(rounds.is_due(&totals(1, false), false, MINUTE, 256));
		assert!(!rounds.is_due(&totals(0, false), false, MINUTE, 256));
		assert!(!rounds.is_due(&totals(1, false), false, MINUTE, 256), "it waits anew");
	}

	#[test]
	fn a_channel_that_fails_is_left_out_longer_each_time_and_comes_back() {
		let (mut rounds, mut now) = (Rounds::default(), Instant::now());
		let channel = ChannelId(7);
		let mut pauses = Vec::new();
		for _ in 0..11 {
			let pause = rounds.hold_back(channel, now);
			assert_eq!(rounds.left_out(now), BTreeSet::from([channel]));
			now += pause;
			assert_eq!(rounds.left_out(now), BTreeSet::new());
			pauses.push(pause.as_secs());
		}
		assert_eq!(pauses[..3], [10, 20, 40]);
		assert_eq!(pauses[9..], [3_600, 3_600]);
		rounds.hold_back(ChannelId(8), now + HOLD_MAX * 3);
		assert_eq!(rounds.held_back.len(), 1, "old ones are forgotten");
	}

	#[test]
	fn only_rules_of_the_receipts_blame_a_channel() {
		let failed = |kind, name: &str| Failure::new(kind, name, "cause", "remedy");
		assert!(is_of_channels(&failed(FailureKind::Failed, "Receipts.InvalidVoucher")));
		assert!(!is_of_channels(&failed(FailureKind::Failed, "Agents.DelegationExpired")));
		assert!(!is_of_channels(&failed(FailureKind::Refused, "Receipts.InvalidVoucher")));
	}
}
