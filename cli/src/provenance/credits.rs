//! What an account was credited, ever, from the events that name it.
//!
//! # Must not
//! Count an event twice, or one of somebody else's.

use crate::{
	claims::history::{Happened, History, SubmitterPaid},
	rewards::{EarnedInfo, Place},
};
use codec::Decode;
use plexus_primitives::{BatchId, ContributionId, DatanetId, Holder};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::collections::BTreeMap;

/// What something was credited for, as the pallet numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
	/// A claim that a part of an output was made from a contribution.
	Claim,
	/// The submission of such a claim.
	Submission,
	/// A challenge that was won, or what an answer to one was paid.
	Challenge,
}

/// Something that was credited to the account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Credit {
	pub(crate) block: u32,
	pub(crate) event: u32,
	pub(crate) transaction: (u32, Option<u32>),
	pub(crate) source: Source,
	/// What earned it, if it was a claim.
	pub(crate) contribution: Option<ContributionId>,
	/// In which batch, where the account's own events tell.
	pub(crate) batch: Option<BatchId>,
	pub(crate) amount: u128,
}

/// Everything that the account's events tell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Credits {
	/// The newest first, but for those of pools.
	pub(crate) credits: Vec<Credit>,
	/// What was earned by being in versions.
	pub(crate) pools: BTreeMap<(u32, u32, Option<u32>), u128>,
	/// What came out of disputes, of all sources together.
	pub(crate) released: Released,
}

/// What disputes brought, by where it came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Released {
	pub(crate) pools: u128,
	pub(crate) claims: u128,
}

#[derive(Decode)]
struct ContributionCredited {
	contribution: ContributionId,
	holder: Holder<AccountId32>,
	source: Source,
	amount: u128,
}

#[derive(Decode)]
struct AccountCredited {
	account: AccountId32,
	source: Source,
	amount: u128,
}

#[derive(Decode)]
struct PositionCredited {
	holder: Holder<AccountId32>,
	place: Place,
	amount: u128,
}

#[derive(Decode)]
struct EscrowReleased {
	_contribution: ContributionId,
	_datanet: DatanetId,
	to: Holder<AccountId32>,
	earned: EarnedInfo,
}

#[derive(Decode)]
struct ClaimsVoided {
	batch: BatchId,
	_challenger: AccountId32,
	reward: u128,
	_burned: u128,
}

/// Reads the account's history, the newest first.
pub(crate) fn of(account: &AccountId32, history: &History) -> Credits {
	let own = |holder: &Holder<AccountId32>| *holder == Holder::Account(account.clone());
	let mut found = Credits::default();
	for event in &history.events {
		if let Some(credited) = event.decode::<ContributionCredited>("Rewards.ContributionCredited") {
			let ContributionCredited { contribution, holder, source, amount } = credited;
			if own(&holder) {
				found.credits.push(credit(event, source, Some(contribution), None, amount));
			}
		} else if let Some(credited) = event.decode::<AccountCredited>("Rewards.AccountCredited") {
			let AccountCredited { account: whose, source, amount } = credited;
			if whose == *account {
				let batch = batch_of(history, event, source, amount);
				found.credits.push(credit(event, source, None, batch, amount));
			}
		} else if let Some(credited) = event.decode::<PositionCredited>("Rewards.PositionCredited") {
			let PositionCredited { holder, place, amount } = credited;
			if own(&holder) {
				let sum = found.pools.entry((place.datanet, place.from, place.until)).or_default();
				*sum = sum.saturating_add(amount);
			}
		} else if let Some(released) = event.decode::<EscrowReleased>("Rewards.EscrowReleased") {
			if own(&released.to) {
				// An escrow stands for contributions: it submits and challenges nothing.
				let EarnedInfo { pools, claims, .. } = released.earned;
				let sums = &mut found.released;
				sums.pools = sums.pools.saturating_add(pools);
				sums.claims = sums.claims.saturating_add(claims);
			}
		}
	}
	found
}

fn credit(
	event: &Happened,
	source: Source,
	contribution: Option<ContributionId>,
	batch: Option<BatchId>,
	amount: u128,
) -> Credit {
	let (block, transaction) = (event.block, event.transaction());
	Credit { block, event: event.event, transaction, source, contribution, batch, amount }
}

/// In which batch an account was credited: the event that says so is of the same transaction, tells the same amount, and is
/// the nearest to it.
fn batch_of(history: &History, credited: &Happened, source: Source, amount: u128) -> Option<BatchId> {
	let beside = history.events.iter().filter(|event| event.transaction() == credited.transaction());
	let told = beside.filter_map(|event| {
		let distance = event.event.abs_diff(credited.event);
		let (batch, told) = match source {
			Source::Submission => {
				let paid = event.decode::<SubmitterPaid>("Attribution.SubmitterPaid")?;
				(paid.batch, paid.amount)
			}
			Source::Challenge => {
				let voided = event.decode::<ClaimsVoided>("Attribution.ClaimsVoided")?;
				(voided.batch, voided.reward)
			}
			Source::Claim => return None,
		};
		(told == amount).then_some((distance, batch))
	});
	told.min_by_key(|(distance, _)| *distance).map(|(_, batch)| batch)
}

/// A source of money, with how much of it the events tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sum {
	pub(crate) source: &'static str,
	/// What the chain says was credited, ever.
	pub(crate) credited: u128,
	/// What the events tell.
	pub(crate) told: u128,
}

/// What the chain says against what the events tell, source by source.
pub(crate) fn sums(earned: &EarnedInfo, credits: &Credits) -> [Sum; 4] {
	let of = |source: Source| {
		let credits = credits.credits.iter().filter(|credit| credit.source == source);
		credits.fold(0u128, |sum, credit| sum.saturating_add(credit.amount))
	};
	let pools = credits.pools.values().fold(0u128, |sum, amount| sum.saturating_add(*amount));
	let Released { pools: released_pools, claims: released_claims } = credits.released;
	[
		Sum { source: "pools", credited: earned.pools, told: pools.saturating_add(released_pools) },
		Sum {
			source: "claims",
			credited: earned.claims,
			told: of(Source::Claim).saturating_add(released_claims),
		},
		Sum { source: "submissions", credited: earned.submissions, told: of(Source::Submission) },
		Sum { source: "challenges", credited: earned.challenges, told: of(Source::Challenge) },
	]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::history::happened;
	use codec::{DecodeAll, Encode};
	use pallet_rewards::types;
	use plexus_primitives::DatanetVersion;

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	fn held(n: u8) -> Holder<AccountId32> {
		Holder::Account(account(n))
	}

	fn history(events: Vec<Happened>) -> History {
		History { events, cut: false, complete_from: Some(0), indexed_to: Some(9) }
	}

	fn told() -> History {
		let (one, batch) = (ContributionId(5), BatchId(7));
		let place = types::Place { datanet: DatanetId(1), from: DatanetVersion(2), until: None };
		let earned = types::Earned { due: 0, pools: 3, claims: 4, submissions: 0, challenges: 0 };
		history(vec![
			happened(9, 8, "Rewards.ContributionCredited", &(one, held(1), types::Source::Claim, 90u128)),
			happened(9, 7, "Rewards.ContributionCredited", &(one, held(2), types::Source::Claim, 50u128)),
			happened(9, 6, "Rewards.AccountCredited", &(account(1), types::Source::Submission, 10u128)),
			happened(9, 5, "Attribution.SubmitterPaid", &(batch, account(1), 10u128)),
			happened(9, 2, "Attribution.SubmitterPaid", &(BatchId(6), account(1), 11u128)),
			happened(8, 4, "Attribution.ClaimsVoided", &(batch, account(1), 20u128, 80u128)),
			happened(8, 3, "Rewards.AccountCredited", &(account(1), types::Source::Challenge, 20u128)),
			happened(7, 1, "Rewards.PositionCredited", &(held(1), place, 30u128)),
			happened(6, 1, "Rewards.PositionCredited", &(held(1), place, 5u128)),
			happened(5, 1, "Rewards.EscrowReleased", &(one, DatanetId(1), held(1), earned)),
			happened(4, 1, "Balances.Transfer", &(account(1), account(2), 5u128)),
		])
	}

	#[test]
	fn credits_are_the_accounts_own_with_the_batch_that_brought_them() {
		let credits = of(&account(1), &told());
		let lines: Vec<_> = credits
			.credits
			.iter()
			.map(|credit| (credit.source, credit.contribution.map(|id| id.0), credit.batch, credit.amount))
			.collect();
		assert_eq!(
			lines,
			[
				(Source::Claim, Some(5), None, 90),
				(Source::Submission, None, Some(BatchId(7)), 10),
				(Source::Challenge, None, Some(BatchId(7)), 20),
			]
		);
		assert_eq!(credits.pools, BTreeMap::from([((1, 2, None), 35)]));
		assert_eq!(credits.released, Released { pools: 3, claims: 4 });
	}

	#[test]
	fn what_events_tell_is_held_against_what_the_chain_says() {
		let theirs = types::Earned { due: 9, pools: 38, claims: 100, submissions: 10, challenges: 20 };
		let earned = EarnedInfo::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		let sums = sums(&earned, &of(&account(1), &told()));
		let lines: Vec<_> = sums.iter().map(|sum| (sum.source, sum.credited, sum.told)).collect();
		let expected =
			[("pools", 38, 38), ("claims", 100, 94), ("submissions", 10, 10), ("challenges", 20, 20)];
		assert_eq!(lines, expected);
	}

	#[test]
	fn sources_are_numbered_as_the_pallets() {
		for (theirs, ours) in [
			(types::Source::Claim, Source::Claim),
			(types::Source::Submission, Source::Submission),
			(types::Source::Challenge, Source::Challenge),
		] {
			assert_eq!(Source::decode_all(&mut &theirs.encode()[..]), Ok(ours));
		}
	}
}
