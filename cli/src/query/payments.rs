//! `plexus query channel|channels|batch|batches|book|earnings`: who pays whom, what was redeemed, and what it became.
//!
//! # Must not
//! Know a voucher: what is signed and not yet redeemed is between payer and server.

use super::told;
use crate::{
	address::parse_account,
	amount::Amount,
	client::Client,
	failure::Failure,
	models,
	payments::{self, Batch, Batches, Book, Channel, Channels, Earnings, RoyaltyDue},
};
use plexus_primitives::api::PAGE_MAX;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// A payment channel that is not over
	Channel(ChannelArgs),
	/// Payment channels, by page
	Channels(ChannelsArgs),
	/// A batch of receipts that was redeemed; one of them with receipt
	Batch(BatchArgs),
	/// Batches, by page
	#[command(hide = true)]
	Batches(BatchesArgs),
	/// What a model earned, and what of that is yet to be pulled
	Book(BookArgs),
	/// What an account earned and may withdraw
	Earnings(EarningsArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct ChannelArgs {
	/// Id of the channel.
	id: u64,
}

#[derive(clap::Args, Clone)]
pub(super) struct ChannelsArgs {
	/// Only those that this account pays: an address, or //Alice and the like on development chains.
	#[arg(long, value_name = "ADDRESS", conflicts_with = "server")]
	payer: Option<String>,

	/// Only those toward this agent.
	#[arg(long, value_name = "AGENT")]
	server: Option<u64>,

	#[command(flatten)]
	page: PageArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct BatchArgs {
	/// Id of the batch.
	id: u64,
}

#[derive(clap::Args, Clone)]
pub(super) struct BatchesArgs {
	#[command(flatten)]
	page: PageArgs,
}

#[derive(clap::Args, Clone)]
struct PageArgs {
	/// Id to begin with: the end of the last page tells.
	#[arg(long, value_name = "ID")]
	cursor: Option<u64>,

	/// How many to list at most; what is gone leaves gaps.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct BookArgs {
	/// Id of the model.
	model: u64,
}

#[derive(clap::Args, Clone)]
pub(super) struct EarningsArgs {
	/// The account: an address, or //Alice and the like on development chains.
	account: String,
}

pub(super) async fn run(client: &Client, json: bool, question: Question) -> Result<(), Failure> {
	match question {
		Question::Channel(args) => told(json, channel(client, args)).await,
		Question::Channels(args) => told(json, channels(client, args)).await,
		Question::Batch(args) => told(json, batch(client, args)).await,
		Question::Batches(args) => told(json, batches(client, args)).await,
		Question::Book(args) => told(json, book(client, args)).await,
		Question::Earnings(args) => told(json, earnings(client, args)).await,
	}
}

async fn channel(client: &Client, args: ChannelArgs) -> Result<Channel, Failure> {
	payments::known_channel(&client.at_head().await?, args.id).await.map(Channel::from)
}

async fn channels(client: &Client, args: ChannelsArgs) -> Result<Channels, Failure> {
	let at = client.at_head().await?;
	let PageArgs { cursor, limit } = args.page;
	let page = match (&args.payer, args.server) {
		(Some(payer), _) => {
			let payer = parse_account(payer, &client.chain_kind().await?)?;
			payments::channels_of(&at, &payer, cursor, limit).await?
		}
		(None, Some(server)) => payments::channels_toward(&at, server, cursor, limit).await?,
		(None, None) => payments::channels(&at, cursor, limit).await?,
	};
	Ok(Channels::from(page))
}

async fn batch(client: &Client, args: BatchArgs) -> Result<Batch, Failure> {
	payments::known_batch(&client.at_head().await?, args.id).await.map(Batch::from)
}

async fn batches(client: &Client, args: BatchesArgs) -> Result<Batches, Failure> {
	let at = client.at_head().await?;
	payments::batches(&at, args.page.cursor, args.page.limit).await.map(Batches::from)
}

/// The book, and what each ancestor that asks for something may pull: at most 32.
async fn book(client: &Client, args: BookArgs) -> Result<Book, Failure> {
	let at = client.at_head().await?;
	let revenue = payments::known_revenue(&at, args.model).await?;
	let lineage = models::known_lineage(&at, args.model).await?;
	let mut royalties_due = Vec::new();
	for ancestor in lineage.ancestors.iter().filter(|ancestor| ancestor.royalty.0 > 0) {
		let due = payments::royalty_due(&at, args.model, ancestor.model).await.map(Amount)?;
		royalties_due.push(RoyaltyDue { ancestor: ancestor.model, due });
	}
	Ok(Book::new(args.model, revenue, royalties_due))
}

async fn earnings(client: &Client, args: EarningsArgs) -> Result<Earnings, Failure> {
	let account = parse_account(&args.account, &client.chain_kind().await?)?;
	let earned = payments::earnings(&client.at_head().await?, &account).await?;
	Ok(Earnings::new(&account, earned))
}
