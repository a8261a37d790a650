//! `system_*`: the node itself.
//!
//! # Must not
//! Change the node except through [`NodeControl`](crate::NodeControl), and never for an untrusted connection.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	control::ControlError,
	errors::RpcError,
	registry::{Answer, Registry},
	types::Hex,
};
use codec::Encode;
use plexus_chain_spec::ChainType;
use serde_json::json as value;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("system_name", |context, _| json(&context.node.node_name()));
	registry.query("system_version", |context, _| json(&context.node.node_version()));
	registry.instant("system_chain", |context, _, _| json(&context.spec.name));
	registry.instant("system_chainType", |context, _, _| json(chain_type(context)));
	registry.instant("system_properties", |context, _, _| json(&context.spec.properties));
	registry.query("system_health", health);
	registry.query("system_syncState", sync_state);
	registry.query("system_nodeRoles", |context, _| {
		json(&context.node.roles().into_iter().map(|role| role.name()).collect::<Vec<_>>())
	});
	registry.query("system_localPeerId", |context, _| json(&context.node.local_peer_id()));
	registry.query("system_localListenAddresses", |context, _| json(&context.node.listen_addresses()));
	registry.query("system_peers", peers);
	registry.query("system_reservedPeers", |context, _| json(&context.node.reserved_peers()));
	registry.unsafe_query("system_addReservedPeer", |context, arguments| {
		done(context.node.add_reserved_peer(&arguments.text("peer")?))
	});
	registry.unsafe_query("system_removeReservedPeer", |context, arguments| {
		done(context.node.remove_reserved_peer(&arguments.text("peerId")?))
	});
	registry.unsafe_query("system_addLogFilter", |context, arguments| {
		done(context.node.set_log_filter(Some(&arguments.text("directives")?)))
	});
	registry.unsafe_query("system_resetLogFilter", |context, _| done(context.node.set_log_filter(None)));
	registry.unsafe_query("system_dryRun", dry_run);
	registry.alias("system_dryRunAt", "system_dryRun");
}

fn chain_type(context: &Context) -> &'static str {
	match context.spec.chain_type {
		ChainType::Development => "Development",
		ChainType::Local => "Local",
		ChainType::Live => "Live",
	}
}

fn health(context: &Context, _: &Arguments) -> Answer {
	json(&value!({
		"peers": context.node.peers().len(),
		"isSyncing": context.node.is_syncing(),
		"shouldHavePeers": context.node.should_have_peers(),
	}))
}

fn sync_state(context: &Context, _: &Arguments) -> Answer {
	let current = u64::from(context.tip().number);
	json(&value!({
		"startingBlock": context.started_at,
		"currentBlock": current,
		"highestBlock": context.node.highest_block().map_or(current, |best| best.max(current)),
	}))
}

/// There are no forks, so that the hash of a peer's block is our own chain's, as far as we have that block.
fn peers(context: &Context, _: &Arguments) -> Answer {
	let mut peers = Vec::new();
	for peer in context.node.peers() {
		let best_hash = match (peer.best_hash, peer.best_number) {
			(Some(hash), _) => Some(hash),
			(None, Some(number)) => context.database().hash(number)?,
			(None, None) => None,
		};
		peers.push(value!({
			"peerId": peer.peer_id,
			"roles": peer.role.name().to_uppercase(),
			"bestHash": best_hash,
			"bestNumber": peer.best_number,
		}));
	}
	json(&peers)
}

/// Applies an extrinsic to the last block's state and drops the result. It costs as much as executing it, unpaid,
/// hence unsafe.
fn dry_run(context: &Context, arguments: &Arguments) -> Answer {
	let extrinsic = arguments.bytes("extrinsic")?;
	let tip = context.tip();
	if arguments.optional_hash("at")?.is_some_and(|at| at != tip.hash) {
		return Err(RpcError::InvalidParams(format!(
			"`at` must be the last block, which is {:?}, or left out: extrinsics apply to the last state only",
			tip.hash
		)));
	}
	json(&Hex(context.chain.executor().dry_run(&tip, &extrinsic)?.encode()))
}

/// The answer of a method that only does something.
pub(crate) fn done(result: Result<(), ControlError>) -> Answer {
	result.map_err(|error| RpcError::Control(error.to_string()))?;
	json(&())
}
