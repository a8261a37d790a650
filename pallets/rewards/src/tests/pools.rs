//! From revenue through manifests into pools, and what versions divide.

use super::*;

#[test]
fn a_deposit_is_divided_by_weight() {
	run(|| {
		earn(1_000);
		claim_first(ALICE);
		claim_first(BOB);
		assert_eq!((earned(ALICE).due, earned(BOB).due), (750, 250));
		assert!(has_event(Event::DataDeposited { model: ModelId(0), amount: 1_000 }));
		let (datanet, version) = (DatanetId(0), DatanetVersion(1));
		let distributed = Event::Distributed { model: ModelId(0), entry: 0, datanet, version, amount: 1_000 };
		assert!(has_event(distributed));
		let credited = Event::PositionCredited { holder: holder(BOB), place: place(0, 1, None), amount: 250 };
		assert!(has_event(credited));
	});
}

#[test]
fn a_contribution_accepted_after_the_version_earns_nothing_from_it() {
	run(|| {
		earn(1_000);
		put(CAROL, 0, "carol's", 100);
		earn(1_000);
		publish(0);
		earn(1_000);
		claim(CAROL, &[place(0, 2, None)]);
		assert_eq!(earned(CAROL), Earned::default());
		claim_first(ALICE);
		assert_eq!(earned(ALICE).due, 2_250);
		// From the version that it is in it earns by its weight: 100 of 140.
		put_model("later", &[(0, 2, ONE)]);
		fund(1, 1_400);
		assert_ok!(distribute(1, 0));
		claim(CAROL, &[place(0, 2, None)]);
		assert_eq!(earned(CAROL).due, 1_000);
	});
}

#[test]
fn what_departs_keeps_what_it_earns_from_the_versions_it_was_in() {
	run(|| {
		withdraw_contribution(ALICE, ContributionId(0));
		put(CAROL, 0, "carol's", 10);
		publish(0);
		put_model("later", &[(0, 2, ONE)]);
		fund(1, 1_000);
		assert_ok!(distribute(1, 0));
		earn(1_000);
		claim(ALICE, &[place(0, 1, Some(2))]);
		claim_first(BOB);
		claim(CAROL, &[place(0, 2, None)]);
		assert_eq!((earned(ALICE).due, earned(BOB).due, earned(CAROL).due), (750, 750, 500));
	});
}

#[test]
fn entries_pull_their_shares_of_all_revenue_rounded_down() {
	run(|| {
		create_datanet();
		put(CAROL, 1, "carol's", 1);
		publish(1);
		let third = ONE / 3;
		put_model("thirds", &[(0, 1, third), (1, 1, ONE - third)]);
		fund(1, 1);
		assert_eq!(distribute(1, 0), error(Error::NothingDue));
		assert_eq!(distribute(1, 1), error(Error::NothingDue));
		fund(1, 1);
		assert_ok!(distribute(1, 1));
		fund(1, 2);
		assert_ok!(distribute(1, 0));
		assert_ok!(distribute(1, 1));
		let info = Rewards::data_revenue(ModelId(1)).expect("it has a manifest");
		let pulled: Vec<_> = info.entries.iter().map(|entry| (entry.pulled, entry.due)).collect();
		// What floors leave is below a unit for each.
		assert_eq!((info.revenue, pulled), (4, vec![(1, 0), (2, 0)]));
		assert_eq!(distribute(1, 2), error(Error::UnknownEntry));
		assert_eq!(distribute(2, 0), error(Error::UnknownEntry));
	});
}

#[test]
fn neither_order_nor_size_of_payments_matters_to_an_entry() {
	let pulled = |payments: &[Balance], each_time: bool| {
		let mut pulled = 0;
		run(|| {
			put(CAROL, 0, "carol's", 5);
			publish(0);
			put_model("uneven", &[(0, 1, 123_456_789), (0, 2, ONE - 123_456_789)]);
			for payment in payments {
				fund(1, *payment);
				if each_time {
					let _nothing_due = with_storage_layer(|| distribute(1, 0));
				}
			}
			let _nothing_due = with_storage_layer(|| distribute(1, 0));
			pulled = crate::Pulled::<Test>::get(ModelId(1), 0);
		});
		pulled
	};
	let payments = [1, 7, 3, 1_000, 2, 2, 999_983, 5];
	let backwards: Vec<_> = payments.iter().rev().copied().collect();
	let expected = payments.iter().sum::<Balance>() * 123_456_789 / Balance::from(ONE);
	for way in [&payments[..], &backwards[..], &[payments.iter().sum()]] {
		assert_eq!(pulled(way, true), expected);
		assert_eq!(pulled(way, false), expected);
	}
}

#[test]
fn single_units_reach_everybody_in_the_end() {
	run(|| {
		for _ in 0..40 {
			earn(1);
			claim_first(ALICE);
			claim_first(BOB);
		}
		// Each time the version carried along what 40 does not divide, and at the end nothing.
		assert_eq!((earned(ALICE).due, earned(BOB).due), (30, 10));
	});
}

#[test]
fn deposits_as_large_as_the_issuance_overflow_nothing() {
	run(|| {
		let rest = Balance::MAX - Balances::total_issuance();
		Rewards::deposit_data(ModelId(0), Balances::issue(rest));
		assert_ok!(distribute(0, 0));
		claim_first(ALICE);
		claim_first(BOB);
		let (alice, bob) = (earned(ALICE).due, earned(BOB).due);
		assert!(alice + bob <= rest && rest - alice - bob <= 2, "{alice} and {bob} of {rest}");
		assert!((3 * bob).abs_diff(alice) <= 6);
		let before = free(&account(ALICE));
		assert_ok!(withdraw(ALICE));
		assert_eq!(free(&account(ALICE)), before + alice);
	});
}

#[test]
fn what_nobody_can_be_paid_is_burned() {
	run(|| {
		crate::Pools::<Test>::mutate(DatanetId(0), DatanetVersion(1), |pool| pool.weight = 0);
		fund(0, 1_000);
		let issuance = Balances::total_issuance();
		assert_ok!(distribute(0, 0));
		assert_eq!(Balances::total_issuance(), issuance - 1_000);
		let reason = BurnReason::EmptyVersion { model: ModelId(0), entry: 0 };
		assert!(has_event(Event::Burned { amount: 1_000, reason }));
		assert_eq!(distribute(0, 0), error(Error::NothingDue));
		crate::Pools::<Test>::mutate(DatanetId(0), DatanetVersion(1), |pool| pool.weight = 40);
	});
}

#[test]
fn a_pot_that_cannot_take_money_has_it_burned_and_owes_nothing() {
	run(|| {
		use frame_support::traits::fungible::Mutate;
		Balances::set_balance(&Rewards::pot(), 0);
		let issuance = Balances::total_issuance();
		fund(0, EXISTENTIAL_DEPOSIT - 1);
		Rewards::credit_account(&account(BOB), Source::Claim, money(1));
		assert_eq!(Balances::total_issuance(), issuance - EXISTENTIAL_DEPOSIT);
		let amount = EXISTENTIAL_DEPOSIT - 1;
		assert!(has_event(Event::Burned { amount, reason: BurnReason::NoPot }));
		assert_eq!((Rewards::owed(), earned(BOB)), (0, Earned::default()));
		Balances::set_balance(&Rewards::pot(), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn no_money_leaves_no_trace() {
	run(|| {
		let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
		let before = root();
		fund(0, 0);
		Rewards::credit_account(&account(BOB), Source::Claim, money(0));
		Rewards::credit_contribution(ContributionId(0), Source::Submission, money(0));
		Rewards::credit_contribution(ContributionId(99), Source::Submission, money(0));
		assert_eq!((root(), System::events().len()), (before, 0));
	});
}

#[test]
fn versions_weigh_here_what_they_weigh_in_their_datanet() {
	run(|| {
		put(CAROL, 0, "carol's", 7);
		publish(0);
		withdraw_contribution(BOB, ContributionId(1));
		publish(0);
		for version in (1..=3).map(DatanetVersion) {
			let there = pallet_datanets::Versions::<Test>::get(DatanetId(0), version);
			let here = Rewards::pool(DatanetId(0), version);
			assert_eq!(here.map(|pool| pool.weight), there.map(|version| version.weight));
		}
	});
}
