//! `plexus query …`: reads the chain. One file for each kind of question.
//!
//! # Must not
//! Need a key, or change anything.
//!
//! # Invariants
//! Everything is read at one finalised block for each answer. What does not exist is a failure of its own kind, so
//! that a script can tell "no" from "could not ask".

mod account;
mod agent;
mod attribution;
mod block;
mod chain;
mod claim_history;
mod commitment;
mod data;
mod event;
mod extrinsic;
pub(crate) mod fees;
mod history;
mod model;
mod objections;
mod payments;
mod proof;
mod receipt;
mod rewards;
mod stake;
mod transaction;

use crate::{
	client::{Client, ConnectionArgs},
	failure::{Failure, FailureKind},
	output::{print, Answer},
};
use std::future::Future;

/// Reads the chain.
#[derive(clap::Args, Clone)]
pub struct QueryCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	#[command(subcommand)]
	question: Question,
}

// Where several questions are about the same, the file about that has them. (What is documented here would be the help of `query`.)
#[derive(clap::Subcommand, Clone)]
enum Question {
	/// The chain: name, genesis, last block, peers
	Chain,
	#[command(flatten)]
	Account(account::Question),
	#[command(flatten)]
	Data(data::Question),
	/// A commitment of an account's to contributions, models or a challenge, that was not used yet
	#[command(hide = true)]
	Commitment(commitment::Args),
	/// What happened to an account, datanet, contribution, model or agent, by page
	History(history::Args),
	/// A block, by number or hash; without either the last one
	Block(block::Args),
	/// A transaction, looked for in the latest blocks
	Tx(transaction::Args),
	/// What transactions cost, and the deposits
	Fees,
	/// A file that proves a block, and an account's balance or earnings in it, offline
	Proof(proof::Args),
	#[command(flatten)]
	Stake(stake::Question),
	#[command(flatten)]
	Payments(payments::Question),
	/// A receipt of a batch, verified up to the batch's root
	#[command(hide = true)]
	Receipt(receipt::Args),
	#[command(flatten)]
	Attribution(attribution::Question),
	/// Claims of all batches: for a contribution, by an account, of a batch or a receipt, by page
	#[command(hide = true)]
	ClaimHistory(claim_history::Args),
	/// What data earned: credits, positions in versions, and what can be claimed
	#[command(subcommand)]
	Rewards(rewards::Question),
	/// Agents: who they are, what their keys may do, what is left of their budgets
	#[command(subcommand)]
	Agent(agent::Question),
	/// Models: what they are, what they descend from, what was made from them
	#[command(subcommand)]
	Model(model::Question),
}

impl QueryCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let json = self.connection.json;
		let client = &Client::connect(&self.connection.url).await?;
		match self.question {
			Question::Chain => told(json, chain::chain(client)).await,
			Question::Account(question) => account::run(client, json, question).await,
			Question::Data(question) => data::run(client, json, question).await,
			Question::Commitment(args) => told(json, commitment::commitment(client, args)).await,
			Question::History(args) => told(json, history::history(client, args)).await,
			Question::Block(args) => told(json, block::block(client, args)).await,
			Question::Tx(args) => told(json, transaction::transaction(client, args)).await,
			Question::Fees => told(json, fees::fees(client)).await,
			Question::Proof(args) => told(json, proof::proof(client, args)).await,
			Question::Stake(question) => stake::run(client, json, question).await,
			Question::Payments(question) => payments::run(client, json, question).await,
			Question::Receipt(args) => told(json, receipt::receipt(client, args)).await,
			Question::Attribution(question) => attribution::run(client, json, question).await,
			Question::ClaimHistory(args) => told(json, claim_history::claim_history(client, args)).await,
			Question::Rewards(question) => rewards::run(client, json, question).await,
			Question::Agent(question) => agent::run(client, json, question).await,
			Question::Model(question) => model::run(client, json, question).await,
		}
	}
}

/// Prints what is answered.
async fn told<A: Answer>(
	json: bool,
	answer: impl Future<Output = Result<A, Failure>>,
) -> Result<(), Failure> {
	answer.await.map(|answer| print(json, &answer))
}

/// There is no such thing on this chain.
fn not_found(name: &str, cause: impl Into<String>, remedy: impl Into<String>) -> Failure {
	Failure::new(FailureKind::NotFound, name, cause, remedy)
}
