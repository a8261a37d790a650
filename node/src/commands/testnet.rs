//! `plexus testnet new|run`: a network of one's own, written down for hosts or run on this machine.
//!
//! ```text
//!   new ──┬─▶ layout ─▶ genesis          folders, keys, configurations, specification
//!         └─▶ files  ─▶ yaml             Dockerfile, compose file, unit, scrape configuration, dashboard
//!
//!   run ──┬─▶ layout, network ─▶ process, proxy      real nodes; between them, links that can be cut
//!         ├─▶ supervisor ◀─ schedule, fault (pure)   seed or names ─▶ faults, carried out one after the other
//!         │       └─▶ disk                           a process that waits longer for its disk
//!         ├─▶ newcomer                               a node that joins from nothing, again and again
//!         ├─▶ load                                   transfers to all nodes in turn, sent again until final
//!         ├─▶ observer                               what each node says of each height, by JSON-RPC
//!         └─▶ judge, resources (pure)                what was observed ─▶ verdict
//! ```
//!
//! # Must not
//! Look into a node: nodes are processes, seen through their RPC and the system alone. Judge while faults are injected.
//!
//! # Invariants
//! - Same seed, same faults at the same times. Beyond a third of the nodes nothing is down, except in a declared partition.
//! - No node outlives its network, however that ends.

mod disk;
mod fault;
mod files;
mod genesis;
mod judge;
mod layout;
mod load;
mod network;
mod new;
mod newcomer;
mod observer;
mod process;
mod proxy;
mod resources;
mod run;
mod schedule;
mod status;
mod supervisor;
mod verdict;
mod yaml;

use super::block_on;
use crate::cli::TestnetCommand;
use std::process::ExitCode;

/// Runs a testnet command.
///
/// # Errors
/// What cannot be written or started, with a remedy. A verdict against the network is no error, but an exit code.
pub fn run(command: TestnetCommand) -> anyhow::Result<ExitCode> {
	match command {
		TestnetCommand::New(args) => new::run(&args).map(|()| ExitCode::SUCCESS),
		TestnetCommand::Run(args) => block_on(run::run(args)),
	}
}
