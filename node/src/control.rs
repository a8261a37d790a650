//! What the RPC server may ask of this node: name, peers, keys, log filter.
//!
//! Must not: give out secrets, or overwrite a validator key. The RPC server lets nobody but this machine reach what changes
//! the node.

use crate::{
	keystore::{KeyKind, Keystore, SecretKey},
	logging::LogControl,
	place::Place,
	report::Remedy,
};
use plexus_chain::Chain;
use plexus_consensus::ConsensusStatus;
use plexus_network::{NetworkStats, ReservedError};
use plexus_primitives::consensus::{ConsensusKey, ConsensusSignature};
use plexus_rpc::{BannedPeer, ControlError, NodeControl, NodeRole, PeerInfo, Precommits};
use std::sync::Arc;
use tokio::sync::watch;

/// What the network tells. The network's handle is one.
pub trait Peers: Send + Sync + 'static {
	/// Connected peers.
	fn peers(&self) -> Vec<PeerInfo>;
	/// How many there are.
	fn count(&self) -> usize;
	/// Multiaddresses listened on.
	fn listen_addresses(&self) -> Vec<String>;
	/// The highest block that peers say they have, and more than one word speaks for.
	fn supported_height(&self) -> Option<u64>;
	/// Ids of the reserved peers.
	fn reserved(&self) -> Vec<String>;
	/// Reserves one more, by its multiaddress.
	fn add_reserved(&self, address: &str) -> Result<(), ReservedError>;
	/// No longer reserves one, by its id.
	fn remove_reserved(&self, peer_id: &str) -> Result<(), ReservedError>;
	/// Who is banned.
	fn banned(&self) -> Vec<BannedPeer>;
	/// Everything that the network counts.
	fn stats(&self) -> NetworkStats;
}

/// A node this many blocks behind its peers catches up; one or two are the usual state of a follower.
pub const SYNCING_BLOCKS_MIN: u64 = 5;

/// This node, for the RPC server.
pub struct Control {
	/// The name in the configuration.
	name: String,
	consensus: watch::Receiver<ConsensusStatus>,
	peer_id: String,
	allows_development_seeds: bool,
	keystore: Keystore,
	log: LogControl,
	chain: Chain,
	peers: Arc<dyn Peers>,
}

impl Control {
	/// The node at a place.
	pub fn new(
		place: &Place,
		chain: Chain,
		peers: Arc<dyn Peers>,
		log: LogControl,
		peer_id: String,
		consensus: watch::Receiver<ConsensusStatus>,
	) -> Self {
		let config = place.config();
		Self {
			name: config.name.clone(),
			consensus,
			peer_id,
			allows_development_seeds: place.is_development(),
			keystore: place.keystore(),
			log,
			chain,
			peers,
		}
	}
}

/// Consensus keys by the name that clients use for them.
const VALIDATOR_KEY_TYPE: &str = "plxs";

fn refused(cause: impl Into<String>, remedy: impl AsRef<str>) -> ControlError {
	ControlError(format!("{}; {}", cause.into(), remedy.as_ref()))
}

fn key_kind(key_type: &str) -> Result<KeyKind, ControlError> {
	match key_type {
		VALIDATOR_KEY_TYPE => Ok(KeyKind::Validator),
		other => {
			Err(refused(format!("there is no key type {other:?}"), format!("use {VALIDATOR_KEY_TYPE:?}")))
		}
	}
}

impl NodeControl for Control {
	fn node_name(&self) -> String {
		format!("Plexus ({})", self.name)
	}

	fn node_version(&self) -> String {
		env!("CARGO_PKG_VERSION").into()
	}

	fn roles(&self) -> Vec<NodeRole> {
		vec![if self.consensus.borrow().is_validator { NodeRole::Authority } else { NodeRole::Full }]
	}

	fn is_syncing(&self) -> bool {
		let own = u64::from(self.chain.tip().number);
		self.highest_block().is_some_and(|best| best >= own + SYNCING_BLOCKS_MIN)
	}

	fn highest_block(&self) -> Option<u64> {
		self.peers.supported_height()
	}

	fn should_have_peers(&self) -> bool {
		self.consensus.borrow().needs_peers()
	}

	fn peers(&self) -> Vec<PeerInfo> {
		self.peers.peers()
	}

	fn local_peer_id(&self) -> String {
		self.peer_id.clone()
	}

	fn listen_addresses(&self) -> Vec<String> {
		self.peers.listen_addresses()
	}

	fn reserved_peers(&self) -> Vec<String> {
		self.peers.reserved()
	}

	fn add_reserved_peer(&self, multiaddress: &str) -> Result<(), ControlError> {
		self.peers.add_reserved(multiaddress).map_err(|error| ControlError(error.to_string()))
	}

	fn remove_reserved_peer(&self, peer_id: &str) -> Result<(), ControlError> {
		self.peers.remove_reserved(peer_id).map_err(|error| ControlError(error.to_string()))
	}

	fn banned_peers(&self) -> Vec<BannedPeer> {
		self.peers.banned()
	}

	fn insert_key(&self, key_type: &str, secret_uri: &str, public: &[u8]) -> Result<(), ControlError> {
		let kind = key_kind(key_type)?;
		let development = crate::keystore::is_development_seed(secret_uri);
		if development && !self.allows_development_seeds {
			return Err(refused(
				"everybody knows the key of a development seed",
				"make one with `plexus key generate`",
			));
		}
		let failed = |error: crate::keystore::KeystoreError| {
			refused(error.to_string(), error.remedy().unwrap_or_default())
		};
		let key = SecretKey::from_secret(secret_uri).map_err(failed)?;
		if key.public().0[..] != *public {
			return Err(refused(
				"the secret does not belong to the public key",
				"send the pair's own public key",
			));
		}
		self.keystore.store(kind, &key, None).map(drop).map_err(failed)
	}

	fn rotate_keys(&self) -> Result<Vec<u8>, ControlError> {
		Err(refused(
			"the validator set is fixed in the genesis, so a new key could not sign",
			"use `plexus key generate validator` for a new chain's specification",
		))
	}

	fn has_key(&self, public: &[u8], key_type: &str) -> Result<bool, ControlError> {
		let kind = key_kind(key_type)?;
		Ok(self.keystore.public(kind).is_ok_and(|key| key.0[..] == *public))
	}

	fn has_session_keys(&self, session_keys: &[u8]) -> Result<bool, ControlError> {
		// The runtime's session keys are empty: every node has all of them.
		match session_keys.is_empty() {
			true => Ok(true),
			false => Err(refused("this runtime has no session keys", "ask for the key with author_hasKey")),
		}
	}

	fn set_log_filter(&self, directives: Option<&str>) -> Result<(), ControlError> {
		let done = match directives {
			Some(directives) => self.log.add(directives),
			None => self.log.reset(),
		};
		done.map_err(|cause| refused(cause, "write a level, or target=level,…"))
	}

	fn precommits(&self, certificate: &[u8]) -> Result<Precommits, ControlError> {
		let certificate = plexus_consensus::certificate::decode(certificate)
			.map_err(|error| refused(error.to_string(), "check the database with `plexus check`"))?;
		let signatures = certificate.signatures.iter();
		Ok(Precommits {
			round: certificate.round,
			signatures: signatures.map(|(id, s)| (ConsensusKey(id.0), ConsensusSignature(s.0))).collect(),
		})
	}
}
