//! Open batches: what is asked about them is answered, and what is over is brought to its end.
//!
//! ```text
//!   look ─▶ own open batches ─▶ duties, by what the chain shows ─▶ answers from store and index ─▶ final ─▶ look …
//!
//!   samples due, their block is there  ─▶ draw          window over, nothing asked     ─▶ finalise
//!   drawn or demanded, in time         ─▶ answer        fraud found, decided           ─▶ finalise: the claims are void
//!   too late                           ─▶ close         unlisted, but the manifest has it ─▶ answer
//! ```
//!
//! # Must not
//! Remember what was done: each look asks the chain what is to be done, so that a restart neither forgets nor repeats.
//! What is remembered here is only how often something failed.
//!
//! # Invariants
//! - One look's transactions are final before the next look.
//! - What fails is tried again, later and later, for as long as it is to be done, and said in the log: an answer that is not
//!   given costs the hold, however often it failed before.
//! - Bytes leave the store only if no receipt that is held and no batch that is open has them.

use super::{
	evidence::{answer, elsewhere, listed},
	submit::Submitter,
};
use crate::{
	calls::Encoded,
	claims::{
		chain::{self, Claim, OpenBatch, Questions, Sampling, Unlisted},
		facts,
		files::Place,
		receipts,
	},
	client::AtBlock,
	corpus::blocking,
	failure::{Failure, FailureKind},
	pipeline::Pipeline,
	validators::era_and_clock,
};
use codec::Encode;
use futures::future::join_all;
use plexus_payments::{
	store::{Placed, Store, StoreError},
	Needs,
};
use plexus_primitives::{api::PAGE_MAX, challenge::Answer, BatchId};
use std::{
	collections::{BTreeMap, BTreeSet},
	convert::Infallible,
	sync::Arc,
	time::{Duration, Instant},
};
use subxt::tx::DynamicPayload;
use tracing::{debug, error, info, warn};

/// How often open batches are looked at: often enough that there are ten looks in the time for an answer.
const LOOK_MIN: Duration = Duration::from_secs(2);
const LOOK_MAX: Duration = Duration::from_secs(60);
const LOOKS: u32 = 10;

/// Transactions of one look.
const DUTIES_MAX: usize = 32;

/// How long something is left alone that failed; twice as long after each further failure.
const RETRY_MIN: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// After so many failures, which take about half an hour, only somebody may mend it, and it is tried less often: a failure in
/// a block costs a fee. Often enough still that a live chain's six hours for an answer have thirty attempts left.
const ATTEMPTS_SOON: u32 = 32;
const RETRY_LATE: Duration = Duration::from_secs(600);

/// Contributions with the same bytes that are looked at to answer an unlisted source.
const PLACES_MAX: usize = 64;

/// How often the store is swept, and how many batches of it are looked at. Receipts with bytes wait for a sweep, which reads
/// all batches: so it takes no more than one part of this many of the time.
const SWEEP_EVERY: Duration = Duration::from_secs(30);
const SWEEP_PART: u32 = 100;
const SWEEP_BATCHES_MAX: usize = 65_536;

/// Something to be done about a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Duty {
	/// Its samples can be drawn.
	Draw,
	/// A claim is to be shown.
	Answer { claim: u32, sampled: bool, demanded: bool, deadline_ms: u64 },
	/// An unlisted source may be listed.
	AnswerUnlisted(Unlisted),
	/// Samples were not shown in time.
	CloseSamples,
	/// A demand was not answered in time.
	CloseDemand { claim: u32 },
	/// It is over.
	Finalise { claims: u32 },
}

/// What a duty is about, to count how often it failed.
type Key = (BatchId, u8, u64, u64);

impl Duty {
	fn key(&self, batch: BatchId) -> Key {
		match self {
			Self::Draw => (batch, 0, 0, 0),
			Self::Answer { claim, .. } => (batch, 1, (*claim).into(), 0),
			Self::AnswerUnlisted(shown) => (batch, 2, shown.receipt.into(), shown.start),
			Self::CloseSamples => (batch, 3, 0, 0),
			Self::CloseDemand { claim } => (batch, 4, (*claim).into(), 0),
			Self::Finalise { .. } => (batch, 5, 0, 0),
		}
	}

	/// Until when it makes sense; what has no such time comes last.
	fn deadline_ms(&self) -> u64 {
		match self {
			Self::Answer { deadline_ms, .. } => *deadline_ms,
			Self::AnswerUnlisted(shown) => shown.deadline_ms,
			Self::Draw | Self::CloseSamples | Self::CloseDemand { .. } | Self::Finalise { .. } => u64::MAX,
		}
	}

	fn what(&self) -> &'static str {
		match self {
			Self::Draw => "draw samples",
			Self::Answer { .. } => "show a claim",
			Self::AnswerUnlisted(_) => "answer an unlisted source",
			Self::CloseSamples => "close samples that were not shown",
			Self::CloseDemand { .. } => "close a demand that was not answered",
			Self::Finalise { .. } => "finalise",
		}
	}
}

/// Whether there is anything to ask about a batch.
fn has_questions(batch: &OpenBatch) -> bool {
	let drawn = matches!(batch.sampling, Sampling::Drawn { .. });
	drawn || batch.demands > 0 || batch.models.iter().any(|share| share.held > 0)
}

/// What is to be done about a batch, at a block and a time of the chain clock.
fn duties(batch: &OpenBatch, questions: &Questions, block: u64, now_ms: u64) -> Vec<Duty> {
	let mut duties = Vec::new();
	let in_time = questions.unlisted.iter().filter(|shown| now_ms < shown.deadline_ms);
	duties.extend(in_time.cloned().map(Duty::AnswerUnlisted));
	let finalise = Duty::Finalise { claims: batch.claims.max(1) };
	if let Some(verdict) = batch.verdict.as_ref().filter(|_| batch.claims > 0) {
		if now_ms >= verdict.decided_from_ms {
			duties.push(finalise);
		}
		return duties;
	}
	if batch.claims > 0 {
		duties.extend(of_samples(batch, questions, block, now_ms));
		for demand in &questions.demands {
			let claim = demand.claim;
			if now_ms >= demand.deadline_ms {
				duties.push(Duty::CloseDemand { claim });
				continue;
			}
			let same = duties.iter_mut().find_map(|duty| match duty {
				Duty::Answer { claim: other, demanded, .. } if *other == claim => Some(demanded),
				_ => None,
			});
			match same {
				Some(demanded) => *demanded = true,
				None => duties.push(Duty::Answer {
					claim,
					sampled: false,
					demanded: true,
					deadline_ms: demand.deadline_ms,
				}),
			}
		}
	}
	if now_ms >= batch.ends_at_ms && batch.sampling == Sampling::Done && batch.demands == 0 {
		duties.push(finalise);
	}
	duties
}

fn of_samples(batch: &OpenBatch, questions: &Questions, block: u64, now_ms: u64) -> Vec<Duty> {
	match &batch.sampling {
		// The transaction is in the next block at the earliest.
		Sampling::Due { at } if block >= u64::from(*at) => vec![Duty::Draw],
		Sampling::Due { .. } | Sampling::Done => Vec::new(),
		Sampling::Drawn { deadline_ms, .. } if now_ms >= *deadline_ms => vec![Duty::CloseSamples],
		Sampling::Drawn { .. } => {
			let drawn = questions.samples.iter().flat_map(|(claims, deadline_ms)| {
				claims.iter().map(|claim| Duty::Answer {
					claim: *claim,
					sampled: true,
					demanded: false,
					deadline_ms: *deadline_ms,
				})
			});
			drawn.collect()
		}
	}
}

/// How often something failed, and when it is tried again.
#[derive(Clone, Copy, Debug)]
struct Attempt {
	count: u32,
	/// Nothing if there is no reason to try it again.
	next: Option<Instant>,
}

/// What is remembered from one look to the next.
#[derive(Default)]
pub(super) struct Tended {
	attempts: BTreeMap<Key, Attempt>,
	/// The agent's batches before this one are final. Others' may stay open for ever.
	from: BatchId,
	/// Open batches that were found to be fraudulent.
	fraudulent: BTreeSet<BatchId>,
	/// When the store is swept again; nothing if it was not yet.
	sweep_next: Option<Instant>,
}

impl Tended {
	/// Whether it is time to try something.
	fn is_due(&self, key: &Key, now: Instant) -> bool {
		self.attempts.get(key).is_none_or(|attempt| attempt.next.is_some_and(|next| now >= next))
	}

	/// Notes a failure; how often there was one, and how long it is left alone now.
	fn failed(&mut self, key: Key, now: Instant) -> (u32, Duration) {
		let before = self.attempts.get(&key).map_or(0, |attempt| attempt.count);
		let pause = match before < ATTEMPTS_SOON {
			true => RETRY_MIN.saturating_mul(1 << before.min(8)).min(RETRY_MAX),
			false => RETRY_LATE,
		};
		let count = before.saturating_add(1);
		self.attempts.insert(key, Attempt { count, next: Some(now + pause) });
		(count, pause)
	}

	/// Notes that there is nothing to be done, until it comes up anew.
	fn leave(&mut self, key: Key) {
		self.attempts.insert(key, Attempt { count: 0, next: None });
	}

	/// Forgets what is not to be done any more.
	fn keep(&mut self, keys: &BTreeSet<Key>) {
		self.attempts.retain(|key, _| keys.contains(key));
	}
}

/// A batch with what is needed to answer for it.
struct Case {
	batch: OpenBatch,
	claims: Vec<Claim>,
	receipts: Vec<Placed>,
}

impl Submitter {
	/// Looks after the agent's open batches on one connection, until something fails.
	pub(super) async fn tend(&self, pipeline: &Pipeline, tended: &mut Tended) -> Result<Infallible, Failure> {
		loop {
			let open = self.look_after(pipeline, tended).await?;
			let response_ms = open.iter().map(|batch| batch.parameters.response_ms).min();
			let every = response_ms.map_or(LOOK_MIN, |ms| Duration::from_millis(ms) / LOOKS);
			tokio::time::sleep(every.clamp(LOOK_MIN, LOOK_MAX)).await;
		}
	}

	/// One look, and everything that is to be done now; the batches that were open before.
	async fn look_after(&self, pipeline: &Pipeline, tended: &mut Tended) -> Result<Vec<OpenBatch>, Failure> {
		let at = pipeline.last_head().await?;
		let (_, now_ms) = era_and_clock(&at).await?;
		let open = self.own(&at, tended).await?;
		self.note_open(&open, tended);
		let (mut due, mut keys) = (Vec::new(), BTreeSet::new());
		for (place, batch) in open.iter().enumerate() {
			let questions = match has_questions(batch) {
				true => chain::questions(&at, batch.id).await?,
				false => Questions::default(),
			};
			for duty in duties(batch, &questions, at.block_number(), now_ms) {
				keys.insert(duty.key(batch.id));
				if tended.is_due(&duty.key(batch.id), Instant::now()) {
					due.push((place, duty));
				}
			}
		}
		tended.keep(&keys);
		due.sort_by_key(|(_, duty)| duty.deadline_ms());
		due.truncate(DUTIES_MAX);
		self.fulfil(pipeline, &at, &open, due, tended).await?;
		if !self.keep && tended.sweep_next.is_none_or(|next| Instant::now() >= next) {
			let began = Instant::now();
			// Bytes that stay are in nobody's way; answers must not wait for a disk.
			if let Err(failure) = self.sweep(&open, now_ms).await {
				warn!(%failure, "nothing is removed from the store");
			}
			tended.sweep_next = Some(Instant::now() + SWEEP_EVERY.max(began.elapsed() * SWEEP_PART));
		}
		Ok(open)
	}

	/// The agent's batches that are not final.
	async fn own(&self, at: &AtBlock, tended: &mut Tended) -> Result<Vec<OpenBatch>, Failure> {
		let (mut own, mut start): (Vec<OpenBatch>, _) = (Vec::new(), tended.from);
		loop {
			let page = chain::open_batches(at, Some(start), PAGE_MAX).await?;
			own.extend(page.items.into_iter().filter(|batch| batch.server.0 == self.by.agent));
			match page.next {
				// Pages advance.
				Some(next) if next > start => start = next,
				_ => break,
			}
		}
		tended.from = own.first().map_or(start, |batch| batch.id);
		Ok(own)
	}

	fn note_open(&self, open: &[OpenBatch], tended: &mut Tended) {
		let ids: BTreeSet<BatchId> = open.iter().map(|batch| batch.id).collect();
		tended.fraudulent.retain(|id| ids.contains(id));
		let mut lost = 0;
		for batch in open.iter().filter(|batch| batch.verdict.is_some()) {
			if tended.fraudulent.insert(batch.id) {
				lost += 1;
				error!(
					batch = batch.id.0,
					hold = batch.hold,
					"a claim was found to be fraudulent: the hold is lost"
				);
			}
		}
		self.desk.note(|progress| {
			progress.open.batches = open.len();
			progress.open.fraudulent += lost;
		});
	}

	/// Sends what is due, all at once, and waits until it is final.
	async fn fulfil(
		&self,
		pipeline: &Pipeline,
		at: &AtBlock,
		open: &[OpenBatch],
		due: Vec<(usize, Duty)>,
		tended: &mut Tended,
	) -> Result<(), Failure> {
		let mut cases: BTreeMap<usize, Case> = BTreeMap::new();
		let mut calls = Vec::new();
		for (place, duty) in due {
			let batch = &open[place];
			if matches!(duty, Duty::Answer { .. } | Duty::AnswerUnlisted(_)) && !cases.contains_key(&place) {
				match self.case(pipeline, at, batch).await {
					Ok(case) => drop(cases.insert(place, case)),
					Err(failure) => {
						self.not_done(&duty, batch.id, &failure, tended);
						continue;
					}
				}
			}
			match self.call(at, batch, cases.get(&place), &duty).await {
				Ok(Some(call)) => calls.push((batch.id, duty, call)),
				Ok(None) => {
					// There is nothing to be said against it; what stands in the index may change with a restart.
					tended.leave(duty.key(batch.id));
					info!(batch = batch.id.0, "an unlisted source stands in nothing that the manifest has");
				}
				Err(failure) => self.not_done(&duty, batch.id, &failure, tended),
			}
		}
		if calls.is_empty() {
			return Ok(());
		}
		// A fresh head, so that signing waits for nothing.
		pipeline.last_head().await?;
		let sent = join_all(calls.iter().map(|(_, _, call)| pipeline.send(call))).await;
		let mut other = None;
		for ((batch, duty, _), sent) in calls.into_iter().zip(sent) {
			self.note_fee(&sent);
			match sent {
				Ok(done) => {
					tended.attempts.remove(&duty.key(batch));
					self.done_duty(batch, &duty, done.fee());
				}
				Err(failure) if is_of_others(&failure) => {
					debug!(batch = batch.0, %failure, what = duty.what(), "somebody else was first");
				}
				Err(failure) if failure.kind == FailureKind::Failed => {
					self.not_done(&duty, batch, &failure, tended);
				}
				Err(failure) => other = other.or(Some(failure)),
			}
		}
		other.map_or(Ok(()), Err)
	}

	fn done_duty(&self, batch: BatchId, duty: &Duty, fee: u128) {
		info!(batch = batch.0, what = duty.what(), fee, "done");
		self.desk.note(|progress| {
			let open = &mut progress.open;
			match duty {
				Duty::Draw => open.drawn += 1,
				Duty::Answer { sampled, demanded, .. } => {
					open.samples_answered += u64::from(*sampled);
					open.demands_answered += u64::from(*demanded);
				}
				Duty::AnswerUnlisted(_) => open.unlisted_answered += 1,
				Duty::CloseSamples | Duty::CloseDemand { .. } => open.unanswered += 1,
				Duty::Finalise { .. } => open.finalised += 1,
			}
		});
	}

	fn not_done(&self, duty: &Duty, batch: BatchId, failure: &Failure, tended: &mut Tended) {
		let (count, pause) = tended.failed(duty.key(batch), Instant::now());
		let (what, pause_seconds) = (duty.what(), pause.as_secs());
		match count >= ATTEMPTS_SOON || matches!(duty, Duty::Answer { .. }) {
			true => error!(batch = batch.0, what, %failure, count, pause_seconds, "not done; trying again"),
			false => warn!(batch = batch.0, what, %failure, count, pause_seconds, "not done; trying again"),
		}
		self.desk.note(|progress| {
			progress.open.failures += 1;
			progress.last_failure = Some(failure.to_string());
		});
	}

	/// What is needed to answer for a batch: its claims, and its receipts from the store or from its block.
	async fn case(&self, pipeline: &Pipeline, at: &AtBlock, batch: &OpenBatch) -> Result<Case, Failure> {
		let (files, root) = (self.desk.files.clone(), batch.root);
		let kept = blocking(move || Ok(files.store().and_then(|store| store.batch(&root).ok()))).await?;
		let receipts = match kept {
			Some(receipts) => receipts,
			None => receipts::of_batch(pipeline.client(), at, batch.id, &batch.root, None).await?,
		};
		let claims = chain::claims(at, batch.id).await?;
		Ok(Case { batch: batch.clone(), claims, receipts })
	}

	/// The transaction for a duty; nothing if there is nothing to say against an unlisted source.
	async fn call(
		&self,
		at: &AtBlock,
		batch: &OpenBatch,
		case: Option<&Case>,
		duty: &Duty,
	) -> Result<Option<DynamicPayload<Encoded>>, Failure> {
		let (id, metadata) = (batch.id, at.metadata_ref());
		let call = |name: &str, arguments: Vec<u8>| {
			self.by.sends_encoded(metadata, ("Attribution", name), &arguments).map(Some)
		};
		match duty {
			Duty::Draw => call("draw_samples", id.encode()),
			Duty::CloseSamples => call("close_samples", id.encode()),
			Duty::CloseDemand { claim } => call("close_demand", (id, claim).encode()),
			Duty::Finalise { claims } => call("finalise", (id, claims).encode()),
			Duty::Answer { claim, .. } => {
				let answer = self.answer(at, case, *claim).await?;
				call("answer", (id, claim, answer).encode())
			}
			Duty::AnswerUnlisted(shown) => match self.listed(at, case, shown).await? {
				Some(listed) => call("answer_unlisted", (id, shown.receipt, shown.start, listed).encode()),
				None => Ok(None),
			},
		}
	}

	async fn answer(&self, at: &AtBlock, case: Option<&Case>, claim: u32) -> Result<Answer, Failure> {
		let found = case.and_then(|case| case.claims.iter().find(|found| found.claim == claim));
		let (case, found) =
			case.zip(found).ok_or_else(|| unanswerable("the chain does not show the claim"))?;
		let source = facts::source(at, found.contribution).await?;
		let source = source.ok_or_else(|| unanswerable("the chain does not know the contribution"))?;
		let (files, receipts, found) = (self.desk.files.clone(), case.receipts.clone(), found.clone());
		blocking(move || {
			answer(&receipts, &found, &source, &files).map_err(|fault| unanswerable(&fault.to_string()))
		})
		.await
	}

	/// The first equal match that a version of the model's manifest holds.
	async fn listed(
		&self,
		at: &AtBlock,
		case: Option<&Case>,
		shown: &Unlisted,
	) -> Result<Option<plexus_primitives::challenge::Listed>, Failure> {
		let Some(case) = case else { return Ok(None) };
		let model = usize::try_from(shown.model).ok().and_then(|place| case.batch.models.get(place));
		let Some(model) = model.map(|share| share.model) else { return Ok(None) };
		let manifest = facts::manifest(at, model).await?;
		let (files, receipts, own) = (self.desk.files.clone(), case.receipts.clone(), shown.clone());
		let places = blocking(move || {
			let found = elsewhere(&receipts, &own, &files, PLACES_MAX);
			found.map_err(|fault| unanswerable(&fault.to_string()))
		});
		for place in places.await? {
			let Some(source) = facts::source(at, place.contribution).await? else { continue };
			// The index has each content once, and the manifest may list it under another id.
			for (contribution, source) in facts::places_of(at, source.content.root).await? {
				let Some(version) = manifest.version_of(&source) else { continue };
				let place = Place { contribution, ..place };
				let (files, receipts, own) = (self.desk.files.clone(), case.receipts.clone(), shown.clone());
				let made = blocking(move || {
					let made = listed(&receipts, &own, (&place, &source, version), &files);
					made.map_err(|fault| unanswerable(&fault.to_string()))
				});
				return made.await.map(Some);
			}
		}
		Ok(None)
	}

	/// Lets go of what no open batch and no receipt that is held needs.
	async fn sweep(&self, open: &[OpenBatch], now_ms: u64) -> Result<(), Failure> {
		let files = self.desk.files.clone();
		if files.store().is_none() {
			return Ok(());
		}
		let roots: Arc<BTreeSet<[u8; 32]>> = Arc::new(open.iter().map(|batch| batch.root).collect());
		let (listed, kept) = (files.clone(), roots.clone());
		let more = blocking(move || {
			let Some(store) = listed.store() else { return Ok(false) };
			has_more(store, &kept).map_err(|error| of_store(&error))
		});
		if !more.await? {
			return Ok(());
		}
		let _alone = self.desk.shelf.write().await;
		// Asked after the batches: what the ledger let go of since is in none of them, and its clock tells.
		let needs = self.desk.needs().await?;
		let swept = blocking(move || {
			let Some(store) = files.store() else { return Ok(0) };
			sweep(store, &roots, &needs, now_ms).map_err(|error| of_store(&error))
		});
		let removed = swept.await?;
		if removed > 0 {
			info!(batches = removed, "bytes of final batches removed from the store");
		}
		Ok(())
	}
}

/// Whether there are batches in the store that are not open, so that there may be something to remove. Their names tell.
fn has_more(store: &Store, open: &BTreeSet<[u8; 32]>) -> Result<bool, StoreError> {
	Ok(store.batches(SWEEP_BATCHES_MAX)?.iter().any(|root| !open.contains(root)))
}

/// Removes the batches that are final, with what only they need; how many.
fn sweep(store: &Store, open: &BTreeSet<[u8; 32]>, needs: &Needs, now_ms: u64) -> Result<usize, StoreError> {
	// What was not submitted yet for a node that lags behind looks as if it were over.
	if needs.clock_ms > now_ms || needs.unseen > 0 {
		return Ok(0);
	}
	let (mut over, mut needed) = (Vec::new(), needs.roots.clone());
	for root in store.batches(SWEEP_BATCHES_MAX)? {
		// What cannot be read is of no use, and names nothing to be removed.
		let Ok(receipts) = store.batch(&root) else { continue };
		let is_held = |placed: &Placed| {
			needs.redeemed.get(&placed.channel).is_some_and(|redeemed| placed.sequence > *redeemed)
		};
		match open.contains(&root) || receipts.iter().any(is_held) {
			true => needed.extend(receipts.iter().flat_map(roots_of)),
			false => over.push((root, receipts)),
		}
	}
	for (root, receipts) in &over {
		for content in receipts.iter().flat_map(roots_of).filter(|content| !needed.contains(content)) {
			store.remove_content(&content)?;
			store.remove_pieces(&content)?;
		}
		// Last: it says what is to be removed.
		store.remove_batch(root)?;
	}
	Ok(over.len())
}

fn roots_of(placed: &Placed) -> impl Iterator<Item = [u8; 32]> {
	let receipt = &placed.receipt;
	let context = receipt.context.map(|context| context.root);
	[receipt.prompt.root, receipt.output.root].into_iter().chain(context)
}

/// Why something cannot be shown.
fn unanswerable(cause: &str) -> Failure {
	let (cause, remedy) = crate::failure::split_remedy(cause);
	Failure::new(
		FailureKind::Unproved,
		"Unanswerable",
		cause,
		remedy.unwrap_or("start again with the --index and the --store that the claims were made with"),
	)
}

/// Why the store is of no use.
pub(super) fn of_store(error: &StoreError) -> Failure {
	let text = error.to_string();
	let (cause, remedy) = crate::failure::split_remedy(&text);
	Failure::input(error.name(), cause, remedy.unwrap_or("name another directory"))
}

/// Whether somebody else did it meanwhile: anybody may draw, answer, close and finalise.
fn is_of_others(failure: &Failure) -> bool {
	const OTHERS: [&str; 6] = [
		"Attribution.UnknownBatch",
		"Attribution.NoClaims",
		"Attribution.SamplesDrawn",
		"Attribution.NothingAsked",
		"Attribution.Proven",
		"Attribution.Fraudulent",
	];
	failure.kind == FailureKind::Failed && OTHERS.contains(&failure.name.as_str())
}

#[cfg(test)]
mod tests;
