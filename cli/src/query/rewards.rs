//! `plexus query rewards …`: what data earned, and who can claim it.
//!
//! # Must not
//! Ask for more than a page at once.

use crate::{
	address::parse_account,
	client::Client,
	failure::Failure,
	output::print,
	rewards::{self, DataRevenue, DatanetsEarned, Earned, Place, Pools, Positions},
};
use plexus_primitives::api::PAGE_MAX;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// What an account was credited, by where it came from, and what of it is to be withdrawn
	Earned(EarnedArgs),
	/// What it was credited from the pools of each datanet, by page
	Datanets(DatanetsArgs),
	/// In which versions it is, and what can be claimed there, by page
	Positions(PositionsArgs),
	/// What the versions of a datanet were paid, by page
	Pools(PoolsArgs),
	/// What the data of a model earned, and what is yet to be distributed
	Model(ModelArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct EarnedArgs {
	/// The account: an address, or //Alice and the like on development chains.
	account: String,
}

#[derive(clap::Args, Clone)]
pub(super) struct DatanetsArgs {
	/// The account: an address, or //Alice and the like on development chains.
	account: String,

	/// Where to go on: the end of the last page tells.
	#[arg(long, value_name = "DATANET")]
	cursor: Option<u32>,

	#[command(flatten)]
	page: PageArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct PositionsArgs {
	/// The account: an address, or //Alice and the like on development chains.
	account: String,

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
		Question::Earned(args) => earned(client, args).await.map(|answer| print(json, &answer)),
		Question::Datanets(args) => datanets(client, args).await.map(|answer| print(json, &answer)),
		Question::Positions(args) => positions(client, args).await.map(|answer| print(json, &answer)),
		Question::Pools(args) => pools(client, args).await.map(|answer| print(json, &answer)),
		Question::Model(args) => model(client, args).await.map(|answer| print(json, &answer)),
	}
}

async fn earned(client: &Client, args: EarnedArgs) -> Result<Earned, Failure> {
	let account = parse_account(&args.account, &client.chain_kind().await?)?;
	let info = rewards::earned(&client.at_head().await?, &account).await?;
	Ok(Earned::new(&account, info))
}

async fn datanets(client: &Client, args: DatanetsArgs) -> Result<DatanetsEarned, Failure> {
	let account = parse_account(&args.account, &client.chain_kind().await?)?;
	let at = client.at_head().await?;
	let page = rewards::datanet_earnings(&at, &account, args.cursor, args.page.limit).await?;
	Ok(DatanetsEarned::from(page))
}

async fn positions(client: &Client, args: PositionsArgs) -> Result<Positions, Failure> {
	let account = parse_account(&args.account, &client.chain_kind().await?)?;
	let at = client.at_head().await?;
	rewards::positions(&at, &account, args.cursor, args.page.limit).await.map(Positions::from)
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
