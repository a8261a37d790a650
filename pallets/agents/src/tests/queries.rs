//! Queries and their pages.

use super::*;
use std::collections::BTreeSet;

#[test]
fn an_agent_is_found_by_id_account_controller_and_tag() {
	run(|| {
		let agent = register(&alice());
		let info = Agents::agent(agent).expect("it is registered");
		assert_eq!((info.id, &info.controller, info.bond), (agent, &alice(), INITIAL_BOND));
		assert_eq!(info.tags, vec![b"translation".to_vec()]);
		assert_eq!(info.services, vec![(b"a2a".to_vec(), b"https://example.org/a2a".to_vec())]);
		assert_eq!(Agents::agent_by_account(&info.account), Some(info.clone()));
		assert_eq!(Agents::agent_by_account(&alice()), None);
		assert_eq!(Agents::agents_of(&alice(), None, 10).items, vec![info.clone()]);
		assert_eq!(Agents::agents_by_tag(b"translation".to_vec(), None, 10).items, vec![info]);
		assert!(Agents::agents_of(&bob(), None, 10).items.is_empty());
		assert!(Agents::agents_by_tag(vec![b'x'; 1_000], None, 10).items.is_empty());
	});
}

/// Follows the cursors to the end.
fn all_of_alice(limit: u32, mut between: impl FnMut(&[AgentId])) -> Vec<AgentId> {
	let (mut seen, mut cursor) = (Vec::new(), None);
	loop {
		let page = Agents::agents_of(&alice(), cursor, limit);
		assert!(page.items.len() <= limit as usize);
		seen.extend(page.items.iter().map(|info| info.id));
		between(&seen);
		cursor = page.next;
		if cursor.is_none() {
			return seen;
		}
	}
}

#[test]
fn pages_neither_skip_nor_repeat() {
	run(|| {
		let all: BTreeSet<_> = (0..25).map(|_| register(&alice())).collect();
		for limit in [1, 2, 5, 24, 25, 26, u32::MAX] {
			let seen = all_of_alice(limit.min(256), |_| ());
			assert_eq!(seen.len(), all.len());
			assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
		}
	});
}

#[test]
fn a_cursor_that_left_the_index_still_leads_on() {
	run(|| {
		let all: BTreeSet<_> = (0..10).map(|_| register(&alice())).collect();
		let seen = all_of_alice(3, |seen| {
			let last = *seen.last().expect("pages are not empty");
			assert_ok!(Agents::propose_controller(signed(&alice()), last, Some(bob())));
			assert_ok!(Agents::accept_controller(signed(&bob()), last, all_of(last)));
		});
		assert_eq!(seen.len(), all.len());
		assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
	});
}

#[test]
fn tags_are_paged_too() {
	run(|| {
		let all: BTreeSet<_> = (0..7).map(|_| register(&alice())).collect();
		let (mut seen, mut cursor) = (Vec::new(), None);
		loop {
			let page = Agents::agents_by_tag(b"translation".to_vec(), cursor, 2);
			seen.extend(page.items.iter().map(|info| info.id));
			cursor = page.next;
			if cursor.is_none() {
				break;
			}
		}
		assert_eq!(seen.len(), 7);
		assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
	});
}

#[test]
fn delegations_are_paged_in_order_with_gaps() {
	run(|| {
		funded_agent();
		let granted: Vec<_> = (100..110).map(|index| grant(&key(index), terms())).collect();
		for removed in [0, 3, 4, 5, 9] {
			assert_ok!(Agents::revoke(signed(&alice()), AGENT, granted[removed]));
		}
		let (mut seen, mut cursor) = (Vec::new(), None);
		loop {
			let page = Agents::delegations(AGENT, cursor, 3);
			seen.extend(page.items.iter().map(|info| info.id.0));
			cursor = page.next;
			if cursor.is_none() {
				break;
			}
		}
		assert_eq!(seen, vec![1, 2, 6, 7, 8]);
		assert!(Agents::delegations(AGENT, Some(DelegationId(99)), 3).items.is_empty());
		assert_eq!(Agents::delegations(AGENT, Some(DelegationId(99)), 3).next, None);
		assert!(Agents::delegations(AgentId(9), None, 3).items.is_empty());
	});
}

#[test]
fn a_key_learns_whether_it_may_act_and_why_not() {
	run(|| {
		funded_agent();
		let parent = grant(&key(100), Terms { fee_budget: 77, ..terms() });
		let less = Terms { budget: 5_000_000, fee_budget: 77, expires_at_ms: 9_000, ..terms() };
		let child = pass_on(&key(100), parent, &key(101), less).expect("it is less");
		assert_ok!(act(&key(101), child, pay(&shop(), 1_000_000)));
		let allowed = Agents::may_act(AGENT, child, &key(101), &pay(&shop(), 1)).expect("it may");
		assert_eq!((allowed.budget_left, allowed.fee_budget_left), (4_000_000, 77));
		assert_eq!(allowed.expires_at_ms, 9_000);
		let asked = |key: &AccountId, call| Agents::may_act(AGENT, child, key, &call).err();
		assert_eq!(asked(&key(100), pay(&shop(), 1)), Some(Refusal::NotDelegate));
		assert_eq!(asked(&key(101), remark()), Some(Refusal::OutsideScope));
		let trap = crate::Call::revoke_all { agent: AGENT };
		assert_eq!(asked(&key(101), trap.into()), Some(Refusal::NotLeafCall));
		let info = Agents::delegation(AGENT, child).expect("it is granted");
		assert_eq!((info.spent, info.alive, info.depth), (1_000_000, true, 2));
		assert_ok!(Agents::revoke(signed(&alice()), AGENT, parent));
		assert_eq!(asked(&key(101), pay(&shop(), 1)), Some(Refusal::DelegationRevoked));
		assert!(!Agents::delegation(AGENT, child).expect("it is not cleared").alive);
	});
}

#[test]
fn codes_of_refusals_are_stable() {
	assert_eq!(Refusal::UnknownAgent.code(), 160);
	assert_eq!(Refusal::NotLeafCall.code(), 167);
	assert_eq!(Refusal::AgentCannotPay.code(), 172);
}
