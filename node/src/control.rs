//! What the RPC server may ask of this node: name, peers, keys, log filter.
//!
//! Must not: give out secrets, or overwrite a validator key, be it the present or the next one. The RPC server lets nobody
//! but this machine reach what changes the node.

use crate::{
	keystore::{KeyKind, Keystore, KeystoreError, PublicKey, SecretKey},
	logging::LogControl,
	password::PasswordSource,
	place::Place,
	report::Remedy,
	rotation::ownership_proof,
};
use parking_lot::Mutex;
use plexus_chain::Chain;
use plexus_consensus::ConsensusStatus;
use plexus_network::{NetworkStats, ReservedError};
use plexus_primitives::consensus::{ConsensusKey, ConsensusSignature};
use plexus_rpc::{BannedPeer, ControlError, NodeControl, NodeRole, OwnedKeys, PeerInfo, Precommits};
use plexus_runtime::AccountId;
use std::sync::Arc;
use tokio::sync::watch;
use tracing::info;

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
	password: PasswordSource,
	/// The key that this node signs with whenever it is a validator.
	signing: Option<PublicKey>,
	/// Held while the next validator key is made, so that two callers get the same one.
	rotation: Mutex<()>,
	log: LogControl,
	chain: Chain,
	peers: Arc<dyn Peers>,
}

impl Control {
	/// The node at a place, which signs with this key, if with any.
	pub fn new(
		place: &Place,
		chain: Chain,
		peers: Arc<dyn Peers>,
		log: LogControl,
		peer_id: String,
		consensus: watch::Receiver<ConsensusStatus>,
		signing: Option<PublicKey>,
	) -> Self {
		let config = place.config();
		Self {
			name: config.name.clone(),
			consensus,
			peer_id,
			allows_development_seeds: place.is_development(),
			keystore: place.keystore(),
			password: place.password(),
			signing,
			rotation: Mutex::new(()),
			log,
			chain,
			peers,
		}
	}

	/// Whether a validator key is this node's: the one that signs, the one in its file, or the next one.
	fn holds(&self, public: &[u8]) -> bool {
		let present = self.keystore.public(KeyKind::Validator).ok();
		let next = self.keystore.next_public().ok().flatten();
		[self.signing, present, next].into_iter().flatten().any(|key| key.0[..] == *public)
	}
}

/// Consensus keys by the name that clients use for them.
const VALIDATOR_KEY_TYPE: &str = "plxs";

/// Session keys are one ed25519 key.
const SESSION_KEYS_BYTES: usize = 32;

fn refused(cause: impl Into<String>, remedy: impl AsRef<str>) -> ControlError {
	ControlError(format!("{}; {}", cause.into(), remedy.as_ref()))
}

fn key_refused(error: KeystoreError) -> ControlError {
	refused(error.to_string(), error.remedy().unwrap_or_default())
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
		let key = SecretKey::from_secret(secret_uri).map_err(key_refused)?;
		if key.public().0[..] != *public {
			return Err(refused(
				"the secret does not belong to the public key",
				"send the pair's own public key",
			));
		}
		self.keystore.store(kind, &key, None).map(drop).map_err(key_refused)
	}

	fn rotate_keys(&self) -> Result<Vec<u8>, ControlError> {
		let _turn = self.rotation.lock();
		let next = self.keystore.next_key_unattended(&self.password).map_err(key_refused)?;
		info!(key = %next.hex(), "next validator key; it signs once the chain names it and this node was restarted");
		Ok(next.0.to_vec())
	}

	fn rotate_keys_with_owner(&self, owner: &[u8]) -> Result<OwnedKeys, ControlError> {
		let account: [u8; 32] = owner.try_into().map_err(|_| {
			refused(format!("an account id has 32 bytes, not {}", owner.len()), "send the id, not an address")
		})?;
		let keys = self.rotate_keys()?;
		let key = self.keystore.load_next_unattended(&self.password).map_err(key_refused)?;
		let proof = ownership_proof(&key, &self.chain.genesis_hash().0, &AccountId::new(account));
		Ok(OwnedKeys { keys, proof: proof.to_vec() })
	}

	fn has_key(&self, public: &[u8], key_type: &str) -> Result<bool, ControlError> {
		key_kind(key_type).map(|_| self.holds(public))
	}

	fn has_session_keys(&self, session_keys: &[u8]) -> Result<bool, ControlError> {
		match session_keys.len() {
			SESSION_KEYS_BYTES => Ok(self.holds(session_keys)),
			other => Err(refused(
				format!("session keys have {SESSION_KEYS_BYTES} bytes, not {other}"),
				"send what author_rotateKeys answered",
			)),
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
