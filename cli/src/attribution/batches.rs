//! Open batches, one and many.

use super::Parameters;
use crate::{
	address::display,
	amount::Amount,
	claims::chain::{self, Page, Sampling},
	output::{self, hex, Answer},
};
use plexus_primitives::BatchId;
use serde::Serialize;

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
