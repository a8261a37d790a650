//! `plexus query rewards …`: what data earned, and who can claim it; and all that an account was credited.
//!
//! # Must not
//! Ask for more than a page at once.

use super::told;
use crate::{
	address::parse_account,
	amount::Amount,
	client::Client,
	failure::Failure,
	income::{self, Income},
	payments,
	rewards::{self, DataRevenue, DatanetsEarned, Earned, Holder, Place, Pool, Pools, Position, Positions},
};
use plexus_primitives::{api::PAGE_MAX, ContributionId};

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// What an account's data was credited, by where it came from, and what of it is to be withdrawn
	Earned(EarnedArgs),
	/// All that an account was credited: for serving, models, royalties, data, claims, challenges and stake
	Income(IncomeArgs),
	/// What it was credited from the pools of each datanet, by page
	Datanets(DatanetsArgs),
	/// In which versions it is, and what can be claimed there, by page
	Positions(PositionsArgs),
	/// One of these positions
	Position(PositionArgs),
	/// What the versions of a datanet were paid, by page
	Pools(PoolsArgs),
	/// What one of them was paid
	Pool(PoolArgs),
	/// What the data of a model earned, and what is yet to be distributed
	Model(ModelArgs),
}

/// Who was credited.
#[derive(clap::Args, Clone)]
struct HolderArgs {
	/// The account: an address, or //Alice and the like on development chains.
	#[arg(required_unless_present = "escrow", conflicts_with = "escrow")]
	account: Option<String>,

	/// Instead of an account: what is kept back while this contribution is disputed.
	#[arg(long, value_name = "CONTRIBUTION")]
	escrow: Option<u64>,
}

impl HolderArgs {
	async fn holder(&self, client: &Client) -> Result<Holder, Failure> {
		match (&self.account, self.escrow) {
			(None, Some(contribution)) => Ok(Holder::Escrow(ContributionId(contribution))),
			(account, _) => {
				let account = account.as_deref().unwrap_or_default();
				parse_account(account, &client.chain_kind().await?).map(Holder::Account)
			}
		}
	}
}

#[derive(clap::Args, Clone)]
pub(super) struct EarnedArgs {
	#[command(flatten)]
	holder: HolderArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct IncomeArgs {
	/// The account: an address, or //Alice and the like on development chains. An agent's is its own account.
	account: String,
}

#[derive(clap::Args, Clone)]
pub(super) struct PositionArgs {
	/// Where it is, as `plexus query rewards positions` tells.
	#[arg(long, value_name = "DATANET:FROM[:UNTIL]")]
	place: Place,

	#[command(flatten)]
	holder: HolderArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct PoolArgs {
	/// Id of the datanet.
	datanet: u32,

	/// The version.
	#[arg(long)]
	version: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct DatanetsArgs {
	#[command(flatten)]
	holder: HolderArgs,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "DATANET")]
	cursor: Option<u32>,

	#[command(flatten)]
	page: PageArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct PositionsArgs {
	#[command(flatten)]
	holder: HolderArgs,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "DATANET:FROM[:UNTIL]")]
	cursor: Option<Place>,

	#[command(flatten)]
	page: PageArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct PoolsArgs {
	/// Id of the datanet.
	datanet: u32,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "VERSION")]
	cursor: Option<u32>,

	#[command(flatten)]
	page: PageArgs,
}

#[derive(clap::Args, Clone)]
struct PageArgs {
	/// How many to list at most.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

#[derive(clap::Args, Clone)]
pub(super) struct ModelArgs {
	/// Id of the model.
	model: u64,
}

pub(super) async fn run(client: &Client, json: bool, question: Question) -> Result<(), Failure> {
	match question {
		Question::Earned(args) => told(json, earned(client, args)).await,
		Question::Income(args) => told(json, income(client, args)).await,
		Question::Datanets(args) => told(json, datanets(client, args)).await,
		Question::Positions(args) => told(json, positions(client, args)).await,
		Question::Position(args) => told(json, position(client, args)).await,
		Question::Pools(args) => told(json, pools(client, args)).await,
		Question::Pool(args) => told(json, pool(client, args)).await,
		Question::Model(args) => told(json, model(client, args)).await,
	}
}

async fn earned(client: &Client, args: EarnedArgs) -> Result<Earned, Failure> {
	let holder = args.holder.holder(client).await?;
	let info = rewards::earned(&client.at_head().await?, &holder).await?;
	Ok(Earned::new(&holder, info))
}

async fn income(client: &Client, args: IncomeArgs) -> Result<Income, Failure> {
	let account = parse_account(&args.account, &client.chain_kind().await?)?;
	let counted = income::counted(client, &account).await?;
	let at = client.at_head().await?;
	let due = rewards::earned(&at, &Holder::Account(account.clone())).await?.due;
	let due = due.saturating_add(payments::earnings(&at, &account).await?);
	Ok(Income::new(&account, Amount(due), counted))
}

async fn datanets(client: &Client, args: DatanetsArgs) -> Result<DatanetsEarned, Failure> {
	let holder = args.holder.holder(client).await?;
	let at = client.at_head().await?;
	let page = rewards::datanet_earnings(&at, &holder, args.cursor, args.page.limit).await?;
	Ok(DatanetsEarned::from(page))
}

async fn positions(client: &Client, args: PositionsArgs) -> Result<Positions, Failure> {
	let holder = args.holder.holder(client).await?;
	let at = client.at_head().await?;
	rewards::positions(&at, &holder, args.cursor, args.page.limit).await.map(Positions::from)
}

async fn position(client: &Client, args: PositionArgs) -> Result<Position, Failure> {
	let holder = args.holder.holder(client).await?;
	let at = client.at_head().await?;
	rewards::known_position(&at, &holder, args.place).await.map(Position::from)
}

async fn pool(client: &Client, args: PoolArgs) -> Result<Pool, Failure> {
	rewards::known_pool(&client.at_head().await?, args.datanet, args.version).await.map(Pool::from)
}

async fn pools(client: &Client, args: PoolsArgs) -> Result<Pools, Failure> {
	let at = client.at_head().await?;
	rewards::pools(&at, args.datanet, args.cursor, args.page.limit).await.map(Pools::from)
}

async fn model(client: &Client, args: ModelArgs) -> Result<DataRevenue, Failure> {
	let at = client.at_head().await?;
	let info = rewards::known_data_revenue(&at, args.model).await?;
	Ok(DataRevenue::new(args.model, info))
}
