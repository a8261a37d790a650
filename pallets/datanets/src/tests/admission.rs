//! Curators: reviews, majorities, medians, changes.

use super::*;
use crate::types::{majority, median, Review};

#[test]
fn the_median_is_the_lower_one_of_the_accepting() {
	let accept = |weight| Verdict::Accept { weight };
	for (verdicts, expected) in [
		(vec![], None),
		(vec![Verdict::Reject], None),
		(vec![accept(7)], Some(7)),
		(vec![accept(90), accept(10)], Some(10)),
		(vec![accept(90), Verdict::Reject, accept(10), accept(50)], Some(50)),
		(vec![accept(1), accept(100), accept(100), accept(2)], Some(2)),
	] {
		let reviews: Vec<_> = verdicts.into_iter().map(|verdict| Review { curator: 0, verdict }).collect();
		assert_eq!(median(&reviews), expected, "{reviews:?}");
	}
}

#[test]
fn a_vote_is_decided_as_soon_as_it_cannot_turn_and_ties_are_against() {
	for members in 1..=16usize {
		for parties in 0..=members.min(3) {
			let eligible = members - parties;
			for in_favour in 0..=eligible {
				for against in 0..=eligible - in_favour {
					let most = in_favour + (eligible - in_favour - against);
					let expected = match (2 * in_favour > members, 2 * most > members) {
						(true, _) => Some(true),
						(false, false) => Some(false),
						(false, true) => None,
					};
					assert_eq!(majority(members, eligible, in_favour, against), expected);
				}
			}
		}
	}
}

#[test]
fn a_strict_majority_accepts_with_the_median_weight() {
	run(|| {
		assert_ok!(create_curated(ALICE, &[ALICE, CAROL, DAVE, ERIN]));
		assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
		assert_ok!(review(CAROL, 0, 90));
		assert_ok!(review(DAVE, 0, 30));
		assert!(!is_accepted(0), "two of four are no strict majority");
		assert_ok!(review(ERIN, 0, 40));
		assert!(has_event(Event::ContributionAccepted {
			contribution: ContributionId(0),
			datanet: DatanetId(0),
			weight: 40,
			from: DatanetVersion(1),
			deposit_until_ms: 60 + 1_800,
		}));
		assert_noop!(review(ALICE, 0, 1), Error::<Test>::NotPending);
		assert_eq!(position(Holder::Account(BOB), 1, None), Some(40));
	});
}

#[test]
fn a_tie_rejects_at_once_and_everything_but_the_reservation_is_returned() {
	run(|| {
		assert_ok!(create_curated(ALICE, &[ALICE, CAROL, DAVE, ERIN]));
		assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
		assert_ok!(review(CAROL, 0, 90));
		assert_ok!(reject(DAVE, 0));
		assert!(status(0).is_some());
		assert_ok!(reject(ERIN, 0));
		assert_eq!(status(0), None);
		assert_eq!(free(BOB), ENDOWMENT - 7);
		assert!(Datanets::contribution_by_root(root(b"rose")).is_none());
		assert_ok!(contribute(BOB, 0, b"rose"));
	});
}

#[test]
fn nobody_reviews_its_own_or_twice_or_without_being_a_curator() {
	run(|| {
		assert_ok!(create_curated(ALICE, &[BOB, CAROL, DAVE]));
		assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
		assert_noop!(review(BOB, 0, 5), Error::<Test>::IsParty);
		assert_noop!(review(ERIN, 0, 5), Error::<Test>::NotCurator);
		assert_noop!(review(ALICE, 0, 5), Error::<Test>::NotCurator);
		for weight in [0, 101, 255] {
			assert_noop!(review(CAROL, 0, weight), Error::<Test>::InvalidWeight);
		}
		assert_ok!(review(CAROL, 0, 5));
		assert_noop!(review(CAROL, 0, 6), Error::<Test>::AlreadyReviewed);
		assert_noop!(reject(CAROL, 0), Error::<Test>::AlreadyReviewed);
		assert_noop!(accept(0), Error::<Test>::NeedsReview);
		// Both others of three must accept, since Bob cannot; one rejection ends it.
		assert_ok!(reject(DAVE, 0));
		assert_eq!(status(0), None);
	});
}

#[test]
fn curators_of_the_submission_review_whoever_they_are_later() {
	run(|| {
		assert_ok!(create_curated(ALICE, &[CAROL, DAVE]));
		assert_ok!(commit_and_register(BOB, 0, &[b"old"]));
		let propose = |curators: &[u64]| {
			let curators: CuratorsOf<Test> = listed(curators.iter().copied());
			Datanets::propose_curators(signed(ALICE), DatanetId(0), Some(curators))
		};
		let enact = || Datanets::enact_curators(signed(ERIN), DatanetId(0));
		assert_noop!(enact(), Error::<Test>::NoCuratorsProposed);
		assert_noop!(propose(&[]), Error::<Test>::InvalidCurators);
		assert_noop!(propose(&[ERIN, ERIN]), Error::<Test>::InvalidCurators);
		assert_ok!(propose(&[ERIN]));
		pass(69);
		assert_noop!(enact(), Error::<Test>::CuratorsTooEarly);
		pass(1);
		assert_ok!(enact());
		let curators = Datanets::datanet(DatanetId(0)).expect("it was created").curators;
		assert_eq!(curators, [ERIN]);
		assert_ok!(commit_and_register(BOB, 0, &[b"new"]));
		assert_noop!(review(ERIN, 0, 9), Error::<Test>::NotCurator);
		assert_noop!(review(CAROL, 1, 9), Error::<Test>::NotCurator);
		assert_ok!(review(ERIN, 1, 9));
		assert_ok!(review(CAROL, 0, 8));
		assert_eq!(crate::CuratorSets::<Test>::iter().count(), 2);
		assert_ok!(review(DAVE, 0, 7));
		assert_eq!(crate::CuratorSets::<Test>::iter().count(), 1, "former curators go with their last duty");
		assert_eq!(weight_at(0, 1), None);
		assert_ok!(publish(ALICE, 0));
		assert_eq!((weight_at(0, 1), weight_at(1, 1)), (Some(7), Some(9)));
	});
}

#[test]
fn a_proposal_of_curators_is_taken_back_and_is_void_with_a_new_owner() {
	run(|| {
		assert_ok!(create_curated(ALICE, &[CAROL]));
		assert_ok!(create_datanet(ALICE));
		let propose = |datanet, curators: Option<CuratorsOf<Test>>| {
			Datanets::propose_curators(signed(ALICE), DatanetId(datanet), curators)
		};
		let enact = || Datanets::enact_curators(signed(ERIN), DatanetId(0));
		assert_noop!(propose(1, Some(listed([DAVE]))), Error::<Test>::NotCurated);
		assert_ok!(propose(0, Some(listed([DAVE]))));
		assert_ok!(propose(0, None));
		pass(70);
		assert_noop!(enact(), Error::<Test>::NoCuratorsProposed);
		assert_ok!(propose(0, Some(listed([DAVE]))));
		assert_ok!(Datanets::propose_owner(signed(ALICE), DatanetId(0), Some(BOB)));
		assert_ok!(Datanets::accept_ownership(signed(BOB), DatanetId(0)));
		pass(70);
		assert_noop!(enact(), Error::<Test>::NoCuratorsProposed);
	});
}

#[test]
fn without_a_commitment_an_open_datanet_accepts_when_somebody_says_so_in_time() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(contribute(BOB, 0, b"rose"));
		let expected = ContributionStatus::Pending { not_before_ms: 60, expires_at_ms: 900, curators: None };
		assert_eq!(status(0), Some(expected));
		pass(59);
		assert_noop!(accept(0), Error::<Test>::AcceptanceTooEarly);
		pass(1);
		assert_noop!(review(ALICE, 0, 1), Error::<Test>::NotCurated);
		assert_ok!(accept(0));
		assert_noop!(accept(0), Error::<Test>::NotPending);
		assert_ok!(contribute(BOB, 0, b"lily"));
		pass(900);
		assert_noop!(accept(1), Error::<Test>::AcceptanceTooLate);
		assert_noop!(accept(7), Error::<Test>::UnknownContribution);
	});
}
