//! `plexus tx withdraw`: takes a contribution out of its datanet and returns its deposit.
//!
//! # Must not
//! Look the contribution up by its bytes: whoever withdraws names the id, so that nothing is withdrawn by accident.

use super::{by::ByArgs, Sent};
use crate::{calls, client::ConnectionArgs, failure::Failure};

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// Id of the contribution.
	contribution: u64,

	#[command(flatten)]
	by: ByArgs,
}

pub(super) async fn run(connection: &ConnectionArgs, args: Args) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let call = party.sends(calls::about_contribution("withdraw", args.contribution));
	session.send(&call, |_| Some(args.contribution)).await
}
