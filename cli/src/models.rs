//! Models and their lineage as the runtime's `ModelsApi` tells of them.
//!
//! # Must not
//! Read the pallet's storage: the layout may change, the API is the promise.
//!
//! # Invariants
//! The types here have the encoding of the runtime's; a test decodes what the pallet's own types encode to.

use crate::{
	address::display,
	amount::Amount,
	client::{runtime_call, AtBlock},
	failure::{Failure, FailureKind},
	output::{self, hex, text, Answer},
	validators::Percent,
};
use codec::Decode;
use plexus_primitives::Content;
use serde::Serialize;
use sp_core::crypto::AccountId32;

/// A model.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct Info {
	pub(crate) id: u64,
	pub(crate) developer: AccountId32,
	pub(crate) status: Status,
	pub(crate) kind: Kind,
	pub(crate) artifact: Content,
	pub(crate) artifact_locator: Vec<u8>,
	pub(crate) card: Content,
	pub(crate) card_locator: Vec<u8>,
	pub(crate) parents: Vec<u64>,
	pub(crate) children: u64,
	pub(crate) manifest: Vec<ManifestEntry>,
	pub(crate) policy: Policy,
	pub(crate) asks: Asks,
	pub(crate) registered_at: u32,
	pub(crate) commitment: u64,
	/// On the chain clock.
	pub(crate) contestable_until_ms: u64,
	pub(crate) deposit: u128,
	pub(crate) locators_deposit: u128,
}

/// Whether a model is offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) enum Status {
	Active,
	Deprecated,
	Superseded { by: u64 },
}

/// How a model came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
	/// Trained from nothing
	Base,
	/// Trained on from its parents
	FineTune,
	/// Changes the weights of its one parent, like LoRA
	Adapter,
	/// Combined from its parents
	Merge,
}

/// A version of a datanet that a model was trained on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode, Serialize)]
pub(crate) struct ManifestEntry {
	pub(crate) datanet: u32,
	pub(crate) version: u32,
	pub(crate) share: Percent,
}

/// How a model's own revenue is divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode, Serialize)]
pub(crate) struct Policy {
	pub(crate) server: Percent,
	pub(crate) developer: Percent,
	pub(crate) data: Percent,
}

/// What a model asks of its descendants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode, Serialize)]
pub(crate) struct Asks {
	pub(crate) royalty: Percent,
	/// The share of the royalty.
	pub(crate) data: Percent,
}

/// What an ancestor gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode, Serialize)]
pub(crate) struct Ancestor {
	pub(crate) model: u64,
	pub(crate) royalty: Percent,
	/// The share of the royalty.
	pub(crate) data: Percent,
}

/// A model's ancestors, and what they leave to children.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct LineageInfo {
	pub(crate) ancestors: Vec<Ancestor>,
	pub(crate) royalties: Percent,
	pub(crate) royalties_of_children: Percent,
	pub(crate) royalties_max: Percent,
	pub(crate) data_of_children: Percent,
}

/// A commitment that is neither used nor cleared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode)]
pub(crate) struct CommitmentInfo {
	pub(crate) number: u64,
	/// On the chain clock.
	pub(crate) usable_from_ms: u64,
	/// On the chain clock.
	pub(crate) expires_at_ms: u64,
	pub(crate) deposit: u128,
}

/// A page of models.
#[derive(Clone, PartialEq, Eq, Debug, Decode)]
pub(crate) struct PageInfo {
	pub(crate) items: Vec<Info>,
	pub(crate) next: Option<u64>,
}

/// The model with this id, which must exist.
pub(crate) async fn known_model(at: &AtBlock, id: u64) -> Result<Info, Failure> {
	let found: Option<Info> = runtime_call(at, "ModelsApi_model", id).await?;
	found.ok_or_else(|| no_such_model(id))
}

fn no_such_model(id: u64) -> Failure {
	Failure::new(
		FailureKind::NotFound,
		"NoSuchModel",
		format!("there is no model {id}"),
		"find models with `plexus query model list`, or by their artifact with `plexus query model show --file FILE`",
	)
}

/// The model that holds a root.
pub(crate) async fn model_by_root(at: &AtBlock, root: [u8; 32]) -> Result<Option<Info>, Failure> {
	runtime_call(at, "ModelsApi_model_by_root", root).await
}

/// A page of all models.
pub(crate) async fn models(at: &AtBlock, cursor: Option<u64>, limit: u32) -> Result<PageInfo, Failure> {
	runtime_call(at, "ModelsApi_models", (cursor, limit)).await
}

/// A page of a developer's models.
pub(crate) async fn models_of(
	at: &AtBlock,
	developer: &AccountId32,
	cursor: Option<u64>,
	limit: u32,
) -> Result<PageInfo, Failure> {
	runtime_call(at, "ModelsApi_models_of", (developer, cursor, limit)).await
}

/// A page of the models made directly from one.
pub(crate) async fn children(
	at: &AtBlock,
	model: u64,
	cursor: Option<u64>,
	limit: u32,
) -> Result<PageInfo, Failure> {
	runtime_call(at, "ModelsApi_children", (model, cursor, limit)).await
}

/// The ancestors of a model, which must exist.
pub(crate) async fn known_lineage(at: &AtBlock, model: u64) -> Result<LineageInfo, Failure> {
	let found: Option<LineageInfo> = runtime_call(at, "ModelsApi_lineage", model).await?;
	found.ok_or_else(|| no_such_model(model))
}

/// An account's commitment.
pub(crate) async fn commitment(
	at: &AtBlock,
	account: &AccountId32,
	hash: [u8; 32],
) -> Result<Option<CommitmentInfo>, Failure> {
	runtime_call(at, "ModelsApi_commitment", (account, hash)).await
}

/// A model as it is printed. Shares are billionths.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Model {
	pub(crate) id: u64,
	developer: String,
	/// `active`, `deprecated` or `superseded`.
	status: &'static str,
	/// The model that took the artifact's root; `null` if none did.
	superseded_by: Option<u64>,
	kind: Kind,
	artifact: Placed,
	card: Placed,
	parents: Vec<u64>,
	/// How many were made from it directly.
	children: u64,
	manifest: Vec<ManifestEntry>,
	policy: Policy,
	asks: Asks,
	registered_at: u32,
	commitment: u64,
	/// On the chain clock.
	contestable_until_ms: u64,
	deposit: Amount,
	locators_deposit: Amount,
}

/// A file's name and place.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Placed {
	root: String,
	length: u64,
	/// `null` if it is not published.
	locator: Option<String>,
}

impl Placed {
	fn new(content: &Content, locator: &[u8]) -> Self {
		let locator = (!locator.is_empty()).then(|| text(locator));
		Self { root: hex(content.root), length: content.len, locator }
	}

	fn human(&self) -> String {
		format!("{} ({} bytes)", self.locator.as_deref().unwrap_or("not published"), self.length)
	}
}

impl From<Info> for Model {
	fn from(info: Info) -> Self {
		let (status, superseded_by) = match info.status {
			Status::Active => ("active", None),
			Status::Deprecated => ("deprecated", None),
			Status::Superseded { by } => ("superseded", Some(by)),
		};
		Self {
			id: info.id,
			developer: display(&info.developer),
			status,
			superseded_by,
			kind: info.kind,
			artifact: Placed::new(&info.artifact, &info.artifact_locator),
			card: Placed::new(&info.card, &info.card_locator),
			parents: info.parents,
			children: info.children,
			manifest: info.manifest,
			policy: info.policy,
			asks: info.asks,
			registered_at: info.registered_at,
			commitment: info.commitment,
			contestable_until_ms: info.contestable_until_ms,
			deposit: Amount(info.deposit),
			locators_deposit: Amount(info.locators_deposit),
		}
	}
}

impl Kind {
	fn name(self) -> &'static str {
		match self {
			Self::Base => "base",
			Self::FineTune => "fine-tune",
			Self::Adapter => "adapter",
			Self::Merge => "merge",
		}
	}
}

impl Answer for Model {
	fn human(&self) -> String {
		let status = match self.superseded_by {
			Some(by) => format!("{} by model {by}", self.status),
			None => self.status.to_string(),
		};
		let Policy { server, developer, data } = self.policy;
		let mut rows = vec![
			("model", format!("{} ({})", self.id, self.kind.name())),
			("developer", self.developer.clone()),
			("status", status),
			("artifact", self.artifact.human()),
			("artifact's root (b3sum)", self.artifact.root.clone()),
			("card", self.card.human()),
			("card's root (b3sum)", self.card.root.clone()),
			("parents", ids(&self.parents)),
			("children", self.children.to_string()),
		];
		rows.extend(self.manifest.iter().map(|entry| {
			("trained on", format!("datanet {} version {}: {}", entry.datanet, entry.version, entry.share))
		}));
		rows.extend([
			("own revenue", format!("server {server}, developer {developer}, data {data}")),
			("asks", format!("royalty {}, of which data {}", self.asks.royalty, self.asks.data)),
			("registered at block", self.registered_at.to_string()),
			("contestable until", format!("{} ms on the chain clock", self.contestable_until_ms)),
			("deposit for ever", self.deposit.to_string()),
			("deposit for locators", self.locators_deposit.to_string()),
		]);
		output::fields(rows)
	}
}

fn ids(ids: &[u64]) -> String {
	match ids {
		[] => "none".into(),
		_ => ids.iter().map(u64::to_string).collect::<Vec<_>>().join(" "),
	}
}

/// A page of models as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Page {
	models: Vec<Model>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u64>,
}

impl From<PageInfo> for Page {
	fn from(page: PageInfo) -> Self {
		Self { models: page.items.into_iter().map(Model::from).collect(), next: page.next }
	}
}

impl Answer for Page {
	fn human(&self) -> String {
		if self.models.is_empty() && self.next.is_none() {
			return "no models".into();
		}
		let rows = self.models.iter().map(|model| {
			[
				model.id.to_string(),
				model.kind.name().to_string(),
				model.status.to_string(),
				ids(&model.parents),
				model.children.to_string(),
				model.asks.royalty.to_string(),
				model.developer.clone(),
				model.artifact.root.clone(),
			]
		});
		let heading = ["ID", "KIND", "STATUS", "PARENTS", "CHILDREN", "ROYALTY", "DEVELOPER", "ROOT"];
		output::with_cursor(output::columns(heading, rows), self.next)
	}
}

/// A lineage as it is printed. Shares are billionths.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Lineage {
	model: u64,
	ancestors: Vec<Ancestor>,
	royalties: Percent,
	royalties_of_children: Percent,
	royalties_max: Percent,
	data_of_children: Percent,
}

impl Lineage {
	pub(crate) fn new(model: u64, info: LineageInfo) -> Self {
		let LineageInfo { ancestors, royalties, royalties_of_children, royalties_max, data_of_children } =
			info;
		Self { model, ancestors, royalties, royalties_of_children, royalties_max, data_of_children }
	}
}

impl Answer for Lineage {
	fn human(&self) -> String {
		let sums = output::fields([
			("model", self.model.to_string()),
			("royalties to ancestors", self.royalties.to_string()),
			("with its own ask", format!("{} of at most {}", self.royalties_of_children, self.royalties_max)),
			("data share of children", format!("at least {}", self.data_of_children)),
		]);
		if self.ancestors.is_empty() {
			return format!("{sums}\nno ancestors");
		}
		let rows = self.ancestors.iter().map(|ancestor| {
			[ancestor.model.to_string(), ancestor.royalty.to_string(), ancestor.data.to_string()]
		});
		format!("{sums}\n{}", output::columns(["ANCESTOR", "ROYALTY", "OF WHICH DATA"], rows))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{DecodeAll, Encode};
	use pallet_models::{runtime_api, types};
	use plexus_primitives::{CommitmentNumber, DatanetId, DatanetVersion, ModelId, Sequence};
	use sp_runtime::Perbill;

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	fn model() -> runtime_api::ModelInfo<AccountId32, u128, u32> {
		runtime_api::ModelInfo {
			id: ModelId(7),
			developer: account(1),
			status: types::ModelStatus::Superseded { by: ModelId(9) },
			kind: types::ModelKind::FineTune,
			artifact: Content { root: [2; 32], len: 3 },
			artifact_locator: b"https://example.org/weights".to_vec(),
			card: Content { root: [4; 32], len: 5 },
			card_locator: vec![],
			parents: vec![ModelId(0), ModelId(6)],
			children: 11,
			manifest: vec![types::ManifestEntry {
				datanet: DatanetId(12),
				version: DatanetVersion(13),
				share: Perbill::one(),
			}],
			policy: types::RevenuePolicy {
				server: Perbill::from_percent(50),
				developer: Perbill::from_percent(30),
				data: Perbill::from_percent(20),
			},
			asks: types::Asks { royalty: Perbill::from_percent(5), data: Perbill::from_percent(25) },
			registered_at: 14,
			commitment: CommitmentNumber(15),
			contestable_until_ms: 16,
			deposit: 17,
			locators_deposit: 18,
		}
	}

	#[test]
	fn a_model_decodes_from_the_pallets_bytes_and_has_stable_json_keys() {
		let page = runtime_api::ModelPage { items: vec![model()], next: Some(Sequence(8)) };
		let page = PageInfo::decode_all(&mut &page.encode()[..]).expect("the same encoding");
		let page = Page::from(page);
		assert_eq!(
			serde_json::to_value(&page).unwrap(),
			serde_json::json!({ "next": 8, "models": [{
				"id": 7, "developer": display(&account(1)), "status": "superseded", "superseded_by": 9,
				"kind": "fine-tune",
				"artifact": {
					"root": format!("0x{}", "02".repeat(32)), "length": 3, "locator": "https://example.org/weights",
				},
				"card": { "root": format!("0x{}", "04".repeat(32)), "length": 5, "locator": null },
				"parents": [0, 6], "children": 11,
				"manifest": [{ "datanet": 12, "version": 13, "share": 1_000_000_000 }],
				"policy": { "server": 500_000_000, "developer": 300_000_000, "data": 200_000_000 },
				"asks": { "royalty": 50_000_000, "data": 250_000_000 },
				"registered_at": 14, "commitment": 15, "contestable_until_ms": 16, "deposit": "17",
				"locators_deposit": "18",
			}] })
		);
		let human = page.models[0].human();
		for part in ["superseded by model 9", "0 6", "not published", "version 13: 100 %", "royalty 5 %"] {
			assert!(human.contains(part), "{human}");
		}
		let table = page.human();
		assert!(table.contains("fine-tune") && table.contains("--cursor 8"), "{table}");
		assert_eq!(Page { models: vec![], next: None }.human(), "no models");
	}

	#[test]
	fn kinds_and_statuses_have_the_pallets_places() {
		for (theirs, ours) in [
			(types::ModelKind::Base, Kind::Base),
			(types::ModelKind::FineTune, Kind::FineTune),
			(types::ModelKind::Adapter, Kind::Adapter),
			(types::ModelKind::Merge, Kind::Merge),
		] {
			assert_eq!(Kind::decode_all(&mut &theirs.encode()[..]), Ok(ours));
		}
		assert!(types::ModelKind::decode(&mut &[4][..]).is_err(), "no more");
		for (theirs, ours) in [
			(types::ModelStatus::Active, Status::Active),
			(types::ModelStatus::Deprecated, Status::Deprecated),
		] {
			assert_eq!(Status::decode_all(&mut &theirs.encode()[..]), Ok(ours));
		}
		assert!(types::ModelStatus::decode(&mut &[3; 16][..]).is_err(), "no more");
	}

	#[test]
	fn a_lineage_and_a_commitment_decode_from_the_pallets_bytes() {
		let theirs = runtime_api::LineageInfo {
			ancestors: vec![types::Ancestor {
				model: ModelId(1),
				royalty: Perbill::from_percent(5),
				data: Perbill::from_percent(20),
			}],
			royalties: Perbill::from_percent(5),
			royalties_of_children: Perbill::from_percent(8),
			royalties_max: Perbill::from_percent(50),
			data_of_children: Perbill::from_percent(20),
		};
		let info = LineageInfo::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		let lineage = Lineage::new(2, info);
		assert_eq!(
			serde_json::to_value(&lineage).unwrap(),
			serde_json::json!({
				"model": 2, "ancestors": [{ "model": 1, "royalty": 50_000_000, "data": 200_000_000 }],
				"royalties": 50_000_000, "royalties_of_children": 80_000_000, "royalties_max": 500_000_000,
				"data_of_children": 200_000_000,
			})
		);
		assert!(lineage.human().contains("8 % of at most 50 %"), "{}", lineage.human());
		let theirs = runtime_api::CommitmentInfo {
			number: CommitmentNumber(1),
			usable_from_ms: 2,
			expires_at_ms: 3,
			deposit: 4u128,
		};
		let ours = CommitmentInfo { number: 1, usable_from_ms: 2, expires_at_ms: 3, deposit: 4 };
		assert_eq!(CommitmentInfo::decode_all(&mut &theirs.encode()[..]), Ok(ours));
	}
}
