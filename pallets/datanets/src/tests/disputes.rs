//! Claims, escrow, beneficiaries, takedowns.

use super::*;

/// Bob's contribution in version 1 of Alice's datanet.
fn scene(curators: &[u64]) {
	let created = match curators {
		[] => create_datanet(ALICE),
		_ => create_curated(ALICE, curators),
	};
	assert_ok!(created);
	assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
	for curator in curators.iter().take(curators.len() / 2 + 1) {
		assert_ok!(review(*curator, 0, 10));
	}
	assert_ok!(publish(ALICE, 0));
}

fn dispute(claimant: u64, remedy: Remedy) -> DispatchResult {
	Datanets::dispute(signed(claimant), ContributionId(0), remedy, None)
}

fn vote(curator: u64, uphold: bool) -> DispatchResult {
	Datanets::vote(signed(curator), ContributionId(0), uphold)
}

fn judge(uphold: bool) -> DispatchResult {
	Datanets::judge(RuntimeOrigin::root(), ContributionId(0), uphold)
}

fn beneficiary() -> u64 {
	Datanets::contribution(ContributionId(0)).expect("it is there").beneficiary
}

#[test]
fn a_claim_escrows_and_a_majority_redirects_without_changing_history() {
	run(|| {
		scene(&[ALICE, CAROL, DAVE]);
		assert_ok!(dispute(ERIN, Remedy::Redirect));
		assert_eq!(position(Holder::Account(BOB), 1, None), None);
		assert_eq!(position(Holder::Escrow(ContributionId(0)), 1, None), Some(10));
		assert_noop!(dispute(CAROL, Remedy::Takedown), Error::<Test>::DisputeOpen);
		assert_ok!(vote(ALICE, true));
		assert_noop!(vote(ALICE, false), Error::<Test>::AlreadyReviewed);
		assert_ok!(vote(CAROL, true));
		let closed: Event<Test> = Event::DisputeClosed {
			contribution: ContributionId(0),
			claimant: ERIN,
			remedy: Remedy::Redirect,
			outcome: Outcome::Upheld,
			returned: 41,
			compensation: 0,
		};
		assert_eq!(last_event(), closed.into());
		assert_eq!(free(ERIN), ENDOWMENT);
		assert_eq!(beneficiary(), ERIN);
		assert_eq!(position(Holder::Account(ERIN), 1, None), Some(10));
		assert_eq!((weight_at(0, 1), is_accepted(0)), (Some(10), true));
		// Deposits, and the right to withdraw, stay with who contributed.
		assert_ok!(withdraw(BOB, 0));
		assert_eq!(position(Holder::Account(ERIN), 1, Some(2)), Some(10));
	});
}

#[test]
fn a_dismissed_claim_costs_the_bond_of_which_half_is_the_beneficiarys() {
	run(|| {
		scene(&[ALICE, CAROL, DAVE, ERIN]);
		let (before, issuance) = (free(BOB), Balances::total_issuance());
		assert_ok!(dispute(6, Remedy::Redirect));
		assert_ok!(vote(ALICE, false));
		assert_ok!(vote(CAROL, false));
		assert_noop!(vote(DAVE, true), Error::<Test>::NoDispute);
		assert_eq!((free(BOB), free(6)), (before + 20, ENDOWMENT - 41));
		assert_eq!(Balances::total_issuance(), issuance - 21);
		assert_eq!(position(Holder::Account(BOB), 1, None), Some(10));
		assert_eq!(position(Holder::Escrow(ContributionId(0)), 1, None), None);
	});
}

#[test]
fn no_party_judges_and_nobody_disputes_its_own() {
	run(|| {
		scene(&[ALICE, CAROL, DAVE]);
		assert_noop!(dispute(BOB, Remedy::Redirect), Error::<Test>::OwnContribution);
		assert_noop!(dispute(BOB, Remedy::Takedown), Error::<Test>::OwnContribution);
		assert_ok!(dispute(DAVE, Remedy::Redirect));
		assert_noop!(vote(DAVE, true), Error::<Test>::IsParty);
		assert_noop!(vote(ERIN, true), Error::<Test>::NotCurator);
		// Of the two that are left both would have to uphold.
		assert_ok!(vote(ALICE, false));
		assert_noop!(vote(CAROL, true), Error::<Test>::NoDispute);
	});
}

#[test]
fn a_takedown_clears_the_locator_and_bars_new_versions() {
	run(|| {
		scene(&[CAROL]);
		assert_ok!(dispute(ERIN, Remedy::Takedown));
		assert_eq!(position(Holder::Account(BOB), 1, None), Some(10), "nothing is escrowed");
		assert_ok!(vote(CAROL, true));
		let info = Datanets::contribution(ContributionId(0)).expect("the record stays");
		assert!(info.locator.is_empty());
		assert_eq!((weight_at(0, 1), info.beneficiary), (Some(10), BOB));
		assert_eq!(position(Holder::Account(BOB), 1, Some(2)), Some(10));
		assert_noop!(
			Datanets::set_locator(signed(BOB), ContributionId(0), bounded(LOCATOR)),
			Error::<Test>::TakenDown
		);
		assert_noop!(dispute(ERIN, Remedy::Takedown), Error::<Test>::TakenDown);
		// Who gets what it earned can still be disputed.
		assert_ok!(dispute(ERIN, Remedy::Redirect));
		assert_ok!(judge(true));
		assert_eq!(position(Holder::Account(ERIN), 1, Some(2)), Some(10));
	});
}

#[test]
fn who_lost_the_earnings_does_not_list_the_content_elsewhere() {
	run(|| {
		scene(&[CAROL]);
		for datanet in 1..4 {
			assert_ok!(create_datanet(DAVE));
			assert!(datanet > 1 || contribute(BOB, datanet, b"rose").is_ok());
		}
		assert_ok!(dispute(ERIN, Remedy::Redirect));
		assert_ok!(vote(CAROL, true));
		for contributor in [BOB, ERIN] {
			assert_noop!(contribute(contributor, 2, b"rose"), Error::<Test>::RootAlreadyHeld);
		}
		assert_ok!(commit_and_register(BOB, 2, &[b"rose"]));
		assert!(has_event(Event::RootHeld {
			root: root(b"rose"),
			holder: ContributionId(0),
			contributor: BOB
		}));
		assert_eq!(Datanets::listings(root(b"rose"), None, 10).items.len(), 1);
		// Who wins them back lists it again.
		assert_ok!(dispute(BOB, Remedy::Redirect));
		assert_ok!(judge(true));
		assert_ok!(contribute(BOB, 3, b"rose"));
	});
}

#[test]
fn who_lost_the_earnings_does_not_get_them_back_by_ending_the_contribution() {
	let withdrawn = || withdraw(BOB, 0);
	let unanswered = || {
		assert_ok!(Datanets::challenge(signed(DAVE), ContributionId(0)));
		next_block(1);
		assert_ok!(Datanets::draw_chunk(signed(DAVE), ContributionId(0)));
		pass(WINDOWS.challenge_ms);
		Datanets::close_challenge(signed(DAVE), ContributionId(0))
	};
	let expired = || {
		assert_ok!(Datanets::retire(signed(ALICE), DatanetId(0)));
		pass(WINDOWS.acceptance_ms);
		assert_noop!(contribute(DAVE, 1, b"rose"), Error::<Test>::RootAlreadyHeld);
		Datanets::expire(signed(DAVE), ContributionId(0))
	};
	let endings: [&dyn Fn() -> DispatchResult; 3] = [&withdrawn, &unanswered, &expired];
	for end in endings {
		run(|| {
			assert_ok!(create_datanet(ALICE));
			assert_ok!(create_datanet(ALICE));
			assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
			assert_ok!(dispute(ERIN, Remedy::Redirect));
			assert_ok!(judge(true));
			assert_ok!(end());
			assert_eq!((status(0), held(HoldReason::Storage, BOB)), (None, 7));
			// Dave is Bob's other account.
			assert_ok!(commit(DAVE, &[b"rose"]));
			pass(60);
			assert_ok!(register(DAVE, 1, &[b"rose"]));
			assert_eq!(Datanets::contribution_by_root(root(b"rose")), None, "Dave got it");
			for loser in [BOB, DAVE] {
				assert_noop!(contribute(loser, 1, b"rose"), Error::<Test>::RootAlreadyHeld);
			}
			assert_ok!(contribute(ERIN, 1, b"rose"));
			let won = Datanets::contribution_by_root(root(b"rose")).expect("Erin has it");
			assert_eq!((won.contributor, won.commitment), (ERIN, CommitmentNumber(0)));
			assert_eq!(held(HoldReason::Storage, BOB), 0);
		});
	}
}

#[test]
fn a_takedown_has_no_power_over_other_datanets() {
	run(|| {
		scene(&[CAROL]);
		assert_ok!(dispute(ERIN, Remedy::Takedown));
		assert_ok!(vote(CAROL, true));
		assert_ok!(create_datanet(DAVE));
		assert_ok!(contribute(BOB, 1, b"rose"));
		assert!(is_accepted(1));
		assert_noop!(contribute(BOB, 0, b"rose"), Error::<Test>::RootAlreadyHeld);
	});
}

#[test]
fn a_takedown_before_any_version_removes_the_contribution() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
		assert_ok!(dispute(ERIN, Remedy::Takedown));
		assert_ok!(judge(true));
		assert_eq!((status(0), free(BOB), free(ERIN)), (None, ENDOWMENT - 7, ENDOWMENT));
		assert_eq!(position(Holder::Account(BOB), 1, None), None);
		// Those who take down must not get what they took.
		assert_noop!(contribute(ERIN, 0, b"rose"), Error::<Test>::RootAlreadyHeld);
		assert_noop!(publish(ALICE, 0), Error::<Test>::NothingToPublish);
	});
}

#[test]
fn what_departed_is_taken_down_too() {
	run(|| {
		scene(&[]);
		assert_ok!(withdraw(BOB, 0));
		assert_ok!(dispute(ERIN, Remedy::Takedown));
		assert_ok!(judge(true));
		assert!(Datanets::contribution(ContributionId(0)).is_some_and(|info| info.locator.is_empty()));
		assert_eq!(weight_at(0, 1), Some(1));
	});
}

#[test]
fn in_open_datanets_only_the_judge_decides_and_otherwise_time_dismisses() {
	run(|| {
		scene(&[]);
		assert_ok!(dispute(ERIN, Remedy::Redirect));
		assert_noop!(vote(ALICE, true), Error::<Test>::NotCurated);
		let by_alice = Datanets::judge(signed(ALICE), ContributionId(0), true);
		assert_eq!(by_alice, Err(DispatchError::BadOrigin));
		let close = || Datanets::close_dispute(signed(DAVE), ContributionId(0));
		assert_noop!(close(), Error::<Test>::DisputeNotOver);
		pass(140);
		assert_ok!(close());
		assert_eq!((beneficiary(), free(ERIN)), (BOB, ENDOWMENT - 41));
		assert_noop!(close(), Error::<Test>::NoDispute);
		assert_noop!(judge(true), Error::<Test>::NoDispute);
	});
}

#[test]
fn nothing_is_disputed_that_nobody_could_uphold() {
	run(|| {
		JudgeExists::set(false);
		scene(&[]);
		for remedy in [Remedy::Redirect, Remedy::Takedown] {
			assert_noop!(dispute(ERIN, remedy), Error::<Test>::NobodyJudges);
		}
		assert_eq!(free(ERIN), ENDOWMENT);
		JudgeExists::set(true);
		assert_ok!(dispute(ERIN, Remedy::Redirect));
	});
	run(|| {
		JudgeExists::set(false);
		scene(&[CAROL, DAVE]);
		// Of two both would have to uphold, and one is a party.
		assert_noop!(dispute(DAVE, Remedy::Redirect), Error::<Test>::NobodyJudges);
		assert_ok!(dispute(ERIN, Remedy::Redirect));
		assert_ok!(vote(CAROL, true));
		assert_ok!(vote(DAVE, true));
		assert_eq!((beneficiary(), free(ERIN)), (ERIN, ENDOWMENT));
	});
}

#[test]
fn where_half_of_the_curators_are_parties_the_judge_alone_decides() {
	run(|| {
		scene(&[CAROL, DAVE]);
		assert_ok!(dispute(DAVE, Remedy::Redirect));
		// Carol alone is no strict majority of two, whatever she votes.
		for uphold in [true, false] {
			assert_noop!(vote(CAROL, uphold), Error::<Test>::NobodyJudges);
		}
		assert_ok!(judge(true));
		assert_eq!((beneficiary(), free(DAVE)), (DAVE, ENDOWMENT));
	});
}

#[test]
fn curators_vote_in_time_and_are_those_of_the_beginning() {
	run(|| {
		scene(&[CAROL, DAVE]);
		assert_ok!(dispute(ERIN, Remedy::Redirect));
		let others: CuratorsOf<Test> = listed([6]);
		assert_ok!(Datanets::propose_curators(signed(ALICE), DatanetId(0), Some(others)));
		pass(70);
		assert_ok!(Datanets::enact_curators(signed(ALICE), DatanetId(0)));
		assert_noop!(vote(6, true), Error::<Test>::NotCurator);
		assert_ok!(vote(CAROL, true));
		assert_eq!(crate::CuratorSets::<Test>::iter().count(), 2);
		pass(70);
		assert_noop!(vote(DAVE, true), Error::<Test>::DisputeOver);
		assert_ok!(judge(false));
		assert_eq!(crate::CuratorSets::<Test>::iter().count(), 1);
	});
}

#[test]
fn a_dispute_is_moot_when_the_contribution_is_removed() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(contribute(BOB, 0, b"rose"));
		assert_noop!(dispute(ERIN, Remedy::Redirect), Error::<Test>::NotAccepted);
		pass(60);
		assert_ok!(accept(0));
		assert_ok!(dispute(ERIN, Remedy::Redirect));
		assert_ok!(withdraw(BOB, 0));
		assert!(has_event(Event::DisputeClosed {
			contribution: ContributionId(0),
			claimant: ERIN,
			remedy: Remedy::Redirect,
			outcome: Outcome::Moot,
			returned: 41,
			compensation: 0,
		}));
		assert_eq!((free(BOB), free(ERIN)), (ENDOWMENT, ENDOWMENT));
	});
}

#[test]
fn a_position_in_dispute_that_is_withdrawn_goes_to_whoever_is_right() {
	run(|| {
		scene(&[]);
		assert_ok!(dispute(ERIN, Remedy::Redirect));
		assert_ok!(withdraw(BOB, 0));
		assert_eq!(position(Holder::Escrow(ContributionId(0)), 1, Some(2)), Some(1));
		assert_ok!(judge(true));
		assert_eq!(position(Holder::Account(ERIN), 1, Some(2)), Some(1));
	});
}

#[test]
fn an_expiry_costs_what_a_withdrawal_does_since_positions_are_told_of_both() {
	use frame_support::dispatch::GetDispatchInfo;
	let contribution = ContributionId(0);
	let weight = |call: crate::Call<Test>| call.get_dispatch_info().call_weight;
	let withdrawal = weight(crate::Call::withdraw { contribution });
	assert_eq!(weight(crate::Call::expire { contribution }), withdrawal);
	assert!(withdrawal.ref_time() > <() as crate::WeightInfo>::withdraw().ref_time());
}

#[test]
fn the_end_of_a_dispute_costs_no_less_than_the_removal_that_it_may_be() {
	use crate::WeightInfo;
	assert!(<() as WeightInfo>::vote().ref_time() >= <() as WeightInfo>::withdraw().ref_time());
}
