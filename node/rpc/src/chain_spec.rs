//! `chainSpec_v1_*`: the chain that the node serves.
//!
//! # Source
//! JSON-RPC interface specification, group `chainSpec`.

use crate::{context::json, registry::Registry};

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.instant("chainSpec_v1_chainName", |context, _, _| json(&context.spec.name));
	registry.instant("chainSpec_v1_genesisHash", |context, _, _| json(&context.chain.genesis_hash()));
	registry.instant("chainSpec_v1_properties", |context, _, _| json(&context.spec.properties));
}
