//! Open batches, their claims and what is asked about them, as they are printed.
//!
//! # Must not
//! Ask anything: [`crate::claims::chain`] does.

use crate::{
	address::display,
	amount::Amount,
	claims::chain,
	output::{self, duration, hex, text, Answer},
	validators::Percent,
};
use chain::{MethodName, Page, Sampling};
use plexus_primitives::{BatchId, Evidence, MethodId};
use serde::Serialize;

/// The parameters as they are printed. Shares are billionths.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Parameters {
	/// What all claims of a receipt may take of its data's money.
	all: Percent,
	grounded: Percent,
	span: Percent,
	attested: Percent,
	/// Whoever submits a claim has of what it moves.
	submitter: Percent,
	/// Whoever shows fraud has of the hold.
	challenger: Percent,
	hold_multiple: u32,
	hold_floor: Amount,
	answer_fee_max: Amount,
	span_bytes_min: u64,
	unlisted_bytes_min: u64,
	window_ms: u64,
	response_ms: u64,
	reveal_ms: u64,
}

impl From<chain::Parameters> for Parameters {
	fn from(info: chain::Parameters) -> Self {
		Self {
			all: info.all,
			grounded: info.grounded,
			span: info.span,
			attested: info.attested,
			submitter: info.submitter,
			challenger: info.challenger,
			hold_multiple: info.hold_multiple,
			hold_floor: Amount(info.hold_floor),
			answer_fee_max: Amount(info.answer_fee_max),
			span_bytes_min: info.span_bytes_min,
			unlisted_bytes_min: info.unlisted_bytes_min,
			window_ms: info.window_ms,
			response_ms: info.response_ms,
			reveal_ms: info.reveal_ms,
		}
	}
}

impl Answer for Parameters {
	fn human(&self) -> String {
		output::fields([
			("claims of a receipt take at most", format!("{} of its data's money", self.all)),
			("all of a context takes", self.grounded.to_string()),
			("all of an output takes", self.span.to_string()),
			("whoever submits has", format!("{} of what a claim moves", self.submitter)),
			("whoever shows fraud has", format!("{} of the hold", self.challenger)),
			("hold", format!("{} times what claims move, and {}", self.hold_multiple, self.hold_floor)),
			("an answer's fee is at most", self.answer_fee_max.to_string()),
			("shortest span", format!("{} bytes", self.span_bytes_min)),
			("shortest unlisted source", format!("{} bytes", self.unlisted_bytes_min)),
			("batches are open for", duration(self.window_ms)),
			("answers may take", duration(self.response_ms)),
			("commitments may be revealed for", duration(self.reveal_ms)),
		])
	}
}

/// An open batch as it is printed. Times are on the chain clock.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct OpenBatch {
	id: u64,
	/// An agent.
	server: u64,
	account: String,
	/// The Merkle root of its receipts.
	root: String,
	receipts: u32,
	submitted_at_ms: u64,
	ends_at_ms: u64,
	commitments_end_at_ms: u64,
	demands_end_at_ms: u64,
	parameters: Parameters,
	models: Vec<Share>,
	claims: u32,
	paid: u32,
	/// Lost if there is fraud.
	hold: Amount,
	deposit: Amount,
	sampling: Sampling,
	demands: u32,
	verdict: Option<Verdict>,
}

/// What a model earned in a batch.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
struct Share {
	model: u64,
	fees: Amount,
	data: Amount,
	claimed: Amount,
	developer: Amount,
	held: Amount,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Verdict {
	challenger: String,
	number: u64,
	decided_from_ms: u64,
}

impl From<chain::OpenBatch> for OpenBatch {
	fn from(info: chain::OpenBatch) -> Self {
		let share = |share: chain::Share| Share {
			model: share.model.0,
			fees: Amount(share.fees),
			data: Amount(share.data),
			claimed: Amount(share.claimed),
			developer: Amount(share.developer),
			held: Amount(share.held),
		};
		let verdict = |verdict: chain::Verdict| Verdict {
			challenger: display(&verdict.challenger),
			number: verdict.number,
			decided_from_ms: verdict.decided_from_ms,
		};
		Self {
			id: info.id.0,
			server: info.server.0,
			account: display(&info.account),
			root: hex(info.root),
			receipts: info.receipts,
			submitted_at_ms: info.submitted_at_ms,
			ends_at_ms: info.ends_at_ms,
			commitments_end_at_ms: info.commitments_end_at_ms,
			demands_end_at_ms: info.demands_end_at_ms,
			parameters: info.parameters.into(),
			models: info.models.into_iter().map(share).collect(),
			claims: info.claims,
			paid: info.paid,
			hold: Amount(info.hold),
			deposit: Amount(info.deposit),
			sampling: info.sampling,
			demands: info.demands,
			verdict: info.verdict.map(verdict),
		}
	}
}

impl OpenBatch {
	fn state(&self) -> String {
		match (&self.verdict, &self.sampling) {
			(Some(_), _) => "fraudulent".into(),
			(None, Sampling::Due { at }) => format!("samples from block {} on", at.saturating_add(1)),
			(None, Sampling::Drawn { .. }) => "samples to be shown".into(),
			(None, Sampling::Done) => "open".into(),
		}
	}
}

impl Answer for OpenBatch {
	fn human(&self) -> String {
		let clock = |ms: u64| format!("{ms} ms on the chain clock");
		let mut rows = vec![
			("batch", format!("{} ({})", self.id, self.state())),
			("server", format!("agent {}", self.server)),
			("receipts", self.receipts.to_string()),
			("their root", self.root.clone()),
			("claims", format!("{}, of which {} are paid", self.claims, self.paid)),
			("on hold for their truth", self.hold.to_string()),
			("deposit", self.deposit.to_string()),
			("submitted at", clock(self.submitted_at_ms)),
			("demands until", clock(self.demands_end_at_ms)),
			("commitments until", clock(self.commitments_end_at_ms)),
			("open until", clock(self.ends_at_ms)),
			("open demands", self.demands.to_string()),
		];
		if let Sampling::Drawn { claims, deadline_ms, .. } = &self.sampling {
			rows.push(("to be shown", format!("claims {} until {}", listed(claims), clock(*deadline_ms))));
		}
		if let Some(verdict) = &self.verdict {
			let from = clock(verdict.decided_from_ms);
			rows.push(("fraud found by", format!("{}, decided from {from}", verdict.challenger)));
		}
		let shares = self.models.iter().map(|share| {
			[
				share.model.to_string(),
				share.fees.to_string(),
				share.data.to_string(),
				share.claimed.to_string(),
				share.developer.to_string(),
				share.held.to_string(),
			]
		});
		let heading = ["MODEL", "FEES", "DATA", "CLAIMED", "DEVELOPER", "HELD"];
		format!("{}\n{}", output::fields(rows), output::columns(heading, shares))
	}
}

fn listed(claims: &[u32]) -> String {
	claims.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// A page of open batches as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct OpenBatches {
	batches: Vec<OpenBatch>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u64>,
}

impl From<Page<chain::OpenBatch, BatchId>> for OpenBatches {
	fn from(page: Page<chain::OpenBatch, BatchId>) -> Self {
		Self {
			batches: page.items.into_iter().map(OpenBatch::from).collect(),
			next: page.next.map(|id| id.0),
		}
	}
}

impl Answer for OpenBatches {
	fn human(&self) -> String {
		let rows = self.batches.iter().map(|batch| {
			[
				batch.id.to_string(),
				batch.server.to_string(),
				batch.receipts.to_string(),
				batch.claims.to_string(),
				batch.hold.to_string(),
				batch.ends_at_ms.to_string(),
				batch.state(),
			]
		});
		let heading = ["ID", "SERVER", "RECEIPTS", "CLAIMS", "HOLD", "OPEN UNTIL (MS)", "STATE"];
		output::page("no open batches", heading, rows, self.next)
	}
}

/// A claim as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Claim {
	batch: u64,
	/// Its place there.
	claim: u32,
	/// The receipt's place there.
	receipt: u32,
	model: u64,
	/// What was claimed for.
	contribution: u64,
	version: u32,
	method: u32,
	/// As `POST /receipts` of a server takes it.
	evidence: Evidence,
	/// What it moves, the submitter's part included.
	amount: Amount,
	submitter: Amount,
	proven: bool,
	/// Where it goes instead.
	moved: Option<Moved>,
	/// What it costs to demand it now.
	demand_price: Amount,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Moved {
	contribution: u64,
	version: u32,
	by: String,
	number: u64,
}

impl From<chain::Claim> for Claim {
	fn from(info: chain::Claim) -> Self {
		let moved = |moved: chain::Moved| Moved {
			contribution: moved.contribution.0,
			version: moved.version.0,
			by: display(&moved.by),
			number: moved.number,
		};
		Self {
			batch: info.batch.0,
			claim: info.claim,
			receipt: info.receipt,
			model: info.model.0,
			contribution: info.contribution.0,
			version: info.version.0,
			method: info.method.0,
			evidence: info.evidence,
			amount: Amount(info.amount),
			submitter: Amount(info.submitter),
			proven: info.proven,
			moved: info.moved.map(moved),
			demand_price: Amount(info.demand_price),
		}
	}
}

/// A page of claims as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Claims {
	claims: Vec<Claim>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u32>,
}

impl From<Page<chain::Claim, u32>> for Claims {
	fn from(page: Page<chain::Claim, u32>) -> Self {
		Self { claims: page.items.into_iter().map(Claim::from).collect(), next: page.next }
	}
}

impl Answer for Claims {
	fn human(&self) -> String {
		let rows = self.claims.iter().map(|claim| {
			let to = match &claim.moved {
				None => claim.contribution.to_string(),
				Some(moved) => format!("{}, not {}", moved.contribution, claim.contribution),
			};
			[
				claim.claim.to_string(),
				claim.receipt.to_string(),
				to,
				claim.amount.to_string(),
				if claim.proven { "shown" } else { "-" }.into(),
				claim.demand_price.to_string(),
				evidence(&claim.evidence),
			]
		});
		let heading = ["CLAIM", "RECEIPT", "CONTRIBUTION", "MOVES", "PROVEN", "DEMAND COSTS", "EVIDENCE"];
		output::page("no claims", heading, rows, self.next)
	}
}

fn evidence(evidence: &Evidence) -> String {
	match evidence {
		Evidence::Grounded { offset, length } => format!("grounded: {length} bytes from {offset}"),
		Evidence::Span { output, offset, length } => {
			format!("span: {length} bytes from {offset}, in the output from {output}")
		}
		Evidence::Attested { score } => format!("attested: {}", Percent(score.deconstruct())),
	}
}

/// What is asked in a batch, as it is printed. Times are on the chain clock.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Questions {
	batch: u64,
	samples: Option<Samples>,
	demands: Vec<Demand>,
	unlisted: Vec<Unlisted>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Samples {
	claims: Vec<u32>,
	deadline_ms: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Demand {
	claim: u32,
	by: String,
	price: Amount,
	deadline_ms: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Unlisted {
	receipt: u32,
	/// The model's place among the batch's.
	model: u32,
	start: u64,
	length: u64,
	contribution: u64,
	version: u32,
	by: String,
	amount: Amount,
	bond: Amount,
	deadline_ms: u64,
}

impl Questions {
	pub(crate) fn new(batch: u64, info: chain::Questions) -> Self {
		let demand = |demand: chain::Demand| Demand {
			claim: demand.claim,
			by: display(&demand.by),
			price: Amount(demand.price),
			deadline_ms: demand.deadline_ms,
		};
		let unlisted = |shown: chain::Unlisted| Unlisted {
			receipt: shown.receipt,
			model: shown.model,
			start: shown.start,
			length: shown.length,
			contribution: shown.contribution.0,
			version: shown.version.0,
			by: display(&shown.by),
			amount: Amount(shown.amount),
			bond: Amount(shown.bond),
			deadline_ms: shown.deadline_ms,
		};
		Self {
			batch,
			samples: info.samples.map(|(claims, deadline_ms)| Samples { claims, deadline_ms }),
			demands: info.demands.into_iter().map(demand).collect(),
			unlisted: info.unlisted.into_iter().map(unlisted).collect(),
		}
	}
}

impl Answer for Questions {
	fn human(&self) -> String {
		let samples = self.samples.iter().flat_map(|samples| {
			samples.claims.iter().map(|claim| {
				[format!("claim {claim}"), "sample".into(), String::new(), samples.deadline_ms.to_string()]
			})
		});
		let demands = self.demands.iter().map(|demand| {
			let asked = format!("demand of {}", demand.by);
			[
				format!("claim {}", demand.claim),
				asked,
				demand.price.to_string(),
				demand.deadline_ms.to_string(),
			]
		});
		let unlisted = self.unlisted.iter().map(|shown| {
			let Unlisted { receipt, start, length, contribution, .. } = shown;
			let what = format!("receipt {receipt}, {length} bytes from {start}");
			let asked = format!("unlisted: contribution {contribution}, by {}", shown.by);
			[what, asked, shown.bond.to_string(), shown.deadline_ms.to_string()]
		});
		let rows: Vec<_> = samples.chain(demands).chain(unlisted).collect();
		match rows.is_empty() {
			true => "nothing is asked".into(),
			false => output::columns(["WHAT", "ASKED", "FOR", "UNTIL (MS)"], rows),
		}
	}
}

/// A page of methods as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Methods {
	methods: Vec<Method>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u32>,
}

/// A method as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Method {
	id: u32,
	algorithm: String,
	version: u32,
	parameters: String,
}

impl Method {
	pub(crate) fn new(id: MethodId, name: &MethodName) -> Self {
		let (algorithm, parameters) = (text(&name.algorithm), text(&name.parameters));
		Self { id: id.0, algorithm, version: name.version, parameters }
	}
}

impl Answer for Method {
	fn human(&self) -> String {
		output::fields([
			("method", self.id.to_string()),
			("algorithm", self.algorithm.clone()),
			("version", self.version.to_string()),
			("parameters", self.parameters.clone()),
		])
	}
}

impl From<Page<chain::Method, MethodId>> for Methods {
	fn from(page: Page<chain::Method, MethodId>) -> Self {
		let method = |info: chain::Method| Method {
			id: info.id.0,
			algorithm: text(&info.algorithm),
			version: info.version,
			parameters: text(&info.parameters),
		};
		Self { methods: page.items.into_iter().map(method).collect(), next: page.next.map(|id| id.0) }
	}
}

impl Answer for Methods {
	fn human(&self) -> String {
		let rows = self.methods.iter().map(|method| {
			[
				method.id.to_string(),
				method.algorithm.clone(),
				method.version.to_string(),
				method.parameters.clone(),
			]
		});
		output::page("no methods", ["ID", "ALGORITHM", "VERSION", "PARAMETERS"], rows, self.next)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{Decode, DecodeAll, Encode};
	use pallet_attribution::{runtime_api, types};
	use plexus_primitives::{AgentId, ContributionId, DatanetVersion, ModelId};
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
}
