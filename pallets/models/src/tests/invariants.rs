//! That damage to the state is noticed: each test of this crate ends with these checks.

use super::*;

/// Plants damage in a chain with a base, its child, a commitment under way and a superseded copy.
fn assert_noticed(expected: &'static str, damage: impl FnOnce(ModelId, ModelId)) {
	new_test_ext().execute_with(|| {
		let base = put(ALICE, asking("base", &[], 10, 20));
		let child = put(BOB, asking("child", &[base.0], 1, 20));
		let original = [super::base("contested")];
		assert_ok!(commit(ALICE, &original));
		pass(AGE_MS);
		put(3, super::base("contested"));
		assert_ok!(reveal(ALICE, &original));
		assert_ok!(commit(ALICE, &[super::base("later")]));
		assert_ok!(Models::check_invariants());
		damage(base, child);
		assert_eq!(Models::check_invariants(), Err(expected.into()));
	});
}

#[test]
fn a_wrong_lineage_is_noticed() {
	let expected = "a lineage does not follow from the parents";
	assert_noticed(expected, |_, child| crate::Lineages::<Test>::remove(child));
	assert_noticed(expected, |base, child| {
		let wrong = Ancestor { model: base, royalty: percent(9), data: percent(20) };
		crate::Lineages::<Test>::insert(child, LineageOf::<Test>::try_from(vec![wrong]).expect("one fits"));
	});
	assert_noticed("a data share is below a parent's", |base, _| {
		crate::Models::<Test>::mutate_extant(base, |model| model.spec.asks.data = percent(21));
	});
}

#[test]
fn a_wrong_index_is_noticed() {
	assert_noticed("a child's place is empty", |base, _| {
		crate::Children::<Test>::remove(base, Sequence(0));
	});
	assert_noticed("a child is not in its parent's index", |base, _| {
		crate::NextChild::<Test>::remove(base);
	});
	assert_noticed("the index of children has others", |base, child| {
		crate::Children::<Test>::insert(base, Sequence(7), child);
	});
	assert_noticed("a place is empty", |_, _| {
		crate::ModelsByDeveloper::<Test>::remove(ALICE, Sequence(0));
	});
	assert_noticed("a model is in no developer's index", |_, _| crate::NextOfDeveloper::<Test>::remove(BOB));
	assert_noticed("a model has no locators", |base, _| crate::Locations::<Test>::remove(base));
}

#[test]
fn what_belongs_to_no_model_is_noticed() {
	assert_noticed("a lineage is of no model with parents", |_, child| {
		crate::Lineages::<Test>::insert(ModelId(9), crate::Lineages::<Test>::get(child));
	});
	assert_noticed("a root is held by no model", |base, _| {
		crate::ModelByRoot::<Test>::insert([1; 32], base);
	});
	assert_noticed("locators are of no model", |base, _| {
		crate::Locations::<Test>::insert(ModelId(9), crate::Locations::<Test>::get(base).expect("it has"));
	});
}

#[test]
fn a_wrong_holder_of_a_root_is_noticed() {
	assert_noticed("a root leads elsewhere", |base, child| {
		crate::ModelByRoot::<Test>::insert(record(base.0).spec.artifact.root, child);
	});
	assert_noticed("a superseded model holds its root", |base, _| {
		crate::Models::<Test>::mutate_extant(base, |model| {
			model.status = ModelStatus::Superseded { by: ModelId(1) };
		});
	});
	assert_noticed("a model was superseded by a later commitment", |_, _| {
		crate::Models::<Test>::mutate_extant(ModelId(2), |copy| copy.commitment = CommitmentNumber(0));
	});
}

#[test]
fn a_deposit_that_is_not_on_hold_is_noticed() {
	let expected = "an account's deposits are not what it has on hold";
	assert_noticed(expected, |base, _| {
		crate::Models::<Test>::mutate_extant(base, |model| model.deposit += 1);
	});
	assert_noticed(expected, |base, _| {
		crate::Locations::<Test>::mutate_extant(base, |location| location.deposit += 1);
	});
	// Of somebody who has no record at all, too.
	assert_noticed(expected, |_, _| {
		use frame_support::traits::fungible::MutateHold;
		assert_ok!(Balances::hold(&HoldReason::Model.into(), &ACCOUNTS, 1));
	});
	assert_noticed(expected, |_, _| {
		let hash = hash_of(ALICE, SALT, &[super::base("later")]);
		crate::Commitments::<Test>::remove(ALICE, hash);
		crate::Commitments::<Test>::insert(
			ALICE,
			[1; 32],
			crate::types::Commitment {
				number: CommitmentNumber(0),
				usable_from_ms: 0,
				expires_at_ms: 0,
				deposit: 1,
			},
		);
	});
}
