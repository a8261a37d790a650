//! Demands: paid if answered, fraud if not.

use super::*;

const LEAST: Balance = 2 * PARAMETERS.answer_fee_max;

/// A batch with three claims of little value.
fn file_three() -> Filed {
	let one = Receipt { fee: 10_000, ..receipt(&quoting()) };
	let at = |from: u64| span(0, ORIGINAL, 500 + from, 1_500 + from, 40);
	file(&[one], &[at(0), at(100), at(200)])
}

fn three_answer(filed: &Filed, claim: u64) -> Answer {
	Answer::Span {
		receipt: filed.proof(0),
		length: length_proof(&quoting()),
		output: slice(&quoting(), 500 + 100 * claim, 40),
		source: slice(&bytes_of(ORIGINAL), 1_500 + 100 * claim, 40),
	}
}

#[test]
fn an_answered_demand_pays_the_server() {
	run(|| {
		let filed = file_true();
		assert_ok!(Attribution::demand(by(CHALLENGER), filed.batch, 0));
		assert_eq!(held(HoldReason::Demand, &account(CHALLENGER)), TRUE_AMOUNT, "the claim's value");
		assert_ok!(answer(filed.batch, 0, &true_answer(&filed)));
		assert_eq!(Ledger::of_account(&server()), TRUE_AMOUNT * 4 / 5);
		assert_eq!(free(&account(CHALLENGER)), ENDOWMENT - TRUE_AMOUNT);
		assert_refused!(Attribution::close_demand(by(OTHER), filed.batch, 0), Error::<Test>::NothingAsked);
	});
}

#[test]
fn an_unanswered_demand_is_fraud() {
	run(|| {
		let filed = file_true();
		assert_ok!(Attribution::demand(by(CHALLENGER), filed.batch, 0));
		assert_refused!(Attribution::close_demand(by(OTHER), filed.batch, 0), Error::<Test>::AnswerDue);
		pass(PARAMETERS.response_ms);
		assert_eq!(answer(filed.batch, 0, &true_answer(&filed)), error(Error::NothingAsked));
		assert_ok!(Attribution::close_demand(by(OTHER), filed.batch, 0));
		assert_eq!(free(&account(CHALLENGER)), ENDOWMENT);
		assert_ok!(finalise(filed.batch));
		let hold = 3 * TRUE_AMOUNT + PARAMETERS.hold_floor;
		assert_eq!(Ledger::of_account(&account(CHALLENGER)), hold / 5);
		assert_eq!(Ledger::of_contribution(ORIGINAL), 0);
	});
}

#[test]
fn a_demand_costs_twice_what_an_answer_does_and_doubles_with_each_open_one() {
	run(|| {
		let filed = file_three();
		for claim in 0..3 {
			assert_ok!(Attribution::demand(by(CHALLENGER), filed.batch, claim));
		}
		assert_eq!(held(HoldReason::Demand, &account(CHALLENGER)), LEAST + 2 * LEAST + 4 * LEAST);
		assert_refused!(Attribution::demand(by(OTHER), filed.batch, 0), Error::<Test>::AlreadyDemanded);
		assert_ok!(answer(filed.batch, 1, &three_answer(&filed, 1)));
		assert_eq!(Ledger::of_account(&server()), 2 * LEAST * 4 / 5);
	});
}

#[test]
fn so_many_demands_are_open_at_a_time() {
	run(|| {
		let one = Receipt { fee: 10_000, ..receipt(&quoting()) };
		let at = |from: u64| span(0, ORIGINAL, 500 + from, 1_500 + from, 40);
		let filed = file(&[one], &[at(0), at(100), at(200), at(300)]);
		for claim in 0..DEMANDS_MAX {
			assert_ok!(Attribution::demand(by(OTHER), filed.batch, claim));
		}
		assert_refused!(Attribution::demand(by(OTHER), filed.batch, 3), Error::<Test>::TooManyDemands);
		assert_ok!(answer(filed.batch, 0, &three_answer(&filed, 0)));
		assert_ok!(Attribution::demand(by(OTHER), filed.batch, 3));
	});
}

#[test]
fn nothing_is_demanded_in_the_last_third() {
	run(|| {
		let filed = file_true();
		pass(PARAMETERS.window_ms * 2 / 3);
		assert_refused!(Attribution::demand(by(OTHER), filed.batch, 0), Error::<Test>::WindowOver);
	});
}

#[test]
fn demands_of_a_fraudulent_batch_are_returned() {
	run(|| {
		let filed = file_false();
		assert_ok!(Attribution::demand(by(OTHER), filed.batch, 0));
		assert_ok!(challenge(filed.batch, &mismatch(&filed)));
		assert_refused!(Attribution::demand(by(PAYER), filed.batch, 0), Error::<Test>::Fraudulent);
		pass(PARAMETERS.reveal_ms);
		assert_ok!(finalise(filed.batch));
		assert!(held(HoldReason::Demand, &account(OTHER)) > 0);
		assert_ok!(Attribution::close_demand(by(PAYER), filed.batch, 0));
		assert_eq!(free(&account(OTHER)), ENDOWMENT - METHOD_PRICE);
	});
}

#[test]
fn an_open_demand_postpones_the_end() {
	run(|| {
		let filed = file_true();
		assert_ok!(Attribution::demand(by(OTHER), filed.batch, 0));
		draw(filed.batch);
		pass(PARAMETERS.window_ms);
		assert!(finalise(filed.batch).is_err());
		assert_ok!(Attribution::close_demand(by(OTHER), filed.batch, 0));
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_contribution(ORIGINAL), 0, "it was fraud");
	});
}
