//! Who pays for transactions, through the real extensions.

use super::*;

fn spent(delegation: DelegationId) -> Balance {
	Agents::delegation(AGENT, delegation).expect("the test granted it").fees_spent
}

fn custom(refusal: Refusal) -> TransactionValidityError {
	InvalidTransaction::Custom(refusal.code()).into()
}

#[test]
fn a_key_without_an_account_signs_and_the_agent_pays() {
	run(|| {
		funded_agent();
		let call = remark();
		let payment = Err(InvalidTransaction::Payment.into());
		assert_eq!(validate(&key(100), 0, &call), payment);
		let delegation = grant(&key(100), terms());
		let (before, issued) = (agent_free(), Balances::total_issuance());
		let call = act_call(delegation, pay(&shop(), 1_000_000));
		assert_ok!(validate(&key(100), 0, &call));
		assert_eq!(submit(&key(100), 0, call.clone()), Ok(Ok(())));
		let fee = predicted_fee(&call);
		assert_eq!(agent_free(), before - 1_000_000 - fee);
		assert_eq!(Balances::total_issuance(), issued - fee);
		assert_eq!(spent(delegation), fee);
		assert!(has_event(Event::FeePaid { agent: AGENT, delegation, fee }));
		assert_eq!(System::account_nonce(key(100)), 1);
	});
}

#[test]
fn what_was_charged_too_much_returns_to_the_agent_and_the_budgets() {
	run(|| {
		funded_agent();
		let scopes = || listed([Scope::Escrow]);
		let parent = grant(&key(100), Terms { scopes: scopes(), ..terms() });
		let child = pass_on(&key(100), parent, &key(101), Terms { scopes: scopes(), ..terms() });
		let child = child.expect("it is less");
		let before = agent_free();
		let call = act_call(child, lock(escrow::HoldReason::Deposit, 1_000));
		assert_eq!(submit(&key(101), 0, call.clone()), Ok(Ok(())));
		// The inner call returns a million of its weight.
		let fee = predicted_fee(&call) - 1_000_000;
		assert_eq!(agent_free(), before - 1_000 - fee);
		assert_eq!((spent(parent), spent(child)), (fee, fee));
	});
}

#[test]
fn failed_calls_debit_the_fee_budget() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let before = agent_free();
		let call = act_call(delegation, pay(&shop(), terms().budget + 1));
		assert_eq!(submit(&key(100), 0, call.clone()), Ok(Err(Error::<Test>::BudgetExceeded.into())));
		assert_eq!(agent_free(), before - predicted_fee(&call));
		assert_eq!(spent(delegation), predicted_fee(&call));
	});
}

#[test]
fn the_fee_budget_is_never_exceeded_and_renews() {
	run(|| {
		funded_agent();
		let call = |delegation| act_call(delegation, pay(&shop(), 1_000));
		let fee = predicted_fee(&call(FIRST));
		let delegation = grant(&key(100), Terms { fee_budget: 2 * fee, ..terms() });
		assert_eq!(submit(&key(100), 0, call(delegation)), Ok(Ok(())));
		assert_eq!(submit(&key(100), 0, call(delegation)), Ok(Ok(())));
		let before = agent_free();
		let refused = Err(custom(Refusal::FeeBudgetExceeded));
		assert_eq!(validate(&key(100), 0, &call(delegation)), refused);
		assert_eq!(submit(&key(100), 0, call(delegation)).map(|_| ()), refused);
		assert_eq!(agent_free(), before);
		Now::set(PERIOD_MS);
		assert_eq!(submit(&key(100), 0, call(delegation)), Ok(Ok(())));
	});
}

#[test]
fn the_fee_budgets_above_hold_too() {
	run(|| {
		funded_agent();
		let fee = predicted_fee(&act_call(FIRST, pay(&shop(), 1_000)));
		let less = || Terms { fee_budget: fee, ..terms() };
		let parent = grant(&key(100), less());
		let left = pass_on(&key(100), parent, &key(101), less()).expect("it is less");
		let right = pass_on(&key(100), parent, &key(102), less()).expect("it is less");
		assert_eq!(submit(&key(101), 0, act_call(left, pay(&shop(), 1_000))), Ok(Ok(())));
		assert_eq!(
			submit(&key(102), 0, act_call(right, pay(&shop(), 1_000))),
			Err(custom(Refusal::FeeBudgetExceeded))
		);
	});
}

#[test]
fn a_strangers_failing_acts_cost_the_agent_nothing() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let before = agent_free();
		for call in [
			act_call(delegation, pay(&bob(), 1_000)),
			act_call(delegation, remark()),
			act_call(delegation, pallet_utility::Call::batch { calls: vec![] }.into()),
		] {
			let mine = free(&bob());
			assert!(submit(&bob(), 0, call.clone()).expect("Bob can pay").is_err());
			assert_eq!(free(&bob()), mine - predicted_fee(&call));
		}
		// Those without funds are not even included.
		let call = act_call(delegation, pay(&bob(), 1_000));
		grant(&key(101), terms());
		let before = before - INITIAL_DEPOSIT;
		assert_eq!(submit(&key(101), 0, call), Err(custom(Refusal::NotDelegate)));
		assert_eq!(agent_free(), before);
		assert_eq!(spent(delegation), 0);
	});
}

#[test]
fn outside_its_rights_a_key_pays_itself_or_is_told_why_not() {
	run(|| {
		funded_agent();
		let poor = grant(&key(100), terms());
		let rich = grant(&bob(), terms());
		let before = agent_free();
		let outside = |delegation| act_call(delegation, remark());
		assert_eq!(submit(&key(100), 0, outside(poor)), Err(custom(Refusal::OutsideScope)));
		assert_eq!(submit(&bob(), 0, outside(rich)), Ok(Err(Error::<Test>::OutsideScope.into())));
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, true));
		let call = |delegation| act_call(delegation, pay(&shop(), 1_000));
		assert_eq!(submit(&key(100), 0, call(poor)), Err(custom(Refusal::AgentPaused)));
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, false));
		Now::set(terms().expires_at_ms);
		assert_eq!(submit(&key(100), 0, call(poor)), Err(custom(Refusal::DelegationExpired)));
		assert_eq!(submit(&bob(), 0, call(rich)), Ok(Err(Error::<Test>::DelegationExpired.into())));
		assert_eq!(agent_free(), before);
	});
}

#[test]
fn tips_are_the_signers() {
	run(|| {
		funded_agent();
		let poor = grant(&key(100), terms());
		let rich = grant(&bob(), terms());
		let (before, mine) = (agent_free(), free(&bob()));
		let call = |delegation| act_call(delegation, pay(&shop(), 1_000));
		assert_eq!(submit(&key(100), 1, call(poor)), Err(custom(Refusal::TipNotZero)));
		assert_eq!(submit(&bob(), 1, call(rich)), Ok(Ok(())));
		assert_eq!(agent_free(), before - 1_000);
		assert_eq!(free(&bob()), mine - predicted_fee(&call(rich)) - 1);
	});
}

#[test]
fn an_agent_that_cannot_pay_does_not() {
	run(|| {
		funded_agent();
		let poor = grant(&key(100), terms());
		let rich = grant(&bob(), terms());
		assert_ok!(control(&alice(), AGENT, pay(&shop(), agent_free() - 2 * EXISTENTIAL_DEPOSIT)));
		let call = |delegation| act_call(delegation, pay(&shop(), 1_000));
		assert_eq!(submit(&key(100), 0, call(poor)), Err(custom(Refusal::AgentCannotPay)));
		assert_eq!(submit(&bob(), 0, call(rich)), Ok(Ok(())));
		assert_eq!(agent_free(), 2 * EXISTENTIAL_DEPOSIT - 1_000);
	});
}

#[test]
fn what_is_revoked_between_check_and_payment_is_not_paid() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let call = act_call(delegation, pay(&shop(), 1_000));
		assert_ok!(validate(&key(100), 0, &call));
		let nonce = extension(&key(100), 0);
		let info = info_of(&call, &nonce);
		let source = TransactionSource::External;
		let validated = nonce.validate_only(signed(&key(100)), &call, &info, LENGTH, source, 0);
		let (_, checked, origin) = validated.expect("it is granted");
		assert_ok!(Agents::revoke_all(signed(&alice()), AGENT));
		let before = agent_free();
		let extension = extension(&key(100), 0);
		let prepared = extension.prepare(checked, &origin, &call, &info, LENGTH);
		assert_eq!(prepared.err(), Some(custom(Refusal::DelegationRevoked)));
		assert_eq!(agent_free(), before);
	});
}

#[test]
fn other_calls_of_a_key_are_its_own_affair() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let inner = act_call(delegation, pay(&shop(), 1_000));
		let batch: RuntimeCall = pallet_utility::Call::batch { calls: vec![inner] }.into();
		let payment: TransactionValidityError = InvalidTransaction::Payment.into();
		assert_eq!(submit(&key(100), 0, batch), Err(payment));
		let passed: RuntimeCall =
			crate::Call::delegate { agent: AGENT, parent: Some(delegation), key: key(101), terms: terms() }
				.into();
		assert_eq!(submit(&key(100), 0, passed), Err(payment));
	});
}

#[test]
fn a_replayed_transaction_meets_a_delegation_that_is_gone() {
	run(|| {
		funded_agent();
		let old = grant(&key(100), terms());
		let call = act_call(old, pay(&shop(), 1_000));
		assert_eq!(submit(&key(100), 0, call.clone()), Ok(Ok(())));
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, old));
		// Nothing keeps the account alive: it is gone, and its nonce with it.
		assert!(!System::account_exists(&key(100)));
		let new = grant(&key(100), terms());
		assert_eq!(System::account_nonce(key(100)), 0);
		assert_eq!(submit(&key(100), 0, call), Err(custom(Refusal::UnknownDelegation)));
		assert_eq!(submit(&key(100), 0, act_call(new, pay(&shop(), 1_000))), Ok(Ok(())));
	});
}

#[test]
fn a_replayed_transaction_costs_a_signer_with_funds_nothing() {
	run(|| {
		funded_agent();
		let old = grant(&key(100), terms());
		let replayed = [
			(act_call(old, pay(&shop(), 1_000)), 0),
			// What the signer paid for at the time, because of its tip or its call.
			(act_call(old, pay(&shop(), 1_000)), 7),
			(act_call(old, remark()), 0),
			(act_call(old, batch(vec![])), 0),
		];
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, old));
		assert!(!System::account_exists(&key(100)));
		assert_ok!(Balances::transfer_keep_alive(signed(&alice()), key(100), FUNDS));
		let refused = |replayed: &[(RuntimeCall, Balance)], refusal: Refusal| {
			for (call, tip) in replayed {
				assert_eq!(validate(&key(100), *tip, call), Err(custom(refusal)));
				assert_eq!(submit(&key(100), *tip, call.clone()), Err(custom(refusal)));
			}
			assert_eq!((free(&key(100)), System::account_nonce(key(100))), (FUNDS, 0));
		};
		refused(&replayed, Refusal::UnknownDelegation);
		grant(&key(100), terms());
		refused(&replayed, Refusal::UnknownDelegation);
		assert_ok!(Agents::set_paused(signed(&alice()), AGENT, true));
		refused(&replayed, Refusal::UnknownDelegation);
		assert_ok!(Agents::deregister(signed(&alice()), AGENT));
		refused(&replayed, Refusal::UnknownDelegation);
		let call = Box::new(pay(&shop(), 1));
		let nobodys = crate::Call::act { agent: AgentId(9), delegation: old, call }.into();
		refused(&[(nobodys, 0)], Refusal::UnknownAgent);
	});
}

#[test]
fn what_is_revoked_before_it_is_included_costs_nobody_a_fee() {
	run(|| {
		funded_agent();
		let delegation = grant(&bob(), terms());
		let call = act_call(delegation, pay(&shop(), 1_000));
		assert_ok!(validate(&bob(), 0, &call));
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, delegation));
		let (before, mine) = (agent_free(), free(&bob()));
		assert_eq!(submit(&bob(), 0, call), Err(custom(Refusal::UnknownDelegation)));
		assert_eq!((agent_free(), free(&bob())), (before, mine));
	});
}

#[test]
fn the_pool_learns_who_pays() {
	run(|| {
		funded_agent();
		let delegation = grant(&key(100), terms());
		let call = act_call(delegation, pay(&shop(), 1_000));
		assert_eq!(Agents::paying_agent(&key(100), &call, 5, 0), Some(AGENT));
		assert_eq!(Agents::paying_agent(&key(100), &call, 5, 1), None);
		assert_eq!(Agents::paying_agent(&key(100), &call, terms().fee_budget + 1, 0), None);
		assert_eq!(Agents::paying_agent(&bob(), &call, 5, 0), None);
		assert_eq!(Agents::paying_agent(&key(100), &act_call(DelegationId(9), remark()), 5, 0), None);
		assert_eq!(Agents::paying_agent(&key(100), &remark(), 5, 0), None);
	});
}
