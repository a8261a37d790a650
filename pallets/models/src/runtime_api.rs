//! What clients ask about models, and the types they are answered with.
//!
//! # Must not
//! Change state. Every function is a read, callable by any Substrate client through `state_call`.
//!
//! # Invariants
//! Pages are bounded by [`PAGE_MAX`] and neither skip nor repeat: models are never removed from an index, and new ones
//! come behind all others.

use crate::types::{Ancestor, Asks, ManifestEntry, ModelKind, ModelStatus, RevenuePolicy};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
pub use plexus_primitives::api::PAGE_MAX;
use plexus_primitives::{CommitmentNumber, Content, ModelId, Sequence};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// A model as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ModelInfo<AccountId, Balance, BlockNumber> {
	/// Its id.
	pub id: ModelId,
	/// Who registered it.
	pub developer: AccountId,
	/// Whether it is offered.
	pub status: ModelStatus,
	/// How it came to be.
	pub kind: ModelKind,
	/// Its bytes.
	pub artifact: Content,
	/// URI of the artifact; empty if it is not published.
	pub artifact_locator: Vec<u8>,
	/// Its card.
	pub card: Content,
	/// URI of the card; empty if it is not published.
	pub card_locator: Vec<u8>,
	/// What it was made from, in ascending order.
	pub parents: Vec<ModelId>,
	/// How many models were made from it directly.
	pub children: u64,
	/// What it was trained on. Entries are named by their place.
	pub manifest: Vec<ManifestEntry>,
	/// How its own revenue is divided.
	pub policy: RevenuePolicy,
	/// What it asks of its descendants.
	pub asks: Asks,
	/// The block that registered it.
	pub registered_at: BlockNumber,
	/// Under which commitment.
	pub commitment: CommitmentNumber,
	/// Until when, on the chain clock, an earlier commitment to the same artifact may supersede it. When its own
	/// commitment would have expired.
	pub contestable_until_ms: u64,
	/// What the developer has on hold for it for ever.
	pub deposit: Balance,
	/// What the developer has on hold for the locators.
	pub locators_deposit: Balance,
}

/// Who gets what of a model's fees before its own policy.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct LineageInfo {
	/// All distinct ancestors in ascending order, with their effective shares.
	pub ancestors: Vec<Ancestor>,
	/// The sum of their royalties.
	pub royalties: Perbill,
	/// What a child of this model would pay at least: the sum with the model's own ask. A child is refused if it is
	/// above `royalties_max`.
	pub royalties_of_children: Perbill,
	/// The most that royalties may sum to.
	pub royalties_max: Perbill,
	/// The least data share that a child must ask for.
	pub data_of_children: Perbill,
}

/// A commitment as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct CommitmentInfo<Balance> {
	/// Its place in the order of all commitments.
	pub number: CommitmentNumber,
	/// When it can be used, on the chain clock.
	pub usable_from_ms: u64,
	/// When it cannot be used any more, on the chain clock.
	pub expires_at_ms: u64,
	/// What is on hold for it.
	pub deposit: Balance,
}

/// One page of models, in the order of registration.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ModelPage<AccountId, Balance, BlockNumber> {
	/// At most [`PAGE_MAX`].
	pub items: Vec<ModelInfo<AccountId, Balance, BlockNumber>>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<Sequence>,
}

sp_api::decl_runtime_apis! {
	/// Queries of models and their lineage.
	pub trait ModelsApi<AccountId, Balance, BlockNumber>
	where
		AccountId: Codec,
		Balance: Codec,
		BlockNumber: Codec,
	{
		/// The model with this id.
		fn model(id: ModelId) -> Option<ModelInfo<AccountId, Balance, BlockNumber>>;

		/// The model that holds an artifact's root. Superseded models hold none.
		fn model_by_root(root: [u8; 32]) -> Option<ModelInfo<AccountId, Balance, BlockNumber>>;

		/// All models from `cursor` on (`None`: from the first; a model's id is its place); `limit` is cut to
		/// `1..=PAGE_MAX`.
		fn models(cursor: Option<Sequence>, limit: u32) -> ModelPage<AccountId, Balance, BlockNumber>;

		/// The models of a developer, in the same way.
		fn models_of(
			developer: AccountId,
			cursor: Option<Sequence>,
			limit: u32,
		) -> ModelPage<AccountId, Balance, BlockNumber>;

		/// The models made directly from this one, in the same way: lineage downwards, one generation for each query.
		fn children(
			model: ModelId,
			cursor: Option<Sequence>,
			limit: u32,
		) -> ModelPage<AccountId, Balance, BlockNumber>;

		/// All ancestors with their effective shares: lineage upwards.
		fn lineage(model: ModelId) -> Option<LineageInfo>;

		/// A commitment of an account that is neither used nor cleared.
		fn commitment(account: AccountId, hash: [u8; 32]) -> Option<CommitmentInfo<Balance>>;
	}
}
