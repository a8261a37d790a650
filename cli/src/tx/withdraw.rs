//! `plexus tx withdraw`: takes a contribution out of its datanet and returns its deposit.
//!
//! # Must not
//! Look the contribution up by its bytes: whoever withdraws names the id, so that nothing is withdrawn by accident.

use super::{Sent, Session, SignedArgs};
use crate::{calls, client::ConnectionArgs, failure::Failure};

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// Id of the contribution.
	contribution: u64,

	#[command(flatten)]
	signed: SignedArgs,
}

pub(super) async fn run(connection: &ConnectionArgs, args: Args) -> Result<Sent<u64>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let call = calls::about_contribution("withdraw", args.contribution);
	session.send(&call, |_| Some(args.contribution)).await
}
