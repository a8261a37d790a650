//! Durable chain data: blocks, certificates, the current state and its trie, in RocksDB.
//!
//! This crate is the only user of RocksDB. It does **not** execute blocks, does not decide what is valid and never
//! writes on its own account: the single writer is `plexus-chain`, which hands over one complete block at a time.
//! Only before there is a chain, a database may be made of a state from elsewhere ([`import`]).
//!
//! Invariants:
//! - a committed block is written by exactly one synced batch: state, trie nodes, block, certificate, tip ([`Database::commit`]);
//! - there are no forks, hence exactly one current state, kept flat for reads and as a trie for roots and proofs;
//! - a [`State`] is a consistent view of the state after one block, whatever is committed meanwhile.
//!
//! Reading order: [`schema`] (every column and key), [`db`] (open, commit, copy), [`blocks`], [`sets`], [`index`], [`state`], [`nodes`], [`cache`];
//! pieces of a state with proofs: [`range`]; a database made of such pieces: [`import`].

pub mod blocks;
mod cache;
pub mod db;
pub mod error;
mod handle;
pub mod import;
pub mod index;
mod nodes;
pub mod range;
pub mod schema;
pub mod sets;
mod snapshot;
pub mod state;
pub mod types;

pub use db::{BlockCommit, Database, DatabaseStats, Genesis, Options, StatePruning, Tip};
pub use error::{OpenError, StateError, StorageError};
pub use import::{Beginning, ImportError, Milestone, StateImport};
pub use index::{HistoryPage, IndexMark, IndexedEvent, NewEntry, Order, Place, Sums};
pub use range::{verify_range, Range, RangeError};
pub use state::{MerkleValue, State, StateBackend, StateChanges};
pub use types::{Block, BlockNumber, Hash, Header, Pair, StateHasher};

#[cfg(test)]
mod tests;
