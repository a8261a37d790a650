//! The settings as types, with their defaults. Plain data: no reading, no checking.

use serde::{de, Deserialize, Deserializer, Serialize, Serializer};
use std::{
	env, fmt,
	net::{IpAddr, Ipv4Addr, SocketAddr},
	path::PathBuf,
	str::FromStr,
};

/// All settings of a node. Made by [`crate::config::load`] only, which has checked every rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
	/// `dev`, `local` or the path of a chain specification.
	pub chain: String,
	/// Where everything that lasts is kept; see [`crate::paths`].
	pub base_path: PathBuf,
	/// The node's name in logs and RPC.
	pub name: String,
	/// Whether this node proposes and votes.
	pub validator: bool,
	/// Another block time for the development chain; 0 leaves the chain's own.
	pub block_time_ms: u64,
	/// JSON-RPC server.
	pub rpc: Rpc,
	/// Peer-to-peer network.
	pub p2p: P2p,
	/// Database.
	pub storage: Storage,
	/// Transaction pool.
	pub pool: Pool,
	/// Metrics and health endpoints.
	pub metrics: Metrics,
	/// Logs.
	pub log: Log,
	/// Key files.
	pub keys: Keys,
}

/// JSON-RPC server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rpc {
	/// Listening address. Loopback unless told otherwise: the RPC has no authentication.
	pub addr: IpAddr,
	/// Listening port; 0 lets the system choose.
	pub port: u16,
	/// Origins a browser may call from; `*` for all.
	pub cors: Vec<String>,
	/// Which methods are served.
	pub methods: RpcMethods,
	/// Connections at once.
	pub connections_max: u32,
	/// Bytes of one request.
	pub request_bytes_max: u32,
	/// Bytes of one response.
	pub response_bytes_max: u32,
	/// Calls in one batch.
	pub batch_max: u32,
	/// Subscriptions of one connection.
	pub subscriptions_max: u32,
	/// Responses and notifications queued for one connection.
	pub notifications_max: u32,
	/// Milliseconds that one state query or runtime call may take.
	pub call_ms_max: u64,
	/// Blocks pinned by one `chainHead` follower.
	pub pinned_blocks_max: u32,
}

/// Peer-to-peer network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct P2p {
	/// Multiaddresses to listen on; empty: reachable by nobody, dials only.
	pub listen: Vec<String>,
	/// Multiaddresses told to others, for nodes behind NAT.
	pub public: Vec<String>,
	/// Nodes asked first for others.
	pub bootnodes: Vec<String>,
	/// Nodes always kept connected.
	pub reserved: Vec<String>,
	/// Whether nobody but reserved nodes is let in or dialled.
	pub reserved_only: bool,
	/// Peers that connect to this node, at most.
	pub in_peers: u32,
	/// Peers that this node looks for.
	pub out_peers: u32,
	/// Of those that connect, from one IPv4 address or IPv6 network of 64 bits.
	pub peers_per_ip: u32,
}

/// Database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
	/// How many past states are kept.
	pub state_pruning: StatePruning,
	/// Bytes of memory for the database's caches.
	pub cache_bytes: u64,
	/// Whether events are kept by what they are about.
	pub index: Index,
	/// Blocks between two snapshots; 0 makes none.
	pub snapshot_every: u32,
	/// How many snapshots stay.
	pub snapshots_kept: u32,
}

/// Transaction pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
	/// Transactions held.
	pub count_max: u32,
	/// Bytes of all transactions held.
	pub bytes_max: u64,
	/// Transactions held for one account.
	pub per_account_max: u32,
	/// Transactions held for which one agent pays.
	pub per_agent_max: u32,
	/// Bytes of one transaction.
	pub transaction_bytes_max: u32,
	/// Blocks after which a transaction that was never included is dropped.
	pub lifetime_blocks: u32,
}

/// Metrics and health endpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
	/// Whether they are served at all.
	pub enabled: bool,
	/// Listening address.
	pub addr: IpAddr,
	/// Listening port; 0 lets the system choose.
	pub port: u16,
}

/// Logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
	/// What is logged: `level` or `target=level,…`.
	pub filter: String,
	/// How it is written.
	pub format: LogFormat,
}

/// Key files.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
	/// A file whose first line is the password of encrypted keys; empty for none.
	pub password_file: String,
}

impl Config {
	/// Where the RPC listens.
	pub fn rpc_socket(&self) -> SocketAddr {
		SocketAddr::new(self.rpc.addr, self.rpc.port)
	}

	/// Where metrics and health are served, if they are.
	pub fn metrics_socket(&self) -> Option<SocketAddr> {
		self.metrics.enabled.then(|| SocketAddr::new(self.metrics.addr, self.metrics.port))
	}
}

impl Default for Config {
	fn default() -> Self {
		Self {
			chain: "dev".into(),
			base_path: default_base_path(),
			name: "plexus".into(),
			validator: false,
			block_time_ms: 0,
			rpc: Rpc::default(),
			p2p: P2p::default(),
			storage: Storage::default(),
			pool: Pool::default(),
			metrics: Metrics::default(),
			log: Log::default(),
			keys: Keys::default(),
		}
	}
}

impl Default for Rpc {
	fn default() -> Self {
		Self {
			addr: IpAddr::V4(Ipv4Addr::LOCALHOST),
			port: 9944,
			// Wallets in a local page reach a local node; strangers' pages do not.
			cors: vec![
				"http://localhost:*".into(),
				"http://127.0.0.1:*".into(),
				"https://localhost:*".into(),
				"https://127.0.0.1:*".into(),
				"https://polkadot.js.org".into(),
			],
			methods: RpcMethods::Safe,
			connections_max: 500,
			// The longest extrinsic is 512 KiB and travels as hex: 1 MiB and its JSON.
			request_bytes_max: 2 * 1024 * 1024,
			// The largest block body is 4 MiB and travels as hex: 8 MiB and its JSON.
			response_bytes_max: 15 * 1024 * 1024,
			batch_max: 1_024,
			subscriptions_max: 1_024,
			notifications_max: 256,
			call_ms_max: 5_000,
			pinned_blocks_max: 512,
		}
	}
}

impl Default for P2p {
	fn default() -> Self {
		Self {
			listen: vec!["/ip4/0.0.0.0/tcp/30333".into()],
			public: vec![],
			bootnodes: vec![],
			reserved: vec![],
			reserved_only: false,
			in_peers: 100,
			out_peers: 16,
			peers_per_ip: 32,
		}
	}
}

impl Default for Storage {
	fn default() -> Self {
		Self {
			state_pruning: StatePruning::Keep(256),
			cache_bytes: 160 * 1024 * 1024,
			index: Index::On,
			snapshot_every: 0,
			snapshots_kept: 3,
		}
	}
}

impl Default for Pool {
	fn default() -> Self {
		Self {
			// Ten full blocks of transfers: a burst waits, it is not refused.
			count_max: 131_072,
			bytes_max: 128 * 1024 * 1024,
			// One block's worth: a batch service fills a block, and cannot fill the pool alone.
			per_account_max: 16_384,
			// An agent's keys are bounded by fee budgets that count only what is included.
			per_agent_max: 1_024,
			transaction_bytes_max: 512 * 1024,
			lifetime_blocks: 3_600,
		}
	}
}

impl Default for Metrics {
	fn default() -> Self {
		Self { enabled: true, addr: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 9615 }
	}
}

impl Default for Log {
	fn default() -> Self {
		Self { filter: "info".into(), format: LogFormat::Text }
	}
}

/// Which RPC methods are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum RpcMethods {
	/// Those that change nothing but the pool.
	Safe,
	/// Also those that change the node (keys, peers, log filter), to callers from this machine.
	Unsafe,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
	/// For people.
	Text,
	/// One JSON object a line, for machines.
	Json,
}

/// Whether the node keeps the index of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Index {
	/// It does, behind the chain.
	On,
	/// It does not, and does not tell histories. What it has stays, and goes on when it is on again.
	Off,
}

/// How many past states are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatePruning {
	/// All of them.
	Archive,
	/// Those of the last so many blocks.
	Keep(u32),
}

impl fmt::Display for StatePruning {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Archive => f.write_str("archive"),
			Self::Keep(blocks) => write!(f, "{blocks}"),
		}
	}
}

impl FromStr for StatePruning {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		match text {
			"archive" => Ok(Self::Archive),
			number => number
				.parse()
				.map(Self::Keep)
				.map_err(|_| format!("expected `archive` or a number of blocks, found `{text}`")),
		}
	}
}

impl Serialize for StatePruning {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		match self {
			Self::Archive => serializer.serialize_str("archive"),
			Self::Keep(blocks) => serializer.serialize_u32(*blocks),
		}
	}
}

impl<'de> Deserialize<'de> for StatePruning {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		#[derive(Deserialize)]
		#[serde(untagged)]
		enum Form {
			Blocks(u32),
			Text(String),
		}
		match Form::deserialize(deserializer) {
			Ok(Form::Blocks(blocks)) => Ok(Self::Keep(blocks)),
			Ok(Form::Text(text)) => text.parse().map_err(de::Error::custom),
			Err(_) => Err(de::Error::custom("expected `archive` or a number of blocks")),
		}
	}
}

/// `$XDG_DATA_HOME/plexus`, else `$HOME/.local/share/plexus`, else `./plexus-data`.
fn default_base_path() -> PathBuf {
	let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
	absolute("XDG_DATA_HOME")
		.or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
		.map_or_else(|| PathBuf::from("plexus-data"), |data| data.join("plexus"))
}
