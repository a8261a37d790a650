//! `plexus tx transfer`: pays PLX.
//!
//! # Must not
//! Let a payment remove the paying account unless that was asked for.

use super::{by::ByArgs, NoId, Sent};
use crate::{address::parse_account, amount::Amount, calls, client::ConnectionArgs, failure::Failure};

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// Who receives: an address, or //Bob and the like on development chains.
	#[arg(long, value_name = "ADDRESS")]
	to: String,

	/// How much, in PLX: 12 or 1.5.
	#[arg(long)]
	amount: Amount,

	/// Pay even if what is left is too little for the account to stay alive.
	#[arg(long, hide = true)]
	allow_death: bool,

	#[command(flatten)]
	by: ByArgs,
}

pub(super) async fn run(connection: &ConnectionArgs, args: Args) -> Result<Sent<NoId>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let to = parse_account(&args.to, &session.kind)?;
	let call = party.sends(calls::transfer(&to, args.amount.0, args.allow_death));
	session.send(&call, |_| None).await
}
