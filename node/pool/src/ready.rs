//! What the block builder takes transactions from.
//!
//! Must not: hold the pool's lock longer than one batch takes, or take anything out of the pool because a
//! block was built with it: that block may never be decided. Nor call the runtime while the builder runs
//! inside it.
//!
//! Invariant: a transaction that the builder could not apply leaves the pool only if it panicked the runtime,
//! or if the committed state by itself proves it invalid; what failed through its neighbours in the block
//! stays.

use plexus_execution::{InvalidKind, InvalidReason, PooledTransaction, Rejected, TransactionSource};
use plexus_storage::Hash;

use crate::{limits::SUSPECTS_MAX, queue::Pass, Pool};

/// One pass over the pool's ready transactions, best first.
pub struct Ready {
	pool: Pool,
	pass: Pass,
	/// What the builder found invalid, to be judged by itself when the builder is done.
	suspects: Vec<(Hash, InvalidReason)>,
}

impl Ready {
	pub(crate) fn new(pool: Pool) -> Self {
		Self { pool, pass: Pass::default(), suspects: Vec::new() }
	}
}

impl TransactionSource for Ready {
	fn next(&mut self) -> Option<PooledTransaction> {
		let offer = self.pass.next(|position, count| self.pool.heads_after(position, count))?;
		Some(PooledTransaction { hash: offer.hash, bytes: offer.bytes.clone() })
	}

	fn applied(&mut self, hash: &Hash) {
		self.pass.applied(hash, |account, nonce, count| self.pool.run(account, nonce, count));
	}

	fn rejected(&mut self, hash: &Hash, why: Rejected) {
		let Some(offer) = self.pass.take_offered(hash) else { return };
		match why {
			Rejected::NoRoom => {}
			// It would take down the next build too, and no order or balance excuses it.
			Rejected::Invalid(reason) if reason.kind == InvalidKind::Panicked => {
				self.pool.remove_invalid(&offer.hash, &reason);
			}
			Rejected::Invalid(reason) => {
				// Those beyond the bound stay in the pool and come up in the next block again.
				if self.suspects.len() < SUSPECTS_MAX {
					self.suspects.push((offer.hash, reason));
				}
			}
		}
	}
}

impl Drop for Ready {
	/// The builder is done: the runtime is free to judge what it found invalid.
	fn drop(&mut self) {
		for (hash, reason) in std::mem::take(&mut self.suspects) {
			self.pool.judge(&hash, &reason);
		}
	}
}
