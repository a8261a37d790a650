//! Tests of the pallet on the real Balances, by subject.

mod admission;
mod calls;
mod challenges;
mod commitments;
mod disputes;
mod licences;
mod model;
mod proofs;
mod queries;
mod versions;

use crate::{
	mock::*,
	types::{
		Admission, AdmissionKind, ContributionStatus, CuratorsOf, DatanetStatus, DepartureCause, Licence,
		LicenceInfo, Outcome, Question, Registration, Remedy, RemovalReason, Verdict,
	},
	Error, Event, HoldReason, Holder, Windows,
};
use frame_support::{
	assert_noop, assert_ok,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::fungible::InspectHold,
};
use plexus_primitives::{
	prove::{prove_reader, ProvenContent},
	CommitmentNumber, Content, ContributionId, DatanetId, DatanetVersion, Sequence,
};
use sp_runtime::BoundedVec;

const ALICE: u64 = 1;
const BOB: u64 = 2;
const CAROL: u64 = 3;
const DAVE: u64 = 4;
const ERIN: u64 = 5;

const MEDIA_TYPE: &[u8] = b"text/plain";
const LOCATOR: &[u8] = b"https://example.org/a";

/// What a contribution with these texts costs to hold for its storage.
const STORAGE_DEPOSIT: Balance = 20 + (MEDIA_TYPE.len() + LOCATOR.len()) as Balance;

const SALT: [u8; 32] = [77; 32];

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn bounded<B: Get<u32>>(bytes: &[u8]) -> BoundedVec<u8, B> {
	bytes.to_vec().try_into().expect("the test stays within the bound")
}

fn listed<Item, B: Get<u32>>(items: impl IntoIterator<Item = Item>) -> BoundedVec<Item, B> {
	items.into_iter().collect::<Vec<_>>().try_into().ok().expect("the test stays within the bound")
}

fn prove(bytes: &[u8]) -> ProvenContent {
	prove_reader(bytes, |_| ()).expect("the test's content is not empty")
}

fn root(bytes: &[u8]) -> [u8; 32] {
	prove(bytes).content.root
}

fn create(owner: u64, tags: &[&[u8]], admission: Admission<Test>) -> DispatchResult {
	let tags = listed(tags.iter().map(|tag| bounded(tag)));
	let licence = Licence::Spdx(bounded(b"CC-BY-4.0"));
	Datanets::create_datanet(signed(owner), bounded(b"flora"), tags, licence, admission)
}

fn create_datanet(owner: u64) -> DispatchResult {
	create(owner, &[b"botany"], Admission::Open)
}

fn create_curated(owner: u64, curators: &[u64]) -> DispatchResult {
	create(owner, &[b"botany"], Admission::Curated(listed(curators.iter().copied())))
}

fn registration(bytes: &[u8]) -> Registration<Test> {
	let proven = prove(bytes);
	Registration {
		content: proven.content,
		media_type: bounded(MEDIA_TYPE),
		locator: bounded(LOCATOR),
		length_proof: bounded(&proven.length_proof),
	}
}

fn contribute_proven(contributor: u64, datanet: u32, proven: &ProvenContent) -> DispatchResult {
	contribute_with(contributor, datanet, proven, MEDIA_TYPE, LOCATOR)
}

fn contribute_with(
	contributor: u64,
	datanet: u32,
	proven: &ProvenContent,
	media_type: &[u8],
	locator: &[u8],
) -> DispatchResult {
	let contributed = Datanets::contribute(
		signed(contributor),
		DatanetId(datanet),
		proven.content,
		bounded(media_type),
		bounded(locator),
		bounded(&proven.length_proof),
	);
	contributed.map(|_| ()).map_err(|failed| failed.error)
}

fn contribute(contributor: u64, datanet: u32, bytes: &[u8]) -> DispatchResult {
	contribute_proven(contributor, datanet, &prove(bytes))
}

fn commit(account: u64, contents: &[&[u8]]) -> DispatchResult {
	let hash = Datanets::commitment_hash(&account, &SALT, contents.iter().map(|bytes| root(bytes)));
	Datanets::commit(signed(account), hash)
}

fn register(account: u64, datanet: u32, contents: &[&[u8]]) -> DispatchResult {
	register_all(account, datanet, contents.iter().map(|bytes| registration(bytes)))
}

fn register_all(
	account: u64,
	datanet: u32,
	registrations: impl IntoIterator<Item = Registration<Test>>,
) -> DispatchResult {
	let registered = Datanets::register(signed(account), DatanetId(datanet), SALT, listed(registrations));
	registered.map(|_| ()).map_err(|failed| failed.error)
}

/// Commits, waits, and registers.
fn commit_and_register(account: u64, datanet: u32, contents: &[&[u8]]) -> DispatchResult {
	commit(account, contents)?;
	pass(WINDOWS.commitment_age_ms);
	register(account, datanet, contents)
}

fn accept(contribution: u64) -> DispatchResult {
	Datanets::accept(signed(ERIN), ContributionId(contribution))
}

fn review(curator: u64, contribution: u64, weight: u8) -> DispatchResult {
	Datanets::review(signed(curator), ContributionId(contribution), Verdict::Accept { weight })
}

fn reject(curator: u64, contribution: u64) -> DispatchResult {
	Datanets::review(signed(curator), ContributionId(contribution), Verdict::Reject)
}

fn withdraw(signer: u64, contribution: u64) -> DispatchResult {
	Datanets::withdraw(signed(signer), ContributionId(contribution))
}

fn expire(contribution: u64) -> DispatchResult {
	Datanets::expire(signed(ERIN), ContributionId(contribution))
}

fn publish(signer: u64, datanet: u32) -> DispatchResult {
	Datanets::publish(signed(signer), DatanetId(datanet))
}

fn remove_datanet(signer: u64, datanet: u32) -> DispatchResult {
	Datanets::remove_datanet(signed(signer), DatanetId(datanet))
}

fn weight_at(contribution: u64, version: u32) -> Option<u8> {
	Datanets::weight_at(ContributionId(contribution), DatanetVersion(version))
}

fn status(contribution: u64) -> Option<ContributionStatus> {
	Datanets::contribution(ContributionId(contribution)).map(|info| info.status)
}

fn is_accepted(contribution: u64) -> bool {
	matches!(status(contribution), Some(ContributionStatus::Accepted { .. }))
}

/// The next block, after one with this hash.
fn next_block(hash: u8) {
	frame_system::BlockHash::<Test>::insert(System::block_number(), sp_core::H256::repeat_byte(hash));
	System::set_block_number(System::block_number() + 1);
}

fn draw(contribution: u64) -> DispatchResult {
	Datanets::draw_chunk(signed(ERIN), ContributionId(contribution))
}

fn pass(milliseconds: u64) {
	Now::set(Now::get() + milliseconds);
}

fn held(reason: HoldReason, account: u64) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account)
}

fn free(account: u64) -> Balance {
	Balances::free_balance(account)
}

fn position(holder: Holder<u64>, from: u32, until: Option<u32>) -> Option<u64> {
	PositionWeights::get((holder, DatanetId(0), DatanetVersion(from), until.map(DatanetVersion)))
}

/// Runs a test on a fresh chain, and checks the invariants after it.
fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		assert_ok!(Datanets::check_invariants());
	});
}

fn last_event() -> RuntimeEvent {
	System::events().pop().expect("the call deposited an event").event
}

fn has_event(event: Event<Test>) -> bool {
	let event = RuntimeEvent::from(event);
	System::events().iter().any(|record| record.event == event)
}
