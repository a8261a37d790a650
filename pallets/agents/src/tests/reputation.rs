//! The record of burned fees.

use super::*;

#[test]
fn burned_fees_add_up_and_payers_count_once() {
	run(|| {
		let agent = register(&alice());
		Agents::credit_reputation(agent, &bob(), 100);
		Agents::credit_reputation(agent, &bob(), 50);
		Agents::credit_reputation(agent, &shop(), PAYER_BURN);
		assert_eq!(Agents::reputation(agent), (190, 2));
		let (payer, burned) = (shop(), PAYER_BURN);
		assert!(has_event(Event::ReputationCredited { agent, payer, burned, score: 190, payers: 2 }));
	});
}

#[test]
fn who_burns_less_than_an_entry_is_worth_leaves_none() {
	run(|| {
		let agent = register(&alice());
		for index in 0..100 {
			Agents::credit_reputation(agent, &account(index), PAYER_BURN - 1);
		}
		assert_eq!(Agents::reputation(agent), (100 * (PAYER_BURN - 1), 0));
		assert_eq!(crate::Payers::<Test>::iter().count(), 0);
		// Counted as soon as enough is burned at once.
		Agents::credit_reputation(agent, &account(7), PAYER_BURN);
		Agents::credit_reputation(agent, &account(7), 1);
		assert_eq!(Agents::reputation(agent).1, 1);
	});
}

#[test]
fn a_score_decays_by_steps_however_often_it_is_credited() {
	run(|| {
		let agent = register(&alice());
		Agents::credit_reputation(agent, &bob(), 1_000_000);
		Now::set(STEP_MS - 1);
		assert_eq!(Agents::reputation(agent).0, 1_000_000);
		Now::set(STEP_MS);
		assert_eq!(Agents::reputation(agent).0, 750_000);
		Agents::credit_reputation(agent, &bob(), 250_000);
		Now::set(STEP_MS + 50);
		Agents::credit_reputation(agent, &bob(), 1_000_000);
		assert_eq!(Agents::reputation(agent).0, 2_000_000);
		Now::set(3 * STEP_MS);
		assert_eq!(Agents::reputation(agent).0, 2_000_000 * 9 / 16);
		Now::set(u64::MAX);
		assert_eq!(Agents::reputation(agent), (0, 1));
	});
}

#[test]
fn nothing_is_credited_to_nobody_and_a_sum_does_not_overflow() {
	run(|| {
		Agents::credit_reputation(AGENT, &bob(), 100);
		assert_eq!(Agents::reputation(AGENT), (0, 0));
		let agent = register(&alice());
		Agents::credit_reputation(agent, &bob(), 0);
		assert_eq!(Agents::reputation(agent), (0, 0));
		Agents::credit_reputation(agent, &bob(), Balance::MAX);
		Agents::credit_reputation(agent, &bob(), Balance::MAX);
		assert_eq!(Agents::reputation(agent), (Balance::MAX, 1));
		Now::set(STEP_MS);
		assert!(Agents::reputation(agent).0 < Balance::MAX);
	});
}

#[test]
fn a_record_survives_its_controller_and_retirement() {
	run(|| {
		let agent = register(&alice());
		Agents::credit_reputation(agent, &bob(), 100);
		assert_ok!(Agents::propose_controller(signed(&alice()), agent, Some(bob())));
		assert_ok!(Agents::accept_controller(signed(&bob()), agent, None));
		assert_ok!(Agents::deregister(signed(&bob()), agent));
		assert_eq!(Agents::reputation(agent), (100, 1));
	});
}
