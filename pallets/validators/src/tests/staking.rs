//! Bonding, roles and the way out.

use crate::{mock::*, types::*, *};
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_bond_is_on_hold_and_stands_behind_nothing_yet() {
	chain(1).execute_with(|| {
		assert_ok!(Validators::bond(signed(5), 500));
		assert_eq!((held(5), Balances::free_balance(5)), (500, ENDOWMENT - 500));
		assert_eq!(stake_of(5).role, Role::Idle);
		assert_ok!(Validators::bond_more(signed(5), 250));
		assert_eq!((held(5), stake_of(5).bonded), (750, 750));
		System::assert_last_event(Event::Bonded { who: 5, amount: 250, bonded: 750 }.into());
	});
}

#[test]
fn each_rule_of_bonding_is_named() {
	chain(1).execute_with(|| {
		assert_noop!(Validators::bond(signed(5), 99), Error::<Test>::BondTooSmall);
		assert_noop!(Validators::bond_more(signed(5), 1), Error::<Test>::NotBonded);
		assert_noop!(Validators::unbond(signed(5), 1), Error::<Test>::NotBonded);
		assert_ok!(Validators::bond(signed(5), 500));
		assert_noop!(Validators::bond(signed(5), 500), Error::<Test>::AlreadyBonded);
		assert_noop!(Validators::bond_more(signed(5), 0), Error::<Test>::NothingToDo);
		assert_noop!(Validators::unbond(signed(5), 0), Error::<Test>::NothingToDo);
		assert_noop!(Validators::unbond(signed(5), 501), Error::<Test>::NotEnoughBonded);
		assert_noop!(Validators::unbond(signed(5), 401), Error::<Test>::BondTooSmall);
		assert_noop!(Validators::rebond(signed(5), 1), Error::<Test>::NotEnoughUnbonding);
		assert_noop!(Validators::claim_rewards(signed(5)), Error::<Test>::NothingToDo);
		assert_noop!(Validators::nominate(signed(5), PoolId(9)), Error::<Test>::UnknownPool);
		assert_noop!(Validators::validate(signed(5), Perbill::zero()), Error::<Test>::CandidateBondTooSmall);
		assert_ok!(Validators::bond_more(signed(5), 500));
		assert_noop!(Validators::validate(signed(5), Perbill::zero()), Error::<Test>::KeyMissing);
		assert_noop!(Validators::chill(signed(5)), Error::<Test>::NotValidator);
		assert_noop!(Validators::unjail(signed(5)), Error::<Test>::NotValidator);
		assert_noop!(Validators::unjail(signed(1)), Error::<Test>::NotJailed);
		assert!(Validators::bond(signed(6), ENDOWMENT).is_err(), "the existential deposit stays free");
		assert!(Stakes::<Test>::get(6).is_none());
	});
}

#[test]
fn what_unbonds_is_released_when_the_chain_clock_says_so() {
	chain(1).execute_with(|| {
		assert_ok!(Validators::bond(signed(5), 500));
		assert_ok!(Validators::unbond(signed(5), 300));
		let unlock_at_ms = stake_of(5).chunks[0].unlock_at_ms;
		assert_eq!(unlock_at_ms, Validators::clock_ms() + 250_000);
		run_to(251);
		assert!(Validators::clock_ms() < unlock_at_ms);
		assert_ok!(Validators::withdraw_unbonded(signed(5)));
		assert_eq!(held(5), 500);
		run_to(252);
		assert_eq!(Validators::clock_ms(), unlock_at_ms);
		assert_ok!(Validators::withdraw_unbonded(signed(5)));
		assert_eq!((held(5), Balances::free_balance(5)), (200, ENDOWMENT - 200));
	});
}

#[test]
fn chunks_of_one_era_are_one_and_their_number_is_bounded() {
	chain(1).execute_with(|| {
		assert_ok!(Validators::bond(signed(5), 900));
		for era in 0..4 {
			run_to(era * 10 + 1);
			assert_ok!(Validators::unbond(signed(5), 10));
			assert_ok!(Validators::unbond(signed(5), 10));
			assert_eq!(stake_of(5).chunks.len() as u64, era + 1);
		}
		run_to(41);
		assert_noop!(Validators::unbond(signed(5), 10), Error::<Test>::TooManyChunks);
	});
}

#[test]
fn rebonding_takes_the_youngest_and_only_from_the_same_pool() {
	chain(2).execute_with(|| {
		assert_ok!(Validators::bond(signed(5), 1_000));
		assert_ok!(Validators::unbond(signed(5), 50));
		assert_ok!(Validators::nominate(signed(5), pool_of(1)));
		// The chunk that stood behind nothing does not count.
		assert_noop!(Validators::rebond(signed(5), 50), Error::<Test>::NotEnoughUnbonding);
		assert_ok!(Validators::unbond(signed(5), 100));
		run_to(11);
		assert_ok!(Validators::unbond(signed(5), 100));
		assert_ok!(Validators::rebond(signed(5), 130));
		let amounts: Vec<_> = stake_of(5).chunks.iter().map(|chunk| chunk.amount).collect();
		assert_eq!((stake_of(5).bonded, amounts), (880, vec![50, 70]));
		assert_noop!(Validators::rebond(signed(5), 71), Error::<Test>::NotEnoughUnbonding);
		assert_eq!(Pools::<Test>::get(pool_of(1)).unwrap().stake, GENESIS_STAKE + 880);
		next_block();
	});
}

#[test]
fn a_nomination_moves_only_by_unbonding() {
	chain(2).execute_with(|| {
		assert_ok!(Validators::bond(signed(5), 1_000));
		assert_ok!(Validators::nominate(signed(5), pool_of(1)));
		assert_noop!(Validators::nominate(signed(5), pool_of(2)), Error::<Test>::StakeCommitted);
		assert_noop!(Validators::nominate(signed(1), pool_of(2)), Error::<Test>::StakeCommitted);
		assert_ok!(set_key(5, 0));
		assert_noop!(Validators::validate(signed(5), Perbill::zero()), Error::<Test>::StakeCommitted);
		assert_ok!(Validators::unbond(signed(5), 1_000));
		assert_noop!(Validators::nominate(signed(5), pool_of(2)), Error::<Test>::BondTooSmall);
		// Its role is as it was until the new one, so that it can still change its mind.
		assert_ok!(Validators::rebond(signed(5), 1_000));
		assert_ok!(Validators::unbond(signed(5), 1_000));
		next_block();
		// What is bonded after everything was unbonded begins anew, and what has left cannot come back to it.
		assert_ok!(Validators::bond_more(signed(5), 200));
		assert_eq!((stake_of(5).role, stake_of(5).bonded), (Role::Idle, 200));
		assert_noop!(Validators::rebond(signed(5), 1_000), Error::<Test>::NotEnoughUnbonding);
		assert_ok!(Validators::nominate(signed(5), pool_of(2)));
		let stake_in = |account| Pools::<Test>::get(pool_of(account)).map(|pool| pool.stake);
		assert_eq!((stake_in(1), stake_in(2)), (Some(GENESIS_STAKE), Some(GENESIS_STAKE + 200)));
		run_to(253);
		assert_ok!(Validators::withdraw_unbonded(signed(5)));
		assert_eq!(held(5), 200);
		next_block();
	});
}

#[test]
fn a_validator_that_has_unbonded_everything_returns_to_its_own_pool() {
	chain(2).execute_with(|| {
		let pool = pool_of(1);
		assert_ok!(Validators::chill(signed(1)));
		assert_ok!(Validators::unbond(signed(1), GENESIS_STAKE));
		assert_ok!(Validators::bond_more(signed(1), 2_000));
		assert_eq!(stake_of(1).role, Role::Validator(pool));
		assert_ok!(Validators::validate(signed(1), Perbill::zero()));
		assert_eq!(standing_of(pool), Standing::Candidate);
		next_block();
	});
}

#[test]
fn a_candidate_keeps_its_bond_and_somebody_must_stand() {
	chain(2).execute_with(|| {
		assert_noop!(Validators::unbond(signed(1), 9_001), Error::<Test>::CandidateBondTooSmall);
		assert_noop!(Validators::unbond(signed(1), GENESIS_STAKE), Error::<Test>::CandidateBondTooSmall);
		assert_ok!(Validators::unbond(signed(1), 9_000));
		assert_ok!(Validators::chill(signed(1)));
		assert_noop!(Validators::chill(signed(1)), Error::<Test>::NotCandidate);
		assert_noop!(Validators::nominate(signed(1), pool_of(2)), Error::<Test>::StakeCommitted);
		assert_ok!(Validators::bond(signed(5), 1_000));
		assert_noop!(Validators::nominate(signed(5), pool_of(1)), Error::<Test>::NotCandidate);
		assert_noop!(Validators::chill(signed(2)), Error::<Test>::LastCandidate);
		assert_ok!(Validators::unbond(signed(1), 1_000));
		next_block();
	});
}

#[test]
fn an_emptied_stake_is_gone_with_its_pool_and_its_key() {
	chain(2).execute_with(|| {
		let pool = pool_of(1);
		assert_ok!(Validators::chill(signed(1)));
		assert_ok!(Validators::unbond(signed(1), GENESIS_STAKE));
		run_to(252);
		assert_ok!(Validators::withdraw_unbonded(signed(1)));
		assert!(Stakes::<Test>::get(1).is_none() && Pools::<Test>::get(pool).is_none());
		assert!(Keys::<Test>::get(1).is_none() && KeyHolders::<Test>::get(key_of(1)).is_none());
		System::assert_has_event(Event::PoolClosed { pool }.into());
		assert_eq!(Balances::free_balance(1), ENDOWMENT);
		next_block();
		// The account can begin again; its pool is another.
		assert_eq!(make_candidate(1, 2_000), PoolId(2));
	});
}

#[test]
fn a_full_list_of_candidates_makes_room_only_for_more_stake() {
	chain(2).execute_with(|| {
		let pools: Vec<_> =
			(3..=6).map(|account| make_candidate(account, 1_000 * Balance::from(account))).collect();
		assert_ok!(Validators::bond(signed(7), 3_000));
		assert_ok!(set_key(7, 0));
		assert_noop!(Validators::validate(signed(7), Perbill::zero()), Error::<Test>::TooManyCandidates);
		assert_ok!(Validators::bond_more(signed(7), 1));
		assert_ok!(Validators::validate(signed(7), Perbill::zero()));
		assert_eq!(standing_of(pools[0]), Standing::Chilled);
		assert_eq!(standing_of(pool_of(7)), Standing::Candidate);
		assert_noop!(Validators::validate(signed(3), Perbill::zero()), Error::<Test>::TooManyCandidates);
		next_block();
	});
}
