//! What must always hold, checked over the whole state.
//!
//! # Must not
//! Run in a block: it reads every entry.
//!
//! # Invariants
//! - Every contribution is at its place in the index of an existing datanet, and either holds its root or is listed under
//!   it beside the holder; no other entries exist. A listing's holder is the same account, for good.
//! - What is reserved is held by nobody.
//! - A datanet's counts and weight are those of its contributions; its next sequence and the next ids lie above all used.
//! - A version's count and weight are those of the contributions whose span has it. Versions are numbered without gaps.
//! - A set of curators exists if and only if it is present or has duties, and counts them right. Ballots are of pending
//!   contributions, challenges of accepted ones, disputes of such that were. Each curator speaks once, and nothing waits
//!   that is decided.
//! - Every datanet has a profile, an entry under its owner, and one under each of its tags; no others are.
//! - Per account and reason, the balance on hold is the sum of what the records say.

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
		Self::check_contributions()?;
		Self::check_datanets()?;
		Self::check_versions()?;
		Self::check_curators()?;
		Self::check_proceedings()?;
		Self::check_holds()
	}

	fn check_contributions() -> Result<(), TryRuntimeError> {
		let (mut count, mut listed) = (0, 0);
		for (id, contribution) in Contributions::<T>::iter() {
			count += 1;
			let Contribution { datanet, sequence, content, .. } = &contribution;
			ensure!(id < NextContributionId::<T>::get(), "a contribution's id is yet to be allocated");
			ensure!(
				contribution.commitment < NextCommitment::<T>::get(),
				"a commitment's number is yet to be allocated"
			);
			ensure!(content.len > 0, "a contribution is empty");
			ensure!(
				ContributionIndex::<T>::get(datanet, sequence) == Some(id),
				"a contribution is not at its place in its datanet"
			);
			let home = Datanets::<T>::get(datanet).ok_or("a contribution is in no datanet")?;
			ensure!(*sequence < home.next_sequence, "a sequence is yet to be allocated");
			let holder = ContributionByRoot::<T>::get(content.root).ok_or("a root is held by nobody")?;
			if holder != id {
				listed += 1;
				ensure!(Listings::<T>::get(content.root, datanet) == Some(id), "a listing is not listed");
				let holder = Contributions::<T>::get(holder).ok_or("a root leads nowhere")?;
				let home = Datanets::<T>::get(holder.datanet).ok_or("a holder is in no datanet")?;
				ensure!(holder.content == *content, "a listing has other content than its holder");
				ensure!(holder.contributor == contribution.contributor, "a listing is not the holder's");
				ensure!(Self::is_in_a_version(&holder, &home), "what is listed can still be lost");
			}
			Self::check_status(&contribution, &home)?;
		}
		ensure!(
			ContributionByRoot::<T>::iter().count() + listed == count,
			"a root is held by no contribution"
		);
		ensure!(Listings::<T>::iter().count() == listed, "what is listed is no contribution");
		let held = |root| ContributionByRoot::<T>::contains_key(root);
		ensure!(!Reservations::<T>::iter_keys().any(held), "what is reserved is held");
		ensure!(ContributionIndex::<T>::iter().count() == count, "the index names no contribution");
		Ok(())
	}

	fn check_status(contribution: &Contribution<T>, home: &Datanet<T>) -> Result<(), TryRuntimeError> {
		let accepted = !matches!(contribution.status, ContributionStatus::Pending { .. });
		ensure!(
			contribution.deposit_until_ms.is_some() == accepted,
			"a deposit's end is not the acceptance's"
		);
		let Some((weight, from, until)) = contribution.span() else { return Ok(()) };
		let next = home.version.0.saturating_add(1);
		ensure!((1..=WEIGHT_MAX).contains(&weight), "a weight is out of bounds");
		ensure!((1..=next).contains(&from.0), "a contribution comes after the next version");
		ensure!(until.is_none_or(|until| from < until && until.0 <= next), "a span ends wrongly");
		let taken_down = Self::is_taken_down(contribution);
		ensure!(!taken_down || contribution.locator.is_empty(), "what was taken down has a locator");
		Ok(())
	}

	fn check_datanets() -> Result<(), TryRuntimeError> {
		let (mut count, mut tags) = (0, 0);
		for (id, datanet) in Datanets::<T>::iter() {
			count += 1;
			ensure!(id < NextDatanetId::<T>::get(), "a datanet's id is yet to be allocated");
			let retired = datanet.status == DatanetStatus::Retired;
			ensure!(datanet.expirable_from_ms.is_some() == retired, "a datanet is retired by half");
			let active = datanet.status == DatanetStatus::Active;
			ensure!(datanet.closed_from.is_none() == active, "a datanet is closed by half");
			let listed = ContributionIndex::<T>::iter_prefix_values(id).count() as u64;
			ensure!(datanet.contributions == listed, "a datanet miscounts its contributions");
			let running = Self::members_of(id).filter(|(_, _, until)| until.is_none());
			let (accepted, weight) =
				running.fold((0, 0), |(count, sum), (weight, ..)| (count + 1, sum + weight));
			ensure!((datanet.accepted, datanet.weight) == (accepted, weight), "a running weight is wrong");
			let next = DatanetVersion(datanet.version.0.saturating_add(1));
			let differs = |(_, from, until)| from == next || until == Some(next);
			let changes = Self::members_of(id).filter(|member| differs(*member)).count() as u64;
			ensure!(datanet.changes == changes, "changes since the last version are miscounted");
			ensure!(
				DatanetsByOwner::<T>::contains_key(&datanet.owner, id),
				"an owner's datanet is not indexed"
			);
			let profile = Profiles::<T>::get(id).ok_or("a datanet has no profile")?;
			tags += profile.tags.len();
			let indexed = profile.tags.iter().all(|tag| DatanetsByTag::<T>::contains_key(tag, id));
			ensure!(indexed, "a tag is not indexed");
		}
		ensure!(DatanetsByOwner::<T>::iter().count() == count, "the index of owners has others");
		ensure!(Profiles::<T>::iter().count() == count, "there are profiles of nothing");
		ensure!(DatanetsByTag::<T>::iter().count() == tags, "the index of tags has others");
		Ok(())
	}

	/// Weights and spans of everything in a datanet that was accepted.
	fn members_of(id: DatanetId) -> impl Iterator<Item = (u64, DatanetVersion, Option<DatanetVersion>)> {
		ContributionIndex::<T>::iter_prefix_values(id)
			.filter_map(|contribution| Contributions::<T>::get(contribution)?.span())
			.map(|(weight, from, until)| (u64::from(weight), from, until))
	}

	fn check_versions() -> Result<(), TryRuntimeError> {
		let mut count = 0;
		for (id, datanet) in Datanets::<T>::iter() {
			let members: Vec<_> = Self::members_of(id).collect();
			for number in (1..=datanet.version.0).map(DatanetVersion) {
				count += 1;
				let version = Versions::<T>::get(id, number).ok_or("a version is missing")?;
				let held = members
					.iter()
					.filter(|(_, from, until)| *from <= number && until.is_none_or(|until| number < until));
				let (size, weight) =
					held.fold((0, 0), |(count, sum), (weight, ..)| (count + 1, sum + weight));
				ensure!(version.contributions == size, "a version does not hold what it counted");
				ensure!(version.weight == weight && weight > 0, "a version's weight changed");
				ensure!(version.admission == datanet.admission(), "a version was accepted in another way");
			}
		}
		ensure!(Versions::<T>::iter().count() == count, "there are versions of nothing");
		Ok(())
	}

	fn check_curators() -> Result<(), TryRuntimeError> {
		let mut duties = BTreeMap::<(DatanetId, u32), u64>::new();
		for contribution in Contributions::<T>::iter_values() {
			if let ContributionStatus::Pending { curators: Some(generation), .. } = contribution.status {
				*duties.entry((contribution.datanet, generation)).or_default() += 1;
			}
		}
		for (id, dispute) in Disputes::<T>::iter() {
			let contribution = Contributions::<T>::get(id).ok_or("a dispute is about nothing")?;
			if let Some(generation) = dispute.curators {
				*duties.entry((contribution.datanet, generation)).or_default() += 1;
			}
		}
		for (id, datanet) in Datanets::<T>::iter() {
			if let Some(generation) = datanet.curators {
				duties.entry((id, generation)).or_default();
			}
			let proposed = CuratorsProposed::<T>::contains_key(id);
			ensure!(!proposed || datanet.curators.is_some(), "curators are proposed for an open datanet");
		}
		let sets = CuratorSets::<T>::iter().map(|(id, generation, set)| ((id, generation), set.duties));
		ensure!(sets.collect::<BTreeMap<_, _>>() == duties, "curators have other duties than they should");
		Ok(())
	}

	fn check_proceedings() -> Result<(), TryRuntimeError> {
		for (id, ballot) in Ballots::<T>::iter() {
			let contribution = Contributions::<T>::get(id).ok_or("a ballot is about nothing")?;
			let ContributionStatus::Pending { curators: Some(generation), .. } = contribution.status else {
				return Err("what was decided has a ballot".into());
			};
			let members = Self::curators(contribution.datanet, generation);
			ensure!(
				ballot.iter().all(|review| usize::from(review.curator) < members.len()),
				"nobody reviewed"
			);
			let rejections = ballot.iter().filter(|review| review.verdict == Verdict::Reject).count();
			let own = usize::from(members.contains(&contribution.contributor));
			let decided = majority(members.len(), members.len() - own, ballot.len() - rejections, rejections);
			ensure!(decided.is_none(), "a contribution waits although it is decided");
		}
		for (id, challenge) in Challenges::<T>::iter() {
			let contribution = Contributions::<T>::get(id).ok_or("a challenge is of nothing")?;
			let accepted = matches!(contribution.status, ContributionStatus::Accepted { .. });
			ensure!(accepted, "a challenge is of something that departed");
			let possible = match challenge.question {
				Question::Asked { at } => at <= frame_system::Pallet::<T>::block_number(),
				Question::Drawn { chunk, .. } => chunk < chunks(&contribution.content),
			};
			ensure!(possible, "a chunk is asked for that there is not");
		}
		for (id, _) in Disputes::<T>::iter() {
			let contribution = Contributions::<T>::get(id).ok_or("a dispute is about nothing")?;
			ensure!(contribution.span().is_some(), "a dispute is about something pending");
		}
		Ok(())
	}

	fn check_holds() -> Result<(), TryRuntimeError> {
		let datanets = Datanets::<T>::iter_values().map(|datanet| (datanet.owner, datanet.deposit));
		Self::check_held(HoldReason::Datanet, datanets)?;
		let conduct = Contributions::<T>::iter_values().map(|one| (one.contributor, one.deposit.conduct));
		Self::check_held(HoldReason::Contribution, conduct)?;
		let storage = Contributions::<T>::iter_values().map(|one| (one.contributor, one.deposit.storage));
		let reserved = Reservations::<T>::iter_values().map(|one| (one.depositor, one.deposit));
		Self::check_held(HoldReason::Storage, storage.chain(reserved))?;
		let commitments = Commitments::<T>::iter().map(|(account, _, made)| (account, made.deposit));
		Self::check_held(HoldReason::Commitment, commitments)?;
		let challenges = Challenges::<T>::iter_values().map(|one| (one.challenger, one.bond));
		Self::check_held(HoldReason::Challenge, challenges)?;
		let disputes = Disputes::<T>::iter_values().map(|one| (one.claimant, one.bond));
		Self::check_held(HoldReason::Dispute, disputes)
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
