//! Proofs that are malformed, oversized, replayed, reordered or truncated: refused, and none panics.

use super::*;
use plexus_primitives::slice::SLICE_BYTES_MAX;
use proptest::prelude::*;

/// The parts of a mismatch that can be broken.
fn broken(filed: &Filed, breach: impl Fn(&mut ReceiptProof, &mut Vec<u8>, &mut Vec<u8>)) -> Challenge {
	let Challenge::Mismatch { claim, mut receipt, start, length, output, source } = mismatch(filed) else {
		unreachable!("it is one")
	};
	let (mut output, mut source) = (output.into_inner(), source.into_inner());
	breach(&mut receipt, &mut output, &mut source);
	let (output, source) = (listed(output), listed(source));
	Challenge::Mismatch { claim, receipt, start, length, output, source }
}

#[test]
fn truncated_extended_and_empty_slices_are_refused() {
	run(|| {
		let filed = file_false();
		for cut in [1, 8, 64, 1_000] {
			let shown = broken(&filed, |_, output, _| output.truncate(output.len() - cut));
			assert_eq!(challenge(filed.batch, &shown), error(Error::WrongSlice));
		}
		for shown in [
			broken(&filed, |_, _, source| source.push(0)),
			broken(&filed, |_, output, _| output.clear()),
			broken(&filed, |_, output, source| std::mem::swap(output, source)),
		] {
			assert_eq!(challenge(filed.batch, &shown), error(Error::WrongSlice));
		}
	});
}

#[test]
fn reordered_slices_are_refused() {
	run(|| {
		let filed = file_false();
		let shown = broken(&filed, |_, output, _| {
			// The two halves of the parent above the chunk.
			let (left, right) = (output[8..40].to_vec(), output[40..72].to_vec());
			output.splice(8..72, [right, left].concat());
		});
		assert_eq!(challenge(filed.batch, &shown), error(Error::WrongSlice));
	});
}

#[test]
fn oversized_slices_do_not_even_decode() {
	use codec::Decode;
	let long = vec![0u8; SLICE_BYTES_MAX + 1].encode();
	assert!(plexus_primitives::challenge::Slice::decode(&mut &long[..]).is_err());
	let path = vec![[0u8; 32]; 65].encode();
	assert!(plexus_primitives::challenge::Path::decode(&mut &path[..]).is_err());
}

#[test]
fn a_receipt_of_another_place_sequence_or_channel_is_refused() {
	run(|| {
		let other = receipt(b"another answer, of which nothing is claimed here or anywhere");
		let filed = file(&[receipt(&quoting()), other], &[span(0, ORIGINAL, 500, 0, 1_000)]);
		for shown in [
			broken(&filed, |proof, _, _| *proof = filed.proof(1)),
			broken(&filed, |proof, _, _| proof.sequence += 1),
			broken(&filed, |proof, _, _| proof.channel = ChannelId(1)),
			broken(&filed, |proof, _, _| proof.receipt.fee += 1),
			broken(&filed, |proof, _, _| proof.path = listed([])),
			broken(&filed, |proof, _, _| proof.path = listed([[0; 32]; 64])),
		] {
			assert_eq!(challenge(filed.batch, &shown), error(Error::WrongReceipt));
		}
	});
}

#[test]
fn a_proof_of_another_batch_is_replayed_in_vain() {
	run(|| {
		let (bad, good) = (file_false(), file_true());
		assert_eq!(challenge(good.batch, &mismatch(&bad)), error(Error::WrongReceipt));
		assert_ok!(challenge(bad.batch, &mismatch(&bad)));
		// And once found, it is not found again.
		assert_eq!(commit_to(OTHER, bad.batch, &mismatch(&bad)), error(Error::Fraudulent));
	});
}

#[test]
fn a_commitment_of_another_chain_is_none() {
	run(|| {
		let filed = file_false();
		let shown = mismatch(&filed);
		let foreign = commitment(&[7; 32], &account(CHALLENGER).encode(), &[5; 32], filed.batch, &shown);
		assert_ok!(Attribution::commit(by(CHALLENGER), filed.batch, foreign));
		next_block(1);
		assert_eq!(reveal(CHALLENGER, filed.batch, &shown), error(Error::NoCommitment));
	});
}

#[test]
fn a_contribution_of_another_datanet_with_the_same_version_is_not_in_scope() {
	run(|| {
		// Version 1 of datanet 1 is no version 1 of datanet 0.
		let claim = span(0, UNLISTED, 0, 0, 1_000);
		let refused = try_file(&[receipt(&bytes_of(UNLISTED))], &[claim]).err();
		assert_eq!(refused, Some(Error::<Test>::VersionNotInScope.into()));
	});
}

#[test]
fn an_answer_for_another_claim_is_refused() {
	run(|| {
		let output = [quoting(), quoting()].concat();
		let claims = [span(0, ORIGINAL, 500, 1_500, 1_000), span(0, ORIGINAL, 2_500, 1_500, 1_000)];
		let filed = file(&[receipt(&output)], &claims);
		let drawn = draw(filed.batch);
		assert_eq!(drawn.len(), 2);
		let shown = Answer::Span {
			receipt: filed.proof(0),
			length: length_proof(&output),
			output: slice(&output, 500, 1_000),
			source: slice(&bytes_of(ORIGINAL), 1_500, 1_000),
		};
		assert_eq!(answer(filed.batch, 1, &shown), error(Error::WrongSlice));
		assert_ok!(answer(filed.batch, 0, &shown));
	});
}

/// A kind of challenge, three numbers, two slices and a path.
type Parts = (u8, u64, u64, u64, Vec<u8>, Vec<u8>, Vec<[u8; 32]>);

/// Any challenge with anything in it.
fn any_challenge() -> impl Strategy<Value = Parts> {
	let number = || prop_oneof![Just(0), Just(1), Just(500), Just(u64::MAX), any::<u64>()];
	let bytes = || prop::collection::vec(any::<u8>(), 0..3_000);
	let path = prop::collection::vec(any::<[u8; 32]>(), 0..10);
	(0..6u8, number(), number(), number(), bytes(), bytes(), path)
}

#[test]
fn nothing_that_is_shown_makes_the_chain_panic() {
	let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
	let mut ext = new_test_ext();
	let filed = ext.execute_with(|| {
		build_world();
		file_true()
	});
	let ext = std::cell::RefCell::new(ext);
	let mut runner = proptest::test_runner::TestRunner::new(config);
	let checked = runner.run(&any_challenge(), |(kind, start, length, offset, one, other, path)| {
		ext.borrow_mut().execute_with(|| {
			let mut receipt = filed.proof(0);
			if !path.is_empty() {
				receipt.path = listed(path);
			}
			let contribution = ContributionId(start % 9);
			let version = DatanetVersion(length as u32 % 4);
			let shown = match kind {
				0 => Challenge::Mismatch {
					claim: 0,
					receipt,
					start,
					length,
					output: listed(one),
					source: listed(other),
				},
				1 => Challenge::FalseLength { claim: 0, receipt, output: listed(one) },
				2 => Challenge::Unlawful { claim: (start as u32).wrapping_add(1), receipt },
				3 => Challenge::PromptEcho {
					claim: 0,
					receipt,
					start,
					length,
					prompt_offset: offset,
					claimed: listed(one),
					prompt: listed(other),
				},
				4 => Challenge::Counterclaim {
					claim: 0,
					receipt,
					contribution,
					version,
					offset,
					output: listed(one),
					source: listed(other),
				},
				_ => Challenge::UnlistedSource {
					place: start as u32,
					receipt,
					start,
					length,
					contribution,
					version,
					offset,
					output: listed(one),
					source: listed(other),
				},
			};
			// The same may come twice, and is committed to already.
			let _ = commit_to(CHALLENGER, filed.batch, &shown);
			next_block(1);
			assert!(reveal(CHALLENGER, filed.batch, &shown).is_err());
			assert_refused!(
				Attribution::clear_commitment(
					by(CHALLENGER),
					account(CHALLENGER),
					hash_of(CHALLENGER, filed.batch, &shown)
				),
				Error::<Test>::CommitmentAlive
			);
		});
		Ok(())
	});
	checked.unwrap_or_else(|failed| panic!("{failed}"));
}

/// Bytes of a valid encoding, some of them changed.
fn damage() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
	prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
}

fn damaged<Shown: Encode + codec::Decode>(
	shown: &Shown,
	damage: &[(prop::sample::Index, u8)],
) -> Option<Shown> {
	use codec::DecodeAll;
	let mut bytes = shown.encode();
	damage.iter().for_each(|(place, with)| {
		let place = place.index(bytes.len());
		bytes[place] ^= with;
	});
	Shown::decode_all(&mut &bytes[..]).ok()
}

/// All that might be shown against the true claim, if it were false.
fn against_the_true_claim(filed: &Filed) -> Vec<Challenge> {
	let (output, source) = (slice(&quoting(), 500, 1_000), slice(&bytes_of(ORIGINAL), 1_500, 1_000));
	vec![
		Challenge::Mismatch { claim: 0, receipt: filed.proof(0), start: 0, length: 1_000, output, source },
		Challenge::FalseLength { claim: 0, receipt: filed.proof(0), output: length_proof(&quoting()) },
		Challenge::Unlawful { claim: 0, receipt: filed.proof(0) },
		Challenge::PromptEcho {
			claim: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 17,
			prompt_offset: 0,
			claimed: slice(&quoting(), 500, 17),
			prompt: slice(b"what is a flower?", 0, 17),
		},
		Challenge::Counterclaim {
			claim: 0,
			receipt: filed.proof(0),
			contribution: ContributionId(COPY),
			version: DatanetVersion(1),
			offset: 1_500,
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(COPY), 1_500, 1_000),
		},
		Challenge::UnlistedSource {
			place: 0,
			receipt: filed.proof(0),
			start: 500,
			length: 1_000,
			contribution: ContributionId(UNLISTED),
			version: DatanetVersion(1),
			offset: 200,
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(UNLISTED), 200, 1_000),
		},
	]
}

/// Runs the test of each case on one chain.
fn on_one_chain<Case: std::fmt::Debug>(
	cases: impl Strategy<Value = Case>,
	file: impl FnOnce() -> Filed,
	test: impl Fn(&Filed, Case),
) {
	let config = ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() };
	let mut ext = new_test_ext();
	let filed = ext.execute_with(|| {
		build_world();
		file()
	});
	let ext = std::cell::RefCell::new(ext);
	let checked = proptest::test_runner::TestRunner::new(config).run(&cases, |case| {
		ext.borrow_mut().execute_with(|| test(&filed, case));
		Ok(())
	});
	checked.unwrap_or_else(|failed| panic!("{failed}"));
}

#[test]
fn no_damage_makes_a_false_challenge_hold() {
	let cases = (any::<prop::sample::Index>(), damage());
	on_one_chain(cases, file_true, |filed, (which, damage)| {
		let all = against_the_true_claim(filed);
		let Some(shown) = damaged(&all[which.index(all.len())], &damage) else { return };
		let _ = commit_to(CHALLENGER, filed.batch, &shown);
		next_block(1);
		assert!(reveal(CHALLENGER, filed.batch, &shown).is_err(), "{shown:?}");
	});
}

#[test]
fn no_damage_makes_the_answer_for_a_false_claim_hold() {
	let file = || {
		let filed = file_false();
		draw(filed.batch);
		filed
	};
	on_one_chain(damage(), file, |filed, damage| {
		let good = Answer::Span {
			receipt: filed.proof(0),
			length: length_proof(&quoting()),
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(ORIGINAL), 0, 1_000),
		};
		let Some(shown) = damaged(&good, &damage) else { return };
		assert!(answer(filed.batch, 0, &shown).is_err(), "{shown:?}");
	});
}
