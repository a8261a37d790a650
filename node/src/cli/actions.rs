//! The arguments of the commands.

use super::settings::{PlaceArgs, SettingArgs};
use crate::{config::Flags, keystore::KeyKind};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `plexus run`.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
	/// A chain of your own: validator //Alice, in a temporary directory unless --base-path is given
	#[arg(long, conflicts_with = "chain")]
	pub dev: bool,
	/// Keep everything in a temporary directory, removed at the end
	#[arg(long, conflicts_with = "base_path")]
	pub tmp: bool,
	#[command(flatten)]
	#[allow(missing_docs)]
	pub settings: SettingArgs,
	/// Sign although the signing guard objects: only if no other copy of the key ever ran
	#[arg(long, hide = true)]
	pub unsafe_reset_signing_state: bool,
}

impl RunArgs {
	/// These flags as a configuration layer.
	pub fn flags(&self) -> Flags {
		self.settings.flags().with_dev(self.dev, self.tmp)
	}
}

/// `plexus key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
	/// Make a new key
	Generate {
		/// Which key
		kind: KeyKind,
		/// Write it to this file instead of the chain's key directory
		#[arg(long, short, value_name = "FILE")]
		output: Option<PathBuf>,
		/// Encrypt it with a password (from --password-file, PLEXUS_PASSWORD or a prompt)
		#[arg(long)]
		encrypt: bool,
		/// Print JSON
		#[arg(long)]
		json: bool,
		#[command(flatten)]
		#[allow(missing_docs)]
		place: PlaceArgs,
	},
	/// Show a key's public half: address, hex, peer id
	Inspect {
		/// validator, node, the path of a key file, or a development seed such as //Alice
		#[arg(value_name = "KEY")]
		key: String,
		/// Print JSON
		#[arg(long)]
		json: bool,
		#[command(flatten)]
		#[allow(missing_docs)]
		place: PlaceArgs,
	},
	/// Prove to a chain that an account may validate with a key; for `plexus tx validator set-keys`
	Prove {
		/// The account that will validate: an address, or 0x and 64 hexadecimal digits
		#[arg(long, value_name = "ADDRESS")]
		account: String,
		/// The key's file [default: the chain's validator key]
		#[arg(long, value_name = "FILE")]
		key: Option<PathBuf>,
		/// Print JSON
		#[arg(long)]
		json: bool,
		#[command(flatten)]
		#[allow(missing_docs)]
		place: PlaceArgs,
	},
	/// Bring in a key of your own
	Insert {
		/// Which key
		kind: KeyKind,
		/// A key file, or a file with hex or a mnemonic; standard input if absent
		#[arg(long, short, value_name = "FILE")]
		from: Option<PathBuf>,
		/// A development seed such as //Alice; refused on live chains
		#[arg(long, value_name = "SEED", conflicts_with = "from")]
		dev_seed: Option<String>,
		/// Encrypt it with a password (from --password-file, PLEXUS_PASSWORD or a prompt)
		#[arg(long)]
		encrypt: bool,
		/// Print JSON
		#[arg(long)]
		json: bool,
		#[command(flatten)]
		#[allow(missing_docs)]
		place: PlaceArgs,
	},
}

/// `plexus chain-spec`.
#[derive(Debug, Subcommand)]
pub enum ChainSpecCommand {
	/// Write the specification of a chain of your own, or a preset's
	Build {
		/// dev or local
		#[arg(long, value_name = "PRESET", default_value = "dev")]
		preset: String,
		/// Chain id, also the name of its directory
		#[arg(long)]
		id: Option<String>,
		/// Name shown to people
		#[arg(long)]
		name: Option<String>,
		/// Milliseconds between blocks
		#[arg(long, value_name = "MS")]
		block_time_ms: Option<u64>,
		/// Consensus key, account and whole PLX of stake of a validator, instead of a preset; may repeat
		#[arg(
			long = "validator",
			value_name = "KEY[:ACCOUNT[:STAKE]]",
			conflicts_with = "preset",
			requires = "id"
		)]
		validators: Vec<String>,
		/// Whole PLX that an account starts with; may repeat
		#[arg(long = "endow", value_name = "ADDRESS=PLX", requires = "validators")]
		endowed: Vec<String>,
		/// Account in charge of Sudo; the chain is for tests then
		#[arg(long, value_name = "ADDRESS", requires = "validators")]
		sudo: Option<String>,
		/// Write the genesis as plain keys and values, which later runtimes read alike
		#[arg(long)]
		raw: bool,
		/// Write to this file instead of standard output
		#[arg(long, short, value_name = "FILE")]
		output: Option<PathBuf>,
	},
	/// Show what a specification leads to: genesis hash, validators, block time
	Show {
		/// dev, local, or the path of a specification
		chain: String,
		/// Print JSON
		#[arg(long)]
		json: bool,
	},
	/// Check a specification completely
	Validate {
		/// dev, local, or the path of a specification
		chain: String,
	},
}

/// `plexus config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
	/// Print the configuration in use, as a valid configuration file
	Show {
		/// Say where each value comes from
		#[arg(long)]
		origins: bool,
		/// Print JSON
		#[arg(long)]
		json: bool,
		#[command(flatten)]
		#[allow(missing_docs)]
		settings: Box<SettingArgs>,
	},
}

/// `plexus doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
	/// Print JSON
	#[arg(long)]
	pub json: bool,
	#[command(flatten)]
	#[allow(missing_docs)]
	pub settings: SettingArgs,
}

/// `plexus export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
	/// File to write; it must not exist
	pub file: PathBuf,
	/// First block
	#[arg(long, value_name = "N", default_value_t = 1)]
	pub from: u32,
	/// Last block [default: the last finalized one]
	#[arg(long, value_name = "N")]
	pub to: Option<u32>,
	#[command(flatten)]
	#[allow(missing_docs)]
	pub place: PlaceArgs,
}

/// `plexus import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
	/// File to read
	pub file: PathBuf,
	#[command(flatten)]
	#[allow(missing_docs)]
	pub place: PlaceArgs,
}

/// `plexus verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
	/// File that `plexus query proof` wrote
	pub file: PathBuf,
	/// The chain to believe: dev, local, or the path of a specification
	#[arg(long, value_name = "CHAIN")]
	pub chain: String,
	/// Print JSON
	#[arg(long)]
	pub json: bool,
}

/// `plexus snapshot`.
#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
	/// Copy the database of a stopped node, with a manifest of hashes
	Create {
		/// Directory to make
		#[arg(long, short, value_name = "DIR")]
		output: PathBuf,
		/// Print JSON
		#[arg(long)]
		json: bool,
		#[command(flatten)]
		#[allow(missing_docs)]
		place: PlaceArgs,
	},
	/// Check a snapshot against its manifest, and make it a base path's database
	Restore {
		/// Directory that `snapshot create`, or a node with --snapshot-every, made
		directory: PathBuf,
		/// Print JSON
		#[arg(long)]
		json: bool,
		#[command(flatten)]
		#[allow(missing_docs)]
		place: PlaceArgs,
	},
}

/// `plexus check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
	/// Print JSON
	#[arg(long)]
	pub json: bool,
	/// Directory for the second database [default: the system's temporary directory]
	#[arg(long, value_name = "DIR")]
	pub scratch: Option<PathBuf>,
	#[command(flatten)]
	#[allow(missing_docs)]
	pub place: PlaceArgs,
}
