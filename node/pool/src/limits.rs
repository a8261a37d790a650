//! What the pool may hold, and every fixed bound of this crate.
//!
//! Must not: depend on the chain's state. A limit is either configured by the operator ([`PoolLimits`]) or a constant
//! here with its reason.
//!
//! Invariant: with `count` transactions of `bytes` in all, the pool's own bookkeeping stays under 600 bytes a
//! transaction; there is no collection in this crate that none of these limits bounds.

use plexus_storage::BlockNumber;

/// What the operator lets the pool hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
	/// Transactions, ready and waiting together.
	pub count: usize,
	/// Bytes of all transactions together, without bookkeeping.
	pub bytes: usize,
	/// How far ahead of an account's nonce in the state its transactions may reach, and so how many it may have.
	///
	/// A window over nonces rather than a count: a transaction that fills a gap always fits, so that an account can never
	/// lock itself out with later nonces that arrived first.
	pub per_account: u32,
	/// How many transactions one agent may be about to pay for. Each of them is within its key's fee budget by itself, all
	/// together need not be: without a bound, one small budget fills the pool with what will never be paid. One that is due
	/// takes the place of those that wait for an earlier nonce, but of no other: a key with so many that are due keeps the
	/// agent's other keys out of the pool until blocks have taken them. Each that is taken is paid from that key's budget,
	/// which bounds for how long.
	pub per_agent: u32,
	/// Bytes of one transaction.
	pub transaction_bytes_max: usize,
	/// Blocks after which a transaction leaves, even if it is valid for longer.
	pub lifetime_blocks: BlockNumber,
}

impl Default for PoolLimits {
	/// About twenty seconds of transfers at 6,000 a second, 180 MiB at worst; an hour of life with blocks of one second.
	fn default() -> Self {
		Self {
			count: 131_072,
			bytes: 128 << 20,
			per_account: 16_384,
			per_agent: 1_024,
			transaction_bytes_max: 512 << 10,
			lifetime_blocks: 3_600,
		}
	}
}

impl PoolLimits {
	/// How many of the transactions may wait for an earlier nonce when a waiting one is added.
	///
	/// A waiting transaction has paid nothing and may never do so: half of the pool is out of reach for them,
	/// so that nobody can close the pool to paying ones with nonces that never come due.
	pub(crate) fn waiting_count(&self) -> usize {
		self.count / 2
	}

	/// The same for their bytes.
	pub(crate) fn waiting_bytes(&self) -> usize {
		self.bytes / 2
	}

	/// Bytes of all transactions that one agent is to pay for.
	pub(crate) fn agent_bytes(&self) -> usize {
		(self.bytes / AGENT_PART).max(self.transaction_bytes_max)
	}
}

/// The part of the pool's bytes that the transactions which one agent is to pay for may take: a 64th, or one transaction.
/// Many more of them are cheap to make than are ever paid for, so a few agents must not fill the pool.
const AGENT_PART: usize = 64;

/// How far beyond its account's ready run a transaction may wait that an agent is to pay for. What waits costs nobody
/// anything: without a bound, one key takes all that its agent may be about to pay for. Room for what is submitted in
/// parallel and arrives in another order.
pub(crate) const AGENT_WAITING_MAX: u32 = 64;

/// A replacement must offer this many percent of the priority of what it replaces: each replacement is relayed to the whole
/// network, so it has to cost something.
pub(crate) const REPLACEMENT_PERCENT: u64 = 110;

/// Waiting transactions that one better transaction may push out. Enough for any transaction against average
/// ones; bounds the work under the lock.
pub(crate) const EVICTIONS_MAX: usize = 64;

/// Transactions that the block builder copies out per lock, a few hundred microseconds at most.
pub(crate) const BUILDER_BATCH: usize = 256;

/// Successors of an account that the builder copies along with its first transaction.
pub(crate) const BUILDER_RUN: usize = 8;

/// Builds on different blocks that may fail to apply a transaction that validates on its own, before it is taken for
/// invalid: its neighbours in a block can fail it once or twice, hardly each time.
pub(crate) const FAILED_BUILDS_MAX: u8 = 3;

/// Included transactions that the pool remembers, so that a late copy is answered "already included" without a check of its
/// signature. Five full blocks; 4 MiB when full.
pub(crate) const RECENT_MAX: usize = 65_536;

/// Blocks whose transactions are remembered. A lookup tries each: a microsecond, a hundredth of a validation.
pub(crate) const RECENT_BLOCKS_MAX: usize = 64;

/// Subscriptions to statuses, all together. A channel with something in it takes 2 KiB.
pub(crate) const WATCHERS_MAX: usize = 16_384;

/// Subscriptions to one transaction.
pub(crate) const WATCHERS_PER_TRANSACTION_MAX: usize = 16;

/// Statuses that wait in one subscription; the last place is kept for the final one.
pub(crate) const WATCHER_QUEUE: usize = 8;

/// Accepted hashes that wait for a slow subscriber; gossip that lags behind this skips the oldest, other nodes have them then.
pub(crate) const IMPORTED_QUEUE: usize = 4_096;

/// How often a submission is validated anew because a block arrived meanwhile. Validation takes a thousandth of
/// the shortest block time, so two would do.
pub(crate) const VALIDATIONS_MAX: usize = 8;

/// Bytes that [`Pool::pending`](crate::Pool::pending) returns at most: what fits into one RPC response in hex.
pub(crate) const PENDING_BYTES_MAX: usize = 4 << 20;

/// Transactions that one build may have judged again because it found them invalid: 10 ms at worst, and a proposal waits for it.
pub(crate) const SUSPECTS_MAX: usize = 256;
