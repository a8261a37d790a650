//! The registries work in a runtime that has nothing else: data is published, a model trained on it, by an agent's key.

use frame_support::{
	assert_noop, assert_ok,
	dispatch::DispatchResultWithPostInfo,
	traits::{fungible::InspectHold, BuildGenesisConfig},
};
use pallet_agents::types::Terms;
use pallet_datanets::{
	types::{Admission, Licence, Verdict},
	Windows,
};
use pallet_models::{Asks, Locators, ManifestEntry, ModelKind, Registration, RevenuePolicy, Spec};
use plexus_example_runtime::*;
use plexus_primitives::{
	prove::{prove_reader, ProvenContent},
	AgentId, Content, ContributionId, DatanetId, DatanetVersion, DelegationId, ModelId,
};
use sp_io::TestExternalities;
use sp_runtime::{traits::Dispatchable, BuildStorage, Perbill};

const ENDOWMENT: Balance = 1_000_000;
const AGENT: AgentId = AgentId(0);
const FIRST: DelegationId = DelegationId(0);

fn account(number: u8) -> AccountId {
	[number; 32].into()
}

/// Owns the datanet and controls the agent.
fn owner() -> AccountId {
	account(1)
}

fn curator() -> AccountId {
	account(2)
}

fn contributor() -> AccountId {
	account(3)
}

/// Acts for the agent, and has nothing.
fn key() -> AccountId {
	account(4)
}

fn chain() -> TestExternalities {
	let storage = frame_system::GenesisConfig::<Runtime>::default().build_storage().expect("it is valid");
	let mut chain = TestExternalities::new(storage);
	chain.execute_with(|| {
		let balances = [owner(), curator(), contributor()].map(|account| (account, ENDOWMENT)).to_vec();
		pallet_balances::GenesisConfig::<Runtime> { balances, dev_accounts: None }.build();
		pallet_datanets::GenesisConfig::<Runtime> { windows: Windows::DEVELOPMENT, ..Default::default() }
			.build();
		System::set_block_number(1);
	});
	chain
}

fn pass(blocks: u32) {
	System::set_block_number(System::block_number() + blocks);
}

fn send(from: AccountId, call: impl Into<RuntimeCall>) -> DispatchResultWithPostInfo {
	call.into().dispatch(RuntimeOrigin::signed(from))
}

fn act(call: impl Into<RuntimeCall>) -> pallet_agents::Call<Runtime> {
	pallet_agents::Call::act { agent: AGENT, delegation: FIRST, call: Box::new(call.into()) }
}

fn prove(bytes: &str) -> ProvenContent {
	prove_reader(bytes.as_bytes(), |_| {}).expect("bytes in memory can be read")
}

fn base(bytes: &str, version: DatanetVersion) -> Registration<Runtime> {
	let ProvenContent { content, length_proof } = prove(bytes);
	let percent = Perbill::from_percent;
	let entry = ManifestEntry { datanet: DatanetId(0), version, share: Perbill::one() };
	Registration {
		spec: Spec {
			kind: ModelKind::Base,
			artifact: content,
			card: Content { root: [7; 32], len: 1 },
			parents: Default::default(),
			manifest: vec![entry].try_into().expect("one fits"),
			policy: RevenuePolicy { server: percent(60), developer: percent(20), data: percent(20) },
			asks: Asks { royalty: percent(5), data: percent(50) },
		},
		locators: Locators { artifact: Default::default(), card: Default::default() },
		length_proof: length_proof.try_into().expect("short"),
	}
}

/// Version 1 of a curated datanet with one contribution.
fn publish() {
	use pallet_datanets::Call;
	let name = b"Notes".to_vec().try_into().expect("short");
	let licence = Licence::Spdx(b"CC0-1.0".to_vec().try_into().expect("short"));
	let admission = Admission::Curated(vec![curator()].try_into().expect("one fits"));
	assert_ok!(send(owner(), Call::create_datanet { name, tags: Default::default(), licence, admission }));
	let datanet = DatanetId(0);
	let ProvenContent { content, length_proof } = prove("a note");
	let contribute = Call::contribute {
		datanet,
		content,
		media_type: b"text/plain".to_vec().try_into().expect("short"),
		locator: Default::default(),
		length_proof: length_proof.try_into().expect("short"),
	};
	assert_ok!(send(contributor(), contribute));
	pass(1);
	let verdict = Verdict::Accept { weight: 10 };
	assert_ok!(send(curator(), Call::review { contribution: ContributionId(0), verdict }));
	assert_ok!(send(owner(), Call::publish { datanet }));
}

/// An agent with funds, whose key may register models.
fn employ() {
	use pallet_agents::Call;
	assert_ok!(send(owner(), Call::register { profile: Default::default() }));
	let dest = sp_runtime::MultiAddress::Id(Agents::account_of(AGENT));
	assert_ok!(send(owner(), pallet_balances::Call::transfer_keep_alive { dest, value: 100_000 }));
	let terms = Terms::<Runtime> {
		scopes: vec![Scope::Models].try_into().expect("one fits"),
		budget: 10_000,
		fee_budget: 0,
		period_ms: 1_000 * BLOCK_MS,
		expires_at_ms: 1_000 * BLOCK_MS,
	};
	assert_ok!(send(owner(), Call::delegate { agent: AGENT, parent: None, key: key(), terms }));
}

#[test]
fn an_agents_key_registers_a_model_that_was_trained_on_a_version() {
	chain().execute_with(|| {
		publish();
		employ();
		let developer = Agents::account_of(AGENT);
		let model = base("weights", DatanetVersion(1));
		let salt = [9; 32];
		let hash = Models::commitment_hash(&developer, &salt, [model.spec.artifact.root]);
		assert_ok!(send(key(), act(pallet_models::Call::commit { hash })));
		let models = vec![model].try_into().expect("one fits");
		let register = act(pallet_models::Call::register { salt, models });
		assert_noop!(
			send(key(), register.clone()).map_err(|failed| failed.error),
			pallet_models::Error::<Runtime>::CommitmentTooYoung
		);
		pass(2);
		assert_ok!(send(key(), register));

		let registered = Models::model(ModelId(0)).expect("it was registered");
		assert_eq!((&registered.developer, registered.kind), (&developer, ModelKind::Base));
		let held = |reason: pallet_models::HoldReason| Balances::balance_on_hold(&reason.into(), &developer);
		assert_eq!(held(pallet_models::HoldReason::Model), registered.deposit);
		assert_eq!(held(pallet_models::HoldReason::Commitment), 0);
		let left = Agents::allowance(AGENT, FIRST).expect("it is live");
		assert_eq!(left.budget_left, 10_000 - registered.deposit);
	});
}

#[test]
fn a_version_that_was_not_published_trains_nothing() {
	chain().execute_with(|| {
		publish();
		let model = base("weights", DatanetVersion(2));
		let salt = [9; 32];
		let hash = Models::commitment_hash(&owner(), &salt, [model.spec.artifact.root]);
		assert_ok!(send(owner(), pallet_models::Call::commit { hash }));
		pass(2);
		let models = vec![model].try_into().expect("one fits");
		assert_noop!(
			send(owner(), pallet_models::Call::register { salt, models }).map_err(|failed| failed.error),
			pallet_models::Error::<Runtime>::UnknownVersion
		);
	});
}
