//! [`ServerConfig`]: where the RPC server listens, and to whom.
//!
//! # Must not
//! Open anything by default: no foreign website, no method that changes the node.

use crate::limits::RpcLimits;
use std::net::SocketAddr;

/// Settings of the RPC server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
	/// WebSocket and HTTP share this address.
	pub address: SocketAddr,
	/// Which methods are served.
	pub methods: RpcMethods,
	/// Which websites may call.
	pub cors: CorsOrigins,
	/// Names that the `Host` header may have, besides the port; empty: any.
	pub hosts: Vec<String>,
	/// The maxima.
	pub limits: RpcLimits,
}

impl Default for ServerConfig {
	fn default() -> Self {
		Self {
			address: SocketAddr::from(([127, 0, 0, 1], 9944)),
			methods: RpcMethods::default(),
			cors: CorsOrigins::default(),
			hosts: Vec::new(),
			limits: RpcLimits::default(),
		}
	}
}

/// Whether methods that change the node (keys, peers, log filters) or are costly are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RpcMethods {
	/// To nobody.
	#[default]
	Safe,
	/// To connections from this machine. Connections from elsewhere are still refused: a node whose keys anybody can
	/// change is nobody's node.
	Unsafe,
}

impl std::str::FromStr for RpcMethods {
	type Err = String;

	fn from_str(name: &str) -> Result<Self, Self::Err> {
		match name {
			"safe" => Ok(Self::Safe),
			"unsafe" => Ok(Self::Unsafe),
			other => Err(format!("`{other}` is not a set of RPC methods; use `safe` or `unsafe`")),
		}
	}
}

/// Origins of websites that a browser may let call the node.
///
/// It holds for HTTP by CORS, and for WebSockets by the `Origin` header, which CORS does not cover. Programs
/// that are no browsers send no origin and are not concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
	/// Every website.
	All,
	/// These. A port of `*` stands for any port.
	Only(Vec<String>),
}

impl Default for CorsOrigins {
	fn default() -> Self {
		let local =
			["http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "https://127.0.0.1:*"];
		// The usual block explorer and wallet of Substrate chains.
		let wallet = "https://polkadot.js.org";
		Self::Only(local.into_iter().chain([wallet]).map(str::to_owned).collect())
	}
}

impl CorsOrigins {
	/// Whether a website of this origin may call.
	pub fn allows(&self, origin: &str) -> bool {
		match self {
			Self::All => true,
			Self::Only(patterns) => patterns.iter().any(|pattern| origin_matches(pattern, origin)),
		}
	}
}

impl std::str::FromStr for CorsOrigins {
	type Err = std::convert::Infallible;

	/// `all`, or origins separated by commas.
	fn from_str(list: &str) -> Result<Self, Self::Err> {
		Ok(match list.trim() {
			"all" | "*" => Self::All,
			list => Self::Only(
				list.split(',')
					.map(str::trim)
					.filter(|origin| !origin.is_empty())
					.map(str::to_owned)
					.collect(),
			),
		})
	}
}

/// Compares an origin with a pattern; `scheme://name:*` also matches the name without a port.
fn origin_matches(pattern: &str, origin: &str) -> bool {
	let Some(base) = pattern.strip_suffix(":*") else { return pattern.eq_ignore_ascii_case(origin) };
	let Some(start) = origin.get(..base.len()) else { return false };
	let rest = &origin[base.len()..];
	start.eq_ignore_ascii_case(base)
		&& (rest.is_empty()
			|| rest
				.strip_prefix(':')
				.is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_listed_websites_may_call() {
		let cors = CorsOrigins::default();
		for origin in
			["http://localhost:3000", "http://LOCALHOST", "https://127.0.0.1:1", "https://polkadot.js.org"]
		{
			assert!(cors.allows(origin), "{origin}");
		}
		for origin in [
			"http://localhost.evil.example",
			"http://localhost:evil",
			"http://localhost:",
			"https://polkadot.js.org.evil.example",
			"null",
			"",
		] {
			assert!(!cors.allows(origin), "{origin}");
		}
		assert!("all".parse::<CorsOrigins>().expect("infallible").allows("https://anything.example"));
		assert!("https://a.example, https://b.example"
			.parse::<CorsOrigins>()
			.expect("infallible")
			.allows("https://b.example"));
	}

	#[test]
	fn nothing_is_open_by_default() {
		let config = ServerConfig::default();
		assert_eq!(config.methods, RpcMethods::Safe);
		assert!(config.address.ip().is_loopback());
	}
}
