//! `plexus tx datanet …`: datanets, the collections that contributions are in.
//!
//! # Must not
//! Repeat the pallet's rules: the chain checks lengths and says which one was broken.

use super::{Sent, Session, SignedArgs};
use crate::{address::parse_account, calls, client::ConnectionArgs, failure::Failure};

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Create a datanet; the answer's id is what contributions name
	Create(CreateArgs),
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
}

#[derive(clap::Args, Clone)]
pub(super) struct CreateArgs {
	/// What it is called. Names need not be unique.
	#[arg(long)]
	name: String,

	/// Licence of the contributions, as an SPDX expression.
	#[arg(long, value_name = "SPDX", default_value = "CC-BY-4.0")]
	licence: String,

	/// By which it is found, like biology/plants. Can be given several times.
	#[arg(long = "tag", value_name = "TAG")]
	tags: Vec<String>,

	/// An account that reviews contributions. Can be given several times; without one, the datanet is open for ever.
	#[arg(long = "curator", value_name = "ACCOUNT")]
	curators: Vec<String>,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct DatanetArgs {
	/// Id of the datanet.
	datanet: u32,

	#[command(flatten)]
	signed: SignedArgs,
}

/// The part of `Datanets.DatanetCreated` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct DatanetCreated {
	datanet: u32,
}

async fn create(connection: &ConnectionArgs, args: CreateArgs) -> Result<Sent<u32>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let curators = args.curators.iter().map(|curator| parse_account(curator, &session.kind));
	let curators = curators.collect::<Result<Vec<_>, _>>()?;
	let call = calls::create_datanet(&args.name, &args.tags, &args.licence, &curators);
	session
		.send(&call, |receipt| {
			receipt.events.find::<DatanetCreated>("Datanets", "DatanetCreated").map(|created| created.datanet)
		})
		.await
}

/// Everything but the creation; the answer's id is the datanet's.
pub(super) async fn change(connection: &ConnectionArgs, action: Action) -> Result<Sent<u32>, Failure> {
	let (call, args) = match action {
		Action::Create(args) => return create(connection, args).await,
		Action::Remove(args) => (calls::about_datanet("remove_datanet", args.datanet), args),
		Action::Publish(args) => (calls::about_datanet("publish", args.datanet), args),
		Action::Pause(args) => (calls::set_paused(args.datanet, true), args),
		Action::Resume(args) => (calls::set_paused(args.datanet, false), args),
		Action::Retire(args) => (calls::about_datanet("retire", args.datanet), args),
	};
	let session = Session::open(connection, &args.signed).await?;
	session.send(&call, |_| Some(args.datanet)).await
}
