//! Runtime calls on snapshots: build a block, verify one, validate a transaction, answer a query.
//!
//! Everything here forks from a [`plexus_storage::State`] and never writes. A panic of the runtime is caught and
//! becomes an error; a failed read of the state voids whatever was computed. Nothing here looks at a clock, except the
//! builder's deadline, which the caller gives.
//!
//! The runtime is the native one of `plexus-runtime`. All calls go through its SCALE interface ([`environment`]), so
//! that a second executor (the same runtime as Wasm) can stand beside it.
//!
//! Reading order: [`executor`] (the handle), [`environment`] (how a runtime call runs), [`overlay`] and
//! [`externalities`] (what it changes, and how it reaches that), [`build`], [`verify`], [`validate`],
//! [`signatures`], [`events`], `invariants`.

pub mod build;
mod environment;
pub mod error;
pub mod events;
pub mod executor;
pub mod externalities;
mod invariants;
pub mod overlay;
pub mod signatures;
pub mod validate;
pub mod verify;

pub use build::{BuildParams, PooledTransaction, Rejected, TransactionSource, COMMIT_INHERENT};
pub use environment::install_panic_hook;
pub use error::{BlockError, BuildError, CallError, InvalidKind, InvalidReason, InvariantError};
pub use events::{traced_events, EventsError, SPEC_VERSION};
pub use executor::{ExecutedBlock, Executor};
pub use signatures::{BoundedSignatureCache, SharedSignatureCache, SIGNATURES_REMEMBERED};
pub use validate::Validated;
