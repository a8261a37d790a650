//! `plexus-demo`: the demonstration. `scripts/demo` builds what it needs and starts it.
//!
//! # Must not
//! Hold more than the command line.

use anyhow::{ensure, Context, Result};
use clap::Parser;
use plexus_agents::demo::{run, Options, INFERENCES_MAX};
use std::{path::PathBuf, process::ExitCode};
use tokio::signal::unix::{signal, SignalKind};

/// Shows all of Plexus on a chain of its own: data, models, paid inference, claims, challenges, settlement
#[derive(Parser)]
#[command(version)]
struct Cli {
	/// Answers that are paid
	#[arg(long, value_name = "N", default_value_t = 1_000)]
	#[arg(value_parser = clap::value_parser!(u64).range(4..=INFERENCES_MAX))]
	inferences: u64,
	/// Directory with the text files that are contributed: .md and .rs
	#[arg(long, value_name = "DIR", default_value = ".")]
	data: PathBuf,
	/// Block time of the chain, 200 to 10000
	#[arg(long, value_name = "MS", default_value_t = 500)]
	#[arg(value_parser = clap::value_parser!(u64).range(200..=10_000))]
	block_time_ms: u64,
	/// Leave chain and agents running at the end, until Ctrl-C
	#[arg(long)]
	keep: bool,
	/// The binary plexus [default: beside this one]
	#[arg(long, value_name = "FILE", env = "PLEXUS_BIN", hide_env = true)]
	plexus: Option<PathBuf>,
	/// The binary plexus-agent [default: beside this one]
	#[arg(long, value_name = "FILE", hide = true)]
	agent: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
	match start().await {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			// In one line, with its causes: a backtrace tells a user nothing.
			eprintln!("{error:#}");
			ExitCode::FAILURE
		}
	}
}

async fn start() -> Result<()> {
	let Cli { inferences, data, block_time_ms, keep, plexus, agent } = Cli::parse();
	let own = std::env::current_exe().context("this program has a path")?;
	let beside = |given: Option<PathBuf>, name: &str| -> Result<PathBuf> {
		let path = given.unwrap_or_else(|| own.with_file_name(name));
		ensure!(
			path.exists(),
			"{} is missing; build it with cargo build --release --workspace --bins",
			path.display()
		);
		Ok(path)
	};
	let options = Options {
		inferences,
		plexus: beside(plexus, "plexus")?,
		agent: beside(agent, "plexus-agent")?,
		data,
		block_time_ms,
		keep,
	};
	let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
	let [interrupt, terminate, hangup] = kinds.map(signal);
	let (mut interrupt, mut terminate, mut hangup) = (interrupt?, terminate?, hangup?);
	let stop = async move {
		tokio::select! {
			_ = interrupt.recv() => {}
			_ = terminate.recv() => {}
			_ = hangup.recv() => {}
		}
	};
	run(&options, stop).await
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn the_arguments_are_consistent_and_bounded() {
		Cli::command().debug_assert();
		for line in ["--inferences 3", "--inferences 10001", "--block-time-ms 100"] {
			assert!(
				Cli::try_parse_from(["plexus-demo"].into_iter().chain(line.split_whitespace())).is_err(),
				"{line}"
			);
		}
	}
}
