//! Payments in the runtime: an inference is paid through a channel down to everybody who made it possible, and neither
//! proxies nor delegates nor former controllers pay themselves.

mod common;

use codec::{Decode, Encode};
use common::{transfer, Chain, Key};
use frame_support::traits::{fungible::InspectHold, Get};
use pallet_agents::{types::Terms, Refusal};
use pallet_datanets::{
	types::{Admission, Licence, Verdict},
	Windows,
};
use pallet_models::{Asks, Locators, ManifestEntry, ModelKind, Registration, RevenuePolicy, Spec};
use pallet_receipts::{
	runtime_api::{ChannelInfo, Page},
	Call, ChannelTerms, Error, HoldReason, Redemption,
};
use pallet_rewards::{Holder, Place};
use pallet_validators::ChainPeriods;
use plexus_primitives::{
	constants::{EXISTENTIAL_DEPOSIT, UNITS},
	prove::{prove_reader, ProvenContent},
	receipt::{first_accumulator, voucher},
	AgentId, BatchId, ChannelId, Content, ContributionId, DatanetId, DatanetVersion, DelegationId, ModelId,
	Receipt,
};
use plexus_runtime::{
	fees::validators_pot, limits, native, tx_extension, AccountId, Address, Agents, Balance, Balances,
	Models, ProxyType, Receipts, Rewards, Runtime, RuntimeCall, RuntimeEvent, Scope, System,
};
use sp_runtime::{
	generic::Era, transaction_validity::InvalidTransaction, ApplyExtrinsicResult, BoundedVec, DispatchError,
	Perbill,
};

type AttributionCall = pallet_attribution::Call<Runtime>;
type RewardsCall = pallet_rewards::Call<Runtime>;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Every development window of these tests but the grace is over after one: blocks of ten seconds.
const BLOCK_MS: u64 = 10_000;
/// The grace of development windows, in blocks.
const GRACE_BLOCKS: usize = 3;
/// Serves, and pays.
const SERVER: AgentId = AgentId(0);
const PAYER: AgentId = AgentId(1);
/// Alice's, and Bob's made from it.
const BASE: ModelId = ModelId(0);
const TUNED: ModelId = ModelId(1);
const DATANET: DatanetId = DatanetId(0);
const VERSION: DatanetVersion = DatanetVersion(1);
/// What each agent has beside its bond.
const FUNDS: Balance = 100 * UNITS;

/// Develops the base, and controls both agents.
fn alice() -> Key {
	Key::sr25519("//Alice")
}

/// Develops the fine-tune.
fn bob() -> Key {
	Key::ed25519("//Bob")
}

/// Curates.
fn carol() -> Key {
	Key::ecdsa("//Carol")
}

/// Contributes what weighs 40.
fn dave() -> Key {
	Key::sr25519("//Dave")
}

/// Contributes what weighs 10.
fn erin() -> Key {
	Key::sr25519("//Erin")
}

/// Signs vouchers, and owns nothing.
fn signer() -> Key {
	Key::ed25519("//Signer")
}

/// Acts for an agent, and owns nothing.
fn serving_key() -> Key {
	Key::sr25519("//Serving")
}

fn paying_key() -> Key {
	Key::sr25519("//Paying")
}

fn listed<Item: std::fmt::Debug, B: Get<u32>>(items: Vec<Item>) -> BoundedVec<Item, B> {
	items.try_into().expect("the test stays within the bound")
}

fn prove(bytes: &str) -> ProvenContent {
	prove_reader(bytes.as_bytes(), |_| {}).expect("bytes in memory can be read")
}

fn percent(whole: u32) -> Perbill {
	Perbill::from_percent(whole)
}

/// The base asks 10 %, a quarter of it for its data; the fine-tune leaves 50 % to servers, 30 % to data.
fn base() -> Registration<Runtime> {
	registration("base", ModelKind::Base, vec![], percent(10))
}

fn tuned() -> Registration<Runtime> {
	registration("tuned", ModelKind::FineTune, vec![BASE], percent(0))
}

fn registration(
	bytes: &str,
	kind: ModelKind,
	parents: Vec<ModelId>,
	royalty: Perbill,
) -> Registration<Runtime> {
	let ProvenContent { content, length_proof } = prove(bytes);
	let entry = ManifestEntry { datanet: DATANET, version: VERSION, share: Perbill::one() };
	Registration {
		spec: Spec {
			kind,
			artifact: content,
			card: Content { root: [7; 32], len: 9 },
			parents: listed(parents),
			manifest: listed(vec![entry]),
			policy: RevenuePolicy { server: percent(50), developer: percent(20), data: percent(30) },
			asks: Asks { royalty, data: percent(25) },
		},
		locators: Locators { artifact: Default::default(), card: Default::default() },
		length_proof: listed(length_proof),
	}
}

fn receipt(model: ModelId, fee: Balance) -> Receipt {
	let (prompt, output) = (Content { root: [1; 32], len: 100 }, Content { root: [2; 32], len: 200 });
	Receipt { model, prompt, context: None, output, fee, disclose: false, execution: None }
}

fn channel_terms() -> ChannelTerms<Runtime> {
	ChannelTerms {
		signer: signer().account(),
		models: listed(vec![BASE, TUNED]),
		corpora: listed(vec![(DATANET, VERSION)]),
		expires_at_ms: 100 * DAY_MS,
	}
}

fn open(amount: Balance) -> Call<Runtime> {
	Call::open { server: SERVER, terms: channel_terms(), amount }
}

/// Redeems, and claims nothing.
fn submit(redemptions: Vec<Redemption<Runtime>>) -> AttributionCall {
	AttributionCall::submit { server: SERVER, redemptions: listed(redemptions), claims: Default::default() }
}

fn act(agent: AgentId, delegation: u32, call: impl Into<RuntimeCall>) -> RuntimeCall {
	let (delegation, call) = (DelegationId(delegation), Box::new(call.into()));
	pallet_agents::Call::act { agent, delegation, call }.into()
}

fn control(agent: AgentId, call: impl Into<RuntimeCall>) -> RuntimeCall {
	pallet_agents::Call::control { agent, call: Box::new(call.into()) }.into()
}

fn batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_utility::Call::batch_all { calls }.into()
}

/// A chain with a datanet, two models, a serving agent whose key serves and a paying agent whose key pays.
struct World {
	chain: Chain,
}

impl World {
	fn new() -> Self {
		let keys = [alice(), bob(), carol(), dave(), erin()];
		let keys = keys.iter().collect::<Vec<_>>();
		let chain = Chain::with_periods(&keys, BLOCK_MS, ChainPeriods::DEVELOPMENT);
		let mut world = Self { chain };
		let windows = Windows::DEVELOPMENT;
		world.chain.ext.execute_with(|| pallet_datanets::CurrentWindows::<Runtime>::put(windows));
		// The state knows the genesis hash, which commitments and vouchers contain, from block 1 on.
		world.pass(1);
		world.publish();
		world.register(&alice(), base());
		world.register(&bob(), tuned());
		for (agent, key, scope) in
			[(SERVER, serving_key(), Scope::Serving), (PAYER, paying_key(), Scope::Channels)]
		{
			let profile = Default::default();
			world.succeeds(&alice(), pallet_agents::Call::register { profile });
			world.succeeds(&alice(), transfer(&Agents::account_of(agent), FUNDS));
			let terms = Terms::<Runtime> {
				scopes: listed(vec![scope]),
				budget: 20 * UNITS,
				fee_budget: 10 * UNITS,
				period_ms: DAY_MS,
				expires_at_ms: DAY_MS,
			};
			let key = key.account();
			world.succeeds(&alice(), pallet_agents::Call::delegate { agent, parent: None, key, terms });
		}
		world
	}

	fn send(&mut self, from: &Key, call: RuntimeCall) -> ApplyExtrinsicResult {
		let nonce = self.chain.ext.execute_with(|| System::account_nonce(from.account()));
		let transaction = self.chain.sign(from, nonce, 0, call);
		self.chain.build(vec![transaction]).1[0]
	}

	fn succeeds(&mut self, from: &Key, call: impl Into<RuntimeCall>) {
		assert_eq!(self.send(from, call.into()), Ok(Ok(())));
	}

	fn fails(&mut self, from: &Key, call: impl Into<RuntimeCall>, error: impl Into<DispatchError>) {
		assert_eq!(self.send(from, call.into()), Ok(Err(error.into())));
	}

	/// The transaction is in no block.
	fn is_refused(&mut self, from: &Key, call: RuntimeCall, refusal: Refusal) {
		assert_eq!(self.send(from, call), Err(InvalidTransaction::Custom(refusal.code()).into()));
	}

	fn pass(&mut self, blocks: usize) {
		for _ in 0..blocks {
			self.chain.build(vec![]);
		}
	}

	/// Version 1 of Alice's datanet: a contribution of Dave's, and one of Erin's.
	fn publish(&mut self) {
		use pallet_datanets::Call as Datanets;
		let admission = Admission::Curated(listed(vec![carol().account()]));
		let (name, licence) = (listed(b"Notes".to_vec()), Licence::Spdx(listed(b"MIT".to_vec())));
		let create = Datanets::create_datanet { name, tags: Default::default(), licence, admission };
		self.succeeds(&alice(), create);
		for (contributor, bytes) in [(dave(), "a note"), (erin(), "another")] {
			let ProvenContent { content, length_proof } = prove(bytes);
			let contribute = Datanets::contribute {
				datanet: DATANET,
				content,
				media_type: listed(b"text/plain".to_vec()),
				locator: Default::default(),
				length_proof: listed(length_proof),
			};
			self.succeeds(&contributor, contribute);
		}
		self.pass(1);
		for (contribution, weight) in [(0, 40), (1, 10)] {
			let (contribution, verdict) = (ContributionId(contribution), Verdict::Accept { weight });
			self.succeeds(&carol(), Datanets::review { contribution, verdict });
		}
		self.succeeds(&alice(), Datanets::publish { datanet: DATANET });
	}

	fn register(&mut self, developer: &Key, model: Registration<Runtime>) {
		let (salt, roots) = ([9; 32], [model.spec.artifact.root]);
		let by = developer.account();
		let hash = self.chain.ext.execute_with(|| Models::commitment_hash(&by, &salt, roots));
		self.succeeds(developer, pallet_models::Call::commit { hash });
		self.pass(1);
		self.succeeds(developer, pallet_models::Call::register { salt, models: listed(vec![model]) });
	}

	/// Opens a channel by the paying agent's key.
	fn opened(&mut self, amount: Balance) -> ChannelId {
		let id = self.chain.ext.execute_with(pallet_receipts::NextChannelId::<Runtime>::get);
		self.succeeds(&paying_key(), act(PAYER, 0, open(amount)));
		id
	}

	/// What the signer signs over these receipts, which follow on those redeemed.
	fn redemption(&mut self, by: &Key, channel: ChannelId, receipts: Vec<Receipt>) -> Redemption<Runtime> {
		let state = self.chain.ext.execute_with(|| Receipts::channel(channel)).expect("it is open");
		let (mut sum, mut sequence, mut acc) = (state.redeemed, state.sequence, state.acc);
		for receipt in &receipts {
			sequence += 1;
			acc = receipt.accumulate(&acc, sequence);
			sum += receipt.fee;
		}
		let signature = by.sign(&voucher(&self.chain.genesis_hash.0, channel, sum, sequence, &acc));
		Redemption { channel, receipts: listed(receipts), signature: signature.into() }
	}

	fn submit(&mut self, channel: ChannelId, receipts: Vec<Receipt>) -> AttributionCall {
		let redemption = self.redemption(&signer(), channel, receipts);
		submit(vec![redemption])
	}

	fn held(&mut self, reason: HoldReason, of: &AccountId) -> Balance {
		self.chain.ext.execute_with(|| Balances::balance_on_hold(&reason.into(), of))
	}

	fn total(&mut self, of: &AccountId) -> Balance {
		self.chain.total_balance(of)
	}

	fn earnings(&mut self, of: &AccountId) -> Balance {
		self.chain.ext.execute_with(|| Receipts::earnings(of))
	}

	/// What all accounts have together.
	fn everything(&mut self) -> Balance {
		self.chain.ext.execute_with(|| {
			let accounts = frame_system::Account::<Runtime>::iter_values();
			accounts.map(|account| account.data.free + account.data.reserved).sum()
		})
	}
}

/// Of what an account has in all versions from the first on.
fn claim(account: &AccountId) -> RewardsCall {
	let places = listed(vec![Place::onward(DATANET, VERSION)]);
	RewardsCall::claim { account: account.clone(), places }
}

fn server_account() -> AccountId {
	Agents::account_of(SERVER)
}

fn payer_account() -> AccountId {
	Agents::account_of(PAYER)
}

/// An amount that no share divides.
const FEE: Balance = 7 * UNITS + 1_234_567;

#[test]
fn a_paid_inference_reaches_everybody_to_the_last_unit() {
	let mut world = World::new();
	let before = [world.total(&payer_account()), world.total(&server_account())];
	let channel = world.opened(10 * UNITS);
	assert_eq!(world.held(HoldReason::Channel, &payer_account()), 10 * UNITS);
	let [(opening_fee, 0)] = world.chain.fees_paid()[..] else { panic!("one transaction pays one fee") };

	let submit = world.submit(channel, vec![receipt(TUNED, FEE)]);
	let pot = world.chain.balance(&validators_pot());
	let issued = world.chain.issuance();
	world.succeeds(&serving_key(), act(SERVER, 0, submit));
	let [(fee, 0)] = world.chain.fees_paid()[..] else { panic!("one transaction pays one fee") };

	// Every share by hand: 3 % to the protocol, 10 % of the rest to the base, then 50, 30 and 20 %.
	let protocol = FEE * 3 / 100;
	let revenue = FEE - protocol;
	let royalty = revenue / 10;
	let own = revenue - royalty;
	let (to_server, to_data, to_developer) = (own / 2, own * 3 / 10, own / 5);
	let (to_base_data, to_base) = (royalty / 4, royalty - royalty / 4);
	assert_eq!(world.chain.balance(&validators_pot()), pot + protocol / 2 + fee / 2);
	assert_eq!(world.chain.issuance(), issued - (protocol - protocol / 2) - (fee - fee / 2), "burned");
	assert_eq!(world.total(&payer_account()), before[0] - FEE - opening_fee, "the agent pays by its key");
	assert_eq!(world.total(&server_account()), before[1] - fee, "what it earned waits");
	assert_eq!(world.earnings(&server_account()), to_server);
	assert_eq!(
		world.chain.ext.execute_with(|| Agents::agent(SERVER)).expect("it is there").reputation,
		protocol - protocol / 2
	);

	// Anybody pulls and pays out, for everybody.
	let (model, ancestor) = (TUNED, BASE);
	world.succeeds(&dave(), Call::pull_royalty { model, ancestor });
	world.succeeds(&dave(), Call::pull_developer { model });
	world.fails(&dave(), Call::pull_developer { model }, Error::<Runtime>::NothingDue);
	assert_eq!(world.earnings(&alice().account()), to_base);
	assert_eq!(world.earnings(&bob().account()), to_developer);
	for (account, amount) in
		[(server_account(), to_server), (alice().account(), to_base), (bob().account(), to_developer)]
	{
		let before = world.chain.balance(&account);
		world.succeeds(&carol(), Call::withdraw { account: account.clone() });
		assert_eq!(world.chain.balance(&account), before + amount);
		world.fails(&carol(), Call::withdraw { account }, Error::<Runtime>::NothingDue);
	}

	// Data: the fine-tune's at once, the base's when its royalty was pulled. Both were trained on the one version.
	for (model, amount) in [(TUNED, to_data), (BASE, to_base_data)] {
		let revenue = world.chain.ext.execute_with(|| Rewards::data_revenue(model));
		assert_eq!(revenue.expect("it has a manifest").revenue, amount);
		world.succeeds(&carol(), RewardsCall::distribute { model, entry: 0 });
		let again = RewardsCall::distribute { model, entry: 0 };
		world.fails(&carol(), again, pallet_rewards::Error::<Runtime>::NothingDue);
	}
	let of_data = to_data + to_base_data;
	let pool = world.chain.ext.execute_with(|| Rewards::pool(DATANET, VERSION)).expect("it was published");
	assert_eq!((pool.weight, pool.deposited), (50, of_data));
	let mut paid_to_data = 0;
	for (contributor, weight) in [(dave(), 40), (erin(), 10)] {
		let account = contributor.account();
		world.succeeds(&carol(), claim(&account));
		let due = world.chain.ext.execute_with(|| Rewards::earnings(&Holder::Account(account.clone()))).due;
		assert!(due == of_data * weight / 50 || due + 1 == of_data * weight / 50, "{due} of {of_data}");
		paid_to_data += due;
		let before = world.chain.balance(&account);
		world.succeeds(&carol(), RewardsCall::withdraw { account: account.clone() });
		assert_eq!(world.chain.balance(&account), before + due);
		let again = RewardsCall::withdraw { account };
		world.fails(&carol(), again, pallet_rewards::Error::<Runtime>::NothingDue);
	}
	assert!(of_data - paid_to_data <= 2, "less than a unit for each of two");
	assert_eq!(world.total(&Rewards::pot()), EXISTENTIAL_DEPOSIT + of_data - paid_to_data);

	// What floors leave stays in the pot: less than a unit for each of three.
	let left = FEE - protocol - to_server - to_data - to_base_data - to_base - to_developer;
	assert!(left < 3, "{left}");
	assert_eq!(world.total(&Receipts::pot()), EXISTENTIAL_DEPOSIT + left);
	assert_eq!(world.everything(), world.chain.issuance(), "no unit is lost");

	// The rest comes back, with the deposit.
	let close = Call::close { channel };
	world.succeeds(&alice(), control(PAYER, close));
	world.fails(&dave(), Call::finish { channel }, Error::<Runtime>::ChannelAlive);
	world.pass(GRACE_BLOCKS);
	world.succeeds(&dave(), Call::finish { channel });
	for reason in [HoldReason::Channel, HoldReason::ChannelDeposit] {
		assert_eq!(world.held(reason, &payer_account()), 0);
	}
	assert_eq!(world.total(&payer_account()), before[0] - FEE - opening_fee);
	assert!(world.held(HoldReason::Batch, &server_account()) > 0);
	world.fails(&dave(), Call::clear_batch { batch: BatchId(0) }, Error::<Runtime>::BatchRetained);
	world.pass(30 * GRACE_BLOCKS);
	world.succeeds(&serving_key(), act(SERVER, 0, Call::clear_batch { batch: BatchId(0) }));
	assert_eq!(world.held(HoldReason::Batch, &server_account()), 0);
	assert_eq!(world.everything(), world.chain.issuance(), "no unit is lost");
}

#[test]
fn an_earned_voucher_is_paid_whatever_becomes_of_model_agent_and_datanet() {
	let mut world = World::new();
	let channel = world.opened(10 * UNITS);
	world.succeeds(&bob(), pallet_models::Call::set_deprecated { model: TUNED, deprecated: true });
	world.succeeds(&alice(), pallet_datanets::Call::retire { datanet: DATANET });
	world.succeeds(&alice(), pallet_agents::Call::deregister { agent: SERVER });
	world.fails(&dave(), open(UNITS), pallet_agents::Error::<Runtime>::AgentRetired);
	let submit = world.submit(channel, vec![receipt(TUNED, FEE)]);
	// Its keys are dead; its controller is not.
	world.is_refused(&serving_key(), act(SERVER, 0, submit.clone()), Refusal::AgentRetired);
	world.succeeds(&alice(), control(SERVER, submit));
	assert!(world.earnings(&server_account()) > 0);
}

#[test]
fn a_proxy_without_transfers_brings_money_back_and_locks_none() {
	let mut world = World::new();
	let (real, delegate) = (Address::Id(dave().account()), Address::Id(bob().account()));
	let proxy_type = ProxyType::NonTransfer;
	world.succeeds(&dave(), pallet_proxy::Call::add_proxy { delegate, proxy_type, delay: 0 });
	world.succeeds(&dave(), open(10 * UNITS));
	let by_proxy = |call: RuntimeCall| -> RuntimeCall {
		let (real, call) = (real.clone(), Box::new(call));
		pallet_proxy::Call::proxy { real, force_proxy_type: None, call }.into()
	};
	let executed = |world: &mut World| {
		let executed = |event| match event {
			RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
			_ => None,
		};
		world.chain.events().into_iter().find_map(executed).expect("the proxy executed something")
	};
	let channel = ChannelId(0);
	let redemption = world.redemption(&signer(), channel, vec![receipt(BASE, UNITS)]);
	let submit = submit(vec![redemption]);
	let filtered = Err(frame_system::Error::<Runtime>::CallFiltered.into());
	let paying: [RuntimeCall; 3] =
		[open(UNITS).into(), Call::top_up { channel, amount: UNITS }.into(), submit.into()];
	for call in paying {
		let locked = world.held(HoldReason::Channel, &dave().account());
		for call in [call.clone(), batch(vec![call])] {
			world.succeeds(&bob(), by_proxy(call));
			assert_eq!(executed(&mut world), filtered);
		}
		assert_eq!(world.held(HoldReason::Channel, &dave().account()), locked);
	}
	let returning: [RuntimeCall; 3] =
		[Call::close { channel }.into(), Call::close_all {}.into(), claim(&dave().account()).into()];
	for call in returning {
		world.succeeds(&bob(), by_proxy(call));
		assert_eq!(executed(&mut world), Ok(()));
	}
	world.pass(GRACE_BLOCKS);
	world.succeeds(&bob(), by_proxy(Call::finish { channel }.into()));
	assert_eq!(executed(&mut world), Ok(()));
	assert_eq!(world.held(HoldReason::Channel, &dave().account()), 0);
}

#[test]
fn what_a_key_locks_is_spent_and_what_comes_back_is_no_income() {
	let mut world = World::new();
	let left = |world: &mut World| {
		let allowance = world.chain.ext.execute_with(|| Agents::allowance(PAYER, DelegationId(0)));
		allowance.expect("the key is live").budget_left
	};
	let channel = world.opened(15 * UNITS);
	assert_eq!(left(&mut world), 5 * UNITS, "the deposit comes back and is not spent");
	let more = |amount| act(PAYER, 0, Call::top_up { channel, amount });
	let exceeded = pallet_agents::Error::<Runtime>::BudgetExceeded;
	world.fails(&paying_key(), more(5 * UNITS + 1), exceeded);
	world.fails(
		&paying_key(),
		act(PAYER, 0, open(5 * UNITS + 1)),
		pallet_agents::Error::<Runtime>::BudgetExceeded,
	);
	world.succeeds(&paying_key(), more(5 * UNITS));
	assert_eq!(left(&mut world), 0);
	// Closed and refunded, it is the agent's again and not the key's.
	world.succeeds(&paying_key(), act(PAYER, 0, Call::close_all {}));
	world.pass(GRACE_BLOCKS);
	world.succeeds(&paying_key(), act(PAYER, 0, Call::finish { channel }));
	assert_eq!(world.held(HoldReason::Channel, &payer_account()), 0);
	assert_eq!(left(&mut world), 0);
	world.fails(&paying_key(), act(PAYER, 0, open(1)), pallet_agents::Error::<Runtime>::BudgetExceeded);
}

#[test]
fn the_protocols_share_changes_by_root_alone_and_for_batches_to_come() {
	let mut world = World::new();
	let channel = world.opened(10 * UNITS);
	let revenue = |world: &mut World| {
		world.chain.ext.execute_with(|| Receipts::revenue(TUNED)).expect("a channel names it").revenue
	};
	let first = world.submit(channel, vec![receipt(TUNED, UNITS)]);
	world.succeeds(&serving_key(), act(SERVER, 0, first));
	assert_eq!(revenue(&mut world), UNITS * 97 / 100);
	let set = |percent| Call::<Runtime>::set_protocol_share { share: Perbill::from_percent(percent) };
	world.fails(&alice(), set(5), DispatchError::BadOrigin);
	world.chain.ext.execute_with(|| pallet_sudo::Key::<Runtime>::put(alice().account()));
	for percent in [5, 0, 11] {
		let call = Box::new(set(percent).into());
		world.succeeds(&alice(), pallet_sudo::Call::<Runtime>::sudo { call });
		let share = world.chain.ext.execute_with(Receipts::protocol_share);
		assert_eq!(share, Perbill::from_percent(5), "what is out of bounds changes nothing");
	}
	assert_eq!(revenue(&mut world), UNITS * 97 / 100, "it was divided already");
	let next = world.submit(channel, vec![receipt(TUNED, UNITS)]);
	world.succeeds(&serving_key(), act(SERVER, 0, next));
	assert_eq!(revenue(&mut world), UNITS * (97 + 95) / 100);
}

#[test]
fn keys_neither_end_channels_of_the_server_nor_claim_nor_leave_their_scope() {
	let mut world = World::new();
	let channel = world.opened(10 * UNITS);
	let (model, ancestor, account) = (TUNED, BASE, server_account());
	let of_nobody = [
		Call::close { channel },
		Call::pull_developer { model },
		Call::pull_royalty { model, ancestor },
		Call::withdraw { account },
		Call::set_protocol_share { share: Perbill::from_percent(5) },
	];
	let of_nobody = of_nobody.into_iter().map(RuntimeCall::from);
	let rewards: [RuntimeCall; 3] = [
		claim(&server_account()).into(),
		RewardsCall::distribute { model, entry: 0 }.into(),
		RewardsCall::withdraw { account: server_account() }.into(),
	];
	for call in of_nobody.chain(rewards) {
		for (agent, key) in [(SERVER, serving_key()), (PAYER, paying_key())] {
			world.is_refused(&key, act(agent, 0, call.clone()), Refusal::NotLeafCall);
		}
	}
	world.is_refused(&serving_key(), act(SERVER, 0, open(UNITS)), Refusal::OutsideScope);
	world.is_refused(&serving_key(), act(SERVER, 0, Call::close_all {}), Refusal::OutsideScope);
	let submit = world.submit(channel, vec![receipt(TUNED, FEE)]);
	world.is_refused(&paying_key(), act(PAYER, 0, submit.clone()), Refusal::OutsideScope);
	let inside = batch(vec![submit.clone().into()]);
	world.is_refused(&serving_key(), act(SERVER, 0, inside), Refusal::NotLeafCall);
	// Neither a stranger nor another agent redeems.
	world.fails(&dave(), submit.clone(), Error::<Runtime>::NotServer);
	world.fails(&alice(), control(PAYER, submit.clone()), Error::<Runtime>::NotServer);
	world.succeeds(&serving_key(), act(SERVER, 0, submit.clone()));
	world.fails(&serving_key(), act(SERVER, 0, submit), Error::<Runtime>::InvalidVoucher);
}

#[test]
fn an_agent_that_pays_itself_is_charged_for_it() {
	let mut world = World::new();
	// The server's controller opens a channel of the agent toward itself, whose signer is the serving key.
	let terms = ChannelTerms { signer: serving_key().account(), ..channel_terms() };
	world.succeeds(&alice(), control(SERVER, Call::open { server: SERVER, terms, amount: 50 * UNITS }));
	let channel = ChannelId(0);
	let redemption = world.redemption(&serving_key(), channel, vec![receipt(BASE, 21 * UNITS)]);
	let submit = submit(vec![redemption]);
	let before = world.total(&server_account());
	world.fails(&serving_key(), act(SERVER, 0, submit), pallet_agents::Error::<Runtime>::BudgetExceeded);
	let [(fee, 0)] = world.chain.fees_paid()[..] else { panic!("one transaction pays one fee") };
	assert_eq!(world.total(&server_account()), before - fee, "a key does not spend by serving");
}

#[test]
fn another_controller_ends_the_channels_of_the_former_one_after_the_grace() {
	let mut world = World::new();
	let channel = world.opened(10 * UNITS);
	let proposed = Some(bob().account());
	world.succeeds(&alice(), pallet_agents::Call::propose_controller { agent: PAYER, proposed });
	let accept = pallet_agents::Call::accept_controller { agent: PAYER, keep_below: None };
	world.succeeds(&bob(), accept);
	let told = world.chain.ext.execute_with(|| Receipts::channel(channel)).expect("it is there");
	assert!(told.closing && told.ends_at_ms < channel_terms().expires_at_ms);
	// What was earned meanwhile is paid.
	let submit = world.submit(channel, vec![receipt(TUNED, UNITS)]);
	world.succeeds(&serving_key(), act(SERVER, 0, submit));
	world.pass(GRACE_BLOCKS);
	world.succeeds(&dave(), Call::finish { channel });
	assert_eq!(world.held(HoldReason::Channel, &payer_account()), 0);
}

#[test]
fn the_fullest_batch_fits_into_a_transaction_and_a_block() {
	let mut world = World::new();
	for _ in 0..16 {
		world.succeeds(&dave(), open(UNITS));
	}
	let full = Receipt {
		context: Some(plexus_primitives::Context { root: [3; 32], bytes: 4 }),
		execution: Some([5; 32]),
		disclose: true,
		..receipt(TUNED, UNITS / 16)
	};
	let redemptions =
		(0..16).map(|id| world.redemption(&signer(), ChannelId(id), vec![full; 16])).collect::<Vec<_>>();
	let submit = submit(redemptions);
	let control = control(SERVER, submit.clone());
	let extension = tx_extension(1 << 20, Era::mortal(4_096, 0), 1 << 60);
	let signed = world.chain.sign_with(&alice(), extension, world.chain.genesis_hash, control.clone());
	let bytes = signed.encode().len();
	assert!(bytes < native::EXTRINSIC_BYTES_MAX / 2, "{bytes} bytes");
	let weight = frame_support::dispatch::GetDispatchInfo::get_dispatch_info(&control).call_weight;
	let share = limits::NORMAL_MAX.ref_time() / weight.ref_time();
	println!("256 receipts of 16 channels: {bytes} bytes, {weight:?}, {share} in a block");
	assert!(share >= 100, "{share} fit into a block");
	world.succeeds(&alice(), control);
	let told = world.chain.ext.execute_with(|| Receipts::batch(BatchId(0))).expect("it is kept");
	assert_eq!((told.receipts, told.gross), (256, 16 * UNITS));
}

#[test]
fn payments_wait_for_a_day_on_a_live_chain_and_half_a_minute_in_development() {
	type Config = <Runtime as pallet_receipts::Config>::CloseGraceMs;
	type Retention = <Runtime as pallet_receipts::Config>::BatchRetentionMs;
	let mut world = World::new();
	let with = |windows| {
		pallet_datanets::CurrentWindows::<Runtime>::put(windows);
		(Config::get(), Retention::get())
	};
	assert_eq!(world.chain.scratch(|| with(Windows::LIVE)), (DAY_MS, 30 * DAY_MS));
	assert_eq!(world.chain.scratch(|| with(Windows::DEVELOPMENT)), (30_000, 900_000));
	let none = Windows { publication_ms: 0, ..Windows::LIVE };
	assert!(world.chain.scratch(|| with(none)).0 > 0, "a server always has time");
}

#[test]
fn clients_ask_by_the_runtime_api() {
	let mut world = World::new();
	let channel = world.opened(UNITS);
	let mut ask = |method: &str, arguments: Vec<u8>| {
		native::check_query(method, &arguments).expect("it is open to callers");
		world.chain.ext.execute_with(|| native::dispatch(method, &arguments)).expect("it exists")
	};
	let told = ask("ReceiptsApi_channel", channel.encode());
	let told = Option::<ChannelInfo<AccountId>>::decode(&mut &told[..]).expect("it decodes");
	assert_eq!(told.map(|channel| (channel.payer, channel.locked)), Some((payer_account(), UNITS)));
	for (method, arguments) in [
		("ReceiptsApi_channels", (None::<ChannelId>, 5u32).encode()),
		("ReceiptsApi_channels_of", (payer_account(), None::<ChannelId>, 5u32).encode()),
		("ReceiptsApi_channels_toward", (SERVER, None::<ChannelId>, 5u32).encode()),
	] {
		let page = Page::<ChannelInfo<AccountId>, ChannelId>::decode(&mut &ask(method, arguments)[..]);
		assert_eq!(page.expect("it decodes").items.len(), 1, "{method}");
	}
	for (method, arguments) in [
		("ReceiptsApi_batch", BatchId(0).encode()),
		("ReceiptsApi_batches", (None::<BatchId>, 5u32).encode()),
		("ReceiptsApi_revenue", TUNED.encode()),
		("ReceiptsApi_royalty_due", (TUNED, BASE).encode()),
		("ReceiptsApi_earnings", payer_account().encode()),
		("RewardsApi_earnings", Holder::Account(payer_account()).encode()),
		("RewardsApi_datanet_earnings", (Holder::Account(payer_account()), None::<DatanetId>, 5u32).encode()),
		("RewardsApi_positions", (Holder::Account(payer_account()), None::<Place>, 5u32).encode()),
		("RewardsApi_position", (Holder::Account(payer_account()), Place::onward(DATANET, VERSION)).encode()),
		("RewardsApi_pool", (DATANET, VERSION).encode()),
		("RewardsApi_pools", (DATANET, None::<DatanetVersion>, 5u32).encode()),
		("RewardsApi_data_revenue", TUNED.encode()),
	] {
		assert!(!ask(method, arguments).is_empty(), "{method}");
	}
}

#[test]
fn the_documentations_example_is_right() {
	let documentation = include_str!("../../docs/payments.md");
	let (genesis, channel) = ([0x11; 32], ChannelId(7));
	let (prompt, output) = (Content { root: [1; 32], len: 100 }, Content { root: [2; 32], len: 200 });
	let paid = Receipt { prompt, output, ..receipt(ModelId(5), UNITS) };
	let first = first_accumulator(&genesis, channel);
	let second = paid.accumulate(&first, 1);
	let signed = voucher(&genesis, channel, UNITS, 1, &second);
	let pair = <sp_core::ed25519::Pair as sp_core::Pair>::from_seed(&[0x2a; 32]);
	let signature = Key::Ed25519(pair).sign(&signed);
	for (what, bytes) in [
		("`acc(0)`", first.to_vec()),
		("`acc(1)`", second.to_vec()),
		("voucher", signed),
		("signature", signature.encode()),
	] {
		let digits = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
		let row = |line: &&str| line.starts_with('|') && line.contains(what) && line.contains(&digits);
		assert!(documentation.lines().any(|line| row(&line)), "{what} is {digits}");
	}
}
