//! Commits, absence and jail.

use crate::{mock::*, types::*, *};
use frame_support::{
	assert_noop, assert_ok,
	inherent::{InherentData, ProvideInherent},
	traits::OnFinalize,
};
use plexus_primitives::consensus::Commit;

#[test]
fn an_absent_validator_is_jailed_leaves_at_the_next_height_and_returns() {
	chain(4).execute_with(|| {
		let pool = pool_of(4);
		// Absences at heights 1 to 4 are forgiven; the fifth, told in block 6, is not.
		run_without(&[4], 5);
		assert_eq!(standing_of(pool), Standing::Candidate);
		run_without(&[4], 6);
		let until_ms = Validators::clock_ms() + 15_000;
		assert_eq!(standing_of(pool), Standing::Jailed { until_ms });
		System::assert_has_event(Event::LeftSet { pool, from: 7 }.into());
		assert_eq!(Validators::voters_at(6).len(), 4);
		assert_eq!(Validators::voters_at(7).len(), 3);
		assert_eq!(Validators::seats().len(), 4, "it has the seat it was elected for, and no other");
		assert_noop!(Validators::unjail(signed(4)), Error::<Test>::JailedStill);
		assert_noop!(Validators::validate(signed(4), Perbill::zero()), Error::<Test>::Jailed);
		assert_noop!(Validators::chill(signed(4)), Error::<Test>::NotCandidate);
		run_without(&[4], 21);
		assert!(Validators::clock_ms() >= until_ms);
		let last_seat = || {
			let seats = Validators::seats();
			let last = seats.last().and_then(|seat| seat.pool.as_ref()).map(|pool| (pool.id, pool.standing));
			(seats.iter().filter(|seat| seat.elected.is_some()).count(), seats.len(), last)
		};
		assert_eq!(
			last_seat(),
			(3, 4, Some((pool, Standing::Jailed { until_ms }))),
			"told though not elected"
		);
		assert_ok!(Validators::unjail(signed(4)));
		assert_eq!(last_seat(), (3, 4, Some((pool, Standing::Candidate))));
		assert_eq!(Validators::voters_at(21).len(), 3);
		run_without(&[], 30);
		assert_eq!(Validators::voters_at(30).len(), 4);
		assert_eq!(held(4), GENESIS_STAKE, "absence is not slashed");
	});
}

#[test]
fn the_window_forgets() {
	chain(4).execute_with(|| {
		// Half of the time, evenly: four of any eight.
		let mut height = 1;
		while height < 60 {
			run_without(&[4], height + 1);
			run_without(&[], height + 2);
			height += 2;
		}
		assert_eq!(standing_of(pool_of(4)), Standing::Candidate);
		assert_eq!(Watches::<Test>::get().get(&pool_of(4)).map(|watch| watch.missed), Some(4));
		run_without(&[], 80);
		assert!(Watches::<Test>::get().is_empty() && AbsenceRing::<Test>::iter().next().is_none());
	});
}

#[test]
fn absences_count_across_eras() {
	chain(4).execute_with(|| {
		run_without(&[], 8);
		run_without(&[4], 13);
		assert!(matches!(standing_of(pool_of(4)), Standing::Jailed { .. }));
	});
}

#[test]
fn who_is_no_longer_elected_takes_no_place_from_who_is() {
	chain(4).execute_with(|| {
		make_candidate(5, 20_000);
		let gone = [1, 2, 3, 4].map(pool_of);
		next_era();
		let pools: Vec<_> = Validators::members_at(10).into_iter().map(|member| member.pool).collect();
		assert!(pools.len() == 4 && pools.contains(&pool_of(5)), "somebody had to make room");
		// Block 10 tells of height 9, whose set was another, block 11 of its own.
		Validators::count_absences(9, gone.to_vec());
		Validators::count_missed_turns(9, gone.to_vec());
		Validators::count_absences(10, pools.clone());
		Validators::count_missed_turns(10, pools.clone());
		let watches = Watches::<Test>::get();
		assert!(watches.keys().eq(pools.iter().collect::<std::collections::BTreeSet<_>>()), "{watches:?}");
	});
}

#[test]
fn no_more_than_a_third_of_the_power_is_jailed() {
	let validators = [4, 3, 2, 1].map(|account| genesis_validator(account, Balance::from(account) * 1_000));
	genesis(validators.to_vec()).execute_with(|| {
		begin_block(1);
		let pools = [1, 2, 3, 4].map(pool_of);
		let jailed = || pools.map(|pool| matches!(standing_of(pool), Standing::Jailed { .. }));
		for height in 1..=5 {
			Validators::count_absences(height, pools.to_vec());
		}
		assert_eq!(
			jailed(),
			[true, true, false, false],
			"a tenth and two tenths; three more would be too much"
		);
		assert_eq!(Validators::voters_at(2).len(), 2);
		next_era();
		// Nor does the next era bear more: four and three are elected, and three were jailed before.
		for height in 10..=20 {
			Validators::count_absences(height, vec![pools[2]]);
		}
		assert_eq!(jailed(), [true, true, false, false]);
		assert_eq!(Validators::voters_at(11).len(), 2);
	});
}

#[test]
fn who_was_jailed_in_earlier_eras_counts_until_it_is_elected_again() {
	let stakes = [(1, 4_600), (2, 2_200), (3, 1_600), (4, 1_600)];
	let validators = stakes.map(|(account, stake)| genesis_validator(account, stake));
	genesis(validators.to_vec()).execute_with(|| {
		begin_block(1);
		let others = [2, 3, 4].map(pool_of);
		let jailed = || others.map(|pool| matches!(standing_of(pool), Standing::Jailed { .. }));
		// The first votes for no block but its own, so that all others lose one turn after the other.
		let pass_over = || {
			for _ in 0..=PERIODS.missed_turns_max {
				Validators::count_missed_turns(System::block_number() - 1, others.to_vec());
			}
		};
		pass_over();
		assert_eq!(jailed(), [true, false, false]);
		next_era();
		pass_over();
		assert_eq!(jailed(), [true, false, false], "16 of 78 are out with 22 of 100 already");
		run_to(25);
		assert_ok!(Validators::unjail(signed(2)));
		pass_over();
		assert_eq!(jailed(), [false; 3], "a candidate is not in the set yet");
		next_era();
		assert!(Jailings::<Test>::get().is_empty());
		pass_over();
		assert_eq!(jailed(), [true, false, false]);
		// Who does not come back is forgotten in the end.
		run_to(System::block_number() + PERIODS.evidence_age_ms / BLOCK_MS);
		assert_eq!(Jailings::<Test>::get().len(), 1);
		next_era();
		next_era();
		assert!(Jailings::<Test>::get().is_empty());
		pass_over();
		assert_eq!(jailed(), [true, true, false]);
	});
}

#[test]
fn the_last_validator_and_the_last_candidate_are_never_jailed() {
	chain(4).execute_with(|| {
		let pools = [1, 2, 3, 4].map(pool_of);
		for account in 1..=3 {
			assert_ok!(Validators::chill(signed(account)));
		}
		for height in 1..=5 {
			Validators::count_absences(height, vec![pools[3]]);
		}
		assert_eq!(standing_of(pools[3]), Standing::Candidate, "nobody else stands for election");
		next_era();
		assert_eq!(Validators::voters_at(10), vec![(key_of(4), 100)]);
		for height in 10..=20 {
			Validators::count_absences(height, vec![pools[3]]);
		}
		assert_eq!(standing_of(pools[3]), Standing::Candidate);
		run_to(25);
		assert_eq!(Validators::voters_at(25).len(), 1);
	});
}

/// Goes on by one block, whose parent was decided in this round by everybody.
fn decided_in(round: u32) {
	next_block();
	assert_ok!(Validators::note_commit(RuntimeOrigin::none(), round, commit_in(round, |_| true)));
}

#[test]
fn who_signs_but_lets_its_turns_pass_is_jailed() {
	chain(4).execute_with(|| {
		let (key, pool) = (key_of(2), pool_of(2));
		let mut passed = 0;
		while System::block_number() < 60 && standing_of(pool) == Standing::Candidate {
			let height = System::block_number() + 1;
			end_block();
			// Somebody else stands in for it.
			let stand_in = (0..).map(|round| turn(height, round)).find(|other| *other != key);
			begin_block_by(height, stand_in);
			let late = turn(height - 1, 0) == key && height > 2;
			let round = (0..).find(|round| turn(height - 1, *round) != key).filter(|_| late).unwrap_or(0);
			assert_ok!(Validators::note_commit(RuntimeOrigin::none(), round, commit_in(round, |_| true)));
			passed += u32::from(late);
		}
		assert_eq!(passed, 4, "three turns are forgiven");
		assert!(matches!(standing_of(pool), Standing::Jailed { .. }));
		assert!(Watches::<Test>::get().get(&pool).is_none());
	});
}

#[test]
fn a_block_of_its_own_makes_up_for_the_turns_that_passed() {
	chain(4).execute_with(|| {
		let missed = |key| {
			let account = (1..=4).find(|account| key_of(*account) == key).expect("one of the validators");
			Watches::<Test>::get().get(&pool_of(account)).map_or(0, |watch| watch.missed_turns)
		};
		run_to(2);
		let (first, second) = (turn(2, 0), turn(2, 1));
		assert_ne!(first, second);
		decided_in(1);
		assert_eq!((missed(first), missed(second)), (1, 0));
		// However many rounds a height takes, each validator misses one turn of it at most.
		decided_in(200);
		assert!((1..=4).all(|account| (1..=2).contains(&missed(key_of(account)))));
		loop {
			decided_in(0);
			if Author::<Test>::get() == Some(first) {
				break;
			}
		}
		assert_eq!(missed(first), 0);
		// By then all have had a turn, and nobody was jailed.
		run_to(20);
		assert!(Watches::<Test>::get().is_empty());
		assert_eq!(Candidates::<Test>::get().len(), 4);
	});
}

#[test]
fn each_rule_of_a_commit_is_named() {
	chain(4).execute_with(|| {
		let note = |round, precommits| Validators::note_commit(RuntimeOrigin::none(), round, precommits);
		assert_noop!(note(0, Default::default()), Error::<Test>::CommitUnexpected);
		next_block();
		let all = commit(|_| true);
		assert_noop!(
			Validators::note_commit(signed(1), 0, all.clone()),
			sp_runtime::DispatchError::BadOrigin
		);
		let short = all[..3].to_vec().try_into().expect("shorter");
		assert_noop!(note(0, short), Error::<Test>::CommitLength);
		assert_noop!(note(1, all.clone()), Error::<Test>::CommitSignature);
		let mut swapped = all.clone();
		swapped.as_mut().swap(0, 1);
		assert_noop!(note(0, swapped), Error::<Test>::CommitSignature);
		let two = commit(|key| key == key_of(1) || key == key_of(2));
		assert_noop!(note(0, two), Error::<Test>::CommitPower);
		assert_ok!(note(0, all.clone()));
		assert_noop!(note(0, all), Error::<Test>::CommitTwice);
	});
}

#[test]
fn the_commit_is_judged_by_the_set_of_the_parent() {
	chain(1).execute_with(|| {
		make_candidate(2, 20_000);
		CommitRequired::set(true);
		run_without(&[], 9);
		run_without(&[], 10);
		assert_eq!(Validators::voters_at(9).len(), 1);
		assert_eq!(Validators::voters_at(10).len(), 2);
		run_without(&[], 12);
	});
}

#[test]
#[should_panic(expected = "the parent's commit must be noted")]
fn a_block_without_its_parents_commit_is_refused() {
	chain(1).execute_with(|| {
		CommitRequired::set(true);
		next_block();
		<Validators as OnFinalize<u64>>::on_finalize(2);
	});
}

#[test]
fn the_inherent_is_made_from_the_nodes_certificate() {
	chain(2).execute_with(|| {
		CommitRequired::set(true);
		let mut data = InherentData::new();
		assert!(Validators::create_inherent(&data).is_none());
		assert_eq!(Validators::is_inherent_required(&data), Ok(None), "the first block has none");
		next_block();
		assert_eq!(Validators::is_inherent_required(&data), Ok(Some(CommitInherentError::Missing)));
		let commit = Commit { round: 0, signatures: commit(|_| true).into_inner() };
		data.put_data(COMMIT_INHERENT, &commit).expect("it is put once");
		let call = Validators::create_inherent(&data).expect("there is data");
		assert!(Validators::is_inherent(&call));
		use frame_support::traits::UnfilteredDispatchable;
		assert_ok!(call.dispatch_bypass_filter(RuntimeOrigin::none()));
		end_block();
	});
}
