//! The client side of `plexus`: sends transactions, asks questions, and makes load.
//!
//! It speaks JSON-RPC to any node and learns calls, events and errors from the chain's metadata, through subxt.
//! From this project it knows [`plexus_primitives`], [`plexus_payments`], [`plexus_attribution`] and [`plexus_event_json`]
//! only: it is a client like any other.
//!
//! ```text
//! tx/  query/  load/      one file for each command
//! contribute/ verify_file directories of files: registered, and checked against a version
//! channel/ redeemer/      payment channels: opened, signed for, redeemed; what serve-receipts works with
//! corpus/ attribute       directories of files: searchable, and which bytes of an output came from them
//! claims/ challenge/      claims on chain against local files; what is wrong with them, committed to and revealed
//! watch/ verify_claim/    the same for all open batches; one claim checked again, also when it is final
//! provenance/             from what an account was paid back to the bytes
//!   │     │      │
//!   │   datanets │        what the runtime API tells of data
//!   │ validators │        what the runtime API tells of stake
//!   │   agents   │        what the runtime API tells of agents
//!   │   models   │        what the runtime API tells of models
//!   │  payments  │        what the runtime API tells of channels, batches and books
//!   │  channels  │        the same, as purse and ledger know it
//!   │   rewards  │        what the runtime API tells of what data earned
//!   ├─ submit    │        nonce, signature, submission, finality, result
//!   ├─ pipeline  │        many transactions of one account at once
//!   ├─ calls ────┤        the shape of each call
//!   ├─ content   │        root, length and proof of a file
//!   └──── client ┘        connection and metadata
//! account                 keys of accounts, without a node
//! proof                   files that prove, checked without a node
//! card                    descriptions of data sets and models that exist elsewhere
//! licence                 SPDX expressions, and which allow which
//! keys  address  amount  span  what people type
//! explain  failure        what went wrong, and the way out
//! remote  payer  chronicle  for programs: plain calls, payments of a faucet, all events of a block
//! output                  tables for people, JSON for programs
//! journal                 facts on disk that a kill does not undo
//! state                   where journals are
//! ```
//!
//! # Must not
//! Depend on the node's crates. Log or print a secret. Wait without a bound.

mod account;
mod address;
mod agents;
mod amount;
mod attribute;
mod attribution;
mod calls;
mod card;
mod challenge;
mod channel;
mod channels;
mod chronicle;
mod claims;
mod client;
mod content;
mod contribute;
mod corpus;
mod datanets;
pub mod explain;
pub mod failure;
mod income;
mod journal;
mod keys;
mod licence;
pub mod load;
mod models;
mod output;
pub mod payer;
mod payments;
mod pipeline;
pub mod proof;
mod provenance;
mod query;
pub mod redeemer;
pub mod remote;
mod rewards;
mod span;
mod state;
mod submit;
mod tx;
mod validators;
mod verify_claim;
mod verify_file;
mod watch;

use futures::future::LocalBoxFuture;

pub use account::AccountCommand;
pub use attribute::AttributeCommand;
pub use challenge::ChallengeCommand;
pub use channel::ChannelCommand;
pub use chronicle::{Chronicle, Told};
pub use contribute::ContributeCommand;
pub use corpus::CorpusCommand;
pub use explain::explain_dispatch_error;
pub use failure::{split_remedy, Failure, FailureKind};
pub use payer::{Paid, Payer};
pub use provenance::ExplainCommand;
pub use query::QueryCommand;
pub use redeemer::{ClaimFault, Desk, DeskError, Redeemer, RedeemerArgs};
pub use remote::Remote;
pub use tx::TxCommand;
pub use verify_claim::VerifyClaimCommand;
pub use verify_file::VerifyFileCommand;
pub use watch::WatchCommand;

/// The commands that talk to a node as a client.
#[derive(clap::Subcommand, Clone)]
pub enum Command {
	/// Send transactions: transfer, create a datanet, contribute a file, register a model, act for an agent
	#[command(subcommand_required = true, arg_required_else_help = true)]
	Tx(TxCommand),

	/// Read the chain: balances, datanets, contributions, models, agents, blocks
	#[command(subcommand_required = true, arg_required_else_help = true)]
	Query(QueryCommand),

	/// Register every file of a directory in a datanet; a run that was stopped goes on
	Contribute(Box<ContributeCommand>),

	/// Check that files are, to the byte, what a version of a datanet holds
	VerifyFile(Box<VerifyFileCommand>),

	/// Pay for inference: open channels, sign vouchers, redeem them
	#[command(subcommand_required = true, arg_required_else_help = true)]
	Channel(ChannelCommand),

	/// Make contributed files searchable
	#[command(subcommand_required = true, arg_required_else_help = true)]
	Corpus(Box<CorpusCommand>),

	/// Tell which bytes of an output came from which contributions
	Attribute(Box<AttributeCommand>),

	/// Find what is wrong with the claims of an open batch, and show it to the chain
	Challenge(Box<ChallengeCommand>),

	/// Follow all open batches as a challenger, until it is stopped
	Watch(Box<WatchCommand>),

	/// Say what an account was paid for: batches, receipts, claims, bytes
	Explain(Box<ExplainCommand>),

	/// Check a claim again, open or final, from the chain and files alone
	VerifyClaim(Box<VerifyClaimCommand>),

	/// Make keys of accounts, and show their addresses
	#[command(subcommand_required = true, arg_required_else_help = true)]
	Account(AccountCommand),

	/// Make load and measure what comes through; prints JSON
	#[command(hide = true)]
	BenchLoad(load::LoadArgs),

	/// Settle receipts in full batches and measure what comes through; prints JSON
	#[command(hide = true)]
	BenchReceipts(load::ReceiptsArgs),
}

impl Command {
	/// Runs the command and prints its answer to standard output.
	///
	/// # Errors
	/// Always a [`Failure`] inside: it has name, cause, remedy and exit code. With `--json` it is also printed to
	/// standard output, as `{"error": …}`.
	///
	/// Boxed, so that the client is compiled in this crate and not in each that awaits it.
	pub fn run(self) -> LocalBoxFuture<'static, anyhow::Result<()>> {
		Box::pin(self.execute())
	}

	async fn execute(self) -> anyhow::Result<()> {
		let (json, done) = match self {
			Self::Tx(command) => (command.connection.json, command.run().await),
			Self::Query(command) => (command.connection.json, command.run().await),
			Self::Contribute(command) => (command.connection.json, command.run().await),
			Self::Channel(command) => (command.connection.json, command.run().await),
			Self::VerifyFile(command) => (command.connection.json, command.run().await),
			Self::Corpus(command) => (command.connection.json, command.run().await),
			Self::Attribute(command) => (command.connection.json, command.run().await),
			Self::Challenge(command) => (command.connection.json, command.run().await),
			Self::Watch(command) => (command.connection.json, command.run().await),
			Self::Explain(command) => (command.connection.json, command.run().await),
			// Prints its own failures: a bad verdict is an answer too.
			Self::VerifyClaim(command) => (false, command.run_and_print().await),
			Self::Account(command) => (command.json, command.run()),
			// Prints its own failures: a run that loses transfers has figures too.
			Self::BenchLoad(args) => (false, load::run_and_print(args).await),
			Self::BenchReceipts(args) => (false, load::run_receipts_and_print(args).await),
		};
		if let (true, Err(failure)) = (json, &done) {
			output::print_failure(failure);
		}
		Ok(done?)
	}
}

#[cfg(test)]
mod tests;
