//! Desk and keeper together, without a chain.

use super::{
	check::{Known, Model},
	keeper, Desk, DeskError,
};
use crate::{
	claims::{
		chain::Parameters,
		facts::Source,
		files::Files,
		testing::{bytes, content, index_of},
	},
	validators::Percent,
};
use codec::{DecodeAll, Encode};
use plexus_payments::{
	json::{self, Extras},
	BatchLimits, ChannelState, Delivery, FileDisk, Ledger, Limits, Point, ReceiptClaim, Signature, Store,
	Terms, Voucher,
};
use plexus_primitives::{
	AgentId, ChannelId, CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, Evidence,
	MethodId, ModelId, Receipt,
};
use serde_json::json;
use sp_core::{sr25519, Pair};
use std::{collections::BTreeSet, path::Path, sync::Arc};
use tokio::sync::{mpsc, oneshot};

const GENESIS: [u8; 32] = [9; 32];
const CHANNEL: ChannelId = ChannelId(7);

fn key() -> sr25519::Pair {
	sr25519::Pair::from_seed(&[1; 32])
}

fn receipt(number: u64) -> Receipt {
	let content = Content { root: [number as u8; 32], len: number + 1 };
	let (prompt, output) = (content, content);
	Receipt { model: ModelId(5), prompt, context: None, output, fee: 2, disclose: false, execution: None }
}

fn state() -> ChannelState {
	ChannelState {
		id: CHANNEL,
		payer: [2; 32].into(),
		server: AgentId(3),
		terms: Terms { signer: key().public().into(), models: vec![ModelId(5)], corpora: vec![] },
		closing: false,
		ends_at_ms: 1_000_000,
		locked: 1_000,
		redeemed: Point::start(&GENESIS, CHANNEL),
	}
}

/// A delivery of one receipt in JSON, with a voucher over it and all before.
fn body(number: u64) -> Vec<u8> {
	let receipts: Vec<_> = (1..=number).map(receipt).collect();
	let at = Point::start(&GENESIS, CHANNEL).after_all(&receipts).unwrap();
	let signature: Signature = key().sign(&Voucher::signed_bytes(&GENESIS, CHANNEL, &at)).into();
	let delivery = Delivery {
		channel: CHANNEL,
		first: number,
		receipts: vec![receipt(number)],
		sources: vec![],
		voucher: Some(signature),
	};
	serde_json::to_vec(&json::Delivery::from(&delivery)).unwrap()
}

fn no_files() -> Arc<Files> {
	Arc::new(Files::new(None, None))
}

struct Scene {
	desk: Desk,
	lookups: mpsc::Receiver<keeper::Lookup>,
	failure: oneshot::Receiver<crate::Failure>,
}

fn scene(path: &Path) -> Scene {
	scene_with(path, no_files())
}

fn scene_with(path: &Path, files: Arc<Files>) -> Scene {
	let disk = FileDisk::open(path).unwrap();
	let ledger = Ledger::open(Box::new(disk), GENESIS, AgentId(3), Limits::USUAL).unwrap();
	let (lookups_in, lookups) = mpsc::channel(4);
	let (desk, failure) = keeper::start(ledger, path.into(), 256, lookups_in, files);
	Scene { desk, lookups, failure }
}

#[tokio::test]
async fn an_unknown_channel_is_looked_up_and_what_is_taken_is_found_after_a_restart() {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("journal");
	let Scene { desk, mut lookups, failure } = scene(&path);
	let (own, first) = (desk.clone(), body(1));
	let delivering = tokio::spawn(async move { own.deliver(&first).await });
	let Some(keeper::Lookup::Channel(channel, reply)) = lookups.recv().await else { panic!("a channel") };
	assert_eq!(channel, CHANNEL);
	desk.see(0, vec![(CHANNEL, Some(state()))]).await.unwrap();
	reply.send(Ok(())).unwrap();
	let standing = delivering.await.unwrap().unwrap();
	assert_eq!((&standing["signed"]["sequence"], &standing["room"]), (&json!(1), &json!("998")));
	// Many at once share syncs, and each has its answer.
	for number in 2..=20 {
		let standing = desk.deliver(&body(number)).await.unwrap();
		assert_eq!(standing["last"]["sequence"], number);
	}
	let status = desk.status().await.unwrap();
	assert_eq!((status.receipts, status.signed, status.signed_fees), (20, 20, 40));
	drop((desk, lookups));
	// The keeper ends with the last desk, and lets go of the file.
	failure.await.expect_err("nothing failed");

	let Scene { desk, .. } = scene(&path);
	assert_eq!(desk.channels().await.unwrap(), [CHANNEL]);
	let none = desk.batches(BatchLimits::USUAL, BTreeSet::new(), 1).await.unwrap();
	assert!(none.is_empty(), "nothing is submitted before the chain was asked");
	desk.see(0, vec![(CHANNEL, Some(state()))]).await.unwrap();
	let batches = desk.batches(BatchLimits::USUAL, BTreeSet::new(), 1).await.unwrap();
	assert_eq!(batches[0].receipts(), 20);
	let redeemed = Point::start(&GENESIS, CHANNEL).after_all(&(1..=20).map(receipt).collect::<Vec<_>>());
	let redeemed = ChannelState { redeemed: redeemed.unwrap(), locked: 960, ..state() };
	desk.see(0, vec![(CHANNEL, Some(redeemed))]).await.unwrap();
	assert_eq!(desk.progress().redeemed, 20);
	assert_eq!(desk.status().await.unwrap().receipts, 0);
}

#[tokio::test]
async fn what_is_malformed_or_against_a_rule_is_told_by_name() {
	let directory = tempfile::tempdir().unwrap();
	let Scene { desk, .. } = scene(&directory.path().join("journal"));
	desk.see(0, vec![(CHANNEL, Some(state()))]).await.unwrap();
	for malformed in ["", "{}", "[1]", "{\"channel\": 7, \"first\": 1, \"voucher\": \"0x00\"}"] {
		let error = desk.deliver(malformed.as_bytes()).await.unwrap_err();
		assert_eq!(error.name(), "Malformed", "{malformed}");
	}
	assert_eq!(desk.deliver(&body(2)).await.unwrap_err().name(), "Gap");
	desk.deliver(&body(1)).await.unwrap();
	assert_eq!(desk.waive(7, 1).await.unwrap_err().name(), "NotWaivable");
	assert_eq!(desk.unsigned(7).await.unwrap()["first"], 2);
	assert_eq!(desk.unsigned(8).await.unwrap_err().name(), "UnknownChannel");
	// Nobody looks up any more.
	assert_eq!(desk.standing(8).await.unwrap_err().name(), "Busy");
	assert!(!desk.take_now());
	desk.redeem_now();
	assert!(desk.take_now() && !desk.take_now());
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_ends_everything_and_answers_nothing() {
	#[derive(Debug)]
	struct Full(plexus_payments::MemoryDisk, usize);
	impl plexus_payments::journal::Disk for Full {
		fn read(&mut self, bytes_max: u64) -> std::io::Result<Vec<u8>> {
			self.0.read(bytes_max)
		}
		fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
			self.1 = self.1.checked_sub(1).ok_or(std::io::Error::from(std::io::ErrorKind::StorageFull))?;
			self.0.append(bytes)
		}
		fn sync(&mut self) -> std::io::Result<()> {
			self.0.sync()
		}
		fn truncate(&mut self, length: u64) -> std::io::Result<()> {
			self.0.truncate(length)
		}
		fn replace(&mut self, bytes: &[u8]) -> std::io::Result<()> {
			self.0.replace(bytes)
		}
	}
	let disk = Full(plexus_payments::MemoryDisk::default(), 2);
	let ledger = Ledger::open(Box::new(disk), GENESIS, AgentId(3), Limits::USUAL).unwrap();
	let (lookups_in, _lookups) = mpsc::channel(4);
	let (desk, failure) = keeper::start(ledger, "journal".into(), 256, lookups_in, no_files());
	desk.see(0, vec![(CHANNEL, Some(state()))]).await.unwrap();
	desk.deliver(&body(1)).await.unwrap();
	assert!(matches!(desk.deliver(&body(2)).await, Err(DeskError::Stopping)));
	assert_eq!(failure.await.unwrap().name, "JournalUnusable");
	assert!(matches!(desk.deliver(&body(2)).await, Err(DeskError::Stopping)));
}

/// A receipt with a real output, which repeats contribution 7, and a claim that says so.
fn claimed(offset: u64) -> (Receipt, Extras) {
	let text = bytes(7, 500);
	let (prompt, output) = (b"a question".to_vec(), [b"I say: ", &text[100..300]].concat());
	let evidence = Evidence::Span { output: 7, offset, length: 200 };
	let (contribution, version, method) = (ContributionId(7), DatanetVersion(1), MethodId(0));
	let claims = vec![ReceiptClaim { contribution, version, method, evidence }];
	let receipt = Receipt {
		prompt: content(&prompt),
		output: content(&output),
		fee: 900,
		disclose: true,
		..receipt(1)
	};
	(receipt, Extras { claims, prompt: Some(prompt), output: Some(output), pieces: None })
}

fn claimed_body(offset: u64) -> Vec<u8> {
	let (receipt, extras) = claimed(offset);
	let at = Point::start(&GENESIS, CHANNEL).after(&receipt).unwrap();
	let signature: Signature = key().sign(&Voucher::signed_bytes(&GENESIS, CHANNEL, &at)).into();
	let delivery = Delivery {
		channel: CHANNEL,
		first: 1,
		receipts: vec![receipt],
		sources: vec![],
		voucher: Some(signature),
	};
	serde_json::to_vec(&json::Delivery::from(&delivery).with(0, extras)).unwrap()
}

/// What the chain says about contribution 7.
fn known() -> Known {
	let place = (DatanetId(0), DatanetVersion(1));
	let parameters = pallet_attribution::Parameters::LIVE.encode();
	let source = Source {
		content: content(&bytes(7, 500)),
		datanet: place.0,
		commitment: CommitmentNumber(7),
		from: place.1,
		until: None,
	};
	Known {
		parameters: Parameters::decode_all(&mut &parameters[..]).unwrap(),
		claim_bytes_max: 16 << 10,
		models: [(
			ModelId(5),
			Model { manifest: vec![place], royalties: Percent(0), data: Percent(500_000_000) },
		)]
		.into(),
		sources: [(ContributionId(7), source)].into(),
		methods: [MethodId(0)].into(),
	}
}

#[tokio::test]
async fn claims_are_checked_with_what_the_chain_says_kept_with_their_bytes_and_found_after_a_restart() {
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("journal");
	let refused = scene(&path).desk.deliver(&claimed_body(100)).await.unwrap_err();
	assert_eq!(refused.name(), "ClaimsNotServed");

	let files = || {
		let store = Store::create(&directory.path().join("store")).unwrap();
		Arc::new(Files::new(Some(store), Some(index_of(&[(7, 7, bytes(7, 500))]))))
	};
	let path = directory.path().join("other");
	let Scene { desk, mut lookups, failure } = scene_with(&path, files());
	desk.see(0, vec![(CHANNEL, Some(state()))]).await.unwrap();
	for (offset, outcome) in [(101, Err("BytesDiffer")), (100, Ok(1))] {
		let own = desk.clone();
		let delivering = tokio::spawn(async move { own.deliver(&claimed_body(offset)).await });
		let Some(keeper::Lookup::Claims(_, reply)) = lookups.recv().await else { panic!("claims") };
		assert!(reply.send(Ok(known())).is_ok());
		let told = delivering.await.unwrap();
		let told = told.map(|standing| standing["signed"]["sequence"].as_u64().unwrap());
		assert_eq!(told.as_ref().map_err(DeskError::name).copied(), outcome);
	}
	drop((desk, lookups));
	failure.await.expect_err("nothing failed");

	let Scene { desk, .. } = scene_with(&path, files());
	desk.see(0, vec![(CHANNEL, Some(state()))]).await.unwrap();
	let batches = desk.batches(BatchLimits::USUAL, BTreeSet::new(), 1).await.unwrap();
	let (receipt, extras) = claimed(100);
	assert_eq!(batches[0].claims, [extras.claims[0].at(0)]);
	let store = desk.files.store().unwrap();
	assert_eq!(store.get(&receipt.output.root).unwrap(), extras.output.unwrap());
	assert_eq!(store.get(&receipt.prompt.root).unwrap(), extras.prompt.unwrap());
	assert!(desk.needs().await.unwrap().roots.contains(&receipt.output.root));
}
