//! Lost controllers.

use super::*;

fn with_recovery() -> AgentId {
	let agent = funded_agent();
	let recovery = RecoveryTerms { account: bob(), delay_ms: DELAY_MS };
	assert_ok!(Agents::set_recovery(signed(&alice()), agent, Some(recovery)));
	agent
}

#[test]
fn a_lost_key_strands_nothing() {
	run(|| {
		let agent = with_recovery();
		let delegation = grant(&key(100), terms());
		assert_ok!(act(&key(100), delegation, pay(&shop(), 1_000_000)));
		let everything = Balances::total_balance(&Agents::account_of(agent));
		assert_ok!(Agents::begin_recovery(signed(&bob()), agent, shop()));
		Now::set(DELAY_MS);
		let before = free(&shop());
		assert_ok!(Agents::complete_recovery(signed(&shop()), agent, None));
		assert_noop!(control(&alice(), agent, remark()), Error::<Test>::NotController);
		assert_ok!(Agents::clear_delegation(signed(&shop()), agent, delegation));
		assert_ok!(Agents::deregister(signed(&shop()), agent));
		let all = pallet_balances::Call::transfer_all { dest: shop(), keep_alive: false };
		assert_ok!(control(&shop(), agent, all.into()));
		assert_eq!(free(&shop()), before + everything);
		assert_eq!(Balances::total_balance(&Agents::account_of(agent)), 0);
	});
}

#[test]
fn keys_go_on_acting_through_a_recovery_that_keeps_them() {
	run(|| {
		let agent = with_recovery();
		let delegation = grant(&key(100), terms());
		assert_ok!(Agents::begin_recovery(signed(&bob()), agent, shop()));
		Now::set(DELAY_MS);
		assert_ok!(Agents::complete_recovery(signed(&shop()), agent, all_of(AGENT)));
		assert_ok!(act(&key(100), delegation, pay(&shop(), 1_000)));
	});
}

#[test]
fn the_delay_is_waited_for() {
	run(|| {
		let agent = with_recovery();
		Now::set(5);
		assert_ok!(Agents::begin_recovery(signed(&bob()), agent, shop()));
		Now::set(5 + DELAY_MS - 1);
		let early = Error::<Test>::RecoveryTooEarly;
		assert_noop!(Agents::complete_recovery(signed(&shop()), agent, all_of(AGENT)), early);
		Now::set(5 + DELAY_MS);
		let other = Error::<Test>::NotRecovering;
		assert_noop!(Agents::complete_recovery(signed(&bob()), agent, all_of(AGENT)), other);
		assert_ok!(Agents::complete_recovery(signed(&shop()), agent, all_of(AGENT)));
	});
}

#[test]
fn only_the_named_account_begins_and_only_once() {
	run(|| {
		let agent = funded_agent();
		let begun = || Agents::begin_recovery(signed(&bob()), agent, shop());
		assert_noop!(begun(), Error::<Test>::NotRecoveryAccount);
		let short = RecoveryTerms { account: bob(), delay_ms: DELAY_MS - 1 };
		assert_noop!(
			Agents::set_recovery(signed(&alice()), agent, Some(short)),
			Error::<Test>::DelayTooShort
		);
		let recovery = RecoveryTerms { account: bob(), delay_ms: DELAY_MS };
		assert_ok!(Agents::set_recovery(signed(&alice()), agent, Some(recovery)));
		assert_noop!(
			Agents::begin_recovery(signed(&shop()), agent, shop()),
			Error::<Test>::NotRecoveryAccount
		);
		assert_ok!(begun());
		assert_noop!(begun(), Error::<Test>::RecoveryPending);
	});
}

#[test]
fn the_controller_cancels_and_may_take_the_recovery_away() {
	run(|| {
		let agent = with_recovery();
		let begun = || Agents::begin_recovery(signed(&bob()), agent, shop());
		assert_noop!(Agents::cancel_recovery(signed(&alice()), agent), Error::<Test>::NoRecoveryPending);
		assert_ok!(begun());
		assert_noop!(Agents::cancel_recovery(signed(&shop()), agent), Error::<Test>::NotController);
		assert_ok!(Agents::cancel_recovery(signed(&alice()), agent));
		Now::set(DELAY_MS);
		let none = Error::<Test>::NoRecoveryPending;
		assert_noop!(Agents::complete_recovery(signed(&shop()), agent, all_of(AGENT)), none);
		assert_ok!(begun());
		assert_ok!(Agents::cancel_recovery(signed(&bob()), agent));
		assert_ok!(begun());
		assert_ok!(Agents::set_recovery(signed(&alice()), agent, None));
		Now::set(3 * DELAY_MS);
		let none = Error::<Test>::NoRecoveryPending;
		assert_noop!(Agents::complete_recovery(signed(&shop()), agent, all_of(AGENT)), none);
		assert_noop!(begun(), Error::<Test>::NotRecoveryAccount);
	});
}

#[test]
fn a_retired_agent_is_recovered_too() {
	run(|| {
		let agent = with_recovery();
		assert_ok!(Agents::deregister(signed(&alice()), agent));
		assert_ok!(Agents::begin_recovery(signed(&bob()), agent, shop()));
		Now::set(DELAY_MS);
		assert_ok!(Agents::complete_recovery(signed(&shop()), agent, None));
		assert_ok!(control(&shop(), agent, pay(&shop(), FUNDS)));
	});
}
