//! The node's one libp2p swarm: consensus messages, block sync, state sync and transactions share its connections.
//!
//! ```text
//!   engine ──Msg──► Bridge (actor) ──┐                                   ┌─► engine events (port)
//!                                    ├─ bounded ─► Worker (owns the swarm)┼─► IncomingTransactions, newcomers, StateRequests (bounded)
//!   node ──NetworkHandle──commands───┘                                   └─► watches: peers, addresses, bans
//! ```
//!
//! # Must not
//! Know blocks, validity or the disk. Only this crate knows libp2p; towards the engine it speaks Malachite's network
//! messages, and nobody but [`bridge`] and [`engine_side`] knows those.
//!
//! # Invariants
//! - One task, [`worker`], owns the swarm and everything about peers; others send it messages over bounded channels.
//! - Gossip is forwarded only after it was judged: consensus messages must decode and be signed as they say, transactions
//!   wait for the node's [`Verdict`].
//! - Peers of another chain or version are disconnected as soon as they say so, and kept away; topics and protocols carry
//!   the genesis hash.
//! - Whatever a peer may send has a share, and every kind of misbehaviour a penalty. What happens when a queue is full is
//!   written in [`worker`].
//!
//! # Reading order
//! [`config`] and [`handle`] are what the node sees, [`worker`] is the heart, [`behaviour`] what the swarm speaks. Who gets
//! in: [`gate`]. Who is sent away: [`conduct`] and [`meter`]. Whom to dial: [`dialer`] and [`discovery`]. Bytes: [`topics`],
//! [`batch`]. Tables: [`peers`], [`validators`], [`welcomed`], [`early`], [`counters`].

mod answers;
pub mod batch;
mod behaviour;
pub mod bridge;
mod certificates;
pub mod conduct;
pub mod config;
pub mod counters;
pub mod dialer;
mod discovery;
mod early;
mod engine_side;
mod gate;
pub mod handle;
mod in_flight;
pub mod meter;
mod own_votes;
pub mod peers;
mod recent;
mod streams;
pub mod topics;
mod validators;
mod welcomed;
mod worker;

pub use bytes::Bytes;
pub use conduct::{BanReason, Misbehaviour};
pub use config::{ConnectionLimits, NetworkConfig, NetworkError};
pub use counters::{NetworkStats, QueueFill};
pub use handle::{
	AskError, BannedPeer, BatchId, IncomingTransactions, Network, NetworkHandle, NetworkTask, ReservedError,
	StateRequest, StateRequestId, Verdict,
};
pub use libp2p::{Multiaddr, PeerId};
pub use meter::{Rate, Rates};
pub use peers::PeerInfo;
pub use worker::start;
