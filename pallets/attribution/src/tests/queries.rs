//! What clients are told.

use super::*;
use crate::runtime_api::{ClaimFilter, PAGE_MAX};

#[test]
fn an_open_batch_is_told_with_all_its_times() {
	run(|| {
		let now = Now::get();
		let filed = file_true();
		let info = Attribution::open_batch(filed.batch).expect("it is open");
		assert_eq!((info.submitted_at_ms, info.ends_at_ms), (now, now + 90_000));
		assert_eq!((info.commitments_end_at_ms, info.demands_end_at_ms), (now + 80_000, now + 60_000));
		assert_eq!((info.claims, info.receipts, info.account), (1, 1, server()));
		assert_eq!(Attribution::open_batch(BatchId(7)), None);
		see_through(&filed);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Attribution::open_batch(filed.batch), None);
	});
}

#[test]
fn pages_of_batches_neither_skip_nor_repeat() {
	run(|| {
		let hidden = Receipt { disclose: false, ..receipt(b"rose") };
		let filed: Vec<_> =
			(0..5).map(|at| if at == 2 { file(&[hidden], &[]) } else { file_true() }).collect();
		for limit in [1, 2, 3, PAGE_MAX + 1] {
			let (mut seen, mut cursor) = (Vec::new(), None);
			loop {
				let page = Attribution::open_batches(cursor, limit);
				seen.extend(page.items.into_iter().map(|info| info.id));
				cursor = page.next;
				if cursor.is_none() {
					break;
				}
			}
			let open: Vec<_> = filed.iter().map(|one| one.batch).filter(|id| id.0 != 2).collect();
			assert_eq!(seen, open, "{limit}");
		}
	});
}

#[test]
fn claims_are_found_by_receipt_contribution_and_account() {
	run(|| {
		let claims = [
			span(0, COPY, 500, 1_500, 1_000),
			span(1, ORIGINAL, 500, 1_500, 500),
			span(1, ORIGINAL, 1_000, 2_000, 500),
		];
		let filed = file(&[receipt(&quoting()); 2], &claims);
		let found = |filter| {
			let page = Attribution::claims(filed.batch, filter, None, PAGE_MAX);
			assert_eq!(page.next, None);
			page.items.into_iter().map(|info| info.claim).collect::<Vec<_>>()
		};
		assert_eq!(found(ClaimFilter::All), [0, 1, 2]);
		assert_eq!(found(ClaimFilter::Receipt(1)), [1, 2]);
		assert_eq!(found(ClaimFilter::Contribution(ContributionId(COPY))), [0]);
		assert_eq!(found(ClaimFilter::Account(server())), [0, 1, 2]);
		let shown = Challenge::Counterclaim {
			claim: 0,
			receipt: filed.proof(0),
			contribution: ContributionId(ORIGINAL),
			version: DatanetVersion(1),
			offset: 1_500,
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(ORIGINAL), 1_500, 1_000),
		};
		assert_ok!(challenge(filed.batch, &shown));
		assert_eq!(found(ClaimFilter::Contribution(ContributionId(COPY))), [] as [u32; 0]);
		assert_eq!(found(ClaimFilter::Contribution(ContributionId(ORIGINAL))), [0, 1, 2]);
		assert_eq!(found(ClaimFilter::Account(account(CHALLENGER))), [0]);
		assert_eq!(found(ClaimFilter::Account(server())), [1, 2]);
		let page = Attribution::claims(filed.batch, ClaimFilter::All, Some(1), 1);
		assert_eq!((page.items.len(), page.items[0].claim, page.next), (1, 1, Some(2)));
		assert_eq!(page.items[0].submitter, page.items[0].amount / 10);
	});
}

#[test]
fn open_questions_are_told_with_their_deadlines() {
	run(|| {
		let filed = file_true();
		assert_ok!(Attribution::demand(by(CHALLENGER), filed.batch, 0));
		draw(filed.batch);
		let questions = Attribution::open_questions(filed.batch);
		let deadline_ms = Now::get() + PARAMETERS.response_ms;
		assert_eq!(questions.samples, Some((vec![0], deadline_ms)));
		assert_eq!(questions.demands.len(), 1);
		assert_eq!(questions.demands[0].deadline_ms, deadline_ms);
		assert_ok!(answer(filed.batch, 0, &true_answer(&filed)));
		let questions = Attribution::open_questions(filed.batch);
		assert_eq!((questions.samples, questions.demands.len()), (None, 0));
	});
}

#[test]
fn commitments_and_methods_are_told() {
	run(|| {
		let filed = file_true();
		assert_ok!(Attribution::commit(by(OTHER), filed.batch, [1; 32]));
		let info = Attribution::commitment(&account(OTHER), [1; 32]).expect("it was made");
		assert_eq!((info.batch, info.deposit), (filed.batch, commitment_deposit(filed.batch)));
		assert_eq!(Attribution::commitment(&account(PAYER), [1; 32]), None);
		assert_eq!(Attribution::method(MethodId(0)), Some(method()));
		let page = Attribution::methods(None, 1);
		assert_eq!((page.items.len(), page.next), (1, None));
		assert_eq!(Attribution::parameters(), PARAMETERS);
	});
}
