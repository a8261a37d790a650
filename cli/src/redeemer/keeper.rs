//! The thread that keeps the ledger, and the [`Desk`] before it.
//!
//! ```text
//!   Desk ── asks, a bounded queue ──▶ keeper: change ─ change ─ … ─ one sync ─▶ answers
//! ```
//!
//! # Must not
//! Answer before the sync, or take claims that were not checked. Go on after a sync that failed: what is on disk is unknown then.

use super::{
	check::{self, ClaimFault, Given, Known},
	known::Wanted,
};
use crate::{
	channel::of_journal,
	claims::files::Files,
	failure::{Failure, FailureKind},
};
use plexus_payments::{
	json::{self, Extras},
	store::StoreError,
	Batch, BatchLimits, ChannelState, Claims, Delivery, Fault, JournalError, Ledger, Needs, Seen, Standing,
	Totals,
};
use plexus_primitives::ChannelId;
use serde::Serialize;
use serde_json::Value;
use std::{
	collections::BTreeSet,
	path::PathBuf,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Mutex, PoisonError,
	},
};
use tokio::sync::{mpsc, oneshot, Notify, RwLock};
use tracing::{error, warn};

/// Asks that wait for the keeper; beyond, clients are told to come back.
const ASKS_MAX: usize = 1_024;

/// Asks that share a sync: at most some 12 MB of receipts.
const GROUP_MAX: usize = 256;

type Reply<T> = oneshot::Sender<T>;

/// What the keeper is asked.
enum Ask {
	Receive(Box<Delivery>, Claims, Reply<Result<Standing, Fault>>),
	Waive(ChannelId, u64, Reply<Result<Standing, Fault>>),
	Standing(ChannelId, Reply<Option<Standing>>),
	Unsigned(ChannelId, Reply<Option<Delivery>>),
	See(u64, Vec<(ChannelId, Option<ChannelState>)>, Reply<()>),
	Channels(Reply<Vec<ChannelId>>),
	Batches(BatchLimits, BTreeSet<ChannelId>, usize, Reply<Vec<Batch>>),
	Totals(BTreeSet<ChannelId>, Reply<Totals>),
	Needs(Reply<Needs>),
}

/// What the chain is to be asked about.
pub(super) enum Lookup {
	/// A channel; the ledger is told.
	Channel(ChannelId, Reply<Result<(), Failure>>),
	/// What claims are about.
	Claims(Wanted, Reply<Result<Known, Failure>>),
}

/// What was done since the start.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Progress {
	/// Batches that were redeemed.
	pub batches: u64,
	/// Receipts that the chain has redeemed.
	pub redeemed: u64,
	/// Receipts that never will be: their channels ended before.
	pub lost: u64,
	/// What was signed for among these, in the smallest unit.
	#[serde(serialize_with = "digits")]
	pub lost_signed: u128,
	/// What fees cost, in the smallest unit, those of transactions that failed in their blocks too.
	#[serde(serialize_with = "digits")]
	pub fees: u128,
	/// Batches, records and connections that failed.
	pub failures: u64,
	/// The last failure.
	pub last_failure: Option<String>,
	/// Claims that were submitted.
	pub claims: u64,
	/// Claims that were left out, because the chain refuses them now or their hold could not be paid for in time.
	pub claims_dropped: u64,
	/// What the agent's account lacks to have the next batch redeemed with its claims, in the smallest unit.
	#[serde(serialize_with = "digits")]
	pub funds_lacking: u128,
	/// Records of batches that were cleared, whose deposits are back.
	pub records_cleared: u64,
	/// What became of open batches.
	pub open: OpenProgress,
}

/// What became of open batches since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct OpenProgress {
	/// Open now.
	pub batches: usize,
	/// Batches whose samples this program drew.
	pub drawn: u64,
	/// Samples that were shown.
	pub samples_answered: u64,
	/// Demands that were answered.
	pub demands_answered: u64,
	/// Unlisted sources that the manifest has after all.
	pub unlisted_answered: u64,
	/// Samples and demands that were not shown in time: each of them is a fraud.
	pub unanswered: u64,
	/// Batches whose hold is lost to whoever found a fraud.
	pub fraudulent: u64,
	/// Calls that brought batches to their end, some claims at a time.
	pub finalised: u64,
	/// Answers and calls that failed, and are tried again.
	pub failures: u64,
}

/// What there is, and what was done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Status {
	/// The agent that is paid.
	pub agent: u64,
	/// Channels that are known.
	pub channels: usize,
	/// Receipts that are held.
	pub receipts: usize,
	/// Those of them that are signed for.
	pub signed: usize,
	/// What these cost, in the smallest unit.
	#[serde(serialize_with = "digits")]
	pub signed_fees: u128,
	/// Since the start.
	#[serde(flatten)]
	pub progress: Progress,
}

fn digits<S: serde::Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
	serializer.collect_str(amount)
}

/// Why somebody is not served.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
	/// Not what a request looks like.
	#[error("{0}; see the examples in docs/paying.md")]
	Malformed(String),
	/// Against a rule.
	#[error(transparent)]
	Fault(#[from] Fault),
	/// Claims, or what came with them.
	#[error(transparent)]
	Claim(#[from] ClaimFault),
	/// Too much to do.
	#[error("too many requests wait; try again in a second")]
	Busy,
	/// No more.
	#[error("the program is stopping; try again when it has started anew")]
	Stopping,
	/// The chain could not be asked.
	#[error("{}; {}", .0.cause, .0.remedy)]
	Chain(Failure),
}

impl DeskError {
	/// A name for programs; stays.
	pub fn name(&self) -> &str {
		match self {
			Self::Malformed(_) => "Malformed",
			Self::Fault(fault) => fault.name(),
			Self::Claim(fault) => fault.name(),
			Self::Busy => "Busy",
			Self::Stopping => "Stopping",
			Self::Chain(failure) => &failure.name,
		}
	}
}

impl From<DeskError> for Failure {
	fn from(error: DeskError) -> Self {
		match error {
			DeskError::Chain(failure) => failure,
			DeskError::Fault(fault) => crate::channel::of_fault(&fault),
			DeskError::Malformed(_) | DeskError::Claim(_) | DeskError::Busy | DeskError::Stopping => {
				Self::new(FailureKind::Refused, error.name(), error.to_string(), "start it again")
			}
		}
	}
}

/// Where receipts and vouchers are handed in. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
	agent: u64,
	asks: mpsc::Sender<Ask>,
	lookups: mpsc::Sender<Lookup>,
	/// What claims are checked against and proved with.
	pub(super) files: Arc<Files>,
	/// Read by whoever hands in what is in the store, until the ledger has it; written by whoever removes from the store
	/// what the ledger does not have. A lock that is held while others are waited for, because these two must not overlap,
	/// and each of them waits for the ledger only.
	pub(super) shelf: Arc<RwLock<()>>,
	/// There is reason to look for batches before the time.
	pub(super) wake: Arc<Notify>,
	/// Somebody wants everything redeemed now.
	now: Arc<AtomicBool>,
	progress: Arc<Mutex<Progress>>,
}

/// Starts the keeper; it ends with the last desk, or with a failure of the journal, which it tells. `full` receipts that
/// are signed for make a batch.
pub(super) fn start(
	ledger: Ledger,
	path: PathBuf,
	full: usize,
	lookups: mpsc::Sender<Lookup>,
	files: Arc<Files>,
) -> (Desk, oneshot::Receiver<Failure>) {
	let (asks, queue) = mpsc::channel(ASKS_MAX);
	let (failed, failure) = oneshot::channel();
	let desk = Desk {
		agent: ledger.server().0,
		asks,
		lookups,
		files,
		shelf: Arc::default(),
		wake: Arc::new(Notify::new()),
		now: Arc::default(),
		progress: Arc::default(),
	};
	let (wake, progress) = (desk.wake.clone(), desk.progress.clone());
	std::thread::spawn(move || {
		let mut keeper = Keeper { ledger, wake, progress, full };
		if let Err(error) = keeper.keep(queue) {
			error!(%error, "the journal cannot be written");
			// Nobody waits any more if the program is ending by itself.
			let _ = failed.send(of_journal(&path, &error));
		}
	});
	(desk, failure)
}

struct Keeper {
	ledger: Ledger,
	wake: Arc<Notify>,
	progress: Arc<Mutex<Progress>>,
	full: usize,
}

/// An answer that waits for the sync.
type Answer = Box<dyn FnOnce()>;

fn answer<T: 'static>(reply: Reply<T>, value: T) -> Answer {
	// Whoever asked may be gone; what was taken is kept.
	Box::new(move || drop(reply.send(value)))
}

impl Keeper {
	fn keep(&mut self, mut asks: mpsc::Receiver<Ask>) -> Result<(), JournalError> {
		while let Some(first) = asks.blocking_recv() {
			let mut answers = vec![self.change(first)];
			while answers.len() < GROUP_MAX {
				let Ok(ask) = asks.try_recv() else { break };
				answers.push(self.change(ask));
			}
			self.ledger.commit()?;
			for answer in answers {
				answer();
			}
			let totals = self.ledger.totals(&BTreeSet::new());
			if totals.signed >= self.full || totals.urgent {
				self.wake.notify_one();
			}
		}
		Ok(())
	}

	fn change(&mut self, ask: Ask) -> Answer {
		let ledger = &mut self.ledger;
		match ask {
			Ask::Receive(delivery, claims, reply) => answer(reply, ledger.receive_with(&delivery, &claims)),
			Ask::Waive(channel, from, reply) => answer(reply, ledger.waive(channel, from)),
			Ask::Standing(channel, reply) => answer(reply, ledger.standing(channel)),
			Ask::Unsigned(channel, reply) => answer(reply, ledger.unsigned(channel)),
			Ask::See(clock_ms, states, reply) => {
				ledger.tell_clock(clock_ms);
				for (channel, state) in states {
					let seen = self.ledger.see(channel, state);
					self.note(channel, seen);
				}
				answer(reply, ())
			}
			Ask::Channels(reply) => answer(reply, ledger.channels()),
			Ask::Batches(limits, except, count, reply) => {
				answer(reply, ledger.batches(&limits, &except, count))
			}
			Ask::Totals(except, reply) => answer(reply, ledger.totals(&except)),
			Ask::Needs(reply) => answer(reply, ledger.needs()),
		}
	}

	fn note(&self, channel: ChannelId, seen: Result<Seen, Fault>) {
		match seen {
			Ok(Seen { redeemed, lost, lost_signed }) => {
				if lost > 0 {
					warn!(
						channel = channel.0,
						lost, lost_signed, "receipts are lost: the channel ended, or others were redeemed"
					);
				}
				let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
				progress.redeemed += redeemed;
				progress.lost += lost;
				progress.lost_signed = progress.lost_signed.saturating_add(lost_signed);
			}
			// Whoever hands something in for it is told; here it is no more than a wrong id.
			Err(fault) => tracing::debug!(%fault, "a channel is not taken"),
		}
	}
}

impl Desk {
	/// Whether prompts and outputs may be handed in, which are longer than receipts.
	pub fn takes_bytes(&self) -> bool {
		self.files.store().is_some()
	}

	/// Takes a delivery in JSON, with claims that may be made and are true; answers with the channel's standing once all of
	/// it is on disk.
	///
	/// # Errors
	/// It is malformed, against a rule, or cannot be taken now.
	pub async fn deliver(&self, body: &[u8]) -> Result<Value, DeskError> {
		let malformed = |error: &dyn std::fmt::Display| DeskError::Malformed(error.to_string());
		let given: json::Delivery = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
		let delivery = given.read().map_err(|error| malformed(&error))?;
		let (claims, extras) = (given.claims(), given.extras());
		let mut _in_use = None;
		if !extras.is_empty() {
			_in_use = Some(self.shelf.read().await);
			self.examine(&delivery, extras).await?;
		}
		let take = |reply| Ask::Receive(Box::new(delivery.clone()), claims.clone(), reply);
		match self.ask(take).await? {
			Err(Fault::UnknownChannel(channel)) => {
				self.look_up(channel).await?;
				told(self.ask(take).await??)
			}
			other => told(other?),
		}
	}

	/// A channel's standing; the chain is asked if nobody did before.
	///
	/// # Errors
	/// There is no such channel toward this agent, or the chain cannot be asked.
	pub async fn standing(&self, channel: u64) -> Result<Value, DeskError> {
		told(self.known_standing(ChannelId(channel)).await?)
	}

	async fn known_standing(&self, channel: ChannelId) -> Result<Standing, DeskError> {
		let known = |found: &Standing| found.state.is_some();
		match self.ask(|reply| Ask::Standing(channel, reply)).await?.filter(known) {
			Some(found) => Ok(found),
			None => {
				self.look_up(channel).await?;
				let found = self.ask(|reply| Ask::Standing(channel, reply)).await?;
				Ok(found.ok_or(Fault::UnknownChannel(channel))?)
			}
		}
	}

	/// Checks claims, bytes and pieces, and keeps the latter two; on disk when this returns.
	async fn examine(&self, delivery: &Delivery, extras: Vec<(u64, Extras)>) -> Result<(), DeskError> {
		let (claimed, files) =
			(extras.iter().any(|(_, extras)| !extras.claims.is_empty()), self.files.clone());
		if files.store().is_none() || (claimed && files.index().is_none()) {
			return Err(ClaimFault::NotServed.into());
		}
		let place = |sequence: u64| usize::try_from(sequence.saturating_sub(delivery.first)).ok();
		let of = |sequence| place(sequence).and_then(|place| delivery.receipts.get(place)).copied();
		let given: Vec<_> =
			extras.into_iter().filter_map(|(sequence, extras)| Some((of(sequence)?, extras))).collect();
		let standing = self.known_standing(delivery.channel).await?;
		let corpora = standing.state.map(|state| state.terms.corpora).unwrap_or_default();
		let known = match claimed {
			true => {
				let mut wanted = Wanted::default();
				for (receipt, extras) in given.iter().filter(|(_, extras)| !extras.claims.is_empty()) {
					wanted.add(receipt, &extras.claims);
				}
				Some(self.known(wanted).await?)
			}
			false => None,
		};
		let examined = tokio::task::spawn_blocking(move || {
			for (receipt, extras) in &given {
				let given = Given { receipt, corpora: &corpora, extras };
				check::check(&given, known.as_ref(), &files)?;
			}
			for (_, extras) in &given {
				keep(&files, extras)?;
			}
			Ok::<_, ClaimFault>(())
		});
		// It ends early only if the program does.
		Ok(examined.await.map_err(|_| DeskError::Stopping)??)
	}

	/// The receipts of a channel that the payer has not signed for, in JSON that it can sign.
	///
	/// # Errors
	/// The channel is unknown.
	pub async fn unsigned(&self, channel: u64) -> Result<Value, DeskError> {
		let channel = ChannelId(channel);
		let found = self.ask(|reply| Ask::Unsigned(channel, reply)).await?;
		let found = found.ok_or(Fault::UnknownChannel(channel))?;
		Ok(value(&json::Delivery::from(&found)))
	}

	/// Gives up what the payer has not signed for, from a sequence on.
	///
	/// # Errors
	/// The channel is unknown, or some of it is signed for.
	pub async fn waive(&self, channel: u64, from: u64) -> Result<Value, DeskError> {
		told(self.ask(|reply| Ask::Waive(ChannelId(channel), from, reply)).await??)
	}

	/// Has everything redeemed that is signed for, as soon as can be.
	pub fn redeem_now(&self) {
		self.now.store(true, Ordering::Relaxed);
		self.wake.notify_one();
	}

	/// Whether somebody wanted that since the last time.
	pub(super) fn take_now(&self) -> bool {
		self.now.swap(false, Ordering::Relaxed)
	}

	/// What there is, and what was done.
	///
	/// # Errors
	/// The program is stopping, or has too much to do.
	pub async fn status(&self) -> Result<Status, DeskError> {
		let Totals { channels, receipts, signed, signed_fees, urgent: _ } =
			self.totals(BTreeSet::new()).await?;
		Ok(Status { agent: self.agent, channels, receipts, signed, signed_fees, progress: self.progress() })
	}

	/// What was done since the start.
	pub fn progress(&self) -> Progress {
		self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
	}

	pub(super) fn note(&self, change: impl FnOnce(&mut Progress)) {
		change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
	}

	pub(super) async fn totals(&self, except: BTreeSet<ChannelId>) -> Result<Totals, DeskError> {
		self.ask_patiently(|reply| Ask::Totals(except, reply)).await
	}

	pub(super) async fn channels(&self) -> Result<Vec<ChannelId>, DeskError> {
		self.ask_patiently(Ask::Channels).await
	}

	pub(super) async fn batches(
		&self,
		limits: BatchLimits,
		except: BTreeSet<ChannelId>,
		count: usize,
	) -> Result<Vec<Batch>, DeskError> {
		self.ask_patiently(|reply| Ask::Batches(limits, except, count, reply)).await
	}

	pub(super) async fn needs(&self) -> Result<Needs, DeskError> {
		self.ask_patiently(Ask::Needs).await
	}

	/// What the chain says about claims; for clients: refused if too many look-ups wait.
	async fn known(&self, wanted: Wanted) -> Result<Known, DeskError> {
		let (reply, looked) = oneshot::channel();
		self.lookups.try_send(Lookup::Claims(wanted, reply)).map_err(|_| DeskError::Busy)?;
		looked.await.map_err(|_| DeskError::Stopping)?.map_err(DeskError::Chain)
	}

	/// The same for the redeemer itself, which is not to give way to whoever names channels that nobody knows.
	pub(super) async fn known_patiently(&self, wanted: Wanted) -> Result<Known, DeskError> {
		let (reply, looked) = oneshot::channel();
		self.lookups.send(Lookup::Claims(wanted, reply)).await.map_err(|_| DeskError::Stopping)?;
		looked.await.map_err(|_| DeskError::Stopping)?.map_err(DeskError::Chain)
	}

	pub(super) async fn see(
		&self,
		clock_ms: u64,
		states: Vec<(ChannelId, Option<ChannelState>)>,
	) -> Result<(), DeskError> {
		self.ask_patiently(|reply| Ask::See(clock_ms, states, reply)).await
	}

	/// For clients: refused if too much waits.
	async fn ask<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T, DeskError> {
		let (reply, answer) = oneshot::channel();
		self.asks.try_send(ask(reply)).map_err(|refused| match refused {
			mpsc::error::TrySendError::Full(_) => DeskError::Busy,
			mpsc::error::TrySendError::Closed(_) => DeskError::Stopping,
		})?;
		answer.await.map_err(|_| DeskError::Stopping)
	}

	/// For the redeemer itself, which is not to give way to its clients: waits for a place.
	async fn ask_patiently<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T, DeskError> {
		let (reply, answer) = oneshot::channel();
		self.asks.send(ask(reply)).await.map_err(|_| DeskError::Stopping)?;
		answer.await.map_err(|_| DeskError::Stopping)
	}

	async fn look_up(&self, channel: ChannelId) -> Result<(), DeskError> {
		let (reply, looked) = oneshot::channel();
		self.lookups.try_send(Lookup::Channel(channel, reply)).map_err(|_| DeskError::Busy)?;
		looked.await.map_err(|_| DeskError::Stopping)?.map_err(DeskError::Chain)
	}
}

/// Keeps what came with a receipt.
fn keep(files: &Files, extras: &Extras) -> Result<(), StoreError> {
	let Some(store) = files.store() else { return Ok(()) };
	for bytes in extras.prompt.iter().chain(&extras.output) {
		store.put(bytes)?;
	}
	if let Some(pieces) = &extras.pieces {
		store.put_pieces(pieces)?;
	}
	Ok(())
}

fn told(standing: Standing) -> Result<Value, DeskError> {
	let state = standing.state.as_ref().ok_or(Fault::UnknownChannel(standing.channel))?;
	Ok(value(&json::Standing::new(&standing, state)))
}

fn value(json: &impl Serialize) -> Value {
	serde_json::to_value(json).expect("it has texts, numbers and lists only")
}
