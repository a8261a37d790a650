//! `plexus tx contribution …`: what happens to a contribution after its registration.
//!
//! # Must not
//! Repeat the pallet's rules. Send more of a file than the chunk that was asked for.

use super::{by::ByArgs, Sent};
use crate::{
	address::parse_hex32,
	calls::{self, Call},
	client::ConnectionArgs,
	content::prove_file,
	datanets,
	failure::{Failure, FailureKind},
	output::hex,
};
use plexus_primitives::prove_chunk::prove_chunk;
use std::{fs::File, path::PathBuf};
use subxt::dynamic::Value;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Say where a contribution of yours is
	Locator(LocatorArgs),
	/// Ask for a random chunk of an accepted contribution that has a locator
	Challenge(IdArgs),
	/// Draw which chunk a challenge asks for, in a block after the challenge's
	DrawChunk(IdArgs),
	/// Show the chunk that a challenge asks for, from the file
	Answer(AnswerArgs),
	/// End a challenge that nobody answered in time
	CloseChallenge(IdArgs),
	/// Claim what a contribution earns, or that it be taken down
	Dispute(DisputeArgs),
	/// Vote in a dispute, as a curator
	Vote(VerdictArgs),
	/// Decide a dispute, as root
	Judge(VerdictArgs),
	/// Dismiss a dispute that nobody decided in time
	CloseDispute(IdArgs),
	/// Return the deposit for conduct of a contribution whose time is over
	ReleaseDeposit(IdArgs),
	/// Remove a contribution that nobody accepted in time
	Expire(IdArgs),
	/// End the reservation of a content's root that you have, or that is over
	ClearReservation(ReservationArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct ReservationArgs {
	/// The content's root, in hex.
	root: String,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct IdArgs {
	/// Id of the contribution.
	contribution: u64,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct LocatorArgs {
	/// Id of the contribution.
	contribution: u64,

	/// Where others find the content. It can be replaced, never removed.
	#[arg(value_name = "URI")]
	locator: String,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct AnswerArgs {
	/// Id of the contribution.
	contribution: u64,

	/// The whole file. It is read here; one chunk of it is sent.
	file: PathBuf,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct DisputeArgs {
	/// Id of the contribution.
	contribution: u64,

	/// That it be in no new version, and its locator be removed; instead of a claim to its earnings.
	#[arg(long)]
	takedown: bool,

	/// What speaks for the claim, a file. It is hashed here; only its hash is sent.
	#[arg(long, value_name = "FILE")]
	evidence: Option<PathBuf>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct VerdictArgs {
	/// Id of the contribution.
	contribution: u64,

	/// The claimant is right.
	#[arg(long, required_unless_present = "dismiss", conflicts_with = "dismiss")]
	uphold: bool,

	/// The claimant is wrong.
	#[arg(long)]
	dismiss: bool,

	#[command(flatten)]
	by: ByArgs,
}

impl VerdictArgs {
	fn call(&self, name: &str) -> Call {
		calls::on_contribution(name, self.contribution, [("uphold", Value::bool(self.uphold))])
	}
}

/// Sends the call of an action; the answer's id is the contribution's.
pub(super) async fn run(connection: &ConnectionArgs, action: Action) -> Result<Sent<u64>, Failure> {
	let about = |name: &str, args: IdArgs| {
		(calls::about_contribution(name, args.contribution), args.contribution, args.by)
	};
	let (call, id, by) = match action {
		Action::Answer(args) => return answer(connection, args).await,
		Action::Locator(args) => {
			let locator = [("locator", Value::from_bytes(&args.locator))];
			(calls::on_contribution("set_locator", args.contribution, locator), args.contribution, args.by)
		}
		Action::ClearReservation(args) => return clear_reservation(connection, args).await,
		Action::Dispute(args) => (dispute(&args).await?, args.contribution, args.by),
		Action::Vote(args) => (args.call("vote"), args.contribution, args.by),
		Action::Judge(args) => (calls::sudo(args.call("judge")), args.contribution, args.by),
		Action::Challenge(args) => about("challenge", args),
		Action::DrawChunk(args) => about("draw_chunk", args),
		Action::CloseChallenge(args) => about("close_challenge", args),
		Action::CloseDispute(args) => about("close_dispute", args),
		Action::ReleaseDeposit(args) => about("release_deposit", args),
		Action::Expire(args) => about("expire", args),
	};
	let (session, party) = by.open(connection).await?;
	session.send(&party.sends(call), |_| Some(id)).await
}

async fn dispute(args: &DisputeArgs) -> Result<Call, Failure> {
	let evidence = match &args.evidence {
		Some(file) => Some(prove_file(file.clone()).await?.content),
		None => None,
	};
	let evidence = evidence.map(|content| calls::content_value(&content.root, content.len));
	let remedy = if args.takedown { "Takedown" } else { "Redirect" };
	let arguments = [("remedy", Value::unnamed_variant(remedy, [])), ("evidence", calls::optional(evidence))];
	Ok(calls::on_contribution("dispute", args.contribution, arguments))
}

/// The root may be of no contribution yet, so that the answer has no id.
async fn clear_reservation(connection: &ConnectionArgs, args: ReservationArgs) -> Result<Sent<u64>, Failure> {
	let root = parse_hex32(&args.root).ok_or_else(|| {
		Failure::input(
			"InvalidRoot",
			format!("`{}` is no root of a content", args.root),
			"a root is 64 hexadecimal digits, as `b3sum FILE` prints",
		)
	})?;
	let (session, party) = args.by.open(connection).await?;
	session.send(&party.sends(calls::clear_reservation(&root)), |_| None).await
}

/// Looks up which chunk is asked for, and shows it.
async fn answer(connection: &ConnectionArgs, args: AnswerArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let (id, file) = (args.contribution, args.file);
	let challenge = datanets::challenge(&session.at, id).await?.ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NoChallenge",
			format!("nobody asks for a chunk of contribution {id}"),
			"there is nothing to answer",
		)
	})?;
	let held = datanets::contribution(&session.at, id).await?;
	let chunk = challenge.chunk.ok_or_else(|| {
		Failure::new(
			FailureKind::NotFound,
			"NotDrawn",
			format!("nobody has drawn yet which chunk of contribution {id} is to be shown"),
			format!("draw it with `plexus tx contribution draw-chunk {id}`, then answer"),
		)
	})?;
	let path = file.clone();
	let unreadable = |cause: String| {
		Failure::input(
			"FileUnreadable",
			format!("{}: {cause}", file.display()),
			"name the file that was contributed, and that you may read",
		)
	};
	let proving =
		tokio::task::spawn_blocking(move || File::open(path).and_then(|file| prove_chunk(file, chunk)));
	let proven = proving.await.map_err(|stopped| unreadable(stopped.to_string()))?;
	let proven = proven.map_err(|error| unreadable(error.to_string()))?;
	if held.is_some_and(|held| held.content != proven.content) {
		return Err(Failure::input(
			"AnotherFile",
			format!("{} has the root {}, which is not the contribution's", file.display(), hex(proven.content.root)),
			format!("give the very bytes that were contributed; `plexus query contribution {id}` shows their root"),
		));
	}
	let call = calls::on_contribution("answer", id, [("slice", Value::from_bytes(&proven.slice))]);
	session.send(&party.sends(call), |_| Some(id)).await
}
