//! Load for benchmarks and tests: many transfers from many accounts, and an account of what became of each.
//!
//! ```text
//!   accounts: derive ─► fund (batches, final)          all of this before the clock starts
//!   sign:     every transfer, on all cores
//!   ───────────────────────────────────────── clock ──
//!   submit:   connections × batches in flight ─► accepted, rejected, unanswered
//!   follow:   finalised heads ─► bodies ─► where each transfer is
//!   report:   both put together
//! ```
//!
//! # Must not
//! Take the processor away from the node that it measures: nothing is signed, hashed or encoded while the clock
//! runs, except what arrives in blocks.
//!
//! # Invariants
//! The same seed gives the same accounts. Transfers of one account are sent in the order of their nonces, but may
//! arrive in another. A transfer counts as accepted only after the node said so; then it must be in the finalised
//! chain exactly once, or the run says that it was lost.

mod accounts;
mod follow;
mod receipts;
mod report;
mod sign;
mod stream;
mod submit;

pub(crate) use receipts::run_and_print as run_receipts_and_print;
pub use receipts::{ReceiptsArgs, ReceiptsReport};
pub use report::{LatencyMs, LoadReport};
pub use stream::{SignedTransfer, SignedTransfers};

use crate::{
	client::Client,
	failure::{Failure, FailureKind},
	keys::{from_uri, Scheme},
	output::print_failure,
};
use follow::Sightings;
use std::{sync::Arc, time::Duration};
use submit::{Answer, Submission};

/// What load to make.
#[derive(clap::Args, Clone, Debug)]
pub struct LoadArgs {
	/// The node's address [env: PLEXUS_URL] [default: ws://127.0.0.1:9944].
	#[arg(long, env = "PLEXUS_URL", default_value = "ws://127.0.0.1:9944")]
	#[arg(value_name = "URL", hide_env = true, hide_default_value = true)]
	pub url: String,

	/// How many accounts send.
	#[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=20_000))]
	pub accounts: u32,

	/// How many transfers in all.
	#[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
	pub transfers: u32,

	/// Transfers per second; 0 sends as fast as the node answers.
	#[arg(long, default_value_t = 0)]
	pub rate: u32,

	/// Connections; each account keeps to one.
	#[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
	pub connections: u32,

	/// The most transfers in one JSON-RPC batch.
	#[arg(long, hide = true, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
	pub batch: u32,

	/// The most batches that wait for their answers, per connection.
	#[arg(long, hide = true, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
	pub window: u32,

	/// Seconds without progress after which the run ends.
	#[arg(long, hide = true, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
	pub patience: u64,

	/// Development key that funds the accounts.
	#[arg(long, default_value = "//Alice")]
	pub from: String,

	/// Names the set of accounts: another seed gives other accounts.
	#[arg(long, hide = true, default_value = "plexus")]
	pub seed: String,
}

/// Runs the load and prints the figures as JSON.
///
/// # Errors
/// As [`run`], and [`FailureKind::Failed`] if the run was not sound: a lost transfer must not look like a success.
pub(crate) async fn run_and_print(args: LoadArgs) -> Result<(), Failure> {
	let report = run(args).await.inspect_err(print_failure)?;
	println!(
		"{}",
		serde_json::to_string_pretty(&report).expect("figures serialise because all keys are strings")
	);
	if report.is_sound() {
		return Ok(());
	}
	Err(Failure::new(
		FailureKind::Failed,
		"TransfersLost",
		format!("{} accepted transfers were lost, {} came twice", report.lost, report.duplicated),
		"this is a defect of the node, unless it was stopped for longer than --patience; please report it",
	))
}

/// Funds accounts, signs transfers, sends them, and waits until every accepted one is final.
///
/// # Errors
/// The node cannot be reached, the funding fails, or the chain stops before the clock starts. What happens to the
/// transfers is not an error, but in the report.
pub async fn run(args: LoadArgs) -> Result<LoadReport, Failure> {
	let client = Client::connect(&args.url).await?;
	let funder = from_uri(&args.from, Scheme::Sr25519, &client.chain_kind().await?)?;
	let count = (args.accounts.min(args.transfers)) as usize;
	let accounts = accounts::derive(&args.seed, count);
	accounts::fund(&client, &funder, &accounts, args.transfers.div_ceil(count as u32)).await?;
	let nonces = accounts::nonces(&client, &accounts).await?;
	let at = client.at_head().await?;
	let transfers = Arc::new(sign::transfers(&at, accounts, nonces, args.transfers as usize).await?);

	let patience = Duration::from_secs(args.patience);
	let mut follower = follow::start(&args.url, &transfers).await?;
	let cpu_before = report::cpu_seconds();
	let submission = submit::all(&args, &transfers, follower.heads()).await?;
	follower.wait_for_all(&submission, patience).await;
	let cpu = report::cpu_seconds().zip(cpu_before).map(|(after, before)| after - before);
	Ok(summarise(count, &submission, &follower.stop(), cpu))
}

fn summarise(
	accounts: usize,
	submission: &Submission,
	sightings: &Sightings,
	cpu: Option<f64>,
) -> LoadReport {
	let mut report = LoadReport {
		accounts,
		transfers: submission.answers.len(),
		retries: submission.retries,
		blocks: sightings.transfers_per_block.len(),
		transfers_per_block_max: sightings.transfers_per_block.iter().copied().max().unwrap_or_default(),
		submit_seconds: submission.finished.duration_since(submission.started).as_secs_f64(),
		client_cpu_seconds: cpu,
		refusals: submission.refusals.clone(),
		..LoadReport::default()
	};
	let mut latencies = Vec::with_capacity(submission.answers.len());
	for (answer, seen) in submission.answers.iter().zip(&sightings.seen) {
		report.submitted += usize::from(!matches!(answer, Answer::NotSent));
		report.duplicated += usize::from(seen.times > 1);
		match answer {
			Answer::Accepted { sent } => {
				report.accepted += 1;
				match seen.first {
					Some(first) => {
						report.finalised += 1;
						latencies.push(first.saturating_duration_since(*sent).as_secs_f64() * 1e3);
					}
					None => report.lost += 1,
				}
			}
			Answer::Rejected => report.rejected += 1,
			Answer::NotSent | Answer::Unanswered => report.unanswered += 1,
		}
	}
	if let Some(last) = sightings.last {
		report.seconds = last.saturating_duration_since(submission.started).as_secs_f64();
		report.transfers_per_second = report.finalised as f64 / report.seconds.max(f64::EPSILON);
	}
	report.latency_ms = LatencyMs::of(latencies);
	report
}

#[cfg(test)]
mod tests {
	use super::*;
	use follow::Seen;
	use std::{collections::BTreeMap, time::Instant};

	#[test]
	fn every_transfer_is_counted_once_and_losses_show() {
		let start = Instant::now();
		let after = |milliseconds| start + Duration::from_millis(milliseconds);
		let submission = Submission {
			started: start,
			finished: after(1_000),
			answers: vec![
				Answer::Accepted { sent: start },
				Answer::Accepted { sent: after(100) },
				Answer::Accepted { sent: start },
				Answer::Rejected,
				Answer::Unanswered,
				Answer::NotSent,
			],
			retries: 2,
			refusals: BTreeMap::from([("Stale".to_string(), 1)]),
		};
		let seen = |times, first| Seen { times, first };
		let sightings = Sightings {
			seen: vec![
				seen(1, Some(after(500))),
				seen(2, Some(after(400))),
				seen(0, None),
				seen(0, None),
				seen(1, Some(after(2_000))),
				seen(0, None),
			],
			transfers_per_block: vec![3, 1],
			last: Some(after(2_000)),
		};
		let report = summarise(3, &submission, &sightings, None);
		assert_eq!((report.transfers, report.submitted, report.accepted), (6, 5, 3));
		assert_eq!((report.finalised, report.lost, report.duplicated), (2, 1, 1));
		assert_eq!((report.rejected, report.unanswered), (1, 2));
		assert_eq!(report.transfers, report.accepted + report.rejected + report.unanswered);
		assert_eq!(report.latency_ms.max, 500.0);
		assert_eq!(report.transfers_per_second, 1.0);
		assert_eq!(report.transfers_per_block_max, 3);
		assert!(!report.is_sound());
	}
}
