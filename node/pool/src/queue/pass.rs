//! One pass over the ready transactions, in the order in which a block should take them.
//!
//! Must not: hold a borrow of the queue between two steps: callers lend it for one batch at a time.
//!
//! ```text
//! queue's heads ─batch─▶ ┐
//!                        ├─ best position ─▶ offer ─┬─ applied: the account's next nonce joins the successors
//! successors ──────────▶ ┘                          └─ not applied: the account pauses for the rest of the pass
//! ```
//!
//! Invariants: nonces of an account are offered in order, each once; an account whose transaction was not
//! applied gets no further offer; among what can be offered the highest priority comes first, then the
//! earliest arrival. What arrives during the pass may or may not be offered.

use std::collections::{BTreeMap, HashMap, VecDeque};

use plexus_storage::Hash;
use sp_core::crypto::AccountId32;

use super::{view::Head, Offer, Position};
use crate::limits::BUILDER_BATCH;

/// State of a pass.
#[derive(Default)]
pub(crate) struct Pass {
	/// How far the queue's heads have been copied; `None` before the first batch.
	copied_to: Option<Position>,
	all_copied: bool,
	batch: VecDeque<Head>,
	successors: BTreeMap<Position, Offer>,
	/// Accounts that were offered something, with what follows as far as it has been copied.
	runs: HashMap<AccountId32, VecDeque<Offer>>,
	offered: Option<Offer>,
}

impl Pass {
	/// The next offer. `heads_after` is [`super::Queue::heads_after`].
	pub fn next(&mut self, heads_after: impl FnMut(Option<Position>, usize) -> Vec<Head>) -> Option<&Offer> {
		self.offered = self.best(heads_after);
		self.offered.as_ref()
	}

	/// Notes that the last offer was applied. `run` is [`super::Queue::run`].
	pub fn applied(&mut self, hash: &Hash, run: impl FnOnce(&AccountId32, u32, usize) -> Vec<Offer>) {
		let Some((account, nonce)) = self.take_offered(hash).and_then(|offer| offer.sender) else { return };
		let (Some(copied), Some(next)) = (self.runs.get_mut(&account), nonce.checked_add(1)) else { return };
		if copied.is_empty() {
			copied.extend(run(&account, next, BUILDER_BATCH));
		}
		if let Some(successor) = copied.pop_front() {
			self.successors.insert(successor.position, successor);
		}
	}

	/// Takes back the last offer, which was not applied, if it is the one that is meant.
	pub fn take_offered(&mut self, hash: &Hash) -> Option<Offer> {
		self.offered.take().filter(|offer| offer.hash == *hash)
	}

	/// The best of heads and successors.
	fn best(&mut self, mut heads_after: impl FnMut(Option<Position>, usize) -> Vec<Head>) -> Option<Offer> {
		loop {
			if self.batch.is_empty() && !self.all_copied {
				self.batch = heads_after(self.copied_to, BUILDER_BATCH).into();
				match self.batch.back() {
					Some(last) => self.copied_to = Some(last.position),
					None => self.all_copied = true,
				}
			}
			let head = self.batch.front().map(|head| head.position);
			let successor = self.successors.first_key_value().map(|(position, _)| *position);
			if let Some(position) = successor.filter(|s| head.is_none_or(|head| *s < head)) {
				return self.successors.remove(&position);
			}
			let mut run = self.batch.pop_front()?.run;
			let Some(offer) = run.pop_front() else { continue };
			let Some((account, _)) = &offer.sender else { return Some(offer) };
			// A head that the account got after its first offer: its turn comes as a successor, if at all.
			if self.runs.contains_key(account) {
				continue;
			}
			self.runs.insert(account.clone(), run);
			return Some(offer);
		}
	}
}
