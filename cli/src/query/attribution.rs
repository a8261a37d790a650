//! `plexus query open-batch|open-batches|claims|questions|open-challenges|method|methods|attribution-parameters`: what waits for objections.
//!
//! # Must not
//! Judge a claim: what the chain has of it is told.

use super::{not_found, told};
use crate::{
	address::parse_account,
	attribution::{Challenges, Claims, Method, Methods, OpenBatch, OpenBatches, Parameters, Questions},
	claims::chain::{self, Filter, MethodName},
	client::Client,
	failure::Failure,
};
use plexus_primitives::{api::PAGE_MAX, BatchId, ContributionId, MethodId};

#[derive(clap::Subcommand, Clone)]
pub(super) enum Question {
	/// A batch that waits for objections: claims, hold, samples, windows
	#[command(hide = true)]
	OpenBatch(BatchArgs),
	/// Batches that wait for objections; more with open-batch, claims, questions, methods
	OpenBatches(OpenBatchesArgs),
	/// The claims of an open batch, by page; those of all batches with claim-history
	#[command(hide = true)]
	Claims(ClaimsArgs),
	/// What is still to be answered in an open batch: samples, demands, unlisted sources
	#[command(hide = true)]
	Questions(BatchArgs),
	/// What is still to be answered in any batch, by page
	#[command(hide = true)]
	OpenChallenges(OpenBatchesArgs),
	/// A method by which claims are found, by its id or by what it is
	#[command(hide = true)]
	Method(MethodArgs),
	/// The methods by which claims are found, by page
	#[command(hide = true)]
	Methods(MethodsArgs),
	/// What batches with claims are submitted under
	#[command(hide = true)]
	AttributionParameters,
}

#[derive(clap::Args, Clone)]
pub(super) struct BatchArgs {
	/// Id of the batch.
	batch: u64,
}

#[derive(clap::Args, Clone)]
pub(super) struct OpenBatchesArgs {
	/// Id to begin with: the end of the last page tells.
	#[arg(long, value_name = "ID")]
	cursor: Option<u64>,

	#[command(flatten)]
	page: LimitArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct ClaimsArgs {
	/// Id of the batch.
	batch: u64,

	/// Only those of the receipt at this place.
	#[arg(long, value_name = "PLACE", conflicts_with_all = ["contribution", "account"])]
	receipt: Option<u32>,

	/// Only those that move money to this contribution.
	#[arg(long, value_name = "ID", conflicts_with = "account")]
	contribution: Option<u64>,

	/// Only those that this account submitted or moved: an address, or //Alice and the like on development chains.
	#[arg(long, value_name = "ADDRESS")]
	account: Option<String>,

	/// Place to begin with: the end of the last page tells.
	#[arg(long, value_name = "PLACE")]
	cursor: Option<u32>,

	#[command(flatten)]
	page: LimitArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct MethodArgs {
	/// Id of the method.
	#[arg(required_unless_present = "algorithm", conflicts_with_all = ["algorithm", "version", "parameters"])]
	id: Option<u32>,

	/// Instead of an id: the algorithm's name.
	#[arg(long, value_name = "NAME", requires = "version")]
	algorithm: Option<String>,

	/// The algorithm's version.
	#[arg(long, value_name = "N", requires = "algorithm")]
	version: Option<u32>,

	/// Its parameters, like min=32; none if not given.
	#[arg(long, value_name = "TEXT", requires = "algorithm")]
	parameters: Option<String>,
}

#[derive(clap::Args, Clone)]
pub(super) struct MethodsArgs {
	/// Id to begin with: the end of the last page tells.
	#[arg(long, value_name = "ID")]
	cursor: Option<u32>,

	#[command(flatten)]
	page: LimitArgs,
}

#[derive(clap::Args, Clone)]
struct LimitArgs {
	/// How many to look at at most; what is final or does not match leaves gaps.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=PAGE_MAX as i64))]
	limit: u32,
}

pub(super) async fn run(client: &Client, json: bool, question: Question) -> Result<(), Failure> {
	match question {
		Question::OpenBatch(args) => told(json, open_batch(client, args)).await,
		Question::OpenBatches(args) => told(json, open_batches(client, args)).await,
		Question::Claims(args) => told(json, claims(client, args)).await,
		Question::Questions(args) => told(json, questions(client, args)).await,
		Question::OpenChallenges(args) => told(json, open_challenges(client, args)).await,
		Question::Method(args) => told(json, method(client, args)).await,
		Question::Methods(args) => told(json, methods(client, args)).await,
		Question::AttributionParameters => told(json, parameters(client)).await,
	}
}

async fn open_batch(client: &Client, args: BatchArgs) -> Result<OpenBatch, Failure> {
	chain::known_open_batch(&client.at_head().await?, BatchId(args.batch)).await.map(OpenBatch::from)
}

async fn open_batches(client: &Client, args: OpenBatchesArgs) -> Result<OpenBatches, Failure> {
	let at = client.at_head().await?;
	chain::open_batches(&at, args.cursor.map(BatchId), args.page.limit).await.map(OpenBatches::from)
}

async fn claims(client: &Client, args: ClaimsArgs) -> Result<Claims, Failure> {
	let filter = match (args.receipt, args.contribution, &args.account) {
		(Some(place), _, _) => Filter::Receipt(place),
		(None, Some(id), _) => Filter::Contribution(ContributionId(id)),
		(None, None, Some(account)) => Filter::Account(parse_account(account, &client.chain_kind().await?)?),
		(None, None, None) => Filter::All,
	};
	let at = client.at_head().await?;
	chain::known_open_batch(&at, BatchId(args.batch)).await?;
	chain::claims_page(&at, BatchId(args.batch), filter, args.cursor, args.page.limit).await.map(Claims::from)
}

async fn questions(client: &Client, args: BatchArgs) -> Result<Questions, Failure> {
	let at = client.at_head().await?;
	chain::known_open_batch(&at, BatchId(args.batch)).await?;
	let asked = chain::questions(&at, BatchId(args.batch)).await?;
	Ok(Questions::new(args.batch, asked))
}

async fn open_challenges(client: &Client, args: OpenBatchesArgs) -> Result<Challenges, Failure> {
	let at = client.at_head().await?;
	let page = chain::open_batches(&at, args.cursor.map(BatchId), args.page.limit).await?;
	let mut batches = Vec::new();
	for batch in page.items {
		let asked = Questions::new(batch.id.0, chain::questions(&at, batch.id).await?);
		if !asked.is_empty() {
			batches.push(asked);
		}
	}
	Ok(Challenges { batches, next: page.next.map(|id| id.0) })
}

async fn method(client: &Client, args: MethodArgs) -> Result<Method, Failure> {
	let at = client.at_head().await?;
	let found = match args.id.map(MethodId) {
		Some(id) => chain::method(&at, id).await?.map(|name| (id, name)),
		None => {
			let name = MethodName {
				algorithm: args.algorithm.unwrap_or_default().into_bytes(),
				version: args.version.unwrap_or_default(),
				parameters: args.parameters.unwrap_or_default().into_bytes(),
			};
			chain::method_id(&at, &name).await?.map(|id| (id, name))
		}
	};
	let found = found.map(|(id, name)| Method::new(id, &name));
	found.ok_or_else(|| {
		not_found(
			"NoSuchMethod",
			"no such method is registered",
			"list those that are with `plexus query methods`, or register it with `plexus tx attribution register-method`",
		)
	})
}

async fn methods(client: &Client, args: MethodsArgs) -> Result<Methods, Failure> {
	let at = client.at_head().await?;
	chain::methods(&at, args.cursor.map(MethodId), args.page.limit).await.map(Methods::from)
}

async fn parameters(client: &Client) -> Result<Parameters, Failure> {
	chain::parameters(&client.at_head().await?).await.map(Parameters::from)
}
