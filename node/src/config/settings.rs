//! The one list of settings: key, type, flag and meaning of each.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
	/// Its key in the file, with its table: `rpc.port`.
	pub key: &'static str,
	/// The form of its values.
	pub kind: Kind,
	/// The flag that sets it.
	pub flag: &'static str,
	/// What it means.
	pub about: &'static str,
}

/// The form of a setting's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
	/// Text.
	Text,
	/// `true` or `false`.
	Bool,
	/// A whole number.
	Integer,
	/// A list; separated by commas in the environment.
	List,
}

impl Kind {
	/// The form in words.
	pub fn describe(self) -> &'static str {
		match self {
			Self::Text => "text",
			Self::Bool => "true or false",
			Self::Integer => "a whole number",
			Self::List => "a list",
		}
	}
}

const fn setting(key: &'static str, kind: Kind, flag: &'static str, about: &'static str) -> Setting {
	Setting { key, kind, flag, about }
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
	setting("chain", Kind::Text, "--chain", "dev, local or the path of a chain specification"),
	setting("base_path", Kind::Text, "--base-path", "directory of database, keys and consensus log"),
	setting("name", Kind::Text, "--name", "the node's name in logs and RPC"),
	setting("validator", Kind::Bool, "--validator", "propose and vote with the validator key"),
	setting("block_time_ms", Kind::Integer, "--block-time-ms", "block time of the dev chain; 0: its own"),
	setting("rpc.addr", Kind::Text, "--rpc-addr", "IP address of the JSON-RPC server"),
	setting("rpc.port", Kind::Integer, "--rpc-port", "port of the JSON-RPC server"),
	setting("rpc.cors", Kind::List, "--rpc-cors", "origins a browser may call from; * for all"),
	setting("rpc.methods", Kind::Text, "--rpc-methods", "safe or unsafe"),
	setting("rpc.connections_max", Kind::Integer, "--rpc-connections-max", "connections at once"),
	setting("rpc.request_bytes_max", Kind::Integer, "--rpc-request-bytes-max", "bytes of one request"),
	setting("rpc.response_bytes_max", Kind::Integer, "--rpc-response-bytes-max", "bytes of one response"),
	setting("rpc.batch_max", Kind::Integer, "--rpc-batch-max", "calls in one batch"),
	setting(
		"rpc.subscriptions_max",
		Kind::Integer,
		"--rpc-subscriptions-max",
		"subscriptions of a connection",
	),
	setting(
		"rpc.notifications_max",
		Kind::Integer,
		"--rpc-notifications-max",
		"messages queued for a connection",
	),
	setting("rpc.call_ms_max", Kind::Integer, "--rpc-call-ms-max", "milliseconds one query may take"),
	setting("rpc.pinned_blocks_max", Kind::Integer, "--rpc-pinned-blocks-max", "blocks one follower may pin"),
	setting("p2p.listen", Kind::List, "--listen-addr", "multiaddresses to listen on"),
	setting("p2p.public", Kind::List, "--public-addr", "multiaddresses told to other nodes"),
	setting("p2p.bootnodes", Kind::List, "--bootnodes", "nodes asked first for others"),
	setting("p2p.reserved", Kind::List, "--reserved-peers", "nodes always kept connected"),
	setting("p2p.reserved_only", Kind::Bool, "--reserved-only", "connect with reserved nodes only"),
	setting("p2p.in_peers", Kind::Integer, "--in-peers", "peers that connect to this node, at most"),
	setting("p2p.out_peers", Kind::Integer, "--out-peers", "peers that this node looks for"),
	setting("p2p.peers_per_ip", Kind::Integer, "--peers-per-ip", "peers that connect from one address"),
	setting(
		"storage.state_pruning",
		Kind::Text,
		"--state-pruning",
		"archive, or how many past states are kept",
	),
	setting(
		"storage.cache_bytes",
		Kind::Integer,
		"--storage-cache-bytes",
		"memory for the database's caches",
	),
	setting(
		"storage.snapshot_every",
		Kind::Integer,
		"--snapshot-every",
		"blocks between two snapshots; 0: none",
	),
	setting("storage.index", Kind::Text, "--index", "on or off: events by what they are about, for queries"),
	setting("storage.snapshots_kept", Kind::Integer, "--snapshots-kept", "how many snapshots stay"),
	setting("pool.count_max", Kind::Integer, "--pool-count-max", "transactions held"),
	setting("pool.bytes_max", Kind::Integer, "--pool-bytes-max", "bytes of all transactions held"),
	setting(
		"pool.per_account_max",
		Kind::Integer,
		"--pool-per-account-max",
		"transactions held for one account",
	),
	setting(
		"pool.per_agent_max",
		Kind::Integer,
		"--pool-per-agent-max",
		"transactions held for which one agent pays",
	),
	setting(
		"pool.transaction_bytes_max",
		Kind::Integer,
		"--pool-transaction-bytes-max",
		"bytes of one transaction",
	),
	setting("pool.lifetime_blocks", Kind::Integer, "--pool-lifetime-blocks", "blocks a transaction may wait"),
	setting("metrics.enabled", Kind::Bool, "--metrics-enabled", "whether metrics and health are served"),
	setting("metrics.addr", Kind::Text, "--metrics-addr", "IP address of metrics and health"),
	setting("metrics.port", Kind::Integer, "--metrics-port", "port of metrics and health"),
	setting("log.filter", Kind::Text, "--log", "level, or target=level,…"),
	setting("log.format", Kind::Text, "--log-format", "text or json"),
	setting("keys.password_file", Kind::Text, "--password-file", "file with the password of encrypted keys"),
];

/// The environment variable of a key: `rpc.port` is `PLEXUS_RPC_PORT`.
pub fn env_name(key: &str) -> String {
	format!("PLEXUS_{}", key.replace('.', "_").to_uppercase())
}

/// The existing key most like an unknown one, if any is like it at all.
pub fn nearest(unknown: &str) -> Option<&'static str> {
	/// Below this likeness (0 to 1) a suggestion confuses more than it helps.
	const LIKENESS_MIN: f64 = 0.7;
	// A key written without its table, or in another one, is the commonest slip: compare the last parts as well.
	let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_string();
	let likeness = |key: &str| {
		strsim::jaro_winkler(unknown, key).max(0.95 * strsim::jaro_winkler(&last(unknown), &last(key)))
	};
	SETTINGS
		.iter()
		.map(|setting| (likeness(setting.key), setting.key))
		.filter(|(like, _)| *like >= LIKENESS_MIN)
		.max_by(|a, b| a.0.total_cmp(&b.0))
		.map(|(_, key)| key)
}
