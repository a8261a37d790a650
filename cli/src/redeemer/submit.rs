//! Batches on their way: when they are due, several at once, and what is done when one fails.
//!
//! ```text
//!   look ─▶ due? ─▶ up to N batches, with nonces in their order ─▶ final ─▶ look ─▶ due? …
//!             │                         │
//!             └─ not yet: wait          ├─ fails by a rule of Receipts or Attribution: one channel at a time, until it is
//!                                       │  known which one it is; that one waits, longer each time, but if its claims
//!                                       │  are what is wrong: then they are left out, and counted
//!                                       ├─ fails otherwise in its block: later each time
//!                                       └─ fails otherwise: connect anew, later each time
//! ```
//!
//! A batch with claims is sent only if the account has what it puts on hold ([`super::funds`]): else a smaller one, or
//! nothing until something is released. What cannot wait is redeemed without its claims. Its receipts are in the store
//! before it is sent, under the root by which the chain names them.
//!
//! # Must not
//! Wait without a bound, or try without a pause. Leave claims out and not say so.

use super::{
	connect, funds,
	known::Wanted,
	look,
	open::{of_store, Tended},
	records::Records,
	Desk,
};
use crate::{
	agents, calls,
	client::AtBlock,
	corpus::blocking,
	failure::{Failure, FailureKind},
	keys::Keypair,
	pipeline::{Done, Pipeline},
	submit::SubmitArgs,
	tx::by::AgentKey,
};
use futures::future::join_all;
use plexus_payments::{Batch, BatchLimits, ReceiptClaim, Totals};
use plexus_primitives::{ChannelId, Claim};
use sp_core::crypto::AccountId32;
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

/// The longest pause while batches are open or may be: what is asked about them is to be answered in time.
const PAUSE_OPEN_MAX: Duration = Duration::from_secs(5);

/// Full batches that wait for funds, at most; what is beyond is redeemed without claims, so that the ledger does not fill.
const WAITING_BATCHES_MAX: usize = 16;

/// How often the log tells what was done.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What submits.
pub(super) struct Submitter {
	pub(super) url: String,
	pub(super) genesis: [u8; 32],
	pub(super) key: Keypair,
	pub(super) by: AgentKey,
	/// The agent's own account.
	pub(super) account: AccountId32,
	/// Whether bytes stay in the store for ever.
	pub(super) keep: bool,
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
	/// Those of them whose claims the chain refuses.
	refused: BTreeSet<ChannelId>,
	held_back: BTreeMap<ChannelId, Held>,
}

/// A batch as it is sent.
struct Prepared {
	batch: Batch,
	/// Claims that were left out of it.
	dropped: usize,
}

/// What is wrong with a batch that failed in its block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Blame {
	/// Receipts, vouchers or channels.
	Receipts,
	/// Its claims.
	Claims,
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
		let (mut pause, mut rounds, mut tended) = (PAUSE_MIN, Rounds::default(), Tended::default());
		let mut records = Records::default();
		loop {
			let failure = match self.session(&mut pause, &mut rounds, &mut tended, &mut records).await {
				Ok(never) => match never {},
				Err(failure) => failure,
			};
			self.pause(&failure, &mut pause).await;
		}
	}

	/// Says what failed, and waits.
	async fn pause(&self, failure: &Failure, pause: &mut Duration) {
		let asked = self.desk.progress().open.batches > 0 || self.desk.files.index().is_some();
		let longest = if asked { PAUSE_OPEN_MAX } else { PAUSE_MAX };
		*pause = (*pause).min(longest);
		warn!(%failure, pause_seconds = pause.as_secs(), "not redeemed; trying again");
		self.desk.note(|progress| {
			progress.failures += 1;
			progress.last_failure = Some(failure.to_string());
		});
		tokio::time::sleep(*pause).await;
		*pause = (*pause * 2).min(longest);
	}

	/// Redeems, answers and clears on one connection, until that fails: none of the three waits for another.
	async fn session(
		&self,
		pause: &mut Duration,
		rounds: &mut Rounds,
		tended: &mut Tended,
		records: &mut Records,
	) -> Result<Infallible, Failure> {
		let client = connect(&self.url, &self.genesis).await?;
		// Waits until nothing of an earlier run is in the pool: what that did is seen then.
		let pipeline = Pipeline::open(client, self.key.clone(), &self.submit).await?;
		tokio::select! {
			ended = self.redeem(&pipeline, pause, rounds) => ended,
			ended = self.tend(&pipeline, tended) => ended,
			ended = self.clear(&pipeline, records) => ended,
		}
	}

	async fn redeem(
		&self,
		pipeline: &Pipeline,
		pause: &mut Duration,
		rounds: &mut Rounds,
	) -> Result<Infallible, Failure> {
		let (mut told, mut told_at) = (self.desk.progress(), Instant::now());
		loop {
			tokio::select! {
				() = tokio::time::sleep(LOOK_EVERY) => {}
				() = self.desk.wake.notified() => {}
			}
			look(&pipeline.last_head().await?, &self.desk).await?;
			let mut now = self.desk.take_now();
			while self.is_due(rounds, now).await? {
				match self.round(pipeline, rounds).await {
					Ok(true) => *pause = PAUSE_MIN,
					Ok(false) => break,
					// The connection is well, and what is open is answered for meanwhile.
					Err(failure) if failure.kind == FailureKind::Failed => {
						self.pause(&failure, pause).await;
						break;
					}
					Err(failure) => return Err(failure),
				}
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
		if totals.signed == 0 {
			self.note_lacking(0);
		}
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
		let batches = self.desk.batches(self.limits, except.clone(), count).await?;
		if batches.is_empty() {
			return Ok(suspect.is_some());
		}
		rounds.waiting_since = None;
		// A fresh head, so that signing waits for nothing and the nonces are in the batches' order.
		let at = pipeline.last_head().await?;
		let batches = match suspect.filter(|suspect| rounds.refused.remove(suspect)) {
			Some(_) => batches.into_iter().map(Prepared::without_claims).collect(),
			None => self.affordable(&at, batches, &except).await?,
		};
		if batches.is_empty() {
			return Ok(suspect.is_some());
		}
		self.keep_receipts(&batches).await?;
		let calls: Vec<_> =
			batches.iter().map(|prepared| self.by.sends(calls::submit_batch(&prepared.batch))).collect();
		let sent = join_all(calls.iter().map(|call| pipeline.send(call))).await;
		// An older head would show them as not redeemed, and they would be sent again.
		look(&pipeline.last_head().await?, &self.desk).await?;
		let mut other = None;
		for (prepared, sent) in batches.iter().zip(sent) {
			self.note_fee(&sent);
			match sent.map_err(|failure| (blame(&failure), failure)) {
				Ok(done) => self.done(prepared, &done, rounds),
				Err((Some(blame), failure)) => {
					self.failed(&prepared.batch, (blame, &failure), suspect.is_some(), rounds);
				}
				Err((None, failure)) => other = other.or(Some(failure)),
			}
		}
		other.map_or(Ok(true), Err)
	}

	/// As many of these batches as the account has funds for; or a smaller one; or one without its claims, if it cannot
	/// wait. None of them if it is worth while to wait.
	async fn affordable(
		&self,
		at: &AtBlock,
		batches: Vec<Batch>,
		except: &BTreeSet<ChannelId>,
	) -> Result<Vec<Prepared>, Failure> {
		if batches.iter().all(|batch| batch.claims.is_empty()) {
			self.note_lacking(0);
			return Ok(batches.into_iter().map(Prepared::whole).collect());
		}
		let deposits = funds::Deposits::of(at);
		let known = self.desk.known_patiently(wanted(&batches)).await?;
		let spendable = funds::spendable(at, &self.account).await?;
		let funds = spendable.saturating_sub(funds::reserve(&known.parameters));
		let means = funds::Means { funds, budget: self.budget(at).await? };
		let (mut left, mut taken, mut first) = (means, Vec::new(), None);
		for batch in batches {
			match left.after(&funds::need(&batch, &known, &deposits)) {
				Some(rest) => {
					left = rest;
					taken.push(Prepared::whole(batch));
				}
				// Later ones go on where this one ends.
				None => {
					first = Some(batch);
					break;
				}
			}
		}
		let Some(first) = first.filter(|_| taken.is_empty()) else {
			self.note_lacking(0);
			return Ok(taken);
		};
		let mut lacking = means.lacking(&funds::need(&first, &known, &deposits));
		let mut receipts = first.receipts() / 2;
		while receipts > 0 {
			let limits = BatchLimits { receipts, ..self.limits };
			let Some(smaller) = self.desk.batches(limits, except.clone(), 1).await?.pop() else { break };
			let known = self.desk.known_patiently(wanted(std::slice::from_ref(&smaller))).await?;
			let need = funds::need(&smaller, &known, &deposits);
			if means.after(&need).is_some() {
				self.note_lacking(0);
				return Ok(vec![Prepared::whole(smaller)]);
			}
			lacking = lacking.min(means.lacking(&need));
			receipts = smaller.receipts().min(receipts) / 2;
		}
		self.note_lacking(lacking);
		let totals = self.desk.totals(except.clone()).await?;
		let waits =
			!totals.urgent && totals.signed < self.limits.receipts.saturating_mul(WAITING_BATCHES_MAX);
		Ok(if waits { Vec::new() } else { vec![Prepared::without_claims(first)] })
	}

	/// What the key may spend: holds that can be lost are spending. A key that may not act at all fails when it does.
	async fn budget(&self, at: &AtBlock) -> Result<u128, Failure> {
		let Some(delegation) = self.by.delegation else { return Ok(u128::MAX) };
		let left = agents::allowance(at, self.by.agent, delegation).await?;
		Ok(left.map_or(u128::MAX, |left| left.budget_left))
	}

	/// Counts what a transaction cost, whatever became of it.
	pub(super) fn note_fee(&self, sent: &Result<Done, Failure>) {
		let fee = match sent {
			Ok(done) => done.fee(),
			Err(failure) => failure.fee.unwrap_or_default(),
		};
		self.desk.note(|progress| progress.fees = progress.fees.saturating_add(fee));
	}

	/// Says what the account lacks, once it does.
	fn note_lacking(&self, lacking: u128) {
		let before = self.desk.progress().funds_lacking;
		if lacking > 0 && before == 0 {
			warn!(
				lacking,
				account = %crate::address::display(&self.account),
				"the agent's account or its key's budget cannot bear what the claims put on hold; fund it, raise the budget, \
				 or wait until open batches are final"
			);
		}
		self.desk.note(|progress| progress.funds_lacking = lacking);
	}

	/// Puts the receipts of batches that will be open into the store, before anybody can ask about them.
	async fn keep_receipts(&self, batches: &[Prepared]) -> Result<(), Failure> {
		let files = self.desk.files.clone();
		if files.store().is_none() {
			return Ok(());
		}
		let open = batches.iter().filter(|prepared| funds::is_open(&prepared.batch));
		let placed: Vec<_> = open.map(|prepared| prepared.batch.placed()).collect();
		blocking(move || {
			let Some(store) = files.store() else { return Ok(()) };
			placed.iter().try_for_each(|receipts| {
				store.put_batch(receipts).map(drop).map_err(|error| of_store(&error))
			})
		})
		.await
	}

	fn done(&self, Prepared { batch, dropped }: &Prepared, done: &Done, rounds: &mut Rounds) {
		for redemption in &batch.redemptions {
			rounds.held_back.remove(&redemption.channel);
		}
		info!(
			receipts = batch.receipts(),
			channels = batch.redemptions.len(),
			claims = batch.claims.len(),
			block = done.block_number,
			"batch redeemed"
		);
		if *dropped > 0 {
			warn!(dropped, "claims were left out");
		}
		self.desk.note(|progress| {
			progress.batches += 1;
			progress.claims += batch.claims.len() as u64;
			progress.claims_dropped += *dropped as u64;
		});
	}

	fn failed(&self, batch: &Batch, (blame, failure): (Blame, &Failure), alone: bool, rounds: &mut Rounds) {
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
		if blame == Blame::Claims && !batch.claims.is_empty() {
			warn!(%failure, "the chain refuses claims; redeeming without them");
			rounds.refused.extend(channels.clone());
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
			claims = progress.claims,
			open = progress.open.batches,
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

impl Prepared {
	fn whole(batch: Batch) -> Self {
		Self { batch, dropped: 0 }
	}

	fn without_claims(batch: Batch) -> Self {
		let (batch, dropped) = batch.without_claims();
		Self { batch, dropped }
	}
}

/// What claims of batches are about.
fn wanted(batches: &[Batch]) -> Wanted {
	let mut wanted = Wanted::default();
	for batch in batches {
		let placed = batch.placed();
		for claim in &batch.claims {
			let Claim { receipt, contribution, version, method, evidence } = *claim;
			let claim = ReceiptClaim { contribution, version, method, evidence };
			if let Some(placed) = usize::try_from(receipt).ok().and_then(|place| placed.get(place)) {
				wanted.add(&placed.receipt, &[claim]);
			}
		}
	}
	wanted
}

/// Whether a batch failed for what is in it, and not for who sends it or how.
fn blame(failure: &Failure) -> Option<Blame> {
	match (failure.kind, failure.name.split_once('.')) {
		(FailureKind::Failed, Some(("Receipts", _))) => Some(Blame::Receipts),
		(FailureKind::Failed, Some(("Attribution", _))) => Some(Blame::Claims),
		_ => None,
	}
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
	fn only_rules_of_receipts_and_claims_blame_a_channel() {
		let blamed = |kind, name: &str| blame(&Failure::new(kind, name, "cause", "remedy"));
		assert_eq!(blamed(FailureKind::Failed, "Receipts.InvalidVoucher"), Some(Blame::Receipts));
		assert_eq!(blamed(FailureKind::Failed, "Attribution.ExceedsCeiling"), Some(Blame::Claims));
		assert_eq!(blamed(FailureKind::Failed, "Agents.DelegationExpired"), None);
		assert_eq!(blamed(FailureKind::Failed, "Token.FundsUnavailable"), None);
		assert_eq!(blamed(FailureKind::Refused, "Receipts.InvalidVoucher"), None);
	}
}
