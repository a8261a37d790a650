//! Credits by source, claims, and paying out.

use super::*;

#[test]
fn what_is_earned_is_told_apart_by_where_it_came_from() {
	run(|| {
		earn(400);
		claim_first(ALICE);
		Rewards::credit_contribution(ContributionId(0), Source::Claim, money(11));
		Rewards::credit_account(&account(ALICE), Source::Submission, money(22));
		Rewards::credit_account(&account(ALICE), Source::Challenge, money(33));
		let expected = Earned { due: 366, pools: 300, claims: 11, submissions: 22, challenges: 33 };
		assert_eq!(earned(ALICE), expected);
		assert!(has_event(Event::ContributionCredited {
			contribution: ContributionId(0),
			holder: holder(ALICE),
			source: Source::Claim,
			amount: 11
		}));
		assert!(has_event(Event::AccountCredited {
			account: account(ALICE),
			source: Source::Challenge,
			amount: 33
		}));
		assert_ok!(withdraw(ALICE));
		assert_eq!(earned(ALICE), Earned { due: 0, ..expected });
		Rewards::credit_account(&account(ALICE), Source::Claim, money(1));
		assert_eq!(earned(ALICE), Earned { due: 1, claims: 12, ..expected });
	});
}

#[test]
fn anybody_may_pay_anybody_and_the_money_goes_where_it_belongs() {
	run(|| {
		earn(400);
		let (alice, other) = (free(&account(ALICE)), free(&account(OTHER)));
		claim_first(ALICE);
		assert_ok!(withdraw(ALICE));
		assert_eq!((free(&account(ALICE)), free(&account(OTHER))), (alice + 300, other));
		assert!(has_event(Event::Withdrawn { account: account(ALICE), amount: 300 }));
		assert_eq!(withdraw(ALICE), error(Error::NothingDue));
		claim_first(ALICE);
		assert_eq!(withdraw(ALICE), error(Error::NothingDue));
	});
}

#[test]
fn less_than_an_existential_deposit_waits_for_an_account_that_does_not_exist() {
	run(|| {
		let nobody = account(NOBODY);
		Rewards::credit_account(&nobody, Source::Claim, money(EXISTENTIAL_DEPOSIT - 1));
		assert_noop!(Rewards::withdraw(by(OTHER), nobody.clone()), Error::<Test>::BelowExistentialDeposit);
		assert_eq!(earned(NOBODY).due, EXISTENTIAL_DEPOSIT - 1);
		Rewards::credit_account(&nobody, Source::Claim, money(1));
		assert_ok!(withdraw(NOBODY));
		assert_eq!(free(&nobody), EXISTENTIAL_DEPOSIT);
		// From then on any amount will do.
		Rewards::credit_account(&nobody, Source::Claim, money(1));
		assert_ok!(withdraw(NOBODY));
		assert_eq!(free(&nobody), EXISTENTIAL_DEPOSIT + 1);
	});
}

#[test]
fn a_claim_skips_what_is_not_there_and_takes_what_is_named_twice_once() {
	run(|| {
		earn(400);
		let (mine, moved) = (place(0, 1, None), place(0, 1, Some(2)));
		claim(ALICE, &[moved, mine, place(9, 1, None), mine, place(0, 9, None)]);
		assert_eq!(earned(ALICE).due, 300);
		claim(ALICE, &[]);
		claim(NOBODY, &[mine]);
		assert_eq!(earned(NOBODY), Earned::default());
		assert!(!crate::Earnings::<Test>::contains_key(holder(NOBODY)));
	});
}

#[test]
fn no_claim_fails_because_of_what_others_did_first() {
	run(|| {
		earn(400);
		// Somebody else claimed, withdrew, and had the position moved away.
		claim_first(ALICE);
		assert_ok!(withdraw(ALICE));
		claim_first(ALICE);
		assert_ok!(dispute(OTHER, ContributionId(0), Remedy::Redirect));
		claim_first(ALICE);
		claim_first(BOB);
		assert_eq!((earned(ALICE).total(), earned(BOB).due), (300, 100));
	});
}

#[test]
fn an_account_that_died_is_paid_as_a_new_one() {
	use frame_support::traits::fungible::Mutate;
	run(|| {
		Rewards::credit_account(&account(CAROL), Source::Challenge, money(100));
		Balances::set_balance(&account(CAROL), 0);
		assert!(!System::account_exists(&account(CAROL)));
		assert_ok!(withdraw(CAROL));
		assert_eq!(free(&account(CAROL)), 100);
	});
}

#[test]
fn calls_cost_what_their_walks_were_and_never_more_than_was_charged() {
	use crate::WeightInfo;
	use frame_support::dispatch::GetDispatchInfo;
	run(|| {
		fund(0, 1_000);
		let call = crate::Call::<Test>::distribute { model: ModelId(0), entry: 0 };
		let charged = call.get_dispatch_info().call_weight;
		let actual = Rewards::distribute(by(OTHER), ModelId(0), 0).expect("it has earned");
		assert_eq!(actual.actual_weight, Some(<() as WeightInfo>::distribute(1)));
		assert!(charged.all_gte(<() as WeightInfo>::distribute(1)));
		let burned = <() as WeightInfo>::distribute(0);
		assert!(charged.all_gte(burned), "of an empty version the amount is burned");
		assert!(burned.all_gte(<() as WeightInfo>::distribute(1)), "which costs more than a node");
		let places = listed([place(0, 1, None), place(0, 1, Some(2))]);
		let call = crate::Call::<Test>::claim { account: account(ALICE), places };
		let charged = call.get_dispatch_info().call_weight;
		let places = listed([place(0, 1, None), place(0, 1, Some(2))]);
		let actual = Rewards::claim(by(OTHER), account(ALICE), places).expect("claims do not fail");
		assert_eq!(actual.actual_weight, Some(<() as WeightInfo>::claim(2, 1)));
		assert!(charged.all_gte(<() as WeightInfo>::claim(2, 1)));
	});
}
