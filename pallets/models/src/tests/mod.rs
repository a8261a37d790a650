//! Tests of the pallet on the real Balances and Datanets, by subject.

mod calls;
mod commitments;
mod deposits;
mod follower;
mod invariants;
mod lineage;
mod model;
mod queries;
mod shares;
mod specs;

use crate::{
	mock::*,
	types::{Ancestor, LineageOf},
	Asks, Error, Event, HoldReason, Locators, ManifestEntry, ModelKind, ModelStatus, Registration,
	RevenuePolicy, Spec, VersionKind,
};
use frame_support::{
	assert_noop, assert_ok, pallet_prelude::DispatchResult, storage::with_storage_layer,
	traits::fungible::InspectHold,
};
use plexus_primitives::{
	prove::prove_reader, CommitmentNumber, Content, DatanetId, DatanetVersion, ModelId, Sequence,
};
use sp_runtime::Perbill;

const ALICE: u64 = 1;
const BOB: u64 = 2;
const SALT: [u8; 32] = [9; 32];

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn percent(percent: u32) -> Perbill {
	Perbill::from_percent(percent)
}

fn asks(royalty: u32, data: u32) -> Asks {
	Asks { royalty: percent(royalty), data: percent(data) }
}

fn policy() -> RevenuePolicy {
	RevenuePolicy { server: percent(50), developer: percent(30), data: percent(20) }
}

fn entry(datanet: u32, version: u32, share: Perbill) -> ManifestEntry {
	ManifestEntry { datanet: DatanetId(datanet), version: DatanetVersion(version), share }
}

fn locators() -> Locators<Test> {
	Locators { artifact: listed(*b"https://example.org/a"), card: listed(*b"ipfs:card") }
}

/// A model of this kind and parents that asks nothing, whose artifact is the text.
fn model(artifact: &str, kind: ModelKind, parents: &[u64]) -> Registration<Test> {
	let proven = prove_reader(artifact.as_bytes(), |_| ()).expect("the test's artifact is not empty");
	let spec = Spec {
		kind,
		artifact: proven.content,
		card: Content { root: [7; 32], len: 9 },
		parents: listed(parents.iter().copied().map(ModelId)),
		manifest: listed([]),
		policy: policy(),
		asks: asks(0, 0),
	};
	Registration { spec, locators: locators(), length_proof: listed(proven.length_proof) }
}

fn base(artifact: &str) -> Registration<Test> {
	model(artifact, ModelKind::Base, &[])
}

/// A model with these asks: a base without parents, else a fine-tune.
fn asking(artifact: &str, parents: &[u64], royalty: u32, data: u32) -> Registration<Test> {
	let kind = if parents.is_empty() { ModelKind::Base } else { ModelKind::FineTune };
	let mut registration = model(artifact, kind, parents);
	registration.spec.asks = asks(royalty, data);
	registration
}

fn hash_of(developer: u64, salt: [u8; 32], models: &[Registration<Test>]) -> [u8; 32] {
	Models::commitment_hash(&developer, &salt, models.iter().map(|model| model.spec.artifact.root))
}

fn commit(developer: u64, models: &[Registration<Test>]) -> DispatchResult {
	Models::commit(signed(developer), hash_of(developer, SALT, models))
}

/// Without the commitment; as in a block, what fails leaves no trace.
fn reveal(developer: u64, models: &[Registration<Test>]) -> DispatchResult {
	with_storage_layer(|| Models::register(signed(developer), SALT, listed(models.to_vec())))
}

fn pass(ms: u64) {
	Now::set(Now::get() + ms);
}

/// Commits, waits and registers; the id of the first model. What fails leaves no trace but the time.
fn register_all(developer: u64, models: &[Registration<Test>]) -> Result<ModelId, sp_runtime::DispatchError> {
	let id = crate::NextModelId::<Test>::get();
	with_storage_layer(|| {
		commit(developer, models)?;
		pass(AGE_MS);
		Models::register(signed(developer), SALT, listed(models.to_vec()))
	})?;
	Ok(id)
}

fn register(developer: u64, model: Registration<Test>) -> Result<ModelId, sp_runtime::DispatchError> {
	register_all(developer, &[model])
}

/// Registers what the test relies on.
fn put(developer: u64, model: Registration<Test>) -> ModelId {
	register(developer, model).expect("the test registers what may be")
}

fn error<Id>(error: Error<Test>) -> Result<Id, sp_runtime::DispatchError> {
	Err(error.into())
}

fn record(id: u64) -> crate::Model<Test> {
	crate::Models::<Test>::get(ModelId(id)).expect("the test registered it")
}

fn held(reason: HoldReason, account: u64) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account)
}

/// Runs a test on a fresh chain, and checks the invariants after it.
fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		assert_ok!(Models::check_invariants());
	});
}

fn has_event(event: Event<Test>) -> bool {
	let event = RuntimeEvent::from(event);
	System::events().iter().any(|record| record.event == event)
}
