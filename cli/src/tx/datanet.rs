//! `plexus tx datanet …`: datanets, the collections that contributions are in.
//!
//! # Must not
//! Repeat the pallet's rules: the chain checks lengths and says which one was broken.

use super::{Sent, Session, SignedArgs};
use crate::{calls, client::ConnectionArgs, failure::Failure};

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Create a datanet; the answer's id is what contributions name
	Create(CreateArgs),
	/// Remove an empty datanet of yours and get its deposit back
	Remove(RemoveArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct CreateArgs {
	/// What it is called. Names need not be unique.
	#[arg(long)]
	name: String,

	/// Licence of the contributions, as an SPDX expression.
	#[arg(long, value_name = "SPDX", default_value = "CC-BY-4.0")]
	licence: String,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct RemoveArgs {
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

pub(super) async fn create(connection: &ConnectionArgs, args: CreateArgs) -> Result<Sent<u32>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let call = calls::create_datanet(&args.name, &args.licence);
	session
		.send(&call, |receipt| {
			receipt.events.find::<DatanetCreated>("Datanets", "DatanetCreated").map(|created| created.datanet)
		})
		.await
}

pub(super) async fn remove(connection: &ConnectionArgs, args: RemoveArgs) -> Result<Sent<u32>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	session.send(&calls::remove_datanet(args.datanet), |_| Some(args.datanet)).await
}
