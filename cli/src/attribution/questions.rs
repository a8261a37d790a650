//! What is asked in a batch, or in all: samples, demands, unlisted sources.

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

impl Questions {
	pub(crate) fn is_empty(&self) -> bool {
		self.samples.is_none() && self.demands.is_empty() && self.unlisted.is_empty()
	}

	/// What, how, for how much and until when.
	fn rows(&self) -> Vec<[String; 4]> {
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
		samples.chain(demands).chain(unlisted).collect()
	}
}

impl Answer for Questions {
	fn human(&self) -> String {
		match self.is_empty() {
			true => "nothing is asked".into(),
			false => output::columns(["WHAT", "ASKED", "FOR", "UNTIL (MS)"], self.rows()),
		}
	}
}

/// A page of what is asked in open batches, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Challenges {
	/// Those in which something is asked.
	pub(crate) batches: Vec<Questions>,
	/// Cursor of the next page; `null` at the end.
	pub(crate) next: Option<u64>,
}

impl Answer for Challenges {
	fn human(&self) -> String {
		let of_batch = |asked: &Questions| {
			let batch = asked.batch;
			asked
				.rows()
				.into_iter()
				.map(move |[what, how, price, until]| [batch.to_string(), what, how, price, until])
		};
		let rows: Vec<_> = self.batches.iter().flat_map(of_batch).collect();
		let heading = ["BATCH", "WHAT", "ASKED", "FOR", "UNTIL (MS)"];
		output::page("nothing is asked", heading, rows.into_iter(), self.next)
	}
}
