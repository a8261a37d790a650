//! The demonstration: a chain, a datanet, models, agents; a thousand paid answers with claims; a true challenge won and a false
//! one lost; and a table of who earned what and why, which adds up to the last unit.
//!
//! ```text
//!   stage.rs       processes and their files
//!   chain.rs       the chain: commands, JSON-RPC, all events
//!   material.rs    files and questions
//!   scene.rs       everybody, set up
//!   objections.rs  the false claim that is found, the false challenge that is lost
//!   settle.rs      what was earned, to its owners
//!   ledger.rs      events added up, and compared with the state
//!   table.rs       the ledger, to be read
//! ```
//!
//! # Must not
//! Expect an amount: what is shown comes from the chain. Wait without a bound, or for time to pass.

pub mod chain;
pub mod ledger;
pub mod material;
pub mod objections;
pub mod scene;
pub mod settle;
pub mod stage;
pub mod table;

use crate::{
	http::ask,
	pay::{Lane, Paid, Payer, Question, Signer},
};
use anyhow::{anyhow, bail, ensure, Context, Result};
use axum::http::Method;
use chain::{id, Chain};
use ledger::{Amount, Ledger, State, Why};
use objections::{clear, clock_reaches, deny, find, follow, lie, BLOCKS_MAX};
use plexus_payments::{FileDisk, Purse};
use scene::{
	set_up, start_chain, Scene, Server, ANYBODY, NGRAM_BYTES, PER_BYTE, PER_REQUEST, RETRIEVAL_BYTES,
};
use serde_json::Value;
use settle::settle;
use sp_core::Pair;
use stage::Stage;
use std::{
	cell::Cell,
	ops::Range,
	path::PathBuf,
	sync::Arc,
	time::{Duration, Instant},
};
use table::Names;

/// Until everything is redeemed, for each thousand answers, and in any case.
const REDEEMED_MAX: Duration = Duration::from_secs(120);

/// Until every batch is final: a minute of window, and time for a busy machine.
const FINAL_MAX: Duration = Duration::from_secs(240);

/// What the pots may hold in the end: less than a unit for each recipient of each model and for each position, of which
/// there are a dozen.
const HELD_MAX: Amount = 16;

/// Answers, at most: what the agents are given pays for so many.
pub const INFERENCES_MAX: u64 = 10_000;

/// What is demonstrated, with what.
#[derive(Clone, Debug)]
pub struct Options {
	/// Answers that are paid; 4 to [`INFERENCES_MAX`].
	pub inferences: u64,
	/// The binary `plexus`.
	pub plexus: PathBuf,
	/// The binary `plexus-agent`.
	pub agent: PathBuf,
	/// A directory with text files, `.md` and `.rs`.
	pub data: PathBuf,
	/// How often there is a block, in milliseconds.
	pub block_time_ms: u64,
	/// Everything goes on at the end, until the program is told to stop.
	pub keep: bool,
}

/// Runs everything, and prints what happens and the table.
///
/// # Errors
/// A step fails, or something does not add up. The ends of all logs go to standard error.
pub async fn run(options: &Options, stop: impl std::future::Future<Output = ()>) -> Result<()> {
	let (mut stage, done) = (Stage::new()?, Cell::new(false));
	let demonstrated = tokio::select! {
		demonstrated = demonstrate(&mut stage, options, &done) => demonstrated,
		() = stop => match done.get() {
			true => Ok(()),
			false => Err(anyhow!("it was stopped before it was done")),
		},
	};
	if demonstrated.is_err() && !done.get() {
		eprintln!("{}", stage.tails());
	}
	let stopped = stage.stop(None).await;
	// What is to be told first is why it failed.
	demonstrated.and(stopped)
}

async fn demonstrate(stage: &mut Stage, options: &Options, done: &Cell<bool>) -> Result<()> {
	let began = Instant::now();
	let say = |what: &str| println!("{:>6.1} s  {what}", began.elapsed().as_secs_f64());
	let lines = material::gather(&options.data, &stage.path("data"))?;
	say("a development chain");
	let (plexus, url) = start_chain(stage, options).await?;
	let mut chain = Chain::connect(&url).await?;
	let scene = set_up(stage, options, plexus, &url, lines, say).await?;
	let purse =
		Purse::open(Box::new(FileDisk::open(&scene.journal)?), chain.genesis(), scene.key.public().into())?;
	let signer = Signer::new(purse, scene.key.clone());

	say(
		"a dishonest agent claims what it made up for a contributor; the finder checks, commits and shows it",
	);
	let false_batch = lie(stage, &mut chain, &scene, &signer).await?;
	find(stage, &mut chain, &scene, false_batch).await?;

	say(&format!("{} answers, paid by vouchers, {} at once", options.inferences, 2 * scene::LANES));
	let asking = Instant::now();
	let paid = pay(options, &scene, &signer).await?;
	let took = asking.elapsed().as_secs_f64();
	say(&format!("each checked before it was signed for: {:.0} a second", paid.len() as f64 / took));
	redeemed(stage, &mut chain, &scene, &paid).await?;
	let claims: usize = paid.iter().map(|paid| paid.claims).sum();
	say(&format!(
		"all redeemed, with {claims} claims in {} batches",
		chain.named("Attribution.BatchOpened").count() - 1
	));

	say("the denier commits to a mismatch in an honest claim, and is refused");
	let denied = deny(stage, &mut chain, &scene, &paid).await?;
	void(stage, &mut chain, &scene, false_batch).await?;
	say("the false batch is void: its hold is forfeited, a fifth of it the finder's");
	clear(stage, &mut chain, &scene, &denied).await?;
	say("the denier's deposit is burned; the windows of the honest batches end");
	finalised(stage, &mut chain, &scene, false_batch).await?;
	say("every batch is final; pulled, distributed, claimed, withdrawn");
	if !options.keep {
		for server in ["ngram", "ngram-receipts", "retrieval", "retrieval-receipts"] {
			stage.stop(Some(server)).await?;
		}
	}
	settle(&mut chain, &scene).await?;
	let ledger = chain.ledger()?;
	let state = chain.state(&ledger).await?;
	report(&ledger, &state, &scene, &paid)?;
	say("done");
	done.set(true);
	if options.keep {
		println!("\nThe chain goes on at {url}; the agents at:");
		for server in &scene.servers {
			println!("  {}", server.url);
		}
		println!("Stop it with Ctrl-C.");
		// What ends it is the caller's.
		std::future::pending::<()>().await;
	}
	Ok(())
}

/// Pays both agents at the same time; then the n-gram agent once more, so that it has a batch whose window has just begun.
async fn pay(options: &Options, scene: &Scene, signer: &Signer) -> Result<Vec<Paid>> {
	let of_retrieval = options.inferences / 2;
	let of_ngram = options.inferences - of_retrieval;
	let last = (scene::LANES as u64).min(of_ngram / 2);
	let asking = Asking { signer, lines: scene.lines.clone().into(), all: options.inferences };
	let [ngram, retrieval] = &scene.servers;
	let (first, retrieved) = tokio::try_join!(
		asking.ask(ngram, 0..of_ngram - last, NGRAM_BYTES, true),
		asking.ask(retrieval, of_ngram..options.inferences, RETRIEVAL_BYTES, false),
	)?;
	let paid =
		[first, retrieved, asking.ask(ngram, of_ngram - last..of_ngram, NGRAM_BYTES, true).await?].concat();
	ensure!(paid.len() as u64 == options.inferences, "{} answers came", paid.len());
	Ok(paid)
}

/// Who asks about what.
struct Asking<'a> {
	signer: &'a Signer,
	lines: Arc<[String]>,
	/// How many answers are wanted of everybody.
	all: u64,
}

impl Asking<'_> {
	/// Asks for the answers with these numbers. What may be disclosed is gone on from, all else is a question.
	async fn ask(
		&self,
		server: &Server,
		numbers: Range<u64>,
		max_bytes: u32,
		disclose: bool,
	) -> Result<Vec<Paid>> {
		let limit = PER_REQUEST + PER_BYTE * u128::from(max_bytes);
		let payer = Payer::meet(&server.url, self.signer.clone(), max_bytes, limit).await?;
		ensure!(payer.offer().model == server.model, "{} serves another model", server.url);
		let (lines, all, first) = (self.lines.clone(), self.all, numbers.start);
		let question = move |number: u64, wording: u32| {
			// In other words: about another line.
			let seed = first + number + all.wrapping_mul(wording.into());
			let prompt = match disclose {
				true => material::beginning(&lines, seed),
				false => material::question(&lines, seed),
			};
			Question { prompt, seed, max_bytes, disclose }
		};
		let lane = |channel: &_| Lane { channel: *channel, ceiling: server.locked };
		let lanes: Vec<_> = server.channels.iter().map(lane).collect();
		Ok(payer.pay(&lanes, numbers.end - numbers.start, question).await?)
	}
}

/// Waits until all that was paid is redeemed.
async fn redeemed(stage: &mut Stage, chain: &mut Chain, scene: &Scene, paid: &[Paid]) -> Result<()> {
	for server in &scene.servers {
		ask::<Value>(Method::POST, &format!("{}/redeem", server.receipts), None, 1 << 20).await?;
	}
	let bound = REDEEMED_MAX * (1 + paid.len() as u32 / 1_000);
	// The dishonest agent's is one more.
	let wanted = paid.len() as u64 + 1;
	let all = |chain: &Chain| {
		let counts = chain.named("Receipts.ChannelRedeemed").map(|event| id(&event.fields, "receipts"));
		let sum: u64 = counts.collect::<Result<Vec<_>>>()?.iter().sum();
		Ok((sum == wanted).then_some(()))
	};
	follow(stage, chain, bound, "everything to be redeemed", all).await
}

/// Has the chain void the claims of the false batch, once nobody can have found it earlier.
async fn void(stage: &mut Stage, chain: &mut Chain, scene: &Scene, batch: u64) -> Result<()> {
	let found = chain.named("Attribution.FraudFound").find(|event| event.fields["batch"] == batch);
	let decided = id(&found.context("fraud was found")?.fields, "decided_from_ms")?;
	clock_reaches(stage, scene, decided).await?;
	finalise(scene, batch).await?;
	let voided = |chain: &Chain| {
		Ok(chain.named("Attribution.ClaimsVoided").any(|event| event.fields["batch"] == batch).then_some(()))
	};
	follow(stage, chain, BLOCKS_MAX, "the false claims to be void", voided).await
}

async fn finalise(scene: &Scene, batch: u64) -> Result<()> {
	scene.plexus.tx(&["attribution", "finalise", &batch.to_string()], ANYBODY).await.map(drop)
}

/// Waits until every batch is final. Those of the agents their `serve-receipts` finalises; the false one, whose disclosed
/// output keeps a developer's money until the window is over, is anybody's.
async fn finalised(stage: &mut Stage, chain: &mut Chain, scene: &Scene, false_batch: u64) -> Result<()> {
	let is_final = |chain: &Chain, batch: u64| {
		chain.named("Attribution.BatchFinal").any(|event| event.fields["batch"] == batch)
	};
	chain.read_on().await?;
	if !is_final(chain, false_batch) {
		let opened =
			chain.named("Attribution.BatchOpened").find(|event| event.fields["batch"] == false_batch);
		let ends = id(&opened.context("the false batch was opened")?.fields, "ends_at_ms")?;
		clock_reaches(stage, scene, ends).await?;
		finalise(scene, false_batch).await?;
	}
	let all = |chain: &Chain| {
		let opened = chain.named("Attribution.BatchOpened").map(|event| id(&event.fields, "batch"));
		let opened = opened.collect::<Result<Vec<_>>>()?;
		Ok(opened.iter().all(|batch| is_final(chain, *batch)).then_some(()))
	};
	follow(stage, chain, FINAL_MAX, "every batch to be final", all).await
}

/// Prints the tables.
///
/// # Errors
/// Something does not add up, or is not what the payer paid.
fn report(ledger: &Ledger, state: &State, scene: &Scene, paid: &[Paid]) -> Result<()> {
	let names = Names(scene.names.clone());
	println!("\nWho earned what, and why\n\n{}\n", table::earnings(ledger, state, &names));
	println!("{}\n", table::equation(ledger, state));
	println!(
		"What is between every account's first balance and its last\n\n{}\n",
		table::balances(ledger, state, &names)
	);
	let imbalances = ledger.imbalances(state);
	if !imbalances.is_empty() {
		let told: Vec<_> = imbalances.iter().map(ToString::to_string).collect();
		bail!("it does not add up:\n{}", told.join("\n"));
	}
	compare(ledger, ledger.held(state), paid)?;
	println!(
		"It adds up to the last unit: flows, each of {} accounts, and the issuance; and it is what the payer signed for.",
		state.balances.len()
	);
	Ok(())
}

/// Whether the chain's sums are those of the payer, who signed for each answer; and nothing but fractions is held.
fn compare(ledger: &Ledger, held: Amount, paid: &[Paid]) -> Result<()> {
	ensure!(held < HELD_MAX, "the pots hold {held} that somebody should have been credited");
	let signed: u128 = paid.iter().map(|paid| paid.receipt.fee).sum::<u128>() + objections::LIE_FEE;
	let redeemed = u128::try_from(ledger.total(Why::Paid)).ok().context("what was paid is no amount")?;
	ensure!(signed == redeemed, "the payer signed for {signed}, and {redeemed} was redeemed");
	let (receipts, _) = ledger.counts();
	ensure!(receipts == paid.len() as u64 + 1, "{receipts} receipts were redeemed");
	// Each of them happened: the demonstration is of all.
	for why in [
		Why::Served,
		Why::Developed,
		Why::Royalty,
		Why::Data,
		Why::Claims,
		Why::Submitted,
		Why::Challenged,
		Why::Forfeited,
		Why::Lost,
	] {
		ensure!(ledger.total(why) > 0, "nobody {}", why.words());
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::demo::ledger::tests::history;
	use plexus_primitives::{ChannelId, Content, ModelId, Receipt};

	fn paid(fee: u128) -> Paid {
		let content = Content { root: [1; 32], len: 1 };
		let receipt = Receipt {
			model: ModelId(0),
			prompt: content,
			context: None,
			output: content,
			fee,
			disclose: false,
			execution: None,
		};
		Paid { channel: ChannelId(0), sequence: 1, receipt, text: "x".into(), claims: 0 }
	}

	/// The history with so much more paid, as the dishonest agent's answer costs.
	fn with_lie() -> Ledger {
		let mut events = history();
		let redeemed = events.iter_mut().find(|event| event.name == "Receipts.ChannelRedeemed").unwrap();
		redeemed.fields["amount"] = (100 + objections::LIE_FEE).to_string().into();
		Ledger::of(&events).unwrap()
	}

	#[test]
	fn what_the_chain_redeemed_is_compared_with_what_the_payer_signed() {
		assert!(compare(&with_lie(), 1, &[paid(100)]).is_ok());
		assert!(compare(&with_lie(), 1, &[paid(99)]).is_err());
		assert!(compare(&with_lie(), 1, &[paid(50), paid(50)]).is_err(), "another number of receipts");
		assert!(compare(&with_lie(), HELD_MAX, &[paid(100)]).is_err(), "more than fractions is held");
	}

	#[test]
	fn a_demonstration_that_lacks_something_is_none() {
		for name in ["Receipts.RoyaltyCredited", "Rewards.PositionCredited", "Attribution.ClaimsVoided"] {
			let mut events = history();
			let redeemed = events.iter_mut().find(|event| event.name == "Receipts.ChannelRedeemed").unwrap();
			redeemed.fields["amount"] = (100 + objections::LIE_FEE).to_string().into();
			events.retain(|event| event.name != name);
			assert!(compare(&Ledger::of(&events).unwrap(), 1, &[paid(100)]).is_err(), "{name}");
		}
	}
}
