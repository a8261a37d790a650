//! The node around the chain: command line, configuration, keys, logs, metrics, and the wiring of all components.
//!
//! ```text
//!   main ─▶ cli ─▶ commands ─┬─▶ service ─▶ network ◀─▶ consensus ─▶ chain ─▶ storage
//!            config, place ◀─┘      │                                  ├─▶ execution
//!            keystore, password     ├─▶ rpc ────────────────▶ pool ◀───┘
//!            logging, report        └─▶ health, metrics, reporter
//! ```
//!
//! # Must not
//! Know RocksDB, libp2p, Malachite, JSON-RPC or the pallets: each has its crate, and this one only starts them. No rule of
//! the chain is decided here.
//!
//! # Tasks of a running node
//! | task | started by | ends |
//! |---|---|---|
//! | consensus, its engine and write-ahead log | `service` | when told to; otherwise the node ends with an error |
//! | network swarm | `service` | when told to; otherwise the node ends with an error |
//! | RPC server and its worker threads | `service` | when told to |
//! | health and metrics server | `service` | with the service |
//! | gossip: transactions between pool and peers | `service` | with the service |
//! | reporter: a log line and counts for each block | `service` | with the service |
//! | watch over the next validator key, on validators | `service` | with the service |
//! | snapshots at intervals, if asked for | `service` | with the service |
//! | index of events, behind the chain | `service` | with the service |
//! | states for peers that join | `service` | with the service |
//!
//! # Reading order
//! [`cli`], [`config`], [`place`], [`commands`], [`service`]; then what these use: [`keystore`],
//! [`rotation`], [`control`], [`gossip`], [`reporter`], [`health`], [`metrics`], [`snapshot`], [`index`],
//! [`state_sync`], [`logging`], [`report`].

pub mod block_file;
pub mod cli;
pub mod commands;
pub mod config;
pub mod control;
pub mod gossip;
pub mod health;
pub mod index;
pub mod keystore;
pub mod logging;
pub mod metrics;
pub mod network;
pub mod password;
pub mod paths;
pub mod place;
pub mod process;
pub mod report;
pub mod reporter;
pub mod rotation;
pub mod rpc_config;
pub mod service;
pub mod snapshot;
pub mod state_sync;
pub mod temporary;
