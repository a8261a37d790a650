//! Positions: how they begin, move, and end.

use super::*;
use plexus_primitives::Positions as _;

const FIRST: ContributionId = ContributionId(0);
const SECOND: ContributionId = ContributionId(1);

#[test]
fn all_contributions_of_an_account_in_the_same_versions_are_one_position() {
	run(|| {
		put(ALICE, 0, "one", 5);
		put(ALICE, 0, "two", 6);
		assert_eq!(weight(&holder(ALICE), place(0, 2, None)), Some(11));
		publish(0);
		withdraw_contribution(ALICE, ContributionId(2));
		assert_eq!(weight(&holder(ALICE), place(0, 2, None)), Some(6));
		assert_eq!(weight(&holder(ALICE), place(0, 2, Some(3))), Some(5));
		assert_eq!(weight(&holder(ALICE), place(0, 1, None)), Some(30));
	});
}

#[test]
fn what_leaves_before_its_first_version_leaves_nothing() {
	run(|| {
		create_datanet();
		let id = put(CAROL, 1, "carol's", 9);
		assert_eq!(crate::Heads::<Test>::get(DatanetId(1)).weight, 9);
		withdraw_contribution(CAROL, id);
		assert!(!crate::Heads::<Test>::contains_key(DatanetId(1)));
		assert_eq!(weight(&holder(CAROL), place(1, 1, None)), None);
		assert_eq!(crate::Positions::<Test>::iter().count(), 2);
	});
}

#[test]
fn a_dispute_collects_in_an_escrow_what_the_winner_gets() {
	run(|| {
		earn(1_000);
		assert_ok!(dispute(OTHER, FIRST, Remedy::Redirect));
		// What was earned before stays where it was earned.
		assert_eq!(earned(ALICE).due, 750);
		earn(1_000);
		Rewards::credit_contribution(FIRST, Source::Claim, money(77));
		claim_first(ALICE);
		assert_eq!(earned(ALICE).due, 750);
		assert_eq!(Rewards::earnings(&escrow(FIRST)).claims, 77);
		assert_ok!(judge(FIRST, true));
		let expected = Earned { due: 827, pools: 750, claims: 77, ..Earned::default() };
		assert_eq!(earned(OTHER), expected);
		let released = Event::EscrowReleased {
			contribution: FIRST,
			datanet: DatanetId(0),
			to: holder(OTHER),
			earned: expected,
		};
		assert!(has_event(released));
		assert_eq!(Rewards::earnings(&escrow(FIRST)), Earned::default());
		assert_eq!(crate::PoolEarnings::<Test>::get(holder(OTHER), DatanetId(0)), 750);
		earn(1_000);
		claim_first(OTHER);
		claim_first(ALICE);
		assert_eq!((earned(OTHER).pools, earned(ALICE).pools), (1_500, 750));
	});
}

#[test]
fn a_dismissed_dispute_gives_back_what_its_escrow_collected() {
	run(|| {
		assert_ok!(dispute(OTHER, FIRST, Remedy::Redirect));
		earn(1_000);
		Rewards::credit_contribution(FIRST, Source::Challenge, money(5));
		assert_ok!(judge(FIRST, false));
		let expected = Earned { due: 755, pools: 750, challenges: 5, ..Earned::default() };
		assert_eq!((earned(ALICE), earned(OTHER)), (expected, Earned::default()));
		assert_eq!(weight(&holder(ALICE), place(0, 1, None)), Some(30));
	});
}

#[test]
fn a_disputed_contribution_can_depart_and_still_goes_to_the_winner() {
	run(|| {
		assert_ok!(dispute(OTHER, FIRST, Remedy::Redirect));
		withdraw_contribution(ALICE, FIRST);
		assert_eq!(weight(&escrow(FIRST), place(0, 1, Some(2))), Some(30));
		earn(400);
		assert_ok!(judge(FIRST, true));
		assert_eq!(earned(OTHER).due, 300);
		earn(400);
		claim(OTHER, &[place(0, 1, Some(2))]);
		assert_eq!(earned(OTHER).due, 600);
	});
}

#[test]
fn a_takedown_ends_future_versions_and_nothing_else() {
	run(|| {
		assert_ok!(dispute(OTHER, SECOND, Remedy::Takedown));
		assert_ok!(judge(SECOND, true));
		earn(400);
		claim(BOB, &[place(0, 1, Some(2))]);
		assert_eq!(earned(BOB).due, 100);
	});
}

#[test]
fn a_disputed_contribution_without_a_version_is_removed_without_a_trace() {
	run(|| {
		let id = put(CAROL, 0, "carol's", 9);
		assert_ok!(dispute(OTHER, id, Remedy::Redirect));
		Rewards::credit_contribution(id, Source::Claim, money(50));
		withdraw_contribution(CAROL, id);
		assert_eq!(earned(CAROL).due, 50);
		assert_eq!(crate::Positions::<Test>::iter().count(), 2);
		Rewards::credit_contribution(id, Source::Claim, money(50));
		let reason = BurnReason::UnknownContribution { contribution: id };
		assert!(has_event(Event::Burned { amount: 50, reason }));
	});
}

#[test]
fn parts_of_a_unit_go_on_with_the_last_weight() {
	run(|| {
		// A third of a unit for each weight of ten.
		put(CAROL, 0, "carol's", 20);
		publish(0);
		put_model("thirds", &[(0, 2, ONE)]);
		fund(1, 1);
		assert_ok!(distribute(1, 0));
		for contribution in [FIRST, SECOND, ContributionId(2)] {
			assert_ok!(dispute(OTHER, contribution, Remedy::Redirect));
			assert_ok!(judge(contribution, true));
		}
		// Half, a sixth and a third of a unit: all that was divided, but for what the version's weight leaves over.
		fund(1, 60);
		assert_ok!(distribute(1, 0));
		claim(OTHER, &[place(0, 1, None), place(0, 2, None)]);
		let left = 61 - earned(OTHER).due;
		assert!(left <= 1, "{left} units are nobody's");
	});
}

#[test]
fn whoever_is_told_nonsense_pays_nobody_more_than_came_in() {
	run(|| {
		let (datanet, first, next) = (DatanetId(0), DatanetVersion(1), DatanetVersion(2));
		let before = crate::Heads::<Test>::get(datanet);
		// Into a version that was divided already, out of one where it is not, more than there is, to oneself, again.
		Rewards::accepted(&holder(CAROL), datanet, first, 100);
		Rewards::departed(&holder(CAROL), datanet, first, next, 100);
		Rewards::moved(&holder(CAROL), &holder(OTHER), datanet, first, None, 100);
		Rewards::moved(&holder(BOB), &holder(BOB), datanet, first, None, 10);
		Rewards::published(datanet, first, 1);
		assert_eq!(crate::Heads::<Test>::get(datanet), before);
		assert_eq!(weight(&holder(BOB), place(0, 1, None)), Some(10));
		assert_eq!(crate::Positions::<Test>::iter().count(), 2);
		Rewards::moved(&holder(BOB), &holder(CAROL), datanet, first, None, 255);
		assert_eq!(weight(&holder(CAROL), place(0, 1, None)), Some(10));
		earn(1_000);
		claim_first(CAROL);
		claim_first(ALICE);
		assert_eq!((earned(ALICE).due, earned(CAROL).due), (750, 250));
	});
}

#[test]
fn the_order_of_calls_moves_less_than_a_unit() {
	let play = |eager: bool| {
		let mut due = Vec::new();
		run(|| {
			put(CAROL, 0, "carol's", 13);
			publish(0);
			put_model("later", &[(0, 2, ONE)]);
			for round in 0..30 {
				earn(round * 7 + 1);
				fund(1, round * 3 + 2);
				assert_ok!(distribute(1, 0));
				if eager {
					claim_first(BOB);
					claim_first(ALICE);
					claim(CAROL, &[place(0, 2, None)]);
				}
			}
			for index in [CAROL, ALICE, BOB] {
				claim(index, &[place(0, 1, None), place(0, 2, None)]);
				due.push(earned(index).due);
			}
		});
		due
	};
	assert_eq!(play(true), play(false));
}
