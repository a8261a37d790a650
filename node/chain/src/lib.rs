//! The chain's single writer.
//!
//! Blocks come in two ways, proposed here ([`Chain::propose`]) or by others ([`Chain::verify`]); each is
//! executed once and its result kept by hash until a height is decided ([`Chain::commit`]). Decided is final:
//! there is no reorganisation. Nobody else writes to the database's blocks and state. This crate knows no
//! consensus, network or JSON; certificates are bytes to it.
//!
//! Everything here blocks (disk, execution): call it from threads that may.
//!
//! Reading order: [`chain`] (the handle and the commit), [`events`] (what others hear), [`sets`] (validators kept for proofs),
//! [`replay`] (execute it all again), [`index`] (events by what they are about, kept behind the chain).

pub mod chain;
pub mod events;
pub mod index;
pub mod replay;
pub mod sets;

pub use chain::{Chain, ChainError, Proposal};
pub use events::BlockEvent;
