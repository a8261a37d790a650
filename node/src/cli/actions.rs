//! The arguments of the commands.

use super::{
	duration::duration,
	settings::{PlaceArgs, SettingArgs},
};
use crate::{config::Flags, keystore::KeyKind, state_sync::Checkpoint};
use clap::{Args, Subcommand};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// An hour: far beyond what validators tolerate of each other.
const CLOCK_OFFSET_MS_MAX: i64 = 3_600_000;

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
	/// Before signing, listen for this many new blocks whether another process signs with the validator key. A key without
	/// a history on this machine listens unasked
	#[arg(long, value_name = "N", default_value_t = 0, hide = true)]
	pub doppelganger_heights: u32,
	/// Sign from this block on although the signing guard objects or has not listened: only if no earlier signature can
	/// contradict it and no copy of the key runs. A double signature is slashed
	#[arg(long, value_name = "HEIGHT", hide = true, conflicts_with = "doppelganger_heights")]
	pub unsafe_sign_from: Option<u64>,
	/// Have a clock that is wrong by so many milliseconds, to test others; refused on live chains
	#[arg(long, value_name = "MS", default_value_t = 0, hide = true, allow_negative_numbers = true)]
	#[arg(value_parser = clap::value_parser!(i64).range(-CLOCK_OFFSET_MS_MAX..=CLOCK_OFFSET_MS_MAX))]
	pub clock_offset_ms: i64,
	/// Without a database, take the state after this block from peers instead of all blocks: HEIGHT:HASH
	#[arg(long, value_name = "CHECKPOINT", hide = true)]
	pub sync_from: Option<Checkpoint>,
	/// Be killed as soon as this process, which must be the parent, is gone
	#[arg(long, value_name = "PID", hide = true)]
	pub exit_with_parent: Option<u32>,
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
		/// The key that is to follow the validator key, which stays; encrypted if that one is. Shows the one that is there, if
		/// any
		#[arg(long, conflicts_with_all = ["output", "encrypt"])]
		next: bool,
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
		/// The next validator key, which `plexus key generate validator --next` or the RPC author_rotateKeys makes
		#[arg(long, conflicts_with = "key")]
		next: bool,
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
	/// Move the signing history of the validator key to another machine
	#[command(subcommand)]
	Signing(SigningCommand),
}

/// `plexus key signing`.
#[derive(Debug, Subcommand)]
pub enum SigningCommand {
	/// Write what the validator key signed to a file, to move it: this machine does not sign again
	Export {
		/// File to write; it must not exist
		#[arg(long, short, value_name = "FILE")]
		output: PathBuf,
		#[command(flatten)]
		#[allow(missing_docs)]
		place: PlaceArgs,
	},
	/// Take over what the validator key signed on another machine
	Import {
		/// The file of an export
		file: PathBuf,
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
	/// Start from what --save-trusted wrote for this chain, and not from its genesis
	#[arg(long, value_name = "FILE")]
	pub trusted: Option<PathBuf>,
	/// Write what is trusted by then to this file, which must not exist, for the next proofs to start from
	#[arg(long, value_name = "FILE")]
	pub save_trusted: Option<PathBuf>,
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

/// `plexus index`.
#[derive(Debug, Subcommand)]
pub enum IndexCommand {
	/// Empty the index of a stopped node and fill it again, from the genesis
	Rebuild(IndexRebuildArgs),
}

/// `plexus index rebuild`.
#[derive(Debug, Args)]
pub struct IndexRebuildArgs {
	/// Only from the states that are kept: at once, but what is older is forgotten
	#[arg(long)]
	pub from_states: bool,
	/// Print JSON
	#[arg(long)]
	pub json: bool,
	/// Directory for the second database, where blocks must be executed again [default: the system's temporary directory]
	#[arg(long, value_name = "DIR")]
	pub scratch: Option<PathBuf>,
	#[command(flatten)]
	#[allow(missing_docs)]
	pub place: PlaceArgs,
}

/// `plexus testnet`.
#[derive(Debug, Subcommand)]
pub enum TestnetCommand {
	/// Write keys, specification, configurations and service files of a new network
	New(TestnetNewArgs),
	/// Run a network on this machine; disturb and judge it with --chaos
	Run(TestnetRunArgs),
}

/// The most validators of a network made in one go.
const VALIDATORS_MAX: i64 = 64;

/// `plexus testnet new`.
#[derive(Debug, Args)]
pub struct TestnetNewArgs {
	/// How many validators
	#[arg(long, value_name = "N", default_value_t = 4)]
	#[arg(value_parser = clap::value_parser!(u16).range(1..=VALIDATORS_MAX))]
	pub validators: u16,
	/// Directory to make
	#[arg(long, short, value_name = "DIR")]
	pub out: PathBuf,
	/// Chain id
	#[arg(long, default_value = "plexus-testnet")]
	pub id: String,
	/// Milliseconds between blocks [default: 1000]
	#[arg(long, value_name = "MS")]
	pub block_time_ms: Option<u64>,
	/// Name or IP address of each validator's host, in order [default: validator-1, …, as in docker-compose.yml]
	#[arg(long = "host", value_name = "HOST")]
	pub hosts: Vec<String>,
	/// Whole PLX that an account starts with; may repeat
	#[arg(long = "endow", value_name = "ADDRESS=PLX")]
	pub endowed: Vec<String>,
	/// Whole PLX that each validator stakes
	#[arg(long, value_name = "PLX", default_value_t = 1_000_000)]
	pub stake: u64,
	/// Whole PLX of the faucet's account
	#[arg(long, value_name = "PLX", default_value_t = 100_000)]
	pub faucet: u64,
	/// Print JSON
	#[arg(long)]
	pub json: bool,
}

/// `plexus testnet run`.
#[derive(Debug, Args)]
pub struct TestnetRunArgs {
	/// How many validators
	#[arg(long, value_name = "N", default_value_t = 4)]
	#[arg(value_parser = clap::value_parser!(u16).range(1..=VALIDATORS_MAX))]
	pub validators: u16,
	/// Directory to keep; a network that is there goes on [default: a temporary one]
	#[arg(long, short = 'd', value_name = "DIR")]
	pub base_path: Option<PathBuf>,
	/// Milliseconds between blocks of a new network [default: 1000]
	#[arg(long, value_name = "MS")]
	pub block_time_ms: Option<u64>,
	/// Transfers to send per second, to all nodes in turn [default: none, with faults 10]
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=2_000))]
	pub load: Option<u32>,
	/// Milliseconds that each message is under way, up to half more
	#[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=5_000))]
	pub delay_ms: u64,
	/// Kill, pause, disconnect and partition nodes
	#[arg(long)]
	pub chaos: bool,
	/// Names the row of faults: the same seed gives the same row [default: a random one]
	#[arg(long, value_name = "N", requires = "chaos")]
	pub seed: Option<u64>,
	/// A fault, such as kill:1:5s, partition:1,2|3,4:60s or skew=5000:2:30s; may repeat: one after the other
	#[arg(long = "fault", value_name = "FAULT", conflicts_with = "chaos")]
	pub faults: Vec<String>,
	/// Stakes of the validators of a new network in whole PLX, in order [default: all alike]
	#[arg(long, value_name = "PLX,…", value_delimiter = ',')]
	pub stakes: Vec<u64>,
	/// Wipe a further node and have it join again so often (90s, 5m); needs --for, --chaos or --fault
	#[arg(long, value_name = "TIME", value_parser = duration)]
	pub newcomer_every: Option<Duration>,
	/// Stop after so long (90s, 3m, 1h) with a verdict [default with --chaos: 3m]
	#[arg(long = "for", value_name = "TIME", value_parser = duration)]
	pub lasting: Option<Duration>,
	/// Print the verdict as JSON, and nothing else to standard output
	#[arg(long)]
	pub json: bool,
}

/// `plexus faucet`.
#[derive(Debug, Args)]
pub struct FaucetArgs {
	/// File with the mnemonic or seed of the account that pays, mode 0600
	#[arg(long, value_name = "FILE")]
	pub key: PathBuf,
	/// Node that transfers are sent to
	#[arg(long, value_name = "URL", env = "PLEXUS_URL", default_value = "ws://127.0.0.1:9944")]
	pub url: String,
	/// Where to listen for HTTP
	#[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8000")]
	pub listen: SocketAddr,
	/// PLX for each request
	#[arg(long, value_name = "PLX", default_value = "10")]
	pub amount: String,
	/// How long an address waits for the next
	#[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
	pub every: Duration,
	/// Requests of one IP address (IPv6: one /64) in that time
	#[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
	pub per_ip: u32,
	/// Take the client's address from the last X-Forwarded-For: only behind a proxy of your own
	#[arg(long)]
	pub behind_proxy: bool,
}

/// `plexus serve-receipts`.
#[derive(Args)]
pub struct ServeReceiptsArgs {
	/// Where to listen for HTTP: on this machine alone, unless --public says otherwise
	#[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8010")]
	pub listen: SocketAddr,
	/// Listen to others, too. Whoever reaches it can hand in what your payers did not ask for
	#[arg(long, hide = true)]
	pub public: bool,
	#[command(flatten)]
	#[allow(missing_docs)]
	pub redeemer: plexus_cli::RedeemerArgs,
}
