//! What the pallet encodes, as it is decoded and printed.

use super::{printed::scope_name, *};
use crate::{address::display, output::Answer as _};
use codec::DecodeAll;
use pallet_agents::{
	runtime_api,
	types::{AgentStatus, PendingRecovery, RecoveryTerms},
};
use plexus_primitives::{AgentId, DelegationId};
use plexus_runtime::Scope;

fn account(n: u8) -> AccountId32 {
	[n; 32].into()
}

fn agent() -> runtime_api::AgentInfo<AccountId32, u128, u32> {
	let terms = RecoveryTerms { account: account(4), delay_ms: 90_000 };
	let pending = PendingRecovery { controller: account(5), completes_at_ms: 6 };
	runtime_api::AgentInfo {
		id: AgentId(7),
		account: account(1),
		controller: account(2),
		proposed_controller: Some(account(3)),
		recovery: Some(pallet_agents::types::Recovery { terms, pending: Some(pending) }),
		status: AgentStatus::Paused,
		bond: 8,
		registered_at: 9,
		next_delegation: DelegationId(10),
		revoked_below: DelegationId(11),
		card: Some((Content { root: [12; 32], len: 13 }, b"https://example.org/card".to_vec())),
		services: vec![(b"a2a".to_vec(), b"https://example.org/a2a".to_vec())],
		tags: vec![b"translation/de".to_vec(), b"ocr".to_vec()],
		reputation: 14,
		payers: 15,
	}
}

fn delegation() -> runtime_api::DelegationInfo<AccountId32, u128, Scope> {
	runtime_api::DelegationInfo {
		id: DelegationId(1),
		key: account(2),
		parent: Some(DelegationId(3)),
		depth: 2,
		scopes: vec![Scope::Remarks, Scope::Payments],
		budget: 4_000_000_000_000,
		spent: 5,
		fee_budget: 6,
		fees_spent: 7,
		period_ms: 3_600_000,
		granted_at_ms: 8,
		expires_at_ms: 90_000,
		deposit: 9,
		alive: true,
	}
}

#[test]
fn an_agent_decodes_from_the_pallets_bytes_and_has_stable_json_keys() {
	let page = runtime_api::AgentPage { items: vec![agent()], next: Some(AgentId(7)) };
	let page = PageOf::<Info, u64>::decode_all(&mut &page.encode()[..]).expect("the same encoding");
	assert_eq!(page.next, Some(7));
	let Some(info) = page.items.into_iter().next() else { panic!("one item") };
	let agent = Agent::from(info);
	assert_eq!(
		serde_json::to_value(&agent).unwrap(),
		serde_json::json!({
			"id": 7, "account": display(&account(1)), "controller": display(&account(2)),
			"proposed_controller": display(&account(3)),
			"recovery": {
				"account": display(&account(4)), "delay_ms": 90000,
				"pending": { "controller": display(&account(5)), "completes_at_ms": 6 },
			},
			"status": "paused", "bond": "8", "registered_at": 9, "next_delegation": 10, "revoked_below": 11,
			"card": { "root": format!("0x{}", "0c".repeat(32)), "length": 13, "locator": "https://example.org/card" },
			"services": [{ "name": "a2a", "endpoint": "https://example.org/a2a" }],
			"tags": ["translation/de", "ocr"], "reputation": "14", "payers": 15,
		})
	);
	let human = agent.human();
	for part in ["paused", "translation/de ocr", "1 min 30 s", "https://example.org/a2a"] {
		assert!(human.contains(part), "{human}");
	}
}

#[test]
fn a_delegation_decodes_from_the_pallets_bytes_and_is_told_in_a_table() {
	let page = runtime_api::DelegationPage { items: vec![delegation()], next: Some(DelegationId(2)) };
	let page = PageOf::decode_all(&mut &page.encode()[..]).expect("the same encoding");
	let page = DelegationPage::new(7, page, 30_000);
	let json = serde_json::to_value(&page).unwrap();
	assert_eq!(
		json,
		serde_json::json!({
			"agent": 7, "next": 2,
			"delegations": [{
				"id": 1, "key": display(&account(2)), "parent": 3, "depth": 2, "scopes": ["Remarks", "Payments"],
				"budget": "4000000000000", "spent": "5", "fee_budget": "6", "fees_spent": "7",
				"period_ms": 3600000, "granted_at_ms": 8, "expires_at_ms": 90000, "left_ms": 60000,
				"deposit": "9", "alive": true,
			}],
		})
	);
	let human = page.human();
	for part in ["of 4 PLX", "Remarks Payments", "1 min 0 s", "--cursor 2"] {
		assert!(human.contains(part), "{human}");
	}
	assert_eq!(scope_name(200), "scope 200", "scopes of later versions are told by their place");
}

#[test]
fn one_delegation_is_told_as_in_a_page_and_a_call_goes_as_it_is() {
	let info = DelegationInfo::decode_all(&mut &delegation().encode()[..]).expect("the same encoding");
	let human = Delegation::new(info, 30_000).human();
	for part in ["delegation 3", "Remarks Payments", "of 4 PLX", "1 min 0 s"] {
		assert!(human.contains(part), "{human}");
	}
	assert_eq!((7u64, Verbatim(&[1, 2, 3])).encode(), [&7u64.encode()[..], &[1, 2, 3]].concat());
}

#[test]
fn refusals_and_scopes_have_the_pallets_places() {
	type Answer = Result<AllowanceInfo, Refusal>;
	for place in 0..13u8 {
		let theirs: pallet_agents::Refusal = Decode::decode(&mut &[place][..]).expect("thirteen");
		let bytes = Result::<runtime_api::Allowance<u128>, _>::Err(theirs).encode();
		let ours = Answer::decode_all(&mut &bytes[..]).expect("the same encoding").expect_err("a refusal");
		assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
	}
	assert!(pallet_agents::Refusal::decode(&mut &[13][..]).is_err(), "no more");
	for (place, name) in (0u8..).zip(SCOPES) {
		let theirs = Scope::decode(&mut &[place][..]).expect("as many");
		assert_eq!(format!("{theirs:?}"), name);
	}
	assert!(Scope::decode(&mut &[SCOPES.len() as u8][..]).is_err(), "no more");
}
