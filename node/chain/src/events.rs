//! What the rest of the node hears of a committed block.

use plexus_storage::Tip;
use std::{sync::Arc, time::Duration};

/// Committed blocks that a slow listener may fall behind before it has to read the database instead.
pub const EVENT_BACKLOG_MAX: usize = 64;

/// A block was committed, and is final.
pub struct BlockEvent {
	/// The new tip.
	pub tip: Arc<Tip>,
	/// Its extrinsics.
	pub body: Vec<Vec<u8>>,
	/// Storage keys that the block changed, in order.
	pub changed_keys: Vec<Vec<u8>>,
	/// The timestamp it set, milliseconds since 1970.
	pub timestamp_ms: u64,
	/// Time that building or executing it took.
	pub execution: Duration,
	/// Time that writing it took.
	pub commit: Duration,
}
