//! From this node's settings to those of the RPC server and the pool. Nothing but the mapping.

use crate::config::{Config, RpcMethods};
use plexus_pool::PoolLimits;
use plexus_rpc::{CorsOrigins, RpcLimits, ServerConfig};
use std::time::Duration;

/// The RPC server's settings.
pub fn server(config: &Config) -> ServerConfig {
	let rpc = &config.rpc;
	ServerConfig {
		address: config.rpc_socket(),
		methods: match rpc.methods {
			RpcMethods::Safe => plexus_rpc::RpcMethods::Safe,
			RpcMethods::Unsafe => plexus_rpc::RpcMethods::Unsafe,
		},
		cors: match rpc.cors.iter().any(|origin| origin == "*" || origin == "all") {
			true => CorsOrigins::All,
			false => CorsOrigins::Only(rpc.cors.clone()),
		},
		hosts: Vec::new(),
		limits: RpcLimits {
			connections: size(rpc.connections_max),
			request_bytes: rpc.request_bytes_max,
			response_bytes: rpc.response_bytes_max,
			batch_calls: rpc.batch_max,
			subscriptions: rpc.subscriptions_max,
			queued_messages: rpc.notifications_max,
			call_time: Duration::from_millis(rpc.call_ms_max),
			pinned_blocks: size(rpc.pinned_blocks_max),
			..RpcLimits::default()
		},
	}
}

/// The pool's limits.
pub fn pool(config: &Config) -> PoolLimits {
	let pool = &config.pool;
	PoolLimits {
		count: size(pool.count_max),
		bytes: usize::try_from(pool.bytes_max).unwrap_or(usize::MAX),
		per_account: pool.per_account_max,
		per_agent: pool.per_agent_max,
		transaction_bytes_max: size(pool.transaction_bytes_max),
		lifetime_blocks: pool.lifetime_blocks,
	}
}

fn size(number: u32) -> usize {
	usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_defaults_are_those_of_the_crates_that_reason_about_them() {
		let config = Config::default();
		assert_eq!(server(&config), ServerConfig::default());
		assert_eq!(pool(&config), PoolLimits::default());
	}

	#[test]
	fn a_star_opens_the_rpc_to_all_websites() {
		let mut config = Config::default();
		config.rpc.cors = vec!["*".into()];
		assert_eq!(server(&config).cors, CorsOrigins::All);
	}
}
