//! Proofs for and against claims over the whole runtime: malformed, oversized, cut, reordered, replayed from another batch,
//! chain or datanet. All are refused and none panics. The fuzz target `proofs` tries the same with its own bytes.
//!
//! # Must not
//! Repeat what each challenge means: `pallets/attribution` has that.

#[path = "ledger/choices.rs"]
mod choices;
mod common;
#[path = "common/tampering.rs"]
mod tampering;
#[path = "common/world.rs"]
mod world;

use choices::Choices;
use codec::{Compact, DecodeAll, Encode};
use common::evidence::slice;
use pallet_attribution::Error;
use plexus_primitives::{
	challenge::{commitment, Answer, Challenge},
	slice::SLICE_BYTES_MAX,
	DatanetId, DatanetVersion,
};
use plexus_runtime::Runtime;
use tampering::{Outcome, Proofs};
use world::*;

const ATTEMPTS: u64 = 9_000;
const SEED: u64 = 1;

#[test]
fn no_damage_makes_a_false_proof_hold_and_none_panics() {
	let mut proofs = Proofs::new();
	proofs.assert_undamaged();
	let mut choices = Choices::seeded(SEED);
	let (mut undecodable, mut refused, mut accepted) = (0u64, 0u64, 0u64);
	for _ in 0..ATTEMPTS {
		match proofs.attempt(&mut choices) {
			Outcome::Undecodable => undecodable += 1,
			Outcome::Refused => refused += 1,
			Outcome::Accepted => accepted += 1,
		}
	}
	println!("{undecodable} undecodable, {refused} refused, {accepted} accepted of true ones");
	assert!(undecodable > ATTEMPTS / 10 && refused > ATTEMPTS / 10, "the damage shows too little");
}

#[test]
fn a_slice_above_its_maximum_does_not_even_decode() {
	let mut world = World::new();
	let filed = world.file(&[receipt(&quoting())], &[true_claim()]);
	let answer = answer_span(&filed, &true_claim(), &quoting(), &bytes_of(ORIGINAL));
	let Answer::Span { receipt, length, output, .. } = answer else { panic!("it is of a span") };
	let oversized = |bytes: usize| {
		let mut encoded = vec![1u8];
		(&receipt, &length, &output, Compact(bytes as u32)).encode_to(&mut encoded);
		encoded.resize(encoded.len() + bytes, 0);
		encoded
	};
	assert!(Answer::decode_all(&mut &oversized(SLICE_BYTES_MAX)[..]).is_ok());
	assert!(Answer::decode_all(&mut &oversized(SLICE_BYTES_MAX + 1)[..]).is_err());
}

#[test]
fn a_challenge_that_was_committed_to_on_another_chain_or_by_another_is_none() {
	let mut world = World::new();
	let filed = world.file(&[receipt(&quoting())], &[false_claim()]);
	let batch = filed.batch;
	let shown = mismatch(&filed, 0, &false_claim(), &quoting(), &bytes_of(COPY));
	let here = world.chain.genesis_hash.0;
	for (genesis, account) in [([0x77; 32], charlie().account()), (here, accomplice().account())] {
		let hash = commitment(&genesis, &account.encode(), &[5; 32], batch, &shown);
		world.succeeds(&charlie(), AttributionCall::commit { batch, hash });
		let reveal = AttributionCall::reveal { batch, salt: [5; 32], challenge: shown.clone() };
		world.fails(&charlie(), reveal, Error::<Runtime>::NoCommitment);
	}
	assert_eq!(world.challenge(&charlie(), batch, shown), Ok(Ok(())));
}

#[test]
fn proofs_of_one_batch_are_worth_nothing_in_another() {
	let mut world = World::new();
	let one = world.file(&[receipt(&quoting())], &[false_claim()]);
	let other = world.file(&[receipt(&quoting())], &[true_claim()]);
	let shown = mismatch(&one, 0, &false_claim(), &quoting(), &bytes_of(COPY));
	let refused = world.challenge(&charlie(), other.batch, shown);
	assert_eq!(refused, Ok(Err(Error::<Runtime>::WrongReceipt.into())));
	world.succeeds(&charlie(), AttributionCall::demand { batch: other.batch, claim: 0 });
	let answer = answer_span(&one, &true_claim(), &quoting(), &bytes_of(ORIGINAL));
	let replayed = AttributionCall::answer { batch: other.batch, claim: 0, answer };
	world.fails(&mallory(), replayed, Error::<Runtime>::WrongReceipt);
}

#[test]
fn what_another_datanet_holds_is_neither_claimed_nor_an_earlier_copy() {
	let mut world = World::new();
	// The unlisted contribution is in a version 1 as well, of a datanet that no manifest names.
	let output = bytes_of(UNLISTED);
	let claim = span(0, UNLISTED, 0, 0, 1_000);
	let submit = world.submission_of(&peter(), CHANNEL, &[receipt(&output)], &[claim]);
	world.fails(&mallory(), submit, Error::<Runtime>::VersionNotInScope);
	assert_ne!((DatanetId(1), DatanetVersion(1)), (MANIFEST, DatanetVersion(1)));
	let claim = span(0, COPY, 500, 1_500, 1_000);
	let filed = world.file(&[receipt(&quoting())], &[claim]);
	let elsewhere = Challenge::Counterclaim {
		claim: 0,
		receipt: filed.proof(0),
		contribution: plexus_primitives::ContributionId(UNLISTED),
		version: DatanetVersion(1),
		offset: 0,
		output: slice(&quoting(), 500, 1_000),
		source: slice(&bytes_of(UNLISTED), 0, 1_000),
	};
	let refused = world.challenge(&charlie(), filed.batch, elsewhere);
	assert_eq!(refused, Ok(Err(Error::<Runtime>::VersionNotInScope.into())));
}
