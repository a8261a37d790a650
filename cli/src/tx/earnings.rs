//! `plexus tx earnings …`: brings what models and data earned to whom it belongs. Anybody may, for anybody; what the protocol
//! takes of it only root changes.
//!
//! # Must not
//! Compute what is due: the chain does. Ask for more pages of positions than a bound.

use super::{by::ByArgs, NoId, Sent, Session};
use crate::{
	address::parse_account,
	calls::{self, Call},
	client::{constant, ConnectionArgs},
	failure::{Failure, FailureKind},
	payments,
	rewards::{self, Holder, Place},
	validators::Percent,
};
use plexus_primitives::api::PAGE_MAX;
use sp_core::crypto::AccountId32;

/// Pages of positions that are looked through for something to claim: 16,384 positions.
const PAGES_MAX: usize = 64;

/// Places of one claim if the chain does not tell how many it takes.
const PLACES_DEFAULT: usize = 64;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Credit what a model earned to its developer, or a royalty on it to an ancestor
	Pull(PullArgs),
	/// Move what a model's data earned into the pool of a version
	Distribute(DistributeArgs),
	/// Credit an account with what it earned by being in versions, at most 64 positions at once
	Claim(AccountArgs),
	/// Pay an account all that it was credited
	Withdraw(AccountArgs),
	/// Return the deposit of an old batch's record to its server
	ClearBatch(BatchArgs),
	/// Change the protocol's share of the fees of batches to come, as root
	SetProtocolShare(ShareArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct PullArgs {
	/// Id of the model that earned.
	model: u64,

	/// Instead of to the developer: to this ancestor's developer and data.
	#[arg(long, value_name = "MODEL")]
	ancestor: Option<u64>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct DistributeArgs {
	/// Id of the model.
	model: u64,

	/// Which entry of its manifest, from 0; `plexus query rewards model` lists them.
	#[arg(long, value_name = "N", default_value_t = 0)]
	entry: u32,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct BatchArgs {
	/// Id of the batch; `plexus query batch` tells from when on its record can be cleared.
	batch: u64,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct ShareArgs {
	/// The share in per cent, within the chain's bounds; `plexus query fees` shows the present one.
	#[arg(value_name = "PERCENT")]
	share: Percent,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct AccountArgs {
	/// Whose: an address, or //Bob and the like on development chains. It need not be the signer's.
	account: String,

	#[command(flatten)]
	by: ByArgs,
}

pub(super) async fn run(connection: &ConnectionArgs, action: Action) -> Result<Sent<NoId>, Failure> {
	let (session, party) = action.by().open(connection).await?;
	let call = match &action {
		Action::Pull(args) => calls::pull(args.model, args.ancestor),
		Action::Distribute(args) => calls::distribute(args.model, args.entry),
		Action::Claim(args) => claim(&session, &parse_account(&args.account, &session.kind)?).await?,
		Action::Withdraw(args) => withdraw(&session, &parse_account(&args.account, &session.kind)?).await?,
		Action::ClearBatch(args) => calls::clear_batch(args.batch),
		Action::SetProtocolShare(args) => calls::sudo(calls::set_protocol_share(args.share)),
	};
	session.send(&party.sends(call), |_| None).await
}

impl Action {
	fn by(&self) -> &ByArgs {
		match self {
			Self::Pull(args) => &args.by,
			Self::Distribute(args) => &args.by,
			Self::Claim(args) | Self::Withdraw(args) => &args.by,
			Self::ClearBatch(args) => &args.by,
			Self::SetProtocolShare(args) => &args.by,
		}
	}
}

/// A claim for the positions of an account that have something to claim.
async fn claim(session: &Session, account: &AccountId32) -> Result<Call, Failure> {
	let places_max = constant(&session.at, "Rewards", "ClaimPlacesMax");
	let places_max = places_max.and_then(|most| usize::try_from(most).ok()).unwrap_or(PLACES_DEFAULT);
	let (mut places, mut cursor): (Vec<Place>, Option<Place>) = (Vec::new(), None);
	let holder = Holder::Account(account.clone());
	for _ in 0..PAGES_MAX {
		let page = rewards::positions(&session.at, &holder, cursor, PAGE_MAX).await?;
		places.extend(page.items.iter().filter(|info| info.claimable > 0).map(|info| info.place));
		cursor = page.next;
		if cursor.is_none() || places.len() >= places_max {
			break;
		}
	}
	places.truncate(places_max);
	match places.is_empty() {
		true => Err(nothing(
			"no position of the account has anything to claim",
			"perhaps it is yet to be distributed: `plexus query rewards model MODEL`, `plexus tx earnings distribute MODEL`",
		)),
		false => Ok(calls::claim(account, &places)),
	}
}

/// Whatever the account was credited, for serving, developing, and for data.
async fn withdraw(session: &Session, account: &AccountId32) -> Result<Call, Failure> {
	let of_models = payments::earnings(&session.at, account).await?;
	let of_data = rewards::earned(&session.at, &Holder::Account(account.clone())).await?.due;
	let calls = [("Receipts", of_models), ("Rewards", of_data)];
	let mut calls: Vec<Call> = calls
		.into_iter()
		.filter(|(_, due)| *due > 0)
		.map(|(pallet, _)| calls::withdraw(pallet, account))
		.collect();
	match (calls.pop(), calls.is_empty()) {
		(Some(one), true) => Ok(one),
		(Some(last), false) => Ok(calls::batch_all(calls.into_iter().chain([last]))),
		(None, _) => Err(nothing(
			"the account was credited nothing that it was not paid",
			"pull what models earned with `plexus tx earnings pull`, and claim what data earned with `plexus tx earnings claim`",
		)),
	}
}

fn nothing(cause: &str, remedy: &str) -> Failure {
	Failure::new(FailureKind::Refused, "NothingDue", cause, remedy)
}
