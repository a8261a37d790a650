//! Granting, passing on, revoking, clearing.

use super::*;
use crate::{types::RemovalReason, Delegations};

#[test]
fn only_the_controller_grants_without_a_parent() {
	run(|| {
		funded_agent();
		let granted = Agents::delegate(signed(&bob()), AGENT, None, key(100), terms());
		assert_noop!(granted, Error::<Test>::NotController);
		grant(&key(100), terms());
		assert_eq!(held(HoldReason::Delegation, &Agents::account_of(AGENT)), INITIAL_DEPOSIT);
		assert_eq!(System::sufficients(&key(100)), 1);
	});
}

#[test]
fn malformed_terms_are_refused() {
	run(|| {
		funded_agent();
		let refused = |change: fn(&mut Terms<Test>), error: Error<Test>| {
			let mut terms = terms();
			change(&mut terms);
			assert_noop!(Agents::delegate(signed(&alice()), AGENT, None, key(100), terms), error);
		};
		refused(|t| t.scopes = listed([]), Error::InvalidScopes);
		refused(|t| t.scopes = listed([Scope::Remarks, Scope::Remarks]), Error::InvalidScopes);
		refused(|t| t.period_ms = PERIOD_MS - 1, Error::PeriodTooShort);
		refused(|t| t.expires_at_ms = Now::get(), Error::ExpiryInPast);
	});
}

#[test]
fn nothing_more_is_passed_on_than_there_is() {
	run(|| {
		funded_agent();
		let parent = grant(&key(100), terms());
		let refused = |change: fn(&mut Terms<Test>)| {
			let mut terms = terms();
			change(&mut terms);
			assert_eq!(
				pass_on(&key(100), parent, &key(101), terms),
				Err(Error::<Test>::ExceedsParent.into())
			);
		};
		refused(|t| t.scopes = listed([Scope::Payments, Scope::Remarks]));
		refused(|t| t.scopes = listed([Scope::Everything]));
		refused(|t| t.budget += 1);
		refused(|t| t.fee_budget += 1);
		refused(|t| t.expires_at_ms += 1);
		// A longer parent's period: the same budget in less time would be more.
		let slow = grant(&key(102), Terms { period_ms: 2 * PERIOD_MS, ..terms() });
		let faster = pass_on(&key(102), slow, &key(101), terms());
		assert_eq!(faster, Err(Error::<Test>::ExceedsParent.into()));
		assert_ok!(pass_on(&key(100), parent, &key(101), terms()));
		// A scope that includes another passes it on.
		let all = grant(&key(103), Terms { scopes: listed([Scope::Everything]), ..terms() });
		assert_ok!(pass_on(&key(103), all, &key(101), terms()));
	});
}

#[test]
fn a_fifth_step_is_too_deep() {
	run(|| {
		funded_agent();
		let mut last = grant(&key(100), terms());
		for step in 101..104 {
			last = pass_on(&key(step - 1), last, &key(step), terms()).expect("four steps are allowed");
		}
		assert_eq!(pass_on(&key(103), last, &key(104), terms()), Err(Error::<Test>::TooDeep.into()));
		assert_ok!(act(&key(103), last, pay(&shop(), 1_000)));
	});
}

#[test]
fn who_passes_on_must_be_live_and_the_key() {
	run(|| {
		funded_agent();
		let parent = grant(&key(100), terms());
		let stranger = pass_on(&key(101), parent, &key(102), terms());
		assert_eq!(stranger, Err(Error::<Test>::NotDelegate.into()));
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, true));
		let paused = pass_on(&key(100), parent, &key(102), terms());
		assert_eq!(paused, Err(Error::<Test>::AgentPaused.into()));
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, false));
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, parent));
		let revoked = pass_on(&key(100), parent, &key(102), terms());
		assert_eq!(revoked, Err(Error::<Test>::UnknownDelegation.into()));
	});
}

#[test]
fn a_key_is_charged_for_the_deposit_of_what_it_passes_on() {
	run(|| {
		funded_agent();
		let parent = grant(&key(100), Terms { budget: 2 * INITIAL_DEPOSIT - 1, ..terms() });
		let less = || Terms { budget: 0, ..terms() };
		assert_ok!(pass_on(&key(100), parent, &key(101), less()));
		let second = pass_on(&key(100), parent, &key(102), less());
		assert_eq!(second, Err(Error::<Test>::BudgetExceeded.into()));
		Now::set(PERIOD_MS);
		assert_ok!(pass_on(&key(100), parent, &key(102), less()));
	});
}

#[test]
fn revoking_a_parent_cuts_the_subtree_at_once() {
	run(|| {
		funded_agent();
		let parent = grant(&key(100), terms());
		let child = pass_on(&key(100), parent, &key(101), terms()).expect("it is less");
		let grandchild = pass_on(&key(101), child, &key(102), terms()).expect("it is less");
		assert_ok!(act(&key(102), grandchild, pay(&shop(), 1_000)));
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, parent));
		let revoked = Error::<Test>::DelegationRevoked;
		assert_noop!(act(&key(101), child, pay(&shop(), 1_000)), revoked);
		let revoked = Error::<Test>::DelegationRevoked;
		assert_noop!(act(&key(102), grandchild, pay(&shop(), 1_000)), revoked);
		// A new delegation to the same key gives the old subtree nothing.
		grant(&key(100), terms());
		let revoked = Error::<Test>::DelegationRevoked;
		assert_noop!(act(&key(102), grandchild, pay(&shop(), 1_000)), revoked);
	});
}

#[test]
fn the_controller_the_keys_above_and_the_key_itself_revoke() {
	run(|| {
		funded_agent();
		let parent = grant(&key(100), terms());
		for revoker in [alice(), key(100), key(101), key(102)] {
			let child = pass_on(&key(100), parent, &key(101), terms()).expect("it is less");
			let grandchild = pass_on(&key(101), child, &key(102), terms()).expect("it is less");
			assert_noop!(Agents::revoke(signed(&bob()), AGENT, grandchild), Error::<Test>::MayNotRevoke);
			assert_ok!(Agents::revoke(signed(&revoker), AGENT, grandchild));
			assert_noop!(Agents::revoke(signed(&key(102)), AGENT, child), Error::<Test>::MayNotRevoke);
			assert_ok!(Agents::revoke(signed(&alice()), AGENT, child));
		}
	});
}

#[test]
fn what_is_dead_is_cleared_by_anybody_and_what_lives_is_not() {
	run(|| {
		funded_agent();
		let before = agent_free();
		let parent = grant(&key(100), Terms { expires_at_ms: 2_000, ..terms() });
		let child = pass_on(&key(100), parent, &key(101), Terms { expires_at_ms: 1_000, ..terms() });
		let child = child.expect("it is less");
		let alive = Error::<Test>::DelegationAlive;
		assert_noop!(Agents::clear_delegation(signed(&bob()), AGENT, child), alive);
		Now::set(1_000);
		assert_ok!(Agents::clear_delegation(signed(&bob()), AGENT, child));
		let (key_of_child, reason) = (key(101), RemovalReason::Expired);
		assert!(has_event(Event::DelegationRemoved {
			agent: AGENT,
			delegation: child,
			key: key_of_child,
			reason,
			deposit: INITIAL_DEPOSIT
		}));
		let child = pass_on(&key(100), parent, &key(101), Terms { expires_at_ms: 2_000, ..terms() });
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, parent));
		assert_ok!(Agents::clear_delegation(signed(&bob()), AGENT, child.expect("it is less")));
		assert_eq!(Delegations::<Test>::iter().count(), 0);
		assert_eq!(agent_free(), before);
	});
}

#[test]
fn all_are_revoked_by_one_write_and_later_ones_live() {
	run(|| {
		funded_agent();
		let old: Vec<_> = (100..110).map(|index| (key(index), grant(&key(index), terms()))).collect();
		assert_ok!(Agents::revoke_all(signed(&alice()), AGENT));
		let new = grant(&key(100), terms());
		for (key, delegation) in old {
			assert_noop!(act(&key, delegation, pay(&shop(), 1)), Error::<Test>::DelegationRevoked);
			assert_ok!(Agents::clear_delegation(signed(&bob()), AGENT, delegation));
		}
		assert_ok!(act(&key(100), new, pay(&shop(), 1_000)));
	});
}

#[test]
fn deposits_return_exactly_whatever_they_are_by_then() {
	run(|| {
		funded_agent();
		let before = agent_free();
		let first = grant(&key(100), terms());
		DelegationDeposit::set(5 * INITIAL_DEPOSIT);
		let second = grant(&key(101), terms());
		assert_eq!(agent_free(), before - 6 * INITIAL_DEPOSIT);
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, first));
		assert_eq!(agent_free(), before - 5 * INITIAL_DEPOSIT);
		assert_ok!(Agents::deregister(signed(&alice()), AGENT));
		assert_ok!(Agents::clear_delegation(signed(&bob()), AGENT, second));
		assert_eq!(agent_free(), before);
	});
}

#[test]
fn an_agent_without_funds_cannot_delegate() {
	run(|| {
		register(&alice());
		let granted = Agents::delegate(signed(&alice()), AGENT, None, key(100), terms());
		assert!(granted.is_err());
	});
}

#[test]
fn references_are_counted_by_delegation_and_leave_funded_accounts_alone() {
	run(|| {
		funded_agent();
		let first = grant(&bob(), terms());
		let second = grant(&bob(), terms());
		assert_eq!(System::sufficients(&bob()), 2);
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, first));
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, second));
		assert_eq!((System::sufficients(&bob()), System::providers(&bob())), (0, 1));
		assert_eq!(free(&bob()), ENDOWMENT);
	});
}

#[test]
fn a_grant_tells_from_when_its_periods_are_counted() {
	run(|| {
		funded_agent();
		Now::set(Now::get() + 12_345);
		let delegation = grant(&key(100), terms());
		let granted_at_ms = Delegations::<Test>::get(AGENT, delegation).expect("it is granted").granted_at_ms;
		assert_eq!(granted_at_ms, Now::get());
		let deposit = INITIAL_DEPOSIT;
		let (key, terms) = (key(100), terms());
		let told = Event::<Test>::Delegated {
			agent: AGENT,
			delegation,
			parent: None,
			key,
			terms,
			granted_at_ms,
			deposit,
		};
		assert!(System::events().iter().any(|record| record.event == told.clone().into()));
	});
}
