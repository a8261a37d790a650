//! Holds in one pass change what those of `Balances` change, and nothing else.

mod counting;

use counting::{counted, Counts};
use frame_support::traits::{
	fungible::{Inspect, Mutate, MutateHold},
	tokens::Precision,
	LockableCurrency, WithdrawReasons,
};
use plexus_primitives::constants::EXISTENTIAL_DEPOSIT;
use plexus_runtime::{holds::DirectHolds, AccountId, Balance, Balances, Runtime, RuntimeHoldReason, System};
use proptest::prelude::*;
use sp_io::TestExternalities;
use sp_runtime::DispatchError;

const REASONS: [RuntimeHoldReason; 3] = [
	RuntimeHoldReason::Datanets(pallet_datanets::HoldReason::Commitment),
	RuntimeHoldReason::Models(pallet_models::HoldReason::Model),
	RuntimeHoldReason::Agents(pallet_agents::HoldReason::Bond),
];

/// An amount that an account's balances are compared with, so that each border is met.
#[derive(Clone, Copy, Debug)]
enum Amount {
	Exactly(Balance),
	/// All that is free, with so much more or less.
	Free(i8),
	/// All that is free but the existential deposit, with so much more or less.
	Spare(i8),
	/// All that the reason holds, with so much more or less.
	Held(i8),
}

#[derive(Clone, Copy, Debug)]
enum Step {
	Hold(usize, Amount),
	Release(usize, Amount, bool),
	SetBalance(Amount),
	Lock(Amount),
	/// Somebody else's reference to the account.
	Provide(bool),
	Consume(bool),
}

fn account() -> AccountId {
	AccountId::new([1; 32])
}

fn amount(of: Amount, reason: &RuntimeHoldReason) -> Balance {
	use frame_support::traits::fungible::InspectHold;
	let who = account();
	let free = <Balances as Inspect<_>>::balance(&who);
	let near = |value: Balance, by: i8| value.saturating_add_signed(by.into());
	match of {
		Amount::Exactly(amount) => amount,
		Amount::Free(by) => near(free, by),
		Amount::Spare(by) => near(free.saturating_sub(EXISTENTIAL_DEPOSIT), by),
		Amount::Held(by) => near(Balances::balance_on_hold(reason, &who), by),
	}
}

/// What came of a step.
type Outcome = Result<Balance, DispatchError>;

fn take<Currency>(step: Step) -> Outcome
where
	Currency: MutateHold<AccountId, Reason = RuntimeHoldReason> + Inspect<AccountId, Balance = Balance>,
{
	let who = account();
	match step {
		Step::Hold(reason, of) => {
			let reason = &REASONS[reason];
			// As a call does: what failed left nothing.
			frame_support::storage::with_storage_layer(|| Currency::hold(reason, &who, amount(of, reason)))
				.map(|()| 0)
		}
		Step::Release(reason, of, exact) => {
			let reason = &REASONS[reason];
			let precision = if exact { Precision::Exact } else { Precision::BestEffort };
			let release = || Currency::release(reason, &who, amount(of, reason), precision);
			frame_support::storage::with_storage_layer(release)
		}
		Step::SetBalance(of) => Ok(Balances::set_balance(&who, amount(of, &REASONS[0]))),
		Step::Lock(of) => {
			Balances::set_lock(*b"somebody", &who, amount(of, &REASONS[0]), WithdrawReasons::all());
			Ok(0)
		}
		Step::Provide(true) => {
			System::inc_providers(&who);
			Ok(0)
		}
		// Only what was provided: an account that lost its last provider too early is none that `Balances` knows.
		Step::Provide(false) if System::providers(&who) > 1 => System::dec_providers(&who).map(|_| 0),
		Step::Consume(true) => System::inc_consumers(&who).map(|()| 0),
		Step::Consume(false) if System::consumers(&who) > 1 => {
			System::dec_consumers(&who);
			Ok(0)
		}
		Step::Provide(false) | Step::Consume(false) => Ok(0),
	}
}

/// Everything there is to see.
fn seen(ext: &mut TestExternalities) -> impl PartialEq + std::fmt::Debug {
	let records = ext.execute_with(|| {
		let who = account();
		let holds = pallet_balances::Holds::<Runtime>::get(&who).into_inner();
		(System::account(&who), format!("{holds:?}"), System::events())
	});
	ext.commit_all().expect("nothing is pending");
	(records, *ext.as_backend().root())
}

fn new_ext() -> TestExternalities {
	let mut ext = TestExternalities::new_empty();
	// Without a block there are no events.
	ext.execute_with(|| System::set_block_number(1));
	ext
}

fn any_amount() -> impl Strategy<Value = Amount> {
	prop_oneof![
		4 => (0..10 * EXISTENTIAL_DEPOSIT).prop_map(Amount::Exactly),
		1 => prop_oneof![Just(0), Just(1), Just(EXISTENTIAL_DEPOSIT), Just(Balance::MAX)].prop_map(Amount::Exactly),
		1 => (-1..=1i8).prop_map(Amount::Free),
		1 => (-1..=1i8).prop_map(Amount::Spare),
		2 => (-1..=1i8).prop_map(Amount::Held),
	]
}

fn any_step() -> impl Strategy<Value = Step> {
	let reason = || 0..REASONS.len();
	prop_oneof![
		6 => (reason(), any_amount()).prop_map(|(reason, amount)| Step::Hold(reason, amount)),
		6 => (reason(), any_amount(), any::<bool>())
			.prop_map(|(reason, amount, exact)| Step::Release(reason, amount, exact)),
		2 => any_amount().prop_map(Step::SetBalance),
		1 => any_amount().prop_map(Step::Lock),
		1 => any::<bool>().prop_map(Step::Provide),
		2 => any::<bool>().prop_map(Step::Consume),
	]
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn each_hold_and_release_is_that_of_balances(
		funds in prop_oneof![0..50 * EXISTENTIAL_DEPOSIT, Just(Balance::MAX)],
		steps in prop::collection::vec(any_step(), 1..40),
	) {
		let (mut direct, mut reference) = (new_ext(), new_ext());
		for ext in [&mut direct, &mut reference] {
			ext.execute_with(|| Balances::set_balance(&account(), funds));
		}
		for step in steps {
			let direct_outcome = direct.execute_with(|| take::<DirectHolds>(step));
			let outcome = reference.execute_with(|| take::<Balances>(step));
			prop_assert_eq!(direct_outcome, outcome, "{:?}", step);
			prop_assert_eq!(seen(&mut direct), seen(&mut reference), "{:?}", step);
		}
	}
}

#[test]
fn each_key_is_read_once() {
	let reason = &REASONS[0];
	let mut ext = new_ext();
	ext.execute_with(|| {
		Balances::set_balance(&account(), 100 * EXISTENTIAL_DEPOSIT);
		Balances::hold(&REASONS[1], &account(), EXISTENTIAL_DEPOSIT).expect("there is enough");
	});
	let mut count = |action: &dyn Fn() -> Result<(), DispatchError>| {
		let (result, counts) = counted(&mut ext.ext(), action);
		result.expect("there is enough");
		counts
	};
	let exact = Precision::Exact;
	let held = count(&|| DirectHolds::hold(reason, &account(), 5));
	let released = count(&|| DirectHolds::release(reason, &account(), 5, exact).map(drop));
	for Counts { reads, keys_read, writes, keys_written } in [held, released] {
		assert_eq!((reads, writes), (keys_read, keys_written));
	}
	// Otherwise this module would not be needed any more.
	let of_balances = count(&|| Balances::hold(reason, &account(), 5));
	assert!(of_balances.reads > 3 * held.reads, "{of_balances:?} {held:?}");
	assert_eq!((of_balances.keys_read, of_balances.keys_written), (held.keys_read, held.keys_written));
}
