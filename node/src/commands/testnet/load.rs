//! [`Load`]: transfers at a fixed rate to all nodes in turn, each sent again until it is final.
//!
//! A node's pool is memory, so that a killed node forgets what it accepted: as any careful sender, this one sends a transfer
//! again, to another node, until it sees it in a block. The bytes stay the same, so that it cannot be paid twice.
//!
//! # Must not
//! Take a node's word for finality: only the observer's blocks count.
//!
//! # Invariants
//! At most [`PENDING_MAX`] transfers are under way; beyond, no new ones are made until some are final.

use super::{judge::Hash, observer::Observed};
use parking_lot::Mutex;
use plexus_cli::{
	load::{SignedTransfer, SignedTransfers},
	FailureKind, Remote,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::{
	sync::{mpsc, watch},
	task::JoinSet,
	time::MissedTickBehavior,
};

/// Accounts that send: with few, one missing transfer would hold up many.
pub(super) const ACCOUNTS: usize = 32;

/// Transfers under way.
const PENDING_MAX: usize = 20_000;

/// Transfers that wait for one node's connection.
const QUEUE_MAX: usize = 1_024;

/// From sending a transfer to sending it again.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How often pending transfers are looked through.
const LOOKING_EVERY: Duration = Duration::from_secs(1);

/// How long a node may take to answer; a paused one does not.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Default)]
struct Sent {
	accepted: BTreeSet<Hash>,
	pending: BTreeMap<Hash, Pending>,
}

struct Pending {
	extrinsic: String,
	tried: Instant,
}

/// Load until it is dropped.
pub(super) struct Load {
	sent: Arc<Mutex<Sent>>,
	making: watch::Sender<bool>,
	_tasks: JoinSet<()>,
}

impl Load {
	/// Starts to send, at least one transfer per second.
	pub(super) fn start(
		transfers: SignedTransfers,
		urls: &[String],
		rate: u32,
		observed: Arc<Mutex<Observed>>,
	) -> Self {
		let sent = Arc::new(Mutex::new(Sent::default()));
		let (making, is_making) = watch::channel(true);
		let mut tasks = JoinSet::new();
		let mut queues = Vec::new();
		for url in urls {
			let (queue, waiting) = mpsc::channel(QUEUE_MAX);
			tasks.spawn(submit(url.clone(), waiting, sent.clone()));
			queues.push(queue);
		}
		let sender = Sender { queues, next: 0, sent: sent.clone(), observed };
		tasks.spawn(sender.run(transfers, rate.max(1), is_making));
		Self { sent, making, _tasks: tasks }
	}

	/// Makes no new transfers; those under way are still sent again.
	pub(super) fn finish(&self) {
		self.making.send_replace(false);
	}

	/// Transfers that are in no block yet, accepted or not: with none left, none can be accepted any more.
	pub(super) fn pending(&self) -> usize {
		self.sent.lock().pending.len()
	}

	/// Transfers that a node accepted.
	pub(super) fn accepted(&self) -> BTreeSet<Hash> {
		self.sent.lock().accepted.clone()
	}
}

/// Makes transfers and deals them out.
struct Sender {
	queues: Vec<mpsc::Sender<SignedTransfer>>,
	next: usize,
	sent: Arc<Mutex<Sent>>,
	observed: Arc<Mutex<Observed>>,
}

impl Sender {
	async fn run(mut self, mut transfers: SignedTransfers, rate: u32, mut making: watch::Receiver<bool>) {
		let mut due = tokio::time::interval(Duration::from_secs(1) / rate);
		// After a stall of this program it does not flood the nodes.
		due.set_missed_tick_behavior(MissedTickBehavior::Delay);
		let mut looking = tokio::time::interval(LOOKING_EVERY);
		looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
		loop {
			let makes = *making.borrow_and_update();
			tokio::select! {
				_ = due.tick(), if makes => {
					if self.sent.lock().pending.len() < PENDING_MAX {
						// Signing fails only where the chain's metadata has no transfers; then there is no load.
						let Ok(transfer) = transfers.sign_next() else { return };
						self.send(transfer);
					}
				}
				_ = looking.tick() => self.look_through(),
				changed = making.changed() => if changed.is_err() { return },
			}
		}
	}

	/// To the next node; a node whose queue is full gets it later, or another does.
	fn send(&mut self, transfer: SignedTransfer) {
		let pending = Pending { extrinsic: transfer.extrinsic.clone(), tried: Instant::now() };
		self.sent.lock().pending.insert(transfer.hash, pending);
		self.next = (self.next + 1) % self.queues.len();
		// A full queue belongs to a node that does not answer.
		let _ = self.queues[self.next].try_send(transfer);
	}

	fn look_through(&mut self) {
		let now = Instant::now();
		let again: Vec<SignedTransfer> = {
			let (observed, mut sent) = (self.observed.lock(), self.sent.lock());
			sent.pending.retain(|hash, _| !observed.included.contains_key(hash));
			let late = sent.pending.iter().filter(|(_, pending)| now - pending.tried >= AGAIN_AFTER);
			late.map(|(hash, pending)| SignedTransfer { hash: *hash, extrinsic: pending.extrinsic.clone() })
				.collect()
		};
		for transfer in again {
			self.send(transfer);
		}
	}
}

/// One node's connection.
async fn submit(url: String, mut waiting: mpsc::Receiver<SignedTransfer>, sent: Arc<Mutex<Sent>>) {
	let mut remote = None;
	while let Some(transfer) = waiting.recv().await {
		if remote.is_none() {
			remote = Remote::connect(url.clone(), PATIENCE).await.ok();
		}
		// What is not sent now stays pending and is sent again.
		let Some(connected) = &remote else { continue };
		let answer = connected.request("author_submitExtrinsic", vec![transfer.extrinsic.into()]).await;
		match answer {
			Ok(_) => {
				sent.lock().accepted.insert(transfer.hash);
			}
			Err(failure) if failure.kind == FailureKind::Refused => {}
			Err(_) => remote = None,
		}
	}
}
