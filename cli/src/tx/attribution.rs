//! `plexus tx attribution …`: what anybody does about batches with claims, without a proof in hand.
//!
//! # Must not
//! Repeat the pallet's rules. Make proofs: whoever answers or challenges has files to make them of.

use super::{by::ByArgs, Sent, Session, SignedArgs};
use crate::{
	address::{parse_account, parse_hex32},
	amount::Amount,
	calls::{self, Call},
	claims::chain::{self, Parameters},
	client::{constant, ConnectionArgs},
	failure::Failure,
	validators::Percent,
};
use plexus_primitives::BatchId;
use subxt::dynamic::Value;

/// Claims of one call if the chain does not tell how many a batch has.
const CLAIMS_DEFAULT: u32 = 512;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Give a method of finding claims an id, for a price that is burned
	RegisterMethod(MethodArgs),
	/// Draw which claims of a batch its server has to show
	DrawSamples(BatchArgs),
	/// Call a batch fraudulent whose samples were not shown in time
	CloseSamples(BatchArgs),
	/// Pay to see a claim's evidence
	Demand(ClaimArgs),
	/// End a demand that was not answered in time, or need not be
	CloseDemand(ClaimArgs),
	/// Remove a commitment: your own without loss once its batch is fraudulent or gone, or anybody's that has expired
	ClearCommitment(ClearArgs),
	/// Pay out a batch whose window is over, or void the claims of a fraudulent one
	Finalise(FinaliseArgs),
	/// Change the parameters of batches to come, as root
	SetParameters(Box<ParameterArgs>),
}

#[derive(clap::Args, Clone)]
pub(super) struct MethodArgs {
	/// The algorithm's name.
	#[arg(long, value_name = "NAME")]
	algorithm: String,

	/// The algorithm's version.
	#[arg(long, value_name = "N")]
	version: u32,

	/// Its parameters, like min=32; none if not given.
	#[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
	parameters: String,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct BatchArgs {
	/// Id of the batch.
	batch: u64,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct ClaimArgs {
	/// Id of the batch.
	batch: u64,

	/// The claim's place in it, from 0; `plexus query claims` lists them.
	claim: u32,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct ClearArgs {
	/// What was committed to: 64 hexadecimal digits.
	hash: String,

	/// Whose commitment it is, if not the signer's: an address, or //Bob and the like on development chains.
	#[arg(long, value_name = "ADDRESS")]
	account: Option<String>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct FinaliseArgs {
	/// Id of the batch.
	batch: u64,

	/// How many claims to pay at most; all, if not given. The fee is for as many.
	#[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
	limit: Option<u32>,

	#[command(flatten)]
	by: ByArgs,
}

/// What is not given stays as it is.
#[derive(clap::Args, Clone)]
pub(super) struct ParameterArgs {
	/// What all claims of a receipt may take of its data's money.
	#[arg(long, value_name = "PERCENT")]
	all: Option<Percent>,

	/// What a context that is claimed wholly takes.
	#[arg(long, value_name = "PERCENT")]
	grounded: Option<Percent>,

	/// What an output that is claimed wholly takes.
	#[arg(long, value_name = "PERCENT")]
	span: Option<Percent>,

	/// What whoever submits a claim has of what it moves.
	#[arg(long, value_name = "PERCENT")]
	submitter: Option<Percent>,

	/// What whoever shows fraud has of the hold.
	#[arg(long, value_name = "PERCENT")]
	challenger: Option<Percent>,

	/// How many times what its claims move a batch has on hold.
	#[arg(long, value_name = "N")]
	hold_multiple: Option<u32>,

	/// What it has on hold beside that, in PLX.
	#[arg(long, value_name = "AMOUNT")]
	hold_floor: Option<Amount>,

	/// What an answer costs in fees at most, in PLX.
	#[arg(long, value_name = "AMOUNT")]
	answer_fee_max: Option<Amount>,

	/// The bytes of a span, at least.
	#[arg(long, value_name = "BYTES")]
	span_bytes_min: Option<u64>,

	/// The bytes of an unlisted source, at least.
	#[arg(long, value_name = "BYTES")]
	unlisted_bytes_min: Option<u64>,

	/// How long a batch is open, in milliseconds.
	#[arg(long, value_name = "MS")]
	window_ms: Option<u64>,

	/// How long an answer may take, in milliseconds.
	#[arg(long, value_name = "MS")]
	response_ms: Option<u64>,

	/// How long a commitment may be revealed, in milliseconds.
	#[arg(long, value_name = "MS")]
	reveal_ms: Option<u64>,

	#[command(flatten)]
	signed: SignedArgs,
}

/// The part of `Attribution.MethodRegistered` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct MethodRegistered {
	method: u32,
}

/// Sends the call of an action. The answer's id is the method's, or the batch's.
pub(super) async fn run(connection: &ConnectionArgs, action: Action) -> Result<Sent<u64>, Failure> {
	match action {
		Action::RegisterMethod(args) => register_method(connection, args).await,
		Action::DrawSamples(args) => on_batch(connection, &args.by, args.batch, "draw_samples", []).await,
		Action::CloseSamples(args) => on_batch(connection, &args.by, args.batch, "close_samples", []).await,
		Action::Demand(args) => on_claim(connection, args, "demand").await,
		Action::CloseDemand(args) => on_claim(connection, args, "close_demand").await,
		Action::ClearCommitment(args) => clear_commitment(connection, args).await,
		Action::Finalise(args) => finalise(connection, args).await,
		Action::SetParameters(args) => set_parameters(connection, *args).await,
	}
}

async fn register_method(connection: &ConnectionArgs, args: MethodArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let call = party.sends(calls::register_method(&args.algorithm, args.version, &args.parameters));
	let registered = |event: MethodRegistered| u64::from(event.method);
	session
		.send(&call, |receipt| receipt.events.find("Attribution", "MethodRegistered").map(registered))
		.await
}

async fn on_batch<const N: usize>(
	connection: &ConnectionArgs,
	by: &ByArgs,
	batch: u64,
	name: &str,
	arguments: [(&str, Value); N],
) -> Result<Sent<u64>, Failure> {
	let (session, party) = by.open(connection).await?;
	let call = party.sends(calls::on_open_batch(name, batch, arguments));
	session.send(&call, |_| Some(batch)).await
}

async fn on_claim(connection: &ConnectionArgs, args: ClaimArgs, name: &str) -> Result<Sent<u64>, Failure> {
	let claim = [("claim", Value::u128(args.claim.into()))];
	on_batch(connection, &args.by, args.batch, name, claim).await
}

async fn clear_commitment(connection: &ConnectionArgs, args: ClearArgs) -> Result<Sent<u64>, Failure> {
	let hash = parse_hex32(&args.hash).ok_or_else(|| {
		Failure::input(
			"InvalidHash",
			format!("`{}` is no hash of a commitment", args.hash),
			"it is 64 hexadecimal digits, as the event `Committed` tells",
		)
	})?;
	let (session, party) = args.by.open(connection).await?;
	let account = match &args.account {
		Some(account) => parse_account(account, &session.kind)?,
		None => party.account.clone(),
	};
	let call = party.sends(calls::clear_challenge_commitment(&account, &hash));
	session.send(&call, |_| None).await
}

async fn finalise(connection: &ConnectionArgs, args: FinaliseArgs) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let limit = match args.limit {
		Some(limit) => limit,
		None => all_claims(&session, args.batch).await?,
	};
	let limit = [("limit", Value::u128(limit.into()))];
	let call = party.sends(calls::on_open_batch("finalise", args.batch, limit));
	session.send(&call, |_| Some(args.batch)).await
}

/// As many as the batch has: the fee is for what the call says.
async fn all_claims(session: &Session, batch: u64) -> Result<u32, Failure> {
	let open = chain::known_open_batch(&session.at, BatchId(batch)).await?;
	let most = constant(&session.at, "Attribution", "ClaimsMax").and_then(|most| u32::try_from(most).ok());
	Ok(open.claims.saturating_sub(open.paid).clamp(1, most.unwrap_or(CLAIMS_DEFAULT)))
}

async fn set_parameters(connection: &ConnectionArgs, args: ParameterArgs) -> Result<Sent<u64>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let changed = args.changed(chain::parameters(&session.at).await?);
	session.send(&set_parameters_call(&changed), |_| None).await
}

fn set_parameters_call(parameters: &Parameters) -> Call {
	calls::sudo(calls::set_attribution_parameters(parameters))
}

impl ParameterArgs {
	fn changed(&self, now: Parameters) -> Parameters {
		let amount = |given: Option<Amount>, now: u128| given.map_or(now, |amount| amount.0);
		Parameters {
			all: self.all.unwrap_or(now.all),
			grounded: self.grounded.unwrap_or(now.grounded),
			span: self.span.unwrap_or(now.span),
			// Zero, as long as there are no verifiers: no other value is sound.
			attested: now.attested,
			submitter: self.submitter.unwrap_or(now.submitter),
			challenger: self.challenger.unwrap_or(now.challenger),
			hold_multiple: self.hold_multiple.unwrap_or(now.hold_multiple),
			hold_floor: amount(self.hold_floor, now.hold_floor),
			answer_fee_max: amount(self.answer_fee_max, now.answer_fee_max),
			span_bytes_min: self.span_bytes_min.unwrap_or(now.span_bytes_min),
			unlisted_bytes_min: self.unlisted_bytes_min.unwrap_or(now.unlisted_bytes_min),
			window_ms: self.window_ms.unwrap_or(now.window_ms),
			response_ms: self.response_ms.unwrap_or(now.response_ms),
			reveal_ms: self.reveal_ms.unwrap_or(now.reveal_ms),
		}
	}
}
