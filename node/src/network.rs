//! From this node's settings to those of the network, and the network as RPC and health see it.

use crate::{config::P2p, control::Peers, keystore::SecretKey};
use plexus_network::{
	dialer::peer_of, peers::supported_height, ConnectionLimits, Multiaddr, NetworkConfig, NetworkHandle,
	NetworkStats, ReservedError,
};
use plexus_rpc::{BannedPeer, NodeRole, PeerInfo};
use plexus_storage::Hash;
use std::time::Instant;

/// An address that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{address}` is not a multiaddress: {cause}; write it like /ip4/192.0.2.1/tcp/30333/p2p/12D3KooW…")]
pub struct AddressError {
	address: String,
	cause: String,
}

/// The network's settings. The specification's bootnodes are asked beside the operator's own.
///
/// # Errors
/// [`AddressError`] names the address that does not parse.
pub fn config(
	p2p: &P2p,
	bootnodes: &[String],
	genesis: Hash,
	key: &SecretKey,
) -> Result<NetworkConfig, AddressError> {
	let all_bootnodes: Vec<String> = p2p.bootnodes.iter().chain(bootnodes).cloned().collect();
	Ok(NetworkConfig {
		listen: parse(&p2p.listen)?,
		public: parse(&p2p.public)?,
		bootnodes: parse(&all_bootnodes)?,
		reserved: parse(&p2p.reserved)?,
		reserved_only: p2p.reserved_only,
		connections: ConnectionLimits {
			inbound: p2p.in_peers,
			outbound: p2p.out_peers,
			per_ip: p2p.peers_per_ip,
		},
		..NetworkConfig::new(genesis, *key.expose())
	})
}

fn parse(addresses: &[String]) -> Result<Vec<Multiaddr>, AddressError> {
	let parse = |address: &String| {
		address.parse().map_err(|cause| AddressError { address: address.clone(), cause: format!("{cause}") })
	};
	addresses.iter().map(parse).collect()
}

impl Peers for NetworkHandle {
	fn peers(&self) -> Vec<PeerInfo> {
		let told = |peer: &plexus_network::PeerInfo| PeerInfo {
			peer_id: peer.id.to_string(),
			role: if peer.is_validator { NodeRole::Authority } else { NodeRole::Full },
			best_number: peer.best_number.and_then(|number| u32::try_from(number).ok()),
			best_hash: None,
		};
		NetworkHandle::peers(self).iter().map(told).collect()
	}

	fn count(&self) -> usize {
		NetworkHandle::peers(self).len()
	}

	fn listen_addresses(&self) -> Vec<String> {
		let me = self.local_peer_id();
		NetworkHandle::listen_addresses(self).iter().map(|address| format!("{address}/p2p/{me}")).collect()
	}

	fn supported_height(&self) -> Option<u64> {
		supported_height(&NetworkHandle::peers(self))
	}

	fn reserved(&self) -> Vec<String> {
		NetworkHandle::reserved(self).iter().filter_map(peer_of).map(|peer| peer.to_string()).collect()
	}

	fn add_reserved(&self, address: &str) -> Result<(), ReservedError> {
		NetworkHandle::add_reserved(self, address)
	}

	fn remove_reserved(&self, peer_id: &str) -> Result<(), ReservedError> {
		NetworkHandle::remove_reserved(self, peer_id)
	}

	fn banned(&self) -> Vec<BannedPeer> {
		let now = Instant::now();
		let told = |ban: &plexus_network::BannedPeer| BannedPeer {
			peer_id: ban.id.to_string(),
			reason: ban.reason.name(),
			seconds_left: ban.until.saturating_duration_since(now).as_secs(),
		};
		NetworkHandle::banned(self).iter().map(told).collect()
	}

	fn stats(&self) -> NetworkStats {
		NetworkHandle::stats(self)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_specifications_bootnodes_join_the_operators() {
		let key = SecretKey::from_seed([1; 32]);
		let node = |last: u8| format!("/ip4/192.0.2.{last}/tcp/30333/p2p/{}", key.public().peer_id());
		let p2p = P2p { bootnodes: vec![node(1)], ..P2p::default() };
		let config = config(&p2p, &[node(2)], Hash::zero(), &key).expect("all are addresses");
		let bootnodes: Vec<String> = config.bootnodes.iter().map(ToString::to_string).collect();
		assert_eq!(bootnodes, [node(1), node(2)]);
		assert_eq!(config.listen.len(), 1);
		assert_eq!(config.connections, ConnectionLimits::default(), "the defaults are the network's own");
	}

	#[test]
	fn an_address_that_is_none_is_named() {
		let p2p = P2p { public: vec!["/ip4/300.0.0.1/tcp/1".into()], ..P2p::default() };
		let error = config(&p2p, &[], Hash::zero(), &SecretKey::from_seed([1; 32])).expect_err("no address");
		assert!(error.to_string().contains("300.0.0.1"), "{error}");
	}
}
