//! Claims on the chain, and what local files say about them: what challengers and contributors work with.
//!
//! ```text
//! chain     what the runtime API tells of open batches       history   what the node's index tells of batches and accounts
//! receipts  a batch's receipts: from a store, or its block   files     outputs, prompts, contexts; contributions by id
//!      └───────────────┬────────────────┴────────────────────────┘
//!                    facts     what the chain has of the contributions, versions and models in question
//!                      │
//!                  findings    what is wrong, by facts and files alone: pure
//!                      └ proofs   a challenge to the last byte, as the chain verifies it
//! worth                        what claims and challenges move
//! ```
//!
//! # Must not
//! Send anything: that is [`crate::challenge`]. Take a node's word for receipts: their Merkle root is computed anew.

pub(crate) mod chain;
pub(crate) mod facts;
pub(crate) mod files;
pub(crate) mod findings;
pub(crate) mod history;
pub(crate) mod proofs;
pub(crate) mod receipts;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod worth;
