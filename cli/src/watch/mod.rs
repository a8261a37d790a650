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
//! One line for each event; with `--json` one JSON value each. Batches, pages and pauses are bounded; no bound skips a batch that
//! was never looked at.

mod again;
mod chores;
mod followed;

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
		findings::{Found, Unproved},
	},
	client::{AtBlock, Client, ConnectionArgs},
	failure::{Failure, FailureKind},
	output,
	tx::{by::ForArgs, SignedArgs},
	validators::era_and_clock,
};
use again::{Failed, Looks};
use chores::{chores, is_over, Chore};
use followed::{Followed, LetGo, Read};
use plexus_primitives::BatchId;
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::{
	cmp::Reverse,
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

/// Ids of batches that a page looks at; pages of one look, of what is followed and as many of what is new. The next look goes
/// on where they ended.
const PAGE: u32 = 256;
const PAGES_MAX: usize = 64;

/// Open batches that are followed: where all ids are open, one look reads all of them again.
const BATCHES_MAX: usize = PAGES_MAX * PAGE as usize;

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
	Looked { batch: u64, findings: Vec<Told>, unproved: Vec<Unproved>, unchecked: usize },
	/// A batch could not be looked at.
	NotLooked { batch: u64, failure: Failure },
	/// So many open batches are not followed any more, of some of which something was not seen: there are too many.
	LetGo { batches: usize, unseen: usize },
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
			Self::Looked { batch, findings, unproved, unchecked } => {
				let unproved = unproved.iter().map(Unproved::line);
				let wrong: Vec<_> = findings.iter().map(Told::line).chain(unproved).collect();
				let found = match (wrong.is_empty(), *unchecked) {
					(true, 0) => "nothing is wrong with it".into(),
					(true, _) => "nothing was found wrong".into(),
					(false, _) => wrong.join("; "),
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
			Self::LetGo { batches, unseen } => format!(
				"{batches} open batches are not followed any more, for there are more than {BATCHES_MAX}: in {unseen} of them \
				 something was not seen"
			),
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
	followed: Followed,
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
		let (looks, failed, followed) = (Looks::new(), Failed::default(), Followed::new(BATCHES_MAX));
		let mut watch = Watch { args: self, files, looks, failed, followed, spent: 0 };
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
		self.followed.connected();
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
		let ids = self.followed.ids().into_iter();
		let mut due: Vec<_> = ids.filter(|id| self.looks.is_due(*id, began)).collect();
		// What was never looked at comes first, then what was not for the longest time: where there is no time for all of them
		// each has its turn. Of what is new first what moves most: many that move little hide nothing.
		due.sort_by_key(|id| (self.looks.at(*id), Reverse(self.followed.moves(*id))));
		for id in due {
			if began.elapsed() >= LOOKING_MAX {
				break;
			}
			self.look(client, id, player.as_deref_mut()).await?;
		}
		Ok(())
	}

	/// Reads what is followed again, and then on. What was read is followed if something may be left to do about it; all that
	/// is over is forgotten.
	async fn open_batches(
		&mut self,
		at: &AtBlock,
		own: Option<&AccountId32>,
		now_ms: u64,
	) -> Result<Vec<OpenBatch>, Failure> {
		let mut open = Vec::new();
		for _ in 0..PAGES_MAX {
			let Some(start) = self.followed.again() else { break };
			let page = page_from(at, start, own, now_ms).await?;
			open.extend(self.followed.was_read_again(page, own));
		}
		for _ in 0..PAGES_MAX {
			let seen = |id| self.looks.is_whole(id);
			// What is not read now is not lost: it is read when enough of the others was looked at.
			let Some(LetGo { batches, unseen }) = self.followed.make_place(PAGE, seen) else { break };
			if batches > 0 {
				self.tell(&Event::LetGo { batches, unseen });
			}
			let page = page_from(at, self.followed.next(), own, now_ms).await?;
			let is_last = page.is_last;
			open.extend(self.followed.was_read_on(page, own));
			if is_last {
				break;
			}
		}
		let ids = self.followed.ids();
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
		let (unproved, unchecked) = (found.unproved.clone(), found.unchecked.len());
		let looked = Event::Looked { batch: id.0, findings, unproved, unchecked };
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

/// A page of ids, with the open batches of it that something may be left to do about.
async fn page_from(
	at: &AtBlock,
	start: BatchId,
	own: Option<&AccountId32>,
	now_ms: u64,
) -> Result<Read, Failure> {
	let page = chain::open_batches(at, Some(start), PAGE).await?;
	// Ids grow: where nothing is behind the page, what is new comes behind the last one.
	let last = page.items.last().and_then(|batch| batch.id.next());
	let (end, is_last) = (page.next.or(last).unwrap_or(start), page.next.is_none());
	let mut open = Vec::new();
	for batch in page.items {
		if !is_over(&batch, own, now_ms) || has_demand(at, &batch, own).await? {
			open.push(batch);
		}
	}
	Ok(Read { start, end, is_last, open })
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
			(Event::Looked { batch: 7, findings: vec![], unproved: vec![], unchecked: 2 }, "looked"),
			(Event::LetGo { batches: 2, unseen: 1 }, "let-go"),
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
		let looked =
			|unproved, unchecked| Event::Looked { batch: 7, findings: vec![], unproved, unchecked }.human();
		assert_eq!(looked(vec![], 0), "batch 7: nothing is wrong with it");
		assert_eq!(looked(vec![], 2), "batch 7: nothing was found wrong (2 things could not be looked at)");
		let unproved = Unproved { receipt: 3, detail: "it is false".into() };
		assert_eq!(
			looked(vec![unproved], 0),
			"batch 7: receipt 3, not to be proved to the chain: it is false"
		);
	}
}
