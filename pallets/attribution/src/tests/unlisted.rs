//! Sources that a manifest does not have.

use super::*;

/// An output with 1,000 bytes of the unlisted contribution, between others of its own.
fn copying() -> Vec<u8> {
	[text(90, 500), bytes_of(UNLISTED)[200..1_200].to_vec(), text(91, 500)].concat()
}

/// 30 % of the developer's part, which is more than the data money, times half of the output.
const AMOUNT: Balance = DEVELOPERS * 3 / 10 / 2;

fn shown(filed: &Filed, contribution: u64, version: u32) -> Challenge {
	part(filed, contribution, version, 0, 1_000)
}

fn part(filed: &Filed, contribution: u64, version: u32, from: u64, length: u64) -> Challenge {
	Challenge::UnlistedSource {
		place: 0,
		receipt: filed.proof(0),
		start: 500 + from,
		length,
		contribution: ContributionId(contribution),
		version: DatanetVersion(version),
		offset: 200 + from,
		output: slice(&copying(), 500 + from, length),
		source: slice(&bytes_of(contribution), 200 + from, length),
	}
}

fn file_copying() -> Filed {
	file(&[receipt(&copying())], &[])
}

#[test]
fn an_unlisted_source_is_paid_by_the_developer() {
	run(|| {
		let filed = file_copying();
		assert_eq!(Ledger::of_model(0), DATA, "the data's money does not wait");
		assert_ok!(challenge(filed.batch, &shown(&filed, UNLISTED, 1)));
		assert_eq!(held(HoldReason::Unlisted, &account(CHALLENGER)), UNLISTED_BOND);
		assert_eq!(finalise(filed.batch), error(Error::WindowOpen));
		assert!(Receipts::pull_developer(by(OTHER), ModelId(0)).is_err(), "all of it waits");
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_contribution(UNLISTED), AMOUNT * 9 / 10);
		assert_eq!(Ledger::of_account(&account(CHALLENGER)), AMOUNT / 10);
		assert_eq!(free(&account(CHALLENGER)), ENDOWMENT);
		assert_ok!(Receipts::pull_developer(by(OTHER), ModelId(0)));
		assert_eq!(Receipts::earnings(&account(DEVELOPER)), DEVELOPERS - AMOUNT);
		assert!(Batches::<Test>::iter().next().is_none());
	});
}

#[test]
fn an_equal_match_in_the_manifest_answers_and_earns_the_bond() {
	run(|| {
		// What is said to be unlisted is the original's, under another root, in another datanet, earlier than the models.
		let bytes = [b"x".to_vec(), bytes_of(ORIGINAL)[..2_000].to_vec()].concat();
		let other = contribute(1, &bytes, true);
		publish(1);
		next_block(3);
		let model = ModelId(put_model("later", &[], (50, 20)));
		let terms = ChannelTerms {
			signer: signer_account(KEY),
			models: listed([model]),
			corpora: listed([]),
			expires_at_ms: Now::get() + 1_000_000_000,
		};
		assert_ok!(Receipts::open(by(PAYER), AgentId(0), terms, FEE));
		pallet_receipts::Channels::<Test>::mutate(ChannelId(0), |channel| {
			channel.as_mut().expect("the world has it").terms.models = listed([model]);
		});
		let output = [text(92, 100), bytes[101..1_101].to_vec()].concat();
		let filed = file(&[Receipt { model, ..receipt(&output) }], &[]);
		let shown = Challenge::UnlistedSource {
			place: 0,
			receipt: filed.proof(0),
			start: 100,
			length: 1_000,
			contribution: ContributionId(other),
			version: DatanetVersion(3),
			offset: 101,
			output: slice(&output, 100, 1_000),
			source: slice(&bytes, 101, 1_000),
		};
		assert_ok!(challenge(filed.batch, &shown));
		let listed = |offset: u64| Listed {
			receipt: filed.proof(0),
			contribution: ContributionId(ORIGINAL),
			version: DatanetVersion(1),
			offset,
			output: slice(&output, 100, 1_000),
			source: slice(&bytes_of(ORIGINAL), offset, 1_000),
		};
		let answer = |offset: u64, start: u64| {
			with_storage_layer(|| {
				Attribution::answer_unlisted(by(DEVELOPER), filed.batch, 0, start, listed(offset))
			})
		};
		assert_eq!(answer(99, 100), error(Error::BytesDiffer));
		assert_eq!(answer(100, 99), error(Error::NothingAsked));
		assert_ok!(answer(100, 100));
		assert_eq!(Ledger::of_account(&account(DEVELOPER)), UNLISTED_BOND);
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_contribution(other), 0);
		assert_eq!(free(&account(CHALLENGER)), ENDOWMENT - UNLISTED_BOND);
	});
}

#[test]
fn an_answer_comes_in_time() {
	run(|| {
		let filed = file_copying();
		assert_ok!(challenge(filed.batch, &shown(&filed, UNLISTED, 1)));
		pass(PARAMETERS.response_ms);
		let listed = Listed {
			receipt: filed.proof(0),
			contribution: ContributionId(ORIGINAL),
			version: DatanetVersion(1),
			offset: 0,
			output: slice(&copying(), 500, 1_000),
			source: slice(&bytes_of(ORIGINAL), 0, 1_000),
		};
		assert_refused!(
			Attribution::answer_unlisted(by(DEVELOPER), filed.batch, 0, 500, listed.clone()),
			Error::<Test>::AnsweredTooLate
		);
	});
}

#[test]
fn only_bytes_of_older_curated_unlisted_versions_are_sources() {
	run(|| {
		let filed = file_copying();
		let refused = |shown: &Challenge, why| {
			assert_eq!(challenge(filed.batch, shown), error(why));
			// Commitments differ by the hash of what is shown; time passes for the next one.
			pass(1);
		};
		refused(&shown(&filed, UNLISTED, 2), Error::NotEarlier);
		refused(&shown(&filed, UNLISTED, 3), Error::NotInVersion);
		refused(&shown(&filed, RECENT, 1), Error::NotInVersion);
		refused(&shown(&filed, RETRIEVED, 1), Error::NotCurated);
		refused(&shown(&filed, ORIGINAL, 1), Error::SourceListed);
		refused(&shown(&filed, COPY, 1), Error::SourceListed);
		refused(&part(&filed, UNLISTED, 1, 0, 255), Error::TooShort);
		refused(&shown(&filed, 99, 1), Error::UnknownContribution);
		assert_ok!(challenge(filed.batch, &part(&filed, UNLISTED, 1, 0, 500)));
		refused(&part(&filed, UNLISTED, 1, 400, 300), Error::RangesOverlap);
		assert_ok!(challenge(filed.batch, &part(&filed, UNLISTED, 1, 500, 500)));
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		let each = AMOUNT / 2;
		assert_eq!(Ledger::of_contribution(UNLISTED), 2 * (each - each / 10));
	});
}

#[test]
fn a_false_unlisted_source_loses() {
	run(|| {
		let filed = file(&[receipt(&quoting())], &[]);
		let shown = Challenge::UnlistedSource {
			place: 0,
			receipt: filed.proof(0),
			start: 500,
			length: 1_000,
			contribution: ContributionId(UNLISTED),
			version: DatanetVersion(1),
			offset: 200,
			output: slice(&quoting(), 500, 1_000),
			source: slice(&bytes_of(UNLISTED), 200, 1_000),
		};
		assert_eq!(challenge(filed.batch, &shown), error(Error::BytesDiffer));
		assert_eq!(held(HoldReason::Unlisted, &account(CHALLENGER)), 0);
		assert!(held(HoldReason::Commitment, &account(CHALLENGER)) > 0, "to be burned");
	});
}

#[test]
fn what_the_payer_keeps_shows_nothing() {
	run(|| {
		let hidden = Receipt { disclose: false, ..receipt(&copying()) };
		let filed = file(&[hidden], &[]);
		assert!(Batches::<Test>::get(filed.batch).is_none(), "it is final at once");
		let mixed = file(&[hidden, receipt(b"rose")], &[]);
		assert_eq!(challenge(mixed.batch, &shown(&mixed, UNLISTED, 1)), error(Error::NotDisclosed));
	});
}

#[test]
fn unlisted_sources_outlive_the_claims_of_a_fraudulent_batch() {
	run(|| {
		let one = receipt(&copying());
		let filed = file(&[one], &[span(0, ORIGINAL, 500, 0, 1_000)]);
		let false_claim = Challenge::Mismatch {
			claim: 0,
			receipt: filed.proof(0),
			start: 0,
			length: 40,
			output: slice(&copying(), 500, 40),
			source: slice(&bytes_of(ORIGINAL), 0, 40),
		};
		assert_ok!(challenge_by(OTHER, filed.batch, &false_claim));
		pass(PARAMETERS.reveal_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_model(0), DATA);
		assert_ok!(challenge(filed.batch, &shown(&filed, UNLISTED, 1)));
		pass(PARAMETERS.window_ms);
		assert_ok!(finalise(filed.batch));
		assert_eq!(Ledger::of_contribution(UNLISTED), AMOUNT * 9 / 10);
	});
}

#[test]
fn so_many_sources_of_a_batch_wait() {
	run(|| {
		let output = [copying(), copying()].concat();
		let filed = file(&[receipt(&output); 2], &[]);
		let at = |place: u32, start: u64| Challenge::UnlistedSource {
			place,
			receipt: filed.proof(place),
			start,
			length: 400,
			contribution: ContributionId(UNLISTED),
			version: DatanetVersion(1),
			offset: 200,
			output: slice(&output, start, 400),
			source: slice(&bytes_of(UNLISTED), 200, 400),
		};
		for (place, start) in [(0, 500), (0, 2_500), (1, 500)] {
			assert_ok!(challenge(filed.batch, &at(place, start)));
		}
		assert_eq!(challenge(filed.batch, &at(1, 2_500)), error(Error::TooManyUnlisted));
	});
}

#[test]
fn a_large_source_takes_the_place_of_a_small_one() {
	run(|| {
		// The developer fills all places with small sources of its own.
		let output = [copying(), copying()].concat();
		let filed = file(&[receipt(&output)], &[]);
		let at = |start: u64, from: u64, length: u64| Challenge::UnlistedSource {
			place: 0,
			receipt: filed.proof(0),
			start: start + from,
			length,
			contribution: ContributionId(UNLISTED),
			version: DatanetVersion(1),
			offset: 200 + from,
			output: slice(&output, start + from, length),
			source: slice(&bytes_of(UNLISTED), 200 + from, length),
		};
		for (from, length) in [(0, 256), (256, 260), (600, 300)] {
			assert_ok!(challenge_by(DEVELOPER, filed.batch, &at(500, from, length)));
		}
		assert_ok!(challenge(filed.batch, &at(2_500, 0, 1_000)));
		assert_eq!(held(HoldReason::Unlisted, &account(DEVELOPER)), 2 * UNLISTED_BOND);
		assert_eq!(held(HoldReason::Unlisted, &account(CHALLENGER)), UNLISTED_BOND);
		let left: Vec<_> = crate::Unlisted::<Test>::get(filed.batch).iter().map(|one| one.length).collect();
		assert_eq!(left, [260, 300, 1_000]);
	});
}
