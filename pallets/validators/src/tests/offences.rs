//! Evidence, tombstones and slashes.

use crate::{mock::*, types::*, *};
use frame_support::{
	assert_err, assert_noop, assert_ok, dispatch::Pays, pallet_prelude::TransactionSource, traits::Authorize,
};
use plexus_primitives::{
	consensus::Proposal,
	equivocation::{Equivocation, ProposalOf},
};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

fn issuance() -> Balance {
	pallet_balances::TotalIssuance::<Test>::get()
}

#[test]
fn an_equivocation_costs_validator_and_nominators_their_share_once() {
	chain(3).execute_with(|| {
		let pool = pool_of(1);
		assert_ok!(Validators::bond(signed(5), 1_999));
		assert_ok!(Validators::nominate(signed(5), pool));
		run_to(5);
		let issued = issuance();
		assert_ok!(report(double_vote(&signing_key(1, 0), 4)));
		assert!(matches!(standing_of(pool), Standing::Tombstoned(_)));
		assert_eq!(Validators::voters_at(6).len(), 2);
		assert_eq!(issuance(), issued, "positions pay when they are touched");
		assert_ok!(Validators::settle(signed(9), 1));
		assert_ok!(Validators::settle(signed(9), 5));
		// 5 %, rounded down.
		assert_eq!((held(1), held(5)), (9_500, 1_900));
		assert_eq!(issuance(), issued - 500 - 99);
		assert_ok!(Validators::settle(signed(9), 5));
		assert_eq!(held(5), 1_900);
		assert!(Pools::<Test>::get(pool).is_none(), "nobody is left in it");
		assert_noop!(report(double_vote(&signing_key(1, 0), 4)), Error::<Test>::EvidenceKnown);
		assert_noop!(report(double_vote(&signing_key(1, 0), 3)), Error::<Test>::EvidenceKnown);
		// Who has paid is free to stand behind another.
		assert_ok!(Validators::nominate(signed(5), pool_of(2)));
		next_block();
	});
}

#[test]
fn chunks_pay_if_they_backed_the_offence() {
	chain(2).execute_with(|| {
		assert_ok!(Validators::bond(signed(5), 3_000));
		assert_ok!(Validators::unbond(signed(5), 200));
		assert_ok!(Validators::nominate(signed(5), pool_of(1)));
		assert_ok!(Validators::unbond(signed(5), 400));
		run_to(12);
		// Stood behind the votes of era 1 until its end.
		assert_ok!(Validators::unbond(signed(5), 600));
		run_to(25);
		assert_ok!(Validators::unbond(signed(5), 800));
		assert_ok!(report(double_vote(&signing_key(1, 0), 18)));
		assert_ok!(Validators::settle(signed(9), 5));
		let amounts: Vec<_> = stake_of(5).chunks.iter().map(|chunk| chunk.amount).collect();
		assert_eq!(amounts, vec![200, 400, 570, 760]);
		assert_eq!((stake_of(5).bonded, held(5)), (950, 950 + 200 + 400 + 570 + 760));
		run_to(280);
		assert_ok!(Validators::withdraw_unbonded(signed(5)));
		assert_eq!(held(5), 950);
		next_block();
	});
}

#[test]
fn a_newer_offence_reported_first_shields_nobody_from_an_older_one() {
	chain(2).execute_with(|| {
		assert_ok!(Validators::bond(signed(5), 2_000));
		assert_ok!(Validators::nominate(signed(5), pool_of(1)));
		run_to(12);
		assert_ok!(Validators::unbond(signed(5), 500));
		run_to(25);
		assert_ok!(Validators::unbond(signed(5), 500));
		let key = signing_key(1, 0);
		assert_ok!(report(double_vote(&key, 24)));
		assert_ok!(Validators::settle(signed(9), 5));
		let amounts = || stake_of(5).chunks.iter().map(|chunk| chunk.amount).collect::<Vec<_>>();
		assert_eq!((stake_of(5).bonded, amounts()), (950, vec![500, 475]));
		// What left in era 1 did not back the votes of era 2, but still answers for earlier ones.
		next_block();
		assert_noop!(report(double_vote(&key, 21)), Error::<Test>::EvidenceKnown);
		assert_ok!(report(double_vote(&key, 15)));
		assert_eq!(Validators::stake_info(&5).map(|info| info.slash_pending), Some(25));
		assert_ok!(Validators::settle(signed(9), 5));
		assert_eq!((stake_of(5).bonded, amounts()), (950, vec![475, 475]), "each pays once");
		assert_noop!(report(double_vote(&key, 15)), Error::<Test>::EvidenceKnown);
		assert_noop!(report(double_vote(&key, 24)), Error::<Test>::EvidenceKnown);
		next_block();
		run_to(280);
		assert_ok!(Validators::withdraw_unbonded(signed(5)));
		assert_eq!(held(5), 950);
		assert_ok!(Validators::settle(signed(9), 1));
		assert!(Pools::<Test>::get(PoolId(0)).is_none(), "nothing names the pool any more");
		next_block();
	});
}

#[test]
fn an_older_offence_bars_the_older_key_too() {
	chain(2).execute_with(|| {
		assert_ok!(set_key(1, 1));
		run_to(15);
		assert_ok!(report(double_vote(&signing_key(1, 1), 14)));
		assert_ok!(report(double_vote(&signing_key(1, 0), 5)));
		for variant in [0, 1] {
			assert_eq!(KeyHolders::<Test>::get(public(&signing_key(1, variant))), Some(KeyHolder::Barred));
		}
		next_block();
	});
}

#[test]
fn a_slash_finds_the_stake_of_who_left_in_time_to_be_found() {
	chain(2).execute_with(|| {
		run_to(3);
		assert_ok!(Validators::chill(signed(1)));
		assert_ok!(Validators::unbond(signed(1), GENESIS_STAKE));
		// The evidence is accepted for 200 s, the chunk unlocks after 250 s.
		run_to(200);
		assert_ok!(report(double_vote(&signing_key(1, 0), 4)));
		run_to(260);
		assert_ok!(Validators::withdraw_unbonded(signed(1)));
		assert_eq!(Balances::free_balance(1), ENDOWMENT - 500);
		next_block();
	});
}

#[test]
fn each_rule_of_evidence_is_named() {
	chain(2).execute_with(|| {
		run_to(15);
		let key = signing_key(1, 0);
		assert_noop!(report(double_vote(&key, 16)), Error::<Test>::EvidenceEarly);
		assert_noop!(report(double_vote(&signing_key(5, 0), 14)), Error::<Test>::EvidenceStranger);
		let Equivocation::Votes { key: voter, height, round, kind, first, second } = double_vote(&key, 14)
		else {
			panic!("votes were asked for");
		};
		let forged = Equivocation::Votes { key: voter, height: height - 1, round, kind, first, second };
		assert_noop!(report(forged), Error::<Test>::EvidenceInvalid);
		let same = Equivocation::Votes { key: voter, height, round, kind, first, second: first };
		assert_noop!(report(same), Error::<Test>::EvidenceInvalid);
		run_to(212);
		assert_noop!(report(double_vote(&key, 9)), Error::<Test>::EvidenceOld);
		run_to(450);
		assert_noop!(report(double_vote(&key, 14)), Error::<Test>::EvidenceOld);
		assert_noop!(
			Validators::report_equivocation(RuntimeOrigin::none(), double_vote(&key, 449)),
			sp_runtime::DispatchError::BadOrigin
		);
		let outcome = Validators::report_equivocation(signed(9), double_vote(&key, 449));
		assert_eq!(outcome.expect("the evidence is good").pays_fee, Pays::No);
	});
}

#[test]
fn two_proposals_are_evidence_too() {
	chain(2).execute_with(|| {
		run_to(5);
		let key = signing_key(2, 0);
		let proposal = |value| {
			let proposal = Proposal { height: 4, round: 1, value, pol_round: None, proposer: public(&key) };
			let signature = sign(&key, &proposal.preimage(&genesis_hash()));
			ProposalOf { value, pol_round: None, signature }
		};
		let (one, other) = (proposal([1; 32]), proposal([2; 32]));
		assert_ok!(report(Equivocation::proposals(public(&key), 4, 1, one, other)));
		assert!(matches!(standing_of(pool_of(2)), Standing::Tombstoned(_)));
	});
}

#[test]
fn a_rotated_key_still_answers_for_what_it_signed() {
	chain(2).execute_with(|| {
		assert_ok!(set_key(1, 1));
		run_to(12);
		assert_noop!(report(double_vote(&signing_key(1, 0), 12)), Error::<Test>::EvidenceStranger);
		assert_ok!(report(double_vote(&signing_key(1, 0), 9)));
		assert!(matches!(standing_of(pool_of(1)), Standing::Tombstoned(_)));
		assert_eq!(Validators::voters_at(13).len(), 1);
		// Nor is the key of any more use that it has changed to: nothing could be proved against it.
		for variant in [0, 1] {
			assert_noop!(set_key(1, variant), Error::<Test>::KeyBarred);
		}
		assert!(Keys::<Test>::get(1).is_none());
		next_block();
	});
}

#[test]
fn who_has_left_the_set_answers_only_for_the_heights_before() {
	chain(4).execute_with(|| {
		run_without(&[4], 8);
		assert!(matches!(standing_of(pool_of(4)), Standing::Jailed { .. }));
		assert_eq!((Validators::voters_at(6).len(), Validators::voters_at(7).len()), (4, 3));
		assert_noop!(report(double_vote(&signing_key(4, 0), 7)), Error::<Test>::EvidenceStranger);
		assert_ok!(report(double_vote(&signing_key(4, 0), 6)));
		assert_noop!(Validators::unjail(signed(4)), Error::<Test>::NotJailed);
	});
}

#[test]
fn a_barred_key_is_lost_to_whoever_has_it_now() {
	chain(2).execute_with(|| {
		assert_ok!(set_key(1, 1));
		assert_ok!(Validators::bond(signed(5), 2_000));
		let key = signing_key(1, 0);
		let preimage = plexus_primitives::consensus::key_proof_preimage(&genesis_hash(), &5u64);
		assert_ok!(Validators::set_keys(signed(5), public(&key), sign(&key, &preimage)));
		assert_ok!(Validators::validate(signed(5), Perbill::zero()));
		assert_ok!(report(double_vote(&key, 1)));
		assert!(Keys::<Test>::get(5).is_none());
		assert_eq!(standing_of(pool_of(5)), Standing::Chilled);
		assert_noop!(Validators::chill(signed(2)), Error::<Test>::LastCandidate);
		run_to(11);
		assert_eq!(Validators::voters_at(11).len(), 1, "neither the offender nor who took its key");
		assert_eq!(held(5), 2_000);
	});
}

#[test]
fn a_jailed_validator_whose_key_is_barred_does_not_return_without_another() {
	chain(4).execute_with(|| {
		// The first validator's former key, with which it signed twice, is the fourth's now.
		assert_ok!(set_key(1, 1));
		let key = signing_key(1, 0);
		let preimage = plexus_primitives::consensus::key_proof_preimage(&genesis_hash(), &4u64);
		assert_ok!(Validators::set_keys(signed(4), public(&key), sign(&key, &preimage)));
		run_without(&[4], 6);
		let pool = pool_of(4);
		assert!(matches!(standing_of(pool), Standing::Jailed { .. }));
		assert_ok!(report(double_vote(&key, 1)));
		assert!(Keys::<Test>::get(4).is_none());
		assert!(matches!(standing_of(pool), Standing::Jailed { .. }));
		run_to(21);
		assert_noop!(Validators::unjail(signed(4)), Error::<Test>::KeyMissing);
		assert_ok!(set_key(4, 1));
		assert_ok!(Validators::unjail(signed(4)));
		assert_eq!(standing_of(pool), Standing::Candidate);
		next_block();
	});
}

#[test]
fn an_earlier_offence_leaves_the_key_of_a_later_pool_alone() {
	chain(2).execute_with(|| {
		// The nominator's position keeps the dead pool in being.
		assert_ok!(Validators::bond(signed(5), 1_000));
		assert_ok!(Validators::nominate(signed(5), pool_of(1)));
		run_to(15);
		assert_ok!(report(double_vote(&signing_key(1, 0), 14)));
		assert_ok!(Validators::settle(signed(1), 1));
		assert_ok!(set_key(1, 1));
		assert_ok!(Validators::validate(signed(1), Perbill::zero()));
		assert_ok!(report(double_vote(&signing_key(1, 0), 5)));
		assert_eq!(Keys::<Test>::get(1), Some(public(&signing_key(1, 1))));
		assert_eq!(standing_of(pool_of(1)), Standing::Candidate);
		next_block();
	});
}

#[test]
fn the_only_validator_is_slashed_and_stays() {
	chain(1).execute_with(|| {
		run_to(3);
		assert_ok!(report(double_vote(&signing_key(1, 0), 2)));
		assert_ok!(Validators::settle(signed(1), 1));
		assert_eq!(held(1), 9_500);
		run_to(35);
		assert_eq!(Validators::voters_at(35), vec![(key_of(1), 100)]);
		// As soon as somebody stands, it goes.
		make_candidate(2, 1_000);
		next_era();
		assert_eq!(Validators::voters_at(40), vec![(key_of(2), 10)]);
		// It may begin anew, with another key and another pool.
		assert_ok!(set_key(1, 1));
		assert_ok!(Validators::validate(signed(1), Perbill::zero()));
		assert_eq!(pool_of(1), PoolId(2));
	});
}

#[test]
fn evidence_needs_no_signer_and_only_good_evidence_enters_a_pool() {
	chain(2).execute_with(|| {
		run_to(5);
		let authorize = |evidence| {
			let call = RuntimeCall::Validators(Call::report_equivocation { evidence });
			call.authorize(TransactionSource::External).expect("the call can be authorized")
		};
		let (validity, _) = authorize(double_vote(&signing_key(1, 0), 4)).expect("good evidence");
		let (other, _) = authorize(double_vote(&signing_key(1, 0), 3)).expect("good evidence");
		assert_eq!(validity.provides, other.provides, "one report of a validator is enough");
		assert!(validity.propagate);
		let refused = |evidence| match authorize(evidence) {
			Err(TransactionValidityError::Invalid(reason)) => reason,
			other => panic!("accepted: {other:?}"),
		};
		assert_eq!(refused(double_vote(&signing_key(5, 0), 4)), InvalidTransaction::BadProof);
		assert_eq!(refused(double_vote(&signing_key(1, 0), 9)), InvalidTransaction::Future);
		assert_ok!(report(double_vote(&signing_key(1, 0), 4)));
		assert_eq!(refused(double_vote(&signing_key(1, 0), 4)), InvalidTransaction::Stale);
	});
}

#[test]
fn a_dead_pool_takes_nobody_and_gives_everything_left() {
	chain(2).execute_with(|| {
		let pool = pool_of(1);
		assert_ok!(Validators::bond(signed(5), 1_000));
		assert_ok!(Validators::nominate(signed(5), pool));
		assert_ok!(Validators::unbond(signed(5), 300));
		assert_ok!(Validators::bond(signed(6), 1_000));
		assert_ok!(report(double_vote(&signing_key(1, 0), 1)));
		assert_noop!(Validators::nominate(signed(6), pool), Error::<Test>::NotCandidate);
		// Each call takes the slash first.
		assert_ok!(Validators::rebond(signed(5), 285));
		assert_eq!((stake_of(5).bonded, stake_of(5).role), (665 + 285, Role::Idle));
		assert_noop!(Validators::validate(signed(1), Perbill::zero()), Error::<Test>::KeyMissing);
		assert_err!(Validators::unjail(signed(1)), Error::<Test>::NotJailed);
		next_block();
	});
}
