//! Acting: scopes, traps, outflow, budgets.

use super::*;

fn everything() -> Terms<Test> {
	Terms { scopes: listed([Scope::Everything]), ..terms() }
}

#[test]
fn a_key_acts_within_scope_and_budget() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let before = agent_free();
		assert_ok!(act(&key(100), delegation, pay(&shop(), 7_000_000)));
		assert_eq!(free(&shop()), ENDOWMENT + 7_000_000);
		assert_eq!(agent_free(), before - 7_000_000);
		let acted = Event::Acted { agent: AGENT, delegation, key: key(100), outflow: 7_000_000 };
		assert!(has_event(acted));
	});
}

#[test]
fn each_reason_to_refuse_has_its_own_error_and_moves_nothing() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let call = || pay(&shop(), 1_000);
		let unknown: RuntimeCall =
			crate::Call::act { agent: AgentId(9), delegation, call: Box::new(call()) }.into();
		let unknown = unknown.dispatch_bypass_filter(signed(&key(100))).map_err(|failed| failed.error);
		assert_eq!(unknown.map(|_| ()), Err(Error::<Test>::UnknownAgent.into()));
		assert_noop!(act(&key(101), delegation, call()), Error::<Test>::NotDelegate);
		assert_noop!(act(&key(100), DelegationId(9), call()), Error::<Test>::UnknownDelegation);
		assert_noop!(act(&key(100), delegation, remark()), Error::<Test>::OutsideScope);
		let over = pay(&shop(), terms().budget + 1);
		assert_noop!(act(&key(100), delegation, over), Error::<Test>::BudgetExceeded);
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, true));
		assert_noop!(act(&key(100), delegation, call()), Error::<Test>::AgentPaused);
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, false));
		Now::set(terms().expires_at_ms - 1);
		assert_ok!(act(&key(100), delegation, call()));
		Now::set(terms().expires_at_ms);
		assert_noop!(act(&key(100), delegation, call()), Error::<Test>::DelegationExpired);
		assert_ok!(Agents::deregister(signed(&alice()), AGENT));
		assert_noop!(act(&key(100), delegation, call()), Error::<Test>::AgentRetired);
	});
}

#[test]
fn traps_are_in_no_scope() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), everything());
		let inner = || Box::new(pay(&shop(), 1));
		let agent = AGENT;
		let traps: Vec<RuntimeCall> = vec![
			pallet_utility::Call::batch { calls: vec![pay(&shop(), 1)] }.into(),
			pallet_utility::Call::batch_all { calls: vec![pay(&shop(), 1)] }.into(),
			pallet_utility::Call::force_batch { calls: vec![pay(&shop(), 1)] }.into(),
			pallet_utility::Call::as_derivative { index: 0, call: inner() }.into(),
			pallet_proxy::Call::add_proxy { delegate: bob(), proxy_type: AnyProxy, delay: 0 }.into(),
			pallet_proxy::Call::proxy { real: bob(), force_proxy_type: None, call: inner() }.into(),
			pallet_multisig::Call::as_multi_threshold_1 { other_signatories: vec![bob()], call: inner() }
				.into(),
			crate::Call::register { profile: profile(&[]) }.into(),
			crate::Call::set_profile { agent, profile: profile(&[]) }.into(),
			crate::Call::set_paused { agent, paused: true }.into(),
			crate::Call::deregister { agent }.into(),
			crate::Call::propose_controller { agent, proposed: Some(key(100)) }.into(),
			crate::Call::accept_controller { agent, keep_below: None }.into(),
			crate::Call::set_recovery { agent, recovery: None }.into(),
			crate::Call::begin_recovery { agent, controller: key(100) }.into(),
			crate::Call::cancel_recovery { agent }.into(),
			crate::Call::complete_recovery { agent, keep_below: None }.into(),
			crate::Call::delegate { agent, parent: None, key: key(101), terms: terms() }.into(),
			crate::Call::revoke { agent, delegation }.into(),
			crate::Call::revoke_all { agent }.into(),
			crate::Call::clear_delegation { agent, delegation }.into(),
			act_call(delegation, pay(&shop(), 1)),
			crate::Call::control { agent, call: inner() }.into(),
		];
		for trap in traps {
			assert_noop!(act(&key(100), delegation, trap), Error::<Test>::NotLeafCall);
		}
		assert_ok!(act(&key(100), delegation, pay(&shop(), 1)));
	});
}

#[test]
fn a_batch_of_acts_is_charged_act_by_act() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let half = terms().budget / 2 + 1;
		let calls = vec![act_call(delegation, pay(&shop(), half)), act_call(delegation, pay(&shop(), half))];
		let batch: RuntimeCall = pallet_utility::Call::batch_all { calls }.into();
		let batched = batch.dispatch(signed(&key(100))).map(|_| ()).map_err(|failed| failed.error);
		assert_eq!(batched, Err(Error::<Test>::BudgetExceeded.into()));
		assert_eq!(free(&shop()), ENDOWMENT);
	});
}

#[test]
fn a_budget_renews_with_each_period() {
	run(|| {
		funded_agent();
		Now::set(300);
		let delegation = grant(&key(100), terms());
		let all = pay(&shop(), terms().budget);
		assert_ok!(act(&key(100), delegation, all.clone()));
		assert_noop!(act(&key(100), delegation, pay(&shop(), 1)), Error::<Test>::BudgetExceeded);
		Now::set(300 + PERIOD_MS - 1);
		assert_noop!(act(&key(100), delegation, pay(&shop(), 1)), Error::<Test>::BudgetExceeded);
		Now::set(300 + PERIOD_MS);
		assert_ok!(act(&key(100), delegation, all));
	});
}

#[test]
fn outflow_is_charged_to_every_delegation_of_the_path() {
	run(|| {
		funded_agent();
		let limit = 50_000_000;
		let parent = grant(&key(100), Terms { budget: limit + 2 * INITIAL_DEPOSIT, ..terms() });
		let less = || Terms { budget: limit, ..terms() };
		let left = pass_on(&key(100), parent, &key(101), less()).expect("it is less");
		let right = pass_on(&key(100), parent, &key(102), less()).expect("it is less");
		assert_ok!(act(&key(101), left, pay(&shop(), limit - 10)));
		// The sibling's own budget is untouched, the parent's is not.
		assert_noop!(act(&key(102), right, pay(&shop(), 11)), Error::<Test>::BudgetExceeded);
		assert_ok!(act(&key(102), right, pay(&shop(), 10)));
		assert_noop!(act(&key(100), parent, pay(&shop(), 1)), Error::<Test>::BudgetExceeded);
	});
}

#[test]
fn new_holds_are_outflow_unless_they_are_deposits() {
	run(|| {
		funded_agent();
		let own = Agents::account_of(AGENT);
		let delegation = grant(&key(100), Terms { budget: 1_000, ..everything() });
		assert_noop!(
			act(&key(100), delegation, lock(escrow::HoldReason::Spending, 1_001)),
			Error::<Test>::BudgetExceeded
		);
		assert_ok!(act(&key(100), delegation, lock(escrow::HoldReason::Spending, 1_000)));
		assert_eq!(held(escrow::HoldReason::Spending, &own), 1_000);
		assert_ok!(act(&key(100), delegation, lock(escrow::HoldReason::Deposit, 1_000_000)));
		// What is paid out of a hold leaves the account, and counts.
		let paid: RuntimeCall = escrow::Call::pay_held { to: shop(), amount: 1_000 }.into();
		assert_noop!(act(&key(100), delegation, paid.clone()), Error::<Test>::BudgetExceeded);
		Now::set(PERIOD_MS);
		assert_ok!(act(&key(100), delegation, paid));
	});
}

#[test]
fn a_failing_inner_call_is_the_error_and_charges_no_budget() {
	run(|| {
		funded_agent();
		let budget = 2 * FUNDS;
		let delegation = grant(&key(100), Terms { budget, ..terms() });
		let failed = act(&key(100), delegation, pay(&shop(), FUNDS));
		assert!(matches!(failed, Err(DispatchError::Token(_))), "{failed:?}");
		let usage = crate::Delegations::<Test>::get(AGENT, delegation).map(|granted| granted.usage.spent);
		assert_eq!(usage, Some(0));
	});
}

#[test]
fn the_origins_filter_holds_for_the_inner_call() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let mut origin = signed(&key(100));
		frame_support::traits::OriginTrait::add_filter(&mut origin, |call: &RuntimeCall| {
			!matches!(call, RuntimeCall::Balances(..))
		});
		let acted = act_call(delegation, pay(&shop(), 1_000)).dispatch(origin);
		let filtered = frame_system::Error::<Test>::CallFiltered;
		assert_eq!(acted.map(|_| ()).map_err(|failed| failed.error), Err(filtered.into()));
		assert_eq!(free(&shop()), ENDOWMENT);
	});
}

#[test]
fn acting_returns_the_weight_that_was_not_used() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), everything());
		let call = act_call(delegation, lock(escrow::HoldReason::Spending, 1_000));
		let reserved = call.get_dispatch_info().call_weight;
		let used = call.dispatch(signed(&key(100))).expect("it is within the budget").actual_weight;
		assert_eq!(used.map(|used| (reserved - used).ref_time()), Some(1_000_000));
	});
}
