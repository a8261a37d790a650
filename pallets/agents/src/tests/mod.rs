//! Tests of the pallet on the real lower pallets, by subject.

mod acting;
mod attacks;
mod delegations;
mod fees;
mod follower;
mod identity;
mod model;
mod queries;
mod recovery;
mod reputation;

use crate::{
	mock::*,
	types::{Card, RecoveryTerms, Service},
	Error, Event, HoldReason, Profile, Refusal, Terms,
};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchResult, GetDispatchInfo},
	pallet_prelude::{DispatchError, Get},
	storage::{with_storage_layer, with_transaction_unchecked},
	traits::{
		fungible::{Inspect, InspectHold},
		UnfilteredDispatchable,
	},
};
use frame_system::CheckNonce;
use pallet_transaction_payment::ChargeTransactionPayment;
use plexus_primitives::{AgentId, Content, DelegationId};
use sp_runtime::{
	traits::{DispatchTransaction, Dispatchable, TransactionExtension},
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	BoundedVec, TransactionOutcome,
};

const AGENT: AgentId = AgentId(0);
const FIRST: DelegationId = DelegationId(0);
/// What the agent of most tests has besides bond and existential deposit.
const FUNDS: Balance = 100_000_000_000;

fn alice() -> AccountId {
	account(1)
}

fn bob() -> AccountId {
	account(2)
}

fn shop() -> AccountId {
	account(3)
}

/// A key that nobody ever sent anything.
fn key(index: u8) -> AccountId {
	assert!(index >= 100, "smaller numbers are endowed accounts");
	account(index)
}

fn signed(account: &AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account.clone())
}

fn bounded<B: Get<u32>>(bytes: &[u8]) -> BoundedVec<u8, B> {
	bytes.to_vec().try_into().expect("the test stays within the bound")
}

fn listed<Item, B: Get<u32>>(items: impl IntoIterator<Item = Item>) -> BoundedVec<Item, B> {
	items.into_iter().collect::<Vec<_>>().try_into().ok().expect("the test stays within the bound")
}

fn profile(tags: &[&[u8]]) -> Profile<Test> {
	Profile {
		card: Some(Card {
			content: Content { root: [7; 32], len: 9 },
			locator: bounded(b"https://example.org/card"),
		}),
		services: listed([Service { name: bounded(b"a2a"), endpoint: bounded(b"https://example.org/a2a") }]),
		tags: listed(tags.iter().map(|tag| bounded(tag))),
	}
}

fn register(controller: &AccountId) -> AgentId {
	let id = crate::NextAgentId::<Test>::get();
	assert_ok!(Agents::register(signed(controller), profile(&[b"translation"])));
	id
}

/// An agent of Alice's with [`FUNDS`].
fn funded_agent() -> AgentId {
	let agent = register(&alice());
	let to = Agents::account_of(agent);
	assert_ok!(Balances::transfer_keep_alive(signed(&account(ACCOUNTS)), to, FUNDS));
	agent
}

fn terms() -> Terms<Test> {
	Terms {
		scopes: listed([Scope::Payments]),
		budget: 10_000_000_000,
		fee_budget: 20_000_000_000,
		period_ms: PERIOD_MS,
		expires_at_ms: 50 * PERIOD_MS,
	}
}

/// Grants from the controller.
fn grant(key: &AccountId, terms: Terms<Test>) -> DelegationId {
	let record = crate::Agents::<Test>::get(AGENT).expect("the test registered the agent");
	assert_ok!(Agents::delegate(signed(&record.controller), AGENT, None, key.clone(), terms));
	record.next_delegation
}

/// What a new controller says that keeps all delegations.
fn all_of(agent: AgentId) -> Option<DelegationId> {
	crate::Agents::<Test>::get(agent).map(|record| record.next_delegation)
}

fn pass_on(
	granter: &AccountId,
	parent: DelegationId,
	key: &AccountId,
	terms: Terms<Test>,
) -> Result<DelegationId, DispatchError> {
	let record = crate::Agents::<Test>::get(AGENT).expect("the test registered the agent");
	with_storage_layer(|| Agents::delegate(signed(granter), AGENT, Some(parent), key.clone(), terms))?;
	Ok(record.next_delegation)
}

fn pay(to: &AccountId, value: Balance) -> RuntimeCall {
	pallet_balances::Call::transfer_keep_alive { dest: to.clone(), value }.into()
}

fn remark() -> RuntimeCall {
	frame_system::Call::remark_with_event { remark: b"hello".to_vec() }.into()
}

fn lock(reason: escrow::HoldReason, amount: Balance) -> RuntimeCall {
	escrow::Call::lock { reason, amount }.into()
}

fn add_proxy(delegate: &AccountId) -> RuntimeCall {
	pallet_proxy::Call::add_proxy { delegate: delegate.clone(), proxy_type: AnyProxy, delay: 0 }.into()
}

fn batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_utility::Call::batch_all { calls }.into()
}

fn act_call(delegation: DelegationId, call: RuntimeCall) -> RuntimeCall {
	crate::Call::act { agent: AGENT, delegation, call: Box::new(call) }.into()
}

/// Acts without a fee, as in a block: what fails leaves no trace.
fn act(key: &AccountId, delegation: DelegationId, call: RuntimeCall) -> DispatchResult {
	let acted = act_call(delegation, call).dispatch_bypass_filter(signed(key));
	acted.map(|_| ()).map_err(|failed| failed.error)
}

fn control(controller: &AccountId, agent: AgentId, call: RuntimeCall) -> DispatchResult {
	let call = crate::Call::<Test>::control { agent, call: Box::new(call) };
	call.dispatch_bypass_filter(signed(controller)).map(|_| ()).map_err(|failed| failed.error)
}

type Extension = (CheckNonce<Test>, ChargeTransactionPayment<Test>);

fn extension(signer: &AccountId, tip: Balance) -> Extension {
	(CheckNonce::from(System::account_nonce(signer)), ChargeTransactionPayment::from(tip))
}

fn info_of(call: &RuntimeCall, extension: &Extension) -> frame_support::dispatch::DispatchInfo {
	let mut info = call.get_dispatch_info();
	info.extension_weight = extension.weight(call);
	info
}

/// What a pool does with a transaction.
fn validate(signer: &AccountId, tip: Balance, call: &RuntimeCall) -> Result<(), TransactionValidityError> {
	let extension = extension(signer, tip);
	let (info, source) = (info_of(call, &extension), TransactionSource::External);
	extension.validate_only(signed(signer), call, &info, LENGTH, source, 0).map(|_| ())
}

/// What a block does with a transaction: invalid ones leave no trace.
fn submit(
	signer: &AccountId,
	tip: Balance,
	call: RuntimeCall,
) -> Result<DispatchResult, TransactionValidityError> {
	let extension = extension(signer, tip);
	let info = info_of(&call, &extension);
	with_transaction_unchecked(|| {
		match extension.dispatch_transaction(signed(signer), call, &info, LENGTH, 0) {
			Ok(result) => {
				let result = result.map(|_| ()).map_err(|failed| failed.error);
				TransactionOutcome::Commit(Ok(result))
			}
			Err(invalid) => TransactionOutcome::Rollback(Err(invalid)),
		}
	})
}

/// The length that fees are computed for.
const LENGTH: usize = 200;

fn predicted_fee(call: &RuntimeCall) -> Balance {
	let info = info_of(call, &extension(&alice(), 0));
	TransactionPayment::compute_fee(LENGTH as u32, &info, 0)
}

fn free(account: &AccountId) -> Balance {
	Balances::free_balance(account)
}

fn agent_free() -> Balance {
	free(&Agents::account_of(AGENT))
}

fn held(reason: impl Into<RuntimeHoldReason>, account: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason.into(), account)
}

/// Runs a test on a fresh chain, and checks the invariants after it.
fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		assert_ok!(Agents::check_invariants());
	});
}

fn has_event(event: Event<Test>) -> bool {
	let event = RuntimeEvent::from(event);
	System::events().iter().any(|record| record.event == event)
}
