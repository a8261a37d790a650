//! What an account was credited, ever, from the events that name it, its agent, or the batches that it served.
//!
//! # Must not
//! Count an event twice, or one of somebody else's.

use crate::{
	amount::Amount,
	claims::history::{
		BatchSubmitted, ClaimProven, ClaimsVoided, DeveloperCredited, Happened, History, ModelEarned,
		RewardClaimed, RoyaltyCredited, SubmitterPaid, UnlistedAnswered,
	},
	income::Sources,
	rewards::{EarnedInfo, Place},
};
use codec::Decode;
use plexus_primitives::{AgentId, BatchId, ContributionId, DatanetId, Holder, ModelId};
use serde::Serialize;
use sp_core::crypto::AccountId32;
use std::collections::BTreeMap;

/// What something was credited for: the first three as the pallet numbers them, and what other pallets credit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Decode, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
	/// A claim that a part of an output was made from a contribution.
	Claim,
	/// The submission of such a claim.
	Submission,
	/// A challenge that was won, or what an answer to one was paid.
	Challenge,
	/// A batch of answers that it served.
	#[codec(skip)]
	Serving,
	/// A model that it develops.
	#[codec(skip)]
	Developing,
	/// A model that another was made from.
	#[codec(skip)]
	Royalties,
	/// Stake behind validators.
	#[codec(skip)]
	Staking,
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
	/// What it is, where no claim is behind it and the account's own events tell.
	pub(crate) what: Option<String>,
	pub(crate) amount: u128,
}

/// A batch that the account's agent submitted. What that brought is told by the batch's events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Served {
	pub(crate) block: u32,
	pub(crate) event: u32,
	pub(crate) batch: BatchId,
	pub(crate) receipts: u32,
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

/// Reads the account's history, the newest first.
pub(crate) fn of(account: &AccountId32, history: &History) -> Credits {
	let own = |holder: &Holder<AccountId32>| *holder == Holder::Account(account.clone());
	let mut found = Credits::default();
	for event in &history.events {
		if let Some(credited) = event.decode::<ContributionCredited>("Rewards.ContributionCredited") {
			let ContributionCredited { contribution, holder, source, amount } = credited;
			if own(&holder) {
				let contribution = Some(contribution);
				found.credits.push(Credit { contribution, ..credit(event, source, amount) });
			}
		} else if let Some(credited) = event.decode::<AccountCredited>("Rewards.AccountCredited") {
			let AccountCredited { account: whose, source, amount } = credited;
			if whose == *account {
				found.credits.push(with_origin(account, history, event, credit(event, source, amount)));
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
		} else {
			found.credits.extend(of_models_and_stake(account, event));
		}
	}
	found
}

fn credit(event: &Happened, source: Source, amount: u128) -> Credit {
	let (block, transaction) = (event.block, event.transaction());
	let (contribution, batch, what) = (None, None, None);
	Credit { block, event: event.event, transaction, source, contribution, batch, what, amount }
}

/// What other pallets than that of the rewards credited.
fn of_models_and_stake(account: &AccountId32, event: &Happened) -> Option<Credit> {
	let (whose, what, source, amount) = if let Some(told) =
		event.decode::<DeveloperCredited>("Receipts.DeveloperCredited")
	{
		let DeveloperCredited { model, developer, amount } = told;
		let what = format!("the developer's part of what model {} earned since it was last pulled", model.0);
		(developer, what, Source::Developing, amount)
	} else if let Some(told) = event.decode::<RoyaltyCredited>("Receipts.RoyaltyCredited") {
		let what = format!(
			"royalties for model {} of what model {} earned since they were last pulled",
			told.ancestor.0, told.model.0
		);
		(told.developer, what, Source::Royalties, told.to_developer)
	} else {
		let RewardClaimed { who, amount } = event.decode("Validators.RewardClaimed")?;
		(who, "rewards of stake, as they were claimed".into(), Source::Staking, amount)
	};
	let own = whose == *account && amount > 0;
	own.then(|| Credit { what: Some(what), ..credit(event, source, amount) })
}

/// With the batch in which an account was credited, and for what, by the event of the same transaction that says so. It tells
/// the same amount; that a submitter is paid is told right before the credit, that a challenger is after it.
fn with_origin(account: &AccountId32, history: &History, event: &Happened, credit: Credit) -> Credit {
	let beside = || history.events.iter().filter(|other| other.transaction() == event.transaction());
	match credit.source {
		Source::Submission => {
			let before = beside().filter(|other| other.event < event.event);
			let paid = before.filter_map(|other| {
				let paid = other.decode::<SubmitterPaid>("Attribution.SubmitterPaid")?;
				(paid.account == *account && paid.amount == credit.amount)
					.then_some((other.event, paid.batch))
			});
			let batch = paid.max_by_key(|(place, _)| *place).map(|(_, batch)| batch);
			Credit { batch, ..credit }
		}
		Source::Challenge => {
			let after = beside().filter(|other| other.event > event.event);
			let won = after.filter_map(|other| Some((other.event, won(account, other, credit.amount)?)));
			let first = won.min_by_key(|(place, _)| *place).map(|(_, won)| won);
			let (batch, what) = first.unzip();
			Credit { batch, what, ..credit }
		}
		_ => credit,
	}
}

/// What an account was paid so much for, if it is by this event.
fn won(account: &AccountId32, event: &Happened, amount: u128) -> Option<(BatchId, String)> {
	if let Some(voided) = event.decode::<ClaimsVoided>("Attribution.ClaimsVoided") {
		let ClaimsVoided { batch, challenger, reward, burned } = voided;
		let hold = Amount(reward.saturating_add(burned));
		let what = format!("the challenger's part of the batch's hold of {hold}, for a fraud in it");
		return (challenger == *account && reward == amount).then_some((batch, what));
	}
	let answered = event.decode::<UnlistedAnswered>("Attribution.UnlistedAnswered")?;
	let what = "the bond of an unlisted source that the manifest has after all".into();
	(answered.by == *account && answered.bond == amount).then_some((answered.batch, what))
}

/// The batches that an agent submitted, in the order of its history.
pub(crate) fn served(agent: AgentId, history: &History) -> Vec<Served> {
	let of = |event: &Happened| {
		let told = event.decode::<BatchSubmitted>("Receipts.BatchSubmitted")?;
		let BatchSubmitted { batch, server, receipts, .. } = told;
		(server == agent).then_some(Served { block: event.block, event: event.event, batch, receipts })
	};
	history.events.iter().filter_map(of).collect()
}

/// What each model of a batch earned its server, by the batch's history.
pub(crate) fn to_server(history: &History) -> Vec<(ModelId, u128)> {
	let earned = |event: &Happened| event.decode::<ModelEarned>("Receipts.ModelEarned");
	history.events.iter().filter_map(earned).map(|earned| (earned.model, earned.to_server)).collect()
}

/// The answer to a demand that was paid with a credit, by the history of its batch, the oldest first.
pub(crate) fn answered(history: &History, credit: &Credit) -> Option<ClaimProven> {
	let of_call = |event: &&Happened| event.transaction() == credit.transaction && event.event > credit.event;
	let behind = history.events.iter().filter(of_call);
	let mut proven = behind.filter_map(|event| event.decode::<ClaimProven>("Attribution.ClaimProven"));
	proven.find(|proven| proven.paid == credit.amount)
}

/// A source of money, with how much of it the events tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sum {
	pub(crate) source: &'static str,
	/// What the chain says was credited, ever; of serving, models and stake, which it forgets, what the node's index counted.
	pub(crate) credited: u128,
	/// What the events tell.
	pub(crate) told: u128,
}

/// What was credited against what the events tell, source by source; `served` is of the batches that were followed.
pub(crate) fn sums(earned: &EarnedInfo, counted: &Sources, credits: &Credits, served: u128) -> [Sum; 8] {
	let of = |source: Source| {
		let credits = credits.credits.iter().filter(|credit| credit.source == source);
		credits.fold(0u128, |sum, credit| sum.saturating_add(credit.amount))
	};
	let pools = credits.pools.values().fold(0u128, |sum, amount| sum.saturating_add(*amount));
	let pools = pools.saturating_add(credits.released.pools);
	let claims = of(Source::Claim).saturating_add(credits.released.claims);
	let sum = |source, credited, told| Sum { source, credited, told };
	[
		sum("serving", counted.serving.0, served),
		sum("developing", counted.developing.0, of(Source::Developing)),
		sum("royalties", counted.royalties.0, of(Source::Royalties)),
		sum("pools", earned.pools, pools),
		sum("claims", earned.claims, claims),
		sum("submissions", earned.submissions, of(Source::Submission)),
		sum("challenges", earned.challenges, of(Source::Challenge)),
		sum("staking", counted.staking.0, of(Source::Staking)),
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
			happened(4, 6, "Receipts.RoyaltyCredited", &(ModelId(2), ModelId(1), account(1), 7u128, 3u128)),
			happened(4, 5, "Receipts.RoyaltyCredited", &(ModelId(2), ModelId(1), account(1), 0u128, 3u128)),
			happened(4, 4, "Receipts.DeveloperCredited", &(ModelId(1), account(1), 8u128)),
			happened(4, 3, "Receipts.DeveloperCredited", &(ModelId(1), account(2), 9u128)),
			happened(4, 2, "Validators.RewardClaimed", &(account(1), 6u128)),
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
				(Source::Royalties, None, None, 7),
				(Source::Developing, None, None, 8),
				(Source::Staking, None, None, 6),
			]
		);
		let what = |place: usize| credits.credits[place].what.as_deref().unwrap_or_default();
		assert!(what(1).is_empty(), "claims are behind it");
		assert!(what(2).contains("hold of 0.0000000001 PLX"), "{}", what(2));
		assert!(what(3).contains("model 1 of what model 2 earned"), "{}", what(3));
		assert!(what(4).contains("what model 1 earned"), "{}", what(4));
		assert_eq!(credits.pools, BTreeMap::from([((1, 2, None), 35)]));
		assert_eq!(credits.released, Released { pools: 3, claims: 4 });
	}

	#[test]
	fn what_events_tell_is_held_against_what_the_chain_says() {
		let theirs = types::Earned { due: 9, pools: 38, claims: 100, submissions: 10, challenges: 20 };
		let earned = EarnedInfo::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		let (serving, developing) = (Amount(12), Amount(8));
		let counted =
			Sources { serving, developing, royalties: Amount(7), staking: Amount(9), ..Sources::default() };
		let sums = sums(&earned, &counted, &of(&account(1), &told()), 11);
		let lines: Vec<_> = sums.iter().map(|sum| (sum.source, sum.credited, sum.told)).collect();
		let expected = [
			("serving", 12, 11),
			("developing", 8, 8),
			("royalties", 7, 7),
			("pools", 38, 38),
			("claims", 100, 94),
			("submissions", 10, 10),
			("challenges", 20, 20),
			("staking", 9, 6),
		];
		assert_eq!(lines, expected);
	}

	#[test]
	fn of_several_payments_in_a_transaction_each_credit_has_its_own() {
		let paid = |event, batch| {
			happened(9, event, "Attribution.SubmitterPaid", &(BatchId(batch), account(1), 10u128))
		};
		let credited = |event, source: types::Source| {
			happened(9, event, "Rewards.AccountCredited", &(account(1), source, 10u128))
		};
		let voided = |event, batch, by| {
			happened(9, event, "Attribution.ClaimsVoided", &(BatchId(batch), account(by), 10u128, 40u128))
		};
		let (submission, challenge) = (types::Source::Submission, types::Source::Challenge);
		let answered = (BatchId(5), 0u32, 0u64, ContributionId(1), DatanetVersion(1), account(1), 10u128);
		let credits = of(
			&account(1),
			&history(vec![
				happened(9, 13, "Attribution.UnlistedAnswered", &answered),
				credited(12, challenge),
				voided(11, 4, 1),
				voided(10, 3, 2),
				credited(9, challenge),
				credited(6, submission),
				paid(4, 2),
				credited(3, submission),
				paid(1, 1),
			]),
		);
		let batches: Vec<_> = credits.credits.iter().map(|credit| credit.batch.map(|id| id.0)).collect();
		assert_eq!(batches, [Some(5), Some(4), Some(2), Some(1)]);
		assert!(credits.credits[0].what.as_ref().is_some_and(|what| what.contains("the bond")));
	}

	#[test]
	fn what_a_batch_paid_its_server_is_told_by_its_models() {
		let submitted = |event, batch, server| {
			let fields = (BatchId(batch), AgentId(server), [1u8; 32], 12u32, 9u128, 0u64, 0u128);
			happened(9, event, "Receipts.BatchSubmitted", &fields)
		};
		let of_agent = history(vec![submitted(4, 2, 3), submitted(3, 1, 4)]);
		let expected = Served { block: 9, event: 4, batch: BatchId(2), receipts: 12 };
		assert_eq!(served(AgentId(3), &of_agent), [expected]);
		let earned = |event, model, to_server: u128| {
			let fields = (BatchId(2), ModelId(model), 1u128, 9u128, to_server, 2u128);
			happened(9, event, "Receipts.ModelEarned", &fields)
		};
		let of_batch = history(vec![earned(5, 0, 4), earned(6, 7, 3)]);
		assert_eq!(to_server(&of_batch), [(ModelId(0), 4), (ModelId(7), 3)]);
	}

	#[test]
	fn an_answer_is_found_in_the_transaction_that_paid_it() {
		let proven = |block, event, claim: u32, paid: u128| {
			happened(block, event, "Attribution.ClaimProven", &(BatchId(2), claim, false, paid))
		};
		let account_credited = (account(1), types::Source::Challenge, 8u128);
		let credits =
			of(&account(1), &history(vec![happened(9, 5, "Rewards.AccountCredited", &account_credited)]));
		let credit = &credits.credits[0];
		assert_eq!((credit.batch, &credit.what), (None, &None), "the account's own events do not tell");
		let events = vec![proven(8, 6, 0, 8), proven(9, 4, 1, 8), proven(9, 6, 2, 0), proven(9, 7, 3, 8)];
		assert_eq!(answered(&history(events), credit).map(|proven| proven.claim), Some(3));
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
