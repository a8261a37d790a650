//! Commitments: who counts, and what becomes of deposits.

use super::*;

#[test]
fn nothing_is_revealed_in_the_block_of_its_commitment() {
	run(|| {
		let filed = file_false();
		let shown = mismatch(&filed);
		assert_ok!(commit_to(CHALLENGER, filed.batch, &shown));
		assert_eq!(reveal(CHALLENGER, filed.batch, &shown), error(Error::RevealedTooEarly));
		next_block(1);
		assert_ok!(reveal(CHALLENGER, filed.batch, &shown));
		assert_eq!(held(HoldReason::Commitment, &account(CHALLENGER)), 0);
	});
}

#[test]
fn only_what_was_committed_to_is_revealed() {
	run(|| {
		let (filed, other) = (file_false(), file_false());
		let shown = mismatch(&filed);
		assert_ok!(commit_to(CHALLENGER, filed.batch, &shown));
		assert_eq!(commit_to(CHALLENGER, filed.batch, &shown), error(Error::AlreadyCommitted));
		next_block(1);
		assert_eq!(reveal(OTHER, filed.batch, &shown), error(Error::NoCommitment), "by another account");
		assert_eq!(reveal(CHALLENGER, other.batch, &shown), error(Error::NoCommitment), "of another batch");
		let salted = Attribution::reveal(by(CHALLENGER), filed.batch, [6; 32], shown.clone());
		assert_eq!(salted, error(Error::NoCommitment), "with another salt");
		let changed = Challenge::Unlawful { claim: 0, receipt: filed.proof(0) };
		assert_eq!(reveal(CHALLENGER, filed.batch, &changed), error(Error::NoCommitment));
	});
}

#[test]
fn the_earliest_commitment_is_the_challengers_whoever_reveals_first() {
	run(|| {
		let filed = file_false();
		let shown = mismatch(&filed);
		for who in [CHALLENGER, OTHER, PAYER] {
			assert_ok!(commit_to(who, filed.batch, &shown));
			pass(1_000);
		}
		next_block(1);
		assert_ok!(reveal(OTHER, filed.batch, &shown));
		assert_eq!(reveal(PAYER, filed.batch, &shown), error(Error::Fraudulent));
		assert_eq!(finalise(filed.batch), error(Error::VerdictPending));
		assert_ok!(reveal(CHALLENGER, filed.batch, &shown));
		pass(PARAMETERS.reveal_ms - 3_000);
		assert_ok!(finalise(filed.batch));
		assert!(Ledger::of_account(&account(CHALLENGER)) > 0);
		assert_eq!(Ledger::of_account(&account(OTHER)), 0);
	});
}

#[test]
fn a_commitment_to_what_was_found_already_is_cleared_without_loss() {
	run(|| {
		let filed = file_false();
		let shown = mismatch(&filed);
		assert_ok!(commit_to(CHALLENGER, filed.batch, &shown));
		assert_ok!(commit_to(OTHER, filed.batch, &shown));
		next_block(1);
		let hash = hash_of(OTHER, filed.batch, &shown);
		let clear = |who| Attribution::clear_commitment(by(who), account(OTHER), hash);
		assert_refused!(clear(OTHER), Error::<Test>::CommitmentAlive);
		assert_ok!(reveal(CHALLENGER, filed.batch, &shown));
		assert_refused!(clear(PAYER), Error::<Test>::NotCommitter);
		assert_ok!(clear(OTHER));
		assert_eq!(free(&account(OTHER)), ENDOWMENT - METHOD_PRICE);
		assert_refused!(clear(OTHER), Error::<Test>::NoCommitment);
	});
}

#[test]
fn a_commitment_expires() {
	run(|| {
		let filed = file_false();
		let shown = mismatch(&filed);
		assert_ok!(commit_to(CHALLENGER, filed.batch, &shown));
		next_block(1);
		pass(PARAMETERS.reveal_ms);
		assert_eq!(reveal(CHALLENGER, filed.batch, &shown), error(Error::CommitmentExpired));
		let hash = hash_of(CHALLENGER, filed.batch, &shown);
		assert_ok!(Attribution::clear_commitment(by(OTHER), account(CHALLENGER), hash));
		assert_eq!(free(&account(CHALLENGER)), ENDOWMENT - commitment_deposit(filed.batch));
	});
}

#[test]
fn nobody_commits_to_what_could_be_revealed_after_the_window_only() {
	run(|| {
		let filed = file_false();
		let shown = mismatch(&filed);
		pass(PARAMETERS.window_ms - PARAMETERS.reveal_ms - 1);
		assert_ok!(commit_to(CHALLENGER, filed.batch, &shown));
		pass(1);
		assert_eq!(commit_to(OTHER, filed.batch, &shown), error(Error::WindowOver));
		next_block(1);
		pass(PARAMETERS.reveal_ms - 2);
		assert_ok!(reveal(CHALLENGER, filed.batch, &shown));
	});
}
