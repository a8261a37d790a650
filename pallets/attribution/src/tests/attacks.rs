//! Attacks, and how they end. Each says whether the attacker has less, or what remains.

use super::*;

/// All that an account has and may have: free, on hold, credited.
fn wealth(account: &AccountId) -> Balance {
	Balances::total_balance(account) + Ledger::of_account(account) + Receipts::earnings(account)
}

#[test]
fn self_challenge_loses_more_than_the_false_claim_would_have_moved() {
	run(|| {
		// Server and challenger are one, and the whole batch is false. What it earns by serving is its own in any case.
		let earned = FEE * 97 / 100 / 2;
		let before = wealth(&server()) + wealth(&account(CHALLENGER));
		let filed = file_false();
		assert_ok!(challenge(filed.batch, &mismatch(&filed)));
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		let lost = before + earned - wealth(&server()) - wealth(&account(CHALLENGER));
		assert!(lost >= TRUE_AMOUNT * 24 / 10, "{lost}");
	});
}

#[test]
fn self_claiming_of_bytes_that_are_not_there_is_fraud() {
	run(|| {
		// The server contributed the copy, and claims it for an output that has nothing of it.
		let output = text(61, 2_000);
		let filed = file(&[receipt(&output)], &[span(0, COPY, 0, 0, 2_000)]);
		let shown = Challenge::Mismatch {
			claim: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 64,
			output: slice(&output, 0, 64),
			source: slice(&bytes_of(COPY), 0, 64),
		};
		assert_ok!(challenge(filed.batch, &shown));
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_contribution(COPY), 0);
	});
}

#[test]
fn invented_receipts_have_no_place_in_the_batch() {
	run(|| {
		let filed = file_true();
		// A receipt that the payer never signed, to make a true claim look false.
		let invented = Receipt { output: content(&text(62, 2_000)), ..receipt(&quoting()) };
		let proof = ReceiptProof { receipt: invented, ..filed.proof(0) };
		let shown = Challenge::Mismatch {
			claim: 0,
			receipt: proof,
			start: 0,
			length: 64,
			output: slice(&text(62, 2_000), 500, 64),
			source: slice(&bytes_of(ORIGINAL), 1_500, 64),
		};
		assert_eq!(challenge(filed.batch, &shown), error(Error::WrongReceipt));
	});
}

#[test]
fn wash_inference_with_claims_costs_whoever_washes() {
	run(|| {
		// Payer, server, contributor and developer are one: what the protocol takes is gone.
		let filed = file_true();
		see_through(&filed);
		assert_ok!(finalise(filed.batch));
		let _ = Receipts::pull_developer(by(OTHER), ModelId(0));
		let back = Ledger::of_contribution(ORIGINAL)
			+ Ledger::of_account(&server())
			+ Ledger::of_model(0)
			+ Receipts::earnings(&server())
			+ Receipts::earnings(&account(DEVELOPER));
		assert_eq!(back, FEE * 97 / 100);
	});
}

#[test]
fn a_post_hoc_copy_earns_nothing() {
	run(|| {
		// An output is seen, and contributed afterwards.
		let output = text(63, 2_000);
		let late = contribute(0, &output, true);
		publish(0);
		let claim = Claim { version: DatanetVersion(3), ..span(0, late, 0, 0, 2_000) };
		assert_eq!(
			try_file(&[receipt(&output)], &[claim]).err(),
			Some(Error::<Test>::VersionNotInScope.into())
		);
		let claim = Claim { version: DatanetVersion(1), ..claim };
		assert_eq!(try_file(&[receipt(&output)], &[claim]).err(), Some(Error::<Test>::NotInVersion.into()));
		// Nor as an unlisted source: no version that holds it is older than the model.
		let filed = file(&[receipt(&output)], &[]);
		let shown = Challenge::UnlistedSource {
			place: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 2_000,
			contribution: ContributionId(late),
			version: DatanetVersion(3),
			offset: 0,
			output: slice(&output, 0, 2_000),
			source: slice(&output, 0, 2_000),
		};
		assert_eq!(challenge(filed.batch, &shown), error(Error::NotEarlier));
	});
}

#[test]
fn sybil_uploads_to_open_versions_are_no_unlisted_sources() {
	run(|| {
		let bytes = bytes_of(RETRIEVED);
		let filed = file(&[receipt(&bytes)], &[]);
		let shown = Challenge::UnlistedSource {
			place: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 2_000,
			contribution: ContributionId(RETRIEVED),
			version: DatanetVersion(1),
			offset: 0,
			output: slice(&bytes, 0, 2_000),
			source: slice(&bytes, 0, 2_000),
		};
		assert_eq!(challenge(filed.batch, &shown), error(Error::NotCurated));
	});
}

#[test]
fn prompt_echo_with_one_byte_more_than_the_prompt_is_still_one() {
	run(|| {
		// The user brought 999 of the 1,000 bytes that are claimed.
		let prompt = bytes_of(ORIGINAL)[1_500..2_499].to_vec();
		let one = Receipt { prompt: content(&prompt), ..receipt(&quoting()) };
		let filed = file(&[one], &[span(0, ORIGINAL, 500, 1_500, 1_000)]);
		let shown = Challenge::PromptEcho {
			claim: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 999,
			prompt_offset: 0,
			claimed: slice(&quoting(), 500, 999),
			prompt: slice(&prompt, 0, 999),
		};
		assert_ok!(challenge(filed.batch, &shown));
		assert!(is_fraudulent(filed.batch));
	});
}

#[test]
fn counterclaims_go_round_in_no_cycle() {
	run(|| {
		let filed = file(&[receipt(&quoting())], &[span(0, COPY, 500, 1_500, 1_000)]);
		let to = |contribution: u64| Challenge::Counterclaim {
			claim: 0,
			receipt: filed.proof(0),
			contribution: ContributionId(contribution),
			version: DatanetVersion(1),
			offset: 1_500,
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(contribution), 1_500, 1_000),
		};
		assert_ok!(challenge(filed.batch, &to(ORIGINAL)));
		// Back again is later than what was claimed, and a second move needs an earlier commitment.
		assert!(challenge_by(OTHER, filed.batch, &to(COPY)).is_err());
		assert_eq!(challenge_by(OTHER, filed.batch, &to(ORIGINAL)), error(Error::AlreadyMoved));
	});
}

#[test]
fn demand_griefing_costs_whoever_demands() {
	run(|| {
		// A competitor demands everything. The server answers, at the most that answers cost, and keeps the prices.
		let at = |from: u64| span(0, ORIGINAL, 500 + from, 1_500 + from, 100);
		let filed = file(&[receipt(&quoting())], &[at(0), at(100), at(200)]);
		let before = (wealth(&server()), wealth(&account(CHALLENGER)));
		for claim in 0..3u32 {
			assert_ok!(Attribution::demand(by(CHALLENGER), filed.batch, claim));
		}
		for claim in 0..3u32 {
			let from = 100 * u64::from(claim);
			let shown = Answer::Span {
				receipt: filed.proof(0),
				length: length_proof(&quoting()),
				output: slice(&quoting(), 500 + from, 100),
				source: slice(&bytes_of(ORIGINAL), 1_500 + from, 100),
			};
			assert_ok!(answer(filed.batch, claim, &shown));
		}
		let gained = wealth(&server()) - before.0;
		assert!(gained >= 3 * PARAMETERS.answer_fee_max);
		assert!(before.1 - wealth(&account(CHALLENGER)) > gained);
		// And nothing more can be asked.
		assert_refused!(Attribution::demand(by(CHALLENGER), filed.batch, 0), Error::<Test>::Proven);
	});
}

#[test]
fn demands_to_oneself_that_keep_others_out_cost_their_server() {
	run(|| {
		let filed = file_true();
		let before = wealth(&server()) + wealth(&account(CONTROLLER));
		assert_ok!(Attribution::demand(by(CONTROLLER), filed.batch, 0));
		assert_ok!(answer(filed.batch, 0, &true_answer(&filed)));
		assert_eq!(before - wealth(&server()) - wealth(&account(CONTROLLER)), TRUE_AMOUNT / 5);
	});
}

#[test]
fn demand_griefing_by_silence_is_fraud() {
	run(|| {
		// The other way: a server that never answers keeps no price, and loses its hold.
		let filed = file_true();
		assert_ok!(Attribution::demand(by(CHALLENGER), filed.batch, 0));
		let before = wealth(&server());
		pass(PARAMETERS.response_ms);
		assert_ok!(Attribution::close_demand(by(CHALLENGER), filed.batch, 0));
		assert_ok!(finalise(filed.batch));
		assert!(wealth(&server()) < before);
		assert!(wealth(&account(CHALLENGER)) > ENDOWMENT);
	});
}

#[test]
fn bond_draining_by_another_batch_is_impossible() {
	run(|| {
		// A false batch does not use up the hold of another one, and the server cannot spend either.
		let (one, other) = (file_false(), file_false());
		let hold = Batches::<Test>::get(one.batch).expect("it is open").hold;
		assert_eq!(held(HoldReason::Batch, &server()), 2 * hold);
		let all = Balances::reducible_balance(
			&server(),
			frame_support::traits::tokens::Preservation::Expendable,
			frame_support::traits::tokens::Fortitude::Polite,
		);
		assert_ok!(Balances::transfer_allow_death(signed(server()), account(OTHER), all));
		assert_ok!(challenge(one.batch, &mismatch(&one)));
		assert_ok!(challenge_by(OTHER, other.batch, &mismatch(&other)));
		pass(PARAMETERS.reveal_ms);
		for filed in [one, other] {
			assert_ok!(finalise(filed.batch));
		}
		assert_eq!(Ledger::of_account(&account(CHALLENGER)), hold / 5);
		assert_eq!(Ledger::of_account(&account(OTHER)), hold / 5);
	});
}

#[test]
fn a_halt_closes_no_window_because_only_the_chain_clock_counts() {
	run(|| {
		let filed = file_false();
		// A day without blocks is ten seconds on the chain clock.
		pass(10_000);
		next_block(1);
		assert_ok!(challenge(filed.batch, &mismatch(&filed)));
	});
}

#[test]
fn a_copied_challenge_comes_too_late() {
	run(|| {
		// The copyist sees the proof when it is revealed, and has it included first in a block of its own making.
		let filed = file_false();
		let shown = mismatch(&filed);
		assert_ok!(commit_to(CHALLENGER, filed.batch, &shown));
		next_block(1);
		assert_ok!(commit_to(OTHER, filed.batch, &shown));
		assert_eq!(reveal(OTHER, filed.batch, &shown), error(Error::RevealedTooEarly));
		assert_ok!(reveal(CHALLENGER, filed.batch, &shown));
		next_block(2);
		assert_eq!(reveal(OTHER, filed.batch, &shown), error(Error::Fraudulent));
	});
}

#[test]
fn rounding_moves_no_more_to_many_small_claims() {
	run(|| {
		let fee = 1_000;
		let one = Receipt { fee, ..receipt(&quoting()) };
		let whole = file(&[one], &[span(0, ORIGINAL, 500, 1_500, 160)]);
		let parts: Vec<_> = (0..4).map(|at| span(0, ORIGINAL, 500 + 40 * at, 1_500 + 40 * at, 40)).collect();
		let cut = file(&[one], &parts);
		let sum = |filed: &Filed| amounts(filed.batch).iter().sum::<Balance>();
		assert!(sum(&cut) <= sum(&whole), "{} and {}", sum(&cut), sum(&whole));
	});
}

#[test]
fn a_false_claim_among_true_ones_voids_them_all() {
	run(|| {
		// A tenth of the claims is false: the hold is over all, and so is the loss.
		let at = |from: u64, source: u64| span(0, ORIGINAL, 500 + from, source, 250);
		let claims = [at(0, 1_500), at(250, 1_750), at(500, 2_000), at(750, 0)];
		let filed = file(&[receipt(&quoting())], &claims);
		let shown = Challenge::Mismatch {
			claim: 3,
			receipt: filed.proof(0),
			start: 0,
			length: 40,
			output: slice(&quoting(), 1_250, 40),
			source: slice(&bytes_of(ORIGINAL), 0, 40),
		};
		assert_ok!(challenge(filed.batch, &shown));
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_contribution(ORIGINAL), 0);
		assert_eq!(Ledger::of_model(0), DATA);
	});
}

#[test]
fn a_developer_whose_data_gets_nothing_pays_for_unlisted_sources_all_the_same() {
	run(|| {
		let share = crate::types::Share {
			model: ModelId(0),
			fees: FEE,
			data: 0,
			claimed: 0,
			developer: DEVELOPERS,
			held: DEVELOPERS,
		};
		assert_eq!(share.data_of(FEE), 0);
		assert!(PARAMETERS.unlisted(share.data_of(FEE), share.developer_of(FEE), 500, 1_000) > 0);
	});
}

#[test]
fn to_be_first_with_ones_own_fraud_throughout_the_window_costs_the_hold_again() {
	run(|| {
		// A server that knows its false claim commits to it again and again, to have the reward whoever finds it.
		let filed = file_false();
		let hold = Batches::<Test>::get(filed.batch).expect("it is open").hold;
		let shown = mismatch(&filed);
		let issuance = Balances::total_issuance();
		let times = PARAMETERS.window_ms / PARAMETERS.reveal_ms - 1;
		for _ in 0..times {
			assert_ok!(commit_to(OTHER, filed.batch, &shown));
			pass(PARAMETERS.reveal_ms);
			let hash = hash_of(OTHER, filed.batch, &shown);
			assert_ok!(Attribution::clear_commitment(by(PAYER), account(OTHER), hash));
		}
		let lost = issuance - Balances::total_issuance();
		assert!(lost > hold / 5, "more than the reward: {lost} of {hold}");
		assert!(lost >= hold * 8 / 9 - Balance::from(times));
	});
}

#[test]
fn blind_commitments_reveal_nothing_and_are_burned() {
	run(|| {
		// A commitment fixes the proof: who has none commits to nothing, and pays for it.
		let filed = file_true();
		assert_ok!(Attribution::commit(by(OTHER), filed.batch, [1; 32]));
		next_block(1);
		let shown = mismatch(&filed);
		assert_eq!(reveal(OTHER, filed.batch, &shown), error(Error::NoCommitment));
		pass(PARAMETERS.reveal_ms);
		assert_ok!(Attribution::clear_commitment(by(PAYER), account(OTHER), [1; 32]));
		let lost = commitment_deposit(filed.batch);
		assert_eq!(free(&account(OTHER)), ENDOWMENT - METHOD_PRICE - lost);
		// Nor does it delay anybody.
		see_through(&filed);
		assert_ok!(finalise(filed.batch));
	});
}
