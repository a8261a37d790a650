//! What is asked in a batch: samples, demands, unlisted sources.

use crate::{
	address::display,
	amount::Amount,
	claims::chain,
	output::{self, Answer},
};
use serde::Serialize;

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
