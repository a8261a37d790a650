//! The ancestors of a model, flattened when it is registered.
//!
//! A model's lineage is the union of its parents and of their lineages. Each ancestor stands in it once, with what it
//! asks, however many paths lead to it: shares are never multiplied along a path and never added over paths. Whoever
//! puts a model between therefore changes nothing for those above.
//!
//! ```text
//!        base (10 %)            adapter's lineage:  base 10 %, tune 0 %, other 5 %
//!        /         \            of a fee of 100 net of the protocol's share
//!   tune (0 %)   other (5 %)    base gets 10 (once), tune 0, other 5
//!        \         /            adapter's own policy divides the other 85
//!          merge (3 %)          (the merge itself asks 3 % of those that come after it)
//! ```
//!
//! # Must not
//! Walk the graph: what is read is bounded by the parents, because their lineages are flat already.
//!
//! # Invariants
//! - At most `AncestorsMax` ancestors, whose royalties sum to at most `RoyaltiesMax`.
//! - A model's data share is at least that of each ancestor. It is compared with parents, which were compared with
//!   theirs.
//! - Since asks never change, neither does a lineage.

use crate::{types::*, *};
use frame_support::ensure;
use plexus_maps::Prehashed;

impl<T: Config> Pallet<T> {
	/// The lineage of a model with this specification, if its parents may have such a child.
	pub(crate) fn flatten(spec: &Spec<T>) -> Result<LineageOf<T>, Error<T>> {
		let mut ancestors = Vec::new();
		for id in &spec.parents {
			let parent = Prehashed::<Models<T>>::get(id).ok_or(Error::<T>::UnknownParent)?;
			Self::ensure_may_be_parent(&parent, spec)?;
			let Asks { royalty, data } = parent.spec.asks;
			ancestors.push(Ancestor { model: *id, royalty, data });
			// Who has no parents has no lineage to look up.
			if !parent.spec.parents.is_empty() {
				ancestors.extend(Prehashed::<Lineages<T>>::get(id));
			}
		}
		// Whatever path leads to an ancestor, it asks the same.
		ancestors.sort_unstable_by_key(|ancestor| ancestor.model);
		ancestors.dedup_by_key(|ancestor| ancestor.model);
		let royalties = sum(ancestors.iter().map(|ancestor| ancestor.royalty));
		ensure!(royalties <= T::RoyaltiesMax::get().deconstruct().into(), Error::RoyaltiesTooHigh);
		ancestors.try_into().map_err(|_| Error::<T>::TooManyAncestors)
	}

	fn ensure_may_be_parent(parent: &Model<T>, child: &Spec<T>) -> Result<(), Error<T>> {
		ensure!(parent.holds_root(), Error::ParentSuperseded);
		let stacked = child.kind == ModelKind::Adapter && parent.spec.kind == ModelKind::Adapter;
		ensure!(!stacked, Error::AdapterOfAdapter);
		ensure!(child.asks.data >= parent.spec.asks.data, Error::DataShareBelowParents);
		Ok(())
	}

	/// An error unless the manifest's versions exist, and exactly the curated ones have shares.
	pub(crate) fn check_manifest(manifest: &ManifestOf<T>) -> Result<(), Error<T>> {
		for entry in manifest {
			let kind = T::Versions::kind(entry.datanet, entry.version).ok_or(Error::<T>::UnknownVersion)?;
			match kind {
				VersionKind::Open => ensure!(entry.share.is_zero(), Error::OpenVersionWithShare),
				VersionKind::Curated => ensure!(!entry.share.is_zero(), Error::CuratedVersionWithoutShare),
			}
		}
		Ok(())
	}
}
