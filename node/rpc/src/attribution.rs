//! `attribution_*`: open batches, their claims and what is asked about them, in JSON, for programs without a SCALE decoder.
//!
//! # Must not
//! Know more than the runtime API `AttributionApi` tells: whatever is here, any Substrate client finds by `state_call`. Claims of all batches
//! together are in no state: [`crate::claim_history`] asks the index.

use crate::{
	arguments::Arguments,
	claim_history::claim_history,
	context::{json, Context},
	errors::RpcError,
	registry::{Answer, Registry},
	types::to_hex,
};
use codec::{Decode, Encode};
use pallet_attribution::{
	runtime_api::{
		ClaimFilter, ClaimInfo, CommitmentInfo, DemandInfo, MethodInfo, OpenBatchInfo, OpenQuestions, Page,
		PAGE_MAX,
	},
	types::{Moved, Sampling, Share, UnlistedSource, Verdict},
	Method, Parameters,
};
use plexus_primitives::{BatchId, ContributionId, Evidence, MethodId};
use plexus_runtime::AccountId;
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use sp_core::crypto::Ss58Codec;

type OpenBatch = OpenBatchInfo<AccountId, u32>;
type Claim = ClaimInfo<AccountId>;
type Questions = OpenQuestions<AccountId>;
type Commitment = CommitmentInfo<u32>;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("attribution_parameters", parameters);
	registry.query("attribution_openBatch", open_batch);
	registry.query("attribution_openBatches", open_batches);
	registry.query("attribution_claims", claims);
	registry.query("attribution_claimHistory", claim_history);
	registry.query("attribution_openQuestions", open_questions);
	registry.query("attribution_openChallenges", open_challenges);
	registry.query("attribution_commitment", commitment);
	registry.query("attribution_method", method);
	registry.query("attribution_methodId", method_id);
	registry.query("attribution_methods", methods);
}

/// What batches are submitted under now. An open one keeps what it was submitted under.
fn parameters(context: &Context, arguments: &Arguments) -> Answer {
	let state = context.state_in(arguments)?;
	let found: Parameters = context.query_as(&state, "AttributionApi_parameters", &[])?;
	json(&ParametersJson::from(found))
}

/// A batch that is not final.
fn open_batch(context: &Context, arguments: &Arguments) -> Answer {
	let id = batch_id(arguments, "id")?;
	let state = context.state_in(arguments)?;
	let found: Option<OpenBatch> = context.query_as(&state, "AttributionApi_open_batch", &id.encode())?;
	json(&found.map(OpenBatchJson::from))
}

/// One page; its `next` is the cursor of the following one, `null` at the end. A page may be empty before the end, where
/// batches are final.
fn open_batches(context: &Context, arguments: &Arguments) -> Answer {
	page::<OpenBatch, OpenBatchJson, u64>(context, arguments, "AttributionApi_open_batches", &())
}

/// As [`open_batches`]: the claims of an open batch that match the filter.
fn claims(context: &Context, arguments: &Arguments) -> Answer {
	let batch = batch_id(arguments, "batch")?;
	let filter = match arguments.optional::<FilterJson>("filter", A_FILTER)? {
		None => ClaimFilter::All,
		Some(FilterJson::Receipt(place)) => ClaimFilter::Receipt(place),
		Some(FilterJson::Contribution(id)) => ClaimFilter::Contribution(ContributionId(id)),
		Some(FilterJson::Account(address)) => ClaimFilter::Account(account("filter.account", &address)?),
	};
	page::<Claim, ClaimJson, u32>(context, arguments, "AttributionApi_claims", &(batch, filter))
}

/// What is still to be answered in a batch; nothing if it is not open.
fn open_questions(context: &Context, arguments: &Arguments) -> Answer {
	let batch = batch_id(arguments, "batch")?;
	let state = context.state_in(arguments)?;
	let found: Questions = context.query_as(&state, "AttributionApi_open_questions", &batch.encode())?;
	json(&QuestionsJson::from(found))
}

/// As [`open_batches`]: what is still to be answered, batch by batch. Those in which nothing is asked are left out.
fn open_challenges(context: &Context, arguments: &Arguments) -> Answer {
	let cursor: Option<u64> = arguments.optional("cursor", "the `next` of the page before, a number")?;
	let limit = arguments.optional("limit", "a number of batches to look at")?.unwrap_or(PAGE_MAX);
	let state = context.state_in(arguments)?;
	let looked_at: Page<OpenBatch, u64> =
		context.query_as(&state, "AttributionApi_open_batches", &(cursor, limit).encode())?;
	let mut items = Vec::new();
	for OpenBatch { id, .. } in looked_at.items {
		let asked: Questions = context.query_as(&state, "AttributionApi_open_questions", &id.encode())?;
		if asked.samples.is_some() || !asked.demands.is_empty() || !asked.unlisted.is_empty() {
			items.push(ChallengesJson { batch: id.0, asked: asked.into() });
		}
	}
	json(&PageJson { items, next: looked_at.next })
}

/// A commitment that is neither revealed nor cleared.
fn commitment(context: &Context, arguments: &Arguments) -> Answer {
	let by = account("account", &arguments.text("account")?)?;
	let hash = arguments.hash("hash")?.0;
	let state = context.state_in(arguments)?;
	let asked = (by, hash).encode();
	let found: Option<Commitment> = context.query_as(&state, "AttributionApi_commitment", &asked)?;
	json(&found.map(CommitmentJson::from))
}

/// The method with an id.
fn method(context: &Context, arguments: &Arguments) -> Answer {
	let id = arguments.required("id", "a method's id, a number").map(MethodId)?;
	let state = context.state_in(arguments)?;
	let found: Option<Method> = context.query_as(&state, "AttributionApi_method", &id.encode())?;
	json(&found.map(|method| MethodJson::from(MethodInfo { id, method })))
}

/// The id of a method that was registered.
fn method_id(context: &Context, arguments: &Arguments) -> Answer {
	let algorithm = arguments.text("algorithm")?;
	let version = arguments.required("version", "the algorithm's version, a number")?;
	let parameters = arguments.optional::<String>("parameters", "a string")?.unwrap_or_default();
	let method = Method {
		algorithm: text("algorithm", algorithm)?,
		version,
		parameters: text("parameters", parameters)?,
	};
	let state = context.state_in(arguments)?;
	let found: Option<MethodId> = context.query_as(&state, "AttributionApi_method_id", &method.encode())?;
	json(&found.map(|id| id.0))
}

/// As [`open_batches`]: all methods.
fn methods(context: &Context, arguments: &Arguments) -> Answer {
	page::<MethodInfo, MethodJson, u32>(context, arguments, "AttributionApi_methods", &())
}

/// Ids encode as their numbers.
fn page<Item, Json, Cursor>(
	context: &Context,
	arguments: &Arguments,
	method: &str,
	index: &impl Encode,
) -> Answer
where
	Item: Decode,
	Json: From<Item> + Serialize,
	Cursor: Encode + Decode + Serialize + DeserializeOwned,
{
	let cursor: Option<Cursor> = arguments.optional("cursor", "the `next` of the page before, a number")?;
	let limit = arguments.optional("limit", "a number of entries")?.unwrap_or(PAGE_MAX);
	let state = context.state_in(arguments)?;
	let page: Page<Item, Cursor> = context.query_as(&state, method, &(index, cursor, limit).encode())?;
	json(&PageJson { items: page.items.into_iter().map(Json::from).collect(), next: page.next })
}

fn batch_id(arguments: &Arguments, name: &str) -> Result<BatchId, RpcError> {
	arguments.required(name, "a batch's id, a number").map(BatchId)
}

fn account(name: &str, address: &str) -> Result<AccountId, RpcError> {
	AccountId::from_ss58check(address)
		.map_err(|error| RpcError::InvalidParams(format!("`{name}` must be an SS58 address: {error}")))
}

/// A text of a method.
fn text<Bounded: TryFrom<Vec<u8>>>(name: &str, text: String) -> Result<Bounded, RpcError> {
	let length = text.len();
	Bounded::try_from(text.into_bytes()).map_err(|_| {
		RpcError::InvalidParams(format!(
			"`{name}` has {length} bytes, more than any method's: compare `attribution_methods`"
		))
	})
}

const A_FILTER: &str = "{\"receipt\": PLACE}, {\"contribution\": ID} or {\"account\": ADDRESS}";

/// Which claims are meant; all, if there is none.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum FilterJson {
	Receipt(u32),
	Contribution(u64),
	Account(String),
}

/// Amounts are decimal strings, since JavaScript's numbers end at 2^53. Shares are numbers of billionths. Times are on
/// the chain clock.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ParametersJson {
	all: u32,
	grounded: u32,
	span: u32,
	attested: u32,
	submitter: u32,
	challenger: u32,
	hold_multiple: u32,
	hold_floor: String,
	answer_fee_max: String,
	span_bytes_min: u64,
	unlisted_bytes_min: u64,
	window_ms: u64,
	response_ms: u64,
	reveal_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenBatchJson {
	id: u64,
	server: u64,
	account: String,
	root: String,
	receipts: u32,
	submitted_at_ms: u64,
	ends_at_ms: u64,
	commitments_end_at_ms: u64,
	demands_end_at_ms: u64,
	parameters: ParametersJson,
	models: Vec<ShareJson>,
	claims: u32,
	paid: u32,
	hold: String,
	deposit: String,
	sampling: SamplingJson,
	demands: u32,
	verdict: Option<VerdictJson>,
}

/// What a model earned in a batch.
#[derive(Serialize)]
struct ShareJson {
	model: u64,
	fees: String,
	data: String,
	claimed: String,
	developer: String,
	held: String,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum SamplingJson {
	Due { at: u32 },
	Drawn { claims: Vec<u32>, number: u64, deadline_ms: u64 },
	Done,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerdictJson {
	challenger: String,
	number: u64,
	decided_from_ms: u64,
}

/// The evidence has the form that `POST /receipts` of a server takes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClaimJson {
	batch: u64,
	claim: u32,
	receipt: u32,
	model: u64,
	contribution: u64,
	version: u32,
	method: u32,
	evidence: Evidence,
	amount: String,
	submitter: String,
	proven: bool,
	moved: Option<MovedJson>,
	demand_price: String,
}

#[derive(Serialize)]
struct MovedJson {
	contribution: u64,
	version: u32,
	by: String,
	number: u64,
}

#[derive(Serialize)]
struct QuestionsJson {
	samples: Option<SamplesJson>,
	demands: Vec<DemandJson>,
	unlisted: Vec<UnlistedJson>,
}

/// Of a batch in which something is asked.
#[derive(Serialize)]
struct ChallengesJson {
	batch: u64,
	#[serde(flatten)]
	asked: QuestionsJson,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SamplesJson {
	claims: Vec<u32>,
	deadline_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DemandJson {
	claim: u32,
	by: String,
	price: String,
	deadline_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnlistedJson {
	receipt: u32,
	/// The model's place among the batch's.
	model: u32,
	start: u64,
	length: u64,
	contribution: u64,
	version: u32,
	by: String,
	amount: String,
	bond: String,
	deadline_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CommitmentJson {
	number: u64,
	batch: u64,
	made_at: u32,
	expires_at_ms: u64,
	deposit: String,
}

#[derive(Serialize)]
struct MethodJson {
	id: u32,
	algorithm: String,
	version: u32,
	parameters: String,
}

#[derive(Serialize)]
struct PageJson<Item, Cursor> {
	items: Vec<Item>,
	next: Option<Cursor>,
}

impl From<Parameters> for ParametersJson {
	fn from(parameters: Parameters) -> Self {
		Self {
			all: parameters.all.deconstruct(),
			grounded: parameters.grounded.deconstruct(),
			span: parameters.span.deconstruct(),
			attested: parameters.attested.deconstruct(),
			submitter: parameters.submitter.deconstruct(),
			challenger: parameters.challenger.deconstruct(),
			hold_multiple: parameters.hold_multiple,
			hold_floor: parameters.hold_floor.to_string(),
			answer_fee_max: parameters.answer_fee_max.to_string(),
			span_bytes_min: parameters.span_bytes_min,
			unlisted_bytes_min: parameters.unlisted_bytes_min,
			window_ms: parameters.window_ms,
			response_ms: parameters.response_ms,
			reveal_ms: parameters.reveal_ms,
		}
	}
}

impl From<OpenBatch> for OpenBatchJson {
	fn from(batch: OpenBatch) -> Self {
		Self {
			id: batch.id.0,
			server: batch.server.0,
			account: batch.account.to_ss58check(),
			root: to_hex(&batch.root),
			receipts: batch.receipts,
			submitted_at_ms: batch.submitted_at_ms,
			ends_at_ms: batch.ends_at_ms,
			commitments_end_at_ms: batch.commitments_end_at_ms,
			demands_end_at_ms: batch.demands_end_at_ms,
			parameters: batch.parameters.into(),
			models: batch.models.into_iter().map(ShareJson::from).collect(),
			claims: batch.claims,
			paid: batch.paid,
			hold: batch.hold.to_string(),
			deposit: batch.deposit.to_string(),
			sampling: batch.sampling.into(),
			demands: batch.demands,
			verdict: batch.verdict.map(VerdictJson::from),
		}
	}
}

impl From<Share> for ShareJson {
	fn from(Share { model, fees, data, claimed, developer, held }: Share) -> Self {
		let [fees, data, claimed, developer, held] =
			[fees, data, claimed, developer, held].map(|amount| amount.to_string());
		Self { model: model.0, fees, data, claimed, developer, held }
	}
}

impl From<Sampling<u32>> for SamplingJson {
	fn from(sampling: Sampling<u32>) -> Self {
		match sampling {
			Sampling::Due { at } => Self::Due { at },
			Sampling::Drawn { claims, number, deadline_ms } => {
				Self::Drawn { claims: claims.into(), number, deadline_ms }
			}
			Sampling::Done => Self::Done,
		}
	}
}

impl From<Verdict<AccountId>> for VerdictJson {
	fn from(Verdict { challenger, number, decided_from_ms }: Verdict<AccountId>) -> Self {
		Self { challenger: challenger.to_ss58check(), number, decided_from_ms }
	}
}

impl From<Claim> for ClaimJson {
	fn from(claim: Claim) -> Self {
		Self {
			batch: claim.batch.0,
			claim: claim.claim,
			receipt: claim.receipt,
			model: claim.model.0,
			contribution: claim.contribution.0,
			version: claim.version.0,
			method: claim.method.0,
			evidence: claim.evidence,
			amount: claim.amount.to_string(),
			submitter: claim.submitter.to_string(),
			proven: claim.proven,
			moved: claim.moved.map(MovedJson::from),
			demand_price: claim.demand_price.to_string(),
		}
	}
}

impl From<Moved<AccountId>> for MovedJson {
	fn from(Moved { contribution, version, by, number }: Moved<AccountId>) -> Self {
		Self { contribution: contribution.0, version: version.0, by: by.to_ss58check(), number }
	}
}

impl From<Questions> for QuestionsJson {
	fn from(OpenQuestions { samples, demands, unlisted }: Questions) -> Self {
		Self {
			samples: samples.map(|(claims, deadline_ms)| SamplesJson { claims, deadline_ms }),
			demands: demands.into_iter().map(DemandJson::from).collect(),
			unlisted: unlisted.into_iter().map(UnlistedJson::from).collect(),
		}
	}
}

impl From<DemandInfo<AccountId>> for DemandJson {
	fn from(DemandInfo { claim, by, price, deadline_ms }: DemandInfo<AccountId>) -> Self {
		Self { claim, by: by.to_ss58check(), price: price.to_string(), deadline_ms }
	}
}

impl From<UnlistedSource<AccountId>> for UnlistedJson {
	fn from(shown: UnlistedSource<AccountId>) -> Self {
		Self {
			receipt: shown.receipt,
			model: shown.model,
			start: shown.start,
			length: shown.length,
			contribution: shown.contribution.0,
			version: shown.version.0,
			by: shown.by.to_ss58check(),
			amount: shown.amount.to_string(),
			bond: shown.bond.to_string(),
			deadline_ms: shown.deadline_ms,
		}
	}
}

impl From<Commitment> for CommitmentJson {
	fn from(CommitmentInfo { number, batch, made_at, expires_at_ms, deposit }: Commitment) -> Self {
		Self { number, batch: batch.0, made_at, expires_at_ms, deposit: deposit.to_string() }
	}
}

impl From<MethodInfo> for MethodJson {
	fn from(MethodInfo { id, method }: MethodInfo) -> Self {
		let Method { algorithm, version, parameters } = method;
		// Printable ASCII: checked when it was registered.
		let [algorithm, parameters] =
			[&algorithm[..], &parameters[..]].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
		Self { id: id.0, algorithm, version, parameters }
	}
}
