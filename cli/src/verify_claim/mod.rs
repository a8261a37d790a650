//! `plexus verify-claim`: checks a claim again, from the chain and files alone; of final batches and of open ones.
//!
//! ```text
//! index: BatchOpened, ClaimMoved, ClaimsPaid, …   or the runtime API, while the batch is open
//! index: ChannelOpened                            or the runtime API, while the channel is open
//! block: its receipts, whose root is computed anew                       ──▶ checks, each named ──▶ a verdict
//! files: output, prompt, context, contribution
//! ```
//!
//! # Must not
//! Take the node's word for what can be computed. Call a claim right that could not be looked at.

pub(crate) mod checks;
pub(crate) mod fate;

use crate::{
	agents,
	claims::{
		chain::{self, OpenBatch, Parameters, Share},
		facts::{self, Manifest},
		files::{Files, FilesArgs},
		history::{self, BatchOpened, ChannelOpened, History},
		receipts,
	},
	client::{constant, AtBlock, Client, ConnectionArgs},
	failure::{Failure, FailureKind},
	output::{self, Answer},
	payments,
};
use checks::{all, Check, Corpora, Ending, Known};
use plexus_payments::store::Placed;
use plexus_primitives::{BatchId, ChannelId, ContributionId, DatanetId, DatanetVersion, Evidence};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::collections::{BTreeMap, BTreeSet};

/// Events of a batch that are read: far more than 512 claims can have.
pub(crate) const EVENTS_MAX: usize = 8_192;

/// Events of a channel that are read: its first is that it was opened.
const CHANNEL_EVENTS_MAX: usize = 1;

/// The longest claim if the chain does not tell.
const CLAIM_BYTES_DEFAULT: u64 = 16 << 10;

/// Checks a claim again.
#[derive(clap::Args, Clone)]
pub struct VerifyClaimCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	/// Id of the batch.
	batch: u64,

	/// The claim's place in it, from 0; `plexus query history batch:ID` shows them.
	claim: u32,

	#[command(flatten)]
	files: FilesArgs,
}

/// A claim as it was submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ClaimView {
	pub(crate) receipt: u32,
	pub(crate) contribution: ContributionId,
	pub(crate) version: DatanetVersion,
	pub(crate) evidence: Evidence,
	pub(crate) amount: u128,
}

/// A batch as it was submitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Case {
	pub(crate) root: [u8; 32],
	pub(crate) parameters: Parameters,
	pub(crate) models: Vec<Share>,
	pub(crate) claims: Vec<ClaimView>,
	/// The server's, if it is known.
	pub(crate) account: Option<AccountId32>,
	/// Whether it is not final.
	pub(crate) open: bool,
}

impl Case {
	/// As the runtime API tells it while it is open.
	pub(crate) fn of_open(batch: &OpenBatch, claims: &[chain::Claim]) -> Self {
		let view = |claim: &chain::Claim| ClaimView {
			receipt: claim.receipt,
			contribution: claim.contribution,
			version: claim.version,
			evidence: claim.evidence,
			amount: claim.amount,
		};
		Self {
			root: batch.root,
			parameters: batch.parameters,
			models: batch.models.clone(),
			claims: claims.iter().map(view).collect(),
			account: Some(batch.account.clone()),
			open: true,
		}
	}

	/// As the event told it.
	pub(crate) fn of_opened(opened: &BatchOpened, account: Option<AccountId32>, open: bool) -> Self {
		let view = |claim: &history::ClaimRecord| ClaimView {
			receipt: claim.receipt,
			contribution: claim.contribution,
			version: claim.version,
			evidence: claim.evidence,
			amount: claim.amount,
		};
		Self {
			root: opened.root,
			parameters: opened.parameters,
			models: opened.models.clone(),
			claims: opened.claims.iter().map(view).collect(),
			account,
			open,
		}
	}
}

/// The batch as its history tells it.
pub(crate) fn opened(history: &History) -> Option<BatchOpened> {
	history.events.iter().find_map(|event| event.decode("Attribution.BatchOpened"))
}

/// A claim that was checked.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Verified {
	batch: u64,
	claim: u32,
	receipt: u32,
	channel: u64,
	sequence: u64,
	contribution: u64,
	/// `holds`, `fails`, or `unknown` if something could not be looked at and nothing fails.
	verdict: Ending,
	checks: Vec<Check>,
}

impl Answer for Verified {
	fn human(&self) -> String {
		let head = output::fields([
			("claim", format!("{} of batch {}", self.claim, self.batch)),
			("receipt", format!("{}: number {} of channel {}", self.receipt, self.sequence, self.channel)),
			("contribution", self.contribution.to_string()),
			("verdict", word(self.verdict).to_string()),
		]);
		let rows = self
			.checks
			.iter()
			.map(|check| [check.name.to_string(), word(check.ending).to_string(), check.detail.clone()]);
		format!("{head}\n\n{}", output::columns(["CHECK", "", "WHY"], rows))
	}
}

fn word(ending: Ending) -> &'static str {
	match ending {
		Ending::Holds => "holds",
		Ending::Fails => "FAILS",
		Ending::Unknown => "not looked at",
		Ending::Note => "note",
	}
}

/// What all checks together say.
fn verdict(checks: &[Check]) -> Ending {
	let any = |ending: Ending| checks.iter().any(|check| check.ending == ending);
	match (any(Ending::Fails), any(Ending::Unknown)) {
		(true, _) => Ending::Fails,
		(false, true) => Ending::Unknown,
		(false, false) => Ending::Holds,
	}
}

impl VerifyClaimCommand {
	/// Prints the verdict, also a bad one: so it prints its failures too, and standard output has one JSON value.
	pub(crate) async fn run_and_print(self) -> Result<(), Failure> {
		let json = self.connection.json;
		let done = self.verify().await;
		match &done {
			Ok(verified) => output::print(json, verified),
			Err(failure) if json => output::print_failure(failure),
			Err(_) => {}
		}
		let verified = done?;
		match verified.verdict {
			Ending::Fails => Err(failed(&verified)),
			Ending::Holds | Ending::Unknown | Ending::Note => Ok(()),
		}
	}

	async fn verify(&self) -> Result<Verified, Failure> {
		let client = Client::connect(&self.connection.url).await?;
		let (at, id) = (client.at_head().await?, BatchId(self.batch));
		let (case, history) = load(&client, &at, id).await?;
		let Some(record) = case.claims.get(self.claim as usize).copied() else {
			return Err(no_such_claim(&case, id, self.claim));
		};
		let files = self.files.open().await?;
		let receipts = receipts::of_batch(&client, &at, id, &case.root, files.store()).await?;
		let placed = receipts.get(record.receipt as usize).copied();
		let known = known(&client, (&case, &record), receipts, placed, history, &files).await?;
		let checks = tokio::task::block_in_place(|| all(&case, self.claim, &known, &files));
		Ok(Verified {
			batch: self.batch,
			claim: self.claim,
			receipt: record.receipt,
			channel: placed.map_or(0, |placed| placed.channel.0),
			sequence: placed.map_or(0, |placed| placed.sequence),
			contribution: record.contribution.0,
			verdict: verdict(&checks),
			checks,
		})
	}
}

/// A batch and its history; without an index an open batch is known all the same.
///
/// # Errors
/// Neither tells of the batch.
pub(crate) async fn load(
	client: &Client,
	at: &AtBlock,
	id: BatchId,
) -> Result<(Case, Option<History>), Failure> {
	let open = chain::open_batch(at, id).await?;
	let history = history::history(client, &history::of_batch(id), false, EVENTS_MAX).await;
	let told = history.as_ref().ok().and_then(opened);
	match (told, open) {
		(Some(told), open) => {
			let account = match &open {
				Some(open) => Some(open.account.clone()),
				// An agent's account is the same for ever.
				None => agents::agent(at, told.server.0).await?.map(|agent| agent.account),
			};
			Ok((Case::of_opened(&told, account, open.is_some()), history.ok()))
		}
		(None, Some(open)) => {
			let claims = chain::claims(at, id).await?;
			Ok((Case::of_open(&open, &claims), history.ok()))
		}
		(None, None) => Err(match history {
			Ok(history) => not_told(id, &history),
			Err(failure) => receipts::no_history(failure),
		}),
	}
}

/// Everything about a claim that the chain and the index have.
async fn known(
	client: &Client,
	(case, record): (&Case, &ClaimView),
	receipts: Vec<Placed>,
	placed: Option<Placed>,
	history: Option<History>,
	files: &Files,
) -> Result<Known, Failure> {
	let at = client.at_head().await?;
	let (mut manifest, mut corpora): (Option<Manifest>, Option<Corpora>) = (None, None);
	// Those beside it, too: content that is listed twice is the same.
	let beside = case.claims.iter().filter(|other| other.receipt == record.receipt);
	let mut asked: BTreeSet<_> = beside.map(|other| other.contribution).collect();
	if let Some(placed) = placed {
		manifest = Some(facts::manifest(&at, placed.receipt.model).await?);
		if let Evidence::Grounded { .. } = record.evidence {
			corpora = corpora_of(client, &at, placed.channel).await?;
		}
		if let Evidence::Span { output, length, .. } = record.evidence {
			let bytes = files.content("output", &placed.receipt.output.root).unwrap_or_default();
			let range = usize::try_from(output).ok().zip(usize::try_from(length).ok());
			let part = range.and_then(|(start, length)| bytes.get(start..start.checked_add(length)?));
			let places = part.map(|part| files.places(part, 16).0).unwrap_or_default();
			asked.extend(places.iter().map(|place| place.contribution));
		}
	}
	let mut sources = BTreeMap::new();
	for id in asked {
		if let Some(source) = facts::source(&at, id).await? {
			sources.insert(id, source);
		}
	}
	let longest = constant(&at, "Attribution", "ClaimBytesMax").and_then(|most| u64::try_from(most).ok());
	let claim_bytes_max = longest.unwrap_or(CLAIM_BYTES_DEFAULT);
	Ok(Known { receipts, sources, manifest, corpora, history, claim_bytes_max })
}

/// The versions that a channel's contexts may come from: of one that is over the index tells, if it reaches so far back.
async fn corpora_of(client: &Client, at: &AtBlock, id: ChannelId) -> Result<Option<Corpora>, Failure> {
	if let Some(channel) = payments::channel(at, id.0).await? {
		let corpus = |(datanet, version): (u32, u32)| (DatanetId(datanet), DatanetVersion(version));
		return Ok(Some(channel.corpora.into_iter().map(corpus).collect()));
	}
	let history = history::history(client, &history::of_channel(id), false, CHANNEL_EVENTS_MAX).await;
	// Without an index they are not known.
	Ok(history.ok().and_then(|history| corpora_in(&history)))
}

/// The versions that a channel was opened with.
fn corpora_in(history: &History) -> Option<Corpora> {
	let opened = |event: &history::Happened| event.decode::<ChannelOpened>("Receipts.ChannelOpened");
	history.events.iter().find_map(opened).map(|opened| opened.terms.corpora)
}

fn failed(verified: &Verified) -> Failure {
	let failing = || verified.checks.iter().filter(|check| check.ending == Ending::Fails);
	let causes: Vec<_> = failing().map(|check| format!("{}: {}", check.name, check.detail)).collect();
	let names: Vec<_> = failing().map(|check| check.name).collect();
	Failure::new(
		FailureKind::Unproved,
		"ClaimWrong",
		format!("claim {} of batch {} does not hold: {}", verified.claim, verified.batch, causes.join("; ")),
		remedy(&names),
	)
}

/// What can be done about checks that fail: what the chain can be shown comes first.
fn remedy(failing: &[&str]) -> &'static str {
	let any = |names: &[&str]| failing.iter().any(|name| names.contains(name));
	if any(&["length", "bytes", "prompt"]) {
		"while the batch is open, `plexus challenge` shows it to the chain; docs/challenging.md tells what it brings"
	} else if any(&["context"]) {
		"while the batch is open, demand it (`plexus tx attribution demand`): the server cannot show the piece"
	} else if any(&["context-bytes"]) {
		"nothing shows it to the chain; its payer sees it before signing, and pays such a server no more"
	} else {
		"the chain sees to this by itself: ask another node, and report it if that tells the same"
	}
}

fn no_such_claim(case: &Case, id: BatchId, claim: u32) -> Failure {
	Failure::new(
		FailureKind::NotFound,
		"NoSuchClaim",
		format!("batch {} has {} claims, and none at place {claim}", id.0, case.claims.len()),
		"claims are counted from 0, in the order of the event `BatchOpened`",
	)
}

fn not_told(id: BatchId, history: &History) -> Failure {
	let reach = match (history.complete_from, history.indexed_to) {
		(Some(from), Some(to)) => format!("the node's index has blocks {from} to {to}"),
		_ => "the node's index is empty".into(),
	};
	Failure::new(
		FailureKind::NotFound,
		"NoSuchBatch",
		format!("no event tells of a batch {} with claims, or disclosed outputs; {reach}", id.0),
		"check the id; for what is older ask a node whose index begins at the genesis, with --url",
	)
}

#[cfg(test)]
pub(crate) mod testing {
	//! A batch for tests.

	use super::*;
	use crate::claims::testing::World;

	/// Claims on the first receipt, each for a contribution and an amount; the server is account 3.
	pub(crate) fn case(claims: &[(u64, u128)]) -> Case {
		let world = World::new(&[], &[(b"a".to_vec(), b"b".to_vec())], &[]);
		let view = |(contribution, amount): &(u64, u128)| ClaimView {
			receipt: 0,
			contribution: ContributionId(*contribution),
			version: DatanetVersion(1),
			evidence: Evidence::Span { output: 0, offset: 0, length: 1 },
			amount: *amount,
		};
		let claims = claims.iter().map(view).collect();
		Case { claims, open: false, ..Case::of_open(&world.facts.batch, &[]) }
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn check(ending: Ending) -> Check {
		Check { name: "bytes", ending, detail: "why".into() }
	}

	#[test]
	fn one_failure_makes_the_verdict_and_what_was_not_seen_is_not_right() {
		use Ending::{Fails, Holds, Note, Unknown};
		assert_eq!(verdict(&[check(Holds), check(Note)]), Holds);
		assert_eq!(verdict(&[check(Holds), check(Unknown)]), Unknown);
		assert_eq!(verdict(&[check(Unknown), check(Fails), check(Holds)]), Fails);
	}

	#[test]
	fn of_a_channel_that_is_over_the_event_that_opened_it_tells_the_corpora() {
		let corpora = vec![(DatanetId(4), DatanetVersion(5))];
		let account = AccountId32::new([1; 32]);
		let terms = (account.clone(), vec![plexus_primitives::ModelId(2)], corpora.clone(), 7u64);
		let fields = (ChannelId(8), account, plexus_primitives::AgentId(3), terms, 9u128, 10u128);
		let redeemed = (BatchId(1), ChannelId(8), 1u32, 2u128, 3u64, [4u8; 32]);
		let redeemed = history::happened(6, 1, "Receipts.ChannelRedeemed", &redeemed);
		let of = |events| corpora_in(&History { events, ..History::default() });
		assert_eq!(of(vec![redeemed.clone()]), None, "the index begins later");
		let opened = history::happened(5, 2, "Receipts.ChannelOpened", &fields);
		assert_eq!(of(vec![opened, redeemed]), Some(corpora));
	}

	#[test]
	fn only_what_can_be_shown_to_the_chain_is_said_to_be() {
		assert!(remedy(&["amount", "bytes", "context-bytes"]).contains("plexus challenge"));
		assert!(remedy(&["context", "context-bytes"]).contains("demand"));
		assert!(remedy(&["amount", "context-bytes"]).contains("nothing shows it"));
		assert!(remedy(&["amount"]).contains("report it"));
	}

	#[test]
	fn a_bad_verdict_is_told_in_full_and_as_a_failure() {
		let verified = Verified {
			batch: 7,
			claim: 2,
			receipt: 1,
			channel: 4,
			sequence: 9,
			contribution: 5,
			verdict: Ending::Fails,
			checks: vec![check(Ending::Fails), check(Ending::Unknown)],
		};
		let json = serde_json::to_value(&verified).unwrap();
		assert_eq!((&json["verdict"], &json["checks"][1]["ending"]), (&"fails".into(), &"unknown".into()));
		let text = verified.human();
		assert!(text.contains("2 of batch 7") && text.contains("FAILS") && text.contains("not looked at"));
		let failure = failed(&verified);
		assert_eq!((failure.kind, failure.exit_code()), (FailureKind::Unproved, 8));
		assert!(failure.cause.contains("bytes: why"), "{failure}");
	}
}
