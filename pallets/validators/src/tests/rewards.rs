//! The pot, commissions, shares and claims.

use crate::{mock::*, types::*, *};
use frame_support::{assert_noop, assert_ok};

/// The pot takes its existential deposit from the first payment.
fn fund_pot() {
	pay_pot(10);
}

#[test]
fn an_era_is_paid_by_blocks_made_commission_first_and_the_rest_by_stake() {
	chain(1).execute_with(|| {
		fund_pot();
		assert_ok!(Validators::bond(signed(5), 30_000));
		assert_ok!(Validators::nominate(signed(5), pool_of(1)));
		pay_pot(1_000);
		next_era();
		// 10 % commission, then 900 by 10,000 and 30,000: 225 and 675, less a part in 2^64 that the pool's remainder has
		// and adds to its next reward.
		assert_eq!((Validators::claimable(&1), Validators::claimable(&5)), (100 + 224, 674));
		let event =
			Event::PoolRewarded { pool: pool_of(1), era: Era(0), blocks: 9, commission: 100, stakers: 900 };
		System::assert_has_event(event.into());
		assert_ok!(Validators::claim_rewards(signed(5)));
		assert_eq!(Balances::free_balance(5), ENDOWMENT - 30_000 + 674);
		assert_noop!(Validators::claim_rewards(signed(5)), Error::<Test>::NothingToDo);
		assert_ok!(Validators::claim_rewards(signed(1)));
		assert_eq!((Owed::<Test>::get(), Balances::free_balance(Validators::pot())), (2, 12));
		assert!(Stakes::<Test>::get(5).unwrap().fraction > u64::MAX - 100_000);
		next_block();
	});
}

#[test]
fn each_block_counts_the_same_whatever_the_stake() {
	let validators = vec![genesis_validator(1, 90_000), genesis_validator(2, 1_000)];
	genesis(validators).execute_with(|| {
		begin_block_by(1, Some(key_of(1)));
		fund_pot();
		pay_pot(1_001);
		for height in 2..=9 {
			end_block();
			// Seven of ten for the second, none for the block that names nobody.
			begin_block_by(height, (height != 5).then(|| key_of(if height < 3 { 1 } else { 2 })));
		}
		end_block();
		begin_block(10);
		// 8 blocks count: 2 and 6. What does not divide stays in the pot.
		assert_eq!(Owed::<Test>::get(), 250 + 750);
		let rewarded = |account, blocks, commission, stakers| {
			let pool = pool_of(account);
			System::assert_has_event(
				Event::PoolRewarded { pool, era: Era(0), blocks, commission, stakers }.into(),
			)
		};
		rewarded(1, 2, 25, 225);
		rewarded(2, 6, 75, 675);
	});
}

#[test]
fn nobody_earns_from_before_joining_or_after_leaving() {
	chain(1).execute_with(|| {
		fund_pot();
		assert_ok!(Validators::bond(signed(5), 10_000));
		pay_pot(1_000);
		next_era();
		assert_ok!(Validators::nominate(signed(5), pool_of(1)));
		assert_eq!(Validators::claimable(&5), 0);
		pay_pot(1_000);
		next_era();
		assert_eq!(Validators::claimable(&5), 449);
		assert_ok!(Validators::unbond(signed(5), 10_000));
		pay_pot(1_000);
		next_era();
		assert_eq!(Validators::claimable(&5), 449);
		// The credit outlives the stake until it is claimed.
		run_to(280);
		assert_ok!(Validators::withdraw_unbonded(signed(5)));
		assert_eq!(held(5), 0);
		assert_ok!(Validators::claim_rewards(signed(5)));
		assert!(Stakes::<Test>::get(5).is_none());
		assert_eq!(Balances::free_balance(5), ENDOWMENT + 449);
		next_block();
	});
}

#[test]
fn a_higher_commission_is_announced_for_a_whole_era_and_a_lower_one_counts_from_the_next() {
	chain(1).execute_with(|| {
		let set = |percent| {
			assert_ok!(Validators::validate(signed(1), Perbill::from_percent(percent)));
		};
		let commissions = || {
			let pool = Validators::pool_info(pool_of(1)).expect("there is such a pool");
			(pool.commission, pool.commission_next)
		};
		let percent = |now, next| (Perbill::from_percent(now), Perbill::from_percent(next));
		// In an era's last block, when nobody could leave any more.
		run_to(9);
		set(100);
		next_era();
		assert_eq!(commissions(), percent(10, 100));
		run_to(15);
		set(100);
		next_era();
		assert_eq!(commissions(), percent(100, 100), "saying it again does not put it off");
		set(5);
		next_era();
		assert_eq!(commissions(), percent(5, 5));
		set(6);
		next_era();
		// Something small announced is no licence for something great.
		set(100);
		next_era();
		assert_eq!(commissions(), percent(5, 100));
		set(0);
		next_era();
		assert_eq!(commissions(), percent(0, 0));
		// A rise that nobody could see, because its pool did not stand for election, is none that was announced.
		make_candidate(2, 2_000);
		set(100);
		assert_ok!(Validators::chill(signed(1)));
		next_era();
		run_to(System::block_number() + 9);
		set(100);
		next_era();
		assert_eq!(commissions(), percent(0, 100));
	});
}

#[test]
fn a_new_commission_is_not_paid_before_it_counts() {
	chain(1).execute_with(|| {
		fund_pot();
		assert_ok!(Validators::bond(signed(5), 10_000));
		assert_ok!(Validators::nominate(signed(5), pool_of(1)));
		assert_ok!(Validators::validate(signed(1), Perbill::from_percent(100)));
		pay_pot(1_000);
		next_era();
		let claimable = || (Validators::claimable(&5), Validators::claimable(&1));
		assert_eq!(claimable(), (449, 549));
		pay_pot(1_000);
		next_era();
		let before = claimable();
		assert!(before.0 > 449 + 449 && before.0 < 449 + 451, "{before:?}");
		pay_pot(1_000);
		next_era();
		assert_eq!(claimable(), (before.0, before.1 + 1_000));
	});
}

#[test]
fn odd_amounts_lose_nothing() {
	chain(3).execute_with(|| {
		fund_pot();
		for (account, bond) in [(5, 101), (6, 7_919), (7, 104_729), (8, 333_333)] {
			assert_ok!(Validators::bond(signed(account), bond));
			assert_ok!(Validators::nominate(signed(account), pool_of(account % 3 + 1)));
		}
		let mut paid_in = 0;
		for era in 0..20u128 {
			let fees = 1 + era * 37 % 101;
			paid_in += fees;
			pay_pot(fees);
			next_era();
		}
		let claimable: Balance = (1..=8).map(|account| Validators::claimable(&account)).sum();
		let waiting = Balances::free_balance(Validators::pot()) - 10 - Owed::<Test>::get();
		let in_parts = Owed::<Test>::get() - claimable;
		assert_eq!(claimable + waiting + in_parts, paid_in);
		assert!(in_parts < 8 && waiting < 3, "{in_parts} in parts of units, {waiting} undivided");
	});
}

#[test]
fn a_tombstoned_pool_is_paid_nothing_more() {
	chain(2).execute_with(|| {
		fund_pot();
		pay_pot(1_000);
		run_to(8);
		assert_ok!(report(double_vote(&signing_key(1, 0), 3)));
		next_era();
		assert_eq!((Validators::claimable(&1), Validators::claimable(&2)), (0, 999));
	});
}

#[test]
fn a_pot_without_anybody_to_pay_keeps_its_money() {
	chain(1).execute_with(|| {
		fund_pot();
		pay_pot(1_000);
		for height in 2..=10 {
			end_block();
			begin_block_by(height, None);
		}
		// Only the first block named its maker.
		assert_eq!(Owed::<Test>::get(), 1_000);
		pay_pot(500);
		for height in 11..=20 {
			end_block();
			begin_block_by(height, None);
		}
		end_block();
		assert_eq!(Owed::<Test>::get(), 1_000);
		begin_block(21);
		next_era();
		assert_eq!(Owed::<Test>::get(), 1_500);
	});
}

#[test]
fn what_an_empty_pot_cannot_take_is_burned() {
	chain(1).execute_with(|| {
		let issued = pallet_balances::TotalIssuance::<Test>::get();
		pay_pot(9);
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued);
		pay_pot(10);
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued + 10);
	});
}

#[test]
fn a_reward_is_spread_without_overflow_at_the_largest_amounts() {
	let mut pool = Pool::new(0u64, Perbill::zero(), Era(0));
	pool.stake = Balance::MAX;
	let mut stake = StakeOf::<Test>::idle(Balance::MAX);
	stake.role = Role::Validator(PoolId(0));
	for _ in 0..3 {
		pool.reward(Balance::MAX / 3);
	}
	stake.collect(&pool);
	// 2^128 - 1 is divisible by three.
	assert_eq!((stake.credit, stake.fraction, pool.remainder), (Balance::MAX, 0, 0));
	pool.stake = 1;
	pool.reward(Balance::MAX);
	let mut one = StakeOf::<Test>::idle(1);
	one.mark = stake.mark;
	one.collect(&pool);
	assert_eq!(one.credit, Balance::MAX);
}
