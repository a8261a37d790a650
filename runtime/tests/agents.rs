//! Agents in the runtime: who pays, what keys may do, and that nothing else moves.

mod common;

use codec::Encode;
use common::{transfer, Chain, Key};
use frame_support::traits::Get;
use pallet_agents::{
	types::{Profile, RecoveryTerms, Terms},
	Call, Error, Event, Refusal,
};
use pallet_validators::ChainPeriods;
use plexus_primitives::{constants::UNITS, AgentId, DelegationId};
use plexus_runtime::{
	fees::validators_pot, native, AccountId, Address, Agents, Balance, ProxyType, Runtime, RuntimeCall,
	RuntimeEvent, Scope, System,
};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	ApplyExtrinsicResult, BoundedVec, DispatchError,
};

const AGENT: AgentId = AgentId(0);
/// The delegation that is granted first.
const FIRST: DelegationId = DelegationId(0);
/// What the agent has besides its bond.
const FUNDS: Balance = 100 * UNITS;
/// An era of the development periods, with blocks of a second: the shortest delay of a recovery.
const ERA_MS: u64 = 50_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

fn alice() -> Key {
	Key::sr25519("//Alice")
}

fn bob() -> Key {
	Key::ed25519("//Bob")
}

/// A key that nobody ever sent anything.
fn key(number: u8) -> Key {
	Key::sr25519(&format!("//Agent//{number}"))
}

fn shop() -> AccountId {
	AccountId::new([0x5a; 32])
}

fn account() -> AccountId {
	Agents::account_of(AGENT)
}

fn bounded<B: Get<u32>>(text: &[u8]) -> BoundedVec<u8, B> {
	text.to_vec().try_into().expect("the test stays within the bound")
}

fn terms() -> Terms<Runtime> {
	Terms {
		scopes: vec![Scope::Payments].try_into().expect("one fits"),
		budget: 10 * UNITS,
		fee_budget: UNITS,
		period_ms: DAY_MS,
		expires_at_ms: DAY_MS,
	}
}

fn pay(value: Balance) -> RuntimeCall {
	transfer(&shop(), value)
}

fn remark() -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::remark { remark: b"hello".to_vec() })
}

fn act(delegation: DelegationId, call: RuntimeCall) -> RuntimeCall {
	RuntimeCall::Agents(Call::act { agent: AGENT, delegation, call: Box::new(call) })
}

fn control(call: RuntimeCall) -> RuntimeCall {
	RuntimeCall::Agents(Call::control { agent: AGENT, call: Box::new(call) })
}

fn batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	RuntimeCall::Utility(pallet_utility::Call::batch_all { calls })
}

fn delegate(parent: Option<DelegationId>, to: &Key, terms: Terms<Runtime>) -> RuntimeCall {
	RuntimeCall::Agents(Call::delegate { agent: AGENT, parent, key: to.account(), terms })
}

/// A chain with Alice, who controls an agent with [`FUNDS`], and Bob.
struct World {
	chain: Chain,
}

impl World {
	fn new() -> Self {
		let chain = Chain::with_periods(&[&alice(), &bob()], 1_000, ChainPeriods::DEVELOPMENT);
		let mut world = Self { chain };
		let tags = vec![bounded(b"translation/de")].try_into().expect("one fits");
		let profile = Profile { tags, ..Default::default() };
		world.succeeds(&alice(), RuntimeCall::Agents(Call::register { profile }));
		world.succeeds(&alice(), transfer(&account(), FUNDS));
		world
	}

	/// With a delegation to `key(1)`.
	fn with_key(terms: Terms<Runtime>) -> Self {
		let mut world = Self::new();
		world.succeeds(&alice(), delegate(None, &key(1), terms));
		world
	}

	fn nonce(&mut self, of: &Key) -> u32 {
		self.chain.ext.execute_with(|| System::account_nonce(of.account()))
	}

	/// One block with one transaction.
	fn send(&mut self, from: &Key, tip: Balance, call: RuntimeCall) -> ApplyExtrinsicResult {
		let nonce = self.nonce(from);
		let transaction = self.chain.sign(from, nonce, tip, call);
		let (_, results) = self.chain.build(vec![transaction]);
		results[0]
	}

	fn succeeds(&mut self, from: &Key, call: RuntimeCall) {
		assert_eq!(self.send(from, 0, call), Ok(Ok(())));
	}

	/// The transaction is in the block and fails there.
	fn fails(&mut self, from: &Key, call: RuntimeCall, error: impl Into<DispatchError>) {
		assert_eq!(self.send(from, 0, call), Ok(Err(error.into())));
	}

	/// The transaction is in no block.
	fn is_refused(&mut self, from: &Key, call: RuntimeCall, refusal: Refusal) {
		assert_eq!(self.send(from, 0, call), Err(code(refusal)));
	}

	fn of_agent(&mut self) -> Balance {
		self.chain.total_balance(&account())
	}

	fn events(&mut self) -> Vec<Event<Runtime>> {
		let ours = |event| match event {
			RuntimeEvent::Agents(event) => Some(event),
			_ => None,
		};
		self.chain.events().into_iter().filter_map(ours).collect()
	}
}

fn code(refusal: Refusal) -> TransactionValidityError {
	InvalidTransaction::Custom(refusal.code()).into()
}

#[test]
fn a_key_without_funds_acts_and_its_agent_pays_the_fee() {
	let mut world = World::with_key(terms());
	let before = (world.of_agent(), world.chain.issuance(), world.chain.balance(&validators_pot()));
	world.succeeds(&key(1), act(FIRST, pay(2 * UNITS)));
	let [(fee, 0)] = world.chain.fees_paid()[..] else { panic!("one transaction pays one fee") };
	assert!(fee > 0);
	assert_eq!(world.of_agent(), before.0 - 2 * UNITS - fee);
	assert_eq!(world.chain.balance(&shop()), 2 * UNITS);
	// Where the fee goes does not depend on who pays it.
	assert_eq!(world.chain.balance(&validators_pot()), before.2 + fee / 2);
	assert_eq!(world.chain.issuance(), before.1 - (fee - fee / 2));
	let acted = Event::Acted { agent: AGENT, delegation: FIRST, key: key(1).account(), outflow: 2 * UNITS };
	assert_eq!(world.events(), [acted, Event::FeePaid { agent: AGENT, delegation: FIRST, fee }]);
	assert_eq!((world.nonce(&key(1)), world.chain.total_balance(&key(1).account())), (1, 0));
	let left = world.chain.ext.execute_with(|| Agents::allowance(AGENT, FIRST)).expect("it is live");
	assert_eq!((left.budget_left, left.fee_budget_left), (8 * UNITS, UNITS - fee));
}

#[test]
fn a_node_can_tell_who_would_pay() {
	let mut world = World::with_key(terms());
	let cases = [
		(key(1), 0, act(FIRST, pay(1)), true, Some(AGENT)),
		(key(1), 1, act(FIRST, pay(1)), true, None),
		(key(1), 0, act(FIRST, remark()), true, None),
		(bob(), 0, act(FIRST, pay(1)), true, None),
		(bob(), 0, act(DelegationId(7), pay(1)), true, None),
		(key(1), 0, pay(1), false, None),
	];
	for (signer, tip, call, names_payer, payer) in cases {
		let transaction = world.chain.sign(&signer, 0, tip, call.clone());
		assert_eq!(native::names_payer(&transaction), names_payer, "{call:?}");
		let length = transaction.encode().len();
		let told = world.chain.scratch(|| native::paying_agent(&transaction, length));
		assert_eq!(told, payer, "{call:?}");
	}
	// A fee beyond the budget, by its bytes alone.
	let transaction = world.chain.sign(&key(1), 0, 0, act(FIRST, pay(1)));
	assert_eq!(world.chain.scratch(|| native::paying_agent(&transaction, 200_000)), None);
}

#[test]
fn a_strangers_failing_acts_cost_the_agent_nothing() {
	let mut world = World::with_key(terms());
	let before = world.of_agent();
	for (call, error) in [
		(act(FIRST, pay(UNITS)), Error::<Runtime>::NotDelegate),
		(act(FIRST, remark()), Error::<Runtime>::NotDelegate),
		(act(FIRST, batch(vec![])), Error::<Runtime>::NotLeafCall),
	] {
		let of_bob = world.chain.balance(&bob().account());
		world.fails(&bob(), call, error);
		let [(fee, 0)] = world.chain.fees_paid()[..] else { panic!("one transaction pays one fee") };
		assert_eq!(world.chain.balance(&bob().account()), of_bob - fee, "the stranger pays");
	}
	// What names no delegation costs nobody anything: it is in no block.
	world.is_refused(&bob(), act(DelegationId(7), pay(UNITS)), Refusal::UnknownDelegation);
	// Nor does a stranger with nothing.
	assert_eq!(world.send(&key(9), 0, act(FIRST, pay(UNITS))), Err(InvalidTransaction::Payment.into()));
	assert_eq!(world.of_agent(), before);
	let left = world.chain.ext.execute_with(|| Agents::allowance(AGENT, FIRST)).expect("it is live");
	assert_eq!((left.budget_left, left.fee_budget_left), (10 * UNITS, UNITS));
}

#[test]
fn beyond_the_budget_nothing_moves_but_the_fee() {
	let mut world = World::with_key(terms());
	world.succeeds(&key(1), act(FIRST, pay(9 * UNITS)));
	let before = world.of_agent();
	world.fails(&key(1), act(FIRST, pay(UNITS + 1)), Error::<Runtime>::BudgetExceeded);
	let [(fee, 0)] = world.chain.fees_paid()[..] else { panic!("one transaction pays one fee") };
	assert_eq!(world.of_agent(), before - fee);
	assert_eq!(world.chain.balance(&shop()), 9 * UNITS);
	world.succeeds(&key(1), act(FIRST, pay(UNITS)));
}

#[test]
fn beyond_fee_budget_scope_or_expiry_each_is_refused_for_its_own_reason_and_moves_nothing() {
	// (What is wrong with the terms, the refusal, and the error for a key that pays itself.)
	type Case = (Terms<Runtime>, Refusal, Option<Error<Runtime>>);
	let cases: [Case; 3] = [
		(Terms { fee_budget: 1, ..terms() }, Refusal::FeeBudgetExceeded, None),
		(
			Terms { scopes: vec![Scope::Remarks, Scope::Datanets].try_into().expect("fits"), ..terms() },
			Refusal::OutsideScope,
			Some(Error::OutsideScope),
		),
		(
			Terms { expires_at_ms: 4_000, ..terms() },
			Refusal::DelegationExpired,
			Some(Error::DelegationExpired),
		),
	];
	for (terms, refusal, error) in cases {
		let mut world = World::with_key(terms);
		// Beyond the one expiry.
		for _ in 0..5 {
			world.chain.build(vec![]);
		}
		let before = world.of_agent();
		world.is_refused(&key(1), act(FIRST, pay(UNITS)), refusal);
		assert_eq!((world.of_agent(), world.chain.balance(&shop())), (before, 0));
		world.succeeds(&bob(), transfer(&key(1).account(), UNITS));
		let moved = if error.is_none() { UNITS } else { 0 };
		match error {
			Some(error) => world.fails(&key(1), act(FIRST, pay(UNITS)), error),
			None => world.succeeds(&key(1), act(FIRST, pay(UNITS))),
		}
		assert_eq!((world.of_agent(), world.chain.balance(&shop())), (before - moved, moved));
		assert!(world.chain.total_balance(&key(1).account()) < UNITS, "the key paid the fee itself");
	}
}

#[test]
fn the_agent_pays_no_tips() {
	let mut world = World::with_key(terms());
	let before = world.of_agent();
	assert_eq!(world.send(&key(1), 1, act(FIRST, pay(UNITS))), Err(code(Refusal::TipNotZero)));
	assert_eq!(world.of_agent(), before);
}

#[test]
fn a_key_passes_on_less_and_to_a_depth_of_four() {
	let mut world = World::with_key(terms());
	for number in 1..=4 {
		world.succeeds(&bob(), transfer(&key(number).account(), UNITS));
	}
	for number in 1..4u8 {
		let parent = Some(DelegationId(u32::from(number) - 1));
		let more = Terms { budget: 11 * UNITS, ..terms() };
		world.fails(&key(number), delegate(parent, &key(number + 1), more), Error::<Runtime>::ExceedsParent);
		world.succeeds(&key(number), delegate(parent, &key(number + 1), terms()));
	}
	let before = world.of_agent();
	world.fails(&key(4), delegate(Some(DelegationId(3)), &key(5), terms()), Error::<Runtime>::TooDeep);
	assert_eq!(world.of_agent(), before);
	// The fourth acts, and all above it are charged.
	world.succeeds(&key(4), act(DelegationId(3), pay(UNITS)));
	for number in 0..4 {
		let told = world.chain.ext.execute_with(|| Agents::delegation(AGENT, DelegationId(number)));
		assert!(told.is_some_and(|delegation| delegation.spent >= UNITS), "delegation {number}");
	}
}

#[test]
fn netting_is_impossible_inside_a_batch_and_around_it() {
	let mut world = World::with_key(terms());
	world.succeeds(&bob(), transfer(&key(1).account(), 50 * UNITS));
	let before = world.of_agent();
	// No batch is a leaf call.
	let inside = batch(vec![pay(9 * UNITS)]);
	world.fails(&key(1), act(FIRST, inside), Error::<Runtime>::NotLeafCall);
	// A batch of acts: what the key brings back between them gives it nothing.
	let back = transfer(&account(), 9 * UNITS);
	let around = batch(vec![act(FIRST, pay(9 * UNITS)), back, act(FIRST, pay(9 * UNITS))]);
	world.fails(&key(1), around, Error::<Runtime>::BudgetExceeded);
	assert_eq!((world.of_agent(), world.chain.balance(&shop())), (before, 0), "the key paid the fees");
}

#[test]
fn revoking_the_parent_kills_the_child_in_the_same_block() {
	let mut world = World::with_key(terms());
	world.succeeds(&bob(), transfer(&key(1).account(), UNITS));
	world.succeeds(&key(1), delegate(Some(FIRST), &key(2), terms()));
	world.succeeds(&key(2), act(DelegationId(1), pay(UNITS)));
	let nonce = world.nonce(&alice());
	let revoke = RuntimeCall::Agents(Call::revoke { agent: AGENT, delegation: FIRST });
	let transactions = vec![
		world.chain.sign(&alice(), nonce, 0, revoke),
		world.chain.sign(&key(2), 1, 0, act(DelegationId(1), pay(UNITS))),
	];
	let (_, results) = world.chain.build(transactions);
	assert_eq!(results, [Ok(Ok(())), Err(code(Refusal::DelegationRevoked))]);
	assert_eq!(world.chain.balance(&shop()), UNITS);
	// Anybody clears what is dead, and the deposit is free in the agent's account.
	let clear = RuntimeCall::Agents(Call::clear_delegation { agent: AGENT, delegation: DelegationId(1) });
	world.succeeds(&bob(), clear);
	// Nothing keeps the account of a key alive that never had anything. Its old transactions name what is gone.
	assert_eq!(world.nonce(&key(2)), 0);
	let replayed = act(DelegationId(1), pay(UNITS));
	assert_eq!(world.send(&key(2), 0, replayed), Err(InvalidTransaction::Payment.into()));
}

#[test]
fn a_lost_controller_is_replaced_and_no_balance_is_stranded() {
	let mut world = World::with_key(terms());
	let issuance_held = world.of_agent();
	let recovery = Some(RecoveryTerms { account: bob().account(), delay_ms: ERA_MS });
	let set = |recovery| RuntimeCall::Agents(Call::set_recovery { agent: AGENT, recovery });
	let soon = Some(RecoveryTerms { account: bob().account(), delay_ms: ERA_MS - 1 });
	world.fails(&alice(), set(soon), Error::<Runtime>::DelayTooShort);
	world.succeeds(&alice(), set(recovery));
	let carol = Key::ecdsa("//Carol");
	world.succeeds(&bob(), transfer(&carol.account(), UNITS));
	let begin = Call::begin_recovery { agent: AGENT, controller: carol.account() };
	world.succeeds(&bob(), RuntimeCall::Agents(begin));
	let complete = || RuntimeCall::Agents(Call::complete_recovery { agent: AGENT, keep_below: None });
	world.fails(&carol, complete(), Error::<Runtime>::RecoveryTooEarly);
	for _ in 0..50 {
		world.chain.build(vec![]);
	}
	world.succeeds(&carol, complete());
	assert_eq!(world.of_agent(), issuance_held, "a change of the controller moves nothing");

	// The keys that the lost controller appointed are dead, and so is its own power.
	world.is_refused(&key(1), act(FIRST, pay(UNITS)), Refusal::DelegationRevoked);
	world.fails(&alice(), control(pay(UNITS)), Error::<Runtime>::NotController);
	world.succeeds(&carol, RuntimeCall::Agents(Call::clear_delegation { agent: AGENT, delegation: FIRST }));
	world.succeeds(&carol, RuntimeCall::Agents(Call::deregister { agent: AGENT }));
	let dest = Address::Id(shop());
	let all = RuntimeCall::Balances(pallet_balances::Call::transfer_all { dest, keep_alive: false });
	world.succeeds(&carol, control(all));
	assert_eq!(world.of_agent(), 0, "all of it was reached");
	assert!(world.chain.balance(&shop()) >= FUNDS);
}

#[test]
fn a_controller_stakes_what_its_agent_has_and_leaves_no_power_behind() {
	let mut world = World::new();
	let bond = RuntimeCall::Validators(pallet_validators::Call::bond { amount: 10 * UNITS });
	let nominate = RuntimeCall::Validators(pallet_validators::Call::nominate {
		pool: pallet_validators::types::PoolId(0),
	});
	world.succeeds(&alice(), control(batch(vec![bond, nominate])));
	let delegate = Address::Id(bob().account());
	let proxy =
		RuntimeCall::Proxy(pallet_proxy::Call::add_proxy { delegate, proxy_type: ProxyType::Any, delay: 0 });
	world.fails(&alice(), control(proxy.clone()), Error::<Runtime>::NotControlCall);
	world.fails(&alice(), control(batch(vec![proxy])), frame_system::Error::<Runtime>::CallFiltered);
	let derivative =
		RuntimeCall::Utility(pallet_utility::Call::as_derivative { index: 0, call: Box::new(pay(UNITS)) });
	world.fails(&alice(), control(derivative), Error::<Runtime>::NotControlCall);
	let own = RuntimeCall::Agents(Call::set_paused { agent: AGENT, paused: true });
	world.fails(&alice(), control(own), Error::<Runtime>::NotControlCall);
}

#[test]
fn scopes_have_their_names_and_places() {
	for (scope, place, name) in [
		(Scope::Payments, 0, "Payments"),
		(Scope::Datanets, 1, "Datanets"),
		(Scope::Remarks, 2, "Remarks"),
		(Scope::Models, 3, "Models"),
		(Scope::Channels, 4, "Channels"),
		(Scope::Serving, 5, "Serving"),
		(Scope::Challenging, 6, "Challenging"),
	] {
		assert_eq!((scope.encode(), format!("{scope:?}")), (vec![place], name.to_string()));
	}
}

#[test]
fn every_refusal_of_an_agent_is_told_in_words() {
	for place in 160..=172 {
		let words = native::describe_invalid(&InvalidTransaction::Custom(place).into());
		assert!(words.name != "Custom" && words.cause.len() > 10 && words.remedy.len() > 10, "{words:?}");
	}
	let words = native::describe_invalid(&code(Refusal::TipNotZero));
	assert_eq!((words.name, words.cause), ("TipNotZero", "The agent pays no tips"));
	assert_eq!(native::describe_invalid(&InvalidTransaction::Custom(173).into()).name, "Custom");
}

fn create_datanet() -> RuntimeCall {
	let licence = pallet_datanets::types::Licence::Spdx(bounded(b"CC-BY-4.0"));
	let admission = pallet_datanets::types::Admission::Open;
	let create = pallet_datanets::Call::create_datanet {
		name: bounded(b"Notes"),
		tags: Default::default(),
		licence,
		admission,
	};
	create.into()
}

#[test]
fn what_a_datanet_holds_is_charged_to_the_budget_since_it_may_stay_for_ever() {
	let deposit = <Runtime as pallet_datanets::Config>::DatanetDeposit::get();
	let scopes = || vec![Scope::Datanets].try_into().expect("one fits");
	let mut world = World::with_key(Terms { scopes: scopes(), budget: deposit, ..terms() });
	world.succeeds(&key(1), act(FIRST, create_datanet()));
	let acted = Event::Acted { agent: AGENT, delegation: FIRST, key: key(1).account(), outflow: deposit };
	assert!(world.events().contains(&acted));
	world.fails(&key(1), act(FIRST, create_datanet()), Error::<Runtime>::BudgetExceeded);
	// What comes back is no income of the key.
	let remove = pallet_datanets::Call::remove_datanet { datanet: plexus_primitives::DatanetId(0) };
	world.succeeds(&key(1), act(FIRST, remove.into()));
	world.fails(&key(1), act(FIRST, create_datanet()), Error::<Runtime>::BudgetExceeded);
}

#[test]
fn a_controller_does_with_datanets_what_outlasts_no_change_of_the_controller() {
	use pallet_datanets::{types::Remedy, Call as Datanets};
	use plexus_primitives::{ContributionId, DatanetId};
	let (contribution, datanet) = (ContributionId(0), DatanetId(0));
	let mut world =
		World::with_key(Terms { scopes: vec![Scope::Datanets].try_into().expect("one fits"), ..terms() });
	world.succeeds(&key(1), act(FIRST, create_datanet()));
	world.succeeds(&alice(), create_datanet());
	let owner = Some(account());
	world.succeeds(&alice(), Datanets::propose_owner { datanet: DatanetId(1), owner }.into());
	world.succeeds(&alice(), control(Datanets::accept_ownership { datanet: DatanetId(1) }.into()));
	world.succeeds(&alice(), control(Datanets::retire { datanet }.into()));
	// These are let through, and fail for what they are about.
	let unknown = || pallet_datanets::Error::<Runtime>::UnknownContribution;
	let dispute = Datanets::dispute { contribution, remedy: Remedy::Takedown, evidence: None };
	world.fails(&alice(), control(Datanets::challenge { contribution }.into()), unknown());
	world.fails(&alice(), control(dispute.clone().into()), unknown());
	// An agent that curates judges too, by its keys.
	let no_dispute = pallet_datanets::Error::<Runtime>::NoDispute;
	let vote = Datanets::vote { contribution, uphold: true };
	world.fails(&key(1), act(FIRST, vote.into()), no_dispute);
	// One that contributed shows the chunks that it is asked for: that brings money, and takes none.
	let answer = Datanets::<Runtime>::answer { contribution, slice: Default::default() };
	for call in [Datanets::draw_chunk { contribution }, answer] {
		let no_challenge = pallet_datanets::Error::<Runtime>::NoChallenge;
		world.fails(&key(1), act(FIRST, call.into()), no_challenge);
	}
	// Keys do not give away, end or risk what is the agent's.
	for call in [dispute, Datanets::challenge { contribution }, Datanets::retire { datanet: DatanetId(1) }] {
		world.is_refused(&key(1), act(FIRST, call.into()), Refusal::NotLeafCall);
	}
	// Others could make use of these after the controller has changed.
	let propose = Datanets::propose_owner { datanet: DatanetId(1), owner: Some(bob().account()) };
	world.fails(&alice(), control(propose.into()), Error::<Runtime>::NotControlCall);
	let propose = Datanets::propose_curators { datanet: DatanetId(1), curators: None };
	world.fails(&alice(), control(propose.into()), Error::<Runtime>::NotControlCall);
}
