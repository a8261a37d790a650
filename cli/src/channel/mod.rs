//! `plexus channel …`: payment channels, from the opening to the last voucher.
//!
//! ```text
//! payer:   open, top-up, close, finish        transactions
//!          sign                               a voucher over receipts, by the journal of its signer
//! server:  check, redeem                      receipts and vouchers in files; serve-receipts does both by itself
//! anybody: list, show
//! ```
//!
//! # Must not
//! Sign anything that the journal does not remember. Repeat the pallet's rules: the chain says which one was broken.

mod failures;
mod files;
mod redeem;
mod sign;

pub(crate) use failures::{of_fault, of_journal};
pub(crate) use files::default_journal;

use crate::{
	address::parse_account,
	amount::Amount,
	calls,
	client::{Client, ConnectionArgs},
	failure::Failure,
	output,
	payments::{self, Channel, Channels},
	span::Span,
	tx::{by::ByArgs, Sent},
	validators::era_and_clock,
};
use plexus_payments::Terms;
use plexus_primitives::{api::PAGE_MAX, ChannelId, DatanetId, DatanetVersion, ModelId};
use std::{path::PathBuf, str::FromStr};
use subxt::dynamic::Value;

/// Opens, pays from and redeems payment channels.
#[derive(clap::Args, Clone)]
pub struct ChannelCommand {
	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,

	#[command(subcommand)]
	action: Box<Action>,
}

#[derive(clap::Subcommand, Clone)]
enum Action {
	/// Lock funds toward an agent; the answer's id is the channel
	Open(OpenArgs),
	/// Lock more in a channel
	TopUp(TopUpArgs),
	/// Close a channel: the server has a grace to redeem; by the server, at once
	Close(CloseArgs),
	/// End a channel that expired or whose grace is over; anybody may
	Finish(FinishArgs),
	/// Channels in the order in which they were opened, by page
	List(ListArgs),
	/// A channel: terms, what is locked, what was redeemed
	Show(ShowArgs),
	/// Sign a voucher over receipts, once for each sequence
	Sign(sign::SignArgs),
	/// Check receipts and vouchers against the chain, without a key
	Check(redeem::CheckArgs),
	/// Redeem receipts and vouchers in batches, as the agent that is paid
	Redeem(redeem::RedeemArgs),
}

#[derive(clap::Args, Clone)]
struct OpenArgs {
	/// Id of the agent that is paid.
	#[arg(long, value_name = "AGENT")]
	server: u64,

	/// Id of a model that may be paid for. May be repeated.
	#[arg(long = "model", value_name = "ID", required = true)]
	models: Vec<u64>,

	/// Datanet and version that contexts may come from, like 0:1. May be repeated.
	#[arg(long = "corpus", value_name = "D:V")]
	corpora: Vec<Corpus>,

	/// How much is locked, in PLX.
	#[arg(long)]
	amount: Amount,

	/// When it expires, from now on the chain clock: 30m, 24h or 7d.
	#[arg(long, value_name = "TIME", default_value = "30d")]
	expires_in: Span,

	/// Whose key signs vouchers; without it, the one that signs this.
	#[arg(long, value_name = "ADDRESS")]
	signer: Option<String>,

	/// Where vouchers are remembered; without it, in the user's state directory.
	#[arg(long, value_name = "FILE", hide = true)]
	journal: Option<PathBuf>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
struct TopUpArgs {
	/// Id of the channel.
	channel: u64,

	/// How much more, in PLX.
	#[arg(long)]
	amount: Amount,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
struct CloseArgs {
	/// Id of the channel.
	#[arg(required_unless_present = "all", conflicts_with = "all")]
	channel: Option<u64>,

	/// All channels that the account pays.
	#[arg(long)]
	all: bool,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
struct FinishArgs {
	/// Id of the channel.
	channel: u64,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
struct ListArgs {
	/// Only those that this account pays.
	#[arg(long, value_name = "ADDRESS")]
	payer: Option<String>,

	/// Only those toward this agent.
	#[arg(long, value_name = "AGENT", conflicts_with = "payer")]
	server: Option<u64>,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "PLACE")]
	cursor: Option<u64>,

	/// How many to list at most.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
struct ShowArgs {
	/// Id of the channel.
	channel: u64,
}

/// A version of a datanet, as it is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Corpus(pub(crate) DatanetId, pub(crate) DatanetVersion);

impl FromStr for Corpus {
	type Err = String;

	fn from_str(given: &str) -> Result<Self, String> {
		let parts = given
			.split_once(':')
			.and_then(|(datanet, version)| Some((datanet.parse().ok()?, version.parse().ok()?)));
		let (datanet, version) = parts.ok_or("write datanet and version like 0:1")?;
		Ok(Self(DatanetId(datanet), DatanetVersion(version)))
	}
}

/// The part of `Receipts.ChannelOpened` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ChannelOpened {
	channel: u64,
}

impl ChannelCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let (connection, json) = (&self.connection, self.connection.json);
		match *self.action {
			Action::Open(args) => open(connection, args).await.map(|sent| output::print(json, &sent)),
			Action::TopUp(args) => top_up(connection, args).await.map(|sent| output::print(json, &sent)),
			Action::Close(args) => close(connection, args).await.map(|sent| output::print(json, &sent)),
			Action::Finish(args) => finish(connection, args).await.map(|sent| output::print(json, &sent)),
			Action::List(args) => list(connection, args).await.map(|page| output::print(json, &page)),
			Action::Show(args) => show(connection, args).await.map(|found| output::print(json, &found)),
			Action::Sign(args) => sign::run(connection, args).await,
			Action::Check(args) => {
				redeem::check(connection, args).await.map(|checked| output::print(json, &checked))
			}
			Action::Redeem(args) => {
				redeem::redeem(connection, args).await.map(|redeemed| output::print(json, &redeemed))
			}
		}
	}
}

async fn open(connection: &ConnectionArgs, args: OpenArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let own = session.key.account();
	let signer = match &args.signer {
		Some(signer) => parse_account(signer, &session.kind)?,
		None => own.clone(),
	};
	// Before anything is locked: a journal that cannot be used is told now.
	let mut purse = match signer == own {
		true => Some(sign::open_purse(&session, args.journal.as_deref())?),
		false => None,
	};
	if let Some(purse) = &mut purse {
		let path = sign::journal_path(&session, args.journal.as_deref())?;
		sign::make_room(purse, &session, &path).await?;
	}
	let terms = Terms {
		signer,
		models: ascending(args.models.into_iter().map(ModelId).collect()),
		corpora: ascending(
			args.corpora.into_iter().map(|Corpus(datanet, version)| (datanet, version)).collect(),
		),
	};
	let (_, clock_ms) = era_and_clock(&session.at).await?;
	let expires_at_ms = clock_ms.saturating_add(args.expires_in.0);
	let call = party.sends(calls::open_channel(args.server, &terms, expires_at_ms, args.amount.0));
	let opened = |event: ChannelOpened| event.channel;
	let sent =
		session.send(&call, |receipt| receipt.events.find("Receipts", "ChannelOpened").map(opened)).await?;
	if let (Some(mut purse), Some(id)) = (purse, sent.id) {
		sign::begin_new(&mut purse, &session, ChannelId(id))?;
	}
	Ok(sent)
}

async fn top_up(connection: &ConnectionArgs, args: TopUpArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let call = calls::on_channel("top_up", args.channel, [("amount", Value::u128(args.amount.0))]);
	session.send(&party.sends(call), |_| Some(args.channel)).await
}

async fn close(connection: &ConnectionArgs, args: CloseArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let call = match args.channel {
		Some(channel) => calls::on_channel("close", channel, []),
		None => calls::close_all_channels(),
	};
	session.send(&party.sends(call), |_| args.channel).await
}

async fn finish(connection: &ConnectionArgs, args: FinishArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let call = party.sends(calls::on_channel("finish", args.channel, []));
	session.send(&call, |_| Some(args.channel)).await
}

async fn list(connection: &ConnectionArgs, args: ListArgs) -> Result<Channels, Failure> {
	let client = Client::connect(&connection.url).await?;
	let at = client.at_head().await?;
	let ListArgs { payer, server, cursor, limit } = args;
	let page = match (payer, server) {
		(Some(payer), _) => {
			let payer = parse_account(&payer, &client.chain_kind().await?)?;
			payments::channels_of(&at, &payer, cursor, limit).await?
		}
		(None, Some(server)) => payments::channels_toward(&at, server, cursor, limit).await?,
		(None, None) => payments::channels(&at, cursor, limit).await?,
	};
	Ok(Channels::from(page))
}

async fn show(connection: &ConnectionArgs, args: ShowArgs) -> Result<Channel, Failure> {
	let at = Client::connect(&connection.url).await?.at_head().await?;
	payments::known_channel(&at, args.channel).await.map(Channel::from)
}

/// The chain takes them sorted, and none twice.
fn ascending<Item: Ord>(mut items: Vec<Item>) -> Vec<Item> {
	items.sort_unstable();
	items.dedup();
	items
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn corpora_are_written_as_datanet_and_version() {
		assert_eq!("3:1".parse(), Ok(Corpus(DatanetId(3), DatanetVersion(1))));
		for given in ["", "3", "3:", ":1", "-1:1", "3:1:2", "4294967296:1"] {
			assert!(given.parse::<Corpus>().is_err(), "{given}");
		}
		assert_eq!(ascending(vec![7, 3, 7, 5]), [3, 5, 7]);
	}
}
