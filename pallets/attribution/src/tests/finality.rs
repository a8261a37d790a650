//! How batches end, and where the money goes.

use super::*;

#[test]
fn a_batch_without_claims_that_discloses_nothing_is_final_at_once() {
	run(|| {
		let hidden = Receipt { disclose: false, ..receipt(b"rose") };
		let filed = file(&[hidden], &[]);
		assert!(Batches::<Test>::get(filed.batch).is_none());
		assert_eq!(Ledger::of_model(0), DATA);
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(0)));
		assert_eq!(Receipts::earnings(&account(DEVELOPER)), DEVELOPERS);
		assert_eq!(held(HoldReason::Deposit, &server()), 0);
	});
}

#[test]
fn a_disclosed_output_lets_only_the_developers_part_of_it_wait() {
	run(|| {
		let hidden = Receipt { disclose: false, ..receipt(b"rose") };
		let filed = file(&[hidden, receipt(b"rose")], &[]);
		assert_eq!(Ledger::of_model(0), 2 * DATA);
		assert_eq!(held(HoldReason::Batch, &server()), 0, "no bond");
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(0)));
		assert_eq!(Receipts::earnings(&account(DEVELOPER)), DEVELOPERS);
		assert_eq!(finalise(filed.batch), error(Error::WindowOpen));
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(0)));
		assert_eq!(Receipts::earnings(&account(DEVELOPER)), 2 * DEVELOPERS);
		assert_eq!(held(HoldReason::Deposit, &server()), 0);
	});
}

#[test]
fn claims_are_paid_and_the_rest_is_the_manifests() {
	run(|| {
		let before = free(&server());
		let filed = file_true();
		assert_eq!(finalise(filed.batch), error(Error::WindowOpen));
		see_through(&filed);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_contribution(ORIGINAL), TRUE_AMOUNT * 9 / 10);
		assert_eq!(Ledger::of_account(&server()), TRUE_AMOUNT / 10);
		assert_eq!(Ledger::of_model(0), DATA - TRUE_AMOUNT);
		assert_eq!(free(&server()), before - RECEIPT_DEPOSIT, "hold and deposit are returned");
		assert_eq!(finalise(filed.batch), error(Error::UnknownBatch));
	});
}

#[test]
fn claims_are_paid_in_pieces_that_add_up() {
	run(|| {
		let one = Receipt { context: Some(context(&[piece(RETRIEVED, 0, 3_000)])), ..receipt(&quoting()) };
		let other = Receipt { model: ModelId(1), ..one };
		let of = |at| {
			[
				span(at, ORIGINAL, 500, 1_500, 300),
				span(at, COPY, 800, 1_800, 300),
				grounded(at, RETRIEVED, 0, 299),
			]
		};
		let filed = file(&[one, other], &[of(0), of(1)].concat()[..5]);
		let batch = Batches::<Test>::get(filed.batch).expect("it is open");
		let claimed: Vec<_> = batch.models.iter().map(|share| (share.data, share.claimed)).collect();
		draw(filed.batch);
		// What was drawn is beside the point here.
		Batches::<Test>::mutate(filed.batch, |batch| {
			batch.as_mut().expect("it is open").sampling = Sampling::Done;
		});
		pass(PARAMETERS.window_ms);
		for paid in [2, 4] {
			assert_ok!(Attribution::finalise(by(OTHER), filed.batch, 2));
			assert_eq!(Batches::<Test>::get(filed.batch).expect("one is left").paid, paid);
			assert_sound();
			assert_eq!(Ledger::of_model(0), 0);
		}
		assert_ok!(Attribution::finalise(by(OTHER), filed.batch, 0));
		assert!(Batches::<Test>::get(filed.batch).is_none());
		let paid: Balance = [ORIGINAL, COPY, RETRIEVED].map(Ledger::of_contribution).iter().sum();
		let all: Balance = claimed.iter().map(|(_, claimed)| claimed).sum();
		assert_eq!(paid + Ledger::of_account(&server()), all);
		assert_eq!(Ledger::of_model(0), claimed[0].0 - claimed[0].1);
		assert_eq!(Ledger::of_model(1), claimed[1].0 - claimed[1].1);
	});
}

#[test]
fn one_fraud_voids_all_claims_and_forfeits_the_whole_hold() {
	run(|| {
		let claims = [span(0, ORIGINAL, 500, 0, 500), span(0, ORIGINAL, 1_000, 2_000, 500)];
		let filed = file(&[receipt(&quoting())], &claims);
		let hold = 3 * amounts(filed.batch).iter().sum::<Balance>() + PARAMETERS.hold_floor;
		let (issuance, before) = (Balances::total_issuance(), free(&server()));
		assert_ok!(challenge(filed.batch, &mismatch(&filed)));
		pass(PARAMETERS.reveal_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_account(&account(CHALLENGER)), hold / 5);
		assert_eq!(issuance - Balances::total_issuance(), hold - hold / 5);
		assert_eq!(Ledger::of_contribution(ORIGINAL), 0);
		assert_eq!(Ledger::of_model(0), DATA);
		assert_eq!(held(HoldReason::Batch, &server()), 0);
		// The output was disclosed, so that the developer's part and the deposit wait on.
		assert_eq!(finalise(filed.batch), error(Error::WindowOpen));
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(free(&server()), before + OPEN_DEPOSIT + 2 * CLAIM_DEPOSIT);
	});
}

#[test]
fn a_fraudulent_batch_that_discloses_nothing_ends_with_its_claims() {
	run(|| {
		let one =
			Receipt { context: Some(context(&[piece(RETRIEVED, 0, 500)])), disclose: false, ..receipt(b"x") };
		let filed = file(&[one], &[grounded(0, RETRIEVED, 0, 499)]);
		draw(filed.batch);
		pass(PARAMETERS.response_ms);
		assert_ok!(Attribution::close_samples(by(OTHER), filed.batch));
		assert_ok!(finalise(filed.batch));
		assert!(Batches::<Test>::get(filed.batch).is_none());
		assert_eq!(held(HoldReason::Deposit, &server()), 0);
	});
}

#[test]
fn a_halt_of_the_chain_closes_no_window() {
	run(|| {
		// The chain clock stands still while blocks do not come, and however many come, it says when.
		let filed = file_false();
		(0..50).for_each(next_block);
		assert_eq!(finalise(filed.batch), error(Error::WindowOpen));
		assert_ok!(challenge(filed.batch, &mismatch(&filed)));
	});
}
