//! Tests of the pallet on the real Balances, by subject.

mod calls;
mod model;
mod proofs;
mod queries;

use crate::{mock::*, Error, Event, HoldReason};
use frame_support::{
	assert_noop, assert_ok,
	pallet_prelude::{DispatchResult, Get},
	traits::fungible::InspectHold,
};
use plexus_primitives::{
	prove::{prove_reader, ProvenContent},
	Content, ContributionId, DatanetId, Sequence,
};
use sp_runtime::BoundedVec;

const ALICE: u64 = 1;
const BOB: u64 = 2;

const MEDIA_TYPE: &[u8] = b"text/plain";
const LOCATOR: &[u8] = b"https://example.org/a";

fn bounded<B: Get<u32>>(bytes: &[u8]) -> BoundedVec<u8, B> {
	bytes.to_vec().try_into().expect("the test stays within the bound")
}

fn prove(bytes: &[u8]) -> ProvenContent {
	prove_reader(bytes, |_| ()).expect("the test's content is not empty")
}

fn create_datanet(owner: u64) -> DispatchResult {
	Datanets::create_datanet(RuntimeOrigin::signed(owner), bounded(b"flora"), bounded(b"CC-BY-4.0"))
}

fn contribute_proven(contributor: u64, datanet: u32, proven: &ProvenContent) -> DispatchResult {
	Datanets::contribute(
		RuntimeOrigin::signed(contributor),
		DatanetId(datanet),
		proven.content,
		bounded(MEDIA_TYPE),
		bounded(LOCATOR),
		bounded(&proven.length_proof),
	)
}

fn contribute(contributor: u64, datanet: u32, bytes: &[u8]) -> DispatchResult {
	contribute_proven(contributor, datanet, &prove(bytes))
}

fn withdraw(signer: u64, contribution: u64) -> DispatchResult {
	Datanets::withdraw(RuntimeOrigin::signed(signer), ContributionId(contribution))
}

fn remove_datanet(signer: u64, datanet: u32) -> DispatchResult {
	Datanets::remove_datanet(RuntimeOrigin::signed(signer), DatanetId(datanet))
}

fn held(reason: HoldReason, account: u64) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account)
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
