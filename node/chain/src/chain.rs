//! Propose, verify, commit.

use crate::{
	events::{BlockEvent, EVENT_BACKLOG_MAX},
	sets,
};
use parking_lot::Mutex;
use plexus_execution::{BlockError, BuildError, BuildParams, ExecutedBlock, Executor};
use plexus_pool::Pool;
use plexus_primitives::consensus::Commit;
use plexus_storage::{Block, BlockCommit, Database, Hash, StorageError, Tip};
use std::{
	collections::HashMap,
	path::Path,
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::sync::{broadcast, watch};

/// Executed but undecided blocks kept in memory. Normally there is one; each failed round adds one.
const EXECUTED_MAX: usize = 8;

/// Transactions that may panic the runtime, one after another, before a block is built without any.
const BUILD_ATTEMPTS_MAX: usize = 8;

/// Why the chain could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
	/// No block could be built.
	#[error("no block could be built: {0}")]
	Build(#[from] BuildError),
	/// The decided block has not been executed here.
	#[error("block {hash:?} was decided but has not been executed here; verify its body first")]
	NotExecuted {
		/// The block.
		hash: Hash,
	},
	/// Reading or writing failed; the tip is unchanged.
	#[error(transparent)]
	Storage(#[from] StorageError),
	/// A question to the runtime failed.
	#[error(transparent)]
	Call(#[from] plexus_execution::CallError),
}

/// A block built here.
pub struct Proposal {
	/// Its hash.
	pub hash: Hash,
	/// The block.
	pub block: Block,
	/// The timestamp it sets, milliseconds since 1970.
	pub timestamp_ms: u64,
}

/// Handle of the chain. Cheap to clone.
#[derive(Clone)]
pub struct Chain(Arc<Inner>);

struct Inner {
	database: Database,
	executor: Executor,
	pool: Pool,
	executed: Mutex<Executed>,
	/// Held for the length of a commit: the single writer.
	writing: Mutex<()>,
	tip: watch::Sender<Arc<Tip>>,
	blocks: broadcast::Sender<Arc<BlockEvent>>,
}

#[derive(Default)]
struct Executed {
	blocks: HashMap<Hash, (ExecutedBlock, Duration)>,
	order: Vec<Hash>,
}

impl Executed {
	fn insert(&mut self, block: ExecutedBlock, took: Duration) {
		let hash = block.hash;
		if self.blocks.insert(hash, (block, took)).is_none() {
			self.order.push(hash);
		}
		if self.order.len() > EXECUTED_MAX {
			let oldest = self.order.remove(0);
			self.blocks.remove(&oldest);
		}
	}

	fn clear(&mut self) {
		self.blocks.clear();
		self.order.clear();
	}
}

impl Chain {
	/// The chain on an open database.
	pub fn new(database: Database, executor: Executor, pool: Pool) -> Self {
		let (tip, _) = watch::channel(database.tip());
		let (blocks, _) = broadcast::channel(EVENT_BACKLOG_MAX);
		record_set(&database, &executor);
		Self(Arc::new(Inner {
			database,
			executor,
			pool,
			executed: Mutex::default(),
			writing: Mutex::new(()),
			tip,
			blocks,
		}))
	}

	/// The database, for reading.
	pub fn database(&self) -> &Database {
		&self.0.database
	}

	/// The runtime.
	pub fn executor(&self) -> &Executor {
		&self.0.executor
	}

	/// The transaction pool.
	pub fn pool(&self) -> &Pool {
		&self.0.pool
	}

	/// Hash of block 0.
	pub fn genesis_hash(&self) -> Hash {
		self.0.database.genesis_hash()
	}

	/// The last committed block.
	pub fn tip(&self) -> Arc<Tip> {
		self.0.database.tip()
	}

	/// The tip, as it moves; intermediate tips may be missed.
	pub fn subscribe(&self) -> watch::Receiver<Arc<Tip>> {
		self.0.tip.subscribe()
	}

	/// Every committed block; who falls more than [`EVENT_BACKLOG_MAX`] behind is told so and reads the database.
	pub fn blocks(&self) -> broadcast::Receiver<Arc<BlockEvent>> {
		self.0.blocks.subscribe()
	}

	/// Builds a block on the tip from the pool, within its part of the block time, and remembers its execution. `commit`
	/// holds the precommits for the tip, by the places of its validators; only on the genesis there are none.
	///
	/// # Errors
	/// [`ChainError::Build`], also when the commit is missing or does not prove the tip final, and when the runtime panics
	/// on a block without transactions.
	pub fn propose(
		&self,
		author: [u8; 32],
		timestamp_ms: u64,
		commit: Option<Commit>,
	) -> Result<Proposal, ChainError> {
		let started = Instant::now();
		let tip = self.tip();
		let block_time = Duration::from_millis(self.0.executor.block_time_ms(&tip.state)?);
		let others = self.0.executor.validators(&tip.state)?.len() > 1;
		// Half is for the others: sending, verifying, voting. A validator on its own has only to vote and to write.
		let budget = if others { block_time / 2 } else { block_time * 3 / 4 };
		let params = BuildParams::new(author, timestamp_ms, commit, started + budget);
		let built = self.build(&tip, params)?;
		let proposal =
			Proposal { hash: built.hash, block: built.block.clone(), timestamp_ms: built.timestamp_ms };
		self.0.executed.lock().insert(built, started.elapsed());
		Ok(proposal)
	}

	/// A transaction that panics the runtime is dropped, and building begins anew. If none is at fault, as at the end of a
	/// block, or too many are, the block is built without any: a node that cannot propose in its turn ends.
	fn build(&self, tip: &Tip, mut params: BuildParams) -> Result<ExecutedBlock, ChainError> {
		for _ in 0..BUILD_ATTEMPTS_MAX {
			let mut source = self.0.pool.ready();
			match self.0.executor.build(tip, &params, &mut source) {
				Err(BuildError::Panicked { culprit: Some(_), .. }) => continue,
				Err(BuildError::Panicked { culprit: None, message }) => {
					tracing::error!(%message, "the runtime panicked on no single transaction; the block is built without any");
					break;
				}
				other => return Ok(other?),
			}
		}
		params.deadline = Instant::now();
		Ok(self.0.executor.build(tip, &params, &mut self.0.pool.ready())?)
	}

	/// Executes a block on the tip and remembers the execution. Returns its hash and timestamp.
	///
	/// # Errors
	/// [`BlockError`]: all but [`BlockError::Storage`] say that the block is not valid on this tip.
	pub fn verify(&self, block: Block) -> Result<(Hash, u64), BlockError> {
		let hash = block.hash();
		if let Some((known, _)) = self.0.executed.lock().blocks.get(&hash) {
			// The header commits the body, but only if this is that header's body.
			if known.block == block {
				return Ok((hash, known.timestamp_ms));
			}
		}
		let started = Instant::now();
		let executed = self.0.executor.execute(&self.tip(), block)?;
		let timestamp_ms = executed.timestamp_ms;
		self.0.executed.lock().insert(executed, started.elapsed());
		Ok((hash, timestamp_ms))
	}

	/// Writes a decided block, makes it the tip and tells everybody. Idempotent for the tip itself.
	///
	/// # Errors
	/// [`ChainError::NotExecuted`] if neither [`Chain::propose`] nor [`Chain::verify`] saw it since the last commit.
	pub fn commit(&self, hash: &Hash, certificate: Vec<u8>) -> Result<Arc<Tip>, ChainError> {
		self.write_block(hash, certificate, Database::commit)
	}

	/// As [`Chain::commit`], without waiting for the disk: see [`Database::commit_unsynced`].
	///
	/// # Errors
	/// As of [`Chain::commit`].
	pub fn commit_unsynced(&self, hash: &Hash, certificate: Vec<u8>) -> Result<Arc<Tip>, ChainError> {
		self.write_block(hash, certificate, Database::commit_unsynced)
	}

	fn write_block(
		&self,
		hash: &Hash,
		certificate: Vec<u8>,
		write: fn(&Database, BlockCommit) -> Result<Arc<Tip>, StorageError>,
	) -> Result<Arc<Tip>, ChainError> {
		let _writing = self.0.writing.lock();
		let tip = self.tip();
		if tip.hash == *hash {
			return Ok(tip);
		}
		let taken = self.0.executed.lock().blocks.remove(hash);
		let (executed, execution) = taken.ok_or(ChainError::NotExecuted { hash: *hash })?;
		let ExecutedBlock { block, hash, changes, timestamp_ms } = executed;
		let started = Instant::now();
		let changed_keys = changes.main.iter().map(|(key, _)| key.clone()).collect();
		let body = block.body.clone();
		let tip = write(&self.0.database, BlockCommit { block, hash, certificate, changes })?;
		self.0.executed.lock().clear();
		record_set(&self.0.database, &self.0.executor);
		let commit = started.elapsed();

		self.0.pool.on_block(tip.clone(), &body);
		self.0.tip.send_replace(tip.clone());
		let event = BlockEvent { tip: tip.clone(), body, changed_keys, timestamp_ms, execution, commit };
		// No listener is no error.
		let _ = self.0.blocks.send(Arc::new(event));
		Ok(tip)
	}

	/// Makes a copy of the database in a new directory, between two commits; the tip that is in it.
	///
	/// What is in memory is written out first without holding up commits, so that one waits only for the little that
	/// came since.
	///
	/// # Errors
	/// The directory exists, its parent does not, or the disk fails.
	pub fn copy_to(&self, directory: &Path) -> Result<Arc<Tip>, StorageError> {
		self.0.database.flush()?;
		let _writing = self.0.writing.lock();
		self.0.database.copy_to(directory)?;
		Ok(self.tip())
	}
}

/// A set that is not recorded costs proofs of finality over its height, and nothing else: the block stays committed.
fn record_set(database: &Database, executor: &Executor) {
	if let Err(error) = sets::record_tip(database, executor) {
		tracing::error!(%error, "the validators of the next block are not recorded; proofs of finality will lack them");
	}
}
