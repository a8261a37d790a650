//! `receipt_byId(batch, place)`: a receipt out of the body of its block, with its way to the root of its batch.
//!
//! ```text
//! index of events, or the state after the block ─▶ block, extrinsic, root, each channel's last sequence
//! body of that block ─▶ that one extrinsic ─▶ every `submit` in it ─▶ the one with that root ─▶ receipt, path
//! ```
//!
//! # Must not
//! Answer what does not lead to the root that the chain recorded: a caller verifies it with `merkle::verify`.
//!
//! # Invariants
//! A call reads at most one page of the index or one block's events, and decodes one extrinsic.
//!
//! # Source
//! The leaf is BLAKE3 of 0, then channel, sequence and receipt in SCALE; the tree is `plexus_primitives::merkle`.

use crate::{
	arguments::Arguments,
	context::{json, Context},
	errors::RpcError,
	registry::Answer,
	types::Hex,
};
use codec::{DecodeAll, Encode};
use pallet_receipts::{runtime_api::BatchInfo, Event};
use plexus_execution::traced_events;
use plexus_primitives::{
	merkle,
	receipt::{place, Placed},
	BatchId, ChannelId, Content, Receipt, Subject,
};
use plexus_runtime::{native, RuntimeEvent, VERSION};
use plexus_storage::{index::PAGE_MAX, Order};
use serde::Serialize;

/// Answers the call.
pub fn by_id(context: &Context, arguments: &Arguments) -> Answer {
	let id = arguments.required("batch", "a batch's id, a number").map(BatchId)?;
	let wanted: u32 =
		arguments.required("place", "a receipt's place in its batch, a number; the first is 0")?;
	let submitted = match indexed(context, id)? {
		Some(submitted) => submitted,
		None => in_state(context, id)?,
	};
	if wanted >= submitted.receipts {
		let receipts = submitted.receipts;
		return Err(RpcError::NoSuchPlace { batch: id.0, place: wanted, receipts });
	}
	let receipts = of_batch(context, id, &submitted)?;
	let leaves: Vec<_> = receipts.iter().map(Placed::leaf).collect();
	match (receipts.get(wanted as usize), merkle::prove(&leaves, wanted as usize)) {
		(Some(found), Some(path)) => json(&Proof::new(id, wanted, &submitted, found, path)),
		_ => Err(RpcError::Internal(format!("batch {} has fewer receipts than its event says", id.0))),
	}
}

/// What the chain told of a batch when it was submitted.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Submitted {
	block: u32,
	extrinsic: u32,
	root: [u8; 32],
	receipts: u32,
	/// Each channel's last sequence.
	last: Vec<(ChannelId, u64)>,
}

/// Out of events: height, extrinsic, bytes. Those of a batch's channels come before its own, which ends the search; nothing if
/// some are missing.
fn gather(id: BatchId, events: impl IntoIterator<Item = (u32, Option<u32>, Vec<u8>)>) -> Option<Submitted> {
	let (mut last, mut counted) = (Vec::new(), 0u64);
	for (block, extrinsic, event) in events {
		match RuntimeEvent::decode_all(&mut &event[..]) {
			Ok(RuntimeEvent::Receipts(Event::ChannelRedeemed {
				batch, channel, receipts, sequence, ..
			})) if batch == id => {
				last.push((channel, sequence));
				counted = counted.saturating_add(u64::from(receipts));
			}
			Ok(RuntimeEvent::Receipts(Event::BatchSubmitted { batch, root, receipts, .. }))
				if batch == id =>
			{
				let extrinsic = extrinsic.filter(|_| counted == u64::from(receipts))?;
				return Some(Submitted { block, extrinsic, root, receipts, last });
			}
			_ => {}
		}
	}
	None
}

/// As the index tells, however old the block is; a batch has far fewer channels than a page has events.
fn indexed(context: &Context, id: BatchId) -> Result<Option<Submitted>, RpcError> {
	if !context.index {
		return Ok(None);
	}
	let key = Subject::Batch(id).key();
	let page = context.database().history(&key, Order::OldestFirst, None, PAGE_MAX)?;
	let of_this_version =
		page.events.into_iter().filter(|(_, event)| event.spec_version == VERSION.spec_version);
	let events = of_this_version.map(|(place, event)| {
		let extrinsic = event.extrinsic.map(|(place, _)| place);
		(place.number, extrinsic, event.event)
	});
	Ok(gather(id, events))
}

/// As the batch's record and the state after its block tell, which are kept for a while.
fn in_state(context: &Context, id: BatchId) -> Result<Submitted, RpcError> {
	let now = context.state(None)?;
	let record: Option<BatchInfo<u32>> = context.query_as(&now, "ReceiptsApi_batch", &id.encode())?;
	let number = record.ok_or(RpcError::NoSuchBatch { batch: id.0 })?.submitted_at;
	let hash = context.database().hash(number)?.ok_or_else(|| body_not_kept(context, number))?;
	let events =
		traced_events(&context.state(Some(hash))?).map_err(|error| RpcError::Execution(error.to_string()))?;
	let events = events.into_iter().map(|traced| (number, traced.extrinsic, traced.event));
	gather(id, events)
		.ok_or_else(|| RpcError::Internal(format!("the events of block {number} lack batch {}", id.0)))
}

/// All receipts of the batch, in their order.
fn of_batch(context: &Context, id: BatchId, submitted: &Submitted) -> Result<Vec<Placed>, RpcError> {
	let Submitted { block, extrinsic, root, receipts, last } = submitted;
	let database = context.database();
	let body = match database.hash(*block)? {
		Some(hash) => database.body(&hash)?,
		None => None,
	};
	let body = body.ok_or_else(|| body_not_kept(context, *block))?;
	let unread = || RpcError::NoReceipts { batch: id.0, number: *block };
	let bytes = body.get(*extrinsic as usize).ok_or_else(unread)?;
	let extrinsic = native::decode_extrinsic(bytes).map_err(|_| unread())?;
	let is_it = |placed: &Vec<Placed>| {
		let leaves: Vec<_> = placed.iter().map(Placed::leaf).collect();
		merkle::root(&leaves) == Some(*root)
	};
	let submissions = native::submissions(&extrinsic);
	let mut placed =
		submissions.iter().filter(|one| count(one) == *receipts as usize).filter_map(|one| place(last, one));
	placed.find(is_it).ok_or_else(unread)
}

fn count(submission: &[(ChannelId, Vec<Receipt>)]) -> usize {
	submission.iter().map(|(_, receipts)| receipts.len()).sum()
}

fn body_not_kept(context: &Context, number: u32) -> RpcError {
	RpcError::BodyNotKept { number, oldest: context.database().oldest_block() }
}

/// A receipt and its way to the root. Amounts are decimal strings; a payment's tools write receipts in the same form.
#[derive(Serialize)]
struct Proof {
	batch: u64,
	/// Among the receipts of the batch, from 0.
	place: u32,
	/// How many the batch has.
	receipts: u32,
	root: Hex<[u8; 32]>,
	/// Height of the block whose body has it.
	block: u32,
	extrinsic: u32,
	channel: u64,
	/// In its channel.
	sequence: u64,
	receipt: ReceiptJson,
	/// The hashes beside the way from its leaf to the root, from below.
	path: Vec<Hex<[u8; 32]>>,
}

#[derive(Serialize)]
struct ReceiptJson {
	model: u64,
	prompt: ContentJson,
	context: Option<ContextJson>,
	output: ContentJson,
	fee: String,
	disclose: bool,
	execution: Option<Hex<[u8; 32]>>,
}

#[derive(Serialize)]
struct ContentJson {
	root: Hex<[u8; 32]>,
	len: u64,
}

#[derive(Serialize)]
struct ContextJson {
	root: Hex<[u8; 32]>,
	bytes: u64,
}

impl Proof {
	fn new(id: BatchId, place: u32, submitted: &Submitted, found: &Placed, path: merkle::Proof) -> Self {
		Self {
			batch: id.0,
			place,
			receipts: submitted.receipts,
			root: Hex(submitted.root),
			block: submitted.block,
			extrinsic: submitted.extrinsic,
			channel: found.channel.0,
			sequence: found.sequence,
			receipt: ReceiptJson::from(&found.receipt),
			path: path.into_iter().map(Hex).collect(),
		}
	}
}

impl From<&Receipt> for ReceiptJson {
	fn from(receipt: &Receipt) -> Self {
		let Receipt { model, prompt, context, output, fee, disclose, execution } = *receipt;
		Self {
			model: model.0,
			prompt: prompt.into(),
			context: context.map(|context| ContextJson { root: Hex(context.root), bytes: context.bytes }),
			output: output.into(),
			fee: fee.to_string(),
			disclose,
			execution: execution.map(Hex),
		}
	}
}

impl From<Content> for ContentJson {
	fn from(Content { root, len }: Content) -> Self {
		Self { root: Hex(root), len }
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::AgentId;

	const ID: BatchId = BatchId(4);

	fn redeemed(batch: u64, channel: u64, receipts: u32, sequence: u64) -> (u32, Option<u32>, Vec<u8>) {
		let (batch, channel) = (BatchId(batch), ChannelId(channel));
		let event = Event::ChannelRedeemed { batch, channel, receipts, amount: 1, sequence, acc: [0; 32] };
		(7, Some(2), RuntimeEvent::Receipts(event).encode())
	}

	fn submitted(batch: u64, receipts: u32, extrinsic: Option<u32>) -> (u32, Option<u32>, Vec<u8>) {
		let event = Event::BatchSubmitted {
			batch: BatchId(batch),
			server: AgentId(0),
			root: [9; 32],
			receipts,
			gross: 1,
			clearable_from_ms: 1,
			deposit: 1,
		};
		(7, extrinsic, RuntimeEvent::Receipts(event).encode())
	}

	#[test]
	fn a_batch_is_told_by_its_own_events_and_only_if_none_is_missing() {
		let all = [
			redeemed(3, 1, 1, 5),
			submitted(3, 1, Some(2)),
			redeemed(4, 1, 2, 7),
			redeemed(4, 6, 1, 1),
			submitted(4, 3, Some(2)),
			redeemed(5, 1, 1, 8),
		];
		let last = vec![(ChannelId(1), 7), (ChannelId(6), 1)];
		let told = Submitted { block: 7, extrinsic: 2, root: [9; 32], receipts: 3, last };
		assert_eq!(gather(ID, all.clone()), Some(told));
		for missing in 2..=4 {
			let rest = all.iter().enumerate().filter(|(place, _)| *place != missing);
			assert_eq!(gather(ID, rest.map(|(_, event)| event.clone())), None, "without event {missing}");
		}
		assert_eq!(gather(BatchId(6), all), None);
		let nowhere = [redeemed(4, 1, 1, 1), submitted(4, 1, None)];
		assert_eq!(gather(ID, nowhere), None, "no extrinsic");
		assert_eq!(gather(ID, [(7, Some(2), vec![0xff; 9])]), None, "no event of this runtime");
	}
}
