//! `chain_*`: headers, blocks, and subscriptions to them.
//!
//! # Must not
//! Tell best from final: every block that this node has is final.

use crate::{
	arguments::{Arguments, OneOrMany},
	connection::Connection,
	context::{json, Context},
	errors::RpcError,
	heads::Heads,
	notifier::Notifier,
	registry::{Answer, Feed, Registry},
	types::{all_hex, BlockJson, SignedBlock},
};
use futures::FutureExt;
use plexus_storage::Hash;
use std::sync::Arc;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("chain_getHeader", get_header);
	registry.query("chain_getBlock", get_block);
	registry.query("chain_getBlockHash", get_block_hash);
	registry.alias("chain_getHead", "chain_getBlockHash");
	registry.instant("chain_getFinalizedHead", |context, _, _| json(&context.tip().hash));
	registry.alias("chain_getFinalisedHead", "chain_getFinalizedHead");

	registry.subscription(
		"chain_subscribeNewHeads",
		"chain_newHead",
		"chain_unsubscribeNewHeads",
		subscribe_heads,
	);
	for alias in ["chain_subscribeNewHead", "subscribe_newHead"] {
		registry.alias(alias, "chain_subscribeNewHeads");
	}
	for alias in ["chain_unsubscribeNewHead", "unsubscribe_newHead"] {
		registry.alias(alias, "chain_unsubscribeNewHeads");
	}
	registry.subscription(
		"chain_subscribeAllHeads",
		"chain_allHead",
		"chain_unsubscribeAllHeads",
		subscribe_heads,
	);
	registry.subscription(
		"chain_subscribeFinalizedHeads",
		"chain_finalizedHead",
		"chain_unsubscribeFinalizedHeads",
		subscribe_heads,
	);
	registry.alias("chain_subscribeFinalisedHeads", "chain_subscribeFinalizedHeads");
	registry.alias("chain_unsubscribeFinalisedHeads", "chain_unsubscribeFinalizedHeads");
}

fn get_header(context: &Context, arguments: &Arguments) -> Answer {
	match arguments.optional_hash("hash")? {
		None => json(&context.tip().header),
		Some(hash) => json(&context.header(&hash)?),
	}
}

fn get_block(context: &Context, arguments: &Arguments) -> Answer {
	let hash = arguments.optional_hash("hash")?.unwrap_or_else(|| context.tip().hash);
	let Some(header) = context.header(&hash)? else { return json(&()) };
	let Some(body) = context.database().body(&hash)? else { return json(&()) };
	json(&SignedBlock { block: BlockJson { header, extrinsics: all_hex(body) }, justifications: None })
}

/// A height as clients send it: a number, a number in hexadecimal, or `null` for the last block's.
struct Height(Option<u64>);

impl<'de> serde::Deserialize<'de> for Height {
	fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		struct HeightVisitor;
		impl serde::de::Visitor<'_> for HeightVisitor {
			type Value = Height;

			fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
				formatter.write_str("a height as a number or in hexadecimal")
			}

			fn visit_unit<E: serde::de::Error>(self) -> Result<Height, E> {
				Ok(Height(None))
			}

			fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Height, E> {
				Ok(Height(Some(number)))
			}

			fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Height, E> {
				let digits = text.strip_prefix("0x").unwrap_or(text);
				u64::from_str_radix(digits, 16).map(|number| Height(Some(number))).map_err(E::custom)
			}
		}
		deserializer.deserialize_any(HeightVisitor)
	}
}

fn get_block_hash(context: &Context, arguments: &Arguments) -> Answer {
	let right = "a height as a number or in hexadecimal, or an array of them";
	match arguments.one_or_many("hash", right, context.limits.keys)? {
		None => json(&context.tip().hash),
		Some(OneOrMany::One(height)) => json(&hash_at(context, &height)?),
		Some(OneOrMany::Many(heights)) => {
			json(&heights.iter().map(|height| hash_at(context, height)).collect::<Result<Vec<_>, _>>()?)
		}
	}
}

fn hash_at(context: &Context, height: &Height) -> Result<Option<Hash>, RpcError> {
	match height.0.map(u32::try_from) {
		None => Ok(Some(context.tip().hash)),
		Some(Ok(number)) => Ok(context.database().hash(number)?),
		// No chain gets there.
		Some(Err(_)) => Ok(None),
	}
}

/// The current head at once, then every block.
fn subscribe_heads(context: Arc<Context>, _: &Arguments, _: &Arc<Connection>) -> Result<Feed, RpcError> {
	Ok(Box::new(move |notifier| feed_heads(context, notifier).boxed()))
}

async fn feed_heads(context: Arc<Context>, notifier: Notifier) {
	let (mut heads, (_, first)) = Heads::after_tip(&context, notifier.connection());
	if notifier.send(&first).await.is_err() {
		return;
	}
	loop {
		let next = tokio::select! {
			next = heads.next() => next,
			() = notifier.over() => return,
		};
		match next {
			None => return,
			Some(Err(error)) => {
				tracing::warn!(target: "rpc", %error, "a subscription to heads ends");
				return;
			}
			Some(Ok(next)) => {
				for (_, header) in next {
					if notifier.send(&header).await.is_err() {
						return;
					}
				}
			}
		}
	}
}
