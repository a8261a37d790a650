//! Every way out of the queue: inclusion, a used-up nonce, expiry, removal.
//!
//! Must not: remove a transaction without a final event.

use plexus_storage::{BlockNumber, Hash};
use sp_core::crypto::AccountId32;

use super::{Id, Lane, Map, Queue};
use crate::{
	limits::FAILED_BUILDS_MAX,
	watch::{Event, TransactionStatus},
};

/// A transaction of a block.
#[derive(Clone, Debug)]
pub(crate) struct Included {
	pub hash: Hash,
	/// Its place in the block's body.
	pub index: u32,
	/// Sender and nonce, if it has them and the caller knows; not needed for one that the queue holds.
	pub sender: Option<(AccountId32, u32)>,
}

impl Queue {
	/// Takes out what a block includes, what it made stale, and what may not come after it.
	///
	/// An account's nonce in the state becomes the one after its last transaction in the block. That is wrong
	/// only if the account died in this block; then the builder's or the next submission's word corrects it.
	pub fn on_block(&mut self, block: Hash, number: BlockNumber, body: &[Included], events: &mut Vec<Event>) {
		let mut touched = Vec::new();
		let mut state_nonces: Map<AccountId32, u32> = Map::default();
		let mut statuses: Map<Hash, TransactionStatus> = Map::default();
		for included in body {
			let status = TransactionStatus::Included { block, index: included.index };
			match self.by_hash.get(&included.hash).copied() {
				Some(id) if self.take_due(id, &state_nonces, &mut touched) => {
					events.push((included.hash, status))
				}
				Some(id) => match &self.entries[id].item.lane {
					Lane::Tags(_) => self.take(id, status, events),
					Lane::Account { account, nonce } => {
						state_nonces.insert(account.clone(), nonce.saturating_add(1));
						statuses.insert(included.hash, status);
					}
				},
				None => {
					let Some((owner, nonce)) = &included.sender else { continue };
					let Some(account) = self.accounts.get(owner) else { continue };
					if let Some(id) = account.transactions.get(nonce) {
						let usurped = TransactionStatus::Usurped(included.hash);
						statuses.insert(self.entries[*id].item.hash, usurped);
					}
					state_nonces.insert(owner.clone(), nonce.saturating_add(1));
				}
			}
		}
		for owner in touched {
			self.settle(&owner);
		}
		for (owner, state_nonce) in state_nonces {
			self.advance(&owner, state_nonce, &mut statuses, events);
		}
		// What is left was included by an account whose nonces started again within the block.
		for (hash, status) in statuses {
			if let Some(id) = self.by_hash.get(&hash).copied() {
				self.take(id, status, events);
			}
		}
		self.expire(number, events);
	}

	/// Sets an account's nonce in the state, as read from there.
	pub fn set_state_nonce(&mut self, owner: &AccountId32, state_nonce: u32, events: &mut Vec<Event>) {
		self.advance(owner, state_nonce, &mut Map::default(), events);
	}

	/// Takes a transaction out, for a reason.
	pub fn remove(&mut self, hash: &Hash, status: TransactionStatus, events: &mut Vec<Event>) -> bool {
		let id = self.by_hash.get(hash).copied();
		id.map(|id| self.take(id, status, events)).is_some()
	}

	/// Notes that a build on the block could not apply a transaction though it validates there on its own. Says whether this
	/// happened on so many blocks that it has to go.
	pub fn failed_build(&mut self, hash: &Hash, number: BlockNumber) -> bool {
		let Some(id) = self.by_hash.get(hash).copied() else { return false };
		let (last, builds) = &mut self.entries[id].failed;
		if *builds == 0 || *last != number {
			(*last, *builds) = (number, *builds + 1);
		}
		*builds >= FAILED_BUILDS_MAX
	}

	/// Takes out a transaction that is its account's first, the usual case, if nothing unusual happened to the account in this
	/// block. The account is to be settled when the block is through.
	fn take_due(&mut self, id: Id, unusual: &Map<AccountId32, u32>, touched: &mut Vec<AccountId32>) -> bool {
		let Lane::Account { account: owner, nonce } = &self.entries[id].item.lane else { return false };
		let Some(account) = self.accounts.get_mut(owner) else { return false };
		if *nonce != account.state_nonce || *nonce >= account.ready_end || unusual.contains_key(owner) {
			return false;
		}
		account.transactions.pop_first();
		account.state_nonce += 1;
		if !account.touched {
			account.touched = true;
			touched.push(owner.clone());
		}
		self.unindex(id);
		self.entries.remove(id);
		true
	}

	/// Brings the heads up to date with an account that lost its first transactions.
	fn settle(&mut self, owner: &AccountId32) {
		if let Some(account) = self.accounts.get_mut(owner) {
			account.touched = false;
		}
		self.update_head(owner);
		self.forget_if_empty(owner);
	}

	/// Moves the account's nonce in the state; transactions below it leave with their status, or as stale.
	fn advance(
		&mut self,
		owner: &AccountId32,
		state_nonce: u32,
		statuses: &mut Map<Hash, TransactionStatus>,
		events: &mut Vec<Event>,
	) {
		let Some(known) = self.accounts.get(owner).map(|account| account.state_nonce) else { return };
		if state_nonce < known {
			self.shrink_ready(owner, known, events);
		}
		while let Some((nonce, id)) = self.first_below(owner, state_nonce) {
			let hash = self.entries[id].item.hash;
			let stale = || {
				let cause = format!("the nonce {nonce} is used up, the chain is at {state_nonce}");
				TransactionStatus::Invalid(format!("Stale: {cause}; sign it again with the next nonce"))
			};
			let status = statuses.remove(&hash).unwrap_or_else(stale);
			self.take_first(owner, nonce, id);
			events.push((hash, status));
		}
		if let Some(account) = self.accounts.get_mut(owner) {
			account.ready_end = match state_nonce < known {
				true => state_nonce,
				false => account.ready_end.max(state_nonce),
			};
			account.state_nonce = state_nonce;
		}
		self.extend_ready(owner, events);
		self.forget_if_empty(owner);
	}

	/// The account's transaction with the lowest nonce, if that is below the bound.
	fn first_below(&self, owner: &AccountId32, bound: u32) -> Option<(u32, Id)> {
		let (nonce, id) = self.accounts.get(owner)?.transactions.first_key_value()?;
		(*nonce < bound).then_some((*nonce, *id))
	}

	/// Takes the account's first transaction out without touching those after it: the caller moves the ready run past it.
	fn take_first(&mut self, owner: &AccountId32, nonce: u32, id: Id) {
		let Some(account) = self.accounts.get_mut(owner) else { return };
		account.transactions.remove(&nonce);
		if nonce >= account.ready_end {
			self.stop_waiting(id);
		}
		self.unindex(id);
		self.entries.remove(id);
	}

	fn expire(&mut self, number: BlockNumber, events: &mut Vec<Event>) {
		while let Some((last_block, ids)) = self.expiry.first_key_value() {
			let (last_block, Some(id)) = (*last_block, ids.last().copied()) else { return };
			if last_block > number {
				return;
			}
			let cause = format!("expired: no block up to {last_block}, its last, included it");
			let status = TransactionStatus::Dropped(format!("{cause}; sign it again with a new era"));
			self.take(id, status, events);
		}
	}

	/// Takes one transaction out of every index. What followed it in its account waits.
	pub(super) fn take(&mut self, id: Id, status: TransactionStatus, events: &mut Vec<Event>) {
		let item = &self.entries[id].item;
		let (hash, lane) = (item.hash, item.lane.clone());
		events.push((hash, status));
		match lane {
			Lane::Tags(tags) => {
				for tag in tags.iter() {
					self.tags.remove(tag);
				}
				self.heads.remove(&self.entries[id].position());
			}
			Lane::Account { account: owner, nonce } => {
				let was_ready = self.accounts.get_mut(&owner).is_some_and(|account| {
					account.transactions.remove(&nonce);
					nonce < account.ready_end
				});
				if was_ready {
					self.shrink_ready(&owner, nonce, events);
				} else {
					self.stop_waiting(id);
				}
				self.update_head(&owner);
				self.forget_if_empty(&owner);
			}
		}
		self.unindex(id);
		self.entries.remove(id);
	}

	fn forget_if_empty(&mut self, owner: &AccountId32) {
		if self.accounts.get(owner).is_some_and(|account| account.transactions.is_empty()) {
			self.accounts.remove(owner);
		}
	}
}
