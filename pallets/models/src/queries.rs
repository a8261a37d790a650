//! Reads: for the runtime API [`crate::runtime_api::ModelsApi`], and for pallets above.
//!
//! # Must not
//! Write, or cost more than a page: a page looks at no more than [`PAGE_MAX`] places of an index.

use crate::{
	runtime_api::{CommitmentInfo, LineageInfo, ModelInfo, ModelPage, PAGE_MAX},
	types::*,
	*,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::Saturating;

/// A model for clients of this runtime.
pub type ModelInfoOf<T> = ModelInfo<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;
/// A page of models for clients of this runtime.
pub type ModelPageOf<T> = ModelPage<AccountIdOf<T>, BalanceOf<T>, BlockNumberFor<T>>;

impl<T: Config> Pallet<T> {
	/// The model with this id.
	pub fn model(id: ModelId) -> Option<ModelInfoOf<T>> {
		let record = Models::<T>::get(id)?;
		let Location { locators, deposit: locators_deposit } = Locations::<T>::get(id)?;
		let Model { developer, status, spec, registered_at, commitment, contestable_until_ms, deposit } =
			record;
		Some(ModelInfo {
			id,
			developer,
			status,
			kind: spec.kind,
			artifact: spec.artifact,
			artifact_locator: Vec::from(locators.artifact),
			card: spec.card,
			card_locator: Vec::from(locators.card),
			parents: Vec::from(spec.parents),
			children: NextChild::<T>::get(id).0,
			manifest: Vec::from(spec.manifest),
			policy: spec.policy,
			asks: spec.asks,
			registered_at,
			commitment,
			contestable_until_ms,
			deposit,
			locators_deposit,
		})
	}

	/// The model that holds a root: the way to find who was first when [`Error::RootAlreadyHeld`] refuses one.
	pub fn model_by_root(root: [u8; 32]) -> Option<ModelInfoOf<T>> {
		ModelByRoot::<T>::get(root).and_then(Self::model)
	}

	/// All models from `cursor` on, in the order of registration: a model's id is its place.
	pub fn models(cursor: Option<Sequence>, limit: u32) -> ModelPageOf<T> {
		let end = Sequence(NextModelId::<T>::get().0);
		Self::page(cursor, end, limit, |place| Some(ModelId(place.0)))
	}

	/// The models of a developer from `cursor` on, in the order of registration. `limit` is cut to
	/// `1..=`[`PAGE_MAX`].
	pub fn models_of(developer: &T::AccountId, cursor: Option<Sequence>, limit: u32) -> ModelPageOf<T> {
		let end = NextOfDeveloper::<T>::get(developer);
		Self::page(cursor, end, limit, |place| ModelsByDeveloper::<T>::get(developer, place))
	}

	/// The children of a model, in the same way.
	pub fn children(model: ModelId, cursor: Option<Sequence>, limit: u32) -> ModelPageOf<T> {
		Self::page(cursor, NextChild::<T>::get(model), limit, |place| Children::<T>::get(model, place))
	}

	fn page(
		cursor: Option<Sequence>,
		end: Sequence,
		limit: u32,
		at: impl Fn(Sequence) -> Option<ModelId>,
	) -> ModelPageOf<T> {
		let (start, end) = (cursor.unwrap_or_default().0, end.0);
		let stop = start.saturating_add(limit.clamp(1, PAGE_MAX).into()).min(end);
		let items = (start..stop).filter_map(|place| at(Sequence(place))).filter_map(Self::model).collect();
		ModelPage { items, next: (start < stop && stop < end).then_some(Sequence(stop)) }
	}

	/// All ancestors of a model, and what they leave to children.
	pub fn lineage(model: ModelId) -> Option<LineageInfo> {
		let asks = Models::<T>::get(model)?.spec.asks;
		let ancestors = Vec::from(Lineages::<T>::get(model));
		let royalties = royalties_of(&ancestors);
		Some(LineageInfo {
			ancestors,
			royalties,
			royalties_of_children: royalties.saturating_add(asks.royalty),
			royalties_max: T::RoyaltiesMax::get(),
			data_of_children: asks.data,
		})
	}

	/// What the royalties of all ancestors of a model sum to, for ever the same: at most `RoyaltiesMax`, as its registration
	/// checked.
	pub fn royalties(model: ModelId) -> Perbill {
		royalties_of(&Lineages::<T>::get(model))
	}

	/// The royalty that an ancestor gets of a model, for ever the same; nothing if it is none.
	pub fn royalty(model: ModelId, ancestor: ModelId) -> Option<Perbill> {
		let lineage = Lineages::<T>::get(model);
		lineage.iter().find(|one| one.model == ancestor).map(|one| one.royalty)
	}

	/// A commitment that is neither used nor cleared.
	pub fn commitment(account: &T::AccountId, hash: [u8; 32]) -> Option<CommitmentInfo<BalanceOf<T>>> {
		Commitments::<T>::get(account, hash).map(|made| CommitmentInfo {
			number: made.number,
			usable_from_ms: made.usable_from_ms,
			expires_at_ms: made.expires_at_ms,
			deposit: made.deposit,
		})
	}

	/// An error if no channel may be opened for the model.
	///
	/// # Errors
	/// [`Error::UnknownModel`], [`Error::ModelDeprecated`] or [`Error::ModelSuperseded`].
	pub fn ensure_may_open_channel(model: ModelId) -> Result<(), Error<T>> {
		match Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?.status {
			ModelStatus::Active => Ok(()),
			ModelStatus::Deprecated => Err(Error::ModelDeprecated),
			ModelStatus::Superseded { .. } => Err(Error::ModelSuperseded),
		}
	}
}

/// Perbill's addition stops at one.
fn royalties_of(ancestors: &[Ancestor]) -> Perbill {
	ancestors.iter().fold(Perbill::zero(), |sum, ancestor| sum.saturating_add(ancestor.royalty))
}
