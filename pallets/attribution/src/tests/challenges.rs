//! Every row of the challenge table: a true one succeeds, a false one loses.

use super::*;

/// What a challenger loses whose proof does not hold: nothing at once, its deposit in the end.
fn loses(filed: &Filed, shown: &Challenge, why: Error<Test>) {
	assert_ok!(commit_to(CHALLENGER, filed.batch, shown));
	next_block(1);
	assert_eq!(reveal(CHALLENGER, filed.batch, shown), error(why));
	pass(PARAMETERS.reveal_ms);
	let (hash, before) = (hash_of(CHALLENGER, filed.batch, shown), Balances::total_issuance());
	assert_ok!(Attribution::clear_commitment(by(OTHER), account(CHALLENGER), hash));
	assert_eq!(before - Balances::total_issuance(), commitment_deposit(filed.batch));
	assert!(!is_fraudulent(filed.batch));
}

fn wins(filed: &Filed, shown: &Challenge) {
	assert_ok!(challenge(filed.batch, shown));
	assert!(is_fraudulent(filed.batch));
}

#[test]
fn a_true_mismatch_is_fraud() {
	run(|| {
		let filed = file_false();
		wins(&filed, &mismatch(&filed));
	});
}

#[test]
fn a_false_mismatch_loses() {
	run(|| {
		let filed = file_true();
		let shown = Challenge::Mismatch {
			claim: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 1_000,
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(ORIGINAL), 1_500, 1_000),
		};
		loses(&filed, &shown, Error::BytesEqual);
	});
}

#[test]
fn ranges_that_are_not_claimed_show_no_mismatch() {
	run(|| {
		let filed = file_true();
		let of = |start: u64, length: u64, output: u64, source: u64| Challenge::Mismatch {
			claim: 0,
			receipt: filed.proof(0),
			start,
			length,
			output: slice(&quoting(), output, length),
			source: slice(&bytes_of(ORIGINAL), source, length),
		};
		// Beyond the claim, before it, in other chunks than those that are claimed, and longer than the bytes shown.
		for (shown, why) in [
			(of(960, 80, 1_460, 2_460), Error::RangeOutside),
			(of(u64::MAX, 80, 420, 1_420), Error::RangeOutside),
			(of(0, 80, 1_100, 1_500), Error::WrongSlice),
			(of(0, 80, 500, 2_500), Error::WrongSlice),
		] {
			assert_eq!(challenge(filed.batch, &shown), error(why));
		}
		let mut long = of(0, 80, 500, 1_500);
		let Challenge::Mismatch { length, .. } = &mut long else { unreachable!("it was just made") };
		*length = 600;
		assert_eq!(challenge(filed.batch, &long), error(Error::WrongSlice));
	});
}

#[test]
fn a_false_length_is_fraud() {
	run(|| {
		let stated = Content { len: 1_500, ..content(&quoting()) };
		let one = Receipt { output: stated, ..receipt(&quoting()) };
		let filed = file(&[one], &[span(0, ORIGINAL, 500, 1_500, 1_000)]);
		let shown =
			Challenge::FalseLength { claim: 0, receipt: filed.proof(0), output: length_proof(&quoting()) };
		wins(&filed, &shown);
	});
}

#[test]
fn a_true_length_is_no_fraud() {
	run(|| {
		let filed = file_true();
		let shown =
			Challenge::FalseLength { claim: 0, receipt: filed.proof(0), output: length_proof(&quoting()) };
		loses(&filed, &shown, Error::LengthTrue);
		let other =
			Challenge::FalseLength { claim: 0, receipt: filed.proof(0), output: length_proof(b"other") };
		assert_eq!(challenge(filed.batch, &other), error(Error::WrongSlice));
	});
}

#[test]
fn what_submission_should_have_refused_is_fraud() {
	run(|| {
		// Submission has no such mistake, so that the state is changed behind its back.
		let breach: [fn(&mut ClaimRecord<AccountId>); 4] = [
			|record| record.contribution = ContributionId(UNLISTED),
			|record| record.contribution = ContributionId(LATE),
			|record| record.version = DatanetVersion(2),
			|record| record.evidence = Evidence::Span { output: 500, offset: 1_500, length: 1_600 },
		];
		for breach in breach {
			let filed = file_true();
			Claims::<Test>::mutate(filed.batch, |claims| {
				breach(&mut claims.as_mut().expect("it has one")[0])
			});
			wins(&filed, &Challenge::Unlawful { claim: 0, receipt: filed.proof(0) });
		}
	});
}

#[test]
fn a_grounded_claim_outside_the_channels_corpora_is_fraud() {
	run(|| {
		// As above, behind the back of submission. The original is in a manifest and in no corpus.
		let breach: [fn(&mut ClaimRecord<AccountId>); 3] = [
			|record| record.contribution = ContributionId(ORIGINAL),
			|record| record.version = DatanetVersion(2),
			|record| record.evidence = Evidence::Grounded { offset: 3_900, length: 500 },
		];
		let context = Some(context(&[piece(RETRIEVED, 0, 500)]));
		let one = Receipt { context, ..receipt(&quoting()) };
		for breach in breach {
			let filed = file(&[one], &[grounded(0, RETRIEVED, 0, 500)]);
			Claims::<Test>::mutate(filed.batch, |claims| {
				breach(&mut claims.as_mut().expect("it has one")[0])
			});
			wins(&filed, &Challenge::Unlawful { claim: 0, receipt: filed.proof(0) });
		}
	});
}

#[test]
fn what_submission_accepts_is_lawful() {
	run(|| {
		let filed = file_true();
		loses(&filed, &Challenge::Unlawful { claim: 0, receipt: filed.proof(0) }, Error::Lawful);
	});
}

#[test]
fn a_grounded_claim_stays_lawful_when_its_channel_is_gone() {
	run(|| {
		let context = Some(context(&[piece(RETRIEVED, 0, 500)]));
		let one = Receipt { context, ..receipt(&quoting()) };
		let filed = file(&[one], &[grounded(0, RETRIEVED, 0, 500)]);
		let shown = Challenge::Unlawful { claim: 0, receipt: filed.proof(0) };
		assert_eq!(challenge(filed.batch, &shown), error(Error::Lawful));
		assert_ok!(Receipts::close(signed(server()), ChannelId(0)));
		pass(PARAMETERS.reveal_ms);
		assert_eq!(challenge_by(OTHER, filed.batch, &shown), error(Error::Lawful));
	});
}

/// A prompt that has so many of the bytes that [`quoting`] takes of the original, and the batch that claims them.
fn echoing(bytes: usize) -> (Vec<u8>, Filed) {
	let prompt = [text(70, 300), bytes_of(ORIGINAL)[1_500..1_500 + bytes].to_vec()].concat();
	let one = Receipt { prompt: content(&prompt), ..receipt(&quoting()) };
	let filed = file(&[one], &[span(0, ORIGINAL, 500, 1_500, 1_000)]);
	(prompt, filed)
}

fn echo(filed: &Filed, prompt: &[u8], length: u64) -> Challenge {
	Challenge::PromptEcho {
		claim: 0,
		receipt: filed.proof(0),
		start: 0,
		length,
		prompt_offset: 300,
		claimed: slice(&quoting(), 500, length),
		prompt: slice(prompt, 300, length),
	}
}

#[test]
fn an_echo_of_the_prompt_is_fraud() {
	run(|| {
		let (prompt, filed) = echoing(1_000);
		wins(&filed, &echo(&filed, &prompt, 1_000));
	});
}

#[test]
fn an_echo_of_what_was_retrieved_is_fraud() {
	run(|| {
		let prompt = &bytes_of(RETRIEVED)[..500];
		let context = Some(context(&[piece(RETRIEVED, 0, 500)]));
		let one = Receipt { context, prompt: content(prompt), ..receipt(&quoting()) };
		let filed = file(&[one], &[grounded(0, RETRIEVED, 0, 500)]);
		let shown = Challenge::PromptEcho {
			claim: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 500,
			prompt_offset: 0,
			claimed: slice(&bytes_of(RETRIEVED), 0, 500),
			prompt: slice(prompt, 0, 500),
		};
		wins(&filed, &shown);
	});
}

#[test]
fn a_prompt_with_less_than_half_of_the_bytes_is_no_echo() {
	run(|| {
		let (prompt, filed) = echoing(499);
		loses(&filed, &echo(&filed, &prompt, 499), Error::TooShort);
	});
}

#[test]
fn a_prompt_with_other_bytes_is_no_echo() {
	run(|| {
		let (_, filed) = echoing(1_000);
		let other = receipt(&quoting());
		let prompt = text(71, 2_000);
		let filed_other =
			file(&[Receipt { prompt: content(&prompt), ..other }], &[span(0, ORIGINAL, 500, 1_500, 1_000)]);
		loses(&filed_other, &echo(&filed_other, &prompt, 1_000), Error::BytesDiffer);
		assert_eq!(challenge(filed.batch, &echo(&filed, &prompt, 1_000)), error(Error::WrongSlice));
	});
}

/// A batch that claims for the copy what is the original's too.
fn file_copied() -> Filed {
	// Bytes 1,500 to 2,500 of the original are 1,500 to 2,500 of the copy.
	file(&[receipt(&quoting())], &[span(0, COPY, 500, 1_500, 1_000)])
}

fn counterclaim(filed: &Filed, contribution: u64, offset: u64) -> Challenge {
	Challenge::Counterclaim {
		claim: 0,
		receipt: filed.proof(0),
		contribution: ContributionId(contribution),
		version: DatanetVersion(1),
		offset,
		output: slice(&quoting(), 500, 1_000),
		source: slice(&bytes_of(contribution), offset, 1_000),
	}
}

#[test]
fn a_true_counterclaim_moves_the_claim_and_the_submitters_part() {
	run(|| {
		let filed = file_copied();
		assert_ok!(challenge(filed.batch, &counterclaim(&filed, ORIGINAL, 1_500)));
		assert!(!is_fraudulent(filed.batch));
		draw(filed.batch);
		let shown = Answer::Span {
			receipt: filed.proof(0),
			length: length_proof(&quoting()),
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(COPY), 1_500, 1_000),
		};
		assert_ok!(answer(filed.batch, 0, &shown));
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_contribution(ORIGINAL), TRUE_AMOUNT * 9 / 10);
		assert_eq!(Ledger::of_contribution(COPY), 0);
		assert_eq!(Ledger::of_account(&account(CHALLENGER)), TRUE_AMOUNT / 10);
		assert_eq!(Ledger::of_account(&server()), 0);
		assert_eq!(held(HoldReason::Batch, &server()), 0, "no slash");
	});
}

#[test]
fn a_counterclaim_with_what_is_later_unlisted_or_different_loses() {
	run(|| {
		let filed = file_true();
		loses(&filed, &counterclaim(&filed, COPY, 1_500), Error::NotEarlier);
		let copied = file_copied();
		loses(&copied, &counterclaim(&copied, UNLISTED, 0), Error::VersionNotInScope);
		let third = file_copied();
		loses(&third, &counterclaim(&third, ORIGINAL, 1_501), Error::BytesDiffer);
	});
}

#[test]
fn of_two_counterclaims_the_earlier_commitment_counts_whoever_reveals_first() {
	run(|| {
		let filed = file_copied();
		let shown = counterclaim(&filed, ORIGINAL, 1_500);
		assert_ok!(commit_to(CHALLENGER, filed.batch, &shown));
		assert_ok!(commit_to(OTHER, filed.batch, &shown));
		assert_ok!(commit_to(PAYER, filed.batch, &shown));
		next_block(1);
		assert_ok!(reveal(OTHER, filed.batch, &shown));
		assert_eq!(reveal(PAYER, filed.batch, &shown), error(Error::AlreadyMoved));
		assert_ok!(reveal(CHALLENGER, filed.batch, &shown));
		let claims = Claims::<Test>::get(filed.batch).expect("it has one");
		assert_eq!(claims[0].moved.as_ref().map(|moved| &moved.by), Some(&account(CHALLENGER)));
	});
}

#[test]
fn kinds_of_evidence_that_do_not_fit_are_refused() {
	run(|| {
		let context = Some(context(&[piece(RETRIEVED, 0, 500)]));
		let one = Receipt { context, ..receipt(&quoting()) };
		let filed = file(&[one], &[grounded(0, RETRIEVED, 0, 500)]);
		let shown = [
			mismatch(&filed),
			Challenge::FalseLength { claim: 0, receipt: filed.proof(0), output: length_proof(b"x") },
			counterclaim(&filed, ORIGINAL, 1_500),
		];
		for shown in shown {
			assert_eq!(challenge(filed.batch, &shown), error(Error::WrongEvidence));
		}
		let nowhere = Challenge::Unlawful { claim: 1, receipt: filed.proof(0) };
		assert_eq!(challenge(filed.batch, &nowhere), error(Error::UnknownClaim));
	});
}
