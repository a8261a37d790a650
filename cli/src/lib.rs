//! The client side of `plexus`: sends transactions, asks questions, and makes load.
//!
//! It speaks JSON-RPC to any node and learns calls, events and errors from the chain's metadata, through subxt.
//! From this project it knows [`plexus_primitives`] and [`plexus_payments`] only: it is a client like any other.
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
//! keys  address  amount   what people type
//! explain  failure        what went wrong, and the way out
//! remote  payer  chronicle  for programs: plain calls, payments of a faucet, all events of a block
//! output                  tables for people, JSON for programs
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

	/// Tell which bytes of an output came from which contributions; needs no node
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
			Self::Attribute(command) => (command.json, command.run().await),
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
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Parser)]
	struct Cli {
		#[command(subcommand)]
		command: Command,
	}

	fn parse(line: &str) -> Result<Command, clap::Error> {
		Cli::try_parse_from(["plexus"].into_iter().chain(line.split_whitespace())).map(|cli| cli.command)
	}

	#[test]
	fn the_arguments_are_consistent() {
		use clap::CommandFactory;
		Cli::command().debug_assert();
	}

	#[test]
	fn the_help_of_every_command_fits_on_a_screen() {
		use clap::CommandFactory;
		fn check(command: &mut clap::Command, path: &str) {
			// What the program shows with `--help`: the short form.
			let lines = command.render_help().to_string().lines().count();
			// The program has 40 lines, and `--help-all` takes up to 3 of them.
			assert!(lines <= 37, "`{path} --help` has {lines} lines:\n{}", command.render_help());
			for inner in command.get_subcommands_mut() {
				check(inner, &format!("{path} {}", inner.get_name()));
			}
		}
		let mut command = Cli::command();
		command.build();
		check(&mut command, "plexus");
	}

	#[test]
	fn the_documented_command_lines_parse() {
		for line in [
			"tx transfer --to //Bob --amount 1.5 --from //Alice",
			"tx --json --url ws://127.0.0.1:1 transfer --to //Bob --amount 1.5 --from //Alice --scheme ed25519 --no-wait",
			"tx transfer --to //Bob --amount 1 --json --tip 0.1 --nonce 7 --timeout 5",
			"tx datanet create --name Poems --from //Alice",
			"tx contribute README.md --datanet 0 --from //Alice",
			"tx contribute --root 0x00 --length 1 --proof slice.bin --datanet 0 --from //Alice",
			"contribute data --datanet 0 --from //Alice",
			"contribute data --datanet 0 --hidden --manifests --locator https://example.org/{path} --journal j --from //Alice --json",
			"contribute data --datanet 0 --licence MIT --media-type text/plain --in-flight 4 --timeout 5 --tip 0.1 --key-file key",
			"verify-file data README.md --datanet 0 --version 1 --json",
			"verify-file data --datanet 0 --hidden",
			"corpus sources data --datanet 0 --version 1 --out sources.jsonl",
			"corpus build data --sources sources.jsonl --sources more.jsonl --out data.plxindex --json",
			"corpus show data.plxindex --json",
			"attribute --index data.plxindex --output answer.txt",
			"attribute --index i --output o --prompt p --min-bytes 64 --html page.html --evidence e.json --json",
			"challenge 7 --store outputs --index data.plxindex --json",
			"challenge 7 --store outputs --index data.plxindex --submit --from //Alice --journal j",
			"challenge --resume --from //Alice",
			"watch --store outputs --index data.plxindex",
			"watch --store outputs --index data.plxindex --submit --demand-at-most 2.5 --from //Alice --json",
			"explain //Bob --store outputs --index data.plxindex --limit 5",
			"explain //Bob --json",
			"verify-claim 7 0 --store outputs --index data.plxindex --json",
			"tx datanet create --from-card README.md --from //Alice",
			"tx datanet create --from-card croissant.json --name Poems --licence MIT --tag a --curator //Bob --from //Alice",
			"tx model register a.safetensors --from-card README.md --parent 0 --from //Alice",
			"tx datanet review 0 --weight 50 --from //Alice",
			"tx datanet review 0 --reject --contributor //Bob --from //Alice --json",
			"tx datanet accept 0 --from //Alice",
			"tx datanet describe 0 --name Poems --tag text/poems --tag old --from //Alice",
			"tx datanet offer-ownership 0 --to //Bob --from //Alice",
			"tx datanet offer-ownership 0 --withdraw --from //Alice",
			"tx datanet accept-ownership 0 --from //Bob",
			"tx datanet propose-curators 0 --curator //Bob --curator //Charlie --from //Alice",
			"tx datanet propose-curators 0 --withdraw --from //Alice",
			"tx datanet enact-curators 0 --from //Alice",
			"tx datanet commit a b --from //Alice --json",
			"tx datanet register a b --datanet 0 --salt 00 --from //Alice",
			"tx datanet clear-commitment 0x00 --account //Bob --from //Alice",
			"tx contribution locator 3 https://example.org/a --from //Alice",
			"tx contribution challenge 3 --from //Alice",
			"tx contribution answer 3 README.md --from //Alice",
			"tx contribution close-challenge 3 --from //Alice",
			"tx contribution dispute 3 --takedown --evidence letter.pdf --from //Alice",
			"tx contribution dispute 3 --from //Alice",
			"tx contribution vote 3 --uphold --from //Alice",
			"tx contribution judge 3 --dismiss --from //Alice",
			"tx contribution close-dispute 3 --from //Alice",
			"tx contribution release-deposit 3 --from //Alice",
			"tx contribution expire 3 --from //Alice",
			"query members 0 --version 1 --cursor 7 --limit 256",
			"query members 0",
			"query weight 3 --version 1",
			"query challenge 3",
			"tx withdraw 3 --key-file key",
			"tx validator bond --amount 1000 --from //Alice",
			"tx validator bond-more --amount 1.5 --from //Alice",
			"tx validator unbond --amount 1 --from //Alice --json",
			"tx validator rebond --amount 1 --from //Alice",
			"tx validator withdraw --from //Alice",
			"tx validator nominate 0 --from //Alice",
			"tx validator validate --commission 2.5 --from //Alice",
			"tx validator chill --from //Alice",
			"tx validator unjail --from //Alice",
			"tx validator claim --from //Alice --no-wait",
			"tx validator settle //Bob --from //Alice",
			"tx agent register --from //Alice",
			"tx agent register --card card.json --card-locator https://example.org/card --service a2a=https://example.org --tag nlp --tag ocr --from //Alice",
			"tx agent card 0 card.json --locator https://example.org/card --from //Alice",
			"tx agent card 0 --none --from //Alice",
			"tx agent services 0 --service mcp=https://example.org/mcp --from //Alice",
			"tx agent tags 0 --from //Alice",
			"tx agent fund 0 --amount 10 --from //Alice",
			"tx agent pause 0 --from //Alice",
			"tx agent resume 0 --from //Alice",
			"tx agent deregister 0 --from //Alice",
			"tx agent delegate 0 --key //Bob --scope payments,remarks --budget 5 --fee-budget 1 --from //Alice",
			"tx agent delegate 0 --key //Bob --scope payments --scope remarks --budget 5 --fee-budget 1 --period 1h --expires-in 7d --parent 3 --from //Alice --json",
			"tx agent revoke 0 3 --from //Alice",
			"tx agent revoke-all 0 --from //Alice",
			"tx agent clear 0 3 --from //Alice",
			"tx agent act 0 3 transfer --to //Bob --amount 1.5 --from //Alice",
			"tx agent act 0 3 remark hello --key-file key",
			"tx agent act 0 3 contribute README.md --datanet 0 --key-file key",
			"tx agent control 0 create-datanet --name Poems --from //Alice",
			"tx agent control 0 withdraw 7 --from //Alice",
			"tx agent control 0 raw 0x0000 --from //Alice",
			"tx agent transfer-controller 0 --to //Bob --from //Alice",
			"tx agent transfer-controller 0 --withdraw --from //Alice",
			"tx agent accept-controller 0 --keep-below 4 --from //Bob",
			"tx agent set-recovery 0 --account //Bob --delay 7d --from //Alice",
			"tx agent set-recovery 0 --none --from //Alice",
			"tx agent begin-recovery 0 --controller //Charlie --from //Bob",
			"tx agent cancel-recovery 0 --from //Alice",
			"tx agent complete-recovery 0 --from //Charlie --no-wait",
			"tx model commit a.safetensors b.safetensors --from //Alice",
			"tx model register base.safetensors --kind base --card README.md --royalty 5 --data-share 20 --trained-on 0:1=100 --from //Alice",
			"tx model register tuned.gguf --kind fine-tune --parent 0 --parent 3 --card card.md --locator https://example.org/tuned --card-locator https://example.org/card --policy 60,20,20 --salt 00 --from //Alice --json",
			"tx model register a b c --kind adapter --parent 0 --card card.md --from //Alice",
			"tx model register a --kind base --card card.md --agent 0 --delegation 3 --key-file key",
			"tx model deprecate 0 --agent 0 --from //Alice",
			"tx model deprecate 0 --from //Alice",
			"tx model reactivate 0 --from //Alice",
			"tx model locators 0 --artifact https://example.org/a --from //Alice",
			"tx model locators 0 --card https://example.org/card --from //Alice --no-wait",
			"tx model clear-commitment 0x00 --from //Alice",
			"tx model clear-commitment 0x00 --account //Bob --from //Alice",
			"tx attribution register-method --algorithm maximal-exact-match --version 1 --parameters min=32 --from //Alice",
			"tx attribution register-method --algorithm bm25 --version 1 --from //Alice --json",
			"tx attribution draw-samples 7 --agent 0 --delegation 1 --key-file key",
			"tx attribution close-samples 7 --from //Alice",
			"tx attribution demand 7 0 --from //Alice",
			"tx attribution close-demand 7 0 --agent 0 --from //Alice",
			"tx attribution clear-commitment 0x00 --account //Bob --from //Alice",
			"tx attribution finalise 7 --limit 16 --from //Alice --no-wait",
			"tx attribution finalise 7 --from //Alice",
			"tx attribution set-parameters --window-ms 90000 --span 25.5 --hold-floor 0.5 --from //Alice",
			"query open-batch 7",
			"query open-batches --cursor 7 --limit 256",
			"query claims 7 --receipt 0",
			"query claims 7 --contribution 3 --cursor 7 --limit 1 --json",
			"query claims 7 --account //Bob",
			"query questions 7",
			"query methods --cursor 1",
			"query attribution-parameters --json",
			"tx earnings pull 5 --from //Alice",
			"tx earnings pull 5 --ancestor 0 --from //Alice --json",
			"tx earnings distribute 5 --from //Alice",
			"tx earnings distribute 5 --entry 3 --key-file key",
			"tx earnings claim //Bob --from //Alice",
			"tx earnings withdraw //Bob --from //Alice --no-wait",
			"query model show 0",
			"query model show --file base.safetensors --json",
			"query model show --root 00",
			"query model list --cursor 7 --limit 256",
			"query model list --developer //Alice",
			"query model children 0 --cursor 20",
			"query model lineage 0",
			"query channel 7",
			"query channels --json",
			"query channels --payer //Alice --cursor 4096 --limit 256",
			"query channels --server 0",
			"query batch 0",
			"query batches --cursor 3 --limit 1",
			"query receipt 0 3",
			"query book 5 --json",
			"query earnings //Alice",
			"query rewards earned //Alice --json",
			"query rewards datanets //Alice --cursor 3 --limit 256",
			"query rewards positions //Alice",
			"query rewards positions //Alice --cursor 0:1:4",
			"query rewards pools 0 --cursor 2",
			"query rewards model 5",
			"query agent show 0",
			"query agent show --account 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
			"query agent list --tag nlp --cursor 7 --limit 20 --json",
			"query agent list --controller //Alice",
			"query agent delegations 0 --cursor 3",
			"query agent allowance 0 3",
			"query agent card show 0",
			"query agent card verify 0 card.json --json",
			"channel open --server 3 --model 5 --amount 10 --from //Alice",
			"channel open --server 3 --model 5 --model 6 --corpus 0:1 --amount 10 --expires-in 7d --signer //Bob --journal j --from //Alice --json",
			"channel open --server 3 --model 5 --amount 10 --agent 0 --delegation 3 --key-file key",
			"channel top-up 7 --amount 1.5 --from //Alice",
			"channel close 7 --from //Alice",
			"channel close --all --from //Alice --json",
			"channel close 7 --agent 3 --from //Bob",
			"channel finish 7 --from //Alice --no-wait",
			"channel list --json",
			"channel list --payer //Alice --cursor 7 --limit 256",
			"channel list --server 3",
			"channel show 7 --json",
			"channel sign receipts.json --from //Alice",
			"channel sign - --begin --at-most 0.5 --journal j --key-file key --json",
			"channel check a.json b.json --json",
			"channel redeem a.json b.json --agent 3 --from //Bob --json",
			"channel redeem --journal j --agent 3 --delegation 4 --key-file key",
			"query validators --json",
			"query stake //Alice",
			"query chain --json",
			"query balance //Alice",
			"query account //Alice",
			"query datanet 0",
			"query datanets",
			"query contribution 0",
			"query contributions 0 --cursor 20 --limit 256",
			"query file README.md",
			"query file --root 00",
			"query block",
			"query block 7 --limit 1",
			"query tx 0x00 --depth 10",
			"query fees",
			"account new --output key --scheme ed25519",
			"account --json show --from //Alice",
			"query proof --account //Alice --output proof.json",
			"query proof --key 0x00 --key 01 --block 7 -o proof.json",
			"bench-load --accounts 2 --transfers 4 --rate 500 --connections 1",
			"bench-receipts --model 0 --servers 2 --channels 4 --batches 8 --connections 1",
		] {
			if let Err(error) = parse(line) {
				panic!("{line}: {error}");
			}
		}
		let (key, proof) = ("ab".repeat(32), "cd".repeat(64));
		for line in [
			format!("tx validator set-keys --consensus-key 0x{key} --proof 0x{proof} --from //Alice"),
			format!("tx validator set-keys --consensus-key {key} --proof {proof} --key-file key"),
		] {
			parse(&line).map(drop).expect(&line);
		}
	}

	#[test]
	fn contradictory_command_lines_are_refused() {
		for line in [
			"tx",
			"query",
			"account",
			"account new",
			"tx transfer --to //Bob",
			"tx transfer --to //Bob --amount 1e3",
			"tx transfer --to //Bob --amount 1 --from //Alice --key-file key",
			"tx contribute --datanet 0",
			"tx contribute README.md --root 00 --length 1 --proof p --datanet 0",
			"tx contribute --root 00 --datanet 0",
			"tx transfer --to //Bob --amount 1 --timeout 0",
			"contribute --datanet 0 --from //Alice",
			"contribute data --from //Alice",
			"contribute data --datanet 0 --licence MIT --manifests --from //Alice",
			"contribute data --datanet 0 --in-flight 0 --from //Alice",
			"verify-file --datanet 0",
			"corpus build data --out i",
			"corpus build data --sources s",
			"corpus sources data --out s",
			"attribute --index i",
			"attribute --output o",
			"verify-file data",
			"tx datanet create --from //Alice",
			"tx datanet review 0 --from //Alice",
			"tx datanet review 0 --weight 5 --reject --from //Alice",
			"tx datanet offer-ownership 0 --from //Alice",
			"tx datanet propose-curators 0 --from //Alice",
			"tx datanet propose-curators 0 --curator //Bob --withdraw --from //Alice",
			"tx datanet register a --datanet 0 --from //Alice",
			"tx contribution vote 3 --from //Alice",
			"tx contribution vote 3 --uphold --dismiss --from //Alice",
			"tx contribution answer 3 --from //Alice",
			"query weight 3",
			"query members 0 --limit 257",
			"query file",
			"query contributions 0 --limit 257",
			"query proof --account //Alice",
			"query stake",
			"tx agent card 0 --from //Alice",
			"tx agent card 0 card.json --none --from //Alice",
			"tx agent register --card-locator https://example.org/card --from //Alice",
			"tx agent register --service a2a --from //Alice",
			"tx agent delegate 0 --key //Bob --budget 5 --fee-budget 1 --from //Alice",
			"tx agent delegate 0 --key //Bob --scope payments --budget 5 --fee-budget 1 --period 1w --from //Alice",
			"tx agent act 0 3 --from //Alice",
			"tx agent transfer-controller 0 --from //Alice",
			"tx agent set-recovery 0 --account //Bob --from //Alice",
			"tx model register --kind base --card card.md --from //Alice",
			"tx model register a --card card.md --from //Alice",
			"tx model register a --kind lora --card card.md --from //Alice",
			"tx model register a --kind base --from //Alice",
			"tx model register a --kind base --card card.md --trained-on 0:1 --from //Alice",
			"tx model register a --kind base --card card.md --policy 60,40 --from //Alice",
			"tx model commit --from //Alice",
			"tx model commit a --delegation 3 --from //Alice",
			"tx model locators 0 --from //Alice",
			"tx attribution",
			"tx attribution register-method --algorithm bm25 --from //Alice",
			"tx attribution demand 7 --from //Alice",
			"tx attribution draw-samples 7 --delegation 1 --from //Alice",
			"tx attribution finalise 7 --limit 0 --from //Alice",
			"tx attribution set-parameters --span 101 --from //Alice",
			"query open-batch",
			"query open-batches --limit 257",
			"query claims",
			"query claims 7 --receipt 0 --contribution 1",
			"query claims 7 --contribution 0 --account //Bob",
			"tx earnings",
			"tx earnings claim --from //Alice",
			"tx earnings distribute --entry 0 --from //Alice",
			"query model show",
			"query model show 0 --root 00",
			"query model list --limit 257",
			"query channel",
			"query channels --payer //Alice --server 0",
			"query channels --limit 257",
			"query batch //Alice",
			"query book",
			"query earnings",
			"query rewards",
			"query rewards positions //Alice --cursor 3",
			"query rewards pools 0 --limit 257",
			"query agent show",
			"query agent show 0 --account //Alice",
			"query agent list",
			"query agent list --tag nlp --controller //Alice",
			"query agent card verify 0",
			"channel",
			"channel open --server 3 --amount 10 --from //Alice",
			"channel open --server 3 --model 5 --corpus 0 --amount 10 --from //Alice",
			"channel open --server 3 --model 5 --amount 10 --delegation 3 --from //Alice",
			"channel close --from //Alice",
			"channel close 7 --all --from //Alice",
			"channel list --payer //Alice --server 3",
			"channel list --limit 257",
			"channel sign --from //Alice",
			"channel check",
			"channel redeem a.json --from //Bob",
			"channel redeem --agent 3 --from //Bob",
			"tx validator validate --commission 101 --from //Alice",
			"tx validator set-keys --consensus-key 0x00 --proof 0x00 --from //Alice",
			"tx validator nominate --from //Alice",
		] {
			assert!(parse(line).is_err(), "{line}");
		}
	}
}
