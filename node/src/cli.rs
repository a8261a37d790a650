//! The command line: clap types and nothing else. What a command does is in [`crate::commands`].
//!
//! Everyday help has at most 40 lines for each command (a test counts); what is needed rarely is hidden there and shown
//! by `--help-all`. Flags of settings carry the setting's key as their field name, so that they form a configuration
//! layer without a translation ([`crate::config::Flags`]).

mod actions;
mod duration;
mod settings;

pub(crate) use duration::duration;

pub use actions::{
	ChainSpecCommand, CheckArgs, ConfigCommand, DoctorArgs, ExportArgs, FaucetArgs, ImportArgs, IndexCommand,
	IndexRebuildArgs, KeyCommand, RunArgs, ServeReceiptsArgs, SigningCommand, SnapshotCommand,
	TestnetCommand, TestnetNewArgs, TestnetRunArgs, VerifyArgs,
};
pub use settings::{P2pArgs, PlaceArgs, PoolArgs, RpcArgs, SettingArgs};

use clap::{Arg, ArgAction, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Lines of help are cut here, also on wider terminals.
const HELP_COLUMNS_MAX: usize = 110;

/// A node of the Plexus chain, and its client.
#[derive(Parser)]
#[command(
	name = "plexus",
	version,
	max_term_width = HELP_COLUMNS_MAX,
	arg_required_else_help = true,
	after_help = "Start with `plexus run --dev`. Every command has --help, and --help-all for the rest."
)]
pub struct Cli {
	/// What to do.
	#[command(subcommand)]
	pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
	/// Run a node
	Run(Box<RunArgs>),
	#[command(flatten)]
	#[allow(missing_docs)]
	Client(Box<plexus_cli::Command>),
	/// Make, show and bring in the node's keys
	#[command(subcommand)]
	Key(KeyCommand),
	/// Build, show and check chain specifications
	#[command(subcommand)]
	ChainSpec(ChainSpecCommand),
	/// Show the configuration and where each value comes from
	#[command(subcommand)]
	Config(ConfigCommand),
	/// Check clock, disk, ports, keys and database
	Doctor(Box<DoctorArgs>),
	/// Write blocks to a file
	Export(ExportArgs),
	/// Read blocks from a file, verify and execute them
	Import(ImportArgs),
	/// Execute all blocks again and compare every state root
	Check(CheckArgs),
	/// Copy a database, and start from a copy
	#[command(subcommand)]
	Snapshot(SnapshotCommand),
	/// Make the index of events anew
	#[command(subcommand)]
	Index(IndexCommand),
	/// Check a proof without a node, by the chain's specification alone
	Verify(VerifyArgs),
	/// Host a network of one's own, or run and disturb one on this machine
	#[command(subcommand)]
	Testnet(TestnetCommand),
	/// Give test money away over HTTP
	Faucet(FaucetArgs),
	/// Take receipts and vouchers from serving processes, and redeem them
	ServeReceipts(Box<ServeReceiptsArgs>),
	/// Print a completion script for a shell
	#[command(hide = true)]
	Completions {
		/// The shell
		shell: Shell,
	},
	/// Write man pages, one for each command
	#[command(hide = true)]
	Man {
		/// Directory to write them to
		directory: PathBuf,
	},
	/// Print versions of program, runtime and formats
	Version,
}

/// The command tree with its help flags: `-h` and `--help` show one line for each option, `--help-all` everything.
pub fn tree() -> clap::Command {
	fn with_help(command: clap::Command) -> clap::Command {
		let help = Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help("Print help");
		let all = Arg::new("help_all")
			.long("help-all")
			.action(ArgAction::SetTrue)
			.help("Print help with everything there is");
		let command = command.disable_help_flag(true).disable_help_subcommand(true);
		command.arg(help).arg(all).mut_subcommands(with_help)
	}
	with_help(Cli::command())
}

/// The command tree with nothing hidden.
pub fn full_tree() -> clap::Command {
	fn shown(command: clap::Command) -> clap::Command {
		command.hide(false).mut_args(|arg| arg.hide(false)).mut_subcommands(shown)
	}
	shown(tree())
}

/// The help that `--help-all` asks for, if the arguments do: that of the innermost command named.
///
/// Looked for before parsing, so that required arguments need not be given.
pub fn help_all(arguments: &[String]) -> Option<String> {
	let arguments = &arguments[1.min(arguments.len())..];
	let arguments = arguments.split(|argument| argument == "--").next().unwrap_or_default();
	if !arguments.iter().any(|argument| argument == "--help-all") {
		return None;
	}
	let mut command = full_tree();
	command.build();
	for argument in arguments {
		if let Some(inner) = command.find_subcommand(argument) {
			command = inner.clone();
		}
	}
	Some(command.render_long_help().to_string())
}

#[cfg(test)]
mod tests;
