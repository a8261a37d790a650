//! Claims of a batch, with where they go instead.

use crate::{
	address::display,
	amount::Amount,
	claims::chain::{self, Page},
	output::{self, Answer},
	validators::Percent,
};
use plexus_primitives::Evidence;
use serde::Serialize;

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

/// Evidence in words.
pub(crate) fn evidence(evidence: &Evidence) -> String {
	match evidence {
		Evidence::Grounded { offset, length } => format!("grounded: {length} bytes from {offset}"),
		Evidence::Span { output, offset, length } => {
			format!("span: {length} bytes from {offset}, in the output from {output}")
		}
		Evidence::Attested { score } => format!("attested: {}", Percent(score.deconstruct())),
	}
}
