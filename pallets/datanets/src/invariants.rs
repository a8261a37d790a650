//! What must always hold, checked over the whole state.
//!
//! # Must not
//! Run in a block: it reads every entry.
//!
//! # Invariants
//! - Every contribution has its entry by root and in the index of an existing datanet, and no other entries exist.
//! - A datanet's count is the number of its contributions; its next sequence and the next ids lie above all used.
//! - Per account and reason, the balance on hold is the sum of the deposits.

use crate::{types::*, *};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{traits::Saturating, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks everything in the module's list.
	pub(crate) fn check_invariants() -> Result<(), TryRuntimeError> {
		Self::check_contributions()?;
		Self::check_datanets()?;
		Self::check_holds()
	}

	fn check_contributions() -> Result<(), TryRuntimeError> {
		let mut count = 0;
		for (id, contribution) in Contributions::<T>::iter() {
			count += 1;
			let Contribution { datanet, sequence, content, .. } = &contribution;
			ensure!(id < NextContributionId::<T>::get(), "a contribution's id is yet to be allocated");
			ensure!(content.len > 0, "a contribution is empty");
			ensure!(ContributionByRoot::<T>::get(content.root) == Some(id), "a root leads elsewhere");
			ensure!(
				ContributionIndex::<T>::get(datanet, sequence) == Some(id),
				"a contribution is not at its place in its datanet"
			);
			let datanet = Datanets::<T>::get(datanet).ok_or("a contribution is in no datanet")?;
			ensure!(*sequence < datanet.next_sequence, "a sequence is yet to be allocated");
		}
		ensure!(ContributionByRoot::<T>::iter().count() == count, "a root is held by no contribution");
		ensure!(ContributionIndex::<T>::iter().count() == count, "the index names no contribution");
		Ok(())
	}

	fn check_datanets() -> Result<(), TryRuntimeError> {
		for (id, datanet) in Datanets::<T>::iter() {
			ensure!(id < NextDatanetId::<T>::get(), "a datanet's id is yet to be allocated");
			let count = ContributionIndex::<T>::iter_prefix(id).count() as u64;
			ensure!(datanet.contributions == count, "a datanet miscounts its contributions");
		}
		Ok(())
	}

	fn check_holds() -> Result<(), TryRuntimeError> {
		let datanets = Datanets::<T>::iter_values().map(|datanet| (datanet.owner, datanet.deposit));
		Self::check_held(HoldReason::Datanet, datanets)?;
		let contributions = Contributions::<T>::iter_values()
			.map(|contribution| (contribution.contributor, contribution.deposit));
		Self::check_held(HoldReason::Contribution, contributions)
	}

	fn check_held(
		reason: HoldReason,
		deposits: impl Iterator<Item = (T::AccountId, BalanceOf<T>)>,
	) -> Result<(), TryRuntimeError> {
		let mut owed = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
		for (account, deposit) in deposits {
			let sum = owed.entry(account).or_default();
			*sum = sum.saturating_add(deposit);
		}
		for (account, sum) in owed {
			ensure!(
				T::Currency::balance_on_hold(&reason.into(), &account) == sum,
				"an account's deposits are not what it has on hold"
			);
		}
		Ok(())
	}
}
