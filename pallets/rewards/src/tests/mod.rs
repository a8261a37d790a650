//! Tests of the pallet on the real Balances, Datanets and Models, by subject.

mod costs;
mod earnings;
mod fenwick;
mod follower;
mod invariants;
mod model;
mod pools;
mod positions;
mod queries;

use crate::{mock::*, BurnReason, Earned, Error, Event, Place, Source};
use frame_support::{
	assert_noop, assert_ok,
	pallet_prelude::{DispatchResult, Get},
	storage::with_storage_layer,
	traits::{
		fungible::{Balanced, Inspect},
		tokens::{Fortitude, Precision, Preservation},
	},
};
use pallet_datanets::{
	types::{Admission, Licence, Remedy, Verdict},
	Holder,
};
use pallet_models::{Asks, Locators, ManifestEntry, ModelKind, Registration, RevenuePolicy, Spec};
use plexus_primitives::{
	prove::{prove_reader, ProvenContent},
	Content, ContributionId, DatanetId, DatanetVersion, ModelId,
};
use sp_runtime::{BoundedVec, Perbill};

/// Owns the datanets.
const OWNER: u8 = 1;
/// Reviews what is contributed to them.
const CURATOR: u8 = 2;
const ALICE: u8 = 3;
const BOB: u8 = 4;
const CAROL: u8 = 5;
const DEVELOPER: u8 = 6;
const OTHER: u8 = 7;
/// Has the money that data earns.
const PAYER: u8 = 9;
/// Has no account.
const NOBODY: u8 = 100;

/// All of a model's data money, in the unit of shares.
const ONE: u32 = 1_000_000_000;

fn by(index: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(index))
}

fn listed<Item, B: Get<u32>>(items: impl IntoIterator<Item = Item>) -> BoundedVec<Item, B> {
	items.into_iter().collect::<Vec<_>>().try_into().ok().expect("the test stays within the bound")
}

fn pass(ms: u64) {
	Now::set(Now::get() + ms);
}

fn prove(text: &str) -> ProvenContent {
	prove_reader(text.as_bytes(), |_| ()).expect("the test's content is not empty")
}

/// The next datanet: curated by one.
pub fn create_datanet() {
	let curators = Admission::Curated(listed([account(CURATOR)]));
	let (tags, licence) = (listed([]), Licence::Spdx(listed(*b"CC0-1.0")));
	assert_ok!(Datanets::create_datanet(by(OWNER), listed(*b"data"), tags, licence, curators));
}

fn contribute(contributor: u8, datanet: u32, text: &str) -> ContributionId {
	let id = pallet_datanets::NextContributionId::<Test>::get();
	let ProvenContent { content, length_proof, .. } = prove(text);
	let (media_type, locator) = (listed(*b"text/plain"), listed([]));
	assert_ok!(Datanets::contribute(
		by(contributor),
		DatanetId(datanet),
		content,
		media_type,
		locator,
		listed(length_proof)
	));
	id
}

fn accept(id: ContributionId, weight: u8) -> DispatchResult {
	Datanets::review(by(CURATOR), id, Verdict::Accept { weight })
}

/// Contributes a text, which the curator accepts.
pub fn put(contributor: u8, datanet: u32, text: &str, weight: u8) -> ContributionId {
	let id = contribute(contributor, datanet, text);
	pass(COMMITMENT_AGE_MS);
	assert_ok!(accept(id, weight));
	id
}

fn publish(datanet: u32) {
	assert_ok!(Datanets::publish(by(OWNER), DatanetId(datanet)));
}

/// Takes a contribution out of versions to come.
fn withdraw_contribution(contributor: u8, id: ContributionId) {
	assert_ok!(Datanets::withdraw(by(contributor), id));
}

fn dispute(claimant: u8, id: ContributionId, remedy: Remedy) -> DispatchResult {
	Datanets::dispute(by(claimant), id, remedy, None)
}

fn judge(id: ContributionId, uphold: bool) -> DispatchResult {
	Datanets::judge(RuntimeOrigin::root(), id, uphold)
}

/// A model with these entries in its manifest: datanet, version, share.
pub fn put_model(artifact: &str, manifest: &[(u32, u32, u32)]) -> ModelId {
	let proven = prove(artifact);
	let entry = |(datanet, version, share): &(u32, u32, u32)| ManifestEntry {
		datanet: DatanetId(*datanet),
		version: DatanetVersion(*version),
		share: Perbill::from_parts(*share),
	};
	let (zero, half) = (Perbill::zero(), Perbill::from_percent(50));
	let spec = Spec {
		kind: ModelKind::Base,
		artifact: proven.content,
		card: Content { root: [7; 32], len: 9 },
		parents: listed([]),
		manifest: listed(manifest.iter().map(entry)),
		policy: RevenuePolicy { server: half, developer: zero, data: half },
		asks: Asks { royalty: zero, data: zero },
	};
	let locators = Locators { artifact: listed([]), card: listed([]) };
	let registration = Registration { spec, locators, length_proof: listed(proven.length_proof) };
	let roots = [registration.spec.artifact.root];
	let hash = Models::commitment_hash(&account(DEVELOPER), &[9; 32], roots);
	assert_ok!(Models::commit(by(DEVELOPER), hash));
	pass(COMMITMENT_AGE_MS);
	let id = pallet_models::NextModelId::<Test>::get();
	assert_ok!(Models::register(by(DEVELOPER), [9; 32], listed([registration])));
	id
}

/// Datanet 0, whose version 1 has weight 30 of Alice's and 10 of Bob's, and model 0, which it has all data money of.
///
/// ```text
///                  contribution 0, Alice   1, Bob
/// version 1        30                      10
/// ```
fn build_world() {
	create_datanet();
	put(ALICE, 0, "alice's", 30);
	put(BOB, 0, "bob's", 10);
	publish(0);
	put_model("model", &[(0, 1, ONE)]);
}

/// Runs a test in the world, and checks the invariants after it.
fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		build_world();
		System::reset_events();
		test();
		assert_ok!(Rewards::check_invariants());
		assert_eq!(pot(), EXISTENTIAL_DEPOSIT + Rewards::owed());
	});
}

fn pot() -> Balance {
	free(&Rewards::pot())
}

fn free(account: &AccountId) -> Balance {
	Balances::balance(account)
}

/// Money that the payer has.
fn money(amount: Balance) -> crate::types::CreditOf<Test> {
	let (exact, keep) = (Precision::Exact, Preservation::Preserve);
	Balances::withdraw(&account(PAYER), amount, exact, keep, Fortitude::Polite).expect("the payer has it")
}

fn fund(model: u64, amount: Balance) {
	Rewards::deposit_data(ModelId(model), money(amount));
}

fn distribute(model: u64, entry: u32) -> DispatchResult {
	let distributed = Rewards::distribute(by(OTHER), ModelId(model), entry);
	distributed.map(|_| ()).map_err(|failed| failed.error)
}

/// Through model 0 into version 1 of datanet 0.
fn earn(amount: Balance) {
	fund(0, amount);
	assert_ok!(distribute(0, 0));
}

fn place(datanet: u32, from: u32, until: Option<u32>) -> Place {
	let (from, until) = (DatanetVersion(from), until.map(DatanetVersion));
	Place { datanet: DatanetId(datanet), from, until }
}

fn claim(index: u8, places: &[Place]) {
	assert_ok!(Rewards::claim(by(OTHER), account(index), listed(places.iter().copied())));
}

/// Where they are from version 1 on.
fn claim_first(index: u8) {
	claim(index, &[place(0, 1, None)]);
}

fn withdraw(index: u8) -> DispatchResult {
	Rewards::withdraw(by(OTHER), account(index))
}

fn holder(index: u8) -> Holder<AccountId> {
	Holder::Account(account(index))
}

fn escrow(contribution: ContributionId) -> Holder<AccountId> {
	Holder::Escrow(contribution)
}

fn earned(index: u8) -> Earned {
	Rewards::earnings(&holder(index))
}

fn weight(holder: &Holder<AccountId>, place: Place) -> Option<u64> {
	Rewards::position(holder, place).map(|info| info.weight)
}

fn error(error: Error<Test>) -> DispatchResult {
	Err(error.into())
}

fn has_event(event: Event<Test>) -> bool {
	let event = RuntimeEvent::from(event);
	System::events().iter().any(|record| record.event == event)
}
