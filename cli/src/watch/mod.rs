//! `plexus watch`: follows all open batches as a challenger, until it is stopped.
//!
//! ```text
//!   look at the head ─▶ open batches ─┬▶ new, or not all seen the last time ─▶ findings ─▶ committed to and revealed
//!        ▲                            ├▶ questions that nobody answered in time ─▶ closed
//!        │                            └▶ bytes that nobody has ─▶ demanded, if it may cost something
//!        └── every two seconds; after a failure connect anew, later each time
//! ```
//!
//! # Must not
//! Send anything unless it is told to. Remember what the chain or the journal tells: whatever it is killed in, the next run
//! goes on there. Print the same line again and again.
//!
//! # Invariants
//! One line for each event; with `--json` one JSON value each. Batches, pages and pauses are bounded.

mod again;
mod chores;

use crate::{
	amount::Amount,
	calls,
	challenge::{
		self,
		plays::{Outcome, Played, Player},
		report::Told,
	},
	claims::{
		chain::{self, OpenBatch, Questions},
		facts::Facts,
		files::{Files, FilesArgs},
		findings::Found,
	},
	client::{AtBlock, Client, ConnectionArgs},
	failure::{Failure, FailureKind},
	output,
	tx::{by::ForArgs, SignedArgs},
	validators::era_and_clock,
};
use again::{Failed, Looks};
use chores::{chores, is_over, Chore};
use plexus_primitives::BatchId;
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::{
	collections::BTreeSet,
	convert::Infallible,
	path::PathBuf,
	time::{Duration, Instant},
};
use subxt::dynamic::Value;
use tokio::signal::unix::{signal, SignalKind};

/// How often the chain is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long batches are looked at until what has a deadline is seen to again.
const LOOKING_MAX: Duration = Duration::from_secs(10);

/// How long nothing is tried after a failure; twice as long after each further one.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(120);

/// Ids of batches that a page looks at, and pages of one look.
const PAGE: u32 = 256;
const PAGES_MAX: usize = 64;

/// Open batches that are followed; of more the earliest, whose windows end first.
const BATCHES_MAX: usize = 4_096;

/// Claims that one call of `finalise` may void: all that a batch can have.
const FINALISE_LIMIT: u32 = 512;

/// Follows open batches.
#[derive(clap::Args, Clone)]
pub struct WatchCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	#[command(flatten)]
	files: FilesArgs,

	/// Show what was found to the chain, and close what was not answered in time.
	#[arg(long)]
	submit: bool,

	/// Demand claims whose bytes nobody has; all demands of a run cost no more than this, in PLX.
	#[arg(long, value_name = "AMOUNT", requires = "submit")]
	demand_at_most: Option<Amount>,

	/// Where commitments and their salts are kept. In the user's state directory if not given.
	#[arg(long, value_name = "FILE")]
	journal: Option<PathBuf>,

	#[command(flatten)]
	whom: ForArgs,

	#[command(flatten)]
	signed: SignedArgs,
}

/// Something that is told.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event {
	/// It is connected.
	Watching { url: String, submits: bool },
	/// A batch was looked at.
	Looked { batch: u64, findings: Vec<Told>, unchecked: usize },
	/// A batch could not be looked at.
	NotLooked { batch: u64, failure: Failure },
	/// Something that was committed to came to an end.
	Played(Played),
	/// A call was made and did its work.
	Done { batch: u64, call: &'static str, claim: Option<u32>, block: u64 },
	/// A call failed: somebody else was faster, or it is not allowed.
	NotDone { batch: u64, call: &'static str, claim: Option<u32>, failure: Failure },
	/// Nothing more could be done on this connection.
	Failed { failure: Failure, pause_seconds: u64 },
	/// A signal ended it.
	Stopped,
}

impl Event {
	fn human(&self) -> String {
		let of = |claim: &Option<u32>| claim.map_or(String::new(), |claim| format!(", claim {claim}"));
		match self {
			Self::Watching { url, submits } => {
				let does = if *submits {
					"and showing what is wrong"
				} else {
					"only: add --submit to show what is wrong"
				};
				format!("watching {url}, {does}")
			}
			Self::Looked { batch, findings, unchecked } => {
				let findings: Vec<_> = findings.iter().map(Told::line).collect();
				let found = match (findings.is_empty(), *unchecked) {
					(true, 0) => "nothing is wrong with it".into(),
					(true, _) => "nothing was found wrong".into(),
					(false, _) => findings.join("; "),
				};
				let unseen = match unchecked {
					0 => String::new(),
					some => format!(" ({some} things could not be looked at)"),
				};
				format!("batch {batch}: {found}{unseen}")
			}
			Self::NotLooked { batch, failure } => {
				format!("batch {batch}: not looked at: {}: {}", failure.name, failure.cause)
			}
			Self::Played(played) => {
				format!("batch {}: {}: {}", played.batch, played.finding, played.outcome.human())
			}
			Self::Done { batch, call, claim, block } => {
				format!("batch {batch}{}: {call} in block {block}", of(claim))
			}
			Self::NotDone { batch, call, claim, failure } => {
				format!("batch {batch}{}: {call} failed: {}: {}", of(claim), failure.name, failure.cause)
			}
			Self::Failed { failure, pause_seconds } => {
				format!("{}: {}; trying again in {pause_seconds} s", failure.name, failure.cause)
			}
			Self::Stopped => "stopped".into(),
		}
	}
}

/// Whoever watches.
struct Watch {
	args: WatchCommand,
	files: Files,
	looks: Looks<Event>,
	failed: Failed,
	/// Batches before this are final, or over for whoever watches.
	from: BatchId,
	/// What demands cost so far.
	spent: u128,
}

impl WatchCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let json = self.connection.json;
		let unavailable = |error: std::io::Error| {
			Failure::new(FailureKind::Node, "NoSignals", error.to_string(), "start it again")
		};
		let mut interrupt = signal(SignalKind::interrupt()).map_err(unavailable)?;
		let mut terminate = signal(SignalKind::terminate()).map_err(unavailable)?;
		let files = self.files.open().await?;
		let (looks, failed, from) = (Looks::new(), Failed::default(), BatchId(0));
		let mut watch = Watch { args: self, files, looks, failed, from, spent: 0 };
		// Whatever it is in the middle of: what was committed to is in the journal.
		tokio::select! {
			biased;
			_ = interrupt.recv() => {}
			_ = terminate.recv() => {}
			failure = watch.follow() => return Err(failure),
		}
		tell(json, &Event::Stopped);
		Ok(())
	}
}

fn tell(json: bool, event: &Event) {
	match json {
		true => {
			println!("{}", serde_json::to_string(event).expect("events have texts, numbers and lists only"))
		}
		false => println!("{}", output::clean(&event.human())),
	}
}

impl Watch {
	fn tell(&self, event: &Event) {
		tell(self.args.connection.json, event);
	}

	/// Goes on until something is wrong that trying again does not mend.
	async fn follow(&mut self) -> Failure {
		let mut pause = PAUSE_MIN;
		loop {
			let failure = match self.session(&mut pause).await {
				Ok(never) => match never {},
				Err(failure) => failure,
			};
			if failure.kind == FailureKind::Input {
				return failure;
			}
			self.tell(&Event::Failed { failure, pause_seconds: pause.as_secs() });
			tokio::time::sleep(pause).await;
			pause = (pause * 2).min(PAUSE_MAX);
		}
	}

	/// Follows on one connection, until something fails.
	async fn session(&mut self, pause: &mut Duration) -> Result<Infallible, Failure> {
		let url = self.args.connection.url.clone();
		let client = Client::connect(&url).await?;
		let mut player = match self.args.submit {
			true => Some(self.player().await?),
			false => None,
		};
		self.tell(&Event::Watching { url, submits: player.is_some() });
		let mut last = None;
		loop {
			let at = client.at_head().await?;
			if last != Some(at.block_number()) {
				last = Some(at.block_number());
				self.round(&client, &at, player.as_mut()).await?;
				*pause = PAUSE_MIN;
			}
			tokio::time::sleep(LOOK_EVERY).await;
		}
	}

	async fn player(&self) -> Result<Player, Failure> {
		let client = Client::connect(&self.args.connection.url).await?;
		let key = self.args.signed.key.load(&client.chain_kind().await?)?;
		let Self { args, .. } = self;
		Player::open(client, key, &args.whom, &args.signed.submit, args.journal.as_deref()).await
	}

	/// Everything there is to do at a block.
	async fn round(
		&mut self,
		client: &Client,
		at: &AtBlock,
		mut player: Option<&mut Player>,
	) -> Result<(), Failure> {
		if let Some(player) = player.as_deref_mut().filter(|player| player.has_open()) {
			for played in player.resume().await? {
				// What it was to show could not be shown while a node that lags behind did not tell what became of it.
				if played.outcome == Outcome::NotThere {
					self.looks.is_not_all(BatchId(played.batch));
				}
				self.tell(&Event::Played(played));
			}
		}
		let (_, now_ms) = era_and_clock(at).await?;
		let own = player.as_deref().map(|player| player.account().clone());
		let batches = self.open_batches(at, own.as_ref(), now_ms).await?;
		// What has a deadline comes before what takes long.
		if let Some(player) = player.as_deref() {
			for batch in &batches {
				// Only what is demanded brings chores. Of a batch that is void demands are left, and not counted.
				let questions = match batch.demands > 0 || batch.verdict.is_some() {
					true => chain::questions(at, batch.id).await?,
					false => Questions::default(),
				};
				let todo = chores(batch, &questions, player.account(), at.block_number(), now_ms);
				for chore in todo {
					if self.failed.is_due(batch.id, chore, Instant::now())
						&& !self.chore(player, batch.id, chore).await?
					{
						self.failed.note(batch.id, chore, Instant::now());
					}
				}
			}
		}
		let began = Instant::now();
		let ids = batches.iter().map(|batch| batch.id);
		let mut due: Vec<_> = ids.filter(|id| self.looks.is_due(*id, began)).collect();
		// What was never looked at comes first, then what was not for the longest time: where there is no time for all of them
		// each has its turn.
		due.sort_by_key(|id| self.looks.at(*id));
		for id in due {
			if began.elapsed() >= LOOKING_MAX {
				break;
			}
			self.look(client, id, player.as_deref_mut()).await?;
		}
		Ok(())
	}

	/// The open batches that something may be left to do about, the earliest first. All others are forgotten.
	async fn open_batches(
		&mut self,
		at: &AtBlock,
		own: Option<&AccountId32>,
		now_ms: u64,
	) -> Result<Vec<OpenBatch>, Failure> {
		let (mut open, mut cursor) = (Vec::new(), Some(self.from));
		for _ in 0..PAGES_MAX {
			let page = chain::open_batches(at, cursor, PAGE).await?;
			for batch in page.items {
				if !is_over(&batch, own, now_ms) || has_demand(at, &batch, own).await? {
					open.push(batch);
				}
			}
			let Some(next) = page.next else { break };
			cursor = Some(next);
			if open.len() >= BATCHES_MAX {
				break;
			}
		}
		open.truncate(BATCHES_MAX);
		// Ids grow, and what is over stays so: no page before the first of these batches is asked for again, nor before the
		// last page if there is none.
		self.from = open.first().map(|batch: &OpenBatch| batch.id).or(cursor).unwrap_or(self.from);
		let ids: BTreeSet<_> = open.iter().map(|batch| batch.id).collect();
		self.looks.keep(&ids);
		self.failed.keep(&ids);
		Ok(open)
	}

	/// Looks at a batch, shows what is wrong, and demands what cannot be seen.
	async fn look(
		&mut self,
		client: &Client,
		id: BatchId,
		player: Option<&mut Player>,
	) -> Result<(), Failure> {
		let (facts, found) = match challenge::look(client, id, &self.files).await {
			Ok(looked) => looked,
			Err(failure) if is_of_the_connection(&failure) => return Err(failure),
			Err(failure) => {
				self.looked(id, false, Event::NotLooked { batch: id.0, failure });
				return Ok(());
			}
		};
		let findings = found.findings.iter().map(Told::from).collect();
		let looked = Event::Looked { batch: id.0, findings, unchecked: found.unchecked.len() };
		self.looked(id, found.unchecked.is_empty(), looked);
		let Some(player) = player else { return Ok(()) };
		let shown = challenge::submit(player, &facts, &self.files, &found).await;
		if shown.is_err() {
			// Also if it was the connection: the journal has only what was committed to.
			self.looks.not_shown(id);
		}
		match shown {
			Ok(played) => {
				let refused = |played: &Played| matches!(played.outcome, Outcome::Refused { .. });
				if played.len() >= challenge::PLAYS_MAX && !played.iter().any(refused) {
					self.looks.is_not_all(id);
				}
				played.into_iter().for_each(|played| self.tell(&Event::Played(played)));
			}
			Err(failure) if is_of_the_connection(&failure) => return Err(failure),
			Err(failure) => {
				self.tell(&Event::NotDone { batch: id.0, call: "commit", claim: None, failure });
			}
		}
		self.demand(player, &facts, &found).await
	}

	/// Remembers that a batch was looked at; told only if it is something else than the last time.
	fn looked(&mut self, id: BatchId, whole: bool, event: Event) {
		if self.looks.looked(id, whole, event.clone(), Instant::now()) {
			self.tell(&event);
		}
	}

	async fn demand(&mut self, player: &Player, facts: &Facts, found: &Found) -> Result<(), Failure> {
		let Some(most) = self.args.demand_at_most else { return Ok(()) };
		let may_spend = most.0.saturating_sub(self.spent);
		let Facts { batch, claims, questions, now_ms, .. } = facts;
		// What is fraudulent without it needs no demand.
		if found.findings.iter().any(|finding| finding.wrong.is_fraud()) {
			return Ok(());
		}
		let wanted = chores::demand(batch, claims, questions, &found.unseen(), *now_ms, may_spend);
		let Some((claim, price)) = wanted else { return Ok(()) };
		let call = calls::on_open_batch("demand", batch.id.0, [("claim", Value::u128(claim.into()))]);
		match self.send(player, batch.id, "demand", Some(claim), &call).await? {
			true => self.spent = self.spent.saturating_add(price),
			false => self.looks.not_shown(batch.id),
		}
		Ok(())
	}

	/// Whether the call did its work.
	async fn chore(&self, player: &Player, id: BatchId, chore: Chore) -> Result<bool, Failure> {
		let (batch, name) = (id.0, chore.name());
		let call = match chore {
			Chore::DrawSamples | Chore::CloseSamples => calls::on_open_batch(name, batch, []),
			Chore::CloseDemand(claim) => {
				calls::on_open_batch(name, batch, [("claim", Value::u128(claim.into()))])
			}
			Chore::Finalise => {
				calls::on_open_batch(name, batch, [("limit", Value::u128(FINALISE_LIMIT.into()))])
			}
		};
		self.send(player, id, chore.name(), chore.claim(), &call).await
	}

	/// Whether the call did its work.
	async fn send(
		&self,
		player: &Player,
		batch: BatchId,
		name: &'static str,
		claim: Option<u32>,
		call: &calls::Call,
	) -> Result<bool, Failure> {
		match player.send(call).await {
			Ok(done) => {
				let block = done.block_number;
				self.tell(&Event::Done { batch: batch.0, call: name, claim, block });
				Ok(true)
			}
			Err(failure) if failure.kind == FailureKind::Failed => {
				self.tell(&Event::NotDone { batch: batch.0, call: name, claim, failure });
				Ok(false)
			}
			Err(failure) => Err(failure),
		}
	}
}

/// Whether whoever watches has a demand in a batch: unanswered it is fraud after the window, too, and its price is to return.
async fn has_demand(at: &AtBlock, batch: &OpenBatch, own: Option<&AccountId32>) -> Result<bool, Failure> {
	let Some(own) = own.filter(|_| batch.demands > 0 || batch.verdict.is_some()) else { return Ok(false) };
	Ok(chain::questions(at, batch.id).await?.demands.iter().any(|demand| demand.by == *own))
}

/// Whether a failure says nothing about the batch: after a transaction that was refused, too, nonces are counted anew.
fn is_of_the_connection(failure: &Failure) -> bool {
	matches!(
		failure.kind,
		FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::Refused | FailureKind::Input
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_event_is_one_line_and_one_json_value_with_its_name() {
		let failure = Failure::new(FailureKind::Failed, "Attribution.AnswerDue", "too early", "wait");
		let played = Played {
			batch: 7,
			finding: "mismatch".into(),
			commitment: "0x01".into(),
			outcome: Outcome::FraudFound { decided_from_ms: 5 },
		};
		let events = [
			(Event::Watching { url: "ws://node".into(), submits: true }, "watching"),
			(Event::Looked { batch: 7, findings: vec![], unchecked: 2 }, "looked"),
			(Event::NotLooked { batch: 7, failure: failure.clone() }, "not-looked"),
			(Event::Played(played), "played"),
			(Event::Done { batch: 7, call: "close_demand", claim: Some(3), block: 9 }, "done"),
			(
				Event::NotDone { batch: 7, call: "finalise", claim: None, failure: failure.clone() },
				"not-done",
			),
			(Event::Failed { failure, pause_seconds: 4 }, "failed"),
			(Event::Stopped, "stopped"),
		];
		for (event, name) in events {
			let json = serde_json::to_value(&event).expect("plain data");
			assert_eq!(json["event"], name);
			assert_eq!(event.human().lines().count(), 1, "{event:?}");
		}
	}

	#[test]
	fn what_was_not_seen_is_not_called_right() {
		let looked = |unchecked| Event::Looked { batch: 7, findings: vec![], unchecked }.human();
		assert_eq!(looked(0), "batch 7: nothing is wrong with it");
		assert_eq!(looked(2), "batch 7: nothing was found wrong (2 things could not be looked at)");
	}
}
