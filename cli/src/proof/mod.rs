//! Proofs in files: what `plexus query proof` writes and `plexus verify` checks without any node.
//!
//! ```text
//! chain specification ─▶ genesis hash, first validators, or a later block and its validators     trust
//!                            │  finality: each change of the set, then the header          verify, plexus_primitives::light
//!                            ▼
//!                       a final header: height, state root
//!                            │  storage: trie nodes from the root to each key              storage
//!                            ▼
//!                       balance of an account, what it is owed, time, any value
//! ```
//!
//! The trie is read here and not in the light client's core: a trie library is more code than all the rest of it, and
//! the core is compiled into the runtime's crates.
//!
//! # Must not
//! Believe anything in a proof, its genesis hash included. Need the network to verify.
//!
//! # Invariants
//! A file is refused as a whole or accepted as a whole: what is not needed for the proof may not stand in it.

mod file;
mod storage;
mod trust;
mod verify;

pub(crate) use file::{
	too_long, write_new, CertifiedFile, Finality, HandoverFile, ProofFile, Storage, PROOF_BYTES_MAX,
};
pub(crate) use storage::read;
pub use trust::TrustFiles;
pub(crate) use verify::{keys, Accounts};
pub use verify::{run, TrustedChain};

#[cfg(test)]
mod tests;
