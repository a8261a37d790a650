//! `plexus query claim-history`: claims of all batches, open and final ones, from the node's index of events.
//!
//! # Must not
//! Ask for more than a page at once. Judge a claim, or say what became of it: `plexus verify-claim` does.

use crate::{
	address::{display, parse_account},
	amount::Amount,
	attribution::evidence,
	client::Client,
	failure::Failure,
	keys::ChainKind,
	output::{self, Answer},
};
use plexus_primitives::Evidence;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use subxt::rpcs::client::rpc_params;

/// The most events that a node looks at for one page.
const PAGE_MAX: i64 = 256;

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// Claims that are for this contribution, or were moved to it.
	#[arg(long, value_name = "ID", required_unless_present_any = ["account", "batch"])]
	#[arg(conflicts_with_all = ["account", "batch"])]
	contribution: Option<u64>,

	/// Claims that this account submitted or moved: an address, or //Alice and the like on development chains. An agent's are
	/// its own account's.
	#[arg(long, value_name = "ADDRESS", conflicts_with = "batch")]
	account: Option<String>,

	/// Claims of this batch.
	#[arg(long, value_name = "ID")]
	batch: Option<u64>,

	/// Only those of the receipt at this place of the batch.
	#[arg(long, value_name = "PLACE", requires = "batch", conflicts_with_all = ["contribution", "account"])]
	receipt: Option<u32>,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "PLACE")]
	cursor: Option<String>,

	/// How many events to look at at most; some have no claims that are meant, others hundreds.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX))]
	limit: u32,

	/// The earliest first, instead of the latest.
	#[arg(long)]
	oldest_first: bool,
}

/// A page as the node answers it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
	items: Vec<Claim>,
	next: Option<String>,
	undecoded: u32,
	complete_from: Option<u32>,
	indexed_to: Option<u32>,
}

/// A page of claims.
#[derive(Serialize)]
pub(super) struct Page {
	claims: Vec<Claim>,
	/// Cursor of the next page; `null` at the end.
	next: Option<String>,
	/// How many events of the page another runtime version wrote: what they claim is not told.
	undecoded: u32,
	/// From this block on no claim is missing; `null` if the node has indexed none yet.
	complete_from: Option<u32>,
	/// The last block that the node has indexed.
	indexed_to: Option<u32>,
}

/// A claim that was made, or moved.
#[derive(Serialize, Deserialize)]
struct Claim {
	batch: u64,
	/// Its place there.
	claim: u32,
	/// The block in which that happened.
	block: u32,
	/// For `--cursor`, to go on behind the event that says so.
	cursor: String,
	/// Whether somebody showed the same bytes in this earlier contribution.
	moved: bool,
	/// Who made or moved it.
	by: String,
	contribution: u64,
	version: u32,
	/// `null` of one that was moved if the node has not indexed the block in which it was made.
	terms: Option<Terms>,
}

/// What stays of a claim wherever it is moved.
#[derive(Serialize, Deserialize)]
struct Terms {
	/// The receipt's place in the batch.
	receipt: u32,
	model: u64,
	method: u32,
	/// As `POST /receipts` of a server takes it.
	evidence: Evidence,
	/// What it moves, the submitter's part included.
	amount: Amount,
}

impl From<Told> for Page {
	fn from(Told { items, next, undecoded, complete_from, indexed_to }: Told) -> Self {
		Self { claims: items, next, undecoded, complete_from, indexed_to }
	}
}

impl Answer for Page {
	fn human(&self) -> String {
		let rows = self.claims.iter().map(|claim| {
			let (receipt, moves, why) = match &claim.terms {
				Some(terms) => {
					(terms.receipt.to_string(), terms.amount.to_string(), evidence(&terms.evidence))
				}
				None => ["?", "?", "?"].map(String::from).into(),
			};
			[
				claim.block.to_string(),
				format!("{}-{}", claim.batch, claim.claim),
				receipt,
				format!("{}{}", if claim.moved { "moved to " } else { "" }, claim.contribution),
				moves,
				claim.by.clone(),
				why,
			]
		});
		let heading = ["BLOCK", "BATCH-CLAIM", "RECEIPT", "CONTRIBUTION", "MOVES", "BY", "EVIDENCE"];
		let page = output::page("no claims", heading, rows, self.next.as_ref());
		let undecoded = match self.undecoded {
			0 => String::new(),
			count => format!("\n{count} events of another version of the runtime are left out"),
		};
		format!("{page}{undecoded}{}", output::index_reach(self.complete_from, self.indexed_to))
	}
}

pub(super) async fn claim_history(client: &Client, args: Args) -> Result<Page, Failure> {
	let filter = filter(&args, &client.chain_kind().await?)?;
	let order = if args.oldest_first { "oldest" } else { "newest" };
	let params = rpc_params![filter, args.cursor, args.limit, order];
	client.request::<Told>("attribution_claimHistory", params).await.map(Page::from)
}

/// As the node takes it.
fn filter(args: &Args, chain: &ChainKind) -> Result<Value, Failure> {
	Ok(match (args.contribution, &args.account, args.batch, args.receipt) {
		(Some(id), ..) => json!({ "contribution": id }),
		(None, Some(account), ..) => json!({ "account": display(&parse_account(account, chain)?) }),
		(None, None, batch, Some(place)) => json!({ "receipt": { "batch": batch, "place": place } }),
		(None, None, batch, None) => json!({ "batch": batch }),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Parser)]
	struct Cli {
		#[command(flatten)]
		args: Args,
	}

	fn asked(line: &str) -> Value {
		let words = ["claim-history"].into_iter().chain(line.split_whitespace());
		let Cli { args } = Cli::try_parse_from(words).expect("a command line");
		filter(&args, &ChainKind::from_json(&json!("Development"))).expect("a filter")
	}

	#[test]
	fn the_node_is_asked_for_what_the_command_line_names() {
		assert_eq!(asked("--contribution 3"), json!({ "contribution": 3 }));
		let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		assert_eq!(asked("--account //Alice"), json!({ "account": alice }));
		assert_eq!(asked("--batch 7"), json!({ "batch": 7 }));
		assert_eq!(asked("--batch 7 --receipt 0"), json!({ "receipt": { "batch": 7, "place": 0 } }));
	}

	#[test]
	fn a_page_tells_who_claimed_what_for_whom_and_where_claims_went() {
		let evidence = json!({ "Span": { "output": 12, "offset": 0, "length": 40 } });
		let terms =
			json!({ "receipt": 2, "model": 5, "method": 0, "evidence": evidence, "amount": "3000000000000" });
		let claim = |moved: bool, terms: &Value| {
			json!({
				"batch": 7, "claim": 1, "block": 9, "cursor": "9-4", "moved": moved, "by": "5Grw", "contribution": 3,
				"version": 1, "terms": terms,
			})
		};
		let items = json!([claim(false, &terms), claim(true, &Value::Null)]);
		let told =
			json!({ "items": items, "next": "9-4", "undecoded": 2, "completeFrom": 5, "indexedTo": 9 });
		let page = Page::from(serde_json::from_value::<Told>(told).expect("what a node answers"));
		let human = page.human();
		for text in [
			"7-1",
			"3 PLX",
			"span: 40 bytes",
			"moved to 3",
			"2 events of another version",
			"more with --cursor 9-4",
			"blocks 5 to 9",
		] {
			assert!(human.contains(text), "{text}: {human}");
		}
		assert_eq!(
			serde_json::to_value(&page).expect("plain data"),
			json!({ "claims": items, "next": "9-4", "undecoded": 2, "complete_from": 5, "indexed_to": 9 })
		);
	}
}
