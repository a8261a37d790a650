//! `plexus explain`: from what an account was credited back to batches, receipts, claims, and the bytes that earned it.
//!
//! ```text
//! rewards API        what was credited, by source ───────────────┐
//! index: account     each credit ─────────────────────────────────┤ add up, or the rest is named
//! index: contribution  which batch paid it                        │
//! index: batch       its claims, moves and payments ─ parts ──────┘
//! block, files       the receipts, and the bytes
//! ```
//!
//! # Must not
//! Split what pools paid among receipts: a version's pool is one sum, and each weight has its share of all of it. Leave a
//! difference out that it cannot explain.

mod credits;
mod parts;

use crate::{
	address::{display, parse_account},
	amount::Amount,
	claims::{
		files::{Files, FilesArgs},
		history::{self, ContributionPaid, History},
		receipts,
	},
	client::{AtBlock, Client, ConnectionArgs},
	failure::Failure,
	output::{self, Answer},
	rewards,
	verify_claim::{load, Case},
};
use credits::{Credit, Source};
use parts::{Batch, Part};
use plexus_payments::store::Placed;
use plexus_primitives::{BatchId, ContributionId};
use serde::Serialize;
use std::collections::BTreeMap;

/// Events of an account or contribution that are read.
const EVENTS_MAX: usize = 8_192;

/// Says what an account was paid for.
#[derive(clap::Args, Clone)]
pub struct ExplainCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	/// Whose: an address, or //Bob and the like on development chains.
	account: String,

	#[command(flatten)]
	files: FilesArgs,

	/// Payouts that are followed back to their claims, the latest first; all are counted.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
	limit: u16,
}

/// A source of money as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Line {
	source: &'static str,
	/// What the chain says was credited, ever.
	credited: Amount,
	/// What the events that were read tell of that.
	told: Amount,
	/// The rest.
	untold: Amount,
	/// Why there is a rest; `null` if there is none.
	why: Option<String>,
}

/// What was earned by being in versions, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Pool {
	datanet: u32,
	/// The versions from this one on, up to but not including `until`.
	from: u32,
	until: Option<u32>,
	credited: Amount,
}

/// A payout as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Payout {
	block: u32,
	source: Source,
	/// `null` if no event tells.
	batch: Option<u64>,
	contribution: Option<u64>,
	amount: Amount,
	parts: Vec<Part>,
	/// What of the amount no claim explains.
	unexplained: Amount,
	/// Why not more is told; `null` if everything is.
	why: Option<String>,
}

/// What an account was paid for.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Explained {
	account: String,
	/// What `Rewards.withdraw` pays it.
	due: Amount,
	/// All that it was ever credited.
	total: Amount,
	sources: Vec<Line>,
	pools: Vec<Pool>,
	payouts: Vec<Payout>,
	/// Payouts that were counted and not followed back.
	more: usize,
}

impl Answer for Explained {
	fn human(&self) -> String {
		let head = output::fields([
			("account", self.account.clone()),
			("credited ever", self.total.to_string()),
			("to withdraw", self.due.to_string()),
		]);
		let rows = self.sources.iter().map(|line| {
			let why = line.why.clone().unwrap_or_default();
			[
				line.source.to_string(),
				line.credited.to_string(),
				line.told.to_string(),
				line.untold.to_string(),
				why,
			]
		});
		let sources = output::columns(["SOURCE", "CREDITED", "TOLD BY EVENTS", "REST", "WHY"], rows);
		let mut text = format!("{head}\n\n{sources}");
		if !self.pools.is_empty() {
			let rows = self.pools.iter().map(|pool| {
				let until = pool.until.map_or("–".into(), |until| until.to_string());
				[pool.datanet.to_string(), pool.from.to_string(), until, pool.credited.to_string()]
			});
			let pools = output::columns(["DATANET", "FROM", "UNTIL", "CREDITED"], rows);
			text += &format!(
				"\n\nfor being in versions; a pool is one sum for all that was paid into it, and cannot be split by receipt\n{pools}"
			);
		}
		for payout in &self.payouts {
			text += &format!("\n\n{}", payout.human());
		}
		match self.more {
			0 => text,
			more => format!("{text}\n\nand {more} payouts before that; follow them with --limit"),
		}
	}
}

impl Payout {
	fn human(&self) -> String {
		let source = match self.source {
			Source::Claim => "claims on outputs",
			Source::Submission => "submitting or moving claims",
			Source::Challenge => "a challenge or an answer",
		};
		let batch = self.batch.map_or(String::new(), |batch| format!(", batch {batch}"));
		let of = self.contribution.map_or(String::new(), |id| format!(", contribution {id}"));
		let head = format!("{} in block {} for {source}{batch}{of}", self.amount, self.block);
		let rows = self.parts.iter().map(|part| {
			[
				part.claim.map_or("–".into(), |claim| claim.to_string()),
				part.class().to_string(),
				part.request(),
				part.place(),
				part.amount.to_string(),
				part.text().to_string(),
			]
		});
		let table = match self.parts.is_empty() {
			true => String::new(),
			false => {
				let heading = ["CLAIM", "CLASS", "REQUEST", "BYTES", "AMOUNT", "TEXT"];
				format!("\n{}", output::columns(heading, rows))
			}
		};
		let why = self.why.as_ref().map(|why| format!("\n{}", output::clean(why))).unwrap_or_default();
		format!("{head}{table}{why}")
	}
}

impl ExplainCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let json = self.connection.json;
		let explained = self.explain().await?;
		output::print(json, &explained);
		Ok(())
	}

	async fn explain(&self) -> Result<Explained, Failure> {
		let client = Client::connect(&self.connection.url).await?;
		let account = parse_account(&self.account, &client.chain_kind().await?)?;
		let files = self.files.open().await?;
		let at = client.at_head().await?;
		let earned = rewards::earned(&at, &rewards::Holder::Account(account.clone())).await?;
		let subject = history::of_account("account", &account);
		let told =
			history::history(&client, &subject, true, EVENTS_MAX).await.map_err(receipts::no_history)?;
		let credits = credits::of(&account, &told);
		let sources = credits::sums(&earned, &credits).iter().map(|sum| line(sum, &told)).collect();
		let pool = |(&(datanet, from, until), &credited): (&(u32, u32, Option<u32>), &u128)| Pool {
			datanet,
			from,
			until,
			credited: Amount(credited),
		};
		let (limit, mut tracer) = (usize::from(self.limit), Tracer::new(&client, &files));
		let mut payouts = Vec::new();
		for credit in credits.credits.iter().take(limit) {
			payouts.push(tracer.payout(&at, credit).await?);
		}
		let all = [earned.pools, earned.claims, earned.submissions, earned.challenges];
		Ok(Explained {
			account: display(&account),
			due: Amount(earned.due),
			total: Amount(all.into_iter().fold(0, u128::saturating_add)),
			sources,
			pools: credits.pools.iter().map(pool).collect(),
			more: credits.credits.len().saturating_sub(payouts.len()),
			payouts,
		})
	}
}

/// A source of money, with why there is a rest.
fn line(sum: &credits::Sum, told: &History) -> Line {
	let untold = sum.credited.saturating_sub(sum.told);
	let why = (untold > 0).then(|| {
		let reach = match (told.cut, told.complete_from) {
			(true, _) => format!("more than {EVENTS_MAX} events name the account; the oldest were not read"),
			(false, Some(from)) if from > 1 => format!("the node's index begins at block {from}"),
			(false, None) => "the node has indexed no block yet".into(),
			(false, Some(_)) => "it was credited to somebody whose place the account took".into(),
		};
		match sum.source {
			"pools" => format!("{reach}; or not claimed by a call of its own"),
			_ => reach,
		}
	});
	let (credited, told, untold) = (Amount(sum.credited), Amount(sum.told), Amount(untold));
	Line { source: sum.source, credited, told, untold, why }
}

/// A batch that was read once.
struct Seen {
	case: Case,
	history: History,
	receipts: Result<Vec<Placed>, Failure>,
}

/// Follows payouts back, and reads each batch and each contribution's history once.
struct Tracer<'a> {
	client: &'a Client,
	files: &'a Files,
	batches: BTreeMap<BatchId, Result<Seen, Failure>>,
	contributions: BTreeMap<ContributionId, Result<History, Failure>>,
}

impl<'a> Tracer<'a> {
	fn new(client: &'a Client, files: &'a Files) -> Self {
		Self { client, files, batches: BTreeMap::new(), contributions: BTreeMap::new() }
	}

	async fn payout(&mut self, at: &AtBlock, credit: &Credit) -> Result<Payout, Failure> {
		let payout = Payout {
			block: credit.block,
			source: credit.source,
			batch: credit.batch.map(|batch| batch.0),
			contribution: credit.contribution.map(|id| id.0),
			amount: Amount(credit.amount),
			parts: Vec::new(),
			unexplained: Amount(0),
			why: None,
		};
		let Some(contribution) = credit.contribution else { return Ok(payout) };
		let unexplained = Payout { unexplained: payout.amount, ..payout.clone() };
		let because = |why: String| Payout { why: Some(why), ..unexplained.clone() };
		let found = match self.history_of(contribution).await {
			Ok(history) => payment(history, credit),
			Err(failure) => return Ok(because(failure.cause.clone())),
		};
		let Some((event, paid)) = found else {
			return Ok(because("no event of a batch tells of it".into()));
		};
		self.read(at, paid.batch).await;
		let files = self.files;
		let seen = match self.batches.get(&paid.batch) {
			Some(Ok(seen)) => seen,
			Some(Err(failure)) => return Ok(because(failure.cause.clone())),
			None => return Ok(because("its batch was not read".into())),
		};
		let batch = Batch {
			case: &seen.case,
			history: &seen.history,
			receipts: seen.receipts.as_deref().ok(),
			files,
		};
		let parts = tokio::task::block_in_place(|| batch.parts_of(&paid, credit.transaction, event));
		let explained = parts.iter().fold(0u128, |sum, part| sum.saturating_add(part.amount.0));
		let without = seen.receipts.as_ref().err().map(|failure| format!("its receipts: {}", failure.cause));
		Ok(Payout {
			batch: Some(paid.batch.0),
			parts,
			unexplained: Amount(credit.amount.saturating_sub(explained)),
			why: without,
			..payout
		})
	}

	async fn history_of(&mut self, id: ContributionId) -> &Result<History, Failure> {
		if !self.contributions.contains_key(&id) {
			let subject = format!("contribution:{}", id.0);
			let told = history::history(self.client, &subject, true, EVENTS_MAX).await;
			self.contributions.insert(id, told);
		}
		&self.contributions[&id]
	}

	/// A batch that cannot be read leaves its payouts unexplained, with the reason.
	async fn read(&mut self, at: &AtBlock, id: BatchId) {
		if self.batches.contains_key(&id) {
			return;
		}
		let seen = match load(self.client, at, id).await {
			Ok((case, history)) => {
				let store = self.files.store();
				let receipts = receipts::of_batch(self.client, at, id, &case.root, store).await;
				Ok(Seen { case, history: history.unwrap_or_default(), receipts })
			}
			Err(failure) => Err(failure),
		};
		self.batches.insert(id, seen);
	}
}

/// The event of a batch that paid what was credited: the last one before it in the same transaction, of the same amount.
fn payment(history: &History, credit: &Credit) -> Option<(u32, ContributionPaid)> {
	let before = history
		.events
		.iter()
		.filter(|event| event.transaction() == credit.transaction && event.event < credit.event);
	let paid = before.filter_map(|event| {
		let paid = event.decode::<ContributionPaid>("Attribution.ContributionPaid")?;
		(paid.amount == credit.amount).then_some((event.event, paid))
	});
	paid.max_by_key(|(event, _)| *event)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::history::happened;

	fn told(cut: bool, complete_from: Option<u32>) -> History {
		History { events: Vec::new(), cut, complete_from, indexed_to: Some(9) }
	}

	#[test]
	fn a_rest_is_named_with_its_reason() {
		let sum = |credited| credits::Sum { source: "claims", credited, told: 5 };
		let whole = line(&sum(5), &told(false, Some(0)));
		assert_eq!((whole.untold, whole.why), (Amount(0), None));
		for (history, reason) in [
			(told(true, Some(0)), "oldest were not read"),
			(told(false, Some(70)), "begins at block 70"),
			(told(false, None), "no block yet"),
		] {
			let line = line(&sum(9), &history);
			assert_eq!(line.untold, Amount(4));
			assert!(line.why.as_ref().is_some_and(|why| why.contains(reason)), "{line:?}");
		}
	}

	#[test]
	fn a_credit_leads_to_the_payment_right_before_it() {
		let id = ContributionId(5);
		let paid = |event, of, amount: u128| {
			happened(50, event, "Attribution.ContributionPaid", &(BatchId(of), id, amount))
		};
		let events = vec![paid(8, 3, 90), paid(6, 2, 90), paid(4, 1, 90), paid(5, 9, 91)];
		let history = History { events, ..told(false, Some(0)) };
		let credit = Credit {
			block: 50,
			event: 7,
			transaction: (50, Some(1)),
			source: Source::Claim,
			contribution: Some(id),
			batch: None,
			amount: 90,
		};
		assert_eq!(
			payment(&history, &credit).map(|(event, paid)| (event, paid.batch)),
			Some((6, BatchId(2)))
		);
		let elsewhere = Credit { transaction: (51, Some(1)), ..credit };
		assert_eq!(payment(&history, &elsewhere), None);
	}

	#[test]
	fn an_explanation_has_stable_json_keys_and_says_that_pools_are_not_split() {
		let explained = Explained {
			account: "5Alice".into(),
			due: Amount(1),
			total: Amount(9),
			sources: vec![Line {
				source: "pools",
				credited: Amount(9),
				told: Amount(7),
				untold: Amount(2),
				why: Some("why".into()),
			}],
			pools: vec![Pool { datanet: 0, from: 1, until: None, credited: Amount(7) }],
			payouts: vec![Payout {
				block: 50,
				source: Source::Claim,
				batch: Some(7),
				contribution: Some(5),
				amount: Amount(90),
				parts: Vec::new(),
				unexplained: Amount(90),
				why: Some("gone".into()),
			}],
			more: 3,
		};
		let json = serde_json::to_value(&explained).unwrap();
		assert_eq!(json["sources"][0]["untold"], "2");
		assert_eq!(
			json["pools"][0],
			serde_json::json!({ "datanet": 0, "from": 1, "until": null, "credited": "7" })
		);
		assert_eq!(
			json["payouts"][0],
			serde_json::json!({
				"block": 50, "source": "claim", "batch": 7, "contribution": 5, "amount": "90", "parts": [],
				"unexplained": "90", "why": "gone",
			})
		);
		let text = explained.human();
		for part in ["cannot be split by receipt", "batch 7, contribution 5", "gone", "and 3 payouts"] {
			assert!(text.contains(part), "{text}");
		}
	}
}
