//! Tests of the pallet on the real Balances, Agents, Datanets and Models, by subject.

mod attacks;
mod channels;
mod follower;
mod invariants;
mod model;
mod queries;
mod settlement;
mod vouchers;

use crate::{mock::*, ChannelTerms, Error, Event, HoldReason, Redemption};
use frame_support::{
	assert_noop, assert_ok,
	pallet_prelude::DispatchResult,
	storage::with_storage_layer,
	traits::fungible::{Inspect, InspectHold, Mutate},
};
use pallet_models::{
	Asks, Locators, ManifestEntry, ModelKind, Registration, RevenuePolicy, Spec, VersionKind,
};
use plexus_primitives::{
	prove::prove_reader, receipt::voucher, AgentId, BatchId, ChannelId, Content, Context, DatanetId,
	DatanetVersion, ModelId, Receipt,
};
use sp_runtime::{DispatchError, Perbill};

/// They control agents 0 and 1.
const CONTROLLERS: [u8; 2] = [1, 2];
/// They developed models 0, 1 and 2.
const DEVELOPERS: [u8; 3] = [3, 4, 5];
const PAYER: u8 = 6;
const OTHER: u8 = 7;
/// The signer of channels.
const KEY: u8 = 101;

fn signed(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn by(index: u8) -> RuntimeOrigin {
	signed(account(index))
}

fn percent(percent: u32) -> Perbill {
	Perbill::from_percent(percent)
}

/// A policy; the developer has the rest.
pub fn policy(server: u32, data: u32) -> RevenuePolicy {
	RevenuePolicy { server: percent(server), developer: percent(100 - server - data), data: percent(data) }
}

pub fn profile() -> pallet_agents::Profile<Test> {
	pallet_agents::Profile { card: None, services: listed([]), tags: listed([]) }
}

/// Registers a model: a base without parents, else a fine-tune. If it has data, its manifest is one curated version.
pub fn put_model(
	developer: u8,
	artifact: &str,
	parents: &[u64],
	royalty: u32,
	data: u32,
	policy: RevenuePolicy,
	has_data: bool,
) -> ModelId {
	let proven = prove_reader(artifact.as_bytes(), |_| ()).expect("the test's artifact is not empty");
	let share = Perbill::one();
	let entry = ManifestEntry { datanet: DatanetId(1), version: DatanetVersion(1), share };
	let spec = Spec {
		kind: if parents.is_empty() { ModelKind::Base } else { ModelKind::FineTune },
		artifact: proven.content,
		card: Content { root: [7; 32], len: 9 },
		parents: listed(parents.iter().copied().map(ModelId)),
		manifest: listed(has_data.then_some(entry)),
		policy,
		asks: Asks { royalty: percent(royalty), data: percent(data) },
	};
	let locators = Locators { artifact: listed([]), card: listed([]) };
	let registration = Registration { spec, locators, length_proof: listed(proven.length_proof) };
	let roots = [registration.spec.artifact.root];
	let hash = Models::commitment_hash(&account(developer), &[9; 32], roots);
	assert_ok!(Models::commit(by(developer), hash));
	pass(COMMITMENT_AGE_MS);
	let id = pallet_models::NextModelId::<Test>::get();
	assert_ok!(Models::register(by(developer), [9; 32], listed([registration])));
	id
}

fn agent_account(agent: u64) -> AccountId {
	Agents::account_of(AgentId(agent))
}

/// Two agents that serve and three models.
///
/// ```text
/// model 0   asks 10 %, 20 % of it for data      policy 50 % server, 20 % data    data
///   └─ 1    asks  5 %, 25 % of it for data      policy 40 % server, 30 % data    data
///        └─ 2   asks 0 %                        policy 60 % server, 25 % data    no data
/// ```
fn build_world() {
	Versions::publish(0, 1, VersionKind::Open);
	Versions::publish(1, 1, VersionKind::Curated);
	for (agent, controller) in CONTROLLERS.into_iter().enumerate() {
		assert_ok!(Agents::register(by(controller), profile()));
		assert_ok!(Balances::transfer_allow_death(by(controller), agent_account(agent as u64), 1_000_000));
	}
	put_model(DEVELOPERS[0], "base", &[], 10, 20, policy(50, 20), true);
	put_model(DEVELOPERS[1], "tune", &[0], 5, 25, policy(40, 30), true);
	put_model(DEVELOPERS[2], "other", &[1], 0, 25, policy(60, 25), false);
}

/// Runs a test in the world, and checks the invariants after it.
fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		build_world();
		System::reset_events();
		test();
		assert_ok!(Receipts::check_invariants());
		assert_eq!(pot(), EXISTENTIAL_DEPOSIT + Receipts::owed());
	});
}

fn pot() -> Balance {
	Balances::balance(&Receipts::pot())
}

fn pass(ms: u64) {
	Now::set(Now::get() + ms);
}

fn free(account: &AccountId) -> Balance {
	Balances::balance(account)
}

fn held(reason: HoldReason, account: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason.into(), account)
}

fn terms(models: &[u64]) -> ChannelTerms<Test> {
	ChannelTerms {
		signer: signer_account(KEY),
		models: listed(models.iter().copied().map(ModelId)),
		corpora: listed([]),
		expires_at_ms: Now::get() + 10 * GRACE_MS,
	}
}

fn content(byte: u8) -> Content {
	Content { root: [byte; 32], len: 100 }
}

fn receipt(model: u64, fee: Balance) -> Receipt {
	let (prompt, output) = (content(1), content(2));
	Receipt { model: ModelId(model), prompt, context: None, output, fee, disclose: false, execution: None }
}

/// A channel of the payer toward an agent for all models.
fn open_to(agent: u64, amount: Balance) -> ChannelId {
	let id = crate::NextChannelId::<Test>::get();
	assert_ok!(Receipts::open(by(PAYER), AgentId(agent), terms(&[0, 1, 2]), amount));
	id
}

fn open(amount: Balance) -> ChannelId {
	open_to(0, amount)
}

/// What a signer signs over these receipts, given what was redeemed.
fn signed_by(key: u8, id: ChannelId, receipts: &[Receipt]) -> Redemption<Test> {
	let channel = crate::Channels::<Test>::get(id).expect("the test opened it");
	let (mut sum, mut last, mut acc) = (channel.redeemed, channel.sequence, channel.acc);
	for receipt in receipts {
		last += 1;
		acc = receipt.accumulate(&acc, last);
		sum = sum.saturating_add(receipt.fee);
	}
	let signature = sign(key, &voucher(&Receipts::genesis_hash(), id, sum, last, &acc));
	Redemption { channel: id, receipts: listed(receipts.iter().copied()), signature }
}

fn redemption(id: ChannelId, receipts: &[Receipt]) -> Redemption<Test> {
	signed_by(KEY, id, receipts)
}

/// As in a block: what fails leaves no trace.
fn submit_by(agent: u64, redemptions: impl IntoIterator<Item = Redemption<Test>>) -> DispatchResult {
	let redemptions = listed(redemptions);
	with_storage_layer(|| Receipts::submit(signed(agent_account(agent)), AgentId(agent), redemptions))
}

fn submit(redemptions: impl IntoIterator<Item = Redemption<Test>>) -> DispatchResult {
	submit_by(0, redemptions)
}

fn error(error: Error<Test>) -> DispatchResult {
	Err(error.into())
}

fn has_event(event: Event<Test>) -> bool {
	let event = RuntimeEvent::from(event);
	System::events().iter().any(|record| record.event == event)
}
