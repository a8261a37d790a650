//! What a challenger does for an open batch besides looking at its bytes: pure decisions.
//!
//! # Must not
//! Do what brings others something and costs a fee: samples that nobody showed, one's own demands, one's own rewards.

use crate::claims::chain::{Claim, OpenBatch, Questions, Sampling};
use plexus_primitives::Evidence;
use sp_core::crypto::AccountId32;
use std::collections::BTreeSet;

/// Blocks that a server has to draw its samples itself: it wants its money, and a challenger its fee.
const DRAWN_WITHIN_BLOCKS: u64 = 10;

/// Something to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Chore {
	/// Nobody drew the samples.
	DrawSamples,
	/// Samples were not shown in time: fraud, and whoever says so has found it.
	CloseSamples,
	/// A demand of one's own was not answered in time, or need not be any more.
	CloseDemand(u32),
	/// One's own verdict is decided: the reward is paid.
	Finalise,
}

impl Chore {
	/// Its call.
	pub(super) fn name(&self) -> &'static str {
		match self {
			Self::DrawSamples => "draw_samples",
			Self::CloseSamples => "close_samples",
			Self::CloseDemand(_) => "close_demand",
			Self::Finalise => "finalise",
		}
	}

	/// The claim that it is about.
	pub(super) fn claim(&self) -> Option<u32> {
		match self {
			Self::CloseDemand(claim) => Some(*claim),
			Self::DrawSamples | Self::CloseSamples | Self::Finalise => None,
		}
	}
}

/// What is to be done for a batch at a block and a time on the chain clock.
pub(super) fn chores(
	batch: &OpenBatch,
	questions: &Questions,
	own: &AccountId32,
	block: u64,
	now_ms: u64,
) -> Vec<Chore> {
	let mut chores = Vec::new();
	let in_doubt = batch.verdict.is_none() && batch.claims > 0;
	for demand in questions.demands.iter().filter(|demand| demand.by == *own) {
		if now_ms >= demand.deadline_ms || !in_doubt {
			chores.push(Chore::CloseDemand(demand.claim));
		}
	}
	match &batch.sampling {
		Sampling::Due { at } if in_doubt && block > u64::from(*at) + DRAWN_WITHIN_BLOCKS => {
			chores.push(Chore::DrawSamples);
		}
		Sampling::Drawn { deadline_ms, .. } if in_doubt && now_ms >= *deadline_ms => {
			chores.push(Chore::CloseSamples);
		}
		Sampling::Due { .. } | Sampling::Drawn { .. } | Sampling::Done => {}
	}
	let decided = batch
		.verdict
		.as_ref()
		.is_some_and(|verdict| verdict.challenger == *own && now_ms >= verdict.decided_from_ms);
	if decided && batch.claims > 0 {
		chores.push(Chore::Finalise);
	}
	chores
}

/// Whether nothing is left to do about a batch, demands of one's own apart, but what others are to do, such as finalising it.
/// They may leave it so for ever, and it would be followed for ever.
/// `own` is nothing for whoever only looks.
pub(super) fn is_over(batch: &OpenBatch, own: Option<&AccountId32>, now_ms: u64) -> bool {
	let left = own.is_some_and(|own| match &batch.verdict {
		// A sample that nobody draws, or shows, is fraud after the window, too.
		None => batch.sampling != Sampling::Done,
		Some(verdict) => batch.claims > 0 && verdict.challenger == *own,
	});
	now_ms >= batch.ends_at_ms && !left
}

/// The claim that is worth a demand: of those whose bytes were not seen the one that moves most, if it costs no more than
/// may be spent. One at a time in a batch, since each doubles the price of the next.
pub(super) fn demand(
	batch: &OpenBatch,
	claims: &[Claim],
	questions: &Questions,
	unseen: &BTreeSet<u32>,
	now_ms: u64,
	may_spend: u128,
) -> Option<(u32, u128)> {
	let open = batch.verdict.is_none() && now_ms < batch.demands_end_at_ms && questions.demands.is_empty();
	let sampled = |claim: u32| questions.samples.as_ref().is_some_and(|(claims, _)| claims.contains(&claim));
	let worth = |claim: &&Claim| {
		unseen.contains(&claim.claim)
			&& !claim.proven
			&& !sampled(claim.claim)
			&& !matches!(claim.evidence, Evidence::Attested { .. })
			&& claim.demand_price <= may_spend
	};
	let best = claims.iter().filter(worth).max_by_key(|claim| (claim.amount, std::cmp::Reverse(claim.claim)));
	best.filter(|_| open).map(|claim| (claim.claim, claim.demand_price))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::{
		chain::{Demand, Verdict},
		testing::{bytes, Contribution, World},
	};

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	fn batch() -> OpenBatch {
		let world = World::new(&[], &[(bytes(1, 9), bytes(2, 9))], &[]);
		OpenBatch { claims: 2, sampling: Sampling::Done, ..world.facts.batch }
	}

	fn asked(by: u8, deadline_ms: u64) -> Questions {
		let demand = Demand { claim: 1, by: account(by), price: 5, deadline_ms };
		Questions { demands: vec![demand], ..Questions::default() }
	}

	fn of(batch: &OpenBatch, questions: &Questions) -> Vec<Chore> {
		chores(batch, questions, &account(1), 100, 1_000)
	}

	#[test]
	fn samples_are_closed_when_they_are_late_and_drawn_when_nobody_does() {
		let drawn = |deadline_ms| {
			let sampling = Sampling::Drawn { claims: vec![0], number: 3, deadline_ms };
			OpenBatch { sampling, ..batch() }
		};
		assert_eq!(of(&drawn(1_000), &Questions::default()), [Chore::CloseSamples]);
		assert_eq!(of(&drawn(1_001), &Questions::default()), []);
		let due = |at| OpenBatch { sampling: Sampling::Due { at }, ..batch() };
		assert_eq!(of(&due(89), &Questions::default()), [Chore::DrawSamples]);
		assert_eq!(of(&due(90), &Questions::default()), []);
		let judged = Verdict { challenger: account(2), number: 0, decided_from_ms: 0 };
		let judged = OpenBatch { verdict: Some(judged), ..drawn(1_000) };
		assert_eq!(of(&judged, &Questions::default()), [], "it is fraudulent already");
	}

	#[test]
	fn ones_own_demands_are_closed_and_others_are_not() {
		assert_eq!(of(&batch(), &asked(1, 1_000)), [Chore::CloseDemand(1)]);
		assert_eq!(of(&batch(), &asked(1, 1_001)), []);
		assert_eq!(of(&batch(), &asked(2, 1_000)), []);
		let judged = Verdict { challenger: account(2), number: 0, decided_from_ms: 0 };
		let judged = OpenBatch { verdict: Some(judged), ..batch() };
		assert_eq!(of(&judged, &asked(1, 9_999)), [Chore::CloseDemand(1)], "what it paid returns");
	}

	#[test]
	fn ones_own_reward_is_fetched_once_it_is_decided() {
		let judged = |who, decided_from_ms| {
			let verdict = Verdict { challenger: account(who), number: 0, decided_from_ms };
			OpenBatch { verdict: Some(verdict), ..batch() }
		};
		assert_eq!(of(&judged(1, 1_000), &Questions::default()), [Chore::Finalise]);
		assert_eq!(of(&judged(1, 1_001), &Questions::default()), []);
		assert_eq!(of(&judged(2, 1_000), &Questions::default()), []);
		let void = OpenBatch { claims: 0, ..judged(1, 1_000) };
		assert_eq!(of(&void, &Questions::default()), []);
	}

	#[test]
	fn what_others_leave_open_is_over_for_whoever_watches() {
		let (own, other) = (account(1), account(2));
		let ended = OpenBatch { ends_at_ms: 1_000, ..batch() };
		assert!(!is_over(&ended, Some(&own), 999) && is_over(&ended, Some(&own), 1_000));
		assert!(!is_over(&ended, None, 999) && is_over(&ended, None, 1_000));
		let undrawn = OpenBatch { sampling: Sampling::Due { at: 1 }, ..ended.clone() };
		assert!(!is_over(&undrawn, Some(&own), 9_999), "it may be fraud");
		assert!(is_over(&undrawn, None, 9_999), "whoever only looks does nothing about it");
		let judged = |challenger| {
			let verdict = Some(Verdict { challenger, number: 0, decided_from_ms: 0 });
			OpenBatch { verdict, ..undrawn.clone() }
		};
		assert!(!is_over(&judged(own.clone()), Some(&own), 9_999), "the reward is to be fetched");
		assert!(is_over(&judged(other), Some(&own), 9_999));
		assert!(is_over(&OpenBatch { claims: 0, ..judged(own.clone()) }, Some(&own), 9_999));
	}

	#[test]
	fn of_what_was_not_seen_the_most_is_demanded_within_what_may_be_spent() {
		let source = bytes(1, 900);
		let span = |length| Evidence::Span { output: 0, offset: 0, length };
		let contribution = Contribution { id: 1, commitment: 1, datanet: 0, bytes: source.clone() };
		let facts = World::new(
			&[contribution],
			&[(bytes(2, 9), source)],
			&[(0, 1, span(300)), (0, 1, span(600)), (0, 1, span(900))],
		)
		.facts;
		let unseen = BTreeSet::from([0, 1]);
		let asks = |questions: &Questions, now_ms, may_spend| {
			demand(&facts.batch, &facts.claims, questions, &unseen, now_ms, may_spend)
		};
		let prices: Vec<_> = facts.claims.iter().map(|claim| claim.demand_price).collect();
		let none = Questions::default();
		assert_eq!(asks(&none, 1, prices[1]), Some((1, prices[1])));
		assert_eq!(asks(&none, 1, prices[1] - 1), Some((0, prices[0])));
		assert_eq!(asks(&none, 1, 0), None);
		assert_eq!(asks(&none, facts.batch.demands_end_at_ms, prices[1]), None);
		assert_eq!(asks(&asked(2, 9), 1, prices[1]), None, "one at a time");
		let sampled = Questions { samples: Some((vec![1], 9)), ..Questions::default() };
		assert_eq!(asks(&sampled, 1, prices[1]), Some((0, prices[0])), "it is to be shown anyway");
	}
}
