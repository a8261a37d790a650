//! What is on hold, and what returns.

use super::*;
use codec::Encode;

fn empty() -> Locators<Test> {
	Locators { artifact: listed([]), card: listed([]) }
}

#[test]
fn what_is_never_removed_is_held_for_ever_by_its_bytes() {
	run(|| {
		let issued = Balances::total_issuance();
		let parent = put(ALICE, base("base")).0;
		let before = held(HoldReason::Model, ALICE);
		let id = put(ALICE, asking("child", &[parent], 0, 0));
		let spec = record(id.0).spec;
		let lineage: LineageOf<Test> = crate::Lineages::<Test>::get(id);
		let bytes = spec.encode().len() + lineage.encode().len() + crate::types::CHILD_ENTRY_BYTES as usize;
		let expected = INITIAL_MODEL_DEPOSIT + INITIAL_PER_BYTE * bytes as Balance;
		assert_eq!(held(HoldReason::Model, ALICE) - before, expected);
		assert_eq!(record(id.0).deposit, expected);
		assert_eq!(Balances::total_issuance(), issued);
	});
}

/// Entries and bytes of the pallet's state, keys included.
fn state() -> (u32, u32) {
	let prefix = sp_io::hashing::twox_128(b"Models");
	let (mut entries, mut bytes, mut key) = (0, 0, prefix.to_vec());
	while let Some(next) = sp_io::storage::next_key(&key).filter(|next| next.starts_with(&prefix)) {
		entries += 1;
		bytes += next.len() + sp_io::storage::get(&next).expect("it has just been found").len();
		key = next;
	}
	(entries, bytes as u32)
}

#[test]
fn every_byte_of_a_model_and_of_a_commitment_is_paid_for() {
	use crate::types::*;
	run(|| {
		put(ALICE, base("base"));
		assert_ok!(commit(ALICE, &[base("whatever")]));
		let before = state();
		let mine = [asking("child", &[0], 0, 0)];
		assert_ok!(commit(BOB, &mine));
		let committed = state();
		// Accounts have 8 bytes here instead of 32, block numbers 8 instead of 4.
		let expected = COMMITMENT_ENTRY_BYTES - 24;
		assert_eq!((committed.0 - before.0, committed.1 - before.1), (1, expected));
		pass(AGE_MS);
		assert_ok!(reveal(BOB, &mine));
		// The first of a developer, so that its counter is new too, and the first of a parent.
		let Model { spec, .. } = record(1);
		let lineage: LineageOf<Test> = crate::Lineages::<Test>::get(ModelId(1));
		let by_the_byte = spec.permanent_bytes(&lineage) + mine[0].locators.bytes();
		// Active is shorter than superseded by eight bytes, each locator's length here by one.
		let fixed = MODEL_ENTRY_BYTES - 3 * 24 + 4 - 8 - 2;
		let after = state();
		assert_eq!(after.1 - before.1, by_the_byte + fixed);
		// Besides, the entry at its parent.
		assert_eq!(after.0 - before.0, MODEL_ENTRIES + 1);
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
fn where_there_are_no_locators_no_event_tells_of_nothing_held_or_released() {
	use pallet_balances::Event::{Held, Released};
	run(|| {
		let id = put(ALICE, Registration { locators: empty(), ..base("weights") });
		assert_ok!(Models::set_locators(signed(ALICE), id, empty()));
		assert_eq!(held(HoldReason::Locators, ALICE), 0);
		let is_of_nothing = |event: &RuntimeEvent| {
			matches!(event, RuntimeEvent::Balances(Held { amount: 0, .. } | Released { amount: 0, .. }))
		};
		assert!(!System::events().iter().any(|record| is_of_nothing(&record.event)));
		assert_ok!(Models::set_locators(signed(ALICE), id, locators()));
		assert_eq!(held(HoldReason::Locators, ALICE), INITIAL_PER_BYTE * Balance::from(locators().bytes()));
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
