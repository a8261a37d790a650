//! `plexus explain`: from what an account was credited back to batches, receipts, claims, and the bytes that earned it.
//!
//! ```text
//! rewards API          what was credited by data, claims and challenges ─┐
//! index: sums          what was by serving, models and stake ────────────┤
//! index: account       each credit ──────────────────────────────────────┤ add up, or the rest is named
//! index: agent         the batches that it served                        │
//! index: contribution  which batch paid it                               │
//! index: batch         its claims, moves and payments ─ parts ───────────┘
//! block, files         the receipts, and the bytes
//! ```
//!
//! # Must not
//! Split what pools paid among receipts: a version's pool is one sum, and each weight has its share of all of it. Leave a
//! difference out that it cannot explain.

mod credits;
mod parts;

use crate::{
	address::{display, parse_account},
	agents,
	amount::Amount,
	claims::{
		files::{Files, FilesArgs},
		history::{self, ContributionPaid, History},
		receipts,
	},
	client::{AtBlock, Client, ConnectionArgs},
	failure::Failure,
	income,
	output::{self, Answer},
	payments, rewards,
	verify_claim::{load, Case},
};
use credits::{Credit, Served, Source};
use parts::{Batch, Part, Recipient};
use plexus_payments::store::Placed;
use plexus_primitives::{AgentId, BatchId, ContributionId, ModelId};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::{cmp::Reverse, collections::BTreeMap};

/// Events of an account, agent, contribution or batch that are read.
const EVENTS_MAX: usize = 8_192;

/// Batches that are looked through for an answer that was paid: those that were submitted last before it.
const ANSWERED_BATCHES_MAX: usize = 64;

/// Says what an account was paid for.
#[derive(clap::Args, Clone)]
pub struct ExplainCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	/// Whose: an address, or //Bob and the like on development chains.
	account: String,

	#[command(flatten)]
	files: FilesArgs,

	/// Payouts that are followed back, the latest first; all are counted, those for serving only if they are followed.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
	limit: u16,
}

/// A source of money as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Line {
	source: &'static str,
	/// What the chain says was credited, ever; of serving, developing, royalties and stake, what the node's index counted.
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
	/// What it is, where no claim is behind it; else `null`.
	what: Option<String>,
	amount: Amount,
	parts: Vec<Part>,
	/// What of the amount neither claims nor events explain.
	unexplained: Amount,
	/// Why not more is told; `null` if everything is.
	why: Option<String>,
}

/// What an account was paid for.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Explained {
	account: String,
	/// What `plexus tx earnings withdraw` pays it now.
	due: Amount,
	/// All that it was ever credited, withdrawn or not: the sum of the sources.
	total: Amount,
	/// From which block on serving, developing, royalties and stake are counted: 0 or 1 if nothing is missing, `null` if the
	/// node has counted no block yet.
	counted_from: Option<u32>,
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
			("credited ever", format!("{}{}", self.total, self.reach())),
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

impl Explained {
	/// What the total lacks.
	fn reach(&self) -> String {
		let since = match self.counted_from {
			Some(0 | 1) => return String::new(),
			Some(from) => format!("from block {from} on only, where the node's sums begin"),
			None => "not yet: the node has counted no block".into(),
		};
		format!("; for serving, models, royalties and stake {since}")
	}
}

impl Payout {
	/// Of which nothing is known but what the account's own events tell.
	fn of(credit: &Credit) -> Self {
		Self {
			block: credit.block,
			source: credit.source,
			batch: credit.batch.map(|batch| batch.0),
			contribution: credit.contribution.map(|id| id.0),
			what: credit.what.clone(),
			amount: Amount(credit.amount),
			parts: Vec::new(),
			unexplained: Amount(0),
			why: None,
		}
	}

	/// Nothing of it is explained.
	fn unexplained(self, why: impl Into<String>) -> Self {
		Self { unexplained: self.amount, why: Some(why.into()), ..self }
	}

	/// With the claims that made it, and what they leave.
	fn with_parts(self, parts: Vec<Part>, receipts: Option<String>) -> Self {
		let explained = parts.iter().fold(0u128, |sum, part| sum.saturating_add(part.amount.0));
		let unexplained = self.amount.0.saturating_sub(explained);
		let rest = (unexplained > 0).then(|| "the batch's events do not tell what made the rest".to_string());
		let why: Vec<_> = rest.into_iter().chain(receipts).collect();
		let why = (!why.is_empty()).then(|| why.join("; "));
		Self { parts, unexplained: Amount(unexplained), why, ..self }
	}

	/// What a batch brought its server, by model.
	fn of_serving(served: &Served, models: &[(ModelId, u128)]) -> Self {
		let amount = models.iter().fold(0u128, |sum, (_, amount)| sum.saturating_add(*amount));
		let each = models.iter().map(|(model, amount)| format!("{} with model {}", Amount(*amount), model.0));
		let each = each.collect::<Vec<_>>().join(", ");
		let what = format!("the server's part of what {} receipts paid: {each}", served.receipts);
		Self {
			block: served.block,
			source: Source::Serving,
			batch: Some(served.batch.0),
			contribution: None,
			what: (!models.is_empty()).then_some(what),
			amount: Amount(amount),
			parts: Vec::new(),
			unexplained: Amount(0),
			why: models.is_empty().then(|| "no event tells what its models earned".into()),
		}
	}

	fn human(&self) -> String {
		let source = match self.source {
			Source::Claim => "claims on outputs",
			Source::Submission => "submitting or moving claims",
			Source::Challenge => "a challenge or an answer",
			Source::Serving => "serving",
			Source::Developing => "its model",
			Source::Royalties => "a model made from its own",
			Source::Staking => "stake",
		};
		let batch = self.batch.map_or(String::new(), |batch| format!(", batch {batch}"));
		let of = self.contribution.map_or(String::new(), |id| format!(", contribution {id}"));
		let what = self.what.as_ref().map_or(String::new(), |what| format!(": {what}"));
		let head = format!("{} in block {} for {source}{batch}{of}{what}", self.amount, self.block);
		let rows = self.parts.iter().map(|part| {
			[
				part.claim.map_or("–".into(), |claim| claim.to_string()),
				part.class().to_string(),
				part.contribution().to_string(),
				part.request(),
				part.place(),
				part.amount.to_string(),
				part.text().to_string(),
			]
		});
		let table = match self.parts.is_empty() {
			true => String::new(),
			false => {
				let heading = ["CLAIM", "CLASS", "CONTRIBUTION", "REQUEST", "BYTES", "AMOUNT", "TEXT"];
				format!("\n{}", output::columns(heading, rows))
			}
		};
		let rest = match self.unexplained.0 {
			0 => String::new(),
			_ => format!("\nnot explained: {}", self.unexplained),
		};
		let why = self.why.as_ref().map(|why| format!("\n{}", output::clean(why))).unwrap_or_default();
		format!("{head}{table}{rest}{why}")
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
		let due = earned.due.saturating_add(payments::earnings(&at, &account).await?);
		// Before the histories, which then tell as much at least.
		let counted = income::counted(&client, &account).await.map_err(receipts::no_history)?;
		let subject = history::of_account("account", &account);
		let told =
			history::history(&client, &subject, true, EVENTS_MAX).await.map_err(receipts::no_history)?;
		let credits = credits::of(&account, &told);
		let (served, of_agent) = served(&client, &at, &account).await?;
		let leads = leads(&credits.credits, &served);
		let mut tracer = Tracer::new(&client, &files, &at, &account, &served);
		let mut payouts = Vec::new();
		for lead in leads.iter().take(self.limit.into()) {
			payouts.push(tracer.payout(lead).await);
		}
		let followed = payouts.iter().filter(|payout| payout.source == Source::Serving);
		let by_serving = followed.clone().fold(0u128, |sum, payout| sum.saturating_add(payout.amount.0));
		let unread = served.len().saturating_sub(followed.count());
		let sums = credits::sums(&earned, &counted.sources, &credits, by_serving);
		let line = |sum: &credits::Sum| match sum.source {
			"serving" => line(sum, &of_agent, unread),
			_ => line(sum, &told, 0),
		};
		let pool = |(&(datanet, from, until), &credited): (&(u32, u32, Option<u32>), &u128)| Pool {
			datanet,
			from,
			until,
			credited: Amount(credited),
		};
		Ok(Explained {
			account: display(&account),
			due: Amount(due),
			total: Amount(sums.iter().fold(0u128, |total, sum| total.saturating_add(sum.credited))),
			counted_from: counted.complete_from,
			sources: sums.iter().map(line).collect(),
			pools: credits.pools.iter().map(pool).collect(),
			more: leads.len().saturating_sub(payouts.len()),
			payouts,
		})
	}
}

/// Something to follow back.
enum Lead<'a> {
	Credit(&'a Credit),
	Batch(&'a Served),
}

impl Lead<'_> {
	/// Block and event.
	fn place(&self) -> (u32, u32) {
		match self {
			Self::Credit(credit) => (credit.block, credit.event),
			Self::Batch(served) => (served.block, served.event),
		}
	}
}

/// All there is to follow back, the latest first.
fn leads<'a>(credits: &'a [Credit], served: &'a [Served]) -> Vec<Lead<'a>> {
	let mut leads: Vec<_> = credits.iter().map(Lead::Credit).collect();
	leads.extend(served.iter().map(Lead::Batch));
	leads.sort_by_key(|lead| Reverse(lead.place()));
	leads
}

/// The batches that the account's agent served, the latest first, and its history; nothing if it is no agent's account.
async fn served(
	client: &Client,
	at: &AtBlock,
	account: &AccountId32,
) -> Result<(Vec<Served>, History), Failure> {
	let Some(agent) = agents::agent_by_account(at, account).await? else {
		return Ok((Vec::new(), History::default()));
	};
	let subject = format!("agent:{}", agent.id);
	let told = history::history(client, &subject, true, EVENTS_MAX).await.map_err(receipts::no_history)?;
	Ok((credits::served(AgentId(agent.id), &told), told))
}

/// A source of money, with why there is a rest; `unread` are batches whose events were not read.
fn line(sum: &credits::Sum, told: &History, unread: usize) -> Line {
	let untold = sum.credited.saturating_sub(sum.told);
	let why = (untold > 0).then(|| {
		if unread > 0 {
			return format!("{unread} batches were not followed back; follow them with --limit");
		}
		let reach = match (told.cut, told.complete_from) {
			(true, _) => format!("more than {EVENTS_MAX} events name it; the oldest were not read"),
			(false, Some(from)) if from > 1 => format!("the node's index begins at block {from}"),
			(false, None) => "the node has indexed no block yet".into(),
			(false, Some(_)) => match sum.source {
				"pools" | "claims" => "it was credited to somebody whose place the account took".into(),
				_ => "no event that was read tells of it".into(),
			},
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
	at: &'a AtBlock,
	account: &'a AccountId32,
	/// The latest first.
	served: &'a [Served],
	batches: BTreeMap<BatchId, Result<Seen, Failure>>,
	contributions: BTreeMap<ContributionId, Result<History, Failure>>,
	/// Of batches that were served, with claims or without.
	histories: BTreeMap<BatchId, Result<History, Failure>>,
}

impl<'a> Tracer<'a> {
	fn new(
		client: &'a Client,
		files: &'a Files,
		at: &'a AtBlock,
		account: &'a AccountId32,
		served: &'a [Served],
	) -> Self {
		let (batches, contributions, histories) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
		Self { client, files, at, account, served, batches, contributions, histories }
	}

	async fn payout(&mut self, lead: &Lead<'_>) -> Payout {
		let credit = match lead {
			Lead::Credit(credit) => credit,
			Lead::Batch(served) => return self.serving(served).await,
		};
		let (payout, submitter) = (Payout::of(credit), Recipient::Submitter(self.account));
		match credit.source {
			Source::Claim => self.claimed(credit, payout).await,
			Source::Submission => match credit.batch {
				Some(batch) => self.behind(batch, submitter, credit, payout).await,
				None => payout.unexplained("no event of a batch tells of it"),
			},
			Source::Challenge if credit.what.is_none() => self.answered(credit, payout).await,
			// The account's own events tell all that there is.
			Source::Challenge
			| Source::Serving
			| Source::Developing
			| Source::Royalties
			| Source::Staking => payout,
		}
	}

	/// What a contribution was paid: its history tells by which batch.
	async fn claimed(&mut self, credit: &Credit, payout: Payout) -> Payout {
		let Some(contribution) = credit.contribution else {
			return payout.unexplained("no event tells for which contribution it was");
		};
		let found = match self.history_of(contribution).await {
			Ok(history) => payment(history, credit),
			Err(failure) => return payout.unexplained(failure.cause.clone()),
		};
		match found {
			Some(paid) => {
				self.behind(paid.batch, Recipient::Contribution(contribution), credit, payout).await
			}
			None => payout.unexplained("no event of a batch tells of it"),
		}
	}

	/// With the claims of a batch that are behind it.
	async fn behind(&mut self, id: BatchId, to: Recipient<'_>, credit: &Credit, payout: Payout) -> Payout {
		let payout = Payout { batch: Some(id.0), ..payout };
		self.read(id).await;
		let files = self.files;
		let seen = match self.batches.get(&id) {
			Some(Ok(seen)) => seen,
			Some(Err(failure)) => return payout.unexplained(failure.cause.clone()),
			None => return payout.unexplained("its batch was not read"),
		};
		let batch = Batch {
			case: &seen.case,
			history: &seen.history,
			receipts: seen.receipts.as_deref().ok(),
			files,
		};
		let Credit { amount, transaction, event, .. } = *credit;
		let parts = tokio::task::block_in_place(|| batch.parts_of(to, amount, transaction, event));
		let without = seen.receipts.as_ref().err().map(|failure| format!("its receipts: {}", failure.cause));
		payout.with_parts(parts, without)
	}

	/// What an answer to a demand was paid: only the batch tells, which is one that the account served.
	async fn answered(&mut self, credit: &Credit, payout: Payout) -> Payout {
		let served = self.served;
		let before = served.iter().filter(|served| served.block < credit.block);
		for served in before.take(ANSWERED_BATCHES_MAX) {
			let Ok(history) = self.events_of(served.batch).await else { continue };
			if let Some(proven) = credits::answered(history, credit) {
				let what = format!("the price of a demand of claim {}, less what was burned", proven.claim);
				return Payout { batch: Some(proven.batch.0), what: Some(what), ..payout };
			}
		}
		payout.unexplained(
			"neither the account's events nor those of the last batches that it served tell what for",
		)
	}

	/// What a batch brought its server.
	async fn serving(&mut self, served: &Served) -> Payout {
		match self.events_of(served.batch).await {
			Ok(history) => Payout::of_serving(served, &credits::to_server(history)),
			Err(failure) => {
				let why = Some(failure.cause.clone());
				Payout { why, ..Payout::of_serving(served, &[]) }
			}
		}
	}

	async fn events_of(&mut self, id: BatchId) -> &Result<History, Failure> {
		if !self.histories.contains_key(&id) {
			let told = history::history(self.client, &history::of_batch(id), false, EVENTS_MAX).await;
			self.histories.insert(id, told);
		}
		&self.histories[&id]
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
	async fn read(&mut self, id: BatchId) {
		if self.batches.contains_key(&id) {
			return;
		}
		let seen = match load(self.client, self.at, id).await {
			Ok((case, history)) => {
				let store = self.files.store();
				let receipts = receipts::of_batch(self.client, self.at, id, &case.root, store).await;
				Ok(Seen { case, history: history.unwrap_or_default(), receipts })
			}
			Err(failure) => Err(failure),
		};
		self.batches.insert(id, seen);
	}
}

/// The event of a batch that paid what was credited: the last one before it in the same transaction, of the same amount.
fn payment(history: &History, credit: &Credit) -> Option<ContributionPaid> {
	let before = history
		.events
		.iter()
		.filter(|event| event.transaction() == credit.transaction && event.event < credit.event);
	let paid = before.filter_map(|event| {
		let paid = event.decode::<ContributionPaid>("Attribution.ContributionPaid")?;
		(paid.amount == credit.amount).then_some((event.event, paid))
	});
	paid.max_by_key(|(event, _)| *event).map(|(_, paid)| paid)
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
		let whole = line(&sum(5), &told(false, Some(0)), 0);
		assert_eq!((whole.untold, whole.why), (Amount(0), None));
		for (history, reason) in [
			(told(true, Some(0)), "oldest were not read"),
			(told(false, Some(70)), "begins at block 70"),
			(told(false, None), "no block yet"),
		] {
			let line = line(&sum(9), &history, 0);
			assert_eq!(line.untold, Amount(4));
			assert!(line.why.as_ref().is_some_and(|why| why.contains(reason)), "{line:?}");
		}
		let serving = credits::Sum { source: "serving", credited: 9, told: 5 };
		for (unread, reason) in [(3, "3 batches were not followed"), (0, "no event that was read")] {
			let line = line(&serving, &told(false, Some(0)), unread);
			assert!(line.why.as_ref().is_some_and(|why| why.contains(reason)), "{line:?}");
		}
	}

	fn credit(block: u32, event: u32, source: Source, amount: u128) -> Credit {
		let (transaction, contribution, batch, what) = ((block, Some(1)), None, None, None);
		Credit { block, event, transaction, source, contribution, batch, what, amount }
	}

	#[test]
	fn credits_and_batches_are_followed_back_in_one_order() {
		let credits = [credit(9, 4, Source::Submission, 1), credit(5, 2, Source::Challenge, 1)];
		let served = |block, event, batch| Served { block, event, batch: BatchId(batch), receipts: 1 };
		let served = [served(9, 5, 3), served(9, 3, 2), served(4, 9, 1)];
		let places: Vec<_> = leads(&credits, &served).iter().map(Lead::place).collect();
		assert_eq!(places, [(9, 5), (9, 4), (9, 3), (5, 2), (4, 9)]);
	}

	#[test]
	fn a_rest_of_a_payout_has_an_amount_and_a_reason() {
		let payout = || Payout::of(&credit(9, 4, Source::Submission, 90));
		let nothing = payout().with_parts(Vec::new(), Some("its receipts: gone".into()));
		assert_eq!(nothing.unexplained, Amount(90));
		let why = nothing.why.as_deref().unwrap_or_default();
		assert!(why.contains("what made the rest") && why.contains("gone"), "{why}");
		assert!(nothing.human().contains("not explained: 0.00000000009 PLX"), "{}", nothing.human());
		let unknown = payout().unexplained("why");
		assert_eq!((unknown.unexplained, unknown.why.as_deref()), (Amount(90), Some("why")));
		let free = Payout::of(&credit(9, 4, Source::Submission, 0)).with_parts(Vec::new(), None);
		assert_eq!((free.unexplained, free.why), (Amount(0), None));
	}

	#[test]
	fn what_a_batch_brought_its_server_is_told_by_model() {
		let served = Served { block: 9, event: 4, batch: BatchId(2), receipts: 12 };
		let payout = Payout::of_serving(&served, &[(ModelId(0), 4), (ModelId(7), 3)]);
		assert_eq!((payout.amount, payout.unexplained, payout.why.as_ref()), (Amount(7), Amount(0), None));
		let text = payout.human();
		assert!(text.contains("for serving, batch 2: ") && text.contains("12 receipts"), "{text}");
		assert!(text.contains("0.000000000003 PLX with model 7"), "{text}");
		let untold = Payout::of_serving(&served, &[]);
		assert!(untold.what.is_none() && untold.why.is_some(), "{untold:?}");
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
			what: None,
			amount: 90,
		};
		assert_eq!(payment(&history, &credit).map(|paid| paid.batch), Some(BatchId(2)));
		let elsewhere = Credit { transaction: (51, Some(1)), ..credit };
		assert_eq!(payment(&history, &elsewhere), None);
	}

	#[test]
	fn an_explanation_has_stable_json_keys_and_says_that_pools_are_not_split() {
		let explained = Explained {
			account: "5Alice".into(),
			due: Amount(1),
			total: Amount(9),
			counted_from: Some(0),
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
				what: None,
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
				"block": 50, "source": "claim", "batch": 7, "contribution": 5, "what": null, "amount": "90",
				"parts": [], "unexplained": "90", "why": "gone",
			})
		);
		let text = explained.human();
		for part in ["cannot be split by receipt", "batch 7, contribution 5", "gone", "and 3 payouts"] {
			assert!(text.contains(part), "{text}");
		}
		assert!(!text.contains("sums begin"), "nothing is missing: {text}");
		let later = Explained { counted_from: Some(7), ..explained }.human();
		assert!(later.contains("stake from block 7 on only"), "{later}");
	}
}
