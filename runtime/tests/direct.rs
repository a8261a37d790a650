//! What is done in one pass changes what `Balances` changes, and nothing else.

mod counting;

use counting::{counted, Counts};
use frame_support::traits::{
	fungible::{Inspect, Mutate, MutateHold},
	tokens::{Fortitude, Precision, Preservation},
	LockableCurrency, WithdrawReasons,
};
use plexus_primitives::constants::EXISTENTIAL_DEPOSIT;
use plexus_runtime::{
	direct::DirectBalances, AccountId, Balance, Balances, Runtime, RuntimeHoldReason, System,
};
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
	/// Burned from the account, as an agent's price is or in some other way.
	Burn(Amount, bool),
	/// From the first of two accounts to the second.
	Transfer(u8, u8, Amount, Preservation),
	SetBalance(Amount),
	Lock(Amount),
	/// Somebody else's reference to the account.
	Provide(bool),
	Consume(bool),
}

/// The account that most happens to.
fn account() -> AccountId {
	numbered(1)
}

fn numbered(number: u8) -> AccountId {
	AccountId::new([number; 32])
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
	Currency: MutateHold<AccountId, Reason = RuntimeHoldReason>
		+ Mutate<AccountId>
		+ Inspect<AccountId, Balance = Balance>,
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
		Step::Burn(of, usual) => {
			let (preservation, precision, force) = match usual {
				true => (Preservation::Preserve, Precision::Exact, Fortitude::Polite),
				false => (Preservation::Expendable, Precision::BestEffort, Fortitude::Force),
			};
			let burn = || Currency::burn_from(&who, amount(of, &REASONS[0]), preservation, precision, force);
			frame_support::storage::with_storage_layer(burn)
		}
		Step::Transfer(from, to, of, preservation) => {
			let amount = amount(of, &REASONS[0]);
			let transfer = || Currency::transfer(&numbered(from), &numbered(to), amount, preservation);
			frame_support::storage::with_storage_layer(transfer)
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

fn any_preservation() -> impl Strategy<Value = Preservation> {
	prop_oneof![
		8 => Just(Preservation::Preserve),
		1 => Just(Preservation::Protect),
		1 => Just(Preservation::Expendable),
	]
}

fn any_step() -> impl Strategy<Value = Step> {
	let reason = || 0..REASONS.len();
	prop_oneof![
		6 => (reason(), any_amount()).prop_map(|(reason, amount)| Step::Hold(reason, amount)),
		6 => (reason(), any_amount(), any::<bool>())
			.prop_map(|(reason, amount, exact)| Step::Release(reason, amount, exact)),
		3 => (any_amount(), prop::bool::weighted(0.9)).prop_map(|(amount, usual)| Step::Burn(amount, usual)),
		6 => (1..=3u8, 1..=3u8, any_amount(), any_preservation())
			.prop_map(|(from, to, amount, preservation)| Step::Transfer(from, to, amount, preservation)),
		2 => any_amount().prop_map(Step::SetBalance),
		1 => any_amount().prop_map(Step::Lock),
		1 => any::<bool>().prop_map(Step::Provide),
		2 => any::<bool>().prop_map(Step::Consume),
	]
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn each_operation_is_that_of_balances(
		funds in prop_oneof![0..50 * EXISTENTIAL_DEPOSIT, Just(Balance::MAX)],
		steps in prop::collection::vec(any_step(), 1..40),
	) {
		let (mut direct, mut reference) = (new_ext(), new_ext());
		for ext in [&mut direct, &mut reference] {
			ext.execute_with(|| Balances::set_balance(&account(), funds));
		}
		for step in steps {
			let direct_outcome = direct.execute_with(|| take::<DirectBalances>(step));
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
	let held = count(&|| DirectBalances::hold(reason, &account(), 5));
	let released = count(&|| DirectBalances::release(reason, &account(), 5, exact).map(drop));
	for Counts { reads, keys_read, writes, keys_written } in [held, released] {
		assert_eq!((reads, writes), (keys_read, keys_written));
	}
	// Otherwise this module would not be needed any more.
	let of_balances = count(&|| Balances::hold(reason, &account(), 5));
	assert!(of_balances.reads > 3 * held.reads, "{of_balances:?} {held:?}");
	assert_eq!((of_balances.keys_read, of_balances.keys_written), (held.keys_read, held.keys_written));

	let burn = |burn_from: BurnFrom| {
		move || {
			burn_from(&account(), 5, Preservation::Preserve, Precision::Exact, Fortitude::Polite).map(drop)
		}
	};
	let transfer = |transfer: Transfer, to| {
		move || transfer(&account(), &numbered(to), EXISTENTIAL_DEPOSIT, Preservation::Preserve).map(drop)
	};
	let direct_transfer = |to| transfer(DirectBalances::transfer, to);
	let transfer_of_balances = |to| transfer(<Balances as Mutate<_>>::transfer, to);
	// The second transfer finds the account there.
	let pairs: [(&str, &dyn Fn() -> _, &dyn Fn() -> _); 3] = [
		("burn", &burn(DirectBalances::burn_from), &burn(Balances::burn_from)),
		("to a new account", &direct_transfer(2), &transfer_of_balances(3)),
		("to one that is there", &direct_transfer(2), &transfer_of_balances(3)),
	];
	for (name, direct, of_balances) in pairs {
		let (direct, of_balances) = (count(direct), count(of_balances));
		// The other two events of a new account look up their number again.
		if name != "to a new account" {
			assert_eq!((direct.reads, direct.writes), (direct.keys_read, direct.keys_written), "{name}");
			assert!(of_balances.reads > 2 * direct.reads, "{name}: {of_balances:?} {direct:?}");
		}
		assert!(of_balances.reads > direct.reads, "{name}: {of_balances:?} {direct:?}");
		assert_eq!(of_balances.keys_written, direct.keys_written, "{name}");
	}
}

type BurnFrom = fn(&AccountId, Balance, Preservation, Precision, Fortitude) -> Result<Balance, DispatchError>;
type Transfer = fn(&AccountId, &AccountId, Balance, Preservation) -> Result<Balance, DispatchError>;
