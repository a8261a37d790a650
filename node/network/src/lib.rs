//! The node's one libp2p swarm: consensus messages, block sync and transactions share its connections.
//!
//! ```text
//!   engine ──Msg──► Bridge (actor) ──┐                                   ┌─► engine events (port)
//!                                    ├─ bounded ─► Worker (owns the swarm)┼─► IncomingTransaction (bounded)
//!   node ──NetworkHandle──commands───┘                                   └─► watches: peers, addresses
//! ```
//!
//! # Must not
//! Know blocks, validity or the disk. Only this crate knows libp2p; towards the engine it speaks Malachite's network
//! messages, and nobody but [`bridge`] and [`engine_side`] knows those.
//!
//! # Invariants
//! - One task, [`worker`], owns the swarm and everything about peers; others send it messages over bounded channels.
//! - Gossip is forwarded only after it was judged: consensus messages must decode, transactions wait for the node's
//!   [`Verdict`].
//! - Peers of another chain are disconnected as soon as they say so; topics and protocols carry the genesis hash.
//!
//! # Reading order
//! [`config`] and [`handle`] are what the node sees, [`worker`] is the heart, [`behaviour`] what the swarm speaks,
//! [`topics`], [`peers`] and [`dialer`] its tables.

mod behaviour;
pub mod bridge;
pub mod config;
pub mod dialer;
mod engine_side;
pub mod handle;
pub mod peers;
pub mod topics;
mod worker;

pub use config::{NetworkConfig, NetworkError};
pub use handle::{IncomingTransaction, Network, NetworkHandle, NetworkTask, TransactionId, Verdict};
pub use libp2p::{Multiaddr, PeerId};
pub use peers::PeerInfo;
pub use worker::start;
