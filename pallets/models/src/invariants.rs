//! What must always hold, checked over the whole state.
//!
//! # Must not
//! Run in a block: it reads every entry.
//!
//! # Invariants
//! - Every model's id was allocated, its parents' ids are smaller, and its specification has the form that was checked.
//! - Its lineage is what its parents' lineages and asks give, within the bounds; its data share is at least theirs.
//! - A root is held by the one of its models that was committed to first; all others are superseded, by one that was
//!   committed to earlier.
//! - The indices of developers and of children have every model at one place, without gaps, in ascending order, and no
//!   others.
//! - Every model has locators, and nothing else has.
//! - Per account and reason, the balance on hold is the sum of the deposits.

use crate::{types::*, *};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{
	traits::{Saturating, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks everything in the module's list.
	pub(crate) fn check_invariants() -> Result<(), TryRuntimeError> {
		let mut count = 0;
		for (id, model) in Models::<T>::iter() {
			count += 1;
			ensure!(id < NextModelId::<T>::get(), "a model's id is yet to be allocated");
			ensure!(model.spec.check_form().is_ok(), "a specification is malformed");
			ensure!(Self::check_manifest(&model.spec.manifest).is_ok(), "a manifest is malformed");
			ensure!(Locations::<T>::contains_key(id), "a model has no locators");
			ensure!(model.commitment < NextCommitmentNumber::<T>::get(), "a commitment is yet to come");
			Self::check_lineage(id, &model)?;
			Self::check_root(id, &model)?;
		}
		ensure!(NextModelId::<T>::get().0 == count, "a model was removed");
		ensure!(Locations::<T>::iter().count() as u64 == count, "locators are of no model");
		let derived = Models::<T>::iter_values().filter(|model| !model.spec.parents.is_empty()).count();
		ensure!(Lineages::<T>::iter().count() == derived, "a lineage is of no model with parents");
		let holders = Models::<T>::iter_values().filter(|model| model.holds_root()).count();
		ensure!(ModelByRoot::<T>::iter().count() == holders, "a root is held by no model");
		Self::check_developers()?;
		Self::check_children()?;
		Self::check_commitments()?;
		Self::check_holds()
	}

	fn check_lineage(id: ModelId, model: &Model<T>) -> Result<(), TryRuntimeError> {
		let mut expected = BTreeMap::new();
		for parent in &model.spec.parents {
			ensure!(*parent < id, "a parent is younger than its child");
			let Asks { royalty, data } = Models::<T>::get(parent).ok_or("a parent is missing")?.spec.asks;
			ensure!(model.spec.asks.data >= data, "a data share is below a parent's");
			expected.insert(*parent, Ancestor { model: *parent, royalty, data });
			expected.extend(Lineages::<T>::get(parent).into_iter().map(|above| (above.model, above)));
		}
		let expected: Vec<_> = expected.into_values().collect();
		let lineage = Lineages::<T>::get(id);
		ensure!(lineage.as_slice() == expected.as_slice(), "a lineage does not follow from the parents");
		let royalties = sum(lineage.iter().map(|ancestor| ancestor.royalty));
		ensure!(royalties <= T::RoyaltiesMax::get().deconstruct().into(), "royalties are too high");
		Ok(())
	}

	fn check_root(id: ModelId, model: &Model<T>) -> Result<(), TryRuntimeError> {
		let root = model.spec.artifact.root;
		let holder = ModelByRoot::<T>::get(root).ok_or("an artifact's root is held by nobody")?;
		let ModelStatus::Superseded { by } = model.status else {
			ensure!(holder == id, "a root leads elsewhere");
			return Ok(());
		};
		ensure!(holder != id, "a superseded model holds its root");
		let winner = Models::<T>::get(by).ok_or("a model was superseded by none")?;
		ensure!(winner.spec.artifact.root == root, "a model was superseded by another artifact");
		ensure!(winner.commitment < model.commitment, "a model was superseded by a later commitment");
		Ok(())
	}

	fn check_developers() -> Result<(), TryRuntimeError> {
		let mut places = 0;
		for (developer, next) in NextOfDeveloper::<T>::iter() {
			let mut last = None;
			for place in 0..next.0 {
				let id =
					ModelsByDeveloper::<T>::get(&developer, Sequence(place)).ok_or("a place is empty")?;
				ensure!(last < Some(id), "a developer's models are not in order");
				let model = Models::<T>::get(id).ok_or("a place names no model")?;
				ensure!(model.developer == developer, "a model is another developer's");
				last = Some(id);
			}
			places += next.0;
		}
		ensure!(places == NextModelId::<T>::get().0, "a model is in no developer's index");
		ensure!(ModelsByDeveloper::<T>::iter().count() as u64 == places, "the index has others");
		Ok(())
	}

	fn check_children() -> Result<(), TryRuntimeError> {
		let mut places = 0;
		for (parent, next) in NextChild::<T>::iter() {
			let mut last = None;
			for place in 0..next.0 {
				let child = Children::<T>::get(parent, Sequence(place)).ok_or("a child's place is empty")?;
				ensure!(last < Some(child), "children are not in order");
				let model = Models::<T>::get(child).ok_or("a child's place names no model")?;
				ensure!(model.spec.parents.contains(&parent), "a child has another parent");
				last = Some(child);
			}
			places += next.0;
		}
		let parents = Models::<T>::iter_values().map(|model| model.spec.parents.len() as u64).sum::<u64>();
		ensure!(places == parents, "a child is not in its parent's index");
		ensure!(Children::<T>::iter().count() as u64 == places, "the index of children has others");
		Ok(())
	}

	fn check_commitments() -> Result<(), TryRuntimeError> {
		let mut numbers = BTreeMap::new();
		for (account, hash, made) in Commitments::<T>::iter() {
			ensure!(made.number < NextCommitmentNumber::<T>::get(), "a commitment's number is yet to come");
			ensure!(numbers.insert(made.number, (account, hash)).is_none(), "commitments share a number");
		}
		Ok(())
	}

	fn check_holds() -> Result<(), TryRuntimeError> {
		let commitments = Commitments::<T>::iter().map(|(account, _, made)| (account, made.deposit));
		Self::check_held(HoldReason::Commitment, commitments)?;
		let models = Models::<T>::iter_values().map(|model| (model.developer, model.deposit));
		Self::check_held(HoldReason::Model, models)?;
		let locators = Locations::<T>::iter().filter_map(|(id, location)| {
			Models::<T>::get(id).map(|model| (model.developer, location.deposit))
		});
		Self::check_held(HoldReason::Locators, locators)
	}

	/// That every account in the system has exactly this on hold, those that have no entry too.
	fn check_held(
		reason: HoldReason,
		deposits: impl Iterator<Item = (T::AccountId, BalanceOf<T>)>,
	) -> Result<(), TryRuntimeError> {
		let mut owed = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
		for (account, deposit) in deposits {
			let sum = owed.entry(account).or_default();
			*sum = sum.saturating_add(deposit);
		}
		let reason = reason.into();
		for account in frame_system::Account::<T>::iter_keys() {
			let sum = owed.remove(&account).unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&reason, &account) == sum,
				"an account's deposits are not what it has on hold"
			);
		}
		ensure!(owed.values().all(|sum| sum.is_zero()), "somebody who has no account owes a deposit");
		Ok(())
	}
}
