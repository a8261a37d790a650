//! `plexus tx …`: what changes the chain. One file for each kind of transaction.
//!
//! # Must not
//! Print anything but the answer to standard output; hints and progress go to standard error.

mod agent;
mod attribution;
pub(crate) mod by;
mod commitment;
mod contribute;
mod contribution;
mod datanet;
mod earnings;
mod model;
mod review;
mod skipped;
mod transfer;
mod validator;
mod withdraw;

use crate::{
	amount::Amount,
	client::{AtBlock, Client, ConnectionArgs},
	failure::Failure,
	keys::{ChainKind, KeyArgs, Keypair},
	output::{self, Answer},
	submit::{submit, Outcome, Receipt, SubmitArgs},
};
use serde::Serialize;
use subxt::tx::Payload;

pub(crate) use agent::InnerCall;

/// Sends transactions.
#[derive(clap::Args, Clone)]
pub struct TxCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	#[command(subcommand)]
	action: Action,
}

#[derive(clap::Subcommand, Clone)]
enum Action {
	/// Pay PLX to an account
	Transfer(transfer::Args),
	/// Create and manage datanets
	#[command(subcommand)]
	Datanet(Box<datanet::Action>),
	/// Register a file's content in a datanet
	Contribute(Box<contribute::Args>),
	/// Contributions: locate, challenge, answer, dispute, judge
	#[command(subcommand)]
	Contribution(Box<contribution::Action>),
	/// Review a contribution, as a curator of its datanet
	Review(review::ReviewArgs),
	/// Bring a contribution that is old enough into an open datanet's next version
	Accept(review::AcceptArgs),
	/// Withdraw a contribution: from new versions, or altogether if no version holds it
	Withdraw(withdraw::Args),
	/// Stake: bond, nominate, validate, claim
	#[command(subcommand)]
	Validator(Box<validator::Action>),
	/// What models and data earned: pull, distribute, claim, withdraw
	#[command(subcommand)]
	Earnings(Box<earnings::Action>),
	/// Claims about outputs: methods, samples, demands, and the end of batches
	#[command(subcommand)]
	Attribution(Box<attribution::Action>),
	/// Agents: register, delegate to keys, act, recover
	#[command(subcommand)]
	Agent(Box<agent::Action>),
	/// Models: commit, register, deprecate, locate
	#[command(subcommand)]
	Model(Box<model::Action>),
}

/// What every transaction takes.
#[derive(clap::Args, Clone)]
pub(crate) struct SignedArgs {
	#[command(flatten)]
	pub(crate) key: KeyArgs,
	#[command(flatten)]
	pub(crate) submit: SubmitArgs,
}

impl TxCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let json = self.connection.json;
		match self.action {
			Action::Transfer(args) => {
				transfer::run(&self.connection, args).await.map(|answer| output::print(json, &answer))
			}
			Action::Datanet(action) => datanet::run(&self.connection, json, *action).await,
			Action::Contribution(action) => {
				contribution::run(&self.connection, *action).await.map(|answer| output::print(json, &answer))
			}
			Action::Review(args) => {
				review::review(&self.connection, args).await.map(|answer| output::print(json, &answer))
			}
			Action::Accept(args) => {
				review::accept(&self.connection, args).await.map(|answer| output::print(json, &answer))
			}
			Action::Contribute(args) => {
				contribute::run(&self.connection, *args).await.map(|answer| output::print(json, &answer))
			}
			Action::Withdraw(args) => {
				withdraw::run(&self.connection, args).await.map(|answer| output::print(json, &answer))
			}
			Action::Validator(action) => {
				validator::run(&self.connection, *action).await.map(|answer| output::print(json, &answer))
			}
			Action::Earnings(action) => {
				earnings::run(&self.connection, *action).await.map(|answer| output::print(json, &answer))
			}
			Action::Attribution(action) => {
				attribution::run(&self.connection, *action).await.map(|answer| output::print(json, &answer))
			}
			Action::Agent(action) => {
				agent::run(&self.connection, *action).await.map(|answer| output::print(json, &answer))
			}
			Action::Model(action) => model::run(&self.connection, json, *action).await,
		}
	}
}

/// A connected node together with the key that signs there.
pub(crate) struct Session {
	pub(crate) client: Client,
	pub(crate) at: AtBlock,
	pub(crate) kind: ChainKind,
	pub(crate) key: Keypair,
	pub(crate) submit: SubmitArgs,
}

impl Session {
	/// Connects first: which keys may be used depends on the chain.
	pub(crate) async fn open(connection: &ConnectionArgs, args: &SignedArgs) -> Result<Self, Failure> {
		let client = Client::connect(&connection.url).await?;
		let kind = client.chain_kind().await?;
		let key = args.key.load(&kind)?;
		let at = client.at_head().await?;
		Ok(Self { client, at, kind, key, submit: args.submit.clone() })
	}

	/// Sends a call; `id` reads from the events what was created or changed.
	pub(crate) async fn send<Id: Serialize>(
		&self,
		call: &impl Payload,
		id: impl FnOnce(&Receipt) -> Option<Id>,
	) -> Result<Sent<Id>, Failure> {
		Ok(match submit(&self.client, &self.at, call, &self.key, &self.submit).await? {
			Outcome::Accepted(hash) => Sent {
				status: "accepted",
				id: None,
				transaction: format!("{hash:#x}"),
				block_hash: None,
				block_number: None,
				fee: None,
			},
			Outcome::Finalised(receipt) => Sent {
				status: "finalised",
				id: id(&receipt),
				transaction: format!("{:#x}", receipt.hash),
				block_hash: Some(format!("{:#x}", receipt.block_hash)),
				block_number: Some(receipt.block_number),
				fee: receipt.fee,
			},
		})
	}
}

/// What became of a transaction.
#[derive(Serialize)]
pub(crate) struct Sent<Id> {
	/// `accepted` or `finalised`.
	status: &'static str,
	/// What was created or changed; `null` before finality and for transfers.
	pub(crate) id: Option<Id>,
	pub(crate) transaction: String,
	block_hash: Option<String>,
	pub(crate) block_number: Option<u64>,
	pub(crate) fee: Option<Amount>,
}

impl<Id: Serialize + ToString> Answer for Sent<Id> {
	fn human(&self) -> String {
		let rows = [
			("status", Some(self.status.to_string())),
			("id", self.id.as_ref().map(ToString::to_string)),
			("transaction", Some(self.transaction.clone())),
			("block", self.block_number.map(|number| number.to_string())),
			("block hash", self.block_hash.clone()),
			("fee paid", self.fee.map(|fee| fee.to_string())),
		];
		output::fields(rows.into_iter().filter_map(|(label, value)| Some((label, value?))))
	}
}

/// Transactions that create nothing have no id.
#[derive(Serialize)]
pub(crate) enum NoId {}

impl std::fmt::Display for NoId {
	fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		match *self {}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_sent_transaction_has_stable_json_keys_and_a_readable_table() {
		let sent = Sent {
			status: "finalised",
			id: Some(7u64),
			transaction: "0x01".into(),
			block_hash: Some("0x02".into()),
			block_number: Some(3),
			fee: Some(Amount(1_500_000_000)),
		};
		assert_eq!(
			serde_json::to_value(&sent).unwrap(),
			serde_json::json!({
				"status": "finalised", "id": 7, "transaction": "0x01", "block_hash": "0x02", "block_number": 3,
				"fee": "1500000000",
			})
		);
		let human = sent.human();
		for part in ["finalised", "0x01", "0x02", "0.0015 PLX"] {
			assert!(human.contains(part), "{human}");
		}
	}

	#[test]
	fn what_is_not_known_yet_is_null_in_json_and_absent_from_the_table() {
		let sent = Sent::<NoId> {
			status: "accepted",
			id: None,
			transaction: "0x01".into(),
			block_hash: None,
			block_number: None,
			fee: None,
		};
		let json = serde_json::to_value(&sent).unwrap();
		assert!(["id", "block_hash", "block_number", "fee"]
			.iter()
			.all(|key| json[key].is_null() && json.get(key).is_some()));
		assert_eq!(sent.human().lines().count(), 2);
	}
}
