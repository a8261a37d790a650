//! [`Heads`]: every block from a point on, in order, none twice, none left out.
//!
//! # Must not
//! Depend on a queue: it is told only that there is a new tip, and reads from the database what lies between. A slow
//! reader costs nothing but its position.

use crate::{connection::Connection, context::Context, errors::RpcError};
use plexus_storage::{Hash, Header, Tip};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Blocks read from the database at a time by a reader that fell behind.
const CATCH_UP: u32 = 64;

/// How long a reader that fell behind waits when all query threads are busy.
const RETRY: Duration = Duration::from_millis(100);

/// A position in the chain that moves forward.
pub struct Heads {
	context: Arc<Context>,
	connection: Arc<Connection>,
	tip: watch::Receiver<Arc<Tip>>,
	next: u32,
}

/// A block's hash and header.
pub type Head = (Hash, Header);

impl Heads {
	/// Starts with the block after the last one, which is returned.
	pub fn after_tip(context: &Arc<Context>, connection: &Arc<Connection>) -> (Self, Head) {
		let mut tip = context.chain.subscribe();
		let now = tip.borrow_and_update().clone();
		(
			Self { context: context.clone(), connection: connection.clone(), tip, next: now.number + 1 },
			(now.hash, now.header.clone()),
		)
	}

	/// How many blocks the chain is ahead.
	pub fn behind(&self) -> u32 {
		(self.tip.borrow().number + 1).saturating_sub(self.next)
	}

	/// Waits for the next block or blocks. `None` when the chain is stopped. Cancelling it loses nothing.
	///
	/// # Errors
	/// If the database cannot be read.
	pub async fn next(&mut self) -> Option<Result<Vec<Head>, RpcError>> {
		loop {
			let tip = self.tip.borrow_and_update().clone();
			if tip.number < self.next {
				self.tip.changed().await.ok()?;
				continue;
			}
			let (first, last) = (self.next, tip.number.min(self.next + CATCH_UP - 1));
			let heads = if first == tip.number {
				Ok(vec![(tip.hash, tip.header.clone())])
			} else {
				drop(tip);
				self.context
					.on_query_thread(&self.connection, move |context| context.heads(first, last))
					.await
			};
			match heads {
				Err(RpcError::Busy | RpcError::TimedOut(_)) => tokio::time::sleep(RETRY).await,
				heads => {
					if heads.is_ok() {
						self.next = last + 1;
					}
					return Some(heads);
				}
			}
		}
	}
}

impl Context {
	/// The heads of the blocks `first..=last`, all of which exist.
	pub fn heads(&self, first: u32, last: u32) -> Result<Vec<Head>, RpcError> {
		(first..=last)
			.map(|number| {
				let missing = || RpcError::Internal(format!("block {number} is missing from the database"));
				let hash = self.database().hash(number)?.ok_or_else(missing)?;
				Ok((hash, self.database().header(&hash)?.ok_or_else(missing)?))
			})
			.collect()
	}
}
