//! Registration, profiles, controllers, deregistration.

use super::*;
use crate::{types::AgentStatus, AgentsByTag, Profiles};

#[test]
fn registration_burns_the_price_and_moves_the_bond_into_the_agents_own_account() {
	run(|| {
		let issued = Balances::total_issuance();
		let agent = register(&alice());
		let own = Agents::account_of(agent);
		assert_eq!(free(&alice()), ENDOWMENT - PRICE - INITIAL_BOND - EXISTENTIAL_DEPOSIT);
		assert_eq!(Balances::total_issuance(), issued - PRICE);
		assert_eq!(held(HoldReason::Bond, &own), INITIAL_BOND);
		assert_eq!(free(&own), EXISTENTIAL_DEPOSIT);
		assert!(has_event(Event::AgentRegistered {
			agent,
			controller: alice(),
			account: own,
			profile: profile(&[b"translation"]),
			bond: INITIAL_BOND,
			price: PRICE,
		}));
	});
}

#[test]
fn agents_have_accounts_of_their_own() {
	run(|| {
		let accounts: std::collections::BTreeSet<_> =
			(0..1_000).chain([u64::MAX]).map(|id| Agents::account_of(AgentId(id))).collect();
		assert_eq!(accounts.len(), 1_001);
	});
}

#[test]
fn who_cannot_pay_price_bond_and_existential_deposits_registers_nothing() {
	run(|| {
		// Both the new account and the controller's stay alive.
		let enough = PRICE + INITIAL_BOND + 2 * EXISTENTIAL_DEPOSIT;
		let poor = account(50);
		assert_ok!(Balances::transfer_keep_alive(signed(&alice()), poor.clone(), enough - 1));
		let registered = with_storage_layer(|| Agents::register(signed(&poor), profile(&[])));
		assert!(registered.is_err());
		assert_eq!((crate::NextAgentId::<Test>::get(), free(&poor)), (AgentId(0), enough - 1));
		assert_ok!(Balances::transfer_keep_alive(signed(&alice()), poor.clone(), 1));
		assert_ok!(Agents::register(signed(&poor), profile(&[])));
	});
}

#[test]
fn malformed_profiles_are_refused() {
	run(|| {
		let refused = |change: fn(&mut Profile<Test>), error: Error<Test>| {
			let mut profile = profile(&[b"a"]);
			change(&mut profile);
			assert_noop!(Agents::register(signed(&alice()), profile), error);
		};
		refused(|p| p.card.as_mut().expect("it has one").content.len = 0, Error::EmptyCard);
		refused(|p| p.card.as_mut().expect("it has one").locator = bounded(b"no uri"), Error::InvalidLocator);
		refused(|p| p.services[0].endpoint = bounded(b""), Error::InvalidLocator);
		refused(|p| p.services[0].name = bounded(b"\n"), Error::InvalidServiceName);
		refused(|p| p.services[0].name = bounded(b"\xff"), Error::InvalidServiceName);
		refused(
			|p| p.services = listed([p.services[0].clone(), p.services[0].clone()]),
			Error::InvalidServiceName,
		);
		for tag in [&b""[..], b"A", b"-a", b"a b", b"\xc3\xa4"] {
			assert_noop!(Agents::register(signed(&alice()), profile(&[tag])), Error::<Test>::InvalidTag);
		}
		assert_noop!(Agents::register(signed(&alice()), profile(&[b"a", b"a"])), Error::<Test>::InvalidTag);
	});
}

#[test]
fn a_new_profile_moves_the_agent_in_the_index_of_tags() {
	run(|| {
		let agent = register(&alice());
		assert_ok!(Agents::set_profile(signed(&alice()), agent, profile(&[b"b", b"c"])));
		assert!(!AgentsByTag::<Test>::contains_key(bounded(b"translation"), agent));
		assert!(AgentsByTag::<Test>::contains_key(bounded(b"c"), agent));
		assert_noop!(Agents::set_profile(signed(&bob()), agent, profile(&[])), Error::<Test>::NotController);
	});
}

#[test]
fn deregistration_returns_the_bond_exactly_and_leaves_the_funds_within_reach() {
	run(|| {
		let agent = funded_agent();
		let before = free(&alice());
		Bond::set(2 * INITIAL_BOND);
		assert_ok!(Agents::deregister(signed(&alice()), agent));
		assert_eq!(free(&alice()), before + INITIAL_BOND);
		assert!(!Profiles::<Test>::contains_key(agent));
		assert_eq!(AgentsByTag::<Test>::iter().count(), 0);
		// A reward that arrives afterwards.
		let own = Agents::account_of(agent);
		assert_ok!(Balances::transfer_keep_alive(signed(&bob()), own.clone(), 5_000_000));
		let everything = pallet_balances::Call::transfer_all { dest: alice(), keep_alive: false };
		assert_ok!(control(&alice(), agent, everything.into()));
		assert_eq!(Balances::total_balance(&own), 0);
		assert_eq!(free(&alice()), before + INITIAL_BOND + FUNDS + EXISTENTIAL_DEPOSIT + 5_000_000);
	});
}

#[test]
fn a_retired_agent_only_changes_its_controller() {
	run(|| {
		let agent = register(&alice());
		assert_ok!(Agents::deregister(signed(&alice()), agent));
		let retired = Error::<Test>::AgentRetired;
		assert_noop!(Agents::deregister(signed(&alice()), agent), retired);
		let retired = Error::<Test>::AgentRetired;
		assert_noop!(Agents::set_profile(signed(&alice()), agent, profile(&[])), retired);
		let retired = Error::<Test>::AgentRetired;
		assert_noop!(Agents::set_paused(signed(&alice()), agent, true), retired);
		let retired = Error::<Test>::AgentRetired;
		assert_noop!(Agents::delegate(signed(&alice()), agent, None, key(100), terms()), retired);
		assert_ok!(Agents::propose_controller(signed(&alice()), agent, Some(bob())));
		assert_ok!(Agents::accept_controller(signed(&bob()), agent, all_of(AGENT)));
		assert_ok!(control(&bob(), agent, remark()));
	});
}

#[test]
fn the_controller_changes_in_two_steps() {
	run(|| {
		let agent = register(&alice());
		let recovery = RecoveryTerms { account: shop(), delay_ms: DELAY_MS };
		assert_ok!(Agents::set_recovery(signed(&alice()), agent, Some(recovery)));
		assert_noop!(
			Agents::accept_controller(signed(&bob()), agent, all_of(AGENT)),
			Error::<Test>::NotProposed
		);
		assert_ok!(Agents::propose_controller(signed(&alice()), agent, Some(bob())));
		assert_ok!(Agents::propose_controller(signed(&alice()), agent, None));
		assert_noop!(
			Agents::accept_controller(signed(&bob()), agent, all_of(AGENT)),
			Error::<Test>::NotProposed
		);
		assert_ok!(Agents::propose_controller(signed(&alice()), agent, Some(bob())));
		assert_ok!(Agents::accept_controller(signed(&bob()), agent, all_of(AGENT)));
		assert_noop!(Agents::set_paused(signed(&alice()), agent, true), Error::<Test>::NotController);
		let record = crate::Agents::<Test>::get(agent).expect("it is registered");
		assert_eq!((record.controller, record.recovery, record.proposed_controller), (bob(), None, None));
		// The bond is the new controller's, whoever moved it there.
		assert_ok!(Agents::deregister(signed(&bob()), agent));
		assert_eq!(free(&bob()), ENDOWMENT + INITIAL_BOND);
	});
}

#[test]
fn no_agent_becomes_the_controller_recovery_or_delegate_of_an_agent() {
	run(|| {
		let agent = register(&alice());
		let refused = || Error::<Test>::AgentsAccount;
		let recovery = |account| RecoveryTerms { account, delay_ms: DELAY_MS };
		// Its own, another's, and one that is yet to be registered.
		for id in [agent, register(&bob()), AgentId(9)] {
			let own = Agents::account_of(id);
			assert_noop!(Agents::propose_controller(signed(&alice()), agent, Some(own.clone())), refused());
			let terms_of_recovery = Some(recovery(own.clone()));
			assert_noop!(Agents::set_recovery(signed(&alice()), agent, terms_of_recovery), refused());
			assert_ok!(Agents::set_recovery(signed(&alice()), agent, Some(recovery(bob()))));
			assert_noop!(Agents::begin_recovery(signed(&bob()), agent, own.clone()), refused());
			assert_noop!(Agents::delegate(signed(&alice()), agent, None, own.clone(), terms()), refused());
			assert_noop!(Agents::register(signed(&own), profile(&[])), refused());
		}
	});
}

#[test]
fn pausing_is_announced_once() {
	run(|| {
		let agent = register(&alice());
		assert_noop!(Agents::set_paused(signed(&alice()), agent, false), Error::<Test>::StatusUnchanged);
		assert_ok!(Agents::set_paused(signed(&alice()), agent, true));
		assert!(has_event(Event::AgentPaused { agent }));
		assert_ok!(Agents::set_paused(signed(&alice()), agent, false));
		assert!(has_event(Event::AgentResumed { agent }));
		let status = crate::Agents::<Test>::get(agent).map(|record| record.status);
		assert_eq!(status, Some(AgentStatus::Active));
	});
}

#[test]
fn an_agent_that_is_paused_or_retired_is_not_active() {
	run(|| {
		let check = |agent| Agents::ensure_active(agent).map_err(DispatchError::from);
		let agent = register(&alice());
		assert_ok!(check(agent));
		assert_ok!(Agents::set_paused(signed(&alice()), agent, true));
		assert_eq!(check(agent), Err(Error::<Test>::AgentPaused.into()));
		assert_ok!(Agents::deregister(signed(&alice()), agent));
		assert_eq!(check(agent), Err(Error::<Test>::AgentRetired.into()));
		assert_eq!(check(AgentId(9)), Err(Error::<Test>::UnknownAgent.into()));
	});
}

#[test]
fn only_the_controller_controls() {
	run(|| {
		let agent = funded_agent();
		assert_noop!(control(&bob(), agent, pay(&bob(), 1)), Error::<Test>::NotController);
		assert_noop!(control(&alice(), AgentId(9), remark()), Error::<Test>::UnknownAgent);
		assert_ok!(control(&alice(), agent, pay(&bob(), 1_000)));
		assert_eq!(free(&bob()), ENDOWMENT + 1_000);
		// The controller may do what no delegate may.
		assert_ok!(control(&alice(), agent, batch(vec![pay(&bob(), 1), pay(&bob(), 2)])));
		assert_eq!(free(&bob()), ENDOWMENT + 1_003);
	});
}
