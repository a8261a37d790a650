//! The pallet against a model that is too simple to be wrong, over random histories.
//!
//! The model knows parents and asks only, and walks upwards along every path whenever it needs a lineage; the holder of
//! an artifact is found by looking at all models. After each call all balances are compared, after every eighth all
//! records, and a call that fails must leave the state as it was. A [`Follower`] hears the events of all calls.

use super::{follower::Follower, *};
use proptest::{
	prelude::*,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use std::collections::{BTreeMap, BTreeSet};

/// 50 histories of 220 steps: more than 10,000 calls, after those which find nothing yet that they could be about.
const HISTORIES: u32 = 50;
const STEPS: usize = 220;

/// To repeat a run, put the seed here that it printed.
const SEED: Option<[u8; 32]> = None;

/// Few, so that accounts often want the same one.
const ARTIFACTS: u8 = 30;

/// What a registration says besides its artifact.
#[derive(Clone, Debug)]
struct Plan {
	kind: ModelKind,
	/// Whether parents that cannot be are left out, and the kind is made to fit to those that are left.
	fitting: bool,
	/// Drawn from the models that there are.
	parents: Vec<prop::sample::Index>,
	royalty: u32,
	data: u32,
	/// Whether the data share is raised to what the parents demand.
	dutiful: bool,
	manifest: usize,
	locator_bytes: usize,
}

#[derive(Clone, Debug)]
enum Call {
	Commit { artifacts: Vec<u8>, salt: u8 },
	Clear { which: prop::sample::Index },
	Register { which: prop::sample::Index, plans: Vec<Plan> },
	SetDeprecated { which: prop::sample::Index, deprecated: bool },
	SetLocators { which: prop::sample::Index, locator_bytes: usize },
	SetPrices { commitment: Balance, model: Balance, per_byte: Balance },
}

/// One step of a history: time passes, then an account calls. Who would be right is preferred, so that calls often
/// succeed although accounts are many.
#[derive(Clone, Debug)]
struct Step {
	passed_ms: u64,
	signer: u64,
	as_entitled: bool,
	/// Whether a registration is under a commitment that can be used, if there is one.
	as_possible: bool,
	call: Call,
}

fn any_plan() -> impl Strategy<Value = Plan> {
	let kind = prop_oneof![
		Just(ModelKind::Base),
		Just(ModelKind::FineTune),
		Just(ModelKind::Adapter),
		Just(ModelKind::Merge)
	];
	let parents = prop::collection::vec(any::<prop::sample::Index>(), 0..5);
	let royalty = prop_oneof![2 => Just(0), 5 => 0..50_000_000u32, 1 => 0..550_000_000u32];
	let (fitting, dutiful) = (prop::bool::weighted(0.8), prop::bool::weighted(0.95));
	let asks = (royalty, 0..40_000_000u32, dutiful);
	(kind, fitting, parents, asks, any_manifest(), any_locator()).prop_map(
		|(kind, fitting, parents, (royalty, data, dutiful), manifest, locator_bytes)| Plan {
			kind,
			fitting,
			parents,
			royalty,
			data,
			dutiful,
			manifest,
			locator_bytes,
		},
	)
}

fn any_manifest() -> impl Strategy<Value = usize> {
	prop_oneof![25 => 0..GOOD_MANIFESTS, 1 => GOOD_MANIFESTS..GOOD_MANIFESTS + 4]
}

/// Two bytes are a scheme without an address.
fn any_locator() -> impl Strategy<Value = usize> {
	prop_oneof![5 => Just(0), 24 => 3..100usize, 1 => Just(2)]
}

fn any_call() -> impl Strategy<Value = Call> {
	let which = any::<prop::sample::Index>;
	let artifacts = prop::collection::vec(0..ARTIFACTS, 1..3);
	prop_oneof![
		30 => (artifacts, 0..3u8).prop_map(|(artifacts, salt)| Call::Commit { artifacts, salt }),
		5 => which().prop_map(|which| Call::Clear { which }),
		50 => (which(), prop::collection::vec(any_plan(), 2))
			.prop_map(|(which, plans)| Call::Register { which, plans }),
		8 => (which(), any::<bool>())
			.prop_map(|(which, deprecated)| Call::SetDeprecated { which, deprecated }),
		8 => (which(), any_locator())
			.prop_map(|(which, locator_bytes)| Call::SetLocators { which, locator_bytes }),
		4 => (0..100u128, prop_oneof![3 => 0..5_000u128, 1 => 0..900_000_000u128], 0..5u128)
			.prop_map(|(commitment, model, per_byte)| Call::SetPrices { commitment, model, per_byte }),
	]
}

fn any_step() -> impl Strategy<Value = Step> {
	let passed_ms = prop_oneof![5 => Just(0), 6 => 0..AGE_MS, 1 => 0..LIFETIME_MS];
	let call = (prop::bool::weighted(0.9), prop::bool::weighted(0.8), any_call());
	(passed_ms, 1..=ACCOUNTS, call).prop_map(|(passed_ms, signer, (as_entitled, as_possible, call))| Step {
		passed_ms,
		signer,
		as_entitled,
		as_possible,
		call,
	})
}

/// The first so many of [`manifests`] may be registered.
const GOOD_MANIFESTS: usize = 4;

/// Datanet 0 is open; 1 and 2 are curated; each has a version 1.
fn manifests() -> Vec<Vec<ManifestEntry>> {
	let (none, half, all) = (Perbill::zero(), percent(50), percent(100));
	vec![
		vec![],
		vec![entry(0, 1, none)],
		vec![entry(0, 1, none), entry(1, 1, all)],
		vec![entry(1, 1, half), entry(2, 1, half)],
		vec![entry(1, 2, all)],
		vec![entry(1, 1, half)],
		vec![entry(0, 1, all)],
		vec![entry(2, 1, half), entry(1, 1, half)],
	]
}

#[derive(Clone)]
struct ModelCommitment {
	account: u64,
	salt: u8,
	artifacts: Vec<u8>,
	number: u64,
	at: u64,
	deposit: Balance,
}

#[derive(Clone)]
struct ModelModel {
	developer: u64,
	artifact: u8,
	kind: ModelKind,
	parents: BTreeSet<u64>,
	royalty: u32,
	data: u32,
	manifest: usize,
	status: ModelStatus,
	number: u64,
	deposit: Balance,
	locator_bytes: usize,
	locators_deposit: Balance,
}

#[derive(Clone, Default)]
struct Model {
	now: u64,
	prices: (Balance, Balance, Balance),
	next_number: u64,
	commitments: Vec<ModelCommitment>,
	models: Vec<ModelModel>,
}

impl ModelModel {
	fn superseded(&self) -> bool {
		matches!(self.status, ModelStatus::Superseded { .. })
	}
}

/// A step with everything that was drawn as an index looked up.
enum Resolved {
	Commit { artifacts: Vec<u8>, salt: u8 },
	Clear { account: u64, salt: u8, artifacts: Vec<u8> },
	Register { salt: u8, models: Vec<(u8, Plan, BTreeSet<u64>)> },
	SetDeprecated { id: u64, deprecated: bool },
	SetLocators { id: u64, locator_bytes: usize },
	SetPrices { commitment: Balance, model: Balance, per_byte: Balance },
}

impl Model {
	fn held(&self, account: u64) -> [Balance; 3] {
		let commitments = self.commitments.iter().filter(|made| made.account == account);
		let own = || self.models.iter().filter(|model| model.developer == account);
		[
			commitments.map(|made| made.deposit).sum(),
			own().map(|model| model.deposit).sum(),
			own().map(|model| model.locators_deposit).sum(),
		]
	}

	/// The existential deposit stays free.
	fn affordable(&self, account: u64) -> bool {
		self.held(account).iter().sum::<Balance>() < ENDOWMENT
	}

	fn ancestors(&self, from: &BTreeSet<u64>) -> BTreeSet<u64> {
		let (mut seen, mut waiting) = (BTreeSet::new(), from.iter().copied().collect::<Vec<_>>());
		while let Some(id) = waiting.pop() {
			if seen.insert(id) {
				waiting.extend(&self.models[id as usize].parents);
			}
		}
		seen
	}

	/// Looks up what a step means, and who signs it.
	fn resolve(&self, step: &Step) -> Option<(u64, Resolved)> {
		let entitled = |account: u64| if step.as_entitled { account } else { step.signer };
		let commitment = |which: &prop::sample::Index| {
			(!self.commitments.is_empty()).then(|| &self.commitments[which.index(self.commitments.len())])
		};
		let model =
			|which: &prop::sample::Index| (!self.models.is_empty()).then(|| which.index(self.models.len()));
		Some(match &step.call {
			Call::Commit { artifacts, salt } => {
				(step.signer, Resolved::Commit { artifacts: artifacts.clone(), salt: *salt })
			}
			Call::Clear { which } => {
				let ModelCommitment { account, salt, artifacts, .. } = commitment(which)?.clone();
				(entitled(account), Resolved::Clear { account, salt, artifacts })
			}
			Call::Register { which, plans } => {
				let mut possible: Vec<_> = self.commitments.iter().filter(|made| self.usable(made)).collect();
				// Rarer, and therefore preferred: one that takes an artifact from another model.
				if possible.iter().any(|made| self.supersedes(made)) {
					possible.retain(|made| self.supersedes(made));
				}
				let made = match step.as_possible && !possible.is_empty() {
					true => possible[which.index(possible.len())],
					false => commitment(which)?,
				};
				let models = made.artifacts.iter().zip(plans).map(|(artifact, plan)| {
					let (plan, parents) = self.resolve_plan(plan);
					(*artifact, plan, parents)
				});
				(entitled(made.account), Resolved::Register { salt: made.salt, models: models.collect() })
			}
			Call::SetDeprecated { which, deprecated } => {
				let id = model(which)?;
				let call = Resolved::SetDeprecated { id: id as u64, deprecated: *deprecated };
				(entitled(self.models[id].developer), call)
			}
			Call::SetLocators { which, locator_bytes } => {
				let id = model(which)?;
				let call = Resolved::SetLocators { id: id as u64, locator_bytes: *locator_bytes };
				(entitled(self.models[id].developer), call)
			}
			Call::SetPrices { commitment, model, per_byte } => {
				let (commitment, model, per_byte) = (*commitment, *model, *per_byte);
				(step.signer, Resolved::SetPrices { commitment, model, per_byte })
			}
		})
	}

	fn holder(&self, artifact: u8) -> Option<&ModelModel> {
		self.models.iter().find(|model| model.artifact == artifact && !model.superseded())
	}

	fn supersedes(&self, made: &ModelCommitment) -> bool {
		made.artifacts.iter().any(|artifact| self.holder(*artifact).is_some())
	}

	/// Whether models may be registered under it, as far as time and artifacts are concerned.
	fn usable(&self, made: &ModelCommitment) -> bool {
		let free = |artifact: &u8| self.holder(*artifact).is_none_or(|holder| made.number < holder.number);
		(AGE_MS..LIFETIME_MS).contains(&(self.now - made.at)) && made.artifacts.iter().all(free)
	}

	/// Looks the parents up, and makes the plan fit if it is to.
	fn resolve_plan(&self, plan: &Plan) -> (Plan, BTreeSet<u64>) {
		let mut plan = plan.clone();
		let drawn = plan.parents.iter().filter(|_| !self.models.is_empty());
		let drawn = drawn.map(|which| which.index(self.models.len()));
		let fitting = drawn.filter(|id| !plan.fitting || !self.models[*id].superseded());
		let parents: BTreeSet<u64> = fitting.map(|id| id as u64).collect();
		let adapts = |id: &u64| self.models[*id as usize].kind == ModelKind::Adapter;
		if plan.fitting {
			plan.kind = match (parents.len(), plan.kind) {
				(0, _) => ModelKind::Base,
				(1, _) if parents.iter().any(adapts) => ModelKind::FineTune,
				(1, _) => ModelKind::Adapter,
				(_, ModelKind::Merge) => ModelKind::Merge,
				_ => ModelKind::FineTune,
			};
		}
		(plan, parents)
	}

	/// Applies the call if it goes through, else says nothing but that.
	fn apply(&mut self, signer: u64, call: &Resolved) -> bool {
		let before = self.clone();
		let done = self.try_apply(signer, call).is_some() && self.affordable(signer);
		if !done {
			*self = before;
		}
		done
	}

	fn try_apply(&mut self, signer: u64, call: &Resolved) -> Option<()> {
		match call {
			Resolved::Commit { artifacts, salt } => {
				let same = |made: &ModelCommitment| {
					made.account == signer && made.salt == *salt && made.artifacts == *artifacts
				};
				let (number, at, deposit) = (self.next_number, self.now, self.prices.0);
				self.next_number += 1;
				let (salt, artifacts) = (*salt, artifacts.clone());
				let taken = self.commitments.iter().any(same);
				self.commitments.push(ModelCommitment {
					account: signer,
					salt,
					artifacts,
					number,
					at,
					deposit,
				});
				(!taken).then_some(())
			}
			Resolved::Clear { account, salt, artifacts } => {
				let made = self.take_commitment(*account, *salt, artifacts)?;
				(signer == *account || self.now >= made.at + LIFETIME_MS).then_some(())
			}
			Resolved::Register { salt, models } => {
				let artifacts: Vec<_> = models.iter().map(|(artifact, ..)| *artifact).collect();
				let made = self.take_commitment(signer, *salt, &artifacts)?;
				let age = self.now - made.at;
				if !(AGE_MS..LIFETIME_MS).contains(&age) {
					return None;
				}
				let mut any = false;
				for (artifact, plan, parents) in models {
					any |= self.register(signer, made.number, *artifact, plan, parents)?;
				}
				any.then_some(())
			}
			Resolved::SetDeprecated { id, deprecated } => {
				let model = &mut self.models[*id as usize];
				let status = if *deprecated { ModelStatus::Deprecated } else { ModelStatus::Active };
				let may = model.developer == signer && !model.superseded() && model.status != status;
				model.status = status;
				may.then_some(())
			}
			Resolved::SetLocators { id, locator_bytes } => {
				let deposit = self.prices.2 * *locator_bytes as Balance;
				let model = &mut self.models[*id as usize];
				(model.locator_bytes, model.locators_deposit) = (*locator_bytes, deposit);
				(model.developer == signer && *locator_bytes != 2).then_some(())
			}
			Resolved::SetPrices { commitment, model, per_byte } => {
				self.prices = (*commitment, *model, *per_byte);
				Some(())
			}
		}
	}

	fn take_commitment(&mut self, account: u64, salt: u8, artifacts: &[u8]) -> Option<ModelCommitment> {
		let same = |made: &ModelCommitment| {
			made.account == account && made.salt == salt && made.artifacts == artifacts
		};
		let index = self.commitments.iter().position(same)?;
		Some(self.commitments.remove(index))
	}

	fn data_of(&self, plan: &Plan, parents: &BTreeSet<u64>) -> u32 {
		let demanded = parents.iter().map(|id| self.models[*id as usize].data).max();
		if plan.dutiful {
			plan.data.max(demanded.unwrap_or(0))
		} else {
			plan.data
		}
	}

	/// Whether it was registered, not skipped.
	fn register(
		&mut self,
		developer: u64,
		number: u64,
		artifact: u8,
		plan: &Plan,
		parents: &BTreeSet<u64>,
	) -> Option<bool> {
		let by = ModelId(self.models.len() as u64);
		let holder = self.models.iter_mut().find(|model| model.artifact == artifact && !model.superseded());
		if let Some(holder) = holder {
			if holder.number <= number {
				return Some(false);
			}
			holder.status = ModelStatus::Superseded { by };
		}
		let data = self.data_of(plan, parents);
		let above = self.ancestors(parents);
		let as_parents: Vec<_> = parents.iter().map(|id| &self.models[*id as usize]).collect();
		let kind_fits = match plan.kind {
			ModelKind::Base => parents.is_empty(),
			ModelKind::FineTune => !parents.is_empty(),
			ModelKind::Adapter => parents.len() == 1 && as_parents[0].kind != ModelKind::Adapter,
			ModelKind::Merge => parents.len() >= 2,
		};
		let royalties: u64 = above.iter().map(|id| u64::from(self.models[*id as usize].royalty)).sum();
		let good = kind_fits
			&& !as_parents.iter().any(|parent| parent.superseded())
			&& as_parents.iter().all(|parent| parent.data <= data)
			&& plan.royalty <= 500_000_000
			&& royalties <= 500_000_000
			&& above.len() <= ANCESTORS_MAX as usize
			&& plan.manifest < GOOD_MANIFESTS
			&& plan.locator_bytes != 2;
		// Kind, artifact, card, the two lists with their lengths, policy and asks; then the lineage; then the entries
		// at the parents.
		let entries = manifests()[plan.manifest].len();
		let spec_bytes = 1 + 40 + 40 + (1 + 8 * parents.len()) + (1 + 12 * entries) + 12 + 8;
		let bytes = spec_bytes + (1 + 16 * above.len()) + 72 * parents.len();
		self.models.push(ModelModel {
			developer,
			artifact,
			kind: plan.kind,
			parents: parents.clone(),
			royalty: plan.royalty,
			data,
			manifest: plan.manifest,
			status: ModelStatus::Active,
			number,
			deposit: self.prices.1 + self.prices.2 * bytes as Balance,
			locator_bytes: plan.locator_bytes,
			locators_deposit: self.prices.2 * plan.locator_bytes as Balance,
		});
		good.then_some(true)
	}
}

fn artifact_text(artifact: u8) -> String {
	format!("artifact {artifact}")
}

fn locators_of(bytes: usize) -> Locators<Test> {
	let text = (0..bytes).map(|index| *b"a:x".get(index).unwrap_or(&b'x'));
	Locators { artifact: listed(text), card: listed([]) }
}

fn salt_of(salt: u8) -> [u8; 32] {
	[salt; 32]
}

fn hash_of_artifacts(account: u64, salt: u8, artifacts: &[u8]) -> [u8; 32] {
	let root = |artifact: &u8| *blake3::hash(artifact_text(*artifact).as_bytes()).as_bytes();
	Models::commitment_hash(&account, &salt_of(salt), artifacts.iter().map(root))
}

/// `before` is the model's state before the call: the data shares that the parents demand are those of then.
fn dispatch(before: &Model, signer: u64, call: &Resolved) -> DispatchResult {
	let origin = signed(signer);
	match call {
		Resolved::Commit { artifacts, salt } => {
			Models::commit(origin, hash_of_artifacts(signer, *salt, artifacts))
		}
		Resolved::Clear { account, salt, artifacts } => {
			Models::clear_commitment(origin, *account, hash_of_artifacts(*account, *salt, artifacts))
		}
		Resolved::Register { salt, models } => {
			let registrations = models.iter().map(|(artifact, plan, parents)| {
				let ids: Vec<_> = parents.iter().copied().collect();
				let mut registration = model(&artifact_text(*artifact), plan.kind, &ids);
				let [royalty, data] = [plan.royalty, before.data_of(plan, parents)].map(Perbill::from_parts);
				registration.spec.asks = Asks { royalty, data };
				registration.spec.manifest = listed(manifests()[plan.manifest].clone());
				registration.locators = locators_of(plan.locator_bytes);
				registration
			});
			Models::register(origin, salt_of(*salt), listed(registrations))
		}
		Resolved::SetDeprecated { id, deprecated } => {
			Models::set_deprecated(origin, ModelId(*id), *deprecated)
		}
		Resolved::SetLocators { id, locator_bytes } => {
			Models::set_locators(origin, ModelId(*id), locators_of(*locator_bytes))
		}
		Resolved::SetPrices { commitment, model, per_byte } => {
			CommitmentDeposit::set(*commitment);
			ModelDeposit::set(*model);
			DepositPerByte::set(*per_byte);
			Ok(())
		}
	}
}

/// How often what happened, so that a history which only fails is noticed.
#[derive(Default, Debug)]
struct Tally {
	/// By the call's name.
	succeeded: BTreeMap<String, u32>,
	failed: u32,
	registered: u32,
	with_parents: u32,
	superseded: u32,
	unaffordable: u32,
}

fn play(model: &mut Model, follower: &mut Follower, step: &Step, tally: &mut Tally) {
	model.now += step.passed_ms;
	Now::set(model.now);
	let Some((signer, call)) = model.resolve(step) else { return };
	let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
	let before = model.clone();
	let expected = model.apply(signer, &call);
	// The root of a large state takes long, and is of interest only if it must not change.
	let state = (!expected).then(root);
	// As in a block: what fails leaves no trace.
	let result = with_storage_layer(|| dispatch(&before, signer, &call));
	assert_eq!(result.is_ok(), expected, "{signer} with {step:?} gave {result:?}");
	follower.follow();
	if expected {
		let name = format!("{:?}", step.call);
		let name = name.split([' ', '{']).next().unwrap_or_default().to_string();
		*tally.succeeded.entry(name).or_default() += 1;
		let new = &model.models[before.models.len()..];
		tally.registered += new.len() as u32;
		tally.with_parents += new.iter().filter(|model| !model.parents.is_empty()).count() as u32;
		let superseded = |model: &Model| model.models.iter().filter(|one| one.superseded()).count();
		tally.superseded += (superseded(model) - superseded(&before)) as u32;
	} else {
		tally.failed += 1;
		let unaffordable = result == Err(sp_runtime::TokenError::FundsUnavailable.into());
		tally.unaffordable += u32::from(unaffordable);
		assert_eq!(state, Some(root()));
	}
}

fn assert_same(model: &Model) {
	for account in 1..=ACCOUNTS {
		let expected = model.held(account);
		let reasons = [HoldReason::Commitment, HoldReason::Model, HoldReason::Locators];
		assert_eq!(reasons.map(|reason| held(reason, account)), expected, "account {account}");
		assert_eq!(Balances::free_balance(account), ENDOWMENT - expected.iter().sum::<Balance>());
	}
}

/// What takes longer to compare.
fn assert_same_records(model: &Model) {
	assert_eq!(crate::Models::<Test>::iter().count(), model.models.len());
	assert_eq!(crate::Commitments::<Test>::iter().count(), model.commitments.len());
	for made in &model.commitments {
		let hash = hash_of_artifacts(made.account, made.salt, &made.artifacts);
		let info = Models::commitment(&made.account, hash).expect("the model has it");
		assert_eq!((info.number.0, info.deposit), (made.number, made.deposit));
		assert_eq!((info.usable_from_ms, info.expires_at_ms), (made.at + AGE_MS, made.at + LIFETIME_MS));
	}
	let mut of_developers = BTreeMap::<u64, Vec<u64>>::new();
	let mut of_parents = BTreeMap::<u64, Vec<u64>>::new();
	for (id, expected) in model.models.iter().enumerate() {
		let id = id as u64;
		of_developers.entry(expected.developer).or_default().push(id);
		expected.parents.iter().for_each(|parent| of_parents.entry(*parent).or_default().push(id));
		assert_same_record(model, id, expected);
	}
	let ids = |page: crate::queries::ModelPageOf<Test>| -> Vec<u64> {
		assert_eq!(page.next, None);
		page.items.into_iter().map(|info| info.id.0).collect()
	};
	for account in 1..=ACCOUNTS {
		let expected = of_developers.remove(&account).unwrap_or_default();
		assert_eq!(ids(Models::models_of(&account, None, 256)), expected);
	}
	for id in 0..model.models.len() as u64 {
		let expected = of_parents.remove(&id).unwrap_or_default();
		assert_eq!(ids(Models::children(ModelId(id), None, 256)), expected);
	}
}

fn assert_same_record(model: &Model, id: u64, expected: &ModelModel) {
	let info = Models::model(ModelId(id)).expect("the model has it");
	assert_eq!(
		(info.developer, info.status, info.kind),
		(expected.developer, expected.status, expected.kind)
	);
	assert_eq!(info.asks.royalty, Perbill::from_parts(expected.royalty));
	assert_eq!(info.asks.data, Perbill::from_parts(expected.data));
	assert_eq!(info.parents, expected.parents.iter().copied().map(ModelId).collect::<Vec<_>>());
	assert_eq!(info.manifest, manifests()[expected.manifest]);
	assert_eq!(info.artifact_locator.len(), expected.locator_bytes);
	let by_root = Models::model_by_root(info.artifact.root).map(|info| info.id.0);
	assert_eq!(by_root == Some(id), !expected.superseded());
	let ancestor = |id: u64| {
		let above = &model.models[id as usize];
		let [royalty, data] = [above.royalty, above.data].map(Perbill::from_parts);
		Ancestor { model: ModelId(id), royalty, data }
	};
	let lineage = Models::lineage(ModelId(id)).expect("the model has it");
	let above: Vec<_> = model.ancestors(&expected.parents).into_iter().map(ancestor).collect();
	assert_eq!(lineage.ancestors, above);
}

#[test]
fn the_pallet_does_what_the_model_does() {
	let any_seed = || any::<[u8; 32]>().new_tree(&mut TestRunner::default()).expect("any bytes do").current();
	let seed = SEED.unwrap_or_else(any_seed);
	println!("seed: {seed:?}");
	let config = ProptestConfig { cases: HISTORIES, failure_persistence: None, ..ProptestConfig::default() };
	let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
	let tally = std::cell::RefCell::new(Tally::default());
	let histories = prop::collection::vec(any_step(), STEPS);
	let checked = runner.run(&histories, |steps| {
		new_test_ext().execute_with(|| {
			Versions::publish(0, 1, VersionKind::Open);
			Versions::publish(1, 1, VersionKind::Curated);
			Versions::publish(2, 1, VersionKind::Curated);
			let prices = (INITIAL_COMMITMENT_DEPOSIT, INITIAL_MODEL_DEPOSIT, INITIAL_PER_BYTE);
			let (mut model, mut follower) = (Model { prices, ..Model::default() }, Follower::default());
			for (count, step) in steps.iter().enumerate() {
				play(&mut model, &mut follower, step, &mut tally.borrow_mut());
				assert_same(&model);
				if count % 8 == 0 {
					assert_same_records(&model);
				}
			}
			assert_same_records(&model);
			follower.assert_knows_everything();
			assert_ok!(Models::check_invariants());
		});
		Ok(())
	});
	let tally = tally.into_inner();
	println!("{tally:?}");
	checked.unwrap_or_else(|failed| panic!("seed {seed:?}: {failed}"));
	let succeeded: u32 = tally.succeeded.values().sum();
	assert!(succeeded + tally.failed >= 10_000, "the histories are too short: {tally:?}");
	let enough = [succeeded, tally.failed, tally.registered, tally.with_parents];
	assert!(enough.iter().all(|count| *count > 300), "the histories show too little: {tally:?}");
	let kinds = 6;
	let every = tally.succeeded.len() == kinds && tally.succeeded.values().all(|count| *count > 20);
	assert!(every, "a call hardly ever succeeds: {tally:?}");
	assert!(tally.superseded > 3 && tally.unaffordable > 10, "the histories show too little: {tally:?}");
}
