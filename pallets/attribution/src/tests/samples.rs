//! Samples: drawn by a block nobody knew, shown in time or fraud.

use super::*;

#[test]
fn samples_are_drawn_from_the_third_block_on_and_once() {
	run(|| {
		let filed = file_true();
		for hash in 1..3 {
			assert_refused!(
				Attribution::draw_samples(by(OTHER), filed.batch),
				Error::<Test>::SamplesTooEarly
			);
			next_block(hash);
		}
		assert_refused!(Attribution::draw_samples(by(OTHER), filed.batch), Error::<Test>::SamplesTooEarly);
		next_block(3);
		assert_ok!(Attribution::draw_samples(by(OTHER), filed.batch));
		assert_refused!(Attribution::draw_samples(by(OTHER), filed.batch), Error::<Test>::SamplesDrawn);
	});
}

#[test]
fn a_sample_that_is_shown_in_time_is_proven() {
	run(|| {
		let filed = file_true();
		assert_eq!(draw(filed.batch), [0]);
		pass(PARAMETERS.response_ms - 1);
		assert_ok!(answer(filed.batch, 0, &true_answer(&filed)));
		assert!(has_event(Event::ClaimProven { batch: filed.batch, claim: 0, sampled: true, paid: 0 }));
		assert_eq!(answer(filed.batch, 0, &true_answer(&filed)), error(Error::NothingAsked));
		pass(1);
		assert_refused!(Attribution::close_samples(by(OTHER), filed.batch), Error::<Test>::NothingAsked);
	});
}

#[test]
fn a_sample_that_is_not_shown_in_time_is_fraud() {
	run(|| {
		let filed = file_true();
		draw(filed.batch);
		assert_refused!(Attribution::close_samples(by(CHALLENGER), filed.batch), Error::<Test>::AnswerDue);
		pass(PARAMETERS.response_ms);
		assert_eq!(answer(filed.batch, 0, &true_answer(&filed)), error(Error::NothingAsked));
		assert_ok!(Attribution::close_samples(by(CHALLENGER), filed.batch));
		assert_ok!(finalise(filed.batch));
		let hold = 3 * TRUE_AMOUNT + PARAMETERS.hold_floor;
		assert_eq!(Ledger::of_account(&account(CHALLENGER)), hold / 5);
	});
}

#[test]
fn a_false_claim_that_is_drawn_cannot_be_shown() {
	run(|| {
		let filed = file_false();
		draw(filed.batch);
		let shown = Answer::Span {
			receipt: filed.proof(0),
			length: length_proof(&quoting()),
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(ORIGINAL), 0, 1_000),
		};
		assert_eq!(answer(filed.batch, 0, &shown), error(Error::BytesDiffer));
	});
}

#[test]
fn a_piece_that_is_in_the_context_is_shown_by_its_way() {
	run(|| {
		let pieces = [piece(RETRIEVED, 0, 100), piece(ORIGINAL, 0, 200), piece(RETRIEVED, 500, 300)];
		let one = Receipt { context: Some(context(&pieces)), ..receipt(b"rose") };
		let leaves: Vec<_> = pieces.iter().map(ContextLeaf::leaf).collect();
		let shown = |filed: &Filed, leaf: u64| Answer::Grounded {
			receipt: filed.proof(0),
			leaf,
			leaves: 3,
			path: listed(merkle::prove(&leaves, leaf as usize).expect("it is there")),
		};
		let filed = file(&[one], &[grounded(0, RETRIEVED, 500, 300)]);
		draw(filed.batch);
		assert_eq!(answer(filed.batch, 0, &shown(&filed, 0)), error(Error::NotInContext));
		assert_ok!(answer(filed.batch, 0, &shown(&filed, 2)));
		// A part of a piece is no piece.
		let invented = file(&[one], &[grounded(0, RETRIEVED, 500, 299)]);
		draw(invented.batch);
		assert_eq!(answer(invented.batch, 0, &shown(&invented, 2)), error(Error::NotInContext));
	});
}

#[test]
fn an_answer_shows_the_length_of_the_output_too() {
	run(|| {
		let stated = Content { len: 1_500, ..content(&quoting()) };
		let one = Receipt { output: stated, ..receipt(&quoting()) };
		let filed = file(&[one], &[span(0, ORIGINAL, 500, 1_500, 1_000)]);
		draw(filed.batch);
		assert_eq!(answer(filed.batch, 0, &true_answer(&filed)), error(Error::WrongSlice));
	});
}

#[test]
fn a_forgotten_hash_is_replaced_by_one_that_nobody_knows_yet() {
	run(|| {
		let filed = file_true();
		System::set_block_number(System::block_number() + 9);
		let now = System::block_number();
		assert_ok!(Attribution::draw_samples(by(OTHER), filed.batch));
		assert!(has_event(Event::SamplesPostponed { batch: filed.batch, at: now }));
		assert_refused!(Attribution::draw_samples(by(OTHER), filed.batch), Error::<Test>::SamplesTooEarly);
		next_block(7);
		assert_ok!(Attribution::draw_samples(by(OTHER), filed.batch));
		assert!(matches!(
			Batches::<Test>::get(filed.batch).expect("it is open").sampling,
			Sampling::Drawn { .. }
		));
	});
}

#[test]
fn two_different_claims_are_drawn_by_their_value() {
	run(|| {
		let output = [quoting(), text(80, 38_000)].concat();
		let small = span(0, ORIGINAL, 500, 1_500, 40);
		let large = span(1, ORIGINAL, 500, 1_500, 1_000);
		let other = span(1, ORIGINAL, 0, 0, 40);
		let mut counts = [0; 3];
		for round in 0..40u8 {
			let filed = file(&[receipt(&output), receipt(&quoting())], &[small, large, other]);
			(0..3).for_each(|block| next_block(3 * round + block + 1));
			assert_ok!(Attribution::draw_samples(by(OTHER), filed.batch));
			let Sampling::Drawn { claims, .. } =
				Batches::<Test>::get(filed.batch).expect("it is open").sampling
			else {
				panic!("three claims were not proven")
			};
			assert_eq!(claims.len(), 2);
			assert_ne!(claims[0], claims[1]);
			claims.iter().for_each(|claim| counts[*claim as usize] += 1);
		}
		// The large one is almost all of the value, the small one almost nothing.
		assert!(counts[1] >= 38 && counts[0] < counts[2], "{counts:?}");
	});
}

#[test]
fn a_sample_drawn_late_postpones_the_end() {
	run(|| {
		let filed = file_true();
		pass(PARAMETERS.window_ms);
		assert_eq!(finalise(filed.batch), error(Error::SamplesOpen));
		draw(filed.batch);
		assert_eq!(finalise(filed.batch), error(Error::SamplesOpen));
		assert_ok!(answer(filed.batch, 0, &true_answer(&filed)));
		assert_ok!(finalise(filed.batch));
	});
}

#[test]
fn what_was_demanded_and_proven_before_is_not_asked_for_again() {
	run(|| {
		let filed = file_true();
		assert_ok!(Attribution::demand(by(CHALLENGER), filed.batch, 0));
		assert_ok!(answer(filed.batch, 0, &true_answer(&filed)));
		assert!(draw(filed.batch).is_empty());
		assert_refused!(Attribution::demand(by(CHALLENGER), filed.batch, 0), Error::<Test>::Proven);
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
	});
}
