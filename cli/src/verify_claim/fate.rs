//! What became of a claim, by the events of its batch.
//!
//! # Must not
//! Conclude anything from an event that is missing, unless the history is whole.

use crate::{
	claims::{
		history::{
			BatchFinal, ClaimMoved, ClaimsPaid, ClaimsVoided, ContributionPaid, Happened, History,
			SubmitterPaid,
		},
		worth,
	},
	verify_claim::Case,
};
use plexus_primitives::ContributionId;
use sp_core::crypto::AccountId32;

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
	/// Nothing yet.
	Open,
	/// It was paid, and what was paid is what it is worth.
	Paid { block: u32, contribution: ContributionId, amount: u128, submitter: u128 },
	/// It was paid, and not as the rules say.
	PaidWrong { block: u32, cause: String },
	/// The batch was fraudulent.
	Void { block: u32, challenger: AccountId32 },
	/// The events that tell are not at hand.
	Unknown { cause: String },
}

/// Who moved a claim, and to where; the last one counts, since a claim moves again only to who had committed earlier.
pub(crate) fn moved(history: &History, claim: u32) -> Option<ClaimMoved> {
	let moves =
		history.events.iter().filter_map(|event| event.decode::<ClaimMoved>("Attribution.ClaimMoved"));
	moves.rev().find(|moved| moved.claim == claim)
}

/// What became of a claim. The history is that of its batch, the oldest first.
pub(crate) fn of(case: &Case, history: &History, claim: u32) -> Fate {
	for (place, event) in history.events.iter().enumerate() {
		if let Some(voided) = event.decode::<ClaimsVoided>("Attribution.ClaimsVoided") {
			return Fate::Void { block: event.block, challenger: voided.challenger };
		}
		let paid = event.decode::<ClaimsPaid>("Attribution.ClaimsPaid");
		let Some(paid) = paid.filter(|paid| covers(paid, claim)) else { continue };
		return payment(case, history, place, &paid, claim);
	}
	let is_over =
		history.events.iter().any(|event| event.decode::<BatchFinal>("Attribution.BatchFinal").is_some());
	match (case.open, is_over) {
		(true, _) => Fate::Open,
		(false, true) => Fate::Unknown { cause: "the batch is over, and no event tells of the claim".into() },
		(false, false) => {
			Fate::Unknown { cause: "the batch is not open, and the index has no event of its end".into() }
		}
	}
}

fn covers(paid: &ClaimsPaid, claim: u32) -> bool {
	claim.checked_sub(paid.first).is_some_and(|beyond| beyond < paid.count)
}

/// The events of one call that paid: those of its recipients come before the one that tells how many claims it were.
fn payment(case: &Case, history: &History, place: usize, paid: &ClaimsPaid, claim: u32) -> Fate {
	let told = &history.events[place];
	let is_boundary = |event: &Happened| event.decode::<ClaimsPaid>("Attribution.ClaimsPaid").is_some();
	let before = history.events[..place].iter().rev();
	let of_call: Vec<_> =
		before.take_while(|event| event.transaction() == told.transaction() && !is_boundary(event)).collect();
	let (mut contributions, mut submitters) = (Vec::new(), Vec::new());
	for event in of_call {
		contributions.extend(event.decode::<ContributionPaid>("Attribution.ContributionPaid"));
		submitters.extend(event.decode::<SubmitterPaid>("Attribution.SubmitterPaid"));
	}
	let sum_to = contributions.iter().map(|one| one.amount).fold(0, u128::saturating_add);
	let sum_by = submitters.iter().map(|one| one.amount).fold(0, u128::saturating_add);
	let wrong = |cause: String| Fate::PaidWrong { block: told.block, cause };
	if (sum_to, sum_by) != (paid.contributions, paid.submitters) {
		return wrong("the payments of the call do not add up to what it says".into());
	}
	let Some((contribution, by, rest, part)) = due(case, history, claim) else {
		return Fate::Unknown { cause: "the account that submitted it is not known".into() };
	};
	let in_call =
		(paid.first..paid.first.saturating_add(paid.count)).filter_map(|place| due(case, history, place));
	let (mut owed_to, mut owed_by) = (0u128, 0u128);
	for (to, whom, rest, part) in in_call {
		owed_to = owed_to.saturating_add(if to == contribution { rest } else { 0 });
		owed_by = owed_by.saturating_add(if whom == by { part } else { 0 });
	}
	let got_to: u128 =
		contributions.iter().filter(|one| one.contribution == contribution).map(|one| one.amount).sum();
	let got_by: u128 = submitters.iter().filter(|one| one.account == by).map(|one| one.amount).sum();
	match (got_to == owed_to, got_by == owed_by) {
		(true, true) => Fate::Paid { block: told.block, contribution, amount: rest, submitter: part },
		(false, _) => wrong(format!(
			"contribution {} was paid {got_to} with the call where its claims make {owed_to}",
			contribution.0
		)),
		(_, false) => {
			wrong(format!("whoever submitted it was paid {got_by} where its claims make {owed_by}"))
		}
	}
}

/// To which contribution a claim goes and by whose hand, with what each has of it.
pub(crate) fn due(
	case: &Case,
	history: &History,
	claim: u32,
) -> Option<(ContributionId, AccountId32, u128, u128)> {
	let record = case.claims.get(claim as usize)?;
	let moved = moved(history, claim);
	let part = worth::of(case.parameters.submitter, record.amount);
	let contribution = moved.as_ref().map_or(record.contribution, |moved| moved.contribution);
	let by = moved.map(|moved| moved.by).or_else(|| case.account.clone())?;
	Some((contribution, by, record.amount.saturating_sub(part), part))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{claims::history::happened, verify_claim::testing::case};
	use plexus_primitives::BatchId;

	const BATCH: BatchId = BatchId(7);

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	fn history(events: Vec<Happened>) -> History {
		History { events, cut: false, complete_from: Some(0), indexed_to: Some(100) }
	}

	/// Claims 0 and 1 are for contribution 1, claim 2 for contribution 2; each moves 100, of which 10 are the server's.
	fn settled(of: &[(u64, u128)], submitters: u128, count: u32) -> Vec<Happened> {
		let mut events = Vec::new();
		let mut at = 0;
		let mut next = || {
			at += 1;
			at
		};
		for (contribution, amount) in of {
			let fields = (BATCH, ContributionId(*contribution), *amount);
			events.push(happened(50, next(), "Attribution.ContributionPaid", &fields));
		}
		let fields = (BATCH, account(3), submitters);
		events.push(happened(50, next(), "Attribution.SubmitterPaid", &fields));
		let sum: u128 = of.iter().map(|(_, amount)| amount).sum();
		events.push(happened(50, next(), "Attribution.ClaimsPaid", &(BATCH, 0u32, count, sum, submitters)));
		events
	}

	#[test]
	fn what_was_paid_is_what_the_claims_of_the_call_make() {
		let case = case(&[(1, 100), (1, 100), (2, 100)]);
		let good = history(settled(&[(1, 180), (2, 90)], 30, 3));
		for (claim, contribution) in [(0, 1), (1, 1), (2, 2)] {
			let contribution = ContributionId(contribution);
			let paid = Fate::Paid { block: 50, contribution, amount: 90, submitter: 10 };
			assert_eq!(of(&case, &good, claim), paid);
		}
		let less = history(settled(&[(1, 170), (2, 100)], 30, 3));
		assert!(matches!(of(&case, &less, 0), Fate::PaidWrong { .. }));
		let server = history(settled(&[(1, 180), (2, 90)], 29, 3));
		assert!(matches!(of(&case, &server, 0), Fate::PaidWrong { .. }));
		let mut sum = settled(&[(1, 180), (2, 90)], 30, 3);
		sum.remove(1);
		assert!(matches!(of(&case, &history(sum), 0), Fate::PaidWrong { .. }), "one payment is missing");
	}

	#[test]
	fn claims_that_are_paid_in_pieces_are_found_in_their_own_call() {
		let case = case(&[(1, 100), (1, 100)]);
		let mut events = settled(&[(1, 90)], 10, 1);
		let second = [
			happened(50, 11, "Attribution.ContributionPaid", &(BATCH, ContributionId(1), 90u128)),
			happened(50, 12, "Attribution.SubmitterPaid", &(BATCH, account(3), 10u128)),
			happened(50, 13, "Attribution.ClaimsPaid", &(BATCH, 1u32, 1u32, 90u128, 10u128)),
		];
		events.extend(second);
		let history = history(events);
		for claim in 0..2 {
			assert!(matches!(of(&case, &history, claim), Fate::Paid { amount: 90, .. }), "{claim}");
		}
		assert!(matches!(of(&case, &history, 2), Fate::Unknown { .. }));
	}

	#[test]
	fn a_claim_that_was_moved_pays_the_earlier_contribution_and_the_challenger() {
		let case = case(&[(1, 100)]);
		let fields = |to: u64, by: u8, number: u64| {
			(BATCH, 0u32, ContributionId(to), plexus_primitives::DatanetVersion(1), account(by), number)
		};
		let history = history(vec![
			happened(20, 1, "Attribution.ClaimMoved", &fields(4, 8, 9)),
			happened(21, 1, "Attribution.ClaimMoved", &fields(5, 9, 2)),
			happened(50, 1, "Attribution.ContributionPaid", &(BATCH, ContributionId(5), 90u128)),
			happened(50, 2, "Attribution.SubmitterPaid", &(BATCH, account(9), 10u128)),
			happened(50, 3, "Attribution.ClaimsPaid", &(BATCH, 0u32, 1u32, 90u128, 10u128)),
		]);
		let expected = Fate::Paid { block: 50, contribution: ContributionId(5), amount: 90, submitter: 10 };
		assert_eq!(of(&case, &history, 0), expected);
	}

	#[test]
	fn void_open_and_unknown_are_told_apart() {
		let mut case = case(&[(1, 100)]);
		let voided = happened(30, 1, "Attribution.ClaimsVoided", &(BATCH, account(8), 1u128, 2u128));
		let fate = of(&case, &history(vec![voided]), 0);
		assert_eq!(fate, Fate::Void { block: 30, challenger: account(8) });
		assert!(matches!(of(&case, &history(vec![]), 0), Fate::Unknown { .. }));
		case.open = true;
		assert_eq!(of(&case, &history(vec![]), 0), Fate::Open);
	}
}
