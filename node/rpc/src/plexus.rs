//! `plexus_chainStatus`: what an operator wants to know of the chain, in one call; it holds nothing that no other method
//! tells. `plexus_finalityProof`: see [`crate::finality`]. `plexus_bannedPeers`: who may not connect, and why.
//!
//! # Must not
//! Change anything, or have what clients of other Substrate chains know by another name.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	finality::finality_proof,
	registry::{Answer, Registry},
	types::Hex,
};
use serde_json::json as value;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("plexus_chainStatus", chain_status);
	registry.query("plexus_finalityProof", finality_proof);
	registry.query("plexus_bannedPeers", banned_peers);
}

fn banned_peers(context: &Context, _: &Arguments) -> Answer {
	let told = |peer: crate::BannedPeer| {
		let crate::BannedPeer { peer_id, reason, seconds_left } = peer;
		value!({ "peerId": peer_id, "reason": reason, "secondsLeft": seconds_left })
	};
	json(&context.node.banned_peers().into_iter().map(told).collect::<Vec<_>>())
}

fn chain_status(context: &Context, _: &Arguments) -> Answer {
	let tip = context.tip();
	let executor = context.chain.executor();
	let validators: Vec<_> = executor
		.validators(&tip.state)?
		.into_iter()
		.map(|(key, power)| value!({ "publicKey": Hex(key), "power": power }))
		.collect();
	let pool = context.chain.pool().status();
	json(&value!({
		"chain": context.spec.name,
		"genesisHash": context.chain.genesis_hash(),
		"finalizedNumber": tip.number,
		"finalizedHash": tip.hash,
		"stateRoot": tip.header.state_root,
		"timestampMs": executor.timestamp_ms(&tip.state)?,
		"blockTimeMs": executor.block_time_ms(&tip.state)?,
		"validators": validators,
		"oldestState": context.database().oldest_state(),
		"oldestBlock": context.database().oldest_block(),
		"pool": { "ready": pool.ready, "future": pool.future, "bytes": pool.bytes },
		"peers": context.node.peers().len(),
		"isSyncing": context.node.is_syncing(),
	}))
}
