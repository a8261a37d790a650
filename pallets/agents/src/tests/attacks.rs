//! What attackers try, each by the name of the attack. What strangers try with fees and replays is in `fees.rs`.

use super::*;
use pallet_utility::Call as Utility;

fn everything() -> Terms<Test> {
	Terms { scopes: listed([Scope::Everything]), ..terms() }
}

fn hand_over(agent: AgentId, keep_below: Option<DelegationId>) {
	assert_ok!(Agents::propose_controller(signed(&alice()), agent, Some(bob())));
	assert_ok!(Agents::accept_controller(signed(&bob()), agent, keep_below));
}

#[test]
fn a_controller_cannot_leave_itself_a_way_back_through_control() {
	run(|| {
		let agent = funded_agent();
		let inner = || Box::new(pay(&alice(), 1));
		let anonymous = pallet_proxy::Call::create_pure { proxy_type: AnyProxy, delay: 0, index: 0 };
		let multisig = pallet_multisig::Call::approve_as_multi {
			threshold: 2,
			other_signatories: vec![alice()],
			maybe_timepoint: None,
			call_hash: [0; 32],
			max_weight: Default::default(),
		};
		let ways: [RuntimeCall; 5] = [
			add_proxy(&alice()),
			anonymous.into(),
			multisig.into(),
			pallet_proxy::Call::proxy { real: bob(), force_proxy_type: None, call: inner() }.into(),
			Utility::as_derivative { index: 0, call: inner() }.into(),
		];
		for way in ways {
			assert_noop!(control(&alice(), agent, way), Error::<Test>::NotControlCall);
		}
	});
}

#[test]
fn a_call_inside_a_controlled_batch_is_filtered_too() {
	run(|| {
		let agent = funded_agent();
		let filtered = frame_system::Error::<Test>::CallFiltered;
		let hidden = batch(vec![pay(&bob(), 1_000), add_proxy(&alice())]);
		assert_noop!(control(&alice(), agent, hidden), filtered);
		let filtered = frame_system::Error::<Test>::CallFiltered;
		let own = crate::Call::register { profile: profile(&[]) };
		assert_noop!(control(&alice(), agent, batch(vec![own.into()])), filtered);
		assert_ok!(control(&alice(), agent, batch(vec![pay(&bob(), 1_000)])));
	});
}

#[test]
fn control_reaches_into_no_other_agent() {
	run(|| {
		let agent = funded_agent();
		let other = register(&bob());
		let own: [crate::Call<Test>; 6] = [
			crate::Call::register { profile: profile(&[]) },
			crate::Call::accept_controller { agent: other, keep_below: None },
			crate::Call::complete_recovery { agent: other, keep_below: None },
			crate::Call::delegate { agent: other, parent: None, key: alice(), terms: terms() },
			crate::Call::act { agent: other, delegation: FIRST, call: Box::new(remark()) },
			crate::Call::control { agent: other, call: Box::new(remark()) },
		];
		for call in own {
			assert_noop!(control(&alice(), agent, call.into()), Error::<Test>::NotControlCall);
		}
	});
}

#[test]
fn a_former_controllers_proxies_end_with_its_control() {
	// As if an earlier version of the runtime had let them in.
	let with_proxy = || {
		let agent = funded_agent();
		let own = Agents::account_of(agent);
		let before = free(&own);
		assert_ok!(Proxy::add_proxy(signed(&own), alice(), AnyProxy, 0));
		(agent, own, before)
	};
	let stolen = |own: &AccountId| {
		let call = Box::new(pay(&alice(), 1_000));
		Proxy::proxy(signed(&alice()), own.clone(), None, call)
	};
	run(|| {
		let (agent, own, before) = with_proxy();
		hand_over(agent, all_of(agent));
		assert_noop!(stolen(&own), pallet_proxy::Error::<Test>::NotProxy);
		assert_eq!(free(&own), before);
	});
	run(|| {
		let (agent, own, before) = with_proxy();
		let recovery = RecoveryTerms { account: shop(), delay_ms: DELAY_MS };
		assert_ok!(Agents::set_recovery(signed(&alice()), agent, Some(recovery)));
		assert_ok!(Agents::begin_recovery(signed(&shop()), agent, bob()));
		Now::set(DELAY_MS);
		assert_ok!(Agents::complete_recovery(signed(&bob()), agent, all_of(AGENT)));
		assert_noop!(stolen(&own), pallet_proxy::Error::<Test>::NotProxy);
		assert_eq!(free(&own), before);
	});
}

#[test]
fn a_change_of_controller_pays_for_what_else_it_ends() {
	run(|| {
		use crate::{OnControllerChanged, WeightInfo};
		let hook = RemoveProxies::weight();
		let weight = |call: crate::Call<Test>| RuntimeCall::from(call).get_dispatch_info().call_weight;
		let (agent, keep_below) = (AGENT, None);
		let accept = weight(crate::Call::accept_controller { agent, keep_below });
		assert_eq!(accept, <() as WeightInfo>::accept_controller() + hook);
		let complete = weight(crate::Call::complete_recovery { agent, keep_below });
		assert_eq!(complete, <() as WeightInfo>::complete_recovery() + hook);
	});
}

#[test]
fn a_former_controllers_proposal_and_recovery_end_with_its_control() {
	run(|| {
		let agent = register(&alice());
		let recovery = RecoveryTerms { account: alice(), delay_ms: DELAY_MS };
		assert_ok!(Agents::set_recovery(signed(&alice()), agent, Some(recovery)));
		assert_ok!(Agents::begin_recovery(signed(&alice()), agent, alice()));
		hand_over(agent, all_of(agent));
		Now::set(2 * DELAY_MS);
		let none = Error::<Test>::NoRecoveryPending;
		assert_noop!(Agents::complete_recovery(signed(&alice()), agent, all_of(AGENT)), none);
		let none = Error::<Test>::NotRecoveryAccount;
		assert_noop!(Agents::begin_recovery(signed(&alice()), agent, alice()), none);
		let none = Error::<Test>::NotProposed;
		assert_noop!(Agents::accept_controller(signed(&bob()), agent, all_of(AGENT)), none);
	});
	run(|| {
		// The other way round: a recovery ends the proposal of the controller that lost its key.
		let agent = register(&alice());
		let recovery = RecoveryTerms { account: shop(), delay_ms: DELAY_MS };
		assert_ok!(Agents::set_recovery(signed(&alice()), agent, Some(recovery)));
		assert_ok!(Agents::begin_recovery(signed(&shop()), agent, bob()));
		assert_ok!(Agents::propose_controller(signed(&alice()), agent, Some(account(4))));
		Now::set(DELAY_MS);
		assert_ok!(Agents::complete_recovery(signed(&bob()), agent, all_of(AGENT)));
		let none = Error::<Test>::NotProposed;
		assert_noop!(Agents::accept_controller(signed(&account(4)), agent, all_of(AGENT)), none);
	});
}

#[test]
fn a_former_controllers_keys_end_with_its_control_unless_they_are_kept() {
	run(|| {
		let agent = funded_agent();
		let mine = grant(&alice(), everything());
		hand_over(agent, None);
		let revoked = Error::<Test>::DelegationRevoked;
		assert_noop!(act(&alice(), mine, pay(&alice(), 1_000)), revoked);
		let passed = pass_on(&alice(), mine, &key(100), terms());
		assert_eq!(passed, Err(Error::<Test>::DelegationRevoked.into()));
	});
}

#[test]
fn a_former_controller_grants_itself_nothing_at_the_last_moment() {
	run(|| {
		let agent = funded_agent();
		let kept = grant(&key(100), terms());
		let seen = all_of(agent);
		let recovery = RecoveryTerms { account: bob(), delay_ms: DELAY_MS };
		assert_ok!(Agents::set_recovery(signed(&alice()), agent, Some(recovery)));
		assert_ok!(Agents::begin_recovery(signed(&bob()), agent, bob()));
		assert_ok!(Agents::propose_controller(signed(&alice()), agent, Some(bob())));
		Now::set(DELAY_MS);
		let mine = grant(&alice(), everything());
		let changed = || Error::<Test>::DelegationsChanged;
		assert_noop!(Agents::accept_controller(signed(&bob()), agent, seen), changed());
		assert_noop!(Agents::complete_recovery(signed(&bob()), agent, seen), changed());
		// Revoking it again hides nothing: ids are not reused.
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, mine));
		assert_noop!(Agents::accept_controller(signed(&bob()), agent, seen), changed());
		assert_ok!(Agents::accept_controller(signed(&bob()), agent, all_of(agent)));
		assert_ok!(act(&key(100), kept, pay(&shop(), 1_000)));
	});
}

#[test]
fn a_delegate_loses_no_more_in_forfeited_bonds_than_its_budget() {
	run(|| {
		funded_agent();
		let own = Agents::account_of(AGENT);
		let (budget, before) = (5_000, Balances::total_balance(&own));
		let delegation = grant(&key(100), Terms { budget, ..everything() });
		let bond = |amount| lock(escrow::HoldReason::Forfeitable, amount);
		let forfeit = |amount| {
			let lost = escrow::Call::<Test>::forfeit { from: own.clone(), to: shop(), amount };
			assert_ok!(lost.dispatch_bypass_filter(signed(&shop())));
		};
		assert_noop!(act(&key(100), delegation, bond(budget + 1)), Error::<Test>::BudgetExceeded);
		assert_ok!(act(&key(100), delegation, bond(3_000)));
		// Lost to an accomplice, outside of any act: it was charged when it was put there.
		forfeit(3_000);
		assert_noop!(act(&key(100), delegation, bond(2_001)), Error::<Test>::BudgetExceeded);
		assert_ok!(act(&key(100), delegation, bond(2_000)));
		forfeit(2_000);
		assert_eq!(Balances::total_balance(&own), before - budget);
		assert_noop!(act(&key(100), delegation, bond(1)), Error::<Test>::BudgetExceeded);
	});
}

#[test]
fn a_hold_that_the_runtime_does_not_name_is_spending() {
	run(|| {
		funded_agent();
		let own = Agents::account_of(AGENT);
		let before = Agents::exposure(&own);
		// Reserved in the old way, for no reason at all.
		assert_ok!(<Balances as frame_support::traits::ReservableCurrency<_>>::reserve(&own, 1_234));
		assert_eq!(Agents::exposure(&own).outflow_since(&before), 1_234);
	});
}

#[test]
fn netting_inside_a_batch_is_impossible() {
	run(|| {
		funded_agent();
		let own = Agents::account_of(AGENT);
		let delegation = grant(&key(100), Terms { budget: 1_000, ..everything() });
		// Bob brings in what the agent sends out: nothing would seem to have left.
		assert_ok!(Proxy::add_proxy(signed(&bob()), own.clone(), AnyProxy, 0));
		let income = Box::new(pay(&own, 1_000_000));
		let income = pallet_proxy::Call::proxy { real: bob(), force_proxy_type: None, call: income };
		let calls = vec![pay(&shop(), 1_000_000), income.into()];
		let netted: [RuntimeCall; 3] = [
			Utility::batch { calls: calls.clone() }.into(),
			Utility::batch_all { calls: calls.clone() }.into(),
			Utility::force_batch { calls }.into(),
		];
		for call in netted {
			assert_noop!(act(&key(100), delegation, call), Error::<Test>::NotLeafCall);
		}
		assert_noop!(act(&key(100), delegation, pay(&shop(), 1_000_000)), Error::<Test>::BudgetExceeded);
	});
}

#[test]
fn a_careless_list_of_leaf_calls_still_hides_no_other_calls() {
	run(|| {
		funded_agent();
		CarelessLeafCalls::set(true);
		let delegation = grant(&key(100), everything());
		let revoke_all = crate::Call::revoke_all { agent: AGENT };
		for hidden in [add_proxy(&key(100)), revoke_all.into()] {
			let filtered = frame_system::Error::<Test>::CallFiltered;
			assert_noop!(act(&key(100), delegation, batch(vec![hidden])), filtered);
		}
		assert_ok!(act(&key(100), delegation, batch(vec![pay(&shop(), 1_000)])));
	});
}

#[test]
fn a_key_gains_no_budget_by_passing_on_to_itself() {
	run(|| {
		funded_agent();
		let budget = 3 * INITIAL_DEPOSIT + 1_000;
		let delegation = grant(&key(100), Terms { budget, ..terms() });
		let own = pass_on(&key(100), delegation, &key(100), Terms { budget, ..terms() });
		assert_ok!(act(&key(100), own.expect("it is within"), pay(&shop(), 1_000)));
		assert_ok!(Agents::revoke(signed(&key(100)), AGENT, own.expect("it is within")));
		// Neither the spending nor the deposit, which came back to the agent, is forgotten.
		let spent = |id| Agents::delegation(AGENT, id).expect("it is granted").spent;
		assert_eq!(spent(delegation), INITIAL_DEPOSIT + 1_000);
		let again = pass_on(&key(100), delegation, &key(100), Terms { budget, ..terms() });
		let again = again.expect("it is within");
		let over = pay(&shop(), INITIAL_DEPOSIT + 1);
		assert_noop!(act(&key(100), again, over), Error::<Test>::BudgetExceeded);
		assert_ok!(act(&key(100), again, pay(&shop(), INITIAL_DEPOSIT)));
		assert_noop!(act(&key(100), delegation, pay(&shop(), 1)), Error::<Test>::BudgetExceeded);
	});
}

#[test]
fn a_key_gains_no_fee_budget_by_passing_on_to_itself() {
	run(|| {
		funded_agent();
		let fee_budget = predicted_fee(&act_call(FIRST, pay(&shop(), 1_000)));
		let delegation = grant(&key(100), Terms { fee_budget, ..terms() });
		let own = pass_on(&key(100), delegation, &key(100), Terms { fee_budget, ..terms() });
		let own = own.expect("it is within");
		assert_eq!(submit(&key(100), 0, act_call(own, pay(&shop(), 1_000))), Ok(Ok(())));
		let exceeded = InvalidTransaction::Custom(Refusal::FeeBudgetExceeded.code());
		for id in [own, delegation] {
			let refused = submit(&key(100), 0, act_call(id, pay(&shop(), 1_000)));
			assert_eq!(refused, Err(exceeded.into()));
		}
	});
}

#[test]
fn a_key_cannot_starve_the_agents_account() {
	run(|| {
		funded_agent();
		let own = Agents::account_of(AGENT);
		let delegation = grant(&key(100), Terms { budget: Balance::MAX, ..everything() });
		let all = pallet_balances::Call::transfer_all { dest: shop(), keep_alive: false };
		assert_ok!(act(&key(100), delegation, all.into()));
		// Bond and deposits keep it alive, and are the controller's to bring back.
		assert!(System::account_exists(&own));
		assert_eq!(held(HoldReason::Bond, &own), INITIAL_BOND);
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, delegation));
		assert_ok!(Agents::deregister(signed(&alice()), AGENT));
	});
}

#[test]
fn many_pending_transactions_together_stay_within_the_fee_budget() {
	run(|| {
		funded_agent();
		let fee = predicted_fee(&act_call(FIRST, pay(&shop(), 1_000)));
		let parent = grant(&key(100), Terms { fee_budget: 2 * fee, ..terms() });
		let less = || Terms { fee_budget: 2 * fee, ..terms() };
		let keys: Vec<_> = (101..106).map(key).collect();
		let granted = |key| (key, pass_on(&crate::tests::key(100), parent, key, less()).expect("it is less"));
		let pending: Vec<_> = keys.iter().map(granted).collect();
		let before = agent_free();
		for (key, id) in &pending {
			assert_ok!(validate(key, 0, &act_call(*id, pay(&shop(), 1_000))));
		}
		let included = pending
			.iter()
			.filter(|(key, id)| submit(key, 0, act_call(*id, pay(&shop(), 1_000))).is_ok())
			.count();
		assert_eq!(included, 2);
		assert_eq!(agent_free(), before - 2 * (fee + 1_000));
	});
}
