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
mod commitment;
mod data;
mod event;
mod extrinsic;
pub(crate) mod fees;
mod history;
mod model;
mod payments;
mod proof;
mod receipt;
mod rewards;
mod stake;
mod transaction;

use crate::{
	client::{Client, ConnectionArgs},
	failure::{Failure, FailureKind},
	output::print,
};

/// Reads the chain.
#[derive(clap::Args, Clone)]
pub struct QueryCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	#[command(subcommand)]
	question: Question,
}

#[derive(clap::Subcommand, Clone)]
enum Question {
	/// The chain: name, genesis, last block, peers
	Chain,
	/// What an account owns
	Balance(account::Args),
	/// An account: nonce, balance, what is on hold and for what
	Account(account::Args),
	/// A datanet
	Datanet(data::DatanetArgs),
	/// All datanets, an owner's, or those with a tag, by page
	Datanets(data::DatanetsArgs),
	/// A contribution
	Contribution(data::ContributionArgs),
	/// The contributions of a datanet, by page
	Contributions(data::ContributionsArgs),
	/// The versions of a datanet, by page
	Versions(data::VersionsArgs),
	/// What a version of a datanet holds, by page
	Members(data::MembersArgs),
	/// The weight of a contribution in a version of its datanet
	#[command(hide = true)]
	Weight(data::WeightArgs),
	/// What is asked of a contribution's holder
	#[command(hide = true)]
	Challenge(data::ContributionArgs),
	/// A commitment of an account's to contributions, models or a challenge, that was not used yet
	#[command(hide = true)]
	Commitment(commitment::Args),
	/// The contribution that holds a file's content, looked up by its hash
	File(data::FileArgs),
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
	/// The validators of the current era, who would like to be one, and who is jailed
	Validators,
	/// What an account has bonded, and for whom
	Stake(stake::Args),
	/// A payment channel that is not over
	Channel(payments::ChannelArgs),
	/// Payment channels, by page
	Channels(payments::ChannelsArgs),
	/// A batch of receipts that was redeemed; one of them with receipt
	Batch(payments::BatchArgs),
	/// A receipt of a batch, verified up to the batch's root
	#[command(hide = true)]
	Receipt(receipt::Args),
	/// Batches, by page
	#[command(hide = true)]
	Batches(payments::BatchesArgs),
	/// A batch that waits for objections: claims, hold, samples, windows
	#[command(hide = true)]
	OpenBatch(attribution::BatchArgs),
	/// Batches that wait for objections; more with open-batch, claims, questions, methods
	OpenBatches(attribution::OpenBatchesArgs),
	/// The claims of an open batch, by page
	#[command(hide = true)]
	Claims(attribution::ClaimsArgs),
	/// What is still to be answered in an open batch: samples, demands, unlisted sources
	#[command(hide = true)]
	Questions(attribution::BatchArgs),
	/// A method by which claims are found, by its id or by what it is
	#[command(hide = true)]
	Method(attribution::MethodArgs),
	/// The methods by which claims are found, by page
	#[command(hide = true)]
	Methods(attribution::MethodsArgs),
	/// What batches with claims are submitted under
	#[command(hide = true)]
	AttributionParameters,
	/// What a model earned, and what of that is yet to be pulled
	Book(payments::BookArgs),
	/// What an account earned and may withdraw
	Earnings(payments::EarningsArgs),
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
		let client = Client::connect(&self.connection.url).await?;
		match self.question {
			Question::Chain => chain::chain(&client).await.map(|answer| print(json, &answer)),
			Question::Balance(args) => {
				account::balance(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Account(args) => {
				account::account(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Datanet(args) => data::datanet(&client, args).await.map(|answer| print(json, &answer)),
			Question::Datanets(args) => {
				data::datanets(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Contribution(args) => {
				data::contribution(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Contributions(args) => {
				data::contributions(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Versions(args) => {
				data::versions(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Members(args) => data::members(&client, args).await.map(|answer| print(json, &answer)),
			Question::Weight(args) => data::weight(&client, args).await.map(|answer| print(json, &answer)),
			Question::Challenge(args) => {
				data::challenge(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Commitment(args) => {
				commitment::commitment(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::File(args) => data::file(&client, args).await.map(|answer| print(json, &answer)),
			Question::History(args) => {
				history::history(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Block(args) => block::block(&client, args).await.map(|answer| print(json, &answer)),
			Question::Tx(args) => {
				transaction::transaction(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Fees => fees::fees(&client).await.map(|answer| print(json, &answer)),
			Question::Proof(args) => proof::proof(&client, args).await.map(|answer| print(json, &answer)),
			Question::Validators => stake::validators(&client).await.map(|answer| print(json, &answer)),
			Question::Channel(args) => {
				payments::channel(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Channels(args) => {
				payments::channels(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Batch(args) => payments::batch(&client, args).await.map(|answer| print(json, &answer)),
			Question::Receipt(args) => {
				receipt::receipt(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Batches(args) => {
				payments::batches(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::OpenBatch(args) => {
				attribution::open_batch(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::OpenBatches(args) => {
				attribution::open_batches(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Claims(args) => {
				attribution::claims(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Questions(args) => {
				attribution::questions(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Method(args) => {
				attribution::method(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Methods(args) => {
				attribution::methods(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::AttributionParameters => {
				attribution::parameters(&client).await.map(|answer| print(json, &answer))
			}
			Question::Book(args) => payments::book(&client, args).await.map(|answer| print(json, &answer)),
			Question::Earnings(args) => {
				payments::earnings(&client, args).await.map(|answer| print(json, &answer))
			}
			Question::Rewards(question) => rewards::run(&client, json, question).await,
			Question::Agent(question) => agent::run(&client, json, question).await,
			Question::Model(question) => model::run(&client, json, question).await,
			Question::Stake(args) => stake::stake(&client, args).await.map(|answer| print(json, &answer)),
		}
	}
}

/// There is no such thing on this chain.
fn not_found(name: &str, cause: impl Into<String>, remedy: impl Into<String>) -> Failure {
	Failure::new(FailureKind::NotFound, name, cause, remedy)
}
