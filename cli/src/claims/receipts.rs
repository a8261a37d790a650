//! The receipts of a batch: from a store, or out of the body of the block that has the batch.
//!
//! ```text
//! store: <root>.batch.json ─────────────────────────────────────────────┐
//! block: which one the batch's record says, or the index of events      ├──▶ Merkle root over all of them = the batch's?
//!   ├ body: every `submit` in it, also within an agent's call ─ receipts │
//!   └ events: `ChannelRedeemed` ─ channels and sequences ────────────────┘
//! ```
//!
//! # Must not
//! Return anything whose root is another than that of the batch. Know how deep a call lies within others: whatever looks
//! like redemptions is tried.

use super::history::{self, BatchSubmitted, ChannelRedeemed};
use crate::{
	client::{bounded, AtBlock, Client},
	explain::explain_client,
	failure::{Failure, FailureKind},
	payments,
};
use codec::DecodeAll;
use plexus_payments::store::{batch_root, Placed, Store};
use plexus_primitives::{receipt::place, BatchId, ChannelId, Content, Context, ModelId, Receipt};
use serde::Deserialize;
use subxt::{
	config::substrate::H256,
	ext::scale_value::{scale::decode_as_type, Composite, Value, ValueDef},
	rpcs::client::rpc_params,
};

/// Events of a batch until it was submitted: those of its channels and models come first.
const EVENTS_MAX: usize = 512;

/// The receipts of a batch, in their order.
///
/// # Errors
/// Neither the store has them, nor can they be found in a block.
pub(crate) async fn of_batch(
	client: &Client,
	at: &AtBlock,
	id: BatchId,
	root: &[u8; 32],
	store: Option<&Store>,
) -> Result<Vec<Placed>, Failure> {
	if let Some(receipts) = store.and_then(|store| store.batch(root).ok()) {
		return Ok(receipts);
	}
	let found = submitted(client, at, id).await?;
	let hash = found.block_hash(client).await?;
	let channels = match found.redeemed {
		Some(redeemed) => redeemed,
		None => redeemed_in(client, hash, id).await?,
	};
	let candidates = submissions(client, at, hash).await?;
	let last: Vec<_> = channels.iter().map(|redeemed| (redeemed.channel, redeemed.sequence)).collect();
	let placed = candidates.iter().filter_map(|lists| place(&last, lists));
	let mut matching = placed.filter(|receipts| batch_root(receipts).is_ok_and(|made| made == *root));
	matching.next().ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NoReceipts",
			format!("block {} has no receipts whose root is that of batch {}", found.block, id.0),
			"give a --store that has the batch's receipts, or report it: a batch's receipts are in its block",
		)
	})
}

/// Where a batch was submitted.
struct Submitted {
	block: u32,
	redeemed: Option<Vec<ChannelRedeemed>>,
}

impl Submitted {
	async fn block_hash(&self, client: &Client) -> Result<H256, Failure> {
		client.block_hash(self.block.into()).await?.ok_or_else(|| {
			Failure::new(
				FailureKind::NotFound,
				"NoSuchBlock",
				format!("the node does not have block {}, which the batch is in", self.block),
				"ask a node that has blocks from the genesis on with --url, or give a --store that has the batch",
			)
		})
	}
}

/// The index tells sequences too, however old the block is; without one the batch's record tells the block.
async fn submitted(client: &Client, at: &AtBlock, id: BatchId) -> Result<Submitted, Failure> {
	let told = history::history(client, &history::of_batch(id), false, EVENTS_MAX).await;
	let without = match told {
		Ok(told) => {
			let named = |event: &&history::Happened| {
				event.decode::<BatchSubmitted>("Receipts.BatchSubmitted").is_some()
			};
			if let Some(block) = told.events.iter().find(named).map(|event| event.block) {
				let channels =
					told.events.iter().filter_map(|event| event.decode("Receipts.ChannelRedeemed"));
				return Ok(Submitted { block, redeemed: Some(channels.collect()) });
			}
			None
		}
		Err(failure) => Some(failure),
	};
	match payments::known_batch(at, id.0).await {
		Ok(info) => Ok(Submitted { block: info.submitted_at, redeemed: None }),
		Err(gone) => Err(without.map_or(gone, no_history)),
	}
}

/// Why what is over cannot be looked at.
pub(crate) fn no_history(failure: Failure) -> Failure {
	let remedy = "ask a node that keeps an index of events with --url (`plexus run --index`), one that has all blocks for what is old; \
		`plexus query history` shows from which block on its index is complete";
	Failure { remedy: remedy.into(), ..failure.with_context("the batch's history is not at hand") }
}

/// The channels of a batch, from the events of its block, which are in a state that a node keeps for a while.
async fn redeemed_in(client: &Client, hash: H256, id: BatchId) -> Result<Vec<ChannelRedeemed>, Failure> {
	let at = client.at_hash(hash).await.map_err(no_history)?;
	let events = bounded("the events", at.events().fetch()).await?.map_err(explain_client);
	let events = events.map_err(no_history)?;
	let named = events
		.iter()
		.filter_map(Result::ok)
		.filter(|event| (event.pallet_name(), event.event_name()) == ("Receipts", "ChannelRedeemed"));
	let channels = named.filter_map(|event| ChannelRedeemed::decode_all(&mut event.field_bytes()).ok());
	Ok(channels.filter(|redeemed| redeemed.batch == id).collect())
}

/// The part of a block that is read.
#[derive(Deserialize)]
struct Block {
	block: Body,
}

#[derive(Deserialize)]
struct Body {
	extrinsics: Vec<String>,
}

/// The receipts of each `submit` in a block, channel by channel. Bodies are kept when states are not, so that calls are
/// decoded by the types at the head: whatever is decoded wrongly has another root.
async fn submissions(
	client: &Client,
	at: &AtBlock,
	hash: H256,
) -> Result<Vec<Vec<(ChannelId, Vec<Receipt>)>>, Failure> {
	let found: Option<Block> = client.request("chain_getBlock", rpc_params![hash]).await?;
	let texts = found.map(|found| found.block.extrinsics).unwrap_or_default();
	let bytes = texts.iter().filter_map(|text| hex::decode(text.trim_start_matches("0x")).ok());
	let extrinsics = at.extrinsics().from_bytes(bytes.collect()).await;
	let metadata = at.metadata_ref();
	let call = metadata.outer_enums().call_enum_ty();
	let mut found = Vec::new();
	for extrinsic in extrinsics.iter().filter_map(Result::ok) {
		let mut bytes = extrinsic.call_data_bytes();
		if let Ok(value) = decode_as_type(&mut bytes, call, metadata.types()) {
			collect(&value, &mut found);
		}
	}
	Ok(found)
}

/// Whatever is called `redemptions`, at any depth: the node bounds how deep calls lie within others.
fn collect<Context>(value: &Value<Context>, found: &mut Vec<Vec<(ChannelId, Vec<Receipt>)>>) {
	let parts = match &value.value {
		ValueDef::Composite(parts) => parts,
		ValueDef::Variant(variant) => &variant.values,
		ValueDef::BitSequence(_) | ValueDef::Primitive(_) => return,
	};
	match parts {
		Composite::Named(named) => {
			for (name, part) in named {
				match name == "redemptions" {
					true => found.extend(redemptions(part)),
					false => collect(part, found),
				}
			}
		}
		Composite::Unnamed(parts) if parts.first().is_some_and(is_list_item) => {
			parts.iter().for_each(|part| collect(part, found));
		}
		Composite::Unnamed(_) => {}
	}
}

/// Whether more may lie in it: lists of bytes are passed over.
fn is_list_item<Context>(value: &Value<Context>) -> bool {
	!matches!(value.value, ValueDef::Primitive(_))
}

fn redemptions<Context>(value: &Value<Context>) -> Option<Vec<(ChannelId, Vec<Receipt>)>> {
	items(value)?.iter().map(redemption).collect()
}

fn redemption<Context>(value: &Value<Context>) -> Option<(ChannelId, Vec<Receipt>)> {
	let channel = ChannelId(number(field(value, "channel")?)?);
	let receipts = items(field(value, "receipts")?)?.iter().map(receipt).collect::<Option<_>>()?;
	Some((channel, receipts))
}

fn receipt<Context>(value: &Value<Context>) -> Option<Receipt> {
	Some(Receipt {
		model: ModelId(number(field(value, "model")?)?),
		prompt: content(field(value, "prompt")?)?,
		context: optional(field(value, "context")?, |value| {
			Some(self::Context { root: hash(field(value, "root")?)?, bytes: number(field(value, "bytes")?)? })
		})?,
		output: content(field(value, "output")?)?,
		fee: amount(field(value, "fee")?)?,
		disclose: within(field(value, "disclose")?).as_bool()?,
		execution: optional(field(value, "execution")?, hash)?,
	})
}

fn content<Context>(value: &Value<Context>) -> Option<Content> {
	Some(Content { root: hash(field(value, "root")?)?, len: number(field(value, "len")?)? })
}

/// `Some` and what is in it, or `None`; nothing if it is neither.
fn optional<Context, Inner>(
	value: &Value<Context>,
	inner: impl FnOnce(&Value<Context>) -> Option<Inner>,
) -> Option<Option<Inner>> {
	let ValueDef::Variant(variant) = &value.value else { return None };
	match (variant.name.as_str(), &variant.values) {
		("None", _) => Some(None),
		("Some", Composite::Unnamed(parts)) => inner(parts.first()?).map(Some),
		_ => None,
	}
}

fn field<'a, Context>(value: &'a Value<Context>, name: &str) -> Option<&'a Value<Context>> {
	match &value.value {
		ValueDef::Composite(Composite::Named(named)) => {
			named.iter().find(|(other, _)| other == name).map(|(_, value)| value)
		}
		_ => None,
	}
}

/// What a type of one field wraps: ids, and lists with a bound.
fn within<Context>(value: &Value<Context>) -> &Value<Context> {
	let mut value = value;
	// No more than a newtype around a bounded list.
	for _ in 0..4 {
		match &value.value {
			ValueDef::Composite(Composite::Unnamed(parts)) if parts.len() == 1 => match &parts[0].value {
				ValueDef::Composite(Composite::Named(_)) => return value,
				_ => value = &parts[0],
			},
			_ => return value,
		}
	}
	value
}

/// The items of a list, in whatever wrapping.
fn items<Context>(value: &Value<Context>) -> Option<&[Value<Context>]> {
	match &value.value {
		ValueDef::Composite(Composite::Unnamed(parts)) => match &parts[..] {
			// A list with a bound is a type of one field, which is a list.
			[Value { value: ValueDef::Composite(Composite::Unnamed(inner)), .. }] => Some(inner),
			_ => Some(parts),
		},
		_ => None,
	}
}

fn amount<Context>(value: &Value<Context>) -> Option<u128> {
	within(value).as_u128()
}

fn number<Context>(value: &Value<Context>) -> Option<u64> {
	amount(value)?.try_into().ok()
}

fn hash<Context>(value: &Value<Context>) -> Option<[u8; 32]> {
	let bytes: Option<Vec<u8>> =
		items(value)?.iter().map(|byte| u8::try_from(byte.as_u128()?).ok()).collect();
	bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::testing::receipt_of;
	use codec::{Decode, Encode};
	use pallet_receipts::Redemption;
	use plexus_primitives::AgentId;
	use plexus_runtime::{Runtime, RuntimeCall};
	use sp_runtime::{BoundedVec, MultiSignature};
	use subxt::Metadata;

	fn metadata() -> Metadata {
		// Some constants are read from the state.
		let opaque = sp_io::TestExternalities::default().execute_with(|| Runtime::metadata_at_version(15));
		Metadata::decode(&mut &opaque.expect("the runtime has this version")[..]).expect("it is metadata")
	}

	fn submission(lists: &[(ChannelId, Vec<Receipt>)]) -> RuntimeCall {
		let redemption = |(channel, receipts): &(ChannelId, Vec<Receipt>)| Redemption::<Runtime> {
			channel: *channel,
			receipts: BoundedVec::truncate_from(receipts.clone()),
			signature: MultiSignature::Sr25519([7; 64].into()).into(),
		};
		let redemptions = BoundedVec::truncate_from(lists.iter().map(redemption).collect());
		pallet_attribution::Call::submit { server: AgentId(3), redemptions, claims: Default::default() }
			.into()
	}

	/// A call of another pallet, by its name in the metadata.
	fn call_of(metadata: &Metadata, pallet: &str, name: &str, arguments: &impl Encode) -> Vec<u8> {
		let pallet = metadata.pallet_by_name(pallet).expect("the runtime has this pallet");
		let variant = pallet.call_variant_by_name(name).expect("the pallet has this call");
		[&[pallet.call_index(), variant.index], &arguments.encode()[..]].concat()
	}

	fn found_in(metadata: &Metadata, bytes: &[u8]) -> Vec<Vec<(ChannelId, Vec<Receipt>)>> {
		let call = metadata.outer_enums().call_enum_ty();
		let value = decode_as_type(&mut &bytes[..], call, metadata.types()).expect("it is a call");
		let mut found = Vec::new();
		collect(&value, &mut found);
		found
	}

	#[test]
	fn receipts_are_read_out_of_a_call_and_out_of_calls_within_calls() {
		let full = Receipt {
			context: Some(Context { root: [3; 32], bytes: 4 }),
			execution: Some([7; 32]),
			fee: u128::MAX,
			..receipt_of(b"prompt", b"output")
		};
		let least = Receipt { disclose: false, ..receipt_of(b"p", b"o") };
		let metadata = metadata();
		for lists in [
			vec![(ChannelId(1), vec![full, least]), (ChannelId(2), vec![least])],
			vec![(ChannelId(1), vec![full])],
		] {
			let call = submission(&lists);
			assert_eq!(found_in(&metadata, &call.encode()), std::slice::from_ref(&lists));
			let calls = vec![call.clone(), submission(&lists[..1])];
			let batch = call_of(&metadata, "Utility", "batch_all", &calls);
			assert_eq!(found_in(&metadata, &batch), [lists.clone(), lists[..1].to_vec()]);
			let act = call_of(&metadata, "Agents", "act", &(AgentId(3), 4u32, call));
			assert_eq!(found_in(&metadata, &act), [lists]);
		}
		let remark = call_of(&metadata, "System", "remark", &vec![1u8; 100]);
		assert!(found_in(&metadata, &remark).is_empty());
	}
}
