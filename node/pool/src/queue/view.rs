//! What others read from the queue.
//!
//! Must not: change it, or copy more than asked for: callers hold the lock.

use std::{collections::VecDeque, ops::Bound, sync::Arc};

use plexus_storage::Hash;
use sp_core::crypto::AccountId32;

use super::{Lane, Position, Queue};
use crate::{limits::BUILDER_RUN, watch::TransactionStatus};

/// A ready transaction, as offered to the block builder.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
	pub hash: Hash,
	pub bytes: Arc<[u8]>,
	pub position: Position,
	/// Sender and nonce, if it has them.
	pub sender: Option<(AccountId32, u32)>,
}

/// The first ready transactions of an account, or one without a sender.
#[derive(Debug)]
pub(crate) struct Head {
	pub position: Position,
	/// Consecutive nonces; never empty.
	pub run: VecDeque<Offer>,
}

impl Queue {
	pub fn contains(&self, hash: &Hash) -> bool {
		self.by_hash.contains_key(hash)
	}

	pub fn bytes_of(&self, hash: &Hash) -> Option<Arc<[u8]>> {
		self.by_hash.get(hash).map(|id| self.entries[*id].item.bytes.clone())
	}

	/// `Ready` or `Future`.
	pub fn status_of(&self, hash: &Hash) -> Option<TransactionStatus> {
		let entry = &self.entries[*self.by_hash.get(hash)?];
		let waits = self.waiting.contains_key(&entry.eviction_order());
		Some(if waits { TransactionStatus::Future } else { TransactionStatus::Ready })
	}

	/// Transactions ready and waiting, and the bytes of both.
	pub fn totals(&self) -> (usize, usize, usize) {
		(self.entries.len() - self.waiting.len(), self.waiting.len(), self.bytes)
	}

	/// The nonce after the unbroken run that starts at `state_nonce`.
	pub fn next_nonce(&self, owner: &AccountId32, state_nonce: u32) -> u32 {
		let Some(account) = self.accounts.get(owner) else { return state_nonce };
		if (account.state_nonce..=account.ready_end).contains(&state_nonce) {
			return account.ready_end;
		}
		let run = account.transactions.range(state_nonce..).map(|(nonce, _)| *nonce);
		run.zip(state_nonce..)
			.take_while(|(nonce, expected)| nonce == expected)
			.last()
			.map_or(state_nonce, |(nonce, _)| nonce.saturating_add(1))
	}

	/// The highest nonce of the account's transactions, whatever gaps are before it; nothing if there is none.
	pub fn last_nonce(&self, owner: &AccountId32) -> Option<u32> {
		self.accounts.get(owner)?.transactions.keys().next_back().copied()
	}

	/// The heads that come after a position, each with its account's next few, up to `count` transactions.
	pub fn heads_after(&self, position: Option<Position>, count: usize) -> Vec<Head> {
		let start = position.map_or(Bound::Unbounded, Bound::Excluded);
		let mut left = count;
		let mut heads = Vec::new();
		for (position, id) in self.heads.range((start, Bound::Unbounded)) {
			if left == 0 {
				break;
			}
			let run: VecDeque<Offer> = match &self.entries[*id].item.lane {
				Lane::Account { account, nonce } => self.run(account, *nonce, left.min(BUILDER_RUN)).into(),
				Lane::Tags(_) => VecDeque::from([self.offer(*id)]),
			};
			left -= run.len().min(left);
			heads.push(Head { position: *position, run });
		}
		heads
	}

	/// Up to `count` ready transactions of an account from a nonce on, without a gap.
	pub fn run(&self, owner: &AccountId32, from: u32, count: usize) -> Vec<Offer> {
		let Some(account) = self.accounts.get(owner) else { return Vec::new() };
		if !(account.state_nonce..account.ready_end).contains(&from) {
			return Vec::new();
		}
		let ready = account.transactions.range(from..account.ready_end);
		ready.take(count).map(|(_, id)| self.offer(*id)).collect()
	}

	fn offer(&self, id: usize) -> Offer {
		let entry = &self.entries[id];
		let sender = match &entry.item.lane {
			Lane::Account { account, nonce } => Some((account.clone(), *nonce)),
			Lane::Tags(_) => None,
		};
		Offer { hash: entry.item.hash, bytes: entry.item.bytes.clone(), position: entry.position(), sender }
	}
}
