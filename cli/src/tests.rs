//! The command line as a whole: what it takes, what it refuses, and that its help can be read.
//!
//! The command lines are in files, one on each line: `tests/accepted.txt` and `tests/refused.txt`.

use super::*;
use clap::{CommandFactory, Parser};

#[derive(Parser)]
struct Cli {
	#[command(subcommand)]
	command: Command,
}

fn parse(line: &str) -> Result<Command, clap::Error> {
	Cli::try_parse_from(["plexus"].into_iter().chain(line.split_whitespace())).map(|cli| cli.command)
}

/// The command lines of a file: all but blank lines and those that begin with `#`.
fn command_lines(file: &str) -> impl Iterator<Item = &str> {
	file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[test]
fn the_arguments_are_consistent() {
	Cli::command().debug_assert();
}

#[test]
fn the_help_of_every_command_fits_on_a_screen() {
	fn check(command: &mut clap::Command, path: &str) {
		// What the program shows with `--help`: the short form.
		let lines = command.render_help().to_string().lines().count();
		// The program has 40 lines, and `--help-all` takes up to 3 of them.
		assert!(lines <= 37, "`{path} --help` has {lines} lines:\n{}", command.render_help());
		for inner in command.get_subcommands_mut() {
			check(inner, &format!("{path} {}", inner.get_name()));
		}
	}
	let mut command = Cli::command();
	command.build();
	check(&mut command, "plexus");
}

#[test]
fn the_documented_command_lines_parse() {
	for line in command_lines(include_str!("tests/accepted.txt")) {
		if let Err(error) = parse(line) {
			panic!("{line}: {error}");
		}
	}
}

#[test]
fn contradictory_command_lines_are_refused() {
	for line in command_lines(include_str!("tests/refused.txt")) {
		assert!(parse(line).is_err(), "{line}");
	}
}
