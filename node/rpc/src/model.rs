//! `model_*`: models, what they descend from and what descends from them, in JSON, for programs without a SCALE decoder.
//!
//! # Must not
//! Know more than the runtime API `ModelsApi` tells: whatever is here, any Substrate client finds by `state_call`.

use crate::{
	arguments::{to_hash, Arguments, HexBytes},
	context::{json, Context},
	errors::RpcError,
	registry::{Answer, Registry},
	types::to_hex,
};
use codec::Encode;
use pallet_models::{
	runtime_api::{CommitmentInfo, LineageInfo, ModelInfo, ModelPage, PAGE_MAX},
	Ancestor, Asks, ManifestEntry, ModelKind, ModelStatus, RevenuePolicy,
};
use plexus_primitives::{constants::Balance, Content, ModelId, Sequence};
use plexus_runtime::AccountId;
use serde::Serialize;
use sp_core::{crypto::Ss58Codec, H256};

type Model = ModelInfo<AccountId, Balance, u32>;
type Models = ModelPage<AccountId, Balance, u32>;

/// Registers the namespace.
pub fn register(registry: &mut Registry) {
	registry.query("model_byId", by_id);
	registry.query("model_byRoot", by_root);
	registry.query("model_list", list);
	registry.query("model_byDeveloper", by_developer);
	registry.query("model_children", children);
	registry.query("model_lineage", lineage);
	registry.query("model_commitment", commitment);
}

fn by_id(context: &Context, arguments: &Arguments) -> Answer {
	let id = model_id(arguments, "id")?;
	let state = context.state_in(arguments)?;
	let found: Option<Model> = context.query_as(&state, "ModelsApi_model", &id.encode())?;
	json(&found.map(ModelJson::from))
}

/// The model that holds the root; superseded ones hold none.
fn by_root(context: &Context, arguments: &Arguments) -> Answer {
	let root = hash(arguments, "root")?;
	let state = context.state_in(arguments)?;
	let found: Option<Model> = context.query_as(&state, "ModelsApi_model_by_root", &root.encode())?;
	json(&found.map(ModelJson::from))
}

/// One page; its `next` is the cursor of the following one, `null` at the end. So are all pages.
fn list(context: &Context, arguments: &Arguments) -> Answer {
	page(context, arguments, "ModelsApi_models", &())
}

fn by_developer(context: &Context, arguments: &Arguments) -> Answer {
	let developer = account(arguments, "developer")?;
	page(context, arguments, "ModelsApi_models_of", &developer)
}

fn children(context: &Context, arguments: &Arguments) -> Answer {
	let model = model_id(arguments, "model")?;
	page(context, arguments, "ModelsApi_children", &model)
}

fn page(context: &Context, arguments: &Arguments, method: &str, index: &impl Encode) -> Answer {
	let cursor = arguments.optional("cursor", "the `next` of the page before, a number")?.map(Sequence);
	let limit = arguments.optional("limit", "a number of models")?.unwrap_or(PAGE_MAX);
	let state = context.state_in(arguments)?;
	let page: Models = context.query_as(&state, method, &(index, cursor, limit).encode())?;
	json(&PageJson {
		items: page.items.into_iter().map(ModelJson::from).collect(),
		next: page.next.map(|place| place.0),
	})
}

fn lineage(context: &Context, arguments: &Arguments) -> Answer {
	let model = model_id(arguments, "model")?;
	let state = context.state_in(arguments)?;
	let found: Option<LineageInfo> = context.query_as(&state, "ModelsApi_lineage", &model.encode())?;
	json(&found.map(LineageJson::from))
}

/// A commitment that is neither used nor cleared.
fn commitment(context: &Context, arguments: &Arguments) -> Answer {
	let account = account(arguments, "account")?;
	let hash = hash(arguments, "hash")?;
	let state = context.state_in(arguments)?;
	let found: Option<CommitmentInfo<Balance>> =
		context.query_as(&state, "ModelsApi_commitment", &(account, hash).encode())?;
	json(&found.map(CommitmentJson::from))
}

fn model_id(arguments: &Arguments, name: &str) -> Result<ModelId, RpcError> {
	arguments.required(name, "a model's id, a number").map(ModelId)
}

fn account(arguments: &Arguments, name: &str) -> Result<AccountId, RpcError> {
	AccountId::from_ss58check(&arguments.text(name)?)
		.map_err(|error| RpcError::InvalidParams(format!("`{name}` must be an SS58 address: {error}")))
}

fn hash(arguments: &Arguments, name: &str) -> Result<H256, RpcError> {
	let HexBytes(bytes) = arguments.required(name, "a BLAKE3 hash: 64 hexadecimal digits")?;
	to_hash(&bytes, name)
}

/// Amounts are decimal strings, since JavaScript's numbers end at 2^53. Shares are numbers of billionths.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelJson {
	id: u64,
	developer: String,
	status: &'static str,
	superseded_by: Option<u64>,
	kind: &'static str,
	artifact: PlacedJson,
	card: PlacedJson,
	parents: Vec<u64>,
	/// How many were made from it directly.
	children: u64,
	manifest: Vec<ManifestJson>,
	policy: PolicyJson,
	asks: AsksJson,
	registered_at: u32,
	commitment: u64,
	contestable_until_ms: u64,
	deposit: String,
	locators_deposit: String,
}

/// The bytes are elsewhere: they hash to the root. The locator is empty if it is not told where.
#[derive(Serialize)]
struct PlacedJson {
	root: String,
	length: u64,
	locator: String,
}

#[derive(Serialize)]
struct ManifestJson {
	datanet: u32,
	version: u32,
	share: u32,
}

#[derive(Serialize)]
struct PolicyJson {
	server: u32,
	developer: u32,
	data: u32,
}

#[derive(Serialize)]
struct AsksJson {
	royalty: u32,
	data: u32,
}

#[derive(Serialize)]
struct PageJson {
	items: Vec<ModelJson>,
	next: Option<u64>,
}

impl From<Model> for ModelJson {
	fn from(model: Model) -> Self {
		let superseded_by = match model.status {
			ModelStatus::Superseded { by } => Some(by.0),
			ModelStatus::Active | ModelStatus::Deprecated => None,
		};
		Self {
			id: model.id.0,
			developer: model.developer.to_ss58check(),
			status: match model.status {
				ModelStatus::Active => "active",
				ModelStatus::Deprecated => "deprecated",
				ModelStatus::Superseded { .. } => "superseded",
			},
			superseded_by,
			kind: match model.kind {
				ModelKind::Base => "base",
				ModelKind::FineTune => "fine-tune",
				ModelKind::Adapter => "adapter",
				ModelKind::Merge => "merge",
			},
			artifact: PlacedJson::new(&model.artifact, &model.artifact_locator),
			card: PlacedJson::new(&model.card, &model.card_locator),
			parents: model.parents.into_iter().map(|parent| parent.0).collect(),
			children: model.children,
			manifest: model.manifest.into_iter().map(ManifestJson::from).collect(),
			policy: PolicyJson::from(model.policy),
			asks: AsksJson::from(model.asks),
			registered_at: model.registered_at,
			commitment: model.commitment.0,
			contestable_until_ms: model.contestable_until_ms,
			deposit: model.deposit.to_string(),
			locators_deposit: model.locators_deposit.to_string(),
		}
	}
}

impl PlacedJson {
	fn new(content: &Content, locator: &[u8]) -> Self {
		// The chain takes ASCII only.
		let locator = String::from_utf8_lossy(locator).into_owned();
		Self { root: to_hex(&content.root), length: content.len, locator }
	}
}

impl From<ManifestEntry> for ManifestJson {
	fn from(entry: ManifestEntry) -> Self {
		let ManifestEntry { datanet, version, share } = entry;
		Self { datanet: datanet.0, version: version.0, share: share.deconstruct() }
	}
}

impl From<RevenuePolicy> for PolicyJson {
	fn from(policy: RevenuePolicy) -> Self {
		let RevenuePolicy { server, developer, data } = policy;
		Self { server: server.deconstruct(), developer: developer.deconstruct(), data: data.deconstruct() }
	}
}

impl From<Asks> for AsksJson {
	fn from(asks: Asks) -> Self {
		Self { royalty: asks.royalty.deconstruct(), data: asks.data.deconstruct() }
	}
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineageJson {
	ancestors: Vec<AncestorJson>,
	royalties: u32,
	royalties_of_children: u32,
	royalties_max: u32,
	data_of_children: u32,
}

/// What it gets of each fee, and how much of that goes to its data.
#[derive(Serialize)]
struct AncestorJson {
	model: u64,
	royalty: u32,
	data: u32,
}

impl From<LineageInfo> for LineageJson {
	fn from(lineage: LineageInfo) -> Self {
		let ancestor = |Ancestor { model, royalty, data }: Ancestor| AncestorJson {
			model: model.0,
			royalty: royalty.deconstruct(),
			data: data.deconstruct(),
		};
		Self {
			ancestors: lineage.ancestors.into_iter().map(ancestor).collect(),
			royalties: lineage.royalties.deconstruct(),
			royalties_of_children: lineage.royalties_of_children.deconstruct(),
			royalties_max: lineage.royalties_max.deconstruct(),
			data_of_children: lineage.data_of_children.deconstruct(),
		}
	}
}

/// A commitment to contents or to models that was neither used nor cleared.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitmentJson {
	pub(crate) number: u64,
	pub(crate) usable_from_ms: u64,
	pub(crate) expires_at_ms: u64,
	pub(crate) deposit: String,
}

impl From<CommitmentInfo<Balance>> for CommitmentJson {
	fn from(commitment: CommitmentInfo<Balance>) -> Self {
		let CommitmentInfo { number, usable_from_ms, expires_at_ms, deposit } = commitment;
		Self { number: number.0, usable_from_ms, expires_at_ms, deposit: deposit.to_string() }
	}
}
