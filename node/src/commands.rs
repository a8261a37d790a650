//! The commands, one file each. Here only the dispatch.
//!
//! Commands print results to standard output and everything else to standard error; they return an error or an exit code
//! and never end the process themselves.

mod chain_spec;
mod check;
mod completions;
mod config;
mod doctor;
mod export;
mod faucet;
mod http;
mod import;
mod index;
mod key;
mod key_signing;
mod progress;
mod run;
mod serve_receipts;
mod snapshot;
mod testnet;
mod verify;
mod version;

use crate::{
	cli::{Cli, Command},
	logging,
};
use std::{future::Future, process::ExitCode};

/// Does what the command line says.
///
/// # Errors
/// Whatever stood in the way, as a [`crate::report::Report`] where it is known.
pub fn execute(cli: Cli) -> anyhow::Result<ExitCode> {
	let done = |()| ExitCode::SUCCESS;
	match cli.command {
		Command::Run(args) => run::run(*args).map(done),
		Command::Client(command) => block_on((*command).run()).map(done),
		Command::Key(command) => key::run(command).map(done),
		Command::ChainSpec(command) => chain_spec::run(command).map(done),
		Command::Config(command) => config::run(command).map(done),
		Command::Doctor(args) => doctor::run(&args),
		Command::Export(args) => export::run(args).map(done),
		Command::Import(args) => {
			logging::start_for_command();
			import::run(args).map(done)
		}
		Command::Check(args) => {
			logging::start_for_command();
			check::run(args).map(done)
		}
		Command::Snapshot(command) => {
			logging::start_for_command();
			snapshot::run(command).map(done)
		}
		Command::Index(command) => {
			logging::start_for_command();
			index::run(command).map(done)
		}
		Command::Verify(args) => verify::run(&args).map(done),
		Command::Testnet(command) => testnet::run(command),
		Command::Faucet(args) => faucet::run(&args).map(done),
		Command::ServeReceipts(args) => serve_receipts::run(&args).map(done),
		Command::Completions { shell } => completions::completions(shell).map(done),
		Command::Man { directory } => completions::man(&directory).map(done),
		Command::Version => version::run().map(done),
	}
}

/// The exit code of an error: the client commands tell kinds of failures apart, all others are 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
	match error.downcast_ref::<plexus_cli::Failure>() {
		Some(failure) => ExitCode::from(failure.exit_code()),
		None => ExitCode::FAILURE,
	}
}

/// Runs a future to its end on a runtime of its own.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
	tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}
