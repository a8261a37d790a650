//! What the network needs to know, and why it may not start.
//!
//! # Must not
//! Read files or the environment.

use crate::meter::Rates;
use libp2p::Multiaddr;
use sp_core::H256;

/// Configuration of the network.
#[derive(Clone)]
pub struct NetworkConfig {
	/// Where to listen; none means that the node only dials, or stays alone.
	pub listen: Vec<Multiaddr>,
	/// Addresses at which others reach us, if they differ from those we listen on.
	pub public: Vec<Multiaddr>,
	/// Nodes to meet the network through.
	pub bootnodes: Vec<Multiaddr>,
	/// Nodes to stay connected with; dialled again soon after every loss. Only the first [`RESERVED_MAX`] count.
	pub reserved: Vec<Multiaddr>,
	/// Whether nobody but reserved nodes is let in or dialled.
	pub reserved_only: bool,
	/// How many connections are kept.
	pub connections: ConnectionLimits,
	/// How much one peer may send.
	pub rates: Rates,
	/// The chain: peers of another are disconnected.
	pub genesis_hash: H256,
	/// Secret seed of the node's ed25519 identity; not a validator key.
	pub node_key: [u8; 32],
	/// Name and version told to peers.
	pub agent: String,
}

/// The most reserved nodes, configured and added later together: each has a connection that no limit counts.
pub const RESERVED_MAX: usize = 64;

/// How many connections are kept with peers that are neither reserved nor validators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
	/// That others opened.
	pub inbound: u32,
	/// That this node opened; also how many peers it looks for.
	pub outbound: u32,
	/// That others opened from one IPv4 address or one IPv6 network of 64 bits. Several nodes may stand behind one.
	pub per_ip: u32,
}

impl Default for ConnectionLimits {
	/// A mesh of gossip has 6 to 12 peers: 16 of our own choice are enough, and 100 callers cost about 100 MiB at worst.
	fn default() -> Self {
		Self { inbound: 100, outbound: 16, per_ip: 32 }
	}
}

impl NetworkConfig {
	/// A network without any address.
	pub fn new(genesis_hash: H256, node_key: [u8; 32]) -> Self {
		Self {
			listen: Vec::new(),
			public: Vec::new(),
			bootnodes: Vec::new(),
			reserved: Vec::new(),
			reserved_only: false,
			connections: ConnectionLimits::default(),
			rates: Rates::default(),
			genesis_hash,
			node_key,
			agent: concat!("plexus/", env!("CARGO_PKG_VERSION")).into(),
		}
	}
}

impl std::fmt::Debug for NetworkConfig {
	/// Leaves the key out.
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("NetworkConfig")
			.field("listen", &self.listen)
			.field("public", &self.public)
			.field("bootnodes", &self.bootnodes)
			.field("reserved", &self.reserved)
			.field("reserved_only", &self.reserved_only)
			.field("connections", &self.connections)
			.field("rates", &self.rates)
			.field("genesis_hash", &self.genesis_hash)
			.field("agent", &self.agent)
			.finish_non_exhaustive()
	}
}

/// Why the network did not start or ended.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
	/// An address cannot be listened on.
	#[error(
		"cannot listen on {address}: {cause}. Choose another with --listen-addr, or stop what uses the port"
	)]
	Listen {
		/// The address.
		address: Multiaddr,
		/// What the transport says.
		cause: String,
	},
	/// The transport or a protocol does not start.
	#[error("the network does not start: {0}")]
	Start(String),
	/// The task that owns the swarm panicked.
	#[error("the network failed: {0}")]
	Failed(String),
}
