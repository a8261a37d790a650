//! The handle: validates outside the lock, queues under it.
//!
//! Must not: call the runtime or hash a block's body while it holds the lock, or wait for a subscriber.
//!
//! Invariants:
//! - a transaction enters the queue only with a validation at exactly the block that the queue stands at; if a block arrived
//!   meanwhile it is validated anew. So no used-up nonce slips in between a validation and an insertion;
//! - watchers are told under the same lock under which the queue changes, hence in order.
//!
//! ```text
//! bytes ─▶ size ─▶ known? ─▶ validate at the tip ─▶ lock: same tip? ─▶ queue ─▶ watchers ─▶ gossip
//!                                ▲                        │ no
//!                                └────────────────────────┘
//! ```

use std::sync::Arc;

use parking_lot::Mutex;
use plexus_execution::{Executor, InvalidKind, InvalidReason, TransactionSource as BlockSource, Validated};
use plexus_storage::{BlockNumber, Hash, Tip};
use sp_core::crypto::AccountId32;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	transaction_validity::TransactionSource,
};
use tokio::sync::broadcast;

use crate::{
	error::SubmitError,
	limits::{PoolLimits, BUILDER_BATCH, IMPORTED_QUEUE, PENDING_BYTES_MAX, VALIDATIONS_MAX},
	queue::{Head, Included, Item, Lane, Offer, Position},
	ready::Ready,
	shared::{Attempt, Shared},
	watch::{StatusReceiver, TransactionStatus},
};

/// How much the pool holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
	/// Transactions that the next block may include.
	pub ready: usize,
	/// Transactions that wait for an earlier nonce.
	pub future: usize,
	/// Bytes of both.
	pub bytes: usize,
}

/// The transaction pool. Cheap to clone; all methods may be called from any thread.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
	executor: Executor,
	limits: PoolLimits,
	shared: Mutex<Shared>,
	imported: broadcast::Sender<Hash>,
}

impl Pool {
	/// An empty pool at a block.
	pub fn new(executor: Executor, limits: PoolLimits, tip: Arc<Tip>) -> Self {
		let (imported, _) = broadcast::channel(IMPORTED_QUEUE);
		Self(Arc::new(Inner { executor, limits, shared: Mutex::new(Shared::new(limits, tip)), imported }))
	}

	/// Takes a transaction, or says why not. From then on it leaves only by inclusion, proven invalidity, expiry, replacement or
	/// [`Self::remove`].
	///
	/// Costs a signature check, about 100 µs: call it from a thread that may block, from as many at a time as there are cores.
	pub fn submit(&self, source: TransactionSource, bytes: Vec<u8>) -> Result<Hash, SubmitError> {
		self.take(source, bytes, false).map(|(hash, _)| hash)
	}

	/// As [`Self::submit`], and hands out the transaction's statuses, from the present one on.
	///
	/// A transaction that the pool has already is watched too: it may have come by gossip before its sender asked.
	pub fn submit_and_watch(
		&self,
		source: TransactionSource,
		bytes: Vec<u8>,
	) -> Result<(Hash, StatusReceiver), SubmitError> {
		match self.take(source, bytes, true)? {
			(hash, Some(receiver)) => Ok((hash, receiver)),
			(_, None) => Err(SubmitError::TooManyWatchers),
		}
	}

	fn take(
		&self,
		source: TransactionSource,
		bytes: Vec<u8>,
		watch: bool,
	) -> Result<(Hash, Option<StatusReceiver>), SubmitError> {
		let max = self.0.limits.transaction_bytes_max;
		if bytes.len() > max {
			return Err(SubmitError::TooLarge { bytes: bytes.len(), max });
		}
		let hash = BlakeTwo256::hash(&bytes);
		let bytes: Arc<[u8]> = bytes.into();
		for _ in 0..VALIDATIONS_MAX {
			let tip = {
				let mut shared = self.0.shared.lock();
				if let Some(known) = shared.known(&hash, watch) {
					return known.map(|receiver| (hash, receiver));
				}
				shared.tip.clone()
			};
			let validated =
				self.0.executor.validate(&tip.state, source, &bytes).map_err(SubmitError::Invalid)?;
			if let Some(receiver) = self.queue(hash, &bytes, validated, &tip, watch)? {
				return Ok((hash, receiver));
			}
		}
		Err(SubmitError::Busy { validations: VALIDATIONS_MAX })
	}

	/// Queues what was validated at `tip`; `None` if a block arrived meanwhile.
	fn queue(
		&self,
		hash: Hash,
		bytes: &Arc<[u8]>,
		validated: Validated,
		tip: &Tip,
		watch: bool,
	) -> Result<Option<Option<StatusReceiver>>, SubmitError> {
		let propagate = validated.validity.propagate;
		// What requires nothing is the next one.
		let is_next = validated.validity.requires.is_empty();
		let item = item(hash, bytes.clone(), validated, tip, &self.0.limits);
		let mut state_nonce = match &item.lane {
			Lane::Account { nonce, .. } if is_next => Some(*nonce),
			_ => None,
		};
		loop {
			let attempt = self.0.shared.lock().try_queue(tip, item.clone(), state_nonce, watch)?;
			match (attempt, &item.lane) {
				(Attempt::Queued(receiver), _) => {
					if propagate {
						// Nobody listens on a node without peers.
						let _ = self.0.imported.send(hash);
					}
					return Ok(Some(receiver));
				}
				(Attempt::NonceUnknown, Lane::Account { account, .. }) if state_nonce.is_none() => {
					state_nonce = Some(self.0.executor.account_nonce(&tip.state, account)?);
				}
				(Attempt::NonceUnknown | Attempt::TipMoved, _) => return Ok(None),
			}
		}
	}

	/// Whether the pool holds the transaction.
	pub fn contains(&self, hash: &Hash) -> bool {
		self.0.shared.lock().queue.contains(hash)
	}

	/// The transaction's bytes.
	pub fn get(&self, hash: &Hash) -> Option<Arc<[u8]>> {
		self.0.shared.lock().queue.bytes_of(hash)
	}

	/// Ready transactions in the order in which the builder would see accounts, up to 4 MiB of them.
	pub fn pending(&self) -> Vec<Vec<u8>> {
		let mut source = self.ready();
		let mut left = PENDING_BYTES_MAX;
		let mut all = Vec::new();
		while let Some(transaction) = source.next() {
			if transaction.bytes.len() > left {
				break;
			}
			left -= transaction.bytes.len();
			all.push(transaction.bytes.to_vec());
			source.applied(&transaction.hash);
		}
		all
	}

	/// Takes transactions out at the operator's wish; returns those that were there.
	pub fn remove(&self, hashes: &[Hash]) -> Vec<Hash> {
		let mut shared = self.0.shared.lock();
		let status = || TransactionStatus::Dropped("removed by the node's operator; submit it again".into());
		hashes.iter().filter(|hash| shared.remove(hash, status())).copied().collect()
	}

	/// The first nonce of the account that neither the state nor, without a gap, the pool has used.
	pub fn next_nonce(&self, account: &AccountId32, state_nonce: u32) -> u32 {
		self.0.shared.lock().queue.next_nonce(account, state_nonce)
	}

	/// The highest nonce of the account's transactions, those behind a gap among them; nothing if there is none.
	pub fn last_nonce(&self, account: &AccountId32) -> Option<u32> {
		self.0.shared.lock().queue.last_nonce(account)
	}

	/// How much the pool holds.
	pub fn status(&self) -> PoolStatus {
		let (ready, future, bytes) = self.0.shared.lock().queue.totals();
		PoolStatus { ready, future, bytes }
	}

	/// What the pool may hold.
	pub fn limits(&self) -> PoolLimits {
		self.0.limits
	}

	/// A pass over the ready transactions for the block builder.
	pub fn ready(&self) -> Ready {
		Ready::new(self.clone())
	}

	/// Every accepted transaction that may be relayed. A subscriber that lags behind 4,096 misses the oldest: gossip is a
	/// courtesy, the transactions stay here.
	pub fn subscribe_imported(&self) -> broadcast::Receiver<Hash> {
		self.0.imported.subscribe()
	}

	/// Moves to a new block: takes out what it includes, what it made stale, what expired. Blocks must come in order.
	pub fn on_block(&self, tip: Arc<Tip>, body: &[Vec<u8>]) {
		let mut included: Vec<Included> = (0..)
			.zip(body)
			.map(|(index, bytes)| Included { hash: BlakeTwo256::hash(bytes), index, sender: None })
			.collect();
		let unknown: Vec<usize> = {
			let shared = self.0.shared.lock();
			(0..included.len()).filter(|i| !shared.queue.contains(&included[*i].hash)).collect()
		};
		for i in unknown {
			included[i].sender =
				self.0.executor.facts(&body[i]).and_then(|facts| facts.sender.zip(facts.nonce));
		}

		let places = included.iter().map(|transaction| (transaction.hash, transaction.index)).collect();
		self.0.shared.lock().on_block(tip, &included, places);
	}

	/// Decides about a transaction that a build could not apply, by validating it on the committed state: what failed only by
	/// what else that block held may be fine in the next one.
	pub(crate) fn judge(&self, hash: &Hash, build_reason: &InvalidReason) {
		let (tip, bytes) = {
			let shared = self.0.shared.lock();
			let Some(bytes) = shared.queue.bytes_of(hash) else { return };
			(shared.tip.clone(), bytes)
		};
		let validated = match self.0.executor.validate(&tip.state, TransactionSource::External, &bytes) {
			Ok(validated) => validated,
			Err(reason) if reason.kind == InvalidKind::Node => {
				tracing::warn!(?hash, %reason, "a transaction could not be validated again");
				return;
			}
			Err(reason) => {
				self.at(&tip, |shared| shared.remove(hash, TransactionStatus::Invalid(reason.to_string())));
				return;
			}
		};
		match validated.facts.sender {
			Some(sender) if !validated.validity.requires.is_empty() => {
				match self.0.executor.account_nonce(&tip.state, &sender) {
					Ok(state_nonce) => {
						self.at(&tip, |shared| shared.set_state_nonce(&sender, state_nonce));
					}
					Err(error) => tracing::warn!(%sender, %error, "an account's nonce could not be read"),
				}
			}
			_ => {
				self.at(&tip, |shared| {
					if shared.queue.failed_build(hash, tip.number) {
						let status = TransactionStatus::Invalid(build_reason.to_string());
						shared.remove(hash, status);
					}
				});
			}
		}
	}

	/// Takes out a transaction that is invalid for a reason.
	pub(crate) fn remove_invalid(&self, hash: &Hash, reason: &InvalidReason) {
		self.0.shared.lock().remove(hash, TransactionStatus::Invalid(reason.to_string()));
	}

	pub(crate) fn heads_after(&self, position: Option<Position>, count: usize) -> Vec<Head> {
		self.0.shared.lock().queue.heads_after(position, count)
	}

	pub(crate) fn run(&self, account: &AccountId32, from: u32, count: usize) -> Vec<Offer> {
		self.0.shared.lock().queue.run(account, from, count.min(BUILDER_BATCH))
	}

	/// Changes something on the strength of what was found out at `tip`, unless a block arrived since.
	fn at<T>(&self, tip: &Tip, change: impl FnOnce(&mut Shared) -> T) -> Option<T> {
		let mut shared = self.0.shared.lock();
		(shared.tip.hash == tip.hash).then(|| change(&mut shared))
	}
}

/// The queue's view of a validated transaction.
fn item(hash: Hash, bytes: Arc<[u8]>, validated: Validated, tip: &Tip, limits: &PoolLimits) -> Item {
	let Validated { facts, validity, paying_agent, .. } = validated;
	let longevity = BlockNumber::try_from(validity.longevity).unwrap_or(BlockNumber::MAX);
	Item {
		hash,
		bytes,
		priority: validity.priority,
		last_block: tip.number.saturating_add(longevity.min(limits.lifetime_blocks)),
		payer: paying_agent,
		lane: match facts.sender.zip(facts.nonce) {
			Some((account, nonce)) => Lane::Account { account, nonce },
			None => Lane::Tags(validity.provides.into()),
		},
	}
}
