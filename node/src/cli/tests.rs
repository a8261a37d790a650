//! Length of the help, that flags and settings are the same things, and that the guides' commands are commands.

use super::*;
use crate::config::SETTINGS;
use clap::{error::ErrorKind, FromArgMatches};
use std::{
	fs,
	path::{Path, PathBuf},
};

/// Everyday help must fit on a screen.
const HELP_LINES_MAX: usize = 40;

fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
	let matches = tree().try_get_matches_from([&["plexus"], arguments].concat())?;
	Cli::from_arg_matches(&matches)
}

/// The paths of all commands, the program itself included.
fn paths(command: &clap::Command, path: Vec<String>, found: &mut Vec<Vec<String>>) {
	found.push(path.clone());
	for inner in command.get_subcommands() {
		paths(inner, [&path[..], &[inner.get_name().to_string()]].concat(), found);
	}
}

#[test]
fn the_command_tree_is_sound() {
	tree().debug_assert();
	full_tree().debug_assert();
}

#[test]
fn everyday_help_has_at_most_forty_lines() {
	let mut found = Vec::new();
	paths(&tree(), vec!["plexus".into()], &mut found);
	assert!(found.iter().any(|path| path.join(" ") == "plexus run"), "{found:?}");
	for path in found {
		for flag in ["-h", "--help"] {
			let arguments = [&path[..], &[flag.to_string()]].concat();
			let shown = tree().try_get_matches_from(&arguments).expect_err("help is clap's kind of error");
			assert_eq!(shown.kind(), ErrorKind::DisplayHelp, "{arguments:?}");
			let lines = shown.to_string().lines().count();
			assert!((3..=HELP_LINES_MAX).contains(&lines), "{arguments:?} has {lines} lines");
		}
	}
}

#[test]
fn help_all_shows_every_setting_and_needs_no_arguments() {
	let help = |arguments: &[&str]| help_all(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
	let run = help(&["plexus", "run", "--help-all"]).expect("help");
	for setting in SETTINGS {
		assert!(run.contains(setting.flag), "{} is missing", setting.flag);
	}
	assert!(run.contains("--unsafe-sign-from") && run.contains("--doppelganger-heights"));
	assert!(help(&["plexus", "key", "generate", "--help-all"]).expect("help").contains("--encrypt"));
	assert!(help(&["plexus", "run", "--help"]).is_none());
	assert!(help(&["plexus", "run", "--", "--help-all"]).is_none());
	assert!(help(&[]).is_none());
}

#[test]
fn every_setting_has_exactly_its_flag() {
	let tree = full_tree();
	let run = tree.find_subcommand("run").expect("there is one");
	for setting in SETTINGS {
		let name = setting.flag.trim_start_matches("--");
		assert!(run.get_arguments().any(|arg| arg.get_long() == Some(name)), "no flag {}", setting.flag);
	}
}

#[test]
fn each_flag_sets_its_own_setting() {
	for setting in SETTINGS {
		let value = match setting.key {
			"validator" | "p2p.reserved_only" => None,
			"p2p.in_peers" | "p2p.out_peers" | "p2p.peers_per_ip" => Some("7"),
			"chain" => Some("local"),
			"block_time_ms" => Some("500"),
			"metrics.enabled" => Some("false"),
			"rpc.methods" => Some("unsafe"),
			"log.format" => Some("json"),
			"log.filter" => Some("debug"),
			"rpc.addr" | "metrics.addr" => Some("::1"),
			"storage.state_pruning" => Some("archive"),
			"storage.index" => Some("off"),
			key if key.starts_with("p2p.") => Some("/ip4/1.2.3.4/tcp/1/p2p/x"),
			"storage.cache_bytes" | "pool.bytes_max" => Some("8000000"),
			"storage.snapshot_every" | "storage.snapshots_kept" => Some("50"),
			key if key.starts_with("rpc.") || key.starts_with("pool.") || key == "metrics.port" => {
				Some("4567")
			}
			_ => Some("/tmp/x"),
		};
		let arguments: Vec<&str> = ["run", setting.flag].into_iter().chain(value).collect();
		let Ok(Cli { command: Command::Run(args) }) = parse(&arguments) else { panic!("{arguments:?}") };
		let loaded =
			crate::config::load(&args.flags(), []).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
		assert_eq!(loaded.origin(setting), format!("flag {}", setting.flag));
		let changed: Vec<_> =
			SETTINGS.iter().filter(|other| !loaded.is_default(other.key)).map(|s| s.key).collect();
		assert_eq!(changed, [setting.key]);
	}
}

#[test]
fn contradictions_are_refused() {
	for arguments in [
		&["run", "--dev", "--chain", "local"][..],
		&["run", "--tmp", "--base-path", "/tmp/x"],
		&["run", "--state-pruning", "some"],
		&["run", "--rpc-methods", "all"],
		&["key", "insert", "validator", "--from", "x", "--dev-seed", "//Alice"],
		&["key", "generate", "validator", "--next", "--output", "x"],
		&["key", "generate", "validator", "--next", "--encrypt"],
		&["chain-spec", "build", "--id", "x", "--preset", "dev", "--validator", "0x00"],
		&["chain-spec", "build", "--validator", "0x00"],
		&["chain-spec", "build", "--id", "x", "--sudo", "x"],
		&[],
	] {
		assert!(parse(arguments).is_err(), "{arguments:?}");
	}
}

/// The lines of a guide's blocks of shell that begin with this program. Continued lines are joined, comments cut.
fn typed(guide: &str) -> Vec<String> {
	let joined = guide.replace("\\\n", " ");
	let mut in_shell = false;
	let mut found = Vec::new();
	for line in joined.lines().map(str::trim) {
		if let Some(language) = line.strip_prefix("```") {
			in_shell = !in_shell && language == "sh";
			continue;
		}
		let line = line.strip_prefix("sudo -u plexus ").unwrap_or(line);
		if in_shell && line.starts_with("plexus ") {
			let command = line.split_once(" #").map_or(line, |(command, _)| command);
			found.push(command.trim_end().to_string());
		}
	}
	found
}

/// The words of a command as a shell sees them: quotes group, and are no part of a word.
fn words(command: &str) -> Vec<String> {
	let mut found = vec![String::new()];
	let mut quote: Option<char> = None;
	for character in command.chars() {
		match (quote, character) {
			(None, '\'' | '"') => quote = Some(character),
			(Some(open), _) if open == character => quote = None,
			(None, ' ' | '\t') => found.push(String::new()),
			_ => found.last_mut().expect("there is one from the start").push(character),
		}
	}
	found.retain(|word| !word.is_empty());
	found
}

/// Why a command is none. Values are not judged: in guides they may stand for others, like `0x…`.
fn misunderstood(command: &str) -> Option<String> {
	let error = tree().try_get_matches_from(words(command)).err()?;
	(error.kind() != ErrorKind::ValueValidation).then(|| error.to_string())
}

#[test]
fn every_command_of_the_guides_is_one() {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
	let guides = fs::read_dir(root.join("docs")).expect("the guides are there");
	let mut guides: Vec<PathBuf> = guides.map(|guide| guide.expect("it can be listed").path()).collect();
	guides.push(root.join("README.md"));
	let mut count = 0;
	for guide in guides {
		for command in typed(&fs::read_to_string(&guide).expect("guides are text")) {
			count += 1;
			assert_eq!(misunderstood(&command), None, "{}: {command}", guide.display());
		}
	}
	assert!(count >= 100, "{count} commands were found");

	assert_eq!(
		typed("```sh\nplexus run \\\n\t--dev   # here\n```\nplexus version\n"),
		["plexus run  \t--dev"],
		"blocks of shell, and nothing else"
	);
	assert_eq!(words("plexus run  \t--name 'a b'"), ["plexus", "run", "--name", "a b"]);
	for wrong in
		["plexus query balance", "plexus query balances //Alice", "plexus query balance //Alice --at 7"]
	{
		assert!(misunderstood(wrong).is_some(), "{wrong}");
	}
}
