//! The transaction pool: what has been validated and waits for a block.
//!
//! Must not: write the database, build blocks, or know the network and the RPC; both hold a [`Pool`] and hand it bytes.
//!
//! **The promise:** no accepted transaction is ever lost. It leaves by inclusion, by proven invalidity, by
//! expiry, by replacement or by the operator's hand, and whoever watches it is told which. Nonces may arrive
//! in any order; those that come early wait. A full pool refuses, it does not forget: only a transaction that
//! waits for an earlier nonce may be pushed out, by one of strictly higher priority.
//!
//! ```text
//! RPC, gossip ─ bytes ─▶ pool ─ validate (execution) ─▶ queue ◀─ on_block ─ chain
//!                                                        │ │ └─ imported ─▶ gossip
//!                                                        │ └─ statuses ───▶ RPC
//!                                                        └─ ready ────────▶ block builder (execution)
//! ```
//!
//! Reading order: [`pool`] (the handle), [`shared`] (what its lock guards), [`queue`] (the order), [`ready`] (what the builder
//! sees), [`watch`] (statuses), [`recent`], [`limits`], [`error`].

mod error;
mod limits;
mod pool;
mod queue;
mod ready;
mod recent;
mod shared;
mod watch;

pub use error::SubmitError;
pub use limits::PoolLimits;
pub use pool::{Pool, PoolStatus};
pub use ready::Ready;
pub use watch::{StatusReceiver, TransactionStatus};
