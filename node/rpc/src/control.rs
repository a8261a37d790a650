//! [`NodeControl`]: what the RPC server asks of the node around it, and [`RpcObserver`]: what it tells it.
//!
//! # Must not
//! Know the network, the keystore, the log or the engine's formats: the node implements these seams.

use plexus_primitives::consensus::{ConsensusKey, ConsensusSignature};

/// The node around the RPC server. Every function may block for a moment; they are called on query threads.
pub trait NodeControl: Send + Sync + 'static {
	/// Name of the software, as in `system_name`.
	fn node_name(&self) -> String;
	/// Version of the software, as in `system_version`.
	fn node_version(&self) -> String;
	/// What the node does.
	fn roles(&self) -> Vec<NodeRole>;
	/// Whether the node is behind its peers.
	fn is_syncing(&self) -> bool;
	/// The highest block that peers are believed to have. A single one that says more does not move it.
	fn highest_block(&self) -> Option<u64>;
	/// Whether the node is expected to have peers: `false` on a chain of one validator.
	fn should_have_peers(&self) -> bool;
	/// The connected peers.
	fn peers(&self) -> Vec<PeerInfo>;
	/// The node's own peer id.
	fn local_peer_id(&self) -> String;
	/// Multiaddresses that the node listens on, with its peer id.
	fn listen_addresses(&self) -> Vec<String>;
	/// Peers that are kept away, and why.
	fn banned_peers(&self) -> Vec<BannedPeer>;
	/// Ids of the peers that the node stays connected to.
	fn reserved_peers(&self) -> Vec<String>;
	/// Adds a reserved peer by its multiaddress.
	fn add_reserved_peer(&self, multiaddress: &str) -> Result<(), ControlError>;
	/// Removes a reserved peer by its peer id.
	fn remove_reserved_peer(&self, peer_id: &str) -> Result<(), ControlError>;
	/// Inserts a key into the keystore.
	fn insert_key(&self, key_type: &str, secret_uri: &str, public: &[u8]) -> Result<(), ControlError>;
	/// The session keys that are to follow the present ones, made if there are none yet: their public parts.
	fn rotate_keys(&self) -> Result<Vec<u8>, ControlError>;
	/// The same, and the proof that an account may use them.
	fn rotate_keys_with_owner(&self, owner: &[u8]) -> Result<OwnedKeys, ControlError>;
	/// Whether the node has the private part of a key.
	fn has_key(&self, public: &[u8], key_type: &str) -> Result<bool, ControlError>;
	/// Whether the node has the private parts of all these session keys.
	fn has_session_keys(&self, session_keys: &[u8]) -> Result<bool, ControlError>;
	/// Sets the log filter; `None` restores the one that the node started with.
	fn set_log_filter(&self, directives: Option<&str>) -> Result<(), ControlError>;
	/// What a stored certificate holds; nothing of it is verified.
	fn precommits(&self, certificate: &[u8]) -> Result<Precommits, ControlError>;
}

/// Session keys that an account may use on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedKeys {
	/// Their public parts.
	pub keys: Vec<u8>,
	/// What the chain asks for beside them.
	pub proof: Vec<u8>,
}

/// The precommits of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precommits {
	/// The round of the decision.
	pub round: u32,
	/// Who signed.
	pub signatures: Vec<(ConsensusKey, ConsensusSignature)>,
}

/// Why the node did not do what was asked, in words for the caller: cause, then remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ControlError(pub String);

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeRole {
	/// Follows the chain.
	Full,
	/// Takes part in consensus.
	Authority,
}

impl NodeRole {
	/// The name that Substrate clients know.
	pub fn name(self) -> &'static str {
		match self {
			Self::Full => "Full",
			Self::Authority => "Authority",
		}
	}
}

/// A connected peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerInfo {
	/// Its id.
	pub peer_id: String,
	/// What it does.
	pub role: NodeRole,
	/// The highest block that it says it has.
	pub best_number: Option<u32>,
	/// The hash of that block.
	pub best_hash: Option<plexus_storage::Hash>,
}

/// A peer that is kept away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BannedPeer {
	/// Its id.
	pub peer_id: String,
	/// Why, as one of the network's fixed names.
	pub reason: &'static str,
	/// Seconds until it may come back.
	pub seconds_left: u64,
}

/// Hears of calls and connections, for metrics. Called on the server's own threads: must return at once.
pub trait RpcObserver: Send + Sync + 'static {
	/// A call was answered. `method` is a served name or `"unknown"`, so that callers cannot make up labels.
	fn call(&self, method: &str, micros: u64, ok: bool);
	/// A connection was opened or closed; `open` are left.
	fn connections(&self, _open: usize) {}
	/// A connection was refused because too many are open.
	fn refused(&self) {}
}

/// An observer that does not care.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl RpcObserver for Unobserved {
	fn call(&self, _method: &str, _micros: u64, _ok: bool) {}
}
