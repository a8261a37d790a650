//! Statuses of transactions and those who watch them.
//!
//! Must not: block, or hold up the pool for a slow reader.
//!
//! Invariants: a watcher gets exactly one final status, the last thing in its channel, unless it hung up before; a slow reader
//! misses `Ready`/`Future` in between, never the final one, since its place in the queue is kept free.
//!
//! ```text
//!            ┌────────┐  gap filled   ┌───────┐
//! submit ──▶ │ Future │ ────────────▶ │ Ready │ ◀── submit
//!            └────────┘ ◀──────────── └───────┘
//!                 │      earlier one      │
//!                 ▼          left         ▼
//!        Included · Invalid · Dropped · Usurped   (final)
//! ```

use std::collections::HashMap;

use plexus_storage::Hash;
use tokio::sync::mpsc;

use crate::limits::{WATCHERS_MAX, WATCHERS_PER_TRANSACTION_MAX, WATCHER_QUEUE};

/// Where a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
	/// The next block may include it.
	Ready,
	/// It waits for an earlier nonce of its account.
	Future,
	/// A block holds it. Final, as every block of this chain.
	Included {
		/// Hash of that block.
		block: Hash,
		/// Its place in the block's body.
		index: u32,
	},
	/// The chain's state rules it out; the text says why. Final.
	Invalid(String),
	/// It left the pool though it might be valid: expired, pushed out, removed by the operator; the text says which. Final.
	Dropped(String),
	/// Another transaction took its place: the same account and nonce, or the same tag. Final.
	Usurped(Hash),
}

impl TransactionStatus {
	/// Whether nothing comes after it.
	pub fn is_final(&self) -> bool {
		match self {
			Self::Ready | Self::Future => false,
			Self::Included { .. } | Self::Invalid(_) | Self::Dropped(_) | Self::Usurped(_) => true,
		}
	}
}

/// Receives the statuses of one transaction, the final one last.
pub type StatusReceiver = mpsc::Receiver<TransactionStatus>;

/// A change of one transaction's status.
pub(crate) type Event = (Hash, TransactionStatus);

/// All subscriptions, by transaction.
#[derive(Default)]
pub(crate) struct Watchers {
	by_hash: HashMap<Hash, Vec<mpsc::Sender<TransactionStatus>>>,
	count: usize,
}

impl Watchers {
	/// Whether one more subscription fits; forgets those whose reader is gone if that helps.
	pub fn has_room(&mut self, hash: &Hash) -> bool {
		let of_this = self.by_hash.get(hash).map_or(0, Vec::len);
		if self.count < WATCHERS_MAX && of_this < WATCHERS_PER_TRANSACTION_MAX {
			return true;
		}
		self.forget_closed();
		self.count < WATCHERS_MAX && self.by_hash.get(hash).map_or(0, Vec::len) < WATCHERS_PER_TRANSACTION_MAX
	}

	/// Adds a subscription that starts with a status if one is given. Callers ask [`Self::has_room`] first.
	pub fn add(&mut self, hash: Hash, present: Option<TransactionStatus>) -> StatusReceiver {
		let (sender, receiver) = mpsc::channel(WATCHER_QUEUE);
		if let Some(status) = present {
			Self::send_passing(&sender, &status);
		}
		self.by_hash.entry(hash).or_default().push(sender);
		self.count += 1;
		receiver
	}

	/// Hands changes to those who watch, in order.
	pub fn notify(&mut self, events: impl IntoIterator<Item = Event>) {
		if self.by_hash.is_empty() {
			return;
		}
		for (hash, status) in events {
			if status.is_final() {
				let senders = self.by_hash.remove(&hash).unwrap_or_default();
				self.count -= senders.len();
				for sender in senders {
					// Fails only if the reader hung up: the last place of the queue is never used before.
					let _ = sender.try_send(status.clone());
				}
			} else if let Some(senders) = self.by_hash.get(&hash) {
				senders.iter().for_each(|sender| Self::send_passing(sender, &status));
			}
		}
	}

	/// Sends one watcher a status that is not final.
	fn send_passing(sender: &mpsc::Sender<TransactionStatus>, status: &TransactionStatus) {
		if sender.capacity() > 1 {
			let _ = sender.try_send(status.clone());
		}
	}

	fn forget_closed(&mut self) {
		self.by_hash.retain(|_, senders| {
			senders.retain(|sender| !sender.is_closed());
			!senders.is_empty()
		});
		self.count = self.by_hash.values().map(Vec::len).sum();
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn hash(n: u8) -> Hash {
		Hash::repeat_byte(n)
	}

	fn drain(receiver: &mut mpsc::Receiver<TransactionStatus>) -> Vec<TransactionStatus> {
		std::iter::from_fn(|| receiver.try_recv().ok()).collect()
	}

	#[test]
	fn a_reader_that_never_reads_still_finds_the_final_status() {
		let mut watchers = Watchers::default();
		let mut receiver = watchers.add(hash(1), None);
		for _ in 0..100 {
			watchers.notify([(hash(1), TransactionStatus::Future), (hash(1), TransactionStatus::Ready)]);
		}
		watchers.notify([(hash(1), TransactionStatus::Dropped("expired".into()))]);
		let seen = drain(&mut receiver);
		assert_eq!(seen.len(), WATCHER_QUEUE);
		assert_eq!(seen.last(), Some(&TransactionStatus::Dropped("expired".into())));
		assert!(receiver.is_closed());
		assert_eq!(watchers.count, 0);
	}

	#[test]
	fn only_those_who_watch_the_transaction_are_told() {
		let mut watchers = Watchers::default();
		let (mut one, mut two) = (watchers.add(hash(1), None), watchers.add(hash(2), None));
		watchers.notify([(hash(2), TransactionStatus::Ready)]);
		assert_eq!(drain(&mut one), []);
		assert_eq!(drain(&mut two), [TransactionStatus::Ready]);
	}

	#[test]
	fn watchers_of_one_transaction_are_bounded_and_closed_ones_make_room() {
		let mut watchers = Watchers::default();
		let mut receivers = Vec::new();
		while watchers.has_room(&hash(1)) {
			receivers.push(watchers.add(hash(1), None));
		}
		assert_eq!(receivers.len(), WATCHERS_PER_TRANSACTION_MAX);
		assert!(watchers.has_room(&hash(2)));
		receivers.pop();
		assert!(watchers.has_room(&hash(1)));
		assert_eq!(watchers.count, WATCHERS_PER_TRANSACTION_MAX - 1);
	}

	#[test]
	fn watchers_are_bounded_in_all() {
		let mut watchers = Watchers::default();
		let receivers: Vec<_> = (0..WATCHERS_MAX as u64)
			.map(|n| {
				let hash = Hash::from_low_u64_be(n);
				assert!(watchers.has_room(&hash));
				watchers.add(hash, None)
			})
			.collect();
		assert!(!watchers.has_room(&Hash::repeat_byte(0xff)));
		drop(receivers);
		assert!(watchers.has_room(&Hash::repeat_byte(0xff)));
		assert_eq!(watchers.count, 0);
	}
}
