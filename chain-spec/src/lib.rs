//! Chain specifications: what makes a chain this chain.
//!
//! A specification is a JSON file that every node of a chain has. It fixes the genesis state, and with it the
//! genesis hash, which every transaction and every vote is bound to.
//!
//! ```text
//! preset "dev" / "local" ─┐
//!                         ├─→ ChainSpec ── check ──→ genesis storage ──→ state root ──→ header ──→ genesis hash
//! JSON file ──────────────┘
//! ```
//!
//! # Must not
//! Depend on the machine: no clock, no randomness, no environment. Nor open files: callers hand over bytes.
//!
//! # Invariants
//! - The same file gives the same genesis hash everywhere; a golden test holds the presets' hashes.
//! - Storage is only built from a specification that passed every check.
//!
//! # Reading order
//! [`spec`] is the file's form, [`genesis`] the state it fixes, [`check`] its rules, [`header`] the first block.

pub mod check;
pub mod genesis;
pub mod header;
pub mod spec;
pub mod well_known;

pub use check::SpecError;
pub use genesis::{Genesis, GenesisValidator, RawGenesis, RuntimeGenesis};
pub use header::{genesis_header, genesis_state_root};
pub use pallet_validators::ChainPeriods;
pub use spec::{ChainSpec, ChainType, Properties, FORMAT_VERSION, SPEC_BYTES_MAX};
