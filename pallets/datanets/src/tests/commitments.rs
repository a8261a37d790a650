//! Who was first: commitments, rivals, copies.

use super::*;

#[test]
fn a_batch_is_committed_to_and_registered_with_every_deposit_and_event() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(commit(BOB, &[b"fern", b"moss"]));
		assert_eq!(held(HoldReason::Commitment, BOB), 7);
		let hash = Datanets::commitment_hash(&BOB, &SALT, [root(b"fern"), root(b"moss")]);
		let made: Event<Test> = Event::CommitmentMade {
			number: CommitmentNumber(0),
			account: BOB,
			hash,
			usable_from_ms: 60,
			expires_at_ms: 700,
			deposit: 7,
		};
		assert_eq!(last_event(), made.into());
		pass(60);
		assert_ok!(register(BOB, 0, &[b"fern", b"moss"]));
		assert_eq!(held(HoldReason::Commitment, BOB), 0);
		assert_eq!(held(HoldReason::Contribution, BOB), 30);
		assert_eq!(held(HoldReason::Storage, BOB), 2 * STORAGE_DEPOSIT);
		let number = CommitmentNumber(0);
		assert!(has_event(Event::CommitmentClosed { number, account: BOB, hash, deposit: 7, used: true }));
		assert!(is_accepted(0) && is_accepted(1), "an open datanet accepts what was committed to at once");
		assert_eq!(position(Holder::Account(BOB), 1, None), Some(2));
	});
}

#[test]
fn a_commitment_is_used_within_its_time_with_its_salt_roots_and_account_once() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(commit(BOB, &[b"fern", b"moss"]));
		assert_noop!(commit(BOB, &[b"fern", b"moss"]), Error::<Test>::CommitmentExists);
		assert_noop!(register(BOB, 0, &[b"fern", b"moss"]), Error::<Test>::CommitmentTooEarly);
		pass(60);
		for others in [&[&b"moss"[..], b"fern"][..], &[b"fern"], &[b"fern", b"moss", b"lily"]] {
			assert_noop!(register(BOB, 0, others), Error::<Test>::UnknownCommitment);
		}
		assert_noop!(register(CAROL, 0, &[b"fern", b"moss"]), Error::<Test>::UnknownCommitment);
		assert_noop!(register_all(BOB, 0, []), Error::<Test>::NothingToRegister);
		pass(640);
		assert_noop!(register(BOB, 0, &[b"fern", b"moss"]), Error::<Test>::CommitmentExpired);
		Now::set(699);
		assert_ok!(register(BOB, 0, &[b"fern", b"moss"]));
		assert_noop!(register(BOB, 0, &[b"fern", b"moss"]), Error::<Test>::UnknownCommitment);
	});
}

#[test]
fn a_commitment_is_cleared_by_its_account_and_by_anybody_once_it_expired() {
	run(|| {
		assert_ok!(commit(BOB, &[b"fern"]));
		let hash = Datanets::commitment_hash(&BOB, &SALT, [root(b"fern")]);
		let clear = |signer| Datanets::clear_commitment(signed(signer), BOB, hash);
		assert_noop!(clear(CAROL), Error::<Test>::CommitmentNotExpired);
		assert_ok!(clear(BOB));
		assert_eq!(free(BOB), ENDOWMENT);
		assert_noop!(clear(BOB), Error::<Test>::UnknownCommitment);
		assert_ok!(commit(BOB, &[b"fern"]));
		CommitmentDeposit::set(1);
		pass(700);
		assert_ok!(clear(CAROL));
		assert_eq!(free(BOB), ENDOWMENT);
	});
}

#[test]
fn a_copied_registration_loses_whether_the_copyist_commits_or_contributes_in_one_step() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(create_datanet(CAROL));
		assert_ok!(commit(BOB, &[b"orchid", b"gentian"]));
		pass(60);
		// Bob's registration is pending; Carol sees both roots and comes first, into a datanet of her own.
		assert_ok!(contribute(CAROL, 1, b"orchid"));
		assert_ok!(commit(CAROL, &[b"gentian"]));
		assert_noop!(accept(0), Error::<Test>::AcceptanceTooEarly);
		assert_noop!(publish(CAROL, 1), Error::<Test>::NothingToPublish);
		assert_noop!(register(CAROL, 1, &[b"gentian"]), Error::<Test>::CommitmentTooEarly);

		assert_ok!(register(BOB, 0, &[b"orchid", b"gentian"]));
		assert_eq!(Datanets::contribution_by_root(root(b"orchid")).map(|info| info.contributor), Some(BOB));
		assert!(has_event(Event::ContributionRemoved {
			contribution: ContributionId(0),
			datanet: DatanetId(1),
			sequence: Sequence(0),
			contributor: CAROL,
			content: prove(b"orchid").content,
			deposit: 15,
			storage_deposit: STORAGE_DEPOSIT,
			reason: RemovalReason::Displaced,
		}));
		assert_eq!(held(HoldReason::Contribution, CAROL) + held(HoldReason::Storage, CAROL), 0);
		pass(60);
		assert_ok!(register(CAROL, 1, &[b"gentian"]));
		let holder = ContributionId(2);
		assert!(has_event(Event::RootHeld { root: root(b"gentian"), holder, contributor: CAROL }));
		assert_noop!(contribute(CAROL, 1, b"gentian"), Error::<Test>::RootAlreadyHeld);
	});
}

#[test]
fn with_curators_of_her_own_the_copyist_is_not_accepted_sooner_either() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(create_curated(CAROL, &[DAVE]));
		assert_ok!(commit(BOB, &[b"orchid"]));
		pass(60);
		assert_ok!(contribute(CAROL, 1, b"orchid"));
		assert_noop!(review(DAVE, 0, 100), Error::<Test>::AcceptanceTooEarly);
		assert_ok!(register(BOB, 0, &[b"orchid"]));
		assert_noop!(review(DAVE, 0, 100), Error::<Test>::UnknownContribution);
	});
}

#[test]
fn the_earlier_commitment_takes_an_accepted_root_until_a_version_holds_it() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(commit(BOB, &[b"rose"]));
		assert_ok!(commit(BOB, &[b"tulip"]));
		assert_ok!(commit_and_register(CAROL, 0, &[b"rose"]));
		assert!(is_accepted(0));
		assert_ok!(register(BOB, 0, &[b"rose"]));
		assert_eq!(status(0), None);
		assert_eq!(Datanets::datanet(DatanetId(0)).map(|info| (info.accepted, info.weight)), Some((1, 1)));
		assert_eq!(position(Holder::Account(CAROL), 1, None), None);

		assert_ok!(commit_and_register(CAROL, 0, &[b"tulip"]));
		assert_ok!(publish(ALICE, 0));
		assert_ok!(register(BOB, 0, &[b"tulip"]));
		let holder = ContributionId(2);
		assert!(has_event(Event::RootHeld { root: root(b"tulip"), holder, contributor: BOB }));
		assert_eq!(held(HoldReason::Commitment, BOB), 0, "a commitment is used even in vain");
	});
}

#[test]
fn one_held_root_does_not_void_the_rest_of_a_batch() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(commit_and_register(CAROL, 0, &[b"public"]));
		assert_ok!(publish(ALICE, 0));
		// The same twice in a batch is skipped as well: it is held by the first.
		assert_ok!(commit_and_register(BOB, 0, &[b"own", b"public", b"own", b"other"]));
		let roots = [(&b"own"[..], BOB), (b"public", CAROL), (b"other", BOB)];
		for (bytes, holder) in roots {
			let found = Datanets::contribution_by_root(root(bytes)).expect("somebody holds it");
			assert_eq!(found.contributor, holder);
		}
		assert_eq!(held(HoldReason::Storage, BOB), 2 * STORAGE_DEPOSIT);
	});
}

#[test]
fn a_batch_with_a_wrong_proof_or_text_is_refused_as_a_whole() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(commit(BOB, &[b"good", b"bad"]));
		pass(60);
		let with = |bad| register_all(BOB, 0, [registration(b"good"), bad]);
		let good = registration(b"bad");
		let proof = Registration { length_proof: bounded(&[1, 2, 3]), ..good.clone() };
		assert_noop!(with(proof), Error::<Test>::InvalidLengthProof);
		let media_type = Registration { media_type: bounded(b"none"), ..good.clone() };
		assert_noop!(with(media_type), Error::<Test>::InvalidMediaType);
		let locator = Registration { locator: bounded(b"none"), ..good.clone() };
		assert_noop!(with(locator), Error::<Test>::InvalidLocator);
		assert_ok!(with(good));
	});
}

#[test]
fn the_largest_batch_is_registered() {
	run(|| {
		ConductDeposit::set(1);
		StorageDepositBase::set(1);
		StorageDepositPerByte::set(0);
		assert_ok!(create_datanet(ALICE));
		let contents: Vec<[u8; 2]> = (0..256u16).map(u16::to_le_bytes).collect();
		let contents: Vec<&[u8]> = contents.iter().map(|bytes| &bytes[..]).collect();
		assert_ok!(commit_and_register(BOB, 0, &contents));
		assert_eq!(Datanets::datanet(DatanetId(0)).map(|info| info.accepted), Some(256));
		assert_eq!(held(HoldReason::Contribution, BOB), 256);
	});
}

#[test]
fn a_holder_lists_its_content_in_other_datanets_once_a_version_holds_it() {
	run(|| {
		for owner in [ALICE, CAROL, DAVE] {
			assert_ok!(create_datanet(owner));
		}
		assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
		assert_noop!(contribute(BOB, 1, b"rose"), Error::<Test>::RootAlreadyHeld);
		assert_ok!(publish(ALICE, 0));
		assert_noop!(contribute(CAROL, 1, b"rose"), Error::<Test>::RootAlreadyHeld);
		assert_noop!(contribute(BOB, 0, b"rose"), Error::<Test>::RootAlreadyHeld);
		// Neither commitment nor proof nor waiting.
		let mut known = prove(b"rose");
		known.length_proof.clear();
		assert_ok!(contribute_proven(BOB, 1, &known));
		assert!(is_accepted(1));
		assert_noop!(contribute(BOB, 1, b"rose"), Error::<Test>::RootAlreadyHeld);
		known.content.len = 5;
		assert_noop!(contribute_proven(BOB, 2, &known), Error::<Test>::LengthDiffers);
		assert_ok!(commit_and_register(BOB, 2, &[b"rose"]));

		let by_root = Datanets::contribution_by_root(root(b"rose")).expect("it is held");
		assert_eq!(by_root.id, ContributionId(0));
		let mut listings: Vec<_> =
			Datanets::listings(root(b"rose"), None, 10).items.iter().map(|info| info.id.0).collect();
		listings.sort_unstable();
		assert_eq!(listings, [1, 2]);

		// A listing is withdrawn by itself, and listed again as long as no version of its datanet has it.
		assert_ok!(withdraw(BOB, 1));
		assert_eq!(Datanets::contribution_by_root(root(b"rose")).map(|info| info.id.0), Some(0));
		assert_ok!(contribute(BOB, 1, b"rose"));
		assert_ok!(publish(CAROL, 1));
		assert_ok!(withdraw(BOB, 3));
		assert_noop!(contribute(BOB, 1, b"rose"), Error::<Test>::RootAlreadyHeld);
	});
}

#[test]
fn a_root_is_free_again_when_nobody_accepted_it_in_time() {
	run(|| {
		assert_ok!(create_curated(ALICE, &[CAROL, DAVE]));
		assert_ok!(contribute(BOB, 0, b"weed"));
		assert_noop!(expire(0), Error::<Test>::NotExpired);
		pass(899);
		assert_noop!(contribute(ERIN, 0, b"weed"), Error::<Test>::RootAlreadyHeld);
		pass(1);
		assert_noop!(review(CAROL, 0, 1), Error::<Test>::AcceptanceTooLate);
		// A rival need not wait for somebody to clean up.
		assert_ok!(contribute(ERIN, 0, b"weed"));
		assert_eq!(free(BOB), ENDOWMENT);
		pass(900);
		assert_ok!(expire(1));
		assert_eq!(free(ERIN), ENDOWMENT);
		assert!(Datanets::contribution_by_root(root(b"weed")).is_none());
	});
}

#[test]
fn nobody_pays_for_rivals_that_there_were_not() {
	run(|| {
		use frame_support::dispatch::{GetDispatchInfo, PostDispatchInfo};
		assert_ok!(create_datanet(ALICE));
		let batch = |contents: [&[u8]; 2]| listed(contents.map(registration));
		let register = |contents: [&[u8]; 2]| {
			assert_ok!(commit(BOB, &contents));
			pass(60);
			let info = Datanets::register(signed(BOB), DatanetId(0), SALT, batch(contents));
			let PostDispatchInfo { actual_weight, .. } = info.expect("it is right");
			actual_weight.expect("it is told")
		};
		let registrations = batch([b"rose", b"lily"]);
		let call = crate::Call::<Test>::register { datanet: DatanetId(0), salt: SALT, registrations };
		assert_ok!(create_datanet(CAROL));
		assert_ok!(commit(BOB, &[b"rose", b"lily"]));
		assert_ok!(contribute(CAROL, 1, b"rose"));
		pass(60);
		let info = Datanets::register(signed(BOB), DatanetId(0), SALT, batch([b"rose", b"lily"]));
		let one = info.expect("it is right").actual_weight.expect("it is told");
		let none = register([b"fern", b"moss"]);
		let most = call.get_dispatch_info().call_weight;
		assert!(none.ref_time() < one.ref_time() && one.ref_time() < most.ref_time());
	});
}

#[test]
fn who_can_end_a_contribution_does_not_get_its_root() {
	run(|| {
		// Carol owns and curates where others contribute, and has committed to what she saw.
		assert_ok!(create_curated(CAROL, &[CAROL]));
		assert_ok!(create_datanet(CAROL));
		assert_ok!(create_datanet(CAROL));
		assert_ok!(commit_and_register(ALICE, 0, &[b"rejected"]));
		assert_ok!(commit_and_register(BOB, 1, &[b"retired"]));
		assert_ok!(contribute(BOB, 1, b"pending"));
		for bytes in [&b"rejected"[..], b"retired", b"pending"] {
			assert_ok!(commit(CAROL, &[bytes]));
		}
		pass(60);
		assert_ok!(reject(CAROL, 0));
		assert_ok!(Datanets::retire(signed(CAROL), DatanetId(1)));
		for (bytes, holder) in [(&b"rejected"[..], 0), (b"retired", 1), (b"pending", 2)] {
			assert_noop!(contribute(CAROL, 2, bytes), Error::<Test>::RootAlreadyHeld);
			assert_ok!(register(CAROL, 2, &[bytes]));
			let holder = ContributionId(holder);
			assert!(has_event(Event::RootHeld { root: root(bytes), holder, contributor: CAROL }));
			assert_noop!(publish(CAROL, 2), Error::<Test>::NothingToPublish);
		}
	});
}

#[test]
fn what_others_ended_is_registered_anew_under_its_old_number() {
	run(|| {
		assert_ok!(create_curated(CAROL, &[CAROL]));
		assert_ok!(create_datanet(DAVE));
		assert_ok!(commit(ERIN, &[b"rose"]));
		assert_ok!(commit_and_register(BOB, 0, &[b"rose"]));
		assert_ok!(commit(CAROL, &[b"rose"]));
		assert_ok!(reject(CAROL, 0));
		let deposit = 7;
		let reserved: Event<Test> = Event::RootReserved {
			root: root(b"rose"),
			contribution: ContributionId(0),
			account: BOB,
			depositor: BOB,
			commitment: CommitmentNumber(1),
			until_ms: 760,
			deposit,
		};
		assert_eq!(last_event(), reserved.into());
		assert_eq!((free(BOB), held(HoldReason::Storage, BOB)), (ENDOWMENT - deposit, deposit));
		assert_ok!(contribute(BOB, 1, b"rose"));
		assert_eq!(held(HoldReason::Storage, BOB), STORAGE_DEPOSIT);
		let again = Datanets::contribution(ContributionId(1)).expect("it is registered");
		assert_eq!(again.commitment, CommitmentNumber(1));
		// Carol committed before that, but after Bob had.
		pass(60);
		assert_ok!(register(CAROL, 1, &[b"rose"]));
		assert_eq!(Datanets::contribution_by_root(root(b"rose")).map(|info| info.contributor), Some(BOB));
		// Who committed before Bob still comes first, also before what is reserved.
		assert_ok!(Datanets::retire(signed(DAVE), DatanetId(1)));
		assert_ok!(withdraw(BOB, 1));
		assert_ok!(create_datanet(DAVE));
		assert_ok!(register(ERIN, 2, &[b"rose"]));
		let root = root(b"rose");
		assert!(has_event(Event::ReservationEnded { root, account: BOB, depositor: BOB, deposit }));
		assert_eq!((free(BOB), is_accepted(2)), (ENDOWMENT, true));
	});
}

#[test]
fn a_reservation_ends_in_time_or_when_its_account_says_so() {
	run(|| {
		assert_ok!(create_curated(CAROL, &[CAROL]));
		let clear = |signer| Datanets::clear_reservation(signed(signer), root(b"weed"));
		for by in [BOB, ERIN] {
			assert_ok!(contribute(BOB, 0, b"weed"));
			pass(60);
			let last = crate::NextContributionId::<Test>::get().0 - 1;
			assert_ok!(reject(CAROL, last));
			assert_noop!(clear(ERIN), Error::<Test>::ReservationNotOver);
			assert_noop!(contribute(ERIN, 0, b"weed"), Error::<Test>::RootAlreadyHeld);
			if by == ERIN {
				pass(699);
				assert_noop!(clear(ERIN), Error::<Test>::ReservationNotOver);
				pass(1);
			}
			assert_ok!(clear(by));
			assert_eq!(free(BOB), ENDOWMENT);
			assert_noop!(clear(by), Error::<Test>::NoReservation);
		}
		// Nobody has to clear it for the root to be free.
		assert_ok!(contribute(BOB, 0, b"weed"));
		pass(60);
		assert_ok!(reject(CAROL, 2));
		pass(700);
		assert_ok!(contribute(ERIN, 0, b"weed"));
		assert_eq!(free(BOB), ENDOWMENT);
	});
}

#[test]
fn an_owner_who_sees_a_registration_come_cannot_refuse_it() {
	run(|| {
		for owner in [CAROL, CAROL] {
			assert_ok!(create_datanet(owner));
		}
		for bytes in [&b"rose"[..], b"lily", b"fern"] {
			assert_ok!(commit(BOB, &[bytes]));
		}
		pass(60);
		let pause = |paused| Datanets::set_paused(signed(CAROL), DatanetId(0), paused);
		assert_ok!(pause(true));
		// What is committed to from now on is refused.
		assert_ok!(commit(BOB, &[b"moss"]));
		assert_ok!(register(BOB, 0, &[b"rose"]));
		assert!(is_accepted(0));
		// Retired besides, it is closed no earlier.
		assert_ok!(Datanets::retire(signed(CAROL), DatanetId(0)));
		assert_ok!(register(BOB, 0, &[b"lily"]));
		pass(60);
		assert_noop!(register(BOB, 0, &[b"moss"]), Error::<Test>::DatanetRetired);
		// What it will never publish is its contributor's to take elsewhere.
		assert_ok!(withdraw(BOB, 1));
		assert_ok!(register(BOB, 1, &[b"moss"]));
		assert_ok!(contribute(BOB, 1, b"lily"));
		let again = Datanets::contribution_by_root(root(b"lily")).expect("it is held");
		assert_eq!((again.datanet, again.commitment), (DatanetId(1), CommitmentNumber(1)));
	});
	run(|| {
		assert_ok!(create_datanet(CAROL));
		assert_ok!(commit(BOB, &[b"rose"]));
		let pause = |paused| Datanets::set_paused(signed(CAROL), DatanetId(0), paused);
		for paused in [true, false, true] {
			assert_ok!(pause(paused));
		}
		pass(60);
		assert_ok!(commit(BOB, &[b"lily"]));
		assert_ok!(register(BOB, 0, &[b"rose"]));
		pass(60);
		assert_noop!(register(BOB, 0, &[b"lily"]), Error::<Test>::DatanetPaused);
	});
}
