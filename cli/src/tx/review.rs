//! `plexus tx review` and `plexus tx accept`: how a contribution comes into the next version.
//!
//! # Must not
//! Decide who may: the chain knows the curators, and the times.

use super::{by::ByArgs, Sent};
use crate::{calls, client::ConnectionArgs, failure::Failure};

#[derive(clap::Args, Clone)]
pub(super) struct ReviewArgs {
	/// Id of the contribution.
	contribution: u64,

	/// Accept it, with a weight from 1 to 100 beside the others.
	#[arg(long, value_name = "WEIGHT", required_unless_present = "reject", conflicts_with = "reject")]
	weight: Option<u8>,

	/// Reject it.
	#[arg(long)]
	reject: bool,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct AcceptArgs {
	/// Id of the contribution.
	contribution: u64,

	#[command(flatten)]
	by: ByArgs,
}

pub(super) async fn review(connection: &ConnectionArgs, args: ReviewArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let call = party.sends(calls::review(args.contribution, args.weight));
	session.send(&call, |_| Some(args.contribution)).await
}

pub(super) async fn accept(connection: &ConnectionArgs, args: AcceptArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let call = party.sends(calls::about_contribution("accept", args.contribution));
	session.send(&call, |_| Some(args.contribution)).await
}
