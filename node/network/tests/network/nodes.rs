//! Nodes to test with, and how to wait for what they do.

use libp2p::identity::Keypair;
use plexus_network::{BannedPeer, IncomingTransactions, Multiaddr, Network, NetworkConfig, PeerId, PeerInfo};
use sp_core::H256;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Far above what any of these takes on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often a figure that nobody announces is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A node of chain 1 that listens on loopback and looks for no peers beyond those it is given.
pub fn config(seed: u8, peers: &[Multiaddr]) -> NetworkConfig {
	let mut config = NetworkConfig::new(H256([1; 32]), [seed; 32]);
	config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
	config.bootnodes = peers.to_vec();
	config.connections.outbound = 1;
	config
}

pub async fn start(seed: u8, peers: &[Multiaddr]) -> Network {
	plexus_network::start(config(seed, peers)).await.unwrap()
}

/// The id of the node with this seed.
pub fn id(seed: u8) -> PeerId {
	Keypair::ed25519_from_bytes([seed; 32]).unwrap().public().to_peer_id()
}

/// Where nobody listens, as the address of the node with this seed.
pub fn nowhere(seed: u8) -> Multiaddr {
	format!("/ip4/127.0.0.1/tcp/1/p2p/{}", id(seed)).parse().unwrap()
}

pub async fn address(network: &Network) -> Multiaddr {
	let mut addresses = network.handle.watch_listen_addresses();
	let known = timeout(PATIENCE, addresses.wait_for(|addresses| !addresses.is_empty())).await;
	let known = known.expect("listening").unwrap();
	let address = known[0].clone();
	drop(known);
	address
}

/// Waits for exactly so many peers that take gossip.
pub async fn has_peers(network: &Network, count: usize) {
	let mut peers = network.handle.watch_peers();
	let listening = |peers: &Arc<[PeerInfo]>| {
		peers.iter().filter(|peer| peer.follows_consensus && peer.takes_transactions).count() == count
	};
	timeout(PATIENCE, peers.wait_for(listening)).await.expect("peers in time").unwrap();
}

/// Waits for a ban; its entry.
pub async fn bans(network: &Network, peer: PeerId) -> BannedPeer {
	let mut banned = network.handle.watch_banned();
	let found = |banned: &Arc<[BannedPeer]>| banned.iter().any(|ban| ban.id == peer);
	let banned = timeout(PATIENCE, banned.wait_for(found)).await.expect("a ban in time").unwrap();
	banned.iter().find(|ban| ban.id == peer).unwrap().clone()
}

/// Waits until a connection has been refused for this reason.
pub async fn refuses(network: &Network, reason: &str) {
	counts(|| network.handle.stats().refused, reason, 1).await;
}

/// Waits until peers have misbehaved like this so often.
pub async fn blames(network: &Network, kind: &str, times: u64) {
	counts(|| network.handle.stats().misbehaviours, kind, times).await;
}

/// Waits until something was counted so often.
pub async fn counts(read: impl Fn() -> Vec<(&'static str, u64)>, name: &str, least: u64) {
	let reached = || read().iter().any(|(known, count)| *known == name && *count >= least);
	let waiting = async {
		while !reached() {
			tokio::time::sleep(LOOK).await;
		}
	};
	timeout(PATIENCE, waiting).await.expect("counted in time");
}

pub async fn next(transactions: &mut mpsc::Receiver<IncomingTransactions>) -> IncomingTransactions {
	timeout(PATIENCE, transactions.recv()).await.expect("transactions in time").expect("the network lives")
}
