//! What is on hold, and what returns.

use super::*;
use codec::Encode;

fn empty() -> Locators<Test> {
	Locators { artifact: listed([]), card: listed([]) }
}

#[test]
fn what_is_never_removed_is_held_for_ever_by_its_bytes() {
	run(|| {
		let parent = put(ALICE, base("base")).0;
		let before = held(HoldReason::Model, ALICE);
		let id = put(ALICE, asking("child", &[parent], 0, 0));
		let spec = record(id.0).spec;
		let lineage: LineageOf<Test> = crate::Lineages::<Test>::get(id);
		let bytes = spec.encode().len() + lineage.encode().len() + crate::types::CHILD_ENTRY_BYTES as usize;
		let expected = INITIAL_MODEL_DEPOSIT + INITIAL_PER_BYTE * bytes as Balance;
		assert_eq!(held(HoldReason::Model, ALICE) - before, expected);
		assert_eq!(record(id.0).deposit, expected);
		// A parent's record in state is as long as what was paid for, with the fixed fields in the base price.
		assert_eq!(Balances::total_issuance(), ENDOWMENT * Balance::from(ACCOUNTS));
	});
}

#[test]
fn an_index_entry_of_a_child_is_as_long_as_what_is_paid_for_it() {
	run(|| {
		let parent = put(ALICE, base("base"));
		put(ALICE, asking("child", &[parent.0], 0, 0));
		let key = crate::Children::<Test>::hashed_key_for(parent, Sequence(0));
		let value = crate::Children::<Test>::get(parent, Sequence(0)).expect("it is a child").encode();
		assert_eq!(key.len() + value.len(), crate::types::CHILD_ENTRY_BYTES as usize);
	});
}

#[test]
fn locators_are_paid_by_the_byte_and_return_exactly() {
	run(|| {
		let id = put(ALICE, base("weights"));
		let bytes = Balance::from(locators().bytes());
		assert_eq!(held(HoldReason::Locators, ALICE), INITIAL_PER_BYTE * bytes);
		let free = Balances::free_balance(ALICE);
		// At another price the old ones return what they had cost.
		DepositPerByte::set(5);
		let longer = Locators { artifact: listed(*b"ipfs:0123456789"), card: listed(*b"a:b") };
		assert_ok!(Models::set_locators(signed(ALICE), id, longer.clone()));
		assert_eq!(held(HoldReason::Locators, ALICE), 5 * 18);
		assert!(has_event(Event::LocatorsSet { model: id, locators: longer, deposit: 90 }));
		assert_ok!(Models::set_locators(signed(ALICE), id, empty()));
		assert_eq!(held(HoldReason::Locators, ALICE), 0);
		assert_eq!(Balances::free_balance(ALICE), free + INITIAL_PER_BYTE * bytes);
	});
}

#[test]
fn who_cannot_pay_registers_nothing() {
	run(|| {
		let models = [base("weights")];
		assert_ok!(commit(ALICE, &models));
		pass(AGE_MS);
		ModelDeposit::set(ENDOWMENT);
		let before = Balances::free_balance(ALICE);
		assert!(reveal(ALICE, &models).is_err());
		assert_eq!(Balances::free_balance(ALICE), before);
		assert_eq!(held(HoldReason::Commitment, ALICE), INITIAL_COMMITMENT_DEPOSIT);
		// The commitment is still there.
		ModelDeposit::set(INITIAL_MODEL_DEPOSIT);
		assert_ok!(reveal(ALICE, &models));
		assert_eq!(held(HoldReason::Commitment, ALICE), 0);
	});
}

#[test]
fn a_superseded_model_keeps_its_deposit_on_hold() {
	run(|| {
		let models = [base("weights")];
		assert_ok!(commit(ALICE, &models));
		pass(AGE_MS);
		let copy = put(BOB, base("weights"));
		assert_ok!(reveal(ALICE, &models));
		assert_eq!(held(HoldReason::Model, BOB), record(copy.0).deposit);
		assert_ok!(Models::set_locators(signed(BOB), copy, empty()));
		assert_eq!(held(HoldReason::Locators, BOB), 0);
	});
}
