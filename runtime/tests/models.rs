//! Models in the runtime: trained on real versions of datanets, made from each other, registered by agents' keys.

mod common;

use codec::Encode;
use common::{transfer, Chain, Key};
use frame_support::traits::{fungible::InspectHold, Get};
use pallet_agents::types::Terms;
use pallet_datanets::{
	types::{Admission, Licence, Verdict},
	Windows,
};
use pallet_models::{
	runtime_api::LineageInfo, Ancestor, Asks, Call, Error, Event, HoldReason, Locators, ManifestEntry,
	ModelKind, Registration, RevenuePolicy, Spec,
};
use pallet_validators::ChainPeriods;
use plexus_primitives::{
	constants::UNITS,
	prove::{prove_reader, ProvenContent},
	AgentId, Content, ContributionId, DatanetId, DatanetVersion, DelegationId, ModelId, Sequence,
};
use plexus_runtime::{
	AccountId, Agents, Balance, Balances, Models, Runtime, RuntimeCall, RuntimeEvent, Scope, System,
};
use sp_runtime::{ApplyExtrinsicResult, DispatchError, Perbill};

/// The least that a commitment must age on a live chain, in blocks: each is ten seconds on the chain clock.
const AGE_BLOCKS: usize = 7;
const CURATED: DatanetId = DatanetId(0);
const OPEN: DatanetId = DatanetId(1);
const FIRST_VERSION: DatanetVersion = DatanetVersion(1);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

fn alice() -> Key {
	Key::sr25519("//Alice")
}

fn bob() -> Key {
	Key::ed25519("//Bob")
}

fn carol() -> Key {
	Key::ecdsa("//Carol")
}

/// A chain on which Alice, Bob and Carol have funds.
struct World {
	chain: Chain,
	salt: u8,
}

impl World {
	fn new() -> Self {
		let keys = [alice(), bob(), carol()];
		let chain = Chain::with_periods(&[&keys[0], &keys[1], &keys[2]], 10_000, ChainPeriods::DEVELOPMENT);
		let mut world = Self { chain, salt: 0 };
		// The state knows the genesis hash, which commitments contain, from block 1 on.
		world.pass(1);
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

	fn pass(&mut self, blocks: usize) {
		for _ in 0..blocks {
			self.chain.build(vec![]);
		}
	}

	/// Version 1 of a curated datanet, which Carol reviews, and of an open one. Both are Alice's.
	fn publish(&mut self) {
		use pallet_datanets::Call as Datanets;
		let curators = vec![carol().account()].try_into().expect("one fits");
		for admission in [Admission::Curated(curators), Admission::Open] {
			let licence = Licence::Spdx(b"CC-BY-4.0".to_vec().try_into().expect("short"));
			let name = b"Field notes".to_vec().try_into().expect("short");
			let create = Datanets::create_datanet { name, tags: Default::default(), licence, admission };
			self.succeeds(&alice(), create);
		}
		for (datanet, bytes) in [(CURATED, "reviewed"), (OPEN, "uploaded")] {
			let ProvenContent { content, length_proof } = prove(bytes);
			let contribute = Datanets::contribute {
				datanet,
				content,
				media_type: b"text/plain".to_vec().try_into().expect("short"),
				locator: Default::default(),
				length_proof: length_proof.try_into().expect("short"),
			};
			self.succeeds(&bob(), contribute);
		}
		self.pass(AGE_BLOCKS);
		let verdict = Verdict::Accept { weight: 40 };
		self.succeeds(&carol(), Datanets::review { contribution: ContributionId(0), verdict });
		self.succeeds(&bob(), Datanets::accept { contribution: ContributionId(1) });
		for datanet in [CURATED, OPEN] {
			self.succeeds(&alice(), Datanets::publish { datanet });
		}
	}

	/// What registers these models of an account under a commitment that was made before.
	fn prepared(&mut self, by: &AccountId, models: &[Registration<Runtime>]) -> [RuntimeCall; 2] {
		self.salt += 1;
		let salt = [self.salt; 32];
		let roots = models.iter().map(|model| model.spec.artifact.root);
		let hash = self.chain.ext.execute_with(|| Models::commitment_hash(by, &salt, roots));
		let models = models.to_vec().try_into().expect("no more than a call takes");
		[Call::commit { hash }.into(), Call::register { salt, models }.into()]
	}

	/// Registers models in two steps; their ids.
	fn register(&mut self, developer: &Key, models: &[Registration<Runtime>]) -> Vec<ModelId> {
		let [commit, register] = self.prepared(&developer.account(), models);
		self.succeeds(developer, commit);
		self.pass(AGE_BLOCKS);
		self.succeeds(developer, register);
		let registered = |event| match event {
			RuntimeEvent::Models(Event::ModelRegistered { model, .. }) => Some(model),
			_ => None,
		};
		self.chain.events().into_iter().filter_map(registered).collect()
	}

	fn is_not_registered(&mut self, model: Registration<Runtime>, error: Error<Runtime>) {
		let [commit, register] = self.prepared(&bob().account(), &[model]);
		self.succeeds(&bob(), commit);
		self.pass(AGE_BLOCKS);
		self.fails(&bob(), register, error);
	}

	fn lineage(&mut self, of: ModelId) -> LineageInfo {
		self.chain.ext.execute_with(|| Models::lineage(of)).expect("the model is registered")
	}

	fn held(&mut self, reason: HoldReason, of: &AccountId) -> Balance {
		self.chain.ext.execute_with(|| Balances::balance_on_hold(&reason.into(), of))
	}
}

fn prove(bytes: &str) -> ProvenContent {
	prove_reader(bytes.as_bytes(), |_| {}).expect("bytes in memory can be read")
}

fn percent(whole: u32) -> Perbill {
	Perbill::from_percent(whole)
}

fn asks(royalty: u32, data: u32) -> Asks {
	Asks { royalty: percent(royalty), data: percent(data) }
}

fn trained_on(datanet: DatanetId, version: DatanetVersion, share: u32) -> ManifestEntry {
	ManifestEntry { datanet, version, share: percent(share) }
}

/// A model whose artifact has these bytes.
fn model(
	kind: ModelKind,
	bytes: &str,
	parents: &[ModelId],
	manifest: &[ManifestEntry],
	asks: Asks,
) -> Registration<Runtime> {
	let ProvenContent { content, length_proof } = prove(bytes);
	let policy = RevenuePolicy { server: percent(70), developer: percent(20), data: percent(10) };
	Registration {
		spec: Spec {
			kind,
			artifact: content,
			card: Content { root: [0xca; 32], len: 9 },
			parents: parents.to_vec().try_into().expect("few"),
			manifest: manifest.to_vec().try_into().expect("few"),
			policy,
			asks,
		},
		locators: Locators {
			artifact: b"https://example.org/weights".to_vec().try_into().expect("short"),
			card: Default::default(),
		},
		length_proof: length_proof.try_into().expect("short"),
	}
}

fn base(bytes: &str, asks: Asks) -> Registration<Runtime> {
	model(ModelKind::Base, bytes, &[], &[], asks)
}

fn ancestor(model: ModelId, asks: Asks) -> Ancestor {
	Ancestor { model, royalty: asks.royalty, data: asks.data }
}

#[test]
fn a_base_a_fine_tune_trained_on_a_version_and_a_hundred_adapters() {
	let mut world = World::new();
	world.publish();
	let base = world.register(&alice(), &[base("base", asks(5, 20))])[0];
	let manifest = [trained_on(CURATED, FIRST_VERSION, 100), trained_on(OPEN, FIRST_VERSION, 0)];
	let tuned = model(ModelKind::FineTune, "tuned", &[base], &manifest, asks(3, 25));
	let tuned = world.register(&bob(), &[tuned])[0];
	let adapter =
		|number| model(ModelKind::Adapter, &format!("adapter {number}"), &[tuned], &[], asks(0, 25));
	let adapters = world.register(&carol(), &(0..100).map(adapter).collect::<Vec<_>>());
	assert_eq!(adapters.len(), 100);

	// Up: each ancestor with what it asked, whoever stands between.
	let expected = vec![ancestor(base, asks(5, 20)), ancestor(tuned, asks(3, 25))];
	for adapter in &adapters {
		let lineage = world.lineage(*adapter);
		assert_eq!((&lineage.ancestors, lineage.royalties), (&expected, percent(8)));
		assert_eq!((lineage.royalties_max, lineage.data_of_children), (percent(50), percent(25)));
	}
	// Down: pages that neither skip nor repeat.
	let mut cursor = Some(Sequence(0));
	let mut found = Vec::new();
	while let Some(place) = cursor {
		let page = world.chain.ext.execute_with(|| Models::children(tuned, Some(place), 7));
		found.extend(page.items.into_iter().map(|model| model.id));
		cursor = page.next;
	}
	assert_eq!(found, adapters);
	let info = world.chain.ext.execute_with(|| Models::model(tuned)).expect("it is registered");
	assert_eq!((info.children, info.manifest), (100, manifest.to_vec()));
	let by_root = world.chain.ext.execute_with(|| Models::model_by_root(prove("tuned").content.root));
	assert_eq!(by_root.map(|model| model.id), Some(tuned));
}

#[test]
fn a_manifest_names_what_was_published_and_pays_what_was_reviewed() {
	let mut world = World::new();
	world.publish();
	let trained = |entry: ManifestEntry| model(ModelKind::Base, "base", &[], &[entry], asks(5, 20));
	let second = DatanetVersion(2);
	for (entry, error) in [
		(trained_on(CURATED, second, 100), Error::UnknownVersion),
		(trained_on(DatanetId(7), FIRST_VERSION, 100), Error::UnknownVersion),
		(trained_on(CURATED, DatanetVersion(0), 100), Error::UnknownVersion),
		(trained_on(OPEN, FIRST_VERSION, 100), Error::OpenVersionWithShare),
		(trained_on(CURATED, FIRST_VERSION, 0), Error::CuratedVersionWithoutShare),
	] {
		world.is_not_registered(trained(entry), error);
	}
	// What was published stays, whatever becomes of the datanet.
	world.succeeds(&alice(), pallet_datanets::Call::retire { datanet: CURATED });
	world.register(&bob(), &[trained(trained_on(CURATED, FIRST_VERSION, 100))]);
}

#[test]
fn an_intermediary_that_asks_nothing_changes_nothing_for_the_ancestors() {
	let mut world = World::new();
	let roots = world.register(&alice(), &[base("one", asks(5, 20)), base("two", asks(7, 10))]);
	let merge = model(ModelKind::Merge, "merge", &roots, &[], asks(0, 20));
	let direct = model(ModelKind::Merge, "direct", &roots, &[], asks(4, 20));
	let made = world.register(&bob(), &[merge, direct]);
	let [merge, direct] = made[..] else { panic!("two were registered") };
	let through = model(ModelKind::FineTune, "through", &[merge], &[], asks(4, 20));
	let through = world.register(&carol(), &[through])[0];
	let paid = |lineage: LineageInfo| {
		lineage.ancestors.into_iter().filter(|entry| !entry.royalty.is_zero()).collect::<Vec<_>>()
	};
	let [of_direct, of_through] = [direct, through].map(|model| world.lineage(model));
	assert_eq!(of_direct.royalties, percent(12));
	assert_eq!(of_through.royalties, percent(12));
	assert_eq!(paid(of_through), paid(of_direct));
	// Nor does a second path to the same ancestors.
	let both = model(ModelKind::Merge, "both", &[merge, direct], &[], asks(0, 20));
	let both = world.register(&carol(), &[both])[0];
	assert_eq!(world.lineage(both).royalties, percent(16), "the direct one's own ask is added, nothing else");
}

#[test]
fn a_copied_registration_loses() {
	let mut world = World::new();
	let original = base("weights", asks(5, 20));
	let [commit, register] = world.prepared(&alice().account(), std::slice::from_ref(&original));
	world.succeeds(&alice(), commit);
	world.pass(AGE_BLOCKS);
	// The copyist sees the registration, and sends the same with a tip; then commits, and is too late.
	let copy_at_once = register.clone();
	let transactions =
		vec![world.chain.sign(&bob(), 0, UNITS, copy_at_once), world.chain.sign(&alice(), 1, 0, register)];
	let unknown: DispatchError = Error::<Runtime>::UnknownCommitment.into();
	assert_eq!(world.chain.build(transactions).1, [Ok(Err(unknown)), Ok(Ok(()))]);
	let [commit, register] = world.prepared(&bob().account(), &[original]);
	world.succeeds(&bob(), commit);
	world.fails(&bob(), register.clone(), Error::<Runtime>::CommitmentTooYoung);
	world.pass(AGE_BLOCKS);
	world.fails(&bob(), register, Error::<Runtime>::RootAlreadyHeld);
	let holder = world.chain.ext.execute_with(|| Models::model_by_root(prove("weights").content.root));
	assert_eq!(holder.map(|model| model.developer), Some(alice().account()));
}

#[test]
fn a_key_registers_for_its_agent_and_only_what_never_returns_is_spent() {
	const AGENT: AgentId = AgentId(0);
	let mut world = World::new();
	let key = Key::sr25519("//Agent//1");
	let account = Agents::account_of(AGENT);
	world.succeeds(&alice(), pallet_agents::Call::register { profile: Default::default() });
	world.succeeds(&alice(), transfer(&account, 100 * UNITS));
	let terms = Terms::<Runtime> {
		scopes: vec![Scope::Models].try_into().expect("one fits"),
		budget: 10 * UNITS,
		fee_budget: 10 * UNITS,
		period_ms: DAY_MS,
		expires_at_ms: DAY_MS,
	};
	let (agent, delegation) = (AGENT, DelegationId(0));
	world
		.succeeds(&alice(), pallet_agents::Call::delegate { agent, parent: None, key: key.account(), terms });
	let act = |call: RuntimeCall| pallet_agents::Call::act { agent, delegation, call: Box::new(call) };
	let outflow = |world: &mut World| {
		let acted = |event| match event {
			RuntimeEvent::Agents(pallet_agents::Event::Acted { outflow, .. }) => Some(outflow),
			_ => None,
		};
		world.chain.events().into_iter().find_map(acted)
	};

	let [commit, register] = world.prepared(&account, &[base("weights", asks(5, 20))]);
	world.succeeds(&key, act(commit));
	assert_eq!(outflow(&mut world), Some(0), "a commitment's deposit returns");
	assert!(world.held(HoldReason::Commitment, &account) > 0);
	world.pass(AGE_BLOCKS);
	world.succeeds(&key, act(register));
	let registered = world.chain.ext.execute_with(|| Models::model(ModelId(0))).expect("it is registered");
	assert_eq!(registered.developer, account, "the agent is the developer");
	assert_eq!(outflow(&mut world), Some(registered.deposit), "what the model holds for ever is spent");
	assert_eq!(world.held(HoldReason::Model, &account), registered.deposit);
	assert!(registered.locators_deposit > 0);
	assert_eq!(world.held(HoldReason::Locators, &account), registered.locators_deposit);
	assert_eq!(world.held(HoldReason::Commitment, &account), 0);

	let nowhere = Locators { artifact: Default::default(), card: Default::default() };
	let set = Call::set_locators { model: ModelId(0), locators: nowhere };
	world.succeeds(&key, act(set.into()));
	assert_eq!((outflow(&mut world), world.held(HoldReason::Locators, &account)), (Some(0), 0));
	world.succeeds(&key, act(Call::set_deprecated { model: ModelId(0), deprecated: true }.into()));
	// The scope has nothing else.
	let pay = transfer(&bob().account(), 1);
	let paid = world.send(&key, act(pay).into());
	assert!(matches!(paid, Err(_) | Ok(Err(_))), "{paid:?}");
	world.succeeds(
		&alice(),
		pallet_agents::Call::control {
			agent,
			call: Box::new(Call::set_deprecated { model: ModelId(0), deprecated: false }.into()),
		},
	);
}

#[test]
fn commitments_age_as_those_to_contributions_and_can_always_be_used() {
	let mut world = World::new();
	let age_ms = || <<Runtime as pallet_models::Config>::CommitmentAgeMsMin as Get<u64>>::get();
	let lifetime_ms = || <<Runtime as pallet_models::Config>::CommitmentLifetimeMs as Get<u64>>::get();
	assert_eq!(world.chain.scratch(|| (age_ms(), lifetime_ms())), (60_000, DAY_MS));
	let with = |windows| {
		pallet_datanets::CurrentWindows::<Runtime>::put(windows);
		age_ms()
	};
	assert_eq!(world.chain.scratch(|| with(Windows::DEVELOPMENT)), 2_000);
	let slow = Windows { commitment_age_ms: 2 * DAY_MS, ..Windows::LIVE };
	assert!(world.chain.scratch(|| with(slow) < lifetime_ms()));
}

#[test]
fn a_full_call_fits_into_a_block() {
	let mut world = World::new();
	let models: Vec<_> = (0..256).map(|number| base(&format!("model {number}"), asks(1, 0))).collect();
	let [_, register] = world.prepared(&alice().account(), &models);
	let encoded = world.chain.sign(&alice(), 0, 0, register).encode();
	assert!(encoded.len() < plexus_runtime::native::EXTRINSIC_BYTES_MAX, "{} bytes", encoded.len());
	assert_eq!(world.register(&alice(), &models).len(), 256);
}
