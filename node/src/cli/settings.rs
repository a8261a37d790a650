//! The flags of all settings. Each field's serialised name is the setting's key, so that the flags given form a layer of
//! the configuration without a translation; a test goes through all of them.

use crate::config::{Flags, Index, LogFormat, RpcMethods, StatePruning};
use clap::Args;
use serde::Serialize;
use std::{net::IpAddr, path::PathBuf};

/// Which chain, where.
#[derive(Clone, Debug, Default, Args, Serialize)]
pub struct PlaceArgs {
	/// Chain: dev, local, or the path of a specification [default: dev]
	#[arg(long, value_name = "CHAIN")]
	#[serde(skip_serializing_if = "Option::is_none")]
	pub chain: Option<String>,
	/// Directory of database, keys and consensus log
	#[arg(long, short = 'd', value_name = "DIR")]
	#[serde(skip_serializing_if = "Option::is_none")]
	pub base_path: Option<PathBuf>,
	/// Configuration file [default: <base-path>/config.toml, if there]
	#[arg(long, value_name = "FILE")]
	#[serde(skip)]
	pub config: Option<PathBuf>,
	/// File with the password of encrypted keys
	#[arg(long, value_name = "FILE", hide = true)]
	#[serde(rename = "keys.password_file", skip_serializing_if = "Option::is_none")]
	pub password_file: Option<PathBuf>,
	/// Block time of the dev chain, 200 to 10000 [default: 1000]
	#[arg(long, value_name = "MS")]
	#[serde(skip_serializing_if = "Option::is_none")]
	pub block_time_ms: Option<u64>,
}

impl PlaceArgs {
	/// These flags as a configuration layer.
	pub fn flags(&self) -> Flags {
		Flags::new(self).with_file(self.config.clone())
	}
}

/// Flags of all settings.
#[derive(Clone, Debug, Default, Args, Serialize)]
pub struct SettingArgs {
	#[command(flatten)]
	#[serde(flatten)]
	#[allow(missing_docs)]
	pub place: PlaceArgs,

	/// Propose and vote with the validator key
	#[arg(long)]
	#[serde(skip_serializing_if = "is_false")]
	pub validator: bool,
	/// Name in logs and RPC
	#[arg(long, value_name = "NAME")]
	#[serde(skip_serializing_if = "Option::is_none")]
	pub name: Option<String>,
	/// Past states kept: archive, or a number of blocks [default: 256]
	#[arg(long, value_name = "N")]
	#[serde(rename = "storage.state_pruning", skip_serializing_if = "Option::is_none")]
	pub state_pruning: Option<StatePruning>,
	/// Memory for the database's caches
	#[arg(long, value_name = "BYTES", hide = true)]
	#[serde(rename = "storage.cache_bytes", skip_serializing_if = "Option::is_none")]
	pub storage_cache_bytes: Option<u64>,
	/// Whether events are kept by what they are about, for `plexus query history` [default: on]
	#[arg(long, value_name = "on|off", value_enum, hide_possible_values = true, hide = true)]
	#[serde(rename = "storage.index", skip_serializing_if = "Option::is_none")]
	pub index: Option<Index>,
	/// Blocks between two snapshots of the database; 0 makes none [default: 0]
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "storage.snapshot_every", skip_serializing_if = "Option::is_none")]
	pub snapshot_every: Option<u32>,
	/// Snapshots that stay [default: 3]
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "storage.snapshots_kept", skip_serializing_if = "Option::is_none")]
	pub snapshots_kept: Option<u32>,

	#[command(flatten)]
	#[serde(flatten)]
	#[allow(missing_docs)]
	pub rpc: RpcArgs,
	#[command(flatten)]
	#[serde(flatten)]
	#[allow(missing_docs)]
	pub p2p: P2pArgs,
	#[command(flatten)]
	#[serde(flatten)]
	#[allow(missing_docs)]
	pub pool: PoolArgs,

	/// Port of metrics and health endpoints [default: 9615]
	#[arg(long, value_name = "PORT")]
	#[serde(rename = "metrics.port", skip_serializing_if = "Option::is_none")]
	pub metrics_port: Option<u16>,
	/// IP address of metrics and health endpoints [default: 127.0.0.1]
	#[arg(long, value_name = "IP", hide = true)]
	#[serde(rename = "metrics.addr", skip_serializing_if = "Option::is_none")]
	pub metrics_addr: Option<IpAddr>,
	/// Whether metrics and health endpoints are served [default: true]
	#[arg(long, value_name = "BOOL", hide = true)]
	#[serde(rename = "metrics.enabled", skip_serializing_if = "Option::is_none")]
	pub metrics_enabled: Option<bool>,
	/// Log level, or target=level,… [default: info]
	#[arg(long, value_name = "FILTER")]
	#[serde(rename = "log.filter", skip_serializing_if = "Option::is_none")]
	pub log: Option<String>,
	/// For people or for machines [default: text]
	#[arg(long, value_name = "FORMAT", value_enum)]
	#[serde(rename = "log.format", skip_serializing_if = "Option::is_none")]
	pub log_format: Option<LogFormat>,
}

/// Settings of the JSON-RPC server.
#[derive(Clone, Debug, Default, Args, Serialize)]
pub struct RpcArgs {
	/// JSON-RPC port [default: 9944]
	#[arg(long, value_name = "PORT")]
	#[serde(rename = "rpc.port", skip_serializing_if = "Option::is_none")]
	pub rpc_port: Option<u16>,
	/// JSON-RPC address [default: 127.0.0.1]
	#[arg(long, value_name = "IP")]
	#[serde(rename = "rpc.addr", skip_serializing_if = "Option::is_none")]
	pub rpc_addr: Option<IpAddr>,
	/// Websites whose pages may call; * for all
	#[arg(long, value_name = "ORIGIN,…", value_delimiter = ',')]
	#[serde(rename = "rpc.cors", skip_serializing_if = "Option::is_none")]
	pub rpc_cors: Option<Vec<String>>,
	/// Methods served [default: safe]
	#[arg(long, value_name = "SET", value_enum)]
	#[serde(rename = "rpc.methods", skip_serializing_if = "Option::is_none")]
	pub rpc_methods: Option<RpcMethods>,
	/// JSON-RPC connections at once
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "rpc.connections_max", skip_serializing_if = "Option::is_none")]
	pub rpc_connections_max: Option<u32>,
	/// Bytes of one request
	#[arg(long, value_name = "BYTES", hide = true)]
	#[serde(rename = "rpc.request_bytes_max", skip_serializing_if = "Option::is_none")]
	pub rpc_request_bytes_max: Option<u32>,
	/// Bytes of one response
	#[arg(long, value_name = "BYTES", hide = true)]
	#[serde(rename = "rpc.response_bytes_max", skip_serializing_if = "Option::is_none")]
	pub rpc_response_bytes_max: Option<u32>,
	/// Calls in one batch
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "rpc.batch_max", skip_serializing_if = "Option::is_none")]
	pub rpc_batch_max: Option<u32>,
	/// Subscriptions of one connection
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "rpc.subscriptions_max", skip_serializing_if = "Option::is_none")]
	pub rpc_subscriptions_max: Option<u32>,
	/// Messages queued for one connection
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "rpc.notifications_max", skip_serializing_if = "Option::is_none")]
	pub rpc_notifications_max: Option<u32>,
	/// Milliseconds that one query may take
	#[arg(long, value_name = "MS", hide = true)]
	#[serde(rename = "rpc.call_ms_max", skip_serializing_if = "Option::is_none")]
	pub rpc_call_ms_max: Option<u64>,
	/// Blocks that one follower may pin
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "rpc.pinned_blocks_max", skip_serializing_if = "Option::is_none")]
	pub rpc_pinned_blocks_max: Option<u32>,
}

/// Settings of the peer-to-peer network.
#[derive(Clone, Debug, Default, Args, Serialize)]
pub struct P2pArgs {
	/// Addresses to listen on [default: /ip4/0.0.0.0/tcp/30333]
	#[arg(long = "listen-addr", value_name = "MULTIADDR,…", value_delimiter = ',', alias = "p2p-listen")]
	#[serde(rename = "p2p.listen", skip_serializing_if = "Option::is_none")]
	pub p2p_listen: Option<Vec<String>>,
	/// Addresses told to others, for nodes behind NAT
	#[arg(
		long = "public-addr",
		value_name = "MULTIADDR,…",
		value_delimiter = ',',
		alias = "p2p-public",
		hide = true
	)]
	#[serde(rename = "p2p.public", skip_serializing_if = "Option::is_none")]
	pub p2p_public: Option<Vec<String>>,
	/// Nodes asked first for others, with their peer ids
	#[arg(long = "bootnodes", value_name = "MULTIADDR,…", value_delimiter = ',', alias = "p2p-bootnodes")]
	#[serde(rename = "p2p.bootnodes", skip_serializing_if = "Option::is_none")]
	pub p2p_bootnodes: Option<Vec<String>>,
	/// Nodes always kept connected, with their peer ids
	#[arg(
		long = "reserved-peers",
		value_name = "MULTIADDR,…",
		value_delimiter = ',',
		alias = "p2p-reserved",
		hide = true
	)]
	#[serde(rename = "p2p.reserved", skip_serializing_if = "Option::is_none")]
	pub p2p_reserved: Option<Vec<String>>,
	/// Connect with reserved nodes only
	#[arg(long = "reserved-only", hide = true)]
	#[serde(rename = "p2p.reserved_only", skip_serializing_if = "is_false")]
	pub p2p_reserved_only: bool,
	/// Peers that connect to this node, at most [default: 100]
	#[arg(long = "in-peers", value_name = "N", hide = true)]
	#[serde(rename = "p2p.in_peers", skip_serializing_if = "Option::is_none")]
	pub p2p_in_peers: Option<u32>,
	/// Peers that this node looks for [default: 16]
	#[arg(long = "out-peers", value_name = "N", hide = true)]
	#[serde(rename = "p2p.out_peers", skip_serializing_if = "Option::is_none")]
	pub p2p_out_peers: Option<u32>,
	/// Peers that connect from one address [default: 32]
	#[arg(long = "peers-per-ip", value_name = "N", hide = true)]
	#[serde(rename = "p2p.peers_per_ip", skip_serializing_if = "Option::is_none")]
	pub p2p_peers_per_ip: Option<u32>,
}

/// Settings of the transaction pool.
#[derive(Clone, Debug, Default, Args, Serialize)]
pub struct PoolArgs {
	/// Transactions held
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "pool.count_max", skip_serializing_if = "Option::is_none")]
	pub pool_count_max: Option<u32>,
	/// Bytes of all transactions held
	#[arg(long, value_name = "BYTES", hide = true)]
	#[serde(rename = "pool.bytes_max", skip_serializing_if = "Option::is_none")]
	pub pool_bytes_max: Option<u64>,
	/// Transactions held for one account
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "pool.per_account_max", skip_serializing_if = "Option::is_none")]
	pub pool_per_account_max: Option<u32>,
	/// Transactions held for which one agent pays
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "pool.per_agent_max", skip_serializing_if = "Option::is_none")]
	pub pool_per_agent_max: Option<u32>,
	/// Bytes of one transaction
	#[arg(long, value_name = "BYTES", hide = true)]
	#[serde(rename = "pool.transaction_bytes_max", skip_serializing_if = "Option::is_none")]
	pub pool_transaction_bytes_max: Option<u32>,
	/// Blocks that a transaction may wait
	#[arg(long, value_name = "N", hide = true)]
	#[serde(rename = "pool.lifetime_blocks", skip_serializing_if = "Option::is_none")]
	pub pool_lifetime_blocks: Option<u32>,
}

impl SettingArgs {
	/// These flags as a configuration layer.
	pub fn flags(&self) -> Flags {
		Flags::new(self).with_file(self.place.config.clone())
	}
}

fn is_false(value: &bool) -> bool {
	!value
}
