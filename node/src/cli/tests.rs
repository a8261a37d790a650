//! Length of the help, and that flags and settings are the same things.

use super::*;
use crate::config::SETTINGS;
use clap::FromArgMatches;

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
			assert_eq!(shown.kind(), clap::error::ErrorKind::DisplayHelp, "{arguments:?}");
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
		&["chain-spec", "build", "--id", "x", "--preset", "dev", "--validator", "0x00"],
		&["chain-spec", "build", "--validator", "0x00"],
		&["chain-spec", "build", "--id", "x", "--sudo", "x"],
		&[],
	] {
		assert!(parse(arguments).is_err(), "{arguments:?}");
	}
}
