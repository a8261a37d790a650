//! The rules a configuration must keep. Each rule names its setting, the value that broke it and what would be right.

use super::{Config, ConfigError, RpcMethods, StatePruning};
use plexus_network::config::RESERVED_MAX;
use tracing_subscriber::EnvFilter;

/// The shortest block time: below it, clients cannot sign in time and consensus rounds do not fit.
pub const BLOCK_TIME_MS_MIN: u64 = 200;
/// The longest block time; beyond a minute nothing is gained.
pub const BLOCK_TIME_MS_MAX: u64 = 10_000;
/// Fewer past states would fail queries that wallets make at the block before last.
pub const STATE_PRUNING_MIN: u32 = 16;
/// Each snapshot reads the whole database once, which must not be all that the disk does.
pub const SNAPSHOT_EVERY_MIN: u32 = 10;
/// Old snapshots hold on to files that the database gave up; nobody needs so many.
pub const SNAPSHOTS_KEPT_MAX: u32 = 100;
/// Each peer costs a file descriptor and up to a megabyte.
const PEERS_MAX: u32 = 2_000;
/// Longer names break the lines of logs and dashboards.
const NAME_CHARS_MAX: usize = 64;

fn rule(key: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
	ConfigError::Rule { key, cause: cause.into(), remedy: remedy.into() }
}

/// Checks every rule.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
	chain(config)?;
	rpc(config)?;
	p2p(config)?;
	pool(config)?;
	snapshots(config)?;
	if let StatePruning::Keep(blocks) = config.storage.state_pruning {
		if blocks < STATE_PRUNING_MIN {
			let cause = format!("keeps {blocks} states");
			let remedy = format!("keep at least {STATE_PRUNING_MIN}, or `archive` for all");
			return Err(rule("storage.state_pruning", cause, remedy));
		}
	}
	if let Err(error) = EnvFilter::try_new(&config.log.filter) {
		let cause = format!("is `{}`: {error}", config.log.filter);
		return Err(rule(
			"log.filter",
			cause,
			"write a level (error, warn, info, debug, trace) or target=level,…",
		));
	}
	Ok(())
}

fn snapshots(config: &Config) -> Result<(), ConfigError> {
	let every = config.storage.snapshot_every;
	if every != 0 && every < SNAPSHOT_EVERY_MIN {
		let remedy = format!("choose 0 for none, or at least {SNAPSHOT_EVERY_MIN}");
		return Err(rule("storage.snapshot_every", format!("is {every}"), remedy));
	}
	let kept = config.storage.snapshots_kept;
	if !(1..=SNAPSHOTS_KEPT_MAX).contains(&kept) {
		let remedy = format!("choose 1 to {SNAPSHOTS_KEPT_MAX}");
		return Err(rule("storage.snapshots_kept", format!("is {kept}"), remedy));
	}
	Ok(())
}

fn chain(config: &Config) -> Result<(), ConfigError> {
	let name = &config.name;
	if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
		let remedy = format!("choose 1 to {NAME_CHARS_MAX} printable characters");
		return Err(rule("name", format!("is {name:?}"), remedy));
	}
	if config.chain.is_empty() {
		return Err(rule("chain", "is empty", "write dev, local or the path of a chain specification"));
	}
	let block_time_ms = config.block_time_ms;
	if block_time_ms == 0 {
		return Ok(());
	}
	if config.chain != "dev" {
		let cause = format!("is {block_time_ms}, but the chain is `{}`", config.chain);
		let remedy =
			"a chain's block time is part of its specification; only the dev chain's can be changed here";
		return Err(rule("block_time_ms", cause, remedy));
	}
	if !(BLOCK_TIME_MS_MIN..=BLOCK_TIME_MS_MAX).contains(&block_time_ms) {
		let remedy = format!("choose {BLOCK_TIME_MS_MIN} to {BLOCK_TIME_MS_MAX} milliseconds");
		return Err(rule("block_time_ms", format!("is {block_time_ms}"), remedy));
	}
	Ok(())
}

fn rpc(config: &Config) -> Result<(), ConfigError> {
	let rpc = &config.rpc;
	if rpc.methods == RpcMethods::Unsafe && !rpc.addr.is_loopback() {
		let cause = format!("is `unsafe` while `rpc.addr` is {}", rpc.addr);
		return Err(rule(
			"rpc.methods",
			cause,
			"serve unsafe methods on a loopback address only (--rpc-addr 127.0.0.1)",
		));
	}
	if config.metrics.enabled
		&& rpc.port != 0
		&& rpc.port == config.metrics.port
		&& rpc.addr == config.metrics.addr
	{
		let cause = format!("is {}, which is also `rpc.port`", rpc.port);
		return Err(rule("metrics.port", cause, "choose another port (--metrics-port), or 0 for any"));
	}
	for (key, value, min) in [
		("rpc.connections_max", u64::from(rpc.connections_max), 1),
		("rpc.request_bytes_max", u64::from(rpc.request_bytes_max), 1024),
		("rpc.response_bytes_max", u64::from(rpc.response_bytes_max), 1024),
		("rpc.batch_max", u64::from(rpc.batch_max), 1),
		("rpc.subscriptions_max", u64::from(rpc.subscriptions_max), 1),
		("rpc.notifications_max", u64::from(rpc.notifications_max), 16),
		("rpc.call_ms_max", rpc.call_ms_max, 10),
		// A follower is told of up to 16 finalized blocks at once, all pinned.
		("rpc.pinned_blocks_max", u64::from(rpc.pinned_blocks_max), 32),
	] {
		at_least(key, value, min)?;
	}
	Ok(())
}

fn p2p(config: &Config) -> Result<(), ConfigError> {
	let p2p = &config.p2p;
	for (key, addresses, with_peer) in [
		("p2p.listen", &p2p.listen, false),
		("p2p.public", &p2p.public, false),
		("p2p.bootnodes", &p2p.bootnodes, true),
		("p2p.reserved", &p2p.reserved, true),
	] {
		for address in addresses {
			// The network module parses addresses fully; here the usual slips are named.
			let is_quic = address.contains("/udp/") && address.contains("/quic-v1");
			if !address.starts_with('/') || !(address.contains("/tcp/") || is_quic) {
				let remedy = "write a multiaddress over TCP or QUIC, such as /ip4/0.0.0.0/tcp/30333 or /ip4/0.0.0.0/udp/30333/quic-v1";
				return Err(rule(key, format!("holds `{address}`"), remedy));
			}
			if with_peer && !address.contains("/p2p/") {
				let remedy = "end it with the node's peer id: /ip4/192.0.2.1/tcp/30333/p2p/12D3KooW… (`plexus key inspect node` shows it)";
				return Err(rule(key, format!("holds `{address}`, without a peer id"), remedy));
			}
		}
	}
	if p2p.reserved.len() > RESERVED_MAX {
		let remedy = format!("name at most {RESERVED_MAX}; the others are found as bootnodes are");
		return Err(rule("p2p.reserved", format!("names {} nodes", p2p.reserved.len()), remedy));
	}
	at_least("p2p.peers_per_ip", p2p.peers_per_ip.into(), 1)?;
	for (key, peers) in [("p2p.in_peers", p2p.in_peers), ("p2p.out_peers", p2p.out_peers)] {
		if peers > PEERS_MAX {
			let remedy = format!("choose {PEERS_MAX} or fewer; gossip needs no more than a dozen");
			return Err(rule(key, format!("is {peers}"), remedy));
		}
	}
	Ok(())
}

fn pool(config: &Config) -> Result<(), ConfigError> {
	let pool = &config.pool;
	at_least("pool.count_max", pool.count_max.into(), 1)?;
	at_least("pool.per_account_max", pool.per_account_max.into(), 1)?;
	at_least("pool.lifetime_blocks", pool.lifetime_blocks.into(), 1)?;
	at_least("pool.transaction_bytes_max", pool.transaction_bytes_max.into(), 1024)?;
	if pool.transaction_bytes_max as usize > plexus_runtime::native::EXTRINSIC_BYTES_MAX {
		let cause = format!("is {}", pool.transaction_bytes_max);
		let remedy = format!(
			"choose at most {}, the longest that the runtime reads",
			plexus_runtime::native::EXTRINSIC_BYTES_MAX
		);
		return Err(rule("pool.transaction_bytes_max", cause, remedy));
	}
	at_least("storage.cache_bytes", config.storage.cache_bytes, 1024 * 1024)?;
	if pool.bytes_max < u64::from(pool.transaction_bytes_max) {
		let cause = format!(
			"is {}, less than one transaction may have ({})",
			pool.bytes_max, pool.transaction_bytes_max
		);
		return Err(rule("pool.bytes_max", cause, "raise it, or lower `pool.transaction_bytes_max`"));
	}
	Ok(())
}

fn at_least(key: &'static str, value: u64, min: u64) -> Result<(), ConfigError> {
	match value < min {
		true => Err(rule(key, format!("is {value}"), format!("choose {min} or more"))),
		false => Ok(()),
	}
}
