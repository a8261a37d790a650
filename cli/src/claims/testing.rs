//! For the tests of this crate: bytes, indexes, and a batch with what the chain has of it.
//!
//! # Must not
//! Be used by anything but tests.

use super::{
	chain::{Claim, Limits, OpenBatch, Parameters, Questions, Sampling, Share},
	facts::{Facts, Manifest, Published, Source},
	files::Files,
};
use codec::{DecodeAll, Encode};
use plexus_attribution::{BuildOptions, Index, Source as Indexed};
use plexus_payments::store::{batch_root, Placed, Store};
use plexus_primitives::{
	prove::prove_reader, AgentId, BatchId, ChannelId, CommitmentNumber, Content, ContributionId, DatanetId,
	DatanetVersion, Evidence, MethodId, ModelId, Receipt,
};
use std::collections::BTreeMap;

/// Bytes of which no two pieces of some length are alike; different for each seed.
pub(crate) fn bytes(seed: u64, len: usize) -> Vec<u8> {
	let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
	let next = || {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		(state >> 32) as u8
	};
	std::iter::repeat_with(next).take(len).collect()
}

pub(crate) fn content(bytes: &[u8]) -> Content {
	prove_reader(bytes, |_| ()).expect("it is not empty").content
}

/// A disclosed answer of model 1, for a fee of 1,000.
pub(crate) fn receipt_of(prompt: &[u8], output: &[u8]) -> Receipt {
	let (prompt, output) = (content(prompt), content(output));
	Receipt { model: ModelId(1), prompt, context: None, output, fee: 1_000, disclose: true, execution: None }
}

/// An index over contributions: id, commitment, bytes.
pub(crate) fn index_of(files: &[(u64, u64, Vec<u8>)]) -> Index {
	let source = |(id, commitment, bytes): &(u64, u64, Vec<u8>)| Indexed {
		contribution: ContributionId(*id),
		datanet: DatanetId(0),
		commitment: CommitmentNumber(*commitment),
		path: id.to_string(),
		content: content(bytes),
	};
	let read = |source: &Indexed, text: &mut Vec<u8>| {
		let file = files.iter().find(|(id, _, _)| *id == source.contribution.0);
		text.extend_from_slice(&file.expect("all are there").2);
		Ok(())
	};
	Index::build(files.iter().map(source).collect(), BuildOptions::default(), read).expect("they are sound")
}

/// A batch of one server, contributions and files, to be changed by tests.
pub(crate) struct World {
	pub(crate) facts: Facts,
	pub(crate) files: Files,
	_directory: tempfile::TempDir,
}

/// A contribution of a world.
pub(crate) struct Contribution {
	pub(crate) id: u64,
	pub(crate) commitment: u64,
	pub(crate) datanet: u32,
	pub(crate) bytes: Vec<u8>,
}

impl World {
	/// Model 1 was trained on version 1 of datanet 0, which holds the contributions there, and registered at block 10. Other
	/// datanets' first versions were published at block 5, those of uneven ones are curated. Each receipt is a prompt and an
	/// output; each claim is of method 0, and worth what the formulas say.
	pub(crate) fn new(
		contributions: &[Contribution],
		answers: &[(Vec<u8>, Vec<u8>)],
		claims: &[(u32, u64, Evidence)],
	) -> Self {
		let directory = tempfile::tempdir().expect("a directory for a test");
		let store = Store::create(directory.path()).expect("it can be made");
		let mut receipts = Vec::new();
		for (sequence, (prompt, output)) in (1..).zip(answers) {
			store.put(prompt).expect("it can be written");
			store.put(output).expect("it can be written");
			let receipt = receipt_of(prompt, output);
			receipts.push(Placed { channel: ChannelId(4), sequence, receipt });
		}
		let index: Vec<_> =
			contributions.iter().map(|one| (one.id, one.commitment, one.bytes.clone())).collect();
		let files = Files::new(Some(store), (!index.is_empty()).then(|| index_of(&index)));
		let facts = facts(contributions, receipts, claims);
		Self { facts, files, _directory: directory }
	}

	/// Lets the receipts say something else, and the batch with them.
	pub(crate) fn with_receipts(mut self, change: impl Fn(&mut Receipt)) -> Self {
		self.facts.receipts.iter_mut().for_each(|placed| change(&mut placed.receipt));
		self.facts.batch.root = batch_root(&self.facts.receipts).expect("there are receipts");
		self
	}
}

fn facts(contributions: &[Contribution], receipts: Vec<Placed>, claims: &[(u32, u64, Evidence)]) -> Facts {
	let parameters = pallet_attribution::Parameters::LIVE.encode();
	let parameters = Parameters::decode_all(&mut &parameters[..]).expect("the same encoding");
	let fees = receipts.iter().map(|placed| placed.receipt.fee).sum();
	let share =
		Share { model: ModelId(1), fees, data: fees / 2, claimed: 0, developer: fees / 4, held: fees / 4 };
	let claim = |(place, (receipt, contribution, evidence)): (usize, &(u32, u64, Evidence))| {
		let of = &receipts[*receipt as usize].receipt;
		let amount = super::worth::claim(&parameters, &share, evidence, of);
		Claim {
			batch: BatchId(7),
			claim: place as u32,
			receipt: *receipt,
			model: ModelId(1),
			contribution: ContributionId(*contribution),
			version: DatanetVersion(1),
			method: MethodId(0),
			evidence: *evidence,
			amount,
			submitter: amount / 10,
			proven: false,
			moved: None,
			demand_price: amount,
		}
	};
	let claims: Vec<Claim> = claims.iter().enumerate().map(claim).collect();
	let source = |one: &Contribution| {
		let (content, datanet) = (content(&one.bytes), DatanetId(one.datanet));
		let commitment = CommitmentNumber(one.commitment);
		let source = Source { content, datanet, commitment, from: DatanetVersion(1), until: None };
		(ContributionId(one.id), source)
	};
	let published = |one: &Contribution| {
		let published = Published { curated: one.datanet % 2 == 1, at: 5 };
		((DatanetId(one.datanet), DatanetVersion(1)), published)
	};
	let manifest = Manifest { versions: vec![(DatanetId(0), DatanetVersion(1))], registered_at: 10 };
	Facts {
		batch: OpenBatch {
			id: BatchId(7),
			server: AgentId(3),
			account: [3; 32].into(),
			root: batch_root(&receipts).expect("there are receipts"),
			receipts: receipts.len() as u32,
			submitted_at_ms: 0,
			ends_at_ms: parameters.window_ms,
			commitments_end_at_ms: parameters.window_ms - parameters.reveal_ms,
			demands_end_at_ms: parameters.window_ms / 3 * 2,
			parameters,
			models: vec![share],
			claims: claims.len() as u32,
			paid: 0,
			hold: 24_000,
			deposit: 1,
			sampling: Sampling::Due { at: 2 },
			demands: 0,
			verdict: None,
		},
		claims,
		receipts,
		questions: Questions::default(),
		limits: Limits {
			commitment_deposit: 70,
			unlisted_bond: 900,
			claim_bytes_max: 16 << 10,
			unlisted_max: 32,
		},
		now_ms: 1,
		asked: contributions.iter().map(|one| ContributionId(one.id)).collect(),
		sources: contributions.iter().map(source).collect(),
		manifests: BTreeMap::from([(ModelId(1), manifest)]),
		versions: contributions.iter().map(published).collect(),
		places: BTreeMap::new(),
	}
}
