//! What is to be done, what is let go of, and how failures are tried again: without a chain.

use super::*;
use crate::claims::chain::{Demand, Parameters, Share, Verdict};
use codec::{DecodeAll, Encode};
use plexus_payments::store::{batch_root, context_of};
use plexus_primitives::{
	AgentId, ChannelId, Content, ContextLeaf, ContributionId, DatanetVersion, ModelId, Receipt,
};

const ID: BatchId = BatchId(3);
/// When the window of the batch below ends.
const END_MS: u64 = 1_000;
const NONE: Questions = Questions { samples: None, demands: Vec::new(), unlisted: Vec::new() };

fn batch(sampling: Sampling) -> OpenBatch {
	let parameters = pallet_attribution::Parameters::DEVELOPMENT.encode();
	OpenBatch {
		id: ID,
		server: AgentId(1),
		account: [1; 32].into(),
		root: [2; 32],
		receipts: 1,
		submitted_at_ms: 0,
		ends_at_ms: END_MS,
		commitments_end_at_ms: 900,
		demands_end_at_ms: 600,
		parameters: Parameters::decode_all(&mut &parameters[..]).expect("the same encoding"),
		models: vec![Share { model: ModelId(1), fees: 9, data: 2, claimed: 1, developer: 3, held: 0 }],
		claims: 4,
		paid: 0,
		hold: 5,
		deposit: 6,
		sampling,
		demands: 0,
		verdict: None,
	}
}

fn drawn(deadline_ms: u64) -> (Sampling, Option<(Vec<u32>, u64)>) {
	(Sampling::Drawn { claims: vec![0, 2], number: 7, deadline_ms }, Some((vec![0, 2], deadline_ms)))
}

fn demand(claim: u32, deadline_ms: u64) -> Demand {
	Demand { claim, by: [3; 32].into(), price: 1, deadline_ms }
}

fn unlisted(deadline_ms: u64) -> Unlisted {
	Unlisted {
		receipt: 0,
		model: 0,
		start: 5,
		length: 300,
		contribution: ContributionId(1),
		version: DatanetVersion(1),
		by: [3; 32].into(),
		amount: 1,
		bond: 1,
		deadline_ms,
	}
}

fn show(claim: u32, sampled: bool, demanded: bool, deadline_ms: u64) -> Duty {
	Duty::Answer { claim, sampled, demanded, deadline_ms }
}

#[test]
fn samples_are_drawn_as_soon_as_the_chain_lets_and_shown_until_it_is_too_late() {
	let due = batch(Sampling::Due { at: 10 });
	assert_eq!(duties(&due, &NONE, 9, 0), []);
	assert_eq!(duties(&due, &NONE, 10, 0), [Duty::Draw]);
	assert_eq!(duties(&due, &NONE, 99, END_MS), [Duty::Draw], "it is not over before");
	let (sampling, samples) = drawn(500);
	let questions = Questions { samples, ..NONE };
	let shown = [show(0, true, false, 500), show(2, true, false, 500)];
	assert_eq!(duties(&batch(sampling.clone()), &questions, 12, 499), shown);
	assert_eq!(duties(&batch(sampling), &questions, 12, 500), [Duty::CloseSamples]);
}

#[test]
fn a_claim_is_shown_once_for_a_sample_and_a_demand_and_what_is_too_late_is_closed() {
	let (sampling, samples) = drawn(500);
	let asked = OpenBatch { demands: 2, ..batch(sampling) };
	let questions = Questions { samples, demands: vec![demand(2, 550), demand(3, 400)], ..NONE };
	let shown = [show(0, true, false, 500), show(2, true, true, 500), show(3, false, true, 400)];
	assert_eq!(duties(&asked, &questions, 12, 399), shown);
	let late = [show(0, true, false, 500), show(2, true, true, 500), Duty::CloseDemand { claim: 3 }];
	assert_eq!(duties(&asked, &questions, 12, 400), late);
	assert!(has_questions(&asked) && !has_questions(&batch(Sampling::Done)));
}

#[test]
fn what_is_over_is_finalised_when_nothing_is_asked_any_more() {
	let finalise = |claims| Duty::Finalise { claims };
	let done = batch(Sampling::Done);
	assert_eq!(duties(&done, &NONE, 12, END_MS - 1), []);
	assert_eq!(duties(&done, &NONE, 12, END_MS), [finalise(4)]);
	let demanded = OpenBatch { demands: 1, ..done.clone() };
	let questions = Questions { demands: vec![demand(1, END_MS + 1)], ..NONE };
	assert_eq!(duties(&demanded, &questions, 12, END_MS), [show(1, false, true, END_MS + 1)]);
	// Disclosed, and nothing claimed.
	assert_eq!(duties(&OpenBatch { claims: 0, ..done.clone() }, &NONE, 12, END_MS), [finalise(1)]);

	let verdict = Some(Verdict { challenger: [3; 32].into(), number: 1, decided_from_ms: 300 });
	let fraudulent = OpenBatch { verdict: verdict.clone(), ..batch(Sampling::Due { at: 1 }) };
	assert_eq!(duties(&fraudulent, &NONE, 12, 299), [], "nothing can be saved");
	assert_eq!(duties(&fraudulent, &NONE, 12, 300), [finalise(4)]);
	let void = OpenBatch { claims: 0, verdict, ..done };
	assert_eq!(duties(&void, &NONE, 12, END_MS - 1), []);
	assert_eq!(duties(&void, &NONE, 12, END_MS), [finalise(1)]);
}

#[test]
fn unlisted_sources_are_answered_in_time_whatever_became_of_the_claims() {
	let verdict = Some(Verdict { challenger: [3; 32].into(), number: 1, decided_from_ms: 300 });
	let questions = Questions { unlisted: vec![unlisted(250)], ..NONE };
	for batch in [batch(Sampling::Done), OpenBatch { verdict, ..batch(Sampling::Done) }] {
		assert_eq!(duties(&batch, &questions, 12, 249), [Duty::AnswerUnlisted(unlisted(250))]);
		assert_eq!(duties(&batch, &questions, 12, 250), []);
	}
	let held = |held| Share { held, ..batch(Sampling::Done).models[0] };
	assert!(has_questions(&OpenBatch { models: vec![held(1)], ..batch(Sampling::Done) }));
}

#[test]
fn what_fails_is_tried_later_each_time_and_as_long_as_it_is_to_be_done() {
	let (mut tended, mut now) = (Tended::default(), Instant::now());
	let key = show(0, true, false, 500).key(ID);
	let mut pauses = Vec::new();
	for count in 1..=2 * ATTEMPTS_SOON {
		assert!(tended.is_due(&key, now), "the hold is lost if it is given up");
		let (counted, pause) = tended.failed(key, now);
		assert_eq!(counted, count);
		assert!(!tended.is_due(&key, now));
		pauses.push(pause.as_secs());
		now += pause;
	}
	assert_eq!(pauses[..6], [2, 4, 8, 16, 32, 60]);
	let soon = ATTEMPTS_SOON as usize;
	assert_eq!(pauses[soon - 1..=soon], [60, 600]);
	assert_eq!(pauses.last(), Some(&600));
	let live = pallet_attribution::Parameters::LIVE.response_ms;
	let while_soon: u64 = pauses[..soon].iter().sum();
	assert!(live / 1_000 > while_soon + 30 * RETRY_LATE.as_secs(), "as the constants' documentation has it");

	tended.failed(key, now);
	tended.keep(&BTreeSet::from([key]));
	assert!(!tended.is_due(&key, now));
	tended.keep(&BTreeSet::new());
	assert!(tended.is_due(&key, now), "what came up anew is tried anew");
}

#[test]
fn what_there_is_nothing_to_say_to_is_left_alone() {
	let (mut tended, now) = (Tended::default(), Instant::now());
	let key = Duty::AnswerUnlisted(unlisted(250)).key(ID);
	tended.leave(key);
	assert!(!tended.is_due(&key, now + 2 * RETRY_LATE));
	tended.keep(&BTreeSet::new());
	assert!(tended.is_due(&key, now), "it came up anew");
}

#[test]
fn bytes_leave_the_store_when_neither_an_open_batch_nor_the_ledger_needs_them() {
	let directory = tempfile::tempdir().unwrap();
	let store = Store::create(directory.path()).unwrap();
	let piece = |offset| ContextLeaf { contribution: ContributionId(1), offset, length: 1 };
	let receipt = |output: &str, offset| {
		let (content, pieces) = (store.put(output.as_bytes()).unwrap(), [piece(offset)]);
		store.put_pieces(&pieces).unwrap();
		let context = Some(context_of(&pieces).unwrap());
		let prompt = store.put(format!("{output}?").as_bytes()).unwrap();
		Receipt {
			model: ModelId(1),
			prompt,
			context,
			output: content,
			fee: 1,
			disclose: true,
			execution: None,
		}
	};
	let placed = |sequence, receipt| Placed { channel: ChannelId(4), sequence, receipt };
	let (own, shared, held) = (receipt("own", 1), receipt("shared", 2), receipt("held", 3));
	let over = [placed(1, own), placed(2, shared), placed(3, held)];
	let (open, waiting) = ([placed(4, shared)], [placed(5, own)]);
	for receipts in [&over[..], &open, &waiting] {
		store.put_batch(receipts).unwrap();
	}
	let roots = BTreeSet::from([batch_root(&open).unwrap()]);
	let there = |content: &Content| store.get(&content.root).is_ok();
	let needs = |redeemed: u64, clock_ms| Needs {
		roots: [held.output.root].into(),
		redeemed: [(ChannelId(4), redeemed)].into(),
		clock_ms,
		unseen: 0,
	};

	let lagging = Needs { unseen: 1, ..needs(9, 100) };
	assert_eq!(sweep(&store, &BTreeSet::new(), &lagging, 100).unwrap(), 0, "it has not seen the batches yet");
	assert_eq!(sweep(&store, &roots, &needs(9, 101), 100).unwrap(), 0, "the ledger saw a later block");
	assert!(has_more(&store, &roots).unwrap());
	// Sequence 5 is on its way.
	assert_eq!(sweep(&store, &roots, &needs(4, 100), 100).unwrap(), 1);
	assert!(there(&own.output) && there(&shared.output) && there(&held.output));
	assert!(!there(&held.prompt), "only what is needed stays");
	assert!(store.batch(&batch_root(&over).unwrap()).is_err());
	assert_eq!(sweep(&store, &roots, &needs(5, 100), 100).unwrap(), 1);
	assert!(!there(&own.output) && store.pieces(&own.context.unwrap().root).is_err());
	assert!(there(&shared.output) && there(&shared.prompt));
	assert!(store.pieces(&shared.context.unwrap().root).is_ok());
	assert!(!has_more(&store, &roots).unwrap(), "only what is open is left");
	assert_eq!(sweep(&store, &BTreeSet::new(), &needs(5, 100), 100).unwrap(), 1);
	assert!(!there(&shared.output) && there(&held.output));
	assert_eq!(store.batches(9).unwrap(), [[0; 32]; 0]);
}

#[test]
fn each_call_is_what_the_runtime_reads_from_a_key_and_from_the_controller() {
	use crate::tx::by::AgentKey;
	use codec::Decode;
	use pallet_attribution::Call as Attribution;
	use plexus_primitives::{
		challenge::{Path, ReceiptProof, Slice},
		DelegationId,
	};
	use plexus_runtime::{Runtime, RuntimeCall};
	use subxt::{
		ext::scale_encode::{EncodeAsFields, Field},
		Metadata,
	};
	let opaque = sp_io::TestExternalities::default().execute_with(|| Runtime::metadata_at_version(15));
	let metadata = Metadata::decode(&mut &opaque.expect("the runtime has this version")[..]).unwrap();
	let content = Content { root: [1; 32], len: 2 };
	let receipt = Receipt {
		model: ModelId(1),
		prompt: content,
		context: None,
		output: content,
		fee: 1,
		disclose: true,
		execution: None,
	};
	let receipt = ReceiptProof {
		channel: ChannelId(1),
		sequence: 2,
		receipt,
		path: Path::truncate_from(vec![[3; 32]]),
	};
	let slice = || Slice::truncate_from(vec![4; 500]);
	let path = Path::truncate_from(vec![[5; 32]; 2]);
	let answer = Answer::Grounded { receipt: receipt.clone(), leaf: 1, leaves: 2, path };
	let listed = plexus_primitives::challenge::Listed {
		receipt,
		contribution: ContributionId(1),
		version: DatanetVersion(2),
		offset: 3,
		output: slice(),
		source: slice(),
	};
	let cases: [(&str, Vec<u8>, RuntimeCall); 6] = [
		("draw_samples", ID.encode(), Attribution::draw_samples { batch: ID }.into()),
		("close_samples", ID.encode(), Attribution::close_samples { batch: ID }.into()),
		("close_demand", (ID, 4u32).encode(), Attribution::close_demand { batch: ID, claim: 4 }.into()),
		("finalise", (ID, 5u32).encode(), Attribution::finalise { batch: ID, limit: 5 }.into()),
		(
			"answer",
			(ID, 4u32, answer.clone()).encode(),
			Attribution::answer { batch: ID, claim: 4, answer }.into(),
		),
		(
			"answer_unlisted",
			(ID, 4u32, 5u64, listed.clone()).encode(),
			Attribution::answer_unlisted { batch: ID, receipt: 4, start: 5, listed }.into(),
		),
	];
	for (name, arguments, inner) in cases {
		for delegation in [None, Some(7)] {
			let key = AgentKey { agent: 6, delegation };
			let call = key.sends_encoded(&metadata, ("Attribution", name), &arguments).unwrap();
			let pallet = metadata.pallet_by_name(call.pallet_name()).unwrap();
			let variant = pallet.call_variant_by_name(call.call_name()).unwrap();
			let mut fields =
				variant.fields.iter().map(|field| Field::new(field.ty.id, field.name.as_deref()));
			let mut bytes = vec![pallet.call_index(), variant.index];
			call.call_data().encode_as_fields_to(&mut fields, metadata.types(), &mut bytes).unwrap();
			let (agent, within) = (AgentId(6), Box::new(inner.clone()));
			let expected = match delegation {
				Some(id) => pallet_agents::Call::act { agent, delegation: DelegationId(id), call: within },
				None => pallet_agents::Call::control { agent, call: within },
			};
			assert_eq!(RuntimeCall::decode_all(&mut &bytes[..]).unwrap(), expected.into(), "{name}");
		}
	}
}
