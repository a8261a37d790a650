//! `plexus tx datanet …`: datanets, the collections that contributions are in.
//!
//! # Must not
//! Repeat the pallet's rules: the chain checks lengths and says which one was broken.

mod create;
mod register;
mod reviews;
mod windows;

use super::{by::ByArgs, Sent, Session, SignedArgs};
use crate::{
	address::parse_account,
	calls::{self, Call},
	client::ConnectionArgs,
	failure::Failure,
	output,
};
use subxt::dynamic::Value;

pub(super) use create::DraftArgs;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Create a datanet; the answer's id is what contributions name
	Create(create::CreateArgs),
	/// Remove an empty datanet of yours that never had a version, and get its deposit back
	Remove(DatanetArgs),
	/// Freeze what is accepted as the next version
	Publish(DatanetArgs),
	/// Take no new contributions for now
	Pause(DatanetArgs),
	/// Take contributions again
	Resume(DatanetArgs),
	/// End a datanet of yours for ever; its versions stay
	Retire(DatanetArgs),
	/// Give a datanet of yours another name and other tags
	Describe(DescribeArgs),
	/// Review everything that waits, as a curator
	Review(reviews::ReviewArgs),
	/// Accept everything in an open datanet that is old enough
	Accept(reviews::AcceptArgs),
	/// Offer a datanet of yours to another account, or take the offer back
	OfferOwnership(OfferArgs),
	/// Accept a datanet that was offered
	AcceptOwnership(DatanetArgs),
	/// Propose other curators, or take the proposal back
	ProposeCurators(CuratorsArgs),
	/// Put proposed curators in charge, once their time has come
	EnactCurators(DatanetArgs),
	/// Commit to files that are registered later, with the salt of the answer
	Commit(register::CommitArgs),
	/// Register the files of a commitment; the answer's id is the first contribution's
	Register(register::RegisterArgs),
	/// Return the deposit of a commitment that is not to be used
	ClearCommitment(register::ClearArgs),
	/// Change how long things take, as root
	SetWindows(windows::WindowArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct DescribeArgs {
	/// Id of the datanet.
	datanet: u32,

	/// What it is called.
	#[arg(long)]
	name: String,

	/// By which it is found. Can be given several times; all others are removed.
	#[arg(long = "tag", value_name = "TAG")]
	tags: Vec<String>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct OfferArgs {
	/// Id of the datanet.
	datanet: u32,

	/// Who may accept it.
	#[arg(long, value_name = "ACCOUNT", required_unless_present = "withdraw", conflicts_with = "withdraw")]
	to: Option<String>,

	/// Take the offer back.
	#[arg(long)]
	withdraw: bool,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct CuratorsArgs {
	/// Id of the datanet.
	datanet: u32,

	/// An account that will review. Can be given several times; all others are no curators any more.
	#[arg(long = "curator", value_name = "ACCOUNT")]
	#[arg(required_unless_present = "withdraw", conflicts_with = "withdraw")]
	curators: Vec<String>,

	/// Take the proposal back.
	#[arg(long)]
	withdraw: bool,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct DatanetArgs {
	/// Id of the datanet.
	datanet: u32,

	#[command(flatten)]
	by: ByArgs,
}

/// Sends the call of an action and prints what became of it.
pub(super) async fn run(connection: &ConnectionArgs, json: bool, action: Action) -> Result<(), Failure> {
	match action {
		Action::Review(args) => {
			reviews::review(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Accept(args) => {
			reviews::accept(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Commit(args) => {
			register::commit(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Register(args) => {
			register::register(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::ClearCommitment(args) => {
			register::clear(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Create(args) => {
			create::create(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::SetWindows(args) => {
			windows::set_windows(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::OfferOwnership(args) => {
			offer(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::ProposeCurators(args) => {
			propose_curators(connection, args).await.map(|answer| output::print(json, &answer))
		}
		Action::Describe(args) => {
			let arguments = [("name", Value::from_bytes(&args.name)), ("tags", calls::texts(&args.tags))];
			let call = calls::on_datanet("describe", args.datanet, arguments);
			change(connection, call, args.datanet, args.by, json).await
		}
		Action::Pause(args) => {
			change(connection, calls::set_paused(args.datanet, true), args.datanet, args.by, json).await
		}
		Action::Resume(args) => {
			change(connection, calls::set_paused(args.datanet, false), args.datanet, args.by, json).await
		}
		Action::Remove(args) => about(connection, "remove_datanet", args, json).await,
		Action::Publish(args) => about(connection, "publish", args, json).await,
		Action::Retire(args) => about(connection, "retire", args, json).await,
		Action::AcceptOwnership(args) => about(connection, "accept_ownership", args, json).await,
		Action::EnactCurators(args) => about(connection, "enact_curators", args, json).await,
	}
}

async fn about(
	connection: &ConnectionArgs,
	name: &str,
	args: DatanetArgs,
	json: bool,
) -> Result<(), Failure> {
	let call = calls::about_datanet(name, args.datanet);
	change(connection, call, args.datanet, args.by, json).await
}

/// The answer's id is the datanet's.
async fn change(
	connection: &ConnectionArgs,
	call: Call,
	datanet: u32,
	by: ByArgs,
	json: bool,
) -> Result<(), Failure> {
	let (session, party) = by.open(connection).await?;
	session.send(&party.sends(call), |_| Some(datanet)).await.map(|answer| output::print(json, &answer))
}

async fn offer(connection: &ConnectionArgs, args: OfferArgs) -> Result<Sent<u32>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let owner = args.to.as_deref().map(|to| parse_account(to, &session.kind)).transpose()?;
	let owner = calls::optional(owner.map(Value::from_bytes));
	let call = calls::on_datanet("propose_owner", args.datanet, [("owner", owner)]);
	session.send(&call, |_| Some(args.datanet)).await
}

async fn propose_curators(connection: &ConnectionArgs, args: CuratorsArgs) -> Result<Sent<u32>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let curators = args.curators.iter().map(|curator| parse_account(curator, &session.kind));
	let curators = curators.collect::<Result<Vec<_>, _>>()?;
	let curators = calls::optional((!args.withdraw).then(|| calls::accounts(&curators)));
	let call = calls::on_datanet("propose_curators", args.datanet, [("curators", curators)]);
	session.send(&call, |_| Some(args.datanet)).await
}
