//! The harness of the integration tests: real node processes on free ports, and what talks to them.
//!
//! # Must not
//! Link the node. Tests see only what a user sees: the binary, its exit code, its log, its ports, its files. The runtime
//! is linked to build and sign transactions as a wallet would.
//!
//! # Invariants
//! Every wait has a bound ([`wait`]), and a failure shows the end of the node's log. A node dies with its [`Node`].
//!
//! Modules in reading order: [`node`] a process, [`rpc`] a connection to it, [`wallet`] transactions, [`load`] many of
//! them, [`raw`] bytes on a socket that no client library would send, [`cli`] the client commands, [`http`] those that serve,
//! [`serving`] one of them with what it serves, [`local`] nodes of one chain, started one by one, [`testnet`] several nodes at
//! once, [`link`] a slow way to one of them, [`hosts`] a network between them that is slow and loses packets.

pub mod cli;
#[cfg(target_os = "linux")]
pub mod hosts;
pub mod http;
pub mod link;
pub mod load;
pub mod local;
pub mod node;
pub mod raw;
pub mod rpc;
pub mod serving;
pub mod testnet;
pub mod wait;
pub mod wallet;

pub use cli::Cli;
pub use link::Link;
pub use load::Load;
pub use local::LocalChain;
pub use node::{Node, NodeOptions};
pub use rpc::Rpc;
pub use testnet::Testnet;
pub use wallet::{Key, Wallet, PLX};
