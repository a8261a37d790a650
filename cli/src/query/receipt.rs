//! `plexus query receipt`: one receipt out of the block that has it, with its way to the root of its batch.
//!
//! # Must not
//! Print a receipt that does not lead to the root, or a root that is another than in the batch's record.

use super::not_found;
use crate::{
	address::parse_hex32,
	amount::Amount,
	client::Client,
	failure::{Failure, FailureKind},
	output::{self, hex, Answer},
	payments,
};
use plexus_payments::json;
use plexus_primitives::{merkle, ChannelId, Content, Receipt};
use serde::{Deserialize, Serialize};
use subxt::rpcs::client::rpc_params;

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// Id of the batch.
	batch: u64,
	/// The receipt's place in the batch; the first is 0.
	place: u32,
}

/// What `receipt_byId` answers.
#[derive(Clone, Deserialize)]
struct Told {
	receipts: u32,
	root: String,
	block: u32,
	extrinsic: u32,
	channel: u64,
	sequence: u64,
	receipt: json::Receipt,
	path: Vec<String>,
}

/// A receipt that was verified.
#[derive(Serialize)]
pub(super) struct Verified {
	batch: u64,
	place: u32,
	/// How many the batch has.
	receipts: u32,
	/// What the path leads to.
	root: String,
	/// Whether the batch's record is there still, which has the same root.
	recorded: bool,
	/// Where the node found it.
	block: u32,
	extrinsic: u32,
	channel: u64,
	/// In its channel.
	sequence: u64,
	receipt: json::Receipt,
	/// The hashes beside the way from its leaf to the root, from below.
	path: Vec<String>,
	#[serde(skip)]
	said: Receipt,
}

impl Answer for Verified {
	fn human(&self) -> String {
		let Receipt { model, prompt, context, output, fee, disclose, execution } = self.said;
		let record = match self.recorded {
			true => "has the same root",
			false => "was cleared: the root is the node's word",
		};
		let context = context.map(|context| Content { root: context.root, len: context.bytes });
		output::fields([
			("receipt", format!("place {} of {} in batch {}", self.place, self.receipts, self.batch)),
			("block", format!("{}, extrinsic {}", self.block, self.extrinsic)),
			("channel", format!("{}, sequence {}", self.channel, self.sequence)),
			("model", model.0.to_string()),
			("prompt", named(prompt)),
			("context", context.map_or("none".into(), named)),
			("output", named(output)),
			("fee", Amount(fee).to_string()),
			("may be shown", String::from(if disclose { "yes" } else { "no" })),
			("execution", execution.map_or("nothing said".into(), hex)),
			("root", self.root.clone()),
			("path", format!("{} hashes, verified", self.path.len())),
			("batch's record", record.into()),
		])
	}
}

fn named(content: Content) -> String {
	format!("{} ({} bytes)", hex(content.root), content.len)
}

pub(super) async fn receipt(client: &Client, Args { batch, place }: Args) -> Result<Verified, Failure> {
	let record = payments::batch(&client.at_head().await?, batch).await?;
	if let Some(record) = record.as_ref().filter(|record| place >= record.receipts) {
		let cause = format!("batch {batch} has {} receipts, and none at place {place}", record.receipts);
		return Err(not_found("NoSuchReceipt", cause, "places are counted from 0"));
	}
	let told: Result<Told, Failure> = client.request("receipt_byId", rpc_params![batch, place]).await;
	let told = told.map_err(|failure| match record.is_none() && failure.name == NOT_FOUND {
		true => Failure { kind: FailureKind::NotFound, name: "NoSuchReceipt".into(), ..failure },
		false => failure,
	})?;
	let (said, root) = verify(&told, place)
		.ok_or_else(|| untrue("the receipt that the node tells does not lead to the root that it tells"))?;
	if record.as_ref().is_some_and(|record| (record.root, record.receipts) != (root, told.receipts)) {
		return Err(untrue(
			"the receipt that the node tells leads to another root than the batch's record has",
		));
	}
	let Told { receipts, block, extrinsic, channel, sequence, path, .. } = told;
	Ok(Verified {
		batch,
		place,
		receipts,
		root: hex(root),
		recorded: record.is_some(),
		block,
		extrinsic,
		channel,
		sequence,
		// Only what is in the leaf, whatever else the node wrote into it.
		receipt: json::Receipt::from(&said),
		path,
		said,
	})
}

/// How a failure is called when a node says that it does not have something.
const NOT_FOUND: &str = "RpcError 4003";

/// The receipt and the root that it leads to from this place.
fn verify(told: &Told, place: u32) -> Option<(Receipt, [u8; 32])> {
	let root = parse_hex32(&told.root)?;
	let path: Option<Vec<_>> = told.path.iter().map(|hash| parse_hex32(hash)).collect();
	let said = Receipt::from(&told.receipt);
	let leaf = said.leaf(ChannelId(told.channel), told.sequence);
	merkle::verify(&root, told.receipts.into(), place.into(), &leaf, &path?).then_some((said, root))
}

fn untrue(cause: &str) -> Failure {
	Failure::new(FailureKind::Unproved, "FalseReceipt", cause, "ask another node with --url")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::testing::receipt_of;
	use plexus_primitives::{receipt::Placed, Context, ModelId};
	use serde_json::{json, Value};

	fn placed() -> Vec<Placed> {
		let one = Receipt {
			context: Some(Context { root: [3; 32], bytes: 4 }),
			execution: Some([7; 32]),
			..receipt_of(b"prompt", b"output")
		};
		let of = |sequence: u64| Placed {
			channel: ChannelId(7),
			sequence,
			receipt: Receipt { fee: sequence.into(), ..one },
		};
		(11..16u64).map(of).collect()
	}

	/// As a node answers.
	fn answer(place: usize) -> Value {
		let all = placed();
		let leaves: Vec<_> = all.iter().map(Placed::leaf).collect();
		let path = merkle::prove(&leaves, place).expect("it is there");
		let one = &all[place];
		json!({
			"batch": 2, "place": place, "receipts": all.len(), "block": 9, "extrinsic": 1,
			"root": hex(merkle::root(&leaves).expect("there are some")),
			"channel": one.channel.0, "sequence": one.sequence,
			"receipt": json::Receipt::from(&one.receipt), "path": path.iter().map(hex).collect::<Vec<_>>(),
		})
	}

	fn told(answer: Value) -> Told {
		serde_json::from_value(answer).expect("a node answers so")
	}

	#[test]
	fn every_receipt_leads_from_its_place_to_the_root_and_from_no_other() {
		for (place, one) in placed().iter().enumerate() {
			let told = told(answer(place));
			for other in 0..6u32 {
				let found = verify(&told, other).map(|(receipt, _)| receipt);
				assert_eq!(found, (other as usize == place).then_some(one.receipt), "{place} at {other}");
			}
		}
	}

	#[test]
	fn whatever_is_changed_leads_nowhere() {
		let good = told(answer(1));
		assert!(verify(&good, 1).is_some());
		let receipt = |receipt: Receipt| json::Receipt::from(&receipt);
		let said = placed()[1].receipt;
		let mut shorter = good.path.clone();
		shorter.pop();
		let changed = [
			Told { receipts: 3, ..good.clone() },
			Told { root: hex([1; 32]), ..good.clone() },
			Told { root: "0x01".into(), ..good.clone() },
			Told { channel: 8, ..good.clone() },
			Told { sequence: 13, ..good.clone() },
			Told { receipt: receipt(Receipt { fee: 13, ..said }), ..good.clone() },
			Told { receipt: receipt(Receipt { model: ModelId(9), ..said }), ..good.clone() },
			Told { receipt: receipt(Receipt { context: None, ..said }), ..good.clone() },
			Told { receipt: receipt(Receipt { execution: None, ..said }), ..good.clone() },
			Told { path: shorter, ..good.clone() },
			Told { path: Vec::new(), ..good.clone() },
			Told { path: [good.path.clone(), vec![hex([0; 32])]].concat(), ..good.clone() },
		];
		for (index, changed) in changed.iter().enumerate() {
			assert!(verify(changed, 1).is_none(), "change {index}");
		}
	}

	#[test]
	fn what_is_told_of_it_is_readable() {
		let told = told(answer(1));
		let (said, root) = verify(&told, 1).expect("it is true");
		let Told { receipts, block, extrinsic, channel, sequence, receipt, path, .. } = told;
		let root = hex(root);
		let (batch, place, recorded) = (2, 1, true);
		let verified = Verified {
			batch,
			place,
			receipts,
			root,
			recorded,
			block,
			extrinsic,
			channel,
			sequence,
			receipt,
			path,
			said,
		};
		let human = verified.human();
		for text in ["place 1 of 5 in batch 2", "7, sequence 12", "0.000000000012 PLX", "3 hashes, verified"]
		{
			assert!(human.contains(text), "{text}: {human}");
		}
		let json = serde_json::to_value(&verified).expect("it has names and texts");
		assert_eq!((&json["sequence"], &json["receipt"]["fee"]), (&json!(12), &json!("12")));
		assert_eq!(json.get("said"), None, "the receipt stands there once");
	}
}
