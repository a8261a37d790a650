//! The ordered set of transactions: per account by nonce, across accounts by priority.
//!
//! Must not: validate, know the chain's state, the clock, locks or watchers. It takes what was validated at the pool's block, and
//! reports every change of a status as an event.
//!
//! ```text
//! account A, state nonce 4:   4 ─ 5 ─ 6   ·   8 ─ 9
//!                             └─ ready ─┘ gap └ waiting
//!                             head: competes with other accounts' heads, highest priority first, then by arrival
//! ```
//!
//! Invariants (checked after every step of the model test):
//! - a transaction that was inserted leaves only with a final event;
//! - ready is the unbroken run of nonces that starts at the account's state nonce, waiting is the rest;
//! - an account without transactions takes no memory, nor does an agent that is to pay for none;
//! - every operation costs O(log n), plus O(log n) for each transaction whose status it changes.
//!
//! Files: `mod` the types and insertion, `exit` every way out, `view` what is read, `pass` the order for a block.

mod exit;
#[cfg(test)]
mod model;
mod pass;
#[cfg(test)]
mod tests;
mod view;

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use plexus_primitives::AgentId;
use plexus_storage::{BlockNumber, Hash};
use slab::Slab;
use sp_core::crypto::AccountId32;

pub(crate) use exit::Included;
pub(crate) use pass::Pass;
pub(crate) use view::{Head, Offer};

use crate::{
	limits::{PoolLimits, AGENT_WAITING_MAX, EVICTIONS_MAX, REPLACEMENT_PERCENT},
	watch::{Event, TransactionStatus},
};

/// Hashed by `ahash`: three times faster than the default on these short keys, and keyed, since senders choose them.
type Map<K, V> = std::collections::HashMap<K, V, ahash::RandomState>;

/// Index into the slab of entries.
type Id = usize;

/// Order in which the builder takes transactions: highest priority first, then by arrival. Unique.
pub(crate) type Position = (Reverse<u64>, u64);

/// Order in which waiting transactions make way: lowest priority first, then the latest arrival. Unique.
type EvictionOrder = (u64, Reverse<u64>);

/// What a transaction queues behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
	/// The other transactions of its account.
	Account { account: AccountId32, nonce: u32 },
	/// Nothing; it has no sender and excludes others with the same tag. Whether what it requires is there, the builder finds out.
	Tags(Box<[Vec<u8>]>),
}

/// A validated transaction.
#[derive(Clone, Debug)]
pub(crate) struct Item {
	pub hash: Hash,
	pub bytes: Arc<[u8]>,
	pub priority: u64,
	/// Number of the last block that may include it.
	pub last_block: BlockNumber,
	/// The agent that is to pay for it, if its sender is not.
	pub payer: Option<AgentId>,
	pub lane: Lane,
}

/// Why an item is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
	/// It is here already.
	Duplicate,
	/// Its account's nonce in the state must be given.
	NonceUnknown,
	Stale {
		state_nonce: u32,
	},
	TooFarAhead {
		state_nonce: u32,
		max: u32,
	},
	Underpriced {
		existing: Hash,
		existing_priority: u64,
		required: u64,
	},
	PoolFull,
	TooManyWaiting,
	AgentFull {
		agent: AgentId,
		count: u32,
		bytes: usize,
	},
}

/// What one agent is about to pay for.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Burden {
	count: u32,
	bytes: usize,
}

struct Entry {
	item: Item,
	arrival: u64,
	/// Place in its list of `Queue::expiry`.
	expiry_index: usize,
	/// Blocks on which a build could not apply it: the last of them, and how many.
	failed: (BlockNumber, u8),
}

impl Entry {
	fn position(&self) -> Position {
		(Reverse(self.item.priority), self.arrival)
	}

	fn eviction_order(&self) -> EvictionOrder {
		(self.item.priority, Reverse(self.arrival))
	}
}

/// The transactions of one account. Nonces in `state_nonce..ready_end` are all present and ready, later ones wait.
struct Account {
	state_nonce: u32,
	ready_end: u32,
	/// Where its first ready transaction stands among the heads.
	head: Option<Position>,
	transactions: BTreeMap<u32, Id>,
	/// Whether it is on the list of those that the block at hand took something from.
	touched: bool,
}

impl Account {
	fn new(state_nonce: u32) -> Self {
		Self {
			state_nonce,
			ready_end: state_nonce,
			head: None,
			transactions: BTreeMap::new(),
			touched: false,
		}
	}
}

/// See the module.
pub(crate) struct Queue {
	limits: PoolLimits,
	entries: Slab<Entry>,
	by_hash: Map<Hash, Id>,
	accounts: Map<AccountId32, Account>,
	tags: Map<Vec<u8>, Id>,
	/// Of the agents that are to pay for something; none is empty.
	payers: Map<AgentId, Burden>,
	/// Those of `waiting` that an agent is to pay for, by the agent; no list is empty.
	waiting_of: Map<AgentId, BTreeMap<EvictionOrder, Id>>,
	/// The first ready transaction of each account, and all without a sender.
	heads: BTreeMap<Position, Id>,
	waiting: BTreeMap<EvictionOrder, Id>,
	/// By the last block that may include them; no list is empty.
	expiry: BTreeMap<BlockNumber, Vec<Id>>,
	bytes: usize,
	waiting_bytes: usize,
	next_arrival: u64,
}

/// What an insertion does to the transactions that are there.
#[derive(Default)]
struct Place {
	/// Those whose nonce or tags it takes over.
	replaced: Vec<Id>,
	/// Whether it has to wait for an earlier nonce.
	waits: bool,
}

impl Queue {
	pub fn new(limits: PoolLimits) -> Self {
		Self {
			limits,
			entries: Slab::new(),
			by_hash: Map::default(),
			accounts: Map::default(),
			tags: Map::default(),
			payers: Map::default(),
			waiting_of: Map::default(),
			heads: BTreeMap::new(),
			waiting: BTreeMap::new(),
			expiry: BTreeMap::new(),
			bytes: 0,
			waiting_bytes: 0,
			next_arrival: 0,
		}
	}

	/// Takes a transaction that was validated at the block that the queue stands at.
	///
	/// `state_nonce` is the sender's nonce in that block's state. Without it the queue uses what it knows
	/// from the account's other transactions, and asks for it if that is not enough. On refusal nothing has
	/// changed, except that a given `state_nonce` is learnt for the account's other transactions.
	pub fn insert(
		&mut self,
		item: Item,
		state_nonce: Option<u32>,
		events: &mut Vec<Event>,
	) -> Result<(), Refusal> {
		if self.by_hash.contains_key(&item.hash) {
			return Err(Refusal::Duplicate);
		}
		let (place, state_nonce) = match &item.lane {
			Lane::Account { account, nonce } => {
				let state_nonce = self.learn_state_nonce(account, *nonce, state_nonce, events)?;
				(self.place_in_account(account, *nonce, state_nonce, item.payer)?, state_nonce)
			}
			Lane::Tags(tags) => (self.place_among_tags(tags), 0),
		};
		self.check_price(&item, &place.replaced)?;
		let of_payer = self.payer_victims(&item, &place)?;
		let victims = self.victims(&item, &place, &of_payer)?;
		for victim in of_payer {
			let reason =
				"pushed out by a transaction that is due, because their agent may be about to pay for no \
			              more; submit it again when its nonce is due";
			self.take(victim, TransactionStatus::Dropped(reason.into()), events);
		}
		for victim in victims {
			let reason =
				"pushed out of the full pool by a transaction of higher priority while it waited for an \
			              earlier nonce; submit it again when its nonce is due";
			self.take(victim, TransactionStatus::Dropped(reason.into()), events);
		}
		match (&item.lane, place.replaced.first()) {
			(Lane::Account { .. }, Some(&id)) => self.replace(id, item, events),
			_ => {
				for id in place.replaced {
					self.take(id, TransactionStatus::Usurped(item.hash), events);
				}
				self.add(item, state_nonce, events);
			}
		}
		Ok(())
	}

	/// The account's nonce in the state, from the caller or from what the queue knows.
	fn learn_state_nonce(
		&mut self,
		account: &AccountId32,
		nonce: u32,
		given: Option<u32>,
		events: &mut Vec<Event>,
	) -> Result<u32, Refusal> {
		let known = self.accounts.get(account).map(|account| account.state_nonce);
		match (given, known) {
			(Some(given), Some(known)) if given != known => self.set_state_nonce(account, given, events),
			(Some(_), _) => {}
			// A valid nonce below the known one: the account died and its nonces start again.
			(None, Some(known)) if nonce < known => return Err(Refusal::NonceUnknown),
			(None, Some(_)) => {}
			(None, None) => return Err(Refusal::NonceUnknown),
		}
		Ok(given.or(known).unwrap_or(nonce))
	}

	fn place_in_account(
		&self,
		account: &AccountId32,
		nonce: u32,
		state_nonce: u32,
		payer: Option<AgentId>,
	) -> Result<Place, Refusal> {
		let max = self.limits.per_account;
		match nonce.checked_sub(state_nonce) {
			None => return Err(Refusal::Stale { state_nonce }),
			Some(ahead) if ahead >= max => return Err(Refusal::TooFarAhead { state_nonce, max }),
			Some(_) => {}
		}
		let account = self.accounts.get(account);
		let ready_end = account.map_or(state_nonce, |account| account.ready_end);
		if payer.is_some() && nonce.saturating_sub(ready_end) > AGENT_WAITING_MAX {
			return Err(Refusal::TooFarAhead { state_nonce, max: AGENT_WAITING_MAX });
		}
		let replaced = account.and_then(|account| account.transactions.get(&nonce)).copied();
		Ok(Place { replaced: replaced.into_iter().collect(), waits: nonce > ready_end })
	}

	fn place_among_tags(&self, tags: &[Vec<u8>]) -> Place {
		let mut replaced: Vec<Id> = tags.iter().filter_map(|tag| self.tags.get(tag).copied()).collect();
		replaced.sort_unstable();
		replaced.dedup();
		Place { replaced, waits: false }
	}

	/// A replacement has to offer more than each that it replaces, by [`REPLACEMENT_PERCENT`].
	fn check_price(&self, item: &Item, replaced: &[Id]) -> Result<(), Refusal> {
		for id in replaced {
			let existing = &self.entries[*id].item;
			let required = u128::from(existing.priority) * u128::from(REPLACEMENT_PERCENT) / 100;
			let required =
				u64::try_from(required).unwrap_or(u64::MAX).max(existing.priority.saturating_add(1));
			if item.priority < required || item.priority <= existing.priority {
				let (existing, existing_priority) = (existing.hash, existing.priority);
				return Err(Refusal::Underpriced { existing, existing_priority, required });
			}
		}
		Ok(())
	}

	/// An agent may be about to pay for so much and no more. What waits makes way for an item that does not, whichever of
	/// the agent's keys signed it: the latest of the lowest priority first.
	fn payer_victims(&self, item: &Item, place: &Place) -> Result<Vec<Id>, Refusal> {
		let Some(agent) = item.payer else { return Ok(Vec::new()) };
		let replaced = &place.replaced;
		let Burden { count, bytes } = self.payers.get(&agent).copied().unwrap_or_default();
		let freed = replaced.iter().map(|id| &self.entries[*id].item).filter(|old| old.payer == item.payer);
		let (freed_count, freed_bytes) =
			freed.fold((0, 0), |(count, bytes), old| (count + 1, bytes + old.bytes.len()));
		let count_after = count.saturating_sub(freed_count).saturating_add(1);
		let bytes_after = bytes.saturating_sub(freed_bytes).saturating_add(item.bytes.len());
		let mut over_count = count_after.saturating_sub(self.limits.per_agent);
		let mut over_bytes = bytes_after.saturating_sub(self.limits.agent_bytes());
		let waiting = self.waiting_of.get(&agent).into_iter().flatten();
		let mut candidates =
			waiting.map(|(_, id)| *id).filter(|id| !replaced.contains(id)).take(EVICTIONS_MAX);
		let mut victims = Vec::new();
		while over_count > 0 || over_bytes > 0 {
			let victim = candidates.next().filter(|_| !place.waits);
			let victim = victim.ok_or(Refusal::AgentFull { agent, count, bytes })?;
			victims.push(victim);
			over_count = over_count.saturating_sub(1);
			over_bytes = over_bytes.saturating_sub(self.entries[victim].item.bytes.len());
		}
		Ok(victims)
	}

	/// The waiting transactions of strictly lower priority that have to make way for the item besides those of its payer;
	/// none in most cases.
	fn victims(&self, item: &Item, place: &Place, of_payer: &[Id]) -> Result<Vec<Id>, Refusal> {
		let leaves = |id: &Id| place.replaced.contains(id) || of_payer.contains(id);
		let leaving = place.replaced.iter().chain(of_payer);
		let replaced_bytes: usize = leaving.map(|id| self.entries[*id].item.bytes.len()).sum();
		let bytes = (self.bytes + item.bytes.len()).saturating_sub(replaced_bytes);
		let count = (self.entries.len() + 1).saturating_sub(place.replaced.len() + of_payer.len());
		let mut over_count = count.saturating_sub(self.limits.count);
		let mut over_bytes = bytes.saturating_sub(self.limits.bytes);
		let mut refusal = Refusal::PoolFull;
		if place.waits {
			if (over_count, over_bytes) == (0, 0) {
				refusal = Refusal::TooManyWaiting;
			}
			let waiting = (self.waiting.len() + 1).saturating_sub(place.replaced.len());
			let waiting_bytes = (self.waiting_bytes + item.bytes.len()).saturating_sub(replaced_bytes);
			over_count = over_count.max(waiting.saturating_sub(self.limits.waiting_count()));
			over_bytes = over_bytes.max(waiting_bytes.saturating_sub(self.limits.waiting_bytes()));
		}

		let mut victims = Vec::new();
		let mut candidates = self.waiting.iter().filter(|(_, id)| !leaves(id)).take(EVICTIONS_MAX);
		while over_count > 0 || over_bytes > 0 {
			match candidates.next() {
				Some(((priority, _), id)) if *priority < item.priority => {
					victims.push(*id);
					over_count = over_count.saturating_sub(1);
					over_bytes = over_bytes.saturating_sub(self.entries[*id].item.bytes.len());
				}
				_ => return Err(refusal),
			}
		}
		Ok(victims)
	}

	/// Adds an item at a free place.
	fn add(&mut self, item: Item, state_nonce: u32, events: &mut Vec<Event>) {
		let (hash, lane) = (item.hash, item.lane.clone());
		let id =
			self.entries.insert(Entry { item, arrival: self.next_arrival, expiry_index: 0, failed: (0, 0) });
		self.next_arrival += 1;
		self.index(id);
		match lane {
			Lane::Tags(tags) => {
				self.tags.extend(tags.iter().map(|tag| (tag.clone(), id)));
				self.heads.insert(self.entries[id].position(), id);
				events.push((hash, TransactionStatus::Ready));
			}
			Lane::Account { account: owner, nonce } => {
				let account = self.accounts.entry(owner.clone()).or_insert_with(|| Account::new(state_nonce));
				account.transactions.insert(nonce, id);
				let waits = nonce != account.ready_end || nonce == u32::MAX;
				self.start_waiting(id);
				if waits {
					events.push((hash, TransactionStatus::Future));
				} else {
					self.extend_ready(&owner, events);
				}
			}
		}
	}

	/// Puts an item at the place of another with the same account and nonce.
	fn replace(&mut self, id: Id, item: Item, events: &mut Vec<Event>) {
		let (usurped, hash) = (self.entries[id].item.hash, item.hash);
		let Lane::Account { account: owner, .. } = item.lane.clone() else { return };
		let waited = self.waiting.contains_key(&self.entries[id].eviction_order());
		if waited {
			self.stop_waiting(id);
		}
		self.unindex(id);
		self.entries[id] = Entry { item, arrival: self.next_arrival, expiry_index: 0, failed: (0, 0) };
		self.next_arrival += 1;
		self.index(id);
		if waited {
			self.start_waiting(id);
		}
		self.update_head(&owner);
		events.push((usurped, TransactionStatus::Usurped(hash)));
		events.push((hash, if waited { TransactionStatus::Future } else { TransactionStatus::Ready }));
	}

	/// Enters what every transaction has: hash, size, payer, expiry.
	fn index(&mut self, id: Id) {
		let entry = &mut self.entries[id];
		self.by_hash.insert(entry.item.hash, id);
		self.bytes += entry.item.bytes.len();
		if let Some(agent) = entry.item.payer {
			let burden = self.payers.entry(agent).or_default();
			burden.count += 1;
			burden.bytes += entry.item.bytes.len();
		}
		let same_block = self.expiry.entry(entry.item.last_block).or_default();
		entry.expiry_index = same_block.len();
		same_block.push(id);
	}

	fn unindex(&mut self, id: Id) {
		let Entry { item, expiry_index, .. } = &self.entries[id];
		let (last_block, place) = (item.last_block, *expiry_index);
		self.by_hash.remove(&item.hash);
		self.bytes -= item.bytes.len();
		if let Some(agent) = item.payer {
			let left = self.payers.get_mut(&agent).map(|burden| {
				burden.count -= 1;
				burden.bytes -= item.bytes.len();
				burden.count
			});
			if left == Some(0) {
				self.payers.remove(&agent);
			}
		}
		let Some(same_block) = self.expiry.get_mut(&last_block) else { return };
		same_block.swap_remove(place);
		match same_block.get(place) {
			Some(moved) => self.entries[*moved].expiry_index = place,
			None if same_block.is_empty() => drop(self.expiry.remove(&last_block)),
			None => {}
		}
	}

	fn start_waiting(&mut self, id: Id) {
		let entry = &self.entries[id];
		self.waiting.insert(entry.eviction_order(), id);
		self.waiting_bytes += entry.item.bytes.len();
		if let Some(agent) = entry.item.payer {
			self.waiting_of.entry(agent).or_default().insert(entry.eviction_order(), id);
		}
	}

	fn stop_waiting(&mut self, id: Id) {
		let entry = &self.entries[id];
		self.waiting.remove(&entry.eviction_order());
		self.waiting_bytes -= entry.item.bytes.len();
		let Some(agent) = entry.item.payer else { return };
		let Some(own) = self.waiting_of.get_mut(&agent) else { return };
		own.remove(&entry.eviction_order());
		if own.is_empty() {
			self.waiting_of.remove(&agent);
		}
	}

	/// Makes ready what follows the account's ready run without a gap.
	fn extend_ready(&mut self, owner: &AccountId32, events: &mut Vec<Event>) {
		while let Some(account) = self.accounts.get_mut(owner) {
			let Some(id) = account.transactions.get(&account.ready_end).copied() else { break };
			// The last nonce of all has no successor and can never be used up; it waits until it expires.
			let Some(next) = account.ready_end.checked_add(1) else { break };
			account.ready_end = next;
			self.stop_waiting(id);
			events.push((self.entries[id].item.hash, TransactionStatus::Ready));
		}
		self.update_head(owner);
	}

	/// Ends the account's ready run before a nonce; what was ready from there on waits.
	fn shrink_ready(&mut self, owner: &AccountId32, end: u32, events: &mut Vec<Event>) {
		let Some(account) = self.accounts.get_mut(owner) else { return };
		let ids: Vec<Id> = account.transactions.range(end..account.ready_end).map(|(_, id)| *id).collect();
		account.ready_end = end;
		for id in ids {
			self.start_waiting(id);
			events.push((self.entries[id].item.hash, TransactionStatus::Future));
		}
	}

	/// Enters the account's first ready transaction among the heads, in place of the former one.
	fn update_head(&mut self, owner: &AccountId32) {
		let Some(account) = self.accounts.get_mut(owner) else { return };
		let first = if account.ready_end > account.state_nonce {
			account.transactions.get(&account.state_nonce).copied()
		} else {
			None
		};
		let head = first.map(|id| self.entries[id].position());
		if account.head == head {
			return;
		}
		if let Some(former) = std::mem::replace(&mut account.head, head) {
			self.heads.remove(&former);
		}
		if let (Some(position), Some(id)) = (head, first) {
			self.heads.insert(position, id);
		}
	}
}
