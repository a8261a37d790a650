//! Two phases: who registers an artifact that several want.

use super::*;

#[test]
fn a_copied_registration_loses_whatever_its_tip() {
	run(|| {
		let original = [base("weights")];
		assert_ok!(commit(ALICE, &original));
		pass(AGE_MS);
		// The registration is pending. Its copy stands before it in the block, but has no commitment of its own.
		assert_eq!(reveal(BOB, &original), error(Error::UnknownCommitment));
		// Neither does a commitment made now help: it is too young in this block and in all until Alice's is in.
		assert_ok!(commit(BOB, &original));
		assert_eq!(reveal(BOB, &original), error(Error::CommitmentTooYoung));
		assert_ok!(reveal(ALICE, &original));
		pass(AGE_MS);
		assert_eq!(reveal(BOB, &original), error(Error::RootAlreadyHeld));
		let holder = Models::model_by_root(original[0].spec.artifact.root).expect("it is registered");
		assert_eq!((holder.id, holder.developer), (ModelId(0), ALICE));
	});
}

#[test]
fn a_copied_hash_is_worthless_and_in_nobodys_way() {
	run(|| {
		let original = [base("weights")];
		let hash = hash_of(ALICE, SALT, &original);
		assert_ok!(Models::commit(signed(BOB), hash));
		assert_ok!(Models::commit(signed(ALICE), hash));
		pass(AGE_MS);
		assert_eq!(reveal(BOB, &original), error(Error::UnknownCommitment));
		assert_ok!(reveal(ALICE, &original));
	});
}

#[test]
fn an_original_kept_out_of_the_blocks_supersedes_the_copy() {
	run(|| {
		let original = [base("weights")];
		assert_ok!(commit(ALICE, &original));
		pass(AGE_MS);
		let copy = put(BOB, asking("weights", &[], 40, 0));
		let misled = put(3, asking("built on the copy", &[copy.0], 0, 0));
		assert_ok!(reveal(ALICE, &original));
		let by = ModelId(2);
		assert!(has_event(Event::ModelSuperseded { model: copy, by }));
		assert_eq!(record(copy.0).status, ModelStatus::Superseded { by });
		let root = original[0].spec.artifact.root;
		assert_eq!(Models::model_by_root(root).map(|info| info.id), Some(by));
		// What was built on the copy stays as it is; nothing more is built on it, and nobody opens a channel for it.
		assert_eq!(Models::lineage(misled).expect("it is registered").royalties, percent(40));
		assert_eq!(register(3, asking("another", &[copy.0], 0, 0)), error(Error::ParentSuperseded));
		assert_eq!(Models::ensure_may_open_channel(copy), Err(Error::ModelSuperseded));
		assert_noop!(Models::set_deprecated(signed(BOB), copy, true), Error::<Test>::ModelSuperseded);
		assert_ok!(register(3, asking("another", &[by.0], 0, 0)));
	});
}

#[test]
fn of_two_commitments_in_one_block_the_first_wins() {
	run(|| {
		let models = [base("weights")];
		assert_ok!(commit(ALICE, &models));
		assert_ok!(commit(BOB, &models));
		pass(AGE_MS);
		assert_ok!(reveal(BOB, &models));
		assert_ok!(reveal(ALICE, &models));
		assert_eq!(
			Models::model_by_root(models[0].spec.artifact.root).map(|info| info.developer),
			Some(ALICE)
		);
	});
}

#[test]
fn supersession_goes_on_to_the_very_first() {
	run(|| {
		let models = [base("weights")];
		for account in [1, 2, 3] {
			assert_ok!(commit(account, &models));
		}
		pass(AGE_MS);
		for account in [3, 1] {
			assert_ok!(reveal(account, &models));
		}
		assert_eq!(reveal(2, &models), error(Error::RootAlreadyHeld));
		assert_eq!(record(0).status, ModelStatus::Superseded { by: ModelId(1) });
		assert_eq!(record(1).status, ModelStatus::Active);
	});
}

#[test]
fn a_model_cannot_name_the_one_that_it_supersedes_as_its_parent() {
	run(|| {
		let mine = [model("weights", ModelKind::FineTune, &[0])];
		assert_ok!(commit(ALICE, &mine));
		pass(AGE_MS);
		put(BOB, base("weights"));
		assert_eq!(reveal(ALICE, &mine), error(Error::ParentSuperseded));
		assert_eq!(record(0).status, ModelStatus::Active);
	});
}

#[test]
fn a_model_is_contestable_only_as_long_as_earlier_commitments_live() {
	run(|| {
		let models = [base("weights")];
		assert_ok!(commit(ALICE, &models));
		pass(LIFETIME_MS - AGE_MS - 1);
		let copy = put(BOB, base("weights"));
		let until = Models::model(copy).expect("it is registered").contestable_until_ms;
		assert_eq!(until, LIFETIME_MS - AGE_MS - 1 + LIFETIME_MS);
		assert_eq!(Now::get(), LIFETIME_MS - 1);
		pass(1);
		assert_eq!(reveal(ALICE, &models), error(Error::CommitmentExpired));
		assert_eq!(record(copy.0).status, ModelStatus::Active);
	});
}

#[test]
fn a_changed_lifetime_is_for_commitments_to_come_and_breaks_no_promise() {
	run(|| {
		let models = [base("weights")];
		assert_ok!(commit(ALICE, &models));
		// Bob commits later and expires earlier.
		CommitmentLifetimeMs::set(LIFETIME_MS / 2);
		let copy = put(BOB, base("weights"));
		let until = Models::model(copy).expect("it is registered").contestable_until_ms;
		assert_eq!(until, LIFETIME_MS / 2);
		Now::set(until);
		assert_eq!(reveal(ALICE, &models), error(Error::RootAlreadyHeld));
		// One millisecond before it would have been in time.
		Now::set(until - 1);
		assert_ok!(reveal(ALICE, &models));
		// A longer lifetime revives nothing.
		let other = [base("other")];
		assert_ok!(commit(BOB, &other));
		pass(LIFETIME_MS / 2);
		CommitmentLifetimeMs::set(LIFETIME_MS);
		assert_eq!(reveal(BOB, &other), error(Error::CommitmentExpired));
	});
}

#[test]
fn a_commitment_is_used_in_its_time_and_once() {
	run(|| {
		let models = [base("one"), base("two")];
		assert_ok!(commit(ALICE, &models));
		assert_noop!(commit(ALICE, &models), Error::<Test>::CommitmentExists);
		let hash = hash_of(ALICE, SALT, &models);
		let info = Models::commitment(&ALICE, hash).expect("it was made");
		assert_eq!((info.usable_from_ms, info.expires_at_ms), (AGE_MS, LIFETIME_MS));
		pass(AGE_MS - 1);
		assert_eq!(reveal(ALICE, &models), error(Error::CommitmentTooYoung));
		pass(1);
		// Another salt, another order, another set.
		let other = Models::register(signed(ALICE), [8; 32], listed(models.to_vec()));
		assert_eq!(other, error(Error::UnknownCommitment));
		assert_eq!(reveal(ALICE, &[models[1].clone(), models[0].clone()]), error(Error::UnknownCommitment));
		assert_eq!(reveal(ALICE, &models[..1]), error(Error::UnknownCommitment));
		assert_eq!(reveal(ALICE, &[]), error(Error::NothingToRegister));
		assert_ok!(reveal(ALICE, &models));
		assert_eq!(Models::commitment(&ALICE, hash), None);
		assert_eq!(reveal(ALICE, &models), error(Error::UnknownCommitment));
	});
}

#[test]
fn what_is_wrong_with_one_model_of_a_call_refuses_all() {
	run(|| {
		let mut models = [base("one"), base("two")];
		models[1].spec.card.len = 0;
		assert_eq!(register_all(ALICE, &models), error(Error::EmptyCard));
		assert_eq!(crate::Models::<Test>::iter().count(), 0);
	});
}

#[test]
fn one_held_artifact_does_not_void_the_rest_of_a_batch() {
	run(|| {
		put(BOB, base("public"));
		// The same twice is skipped as well: it is held by the first.
		let models = [base("own"), base("public"), base("own"), base("other")];
		assert_ok!(register_all(ALICE, &models));
		let roots = models.map(|model| model.spec.artifact.root);
		for (root, developer) in roots.into_iter().zip([ALICE, BOB, ALICE, ALICE]) {
			assert_eq!(Models::model_by_root(root).map(|info| info.developer), Some(developer));
		}
		for (root, holder) in [(roots[1], ModelId(0)), (roots[0], ModelId(1))] {
			assert!(has_event(Event::RootHeld { root, holder, developer: ALICE }));
		}
		assert_eq!(crate::Models::<Test>::iter().count(), 3);
		// Where nothing is left, the commitment stays.
		assert_eq!(register_all(ALICE, &[base("public"), base("own")]), error(Error::RootAlreadyHeld));
	});
}

#[test]
fn strangers_clear_only_what_is_expired_and_the_deposit_goes_back_to_its_owner() {
	run(|| {
		let models = [base("weights")];
		let hash = hash_of(ALICE, SALT, &models);
		assert_ok!(commit(ALICE, &models));
		assert_eq!(held(HoldReason::Commitment, ALICE), INITIAL_COMMITMENT_DEPOSIT);
		CommitmentDeposit::set(7);
		pass(LIFETIME_MS - 1);
		assert_noop!(Models::clear_commitment(signed(BOB), ALICE, hash), Error::<Test>::CommitmentAlive);
		pass(1);
		assert_eq!(reveal(ALICE, &models), error(Error::CommitmentExpired));
		assert_ok!(Models::clear_commitment(signed(BOB), ALICE, hash));
		let deposit = INITIAL_COMMITMENT_DEPOSIT;
		assert!(has_event(Event::CommitmentClosed { account: ALICE, hash, used: false, deposit }));
		assert_eq!(Balances::free_balance(ALICE), ENDOWMENT);
		assert_noop!(Models::clear_commitment(signed(BOB), ALICE, hash), Error::<Test>::UnknownCommitment);
		assert_ok!(commit(ALICE, &models));
		assert_eq!(held(HoldReason::Commitment, ALICE), 7);
		assert_ok!(Models::clear_commitment(signed(ALICE), ALICE, hash));
		assert_eq!(Balances::free_balance(ALICE), ENDOWMENT);
	});
}
