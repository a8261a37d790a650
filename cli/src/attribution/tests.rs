//! What the pallet encodes, as it is printed.

use super::*;
use crate::{
	address::display,
	claims::chain::{self, Page, Sampling},
	output::{hex, Answer},
};
use codec::{Decode, DecodeAll, Encode};
use pallet_attribution::{runtime_api, types};
use plexus_primitives::{AgentId, BatchId, ContributionId, DatanetVersion, Evidence, MethodId, ModelId};
use serde_json::json;
use sp_core::crypto::AccountId32;
use sp_runtime::Perbill;

fn account() -> AccountId32 {
	[1; 32].into()
}

fn decoded<Info: Decode>(theirs: impl Encode) -> Info {
	Info::decode_all(&mut &theirs.encode()[..]).expect("the same encoding")
}

fn open_batch() -> runtime_api::OpenBatchInfo<AccountId32, u32> {
	let claims = vec![2, 1].try_into().expect("two fit");
	runtime_api::OpenBatchInfo {
		id: BatchId(1),
		server: AgentId(2),
		account: account(),
		root: [3; 32],
		receipts: 4,
		submitted_at_ms: 5,
		ends_at_ms: 6,
		commitments_end_at_ms: 7,
		demands_end_at_ms: 8,
		parameters: types::Parameters::LIVE,
		models: vec![types::Share {
			model: ModelId(9),
			fees: 10,
			data: 11,
			claimed: 12,
			developer: 13,
			held: 14,
		}],
		claims: 15,
		paid: 16,
		hold: 17,
		deposit: 18,
		sampling: types::Sampling::Drawn { claims, number: 19, deadline_ms: 20 },
		demands: 21,
		verdict: Some(types::Verdict { challenger: account(), number: 22, decided_from_ms: 23 }),
	}
}

#[test]
fn open_batches_decode_from_the_pallets_bytes_and_have_stable_json_keys() {
	let batch = OpenBatch::from(decoded::<chain::OpenBatch>(open_batch()));
	let parameters = json!({
		"all": 600_000_000, "grounded": 600_000_000, "span": 300_000_000, "attested": 0,
		"submitter": 100_000_000, "challenger": 200_000_000, "hold_multiple": 3,
		"hold_floor": "1000000000000", "answer_fee_max": "1000000000000", "span_bytes_min": 32,
		"unlisted_bytes_min": 256, "window_ms": 86_400_000, "response_ms": 21_600_000,
		"reveal_ms": 3_600_000,
	});
	let of_model = json!({
		"model": 9, "fees": "10", "data": "11", "claimed": "12", "developer": "13", "held": "14",
	});
	let expected = json!({
		"id": 1, "server": 2, "account": display(&account()), "root": hex([3; 32]), "receipts": 4,
		"submitted_at_ms": 5, "ends_at_ms": 6, "commitments_end_at_ms": 7, "demands_end_at_ms": 8,
		"parameters": parameters, "models": [of_model], "claims": 15, "paid": 16, "hold": "17",
		"deposit": "18",
		"sampling": { "state": "drawn", "claims": [2, 1], "number": 19, "deadline_ms": 20 },
		"demands": 21,
		"verdict": { "challenger": display(&account()), "number": 22, "decided_from_ms": 23 },
	});
	assert_eq!(serde_json::to_value(&batch).unwrap(), expected);
	let human = batch.human();
	assert!(human.contains("1 (fraudulent)") && human.contains("claims 2, 1 until"), "{human}");

	let page = runtime_api::Page { items: vec![open_batch()], next: Some(BatchId(2)) };
	let page = OpenBatches::from(decoded::<Page<chain::OpenBatch, BatchId>>(page));
	assert_eq!(serde_json::to_value(&page).unwrap(), json!({ "batches": [expected], "next": 2 }));
	assert!(page.human().contains("--cursor 2"), "{}", page.human());
}

#[test]
fn every_state_of_samples_decodes_and_is_told() {
	for (theirs, expected) in [
		(types::Sampling::Due { at: 7u32 }, json!({ "state": "due", "at": 7 })),
		(types::Sampling::Done, json!({ "state": "done" })),
	] {
		let ours = decoded::<Sampling>(theirs);
		assert_eq!(serde_json::to_value(&ours).unwrap(), expected);
	}
}

#[test]
fn parameters_decode_from_the_pallets_bytes_and_are_told_in_words() {
	let parameters = Parameters::from(decoded::<chain::Parameters>(types::Parameters::LIVE));
	let human = parameters.human();
	for part in ["60 %", "3 times what claims move, and 1 PLX", "1 d 0 h 0 min", "256 bytes"] {
		assert!(human.contains(part), "{part}: {human}");
	}
}

#[test]
fn claims_decode_from_the_pallets_bytes_and_have_stable_json_keys() {
	let moved = types::Moved {
		contribution: ContributionId(30),
		version: DatanetVersion(31),
		by: account(),
		number: 32,
	};
	let claim = |evidence, moved| runtime_api::ClaimInfo {
		batch: BatchId(1),
		claim: 2,
		receipt: 3,
		model: ModelId(4),
		contribution: ContributionId(5),
		version: DatanetVersion(6),
		method: MethodId(7),
		evidence,
		amount: 8,
		submitter: 9,
		proven: true,
		moved,
		demand_price: 10,
	};
	let span = Evidence::Span { output: 11, offset: 12, length: 13 };
	let grounded = Evidence::Grounded { offset: 14, length: 15 };
	let attested = Evidence::Attested { score: Perbill::from_percent(50) };
	let items = vec![claim(span, Some(moved)), claim(grounded, None), claim(attested, None)];
	let page = runtime_api::Page { items, next: Some(3u32) };
	let page = Claims::from(decoded::<Page<chain::Claim, u32>>(page));
	let told = serde_json::to_value(&page).unwrap();
	assert_eq!(
		told["claims"][0],
		json!({
			"batch": 1, "claim": 2, "receipt": 3, "model": 4, "contribution": 5, "version": 6, "method": 7,
			"evidence": { "Span": { "output": 11, "offset": 12, "length": 13 } }, "amount": "8",
			"submitter": "9", "proven": true,
			"moved": { "contribution": 30, "version": 31, "by": display(&account()), "number": 32 },
			"demand_price": "10",
		})
	);
	assert_eq!(told["claims"][1]["evidence"], json!({ "Grounded": { "offset": 14, "length": 15 } }));
	assert_eq!((&told["claims"][1]["moved"], &told["next"]), (&json!(null), &json!(3)));
	let human = page.human();
	for part in ["30, not 5", "grounded: 15 bytes from 14", "attested: 50 %", "--cursor 3"] {
		assert!(human.contains(part), "{part}: {human}");
	}
}

#[test]
fn questions_and_methods_decode_from_the_pallets_bytes_and_have_stable_json_keys() {
	let by = account();
	let demand = runtime_api::DemandInfo { claim: 1, by: by.clone(), price: 2, deadline_ms: 3 };
	let shown = types::UnlistedSource {
		receipt: 4,
		model: 5,
		start: 6,
		length: 7,
		contribution: ContributionId(8),
		version: DatanetVersion(9),
		by,
		amount: 10,
		bond: 11,
		deadline_ms: 12,
	};
	let samples = Some((vec![13], 14));
	let asked = runtime_api::OpenQuestions { samples, demands: vec![demand], unlisted: vec![shown] };
	let asked = Questions::new(20, decoded(asked));
	let by = display(&account());
	let expected = json!({
		"batch": 20,
		"samples": { "claims": [13], "deadline_ms": 14 },
		"demands": [{ "claim": 1, "by": by, "price": "2", "deadline_ms": 3 }],
		"unlisted": [{
			"receipt": 4, "model": 5, "start": 6, "length": 7, "contribution": 8, "version": 9, "by": by,
			"amount": "10", "bond": "11", "deadline_ms": 12,
		}],
	});
	assert_eq!(serde_json::to_value(&asked).unwrap(), expected);
	assert_eq!(asked.human().lines().count(), 4, "{}", asked.human());
	let none = chain::Questions { samples: None, demands: vec![], unlisted: vec![] };
	assert_eq!(Questions::new(20, none).human(), "nothing is asked");
	let page = Challenges { batches: vec![asked], next: Some(21) };
	assert_eq!(serde_json::to_value(&page).unwrap(), json!({ "batches": [expected], "next": 21 }));
	let human = page.human();
	assert!(
		human.contains("BATCH") && human.contains("claim 13") && human.contains("--cursor 21"),
		"{human}"
	);
	let none = Challenges { batches: vec![], next: None };
	assert_eq!(none.human(), "nothing is asked");

	let method = types::Method {
		algorithm: b"maximal-exact-match".to_vec().try_into().expect("short"),
		version: 1,
		parameters: b"min=32".to_vec().try_into().expect("short"),
	};
	let method = runtime_api::MethodInfo { id: MethodId(2), method };
	let page = runtime_api::Page { items: vec![method], next: None::<MethodId> };
	let page = Methods::from(decoded::<Page<chain::Method, MethodId>>(page));
	let method = json!({
		"id": 2, "algorithm": "maximal-exact-match", "version": 1, "parameters": "min=32",
	});
	assert_eq!(serde_json::to_value(&page).unwrap(), json!({ "methods": [method], "next": null }));
	assert!(page.human().contains("min=32"), "{}", page.human());
}
