//! What the pool's lock guards.
//!
//! Must not: call the runtime, hash a body or send to the network: all of this runs under the lock.
//!
//! Invariant: queue, watchers and recently included transactions all stand at `tip`, and whoever watches
//! hears of each change of the queue in the order in which it happened.

use std::sync::Arc;

use plexus_storage::{Hash, Tip};
use sp_core::crypto::AccountId32;

use crate::{
	error::SubmitError,
	limits::PoolLimits,
	queue::{Included, Item, Lane, Queue, Refusal},
	recent::{Places, Recent},
	watch::{Event, StatusReceiver, TransactionStatus, Watchers},
};

pub(crate) struct Shared {
	pub tip: Arc<Tip>,
	pub queue: Queue,
	recent: Recent,
	watchers: Watchers,
	limits: PoolLimits,
}

/// What became of an attempt to queue a validated transaction.
pub(crate) enum Attempt {
	Queued(Option<StatusReceiver>),
	/// A block arrived since it was validated.
	TipMoved,
	/// The sender's nonce in the state is needed.
	NonceUnknown,
}

impl Shared {
	pub fn new(limits: PoolLimits, tip: Arc<Tip>) -> Self {
		Self {
			tip,
			queue: Queue::new(limits),
			recent: Recent::default(),
			watchers: Watchers::default(),
			limits,
		}
	}

	/// The answer for a transaction that needs no validation because it is known.
	pub fn known(&mut self, hash: &Hash, watch: bool) -> Option<Result<Option<StatusReceiver>, SubmitError>> {
		if let Some(status) = self.queue.status_of(hash) {
			if !watch {
				return Some(Err(SubmitError::AlreadyImported(*hash)));
			}
			if !self.watchers.has_room(hash) {
				return Some(Err(SubmitError::TooManyWatchers));
			}
			return Some(Ok(Some(self.watchers.add(*hash, Some(status)))));
		}
		let (block, index) = self.recent.place(hash)?;
		Some(Err(SubmitError::AlreadyIncluded { hash: *hash, block, index }))
	}

	/// Queues what was validated at `tip`.
	pub fn try_queue(
		&mut self,
		tip: &Tip,
		item: Item,
		state_nonce: Option<u32>,
		watch: bool,
	) -> Result<Attempt, SubmitError> {
		if self.tip.hash != tip.hash {
			return Ok(Attempt::TipMoved);
		}
		let hash = item.hash;
		// Another thread may have brought the same bytes while these were validated.
		if let Some(known) = self.known(&hash, watch) {
			return known.map(Attempt::Queued);
		}
		if watch && !self.watchers.has_room(&hash) {
			return Err(SubmitError::TooManyWatchers);
		}
		let (priority, lane) = (item.priority, item.lane.clone());
		let mut events = Vec::new();
		let outcome = self.queue.insert(item, state_nonce, &mut events);
		let receiver = (watch && outcome.is_ok()).then(|| self.watchers.add(hash, None));
		self.watchers.notify(events);
		match outcome {
			Ok(()) => Ok(Attempt::Queued(receiver)),
			Err(Refusal::NonceUnknown) => Ok(Attempt::NonceUnknown),
			Err(refusal) => Err(self.explain(refusal, hash, priority, lane)),
		}
	}

	/// Moves to a new block.
	pub fn on_block(&mut self, tip: Arc<Tip>, body: &[Included], places: Places) {
		self.recent.remember(tip.hash, places);
		let mut events = Vec::with_capacity(body.len());
		self.queue.on_block(tip.hash, tip.number, body, &mut events);
		self.watchers.notify(events);
		self.tip = tip;
	}

	/// Takes a transaction out, for a reason.
	pub fn remove(&mut self, hash: &Hash, status: TransactionStatus) -> bool {
		let mut events: Vec<Event> = Vec::new();
		let removed = self.queue.remove(hash, status, &mut events);
		self.watchers.notify(events);
		removed
	}

	/// Sets an account's nonce as read from the state of `tip`.
	pub fn set_state_nonce(&mut self, account: &AccountId32, state_nonce: u32) {
		let mut events: Vec<Event> = Vec::new();
		self.queue.set_state_nonce(account, state_nonce, &mut events);
		self.watchers.notify(events);
	}

	fn explain(&self, refusal: Refusal, hash: Hash, priority: u64, lane: Lane) -> SubmitError {
		let (ready, waiting, bytes) = self.queue.totals();
		match (refusal, lane) {
			(Refusal::Duplicate, _) => SubmitError::AlreadyImported(hash),
			(Refusal::PoolFull, _) => SubmitError::PoolFull { count: ready + waiting, bytes },
			(Refusal::TooManyWaiting, _) => SubmitError::TooManyWaiting { count: waiting },
			(Refusal::AgentFull { agent, count, bytes }, _) => SubmitError::AgentFull {
				agent,
				count,
				bytes,
				max: self.limits.per_agent,
				bytes_max: self.limits.agent_bytes(),
			},
			(Refusal::Underpriced { existing, existing_priority, required }, _) => {
				SubmitError::Underpriced { existing, existing_priority, priority, required }
			}
			(Refusal::TooFarAhead { state_nonce, max }, Lane::Account { account, nonce }) => {
				SubmitError::AccountFull { account, nonce, state_nonce, max }
			}
			(Refusal::Stale { state_nonce }, Lane::Account { nonce, .. }) => {
				SubmitError::Stale { nonce, state_nonce }
			}
			// Only transactions with a nonce meet these two, and the first is answered by asking for it.
			(Refusal::NonceUnknown | Refusal::TooFarAhead { .. } | Refusal::Stale { .. }, _) => {
				SubmitError::Busy { validations: 1 }
			}
		}
	}
}
