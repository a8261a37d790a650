//! The program: parses the command line, hands over to [`plexus_node::commands`], prints what went wrong.

use clap::FromArgMatches;
use plexus_node::{cli, commands, report::Report};
use std::{env, process::ExitCode};

/// Long-running nodes grow on the system's allocator.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
	let arguments: Vec<String> =
		env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
	if let Some(help) = cli::help_all(&arguments) {
		print!("{help}");
		return ExitCode::SUCCESS;
	}
	let matches = cli::tree().get_matches();
	let cli = cli::Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
	match commands::execute(cli) {
		Ok(code) => code,
		Err(error) => {
			eprintln!("{}", Report::from_anyhow(&error));
			commands::exit_code(&error)
		}
	}
}
