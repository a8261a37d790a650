//! `plexus tx datanet review|accept`: everything of a datanet that waits, by one command.
//!
//! The chain says what waits; so a run that was stopped is run again with the same command.
//!
//! # Must not
//! Decide who may: the chain knows the curators, and the times. Stop at a contribution that the chain does not take, in a
//! batch or alone: what failed is counted by its error.

use crate::{
	amount::Amount,
	calls::{self, Call},
	client::ConnectionArgs,
	datanets::{self, Info},
	explain::explain_dispatch_error,
	failure::{Failure, FailureKind},
	output::{self, Answer},
	pipeline::{Done, Pipeline},
	tx::{
		by::{ByArgs, Party},
		Session,
	},
	validators,
};
use futures::{
	future::LocalBoxFuture,
	stream::{FuturesUnordered, StreamExt},
};
use plexus_primitives::api::{ContributionStatus, PAGE_MAX};
use serde::Serialize;
use std::{collections::BTreeMap, time::Instant};
use subxt::error::DispatchError;

/// Calls in one transaction: about a hundredth of a block. The key of an agent sends one.
const CALLS: usize = 128;

/// Transactions on their way at once.
const IN_FLIGHT: usize = 8;

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct ReviewArgs {
	/// Id of the datanet.
	datanet: u32,

	/// Accept everything that waits, with a weight from 1 to 100.
	#[arg(long, value_name = "WEIGHT", required_unless_present = "reject", conflicts_with = "reject")]
	weight: Option<u8>,

	/// Reject everything that waits.
	#[arg(long)]
	reject: bool,

	/// Only what this account contributed.
	#[arg(long, value_name = "ADDRESS")]
	contributor: Option<String>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct AcceptArgs {
	/// Id of the datanet.
	datanet: u32,

	#[command(flatten)]
	by: ByArgs,
}

/// What became of everything that waited.
#[derive(Default, Serialize)]
pub(super) struct Sifted {
	datanet: u32,
	/// Contributions that the signer can do something about.
	waiting: u64,
	/// Reviews that the chain took.
	reviewed: u64,
	/// Contributions that are accepted now.
	accepted: u64,
	/// Contributions that are removed now.
	removed: u64,
	/// What the chain did not take, by its error.
	failed: BTreeMap<String, u64>,
	transactions: u64,
	/// With those of transactions that failed.
	fee: Amount,
	seconds: f64,
}

impl Answer for Sifted {
	fn human(&self) -> String {
		let rows = [
			("datanet", self.datanet.to_string()),
			("waiting", self.waiting.to_string()),
			("reviewed", self.reviewed.to_string()),
			("accepted", self.accepted.to_string()),
			("removed", self.removed.to_string()),
			("transactions", format!("{} for {}", self.transactions, self.fee)),
			("time", format!("{:.1} s", self.seconds)),
		];
		let mut text = output::fields(rows);
		for (error, count) in &self.failed {
			text.push_str(&format!("\nnot taken {count} times: {}", output::clean(error)));
		}
		text
	}
}

impl Sifted {
	/// Takes in what became of a transaction.
	///
	/// # Errors
	/// It is not about the contribution.
	fn take(&mut self, done: Result<Done, Failure>) -> Result<(), Failure> {
		match done {
			Ok(done) => self.add(&done),
			Err(failure) if is_about_the_contribution(&failure) => {
				self.transactions += 1;
				self.fee = Amount(self.fee.0.saturating_add(failure.fee.unwrap_or_default()));
				*self.failed.entry(failure.name).or_default() += 1;
			}
			Err(failure) => return Err(failure),
		}
		Ok(())
	}

	fn add(&mut self, done: &Done) {
		self.transactions += 1;
		self.fee = Amount(self.fee.0.saturating_add(done.fee()));
		for event in done.iter() {
			match (event.pallet_name(), event.event_name()) {
				("Datanets", "Reviewed") => self.reviewed += 1,
				("Datanets", "ContributionAccepted") => self.accepted += 1,
				("Datanets", "ContributionRemoved") => self.removed += 1,
				("Utility", "ItemFailed") => {
					let error = DispatchError::decode_from(event.field_bytes(), done.at().metadata());
					let name =
						error.map_or_else(|_| "unknown".into(), |error| explain_dispatch_error(&error).name);
					*self.failed.entry(name).or_default() += 1;
				}
				_ => {}
			}
		}
	}
}

/// Whether a call that went alone was not taken for what it is about.
fn is_about_the_contribution(failure: &Failure) -> bool {
	failure.kind == FailureKind::Failed && failure.name.starts_with("Datanets.")
}

pub(super) async fn review(connection: &ConnectionArgs, args: ReviewArgs) -> Result<Sifted, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let contributor = match &args.contributor {
		Some(given) => Some(crate::address::parse_account(given, &session.kind)?),
		None => None,
	};
	let own = party.account.clone();
	let waits = move |info: &Info, _: u64| {
		let reviewed = matches!(info.status, ContributionStatus::Pending { curators: Some(_), .. });
		let wanted = contributor.as_ref().is_none_or(|wanted| *wanted == info.contributor);
		reviewed && wanted && info.contributor != own
	};
	let weight = args.weight;
	sift(session, &party, args.datanet, waits, move |info| calls::review(info.id.0, weight)).await
}

pub(super) async fn accept(connection: &ConnectionArgs, args: AcceptArgs) -> Result<Sifted, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let waits = |info: &Info, clock_ms: u64| match info.status {
		ContributionStatus::Pending { not_before_ms, curators: None, .. } => not_before_ms <= clock_ms,
		_ => false,
	};
	sift(session, &party, args.datanet, waits, |info| calls::about_contribution("accept", info.id.0)).await
}

/// Sends a call about each contribution that waits, many in one transaction and several transactions at once.
async fn sift(
	session: Session,
	party: &Party,
	datanet: u32,
	waits: impl Fn(&Info, u64) -> bool,
	call: impl Fn(&Info) -> Call,
) -> Result<Sifted, Failure> {
	session.submit.refuse_what_is_for_one()?;
	let started = Instant::now();
	datanets::known_datanet(&session.at, datanet).await?;
	let (_, clock_ms) = validators::era_and_clock(&session.at).await?;
	let pipeline = Pipeline::open(session.client, session.key, &session.submit).await?;
	let mut sifted = Sifted { datanet, ..Sifted::default() };
	let mut sent: FuturesUnordered<LocalBoxFuture<'_, Result<Done, Failure>>> = FuturesUnordered::new();
	let calls_max = if party.sends_one_by_one() { 1 } else { CALLS };
	let (mut ready, mut cursor) = (Vec::new(), None);
	loop {
		let page = datanets::contributions(&pipeline.head().await?, datanet, cursor, PAGE_MAX).await?;
		for info in page.items.iter().filter(|info| waits(info, clock_ms)) {
			sifted.waiting += 1;
			ready.push(call(info));
		}
		cursor = page.next.map(|sequence| sequence.0);
		while ready.len() >= calls_max || (cursor.is_none() && !ready.is_empty()) {
			let some = ready.drain(..ready.len().min(calls_max));
			let call = together(party, some.collect());
			let pipeline = &pipeline;
			sent.push(Box::pin(async move { pipeline.send(&call).await }));
			if sent.len() >= IN_FLIGHT {
				sifted.take(next(&mut sent).await)?;
			}
		}
		if cursor.is_none() {
			break;
		}
	}
	while !sent.is_empty() {
		sifted.take(next(&mut sent).await)?;
	}
	sifted.seconds = started.elapsed().as_secs_f64();
	Ok(sifted)
}

/// One transaction for these calls, whatever becomes of each.
fn together(party: &Party, mut calls: Vec<Call>) -> Call {
	match calls.pop() {
		Some(alone) if party.sends_one_by_one() => party.sends(alone),
		last => party.sends(calls::force_batch(calls.into_iter().chain(last))),
	}
}

async fn next(
	sent: &mut FuturesUnordered<LocalBoxFuture<'_, Result<Done, Failure>>>,
) -> Result<Done, Failure> {
	let done = sent.next().await.expect("it is not empty because its callers looked");
	done.map_err(|failure| Failure {
		remedy: format!("{}; then run the same command again: it looks anew at what waits", failure.remedy),
		..failure
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_contribution_that_is_not_taken_stops_nothing_and_all_else_does() {
		let mut sifted = Sifted::default();
		let failure = |kind, name: &str| Failure::new(kind, name, "cause", "remedy");
		for _ in 0..2 {
			let reviewed = failure(FailureKind::Failed, "Datanets.AlreadyReviewed");
			let reviewed = Failure { fee: Some(7), ..reviewed };
			sifted.take(Err(reviewed)).expect("the others wait for their reviews");
		}
		assert_eq!(sifted.failed, BTreeMap::from([("Datanets.AlreadyReviewed".to_string(), 2)]));
		assert_eq!((sifted.transactions, sifted.fee), (2, Amount(14)), "they cost something all the same");
		for (kind, name) in [
			(FailureKind::Failed, "Agents.BudgetExceeded"),
			(FailureKind::Refused, "DelegationExpired"),
			(FailureKind::TimedOut, "NotFinal"),
		] {
			assert_eq!(
				sifted.take(Err(failure(kind, name))).map_err(|failure| failure.name),
				Err(name.to_string())
			);
		}
	}

	#[test]
	fn the_answer_has_stable_json_keys_and_names_what_failed() {
		let failed = BTreeMap::from([("Datanets.AlreadyReviewed".to_string(), 2)]);
		let sifted = Sifted { waiting: 5, reviewed: 3, accepted: 3, failed, ..Sifted::default() };
		assert!(sifted.human().contains("Datanets.AlreadyReviewed"), "{}", sifted.human());
		assert_eq!(
			serde_json::to_value(&sifted).unwrap(),
			serde_json::json!({
				"datanet": 0, "waiting": 5, "reviewed": 3, "accepted": 3, "removed": 0,
				"failed": {"Datanets.AlreadyReviewed": 2}, "transactions": 0, "fee": "0", "seconds": 0.0,
			})
		);
	}
}
