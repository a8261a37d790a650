//! Whether bytes can be had.

use super::*;

/// Several chunks, the last one short.
fn bytes() -> Vec<u8> {
	(0..5_000u32).map(|place| (place % 251) as u8).collect()
}

fn scene() {
	assert_ok!(create_datanet(ALICE));
	assert_ok!(commit_and_register(BOB, 0, &[&bytes()]));
}

fn challenge(signer: u64) -> DispatchResult {
	Datanets::challenge(signed(signer), ContributionId(0))
}

/// Challenges, and draws the chunk in the next block.
fn challenge_and_draw(signer: u64) -> DispatchResult {
	challenge(signer)?;
	next_block(7);
	draw(0)
}

fn close() -> DispatchResult {
	Datanets::close_challenge(signed(ERIN), ContributionId(0))
}

/// The Bao slice of a chunk.
fn slice(chunk: u64) -> Vec<u8> {
	let bytes = bytes();
	let (encoded, _) = bao::encode::encode(&bytes);
	let start = chunk * 1_024;
	let len = (bytes.len() as u64 - start).min(1_024);
	let mut slice = Vec::new();
	let mut extractor = bao::encode::SliceExtractor::new(std::io::Cursor::new(encoded), start, len);
	std::io::Read::read_to_end(&mut extractor, &mut slice).expect("memory is readable");
	slice
}

fn answer(slice: &[u8]) -> DispatchResult {
	Datanets::answer(signed(ERIN), ContributionId(0), bounded(slice))
}

fn asked() -> u64 {
	let challenge = Datanets::challenge_of(ContributionId(0)).expect("a challenge is open");
	challenge.chunk.expect("the chunk is drawn")
}

#[test]
fn the_chunk_that_was_asked_for_answers_a_challenge_and_half_of_the_bond_is_the_contributors() {
	run(|| {
		scene();
		let issuance = Balances::total_issuance();
		assert_ok!(challenge_and_draw(CAROL));
		assert_eq!(held(HoldReason::Challenge, CAROL), 31);
		assert_noop!(challenge(DAVE), Error::<Test>::ChallengeOpen);
		let (asked, before) = (asked(), free(BOB));
		for chunk in 0..5 {
			if chunk != asked {
				assert_noop!(answer(&slice(chunk)), Error::<Test>::WrongSlice);
			}
		}
		let trailing = [slice(asked), vec![0]].concat();
		assert_noop!(answer(&trailing), Error::<Test>::WrongSlice);
		assert_ok!(answer(&slice(asked)));
		assert_noop!(answer(&slice(asked)), Error::<Test>::NoChallenge);
		assert_eq!((free(BOB), free(CAROL)), (before + 15, ENDOWMENT - 31));
		assert_eq!(Balances::total_issuance(), issuance - 16);
		assert!(is_accepted(0));
	});
}

#[test]
fn an_unanswered_challenge_bars_new_versions_and_returns_the_bond() {
	run(|| {
		scene();
		assert_ok!(publish(ALICE, 0));
		assert_ok!(challenge_and_draw(CAROL));
		pass(74);
		assert_noop!(close(), Error::<Test>::ChallengeNotOver);
		pass(1);
		assert_noop!(answer(&slice(asked())), Error::<Test>::ChallengeOver);
		assert_ok!(close());
		assert_eq!(free(CAROL), ENDOWMENT);
		assert_eq!(weight_at(0, 1), Some(1));
		assert!(has_event(Event::ContributionDeparted {
			contribution: ContributionId(0),
			datanet: DatanetId(0),
			until: DatanetVersion(2),
			cause: DepartureCause::Unavailable,
		}));
		assert_noop!(publish(ALICE, 0), Error::<Test>::NothingToPublish);
		assert_noop!(challenge(CAROL), Error::<Test>::AlreadyDeparted);
	});
}

#[test]
fn before_any_version_an_unanswered_challenge_frees_the_root() {
	run(|| {
		scene();
		assert_ok!(challenge_and_draw(CAROL));
		pass(75);
		assert_ok!(close());
		assert_eq!((free(BOB), free(CAROL)), (ENDOWMENT, ENDOWMENT));
		assert_eq!(status(0), None);
		assert_noop!(close(), Error::<Test>::NoChallenge);
	});
}

#[test]
fn a_challenge_ends_with_the_contribution_and_returns_the_bond() {
	run(|| {
		scene();
		assert_ok!(challenge(CAROL));
		assert_ok!(withdraw(BOB, 0));
		assert_eq!((free(BOB), free(CAROL)), (ENDOWMENT, ENDOWMENT));
	});
}

#[test]
fn what_does_not_claim_to_be_available_is_not_asked_for_and_nobody_asks_itself() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		let proven = prove(b"private");
		assert_ok!(contribute_with(BOB, 0, &proven, MEDIA_TYPE, b""));
		assert_noop!(challenge(CAROL), Error::<Test>::NotAccepted);
		pass(60);
		assert_ok!(accept(0));
		assert_noop!(challenge(CAROL), Error::<Test>::NotPublished);
		assert_ok!(Datanets::set_locator(signed(BOB), ContributionId(0), bounded(b"a:b")));
		assert_noop!(challenge(BOB), Error::<Test>::OwnContribution);
		assert_ok!(challenge_and_draw(CAROL));
		assert_eq!(asked(), 0, "there is no other chunk");
	});
}

#[test]
fn any_chunk_but_the_first_may_be_asked_for() {
	let mut seen = std::collections::BTreeSet::new();
	for hash in 1..100u8 {
		run(|| {
			scene();
			assert_ok!(challenge(CAROL));
			next_block(hash);
			assert_ok!(draw(0));
			seen.insert(asked());
			assert_ok!(answer(&slice(asked())));
		});
	}
	assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn a_contributor_who_cannot_receive_so_little_does_not_keep_a_challenge_open() {
	run(|| {
		scene();
		ChallengeBond::set(1);
		assert_ok!(challenge_and_draw(CAROL));
		let before = free(BOB);
		assert_ok!(answer(&slice(asked())));
		assert_eq!((free(BOB), free(CAROL)), (before, ENDOWMENT - 1));
	});
}

#[test]
fn nobody_knows_the_chunk_when_asking_and_who_asks_does_not_matter() {
	let drawn = |challenger, parent: u8, own| {
		new_test_ext().execute_with(|| {
			System::set_parent_hash(sp_core::H256::repeat_byte(parent));
			scene();
			assert_ok!(challenge(challenger));
			let open = Datanets::challenge_of(ContributionId(0)).expect("it is open");
			assert_eq!((open.chunk, open.deadline_ms), (None, None));
			assert_noop!(draw(0), Error::<Test>::ChunkTooEarly);
			assert_noop!(answer(&slice(1)), Error::<Test>::ChunkNotDrawn);
			pass(10_000);
			assert_noop!(close(), Error::<Test>::ChunkNotDrawn);
			next_block(own);
			assert_ok!(draw(0));
			assert_noop!(draw(0), Error::<Test>::ChunkDrawn);
			assert_eq!(
				Datanets::challenge_of(ContributionId(0)).and_then(|open| open.deadline_ms),
				Some(10_135)
			);
			asked()
		})
	};
	for own in 1..20 {
		let chunk = drawn(CAROL, 1, own);
		assert_eq!((drawn(DAVE, 1, own), drawn(CAROL, 2, own)), (chunk, chunk));
	}
}

#[test]
fn a_challenge_whose_hash_is_forgotten_is_named_by_another_block() {
	run(|| {
		scene();
		assert_ok!(challenge(CAROL));
		System::set_block_number(5_000);
		assert_ok!(draw(0));
		let renewed: Event<Test> = Event::ChallengeRenewed { contribution: ContributionId(0), at: 5_000 };
		assert_eq!(last_event(), renewed.into());
		assert_noop!(draw(0), Error::<Test>::ChunkTooEarly);
		next_block(9);
		assert_ok!(draw(0));
		assert_ok!(answer(&slice(asked())));
		assert_noop!(draw(0), Error::<Test>::NoChallenge);
	});
}
