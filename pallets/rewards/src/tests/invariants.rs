//! That a breach is noticed: each is planted and found.

use super::*;
use crate::{Head, Pool, Position};
use sp_core::U256;

/// Plants a breach in a world where everything has happened, and expects it to be found.
fn planted(breach: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		build_world();
		put(CAROL, 0, "carol's", 7);
		withdraw_contribution(BOB, ContributionId(1));
		publish(0);
		put_model("later", &[(0, 1, ONE / 3), (0, 2, ONE - ONE / 3)]);
		fund(1, 1_000);
		assert_ok!(distribute(1, 0));
		assert_ok!(distribute(1, 1));
		fund(1, 77);
		claim_first(ALICE);
		assert_ok!(withdraw(ALICE));
		claim(BOB, &[place(0, 1, Some(2))]);
		assert_ok!(dispute(OTHER, ContributionId(0), Remedy::Redirect));
		Rewards::credit_contribution(ContributionId(0), Source::Claim, money(50));
		earn(500);
		assert_ok!(Rewards::check_invariants());
		breach();
		assert!(Rewards::check_invariants().is_err(), "nobody noticed");
	});
}

fn change_pool(version: u32, change: impl FnOnce(&mut Pool)) {
	crate::Pools::<Test>::mutate(DatanetId(0), DatanetVersion(version), change);
}

fn change_head(change: impl FnOnce(&mut Head)) {
	crate::Heads::<Test>::mutate(DatanetId(0), change);
}

fn change_position(index: u8, place: Place, change: impl FnOnce(&mut Position)) {
	crate::Positions::<Test>::mutate(holder(index), place, |position| {
		change(position.as_mut().expect("it is there"));
	});
}

fn change_earned(holder: Holder<AccountId>, change: impl FnOnce(&mut Earned)) {
	crate::Earnings::<Test>::mutate(holder, change);
}

#[test]
fn weights_that_are_not_those_of_positions_are_noticed() {
	planted(|| change_pool(1, |pool| pool.weight += 1));
	planted(|| change_pool(2, |pool| pool.weight -= 1));
	planted(|| change_head(|head| head.weight += 1));
	planted(|| change_head(|head| head.version = DatanetVersion(1)));
	planted(|| crate::Heads::<Test>::insert(DatanetId(5), Head::default()));
	planted(|| crate::Heads::<Test>::remove(DatanetId(0)));
	planted(|| crate::Pools::<Test>::remove(DatanetId(0), DatanetVersion(2)));
	planted(|| change_position(CAROL, place(0, 2, None), |position| position.weight += 1));
	planted(|| change_position(CAROL, place(0, 2, None), |position| position.weight = 0));
	planted(|| crate::Positions::<Test>::remove(holder(BOB), place(0, 1, Some(2))));
	planted(|| {
		let position = Position { weight: 1, ..Position::default() };
		crate::Positions::<Test>::insert(holder(BOB), place(0, 4, None), position);
	});
	planted(|| {
		let position = Position { weight: 1, ..Position::default() };
		crate::Positions::<Test>::insert(holder(BOB), place(0, 2, Some(2)), position);
	});
}

#[test]
fn pools_that_gave_more_or_less_than_they_got_are_noticed() {
	planted(|| change_pool(1, |pool| pool.deposited += 1));
	planted(|| change_pool(1, |pool| pool.remainder = 40));
	planted(|| change_pool(2, |pool| pool.remainder ^= 1));
	planted(|| change_pool(1, |pool| pool.node += U256::one()));
	planted(|| change_position(CAROL, place(0, 2, None), |position| position.fraction ^= 1));
	planted(|| change_position(CAROL, place(0, 2, None), |position| position.last += U256::one()));
	planted(|| {
		crate::PoolEarnings::<Test>::mutate(holder(ALICE), DatanetId(0), |credited| *credited += 1);
	});
}

#[test]
fn manifests_that_pulled_too_much_are_noticed() {
	planted(|| crate::Pulled::<Test>::mutate(ModelId(1), 0, |pulled| *pulled += 100));
	planted(|| crate::Pulled::<Test>::insert(ModelId(1), 2, 1));
	planted(|| crate::Pulled::<Test>::insert(ModelId(1), 1, 0));
	planted(|| crate::DataRevenues::<Test>::mutate(ModelId(1), |revenue| *revenue -= 100));
}

#[test]
fn earnings_that_do_not_add_up_are_noticed() {
	planted(|| change_earned(holder(ALICE), |earned| earned.due = earned.total() + 1));
	planted(|| change_earned(holder(ALICE), |earned| earned.pools += 1));
	planted(|| change_earned(escrow(ContributionId(0)), |earned| earned.due -= 1));
	planted(|| crate::Earnings::<Test>::insert(holder(OTHER), Earned::default()));
	planted(|| crate::Earnings::<Test>::remove(holder(BOB)));
}

#[test]
fn a_pot_that_owes_more_than_it_has_is_noticed() {
	use frame_support::traits::fungible::Mutate;
	let drain = |amount: Balance| {
		let left = pot() - amount;
		Balances::set_balance(&Rewards::pot(), left);
	};
	planted(|| drain(EXISTENTIAL_DEPOSIT + 1));
	planted(|| {
		change_earned(holder(CAROL), |earned| {
			*earned = Earned { due: 11, claims: 11, ..Earned::default() };
		})
	});
	planted(|| crate::DataRevenues::<Test>::mutate(ModelId(1), |revenue| *revenue += 11));
}
